/* SPDX-License-Identifier: Apache-2.0 */
/* The requests that rows name: which permissions of the plugin and which properties of the schema
 * they need. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "manifest/code.h"

#define PERMISSION_MAX 2048

static void
permission_add(struct json_object *permissions, const char *text)
{
	for (size_t i = 0; i < json_object_array_length(permissions); i++) {
		struct json_object *item = json_object_array_get_idx(permissions, i);

		if (json_object_is_type(item, json_type_string) &&
		    strcmp(json_object_get_string(item), text) == 0)
			return;
	}
	json_object_array_add(permissions, json_object_new_string(text));
}

/* The permission that a request needs. Each variable of its path becomes "*", and its query is left
 * out. The caller frees it. */
static char *
permission_of(const char *request)
{
	struct buf out;

	buf_init(&out, PERMISSION_MAX);
	for (const char *c = request; *c != '\0' && *c != '?'; c++) {
		if (*c != '{') {
			buf_putc(&out, *c);
			continue;
		}
		if (c[1] == '?')
			break;
		buf_putc(&out, '*');
		c += strcspn(c, "}");
		if (*c == '\0')
			break;
	}
	return buf_take(&out, NULL);
}

void
permissions_of_row(struct json_object *permissions, struct json_object *row, const char *path)
{
	struct json_object *meta = json_obj(row, "lakehost"), *list = json_arr(meta, "requests");
	const char *request = json_str(meta, "request");
	char *permission;

	if (permissions == NULL)
		return;
	if (list == NULL && request != NULL && json_obj(row, "inputSchema") != NULL) {
		permission = permission_of(request);
		if (permission == NULL)
			die("%s: lakehost.request is longer than %d bytes", path, PERMISSION_MAX);
		list = json_object_new_array();
		json_object_array_add(list, json_object_new_string(permission));
		json_object_object_add(meta, "requests", list);
		free(permission);
	}
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		if (!json_object_is_type(item, json_type_string))
			die("%s: lakehost.requests[%zu] is not a string", path, i);
		permission_add(permissions, json_object_get_string(item));
	}
}

static bool
has_text(struct json_object *list, const char *text)
{
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		const char *item = json_object_get_string(json_object_array_get_idx(list, i));

		if (item != NULL && strcmp(item, text) == 0)
			return true;
	}
	return false;
}

/* Checks one variable of the template: it must be a property, and a required one if it is in the
 * path. */
static void
variable_check(struct json_object *schema, const char *variable, bool in_path,
	       const struct names *also, const char *path)
{
	if (also != NULL && names_has(also, variable))
		return;
	if (json_get(json_obj(schema, "properties"), variable) == NULL)
		die("%s: lakehost.request: {%s} is not a property of the inputSchema", path,
		    variable);
	if (in_path && !has_text(json_arr(schema, "required"), variable))
		die("%s: lakehost.request: {%s} is part of the path, so this property must be "
		    "required",
		    path, variable);
}

void
request_check(struct json_object *row, const char *request, const struct names *also,
	      const char *path)
{
	struct json_object *schema = json_obj(row, "inputSchema");

	for (const char *c = strchr(request, '{'); c != NULL; c = strchr(c, '{')) {
		bool in_path = c[1] != '?' && c[1] != '&';
		size_t len = strcspn(++c, "}");
		char *list = xstrndup(c, len), *rest = list, *variable;

		if (c[len] == '\0')
			die("%s: lakehost.request: a { has no }", path);
		rest += strspn(rest, "?&+");
		while ((variable = strsep(&rest, ",")) != NULL)
			variable_check(schema, variable, in_path, also, path);
		free(list);
	}
}

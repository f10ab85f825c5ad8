/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rows of a plugin are offered. A tool lists the requests that it needs
 * (`lakehost.requests`). It is not offered when the operator removed one of them, because a model
 * that sees the tool would call it again and again. Completions of its resource are not offered
 * either.
 */
#include <string.h>

#include "base/json.h"
#include "config/text.h"
#include "module/manifest.h"
#include "plugin/plugin.h"

/* Is there a path that matches both patterns? `*` is one segment, at the end one or more. */
static bool
overlaps(const char *a, const char *b)
{
	while (*a == '/' && *b == '/') {
		size_t a_len = strcspn(++a, "/"), b_len = strcspn(++b, "/");
		bool a_any = a_len == 1 && *a == '*', b_any = b_len == 1 && *b == '*';

		if ((a_any && a[1] == '\0') || (b_any && b[1] == '\0'))
			return true;
		if (!a_any && !b_any && (a_len != b_len || memcmp(a, b, a_len) != 0))
			return false;
		a += a_len;
		b += b_len;
	}
	return *a == '\0' && *b == '\0';
}

/* Do two permissions of the form "METHOD /path" overlap? */
static bool
may_meet(const char *a, const char *b)
{
	size_t method = strcspn(a, " ");

	return strncmp(a, b, method + 1) == 0 && overlaps(a + method + 1, b + method + 1);
}

static bool
granted(const struct strings *permissions, const char *request)
{
	for (size_t i = 0; i < permissions->count; i++)
		if (may_meet(permissions->item[i], request))
			return true;
	return false;
}

/* The first request of the tool that the plugin may not send. NULL: all requests are allowed. */
static const char *
missing_request(const struct plugin *plugin, struct json_object *tool)
{
	struct json_object *list = json_arr(json_obj(tool, "lakehost"), "requests");

	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		const char *request = json_object_get_string(json_object_array_get_idx(list, i));

		if (!granted(&plugin->permissions, request))
			return request;
	}
	return NULL;
}

static void
withhold(struct json_object *row)
{
	struct json_object *meta = json_obj(row, "lakehost");

	if (meta == NULL) {
		meta = json_object_new_object();
		json_object_object_add(row, "lakehost", meta);
	}
	json_object_object_add(meta, "withheld", json_object_new_boolean(true));
}

/* Withholds the completions of a resource that is not offered. */
static void
withhold_completions(struct json_object *manifest, const char *uri)
{
	struct json_object *list = json_arr(manifest, "completions");

	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		struct json_object *row = json_object_array_get_idx(list, i);
		const char *own = json_str(json_obj(row, "ref"), "uri");

		if (own != NULL && strcmp(own, uri) == 0)
			withhold(row);
	}
}

/* Rows keep their positions, because code uses them as numbers. Rows that are not offered are
 * marked. */
void
plugin_offer(struct plugin *plugin)
{
	struct json_object *tools = json_arr(plugin->published, "tools");

	for (size_t i = 0; tools != NULL && i < json_object_array_length(tools); i++) {
		struct json_object *tool = json_object_array_get_idx(tools, i);
		const char *uri = json_str(json_obj(tool, "lakehost"), "resource");

		if (missing_request(plugin, tool) == NULL)
			continue;
		strings_add(&plugin->withheld, json_str(tool, "name"));
		withhold(tool);
		if (uri != NULL)
			withhold_completions(plugin->published, uri);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Rows: the members that all kinds have in common, and the helpers for their rules. */
#include "registry/row.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/uri.h"
#include "registry/schema.h"

#define TTL_MAX_MS 3600000 /* an hour */

bool
row_fault(struct row_fault *fault, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(fault->text, fault->size, format, args);
	va_end(args);
	return false;
}

bool
row_name_ok(const char *name, size_t most)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return len > 0 && len <= most && name[len] == '\0';
}

const char *
row_unknown_member(struct json_object *object, const char *const *known)
{
	struct json_object_iter member;

	json_object_object_foreachC(object, member) {
		const char *const *name = known;

		while (*name != NULL && strcmp(*name, member.key) != 0)
			name++;
		if (*name == NULL)
			return member.key;
	}
	return NULL;
}

const char *
row_string_at(struct json_object *list, size_t i)
{
	struct json_object *item = json_object_array_get_idx(list, i);

	return json_object_is_type(item, json_type_string) ? json_object_get_string(item) : NULL;
}

const char *
row_alias_check(const char *alias)
{
	size_t len = strspn(alias, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789_.:-");

	return len > 0 && len <= REGISTRY_ALIAS_MAX && alias[len] == '\0'
		 ? NULL
		 : "must have 1 to 128 characters of A-Z, a-z, 0-9, _, ., : and -";
}

bool
row_has_variables(const char *uri)
{
	return strchr(uri, '{') != NULL;
}

const char *
row_uri_check(const char *uri)
{
	size_t scheme = strspn(uri, "abcdefghijklmnopqrstuvwxyz0123456789+.-");

	if (scheme == 0 || uri[scheme] != ':' || !(uri[0] >= 'a' && uri[0] <= 'z'))
		return "must begin with a scheme, such as \"databricks:\"";
	if (strlen(uri) > REGISTRY_URI_MAX)
		return "is too long";
	return uri_template_check(uri);
}

bool
row_aliases_check(const struct row *row, const char *key, const char *(*check)(const char *),
		  struct row_fault *fault)
{
	struct json_object *list = json_get(row->meta, key);
	const char *alias, *why;

	if (list == NULL)
		return true;
	if (!json_object_is_type(list, json_type_array))
		return row_fault(fault, "lakehost.%s: must be a list", key);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		alias = row_string_at(list, i);
		why = alias == NULL ? "must be a string" : check(alias);
		if (why != NULL)
			return row_fault(fault, "lakehost.%s[%zu]: %s", key, i, why);
	}
	return true;
}

/* A copy of the object without the member lakehost; both share the values. */
static struct json_object *
published(struct json_object *json)
{
	struct json_object *copy = json_object_new_object();
	struct json_object_iter member;

	json_object_object_foreachC(json, member)
		if (strcmp(member.key, "lakehost") != 0)
			json_object_object_add(copy, member.key, json_object_get(member.val));
	return copy;
}

/* Checks the members that all kinds of rows share. */
static bool
members_ok(struct json_object *json, struct row_fault *fault)
{
	static const char *const texts[] = { "name", "title", "description", "mimeType" };
	struct json_object *value;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (json_object_object_get_ex(json, texts[i], &value) &&
		    (!json_object_is_type(value, json_type_string) ||
		     json_object_get_string_len(value) == 0))
			return row_fault(fault, "%s: must be a string", texts[i]);
	if (json_object_object_get_ex(json, "icons", &value) &&
	    !json_object_is_type(value, json_type_array))
		return row_fault(fault, "icons: must be a list");
	if (json_object_object_get_ex(json, "_meta", &value) &&
	    !json_object_is_type(value, json_type_object))
		return row_fault(fault, "_meta: must be an object");
	if (json_object_object_get_ex(json, "lakehost", &value) &&
	    !json_object_is_type(value, json_type_object))
		return row_fault(fault, "lakehost: must be an object");
	value = json_get(json_obj(json, "lakehost"), "inline");
	return value == NULL || json_object_is_type(value, json_type_boolean) ||
	       row_fault(fault, "lakehost.inline: must be true or false");
}

/* lakehost.ttl_ms. What changes something must not be answered from memory. */
static bool
init_ttl(struct row *row, struct row_fault *fault)
{
	struct json_object *value = json_get(row->meta, "ttl_ms");
	const int64_t ms = json_int(row->meta, "ttl_ms", 0);

	if (value == NULL)
		return true;
	if (!json_object_is_type(value, json_type_int) || ms < 1 || ms > TTL_MAX_MS)
		return row_fault(fault, "lakehost.ttl_ms: must be 1 to %d", TTL_MAX_MS);
	if (row->access != ACCESS_READ || row->by_sql)
		return row_fault(fault, "lakehost.ttl_ms: is allowed only with the access read");
	row->ttl_ms = (uint32_t)ms;
	return true;
}

static bool
init(struct row *row, const struct registry_source *source, struct row_fault *fault)
{
	switch (row->kind) {
	case ROW_TOOL: return row_tool_init(row, source, fault);
	case ROW_RESOURCE:
	case ROW_TEMPLATE: return row_resource_init(row, fault);
	case ROW_PROMPT: return row_prompt_init(row, source, fault);
	default: return row_completion_init(row, fault);
	}
}

struct row *
row_new(enum row_kind kind, const struct registry_source *source, unsigned index,
	struct json_object *json, struct row_fault *fault)
{
	struct row *row = xcalloc(1, sizeof(*row));
	const char *name = json_str(json, "name");

	row->kind = kind;
	row->provider = source->provider;
	row->owner = source->plugin_name;
	row->index = index;
	row->access = ACCESS_READ;
	row->name = xstrdup(name != NULL && kind != ROW_COMPLETION ? name : "");
	row->json = published(json);
	row->meta = json_object_get(json_obj(json, "lakehost"));
	row->is_inline = json_flag(row->meta, "inline", false);
	if (!members_ok(json, fault) || !init(row, source, fault) || !init_ttl(row, fault)) {
		row_free(row);
		return NULL;
	}
	return row;
}

static void
copy_text(struct json_object *to, const char *key, const char *text)
{
	if (text != NULL)
		json_object_object_add(to, key, json_object_new_string(text));
}

struct row *
row_publish(const struct row *tool)
{
	const char *uri = json_str(tool->meta, "resource"), *mime = json_str(tool->meta, "mime");
	bool variables = uri != NULL && row_has_variables(uri);
	struct row *row;

	CHECK(tool->kind == ROW_TOOL && tool->tool == NULL);
	if (uri == NULL)
		return NULL;
	row = xcalloc(1, sizeof(*row));
	*row = (struct row){
		.kind = variables ? ROW_TEMPLATE : ROW_RESOURCE,
		.provider = tool->provider,
		.owner = tool->owner,
		.index = tool->index,
		.name = xstrdup(tool->name),
		.uri = xstrdup(uri),
		.mime = mime == NULL ? NULL : xstrdup(mime),
		.json = json_object_new_object(),
		.access = tool->access,
		.is_inline = tool->is_inline,
		.ttl_ms = tool->ttl_ms,
		.meta = json_object_get(tool->meta),
		.tool = tool,
	};
	copy_text(row->json, variables ? "uriTemplate" : "uri", uri);
	copy_text(row->json, "name", tool->name);
	copy_text(row->json, "title", json_str(tool->json, "title"));
	copy_text(row->json, "description", json_str(tool->json, "description"));
	copy_text(row->json, "mimeType", mime);
	return row;
}

static void
free_params(struct row *row)
{
	for (size_t i = 0; i < row->n_params; i++) {
		for (char **name = row->params[i].path; *name != NULL; name++)
			free(*name);
		free(row->params[i].path);
		free(row->params[i].name);
	}
	free(row->params);
}

void
row_free(struct row *row)
{
	if (row == NULL)
		return;
	free_params(row);
	schema_free(row->input);
	schema_free(row->output);
	json_object_put(row->json);
	json_object_put(row->meta);
	free(row->name);
	free(row->uri);
	free(row->mime);
	free(row->ref_name);
	free(row->argument);
	free(row);
}

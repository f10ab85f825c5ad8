/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of resources, templates, prompts and completions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "registry/row.h"

#define NAME_MAX_BYTES 128u

static const char *const resource_members[] = { "uri",	    "name",	"title", "description",
						"mimeType", "size",	"icons", "annotations",
						"_meta",    "lakehost", NULL };
static const char *const template_members[] = { "uriTemplate", "name",	   "title",
						"description", "mimeType", "icons",
						"annotations", "_meta",	   "lakehost",
						NULL };
static const char *const prompt_members[] = { "name",	   "title", "description", "icons",
					      "arguments", "_meta", "lakehost",	   NULL };
static const char *const argument_members[] = { "name", "title", "description", "required", NULL };
static const char *const completion_members[] = { "ref", "argument", "lakehost", NULL };

static bool
check_members(const struct row *row, const char *const *known, const char *const *known_meta,
	      struct row_fault *fault)
{
	const char *unknown = row_unknown_member(row->json, known);

	if (unknown != NULL)
		return row_fault(fault, "%.40s: is not a known member", unknown);
	unknown = row->meta == NULL ? NULL : row_unknown_member(row->meta, known_meta);
	return unknown == NULL ||
	       row_fault(fault, "lakehost.%.40s: is not a known member", unknown);
}

static bool
init_row_access(struct row *row, struct row_fault *fault)
{
	static const char *const names[] = { "read", "write", "admin" };
	const char *name = json_str(row->meta, "access");

	if (json_get(row->meta, "access") == NULL)
		return true;
	for (size_t i = 0; name != NULL && i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i], name) == 0) {
			row->access = (enum access)(ACCESS_READ + i);
			return true;
		}
	}
	return row_fault(fault, "lakehost.access: must be read, write or admin");
}

/* An alias must have all variables of the template, except some that are not required. The handler
 * must accept that such a variable is missing. */
bool
row_resource_init(struct row *row, struct row_fault *fault)
{
	static const char *const meta[] = { "access", "inline", "ttl_ms", "uri_aliases", NULL };
	bool template_ = row->kind == ROW_TEMPLATE;
	const char *key = template_ ? "uriTemplate" : "uri", *uri = json_str(row->json, key);
	const char *mime = json_str(row->json, "mimeType"), *why;

	if (!check_members(row, template_ ? template_members : resource_members, meta, fault))
		return false;
	if (row->name[0] == '\0' || strlen(row->name) > NAME_MAX_BYTES)
		return row_fault(fault, "the name must have 1 to %u bytes", NAME_MAX_BYTES);
	why = uri == NULL ? "missing" : row_uri_check(uri);
	if (why == NULL && row_has_variables(uri) != template_)
		why = template_ ? "without variables" : "with variables";
	if (why != NULL)
		return row_fault(fault, "%s: %s", key, why);
	row->uri = xstrdup(uri);
	row->mime = mime == NULL ? NULL : xstrdup(mime);
	return init_row_access(row, fault) &&
	       row_aliases_check(row, "uri_aliases", row_uri_check, fault);
}

static bool
check_argument(struct json_object *list, size_t i, struct row_fault *fault)
{
	struct json_object *argument = json_object_array_get_idx(list, i);
	struct json_object *required = json_get(argument, "required");
	const char *name = json_str(argument, "name"), *unknown;

	if (name == NULL || row_alias_check(name) != NULL)
		return row_fault(fault, "arguments[%zu].name: must be a name", i);
	unknown = row_unknown_member(argument, argument_members);
	if (unknown != NULL)
		return row_fault(fault, "arguments[%zu].%.40s: is not a known member", i, unknown);
	if (required != NULL && !json_object_is_type(required, json_type_boolean))
		return row_fault(fault, "arguments[%zu].required: must be true or false", i);
	for (size_t j = 0; j < i; j++)
		if (strcmp(name, json_str(json_object_array_get_idx(list, j), "name")) == 0)
			return row_fault(fault, "arguments[%zu]: \"%.40s\" is listed twice", i,
					 name);
	return true;
}

bool
row_prompt_init(struct row *row, const struct registry_source *source, struct row_fault *fault)
{
	static const char *const of_plugin[] = { "inline", "aliases", "former", NULL };
	static const char *const of_text[] = { "messages", NULL };
	const char *const *meta = source->text ? of_text : of_plugin;
	size_t most = source->name_length > 0 ? source->name_length : REGISTRY_NAME_LENGTH;
	struct json_object *list = json_get(row->json, "arguments");

	if (!row_name_ok(row->name, most))
		return row_fault(fault, "the name must have 1 to %zu characters of a-z, 0-9 and _",
				 most);
	if (!check_members(row, prompt_members, meta, fault))
		return false;
	if (list != NULL && !json_object_is_type(list, json_type_array))
		return row_fault(fault, "arguments: must be a list");
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++)
		if (!check_argument(list, i, fault))
			return false;
	return row_aliases_check(row, "aliases", row_alias_check, fault);
}

bool
row_completion_init(struct row *row, struct row_fault *fault)
{
	static const char *const meta[] = { "inline", "ttl_ms", NULL };
	struct json_object *ref = json_obj(row->json, "ref");
	const char *type = json_str(ref, "type"), *name;
	const char *argument = json_str(row->json, "argument");

	if (!check_members(row, completion_members, meta, fault))
		return false;
	if (type == NULL || (strcmp(type, "ref/prompt") != 0 && strcmp(type, "ref/resource") != 0))
		return row_fault(fault, "ref.type: must be ref/prompt or ref/resource");
	row->ref_prompt = strcmp(type, "ref/prompt") == 0;
	name = json_str(ref, row->ref_prompt ? "name" : "uri");
	if (name == NULL)
		return row_fault(fault, "ref.%s: is missing", row->ref_prompt ? "name" : "uri");
	if (argument == NULL)
		return row_fault(fault, "argument: is missing");
	row->ref_name = xstrdup(name);
	row->argument = xstrdup(argument);
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments that a client repeats in HTTP headers (MCP 2026-07-28, basic/transports,
 * "x-mcp-header"). A client drops a tool whose annotation breaks a rule, so the rules are checked
 * when the manifest is read. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/http_syntax.h"
#include "base/mem.h"
#include "registry/row.h"

#define ANNOTATION "x-mcp-header"
#define PATH_DEPTH 16u
#define PARAMS_MAX 32u
#define HEADER_NESTING_MAX 64u

struct scan {
	struct row *row;
	struct row_fault *fault;
	const char *path[PATH_DEPTH];
	size_t depth;
	unsigned nesting;
};

static bool scan(struct scan *s, struct json_object *schema, bool reachable);

static bool
param_type(const char *name, struct param_header *param)
{
	if (name != NULL && strcmp(name, "string") == 0)
		param->type = PARAM_STRING;
	else if (name != NULL && strcmp(name, "integer") == 0)
		param->type = PARAM_INTEGER;
	else if (name != NULL && strcmp(name, "boolean") == 0)
		param->type = PARAM_BOOLEAN;
	else
		return false;
	return true;
}

static bool
add_param(struct scan *s, struct json_object *schema, const char *name)
{
	struct row *row = s->row;
	struct param_header param;

	if (name == NULL || !http_token(name) || strlen(name) > REGISTRY_ALIAS_MAX)
		return row_fault(s->fault,
				 ANNOTATION ": must be a token, as names of HTTP headers are");
	if (!param_type(json_str(schema, "type"), &param))
		return row_fault(s->fault,
				 ANNOTATION
				 " %s: is allowed only for a string, an integer or a boolean",
				 name);
	if (row->n_params == PARAMS_MAX)
		return row_fault(s->fault, ANNOTATION ": is used more than %u times", PARAMS_MAX);
	for (size_t i = 0; i < row->n_params; i++)
		if (strcasecmp(row->params[i].name, name) == 0)
			return row_fault(s->fault, ANNOTATION " %s: is listed twice", name);
	param.name = xstrdup(name);
	param.path = xcalloc(s->depth + 1, sizeof(char *));
	for (size_t i = 0; i < s->depth; i++)
		param.path[i] = xstrdup(s->path[i]);
	row->params = xrealloc(row->params, (row->n_params + 1) * sizeof(*row->params));
	row->params[row->n_params++] = param;
	return true;
}

static bool
scan_properties(struct scan *s, struct json_object *properties, bool reachable)
{
	struct json_object_iter member;

	json_object_object_foreachC(properties, member) {
		bool ok, deeper = reachable && s->depth < PATH_DEPTH;

		if (deeper)
			s->path[s->depth++] = member.key;
		ok = scan(s, member.val, deeper);
		if (deeper)
			s->depth--;
		if (!ok)
			return false;
	}
	return true;
}

static bool
scan_members(struct scan *s, struct json_object *object)
{
	struct json_object_iter member;

	json_object_object_foreachC(object, member)
		if (!scan(s, member.val, false))
			return false;
	return true;
}

static bool
scan_items(struct scan *s, struct json_object *array)
{
	for (size_t i = 0; i < json_object_array_length(array); i++)
		if (!scan(s, json_object_array_get_idx(array, i), false))
			return false;
	return true;
}

/* Checks a keyword that contains schemas. An annotation below such a keyword cannot be reached. */
static bool
scan_keyword(struct scan *s, const char *key, struct json_object *value)
{
	static const char *const single[] = { "items", "additionalProperties", "not", "if", "then",
					      "else" };
	static const char *const list[] = { "allOf", "anyOf", "oneOf" };

	for (size_t i = 0; i < ARRAY_SIZE(single); i++)
		if (strcmp(key, single[i]) == 0)
			return scan(s, value, false);
	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		if (strcmp(key, list[i]) == 0)
			return scan_items(s, value);
	return strcmp(key, "$defs") != 0 || scan_members(s, value);
}

static bool
scan(struct scan *s, struct json_object *schema, bool reachable)
{
	struct json_object_iter member;
	struct json_object *name;
	bool ok = true;

	if (!json_object_is_type(schema, json_type_object))
		return true;
	if (s->nesting == HEADER_NESTING_MAX)
		return row_fault(s->fault, "inputSchema: is nested too deeply");
	if (json_object_object_get_ex(schema, ANNOTATION, &name)) {
		if (!reachable || s->depth == 0)
			return row_fault(s->fault,
					 ANNOTATION ": is allowed only for members of properties");
		if (!add_param(s, schema, json_str(schema, ANNOTATION)))
			return false;
	}
	s->nesting++;
	json_object_object_foreachC(schema, member) {
		ok = strcmp(member.key, "properties") == 0
		       ? scan_properties(s, member.val, reachable)
		       : scan_keyword(s, member.key, member.val);
		if (!ok)
			break;
	}
	s->nesting--;
	return ok;
}

bool
row_headers_init(struct row *row, struct json_object *schema, struct row_fault *fault)
{
	struct scan s = { .row = row, .fault = fault };

	return scan(&s, schema, true);
}

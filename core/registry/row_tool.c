/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a tool (MCP server/tools) and of its member `lakehost`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cost.h"
#include "base/fence.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/uri.h"
#include "registry/row.h"
#include "registry/schema.h"

#define SCHEMA_WHY_MAX 256u
#define SENTENCE_MAX 500u /* bytes of `confirm` */

static const char *const tool_members[] = { "name",	   "title",	  "description",
					    "icons",	   "inputSchema", "outputSchema",
					    "annotations", "_meta",	  "lakehost",
					    NULL };
static const char *const meta_members[] = {
	"access", "aliases", "argument_aliases", "confirm",  "cost",	   "former", "inline",
	"mime",	  "redact",  "requests",	 "resource", "reveals",	   "scope",  "task",
	"times",  "ttl_ms",  "uri_aliases",	 "wait_s",   "workspaces", "writes", NULL
};
static const char *const hints[] = { "title",	       "readOnlyHint",	"destructiveHint",
				     "idempotentHint", "openWorldHint", NULL };

static struct json_object *
input_of(const struct row *row)
{
	return json_obj(row->json, "inputSchema");
}

static bool
is_property(const struct row *row, const char *name)
{
	return name != NULL &&
	       json_object_object_get_ex(json_obj(input_of(row), "properties"), name, NULL);
}

static const char *
property_type(const struct row *row, const char *name)
{
	return json_str(json_obj(json_obj(input_of(row), "properties"), name), "type");
}

static bool
is_required(const struct row *row, const char *name)
{
	struct json_object *list = json_arr(input_of(row), "required");

	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++)
		if (strcmp(row_string_at(list, i), name) == 0)
			return true;
	return false;
}

/* ---- access ---------------------------------------------------------------------------------- */

static bool
init_access(struct row *row, struct row_fault *fault)
{
	static const struct {
		const char *name;
		enum access access;
		bool by_sql;
	} list[] = {
		{ "read", ACCESS_READ, false },
		{ "write", ACCESS_WRITE, false },
		{ "admin", ACCESS_ADMIN, false },
		{ "by-sql", ACCESS_READ, true },
	};
	const char *name = json_str(row->meta, "access");

	for (size_t i = 0; name != NULL && i < ARRAY_SIZE(list); i++) {
		if (strcmp(list[i].name, name) != 0)
			continue;
		row->access = list[i].access;
		row->by_sql = list[i].by_sql;
		return true;
	}
	return row_fault(fault, "lakehost.access: must be read, write, admin or by-sql");
}

static bool
check_annotations(const struct row *row, struct row_fault *fault)
{
	struct json_object *annotations = json_get(row->json, "annotations");
	bool reads = row->access == ACCESS_READ && !row->by_sql;
	const char *unknown;

	if (annotations != NULL && !json_object_is_type(annotations, json_type_object))
		return row_fault(fault, "annotations: must be an object");
	unknown = annotations == NULL ? NULL : row_unknown_member(annotations, hints);
	if (unknown != NULL)
		return row_fault(fault, "annotations.%.40s: is not a known member", unknown);
	for (const char *const *hint = hints + 1; *hint != NULL; hint++) {
		struct json_object *value = json_get(annotations, *hint);

		if (value != NULL && !json_object_is_type(value, json_type_boolean))
			return row_fault(fault, "annotations.%s: must be true or false", *hint);
	}
	/* A tool that reads may need more than read access, for example for the value of a
	 * secret. */
	if (row->access != ACCESS_ADMIN && reads != json_flag(annotations, "readOnlyHint", false))
		return row_fault(
		    fault, "annotations.readOnlyHint must be %s, because lakehost.access is \"%s\"",
		    reads ? "true" : "false", json_str(row->meta, "access"));
	if (json_flag(annotations, "readOnlyHint", false) &&
	    json_flag(annotations, "destructiveHint", false))
		return row_fault(fault, "annotations.destructiveHint: must not be set, because "
					"the tool only reads");
	return true;
}

/* ---- schemas --------------------------------------------------------------------------------- */

static bool
compile(struct row *row, const char *key, struct schema **schema, struct row_fault *fault)
{
	struct json_object *document = json_get(row->json, key);
	char why[SCHEMA_WHY_MAX];

	if (document == NULL)
		return true;
	*schema = schema_compile(document, why, sizeof(why));
	return *schema != NULL || row_fault(fault, "%s: %s", key, why);
}

static bool
init_schemas(struct row *row, struct row_fault *fault)
{
	const char *type = json_str(input_of(row), "type");

	if (type == NULL || strcmp(type, "object") != 0)
		return row_fault(fault, "inputSchema: must be a schema of type object");
	return compile(row, "inputSchema", &row->input, fault) &&
	       compile(row, "outputSchema", &row->output, fault) &&
	       row_headers_init(row, input_of(row), fault);
}

/* ---- the member lakehost --------------------------------------------------------------------- */

/* Each {name} in the question to a person is the name of a property. */
static bool
check_sentence(const struct row *row)
{
	const char *at = json_str(row->meta, "confirm");

	if (at == NULL || *at == '\0' || strlen(at) > SENTENCE_MAX)
		return false;
	while ((at = strchr(at, '{')) != NULL) {
		size_t len = strcspn(++at, "}");
		char *name = xstrndup(at, len);
		bool fine = at[len] == '}' && is_property(row, name);

		free(name);
		if (!fine)
			return false;
		at += len;
	}
	return true;
}

/* Checks members that are single values. */
static bool
check_values(const struct row *row, struct row_fault *fault)
{
	struct json_object *mime = json_get(row->meta, "mime"),
			   *wait = json_get(row->meta, "wait_s");
	int64_t seconds = json_int(row->meta, "wait_s", -1);

	if (json_object_object_get_ex(row->meta, "confirm", NULL) && !check_sentence(row))
		return row_fault(
		    fault,
		    "lakehost.confirm: must be a sentence in which each {NAME} names a property");
	if (wait != NULL && (seconds < 0 || seconds > 50))
		return row_fault(fault, "lakehost.wait_s: must be 0 to 50");
	return mime == NULL || json_object_is_type(mime, json_type_string) ||
	       row_fault(fault, "lakehost.mime: must be a string");
}

static bool
check_requests(const struct row *row, struct row_fault *fault)
{
	struct json_object *list = json_get(row->meta, "requests");

	if (list != NULL && !json_object_is_type(list, json_type_array))
		return row_fault(fault, "lakehost.requests: must be a list");
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++)
		if (!json_object_is_type(json_object_array_get_idx(list, i), json_type_string))
			return row_fault(fault, "lakehost.requests[%zu]: must be a string", i);
	return true;
}

/* Kinds of object that the policy has lists for (base/fence.h), "table" for a name that contains
 * its catalog and schema, and "sql". */
static bool
is_scope(const char *kind)
{
	for (size_t i = 0; i < FENCE_KINDS; i++)
		if (strcmp(kind, fence_names[i]) == 0)
			return true;
	return strcmp(kind, "sql") == 0 || strcmp(kind, "table") == 0;
}

static bool
check_scope(const struct row *row, struct row_fault *fault)
{
	struct json_object *scope = json_get(row->meta, "scope");
	struct json_object_iter member;

	if (scope == NULL)
		return true;
	if (!json_object_is_type(scope, json_type_object))
		return row_fault(fault, "lakehost.scope: must be an object");
	json_object_object_foreachC(scope, member) {
		if (!is_property(row, json_str(scope, member.key)))
			return row_fault(fault,
					 "lakehost.scope.%.40s: must be the name of a property",
					 member.key);
		if (!is_scope(member.key) &&
		    json_get(json_obj(row->meta, "reveals"), member.key) == NULL)
			return row_fault(
			    fault,
			    "lakehost.scope.%.40s: must be sql, catalog, schema, table, path, "
			    "secret_scope, warehouse, cluster, job, or a name in lakehost.reveals",
			    member.key);
	}
	return true;
}

static bool
has_header(const struct row *row, const char *name)
{
	for (size_t i = 0; i < row->n_params; i++)
		if (strcmp(row->params[i].path[0], name) == 0)
			return true;
	return false;
}

static bool
init_redact(struct row *row, struct row_fault *fault)
{
	struct json_object *list = json_get(row->meta, "redact");

	if (list == NULL)
		return true;
	if (!json_object_is_type(list, json_type_array))
		return row_fault(fault, "lakehost.redact: must be a list");
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *name = row_string_at(list, i);

		if (!is_property(row, name))
			return row_fault(fault,
					 "lakehost.redact[%zu]: must be the name of a property", i);
		if (has_header(row, name))
			return row_fault(
			    fault,
			    "lakehost.redact[%zu]: the property must not also be sent in a "
			    "header (x-mcp-header)",
			    i);
		schema_hide(row->input, name);
	}
	return true;
}

static bool
init_cost(struct row *row, struct row_fault *fault)
{
	struct json_object *list = json_get(row->meta, "cost");

	if (list == NULL)
		return true;
	if (!json_object_is_type(list, json_type_array))
		return row_fault(fault, "lakehost.cost: must be a list");
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		enum cost cost;

		if (!cost_parse(row_string_at(list, i), &cost))
			return row_fault(
			    fault,
			    "lakehost.cost[%zu]: must be rows, bytes, statement_seconds "
			    "or cluster_starts",
			    i);
		row->cost |= COST(cost);
	}
	return true;
}

/* Reads the list of integer or string properties that are times; the handler gets integers. */
static bool
init_times(struct row *row, struct row_fault *fault)
{
	struct json_object *list = json_get(row->meta, "times");

	if (list == NULL)
		return true;
	if (!json_object_is_type(list, json_type_array))
		return row_fault(fault, "lakehost.times: must be a list");
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *name = row_string_at(list, i);
		const char *type = is_property(row, name) ? property_type(row, name) : NULL;

		if (type == NULL || (strcmp(type, "string") != 0 && strcmp(type, "integer") != 0))
			return row_fault(
			    fault,
			    "lakehost.times[%zu]: must be the name of a string or integer property",
			    i);
		schema_time(row->input, name);
	}
	return true;
}

/* Checks {"name in the scope": option}: the option must be a list of texts, which the policy
 * reads. */
static bool
check_revealed(const struct row *row, const struct registry_source *source,
	       struct json_object *reveals, struct row_fault *fault)
{
	struct json_object *options =
	    json_obj(json_obj(json_obj(source->manifest, "plugin"), "options"), "properties");
	struct json_object_iter member;

	json_object_object_foreachC(reveals, member) {
		const char *option = json_str(reveals, member.key);
		const char *type =
		    option != NULL ? json_str(json_obj(options, option), "type") : NULL;

		if (json_str(json_obj(row->meta, "scope"), member.key) == NULL)
			return row_fault(fault,
					 "lakehost.reveals.%.40s: is missing in lakehost.scope",
					 member.key);
		if (type == NULL || strcmp(type, "array") != 0)
			return row_fault(
			    fault,
			    "lakehost.reveals.%.40s: must be the name of an option that is a list",
			    member.key);
	}
	return true;
}

/* Properties that limit the size of the result; they are recognised by name. In a tool that changes
 * something a number may have another meaning, so there only `wait_s` is such a limit. */
static bool
limits_answer(const struct row *row, const char *name)
{
	static const char *const names[] = { "limit", "page_size", "num_results", "depth",
					     "cell_chars" };
	const size_t len = strlen(name);

	if (strcmp(name, "wait_s") == 0)
		return true;
	if (row->access != ACCESS_READ)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return strncmp(name, "max_", 4) == 0 || (len > 6 && strcmp(name + len - 6, "_limit") == 0);
}

static void
init_limits(struct row *row)
{
	struct json_object *properties = json_obj(input_of(row), "properties");
	struct json_object_iter member;

	if (properties == NULL)
		return;
	json_object_object_foreachC(properties, member)
		if (limits_answer(row, member.key))
			schema_clamp(row->input, member.key);
}

/* Checks `reveals`, which only tools that need access admin may have. */
static bool
check_reveals(const struct row *row, const struct registry_source *source, struct row_fault *fault)
{
	struct json_object *reveals = json_get(row->meta, "reveals");

	if (reveals == NULL)
		return true;
	if (!json_object_is_type(reveals, json_type_boolean) &&
	    !json_object_is_type(reveals, json_type_object))
		return row_fault(fault, "lakehost.reveals: must be true, false or an object");
	if (row->access != ACCESS_ADMIN &&
	    (json_object_is_type(reveals, json_type_object) || json_object_get_boolean(reveals)))
		return row_fault(fault, "lakehost.reveals: needs lakehost.access \"admin\"");
	return json_object_is_type(reveals, json_type_boolean) ||
	       check_revealed(row, source, reveals, fault);
}

static bool
check_argument_aliases(const struct row *row, struct row_fault *fault)
{
	struct json_object *aliases = json_get(row->meta, "argument_aliases");
	struct json_object_iter member;

	if (aliases == NULL)
		return true;
	if (!json_object_is_type(aliases, json_type_object))
		return row_fault(fault, "lakehost.argument_aliases: must be an object");
	json_object_object_foreachC(aliases, member) {
		if (!is_property(row, json_str(aliases, member.key)))
			return row_fault(
			    fault,
			    "lakehost.argument_aliases.%.40s: must be the name of a property",
			    member.key);
		if (is_property(row, member.key))
			return row_fault(
			    fault,
			    "lakehost.argument_aliases.%.40s: is already the name of a property",
			    member.key);
	}
	return true;
}

/* ---- URIs ------------------------------------------------------------------------------------ */

struct variables {
	const struct row *row;
	struct row_fault *fault;
	const char *key;
	size_t required; /* number of variables that are required arguments */
	bool ok;
};

static void
check_variable(void *data, const char *name, size_t len, char op)
{
	struct variables *v = data;
	char *copy = xstrndup(name, len);

	(void)op;
	v->required += is_required(v->row, copy);
	if (v->ok && !is_property(v->row, copy))
		v->ok = row_fault(v->fault, "lakehost.%s: {%.40s} is not the name of a property",
				  v->key, copy);
	free(copy);
}

/* Checks that variables are arguments, and that a read with only these arguments is complete. */
static bool
check_uri(const struct row *row, const char *key, const char *uri, struct row_fault *fault)
{
	struct json_object *required = json_arr(input_of(row), "required");
	struct variables v = { .row = row, .fault = fault, .key = key, .ok = true };
	const char *why = row_uri_check(uri);

	if (why != NULL)
		return row_fault(fault, "lakehost.%s: %s", key, why);
	uri_template_vars(uri, check_variable, &v);
	if (v.ok && required != NULL && v.required < json_object_array_length(required))
		return row_fault(fault, "lakehost.%s: the URI must contain every required property",
				 key);
	return v.ok;
}

static bool
check_uris(const struct row *row, struct row_fault *fault)
{
	struct json_object *aliases = json_arr(row->meta, "uri_aliases");
	struct json_object *value = json_get(row->meta, "resource");
	const char *uri = json_str(row->meta, "resource");

	if (!row_aliases_check(row, "uri_aliases", row_uri_check, fault))
		return false;
	if (value == NULL && aliases != NULL)
		return row_fault(fault, "lakehost.uri_aliases: needs lakehost.resource");
	if (value == NULL)
		return json_get(row->meta, "mime") == NULL ||
		       row_fault(fault, "lakehost.mime: needs lakehost.resource");
	if (uri == NULL)
		return row_fault(fault, "lakehost.resource: must be a string");
	if (row->access != ACCESS_READ || row->by_sql)
		return row_fault(fault, "lakehost.resource: the tool must only read");
	if (!check_uri(row, "resource", uri, fault))
		return false;
	for (size_t i = 0; aliases != NULL && i < json_object_array_length(aliases); i++)
		if (!check_uri(row, "uri_aliases", row_string_at(aliases, i), fault))
			return false;
	return true;
}

/* The property with which the tool writes to the service. */
static bool
check_writes(const struct row *row, struct row_fault *fault)
{
	const char *writes = json_str(row->meta, "writes");

	if (json_get(row->meta, "writes") == NULL)
		return true;
	if (!is_property(row, writes))
		return row_fault(fault, "lakehost.writes: must be the name of a property");
	return row->access == ACCESS_READ || row->by_sql ||
	       row_fault(fault, "lakehost.writes: the tool writes in any case");
}

static bool
init_meta(struct row *row, const struct registry_source *source, struct row_fault *fault)
{
	const char *unknown;

	if (row->meta == NULL)
		return row_fault(fault, "lakehost: is missing");
	unknown = row_unknown_member(row->meta, meta_members);
	if (unknown != NULL)
		return row_fault(fault, "lakehost.%.40s: is not a known member", unknown);
	return init_access(row, fault) && check_writes(row, fault) && check_values(row, fault) &&
	       row_task_init(row, fault) && check_requests(row, fault) && check_scope(row, fault) &&
	       init_redact(row, fault) && init_times(row, fault) && init_cost(row, fault) &&
	       check_reveals(row, source, fault) && check_argument_aliases(row, fault) &&
	       row_aliases_check(row, "aliases", row_alias_check, fault) && check_uris(row, fault);
}

bool
row_tool_init(struct row *row, const struct registry_source *source, struct row_fault *fault)
{
	size_t most = source->name_length > 0 ? source->name_length : REGISTRY_NAME_LENGTH;
	const char *unknown = row_unknown_member(row->json, tool_members);

	if (!row_name_ok(row->name, most))
		return row_fault(fault, "the name must have 1 to %zu characters of a-z, 0-9 and _",
				 most);
	if (unknown != NULL)
		return row_fault(fault, "%.40s: is not a known member", unknown);
	if (json_str(row->json, "description") == NULL)
		return row_fault(fault, "description: is missing");
	if (!init_schemas(row, fault) || !init_meta(row, source, fault) ||
	    !check_annotations(row, fault))
		return false;
	init_limits(row);
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/scope.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "config/config.h"
#include "policy/sql.h"
#include "policy/sql_names.h"

#define VALUE_MAX 1024u /* bytes of a name in an argument */
#define PARTS 3u

struct judge {
	const struct fence *fence;
	struct json_object *scope, *arguments;
	struct scope_refusal *refusal;
};

static struct json_object *
scope_of(const struct row *row)
{
	return json_obj(row->tool != NULL ? row->tool->meta : row->meta, "scope");
}

/* The argument that the scope names for this kind of object; NULL: none, or it is not given. */
static struct json_object *
argument_of(const struct judge *judge, const char *kind)
{
	const char *name = json_str(judge->scope, kind);

	return name != NULL ? json_get(judge->arguments, name) : NULL;
}

/* ---- refusals ------------------------------------------------------------------------------ */

static bool
refuse_object(const struct judge *judge, const struct fence_list *list, enum fence_kind kind,
	      const char *value)
{
	struct scope_refusal *refusal = judge->refusal;

	refusal->list = list;
	refusal->kind = kind;
	if (*value != '\0')
		snprintf(refusal->why, sizeof(refusal->why),
			 "the policy's list of %s does not contain \"%.120s\"", fence_keys[kind],
			 value);
	else
		snprintf(refusal->why, sizeof(refusal->why),
			 "the policy has a list of %s, and the call does not say which %s it needs",
			 fence_keys[kind], fence_names[kind]);
	return false;
}

static bool
check(const struct judge *judge, enum fence_kind kind, const char *value)
{
	const struct fence_list *list = fence_refuses(judge->fence, kind, value, strlen(value));

	return list == NULL || refuse_object(judge, list, kind, value);
}

/* ---- names of data ------------------------------------------------------------------------- */

/* The parts of a dotted name, with or without backticks, in `room`. More than PARTS: 0. */
static size_t
split(const char *name, char room[VALUE_MAX], const char *part[PARTS])
{
	size_t n = 0, len = 0;
	bool quoted = false;

	if (strlen(name) + 1 > VALUE_MAX)
		return 0;
	part[n++] = room;
	for (const char *p = name; *p != '\0'; p++) {
		if (*p == '`') {
			quoted = !quoted;
		} else if (*p == '.' && !quoted) {
			if (n == PARTS)
				return 0;
			room[len++] = '\0';
			part[n++] = room + len;
		} else {
			room[len++] = *p;
		}
	}
	room[len] = '\0';
	return quoted ? 0 : n;
}

static bool
check_data(const struct judge *judge, const char *catalog, const char *schema)
{
	char name[2 * VALUE_MAX];

	if (!check(judge, FENCE_CATALOG, catalog))
		return false;
	snprintf(name, sizeof(name), "%s%s%s", catalog, *schema != '\0' ? "." : "", schema);
	return check(judge, FENCE_SCHEMA, name);
}

static const char *
text_of(struct json_object *value)
{
	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

/* One object, whose parts may be in separate arguments: the last argument may have more of them. */
static bool
check_name(const struct judge *judge, const char *table)
{
	const char *schema = text_of(argument_of(judge, "schema"));
	const char *catalog = text_of(argument_of(judge, "catalog"));
	char table_room[VALUE_MAX], schema_room[VALUE_MAX], catalog_room[VALUE_MAX];
	const char *t[PARTS], *s[PARTS], *c[PARTS];
	size_t n = split(table, table_room, t), m = split(schema, schema_room, s);

	/* too many parts name no object; a catalog has one part */
	if (n == 0 || m == 0 || m > 2 || split(catalog, catalog_room, c) != 1)
		return check_data(judge, "", "");
	if (n > 1) /* the table says its schema */
		schema = t[n - 2];
	else
		schema = s[m - 1];
	if (n == 3)
		catalog = t[0];
	else if (n == 1 && m == 2)
		catalog = s[0];
	else
		catalog = c[0];
	return check_data(judge, catalog, schema);
}

static bool
check_names(const struct judge *judge)
{
	struct json_object *table = argument_of(judge, "table");
	struct json_object *schema = argument_of(judge, "schema");

	if (table == NULL && schema == NULL && argument_of(judge, "catalog") == NULL)
		return true;
	if (!json_object_is_type(table, json_type_array))
		return check_name(judge, text_of(table));
	for (size_t i = 0; i < json_object_array_length(table); i++)
		if (!check_name(judge, text_of(json_object_array_get_idx(table, i))))
			return false;
	return true;
}

/* ---- SQL ----------------------------------------------------------------------------------- */

static bool
each_name(void *data, const char *catalog, const char *schema)
{
	return check_data(data, catalog, schema);
}

static bool
refuse_sql(const struct judge *judge, enum sql_names_flaw flaw, const char *name)
{
	static const char *const why[] = {
		[SQL_NAMES_STATEMENT] =
		    ("only queries, changes of rows, and CREATE, ALTER, DROP, TRUNCATE and "
		     "DESCRIBE of tables and views can be compared with it"),
		[SQL_NAMES_UNREADABLE] = "the names in the statement cannot be read with certainty",
		[SQL_NAMES_SHORT] =
		    "each table must have a name of three parts, such as catalog.schema.table",
		[SQL_NAMES_FUNCTION] = "the function may read other data",
	};
	const enum fence_kind kind =
	    fence_limits(judge->fence, FENCE_CATALOG) ? FENCE_CATALOG : FENCE_SCHEMA;
	struct scope_refusal *refusal = judge->refusal;

	refusal->list = &judge->fence->list[kind][0];
	refusal->kind = kind;
	snprintf(refusal->why, sizeof(refusal->why),
		 "the policy has a list of %s, and %s%s%.100s%s", fence_keys[kind], why[flaw],
		 *name != '\0' ? ": \"" : "", name, *name != '\0' ? "\"" : "");
	return false;
}

/* User-defined functions must be of an allowed catalog, and no function may lead outside. */
static bool
check_functions(const struct judge *judge, const char *text, size_t len)
{
	char nothing[] = "none.none.none";
	char *none[] = { nothing };
	const struct strings functions = { .item = none, .count = 1 };
	const struct sql_rules rules = { .functions = &functions };
	struct sql_verdict verdict;

	sql_judge(text, len, &rules, &verdict);
	switch (verdict.flaw) {
	case SQL_SOUND: return true;
	case SQL_NOT_LISTED: /* sql_names_read() has compared qualified ones */
		return strchr(verdict.function, '.') != NULL ||
		       refuse_sql(judge, SQL_NAMES_FUNCTION, verdict.function);
	case SQL_OUTSIDE: return refuse_sql(judge, SQL_NAMES_FUNCTION, verdict.function);
	default: return refuse_sql(judge, SQL_NAMES_UNREADABLE, "");
	}
}

static bool
check_sql(const struct judge *judge)
{
	struct json_object *sql = argument_of(judge, "sql");
	struct sql_names names = { .each = each_name, .data = (void *)judge };
	enum sql_names_flaw flaw;
	const char *text = text_of(sql);
	const size_t len = json_object_is_type(sql, json_type_string)
			     ? (size_t)json_object_get_string_len(sql)
			     : 0;

	if (json_str(judge->scope, "sql") == NULL || (!fence_limits(judge->fence, FENCE_CATALOG) &&
						      !fence_limits(judge->fence, FENCE_SCHEMA)))
		return true;
	flaw = sql_names_read(text, len, &names);
	if (flaw == SQL_NAMES_REFUSED)
		return false; /* check_data() has said why */
	if (flaw != SQL_NAMES_FINE)
		return refuse_sql(judge, flaw, names.name);
	return check_functions(judge, text, len);
}

/* ---- other objects ------------------------------------------------------------------------- */

static bool
check_path(const struct judge *judge, const char *path)
{
	const struct fence_list *list;
	char whole[VALUE_MAX + 2];
	enum fence_kind kind;

	if (strlen(path) >= VALUE_MAX)
		return check(judge, FENCE_PATH, "");
	snprintf(whole, sizeof(whole), "%s%s",
		 path[0] == '/' || strncmp(path, "dbfs:", 5) == 0 ? "" : "/", path);
	list = fence_refuses_path(judge->fence, whole, strlen(whole), &kind);
	return list == NULL || refuse_object(judge, list, kind, path);
}

/* Does the text have the form of an id? Where it is a name, only the request shows the id, and
 * egress compares it. */
static bool
is_id(enum fence_kind kind, const char *text)
{
	const size_t len = strlen(text);

	if (kind == FENCE_WAREHOUSE)
		return len == 16 && strspn(text, "0123456789abcdef") == len;
	if (kind == FENCE_CLUSTER)
		return len > 12 && strspn(text, "0123456789") == 4 && text[4] == '-' &&
		       strspn(text + 5, "0123456789") == 6 && text[11] == '-';
	return kind != FENCE_JOB || strspn(text, "0123456789") == len;
}

static bool
check_object(const struct judge *judge, enum fence_kind kind)
{
	struct json_object *value = argument_of(judge, fence_names[kind]);
	const char *text;

	if (value == NULL || !fence_limits(judge->fence, kind))
		return true;
	text = json_object_get_string(value);
	return !is_id(kind, text) || check(judge, kind, text);
}

/* ---- all ----------------------------------------------------------------------------------- */

unsigned
scope_declared(const struct row *row)
{
	struct json_object *scope = scope_of(row);
	const unsigned data = 1u << FENCE_CATALOG | 1u << FENCE_SCHEMA;
	unsigned declared = 0;

	for (unsigned kind = 0; kind < FENCE_KINDS; kind++)
		if (json_str(scope, fence_names[kind]) != NULL)
			declared |= 1u << kind;
	if (json_str(scope, "sql") != NULL || json_str(scope, "table") != NULL)
		declared |= data;
	return declared;
}

bool
scope_allows(const struct fence *fence, const struct row *row, struct json_object *arguments,
	     struct scope_refusal *refusal)
{
	static const enum fence_kind objects[] = { FENCE_SECRET_SCOPE, FENCE_WAREHOUSE,
						   FENCE_CLUSTER, FENCE_JOB };
	const struct judge judge = { fence, scope_of(row), arguments, refusal };
	struct json_object *path = argument_of(&judge, "path");

	if (row->part != ROW_WHOLE) /* its argument is the handle of a call that was allowed */
		return true;
	if (!check_names(&judge) || !check_sql(&judge))
		return false;
	if (path != NULL && !check_path(&judge, json_object_get_string(path)))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++)
		if (!check_object(&judge, objects[i]))
			return false;
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What a table is made of: one in full, or up to twenty at a glance. */
#include "data.h"

#include <stdio.h>
#include <string.h>

#define UC_TABLE "/api/2.1/unity-catalog/tables/{full_name}"
#define TABLES_MAX 20
#define STATS_COLUMNS_MAX 100 /* of all tables: each is a branch of one statement */
#define SQL_MAX (1 << 20)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- columns -------------------------------------------------------------------------------- */

/* "not null, partition 1, masked" */
static const char *
column_flags(struct mcp_call *call, struct json_object *column)
{
	const char *text = "";

	if (!mcp_get_bool(column, "nullable", true))
		text = "not null";
	if (mcp_get(column, "partition_index") != NULL)
		text = mcp_printf(call, "%s%spartition %lld", text, text[0] ? ", " : "",
				  (long long)mcp_get_int(column, "partition_index", 0) + 1);
	if (mcp_get(column, "mask") != NULL)
		text = mcp_printf(call, "%s%smasked", text, text[0] ? ", " : "");
	return text;
}

static bool
column_item(struct mcp_call *call, struct json_object *column)
{
	json_object_object_add(column, "flags",
			       json_object_new_string(column_flags(call, column)));
	return true;
}

static int
say_columns(struct mcp_call *call, struct json_object *columns)
{
	static const struct dbx_column shown[] = {
		{ "column", NULL, "name", NULL },
		{ "type", NULL, "type_text", NULL },
		{ "flags", NULL, "flags", NULL },
		{ "comment", NULL, "comment", NULL },
	};

	for (size_t i = 0; columns != NULL && i < json_object_array_length(columns); i++)
		column_item(call, json_object_array_get_idx(columns, i));
	return dbx_table(call, columns, shown, COUNT(shown),
			 &(struct dbx_page){ .noun = "columns", .total = -1 });
}

/* "PRIMARY KEY (a, b)" or "FOREIGN KEY (a) REFERENCES c.s.t" */
static void
say_constraints(struct mcp_call *call, struct json_object *constraints)
{
	for (size_t i = 0; constraints != NULL && i < json_object_array_length(constraints); i++) {
		struct json_object *item = json_object_array_get_idx(constraints, i);
		struct json_object *primary = mcp_get(item, "primary_key_constraint");
		struct json_object *foreign = mcp_get(item, "foreign_key_constraint");

		if (primary != NULL)
			mcp_say(call, "primary key: %s",
				mcp_get_str(call, primary, "child_columns", "?"));
		if (foreign != NULL)
			mcp_say(call, "foreign key: %s references %s",
				mcp_get_str(call, foreign, "child_columns", "?"),
				mcp_get_str(call, foreign, "parent_table", "?"));
	}
}

static void
say_table(struct mcp_call *call, struct json_object *table)
{
	static const struct dbx_column facts[] = {
		{ "table", NULL, "full_name", NULL },
		{ "type", NULL, "table_type", NULL },
		{ "format", NULL, "data_source_format", NULL },
		{ "owner", NULL, "owner", NULL },
		{ "comment", NULL, "comment", NULL },
		/* from here on: detail=full */
		{ "storage", NULL, "storage_location", NULL },
		{ "created", NULL, "created_at", dbx_show_time },
		{ "updated", NULL, "updated_at", dbx_show_time },
		{ "row filter", NULL, "row_filter.function_name", NULL },
		{ "properties", NULL, "properties", NULL },
		{ "view", NULL, "view_definition", NULL },
	};
	enum { CONCISE = 5 };

	dbx_facts(call, table, facts, dbx_full(call) ? COUNT(facts) : (size_t)CONCISE,
		  dbx_url(call, "/explore/data/%s/%s/%s",
			  mcp_get_str(call, table, "catalog_name", ""),
			  mcp_get_str(call, table, "schema_name", ""),
			  mcp_get_str(call, table, "name", "")));
	say_constraints(call, mcp_get(table, "table_constraints"));
}

/* ---- get_table_schema ----------------------------------------------------------------------- */

static struct dbx_words
table_words(struct mcp_call *call, const char *name)
{
	return (struct dbx_words){
		.object = mcp_printf(call, "Table %s", name),
		.not_found = "Call list_tables to see which exist.",
		.grant = mcp_printf(call, "SELECT on %s, with USE CATALOG and USE SCHEMA above it",
				    name),
	};
}

static int
schema_shown(struct mcp_call *call, const void *state, size_t len)
{
	const char *catalog = mcp_arg(call, "catalog_name");
	const char *schema = mcp_arg(call, "schema_name"), *name = mcp_arg(call, "table_name");
	struct dbx_words words = table_words(call,
	    mcp_printf(call, "%s.%s.%s", catalog, schema, name));
	struct json_object *table;
	struct dbx_error error;

	(void)state;
	(void)len;
	if (!dbx_ok(call, mcp_reply(call, 0), &error) && error.status == MCP_E_NOT_FOUND)
		return table_unknown(call, catalog, schema, name, error.message);
	table = dbx_reply(call, 0, &words);
	if (table == NULL)
		return MCP_E_UPSTREAM;
	say_table(call, table);
	return say_columns(call, mcp_get(table, "columns"));
}

int
get_table_schema(struct mcp_call *call)
{
	const char *name = mcp_printf(call, "%s.%s.%s", mcp_arg(call, "catalog_name"),
				      mcp_arg(call, "schema_name"), mcp_arg(call, "table_name"));

	return dbx_get(call, UC_TABLE, dbx_object(call, "full_name", name, NULL), schema_shown,
		       NULL, 0);
}

/* ---- describe_tables ------------------------------------------------------------------------ */

/* The i-th of the asked names; NULL behind the last. */
static const char *
asked_name(struct mcp_call *call, size_t i)
{
	struct json_object *names = mcp_arg_json(call, "names");

	return i < json_object_array_length(names)
	    ? json_object_get_string(json_object_array_get_idx(names, i)) : NULL;
}

static bool
wants(struct mcp_call *call, const char *detail)
{
	const char *given = mcp_arg(call, "detail");

	return given != NULL && strcmp(given, detail) == 0;
}

/* One line or section about a table; a missing one does not spoil the others. */
static void
say_one(struct mcp_call *call, size_t i)
{
	const struct mcp_reply *reply = mcp_reply(call, i);
	struct json_object *table;
	struct dbx_error error;

	if (!dbx_ok(call, reply, &error)) {
		mcp_say(call, "## %s\n%s", asked_name(call, i),
			error.message[0] != '\0' ? error.message : "no answer");
		return;
	}
	table = mcp_reply_json(call, i);
	mcp_say(call, "## %s\n%s%s%s", mcp_get_str(call, table, "full_name", "?"),
		mcp_get_str(call, table, "table_type", ""),
		mcp_get(table, "comment") != NULL ? ": " : "",
		mcp_get_str(call, table, "comment", ""));
	if (!wants(call, "names"))
		say_columns(call, mcp_get(table, "columns"));
}

/* Appends one branch of the statistics: counts, nulls, distinct values, extremes of a column. */
static const char *
add_branch(struct mcp_call *call, const char *sql, struct json_object *table,
	   const char *column)
{
	const char *name = quoted_name(call, mcp_get_str(call, table, "catalog_name", ""),
				       mcp_get_str(call, table, "schema_name", ""),
				       mcp_get_str(call, table, "name", ""));
	const char *c = quoted(call, column);

	return mcp_printf(call, "%s%sSELECT '%s' AS `table`, '%s' AS `column`, COUNT(*) AS `rows`, "
			  "COUNT(*) - COUNT(%s) AS `nulls`, COUNT(DISTINCT %s) AS `distinct`, "
			  "CAST(MIN(%s) AS STRING) AS `min`, CAST(MAX(%s) AS STRING) AS `max` "
			  "FROM %s", sql, sql[0] != '\0' ? " UNION ALL " : "",
			  mcp_get_str(call, table, "full_name", ""), column, c, c, c, c, name);
}

static bool
countable(struct mcp_call *call, struct json_object *column)
{
	static const char *const complex[] = { "ARRAY", "MAP", "STRUCT", "VARIANT", "BINARY",
					       "GEOMETRY", "GEOGRAPHY", "INTERVAL" };
	const char *type = mcp_get_str(call, column, "type_name", "");

	for (size_t i = 0; i < COUNT(complex); i++)
		if (strcmp(type, complex[i]) == 0)
			return false;
	/* Names stand in the SQL as text too. */
	return strchr(mcp_get_str(call, column, "name", "'"), '\'') == NULL;
}

/* One statement over all columns of all tables that are there; NULL when there is none. */
static const char *
stats_sql(struct mcp_call *call)
{
	const char *sql = "";
	size_t branches = 0;

	for (size_t i = 0; asked_name(call, i) != NULL; i++) {
		struct json_object *table, *columns;
		struct dbx_error error;

		if (!dbx_ok(call, mcp_reply(call, i), &error))
			continue;
		table = mcp_reply_json(call, i);
		columns = mcp_get(table, "columns");
		for (size_t k = 0; columns != NULL && k < json_object_array_length(columns)
		     && branches < STATS_COLUMNS_MAX; k++) {
			struct json_object *column = json_object_array_get_idx(columns, k);

			if (!countable(call, column))
				continue;
			sql = add_branch(call, sql, table, mcp_get_str(call, column, "name", ""));
			branches++;
		}
	}
	return branches > 0 && strlen(sql) < SQL_MAX ? sql : NULL;
}

/* Asks for all tables at once. */
static int
tables_fetch(struct mcp_call *call, mcp_step_fn fn, const void *state, size_t len)
{
	struct mcp_http request[TABLES_MAX];
	size_t n = 0;

	for (; n < TABLES_MAX && asked_name(call, n) != NULL; n++)
		if (!dbx_get_request(call, &request[n], UC_TABLE,
				     dbx_object(call, "full_name", asked_name(call, n), NULL)))
			return MCP_E_INPUT;
	return mcp_suspend(call, request, n, 0, fn, state, len);
}

static int
tables_described(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	for (size_t i = 0; asked_name(call, i) != NULL; i++)
		say_one(call, i);
	return MCP_OK;
}

static int
stats_build(struct mcp_call *call, const void *state, size_t len)
{
	const char *sql = stats_sql(call);

	(void)len;
	if (sql == NULL)
		return mcp_fail(call, MCP_E_NOT_FOUND, "None of these tables can be counted.",
				"None exists, or none has a column of a plain type.",
				"Call describe_tables with detail=names to see which exist.");
	return statement_submit(call, state, sql, STATS_COLUMNS_MAX, false);
}

static int
stats_on(struct mcp_call *call, const void *state, size_t len)
{
	return tables_fetch(call, stats_build, state, len);
}

static int
describe_begin(struct mcp_call *call)
{
	if (wants(call, "stats"))
		return warehouse_choose(call, stats_on);
	return tables_fetch(call, tables_described, NULL, 0);
}

const struct mcp_operation describe_tables = {
	.size = sizeof(struct mcp_operation),
	.start = describe_begin,
	.poll = statement_poll,
	.cancel = statement_cancel,
};

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

static void
column_item(struct mcp_call *call, struct json_object *column)
{
	json_object_object_add(column, "flags",
			       json_object_new_string(column_flags(call, column)));
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

	for (size_t i = 0; i < json_object_array_length(columns); i++)
		column_item(call, json_object_array_get_idx(columns, i));
	return dbx_table(call, columns, shown, COUNT(shown),
			 &(struct dbx_page){ .noun = "columns", .total = -1 });
}

/* "PRIMARY KEY (a, b)" or "FOREIGN KEY (a) REFERENCES c.s.t" */
static void
say_constraints(struct mcp_call *call, struct json_object *constraints)
{
	for (size_t i = 0; i < json_object_array_length(constraints); i++) {
		struct json_object *item = json_object_array_get_idx(constraints, i);
		struct json_object *primary = mcp_get(item, "primary_key_constraint");
		struct json_object *foreign = mcp_get(item, "foreign_key_constraint");

		if (primary != NULL)
			mcp_say(call, "primary key: %s",
				dbx_show_list(call, mcp_get(primary, "child_columns")));
		if (foreign != NULL)
			mcp_say(call, "foreign key: %s references %s",
				dbx_show_list(call, mcp_get(foreign, "child_columns")),
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
	say_constraints(call, dbx_objects(call, table, "table_constraints"));
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
	return say_columns(call, dbx_objects(call, table, "columns"));
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
		mcp_say(call, "## %s\nnot available: %s", asked_name(call, i),
			error.message[0] != '\0' ? error.message : "no answer");
		return;
	}
	table = mcp_reply_json(call, i);
	mcp_say(call, "## %s\n%s%s%s", asked_name(call, i),
		mcp_get_str(call, table, "table_type", "not available: the answer is no table"),
		mcp_get(table, "comment") != NULL ? ": " : "",
		mcp_get_str(call, table, "comment", ""));
	if (!wants(call, "names") && table != NULL)
		say_columns(call, dbx_objects(call, table, "columns"));
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

/* Can this name stand in a SQL text literal as it is? */
static bool
plain(const char *name)
{
	return strpbrk(name, "'\\") == NULL;
}

static bool
countable(struct mcp_call *call, struct json_object *table, struct json_object *column)
{
	static const char *const complex[] = { "ARRAY", "MAP", "STRUCT", "VARIANT", "BINARY",
					       "GEOMETRY", "GEOGRAPHY", "INTERVAL" };
	const char *type = mcp_get_str(call, column, "type_name", "");

	for (size_t i = 0; i < COUNT(complex); i++)
		if (strcmp(type, complex[i]) == 0)
			return false;
	return plain(mcp_get_str(call, column, "name", "'"))
	    && plain(mcp_get_str(call, table, "full_name", "'"));
}

/* What statistics are made of, and what they leave out. */
struct stats {
	const char *sql;
	const char *missing; /* "a.b.c, a.b.d": names of no table */
	size_t branches, left_out;
};

static void
stats_of(struct mcp_call *call, struct stats *stats, struct json_object *table)
{
	struct json_object *columns = dbx_objects(call, table, "columns");

	for (size_t i = 0; i < json_object_array_length(columns); i++) {
		struct json_object *column = json_object_array_get_idx(columns, i);

		if (!countable(call, table, column) || stats->branches >= STATS_COLUMNS_MAX
		    || strlen(stats->sql) > SQL_MAX) {
			stats->left_out++;
			continue;
		}
		stats->sql = add_branch(call, stats->sql, table,
					mcp_get_str(call, column, "name", ""));
		stats->branches++;
	}
}

/* One statement over all columns of all tables that are there. */
static struct stats
stats_all(struct mcp_call *call)
{
	struct stats stats = { .sql = "", .missing = "" };

	for (size_t i = 0; asked_name(call, i) != NULL; i++) {
		struct dbx_error error;

		if (dbx_ok(call, mcp_reply(call, i), &error))
			stats_of(call, &stats, mcp_reply_json(call, i));
		else
			stats.missing = mcp_printf(call, "%s%s%s", stats.missing,
						   stats.missing[0] != '\0' ? ", " : "",
						   asked_name(call, i));
	}
	return stats;
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

/* What the statistics do not say, in the room that a handle has. */
static void
stats_note(const struct stats *stats, char *note, size_t size)
{
	size_t used = 0;

	if (stats->left_out > 0)
		used = (size_t)snprintf(note, size, "%zu columns were not counted: of a complex "
					"type, or beyond %d. ", stats->left_out,
					STATS_COLUMNS_MAX);
	if (stats->missing[0] == '\0')
		return;
	if (strlen(stats->missing) + used + sizeof("Not available: .") > size)
		snprintf(note + used, size - used, "Some tables are not available: see "
			 "detail=names.");
	else
		snprintf(note + used, size - used, "Not available: %s.", stats->missing);
}

static int
stats_build(struct mcp_call *call, const void *state, size_t len)
{
	struct statement statement = { .rows = STATS_COLUMNS_MAX };
	struct stats stats = stats_all(call);

	(void)len;
	if (stats.branches == 0)
		return mcp_fail(call, MCP_E_NOT_FOUND, "None of these tables can be counted.",
				"None exists, or none has a column of a plain type.",
				"Call describe_tables with detail=names to see which exist.");
	stats_note(&stats, statement.note, sizeof(statement.note));
	return statement_submit(call, state, stats.sql, &statement);
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

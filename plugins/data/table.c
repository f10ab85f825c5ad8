/* SPDX-License-Identifier: Apache-2.0 */
/* The columns and facts of tables: one table in full, or up to twenty tables in short. */
#include "data.h"

#include <stdlib.h>
#include <string.h>

#define UC_TABLE "/api/2.1/unity-catalog/tables/{full_name}"
#define TABLES_MAX 20

/* ---- columns -------------------------------------------------------------------------------- */

/* Writes "not null, partition 1, masked by main.s.f". */
static const char *
column_flags(struct mcp_call *call, struct json_object *column)
{
	const char *mask = mcp_get_str(call, column, "mask.function_name", "");
	const char *text = "";

	if (!mcp_get_bool(column, "nullable", true))
		text = "not null";
	if (mcp_get(column, "partition_index") != NULL)
		text = mcp_printf(call, "%s%spartition %lld", text, text[0] ? ", " : "",
				  (long long)mcp_get_int(column, "partition_index", 0) + 1);
	if (mcp_get(column, "mask") != NULL)
		text = mcp_printf(call, "%s%smasked%s%s", text, text[0] ? ", " : "",
				  mask[0] != '\0' ? " by " : "", mask);
	return text;
}

/* Shows the columns of one table, from the first one of the page. */
struct columns {
	struct json_object *list;
	const struct table_name *table;
	size_t from;
};

static const char *
columns_next(struct mcp_call *call, const void *data, size_t shown)
{
	const struct columns *columns = data;
	const char *shape = mcp_repeat(call, (const char *const[]){ "cell_chars", NULL });

	return mcp_printf(call, "get_table_schema table_name=%s page_token=%zu%s%s",
			  mcp_quoted(call, columns->table->full), columns->from + shown,
			  shape != NULL ? " " : "", shape != NULL ? shape : "");
}

static const char *
columns_whole(struct mcp_call *call, const struct columns *columns)
{
	return mcp_printf(call, "get_table_schema table_name=%s page_token=%zu cell_chars=%lld",
			  mcp_quoted(call, columns->table->full), columns->from,
			  (long long)mcp_number(call, MCP_NUM_MAX_TEXT));
}

static int
say_columns(struct mcp_call *call, const struct columns *columns)
{
	static const struct mcp_column heads[] = {
		{ "column", NULL },
		{ "type", NULL },
		{ "flags", NULL },
		{ "comment", NULL },
	};
	size_t n = json_object_array_length(columns->list);
	int status = mcp_table(call, heads, COUNT(heads));

	for (size_t i = columns->from; status == MCP_OK && i < n; i++) {
		struct json_object *column = json_object_array_get_idx(columns->list, i);
		const char *const cells[] = {
			mcp_get_str(call, column, "name", NULL),
			mcp_get_str(call, column, "type_text",
				    mcp_get_str(call, column, "type_name", NULL)),
			column_flags(call, column),
			mcp_get_str(call, column, "comment", NULL),
		};

		status = mcp_page_row(call, cells, COUNT(cells));
	}
	if (status != MCP_OK && status != MCP_E_TOO_LARGE)
		return status;
	return mcp_table_end(call,
			     &(struct mcp_table_end){ .size = sizeof(struct mcp_table_end),
						      .noun = "columns",
						      .total = (int64_t)n,
						      .next_from = columns_next,
						      .next_data = columns,
						      .whole = columns_whole(call, columns) });
}

/* Writes constraints: "id (timeseries at)" and "a references main.s.t (b)". */
static void
say_constraints(struct mcp_call *call, struct json_object *constraints)
{
	for (size_t i = 0; i < json_object_array_length(constraints); i++) {
		struct json_object *item = json_object_array_get_idx(constraints, i);
		struct json_object *primary = mcp_get(item, "primary_key_constraint");
		struct json_object *foreign = mcp_get(item, "foreign_key_constraint");
		const char *series = mcp_show_list(call, mcp_get(primary, "timeseries_columns"));
		const char *parent = mcp_show_list(call, mcp_get(foreign, "parent_columns"));

		if (primary != NULL)
			mcp_say(call, "primary key: %s%s%s%s",
				mcp_show_list(call, mcp_get(primary, "child_columns")),
				series[0] != '\0' ? " (timeseries " : "", series,
				series[0] != '\0' ? ")" : "");
		if (foreign != NULL)
			mcp_say(call, "foreign key: %s references %s%s%s%s",
				mcp_show_list(call, mcp_get(foreign, "child_columns")),
				mcp_get_str(call, foreign, "parent_table", "?"),
				parent[0] != '\0' ? " (" : "", parent,
				parent[0] != '\0' ? ")" : "");
	}
}

static const struct mcp_fact table_facts[] = {
	{ .key = "type", .path = "table_type" },
	{ .key = "format", .path = "data_source_format" },
	{ .key = "owner", .path = "owner" },
	{ .key = "comment", .path = "comment" },
	{ .key = "row filter", .path = "row_filter.function_name" },
	{ .key = "metadata only", .path = "browse_only", .show = mcp_show_yes },
	{ .key = "deleted", .path = "deleted_at", .show = mcp_show_time },
	{ .key = "filtered by", .path = "row_filter.input_column_names", .detail = MCP_FULL },
	{ .key = "storage", .path = "storage_location", .detail = MCP_FULL },
	{ .key = "storage credential", .path = "storage_credential_name", .detail = MCP_FULL },
	{ .key = "sql path", .path = "sql_path", .detail = MCP_FULL },
	{ .key = "pipeline", .path = "pipeline_id", .detail = MCP_FULL },
	{ .key = "table_id", .path = "table_id", .detail = MCP_FULL },
	{ .key = "predictive optimization",
	  .path = "effective_predictive_optimization_flag.value",
	  .detail = MCP_FULL },
	{ .key = "created", .path = "created_at", .show = mcp_show_time, .detail = MCP_FULL },
	{ .key = "created by", .path = "created_by", .detail = MCP_FULL },
	{ .key = "updated", .path = "updated_at", .show = mcp_show_time, .detail = MCP_FULL },
	{ .key = "updated by", .path = "updated_by", .detail = MCP_FULL },
	{ .key = "made of",
	  .path = "view_dependencies.dependencies",
	  .show = dbx_show_dependencies,
	  .detail = MCP_FULL },
};

/* The answer is a table and has no structured content, so the facts are only in its text. */
static void
say_table(struct mcp_call *call, struct json_object *table, const struct table_name *name)
{
	struct mcp_answer *answer = mcp_answer_begin(call);
	const char *view = mcp_get_str(call, table, "view_definition", "");

	mcp_say(call, "table: %s", name->full);
	mcp_answer_add(answer, table, table_facts, COUNT(table_facts));
	mcp_answer_url(answer, mcp_url(call, "/explore/data/%s/%s/%s", name->catalog, name->schema,
				       name->table));
	if (mcp_full(call)) {
		mcp_answer_list(answer, NULL, "properties", mcp_get(table, "properties"));
		mcp_answer_block(answer, "view", "view", view);
	}
	say_constraints(call, mcp_objects(call, table, "table_constraints"));
}

/* ---- get_table_schema ----------------------------------------------------------------------- */

static struct mcp_words
table_words(struct mcp_call *call, const char *name)
{
	return (struct mcp_words){
		.object = mcp_printf(call, "Table %s", name),
		.not_found = "Call list_tables to see all tables.",
		.grant = mcp_printf(call, "SELECT on %s, with USE CATALOG and USE SCHEMA above it",
				    name),
	};
}

/* Reads the first column of the page. When page_token is not valid, the call fails and the result
 * is false. */
static bool
columns_from(struct mcp_call *call, size_t n, size_t *from)
{
	const char *token = mcp_arg(call, "page_token");

	*from = 0;
	if (token == NULL || token[0] == '\0')
		return true;
	if (dbx_is_number(token))
		*from = (size_t)strtoull(token, NULL, 10);
	if (!dbx_is_number(token) || (*from > 0 && *from >= n)) {
		mcp_fail(call, MCP_E_INPUT, "page_token is not valid for this tool.", NULL,
			 "Use the page_token from the end line of the last answer.");
		return false;
	}
	return true;
}

static int
schema_shown(struct mcp_call *call, const void *state, size_t len)
{
	struct table_name name;
	struct columns columns = { .table = &name };
	struct mcp_words words;
	struct json_object *table;
	struct dbx_error error;

	(void)state;
	(void)len;
	if (!table_name(call, &name))
		return MCP_E_INPUT;
	words = table_words(call, name.full);
	if (!dbx_ok(call, mcp_reply(call, 0), &error) && error.status == MCP_E_NOT_FOUND)
		return table_unknown(call, &name, error.message);
	table = dbx_reply(call, 0, &words);
	if (table == NULL)
		return MCP_E_UPSTREAM;
	name = table_of(call, table, name.full);
	columns.list = mcp_objects(call, table, "columns");
	if (!columns_from(call, json_object_array_length(columns.list), &columns.from))
		return MCP_E_INPUT;
	say_table(call, table, &name);
	return say_columns(call, &columns);
}

int
get_table_schema(struct mcp_call *call)
{
	struct table_name name;

	if (!table_name(call, &name))
		return MCP_E_INPUT;
	return mcp_fetch(call, UC_TABLE, mcp_object(call, "full_name", name.full, NULL),
			 schema_shown, NULL, 0);
}

/* ---- describe_tables ------------------------------------------------------------------------ */

const char *
described_name(struct mcp_call *call, size_t i)
{
	struct json_object *names = mcp_arg_json(call, "names");

	return i < TABLES_MAX && i < json_object_array_length(names)
		 ? dbx_plain_name(call, json_object_get_string(json_object_array_get_idx(names, i)))
		 : NULL;
}

int
described_fetch(struct mcp_call *call, mcp_step_fn fn, const void *state, size_t len)
{
	struct mcp_http request[TABLES_MAX];
	const char *name;
	size_t n = 0;

	for (; (name = described_name(call, n)) != NULL; n++)
		if (!mcp_fetch_request(call, &request[n], UC_TABLE,
				       mcp_object(call, "full_name", name, NULL)))
			return MCP_E_INPUT;
	return mcp_suspend(call, request, n, 0, fn, state, len);
}

static bool
wants(struct mcp_call *call, const char *detail)
{
	const char *given = mcp_arg(call, "detail");

	return given != NULL && strcmp(given, detail) == 0;
}

static unsigned
parts_of(const char *name)
{
	unsigned parts = 1;

	for (; *name != '\0'; name++)
		parts += *name == '.';
	return parts;
}

/* One line or section about a table. A missing table does not affect the others. */
static void
say_one(struct mcp_call *call, size_t i, const char *asked)
{
	struct json_object *table = mcp_reply_json(call, i);
	struct table_name name;
	struct dbx_error error;

	mcp_say(call, "## %s", asked);
	if (!dbx_ok(call, mcp_reply(call, i), &error)) {
		mcp_say(call, "not available: %s%s",
			error.message[0] != '\0' ? error.message : "no answer",
			error.status == MCP_E_NOT_FOUND && parts_of(asked) < DBX_NAME_PARTS
			    ? " A name must be catalog.schema.table."
			    : "");
		return;
	}
	if (!json_object_is_type(table, json_type_object)) {
		mcp_say(call, "not available: the answer is not a table");
		return;
	}
	mcp_say(call, "%s%s%s", mcp_get_str(call, table, "table_type", "table"),
		mcp_get(table, "comment") != NULL ? ": " : "",
		mcp_get_str(call, table, "comment", ""));
	name = table_of(call, table, asked);
	if (!wants(call, "names"))
		say_columns(call,
			    &(struct columns){ mcp_objects(call, table, "columns"), &name, 0 });
}

static int
tables_described(struct mcp_call *call, const void *state, size_t len)
{
	const char *name;

	(void)state;
	(void)len;
	for (size_t i = 0; (name = described_name(call, i)) != NULL; i++)
		say_one(call, i, name);
	return MCP_OK;
}

int
describe_tables(struct mcp_call *call)
{
	if (wants(call, "stats"))
		return warehouse_choose(call, stats_on);
	return described_fetch(call, tables_described, NULL, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The tools that run SQL. Each of them starts a statement; the other code is common
 * (statement.c). */
#include "export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OFFSET_DIGITS 15 /* largest page_token of a preview */

int64_t
rows_wanted(struct mcp_call *call)
{
	int64_t most = mcp_number(call, MCP_NUM_MAX_ROWS);
	int64_t wanted = mcp_arg_int(call, "row_limit", most);

	return wanted < most ? wanted : most;
}

/* ---- execute_sql ---------------------------------------------------------------------------- */

/* Skips white space and comments in front of the statement. */
static const char *
sql_start(const char *sql)
{
	for (;;) {
		sql += strspn(sql, " \t\r\n;(");
		if (strncmp(sql, "--", 2) == 0)
			sql += strcspn(sql, "\r\n");
		else if (strncmp(sql, "/*", 2) == 0 && strstr(sql + 2, "*/") != NULL)
			sql = strstr(sql + 2, "*/") + 2;
		else
			return sql;
	}
}

static bool
is_word(const char *sql, const char *word)
{
	size_t len = strlen(word);

	return strncasecmp(sql, word, len) == 0 && strchr(" \t\r\n;/-", sql[len]) != NULL;
}

static const char *
next_word(const char *sql)
{
	return sql_start(sql + strcspn(sql, " \t\r\n;/-"));
}

/* Is it CREATE [OR REPLACE] TEMPORARY …? */
static bool
makes_temporary(const char *sql)
{
	if (!is_word(sql, "CREATE"))
		return false;
	sql = next_word(sql);
	if (is_word(sql, "OR"))
		sql = next_word(next_word(sql));
	return is_word(sql, "TEMP") || is_word(sql, "TEMPORARY");
}

/* Each statement has a session of its own. Changes to the session are lost after the statement. */
static const char *
session_note(const char *sql)
{
	sql = sql_start(sql);
	if (is_word(sql, "USE"))
		return "USE has no effect after this statement: give later calls the arguments "
		       "catalog and schema instead.";
	if (is_word(sql, "SET") || is_word(sql, "RESET") || is_word(sql, "DECLARE"))
		return "This has no effect after the statement: each call has a session of its "
		       "own.";
	if (makes_temporary(sql))
		return "A temporary object exists only during this statement: each call has a "
		       "session of its own.";
	return "";
}

static int
execute_on(struct mcp_call *call, const void *state, size_t len)
{
	const char *sql = mcp_arg(call, "sql_query");
	struct statement statement = { .rows = rows_wanted(call) };

	(void)len;
	snprintf(statement.note, sizeof(statement.note), "%s", session_note(sql));
	return statement_submit(call, state, sql, &statement);
}

/* Rows in an answer have other formats than files. */
static bool
rows_format(struct mcp_call *call)
{
	const char *format = mcp_arg(call, "format");

	if (format == NULL || (strcmp(format, "jsonl") != 0 && strcmp(format, "arrow") != 0))
		return true;
	mcp_fail(call, MCP_E_INPUT, mcp_printf(call, "format=%s is only for files.", format), NULL,
		 "Give to_file too, or use compact, markdown, csv or json.");
	return false;
}

static int
execute_checked(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	return warehouse_choose(call, execute_on);
}

int
execute_sql(struct mcp_call *call)
{
	const char *sql = mcp_arg(call, "sql_query");

	if (sql[strspn(sql, " \t\r\n;")] == '\0')
		return mcp_fail(call, MCP_E_INPUT, "sql_query is empty.", NULL,
				"Give one SQL statement.");
	return export_wanted(call) ? export_check(call, execute_checked)
	     : rows_format(call)   ? warehouse_choose(call, execute_on)
				   : MCP_E_INPUT;
}

/* ---- preview_table -------------------------------------------------------------------------- */

/* The rows that page_token skips: an offset from sample_next(). */
static int64_t
preview_offset(struct mcp_call *call)
{
	const char *token = mcp_arg(call, "page_token");

	return token != NULL ? strtoll(token, NULL, 10) : 0;
}

static int
preview_on(struct mcp_call *call, const void *state, size_t len)
{
	int64_t rows = rows_wanted(call), from = preview_offset(call);
	struct table_name table;

	(void)len;
	if (!table_name(call, &table))
		return MCP_E_INPUT;
	/* Selects one row more than is shown, to find out whether there are more rows. */
	return statement_submit_made(call, state,
				     mcp_printf(call, "SELECT * FROM %s LIMIT %lld%s",
						quoted_name(call, table.catalog, table.schema,
							    table.table),
						(long long)rows + 1,
						from > 0 ? mcp_printf(call, " OFFSET %lld",
								      (long long)from)
							 : ""),
				     &(struct statement){ .rows = rows, .sample = true });
}

const char *
sample_next(struct mcp_call *call, int64_t shown)
{
	return mcp_printf(call, "preview_table %s page_token=%lld",
			  mcp_repeat(call,
				     (const char *const[]){ "catalog_name", "schema_name",
							    "table_name", "row_limit", "cell_chars",
							    "warehouse_id", "format", NULL }),
			  (long long)preview_offset(call) + (long long)shown);
}

int
preview_table(struct mcp_call *call)
{
	const char *token = mcp_arg(call, "page_token");
	struct table_name table;

	if (!table_name(call, &table)) /* checked before a warehouse is searched */
		return MCP_E_INPUT;
	if (token != NULL && (!dbx_is_number(token) || strlen(token) > OFFSET_DIGITS))
		return mcp_fail(call, MCP_E_INPUT, "page_token is not valid for this tool.", NULL,
				"Use the page_token from the last answer's Next line, or none "
				"for the first rows.");
	return warehouse_choose(call, preview_on);
}

/* ---- get_statement_result ------------------------------------------------------------------- */

static int
result_checked(struct mcp_call *call, const void *state, size_t len)
{
	struct export export = { .begun_ms = mcp_number(call, MCP_NUM_NOW_MS) };

	(void)state;
	(void)len;
	if (!export_read(call, &export))
		return MCP_E_INPUT;
	mcp_cut_copy(export.id, sizeof(export.id), mcp_arg(call, "statement_id"));
	return mcp_handle_write(call, EXPORT_VERSION, &export, sizeof(export));
}

/* The operation has no cancel: the statement continues without a reader. cancel_statement stops
 * it. */
int
get_statement_result(struct mcp_call *call)
{
	struct statement statement = { .rows = rows_wanted(call) };
	const char *id = mcp_arg(call, "statement_id");
	struct reading reading = { .row = 0 };

	if (strlen(id) >= sizeof(statement.id) || id[0] == '\0')
		return mcp_fail(call, MCP_E_NOT_FOUND, "statement_id is not valid.", NULL,
				"Use the statement_id from the answer of execute_sql.");
	if (export_wanted(call))
		return export_check(call, result_checked);
	if (!rows_token(call, &reading) || !rows_format(call))
		return MCP_E_INPUT;
	statement.row = reading.row;
	statement.chunk = reading.chunk;
	statement.chunk_row = reading.chunk_row;
	strcpy(statement.id, id);
	statement.begun_ms = mcp_number(call, MCP_NUM_NOW_MS);
	return mcp_handle_write(call, STATEMENT_VERSION, &statement, sizeof(statement));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The tools that run SQL: each begins a statement, then all go the same way (statement.c). */
#include "data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t
rows_wanted(struct mcp_call *call)
{
	int64_t most = mcp_number(call, MCP_NUM_MAX_ROWS);
	int64_t wanted = mcp_arg_int(call, "row_limit", most);

	return wanted < most ? wanted : most;
}

/* ---- execute_sql ---------------------------------------------------------------------------- */

static int
execute_on(struct mcp_call *call, const void *state, size_t len)
{
	(void)len;
	return statement_submit(call, state, mcp_arg(call, "sql_query"),
				&(struct statement){ .rows = rows_wanted(call) });
}

static int
execute_begin(struct mcp_call *call)
{
	const char *sql = mcp_arg(call, "sql_query");

	if (sql[strspn(sql, " \t\r\n;")] == '\0')
		return mcp_fail(call, MCP_E_INPUT, "sql_query is empty.", NULL,
				"Give one SQL statement.");
	return warehouse_choose(call, execute_on);
}

const struct mcp_operation execute_sql = {
	.size = sizeof(struct mcp_operation),
	.start = execute_begin,
	.poll = statement_poll,
	.cancel = statement_cancel,
};

/* ---- preview_table -------------------------------------------------------------------------- */

static int
preview_on(struct mcp_call *call, const void *state, size_t len)
{
	int64_t rows = rows_wanted(call);
	const char *table = quoted_name(call, mcp_arg(call, "catalog_name"),
					mcp_arg(call, "schema_name"), mcp_arg(call, "table_name"));

	(void)len;
	/* One more than shown, so that "there are more" is known and not guessed. */
	return statement_submit(call, state, mcp_printf(call, "SELECT * FROM %s LIMIT %lld", table,
							(long long)rows + 1),
				&(struct statement){ .rows = rows, .sample = true });
}

static int
preview_begin(struct mcp_call *call)
{
	return warehouse_choose(call, preview_on);
}

const struct mcp_operation preview_table = {
	.size = sizeof(struct mcp_operation),
	.start = preview_begin,
	.poll = statement_poll,
	.cancel = statement_cancel,
};

/* ---- get_statement_result ------------------------------------------------------------------- */

static int
result_begin(struct mcp_call *call)
{
	struct statement statement = { .rows = rows_wanted(call) };
	const char *id = mcp_arg(call, "statement_id"), *page = mcp_arg(call, "page_token");

	if (strlen(id) >= sizeof(statement.id) || id[0] == '\0')
		return mcp_fail(call, MCP_E_NOT_FOUND, "This is not a statement_id.", NULL,
				"Use the statement_id that execute_sql answered.");
	if (page != NULL && page[0] != '\0') {
		if (!dbx_is_number(page))
			return mcp_fail(call, MCP_E_INPUT, "page_token is not one of this tool.",
					NULL, "Use the page_token of the last answer's end line.");
		statement.offset = strtoll(page, NULL, 10);
	}
	strcpy(statement.id, id);
	statement.begun_ms = mcp_number(call, MCP_NUM_NOW_MS);
	return mcp_handle(call, &statement, sizeof(statement));
}

/* No cancel: who stops looking does not stop the statement; cancel_statement does. */
const struct mcp_operation get_statement_result = {
	.size = sizeof(struct mcp_operation),
	.start = result_begin,
	.poll = statement_poll,
};

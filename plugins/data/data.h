/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handlers of the data plugin. Unity Catalog API 2.1, SQL warehouses and statement execution
 * API 2.0: https://docs.databricks.com/api/workspace/statementexecution
 */
#ifndef PLUGINS_DATA_H
#define PLUGINS_DATA_H

#include "databricks.h"

int list_catalogs(struct mcp_call *call);
int list_schemas(struct mcp_call *call);
int list_tables(struct mcp_call *call);
int complete_catalog(struct mcp_call *call);
int complete_schema(struct mcp_call *call);
int complete_table(struct mcp_call *call);
int get_table_schema(struct mcp_call *call);
int list_sql_warehouses(struct mcp_call *call);
int cancel_statement(struct mcp_call *call);
int get_result_page(struct mcp_call *call);
extern const struct mcp_operation describe_tables, preview_table, start_sql_warehouse,
    stop_sql_warehouse, execute_sql, get_statement_result;

/* ---- catalog.c ------------------------------------------------------------------------------ */

/* Fails the call: the table is unknown; names the nearest of its schema. `why` as the platform
 * said it. */
int table_unknown(struct mcp_call *call, const char *catalog, const char *schema,
		  const char *table, const char *why);

/* ---- warehouse.c ---------------------------------------------------------------------------- */

/* The warehouse that SQL runs on, and why that one: for the answer. */
struct warehouse {
	char id[64];
	char name[160];
};

/* Finds the warehouse that the argument warehouse_id names, else the plugin's option, else the
 * best there is (running, then starting, then serverless, then any). Runs `fn` with a struct
 * warehouse as state. */
int warehouse_choose(struct mcp_call *call, mcp_step_fn fn);

/* ---- statement.c ---------------------------------------------------------------------------- */

/* An operation's handle: the statement, and what shapes its answer. */
struct statement {
	char id[64];
	int64_t begun_ms; /* wall clock; paces the polls */
	int64_t rows;	  /* to show */
	int64_t offset;	  /* of the first row to show */
	char warehouse[160]; /* its name; "" when not known */
	char note[160];	     /* said behind the rows; "" for nothing */
	bool sample;	  /* the SQL itself was limited to one row more than is shown */
};

_Static_assert(sizeof(struct statement) <= MCP_HANDLE_MAX, "a handle must fit");

/* Submits SQL to a warehouse and ends the start of the operation with a struct statement. `as` says
 * what shapes the answer: rows, sample, note. */
int statement_submit(struct mcp_call *call, const struct warehouse *warehouse, const char *sql,
		     const struct statement *as);
/* Fails the call with what a statement that did not succeed says about itself. */
int statement_failed(struct mcp_call *call, struct json_object *reply, const char *id);
/* The argument row_limit, within what the host shows. */
int64_t rows_wanted(struct mcp_call *call);
/* poll and cancel of every operation on statements. */
int statement_poll(struct mcp_call *call);
int statement_cancel(struct mcp_call *call);
/* A table name in back-ticks, safe to stand in SQL text. */
const char *quoted_name(struct mcp_call *call, const char *catalog, const char *schema,
			const char *table);
const char *quoted(struct mcp_call *call, const char *identifier);

/* ---- rows.c --------------------------------------------------------------------------------- */

/* Shows rows of a succeeded statement, whose whole reply this is; fetches the chunk or link that
 * holds them if the reply does not. */
int rows_show(struct mcp_call *call, struct json_object *reply,
	      const struct statement *statement);

#define ROWS_COLUMNS_MAX 1000
#define LINK_HEADERS_MAX 16

/* Begins a table of those of the platform's `columns` that `picked` names by index (NULL: all).
 * Returns false with the call failed when there are none or too many. */
bool rows_head(struct mcp_call *call, struct json_object *columns, const uint16_t *picked,
	       size_t n);
/* Writes one row of a data_array, as rows_head() began it. */
int rows_line(struct mcp_call *call, struct json_object *row, const uint16_t *picked, size_t n);
/* The first and the number of a chunk that holds a row of the result. */
int64_t rows_chunk(struct mcp_call *call, struct json_object *manifest, int64_t row,
		   int64_t *first);
/* The request for what a pre-signed link points to; `headers` must live until it is made. */
struct mcp_http rows_link(struct mcp_call *call, struct json_object *link,
			  struct mcp_header headers[LINK_HEADERS_MAX]);

#endif

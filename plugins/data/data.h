/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handlers of the data plugin. Unity Catalog API 2.1, SQL warehouses and statement execution
 * API 2.0: https://docs.databricks.com/api/workspace/statementexecution
 */
#ifndef PLUGINS_DATA_H
#define PLUGINS_DATA_H

#include "data.rows.h"
#include "databricks.h"

/* ---- catalog.c ------------------------------------------------------------------------------ */

struct table_name;

/* Fails the call because the table does not exist, and suggests similar names of its schema. `why`
 * is the platform's message. */
int table_unknown(struct mcp_call *call, const struct table_name *name, const char *why);

/* ---- name.c --------------------------------------------------------------------------------- */

/* The full name of a table. For a schema or catalog the other members are "". Strings of the
 * step. */
struct table_name {
	const char *catalog, *schema, *table;
	const char *full; /* "catalog.schema.table" */
};

/* Reads catalog_name, schema_name and table_name. Back-ticks are removed. schema_name and
 * table_name may be full names. When a part is missing, or is given twice with different values,
 * the call fails and the result is false. */
bool table_name(struct mcp_call *call, struct table_name *name);
bool schema_name(struct mcp_call *call, struct table_name *name);
/* The table in a reply, which may lack full_name; `asked` fills missing parts. */
struct table_name table_of(struct mcp_call *call, struct json_object *table, const char *asked);

/* ---- table.c, stats.c ----------------------------------------------------------------------- */

/* Table number i in the arguments of describe_tables, without back-ticks. NULL after the last
 * one. */
const char *described_name(struct mcp_call *call, size_t i);
/* Requests all these tables at once. */
int described_fetch(struct mcp_call *call, mcp_step_fn fn, const void *state, size_t len);
/* Starts the statement for the statistics of the tables; `state` is a struct warehouse. */
int stats_on(struct mcp_call *call, const void *state, size_t len);

/* ---- warehouse.c ---------------------------------------------------------------------------- */

/* The warehouse that runs the SQL, and why it was chosen. Both are shown in the answer. */
struct warehouse {
	char id[64];
	char name[160];
};

/* Finds a warehouse: the one in the argument warehouse_id, else the one in the plugin's option,
 * else the best one (running, then starting, then serverless, then any). Then runs `fn` with a
 * struct warehouse as state. */
int warehouse_choose(struct mcp_call *call, mcp_step_fn fn);
/* The platform's text about the health of a warehouse, or `absent`. */
const char *warehouse_reason(struct mcp_call *call, struct json_object *warehouse,
			     const char *absent);

/* ---- statement.c ---------------------------------------------------------------------------- */

/* An operation's handle: the statement, and the format of its answer. */
struct statement {
	char id[64];
	int64_t begun_ms;	       /* wall clock time; it decides the time between polls */
	int64_t rows;		       /* to show */
	int64_t row, chunk, chunk_row; /* where the page begins; see struct reading */
	char warehouse[160];	       /* the name of the warehouse; "" when it is not known */
	char note[160];		       /* a note after the rows; "" for no note */
	bool sample;		       /* the SQL text itself selects one row more than is shown */
};

/* Version of the handle that contains a struct statement. When the struct changes, this number
 * changes. */
#define STATEMENT_VERSION 1
_Static_assert(sizeof(struct statement) <= MCP_HANDLE_DATA_MAX, "a handle must fit");

/* Submits SQL to a warehouse. The start of the operation ends with a struct statement as handle.
 * `as` sets the form of the answer: rows, sample, note. */
int statement_submit(struct mcp_call *call, const struct warehouse *warehouse, const char *sql,
		     const struct statement *as);
/* Does the same for SQL that contains names. Spark replaces ${…} before it parses a statement, even
 * in quotes, so a name with ${ fails the call. */
int statement_submit_made(struct mcp_call *call, const struct warehouse *warehouse, const char *sql,
			  const struct statement *as);
/* Adds the argument `parameters` to the body of a statement (parameters.c). When a number has more
 * digits than SQL allows, the call fails and the result is false. */
bool parameters_add(struct mcp_call *call, struct json_object *body);
/* Has the statement ended without rows? An unknown state does not count as an end. */
bool statement_over(const char *state);
/* Fails the call with the error of a statement that did not succeed. */
int statement_failed(struct mcp_call *call, struct json_object *reply, const char *id);
/* The argument row_limit, limited to what the host shows in one answer. */
int64_t rows_wanted(struct mcp_call *call);
/* A name in back-ticks, safe inside SQL; the name of a table has three parts. */
const char *quoted(struct mcp_call *call, const char *identifier);
const char *quoted_name(struct mcp_call *call, const char *catalog, const char *schema,
			const char *table);

/* ---- execute.c ------------------------------------------------------------------------------ */

/* Writes the call that continues after `shown` rows of a preview. */
const char *sample_next(struct mcp_call *call, int64_t shown);

/* ---- rows.c, rows_show.c, page.c ------------------------------------------------------------- */

#define ROWS_COLUMNS_MAX 1000
#define LINK_HEADERS_MAX 16

/* The state that is kept between the chunks of a result. */
struct reading {
	char id[64];
	bool page;	/* the options of get_result_page */
	bool sample;	/* the result of a preview, which has one row more than is shown */
	bool listed;	/* the manifest contains the first row of each chunk */
	bool guess;	/* so far no reply has shown that the current chunk exists */
	bool truncated; /* the platform kept only a part of the result */
	int64_t rows;	/* wanted */
	int64_t row;	/* number of the next row to read */
	int64_t begun_at;
	int64_t left, shown;
	int64_t total;		       /* number of rows in the manifest; -1: not known */
	int64_t chunks;		       /* the same */
	int64_t chunk;		       /* at hand */
	int64_t chunk_row;	       /* its first */
	int64_t next;		       /* index of the following chunk; -1: not known */
	int64_t cell_chars, cell_from; /* characters to show of a cell; 0: the host decides */
	/* character where the rest of a cut cell begins; 0: no cell was cut */
	int64_t goes_on;
	unsigned read;	/* chunks that this call has read */
	uint64_t query; /* the id of the query of these rows; 0: there is none */
	char first[64]; /* the page_token of the first row */
	char warehouse[160], note[160];
	size_t n; /* number of columns; 0: not known yet */
	uint16_t column[ROWS_COLUMNS_MAX];
};

/* Shows rows of a succeeded statement from its complete reply. In `reading` the caller sets which
 * rows are shown, and where they begin. */
int rows_read(struct mcp_call *call, struct reading *reading, struct json_object *reply);
/* Each byte of a result may be compared with each byte of a text that is searched for, so the text
 * has a limit. Longer than that: the call fails and the result is false. */
#define ROWS_SEARCH_MAX 256u
bool rows_search_fits(struct mcp_call *call, const char *argument, size_t len);
/* Reads the argument page_token. When it is not valid, the call fails and the result is false. */
bool rows_token(struct mcp_call *call, struct reading *reading);
/* Selects the columns that the argument `columns` names (absent: all `have` columns) and begins the
 * table. When this is not possible, the call fails and the result is false. */
bool rows_pick(struct mcp_call *call, struct reading *reading, struct json_object *columns,
	       size_t have);
/* Begins the table of the selected columns. When this is not possible, the call fails and the
 * result is false. */
bool rows_head(struct mcp_call *call, struct json_object *columns, const struct reading *reading);
/* Fails the call because the result has no column of the name `asked`. */
int rows_unknown(struct mcp_call *call, struct json_object *names, const char *asked);
/* The text of a cell of a tree, borrowed from it. null has no data. */
struct mcp_text rows_cell(struct json_object *cell);
/* Does a cell of the row contain the text? NULL: every row does. */
bool rows_hold(struct json_object *row, const char *text);
/* Adds a row of a tree to the table, or the picked cells of a row. MCP_E_TOO_LARGE: no more rows
 * can be shown. */
int rows_line(struct mcp_call *call, struct reading *reading, struct json_object *row);
int rows_picked(struct mcp_call *call, struct reading *reading, struct mcp_text *cells);
/* Writes the position of a page. */
const char *rows_place(struct mcp_call *call, const struct reading *reading);
/* Writes the call that continues at the current row of the reading, which `data` is. */
const char *rows_next(struct mcp_call *call, const void *data, size_t shown);
/* Ends the table. `more` means that some rows were not read. */
int rows_end(struct mcp_call *call, const struct reading *reading, bool more);
/* The name of a column of the result. */
const char *rows_column(struct mcp_call *call, struct json_object *columns, size_t index);
/* Cuts a cell to the wanted number of characters. Lowers `goes_on` to the first character of the
 * rest. */
void cell_slice(struct mcp_call *call, const struct reading *reading, struct mcp_text *cell,
		int64_t *goes_on);

#endif

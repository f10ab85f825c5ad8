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

/* The full position of a table. For a schema or catalog the other members are "". Strings of the
 * step. */
struct table_name {
	const char *catalog, *schema, *table;
	const char *full; /* "catalog.schema.table" */
};

/*
 * Reads catalog_name, schema_name and table_name. Back-ticks are removed, and the later ones may be
 * full names. False with the call failed when a part is missing, or given twice with different
 * values.
 */
bool table_name(struct mcp_call *call, struct table_name *name);
bool schema_name(struct mcp_call *call, struct table_name *name);
/* The table in a reply, which may lack full_name; `asked` fills missing parts. */
struct table_name table_of(struct mcp_call *call, struct json_object *table, const char *asked);

/* ---- table.c, stats.c ----------------------------------------------------------------------- */

/* The i-th of the tables in the arguments of describe_tables, without back-ticks; NULL after the
 * last. */
const char *described_name(struct mcp_call *call, size_t i);
/* Requests all of them at once. */
int described_fetch(struct mcp_call *call, mcp_step_fn fn, const void *state, size_t len);
/* Starts the statement for their statistics; `state` is a struct warehouse. */
int stats_on(struct mcp_call *call, const void *state, size_t len);

/* ---- warehouse.c ---------------------------------------------------------------------------- */

/* The warehouse that runs the SQL, and why it was chosen: for the answer. */
struct warehouse {
	char id[64];
	char name[160];
};

/* Finds the warehouse that the argument warehouse_id names, else the one of the plugin's option,
 * else the best one (running, then starting, then serverless, then any). Runs `fn` with a struct
 * warehouse as state. */
int warehouse_choose(struct mcp_call *call, mcp_step_fn fn);
/* What the platform says about the health of a warehouse, or `absent`. */
const char *warehouse_reason(struct mcp_call *call, struct json_object *warehouse,
			     const char *absent);

/* ---- statement.c ---------------------------------------------------------------------------- */

/* An operation's handle: the statement, and the format of its answer. */
struct statement {
	char id[64];
	int64_t begun_ms;	       /* wall clock; decides the time between polls */
	int64_t rows;		       /* to show */
	int64_t row, chunk, chunk_row; /* where the page begins; see struct reading */
	char warehouse[160];	       /* its name; "" when not known */
	char note[160];		       /* a note after the rows; "" for none */
	bool sample;		       /* the SQL itself is limited to one row more than is shown */
};

/* Of the handle that a struct statement is: another version of it has another number. */
#define STATEMENT_VERSION 1
_Static_assert(sizeof(struct statement) <= MCP_HANDLE_DATA_MAX, "a handle must fit");

/* Submits SQL to a warehouse and ends the start of the operation with a struct statement. `as` sets
 * the format of the answer: rows, sample, note. */
int statement_submit(struct mcp_call *call, const struct warehouse *warehouse, const char *sql,
		     const struct statement *as);
/* The same for SQL that contains names. Spark replaces ${…} before it parses a statement, also in
 * quotes, so a name with ${ fails the call. */
int statement_submit_made(struct mcp_call *call, const struct warehouse *warehouse, const char *sql,
			  const struct statement *as);
/* Adds the argument `parameters` to the body of a statement (parameters.c). False with the call
 * failed when a number has more digits than SQL allows. */
bool parameters_add(struct mcp_call *call, struct json_object *body);
/* Has it ended without rows? An unknown state is not an end. */
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

/* The call that continues after `shown` rows of a preview. */
const char *sample_next(struct mcp_call *call, int64_t shown);

/* ---- rows.c, page.c ------------------------------------------------------------------------- */

#define ROWS_COLUMNS_MAX 1000
#define LINK_HEADERS_MAX 16

/* State between the chunks of a result. */
struct reading {
	char id[64];
	bool page;	/* for get_result_page */
	bool sample;	/* the result of a preview: one row more than is shown */
	bool listed;	/* the manifest gives the first row of each chunk */
	bool guess;	/* no reply has shown that the current chunk exists */
	bool truncated; /* the platform kept only a part */
	int64_t rows;	/* wanted */
	int64_t row;	/* the next row to read */
	int64_t begun_at;
	int64_t left, shown;
	int64_t total;		       /* from the manifest; -1: not known */
	int64_t chunks;		       /* the same */
	int64_t chunk;		       /* at hand */
	int64_t chunk_row;	       /* its first */
	int64_t next;		       /* the following chunk; -1: none is known */
	int64_t cell_chars, cell_from; /* characters of a cell; 0: the host decides */
	int64_t goes_on;	       /* character at which the rest of a cut cell begins; 0:
				        * none was cut */
	unsigned read;		       /* chunks that this call has read */
	char first[64];		       /* page_token of the first row */
	char warehouse[160], note[160];
	size_t n; /* columns; 0: not known yet */
	uint16_t column[ROWS_COLUMNS_MAX];
};

/* Shows rows of a succeeded statement from its whole reply. The caller sets in `reading` what is
 * wanted and where it begins. */
int rows_read(struct mcp_call *call, struct reading *reading, struct json_object *reply);
/* Reads the argument page_token. False with the call failed when it is not valid. */
bool rows_token(struct mcp_call *call, struct reading *reading);
/* Selects the columns that the argument `columns` names (absent: all `have` of them) and begins the
 * table. False with the call failed. */
bool rows_pick(struct mcp_call *call, struct reading *reading, struct json_object *columns,
	       size_t have);
/* Begins the table of the selected columns. False with the call failed. */
bool rows_head(struct mcp_call *call, struct json_object *columns, const struct reading *reading);
/* The name of a column of the result. */
const char *rows_column(struct mcp_call *call, struct json_object *columns, size_t index);
/* Cuts a cell to the wanted characters; lowers `goes_on` to the first character of the rest. */
void cell_slice(struct mcp_call *call, const struct reading *reading, struct mcp_text *cell,
		int64_t *goes_on);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of a result. They keep within the caps on rows, text and cells, and have one of four
 * formats. The exact last line says how many rows are shown and how to get the rest. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_RUN_TABLE_H
#define CORE_RUN_TABLE_H

#include "run/result.h"
#include "run/table_format.h"

/* The rows so far, as text. */
struct table_rows {
	struct buf text;
	size_t cut_cells; /* number of cells that are not shown to their end */
	size_t left_out;  /* number of characters in cells that the format cannot show */
};

/* The table that is being written. There is only one at a time. */
struct result_table {
	const struct table_format *format;
	struct table_column *column;
	size_t columns;
	struct table_rows cut;	 /* the rows, with cells of at most `cell` characters */
	struct table_rows whole; /* the same rows with whole cells, as long as `few` is true */
	bool few;		 /* there are few rows, and they fit with whole cells */
	size_t cell;
	/* number of rows in the text, and number of rows given to table_row */
	size_t rows, offered;
	bool full; /* a row did not fit, so the following rows are only counted */
};

/* Like the functions of these names in struct mcp_ops. `next` says how a caller continues after the
 * first `shown` rows; it may be NULL. */
int result_table_begin(struct result *result, const struct mcp_column *columns, size_t n);
int result_table_row(struct result *result, const struct mcp_text *cells, size_t n);
int result_table_end(struct result *result, const struct mcp_table_end *end,
		     const char *(*next)(void *data, size_t shown), void *data);
void result_table_free(struct result_table *table);

#endif

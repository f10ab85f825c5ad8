/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of a result: within the caps on rows, text and cells, in one of four formats, with the
 * exact last line that says how much of the whole is shown and how to get the rest. */
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
	size_t cut_cells; /* cells that are not shown to their end */
	size_t left_out;  /* characters of cells that the format cannot show */
};

/* The table that is being written; one at a time. */
struct result_table {
	const struct table_format *format;
	struct table_column *column;
	size_t columns;
	struct table_rows cut;	 /* cells of at most `cell` characters */
	struct table_rows whole; /* the same rows with complete cells, while `few` */
	bool few;		 /* there are few rows, and they fit whole */
	size_t cell;
	size_t rows, offered; /* in the text, and given to table_row */
	bool full;	      /* a row did not fit: those that follow are only counted */
};

/* As the functions of struct mcp_ops of these names. `next` says how a caller continues after the
 * `shown` first rows; it may be NULL. */
int result_table_begin(struct result *result, const struct mcp_column *columns, size_t n);
int result_table_row(struct result *result, const struct mcp_text *cells, size_t n);
int result_table_end(struct result *result, const struct mcp_table_end *end,
		     const char *(*next)(void *data, size_t shown), void *data);
void result_table_free(struct result_table *table);

#endif

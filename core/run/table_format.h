/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that differ between the formats of tables. Each format is in its own file,
 * table_NAME.c. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_RUN_TABLE_FORMAT_H
#define CORE_RUN_TABLE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "run/result.h"

struct table_column {
	char *name;   /* on one line, masked; distinct where cells are named */
	char *type;   /* the same, or NULL */
	bool literal; /* its cells may be JSON numbers or booleans */
};

struct table_format {
	const char *name;    /* as a caller says it */
	bool named_cells;    /* each cell follows its column's name */
	bool for_programs;   /* the rows are a block of their own, without the last line */
	const char *missing; /* a cell that is NULL */
	const char *row_begin, *cell_end, *row_end; /* cell_end: between two cells */
	const char *row_next;			    /* between two rows */
	const char *end;			    /* after the last row */
	void (*head)(struct buf *out, const struct table_column *column, size_t n);
	/* Returns how many characters it left out. */
	size_t (*cell)(struct buf *out, const struct table_column *column, const char *text,
		       size_t len);
};

/* By enum result_format. */
extern const struct table_format *const table_formats[RESULT_FORMATS];
extern const struct table_format table_compact, table_markdown, table_csv, table_json;

/* ---- for the formats ------------------------------------------------------------------------ */

/* A character that would break the line or the reader's trust, as an escape. Returns its length; 0:
 * it may pass, and nothing was written. */
size_t table_escape(struct buf *out, const char *text, size_t len);
/* One character unchanged; returns its length. */
size_t table_character(struct buf *out, const char *text, size_t len);

#endif

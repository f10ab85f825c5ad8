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
	char *name;   /* names on one line, masked; they are different where cells are named */
	char *type;   /* types in the same form, or NULL */
	bool literal; /* cells of this column may be JSON numbers or booleans */
};

struct table_format {
	const char *name;    /* the name of the format in the argument `format` */
	bool named_cells;    /* the name of its column stands before each cell */
	bool for_programs;   /* the rows are a block of their own, and the last line is not in it */
	const char *missing; /* writes a cell that is NULL */
	/* cell_end: writes the separator between two cells */
	const char *row_begin, *cell_end, *row_end;
	const char *row_next; /* between two rows */
	const char *end;      /* writes the text after the last row */
	void (*head)(struct buf *out, const struct table_column *column, size_t n);
	/* Writes a cell. Returns the number of characters that it left out. */
	size_t (*cell)(struct buf *out, const struct table_column *column, const char *text,
		       size_t len);
};

/* The formats by enum result_format. */
extern const struct table_format *const table_formats[RESULT_FORMATS];
extern const struct table_format table_compact, table_markdown, table_csv, table_json;

/* ---- for the formats ------------------------------------------------------------------------ */

/* Escapes a character that would break the line or deceive the reader. Returns its length. 0: the
 * character needs no escape, and nothing was written. */
size_t table_escape(struct buf *out, const char *text, size_t len);
/* Writes one character unchanged. Returns its length. */
size_t table_character(struct buf *out, const char *text, size_t len);

#endif

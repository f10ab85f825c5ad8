/* SPDX-License-Identifier: Apache-2.0 */
/* The state of the converter in rows.c, which rows_fast.c shares. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_ROWS_STATE_H
#define CORE_EGRESS_ROWS_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define CELL_HELD (32u << 10) /* bytes of a cell that are held until its form is known */
#define KEY_MAX 64u	      /* bytes of a member's name that are compared */

enum rows_state {
	ROWS_START,
	ROWS_OBJECT, /* in an object, before or after the member with the rows */
	ROWS_MEMBER, /* after the name of this member */
	ROWS_LIST,   /* between rows */
	ROWS_ROW,    /* between cells */
	ROWS_STRING, /* in a cell that is a string */
	ROWS_RAW,    /* in a cell that is another value */
	ROWS_DONE,
};

struct rows_column {
	char *prefix; /* CSV: the name as a cell; JSON lines: `,"name":` */
	size_t prefix_len;
	char kind; /* n: number, b: boolean, s: text */
};

struct rows {
	bool csv;
	char *in; /* or NULL */
	struct rows_column *column;
	size_t columns;

	enum rows_state state;
	unsigned depth;		 /* of the object around the rows, or of a raw cell */
	bool in_string, escaped; /* in such an object or cell */
	char key[KEY_MAX];
	size_t key_len;
	size_t at;	 /* number of the cell in its row */
	struct buf cell; /* what is held of the cell */
	bool quotes;	 /* CSV: the cell needs quotes */
	bool begun;	 /* the beginning of the cell was written, with its quote */
	char escape[8];	 /* an escape that is not complete */
	size_t escape_len;
	uint32_t high; /* the first half of a pair of surrogates, or 0 */
};

/* Converts rows and cells that are complete in these bytes and have the usual form, without white
 * space and without what is rare. Returns how many bytes were used; byte-wise code takes the next
 * one. `out` may become full. */
size_t rows_fast(struct rows *rows, const char *data, size_t len, struct buf *out);
/* The number of bytes before the next quote, backslash or control character. */
size_t rows_plain(const char *data, size_t len);
/* May the text of a cell of this kind stand in JSON without quotes? */
bool rows_bare(char kind, const char *text, size_t len);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Writes one line for each row, with tabs between the cells. Characters that a line cannot contain
 * are escaped, so that the text can be read back exactly. */
#include <string.h>

#include "run/table_format.h"

/* A cell is quoted when it could be confused with something else: NULL, an empty cell, or a quoted
 * one. */
static size_t
compact_cell(struct buf *out, const struct table_column *column, const char *text, size_t len)
{
	bool quoted = len == 0 || text[0] == '"' || (len == 4 && memcmp(text, "NULL", 4) == 0);
	size_t step;

	(void)column;
	if (quoted)
		buf_putc(out, '"');
	for (size_t i = 0; i < len; i += step) {
		step = table_escape(out, text + i, len - i);
		if (step > 0)
			continue;
		if (text[i] == '\\' || (quoted && text[i] == '"'))
			buf_putc(out, '\\');
		step = table_character(out, text + i, len - i);
	}
	if (quoted)
		buf_putc(out, '"');
	return 0;
}

static void
compact_head(struct buf *out, const struct table_column *column, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_puts(out, i > 0 ? "\t" : "");
		compact_cell(out, &column[i], column[i].name, strlen(column[i].name));
		if (column[i].type != NULL)
			buf_printf(out, ":%s", column[i].type);
	}
	buf_putc(out, '\n');
}

const struct table_format table_compact = {
	.name = "compact",
	.missing = "NULL",
	.row_begin = "",
	.cell_end = "\t",
	.row_end = "\n",
	.row_next = "",
	.end = "",
	.head = compact_head,
	.cell = compact_cell,
};

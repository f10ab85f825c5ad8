/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 4180, for programs. The format has no escapes, so a cell keeps its line breaks and tabs
 * within quotes. The line breaks of Unicode (NEL, U+2028, U+2029, vertical tab, form feed) become
 * line feeds. Control characters, direction marks and invisible tags could deceive a user who looks
 * at the text. These characters are removed, and the last line has their number. A caller who needs
 * them requests compact or json, which escape them. */
#include <string.h>

#include "run/table_format.h"
#include "unit.h"

/* NULL is written as an empty field, so an empty text is quoted. */
static bool
needs_quotes(const char *text, size_t len)
{
	enum unit kind;

	if (len == 0)
		return true;
	for (size_t i = 0; i < len; i++)
		if (strchr(",\"\r\n", text[i]) != NULL ||
		    (unit_special(text + i, len - i, &kind) > 0 && kind == UNIT_BREAK))
			return true;
	return false;
}

static size_t
csv_cell(struct buf *out, const struct table_column *column, const char *text, size_t len)
{
	bool quoted = needs_quotes(text, len);
	size_t step, left_out = 0;
	enum unit kind;

	(void)column;
	if (quoted)
		buf_putc(out, '"');
	for (size_t i = 0; i < len; i += step) {
		step = unit_special(text + i, len - i, &kind);
		if (step == 0) {
			if (text[i] == '"')
				buf_putc(out, '"');
			step = table_character(out, text + i, len - i);
		} else if (kind == UNIT_HIDDEN) {
			left_out++;
		} else if (kind == UNIT_TAB || text[i] == '\n' || text[i] == '\r') {
			buf_add(out, text + i, step);
		} else {
			buf_putc(out, '\n');
		}
	}
	if (quoted)
		buf_putc(out, '"');
	return left_out;
}

static void
csv_head(struct buf *out, const struct table_column *column, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_puts(out, i > 0 ? "," : "");
		csv_cell(out, &column[i], column[i].name, strlen(column[i].name));
	}
	buf_puts(out, "\r\n");
}

const struct table_format table_csv = {
	.name = "csv",
	.for_programs = true,
	.missing = "",
	.row_begin = "",
	.cell_end = ",",
	.row_end = "\r\n",
	.row_next = "",
	.end = "",
	.head = csv_head,
	.cell = csv_cell,
};

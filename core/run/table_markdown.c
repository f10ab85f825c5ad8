/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a table of GitHub Flavored Markdown, for people. */
#include <string.h>

#include "run/table_format.h"

static size_t
markdown_cell(struct buf *out, const struct table_column *column, const char *text, size_t len)
{
	size_t step;

	(void)column;
	if (len == 0)
		buf_puts(out, "\"\"");
	for (size_t i = 0; i < len; i += step) {
		if (text[i] == '\n') {
			buf_puts(out, "<br>");
			step = 1;
			continue;
		}
		step = table_escape(out, text + i, len - i);
		if (step > 0)
			continue;
		if (text[i] == '|' || text[i] == '\\')
			buf_putc(out, '\\');
		step = table_character(out, text + i, len - i);
	}
	return 0;
}

static void
markdown_head(struct buf *out, const struct table_column *column, size_t n)
{
	buf_puts(out, "| ");
	for (size_t i = 0; i < n; i++) {
		buf_puts(out, i > 0 ? " | " : "");
		markdown_cell(out, &column[i], column[i].name, strlen(column[i].name));
	}
	buf_puts(out, " |\n|");
	for (size_t i = 0; i < n; i++)
		buf_puts(out, " --- |");
	buf_putc(out, '\n');
}

const struct table_format table_markdown = {
	.name = "markdown",
	.missing = "NULL",
	.row_begin = "| ",
	.cell_end = " | ",
	.row_end = " |\n",
	.row_next = "",
	.end = "\n",
	.head = markdown_head,
	.cell = markdown_cell,
};

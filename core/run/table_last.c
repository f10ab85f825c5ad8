/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the last line of a table. */
#include "run/table_last.h"

#include <string.h>

#include "run/text.h"

static bool
ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len > end_len && strcmp(text + len - end_len, end) == 0;
}

/* Writes "1 row", "1 query", "1 branch", "2 rows". */
static void
put_noun(struct buf *out, const char *noun, bool one)
{
	size_t len = strlen(noun);

	if (!one)
		buf_puts(out, noun);
	else if (ends_with(noun, "ies"))
		buf_printf(out, "%.*sy", (int)(len - 3), noun);
	else if (ends_with(noun, "xes") || ends_with(noun, "ches") || ends_with(noun, "shes") ||
		 ends_with(noun, "sses"))
		buf_add(out, noun, len - 2);
	else
		buf_add(out, noun, ends_with(noun, "s") ? len - 1 : len);
}

/* The total number of rows: the declared one, but never less than the offered rows. */
static void
put_counts(const struct result_table *table, const struct mcp_table_end *end, struct buf *out)
{
	const char *noun = end->noun == NULL ? "rows" : end->noun;
	/* 0 when there are rows means that the plugin gave no total */
	bool known = end->total > 0 || (end->total == 0 && table->offered == 0);
	uint64_t total = known ? (uint64_t)end->total : 0;
	bool lower = known && end->at_least;

	if (total < table->offered) {
		total = table->offered;
		lower |= known ? end->more : table->offered > table->rows;
	}
	text_number(out, table->rows);
	if (!known && end->more) {
		buf_putc(out, ' ');
		put_noun(out, noun, table->rows == 1);
		buf_puts(out,
			 end->at_least ? " shown; there may be more." : " shown; there are more.");
	} else if (total > table->rows || lower) {
		buf_puts(out, " of ");
		text_number(out, total);
		buf_puts(out, lower ? "+ " : " ");
		buf_puts(out, noun);
		buf_puts(out, " shown.");
	} else {
		buf_putc(out, ' ');
		put_noun(out, noun, total == 1);
		buf_putc(out, '.');
	}
}

void
table_last_line(const struct result_table *table, const struct table_rows *rows,
		const struct mcp_table_end *end, const char *(*next)(void *data, size_t shown),
		void *data, struct buf *out)
{
	bool dropped = table->offered > table->rows, rest;
	const char *how = end->next;

	put_counts(table, end, out);
	if (rows->left_out > 0) {
		buf_putc(out, ' ');
		text_number(out, rows->left_out);
		buf_puts(out, rows->left_out == 1
				  ? " hidden character is left out; format json shows it."
				  : " hidden characters are left out; format json shows them.");
	}
	if (rows->cut_cells > 0) {
		buf_putc(out, ' ');
		text_number(out, rows->cut_cells);
		buf_puts(out, rows->cut_cells == 1 ? " cell" : " cells");
		buf_puts(out, " cut at ");
		text_number(out, table->cell);
		buf_puts(out, " characters");
		if (end->whole != NULL) {
			buf_puts(out, "; whole: ");
			text_line(out, end->whole, RESULT_LINE_MAX);
		} else {
			buf_putc(out, '.');
		}
	}
	if (dropped && next != NULL)
		how = next(data, table->rows);
	rest = dropped || end->more || end->at_least ||
	       (end->total >= 0 && (uint64_t)end->total > table->rows);
	if (how != NULL && rest) {
		/* Moves the previous call to a line of its own. */
		buf_puts(out, rows->cut_cells > 0 && end->whole != NULL ? "\nNext: " : " Next: ");
		text_line(out, how, RESULT_LINE_MAX);
	}
}

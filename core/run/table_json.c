/* SPDX-License-Identifier: Apache-2.0 */
/* Writes an array of objects, one on each line, for programs. */
#include <string.h>

#include "base/json.h"
#include "run/table_format.h"
#include "run/text.h"
#include "unit.h"

#define DIGITS_EXACT 15 /* number of digits that a reader with doubles keeps exactly */

/* Is it a number or boolean that JSON writes in the same way, and that readers do not round? */
static bool
is_literal(const char *text, size_t len)
{
	size_t digits = 0, at;

	if (len == 0 || len > 2 * DIGITS_EXACT)
		return false;
	if ((len == 4 && memcmp(text, "true", 4) == 0) ||
	    (len == 5 && memcmp(text, "false", 5) == 0))
		return true;
	if (text[0] != '-' && (text[0] < '0' || text[0] > '9'))
		return false;
	for (size_t i = 0; i < len; i++)
		digits += text[i] >= '0' && text[i] <= '9';
	return digits <= DIGITS_EXACT && json_gate(text, len, &json_inbound, &at) == NULL;
}

/* Escapes the characters that JSON requires, and also those that could deceive a reader. */
static size_t
json_cell(struct buf *out, const struct table_column *column, const char *text, size_t len)
{
	size_t run = 0, i = 0;
	enum unit kind;
	uint32_t c;

	if (column->literal && is_literal(text, len)) {
		buf_add(out, text, len);
		return 0;
	}
	buf_putc(out, '"');
	while (i < len) {
		if ((unsigned char)text[i] < 0x7F || unit_special(text + i, len - i, &kind) == 0) {
			i++;
			continue;
		}
		buf_json_inside(out, text + run, i - run);
		i += (size_t)text_decode(text + i, len - i, &c);
		if (c > 0xFFFF)
			buf_printf(out, "\\u%04x\\u%04x", 0xD800 + ((c - 0x10000) >> 10),
				   0xDC00 + (c & 0x3FF));
		else
			buf_printf(out, "\\u%04x", (unsigned)c);
		run = i;
	}
	buf_json_inside(out, text + run, i - run);
	buf_putc(out, '"');
	return 0;
}

static void
json_head(struct buf *out, const struct table_column *column, size_t n)
{
	(void)column;
	(void)n;
	buf_putc(out, '[');
}

const struct table_format table_json = {
	.name = "json",
	.named_cells = true,
	.for_programs = true,
	.missing = "null",
	.row_begin = "{",
	.cell_end = ",",
	.row_end = "}",
	.row_next = ",\n",
	.end = "]",
	.head = json_head,
	.cell = json_cell,
};

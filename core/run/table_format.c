/* SPDX-License-Identifier: Apache-2.0 */
#include "run/table_format.h"

#include "run/text.h"
#include "unit.h"

const struct table_format *const table_formats[RESULT_FORMATS] = {
	[FORMAT_COMPACT] = &table_compact,
	[FORMAT_MARKDOWN] = &table_markdown,
	[FORMAT_CSV] = &table_csv,
	[FORMAT_JSON] = &table_json,
};

size_t
table_escape(struct buf *out, const char *text, size_t len)
{
	enum unit kind;
	uint32_t c;
	int step;

	if (unit_special(text, len, &kind) == 0)
		return 0;
	step = text_decode(text, len, &c);
	if (c == '\t')
		buf_puts(out, "\\t");
	else if (c == '\n')
		buf_puts(out, "\\n");
	else if (c == '\r')
		buf_puts(out, "\\r");
	else
		buf_printf(out, "\\u%04x", (unsigned)c);
	return step > 0 ? (size_t)step : 1;
}

size_t
table_character(struct buf *out, const char *text, size_t len)
{
	int step = utf8_step(text, len);
	size_t n = step > 0 ? (size_t)step : (size_t)-step;

	buf_add(out, text, n);
	return n;
}

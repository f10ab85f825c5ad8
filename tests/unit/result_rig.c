/* SPDX-License-Identifier: Apache-2.0 */
/* See result_rig.h. */
#include "result_rig.h"

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

const struct result_limits usual = { .rows = 100, .text = 40000, .cell = 200 };
static char shown[200000];

/* All text of a result, blocks joined by newlines. */
const char *
text_of(const struct result *result)
{
	size_t len = 0;

	shown[0] = '\0';
	for (size_t i = 0; i < result->blocks; i++)
		if (result->block[i].text != NULL)
			len += (size_t)snprintf(shown + len, sizeof(shown) - len, "%s%.*s",
						len > 0 ? "\n" : "", (int)result->block[i].text_len,
						result->block[i].text);
	return shown;
}

int
say(struct result *result, const char *text, bool untrusted)
{
	struct mcp_block block = { .size = sizeof(block),
				   .kind = "text",
				   .text = { text, strlen(text) },
				   .trusted = !untrusted };

	return result_block(result, &block);
}

void
row(struct result *result, const char *const *cells, size_t n, int expected)
{
	struct mcp_text text[8];

	for (size_t i = 0; i < n; i++)
		text[i] = (struct mcp_text){ cells[i], cells[i] == NULL ? 0 : strlen(cells[i]) };
	CU_ASSERT_EQUAL(result_table_row(result, text, n), expected);
}

/* Fills a result with one table of `offered` rows with one column, and ends the table. */
void
table(struct result *result, enum result_format format, size_t rows, size_t offered,
      const struct mcp_table_end *end)
{
	static const struct mcp_column column = { "id", "bigint" };
	struct result_limits limits = usual;

	limits.format = format;
	limits.rows = rows;
	result_init(result, &limits);
	result_table_begin(result, &column, 1);
	for (size_t i = 0; i < offered; i++) {
		char number[24];
		const char *cell = number;

		snprintf(number, sizeof(number), "%zu", i);
		row(result, &cell, 1, i < rows ? MCP_OK : MCP_E_TOO_LARGE);
	}
	result_table_end(result, end, NULL, NULL);
	result_finish(result);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of the result writer: when cells are shown whole, where they are cut, and what says so. */
#include <stdlib.h>
#include <string.h>

#include "run/result.h"
#include "suite.h"

/* The text of a result of one block. */
static const char *
text_of(const struct result *result)
{
	return result->blocks > 0 ? result->block[0].text : "";
}

static void
row(struct result *result, const char *const *cells, size_t n, int expected)
{
	struct mcp_text text[8];

	for (size_t i = 0; i < n; i++)
		text[i] = (struct mcp_text){ cells[i], strlen(cells[i]) };
	ASSERT_INT(result_table_row(result, text, n), expected);
}

/* Few rows are shown whole, if they fit; a cut names the call that shows it. */
static void
few_rows_whole(void)
{
	static const struct mcp_column column = { "c", NULL };
	static const struct {
		size_t rows, text, whole_rows;
		const char *last;
	} cases[] = {
		{ 1, 1000, 2, "30 times\n1 row." },
		{ 2, 1000, 2, "30 times\n2 rows." },
		{ 3, 1000, 2, "3 rows. 3 cells cut at 20 characters; whole: get c=1" },
		{ 2, 200, 2, "2 rows. 2 cells cut at 20 characters; whole: get c=1" },
		{ 1, 1000, 0, "1 row. 1 cell cut at 20 characters; whole: get c=1" },
	};
	const char *cell = "a text that has the digits 1234567890 and is said 30 times 30 times "
			   "30 times 30 times 30 times";

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result_limits limits = { .rows = 9,
						.text = cases[i].text,
						.cell = 20,
						.whole_rows = cases[i].whole_rows };
		struct mcp_table_end end = { .size = sizeof(end),
					     .whole = "get c=1",
					     .total = (int64_t)cases[i].rows };
		struct result result;
		const char *text;

		result_init(&result, &limits);
		result_table_begin(&result, &column, 1);
		for (size_t k = 0; k < cases[i].rows; k++)
			row(&result, &cell, 1, MCP_OK);
		result_table_end(&result, &end, NULL, NULL);
		text = text_of(&result);
		ASSERT_STR(text + strlen(text) - strlen(cases[i].last), cases[i].last);
		result_fini(&result);
	}
}

/* A row that is too long is cut until it fits where it is the first; else nothing leads on. */
static void
first_row_fits(void)
{
	static const struct mcp_column columns[] = { { "a", NULL }, { "b", NULL } };
	struct result_limits limits = { .rows = 9, .text = 300, .cell = 4000 };
	struct mcp_table_end end = { .size = sizeof(end), .total = 1 };
	char long_text[2001];
	const char *cells[] = { long_text, long_text };
	struct result result;

	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	result_init(&result, &limits);
	result_table_begin(&result, columns, 2);
	row(&result, cells, 2, MCP_OK);
	row(&result, cells, 2, MCP_E_TOO_LARGE);
	result_table_end(&result, &end, NULL, NULL);
	CU_ASSERT(strstr(text_of(&result), "2 cells cut at 125 characters.") != NULL);
	result_fini(&result);
}

static const struct test tests[] = { TEST(few_rows_whole), TEST(first_row_fits) };
SUITE(tests)

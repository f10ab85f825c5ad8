/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of tables of the result writer: four formats, caps at n - 1, n and n + 1, and the report
 * about rows that were left out. */
#include "base/json.h"
#include "result_rig.h"
#include "suite.h"

static void
compact(void)
{
	static const struct mcp_column columns[] = { { "id", "bigint" },
						     { "na\tme", NULL },
						     { "x", "string" } };
	static const char *const rows[][3] = {
		{ "1", "a\tb\nc\\d\r", NULL },
		{ "", "NULL", "\"q\"" },
		{ "null", "\x1b[0m", "caf\xC3\xA9 \xE2\x80\xAE" },
	};
	struct mcp_table_end end = { .size = sizeof(end), .total = 3 };
	struct result result;

	result_init(&result, &usual);
	result_table_begin(&result, columns, 3);
	for (size_t i = 0; i < 3; i++)
		row(&result, rows[i], 3, MCP_OK);
	result_table_end(&result, &end, NULL, NULL);
	result_finish(&result);
	ASSERT_STR(text_of(&result), "id:bigint\tna me\tx:string\n"
				     "1\ta\\tb\\nc\\\\d\\r\tNULL\n"
				     "\"\"\t\"NULL\"\t\"\\\"q\\\"\"\n"
				     "null\t\\u001b[0m\tcaf\xC3\xA9 \\u202e\n"
				     "3 rows.");
	result_fini(&result);
}

static void
markdown_csv_json(void)
{
	static const struct mcp_column columns[] = { { "id", "BIGINT" },
						     { "a|b", "string" },
						     { "id", "boolean" } };
	static const char *const rows[][3] = {
		{ "1", "x|y\nz", "true" },
		{ "1234567890123456", "say \"hi\", you", NULL },
		{ "-1.5e3", "", "maybe" },
	};
	static const char *const expected[] = {
		[FORMAT_MARKDOWN] = "| id | a\\|b | id |\n| --- | --- | --- |\n"
				    "| 1 | x\\|y<br>z | true |\n"
				    "| 1234567890123456 | say \"hi\", you | NULL |\n"
				    "| -1.5e3 | \"\" | maybe |\n\n3 rows.",
		[FORMAT_CSV] = "id,a|b,id\r\n1,\"x|y\nz\",true\r\n"
			       "1234567890123456,\"say \"\"hi\"\", you\",\r\n"
			       "-1.5e3,\"\",maybe\r\n\n3 rows.",
		[FORMAT_JSON] = "[{\"id\":1,\"a|b\":\"x|y\\nz\",\"id_2\":true},\n"
				"{\"id\":\"1234567890123456\",\"a|b\":\"say \\\"hi\\\", you\","
				"\"id_2\":null},\n"
				"{\"id\":-1.5e3,\"a|b\":\"\",\"id_2\":\"maybe\"}]\n3 rows.",
	};
	struct mcp_table_end end = { .size = sizeof(end), .total = 3 };

	for (int format = FORMAT_MARKDOWN; format <= FORMAT_JSON; format++) {
		struct result_limits limits = usual;
		struct result result;

		limits.format = (enum result_format)format;
		result_init(&result, &limits);
		result_table_begin(&result, columns, 3);
		for (size_t i = 0; i < 3; i++)
			row(&result, rows[i], 3, MCP_OK);
		result_table_end(&result, &end, NULL, NULL);
		result_finish(&result);
		ASSERT_STR(text_of(&result), expected[format]);
		if (format == FORMAT_JSON) {
			size_t at;

			CU_ASSERT_PTR_NULL(json_gate(result.block[0].text, result.block[0].text_len,
						     &json_inbound, &at));
		}
		result_fini(&result);
	}
}

static const char *
last_line(const struct result *result)
{
	const char *text = text_of(result), *line = strrchr(text, '\n');

	return line == NULL ? text : line + 1;
}

static void
last_lines(void)
{
	static const struct {
		size_t offered;
		struct mcp_table_end end;
		const char *line;
	} cases[] = {
		{ 0, { .total = 0 }, "0 rows." },
		{ 1, { .total = 1, .noun = "queries" }, "1 query." },
		{ 1, { .total = -1, .noun = "branches" }, "1 branch." },
		{ 1, { .total = 1, .noun = "databases" }, "1 database." },
		{ 2, { .total = -1 }, "2 rows." },
		{ 2, { .total = 2, .noun = "clusters" }, "2 clusters." },
		{ 2, { .total = 4213, .next = "page 2" }, "2 of 4,213 rows shown. Next: page 2" },
		{ 2, { .total = 10000, .at_least = true }, "2 of 10,000+ rows shown." },
		{ 2,
		  { .total = -1, .more = true, .next = "x" },
		  "2 rows shown; there are more. Next: x" },
		{ 2,
		  { .total = -1, .more = true, .at_least = true, .next = "x" },
		  "2 rows shown; there may be more. Next: x" },
		{ 2, { .total = 2, .next = "unused" }, "2 rows." },
		{ 4, { .total = 4, .next = "n" }, "3 of 4 rows shown. Next: n" },
		{ 4, { .total = -1 }, "3 of 4+ rows shown." },
		{ 4, { .total = 2 }, "3 of 4 rows shown." },
		{ 4,
		  { .total = 1234567, .noun = "jobs", .next = "a\nb" },
		  "3 of 1,234,567 jobs shown. Next: a b" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result result;

		for (int format = FORMAT_COMPACT; format <= FORMAT_JSON; format++) {
			table(&result, (enum result_format)format, 3, cases[i].offered,
			      &cases[i].end);
			ASSERT_STR(last_line(&result), cases[i].line);
			result_fini(&result);
		}
	}
}

static void
row_cap(void)
{
	struct mcp_table_end end = { .size = sizeof(end), .total = -1 };
	static const char *const lines[] = { "99 rows.", "100 rows.", "100 of 101+ rows shown." };

	for (size_t n = 99; n <= 101; n++) {
		struct result result;

		table(&result, FORMAT_COMPACT, 100, n, &end);
		ASSERT_STR(last_line(&result), lines[n - 99]);
		result_fini(&result);
	}
}

static const char *
next_at(void *data, size_t n)
{
	static char text[40];

	snprintf(text, sizeof(text), "%s %zu", (const char *)data, n);
	return text;
}

/* A row that does not fit adds nothing to the text, and the answer says where the next call
 * continues. */
static void
table_text_cap(void)
{
	static const struct mcp_column column = { "c", NULL };
	struct mcp_table_end end = { .size = sizeof(end), .total = 2, .next = "unused" };
	static char from[] = "from";

	for (size_t cap = 6; cap <= 8; cap++) { /* "c\n" and "aaaa\n" are 7 */
		struct result_limits limits = { .rows = 9, .text = cap, .cell = 9 };
		const char *cell = "aaaa";
		struct result result;

		result_init(&result, &limits);
		result_table_begin(&result, &column, 1);
		row(&result, &cell, 1, cap < 7 ? MCP_E_TOO_LARGE : MCP_OK);
		row(&result, &cell, 1, MCP_E_TOO_LARGE);
		result_table_end(&result, &end, next_at, from);
		ASSERT_STR(text_of(&result), cap < 7 ? "c\n0 of 2 rows shown. Next: from 0"
						     : "c\naaaa\n1 of 2 rows shown. Next: from 1");
		result_fini(&result);
	}
}

static void
too_wide(void)
{
	static const struct mcp_column column = { "column", NULL };

	for (size_t cap = 6; cap <= 8; cap++) { /* "column\n" is 7 */
		struct result_limits limits = { .rows = 9, .text = cap, .cell = 9 };
		struct result result;

		result_init(&result, &limits);
		ASSERT_INT(result_table_begin(&result, &column, 1),
			   cap < 7 ? MCP_E_TOO_LARGE : MCP_OK);
		result_fini(&result);
	}
}

static void
cell_cap(void)
{
	static const struct mcp_column columns[] = { { "a", NULL }, { "b", NULL } };
	static const char *const cells[] = { "caf\xC3\xA9", "caf\xC3\xA9s" };
	static const char *const expected[] = {
		/* cells of at most 3, 4 and 5 characters */
		"caf\xE2\x80\xA6\tcaf\xE2\x80\xA6\n1 row. 2 cells cut at 3 characters.",
		"caf\xC3\xA9\tcaf\xC3\xA9\xE2\x80\xA6\n1 row. 1 cell cut at 4 characters.",
		"caf\xC3\xA9\tcaf\xC3\xA9s\n1 row."
	};
	struct mcp_table_end end = { .size = sizeof(end), .total = 1 };

	for (size_t cap = 3; cap <= 5; cap++) {
		struct result_limits limits = { .rows = 9, .text = 1000, .cell = cap };
		struct result result;

		result_init(&result, &limits);
		result_table_begin(&result, columns, 2);
		row(&result, cells, 2, MCP_OK);
		result_table_end(&result, &end, NULL, NULL);
		ASSERT_STR(text_of(&result) + strlen("a\tb\n"), expected[cap - 3]);
		result_fini(&result);
	}
}

static void
table_mistakes(void)
{
	static const struct mcp_column column = { "c", NULL };
	struct mcp_table_end end = { .size = sizeof(end), .total = 0 };
	struct mcp_text cell = { "x", 1 };
	struct result result;

	result_init(&result, &usual);
	ASSERT_INT(result_table_begin(&result, &column, 0), MCP_E_INTERNAL);
	result_fini(&result);
	result_init(&result, &usual);
	ASSERT_INT(result_table_row(&result, &cell, 1), MCP_E_INTERNAL);
	result_fini(&result);
	result_init(&result, &usual);
	ASSERT_INT(result_table_end(&result, &end, NULL, NULL), MCP_E_INTERNAL);
	result_fini(&result);
	result_init(&result, &usual);
	result_table_begin(&result, &column, 1);
	ASSERT_INT(result_table_row(&result, &cell, 2), MCP_E_INTERNAL);
	ASSERT_INT(result_table_begin(&result, &column, 1), MCP_E_INTERNAL);
	result_fini(&result);
	result_init(&result, &usual);
	result_table_begin(&result, &column, 1);
	result_table_row(&result, &cell, 1);
	result_finish(&result); /* the plugin forgot to end the table */
	ASSERT_STR(text_of(&result), "c\nx\n1 row.");
	result_fini(&result);
}

static const struct test tests[] = {
	TEST(compact),	      TEST(markdown_csv_json), TEST(last_lines), TEST(row_cap),
	TEST(table_text_cap), TEST(too_wide),	       TEST(cell_cap),	 TEST(table_mistakes),
};
SUITE(tests)

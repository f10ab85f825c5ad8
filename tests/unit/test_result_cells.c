/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of tables of the result writer: when cells are shown whole, where they are cut, and the end
 * line. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mask.h"
#include "result_rig.h"
#include "run/table.h"
#include "run/text.h"
#include "suite.h"

/* The text of a result with one block. */
static const char *
only_text(const struct result *result)
{
	return result->blocks > 0 ? result->block[0].text : "";
}

/* The cells of few rows are shown whole, if they fit. After a cut the end line names the call that
 * shows them. */
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
		text = only_text(&result);
		ASSERT_STR(text + strlen(text) - strlen(cases[i].last), cases[i].last);
		result_fini(&result);
	}
}

/* The first row is cut until it fits; otherwise the next call would return the same page again. */
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
	CU_ASSERT(strstr(only_text(&result), "2 cells cut at 125 characters.") != NULL);
	result_fini(&result);
}

/* ---- long cells ----------------------------------------------------------------------------- */

#define LONG_CELL (16u << 20)
#define SECRET "dapi-0123456789-abcdef"

static size_t searched; /* number of bytes of text in which mask_apply() searched for values */

char *__real_mask_apply(const char *text, size_t len, size_t *out_len);
char *__wrap_mask_apply(const char *text, size_t len, size_t *out_len);

char *
__wrap_mask_apply(const char *text, size_t len, size_t *out_len)
{
	searched += len;
	return __real_mask_apply(text, len, out_len);
}

static char *
long_text(void)
{
	char *text = malloc(LONG_CELL + 1);

	for (size_t i = 0; i < LONG_CELL; i++)
		text[i] = "words of a very long text\n"[i % 26];
	text[LONG_CELL] = '\0';
	return text;
}

/* In a text of 16 MB only as much is searched for secrets as can be shown. */
static void
long_texts_in_part(void)
{
	static const struct mcp_column column = { "c", NULL };
	static const struct mcp_table_end end = { .size = sizeof(end), .total = 1 };
	const char *cell = long_text();

	mask_add(SECRET, strlen(SECRET));
	for (int format = FORMAT_COMPACT; format < RESULT_FORMATS; format++) {
		struct result_limits limits = { .rows = 9,
						.text = 60000,
						.cell = 1000,
						.whole_rows = 3,
						.format = (enum result_format)format };
		struct result result;

		searched = 0;
		result_init(&result, &limits);
		result_table_begin(&result, &column, 1);
		row(&result, &cell, 1, MCP_OK);
		result_table_end(&result, &end, NULL, NULL);
		CU_ASSERT(strstr(only_text(&result), "words of a very") != NULL);
		CU_ASSERT(searched < LONG_CELL / 8);
		result_clear(&result);
		searched = 0;
		result_fail_text(&result, MCP_E_UPSTREAM, cell, cell, cell);
		CU_ASSERT(strstr(result.why, " bytes are left out here]") != NULL);
		CU_ASSERT(searched < LONG_CELL / 8);
		result_fini(&result);
	}
	free((char *)(uintptr_t)cell);
}

/* Spellings of the secret that are masked in a text that is searched completely. */
static const char *const spellings[] = {
	SECRET,
	"dapi-012345\n      \n   6789-abcdef",
	"&#100;&#97;&#112;&#105;&#45;0123456789&#45;abcdef",
	"&#38;#100;&#38;#97;&#38;#112;i-0123456789-&#38;#97;bcdef",
	"%2564%2561%2570%2569-0123456789-abcdef",
	"ZGFwaS0wMTIzNDU2Nzg5LWFiY2RlZg==",
	"646170692d303132333435363738392d616263646566",
};

/* A text with a spelling at `at`, and enough text after it that only a part is searched. */
static char *
text_with(const char *spelling, size_t at, size_t len)
{
	char *text = malloc(len + 1);

	memset(text, '.', len);
	memcpy(text + at, spelling, strlen(spelling));
	text[len] = '\0';
	return text;
}

/* The shown part of a long text is the same as if the whole text had been searched, wherever the
 * secret is cut. This also holds for the end of a text. */
static void
cut_secret(const char *spelling, size_t at, size_t whole, size_t most, bool at_end)
{
	char *text = text_with(spelling, at, whole);
	size_t len = whole, part_len = whole;
	struct buf room, part_room;
	const char *clean, *part;
	bool more;

	buf_init(&room, whole * 4);
	buf_init(&part_room, whole * 4);
	clean = text_prepare(&room, text, &len, TEXT_EXACT);
	part = at_end ? text_prepare_end(&part_room, text, &part_len, TEXT_EXACT, most, &more)
		      : text_prepare_start(&part_room, text, &part_len, TEXT_EXACT, most, &more);
	CU_ASSERT(more && part_len >= most);
	CU_ASSERT(at_end ? memcmp(part + part_len - most, clean + len - most, most) == 0
			 : memcmp(part, clean, most) == 0);
	buf_fini(&part_room);
	buf_fini(&room);
	free(text);
}

static void
cut_secrets(void)
{
	const size_t most = 100, whole = 90000;

	mask_add(SECRET, strlen(SECRET));
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		const size_t len = strlen(spellings[i]);

		for (size_t at = most - len; at <= most; at += 5)
			cut_secret(spellings[i], at, whole, most, false);
		for (size_t before = 0; before <= len; before += 5)
			cut_secret(spellings[i], whole - most - before, whole, most, true);
	}
}

/* The two halves of a secret, with only white space, or characters that are left out, between
 * them. */
static void
far_apart(void)
{
	const size_t whole = 200000;
	const char between[] = { '\0', ' ', '\n' };

	for (size_t i = 0; i < sizeof(between); i++) {
		char *text = malloc(whole + 1);
		struct buf room;
		size_t len = whole;
		const char *part;
		bool more;

		memset(text, between[i], whole);
		memcpy(text, SECRET, 15);
		memcpy(text + whole - 7, &SECRET[15], 7);
		text[whole] = '\0';
		buf_init(&room, whole * 4);
		part = text_prepare_start(&room, text, &len, TEXT_EXACT, 10, &more);
		CU_ASSERT(len < 4 || memcmp(part, SECRET, 4) != 0);
		buf_fini(&room);
		free(text);
	}
}

/* ---- csv ------------------------------------------------------------------------------------ */

/* RFC 4180: line breaks are in quotes. Line breaks of Unicode become line feeds. Hidden characters
 * are left out, and the last line reports this, unless the format escapes them. */
static void
csv_keeps_what_it_can(void)
{
	static const struct mcp_column column = { "c", NULL };
	static const struct mcp_table_end end = { .size = sizeof(end), .total = 1 };
	static const struct {
		enum result_format format;
		const char *cell, *text, *last;
	} cases[] = {
		{ FORMAT_CSV, "a\r\nb\tc\rd", "c\r\n\"a\r\nb\tc\rd\"\r\n", "1 row." },
		{ FORMAT_CSV,
		  "a\xE2\x80\xA8"
		  "b\xE2\x80\xA9"
		  "c\xC2\x85"
		  "d\ve\ff",
		  "c\r\n\"a\nb\nc\nd\ne\nf\"\r\n", "1 row." },
		{ FORMAT_CSV,
		  "a\xE2\x80\xAE"
		  "b",
		  "c\r\nab\r\n", "1 row. 1 hidden character is left out; format json shows it." },
		{ FORMAT_CSV,
		  "\x01"
		  "a\xE2\x81\xA6"
		  "b\x7F",
		  "c\r\nab\r\n",
		  "1 row. 3 hidden characters are left out; format json shows them." },
		{ FORMAT_JSON,
		  "a\xE2\x80\xAE"
		  "b\xE2\x80\xA8",
		  "[{\"c\":\"a\\u202eb\\u2028\"}]", "1 row." },
		{ FORMAT_COMPACT,
		  "a\xE2\x80\xAE"
		  "b",
		  "c\na\\u202eb\n1 row.", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result_limits limits = {
			.rows = 9, .text = 1000, .cell = 100, .format = cases[i].format
		};
		struct result result;

		result_init(&result, &limits);
		result_table_begin(&result, &column, 1);
		row(&result, &cases[i].cell, 1, MCP_OK);
		result_table_end(&result, &end, NULL, NULL);
		ASSERT_STR(only_text(&result), cases[i].text);
		if (cases[i].last != NULL)
			ASSERT_STR(result.block[1].text, cases[i].last);
		result_fini(&result);
	}
}

static const struct test tests[] = { TEST(few_rows_whole),     TEST(first_row_fits),
				     TEST(long_texts_in_part), TEST(cut_secrets),
				     TEST(far_apart),	       TEST(csv_keeps_what_it_can) };
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the conversion of JSON rows to CSV and to lines of JSON. */
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "egress/rows.h"
#include "suite.h"

#define CSV "{\"as\":\"csv\",\"columns\":[[\"id\",\"number\"],[\"a, b\",\"text\"]]}"
#define CSV_IN \
	"{\"as\":\"csv\",\"in\":\"data_array\",\"columns\":[[\"id\",\"number\"],[\"t\",\"text\"]]}"
#define JSONL                                                                             \
	"{\"as\":\"jsonl\",\"columns\":[[\"id\",\"number\"],[\"ok\",\"boolean\"],[\"t\"," \
	"\"text\"]]}"

/* Converts the text in pieces of `step` bytes. NULL when it is refused. */
static char *
convert(const char *spec, const char *text, size_t step)
{
	struct rows *rows = rows_new(spec);
	struct buf out = BUF(ROWS_OUT_MAX);
	size_t len = strlen(text);
	bool ok = true;

	CU_ASSERT_FATAL(rows != NULL);
	rows_head(rows, &out);
	rows_begin(rows);
	for (size_t at = 0; ok && at < len; at += step)
		ok = rows_feed(rows, text + at, step < len - at ? step : len - at, &out);
	ok = ok && rows_end(rows);
	rows_free(rows);
	if (!ok)
		buf_fill(&out);
	return buf_take(&out, NULL);
}

/* The size of the pieces makes no difference. */
static void
check(const char *spec, const char *text, const char *expected)
{
	static const size_t steps[] = { 1, 2, 3, 7, ROWS_FEED_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		char *got = convert(spec, text, steps[i]);

		if (expected == NULL) {
			CU_ASSERT_PTR_NULL(got);
		} else {
			ASSERT_STR(got, expected);
		}
		free(got);
	}
}

static void
csv(void)
{
	check(CSV, "[]", "id,\"a, b\"\n");
	check(CSV, "[[\"1\",\"x\"],[\"2\",null]]", "id,\"a, b\"\n1,x\n2,\n");
	check(CSV, " [ [ \"1\" , \"\" ] , [ null , \"null\" ] ] ", "id,\"a, b\"\n1,\"\"\n,null\n");
	check(CSV, "[[\"1\",\"a,b\"],[\"2\",\"a\\\"b\"],[\"3\",\"a\\nb\\r\"]]",
	      "id,\"a, b\"\n1,\"a,b\"\n2,\"a\"\"b\"\n3,\"a\nb\r\"\n");
	check(CSV, "[[\"1\",\"\\u00e4\\u20ac\\ud83d\\ude00\\/\\t\\\\\"]]",
	      "id,\"a, b\"\n1,ä€😀/\t\\\n");
	check(CSV, "[[\"1\",\"\\ud83dx\\ude00\\ud83d\"]]", "id,\"a, b\"\n1,\uFFFDx\uFFFD\uFFFD\n");
	check(CSV, "[[\"1\"],[]]", "id,\"a, b\"\n1,\n,\n");
	check(CSV, "[[1.50,true],[[1,\"]\"],{\"a\":\"\\\"]\"}]]",
	      "id,\"a, b\"\n1.50,true\n\"[1,\"\"]\"\"]\",\"{\"\"a\"\":\"\"\\\"\"]\"\"}\"\n");
}

static void
csv_in_an_object(void)
{
	check(CSV_IN,
	      "{\"chunk_index\":1,\"a\":[\"data_array\",{\"data_array\":[1]}],\"data_array\":"
	      "[[\"1\",\"x\"]],\"next\":{\"n\":2}}",
	      "id,t\n1,x\n");
	check(CSV_IN, "{\"chunk_index\":1}", "id,t\n");
	check(CSV_IN, "{\"data_array\":null}", "id,t\n");
	check(CSV_IN, "{\"x\":\"data_array\",\"data_array\":[]}", "id,t\n");
	check(CSV_IN, "[[\"1\",\"x\"]]", NULL);
	check(CSV_IN, "{\"data_array\":7}", NULL);
	check(CSV_IN, "{\"data_array\":[[\"1\",\"x\"]]", NULL);
}

static void
lines_of_json(void)
{
	check(JSONL, "[]", "");
	check(JSONL, "[[\"1\",\"true\",\"x\"],[null,null,null]]",
	      "{\"id\":1,\"ok\":true,\"t\":\"x\"}\n{\"id\":null,\"ok\":null,\"t\":null}\n");
	check(JSONL, "[[\"-1.5e+3\",\"yes\",\"a\\\"\\u20ac,]\\\\\"]]",
	      "{\"id\":-1.5e+3,\"ok\":\"yes\",\"t\":\"a\\\"\\u20ac,]\\\\\"}\n");
	check(JSONL, "[[\"NaN\",\"\",\"\"],[\"01\",\"false\",\"1\"],[\"1.\",\"true\",\"true\"]]",
	      "{\"id\":\"NaN\",\"ok\":\"\",\"t\":\"\"}\n{\"id\":\"01\",\"ok\":false,\"t\":\"1\"}\n"
	      "{\"id\":\"1.\",\"ok\":true,\"t\":\"true\"}\n");
	check(JSONL, "[[\"123456789012345678901234567890\"]]",
	      "{\"id\":123456789012345678901234567890}\n");
	check(JSONL, "[[7,true,[1,{\"a\":\"]\"}]]]",
	      "{\"id\":7,\"ok\":true,\"t\":[1,{\"a\":\"]\"}]}\n");
	/* line breaks that JSON forbids, or that are white space, do not end the line */
	check(JSONL, "[[\"1\",null,\"a\nb\t\"],[2,null,[\n1,\r\n\"c\nd\" ]]]",
	      "{\"id\":1,\"ok\":null,\"t\":\"a\\u000ab\\u0009\"}\n"
	      "{\"id\":2,\"ok\":null,\"t\":[1,\"c\\u000ad\" ]}\n");
}

/* What is no JSON with rows, or not all of it, is refused; and so is a row with more cells than
 * columns. */
static void
refused(void)
{
	static const char *const texts[] = { "",
					     "<html>",
					     "{}",
					     "[",
					     "[[\"1\"",
					     "[[\"1\"]",
					     "[[\"1\",\"2\",\"3\",\"4\"]]",
					     "[[\"1\"]] x",
					     "[7]",
					     "null" };
	static const char *const specs[] = {
		"",
		"{}",
		"[]",
		"{\"as\":\"csv\"}",
		"{\"as\":\"xml\",\"columns\":[[\"a\",\"text\"]]}",
		"{\"as\":\"csv\",\"columns\":[\"a\"]}",
		"{\"as\":\"csv\",\"in\":\"\",\"columns\":[[\"a\",\"b\"]]}",
		"{\"as\":\"csv\",\"columns\":[]}"
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		check(JSONL, texts[i], NULL);
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++)
		CU_ASSERT_PTR_NULL(rows_new(specs[i]));
}

/* A cell that is larger than what is held stands in quotes, and is complete. */
static void
large_cells(void)
{
	size_t n = 200000;
	char *text = xmalloc(n + 64), *got;

	for (int json = 0; json < 2; json++) {
		strcpy(text, "[[\"1\",");
		strcat(text, json ? "null,\"" : "\"");
		memset(text + strlen("[[\"1\",\"") + (json ? 5 : 0), 'x', n);
		strcpy(text + strlen("[[\"1\",\"") + (json ? 5 : 0) + n, "\"]]");
		got = convert(json ? JSONL : CSV, text, ROWS_FEED_MAX);
		CU_ASSERT_FATAL(got != NULL);
		ASSERT_INT(got != NULL ? strlen(got) : 0,
			   n + strlen(json ? "{\"id\":1,\"ok\":null,\"t\":\"\"}\n"
					   : "id,\"a, b\"\n1,\"\"\n"));
		free(got);
	}
	free(text);
}

/* A value that is no string is complete too, in CSV with its quotes doubled. */
static void
large_values(void)
{
	static const char *const specs[] = { CSV, JSONL };
	size_t n = 200000;

	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		struct buf text = BUF(n + 64);
		char *got;

		buf_puts(&text, "[[1,[\"");
		for (size_t k = 0; k < n; k++)
			buf_putc(&text, 'x');
		buf_puts(&text, "\"]]]");
		got = convert(specs[i], text.data, ROWS_FEED_MAX);
		ASSERT_INT(got != NULL ? strlen(got) : 0,
			   n + strlen(i == 0 ? "id,\"a, b\"\n1,\"[\"\"\"\"]\"\n"
					     : "{\"id\":1,\"ok\":[\"\"]}\n"));
		free(got);
		buf_fini(&text);
	}
}

/* The next number of a fixed series (Numerical Recipes, 7.1). */
static unsigned
next_of(unsigned *seed, unsigned most)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 16) % most;
}

static void
add_cell(struct buf *text, unsigned *seed)
{
	static const char *const pieces[] = {
		"a",	",", "\\\"", "\\n",  "\\u00e9", "0",  "12.5",
		"true", "-", "e",    "\\\\", "€",	"\n", " a long plain text of words "
	};
	static const char *const others[] = { "null", "7", "true", "[1,\"a]\"]", "{\"a\":null}" };
	unsigned n = next_of(seed, 5);

	if (next_of(seed, 4) == 0) {
		buf_puts(text, others[next_of(seed, ARRAY_SIZE(others))]);
		return;
	}
	buf_putc(text, '"');
	while (n-- > 0)
		buf_puts(text, pieces[next_of(seed, ARRAY_SIZE(pieces))]);
	buf_putc(text, '"');
}

/* Cells of all forms, in rows of all lengths. */
static char *
any_rows(unsigned seed)
{
	struct buf text = BUF(ROWS_FEED_MAX);
	unsigned rows = next_of(&seed, 20);

	buf_putc(&text, '[');
	for (unsigned i = 0; i < rows; i++) {
		unsigned cells = next_of(&seed, 8) == 0 ? next_of(&seed, 3) : 3;

		buf_puts(&text, i > 0 ? next_of(&seed, 4) == 0 ? " ,\n[" : ",[" : "[");
		for (unsigned k = 0; k < cells; k++) {
			buf_puts(&text, k > 0 ? "," : "");
			add_cell(&text, &seed);
		}
		buf_putc(&text, ']');
	}
	buf_putc(&text, ']');
	return buf_take(&text, NULL);
}

/* Whole cells are copied in words. The answer is that of single bytes. */
static void
words_and_bytes_are_equal(void)
{
	static const char *const specs[] = {
		"{\"as\":\"csv\",\"columns\":[[\"id\",\"number\"],[\"ok\",\"boolean\"],[\"t\","
		"\"text\"]]}",
		JSONL
	};

	for (unsigned seed = 0; seed < 2000; seed++) {
		char *text = any_rows(seed);

		CU_ASSERT_FATAL(text != NULL);
		for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
			char *bytes = convert(specs[i], text, 1);

			CU_ASSERT_FATAL(bytes != NULL);
			check(specs[i], text, bytes);
			free(bytes);
		}
		free(text);
	}
}

/* JSON forbids them, but a line of CSV must not end there. */
static void
raw_breaks_in_csv(void)
{
	check(CSV, "[[\"1\",\"a\nb\"],[\"2\",\"c\td\"]]", "id,\"a, b\"\n1,\"a\nb\"\n2,c\td\n");
}

static const struct test tests[] = {
	TEST(csv),
	TEST(csv_in_an_object),
	TEST(lines_of_json),
	TEST(refused),
	TEST(large_cells),
	TEST(large_values),
	TEST(words_and_bytes_are_equal),
	TEST(raw_breaks_in_csv),
};
SUITE(tests)

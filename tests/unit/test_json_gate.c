/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the gate: it accepts exactly what RFC 8259 allows, and refuses other texts with reason
 * and position. */
#include "base/json.h"

#include "base/buf.h"
#include "suite.h"

#define S(text) text, sizeof(text) - 1

struct sample {
	const char *text;
	size_t len;
};

/* clang-format off */
static const struct sample good[] = {
	{ S("[]") }, { S("{}") }, { S("[[]]") }, { S("[{}]") }, { S("[[] ]") }, { S(" [] ") },
	{ S("null") }, { S("true") }, { S("false") }, { S("0") }, { S("-0") }, { S("\"\"") },
	{ S("\t\n\r {\t\n\r } \t\n\r") }, { S("[1]") }, { S("[1,2]") }, { S("[1 , 2 ]") },
	{ S("[null,1,\"1\",{}]") }, { S("[null]") }, { S("[\"\"]") }, { S("[false]") },
	{ S("[0]") }, { S("[-0]") }, { S("[-1]") }, { S("[-123]") }, { S("[123]") },
	{ S("[0.1]") }, { S("[-0.1]") }, { S("[123.456789]") }, { S("[1.0]") },
	{ S("[0e1]") }, { S("[0e+1]") }, { S("[0E+1]") }, { S("[1E22]") }, { S("[1E-2]") },
	{ S("[1E+2]") }, { S("[1e-2]") }, { S("[1e+2]") }, { S("[123e45]") }, { S("[123e65]") },
	{ S("[123.456e78]") }, { S("[20e1]") }, { S("[1.5e-300]") }, { S("[1e-400]") },
	{ S("[-0.000000000000000000000000000000000000000000000000000000000000000000000001]") },
	{ S("[9223372036854775807]") }, { S("[18446744073709551616]") }, { S("[1e308]") },
	{ S("[1.7976931348623157e308]") }, { S("[1.7976931348623158e308]") },
	{ S("[0.0000017976931348623157e314]") }, { S("[17976931348623157e292]") },
	{ S("[0e999999999999999999999]") }, { S("[-0.0E+9999]") }, { S("[1e-999999999999999999]") },
	{ S("{\"a\":\"b\"}") }, { S("{\"a\":\"b\",\"c\":\"d\"}") }, { S("{\"\":0}") },
	{ S("{\"a\":[]}") }, { S("{\"a\":{\"a\":{\"a\":1}}}") }, { S("[{\"a\":1},{\"a\":2}]") },
	{ S("{\"min\":-1.0e+28,\"max\":1.0e+28}") }, { S("{ \"a\" : 1 }") },
	{ S("{\n\"a\": \"b\"\n}") },
	{ S("{\"title\":\"\\u041f\\u043e\"}") }, { S("{\"a\":1,\"A\":2,\"a \":3,\"\":4}") },
	{ S("[\"\\u0060\\u012a\\u12AB\"]") }, { S("[\"\\uD801\\udc37\"]") },
	{ S("[\"\\ud83d\\ude39\\ud83d\\udc8d\"]") }, { S("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]") },
	{ S("[\"\\\\u0000\"]") }, { S("[\"\\\"\"]") }, { S("[\"a/*b*/c/*d//e\"]") },
	{ S("[\"\\\\a\"]") }, { S("[\"\\\\n\"]") }, { S("[\"\\u0012\"]") }, { S("[\"\\uFFFF\"]") },
	{ S("[\"asd\"]") }, { S("[ \"asd\"]") }, { S("[\"\\uDBFF\\uDFFF\"]") },
	{ S("[\"new\\u00A0line\"]") }, { S("[\"\xF4\x8F\xBF\xBF\"]") }, { S("[\"\xEF\xBF\xBF\"]") },
	{ S("[\"\\u0000\"]") }, { S("[\"\\u002c\"]") }, { S("[\"\xCF\x80\"]") },
	{ S("[\"\xF0\x9B\xBF\xBF\"]") }, { S("[\"asd \"]") }, { S("\" \"") },
	{ S("[\"\\uD834\\uDd1e\"]") }, { S("[\"\\u0821\"]") }, { S("[\"\\u0123\"]") },
	{ S("[\"\xE2\x80\xA8\"]") }, { S("[\"\xE2\x80\xA9\"]") },
	{ S("[\"\\u0061\\u30af\\u30EA\"]") },
	{ S("[\"new\\u000Aline\"]") }, { S("[\"\x7F\"]") }, { S("[\"\\uA66D\"]") },
	{ S("[\"\xE2\x8D\x82\xE3\x88\xB4\xE2\x8D\x82\"]") }, { S("[\"\\u005C\"]") },
	{ S("[\"\\u0022\"]") }, { S("[\"\\uDBFF\\uDFFE\"]") }, { S("[\"\\uD83F\\uDFFE\"]") },
	{ S("[\"\\u200B\"]") }, { S("[\"\\u2064\"]") }, { S("[\"\\uFDD0\"]") },
	{ S("[\"\\uFFFE\"]") },
	{ S("[\"\xE2\x82\xAC\xF0\x9D\x84\x9E\"]") }, { S("[\"aa\x7F\"]") }, { S("[ 4]") },
	{ S("[2] ") }, { S(" 1 ") }, { S("-1") }, { S("\n1") }, { S("[1,null,null,null,2]") },
};

/* Asserts that the text is refused with this reason at this position. */
static const struct {
	const char *text;
	size_t len;
	const char *why;
	size_t at;
} bad[] = {
	{ S(""), "empty text", 0 }, { S(" \n"), "empty text", 2 },
	{ S("\xEF\xBB\xBF{}"), "a byte order mark is not allowed", 0 },
	{ S("\xEF\xBB\xBF"), "a byte order mark is not allowed", 0 },
	{ S("\xFF\xFE[\0"), "not a JSON value", 0 },
	{ S("{}\xEF\xBB\xBF"), "there is text after the value", 2 },
	{ S("[1 true]"), "comma or ] expected", 3 }, { S("[a\xE5]"), "not a JSON value", 1 },
	{ S("[\"\": 1]"), "comma or ] expected", 3 }, { S("[\"\"],"), "there is text after the "
		"value", 4 },
	{ S("[,1]"), "not a JSON value", 1 }, { S("[1,,2]"), "not a JSON value", 3 },
	{ S("[\"x\",,]"), "not a JSON value", 5 }, { S("[\"x\"]]"), "there is text after the "
		"value", 5 },
	{ S("[\"\",]"), "not a JSON value", 4 }, { S("[\"x\""), "unfinished array", 4 },
	{ S("[x"), "not a JSON value", 1 }, { S("[3[4]]"), "comma or ] expected", 2 },
	{ S("[1:2]"), "comma or ] expected", 2 }, { S("[,]"), "not a JSON value", 1 },
	{ S("[-]"), "bad number", 1 }, { S("[   , \"\"]"), "not a JSON value", 4 },
	{ S("[\"a\",\n4\n,1,"), "unfinished value", 11 }, { S("[1,]"), "not a JSON value", 3 },
	{ S("[\"\va\"\\f]"), "a string contains a control character", 2 },
	{ S("[*]"), "not a JSON value", 1 },
	{ S("[\""), "unfinished string", 2 }, { S("[1,"), "unfinished value", 3 },
	{ S("[1,\n1\n,1"), "unfinished array", 8 }, { S("[{}"), "unfinished array", 3 },
	{ S("[fals]"), "not a JSON value", 1 }, { S("[nul]"), "not a JSON value", 1 },
	{ S("[tru]"), "not a JSON value", 1 }, { S("[True]"), "not a JSON value", 1 },
	{ S("123\0"), "there is text after the value", 3 },
	{ S("[++1234]"), "not a JSON value", 1 },
	{ S("[+1]"), "not a JSON value", 1 }, { S("[+Inf]"), "not a JSON value", 1 },
	{ S("[-01]"), "leading zero", 1 }, { S("[-1.0.]"), "comma or ] expected", 5 },
	{ S("[-2.]"), "bad number", 1 }, { S("[-NaN]"), "bad number", 1 },
	{ S("[.-1]"), "not a JSON value", 1 }, { S("[.2e-3]"), "not a JSON value", 1 },
	{ S("[0.1.2]"), "comma or ] expected", 4 }, { S("[0.3e+]"), "bad number", 1 },
	{ S("[0.3e]"), "bad number", 1 }, { S("[0.e1]"), "bad number", 1 },
	{ S("[0E+]"), "bad number", 1 }, { S("[0E]"), "bad number", 1 },
	{ S("[0e+-1]"), "bad number", 1 }, { S("[1.0e+]"), "bad number", 1 },
	{ S("[1 000.0]"), "comma or ] expected", 3 }, { S("[1eE2]"), "bad number", 1 },
	{ S("[2.e+3]"), "bad number", 1 }, { S("[9.e+]"), "bad number", 1 },
	{ S("[Inf]"), "not a JSON value", 1 }, { S("[NaN]"), "not a JSON value", 1 },
	{ S("[\xEF\xBC\x91]"), "not a JSON value", 1 }, { S("[1+2]"), "comma or ] expected", 2 },
	{ S("[0x1]"), "comma or ] expected", 2 }, { S("[0x42]"), "comma or ] expected", 2 },
	{ S("[Infinity]"), "not a JSON value", 1 }, { S("[0e+-1]"), "bad number", 1 },
	{ S("[-123.123foo]"), "comma or ] expected", 9 },
	{ S("[123\xE5]"), "comma or ] expected", 4 },
	{ S("[1e1\xE5]"), "comma or ] expected", 4 }, { S("[0\xE5]"), "comma or ] expected", 2 },
	{ S("[-Infinity]"), "bad number", 1 }, { S("[-foo]"), "bad number", 1 },
	{ S("[- 1]"), "bad number", 1 }, { S("[-012]"), "leading zero", 1 },
	{ S("[-.123]"), "bad number", 1 }, { S("[1.]"), "bad number", 1 },
	{ S("[.123]"), "not a JSON value", 1 }, { S("[1.2a-3]"), "comma or ] expected", 4 },
	{ S("[1.8011670033376514H-308]"), "comma or ] expected", 19 },
	{ S("[012]"), "leading zero", 1 },
	{ S("00"), "leading zero", 0 }, { S("-"), "bad number", 0 }, { S("1e"), "bad number", 0 },
	{ S("[1e309]"), "a number is too large", 1 }, { S("[-1e309]"), "a number is too large", 1 },
	{ S("[1e999]"), "a number is too large", 1 },
	{ S("[1e99999999999999999999]"), "a number is too large", 1 },
	{ S("[1.7976931348623159e308]"), "a number is too large", 1 },
	{ S("[2e308]"), "a number is too large", 1 },
	{ S("[0.0000018e314]"), "a number is too large", 1 }, { S("[18e307]"), "a number is too "
		"large", 1 },
	{ S("{1:1}"), "key expected", 1 }, { S("{\"x\", null}"), "colon expected", 4 },
	{ S("{\"x\"::\"b\"}"), "not a JSON value", 5 },
	{ S("{\"a\":\"a\" 123}"), "comma or } expected", 9 },
	{ S("{key: 'value'}"), "key expected", 1 }, { S("{\"a\" b}"), "colon expected", 5 },
	{ S("{:\"b\"}"), "key expected", 1 }, { S("{\"a\" \"b\"}"), "colon expected", 5 },
	{ S("{\"a\":"), "unfinished value", 5 }, { S("{\"a\""), "colon expected", 4 },
	{ S("{1:1}"), "key expected", 1 }, { S("{null:null,null:null}"), "key expected", 1 },
	{ S("{\"id\":0,,,,,}"), "key expected", 8 }, { S("{'a':0}"), "key expected", 1 },
	{ S("{\"id\":0,}"), "key expected", 8 },
	{ S("{\"a\":\"b\"}/**/"), "there is text after the value", 9 },
	{ S("{\"a\":\"b\"}/"), "there is text after the value", 9 },
	{ S("{\"a\":\"b\",,\"c\":1}"), "key expected", 9 },
	{ S("{\"a\":\"b\"}#{}"), "there is text after the value", 9 },
	{ S("{a: \"b\"}"), "key expected", 1 },
	{ S("{\"a\":\"a"), "unfinished string", 7 },
	{ S("{\"foo\":\"bar\", \"a\"}"), "colon expected", 17 },
	{ S("{\"a\":1"), "unfinished object", 6 }, { S("{"), "unfinished object", 1 },
	{ S("{\"a\":1,"), "unfinished object", 7 }, { S("[1}"), "comma or ] expected", 2 },
	{ S("{\"a\":1]"), "comma or } expected", 6 }, { S("{]"), "key expected", 1 },
	{ S("[}"), "not a JSON value", 1 }, { S("]"), "not a JSON value", 0 },
	{ S("[\"\\uD800\\\"]"), "lone surrogate", 2 },
	{ S("[\"\\uD800\\u\"]"), "lone surrogate", 2 },
	{ S("[\"\\uD800\\u1\"]"), "lone surrogate", 2 },
	{ S("[\"\\uD800\\u1x\"]"), "lone surrogate", 2 },
	{ S("[\"\\uDADA\"]"), "lone surrogate", 2 },
	{ S("[\"\\uDd1e\\uD834\"]"), "lone surrogate", 2 },
	{ S("[\"\\uD888\\u1234\"]"), "lone surrogate", 2 },
	{ S("[\"\\uDFAA\"]"), "lone surrogate", 2 },
	{ S("[\"\\uD800\\n\"]"), "lone surrogate", 2 },
	{ S("[\"\\ud800abc\"]"), "lone surrogate", 2 },
	{ S("[\"\\ud800\\ud800\"]"), "lone surrogate", 2 },
	{ S("[\"\\uD800"), "lone surrogate", 2 },
	{ S("[\xC3\xA9]"), "not a JSON value", 1 }, { S("[\\n]"), "not a JSON value", 1 },
	{ S("[\"\\x00\"]"), "bad escape", 2 }, { S("[\"\\\\\\\"]"), "unfinished string", 7 },
	{ S("[\"\\\t\"]"), "bad escape", 2 }, { S("[\"\\\xF0\x9F\x8C\x80\"]"), "bad escape", 2 },
	{ S("[\"\\\"]"), "unfinished string", 5 }, { S("[\"\\u00A\"]"), "bad escape", 2 },
	{ S("[\"\\u\"]"), "bad escape", 2 }, { S("[\"\\u00G0\"]"), "bad escape", 2 },
	{ S("[\"\\a\"]"), "bad escape", 2 }, { S("[\"\\uqqqq\"]"), "bad escape", 2 },
	{ S("[\"\\U0041\"]"), "bad escape", 2 }, { S("[\"\\'\"]"), "bad escape", 2 },
	{ S("[\"\\\0\"]"), "bad escape", 2 }, { S("[\"\\"), "bad escape", 2 },
	{ S("\""), "unfinished string", 1 }, { S("['single']"), "not a JSON value", 1 },
	{ S("abc"), "not a JSON value", 0 },
	{ S("[\"a\0a\"]"), "a string contains a control character", 3 },
	{ S("[\"new\nline\"]"), "a string contains a control character", 5 },
	{ S("[\"\t\"]"), "a string contains a control character", 2 },
	{ S("\"\"x"), "there is text after the value", 2 },
	{ S("[\"\x1F\"]"), "a string contains a control character", 2 },
	{ S("<.>"), "not a JSON value", 0 },
	{ S("[<null>]"), "not a JSON value", 1 }, { S("aa\xEF\xBB\xBF"), "not a JSON value", 0 },
	{ S("2@"), "there is text after the value", 1 },
	{ S("{}}"), "there is text after the "
		"value", 2 },
	{ S("{\"\":"), "unfinished value", 4 }, { S("[][]"), "there is text after the value", 2 },
	{ S("{\"a\":/*c*/\"b\"}"), "not a JSON value", 5 }, { S("//x\n1"), "not a JSON value", 0 },
	{ S("[\f]"), "not a JSON value", 1 }, { S("[\xE2\x81\xA0]"), "not a JSON value", 1 },
	{ S("[\xC2\xA0]"), "not a JSON value", 1 }, { S("\0"), "not a JSON value", 0 },
	{ S("[\"\x80\"]"), "invalid UTF-8", 2 }, { S("[\"\xC0\xAF\"]"), "invalid UTF-8", 2 },
	{ S("[\"\xE0\x9F\x80\"]"), "invalid UTF-8", 2 },
	{ S("[\"\xED\xA0\x80\"]"), "invalid UTF-8", 2 },
	{ S("[\"\xF4\x90\x80\x80\"]"), "invalid UTF-8", 2 },
	{ S("[\"\xFF\"]"), "invalid UTF-8", 2 },
	{ S("[\"\xE2\x82\"]"), "invalid UTF-8", 2 }, { S("[\"abcdefgh\xC3"), "invalid UTF-8", 10 },
	{ S("{\"\xFF\":1}"), "invalid UTF-8", 2 },
	{ S("{\"a\":1,\"a\":1}"), "duplicate key", 7 },
	{ S("{\"\":1,\"\":2}"), "duplicate key", 6 },
	{ S("{\"a\":1,\"b\":2,\"\\u0061\":3}"), "duplicate key", 13 },
	{ S("{\"\\u00fc\":1,\"\xC3\xBC\":2}"), "duplicate key", 12 },
	{ S("{\"\\ud83d\\ude00\":1,\"\xF0\x9F\x98\x80\":2}"), "duplicate key", 18 },
	{ S("{\"\\/\":1,\"/\":2}"), "duplicate key", 8 },
	{ S("[{\"x\":{\"k\":1,\"k\":2}}]"), "duplicate key", 13 },
	{ S("{\"x\":{\"k\":1},\"x\":{}}"), "duplicate key", 13 },
	{ S("{\"\\u0000\":1}"), "a key contains NUL (U+0000)", 2 },
	{ S("{\"a\\u0000b\":1}"), "a key contains NUL (U+0000)", 2 },
};
/* clang-format on */

/* Uses a copy without bytes after it, so that AddressSanitizer detects each byte that is read
 * beyond the end. */
static const char *
gate(const char *text, size_t len, const struct json_limits *limits, size_t *at)
{
	char *copy = malloc(len > 0 ? len : 1);
	const char *why;

	memcpy(copy, text, len);
	why = json_gate(copy, len, limits, at);
	free(copy);
	return why;
}

static void
good_texts_are_accepted(void)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		size_t at = 0;
		const char *why = gate(good[i].text, good[i].len, &json_inbound, &at);

		if (why != NULL)
			printf("\n    %s: %s at %zu", good[i].text, why, at);
		CU_ASSERT(why == NULL);
		ASSERT_INT(at, good[i].len);
	}
}

static void
good_texts_are_parsed(void)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const char *why = "unset";
		struct json_object *tree =
		    json_parse(good[i].text, good[i].len, &json_inbound, &why, NULL);

		CU_ASSERT(why == NULL);
		CU_ASSERT(tree != NULL || strcmp(good[i].text, "null") == 0);
		json_object_put(tree);
	}
}

static void
bad_texts_are_refused(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		size_t at = 0;
		const char *why = gate(bad[i].text, bad[i].len, &json_inbound, &at);

		if (why == NULL || strcmp(why, bad[i].why) != 0 || at != bad[i].at)
			printf("\n    %zu: %s: %s at %zu, not %s at %zu", i, bad[i].text,
			       why == NULL ? "passed" : why, at, bad[i].why, bad[i].at);
		ASSERT_STR(why, bad[i].why);
		ASSERT_INT(at, bad[i].at);
		CU_ASSERT(json_parse(bad[i].text, bad[i].len, &json_inbound, &why, NULL) == NULL);
		ASSERT_STR(why, bad[i].why);
	}
}

/* A part of an object or array is never a valid text. */
static void
no_prefix_is_accepted(void)
{
	static const char text[] = "{\"a\":[1,-2.5e3,\"x\\u00fc\\ud83d\\ude00\",true,false,null,"
				   "{}],\"b\":{\"\":\"\xF0\x9F\x98\x80\"}}";

	CU_ASSERT(gate(S(text), &json_inbound, NULL) == NULL);
	for (size_t len = 0; len < sizeof(text) - 1; len++)
		CU_ASSERT(gate(text, len, &json_inbound, NULL) != NULL);
}

static void
nest(struct buf *buf, unsigned depth, const char *open, const char *inside, const char *close)
{
	buf_reset(buf);
	for (unsigned i = 0; i < depth; i++)
		buf_puts(buf, open);
	buf_puts(buf, inside);
	for (unsigned i = 0; i < depth; i++)
		buf_puts(buf, close);
}

static void
check_depth(const struct json_limits *limits)
{
	struct buf buf;

	buf_init(&buf, 1 << 20);
	for (unsigned depth = limits->depth - 1; depth <= limits->depth + 1; depth++) {
		const char *expected =
		    depth > limits->depth ? "values are nested too deeply" : NULL;
		struct json_object *tree;

		nest(&buf, depth, "[", "", "]");
		ASSERT_STR(json_gate(buf.data, buf.len, limits, NULL), expected);
		nest(&buf, depth, "{\"a\":", "1", "}");
		ASSERT_STR(json_gate(buf.data, buf.len, limits, NULL), expected);
		tree = json_parse(buf.data, buf.len, limits, NULL, NULL);
		CU_ASSERT((tree != NULL) == (expected == NULL));
		json_object_put(tree);
		nest(&buf, depth, "[{\"a\":", "null", "}]");
		ASSERT_STR(json_gate(buf.data, buf.len, limits, NULL),
			   "values are nested too deeply");
	}
	nest(&buf, 100000, "[", "", "");
	ASSERT_STR(json_gate(buf.data, buf.len, limits, NULL), "values are nested too deeply");
	buf_fini(&buf);
}

static void
depth_limit(void)
{
	static const struct json_limits few = {
		.bytes = 200000, .depth = 5, .members = 100, .number = 10
	};

	check_depth(&json_inbound);
	check_depth(&json_upstream);
	check_depth(&few);
}

static void
bytes_limit(void)
{
	static const struct json_limits ten = {
		.bytes = 10, .depth = 2, .members = 9, .number = 9
	};

	ASSERT_STR(json_gate(S("\"1234567\""), &ten, NULL), NULL);
	ASSERT_STR(json_gate(S("\"12345678\""), &ten, NULL), NULL);
	ASSERT_STR(json_gate(S("\"123456789\""), &ten, NULL), "the text is too long");
	ASSERT_STR(json_gate(S("1          "), &ten, NULL), "the text is too long");
}

static void
members_limit(void)
{
	static const struct json_limits three = {
		.bytes = 100, .depth = 9, .members = 3, .number = 9
	};

	ASSERT_STR(json_gate(S("[1]"), &three, NULL), NULL);
	ASSERT_STR(json_gate(S("[1,2]"), &three, NULL), NULL);
	ASSERT_STR(json_gate(S("[1,2,3]"), &three, NULL), "too many values");
	ASSERT_STR(json_gate(S("{\"a\":1,\"b\":[]}"), &three, NULL), NULL);
	ASSERT_STR(json_gate(S("{\"a\":1,\"b\":[{}]}"), &three, NULL), "too many values");
	ASSERT_STR(json_gate(S("[[[[]]]]"), &three, NULL), "too many values");
}

static void
number_limit(void)
{
	static const struct json_limits five = {
		.bytes = 100, .depth = 9, .members = 9, .number = 5
	};
	struct json_limits wide = json_upstream;
	struct buf buf;

	ASSERT_STR(json_gate(S("[1234]"), &five, NULL), NULL);
	ASSERT_STR(json_gate(S("[-1.2e]"), &five, NULL), "bad number");
	ASSERT_STR(json_gate(S("[12345]"), &five, NULL), NULL);
	ASSERT_STR(json_gate(S("[123456]"), &five, NULL), "a number is too long");
	ASSERT_STR(json_gate(S("[-12345]"), &five, NULL), "a number is too long");
	buf_init(&buf, 10000);
	wide.number = 9999;
	/* digits of a whole number; 309 digits "1" are finite */
	for (size_t n = 308; n <= 310; n++) {
		buf_reset(&buf);
		for (size_t i = 0; i < n; i++)
			buf_putc(&buf, '1');
		ASSERT_STR(json_gate(buf.data, buf.len, &wide, NULL),
			   n > 309 ? "a number is too large" : NULL);
	}
	buf_reset(&buf);
	for (size_t n = 0; n <= 4096; n++)
		buf_putc(&buf, n == 1 ? '.' : '1');
	ASSERT_STR(json_gate(buf.data, buf.len, &wide, NULL), "a number is too long");
	ASSERT_STR(json_gate(buf.data, buf.len - 1, &wide, NULL), NULL);
	buf_fini(&buf);
}

/* Few keys are compared pairwise, many keys are sorted: the numbers are on both sides of the limit,
 * and far above it. */
static void
duplicates_among_many(void)
{
	struct buf buf;

	buf_init(&buf, 4 << 20);
	for (int n = 1; n < 100000; n = n < 80 ? n + 1 : n * 3) {
		for (int twice = 0; twice < 2; twice++) {
			size_t at, place = 0;

			buf_reset(&buf);
			buf_putc(&buf, '{');
			for (int i = 0; i < n; i++)
				buf_printf(&buf, "\"k%d\":{\"k0\":[]},", i);
			place = buf.len;
			if (twice)
				buf_printf(&buf, "\"\\u006B%d\":0}", n / 2);
			else
				buf_puts(&buf, "\"other\":0}");
			ASSERT_STR(json_gate(buf.data, buf.len, &json_inbound, &at),
				   twice ? "duplicate key" : NULL);
			ASSERT_INT(at, twice ? place : buf.len);
		}
	}
	buf_fini(&buf);
}

static void
keys_of_nested_objects_stay_apart(void)
{
	struct buf buf;

	buf_init(&buf, 1 << 20);
	nest(&buf, 60, "{\"a\":0,\"b\":1,\"c\":", "{}", ",\"d\":{\"a\":1,\"b\":2}}");
	ASSERT_STR(json_gate(buf.data, buf.len, &json_inbound, NULL), NULL);
	nest(&buf, 60, "{\"a\":0,\"b\":1,\"c\":", "{}", ",\"d\":{\"a\":1,\"a\":2}}");
	ASSERT_STR(json_gate(buf.data, buf.len, &json_inbound, NULL), "duplicate key");
	nest(&buf, 60, "{\"a\":0,\"b\":1,\"c\":", "{}", ",\"d\":{},\"a\":2}");
	ASSERT_STR(json_gate(buf.data, buf.len, &json_inbound, NULL), "duplicate key");
	buf_fini(&buf);
}

static const struct test tests[] = {
	TEST(good_texts_are_accepted),
	TEST(good_texts_are_parsed),
	TEST(bad_texts_are_refused),
	TEST(no_prefix_is_accepted),
	TEST(depth_limit),
	TEST(bytes_limit),
	TEST(members_limit),
	TEST(number_limit),
	TEST(duplicates_among_many),
	TEST(keys_of_nested_objects_stay_apart),
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of buffers: caps at n-1, n, n+1; JSON strings; base64; UTF-8. */
#include "base/base64.h"
#include "base/buf.h"

#include "suite.h"

static void
cap_is_exact(void)
{
	struct buf buf;

	for (size_t cap = 0; cap < 200; cap++) {
		buf_init(&buf, cap);
		for (size_t i = 0; i < cap; i++)
			buf_putc(&buf, 'x');
		CU_ASSERT(buf_ok(&buf));
		ASSERT_INT(buf.len, cap);
		buf_putc(&buf, 'x');
		CU_ASSERT(!buf_ok(&buf));
		ASSERT_INT(strlen(buf.data), 0);
		CU_ASSERT_PTR_NULL(buf_take(&buf, NULL));
		CU_ASSERT(buf_ok(&buf));
		buf_fini(&buf);
	}
}

static void
full_is_sticky_until_reset(void)
{
	struct buf buf;

	buf_init(&buf, 10);
	buf_puts(&buf, "12345");
	buf_puts(&buf, "678901");
	CU_ASSERT(!buf_ok(&buf));
	ASSERT_STR(buf.data, "");
	buf_putc(&buf, 'x');
	buf_printf(&buf, "%d", 1);
	buf_json(&buf, "\n", 1);
	ASSERT_STR(buf.data, "");
	ASSERT_INT(buf.len, 0);
	buf_reset(&buf);
	CU_ASSERT(buf_ok(&buf));
	ASSERT_STR(buf.data, "");
	buf_puts(&buf, "1234567890");
	CU_ASSERT(buf_ok(&buf));
	buf_fini(&buf);
	ASSERT_STR(buf.data, "");
}

static void
keep_restores_the_length(void)
{
	struct buf buf;

	buf_init_keeping(&buf, 10);
	buf_puts(&buf, "12345");
	buf_puts(&buf, "678901");
	CU_ASSERT(!buf_ok(&buf));
	ASSERT_STR(buf.data, "12345");
	CU_ASSERT_PTR_NULL(buf_take(&buf, NULL));
	buf_puts(&buf, "12345");
	buf_puts(&buf, "678901");
	buf_rewind(&buf, 4);
	CU_ASSERT(buf_ok(&buf));
	buf_puts(&buf, "x");
	ASSERT_STR(buf.data, "1234x");
	buf_fini(&buf);
}

static void
printf_fills_to_the_cap(void)
{
	for (int len = 0; len < 130; len++) {
		struct buf buf;

		buf_init(&buf, 64);
		buf_printf(&buf, "%0*d", len, 0);
		ASSERT_INT(buf_ok(&buf), len <= 64);
		ASSERT_INT(buf.len, len > 64 ? 0 : len == 0 ? 1 : len);
		ASSERT_INT(strlen(buf.data), buf.len);
		buf_fini(&buf);
	}
}

static void
printf_behind_text(void)
{
	struct buf buf;

	buf_init(&buf, 1000);
	for (int i = 0; i < 60; i++)
		buf_printf(&buf, "%s", "abc");
	ASSERT_INT(buf.len, 180);
	CU_ASSERT(strncmp(buf.data + 177, "abc", 4) == 0);
	buf_printf(&buf, "%s", "");
	ASSERT_INT(buf.len, 180);
	buf_fini(&buf);
}

static void
cut_drop_take(void)
{
	struct buf buf;
	size_t len;
	char *text;

	buf_init(&buf, 100);
	buf_cut(&buf, 0);
	buf_drop(&buf, 5);
	ASSERT_STR(buf.data, "");
	buf_puts(&buf, "hello world");
	buf_cut(&buf, 20);
	buf_cut(&buf, 8);
	ASSERT_STR(buf.data, "hello wo");
	buf_drop(&buf, 6);
	ASSERT_STR(buf.data, "wo");
	buf_drop(&buf, 6);
	ASSERT_STR(buf.data, "");
	buf_puts(&buf, "kept");
	text = buf_take(&buf, &len);
	ASSERT_STR(text, "kept");
	ASSERT_INT(len, 4);
	free(text);
	ASSERT_STR(buf.data, "");
	text = buf_take(&buf, NULL);
	ASSERT_STR(text, "");
	free(text);
	buf_fini(&buf);
}

static void
json_is(const char *text, size_t len, const char *expected)
{
	struct buf buf;

	buf_init(&buf, 1000);
	buf_json(&buf, text, len);
	ASSERT_STR(buf.data, expected);
	buf_fini(&buf);
}

static void
json_strings(void)
{
	json_is(NULL, 0, "null");
	json_is("", 0, "\"\"");
	json_is("plain text, long enough for words", 33, "\"plain text, long enough for words\"");
	json_is("a\"b\\c/d", 7, "\"a\\\"b\\\\c/d\"");
	json_is("\b\f\n\r\t\x01\x1f\x7f", 8, "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
	json_is("a\0b", 3, "\"a\\u0000b\"");
	json_is("gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80", 15,
		"\"gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80\"");
}

/* Every byte is tested at every position of a word, because eight bytes are checked at a time. */
static void
json_strings_at_each_offset(void)
{
	for (unsigned c = 0; c < 0x80; c++) {
		for (size_t at = 0; at < 20; at++) {
			char text[20], expected[40];
			size_t n = 0;

			memset(text, 'x', sizeof(text));
			text[at] = (char)c;
			expected[n++] = '"';
			for (size_t i = 0; i < sizeof(text); i++) {
				if (i != at)
					expected[n++] = 'x';
				else if (c == '"' || c == '\\')
					n += (size_t)sprintf(expected + n, "\\%c", c);
				else if (c >= 0x20)
					expected[n++] = (char)c;
				else if (strchr("\b\f\n\r\t", (int)c) != NULL && c != 0)
					n += (size_t)sprintf(expected + n, "\\%c", "btn?fr"[c - 8]);
				else
					n += (size_t)sprintf(expected + n, "\\u%04x", c);
			}
			memcpy(expected + n, "\"", 2);
			json_is(text, sizeof(text), expected);
		}
	}
}

#define FFFD "\xEF\xBF\xBD"

/* The examples of Unicode 3.9, table 3-8, and further ones. */
static void
invalid_utf8_is_replaced(void)
{
	json_is("\xC0\xAF", 2, "\"" FFFD FFFD "\"");
	json_is("\xE0\x80\xBF", 3, "\"" FFFD FFFD FFFD "\"");
	json_is("\xED\xA0\x80", 3, "\"" FFFD FFFD FFFD "\"");
	json_is("\xF4\x91\x92\x93", 4, "\"" FFFD FFFD FFFD FFFD "\"");
	json_is("\xFF", 1, "\"" FFFD "\"");
	json_is("a\xF0\x9F\x98z", 5, "\"a" FFFD "z\"");
	json_is("a\xE2\x82", 3, "\"a" FFFD "\"");
	json_is("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", 9, "\"" FFFD FFFD FFFD FFFD "A\"");
}

static void
utf8_borders(void)
{
	static const struct {
		const char *text;
		bool valid;
	} list[] = {
		{ "", true },
		{ "a", true },
		{ "\x7f", true },
		{ "\x80", false },
		{ "\xC2\x80", true },
		{ "\xC1\xBF", false },
		{ "\xDF\xBF", true },
		{ "\xE0\xA0\x80", true },
		{ "\xE0\x9F\xBF", false },
		{ "\xED\x9F\xBF", true },
		{ "\xED\xA0\x80", false },
		{ "\xEE\x80\x80", true },
		{ "\xEF\xBF\xBF", true },
		{ "\xF0\x90\x80\x80", true },
		{ "\xF0\x8F\xBF\xBF", false },
		{ "\xF4\x8F\xBF\xBF", true },
		{ "\xF4\x90\x80\x80", false },
		{ "\xF5\x80\x80\x80", false },
		{ "\xC3", false },
		{ "\xE2\x82", false },
		{ "\xF0\x9F\x98", false },
		{ "abcdefgh\xC3\xBC", true },
		{ "abcdefghi\xC3", false },
		{ "\xC3\xBC"
		  "abcdefgh\xFF",
		  false },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		CU_ASSERT(utf8_valid(list[i].text, strlen(list[i].text)) == list[i].valid);
	ASSERT_INT(utf8_step("", 0), 0);
}

/* RFC 4648 §10. */
static void
base64_vectors(void)
{
	static const char *const plain[] = { "", "f", "fo", "foo", "foob", "fooba", "foobar" };
	static const char *const coded[] = { "",	 "Zg==",     "Zm8=",	"Zm9v",
					     "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };

	for (size_t i = 0; i < 7; i++) {
		unsigned char out[16];
		struct buf buf;
		size_t len;

		buf_init(&buf, 100);
		buf_base64(&buf, plain[i], strlen(plain[i]));
		ASSERT_STR(buf.data, coded[i]);
		CU_ASSERT(base64_decode(buf.data, buf.len, out, &len));
		ASSERT_INT(len, strlen(plain[i]));
		CU_ASSERT(memcmp(out, plain[i], len) == 0);
		buf_reset(&buf);
		buf_base64url(&buf, plain[i], strlen(plain[i]));
		CU_ASSERT(strncmp(buf.data, coded[i], buf.len) == 0);
		CU_ASSERT(base64url_decode(buf.data, buf.len, out, &len));
		ASSERT_INT(len, strlen(plain[i]));
		buf_fini(&buf);
	}
}

static void
base64_all_bytes(void)
{
	unsigned char in[2048], out[2052];
	struct buf buf;
	size_t len;

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (unsigned char)(i * 7 + (i >> 8));
	buf_init(&buf, 4096);
	for (size_t n = 0; n <= sizeof(in); n += n < 20 || (n > 760 && n < 776) ? 1 : 13) {
		buf_reset(&buf);
		buf_base64url(&buf, in, n);
		CU_ASSERT(base64url_decode(buf.data, buf.len, out, &len));
		CU_ASSERT(len == n && memcmp(in, out, n) == 0);
		buf_reset(&buf);
		buf_base64(&buf, in, n);
		CU_ASSERT(base64_decode(buf.data, buf.len, out, &len));
		CU_ASSERT(len == n && memcmp(in, out, n) == 0);
	}
	buf_fini(&buf);
}

static void
base64_is_strict(void)
{
	static const char *const url[] = { "Z",	   "Zh",   "Zm9",  "Zg==",  "Z g",
					   "Zg\n", "Zm+v", "Zm/v", "ZZZZZ", "Zm9v=" };
	static const char *const standard[] = { "Zg",	    "Zg=",  "Zh==", "Zm9=", "Zg===",
						"=",	    "====", "Z===", "Zm-v", "Zm_v",
						"Zg==Zg==", "Z=g=", "Zm9v " };
	unsigned char out[32];
	size_t len;

	for (size_t i = 0; i < sizeof(url) / sizeof(url[0]); i++)
		CU_ASSERT(!base64url_decode(url[i], strlen(url[i]), out, &len));
	for (size_t i = 0; i < sizeof(standard) / sizeof(standard[0]); i++)
		CU_ASSERT(!base64_decode(standard[i], strlen(standard[i]), out, &len));
}

static const struct test tests[] = {
	TEST(cap_is_exact),
	TEST(full_is_sticky_until_reset),
	TEST(keep_restores_the_length),
	TEST(printf_fills_to_the_cap),
	TEST(printf_behind_text),
	TEST(cut_drop_take),
	TEST(json_strings),
	TEST(json_strings_at_each_offset),
	TEST(invalid_utf8_is_replaced),
	TEST(utf8_borders),
	TEST(base64_vectors),
	TEST(base64_all_bytes),
	TEST(base64_is_strict),
};
SUITE(tests)

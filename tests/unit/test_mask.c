/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of masks: which texts are found, in which encodings, in the texts of which plugin, and
 * which values are replaced. */
#include <stdio.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/mask.h"
#include "suite.h"

static const char one[] = "one", two[] = "two"; /* plugins */

static void
masked_is(const char *text, const char *expected)
{
	size_t len = 0;
	char *masked = mask_apply(text, strlen(text), &len);

	ASSERT_STR(masked, expected);
	CU_ASSERT(masked == NULL || strlen(masked) == len);
	free(masked);
}

static void
add(const char *value)
{
	mask_add(value, strlen(value));
}

static void
finds_all(void)
{
	add("abc"); /* too short to be masked */
	add("token-1");
	add("token-1-long");
	add("long-tail");
	masked_is("abc", NULL);
	masked_is("", NULL);
	masked_is("token-", NULL);
	masked_is("token-1", "***");
	masked_is("token-1token-1", "***");
	masked_is("<token-1-long>", "<***>");
	masked_is("token-1-lon", "***-lon");
	masked_is("x token-1-long-tail y", "x *** y");
	masked_is("ttoken-1 long-tail", "t*** ***");
}

#define PEM "-----BEGIN KEY-----\nMIIBVAIBADANBgkq\nggE6AgEAAkEAq7BF\n-----END KEY-----\n"

static void
finds_other_spellings(void)
{
	struct buf text;
	static const char *const secrets[] = { "a-secret/of \"quotes\"\\", "correct-horse" };

	add(PEM);
	masked_is("why: " PEM ".", "why: ***.");
	masked_is("why: -----BEGIN KEY----- MIIBVAIBADANBgkq\r\n  ggE6AgEAAkEAq7BF -----END "
		  "KEY----- .",
		  "why: *** .");
	masked_is("{\"v\":\"-----BEGIN KEY-----\\nMIIBVAIBADANBgkq\\nggE6AgEAAkEAq7BF\\n-----END "
		  "KEY-----\\n\"}",
		  "{\"v\":\"***\"}");
	masked_is("{\\\"v\\\":\\\"-----BEGIN KEY-----\\\\nMIIBVAIBADANBgkq\\\\nggE6AgEAAkEAq7BF"
		  "\\\\n-----END KEY-----\\\\n\\\"}",
		  "{\\\"v\\\":\\\"***\\\"}");
	for (size_t i = 0; i < 2; i++)
		add(secrets[i]);
	masked_is("\"a-secret\\/of \\\"quotes\\\"\\\\\" rest", "\"***\" rest");
	masked_is("q=a-secret%2Fof%20%22quotes%22%5C&x", "q=***&x");
	masked_is("corr\\u0065ct-horse", "***");
	masked_is("<b>&#99;orrect&#x2D;hors&#101;</b>", "<b>***</b>");
	masked_is("a-secret/of &quot;quotes&quot;\\&amp;", "***&amp;");
	masked_is("corr&#101ct-horse &#; &#x; &#0; &#xD800; &#1114112; &#99999999999;", NULL);
	masked_is("is 636F72726563742d686f727365.", "is ***.");
	masked_is("0636f72726563742d686f7273650", "0***0");
	/* inside of base64, at any position */
	for (size_t before = 0; before < 4; before++) {
		char plain[64];
		size_t len;
		char *masked;

		snprintf(plain, sizeof(plain), "%.*scorrect-horse-tail", (int)before, "user:");
		buf_init(&text, 1000);
		buf_puts(&text, "see ");
		buf_base64(&text, plain, strlen(plain));
		buf_puts(&text, " there");
		masked = mask_apply(text.data, text.len, &len);
		CU_ASSERT_FATAL(masked != NULL);
		if (masked == NULL)
			return;
		CU_ASSERT(strncmp(masked, "see ", 4) == 0);
		CU_ASSERT(strstr(masked, "***") != NULL);
		CU_ASSERT(strcmp(masked + len - 6, " there") == 0);
		CU_ASSERT(len < text.len - 13);
		free(masked);
		buf_fini(&text);
	}
	masked_is("correct hor", NULL);
}

static void *
add_many(void *data)
{
	char value[32];

	for (int i = 0; i < 2000; i++) {
		snprintf(value, sizeof(value), "added-meanwhile-%d", i % 50);
		mask_add_in(data, value, strlen(value), 0);
	}
	return NULL;
}

/* A search uses the values that existed when it began. */
static void
values_change(void)
{
	pthread_t thread;

	add("there-before");
	mask_enter(two);
	CU_ASSERT_FATAL(pthread_create(&thread, NULL, add_many, (void *)(uintptr_t)two) == 0);
	for (int i = 0; i < 2000; i++)
		masked_is("is there-before.", "is ***.");
	pthread_join(thread, NULL);
	masked_is("added-meanwhile-1 there-before", "*** ***");
	mask_enter(NULL);
}

/* The values of a plugin affect only its own texts. */
static void
scopes(void)
{
	const char *before;

	mask_add_in(one, "main", 4, 0);
	masked_is("in main", NULL);
	before = mask_enter(two);
	CU_ASSERT_PTR_NULL(before);
	masked_is("in main", NULL);
	before = mask_enter(one);
	CU_ASSERT(before == two);
	masked_is("in main", "in ***");
	add("everybodys");
	masked_is("everybodys main", "*** ***");
	mask_enter(two);
	masked_is("everybodys main", "*** main");
	mask_enter(NULL);
}

/* A writer's own answer may still show a value that the writer added; other answers may not. */
static void
writers(void)
{
	mask_enter(two);
	mask_add_in(two, "told-by-seven", 13, 7);
	masked_is("told-by-seven", NULL);
	mask_settle(6);
	masked_is("told-by-seven", NULL);
	mask_settle(7);
	masked_is("told-by-seven", "***");
	mask_add_in(two, "told-by-eight", 13, 8);
	mask_add_in(two, "told-by-eight", 13, 9); /* two sources have given this value */
	masked_is("told-by-eight", "***");
	mask_cut_texts(true);
	masked_is("x told-by-\xE2\x80\xA6", "x ***\xE2\x80\xA6");
	masked_is("x told-by-", "x ***");
	masked_is("x told-by", NULL);
	mask_cut_texts(false);
	masked_is("x told-by-", NULL);
	masked_is("x told-by-\xE2\x80\xA6 told-by-e\xE2\x80\xA6",
		  "x ***\xE2\x80\xA6 ***\xE2\x80\xA6");
	masked_is("x told-by\xE2\x80\xA6", NULL);
	mask_enter(NULL);
}

/* The first part of a value is also found in an escaped text that was cut, even in an escape. */
static void
cut_spellings(void)
{
	add("told-by-nine/100%");
	masked_is("told%2Dby%2Dnine\xE2\x80\xA6", "***\xE2\x80\xA6");
	masked_is("told%2Dby%2Dni%6\xE2\x80\xA6", "***%6\xE2\x80\xA6");
	masked_is("\\u0074\\u006f\\u006c\\u0064\\u002d\\u0062\\u0079\\u002d\\u006\xE2\x80\xA6",
		  "***\\u006\xE2\x80\xA6");
	masked_is("dG9sZC1ieS1uaW5\xE2\x80\xA6 ", "***\xE2\x80\xA6 ");
	masked_is("dG9sZC1ieS1uaW5 ", NULL);
	masked_is("746f6c642d62792d6e69\xE2\x80\xA6", "***\xE2\x80\xA6");
	masked_is("told%2Dby%2Dnine ", NULL);
}

static void
record_is(const char *text, const char *expected)
{
	size_t len = 0;
	char *masked = mask_record(text, strlen(text), &len);

	ASSERT_STR(masked, expected);
	CU_ASSERT(masked == NULL || strlen(masked) == len);
	CU_ASSERT_PTR_NULL(mask_apply(text, strlen(text), NULL));
	free(masked);
}

#define HEX32 "0123456789abcdef0123456789abcdef"
#define TEXT43 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO-_"

/* Texts that are kept are masked by the form of a secret too. */
static void
forms(void)
{
	record_is("token lh_" TEXT43 ".", "token ***.");
	record_is("lh_short dapi dapi123 eyJ.a.b sig=1 Bearer of bad news", NULL);
	record_is("dapi" HEX32 "-2, dose" HEX32, "***, ***");
	record_is("xdapi" HEX32, NULL);
	record_is("Authorization: bearer abcdefghijklmnopqrstuvwxyz==",
		  "Authorization: bearer ***==");
	record_is("Authorization: Basic bWU6YSBzZWNyZXQgcGFzc3dvcmQ=", "Authorization: Basic ***=");
	record_is("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2ln", "***");
	record_is("see http://ann:correct@example.com/x?a=b",
		  "see http://ann:***@example.com/x?a=b");
	record_is("see http://ann@example.com:80/x:y@z and ://a:b@c", NULL);
	record_is("?X-Amz-Date=1&X-Amz-Signature=" HEX32 "&a=b",
		  "?X-Amz-Date=1&X-Amz-Signature=***&a=b");
	record_is("?sv=1&sig=abcdefghijklmnop%3D&se=2", "?sv=1&sig=***&se=2");
	record_is("-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----",
		  "-----BEGIN PRIVATE KEY-----***-----END PRIVATE KEY-----");
	record_is("-----BEGIN RSA PRIVATE KEY-----\nMII", "-----BEGIN RSA PRIVATE KEY-----***");
	record_is("-----BEGIN CERTIFICATE-----\nMIIB", NULL);
	record_is("-----BEGIN RSA PRIVATE KEY-----M", NULL); /* shorter than what replaces it */
	record_is("http://a:b@c http://a:bcd@e http://a:bcde@f",
		  "http://a:b@c http://a:bcd@e http://a:***@f");
	record_is("%6ch_" TEXT43, "***"); /* percent-encoded */
	record_is("{\\\"a\\\":\\\"lh_" TEXT43 "\\\"}", "{\\\"a\\\":\\\"***\\\"}");
	record_is("Z2hwXzAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmMDEyMw", "***"); /* base64 */
}

/* A text that repeats the beginning of a token. An earlier version needed seven seconds for 128 kB
 * of it, and four times as long for twice as much. */
static void
beginnings(void)
{
	static const char token[] = " eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2ln";
	size_t len = (size_t)1 << 20;
	char *text = malloc(len + sizeof(token)), *masked;

	for (size_t i = 0; i < len; i++)
		text[i] = "-eyJ"[i % 4];
	strcpy(text + len, token);
	masked = mask_record(text, len + sizeof(token) - 1, NULL);
	CU_ASSERT(masked != NULL && strcmp(masked + len, " ***") == 0);
	free(masked);
	free(text);
}

static void
caps(void)
{
	char value[32], *long_one;

	mask_pin("pinned-value", 12);
	mask_pin("old-credential", 14);
	mask_unpin("old-credential", 14);
	add("first-value");
	add("second-value");
	for (unsigned i = 0; i < MASK_VALUES_MAX - 2; i++)
		mask_add(value, (size_t)sprintf(value, "filler-%06u", i));
	masked_is("first-value old-credential", "*** ***"); /* not counted among those */
	add("first-value");				    /* now the youngest */
	add("one-more");
	masked_is("first-value second-value one-more", "*** second-value ***");
	for (unsigned i = 0; i < 3 * MASK_VALUES_MAX; i++) {
		size_t len = (size_t)sprintf(value, "plugin-%06u", i);

		mask_add_in(two, value, len, 0);
	}
	masked_is("first-value one-more pinned-value", "*** *** ***");
	long_one = malloc(MASK_BYTES_MAX + 1);
	memset(long_one, 'l', MASK_BYTES_MAX + 1);
	mask_add(long_one, MASK_BYTES_MAX + 1);
	masked_is("first-value llllllll pinned-value", "*** llllllll ***");
	memset(long_one, 'm', MASK_BYTES_MAX);
	mask_add(long_one, MASK_BYTES_MAX);
	masked_is("first-value one-more pinned-value", "first-value one-more ***");
	free(long_one);
}

/* Many long values with the same beginning, and a text that is similar to them. An earlier version
 * blocked other threads for 21 seconds here. */
static void
alike(void)
{
	size_t len = 38000;
	char *value = malloc(len + 8), *text = malloc(len + 1000), *masked;

	memset(value, 'a', len);
	memset(text, 'a', len + 1000);
	for (int i = 0; i < 20; i++)
		mask_add(value, len + (size_t)sprintf(value + len, "b%d", i));
	for (int i = 0; i < 20; i++)
		CU_ASSERT_PTR_NULL(mask_apply(text, len + 1000, NULL));
	memcpy(text + 1000 - 3, value, len);
	memcpy(text + len + 997, "b19", 3);
	masked = mask_apply(text, len + 1000, NULL);
	CU_ASSERT(masked != NULL && strcmp(masked + 997, "***") == 0);
	free(masked);
	free(value);
	free(text);
}

/* Tokens of many users come and go. They must not replace the secrets that somebody gave. */
static void
former_credentials_replace_no_given_secret(void)
{
	char token[32];
	char *masked;
	size_t len;

	mask_add("given-secret-value", 18);
	for (unsigned i = 0; i < 3 * MASK_VALUES_MAX; i++) {
		snprintf(token, sizeof(token), "token-of-user-%u", i);
		mask_pin(token, strlen(token));
		mask_unpin(token, strlen(token));
	}
	masked = mask_apply("given-secret-value", 18, &len);
	CU_ASSERT_PTR_NOT_NULL(masked);
	free(masked);
	masked = mask_apply(token, strlen(token), &len);
	CU_ASSERT_PTR_NOT_NULL(masked);
	free(masked);
	masked = mask_apply("token-of-user-1 ", 16, &len); /* enough others were replaced since */
	CU_ASSERT_PTR_NULL(masked);
	free(masked);
}

static const struct test tests[] = {
	TEST(finds_all),
	TEST(finds_other_spellings),
	TEST(scopes),
	TEST(values_change),
	TEST(writers),
	TEST(cut_spellings),
	TEST(forms),
	TEST(caps),
	TEST(alike),
	TEST(beginnings),
	TEST(former_credentials_replace_no_given_secret),
};
SUITE(tests)

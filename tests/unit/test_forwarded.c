/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the store of forwarded tokens: which texts are tokens, that a number always means the
 * same token, and that the store is bounded. */
#include "base/forwarded.h"

#include "base/mask.h"
#include "base/mem.h"
#include "suite.h"

static void
only_tokens_are_valid(void)
{
	static const char *const bad[] = { "",	   " ",	    "a b",	"a,b", "\"a\"", "a\r\nb",
					   "a\tb", "a\x7f", "\xc3\xa4", "a;b", "a%20b" };
	char *longest = xcalloc(1, FORWARDED_TOKEN_MAX + 2);

	CU_ASSERT(forwarded_valid("eyJhbGciOiJSUzI1NiJ9.e30.a-b_c"));
	CU_ASSERT(forwarded_valid("dapi+/=~"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT(!forwarded_valid(bad[i]));
	memset(longest, 'a', FORWARDED_TOKEN_MAX);
	CU_ASSERT(forwarded_valid(longest));
	longest[FORWARDED_TOKEN_MAX] = 'a';
	CU_ASSERT(!forwarded_valid(longest));
	free(longest);
}

static void
a_number_means_one_token(void)
{
	uint64_t ann = forwarded_keep("token-of-ann", 0), bob = forwarded_keep("token-of-bob", 0);

	CU_ASSERT(ann != 0 && bob != 0 && ann != bob);
	ASSERT_INT(forwarded_keep("token-of-ann", 1), ann);
	ASSERT_STR(forwarded_token(ann, 2), "token-of-ann");
	ASSERT_STR(forwarded_token(bob, 2), "token-of-bob");
	ASSERT_STR(forwarded_token(0, 2), NULL);
	ASSERT_STR(forwarded_token(bob + 1, 2), NULL);
	forwarded_forget();
	ASSERT_STR(forwarded_token(ann, 3), NULL);
	CU_ASSERT(forwarded_keep("token-of-ann", 3) > bob);
	forwarded_forget();
}

static void
a_token_is_masked(void)
{
	static const char text[] = "the reply repeats token-of-carol here";
	char *masked;
	size_t len;

	forwarded_keep("token-of-carol", 0);
	masked = mask_apply(text, strlen(text), &len);
	CU_ASSERT_PTR_NOT_NULL(masked);
	CU_ASSERT(masked == NULL || strstr(masked, "carol") == NULL);
	free(masked);
	forwarded_forget();
	masked = mask_apply(text, strlen(text), &len); /* a service may still repeat it */
	CU_ASSERT_PTR_NOT_NULL(masked);
	free(masked);
}

static void
old_tokens_are_removed(void)
{
	uint64_t first = forwarded_keep("first", 0), used = forwarded_keep("used", 0);

	ASSERT_STR(forwarded_token(used, FORWARDED_IDLE_MS - 1), "used");
	ASSERT_STR(forwarded_token(first, FORWARDED_IDLE_MS), NULL);
	forwarded_keep("other", FORWARDED_IDLE_MS);
	ASSERT_STR(forwarded_token(used, FORWARDED_IDLE_MS), "used");
	ASSERT_STR(forwarded_token(first, 1), NULL); /* it is not there any more */
	forwarded_forget();
}

static void
the_end_of_a_token_is_found(void)
{
	ASSERT_INT(forwarded_end_s("eyJhbGciOiJub25lIn0.eyJleHAiOjE5MDAwMDAwMDB9.x"), 1900000000);
	ASSERT_INT(forwarded_end_s("dapi0123"), 0);
	ASSERT_INT(forwarded_end_s("a.b"), 0);
	ASSERT_INT(forwarded_end_s("a..c"), 0);
	ASSERT_INT(forwarded_end_s("a.e30.c"), 0);		/* {} */
	ASSERT_INT(forwarded_end_s("a.eyJleHAiOi0xfQ.c"), 0);	/* {"exp":-1} */
	ASSERT_INT(forwarded_end_s("a.eyJleHAiOiIxIn0x.c"), 0); /* {"exp":"1"}1 */
	ASSERT_INT(forwarded_end_s("a.W3siZXhwIjoxfV0.c"), 0);	/* [{"exp":1}] */
}

static void
the_number_of_tokens_is_bounded(void)
{
	uint64_t number[FORWARDED_MAX + 1];
	char text[32];

	for (unsigned i = 0; i <= FORWARDED_MAX; i++) {
		snprintf(text, sizeof(text), "t%u", i);
		number[i] = forwarded_keep(text, 0);
		if (i == FORWARDED_MAX - 1) /* the one that was used last is not removed */
			ASSERT_STR(forwarded_token(number[0], 0), "t0");
	}
	ASSERT_STR(forwarded_token(number[0], 0), "t0");
	ASSERT_STR(forwarded_token(number[1], 0), NULL);
	ASSERT_STR(forwarded_token(number[2], 0), "t2");
	forwarded_forget();
}

static const struct test tests[] = {
	TEST(only_tokens_are_valid),	   TEST(a_number_means_one_token),
	TEST(a_token_is_masked),	   TEST(old_tokens_are_removed),
	TEST(the_end_of_a_token_is_found), TEST(the_number_of_tokens_is_bounded),
};
SUITE(tests)

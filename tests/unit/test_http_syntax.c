/* SPDX-License-Identifier: Apache-2.0 */
#include "base/http_syntax.h"

#include "suite.h"

#define TRACE "0123456789abcdef0123456789abcdef"
#define PARENT "0123456789abcdef"

static void
tokens(void)
{
	static const char others[] = "\"(),/:;<=>?@[\\]{} \t\x7f\xc3";

	CU_ASSERT(http_token("!#$%&'*+-.^_`|~09azAZ"));
	CU_ASSERT(http_token("X"));
	CU_ASSERT(!http_token(""));
	CU_ASSERT(!http_token("a b"));
	CU_ASSERT(!http_token("a:"));
	CU_ASSERT(!http_token_char('\0'));
	for (size_t i = 0; i < sizeof(others) - 1; i++)
		CU_ASSERT(!http_token_char(others[i]));
}

static void
methods(void)
{
	CU_ASSERT(http_method("GET", 3));
	CU_ASSERT(http_method("PATCH /a", 5));
	CU_ASSERT(!http_method("get", 3));
	CU_ASSERT(!http_method("GE", 2));
	CU_ASSERT(!http_method("", 0));
	CU_ASSERT(!http_method("CONNECT", 7));
	CU_ASSERT(!http_method("OPTIONS", 7));
}

static void
traceparents(void)
{
	CU_ASSERT(traceparent_valid("00-" TRACE "-" PARENT "-01"));
	CU_ASSERT(traceparent_valid("00-" TRACE "-" PARENT "-00"));
	CU_ASSERT(!traceparent_valid(NULL));
	CU_ASSERT(!traceparent_valid(""));
	CU_ASSERT(!traceparent_valid("00-"));
	CU_ASSERT(!traceparent_valid("01-" TRACE "-" PARENT "-01"));
	CU_ASSERT(!traceparent_valid("00-" TRACE "-" PARENT "-01-x"));
	CU_ASSERT(!traceparent_valid("00-" TRACE "-" PARENT "-0"));
	CU_ASSERT(!traceparent_valid("00-" TRACE "-" PARENT "-0G"));
	CU_ASSERT(!traceparent_valid("00-" TRACE PARENT "--01"));
	CU_ASSERT(!traceparent_valid("00-0123456789ABCDEF0123456789abcdef-" PARENT "-01"));
	CU_ASSERT(!traceparent_valid("00-00000000000000000000000000000000-" PARENT "-01"));
	CU_ASSERT(!traceparent_valid("00-" TRACE "-0000000000000000-01"));
}

static const struct test tests[] = { TEST(tokens), TEST(methods), TEST(traceparents) };
SUITE(tests)

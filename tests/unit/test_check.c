/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what an operator sees of a failed CHECK(): a line on standard error, then SIGABRT. */
#include "base/check.h"

#include "base/log.h"
#include "child.h"
#include "suite.h"

static void
hold(void)
{
	const char *volatile word = "a";

	CHECK(strcmp(word, "a") == 0);
	CHECK(word);
}

static void
fail(void)
{
	const char *volatile word = "b";

	CHECK(strcmp(word, "a\"") == 0);
}

static void
fail_without_log(void)
{
	log_init(LOG_OFF, false);
	fail();
}

static void
fail_with_text_log(void)
{
	log_init(LOG_INFO, true);
	fail();
}

static void
a_true_condition_costs_nothing(void)
{
	ASSERT_INT(child_run(hold), 0);
	ASSERT_STR(child_output(), "");
}

static void
a_false_one_ends_the_process_with_a_line(void)
{
	CU_ASSERT(child_aborts(fail));
	CU_ASSERT(strncmp(child_output(), "{\"ts\":\"", 7) == 0);
	CU_ASSERT(strstr(child_output(), "\"level\":\"error\",\"message\":\"") != NULL);
	CU_ASSERT(strstr(child_output(), "test_check.c:") != NULL);
	CU_ASSERT(strstr(child_output(),
			 ": CHECK(strcmp(word, \\\"a\\\\\\\"\\\") == 0) failed\"}\n") != NULL);
}

static void
the_line_comes_when_the_log_is_off(void)
{
	CU_ASSERT(child_aborts(fail_without_log));
	CU_ASSERT(strstr(child_output(), ": CHECK(strcmp(") != NULL);
}

static void
the_line_is_text_on_a_terminal(void)
{
	CU_ASSERT(child_aborts(fail_with_text_log));
	CU_ASSERT(strstr(child_output(), "Z error   ") != NULL);
	CU_ASSERT(strstr(child_output(), ": CHECK(strcmp(word, \"a\\\"\") == 0) failed\n") != NULL);
}

static const struct test tests[] = {
	TEST(a_true_condition_costs_nothing),
	TEST(a_false_one_ends_the_process_with_a_line),
	TEST(the_line_comes_when_the_log_is_off),
	TEST(the_line_is_text_on_a_terminal),
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* CHECK() as an operator sees it: a line on standard error, then SIGABRT. */
#include "base/check.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "suite.h"

static char output[4096];

/* Runs `fn` in a child and keeps what it wrote to standard error; the child's wait status. */
static int
run_in_child(void (*fn)(void))
{
	struct rlimit no_core = { 0, 0 };
	int ends[2], status = -1;
	size_t len = 0;
	ssize_t got;
	pid_t child;

	if (pipe(ends) != 0 || (child = fork()) < 0)
		abort();
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		dup2(ends[1], STDERR_FILENO);
		fn();
		_exit(0);
	}
	close(ends[1]);
	while (len < sizeof(output) - 1 &&
	       (got = read(ends[0], output + len, sizeof(output) - 1 - len)) > 0)
		len += (size_t)got;
	output[len] = '\0';
	close(ends[0]);
	waitpid(child, &status, 0);
	return status;
}

static void
assert_aborted(int status)
{
	CU_ASSERT(WIFSIGNALED(status));
	ASSERT_INT(WTERMSIG(status), SIGABRT);
}

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
	ASSERT_INT(run_in_child(hold), 0);
	ASSERT_STR(output, "");
}

static void
a_false_one_ends_the_process_with_a_line(void)
{
	assert_aborted(run_in_child(fail));
	CU_ASSERT(strncmp(output, "{\"ts\":\"", 7) == 0);
	CU_ASSERT(strstr(output, "\"level\":\"error\",\"message\":\"") != NULL);
	CU_ASSERT(strstr(output, "test_check.c:") != NULL);
	CU_ASSERT(strstr(output, ": CHECK(strcmp(word, \\\"a\\\\\\\"\\\") == 0) failed\"}\n") !=
		  NULL);
}

static void
the_line_comes_when_the_log_is_off(void)
{
	assert_aborted(run_in_child(fail_without_log));
	CU_ASSERT(strstr(output, ": CHECK(strcmp(") != NULL);
}

static void
the_line_is_text_on_a_terminal(void)
{
	assert_aborted(run_in_child(fail_with_text_log));
	CU_ASSERT(strstr(output, "Z error   ") != NULL);
	CU_ASSERT(strstr(output, ": CHECK(strcmp(word, \"a\\\"\") == 0) failed\n") != NULL);
}

static const struct test tests[] = {
	TEST(a_true_condition_costs_nothing),
	TEST(a_false_one_ends_the_process_with_a_line),
	TEST(the_line_comes_when_the_log_is_off),
	TEST(the_line_is_text_on_a_terminal),
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the log; stderr is a pipe here. */
#include "base/log.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/json.h"
#include "child.h"
#include "suite.h"

static int reader, kept_stderr;

static void
capture(enum log_level level, bool text)
{
	int ends[2];

	if (pipe(ends) != 0)
		abort();
	kept_stderr = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	reader = ends[0];
	fcntl(reader, F_SETFL, O_NONBLOCK);
	log_init(level, text);
}

static void
release(void)
{
	dup2(kept_stderr, STDERR_FILENO);
	close(kept_stderr);
	close(reader);
	log_init(LOG_INFO, false);
}

/* The lines that were written since the last call. */
static const char *
logged(void)
{
	static char text[100000];
	ssize_t len = read(reader, text, sizeof(text) - 1);

	text[len > 0 ? len : 0] = '\0';
	return text;
}

/* The line after the time stamp, whose form is checked. */
static const char *
stamped(const char *line, const char *before)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ";
	size_t len = strlen(before);

	CU_ASSERT(strncmp(line, before, len) == 0);
	for (size_t i = 0; i < sizeof(form) - 1; i++) {
		char c = line[len + i];

		CU_ASSERT(form[i] == 'd' ? c >= '0' && c <= '9' : c == form[i]);
	}
	return line + len + sizeof(form) - 1;
}

static void
events_are_json_lines(void)
{
	capture(LOG_INFO, false);
	log_event(LOG_INFO, "call", "tool", "s", "x\"\n\x1b[1m", "ms", "i", INT64_C(-12), "ok", "b",
		  1, "gone", "s", NULL, "end", "s", "", NULL);
	ASSERT_STR(
	    stamped(logged(), "{\"ts\":\""),
	    "\",\"level\":\"info\",\"event\":\"call\",\"tool\":\"x\\\"\\n\\u001b[1m\",\"ms\":-12,"
	    "\"ok\":true,\"end\":\"\"}\n");
	log_line(LOG_ERROR, "%d items\r\n", 3);
	ASSERT_STR(stamped(logged(), "{\"ts\":\""),
		   "\",\"level\":\"error\",\"message\":\"3 items\\r\\n\"}\n");
	release();
}

static void
text_is_safe_on_a_terminal(void)
{
	capture(LOG_INFO, true);
	log_event(LOG_NOTICE, "call", "tool", "s", "word", "a", "s", "two words", "e", "s", "", "q",
		  "s", "a=b", NULL);
	ASSERT_STR(stamped(logged(), ""),
		   " notice  call tool=word a=\"two words\" e=\"\" q=\"a=b\"\n");
	log_line(LOG_WARNING, "%s",
		 "a\x1b[2J\r\nb\x7f\xC2\x9B"
		 "31m\xE2\x80\xAE"
		 "c\xFF");
	ASSERT_STR(stamped(logged(), ""),
		   " warning a\\u001b[2J\\r\\nb\\u007f\\u009b31m\\u202ec\xEF\xBF\xBD\n");
	release();
}

static void
levels(void)
{
	enum log_level level;

	capture(LOG_WARNING, false);
	log_line(LOG_NOTICE, "no");
	log_event(LOG_DEBUG, "no", NULL);
	ASSERT_STR(logged(), "");
	log_line(LOG_WARNING, "yes");
	CU_ASSERT(strstr(logged(), "yes") != NULL);
	CU_ASSERT(!log_enabled(LOG_NOTICE) && log_enabled(LOG_ERROR));
	release();
	CU_ASSERT(log_level_parse("DEBUG", &level) && level == LOG_DEBUG);
	CU_ASSERT(log_level_parse("warn", &level) && level == LOG_WARNING);
	CU_ASSERT(log_level_parse("Error", &level) && level == LOG_ERROR);
	CU_ASSERT(!log_level_parse("loud", &level) && !log_level_parse("", &level));
}

static void
long_lines_are_cut_and_stay_json(void)
{
	static char value[70000];
	struct json_object *tree;
	const char *line;

	capture(LOG_INFO, false);
	for (size_t i = 0; i + 2 < sizeof(value); i++)
		value[i] = i % 2 == 0 ? '\xC3' : '\xBC';
	log_event(LOG_INFO, "e", "a", "s", value, "b", "s", value, "c", "s", value, "d", "s", value,
		  "n", "i", INT64_C(1), NULL);
	line = logged();
	CU_ASSERT(strlen(line) <= 4096);
	tree = json_parse(line, strlen(line), &json_inbound, NULL, NULL);
	CU_ASSERT(json_flag(tree, "truncated", false));
	CU_ASSERT(json_str(tree, "c") != NULL && json_str(tree, "d") == NULL);
	json_object_put(tree);
	log_line(LOG_INFO, "%s", value);
	CU_ASSERT(strstr(logged(), "too long") != NULL);
	release();
}

static void
a_slow_reader_does_not_block_the_host(void)
{
	static char text[100000];
	int64_t said = 0;
	size_t lines = 0;

	capture(LOG_INFO, false);
	for (int i = 0; i < 3000; i++)
		log_line(LOG_INFO, "a line that fills the pipe sooner or later");
	while (read(reader, text, sizeof(text)) > 0)
		for (char *p = text; (p = strchr(p, '\n')) != NULL; p++)
			lines++;
	log_line(LOG_INFO, "after");
	memcpy(text, logged(), sizeof(text));
	sscanf(strstr(text, "\"lines\":") + 8, "%ld", &said);
	CU_ASSERT(strstr(text, "log_lost") != NULL && said > 0);
	CU_ASSERT(strstr(text, "after") != NULL);
	release();
	CU_ASSERT(lines > 0 && lines + (size_t)said == 3000);
}

static void
masks_cover_logs(void)
{
	capture(LOG_INFO, false);
	mask_add("hunter22", 8);
	mask_add("with \"quotes\"", 13);
	log_event(LOG_INFO, "e", "a", "s", "x hunter22 y", "b", "s", "with \"quotes\"", NULL);
	CU_ASSERT(strstr(logged(), "\"a\":\"x *** y\",\"b\":\"***\"}") != NULL);
	log_line(LOG_INFO, "pass=%s;", "hunter22");
	CU_ASSERT(strstr(logged(), "\"pass=***;\"") != NULL);
	release();
}

/* The text is masked before it is cut, so that no part of a secret remains at the limit. */
static void
masks_cover_the_place_of_a_cut(void)
{
	char value[2000];

	capture(LOG_INFO, false);
	mask_add("SECRETSECRETSECRET", 18);
	for (size_t at = 1000; at < 1030; at++) {
		memset(value, 'x', sizeof(value));
		memcpy(value + at, "SECRETSECRETSECRET", 18);
		value[sizeof(value) - 1] = '\0';
		log_event(LOG_INFO, "e", "v", "s", value, NULL);
		CU_ASSERT(strstr(logged(), "SEC") == NULL);
	}
	release();
}

static void *
log_and_mask(void *data)
{
	char value[32];

	for (int i = 0; i < 50; i++) {
		mask_add(value, (size_t)sprintf(value, "%s-%d", (char *)data, i));
		log_event(LOG_INFO, "t", "v", "s", value, NULL);
	}
	return NULL;
}

static void
any_thread_may_log(void)
{
	static char names[4][8] = { "one-x", "two-x", "three-x", "four-x" };
	pthread_t threads[4];
	struct json_object *tree;
	const char *line, *end;
	int lines = 0;

	capture(LOG_INFO, false);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, log_and_mask, names[i]);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	for (line = logged(); (end = strchr(line, '\n')) != NULL; line = end + 1, lines++) {
		tree = json_parse(line, (size_t)(end - line), &json_inbound, NULL, NULL);
		ASSERT_STR(json_str(tree, "v"), "***");
		json_object_put(tree);
	}
	release();
	CU_ASSERT(lines > 100);
}

/* ---- held lines ------------------------------------------------------------------------------ */

static void
held_lines_are_written_together_and_in_order(void)
{
	const char *text, *first, *second;

	capture(LOG_INFO, true);
	log_hold(true);
	log_line(LOG_INFO, "first");
	log_event(LOG_INFO, "second", "id", "w", "a1b2", "n", "i", INT64_MIN, NULL);
	ASSERT_STR(logged(), "");
	log_flush();
	text = logged();
	first = strstr(text, " info    first\n");
	second = strstr(text, " info    second id=a1b2 n=-9223372036854775808\n");
	CU_ASSERT(first != NULL && second != NULL && first < second);
	log_flush();
	ASSERT_STR(logged(), "");
	log_line(LOG_INFO, "third");
	ASSERT_STR(logged(), "");
	log_hold(false);
	CU_ASSERT(strstr(logged(), "third") != NULL);
	log_line(LOG_INFO, "fourth");
	CU_ASSERT(strstr(logged(), "fourth") != NULL);
	release();
}

/* A pipe takes a chunk of PIPE_BUF bytes whole. */
static void
held_lines_are_written_in_chunks(void)
{
	static char all[100000];
	size_t lines = 0, len = 0;
	char value[201];
	ssize_t got;

	memset(value, 'v', sizeof(value));
	value[200] = '\0';
	capture(LOG_INFO, false);
	log_hold(true);
	for (int i = 0; i < 100; i++)
		log_event(LOG_INFO, "e", "v", "s", value, NULL);
	log_hold(false);
	while ((got = read(reader, all + len, PIPE_BUF)) > 0)
		len += (size_t)got;
	all[len] = '\0';
	for (const char *p = all; (p = strstr(p, "vv\"}\n{\"ts\"")) != NULL; p++)
		lines++;
	ASSERT_INT(lines, 99);
	release();
}

static void *
log_one(void *data)
{
	log_line(LOG_INFO, "%s", (const char *)data);
	return NULL;
}

static void
another_thread_writes_behind_held_lines(void)
{
	static char name[] = "from a thread";
	const char *text;
	pthread_t thread;

	capture(LOG_INFO, true);
	log_hold(true);
	log_line(LOG_INFO, "from the loop");
	pthread_create(&thread, NULL, log_one, name);
	pthread_join(thread, NULL);
	text = logged();
	CU_ASSERT(strstr(text, "from the loop") != NULL);
	CU_ASSERT(strstr(text, "from the loop") < strstr(text, name));
	log_hold(false);
	release();
}

static void
hold_a_line(void)
{
	log_init(LOG_INFO, true);
	log_hold(true);
	log_line(LOG_INFO, "held");
}

static void
hold_and_abort(void)
{
	hold_a_line();
	abort();
}

static void
hold_and_check(void)
{
	const char *volatile nothing = NULL;

	hold_a_line();
	CHECK(nothing != NULL);
}

static void
hold_and_fault(void)
{
	hold_a_line();
	kill(getpid(), SIGSEGV);
	pause();
}

/* called through a pointer: the compiler must not see that it does not end */
static void (*volatile deeper)(int depth);

static void
use_the_whole_stack(int depth)
{
	volatile char room[4096];

	room[0] = (char)depth;
	deeper(depth + 1);
	room[1] = room[0];
}

static void
hold_and_overflow(void)
{
	struct rlimit small = { 256 << 10, 256 << 10 };

	setrlimit(RLIMIT_STACK, &small);
	hold_a_line();
	deeper = use_the_whole_stack;
	deeper(0);
}

static void
held_lines_come_before_the_end_of_the_process(void)
{
	static void (*const ends[])(void) = { hold_and_abort, hold_and_check, hold_and_fault,
					      hold_and_overflow };
	static const int signals[] = { SIGABRT, SIGABRT, SIGSEGV, SIGSEGV };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		int status = child_run(ends[i]);

		/* a sanitizer reports a fault in its own way, after the earlier action was
		 * restored */
		CU_ASSERT(status != 0 && (!WIFSIGNALED(status) || WTERMSIG(status) == signals[i]));
		CU_ASSERT(strstr(child_output(), " info    held\n") != NULL);
	}
}

static const struct test tests[] = {
	TEST(events_are_json_lines),
	TEST(text_is_safe_on_a_terminal),
	TEST(levels),
	TEST(long_lines_are_cut_and_stay_json),
	TEST(a_slow_reader_does_not_block_the_host),
	TEST(masks_cover_logs),
	TEST(masks_cover_the_place_of_a_cut),
	TEST(any_thread_may_log),
	TEST(held_lines_are_written_together_and_in_order),
	TEST(held_lines_are_written_in_chunks),
	TEST(another_thread_writes_behind_held_lines),
	TEST(held_lines_come_before_the_end_of_the_process),
};
SUITE(tests)

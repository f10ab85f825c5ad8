/* SPDX-License-Identifier: Apache-2.0 */
/* The log for a reader: stderr is a pipe here. */
#include "base/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <unistd.h>

#include "base/json.h"
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

/* The lines since the last call. */
static const char *
logged(void)
{
	static char text[100000];
	ssize_t len = read(reader, text, sizeof(text) - 1);

	text[len > 0 ? len : 0] = '\0';
	return text;
}

/* After the time stamp, whose form is checked. */
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

/* Masked before it is cut: no part of a secret stays at the limit. */
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

static const struct test tests[] = {
	TEST(events_are_json_lines),
	TEST(text_is_safe_on_a_terminal),
	TEST(levels),
	TEST(long_lines_are_cut_and_stay_json),
	TEST(a_slow_reader_does_not_block_the_host),
	TEST(masks_cover_logs),
	TEST(masks_cover_the_place_of_a_cut),
	TEST(any_thread_may_log),
};
SUITE(tests)

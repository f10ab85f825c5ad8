/* SPDX-License-Identifier: Apache-2.0 */
/* Whoever changes an audit log is found. */
#include "audit/verify.h"

#include <signal.h>
#include <unistd.h>

#include "audit_rig.h"
#include "base/mem.h"
#include "folder.h"
#include "suite.h"
#include "texts.h"

static struct verify_report report;
static char said[20000];

static void
check(const char *text, const struct verify_checkpoint *checkpoint, size_t checkpoints)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	FILE *out = fmemopen(said, sizeof(said), "w");

	audit_verify(file, rig_settings.key, checkpoint, checkpoints, out, &report);
	fclose(file);
	fclose(out);
}

/* Two chains: one of three calls, one of two. For free(). */
static char *
make_log(void)
{
	for (int i = 0; i < 3; i++) {
		CU_ASSERT(i > 0 || rig_start());
		rig_call("first");
	}
	audit_stop();
	CU_ASSERT(rig_start());
	rig_call("second");
	rig_call("second");
	audit_stop();
	return xstrdup(rig_text("a.log"));
}

/* The place of the n-th line, from 0. */
static size_t
line_at(const char *text, size_t n)
{
	const char *at = text;

	while (n-- > 0)
		at = strchr(at, '\n') + 1;
	return (size_t)(at - text);
}

/* A copy without `n` lines from the `first` one on. */
static char *
without(const char *text, size_t first, size_t n)
{
	char *copy = xstrdup(text);
	size_t from = line_at(text, first), to = line_at(text, first + n);

	memmove(copy + from, copy + to, strlen(copy + to) + 1);
	return copy;
}

static void
what_was_written_is_intact(void)
{
	char *log;

	rig_begin();
	log = make_log();
	check(log, NULL, 0);
	ASSERT_STR(said, "");
	ASSERT_INT(report.faults, 0);
	ASSERT_INT(report.lines, 9);
	ASSERT_INT(report.chains, 2);
	ASSERT_INT(report.after, 0);
	free(log);
	rig_end();
}

/* Each byte of each line in turn becomes another one. */
static void
each_changed_byte_is_found(void)
{
	size_t missed = 0, len;
	char *log;

	rig_begin();
	log = make_log();
	len = strlen(log);
	for (size_t i = 0; i + 1 < len; i += 7) {
		char kept = log[i];

		log[i] = kept == '5' ? '6' : '5';
		check(log, NULL, 0);
		missed += report.faults == 0;
		log[i] = kept;
	}
	ASSERT_INT(missed, 0);
	free(log);
	rig_end();
}

static void
each_missing_line_is_found(void)
{
	char *log, *less;

	rig_begin();
	log = make_log();
	for (size_t first = 0; first < 8; first++) {
		for (size_t n = 1; first + n < 9; n++) {
			less = without(log, first, n);
			check(less, NULL, 0);
			CU_ASSERT(report.faults > 0);
			free(less);
		}
	}
	less = without(log, 2, 2);
	check(less, NULL, 0);
	has(said, "lines 3 to 4 of chain");
	free(less);
	free(log);
	rig_end();
}

static void
lines_in_another_order_are_found(void)
{
	char *log, *mixed;
	size_t from, to;

	rig_begin();
	log = make_log();
	for (size_t i = 0; i < 8; i++) {
		mixed = without(log, i, 1);
		from = line_at(log, i);
		to = line_at(log, i + 1);
		memmove(mixed + line_at(mixed, i + 1) + (to - from), mixed + line_at(mixed, i + 1),
			strlen(mixed + line_at(mixed, i + 1)) + 1);
		memcpy(mixed + line_at(log, i) + (line_at(log, i + 2) - to), log + from, to - from);
		check(mixed, NULL, 0);
		CU_ASSERT(report.faults > 0);
		free(mixed);
	}
	free(log);
	rig_end();
}

static void
another_key_is_not_accepted(void)
{
	char *log;

	rig_begin();
	log = make_log();
	rig_settings.key[0] ^= 1;
	check(log, NULL, 0);
	CU_ASSERT(report.faults > 0);
	has(said, "another key");
	free(log);
	rig_end();
}

/* As after SIGKILL: the file ends in the middle of a line. */
static void
a_torn_last_line_is_said(void)
{
	char *log, *text;

	rig_begin();
	CU_ASSERT(rig_start());
	rig_call("first");
	rig_write();
	text = xstrdup(rig_text("a.log"));
	audit_stop();
	strcpy(text + strlen(text) - 20, "");
	check(text, NULL, 0);
	ASSERT_INT(report.faults, 0);
	ASSERT_INT(report.torn, 1);
	has(said, "line 2: incomplete after");
	rig_put("a.log", text);
	CU_ASSERT(rig_start());
	rig_call("second");
	audit_stop();
	log = xstrdup(rig_text("a.log"));
	check(log, NULL, 0);
	ASSERT_INT(report.faults, 0);
	ASSERT_INT(report.torn, 1);
	has(said, "the next chain says so");
	log[line_at(log, 1) + 5] ^= 1; /* nothing proves what a torn line said */
	check(log, NULL, 0);
	ASSERT_INT(report.faults, 0);
	free(log);
	free(text);
	rig_end();
}

static void
checkpoints_of_the_log_show_a_missing_end(void)
{
	struct verify_checkpoint *list;
	char *log, *less, *lines;
	size_t count;
	FILE *file;

	rig_begin();
	log = make_log();
	lines = xprintf("{\"event\":\"other\"}\n{\"event\":\"audit-checkpoint\",\"at\":\"end\","
			"\"chain\":\"%.16s\",\"seq\":4,\"code\":\"%.43s\"}\n",
			strstr(log + line_at(log, 8), "\"chain\":\"") + 9,
			strstr(log + line_at(log, 8), "\"mac\":\"") + 7);
	file = fmemopen(lines, strlen(lines), "r");
	list = audit_checkpoints(file, &count);
	fclose(file);
	ASSERT_INT(count, 1);
	check(log, list, count);
	ASSERT_INT(report.faults, 0);
	less = without(log, 8, 0);
	less[line_at(less, 8)] = '\0';
	check(less, NULL, 0);
	ASSERT_INT(report.faults, 0);
	check(less, list, count);
	ASSERT_INT(report.faults, 1);
	has(said, "the file does not have that line");
	list[0].code[0] ^= 1;
	check(log, list, count);
	ASSERT_INT(report.faults, 1);
	free(list);
	free(less);
	free(lines);
	free(log);
	rig_end();
}

static void
other_text_is_not_an_audit_log(void)
{
	rig_begin();
	check("hello\n{}\n{\"mac\":\"x\"}\n", NULL, 0);
	CU_ASSERT(report.faults >= 3);
	rig_end();
}

static const struct test tests[] = {
	TEST(what_was_written_is_intact),
	TEST(each_changed_byte_is_found),
	TEST(each_missing_line_is_found),
	TEST(lines_in_another_order_are_found),
	TEST(another_key_is_not_accepted),
	TEST(a_torn_last_line_is_said),
	TEST(checkpoints_of_the_log_show_a_missing_end),
	TEST(other_text_is_not_an_audit_log),
};
SUITE(tests)

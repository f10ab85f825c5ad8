/* SPDX-License-Identifier: Apache-2.0 */
/* The extension of tasks: what becomes one, what a poll tells, and ids that are not to be
 * believed. */
#include "suite.h"

#include "base/loop.h"
#include "era/task_id.h"
#include "era_plugin.h"
#include "era_rig.h"
#include "later.h"

#define EXTENSION "\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}"
#define WITH_TASKS "{" EXTENSION "}"
#define WITH_FORMS "{\"elicitation\":{}," EXTENSION "}"
#define BLUE "{\"action\":\"accept\",\"content\":{\"v\":\"blue\"}}"
#define INVALID_PARAMS (-32602)
#define MISSING_CAPABILITY (-32021)

static struct sent *
call(const char *tool, const char *arguments, const char *capabilities)
{
	char params[512];

	snprintf(params, sizeof(params), "\"name\":\"%s\",\"arguments\":{%s}", tool, arguments);
	return rig_wait(call_capable("tools/call", tool, params, capabilities));
}

static struct sent *
task(const char *method, const char *id, const char *more)
{
	char params[2048];

	snprintf(params, sizeof(params), "\"taskId\":\"%s\"%s", id, more);
	return rig_wait(call_capable(method, id, params, WITH_TASKS));
}

static const char *
status_of(struct sent *sent)
{
	return text_at(sent->answer, "result.status");
}

static void
keep(char *id, size_t size, struct sent *sent)
{
	const char *text = text_at(sent->answer, "result.taskId");

	ASSERT_STR(text_at(sent->answer, "result.resultType"), "task");
	CU_ASSERT_FATAL(text != NULL && strlen(text) < size);
	strcpy(id, text);
}

/* A report that does not end by itself, as a task. */
static void
begin_report(char *id, size_t size)
{
	rig_report = 100000;
	keep(id, size, call("report", "\"format\":\"csv\"", WITH_TASKS));
}

static void
from_creation_to_result(void)
{
	char id[1025];
	struct sent *sent;

	rig_start();
	begin_report(id, sizeof(id));
	CU_ASSERT(rig_report > 0 && rig_report < 100000);
	sent = task("tasks/get", id, "");
	ASSERT_STR(text_at(sent->answer, "result.resultType"), "complete");
	ASSERT_STR(status_of(sent), "working");
	ASSERT_STR(text_at(sent->answer, "result.statusMessage"), "writing");
	ASSERT_INT(int_at(sent->answer, "result.pollIntervalMs"), 500); /* it said 50 */
	CU_ASSERT(at(sent->answer, "result.result") == NULL);
	rig_report = 0;
	sent = task("tasks/get", id, "");
	ASSERT_STR(status_of(sent), "completed");
	ASSERT_STR(text_at(sent->answer, "result.result.content.0.text"), "The report is ready.");
	ASSERT_STR(text_at(sent->answer, "result.result.resultType"), "complete");
	sent = task("tasks/get", id, ""); /* as often as the client likes */
	ASSERT_STR(status_of(sent), "completed");
	rig_stop();
}

/* One tasks/get is one poll. */
static void
one_poll_each(void)
{
	char id[1025];

	rig_start();
	begin_report(id, sizeof(id));
	rig_report = 7;
	ASSERT_STR(status_of(task("tasks/get", id, "")), "working");
	ASSERT_INT(rig_report, 6);
	ASSERT_STR(status_of(task("tasks/get", id, "")), "working");
	ASSERT_INT(rig_report, 5);
	rig_stop();
}

/* Beyond the rate of polls a task is called working, and the service is not asked. An ended one is
 * never called working. */
static void
more_than_may_be_polled(void)
{
	char id[1025];
	struct sent *sent;
	int unseen = 0, polls;

	rig_start();
	begin_report(id, sizeof(id));
	polls = rig_report;
	for (int i = 0; i < 300; i++) {
		sent = task("tasks/get", id, "");
		ASSERT_STR(status_of(sent), "working");
		unseen +=
		    strstr(text_at(sent->answer, "result.statusMessage"), "not looked up") != NULL;
	}
	CU_ASSERT(unseen > 0);
	ASSERT_INT(polls - rig_report, 300 - unseen);
	rig_report = 0;
	do {
		rig_idle(); /* until the next second */
		sent = task("tasks/get", id, "");
	} while (strcmp(status_of(sent), "working") == 0);
	for (int i = 0; i < 300; i++)
		ASSERT_STR(status_of(task("tasks/get", id, "")), "completed");
	rig_stop();
}

static void
not_a_task(void)
{
	struct sent *sent;

	rig_start();
	rig_report = 2; /* the call ends before its deadline */
	sent = call("report", "", WITH_TASKS);
	ASSERT_STR(text_at(sent->answer, "result.resultType"), "complete");
	rig_report = 2; /* the caller does not want to wait */
	sent = call("report", "\"wait_s\":0", WITH_TASKS);
	ASSERT_STR(text_at(sent->answer, "result.resultType"), "complete");
	CU_ASSERT(at(sent->answer, "result._meta.'lakehost/operation'.handle") != NULL);
	rig_report = 3; /* the client does not know tasks */
	sent = call("report", "", "{}");
	ASSERT_STR(text_at(sent->answer, "result.content.0.text"), "The report is ready.");
	sent = call("echo", "\"text\":\"x\"", WITH_TASKS);
	ASSERT_STR(text_at(sent->answer, "result.resultType"), "complete");
	expect_refused(rig_wait(call_modern("tasks/get", "x", "\"taskId\":\"x\"")), 400,
		       MISSING_CAPABILITY);
	rig_stop();
}

static void
ends(void)
{
	char id[1025];
	struct sent *sent;

	rig_start();
	begin_report(id, sizeof(id));
	rig_report = RIG_LOST; /* nothing is learned: the task continues */
	sent = task("tasks/get", id, "");
	ASSERT_STR(status_of(sent), "working");
	CU_ASSERT(strstr(text_at(sent->answer, "result.statusMessage"),
			 "The printer does not answer") != NULL);
	rig_report = RIG_DEFECT;
	sent = task("tasks/get", id, "");
	ASSERT_STR(status_of(sent), "failed");
	ASSERT_INT(int_at(sent->answer, "result.error.code"), -32603);
	CU_ASSERT(strstr(text_at(sent->answer, "result.error.message"), "A pointer") != NULL);
	CU_ASSERT(at(sent->answer, "result.result") == NULL);
	rig_report = 5;
	sent = task("tasks/cancel", id, "");
	CU_ASSERT(at(sent->answer, "result.status") == NULL);
	ASSERT_INT(rig_report, -1);
	sent = task("tasks/get", id, "");
	ASSERT_STR(status_of(sent), "completed"); /* as an error of the tool */
	CU_ASSERT(json_object_get_boolean(at(sent->answer, "result.result.isError")));
	rig_stop();
}

/* The poll asks before the task exists, and while it does; the operation is begun once. */
static void
questions(void)
{
	char id[1025];
	struct sent *sent;

	rig_start();
	rig_quizzes = 0;
	keep(id, sizeof(id), call("quiz", "", WITH_FORMS));
	sent = task("tasks/get", id, "");
	ASSERT_STR(status_of(sent), "input_required");
	ASSERT_STR(text_at(sent->answer, "result.inputRequests.answer.method"),
		   "elicitation/create");
	sent = task("tasks/update", id, ",\"inputResponses\":{\"other\":{},\"answer\":\"blue\"}");
	ASSERT_STR(text_at(sent->answer, "result.resultType"), "complete");
	ASSERT_STR(status_of(task("tasks/get", id, "")), "input_required");
	expect_refused(task("tasks/update", id, ""), 200, INVALID_PARAMS);
	task("tasks/update", id, ",\"inputResponses\":{\"answer\":" BLUE "}");
	sent = task("tasks/get", id, "");
	ASSERT_STR(status_of(sent), "completed");
	ASSERT_STR(text_at(sent->answer, "result.result.content.0.text"), "blue is right.");
	ASSERT_INT(rig_quizzes, 1);
	rig_stop();
}

static void
refused(const char *id)
{
	expect_refused(task("tasks/get", id, ""), 200, INVALID_PARAMS);
	expect_refused(task("tasks/cancel", id, ""), 200, INVALID_PARAMS);
	expect_refused(task("tasks/update", id, ",\"inputResponses\":{}"), 200, INVALID_PARAMS);
}

static void
invalid_ids(void)
{
	char id[1025], damaged[1100];
	size_t len;

	rig_start();
	begin_report(id, sizeof(id));
	rig_report = 9;
	len = strlen(id);
	refused("");
	refused("x");
	for (size_t i = 0; i < len; i += 5) { /* changed anywhere */
		strcpy(damaged, id);
		damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
		refused(damaged);
	}
	for (size_t i = 1; i < len; i += 9) { /* cut anywhere */
		snprintf(damaged, sizeof(damaged), "%.*s", (int)i, id);
		refused(damaged);
	}
	snprintf(damaged, sizeof(damaged), "%sA", id);
	refused(damaged);
	memset(damaged, 'A', 1025);
	damaged[1025] = '\0';
	refused(damaged);
	rig_principal = "mallory"; /* a foreign task looks like one that never was */
	refused(id);
	rig_principal = "local";
	ASSERT_INT(rig_report, 9); /* nothing of this reached the plugin */
	rig_restart();
	ASSERT_STR(status_of(task("tasks/get", id, "")), "working");
	later_ms = (TASK_ID_TTL_S - 60) * INT64_C(1000);
	ASSERT_STR(status_of(task("tasks/get", id, "")), "working");
	later_ms = (TASK_ID_TTL_S + 60) * INT64_C(1000);
	refused(id);
	later_ms = 0;
	rig_stop();
}

/* Handles of the published tools and ids of tasks are not exchangeable. */
static void
of_another_kind(void)
{
	char handle[1025];
	const char *text;
	struct sent *sent;

	rig_start();
	rig_report = 9;
	sent = call("report", "\"wait_s\":0", "{}");
	text = text_at(sent->answer, "result._meta.'lakehost/operation'.handle");
	CU_ASSERT_FATAL(text != NULL && strlen(text) < sizeof(handle));
	strcpy(handle, text);
	refused(handle);
	ASSERT_INT(rig_report, 9);
	rig_stop();
}

static const struct test tests[] = {
	TEST(from_creation_to_result),
	TEST(one_poll_each),
	TEST(more_than_may_be_polled),
	TEST(not_a_task),
	TEST(ends),
	TEST(questions),
	TEST(invalid_ids),
	TEST(of_another_kind),
};
SUITE(tests)

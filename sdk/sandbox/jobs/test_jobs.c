/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of jobs and runs: definitions, history, runs that are executed, cancel, repair, restart. */
#include "test/expect.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#define JOBS "/api/2.2/jobs/"
#define RUNS "/api/2.2/jobs/runs/"
#define INVALID "INVALID_PARAMETER_VALUE"
#define ANN "/Users/ann@example.com/"

static long long
start(const char *path, const char *body)
{
	struct answer *a = fetch("POST", path, body);
	long long id = int_at(a, "run_id");

	CU_ASSERT(id > 0);
	answer_free(a);
	return id;
}

static char *
run_path(const char *what, long long id)
{
	return text_of(RUNS "%s?run_id=%lld", what, id);
}

/* Waits for the end of a run (status TERMINATED). Returns its last answer. */
static struct answer *
finished(long long id)
{
	char *path = run_path("get", id);
	struct answer *a;

	CU_ASSERT(wait_for(path, "status.state", "TERMINATED"));
	a = fetch("GET", path, NULL);
	free(path);
	return a;
}

static struct answer *
output_of(struct answer *run, int task)
{
	char *member = text_of("tasks[%d].run_id", task);
	char *path = run_path("get-output", int_at(run, member));
	struct answer *a = fetch("GET", path, NULL);

	free(path);
	free(member);
	return a;
}

static void
expect_result(struct answer *run, const char *life, const char *result)
{
	bool same = strcmp(text_at(run, "state.life_cycle_state"), life) == 0 &&
		    strcmp(text_at(run, "state.result_state"), result) == 0;

	if (!same)
		printf("\n    %.600s", run->text);
	CU_ASSERT(same);
}

/* Submits one task. `members` are the members of the task besides its key. */
static long long
submit(const char *members)
{
	char *body =
	    text_of("{\"run_name\": \"test\", \"tasks\": [{\"task_key\": \"t\", %s}]}", members);
	long long id = start(RUNS "submit", body);

	free(body);
	return id;
}

/* ---- history ---- */

static void
test_failed_history(void)
{
	struct answer *a = fetch("GET", RUNS "list?job_id=482911&expand_tasks=true", NULL), *out;
	char *path;

	CU_ASSERT_STRING_EQUAL(text_at(a, "runs[3].state.life_cycle_state"), "INTERNAL_ERROR");
	CU_ASSERT_STRING_EQUAL(text_at(a, "runs[3].state.result_state"), "FAILED");
	CU_ASSERT_STRING_EQUAL(text_at(a, "runs[3].status.termination_details.code"),
			       "RUN_EXECUTION_ERROR");
	CU_ASSERT_STRING_EQUAL(text_at(a, "runs[3].tasks[1].state.result_state"), "FAILED");
	CU_ASSERT_STRING_EQUAL(text_at(a, "runs[3].tasks[2].state.result_state"),
			       "UPSTREAM_FAILED");
	path = run_path("get-output", int_at(a, "runs[3].tasks[1].run_id"));
	out = fetch("GET", path, NULL);
	CU_ASSERT(holds(text_at(out, "error"), "TABLE_OR_VIEW_NOT_FOUND"));
	CU_ASSERT(holds(text_at(out, "error_trace"), "Traceback"));
	CU_ASSERT_STRING_EQUAL(text_at(out, "metadata.task_key"), "transform");
	CU_ASSERT_PTR_NOT_NULL(at(out->json, "metadata.task.notebook_task"));
	answer_free(out);
	free(path);
	path = run_path("get-output", int_at(a, "runs[3].run_id"));
	expect("GET", path, NULL, 400, INVALID); /* several tasks */
	free(path);
	answer_free(a);
	expect("GET", RUNS "get?run_id=1", NULL, 400, INVALID);
	expect("GET", RUNS "get-output?run_id=1", NULL, 400, INVALID);
}

/* ---- running ---- */

/* The result of a notebook is cut at 5 MiB and marked. */
static void
test_result_cap(void)
{
	enum { CAP = 5 * 1024 * 1024 };

	for (int n = CAP - 1; n <= CAP + 1; n++) {
		char *code = text_of("# Databricks notebook source\n"
				     "dbutils.notebook.exit('x' * %d)",
				     n),
		     *content = base64(code, strlen(code)), *body;
		struct answer *a, *out;

		body = text_of("{\"path\": \"" ANN "cap.py\", \"format\": \"AUTO\","
			       " \"overwrite\": true, \"content\": \"%s\"}",
			       content);
		expect("POST", "/api/2.0/workspace/import", body, 200, NULL);
		a = finished(submit("\"notebook_task\": {\"notebook_path\": \"" ANN "cap\"}"));
		out = output_of(a, 0);
		CU_ASSERT_EQUAL(strlen(text_at(out, "notebook_output.result")),
				(size_t)(n < CAP ? n : CAP));
		CU_ASSERT_EQUAL(strcmp(text_at(out, "notebook_output.truncated"), "true") == 0,
				n > CAP);
		answer_free(out);
		answer_free(a);
		free(body);
		free(content);
		free(code);
	}
}

static void
test_run_now(void)
{
	long long id = start(JOBS "run-now", "{\"job_id\": 482915, \"job_parameters\": {\"name\":"
					     " \"Ada\"}, \"idempotency_token\": \"token-1\"}");
	struct answer *a, *out;

	CU_ASSERT_EQUAL(start(JOBS "run-now", "{\"job_id\": 482915, \"idempotency_token\":"
					      " \"token-1\"}"),
			id);
	a = finished(id);
	expect_result(a, "TERMINATED", "SUCCESS");
	CU_ASSERT_STRING_EQUAL(text_at(a, "job_parameters[0].value"), "Ada");
	CU_ASSERT_STRING_EQUAL(text_at(a, "job_parameters[0].default"), "world");
	CU_ASSERT(int_at(a, "end_time") >= int_at(a, "start_time"));
	CU_ASSERT(int_at(a, "number_in_job") > 1);
	out = output_of(a, 0);
	CU_ASSERT_STRING_EQUAL(text_at(out, "notebook_output.result"), "Hello, Ada!");
	CU_ASSERT_STRING_EQUAL(text_at(out, "notebook_output.truncated"), "false");
	answer_free(out);
	answer_free(a);
	expect("POST", JOBS "run-now", "{\"job_id\": 1}", 400, INVALID);
	expect("POST", JOBS "run-now", "{\"job_id\": 482915, \"only\": [\"none\"]}", 400, INVALID);
	expect("POST", JOBS "run-now", "{\"job_id\": 482915, \"notebook_params\": []}", 400, NULL);
}

static void
test_etl(void)
{
	struct answer *a = finished(start(JOBS "run-now", "{\"job_id\": 482911}")), *out;

	expect_result(a, "TERMINATED", "SUCCESS");
	CU_ASSERT_EQUAL(count_at(a, "tasks"), 3);
	out = output_of(a, 0);
	CU_ASSERT_STRING_EQUAL(text_at(out, "notebook_output.result"), "5");
	answer_free(out);
	answer_free(a);
	a = sql("SELECT COUNT(*) FROM main.default.top_customers");
	CU_ASSERT_STRING_EQUAL(text_at(a, "result.data_array[0][0]"), "20");
	answer_free(a);
}

static void
test_only(void)
{
	struct answer *a = finished(start(JOBS "run-now", "{\"job_id\": 482911, \"only\":"
							  " [\"+transform\"]}"));

	expect_result(a, "TERMINATED", "SUCCESS");
	CU_ASSERT_STRING_EQUAL(text_at(a, "tasks[0].state.result_state"), "SUCCESS");
	CU_ASSERT_STRING_EQUAL(text_at(a, "tasks[2].state.result_state"), "EXCLUDED");
	answer_free(a);
}

static void
test_failure_and_repair(void)
{
	long long id = start(JOBS "run-now", "{\"job_id\": 482913}");
	struct answer *a = finished(id), *out;
	char *body, *path;

	expect_result(a, "INTERNAL_ERROR", "FAILED");
	CU_ASSERT(holds(text_at(a, "state.state_message"), "Task divide failed"));
	out = output_of(a, 0);
	CU_ASSERT_STRING_EQUAL(text_at(out, "error"), "ZeroDivisionError: division by zero");
	CU_ASSERT(holds(text_at(out, "error_trace"), "average = orders / customers"));
	answer_free(out);
	path = run_path("export", int_at(a, "tasks[0].run_id"));
	out = fetch("GET", path, NULL);
	CU_ASSERT(holds(text_at(out, "views[0].content"), "orders per customer"));
	answer_free(out);
	answer_free(a);
	free(path);
	body = text_of("{\"run_id\": %lld, \"rerun_tasks\": [\"none\"]}", id);
	expect("POST", RUNS "repair", body, 400, INVALID);
	free(body);
	body = text_of("{\"run_id\": %lld, \"rerun_all_failed_tasks\": true}", id);
	expect("POST", RUNS "repair", body, 200, NULL);
	a = finished(id);
	expect_result(a, "INTERNAL_ERROR", "FAILED");
	CU_ASSERT_EQUAL(count_at(a, "tasks"), 2);
	CU_ASSERT_EQUAL(int_at(a, "tasks[1].attempt_number"), 1);
	answer_free(a);
	expect("POST", RUNS "repair", body, 400, INVALID); /* latest_repair_id is missing */
	free(body);
	path = text_of(RUNS "get?run_id=%lld&include_history=true", id);
	a = fetch("GET", path, NULL);
	CU_ASSERT_EQUAL(count_at(a, "repair_history"), 2);
	answer_free(a);
	free(path);
	body = text_of("{\"run_id\": %lld}", id);
	expect("POST", RUNS "delete", body, 200, NULL);
	expect("POST", RUNS "delete", body, 400, INVALID);
	free(body);
}

static void
test_kinds(void)
{
	struct answer *a = finished(start(JOBS "run-now", "{\"job_id\": 482917, \"python_params\":"
							  " [\"--country\", \"FR\"]}")),
		      *out = output_of(a, 0);

	expect_result(a, "TERMINATED", "SUCCESS");
	CU_ASSERT_STRING_EQUAL(text_at(out, "logs"), "reporting on country FR\n");
	answer_free(out);
	answer_free(a);
	a = finished(submit("\"notebook_task\": {\"notebook_path\": \"" ANN "etl/order_stats\"}"));
	expect_result(a, "INTERNAL_ERROR", "FAILED");
	out = output_of(a, 0);
	CU_ASSERT(holds(text_at(out, "error"), "The sandbox has no Scala"));
	answer_free(out);
	answer_free(a);
	a = finished(submit("\"notebook_task\": {\"notebook_path\": \"/none\"}"));
	CU_ASSERT_STRING_EQUAL(text_at(a, "tasks[0].status.termination_details.code"),
			       "RESOURCE_NOT_FOUND");
	answer_free(a);
	a = finished(submit("\"dbt_task\": {}"));
	CU_ASSERT(holds(text_at(a, "tasks[0].state.state_message"), "dbt_task"));
	answer_free(a);
	a = finished(submit("\"run_job_task\": {\"job_id\": 482915, \"job_parameters\": {\"name\":"
			    " \"child\"}}"));
	expect_result(a, "TERMINATED", "SUCCESS");
	out = output_of(a, 0);
	CU_ASSERT(int_at(out, "run_job_output.run_id") > 0);
	answer_free(out);
	answer_free(a);
	a = finished(submit("\"existing_cluster_id\": \"sandbox-terminated\", \"notebook_task\":"
			    " {\"notebook_path\": \"/Users/carol@example.com/features\"}"));
	expect_result(a, "TERMINATED", "SUCCESS");
	out = output_of(a, 0);
	CU_ASSERT_STRING_EQUAL(text_at(out, "notebook_output.result"), "7");
	answer_free(out);
	answer_free(a);
}

static void
test_conditions(void)
{
	struct answer
	    *a = finished(start(
		RUNS "submit",
		"{\"tasks\": ["
		"{\"task_key\": \"c\", \"condition_task\": {\"op\": \"GREATER_THAN\", \"left\":"
		" \"10\", \"right\": \"9\"}},"
		"{\"task_key\": \"yes\", \"depends_on\": [{\"task_key\": \"c\", \"outcome\":"
		" \"true\"}], \"notebook_task\": {\"notebook_path\": \"" ANN "hello\","
		" \"base_parameters\": {\"name\": \"{{task.name}}\"}}},"
		"{\"task_key\": \"no\", \"depends_on\": [{\"task_key\": \"c\", \"outcome\":"
		" \"false\"}], \"notebook_task\": {\"notebook_path\": \"" ANN "hello\"}},"
		"{\"task_key\": \"bad\", \"max_retries\": 1, \"notebook_task\": {\"notebook_path\":"
		" \"" ANN "broken\"}},"
		"{\"task_key\": \"after\", \"run_if\": \"ALL_DONE\", \"depends_on\":"
		" [{\"task_key\": \"bad\"}], \"notebook_task\": {\"notebook_path\": \"" ANN
		"hello\"}}]}")),
	    *out;

	expect_result(a, "TERMINATED", "SUCCESS_WITH_FAILURES");
	out = output_of(a, 1);
	CU_ASSERT_STRING_EQUAL(text_at(out, "notebook_output.result"), "Hello, yes!");
	answer_free(out);
	CU_ASSERT_STRING_EQUAL(text_at(a, "tasks[2].state.result_state"), "EXCLUDED");
	CU_ASSERT_STRING_EQUAL(text_at(a, "tasks[4].task_key"), "bad"); /* the second attempt */
	CU_ASSERT_EQUAL(int_at(a, "tasks[4].attempt_number"), 1);
	CU_ASSERT_STRING_EQUAL(text_at(a, "tasks[5].state.result_state"), "SUCCESS");
	answer_free(a);
}

static long long
start_long(void)
{
	long long id = submit("\"notebook_task\": {\"notebook_path\": \"" ANN "long_running\"}");
	char *path = run_path("get", id);

	CU_ASSERT(wait_for(path, "tasks[0].state.life_cycle_state", "RUNNING"));
	free(path);
	return id;
}

static void
test_cancel(void)
{
	long long id = start_long();
	char *body = text_of("{\"run_id\": %lld}", id), *path;
	struct answer *a;

	expect("POST", RUNS "delete", body, 400, "INVALID_STATE");
	expect("POST", RUNS "repair", body, 400, "INVALID_STATE");
	expect("POST", RUNS "cancel", body, 200, NULL);
	a = finished(id);
	expect_result(a, "TERMINATED", "CANCELED");
	CU_ASSERT_STRING_EQUAL(text_at(a, "status.termination_details.code"), "USER_CANCELED");
	CU_ASSERT_STRING_EQUAL(text_at(a, "tasks[0].state.result_state"), "CANCELED");
	CU_ASSERT(becomes_empty("scratch")); /* the process has ended and its folder is removed */
	answer_free(a);
	expect("POST", RUNS "cancel", body, 200, NULL); /* deleting it a second time is allowed */
	free(body);
	expect("POST", RUNS "cancel", "{\"run_id\": 1}", 400, INVALID);
	expect("POST", RUNS "cancel-all", "{}", 400, INVALID);
	expect("POST", RUNS "cancel-all", "{\"job_id\": 482914}", 200, NULL);
	path = strdup(RUNS "list?job_id=482914&active_only=true");
	a = fetch("GET", path, NULL);
	CU_ASSERT_EQUAL(count_at(a, "runs"), 0);
	answer_free(a);
	free(path);
}

static void
test_timeout(void)
{
	struct answer *a = finished(submit("\"timeout_seconds\": 1, \"notebook_task\":"
					   " {\"notebook_path\": \"" ANN "long_running\"}"));

	CU_ASSERT_STRING_EQUAL(text_at(a, "tasks[0].state.result_state"), "TIMEDOUT");
	answer_free(a);
}

static void
test_concurrency(void)
{
	struct answer *a =
	    fetch("POST", JOBS "create",
		  "{\"name\": \"one at a time\", \"tasks\":"
		  " [{\"task_key\": \"t\", \"notebook_task\": {\"notebook_path\": \"" ANN
		  "long_running\"}}]}");
	long long job = int_at(a, "job_id"), first, queued;
	char *body = text_of("{\"job_id\": %lld}", job), *more, *path;

	answer_free(a);
	first = start(JOBS "run-now", body);
	a = finished(start(JOBS "run-now", body));
	expect_result(a, "SKIPPED", "MAXIMUM_CONCURRENT_RUNS_REACHED");
	answer_free(a);
	more = text_of("{\"job_id\": %lld, \"queue\": {\"enabled\": true}}", job);
	queued = start(JOBS "run-now", more);
	free(more);
	path = run_path("get", queued);
	expect_text(path, "status.state", "QUEUED");
	expect_text(path, "status.queue_details.code", "MAX_CONCURRENT_RUNS_REACHED");
	more = text_of("{\"run_id\": %lld}", first);
	expect("POST", RUNS "cancel", more, 200, NULL);
	free(more);
	CU_ASSERT(wait_for(path, "status.state", "RUNNING"));
	free(path);
	expect("POST", RUNS "cancel-all", body, 200, NULL);
	answer_free(finished(queued));
	free(body);
}

/* A python process ends with the sandbox, and its run does not stay RUNNING. */
static void
test_restart(void)
{
	long long id = start_long();
	struct answer *a;

	CU_ASSERT_EQUAL(kill(sandbox.pid, SIGKILL), 0);
	CU_ASSERT_EQUAL(sandbox_stop(), -1);
	CU_ASSERT(sandbox_start());
	a = finished(id);
	expect_result(a, "INTERNAL_ERROR", "FAILED");
	CU_ASSERT_STRING_EQUAL(text_at(a, "state.state_message"), "The sandbox was restarted.");
	answer_free(a);
}

static void
test_exec_off(void)
{
	static const char TOKEN[] = "dapi-jobtest";
	struct answer *a = post_as(TOKEN, RUNS "submit",
				   "{\"tasks\": [{\"task_key\": \"t\","
				   " \"notebook_task\": {\"notebook_path\": \"" ANN "hello\"}}]}");
	char *path = run_path("get-output", int_at(a, "run_id"));

	answer_free(a);
	for (int i = 0; i < 1000; i++) {
		a = get_as(TOKEN, path);
		if (*text_at(a, "error") != '\0')
			break;
		answer_free(a);
		usleep(20000);
	}
	CU_ASSERT(holds(text_at(a, "error"), "--allow-exec"));
	answer_free(a);
	free(path);
}

void
add_job_suite(void)
{
	CU_pSuite suite = CU_add_suite("jobs", shorten_delays, NULL);

	CU_add_test(suite, "failed history", test_failed_history);
	CU_add_test(suite, "result cap", test_result_cap);
	CU_add_test(suite, "run now", test_run_now);
	CU_add_test(suite, "several tasks", test_etl);
	CU_add_test(suite, "chosen tasks", test_only);
	CU_add_test(suite, "failure and repair", test_failure_and_repair);
	CU_add_test(suite, "kinds of task", test_kinds);
	CU_add_test(suite, "conditions and retries", test_conditions);
	CU_add_test(suite, "cancel", test_cancel);
	CU_add_test(suite, "timeout", test_timeout);
	CU_add_test(suite, "concurrency", test_concurrency);
	CU_add_test(suite, "execution off", test_exec_off);
	CU_add_test(suite, "restart", test_restart);
}

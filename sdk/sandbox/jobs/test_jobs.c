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

/* ---- definitions ---- */

static void
test_list(void)
{
	struct answer *a = fetch("GET", JOBS "list", NULL);
	char *path;

	CU_ASSERT_EQUAL(count_at(a, "jobs"), 20);
	CU_ASSERT_STRING_EQUAL(text_at(a, "has_more"), "true");
	CU_ASSERT_PTR_NULL(at(a->json, "jobs[0].settings.tasks"));
	path = text_of(JOBS "list?page_token=%s", text_at(a, "next_page_token"));
	answer_free(a);
	a = fetch("GET", path, NULL);
	CU_ASSERT_EQUAL(count_at(a, "jobs"), 6);
	CU_ASSERT_STRING_EQUAL(text_at(a, "has_more"), "false");
	CU_ASSERT_PTR_NULL(at(a->json, "next_page_token"));
	answer_free(a);
	free(path);
	a = fetch("GET", JOBS "list?name=NIGHTLY-etl&expand_tasks=true", NULL);
	CU_ASSERT_EQUAL(count_at(a, "jobs"), 1);
	CU_ASSERT_EQUAL(count_at(a, "jobs[0].settings.tasks"), 3);
	answer_free(a);
	a = fetch("GET", JOBS "list?name=wide-fan-out&expand_tasks=true", NULL);
	CU_ASSERT_EQUAL(count_at(a, "jobs[0].settings.tasks"), 100);
	CU_ASSERT_STRING_EQUAL(text_at(a, "jobs[0].has_more"), "true");
	answer_free(a);
	expect("GET", JOBS "list?limit=0", NULL, 400, INVALID);
	expect("GET", JOBS "list?limit=1", NULL, 200, NULL);
	expect("GET", JOBS "list?limit=100", NULL, 200, NULL);
	expect("GET", JOBS "list?limit=101", NULL, 400, INVALID);
	expect("GET", JOBS "list?page_token=zzz", NULL, 400, INVALID);
}

static void
test_get_pages(void)
{
	struct answer *a = fetch("GET", JOBS "get?job_id=482918", NULL);
	char *path = text_of(JOBS "get?job_id=482918&page_token=%s", text_at(a, "next_page_token"));

	CU_ASSERT_EQUAL(count_at(a, "settings.tasks"), 100);
	answer_free(a);
	a = fetch("GET", path, NULL);
	CU_ASSERT_EQUAL(count_at(a, "settings.tasks"), 20);
	CU_ASSERT_PTR_NULL(at(a->json, "next_page_token"));
	answer_free(a);
	free(path);
	a = fetch("GET", "/api/2.1/jobs/get?job_id=482918", NULL);
	CU_ASSERT_EQUAL(count_at(a, "settings.tasks"), 120);
	answer_free(a);
	expect("GET", JOBS "get?job_id=1", NULL, 400, INVALID);
	expect("GET", JOBS "get?job_id=x", NULL, 400, INVALID);
	expect("GET", JOBS "get", NULL, 400, INVALID);
}

static void
expect_job(const char *body, long status)
{
	expect("POST", JOBS "create", body, status, status == 200 ? NULL : INVALID);
}

static void
test_create_checks(void)
{
#define TASK(key, more)                                  \
	"{\"task_key\": \"" key "\", \"notebook_task\":" \
	" {\"notebook_path\": \"/x\"}" more "}"
	expect_job("{\"tasks\": [" TASK("a", "") "," TASK("a", "") "]}", 400);
	expect_job("{\"tasks\": [" TASK("a b", "") "]}", 400);
	expect_job("{\"tasks\": [{\"task_key\": \"a\"}]}", 400);
	expect_job("{\"tasks\": [" TASK("a", ", \"sql_task\": {}") "]}", 400);
	expect_job("{\"tasks\": [" TASK("a", ", \"depends_on\": [{\"task_key\": \"b\"}]") "]}",
		   400);
	expect_job("{\"tasks\": [" TASK("a", ", \"depends_on\": [{\"task_key\": \"b\"}]") "," TASK(
		       "b", ", \"depends_on\": [{\"task_key\": \"a\"}]") "]}",
		   400);
	expect_job("{\"tasks\": [" TASK("a", ", \"existing_cluster_id\": \"none\"") "]}", 400);
	expect_job("{\"tasks\": 7}", 400);
	expect_job("{\"tasks\": [7]}", 400);
	expect_job("{\"max_concurrent_runs\": 1001}", 400);
	expect_job("{\"parameters\": [{}]}", 400);
	expect("POST", RUNS "submit", "{}", 400, INVALID);
}

static void
test_life_of_a_job(void)
{
	struct answer *a = fetch("POST", JOBS "create",
				 "{\"name\": \"mine\", \"tasks\": [" TASK(
				     "a", "") "], \"schedule\": {\"quartz_cron_expression\":"
					      " \"x\", \"timezone_id\": \"UTC\"}}");
	long long id = int_at(a, "job_id");
	char *get = text_of(JOBS "get?job_id=%lld", id), *body;

	answer_free(a);
	expect_text(get, "settings.max_concurrent_runs", "1");
	expect_text(get, "creator_user_name", "ann@example.com");
	body = text_of("{\"job_id\": %lld, \"fields_to_remove\": [\"schedule\"], \"new_settings\":"
		       " {\"name\": \"yours\", \"tasks\": [" TASK("b", "") "]}}",
		       id);
	expect("POST", JOBS "update", body, 200, NULL);
	free(body);
	a = fetch("GET", get, NULL);
	CU_ASSERT_EQUAL(count_at(a, "settings.tasks"), 2);
	CU_ASSERT_PTR_NULL(at(a->json, "settings.schedule"));
	CU_ASSERT_STRING_EQUAL(text_at(a, "settings.name"), "yours");
	answer_free(a);
	body = text_of("{\"job_id\": %lld, \"new_settings\": {\"name\": \"reset\"}}", id);
	expect("POST", JOBS "reset", body, 200, NULL);
	free(body);
	a = fetch("GET", get, NULL);
	CU_ASSERT_EQUAL(count_at(a, "settings.tasks"), 0);
	answer_free(a);
	/* digits in a string are accepted as a number */
	body = text_of("{\"job_id\": \"%lld\"}", id);
	expect("POST", JOBS "delete", body, 200, NULL);
	expect("POST", JOBS "delete", body, 400, INVALID);
	free(body);
	free(get);
}

/* ---- history ---- */

static void
test_runs_list(void)
{
	struct answer *a = fetch("GET", RUNS "list?job_id=482912&limit=25", NULL);
	char *path;
	size_t total;

	CU_ASSERT_EQUAL(count_at(a, "runs"), 25);
	CU_ASSERT(int_at(a, "runs[0].start_time") > int_at(a, "runs[1].start_time"));
	CU_ASSERT_STRING_EQUAL(text_at(a, "runs[0].trigger"), "PERIODIC");
	path = text_of(RUNS "list?job_id=482912&limit=25&page_token=%s",
		       text_at(a, "next_page_token"));
	answer_free(a);
	a = fetch("GET", path, NULL);
	free(path);
	total = 25 + count_at(a, "runs");
	path = text_of(RUNS "list?job_id=482912&limit=25&page_token=%s",
		       text_at(a, "next_page_token"));
	answer_free(a);
	a = fetch("GET", path, NULL);
	total += count_at(a, "runs");
	CU_ASSERT_EQUAL(total, 60);
	CU_ASSERT_STRING_EQUAL(text_at(a, "has_more"), "false");
	answer_free(a);
	free(path);
	expect("GET", RUNS "list?limit=26", NULL, 400, INVALID);
	expect("GET", RUNS "list?active_only=true&completed_only=true", NULL, 400, INVALID);
	a = fetch("GET", RUNS "list?job_id=482914&active_only=true", NULL);
	CU_ASSERT_EQUAL(count_at(a, "runs"), 1);
	CU_ASSERT_STRING_EQUAL(text_at(a, "runs[0].state.life_cycle_state"), "RUNNING");
	CU_ASSERT_EQUAL(int_at(a, "runs[0].end_time"), 0);
	answer_free(a);
	a = fetch("GET", RUNS "list?job_id=482912&limit=1", NULL);
	path = text_of(RUNS "list?job_id=482912&start_time_from=%lld",
		       int_at(a, "runs[0].start_time") + 1);
	answer_free(a);
	a = fetch("GET", path, NULL);
	CU_ASSERT_EQUAL(count_at(a, "runs"), 0);
	answer_free(a);
	free(path);
	a = fetch("GET", RUNS "list?run_type=SUBMIT_RUN&job_id=482912", NULL);
	CU_ASSERT_EQUAL(count_at(a, "runs"), 0);
	answer_free(a);
}

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
test_token_limit(void)
{
	char token[80], *body;

	memset(token, 't', sizeof(token));
	for (int len = 63; len <= 65; len++) {
		body = text_of("{\"job_id\": 482915, \"idempotency_token\": \"%.*s\"}", len, token);
		expect("POST", JOBS "run-now", body, len <= 64 ? 200 : 400, NULL);
		free(body);
	}
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

static void
test_pipelines(void)
{
	struct answer *a = fetch("GET", "/api/2.0/pipelines?max_results=2", NULL);
	char *path = text_of("/api/2.0/pipelines?max_results=2&page_token=%s",
			     text_at(a, "next_page_token"));

	CU_ASSERT_STRING_EQUAL(text_at(a, "statuses[1].name"), "sales_quality");
	CU_ASSERT_STRING_EQUAL(text_at(a, "statuses[1].latest_updates[0].state"), "FAILED");
	answer_free(a);
	a = fetch("GET", path, NULL);
	CU_ASSERT_STRING_EQUAL(text_at(a, "statuses[0].name"), "clickstream");
	answer_free(a);
	free(path);
	a = fetch("GET", "/api/2.0/pipelines?filter=name%20LIKE%20%27%25quality%27", NULL);
	CU_ASSERT_STRING_EQUAL(text_at(a, "statuses[0].name"), "sales_quality");
	answer_free(a);
	expect("GET", "/api/2.0/pipelines?filter=state%3D1", NULL, 400, INVALID);
}

void
add_job_suite(void)
{
	CU_pSuite suite = CU_add_suite("jobs", shorten_delays, NULL);

	CU_add_test(suite, "list", test_list);
	CU_add_test(suite, "pages of tasks", test_get_pages);
	CU_add_test(suite, "checks", test_create_checks);
	CU_add_test(suite, "life of a job", test_life_of_a_job);
	CU_add_test(suite, "list of runs", test_runs_list);
	CU_add_test(suite, "failed history", test_failed_history);
	CU_add_test(suite, "result cap", test_result_cap);
	CU_add_test(suite, "run now", test_run_now);
	CU_add_test(suite, "token limit", test_token_limit);
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
	CU_add_test(suite, "pipelines", test_pipelines);
}

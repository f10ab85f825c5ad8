/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the definitions of jobs and pipelines, and of their lists. */
#include "test/expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#define JOBS "/api/2.2/jobs/"
#define RUNS "/api/2.2/jobs/runs/"
#define INVALID "INVALID_PARAMETER_VALUE"

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

/* ---- running ---- */

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
add_definition_suite(void)
{
	CU_pSuite suite = CU_add_suite("definitions of jobs", shorten_delays, NULL);

	CU_add_test(suite, "list", test_list);
	CU_add_test(suite, "pages of tasks", test_get_pages);
	CU_add_test(suite, "checks", test_create_checks);
	CU_add_test(suite, "life of a job", test_life_of_a_job);
	CU_add_test(suite, "list of runs", test_runs_list);
	CU_add_test(suite, "token limit", test_token_limit);
	CU_add_test(suite, "pipelines", test_pipelines);
}

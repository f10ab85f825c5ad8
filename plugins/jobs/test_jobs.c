/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of jobs on the fake host: searched by name over several pages, shown with their last runs
 * and their tasks. The tests of runs are in test_runs.c. */
#include <lakehost/fakehost.h>

#include "suite.h"
#include "test_jobs.h"

#define LIST "GET /api/2.2/jobs/list?limit="
#define LAST "GET /api/2.2/jobs/runs/list?limit=1&job_id="
#define GET "GET /api/2.2/jobs/get?job_id="
#define PIPELINES "GET /api/2.0/pipelines"
#define EMPTY "{}"

static void
jobs_come_with_their_last_runs(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(
	    host, LIST "25", 200,
	    "{\"jobs\":["
	    "{\"job_id\":1,\"creator_user_name\":\"ann@x\",\"settings\":{\"name\":\"etl\","
	    "\"schedule\":{\"quartz_cron_expression\":\"0 0 6 * * ?\",\"timezone_id\":\"UTC\","
	    "\"pause_status\":\"PAUSED\"}}},"
	    "{\"job_id\":2,\"settings\":{\"name\":\"stream\",\"continuous\":{\"a\":1}}},"
	    "{\"job_id\":3,\"settings\":{\"name\":\"arrival\",\"trigger\":{\"a\":1}}}]}");
	fakehost_reply(
	    host, LAST "1", 200,
	    "{\"runs\":[{\"run_id\":9,\"job_id\":1,"
	    "\"start_time\":1,"
	    "\"state\":{\"life_cycle_state\":\"TERMINATED\",\"result_state\":\"FAILED\"}}]}");
	fakehost_reply(host, LAST "2", 200,
		       "{\"runs\":[{\"run_id\":8,\"job_id\":2,"
		       "\"state\":{\"life_cycle_state\":\"RUNNING\"}}]}");
	fakehost_reply(host, LAST "3", 403, "{\"error_code\":\"PERMISSION_DENIED\"}");
	result = fakehost_tool(host, "list_jobs", "{}");
	has(result->text, "1\tetl\tpaused: 0 0 6 * * ? UTC\tFAILED\t");
	has(result->text, "2\tstream\tcontinuous\tRUNNING\t-\t-\n");
	has(result->text, "3\tarrival\ttriggered\t-\t-\t-\n3 jobs.");
	fakehost_free(host);
}

static void
an_empty_list_is_not_a_failure(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, LIST "25", 200, EMPTY);
	has(fakehost_tool(host, "list_jobs", "{}")->text, "0 jobs.");
	fakehost_free(host);
}

static void
list_failures_are_reported(void)
{
	static const struct {
		int http;
		const char *body;
		enum mcp_status status;
	} cases[] = {
		{ 403, "{\"error_code\":\"PERMISSION_DENIED\"}", MCP_E_PERMISSION },
		{ 429, "", MCP_E_THROTTLED },
		{ 200, "<html><title>Login</title></html>", MCP_E_UPSTREAM },
		{ 200, "{\"jobs\":[{\"job", MCP_E_UPSTREAM },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);
		const struct fakehost_result *result;

		fakehost_reply(host, LIST "25", cases[i].http, cases[i].body);
		result = fakehost_tool(host, "list_jobs", "{}");
		ASSERT_INT(result->status, cases[i].status);
		has(result->what, "The list of jobs");
		fakehost_free(host);
	}
}

static void
an_exact_name_is_asked_of_the_server(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, LIST "100&name=etl", 200,
		       "{\"jobs\":[{\"job_id\":1,\"settings\":{\"name\":\"ETL\"}}]}");
	fakehost_reply(host, LAST "1", 200, EMPTY);
	result = fakehost_tool(host, "list_jobs", "{\"name_filter\":\"etl\"}");
	has(result->text, "1\tETL\t");
	has(result->text, "1 job.");
	fakehost_free(host);
}

/* Three pages: the second page has no match, the third one has two. One answer contains all
 * matches. */
static void
a_part_of_a_name_is_searched_over_pages(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, LIST "100&name=et", 200, EMPTY);
	fakehost_reply(host, LIST "100", 200,
		       "{\"next_page_token\":\"B\",\"jobs\":["
		       "{\"job_id\":1,\"settings\":{\"name\":\"etl\"}},"
		       "{\"job_id\":2,\"settings\":{\"name\":\"other\"}}]}");
	fakehost_reply(host, LIST "100&page_token=B", 200, "{\"next_page_token\":\"C\"}");
	fakehost_reply(host, LIST "100&page_token=C", 200,
		       "{\"jobs\":["
		       "{\"job_id\":3,\"settings\":{\"name\":\"Budget\"}},"
		       "{\"job_id\":4,\"settings\":{\"name\":\"market\"}}]}");
	fakehost_reply(host, LAST "*", 200, EMPTY);
	result = fakehost_tool(host, "list_jobs", "{\"name_filter\":\"et\"}");
	has(result->text, "\n1\tetl\t-\t-\t-\t-\n3\tBudget\t-\t-\t-\t-\n4\tmarket\t-\t-\t-\t-\n"
			  "3 jobs.");
	result = fakehost_tool(host, "list_jobs", "{\"name_filter\":\"et\",\"limit\":2}");
	has(result->text, "2 jobs shown; there are more. Next: list_jobs name_filter=et limit=2 "
			  "page_token=1~C");
	result = fakehost_tool(host, "list_jobs",
			       "{\"name_filter\":\"et\",\"limit\":2,"
			       "\"page_token\":\"1~C\"}");
	has(result->text, "creator\n4\tmarket");
	has(result->text, "1 job.");
	result = fakehost_tool(host, "list_jobs", "{\"name_filter\":\"et\",\"limit\":1}");
	has(result->text, "page_token=B");
	ASSERT_INT(result->failed, 0);
	fakehost_free(host);
}

static char *
many_jobs(unsigned n)
{
	char *text = malloc(n * 80 + 64), *at = text + sprintf(text, "{\"jobs\":[");

	for (unsigned i = 1; i <= n; i++)
		at += sprintf(at, "%s{\"job_id\":%u,\"settings\":{\"name\":\"job-%u\"}}",
			      i > 1 ? "," : "", i, i);
	strcpy(at, "]}");
	return text;
}

/* Last runs are requested in batches. The token of the next call has the number of jobs on the page
 * that were already shown. */
static void
a_page_is_shown_in_batches(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char *page = many_jobs(60);
	const struct fakehost_result *result;

	fakehost_reply(host, LIST "100", 200, page);
	fakehost_reply(host, LAST "*", 200, EMPTY);
	result = fakehost_tool(host, "list_jobs",
			       "{\"name_filter\":\"job\",\"page_token\":\"0~\","
			       "\"limit\":60}");
	has(result->text, "\n60\tjob-60\t");
	has(result->text, "60 jobs.");
	result = fakehost_tool(host, "list_jobs",
			       "{\"name_filter\":\"job\",\"page_token\":\"0~\","
			       "\"limit\":30}");
	has(result->text, "30 jobs shown; there are more. Next: list_jobs name_filter=job limit=30 "
			  "page_token=30~");
	fakehost_results(host, 100, 600, 200, NULL); /* the host accepts fewer rows than
						      * requested */
	result = fakehost_tool(host, "list_jobs",
			       "{\"name_filter\":\"job\",\"page_token\":\"0~\","
			       "\"limit\":60}");
	has(result->text, "there are more. Next: list_jobs name_filter=job limit=60 page_token=");
	free(page);
	fakehost_free(host);
}

static void
a_token_may_be_wrong(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char arguments[1200];

	memset(arguments, 'x', sizeof(arguments));
	memcpy(arguments, "{\"page_token\":\"", 15);
	strcpy(arguments + 1150, "\"}");
	ASSERT_INT(fakehost_tool(host, "list_jobs", arguments)->status, MCP_E_INPUT);
	ASSERT_INT(fakehost_tool(host, "get_job_details",
				 "{\"job_id\":\"1\","
				 "\"page_token\":\"x\"}")
		       ->status,
		   MCP_E_INPUT);
	ASSERT_INT(fakehost_requests(host), 0);
	fakehost_free(host);
}

/* ---- get_job_details ------------------------------------------------------------------------ */

#define JOB                                                                                        \
	"{\"job_id\":7,\"creator_user_name\":\"ann@x\",\"run_as_user_name\":\"bot@x\","            \
	"\"created_time\":1700000000000,\"settings\":{\"name\":\"etl\",\"max_concurrent_runs\":2," \
	"\"parameters\":[{\"name\":\"day\",\"default\":\"1\"},{\"name\":\"to\"}],\"tasks\":["      \
	"{\"task_key\":\"a\",\"notebook_task\":{\"notebook_path\":\"/a\"},"                        \
	"\"existing_cluster_id\":\"c-1\"},"                                                        \
	"{\"task_key\":\"b\",\"sql_task\":{\"query\":{\"query_id\":\"q\"}},"                       \
	"\"depends_on\":[{\"task_key\":\"a\"},{\"task_key\":\"z\"}]},"                             \
	"{\"task_key\":\"c\",\"run_job_task\":{\"job_id\":12},\"job_cluster_key\":\"main\"},"      \
	"{\"task_key\":\"d\",\"new_cluster\":{\"num_workers\":1}}]}}"

static void
a_job_is_shown(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, GET "7", 200, JOB);
	result = fakehost_tool(host, "get_job_details", "{\"job_id\":7}");
	has(result->text, "job: etl\njob_id: 7\nparameters: day=1, to=\nruns as: bot@x\n");
	has(result->text, "url: https://workspace.example.com/jobs/7\n");
	has(result->text, "a\tnotebook /a\tcluster c-1\t-\n");
	has(result->text, "b\tsql q\t-\ta, z\n");
	has(result->text, "c\trun job 12\tjob cluster main\t-\n");
	has(result->text, "d\t-\tnew cluster: 1 worker\t-\n4 tasks.");
	CU_ASSERT(strstr(result->text, "created") == NULL);
	result = fakehost_tool(host, "get_job_details", "{\"job_id\":\"7\",\"detail\":\"full\"}");
	has(result->text, "created: 2023-11-14T22:13:20Z\nmax concurrent runs: 2\n");
	fakehost_free(host);
}

static char *
many_tasks(unsigned from, unsigned to, const char *next)
{
	char *text = malloc((to - from + 2) * 60 + 200);
	char *at = text + sprintf(text,
				  "{\"job_id\":7,\"next_page_token\":\"%s\",\"settings\":"
				  "{\"name\":\"wide\",\"tasks\":[",
				  next);

	for (unsigned i = from; i <= to; i++)
		at += sprintf(at, "%s{\"task_key\":\"t%u\"}", i > from ? "," : "", i);
	strcpy(at, "]}}");
	return text;
}

static void
tasks_come_in_pages(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char *first = many_tasks(1, 100, "P"), *second = many_tasks(101, 250, "");
	const struct fakehost_result *result;

	fakehost_reply(host, GET "7", 200, first);
	fakehost_reply(host, GET "7&page_token=P", 200, second);
	result = fakehost_tool(host, "get_job_details", "{\"job_id\":\"7\"}");
	has(result->text, "\nt100\n");
	has(result->text, "100 of 250 tasks shown. Next: get_job_details job_id=7 page_token=100~");
	result = fakehost_tool(host, "get_job_details",
			       "{\"job_id\":\"7\",\"detail\":\"full\","
			       "\"page_token\":\"100\"}");
	has(result->text, "task\nt101\n");
	has(result->text, "100 of 250 tasks shown. Next: get_job_details job_id=7 detail=full "
			  "page_token=200~");
	result = fakehost_tool(host, "get_job_details",
			       "{\"job_id\":\"7\","
			       "\"page_token\":\"200~\"}");
	has(result->text, "\nt250\n");
	has(result->text, "50 of 250 tasks shown.");
	CU_ASSERT(strstr(result->text, "Next:") == NULL);
	free(first);
	free(second);
	fakehost_free(host);
}

/* The workspace names a page that was already read, or one that fails: the pages that were read are
 * shown. */
static void
loops_of_pages_end(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char *first = many_tasks(1, 2, "P"), *second = many_tasks(3, 4, "Q"),
	     *third = many_tasks(5, 6, "P");
	const struct fakehost_result *result;

	fakehost_reply(host, GET "7", 200, first);
	fakehost_reply(host, GET "7&page_token=P", 200, second);
	fakehost_reply(host, GET "7&page_token=Q", 200, third);
	result = fakehost_tool(host, "get_job_details", "{\"job_id\":\"7\"}");
	has(result->text, "\nt6\n");
	has(result->text, "incomplete: ");
	fakehost_reset(host);
	fakehost_reply(host, GET "7", 200, first);
	fakehost_reply(host, GET "7&page_token=P", 500, "");
	result = fakehost_tool(host, "get_job_details", "{\"job_id\":\"7\"}");
	has(result->text, "\nt2\n");
	has(result->text, "incomplete: ");
	free(first);
	free(second);
	free(third);
	fakehost_free(host);
}

/* The text and the structured content have the same rows, even when the structured content is full
 * first. */
static void
text_and_structure_have_the_same_rows(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char *body = malloc(700000), *at = body + sprintf(body, "{\"job_id\":7,\"settings\":{"
								"\"name\":[7],\"tasks\":[");
	const struct fakehost_result *result;

	for (int i = 0; i < 90; i++) {
		at +=
		    sprintf(at, "%s{\"task_key\":\"t%d\",\"description\":\"", i > 0 ? "," : "", i);
		memset(at, 'd', 6000);
		at += 6000;
		at += sprintf(at, "\"}");
	}
	strcpy(at, "]}}");
	fakehost_reply(host, GET "7", 200, body);
	result = fakehost_tool(host, "get_job_details",
			       "{\"job_id\":\"7\","
			       "\"detail\":\"full\"}");
	CU_ASSERT(!result->failed);
	has(result->text, "33 of 90 tasks shown.");
	has(result->text, "Next: get_job_details job_id=7 detail=full page_token=33~");
	has(result->structured, "\"t32\"");
	CU_ASSERT(strstr(result->structured, "\"t33\"") == NULL);
	/* a value that the schema declares as a string stays a string */
	has(result->structured, "\"job\":\"[7]\"");
	result = fakehost_tool(host, "get_job_details",
			       "{\"job_id\":\"7\",\"detail\":\"full\","
			       "\"page_token\":\"66~\"}");
	has(result->structured, "\"t89\"");
	free(body);
	fakehost_free(host);
}

static void
a_missing_job_has_suggestions(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, LIST "100", 200,
		       "{\"jobs\":[{\"job_id\":77,\"settings\":{\"name\":\"nightly\"}}]}");
	result = fakehost_tool(host, "get_job_details", "{\"job_id\":\"nightl\"}");
	ASSERT_INT(result->status, MCP_E_NOT_FOUND);
	has(result->next, "Did you mean: nightly?");
	fakehost_reply(host, GET "78", 400,
		       "{\"error_code\":\"INVALID_PARAMETER_VALUE\","
		       "\"message\":\"Job 78 does not exist.\"}");
	result = fakehost_tool(host, "get_job_details", "{\"job_id\":\"78\"}");
	ASSERT_INT(result->status, MCP_E_NOT_FOUND);
	/* the text is in the answer only once */
	CU_ASSERT(result->why == NULL || result->why[0] == '\0');
	fakehost_reply(host, GET "79", 403, "{\"error_code\":\"PERMISSION_DENIED\"}");
	result = fakehost_tool(host, "get_job_details", "{\"job_id\":\"79\"}");
	has(result->next, "CAN VIEW on the job");
	fakehost_free(host);
}

static void
ids_are_completed(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, LIST "100", 200, "{\"jobs\":[{\"job_id\":71},{\"job_id\":82}]}");
	fakehost_reply(host, "GET /api/2.2/jobs/runs/list?limit=24", 200,
		       "{\"runs\":[{\"run_id\":5},{\"run_id\":51}]}");
	ASSERT_STR(fakehost_complete(host, "databricks://jobs/{job_id} job_id", "{\"value\":\"7\"}")
		       ->completion,
		   "[\"71\"]");
	ASSERT_STR(fakehost_complete(host, "databricks://jobs/{job_id}/runs job_id",
				     "{\"value\":\"8\"}")
		       ->completion,
		   "[\"82\"]");
	ASSERT_STR(fakehost_complete(host, "databricks://runs/{run_id} run_id", "{\"value\":\"5\"}")
		       ->completion,
		   "[\"5\",\"51\"]");
	fakehost_free(host);
}

/* Keys and passwords that stand beside settings which are shown. */
static void
settings_are_shown_without_secrets(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(
	    host, GET "8", 200,
	    "{\"job_id\":8,\"settings\":{\"tasks\":["
	    "{\"task_key\":\"a\",\"new_cluster\":{\"spark_env_vars\":{\"TOKEN\":\"s-1\"},"
	    "\"azure_attributes\":{\"availability\":\"SPOT_AZURE\",\"log_analytics_info\":"
	    "{\"log_analytics_primary_key\":\"s-2\"}},\"docker_image\":{\"url\":\"reg/img\","
	    "\"basic_auth\":{\"password\":\"s-3\"}}}},{\"task_key\":\"b\",\"for_each_task\":"
	    "{\"inputs\":\"[1]\",\"task\":{\"task_key\":\"each\",\"max_retries\":2,"
	    "\"notebook_task\":{\"notebook_path\":\"/n\",\"base_parameters\":{\"day\":\"7\"}}}}}"
	    "]}}");
	result = fakehost_tool(host, "get_job_details", "{\"job_id\":8,\"detail\":\"full\"}");
	has(result->text, "SPOT_AZURE");
	has(result->text, "reg/img");
	has(result->text, "task_key=each, max_retries=2");
	has(result->structured, "\"base_parameters\":{\"day\":\"7\"}");
	for (const char *secret = "123"; *secret != '\0'; secret++) {
		char value[] = { 's', '-', *secret, '\0' };

		CU_ASSERT(strstr(result->text, value) == NULL);
		CU_ASSERT(strstr(result->structured, value) == NULL);
	}
	fakehost_free(host);
}

static void
pipelines_are_a_table_of_json(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(
	    host, PIPELINES "?filter=name%20LIKE%20%27%25a%25%27&max_results=1", 200,
	    "{\"statuses\":[{\"pipeline_id\":\"p-1\",\"name\":\"sales\",\"state\":\"IDLE\","
	    "\"creator_user_name\":\"ann@x\",\"latest_updates\":[{\"state\":\"COMPLETED\","
	    "\"creation_time\":\"2026-11-30T10:00:00Z\"}]}],\"next_page_token\":\"B\"}");
	result = fakehost_tool(host, "list_pipelines",
			       "{\"filter_string\":\"name LIKE '%a%'\",\"max_results\":1}");
	has(result->text, "p-1\tsales\tIDLE\t-\tann@x\tCOMPLETED\t2026-11-30T10:00:00Z");
	has(result->text, "Next: list_pipelines filter_string=\"name LIKE '%a%'\" max_results=1 "
			  "page_token=B");
	fakehost_reply(host, PIPELINES "?max_results=100&page_token=B", 403,
		       "{\"error_code\":\"PERMISSION_DENIED\",\"message\":\"no\"}");
	has(fakehost_tool(host, "list_pipelines", "{\"page_token\":\"B\"}")->next,
	    "CAN VIEW on a pipeline");
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(jobs_come_with_their_last_runs),
	TEST(an_empty_list_is_not_a_failure),
	TEST(list_failures_are_reported),
	TEST(an_exact_name_is_asked_of_the_server),
	TEST(a_part_of_a_name_is_searched_over_pages),
	TEST(a_page_is_shown_in_batches),
	TEST(a_token_may_be_wrong),
	TEST(a_job_is_shown),
	TEST(settings_are_shown_without_secrets),
	TEST(tasks_come_in_pages),
	TEST(loops_of_pages_end),
	TEST(text_and_structure_have_the_same_rows),
	TEST(a_missing_job_has_suggestions),
	TEST(ids_are_completed),
	TEST(pipelines_are_a_table_of_json),
	TEST(runs_are_listed_and_filtered),
	TEST(runs_of_all_jobs_are_listed),
	TEST(a_run_is_shown),
	TEST(a_run_needs_a_number),
	TEST(output_is_shown_from_its_end),
	TEST(output_parts_and_gaps),
	TEST(printed_text_is_read),
	TEST(iterations_have_the_output),
	TEST(a_run_is_waited_for),
	TEST(a_run_of_several_tasks_lists_their_outputs),
	TEST(a_job_runs_to_its_end),
	TEST(a_failed_run_names_its_error),
	TEST(a_run_may_not_begin),
	TEST(a_run_goes_on_from_its_handle),
	TEST(a_run_is_cancelled_by_the_client),
	TEST(cancel_job_run_waits_for_the_end),
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of runs on the fake host: filters, the end of outputs, and the operations. */
#include <CUnit/CUnit.h>
#include <lakehost/fakehost.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_jobs.h"

#define SEVEN_EUROS \
	"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
#define RUNS "GET /api/2.2/jobs/runs/"
#define EXPORT RUNS "export?run_id=1&views_to_export=CODE"
#define RUN_NOW "POST /api/2.2/jobs/run-now"
#define CANCEL "POST /api/2.2/jobs/runs/cancel"
#define RUNNING                                               \
	"{\"run_id\":5,\"run_page_url\":\"https://w/run/5\"," \
	"\"state\":{\"life_cycle_state\":\"RUNNING\"}}"
#define DONE                                                                                 \
	"{\"run_id\":5,\"run_name\":\"etl\",\"state\":{\"life_cycle_state\":\"TERMINATED\"," \
	"\"result_state\":\"SUCCESS\"},\"tasks\":[{\"task_key\":\"a\",\"run_id\":6}]}"
#define FAILED                                                                               \
	"{\"run_id\":5,\"state\":{\"life_cycle_state\":\"INTERNAL_ERROR\",\"result_state\":" \
	"\"FAILED\",\"state_message\":\"all\"},\"tasks\":["                                  \
	"{\"task_key\":\"a\",\"run_id\":6,\"state\":{\"result_state\":\"SUCCESS\"}},"        \
	"{\"task_key\":\"b\",\"run_id\":7,\"state\":{\"result_state\":\"FAILED\","           \
	"\"state_message\":\"Workload failed\"}}]}"

#define EQUAL(actual, expected)                                                    \
	do {                                                                       \
		if (strcmp(actual, expected) != 0)                                 \
			printf("\n    \"%s\" should be \"%s\"", actual, expected); \
		CU_ASSERT(strcmp(actual, expected) == 0);                          \
	} while (0)

/* ---- looking -------------------------------------------------------------------------------- */

void
runs_are_listed_and_filtered(void)
{
	static const char page[] =
	    "{\"next_page_token\":\"N\",\"runs\":["
	    "{\"run_id\":1,\"run_duration\":61000,\"trigger\":\"PERIODIC\","
	    "\"state\":{\"life_cycle_state\":\"TERMINATED\",\"result_state\":\"SUCCESS\"}},"
	    "{\"run_id\":2,\"state\":{\"life_cycle_state\":\"INTERNAL_ERROR\","
	    "\"result_state\":\"FAILED\"}},"
	    "{\"run_id\":3,\"status\":{\"state\":\"RUNNING\"}},"
	    "{\"run_id\":4,\"status\":{\"state\":\"TERMINATED\","
	    "\"termination_details\":{\"code\":\"SUCCESS\"}}}]}";
	static const struct {
		const char *filter, *shown, *hidden;
	} cases[] = {
		{ "success", "\n4\tSUCCESS\t", "FAILED" },
		{ "FAILED", "\n2\tFAILED\t", "SUCCESS\t" },
		{ "INTERNAL_ERROR", "\n2\tFAILED\t", "\n1\t" },
		{ "RUNNING", "\n3\tRUNNING\t", "\n1\t" },
	};
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, RUNS "list?job_id=7&limit=24", 200, page);
	result = fakehost_tool(host, "list_job_runs", "{\"job_id\":\"7\"}");
	has(result->text, "\n1\tSUCCESS\t-\t1 min 1 s\tPERIODIC\t-\n2\tFAILED\t");
	has(result->text, "4 runs shown; there are more. Next: list_job_runs job_id=7 "
			  "page_token=N");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char arguments[128];

		snprintf(arguments, sizeof(arguments),
			 "{\"job_id\":\"7\",\"status_filter\":\"%s\"}", cases[i].filter);
		result = fakehost_tool(host, "list_job_runs", arguments);
		has(result->text, cases[i].shown);
		CU_ASSERT(strstr(result->text, cases[i].hidden) == NULL);
	}
	fakehost_reply(host, "GET /api/2.2/jobs/get?job_id=7", 200, "{\"job_id\":7}");
	fakehost_reply(host,
		       RUNS "list?job_id=7&active_only=true&start_time_from=10&"
			    "start_time_to=20&limit=2",
		       200, "{}");
	result = fakehost_tool(host, "list_job_runs",
			       "{\"job_id\":\"7\",\"active_only\":true,"
			       "\"start_time_from\":10,\"start_time_to\":20,\"limit\":2}");
	has(result->text, "0 runs.");
	fakehost_free(host);
}

void
runs_of_all_jobs_are_listed(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, RUNS "list?job_id=8&limit=24", 404,
		       "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\",\"message\":\"no job 8\"}");
	result = fakehost_tool(host, "list_job_runs", "{\"job_id\":\"8\"}");
	has(result->text, "Job \"8\" does not exist.\nCall list_jobs");
	/* The list of a job that does not exist is empty; a list of all jobs needs no id. */
	fakehost_reply(host, RUNS "list?job_id=9&limit=24", 200, "{}");
	fakehost_reply(host, "GET /api/2.2/jobs/get?job_id=9", 400,
		       "{\"error_code\":"
		       "\"INVALID_PARAMETER_VALUE\",\"message\":\"Job 9 does not exist.\"}");
	fakehost_reply(host, "GET /api/2.2/jobs/list?limit=100", 200, "{}");
	result = fakehost_tool(host, "list_job_runs", "{\"job_id\":\"9\"}");
	has(result->text, "There is no job \"9\".");
	fakehost_reply(host, RUNS "list?limit=24", 200,
		       "{\"runs\":[{\"run_id\":1,\"job_id\":2,"
		       "\"run_name\":\"etl\",\"state\":{\"life_cycle_state\":\"QUEUED\","
		       "\"queue_reason\":\"full\"}}]}");
	result = fakehost_tool(host, "list_job_runs", "{}");
	has(result->text, "2\tetl\t1\tQUEUED\t-\t-\t-\tfull\n1 run.");
	result = fakehost_tool(host, "list_job_runs", "{\"status_filter\":\"FAILURE\"}");
	CU_ASSERT(result->status == MCP_E_INPUT);
	has(result->text, "SUCCESS, FAILED, CANCELED");
	fakehost_free(host);
}

void
a_run_is_shown(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, RUNS "get?run_id=5", 200, FAILED);
	result = fakehost_tool(host, "get_job_run", "{\"run_id\":\"5\"}");
	has(result->text, "run_id: 5\nstate: FAILED\nmessage: all\n");
	has(result->text, "b\t7\tFAILED\tWorkload failed\n2 tasks.");
	EQUAL(result->structured,
	      "{\"run_id\":\"5\",\"state\":\"FAILED\",\"message\":\"all\","
	      "\"tasks\":[{\"task\":\"a\",\"run_id\":\"6\",\"state\":\"SUCCESS\"},{\"task\":\"b\","
	      "\"run_id\":\"7\",\"state\":\"FAILED\",\"message\":\"Workload failed\"}]}");
	fakehost_reply(host, RUNS "get?run_id=9", 200,
		       "{\"run_id\":9,\"next_page_token\":\"N\","
		       "\"tasks\":[{\"task_key\":\"a\",\"execution_duration\":1500}]}");
	result = fakehost_tool(host, "get_job_run", "{\"run_id\":\"9\"}");
	has(result->text, "a\t1 s\n1 task shown; there are more. Next: get_job_run "
			  "run_id=9 page_token=N");
	fakehost_reply(host, RUNS "get?run_id=9&page_token=N", 200, "{\"run_id\":9}");
	result = fakehost_tool(host, "get_job_run", "{\"run_id\":\"9\",\"page_token\":\"N\"}");
	EQUAL(result->text, "run_id: 9"); /* an unknown state is shown as it is */
	fakehost_reply(host, RUNS "get?run_id=4", 400,
		       "{\"error_code\":\"INVALID_PARAMETER_VALUE\","
		       "\"message\":\"Run 4 does not exist.\"}");
	result = fakehost_tool(host, "get_job_run", "{\"run_id\":\"4\"}");
	CU_ASSERT(result->status == MCP_E_NOT_FOUND);
	has(result->next, "60 days");
	fakehost_free(host);
}

void
a_run_needs_a_number(void)
{
	static const char *const tools[] = { "get_job_run", "get_run_output", "cancel_job_run" };
	struct fakehost *host = fakehost_new(&mcp_plugin);

	for (size_t i = 0; i < 3; i++) {
		const struct fakehost_result *result =
		    fakehost_tool(host, tools[i], "{\"run_id\":\"nightly\"}");

		CU_ASSERT(result->status == MCP_E_INPUT);
		has(result->next, "list_job_runs");
		CU_ASSERT(fakehost_requests(host) == 0);
	}
	fakehost_free(host);
}

/* The output has a hundred lines of ten bytes: the last 100 bytes are shown as complete lines. */
void
output_is_shown_from_its_end(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char body[2000], *at = body + sprintf(body, "{\"logs\":\"");
	const struct fakehost_result *result;

	for (int i = 0; i < 100; i++)
		at += sprintf(at, "line %04d\\n", i);
	strcpy(at, "\",\"logs_truncated\":true,\"metadata\":{\"state\":{\"result_state\":"
		   "\"SUCCESS\"}}}");
	fakehost_reply(host, RUNS "get-output?run_id=5", 200, body);
	result = fakehost_tool(host, "get_run_output", "{\"run_id\":\"5\",\"max_chars\":100}");
	has(result->text, "run_id: 5\nstate: SUCCESS\nof the logs: the last 90 of 1000 bytes, "
			  "the platform kept only a part\nlogs:");
	has(result->structured, "\"logs_shown\":\"the last 90 of 1000 bytes");
	has(result->text, "\nline 0091\n");
	has(result->text, "line 0099");
	CU_ASSERT(strstr(result->text, "line 0090") == NULL);
	result = fakehost_tool(host, "get_run_output", "{\"run_id\":\"5\",\"max_chars\":1000}");
	has(result->text, "of the logs: the platform kept only a part\nlogs:");
	has(result->text, "line 0000");
	/* The host's cap would cut the end of the text, so the plugin shows less than that. */
	fakehost_results(host, 100, 2500, 200, NULL);
	result = fakehost_tool(host, "get_run_output", "{\"run_id\":\"5\",\"max_chars\":9000}");
	has(result->text, "of the logs: the last 490 of 1000 bytes");
	has(result->text, "line 0099");
	fakehost_free(host);
}

void
output_parts_and_gaps(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, RUNS "get-output?run_id=1", 200,
		       "{\"error\":\"Boom\","
		       "\"error_trace\":\"\\u001b[31mTrace\\u001b[0m\",\"metadata\":{\"state\":"
		       "{\"life_cycle_state\":\"TERMINATED\",\"result_state\":\"FAILED\"}}}");
	result = fakehost_tool(host, "get_run_output", "{\"run_id\":\"1\"}");
	has(result->text, "run_id: 1\nstate: FAILED\nerror:\n");
	has(result->text, "\nBoom\n");
	has(result->text, "trace:\n");
	has(result->text, "\nTrace\n");
	has(result->content, "lakehost/untrusted");
	fakehost_reply(host, RUNS "get-output?run_id=2", 200,
		       "{\"metadata\":{\"state\":{\"life_cycle_state\":"
		       "\"TERMINATED\",\"result_state\":\"SUCCESS\"}}}");
	has(fakehost_tool(host, "get_run_output", "{\"run_id\":\"2\"}")->text,
	    "The run has no output.");
	fakehost_reply(host, RUNS "get-output?run_id=3", 200,
		       "{\"metadata\":{\"state\":{\"life_cycle_state\":\"RUNNING\"}}}");
	has(fakehost_tool(host, "get_run_output", "{\"run_id\":\"3\"}")->text, "no output yet.");
	/* One long line, which is cut within a character. */
	fakehost_reply(host, RUNS "get-output?run_id=4", 200,
		       "{\"notebook_output\":{\"result\":\"" SEVEN_EUROS SEVEN_EUROS SEVEN_EUROS
			   SEVEN_EUROS
		       "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
		       "\xe2\x82\xac"
		       "\"}}");
	has(fakehost_tool(host, "get_run_output", "{\"run_id\":\"4\",\"max_chars\":100}")->text,
	    "of the result: the last 99 of 105 bytes");
	fakehost_reply(host, RUNS "get-output?run_id=6", 500, "{}");
	CU_ASSERT(fakehost_tool(host, "get_run_output", "{\"run_id\":\"6\"}")->failed);
	fakehost_free(host);
}

/* The pages of runs/export: one from the platform, one with rendered cells. */
void
printed_text_is_read(void)
{
	/* Two commands, the second with position 1: html "<b>B&amp;</b>", and listResults of ansi
	 * "A" and a table; percent-encoded, then base64. */
	static const char model[] =
	    "JTdCJTIyY29tbWFuZHMlMjIlM0ElNUIlN0IlMjJwb3NpdGlvbiUyMiUzQTIlMkMlMjJyZXN1bHRz"
	    "JTIyJTNBJTdCJTIydHlwZSUyMiUzQSUyMmh0bWwlMjIlMkMlMjJkYXRhJTIyJTNBJTIyJTNDYiUz"
	    "RUIlMjZhbXAlM0IlM0MlMkZiJTNFJTIyJTdEJTdEJTJDJTdCJTIycG9zaXRpb24lMjIlM0ExJTJD"
	    "JTIycmVzdWx0cyUyMiUzQSU3QiUyMnR5cGUlMjIlM0ElMjJsaXN0UmVzdWx0cyUyMiUyQyUyMmRh"
	    "dGElMjIlM0ElNUIlN0IlMjJ0eXBlJTIyJTNBJTIyYW5zaSUyMiUyQyUyMmRhdGElMjIlM0ElMjJB"
	    "JTVDbiUyMiU3RCUyQyU3QiUyMnR5cGUlMjIlM0ElMjJ0YWJsZSUyMiUyQyUyMnNjaGVtYSUyMiUz"
	    "QSU1QiU3QiUyMm5hbWUlMjIlM0ElMjJjJTIyJTdEJTVEJTJDJTIyZGF0YSUyMiUzQSU1QiU1QjEl"
	    "NUQlNUQlN0QlNUQlN0QlN0QlNUQlN0Q=";
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char page[2000];

	fakehost_reply(host, RUNS "get-output?run_id=1", 200,
		       "{\"notebook_output\":{},"
		       "\"metadata\":{\"state\":{\"result_state\":\"SUCCESS\"}}}");
	snprintf(page, sizeof(page),
		 "{\"views\":[{\"type\":\"NOTEBOOK\",\"content\":\"<script>"
		 "var __DATABRICKS_NOTEBOOK_MODEL = '%s';\"}]}",
		 model);
	fakehost_reply(host, EXPORT, 200, page);
	has(fakehost_tool(host, "get_run_output", "{\"run_id\":\"1\"}")->text, "printed:\n");
	has(fakehost_tool(host, "get_run_output", "{\"run_id\":\"1\"}")->text, "\nA\nc\n1\nB&\n");
	fakehost_reset(host);
	fakehost_reply(host, RUNS "get-output?run_id=1", 200,
		       "{\"notebook_output\":{},"
		       "\"metadata\":{\"state\":{\"result_state\":\"SUCCESS\"}}}");
	fakehost_reply(host, EXPORT, 200,
		       "{\"views\":[{\"content\":\"<pre class=\\\"cell\\\">x</pre>"
		       "<pre class=\\\"output\\\">a &lt; b</pre>\"}]}");
	has(fakehost_tool(host, "get_run_output", "{\"run_id\":\"1\"}")->text, "\na < b\n");
	fakehost_reset(host);
	fakehost_reply(host, RUNS "get-output?run_id=1", 200,
		       "{\"notebook_output\":{},"
		       "\"metadata\":{\"state\":{\"result_state\":\"SUCCESS\"}}}");
	fakehost_reply(host, EXPORT, 404, "{}");
	has(fakehost_tool(host, "get_run_output", "{\"run_id\":\"1\"}")->text,
	    "dbutils.notebook.exit()");
	fakehost_free(host);
}

void
iterations_have_the_output(void)
{
	static const char loop[] =
	    "{\"run_id\":5,\"state\":{\"result_state\":\"FAILED\"},"
	    "\"tasks\":[{\"task_key\":\"l\",\"run_id\":5,\"for_each_task\":{\"inputs\":"
	    "\"[1]\"},\"state\":{\"result_state\":\"FAILED\"}}],\"iterations\":["
	    "{\"run_id\":8,\"state\":{\"result_state\":\"SUCCESS\"}},"
	    "{\"run_id\":9,\"state\":{\"result_state\":\"FAILED\",\"state_message\":\"no "
	    "file\"}}]}";
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, RUNS "get-output?run_id=5", 400,
		       "{\"message\":\"Run output is not "
		       "supported for for_each task runs.\"}");
	fakehost_reply(host, RUNS "get-output?run_id=9", 200, "{\"error\":\"FileNotFound\"}");
	fakehost_reply(host, RUNS "get?run_id=5", 200, loop);
	fakehost_reply(host, RUN_NOW, 200, "{\"run_id\":5}");
	result = fakehost_tool(host, "get_run_output", "{\"run_id\":\"5\"}");
	has(result->text, "9\tFAILED\tno file\n2 iterations.");
	has(result->text, "Next: get_run_output run_id=9");
	has(result->structured, "\"iterations\":[");
	result = fakehost_tool(host, "run_job_now", "{\"job_id\":\"7\"}");
	has(result->text, "Task \"l\": FileNotFound\nCall get_run_output run_id=9");
	fakehost_free(host);
}

void
a_run_is_waited_for(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, RUNS "get?run_id=5", 200, RUNNING);
	fakehost_reply(host, RUNS "get?run_id=5", 200, RUNNING);
	fakehost_reply(host, RUNS "get?run_id=5", 200, DONE);
	has(fakehost_tool(host, "get_job_run", "{\"run_id\":\"5\"}")->text, "state: RUNNING");
	result = fakehost_tool(host, "get_job_run", "{\"run_id\":\"5\",\"wait_s\":20}");
	has(result->text, "state: SUCCESS");
	CU_ASSERT(result->progress > 0);
	fakehost_reset(host);
	fakehost_reply(host, RUNS "get?run_id=5", 200, RUNNING);
	result = fakehost_tool(host, "get_job_run", "{\"run_id\":\"5\",\"wait_s\":3}");
	has(result->text, "state: RUNNING");
	CU_ASSERT(result->waited_ms <= 3500);
	fakehost_free(host);
}

void
a_run_of_several_tasks_lists_their_outputs(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, RUNS "get-output?run_id=5", 400,
		       "{\"error_code\":\"INVALID_PARAMETER_VALUE\",\"message\":\"Retrieving the "
		       "output of runs with multiple tasks is not supported.\"}");
	fakehost_reply(host, RUNS "get?run_id=5", 200, FAILED);
	result = fakehost_tool(host, "get_run_output", "{\"run_id\":\"5\"}");
	has(result->text, "Next: get_run_output run_id=7");
	has(result->text, "b\t7\tFAILED");
	fakehost_reply(host, RUNS "get?run_id=5", 200, "{\"run_id\":5}");
	result = fakehost_tool(host, "get_run_output", "{\"run_id\":\"5\"}");
	has(result->text, "The run has no task");
	fakehost_reply(host, RUNS "get?run_id=5", 403, "{\"error_code\":\"PERMISSION_DENIED\"}");
	result = fakehost_tool(host, "get_run_output", "{\"run_id\":\"5\"}");
	has(result->next, "CAN VIEW on the job");
	fakehost_free(host);
}

/* ---- operations ----------------------------------------------------------------------------- */

void
a_job_runs_to_its_end(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, RUN_NOW, 200, "{\"run_id\":5}");
	fakehost_reply(host, RUNS "get?run_id=5", 200, RUNNING);
	fakehost_reply(host, RUNS "get?run_id=5", 200, DONE);
	fakehost_reply(host, RUNS "get-output?run_id=6", 200,
		       "{\"notebook_output\":{\"result\":\"42 rows\"}}");
	result = fakehost_tool(host, "run_job_now",
			       "{\"job_id\":\"7\",\"idempotency_token\":\"t\","
			       "\"job_parameters\":{\"day\":\"1\"},\"python_params\":[\"x\"]}");
	CU_ASSERT(!result->failed && !result->working);
	CU_ASSERT(result->polls == 2);
	has(result->text, "run_id: 5\nname: etl\nstate: SUCCESS\n");
	has(result->text, "result:\n");
	has(result->text, "42 rows");
	EQUAL(fakehost_request(host, 0)->body,
	      "{\"idempotency_token\":\"t\",\"job_id\":7,"
	      "\"job_parameters\":{\"day\":\"1\"},\"python_params\":[\"x\"]}");
	CU_ASSERT(fakehost_request(host, 0)->retry == MCP_RETRY_TOKEN);
	/* Without an output the answer names the tool that has it; for a run of several tasks it
	 * lists the tasks. */
	fakehost_reply(host, RUNS "get-output?run_id=6", 500, "{}");
	result = fakehost_tool(host, "run_job_now", "{\"job_id\":\"7\"}");
	has(result->text, "Next: get_run_output run_id=6");
	fakehost_reply(host, RUNS "get?run_id=5", 200,
		       "{\"run_id\":5,\"state\":{"
		       "\"life_cycle_state\":\"TERMINATED\",\"result_state\":\"SUCCESS\"},"
		       "\"tasks\":[{\"task_key\":\"a\"},{\"task_key\":\"b\"}]}");
	has(fakehost_tool(host, "run_job_now", "{\"job_id\":\"7\"}")->text, "2 tasks.");
	fakehost_free(host);
}

void
a_failed_run_names_its_error(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, RUN_NOW, 200, "{\"run_id\":5}");
	fakehost_reply(host, RUNS "get?run_id=5", 200, FAILED);
	fakehost_reply(host, RUNS "get-output?run_id=7", 200, "{\"error\":\"KeyError: 'x'\"}");
	result = fakehost_tool(host, "run_job_now", "{\"job_id\":\"7\"}");
	EQUAL(result->text, "Run 5 ended as FAILED.\nTask \"b\": KeyError: 'x'\n"
			    "Call get_run_output run_id=7 for its whole output and trace.");
	fakehost_reply(host, RUNS "get-output?run_id=7", 403, "");
	has(fakehost_tool(host, "run_job_now", "{\"job_id\":\"7\"}")->why,
	    "Task \"b\": Workload failed");
	fakehost_reply(host, RUNS "get?run_id=5", 200,
		       "{\"state\":{\"life_cycle_state\":"
		       "\"TERMINATED\",\"result_state\":\"CANCELED\",\"state_message\":\"by "
		       "ann\"}}");
	result = fakehost_tool(host, "run_job_now", "{\"job_id\":\"7\"}");
	CU_ASSERT(result->status == MCP_E_CANCELLED);
	has(result->text, "by ann\nStart the run again");
	fakehost_reply(host, RUNS "get?run_id=5", 200,
		       "{\"state\":{\"life_cycle_state\":\"SKIPPED\","
		       "\"result_state\":\"MAXIMUM_CONCURRENT_RUNS_REACHED\"}}");
	has(fakehost_tool(host, "run_job_now", "{\"job_id\":\"7\"}")->next,
	    "The run did not start.");
	fakehost_free(host);
}

void
a_run_may_not_begin(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET /api/2.2/jobs/list?limit=100", 200, "{\"jobs\":[]}");
	CU_ASSERT(fakehost_tool(host, "run_job_now", "{\"job_id\":\"etl\"}")->status ==
		  MCP_E_NOT_FOUND);
	fakehost_reply(host, RUN_NOW, 404,
		       "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\","
		       "\"message\":\"Job 7 does not exist.\"}");
	has(fakehost_tool(host, "run_job_now", "{\"job_id\":\"7\"}")->text,
	    "There is no job \"7\".\nCall list_jobs");
	fakehost_reset(host);
	fakehost_reply(host, RUN_NOW, 403, "{\"error_code\":\"PERMISSION_DENIED\"}");
	has(fakehost_tool(host, "run_job_now", "{\"job_id\":\"7\"}")->next,
	    "CAN MANAGE RUN on the job");
	fakehost_reset(host);
	fakehost_reply(host, RUN_NOW, 200, "{}");
	result = fakehost_tool(host, "run_job_now", "{\"job_id\":\"7\"}");
	has(result->text,
	    "The run was not started.\nThe answer of the workspace contains no run_id.");
	fakehost_free(host);
}

/* Only the handle is known, as after a restart of the host. */
void
a_run_goes_on_from_its_handle(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, RUN_NOW, 200, "{\"run_id\":5}");
	fakehost_reply(host, RUNS "get?run_id=5", 200, RUNNING);
	fakehost_wait(host, 0);
	result = fakehost_tool(host, "run_job_now", "{\"job_id\":\"7\"}");
	CU_ASSERT(result->working);
	has(result->text, "Run 5 is RUNNING after ");
	has(result->text, "url: https://w/run/5\nNext: get_job_run run_id=5 "
			  "wait_s=50\ncancel_job_run stops it.");
	EQUAL(result->message, "run is RUNNING");
	fakehost_reset(host);
	fakehost_reply(host, RUNS "get?run_id=5", 503, "");
	result = fakehost_poll(host);
	CU_ASSERT(result->failed);
	has(result->next, "The run continues: call get_job_run run_id=5");
	fakehost_reset(host);
	fakehost_reply(host, RUNS "get?run_id=5", 404,
		       "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\"}");
	CU_ASSERT(fakehost_poll(host)->status == MCP_E_NOT_FOUND);
	fakehost_reset(host);
	fakehost_reply(host, RUNS "get?run_id=5", 200, DONE);
	fakehost_reply(host, RUNS "get-output?run_id=6", 200, "{\"logs\":\"fine\"}");
	has(fakehost_poll(host)->text, "fine");
	fakehost_free(host);
}

void
a_run_is_cancelled_by_the_client(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, RUN_NOW, 200, "{\"run_id\":5}");
	fakehost_reply(host, RUNS "get?run_id=5", 200, RUNNING);
	fakehost_reply(host, CANCEL, 200, "{}");
	fakehost_cancel_after(host, 6);
	fakehost_tool(host, "run_job_now", "{\"job_id\":\"7\"}");
	EQUAL(fakehost_request(host, fakehost_requests(host) - 1)->body, "{\"run_id\":5}");
	CU_ASSERT(fakehost_request(host, fakehost_requests(host) - 1)->flags & MCP_HTTP_CLEANUP);
	fakehost_cancel_after(host, 0);
	fakehost_wait(host, 0);
	fakehost_tool(host, "run_job_now", "{\"job_id\":\"7\"}");
	result = fakehost_cancel(host);
	has(result->text, "Cancelling run 5 was requested.");
	fakehost_reply(host, CANCEL, 403, "{\"error_code\":\"PERMISSION_DENIED\"}");
	CU_ASSERT(fakehost_cancel(host)->status == MCP_E_PERMISSION);
	fakehost_free(host);
}

void
cancel_job_run_waits_for_the_end(void)
{
	static const char ended[] = "{\"state\":{\"life_cycle_state\":\"TERMINATED\","
				    "\"result_state\":\"CANCELED\"}}";
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, CANCEL, 200, "{}");
	fakehost_reply(host, RUNS "get?run_id=5", 200, RUNNING);
	fakehost_reply(host, RUNS "get?run_id=5", 200, ended);
	result = fakehost_tool(host, "cancel_job_run", "{\"run_id\":\"5\"}");
	EQUAL(result->text, "Run 5 has ended: CANCELED.");
	EQUAL(fakehost_request(host, 0)->body, "{\"run_id\":5}");
	/* Cancelling a run that has already ended is a success. */
	fakehost_reset(host);
	fakehost_reply(host, CANCEL, 400,
		       "{\"error_code\":\"INVALID_STATE\",\"message\":\"over\"}");
	fakehost_reply(host, RUNS "get?run_id=5", 200, DONE);
	EQUAL(fakehost_tool(host, "cancel_job_run", "{\"run_id\":\"5\"}")->text,
	      "Run 5 has ended: SUCCESS.");
	fakehost_reset(host);
	fakehost_reply(host, CANCEL, 404, "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\"}");
	CU_ASSERT(fakehost_tool(host, "cancel_job_run", "{\"run_id\":\"5\"}")->status ==
		  MCP_E_NOT_FOUND);
	fakehost_free(host);
}

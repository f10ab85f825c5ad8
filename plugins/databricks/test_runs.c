/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of runs as operations: polled to their end, explained when they fail, cancelled. */
#include "runs.h"
#include "test_plugin.h"

#define GET_RUN "GET /api/2.2/jobs/runs/get?run_id=7"
#define OUTPUT "GET /api/2.2/jobs/runs/get-output?run_id=*"
#define CANCEL "POST /api/2.2/jobs/runs/cancel"

/* ---- a plugin that uses the shared code
 * ------------------------------------------------------- */

static int
start(struct mcp_call *call)
{
	if (mcp_arg(call, "damaged") != NULL)
		return mcp_handle(call, "x", 2);
	return dbx_run_handle(call, mcp_arg(call, "run_id"), mcp_arg_bool(call, "ending", false));
}

static const struct mcp_operation operation = {
	.size = sizeof(struct mcp_operation),
	.start = start,
	.poll = dbx_run_poll,
	.cancel = dbx_run_cancel,
};

static const struct mcp_row rows[] = { { .name = "run", .operation = &operation } };

const struct mcp_plugin mcp_plugin = {
	MCP_PLUGIN_HEAD,
	.name = "databricks",
	.version = "0",
	.tools = MCP_ROWS(rows),
};

#define RUN(members) "{\"run_id\":7,\"job_id\":3,\"run_name\":\"nightly\"," members "}"
#define RUNNING RUN("\"state\":{\"life_cycle_state\":\"RUNNING\"},\"run_page_url\":\"https://x/7\"")
#define ENDED(result)                                                                     \
	"\"state\":{\"life_cycle_state\":\"TERMINATED\",\"result_state\":\"" result "\"," \
	"\"state_message\":\"over\"}"

static void
follows_a_run_to_its_end(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, GET_RUN, 200, RUNNING);
	fakehost_reply(host, GET_RUN, 200,
		       RUN("\"tasks\":[{\"run_id\":8,\"task_key\":\"only\"}],\"start_time\":1000,"
			   "\"run_duration\":61000," ENDED("SUCCESS")));
	fakehost_reply(host, OUTPUT, 404, "");
	result = fakehost_tool(host, "run", "{\"run_id\":\"7\"}");
	ASSERT_HAS(result->text, "run_id: 7\nname: nightly\njob_id: 3\nstate: SUCCESS\n"
				 "message: over\nstarted: 1970-01-01T00:00:01Z\ntook: 1 min 1 s\n");
	ASSERT_HAS(result->text, "Next: get_run_output run_id=8");
	ASSERT_INT(result->polls, 2);
	fakehost_reset(host);
	fakehost_reply(
	    host, GET_RUN, 200,
	    RUN("\"tasks\":[{\"run_id\":8,\"task_key\":\"a\"," ENDED(
		"SUCCESS") ","
			   "\"execution_duration\":2000},{\"run_id\":9,\"task_key\":\"b\","
			   "\"status\":{\"state\":\"BLOCKED\"}}]," ENDED("SUCCESS_WITH_FAILURES")));
	result = fakehost_tool(host, "run", "{\"run_id\":\"7\"}");
	ASSERT_HAS(result->text, "task\trun_id\tstate\ttook\tmessage\na\t8\tSUCCESS\t2 s\tover\n"
				 "b\t9\tBLOCKED\t-\t-\n2 tasks.");
	fakehost_free(host);
}

static void
names_the_next_call_at_the_deadline(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_wait(host, 1);
	fakehost_reply(host, GET_RUN, 200, RUNNING);
	result = fakehost_tool(host, "run", "{\"run_id\":\"7\"}");
	CU_ASSERT(result->working);
	ASSERT_HAS(result->text, "Run 7 is RUNNING after ");
	ASSERT_HAS(result->text, "url: https://x/7\nNext: get_job_run run_id=7 wait_s=50");
	ASSERT_STR(result->message, "run is RUNNING");
	fakehost_reset(host);
	fakehost_reply(host, CANCEL, 200, "{}");
	result = fakehost_cancel(host);
	ASSERT_TEXT(result, "Cancelling run 7 was requested.");
	ASSERT_STR(fakehost_request(host, 0)->body, "{\"run_id\":7}");
	CU_ASSERT(fakehost_request(host, 0)->flags & MCP_HTTP_CLEANUP);
	fakehost_reset(host);
	fakehost_reply(host, CANCEL, 403, "{\"message\":\"no\"}");
	ASSERT_HAS(fakehost_cancel(host)->next, "CAN MANAGE RUN on the job");
	fakehost_free(host);
}

static void
explains_failed_runs(void)
{
	static const struct {
		const char *reply;
		enum mcp_status status;
		const char *what, *why, *next;
	} cases[] = {
		{ RUN(ENDED("FAILED")), MCP_E_UPSTREAM, "Run 7 ended as FAILED.", "over",
		  "get_run_output run_id=7" },
		{ RUN("\"tasks\":[{\"task_key\":\"a\"," ENDED(
		      "SUCCESS") "},{\"task_key\":\"b\","
				 "\"run_id\":9," ENDED("FAILED") "}]," ENDED("FAILED")),
		  MCP_E_UPSTREAM, "FAILED", "Task \"b\": over", "get_run_output run_id=9" },
		{ RUN("\"tasks\":[{\"task_key\":\"a\"," ENDED("UPSTREAM_FAILED") "}]," ENDED(
		      "TIMEDOUT")),
		  MCP_E_UPSTREAM, "TIMEDOUT", "over", "run_id=7" },
		{ RUN(ENDED("CANCELED")), MCP_E_CANCELLED, "CANCELED", "over", "if you still" },
		{ RUN("\"state\":{\"life_cycle_state\":\"INTERNAL_ERROR\","
		      "\"state_message\":\"b\"}"),
		  MCP_E_UPSTREAM, "INTERNAL_ERROR", "b", "get_run_output" },
		{ RUN("\"tasks\":{},\"state\":{\"life_cycle_state\":\"SKIPPED\"}"), MCP_E_UPSTREAM,
		  "SKIPPED", "", "" },
	};
	struct fakehost *host = fakehost_new(&mcp_plugin);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fakehost_reset(host);
		fakehost_reply(host, GET_RUN, 200, cases[i].reply);
		fakehost_reply(host, OUTPUT, 404, "");
		ASSERT_FAILED(fakehost_tool(host, "run", "{\"run_id\":\"7\"}"), cases[i].status,
			      cases[i].what, cases[i].why, cases[i].next);
	}
	/* the operation only waits for the end of the run, so this is a success */
	fakehost_reset(host);
	fakehost_reply(host, GET_RUN, 200, RUN(ENDED("CANCELED")));
	ASSERT_TEXT(fakehost_tool(host, "run", "{\"run_id\":\"7\",\"ending\":true}"),
		    "Run 7 has ended: CANCELED.");
	fakehost_free(host);
}

static void
reports_a_running_run_when_a_poll_fails(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, GET_RUN, 503, "");
	ASSERT_FAILED(fakehost_tool(host, "run", "{\"run_id\":\"7\"}"), MCP_E_UNAVAILABLE, "Run 7",
		      "503", "The run continues: call get_job_run run_id=7");
	fakehost_reset(host);
	fakehost_reply(host, GET_RUN, 400,
		       "{\"error_code\":\"INVALID_PARAMETER_VALUE\","
		       "\"message\":\"Run 7 does not exist.\"}");
	ASSERT_FAILED(fakehost_tool(host, "run", "{\"run_id\":\"7\"}"), MCP_E_NOT_FOUND, "Run 7",
		      "", "60 days");
	ASSERT_FAILED(fakehost_tool(host, "run", "{\"run_id\":\"\"}"), MCP_E_UPSTREAM,
		      "not started", "no run_id", "");
	ASSERT_INT(fakehost_tool(host, "run", "{\"damaged\":1}")->status, MCP_E_INPUT);
	ASSERT_INT(fakehost_cancel(host)->status, MCP_E_INPUT);
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(follows_a_run_to_its_end),
	TEST(names_the_next_call_at_the_deadline),
	TEST(explains_failed_runs),
	TEST(reports_a_running_run_when_a_poll_fails),
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of execute_code and run_notebook on the fake host: contexts, results, clean-up, runs. */
#include <CUnit/CUnit.h>
#include <lakehost/fakehost.h>
#include <stdio.h>
#include <string.h>

#include "test_workspace.h"

#define CLUSTER "0712-123456-abc12345"
#define CLUSTER_GET "GET /api/2.1/clusters/get?cluster_id=" CLUSTER
#define CREATE "POST /api/1.2/contexts/create"
#define CONTEXT "GET /api/1.2/contexts/status?clusterId=" CLUSTER "&contextId=c1"
#define DESTROY "POST /api/1.2/contexts/destroy"
#define EXECUTE "POST /api/1.2/commands/execute"
#define STATUS "GET /api/1.2/commands/status?clusterId=" CLUSTER "&contextId=c1&commandId=m1"
#define CANCEL "POST /api/1.2/commands/cancel"
#define CODE "{\"cluster_id\":\"" CLUSTER "\",\"language\":\"python\",\"code\":\"print(2)\""
#define FINISHED(results) "{\"id\":\"m1\",\"status\":\"Finished\",\"results\":" results "}"

#define EQUAL(actual, expected)                                                    \
	do {                                                                       \
		if (strcmp(actual, expected) != 0)                                 \
			printf("\n    \"%s\" should be \"%s\"", actual, expected); \
		CU_ASSERT(strcmp(actual, expected) == 0);                          \
	} while (0)

/* Adds replies for a running cluster on which the context c1 runs the command m1. Replies that were
 * added before have priority. */
static void
well(struct fakehost *host, const char *status)
{
	fakehost_reply(host, CLUSTER_GET, 200, "{\"state\":\"RUNNING\"}");
	fakehost_reply(host, CREATE, 200, "{\"id\":\"c1\"}");
	fakehost_reply(host, CONTEXT, 200, "{\"id\":\"c1\",\"status\":\"Running\"}");
	fakehost_reply(host, EXECUTE, 200, "{\"id\":\"m1\"}");
	fakehost_reply(host, STATUS, 200, status);
	fakehost_reply(host, DESTROY, 200, "{\"id\":\"c1\"}");
	fakehost_reply(host, CANCEL, 200, "{\"id\":\"m1\"}");
}

static unsigned
requests_to(const struct fakehost *host, const char *target)
{
	unsigned n = 0;

	for (size_t i = 0; i < fakehost_requests(host); i++)
		n += strcmp(fakehost_request(host, i)->target, target) == 0;
	return n;
}

static unsigned
destroyed(const struct fakehost *host)
{
	return requests_to(host, "/api/1.2/contexts/destroy");
}

void
code_runs_in_a_context_of_its_own(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, STATUS, 200, "{\"status\":\"Running\"}");
	well(host, FINISHED("{\"resultType\":\"text\",\"data\":\"\\u001b[1m2\\u001b[0m\"}"));
	result = fakehost_tool(host, "execute_code", CODE "}");
	CU_ASSERT(!result->failed);
	has(result->text, "\n2\n");
	lacks(result->text, "context_id");
	has(result->content, "lakehost/untrusted");
	CU_ASSERT(destroyed(host) == 1);
	CU_ASSERT(fakehost_request(host, fakehost_requests(host) - 1)->flags & MCP_HTTP_CLEANUP);
	EQUAL(fakehost_request(host, 3)->body, "{\"clusterId\":\"" CLUSTER "\","
					       "\"contextId\":\"c1\","
					       "\"language\":\"python\",\"command\":\"print(2)\"}");
	CU_ASSERT(fakehost_request(host, 3)->retry == MCP_RETRY_NEVER);
	fakehost_free(host);
	host = fakehost_new(&mcp_plugin);
	well(host, FINISHED("{\"resultType\":\"text\",\"data\":\"\"}"));
	EQUAL(fakehost_tool(host, "execute_code", CODE "}")->text,
	      "The code ran and printed nothing.");
	fakehost_reply(host, STATUS, 200,
		       FINISHED("{\"resultType\":\"image\","
				"\"fileName\":\"/plots/\xc3\xa4.png\"}"));
	has(fakehost_tool(host, "execute_code", CODE "}")->text, "\nfile: /plots/\xc3\xa4.png");
	fakehost_reply(host, STATUS, 200,
		       FINISHED("{\"resultType\":\"images\",\"fileNames\":["
				"\"/a.png\",null,\"data:image/png;base64,AAAA\"]}"));
	has(fakehost_tool(host, "execute_code", CODE "}")->text,
	    "\nfile: /a.png\nfile: none; the reply itself contains the picture "
	    "(image/png, 26 bytes)");
	fakehost_reply(host, STATUS, 200, FINISHED("{\"resultType\":\"file\"}"));
	has(fakehost_tool(host, "execute_code", CODE "}")->text, "of type file");
	fakehost_free(host);
}

void
a_context_can_be_kept(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	well(host, FINISHED("{\"resultType\":\"text\",\"data\":\"2\"}"));
	result = fakehost_tool(host, "execute_code", CODE ",\"keep_context\":true}");
	has(result->text, "context_id: c1 (cluster " CLUSTER ")\n");
	CU_ASSERT(destroyed(host) == 0);
	result = fakehost_tool(host, "execute_code", CODE ",\"context_id\":\"c1\"}");
	has(result->text, "context_id: c1");
	CU_ASSERT(destroyed(host) == 0);
	CU_ASSERT(requests_to(host, "/api/1.2/contexts/create") == 0);
	fakehost_reply(host, STATUS, 200,
		       FINISHED("{\"resultType\":\"error\",\"summary\":\"bad\"}"));
	result = fakehost_tool(host, "execute_code", CODE ",\"context_id\":\"c1\"}");
	has(result->next, "execute_code cluster_id=" CLUSTER " context_id=c1 keep_context=true");
	CU_ASSERT(destroyed(host) == 0);
	fakehost_reply(host, CONTEXT, 400,
		       "{\"error_code\":\"INVALID_PARAMETER_VALUE\","
		       "\"message\":\"context c1 does not exist\"}");
	result = fakehost_tool(host, "execute_code", CODE ",\"context_id\":\"c1\"}");
	CU_ASSERT(result->status == MCP_E_NOT_FOUND);
	has(result->next, "without context_id");
	fakehost_free(host);
}

void
a_cluster_must_run(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, CLUSTER_GET, 200, "{\"state\":\"TERMINATED\"}");
	result = fakehost_tool(host, "execute_code", CODE "}");
	CU_ASSERT(result->status == MCP_E_CONFLICT);
	EQUAL(result->text,
	      "Cluster \"" CLUSTER "\" cannot run code now.\nIt is TERMINATED.\n"
	      "Call start_cluster cluster_id=" CLUSTER " (minutes), then repeat this call.");
	fakehost_reset(host);
	fakehost_reply(host, CLUSTER_GET, 400,
		       "{\"error_code\":\"INVALID_PARAMETER_VALUE\","
		       "\"message\":\"Cluster " CLUSTER " does not exist\"}");
	fakehost_reply(host, "GET /api/2.1/clusters/list*", 200, "{\"clusters\":[]}");
	CU_ASSERT(fakehost_tool(host, "execute_code", CODE "}")->status == MCP_E_NOT_FOUND);
	fakehost_reset(host);
	fakehost_reply(host, CLUSTER_GET, 403, "{\"error_code\":\"PERMISSION_DENIED\"}");
	has(fakehost_tool(host, "execute_code", CODE "}")->next, "CAN ATTACH TO on the cluster");
	fakehost_free(host);
}

void
a_cluster_may_be_configured(void)
{
	struct fakehost *host = fakehost_new_with(&mcp_plugin, "{\"cluster_id\":\"shared\"}");

	fakehost_reply(host, "GET /api/2.1/clusters/list*", 200,
		       "{\"clusters\":[{\"cluster_id\":"
		       "\"" CLUSTER "\",\"cluster_name\":\"shared\"}]}");
	well(host, FINISHED("{\"resultType\":\"text\",\"data\":\"by name\"}"));
	has(fakehost_tool(host, "execute_code", "{\"language\":\"python\",\"code\":\"x\"}")->text,
	    "by name");
	fakehost_free(host);
	host = fakehost_new_with(&mcp_plugin, "{\"cluster_id\":\"\"}");
	has(fakehost_tool(host, "execute_code", "{\"language\":\"python\",\"code\":\"x\"}")->text,
	    "No cluster is given.");
	fakehost_free(host);
}

void
code_must_be_given(void)
{
	static const char *const wrong[] = {
		"{\"cluster_id\":\"" CLUSTER "\"}",
		"{\"cluster_id\":\"" CLUSTER "\",\"command_id\":\"m1\"}",
	};
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char arguments[256];

	for (size_t i = 0; i < 2; i++)
		has(fakehost_tool(host, "execute_code", wrong[i])->what, "code is missing.");
	CU_ASSERT(fakehost_requests(host) == 0);
	well(host, "{}");
	snprintf(arguments, sizeof(arguments), CODE ",\"context_id\":\"%070d\"}", 1);
	has(fakehost_tool(host, "execute_code", arguments)->what, "context_id is not a valid id");
	snprintf(arguments, sizeof(arguments),
		 CODE ",\"context_id\":\"c1\",\"command_id\":\"%070d\"}", 1);
	has(fakehost_tool(host, "execute_code", arguments)->what, "command_id is not a valid id");
	fakehost_free(host);
}

/* ---- results -------------------------------------------------------------------------------- */

void
errors_of_code_are_cleaned(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	char reply[4000], trace[3000];

	well(host, FINISHED("{\"resultType\":\"error\",\"summary\":\"<span "
			    "class=\\\"ansi-red-fg\\\">"
			    "ZeroDivisionError</span>: a &lt; b &amp; c\",\"cause\":\"-----\\n"
			    "\\u001b[0;31mZeroDivisionError\\u001b[0m in <module>\"}"));
	result = fakehost_tool(host, "execute_code", CODE "}");
	CU_ASSERT(result->status == MCP_E_INPUT);
	EQUAL(result->what, "The code failed: ZeroDivisionError: a < b & c");
	EQUAL(result->why, "ZeroDivisionError in <module>");
	EQUAL(result->next, "Correct the code and call execute_code again.");
	CU_ASSERT(destroyed(host) == 1);
	memset(trace, 'x', sizeof(trace));
	memcpy(trace, "begin", 5);
	strcpy(trace + 2990, "the end");
	snprintf(reply, sizeof(reply), FINISHED("{\"resultType\":\"error\",\"cause\":\"%s\"}"),
		 trace);
	fakehost_reply(host, STATUS, 200, reply);
	result = fakehost_tool(host, "execute_code", CODE "}");
	EQUAL(result->what, "The code failed: (no summary)");
	has(result->why, "begin");
	has(result->why, "\xe2\x80\xa6");
	has(result->why, "xthe end");
	fakehost_free(host);
}

void
markup_differs_from_brackets(void)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{ "<div><b>x</b><br/>y</div>", "xy" },
		{ "File \\\"<command-7>\\\" in <lambda>", "File \"<command-7>\" in <lambda>" },
		{ "a<b and c>d", "a<b and c>d" },
		{ "1 < 2 > 0", "1 < 2 > 0" },
		{ "<a href='x'>l</A> <b", "l <b" },
		{ "&quot;&#39;&#x27;&nbsp;&gt;&unknown;", "\"'' >&unknown;" },
		{ "\\u001b]0;t \\u001b[3", "0;t " },
		{ "one\\r\\ntwo", "one two" },
	};
	struct fakehost *host = fakehost_new(&mcp_plugin);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char reply[400], expected[200];

		fakehost_reset(host);
		snprintf(reply, sizeof(reply),
			 FINISHED("{\"resultType\":\"error\",\"summary\":\"%s\"}"), cases[i].from);
		snprintf(expected, sizeof(expected), "The code failed: %s", cases[i].to);
		well(host, reply);
		EQUAL(fakehost_tool(host, "execute_code", CODE "}")->what, expected);
	}
	fakehost_free(host);
}

/* The answer shows the beginning and the end of a long output. The rest can be read by bytes, as
 * long as the context exists. */
void
long_output_is_cut_in_the_middle(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	char reply[7000], output[6001];

	for (int i = 0; i < 1000; i++)
		snprintf(output + 6 * i, 7, "%04d\xc3\xa4", i);
	snprintf(reply, sizeof(reply),
		 FINISHED("{\"resultType\":\"text\",\"data\":"
			  "\"%s\"}"),
		 output);
	well(host, reply);
	fakehost_results(host, 0, 4000, 200, NULL);
	result = fakehost_tool(host, "execute_code", CODE "}");
	has(result->text, "The output has 6000 bytes. Its beginning and its end are shown; bytes "
			  "1000-4999 are left out.");
	has(result->text, "0000\xc3\xa4");
	has(result->text, "0999\xc3\xa4");
	has(result->text, "keep_context=true");
	lacks(result->text, "Next:");
	result = fakehost_tool(host, "execute_code", CODE ",\"keep_context\":true}");
	has(result->text, "Next: execute_code cluster_id=" CLUSTER " context_id=");
	has(result->text, " keep_context=true output_from=1000");
	result = fakehost_tool(host, "execute_code",
			       "{\"cluster_id\":\"" CLUSTER "\","
			       "\"context_id\":\"c1\",\"command_id\":\"m1\",\"keep_context\":true,"
			       "\"output_from\":1001}");
	has(result->text, "bytes 1002-3001 of 6000 of the output:");
	has(result->text, "output_from=3002");
	result = fakehost_tool(host, "execute_code",
			       "{\"cluster_id\":\"" CLUSTER "\","
			       "\"context_id\":\"c1\",\"command_id\":\"m1\",\"output_from\":6000}");
	has(result->text, "is after its end");
	fakehost_free(host);
}

void
indentation_is_removed(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	well(host, FINISHED("{\"resultType\":\"text\",\"data\":\"\"}"));
	fakehost_tool(host, "execute_code",
		      "{\"cluster_id\":\"" CLUSTER "\","
		      "\"language\":\"python\","
		      "\"code\":\"    if a:\\n        b\\n\\n  \\n    c\"}");
	has(fakehost_request(host, 3)->body, "\"command\":\"if a:\\n    b\\n\\n\\nc\"");
	fakehost_free(host);
}

void
results_may_be_tables(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	char wide[12000], *at = wide;

	well(host, FINISHED("{\"resultType\":\"table\",\"schema\":[{\"name\":\"a\"},"
			    "{\"name\":\"b\"}],\"data\":[[1,null],[2,\"x\"]],\"truncated\":true}"));
	result = fakehost_tool(host, "execute_code", CODE "}");
	has(result->text, "a\tb\n1\tNULL\n2\tx\n");
	has(result->text, " of 2+ rows shown.\nThe cluster cut the result: select fewer rows");
	CU_ASSERT(destroyed(host) == 1);
	fakehost_reply(host, STATUS, 200,
		       FINISHED("{\"resultType\":\"table\",\"schema\":"
				"[{\"name\":\"a\"}],\"data\":[]}"));
	EQUAL(fakehost_tool(host, "execute_code", CODE "}")->text, "a\n0 rows.");
	fakehost_reply(host, STATUS, 200, FINISHED("{\"resultType\":\"table\",\"schema\":[]}"));
	EQUAL(fakehost_tool(host, "execute_code", CODE "}")->text,
	      "The code ran and has no rows to show.");
	at += sprintf(at, "{\"status\":\"Finished\",\"results\":{\"resultType\":\"table\","
			  "\"schema\":[");
	for (int i = 0; i <= 200; i++)
		at += sprintf(at, "%s{\"name\":\"c%d\"}", i > 0 ? "," : "", i);
	strcpy(at, "],\"data\":[]}}");
	fakehost_reset(host);
	well(host, wide);
	CU_ASSERT(fakehost_tool(host, "execute_code", CODE "}")->status == MCP_E_TOO_LARGE);
	CU_ASSERT(destroyed(host) == 1);
	fakehost_free(host);
}

/* ---- ways out ------------------------------------------------------------------------------- */

void
contexts_are_always_destroyed(void)
{
	static const struct {
		const char *request;
		int http;
		const char *body;
		enum mcp_status status;
		unsigned destroyed;
		const char *said;
	} cases[] = {
		{ CREATE, 500, "{}", MCP_E_UNAVAILABLE, 0, "" },
		{ CREATE, 200, "{}", MCP_E_UPSTREAM, 0, "no context id" },
		{ CONTEXT, 200, "{\"status\":\"Error\"}", MCP_E_UNAVAILABLE, 1,
		  "The state of the context is Error" },
		{ CONTEXT, 403, "{\"error_code\":\"PERMISSION_DENIED\"}", MCP_E_PERMISSION, 1,
		  "CAN ATTACH TO" },
		{ EXECUTE, 400, "{\"error_code\":\"BAD_REQUEST\",\"message\":\"odd\"}", MCP_E_INPUT,
		  1, "odd" },
		{ EXECUTE, 200, "{}", MCP_E_UPSTREAM, 1, "no command id" },
		{ EXECUTE, 200, "<html>", MCP_E_UPSTREAM, 1, "not a JSON object" },
		{ STATUS, 200, "{\"status\":\"Cancelled\"}", MCP_E_CANCELLED, 1, "was cancelled" },
		{ STATUS, 404, "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\"}", MCP_E_NOT_FOUND, 1,
		  "does not exist any more" },
		/* the code may still be running, and the caller can wait for it */
		{ STATUS, 503, "", MCP_E_UNAVAILABLE, 0, "context_id=c1 command_id=m1" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);
		const struct fakehost_result *result;

		fakehost_reply(host, cases[i].request, cases[i].http, cases[i].body);
		well(host, FINISHED("{\"resultType\":\"text\",\"data\":\"\"}"));
		result = fakehost_tool(host, "execute_code", CODE "}");
		CU_ASSERT(result->failed);
		if (result->status != cases[i].status || destroyed(host) != cases[i].destroyed)
			printf("\n    case %zu: status %d, %u destroyed: %s", i, result->status,
			       destroyed(host), result->text);
		CU_ASSERT(result->status == cases[i].status);
		CU_ASSERT(destroyed(host) == cases[i].destroyed);
		has(result->text, cases[i].said);
		fakehost_free(host);
	}
}

void
a_context_may_start_slowly(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, CONTEXT, 200, "{\"status\":\"Pending\"}");
	fakehost_reply(host, CONTEXT, 200, "{\"status\":\"Pending\"}");
	well(host, FINISHED("{\"resultType\":\"text\",\"data\":\"up\"}"));
	has(fakehost_tool(host, "execute_code", CODE "}")->text, "up");
	fakehost_free(host);
	/* When the call is cancelled meanwhile, no code is executed and no context remains. */
	host = fakehost_new(&mcp_plugin);
	fakehost_reply(host, CONTEXT, 200, "{\"status\":\"Pending\"}");
	well(host, "{}");
	fakehost_cancel_after(host, 4);
	CU_ASSERT(fakehost_tool(host, "execute_code", CODE "}")->failed);
	CU_ASSERT(requests_to(host, "/api/1.2/commands/execute") == 0);
	CU_ASSERT(destroyed(host) == 1);
	fakehost_free(host);
}

void
a_command_is_resumed(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	well(host, "{\"status\":\"Running\"}");
	fakehost_wait(host, 0);
	result = fakehost_tool(host, "execute_code", CODE "}");
	CU_ASSERT(result->working);
	has(result->text, "The code is Running after ");
	has(result->text, "Next: execute_code cluster_id=" CLUSTER " context_id=c1 command_id=m1");
	CU_ASSERT(destroyed(host) == 0);
	result = fakehost_tool(host, "execute_code", CODE ",\"keep_context\":true}");
	has(result->text, "command_id=m1 keep_context=true");
	/* The caller continues as the answer says, even after a restart of the host. */
	fakehost_reset(host);
	well(host, FINISHED("{\"resultType\":\"text\",\"data\":\"late\"}"));
	result = fakehost_tool(host, "execute_code",
			       "{\"cluster_id\":\"" CLUSTER "\","
			       "\"context_id\":\"c1\",\"command_id\":\"m1\"}");
	has(result->text, "late");
	CU_ASSERT(requests_to(host, "/api/1.2/commands/execute") == 0);
	CU_ASSERT(destroyed(host) == 1);
	fakehost_reset(host);
	well(host, FINISHED("{\"resultType\":\"text\",\"data\":\"polled\"}"));
	has(fakehost_poll(host)->text, "polled");
	fakehost_free(host);
}

void
code_is_cancelled(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	well(host, "{\"status\":\"Running\"}");
	fakehost_wait(host, 0);
	fakehost_tool(host, "execute_code", CODE "}");
	EQUAL(fakehost_cancel(host)->text, "Cancelling the code was requested.");
	EQUAL(fakehost_request(host, 0)->body, "{\"clusterId\":\"" CLUSTER "\","
					       "\"contextId\":\"c1\","
					       "\"commandId\":\"m1\"}");
	CU_ASSERT(requests_to(host, "/api/1.2/commands/cancel") == 1);
	CU_ASSERT(destroyed(host) == 1);
	fakehost_tool(host, "execute_code", CODE ",\"keep_context\":true}");
	fakehost_cancel(host);
	CU_ASSERT(destroyed(host) == 0);
	fakehost_wait(host, 20000);
	fakehost_cancel_after(host, 9);
	fakehost_tool(host, "execute_code", CODE "}");
	CU_ASSERT(requests_to(host, "/api/1.2/commands/cancel") == 1);
	CU_ASSERT(destroyed(host) == 1);
	fakehost_free(host);
}

/* ---- run_notebook --------------------------------------------------------------------------- */

#define SUBMIT "POST /api/2.2/jobs/runs/submit"
#define RUN "GET /api/2.2/jobs/runs/get?run_id=5"
#define OUTPUT "GET /api/2.2/jobs/runs/get-output?run_id=6"
#define DONE                                                                             \
	"{\"run_id\":5,\"state\":{\"life_cycle_state\":\"TERMINATED\",\"result_state\":" \
	"\"SUCCESS\"},\"tasks\":[{\"task_key\":\"notebook\",\"run_id\":6}]}"

void
a_notebook_runs(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, SUBMIT, 200, "{\"run_id\":5}");
	fakehost_reply(host, RUN, 200, DONE);
	fakehost_reply(host, OUTPUT, 200, "{\"notebook_output\":{\"result\":\"done\"}}");
	result = fakehost_tool(host, "run_notebook",
			       "{\"notebook_path\":\"/a/b\","
			       "\"idempotency_token\":\"t\",\"parameters\":{\"n\":\"1\"}}");
	has(result->text, "state: SUCCESS");
	has(result->text, "\ndone\n");
	EQUAL(fakehost_request(host, 0)->body,
	      "{\"run_name\":\"lakehost: /a/b\","
	      "\"idempotency_token\":\"t\",\"tasks\":[{\"task_key\":\"notebook\",\"notebook_task\":"
	      "{\"notebook_path\":\"/a/b\",\"source\":\"WORKSPACE\",\"base_parameters\":"
	      "{\"n\":\"1\"}}}]}");
	CU_ASSERT(fakehost_request(host, 0)->retry == MCP_RETRY_TOKEN);
	fakehost_wait(host, 0);
	fakehost_reply(host, RUN, 200, "{\"state\":{\"life_cycle_state\":\"PENDING\"}}");
	result = fakehost_tool(host, "run_notebook", "{\"notebook_path\":\"/a/b\"}");
	CU_ASSERT(result->working);
	has(result->text, "Next: get_job_run run_id=5 wait_s=50");
	fakehost_reply(host, "POST /api/2.2/jobs/runs/cancel", 200, "{}");
	has(fakehost_cancel(host)->text, "Cancelling run 5 was requested.");
	fakehost_free(host);
}

void
a_notebook_runs_on_a_cluster(void)
{
	struct fakehost *host = fakehost_new_with(&mcp_plugin, "{\"cluster_id\":\"shared\"}");

	fakehost_reply(host, "GET /api/2.1/clusters/list*", 200,
		       "{\"clusters\":[{\"cluster_id\":"
		       "\"" CLUSTER "\",\"cluster_name\":\"shared\"},{\"cluster_id\":\"x\","
		       "\"cluster_name\":\"mine\"}]}");
	fakehost_reply(host, SUBMIT, 200, "{\"run_id\":5}");
	fakehost_reply(host, RUN, 200, DONE);
	fakehost_reply(host, OUTPUT, 200, "{}");
	fakehost_tool(host, "run_notebook", "{\"notebook_path\":\"/a\",\"cluster_id\":\"mine\"}");
	has(fakehost_request(host, 1)->body, "\"existing_cluster_id\":\"x\"");
	fakehost_tool(host, "run_notebook", "{\"notebook_path\":\"/a\"}");
	has(fakehost_request(host, 1)->body, "\"existing_cluster_id\":\"" CLUSTER "\"");
	fakehost_free(host);
}

void
a_notebook_may_not_begin(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	CU_ASSERT(fakehost_tool(host, "run_notebook", "{\"notebook_path\":\"a\"}")->status ==
		  MCP_E_INPUT);
	fakehost_reply(host, SUBMIT, 403, "{\"error_code\":\"PERMISSION_DENIED\"}");
	result = fakehost_tool(host, "run_notebook", "{\"notebook_path\":\"/a\"}");
	has(result->next, "CAN RUN on the notebook");
	fakehost_reset(host);
	fakehost_reply(host, SUBMIT, 200, "{\"run_id\":5}");
	fakehost_reply(host, RUN, 200,
		       "{\"state\":{\"life_cycle_state\":\"INTERNAL_ERROR\","
		       "\"state_message\":\"no compute\"}}");
	has(fakehost_tool(host, "run_notebook", "{\"notebook_path\":\"/a\"}")->text,
	    "Run 5 ended as INTERNAL_ERROR.\nno compute");
	fakehost_free(host);
}

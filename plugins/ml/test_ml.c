/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the plugin ml on the fake host: MLflow, and failures of every tool. */
#include "test_ml.h"

#define API "/api/2.0/mlflow"
#define EXPERIMENT \
	"{\"experiment_id\":\"7\",\"name\":\"/Users/a/churn\",\"lifecycle_stage\":\"active\"}"
#define RUN_INFO                                                                        \
	"\"info\":{\"run_id\":\"ab12\",\"run_name\":\"first\",\"status\":\"FINISHED\"," \
	"\"experiment_id\":\"7\",\"start_time\":1760000000000,\"end_time\":1760000001000}"
#define RUN                                                                                    \
	"{" RUN_INFO ",\"data\":{\"metrics\":[{\"key\":\"rmse\",\"value\":0.5,\"step\":0},"    \
	"{\"key\":\"r2\",\"value\":\"NaN\"}],\"params\":[{\"key\":\"lr\",\"value\":\"0.1\"}]," \
	"\"tags\":[{\"key\":\"team\",\"value\":\"pricing\"},"                                  \
	"{\"key\":\"mlflow.databricks.x\",\"value\":\"noise\"}]}}"

/* Failures of a first request, and the expected result of each. */
static void
fails_in_words(const char *tool, const char *arguments, const char *request)
{
	static const struct {
		int status;
		const char *body;
		enum mcp_status expected;
	} cases[] = {
		{ 403, FORBIDDEN, MCP_E_PERMISSION },
		{ 429, "{\"error_code\":\"REQUEST_LIMIT_EXCEEDED\",\"message\":\"slow\"}",
		  MCP_E_THROTTLED },
		{ 200, "<html><title>Sign in</title></html>", MCP_E_UPSTREAM },
		{ 200, "{\"experiments\":[{\"na", MCP_E_UPSTREAM },
		{ 401, "", MCP_E_UNAUTHENTICATED },
		{ 503, "<html>busy</html>", MCP_E_UNAVAILABLE },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);
		const struct fakehost_result *result;

		fakehost_reply(host, request, cases[i].status, cases[i].body);
		result = fakehost_tool(host, tool, arguments);
		if ((int)result->status != (int)cases[i].expected)
			printf("\n    %s, reply %zu: %s", tool, i, result->text);
		ASSERT_INT(result->status, cases[i].expected);
		CU_ASSERT(result->failed && result->what[0] != '\0' && result->next[0] != '\0');
		ASSERT_INT(result->unexpected, 0);
		fakehost_free(host);
	}
}

static void
every_failure_is_reported(void)
{
	static const struct {
		const char *tool, *arguments, *request;
	} rows[] = {
		{ "list_mlflow_experiments", "{}", "POST " API "/experiments/search" },
		{ "list_mlflow_runs", "{\"experiment_id\":\"7\"}", "POST " API "/runs/search" },
		{ "list_mlflow_runs", "{\"experiment_id\":\"/a\"}",
		  "GET " API "/experiments/get-by-name*" },
		{ "get_mlflow_run_details", "{\"run_id\":\"ab12\"}", "GET *" },
		{ "list_registered_models", "{}", "GET *" },
		{ "get_model_version_details", "{\"model_name\":\"m\",\"version\":\"1\"}",
		  "GET *" },
		{ "list_serving_endpoints", "{}", "GET *" },
		{ "query_model_serving_endpoint",
		  "{\"endpoint_name\":\"e\",\"input_data\":{\"inputs\":[1]}}", "POST *" },
		{ "list_vector_indexes", "{}", "GET *" },
		{ "list_vector_indexes", "{\"endpoint_name\":\"v\"}", "GET *" },
		{ "query_vector_index",
		  "{\"index_name\":\"a.b.c\",\"columns\":[\"id\"],"
		  "\"query_text\":\"x\",\"query_type\":\"ANN\"}",
		  "POST *" },
		{ "add_to_vector_index",
		  "{\"index_name\":\"a.b.c\",\"primary_key\":\"id\","
		  "\"documents\":[{\"id\":1}]}",
		  "POST *" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		fails_in_words(rows[i].tool, rows[i].arguments, rows[i].request);
}

/* ---- experiments ---------------------------------------------------------------------------- */

static void
experiments_are_listed(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "POST " API "/experiments/search", 200,
		       "{\"experiments\":[" EXPERIMENT "]}");
	result = fakehost_tool(host, "list_mlflow_experiments",
			       "{\"filter_string\":\"name LIKE '%churn%'\",\"max_results\":5}");
	has(result->text, "experiment_id\tname\tstage\tchanged\n7\t/Users/a/churn\tactive\t-\n"
			  "1 experiment.");
	has(fakehost_request(host, 0)->body, "\"filter\":\"name LIKE '%churn%'\"");
	has(fakehost_request(host, 0)->body, "\"max_results\":5");
	fakehost_reset(host);
	fakehost_reply(host, "POST " API "/experiments/search", 200, "{}");
	has(fakehost_tool(host, "list_mlflow_experiments", "{}")->text, "0 experiments.");
	fakehost_free(host);
}

/* The reply has `max_rows` rows and one more: the end line names the call for the last row. */
static void
experiments_beyond_the_cap(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_results(host, 1, 0, 0, NULL);
	fakehost_reply(host, "POST " API "/experiments/search", 200,
		       "{\"experiments\":[" EXPERIMENT "," EXPERIMENT "],"
		       "\"next_page_token\":\"T\"}");
	has(fakehost_tool(host, "list_mlflow_experiments", "{}")->text,
	    "list_mlflow_experiments page_token=1~");
	fakehost_results(host, 2, 0, 0, NULL);
	has(fakehost_tool(host, "list_mlflow_experiments", "{\"filter_string\":\"a b\"}")->text,
	    "list_mlflow_experiments filter_string=\"a b\" page_token=T");
	fakehost_free(host);
}

/* ---- runs ----------------------------------------------------------------------------------- */

static void
runs_by_experiment_id(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "POST " API "/runs/search", 200, "{\"runs\":[" RUN "]}");
	result = fakehost_tool(host, "list_mlflow_runs",
			       "{\"experiment_id\":\"7\","
			       "\"order_by\":\"metrics.rmse ASC\"}");
	ASSERT_STR(result->text, "run_id\tname\tstatus\tstarted\tmetrics.rmse\tmetrics.r2\n"
				 "ab12\tfirst\tFINISHED\t2025-10-09T08:53:20Z\t0.5\tNaN\n1 run.");
	has(fakehost_request(host, 0)->body, "\"order_by\":[\"metrics.rmse ASC\"]");
	has(fakehost_request(host, 0)->body, "\"experiment_ids\":[\"7\"]");
	fakehost_reset(host);
	fakehost_reply(host, "POST " API "/runs/search", 200, "{}");
	has(fakehost_tool(host, "list_mlflow_runs", "{\"experiment_id\":\"7\"}")->text, "0 runs.");
	fakehost_free(host);
}

static void
runs_by_name_with_columns(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " API "/experiments/get-by-name?experiment_name=%2Fa%20b", 200,
		       "{\"experiment\":{\"experiment_id\":\"7\"}}");
	fakehost_reply(host, "POST " API "/runs/search", 200,
		       "{\"runs\":[" RUN "],\"next_page_token\":\"N\"}");
	result = fakehost_tool(host, "list_mlflow_runs",
			       "{\"experiment_id\":\"/a b\",\"columns\":"
			       "[\"rmse\",\"params.lr\",\"tags.none\",\"end_time\",\"user_id\"]}");
	has(result->text, "\trmse\tparams.lr\ttags.none\tend_time\tuser_id\n");
	has(result->text, "\t0.5\t0.1\t-\t2025-10-09T08:53:21Z\t-\n");
	has(result->text, "list_mlflow_runs experiment_id=\"/a b\" columns=[\"rmse\",\"params.lr\","
			  "\"tags.none\",\"end_time\",\"user_id\"] page_token=N");
	fakehost_free(host);
}

static void
unknown_experiments(void)
{
	static char arguments[4096];
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET *", 404,
		       "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\","
		       "\"message\":\"Node nope does not exist.\"}");
	result = fakehost_tool(host, "list_mlflow_runs", "{\"experiment_id\":\"nope\"}");
	ASSERT_INT(result->status, MCP_E_NOT_FOUND);
	has(result->next, "list_mlflow_experiments");
	snprintf(arguments, sizeof(arguments), "{\"experiment_id\":\"%02000d\"}", 7);
	result = fakehost_tool(host, "list_mlflow_runs", arguments);
	ASSERT_INT(result->status, MCP_E_INPUT);
	fakehost_reset(host);
	fakehost_reply(host, "POST " API "/runs/search", 400,
		       "{\"error_code\":\"INVALID_PARAMETER_VALUE\","
		       "\"message\":\"Invalid clause(s) in filter string\"}");
	result = fakehost_tool(host, "list_mlflow_runs",
			       "{\"experiment_id\":\"7\",\"filter_string\":\"x\"}");
	ASSERT_INT(result->status, MCP_E_INPUT);
	has(result->text, "Invalid clause");
	fakehost_free(host);
}

/* ---- one run -------------------------------------------------------------------------------- */

static void
run_in_full(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " API "/runs/get?run_id=ab12", 200, "{\"run\":" RUN "}");
	fakehost_reply(host, "GET " API "/artifacts/list?run_id=ab12", 200,
		       "{\"files\":[{\"path\":\"model\",\"is_dir\":true},{\"path\":\"a.txt\"}]}");
	result = fakehost_tool(host, "get_mlflow_run_details", "{\"run_id\":\"ab12\"}");
	has(result->text, "status: FINISHED");
	has(result->text, "params:\n  lr = 0.1\nmetrics:\n  rmse = 0.5\n  r2 = NaN\n");
	has(result->text, "artifacts:\n  model/\n  a.txt");
	has(result->text, "/ml/experiments/7/runs/ab12");
	lacks(result->text, "noise");
	has(result->structured, "\"metrics\":{\"rmse\":0.5,\"r2\":\"NaN\"}");
	has(result->structured, "\"artifacts\":[\"model/\",\"a.txt\"]");
	result = fakehost_tool(host, "get_mlflow_run_details",
			       "{\"run_id\":\"ab12\",\"detail\":\"full\"}");
	has(result->text, "mlflow.databricks.x = noise");
	fakehost_free(host);
}

/* Values are cut between characters, artifacts are counted, and failures of the artifact list are
 * reported. */
static void
run_with_long_values(void)
{
	static char body[16384], files[16384];
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	size_t at;

	at = (size_t)snprintf(body, sizeof(body),
			      "{\"run\":{" RUN_INFO ",\"data\":{\"params\":"
			      "[{\"key\":\"note\",\"value\":\"x");
	for (int i = 0; i < 150; i++)
		at += (size_t)snprintf(body + at, sizeof(body) - at, "\xc3\xa4");
	snprintf(body + at, sizeof(body) - at, "\"}]}}}");
	at = (size_t)snprintf(files, sizeof(files), "{\"files\":[{\"path\":\"f\"}");
	for (int i = 0; i < 100; i++)
		at += (size_t)snprintf(files + at, sizeof(files) - at, ",{\"path\":\"f%d\"}", i);
	snprintf(files + at, sizeof(files) - at, "]}");
	fakehost_reply(host, "GET " API "/runs/get*", 200, body);
	fakehost_reply(host, "GET " API "/artifacts/list*", 200, files);
	result = fakehost_tool(host, "get_mlflow_run_details", "{\"run_id\":\"ab12\"}");
	has(result->text, "\xc3\xa4... (detail=full shows all)");
	has(result->text, "more artifacts: 1 on this page; get_mlflow_run_details run_id=ab12 "
			  "detail=full");
	has(fakehost_tool(host, "get_mlflow_run_details",
			  "{\"run_id\":\"ab12\",\"detail\":\"full\"}")
		->text,
	    "\n  f99\n");
	fakehost_reset(host);
	fakehost_reply(host, "GET " API "/runs/get*", 200, body);
	fakehost_reply(host, "GET " API "/artifacts/list*", 403, FORBIDDEN);
	result = fakehost_tool(host, "get_mlflow_run_details", "{\"run_id\":\"ab12\"}");
	has(result->text, "artifacts: not available: User lacks rights");
	lacks(result->structured, "\"artifacts\"");
	has(result->structured, "\"artifacts_missing\":\"not available: User lacks rights\"");
	fakehost_free(host);
}

/* A run with steps, datasets and models; with NaN, which JSON does not have; with artifacts in
 * pages; with unusual types. */
static void
run_with_all_it_may_have(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	const char *full = "{\"run_id\":\"ab12\",\"detail\":\"full\"}";

	fakehost_reply(
	    host, "GET " API "/runs/get*", 200,
	    "{\"run\":{" RUN_INFO ",\"data\":{"
	    "\"metrics\":[{\"key\":\"loss\",\"value\":NaN,\"step\":1840,"
	    "\"timestamp\":1700000000000},"
	    "7,{\"key\":\"up\",\"value\":-Infinity}],\"params\":5,\"tags\":[{\"key\":7,\"value\":{"
	    "\"a\":1}}]},"
	    "\"inputs\":{\"dataset_inputs\":[{\"tags\":[{\"key\":\"mlflow.data.context\","
	    "\"value\":\"training\"}],\"dataset\":{\"name\":\"main.w.v\",\"digest\":\"9af\","
	    "\"source\":\"s3\"}}],\"model_inputs\":[{\"model_id\":\"m-1\"}]},"
	    "\"outputs\":{\"model_outputs\":[{\"model_id\":\"m-2\",\"step\":3}]}}}");
	fakehost_reply(host, "GET " API "/artifacts/list*", 200,
		       "{\"files\":[{\"path\":\"plots\",\"is_dir\":true}],"
		       "\"next_page_token\":\"a1\"}");
	result = fakehost_tool(host, "get_mlflow_run_details", "{\"run_id\":\"ab12\"}");
	has(result->text, "  loss = NaN\n  up = -Infinity\n");
	has(result->text, "name\tdigest\ttags\nmain.w.v\t9af\tmlflow.data.context=training\n");
	has(result->text, "Next: get_mlflow_run_details run_id=ab12 page_token=a1");
	has(result->structured, "\"metrics\":{\"loss\":\"NaN\",\"up\":\"-Infinity\"}");
	result = fakehost_tool(host, "get_mlflow_run_details", full);
	has(result->text, "loss\t1840\t2023-11-14T22:13:20Z");
	has(result->text, "main.w.v\t9af\tmlflow.data.context=training\ts3");
	has(result->text, "m-2\t3");
	has(result->structured, "\"model_inputs\":[{\"model_id\":\"m-1\"}]");
	has(result->text, "7 = {\"a\":1}");
	fakehost_free(host);
}

static void
run_that_is_not_there(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " API "/runs/get*", 404,
		       "{\"error_code\":"
		       "\"RESOURCE_DOES_NOT_EXIST\",\"message\":\"Run 'zz' not found.\"}");
	fakehost_reply(host, "GET " API "/artifacts/list*", 404, "{}");
	result = fakehost_tool(host, "get_mlflow_run_details", "{\"run_id\":\"zz\"}");
	ASSERT_INT(result->status, MCP_E_NOT_FOUND);
	has(result->next, "list_mlflow_runs");
	fakehost_reset(host);
	fakehost_reply(host, "GET " API "/runs/get*", 200, "{}");
	fakehost_reply(host, "GET " API "/artifacts/list*", 200, "{}");
	result = fakehost_tool(host, "get_mlflow_run_details", "{\"run_id\":\"zz\"}");
	ASSERT_INT(result->status, MCP_E_UPSTREAM);
	fakehost_free(host);
}

static void
ids_are_offered(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, "POST " API "/experiments/search", 200,
		       "{\"experiments\":[" EXPERIMENT "]}");
	fakehost_reply(host, "POST " API "/runs/search", 200, "{\"runs\":[" RUN "]}");
	ASSERT_STR(fakehost_complete(
		       host, "databricks://mlflow/experiments/{experiment_id}/runs experiment_id",
		       "{\"value\":\"\"}")
		       ->completion,
		   "[\"7\"]");
	ASSERT_STR(fakehost_complete(host, "databricks://mlflow/runs/{run_id} run_id",
				     "{\"value\":\"a\"}")
		       ->completion,
		   "[\"ab12\"]");
	ASSERT_STR(fakehost_complete(host, "databricks://mlflow/runs/{run_id} run_id",
				     "{\"value\":\"z\"}")
		       ->completion,
		   "[]");
	fakehost_reset(host);
	fakehost_reply(host, "POST " API "/experiments/search", 200, "{}");
	ASSERT_STR(fakehost_complete(host, "databricks://mlflow/runs/{run_id} run_id",
				     "{\"value\":\"a\"}")
		       ->completion,
		   "[]");
	ASSERT_INT(fakehost_requests(host), 1);
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(every_failure_is_reported),
	TEST(experiments_are_listed),
	TEST(experiments_beyond_the_cap),
	TEST(runs_by_experiment_id),
	TEST(runs_by_name_with_columns),
	TEST(unknown_experiments),
	TEST(run_in_full),
	TEST(run_with_long_values),
	TEST(run_with_all_it_may_have),
	TEST(run_that_is_not_there),
	TEST(ids_are_offered),
};
SUITE(tests)

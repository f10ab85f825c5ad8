/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the texts about tasks and runs: kinds, compute, reasons, the failed task, outputs. */
#include "runs.h"
#include "test_plugin.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- a plugin that uses the shared code
 * ------------------------------------------------------- */

static int
task(struct mcp_call *call)
{
	struct json_object *args = mcp_args(call);

	return mcp_say(call, "%s|%s|%s", dbx_task_kind(call, args), dbx_task_compute(call, args),
		       dbx_task_after(call, args));
}

static int
state(struct mcp_call *call)
{
	struct json_object *run = mcp_args(call);

	return mcp_say(call, "%s|%s|%d%d", dbx_run_state(call, run), dbx_run_message(call, run),
		       dbx_run_ended(call, run), dbx_run_failed(call, run));
}

static int
culprit(struct mcp_call *call)
{
	struct json_object *run = mcp_args(call);
	struct json_object *found = dbx_run_culprit(call, run, "tasks");

	return mcp_say(call, "%s", mcp_get_str(call, found, "run_id", "none"));
}

static int
output(struct mcp_call *call)
{
	struct mcp_answer *answer = mcp_answer_begin(call);

	if (!dbx_run_output(answer, mcp_args(call), 500))
		mcp_say(call, "nothing");
	return mcp_answer_end(answer);
}

static const struct mcp_row rows[] = {
	{ .name = "task", .handler = task },
	{ .name = "state", .handler = state },
	{ .name = "culprit", .handler = culprit },
	{ .name = "output", .handler = output },
};

const struct mcp_plugin mcp_plugin = {
	MCP_PLUGIN_HEAD,
	.name = "databricks",
	.version = "0",
	.tools = MCP_ROWS(rows),
};

/* ---- tests ----------------------------------------------------------------------------------- */

struct pair {
	const char *arguments, *text;
};

static void
answers(const char *tool, const struct pair *cases, size_t n)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	for (size_t i = 0; i < n; i++)
		ASSERT_TEXT(fakehost_tool(host, tool, cases[i].arguments), cases[i].text);
	fakehost_free(host);
}

#define OF(member, body) "{\"" member "\":" body "}"

static void
every_kind_of_task_is_described(void)
{
	static const struct pair cases[] = {
		{ OF("notebook_task", "{\"notebook_path\":\"/n\"}"), "notebook /n|serverless|" },
		{ OF("notebook_task", "{\"notebook_path\":\"/n\",\"warehouse_id\":\"w\"}"),
		  "notebook /n|SQL warehouse w|" },
		{ OF("spark_python_task", "{\"python_file\":\"p.py\"}"),
		  "python p.py|serverless|" },
		{ OF("python_wheel_task", "{\"package_name\":\"p\",\"entry_point\":\"e\"}"),
		  "wheel p e|serverless|" },
		{ OF("python_operator_task", "{\"main\":\"m\"}"), "python operator m|serverless|" },
		{ OF("spark_jar_task", "{\"main_class_name\":\"M\"}"), "jar M|serverless|" },
		{ OF("spark_submit_task", "{\"parameters\":[\"--x\",\"y\"]}"),
		  "spark-submit --x, y||" },
		{ OF("dbt_task", "{\"commands\":[\"dbt deps\",\"dbt run\"],"
				 "\"warehouse_id\":\"w\"}"),
		  "dbt dbt deps, dbt run|SQL warehouse w|" },
		{ OF("dbt_cloud_task", "{\"dbt_cloud_job_id\":5}"), "dbt Cloud job 5||" },
		{ OF("dbt_platform_task", "{\"dbt_platform_job_id\":\"d\"}"),
		  "dbt platform job d||" },
		{ OF("sql_task", "{\"query\":{\"query_id\":\"q\"},\"warehouse_id\":\"w\"}"),
		  "sql q|SQL warehouse w|" },
		{ OF("sql_task", "{\"file\":{\"path\":\"f.sql\"}}"), "sql f.sql||" },
		{ OF("pipeline_task", "{\"pipeline_id\":\"p\",\"full_refresh\":true}"),
		  "pipeline p (full refresh)||" },
		{ OF("run_job_task", "{\"job_id\":969479553499872125}"),
		  "run job 969479553499872125||" },
		{ OF("condition_task", "{\"left\":\"a\",\"op\":\"EQUAL_TO\",\"right\":\"b\"}"),
		  "condition a EQUAL_TO b||" },
		{ OF("for_each_task", "{\"inputs\":\"[1]\",\"concurrency\":2,\"task\":{"
				      "\"notebook_task\":{\"notebook_path\":\"/n\"},"
				      "\"existing_cluster_id\":\"c\"}}"),
		  "for each of [1] (2 at once): notebook /n|cluster c|" },
		{ OF("dashboard_task", "{\"dashboard_id\":\"d\",\"warehouse_id\":\"w\"}"),
		  "dashboard d|SQL warehouse w|" },
		{ OF("alert_task", "{\"workspace_path\":\"/a\"}"), "alert /a||" },
		{ OF("power_bi_task", "{\"power_bi_model\":{\"model_name\":\"M\"}}"),
		  "Power BI model M||" },
		{ OF("clean_rooms_notebook_task", "{\"clean_room_name\":\"r\","
						  "\"notebook_name\":\"n\"}"),
		  "clean room notebook r n||" },
		{ OF("gen_ai_compute_task", "{\"command\":\"c\",\"compute\":{\"num_gpus\":8}}"),
		  "GPU training c|8 GPUs|" },
		{ OF("ai_runtime_task", "{\"experiment\":\"e\"}"), "AI runtime e||" },
		{ OF("ai_function_task", "{\"ai_classify\":{\"version\":\"1\"}}"),
		  "AI function {\"ai_classify\":{\"version\":\"1\"}}||" },
		{ OF("later_task", "{\"a\":1}"), "later_task {\"a\":1}||" },
		{ OF("later_task", "7"), "||" },
		{ "{}", "||" },
	};

	answers("task", cases, COUNT(cases));
}

static void
compute_is_what_the_task_names(void)
{
#define NB "\"notebook_task\":{\"notebook_path\":\"/n\"}"
	static const struct pair cases[] = {
		{ "{" NB ",\"job_cluster_key\":\"k\"}", "notebook /n|job cluster k|" },
		{ "{" NB ",\"environment_key\":\"e\"}", "notebook /n|serverless, environment e|" },
		{ "{" NB ",\"new_cluster\":{\"spark_version\":\"16\",\"node_type_id\":\"m\","
		  "\"num_workers\":6}}",
		  "notebook /n|new cluster: 16, m, 6 workers|" },
		{ "{" NB ",\"new_cluster\":{\"autoscale\":{\"min_workers\":1,\"max_workers\":3}}}",
		  "notebook /n|new cluster: 1-3 workers|" },
		{ "{" NB ",\"new_cluster\":{}}", "notebook /n|new cluster|" },
		{ "{" NB ",\"job_cluster_key\":\"k\",\"cluster_instance\":{\"cluster_id\":\"c\"}}",
		  "notebook /n|job cluster k, cluster c|" },
		{ "{" NB ",\"compute\":{\"hardware_accelerator\":\"GPU_1xA10\"}}",
		  "notebook /n|serverless, GPU_1xA10|" },
		{ "{" NB ",\"depends_on\":[{\"task_key\":\"a\"},{\"task_key\":\"b\",\"outcome\":"
		  "\"false\"},7]}",
		  "notebook /n|serverless|a, b (false)" },
	};

	answers("task", cases, COUNT(cases));
}

static void
states_are_never_invented(void)
{
	static const struct pair cases[] = {
		{ "{}", "||00" },
		{ "{\"state\":{\"life_cycle_state\":\"RUNNING\",\"state_message\":\"In run\"}}",
		  "RUNNING|In run|00" },
		{ "{\"state\":{\"life_cycle_state\":\"TERMINATED\",\"result_state\":\"FAILED\"},"
		  "\"status\":{\"termination_details\":{\"message\":\"disk\"}}}",
		  "FAILED|disk|11" },
		{ "{\"status\":{\"state\":\"TERMINATED\",\"termination_details\":{\"code\":"
		  "\"DRIVER_ERROR\",\"message\":\"m\"}}}",
		  "DRIVER_ERROR|m|11" },
		{ "{\"status\":{\"state\":\"TERMINATED\",\"termination_details\":{\"code\":"
		  "\"SUCCESS\"}}}",
		  "SUCCESS||10" },
		{ "{\"status\":{\"state\":\"TERMINATED\"}}", "TERMINATED||10" },
		{ "{\"state\":{\"life_cycle_state\":\"QUEUED\",\"state_message\":\"\","
		  "\"queue_reason\":\"full\"}}",
		  "QUEUED|full|00" },
		{ "{\"status\":{\"state\":\"QUEUED\",\"queue_details\":{\"message\":\"wait\"}}}",
		  "QUEUED|wait|00" },
		{ "{\"state\":{\"life_cycle_state\":\"INTERNAL_ERROR\"}}", "INTERNAL_ERROR||11" },
		{ "{\"state\":{\"result_state\":\"DISABLED\"}}", "DISABLED||10" },
		{ "{\"state\":{\"result_state\":\"UPSTREAM_CANCELED\"}}", "UPSTREAM_CANCELED||10" },
		{ "{\"state\":\"x\",\"status\":7}", "||00" },
	};

	answers("state", cases, COUNT(cases));
}

#define T(id, key, attempt, result)                                                 \
	"{\"run_id\":" #id ",\"task_key\":\"" key "\",\"attempt_number\":" #attempt \
	",\"state\":{\"result_state\":\"" result "\"}}"
#define TASKS(list) "{\"tasks\":[" list "]}"

static void
the_last_attempt_counts(void)
{
	static const struct pair cases[] = {
		{ TASKS(T(1, "a", 0, "FAILED") "," T(2, "a", 1, "SUCCESS") "," T(3, "b", 0,
										 "FAILED")),
		  "3" },
		{ TASKS(T(1, "a", 0, "FAILED") "," T(2, "a", 1, "FAILED")), "2" },
		{ TASKS(T(1, "a", 0, "DISABLED") "," T(2, "b", 0, "UPSTREAM_FAILED") "," T(
		      3, "c", 0, "UPSTREAM_CANCELED") "," T(4, "d", 0, "TIMEDOUT")),
		  "4" },
		{ TASKS(T(1, "a", 0, "CANCELED") "," T(2, "b", 0, "FAILED")), "2" },
		{ TASKS(T(1, "a", 0, "CANCELED") "," T(2, "b", 0, "SUCCESS")), "1" },
		{ TASKS(T(1, "a", 0, "SUCCESS")), "none" },
		{ "{\"tasks\":\"x\"}", "none" },
	};

	answers("culprit", cases, COUNT(cases));
}

static void
every_kind_of_output_is_shown(void)
{
	static const struct {
		const char *arguments, *part;
	} cases[] = {
		{ "{\"info\":\"the table was fresh\"}", "the table was fresh" },
		{ "{\"sql_output\":{\"query_output\":{\"query_text\":\"SELECT 1/2\"}}}",
		  "query: SELECT 1/2" },
		{ "{\"sql_output\":{\"file_output\":{\"query_result\":{\"columns\":[{"
		  "\"name\":\"c\"}],\"rows\":[{\"values\":[{\"string_value\":\"v\"}]}]}}}}",
		  "[[\"v\"]]" },
		{ "{\"sql_output\":{\"dashboard_output\":{\"widgets\":[{\"widget_title\":\"W\","
		  "\"error\":{\"message\":\"boom\"}}]}}}",
		  "W\tboom" },
		{ "{\"dashboard_output\":{\"page_snapshots\":[{\"page_display_name\":\"P\"}]}}",
		  "P" },
		{ "{\"alert_output\":{\"alert_state\":\"TRIGGERED\"}}", "alert_state: TRIGGERED" },
		{ "{\"dbt_cloud_output\":{\"dbt_cloud_job_run_id\":7,\"dbt_cloud_job_run_output\":"
		  "[{\"name\":\"build\",\"status\":\"ERROR\",\"logs\":\"stg_orders\"}]}}",
		  "stg_orders" },
		{ "{\"dbt_platform_output\":{\"dbt_platform_job_run_id\":\"r\"}}", "dbt run: r" },
		{ "{\"clean_rooms_notebook_output\":{\"notebook_output\":{\"result\":\"both\"}}}",
		  "both" },
		{ "{\"ai_function_task_output\":{\"failed_row_count\":3}}", "rows_failed: 3" },
		{ "{\"ai_runtime_task_output\":{\"status_message\":\"ok\"}}",
		  "status_message: ok" },
		{ "{\"run_job_output\":{\"run_id\":9}}", "started_run: 9" },
		{ "{\"later_output\":{\"a\":1}}", "later_output, which is not shown" },
		{ "{\"metadata\":{}}", "nothing" },
	};
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	for (size_t i = 0; i < COUNT(cases); i++)
		ASSERT_HAS(fakehost_tool(host, "output", cases[i].arguments)->text, cases[i].part);
	result = fakehost_tool(host, "output",
			       "{\"dbt_output\":{\"artifacts_link\":"
			       "\"https://s/?sig=9f2b\",\"artifacts_headers\":{\"k\":\"c2Vj\"}}}");
	ASSERT_HAS(result->text, "dbt artifacts");
	ASSERT_LACKS(result->text, "9f2b");
	ASSERT_LACKS(result->structured, "9f2b");
	ASSERT_LACKS(result->structured, "c2Vj");
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(every_kind_of_task_is_described), TEST(compute_is_what_the_task_names),
	TEST(states_are_never_invented),       TEST(the_last_attempt_counts),
	TEST(every_kind_of_output_is_shown),
};
SUITE(tests)

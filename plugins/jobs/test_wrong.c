/* SPDX-License-Identifier: Apache-2.0 */
/* Calls every row of the plugin with replies of wrong types. */
#include <lakehost/fakehost.h>

#include "databricks.h"
#include "test_wrong.h"

/* clang-format off */
#define STATE(result)                                                                              \
	"\"state\":{\"life_cycle_state\":\"TERMINATED\",\"result_state\":\"" result                \
	"\",\"state_message\":\"m\",\"queue_reason\":\"q\",\"user_cancelled_or_timedout\":false}," \
	"\"status\":{\"state\":\"TERMINATED\",\"termination_details\":{\"code\":\"DRIVER_ERROR\"," \
	"\"type\":\"CLIENT_ERROR\",\"message\":\"t\"},\"queue_details\":{\"code\":\"c\"," \
	"\"message\":\"d\"}}"
#define TASK(more)                                                                                 \
	"{\"task_key\":\"a\",\"run_id\":6,\"attempt_number\":1," STATE("FAILED")                   \
	",\"execution_duration\":1,\"depends_on\":[{\"task_key\":\"z\",\"outcome\":\"true\"}],"    \
	"\"cluster_instance\":{\"cluster_id\":\"c\"},\"libraries\":[{\"whl\":\"w\"}]," more "}"
#define RUN                                                                                        \
	"{\"run_id\":5,\"job_id\":7,\"run_name\":\"n\",\"run_page_url\":\"https://w/5\","          \
	"\"start_time\":1,\"end_time\":2,\"run_duration\":3,\"trigger\":\"RETRY\","                \
	"\"job_parameters\":[{\"name\":\"p\",\"value\":\"v\"}],"                                   \
	"\"overriding_parameters\":{\"jar_params\":[\"x\"]},\"next_page_token\":\"t\","            \
	"\"repair_history\":[{\"type\":\"REPAIR\",\"id\":1,\"task_run_ids\":[1]}],"                \
	"\"cluster_spec\":{\"new_cluster\":{\"num_workers\":1}}," STATE("FAILED") ","              \
	"\"tasks\":[" TASK("\"notebook_task\":{\"notebook_path\":\"/n\"}") "],"                    \
	"\"iterations\":[" TASK("\"for_each_task\":{\"inputs\":\"[1]\",\"concurrency\":2,"         \
	"\"stats\":{\"task_run_stats\":{\"total_iterations\":1}},"                                 \
	"\"task\":{\"sql_task\":{\"file\":{\"path\":\"q\"},\"warehouse_id\":\"w\"}}}") "]}"
#define SETTINGS                                                                                   \
	"\"settings\":{\"name\":\"n\",\"schedule\":{\"quartz_cron_expression\":\"0\","             \
	"\"timezone_id\":\"UTC\",\"pause_status\":\"PAUSED\"},\"tags\":{\"a\":\"b\"},"             \
	"\"parameters\":[{\"name\":\"p\",\"default\":\"d\"}],\"timeout_seconds\":5,"               \
	"\"trigger\":{\"table_update\":{\"table_names\":[\"t\"]}},"                                \
	"\"triggers\":[{\"job_completion\":{\"jobs\":[{\"job_id\":1}]}}],"                         \
	"\"job_clusters\":[{\"job_cluster_key\":\"k\",\"new_cluster\":{\"autoscale\":"             \
	"{\"min_workers\":1},\"spark_conf\":{\"a\":\"b\"}}}],\"environments\":[{"                  \
	"\"environment_key\":\"e\",\"spec\":{\"dependencies\":[\"d\"]}}],\"tasks\":["              \
	"{\"task_key\":\"a\",\"max_retries\":3,\"min_retry_interval_millis\":5,"                   \
	"\"new_cluster\":{\"num_workers\":1},\"dbt_task\":{\"commands\":[\"dbt\"]}},"              \
	"{\"task_key\":\"b\",\"for_each_task\":{\"inputs\":\"[]\",\"task\":{"                      \
	"\"ai_function_task\":{\"output\":{\"table\":\"t\"}}}}}]}"
#define JOB "{\"job_id\":7,\"created_time\":1,\"next_page_token\":\"t\"," SETTINGS "}"
#define OUTPUT                                                                                     \
	"{\"metadata\":" RUN ",\"error\":\"e\",\"error_trace\":\"t\",\"info\":\"i\","              \
	"\"logs\":\"l\",\"logs_truncated\":true,\"run_job_output\":{\"run_id\":1},"                \
	"\"dbt_output\":{\"artifacts_link\":\"https://s\"},\"new_output\":{},"                     \
	"\"sql_output\":{\"query_output\":{\"query_text\":\"q\",\"sql_statements\":[{"             \
	"\"lookup_key\":\"k\"}]},\"dashboard_output\":{\"widgets\":[{\"widget_title\":\"t\","      \
	"\"error\":{\"message\":\"m\"},\"start_time\":1}]},\"file_output\":{\"query_result\":{"    \
	"\"columns\":[{\"name\":\"c\"}],\"rows\":[{\"values\":[{\"string_value\":\"v\"}]}]}}},"    \
	"\"dbt_cloud_output\":{\"dbt_cloud_job_run_id\":1,\"dbt_cloud_job_run_output\":[{"         \
	"\"name\":\"n\",\"status\":\"s\",\"logs\":\"l\"}]},\"dashboard_output\":{"                 \
	"\"page_snapshots\":[{\"page_display_name\":\"p\",\"widget_error_details\":[{"             \
	"\"message\":\"m\"}]}]},\"clean_rooms_notebook_output\":{\"notebook_output\":{"            \
	"\"result\":\"r\"}},\"ai_function_task_output\":{\"total_row_count\":1},"                  \
	"\"notebook_output\":{\"result\":\"\",\"truncated\":false}}"
/* {"commands":[{"position":1,"results":{"type":"ansi","data":"x"}}]} */
#define MODEL                                                                                      \
	"eyJjb21tYW5kcyI6W3sicG9zaXRpb24iOjEsInJlc3VsdHMiOnsidHlwZSI6ImFuc2kiLCJkYXRhIjoieCJ9fV19"
/* clang-format on */

static const struct wrong_route routes[] = {
	{ "GET /api/2.2/jobs/list*", "{\"jobs\":[" JOB "],\"next_page_token\":\"\"}" },
	{ "GET /api/2.2/jobs/get*", JOB },
	{ "GET /api/2.2/jobs/runs/list*", "{\"runs\":[" RUN "],\"next_page_token\":\"t\"}" },
	{ "GET /api/2.2/jobs/runs/get?*", RUN },
	{ "GET /api/2.2/jobs/runs/get-output*", OUTPUT },
	{ "GET /api/2.2/jobs/runs/export*",
	  "{\"views\":[{\"type\":\"NOTEBOOK\",\"content\":"
	  "\"var __DATABRICKS_NOTEBOOK_MODEL = '" MODEL "';\"}]}" },
	{ "POST /api/2.2/jobs/run-now", "{\"run_id\":5,\"number_in_job\":5}" },
	{ "POST /api/2.2/jobs/runs/cancel", "{}" },
};

CALL(jobs_listed, "list_jobs", "{}")
CALL(jobs_sought, "list_jobs", "{\"name_filter\":\"n\"}")
CALL(job_told, "get_job_details", "{\"job_id\":\"7\",\"detail\":\"full\"}")
CALL(job_named, "get_job_details", "{\"job_id\":\"n\"}")
CALL(runs_listed, "list_job_runs", "{\"job_id\":\"7\"}")
CALL(all_runs_listed, "list_job_runs", "{\"status_filter\":\"failed\"}")
CALL(run_told, "get_job_run", "{\"run_id\":\"5\",\"detail\":\"full\"}")
CALL(run_waited_for, "get_job_run", "{\"run_id\":\"5\",\"wait_s\":5}")
CALL(output_told, "get_run_output", "{\"run_id\":\"5\",\"max_chars\":8000}")
CALL(job_started, "run_job_now", "{\"job_id\":\"7\"}")
CALL(run_cancelled, "cancel_job_run", "{\"run_id\":\"5\"}")

static const struct fakehost_result *
job_offered(struct fakehost *host)
{
	return fakehost_complete(host, "databricks://jobs/{job_id} job_id", "{\"value\":\"\"}");
}

static const struct fakehost_result *
run_offered(struct fakehost *host)
{
	return fakehost_complete(host, "databricks://runs/{run_id} run_id", "{\"value\":\"\"}");
}

static void
wrong_types_are_reported(void)
{
	static const wrong_call_fn calls[] = { jobs_listed, jobs_sought,    job_told,
					       job_named,   runs_listed,    all_runs_listed,
					       run_told,    run_waited_for, output_told,
					       job_started, run_cancelled,  job_offered,
					       run_offered };

	wrong_calls(&mcp_plugin, routes, COUNT(routes), calls, COUNT(calls), 10000);
}

static const struct test tests[] = {
	TEST(wrong_types_are_reported),
};
SUITE(tests)

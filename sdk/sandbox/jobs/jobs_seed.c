/* SPDX-License-Identifier: Apache-2.0 */
/* The jobs of a new workspace and their history: runs that succeeded, failed with a trace, were
 * cancelled or skipped, and one run that continues until it is cancelled. */
#include "jobs/runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANN "/Users/ann@example.com/"

enum { WIDE_TASKS = 120, SMALL_JOBS = 18 };

static const char TRACE[] =
    "\033[0;31m---------------------------------------------------------------------------"
    "\033[0m\n\033[0;31mAnalysisException\033[0m          Traceback (most recent call last):\n"
    "  File \"<command-2>\", line 3, in <module>\n"
    "    spark.sql(\"SELECT * FROM main.landing.orders_raw\")\n"
    "\033[0;31mAnalysisException\033[0m: [TABLE_OR_VIEW_NOT_FOUND] The table or view "
    "`main`.`landing`.`orders_raw` cannot be found. SQLSTATE: 42P01";
static const char ERROR[] = "AnalysisException: [TABLE_OR_VIEW_NOT_FOUND] The table or view "
			    "`main`.`landing`.`orders_raw` cannot be found. SQLSTATE: 42P01";

static const struct {
	int64_t id;
	const char *creator;
	const char *settings;
} jobs[] = {
	{ 482911, "etl@example.com",
	  "{\"name\": \"nightly-etl\", \"description\": \"Ingest,"
	  " transform and report\", \"schedule\": {\"quartz_cron_expression\": \"0 0 2 * * ?\","
	  " \"timezone_id\": \"UTC\", \"pause_status\": \"UNPAUSED\"}, \"tags\": {\"team\":"
	  " \"data\"}, \"job_clusters\": [{\"job_cluster_key\": \"main\", \"new_cluster\":"
	  " {\"spark_version\": \"16.4.x-scala2.12\", \"node_type_id\": \"i3.xlarge\","
	  " \"num_workers\": 4}}], \"tasks\": ["
	  "{\"task_key\": \"ingest\", \"job_cluster_key\": \"main\", \"notebook_task\":"
	  " {\"notebook_path\": \"" ANN "etl/01_ingest\", \"source\": \"WORKSPACE\"}},"
	  "{\"task_key\": \"transform\", \"job_cluster_key\": \"main\", \"depends_on\":"
	  " [{\"task_key\": \"ingest\"}], \"notebook_task\": {\"notebook_path\": \"" ANN
	  "etl/02_transform\", \"source\": \"WORKSPACE\"}},"
	  "{\"task_key\": \"report\", \"depends_on\": [{\"task_key\": \"transform\"}],"
	  " \"notebook_task\": {\"notebook_path\": \"" ANN "daily_report\", \"source\":"
	  " \"WORKSPACE\", \"warehouse_id\": \"8e1c0a2b3c4d5e6f\"}}]}" },
	{ 482912, "ann@example.com",
	  "{\"name\": \"hourly-report\", \"schedule\":"
	  " {\"quartz_cron_expression\": \"0 0 * * * ?\", \"timezone_id\": \"UTC\","
	  " \"pause_status\": \"UNPAUSED\"}, \"tasks\": [{\"task_key\": \"report\","
	  " \"notebook_task\": {\"notebook_path\": \"" ANN "daily_report\"}}]}" },
	{ 482913, "ann@example.com",
	  "{\"name\": \"broken-job\", \"max_concurrent_runs\": 3,"
	  " \"tasks\": [{\"task_key\": \"divide\", \"existing_cluster_id\": \"sandbox-running\","
	  " \"notebook_task\": {\"notebook_path\": \"" ANN "broken\"}}]}" },
	{ 482914, "ann@example.com",
	  "{\"name\": \"long-running\", \"tasks\": [{\"task_key\":"
	  " \"work\", \"existing_cluster_id\": \"sandbox-running\", \"notebook_task\":"
	  " {\"notebook_path\": \"" ANN "long_running\", \"base_parameters\": {\"seconds\":"
	  " \"600\"}}}]}" },
	{ 482915, "ann@example.com",
	  "{\"name\": \"hello-parameters\", \"max_concurrent_runs\":"
	  " 10, \"queue\": {\"enabled\": true}, \"parameters\": [{\"name\": \"name\","
	  " \"default\": \"world\"}], \"tasks\": [{\"task_key\": \"hello\", \"notebook_task\":"
	  " {\"notebook_path\": \"" ANN "hello\"}}]}" },
	{ 482916, "carol@example.com",
	  "{\"name\": \"weekly-training\", \"schedule\":"
	  " {\"quartz_cron_expression\": \"0 0 4 ? * SUN\", \"timezone_id\": \"Europe/Oslo\","
	  " \"pause_status\": \"PAUSED\"}, \"timeout_seconds\": 7200, \"tasks\": [{\"task_key\":"
	  " \"features\", \"existing_cluster_id\": \"sandbox-terminated\", \"notebook_task\":"
	  " {\"notebook_path\": \"/Users/carol@example.com/features\"}}]}" },
	{ 482917, "ann@example.com",
	  "{\"name\": \"python-app\", \"tasks\": [{\"task_key\":"
	  " \"app\", \"existing_cluster_id\": \"sandbox-running\", \"spark_python_task\":"
	  " {\"python_file\": \"/Repos/ann@example.com/lakehouse-app/src/app.py\","
	  " \"parameters\": [\"--country\", \"NO\"]}}]}" },
};

/* ---- rows ---- */

struct past {
	int64_t job_id, start, duration;
	const char *trigger;
	enum outcome outcome;
	const char *message;
};

static void
set_times(struct workspace *ws, const char *table, int64_t id, int64_t start, int64_t duration)
{
	char *sql = xprintf("UPDATE %s SET start = ?1, setup = ?2 / 10, execution = ?2 - ?2 / 10,"
			    " ended = ?1 + ?2 WHERE id = ?3",
			    table);

	db_run(ws, sql, "iii", start, duration, id);
	free(sql);
}

static struct json_object *
failure_output(void)
{
	struct json_object *output = json_object_new_object();

	json_add_str(output, "error", ERROR);
	json_add_str(output, "error_trace", TRACE);
	return output;
}

static struct json_object *
success_output(void)
{
	struct json_object *output = json_object_new_object(), *notebook = json_object_new_object();

	json_add_str(notebook, "result", "ok");
	json_add_bool(notebook, "truncated", false);
	json_add(output, "notebook_output", notebook);
	return output;
}

/* The result of task number i of n in a run with this result: the task in the middle fails. */
static enum outcome
task_outcome(enum outcome run, size_t i, size_t n)
{
	size_t failing = n / 2;

	if (run == OUTCOME_SUCCESS || i < failing)
		return OUTCOME_SUCCESS;
	if (run == OUTCOME_RUN_FAILED)
		return i == failing ? OUTCOME_FAILED : OUTCOME_UPSTREAM_FAILED;
	return run;
}

static void
end_past_task(struct workspace *ws, const struct past *past, int64_t id, size_t i, size_t n)
{
	enum outcome outcome = task_outcome(past->outcome, i, n);
	struct json_object *output = NULL;
	const char *message = outcome == OUTCOME_SUCCESS ? "" : past->message;

	if (outcome == OUTCOME_FAILED) {
		output = failure_output();
		message = "Workload failed, see run output for details";
	} else if (outcome == OUTCOME_SUCCESS) {
		output = success_output();
	}
	state_end(ws, "task_runs", id, outcome, message);
	if (output != NULL)
		task_put_output(ws, id, output, NULL);
	json_object_put(output);
	set_times(ws, "task_runs", id, past->start + past->duration * (int64_t)i / (int64_t)n,
		  outcome == OUTCOME_UPSTREAM_FAILED ? 0 : past->duration / (int64_t)n);
}

static int64_t
insert_run(struct workspace *ws, const struct past *past, struct json_object *settings,
	   const char *creator)
{
	int64_t id = id_number(),
		number = 1 + db_one_int(ws, "SELECT max(number) FROM runs WHERE job_id = ?", "i",
					past->job_id);

	db_run(ws,
	       "INSERT INTO runs(id, job_id, number, name, creator, type, trigger, queued,"
	       " settings, life, start, seeded) VALUES(?, ?, ?, ?, ?, 'JOB_RUN', ?, ?, ?,"
	       " 'RUNNING', ?, 1)",
	       "iiisssiji", id, past->job_id, number, json_str(settings, "name"), creator,
	       past->trigger, past->start, settings, past->start);
	return id;
}

static void
seed_past(struct workspace *ws, const struct past *past, const char *creator)
{
	struct json_object *settings = job_settings(ws, past->job_id), *tasks, *ids;
	int64_t id = insert_run(ws, past, settings, creator);
	struct run run;
	size_t n;

	tasks = json_get(settings, "tasks");
	n = past->outcome == OUTCOME_MAX_RUNS ? 0 : json_object_array_length(tasks);
	if (n > 0 && run_load(ws, id, &run)) {
		for (size_t i = 0; i < n; i++)
			task_add(ws, &run,
				 json_str(json_object_array_get_idx(tasks, i), "task_key"), 0,
				 (int64_t)i);
		ids = tasks_latest(ws, id);
		for (size_t i = 0; i < n; i++)
			end_past_task(ws, past,
				      json_object_get_int64(json_object_array_get_idx(ids, i)), i,
				      n);
		json_object_put(ids);
		run_fini(&run);
	}
	state_end(ws, "runs", id, past->outcome, past->message);
	set_times(ws, "runs", id, past->start, past->duration);
	json_object_put(settings);
}

/* ---- histories ---- */

static void
seed_nightly(struct workspace *ws, int64_t now)
{
	for (int64_t day = 30; day >= 1; day--) {
		struct past past = { 482911,	 now - day * DAY_MS, 14 * MINUTE_MS + day * 7000,
				     "PERIODIC", OUTCOME_SUCCESS,    "" };

		if (day % 9 == 4) {
			past.outcome = OUTCOME_RUN_FAILED;
			past.message =
			    "Task transform failed with message: Workload failed, see "
			    "run output for details. This caused all downstream tasks to get "
			    "skipped.";
		} else if (day == 11) {
			past.outcome = OUTCOME_CANCELED;
			past.message = "Run cancelled.";
		} else if (day == 17) {
			past.outcome = OUTCOME_TIMEDOUT;
			past.message = "Run timed out.";
		}
		seed_past(ws, &past, "etl@example.com");
	}
}

static void
seed_hourly(struct workspace *ws, int64_t now)
{
	for (int64_t hour = 60; hour >= 1; hour--) {
		struct past past = { 482912,	 now - hour * HOUR_MS, 40000 + hour * 100,
				     "PERIODIC", OUTCOME_SUCCESS,      "" };

		seed_past(ws, &past, "ann@example.com");
	}
}

static void
seed_others(struct workspace *ws, int64_t now)
{
	const struct past pasts[] = {
		{ 482913, now - 3 * DAY_MS, 31000, "ONE_TIME", OUTCOME_RUN_FAILED,
		  "Task divide failed"
		  " with message: Workload failed, see run output for details." },
		{ 482913, now - 2 * DAY_MS, 29000, "ONE_TIME", OUTCOME_RUN_FAILED,
		  "Task divide failed"
		  " with message: Workload failed, see run output for details." },
		{ 482914, now - 2 * DAY_MS, 9 * MINUTE_MS, "ONE_TIME", OUTCOME_CANCELED,
		  "Run cancelled." },
		{ 482914, now - 20 * MINUTE_MS, 0, "ONE_TIME", OUTCOME_MAX_RUNS,
		  "Run was skipped "
		  "because the job has reached its maximum of concurrent runs." },
		{ 482915, now - 5 * DAY_MS, 21000, "ONE_TIME", OUTCOME_SUCCESS, "" },
		{ 482916, now - 9 * DAY_MS, 65 * MINUTE_MS, "PERIODIC", OUTCOME_SUCCESS, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pasts); i++)
		seed_past(ws, &pasts[i], "ann@example.com");
}

/* A run that no thread drives: it stays RUNNING until it is cancelled. */
static void
seed_running(struct workspace *ws, int64_t now)
{
	struct past past = { 482914, now - 30 * MINUTE_MS, 0, "ONE_TIME", OUTCOME_SUCCESS, "" };
	struct json_object *settings = job_settings(ws, past.job_id);
	int64_t id = insert_run(ws, &past, settings, "ann@example.com");
	struct run run;

	if (run_load(ws, id, &run)) {
		task_add(ws, &run, "work", 0, 0);
		run_fini(&run);
	}
	db_run(ws,
	       "UPDATE task_runs SET life = 'RUNNING', message = 'In run', start = ?,"
	       " setup = 2000 WHERE run_id = ?",
	       "ii", past.start + 1000, id);
	db_run(ws, "UPDATE runs SET message = 'In run', setup = 1000 WHERE id = ?", "i", id);
	json_object_put(settings);
}

/* ---- definitions ---- */

static struct json_object *
sql_task(const char *key)
{
	struct json_object *task = json_object_new_object(), *notebook = json_object_new_object();

	json_add_str(task, "task_key", key);
	json_add_str(notebook, "notebook_path", "/Shared/examples/count_orders");
	json_add(task, "notebook_task", notebook);
	return task;
}

static void
seed_wide(struct workspace *ws, int64_t created)
{
	struct json_object *settings = json_object_new_object(), *tasks = json_object_new_array();
	char key[32];

	json_add_str(settings, "name", "wide-fan-out");
	for (int i = 1; i <= WIDE_TASKS; i++) {
		snprintf(key, sizeof(key), "part_%03d", i);
		json_object_array_add(tasks, sql_task(key));
	}
	json_add(settings, "tasks", tasks);
	job_add(ws, 482918, "bob@example.com", created, settings);
	json_object_put(settings);
}

static void
seed_small(struct workspace *ws, int64_t created)
{
	for (int i = 1; i <= SMALL_JOBS; i++) {
		struct json_object *settings = json_object_new_object();
		struct json_object *tasks = json_object_new_array();
		char name[32];

		snprintf(name, sizeof(name), "export-table-%02d", i);
		json_add_str(settings, "name", name);
		json_object_array_add(tasks, sql_task("export"));
		json_add(settings, "tasks", tasks);
		job_add(ws, 482900 - i, "bob@example.com", created + i * MINUTE_MS, settings);
		json_object_put(settings);
	}
}

void
jobs_seed(struct workspace *ws)
{
	int64_t now = clock_ms(), created = now - 90 * DAY_MS;

	seed_small(ws, created);
	seed_wide(ws, created + DAY_MS);
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++) {
		struct json_object *settings =
		    json_parse(jobs[i].settings, strlen(jobs[i].settings));

		job_add(ws, jobs[i].id, jobs[i].creator, created + (int64_t)(i + 2) * DAY_MS,
			settings);
		json_object_put(settings);
	}
	seed_nightly(ws, now);
	seed_hourly(ws, now);
	seed_others(ws, now);
	seed_running(ws, now);
}

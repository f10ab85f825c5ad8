/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of the Jobs API 2.2: what is told of them and of their tasks, and runs as operations, which
 * run_job_now and run_notebook share once they have a run_id.
 * https://docs.databricks.com/api/workspace/jobs
 */
#ifndef PLUGINS_DATABRICKS_RUNS_H
#define PLUGINS_DATABRICKS_RUNS_H

#include "facts.h"

/* ---- operations (runs.c) -------------------------------------------------------------------- */

/* The operation's handle. */
struct dbx_run {
	char id[24];
	int64_t begun_ms; /* wall clock; paces the polls */
	bool ending;	  /* wanted: that it ends, however (cancel_job_run) */
};

/* Ends a start with the handle of a run. `id` as the API spelled it. */
int dbx_run_handle(struct mcp_call *call, const char *id, bool ending);
/* poll and cancel of operations on runs. A run that failed fails the call with the task, its error
 * and the next step; one that succeeded shows the output of its only task, or its tasks. Needs
 * runs/get and runs/cancel, and asks runs/get-output. */
int dbx_run_poll(struct mcp_call *call);
int dbx_run_cancel(struct mcp_call *call);
struct dbx_words dbx_run_words(struct mcp_call *call, const char *id, const char *grant);
/* How long to wait before the next look at a run that began at this time. */
uint32_t dbx_run_pace(struct mcp_call *call, int64_t begun_ms);

/* ---- what is told of a run (run_facts.c) ----------------------------------------------------- */

/* One word for where a run or task is: its result once it has ended, else its life cycle; "" when
 * the workspace does not say. */
const char *dbx_run_state(struct mcp_call *call, struct json_object *run);
bool dbx_run_ended(struct mcp_call *call, struct json_object *run);
/* Why it is so: the message of its state, of its end, or of its wait in the queue; or "". */
const char *dbx_run_message(struct mcp_call *call, struct json_object *run);
/* Did this run or task fail by itself? Not when it was cancelled, skipped, disabled or held back by
 * another task. */
bool dbx_run_failed(struct mcp_call *call, struct json_object *run);
/* The tasks (`items` = "tasks") or iterations that failed on their last attempt, in their order. */
struct json_object *dbx_run_failures(struct mcp_call *call, struct json_object *run,
				     const char *items);
/* The task or iteration to look at: the first that failed on its last attempt,
 * else the first that was cancelled; NULL when there is none. */
struct json_object *dbx_run_culprit(struct mcp_call *call, struct json_object *run,
				    const char *items);
/* The facts of a run and its link. */
void dbx_run_tell(struct dbx_answer *answer, struct json_object *run);
/* The tables of its tasks and iterations, of one page of the platform. `place`: as the tool
 * get_job_run was asked; NULL: from the start. */
void dbx_run_tell_tasks(struct dbx_answer *answer, struct json_object *run,
			const struct dbx_place *place);

/* ---- output (run_output.c) ------------------------------------------------------------------ */

/* The parts of a reply of runs/get-output, long ones from their end, `most` bytes in all but at
 * least the last line of each. False when there is nothing. */
bool dbx_run_output(struct dbx_answer *answer, struct json_object *output, int64_t most);

/* ---- tasks (task.c) ------------------------------------------------------------------------- */

/* "notebook /Users/…", "sql q-77", "for each of [1,2]: notebook /x": what a task of a job or run
 * does; "" when it does not say. */
const char *dbx_task_kind(struct mcp_call *call, struct json_object *task);
/* "cluster 0712-…", "SQL warehouse …", "serverless"; "" for what needs none. */
const char *dbx_task_compute(struct mcp_call *call, struct json_object *task);
/* "load, check (false)" */
const char *dbx_task_after(struct mcp_call *call, struct json_object *task);
/* The settings of its kind: of a for_each task, those of the task that it repeats. */
struct json_object *dbx_task_settings(struct mcp_call *call, struct json_object *task);
/* Of a for_each task: what is set of the task that it repeats, beside its kind and compute. NULL
 * for other tasks. */
struct json_object *dbx_task_each(struct mcp_call *call, struct json_object *task);
/* "16.4.x-scala2.12, m6i.2xlarge, 6 workers" */
const char *dbx_cluster_words(struct mcp_call *call, struct json_object *cluster);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of the Jobs API 2.2: texts about runs and their tasks, and runs as operations. run_job_now
 * and run_notebook share this code after they have a run_id.
 * https://docs.databricks.com/api/workspace/jobs */
#ifndef PLUGINS_DATABRICKS_RUNS_H
#define PLUGINS_DATABRICKS_RUNS_H

#include "databricks.h"

/* ---- operations (runs.c) -------------------------------------------------------------------- */

/* The operation's handle. */
struct dbx_run {
	char id[24];
	int64_t begun_ms; /* wall clock time; it decides the time between polls */
	/* the operation succeeds when the run has ended, with any result (cancel_job_run) */
	bool ending;
};

/* Version of the handle that contains a struct dbx_run. When the struct changes, this number
 * changes. */
#define DBX_RUN_VERSION 1

/* The next step after a start whose reply was lost: the token, with which a repetition starts no
 * second run. */
const char *dbx_run_again(struct mcp_call *call, const char *token);
/* Ends a start with the handle of a run. `id` is in the API's spelling. */
int dbx_run_handle(struct mcp_call *call, const char *id, bool ending);
/* The poll and the cancel of operations on runs. A failed run fails the call with the task, its
 * error and the next step. For a successful run the output of its only task is shown, or its tasks.
 * Needs runs/get and runs/cancel, and uses runs/get-output. */
int dbx_run_poll(struct mcp_call *call);
int dbx_run_cancel(struct mcp_call *call);
struct mcp_words dbx_run_words(struct mcp_call *call, const char *id, const char *grant);
/* The time until the next poll of a run that began at the given time. */
uint32_t dbx_run_pace(struct mcp_call *call, int64_t begun_ms);

/* ---- texts about a run (run_facts.c) -------------------------------------------------------- */

/* Writes parameters as "k=v, l=w". The input is an array of {name, value or default}. */
const char *dbx_show_parameters(struct mcp_call *call, struct json_object *value);
/* One word for the state of a run or task: its result when it has ended, otherwise its life cycle
 * state. "" when the state is not known. */
const char *dbx_run_state(struct mcp_call *call, struct json_object *run);
bool dbx_run_ended(struct mcp_call *call, struct json_object *run);
/* The reason for the state: the message of the state, of the end, or of the queue. "" when there is
 * none. */
const char *dbx_run_message(struct mcp_call *call, struct json_object *run);
/* Did this run or task itself fail? False when it was cancelled, skipped, disabled or blocked by
 * another task. */
bool dbx_run_failed(struct mcp_call *call, struct json_object *run);
/* Finds the tasks (`items` = "tasks") or iterations whose last attempt failed, in their order. */
struct json_object *dbx_run_failures(struct mcp_call *call, struct json_object *run,
				     const char *items);
/* The task or iteration that explains the result: the first one whose last attempt failed, else the
 * first one that was cancelled. NULL when there is none. */
struct json_object *dbx_run_culprit(struct mcp_call *call, struct json_object *run,
				    const char *items);
/* Writes the facts of a run, and its link. */
void dbx_run_tell(struct mcp_answer *answer, struct json_object *run);
/* Writes the tables of its tasks and iterations, from one page of the platform. `place` has the
 * arguments of get_job_run; NULL: from the start. */
void dbx_run_tell_tasks(struct mcp_answer *answer, struct json_object *run,
			const struct mcp_place *place);

/* ---- output (run_output.c) ------------------------------------------------------------------ */

/* The parts of a reply of runs/get-output. Long parts are cut at their beginning. There are `most`
 * bytes in all, but at least the last line of each part. False when there is no output. */
bool dbx_run_output(struct mcp_answer *answer, struct json_object *output, int64_t most);

/* ---- tasks (task.c) ------------------------------------------------------------------------- */

/* The work of a task of a job or run: "notebook /Users/…", "sql q-77", "for each of [1,2]: notebook
 * /x". "" when it is not known. */
const char *dbx_task_kind(struct mcp_call *call, struct json_object *task);
/* The compute of a task: "cluster 0712-…", "SQL warehouse …", "serverless". "" for a task without
 * compute. */
const char *dbx_task_compute(struct mcp_call *call, struct json_object *task);
/* "load, check (false)" */
const char *dbx_task_after(struct mcp_call *call, struct json_object *task);
/* The settings that belong to the kind of a task. For a for_each task: those of the repeated
 * task. */
struct json_object *dbx_task_settings(struct mcp_call *call, struct json_object *task);
/* The other settings of the repeated task of a for_each task. NULL for other tasks. */
struct json_object *dbx_task_each(struct mcp_call *call, struct json_object *task);
/* "16.4.x-scala2.12, m6i.2xlarge, 6 workers" */
const char *dbx_cluster_words(struct mcp_call *call, struct json_object *cluster);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of the Jobs API 2.2, as operations: what run_job_now and run_notebook share once they have
 * a run_id. https://docs.databricks.com/api/workspace/jobs
 */
#ifndef PLUGINS_DATABRICKS_RUNS_H
#define PLUGINS_DATABRICKS_RUNS_H

#include "databricks.h"

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

/* One word for where a run or task is: its result once it has ended, else its life cycle. */
const char *dbx_run_state(struct mcp_call *call, struct json_object *run);
bool dbx_run_ended(struct mcp_call *call, struct json_object *run);
/* The tasks of a run as a table; of one page, the call for the next. */
int dbx_run_tasks(struct mcp_call *call, struct json_object *run);
/* The parts of a reply of runs/get-output, each from its end, `most` bytes in all but at least the
 * last line of each. False when there is nothing. */
bool dbx_run_output(struct mcp_call *call, struct json_object *output, int64_t most);
/* Facts about a run and its link. */
int dbx_run_facts(struct mcp_call *call, struct json_object *run);
struct dbx_words dbx_run_words(struct mcp_call *call, const char *id, const char *grant);

#endif

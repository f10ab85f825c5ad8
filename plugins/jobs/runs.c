/* SPDX-License-Identifier: Apache-2.0 */
/* Runs: listed, looked at, and what they put out. */
#include "jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MAX 24 /* the API takes less than 25 */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- list_job_runs -------------------------------------------------------------------------- */

static bool
run_item(struct mcp_call *call, struct json_object *run)
{
	const char *filter = mcp_arg(call, "status_filter");
	const char *state = dbx_run_state(call, run);

	json_object_object_add(run, "now", json_object_new_string(state));
	return filter == NULL || strcasecmp(filter, state) == 0
	    || strcasecmp(filter, mcp_get_str(call, run, "state.life_cycle_state", "")) == 0;
}

static struct dbx_words
runs_words(struct mcp_call *call)
{
	return job_words(call, mcp_arg(call, "job_id"), "CAN VIEW on the job");
}

static const struct dbx_column run_columns[] = {
	{ "run_id", NULL, "run_id", NULL },
	{ "state", NULL, "now", NULL },
	{ "started", NULL, "start_time", dbx_show_time },
	{ "took", NULL, "run_duration", dbx_show_duration },
	{ "trigger", NULL, "trigger", NULL },
	{ "message", NULL, "state.state_message", NULL },
};

static const struct dbx_list run_list = {
	.path = "/api/2.2/jobs/runs/list"
		"{?job_id,active_only,start_time_from,start_time_to,limit,page_token}",
	.limit_name = "limit",
	.most = PAGE_MAX,
	.items = "runs",
	.columns = run_columns,
	.n_columns = COUNT(run_columns),
	.noun = "runs",
	.tool = "list_job_runs",
	.repeat = (const char *const[]){ "job_id", "status_filter", "active_only",
					 "start_time_from", "start_time_to", NULL },
	.item = run_item,
	.words = runs_words,
};

static int
runs_resolved(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *job = state;

	(void)len;
	return dbx_list(call, &run_list, dbx_object(call, "job_id", job->id, "active_only",
	    mcp_arg_bool(call, "active_only", false) ? "true" : NULL, "start_time_from",
	    mcp_arg(call, "start_time_from"), "start_time_to", mcp_arg(call, "start_time_to"),
	    NULL));
}

int
list_job_runs(struct mcp_call *call)
{
	return dbx_resolve(call, &dbx_jobs, "job_id", runs_resolved);
}

/* ---- get_job_run ---------------------------------------------------------------------------- */

/* False after failing the call: a run has a number and no name. */
static bool
run_id_given(struct mcp_call *call)
{
	if (dbx_is_number(mcp_arg(call, "run_id")))
		return true;
	mcp_fail(call, MCP_E_INPUT, "run_id is not a number.", "Runs have numbers, not names.",
		 "Call list_job_runs to see the runs of a job.");
	return false;
}

static int
run_shown(struct mcp_call *call, const void *state, size_t len)
{
	struct dbx_words words = dbx_run_words(call, mcp_arg(call, "run_id"),
					       "CAN VIEW on the job");
	struct json_object *run = dbx_reply(call, 0, &words), *small;

	(void)state;
	(void)len;
	if (run == NULL)
		return MCP_E_UPSTREAM;
	dbx_run_facts(call, run);
	if (json_object_array_length(dbx_objects(call, run, "tasks")) > 0)
		dbx_run_tasks(call, run);
	small = dbx_pick(call, run, "run_name", "start_time", "end_time", "run_page_url", NULL);
	json_object_object_add(small, "run_id", json_object_new_string(
	    mcp_get_str(call, run, "run_id", "")));
	json_object_object_add(small, "state", json_object_new_string(dbx_run_state(call, run)));
	return mcp_structured(call, small);
}

int
get_job_run(struct mcp_call *call)
{
	if (!run_id_given(call))
		return MCP_E_INPUT;
	return dbx_get(call, "/api/2.2/jobs/runs/get{?run_id,page_token}", NULL, run_shown, NULL,
	    0);
}

/* ---- get_run_output ------------------------------------------------------------------------- */

/* A run of several tasks has no output of its own: its tasks do. */
static int
tasks_offered(struct mcp_call *call, const void *state, size_t len)
{
	struct dbx_words words = dbx_run_words(call, mcp_arg(call, "run_id"),
					       "CAN VIEW on the job");
	struct json_object *run = dbx_reply(call, 0, &words);

	(void)state;
	(void)len;
	if (run == NULL)
		return MCP_E_UPSTREAM;
	mcp_say(call, "This run has several tasks, and each has its output. Next: get_run_output "
		"with the run_id of a task:");
	return dbx_run_tasks(call, run);
}

static int
output_shown(struct mcp_call *call, const void *state, size_t len)
{
	struct dbx_words words = dbx_run_words(call, mcp_arg(call, "run_id"),
					       "CAN VIEW on the job");
	struct json_object *reply, *run;
	struct dbx_error error;

	(void)state;
	(void)len;
	if (!dbx_ok(call, mcp_reply(call, 0), &error) && error.http == 400
	    && strstr(error.message, "multiple tasks") != NULL)
		return dbx_get(call, "/api/2.2/jobs/runs/get{?run_id}", NULL, tasks_offered, NULL,
			       0);
	reply = dbx_reply(call, 0, &words);
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	run = mcp_get(reply, "metadata");
	mcp_say(call, "run %s: %s", mcp_arg(call, "run_id"), dbx_run_state(call, run));
	if (dbx_run_output(call, reply, mcp_arg_int(call, "max_chars", 8000)))
		return MCP_OK;
	return mcp_say(call, "It has put out nothing%s.", dbx_run_ended(call, run) ? "" : " yet");
}

int
get_run_output(struct mcp_call *call)
{
	if (!run_id_given(call))
		return MCP_E_INPUT;
	return dbx_get(call, "/api/2.2/jobs/runs/get-output{?run_id}", NULL, output_shown, NULL,
		       0);
}

/* ---- completion ----------------------------------------------------------------------------- */

static int
runs_offered(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	return dbx_offer(call, "runs", "run_id");
}

int
complete_run(struct mcp_call *call)
{
	return dbx_get(call, "/api/2.2/jobs/runs/list?limit=24", NULL, runs_offered, NULL, 0);
}

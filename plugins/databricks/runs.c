/* SPDX-License-Identifier: Apache-2.0 */
/* Runs as operations: polled until they end, cancelled when the client withdraws. */
#include "runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLL_MIN_MS 500
#define POLL_MAX_MS 10000
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct dbx_words
dbx_run_words(struct mcp_call *call, const char *id, const char *grant)
{
	return (struct dbx_words){
		.object = mcp_printf(call, "Run %s", id),
		.not_found = "Runs are kept for 60 days. Call list_job_runs to see which exist.",
		.grant = grant,
	};
}

/* ---- showing -------------------------------------------------------------------------------- */

const char *
dbx_run_state(struct mcp_call *call, struct json_object *run)
{
	const char *result = mcp_get_str(call, run, "state.result_state", NULL);

	if (result != NULL)
		return result;
	return mcp_get_str(call, run, "state.life_cycle_state",
			   mcp_get_str(call, run, "status.state", "UNKNOWN"));
}

bool
dbx_run_ended(struct mcp_call *call, struct json_object *run)
{
	static const char *const ends[] = { "TERMINATED", "SKIPPED", "INTERNAL_ERROR" };
	const char *cycle = mcp_get_str(call, run, "state.life_cycle_state",
					mcp_get_str(call, run, "status.state", ""));

	for (size_t i = 0; i < COUNT(ends); i++)
		if (strcmp(cycle, ends[i]) == 0)
			return true;
	return false;
}

/* Gives a run or task members of one word, for columns. */
static void
flatten(struct mcp_call *call, struct json_object *run)
{
	json_object_object_add(run, "now", json_object_new_string(dbx_run_state(call, run)));
}

int
dbx_run_tasks(struct mcp_call *call, struct json_object *run)
{
	static const struct dbx_column columns[] = {
		{ "task", NULL, "task_key", NULL },
		{ "run_id", NULL, "run_id", NULL },
		{ "state", NULL, "now", NULL },
		{ "took", NULL, "execution_duration", dbx_show_duration },
		{ "message", NULL, "state.state_message", NULL },
	};
	struct json_object *tasks = dbx_objects(call, run, "tasks");

	for (size_t i = 0; i < json_object_array_length(tasks); i++)
		flatten(call, json_object_array_get_idx(tasks, i));
	return dbx_table(call, tasks, columns, COUNT(columns),
			 &(struct dbx_page){ .noun = "tasks", .total = -1 });
}

int
dbx_run_facts(struct mcp_call *call, struct json_object *run)
{
	static const struct dbx_column facts[] = {
		{ "run_id", NULL, "run_id", NULL },
		{ "name", NULL, "run_name", NULL },
		{ "job_id", NULL, "job_id", NULL },
		{ "state", NULL, "now", NULL },
		{ "message", NULL, "state.state_message", NULL },
		{ "started", NULL, "start_time", dbx_show_time },
		{ "ended", NULL, "end_time", dbx_show_time },
		{ "took", NULL, "run_duration", dbx_show_duration },
		{ "trigger", NULL, "trigger", NULL },
		{ "creator", NULL, "creator_user_name", NULL },
	};

	flatten(call, run);
	return dbx_facts(call, run, facts, COUNT(facts),
			 mcp_get_str(call, run, "run_page_url", NULL));
}

/* ---- the operation -------------------------------------------------------------------------- */

int
dbx_run_handle(struct mcp_call *call, const char *id, bool ending)
{
	struct dbx_run run = { .begun_ms = mcp_number(call, MCP_NUM_NOW_MS), .ending = ending };

	if (!dbx_is_number(id))
		return mcp_fail(call, MCP_E_UPSTREAM, "The run was not started.",
				"The workspace answered without a run_id.", NULL);
	snprintf(run.id, sizeof(run.id), "%s", id);
	return mcp_handle(call, &run, sizeof(run));
}

static bool
handle_read(struct mcp_call *call, struct dbx_run *run)
{
	struct mcp_text handle = mcp_context(call, MCP_CTX_HANDLE);

	if (handle.len != sizeof(*run)) {
		mcp_fail(call, MCP_E_INTERNAL, "The run's handle is damaged.", NULL, NULL);
		return false;
	}
	memcpy(run, handle.data, sizeof(*run));
	return true;
}

/* The first task that did not succeed; NULL when there is none. */
static struct json_object *
failed_task(struct mcp_call *call, struct json_object *run)
{
	struct json_object *tasks = dbx_objects(call, run, "tasks");

	for (size_t i = 0; i < json_object_array_length(tasks); i++) {
		struct json_object *task = json_object_array_get_idx(tasks, i);
		const char *state = mcp_get_str(call, task, "state.result_state", "");

		if (state[0] != '\0' && strcmp(state, "SUCCESS") != 0
		    && strcmp(state, "UPSTREAM_FAILED") != 0 && strcmp(state, "EXCLUDED") != 0)
			return task;
	}
	return NULL;
}

static int
run_failed(struct mcp_call *call, struct json_object *run, const struct dbx_run *handle,
	   const char *state)
{
	struct json_object *task = failed_task(call, run);
	const char *message = mcp_get_str(call, task != NULL ? task : run, "state.state_message",
					  "");
	const char *task_run = mcp_get_str(call, task, "run_id", handle->id);
	bool cancelled = strcmp(state, "CANCELED") == 0;

	return mcp_fail(call, cancelled ? MCP_E_CANCELLED : MCP_E_UPSTREAM,
			mcp_printf(call, "Run %s ended as %s.", handle->id, state),
			task != NULL ? mcp_printf(call, "Task \"%s\": %s",
						  mcp_get_str(call, task, "task_key", "?"), message)
				     : message,
			cancelled ? "Start it again if it is still wanted."
				  : mcp_printf(call, "Call get_run_output run_id=%s for the error "
					       "and its trace.", task_run));
}

static int
run_done(struct mcp_call *call, struct json_object *run, const struct dbx_run *handle)
{
	const char *state = dbx_run_state(call, run);
	bool good = strcmp(state, "SUCCESS") == 0 || strcmp(state, "SUCCESS_WITH_FAILURES") == 0;
	struct json_object *tasks = dbx_objects(call, run, "tasks");

	if (handle->ending)
		return mcp_say(call, "Run %s has ended: %s.", handle->id, state);
	if (!good)
		return run_failed(call, run, handle, state);
	dbx_run_facts(call, run);
	if (json_object_array_length(tasks) > 1)
		return dbx_run_tasks(call, run);
	return mcp_say(call, "Next: get_run_output run_id=%s for what it returned.",
		       mcp_get_str(call, run, "tasks.0.run_id", handle->id));
}

static uint32_t
pace(struct mcp_call *call, const struct dbx_run *run)
{
	int64_t next = (mcp_number(call, MCP_NUM_NOW_MS) - run->begun_ms) / 5;

	return (uint32_t)(next < POLL_MIN_MS ? POLL_MIN_MS
			  : next > POLL_MAX_MS ? POLL_MAX_MS : next);
}

static int
polled(struct mcp_call *call, const void *unused, size_t len)
{
	struct dbx_words words;
	struct json_object *run;
	struct dbx_run handle;
	const char *state;

	(void)unused;
	(void)len;
	if (!handle_read(call, &handle))
		return MCP_E_INTERNAL;
	words = dbx_run_words(call, handle.id, "CAN VIEW on the job");
	words.again = mcp_printf(call, "The run goes on: call get_job_run run_id=%s in a moment.",
				 handle.id);
	run = dbx_reply(call, 0, &words);
	if (run == NULL)
		return MCP_E_UPSTREAM;
	if (dbx_run_ended(call, run))
		return run_done(call, run, &handle);
	state = dbx_run_state(call, run);
	mcp_say(call, "Run %s is %s after %s.\nurl: %s\nNext: get_job_run run_id=%s in 30 s, or "
		"cancel_job_run.", handle.id, state,
		dbx_duration(call, mcp_number(call, MCP_NUM_NOW_MS) - handle.begun_ms),
		mcp_get_str(call, run, "run_page_url", ""), handle.id);
	return mcp_working(call, -1, mcp_printf(call, "run is %s", state), pace(call, &handle));
}

int
dbx_run_poll(struct mcp_call *call)
{
	struct dbx_run run;

	if (!handle_read(call, &run))
		return MCP_E_INTERNAL;
	return dbx_get(call, "/api/2.2/jobs/runs/get{?run_id}",
		       dbx_object(call, "run_id", run.id, NULL), polled, NULL, 0);
}

static int
cancel_sent(struct mcp_call *call, const void *unused, size_t len)
{
	struct dbx_words words;
	struct dbx_run run;

	(void)unused;
	(void)len;
	if (!handle_read(call, &run))
		return MCP_E_INTERNAL;
	words = dbx_run_words(call, run.id, "CAN MANAGE RUN on the job");
	if (dbx_reply(call, 0, &words) == NULL)
		return MCP_E_UPSTREAM;
	return mcp_say(call, "Cancelling run %s was requested.", run.id);
}

int
dbx_run_cancel(struct mcp_call *call)
{
	struct json_object *body = dbx_object(call, NULL);
	struct mcp_http request;
	struct dbx_run run;

	if (!handle_read(call, &run))
		return MCP_E_INTERNAL;
	json_object_object_add(body, "run_id", json_object_new_int64(strtoll(run.id, NULL, 10)));
	request = mcp_json_request(call, "POST", "/api/2.2/jobs/runs/cancel", body,
				   MCP_RETRY_IDEMPOTENT);
	request.flags |= MCP_HTTP_CLEANUP;
	return mcp_suspend(call, &request, 1, 0, cancel_sent, NULL, 0);
}

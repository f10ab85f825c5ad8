/* SPDX-License-Identifier: Apache-2.0 */
/* Runs as operations: they are polled until they end, and cancelled when the client cancels the
 * call. */
#include "runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLL_MIN_MS 500
#define POLL_MAX_MS 10000
#define TEXT_SMALL 4000	  /* bytes of output that the answer of a finished operation shows */
#define TASK_PAGES_MAX 20 /* most pages of tasks that are read to find the failed task */

struct mcp_words
dbx_run_words(struct mcp_call *call, const char *id, const char *grant)
{
	return (struct mcp_words){
		.object = mcp_printf(call, "Run %s", id),
		.not_found = "Runs are kept for 60 days. Call list_job_runs to see the runs.",
		.grant = grant,
	};
}

const char *
dbx_run_again(struct mcp_call *call, const char *token)
{
	return mcp_printf(call,
			  "The run may have been started. To be sure of one run only, repeat the "
			  "call with idempotency_token=%s.",
			  mcp_quoted(call, token));
}

/* ---- the operation -------------------------------------------------------------------------- */

int
dbx_run_handle(struct mcp_call *call, const char *id, bool ending)
{
	struct dbx_run run = { .begun_ms = mcp_number(call, MCP_NUM_NOW_MS), .ending = ending };

	if (!dbx_is_number(id))
		return mcp_fail(call, MCP_E_UPSTREAM, "The run was not started.",
				"The answer of the workspace contains no run_id.", NULL);
	snprintf(run.id, sizeof(run.id), "%s", id);
	/* for a caller that gets no later answer */
	mcp_say(call,
		ending ? "Cancelling run %s was requested."
		       : "Run %s was started; cancel_job_run stops it.",
		id);
	mcp_say(call, "Next: get_job_run run_id=%s wait_s=50", id);
	return mcp_handle_write(call, DBX_RUN_VERSION, &run, sizeof(run));
}

static bool
handle_read(struct mcp_call *call, struct dbx_run *run)
{
	return mcp_handle_read(call, DBX_RUN_VERSION, run, sizeof(*run)) == MCP_OK;
}

/* The result of a run, while the failed task is searched and its output is read. */
struct ended {
	struct dbx_run run;
	char state[64], task[128], task_run[24], message[1024], token[DBX_NAME_MAX];
	unsigned pages;
	bool skipped, idle, loop; /* idle: the run has ended without doing any work */
};

_Static_assert(sizeof(struct ended) <= MCP_STATE_MAX, "the state of an ended run must fit");

static bool
was_cancelled(const struct ended *ended)
{
	return strcmp(ended->state, "CANCELED") == 0 || strcmp(ended->state, "USER_CANCELED") == 0;
}

/* Does this result mean that the run did not do its work? */
static bool
was_idle(const struct ended *ended)
{
	static const char *const states[] = { "EXCLUDED", "DISABLED", "UPSTREAM_FAILED",
					      "UPSTREAM_CANCELED" };

	for (size_t i = 0; i < COUNT(states); i++)
		if (strcmp(ended->state, states[i]) == 0)
			return true;
	return false;
}

static const char *
next_of(struct mcp_call *call, const struct ended *ended)
{
	if (was_cancelled(ended))
		return "Start the run again if you still need it.";
	if (ended->skipped)
		return "The run did not start. Wait for the active runs of the job, or cancel "
		       "one: list_job_runs active_only=true shows them.";
	if (ended->idle && ended->task[0] == '\0')
		return mcp_printf(call,
				  "The run did no work. Call get_job_run run_id=%s to see its "
				  "tasks.",
				  ended->run.id);
	if (ended->loop)
		return mcp_printf(call, "Call get_job_run run_id=%s to see its iterations.",
				  ended->task_run);
	return mcp_printf(call, "Call get_run_output run_id=%s for its whole output and trace.",
			  ended->task_run);
}

/* Fails the call with the error of the task, or with the text of its state. */
static int
run_failed(struct mcp_call *call, const struct ended *ended, const char *error)
{
	const char *why = error != NULL && error[0] != '\0' ? error : ended->message;

	return mcp_fail(call, was_cancelled(ended) ? MCP_E_CANCELLED : MCP_E_UPSTREAM,
			mcp_printf(call, "Run %s ended as %s.", ended->run.id, ended->state),
			ended->task[0] != '\0'
			    ? mcp_printf(call, "Task \"%s\": %s", ended->task, why)
			    : why,
			next_of(call, ended));
}

static int
failure_explained(struct mcp_call *call, const void *state, size_t len)
{
	(void)len;
	return run_failed(call, state, mcp_get_str(call, mcp_reply_json(call, 0), "error", ""));
}

static int
output_added(struct mcp_call *call, const void *state, size_t len)
{
	const struct ended *ended = state;
	const struct mcp_reply *reply = mcp_reply(call, 0);

	(void)len;
	if (reply != NULL && reply->status == 200)
		dbx_run_output(mcp_answer_begin(call), mcp_reply_json(call, 0), TEXT_SMALL);
	return mcp_say(call,
		       "get_run_output shows all of its output.\n"
		       "Next: get_run_output run_id=%s",
		       ended->task_run);
}

static int
output_fetch(struct mcp_call *call, const struct ended *ended, mcp_step_fn fn)
{
	return mcp_fetch(call, "/api/2.2/jobs/runs/get-output{?run_id}",
			 mcp_object(call, "run_id", ended->task_run, NULL), fn, ended,
			 sizeof(*ended));
}

static void
note_task(struct mcp_call *call, struct ended *ended, struct json_object *task)
{
	const char *why = dbx_run_message(call, task);

	if (ended->task[0] == '\0')
		mcp_cut_copy(ended->task, sizeof(ended->task),
			     mcp_get_str(call, task, "task_key", ""));
	if (why[0] != '\0')
		mcp_cut_copy(ended->message, sizeof(ended->message), why);
	mcp_cut_copy(ended->task_run, sizeof(ended->task_run),
		     mcp_get_str(call, task, "run_id", ""));
	ended->loop = mcp_get(task, "for_each_task") != NULL;
}

/* Requests the run of a for_each task with its iterations: the error is in the iteration that
 * failed. */
static int
iterations_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct json_object *iteration =
	    dbx_run_culprit(call, mcp_reply_json(call, 0), "iterations");
	struct ended ended;

	(void)len;
	memcpy(&ended, state, sizeof(ended));
	if (iteration == NULL)
		return run_failed(call, &ended, NULL);
	note_task(call, &ended, iteration);
	return output_fetch(call, &ended, failure_explained);
}

static int tasks_arrived(struct mcp_call *call, const void *state, size_t len);

/* Explains the failure by the failed task on this page, or reads the next page. */
static int
culprit_sought(struct mcp_call *call, struct json_object *run, struct ended *ended)
{
	struct json_object *task = dbx_run_culprit(call, run, "tasks");
	const char *next = mcp_get_str(call, run, "next_page_token", "");

	if (task != NULL) {
		note_task(call, ended, task);
		return ended->loop ? mcp_fetch(call, "/api/2.2/jobs/runs/get{?run_id}",
					       mcp_object(call, "run_id", ended->task_run, NULL),
					       iterations_arrived, ended, sizeof(*ended))
				   : output_fetch(call, ended, failure_explained);
	}
	if (next[0] == '\0' || strcmp(next, ended->token) == 0 ||
	    strlen(next) >= sizeof(ended->token) || ++ended->pages >= TASK_PAGES_MAX)
		return run_failed(call, ended, NULL);
	strcpy(ended->token, next);
	return mcp_fetch(call, "/api/2.2/jobs/runs/get{?run_id,page_token}",
			 mcp_object(call, "run_id", ended->run.id, "page_token", next, NULL),
			 tasks_arrived, ended, sizeof(*ended));
}

static int
tasks_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct ended ended;

	(void)len;
	memcpy(&ended, state, sizeof(ended));
	return culprit_sought(call, mcp_reply_json(call, 0), &ended);
}

static int
run_done(struct mcp_call *call, struct json_object *run, const struct dbx_run *handle)
{
	const char *state = dbx_run_state(call, run);
	struct json_object *tasks = mcp_objects(call, run, "tasks");
	struct mcp_answer *answer;
	struct ended ended = { .run = *handle };

	if (handle->ending)
		return mcp_say(call, "Run %s has ended: %s.", handle->id, state);
	mcp_cut_copy(ended.state, sizeof(ended.state), state);
	mcp_cut_copy(ended.message, sizeof(ended.message), dbx_run_message(call, run));
	mcp_cut_copy(ended.task_run, sizeof(ended.task_run),
		     mcp_get_str(call, json_object_array_get_idx(tasks, 0), "run_id", handle->id));
	ended.skipped =
	    strcmp(mcp_get_str(call, run, "state.life_cycle_state", ""), "SKIPPED") == 0 ||
	    strcmp(state, "SKIPPED") == 0;
	ended.idle = was_idle(&ended);
	if (dbx_run_failed(call, run) || was_cancelled(&ended) || ended.skipped || ended.idle)
		return culprit_sought(call, run, &ended);
	answer = mcp_answer_begin(call);
	dbx_run_tell(answer, run);
	if (json_object_array_length(tasks) <= 1)
		return output_fetch(call, &ended, output_added);
	dbx_run_tell_tasks(answer, run, NULL);
	return MCP_OK;
}

uint32_t
dbx_run_pace(struct mcp_call *call, int64_t begun_ms)
{
	return mcp_pace(call, begun_ms, POLL_MIN_MS, POLL_MAX_MS);
}

/* The answer when the wait is over and the run still continues. */
static void
say_interim(struct mcp_call *call, struct json_object *run, const struct dbx_run *handle)
{
	const char *state = dbx_run_state(call, run), *why = dbx_run_message(call, run);
	const char *url = mcp_get_str(call, run, "run_page_url", "");

	mcp_say(call, "Run %s is %s after %s%s%s", handle->id,
		state[0] != '\0' ? state : "possibly still running",
		mcp_duration(call, mcp_number(call, MCP_NUM_NOW_MS) - handle->begun_ms),
		why[0] != '\0' ? ": " : ".", why);
	mcp_answer_url(mcp_answer_begin(call), url);
	mcp_say(call, "Next: get_job_run run_id=%s wait_s=50", handle->id);
	if (!handle->ending)
		mcp_say(call, "cancel_job_run stops it.");
}

static int
run_polled(struct mcp_call *call, const void *unused, size_t len)
{
	struct mcp_words words;
	struct json_object *run;
	struct dbx_run handle;

	(void)unused;
	(void)len;
	if (!handle_read(call, &handle))
		return MCP_E_INTERNAL;
	words = dbx_run_words(call, handle.id, "CAN VIEW on the job");
	words.again = mcp_printf(call, "The run continues: call get_job_run run_id=%s in a moment.",
				 handle.id);
	run = dbx_reply(call, 0, &words);
	if (run == NULL)
		return MCP_E_UPSTREAM;
	if (dbx_run_ended(call, run))
		return run_done(call, run, &handle);
	say_interim(call, run, &handle);
	return mcp_working(call, -1, mcp_printf(call, "run is %s", dbx_run_state(call, run)),
			   dbx_run_pace(call, handle.begun_ms));
}

int
dbx_run_poll(struct mcp_call *call)
{
	struct dbx_run run;

	if (!handle_read(call, &run))
		return MCP_E_INTERNAL;
	return mcp_fetch(call, "/api/2.2/jobs/runs/get{?run_id}",
			 mcp_object(call, "run_id", run.id, NULL), run_polled, NULL, 0);
}

static int
cancel_sent(struct mcp_call *call, const void *unused, size_t len)
{
	struct mcp_words words;
	struct dbx_run run;

	(void)unused;
	(void)len;
	if (!handle_read(call, &run))
		return MCP_E_INTERNAL;
	words = dbx_run_words(call, run.id, "CAN MANAGE RUN on the job");
	if (!dbx_done(call, 0, &words))
		return MCP_E_UPSTREAM;
	return mcp_say(call, "Cancelling run %s was requested.", run.id);
}

int
dbx_run_cancel(struct mcp_call *call)
{
	struct json_object *body = mcp_object(call, NULL);
	struct mcp_http request;
	struct dbx_run run;

	if (!handle_read(call, &run))
		return MCP_E_INTERNAL;
	json_object_object_add(body, "run_id", json_object_new_int64(strtoll(run.id, NULL, 10)));
	request =
	    mcp_json_request(call, "POST", "/api/2.2/jobs/runs/cancel", body, MCP_RETRY_IDEMPOTENT);
	request.flags |= MCP_HTTP_CLEANUP;
	return mcp_suspend(call, &request, 1, 0, cancel_sent, NULL, 0);
}

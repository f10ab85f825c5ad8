/* SPDX-License-Identifier: Apache-2.0 */
/* Runs as operations: polled until they end, cancelled when the client withdraws. */
#include "runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLL_MIN_MS 500
#define POLL_MAX_MS 10000
#define ROOM_FOR_WORDS 2000 /* of a result, for what is not output */
#define ROOM_LEAST 100	    /* bytes of each part of an output */
#define TEXT_SMALL 4000	    /* bytes of the output that a finished operation shows */
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
	/* `state` is the older form; `status` says the same in other words. */
	static const char *const paths[] = { "state.result_state", "state.life_cycle_state",
					     "status.termination_details.code", "status.state" };

	for (size_t i = 0; i < COUNT(paths); i++) {
		const char *word = mcp_get_str(call, run, paths[i], NULL);

		if (word != NULL)
			return word;
	}
	return "UNKNOWN";
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

/* The platform answers 100 tasks at a time. */
static int
tasks_end(struct mcp_call *call, struct json_object *run, int64_t count)
{
	const char *next = mcp_get_str(call, run, "next_page_token", "");

	return mcp_table_end(call, &(struct mcp_table_end){
	    .size = sizeof(struct mcp_table_end), .noun = "tasks", .more = next[0] != '\0',
	    .total = next[0] != '\0' ? -1 : count,
	    .next = next[0] != '\0' ? mcp_printf(call, "get_job_run run_id=%s page_token=%s",
						 mcp_get_str(call, run, "run_id", ""), next)
				    : NULL });
}

int
dbx_run_tasks(struct mcp_call *call, struct json_object *run)
{
	static const struct mcp_column columns[] = {
		{ "task", NULL }, { "run_id", NULL }, { "state", NULL }, { "took", NULL },
		{ "message", NULL },
	};
	struct json_object *tasks = dbx_objects(call, run, "tasks");
	size_t n = json_object_array_length(tasks);
	int status = mcp_table(call, columns, COUNT(columns));

	for (size_t i = 0; i < n && status == MCP_OK; i++) {
		struct json_object *task = json_object_array_get_idx(tasks, i);
		struct json_object *took = mcp_get(task, "execution_duration");
		const char *cells[COUNT(columns)] = {
			mcp_get_str(call, task, "task_key", ""),
			mcp_get_str(call, task, "run_id", ""), dbx_run_state(call, task),
			took != NULL ? dbx_show_duration(call, took) : "",
			mcp_get_str(call, task, "state.state_message", ""),
		};

		status = dbx_row(call, cells, COUNT(cells));
	}
	return tasks_end(call, run, (int64_t)n);
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

	json_object_object_add(run, "now", json_object_new_string(dbx_run_state(call, run)));
	return dbx_facts(call, run, facts, COUNT(facts),
			 mcp_get_str(call, run, "run_page_url", NULL));
}

/* ---- output --------------------------------------------------------------------------------- */

/* The end of a text, from the start of a line where there is one. */
static const char *
tail_of(const char *text, size_t most)
{
	size_t len = strlen(text);
	const char *from = len > most ? text + len - most : text, *line;

	while (from > text && ((unsigned char)*from & 0xc0) == 0x80)
		from++;
	line = from > text ? strchr(from, '\n') : NULL;
	return line != NULL && line[1] != '\0' ? line + 1 : from;
}

static size_t
say_part(struct mcp_call *call, const char *title, const char *text, bool cut, size_t most)
{
	const char *from = tail_of(text, most);
	const char *left_out = from > text
	    ? mcp_printf(call, ", the last %zu of %zu bytes", strlen(from), strlen(text)) : "";

	mcp_say(call, "%s%s%s:", title, left_out, cut ? ", of which the platform kept a part" : "");
	mcp_say_text(call, from, strlen(from), true);
	return strlen(from);
}

bool
dbx_run_output(struct mcp_call *call, struct json_object *output, int64_t most)
{
	static const struct {
		const char *path, *title, *cut;
	} parts[] = {
		{ "error", "error", NULL },
		{ "error_trace", "trace", NULL },
		{ "notebook_output.result", "result", "notebook_output.truncated" },
		{ "logs", "logs", "logs_truncated" },
		{ "sql_output", "sql output", NULL },
		{ "dbt_output", "dbt output", NULL },
		{ "run_job_output.run_id", "started run", NULL },
	};
	/* The host would keep the beginning where there is too much; wanted is the end. */
	int64_t room = mcp_number(call, MCP_NUM_MAX_TEXT) - ROOM_FOR_WORDS;
	bool said = false;

	if (room > most)
		room = most;
	for (size_t i = 0; i < COUNT(parts); i++) {
		const char *text = mcp_get_str(call, output, parts[i].path, "");
		bool cut = parts[i].cut != NULL && mcp_get_bool(output, parts[i].cut, false);

		if (text[0] == '\0')
			continue;
		room -= (int64_t)say_part(call, parts[i].title, text, cut,
					  room > ROOM_LEAST ? (size_t)room : ROOM_LEAST);
		said = true;
	}
	return said;
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

/* How a run ended, while its output is fetched. */
struct ended {
	struct dbx_run run;
	char state[64], task[128], task_run[24], message[1024];
	bool skipped;
};

static const char *
next_of(struct mcp_call *call, const struct ended *ended)
{
	if (strcmp(ended->state, "CANCELED") == 0)
		return "Start it again if it is still wanted.";
	if (ended->skipped)
		return "It never began. Wait for the active runs of the job, or cancel one: "
		       "list_job_runs active_only=true shows them.";
	return mcp_printf(call, "Call get_run_output run_id=%s for its whole output and trace.",
			  ended->task_run);
}

/* Fails the call with the error that the task put out, else with the words of its state. */
static int
run_failed(struct mcp_call *call, const struct ended *ended, const char *error)
{
	const char *why = error != NULL && error[0] != '\0' ? error : ended->message;

	return mcp_fail(call,
			strcmp(ended->state, "CANCELED") == 0 ? MCP_E_CANCELLED : MCP_E_UPSTREAM,
			mcp_printf(call, "Run %s ended as %s.", ended->run.id, ended->state),
			ended->task[0] != '\0'
			    ? mcp_printf(call, "Task \"%s\": %s", ended->task, why) : why,
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
	if (reply != NULL && reply->status == 200
	    && dbx_run_output(call, mcp_reply_json(call, 0), TEXT_SMALL))
		return MCP_OK;
	return mcp_say(call, "Next: get_run_output run_id=%s for what it put out.",
		       ended->task_run);
}

static int
output_fetch(struct mcp_call *call, const struct ended *ended, mcp_step_fn fn)
{
	return dbx_get(call, "/api/2.2/jobs/runs/get-output{?run_id}",
		       dbx_object(call, "run_id", ended->task_run, NULL), fn, ended,
		       sizeof(*ended));
}

static void
note(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text);
}

static int
run_done(struct mcp_call *call, struct json_object *run, const struct dbx_run *handle)
{
	const char *state = dbx_run_state(call, run);
	bool good = strcmp(state, "SUCCESS") == 0 || strcmp(state, "SUCCESS_WITH_FAILURES") == 0;
	size_t tasks = json_object_array_length(dbx_objects(call, run, "tasks"));
	struct json_object *task = failed_task(call, run);
	struct ended ended = { .run = *handle };

	if (handle->ending)
		return mcp_say(call, "Run %s has ended: %s.", handle->id, state);
	note(ended.state, sizeof(ended.state), state);
	note(ended.task, sizeof(ended.task), mcp_get_str(call, task, "task_key", ""));
	note(ended.message, sizeof(ended.message),
	     mcp_get_str(call, task != NULL ? task : run, "state.state_message", ""));
	note(ended.task_run, sizeof(ended.task_run),
	     mcp_get_str(call, task != NULL ? task : mcp_get(run, "tasks.0"), "run_id",
			 handle->id));
	ended.skipped = strcmp(mcp_get_str(call, run, "state.life_cycle_state", ""), "SKIPPED")
	    == 0;
	if (!good)
		return task != NULL ? output_fetch(call, &ended, failure_explained)
				    : run_failed(call, &ended, NULL);
	dbx_run_facts(call, run);
	return tasks > 1 ? dbx_run_tasks(call, run) : output_fetch(call, &ended, output_added);
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
	const char *state, *url;

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
	url = mcp_get_str(call, run, "run_page_url", "");
	mcp_say(call, "Run %s is %s after %s.", handle.id, state,
		dbx_duration(call, mcp_number(call, MCP_NUM_NOW_MS) - handle.begun_ms));
	if (url[0] != '\0')
		mcp_say(call, "url: %s", url);
	mcp_say(call, "Next: get_job_run run_id=%s in 30 s%s", handle.id,
		handle.ending ? "." : ", or cancel_job_run.");
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

/* SPDX-License-Identifier: Apache-2.0 */
/* Tools for runs: the list, one run, and its output. */
#include "jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNS_PAGE_MAX 24       /* rows of a page; the API requires less than 25 */
#define ROOM_TO_ANSWER_MS 2000 /* the part of the deadline that is kept for the last poll */
#define OUTPUT_CHARS 8000      /* value of max_chars when the caller gives none */

/* ---- list_job_runs -------------------------------------------------------------------------- */

/* The states that status_filter accepts. They come from the Jobs API 2.2: RunResultState,
 * RunLifeCycleState, and TerminationCode, which newer replies have instead. */
static const char *const states[] = {
	"SUCCESS",
	"FAILED",
	"CANCELED",
	"TIMEDOUT",
	"RUNNING",
	"PENDING",
	"QUEUED",
	"TERMINATING",
	"TERMINATED",
	"SKIPPED",
	"INTERNAL_ERROR",
	"BLOCKED",
	"WAITING_FOR_RETRY",
	"WAITING",
	"EXCLUDED",
	"DISABLED",
	"SUCCESS_WITH_FAILURES",
	"UPSTREAM_FAILED",
	"UPSTREAM_CANCELED",
	"MAXIMUM_CONCURRENT_RUNS_REACHED",
};

static const char *const codes[] = {
	"USER_CANCELED",
	"RUN_EXECUTION_ERROR",
	"DRIVER_ERROR",
	"CLUSTER_ERROR",
	"LIBRARY_INSTALLATION_ERROR",
	"CLOUD_FAILURE",
	"REPOSITORY_CHECKOUT_FAILED",
	"INVALID_CLUSTER_REQUEST",
	"INVALID_RUN_CONFIGURATION",
	"UNAUTHORIZED_ERROR",
	"RESOURCE_NOT_FOUND",
	"STORAGE_ACCESS_ERROR",
	"FEATURE_DISABLED",
	"BREAKING_CHANGE",
	"BUDGET_POLICY_LIMIT_EXCEEDED",
	"CLUSTER_REQUEST_LIMIT_EXCEEDED",
	"MAX_CONCURRENT_RUNS_EXCEEDED",
	"MAX_JOB_QUEUE_SIZE_EXCEEDED",
	"MAX_SPARK_CONTEXTS_EXCEEDED",
	"WORKSPACE_RUN_LIMIT_EXCEEDED",
};

static bool
holds(const char *const *words, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(words[i], word) == 0)
			return true;
	return false;
}

/* Checks the filter. For an unknown state the call fails and the result is false: the list would
 * only be empty. */
static bool
filter_known(struct mcp_call *call)
{
	const char *filter = mcp_arg(call, "status_filter"), *list = "";

	if (filter == NULL || holds(states, COUNT(states), filter) ||
	    holds(codes, COUNT(codes), filter))
		return true;
	for (size_t i = 0; i < COUNT(states); i++)
		list = mcp_printf(call, "%s%s%s", list, i > 0 ? ", " : "", states[i]);
	mcp_fail(call, MCP_E_INPUT,
		 mcp_printf(call, "status_filter \"%s\" is not a state of a run.", filter),
		 mcp_printf(call, "The states are: %s.", list),
		 "Repeat the call with one of them, or without status_filter.");
	return false;
}

static bool
run_item(struct mcp_call *call, struct json_object *run)
{
	static const char *const paths[] = { "state.life_cycle_state", "state.result_state",
					     "status.state", "status.termination_details.code" };
	const char *filter = mcp_arg(call, "status_filter");

	json_object_object_add(run, "now", json_object_new_string(dbx_run_state(call, run)));
	json_object_object_add(run, "why", json_object_new_string(dbx_run_message(call, run)));
	if (filter == NULL)
		return true;
	for (size_t i = 0; i < COUNT(paths); i++)
		if (strcasecmp(filter, mcp_get_str(call, run, paths[i], "")) == 0)
			return true;
	return false;
}

static struct mcp_words
runs_words(struct mcp_call *call)
{
	const char *job = mcp_arg(call, "job_id");

	return job != NULL ? job_words(call, job, "CAN VIEW on the job")
			   : (struct mcp_words){ .object = "The list of runs" };
}

/* The list of one job has the columns from here on. The list of all jobs begins two columns
 * earlier. */
static const struct mcp_list_column run_columns[] = {
	{ .name = "job_id", .path = "job_id" },
	{ .name = "name", .path = "run_name" },
	{ .name = "run_id", .path = "run_id" },
	{ .name = "state", .path = "now" },
	{ .name = "started", .path = "start_time", .show = mcp_show_time },
	{ .name = "took", .path = "run_duration", .show = mcp_show_duration },
	{ .name = "trigger", .path = "trigger" },
	{ .name = "message", .path = "why" },
};

#define OF_JOBS 2 /* number of columns that identify the job */

static const char *const repeated[] = { "job_id",	   "status_filter", "active_only",
					"start_time_from", "start_time_to", NULL };

static int none_of_job(struct mcp_call *call);

#define RUN_LIST                                                                               \
	.path = "/api/2.2/jobs/runs/list"                                                      \
		"{?job_id,active_only,start_time_from,start_time_to,limit,page_token}",        \
	.limit_name = "limit", .most = RUNS_PAGE_MAX, .items = "runs", .noun = "runs",         \
	.tool = TOOL_LIST_JOB_RUNS, .repeat = repeated, .item = run_item, .words = runs_words, \
	.reply = dbx_reply

static const struct mcp_list job_runs = {
	RUN_LIST,
	.columns = run_columns + OF_JOBS,
	.n_columns = COUNT(run_columns) - OF_JOBS,
	.none = none_of_job,
};

static const struct mcp_list all_runs = {
	RUN_LIST,
	.columns = run_columns,
	.n_columns = COUNT(run_columns),
};

static int
job_looked_at(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *job = state;
	int status;

	(void)len;
	if (job_missing(call, job->asked, &status))
		return status;
	return mcp_page_table(call, NULL, job_runs.columns, job_runs.n_columns,
			      &(struct mcp_page){ .noun = "runs", .total = -1 });
}

static int
job_resolved(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *job = state;

	return mcp_fetch(call, "/api/2.2/jobs/get{?job_id}",
			 mcp_object(call, "job_id", job->id, NULL), job_looked_at, state, len);
}

/* The API returns an empty list for a job that does not exist. */
static int
none_of_job(struct mcp_call *call)
{
	return dbx_resolve(call, &dbx_jobs, "job_id", job_resolved);
}

static struct json_object *
list_values(struct mcp_call *call, const char *job)
{
	return mcp_object(call, "job_id", job, "active_only",
			  mcp_arg_bool(call, "active_only", false) ? "true" : NULL,
			  "start_time_from", mcp_arg(call, "start_time_from"), "start_time_to",
			  mcp_arg(call, "start_time_to"), NULL);
}

static int
runs_resolved(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *job = state;

	(void)len;
	return mcp_list(call, &job_runs, list_values(call, job->id));
}

int
list_job_runs(struct mcp_call *call)
{
	const char *job = mcp_arg(call, "job_id");

	if (!filter_known(call))
		return MCP_E_INPUT;
	return job != NULL ? dbx_resolve(call, &dbx_jobs, "job_id", runs_resolved)
			   : mcp_list(call, &all_runs, list_values(call, NULL));
}

/* ---- get_job_run ---------------------------------------------------------------------------- */

/* Checks run_id. When it is not a number, the call fails and the result is false. */
static bool
run_id_given(struct mcp_call *call)
{
	if (dbx_is_number(mcp_arg(call, "run_id")))
		return true;
	mcp_fail(call, MCP_E_INPUT, "run_id is not a number.", "Runs have numbers, not names.",
		 "Call list_job_runs to see the runs of a job.");
	return false;
}

static struct mcp_words
view_words(struct mcp_call *call)
{
	return dbx_run_words(call, mcp_arg(call, "run_id"), "CAN VIEW on the job");
}

/* Waits for wait_s: the run is polled until it ends or the time is over. */
struct watch {
	int64_t begun_ms;
	int64_t waited_ms; /* between two polls */
};

static int run_look(struct mcp_call *call, const void *state, size_t len);

/* The time until the next poll; 0 when the time is over. */
static uint32_t
next_wait(struct mcp_call *call, const struct watch *watch)
{
	int64_t gone = mcp_number(call, MCP_NUM_NOW_MS) - watch->begun_ms;
	int64_t left = 1000 * mcp_arg_int(call, "wait_s", 0) -
		       (gone > watch->waited_ms ? gone : watch->waited_ms);
	int64_t pace = dbx_run_pace(call, watch->begun_ms);

	if (pace > left)
		pace = left;
	return pace > 0 && mcp_number(call, MCP_NUM_DEADLINE_MS) > pace + ROOM_TO_ANSWER_MS
		 ? (uint32_t)pace
		 : 0;
}

static int
run_tell(struct mcp_call *call, struct json_object *run)
{
	struct mcp_place place = mcp_place(call);
	struct mcp_answer *answer = mcp_answer_begin(call);
	struct json_object *failed = mcp_get(dbx_run_failures(call, run, "iterations"), "0");

	if (failed == NULL)
		failed = mcp_get(dbx_run_failures(call, run, "tasks"), "0");
	dbx_run_tell(answer, run);
	dbx_run_tell_tasks(answer, run, &place);
	/* no Next line when there are further tasks: the end line of their table names the next
	 * call */
	if (failed != NULL && mcp_get_str(call, run, "next_page_token", "")[0] == '\0')
		mcp_say(call, "Next: get_run_output run_id=%s",
			mcp_get_str(call, failed, "run_id", ""));
	return mcp_answer_end(answer);
}

static int
run_shown(struct mcp_call *call, const void *state, size_t len)
{
	struct watch watch;
	struct mcp_words words = view_words(call);
	struct json_object *run = dbx_reply(call, 0, &words);
	uint32_t pace;

	memcpy(&watch, state, sizeof(watch));
	pace = next_wait(call, &watch);
	if (run == NULL)
		return MCP_E_UPSTREAM;
	if (dbx_run_ended(call, run) || pace == 0)
		return run_tell(call, run);
	watch.waited_ms += pace;
	mcp_progress(call, (double)watch.waited_ms / 1000, (double)mcp_arg_int(call, "wait_s", 0),
		     mcp_printf(call, "run is %s", dbx_run_state(call, run)));
	return mcp_again(call, pace, run_look, &watch, len);
}

static int
run_look(struct mcp_call *call, const void *state, size_t len)
{
	return mcp_fetch(call, "/api/2.2/jobs/runs/get{?run_id,page_token}",
			 mcp_object(call, "run_id", mcp_arg(call, "run_id"), "page_token",
				    mcp_place(call).token, NULL),
			 run_shown, state, len);
}

int
get_job_run(struct mcp_call *call)
{
	struct watch watch = { .begun_ms = mcp_number(call, MCP_NUM_NOW_MS) };

	return run_id_given(call) ? run_look(call, &watch, sizeof(watch)) : MCP_E_INPUT;
}

/* ---- get_run_output ------------------------------------------------------------------------- */

static bool
is_notebook(struct json_object *reply)
{
	return mcp_get(reply, "notebook_output") != NULL ||
	       mcp_get(reply, "metadata.task.notebook_task") != NULL ||
	       mcp_get(reply, "metadata.tasks.0.notebook_task") != NULL;
}

/* Shows the run's id and result, even when the reply has no metadata. */
static void
output_head(struct mcp_answer *answer, struct json_object *run)
{
	struct mcp_call *call = mcp_answer_call(answer);
	const char *task = mcp_get_str(call, run, "task_key", "");

	mcp_answer_text(answer, NULL, "run_id", mcp_arg(call, "run_id"));
	mcp_answer_text(answer, NULL, "task", task);
	mcp_answer_text(answer, NULL, "state", dbx_run_state(call, run));
	mcp_answer_text(answer, NULL, "message", dbx_run_message(call, run));
	mcp_answer_url(answer, mcp_get_str(call, run, "run_page_url", NULL));
}

/* A run of several tasks or iterations has no output of its own; each task or iteration has one. */
static int
tasks_offered(struct mcp_call *call, const void *state, size_t len)
{
	struct mcp_words words = view_words(call);
	struct json_object *run = dbx_reply(call, 0, &words), *culprit;
	struct mcp_answer *answer;

	(void)state;
	(void)len;
	if (run == NULL)
		return MCP_E_UPSTREAM;
	answer = mcp_answer_begin(call);
	dbx_run_tell(answer, run);
	mcp_answer_text(answer, NULL, "output",
			mcp_get(run, "tasks.0") != NULL || mcp_get(run, "iterations.0") != NULL
			    ? "Each task or iteration has its own output."
			    : "The run has no task and therefore no output.");
	dbx_run_tell_tasks(answer, run, NULL);
	culprit = dbx_run_culprit(call, run, "iterations");
	if (culprit == NULL)
		culprit = dbx_run_culprit(call, run, "tasks");
	if (culprit == NULL)
		culprit =
		    mcp_get(run, mcp_get(run, "iterations.0") != NULL ? "iterations.0" : "tasks.0");
	if (culprit != NULL)
		mcp_say(call, "Next: get_run_output run_id=%s",
			mcp_get_str(call, culprit, "run_id", ""));
	return mcp_answer_end(answer);
}

/* Explains that there is no output. `printed` means that the printed text of the notebook was
 * read. */
static const char *
silence(struct mcp_call *call, struct json_object *reply, bool printed)
{
	struct json_object *run = mcp_get(reply, "metadata");

	if (!dbx_run_ended(call, run) && dbx_run_state(call, run)[0] != '\0')
		return "The run has no output yet.";
	if (is_notebook(reply) && !printed)
		return "The notebook returned no result with dbutils.notebook.exit(). Its "
		       "printed text could not be read here; the page of the run shows it.";
	return "The run has no output.";
}

static int
output_tell(struct mcp_call *call, struct json_object *reply, const char *printed)
{
	int64_t most = mcp_arg_int(call, "max_chars", OUTPUT_CHARS);
	struct mcp_answer *answer = mcp_answer_begin(call);
	bool said;

	output_head(answer, mcp_get(reply, "metadata"));
	if (printed != NULL && printed[0] != '\0')
		json_object_object_add(reply, "printed", json_object_new_string(printed));
	said = dbx_run_output(answer, reply, most);
	if (!said)
		mcp_answer_text(answer, NULL, "output", silence(call, reply, printed != NULL));
	return mcp_answer_end(answer);
}

/* Requests the output again, from the cache, together with the exported page. */
static int
printed_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct mcp_words words = view_words(call);
	struct json_object *reply = dbx_reply(call, 0, &words);
	struct dbx_error error;

	(void)state;
	(void)len;
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	return output_tell(call, reply,
			   dbx_ok(call, mcp_reply(call, 1), &error)
			       ? job_printed(call, mcp_reply_json(call, 1))
			       : NULL);
}

static int
printed_fetch(struct mcp_call *call)
{
	struct mcp_http requests[2];

	if (!mcp_fetch_request(call, &requests[0], "/api/2.2/jobs/runs/get-output{?run_id}",
			       NULL) ||
	    !job_printed_request(call, &requests[1], mcp_arg(call, "run_id")))
		return MCP_E_INPUT;
	requests[0].cache_ms = FRESH_MS;
	return mcp_suspend(call, requests, 2, 0, printed_arrived, NULL, 0);
}

static int
output_shown(struct mcp_call *call, const void *state, size_t len)
{
	struct mcp_words words = view_words(call);
	struct json_object *reply;
	struct dbx_error error;

	(void)state;
	(void)len;
	if (!dbx_ok(call, mcp_reply(call, 0), &error) && error.http == 400 &&
	    (strstr(error.message, "multiple tasks") != NULL ||
	     strstr(error.message, "for_each") != NULL))
		return mcp_fetch(call, "/api/2.2/jobs/runs/get{?run_id}", NULL, tasks_offered, NULL,
				 0);
	reply = dbx_reply(call, 0, &words);
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	if (is_notebook(reply) && dbx_run_ended(call, mcp_get(reply, "metadata")) &&
	    mcp_get_str(call, reply, "notebook_output.result", "")[0] == '\0')
		return printed_fetch(call);
	return output_tell(call, reply, NULL);
}

int
get_run_output(struct mcp_call *call)
{
	if (!run_id_given(call))
		return MCP_E_INPUT;
	return mcp_fetch(call, "/api/2.2/jobs/runs/get-output{?run_id}", NULL, output_shown, NULL,
			 0);
}

/* ---- completion ----------------------------------------------------------------------------- */

int
complete_run_id(struct mcp_call *call)
{
	return mcp_offer_from(call, "/api/2.2/jobs/runs/list?limit=24", NULL, "runs", "run_id");
}

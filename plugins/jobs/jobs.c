/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs: listed with their last run, and one in full. */
#include "jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MAX 25	   /* jobs of one page: each asks for its last run */
#define FRESH_MS 3000	   /* the page is asked for again beside the runs, from the cache */
#define EMPTY_PAGES_MAX 20 /* pages without a matching job that are walked over */
#define PATH_MAX_LEN 1500
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct dbx_words
job_words(struct mcp_call *call, const char *asked, const char *grant)
{
	return (struct dbx_words){
		.object = mcp_printf(call, "Job \"%s\"", asked),
		.not_found = "Call list_jobs to see which exist.",
		.grant = grant,
	};
}

bool
job_missing(struct mcp_call *call, const char *asked, int *status)
{
	struct dbx_error error;

	if (dbx_ok(call, mcp_reply(call, 0), &error) || error.status != MCP_E_NOT_FOUND)
		return false;
	*status = dbx_unknown(call, &dbx_jobs, asked, error.message);
	return true;
}

/* "0 0 6 * * ? UTC", "paused: …", "continuous", "on file arrival"; "" without any. */
static const char *
schedule_text(struct mcp_call *call, struct json_object *settings)
{
	const char *cron = mcp_get_str(call, settings, "schedule.quartz_cron_expression", NULL);
	const char *paused = mcp_get_str(call, settings, "schedule.pause_status", "");

	if (cron != NULL)
		return mcp_printf(call, "%s%s %s", strcmp(paused, "PAUSED") == 0 ? "paused: " : "",
				  cron, mcp_get_str(call, settings, "schedule.timezone_id", ""));
	if (mcp_get(settings, "continuous") != NULL)
		return "continuous";
	return mcp_get(settings, "trigger") != NULL ? "triggered" : "";
}

/* ---- list_jobs ------------------------------------------------------------------------------ */

/* Where the listing stands. A name is first looked for as it is, on the server; if no job has just
 * that name, pages are searched for jobs whose name holds it. */
struct listing {
	char query[PATH_MAX_LEN]; /* of the page at hand */
	char token[DBX_NAME_MAX];
	bool exact;		  /* the server filters */
	unsigned pages;
};

_Static_assert(sizeof(struct listing) <= MCP_STATE_MAX, "the state of a listing must fit");

static int page_arrived(struct mcp_call *call, const void *state, size_t len);

static int
page_fetch(struct mcp_call *call, struct listing *listing)
{
	struct json_object *values = dbx_object(call, "name",
	    listing->exact ? mcp_arg(call, "name_filter") : NULL, "page_token",
	    listing->token[0] != '\0' ? listing->token : NULL, NULL);
	struct mcp_http request;

	json_object_object_add(values, "limit", json_object_new_int64(dbx_limit(call, PAGE_MAX)));
	if (!dbx_get_request(call, &request, "/api/2.2/jobs/list{?limit,name,page_token}", values))
		return MCP_E_INPUT;
	if (strlen(request.query) >= sizeof(listing->query))
		return mcp_fail(call, MCP_E_INPUT, "name_filter is too long.", NULL, NULL);
	strcpy(listing->query, request.query);
	request.cache_ms = FRESH_MS;
	return mcp_suspend(call, &request, 1, 0, page_arrived, listing, sizeof(*listing));
}

/* The jobs of a page that match. */
static struct json_object *
page_jobs(struct mcp_call *call, const struct listing *listing)
{
	struct json_object *jobs = mcp_get(mcp_reply_json(call, 0), "jobs");
	struct json_object *kept = mcp_keep(call, json_object_new_array());

	for (size_t i = 0; jobs != NULL && i < json_object_array_length(jobs); i++) {
		struct json_object *job = json_object_array_get_idx(jobs, i);

		if (listing->exact
		    || dbx_name_matches(call, mcp_get_str(call, job, "settings.name", "")))
			json_object_array_add(kept, json_object_get(job));
	}
	return kept;
}

/* Gives each job the members that the table shows; its last run is reply i + 1. */
static void
jobs_decorate(struct mcp_call *call, struct json_object *jobs)
{
	for (size_t i = 0; i < json_object_array_length(jobs); i++) {
		struct json_object *job = json_object_array_get_idx(jobs, i);
		struct json_object *run = mcp_get(mcp_reply_json(call, i + 1), "runs.0");

		json_object_object_add(job, "schedule", json_object_new_string(
		    schedule_text(call, mcp_get(job, "settings"))));
		if (run == NULL)
			continue;
		json_object_object_add(job, "last", json_object_new_string(
		    dbx_run_state(call, run)));
		json_object_object_add(job, "last_at", json_object_get(mcp_get(run, "start_time")));
	}
}

static int
runs_arrived(struct mcp_call *call, const void *state, size_t len)
{
	static const struct dbx_column columns[] = {
		{ "job_id", NULL, "job_id", NULL },
		{ "name", NULL, "settings.name", NULL },
		{ "schedule", NULL, "schedule", NULL },
		{ "last run", NULL, "last", NULL },
		{ "started", NULL, "last_at", dbx_show_age },
		{ "creator", NULL, "creator_user_name", NULL },
	};
	const struct listing *listing = state;
	const char *filter = mcp_arg(call, "name_filter");
	struct json_object *reply = dbx_reply(call, 0, &(struct dbx_words){
	    .object = "The list of jobs" }), *jobs;

	(void)len;
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	jobs = page_jobs(call, listing);
	jobs_decorate(call, jobs);
	return dbx_table(call, jobs, columns, COUNT(columns), &(struct dbx_page){
	    .noun = "jobs", .tool = "list_jobs", .total = -1, .token = listing->token,
	    .extra = filter != NULL ? mcp_printf(call, "name_filter=%s", filter) : NULL,
	    .next_token = mcp_get_str(call, reply, "next_page_token", "") });
}

/* The same page again (from the cache), and the last run of each of its jobs. */
static int
runs_fetch(struct mcp_call *call, const struct listing *listing, struct json_object *jobs)
{
	struct mcp_http request[PAGE_MAX + 1];
	size_t n = json_object_array_length(jobs);

	request[0] = mcp_get_request("/api/2.2/jobs/list", listing->query);
	request[0].cache_ms = FRESH_MS;
	for (size_t i = 0; i < n && i < PAGE_MAX; i++)
		if (!dbx_get_request(call, &request[i + 1], "/api/2.2/jobs/runs/list?limit=1"
				     "{&job_id}", dbx_object(call, "job_id",
			mcp_get_str(call, json_object_array_get_idx(jobs, i), "job_id", "0"),
			NULL)))
			return MCP_E_INPUT;
	return mcp_suspend(call, request, (n < PAGE_MAX ? n : PAGE_MAX) + 1, 0, runs_arrived,
			   listing, sizeof(*listing));
}

static int
page_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct listing listing;
	struct json_object *reply = dbx_reply(call, 0, &(struct dbx_words){
	    .object = "The list of jobs" }), *jobs;
	const char *next;

	(void)len;
	memcpy(&listing, state, sizeof(listing));
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	jobs = page_jobs(call, &listing);
	next = mcp_get_str(call, reply, "next_page_token", "");
	if (json_object_array_length(jobs) > 0)
		return runs_fetch(call, &listing, jobs);
	if (listing.exact && next[0] == '\0') {
		listing.exact = false;
		return page_fetch(call, &listing);
	}
	if (next[0] != '\0' && strlen(next) < sizeof(listing.token)
	    && ++listing.pages < EMPTY_PAGES_MAX) {
		strcpy(listing.token, next);
		return page_fetch(call, &listing);
	}
	return runs_fetch(call, &listing, jobs);
}

int
list_jobs(struct mcp_call *call)
{
	struct listing listing = { .exact = mcp_arg(call, "name_filter") != NULL };
	const char *token = mcp_arg(call, "page_token");

	if (token != NULL && strlen(token) >= sizeof(listing.token))
		return mcp_fail(call, MCP_E_INPUT, "page_token is not one of this tool.", NULL,
				"Use the page_token of the last answer's end line.");
	if (token != NULL) {
		strcpy(listing.token, token);
		listing.exact = false;
	}
	return page_fetch(call, &listing);
}

/* ---- get_job_details ------------------------------------------------------------------------ */

static const char *
show_keys(struct mcp_call *call, struct json_object *list)
{
	const char *text = "";

	for (size_t i = 0; i < json_object_array_length(list); i++)
		text = mcp_printf(call, "%s%s%s=%s", text, i > 0 ? ", " : "",
				  mcp_get_str(call, json_object_array_get_idx(list, i), "name",
					      "?"),
				  mcp_get_str(call, json_object_array_get_idx(list, i), "default",
					      ""));
	return text;
}

/* "notebook /Users/…", "sql", "run job 12": what a task does, from the member it has. */
static const char *
task_kind(struct mcp_call *call, struct json_object *task)
{
	static const struct {
		const char *member, *noun, *what;
	} kinds[] = {
		{ "notebook_task", "notebook", "notebook_path" },
		{ "spark_python_task", "python", "python_file" },
		{ "python_wheel_task", "wheel", "package_name" },
		{ "sql_task", "sql", "query.query_id" },
		{ "spark_jar_task", "jar", "main_class_name" },
		{ "spark_submit_task", "spark-submit", "parameters" },
		{ "dbt_task", "dbt", "project_directory" },
		{ "pipeline_task", "pipeline", "pipeline_id" },
		{ "run_job_task", "run job", "job_id" },
		{ "condition_task", "condition", "op" },
		{ "for_each_task", "for each", "inputs" },
	};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct json_object *body = mcp_get(task, kinds[i].member);

		if (body != NULL)
			return mcp_printf(call, "%s %s", kinds[i].noun,
					  mcp_get_str(call, body, kinds[i].what, ""));
	}
	return "other";
}

static const char *
task_compute(struct mcp_call *call, struct json_object *task)
{
	const char *cluster = mcp_get_str(call, task, "existing_cluster_id", NULL);
	const char *job_cluster = mcp_get_str(call, task, "job_cluster_key", NULL);

	if (cluster != NULL)
		return mcp_printf(call, "cluster %s", cluster);
	if (job_cluster != NULL)
		return mcp_printf(call, "job cluster %s", job_cluster);
	return mcp_get(task, "new_cluster") != NULL ? "new cluster" : "serverless";
}

static const char *
show_depends(struct mcp_call *call, struct json_object *list)
{
	const char *text = "";

	for (size_t i = 0; i < json_object_array_length(list); i++)
		text = mcp_printf(call, "%s%s%s", text, i > 0 ? ", " : "",
				  mcp_get_str(call, json_object_array_get_idx(list, i), "task_key",
					      "?"));
	return text;
}

static int
say_tasks(struct mcp_call *call, struct json_object *tasks)
{
	int status = MCP_OK;

	for (size_t i = 0; tasks != NULL && status == MCP_OK
	     && i < json_object_array_length(tasks); i++) {
		struct json_object *task = json_object_array_get_idx(tasks, i);
		struct json_object *after = mcp_get(task, "depends_on");
		const char *cells[4] = {
			mcp_get_str(call, task, "task_key", "?"), task_kind(call, task),
			task_compute(call, task), after != NULL ? show_depends(call, after) : "",
		};

		status = mcp_table_cells(call, cells, COUNT(cells));
	}
	return status == MCP_E_TOO_LARGE ? MCP_OK : status;
}

static void
say_job(struct mcp_call *call, struct json_object *job)
{
	static const struct dbx_column facts[] = {
		{ "job", NULL, "settings.name", NULL },
		{ "job_id", NULL, "job_id", NULL },
		{ "schedule", NULL, "schedule", NULL },
		{ "parameters", NULL, "settings.parameters", show_keys },
		{ "runs as", NULL, "run_as_user_name", NULL },
		{ "creator", NULL, "creator_user_name", NULL },
		/* from here on: detail=full */
		{ "created", NULL, "created_time", dbx_show_time },
		{ "at once", NULL, "settings.max_concurrent_runs", NULL },
		{ "timeout s", NULL, "settings.timeout_seconds", NULL },
		{ "tags", NULL, "settings.tags", NULL },
		{ "notifications", NULL, "settings.email_notifications", NULL },
		{ "job clusters", NULL, "settings.job_clusters", NULL },
	};
	enum { CONCISE = 6 };

	json_object_object_add(job, "schedule", json_object_new_string(
	    schedule_text(call, mcp_get(job, "settings"))));
	dbx_facts(call, job, facts, dbx_full(call) ? COUNT(facts) : (size_t)CONCISE,
		  dbx_url(call, "/jobs/%s", mcp_get_str(call, job, "job_id", "")));
}

/* Jobs of over 100 tasks come in pages: the first carries the facts, each brings tasks. */
struct details {
	struct dbx_resolved job;
	size_t tasks;
	bool begun;
};

static int details_arrived(struct mcp_call *call, const void *state, size_t len);

static int
details_fetch(struct mcp_call *call, const struct details *details, const char *token)
{
	return dbx_get(call, "/api/2.2/jobs/get{?job_id,page_token}",
		       dbx_object(call, "job_id", details->job.id, "page_token", token, NULL),
		       details_arrived, details, sizeof(*details));
}

static int
details_arrived(struct mcp_call *call, const void *state, size_t len)
{
	static const struct mcp_column columns[] = {
		{ "task", NULL }, { "does", NULL }, { "on", NULL }, { "after", NULL },
	};
	struct details details;
	struct dbx_words words;
	struct json_object *job, *tasks;
	const char *next;
	int status;

	(void)len;
	memcpy(&details, state, sizeof(details));
	if (job_missing(call, details.job.asked, &status))
		return status;
	words = job_words(call, details.job.asked, "CAN VIEW on the job");
	job = dbx_reply(call, 0, &words);
	if (job == NULL)
		return MCP_E_UPSTREAM;
	if (!details.begun) {
		say_job(call, job);
		mcp_table(call, columns, COUNT(columns));
		details.begun = true;
	}
	tasks = mcp_get(job, "settings.tasks");
	details.tasks += tasks != NULL ? json_object_array_length(tasks) : 0;
	status = say_tasks(call, tasks);
	next = mcp_get_str(call, job, "next_page_token", "");
	if (status == MCP_OK && next[0] != '\0')
		return details_fetch(call, &details, next);
	return mcp_table_end(call, &(struct mcp_table_end){
	    .size = sizeof(struct mcp_table_end), .noun = "tasks",
	    .total = (int64_t)details.tasks });
}

static int
details_resolved(struct mcp_call *call, const void *state, size_t len)
{
	struct details details = { .tasks = 0 };

	(void)len;
	memcpy(&details.job, state, sizeof(details.job));
	return details_fetch(call, &details, NULL);
}

int
get_job_details(struct mcp_call *call)
{
	return dbx_resolve(call, &dbx_jobs, "job_id", details_resolved);
}

/* ---- completion ----------------------------------------------------------------------------- */

static int
jobs_offered(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	return dbx_offer(call, "jobs", "job_id");
}

int
complete_job(struct mcp_call *call)
{
	return dbx_get(call, "/api/2.2/jobs/list?limit=100", NULL, jobs_offered, NULL, 0);
}

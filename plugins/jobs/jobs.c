/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs: listed with their last run, and one in full. */
#include "jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MAX 100   /* jobs of one page while names are searched; the API's most */
#define BATCH_MAX 25   /* jobs whose last runs are asked for at once */
#define LIMIT_MAX 100  /* jobs of one call */
#define FRESH_MS 10000 /* the page is asked for again beside the runs, from the cache */
#define PAGES_MAX 20   /* pages of one call */
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

/*
 * Where the listing stands. A name is first looked for as it is, on the server; if no job has just
 * that name, pages are searched for jobs whose name holds it. The jobs of a page are shown in
 * batches, each with the last run of every job; meanwhile the page is kept by the host's cache.
 * A page_token of ours is that of the platform's page, and before it how many of the page's
 * matching jobs were shown: "3~TOKEN", "3~" within the first page.
 */
struct listing {
	char token[DBX_NAME_MAX]; /* of the page at hand */
	int64_t skip;		  /* its matching jobs that were shown already */
	int64_t shown, limit;	  /* rows of this call */
	unsigned pages;
	bool exact;		  /* the server filters */
};

_Static_assert(sizeof(struct listing) <= MCP_STATE_MAX, "the state of a listing must fit");

static const struct mcp_column job_columns[] = {
	{ "job_id", NULL }, { "name", NULL }, { "schedule", NULL }, { "last run", NULL },
	{ "started", NULL }, { "creator", NULL },
};

static int page_arrived(struct mcp_call *call, const void *state, size_t len);

/* Small pages while every job is shown: there is no use in what the last batch leaves over. */
static bool
page_request(struct mcp_call *call, struct mcp_http *request, const struct listing *listing)
{
	const char *name = mcp_arg(call, "name_filter");
	struct json_object *values = dbx_object(call, "name", listing->exact ? name : NULL,
	    "page_token", listing->token[0] != '\0' ? listing->token : NULL, NULL);

	json_object_object_add(values, "limit",
			       json_object_new_int(name != NULL ? PAGE_MAX : BATCH_MAX));
	if (!dbx_get_request(call, request, "/api/2.2/jobs/list{?limit,name,page_token}", values))
		return false;
	request->cache_ms = FRESH_MS;
	return true;
}

static int
page_fetch(struct mcp_call *call, const struct listing *listing)
{
	struct mcp_http request;

	if (!page_request(call, &request, listing))
		return MCP_E_INPUT;
	return mcp_suspend(call, &request, 1, 0, page_arrived, listing, sizeof(*listing));
}

/* The jobs of the page in the first reply that match and were not shown. `most` of them. */
static struct json_object *
next_jobs(struct mcp_call *call, const struct listing *listing, int64_t most, bool *left)
{
	struct json_object *jobs = dbx_objects(call, mcp_reply_json(call, 0), "jobs");
	struct json_object *batch = mcp_keep(call, json_object_new_array());
	int64_t matching = 0;

	*left = false;
	for (size_t i = 0; i < json_object_array_length(jobs); i++) {
		struct json_object *job = json_object_array_get_idx(jobs, i);

		if (!listing->exact
		    && !dbx_name_matches(call, mcp_get_str(call, job, "settings.name", "")))
			continue;
		if (matching++ < listing->skip)
			continue;
		if ((int64_t)json_object_array_length(batch) < most)
			json_object_array_add(batch, json_object_get(job));
		else
			*left = true;
	}
	return batch;
}

static int64_t
batch_size(const struct listing *listing)
{
	int64_t left = listing->limit - listing->shown;

	return left < BATCH_MAX ? left : BATCH_MAX;
}

/* What the next call would be told; NULL when nothing is left. */
static const char *
resume_token(struct mcp_call *call, const struct listing *listing, bool left)
{
	if (left)
		return mcp_printf(call, "%lld~%s", (long long)listing->skip, listing->token);
	return listing->token[0] != '\0' ? listing->token : NULL;
}

static const char *
resume_text(struct mcp_call *call, const char *token)
{
	const char *repeat = dbx_repeat(call, (const char *const[]){ "name_filter", "limit",
	    NULL });

	return mcp_printf(call, "list_jobs%s%s page_token=%s", repeat != NULL ? " " : "",
			  repeat != NULL ? repeat : "", token);
}

/* `token`: where the listing goes on, NULL at its end. */
static int
listing_end(struct mcp_call *call, const struct listing *listing, const char *token)
{
	return mcp_table_end(call, &(struct mcp_table_end){
	    .size = sizeof(struct mcp_table_end), .noun = "jobs", .more = token != NULL,
	    .total = token == NULL && mcp_arg(call, "page_token") == NULL ? listing->shown : -1,
	    .next = token != NULL ? resume_text(call, token) : NULL });
}

/* On to the next page, or the end. */
static int
page_done(struct mcp_call *call, struct listing *listing, const char *next)
{
	if (listing->exact && listing->shown == 0 && next[0] == '\0') {
		listing->exact = false;
		listing->token[0] = '\0';
		listing->skip = 0;
		return page_fetch(call, listing);
	}
	if (next[0] == '\0' || strlen(next) >= sizeof(listing->token))
		return listing_end(call, listing, NULL);
	strcpy(listing->token, next);
	listing->skip = 0;
	if (listing->shown >= listing->limit || ++listing->pages >= PAGES_MAX)
		return listing_end(call, listing, resume_token(call, listing, false));
	return page_fetch(call, listing);
}

/* The run of a job among the replies to a batch: by its id, should the page have changed. */
static struct json_object *
last_run(struct mcp_call *call, struct json_object *job, size_t replies)
{
	const char *id = mcp_get_str(call, job, "job_id", "");

	for (size_t i = 1; i <= replies; i++) {
		struct json_object *run = mcp_get(mcp_reply_json(call, i), "runs.0");

		if (run != NULL && strcmp(mcp_get_str(call, run, "job_id", ""), id) == 0)
			return run;
	}
	return NULL;
}

static int
job_row(struct mcp_call *call, struct json_object *job, struct json_object *run)
{
	struct json_object *at = mcp_get(run, "start_time");
	const char *cells[COUNT(job_columns)] = {
		mcp_get_str(call, job, "job_id", ""), mcp_get_str(call, job, "settings.name", ""),
		schedule_text(call, mcp_get(job, "settings")),
		run != NULL ? dbx_run_state(call, run) : "",
		at != NULL ? dbx_show_age(call, at) : "",
		mcp_get_str(call, job, "creator_user_name", ""),
	};

	return dbx_row(call, cells, COUNT(cells));
}

/* The page again, and the last runs of the batch. */
static int
runs_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct listing listing;
	struct json_object *page = dbx_reply(call, 0, &(struct dbx_words){
	    .object = "The list of jobs" }), *jobs;
	size_t n, row = 0;
	bool left;

	(void)len;
	memcpy(&listing, state, sizeof(listing));
	if (page == NULL)
		return MCP_E_UPSTREAM;
	jobs = next_jobs(call, &listing, batch_size(&listing), &left);
	n = json_object_array_length(jobs);
	for (; row < n; row++) {
		struct json_object *job = json_object_array_get_idx(jobs, row);

		if (job_row(call, job, last_run(call, job, n)) != MCP_OK)
			break;
	}
	listing.skip += (int64_t)row;
	listing.shown += (int64_t)row;
	if (row < n) /* the host's cap: the row that did not fit is the next to show */
		return listing_end(call, &listing, resume_token(call, &listing, true));
	if (left && listing.shown >= listing.limit)
		return listing_end(call, &listing, resume_token(call, &listing, true));
	return left ? page_fetch(call, &listing)
		    : page_done(call, &listing, mcp_get_str(call, page, "next_page_token", ""));
}

static int
page_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct listing listing;
	struct json_object *page = dbx_reply(call, 0, &(struct dbx_words){
	    .object = "The list of jobs" }), *jobs;
	struct mcp_http request[BATCH_MAX + 1];
	size_t n;
	bool left;

	memcpy(&listing, state, sizeof(listing));
	if (page == NULL)
		return MCP_E_UPSTREAM;
	jobs = next_jobs(call, &listing, batch_size(&listing), &left);
	n = json_object_array_length(jobs);
	if (n == 0)
		return page_done(call, &listing, mcp_get_str(call, page, "next_page_token", ""));
	if (!page_request(call, &request[0], &listing))
		return MCP_E_INPUT;
	for (size_t i = 0; i < n; i++)
		if (!dbx_get_request(call, &request[i + 1], "/api/2.2/jobs/runs/list?limit=1"
				     "{&job_id}", dbx_object(call, "job_id",
			mcp_get_str(call, json_object_array_get_idx(jobs, i), "job_id", "0"),
			NULL)))
			return MCP_E_INPUT;
	return mcp_suspend(call, request, n + 1, 0, runs_arrived, state, len);
}

int
list_jobs(struct mcp_call *call)
{
	struct listing listing = { .limit = dbx_limit(call, mcp_arg(call, "limit") != NULL
							? LIMIT_MAX : BATCH_MAX) };
	const char *token = mcp_arg(call, "page_token");
	size_t digits = token != NULL ? strspn(token, "0123456789") : 0;

	listing.exact = mcp_arg(call, "name_filter") != NULL && token == NULL;
	if (digits > 0 && digits < 6 && token[digits] == '~') {
		listing.skip = strtoll(token, NULL, 10);
		token += digits + 1;
	}
	if (token != NULL && strlen(token) >= sizeof(listing.token))
		return mcp_fail(call, MCP_E_INPUT, "page_token is not one of this tool.", NULL,
				"Use the page_token of the last answer's end line.");
	if (token != NULL)
		strcpy(listing.token, token);
	mcp_table(call, job_columns, COUNT(job_columns));
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

/* Jobs of over 100 tasks come in pages: the first carries the facts, each brings tasks. All are
 * counted; page_token is how many to leave out before the first that is shown. */
struct details {
	struct dbx_resolved job;
	int64_t tasks, skip, shown;
	bool begun, full;
};

static void
say_tasks(struct mcp_call *call, struct json_object *tasks, struct details *details)
{
	for (size_t i = 0; i < json_object_array_length(tasks); i++) {
		struct json_object *task = json_object_array_get_idx(tasks, i);
		int status;
		struct json_object *after = mcp_get(task, "depends_on");
		const char *cells[4] = {
			mcp_get_str(call, task, "task_key", "?"), task_kind(call, task),
			task_compute(call, task), after != NULL ? show_depends(call, after) : "",
		};

		if (details->tasks++ < details->skip || details->full)
			continue;
		status = dbx_row(call, cells, COUNT(cells));
		if (status == MCP_E_TOO_LARGE)
			details->full = true;
		else
			details->shown++;
	}
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

static int details_arrived(struct mcp_call *call, const void *state, size_t len);

static int
details_fetch(struct mcp_call *call, const struct details *details, const char *token)
{
	return dbx_get(call, "/api/2.2/jobs/get{?job_id,page_token}",
		       dbx_object(call, "job_id", details->job.id, "page_token", token, NULL),
		       details_arrived, details, sizeof(*details));
}

static int
details_end(struct mcp_call *call, const struct details *details)
{
	int64_t last = details->skip + details->shown;
	bool more = last < details->tasks;
	const char *repeat = dbx_repeat(call, (const char *const[]){ "job_id",
		dbx_full(call) ? "detail" : NULL, NULL });

	return mcp_table_end(call, &(struct mcp_table_end){
	    .size = sizeof(struct mcp_table_end), .noun = "tasks", .total = details->tasks,
	    .more = more,
	    .next = more ? mcp_printf(call, "get_job_details %s page_token=%lld", repeat,
				      (long long)last) : NULL });
}

static int
details_arrived(struct mcp_call *call, const void *state, size_t len)
{
	static const struct mcp_column columns[] = {
		{ "task", NULL }, { "does", NULL }, { "on", NULL }, { "after", NULL },
	};
	struct details details;
	struct dbx_words words;
	struct json_object *job;
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
	say_tasks(call, dbx_objects(call, job, "settings.tasks"), &details);
	next = mcp_get_str(call, job, "next_page_token", "");
	if (next[0] != '\0')
		return details_fetch(call, &details, next);
	return details_end(call, &details);
}

static int
details_resolved(struct mcp_call *call, const void *state, size_t len)
{
	const char *token = mcp_arg(call, "page_token");
	struct details details = { .skip = token != NULL ? strtoll(token, NULL, 10) : 0 };

	(void)len;
	memcpy(&details.job, state, sizeof(details.job));
	return details_fetch(call, &details, NULL);
}

int
get_job_details(struct mcp_call *call)
{
	const char *token = mcp_arg(call, "page_token");

	if (token != NULL && !dbx_is_number(token))
		return mcp_fail(call, MCP_E_INPUT, "page_token is not one of this tool.", NULL,
				"Use the page_token of the last answer's end line.");
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

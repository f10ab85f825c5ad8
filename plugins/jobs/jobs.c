/* SPDX-License-Identifier: Apache-2.0 */
/* The list of jobs with their last runs, and one job in full. */
#include "jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MAX 100  /* jobs on one page when names are searched; the maximum of the API */
#define BATCH_MAX 25  /* number of jobs whose last runs are requested together */
#define LIMIT_MAX 100 /* most jobs that one call shows */
#define PAGES_MAX 20  /* most pages that one call reads */

struct mcp_words
job_words(struct mcp_call *call, const char *asked, const char *grant)
{
	return (struct mcp_words){
		.object = mcp_printf(call, "Job \"%s\"", asked),
		.not_found = "Call list_jobs to see all jobs.",
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

/* ---- list_jobs ------------------------------------------------------------------------------ */

/* The position in a list. A name is first looked up on the server, exactly as given. If no job has
 * this name, pages are searched for jobs whose name contains it. The jobs of a page are shown in
 * batches, with the last run of every job; meanwhile the host's cache keeps the page. A page_token
 * of this plugin is the token of the platform's page, preceded by the number of matching jobs that
 * were already shown: "3~TOKEN", or "3~" on the first page. */
struct listing {
	char token[DBX_NAME_MAX]; /* token of the current page */
	int64_t skip;		  /* number of matching jobs on it that were already shown */
	int64_t shown, limit;	  /* number of rows of this call */
	unsigned pages;
	bool exact; /* the server filters */
};

_Static_assert(sizeof(struct listing) <= MCP_STATE_MAX, "the state of a listing must fit");

static const struct mcp_column job_columns[] = {
	{ "job_id", NULL },   { "name", NULL },	   { "schedule", NULL },
	{ "last run", NULL }, { "started", NULL }, { "creator", NULL },
};

static int page_arrived(struct mcp_call *call, const void *state, size_t len);

/* The pages are small when every job is shown, because jobs that the last batch does not use are
 * requested for nothing. */
static bool
page_request(struct mcp_call *call, struct mcp_http *request, const struct listing *listing)
{
	const char *name = mcp_arg(call, "name_filter");
	struct json_object *values =
	    mcp_object(call, "name", listing->exact ? name : NULL, "page_token",
		       listing->token[0] != '\0' ? listing->token : NULL, NULL);

	json_object_object_add(values, "limit",
			       json_object_new_int(name != NULL ? PAGE_MAX : BATCH_MAX));
	if (!mcp_fetch_request(call, request, "/api/2.2/jobs/list{?limit,name,page_token}", values))
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

/* Finds the jobs on the first reply's page that match and were not shown yet, at most `most`. */
static struct json_object *
next_jobs(struct mcp_call *call, const struct listing *listing, int64_t most, bool *left)
{
	struct json_object *jobs = mcp_objects(call, mcp_reply_json(call, 0), "jobs");
	struct json_object *batch = mcp_keep(call, json_object_new_array());
	int64_t matching = 0;

	*left = false;
	for (size_t i = 0; i < json_object_array_length(jobs); i++) {
		struct json_object *job = json_object_array_get_idx(jobs, i);

		if (!listing->exact &&
		    !mcp_name_matches(call, mcp_get_str(call, job, "settings.name", "")))
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

/* Writes the next call. NULL when there are no more jobs. */
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
	const char *repeat =
		       mcp_repeat(call, (const char *const[]){ "name_filter", "limit", NULL }),
		   *shape = mcp_repeat_shape(call);

	return mcp_printf(call, "list_jobs%s%s%s%s page_token=%s", repeat != NULL ? " " : "",
			  repeat != NULL ? repeat : "", shape != NULL ? " " : "",
			  shape != NULL ? shape : "", mcp_quoted(call, token));
}

/* Ends the table. `token` is where the list continues; NULL at its end. */
static int
listing_end(struct mcp_call *call, const struct listing *listing, const char *token)
{
	return mcp_table_end(call, &(struct mcp_table_end){
				       .size = sizeof(struct mcp_table_end),
				       .noun = "jobs",
				       .more = token != NULL,
				       .total = token == NULL && mcp_arg(call, "page_token") == NULL
						  ? listing->shown
						  : -1,
				       .next = token != NULL ? resume_text(call, token) : NULL });
}

/* Does the workspace name a next page that cannot be read: the same page, or a token that is too
 * long? */
static int
listing_stuck(struct mcp_call *call)
{
	mcp_table_end(call, &(struct mcp_table_end){ .size = sizeof(struct mcp_table_end),
						     .noun = "jobs",
						     .total = -1 });
	return mcp_say(call, "The workspace gives no valid next page. It is not known whether "
			     "there are more jobs.");
}

/* Continues with the next page, or ends the table. */
static int
page_done(struct mcp_call *call, struct listing *listing, const char *next)
{
	if (listing->exact && listing->shown == 0 && next[0] == '\0') {
		listing->exact = false;
		listing->token[0] = '\0';
		listing->skip = 0;
		return page_fetch(call, listing);
	}
	if (next[0] == '\0')
		return listing_end(call, listing, NULL);
	if (strcmp(next, listing->token) == 0 || strlen(next) >= sizeof(listing->token))
		return listing_stuck(call);
	strcpy(listing->token, next);
	listing->skip = 0;
	if (listing->shown >= listing->limit || ++listing->pages >= PAGES_MAX)
		return listing_end(call, listing, resume_token(call, listing, false));
	return page_fetch(call, listing);
}

/* The last run of a job in the replies to a batch. It is found by its id, because the page may have
 * changed. */
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
		mcp_get_str(call, job, "job_id", ""),
		mcp_get_str(call, job, "settings.name", ""),
		job_schedule(call, mcp_get(job, "settings")),
		run != NULL ? dbx_run_state(call, run) : "",
		at != NULL ? mcp_show_time(call, at) : "",
		mcp_get_str(call, job, "creator_user_name", ""),
	};

	return mcp_page_row(call, cells, COUNT(cells));
}

/* Requests the page again, together with the last runs of the batch. */
static int
runs_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct listing listing;
	struct json_object *page = dbx_reply(call, 0,
					     &(struct mcp_words){ .object = "The list of jobs" }),
			   *jobs;
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
	/* the host's cap is reached: the row that was not accepted is the next one to show */
	if (row < n)
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
	struct json_object *page = dbx_reply(call, 0,
					     &(struct mcp_words){ .object = "The list of jobs" }),
			   *jobs;
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
		if (!mcp_fetch_request(call, &request[i + 1],
				       "/api/2.2/jobs/runs/list?limit=1"
				       "{&job_id}",
				       mcp_object(call, "job_id",
						  mcp_get_str(call,
							      json_object_array_get_idx(jobs, i),
							      "job_id", "0"),
						  NULL)))
			return MCP_E_INPUT;
	return mcp_suspend(call, request, n + 1, 0, runs_arrived, state, len);
}

int
list_jobs(struct mcp_call *call)
{
	struct listing listing = {
		.limit = mcp_limit(call, mcp_arg(call, "limit") != NULL ? LIMIT_MAX : BATCH_MAX)
	};
	const char *token = mcp_arg(call, "page_token");
	size_t digits = token != NULL ? strspn(token, "0123456789") : 0;

	listing.exact = mcp_arg(call, "name_filter") != NULL && token == NULL;
	if (digits > 0 && digits < 6 && token[digits] == '~') {
		listing.skip = strtoll(token, NULL, 10);
		token += digits + 1;
	}
	if (token != NULL && strlen(token) >= sizeof(listing.token))
		return mcp_fail(call, MCP_E_INPUT, "page_token is not valid for this tool.", NULL,
				"Use the page_token from the end line of the last answer.");
	if (token != NULL)
		strcpy(listing.token, token);
	mcp_table(call, job_columns, COUNT(job_columns));
	return page_fetch(call, &listing);
}

/* ---- completion ----------------------------------------------------------------------------- */

int
complete_job_id(struct mcp_call *call)
{
	return mcp_offer_from(call, "/api/2.2/jobs/list?limit=100", NULL, "jobs", "job_id");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers of the jobs plugin. Jobs API 2.2: https://docs.databricks.com/api/workspace/jobs */
#ifndef PLUGINS_JOBS_H
#define PLUGINS_JOBS_H

#include "databricks.h"
#include "jobs.rows.h"
#include "runs.h"

#define FRESH_MS 10000 /* a page is requested again with what it leads to, from the cache */

/* The request for the page of a notebook run, and the text that its cells printed: the end of a
 * long text; "" when there is none. (printed.c) */
bool job_printed_request(struct mcp_call *call, struct mcp_http *request, const char *run_id);
const char *job_printed(struct mcp_call *call, struct json_object *reply);

/* "0 0 6 * * ? UTC", "paused: …", "continuous", "on files in …"; "" without any. */
const char *job_schedule(struct mcp_call *call, struct json_object *settings);
/* Fails as not found when the first reply reports a missing job, and suggests similar names. */
bool job_missing(struct mcp_call *call, const char *asked, int *status);
struct mcp_words job_words(struct mcp_call *call, const char *asked, const char *grant);

#endif

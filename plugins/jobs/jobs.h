/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers of the jobs plugin. Jobs API 2.2: https://docs.databricks.com/api/workspace/jobs */
#ifndef PLUGINS_JOBS_H
#define PLUGINS_JOBS_H

#include "databricks.h"
#include "jobs.rows.h"
#include "runs.h"

/* how long the cache may give a page again, when it is requested together with further requests */
#define FRESH_MS 10000

/* printed.c: the request for the page of a notebook run, and the text that the cells of the
 * notebook printed. Of a long text it is the end; "" when there is no text. */
bool job_printed_request(struct mcp_call *call, struct mcp_http *request, const char *run_id);
const char *job_printed(struct mcp_call *call, struct json_object *reply);

/* Describes the trigger of a job: "0 0 6 * * ? UTC", "paused: …", "continuous", "on files in …"; ""
 * without a trigger. */
const char *job_schedule(struct mcp_call *call, struct json_object *settings);
/* When the first reply reports that the job is missing, fails the call as not found, and suggests
 * similar names. */
bool job_missing(struct mcp_call *call, const char *asked, int *status);
struct mcp_words job_words(struct mcp_call *call, const char *asked, const char *grant);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Starts and cancels runs, as operations. */
#include "jobs.h"

#include <stdlib.h>
#include <string.h>

#define TOKEN_MAX 64 /* characters of an idempotency token */

/* ---- run_job_now ---------------------------------------------------------------------------- */

/* While run-now is on its way. */
struct begun {
	struct dbx_resolved job;
	char token[TOKEN_MAX + 1];
};

static int
run_begun(struct mcp_call *call, const void *state, size_t len)
{
	const struct begun *begun = state;
	const struct dbx_resolved *job = &begun->job;
	struct mcp_words words = job_words(call, job->asked, "CAN MANAGE RUN on the job");
	struct json_object *reply;
	int status;

	(void)len;
	words.again = dbx_run_again(call, begun->token);
	if (job_missing(call, job->asked, &status))
		return status;
	reply = dbx_reply(call, 0, &words);
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	return dbx_run_handle(call, mcp_get_str(call, reply, "run_id", ""), false);
}

static int
run_resolved(struct mcp_call *call, const void *state, size_t len)
{
	static const char *const passed[] = { "job_parameters", "notebook_params", "python_params",
					      "jar_params", "spark_submit_params" };
	const struct dbx_resolved *job = state;
	const char *token = mcp_idempotency_token(call, "idempotency_token");
	struct json_object *body = mcp_object(call, "idempotency_token", token, NULL);
	struct begun begun = { .job = *job };

	(void)len;
	if (token == NULL)
		return MCP_E_INTERNAL;
	mcp_cut_copy(begun.token, sizeof(begun.token), token);

	json_object_object_add(body, "job_id", json_object_new_int64(strtoll(job->id, NULL, 10)));
	for (size_t i = 0; i < COUNT(passed); i++) {
		struct json_object *value = mcp_arg_json(call, passed[i]);

		if (value != NULL)
			json_object_object_add(body, passed[i], json_object_get(value));
	}
	return mcp_send(call, "POST", "/api/2.2/jobs/run-now", NULL, body, MCP_RETRY_TOKEN,
			run_begun, &begun, sizeof(begun));
}

int
run_job_now(struct mcp_call *call)
{
	return dbx_resolve(call, &dbx_jobs, "job_id", run_resolved);
}

/* ---- cancel_job_run ------------------------------------------------------------------------- */

static int
cancel_accepted(struct mcp_call *call, const void *state, size_t len)
{
	const char *id = mcp_arg(call, "run_id");
	struct mcp_words words = dbx_run_words(call, id, "CAN MANAGE RUN on the job");
	struct dbx_error error;

	(void)state;
	(void)len;
	/* A run that has ended cannot be cancelled. The next poll then shows its result. */
	if (!dbx_ok(call, mcp_reply(call, 0), &error) && error.status == MCP_E_CONFLICT)
		return dbx_run_handle(call, id, true);
	if (!dbx_done(call, 0, &words))
		return MCP_E_UPSTREAM;
	return dbx_run_handle(call, id, true);
}

int
cancel_job_run(struct mcp_call *call)
{
	const char *id = mcp_arg(call, "run_id");
	struct json_object *body = mcp_object(call, NULL);

	if (!dbx_is_number(id))
		return mcp_fail(call, MCP_E_INPUT, "run_id is not a number.",
				"Runs have numbers, not names.",
				"Call list_job_runs to see the runs of a job.");
	json_object_object_add(body, "run_id", json_object_new_int64(strtoll(id, NULL, 10)));
	return mcp_send(call, "POST", "/api/2.2/jobs/runs/cancel", NULL, body, MCP_RETRY_IDEMPOTENT,
			cancel_accepted, NULL, 0);
}

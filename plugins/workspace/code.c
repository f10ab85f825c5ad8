/* SPDX-License-Identifier: Apache-2.0 */
/* execute_code: command execution API 1.2. A context is created on a running cluster (or reused)
 * and the command runs in it. A context that is not kept is destroyed in any case. */
#include "code.h"

#include <stdio.h>
#include <string.h>

#define API "/api/1.2"
#define CONTEXT_POLL_MS 300
#define POLL_MIN_MS 200
#define POLL_MAX_MS 5000
#define CAUSE_HEAD 400	/* bytes of the beginning of a long trace that are shown */
#define CAUSE_TAIL 1200 /* bytes of its end, where the error is, that are shown */

static struct mcp_words
command_words(struct mcp_call *call, const struct command *command)
{
	return (struct mcp_words){
		.object = mcp_printf(call, "The execution context or command on cluster \"%s\"",
				     command->cluster),
		.not_found = "The context or the command does not exist any more. Call "
			     "execute_code without context_id.",
		.grant = "CAN ATTACH TO on the cluster",
	};
}

static bool
handle_read(struct mcp_call *call, struct command *command)
{
	return mcp_handle_read(call, COMMAND_VERSION, command, sizeof(*command)) == MCP_OK;
}

static struct json_object *
command_body(struct mcp_call *call, const struct command *command)
{
	return mcp_object(call, "clusterId", command->cluster, "contextId", command->context,
			  "commandId", command->id[0] != '\0' ? command->id : NULL, NULL);
}

/* ---- ways out ------------------------------------------------------------------------------- */

/* The reason of a failure. It is kept while the context is destroyed, because a failed call cannot
 * send requests. */
struct farewell {
	struct command command;
	enum mcp_status status;
	int http;
	bool sent;	/* the request that runs the code was sent */
	char what[700]; /* "": the reason is the text of an error of the workspace */
	char why[1800], code[64];
};

_Static_assert(sizeof(struct farewell) <= MCP_STATE_MAX, "the state of the destroy step must "
							 "fit");

static int
nothing_left(struct mcp_call *call, const void *state, size_t len)
{
	(void)call;
	(void)state;
	(void)len;
	return MCP_OK;
}

/* Destroys the context, then runs `fn`, even when destroying failed. */
static int
context_destroy(struct mcp_call *call, const struct command *command, mcp_step_fn fn,
		const void *state, size_t len)
{
	struct mcp_http request = mcp_json_request(call, "POST", API "/contexts/destroy",
						   mcp_object(call, "clusterId", command->cluster,
							      "contextId", command->context, NULL),
						   MCP_RETRY_IDEMPOTENT);

	request.flags |= MCP_HTTP_CLEANUP;
	return mcp_suspend(call, &request, 1, 0, fn, state, len);
}

static int
farewell_said(struct mcp_call *call, const void *state, size_t len)
{
	const struct farewell *farewell = state;
	const struct command *command = &farewell->command;
	struct mcp_words words = command_words(call, command);
	struct dbx_error error = { .status = farewell->status,
				   .http = farewell->http,
				   .code = farewell->code,
				   .message = farewell->why,
				   .reason = "" };

	(void)len;
	if (farewell->sent)
		words.again = "The code may have run. Check that before you repeat it.";
	if (farewell->what[0] == '\0')
		return dbx_fail(call, NULL, &error, &words);
	return mcp_fail(call, farewell->status, farewell->what,
			farewell->why[0] != '\0' ? farewell->why : NULL,
			farewell->status == MCP_E_CANCELLED   ? NULL
			: farewell->status == MCP_E_TOO_LARGE ? "Select other columns."
			: farewell->status != MCP_E_INPUT     ? "Call execute_code again, without "
								"context_id."
			: command->keep
			    ? mcp_printf(call,
					 "Correct the code and call execute_code cluster_id=%s "
					 "context_id=%s keep_context=true: the context "
					 "still exists.",
					 mcp_quoted(call, command->cluster),
					 mcp_quoted(call, command->context))
			    : "Correct the code and call execute_code again.");
}

static int
leave(struct mcp_call *call, const struct farewell *farewell)
{
	if (farewell->command.keep || farewell->command.context[0] == '\0')
		return farewell_said(call, farewell, sizeof(*farewell));
	return context_destroy(call, &farewell->command, farewell_said, farewell,
			       sizeof(*farewell));
}

static int
leave_with(struct mcp_call *call, const struct command *command, enum mcp_status status,
	   const char *what, const char *why)
{
	struct farewell farewell = { .command = *command, .status = status };

	mcp_cut_copy(farewell.what, sizeof(farewell.what), what);
	mcp_cut_copy(farewell.why, sizeof(farewell.why), why);
	return leave(call, &farewell);
}

/* The first reply as JSON; NULL when it was a failure, which then ends the call. `sent`: the
 * request was the one that runs the code. */
static struct json_object *
reply_or_leave(struct mcp_call *call, const struct command *command, bool sent, int *status)
{
	struct farewell farewell = { .command = *command, .sent = sent };
	struct json_object *reply = mcp_reply_json(call, 0);
	struct dbx_error error;
	bool ok = dbx_ok(call, mcp_reply(call, 0), &error);

	if (ok && json_object_is_type(reply, json_type_object))
		return reply;
	farewell.status = ok ? MCP_E_UPSTREAM : error.status;
	farewell.http = error.http;
	mcp_cut_copy(farewell.why, sizeof(farewell.why),
		     ok ? "The answer is not a JSON object." : error.message);
	mcp_cut_copy(farewell.code, sizeof(farewell.code), error.code);
	*status = leave(call, &farewell);
	return NULL;
}

/* ---- start ---------------------------------------------------------------------------------- */

/* False when the reply has no valid id. */
static bool
id_kept(char *to, size_t size, const char *id)
{
	return id[0] != '\0' && snprintf(to, size, "%s", id) < (int)size;
}

/* Ends a start with its handle, and with the answer that is used when no poll succeeds. */
static int
handle_told(struct mcp_call *call, const struct command *command)
{
	mcp_say(call, "Cluster %s has received the code; its state is not known yet.\nNext: %s",
		command->cluster, command_resume(call, command));
	return mcp_handle_write(call, COMMAND_VERSION, command, sizeof(*command));
}

static int
command_begun(struct mcp_call *call, const void *state, size_t len)
{
	struct command command;
	struct json_object *reply;
	int status = MCP_E_INTERNAL;

	(void)len;
	memcpy(&command, state, sizeof(command));
	reply = reply_or_leave(call, &command, true, &status);
	if (reply == NULL)
		return status;
	if (!id_kept(command.id, sizeof(command.id), mcp_get_str(call, reply, "id", "")))
		return leave_with(call, &command, MCP_E_UPSTREAM, "The code was not started.",
				  "The answer of the cluster contains no command id.");
	return handle_told(call, &command);
}

static int
command_send(struct mcp_call *call, const struct command *command)
{
	struct json_object *body = command_body(call, command);

	json_object_object_add(body, "language", json_object_new_string(mcp_arg(call, "language")));
	json_object_object_add(body, "command",
			       json_object_new_string(without_indent(call, mcp_arg(call, "code"))));
	return mcp_send(call, "POST", API "/commands/execute", NULL, body, MCP_RETRY_NEVER,
			command_begun, command, sizeof(*command));
}

static int context_looked(struct mcp_call *call, const void *state, size_t len);

static int
context_look(struct mcp_call *call, const void *state, size_t len)
{
	const struct command *command = state;

	return mcp_fetch(call, API "/contexts/status{?clusterId,contextId}",
			 command_body(call, command), context_looked, state, len);
}

static int
context_looked(struct mcp_call *call, const void *state, size_t len)
{
	const struct command *command = state;
	struct json_object *reply;
	const char *now;
	int status = MCP_E_INTERNAL;

	reply = reply_or_leave(call, command, false, &status);
	if (reply == NULL)
		return status;
	now = mcp_get_str(call, reply, "status", "");
	if (strcmp(now, "Running") == 0 && !mcp_cancelled(call))
		return command_send(call, command);
	if (mcp_cancelled(call))
		return leave_with(call, command, MCP_E_CANCELLED, "The call was cancelled.",
				  "The code was not started.");
	if (strcmp(now, "Pending") != 0)
		return leave_with(call, command, MCP_E_UNAVAILABLE,
				  "The execution context did not start.",
				  mcp_printf(call, "The state of the context is %s.", now));
	return mcp_again(call, CONTEXT_POLL_MS, context_look, state, len);
}

static int
context_made(struct mcp_call *call, const void *state, size_t len)
{
	struct command command;
	struct mcp_words words;
	struct json_object *reply;

	(void)len;
	memcpy(&command, state, sizeof(command));
	words = command_words(call, &command);
	reply = dbx_reply(call, 0, &words);
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	if (!id_kept(command.context, sizeof(command.context), mcp_get_str(call, reply, "id", "")))
		return mcp_fail(call, MCP_E_UPSTREAM, "The code was not started.",
				"The answer of the cluster contains no context id.", NULL);
	return context_look(call, &command, sizeof(command));
}

/* Copies an id from the caller. When it is not valid, the call fails and the result is false. */
static bool
given_id(struct mcp_call *call, const char *argument, char id[ID_MAX])
{
	const char *given = mcp_arg(call, argument);

	if (given == NULL || given[0] == '\0' || id_kept(id, ID_MAX, given))
		return true;
	mcp_fail(call, MCP_E_INPUT,
		 mcp_printf(call, "%s is not a valid id for this tool.", argument), NULL,
		 "Use the id from an earlier answer, or omit it.");
	return false;
}

/* Checks that the cluster is running: starting a cluster costs money and takes minutes, so the
 * caller must decide it. */
static int
cluster_looked(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *cluster = state;
	const char *now;
	struct command command = { .keep = mcp_arg_bool(call, "keep_context", false) };
	struct json_object *reply;
	struct dbx_error error;

	(void)len;
	if (!dbx_ok(call, mcp_reply(call, 0), &error) && error.status == MCP_E_NOT_FOUND)
		return dbx_unknown(call, &dbx_clusters, cluster->asked, error.message);
	if (!id_kept(command.cluster, sizeof(command.cluster), cluster->id))
		return mcp_fail(call, MCP_E_INPUT, "The argument is longer than any cluster_id.",
				NULL, "Call list_clusters to see all clusters.");
	reply = dbx_reply(call, 0,
			  &(struct mcp_words){
			      .object = mcp_printf(call, "Cluster \"%s\"", cluster->asked),
			      .grant = "CAN ATTACH TO on the cluster" });
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	now = mcp_get_str(call, reply, "state", "");
	if (strcmp(now, "RUNNING") != 0 && strcmp(now, "RESIZING") != 0)
		return mcp_fail(call, MCP_E_CONFLICT,
				mcp_printf(call, "Cluster \"%s\" cannot run code now.",
					   cluster->asked),
				mcp_printf(call, "It is %s.", now),
				mcp_printf(call,
					   "Call start_cluster cluster_id=%s (minutes), then "
					   "repeat this call.",
					   cluster->id));
	command.begun_ms = mcp_number(call, MCP_NUM_NOW_MS);
	if (!given_id(call, "context_id", command.context) ||
	    !given_id(call, "command_id", command.id))
		return MCP_E_INPUT;
	if (command.id[0] != '\0')
		return handle_told(call, &command);
	if (command.context[0] != '\0') {
		command.keep = true;
		return context_look(call, &command, sizeof(command));
	}
	return mcp_send(call, "POST", API "/contexts/create", NULL,
			mcp_object(call, "clusterId", command.cluster, "language",
				   mcp_arg(call, "language"), NULL),
			MCP_RETRY_NEVER, context_made, &command, sizeof(command));
}

static int
cluster_resolved(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *cluster = state;

	return mcp_fetch(call, "/api/2.1/clusters/get{?cluster_id}",
			 mcp_object(call, "cluster_id", cluster->id, NULL), cluster_looked, state,
			 len);
}

int
execute_code(struct mcp_call *call)
{
	const char *asked = mcp_arg(call, "cluster_id"), *option = mcp_option(call, "cluster_id");

	if (mcp_arg(call, "command_id") != NULL ? mcp_arg(call, "context_id") == NULL
						: mcp_arg(call, "code") == NULL)
		return mcp_fail(call, MCP_E_INPUT, "code is missing.",
				"code may be omitted only to wait for an earlier command.",
				"Give code, or command_id with its context_id.");
	if (asked != NULL && asked[0] != '\0')
		return dbx_resolve(call, &dbx_clusters, "cluster_id", cluster_resolved);
	if (option == NULL || option[0] == '\0')
		return mcp_fail(call, MCP_E_INPUT, "No cluster is given.",
				"The call names no cluster, and no cluster is configured.",
				"Give cluster_id; list_clusters shows the running ones.");
	return dbx_resolve_text(call, &dbx_clusters, option, cluster_resolved);
}

/* ---- failed code ----------------------------------------------------------------------------- */

/* A trace begins with a line of dashes and ends with the error. */
static int
code_failed(struct mcp_call *call, struct json_object *results, const struct command *command)
{
	const char *summary = clean_text(call, mcp_get_str(call, results, "summary", ""), true);
	const char *cause = clean_text(call, mcp_get_str(call, results, "cause", ""), true);
	char what[600];
	size_t n;

	cause += strspn(cause, "-\n");
	n = strlen(cause);
	if (n > CAUSE_HEAD + CAUSE_TAIL)
		cause = mcp_printf(call, "%.*s\n…\n%s", (int)code_utf8(cause, CAUSE_HEAD), cause,
				   cause + code_utf8(cause, n - CAUSE_TAIL));
	mcp_cut_copy(what, sizeof(what), summary[0] != '\0' ? summary : "(no summary)");
	return leave_with(call, command, MCP_E_INPUT, mcp_printf(call, "The code failed: %s", what),
			  cause);
}

/* ---- poll, cancel --------------------------------------------------------------------------- */

/* A poll without a valid reply gives no information about the code, which may still be running. */
static bool
may_go_on(struct mcp_call *call)
{
	struct dbx_error error;

	if (dbx_ok(call, mcp_reply(call, 0), &error))
		return false;
	return error.status == MCP_E_THROTTLED || error.status == MCP_E_UNAVAILABLE ||
	       error.status == MCP_E_TIMEOUT || error.status == MCP_E_UPSTREAM ||
	       error.status == MCP_E_CANCELLED;
}

static int
still_unknown(struct mcp_call *call, const struct command *command)
{
	struct mcp_words words = command_words(call, command);

	words.again =
	    mcp_printf(call, "The code may still run: call %s.", command_resume(call, command));
	dbx_reply(call, 0, &words);
	return MCP_E_UNAVAILABLE;
}

static int
finished(struct mcp_call *call, struct json_object *reply, const struct command *command)
{
	struct json_object *results = mcp_get(reply, "results");

	if (strcmp(mcp_get_str(call, results, "resultType", ""), "error") == 0)
		return code_failed(call, results, command);
	if (strcmp(mcp_get_str(call, reply, "status", ""), "Error") == 0)
		return leave_with(call, command, MCP_E_UPSTREAM, "The code failed.",
				  mcp_get_str(call, results, "data",
					      "The cluster gives no reason."));
	if (strcmp(mcp_get_str(call, results, "resultType", ""), "table") == 0 &&
	    !results_fit(call, results))
		return leave_with(
		    call, command, MCP_E_TOO_LARGE,
		    "The result is not a table that "
		    "can be shown.",
		    mcp_printf(call,
			       "The table has more than %d columns, or very long column names.",
			       CODE_COLUMNS_MAX));
	code_results(call, results, command);
	return command->keep ? MCP_OK : context_destroy(call, command, nothing_left, NULL, 0);
}

static int
polled(struct mcp_call *call, const void *unused, size_t len)
{
	struct command command;
	struct json_object *reply;
	const char *now;
	int status = MCP_E_INTERNAL;

	(void)unused;
	(void)len;
	if (!handle_read(call, &command))
		return MCP_E_INTERNAL;
	if (may_go_on(call))
		return still_unknown(call, &command);
	reply = reply_or_leave(call, &command, false, &status);
	if (reply == NULL)
		return status;
	now = mcp_get_str(call, reply, "status", "");
	if (strcmp(now, "Finished") == 0 || strcmp(now, "Error") == 0)
		return finished(call, reply, &command);
	if (strcmp(now, "Cancelled") == 0)
		return leave_with(call, &command, MCP_E_CANCELLED, "The code was cancelled.", "");
	mcp_say(call, "The code is %s after %s. To wait for its end:\nNext: %s", now,
		mcp_duration(call, mcp_number(call, MCP_NUM_NOW_MS) - command.begun_ms),
		command_resume(call, &command));
	return mcp_working(call, -1, mcp_printf(call, "code is %s", now),
			   mcp_pace(call, command.begun_ms, POLL_MIN_MS, POLL_MAX_MS));
}

int
execute_code_poll(struct mcp_call *call)
{
	struct command command;

	if (!handle_read(call, &command))
		return MCP_E_INTERNAL;
	return mcp_fetch(call, API "/commands/status{?clusterId,contextId,commandId}",
			 command_body(call, &command), polled, NULL, 0);
}

static int
cancelled(struct mcp_call *call, const void *unused, size_t len)
{
	struct command command;

	(void)unused;
	(void)len;
	if (!handle_read(call, &command))
		return MCP_E_INTERNAL;
	mcp_say(call, "Cancelling the code was requested.");
	return command.keep ? MCP_OK : context_destroy(call, &command, nothing_left, NULL, 0);
}

int
execute_code_cancel(struct mcp_call *call)
{
	struct command command;
	struct mcp_http request;

	if (!handle_read(call, &command))
		return MCP_E_INTERNAL;
	request = mcp_json_request(call, "POST", API "/commands/cancel",
				   command_body(call, &command), MCP_RETRY_IDEMPOTENT);
	request.flags |= MCP_HTTP_CLEANUP;
	return mcp_suspend(call, &request, 1, 0, cancelled, NULL, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin for a service that is not Databricks: an issue tracker with a small REST API. Its
 * address and credential are in the host's configuration. This file has only paths, which the host
 * appends to that address.
 */
#include <json-c/json.h>
#include <string.h>

#include "tracker.rows.h"

#define POLL_MS 1000
#define TASK_ID_MAX 64 /* bytes of a task's id, with its NUL */

/* ---- functions for all tools ----------------------------------------------------------------- */

/* The meaning of a status of the tracker for the host. */
static enum mcp_status
meaning(int status)
{
	switch (status) {
	case 400:
	case 422: return MCP_E_INPUT;
	case 401: return MCP_E_UNAUTHENTICATED;
	case 403: return MCP_E_PERMISSION;
	case 404: return MCP_E_NOT_FOUND;
	case 409: return MCP_E_CONFLICT;
	case 429: return MCP_E_THROTTLED;
	default: return status >= 500 ? MCP_E_UNAVAILABLE : MCP_E_UPSTREAM;
	}
}

/* The reply as an object. When it is an error, the call fails and the result is NULL: `what` says
 * what could not be done, `next` is the next step when the object does not exist. */
static struct json_object *
answer_of(struct mcp_call *call, const char *what, const char *next)
{
	const struct mcp_reply *reply = mcp_reply(call, 0);
	struct json_object *tree = mcp_reply_json(call, 0);
	struct mcp_failure failure = { .size = sizeof(failure),
				       .what = what,
				       .status = reply->error,
				       .why = reply->why,
				       .http_status = reply->status,
				       .request_id = reply->request_id,
				       .retry_after_ms = reply->retry_after_ms };

	if (reply->error == MCP_OK && reply->status >= 200 && reply->status < 300 &&
	    json_object_is_type(tree, json_type_object))
		return tree;
	if (reply->error == MCP_OK && reply->status < 300) {
		failure.status = MCP_E_UPSTREAM;
		failure.why = "The tracker sent an answer that is not a JSON object.";
	} else if (reply->error == MCP_OK) {
		failure.status = meaning(reply->status);
		failure.why = mcp_get_str(call, tree, "message", "The tracker gave no reason.");
	}
	if (failure.status == MCP_E_UNAUTHENTICATED)
		failure.next = "Check the credential with: lakehost doctor";
	else if (failure.status == MCP_E_NOT_FOUND)
		failure.next = next;
	mcp_failure(call, &failure);
	return NULL;
}

/* The argument project, or the option. When neither is set, the call fails and the result is
 * NULL. */
static const char *
project_of(struct mcp_call *call)
{
	const char *project = mcp_arg(call, "project");

	if (project == NULL)
		project = mcp_option(call, "project");
	if (project == NULL)
		mcp_fail(call, MCP_E_INPUT, "No project is given.",
			 "The option \"project\" is not set.", "Use project=KEY.");
	return project;
}

static struct json_object *
object_of(struct mcp_call *call, const char *key, const char *value)
{
	struct json_object *object = mcp_keep(call, json_object_new_object());

	json_object_object_add(object, key, json_object_new_string(value));
	return object;
}

/* ---- list_issues ----------------------------------------------------------------------------- */

static int
issues_arrived(struct mcp_call *call, const void *state, size_t len)
{
	static const struct mcp_column columns[] = {
		{ "key", NULL }, { "status", NULL }, { "assignee", NULL }, { "summary", NULL }
	};
	struct json_object *tree =
	    answer_of(call, "The issues cannot be listed.", "Check the key of the project.");
	struct json_object *list = mcp_get(tree, "issues");
	struct mcp_table_end end = { .size = sizeof(end), .noun = "issues" };
	int64_t offset = mcp_arg_int(call, "offset", 0), shown = 0;

	(void)state;
	(void)len;
	if (tree == NULL)
		return MCP_E_UPSTREAM;
	mcp_table(call, columns, 4);
	for (size_t i = 0;
	     json_object_is_type(list, json_type_array) && i < json_object_array_length(list);
	     i++) {
		struct json_object *issue = json_object_array_get_idx(list, i);
		const char *cells[] = { mcp_get_str(call, issue, "key", ""),
					mcp_get_str(call, issue, "status", ""),
					mcp_get_str(call, issue, "assignee", NULL),
					mcp_get_str(call, issue, "summary", "") };

		if (mcp_table_cells(call, cells, 4) != MCP_OK)
			break;
		shown++;
	}
	end.total = mcp_get_int(tree, "total", -1);
	end.more = end.total > offset + shown;
	end.next =
	    mcp_printf(call, "list_issues project=%s%s%s limit=%lld offset=%lld", project_of(call),
		       mcp_arg(call, "status") != NULL ? " status=" : "",
		       mcp_arg(call, "status") != NULL ? mcp_arg(call, "status") : "",
		       (long long)mcp_arg_int(call, "limit", 20), (long long)(offset + shown));
	return mcp_table_end(call, &end);
}

int
list_issues(struct mcp_call *call)
{
	const char *project = project_of(call), *query;
	struct json_object *values;
	struct mcp_http request;

	if (project == NULL)
		return MCP_E_INPUT;
	values = object_of(call, "project", project);
	if (mcp_arg(call, "status") != NULL)
		json_object_object_add(values, "status",
				       json_object_new_string(mcp_arg(call, "status")));
	json_object_object_add(values, "limit",
			       json_object_new_int64(mcp_arg_int(call, "limit", 20)));
	json_object_object_add(values, "offset",
			       json_object_new_int64(mcp_arg_int(call, "offset", 0)));
	query = mcp_expand(call, "{?project,status,limit,offset}", values);
	if (query == NULL)
		return MCP_E_INPUT;
	request = mcp_get_request("/rest/issues", query + 1);
	return mcp_suspend(call, &request, 1, 0, issues_arrived, NULL, 0);
}

/* ---- create_issue ---------------------------------------------------------------------------- */

static int
issue_created(struct mcp_call *call, const void *state, size_t len)
{
	struct json_object *issue =
	    answer_of(call, "The issue was not created.", "Check the key of the project.");

	(void)state;
	(void)len;
	if (issue == NULL)
		return MCP_E_UPSTREAM;
	return mcp_say(call, "Created %s.\nNext: get_issue key=%s",
		       mcp_get_str(call, issue, "key", ""), mcp_get_str(call, issue, "key", ""));
}

int
create_issue(struct mcp_call *call)
{
	const char *project = project_of(call);
	struct json_object *body;
	struct mcp_http request;

	if (project == NULL)
		return MCP_E_INPUT;
	body = object_of(call, "project", project);
	json_object_object_add(body, "summary", json_object_new_string(mcp_arg(call, "summary")));
	if (mcp_arg(call, "description") != NULL)
		json_object_object_add(body, "description",
				       json_object_new_string(mcp_arg(call, "description")));
	/* This request is not repeated after it was sent: no issue is better than two equal
	 * issues. */
	request = mcp_json_request(call, "POST", "/rest/issues", body, MCP_RETRY_NEVER);
	return mcp_suspend(call, &request, 1, 0, issue_created, NULL, 0);
}

/* ---- rebuild_index: an operation ------------------------------------------------------------ */

/* The data that polls have. They may run in another process, and in another version of this
 * plugin. */
#define HANDLE_VERSION 1
struct handle {
	char task[TASK_ID_MAX];
};

static int
index_started(struct mcp_call *call, const void *state, size_t len)
{
	struct json_object *task =
	    answer_of(call, "The index is not rebuilt.", "Check the key of the project.");
	const char *id = mcp_get_str(call, task, "task", "");
	struct handle handle = { "" };

	(void)state;
	(void)len;
	if (task == NULL)
		return MCP_E_UPSTREAM;
	if (*id == '\0' || strlen(id) >= sizeof(handle.task))
		return mcp_fail(call, MCP_E_UPSTREAM, "The tracker sent no task.", NULL, NULL);
	strcpy(handle.task, id);
	mcp_say(call, "Rebuilding the index was started.");
	return mcp_handle_write(call, HANDLE_VERSION, &handle, sizeof(handle));
}

int
rebuild_index(struct mcp_call *call)
{
	const char *project = project_of(call);
	struct mcp_http request;

	if (project == NULL)
		return MCP_E_INPUT;
	request = mcp_json_request(call, "POST", "/rest/index", object_of(call, "project", project),
				   MCP_RETRY_IDEMPOTENT);
	return mcp_suspend(call, &request, 1, 0, index_started, NULL, 0);
}

static int
task_request(struct mcp_call *call, const char *method, enum mcp_retry retry, mcp_step_fn fn)
{
	struct handle handle;
	struct mcp_http request;
	const char *path;

	if (mcp_handle_read(call, HANDLE_VERSION, &handle, sizeof(handle)) != MCP_OK)
		return MCP_E_INPUT;
	path = mcp_expand(call, "/rest/tasks/{id}", object_of(call, "id", handle.task));
	if (path == NULL)
		return MCP_E_INPUT;
	request = mcp_json_request(call, method, path, NULL, retry);
	return mcp_suspend(call, &request, 1, 0, fn, NULL, 0);
}

/* Did the tracker give no information about the task, although it may know the task? */
static bool
was_missed(const struct mcp_reply *reply)
{
	return reply->error == MCP_E_UNAVAILABLE || reply->error == MCP_E_TIMEOUT ||
	       reply->status == 429 || reply->status >= 500;
}

static int
index_polled(struct mcp_call *call, const void *state, size_t len)
{
	const struct mcp_reply *reply = mcp_reply(call, 0);
	const struct mcp_failure missed = { .size = sizeof(missed),
					    .status = MCP_E_UNAVAILABLE,
					    .what = "The task cannot be read.",
					    .why = reply->why,
					    .http_status = reply->status,
					    .retry_after_ms = reply->retry_after_ms,
					    .missed = true };
	struct json_object *task;
	const char *now;

	(void)state;
	(void)len;
	if (was_missed(reply))
		return mcp_failure(call, &missed);
	task = answer_of(call, "The task cannot be read.",
			 "Call rebuild_index to start "
			 "one.");
	if (task == NULL)
		return MCP_E_UPSTREAM;
	now = mcp_get_str(call, task, "state", "");
	if (strcmp(now, "running") == 0) {
		mcp_say(call, "The index is being rebuilt: %lld %%.",
			(long long)mcp_get_int(task, "percent", 0));
		return mcp_working(call, (int)mcp_get_int(task, "percent", -1),
				   "rebuilding the index", POLL_MS);
	}
	if (strcmp(now, "done") == 0)
		return mcp_say(call, "The index is rebuilt: %lld issues.",
			       (long long)mcp_get_int(task, "issues", 0));
	return mcp_fail(call, MCP_E_CONFLICT, "Rebuilding the index failed.",
			mcp_get_str(call, task, "message", "The tracker gave no reason."), NULL);
}

int
rebuild_index_poll(struct mcp_call *call)
{
	return task_request(call, "GET", MCP_RETRY_SAFE, index_polled);
}

static int
index_cancelled(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	return answer_of(call, "The task was not stopped.", NULL) != NULL ? MCP_OK : MCP_E_UPSTREAM;
}

int
rebuild_index_cancel(struct mcp_call *call)
{
	return task_request(call, "DELETE", MCP_RETRY_IDEMPOTENT, index_cancelled);
}

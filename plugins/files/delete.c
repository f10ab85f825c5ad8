/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delete_file. The object is read first: the stores answer differently when it does not exist, and
 * volumes have one call for files and another for directories.
 */
#include "files.h"

#include <string.h>

#define DELETE_LAST_MS 8000 /* time before the deadline in which no new request is made */
#define AGAIN_MS 1000	    /* pause between two requests for the same directory */

struct deletion {
	bool directory;
};

static const char *
grant_of(const struct place *place)
{
	return place->store == STORE_VOLUME ? "WRITE VOLUME on the volume"
	     : place->store == STORE_DBFS   ? "access to DBFS"
					    : "CAN MANAGE on the file or folder";
}

static bool
not_empty(const struct dbx_error *error)
{
	return strcmp(error->code, "DIRECTORY_NOT_EMPTY") == 0 ||
	       strcmp(error->reason, "FILES_API_DIRECTORY_IS_NOT_EMPTY") == 0 ||
	       strstr(error->message, "not empty") != NULL ||
	       strstr(error->message, "non-empty") != NULL ||
	       (error->http == 400 && strcmp(error->code, "IO_ERROR") == 0);
}

static int delete_send(struct mcp_call *call, const struct place *place,
		       const struct deletion *deletion);

static int
again(struct mcp_call *call, const void *state, size_t len)
{
	struct place place;

	(void)len;
	return place_argument(call, &place) ? delete_send(call, &place, state) : MCP_E_INPUT;
}

/* On large trees DBFS stops after a while, and the request must be repeated. */
static int
unfinished(struct mcp_call *call, const struct place *place, const struct deletion *deletion)
{
	if (mcp_number(call, MCP_NUM_DEADLINE_MS) > DELETE_LAST_MS)
		return mcp_again(call, AGAIN_MS, again, deletion, sizeof(*deletion));
	return mcp_say(call,
		       "%s is large, and only a part is deleted so far.\nNext: delete_file path=%s "
		       "recursive=true",
		       place->shown, mcp_quoted(call, place->shown));
}

static int
deleted(struct mcp_call *call, const void *state, size_t len)
{
	const struct mcp_reply *reply = mcp_reply(call, 0);
	struct deletion deletion;
	struct mcp_words words;
	struct dbx_error error;
	struct place place;

	(void)len;
	memcpy(&deletion, state, sizeof(deletion));
	if (!place_argument(call, &place))
		return MCP_E_INPUT;
	/* not found now, although it existed a moment ago */
	if (dbx_ok(call, reply, &error) || error.status == MCP_E_NOT_FOUND)
		return mcp_say(call, "Deleted the %s %s.",
			       deletion.directory ? "directory" : "file", place.shown);
	if (deletion.directory && reply->status == 503 && place.store == STORE_DBFS)
		return unfinished(call, &place, &deletion);
	if (deletion.directory && !mcp_arg_bool(call, "recursive", false) && not_empty(&error))
		return mcp_fail(call, MCP_E_CONFLICT,
				mcp_printf(call, "The directory %s is not empty.", place.shown),
				error.message,
				"Repeat the call with recursive=true to delete the directory and "
				"everything in it.");
	words = place_words(call, &place, grant_of(&place));
	return dbx_fail(call, reply, &error, &words);
}

static int
delete_send(struct mcp_call *call, const struct place *place, const struct deletion *deletion)
{
	struct json_object *body = place_values(call, place);
	struct mcp_http request;

	if (place->store != STORE_VOLUME) {
		json_object_object_add(body, "recursive",
				       json_object_new_boolean(
					   mcp_arg_bool(call, "recursive", false)));
		return mcp_send(call, "POST",
				place->store == STORE_DBFS ? "/api/2.0/dbfs/delete"
							   : "/api/2.0/workspace/delete",
				NULL, body,
				deletion->directory ? MCP_RETRY_NEVER : MCP_RETRY_IDEMPOTENT,
				deleted, deletion, sizeof(*deletion));
	}
	if (!mcp_fetch_request(call, &request,
			       deletion->directory ? "/api/2.0/fs/directories{+path}"
						   : "/api/2.0/fs/files{+path}",
			       body))
		return MCP_E_INPUT;
	request.method = "DELETE";
	request.retry = MCP_RETRY_IDEMPOTENT;
	return mcp_suspend(call, &request, 1, 0, deleted, deletion, sizeof(*deletion));
}

static int
deletion_seen(struct mcp_call *call, const struct place *place, const struct file_info *info,
	      const void *state)
{
	const struct deletion deletion = { .directory = info->directory };

	(void)state;
	if (!info->found)
		return place_missing(call, place);
	if (place->store == STORE_VOLUME && info->directory &&
	    mcp_arg_bool(call, "recursive", false))
		return delete_tree(call, place);
	return delete_send(call, place, &deletion);
}

int
delete_file(struct mcp_call *call)
{
	struct place place;

	if (!place_of_file(call, &place) || !place_not_root(call, &place))
		return MCP_E_INPUT;
	return place_stat(call, 0, deletion_seen, NULL, 0);
}

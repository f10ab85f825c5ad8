/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A result at a path of the platform. Its rows are first joined in a folder of the host, and then
 * sent in one request, so that the path has the complete file or nothing. Volumes: Files API 2.0;
 * the workspace: import-file, as in the files plugin.
 */
#include "export.h"

#include <string.h>

#define VOLUME_MAX (INT64_C(5) << 30)	 /* bytes that the Files API takes in one request */
#define WORKSPACE_MAX (10 * 1000 * 1000) /* a little less than the import of a file takes */

static bool
is_below(const char *path, const char *root)
{
	size_t len = strlen(root);

	return strncmp(path, root, len) == 0 && path[len] == '/';
}

static bool
is_volume(const char *path)
{
	return is_below(path, "/Volumes");
}

/* "/Volumes/catalog/schema/volume" of a path; NULL when it has no file in a volume. */
static const char *
volume_of(struct mcp_call *call, const char *path)
{
	const char *end = path;

	for (int i = 0; i < 5; i++) {
		end = strchr(end + (i > 0), '/');
		if (end == NULL || end[1] == '\0' || end[1] == '/')
			return NULL;
	}
	return mcp_printf(call, "%.*s", (int)(end - path), path);
}

static bool
path_valid(struct mcp_call *call, const char *path)
{
	static const char *const roots[] = { "/Workspace", "/Users", "/Repos", "/Shared" };

	if (is_volume(path) && volume_of(call, path) != NULL)
		return true;
	for (size_t i = 0; i < COUNT(roots); i++)
		if (is_below(path, roots[i]))
			return true;
	mcp_fail(call, MCP_E_INPUT, mcp_printf(call, "A result cannot be written to %s.", path),
		 strncmp(path, "dbfs:", 5) == 0 ? "DBFS accepts files only in small encoded blocks."
						: NULL,
		 "Use a file in a volume, /Volumes/CATALOG/SCHEMA/VOLUME/…, or in the workspace, "
		 "/Workspace/….");
	return false;
}

int64_t
export_path_most(const struct export *export)
{
	return is_volume(export->file) ? VOLUME_MAX : WORKSPACE_MAX;
}

bool
export_path_holds(struct mcp_call *call, const struct export *export, int64_t bytes)
{
	int64_t most = export_path_most(export);

	if (bytes <= most)
		return true;
	mcp_fail(call, MCP_E_TOO_LARGE,
		 mcp_printf(call, "The result is too large for %s.", export->file),
		 mcp_printf(call, "It has about %lld bytes. %s takes a file of at most %lld.",
			    (long long)bytes,
			    is_volume(export->file) ? "A volume" : "The workspace",
			    (long long)most),
		 is_volume(export->file) ? "Use to_file, or write the result in several statements."
					 : "Use a volume, or to_file.");
	return false;
}

/* ---- before the statement -------------------------------------------------------------------- */

static int
exists(struct mcp_call *call, const char *path)
{
	return mcp_fail(call, MCP_E_CONFLICT, mcp_printf(call, "%s exists already.", path), NULL,
			"Use another path.");
}

struct path_check {
	struct export export;
	mcp_step_fn fn;
};

static int
path_seen(struct mcp_call *call, const void *state, size_t len)
{
	const struct path_check *check = state;
	const char *path = check->export.file, *place = "Its folder";
	struct mcp_words words = { .grant = "WRITE VOLUME on the volume" };
	struct dbx_error error;

	(void)len;
	if (is_volume(path))
		place = mcp_printf(call, "Volume %s", volume_of(call, path));
	else
		words.grant = "CAN EDIT on the folder";
	words.object = place;
	words.not_found = "Use another path.";
	if (dbx_ok(call, mcp_reply(call, 0), &error))
		return exists(call, path);
	if (error.status != MCP_E_NOT_FOUND)
		return dbx_fail(call, mcp_reply(call, 0), &error, &words);
	if (!dbx_ok(call, mcp_reply(call, 1), &error))
		return dbx_fail(call, mcp_reply(call, 1), &error, &words);
	return check->fn(call, NULL, 0);
}

int
export_path_check(struct mcp_call *call, const struct export *export, mcp_step_fn fn)
{
	static const char get_status[] = "/api/2.0/workspace/get-status{?path}";
	struct path_check check = { .export = *export, .fn = fn };
	const char *path = export->file, *parent;
	bool volume = is_volume(path);
	struct mcp_http request[2];

	if (!path_valid(call, path))
		return MCP_E_INPUT;
	parent = volume ? volume_of(call, path)
			: mcp_printf(call, "%.*s", (int)(strrchr(path, '/') - path), path);
	if (!mcp_fetch_request(call, &request[0], volume ? "/api/2.0/fs/files{+path}" : get_status,
			       mcp_object(call, "path", path, NULL)) ||
	    !mcp_fetch_request(call, &request[1],
			       volume ? "/api/2.0/fs/directories{+path}" : get_status,
			       mcp_object(call, "path", parent, NULL)))
		return MCP_E_INPUT;
	if (volume)
		request[0].method = request[1].method = "HEAD";
	return mcp_suspend(call, request, 2, 0, path_seen, &check, sizeof(check));
}

/* ---- after the rows -------------------------------------------------------------------------- */

static int
staged_removed(struct mcp_call *call, const void *data, size_t len)
{
	struct export_state state;

	memcpy(&state, data, len);
	return export_done(call, &state);
}

static int
arrived(struct mcp_call *call, struct export_state *state)
{
	struct mcp_http drop = export_drop(call, &state->export);

	return mcp_suspend(call, &drop, 1, 0, staged_removed, state, sizeof(*state));
}

/* Something exists at the path. If its size is that of the result, an earlier request has written
 * it, whose reply was lost. */
static int
size_seen(struct mcp_call *call, const void *data, size_t len)
{
	const struct mcp_reply *reply = mcp_reply(call, 0);
	const char *length = mcp_reply_header(reply, "Content-Length");
	struct export_state state;
	struct dbx_error error;

	memcpy(&state, data, len);
	if (dbx_ok(call, reply, &error) && length != NULL &&
	    strcmp(length, mcp_printf(call, "%llu", (unsigned long long)state.bytes)) == 0)
		return arrived(call, &state);
	return export_give_up(call, &state, MCP_E_CONFLICT,
			      mcp_printf(call, "%s exists already", state.export.file));
}

static int
look_at_size(struct mcp_call *call, struct export_state *state)
{
	struct mcp_http request;

	if (!mcp_fetch_request(call, &request, "/api/2.0/fs/files{+path}",
			       mcp_object(call, "path", state->export.file, NULL)))
		return MCP_E_INPUT;
	request.method = "HEAD";
	return mcp_suspend(call, &request, 1, 0, size_seen, state, sizeof(*state));
}

static int
sent(struct mcp_call *call, const void *data, size_t len)
{
	const struct mcp_reply *reply = mcp_reply(call, 0);
	struct export_state state;
	struct dbx_error error;

	memcpy(&state, data, len);
	if (dbx_ok(call, reply, &error))
		return arrived(call, &state);
	if (mcp_cancelled(call))
		return export_give_up(call, &state, MCP_E_CANCELLED,
				      "The call was cancelled while the rows were sent");
	if (error.status == MCP_E_CONFLICT && reply->status == 409 && is_volume(state.export.file))
		return look_at_size(call, &state);
	if (reply->status == 0 || reply->status >= 500 || reply->status == 429)
		/* the rows stay in the host's folder, and a later call sends them */
		return export_missed(call, &state,
				     mcp_printf(call, "Sending the rows to %s was not completed.",
						state.export.file),
				     error.status, error.message);
	return export_give_up(call, &state, error.status, error.message);
}

int
export_path_send(struct mcp_call *call, struct export_state *state)
{
	static const struct mcp_header type = { "Content-Type", "application/octet-stream" };
	const char *path = state->export.file;
	struct json_object *values =
	    mcp_object(call, "path", path, "file", path + 1, "overwrite", "false", NULL);
	struct mcp_http request, staged;

	if ((int64_t)state->bytes > (is_volume(path) ? VOLUME_MAX : WORKSPACE_MAX))
		return export_give_up(call, state, MCP_E_TOO_LARGE,
				      mcp_printf(call,
						 "The file has %llu bytes; %s takes at most "
						 "%lld",
						 (unsigned long long)state->bytes,
						 is_volume(path) ? "a volume" : "the workspace",
						 (long long)(is_volume(path) ? VOLUME_MAX
									     : WORKSPACE_MAX)));
	if (!mcp_fetch_request(call, &request,
			       is_volume(path)
				   ? "/api/2.0/fs/files{+path}{?overwrite}"
				   : "/api/2.0/workspace-files/import-file/{file}{?overwrite}",
			       values))
		return MCP_E_INPUT;
	staged = export_file(call, &state->export, MCP_FILE_NONE, 0);
	request.method = is_volume(path) ? "PUT" : "POST";
	request.headers = &type;
	request.n_headers = 1;
	request.body_file = staged.reply_file;
	request.part_of = staged.part_of;
	request.retry = MCP_RETRY_NEVER;
	return mcp_suspend(call, &request, 1, 0, sent, state, sizeof(*state));
}

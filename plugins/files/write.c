/* SPDX-License-Identifier: Apache-2.0 */
/* write_file. Volumes and the workspace take a file in one request, from bytes of the call or from
 * a file of the operator's folders; the file is written completely or not at all. When a request
 * gets no answer, its result is looked up and reported. */
#include "files.h"

#include <stdio.h>
#include <string.h>

struct upload {
	bool parent_made;
};

/* ---- content -------------------------------------------------------------------------------- */

bool
content_find(struct mcp_call *call, struct content *content)
{
	struct json_object *text = mcp_arg_json(call, "content");
	struct json_object *base64 = mcp_arg_json(call, "content_base64");

	*content = (struct content){ .file = mcp_arg(call, "from_file") };
	if ((text != NULL) + (base64 != NULL) + (content->file != NULL) != 1) {
		mcp_fail(call, MCP_E_INPUT,
			 "The content to write is missing, or given more "
			 "than once.",
			 "Give exactly one of content, content_base64 and from_file.",
			 "Repeat the call with one of them; content=\"\" makes an empty file.");
		return false;
	}
	if (text != NULL) {
		content->data = json_object_get_string(text);
		content->len = (size_t)json_object_get_string_len(text);
	} else if (base64 != NULL) {
		content->data =
		    base64_decode(call, json_object_get_string(base64),
				  (size_t)json_object_get_string_len(base64), &content->len);
		if (content->data == NULL) {
			mcp_fail(call, MCP_E_INPUT, "content_base64 is not base64.", NULL,
				 "Encode the bytes as base64, or give text as content.");
			return false;
		}
	}
	return true;
}

bool
overwrites(struct mcp_call *call)
{
	return mcp_arg_bool(call, "overwrite", false);
}

/* ---- answers --------------------------------------------------------------------------------- */

int
written(struct mcp_call *call, const struct place *place, int64_t bytes)
{
	const char *url = place_url(call, place);

	mcp_say(call, "Wrote %lld %s to %s.", (long long)bytes, bytes == 1 ? "byte" : "bytes",
		place->shown);
	return url != NULL ? mcp_say(call, "url: %s", url) : MCP_OK;
}

int
write_refused(struct mcp_call *call, const struct place *place, const struct mcp_reply *reply,
	      const struct dbx_error *error)
{
	struct mcp_words words = place_made_words(call, place);
	const char *what = mcp_printf(call, "%s exists already.", place->shown);

	if (error->status == MCP_E_CONFLICT || strstr(error->message, "already exists") != NULL)
		return mcp_fail(call, MCP_E_CONFLICT, what, dbx_more(call, what, error->message),
				overwrites(call)
				    ? "Use another path, or delete the existing object."
				    : "Repeat the call with overwrite=true to replace the file, "
				      "or use another path.");
	return dbx_fail(call, reply, error, &words);
}

static int
uncertain(struct mcp_call *call, const struct place *place, const struct file_info *info,
	  const void *state)
{
	const char *what = mcp_printf(call, "Writing %s was not completed.", place->shown);
	const char *why = state;
	size_t len = strlen(why);

	if (info->size == SIZE_UNASKED)
		return mcp_fail(call, MCP_E_UNAVAILABLE, what, why,
				mcp_printf(call,
					   "A complete or partial file may exist: call "
					   "get_file_info path=%s to see.",
					   mcp_quoted(call, place->shown)));
	if (!info->found)
		return mcp_fail(call, MCP_E_UNAVAILABLE, what, why,
				"No file exists. Repeat the call.");
	return mcp_fail(call, MCP_E_UNAVAILABLE, what,
			mcp_printf(call, "%.*s. A %s of %lld bytes exists now, last changed %s.",
				   (int)(len > 0 && why[len - 1] == '.' ? len - 1 : len), why,
				   info->type, (long long)info->size,
				   info->modified_ms > 0 ? mcp_time(call, info->modified_ms)
							 : "at an unknown time"),
			"Compare the size, or repeat the call with overwrite=true.");
}

int
write_uncertain(struct mcp_call *call, const char *why)
{
	char copy[STAT_STATE_MAX];

	mcp_cut_copy(copy, sizeof(copy), why);
	return place_stat(call, MCP_HTTP_CLEANUP, uncertain, copy, sizeof(copy));
}

/* ---- volumes and the workspace --------------------------------------------------------------- */

static int upload(struct mcp_call *call, const struct place *place, const struct content *content,
		  const struct upload *upload);

static int
parent_made(struct mcp_call *call, const void *state, size_t len)
{
	struct mcp_words words;
	struct content content;
	struct place place;

	(void)len;
	if (!place_argument(call, &place) || !content_find(call, &content))
		return MCP_E_INPUT;
	words = place_words(call, &place, "CAN EDIT on the folder");
	return dbx_done(call, 0, &words) ? upload(call, &place, &content, state) : MCP_E_UPSTREAM;
}

/* The workspace does not create parent folders; the other stores do. */
static int
make_parent(struct mcp_call *call, const struct place *place)
{
	const struct upload upload = { .parent_made = true };
	struct json_object *body = mcp_object(call, "path", place_parent(call, place->path), NULL);

	return mcp_send(call, "POST", "/api/2.0/workspace/mkdirs", NULL, body, MCP_RETRY_IDEMPOTENT,
			parent_made, &upload, sizeof(upload));
}

/* The answer that follows from the reply to the write without a further check. */
static int
say_written(struct mcp_call *call, const struct place *place, const struct content *content)
{
	return content->file == NULL ? written(call, place, (int64_t)content->len)
				     : mcp_say(call, "Wrote the host's file %s to %s.\nurl: %s",
					       content->file, place->shown, place_url(call, place));
}

/* After a write: did the workspace keep a file, or did it make a notebook, whose path has no
 * extension? */
static int
notebook_seen(struct mcp_call *call, const void *state, size_t len)
{
	struct json_object *item = mcp_reply_json(call, 1);
	struct content content;
	struct dbx_error error;
	struct place place, notebook;
	const char *stem;

	(void)state;
	(void)len;
	if (!place_argument(call, &place) || !content_find(call, &content))
		return MCP_E_INPUT;
	stem = place_notebook(call, &place);
	if (dbx_ok(call, mcp_reply(call, 0), &error) || error.status != MCP_E_NOT_FOUND ||
	    stem == NULL || strcmp(mcp_get_str(call, item, "object_type", ""), "NOTEBOOK") != 0 ||
	    !place_find(call, stem, strlen(stem), &notebook))
		return say_written(call, &place, &content);
	if (content.file != NULL)
		mcp_say(call, "Wrote the host's file %s.", content.file);
	else
		mcp_say(call, "Wrote %zu bytes.", content.len);
	mcp_say(call,
		"The workspace made a notebook from the file. The path of the notebook has no "
		"extension: %s (%s)",
		notebook.shown, mcp_get_str(call, item, "language", "language not known"));
	mcp_say(call, "url: %s", place_url(call, &notebook));
	return mcp_say(call, "Next: get_notebook_content path=%s",
		       mcp_quoted(call, notebook.shown));
}

/* Source that begins with the marker of a notebook becomes a notebook, and loses its extension. */
static bool
may_be_notebook(struct mcp_call *call, const struct place *place, const struct content *content)
{
	static const char mark[] = "Databricks notebook source";
	const char *end = content->data != NULL ? memchr(content->data, '\n', content->len) : NULL;
	size_t first = end != NULL ? (size_t)(end - content->data) : content->len;

	if (place->store != STORE_WORKSPACE || place_notebook(call, place) == NULL)
		return false;
	return content->file != NULL || strstr(place->path, ".ipynb") != NULL ||
	       (content->data != NULL &&
		memmem(content->data, first, mark, sizeof(mark) - 1) != NULL);
}

static int
look_for_notebook(struct mcp_call *call, const struct place *place)
{
	static const char get_status[] = "/api/2.0/workspace/get-status{?path}";
	struct mcp_http request[2];

	if (!mcp_fetch_request(call, &request[0], get_status, place_values(call, place)) ||
	    !mcp_fetch_request(call, &request[1], get_status,
			       mcp_object(call, "path", place_notebook(call, place), NULL)))
		return MCP_E_INPUT;
	return mcp_suspend(call, request, 2, 0, notebook_seen, NULL, 0);
}

static int
uploaded(struct mcp_call *call, const void *state, size_t len)
{
	const struct mcp_reply *reply = mcp_reply(call, 0);
	const struct upload *upload = state;
	struct content content;
	struct dbx_error error;
	struct place place;

	(void)len;
	if (!place_argument(call, &place) || !content_find(call, &content))
		return MCP_E_INPUT;
	if (dbx_ok(call, reply, &error))
		return may_be_notebook(call, &place, &content)
			 ? look_for_notebook(call, &place)
			 : say_written(call, &place, &content);
	if (content.file != NULL && file_refused(reply, content.file))
		return mcp_fail(call, error.status,
				mcp_printf(call, "The host's file %s cannot be sent.",
					   content.file),
				reply->why, FILE_NEXT);
	if (reply->status == 404 && place.store == STORE_WORKSPACE && !upload->parent_made)
		return make_parent(call, &place);
	if (reply->error != MCP_OK || reply->status >= 500)
		return write_uncertain(call, error.message);
	return write_refused(call, &place, reply, &error);
}

static int
upload(struct mcp_call *call, const struct place *place, const struct content *content,
       const struct upload *upload)
{
	static const struct mcp_header type = { "Content-Type", "application/octet-stream" };
	struct mcp_piece piece = { MCP_PIECE_BYTES, { content->data, content->len } };
	struct json_object *values = place_values(call, place);
	struct mcp_http request;

	/* This service needs the complete path as one segment. */
	json_object_object_add(values, "file", json_object_new_string(place->path + 1));
	json_object_object_add(values, "overwrite", json_object_new_boolean(overwrites(call)));
	if (!mcp_fetch_request(call, &request,
			       place->store == STORE_VOLUME
				   ? "/api/2.0/fs/files{+path}{?overwrite}"
				   : "/api/2.0/workspace-files/import-file/{file}{?overwrite}",
			       values))
		return MCP_E_INPUT;
	request.method = place->store == STORE_VOLUME ? "PUT" : "POST";
	request.headers = &type;
	request.n_headers = 1;
	request.body_file = content->file;
	if (content->file == NULL) {
		request.body = &piece;
		request.n_body = 1;
	}
	/* A second attempt without overwrite would find the file that the first attempt wrote. */
	request.retry = overwrites(call) ? MCP_RETRY_IDEMPOTENT : MCP_RETRY_NEVER;
	return mcp_suspend(call, &request, 1, 0, uploaded, upload, sizeof(*upload));
}

/* ---- write_file ------------------------------------------------------------------------------ */

/* A large file is sent only after a check that the caller may write it. */
static int
target_seen(struct mcp_call *call, const struct place *place, const struct file_info *info,
	    const void *state)
{
	struct content content;

	(void)state;
	if (!content_find(call, &content))
		return MCP_E_INPUT;
	if (info->found && (info->directory || !overwrites(call)))
		return mcp_fail(call, MCP_E_CONFLICT,
				mcp_printf(call, "%s exists already.", place->shown),
				mcp_printf(call, "It is a %s.", info->type),
				info->directory ? "Use the path of a file in it."
						: "Repeat the call with overwrite=true to "
						  "replace it, or use another path.");
	return upload(call, place, &content, &(struct upload){ false });
}

int
write_file(struct mcp_call *call)
{
	struct content content;
	struct place place;

	if (!place_of_file(call, &place) || !place_not_root(call, &place) ||
	    !content_find(call, &content))
		return MCP_E_INPUT;
	if (place.store == STORE_DBFS)
		return write_dbfs(call, &place, &content);
	if (content.file != NULL)
		return place_stat(call, 0, target_seen, NULL, 0);
	return upload(call, &place, &content, &(struct upload){ false });
}

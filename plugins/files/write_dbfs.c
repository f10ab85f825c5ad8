/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes to DBFS: small contents in one request, larger ones through a handle, block by block. A
 * block is never sent twice, because DBFS would append it twice. An unfinished file is closed and
 * deleted.
 */
#include "files.h"

#include <stdio.h>
#include <string.h>

#define API "/api/2.0/dbfs"
#define WHY_MAX 300

struct stream {
	int64_t handle;
	int64_t sent;
	char why[WHY_MAX]; /* of the failure */
};

static struct json_object *
path_body(struct mcp_call *call, const struct place *place)
{
	struct json_object *body = mcp_object(call, "path", place->path, NULL);

	json_object_object_add(body, "overwrite", json_object_new_boolean(overwrites(call)));
	return body;
}

static struct json_object *
handle_body(struct mcp_call *call, const struct stream *stream)
{
	struct json_object *body = mcp_object(call, NULL);

	json_object_object_add(body, "handle", json_object_new_int64(stream->handle));
	return body;
}

/* A request of the clean-up, which may be sent even after a cancel. */
static int
clean_up(struct mcp_call *call, const char *path, struct json_object *body, mcp_step_fn fn,
	 const struct stream *stream)
{
	struct mcp_http request = mcp_json_request(call, "POST", path, body, MCP_RETRY_IDEMPOTENT);

	request.flags |= MCP_HTTP_CLEANUP;
	return mcp_suspend(call, &request, 1, 0, fn, stream, sizeof(*stream));
}

/* ---- giving up ------------------------------------------------------------------------------- */

static int
partial_removed(struct mcp_call *call, const void *state, size_t len)
{
	const struct stream *stream = state;

	(void)len;
	return write_uncertain(call, mcp_printf(call, "The transfer stopped after %lld bytes: %s",
						(long long)stream->sent, stream->why));
}

static int
closed_early(struct mcp_call *call, const void *state, size_t len)
{
	struct place place;

	(void)len;
	if (!place_argument(call, &place))
		return MCP_E_INPUT;
	return clean_up(call, API "/delete", mcp_object(call, "path", place.path, NULL),
			partial_removed, state);
}

static int
give_up(struct mcp_call *call, struct stream *stream, const char *why)
{
	mcp_cut_copy(stream->why, sizeof(stream->why), why);
	return clean_up(call, API "/close", handle_body(call, stream), closed_early, stream);
}

/* ---- block by block -------------------------------------------------------------------------- */

static int
closed(struct mcp_call *call, const void *state, size_t len)
{
	const struct mcp_reply *reply = mcp_reply(call, 0);
	const struct stream *stream = state;
	struct dbx_error error;
	struct place place;

	(void)len;
	if (!place_argument(call, &place))
		return MCP_E_INPUT;
	if (dbx_ok(call, reply, &error))
		return written(call, &place, stream->sent);
	/* All bytes were sent; the size shows whether they have arrived. */
	return write_uncertain(call, error.message);
}

static int block_sent(struct mcp_call *call, const void *state, size_t len);

static int
send_more(struct mcp_call *call, struct stream *stream)
{
	struct json_object *body = handle_body(call, stream);
	struct content content;
	size_t n;

	if (!content_find(call, &content))
		return MCP_E_INPUT;
	n = content.len - (size_t)stream->sent;
	if (n == 0)
		return mcp_send(call, "POST", API "/close", NULL, body, MCP_RETRY_NEVER, closed,
				stream, sizeof(*stream));
	if (n > BLOCK_BYTES_MAX)
		n = BLOCK_BYTES_MAX;
	json_object_object_add(body, "data",
			       json_object_new_string(
				   base64_encode(call, content.data + stream->sent, n)));
	mcp_progress(call, (double)stream->sent, (double)content.len, "writing");
	stream->sent += (int64_t)n;
	return mcp_send(call, "POST", API "/add-block", NULL, body, MCP_RETRY_NEVER, block_sent,
			stream, sizeof(*stream));
}

static int
block_sent(struct mcp_call *call, const void *state, size_t len)
{
	struct stream stream;
	struct dbx_error error;

	(void)len;
	memcpy(&stream, state, sizeof(stream));
	if (!dbx_ok(call, mcp_reply(call, 0), &error))
		return give_up(call, &stream, error.message);
	if (mcp_cancelled(call))
		return give_up(call, &stream, "the call was cancelled");
	return send_more(call, &stream);
}

static int
created(struct mcp_call *call, const void *state, size_t len)
{
	const struct mcp_reply *reply = mcp_reply(call, 0);
	struct stream stream = { 0 };
	struct dbx_error error;
	struct place place;

	(void)state;
	(void)len;
	if (!place_argument(call, &place))
		return MCP_E_INPUT;
	if (!dbx_ok(call, reply, &error))
		return reply->error != MCP_OK || reply->status >= 500
			 ? write_uncertain(call, error.message)
			 : write_refused(call, &place, reply, &error);
	stream.handle = mcp_get_int(mcp_reply_json(call, 0), "handle", -1);
	if (stream.handle < 0)
		return write_uncertain(call, "the answer of DBFS contains no handle");
	if (mcp_cancelled(call))
		return give_up(call, &stream, "the call was cancelled");
	return send_more(call, &stream);
}

/* ---- in one request -------------------------------------------------------------------------- */

static int
put(struct mcp_call *call, const void *state, size_t len)
{
	const struct mcp_reply *reply = mcp_reply(call, 0);
	struct content content;
	struct dbx_error error;
	struct place place;

	(void)state;
	(void)len;
	if (!place_argument(call, &place) || !content_find(call, &content))
		return MCP_E_INPUT;
	if (dbx_ok(call, reply, &error))
		return written(call, &place, (int64_t)content.len);
	if (reply->error != MCP_OK || reply->status >= 500)
		return write_uncertain(call, error.message);
	return write_refused(call, &place, reply, &error);
}

int
write_dbfs(struct mcp_call *call, const struct place *place, const struct content *content)
{
	struct json_object *body = path_body(call, place);

	if (content->file != NULL)
		return mcp_fail(call, MCP_E_UNSUPPORTED,
				"A file of the host cannot be sent to DBFS.",
				"DBFS accepts files only in small encoded blocks.",
				"Write it to a volume instead: /Volumes/CATALOG/SCHEMA/VOLUME/….");
	if (content->len > BLOCK_BYTES_MAX)
		return mcp_send(call, "POST", API "/create", NULL, body, MCP_RETRY_NEVER, created,
				NULL, 0);
	json_object_object_add(body, "contents",
			       json_object_new_string(
				   base64_encode(call, content->data, content->len)));
	return mcp_send(call, "POST", API "/put", NULL, body,
			overwrites(call) ? MCP_RETRY_IDEMPOTENT : MCP_RETRY_NEVER, put, NULL, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves the chunks of a result into a file. A batch of chunks is fetched at the same time, through
 * pre-signed links without our credential, or from the statement itself. The host joins them in
 * their order, while the links of the next batch are requested. A poll ends between two batches;
 * the files in the folder say where the next poll continues.
 */
#include "export.h"

#include <string.h>

#define LOST_MAX 3	   /* batches without progress before the poll ends */
#define POLL_LEAST_MS 3000 /* a poll fetches for at least this time */
#define POLL_SPARE_MS 1500 /* of the caller's wait, which a batch might exceed */

/* ---- the end of a poll ----------------------------------------------------------------------- */

/* Is there time for another batch? */
static bool
has_time(struct mcp_call *call, const struct export_state *state)
{
	return !mcp_cancelled(call) &&
	       (mcp_number(call, MCP_NUM_WAIT_MS) > POLL_SPARE_MS ||
		mcp_number(call, MCP_NUM_NOW_MS) - state->poll_ms < POLL_LEAST_MS);
}

/* The call ends now, because its caller cancelled it, and not because its time is over. */
static bool
is_cancelled(struct mcp_call *call)
{
	return mcp_cancelled(call) && mcp_number(call, MCP_NUM_DEADLINE_MS) > 0;
}

static int
stopped(struct mcp_call *call, struct export_state *state)
{
	return export_give_up(call, state, MCP_E_CANCELLED, "The call was cancelled");
}

int
export_missed(struct mcp_call *call, const struct export_state *state, const char *what,
	      enum mcp_status status, const char *why)
{
	struct mcp_failure failure = {
		.size = sizeof(failure),
		.status = status,
		.what = what,
		.why = why,
		.next = mcp_printf(call, "Call %s. It continues where this call ended.",
				   export_next(call, &state->export)),
		.retry_after_ms = -1,
		.missed = true,
	};

	mcp_failure(call, &failure);
	return status;
}

/* No chunk of the batch arrived, several times. */
static int
lost(struct mcp_call *call, const struct export_state *state, const struct mcp_reply *reply)
{
	return export_missed(call, state,
			     mcp_printf(call, "The next chunks of statement %s did not arrive.",
					state->export.id),
			     reply->error != MCP_OK ? reply->error : MCP_E_UNAVAILABLE,
			     reply->why[0] != '\0'
				 ? reply->why
				 : mcp_printf(call, "The store answered HTTP %d.", reply->status));
}

/* ---- joining --------------------------------------------------------------------------------- */

static int
kept(struct mcp_call *call, const void *data, size_t len)
{
	const struct mcp_reply *reply = mcp_reply(call, 0);
	struct export_state state;

	memcpy(&state, data, len);
	if (reply->status == 423)
		return export_working(call, &state);
	if (reply->error != MCP_OK)
		return export_give_up(call, &state, reply->error, reply->why);
	state.bytes = (uint64_t)mcp_get_int(mcp_reply_json(call, 0), "bytes", 0);
	return export_done(call, &state);
}

/* ---- links ----------------------------------------------------------------------------------- */

/* The link to chunk `index` in a reply, which may have several links. NULL: it has none. */
static struct json_object *
link_to(struct mcp_call *call, struct json_object *reply, int64_t index)
{
	struct json_object *links = mcp_objects(call, reply, "external_links");

	for (size_t i = 0; i < json_object_array_length(links); i++) {
		struct json_object *link = json_object_array_get_idx(links, i);

		if (mcp_get_int(link, "chunk_index", index) == index)
			return link;
	}
	return NULL;
}

/* Fills the request for a pre-signed link, with exactly the headers that the reply requires. */
static void
link_request(struct mcp_call *call, struct json_object *link, struct mcp_http *request)
{
	struct json_object *wanted = mcp_get(link, "http_headers");
	struct mcp_header *headers = mcp_alloc(call, LINK_HEADERS_MAX * sizeof(*headers));
	struct json_object_iter member;

	request->url = mcp_get_str(call, link, "external_link", "");
	request->headers = headers;
	if (json_object_is_type(wanted, json_type_object)) {
		json_object_object_foreachC(wanted, member)
			if (request->n_headers < LINK_HEADERS_MAX &&
			    json_object_is_type(member.val, json_type_string))
				headers[request->n_headers++] =
				    (struct mcp_header){ member.key,
							 json_object_get_string(member.val) };
	}
	mcp_mask(call, request->url);
}

/* A reply that says no is final. Without a reply, or while the workspace is busy, only this poll
 * has failed. */
static int
no_links(struct mcp_call *call, struct export_state *state, const struct mcp_reply *reply,
	 const struct dbx_error *error)
{
	if (error->status == MCP_E_TIMEOUT)
		return export_working(call, state);
	if (reply->status == 0 || reply->status == 429 || reply->status >= 500)
		return lost(call, state, reply);
	state->gone = error->status == MCP_E_NOT_FOUND;
	return export_give_up(call, state, error->status, error->message);
}

/* ---- chunks ---------------------------------------------------------------------------------- */

static int
parts_arrived(struct mcp_call *call, const void *data, size_t len)
{
	const struct mcp_reply *missing = NULL;
	struct export_state state;
	uint32_t came = 0;

	memcpy(&state, data, len);
	for (uint32_t i = 0; i < state.until - state.from; i++) {
		const struct mcp_reply *reply = mcp_reply(call, i);

		if (reply->error == MCP_OK && reply->status == 200)
			came += missing == NULL;
		else if (missing == NULL)
			missing = reply;
	}
	if (is_cancelled(call))
		return stopped(call, &state);
	/* A link that the host refuses to follow stays refused. */
	if (missing != NULL && (missing->error == MCP_E_TOO_LARGE ||
				(missing->error == MCP_E_PERMISSION && missing->status == 0)))
		return export_give_up(call, &state, missing->error, missing->why);
	state.from += came;
	state.lost = came > 0 ? 0 : state.lost + 1;
	if (missing != NULL && state.lost > LOST_MAX)
		return lost(call, &state, missing);
	mcp_progress(call, state.from, (double)state.chunks, "chunks are here");
	if (missing != NULL &&
	    (missing->error == MCP_E_CONFLICT || missing->error == MCP_E_TIMEOUT))
		return export_working(call, &state);
	return has_time(call, &state) || state.from >= state.chunks ? export_batch(call, &state)
								    : export_working(call, &state);
}

static struct mcp_http
part_request(struct mcp_call *call, const struct export_state *state, uint32_t index)
{
	struct mcp_http request = export_file(call, &state->export, MCP_FILE_NONE, index);

	request.method = "GET";
	request.retry = MCP_RETRY_SAFE;
	request.reply = MCP_REPLY_FILE;
	return request;
}

/* Fetches chunks from the statement itself. */
static int
fetch_inline(struct mcp_call *call, struct export_state *state)
{
	struct mcp_http request[EXPORT_AT_ONCE];
	uint32_t n = state->until - state->from;

	for (uint32_t i = 0; i < n; i++) {
		request[i] = part_request(call, state, state->from + i);
		request[i].path =
		    mcp_expand(call, "/api/2.0/sql/statements/{id}/result/chunks/{n}",
			       mcp_object(call, "id", state->export.id, "n",
					  mcp_printf(call, "%u", state->from + i), NULL));
		if (request[i].path == NULL)
			return MCP_E_INPUT;
	}
	return mcp_suspend(call, request, n, 0, parts_arrived, state, sizeof(*state));
}

/* Fetches chunks through the links that have arrived; `first` is the number of their first
 * reply. */
static int
fetch_links(struct mcp_call *call, struct export_state *state, size_t first)
{
	struct mcp_http request[EXPORT_AT_ONCE];
	uint32_t n = state->until - state->from;

	for (uint32_t i = 0; i < n; i++) {
		const struct mcp_reply *reply = mcp_reply(call, first + i);
		struct json_object *link;
		struct dbx_error error;

		if (!dbx_ok(call, reply, &error))
			return no_links(call, state, reply, &error);
		link = link_to(call, mcp_reply_json(call, first + i), state->from + i);
		if (link == NULL)
			return export_give_up(call, state, MCP_E_UPSTREAM,
					      mcp_printf(call,
							 "The workspace sent no link to chunk %u",
							 state->from + i));
		request[i] = part_request(call, state, state->from + i);
		link_request(call, link, &request[i]);
	}
	return mcp_suspend(call, request, n, 0, parts_arrived, state, sizeof(*state));
}

/* ---- a batch --------------------------------------------------------------------------------- */

/* The chunks that had arrived are joined, and the links of the next ones have arrived. */
static int
batch_ready(struct mcp_call *call, const void *data, size_t len)
{
	const struct mcp_reply *reply = mcp_reply(call, 0);
	struct json_object *far = mcp_reply_json(call, 0);
	struct export_state state;
	struct mcp_http keep;

	memcpy(&state, data, len);
	if (is_cancelled(call))
		return stopped(call, &state);
	if (reply->status == 423 || reply->error == MCP_E_TIMEOUT)
		return export_working(call, &state);
	if (reply->error != MCP_OK)
		return export_give_up(call, &state, reply->error, reply->why);
	state.have = (uint32_t)mcp_get_int(far, "parts", 0);
	state.bytes = (uint64_t)mcp_get_int(far, "bytes", 0);
	if (state.from < state.chunks)
		return state.links ? fetch_links(call, &state, 1) : fetch_inline(call, &state);
	if (state.export.to_path)
		return export_path_send(call, &state);
	keep = export_file(call, &state.export, MCP_FILE_KEEP, 0);
	return mcp_suspend(call, &keep, 1, 0, kept, &state, sizeof(state));
}

int
export_batch(struct mcp_call *call, struct export_state *state)
{
	struct mcp_http request[1 + EXPORT_AT_ONCE];
	size_t n = 1;

	if (state->from < state->have)
		state->from = state->have;
	state->until = state->chunks - state->from > EXPORT_AT_ONCE ? state->from + EXPORT_AT_ONCE
								    : (uint32_t)state->chunks;
	request[0] = export_file(call, &state->export, MCP_FILE_JOIN, state->from);
	for (uint32_t i = state->from; state->links && i < state->until; i++)
		if (!mcp_fetch_request(call, &request[n++],
				       "/api/2.0/sql/statements/{id}/result/chunks/{n}",
				       mcp_object(call, "id", state->export.id, "n",
						  mcp_printf(call, "%u", i), NULL)))
			return MCP_E_INPUT;
	return mcp_suspend(call, request, n, 0, batch_ready, state, sizeof(*state));
}

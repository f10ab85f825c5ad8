/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves the chunks of a result into a file. A batch of chunks is fetched at the same time, through
 * pre-signed links without our credential, or from the statement itself. The host joins them in
 * their order while the next batch is fetched and the links of the batch after it are requested. A
 * poll ends between two batches; the files in the folder say where the next poll continues.
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

/* ---- requests -------------------------------------------------------------------------------- */

static struct mcp_http
part_request(struct mcp_call *call, const struct export_state *state, uint32_t index)
{
	struct mcp_http request = export_file(call, &state->export, MCP_FILE_NONE, index);

	request.method = "GET";
	request.retry = MCP_RETRY_SAFE;
	request.reply = MCP_REPLY_FILE;
	return request;
}

/* A request to the statement for chunk `index`, or for a link to it. */
static bool
chunk_request(struct mcp_call *call, const struct export_state *state, uint32_t index,
	      struct mcp_http *request)
{
	return mcp_fetch_request(call, request, "/api/2.0/sql/statements/{id}/result/chunks/{n}",
				 mcp_object(call, "id", state->export.id, "n",
					    mcp_printf(call, "%u", index), NULL));
}

/* Fills the requests for chunks of the statement itself. Returns MCP_OK, or a failed call. */
static int
inline_parts(struct mcp_call *call, const struct export_state *state, struct mcp_http *request)
{
	for (uint32_t i = state->from; i < state->until; i++, request++) {
		struct mcp_http asked;

		if (!chunk_request(call, state, i, &asked))
			return MCP_E_INPUT;
		*request = part_request(call, state, i);
		request->path = asked.path;
	}
	return MCP_OK;
}

/* Fills the requests for chunks whose links have arrived; `first` is the number of the first reply
 * with a link. Returns false when the export has ended, with its status in `end`. */
static bool
linked_parts(struct mcp_call *call, struct export_state *state, size_t first,
	     struct mcp_http *request, int *end)
{
	for (uint32_t i = state->from; i < state->until; i++, first++, request++) {
		const struct mcp_reply *reply = mcp_reply(call, first);
		struct json_object *link;
		struct dbx_error error;

		if (!dbx_ok(call, reply, &error)) {
			*end = no_links(call, state, reply, &error);
			return false;
		}
		link = link_to(call, mcp_reply_json(call, first), i);
		if (link == NULL) {
			*end =
			    export_give_up(call, state, MCP_E_UPSTREAM,
					   mcp_printf(call,
						      "The workspace sent no link to chunk %u", i));
			return false;
		}
		*request = part_request(call, state, i);
		link_request(call, link, request);
	}
	return true;
}

/* ---- a batch --------------------------------------------------------------------------------- */

static int batch_ended(struct mcp_call *call, const void *data, size_t len);

static uint32_t
batch_end(const struct export_state *state, uint32_t from)
{
	return state->chunks - from > EXPORT_AT_ONCE ? from + EXPORT_AT_ONCE
						     : (uint32_t)state->chunks;
}

/* At the same time: joins the chunks that have arrived, fetches the next ones, and requests the
 * links of those after them. `first` is the number of the first reply with a link; 0: there are no
 * links yet, so no chunk can be fetched through one. */
static int
batch_begin(struct mcp_call *call, struct export_state *state, size_t first)
{
	struct mcp_http request[1 + 2 * EXPORT_AT_ONCE];
	bool fetches = !state->links || first > 0;
	int status = MCP_OK;
	size_t n = 1;

	state->until = fetches ? batch_end(state, state->from) : state->from;
	state->ahead = state->links ? batch_end(state, state->until) : state->until;
	request[0] = export_file(call, &state->export, MCP_FILE_JOIN, state->from);
	if (!state->links)
		status = inline_parts(call, state, request + n);
	else if (fetches && !linked_parts(call, state, first, request + n, &status))
		return status;
	n += state->until - state->from;
	for (uint32_t i = state->until; status == MCP_OK && i < state->ahead; i++)
		status = chunk_request(call, state, i, &request[n++]) ? MCP_OK : MCP_E_INPUT;
	return status == MCP_OK
		 ? mcp_suspend(call, request, n, 0, batch_ended, state, sizeof(*state))
		 : status;
}

int
export_batch(struct mcp_call *call, struct export_state *state)
{
	if (state->from < state->have)
		state->from = state->have;
	return batch_begin(call, state, 0);
}

/* All chunks are in the file. */
static int
all_joined(struct mcp_call *call, struct export_state *state)
{
	struct mcp_http keep;

	if (state->export.to_path)
		return export_path_send(call, state);
	keep = export_file(call, &state->export, MCP_FILE_KEEP, 0);
	return mcp_suspend(call, &keep, 1, 0, kept, state, sizeof(*state));
}

/* Counts the chunks that have arrived without a gap. Returns the reply of the first other one, or
 * NULL. */
static const struct mcp_reply *
count_parts(struct mcp_call *call, struct export_state *state)
{
	const struct mcp_reply *missing = NULL;
	uint32_t came = 0;

	for (uint32_t i = 0; missing == NULL && i < state->until - state->from; i++) {
		const struct mcp_reply *reply = mcp_reply(call, 1 + i);

		if (reply->error == MCP_OK && reply->status == 200)
			came++;
		else
			missing = reply;
	}
	state->from += came;
	if (came > 0)
		state->lost = 0;
	else if (missing != NULL)
		state->lost++;
	return missing;
}

/* Some chunks did not arrive. Their links are requested again, because they may have expired. */
static int
some_missing(struct mcp_call *call, struct export_state *state, const struct mcp_reply *missing)
{
	/* A link that the host refuses to follow stays refused. */
	if (missing->error == MCP_E_TOO_LARGE ||
	    (missing->error == MCP_E_PERMISSION && missing->status == 0))
		return export_give_up(call, state, missing->error, missing->why);
	if (state->lost > LOST_MAX)
		return lost(call, state, missing);
	if (missing->error == MCP_E_CONFLICT || missing->error == MCP_E_TIMEOUT ||
	    !has_time(call, state))
		return export_working(call, state);
	return batch_begin(call, state, 0);
}

static int
batch_ended(struct mcp_call *call, const void *data, size_t len)
{
	const struct mcp_reply *joined = mcp_reply(call, 0), *missing;
	struct json_object *far = mcp_reply_json(call, 0);
	struct export_state state;
	size_t links;

	memcpy(&state, data, len);
	if (is_cancelled(call))
		return stopped(call, &state);
	if (joined->status == 423 || joined->error == MCP_E_TIMEOUT)
		return export_working(call, &state);
	if (joined->error != MCP_OK)
		return export_give_up(call, &state, joined->error, joined->why);
	state.have = (uint32_t)mcp_get_int(far, "parts", 0);
	state.bytes = (uint64_t)mcp_get_int(far, "bytes", 0);
	if (state.from >= state.chunks) /* this request has joined all of them */
		return all_joined(call, &state);
	links = 1 + state.until - state.from;
	missing = count_parts(call, &state);
	mcp_progress(call, state.from, (double)state.chunks, "chunks are here");
	if (missing != NULL)
		return some_missing(call, &state, missing);
	if (!has_time(call, &state) && state.from < state.chunks)
		return export_working(call, &state);
	return batch_begin(call, &state, state.links && state.ahead > state.until ? links : 0);
}

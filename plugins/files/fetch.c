/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a part of a file, from any store. Volumes and large workspace files support ranges. DBFS
 * returns blocks of at most 1 MiB, which are requested in parallel. Other workspace objects are
 * exported whole; the API exports up to 10 MB.
 */
#include "files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT_MAX (10 * 1000 * 1000) /* a little less than workspace/export allows */
#define EXPORT_REPLY_MAX (12u << 20)
#define BLOCKS_MAX 16

struct fetch {
	fetched_fn fn;
	int64_t offset; /* where to begin; negative: counted from the end */
	int64_t length;
	int64_t total; /* -1: not known */
};

static int
behind_end(struct mcp_call *call, const struct place *place, const struct fetch *fetch)
{
	return mcp_fail(call, MCP_E_INPUT,
			mcp_printf(call, "offset %lld is after the end of %s.",
				   (long long)fetch->offset, place->shown),
			mcp_printf(call, "The file has %lld bytes.", (long long)fetch->total),
			"Call read_file with a smaller offset, or with tail.");
}

static int
done(struct mcp_call *call, const struct place *place, const struct fetch *fetch, const char *data,
     size_t len)
{
	return fetch->fn(call, place,
			 &(struct fetched){ .data = data,
					    .len = len,
					    .offset = fetch->offset,
					    .total = fetch->total });
}

/* ---- ranges ---------------------------------------------------------------------------------- */

/* The number after the slash of a Content-Range; -1 when it is unknown. */
static int64_t
total_of(const struct mcp_reply *reply)
{
	const char *range = mcp_reply_header(reply, "Content-Range");
	const char *slash = range != NULL ? strchr(range, '/') : NULL;

	return slash != NULL && slash[1] >= '0' && slash[1] <= '9' ? strtoll(slash + 1, NULL, 10)
								   : -1;
}

/* The position of the body in the file. A store may send another part than the requested one. */
static int64_t
start_of(const struct mcp_reply *reply, const struct fetch *fetch)
{
	const char *range = mcp_reply_header(reply, "Content-Range");
	const char *digits = range != NULL ? range + strcspn(range, "0123456789/") : "";

	if (reply->status != 206)
		return 0;
	return digits[0] >= '0' && digits[0] <= '9' ? strtoll(digits, NULL, 10) : fetch->offset;
}

static int
directory_or_missing(struct mcp_call *call, const struct place *place, const struct file_info *info,
		     const void *state)
{
	(void)state;
	if (!info->found || !info->directory)
		return place_missing(call, place);
	return mcp_fail(call, MCP_E_INPUT, mcp_printf(call, "%s is not a file.", place->shown),
			mcp_printf(call, "It is a %s.", info->type),
			mcp_printf(call, "Call list_files path=%s to see its content.",
				   mcp_quoted(call, place->shown)));
}

/* The requested part of the body, because a store without ranges sends the whole file. */
static int
part_done(struct mcp_call *call, const struct place *place, struct fetch *fetch,
	  const struct mcp_reply *reply)
{
	int64_t start = start_of(reply, fetch), end = start + (int64_t)reply->body.len, left;

	fetch->total = reply->status == 206 ? total_of(reply) : end;
	if (fetch->total < 0 && (int64_t)reply->body.len < fetch->length)
		fetch->total = end; /* shorter than requested: the file ends here */
	if (start > fetch->offset || end < fetch->offset)
		return reply->status != 206
			 ? behind_end(call, place, fetch)
			 : mcp_fail(call, MCP_E_UPSTREAM,
				    mcp_printf(call, "%s could not be read.", place->shown),
				    "The store sent another part of the file than requested.",
				    NULL);
	left = end - fetch->offset;
	if (left == 0 && fetch->offset > 0)
		return behind_end(call, place, fetch);
	return done(call, place, fetch, reply->body.data + (fetch->offset - start),
		    (size_t)(left < fetch->length ? left : fetch->length));
}

static int
range_arrived(struct mcp_call *call, const void *state, size_t len)
{
	const struct mcp_reply *reply = mcp_reply(call, 0);
	struct fetch fetch;
	struct mcp_words words;
	struct dbx_error error;
	struct place place;

	(void)len;
	memcpy(&fetch, state, sizeof(fetch));
	if (!place_argument(call, &place))
		return MCP_E_INPUT;
	if (reply->status == 416) {
		fetch.total = total_of(reply);
		return fetch.total == 0 && fetch.offset == 0 ? done(call, &place, &fetch, "", 0)
							     : behind_end(call, &place, &fetch);
	}
	if (!dbx_ok(call, reply, &error)) {
		if (error.status == MCP_E_NOT_FOUND)
			return place_stat(call, 0, directory_or_missing, NULL, 0);
		words = place_words(call, &place,
				    place.store == STORE_VOLUME ? "READ VOLUME on the volume"
								: "CAN READ on the file");
		return dbx_fail(call, reply, &error, &words);
	}
	return part_done(call, &place, &fetch, reply);
}

static int
range_fetch(struct mcp_call *call, const struct place *place, const struct fetch *fetch)
{
	struct mcp_header *range = mcp_alloc(call, sizeof(*range));
	struct mcp_http request;

	if (!mcp_fetch_request(call, &request,
			       place->store == STORE_VOLUME ? "/api/2.0/fs/files{+path}"
							    : "/api/2.0/workspace-files{+path}",
			       place_values(call, place)))
		return MCP_E_INPUT;
	*range = (struct mcp_header){ "Range",
				      mcp_printf(call, "bytes=%lld-%lld", (long long)fetch->offset,
						 (long long)(fetch->offset + fetch->length - 1)) };
	request.headers = range;
	request.n_headers = 1;
	/* memory for the whole file, because the store may ignore the range */
	request.max_bytes =
	    fetch->length > EXPORT_REPLY_MAX ? (uint64_t)fetch->length : EXPORT_REPLY_MAX;
	return mcp_suspend(call, &request, 1, 0, range_arrived, fetch, sizeof(*fetch));
}

/* ---- DBFS ------------------------------------------------------------------------------------ */

static int64_t
block_len(const struct fetch *fetch, size_t i)
{
	int64_t left = fetch->length - (int64_t)i * BLOCK_BYTES_MAX;

	return left < BLOCK_BYTES_MAX ? left : BLOCK_BYTES_MAX;
}

static size_t
blocks_of(const struct fetch *fetch)
{
	return (size_t)((fetch->length + BLOCK_BYTES_MAX - 1) / BLOCK_BYTES_MAX);
}

static int
blocks_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct fetch asked, *fetch = &asked;
	struct mcp_words words;
	struct place place;
	size_t used = 0;
	char *data;

	(void)len;
	memcpy(&asked, state, sizeof(asked));
	data = mcp_alloc(call, (size_t)fetch->length + 1);
	if (!place_argument(call, &place))
		return MCP_E_INPUT;
	words = place_words(call, &place, "access to DBFS");
	for (size_t i = 0; i < blocks_of(fetch); i++) {
		struct json_object *reply = dbx_reply(call, i, &words);
		const char *text = mcp_get_str(call, reply, "data", "");
		size_t n = 0;
		char *block = reply != NULL ? base64_decode(call, text, strlen(text), &n) : NULL;

		if (reply == NULL)
			return MCP_E_UPSTREAM;
		if (block == NULL || (int64_t)n > block_len(fetch, i))
			return mcp_fail(call, MCP_E_UPSTREAM,
					mcp_printf(call,
						   "%s could not be "
						   "read.",
						   place.shown),
					"DBFS sent a block that was not requested.", NULL);
		memcpy(data + used, block, n);
		used += n;
		if ((int64_t)n < block_len(fetch, i))
			break; /* the file has become shorter meanwhile */
	}
	if ((int64_t)used < fetch->length)
		fetch->total = fetch->offset + (int64_t)used;
	return done(call, &place, fetch, data, used);
}

static int
blocks_fetch(struct mcp_call *call, const struct place *place, const struct fetch *fetch)
{
	struct mcp_http request[BLOCKS_MAX];
	size_t n = blocks_of(fetch);

	for (size_t i = 0; i < n; i++) {
		struct json_object *values = place_values(call, place);

		json_object_object_add(values, "offset",
				       json_object_new_int64(fetch->offset +
							     (int64_t)i * BLOCK_BYTES_MAX));
		json_object_object_add(values, "length",
				       json_object_new_int64(block_len(fetch, i)));
		if (!mcp_fetch_request(call, &request[i], "/api/2.0/dbfs/read{?path,offset,length}",
				       values))
			return MCP_E_INPUT;
	}
	return mcp_suspend(call, request, n, 0, blocks_arrived, fetch, sizeof(*fetch));
}

/* ---- the workspace --------------------------------------------------------------------------- */

bool
whole_request(struct mcp_call *call, const struct place *place, const struct file_info *info,
	      struct mcp_http *request)
{
	return mcp_fetch_request(
	    call, request,
	    place->store == STORE_VOLUME ? "/api/2.0/fs/files{+path}"
	    : info->size > EXPORT_MAX
		? "/api/2.0/workspace-files{+path}"
		: "/api/2.0/workspace/export?format=AUTO&direct_download=true{&path}",
	    place_values(call, place));
}

static int
export_arrived(struct mcp_call *call, const void *state, size_t len)
{
	const struct mcp_reply *reply = mcp_reply(call, 0);
	struct fetch fetch;
	struct mcp_words words;
	struct dbx_error error;
	struct place place;
	int64_t left;

	(void)len;
	memcpy(&fetch, state, sizeof(fetch));
	if (!place_argument(call, &place))
		return MCP_E_INPUT;
	words = place_words(call, &place, "CAN READ on the file");
	if (!dbx_ok(call, reply, &error))
		return dbx_fail(call, reply, &error, &words);
	fetch.total = (int64_t)reply->body.len;
	if (fetch.offset < 0)
		fetch.offset = fetch.total + fetch.offset > 0 ? fetch.total + fetch.offset : 0;
	if (fetch.offset > 0 && fetch.offset >= fetch.total)
		return behind_end(call, &place, &fetch);
	left = fetch.total - fetch.offset;
	return done(call, &place, &fetch, reply->body.data + fetch.offset,
		    (size_t)(left < fetch.length ? left : fetch.length));
}

static int
export_fetch(struct mcp_call *call, const struct place *place, const struct file_info *info,
	     const struct fetch *fetch)
{
	struct mcp_http request;

	if (!whole_request(call, place, info, &request))
		return MCP_E_INPUT;
	request.max_bytes = EXPORT_REPLY_MAX;
	return mcp_suspend(call, &request, 1, 0, export_arrived, fetch, sizeof(*fetch));
}

/* ---- all stores ------------------------------------------------------------------------------ */

int
file_fetch_known(struct mcp_call *call, const struct place *place, const struct file_info *info,
		 int64_t offset, int64_t length, fetched_fn fn)
{
	struct fetch fetch = { .fn = fn, .offset = offset, .length = length, .total = info->size };

	if (!info->found || info->directory)
		return directory_or_missing(call, place, info, NULL);
	if (place->store == STORE_WORKSPACE && info->size <= EXPORT_MAX)
		return export_fetch(call, place, info, &fetch);
	if (fetch.offset < 0)
		fetch.offset = info->size + offset > 0 ? info->size + offset : 0;
	if (info->size == 0 && fetch.offset == 0)
		return done(call, place, &fetch, "", 0);
	if (fetch.offset >= info->size)
		return behind_end(call, place, &fetch);
	if (fetch.length > info->size - fetch.offset)
		fetch.length = info->size - fetch.offset;
	return place->store == STORE_DBFS ? blocks_fetch(call, place, &fetch)
					  : range_fetch(call, place, &fetch);
}

static int
fetch_looked_at(struct mcp_call *call, const struct place *place, const struct file_info *info,
		const void *state)
{
	const struct fetch *fetch = state;

	return file_fetch_known(call, place, info, fetch->offset, fetch->length, fetch->fn);
}

int
file_fetch(struct mcp_call *call, int64_t offset, int64_t length, fetched_fn fn)
{
	struct fetch fetch = { .fn = fn, .offset = offset, .length = length, .total = -1 };
	struct place place;

	if (!place_of_file(call, &place))
		return MCP_E_INPUT;
	if (place.store == STORE_VOLUME && offset >= 0)
		return range_fetch(call, &place, &fetch); /* the store whose reply has the size */
	return place_stat(call, 0, fetch_looked_at, &fetch, sizeof(fetch));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a finished statement, read chunk by chunk into one table. Each chunk names the next one;
 * totals and the list of chunks are optional in the API. Pre-signed links to rows are fetched
 * without a credential, because each link contains its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "query.h"
#include "scan.h"

#define CHUNKS_MAX 50 /* most chunks that one call reads */

_Static_assert(sizeof(struct reading) <= MCP_STATE_MAX, "the state of a reading must fit");

/* ---- chunks ---------------------------------------------------------------------------------- */

static int chunk_fetch(struct mcp_call *call, struct reading *reading);
/* For rows without column names: the number of columns comes from the rows. */
static int columns_guess(struct mcp_call *call, struct reading *reading, size_t width);

/* The number of columns in the widest row, when the manifest does not give it. */
static size_t
width_of(struct json_object *rows)
{
	size_t most = 0;

	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		size_t width =
		    json_object_is_type(row, json_type_array) ? json_object_array_length(row) : 1;

		most = width > most ? width : most;
	}
	return most;
}

/* After a part of the rows, groups and an order would be wrong, so a query that cannot read all
 * chunks fails. */
static int
query_goes_on(struct mcp_call *call, struct reading *reading)
{
	if (query_full(reading->query))
		return rows_end(call, reading, true);
	if (reading->read < QUERY_CHUNKS_MAX)
		return chunk_fetch(call, reading);
	query_drop(reading->query);
	return mcp_fail(call, MCP_E_TOO_LARGE,
			mcp_printf(call, "The result has more than %u chunks.", QUERY_CHUNKS_MAX),
			"A query reads all of them, and this is too much for one call.",
			"Run the query on the warehouse: execute_sql.");
}

/* After the last row of the chunk. */
static int
chunk_over(struct mcp_call *call, struct reading *reading, size_t count)
{
	bool grep = mcp_arg(call, "grep") != NULL;

	reading->chunk_row += (int64_t)count;
	/* No reply names a next chunk, but rows are missing, so there may be one. */
	reading->guess = reading->next < 0 && reading->chunks < 0 && count > 0 &&
			 reading->total > reading->chunk_row;
	if (reading->next < 0 && !reading->guess)
		return rows_end(call, reading, false);
	reading->chunk = reading->guess ? reading->chunk + 1 : reading->next;
	reading->read++;
	if (reading->query != 0)
		return query_goes_on(call, reading);
	if (reading->read >= CHUNKS_MAX || (reading->left == 0 && !grep))
		return rows_end(call, reading, true);
	return chunk_fetch(call, reading);
}

/* Shows the wanted rows of one chunk, then continues with the next or ends. */
static int
chunk_rows(struct mcp_call *call, struct reading *reading, struct json_object *rows)
{
	size_t count = rows != NULL ? json_object_array_length(rows) : 0;
	const char *text = mcp_arg(call, "grep");
	int64_t end = reading->chunk_row + (int64_t)count;
	int status;

	if (reading->query != 0)
		return query_tree(call, reading->query, rows) < 0
			 ? MCP_E_UNAVAILABLE
			 : chunk_over(call, reading, count);
	if (reading->n == 0 && count > 0) {
		status = columns_guess(call, reading, width_of(rows));
		if (status != MCP_OK)
			return status;
	}
	for (; reading->row < end; reading->row++) {
		struct json_object *row =
		    json_object_array_get_idx(rows, (size_t)(reading->row - reading->chunk_row));

		if (!rows_hold(row, text))
			continue;
		if (reading->left == 0)
			return rows_end(call, reading, true);
		status = rows_line(call, reading, row);
		if (status == MCP_E_TOO_LARGE)
			return rows_end(call, reading, true);
		if (status != MCP_OK)
			return status;
	}
	return chunk_over(call, reading, count);
}

/* The same for a list that is read from its bytes. A chunk may have many megabytes, and a tree of
 * it would have ten times as many. */
struct chunk {
	struct scan scan;
	struct mcp_text *all, *picked; /* the cells of a row, and those of the picked columns */
	size_t width;		       /* cells of a row that are read */
};

static int
scanned_line(struct mcp_call *call, struct reading *reading, struct chunk *chunk)
{
	int64_t n = scan_cells(call, &chunk->scan, chunk->all, chunk->width);

	if (n < 0) {
		chunk->scan.bad = true;
		return MCP_OK;
	}
	for (size_t i = 0; i < reading->n; i++)
		chunk->picked[i] = reading->column[i] < n ? chunk->all[reading->column[i]]
							  : (struct mcp_text){ NULL, 0 };
	return rows_picked(call, reading, chunk->picked);
}

static void
chunk_begin(struct mcp_call *call, const struct reading *reading, struct chunk *chunk)
{
	for (size_t i = 0; i < reading->n; i++)
		if (reading->column[i] >= chunk->width)
			chunk->width = reading->column[i] + (size_t)1;
	chunk->all = mcp_alloc(call, chunk->width * sizeof(*chunk->all));
	chunk->picked = mcp_alloc(call, (reading->n + 1) * sizeof(*chunk->picked));
}

static int
not_rows(struct mcp_call *call, const char *next)
{
	return mcp_fail(call, MCP_E_UPSTREAM, "The link to the rows leads to other content.",
			"The answer is not a JSON array with rows.", next);
}

static int
chunk_scanned(struct mcp_call *call, struct reading *reading, struct chunk *chunk, const char *next)
{
	int64_t at = reading->chunk_row;
	int status;

	if (reading->query != 0) {
		at = query_bytes(call, reading->query, &chunk->scan);
		if (at >= 0)
			return chunk_over(call, reading, (size_t)at);
		return chunk->scan.bad ? not_rows(call, next) : MCP_E_TOO_LARGE;
	}
	scan_search(&chunk->scan, mcp_arg(call, "grep"));
	chunk_begin(call, reading, chunk);
	for (; scan_row(&chunk->scan); at++) {
		if (at < reading->row)
			continue;
		reading->row = at;
		if (!scan_holds(call, &chunk->scan))
			continue;
		if (reading->left == 0)
			return rows_end(call, reading, true);
		status = scanned_line(call, reading, chunk);
		if (status == MCP_E_TOO_LARGE)
			return rows_end(call, reading, true);
		if (status != MCP_OK)
			return status;
	}
	if (chunk->scan.bad)
		return not_rows(call, next);
	reading->row = reading->row > at ? reading->row : at;
	return chunk_over(call, reading, (size_t)(at - reading->chunk_row));
}

static int
columns_guess(struct mcp_call *call, struct reading *reading, size_t width)
{
	return rows_pick(call, reading, mcp_keep(call, json_object_new_array()), width)
		 ? MCP_OK
		 : MCP_E_INPUT;
}

static struct mcp_words
chunk_words(struct mcp_call *call, const struct reading *reading)
{
	return (struct mcp_words){
		.object = "The next rows of the statement",
		.not_found =
		    "Results are kept for an hour: run the statement again with execute_sql.",
		.again = mcp_printf(call, "Call %s again.", rows_next(call, reading, 0)),
	};
}

/* The array of rows in the reply of a link. An object that contains the array is accepted too. */
static int
link_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct reading reading;
	struct mcp_words words;
	struct dbx_error error;
	const struct mcp_reply *reply = mcp_reply(call, 0);
	struct chunk chunk = { 0 };
	struct json_object *body;

	(void)len;
	memcpy(&reading, state, sizeof(reading));
	words = chunk_words(call, &reading);
	if (!dbx_ok(call, reply, &error)) {
		query_drop(reading.query);
		return dbx_fail(call, reply, &error, &words);
	}
	if ((reading.n > 0 || reading.query != 0) &&
	    scan_begin(&chunk.scan, reply->body.data, reply->body.len))
		return chunk_scanned(call, &reading, &chunk, words.again);
	body = mcp_reply_json(call, 0);
	if (!json_object_is_type(body, json_type_array))
		body = mcp_array(body, "data_array");
	if (body == NULL) {
		query_drop(reading.query);
		return not_rows(call, words.again);
	}
	return chunk_rows(call, &reading, body);
}

/* The request for a pre-signed link, with exactly the headers that the statement's reply
 * requires. */
static int
link_fetch(struct mcp_call *call, const struct reading *reading, struct json_object *link)
{
	struct json_object *wanted = mcp_get(link, "http_headers");
	struct mcp_header headers[LINK_HEADERS_MAX];
	struct mcp_http request = mcp_get_request(NULL, NULL);
	struct json_object_iter member;

	request.url = mcp_get_str(call, link, "external_link", "");
	request.headers = headers;
	if (json_object_is_type(wanted, json_type_object)) {
		json_object_object_foreachC(wanted, member)
			if (request.n_headers < LINK_HEADERS_MAX &&
			    json_object_is_type(member.val, json_type_string))
				headers[request.n_headers++] =
				    (struct mcp_header){ member.key,
							 json_object_get_string(member.val) };
	}
	mcp_mask(call, request.url);
	return mcp_suspend(call, &request, 1, 0, link_arrived, reading, sizeof(*reading));
}

/* The index of the chunk after the one in `result`; -1: not known. */
static int64_t
next_chunk(const struct reading *reading, struct json_object *result)
{
	int64_t next = mcp_get_int(result, "next_chunk_index",
				   mcp_get_int(result, "external_links.0.next_chunk_index", -1));

	if (next < 0)
		next = mcp_get_int(result, "external_links.1.chunk_index", -1);
	if (next < 0 && reading->chunks > reading->chunk + 1)
		next = reading->chunk + 1;
	return next > reading->chunk ? next : -1;
}

/* Shows the content of a statement's or chunk's reply, which is `result`: rows, or a link to
 * them. */
static int
result_read(struct mcp_call *call, struct reading *reading, struct json_object *result)
{
	struct json_object *link = mcp_get(result, "external_links.0");

	reading->next = next_chunk(reading, result);
	if (link != NULL)
		return link_fetch(call, reading, link);
	return chunk_rows(call, reading, mcp_array(result, "data_array"));
}

static int
chunk_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct reading reading;
	struct mcp_words words;
	struct dbx_error error;
	struct json_object *reply;

	(void)len;
	memcpy(&reading, state, sizeof(reading));
	if (reading.guess && !dbx_ok(call, mcp_reply(call, 0), &error) &&
	    (reading.shown > 0 || error.status == MCP_E_NOT_FOUND || error.status == MCP_E_INPUT))
		return rows_end(call, &reading, false);
	words = chunk_words(call, &reading);
	reply = dbx_reply(call, 0, &words);
	if (reply != NULL)
		return result_read(call, &reading, reply);
	query_drop(reading.query);
	return MCP_E_UPSTREAM;
}

static int
chunk_fetch(struct mcp_call *call, struct reading *reading)
{
	return mcp_fetch(call,
			 mcp_printf(call, "/api/2.0/sql/statements/{id}/result/chunks/%lld",
				    (long long)reading->chunk),
			 mcp_object(call, "id", reading->id, NULL), chunk_arrived, reading,
			 sizeof(*reading));
}

/* ---- the beginning --------------------------------------------------------------------------- */

/* Moves the reading to the chunk that contains its row. The chunk comes from the manifest's list or
 * the page token; otherwise reading begins at the first chunk. */
static void
chunk_find(struct mcp_call *call, struct reading *reading, struct json_object *manifest)
{
	struct json_object *chunks = mcp_objects(call, manifest, "chunks");
	size_t n = json_object_array_length(chunks);

	reading->listed = n > 0;
	for (size_t i = 1; i < n; i++) /* the API allows chunks without their position */
		if (mcp_get_int(json_object_array_get_idx(chunks, i), "row_offset", 0) <= 0)
			reading->listed = false;
	reading->chunks = mcp_get_int(manifest, "total_chunk_count", n > 0 ? (int64_t)n : -1);
	for (size_t i = 0; reading->listed && i < n; i++) {
		struct json_object *chunk = json_object_array_get_idx(chunks, i);
		int64_t first = mcp_get_int(chunk, "row_offset", 0);

		if (i == 0)
			reading->chunk = reading->chunk_row = 0;
		if (first < 0 || first > reading->row)
			break;
		reading->chunk = mcp_get_int(chunk, "chunk_index", (int64_t)i);
		reading->chunk_row = first;
	}
	snprintf(reading->first, sizeof(reading->first), "%s", rows_place(call, reading));
}

/* Reads the number at the start of `text` and returns its end. NULL when there is no number. */
static const char *
number(const char *text, int64_t *value)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 18)
		return NULL;
	*value = strtoll(text, NULL, 10);
	return text + digits;
}

/* Reads a page token: "ROW", or "ROW-CHUNK-FIRST". */
static bool
token_read(const char *token, struct reading *reading)
{
	const char *end = number(token, &reading->row);

	if (end != NULL && *end == '-')
		end = number(end + 1, &reading->chunk);
	else
		return end != NULL && *end == '\0';
	if (end != NULL && *end == '-')
		end = number(end + 1, &reading->chunk_row);
	else
		return false;
	return end != NULL && *end == '\0' && reading->chunk_row <= reading->row;
}

bool
rows_search_fits(struct mcp_call *call, const char *argument, size_t len)
{
	if (len <= ROWS_SEARCH_MAX)
		return true;
	mcp_fail(call, MCP_E_INPUT, mcp_printf(call, "The text in %s is too long.", argument),
		 mcp_printf(call, "A text of at most %u bytes can be searched for.",
			    ROWS_SEARCH_MAX),
		 "Search for a part of it.");
	return false;
}

bool
rows_token(struct mcp_call *call, struct reading *reading)
{
	const char *token = mcp_arg(call, "page_token");

	if (token != NULL && token[0] != '\0' && !token_read(token, reading)) {
		mcp_fail(call, MCP_E_INPUT, "page_token is not valid for this tool.", NULL,
			 "Use the page_token from the end line of the last answer.");
		return false;
	}
	reading->begun_at = reading->row;
	return true;
}

int
rows_read(struct mcp_call *call, struct reading *reading, struct json_object *reply)
{
	struct json_object *manifest = mcp_get(reply, "manifest");
	struct json_object *result = mcp_get(reply, "result");
	struct json_object *columns = mcp_objects(call, manifest, "schema.columns");

	reading->total = mcp_get_int(manifest, "total_row_count", -1);
	reading->truncated = mcp_get_bool(manifest, "truncated", false);
	reading->left = reading->rows;
	chunk_find(call, reading, manifest);
	/* A chunk that only a page token names may no longer exist. Then there are no more rows. */
	reading->guess = !reading->listed && reading->chunk > 0;
	if (reading->listed && reading->total >= 0 && reading->row > reading->total)
		return mcp_fail(call, MCP_E_INPUT,
				mcp_printf(call, "page_token %lld is after the last of %lld rows.",
					   (long long)reading->row, (long long)reading->total),
				NULL, "Use the page_token from the end line of the last answer.");
	if (reading->page && query_wanted(call)) {
		reading->query = query_begin(call, reading, columns);
		if (reading->query == 0)
			return MCP_E_INPUT;
		reading->row = reading->chunk = reading->chunk_row = 0;
		reading->guess = false;
		return result_read(call, reading, result);
	}
	if (json_object_array_length(columns) > 0 &&
	    !rows_pick(call, reading, columns, json_object_array_length(columns)))
		return MCP_E_INPUT;
	return reading->chunk == 0 ? result_read(call, reading, result)
				   : chunk_fetch(call, reading);
}

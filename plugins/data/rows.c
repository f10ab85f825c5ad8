/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of a finished statement. The first chunk comes with the reply; others, and results behind
 * pre-signed links, are fetched here. Such a link gets no credential: it carries its own.
 */
#include "data.h"

#include <string.h>

/* What the end line needs, while chunks are fetched. */
struct shown {
	struct statement statement;
	int64_t total;	   /* -1: not said */
	int64_t row_offset; /* of the chunk at hand */
	bool truncated;	   /* the platform kept only `total` of more */
	size_t columns_len; /* 0: too many to carry, they are asked for again */
	char columns[MCP_STATE_MAX - sizeof(struct statement) - 64]; /* JSON of the columns */
};

_Static_assert(sizeof(struct shown) <= MCP_STATE_MAX, "the state of a result must fit");

static const char *
next_page(struct mcp_call *call, const void *data, size_t count)
{
	const struct statement *statement = data;

	return mcp_printf(call, "get_statement_result statement_id=%s page_token=%lld",
			  statement->id, (long long)statement->offset + (long long)count);
}

bool
rows_head(struct mcp_call *call, struct json_object *columns, const uint16_t *picked, size_t n)
{
	struct mcp_column *heads = mcp_alloc(call, (n + 1) * sizeof(*heads));

	if (n == 0 || n > ROWS_COLUMNS_MAX) {
		mcp_fail(call, n == 0 ? MCP_E_UPSTREAM : MCP_E_TOO_LARGE,
			 mcp_printf(call, "The result has %zu columns.", n),
			 mcp_printf(call, "1 to %d can be shown.", ROWS_COLUMNS_MAX),
			 "Select the columns that matter, with execute_sql.");
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		struct json_object *column =
		    json_object_array_get_idx(columns, picked != NULL ? picked[i] : i);

		heads[i].name = mcp_get_str(call, column, "name", "");
		heads[i].type = mcp_get_str(call, column, "type_text", NULL);
	}
	return mcp_table(call, heads, n) == MCP_OK;
}

int
rows_line(struct mcp_call *call, struct json_object *row, const uint16_t *picked, size_t n)
{
	struct mcp_text *cells = mcp_alloc(call, (n + 1) * sizeof(*cells));
	size_t width = json_object_is_type(row, json_type_array)
	    ? json_object_array_length(row) : 0;

	for (size_t i = 0; i < n; i++) {
		size_t at = picked != NULL ? picked[i] : i;
		struct json_object *cell = at < width ? json_object_array_get_idx(row, at) : NULL;

		if (cell == NULL)
			continue;
		cells[i].data = json_object_get_string(cell);
		cells[i].len = json_object_is_type(cell, json_type_string)
		    ? (size_t)json_object_get_string_len(cell) : strlen(cells[i].data);
	}
	return mcp_table_row(call, cells, n);
}

static int
result_end(struct mcp_call *call, const struct shown *shown, int64_t end_row)
{
	const struct statement *statement = &shown->statement;
	bool left = shown->total > end_row;

	return mcp_table_end(call, &(struct mcp_table_end){
	    .size = sizeof(struct mcp_table_end),
	    .noun = "rows",
	    .total = shown->total >= 0 ? shown->total : end_row,
	    .at_least = shown->truncated,
	    .more = left || shown->truncated,
	    .next = left ? next_page(call, statement, (size_t)(end_row - statement->offset))
		: shown->truncated ? "select fewer rows or columns; the rest was not kept" : NULL,
	    .next_from = next_page,
	    .next_data = statement,
	});
}

/* A preview knows that there is more, not how much. */
static int
sample_end(struct mcp_call *call, const struct statement *statement, bool more)
{
	return mcp_table_end(call, &(struct mcp_table_end){
	    .size = sizeof(struct mcp_table_end),
	    .noun = "rows",
	    .total = -1,
	    .more = more,
	    .next = more ? "execute_sql, with conditions or an aggregate" : NULL,
	    .next_from = next_page,
	    .next_data = statement,
	});
}

static int
note_said(struct mcp_call *call, const struct statement *statement, int status)
{
	if (status == MCP_OK && statement->note[0] != '\0')
		return mcp_say(call, "%s", statement->note);
	return status;
}

/* Writes the wanted rows of one chunk, and the end line. */
static int
chunk_show(struct mcp_call *call, const struct shown *shown, struct json_object *columns,
	   struct json_object *rows)
{
	const struct statement *statement = &shown->statement;
	size_t n = columns != NULL ? json_object_array_length(columns) : 0;
	size_t count = rows != NULL ? json_object_array_length(rows) : 0;
	size_t first = (size_t)(statement->offset - shown->row_offset), at = first;
	int status = MCP_OK;

	if (!rows_head(call, columns, NULL, n))
		return MCP_E_TOO_LARGE;
	for (; at < count && at - first < (size_t)statement->rows && status == MCP_OK; at++)
		status = rows_line(call, json_object_array_get_idx(rows, at), NULL, n);
	if (status != MCP_OK && status != MCP_E_TOO_LARGE)
		return status;
	return note_said(call, statement,
			 statement->sample ? sample_end(call, statement, count > at)
			 : result_end(call, shown, shown->row_offset + (int64_t)at));
}

/* The columns: carried along, or from the statement, which was asked for again as reply 1. */
static struct json_object *
columns_again(struct mcp_call *call, const struct shown *shown)
{
	if (shown->columns_len > 0)
		return mcp_json(call, shown->columns, shown->columns_len);
	return dbx_array(dbx_reply(call, 1, &(struct dbx_words){
	    .object = mcp_printf(call, "Statement %s", shown->statement.id) }),
			 "manifest.schema.columns");
}

static struct dbx_words
chunk_words(struct mcp_call *call, const struct shown *shown)
{
	return (struct dbx_words){
		.object = "The next rows of the statement",
		.not_found = "Results are kept for an hour: run it again with execute_sql.",
		.again = mcp_printf(call, "Call get_statement_result statement_id=%s "
				    "page_token=%lld again.", shown->statement.id,
				    (long long)shown->statement.offset),
	};
}

static int
chunk_arrived(struct mcp_call *call, const void *state, size_t len)
{
	const struct shown *shown = state;
	struct dbx_words words = chunk_words(call, shown);
	struct json_object *columns = columns_again(call, shown);
	struct json_object *reply = dbx_reply(call, 0, &words);

	(void)len;
	return reply != NULL ? chunk_show(call, shown, columns, dbx_array(reply, "data_array"))
			     : MCP_E_UPSTREAM;
}

/* A link answers the bare array. */
static int
linked_arrived(struct mcp_call *call, const void *state, size_t len)
{
	const struct shown *shown = state;
	struct dbx_words words = chunk_words(call, shown);
	struct json_object *columns = columns_again(call, shown);
	struct json_object *rows = dbx_reply_array(call, 0, &words);

	(void)len;
	return rows != NULL ? chunk_show(call, shown, columns, rows) : MCP_E_UPSTREAM;
}

struct mcp_http
rows_link(struct mcp_call *call, struct json_object *link,
	  struct mcp_header headers[LINK_HEADERS_MAX])
{
	struct json_object *wanted = mcp_get(link, "http_headers");
	struct mcp_http request = mcp_get_request(NULL, NULL);

	request.url = mcp_get_str(call, link, "external_link", "");
	request.headers = headers;
	if (json_object_is_type(wanted, json_type_object)) {
		json_object_object_foreach(wanted, name, value)
			if (request.n_headers < LINK_HEADERS_MAX)
				headers[request.n_headers++] = (struct mcp_header){
					name, json_object_get_string(value) };
	}
	mcp_mask(call, request.url);
	return request;
}

/* Makes the request for rows, and for the columns beside it where they could not be carried. */
static int
rows_fetch(struct mcp_call *call, const struct mcp_http *rows, mcp_step_fn fn,
	   const struct shown *shown)
{
	struct mcp_http request[2] = { *rows };
	size_t n = 1;

	if (shown->columns_len == 0) {
		if (!dbx_get_request(call, &request[1], "/api/2.0/sql/statements/{id}",
				     dbx_object(call, "id", shown->statement.id, NULL)))
			return MCP_E_INPUT;
		n = 2;
	}
	return mcp_suspend(call, request, n, 0, fn, shown, sizeof(*shown));
}

/* Fetches what a pre-signed link points to, with just the headers that it asks for. */
static int
link_fetch(struct mcp_call *call, struct shown *shown, struct json_object *link)
{
	struct mcp_header headers[LINK_HEADERS_MAX];
	struct mcp_http request = rows_link(call, link, headers);

	shown->row_offset = mcp_get_int(link, "row_offset", 0);
	return rows_fetch(call, &request, linked_arrived, shown);
}

/* A chunk: its rows, or a link to them. */
static int
link_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct shown shown;
	struct json_object *link = mcp_get(mcp_reply_json(call, 0), "external_links.0");

	memcpy(&shown, state, sizeof(shown));
	return link != NULL ? link_fetch(call, &shown, link) : chunk_arrived(call, state, len);
}

int64_t
rows_chunk(struct mcp_call *call, struct json_object *manifest, int64_t row, int64_t *first)
{
	struct json_object *chunks = dbx_objects(call, manifest, "chunks");
	int64_t index = 0;

	*first = 0;
	for (size_t i = 0; i < json_object_array_length(chunks); i++) {
		struct json_object *chunk = json_object_array_get_idx(chunks, i);

		if (mcp_get_int(chunk, "row_offset", 0) > row)
			break;
		index = mcp_get_int(chunk, "chunk_index", (int64_t)i);
		*first = mcp_get_int(chunk, "row_offset", 0);
	}
	return index;
}

/* Carries the columns to the next step, if they fit. */
static void
columns_keep(struct mcp_call *call, struct json_object *columns, struct shown *shown)
{
	struct json_object *kept = mcp_keep(call, json_object_new_array());
	const char *text;
	size_t len;

	for (size_t i = 0; i < json_object_array_length(columns); i++)
		json_object_array_add(kept, json_object_get(dbx_pick(call,
		    json_object_array_get_idx(columns, i), "name", "type_text", NULL)));
	text = json_object_to_json_string_ext(kept, JSON_C_TO_STRING_PLAIN);
	len = strlen(text);
	shown->columns_len = len < sizeof(shown->columns) ? len : 0;
	memcpy(shown->columns, text, shown->columns_len);
}

/* DDL and the like have no columns. */
static int
say_done(struct mcp_call *call, const struct statement *statement)
{
	return mcp_say(call, "Done, without rows. Statement %s%s%s.", statement->id,
		       statement->warehouse[0] != '\0' ? " on warehouse " : "",
		       statement->warehouse);
}

/* Rows that the reply itself does not hold. */
static int
chunk_fetch(struct mcp_call *call, struct shown *shown, int64_t chunk)
{
	struct mcp_http request;

	if (!dbx_get_request(call, &request,
			     mcp_printf(call, "/api/2.0/sql/statements/{id}/result/chunks/%lld",
					(long long)chunk),
			     dbx_object(call, "id", shown->statement.id, NULL)))
		return MCP_E_INPUT;
	return rows_fetch(call, &request, link_arrived, shown);
}

int
rows_show(struct mcp_call *call, struct json_object *reply, const struct statement *statement)
{
	struct shown shown = { .statement = *statement };
	struct json_object *manifest = mcp_get(reply, "manifest");
	struct json_object *columns = dbx_objects(call, manifest, "schema.columns");
	struct json_object *link = mcp_get(reply, "result.external_links.0");
	int64_t chunk;

	if (json_object_array_length(columns) == 0)
		return say_done(call, statement);
	shown.total = mcp_get_int(manifest, "total_row_count", -1);
	shown.truncated = mcp_get_bool(manifest, "truncated", false);
	if (shown.total >= 0 && statement->offset > shown.total)
		return mcp_fail(call, MCP_E_INPUT,
				mcp_printf(call, "page_token %lld is behind the last of %lld rows.",
					   (long long)statement->offset, (long long)shown.total),
				NULL, "Use the page_token of the last answer's end line.");
	if (statement->warehouse[0] != '\0')
		mcp_say(call, "statement_id: %s (warehouse %s)", statement->id,
			statement->warehouse);
	columns_keep(call, columns, &shown);
	chunk = rows_chunk(call, manifest, statement->offset, &shown.row_offset);
	if (chunk == 0 && link != NULL)
		return link_fetch(call, &shown, link);
	if (chunk == 0)
		return chunk_show(call, &shown, columns, dbx_array(reply, "result.data_array"));
	return chunk_fetch(call, &shown, chunk);
}

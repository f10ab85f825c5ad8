/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of a finished statement. The first chunk comes with the reply; others, and results behind
 * pre-signed links, are fetched here. Such a link gets no credential: it carries its own.
 */
#include "data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 1000
#define LINK_HEADERS_MAX 16

/* What the end line needs, while chunks are fetched. */
struct shown {
	struct statement statement;
	int64_t total;	   /* -1: not said */
	int64_t row_offset; /* of the chunk at hand */
	bool truncated;	   /* the platform kept only `total` of more */
	size_t columns_len;
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

/* Names and types of the columns; false with the call failed when there are too many. */
static bool
table_head(struct mcp_call *call, struct json_object *columns)
{
	size_t n = columns != NULL ? json_object_array_length(columns) : 0;
	struct mcp_column *heads = mcp_alloc(call, (n + 1) * sizeof(*heads));

	if (n > COLUMNS_MAX) {
		mcp_failf(call, MCP_E_TOO_LARGE, "The result has %zu columns; select at most %d.",
			  n, COLUMNS_MAX);
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		struct json_object *column = json_object_array_get_idx(columns, i);

		heads[i].name = mcp_get_str(call, column, "name", "");
		heads[i].type = mcp_get_str(call, column, "type_text", NULL);
	}
	return mcp_table(call, heads, n) == MCP_OK;
}

static int
table_line(struct mcp_call *call, struct json_object *row, struct mcp_text *cells, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct json_object *cell = json_object_array_get_idx(row, i);

		cells[i] = (struct mcp_text){ NULL, 0 };
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

/* Writes the wanted rows of one chunk, and the end line. */
static int
chunk_show(struct mcp_call *call, const struct shown *shown, struct json_object *rows)
{
	struct json_object *columns = mcp_json(call, shown->columns, shown->columns_len);
	size_t n = columns != NULL ? json_object_array_length(columns) : 0;
	size_t count = rows != NULL ? json_object_array_length(rows) : 0;
	size_t first = (size_t)(shown->statement.offset - shown->row_offset), at = first;
	struct mcp_text *cells = mcp_alloc(call, (n + 1) * sizeof(*cells));
	int64_t end_row;
	int status = MCP_OK;

	if (!table_head(call, columns))
		return MCP_E_TOO_LARGE;
	for (; at < count && at - first < (size_t)shown->statement.rows && status == MCP_OK; at++)
		status = table_line(call, json_object_array_get_idx(rows, at), cells, n);
	if (status != MCP_OK && status != MCP_E_TOO_LARGE)
		return status;
	end_row = shown->row_offset + (int64_t)at;
	return shown->statement.sample ? sample_end(call, &shown->statement, count > at)
				       : result_end(call, shown, end_row);
}

static int
chunk_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct json_object *reply = dbx_reply(call, 0, &(struct dbx_words){
	    .object = "The next rows of the statement",
	    .not_found = "Results are kept for an hour: run it again with execute_sql." });

	(void)len;
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	/* A link answers the bare array, the chunk call an object around it. */
	return chunk_show(call, state, json_object_is_type(reply, json_type_array)
	    ? reply : mcp_get(reply, "data_array"));
}

/* Fetches what a pre-signed link points to, with just the headers that it asks for. */
static int
link_fetch(struct mcp_call *call, struct shown *shown, struct json_object *link)
{
	struct json_object *wanted = mcp_get(link, "http_headers");
	struct mcp_header headers[LINK_HEADERS_MAX];
	struct mcp_http request = mcp_get_request(NULL, NULL);

	request.url = mcp_get_str(call, link, "external_link", "");
	request.headers = headers;
	if (wanted != NULL) {
		json_object_object_foreach(wanted, name, value)
			if (request.n_headers < LINK_HEADERS_MAX)
				headers[request.n_headers++] = (struct mcp_header){
					name, json_object_get_string(value) };
	}
	mcp_mask(call, request.url);
	shown->row_offset = mcp_get_int(link, "row_offset", 0);
	return mcp_suspend(call, &request, 1, 0, chunk_arrived, shown, sizeof(*shown));
}

static int
link_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct shown shown;
	struct json_object *reply = dbx_reply(call, 0, &(struct dbx_words){
	    .object = "The link to the next rows of the statement" });
	struct json_object *link = mcp_get(reply, "external_links.0");

	(void)len;
	memcpy(&shown, state, sizeof(shown));
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	if (link != NULL)
		return link_fetch(call, &shown, link);
	return chunk_show(call, &shown, mcp_get(reply, "data_array"));
}

/* The chunk that holds the row; its offset goes into `shown`. */
static int64_t
chunk_of(struct json_object *manifest, struct shown *shown)
{
	struct json_object *chunks = mcp_get(manifest, "chunks");
	int64_t index = 0;

	for (size_t i = 0; chunks != NULL && i < json_object_array_length(chunks); i++) {
		struct json_object *chunk = json_object_array_get_idx(chunks, i);

		if (mcp_get_int(chunk, "row_offset", 0) > shown->statement.offset)
			break;
		index = mcp_get_int(chunk, "chunk_index", (int64_t)i);
		shown->row_offset = mcp_get_int(chunk, "row_offset", 0);
	}
	return index;
}

static bool
columns_keep(struct mcp_call *call, struct json_object *reply, struct shown *shown)
{
	struct json_object *columns = mcp_get(reply, "manifest.schema.columns");
	struct json_object *kept = mcp_keep(call, json_object_new_array());
	const char *text;

	for (size_t i = 0; columns != NULL && i < json_object_array_length(columns); i++)
		json_object_array_add(kept, json_object_get(dbx_pick(call,
		    json_object_array_get_idx(columns, i), "name", "type_text", NULL)));
	text = json_object_to_json_string_ext(kept, JSON_C_TO_STRING_PLAIN);
	shown->columns_len = strlen(text);
	if (shown->columns_len >= sizeof(shown->columns)) {
		mcp_fail(call, MCP_E_TOO_LARGE, "The result has too many columns to show.", NULL,
			 "Select the columns that matter.");
		return false;
	}
	memcpy(shown->columns, text, shown->columns_len);
	return true;
}

/* DDL and the like have no columns. */
static int
say_done(struct mcp_call *call, const struct statement *statement)
{
	return mcp_say(call, "Done, without rows. Statement %s%s%s.", statement->id,
		       statement->warehouse[0] != '\0' ? " on warehouse " : "",
		       statement->warehouse);
}

int
rows_show(struct mcp_call *call, struct json_object *reply, const struct statement *statement)
{
	struct shown shown = { .statement = *statement };
	struct json_object *manifest = mcp_get(reply, "manifest");
	struct json_object *link = mcp_get(reply, "result.external_links.0");
	int64_t chunk;

	if (mcp_get_int(manifest, "schema.column_count", 0) == 0)
		return say_done(call, statement);
	shown.total = mcp_get_int(manifest, "total_row_count", -1);
	shown.truncated = mcp_get_bool(manifest, "truncated", false);
	if (!columns_keep(call, reply, &shown))
		return MCP_E_TOO_LARGE;
	if (shown.total >= 0 && statement->offset > shown.total)
		return mcp_failf(call, MCP_E_INPUT, "page_token %lld is behind the last of %lld "
				 "rows.", (long long)statement->offset, (long long)shown.total);
	if (statement->warehouse[0] != '\0')
		mcp_say(call, "statement_id: %s (warehouse %s)", statement->id,
			statement->warehouse);
	chunk = chunk_of(manifest, &shown);
	if (chunk == 0 && link != NULL)
		return link_fetch(call, &shown, link);
	if (chunk == 0)
		return chunk_show(call, &shown, mcp_get(reply, "result.data_array"));
	return dbx_get(call, mcp_printf(call, "/api/2.0/sql/statements/{id}/result/chunks/%lld",
					(long long)chunk),
		       dbx_object(call, "id", statement->id, NULL), link_arrived, &shown,
		       sizeof(shown));
}

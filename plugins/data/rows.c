/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a finished statement, read chunk by chunk into one table. Each chunk names the next one;
 * totals and the list of chunks are optional in the API. Pre-signed links to rows are fetched
 * without a credential, because each link contains its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "scan.h"

#define CHUNKS_MAX 50 /* most chunks that one call reads */

_Static_assert(sizeof(struct reading) <= MCP_STATE_MAX, "the state of a reading must fit");

/* ---- one row --------------------------------------------------------------------------------- */

/* The name of a column that has no name in the manifest. */
static const char *
plain_name(struct mcp_call *call, size_t index)
{
	return mcp_printf(call, "_c%zu", index);
}

const char *
rows_column(struct mcp_call *call, struct json_object *columns, size_t index)
{
	const char *name =
	    index < json_object_array_length(columns)
		? mcp_get_str(call, json_object_array_get_idx(columns, index), "name", NULL)
		: NULL;

	return name != NULL ? name : plain_name(call, index);
}

bool
rows_head(struct mcp_call *call, struct json_object *columns, const struct reading *reading)
{
	struct mcp_column *heads = mcp_alloc(call, (reading->n + 1) * sizeof(*heads));
	size_t known = json_object_array_length(columns);

	if (reading->warehouse[0] != '\0')
		mcp_say(call, "statement_id: %s (warehouse %s)", reading->id, reading->warehouse);
	for (size_t i = 0; i < reading->n; i++) {
		size_t at = reading->column[i];

		heads[i].name = rows_column(call, columns, at);
		heads[i].type = at < known
				  ? mcp_get_str(call, json_object_array_get_idx(columns, at),
						"type_text", NULL)
				  : NULL;
	}
	return mcp_table(call, heads, reading->n) == MCP_OK;
}

static bool
holds(struct json_object *row, const char *text)
{
	size_t n = json_object_is_type(row, json_type_array) ? json_object_array_length(row) : 0;

	if (text == NULL)
		return true;
	for (size_t i = 0; i < n; i++) {
		struct json_object *cell = json_object_array_get_idx(row, i);

		if (cell != NULL && strcasestr(json_object_get_string(cell), text) != NULL)
			return true;
	}
	return false;
}

static struct mcp_text
cell_text(struct json_object *cell)
{
	const char *text;

	if (cell == NULL)
		return (struct mcp_text){ NULL, 0 };
	if (json_object_is_type(cell, json_type_string))
		return (struct mcp_text){ json_object_get_string(cell),
					  (size_t)json_object_get_string_len(cell) };
	text = json_object_to_json_string_ext(cell, JSON_C_TO_STRING_PLAIN |
							JSON_C_TO_STRING_NOSLASHESCAPE);
	return (struct mcp_text){ text, strlen(text) };
}

/* Adds a row of the picked columns. */
static int
picked_line(struct mcp_call *call, struct reading *reading, struct mcp_text *cells)
{
	int64_t goes_on = reading->goes_on;
	int status;

	for (size_t i = 0; reading->cell_chars > 0 && i < reading->n; i++)
		cell_slice(call, reading, &cells[i], &goes_on);
	status = mcp_table_row(call, cells, reading->n);
	if (status != MCP_OK)
		return status;
	reading->goes_on = goes_on;
	reading->left--;
	reading->shown++;
	return MCP_OK;
}

static int
row_line(struct mcp_call *call, struct reading *reading, struct json_object *row)
{
	struct mcp_text *cells = mcp_alloc(call, (reading->n + 1) * sizeof(*cells));
	size_t width =
	    json_object_is_type(row, json_type_array) ? json_object_array_length(row) : 0;

	for (size_t i = 0; i < reading->n; i++)
		if (reading->column[i] < width)
			cells[i] = cell_text(json_object_array_get_idx(row, reading->column[i]));
	return picked_line(call, reading, cells);
}

/* ---- the end line ---------------------------------------------------------------------------- */

/* Writes the position of a page. The chunk is included only when it could not be found otherwise
 * without reading all earlier chunks. */
static const char *
page_token(struct mcp_call *call, const struct reading *reading)
{
	if (reading->listed || reading->chunk == 0)
		return mcp_printf(call, "%lld", (long long)reading->row);
	return mcp_printf(call, "%lld-%lld-%lld", (long long)reading->row,
			  (long long)reading->chunk, (long long)reading->chunk_row);
}

/* Writes the arguments that affect the answer, so that the next call repeats them. */
static const char *
shape(struct mcp_call *call, const char *const *names)
{
	const char *more = mcp_repeat(call, names);

	return more != NULL ? mcp_printf(call, " %s", more) : "";
}

/* Writes the call that continues at the current row of the reading. */
static const char *
how_next(struct mcp_call *call, const void *data, size_t shown)
{
	const struct reading *reading = data;

	(void)shown; /* the reading has stopped at the row that was not shown */
	if (reading->sample)
		return sample_next(call, reading->shown);
	return mcp_printf(call, "%s statement_id=%s page_token=%s%s",
			  reading->page ? "get_result_page" : "get_statement_result", reading->id,
			  page_token(call, reading),
			  shape(call, (const char *const[]){ "columns", "grep", "row_limit",
							     "cell_chars", "format", NULL }));
}

/* Writes the call that shows the same rows with longer cells. */
static const char *
how_whole(struct mcp_call *call, const struct reading *reading)
{
	return mcp_printf(call,
			  "get_result_page statement_id=%s page_token=%s row_limit=%lld "
			  "cell_chars=%lld%s",
			  reading->id, reading->first,
			  (long long)(reading->shown > 0 ? reading->shown : 1),
			  (long long)mcp_number(call, MCP_NUM_MAX_TEXT),
			  shape(call, (const char *const[]){ "columns", "grep", "format", NULL }));
}

/* Notes for which the end line has no room. */
static int
notes_said(struct mcp_call *call, const struct reading *reading, bool more, int64_t came)
{
	int64_t most = mcp_number(call, MCP_NUM_MAX_ROWS);

	if (!more && reading->total > came && !reading->sample)
		mcp_say(call, "The platform counts %lld rows, but sent only %lld.",
			(long long)reading->total, (long long)came);
	if (!more && reading->truncated)
		mcp_say(call, "The platform kept only a part of the result. Select fewer rows or "
			      "columns, or write all rows to a file: execute_sql with to_file.");
	if (more && mcp_arg_int(call, "row_limit", 0) > most)
		mcp_say(call, "The operator's limit is %lld rows in one answer.", (long long)most);
	if (reading->goes_on > 0)
		mcp_say(call,
			"Some cells are longer. Next: get_result_page statement_id=%s "
			"page_token=%s row_limit=%lld cell_from=%lld%s",
			reading->id, reading->first,
			(long long)(reading->shown > 0 ? reading->shown : 1),
			(long long)reading->goes_on,
			shape(call, (const char *const[]){ "cell_chars", "columns", "grep",
							   "format", NULL }));
	if (reading->note[0] != '\0')
		mcp_say(call, "%s", reading->note);
	return MCP_OK;
}

/* DDL and similar statements have no columns. */
static int
no_rows(struct mcp_call *call, const struct reading *reading)
{
	if (reading->page)
		mcp_say(call, "Statement %s has no rows.", reading->id);
	else
		mcp_say(call, "Done, without rows. Statement %s%s%s.", reading->id,
			reading->warehouse[0] != '\0' ? " on warehouse " : "", reading->warehouse);
	return notes_said(call, reading, false, 0);
}

/* Ends the table. `more` means that some rows were not read. */
static int
reading_end(struct mcp_call *call, const struct reading *reading, bool more)
{
	bool grep = mcp_arg(call, "grep") != NULL;
	int64_t came = reading->chunk_row, total = more ? reading->total : came;
	int status;

	if (!more && reading->row > came)
		return mcp_fail(call, MCP_E_INPUT,
				mcp_printf(call, "page_token %lld is after the last of %lld rows.",
					   (long long)reading->row, (long long)came),
				NULL, "Use the page_token from the end line of the last answer.");
	if (reading->n == 0)
		return no_rows(call, reading);
	if (total <= reading->row && more)
		total = -1; /* this is less than the complete result */
	if (grep)
		total = more || reading->begun_at > 0 ? -1 : reading->shown;
	status = mcp_table_end(call, &(struct mcp_table_end){
					 .size = sizeof(struct mcp_table_end),
					 .noun = grep ? "matching rows" : "rows",
					 .total = reading->sample ? -1 : total,
					 .at_least = reading->truncated && !grep,
					 .more = more,
					 .next = more ? how_next(call, reading, 0) : NULL,
					 .next_from = how_next,
					 .next_data = reading,
					 .whole = how_whole(call, reading),
				     });
	return status == MCP_OK ? notes_said(call, reading, more, came) : status;
}

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
		return reading_end(call, reading, false);
	reading->chunk = reading->guess ? reading->chunk + 1 : reading->next;
	if (++reading->read >= CHUNKS_MAX || (reading->left == 0 && !grep))
		return reading_end(call, reading, true);
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

	if (reading->n == 0 && count > 0) {
		status = columns_guess(call, reading, width_of(rows));
		if (status != MCP_OK)
			return status;
	}
	for (; reading->row < end; reading->row++) {
		struct json_object *row =
		    json_object_array_get_idx(rows, (size_t)(reading->row - reading->chunk_row));

		if (!holds(row, text))
			continue;
		if (reading->left == 0)
			return reading_end(call, reading, true);
		status = row_line(call, reading, row);
		if (status == MCP_E_TOO_LARGE)
			return reading_end(call, reading, true);
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
	return picked_line(call, reading, chunk->picked);
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

	scan_search(&chunk->scan, mcp_arg(call, "grep"));
	chunk_begin(call, reading, chunk);
	for (; scan_row(&chunk->scan); at++) {
		if (at < reading->row)
			continue;
		reading->row = at;
		if (!scan_holds(call, &chunk->scan))
			continue;
		if (reading->left == 0)
			return reading_end(call, reading, true);
		status = scanned_line(call, reading, chunk);
		if (status == MCP_E_TOO_LARGE)
			return reading_end(call, reading, true);
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
		.again = mcp_printf(call, "Call %s again.", how_next(call, reading, 0)),
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
	if (!dbx_ok(call, reply, &error))
		return dbx_fail(call, reply, &error, &words);
	if (reading.n > 0 && scan_begin(&chunk.scan, reply->body.data, reply->body.len))
		return chunk_scanned(call, &reading, &chunk, words.again);
	body = mcp_reply_json(call, 0);
	if (!json_object_is_type(body, json_type_array))
		body = mcp_array(body, "data_array");
	if (body == NULL)
		return not_rows(call, words.again);
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
		return reading_end(call, &reading, false);
	words = chunk_words(call, &reading);
	reply = dbx_reply(call, 0, &words);
	return reply != NULL ? result_read(call, &reading, reply) : MCP_E_UPSTREAM;
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
	snprintf(reading->first, sizeof(reading->first), "%s", page_token(call, reading));
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
	if (json_object_array_length(columns) > 0 &&
	    !rows_pick(call, reading, columns, json_object_array_length(columns)))
		return MCP_E_INPUT;
	return reading->chunk == 0 ? result_read(call, reading, result)
				   : chunk_fetch(call, reading);
}

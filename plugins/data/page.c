/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading on in a result that the platform keeps: chosen columns, rows that hold a text. Walks over
 * the chunks of the result; the table stays open from one to the next.
 */
#include "data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNKS_MAX 50 /* that one call reads */

/* From chunk to chunk. */
struct walk {
	char id[64];
	int64_t row;	   /* the next to look at */
	int64_t left;	   /* rows still to show */
	int64_t shown;
	int64_t total;	   /* -1: not said */
	int64_t chunk;	   /* at hand */
	int64_t chunk_row; /* its first */
	unsigned chunks;   /* read so far */
	bool truncated;	   /* the platform kept only a part */
	size_t n;
	uint16_t column[ROWS_COLUMNS_MAX];
};

_Static_assert(sizeof(struct walk) <= MCP_STATE_MAX, "the state of a walk must fit");

/* ---- the end line ---------------------------------------------------------------------------- */

/* The call that reads on from the walk's row: columns=["a","b"] grep=x */
static const char *
how_next(struct mcp_call *call, const void *data, size_t shown)
{
	const struct walk *walk = data;
	const char *more = dbx_repeat(call, (const char *const[]){ "grep", NULL });
	struct json_object *wanted = mcp_arg_json(call, "columns");
	const char *columns = wanted == NULL ? NULL
	    : json_object_to_json_string_ext(wanted, JSON_C_TO_STRING_PLAIN);

	(void)shown; /* the walk has stopped at the row that was not shown */
	return mcp_printf(call, "get_result_page statement_id=%s page_token=%lld%s%s%s%s",
			  walk->id, (long long)walk->row, columns != NULL ? " columns=" : "",
			  columns != NULL ? columns : "", more != NULL ? " " : "",
			  more != NULL ? more : "");
}

/* `more`: there are rows that were not looked at. */
static int
walk_end(struct mcp_call *call, const struct walk *walk, bool more)
{
	bool grep = mcp_arg(call, "grep") != NULL;

	return mcp_table_end(call, &(struct mcp_table_end){
	    .size = sizeof(struct mcp_table_end),
	    .noun = grep ? "matching rows" : "rows",
	    .total = grep ? (more || mcp_arg(call, "page_token") != NULL ? -1 : walk->shown)
			  : walk->total,
	    .at_least = walk->truncated && !grep,
	    .more = more,
	    .next = more ? how_next(call, walk, 0)
		: walk->truncated ? "the rest was not kept: select fewer rows or columns" : NULL,
	    .next_from = how_next,
	    .next_data = walk,
	});
}

/* ---- rows ------------------------------------------------------------------------------------ */

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

static int chunk_fetch(struct mcp_call *call, struct walk *walk);

/* Shows what is wanted of one chunk, then goes on to the next or ends. */
static int
chunk_rows(struct mcp_call *call, struct walk *walk, struct json_object *rows)
{
	size_t count = rows != NULL ? json_object_array_length(rows) : 0;
	const char *text = mcp_arg(call, "grep");
	int64_t end = walk->chunk_row + (int64_t)count;
	int status;

	for (; walk->row < end; walk->row++) {
		struct json_object *row =
		    json_object_array_get_idx(rows, (size_t)(walk->row - walk->chunk_row));

		if (!holds(row, text))
			continue;
		if (walk->left == 0)
			return walk_end(call, walk, true);
		status = rows_line(call, row, walk->column, walk->n);
		if (status == MCP_E_TOO_LARGE)
			return walk_end(call, walk, true);
		if (status != MCP_OK)
			return status;
		walk->left--;
		walk->shown++;
	}
	if (count == 0 || walk->row >= walk->total)
		return walk_end(call, walk, false);
	if (++walk->chunks >= CHUNKS_MAX || (walk->left == 0 && text == NULL))
		return walk_end(call, walk, true);
	walk->chunk++;
	walk->chunk_row = end;
	return chunk_fetch(call, walk);
}

static struct dbx_words
chunk_words(struct mcp_call *call, const struct walk *walk)
{
	return (struct dbx_words){
		.object = "The next rows of the statement",
		.not_found = "Results are kept for an hour: run it again with execute_sql.",
		.again = mcp_printf(call, "Call %s again.", how_next(call, walk, 0)),
	};
}

static int
link_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct walk walk;
	struct dbx_words words;
	struct json_object *reply;

	(void)len;
	memcpy(&walk, state, sizeof(walk));
	words = chunk_words(call, &walk);
	reply = dbx_reply_array(call, 0, &words);
	return reply != NULL ? chunk_rows(call, &walk, reply) : MCP_E_UPSTREAM;
}

/* `result` is what a statement or a chunk call holds: rows, or a link to them. */
static int
result_read(struct mcp_call *call, struct walk *walk, struct json_object *result)
{
	struct json_object *link = mcp_get(result, "external_links.0");
	struct mcp_header headers[LINK_HEADERS_MAX];
	struct mcp_http request;

	if (link == NULL)
		return chunk_rows(call, walk, dbx_array(result, "data_array"));
	request = rows_link(call, link, headers);
	return mcp_suspend(call, &request, 1, 0, link_arrived, walk, sizeof(*walk));
}

static int
chunk_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct walk walk;
	struct dbx_words words;
	struct json_object *reply;

	(void)len;
	memcpy(&walk, state, sizeof(walk));
	words = chunk_words(call, &walk);
	reply = dbx_reply(call, 0, &words);
	return reply != NULL ? result_read(call, &walk, reply) : MCP_E_UPSTREAM;
}

static int
chunk_fetch(struct mcp_call *call, struct walk *walk)
{
	return dbx_get(call, mcp_printf(call, "/api/2.0/sql/statements/{id}/result/chunks/%lld",
					(long long)walk->chunk),
		       dbx_object(call, "id", walk->id, NULL), chunk_arrived, walk, sizeof(*walk));
}

/* ---- columns --------------------------------------------------------------------------------- */

static struct json_object *
names_of(struct mcp_call *call, struct json_object *columns)
{
	struct json_object *names = mcp_keep(call, json_object_new_array());

	for (size_t i = 0; i < json_object_array_length(columns); i++)
		json_object_array_add(names, json_object_new_string(mcp_get_str(call,
		    json_object_array_get_idx(columns, i), "name", "")));
	return names;
}

static int
column_unknown(struct mcp_call *call, struct json_object *names, const char *asked)
{
	const char *near = dbx_nearest(call, asked, names);

	return mcp_fail(call, MCP_E_INPUT,
			mcp_printf(call, "The result has no column \"%s\".", asked),
			near != NULL ? mcp_printf(call, "Near to it: %s.", near) : NULL,
			"Use the names of the result's head, or leave columns out.");
}

/* The index of a column by its name, in any case; -1 when there is none. */
static int
column_index(struct json_object *names, const char *asked)
{
	for (size_t i = 0; i < json_object_array_length(names) && i <= UINT16_MAX; i++)
		if (strcasecmp(json_object_get_string(json_object_array_get_idx(names, i)), asked)
		    == 0)
			return (int)i;
	return -1;
}

/* Those that the caller wants, in his order; false with the call failed. */
static bool
columns_pick(struct mcp_call *call, struct walk *walk, struct json_object *columns)
{
	struct json_object *wanted = mcp_arg_json(call, "columns"), *names;
	size_t n = json_object_array_length(wanted != NULL ? wanted : columns);

	names = names_of(call, columns);
	for (walk->n = 0; walk->n < n && walk->n < ROWS_COLUMNS_MAX; walk->n++) {
		const char *asked = wanted == NULL ? NULL
		    : json_object_get_string(json_object_array_get_idx(wanted, walk->n));
		int index = asked == NULL ? (int)walk->n : column_index(names, asked);

		if (index < 0) {
			column_unknown(call, names, asked);
			return false;
		}
		walk->column[walk->n] = (uint16_t)index;
	}
	return rows_head(call, columns, walk->column, n);
}

/* ---- the tool -------------------------------------------------------------------------------- */

static int
result_open(struct mcp_call *call, struct walk *walk, struct json_object *reply)
{
	struct json_object *columns = dbx_objects(call, reply, "manifest.schema.columns");

	if (json_object_array_length(columns) == 0)
		return mcp_say(call, "Statement %s has no rows.", walk->id);
	walk->total = mcp_get_int(reply, "manifest.total_row_count", -1);
	walk->truncated = mcp_get_bool(mcp_get(reply, "manifest"), "truncated", false);
	if (walk->total >= 0 && walk->row > walk->total)
		return mcp_fail(call, MCP_E_INPUT,
				mcp_printf(call, "page_token %lld is behind the last of %lld rows.",
					   (long long)walk->row, (long long)walk->total),
				NULL, "Use the page_token of the last answer's end line.");
	if (!columns_pick(call, walk, columns))
		return MCP_E_INPUT;
	walk->chunk = rows_chunk(call, mcp_get(reply, "manifest"), walk->row, &walk->chunk_row);
	return walk->chunk == 0 ? result_read(call, walk, mcp_get(reply, "result"))
				: chunk_fetch(call, walk);
}

static int
statement_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct walk walk;
	struct dbx_words words = {
		.not_found = "Results are kept for an hour: run it again with execute_sql.",
		.grant = "the statement: only its author may read it",
	};
	struct json_object *reply;
	const char *now;

	(void)len;
	memcpy(&walk, state, sizeof(walk));
	words.object = mcp_printf(call, "Statement %s", walk.id);
	reply = dbx_reply(call, 0, &words);
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	now = mcp_get_str(call, reply, "status.state", "");
	if (strcmp(now, "SUCCEEDED") == 0)
		return result_open(call, &walk, reply);
	if (strcmp(now, "PENDING") == 0 || strcmp(now, "RUNNING") == 0)
		return mcp_fail(call, MCP_E_CONFLICT,
				mcp_printf(call, "Statement %s has no rows yet.", walk.id),
				mcp_printf(call, "It is %s.", now),
				mcp_printf(call, "Call get_statement_result statement_id=%s "
					   "wait_s=30.", walk.id));
	return statement_failed(call, reply, walk.id);
}

int
get_result_page(struct mcp_call *call)
{
	struct walk walk = { .left = rows_wanted(call) };
	const char *id = mcp_arg(call, "statement_id"), *page = mcp_arg(call, "page_token");

	if (strlen(id) >= sizeof(walk.id) || id[0] == '\0')
		return mcp_fail(call, MCP_E_NOT_FOUND, "This is not a statement_id.", NULL,
				"Use the statement_id that execute_sql answered.");
	if (page != NULL && !dbx_is_number(page))
		return mcp_fail(call, MCP_E_INPUT, "page_token is not one of this tool.", NULL,
				"Use the page_token of the last answer's end line.");
	walk.row = page != NULL ? strtoll(page, NULL, 10) : 0;
	snprintf(walk.id, sizeof(walk.id), "%s", id);
	return dbx_get(call, "/api/2.0/sql/statements/{id}", dbx_object(call, "id", id, NULL),
		       statement_arrived, &walk, sizeof(walk));
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads further pages of a result that the platform keeps: selected columns, rows that contain a
 * text, cells from a character on.
 */
#include "data.h"

#include <stdio.h>
#include <string.h>

#define ANSWER_SPARE 4096 /* bytes of an answer that are kept for its first and last lines */
/* default number of characters of a cell, independent of the number of columns */
#define CELL_LEAST 16
#define CELL_CHARS 200 /* number of characters of a cell when only cell_from is given */
#define ESCAPE_MAX 6   /* length of a character that is written as an escape */

/* ---- columns --------------------------------------------------------------------------------- */

static struct json_object *
names_of(struct mcp_call *call, struct json_object *columns, size_t n)
{
	struct json_object *names = mcp_keep(call, json_object_new_array());

	for (size_t i = 0; i < n; i++)
		json_object_array_add(names, json_object_new_string(rows_column(call, columns, i)));
	return names;
}

int
rows_unknown(struct mcp_call *call, struct json_object *names, const char *asked)
{
	const char *near = dbx_nearest(call, asked, names);

	return mcp_fail(call, MCP_E_INPUT,
			mcp_printf(call, "The result has no column \"%s\".", asked),
			near != NULL ? mcp_printf(call, "Similar: %s.", near) : NULL,
			"Use the column names of the result, or omit columns.");
}

/* The index of a column by its name, in any case. -1 when there is no such column. */
static int
column_index(struct json_object *names, const char *asked)
{
	for (size_t i = 0; i < json_object_array_length(names) && i <= UINT16_MAX; i++)
		if (strcasecmp(json_object_get_string(json_object_array_get_idx(names, i)),
			       asked) == 0)
			return (int)i;
	return -1;
}

bool
rows_pick(struct mcp_call *call, struct reading *reading, struct json_object *columns, size_t have)
{
	struct json_object *wanted = mcp_arg_json(call, "columns"), *names;
	size_t n = wanted != NULL ? json_object_array_length(wanted) : have;

	if (n == 0 || n > ROWS_COLUMNS_MAX) {
		mcp_fail(call, MCP_E_TOO_LARGE, mcp_printf(call, "The result has %zu columns.", n),
			 mcp_printf(call, "At most %d columns can be shown.", ROWS_COLUMNS_MAX),
			 "Select the columns that you need with execute_sql.");
		return false;
	}
	names = names_of(call, columns, have);
	for (reading->n = 0; reading->n < n; reading->n++) {
		const char *asked =
		    wanted == NULL
			? NULL
			: mcp_get_str(call, json_object_array_get_idx(wanted, reading->n), "", "");
		int index = asked == NULL ? (int)reading->n : column_index(names, asked);

		if (index < 0) {
			rows_unknown(call, names, asked);
			return false;
		}
		reading->column[reading->n] = (uint16_t)index;
	}
	return rows_head(call, columns, reading);
}

/* ---- cells ----------------------------------------------------------------------------------- */

static size_t
character(const char *text, size_t len)
{
	size_t n = 1;

	while (n < len && ((unsigned char)text[n] & 0xC0) == 0x80)
		n++;
	return n;
}

/* The largest number of bytes that a character may need in a format. */
static size_t
shown_bytes(const char *text, size_t step)
{
	bool plain =
	    step > 1 || ((unsigned char)text[0] >= 0x20 && strchr("\"\\|", text[0]) == NULL);

	return plain && step < 3 ? step : ESCAPE_MAX;
}

void
cell_slice(struct mcp_call *call, const struct reading *reading, struct mcp_text *cell,
	   int64_t *goes_on)
{
	int64_t text_max = mcp_number(call, MCP_NUM_MAX_TEXT);
	int64_t room = (text_max - ANSWER_SPARE) / (int64_t)reading->n;
	int64_t at = 0, chars = 0;
	size_t from = 0, to, used = 0;
	char *cut;

	for (; at < reading->cell_from && from < cell->len; at++)
		from += character(cell->data + from, cell->len - from);
	for (to = from; to < cell->len; chars++) {
		size_t step = character(cell->data + to, cell->len - to);

		used += shown_bytes(cell->data + to, step);
		if (chars >= CELL_LEAST && (chars >= reading->cell_chars || (int64_t)used > room))
			break;
		to += step;
	}
	if (cell->data == NULL || (from == 0 && to == cell->len))
		return;
	if (to < cell->len && (*goes_on == 0 || at + chars < *goes_on))
		*goes_on = at + chars;
	cut = mcp_alloc(call, to - from + 1);
	memcpy(cut, cell->data + from, to - from);
	*cell = (struct mcp_text){ cut, to - from };
}

/* ---- the tool -------------------------------------------------------------------------------- */

static int
statement_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct reading reading;
	struct mcp_words words = {
		.not_found =
		    "Results are kept for an hour: run the statement again with execute_sql.",
		.grant = "the statement: only its author may read it",
	};
	struct json_object *reply;
	const char *now;

	(void)len;
	memcpy(&reading, state, sizeof(reading));
	words.object = mcp_printf(call, "Statement %s", reading.id);
	reply = dbx_reply(call, 0, &words);
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	now = mcp_get_str(call, reply, "status.state", "");
	if (strcmp(now, "SUCCEEDED") == 0)
		return rows_read(call, &reading, reply);
	if (now[0] != '\0' && !statement_over(now))
		return mcp_fail(call, MCP_E_CONFLICT,
				mcp_printf(call, "Statement %s has no rows yet.", reading.id),
				mcp_printf(call, "It is %s.", now),
				mcp_printf(call,
					   "Call get_statement_result statement_id=%s "
					   "wait_s=30.",
					   reading.id));
	if (now[0] == '\0')
		return mcp_fail(call, MCP_E_UPSTREAM,
				mcp_printf(call, "The state of statement %s is not known.",
					   reading.id),
				"The answer of the workspace contains no state.",
				"Repeat the call.");
	return statement_failed(call, reply, reading.id);
}

int
get_result_page(struct mcp_call *call)
{
	struct reading reading = {
		.rows = rows_wanted(call),
		.page = true,
		.cell_chars = mcp_arg_int(call, "cell_chars", 0),
		.cell_from = mcp_arg_int(call, "cell_from", 0),
	};
	const char *id = mcp_arg(call, "statement_id"), *grep = mcp_arg(call, "grep");

	if (strlen(id) >= sizeof(reading.id) || id[0] == '\0')
		return mcp_fail(call, MCP_E_NOT_FOUND, "statement_id is not valid.", NULL,
				"Use the statement_id from the answer of execute_sql.");
	if (!rows_token(call, &reading) ||
	    (grep != NULL && !rows_search_fits(call, "grep", strlen(grep))))
		return MCP_E_INPUT;
	if (reading.cell_from > 0 && reading.cell_chars == 0)
		reading.cell_chars = CELL_CHARS;
	snprintf(reading.id, sizeof(reading.id), "%s", id);
	return mcp_fetch(call, "/api/2.0/sql/statements/{id}", mcp_object(call, "id", id, NULL),
			 statement_arrived, &reading, sizeof(reading));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* One row of a result in an answer, and the lines after the last row. */
#include <stdio.h>
#include <string.h>

#include "data.h"
#include "query.h"

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

bool
rows_hold(struct json_object *row, const char *text)
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

struct mcp_text
rows_cell(struct json_object *cell)
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
int
rows_picked(struct mcp_call *call, struct reading *reading, struct mcp_text *cells)
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

int
rows_line(struct mcp_call *call, struct reading *reading, struct json_object *row)
{
	struct mcp_text *cells = mcp_alloc(call, (reading->n + 1) * sizeof(*cells));
	size_t width =
	    json_object_is_type(row, json_type_array) ? json_object_array_length(row) : 0;

	for (size_t i = 0; i < reading->n; i++)
		if (reading->column[i] < width)
			cells[i] = rows_cell(json_object_array_get_idx(row, reading->column[i]));
	return rows_picked(call, reading, cells);
}

/* ---- the end line ---------------------------------------------------------------------------- */

/* Writes the position of a page. The chunk is included only when it could not be found otherwise
 * without reading all earlier chunks. */
const char *
rows_place(struct mcp_call *call, const struct reading *reading)
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
const char *
rows_next(struct mcp_call *call, const void *data, size_t shown)
{
	const struct reading *reading = data;

	(void)shown; /* the reading has stopped at the row that was not shown */
	if (reading->sample)
		return sample_next(call, reading->shown);
	return mcp_printf(call, "%s statement_id=%s page_token=%s%s",
			  reading->page ? "get_result_page" : "get_statement_result", reading->id,
			  rows_place(call, reading),
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
int
rows_end(struct mcp_call *call, const struct reading *reading, bool more)
{
	bool grep = mcp_arg(call, "grep") != NULL;
	int64_t came = reading->chunk_row, total = more ? reading->total : came;
	int status;

	if (reading->query != 0)
		return query_show(call, reading, !more);
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
					 .next = more ? rows_next(call, reading, 0) : NULL,
					 .next_from = rows_next,
					 .next_data = reading,
					 .whole = how_whole(call, reading),
				     });
	return status == MCP_OK ? notes_said(call, reading, more, came) : status;
}

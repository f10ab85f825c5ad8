/* SPDX-License-Identifier: Apache-2.0 */
/* Tables, row by row. While a table has few rows, two texts are made: one with cut cells, and one
 * with whole cells. At the end the text with whole cells is shown if it fits. */
#include "run/table.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/mem.h"
#include "run/result_internal.h"
#include "run/table_last.h"
#include "run/text.h"

#define COLUMNS_MAX 4096u
#define ELLIPSIS "\xE2\x80\xA6"
#define CELL_LEAST 16u /* least characters of a cell, for any width of the table */
#define TABLE_SLACK 64 /* bytes above the cap on text, kept for the end of a row or of the table */
#define CHARACTER_MAX 4

void
result_table_free(struct result_table *table)
{
	if (table == NULL)
		return;
	for (size_t i = 0; i < table->columns; i++) {
		free(table->column[i].name);
		free(table->column[i].type);
	}
	free(table->column);
	buf_fini(&table->cut.text);
	buf_fini(&table->whole.text);
	free(table);
}

static size_t
text_room(const struct result *result)
{
	return result->text_full || result->text_len >= result->limits.text
		 ? 0
		 : result->limits.text - result->text_len;
}

/* ---- head ----------------------------------------------------------------------------------- */

/* Types whose values are valid JSON. The names are those of SQL and of JSON Schema. */
static bool
literal_type(const char *type)
{
	static const char *const names[] = { "tinyint", "byte",	  "smallint", "short", "int",
					     "integer", "bigint", "long",     "float", "real",
					     "double",	"number", "boolean" };

	for (size_t i = 0; type != NULL && i < ARRAY_SIZE(names); i++)
		if (strcasecmp(type, names[i]) == 0)
			return true;
	return type != NULL && strncasecmp(type, "decimal", 7) == 0;
}

static bool
name_taken(const struct result_table *table, const char *name)
{
	for (size_t i = 0; i < table->columns; i++)
		if (strcmp(table->column[i].name, name) == 0)
			return true;
	return false;
}

/* The keys of an object must be different: the second "id" becomes "id_2". */
static char *
distinct_name(const struct result_table *table, char *name)
{
	char *distinct = xstrdup(name);

	for (unsigned n = 2; name_taken(table, distinct); n++) {
		free(distinct);
		distinct = xprintf("%s_%u", name, n);
	}
	free(name);
	return distinct;
}

static void
add_column(struct result_table *table, const struct mcp_column *given)
{
	struct table_column *column = &table->column[table->columns];
	char *name = result_line(given->name);

	if (name == NULL)
		name = xstrdup("");
	column->name = table->format->named_cells ? distinct_name(table, name) : name;
	column->type = result_line(given->type);
	column->literal = literal_type(given->type);
	table->columns++;
}

int
result_table_begin(struct result *result, const struct mcp_column *columns, size_t n)
{
	struct result_table *table;

	if (result->failed)
		return result->status;
	if (result->table != NULL)
		return result_defect(result, "the plugin began a table within a table");
	if (n == 0 || n > COLUMNS_MAX)
		return result_defect(result,
				     "the plugin began a table of %zu columns; 1 to %u are allowed",
				     n, COLUMNS_MAX);
	CHECK(result->limits.format < RESULT_FORMATS);
	result->table = table = xcalloc(1, sizeof(*table));
	table->format = table_formats[result->limits.format];
	table->column = xcalloc(n, sizeof(*table->column));
	for (size_t i = 0; i < n; i++)
		add_column(table, &columns[i]);
	table->cell = result->limits.cell;
	table->few = result->limits.whole_rows > 0;
	buf_init_keeping(&table->cut.text, result->limits.text + TABLE_SLACK);
	buf_init(&table->whole.text, table->few ? result->limits.text + TABLE_SLACK : 1);
	table->format->head(&table->cut.text, table->column, n);
	if (table->few)
		buf_add(&table->whole.text, table->cut.text.data, table->cut.text.len);
	if (buf_ok(&table->cut.text) && table->cut.text.len <= text_room(result))
		return MCP_OK;
	result_fail_text(result, MCP_E_TOO_LARGE, "The result is too wide",
			 "The column names alone are longer than the limit of the text of a result",
			 "Request fewer columns");
	return MCP_E_TOO_LARGE;
}

/* ---- rows ----------------------------------------------------------------------------------- */

/* The length of the first `max` characters, or of the whole text when it is shorter. */
static size_t
characters(const char *text, size_t len, size_t max)
{
	size_t i = 0, n = 0;

	if (len <= max)
		return len;
	while (i < len && n < max) {
		i += (size_t)utf8_step(text + i, len - i);
		n++;
	}
	return i;
}

/* Writes at most `most` characters of the cell, and an ellipsis when it has more. */
static void
put_cell(const struct result_table *table, struct table_rows *rows,
	 const struct table_column *column, const struct mcp_text *cell, size_t most)
{
	struct buf room, cut;
	size_t len = cell->len, kept;
	const char *text;
	bool more;

	if (cell->data == NULL) {
		buf_puts(&rows->text, table->format->missing);
		return;
	}
	buf_init(&room, len * 3 + 64);
	buf_init(&cut, len * 3 + 64);
	text = text_prepare_start(&room, cell->data, &len, TEXT_EXACT, most * CHARACTER_MAX + 1,
				  &more);
	kept = characters(text, len, most);
	if (more || kept < len) {
		CHECK(kept < len);
		rows->cut_cells++;
		buf_add(&cut, text, kept);
		buf_puts(&cut, ELLIPSIS);
		text = cut.data;
		len = cut.len;
	}
	rows->left_out += table->format->cell(&rows->text, column, text, len);
	buf_fini(&room);
	buf_fini(&cut);
}

static void
put_row(const struct result_table *table, struct table_rows *rows, const struct mcp_text *cells,
	size_t most)
{
	const struct table_format *format = table->format;
	struct buf *out = &rows->text;

	buf_puts(out, table->rows > 0 ? format->row_next : "");
	buf_puts(out, format->row_begin);
	for (size_t i = 0; i < table->columns; i++) {
		buf_puts(out, i > 0 ? format->cell_end : "");
		if (format->named_cells) {
			buf_json_str(out, table->column[i].name);
			buf_putc(out, ':');
		}
		put_cell(table, rows, &table->column[i], &cells[i], most);
	}
	buf_puts(out, format->row_end);
}

/* Adds a row whose cells have at most `most` characters. False when it does not fit; then nothing
 * was added. */
static bool
row_fits(struct result *result, const struct mcp_text *cells, size_t most)
{
	struct result_table *table = result->table;
	struct table_rows *rows = &table->cut;
	const size_t len = rows->text.len, cut_cells = rows->cut_cells, left_out = rows->left_out;

	put_row(table, rows, cells, most);
	if (buf_ok(&rows->text) && rows->text.len <= text_room(result))
		return true;
	buf_rewind(&rows->text, len);
	rows->cut_cells = cut_cells;
	rows->left_out = left_out;
	return false;
}

/* Keeps the row with whole cells too. Few rows may take half of the available length, and a single
 * row all of it. A cell that is longer than the available length does not fit. */
static void
row_whole(struct result *result, const struct mcp_text *cells)
{
	struct result_table *table = result->table;
	struct table_rows *rows = &table->whole;
	const size_t room = text_room(result);

	if (!table->few)
		return;
	table->few = table->rows < result->limits.whole_rows;
	if (table->few)
		put_row(table, rows, cells, room);
	table->few &= buf_ok(&rows->text) && rows->cut_cells == 0 &&
		      rows->text.len <= (table->rows == 0 ? room : room / 2);
	if (!table->few) {
		buf_fini(&rows->text);
		buf_init(&rows->text, 1);
	}
}

int
result_table_row(struct result *result, const struct mcp_text *cells, size_t n)
{
	struct result_table *table = result->table;
	bool fits;

	if (result->failed)
		return result->status;
	if (table == NULL || n != table->columns)
		return table == NULL
			 ? result_defect(result, "the plugin wrote a row outside of a table")
			 : result_defect(
			       result,
			       "the plugin wrote a row of %zu cells in a table of %zu columns", n,
			       table->columns);
	table->offered++;
	if (table->full || table->rows >= result->limits.rows) {
		table->full = true;
		return MCP_E_TOO_LARGE;
	}
	fits = row_fits(result, cells, table->cell);
	/* The first row must fit; otherwise the next call would return the same page again. */
	for (; !fits && table->rows == 0 && table->cell >= 2 * CELL_LEAST;
	     fits = row_fits(result, cells, table->cell))
		table->cell /= 2;
	if (!fits) {
		table->full = true;
		return MCP_E_TOO_LARGE;
	}
	row_whole(result, cells);
	table->rows++;
	return MCP_OK;
}

/* ---- end ------------------------------------------------------------------------------------ */

/* The last line follows the rows in formats for people. In formats for programs it is a separate
 * block. */
int
result_table_end(struct result *result, const struct mcp_table_end *end,
		 const char *(*next)(void *data, size_t shown), void *data)
{
	struct result_table *table = result->table;
	struct table_rows *rows;
	struct buf last;

	if (result->failed)
		return result->status;
	if (table == NULL)
		return result_defect(result, "the plugin ended a table that was not begun");
	CHECK(table->rows <= table->offered);
	rows = table->few && table->rows > 0 ? &table->whole : &table->cut;
	CHECK(buf_ok(&rows->text));
	result->text_len += rows->text.len;
	result->text_offered += rows->text.len;
	result->rows += table->rows;
	buf_init(&last, 2 * RESULT_LINE_MAX);
	table_last_line(table, rows, end, next, data, &last);
	rows->text.cap += last.len + TABLE_SLACK;
	buf_puts(&rows->text, table->format->end);
	if (!table->format->for_programs)
		buf_add(&rows->text, last.data, last.len);
	result_push(result, &(struct block_parts){ .kind = BLOCK_TEXT,
						   .text = { rows->text.data, rows->text.len },
						   .rows = table->format->for_programs });
	if (table->format->for_programs)
		result_push_text(result, last.data, last.len, NULL);
	buf_fini(&last);
	result_table_free(table);
	result->table = NULL;
	return MCP_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables in the four formats, within the caps on rows, text and cells, and the exact last line
 * that says how much of the whole is shown and how to get the rest. Compact is one line a row,
 * cells between tabs; csv is RFC 4180; json is an array of objects.
 */
#include "run/result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/mem.h"
#include "run/result_internal.h"
#include "run/text.h"
#include "unit.h"

#define COLUMNS_MAX 4096u
#define ELLIPSIS "\xE2\x80\xA6"
#define DIGITS_EXACT 15 /* so many digits survive a reader that knows only doubles */
#define CELL_LEAST 16u	/* characters of a cell, however wide the table is */

struct column {
	char *name;
	bool literal; /* its cells may be JSON numbers or booleans */
};

struct result_table {
	struct column *column;
	size_t columns;
	struct buf text;
	struct buf whole; /* the same rows with nothing cut, as long as they are few */
	bool few;	  /* `whole` holds all rows so far */
	size_t cell;	  /* characters of a cell in `text` */
	size_t rows, offered, cut_cells;
	bool full;
};

void
result_table_free(struct result_table *table)
{
	if (table == NULL)
		return;
	for (size_t i = 0; i < table->columns; i++)
		free(table->column[i].name);
	free(table->column);
	buf_fini(&table->text);
	buf_fini(&table->whole);
	free(table);
}

/* ---- cells ---------------------------------------------------------------------------------- */

/* A character that would break the line or the reader's trust is written as an escape. Returns its
 * length; 0: it may pass. */
static size_t
escape_special(struct buf *out, const char *text, size_t len)
{
	enum unit kind;
	uint32_t c;
	int step;

	if (unit_special(text, len, &kind) == 0)
		return 0;
	step = text_decode(text, len, &c);
	if (c == '\t')
		buf_puts(out, "\\t");
	else if (c == '\n')
		buf_puts(out, "\\n");
	else if (c == '\r')
		buf_puts(out, "\\r");
	else
		buf_printf(out, "\\u%04x", (unsigned)c);
	return step > 0 ? (size_t)step : 1;
}

/* One character as it is; returns its length. */
static size_t
put_character(struct buf *out, const char *text, size_t len)
{
	int step = utf8_step(text, len);
	size_t n = step > 0 ? (size_t)step : (size_t)-step;

	buf_add(out, text, n);
	return n;
}

/* What a cell could be mistaken for is put into quotes: NULL, nothing, something quoted. */
static void
compact_cell(struct buf *out, const char *cell, size_t len)
{
	bool quoted = len == 0 || cell[0] == '"' || (len == 4 && memcmp(cell, "NULL", 4) == 0);
	size_t step;

	if (quoted)
		buf_putc(out, '"');
	for (size_t i = 0; i < len; i += step) {
		step = escape_special(out, cell + i, len - i);
		if (step > 0)
			continue;
		if (cell[i] == '\\' || (quoted && cell[i] == '"'))
			buf_putc(out, '\\');
		step = put_character(out, cell + i, len - i);
	}
	if (quoted)
		buf_putc(out, '"');
}

static void
markdown_cell(struct buf *out, const char *cell, size_t len)
{
	size_t step;

	if (len == 0)
		buf_puts(out, "\"\"");
	for (size_t i = 0; i < len; i += step) {
		if (cell[i] == '\n') {
			buf_puts(out, "<br>");
			step = 1;
			continue;
		}
		step = escape_special(out, cell + i, len - i);
		if (step > 0)
			continue;
		if (cell[i] == '|' || cell[i] == '\\')
			buf_putc(out, '\\');
		step = put_character(out, cell + i, len - i);
	}
}

/* RFC 4180 knows no escapes; what may not pass is left out. Nothing at all is NULL. */
static void
csv_cell(struct buf *out, const char *cell, size_t len)
{
	bool quoted = len == 0;
	size_t step;

	for (size_t i = 0; i < len && !quoted; i++)
		quoted = strchr(",\"\r\n", cell[i]) != NULL;
	if (quoted)
		buf_putc(out, '"');
	for (size_t i = 0; i < len; i += step) {
		enum unit kind;

		step = unit_special(cell + i, len - i, &kind);
		if (step > 0) {
			if (kind == UNIT_TAB || cell[i] == '\n' || cell[i] == '\r')
				buf_add(out, cell + i, step);
			continue;
		}
		if (cell[i] == '"')
			buf_putc(out, '"');
		step = put_character(out, cell + i, len - i);
	}
	if (quoted)
		buf_putc(out, '"');
}

/* A number or boolean that JSON spells as the cell does, and that no reader rounds. */
static bool
is_literal(const char *cell, size_t len)
{
	size_t digits = 0, at;

	if (len == 0 || len > 2 * DIGITS_EXACT)
		return false;
	if ((len == 4 && memcmp(cell, "true", 4) == 0) ||
	    (len == 5 && memcmp(cell, "false", 5) == 0))
		return true;
	if (cell[0] != '-' && (cell[0] < '0' || cell[0] > '9'))
		return false;
	for (size_t i = 0; i < len; i++)
		digits += cell[i] >= '0' && cell[i] <= '9';
	return digits <= DIGITS_EXACT && json_gate(cell, len, &json_inbound, &at) == NULL;
}

static void
json_cell(struct buf *out, const struct column *column, const char *cell, size_t len)
{
	size_t run = 0, i = 0;
	enum unit kind;
	uint32_t c;

	if (column->literal && is_literal(cell, len)) {
		buf_add(out, cell, len);
		return;
	}
	buf_putc(out, '"');
	while (i < len) {
		if ((unsigned char)cell[i] < 0x7F || unit_special(cell + i, len - i, &kind) == 0) {
			i++;
			continue;
		}
		buf_json_inside(out, cell + run, i - run);
		i += (size_t)text_decode(cell + i, len - i, &c);
		if (c > 0xFFFF)
			buf_printf(out, "\\u%04x\\u%04x", 0xD800 + ((c - 0x10000) >> 10),
				   0xDC00 + (c & 0x3FF));
		else
			buf_printf(out, "\\u%04x", (unsigned)c);
		run = i;
	}
	buf_json_inside(out, cell + run, i - run);
	buf_putc(out, '"');
}

/* The length of the first `max` characters, or the whole when there are not more. */
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

/* At most `most` characters of the cell. Returns true when it had more. */
static bool
put_cell(const struct result *result, struct buf *out, const struct column *column,
	 const struct mcp_text *cell, size_t most)
{
	enum result_format format = result->limits.format;
	struct buf room, cut;
	size_t len = cell->len, kept;
	const char *text;
	bool was_cut;

	if (cell->data == NULL) {
		buf_puts(out, format == FORMAT_JSON ? "null" : format == FORMAT_CSV ? "" : "NULL");
		return false;
	}
	buf_init(&room, len * 3 + 64);
	buf_init(&cut, len * 3 + 64);
	text = text_prepare(&room, cell->data, &len, TEXT_EXACT);
	kept = characters(text, len, most);
	was_cut = kept < len;
	if (was_cut) {
		buf_add(&cut, text, kept);
		buf_puts(&cut, ELLIPSIS);
		text = cut.data;
		len = cut.len;
	}
	if (format == FORMAT_COMPACT)
		compact_cell(out, text, len);
	else if (format == FORMAT_MARKDOWN)
		markdown_cell(out, text, len);
	else if (format == FORMAT_CSV)
		csv_cell(out, text, len);
	else
		json_cell(out, column, text, len);
	buf_fini(&room);
	buf_fini(&cut);
	return was_cut;
}

/* ---- head ----------------------------------------------------------------------------------- */

/* Types whose values JSON can hold as they are, by the names of SQL and of JSON Schema. */
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
name_taken(const struct result_table *table, size_t before, const char *name)
{
	for (size_t i = 0; i < before; i++)
		if (strcmp(table->column[i].name, name) == 0)
			return true;
	return false;
}

/* Objects need distinct keys: the second "id" becomes "id_2". */
static char *
distinct_name(const struct result_table *table, size_t index, const char *given)
{
	char *name = result_line(given), *distinct;

	if (name == NULL)
		name = xstrdup("");
	distinct = xstrdup(name);
	for (unsigned n = 2; name_taken(table, index, distinct); n++) {
		free(distinct);
		distinct = xprintf("%s_%u", name, n);
	}
	free(name);
	return distinct;
}

static void
put_head(struct result *result, const struct mcp_column *columns, size_t n)
{
	static const char *const between[] = { "\t", " | ", ",", "" };
	enum result_format format = result->limits.format;
	struct buf *out = &result->table->text;

	buf_puts(out, format == FORMAT_MARKDOWN ? "| " : "");
	for (size_t i = 0; i < n && format != FORMAT_JSON; i++) {
		struct buf name;

		buf_puts(out, i > 0 ? between[format] : "");
		buf_init(&name, RESULT_LINE_MAX + 8);
		text_line(&name, columns[i].name == NULL ? "" : columns[i].name, RESULT_LINE_MAX);
		if (format == FORMAT_MARKDOWN)
			markdown_cell(out, name.data, name.len);
		else if (format == FORMAT_CSV)
			csv_cell(out, name.data, name.len);
		else
			compact_cell(out, name.data, name.len);
		buf_fini(&name);
		if (format == FORMAT_COMPACT && columns[i].type != NULL) {
			buf_putc(out, ':');
			text_line(out, columns[i].type, RESULT_LINE_MAX);
		}
	}
	if (format == FORMAT_MARKDOWN) {
		buf_puts(out, " |\n|");
		for (size_t i = 0; i < n; i++)
			buf_puts(out, " --- |");
	}
	buf_puts(out, format == FORMAT_JSON ? "[" : format == FORMAT_CSV ? "\r\n" : "\n");
}

static size_t
text_room(const struct result *result)
{
	return result->text_full || result->text_len >= result->limits.text
		 ? 0
		 : result->limits.text - result->text_len;
}

int
result_table_begin(struct result *result, const struct mcp_column *columns, size_t n)
{
	struct result_table *table;

	if (result->failed)
		return result->status;
	if (result->table != NULL)
		return result_defect(result, "a table begins within a table");
	if (n == 0 || n > COLUMNS_MAX)
		return result_defect(result, "a table of %zu columns; 1 to %u are allowed", n,
				     COLUMNS_MAX);
	table = xcalloc(1, sizeof(*table));
	result->table = table;
	buf_init_keeping(&table->text, result->limits.text + 64);
	table->column = xcalloc(n, sizeof(*table->column));
	for (size_t i = 0; i < n; i++) {
		table->column[i].name = result->limits.format == FORMAT_JSON
					  ? distinct_name(table, i, columns[i].name)
					  : NULL;
		table->column[i].literal = literal_type(columns[i].type);
		table->columns = i + 1;
	}
	put_head(result, columns, n);
	table->cell = result->limits.cell;
	table->few = result->limits.whole_rows > 0;
	buf_init(&table->whole, table->few ? result->limits.text + 64 : 1);
	if (table->few)
		buf_add(&table->whole, table->text.data, table->text.len);
	if (buf_ok(&table->text) && table->text.len <= text_room(result))
		return MCP_OK;
	result_fail_text(result, MCP_E_TOO_LARGE, "The result is too wide",
			 "The names of its columns alone exceed the text that a result may have",
			 "Ask for fewer columns");
	return MCP_E_TOO_LARGE;
}

/* ---- rows ----------------------------------------------------------------------------------- */

/* Returns how many cells were cut at `most` characters. */
static size_t
put_row(const struct result *result, struct buf *out, const struct mcp_text *cells, size_t most)
{
	static const char *const begin[] = { "", "| ", "", "{" };
	static const char *const between[] = { "\t", " | ", ",", "," };
	static const char *const end[] = { "\n", " |\n", "\r\n", "}" };
	const struct result_table *table = result->table;
	enum result_format format = result->limits.format;
	size_t cut = 0;

	if (format == FORMAT_JSON && table->rows > 0)
		buf_puts(out, ",\n");
	buf_puts(out, begin[format]);
	for (size_t i = 0; i < table->columns; i++) {
		if (i > 0)
			buf_puts(out, between[format]);
		if (format == FORMAT_JSON) {
			buf_json_str(out, table->column[i].name);
			buf_putc(out, ':');
		}
		cut += put_cell(result, out, &table->column[i], &cells[i], most) ? 1 : 0;
	}
	buf_puts(out, end[format]);
	return cut;
}

/* Adds a row with cells of at most `most` characters; false, with nothing added, when it does not
 * fit. */
static bool
row_fits(struct result *result, const struct mcp_text *cells, size_t most)
{
	struct result_table *table = result->table;
	size_t before = table->text.len;
	size_t cut = put_row(result, &table->text, cells, most);

	if (buf_ok(&table->text) && table->text.len <= text_room(result)) {
		table->cut_cells += cut;
		return true;
	}
	buf_rewind(&table->text, before);
	return false;
}

/* Keeps the row uncut too. Few rows may take half of the room, a single one all of it. */
static void
row_whole(struct result *result, const struct mcp_text *cells)
{
	struct result_table *table = result->table;
	size_t room = text_room(result);

	if (!table->few)
		return;
	if (table->rows < result->limits.whole_rows)
		put_row(result, &table->whole, cells, SIZE_MAX);
	if (table->rows >= result->limits.whole_rows || !buf_ok(&table->whole) ||
	    table->whole.len > (table->rows == 0 ? room : room / 2)) {
		table->few = false;
		buf_fini(&table->whole);
		buf_init(&table->whole, 1);
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
		return table == NULL ? result_defect(result, "a row outside of a table")
				     : result_defect(result, "a row of %zu cells in a table of %zu",
						     n, table->columns);
	table->offered++;
	if (table->full || table->rows >= result->limits.rows) {
		table->full = true;
		return MCP_E_TOO_LARGE;
	}
	fits = row_fits(result, cells, table->cell);
	/* The first row has to fit, or no call would ever lead on. */
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

/* ---- the last line -------------------------------------------------------------------------- */

static bool
ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len > end_len && strcmp(text + len - end_len, end) == 0;
}

/* "1 row", "1 query", "1 branch", "2 rows". */
static void
put_noun(struct buf *out, const char *noun, bool one)
{
	size_t len = strlen(noun);

	if (!one)
		buf_puts(out, noun);
	else if (ends_with(noun, "ies"))
		buf_printf(out, "%.*sy", (int)(len - 3), noun);
	else if (ends_with(noun, "xes") || ends_with(noun, "ches") || ends_with(noun, "shes") ||
		 ends_with(noun, "sses"))
		buf_add(out, noun, len - 2);
	else
		buf_add(out, noun, ends_with(noun, "s") ? len - 1 : len);
}

/* How many there are: what was said, but never fewer than were offered. */
static void
put_counts(const struct result_table *table, const struct mcp_table_end *end, struct buf *out)
{
	const char *noun = end->noun == NULL ? "rows" : end->noun;
	/* 0 behind rows is that of a struct which does not say */
	bool known = end->total > 0 || (end->total == 0 && table->offered == 0);
	uint64_t total = known ? (uint64_t)end->total : 0;
	bool lower = known && end->at_least;

	if (total < table->offered) {
		total = table->offered;
		lower |= known ? end->more : table->offered > table->rows;
	}
	text_number(out, table->rows);
	if (!known && end->more) {
		buf_putc(out, ' ');
		put_noun(out, noun, table->rows == 1);
		buf_puts(out,
			 end->at_least ? " shown; there may be more." : " shown; there are more.");
	} else if (total > table->rows || lower) {
		buf_puts(out, " of ");
		text_number(out, total);
		buf_puts(out, lower ? "+ " : " ");
		buf_puts(out, noun);
		buf_puts(out, " shown.");
	} else {
		buf_putc(out, ' ');
		put_noun(out, noun, total == 1);
		buf_putc(out, '.');
	}
}

static void
put_last_line(const struct result *result, const struct mcp_table_end *end,
	      const char *(*next)(void *data, size_t shown), void *data, struct buf *out)
{
	const struct result_table *table = result->table;
	bool dropped = table->offered > table->rows, rest;
	const char *how = end->next;

	put_counts(table, end, out);
	if (table->cut_cells > 0) {
		buf_putc(out, ' ');
		text_number(out, table->cut_cells);
		buf_puts(out, table->cut_cells == 1 ? " cell" : " cells");
		buf_puts(out, " cut at ");
		text_number(out, table->cell);
		buf_puts(out, " characters");
		if (end->whole != NULL) {
			buf_puts(out, "; whole: ");
			text_line(out, end->whole, RESULT_LINE_MAX);
		} else {
			buf_putc(out, '.');
		}
	}
	if (dropped && next != NULL)
		how = next(data, table->rows);
	rest = dropped || end->more || end->at_least ||
	       (end->total >= 0 && (uint64_t)end->total > table->rows);
	if (how != NULL && rest) {
		/* The call before it ends with its line. */
		buf_puts(out, table->cut_cells > 0 && end->whole != NULL ? "\nNext: " : " Next: ");
		text_line(out, how, RESULT_LINE_MAX);
	}
}

/* Compact and markdown end in the line; what a program may parse keeps it apart. */
int
result_table_end(struct result *result, const struct mcp_table_end *end,
		 const char *(*next)(void *data, size_t shown), void *data)
{
	struct result_table *table = result->table;
	enum result_format format = result->limits.format;
	struct buf last;

	if (result->failed)
		return result->status;
	if (table == NULL)
		return result_defect(result, "a table ends that has not begun");
	if (table->few && table->rows > 0) {
		struct buf cut = table->text;

		table->text = table->whole;
		table->whole = cut;
		table->cut_cells = 0;
	}
	result->text_len += table->text.len;
	result->text_offered += table->text.len;
	buf_init(&last, 2 * RESULT_LINE_MAX);
	put_last_line(result, end, next, data, &last);
	table->text.cap += last.len + 8;
	if (format == FORMAT_JSON)
		buf_putc(&table->text, ']');
	if (format == FORMAT_MARKDOWN)
		buf_putc(&table->text, '\n');
	if (format == FORMAT_COMPACT || format == FORMAT_MARKDOWN)
		buf_add(&table->text, last.data, last.len);
	result_push(result,
		    &(struct block_parts){ .kind = BLOCK_TEXT,
					   .text = { table->text.data, table->text.len },
					   .rows = format == FORMAT_CSV || format == FORMAT_JSON });
	if (format == FORMAT_CSV || format == FORMAT_JSON)
		result_push_text(result, last.data, last.len, NULL);
	buf_fini(&last);
	result_table_free(table);
	result->table = NULL;
	return MCP_OK;
}

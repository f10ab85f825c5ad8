/* SPDX-License-Identifier: Apache-2.0 */
#include "egress/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "egress/rows_state.h"

/* ---- one cell -------------------------------------------------------------------------------- */

/* Writes what is held. Only whole cells can do without quotes. */
static void
cell_write(struct rows *rows, struct buf *out, bool whole)
{
	bool quoted =
	    rows->begun || !whole ||
	    (rows->csv ? rows->quotes
		       : !rows_bare(rows->column[rows->at].kind, rows->cell.data, rows->cell.len));

	if (quoted && !rows->begun)
		buf_putc(out, '"');
	buf_add(out, rows->cell.data, rows->cell.len);
	if (quoted && whole)
		buf_putc(out, '"');
	rows->begun = true;
	buf_reset(&rows->cell);
}

static void
cell_add(struct rows *rows, struct buf *out, const char *data, size_t len)
{
	if (rows->cell.len + len > CELL_HELD)
		cell_write(rows, out, false);
	buf_add(&rows->cell, data, len);
}

static bool
cell_begin(struct rows *rows, struct buf *out)
{
	if (rows->at >= rows->columns)
		return false;
	if (rows->csv)
		buf_puts(out, rows->at > 0 ? "," : "");
	else
		buf_puts(out, rows->column[rows->at].prefix + (rows->at == 0));
	rows->begun = rows->quotes = false;
	rows->escape_len = 0;
	rows->high = 0;
	buf_reset(&rows->cell);
	return true;
}

static void
row_end(struct rows *rows, struct buf *out)
{
	for (; rows->csv && rows->at < rows->columns; rows->at++)
		buf_puts(out, rows->at > 0 ? "," : "");
	buf_puts(out, rows->csv ? "\n" : "}\n");
}

/* ---- strings --------------------------------------------------------------------------------- */

static void
add_character(struct rows *rows, struct buf *out, uint32_t c)
{
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	char utf8[4];
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	rows->quotes = rows->quotes || c == '"' || c == ',' || c == '\n' || c == '\r';
	if (c == '"')
		cell_add(rows, out, "\"", 1);
	utf8[0] = (char)(lead[len] | c >> 6 * (len - 1));
	for (size_t i = 1; i < len; i++)
		utf8[i] = (char)(0x80 | (c >> 6 * (len - 1 - i) & 0x3f));
	cell_add(rows, out, utf8, len);
}

/* The value of a complete \uXXXX. */
static uint32_t
code_unit(const char *digits)
{
	char text[5];

	memcpy(text, digits, 4);
	text[4] = '\0';
	return (uint32_t)strtoul(text, NULL, 16);
}

/* A complete escape becomes its character. Halves of a pair wait for each other; a half that stays
 * alone becomes U+FFFD. */
static void
unescape(struct rows *rows, struct buf *out)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *simple = strchr(from, rows->escape[1]);
	uint32_t c = rows->escape[1] == 'u' ? code_unit(rows->escape + 2)
		   : simple != NULL	    ? (uint32_t)to[simple - from]
					    : (uint32_t)(unsigned char)rows->escape[1];

	rows->escape_len = 0;
	if (rows->high != 0 && c >= 0xdc00 && c < 0xe000) {
		c = 0x10000 + ((rows->high - 0xd800) << 10) + (c - 0xdc00);
		rows->high = 0;
	} else if (rows->high != 0) {
		rows->high = 0;
		add_character(rows, out, 0xfffd);
	}
	if (c >= 0xd800 && c < 0xdc00)
		rows->high = c;
	else
		add_character(rows, out, c >= 0xdc00 && c < 0xe000 ? 0xfffd : c);
}

static void
lonely_half(struct rows *rows, struct buf *out)
{
	if (rows->high != 0)
		add_character(rows, out, 0xfffd);
	rows->high = 0;
}

/* CSV: the characters of the string. Returns the number of bytes that were used. */
static size_t
string_csv(struct rows *rows, const char *data, size_t len, struct buf *out)
{
	size_t n;

	if (rows->escape_len > 0 || *data == '\\') {
		rows->escape[rows->escape_len++] = *data;
		if (rows->escape_len == 6 || (rows->escape_len == 2 && *data != 'u'))
			unescape(rows, out);
		return 1;
	}
	lonely_half(rows, out);
	if (*data == '"') {
		rows->quotes = rows->quotes || (rows->cell.len == 0 && !rows->begun);
		cell_write(rows, out, true);
		rows->at++;
		rows->state = ROWS_ROW;
		return 1;
	}
	n = rows_plain(data, len);
	if (n == 0) { /* a control character, which JSON forbids here */
		rows->quotes = rows->quotes || *data == '\n' || *data == '\r';
		n = 1;
	}
	rows->quotes = rows->quotes || memchr(data, ',', n) != NULL;
	cell_add(rows, out, data, n);
	return n;
}

/* JSON forbids controls in a string (RFC 8259, 7), and a line break would end the line. */
static bool
is_control(char c)
{
	return (unsigned char)c < 0x20;
}

static void
add_control(struct rows *rows, struct buf *out, char c)
{
	char escape[8];

	snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)(unsigned char)c);
	cell_add(rows, out, escape, strlen(escape));
}

/* JSON lines: the string as it is, with its escapes. */
static size_t
string_json(struct rows *rows, const char *data, size_t len, struct buf *out)
{
	size_t n = 0;

	if (!rows->escaped && *data == '"') {
		cell_write(rows, out, true);
		rows->at++;
		rows->state = ROWS_ROW;
		return 1;
	}
	if (rows->escaped || *data == '\\') {
		rows->escaped = !rows->escaped;
		n = 1;
	} else {
		n = rows_plain(data, len);
		if (n == 0) {
			add_control(rows, out, *data);
			return 1;
		}
	}
	cell_add(rows, out, data, n);
	return n;
}

/* ---- around the cells ------------------------------------------------------------------------ */

/* White space of JSON: RFC 8259, 2 */
static bool
is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static void
raw_end(struct rows *rows, struct buf *out)
{
	bool null = !rows->begun && rows->cell.len == 4 && memcmp(rows->cell.data, "null", 4) == 0;

	if (rows->csv && !null)
		cell_write(rows, out, true);
	else if (!rows->csv)
		buf_add(out, rows->cell.data, rows->cell.len);
	rows->at++;
	rows->state = ROWS_ROW;
}

/* JSON lines: the value as it is, without quotes, and on one line. */
static void
raw_json(struct rows *rows, char c, struct buf *out)
{
	char escape[8];
	int len = 1;

	if (is_control(c) && !rows->in_string)
		return; /* white space */
	escape[0] = c;
	if (is_control(c))
		len = snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)(unsigned char)c);
	if (rows->cell.len + (size_t)len > CELL_HELD) {
		buf_add(out, rows->cell.data, rows->cell.len);
		buf_reset(&rows->cell);
	}
	buf_add(&rows->cell, escape, (size_t)len);
}

static void
raw_csv(struct rows *rows, char c, struct buf *out)
{
	rows->quotes = rows->quotes || c == ',' || c == '"' || c == '\r' || c == '\n';
	if (c == '"')
		cell_add(rows, out, "\"", 1);
	cell_add(rows, out, &c, 1);
}

/* A value that is neither a string nor null: it ends before the comma or bracket that follows. */
static bool
raw_byte(struct rows *rows, char c, struct buf *out)
{
	if (!rows->in_string && rows->depth == 0 && (c == ',' || c == ']' || is_space(c))) {
		raw_end(rows, out);
		return false;
	}
	if (rows->csv)
		raw_csv(rows, c, out);
	else
		raw_json(rows, c, out);
	if (rows->in_string) {
		rows->in_string = rows->escaped || c != '"';
		rows->escaped = !rows->escaped && c == '\\';
	} else {
		rows->in_string = c == '"';
		rows->depth += (c == '[' || c == '{');
		rows->depth -= (c == ']' || c == '}') && rows->depth > 0;
	}
	return true;
}

/* In the object around the rows: finds its member. */
static void
object_byte(struct rows *rows, char c)
{
	if (rows->in_string) {
		if (rows->escaped || c != '"') {
			if (rows->key_len < KEY_MAX)
				rows->key[rows->key_len++] = c;
			rows->escaped = !rows->escaped && c == '\\';
		} else {
			rows->in_string = false;
		}
		return;
	}
	if (c == '"') {
		rows->in_string = true;
		rows->key_len = 0;
	} else if (c == '{' || c == '[') {
		rows->depth++;
	} else if (c == '}' || c == ']') {
		if (--rows->depth == 0)
			rows->state = ROWS_DONE;
	} else if (c == ':' && rows->depth == 1 && rows->key_len == strlen(rows->in) &&
		   memcmp(rows->key, rows->in, rows->key_len) == 0) {
		rows->state = ROWS_MEMBER;
	}
}

static bool
row_byte(struct rows *rows, char c, struct buf *out)
{
	if (c == ',')
		return true;
	if (c == ']') {
		row_end(rows, out);
		rows->state = ROWS_LIST;
		return true;
	}
	if (!cell_begin(rows, out))
		return false;
	rows->state = c == '"' ? ROWS_STRING : ROWS_RAW;
	rows->depth = 0;
	rows->in_string = rows->escaped = false;
	return c == '"' || raw_byte(rows, c, out);
}

static bool
list_byte(struct rows *rows, char c, struct buf *out)
{
	if (c == '[') {
		rows->at = 0;
		buf_puts(out, rows->csv ? "" : "{");
		rows->state = ROWS_ROW;
	} else if (c == ']') {
		rows->depth = 1;
		rows->in_string = rows->escaped = false;
		rows->state = rows->in != NULL ? ROWS_OBJECT : ROWS_DONE;
	}
	return c == '[' || c == ']' || c == ',';
}

static bool
start_byte(struct rows *rows, char c)
{
	rows->depth = 1;
	if (c == '{' && rows->in != NULL) {
		rows->state = ROWS_OBJECT;
		return true;
	}
	if (c == '[' && rows->in == NULL) {
		rows->state = ROWS_LIST;
		return true;
	}
	return false;
}

/* Takes one byte in a state between texts. */
static bool
byte(struct rows *rows, char c, struct buf *out)
{
	if (rows->state == ROWS_OBJECT) {
		object_byte(rows, c);
		return true;
	}
	if (is_space(c))
		return true;
	switch (rows->state) {
	case ROWS_START: return start_byte(rows, c);
	case ROWS_MEMBER:
		rows->state = c == '[' ? ROWS_LIST : ROWS_OBJECT;
		return c == '[' || c == 'n'; /* null: no rows */
	case ROWS_LIST: return list_byte(rows, c, out);
	case ROWS_ROW: return row_byte(rows, c, out);
	case ROWS_OBJECT:
	case ROWS_STRING:
	case ROWS_RAW:
	case ROWS_DONE: break;
	}
	return false;
}

bool
rows_feed(struct rows *rows, const char *data, size_t len, struct buf *out)
{
	CHECK(len <= ROWS_FEED_MAX);
	for (size_t at = 0; at < len;) {
		at += rows_fast(rows, data + at, len - at, out);
		if (at == len)
			break;
		if (rows->state == ROWS_STRING)
			at += rows->csv ? string_csv(rows, data + at, len - at, out)
					: string_json(rows, data + at, len - at, out);
		else if (rows->state == ROWS_RAW)
			at += raw_byte(rows, data[at], out);
		else if (byte(rows, data[at], out))
			at++;
		else
			return false;
	}
	return buf_ok(out);
}

void
rows_begin(struct rows *rows)
{
	rows->state = ROWS_START;
	rows->in_string = rows->escaped = false;
	rows->key_len = 0;
}

bool
rows_end(const struct rows *rows)
{
	return rows->state == ROWS_DONE;
}

/* ---- the converter --------------------------------------------------------------------------- */

void
rows_head(const struct rows *rows, struct buf *out)
{
	if (!rows->csv)
		return;
	for (size_t i = 0; i < rows->columns; i++) {
		buf_puts(out, i > 0 ? "," : "");
		buf_puts(out, rows->column[i].prefix);
	}
	buf_putc(out, '\n');
}

static char *
prefix_of(const struct rows *rows, const char *name)
{
	struct buf text = BUF(ROWS_OUT_MAX);
	bool quotes = *name == '\0' || strpbrk(name, ",\"\r\n") != NULL;

	if (!rows->csv) {
		buf_putc(&text, ',');
		buf_json_str(&text, name);
		buf_putc(&text, ':');
		return buf_take(&text, NULL);
	}
	buf_puts(&text, quotes ? "\"" : "");
	for (; *name != '\0'; name++) {
		buf_puts(&text, *name == '"' ? "\"" : "");
		buf_putc(&text, *name);
	}
	buf_puts(&text, quotes ? "\"" : "");
	return buf_take(&text, NULL);
}

static bool
add_column(struct rows *rows, struct json_object *column)
{
	const char *name, *kind;
	char *prefix;

	if (!json_object_is_type(column, json_type_array) || json_object_array_length(column) != 2)
		return false;
	name = json_object_get_string(json_object_array_get_idx(column, 0));
	kind = json_object_get_string(json_object_array_get_idx(column, 1));
	if (name == NULL || kind == NULL)
		return false;
	prefix = prefix_of(rows, name);
	rows->column[rows->columns++] = (struct rows_column){
		.prefix = prefix,
		.prefix_len = strlen(prefix),
		.kind = strcmp(kind, "number") == 0  ? 'n'
		      : strcmp(kind, "boolean") == 0 ? 'b'
						     : 's',
	};
	return true;
}

static bool
rows_read(struct rows *rows, struct json_object *spec)
{
	const char *as = json_str(spec, "as"), *in = json_str(spec, "in");
	struct json_object *columns = json_arr(spec, "columns");
	size_t n = columns != NULL ? json_object_array_length(columns) : 0;

	if (as == NULL || n == 0 || (strcmp(as, "csv") != 0 && strcmp(as, "jsonl") != 0) ||
	    (in != NULL && (*in == '\0' || strlen(in) >= KEY_MAX)))
		return false;
	rows->csv = strcmp(as, "csv") == 0;
	rows->in = in != NULL ? xstrdup(in) : NULL;
	rows->column = xcalloc(n, sizeof(*rows->column));
	for (size_t i = 0; i < n; i++)
		if (!add_column(rows, json_object_array_get_idx(columns, i)))
			return false;
	return true;
}

struct rows *
rows_new(const char *spec)
{
	struct rows *rows = xcalloc(1, sizeof(*rows));
	struct json_object *tree;
	const char *why;
	bool ok;

	buf_init(&rows->cell, CELL_HELD + ROWS_FEED_MAX);
	tree = json_parse(spec, strlen(spec), &json_upstream, &why, NULL);
	ok = tree != NULL && rows_read(rows, tree);
	json_object_put(tree);
	if (ok)
		return rows;
	rows_free(rows);
	return NULL;
}

void
rows_free(struct rows *rows)
{
	if (rows == NULL)
		return;
	for (size_t i = 0; i < rows->columns; i++)
		free(rows->column[i].prefix);
	free(rows->column);
	free(rows->in);
	buf_fini(&rows->cell);
	free(rows);
}

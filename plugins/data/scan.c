/* SPDX-License-Identifier: Apache-2.0 */
#include "scan.h"

#include <stdint.h>
#include <string.h>

#define SCAN_WORD 8u /* bytes that are looked at together */
#define SCAN_ONES UINT64_C(0x0101010101010101)

/* ---- bytes ----------------------------------------------------------------------------------- */

static bool
scan_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static void
skip_space(struct scan *scan)
{
	while (scan->at < scan->end && scan_space(*scan->at))
		scan->at++;
}

/* Does the word contain a quote or a backslash? */
static bool
word_stops(const char *text)
{
	uint64_t word, quotes, slashes;

	memcpy(&word, text, SCAN_WORD);
	quotes = word ^ (SCAN_ONES * '"');
	slashes = word ^ (SCAN_ONES * '\\');
	return (((quotes - SCAN_ONES) & ~quotes) | ((slashes - SCAN_ONES) & ~slashes)) &
	       (SCAN_ONES << 7);
}

/* The end of a string, at its quote. `at` is behind the first quote. NULL: it has no end. */
static const char *
string_end(const char *at, const char *end, bool *escapes)
{
	for (;;) {
		while ((size_t)(end - at) >= SCAN_WORD && !word_stops(at))
			at += SCAN_WORD;
		while (at < end && *at != '"' && *at != '\\')
			at++;
		if (at == end)
			return NULL;
		if (*at == '"')
			return at;
		if (end - at < 2)
			return NULL;
		*escapes = true;
		at += 2;
	}
}

/* The end of a list or an object, behind its bracket. `at` is behind the first bracket. */
static const char *
nested_end(const char *at, const char *end, bool *escapes)
{
	size_t depth = 1;

	while (depth > 0 && at < end) {
		char c = *at++;

		if (c == '"') {
			at = string_end(at, end, escapes);
			if (at == NULL)
				return NULL;
			at++;
		}
		depth += c == '[' || c == '{';
		depth -= c == ']' || c == '}';
	}
	return depth == 0 ? at : NULL;
}

/* ---- rows ------------------------------------------------------------------------------------ */

bool
scan_begin(struct scan *scan, const char *data, size_t len)
{
	*scan = (struct scan){ .at = data, .end = data + len };
	skip_space(scan);
	if (scan->at == scan->end || *scan->at != '[')
		return false;
	scan->at++;
	return true;
}

static bool
scan_bad(struct scan *scan)
{
	scan->bad = true;
	return false;
}

/* After the last row only white space may follow. */
static bool
scan_over(struct scan *scan)
{
	scan->at++;
	skip_space(scan);
	return scan->at == scan->end ? false : scan_bad(scan);
}

bool
scan_row(struct scan *scan)
{
	const char *end;

	if (scan->bad)
		return false;
	skip_space(scan);
	if (scan->at < scan->end && *scan->at == ']')
		return scan_over(scan);
	if (scan->begun) {
		if (scan->at == scan->end || *scan->at++ != ',')
			return scan_bad(scan);
		skip_space(scan);
	}
	if (scan->at == scan->end || *scan->at != '[')
		return scan_bad(scan);
	scan->begun = true;
	scan->escapes = false;
	scan->row = scan->at + 1;
	end = nested_end(scan->row, scan->end, &scan->escapes);
	if (end == NULL)
		return scan_bad(scan);
	scan->row_end = end - 1;
	scan->at = end;
	return true;
}

/* ---- cells ----------------------------------------------------------------------------------- */

static int
hex_value(char c)
{
	static const char all[] = "0123456789abcdef0123456789ABCDEF";
	const char *found = c != '\0' ? strchr(all, c) : NULL;

	return found != NULL ? (int)((found - all) & 15) : -1;
}

/* Four digits; -1: there are others. */
static int32_t
code_unit(const char *at, const char *end)
{
	const char *to = at + 4;
	int32_t unit = 0;

	if (end < to)
		return -1;
	while (at < to && unit >= 0) {
		int digit = hex_value(*at++);

		unit = digit < 0 ? -1 : unit * 16 + digit;
	}
	return unit;
}

/* Writes a character in UTF-8 and returns the end. */
static char *
put_utf8(char *to, uint32_t c)
{
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	to[0] = (char)(lead[len] | c >> 6 * (len - 1));
	for (size_t i = 1; i < len; i++)
		to[i] = (char)(0x80 | (c >> 6 * (len - 1 - i) & 0x3f));
	return to + len;
}

/* Reads \uXXXX, or two of them that are one character. Half of a pair is U+FFFD. Returns the end;
 * NULL: it is not valid. */
static const char *
unicode_escape(const char *at, const char *end, char **to)
{
	int32_t c = code_unit(at + 2, end), low = -1;

	if (c < 0)
		return NULL;
	at += 6;
	if (c >= 0xd800 && c < 0xdc00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u')
		low = code_unit(at + 2, end);
	if (low >= 0xdc00 && low < 0xe000) {
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		at += 6;
	} else if (c >= 0xd800 && c < 0xe000) {
		c = 0xfffd;
	}
	*to = put_utf8(*to, (uint32_t)c);
	return at;
}

/* Reads the escape at `at`, a backslash that another character follows. */
static const char *
escape(const char *at, const char *end, char **to)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char *name = at[1] != '\0' ? strchr(names, at[1]) : NULL;

	if (name == NULL)
		return at[1] == 'u' ? unicode_escape(at, end, to) : NULL;
	*(*to)++ = values[name - names];
	return at + 2;
}

/* The text of a string with escapes is written behind the earlier cells of this row. It is never
 * longer than the string. */
static bool
decode(struct scan *scan, const char *at, const char *end, size_t *used, struct mcp_text *cell)
{
	char *from = scan->scratch + *used, *to = from;

	while (at != NULL && at < end) {
		if (*at == '\\')
			at = escape(at, end, &to);
		else
			*to++ = *at++;
	}
	*cell = (struct mcp_text){ from, (size_t)(to - from) };
	*used += cell->len;
	return at != NULL;
}

/* The scratch memory has room for all cells of a row. */
static void
has_scratch(struct mcp_call *call, struct scan *scan)
{
	size_t need = (size_t)(scan->row_end - scan->row);

	if (!scan->escapes || need <= scan->room)
		return;
	scan->room = need * 2;
	scan->scratch = mcp_alloc(call, scan->room);
}

/* A value that is not a string, as it is; white space around it is not part of it. */
static const char *
other_end(const char *at, const char *end)
{
	bool escapes;

	if (*at == '[' || *at == '{')
		return nested_end(at + 1, end, &escapes);
	while (at < end && *at != ',' && !scan_space(*at))
		at++;
	return at;
}

/* Reads one cell and returns its end. NULL: it is not valid. */
static const char *
cell_read(struct scan *scan, const char *at, size_t *used, struct mcp_text *cell)
{
	const char *end = scan->row_end;
	bool escapes = false;
	const char *to;

	if (*at == '"') {
		to = string_end(at + 1, end, &escapes);
		if (to == NULL)
			return NULL;
		*cell = (struct mcp_text){ at + 1, (size_t)(to - at - 1) };
		return !escapes || decode(scan, at + 1, to, used, cell) ? to + 1 : NULL;
	}
	to = other_end(at, end);
	if (to == NULL || to == at)
		return NULL;
	*cell = (struct mcp_text){ at, (size_t)(to - at) };
	if (cell->len == 4 && memcmp(at, "null", 4) == 0)
		*cell = (struct mcp_text){ NULL, 0 };
	return to;
}

int64_t
scan_cells(struct mcp_call *call, struct scan *scan, struct mcp_text *cells, size_t most)
{
	struct scan in = { .at = scan->row, .end = scan->row_end };
	struct mcp_text beyond;
	size_t used = 0;
	int64_t n = 0;

	has_scratch(call, scan);
	for (skip_space(&in); in.at < in.end; n++) {
		if (n > 0) {
			if (*in.at++ != ',')
				return -1;
			skip_space(&in);
			if (in.at == in.end)
				return -1;
		}
		in.at = cell_read(scan, in.at, &used, (size_t)n < most ? &cells[n] : &beyond);
		if (in.at == NULL)
			return -1;
		skip_space(&in);
	}
	return n;
}

/* ---- search ---------------------------------------------------------------------------------- */

static unsigned char
lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* For each byte: how far the text can move when its last letter stands above this byte (Horspool,
 * Practical fast searching in strings, 1980). */
void
scan_search(struct scan *scan, const char *text)
{
	size_t len = text != NULL ? strlen(text) : 0;
	size_t most = len < UINT8_MAX ? len : UINT8_MAX;

	scan->text = text;
	scan->text_len = len;
	memset(scan->move, (int)most, sizeof(scan->move));
	for (size_t i = 0; i + 1 < len; i++) {
		size_t move = len - 1 - i;
		unsigned char small = lower(text[i]);

		move = move < most ? move : most;
		scan->move[small] = (uint8_t)move;
		if (small >= 'a' && small <= 'z')
			scan->move[small - ('a' - 'A')] = (uint8_t)move;
	}
}

static bool
bytes_hold(const struct scan *scan, const char *data, size_t len)
{
	size_t last = scan->text_len - 1;

	for (size_t at = 0; at + last < len; at += scan->move[(unsigned char)data[at + last]]) {
		size_t i = last;

		while (lower(data[at + i]) == lower(scan->text[i]) && i > 0)
			i--;
		if (i == 0 && lower(data[at]) == lower(scan->text[0]))
			return true;
	}
	return false;
}

bool
scan_holds(struct mcp_call *call, struct scan *scan)
{
	struct scan in = { .at = scan->row, .end = scan->row_end };

	if (scan->text_len == 0)
		return true;
	/* without escapes a cell has no other bytes than its row */
	if (!scan->escapes && !bytes_hold(scan, scan->row, (size_t)(scan->row_end - scan->row)))
		return false;
	has_scratch(call, scan);
	for (skip_space(&in); in.at < in.end;) {
		struct mcp_text cell;
		size_t used = 0;

		in.at = cell_read(scan, in.at, &used, &cell);
		if (in.at == NULL)
			return false;
		if (cell.data != NULL && bytes_hold(scan, cell.data, cell.len))
			return true;
		skip_space(&in);
		in.at += in.at < in.end;
		skip_space(&in);
	}
	return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The usual form of rows: ["text","text",null],["text"… without white space. A string is looked at
 * and copied eight bytes at a time. Whatever has another form, or is not complete in these bytes,
 * is left to rows.c, which takes it byte by byte.
 */
#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "egress/rows_state.h"

#define WORD 8u /* bytes that are looked at together */
#define ONES UINT64_C(0x0101010101010101)
#define TOPS (ONES << 7)
/* Bytes that a cell needs beside its prefix and its text: two quotes, the end of the row, and the
 * word that is copied beyond the end of the text. */
#define CELL_SPARE (4u * WORD)

struct run {
	const char *at, *end; /* the input */
	char *to, *full;      /* the output, and the end of its space */
};

/* ---- words ----------------------------------------------------------------------------------- */

/* The first byte of a word is its lowest, on every machine. */
static inline uint64_t
word_at(const char *text)
{
	uint64_t word;

	memcpy(&word, text, WORD);
	return le64toh(word);
}

/* The top bit of each byte that is `c`. Bytes above the first hit may be marked by mistake. */
static inline uint64_t
equal_bytes(uint64_t word, unsigned char c)
{
	uint64_t other = word ^ (ONES * c);

	return (other - ONES) & ~other & TOPS;
}

/* The same for quotes, backslashes and control characters. */
static inline uint64_t
fast_stops(uint64_t word)
{
	uint64_t controls = (word - ONES * 0x20) & ~word & TOPS;

	return controls | equal_bytes(word, '"') | equal_bytes(word, '\\');
}

static inline bool
fast_stop(char c)
{
	return c == '"' || c == '\\' || (unsigned char)c < 0x20;
}

size_t
rows_plain(const char *data, size_t len)
{
	size_t n = 0;

	while (len - n >= WORD) {
		uint64_t found = fast_stops(word_at(data + n));

		if (found != 0)
			return n + (unsigned)__builtin_ctzll(found) / 8;
		n += WORD;
	}
	while (n < len && !fast_stop(data[n]))
		n++;
	return n;
}

/* Copies the bytes before the next stop. Returns whether there is a comma among them. */
static inline bool
copy_plain(struct run *run)
{
	uint64_t commas = 0;

	while ((size_t)(run->end - run->at) >= WORD) {
		uint64_t word = word_at(run->at), found = fast_stops(word);
		uint64_t before = found == 0 ? ~UINT64_C(0) : (found & -found) - 1;
		unsigned n = found == 0 ? WORD : (unsigned)__builtin_ctzll(found) / 8;

		memcpy(run->to, run->at, WORD);
		commas |= equal_bytes(word, ',') & before;
		run->at += n;
		run->to += n;
		if (found != 0)
			return commas != 0;
	}
	for (; run->at < run->end && !fast_stop(*run->at); run->at++) {
		commas |= *run->at == ',';
		*run->to++ = *run->at;
	}
	return commas != 0;
}

/* ---- cells ----------------------------------------------------------------------------------- */

static bool
fast_digits(const char **at, const char *end)
{
	const char *begin = *at;

	while (*at < end && **at >= '0' && **at <= '9')
		++*at;
	return *at > begin;
}

/* RFC 8259, 6 */
static bool
fast_number(const char *at, size_t len)
{
	const char *end = at + len, *first;

	if (len > KEY_MAX)
		return false;
	at += len > 0 && *at == '-';
	first = at;
	if (!fast_digits(&at, end) || (*first == '0' && at - first > 1))
		return false;
	if (at < end && *at == '.') {
		at++;
		if (!fast_digits(&at, end))
			return false;
	}
	if (at < end && (*at == 'e' || *at == 'E')) {
		at++;
		at += at < end && (*at == '+' || *at == '-');
		if (!fast_digits(&at, end))
			return false;
	}
	return at == end;
}

bool
rows_bare(char kind, const char *text, size_t len)
{
	if (kind == 'n')
		return fast_number(text, len);
	return kind == 'b' && ((len == 4 && memcmp(text, "true", 4) == 0) ||
			       (len == 5 && memcmp(text, "false", 5) == 0));
}

static void
fast_quotes(struct run *run, char *from)
{
	size_t len = (size_t)(run->to - from);

	memmove(from + 1, from, len);
	from[0] = '"';
	from[len + 1] = '"';
	run->to += 2;
}

/* An escape of two characters becomes its character. False: it is another escape. */
static bool
csv_escape(struct run *run, bool *quotes)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found =
	    run->end - run->at < 2 || run->at[1] == '\0' ? NULL : strchr(from, run->at[1]);
	char c;

	if (found == NULL)
		return false;
	c = to[found - from];
	*quotes = *quotes || c == '"' || c == '\n' || c == '\r';
	if (c == '"')
		*run->to++ = '"';
	*run->to++ = c;
	run->at += 2;
	return true;
}

/* Copies a string to its end. False: it is not complete, or has another form. */
static bool
csv_text(struct run *run)
{
	char *from = run->to;
	bool quotes = *run->at == '"'; /* an empty text, which is not NULL */

	for (;;) {
		quotes |= copy_plain(run);
		if (run->at < run->end && *run->at == '"')
			break;
		if (run->at == run->end || *run->at != '\\' || !csv_escape(run, &quotes))
			return false;
	}
	if (quotes)
		fast_quotes(run, from);
	return true;
}

static bool
json_text(struct run *run, char kind)
{
	char *from = run->to;

	for (;;) {
		copy_plain(run);
		if (run->at < run->end && *run->at == '"')
			break;
		if (run->end - run->at < 2 || *run->at != '\\' || (unsigned char)run->at[1] < 0x20)
			return false;
		*run->to++ = *run->at++;
		*run->to++ = *run->at++;
	}
	if (!rows_bare(kind, from, (size_t)(run->to - from)))
		fast_quotes(run, from);
	return true;
}

static void
fast_put(struct run *run, const char *text, size_t len)
{
	memcpy(run->to, text, len);
	run->to += len;
}

/* After the prefix of a cell. */
static bool
fast_value(struct rows *rows, struct run *run)
{
	size_t left = (size_t)(run->end - run->at);

	if (left > 1 && *run->at == '"') {
		run->at++;
		if (!(rows->csv ? csv_text(run) : json_text(run, rows->column[rows->at].kind)))
			return false;
		run->at++;
		return true;
	}
	if (left < 5 || memcmp(run->at, "null", 4) != 0 || (run->at[4] != ',' && run->at[4] != ']'))
		return false;
	if (!rows->csv)
		fast_put(run, "null", 4);
	run->at += 4;
	return true;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Makes the output large enough for the next cell and all input that is left. */
static bool
has_space(const struct rows *rows, struct run *run, struct buf *out)
{
	size_t used = (size_t)(run->to - out->data) - out->len;
	size_t need = rows->column[rows->at].prefix_len + (size_t)(run->end - run->at) + CELL_SPARE;
	char *space;

	if ((size_t)(run->full - run->to) >= need)
		return true;
	buf_came(out, used);
	space = buf_space(out, need);
	if (space == NULL)
		return false;
	run->to = space;
	run->full = space + need;
	return true;
}

static bool
fast_cell(struct rows *rows, struct run *run, struct buf *out)
{
	struct run before;

	if (rows->at >= rows->columns || !has_space(rows, run, out))
		return false;
	before = *run;
	if (!rows->csv)
		fast_put(run, rows->column[rows->at].prefix + (rows->at == 0),
			 rows->column[rows->at].prefix_len - (rows->at == 0));
	else if (rows->at > 0)
		*run->to++ = ',';
	if (!fast_value(rows, run)) {
		*run = before;
		return false;
	}
	rows->at++;
	return true;
}

/* Takes the next bracket, comma or cell. */
static bool
fast_step(struct rows *rows, struct run *run, struct buf *out)
{
	bool in_row = rows->state == ROWS_ROW;

	if (*run->at == ',') {
		run->at++;
		return true;
	}
	if (*run->at == '"' || *run->at == 'n')
		return in_row && fast_cell(rows, run, out);
	/* a row that is too short is rare, and its end may need much space */
	if (*run->at == ']' && in_row && rows->at == rows->columns && run->full - run->to >= 2) {
		if (!rows->csv)
			*run->to++ = '}';
		*run->to++ = '\n';
		rows->state = ROWS_LIST;
	} else if (*run->at == '[' && rows->state == ROWS_LIST && run->full - run->to >= 1) {
		if (!rows->csv)
			*run->to++ = '{';
		rows->at = 0;
		rows->state = ROWS_ROW;
	} else {
		return false;
	}
	run->at++;
	return true;
}

size_t
rows_fast(struct rows *rows, const char *data, size_t len, struct buf *out)
{
	struct run run = { .at = data, .end = data + len };

	if (len < WORD || (rows->state != ROWS_ROW && rows->state != ROWS_LIST))
		return 0;
	run.to = buf_space(out, len);
	if (run.to == NULL)
		return 0;
	run.full = run.to + len;
	while (run.at < run.end && fast_step(rows, &run, out))
		;
	if (buf_ok(out))
		buf_came(out, (size_t)(run.to - out->data) - out->len);
	return (size_t)(run.at - data);
}

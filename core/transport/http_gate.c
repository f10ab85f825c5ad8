/* SPDX-License-Identifier: Apache-2.0 */
/* A small state machine for the bytes of requests. It reads lines. Of the header fields it reads
 * only those that determine the end of the request. */
#include "transport/http_gate.h"

#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/hex.h"
#include "base/http_syntax.h"

static bool
gate_refuse(struct http_gate *gate, int status, const char *why)
{
	gate->status = status;
	gate->fault = why;
	return false;
}

/* ---- lines --------------------------------------------------------------------------------- */

static void
keep(struct http_gate *gate, const char *text, size_t len)
{
	if (gate->line_len < GATE_LINE) {
		size_t room = GATE_LINE - gate->line_len;

		memcpy(gate->line + gate->line_len, text, len < room ? len : room);
	}
	gate->line_len += len;
}

/* The allowed bytes: visible characters, and bytes from 0x80 on. */
static bool
is_visible(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f;
}

/* Checks a request line: a method, a target and a version, separated by one space. */
static bool
check_request_char(struct http_gate *gate, char c, bool first)
{
	if (c == ' ') {
		gate->blanks++;
		return !first;
	}
	gate->dividers += c == '&';
	if (gate->blanks == 2) {
		if (gate->version_len < GATE_VERSION)
			gate->version[gate->version_len] = c;
		gate->version_len++;
	}
	return gate->blanks == 0 ? http_token_char(c) : is_visible(c);
}

/* NULL when the character is allowed, else the fault. */
static const char *
check_field_char(struct http_gate *gate, char c, bool first)
{
	if (gate->named) {
		gate->dividers += c == ';';
		return is_visible(c) || c == ' ' || c == '\t'
			 ? NULL
			 : "a header field has an invalid character";
	}
	if (first && (c == ' ' || c == '\t'))
		return "a header field is folded";
	if (first && c == ':')
		return "a header field has no name";
	gate->named = c == ':';
	return gate->named || http_token_char(c) ? NULL : "a header field has an invalid name";
}

/* Checks a piece of a line of the header, without its line end. */
static bool
check_head(struct http_gate *gate, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool first = gate->line_len + i == 0;
		const char *fault = NULL;

		if (gate->state != GATE_REQUEST)
			fault = check_field_char(gate, text[i], first);
		else if (!check_request_char(gate, text[i], first))
			fault = "the request line is malformed";
		if (fault != NULL)
			return gate_refuse(gate, 400, fault);
	}
	return true;
}

/* Checks a piece of the body's framing, without its line feed. */
static bool
check_piece(struct http_gate *gate, const char *text, size_t len)
{
	const char *cr = memchr(text, '\r', len);

	if (len > 0 && (gate->cr || (cr != NULL && cr != text + len - 1)))
		return gate_refuse(gate, 400, "a carriage return without a line feed");
	if (gate->state == GATE_CHUNK_SIZE || gate->state == GATE_CHUNK_END)
		return memchr(text, '\0', len) == NULL ||
		       gate_refuse(gate, 400, "the size line of a chunk is malformed");
	return check_head(gate, text, cr != NULL ? len - 1 : len);
}

/* Reads the bytes that belong to the line at *at. When the line has ended, *whole is true and the
 * line is in gate->line, without CRLF. */
static bool
read_line(struct http_gate *gate, const char **at, const char *end, bool *whole)
{
	const char *newline = memchr(*at, '\n', (size_t)(end - *at));
	const char *stop = newline != NULL ? newline : end;
	size_t len = (size_t)(stop - *at);
	bool cr = len > 0 ? stop[-1] == '\r' : gate->cr;

	*whole = newline != NULL;
	if (!check_piece(gate, *at, len))
		return false;
	if (newline != NULL && !cr)
		return gate_refuse(gate, 400, "a line ends with a line feed only");
	keep(gate, *at, len > 0 && cr ? len - 1 : len);
	gate->cr = cr && newline == NULL;
	*at = newline != NULL ? newline + 1 : end;
	return true;
}

static void
next_line(struct http_gate *gate, enum gate_state state)
{
	gate->state = state;
	gate->line_len = 0;
	gate->named = false;
	gate->dividers = 0;
}

/* ---- the head ------------------------------------------------------------------------------ */

/* When the line is this field: its trimmed value, of the part that was kept. */
static const char *
value_of(const struct http_gate *gate, const char *name, size_t *len)
{
	const char *value,
	    *end = gate->line + (gate->line_len < GATE_LINE ? gate->line_len : GATE_LINE);
	size_t n = strlen(name);

	if (gate->line_len <= n || strncasecmp(gate->line, name, n) != 0 || gate->line[n] != ':')
		return NULL;
	value = gate->line + n + 1;
	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*len = (size_t)(end - value);
	return value;
}

/* RFC 9112, 6.1 and 6.3: the length of the body must be unambiguous. */
static bool
set_framing(struct http_gate *gate, enum gate_framing framing)
{
	if (gate->framing == framing)
		return gate_refuse(gate, 400, "a header field that must be unique is repeated");
	if (gate->framing != FRAMING_NONE)
		return gate_refuse(gate, 400,
				   "Content-Length and Transfer-Encoding must not be used "
				   "together");
	gate->framing = framing;
	return true;
}

static bool
read_length(struct http_gate *gate, const char *digits, size_t len)
{
	uint64_t length = 0;

	if (len == 0 || gate->line_len > GATE_LINE)
		return gate_refuse(gate, 400, "Content-Length is malformed");
	for (size_t i = 0; i < len; i++)
		if (digits[i] < '0' || digits[i] > '9')
			return gate_refuse(gate, 400, "Content-Length is malformed");
	for (size_t i = 0; i < len; i++) {
		if (length > (UINT64_MAX - 9) / 10)
			return gate_refuse(gate, 413, "the body is larger than limits.body allows");
		length = length * 10 + (uint64_t)(digits[i] - '0');
	}
	gate->left = length;
	return set_framing(gate, FRAMING_LENGTH);
}

static bool
read_coding(struct http_gate *gate, const char *coding, size_t len)
{
	if (len != 7 || strncasecmp(coding, "chunked", 7) != 0 || gate->version[7] == '0')
		return gate_refuse(gate, 400,
				   "the only Transfer-Encoding is chunked, and only in HTTP/1.1");
	return set_framing(gate, FRAMING_CHUNKS);
}

/* MHD and http_on_request() use memory for each of them, so their number is limited. */
static bool
count_parts(struct http_gate *gate, unsigned parts)
{
	gate->parts += parts;
	if (gate->parts > GATE_PARTS_MAX)
		return gate_refuse(
		    gate, 431,
		    "too many header fields, cookies or arguments of the request target");
	if (gate->head_len + gate->cookies + gate->parts * GATE_PART > gate->memory_max)
		return gate_refuse(gate, 431,
				   "the header fields and cookies are too large together");
	return true;
}

static bool
read_field(struct http_gate *gate)
{
	size_t len;
	const char *value;

	if (!gate->named)
		return gate_refuse(gate, 400, "a header field has no colon");
	value = value_of(gate, "Cookie", &len);
	gate->cookies += value != NULL ? gate->line_len : 0;
	if (!count_parts(gate, value != NULL ? gate->dividers + 2 : 1))
		return false;
	if (gate->state == GATE_TRAILER)
		return true;
	if ((value = value_of(gate, "Content-Length", &len)) != NULL)
		return read_length(gate, value, len);
	if ((value = value_of(gate, "Transfer-Encoding", &len)) != NULL)
		return read_coding(gate, value, len);
	if (value_of(gate, "Host", &len) != NULL && ++gate->hosts > 1)
		return gate_refuse(gate, 400, "a header field that must be unique is repeated");
	return true;
}

static bool
end_head(struct http_gate *gate)
{
	if (gate->hosts == 0)
		return gate_refuse(gate, 400, "the Host header field is missing");
	next_line(gate, gate->framing == FRAMING_CHUNKS			    ? GATE_CHUNK_SIZE
			: gate->framing == FRAMING_LENGTH && gate->left > 0 ? GATE_BODY
									    : GATE_START);
	return true;
}

/* RFC 9112, 2.3: a request with a later minor version is answered as HTTP/1.1. */
static bool
end_request_line(struct http_gate *gate)
{
	const char *version = gate->version;

	if (gate->blanks != 2 || gate->version_len != GATE_VERSION ||
	    memcmp(version, "HTTP/", 5) != 0 || version[5] < '0' || version[5] > '9' ||
	    version[6] != '.' || version[7] < '0' || version[7] > '9')
		return gate_refuse(gate, 400, "the request line is malformed");
	if (version[5] != '1')
		return gate_refuse(gate, 505, "only HTTP/1.1 and HTTP/1.0 are served");
	if (!count_parts(gate, gate->dividers))
		return false;
	next_line(gate, GATE_FIELD);
	return true;
}

static bool
read_head(struct http_gate *gate)
{
	if (gate->state == GATE_REQUEST)
		return end_request_line(gate);
	if (gate->line_len == 0)
		return end_head(gate);
	if (!read_field(gate))
		return false;
	next_line(gate, GATE_FIELD);
	return true;
}

static bool
read_trailer(struct http_gate *gate)
{
	bool end = gate->line_len == 0;

	if (!end && !read_field(gate))
		return false;
	next_line(gate, end ? GATE_START : GATE_TRAILER);
	return true;
}

/* Is the header too large with these bytes? */
static bool
count_head(struct http_gate *gate, size_t len)
{
	gate->head_len += len;
	if (gate->head_len <= gate->head_max)
		return true;
	return gate->state == GATE_REQUEST
		 ? gate_refuse(gate, 414, "the request target is longer than limits.headers allows")
		 : gate_refuse(gate, 431,
			       "the header of the request is larger than limits.headers allows");
}

/* ---- chunks -------------------------------------------------------------------------------- */

static bool
read_chunk_size(struct http_gate *gate)
{
	size_t n = 0, len = gate->line_len < GATE_LINE ? gate->line_len : GATE_LINE;
	uint64_t size = 0;

	for (; n < len && hex_digit((unsigned char)gate->line[n]) >= 0; n++) {
		if (size >> 60 != 0)
			return gate_refuse(gate, 413, "the body is larger than limits.body allows");
		size = size * 16 + (uint64_t)hex_digit((unsigned char)gate->line[n]);
	}
	if (n == 0 || (n < len && gate->line[n] != ';') || n == GATE_LINE)
		return gate_refuse(gate, 400, "the size line of a chunk is malformed");
	gate->left = size;
	next_line(gate, size > 0 ? GATE_CHUNK_DATA : GATE_TRAILER);
	return true;
}

/* The data of a chunk must be followed by CRLF. */
static bool
read_chunk_end(struct http_gate *gate)
{
	if (gate->line_len > 0)
		return gate_refuse(gate, 400, "a chunk is longer than its size line");
	next_line(gate, GATE_CHUNK_SIZE);
	return true;
}

/* ---- requests ------------------------------------------------------------------------------ */

static void
begin_request(struct http_gate *gate)
{
	gate->requests++;
	gate->blanks = gate->parts = gate->hosts = 0;
	gate->version_len = gate->head_len = gate->cookies = 0;
	gate->framing = FRAMING_NONE;
	gate->left = 0;
	next_line(gate, GATE_REQUEST);
}

static bool
take_line(struct http_gate *gate)
{
	switch (gate->state) {
	case GATE_CHUNK_SIZE: return read_chunk_size(gate);
	case GATE_CHUNK_END: return read_chunk_end(gate);
	case GATE_TRAILER: return read_trailer(gate);
	default: return read_head(gate);
	}
}

/* Skips bytes of a body or of a chunk, which are not checked. */
static const char *
skip_data(struct http_gate *gate, const char *at, const char *end)
{
	size_t n = (size_t)(end - at);

	CHECK(gate->left > 0);

	if (n > gate->left)
		n = (size_t)gate->left;
	gate->left -= n;
	if (gate->left == 0)
		next_line(gate, gate->state == GATE_BODY ? GATE_START : GATE_CHUNK_END);
	return at + n;
}

/* Empty lines before a request are ignored (RFC 9112, 2.2). */
static bool
start(struct http_gate *gate, const char **at)
{
	if (**at == '\r' && !gate->cr) {
		gate->cr = true;
		(*at)++;
		return true;
	}
	if (**at == '\n' && gate->cr) {
		gate->cr = false;
		gate->led = true;
		(*at)++;
		return true;
	}
	begin_request(gate);
	if (gate->cr || **at == '\n')
		return gate_refuse(gate, 400, "this is not an HTTP/1.1 request");
	return true;
}

static bool
step(struct http_gate *gate, const char **at, const char *end)
{
	const char *before = *at;
	bool whole;

	switch (gate->state) {
	case GATE_START: return start(gate, at);
	case GATE_BODY:
	case GATE_CHUNK_DATA: *at = skip_data(gate, *at, end); return true;
	default:
		if (!read_line(gate, at, end, &whole))
			return false;
		if (gate->state != GATE_CHUNK_SIZE && gate->state != GATE_CHUNK_END &&
		    !count_head(gate, (size_t)(*at - before)))
			return false;
		if (gate->state == GATE_CHUNK_SIZE && gate->line_len > GATE_CHUNK_LINE)
			return gate_refuse(gate, 400, "the size line of a chunk is too long");
		return !whole || take_line(gate);
	}
}

size_t
http_gate_feed(struct http_gate *gate, const char *data, size_t len)
{
	const char *at = data, *end = data + len;

	while (gate->fault == NULL && at < end) {
		const char *before = at;

		if (!step(gate, &at, end))
			return (size_t)(before - data);
	}
	return (size_t)(at - data);
}

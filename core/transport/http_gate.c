/* SPDX-License-Identifier: Apache-2.0 */
/* A small machine over the bytes of requests. It reads lines, and of the fields only those that say
 * where the request ends. */
#include "transport/http_gate.h"

#include <string.h>
#include <strings.h>

#include "base/hex.h"

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

/* Three parts with a single blank between them, no control characters, and a method. */
static bool
check_request_line(struct http_gate *gate, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		gate->blanks += text[i] == ' ';
		if (((unsigned char)text[i] < ' ' && text[i] != '\r') ||
		    (gate->line_len + i == 0 && text[i] == ' '))
			return gate_refuse(gate, 400, "the request line is malformed");
	}
	return true;
}

/* Checks a piece without its line feed. */
static bool
check_piece(struct http_gate *gate, const char *text, size_t len)
{
	const char *cr = memchr(text, '\r', len);

	if (len > 0 && (gate->cr || (cr != NULL && cr != text + len - 1)))
		return gate_refuse(gate, 400, "a carriage return stands alone");
	if (memchr(text, '\0', len) != NULL)
		return gate_refuse(gate, 400, "the head of the request has a NUL");
	if (gate->line_len == 0 && len > 0 && (*text == ' ' || *text == '\t') &&
	    (gate->state == GATE_FIELD || gate->state == GATE_TRAILER))
		return gate_refuse(gate, 400, "a header field is folded");
	return gate->state != GATE_REQUEST || check_request_line(gate, text, len);
}

/* Consumes what belongs to the line at *at. *whole: it ended, without its CRLF in gate->line. */
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
		return gate_refuse(gate, 400, "a line ends with a bare line feed");
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
}

/* ---- the head ------------------------------------------------------------------------------ */

/* The trimmed value when the line is this field and was kept whole. */
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
	gate->odd |= gate->counted || gate->chunked;
	gate->counted = true;
	gate->left = length;
	return true;
}

static bool
read_field(struct http_gate *gate)
{
	size_t len;
	const char *value = value_of(gate, "Content-Length", &len);

	if (gate->line[0] == ':' ||
	    (gate->line_len <= GATE_LINE && memchr(gate->line, ':', gate->line_len) == NULL))
		return gate_refuse(gate, 400, "a header field has no name");
	if (value != NULL)
		return read_length(gate, value, len);
	value = value_of(gate, "Transfer-Encoding", &len);
	if (value == NULL)
		return true;
	gate->odd |=
	    gate->counted || gate->chunked || !(len == 7 && strncasecmp(value, "chunked", 7) == 0);
	gate->chunked = true;
	return true;
}

static void
end_head(struct http_gate *gate)
{
	next_line(gate, gate->odd			  ? GATE_OPEN
			: gate->chunked			  ? GATE_CHUNK_SIZE
			: gate->counted && gate->left > 0 ? GATE_BODY
							  : GATE_START);
}

static bool
read_head(struct http_gate *gate)
{
	if (gate->state == GATE_REQUEST) {
		if (gate->blanks != 2)
			return gate_refuse(gate, 400, "the request line is malformed");
		next_line(gate, GATE_FIELD);
		return true;
	}
	if (gate->line_len == 0) {
		end_head(gate);
		return true;
	}
	if (!read_field(gate))
		return false;
	next_line(gate, GATE_FIELD);
	return true;
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

/* Behind the data of a chunk stands CRLF and nothing else. */
static bool
read_chunk_end(struct http_gate *gate)
{
	if (gate->line_len > 0)
		return gate_refuse(gate, 400, "a chunk is longer than its size line says");
	next_line(gate, GATE_CHUNK_SIZE);
	return true;
}

/* ---- requests ------------------------------------------------------------------------------ */

static void
begin_request(struct http_gate *gate)
{
	gate->requests++;
	gate->blanks = 0;
	gate->counted = gate->chunked = gate->odd = false;
	gate->left = 0;
	next_line(gate, GATE_REQUEST);
}

static bool
take_line(struct http_gate *gate)
{
	switch (gate->state) {
	case GATE_CHUNK_SIZE: return read_chunk_size(gate);
	case GATE_CHUNK_END: return read_chunk_end(gate);
	case GATE_TRAILER:
		next_line(gate, gate->line_len == 0 ? GATE_START : GATE_TRAILER);
		return true;
	default: return read_head(gate);
	}
}

/* Bytes that are not looked at: of a body or of a chunk. */
static const char *
skip_data(struct http_gate *gate, const char *at, const char *end)
{
	size_t n = (size_t)(end - at);

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
		(*at)++;
		return true;
	}
	begin_request(gate);
	if (gate->cr || **at == '\n')
		return gate_refuse(gate, 400, "this is no HTTP/1.1 request");
	return true;
}

static bool
step(struct http_gate *gate, const char **at, const char *end)
{
	bool whole;

	switch (gate->state) {
	case GATE_START: return start(gate, at);
	case GATE_BODY:
	case GATE_CHUNK_DATA: *at = skip_data(gate, *at, end); return true;
	case GATE_OPEN: *at = end; return true;
	default:
		if (!read_line(gate, at, end, &whole))
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

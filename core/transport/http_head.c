/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks the head of a request for what MHD 0.9.75 lets through but RFC 9112 forbids, and for what
 * a proxy in front of us might read differently: both lengths at once, repeated fields, folded
 * lines, NUL and control characters, bare line feeds. All of it is refused; nothing is repaired.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "transport/http.h"

#define FIELDS_MAX 100u /* header fields of a request */
#define MCP_MAX 64u	/* of them, fields of MCP */
#define BAD_REQUEST (-32600)
#define HEADER_MISMATCH (-32020)

struct reader {
	struct http_head *head;
	struct http_refusal *refusal;
	const char *next; /* where the next field must begin; NULL: not looked at */
	const char *mcp[MCP_MAX];
	size_t n_mcp, n;
};

static enum MHD_Result
refuse(struct reader *reader, int status, int code, const char *why)
{
	*reader->refusal = (struct http_refusal){ .status = status, .code = code, .why = why };
	return MHD_NO; /* ends the iteration */
}

/* RFC 9110, 5.6.2 */
static bool
is_token(const char *text, size_t len)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      (c != '\0' && strchr(others, c) != NULL)))
			return false;
	}
	return len > 0;
}

/* RFC 9110, 5.5: visible characters, blanks, and bytes from 0x80 on. */
static bool
is_value(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7f)
			return false;
	return true;
}

/* The fields that decide what the request is, and therefore come once. */
static const char **
singleton(struct http_head *head, const char *name, size_t len)
{
	const struct {
		const char *name;
		const char **value;
	} table[] = {
		{ "Host", &head->host },
		{ "Origin", &head->origin },
		{ "Content-Type", &head->content_type },
		{ "Content-Length", &head->content_length },
		{ "Transfer-Encoding", &head->transfer_encoding },
		{ "Authorization", &head->authorization },
		{ "Expect", &head->expect },
		{ "Last-Event-ID", &head->last_event_id },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strlen(table[i].name) == len && strncasecmp(table[i].name, name, len) == 0)
			return table[i].value;
	return NULL;
}

/* Does this media range take text/event-stream? Ends at `end`; parameters other than q are odd
 * here and ignored. */
static bool
range_takes_stream(const char *range, const char *end)
{
	const char *semicolon = memchr(range, ';', (size_t)(end - range));
	const char *stop = semicolon != NULL ? semicolon : end;
	size_t len;

	while (stop > range && (stop[-1] == ' ' || stop[-1] == '\t'))
		stop--;
	len = (size_t)(stop - range);
	if (!(len == 17 && strncasecmp(range, "text/event-stream", 17) == 0) &&
	    !(len == 6 && strncasecmp(range, "text/*", 6) == 0) &&
	    !(len == 3 && strncmp(range, "*/*", 3) == 0))
		return false;
	for (const char *p = semicolon; p != NULL && p < end;
	     p = memchr(p + 1, ';', (size_t)(end - p - 1))) {
		const char *q = p + 1 + strspn(p + 1, " \t");

		if (q + 1 < end && (*q == 'q' || *q == 'Q') && q[1] == '=')
			return strtod(q + 2, NULL) > 0;
	}
	return true;
}

static bool
takes_stream(const char *accept)
{
	while (*accept != '\0') {
		const char *end;

		accept += strspn(accept, " \t,");
		end = accept + strcspn(accept, ",");
		if (end > accept && range_takes_stream(accept, end))
			return true;
		accept = end;
	}
	return false;
}

/*
 * MHD parses in place: it puts NULs over colons and line ends, and hands out pointers into what it
 * received. So a field that was sent as RFC 9112 demands is followed by exactly two NULs and then
 * by the next one; after a folded line, a bare line feed or a NUL from the peer it is not.
 */
static bool
in_place(struct reader *reader, const char *name, size_t name_len, const char *value,
	 size_t value_len)
{
	const char *gap = name + name_len + 1;

	if (reader->next == NULL)
		return true;
	if (name != reader->next || value < gap || value[value_len] != '\0' ||
	    value[value_len + 1] != '\0')
		return false;
	while (gap < value && (*gap == ' ' || *gap == '\t'))
		gap++;
	reader->next = value + value_len + 2;
	return gap == value;
}

static enum MHD_Result
note_mcp(struct reader *reader, const char *name)
{
	for (size_t i = 0; i < reader->n_mcp; i++)
		if (strcasecmp(reader->mcp[i], name) == 0)
			return refuse(reader, 400, HEADER_MISMATCH,
				      "a header field of MCP is there twice");
	if (reader->n_mcp == MCP_MAX)
		return refuse(reader, 431, BAD_REQUEST, "too many header fields of MCP");
	reader->mcp[reader->n_mcp++] = name;
	return MHD_YES;
}

static enum MHD_Result
read_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_len, const char *value,
	   size_t value_len)
{
	struct reader *reader = cls;
	const char **once;

	(void)kind;
	if (++reader->n > FIELDS_MAX)
		return refuse(reader, 431, BAD_REQUEST, "too many header fields");
	if (value == NULL || !is_token(name, name_len))
		return refuse(reader, 400, BAD_REQUEST, "a header field has an invalid name");
	if (!in_place(reader, name, name_len, value, value_len) || !is_value(value, value_len))
		return refuse(reader, 400, BAD_REQUEST,
			      "a header field is folded or has an invalid character");
	/* OWS after the value is not part of it; the memory is MHD's receive buffer */
	while (value_len > 0 && (value[value_len - 1] == ' ' || value[value_len - 1] == '\t'))
		((char *)(uintptr_t)value)[--value_len] = '\0';
	once = singleton(reader->head, name, name_len);
	if (once != NULL) {
		if (*once != NULL)
			return refuse(reader, 400, BAD_REQUEST,
				      "a header field that must be unique is there twice");
		*once = value;
	} else if (name_len > 4 && strncasecmp(name, "Mcp-", 4) == 0) {
		return note_mcp(reader, name);
	} else if (name_len == 6 && strncasecmp(name, "Accept", 6) == 0) {
		reader->head->accepts_stream |= takes_stream(value);
	}
	return MHD_YES;
}

/* RFC 9112, 6.1 and 6.3: how long the body is must be beyond doubt. */
static void
read_length(struct reader *reader, const char *version)
{
	struct http_head *head = reader->head;

	if (head->transfer_encoding != NULL) {
		if (head->content_length != NULL)
			refuse(reader, 400, BAD_REQUEST,
			       "Content-Length and Transfer-Encoding exclude each other");
		else if (strcasecmp(head->transfer_encoding, "chunked") != 0 ||
			 strcmp(version, "HTTP/1.0") == 0)
			refuse(reader, 400, BAD_REQUEST, "the only Transfer-Encoding is chunked");
		head->body = UINT64_MAX;
	} else if (head->content_length != NULL) {
		/* MHD has checked that it is a number that fits */
		head->body = strtoull(head->content_length, NULL, 10);
	}
}

/* Later releases of MHD refuse these things themselves and may keep their buffer otherwise. */
static bool
parses_in_place(void)
{
	static int known = -1;

	if (known < 0) {
		unsigned major = 0, minor = 0, patch = 0;

		known = sscanf(MHD_get_version(), "%u.%u.%u", &major, &minor, &patch) == 3 &&
			major == 0 && minor == 9 && patch <= 75;
	}
	return known != 0;
}

void
http_head_read(struct http_connection *connection, const char *version,
	       struct http_refusal *refusal)
{
	const struct http *http = connection->listener->http;
	const union MHD_ConnectionInfo *size =
	    MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	struct reader reader = { .head = &connection->head, .refusal = refusal };

	connection->head = (struct http_head){ 0 };
	*refusal = (struct http_refusal){ 0 };
	if (size != NULL && size->header_size > http->config->limits.headers) {
		refuse(&reader, 431, BAD_REQUEST, "the head of the request is too large");
		return;
	}
	if (parses_in_place()) {
		/* "HTTP/1.1" and the line end */
		reader.next = version + 10;
		if (version[8] != '\0' || version[9] != '\0' ||
		    connection->target_end + 1 != version)
			refuse(&reader, 400, BAD_REQUEST, "the request line is malformed");
	}
	if (refusal->status == 0)
		MHD_get_connection_values_n(connection->mhd, MHD_HEADER_KIND, read_field, &reader);
	if (refusal->status == 0 && reader.next != NULL && size != NULL &&
	    reader.next + 2 != connection->method + size->header_size)
		refuse(&reader, 400, BAD_REQUEST, "the head of the request is malformed");
	if (refusal->status == 0)
		read_length(&reader, version);
	if (refusal->status == 0 && connection->head.host == NULL)
		refuse(&reader, 400, BAD_REQUEST, "the Host header field is missing");
}

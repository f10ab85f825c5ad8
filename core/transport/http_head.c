/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks the fields of a request for what MHD lets through but RFC 9112 forbids, and for what a
 * proxy in front of us might read differently: both lengths at once, repeated fields, control
 * characters. All of it is refused; nothing is repaired. (Lines and lengths: http_gate.c.)
 */
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
	const char *mcp[MCP_MAX];
	size_t n_mcp, n;
};

static enum MHD_Result
head_refuse(struct reader *reader, int status, int code, const char *why)
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

/* Is the body sent as it is? "identity" is a coding that changes nothing. */
static bool
is_plain(const char *codings)
{
	while (*codings != '\0') {
		size_t len;

		codings += strspn(codings, " \t,");
		len = strcspn(codings, " \t,");
		if (len > 0 && !(len == 8 && strncasecmp(codings, "identity", 8) == 0))
			return false;
		codings += len;
	}
	return true;
}

static enum MHD_Result
note_mcp(struct reader *reader, const char *name)
{
	for (size_t i = 0; i < reader->n_mcp; i++)
		if (strcasecmp(reader->mcp[i], name) == 0)
			return head_refuse(reader, 400, HEADER_MISMATCH,
					   "a header field of MCP is there twice");
	if (reader->n_mcp == MCP_MAX)
		return head_refuse(reader, 431, BAD_REQUEST, "too many header fields of MCP");
	reader->mcp[reader->n_mcp++] = name;
	return MHD_YES;
}

static enum MHD_Result
head_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_len, const char *value,
	   size_t value_len)
{
	struct reader *reader = cls;
	const char **once;

	(void)kind;
	if (++reader->n > FIELDS_MAX)
		return head_refuse(reader, 431, BAD_REQUEST, "too many header fields");
	if (value == NULL || !is_token(name, name_len))
		return head_refuse(reader, 400, BAD_REQUEST, "a header field has an invalid name");
	if (!is_value(value, value_len))
		return head_refuse(reader, 400, BAD_REQUEST,
				   "a header field has an invalid character");
	/* OWS after the value is not part of it; the memory is MHD's receive buffer */
	while (value_len > 0 && (value[value_len - 1] == ' ' || value[value_len - 1] == '\t'))
		((char *)(uintptr_t)value)[--value_len] = '\0';
	once = singleton(reader->head, name, name_len);
	if (once != NULL) {
		if (*once != NULL)
			return head_refuse(reader, 400, BAD_REQUEST,
					   "a header field that must be unique is there twice");
		*once = value;
	} else if (name_len > 4 && strncasecmp(name, "Mcp-", 4) == 0) {
		return note_mcp(reader, name);
	} else if (name_len == 6 && strncasecmp(name, "Accept", 6) == 0) {
		accept_read(&reader->head->accept, value);
	} else if (name_len == 16 && strncasecmp(name, "Content-Encoding", 16) == 0) {
		reader->head->coded |= !is_plain(value);
	}
	return MHD_YES;
}

/* RFC 9112, 6.1 and 6.3: how long the body is must be beyond doubt. */
static void
head_length(struct reader *reader, const char *version)
{
	struct http_head *head = reader->head;

	if (head->transfer_encoding != NULL) {
		if (head->content_length != NULL)
			head_refuse(reader, 400, BAD_REQUEST,
				    "Content-Length and Transfer-Encoding exclude each other");
		else if (strcasecmp(head->transfer_encoding, "chunked") != 0 ||
			 strcmp(version, "HTTP/1.0") == 0)
			head_refuse(reader, 400, BAD_REQUEST,
				    "the only Transfer-Encoding is chunked");
		head->body = UINT64_MAX;
	} else if (head->content_length != NULL) {
		/* the gate has checked that it is a number that fits */
		head->body = strtoull(head->content_length, NULL, 10);
	}
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
		head_refuse(&reader, 431, BAD_REQUEST, "the head of the request is too large");
		return;
	}
	if (refusal->status == 0)
		MHD_get_connection_values_n(connection->mhd, MHD_HEADER_KIND, head_field, &reader);
	if (refusal->status == 0)
		head_length(&reader, version);
	if (refusal->status == 0 && connection->head.host == NULL)
		head_refuse(&reader, 400, BAD_REQUEST, "the Host header field is missing");
}

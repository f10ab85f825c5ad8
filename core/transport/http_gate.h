/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The framing of HTTP/1.1 requests, checked byte by byte before libmicrohttpd sees them. Its
 * releases differ in what they accept, and a proxy before this host may read such input
 * differently: bare line feeds, folded lines, NUL, malformed lengths and chunk lines. It also
 * answers errors in HTML. So everything that any release might refuse is refused here; nothing is
 * repaired. RFC 9112, sections 2 to 7. (The meaning of fields: http_head.h, http_access.h.)
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_HTTP_GATE_H
#define CORE_TRANSPORT_HTTP_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GATE_LINE 96u	      /* bytes kept of a line: enough for the relevant fields */
#define GATE_VERSION 8u	      /* "HTTP/1.1" */
#define GATE_CHUNK_LINE 4096u /* bytes of a chunk's size line, with extensions */
#define GATE_PARTS_MAX 100u   /* header fields, cookies and arguments of a query, together */
#define GATE_PART 64u	      /* bytes that the library takes for each */

enum gate_state {
	GATE_START,   /* between requests */
	GATE_REQUEST, /* digits in a request line */
	GATE_FIELD,
	GATE_BODY,
	GATE_CHUNK_SIZE,
	GATE_CHUNK_DATA,
	GATE_CHUNK_END,
	GATE_TRAILER,
};

/* Where the body ends. */
enum gate_framing { FRAMING_NONE, FRAMING_LENGTH, FRAMING_CHUNKS };

/* Zeroed but for head_max and memory_max: a new connection. */
struct http_gate {
	enum gate_state state;
	enum gate_framing framing; /* the framing of the last request */
	size_t head_max;	   /* bytes of request line, fields and trailer; set by the owner */
	size_t head_len;	   /* bytes of them so far */
	size_t memory_max;	   /* bytes that the library has for a head; set by the owner */
	size_t cookies;		   /* bytes of cookies, which it copies */
	unsigned parts, hosts;	   /* see GATE_PARTS_MAX; number of Host fields */
	uint64_t left;		   /* bytes of the body or chunk that follow */
	unsigned requests;	   /* requests begun so far */

	/* the current line */
	char line[GATE_LINE];
	size_t line_len;   /* including bytes that are not kept */
	bool cr;	   /* the last byte was a carriage return */
	bool named;	   /* a field: its colon was read */
	unsigned blanks;   /* spaces of the request line */
	unsigned dividers; /* '&' of the request line; ';' of a field */
	char version[GATE_VERSION];
	size_t version_len; /* including bytes that are not kept */

	const char *fault; /* why the last request is refused; NULL: it is not */
	int status;	   /* HTTP status for the refusal */
};

/* The number of bytes that are accepted. Fewer than `len`: gate->fault and status have the reason,
 * and no more bytes are accepted. */
size_t http_gate_feed(struct http_gate *gate, const char *data, size_t len);

#endif

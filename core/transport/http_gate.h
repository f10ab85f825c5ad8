/* SPDX-License-Identifier: Apache-2.0 */
/* The framing of HTTP/1.1 requests, checked byte by byte before libmicrohttpd sees them. Its
 * releases differ in what they accept, and a proxy before this host may read such input
 * differently: bare line feeds, folded lines, NUL, malformed lengths and chunk lines. The
 * library also answers errors in HTML. So the gate refuses all input that any release might
 * refuse, and repairs nothing. RFC 9112, sections 2 to 7. (The meaning of fields: http_head.h,
 * http_access.h.) */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_HTTP_GATE_H
#define CORE_TRANSPORT_HTTP_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GATE_LINE 96u	      /* bytes of a line that are kept: enough for the fields that matter */
#define GATE_VERSION 8u	      /* "HTTP/1.1" */
#define GATE_CHUNK_LINE 4096u /* most bytes of a chunk's size line, with extensions */
#define GATE_PARTS_MAX 100u   /* most header fields, cookies and arguments of a query, together */
#define GATE_PART 64u	      /* bytes that the library allocates for each of them */

enum gate_state {
	GATE_START,   /* between requests */
	GATE_REQUEST, /* most digits in a request line */
	GATE_FIELD,
	GATE_BODY,
	GATE_CHUNK_SIZE,
	GATE_CHUNK_DATA,
	GATE_CHUNK_END,
	GATE_TRAILER,
};

/* What determines the end of the body. */
enum gate_framing { FRAMING_NONE, FRAMING_LENGTH, FRAMING_CHUNKS };

/* A new connection has a zeroed struct, except for head_max and memory_max. */
struct http_gate {
	enum gate_state state;
	enum gate_framing framing; /* how the last request was framed */
	/* most bytes of request line, fields and trailer; the owner sets it */
	size_t head_max;
	size_t head_len;       /* number of these bytes so far */
	size_t memory_max;     /* bytes that the library has for a header; the owner sets it */
	size_t cookies;	       /* bytes of cookies, which the library copies */
	unsigned parts, hosts; /* see GATE_PARTS_MAX; then the number of Host fields */
	uint64_t left;	       /* bytes of the body or chunk that follow */
	unsigned requests;     /* number of requests that have begun */

	/* the current line */
	char line[GATE_LINE];
	size_t line_len;   /* length of the line, including bytes that are not kept */
	bool led;	   /* an empty line came before the request, or before an earlier one */
	bool cr;	   /* the last byte was a carriage return */
	bool named;	   /* in a field: its colon was read */
	unsigned blanks;   /* number of spaces in the request line */
	unsigned dividers; /* number of '&' in the request line, or of ';' in a field */
	char version[GATE_VERSION];
	size_t version_len; /* length of the value, including bytes that are not kept */

	const char *fault; /* why the last request is refused; NULL: it is not refused */
	int status;	   /* HTTP status for the refusal */
};

/* The number of bytes that are accepted. When the result is less than `len`, gate->fault and status
 * have the reason, and no more bytes are accepted. */
size_t http_gate_feed(struct http_gate *gate, const char *data, size_t len);

#endif

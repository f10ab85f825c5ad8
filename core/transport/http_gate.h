/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frames of HTTP/1.1 requests, checked byte by byte before libmicrohttpd sees them. Its
 * releases differ in what they let through, and what they let through a proxy in front of us may
 * read differently: bare line feeds, folded lines, NUL, malformed lengths and chunk lines. All of
 * it is refused; nothing is repaired. RFC 9112, sections 2 to 7.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_HTTP_GATE_H
#define CORE_TRANSPORT_HTTP_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GATE_LINE 96u	      /* kept of a line: enough for the fields that matter */
#define GATE_CHUNK_LINE 4096u /* bytes of a chunk's size line, extensions included */

enum gate_state {
	GATE_START,   /* between requests */
	GATE_REQUEST, /* in a request line */
	GATE_FIELD,
	GATE_BODY,
	GATE_CHUNK_SIZE,
	GATE_CHUNK_DATA,
	GATE_CHUNK_END,
	GATE_TRAILER,
	GATE_OPEN, /* the head is refused elsewhere, and the connection closes: all passes */
};

/* zeroed: a new connection */
struct http_gate {
	enum gate_state state;
	char line[GATE_LINE];
	size_t line_len;	    /* of the line so far, kept or not */
	unsigned blanks;	    /* spaces in the request line */
	bool cr;		    /* the last byte was a carriage return */
	bool counted, chunked, odd; /* Content-Length; chunks; lengths that exclude each other */
	uint64_t left;		    /* bytes of the body or chunk that follow */
	unsigned requests;	    /* begun so far */
	const char *fault;	    /* why the last of them is refused; NULL: it is not */
	int status;
};

/* How many of the bytes may pass. Fewer than `len`: gate->fault and status say why, and nothing
 * passes any more. */
size_t http_gate_feed(struct http_gate *gate, const char *data, size_t len);

#endif

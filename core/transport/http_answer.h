/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that MHD writes, whole or as a stream; and refusals. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_HTTP_ANSWER_H
#define CORE_TRANSPORT_HTTP_ANSWER_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

struct http_connection;

/* A response with a copy of the body, and CORS headers where they belong. `type` NULL: no body.
 * NULL when out of memory. */
struct MHD_Response *http_response(struct http_connection *connection, const char *type,
				   const char *body, size_t len);
/* Hands a whole response to MHD, which owns it: PHASE_ANSWER. False: MHD did not take it. */
bool http_queue(struct http_connection *connection, unsigned status, struct MHD_Response *response);
/* Hands over the event stream, whole (PHASE_ANSWER) or what there is of it (PHASE_STREAM). */
bool http_queue_stream(struct http_connection *connection);
/* A whole answer; the connection is dropped when that fails. */
void http_answer(struct http_connection *connection, int status, const char *type, const char *body,
		 size_t len);
/* As connection->refusal says. */
void http_answer_refusal(struct http_connection *connection);
/* Writes a refusal past MHD, to a peer whose request MHD would drop without a word. It has the id
 * of the request where that was recovered. */
void http_raw_refusal(struct http_connection *connection, int status, const char *why);

#endif

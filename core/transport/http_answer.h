/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that MHD writes, completely or as a stream; and refusals. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_HTTP_ANSWER_H
#define CORE_TRANSPORT_HTTP_ANSWER_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

struct http_connection;

/* Makes a response with a copy of the body, and CORS headers if needed. `type` NULL: no body. NULL
 * when out of memory. */
struct MHD_Response *http_response(struct http_connection *connection, const char *type,
				   const char *body, size_t len);
/* Gives a complete response to MHD, which then owns it: PHASE_ANSWER. False: MHD refused it. */
bool http_queue(struct http_connection *connection, unsigned status, struct MHD_Response *response);
/* Gives the event stream to MHD: all of it (PHASE_ANSWER), or the part so far (PHASE_STREAM). */
bool http_queue_stream(struct http_connection *connection);
/* Sends a complete answer. The connection is dropped when that fails. */
void http_answer(struct http_connection *connection, int status, const char *type, const char *body,
		 size_t len);
/* Answers with connection->refusal. */
void http_answer_refusal(struct http_connection *connection);
/* Writes a refusal without MHD, to a peer whose request MHD would drop silently. It contains the id
 * of the request if that was recovered. */
void http_raw_refusal(struct http_connection *connection, int status, const char *why);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "transport/http_answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "rpc/error.h"
#include "rpc/frame.h"
#include "transport/http_access.h"
#include "transport/http_connection.h"
#include "transport/mhd.h"

#define STREAM_BLOCK 128 /* size of MHD's buffer for peers that do not support chunks (HTTP/1.0) */
#define REFUSAL_MAX (RECOVER_ID_MAX + 512u) /* the body of a refusal */
#define RAW_MAX (REFUSAL_MAX + 256u)	    /* including its header */

struct MHD_Response *
http_response(struct http_connection *connection, const char *type, const char *body, size_t len)
{
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(len, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);

	connection->answer_size = len;
	if (response == NULL)
		return NULL;
	if (type != NULL)
		MHD_add_response_header(response, "Content-Type", type);
	http_add_cors(response, connection);
	return response;
}

static bool
queue(struct http_connection *connection, unsigned status, struct MHD_Response *response,
      enum http_phase phase)
{
	struct http *http = connection->listener->http;
	bool suspended = http_is_suspended(connection);
	enum MHD_Result queued;

	if (http->doors != DOORS_OPEN) /* other connections wait */
		MHD_add_response_header(response, "Connection", "close");
	connection->moved_ms = clock_ms();
	connection->acked = 0;
	connection->deadline_ms = connection->moved_ms + http->times.stall_ms +
				  (int64_t)(connection->answer_size * 1000 / HTTP_MIN_RATE);
	queued = MHD_queue_response(connection->mhd, status, response);
	MHD_destroy_response(response);
	if (suspended)
		http_resume(connection, phase);
	else
		http_phase_move(connection, phase);
	return queued == MHD_YES;
}

bool
http_queue(struct http_connection *connection, unsigned status, struct MHD_Response *response)
{
	return queue(connection, status, response, PHASE_ANSWER);
}

void
http_answer(struct http_connection *connection, int status, const char *type, const char *body,
	    size_t len)
{
	struct MHD_Response *response = http_response(connection, type, body, len);

	if (response == NULL || !http_queue(connection, (unsigned)status, response))
		http_drop(connection);
}

/* ---- streams ------------------------------------------------------------------------------- */

/* MHD asks for more bytes. When there are none, the connection must be suspended, or MHD would ask
 * again and again. */
static ssize_t
read_stream(void *cls, uint64_t position, char *out, size_t room)
{
	struct http_connection *connection = cls;
	size_t len;

	(void)position;
	if (connection->socket == SOCKET_DROPPED)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	len = sse_take(&connection->sse, out, room);
	if (len > 0)
		return (ssize_t)len;
	if (connection->sse.state == SSE_ENDED)
		return MHD_CONTENT_READER_END_OF_STREAM;
	http_suspend(connection, PHASE_QUIET);
	return 0;
}

/* A stream that is complete before the receiver returns is sent in one piece. */
bool
http_queue_stream(struct http_connection *connection)
{
	bool whole = connection->sse.state == SSE_ENDED;
	struct MHD_Response *response;

	CHECK(connection->sse.state != SSE_NONE);
	if (whole) {
		response = http_response(connection, "text/event-stream",
					 connection->sse.queue.data, connection->sse.queue.len);
	} else {
		connection->answer_size = sse_waiting(&connection->sse);
		response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK,
							     read_stream, connection, NULL);
	}
	if (response == NULL)
		return false;
	if (!whole) {
		MHD_add_response_header(response, "Content-Type", "text/event-stream");
		http_add_cors(response, connection);
	}
	MHD_add_response_header(response, "Cache-Control", "no-cache, no-transform");
	MHD_add_response_header(response, "X-Accel-Buffering", "no");
	if (!queue(connection, 200, response, whole ? PHASE_ANSWER : PHASE_STREAM))
		return false;
	if (!whole)
		connection->deadline_ms = 0;
	return true;
}

/* ---- refusals ------------------------------------------------------------------------------ */

static void
write_refusal(struct http_connection *connection, struct buf *out, int code, const char *why)
{
	const char *id = connection->recover != NULL ? recover_id(connection->recover) : NULL;

	buf_init(out, REFUSAL_MAX);
	rpc_write_error(out, id, code, why, NULL);
	CHECK(buf_ok(out));
}

void
http_answer_refusal(struct http_connection *connection)
{
	const struct http_refusal *refusal = &connection->refusal;
	struct MHD_Response *response;
	struct buf body;

	CHECK(refusal->status != 0);
	if (log_enabled(LOG_DEBUG))
		log_event(LOG_DEBUG, "http", "refused", "i", (int64_t)refusal->status, "why", "s",
			  refusal->why, NULL);
	write_refusal(connection, &body, refusal->code, refusal->why);
	response = http_response(connection, "application/json", body.data, body.len);
	buf_fini(&body);
	if (response != NULL && connection->recover != NULL) /* the body was read only for the id */
		MHD_add_response_header(response, "Connection", "close");
	if (response != NULL && refusal->field != NULL)
		MHD_add_response_header(response, refusal->field, refusal->value);
	if (response == NULL || !http_queue(connection, (unsigned)refusal->status, response))
		http_drop(connection);
}

static const char *
reason_of(int status)
{
	switch (status) {
	case 408: return "Request Timeout";
	case 413: return "Content Too Large";
	case 414: return "URI Too Long";
	case 431: return "Request Header Fields Too Large";
	case 505: return "HTTP Version Not Supported";
	default: return "Bad Request";
	}
}

void
http_raw_refusal(struct http_connection *connection, int status, const char *why)
{
	struct buf body, text;

	write_refusal(connection, &body, rpc_error_code(RPC_INVALID_REQUEST), why);
	buf_init(&text, RAW_MAX);
	buf_printf(&text,
		   "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Type: application/json\r\n"
		   "Content-Length: %zu\r\n\r\n%s",
		   status, reason_of(status), body.len, body.data);
	CHECK(buf_ok(&text));
	mhd_write(connection, text.data, text.len);
	buf_fini(&text);
	buf_fini(&body);
}

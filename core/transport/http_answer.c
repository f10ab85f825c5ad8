/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers. Until the receiver sends the first notification nothing goes out, so that the answer can
 * still be plain JSON with a status of its own; the first notification opens an event stream. A
 * stream that is complete before the receiver returns goes out in one piece.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/log.h"
#include "rpc/error.h"
#include "rpc/frame.h"
#include "transport/http.h"

#define STREAM_BLOCK 1024    /* MHD's buffer for peers that know no chunks (HTTP/1.0) */
#define REFUSAL_MAX 512	     /* bytes of the JSON of a refusal */
#define REFUSAL_HEAD_MAX 256 /* and of the head that is written for it */
#define ATTEND_S 86400u

void
http_suspend(struct http_connection *connection)
{
	connection->suspended = true;
	MHD_suspend_connection(connection->mhd);
}

void
http_resume(struct http_connection *connection)
{
	connection->suspended = false;
	MHD_resume_connection(connection->mhd);
	http_run_soon(connection->listener); /* on an external loop MHD cannot ask for it */
}

void
http_lost(struct http_connection *connection)
{
	if (connection->told)
		return;
	connection->told = true;
	connection->exchange.closed = true;
	if (connection->exchange.on_close != NULL)
		connection->exchange.on_close(&connection->exchange);
}

/* MHD forgets a connection that it closes while it makes its answer ready: nothing wakes it again,
 * and its socket stays open. Connections with a time-out of their own are looked at in every run,
 * so one is set, too long to matter, for a request that has to wait. MHD 1.0 takes it only while
 * the connection is not suspended. */
static void
attend(struct http_connection *connection, unsigned seconds)
{
	if (connection->suspended || connection->attended == (seconds > 0))
		return;
	connection->attended = seconds > 0;
	MHD_set_connection_option(connection->mhd, MHD_CONNECTION_OPTION_TIMEOUT, seconds);
}

void
http_attend(struct http_connection *connection)
{
	attend(connection, ATTEND_S);
}

void
http_unattend(struct http_connection *connection)
{
	attend(connection, 0);
}

void
http_drop(struct http_connection *connection)
{
	connection->gone = true;
	shutdown(connection->fd, SHUT_RDWR);
	attend(connection, ATTEND_S);
	if (connection->suspended)
		http_resume(connection);
}

/* ---- whole answers ------------------------------------------------------------------------- */

static struct MHD_Response *
make_response(struct http_connection *connection, const char *type, const char *body, size_t len)
{
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(len, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);

	if (response == NULL)
		return NULL;
	if (type != NULL)
		MHD_add_response_header(response, "Content-Type", type);
	http_add_cross(response, connection);
	return response;
}

enum MHD_Result
http_queue(struct http_connection *connection, unsigned status, struct MHD_Response *response)
{
	const struct http *http = connection->listener->http;
	enum MHD_Result queued;

	if (http->draining || http->accept_paused) /* others wait outside */
		MHD_add_response_header(response, "Connection", "close");
	connection->phase = PHASE_ANSWER;
	connection->moved_ms = clock_ms();
	connection->acked = 0;
	connection->deadline_ms = connection->moved_ms + http->times.stall_ms +
				  (int64_t)(connection->answer_size * 1000 / HTTP_MIN_RATE);
	queued = MHD_queue_response(connection->mhd, status, response);
	MHD_destroy_response(response);
	if (connection->suspended)
		http_resume(connection);
	return queued;
}

void
http_answer(struct http_connection *connection, int status, const char *type, const char *body,
	    size_t len)
{
	struct MHD_Response *response = make_response(connection, type, body, len);

	connection->answer_size = len;
	if (response == NULL || http_queue(connection, (unsigned)status, response) != MHD_YES)
		http_drop(connection);
}

void
http_answer_refusal(struct http_connection *connection)
{
	const struct http_refusal *refusal = &connection->refusal;
	struct MHD_Response *response;
	struct buf body;

	buf_init(&body, REFUSAL_MAX);
	rpc_write_error(&body, NULL, refusal->code, refusal->why, NULL);
	if (log_enabled(LOG_DEBUG))
		log_event(LOG_DEBUG, "http", "refused", "i", (int64_t)refusal->status, "why", "s",
			  refusal->why, NULL);
	response = make_response(connection, "application/json", body.data, body.len);
	if (response != NULL && refusal->field != NULL)
		MHD_add_response_header(response, refusal->field, refusal->value);
	connection->answer_size = body.len;
	buf_fini(&body);
	if (response == NULL ||
	    http_queue(connection, (unsigned)refusal->status, response) != MHD_YES)
		http_drop(connection);
}

void
http_raw_refusal(int fd, int status, const char *reason, const char *why)
{
	struct buf body, text;
	ssize_t sent;

	buf_init(&body, REFUSAL_MAX);
	buf_init(&text, REFUSAL_MAX + REFUSAL_HEAD_MAX);
	rpc_write_error(&body, NULL, rpc_error_code(RPC_INVALID_REQUEST), why, NULL);
	buf_printf(&text,
		   "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Type: application/json\r\n"
		   "Content-Length: %zu\r\n\r\n%s",
		   status, reason, body.len, body.data);
	sent = send(fd, text.data, text.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)sent; /* a courtesy: the connection closes in any case */
	buf_fini(&body);
	buf_fini(&text);
}

/* ---- the exchange -------------------------------------------------------------------------- */

static struct http_connection *
connection_of(struct exchange *exchange)
{
	return (struct http_connection *)exchange; /* its first member */
}

static const char *
get_header(struct exchange *exchange, const char *name)
{
	struct http_connection *connection = connection_of(exchange);

	return connection->counted
		 ? MHD_lookup_connection_value(connection->mhd, MHD_HEADER_KIND, name)
		 : NULL;
}

struct visit {
	const char *prefix;
	size_t len;
	void (*fn)(void *data, const char *name, const char *value);
	void *data;
};

static enum MHD_Result
visit_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	const struct visit *visit = cls;

	(void)kind;
	if (strncasecmp(name, visit->prefix, visit->len) == 0)
		visit->fn(visit->data, name, value);
	return MHD_YES;
}

static void
visit_headers(struct exchange *exchange, const char *prefix,
	      void (*fn)(void *data, const char *name, const char *value), void *data)
{
	struct http_connection *connection = connection_of(exchange);
	struct visit visit = { prefix, strlen(prefix), fn, data };

	if (connection->counted)
		MHD_get_connection_values(connection->mhd, MHD_HEADER_KIND, visit_header, &visit);
}

/* ---- streams ------------------------------------------------------------------------------- */

/* MHD asks for more. With nothing to give it must be suspended, or it would ask without end. */
static ssize_t
read_stream(void *cls, uint64_t position, char *out, size_t room)
{
	struct http_connection *connection = cls;
	size_t len;

	(void)position;
	if (connection->gone)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	len = sse_take(&connection->sse, out, room);
	if (len > 0)
		return (ssize_t)len;
	if (connection->sse.ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	http_suspend(connection);
	return 0;
}

enum MHD_Result
http_queue_stream(struct http_connection *connection)
{
	struct MHD_Response *response;
	bool whole = connection->sse.ended;

	connection->answer_size = sse_waiting(&connection->sse);
	response = whole ? make_response(connection, "text/event-stream",
					 connection->sse.queue.data, connection->sse.queue.len)
			 : MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK,
							     read_stream, connection, NULL);
	if (response == NULL)
		return MHD_NO;
	if (!whole) {
		MHD_add_response_header(response, "Content-Type", "text/event-stream");
		http_add_cross(response, connection);
	}
	MHD_add_response_header(response, "Cache-Control", "no-cache, no-transform");
	MHD_add_response_header(response, "X-Accel-Buffering", "no");
	if (http_queue(connection, 200, response) != MHD_YES)
		return MHD_NO;
	if (!whole) {
		connection->phase = PHASE_STREAM;
		connection->deadline_ms = 0;
	}
	return MHD_YES;
}

static bool
open_stream(struct http_connection *connection)
{
	struct http *http;

	if (connection->exchange.closed || !connection->open || connection->gone ||
	    !accept_stream(&connection->head.accept))
		return false;
	if (connection->streaming)
		return true;
	http = connection->listener->http;
	connection->streaming = true;
	sse_init(&connection->sse);
	loop_timer_set(http->loop, &connection->tick, http->times.keepalive_ms);
	if (!connection->inside && http_queue_stream(connection) != MHD_YES) {
		http_drop(connection);
		return false;
	}
	return true;
}

/* New bytes wait in the queue. */
static void
push(struct http_connection *connection)
{
	if (connection->suspended)
		http_resume(connection);
}

static bool
http_notify(struct exchange *exchange, const char *json, size_t len)
{
	struct http_connection *connection = connection_of(exchange);

	if (!open_stream(connection))
		return false;
	if (sse_event(&connection->sse, json, len)) {
		push(connection);
		return true;
	}
	log_event(LOG_NOTICE, "http", "slow_reader", "s", "its event queue is full", NULL);
	exchange->closed = true;
	/* on_close is called from the loop, not from within the caller's notify */
	loop_timer_set(connection->listener->http->loop, &connection->tick, 0);
	return false;
}

static bool
http_stream(struct exchange *exchange)
{
	return open_stream(connection_of(exchange));
}

void
http_on_tick(struct loop_timer *timer)
{
	struct http_connection *connection = timer->data;
	const struct http *http = connection->listener->http;
	int64_t idle = clock_ms() - connection->sse.moved_ms;

	if (connection->exchange.closed) {
		http_lost(connection);
		http_drop(connection);
		return;
	}
	if (idle >= http->times.keepalive_ms) {
		sse_comment(&connection->sse);
		push(connection);
		idle = 0;
	}
	loop_timer_set(http->loop, timer, http->times.keepalive_ms - idle);
}

/* ---- the end -------------------------------------------------------------------------------- */

static void
finish_stream(struct http_connection *connection, const char *json, size_t len)
{
	if (!sse_end(&connection->sse, json, len)) {
		http_drop(connection);
		return;
	}
	push(connection);
}

static void
http_finish(struct exchange *exchange, int status, const struct exchange_header *headers, size_t n,
	    const char *json, size_t len)
{
	struct http_connection *connection = connection_of(exchange);
	struct MHD_Response *response;

	connection->open = false;
	if (connection->mhd == NULL) {
		if (connection->listener != NULL) {
			http_unlink(&connection->listener->http->orphans, connection);
			connection->listener->http->n_orphans--;
		}
		http_connection_free(connection);
		return;
	}
	loop_timer_stop(connection->listener->http->loop, &connection->tick);
	if (connection->gone || exchange->closed) {
		if (!connection->gone)
			http_drop(connection); /* its queue was full, and the tick is stopped */
		return;
	}
	if (connection->streaming) {
		finish_stream(connection, json, len);
		return;
	}
	response = make_response(connection, json != NULL ? "application/json" : NULL,
				 json != NULL ? json : "", json != NULL ? len : 0);
	for (size_t i = 0; response != NULL && i < n; i++)
		MHD_add_response_header(response, headers[i].name, headers[i].value);
	connection->answer_size = json != NULL ? len : 0;
	connection->answer_status = (unsigned)status;
	if (connection->inside)
		connection->answer = response;
	else if (response == NULL ||
		 http_queue(connection, connection->answer_status, response) != MHD_YES)
		http_drop(connection);
}

const struct exchange_ops http_exchange_ops = {
	.header = get_header,
	.headers = visit_headers,
	.notify = http_notify,
	.stream = http_stream,
	.finish = http_finish,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nothing is sent before the first notification of the receiver, so that the answer can still be
 * plain JSON with its own status. The first notification opens an event stream.
 */
#include "transport/http_exchange.h"

#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "transport/http_answer.h"
#include "transport/http_connection.h"

static struct http_connection *
connection_of(struct exchange *exchange)
{
	struct http_connection *connection = (struct http_connection *)exchange; /* first member */

	CHECK(connection->held != EXCHANGE_NONE);
	return connection;
}

/* ---- the head ------------------------------------------------------------------------------ */

static bool
has_head(const struct http_connection *connection)
{
	return connection->mhd != NULL && http_has_request(connection);
}

static const char *
get_header(struct exchange *exchange, const char *name)
{
	struct http_connection *connection = connection_of(exchange);

	return has_head(connection)
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

	if (has_head(connection))
		MHD_get_connection_values(connection->mhd, MHD_HEADER_KIND, visit_header, &visit);
}

/* ---- streams ------------------------------------------------------------------------------- */

static bool
open_stream(struct http_connection *connection)
{
	struct http *http;

	if (connection->held != EXCHANGE_OPEN || connection->socket >= SOCKET_DROPPED ||
	    !accept_stream(&connection->head.accept))
		return false;
	if (connection->sse.state != SSE_NONE)
		return true;
	http = connection->listener->http;
	sse_init(&connection->sse);
	loop_timer_set(http->loop, &connection->tick, http->times.keepalive_ms);
	if (connection->phase != PHASE_DELIVERY && !http_queue_stream(connection)) {
		http_drop(connection);
		return false;
	}
	return true;
}

/* Called when new bytes are in the queue. */
static void
push(struct http_connection *connection)
{
	if (connection->phase == PHASE_QUIET)
		http_resume(connection, PHASE_STREAM);
}

static bool
http_event(struct exchange *exchange, const char *id, const char *json, size_t len)
{
	struct http_connection *connection = connection_of(exchange);

	if (!open_stream(connection))
		return false;
	if (id == NULL && json == NULL) {
		sse_comment(&connection->sse);
		push(connection);
		return true;
	}
	if (sse_event_with_id(&connection->sse, id, json, len)) {
		push(connection);
		return true;
	}
	log_event(LOG_NOTICE, "http", "slow_reader", "s", "the event queue of the stream is full",
		  NULL);
	http_held_move(connection, EXCHANGE_FULL);
	/* later: on_close is called from the loop, not inside the caller's notify */
	loop_timer_set(connection->listener->http->loop, &connection->tick, 0);
	return false;
}

static bool
http_notify(struct exchange *exchange, const char *json, size_t len)
{
	return http_event(exchange, NULL, json, len);
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
	int64_t idle;

	CHECK(connection->sse.state != SSE_NONE);
	if (connection->held == EXCHANGE_FULL) {
		http_lost(connection);
		http_drop(connection);
		return;
	}
	idle = clock_ms() - connection->sse.moved_ms;
	if (idle >= http->times.keepalive_ms) {
		sse_comment(&connection->sse);
		push(connection);
		idle = 0;
	}
	loop_timer_set(http->loop, timer, http->times.keepalive_ms - idle);
}

/* ---- the end ------------------------------------------------------------------------------- */

/* Frees an exchange whose peer left before, so that only the exchange still existed. */
static void
finish_orphan(struct http_connection *connection)
{
	if (connection->listener != NULL) {
		struct http *http = connection->listener->http;

		CHECK(http->n_orphans > 0);
		http_unlink(&http->orphans, connection);
		http->n_orphans--;
	}
	http_connection_free(connection);
}

static void
finish_whole(struct http_connection *connection, int status, const struct exchange_header *headers,
	     size_t n, const char *json, size_t len)
{
	struct MHD_Response *response = json != NULL
					  ? http_response(connection, "application/json", json, len)
					  : http_response(connection, NULL, "", 0);

	for (size_t i = 0; response != NULL && i < n; i++)
		MHD_add_response_header(response, headers[i].name, headers[i].value);
	connection->answer_status = (unsigned)status;
	if (connection->phase == PHASE_DELIVERY)
		connection->answer = response; /* after_delivery() queues the answer */
	else if (response == NULL || !http_queue(connection, connection->answer_status, response))
		http_drop(connection);
}

static void
http_finish(struct exchange *exchange, int status, const struct exchange_header *headers, size_t n,
	    const char *json, size_t len)
{
	struct http_connection *connection = connection_of(exchange);
	bool drop = connection->held != EXCHANGE_OPEN || connection->socket == SOCKET_DROPPED;
	bool stream = connection->sse.state != SSE_NONE;

	http_held_move(connection, EXCHANGE_NONE);
	if (connection->socket == SOCKET_CLOSED) {
		finish_orphan(connection);
		return;
	}
	loop_timer_stop(connection->listener->http->loop, &connection->tick);
	if (!drop && stream)
		drop = !sse_end(&connection->sse, json, len);
	if (drop)
		http_drop(connection); /* also when the queue was full and the timer is stopped */
	else if (stream)
		push(connection);
	else
		finish_whole(connection, status, headers, n, json, len);
}

const struct exchange_ops http_exchange_ops = {
	.header = get_header,
	.headers = visit_headers,
	.notify = http_notify,
	.event = http_event,
	.stream = http_stream,
	.finish = http_finish,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP listeners together: start, deadlines, draining, end. */
#include "transport/http.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/snapshot.h"
#include "transport/http_answer.h"
#include "transport/http_connection.h"
#include "transport/mhd.h"

#define SWEEP_MS 1000	       /* time between checks of deadlines */
#define DESCRIPTORS_SPARE 256u /* number of files that are kept for uses other than connections */

const struct http_times http_times_default = {
	.head_ms = 10000,
	.body_ms = 60000,
	.idle_ms = 120000,
	.stall_ms = 120000,
	.keepalive_ms = 15000,
};

/* ---- deadlines ----------------------------------------------------------------------------- */

/* Does the peer read nothing of the answer? Without this check TCP would wait forever. */
static bool
stalled(struct http_connection *connection, int64_t now)
{
	struct http_sent sent;

	if (!http_sent(connection->fd, &sent))
		return false; /* its deadline has not passed */
	if (sent.acked != connection->acked) {
		connection->acked = sent.acked;
		connection->moved_ms = now;
	}
	return now - connection->moved_ms > connection->listener->http->times.stall_ms;
}

static bool
too_late(struct http_connection *connection, int64_t now)
{
	const struct http_times *times = &connection->listener->http->times;
	bool stream = connection->phase == PHASE_STREAM || connection->phase == PHASE_QUIET;

	if (stream && connection->sse.state == SSE_OPEN)
		return sse_waiting(&connection->sse) > 0 &&
		       now - connection->sse.moved_ms > times->stall_ms;
	if ((stream || connection->phase == PHASE_ANSWER) && stalled(connection, now))
		return true;
	if (connection->phase == PHASE_BODY && connection->recover != NULL &&
	    now - connection->moved_ms > HTTP_SLOW_MS)
		/* the request is refused in any case: without more bytes from the client the
		 * answer has no id */
		return true;
	return connection->deadline_ms != 0 && now > connection->deadline_ms;
}

/* One check after each request is enough: a later close produces an event. */
static bool
left_unnoticed(struct http_connection *connection)
{
	if (connection->phase > PHASE_BODY || connection->phase == PHASE_IDLE)
		return false;
	if (connection->phase == PHASE_FRESH)
		http_phase_move(connection, PHASE_IDLE);
	return mhd_missed_close(connection);
}

static void
end_late(struct http_connection *connection)
{
	if (connection->phase == PHASE_BODY && connection->refusal.status != 0)
		http_raw_refusal(connection, connection->refusal.status, connection->refusal.why);
	else if (connection->phase == PHASE_HEAD || connection->phase == PHASE_BODY)
		http_raw_refusal(connection, 408,
				 "the request did not arrive in time: send it again");
	http_lost(connection);
	http_drop(connection);
}

static void
sweep(struct loop_timer *timer)
{
	struct http *http = timer->data;
	int64_t now = clock_ms();

	for (struct http_connection *c = http->connections, *next; c != NULL; c = next) {
		next = c->next;
		if (c->socket == SOCKET_DROPPED)
			http_run_soon(c->listener); /* the connection stays until MHD releases it */
		else if (left_unnoticed(c))
			http_drop(c);
		else if (too_late(c, now))
			end_late(c);
		else if (c->phase == PHASE_IDLE && now - c->since_ms >= SWEEP_MS)
			mhd_rest(c);
	}
	if (http->doors == DOORS_FULL) {
		http_make_room(http);
		http_accept_again(http);
	}
	loop_timer_set(http->loop, &http->sweep, SWEEP_MS);
}

/* ---- start --------------------------------------------------------------------------------- */

/* Raises the limit of open files. The configured number of connections needs descriptors, and so do
 * requests to upstreams. */
static size_t
fit_connections(size_t wanted)
{
	struct rlimit limit = { 0 };
	rlim_t need = (rlim_t)wanted * 2 + DESCRIPTORS_SPARE;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return wanted;
	if (limit.rlim_cur < need) {
		limit.rlim_cur = limit.rlim_max < need ? limit.rlim_max : need;
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
			getrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur >= wanted + DESCRIPTORS_SPARE)
		return wanted;
	need = limit.rlim_cur;
	need = need > 2 * (rlim_t)DESCRIPTORS_SPARE ? need - DESCRIPTORS_SPARE : need / 2;
	log_event(LOG_WARNING, "http", "max_connections", "i", (int64_t)need, "why", "s",
		  "the limit of open files (RLIMIT_NOFILE) allows no more connections", NULL);
	return (size_t)need;
}

static bool
open_listeners(struct http *http, char *why, size_t why_size)
{
	const struct config *config = http->config;

	for (size_t i = 0; i < config->server.listeners; i++) {
		const struct config_listener *wanted = &config->server.listener[i];
		struct listen_socket *sockets = NULL;
		size_t n = listen_open(wanted, &sockets, why, why_size), done = 0;
		/* the loop has pointers to the listeners, so the array must not move */
		bool fine = n > 0 && http->listeners + n <= HTTP_LISTENERS_MAX;

		if (n > 0 && !fine)
			snprintf(why, why_size, "more than %u listening sockets",
				 HTTP_LISTENERS_MAX);
		while (fine && done < n) {
			fine = http_listener_start(http, wanted, sockets[done], why, why_size);
			done++;
		}
		while (done < n)
			listen_close(&sockets[done++]);
		free(sockets);
		if (!fine)
			return false;
	}
	return true;
}

struct http *
http_new(struct loop *loop, struct snapshot *snapshot, const struct receiver *receiver,
	 const struct principal *principal, const char *(*ready)(void *data), void *ready_data,
	 char *why, size_t why_size)
{
	struct http *http = xcalloc(1, sizeof(*http));
	unsigned wanted = snapshot->config->server.max_connections;

	http->loop = loop;
	http_use(http, snapshot, principal);
	http->receiver = *receiver;
	http->ready = ready;
	http->ready_data = ready_data;
	http->times = http_times_default;
	http->lingering.loop = loop;
	http->max_connections = fit_connections(wanted == 0 ? LIMIT_CONNECTIONS : wanted);
	http->listener = xcalloc(HTTP_LISTENERS_MAX, sizeof(*http->listener));
	http->sweep = (struct loop_timer){ .fn = sweep, .data = http };
	if (!open_listeners(http, why, why_size)) {
		http_free(http);
		return NULL;
	}
	loop_timer_set(loop, &http->sweep, SWEEP_MS);
	return http;
}

void
http_use(struct http *http, struct snapshot *snapshot, const struct principal *principal)
{
	/* without authentication every caller would be accepted */
	CHECK((snapshot->auth == NULL) == (snapshot->config->auth.inbound == INBOUND_NONE));
	snapshot_hold(snapshot);
	snapshot_release(http->snapshot);
	http->snapshot = snapshot;
	http->config = snapshot->config;
	http->auth = snapshot->auth;
	http->principal = *principal;
}

void
http_set_times(struct http *http, const struct http_times *times)
{
	http->times = *times;
}

void
http_set_metrics(struct http *http, http_metrics_fn metrics, void *data)
{
	http->metrics = metrics;
	http->metrics_data = data;
}

size_t
http_connections(const struct http *http)
{
	return http->n_connections;
}

const char *
http_url(const struct http *http, size_t i)
{
	return i < http->listeners ? http->listener[i].url : NULL;
}

size_t
http_open_exchanges(const struct http *http)
{
	return http->requests + http->n_orphans;
}

/* ---- end ----------------------------------------------------------------------------------- */

void
http_quiesce(struct http *http)
{
	if (http->doors == DOORS_CLOSED)
		return;
	http_doors_move(http, DOORS_CLOSED);
	for (size_t i = 0; i < http->listeners; i++)
		http_listener_quiesce(&http->listener[i]);
}

void
http_free(struct http *http)
{
	if (http == NULL)
		return;
	http_quiesce(http);
	loop_timer_stop(http->loop, &http->sweep);
	for (struct http_connection *c = http->connections; c != NULL; c = c->next)
		http_abandon(c);
	for (size_t i = 0; i < http->listeners; i++)
		http_listener_stop(&http->listener[i]);
	CHECK(http->connections == NULL && http->n_connections == 0 && http->requests == 0);
	for (struct http_connection *c = http->orphans; c != NULL; c = c->next)
		c->listener = NULL; /* stays: exchange_finish() frees it */
	linger_fini(&http->lingering);
	free(http->by_fd);
	free(http->listener);
	snapshot_release(http->snapshot);
	free(http);
}

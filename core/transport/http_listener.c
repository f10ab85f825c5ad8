/* SPDX-License-Identifier: Apache-2.0 */
/* One listener: its socket, its daemon, and which connections are accepted. */
#include "transport/http_listener.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/states.h"
#include "transport/http_connection.h"
#include "transport/mhd.h"

#define RUN_ROUNDS 8	/* calls of MHD before other parts of the loop run */
#define ACCEPT_BATCH 64 /* connections that are accepted before other parts of the loop run */

static const struct states_row door_rows[] = {
	[DOORS_OPEN] = { "open", TO(DOORS_FULL) | TO(DOORS_CLOSED) },
	[DOORS_FULL] = { "full", TO(DOORS_OPEN) | TO(DOORS_CLOSED) },
	[DOORS_CLOSED] = { "closed", 0 },
};
static const struct states all_doors = { "http doors", door_rows, ARRAY_SIZE(door_rows) };

void
http_doors_move(struct http *http, enum http_doors doors)
{
	http->doors = states_move(&all_doors, http->doors, doors);
}

/* ---- running MHD --------------------------------------------------------------------------- */

void
http_run(struct http_listener *listener)
{
	MHD_UNSIGNED_LONG_LONG wait;

	for (int round = 0; round < RUN_ROUNDS; round++) {
		struct http *before = mhd_reading(listener->http);

		MHD_run(listener->daemon);
		mhd_reading(before);
		if (MHD_get_timeout(listener->daemon, &wait) != MHD_YES || wait > 0)
			return;
	}
	http_run_soon(listener);
}

void
http_run_soon(struct http_listener *listener)
{
	if (listener->again.slot == 0)
		loop_timer_set(listener->http->loop, &listener->again, 0);
}

static void
on_running(struct loop_watch *watch, uint32_t events)
{
	(void)events;
	http_run(watch->data);
}

static void
on_again(struct loop_timer *timer)
{
	http_run(timer->data);
}

/* ---- accepting ----------------------------------------------------------------------------- */

static void
pause_accepting(struct http *http)
{
	if (http->doors != DOORS_OPEN)
		return;
	http_doors_move(http, DOORS_FULL);
	for (size_t i = 0; i < http->listeners; i++)
		loop_remove(http->loop, &http->listener[i].accepting);
}

void
http_accept_again(struct http *http)
{
	bool all = true;

	if (http->doors != DOORS_FULL || http->n_connections >= http->max_connections)
		return;
	for (size_t i = 0; i < http->listeners; i++) {
		struct http_listener *listener = &http->listener[i];

		if (!listener->accepting.active)
			all &=
			    loop_add(http->loop, &listener->accepting, listener->sock.fd, EPOLLIN);
	}
	if (all) /* otherwise the next sweep tries again */
		http_doors_move(http, DOORS_OPEN);
}

/* Accepts one connection. False when no other one is waiting, or no more can be accepted. */
static bool
accept_one(struct http_listener *listener)
{
	struct http *http = listener->http;
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	int fd = accept4(listener->sock.fd, (struct sockaddr *)&address, &len,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		/* MHD closes the descriptor when the call fails */
		MHD_add_connection(listener->daemon, fd, (struct sockaddr *)&address, len);
		return true;
	}
	if (errno == ECONNABORTED || errno == EINTR)
		return true;
	if (errno != EAGAIN) {
		log_event(LOG_WARNING, "http", "accept", "s", strerror(errno), NULL);
		pause_accepting(http);
	}
	return false;
}

/* Has the peer sent no bytes that are still to be read? */
static bool
silent(const struct http_connection *connection)
{
	char byte;

	return recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* Which connections can be closed when all places are used. 2: one without a request; 1: one whose
 * request has been arriving for a while; 0: one that is being served, or is new. */
static unsigned
expendable(const struct http_connection *connection, int64_t now)
{
	bool between = connection->phase <= PHASE_IDLE;

	if (connection->socket == SOCKET_DROPPED || connection->phase > PHASE_BODY ||
	    !silent(connection))
		return 0;
	if (between && connection->begun > 0)
		return 2;
	return now - connection->since_ms < HTTP_SLOW_MS ? 0 : between ? 2 : 1;
}

/* At the limit: closes the connection that has had no request for the longest time, so that a
 * waiting one is served. If every connection has a request, closes the one whose request has been
 * arriving for the longest time. */
void
http_make_room(struct http *http)
{
	struct http_connection *victim = NULL;
	int64_t now = clock_ms();
	unsigned most = 0;

	for (struct http_connection *c = http->connections; c != NULL; c = c->next) {
		unsigned how;

		if (c->socket == SOCKET_DROPPED)
			return; /* a connection will close soon, so one more can be accepted then */
		if (most == 2 && c->since_ms >= victim->since_ms)
			continue;
		how = expendable(c, now);
		if (how > most || (how > 0 && how == most && c->since_ms < victim->since_ms)) {
			victim = c;
			most = how;
		}
	}
	if (victim != NULL)
		http_drop(victim);
}

static void
on_accept(struct loop_watch *watch, uint32_t events)
{
	struct http_listener *listener = watch->data;
	struct http *http = listener->http;

	(void)events;
	for (int i = 0; i < ACCEPT_BATCH; i++) {
		if (http->n_connections >= http->max_connections) {
			pause_accepting(http); /* until a connection closes */
			http_make_room(http);
			break;
		}
		if (!accept_one(listener))
			break;
	}
	http_run(listener);
}

/* ---- life ---------------------------------------------------------------------------------- */

bool
http_listener_start(struct http *http, const struct config_listener *config,
		    struct listen_socket sock, char *why, size_t why_size)
{
	struct http_listener *listener = &http->listener[http->listeners++];
	const union MHD_DaemonInfo *info;

	CHECK(http->listeners <= HTTP_LISTENERS_MAX);
	*listener = (struct http_listener){
		.http = http,
		.sock = sock,
		.tls = config->tls_certificate != NULL,
		.client_ca = config->tls_client_ca != NULL,
		.host = xstrdup(config->host == NULL ? "" : config->host),
		.accepting = { .fn = on_accept, .data = listener },
		.running = { .fn = on_running, .data = listener },
		.again = { .fn = on_again, .data = listener },
	};
	listener->url = sock.reach == REACH_UNIX
			  ? xprintf("unix:%s:%s", sock.address, http->config->server.endpoint)
			  : xprintf("http%s://%s%s", listener->tls ? "s" : "", sock.address,
				    http->config->server.endpoint);
	if (!mhd_start(listener, config, why, why_size))
		return false;
	info = MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!loop_add(http->loop, &listener->running, info->epoll_fd, EPOLLIN) ||
	    !loop_add(http->loop, &listener->accepting, sock.fd, EPOLLIN)) {
		snprintf(why, why_size, "cannot watch %s: %s", listener->url, strerror(errno));
		return false;
	}
	return true;
}

/* The kernel would reset connections that are still in its backlog. */
void
http_listener_quiesce(struct http_listener *listener)
{
	struct http *http = listener->http;

	loop_remove(http->loop, &listener->accepting);
	if (listener->daemon != NULL) {
		while (http->n_connections < http->max_connections && accept_one(listener))
			;
		http_run_soon(listener);
	}
	listen_close(&listener->sock);
}

void
http_listener_stop(struct http_listener *listener)
{
	loop_remove(listener->http->loop, &listener->running);
	loop_timer_stop(listener->http->loop, &listener->again);
	if (listener->daemon != NULL)
		MHD_stop_daemon(listener->daemon);
	free(listener->host);
	free(listener->url);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts the gate between the socket and libmicrohttpd (MHD), which has no hook for it. MHD reads
 * with recv(), or with gnutls_record_recv() where there is TLS. Both names are defined here, so the
 * dynamic linker binds MHD to these. Everybody else gets what these functions always did: only
 * calls from within MHD_run(), on the loop thread, for a connection of ours, are looked at.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "transport/http.h"

#define TLS_AGAIN (-28)	 /* GNUTLS_E_AGAIN */
#define TLS_CLOSED (-10) /* GNUTLS_E_INVALID_SESSION: MHD closes */
#define EXPORTED __attribute__((visibility("default"), used))

typedef ssize_t tls_recv_fn(void *session, void *data, size_t len);

ssize_t gated_recv(int fd, void *data, size_t len, int flags) __asm__("recv") EXPORTED;
ssize_t gated_tls_recv(void *session, void *data,
		       size_t len) __asm__("gnutls_record_recv") EXPORTED;

static _Thread_local struct http *reading; /* whose MHD runs on this thread */

struct http *
http_reading(struct http *http)
{
	struct http *before = reading;

	reading = http;
	return before;
}

void
http_recv_add(struct http *http, struct http_connection *connection)
{
	size_t fd = (size_t)connection->fd;

	if (fd >= http->by_fd_room) {
		size_t room = fd * 2 + 64;

		http->by_fd = xrealloc(http->by_fd, room * sizeof(struct http_connection *));
		memset(http->by_fd + http->by_fd_room, 0,
		       (room - http->by_fd_room) * sizeof(struct http_connection *));
		http->by_fd_room = room;
	}
	http->by_fd[fd] = connection;
}

void
http_recv_remove(struct http *http, const struct http_connection *connection)
{
	http->by_fd[connection->fd] = NULL;
}

/* ---- the verdict --------------------------------------------------------------------------- */

/* The connection is not to be read on: its request is answered here, since MHD must not see it.
 * False: earlier requests of the connection wait for their answers first. */
static bool
give_up(struct http_connection *connection)
{
	const struct http_gate *gate = &connection->gate;

	if (gate->requests > connection->completed + 1)
		return false;
	if (!connection->refused && connection->phase <= PHASE_BODY && !connection->listener->tls)
		http_raw_refusal(connection->fd, gate->status,
				 gate->status == 413 ? "Content Too Large" : "Bad Request",
				 gate->fault);
	connection->refused = connection->unread = true;
	return true;
}

/* What MHD is given of `n` bytes: so many, or (negative) 0: try again, -1: the connection ends. */
static ssize_t
pass(struct http_connection *connection, const char *data, ssize_t n, bool *over)
{
	size_t passed = 0;

	*over = false;
	if (n <= 0)
		return n;
	if (connection->gate.fault == NULL)
		passed = http_gate_feed(&connection->gate, data, (size_t)n);
	if (connection->gate.fault == NULL)
		return n;
	*over = give_up(connection);
	return *over ? 0 : (ssize_t)passed;
}

void
http_recv_completed(struct http_connection *connection)
{
	connection->completed++;
	/* the next request is to be refused: wakes MHD, which then reads again */
	if (connection->gate.fault != NULL)
		shutdown(connection->fd, SHUT_RD);
}

/* ---- the two names ------------------------------------------------------------------------- */

ssize_t
gated_recv(int fd, void *data, size_t len, int flags)
{
	ssize_t n = recvfrom(fd, data, len, flags, NULL, NULL);
	struct http_connection *connection =
	    reading != NULL && flags == 0 && (size_t)fd < reading->by_fd_room ? reading->by_fd[fd]
									      : NULL;
	bool over = false;

	if (connection == NULL || connection->listener->tls)
		return n;
	if (n == 0 && connection->gate.fault != NULL)
		over = give_up(connection);
	else if (n > 0) {
		n = pass(connection, data, n, &over);
		if (n == 0 && !over) {
			errno = EAGAIN;
			return -1;
		}
	}
	if (!over)
		return n;
	errno = ECONNRESET;
	return -1;
}

static struct http_connection *
of_session(const void *session)
{
	struct http_connection *connection = reading != NULL ? reading->connections : NULL;

	while (connection != NULL && connection->tls_session != session)
		connection = connection->next;
	return connection;
}

ssize_t
gated_tls_recv(void *session, void *data, size_t len)
{
	static tls_recv_fn *real;
	struct http_connection *connection;
	bool over;
	ssize_t n;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "gnutls_record_recv");
	n = real(session, data, len);
	connection = n > 0 ? of_session(session) : NULL;
	if (connection == NULL)
		return n;
	n = pass(connection, data, n, &over);
	return over ? TLS_CLOSED : n == 0 ? TLS_AGAIN : n;
}

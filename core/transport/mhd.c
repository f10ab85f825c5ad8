/* SPDX-License-Identifier: Apache-2.0 */
/* mhd.h lists the internals of libmicrohttpd (MHD) that this file relies on, and how each version
 * is tested. */
#include "transport/mhd.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "transport/http_answer.h"
#include "transport/http_connection.h"
#include "transport/http_request.h"
#include "transport/http_tls.h"

/* bytes of MHD's memory for a connection: the header, and pieces of bodies */
#define MEMORY_DEFAULT 16384u
#define MEMORY_MIN 8192u
#define POOL_ALIGN 16u
#define TLS_AGAIN (-28) /* GNUTLS_E_AGAIN */
/* returned for GNUTLS_E_INVALID_SESSION, so that MHD closes the connection */
#define TLS_CLOSED (-10)
#define ATTEND_S 86400u /* longer timeouts are treated like this one */
#define EXPORTED __attribute__((visibility("default"), used))

/* ---- the daemon ---------------------------------------------------------------------------- */

static void __attribute__((format(printf, 2, 0)))
mhd_log(void *cls, const char *format, va_list args)
{
	char text[256];
	size_t len;

	(void)cls;
	if (!log_enabled(LOG_DEBUG))
		return;
	vsnprintf(text, sizeof(text), format, args);
	len = strcspn(text, "\n");
	text[len] = '\0';
	log_event(LOG_DEBUG, "mhd", "text", "s", text, NULL);
}

/* Paths are compared as they were sent: "/%6dcp" is not "/mcp". */
static size_t
keep_escapes(void *cls, struct MHD_Connection *mhd, char *text)
{
	(void)cls;
	(void)mhd;
	return strlen(text);
}

size_t
mhd_pool(const struct config *config)
{
	size_t wanted = config->server.connection_memory, need = 2 * (size_t)config->limits.headers;

	if (wanted == 0)
		wanted = MEMORY_DEFAULT;
	if (wanted < need)
		wanted = need;
	return wanted < MEMORY_MIN ? MEMORY_MIN : wanted;
}

bool
mhd_start(struct http_listener *listener, const struct config_listener *config, char *why,
	  size_t why_size)
{
	const struct http *http = listener->http;
	size_t memory = mhd_pool(http->config);
	unsigned flags =
	    MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG;
	struct http_tls tls;

	if (!http_tls_load(&tls, config, why, why_size))
		return false;
	/* without this, http_on_connection() could not send any more; with TLS the shutdown is the
	 * closing alert, which only MHD can send */
	flags |= listener->tls ? MHD_USE_TLS : MHD_USE_TURBO;
	/* this code limits the number of connections, so MHD's own limit must have no effect */
	listener->daemon =
	    MHD_start_daemon(flags, 0, NULL, NULL, http_on_request, listener,
			     MHD_OPTION_EXTERNAL_LOGGER, mhd_log, NULL, MHD_OPTION_CONNECTION_LIMIT,
			     (unsigned)http->max_connections * 2 + 64,
			     MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory,
			     MHD_OPTION_URI_LOG_CALLBACK, http_on_line, listener,
			     MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
			     MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, listener,
			     MHD_OPTION_NOTIFY_CONNECTION, http_on_connection, listener,
			     MHD_OPTION_ARRAY, tls.option, MHD_OPTION_END);
	http_tls_fini(&tls);
	if (listener->daemon == NULL)
		snprintf(why, why_size, "cannot serve %s: %s", listener->url,
			 listener->tls ? "the certificate and key cannot be used together"
				       : "libmicrohttpd did not start");
	return listener->daemon != NULL;
}

/* ---- connections --------------------------------------------------------------------------- */

void
mhd_watch(struct http *http, struct http_connection *connection)
{
	size_t fd = (size_t)connection->fd;

	if (fd >= http->by_fd_room) {
		size_t room = fd * 2 + 64;

		http->by_fd = xrealloc(http->by_fd, room * sizeof(struct http_connection *));
		memset(http->by_fd + http->by_fd_room, 0,
		       (room - http->by_fd_room) * sizeof(struct http_connection *));
		http->by_fd_room = room;
	}
	CHECK(http->by_fd[fd] == NULL);
	http->by_fd[fd] = connection;
}

void
mhd_unwatch(struct http *http, const struct http_connection *connection)
{
	CHECK(http->by_fd[connection->fd] == connection);
	http->by_fd[connection->fd] = NULL;
}

void
mhd_attend(struct http_connection *connection, bool attend)
{
	if (http_is_suspended(connection) || connection->timed == attend)
		return;
	connection->timed = attend;
	MHD_set_connection_option(connection->mhd, MHD_CONNECTION_OPTION_TIMEOUT,
				  attend ? ATTEND_S : 0u);
}

bool
mhd_missed_close(const struct http_connection *connection)
{
	char byte;

	return recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void
mhd_busy(struct http_connection *connection, const char *method)
{
	connection->rested = false;
	connection->pool_at = NULL;
	if (!connection->gate.led && (uintptr_t)method % POOL_ALIGN == 0)
		connection->pool_at = (char *)(uintptr_t)method;
}

/* MHD has filled the pool with zeros. Pages of zeros are zeros again after they were given back, so
 * nothing can be lost, even if another version of MHD has something else there. */
static bool
all_zero(const char *bytes, size_t len)
{
	return len == 0 || (*bytes == 0 && memcmp(bytes, bytes + 1, len - 1) == 0);
}

void
mhd_rest(struct http_connection *connection)
{
	const struct http_gate *gate = &connection->gate;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), begin = (uintptr_t)connection->pool_at;
	uintptr_t end = (begin + connection->pool) & ~(page - 1);

	if (connection->rested || begin == 0 || connection->socket != SOCKET_OPEN)
		return;
	/* bytes of a next request may be in the pool */
	if (gate->state != GATE_START || gate->cr || gate->led || gate->fault != NULL ||
	    gate->requests != connection->completed)
		return;
	connection->rested = true;
	begin = (begin + page - 1) & ~(page - 1);
	if (begin < end && all_zero((const char *)begin, end - begin))
		madvise((char *)begin, end - begin, MADV_DONTNEED);
}

void
mhd_trim(const char *value, size_t len)
{
	CHECK(value[len] == '\0');
	while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		((char *)(uintptr_t)value)[--len] = '\0';
}

/* ---- the gate's decision -------------------------------------------------------------------- */

static _Thread_local struct http *reading; /* the transport whose MHD is running on this thread */

struct http *
mhd_reading(struct http *http)
{
	struct http *before = reading;

	reading = http;
	return before;
}

/* The connection must not be read any more: its request is answered here, because MHD must not see
 * it. False: earlier requests of the connection wait for their answers first. */
static bool
give_up(struct http_connection *connection)
{
	const struct http_gate *gate = &connection->gate;

	CHECK(gate->fault != NULL);
	if (gate->requests > connection->completed + 1)
		return false;
	if (connection->socket < SOCKET_UNREAD && connection->phase <= PHASE_BODY)
		http_raw_refusal(connection, gate->status, gate->fault);
	http_unread(connection);
	return true;
}

/* Of `n` bytes that were read, the number that MHD gets. 0 or a negative number: 0 means try again,
 * -1 means that the connection ends. */
static ssize_t
pass(struct http_connection *connection, const char *data, ssize_t n, bool *over)
{
	size_t passed = 0;

	*over = false;
	if (n > 0 && connection->gate.fault == NULL)
		passed = http_gate_feed(&connection->gate, data, (size_t)n);
	if (n < 0 || connection->gate.fault == NULL)
		return n;
	*over = give_up(connection);
	return *over ? 0 : (ssize_t)passed;
}

void
mhd_completed(struct http_connection *connection)
{
	/* the next request will be refused: this wakes MHD, which then reads again */
	if (connection->gate.fault != NULL)
		shutdown(connection->fd, SHUT_RD);
}

/* ---- the functions that MHD calls ----------------------------------------------------------- */

/* Both functions are defined here, so that the dynamic linker lets MHD call them. For all other
 * callers they behave as always: only calls from within MHD_run(), on the loop thread, for a
 * connection of this transport, are handled. */
typedef ssize_t tls_io_fn(void *session, void *data, size_t len);

ssize_t gated_recv(int fd, void *data, size_t len, int flags) __asm__("recv") EXPORTED;
ssize_t gated_tls_recv(void *session, void *data,
		       size_t len) __asm__("gnutls_record_recv") EXPORTED;

ssize_t
gated_recv(int fd, void *data, size_t len, int flags)
{
	ssize_t n = recvfrom(fd, data, len, flags, NULL, NULL);
	struct http_connection *connection =
	    reading != NULL && flags == 0 && (size_t)fd < reading->by_fd_room ? reading->by_fd[fd]
									      : NULL;
	bool over, ended = n == 0;

	if (connection == NULL || connection->listener->tls || n < 0)
		return n;
	n = pass(connection, data, n, &over);
	if (n > 0 || (ended && !over))
		return n;
	errno = over ? ECONNRESET : EAGAIN;
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
	static tls_io_fn *real;
	struct http_connection *connection;
	ssize_t n;
	bool over, ended;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "gnutls_record_recv");
	n = real(session, data, len);
	connection = n >= 0 ? of_session(session) : NULL;
	if (connection == NULL)
		return n;
	ended = n == 0;
	n = pass(connection, data, n, &over);
	return over ? TLS_CLOSED : n > 0 || ended ? n : TLS_AGAIN;
}

/* ---- past MHD ------------------------------------------------------------------------------ */

void
mhd_write(const struct http_connection *connection, const char *data, size_t len)
{
	static tls_io_fn *tls_send;
	ssize_t sent;

	CHECK(connection->phase <= PHASE_BODY);
	if (connection->tls_session == NULL) {
		sent = send(connection->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	} else {
		if (tls_send == NULL)
			*(void **)&tls_send = dlsym(RTLD_DEFAULT, "gnutls_record_send");
		sent = tls_send == NULL
			 ? -1
			 : tls_send(connection->tls_session, (void *)(uintptr_t)data, len);
	}
	if (sent != (ssize_t)len)
		log_event(LOG_DEBUG, "http", "unsaid", "i", (int64_t)len, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: accepted, known, counted, closed. */
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "transport/http.h"

#define ACCEPT_BATCH 64 /* connections before others get their turn */

static void
pause_accepting(struct http *http)
{
	if (http->accept_paused)
		return;
	http->accept_paused = true;
	for (size_t i = 0; i < http->listeners; i++)
		loop_remove(http->loop, &http->listener[i].accepting);
}

void
http_accept_again(struct http *http)
{
	if (http->draining || http->n_connections >= http->max_connections)
		return;
	http->accept_paused = false;
	for (size_t i = 0; i < http->listeners; i++) {
		struct http_listener *listener = &http->listener[i];

		if (!listener->accepting.active &&
		    !loop_add(http->loop, &listener->accepting, listener->sock.fd, EPOLLIN))
			http->accept_paused = true; /* the next sweep tries again */
	}
}

/* False when there is nothing more to accept, or nothing more can be. */
static bool
accept_one(struct http_listener *listener)
{
	struct http *http = listener->http;
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	int fd = accept4(listener->sock.fd, (struct sockaddr *)&address, &len,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		/* MHD closes the descriptor when it fails */
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

/* Has the peer sent nothing that waits to be read? */
static bool
silent(const struct http_connection *connection)
{
	char byte;

	return recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* Who can do without a place when all are taken: 2: who asks for nothing; 1: whose request has been
 * arriving for a while; 0: who is served, or has only just come. */
static unsigned
expendable(const struct http_connection *connection, int64_t now)
{
	bool between = connection->phase == PHASE_IDLE;

	if (connection->gone || connection->phase > PHASE_BODY || !silent(connection))
		return 0;
	if (between && connection->spoken)
		return 2;
	return now - connection->since_ms < HTTP_SLOW_MS ? 0 : between ? 2 : 1;
}

/* At the limit: who waits for nothing leaves, the longest first, so that who waits outside is
 * served; where there is nobody like that, who has been sending a request for the longest time. */
void
http_make_room(struct http *http)
{
	struct http_connection *victim = NULL;
	int64_t now = clock_ms();
	unsigned most = 0;

	for (struct http_connection *c = http->connections; c != NULL; c = c->next) {
		unsigned how;

		if (c->gone)
			return; /* a place is about to be free */
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

void
http_on_accept(struct loop_watch *watch, uint32_t events)
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

void
http_accept_rest(struct http_listener *listener)
{
	struct http *http = listener->http;

	if (listener->daemon == NULL)
		return;
	while (http->n_connections < http->max_connections && accept_one(listener))
		;
	http_run_soon(listener);
}

/* ---- a connection's life ------------------------------------------------------------------- */

struct http_connection *
http_connection_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info->socket_context;
}

void
http_link(struct http_connection **list, struct http_connection *connection)
{
	connection->prev = NULL;
	connection->next = *list;
	if (connection->next != NULL)
		connection->next->prev = connection;
	*list = connection;
}

void
http_unlink(struct http_connection **list, struct http_connection *connection)
{
	if (connection->prev != NULL)
		connection->prev->next = connection->next;
	else
		*list = connection->next;
	if (connection->next != NULL)
		connection->next->prev = connection->prev;
}

static void
started(struct http_listener *listener, struct MHD_Connection *mhd, void **context)
{
	struct http *http = listener->http;
	struct http_connection *connection = xcalloc(1, sizeof(*connection));

	connection->listener = listener;
	connection->mhd = mhd;
	connection->fd =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	if (listener->tls)
		connection->tls_session =
		    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
	http_recv_add(http, connection);
	connection->exchange.ops = &http_exchange_ops;
	connection->exchange.http = true;
	connection->tick = (struct loop_timer){ .fn = http_on_tick, .data = connection };
	connection->since_ms = clock_ms();
	connection->deadline_ms = connection->since_ms + http->times.head_ms;
	buf_init(&connection->body, 0);
	sse_init(&connection->sse);
	http_link(&http->connections, connection);
	http->n_connections++;
	*context = connection;
}

bool
http_sent(int fd, struct http_sent *sent)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 ||
	    len < offsetof(struct tcp_info, tcpi_bytes_sent) + sizeof(info.tcpi_bytes_sent))
		return false;
	*sent = (struct http_sent){ .sent = info.tcpi_bytes_sent, .acked = info.tcpi_bytes_acked };
	return true;
}

static bool
nothing_sent(int fd)
{
	struct http_sent sent;

	return http_sent(fd, &sent) && sent.sent == 0;
}

/* MHD is about to close the socket. What the peer still sends would turn that into a reset, which
 * can destroy the answer on its way; and MHD says nothing to what is no HTTP at all. */
static void
close_gently(struct http_connection *connection)
{
	struct http_listener *listener = connection->listener;
	char byte;
	ssize_t n;

	if (connection->gone)
		return;
	n = recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	if (n == 0 || (n < 0 && errno != EAGAIN))
		return; /* the peer closed first */
	if (!connection->spoken && !listener->tls && nothing_sent(connection->fd)) {
		http_raw_refusal(connection->fd, 400, "Bad Request", "this is no HTTP/1.1 request");
		connection->unread = true;
	}
	if (n > 0 || connection->unread)
		linger_start(&listener->http->lingering, connection->fd);
}

static void
closed(struct http_connection *connection)
{
	struct http *http = connection->listener->http;

	close_gently(connection);
	http_recv_remove(http, connection);
	hangup_forget(connection);
	loop_timer_stop(http->loop, &connection->tick);
	http_unlink(&http->connections, connection);
	http->n_connections--;
	connection->mhd = NULL;
	connection->fd = -1;
	if (connection->open) {
		http_link(&http->orphans, connection);
		http->n_orphans++;
	} else {
		http_connection_free(connection);
	}
	if (http->accept_paused)
		http_accept_again(http);
}

void
http_on_connection(void *cls, struct MHD_Connection *mhd, void **context,
		   enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		started(cls, mhd, context);
	else if (*context != NULL)
		closed(*context);
}

void
http_connection_free(struct http_connection *connection)
{
	if (connection->answer != NULL)
		MHD_destroy_response(connection->answer);
	buf_fini(&connection->body);
	sse_fini(&connection->sse);
	free(connection);
}

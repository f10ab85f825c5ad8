/* SPDX-License-Identifier: Apache-2.0 */
/* A connection: its states, its beginning and its end. */
#include "transport/http_connection.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/slack.h"
#include "base/states.h"
#include "transport/hangup.h"
#include "transport/http_answer.h"
#include "transport/http_exchange.h"
#include "transport/mhd.h"

/* ---- the tables ---------------------------------------------------------------------------- */

static const struct states_row phase_rows[] = {
	[PHASE_FRESH] = { "fresh", TO(PHASE_IDLE) | TO(PHASE_HEAD) },
	[PHASE_IDLE] = { "idle", TO(PHASE_HEAD) },
	[PHASE_HEAD] = { "head", TO(PHASE_BODY) },
	[PHASE_BODY] = { "body", TO(PHASE_DELIVERY) | TO(PHASE_ANSWER) | TO(PHASE_ABORTED) |
				     TO(PHASE_FRESH) },
	[PHASE_DELIVERY] = { "delivery", TO(PHASE_WAIT) | TO(PHASE_STREAM) | TO(PHASE_ANSWER) |
					     TO(PHASE_ABORTED) | TO(PHASE_FRESH) },
	[PHASE_WAIT] = { "wait", TO(PHASE_STREAM) | TO(PHASE_ANSWER) | TO(PHASE_ABORTED) },
	[PHASE_STREAM] = { "stream", TO(PHASE_QUIET) | TO(PHASE_ABORTED) | TO(PHASE_FRESH) },
	[PHASE_QUIET] = { "quiet", TO(PHASE_STREAM) | TO(PHASE_ABORTED) },
	[PHASE_ANSWER] = { "answer", TO(PHASE_ABORTED) | TO(PHASE_FRESH) },
	[PHASE_ABORTED] = { "aborted", TO(PHASE_FRESH) },
};

static const struct states_row socket_rows[] = {
	[SOCKET_OPEN] = { "open", TO(SOCKET_LEFT) | TO(SOCKET_UNREAD) | TO(SOCKET_DROPPED) |
				      TO(SOCKET_CLOSED) },
	[SOCKET_LEFT] = { "left", TO(SOCKET_UNREAD) | TO(SOCKET_DROPPED) | TO(SOCKET_CLOSED) },
	[SOCKET_UNREAD] = { "unread", TO(SOCKET_DROPPED) | TO(SOCKET_CLOSED) },
	[SOCKET_DROPPED] = { "dropped", TO(SOCKET_CLOSED) },
	[SOCKET_CLOSED] = { "closed", 0 },
};

static const struct states_row held_rows[] = {
	[EXCHANGE_NONE] = { "none", TO(EXCHANGE_OPEN) },
	[EXCHANGE_OPEN] = { "open", TO(EXCHANGE_FULL) | TO(EXCHANGE_LOST) | TO(EXCHANGE_NONE) },
	[EXCHANGE_FULL] = { "full", TO(EXCHANGE_LOST) | TO(EXCHANGE_NONE) },
	[EXCHANGE_LOST] = { "lost", TO(EXCHANGE_NONE) },
};

static const struct states phases = { "http phase", phase_rows, ARRAY_SIZE(phase_rows) };
static const struct states sockets = { "http socket", socket_rows, ARRAY_SIZE(socket_rows) };
static const struct states helds = { "http exchange", held_rows, ARRAY_SIZE(held_rows) };

void
http_phase_move(struct http_connection *connection, enum http_phase phase)
{
	connection->phase = states_move(&phases, connection->phase, phase);
}

void
http_socket_move(struct http_connection *connection, enum http_socket socket)
{
	connection->socket = states_move(&sockets, connection->socket, socket);
}

void
http_held_move(struct http_connection *connection, enum http_held held)
{
	connection->held = states_move(&helds, connection->held, held);
	connection->exchange.closed = held == EXCHANGE_FULL || held == EXCHANGE_LOST;
}

/* ---- giving up ----------------------------------------------------------------------------- */

void
http_unread(struct http_connection *connection)
{
	if (connection->socket < SOCKET_UNREAD)
		http_socket_move(connection, SOCKET_UNREAD);
}

void
http_lost(struct http_connection *connection)
{
	if (connection->held != EXCHANGE_OPEN && connection->held != EXCHANGE_FULL)
		return;
	http_held_move(connection, EXCHANGE_LOST);
	if (connection->exchange.on_close != NULL)
		connection->exchange.on_close(&connection->exchange);
}

void
http_suspend(struct http_connection *connection, enum http_phase phase)
{
	http_phase_move(connection, phase);
	CHECK(http_is_suspended(connection));
	MHD_suspend_connection(connection->mhd);
}

void
http_resume(struct http_connection *connection, enum http_phase phase)
{
	CHECK(http_is_suspended(connection));
	http_phase_move(connection, phase);
	MHD_resume_connection(connection->mhd);
	http_run_soon(connection->listener); /* with an external loop MHD cannot set this option */
}

void
http_abandon(struct http_connection *connection)
{
	if (http_is_suspended(connection))
		http_resume(connection, PHASE_ABORTED);
}

void
http_drop(struct http_connection *connection)
{
	CHECK(connection->socket != SOCKET_CLOSED);
	if (connection->socket == SOCKET_DROPPED)
		return;
	http_socket_move(connection, SOCKET_DROPPED);
	shutdown(connection->fd, SHUT_RDWR);
	mhd_attend(connection, true);
	if (http_is_suspended(connection))
		http_resume(connection, PHASE_ABORTED);
	else if (http_has_request(connection) && connection->phase != PHASE_ABORTED)
		http_phase_move(connection, PHASE_ABORTED);
}

/* ---- begin --------------------------------------------------------------------------------- */

struct http_connection *
http_connection_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct http_connection *connection = info->socket_context;

	CHECK(connection != NULL && connection->mhd == mhd);
	return connection;
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
	CHECK(connection->prev != NULL ? connection->prev->next == connection
				       : *list == connection);
	CHECK(connection->next == NULL || connection->next->prev == connection);
	if (connection->prev != NULL)
		connection->prev->next = connection->next;
	else
		*list = connection->next;
	if (connection->next != NULL)
		connection->next->prev = connection->prev;
}

static struct http_connection *
connection_new(struct http_listener *listener, struct MHD_Connection *mhd)
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
	connection->gate.head_max = http->config->limits.headers;
	connection->pool = mhd_pool(http->config);
	connection->gate.memory_max = connection->pool - MHD_POOL_REST;
	connection->exchange.ops = &http_exchange_ops;
	connection->exchange.http = true;
	connection->tick = (struct loop_timer){ .fn = http_on_tick, .data = connection };
	connection->since_ms = clock_ms();
	connection->deadline_ms = connection->since_ms + http->times.head_ms;
	buf_init(&connection->body, 0);
	http_link(&http->connections, connection);
	http->n_connections++;
	slack_held(connection->pool);
	mhd_watch(http, connection);
	return connection;
}

/* ---- end ----------------------------------------------------------------------------------- */

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

/* MHD will close the socket. Bytes that the peer still sends would cause a TCP reset, and an answer
 * that was sent could get lost. MHD also sends no answer to input that is not HTTP. */
static void
close_gently(struct http_connection *connection)
{
	struct http_listener *listener = connection->listener;
	char byte;
	ssize_t n;

	if (connection->socket == SOCKET_DROPPED)
		return;
	n = recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	if (n == 0 || (n < 0 && errno != EAGAIN))
		return; /* the peer has closed first */
	if (connection->begun == 0 && !listener->tls && nothing_sent(connection->fd)) {
		http_raw_refusal(connection, 400, "this is not an HTTP/1.1 request");
		http_unread(connection);
	}
	if (n > 0 || connection->socket == SOCKET_UNREAD)
		linger_start(&listener->http->lingering, connection->fd);
}

static void
connection_closed(struct http_connection *connection)
{
	struct http *http = connection->listener->http;

	CHECK(!http_is_suspended(connection));
	close_gently(connection);
	http_socket_move(connection, SOCKET_CLOSED);
	mhd_unwatch(http, connection);
	hangup_forget(connection);
	loop_timer_stop(http->loop, &connection->tick);
	CHECK(http->n_connections > 0);
	http_unlink(&http->connections, connection);
	http->n_connections--;
	slack_freed(connection->pool);
	connection->mhd = NULL;
	connection->fd = -1;
	if (connection->held != EXCHANGE_NONE) {
		http_link(&http->orphans, connection);
		http->n_orphans++;
	} else {
		http_connection_free(connection);
	}
	if (http->doors == DOORS_FULL)
		http_accept_again(http);
}

void
http_on_connection(void *cls, struct MHD_Connection *mhd, void **context,
		   enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*context = connection_new(cls, mhd);
	else if (*context != NULL)
		connection_closed(*context);
}

void
http_connection_free(struct http_connection *connection)
{
	CHECK(connection->mhd == NULL && connection->socket == SOCKET_CLOSED);
	CHECK(connection->held == EXCHANGE_NONE);
	if (connection->answer != NULL)
		MHD_destroy_response(connection->answer);
	free(connection->recover);
	buf_fini(&connection->body);
	sse_fini(&connection->sse);
	free(connection);
}

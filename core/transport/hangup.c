/* SPDX-License-Identifier: Apache-2.0 */
/* EPOLLRDHUP also fires when the peer closes only its sending side; this also counts as
 * disconnected. The event does not fire for a pipelined next request. A socket is watched from its
 * first request that must wait, until the socket is closed. */
#include "transport/hangup.h"

#include "base/log.h"
#include "transport/http_connection.h"

static void
on_hangup(struct loop_watch *watch, uint32_t events)
{
	struct http_connection *connection = watch->data;

	(void)events;
	hangup_forget(connection);
	if (connection->socket == SOCKET_OPEN)
		http_socket_move(connection, SOCKET_LEFT);
	if (connection->held != EXCHANGE_NONE) {
		http_lost(connection);
		http_drop(connection);
	}
}

void
hangup_watch(struct http_connection *connection)
{
	if (connection->hangup.active)
		return;
	connection->hangup.fn = on_hangup;
	connection->hangup.data = connection;
	if (!loop_add(connection->listener->http->loop, &connection->hangup, connection->fd,
		      EPOLLRDHUP))
		log_event(LOG_WARNING, "http", "unwatched", "s",
			  "the kernel cannot watch more sockets for hang-ups", NULL);
}

void
hangup_forget(struct http_connection *connection)
{
	loop_remove(connection->listener->http->loop, &connection->hangup);
}

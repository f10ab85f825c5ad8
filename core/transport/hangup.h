/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detects that a peer has gone while its request runs. libmicrohttpd does not check a suspended
 * connection, but a modern client cancels by closing its connection (MCP
 * basic/patterns/cancellation).
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_HANGUP_H
#define CORE_TRANSPORT_HANGUP_H

struct http_connection;

/* Watches the socket from now on, until it is closed. http_drop() is called when the peer has
 * left. */
void hangup_watch(struct http_connection *connection);
void hangup_forget(struct http_connection *connection);

#endif

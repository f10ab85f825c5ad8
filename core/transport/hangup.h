/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notices that a peer has gone while its request is being worked on: libmicrohttpd does not look at
 * a suspended connection, yet a closed connection is how a modern client cancels (MCP
 * basic/patterns/cancellation).
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_HANGUP_H
#define CORE_TRANSPORT_HANGUP_H

struct http_connection;

/* From now on, for the life of the socket; http_drop() follows when the peer goes. */
void hangup_watch(struct http_connection *connection);
void hangup_forget(struct http_connection *connection);

#endif

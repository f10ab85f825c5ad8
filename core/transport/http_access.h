/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may send requests.
 *
 * Protection from web pages: by DNS rebinding a page can reach a server on loopback under its own
 * name, and a page can send requests to other origins (MCP basic/transports, "Security Warning").
 * So Host must be a known name of this server, and Origin, if there is one, a trusted one.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_HTTP_ACCESS_H
#define CORE_TRANSPORT_HTTP_ACCESS_H

#include <microhttpd.h>

struct http_connection;
struct http_refusal;
struct url;

/* Checks Host and Origin. `target` is the host in an absolute request target; the Host header is
 * then ignored (RFC 9112, 3.2.2). NULL: the target is only a path. Sets connection->cors. */
void http_access_check(struct http_connection *connection, const struct url *target,
		       struct http_refusal *refusal);
/* Finds out who sends the request: sets exchange.principal, or the refusal. */
void http_authenticate(struct http_connection *connection, struct http_refusal *refusal);
/* Headers for a request whose Origin was allowed; NULL when out of memory. */
struct MHD_Response *http_preflight(struct http_connection *connection);
void http_add_cors(struct MHD_Response *response, const struct http_connection *connection);

/* May this peer read the metrics? With metrics.token it must send that; otherwise it must be on
 * this machine, and not the proxy of others. */
void http_check_reader(struct http_connection *connection, struct http_refusal *refusal);

#endif

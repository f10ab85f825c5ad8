/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP listeners: on TCP (with TLS), unix and systemd sockets. All on the loop thread. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_HTTP_H
#define CORE_TRANSPORT_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "rpc/exchange.h"

struct buf;
struct http;
struct loop;
struct snapshot;

/* Time limits for peers; only tests use other values. */
struct http_times {
	/* time from connecting, or from the request line, to the end of the header */
	unsigned head_ms;
	unsigned body_ms;      /* for the body */
	unsigned idle_ms;      /* time between two requests of a connection */
	unsigned stall_ms;     /* time in which the peer reads nothing of an answer */
	unsigned keepalive_ms; /* time between comments on an idle event stream */
};
extern const struct http_times http_times_default;

/* Writes the text of /metrics. */
typedef void (*http_metrics_fn)(void *data, struct buf *out);

/* All HTTP listeners. They hold `snapshot`, whose `auth` decides who a caller is; it is NULL only
 * when auth.inbound is "none", and then every caller is `principal`. `ready` is called for
 * /readyz: NULL when the host can serve, else a reason (503). Returns NULL with `why` when a socket
 * cannot be opened. */
struct http *http_new(struct loop *loop, struct snapshot *snapshot, const struct receiver *receiver,
		      const struct principal *principal, const char *(*ready)(void *data),
		      void *ready_data, char *why, size_t why_size);
/* A reload: new requests use this snapshot. Its listeners and its endpoint are the same. A request
 * whose body is still being read is authenticated again before it is delivered. */
void http_use(struct http *http, struct snapshot *snapshot, const struct principal *principal);
void http_set_times(struct http *http, const struct http_times *times);
/* The actual address of the listener with this number ("http://127.0.0.1:8765/mcp"). */
const char *http_url(const struct http *http, size_t i);
/* Starts draining: closes the listening sockets. Accepted requests are still answered, with
 * `Connection: close`. */
void http_quiesce(struct http *http);
/* The number of requests whose answer is not completely sent, and of exchanges that are not
 * finished. */
size_t http_open_exchanges(const struct http *http);
void http_free(struct http *http);

/* From now on /metrics answers, for who may read it (config->metrics). */
void http_set_metrics(struct http *http, http_metrics_fn metrics, void *data);
size_t http_connections(const struct http *http); /* open ones */

#endif

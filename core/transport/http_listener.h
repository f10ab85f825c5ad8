/* SPDX-License-Identifier: Apache-2.0 */
/* The private part of the HTTP transport: the listeners and their common data. libmicrohttpd (MHD)
 * parses and writes. MHD runs on the loop thread, from its own epoll descriptor that the loop
 * watches, one daemon for each listening socket. Connections are accepted here and given to it, so
 * that this code handles draining and a lack of descriptors. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_HTTP_LISTENER_H
#define CORE_TRANSPORT_HTTP_LISTENER_H

#include <microhttpd.h>

#include "base/loop.h"
#include "transport/http.h"
#include "transport/linger.h"
#include "transport/listen.h"

#define HTTP_LISTENERS_MAX 64u /* most listening sockets of one host */
#define HTTP_SLOW_MS 1000      /* a slower request may be closed when all places are used */

struct http_connection;
struct snapshot;

struct http_listener {
	struct http *http;
	struct listen_socket sock;
	struct MHD_Daemon *daemon;
	struct loop_watch accepting; /* the listening socket */
	struct loop_watch running;   /* MHD's epoll descriptor */
	struct loop_timer again;     /* MHD has more to do than one call does */
	bool tls;
	bool client_ca; /* clients need a certificate */
	char *host;	/* the name of the listener in the configuration; also a valid Host */
	char *url;
};

enum http_doors {
	DOORS_OPEN,
	DOORS_FULL,   /* no connection is accepted until one closes */
	DOORS_CLOSED, /* the host is draining: requests that were accepted are still served */
};

struct http {
	struct loop *loop;
	struct snapshot *snapshot;   /* held; */
	const struct config *config; /* … of it, … */
	struct receiver receiver;
	struct principal principal; /* the principal of every caller, when `auth` is NULL */
	struct auth *auth;	    /* … and of it; or NULL */
	const char *(*ready)(void *data);
	void *ready_data;
	http_metrics_fn metrics; /* NULL: there is no /metrics */
	void *metrics_data;
	struct http_times times;
	enum http_doors doors;
	struct http_listener *listener;
	size_t listeners;
	struct http_connection *connections; /* connections that have a socket */
	size_t n_connections, max_connections;
	struct http_connection **by_fd; /* the same connections, by the number of the socket */
	size_t by_fd_room;
	/* requests whose header was read and whose answer is not completely sent */
	size_t requests;
	struct http_connection *orphans; /* exchanges that the receiver still has */
	size_t n_orphans;
	struct lingerers lingering;
	struct loop_timer sweep;
};

void http_doors_move(struct http *http, enum http_doors doors);
/* Starts to listen on `sock`, which the listener then owns; false with `why`. */
bool http_listener_start(struct http *http, const struct config_listener *config,
			 struct listen_socket sock, char *why, size_t why_size);
/* Stops accepting: takes the connections from the backlog, and closes the socket. */
void http_listener_quiesce(struct http_listener *listener);
void http_listener_stop(struct http_listener *listener); /* its connections end */

/* Lets MHD do its work. Every callback of the loop may call this, but not a callback of MHD. */
void http_run(struct http_listener *listener);
void http_run_soon(struct http_listener *listener); /* from anywhere */

/* When all places are used: closes a connection without a request, so that a waiting one is
 * served. */
void http_make_room(struct http *http);
void http_accept_again(struct http *http); /* after DOORS_FULL: a connection has closed */

#endif

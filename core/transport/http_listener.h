/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the HTTP transport: the listeners and what they share. libmicrohttpd (MHD) parses
 * and writes; it runs on the loop thread, from an epoll descriptor of its own that the loop
 * watches, one daemon per listening socket. Connections are accepted here and handed to it, so that
 * draining and running out of descriptors are ours to handle.
 */
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

#define HTTP_LISTENERS_MAX 64u /* listening sockets of one host */
#define HTTP_SLOW_MS 1000      /* who takes longer for a request gives way when all is full */

struct http_connection;

struct http_listener {
	struct http *http;
	struct listen_socket sock;
	struct MHD_Daemon *daemon;
	struct loop_watch accepting; /* the listening socket */
	struct loop_watch running;   /* MHD's epoll descriptor */
	struct loop_timer again;     /* MHD has more to do than one round */
	bool tls;
	char *host; /* what the configuration calls it; also a good Host */
	char *url;
};

enum http_doors {
	DOORS_OPEN,
	DOORS_FULL,   /* no connection is accepted until one closes */
	DOORS_CLOSED, /* the host drains: what was accepted is served */
};

struct http {
	struct loop *loop;
	const struct config *config;
	struct receiver receiver;
	struct principal principal;
	const char *(*ready)(void *data);
	void *ready_data;
	struct http_times times;
	enum http_doors doors;
	struct http_listener *listener;
	size_t listeners;
	struct http_connection *connections; /* those that have a socket */
	size_t n_connections, max_connections;
	struct http_connection **by_fd; /* those that have a socket, by its number */
	size_t by_fd_room;
	size_t requests; /* whose head was read and whose answer is not completely sent */
	struct http_connection *orphans; /* those whose exchange the receiver still holds */
	size_t n_orphans;
	struct lingerers lingering;
	struct loop_timer sweep;
};

void http_doors_move(struct http *http, enum http_doors doors);
/* Begins to listen on `sock`, which is the listener's from now on; false with `why`. */
bool http_listener_start(struct http *http, const struct config_listener *config,
			 struct listen_socket sock, char *why, size_t why_size);
/* Accepts no more: takes what the backlog has, and closes the socket. */
void http_listener_quiesce(struct http_listener *listener);
void http_listener_stop(struct http_listener *listener); /* its connections end */

/* Lets MHD do what it can; safe from any callback of the loop, not from one of MHD. */
void http_run(struct http_listener *listener);
void http_run_soon(struct http_listener *listener); /* from anywhere */

/* At the limit: who waits for nothing leaves, so that who waits outside is served. */
void http_make_room(struct http *http);
void http_accept_again(struct http *http); /* DOORS_FULL: a connection has closed */

#endif

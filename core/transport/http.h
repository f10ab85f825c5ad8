/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the HTTP transport, for its own files only. libmicrohttpd (MHD) parses and writes;
 * it runs on the loop thread, from an epoll descriptor of its own that the loop watches, one
 * daemon per listening socket. Connections are accepted here and handed to it, so that draining
 * and running out of descriptors are ours to handle.
 *
 * A connection serves one request at a time, so the exchange is part of it. When the peer leaves
 * while the receiver still holds the exchange, the connection outlives its socket: `mhd` is NULL,
 * and exchange_finish() frees it.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_HTTP_H
#define CORE_TRANSPORT_HTTP_H

#include <microhttpd.h>

#include "base/buf.h"
#include "base/loop.h"
#include "transport/accept.h"
#include "transport/http_gate.h"
#include "transport/linger.h"
#include "transport/listen.h"
#include "transport/sse.h"
#include "transport/transport.h"

#define HTTP_LISTENERS_MAX 64u	 /* listening sockets of one host */
#define HTTP_SWEEP_MS 1000	 /* how often deadlines are looked at */
#define HTTP_MIN_RATE 16384u	 /* bytes a second that a peer must take of an answer */
#define HTTP_SLOW_MS 1000	 /* who takes longer for a request gives way when all is full */
#define HTTP_REFUSED_BODY 65536u /* a larger body of a refused request is not waited for */

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

struct http {
	struct loop *loop;
	const struct config *config;
	struct receiver receiver;
	struct principal principal;
	const char *(*ready)(void *data);
	void *ready_data;
	struct http_times times;
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
	bool accept_paused, draining;
};

enum http_phase {
	PHASE_IDLE,   /* between requests, or before the first */
	PHASE_HEAD,   /* the request line was read */
	PHASE_BODY,   /* the head was read */
	PHASE_HELD,   /* the receiver has it and no byte was answered */
	PHASE_STREAM, /* an SSE answer is under way */
	PHASE_ANSWER, /* the whole answer is with MHD */
};

enum http_route { ROUTE_ENDPOINT, ROUTE_HEALTHZ, ROUTE_READYZ, ROUTE_NONE };

/* Why a request is not served. `status` 0: it is. */
struct http_refusal {
	int status, code; /* of HTTP, of JSON-RPC */
	const char *why;
	const char *field, *value; /* a header field of the answer, or NULL */
};

/* What the head of the request says; texts are MHD's and live as long as the request. */
struct http_head {
	const char *host, *origin, *content_type, *content_length, *transfer_encoding;
	const char *authorization, *expect, *last_event_id;
	struct accept accept;
	bool coded;    /* the body has a Content-Encoding */
	uint64_t body; /* declared length; UINT64_MAX: chunked */
};

struct http_connection {
	struct exchange exchange;
	struct http_listener *listener; /* NULL once the transport is gone */
	struct MHD_Connection *mhd;	/* NULL once the socket is gone */
	struct http_connection *next, *prev;
	int fd;
	enum http_phase phase;
	enum http_route route;
	int64_t since_ms;    /* when the phase IDLE or the request began */
	int64_t deadline_ms; /* the phase must be over by then; 0: no limit */
	int64_t moved_ms;    /* when the peer was last seen to take some of a whole answer */
	uint64_t acked;	     /* what it had acknowledged then */
	struct http_head head;
	struct http_refusal refusal;
	struct http_gate gate;
	unsigned completed; /* requests of this connection */
	void *tls_session;  /* GnuTLS's, or NULL */
	const char *method;
	struct buf body;
	struct sse sse;
	struct loop_timer tick;	     /* keep-alive of a stream, or telling that the peer is gone */
	struct loop_watch hangup;    /* see hangup.c */
	struct MHD_Response *answer; /* made while the request handler is on the stack */
	unsigned answer_status;
	size_t answer_size;
	bool counted;	/* in http->requests: the texts of `head` are valid */
	bool open;	/* the receiver holds the exchange */
	bool told;	/* ... and was told that the peer is gone */
	bool inside;	/* the request handler is on the stack */
	bool suspended; /* in MHD */
	bool streaming; /* the SSE response is with MHD, or will be */
	bool left;	/* the peer closed its sending side */
	bool gone;	/* given up: MHD is about to close it */
	bool cross;	/* answer with CORS headers */
	bool unread;	/* the peer may be sending still when we close */
	bool spoken;	/* at least one request line was understood */
	bool attended;	/* see http_answer.c */
	bool refused;	/* the gate has answered; see http_recv.c */
	bool looked;	/* for a close behind the last request; see http.c */
};

/* http.c */
/* Lets MHD do what it can; safe from any callback of the loop, not from one of MHD. */
void http_run(struct http_listener *listener);
void http_run_soon(struct http_listener *listener); /* from anywhere */

/* http_accept.c */
void http_on_accept(struct loop_watch *watch, uint32_t events);
void http_accept_rest(struct http_listener *listener); /* everything in the backlog */
void http_make_room(struct http *http);
void http_accept_again(struct http *http); /* after a pause */
void http_on_connection(void *cls, struct MHD_Connection *mhd, void **context,
			enum MHD_ConnectionNotificationCode code);
struct http_connection *http_connection_of(struct MHD_Connection *mhd);
struct http_sent {
	uint64_t sent, acked; /* bytes, by TCP_INFO */
};
bool http_sent(int fd, struct http_sent *sent); /* false: not TCP */

/* http_recv.c: what MHD reads goes through the gate */
/* MHD of `http` (or of nobody) runs on this thread from now on; returns who ran before. */
struct http *http_reading(struct http *http);
void http_recv_add(struct http *http, struct http_connection *connection);
void http_recv_remove(struct http *http, const struct http_connection *connection);
void http_recv_completed(struct http_connection *connection); /* a request has ended */

/* http_request.c: MHD's callbacks */
enum MHD_Result http_on_request(void *cls, struct MHD_Connection *mhd, const char *url,
				const char *method, const char *version, const char *upload,
				size_t *size, void **request);
void *http_on_line(void *cls, const char *uri, struct MHD_Connection *mhd);
void http_on_completed(void *cls, struct MHD_Connection *mhd, void **request,
		       enum MHD_RequestTerminationCode code);

/* http_head.c: reads and checks the head. refusal->status is 0 when it is well-formed. */
void http_head_read(struct http_connection *connection, const char *version,
		    struct http_refusal *refusal);

/* http_access.c */
/* Host and Origin: may this be a request that a browser was tricked into? */
void http_access_check(struct http_connection *connection, struct http_refusal *refusal);
struct MHD_Response *http_preflight(struct http_connection *connection);
void http_add_cross(struct MHD_Response *response, const struct http_connection *connection);

/* http_answer.c */
extern const struct exchange_ops http_exchange_ops;
/* Queues a whole answer; `type` NULL: no body. */
void http_answer(struct http_connection *connection, int status, const char *type, const char *body,
		 size_t len);
void http_answer_refusal(struct http_connection *connection);
enum MHD_Result http_queue(struct http_connection *connection, unsigned status,
			   struct MHD_Response *response);
enum MHD_Result http_queue_stream(struct http_connection *connection);
void http_on_tick(struct loop_timer *timer);
/* Writes an answer past MHD, to a peer whose request MHD would drop without a word. */
void http_raw_refusal(int fd, int status, const char *reason, const char *why);

/* The peer is gone: tells the receiver, once. The connection stays until MHD lets go of it. */
void http_lost(struct http_connection *connection);
/* Gives the peer up: MHD closes the connection soon. */
void http_drop(struct http_connection *connection);
void http_attend(struct http_connection *connection); /* so that MHD does not forget it */
void http_unattend(struct http_connection *connection);
void http_suspend(struct http_connection *connection);
void http_resume(struct http_connection *connection);
void http_connection_free(struct http_connection *connection);
void http_link(struct http_connection **list, struct http_connection *connection);
void http_unlink(struct http_connection **list, struct http_connection *connection);

/* hangup.c */
void hangup_watch(struct http_connection *connection);
void hangup_forget(struct http_connection *connection);

#endif

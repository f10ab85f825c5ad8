/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection, and the one request that it serves at a time; so the exchange is part of it.
 * When the peer leaves while the receiver still has the exchange, the connection outlives its
 * socket, and exchange_finish() frees it.
 *
 * A connection has three states, each with a table in http_connection.c: the phase of its
 * request, its socket, and the exchange for the receiver. Only http_phase_move(),
 * http_socket_move() and http_held_move() change them. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_HTTP_CONNECTION_H
#define CORE_TRANSPORT_HTTP_CONNECTION_H

#include "base/buf.h"
#include "rpc/recover.h"
#include "transport/accept.h"
#include "transport/http_gate.h"
#include "transport/http_listener.h"
#include "transport/sse.h"

/* least number of bytes of an answer that a peer must read in a second */
#define HTTP_MIN_RATE 16384u

/* The phase of the connection's request. Each line also names the functions that change it: */
enum http_phase {
	/* no request, and the socket may have closed without notice: sweep, http_on_line */
	PHASE_FRESH,
	PHASE_IDLE,	/* no request: http_on_line */
	PHASE_HEAD,	/* the request line was read: http_on_request */
	PHASE_BODY,	/* the header was read and `head` is valid: http_on_request, answers */
	PHASE_DELIVERY, /* the receiver is being called: http_on_request */
	PHASE_WAIT,	/* not answered yet, MHD is suspended: the receiver, http_drop */
	PHASE_STREAM,	/* an event stream is being sent: MHD, http_drop */
	PHASE_QUIET,	/* all events so far are sent, MHD is suspended: the receiver, http_drop */
	PHASE_ANSWER,	/* MHD has the complete answer: MHD, http_drop */
	PHASE_ABORTED,	/* dropped: MHD */
};

enum http_socket {
	SOCKET_OPEN,
	SOCKET_LEFT,	/* the peer closed its sending side */
	SOCKET_UNREAD,	/* the connection will close, and the peer may still send: linger */
	SOCKET_DROPPED, /* dropped: MHD will close it */
	SOCKET_CLOSED,	/* the socket is closed, together with MHD's connection */
};

enum http_held {
	EXCHANGE_NONE, /* the receiver has no exchange */
	EXCHANGE_OPEN, /* the receiver has the exchange */
	/* the receiver has the exchange, but the peer reads too slowly; the receiver will be
	 * told that the peer has left */
	EXCHANGE_FULL,
	EXCHANGE_LOST, /* the receiver has the exchange, and was told that the peer has left */
};

enum http_route {
	ROUTE_ENDPOINT,
	ROUTE_HEALTHZ,
	ROUTE_READYZ,
	ROUTE_METADATA,
	ROUTE_METRICS,
	ROUTE_NONE
};

/* Why a request is refused. `status` 0: the request is not refused. */
struct http_refusal {
	int status, code; /* the HTTP status and the JSON-RPC code */
	const char *why;
	const char *field, *value; /* a header field of the answer, or NULL */
};

/* The header of the request. Texts belong to MHD and are valid as long as the request. */
struct http_head {
	const char *host, *origin, *content_type, *content_length, *transfer_encoding;
	const char *authorization, *expect, *last_event_id;
	const char *user;      /* value of the header that auth.header names */
	const char *groups;    /* the field that auth.groups_header names */
	const char *forwarded; /* the token of the user, where an upstream uses it */
	struct accept accept;
	bool coded;    /* the body has a Content-Encoding */
	uint64_t body; /* declared length of the body; UINT64_MAX: chunked */
};

struct http_connection {
	struct exchange exchange;	/* first */
	struct http_listener *listener; /* NULL after the transport was freed */
	struct MHD_Connection *mhd;	/* NULL after the socket was closed */
	struct http_connection *next, *prev;
	int fd;
	enum http_phase phase;
	enum http_socket socket;
	enum http_held held;
	/* number of requests whose line was read; number of those that were answered or dropped */
	unsigned begun, completed;
	int64_t since_ms;    /* time when the connection or its request began */
	int64_t deadline_ms; /* the phase must end before this time; 0: no limit */
	int64_t moved_ms;    /* the time when the peer last read a part of a complete answer, or
			   * last sent a part of a body that is read only for its id */
	uint64_t acked;	     /* number of bytes that were acknowledged at that time */

	/* the request */
	struct snapshot *snapshot; /* that its head was checked with; held until it is delivered */
	struct http_gate gate;
	enum http_route route;
	struct http_head head;
	struct http_refusal refusal;
	const char *cors; /* the allowed Origin for CORS headers, or NULL */
	const char *method;
	struct buf body;
	uint64_t unwanted;	 /* remaining bytes of a discarded body that are still read */
	struct recover *recover; /* reads the id from a body that is too large; else NULL */

	/* the answer */
	struct sse sse;
	/* timer for keep-alive comments of a stream, or for reporting that the peer has left */
	struct loop_timer tick;
	struct loop_watch hangup;    /* see hangup.c */
	struct MHD_Response *answer; /* in PHASE_DELIVERY: the receiver's answer */
	unsigned answer_status;
	size_t answer_size;

	/* for mhd.c: the bytes of MHD's pool for the connection; where the pool begins, or NULL as
	 * long as that is not known; is the pool at rest? */
	size_t pool;
	char *pool_at;
	bool rested;

	void *tls_session;	  /* GnuTLS's, or NULL */
	bool certificate_checked; /* http_certificate() knows the answer: */
	const char *certificate_fault;
	bool timed; /* for mhd.c: MHD has a time-out for the connection */
};

void http_phase_move(struct http_connection *connection, enum http_phase phase);
void http_socket_move(struct http_connection *connection, enum http_socket socket);
void http_held_move(struct http_connection *connection, enum http_held held);

/* Are the texts of `head` valid, so that MHD will report the end of the request? */
static inline bool
http_has_request(const struct http_connection *connection)
{
	return connection->phase >= PHASE_BODY;
}

/* Suspends the connection: MHD does nothing with it until http_resume(). */
static inline bool
http_is_suspended(const struct http_connection *connection)
{
	return connection->phase == PHASE_WAIT || connection->phase == PHASE_QUIET;
}

/* MHD calls this function when a connection begins or ends. */
void http_on_connection(void *cls, struct MHD_Connection *mhd, void **context,
			enum MHD_ConnectionNotificationCode code);
struct http_connection *http_connection_of(struct MHD_Connection *mhd);
void http_connection_free(struct http_connection *connection);
void http_link(struct http_connection **list, struct http_connection *connection);
void http_unlink(struct http_connection **list, struct http_connection *connection);

/* Call this when a request was refused or stopped, and is not read to its end. */
void http_unread(struct http_connection *connection);
/* The peer has left: tells the receiver, once. The connection stays until MHD releases it. */
void http_lost(struct http_connection *connection);
/* Drops the peer: MHD closes the connection soon. */
void http_drop(struct http_connection *connection);
/* Called when the transport ends: MHD must not be stopped while connections are suspended. */
void http_abandon(struct http_connection *connection);
/* Moves from PHASE_DELIVERY or PHASE_STREAM to `phase`, in which MHD is suspended; and back. */
void http_suspend(struct http_connection *connection, enum http_phase phase);
void http_resume(struct http_connection *connection, enum http_phase phase);

struct http_sent {
	uint64_t sent, acked; /* number of bytes, by TCP_INFO */
};
bool http_sent(int fd, struct http_sent *sent); /* false: not TCP */

#endif

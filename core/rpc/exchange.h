/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An exchange is one incoming message and the only way back to its sender. Transports make them;
 * nobody else knows whether it is a line on stdio or an HTTP request. All of this happens on the
 * loop thread. exchange_finish() is called exactly once; afterwards the exchange is gone.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_RPC_EXCHANGE_H
#define CORE_RPC_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/principal.h"

struct exchange;

struct exchange_header {
	const char *name, *value;
};

struct exchange_ops {
	/* A request header, OWS trimmed; NULL when absent (always, on stdio). Borrowed until the
	 * receiver's message() or other() returns; afterwards the peer may be gone, so NULL. */
	const char *(*header)(struct exchange *exchange, const char *name);
	/* Calls fn for each request header whose name begins with `prefix`, case-insensitively. */
	void (*headers)(struct exchange *exchange, const char *prefix,
			void (*fn)(void *data, const char *name, const char *value), void *data);
	/* One whole JSON-RPC message before the answer: a line, or an SSE event (the first opens
	 * the stream). Bytes are copied. False when it cannot be delivered: the peer accepts no
	 * stream, is gone, or reads so slowly that its queue is full (then an HTTP exchange is
	 * closed, on_close following from the loop; on stdio only the notification is lost). */
	bool (*notify)(struct exchange *exchange, const char *json, size_t len);
	/* Opens the SSE stream at once, with nothing in it yet (subscriptions/listen). */
	bool (*stream)(struct exchange *exchange);
	/* The answer. HTTP: `status` and extra headers unless a stream is open, in which case the
	 * body becomes its last event. `json` NULL: no body (202, or the end of a stream). */
	void (*finish)(struct exchange *exchange, int status, const struct exchange_header *headers,
		       size_t n, const char *json, size_t len);
};

struct exchange {
	const struct exchange_ops *ops;
	struct principal principal;
	bool http;	 /* else stdio */
	bool takes_json; /* HTTP: the peer admits an answer in JSON */
	bool closed;	 /* the peer is gone; finish() must still be called, and discards */
	/* Set by the receiver: the peer has gone (also by half-close). Called at most once. */
	void (*on_close)(struct exchange *exchange);
	void *owner; /* the receiver's */
};

/* What a transport delivers to: implemented by the era layer (era/receive.c), handed in so that
 * transport includes nothing to its right. The body is borrowed until the function returns. */
struct receiver {
	void *data;
	void (*message)(void *data, struct exchange *exchange, const char *body, size_t len);
	/* HTTP methods other than POST on the endpoint (GET, DELETE). */
	void (*other)(void *data, struct exchange *exchange, const char *method);
	/* stdio only: the input ended; what was asked before may still be answered. Called again
	 * when nobody reads the answers any more either: then the exchanges are closed. */
	void (*eof)(void *data);
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* An exchange is one incoming message and the only way to answer its sender. Transports make
 * exchanges; other parts do not know whether it is a line on stdio or an HTTP request. All of this
 * runs on the loop thread. exchange_finish() is called exactly once; it frees the exchange. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_RPC_EXCHANGE_H
#define CORE_RPC_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "base/principal.h"

struct exchange;

struct exchange_header {
	const char *name, *value;
};

struct exchange_ops {
	/* A request header without white space around it; NULL when absent (always on stdio). The
	 * text is borrowed until the receiver's message() or other() returns. Later the result may
	 * be NULL, because the peer may have left. */
	const char *(*header)(struct exchange *exchange, const char *name);
	/* Calls fn for each request header whose name begins with `prefix`, ignoring case. */
	void (*headers)(struct exchange *exchange, const char *prefix,
			void (*fn)(void *data, const char *name, const char *value), void *data);
	/* Sends one whole JSON-RPC message before the answer: a line, or an SSE event (the first
	 * opens the stream). Bytes are copied. False when it cannot be delivered: the peer accepts
	 * no stream, has left, or reads so slowly that its queue is full. Then an HTTP exchange is
	 * closed and the loop calls on_close; on stdio only the notification is lost. */
	bool (*notify)(struct exchange *exchange, const char *json, size_t len);
	/* HTTP only; NULL on stdio. The same, with an event id. `id` NULL: the event has none.
	 * `json` NULL: an event with no data, which only tells the client the id; without an id
	 * too, a comment. */
	bool (*event)(struct exchange *exchange, const char *id, const char *json, size_t len);
	/* Opens the SSE stream at once, without an event (subscriptions/listen, GET). */
	bool (*stream)(struct exchange *exchange);
	/* Sends the answer. Over HTTP it has `status` and the extra headers. When a stream is open,
	 * the answer is instead the last event of the stream. `json` NULL: no body (202, or the end
	 * of a stream). */
	void (*finish)(struct exchange *exchange, int status, const struct exchange_header *headers,
		       size_t n, const char *json, size_t len);
};

struct exchange {
	const struct exchange_ops *ops;
	struct principal principal;
	unsigned since; /* number of the snapshot (config/snapshot.h) that let the principal in */
	struct address from; /* of the peer; unknown on stdio */
	bool http;	     /* else stdio */
	bool takes_json;     /* HTTP: the peer accepts an answer in JSON */
	/* the peer has left; finish() must still be called, and drops the answer */
	bool closed;
	/* The receiver sets this function. It is called when the peer has left, also after a
	 * half-close; at most once. */
	void (*on_close)(struct exchange *exchange);
	void *owner; /* the receiver's */
};

/* `header` and `headers` of an exchange without headers, as on stdio. */
const char *exchange_no_header(struct exchange *exchange, const char *name);
void exchange_no_headers(struct exchange *exchange, const char *prefix,
			 void (*fn)(void *data, const char *name, const char *value), void *data);

/* The receiver of a transport's messages: implemented by the era layer (era/receive.c) and passed
 * in, so that transport does not include it. The body is borrowed until the function returns. */
struct receiver {
	void *data;
	void (*message)(void *data, struct exchange *exchange, const char *body, size_t len);
	/* Called for HTTP methods other than POST on the endpoint (GET, DELETE). */
	void (*other)(void *data, struct exchange *exchange, const char *method);
	/* Called when the input of stdio has ended; earlier requests may still be answered. Called
	 * again when the peer does not read answers any more: then the exchanges are closed. */
	void (*eof)(void *data);
};

#endif

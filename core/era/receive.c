/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The claim in the `_meta` of a message decides which era it belongs to, never a handshake or a
 * header alone (MCP 2026-07-28, basic/versioning; basic/transports, "Backwards Compatibility").
 */
#include "era/receive.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/pool.h"
#include "config/config.h"
#include "era/batch.h"
#include "era/inside.h"
#include "era/legacy.h"
#include "era/modern.h"
#include "era/prepare.h"
#include "era/streams.h"
#include "rpc/frame.h"

/* ---- messages that do not become a request --------------------------------------------------- */

void
exchange_refuse(struct eras *eras, struct exchange *exchange, int status, const char *id, int code,
		const char *message)
{
	struct buf *out = &eras->out;

	log_event(LOG_DEBUG, "refused", "code", "i", (int64_t)code, "status", "i", (int64_t)status,
		  "why", "s", message, NULL);
	buf_reset(out);
	rpc_write_error(out, id, code, message, NULL);
	exchange->ops->finish(exchange, status, NULL, 0, out->data, out->len);
	buf_reset(out);
}

void
exchange_accept(struct exchange *exchange)
{
	exchange->ops->finish(exchange, 202, NULL, 0, NULL, 0);
}

/* The request of this peer that the client cancels. Unknown and finished ones are ignored. */
static void
cancel(struct eras *eras, const struct peer *peer, struct json_object *id)
{
	struct request *request = message_is_id(id) ? request_find(eras, peer, id, NULL) : NULL;

	if (request != NULL)
		request_withdraw(request);
}

void
notification_receive(struct eras *eras, struct peer *peer, const struct message *message)
{
	if (strcmp(message->method, "notifications/cancelled") == 0)
		cancel(eras, peer, json_get(message->params, "requestId"));
	else if (strcmp(message->method, "notifications/initialized") == 0 &&
		 peer == &eras->pipe.peer)
		session_spoke(&eras->pipe);
	/* other notifications have no effect; a notification is never answered */
}

/* ---- the decision -------------------------------------------------------------------------- */

/* Is it a version header that a legacy client would not send? */
static bool
foreign_version(const struct exchange *exchange)
{
	const char *version;

	if (!exchange->http)
		return false;
	version = exchange->ops->header((struct exchange *)exchange, "MCP-Protocol-Version");
	return version != NULL && !legacy_version(version);
}

/* On stdio only ping is allowed before initialize without a handshake. Everything else is handled
 * as modern and gets an error that names what is missing. */
static bool
premature(const struct eras *eras, const struct exchange *exchange, const struct message *message)
{
	return !exchange->http && eras->pipe.state == SESSION_NONE &&
	       message->kind == MESSAGE_REQUEST && message->method != NULL &&
	       strcmp(message->method, "ping") != 0;
}

static bool
is_modern(const struct eras *eras, const struct exchange *exchange, const struct message *message)
{
	if (modern_claim(message))
		return true;
	if (message->method != NULL && strcmp(message->method, "initialize") == 0)
		return false;
	return foreign_version(exchange) || premature(eras, exchange, message);
}

static bool
batch_claims(const struct message *message)
{
	size_t n = json_object_array_length(message->tree);

	for (size_t i = 0; i < n; i++) {
		struct json_object *meta =
		    json_obj(json_obj(json_object_array_get_idx(message->tree, i), "params"),
			     "_meta");

		if (meta != NULL && json_object_object_get_ex(meta, META "protocolVersion", NULL))
			return true;
	}
	return false;
}

static void
batch_route(struct eras *eras, struct exchange *exchange, const struct message *message)
{
	int code = rpc_error_code(RPC_INVALID_REQUEST);
	struct session *session;

	if (batch_claims(message) || foreign_version(exchange) ||
	    (!exchange->http && eras->pipe.state == SESSION_NONE)) {
		exchange_refuse(eras, exchange, 400, NULL, code,
				"batches are not accepted: send one message at a time");
		return;
	}
	session = legacy_session(eras, exchange, NULL);
	if (session != NULL)
		batch_receive(eras, exchange, session, message);
}

/* Estimates the memory of a message that is not parsed yet: for many small values json-c needs far
 * more memory than the text. */
static size_t
cost_of(const char *body, size_t len)
{
	static const unsigned char before_value[256] = { [','] = 1, ['['] = 1, ['{'] = 1 };
	size_t values = 1;

	for (size_t i = 0; i < len; i++)
		values += before_value[(unsigned char)body[i]];
	return len + values * MESSAGE_VALUE;
}

/* Is there room for one more message, in addition to the requests that are already held? */
static bool
room_for(const struct eras *eras, size_t cost)
{
	return eras->held == 0 || eras->held + cost <= HELD_MAX;
}

/* A parsed message, or the error code. Answers and notifications are never refused, because they
 * end requests. */
static void
received(struct eras *eras, struct exchange *exchange, struct message *message, int code,
	 const char *why)
{
	if (code == 0 && !room_for(eras, message->cost) &&
	    (message->kind == MESSAGE_REQUEST || message->kind == MESSAGE_BATCH))
		exchange_refuse(eras, exchange, 503, message->id, rpc_error_code(RPC_OVERLOADED),
				"the running requests are too large together: try again later, "
				"or send less data");
	else if (code != 0)
		exchange_refuse(eras, exchange, 400, message->id, code, why);
	else if (message->kind == MESSAGE_BATCH)
		batch_route(eras, exchange, message);
	else if (is_modern(eras, exchange, message))
		modern_receive(eras, exchange, message);
	else
		legacy_receive(eras, exchange, message);
	message_dispose(eras, message);
}

/* ---- bytes --------------------------------------------------------------------------------- */

/* A body that is so large that a worker parses it, because it would block the loop for too long. */
struct parsing {
	struct pool_job job; /* first */
	struct eras *eras;
	struct exchange *exchange;
	struct json_limits limits;
	char *body;
	size_t len, cost;
	struct message message;
	int code;
	char why[256];
};

static void
parse_run(struct pool_job *job)
{
	struct parsing *parsing = (struct parsing *)job;

	parsing->code = message_parse(&parsing->message, parsing->body, parsing->len,
				      &parsing->limits, parsing->why, sizeof(parsing->why));
}

static void
parse_done(struct pool_job *job)
{
	struct parsing *parsing = (struct parsing *)job;
	const bool piped = !parsing->exchange->http;

	CHECK(parsing->eras->held >= parsing->cost);
	parsing->eras->held -= parsing->cost;
	parsing->message.large = parsing->message.kind != MESSAGE_BATCH;
	received(parsing->eras, parsing->exchange, &parsing->message, parsing->code, parsing->why);
	/* the batch ends only now: its first elements may have ended while others were still to
	 * come */
	parsing->eras->parsing -= piped;
	eras_check_end(parsing->eras);
	free(parsing->body);
	free(parsing);
}

/* Called when the host stops: the message is not answered. */
static void
parse_drop(struct pool_job *job)
{
	struct parsing *parsing = (struct parsing *)job;

	parsing->exchange->ops->finish(parsing->exchange, 503, NULL, 0, NULL, 0);
	message_fini(&parsing->message);
	free(parsing->body);
	free(parsing);
}

static void
parse_later(struct eras *eras, struct exchange *exchange, const char *body, size_t len, size_t cost)
{
	struct parsing *parsing = xcalloc(1, sizeof(*parsing));

	parsing->job = (struct pool_job){
		.run = parse_run, .done = parse_done, .drop = parse_drop, .group = eras
	};
	parsing->eras = eras;
	parsing->exchange = exchange;
	parsing->limits = eras->limits;
	parsing->body = malloc(len);
	parsing->len = len;
	parsing->cost = cost;
	if (parsing->body == NULL) {
		free(parsing);
		exchange_refuse(eras, exchange, 503, NULL, rpc_error_code(RPC_OVERLOADED),
				"out of memory: try again later, or send less data");
		return;
	}
	memcpy(parsing->body, body, len);
	eras->held += cost;
	eras->parsing += !exchange->http;
	pool_submit(eras->parts.pool, &parsing->job);
}

void
receive_message(void *data, struct exchange *exchange, const char *body, size_t len)
{
	struct eras *eras = data;
	struct message message;
	char why[256];
	size_t cost;
	int code;

	/* when there is no room, the loop thread parses the body, so that the number of waiting
	 * bodies is limited */
	if (len > PARSE_INLINE && len <= eras->limits.bytes) {
		cost = cost_of(body, len);
		if (room_for(eras, cost)) {
			parse_later(eras, exchange, body, len, cost);
			return;
		}
	}
	code = message_parse(&message, body, len, &eras->limits, why, sizeof(why));
	received(eras, exchange, &message, code, why);
}

/* GET opens the stream of a session. There is no early end of a session (DELETE), because its id
 * is valid on every replica; every client understands 405 (MCP 2025-11-25, basic/transports). */
void
receive_other(void *data, struct exchange *exchange, const char *method)
{
	const struct exchange_header allow = { "Allow", "GET, POST" };

	if (strcmp(method, "GET") == 0)
		streams_get(data, exchange);
	else
		exchange->ops->finish(exchange, 405, &allow, 1, NULL, 0);
}

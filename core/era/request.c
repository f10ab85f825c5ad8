/* SPDX-License-Identifier: Apache-2.0 */
/* A request in the host: it begins once and ends once, with a single exit. */
#include "era/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/states.h"
#include "call/call.h"
#include "run/text.h"
#include "era/audited.h"
#include "era/batch.h"
#include "era/client_requests.h"
#include "era/inside.h"
#include "era/limited.h"
#include "era/methods.h"
#include "era/subscriptions.h"
#include "era/prepare.h"
#include "limits/limits.h"
#include "policy/policy.h"
#include "rpc/frame.h"

#define ERROR_TEXT_MAX (64u << 10) /* before masking */
#define ERROR_SHOWN_MAX 2000u
#define SCRATCH_KEEP (1u << 20) /* a buffer that has grown beyond this size is freed */

/* ---- life ---------------------------------------------------------------------------------- */

static const struct states_row request_rows[] = {
	[REQUEST_NEW] = { "new", TO(REQUEST_ADMITTED) | TO(REQUEST_ENDED) },
	[REQUEST_ADMITTED] = { "admitted", TO(REQUEST_PREPARING) | TO(REQUEST_WAITING) |
					       TO(REQUEST_CALLING) | TO(REQUEST_ASKING) |
					       TO(REQUEST_LISTENING) | TO(REQUEST_ENDED) },
	[REQUEST_PREPARING] = { "preparing", TO(REQUEST_WAITING) | TO(REQUEST_CALLING) |
						 TO(REQUEST_ASKING) | TO(REQUEST_ENDED) },
	[REQUEST_WAITING] = { "waiting", TO(REQUEST_WAITING) | TO(REQUEST_CALLING) |
					     TO(REQUEST_ASKING) | TO(REQUEST_ENDED) },
	[REQUEST_CALLING] = { "calling", TO(REQUEST_ASKING) | TO(REQUEST_ENDED) },
	[REQUEST_ASKING] = { "asking",
			     TO(REQUEST_WAITING) | TO(REQUEST_CALLING) | TO(REQUEST_ENDED) },
	[REQUEST_LISTENING] = { "listening", TO(REQUEST_ENDED) },
	[REQUEST_ENDED] = { "ended", 0 },
};
static const struct states request_phases = { "request", request_rows, ARRAY_SIZE(request_rows) };

void
request_move(struct request *request, enum request_phase phase)
{
	request->phase = states_move(&request_phases, request->phase, phase);
}

/* ---- begin --------------------------------------------------------------------------------- */

static void
join(struct request *request, struct peer *peer)
{
	request->peer = peer;
	request->next = peer->open;
	request->link = &peer->open;
	if (request->next != NULL)
		request->next->link = &request->next;
	peer->open = request;
	/* modern requests over HTTP do not share ids */
	if (peer == &request->eras->loose)
		return;
	request->by_id.owner = request;
	hash_add(&request->eras->ids, &request->by_id,
		 message_id_hash(peer, request->message.id_value));
}

static void
leave(struct request *request)
{
	CHECK(*request->link == request);
	CHECK(request->next == NULL || request->next->link == &request->next);
	*request->link = request->next;
	if (request->next != NULL)
		request->next->link = request->link;
	if (request->peer != &request->eras->loose)
		hash_remove(&request->eras->ids, &request->by_id);
	request->peer = NULL;
}

static void
peer_closed(struct exchange *exchange)
{
	request_withdraw(exchange->owner);
}

struct request *
request_new(struct eras *eras, struct exchange *exchange, struct batch *batch, struct peer *peer,
	    const struct era *era, struct message *message)
{
	struct request *request = xcalloc(1, sizeof(*request));

	CHECK(message->kind == MESSAGE_REQUEST && exchange->owner == NULL);
	request->eras = eras;
	request->snapshot = snapshot_hold(eras->parts.snapshot);
	request->exchange = exchange;
	request->batch = batch;
	request->era = era;
	request->revision = REV_MODERN;
	request->message = *message;
	request->principal = exchange->principal;
	request->class = policy_class_of(request->snapshot->policy, &request->principal);
	eras->held += message->cost;
	memset(message, 0, sizeof(*message));
	join(request, peer);
	if (era->cancel_on_close) {
		exchange->owner = request;
		exchange->on_close = peer_closed;
	}
	return request;
}

const struct row_view *
request_view(const struct request *request)
{
	return &request->class->view;
}

struct request *
request_find(struct eras *eras, const struct peer *peer, struct json_object *id,
	     const struct request *except)
{
	const struct hash_link *link = hash_find(&eras->ids, message_id_hash(peer, id));

	for (; link != NULL; link = hash_next(link)) {
		struct request *request = link->owner;

		if (request != except && request->peer == peer &&
		    message_same_id(request->message.id_value, id))
			return request;
	}
	return NULL;
}

/* Is another request with this id running? */
static bool
id_taken(const struct request *request)
{
	return request->peer != &request->eras->loose &&
	       request_find(request->eras, request->peer, request->message.id_value, request) !=
		   NULL;
}

/* The sender was authenticated by an earlier configuration if a reload came while its body was
 * read. The next request is authenticated by the new one. */
static bool
still_allowed(struct request *request)
{
	const struct exchange *exchange = request->exchange;

	if (snapshot_standing(request->snapshot, &exchange->principal, exchange->since) ==
	    STANDING_SAME)
		return true;
	request_error(request, RPC_OVERLOADED, NULL,
		      "the configuration was changed while this request was read: send it again");
	return false;
}

void
request_run(struct request *request)
{
	char shown[NAME_ROOM];

	if (request->era->cancel_on_close && request->exchange->closed) {
		request_withdraw(request); /* the client has left while the body was being parsed */
		return;
	}
	if (id_taken(request)) {
		request_error(request, RPC_INVALID_REQUEST, NULL,
			      "a request with this id is still being answered");
		return;
	}
	if (audit_fault() != NULL) {
		request_error(request, RPC_OVERLOADED, NULL,
			      "the audit log cannot be written, so nothing is served; the "
			      "administrator finds the reason in the log of lakehost");
		return;
	}
	if (!still_allowed(request) || !request->era->admit(request))
		return;
	request_move(request, REQUEST_ADMITTED);
	request->method = method_find(request->message.method, request->era->mask);
	if (request->method == NULL)
		request_error(request, RPC_METHOD_NOT_FOUND, NULL, "unknown method \"%s\"",
			      request_shown(request->message.method, shown));
	else
		request->method->run(request);
}

/* ---- end ----------------------------------------------------------------------------------- */

/* Frees the call of the request. A call that still runs is cancelled and cleans up without an
 * owner. */
static void
request_free(struct request *request)
{
	struct eras *eras = request->eras;

	CHECK(request->phase == REQUEST_ENDED && request->exchange == NULL);
	client_requests_end(request, false);
	subscription_end(request);
	leave(request);
	CHECK(eras->held >= request->message.cost);
	eras->held -= request->message.cost;
	prepare_leave(request);
	json_object_put(request->arguments);
	json_object_put(request->answers);
	/* the elements of a batch share one tree, which has one owner at a time */
	if (request->batch == NULL)
		message_dispose(eras, &request->message);
	else
		message_fini(&request->message);
	limited_end(request);
	limits_settle(request->ticket, NULL);
	buf_fini(&request->handle);
	free(request->answers_text);
	free(request->notes);
	free(request->own_capabilities);
	free(request->progress_token);
	free(request->session_id);
	free(request->challenge);
	if (request->call != NULL)
		call_free(request->call);
	snapshot_release(request->snapshot);
	free(request);
	eras_check_end(eras);
}

/* Gives the exchange its answer, or (NULL) tells it that there will be none. */
static void
hand_over(struct request *request, int status, const struct buf *answer)
{
	struct exchange *exchange = request->exchange;
	struct exchange_header headers[2];
	size_t n = 0;
	bool held;

	if (request->session_id != NULL)
		headers[n++] = (struct exchange_header){ "Mcp-Session-Id", request->session_id };
	if (request->challenge != NULL)
		headers[n++] = (struct exchange_header){ "WWW-Authenticate", request->challenge };
	request_move(request, REQUEST_ENDED);
	held = audited_hold(request, status, answer);
	request->exchange = NULL;
	if (held && request->batch == NULL) {
		exchange->on_close = NULL;
		exchange->owner = NULL;
	}
	if (held)
		return;
	if (request->batch != NULL) {
		batch_add(request->batch, answer);
		return;
	}
	CHECK(exchange->owner == NULL || exchange->owner == request);
	exchange->on_close = NULL;
	exchange->owner = NULL;
	exchange->ops->finish(exchange, status, headers, n, answer != NULL ? answer->data : NULL,
			      answer != NULL ? answer->len : 0);
}

void
request_forget(struct peer *peer)
{
	struct request *next;

	for (struct request *request = peer->open; request != NULL; request = next) {
		next = request->next;
		hand_over(request, 503, NULL);
		request_free(request);
	}
}

static void
scratch_renew(struct buf *buf)
{
	size_t cap = buf->cap;

	if (buf->room > SCRATCH_KEEP) {
		buf_fini(buf);
		buf_init(buf, cap);
	}
	buf_reset(buf);
}

static void
write_error(struct request *request, enum rpc_error error, const char *data, const char *text,
	    int *status)
{
	int code;

	request->era->wrap_error(error, &code, status);
	log_event(LOG_DEBUG, "refused", "method", "s", request->message.method, "code", "i",
		  (int64_t)code, "why", "s", text, NULL);
	scratch_renew(&request->eras->out);
	rpc_write_error(&request->eras->out, request->message.id, code, text, data);
}

void
request_send(struct request *request, int status)
{
	struct buf *out = &request->eras->out;

	if (!buf_ok(out))
		write_error(request, RPC_INTERNAL, NULL,
			    "the answer is larger than the maximum size of a message", &status);
	hand_over(request, status, out);
	scratch_renew(out);
	request_free(request);
}

struct json *
request_begin(struct request *request)
{
	struct eras *eras = request->eras;

	CHECK(request->phase != REQUEST_ENDED);
	buf_reset(&eras->out);
	rpc_begin_result(&eras->json, &eras->out, request->message.id);
	json_begin(&eras->json, '{');
	return &eras->json;
}

void
request_end(struct request *request, const struct wrap *wrap)
{
	struct json *out = &request->eras->json;

	request->era->wrap_result(request, out, wrap);
	json_end(out);
	json_end(out);
	CHECK(json_complete(out));
	request_send(request, 200);
}

void
request_empty(struct request *request)
{
	request_begin(request);
	request_end(request, &(struct wrap){ .type = "complete", .ttl_ms = -1 });
}

/* The part of the message that comes from the client is masked, and put on one line. */
void
request_error(struct request *request, enum rpc_error error, const char *data, const char *format,
	      ...)
{
	struct buf text, line;
	va_list args;
	int status;

	buf_init_keeping(&text, ERROR_TEXT_MAX);
	buf_init(&line, 2 * ERROR_SHOWN_MAX);
	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	text_line(&line, text.data, ERROR_SHOWN_MAX);
	write_error(request, error, data, line.data, &status);
	buf_fini(&text);
	buf_fini(&line);
	request_send(request, status);
}

void
request_failure(struct request *request, enum rpc_error error, const char *data,
		const struct buf *text)
{
	struct buf room;
	const char *lines;
	size_t len = text->len;
	int status;

	buf_init(&room, 3 * text->len + 64);
	lines = text_prepare(&room, text->data, &len, TEXT_OURS);
	write_error(request, error, data, lines, &status);
	buf_fini(&room);
	request_send(request, status);
}

const char *
request_shown(const char *name, char shown[NAME_ROOM])
{
	struct buf line;

	buf_init(&line, NAME_ROOM - 1);
	text_line(&line, name, NAME_SHOWN_MAX);
	memcpy(shown, line.data, line.len + 1);
	buf_fini(&line);
	return shown;
}

void
request_withdraw(struct request *request)
{
	client_requests_end(request, true);
	hand_over(request, 202, NULL);
	request_free(request);
}

/* ---- before the end ------------------------------------------------------------------------- */

bool
request_notify(struct request *request, const struct buf *json)
{
	CHECK(request->phase != REQUEST_ENDED);
	if (request->deaf || !buf_ok(json))
		return false;
	if (request->exchange->ops->notify(request->exchange, json->data, json->len))
		return true;
	request->deaf = true;
	return false;
}

const char *
request_text(struct request *request, const char *name)
{
	const char *text = message_text(request->message.params, name);

	if (text == NULL)
		request_error(request, RPC_INVALID_PARAMS, NULL, "params.%s must be a string%s",
			      name,
			      json_str(request->message.params, name) != NULL ? " without U+0000"
									      : "");
	return text;
}

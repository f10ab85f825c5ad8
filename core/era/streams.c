/* SPDX-License-Identifier: Apache-2.0 */
/* The open streams of legacy sessions, and what a client gets that comes back. */
#include "era/streams.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/seal.h"
#include "config/config.h"
#include "config/snapshot.h"
#include "era/inside.h"
#include "era/legacy.h"
#include "era/receive.h"
#include "era/standing.h"
#include "era/subscriptions.h"
#include "era/watch.h"

#define EVENT_ID_MAX 40u /* 16 digits of this process, "-", the number of the change */

struct stream {
	struct stream *next, **link; /* in eras->streams */
	struct eras *eras;
	struct session *session;
	struct exchange *exchange;
	struct principal principal;
	unsigned since; /* the snapshot that let it in */
	struct loop_timer end;
};

/* ---- event ids ----------------------------------------------------------------------------- */

/* An id of another process (another replica, or this one before a restart) must not be understood
 * as one of ours, so it begins with a random text. */
static const char *
origin_of(struct eras *eras)
{
	unsigned char bytes[(sizeof(eras->origin) - 1) / 2];

	if (eras->origin[0] == '\0') {
		random_bytes(bytes, sizeof(bytes));
		for (size_t i = 0; i < sizeof(bytes); i++)
			snprintf(eras->origin + 2 * i, 3, "%02x", bytes[i]);
	}
	return eras->origin;
}

/* The number in an event id. False when this process did not make it. */
static bool
event_number(struct eras *eras, const char *id, uint64_t *number)
{
	const char *origin = origin_of(eras);
	const size_t len = strlen(origin);
	const char *digits = id + len + 1;

	if (strlen(id) > EVENT_ID_MAX || strncmp(id, origin, len) != 0 || id[len] != '-' ||
	    *digits == '\0' || strspn(digits, "0123456789") != strlen(digits))
		return false;
	*number = strtoull(digits, NULL, 10);
	return *number <= eras->changes;
}

/* ---- sending ------------------------------------------------------------------------------- */

/* Sends one message with the number of its change. A stream that cannot take it is closed by the
 * transport, and the change stays above session->heard. */
static void
send_change(struct stream *stream, uint64_t number, const struct buf *json)
{
	struct exchange *exchange = stream->exchange;
	char id[EVENT_ID_MAX + 1];

	snprintf(id, sizeof(id), "%s-%" PRIu64, origin_of(stream->eras), number);
	if (buf_ok(json) && !exchange->closed &&
	    exchange->ops->event(exchange, id, json->len > 0 ? json->data : NULL, json->len) &&
	    number > stream->session->heard)
		stream->session->heard = number;
}

static void
send_kind(struct stream *stream, size_t kind, uint64_t number)
{
	subscriptions_write(&stream->eras->note, kind, NULL, NULL);
	send_change(stream, number, &stream->eras->note);
}

static void
send_update(struct stream *stream, struct session_subscription *subscription, uint64_t number)
{
	subscription->told = number;
	subscriptions_write(&stream->eras->note, 0, subscription->uri, NULL);
	send_change(stream, number, &stream->eras->note);
}

void
streams_tell(struct eras *eras, size_t kind, const char *uri, const struct watch *watch)
{
	const uint64_t number = ++eras->changes;

	if (uri == NULL)
		eras->changed[kind] = number;
	for (struct stream *stream = eras->streams; stream != NULL; stream = stream->next) {
		struct session_subscription *subscription =
		    uri == NULL ? NULL : session_subscription(stream->session, uri);

		if (uri == NULL)
			send_kind(stream, kind, number);
		else if (subscription != NULL && (watch == NULL || subscription->watch == watch))
			send_update(stream, subscription, number);
	}
}

/* ---- what has changed meanwhile ------------------------------------------------------------ */

/* Sends the oldest change with a number above `from`. False: there is none. */
static bool
send_next(struct stream *stream, uint64_t *from)
{
	const struct eras *eras = stream->eras;
	const struct session *session = stream->session;
	struct session_subscription *resource = NULL;
	uint64_t next = UINT64_MAX;
	size_t kind = 0;

	for (size_t i = 0; i < SUBSCRIPTION_KINDS; i++)
		if (eras->changed[i] > *from && eras->changed[i] < next)
			next = eras->changed[kind = i];
	for (size_t i = 0; i < session->subscriptions; i++)
		if (session->subscription[i].told > *from && session->subscription[i].told < next)
			next = (resource = &session->subscription[i])->told;
	if (next == UINT64_MAX)
		return false;
	if (resource != NULL)
		send_update(stream, resource, next);
	else
		send_kind(stream, kind, next);
	*from = next;
	return true;
}

/* The id is of a past that this process does not know, so every list may have changed. */
static void
send_all_kinds(struct stream *stream)
{
	for (size_t i = 0; i < SUBSCRIPTION_KINDS; i++)
		send_kind(stream, i, ++stream->eras->changes);
}

static void
catch_up(struct stream *stream, const char *last)
{
	struct session *session = stream->session;
	uint64_t from = session->heard, number = 0;

	if (last != NULL && *last != '\0' && !event_number(stream->eras, last, &number))
		send_all_kinds(stream);
	else if (last != NULL && *last != '\0' && number < from)
		from = number;
	while (send_next(stream, &from) && !stream->exchange->closed)
		continue;
}

/* From 2025-11-25 on the first event has an id and no data, so that a client whose stream breaks
 * early can come back with it. Older clients would read the empty data as JSON. They get a comment,
 * which makes proxies forward the header. */
static void
greet(struct stream *stream)
{
	const struct buf nothing = { .len = 0 };

	if (stream->session->revision >= REV_2025_11_25)
		send_change(stream, stream->session->heard, &nothing);
	else
		stream->exchange->ops->event(stream->exchange, NULL, NULL, 0);
}

/* ---- watches ------------------------------------------------------------------------------- */

/* Tells the session if the watch has seen another content than the session's last watch did. */
static void
compare(struct stream *stream, struct session_subscription *subscription, uint64_t seen)
{
	if (subscription->known && subscription->seen != seen)
		send_update(stream, subscription, ++stream->eras->changes);
	subscription->known = false;
}

void
streams_compare(struct eras *eras, const struct watch *watch, uint64_t seen)
{
	for (struct stream *stream = eras->streams; stream != NULL; stream = stream->next) {
		const struct session *session = stream->session;

		for (size_t i = 0; i < session->subscriptions; i++)
			if (session->subscription[i].watch == watch)
				compare(stream, &session->subscription[i], seen);
	}
}

static void
watches_begin(struct stream *stream)
{
	const struct session *session = stream->session;
	uint64_t seen;

	for (size_t i = 0; i < session->subscriptions; i++) {
		struct session_subscription *subscription = &session->subscription[i];

		CHECK(subscription->watch == NULL);
		subscription->watch =
		    watch_resource(stream->eras, &stream->principal, subscription->uri);
		if (subscription->watch == NULL)
			log_event(LOG_NOTICE, "unwatched", "uri", "s", subscription->uri, NULL);
		else if (watch_seen(subscription->watch, &seen))
			compare(stream, subscription, seen);
	}
}

static void
watches_end(struct session *session)
{
	for (size_t i = 0; i < session->subscriptions; i++) {
		struct session_subscription *subscription = &session->subscription[i];
		uint64_t seen;

		if (subscription->watch == NULL)
			continue;
		/* an older `seen` stays when this watch saw nothing */
		if (watch_seen(subscription->watch, &seen)) {
			subscription->known = true;
			subscription->seen = seen;
		}
		watch_release(subscription->watch);
		subscription->watch = NULL;
	}
}

/* ---- begin and end ------------------------------------------------------------------------- */

/* The answer of the exchange is the end of its stream. */
static void
stream_finish(struct stream *stream)
{
	struct exchange *exchange = stream->exchange;
	struct eras *eras = stream->eras;

	CHECK(stream->session->stream == stream && *stream->link == stream);
	CHECK(eras->n_streams > 0);
	*stream->link = stream->next;
	if (stream->next != NULL)
		stream->next->link = stream->link;
	eras->n_streams--;
	loop_timer_stop(eras->parts.loop, &stream->end);
	watches_end(stream->session);
	stream->session->stream = NULL;
	free(stream);
	exchange->on_close = NULL;
	exchange->owner = NULL;
	exchange->ops->finish(exchange, 200, NULL, 0, NULL, 0);
}

void
streams_finish(struct eras *eras)
{
	for (struct stream *stream = eras->streams, *next; stream != NULL; stream = next) {
		next = stream->next;
		stream_finish(stream);
	}
	CHECK(eras->streams == NULL);
}

static void
on_close(struct exchange *exchange)
{
	stream_finish(exchange->owner);
}

static void
on_end(struct loop_timer *timer)
{
	stream_finish(timer->data);
}

void
streams_move(struct eras *eras)
{
	const struct snapshot *now = eras->parts.snapshot;
	struct stream *stream = eras->streams, *next;

	for (; stream != NULL; stream = next) {
		next = stream->next;
		if (snapshot_standing(now, &stream->principal, stream->since) != STANDING_SAME) {
			stream_finish(stream);
			continue;
		}
		watches_end(stream->session);
		watches_begin(stream);
	}
}

void
streams_judge(struct eras *eras)
{
	struct stream *stream = eras->streams, *next;

	for (; stream != NULL; stream = next) {
		next = stream->next;
		if (standing_lost(eras, &stream->principal, stream->since))
			stream_finish(stream);
	}
}

/* The shortest of the named maximum, the credential's and the session's remaining time. */
static int64_t
life_ms(const struct stream *stream)
{
	const int64_t until_s[] = { stream->principal.until_s, stream->session->until_s };
	const int64_t now_ms = clock_wall_ms();
	int64_t ms = STREAM_LIFE_MS;

	for (size_t i = 0; i < ARRAY_SIZE(until_s); i++)
		if (until_s[i] != 0 && until_s[i] * 1000 - now_ms < ms)
			ms = until_s[i] * 1000 - now_ms;
	return ms > 0 ? ms : 0;
}

static struct stream *
stream_new(struct eras *eras, struct session *session, struct exchange *exchange)
{
	struct stream *stream = xcalloc(1, sizeof(*stream));

	stream->eras = eras;
	stream->session = session;
	stream->exchange = exchange;
	stream->principal = exchange->principal;
	stream->since = exchange->since;
	stream->next = eras->streams;
	stream->link = &eras->streams;
	if (stream->next != NULL)
		stream->next->link = &stream->next;
	eras->streams = stream;
	eras->n_streams++;
	session->stream = stream;
	exchange->owner = stream;
	exchange->on_close = on_close;
	stream->end = (struct loop_timer){ .fn = on_end, .data = stream };
	loop_timer_set(eras->parts.loop, &stream->end, life_ms(stream));
	standing_begin(eras);
	return stream;
}

/* ---- GET ----------------------------------------------------------------------------------- */

static size_t
streams_max(const struct eras *eras)
{
	const size_t wanted = eras->parts.snapshot->config->server.max_connections;
	const size_t most = (wanted != 0 ? wanted : LIMIT_CONNECTIONS) / STREAMS_SHARE;

	return most > 0 ? most : 1;
}

static void
refuse_full(struct eras *eras, struct exchange *exchange)
{
	char why[160];

	snprintf(why, sizeof(why),
		 "%zu streams of sessions are open already, the maximum: try again later, or set "
		 "server.max_connections higher",
		 eras->n_streams);
	exchange_refuse(eras, exchange, 503, NULL, rpc_error_code(RPC_OVERLOADED), why);
}

/* A client without a session, and one of a revision without sessions, have no stream here: 405 says
 * so to clients of every revision. */
static bool
has_stream(const struct exchange *exchange)
{
	struct exchange *asked = (struct exchange *)(uintptr_t)exchange;
	const char *version = exchange->ops->header(asked, "MCP-Protocol-Version");

	return exchange->ops->header(asked, "Mcp-Session-Id") != NULL &&
	       (version == NULL || legacy_version(version));
}

static void
stream_open(struct eras *eras, struct session *session, struct exchange *exchange)
{
	/* the header is valid until the receiver returns */
	const char *last = exchange->ops->header(exchange, "Last-Event-ID");
	struct stream *stream;

	session_spoke(session);
	if (session->stream != NULL)
		stream_finish(session->stream);
	stream = stream_new(eras, session, exchange);
	log_event(LOG_DEBUG, "stream", "resumed", "b", last != NULL, "streams", "i",
		  (int64_t)eras->n_streams, NULL);
	greet(stream);
	catch_up(stream, last);
	watches_begin(stream);
}

void
streams_get(struct eras *eras, struct exchange *exchange)
{
	const struct exchange_header allow = { "Allow", "POST" };
	struct session *session;

	if (!has_stream(exchange)) {
		exchange->ops->finish(exchange, 405, &allow, 1, NULL, 0);
		return;
	}
	if (audit_fault() != NULL) {
		exchange_refuse(eras, exchange, 503, NULL, rpc_error_code(RPC_OVERLOADED),
				"the audit log cannot be written, so nothing is served; the "
				"administrator finds the reason in the log of lakehost");
		return;
	}
	session = legacy_session_named(eras, exchange, NULL);
	if (session == NULL)
		return;
	if (session->stream == NULL && eras->n_streams >= streams_max(eras))
		refuse_full(eras, exchange);
	else if (!exchange->ops->stream(exchange))
		exchange_refuse(eras, exchange, 406, NULL, rpc_error_code(RPC_INVALID_REQUEST),
				"GET opens a stream: Accept must allow text/event-stream");
	else
		stream_open(eras, session, exchange);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* All eras together: how they start and end, and what happens at the end of stdin. */
#include "era/eras.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/states.h"
#include "config/config.h"
#include "config/snapshot.h"
#include "era/audited.h"
#include "era/confirm.h"
#include "era/inside.h"
#include "era/receive.h"
#include "era/standing.h"
#include "era/streams.h"
#include "era/subscriptions.h"
#include "era/watch.h"

static const struct states_row rows[] = {
	[ERAS_SERVING] = { "serving", TO(ERAS_INPUT_ENDED) | TO(ERAS_ENDING) },
	[ERAS_INPUT_ENDED] = { "input ended", TO(ERAS_ENDING) },
	[ERAS_ENDING] = { "ending", 0 },
};
static const struct states states = { "eras", rows, ARRAY_SIZE(rows) };

static void
eras_move(struct eras *eras, enum eras_state state)
{
	eras->state = states_move(&states, eras->state, state);
}

static const char *const lists[] = { "tools", "prompts", "resources" };

/* ---- the end of stdin ---------------------------------------------------------------------- */

/* Can this request still be answered? False when the peer has stopped reading, or when the request
 * waits for the client. A subscription has no answer. */
static bool
end_now(struct request *request)
{
	if (request->phase == REQUEST_LISTENING && !request->exchange->closed)
		subscription_finish(request);
	else if (request->exchange->closed || request->asked != NULL)
		request_withdraw(request);
	else
		return false;
	return true;
}

static void
receive_eof(void *data)
{
	struct eras *eras = data;
	struct request *request = eras->pipe.peer.open;

	/* a request that takes longer is cancelled and answered with that */
	if (eras->state == ERAS_SERVING) {
		eras_move(eras, ERAS_INPUT_ENDED);
		loop_timer_set(eras->parts.loop, &eras->end,
			       eras->parts.snapshot->config->limits.drain_ms);
	}
	/* ending one request may end others, so start again from the beginning */
	while (request != NULL) {
		struct request *next = request->next;

		request = end_now(request) ? eras->pipe.peer.open : next;
	}
	eras_check_end(eras);
}

void
eras_check_end(struct eras *eras)
{
	if (eras->state == ERAS_INPUT_ENDED && eras->eof != NULL && eras->pipe.peer.open == NULL &&
	    eras->parsing == 0 && eras->held_answers == NULL)
		loop_timer_set(eras->parts.loop, &eras->end, 0);
}

static void
tell_end(struct loop_timer *timer)
{
	struct eras *eras = timer->data;
	void (*eof)(void *data) = eras->eof;

	eras->eof = NULL; /* once */
	if (eof != NULL)
		eof(eras->eof_data);
}

/* ---- the whole ----------------------------------------------------------------------------- */

/* limits.body and limits.depth */
static void
set_limits(struct eras *eras)
{
	const struct config *config = eras->parts.snapshot->config;

	eras->limits.bytes = config->limits.body;
	eras->limits.depth = config->limits.depth;
}

struct eras *
eras_new(const struct eras_parts *parts)
{
	struct eras *eras = xcalloc(1, sizeof(*eras));

	eras->parts = *parts;
	if (eras->parts.ask_ms == 0)
		eras->parts.ask_ms = ASK_MS;
	eras->receiver = (struct receiver){
		.data = eras, .message = receive_message, .other = receive_other, .eof = receive_eof
	};
	eras->limits = json_inbound;
	snapshot_hold(parts->snapshot);
	set_limits(eras);
	if (eras->parts.watch_ms == 0)
		eras->parts.watch_ms = WATCH_MS;
	buf_init(&eras->out, ANSWER_MAX);
	buf_init(&eras->note, NOTE_MAX);
	eras->end = (struct loop_timer){ .fn = tell_end, .data = eras };
	standing_init(eras);
	eras->confirms = confirms_new();
	eras->sessions = sessions_new(parts->sealer, LIMIT_SESSIONS);
	eras->pipe.revision = REV_LEGACY_NEWEST; /* a ping before initialize */
	once_init(&eras->used);
	return eras;
}

void
eras_free(struct eras *eras)
{
	if (eras == NULL)
		return;
	eras->eof = NULL;
	eras_move(eras, ERAS_ENDING);
	request_forget(&eras->pipe.peer);
	request_forget(&eras->loose);
	audited_forget(eras);
	loop_timer_stop(eras->parts.loop, &eras->end);
	standing_fini(eras);
	streams_finish(eras);
	sessions_free(eras->sessions);
	confirms_free(eras->confirms);
	session_fini(&eras->pipe);
	CHECK(eras->subscriptions == NULL && eras->n_subscriptions == 0);
	hash_fini(&eras->ids);
	hash_fini(&eras->asked);
	CHECK(eras->watches.count == 0);
	hash_fini(&eras->watches);
	once_fini(&eras->used);
	buf_fini(&eras->out);
	buf_fini(&eras->note);
	snapshot_release(eras->parts.snapshot);
	free(eras);
}

const struct receiver *
eras_receiver(struct eras *eras)
{
	return &eras->receiver;
}

void
eras_set_stdio(struct eras *eras, void (*send)(void *data, const char *json, size_t len),
	       void *data)
{
	eras->send_stdio = send;
	eras->stdio = data;
}

void
eras_on_eof(struct eras *eras, void (*eof)(void *data), void *data)
{
	eras->eof = eof;
	eras->eof_data = data;
}

bool
eras_input_ended(const struct eras *eras)
{
	return eras->state == ERAS_INPUT_ENDED;
}

bool
eras_holding(const struct eras *eras)
{
	return eras->held_answers != NULL;
}

void
eras_changed(struct eras *eras, const char *what, const char *uri)
{
	subscriptions_tell(eras, what, uri, NULL);
}

struct again {
	struct eras *eras;
	const struct principal *local;
};

static struct watch *
watch_again(void *data, const char *uri)
{
	const struct again *again = data;

	return watch_resource(again->eras, again->local, uri);
}

void
eras_use(struct eras *eras, struct snapshot *snapshot, const struct principal *local)
{
	struct again again = { eras, local };

	snapshot_hold(snapshot);
	snapshot_release(eras->parts.snapshot);
	eras->parts.snapshot = snapshot;
	set_limits(eras);
	subscriptions_move(eras);
	streams_move(eras);
	session_rewatch(&eras->pipe, watch_again, &again); /* only stdio has such watches */
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		subscriptions_tell(eras, lists[i], NULL, NULL);
}

void
eras_quiesce(struct eras *eras)
{
	subscriptions_finish(eras);
	streams_finish(eras);
}

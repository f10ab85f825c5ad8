/* SPDX-License-Identifier: Apache-2.0 */
/* The list of all calls of the host, and how they end. */
#include "call/calls.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/seal.h"
#include "base/slack.h"
#include "call/left.h"
#include "call/life.h"
#include "call/turns.h"
#include "config/config.h"
#include "config/snapshot.h"

#define CALL_BYTES 8192u /* about what a call and its request hold while they wait */
#define ENOUGH_MS 1000	 /* time for the clean-up after a drain has cancelled the calls */

static void on_drain(struct loop_timer *timer);

struct calls *
calls_new(struct loop *loop, struct snapshot *snapshot)
{
	struct calls *calls = xcalloc(1, sizeof(*calls));

	calls->loop = loop;
	calls_use(calls, snapshot);
	calls->cleanup_ms = CLEANUP_MS;
	TAILQ_INIT(&calls->idle);
	TAILQ_INIT(&calls->left_by_age);
	calls->drain_timer = (struct loop_timer){ .fn = on_drain, .data = calls };
	random_bytes(&calls->id_prefix, sizeof(calls->id_prefix));
	return calls;
}

void
calls_use_limits(struct calls *calls, struct limits *limits)
{
	calls->limits = limits;
}

void
calls_use(struct calls *calls, struct snapshot *snapshot)
{
	const unsigned ms = snapshot->config->limits.call_ms;

	snapshot_hold(snapshot);
	snapshot_release(calls->snapshot);
	calls->snapshot = snapshot;
	calls->grace_ms = ms > 10 * GRACE_MS ? GRACE_MS : ms / 10;
	calls->n_slow = 0; /* rows of the former snapshot */
}

void
calls_use_pool(struct calls *calls, struct pool *pool)
{
	calls->pool = pool;
}

size_t
calls_queued(const struct calls *calls)
{
	return calls->queued;
}

size_t
calls_running(const struct calls *calls)
{
	return calls->count;
}

void
calls_free(struct calls *calls)
{
	if (calls == NULL)
		return;
	loop_timer_stop(calls->loop, &calls->drain_timer);
	calls->drained = NULL;
	while (calls->first != NULL)
		call_cut(calls->first);
	CHECK(calls->count == 0);
	turns_fini(calls);
	left_free(calls);
	snapshot_release(calls->snapshot);
	free(calls);
}

/* ---- the list ------------------------------------------------------------------------------- */

void
calls_add(struct calls *calls, struct call *call)
{
	struct call_state *state = call->state;

	state->next = calls->first;
	state->link = &calls->first;
	if (calls->first != NULL)
		calls->first->state->link = &state->next;
	calls->first = call;
	calls->count++;
	slack_held(CALL_BYTES);
	turns_joined(calls, state->use);
}

void
calls_remove(struct calls *calls, struct call *call)
{
	struct call_state *state = call->state;

	CHECK(state->link != NULL && *state->link == call);
	CHECK(calls->count > 0);
	CHECK(state->queue_link == NULL);
	*state->link = state->next;
	if (state->next != NULL)
		state->next->state->link = state->link;
	state->link = NULL;
	calls->count--;
	slack_freed(CALL_BYTES);
	turns_left(calls, state->use);
	if (calls->count == 0 && calls->drained != NULL)
		loop_timer_set(calls->loop, &calls->drain_timer, 0);
}

size_t
calls_cancel(struct calls *calls, bool (*gone)(void *data, const struct call *call), void *data)
{
	size_t n = 0;

	/* cancelling a call frees no call at once, so the list stays valid */
	for (struct call *call = calls->first; call != NULL; call = call->state->next) {
		if (call_ending(call) || !gone(data, call))
			continue;
		call_cancel(call);
		n++;
	}
	return n;
}

/* ---- shutdown ------------------------------------------------------------------------------- */

static void
cancel_all(struct calls *calls)
{
	/* cancelling a call frees no call at once, so the list stays valid */
	for (struct call *call = calls->first; call != NULL; call = call->state->next)
		call_cancel(call);
}

static void
drain_over(struct calls *calls)
{
	void (*drained)(void *data) = calls->drained;

	calls->drain = DRAIN_OVER;
	calls->drained = NULL;
	if (drained != NULL)
		drained(calls->drained_data);
}

/* The first end of this timer cancels the calls that still run; the second one ends their
 * clean-up. */
static void
on_drain(struct loop_timer *timer)
{
	struct calls *calls = timer->data;

	CHECK(calls->drain == DRAIN_WAITS || calls->drain == DRAIN_CANCELLED);
	if (calls->count > 0 && calls->drain == DRAIN_WAITS) {
		calls->drain = DRAIN_CANCELLED;
		cancel_all(calls);
		loop_timer_set(calls->loop, timer, calls->cleanup_ms + ENOUGH_MS);
		return;
	}
	if (calls->count > 0)
		log_event(LOG_ERROR, "calls-left", "calls", "i", (int64_t)calls->count, NULL);
	drain_over(calls);
}

void
calls_drain(struct calls *calls, unsigned ms, void (*drained)(void *data), void *data)
{
	if (calls->drain != DRAIN_CANCELLED)
		calls->drain = DRAIN_WAITS;
	calls->drained = drained;
	calls->drained_data = data;
	loop_timer_set(calls->loop, &calls->drain_timer, calls->count == 0 ? 0 : ms);
	/* this may end calls, but only later, from the loop */
	for (struct call *call = calls->first; call != NULL; call = call->state->next)
		operation_leave(call);
}

bool
calls_draining(const struct calls *calls)
{
	return calls->drain != DRAIN_NOT;
}

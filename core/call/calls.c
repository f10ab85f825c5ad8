/* SPDX-License-Identifier: Apache-2.0 */
/* The host's calls together: how many there may be, who runs how much, and how all of them end. */
#include "call/calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/seal.h"

#define POLLS_PER_SECOND 50
#define ENOUGH_MS 1000 /* beyond the clean-up, when a drain has cancelled */

static void on_drain(struct loop_timer *timer);

struct calls *
calls_new(struct loop *loop, const struct config *config, struct egress *egress)
{
	struct calls *calls = xcalloc(1, sizeof(*calls));

	calls->loop = loop;
	calls->config = config;
	calls->egress = egress;
	calls->cleanup_ms = CLEANUP_MS;
	calls->grace_ms =
	    config->limits.call_ms > 10 * GRACE_MS ? GRACE_MS : config->limits.call_ms / 10;
	calls->drain_timer = (struct loop_timer){ .fn = on_drain, .data = calls };
	random_bytes(&calls->id_prefix, sizeof(calls->id_prefix));
	return calls;
}

void
calls_use_pool(struct calls *calls, struct pool *pool)
{
	calls->pool = pool;
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
	while (calls->first != NULL) {
		calls->first->state->phase = PHASE_OVER;
		call_free(calls->first);
	}
	while (calls->uses != NULL) {
		struct principal_use *use = calls->uses;

		calls->uses = use->next;
		free(use);
	}
	while (calls->rates != NULL) {
		struct poll_rate *rate = calls->rates;

		calls->rates = rate->next;
		free(rate->upstream);
		free(rate);
	}
	free(calls);
}

/* ---- caps ----------------------------------------------------------------------------------- */

static struct principal_use *
use_of(struct calls *calls, const char *name)
{
	struct principal_use *use;

	for (use = calls->uses; use != NULL; use = use->next)
		if (strcmp(use->name, name) == 0)
			return use;
	use = xcalloc(1, sizeof(*use));
	snprintf(use->name, sizeof(use->name), "%s", name);
	use->queue_end = &use->queue;
	use->next = calls->uses;
	calls->uses = use;
	calls->n_uses++;
	return use;
}

/* Principals without calls are forgotten when there are many. */
static void
drop_idle_uses(struct calls *calls)
{
	struct principal_use **link = &calls->uses;

	while (*link != NULL) {
		struct principal_use *use = *link;

		if (use->calls > 0) {
			link = &use->next;
			continue;
		}
		*link = use->next;
		free(use);
		calls->n_uses--;
	}
}

const char *
calls_admit(struct calls *calls, const struct principal *principal, struct principal_use **use)
{
	if (calls->draining)
		return "the host is shutting down; call again when it is back";
	if (calls->count >= calls->config->limits.suspended)
		return "too many calls are under way (limits.suspended); call again later";
	if (calls->n_uses > PRINCIPALS_KEPT)
		drop_idle_uses(calls);
	*use = use_of(calls, principal->name);
	return NULL;
}

bool
calls_enter(struct call *call)
{
	struct call_state *state = call->state;
	struct principal_use *use = state->use;

	if (use->queue == NULL && use->steps + use->entering < call->calls->config->limits.steps)
		return true;
	state->queue_next = NULL;
	state->queue_link = use->queue_end;
	*use->queue_end = call;
	use->queue_end = &state->queue_next;
	return false;
}

static void
unqueue(struct call *call)
{
	struct call_state *state = call->state;

	*state->queue_link = state->queue_next;
	if (state->queue_next != NULL)
		state->queue_next->state->queue_link = state->queue_link;
	else
		state->use->queue_end = state->queue_link;
	state->queue_link = NULL;
}

void
calls_leave_queue(struct call *call)
{
	struct call_state *state = call->state;

	if (state->queue_link != NULL)
		unqueue(call);
	if (state->entering)
		state->use->entering--;
	state->entering = false;
}

void
calls_next(struct calls *calls, struct principal_use *use)
{
	while (use->queue != NULL && use->steps + use->entering < calls->config->limits.steps) {
		struct call *call = use->queue;

		unqueue(call);
		call->state->entering = true;
		use->entering++;
		call_later(call, 0);
	}
}

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
	state->use->calls++;
}

static void
drain_over(struct calls *calls)
{
	void (*drained)(void *data) = calls->drained;

	loop_timer_stop(calls->loop, &calls->drain_timer);
	calls->drained = NULL;
	if (drained != NULL)
		drained(calls->drained_data);
}

void
calls_remove(struct calls *calls, struct call *call)
{
	struct call_state *state = call->state;

	*state->link = state->next;
	if (state->next != NULL)
		state->next->state->link = state->link;
	calls->count--;
	state->use->calls--;
	calls_leave_queue(call);
	calls_next(calls, state->use);
	if (calls->draining && calls->count == 0 && calls->drained != NULL)
		loop_timer_set(calls->loop, &calls->drain_timer, 0);
}

int64_t
calls_poll_delay(struct calls *calls, const char *upstream)
{
	int64_t now = clock_ms(), at;
	struct poll_rate *rate;

	for (rate = calls->rates; rate != NULL; rate = rate->next)
		if (strcmp(rate->upstream, upstream) == 0)
			break;
	if (rate == NULL) {
		rate = xcalloc(1, sizeof(*rate));
		rate->upstream = xstrdup(upstream);
		rate->next = calls->rates;
		calls->rates = rate;
	}
	at = rate->next_ms > now ? rate->next_ms : now;
	rate->next_ms = at + 1000 / POLLS_PER_SECOND;
	return at - now;
}

/* ---- shutdown ------------------------------------------------------------------------------- */

static void
cancel_all(struct calls *calls)
{
	/* cancelling frees nothing at once */
	for (struct call *call = calls->first; call != NULL; call = call->state->next)
		call_cancel(call);
}

/* First the time for calls to end by themselves is over, then that of their clean-up. */
static void
on_drain(struct loop_timer *timer)
{
	struct calls *calls = timer->data;

	if (calls->count > 0 && calls->drain_stage == 0) {
		calls->drain_stage = 1;
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
	calls->draining = true;
	calls->drained = drained;
	calls->drained_data = data;
	loop_timer_set(calls->loop, &calls->drain_timer, calls->count == 0 ? 0 : ms);
	/* leaving may end calls, but only later, from the loop */
	for (struct call *call = calls->first; call != NULL; call = call->state->next)
		operation_leave(call);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Caps on calls and on the steps of each principal, and the rate of polls for each upstream. */
#include "call/turns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "call/life.h"
#include "config/config.h"

#define POLLS_PER_SECOND 50
#define PRINCIPALS_KEPT 64u

/* ---- principals ----------------------------------------------------------------------------- */

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

/* Principals without calls are removed when there are many. */
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
		CHECK(use->steps == 0 && use->entering == 0 && use->queue == NULL);
		*link = use->next;
		free(use);
		calls->n_uses--;
	}
}

const char *
turns_admit(struct calls *calls, const struct principal *principal, struct principal_use **use)
{
	if (calls->drain != DRAIN_NOT)
		return "the host is shutting down; call again later";
	if (calls->count >= calls->config->limits.suspended)
		return "too many calls are running (limits.suspended); call again later";
	if (calls->n_uses > PRINCIPALS_KEPT)
		drop_idle_uses(calls);
	*use = use_of(calls, principal->name);
	return NULL;
}

/* ---- turns ---------------------------------------------------------------------------------- */

static bool
has_room(const struct calls *calls, const struct principal_use *use)
{
	return use->steps + use->entering < calls->config->limits.steps;
}

bool
turns_has_room(const struct call *call)
{
	const struct principal_use *use = call->state->use;

	return use->queue == NULL && has_room(call->calls, use);
}

static void
enqueue(struct call *call)
{
	struct call_state *state = call->state;

	CHECK(state->queue_link == NULL);
	state->queue_next = NULL;
	state->queue_link = state->use->queue_end;
	*state->use->queue_end = call;
	state->use->queue_end = &state->queue_next;
}

static void
unqueue(struct call *call)
{
	struct call_state *state = call->state;

	CHECK(state->queue_link != NULL && *state->queue_link == call);
	*state->queue_link = state->queue_next;
	if (state->queue_next != NULL)
		state->queue_next->state->queue_link = state->queue_link;
	else
		state->use->queue_end = state->queue_link;
	state->queue_link = NULL;
}

static unsigned
less(unsigned count)
{
	CHECK(count > 0);
	return count - 1;
}

/* A waiting call runs its first step from the loop, because the caller of this function may be in
 * the middle of something else. */
static void
let_enter(struct calls *calls, struct principal_use *use)
{
	while (use->queue != NULL && has_room(calls, use)) {
		struct call *call = use->queue;

		call_move(call, PHASE_ENTERING);
		call_later(call, 0);
	}
}

void
turns_moved(struct call *call, enum phase from, enum phase to)
{
	struct principal_use *use = call->state->use;
	bool makes_room = from == PHASE_STEP;

	switch (from) {
	case PHASE_QUEUED: unqueue(call); break;
	case PHASE_ENTERING:
		use->entering = less(use->entering);
		makes_room = to != PHASE_STEP;
		break;
	case PHASE_STEP: use->steps = less(use->steps); break;
	default: break;
	}
	switch (to) {
	case PHASE_QUEUED: enqueue(call); break;
	case PHASE_ENTERING: use->entering++; break;
	case PHASE_STEP: use->steps++; break;
	default: break;
	}
	if (makes_room)
		let_enter(call->calls, use);
}

/* ---- polls ---------------------------------------------------------------------------------- */

int64_t
turns_poll_delay(struct calls *calls, const char *upstream)
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

void
turns_fini(struct calls *calls)
{
	while (calls->uses != NULL) {
		struct principal_use *use = calls->uses;

		CHECK(use->calls == 0 && use->queue == NULL);
		calls->uses = use->next;
		free(use);
	}
	while (calls->rates != NULL) {
		struct poll_rate *rate = calls->rates;

		calls->rates = rate->next;
		free(rate->upstream);
		free(rate);
	}
}

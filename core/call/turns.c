/* SPDX-License-Identifier: Apache-2.0 */
/* Caps on calls and on the steps of each principal, and the rate of polls for each upstream. */
#include "call/turns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/seal.h"
#include "call/life.h"
#include "config/config.h"
#include "config/snapshot.h"

#define POLLS_PER_SECOND 50
#define PRINCIPALS_KEPT 64u

/* ---- principals ----------------------------------------------------------------------------- */

static struct principal_use *
use_of(struct calls *calls, const char *name)
{
	uint64_t hash = hash_of(NULL, name, strlen(name));
	const struct hash_link *link = hash_find(&calls->uses, hash);
	struct principal_use *use;

	for (; link != NULL; link = hash_next(link)) {
		use = link->owner;
		if (strcmp(use->name, name) == 0)
			return use;
	}
	use = xcalloc(1, sizeof(*use));
	snprintf(use->name, sizeof(use->name), "%s", name);
	use->queue_end = &use->queue;
	use->by_name.owner = use;
	hash_add(&calls->uses, &use->by_name, hash);
	TAILQ_INSERT_TAIL(&calls->idle, use, idle);
	return use;
}

static void
drop_use(struct calls *calls, struct principal_use *use)
{
	CHECK(use->calls == 0 && use->steps == 0 && use->entering == 0 && use->queue == NULL);
	TAILQ_REMOVE(&calls->idle, use, idle);
	hash_remove(&calls->uses, &use->by_name);
	free(use);
}

void
turns_joined(struct calls *calls, struct principal_use *use)
{
	if (use->calls++ == 0)
		TAILQ_REMOVE(&calls->idle, use, idle);
}

void
turns_left(struct calls *calls, struct principal_use *use)
{
	CHECK(use->calls > 0);
	if (--use->calls == 0)
		TAILQ_INSERT_TAIL(&calls->idle, use, idle);
}

const char *
turns_admit(struct calls *calls, const struct principal *principal, struct principal_use **use)
{
	if (calls->drain != DRAIN_NOT)
		return "the host is shutting down; call again later";
	if (calls->count >= calls->snapshot->config->limits.suspended)
		return "too many calls are running (limits.suspended); call again later";
	while (calls->uses.count > PRINCIPALS_KEPT && !TAILQ_EMPTY(&calls->idle))
		drop_use(calls, TAILQ_FIRST(&calls->idle));
	*use = use_of(calls, principal->name);
	return NULL;
}

/* ---- turns ---------------------------------------------------------------------------------- */

static bool
has_room(const struct calls *calls, const struct principal_use *use)
{
	return use->steps + use->entering < calls->snapshot->config->limits.steps;
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
	call->calls->queued++;
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
	CHECK(call->calls->queued > 0);
	call->calls->queued--;
}

static unsigned
less(unsigned count)
{
	CHECK(count > 0);
	return count - 1;
}

/* A waiting call runs its first step from the loop, because the caller of this function may still
 * use the call. */
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

static struct poll_rate *
rate_of(struct calls *calls, const char *upstream, int64_t now)
{
	struct poll_rate *rate = calls->rates;

	while (rate != NULL && strcmp(rate->upstream, upstream) != 0)
		rate = rate->next;
	if (rate == NULL) {
		rate = xcalloc(1, sizeof(*rate));
		rate->upstream = xstrdup(upstream);
		rate->second_ms = now;
		rate->next = calls->rates;
		calls->rates = rate;
	}
	if (now - rate->second_ms >= 1000) {
		const bool recent = now - rate->second_ms < 2000;

		rate->asked_before = recent ? rate->asked : 0;
		rate->made_before = recent ? rate->made : 0;
		rate->reserved_before = recent ? rate->reserved : 0;
		rate->asked = rate->made = rate->reserved = 0;
		rate->second_ms = now;
	}
	return rate;
}

static unsigned
larger(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

/* What is left of the polls of a second when the other kind uses so many of its half. */
static unsigned
share_beside(unsigned others)
{
	return POLLS_PER_SECOND - (others < POLLS_PER_SECOND / 2 ? others : POLLS_PER_SECOND / 2);
}

int64_t
turns_poll_delay(struct calls *calls, const char *upstream, int64_t most_ms)
{
	const int64_t now = clock_ms();
	struct poll_rate *rate = rate_of(calls, upstream, now);
	const int64_t at = rate->next_ms > now ? rate->next_ms : now;

	if (at - now > most_ms)
		return at - now;
	rate->next_ms = at + 1000 / share_beside(larger(rate->made, rate->made_before));
	rate->reserved++;
	return at - now;
}

bool
turns_may_look(struct calls *calls, const char *upstream)
{
	const int64_t now = clock_ms();
	struct poll_rate *rate = rate_of(calls, upstream, now);
	/* a line of calls that wait for their turn takes its half, also in a second in which it has
	 * reserved nothing new */
	const unsigned others = rate->next_ms - now > 1000
				  ? POLLS_PER_SECOND
				  : larger(rate->reserved, rate->reserved_before);
	const unsigned share = share_beside(others);
	unsigned asked, chance;

	asked = larger(++rate->asked, rate->asked_before);
	if (rate->made >= share)
		return false;
	if (asked > share) {
		random_bytes(&chance, sizeof(chance));
		if (chance % asked >= share)
			return false;
	}
	rate->made++;
	return true;
}

void
turns_fini(struct calls *calls)
{
	while (!TAILQ_EMPTY(&calls->idle))
		drop_use(calls, TAILQ_FIRST(&calls->idle));
	hash_fini(&calls->uses); /* every call has ended */
	while (calls->rates != NULL) {
		struct poll_rate *rate = calls->rates;

		calls->rates = rate->next;
		free(rate->upstream);
		free(rate);
	}
}

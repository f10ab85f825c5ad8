/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slack.h"

#include <stdbool.h>

#include "base/check.h"
#include "base/loop.h"
#include "base/pool.h"

static struct {
	struct loop *loop; /* NULL: not started */
	struct pool *pool;
	unsigned rest_ms, trims;
	size_t held; /* bytes now */
	size_t peak; /* the most since the heap was trimmed */
	size_t seen; /* when the timer was last set */
	struct loop_timer timer;
	bool waiting; /* the timer is set */
	struct pool_job job;
	bool trimming; /* the pool has the job */
} slack;

static void
trim(struct pool_job *job)
{
	(void)job;
	pool_give_memory_back();
}

static void
trimmed(struct pool_job *job)
{
	(void)job;
	slack.trimming = false;
	slack.trims++;
}

static void
dropped(struct pool_job *job)
{
	(void)job;
	slack.trimming = false;
}

static void
wait_for_rest(void)
{
	slack.waiting = true;
	slack.seen = slack.held;
	loop_timer_set(slack.loop, &slack.timer, slack.rest_ms);
}

/* Is at most half of the peak held, so that trimming is worth its time? */
static bool
fallen(void)
{
	return slack.held <= slack.peak / 2 && slack.peak - slack.held >= SLACK_MIN;
}

static void
on_rest(struct loop_timer *timer)
{
	(void)timer;
	slack.waiting = false;
	if (!fallen())
		return;
	if (slack.held < slack.seen || slack.trimming) {
		wait_for_rest();
		return;
	}
	slack.peak = slack.held;
	slack.trimming = true;
	pool_submit(slack.pool, &slack.job);
}

void
slack_start(struct loop *loop, struct pool *pool, unsigned rest_ms)
{
	CHECK(slack.loop == NULL && !slack.trimming);
	slack.loop = loop;
	slack.pool = pool;
	slack.rest_ms = rest_ms;
	slack.trims = 0;
	slack.held = slack.peak = slack.seen = 0;
	slack.waiting = false;
	slack.timer = (struct loop_timer){ .fn = on_rest };
	slack.job =
	    (struct pool_job){ .run = trim, .done = trimmed, .drop = dropped, .group = &slack };
}

void
slack_end(void)
{
	if (slack.loop == NULL)
		return;
	loop_timer_stop(slack.loop, &slack.timer);
	slack.loop = NULL;
}

void
slack_held(size_t bytes)
{
	slack.held += bytes;
	if (slack.held > slack.peak)
		slack.peak = slack.held;
}

void
slack_freed(size_t bytes)
{
	/* what began before slack_start() was not counted */
	slack.held -= bytes < slack.held ? bytes : slack.held;
	if (slack.loop != NULL && !slack.waiting && fallen())
		wait_for_rest();
}

unsigned
slack_trims(void)
{
	return slack.trims;
}

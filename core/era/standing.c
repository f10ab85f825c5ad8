/* SPDX-License-Identifier: Apache-2.0 */
#include "era/standing.h"

#include "base/clock.h"
#include "base/principal.h"
#include "config/snapshot.h"
#include "era/inside.h"
#include "era/streams.h"
#include "era/subscriptions.h"

bool
standing_lost(const struct eras *eras, const struct principal *principal, unsigned since)
{
	const struct snapshot *now = eras->parts.snapshot;

	if (principal->until_s != 0 && clock_wall_ms() >= principal->until_s * 1000)
		return true;
	/* a token can be revoked without a reload, so the number of the snapshot says nothing */
	return now->standing != NULL && now->standing(now, principal, since) != STANDING_SAME;
}

void
standing_begin(struct eras *eras)
{
	if (eras->judging)
		return;
	eras->judging = true;
	loop_timer_set(eras->parts.loop, &eras->standing, STANDING_MS);
}

static void
judge_all(struct loop_timer *timer)
{
	struct eras *eras = timer->data;

	eras->judging = false;
	subscriptions_judge(eras);
	streams_judge(eras);
	if (eras->subscriptions != NULL || eras->streams != NULL)
		standing_begin(eras);
}

void
standing_init(struct eras *eras)
{
	eras->standing = (struct loop_timer){ .fn = judge_all, .data = eras };
}

void
standing_fini(struct eras *eras)
{
	loop_timer_stop(eras->parts.loop, &eras->standing);
}

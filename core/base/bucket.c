/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bucket.h"

#include "base/check.h"

/* The tokens of the time that has passed. */
static uint64_t
earned(const struct bucket *bucket, unsigned room, unsigned period_ms, int64_t now_ms)
{
	const uint64_t passed = (uint64_t)(now_ms - bucket->earned_ms);

	CHECK(now_ms >= bucket->earned_ms && room > 0 && room <= BUCKET_ROOM_MAX && period_ms > 0);
	/* whole periods first, so that the product stays small */
	return passed / period_ms >= bucket->taken / room + 1
		 ? bucket->taken + room
		 : passed / period_ms * room + passed % period_ms * room / period_ms;
}

/* Adds the tokens that were earned. Returns the milliseconds until the next one can be taken. */
static int64_t
earn(struct bucket *bucket, unsigned room, unsigned period_ms, int64_t now_ms)
{
	const uint64_t tokens = earned(bucket, room, period_ms, now_ms);
	int64_t next_ms;

	if (tokens >= bucket->taken) {
		bucket->taken = 0;
		bucket->earned_ms = now_ms;
	} else {
		/* the rest of the time counts for the next token */
		bucket->taken -= tokens;
		bucket->earned_ms += (int64_t)(tokens * period_ms / room);
	}
	if (bucket->taken < room)
		return 0;
	next_ms = bucket->earned_ms +
		  (int64_t)(((bucket->taken - room + 1) * period_ms + room - 1) / room);
	return next_ms > now_ms ? next_ms - now_ms : 1;
}

int64_t
bucket_take(struct bucket *bucket, unsigned room, unsigned period_ms, int64_t now_ms)
{
	const int64_t wait_ms = earn(bucket, room, period_ms, now_ms);

	bucket->taken += wait_ms == 0;
	return wait_ms;
}

int64_t
bucket_reserve(struct bucket *bucket, unsigned room, unsigned period_ms, int64_t now_ms)
{
	const int64_t wait_ms = earn(bucket, room, period_ms, now_ms);

	bucket->taken++;
	return wait_ms;
}

void
bucket_return(struct bucket *bucket)
{
	if (bucket->taken > 0)
		bucket->taken--;
}

bool
bucket_full(const struct bucket *bucket, unsigned room, unsigned period_ms, int64_t now_ms)
{
	return earned(bucket, room, period_ms, now_ms) >= bucket->taken;
}

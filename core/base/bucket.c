/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bucket.h"

#include "base/check.h"

/* The tokens of the time that has passed. A bucket that is empty for longer than a period is full
 * again, so the product below stays small. */
static uint64_t
earned(const struct bucket *bucket, unsigned room, unsigned period_ms, int64_t now_ms)
{
	const uint64_t passed = (uint64_t)(now_ms - bucket->earned_ms);

	CHECK(now_ms >= bucket->earned_ms && room > 0 && room <= BUCKET_ROOM_MAX && period_ms > 0);
	return passed >= period_ms ? room : passed * room / period_ms;
}

int64_t
bucket_take(struct bucket *bucket, unsigned room, unsigned period_ms, int64_t now_ms)
{
	const uint64_t tokens = earned(bucket, room, period_ms, now_ms);

	if (tokens >= bucket->taken) {
		bucket->taken = 0;
		bucket->earned_ms = now_ms;
	} else {
		/* the rest of the time counts for the next token */
		bucket->taken -= tokens;
		bucket->earned_ms += (int64_t)(tokens * period_ms / room);
	}
	if (bucket->taken >= room) {
		const int64_t next_ms =
		    bucket->earned_ms +
		    (int64_t)(((bucket->taken - room + 1) * period_ms + room - 1) / room);

		return next_ms > now_ms ? next_ms - now_ms : 1;
	}
	bucket->taken++;
	return 0;
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

/* SPDX-License-Identifier: Apache-2.0 */
/* A token bucket: at most `room` tokens at once, and `room` new ones in each period. A zeroed
 * bucket is full. One thread at a time. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_BUCKET_H
#define CORE_BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket {
	uint64_t taken;	   /* tokens that are missing */
	int64_t earned_ms; /* monotonic time up to which tokens were earned */
};

#define BUCKET_ROOM_MAX 1000000u

/* Takes a token. 0: there was one; otherwise nothing was taken, and this is the number of
 * milliseconds until the next one. `room` is at least 1 and at most BUCKET_ROOM_MAX. `now_ms` never
 * decreases. */
int64_t bucket_take(struct bucket *bucket, unsigned room, unsigned period_ms, int64_t now_ms);
/* Takes a token even if there is none, so that later callers wait longer. Returns the milliseconds
 * until it is earned; 0: it was there. */
int64_t bucket_reserve(struct bucket *bucket, unsigned room, unsigned period_ms, int64_t now_ms);
/* Gives a token back that was taken. */
void bucket_return(struct bucket *bucket);
/* Is no token missing at this time? */
bool bucket_full(const struct bucket *bucket, unsigned room, unsigned period_ms, int64_t now_ms);

#endif

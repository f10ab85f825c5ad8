/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks of clock.h, in a file of their own so that tests can replace them. */
#include <time.h>

#include "base/clock.h"

static int64_t
clock_read(clockid_t clock, int64_t per_second)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * per_second + now.tv_nsec / (1000000000 / per_second);
}

int64_t
clock_ms(void)
{
	return clock_read(CLOCK_MONOTONIC, 1000);
}

int64_t
clock_us(void)
{
	return clock_read(CLOCK_MONOTONIC, 1000000);
}

int64_t
clock_wall_ms(void)
{
	return clock_read(CLOCK_REALTIME, 1000);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A library for LD_PRELOAD that moves the clock of a program: the file that CLOCK_SHIFT_FILE names
 * has the number of seconds. Only the time of day moves, and not the clock for durations. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* It has the name of the function of the C library, whose header has other names of arguments. */
__attribute__((visibility("default"))) int clock_shifted(
    clockid_t clock, struct timespec *now) __asm__("clock_gettime");

int
clock_shifted(clockid_t clock, struct timespec *now)
{
	const char *path = clock == CLOCK_REALTIME ? getenv("CLOCK_SHIFT_FILE") : NULL;
	long rc = syscall(SYS_clock_gettime, clock, now), seconds = 0;
	FILE *file = path != NULL ? fopen(path, "re") : NULL;

	if (file != NULL && fscanf(file, "%ld", &seconds) == 1)
		now->tv_sec += seconds;
	if (file != NULL)
		fclose(file);
	return (int)rc;
}

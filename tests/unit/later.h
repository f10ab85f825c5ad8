/* SPDX-License-Identifier: Apache-2.0 */
/* A wall clock that a test moves. Link it with -Wl,--wrap=clock_wall_ms. */
#ifndef TESTS_UNIT_LATER_H
#define TESTS_UNIT_LATER_H

#include <stdint.h>

extern int64_t later_ms; /* what the clock is ahead */

#endif

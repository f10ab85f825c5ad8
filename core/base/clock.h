/* SPDX-License-Identifier: Apache-2.0 */
/* What time it is. Any thread. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_CLOCK_H
#define CORE_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_ms(void);	     /* monotonic: for durations and deadlines */
int64_t clock_us(void);	     /* the same */
int64_t clock_wall_ms(void); /* since 1970; may jump */

#endif

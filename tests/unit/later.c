/* SPDX-License-Identifier: Apache-2.0 */
#include "later.h"

int64_t later_ms;

int64_t __real_clock_wall_ms(void);
int64_t __wrap_clock_wall_ms(void);

int64_t
__wrap_clock_wall_ms(void)
{
	return __real_clock_wall_ms() + later_ms;
}

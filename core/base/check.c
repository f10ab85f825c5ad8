/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a process whose own state is wrong. */
#include "base/check.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"

void
check_failed(const char *file, int line, const char *condition)
{
	static atomic_flag failing = ATOMIC_FLAG_INIT;

	/* the log is made of checked parts itself: a second failure must not start over */
	if (!atomic_flag_test_and_set(&failing))
		log_last("%s:%d: CHECK(%s) failed", file, line, condition);
	abort();
}

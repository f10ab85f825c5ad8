/* SPDX-License-Identifier: Apache-2.0 */
/* Ends a process whose own state is wrong. */
#include "base/check.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"

void
check_failed(const char *file, int line, const char *condition)
{
	static atomic_flag failing = ATOMIC_FLAG_INIT;

	/* the log itself uses CHECK(): a second failure must not repeat this */
	if (!atomic_flag_test_and_set(&failing))
		log_last("%s:%d: CHECK(%s) failed", file, line, condition);
	abort();
}

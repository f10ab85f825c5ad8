/* SPDX-License-Identifier: Apache-2.0 */
/* The decision of policy_decide() about a call, kept with the call. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_VERDICT_H
#define CORE_BASE_VERDICT_H

#include <stdbool.h>

struct verdict {
	const char *rule; /* the rule that decided; a constant. NULL: nothing was decided */
	bool reveals;	  /* the tool shows a secret: masks do not apply to its text */
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What policy_decide() said of a call, as the call carries it. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_VERDICT_H
#define CORE_BASE_VERDICT_H

#include <stdbool.h>

struct verdict {
	const char *rule; /* which rule decided; static; NULL: nobody was asked */
	bool reveals;	  /* the call is there to show a secret: masks do not apply to its text */
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The decision of policy_decide() about a call, kept with the call. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_VERDICT_H
#define CORE_BASE_VERDICT_H

#include <stdbool.h>

struct fence;

struct verdict {
	const char *rule;  /* the rule that decided; static; NULL: there was no decision */
	const char *where; /* its place, "lakehost.conf:12", as long as the policy; or NULL */
	bool reveals;	   /* the tool shows a secret: masks do not apply to its text */
	/* The objects that requests of the call may name; as long as the policy. NULL: all. */
	const struct fence *fence;
	/* By enum fence_kind: the tool declares which of its arguments names such an object, and
	 * the policy checked it. */
	unsigned declared;
};

#endif

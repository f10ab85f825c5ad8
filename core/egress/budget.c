/* SPDX-License-Identifier: Apache-2.0 */
#include "egress/budget.h"

#include <stdio.h>

#include "base/check.h"

bool
budget_take(struct budget *budget, uint64_t bytes)
{
	CHECK(budget->used <= budget->cap);
	if (bytes > budget->cap - budget->used)
		return false;
	budget->used += bytes;
	return true;
}

void
budget_give(struct budget *budget, uint64_t bytes)
{
	/* a reply must not be released twice, or the limit would no longer hold */
	CHECK(bytes <= budget->used);
	budget->used -= bytes;
}

void
budget_explain(const struct budget *budget, char *why, size_t why_size)
{
	snprintf(why, why_size,
		 "the replies that the host holds at once would be larger than limits.replies "
		 "(%llu bytes): call again in a moment, or ask for less",
		 (unsigned long long)budget->cap);
}

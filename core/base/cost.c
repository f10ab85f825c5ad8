/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cost.h"

#include <string.h>

const char *const cost_names[COSTS] = {
	[COST_ROWS] = "rows",
	[COST_BYTES] = "bytes",
	[COST_STATEMENT_SECONDS] = "statement_seconds",
	[COST_CLUSTER_STARTS] = "cluster_starts",
};

const unsigned cost_parts[COSTS] = {
	[COST_ROWS] = 1,
	[COST_BYTES] = 1,
	[COST_STATEMENT_SECONDS] = 1000,
	[COST_CLUSTER_STARTS] = 1,
};

bool
cost_parse(const char *name, enum cost *cost)
{
	for (unsigned i = 0; name != NULL && i < COSTS; i++)
		if (strcmp(cost_names[i], name) == 0) {
			*cost = (enum cost)i;
			return true;
		}
	return false;
}

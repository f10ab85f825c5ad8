/* SPDX-License-Identifier: Apache-2.0 */
/* What a call may spend. A tool declares it (`cost` in its manifest), and the configuration sets a
 * budget per day for it (`limits`). */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_COST_H
#define CORE_BASE_COST_H

#include <stdbool.h>

enum cost {
	COST_ROWS,  /* rows of tables in the answer */
	COST_BYTES, /* bytes of the answer's text and files */
	/* time for which a statement, a run or a command works at the service */
	COST_STATEMENT_SECONDS,
	COST_CLUSTER_STARTS, /* operations that start compute: a cluster, a warehouse, a job */
	COSTS
};
/* The name of each, as manifests have it. */
extern const char *const cost_names[COSTS];
/* An amount that was spent is counted in this part of the unit that budgets have: time is counted
 * in milliseconds, and its budget is in seconds. */
extern const unsigned cost_parts[COSTS];

#define COST(cost) (1u << (cost)) /* in a set of costs */
/* Those that cost money at the service. Rows and bytes only leave it. */
#define COST_MONEY (COST(COST_STATEMENT_SECONDS) | COST(COST_CLUSTER_STARTS))

/* False: it is not a name of a cost. */
bool cost_parse(const char *name, enum cost *cost);

#endif

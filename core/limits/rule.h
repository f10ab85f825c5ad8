/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of the configuration, as values: what a principal may use. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_LIMITS_RULE_H
#define CORE_LIMITS_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cost.h"

struct principal;

enum limits_key {
	LIMITS_RATE,	    /* calls in a minute */
	LIMITS_CONCURRENCY, /* calls at once */
	LIMITS_BUDGET,	    /* the first of COSTS keys, in the order of enum cost */
	LIMITS_KEYS = LIMITS_BUDGET + COSTS
};
/* The name of each in the configuration: "rows_per_day". */
extern const char *const limits_keys[LIMITS_KEYS];

#define LIMITS_NONE (-1) /* no limit: "unlimited" in the configuration */
#define LIMITS_RULES_MAX 256u

/* The group `limits` itself is the first rule, and holds for every principal; the items of
 * limits.rules follow. */
struct limits_rule {
	char *name; /* "limits", "limits.rules[0]" */
	/* Whom it is for: patterns of names, and names of groups; without any: all principals. */
	char **principal, **group;
	size_t principals, groups;
	bool together; /* its principals share one account; else each of them has its own */
	int64_t value[LIMITS_KEYS];
	char *where[LIMITS_KEYS]; /* "lakehost.conf:12"; NULL: the rule does not have the key */
};

bool limits_rule_applies(const struct limits_rule *rule, const struct principal *principal);

/* The principal's own limits. Of several rules with a key, the last one is used. `rule` receives
 * the rule of each key, NULL where no rule has it; then the value is LIMITS_NONE. */
void limits_resolve(const struct limits_rule *rules, size_t n, const struct principal *principal,
		    int64_t value[LIMITS_KEYS], const struct limits_rule *rule[LIMITS_KEYS]);

#endif

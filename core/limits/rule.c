/* SPDX-License-Identifier: Apache-2.0 */
#include "limits/rule.h"

#include <string.h>

#include "base/glob.h"
#include "base/principal.h"

const char *const limits_keys[LIMITS_KEYS] = {
	[LIMITS_RATE] = "calls_per_minute",
	[LIMITS_CONCURRENCY] = "calls_at_once",
	[LIMITS_BUDGET + COST_ROWS] = "rows_per_day",
	[LIMITS_BUDGET + COST_BYTES] = "bytes_per_day",
	[LIMITS_BUDGET + COST_STATEMENT_SECONDS] = "statement_seconds_per_day",
	[LIMITS_BUDGET + COST_CLUSTER_STARTS] = "cluster_starts_per_day",
};

bool
limits_rule_applies(const struct limits_rule *rule, const struct principal *principal)
{
	if (rule->principals == 0 && rule->groups == 0)
		return true;
	for (size_t i = 0; i < rule->principals; i++)
		if (glob_matches(rule->principal[i], principal->name, strlen(principal->name)))
			return true;
	for (size_t i = 0; i < rule->groups; i++)
		if (principal_in_group(principal, rule->group[i]))
			return true;
	return false;
}

void
limits_resolve(const struct limits_rule *rules, size_t n, const struct principal *principal,
	       int64_t value[LIMITS_KEYS], const struct limits_rule *rule[LIMITS_KEYS])
{
	for (unsigned key = 0; key < LIMITS_KEYS; key++) {
		value[key] = LIMITS_NONE;
		rule[key] = NULL;
		for (size_t i = 0; i < n; i++)
			if (rules[i].where[key] != NULL && !rules[i].together &&
			    limits_rule_applies(&rules[i], principal)) {
				value[key] = rules[i].value[key];
				rule[key] = &rules[i];
			}
	}
}

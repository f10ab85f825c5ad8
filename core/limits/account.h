/* SPDX-License-Identifier: Apache-2.0 */
/* One account: the limits of a principal, or of principals together, and what was used of them. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_LIMITS_ACCOUNT_H
#define CORE_LIMITS_ACCOUNT_H

#include <sys/queue.h>

#include "base/bucket.h"
#include "base/hash.h"
#include "base/principal.h"
#include "limits/limits.h"

#define LIMITS_MINUTE_MS 60000u
#define LIMITS_DAY_MS INT64_C(86400000)

struct account {
	struct hash_link by_name; /* of a principal's own account */
	TAILQ_ENTRY(account) age; /* of a principal's own account: in limits->by_age */
	/* the principal; for an account of several the name of the rule */
	char name[PRINCIPAL_NAME_MAX];
	bool together;
	/* the groups for which the limits below were resolved, and the shared accounts */
	const char *groups[PRINCIPAL_GROUPS_MAX];
	unsigned n_groups;
	struct account **joint;
	size_t joints;
	bool limited; /* does any limit apply, its own or a shared one? */

	int64_t value[LIMITS_KEYS];
	const char *where[LIMITS_KEYS];

	struct bucket calls;
	unsigned running;	/* calls that were admitted */
	unsigned tickets;	/* that point here */
	int64_t day;		/* since 1970, of `used` */
	uint64_t used[COSTS];	/* in cost_parts; with a store: as it was last seen there */
	uint64_t unsent[COSTS]; /* that the store does not know yet */
};

/* Is nothing left of this budget on the account's day? */
bool account_exhausted(const struct account *account, enum cost cost);

/* Forgets what was used on another day. */
void account_on_day(struct account *account, int64_t day);
/* Is there nothing that a new account would not have? */
bool account_idle(const struct account *account, int64_t day, int64_t now_ms);
/* False with the refusal when too many calls run, or a budget of these costs is used up. Nothing is
 * taken. */
bool account_has_room(const struct account *account, struct limits_refusal *refusal);
bool account_has_budget(const struct account *account, unsigned cost, int64_t wall_ms,
			struct limits_refusal *refusal);
void account_refuse_budget(const struct account *account, enum cost cost, int64_t wall_ms,
			   struct limits_refusal *refusal);
void account_refuse_rate(const struct account *account, int64_t wait_ms,
			 struct limits_refusal *refusal);
/* False with the refusal when there were too many calls in this minute. */
bool account_take_call(struct account *account, int64_t now_ms, struct limits_refusal *refusal);

#endif

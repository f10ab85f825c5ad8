/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a principal may use: calls in a minute, calls at once, and budgets of rows, bytes, statement
 * seconds and cluster starts of a day. The day begins at 00:00 UTC.
 *
 * limits_admit() is asked once for each call, before it begins. A call is refused when one of its
 * limits is reached: a budget counts only for a tool that declares its cost (`cost` in the
 * manifest). What a call really spent is known at its end; limits_settle() adds it then. So calls
 * that run at the same time can together spend more than is left; only a cluster start is counted
 * at the beginning, and given back when nothing was started.
 *
 * A principal has an account of its own, and shares the accounts of the rules with `together`.
 * Accounts are kept in this process. Loop thread only.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_LIMITS_LIMITS_H
#define CORE_LIMITS_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "limits/rule.h"

struct limits;
struct limits_ticket;
struct principal;

#define LIMITS_ACCOUNTS_MAX 65536u /* principals with calls or spending today; more are refused */

struct limits_settings {
	const struct limits_rule *rule; /* borrowed, and must live longer */
	size_t rules;
	/* for tests; NULL: the clocks of base/clock.h */
	int64_t (*wall_ms)(void);
	int64_t (*ms)(void);
};

/* NULL when no rule limits anything: then there is nothing to ask. */
struct limits *limits_new(const struct limits_settings *settings);
/* NULL is fine. No ticket may be left. */
void limits_free(struct limits *limits);

/* Why a call is refused: the three lines of its error, and the rule that decided. */
struct limits_refusal {
	const char *limit; /* of limits_keys; static */
	const char *where; /* "lakehost.conf:12"; as long as the rules */
	char what[96], why[480], next[200];
	int64_t retry_ms; /* when the call may be repeated; -1: never */
};

/* True: the call may begin. `ticket` is then for limits_settle(), or NULL when nothing limits this
 * principal. `cost` is a set of COST() bits. */
bool limits_admit(struct limits *limits, const struct principal *principal, unsigned cost,
		  struct limits_ticket **ticket, struct limits_refusal *refusal);

/* A ticket for work that belongs to a call that was admitted before, such as a poll of its
 * operation: it spends, but nothing is checked. NULL when nothing limits this principal. */
struct limits_ticket *limits_follow(struct limits *limits, const struct principal *principal,
				    unsigned cost);

/* The call has ended, and has spent this, in cost_parts. `spent` NULL: it did not begin. Frees the
 * ticket; NULL is fine. */
void limits_settle(struct limits_ticket *ticket, const uint64_t spent[COSTS]);

/* For the metrics: what was spent since the start, and the accounts whose budget is used up. */
struct limits_load {
	uint64_t spent[COSTS]; /* in cost_parts */
	size_t exhausted[COSTS];
	size_t accounts;
};
void limits_load(const struct limits *limits, struct limits_load *load);

/* What is left today of this principal's own budget; LIMITS_NONE: it is not limited. */
int64_t limits_left(struct limits *limits, const struct principal *principal, enum cost cost);

#endif

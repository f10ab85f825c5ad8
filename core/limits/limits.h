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
 * Accounts are kept in this process, or in a store that several replicas share (store.h). Calls at
 * once are always counted in this process. Loop thread only.
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
struct limits_asked;
struct limits_ticket;
struct loop;
struct pool;
struct principal;
struct store_settings;

#define LIMITS_ACCOUNTS_MAX 65536u /* principals with calls or spending today; more are refused */

struct limits_settings {
	const struct limits_rule *rule; /* borrowed, and must live longer */
	size_t rules;
	/* A store that several replicas share; NULL: the memory of this process. Borrowed too. */
	const struct store_settings *store;
	const char *prefix; /* of keys in the store */
	/* While the store is away: are calls refused that cost money (COST_MONEY), and others? */
	bool refuse_costly, refuse_others;
	struct loop *loop; /* for the store, as is the pool */
	struct pool *pool;
	/* for tests; NULL: the clocks of base/clock.h */
	int64_t (*wall_ms)(void);
	int64_t (*ms)(void);
};

/* Can a store be used here? Makes no connection. False with `why`. */
bool limits_can_share(bool tls, char *why, size_t why_size);

/* NULL when no rule limits anything and there is no store: then there is nothing to ask. With a
 * store, limits_can_share() was true. */
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

enum limits_verdict { LIMITS_ADMITTED, LIMITS_REFUSED, LIMITS_LATER };

/* What was decided. Embedded in what asks. */
struct limits_wait {
	void (*fn)(struct limits_wait *wait); /* called after LIMITS_LATER, once */
	enum limits_verdict verdict;
	/* ADMITTED: for limits_settle(), or NULL when nothing limits this principal */
	struct limits_ticket *ticket;
	struct limits_refusal refusal; /* REFUSED */
	struct limits_asked *asked;    /* private */
};

/* ADMITTED: the call may begin. LATER: the store was asked. `cost` is a set of COST() bits. */
enum limits_verdict limits_admit(struct limits *limits, const struct principal *principal,
				 unsigned cost, struct limits_wait *wait);

/* Are there replicas with which a store is shared? NULL: no. */
bool limits_shared(const struct limits *limits);
/* Marks this text as used, for all replicas: LATER, then ADMITTED for the first one that asks
 * within the time, else REFUSED; with a refusal only where the store is away. Needs
 * limits_shared(). */
enum limits_verdict limits_use_once(struct limits *limits, const char *text, unsigned ttl_s,
				    struct limits_wait *wait);

/* `fn` is not called any more. Idle ones are ignored. */
void limits_wait_end(struct limits_wait *wait);

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
	int store;	  /* 1: the store is ready, 0: it is away, -1: there is none */
	uint64_t without; /* calls that began while it was away */
};
void limits_load(const struct limits *limits, struct limits_load *load);

/* What the principal's own account has spent today of its budget, in the unit of the budget. False:
 * it has no such budget, or has not called yet. With a store it is what the store said last. */
bool limits_usage(const struct limits *limits, const char *name, enum cost cost, int64_t *used,
		  int64_t *budget);

/* What is left today of this principal's own budget; LIMITS_NONE: it is not limited. */
int64_t limits_left(struct limits *limits, const struct principal *principal, enum cost cost);

#endif

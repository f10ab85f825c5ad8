/* SPDX-License-Identifier: Apache-2.0 */
/* The accounts in a store that several replicas share: one script of the server decides about a
 * call and counts it, another one counts what was spent. Times are those of the server. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_LIMITS_REMOTE_H
#define CORE_LIMITS_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cost.h"
#include "limits/store.h"

struct account;

/* What the server decided, from the numbers of its reply. */
enum remote_verdict { REMOTE_ALLOWED, REMOTE_BUDGET, REMOTE_RATE, REMOTE_VERDICTS };
struct remote_decision {
	enum remote_verdict verdict;
	size_t account; /* that refused */
	enum cost cost; /* of the budget */
	int64_t wait_ms, day;
};

/* What a call has spent; `advance` cluster starts of this day are given back. */
struct remote_spending {
	int64_t day;
	uint64_t advance, spent[COSTS];
};

/* False: the store is away, and `fn` is not called. */
bool remote_admit(struct store *store, const char *prefix, struct account *const *account, size_t n,
		  unsigned cost, store_fn fn, void *data);
bool remote_spend(struct store *store, const char *prefix, struct account *const *account, size_t n,
		  const struct remote_spending *spending, store_fn fn, void *data);
/* Marks a text as used for this time. The reply is 1: it was not used before; else 0. */
bool remote_once(struct store *store, const char *prefix, const char *text, unsigned ttl_s,
		 store_fn fn, void *data);

/* Reads a reply of the first two, and sets what the accounts have used. False: it is not such a
 * reply. */
bool remote_read(const struct store_reply *reply, struct account *const *account, size_t n,
		 struct remote_decision *decision);

#endif

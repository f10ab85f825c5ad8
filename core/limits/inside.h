/* SPDX-License-Identifier: Apache-2.0 */
/* The members of struct limits, for the files of this folder. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_LIMITS_INSIDE_H
#define CORE_LIMITS_INSIDE_H

#include <sys/queue.h>

#include "base/hash.h"
#include "limits/account.h"
#include "limits/limits.h"
#include "limits/remote.h"

struct limits {
	struct limits_settings settings;
	int64_t (*wall_ms)(void);
	int64_t (*ms)(void);
	struct account **joint; /* by the number of the rule; NULL: not together */
	struct hash accounts;	/* of principals, by name */
	TAILQ_HEAD(account_list, account) by_age; /* least recently used first */
	uint64_t spent[COSTS];
	struct store *store; /* NULL: the accounts are here only */
	uint64_t without;    /* calls that began while the store was away */
};

/* The accounts of one call. */
struct limits_ticket {
	struct limits *limits;
	unsigned cost;
	bool held;			 /* it counts as a running call */
	bool shared;			 /* the advance is in the store */
	int64_t day;			 /* on which the advance was taken, … */
	uint64_t advance;		 /* … of cluster starts */
	struct remote_spending spending; /* on its way to the store */
	size_t accounts;
	struct account *account[];
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one reading of the configuration produced: the configuration and everything that was made of
 * it. Nothing in it changes. A reload makes a new snapshot; each request and call keeps the one of
 * its start until its end, so rows, rules, upstreams and texts of the configuration stay valid for
 * it. Loop thread.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_SNAPSHOT_H
#define CORE_CONFIG_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/check.h"

struct auth;
struct config;
struct egress;
struct policy;
struct principal;
struct registry;

/* What became of a principal that an earlier snapshot let in. */
enum standing {
	STANDING_SAME,
	STANDING_CHANGED, /* it is allowed other things now, or that is not known */
	STANDING_REMOVED, /* it would not be let in any more */
};

struct snapshot {
	unsigned refs;
	unsigned number; /* 1, and one more with each reload */
	const struct config *config;
	struct registry *registry;
	struct policy *policy;
	struct egress *egress;
	struct auth *auth; /* NULL: auth.inbound is "none", or there is no listener */
	/* The standing, now, of a principal of the snapshot with the number `since`. NULL: it never
	 * changes. */
	enum standing (*standing)(const struct snapshot *now, const struct principal *principal,
				  unsigned since);
	/* Called when no one uses the snapshot any more. NULL: nothing happens. */
	void (*unused)(struct snapshot *snapshot);
};

static inline struct snapshot *
snapshot_hold(struct snapshot *snapshot)
{
	snapshot->refs++;
	return snapshot;
}

/* NULL is fine. */
static inline void
snapshot_release(struct snapshot *snapshot)
{
	if (snapshot == NULL)
		return;
	CHECK(snapshot->refs > 0);
	if (--snapshot->refs == 0 && snapshot->unused != NULL)
		snapshot->unused(snapshot);
}

static inline enum standing
snapshot_standing(const struct snapshot *now, const struct principal *principal, unsigned since)
{
	return now->standing == NULL || since == now->number ? STANDING_SAME
							     : now->standing(now, principal, since);
}

#endif

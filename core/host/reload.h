/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reload: a thread of its own reads the configuration and loads what it names, beside what
 * serves, so nothing waits. If there is a fault, nothing changes. Otherwise the loop thread changes
 * to the new generation at once.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_HOST_RELOAD_H
#define CORE_HOST_RELOAD_H

#include "base/pool.h"
#include "config/config.h"

struct generation;
struct loop;
struct pool;

struct reload {
	struct pool_job job; /* first */
	/* of one thread: what reloads allocate stays in one arena, and does not grow one of each
	 * thread that runs calls */
	struct pool *pool;
	const struct config_overrides *overrides;
	config_upstreams_fn upstreams;
	/* Called on the loop thread at the end: with the new generation, or with NULL and the
	 * faults. */
	void (*ended)(void *data, struct generation *made, const struct strings *faults);
	void *data;
	const struct generation *now; /* that serves; not freed while the reload runs */
	unsigned begun, done;
	bool again; /* asked for while one runs */
	/* what the thread makes */
	struct generation *made;
	struct strings faults;
};

/* Begins a reload beside `now`. False: one runs already, and another one must follow it. */
bool reload_begin(struct reload *reload, const struct generation *now);
static inline bool
reload_runs(const struct reload *reload)
{
	return reload->begun != reload->done;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "host/reload.h"

#include <stddef.h>

#include "base/check.h"
#include "config/faults.h"
#include "config/text.h"
#include "host/faults.h"
#include "host/fixed.h"
#include "host/generation.h"

/* ---- on the thread of reloads ---------------------------------------------------------------- */

static void
add_faults(struct strings *faults, const struct config_faults *more)
{
	for (size_t i = 0; i < more->count; i++)
		strings_add(faults, more->line[i]);
}

/* What serves with a fault, for example without a plugin that it names, may go on with it. */
static void
add_new_faults(struct strings *faults, const struct generation *made, const struct generation *now)
{
	struct strings old = { NULL, 0 }, all = { NULL, 0 };

	generation_faults(now, &old);
	generation_faults(made, &all);
	for (size_t i = 0; i < all.count; i++)
		if (!strings_have(&old, all.item[i]))
			strings_add(faults, all.item[i]);
	strings_fini(&old);
	strings_fini(&all);
}

static void
reload_run(struct pool_job *job)
{
	struct reload *reload = (struct reload *)job;
	struct config_faults faults = { 0 };
	struct config *config;

	pool_give_memory_back(); /* what the last reload has freed */
	config = config_load(reload->overrides, reload->upstreams, &faults);

	add_faults(&reload->faults, &faults);
	config_faults_fini(&faults);
	if (config == NULL)
		return;
	fixed_compare(reload->now->config, config, &reload->faults);
	if (reload->faults.count > 0) {
		config_free(config);
		return;
	}
	reload->made = generation_make(config, reload->now, NULL, &reload->faults);
	if (reload->faults.count == 0)
		add_new_faults(&reload->faults, reload->made, reload->now);
}

/* ---- on the loop thread ---------------------------------------------------------------------- */

static struct generation *
take_made(struct reload *reload, struct pool *pool)
{
	struct generation *made = reload->made;

	reload->made = NULL;
	if (made != NULL && reload->faults.count > 0) {
		generation_drop(made, pool);
		made = NULL;
	}
	return made;
}

static void
reload_done(struct pool_job *job)
{
	struct reload *reload = (struct reload *)job;
	struct generation *made = take_made(reload, reload->pool);
	struct strings faults = reload->faults;

	reload->faults = (struct strings){ NULL, 0 }; /* ended() may begin the next reload */
	reload->done++;
	reload->ended(reload->data, made, &faults);
	strings_fini(&faults);
}

/* The host ends. */
static void
reload_drop(struct pool_job *job)
{
	struct reload *reload = (struct reload *)job;

	reload->done++;
	if (reload->made != NULL)
		generation_drop(reload->made, NULL);
	reload->made = NULL;
	strings_fini(&reload->faults);
}

bool
reload_begin(struct reload *reload, const struct generation *now)
{
	if (reload_runs(reload)) {
		reload->again = true;
		return false;
	}
	CHECK(reload->made == NULL && reload->faults.count == 0);
	reload->again = false;
	reload->begun++;
	reload->now = now;
	reload->job = (struct pool_job){
		.run = reload_run, .done = reload_done, .drop = reload_drop, .group = reload
	};
	pool_submit(reload->pool, &reload->job);
	return true;
}

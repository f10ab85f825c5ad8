/* SPDX-License-Identifier: Apache-2.0 */
#include "host/generation.h"

#include <stdlib.h>
#include <string.h>

#include "auth/auth.h"
#include "base/mem.h"
#include "config/text.h"
#include "egress/egress.h"
#include "host/documents.h"
#include "plugin/loader.h"
#include "policy/policy.h"

#define RETIRE_MS 20 /* between two looks at requests that still end */

/* ---- make ----------------------------------------------------------------------------------- */

/* A host that serves over HTTP must be able to authenticate callers. */
static void
make_auth(struct generation *generation, struct strings *faults)
{
	const struct config *config = generation->config;
	char why[768];

	if (config->server.listeners == 0 || config->auth.inbound == INBOUND_NONE)
		return;
	generation->snapshot.auth = auth_new(config, why, sizeof(why));
	if (generation->snapshot.auth == NULL)
		strings_printf(faults, "%s", why);
}

static void
make_plugins(struct generation *generation, const struct generation *before, struct loop *loop,
	     struct strings *faults)
{
	bool critical = false;

	generation->plugins =
	    before != NULL
		? plugins_load_beside(before->plugins, generation->config, &server_plugin,
				      &critical)
		: plugins_load(generation->config, loop, &server_plugin, false, &critical);
	generation->facts = (struct server_facts){ generation->config, generation->plugins,
						   before != NULL ? before->facts.limits : NULL };
	plugins_set_self(generation->plugins, &generation->facts);
	for (size_t i = 0; critical && i < plugins_count(generation->plugins); i++) {
		struct plugin_status status;

		plugins_status(generation->plugins, i, &status);
		if (status.refusal != PLUGIN_OK && status.config != NULL && status.config->critical)
			strings_printf(faults,
				       "plugin %s is marked critical and was refused: %s%s%s",
				       status.name, plugin_refusal_text(status.refusal),
				       status.why[0] != '\0' ? ": " : "", status.why);
	}
}

struct generation *
generation_make(struct config *config, const struct generation *before, struct loop *loop,
		struct strings *faults)
{
	struct generation *generation = xcalloc(1, sizeof(*generation));
	struct snapshot *snapshot = &generation->snapshot;

	generation->config = config;
	snapshot->config = config;
	snapshot->number = before != NULL ? before->snapshot.number + 1 : 1;
	generation->auth_text = auth_text(config);
	generation->auth_since =
	    before != NULL && strcmp(before->auth_text, generation->auth_text) == 0
		? before->auth_since
		: snapshot->number;
	make_auth(generation, faults);
	make_plugins(generation, before, loop, faults);
	snapshot->registry = plugins_registry(generation->plugins);
	/* the rules name tools, so the plugins are loaded first */
	snapshot->policy = policy_new(config, snapshot->registry, faults);
	return generation;
}

/* ---- principals ------------------------------------------------------------------------------ */

static enum standing
standing_of(const struct snapshot *now, const struct principal *principal, unsigned since)
{
	const struct generation *generation = (const struct generation *)now;

	if (strcmp(principal->name, PRINCIPAL_LOCAL) == 0)
		return principal->access == now->config->access ? STANDING_SAME : STANDING_CHANGED;
	if (now->auth == NULL)
		return STANDING_REMOVED;
	return auth_standing(now->auth, principal, since >= generation->auth_since);
}

/* ---- begin and end -------------------------------------------------------------------------- */

static void
unused(struct snapshot *snapshot)
{
	struct generation *generation = (struct generation *)snapshot;
	struct generations *all = generation->all;

	generation->next = all->retired;
	all->retired = generation;
	loop_timer_set(all->loop, &all->timer, 0);
}

void
generation_begin(struct generation *generation, struct generations *all,
		 const struct generation *before)
{
	struct snapshot *snapshot = &generation->snapshot;

	generation->all = all;
	snapshot->refs = 1;
	snapshot->unused = unused;
	snapshot->standing = standing_of;
	snapshot->egress = egress_new(all->loop, generation->config, all->pool);
	if (before != NULL && snapshot->auth != NULL && before->snapshot.auth != NULL)
		auth_inherit(snapshot->auth, before->snapshot.auth);
}

void
generation_serve(struct generation *generation, const struct generation *before)
{
	struct snapshot *snapshot = &generation->snapshot;
	struct fetcher fetcher;

	if (snapshot->auth == NULL || generation->config->auth.oauth == NULL)
		return;
	generation->documents = documents_new(snapshot->egress, generation->config);
	fetcher = documents_fetcher(generation->documents);
	auth_start(snapshot->auth, generation->all->loop, &fetcher);
	if (before != NULL)
		auth_reload(snapshot->auth);
}

/* What is left after generation_stop(). */
static void
end_plugins(struct generation *generation, struct pool *pool)
{
	plugins_free(generation->plugins, pool);
	if (!generation->keeps_config)
		config_free(generation->config);
	free(generation->auth_text);
	free(generation);
}

/* Nothing in the generation may send a request any more. */
static void
end_fetches(struct generation *generation)
{
	auth_free(generation->snapshot.auth);
	generation->snapshot.auth = NULL;
	documents_free(generation->documents);
	generation->documents = NULL;
}

void
generation_stop(struct generation *generation)
{
	end_fetches(generation);
	egress_free(generation->snapshot.egress);
	generation->snapshot.egress = NULL;
	policy_free(generation->snapshot.policy);
	generation->snapshot.policy = NULL;
}

void
generation_drop(struct generation *generation, struct pool *pool)
{
	generation_stop(generation);
	end_plugins(generation, pool);
}

/* ---- retired ones --------------------------------------------------------------------------- */

/* Frees those whose requests have ended; looks again soon for the others. */
static void
on_retired(struct loop_timer *timer)
{
	struct generations *all = timer->data;
	struct generation **at = &all->retired;

	while (*at != NULL) {
		struct generation *generation = *at;

		end_fetches(generation);
		if (!egress_idle(generation->snapshot.egress)) {
			at = &generation->next;
			continue;
		}
		*at = generation->next;
		generation_drop(generation, all->pool);
	}
	if (all->retired != NULL)
		loop_timer_set(all->loop, timer, RETIRE_MS);
}

void
generations_init(struct generations *all, struct loop *loop, struct pool *pool)
{
	*all = (struct generations){ .loop = loop, .pool = pool };
	all->timer = (struct loop_timer){ .fn = on_retired, .data = all };
}

void
generations_end(struct generations *all)
{
	loop_timer_stop(all->loop, &all->timer);
	for (struct generation *each = all->retired; each != NULL; each = each->next)
		generation_stop(each);
}

void
generations_free(struct generations *all)
{
	while (all->retired != NULL) {
		struct generation *generation = all->retired;

		all->retired = generation->next;
		generation_drop(generation, NULL);
	}
}

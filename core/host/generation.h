/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One reading of the configuration with all that was made of it: the snapshot that requests and
 * calls hold, and its owner. A generation that nobody holds any more is freed as soon as its
 * requests to services have ended.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_HOST_GENERATION_H
#define CORE_HOST_GENERATION_H

#include "base/loop.h"
#include "config/config.h"
#include "config/snapshot.h"
#include "server/server.h"

struct documents;
struct loop;
struct pool;

/* All generations of a host. Loop thread. */
struct generations {
	struct loop *loop;
	struct pool *pool;
	struct loop_timer timer;
	struct generation *retired; /* unused, and not freed yet */
};

struct generation {
	struct snapshot snapshot; /* first */
	struct config *config;
	struct plugins *plugins;
	struct documents *documents; /* NULL: auth needs none */
	struct server_facts facts;
	char *auth_text;     /* see auth_text() */
	unsigned auth_since; /* the first generation with the same text, of those before it */
	bool keeps_config;   /* somebody else frees it */
	struct generations *all;
	struct generation *next;
};

void generations_init(struct generations *all, struct loop *loop, struct pool *pool);
/* The host ends, and the loop does not run any more: generation_stop() for the unused ones, and
 * after the pool has ended generations_free(). */
void generations_end(struct generations *all);
void generations_free(struct generations *all);

/* Makes the parts that need no loop: auth, plugins, registry, policy. Takes the config. `before` is
 * the generation that serves, or NULL; then `loop` is for the plugins. Each fault that would stop a
 * start becomes a line. Never NULL. Any thread, if `before` is not freed meanwhile. */
struct generation *generation_make(struct config *config, const struct generation *before,
				   struct loop *loop, struct strings *faults);
/* Loop thread: makes the rest. Afterwards the snapshot can be held; the caller holds it already.
 * `before` as above. */
void generation_begin(struct generation *generation, struct generations *all,
		      const struct generation *before);
/* Fetches what is needed to authenticate callers. */
void generation_serve(struct generation *generation, const struct generation *before);
/* The host ends: frees what calls do not use any more, before the pool ends. */
void generation_stop(struct generation *generation);
/* Frees one that was never begun. */
void generation_drop(struct generation *generation, struct pool *pool);

#endif

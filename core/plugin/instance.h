/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The running code of a plugin: mapped in this process, or in a worker. It outlives the
 * configuration that started it for as long as later ones need the same: file, options and
 * isolation. So a plugin that did not change keeps its state over a reload. When no configuration
 * uses it any more, and their calls have ended, its stop() runs and its code is unmapped, or its
 * worker ends.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_PLUGIN_INSTANCE_H
#define CORE_PLUGIN_INSTANCE_H

#include <stdbool.h>

#include "module/code.h"
#include "module/refusal.h"
#include "plugin/news.h"
#include "registry/provider.h"

struct loop;
struct plugin;
struct pool;
struct worker;

struct instance {
	unsigned users; /* atomic: configurations */
	char *key;	/* what it was made of; NULL: it is never shared */
	char *options;
	int fd;			  /* -1: there is no file */
	struct code code;	  /* empty when it is isolated */
	struct worker *worker;	  /* isolated; or NULL */
	struct refusal refusal;	  /* the result of the worker's last start */
	struct provider provider; /* what the worker and the services know of it */
	struct plugin_news *news;
	struct loop *loop;
};

/* Starts the code of the plugin, or makes its worker, which starts at the first call. Takes over
 * the plugin's open file. NULL with plugin->refusal. Any thread that the plugin is not used in. */
struct instance *instance_new(struct plugin *plugin, struct plugin_news *news, struct loop *loop);
/* Rows that are part of the program. */
struct instance *instance_of_program(void);
/* One more configuration uses it. Any thread. */
struct instance *instance_share(struct instance *instance);
/* A configuration does not use it any more; its calls have ended. For the last one: with a pool,
 * stop() runs on one of its threads and nothing waits; without, when it is done, all has ended. */
void instance_release(struct instance *instance, struct pool *pool);
/* Text that is equal for plugins that can share an instance; for free(). */
char *instance_key(const struct plugin *plugin);

#endif

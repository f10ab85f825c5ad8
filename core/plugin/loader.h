/* SPDX-License-Identifier: Apache-2.0 */
/* Plugins are found, checked and loaded in the order of the contract (<lakehost/plugin.h>). Every
 * refusal has one named reason. A refused plugin does not affect the others. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_PLUGIN_LOADER_H
#define CORE_PLUGIN_LOADER_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include <lakehost/plugin.h>

#include "config/config.h"
#include "module/refusal.h"
#include "registry/registry.h"

struct loop;
struct plugins;
struct pool;

/* The state of one plugin for operators: for check, plugin list, get_server_info. */
struct plugin_status {
	const char *name, *version, *vendor, *summary;
	const char *file; /* the path of the file, or NULL when it was not found */
	enum isolation isolation;
	/* PLUGIN_OK: the plugin serves. For an isolated plugin this is also the result of its
	 * worker's last start */
	enum plugin_refusal refusal;
	const char *why;		    /* the details of a refusal, or "" */
	const struct config_plugin *config; /* or NULL */
	struct json_object *manifest;	    /* or NULL; borrowed */
	const struct strings *permissions;
	/* tools that are not offered, because the plugin lacks a permission for them */
	const struct strings *withheld;
	const char *upstream; /* the upstream of its requests. NULL: it may send none */
};

/* A plugin that is part of the program: it has rows and a manifest, and no file to check. It is
 * published first, and plugins_count() does not include it. */
struct plugin_builtin {
	const struct mcp_plugin *descriptor;
	const char *manifest, *manifest_end; /* JSON text */
};

/* Loads all enabled plugins in the order of the sequence, and builds the registry. The prompts of
 * prompts.directory come after the rows of plugins. Always returns; *critical is set when a plugin
 * marked critical was refused. In process: dlopen and start(). Isolated: the worker is started at
 * the first call unless `start_workers`. With `check_only`, nothing is started and no code of a
 * plugin runs. `builtin` may be NULL. */
struct plugins *plugins_load(const struct config *config, struct loop *loop,
			     const struct plugin_builtin *builtin, bool check_only, bool *critical);
/* A reload, while `before` serves: a plugin whose file, options and isolation did not change
 * goes on with its state; the others start. No plugin stops. Any thread, if `before` is not
 * freed meanwhile. */
struct plugins *plugins_load_beside(const struct plugins *before, const struct config *config,
				    const struct plugin_builtin *builtin, bool *critical);
/* Stops the plugins that no other `struct plugins` shares. With a pool, that does not wait for
 * them: the host serves; what stopped is unmapped. Without, the host ends, and code stays
 * mapped. */
void plugins_free(struct plugins *plugins, struct pool *pool);
/* At the end, before the loop is freed: waits for the workers of plugins that were stopped
 * before. */
void plugins_wait(void);
/* Is this load one beside serving plugins? For the parts of this folder. */
bool plugins_serving(const struct plugins *plugins);
/* What mcp_self() returns in the rows of the program itself. */
void plugins_set_self(struct plugins *plugins, void *self);
/* Starts the worker of each isolated plugin. Runs the loop until each worker is ready or was
 * refused. */
void plugins_try(struct plugins *plugins);
struct registry *plugins_registry(const struct plugins *plugins);
/* Does a plugin that was not refused send requests to this upstream? */
bool plugins_use(const struct plugins *plugins, const char *role);
size_t plugins_count(const struct plugins *plugins);
void plugins_status(const struct plugins *plugins, size_t i, struct plugin_status *status);
/* The same without the result of its worker's last start. Any thread. */
void plugins_status_loaded(const struct plugins *plugins, size_t i, struct plugin_status *status);

/* Files of prompts.directory that were refused, each as "FILE:LINE: reason". */
const struct strings *plugins_prompt_faults(const struct plugins *plugins);

/* Called when a plugin reports a change of a list or resource; on the loop thread. */
void plugins_on_change(struct plugins *plugins,
		       void (*changed)(void *data, const char *what, const char *uri), void *data);

#endif

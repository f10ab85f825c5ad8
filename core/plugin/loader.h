/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plugins: found, checked and loaded in the order of the contract (<lakehost/plugin.h>). Every
 * refusal has one named reason; a refused plugin does not disturb the others.
 */
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

/* What the operator sees of one plugin: of check, plugin list, get_server_info. */
struct plugin_status {
	const char *name, *version, *vendor, *summary;
	const char *file; /* or NULL when not found */
	enum isolation isolation;
	enum plugin_refusal refusal; /* PLUGIN_OK: serving; of an isolated plugin also what its
					worker said at its last start */
	const char *why;	     /* the details of a refusal, or "" */
	const struct config_plugin *config; /* or NULL */
	struct json_object *manifest;	    /* or NULL; borrowed */
	const struct strings *permissions;
	const struct strings *withheld; /* tools that lack one, and are not offered */
	const char *upstream;		/* where its requests go, or NULL: it may make none */
};

/* A plugin that is part of the program: it has rows and a manifest, and no file to be judged. It
 * is published first, and is not one of those that plugins_count() counts. */
struct plugin_builtin {
	const struct mcp_plugin *descriptor;
	const char *manifest, *manifest_end; /* JSON text */
};

/* Loads all enabled plugins as the sequence demands and builds the registry, with the prompts of
 * prompts.directory behind what plugins publish. Always returns;
 * *critical is set when a plugin marked so was refused. In process: dlopen and start(). Isolated:
 * the worker is started lazily at the first call unless `start_workers`. With `check_only`,
 * nothing is started and nothing of a plugin is run. `builtin` may be NULL. */
struct plugins *plugins_load(const struct config *config, struct loop *loop,
			     const struct plugin_builtin *builtin, bool check_only, bool *critical);
void plugins_free(struct plugins *plugins); /* stops them; never unmaps code */
/* Starts the worker of each isolated plugin and runs the loop until all are up or were refused. */
void plugins_try(struct plugins *plugins);
struct registry *plugins_registry(const struct plugins *plugins);
/* Does a plugin that was not refused send requests to the upstream of this role? */
bool plugins_use(const struct plugins *plugins, const char *role);
size_t plugins_count(const struct plugins *plugins);
void plugins_status(const struct plugins *plugins, size_t i, struct plugin_status *status);

/* Files of prompts.directory that were not taken, each as "FILE:LINE: why". */
const struct strings *plugins_prompt_faults(const struct plugins *plugins);

/* Told when a plugin says that a list or resource has changed; on the loop thread. */
void plugins_on_change(struct plugins *plugins,
		       void (*changed)(void *data, const char *what, const char *uri), void *data);

#endif

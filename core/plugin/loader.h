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

#include "config.h"
#include "registry/registry.h"

struct loop;
struct plugins;

/* X-macro: the reasons for which a file is refused, as operators see them. */
#define PLUGIN_REFUSALS(X)                                                             \
	X(NOT_FOUND, "not found in a plugin directory")                                \
	X(NAME, "not a plugin name")                                                   \
	X(SYMLINK_OUT, "leads out of its plugin directory")                            \
	X(NOT_REGULAR, "not a regular file")                                           \
	X(OWNER, "owned by somebody else than root or this user")                      \
	X(WRITABLE, "writable by group or others")                                     \
	X(DIRECTORY, "in a directory that others can write to")                        \
	X(TOO_LARGE, "larger than a plugin may be")                                    \
	X(NOT_ELF, "not an ELF shared object")                                         \
	X(ARCHITECTURE, "built for another architecture")                              \
	X(TRUNCATED, "truncated")                                                      \
	X(NO_MANIFEST, "without a manifest note")                                      \
	X(BAD_MANIFEST, "with an invalid manifest")                                    \
	X(ABI, "built for another plugin ABI")                                         \
	X(MANIFEST_NAME, "named differently in its manifest")                          \
	X(DUPLICATE, "listed twice")                                                   \
	X(OPTIONS, "configured with invalid options")                                  \
	X(PERMISSIONS, "with a request or permission that its manifest does not list") \
	X(UPSTREAM, "written for another kind of service")                             \
	X(ROWS, "with rows that break a rule")                                         \
	X(DLOPEN, "not loadable")                                                      \
	X(NO_SYMBOL, "without the symbol mcp_plugin")                                  \
	X(DESCRIPTOR, "with a descriptor that differs from its manifest")              \
	X(START, "refusing to start")                                                  \
	X(WORKER, "without a worker process")

enum plugin_refusal {
	PLUGIN_OK,
#define X(name, text) PLUGIN_##name,
	PLUGIN_REFUSALS(X)
#undef X
};
const char *plugin_refusal_text(enum plugin_refusal refusal);

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

/* The manifest of a file, without running plugin code: ELF checks, note, JSON gate, shape. Returns
 * a new object, or NULL with the refusal and details. `fd` is open on the file. */
struct json_object *manifest_read(int fd, enum plugin_refusal *refusal, char *why, size_t why_size);

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
/* The installed plugin whose name is nearest, for free(), or NULL. */
char *plugins_near(const struct strings *directories, const char *name);
/* The installed plugin whose manifest has a tool of this name, for free(), or NULL. */
char *plugins_with_tool(const struct strings *directories, const char *tool);
size_t plugins_count(const struct plugins *plugins);
void plugins_status(const struct plugins *plugins, size_t i, struct plugin_status *status);

/* Files of prompts.directory that were not taken, each as "FILE:LINE: why". */
const struct strings *plugins_prompt_faults(const struct plugins *plugins);

/* Of one plugin, for call/ and egress. */
const char *plugin_name(const struct plugin *plugin);
const struct strings *plugin_permissions(const struct plugin *plugin);
const char *plugin_options(const struct plugin *plugin);  /* JSON object, defaults filled in */
const char *plugin_upstream(const struct plugin *plugin); /* role, or NULL: "workspace" */
bool plugin_of_host(const struct plugin *plugin);	  /* it is part of the program */

/* Told when a plugin says that a list or resource has changed; on the loop thread. */
void plugins_on_change(struct plugins *plugins,
		       void (*changed)(void *data, const char *what, const char *uri), void *data);

#endif

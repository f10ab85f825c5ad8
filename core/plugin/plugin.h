/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a plugin that only this folder sees. Other folders use loader.h and
 * registry/provider.h. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_PLUGIN_PLUGIN_H
#define CORE_PLUGIN_PLUGIN_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include <lakehost/plugin.h>

#include "module/image.h"
#include "plugin/loader.h"
#include "registry/provider.h"

struct instance;

#define STAMP_MAX 160u
#define PLUGIN_BYTES_MAX MODULE_BYTES_MAX

struct plugin {
	struct plugins *plugins;
	struct provider provider; /* the part that calls use; set before the rows are made */
	char *name;
	char *file; /* path of the file; NULL: not found */
	/* the settings, or NULL when its manifest enabled the plugin */
	const struct config_plugin *config;
	enum isolation isolation;
	struct refusal refusal;
	int fd; /* the open file, until there is an instance; or -1 */
	/* device, inode, size and times of the file: what changes when it is replaced */
	char stamp[STAMP_MAX];
	char sha256[65]; /* digest of the file, when it was sealed; else "" */
	struct json_object *manifest;
	struct json_object *head; /* the member "plugin" of the manifest; borrowed */
	/* the manifest as clients see it: with the new names, without tools that are withheld */
	struct json_object *published;
	struct strings withheld; /* number of tools that are not offered */
	/* the options as JSON object text, with defaults filled in */
	char *options;
	struct strings permissions; /* granted */
	const char *upstream;	    /* the name of the upstream for its requests; borrowed */
	struct instance *instance;  /* its code; NULL: it was not started */
};

/* Frees the plugin; see instance_release(). `pool` may be NULL. */
void plugin_fini(struct plugin *plugin, struct pool *pool);

/* Finds and opens the file; checks owner, mode and directories. */
bool plugin_open(struct plugin *plugin, const struct strings *directories);
/* Replaces the open file by a copy that cannot change, when approvals or signatures matter for it.
 * Checks its signature. */
bool plugin_seal(struct plugin *plugin, const struct config *config);
/* Compares file and manifest with the approval of the plugin, when there is one or one is
 * required. */
bool plugin_check_approval(struct plugin *plugin, const struct config *config);
/* Reads the manifest and checks its name. */
bool plugin_read_manifest(struct plugin *plugin);
/* Compares the configured options, permissions and upstream with the manifest. */
bool plugin_configure(struct plugin *plugin, const struct config *config);

/* Gives tools and prompts their configured names (prefix, rename). */
bool plugin_rename(struct plugin *plugin);
/* Gives its tools the argument `workspace` where there are several (workspaces.c). */
void plugin_add_workspaces(struct plugin *plugin, const struct config *config);
/* Withholds the tools whose requests were removed. */
void plugin_offer(struct plugin *plugin);

#endif

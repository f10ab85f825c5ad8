/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin inside of this folder; all others use loader.h and registry/provider.h. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_PLUGIN_PLUGIN_H
#define CORE_PLUGIN_PLUGIN_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include <lakehost/plugin.h>

#include "module/code.h"
#include "module/image.h"
#include "plugin/loader.h"
#include "registry/provider.h"

struct worker;

#define PLUGIN_BYTES_MAX MODULE_BYTES_MAX

struct plugin {
	struct plugins *plugins;
	struct provider provider; /* the part for calls; set before its rows are made */
	char *name;
	char *file;			    /* or NULL: not found */
	const struct config_plugin *config; /* or NULL: enabled by its manifest */
	enum isolation isolation;
	struct refusal refusal;
	int fd; /* never closed: see code_open() */
	struct json_object *manifest;
	struct json_object *head;      /* its member "plugin"; borrowed */
	struct json_object *published; /* the manifest as clients see it: with new names, without
				        * withheld rows */
	struct strings withheld;       /* tools that are not offered */
	char *options;		       /* JSON object text, defaults filled in */
	struct strings permissions;    /* granted */
	const char *upstream;	       /* the upstream of its requests; borrowed */
	bool running;
	struct code code;      /* in process; empty when isolated */
	struct worker *worker; /* isolated; or NULL */
};

/* Frees the plugin. Its file stays open if its code was loaded. */
void plugin_fini(struct plugin *plugin);

/* Finds and opens the file; checks owner, mode and directories. */
bool plugin_open(struct plugin *plugin, const struct strings *directories);
/* Reads the manifest and checks its name. */
bool plugin_read_manifest(struct plugin *plugin);
/* Checks options, permissions and upstream of the configuration with those of the manifest. */
bool plugin_configure(struct plugin *plugin, const struct config *config);

/* The configured names of its tools and prompts (prefix, rename). */
bool plugin_rename(struct plugin *plugin);
/* Withholds the tools whose requests were removed. */
void plugin_offer(struct plugin *plugin);

#endif

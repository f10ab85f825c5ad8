/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that the tests of the loader share. */
#ifndef TESTS_UNIT_LOADER_RIG_H
#define TESTS_UNIT_LOADER_RIG_H

#include "base/loop.h"
#include "plugin/loader.h"
#include "plugin/plugin.h"
#include "plugin_files.h"

#define BUILT(name) PLUGINS "/bad/" name ".so"
#define ENTRIES_MAX 4

/* A configuration with one plugin directory, which a test creates. */
struct rig {
	char *folder;
	struct config config;
	struct config_plugin plugin[ENTRIES_MAX];
	struct loop *loop;
	struct pool *pool;
	struct plugins *plugins;
	bool critical;
};

void rig_init(struct rig *rig);
struct config_plugin *rig_enable(struct rig *rig, const char *name);
void rig_load(struct rig *rig, bool check_only);
void rig_fini(struct rig *rig);
/* Returns the status of plugin number i, after checking its refusal and a part of its details. */
struct plugin_status expect(const struct rig *rig, size_t i, enum plugin_refusal refusal,
			    const char *why);
/* Loads one plugin "good", whose file the caller has prepared. */
void expect_one(struct rig *rig, enum plugin_refusal refusal, const char *why);

#endif

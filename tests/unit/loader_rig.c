/* SPDX-License-Identifier: Apache-2.0 */
#include "loader_rig.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/pool.h"
#include "call/inprocess.h"
#include "worker/worker.h"
#include "upstream/databricks/databricks.h"
#include "upstream/generic/generic.h"

void
rig_init(struct rig *rig)
{
	*rig = (struct rig){ .folder = folder_new() };
	worker_set_program(WORKER);
	rig->config.plugins.directories.item = &rig->folder;
	rig->config.plugins.directories.count = 1;
	rig->config.plugins.plugin = rig->plugin;
	rig->config.plugins.name_length = 35;
	rig->loop = loop_new();
	rig->pool = pool_new(rig->loop, 1, 1);
	unsetenv("LAKEHOST_TEST_LOADED");
	unsetenv("LAKEHOST_TEST_OPTIONS");
	unsetenv("LAKEHOST_TEST_STOPPED");
}

struct config_plugin *
rig_enable(struct rig *rig, const char *name)
{
	struct config_plugin *plugin = &rig->plugin[rig->config.plugins.count++];

	plugin->name = (char *)(uintptr_t)name;
	plugin->where = (char *)(uintptr_t) "test.conf:1";
	plugin->isolation = ISOLATION_NONE;
	return plugin;
}

void
rig_load(struct rig *rig, bool check_only)
{
	plugins_free(rig->plugins, NULL);
	rig->plugins = plugins_load(&rig->config, rig->loop, NULL, check_only, &rig->critical);
}

void
rig_fini(struct rig *rig)
{
	plugins_free(rig->plugins, NULL);
	pool_free(rig->pool);
	loop_free(rig->loop);
	folder_remove(rig->folder);
}

struct plugin_status
expect(const struct rig *rig, size_t i, enum plugin_refusal refusal, const char *why)
{
	struct plugin_status status = { 0 };

	CU_ASSERT_FATAL(i < plugins_count(rig->plugins));
	plugins_status(rig->plugins, i, &status);
	if (status.refusal != refusal || strstr(status.why, why) == NULL)
		printf("\n    %s: %s: %s (should be: %s: %s)", status.name,
		       plugin_refusal_text(status.refusal), status.why,
		       plugin_refusal_text(refusal), why);
	CU_ASSERT_EQUAL(status.refusal, refusal);
	CU_ASSERT(strstr(status.why, why) != NULL);
	return status;
}

void
expect_one(struct rig *rig, enum plugin_refusal refusal, const char *why)
{
	rig->config.plugins.count = 0;
	rig_enable(rig, "good");
	rig_load(rig, false);
	expect(rig, 0, refusal, why);
	CU_ASSERT(getenv("LAKEHOST_TEST_LOADED") == NULL);
	rig_fini(rig);
}

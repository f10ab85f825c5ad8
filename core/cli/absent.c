/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why an installed tool is not offered. Only the command line prints this: a client never learns
 * which tools are switched off.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "config/text.h"
#include "host/host.h"
#include "plugin/enabled.h"
#include "plugin/loader.h"
#include "registry/registry.h"

static bool
holds(const struct strings *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->item[i], name) == 0)
			return true;
	return false;
}

/* Does the tool belong to an enabled plugin that lacks a permission for it? */
static bool
tell_withheld(struct host *host, const char *name)
{
	struct plugins *plugins = host_plugins(host);

	for (size_t i = 0; i < plugins_count(plugins); i++) {
		struct plugin_status status;

		plugins_status(plugins, i, &status);
		if (status.refusal != PLUGIN_OK || !holds(status.withheld, name))
			continue;
		fprintf(stderr,
			"It is a tool of plugin %s. The permissions in the plugin's file do "
			"not allow its requests.\n",
			status.name);
		return true;
	}
	return false;
}

/* Is the plugin enabled in the configuration, but refused? */
static bool
is_refused(struct host *host, const char *plugin)
{
	struct plugins *plugins = host_plugins(host);

	for (size_t i = 0; i < plugins_count(plugins); i++) {
		struct plugin_status status;

		plugins_status(plugins, i, &status);
		if (strcmp(status.name, plugin) == 0)
			return status.refusal != PLUGIN_OK;
	}
	return false;
}

void
cli_tell_absent(struct host *host, const char *tool)
{
	const struct config *config = host_config(host);
	const struct row *row = registry_tool(host_registry(host), tool, row_view_of(ACCESS_ADMIN));
	char *plugin;

	if (row != NULL) {
		fprintf(stderr,
			"It is a tool of plugin %s and needs policy.access \"%s\". The "
			"configured access is \"%s\".\n",
			row->owner, access_name(row->access), access_name(config->access));
		return;
	}
	if (tell_withheld(host, tool))
		return;
	plugin = plugins_with_tool(&config->plugins.directories, tool);
	if (plugin != NULL && is_refused(host, plugin))
		fprintf(stderr,
			"It is a tool of plugin %s, which was refused. Run \"lakehost check\" "
			"to see the reason.\n",
			plugin);
	else if (plugin != NULL)
		fprintf(stderr,
			"It is a tool of plugin %s, which is not enabled. Run \"lakehost "
			"plugin enable %s\".\n",
			plugin, plugin);
	free(plugin);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the configuration has several workspaces, each tool of a plugin for a workspace gets the
 * argument `workspace`. The plugin does not know it: the host chooses the upstream by it.
 */
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "plugin/plugin.h"

#define DESCRIPTION_MAX 512

static struct json_object *
argument(const struct strings *workspaces)
{
	struct json_object *property = json_object_new_object(), *names = json_object_new_array();
	struct buf text;

	buf_init_keeping(&text, DESCRIPTION_MAX);
	for (size_t i = 0; i < workspaces->count; i++)
		json_object_array_add(names, json_object_new_string(workspaces->item[i]));
	buf_printf(&text, "The workspace to use; default %s.", workspaces->item[0]);
	json_object_object_add(property, "type", json_object_new_string("string"));
	json_object_object_add(property, "description", json_object_new_string(text.data));
	json_object_object_add(property, "enum", names);
	buf_fini(&text);
	return property;
}

/* A tool that has an argument of that name keeps its own. */
static void
add_to(struct json_object *tool, const struct strings *workspaces)
{
	struct json_object *schema = json_obj(tool, "inputSchema"),
			   *meta = json_obj(tool, "lakehost");
	struct json_object *properties = json_obj(schema, "properties");

	if (schema == NULL || json_get(properties, "workspace") != NULL)
		return;
	if (properties == NULL) {
		properties = json_object_new_object();
		json_object_object_add(schema, "properties", properties);
	}
	if (meta == NULL) {
		meta = json_object_new_object();
		json_object_object_add(tool, "lakehost", meta);
	}
	json_object_object_add(properties, "workspace", argument(workspaces));
	json_object_object_add(meta, "workspaces", json_object_new_boolean(true));
}

void
plugin_add_workspaces(struct plugin *plugin, const struct config *config)
{
	struct json_object *tools = json_arr(plugin->manifest, "tools");
	size_t n = tools != NULL ? json_object_array_length(tools) : 0;

	if (!config_has_workspaces(config, plugin->upstream) || plugin->permissions.count == 0)
		return;
	for (size_t i = 0; i < n; i++)
		add_to(json_object_array_get_idx(tools, i), &config->workspaces);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which plugins are enabled: those that the configuration names. With "all", or without any
 * setting, also plugins in the plugin directories whose manifest asks for it, or whose `enable_env`
 * variable is set. Only then are directories read.
 */
#include "plugin/enabled.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/mem.h"
#include "config/plugins.h"
#include "config/text.h"
#include "module/manifest.h"
#include "plugin/plugin.h"

#define SCANNED_MAX 1000u /* most files that are read */

struct list {
	struct plugin_name *item;
	size_t count;
};

static bool
list_has(const struct list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->item[i].name, name) == 0)
			return true;
	return false;
}

static void
list_add(struct list *list, const char *name, const struct config *config)
{
	const struct config_plugin *settings = config_plugin_settings(config, name);
	bool duplicate = list_has(list, name);

	list->item = xrealloc(list->item, (list->count + 1) * sizeof(*list->item));
	list->item[list->count++] = (struct plugin_name){ .name = xstrdup(name),
							  .config = settings,
							  .duplicate = duplicate };
}

static bool
env_is_true(const char *name)
{
	const char *value = name != NULL ? getenv(name) : NULL;

	return value != NULL && (strcasecmp(value, "true") == 0 || strcasecmp(value, "yes") == 0 ||
				 strcasecmp(value, "on") == 0 || strcmp(value, "1") == 0);
}

/* Reads the manifest of an installed plugin to see whether it is enabled by default. A plugin that
 * cannot be read is included, so that its refusal is reported. */
static bool
wishes(const char *name, const struct config *config)
{
	struct plugin plugin = { .name = xstrdup(name), .fd = -1 };
	bool wish = true;

	if (plugin_open(&plugin, &config->plugins.directories) && plugin_read_manifest(&plugin))
		wish = json_flag(plugin.head, config->plugins.all ? "in_all" : "default", false) ||
		       env_is_true(json_str(plugin.head, "enable_env"));
	plugin_fini(&plugin, NULL);
	return wish;
}

/* Calls fn with the name of each file NAME.so. */
static void
each_object(const char *path, void (*fn)(void *data, const char *name), void *data)
{
	const struct dirent *entry;
	DIR *dir = opendir(path);
	unsigned seen = 0;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL && seen < SCANNED_MAX) {
		size_t len = strlen(entry->d_name);
		char *name;

		if (len <= 3 || strcmp(entry->d_name + len - 3, ".so") != 0)
			continue;
		seen++;
		name = xstrndup(entry->d_name, len - 3);
		if (manifest_name_valid(name))
			fn(data, name);
		free(name);
	}
	closedir(dir);
}

struct scan {
	struct list *list;
	const struct config *config;
};

static void
add_if_wished(void *data, const char *name)
{
	const struct scan *scan = data;

	if (!list_has(scan->list, name) && wishes(name, scan->config))
		list_add(scan->list, name, scan->config);
}

void
plugins_each(const struct strings *directories, void (*fn)(void *data, const char *name),
	     void *data)
{
	for (size_t i = 0; i < directories->count; i++)
		each_object(directories->item[i], fn, data);
}

static void
add_name(void *data, const char *name)
{
	strings_add(data, name);
}

char *
plugins_near(const struct strings *directories, const char *name)
{
	struct strings names = { NULL, 0 };
	const char *near;
	char *copy;

	plugins_each(directories, add_name, &names);
	near = nearest_word(&names, name);
	copy = near != NULL ? xstrdup(near) : NULL;
	strings_fini(&names);
	return copy;
}

struct tool_search {
	const struct strings *directories;
	const char *tool;
	char *plugin; /* the first directory that has the file */
};

static void
note_if_it_has(void *data, const char *name)
{
	struct tool_search *search = data;
	struct plugin plugin = { .name = xstrdup(name), .fd = -1 };
	struct json_object *tools = NULL;

	if (search->plugin == NULL && plugin_open(&plugin, search->directories) &&
	    plugin_read_manifest(&plugin))
		tools = json_arr(plugin.manifest, "tools");
	for (size_t i = 0; tools != NULL && i < json_object_array_length(tools); i++)
		if (search->plugin == NULL &&
		    manifest_row_named(json_object_array_get_idx(tools, i), search->tool,
				       strlen(search->tool)))
			search->plugin = xstrdup(name);
	plugin_fini(&plugin, NULL);
}

char *
plugins_with_tool(const struct strings *directories, const char *tool)
{
	struct tool_search search = { .directories = directories, .tool = tool };

	plugins_each(directories, note_if_it_has, &search);
	return search.plugin;
}

/* Orders plugins by name. Of two with the same name the earlier one comes first. */
static int
by_name(const void *a, const void *b)
{
	const struct plugin_name *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	return order != 0 ? order : left->duplicate - right->duplicate;
}

struct plugin_name *
plugins_enabled(const struct config *config, size_t *count)
{
	struct list list = { NULL, 0 };
	struct scan scan = { .list = &list, .config = config };

	for (size_t i = 0; i < config->plugins.count; i++)
		list_add(&list, config->plugins.plugin[i].name, config);
	if (config->plugins.defaults || config->plugins.all)
		for (size_t i = 0; i < config->plugins.directories.count; i++)
			each_object(config->plugins.directories.item[i], add_if_wished, &scan);
	if (list.count > 0)
		qsort(list.item, list.count, sizeof(*list.item), by_name);
	*count = list.count;
	return list.item;
}

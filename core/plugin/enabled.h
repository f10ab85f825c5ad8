/* SPDX-License-Identifier: Apache-2.0 */
/* Which plugins are enabled, and which are installed. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_PLUGIN_ENABLED_H
#define CORE_PLUGIN_ENABLED_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct config_plugin;
struct strings;

/* The enabled plugins: those of the configuration, or those whose manifest asks to be enabled. */
struct plugin_name {
	char *name;
	const struct config_plugin *config;
	bool duplicate;
};
struct plugin_name *plugins_enabled(const struct config *config, size_t *count);

/* Calls fn with the name of each file NAME.so in the directories. */
void plugins_each(const struct strings *directories, void (*fn)(void *data, const char *name),
		  void *data);
/* The installed plugin with the most similar name, for free(), or NULL. */
char *plugins_near(const struct strings *directories, const char *name);
/* The installed plugin whose manifest has a tool of this name, for free(), or NULL. */
char *plugins_with_tool(const struct strings *directories, const char *tool);

#endif

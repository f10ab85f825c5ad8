/* SPDX-License-Identifier: Apache-2.0 */
/* The group `plugins` and the files in plugins-enabled and plugins-available. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_PLUGINS_H
#define CORE_CONFIG_PLUGINS_H

#include "config/config.h"

struct node;

void config_read_plugins(struct config *config, const struct node *root);
/* The directories plugins-enabled and plugins-available are beside the configuration file. */
void config_read_dropins(struct config *config, const char *directory,
			 struct config_faults *faults);
void config_plugin_fini(struct config_plugin *plugin);

/* The settings of a plugin. They come from its file in plugins-enabled. For a plugin that was
 * enabled by name, by `all` or by default, they come from the file in plugins-available. NULL when
 * there is no such file. */
const struct config_plugin *config_plugin_settings(const struct config *config, const char *name);

#endif

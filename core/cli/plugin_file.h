/* SPDX-License-Identifier: Apache-2.0 */
/* The files and links that enable plugins, for the commands that change them. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CLI_PLUGIN_FILE_H
#define CORE_CLI_PLUGIN_FILE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "config/config.h"

/* The files that were made, in order, so that a command that fails can remove them again. */
struct changes {
	struct strings made;
};
void changes_keep(struct changes *changes);
/* a removed file cannot be restored, so files are removed last */
void changes_undo(struct changes *changes);

/* Is NAME.so in a plugin directory? */
bool plugin_installed(const struct config *config, const char *name);
/* The manifest of a plugin, read without running its code. NULL after printing the reason. For
 * json_object_put(). */
struct json_object *plugin_manifest(const struct config *config, const char *name);
/* An argument with a slash or with the end .so is the path of a file, else a name. */
bool plugin_is_path(const char *which);
/* Opens this file, or NAME.so in the plugin directories; `path` is then for free() in any case. -1
 * with errno. */
int plugin_file_open(const struct config *config, const char *which, char **path);
/* Prints on stderr that there is no plugin of this name, and suggests a similar one. */
void plugin_print_unknown(const struct config *config, const char *name);

/* The directory plugins-enabled; the function makes it if it does not exist. False after printing
 * the reason. */
bool plugin_folder_make(const struct config *config, struct changes *changes);
/* Makes the link plugins-enabled/NAME.conf to the file in plugins-available. That file is written
 * from the manifest if it does not exist. An existing link is accepted. False after printing the
 * reason. */
bool plugin_link(const struct config *config, const char *name, struct changes *changes);
/* Makes plugins-enabled/default.conf: plugins that are enabled by default stay enabled. */
bool plugin_mark_default(const struct config *config, struct changes *changes);

#endif

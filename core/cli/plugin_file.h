/* SPDX-License-Identifier: Apache-2.0 */
/* The files and links by which plugins are enabled, between the commands that deal with them. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CLI_PLUGIN_FILE_H
#define CORE_CLI_PLUGIN_FILE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "config/config.h"

/* What was made on disk, in order, so that a command that fails leaves nothing. */
struct changes {
	struct strings made;
};
void changes_keep(struct changes *changes);
void changes_undo(struct changes *changes); /* what was put away comes not back: do that last */

/* Is NAME.so in a plugin directory? */
bool plugin_installed(const struct config *config, const char *name);
/* Its manifest, read without running its code; NULL after printing why. For json_object_put(). */
struct json_object *plugin_manifest(const struct config *config, const char *name);
/* On stderr: that there is no plugin of this name, and which was probably meant. */
void plugin_print_unknown(const struct config *config, const char *name);

/* The folder plugins-enabled, made where it is absent. False after printing why. */
bool plugin_folder_make(const struct config *config, struct changes *changes);
/* The link plugins-enabled/NAME.conf to the file in plugins-available, which is written from the
 * manifest where there is none. That the link is there is fine. False after printing why. */
bool plugin_link(const struct config *config, const char *name, struct changes *changes);
/* plugins-enabled/default.conf: those that are enabled by default stay so. */
bool plugin_mark_default(const struct config *config, struct changes *changes);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The host's own tool, get_server_info, as a plugin that is part of the program. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_SERVER_SERVER_H
#define CORE_SERVER_SERVER_H

#include "plugin/loader.h"

struct config;

extern const struct plugin_builtin server_plugin;

/* Sets the data that the tools report. Both pointers must outlive every call. One host in a
 * process. Loop thread. */
void server_describe(const struct config *config, const struct plugins *plugins);

#endif

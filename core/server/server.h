/* SPDX-License-Identifier: Apache-2.0 */
/* The host's own tools, as a plugin that is part of the program: get_server_info. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_SERVER_SERVER_H
#define CORE_SERVER_SERVER_H

#include "plugin/loader.h"

struct config;

extern const struct plugin_builtin server_plugin;

/* What the tools tell about; both must outlive every call. One host a process. Loop thread. */
void server_describe(const struct config *config, const struct plugins *plugins);

#endif

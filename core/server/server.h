/* SPDX-License-Identifier: Apache-2.0 */
/* The host's own tool, get_server_info, as a plugin that is part of the program. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_SERVER_SERVER_H
#define CORE_SERVER_SERVER_H

#include "plugin/loader.h"

struct config;
struct limits;

extern const struct plugin_builtin server_plugin;

/* What the tools report: mcp_self() of their calls (plugins_set_self()). Borrowed. */
struct server_facts {
	const struct config *config;
	const struct plugins *plugins;
	const struct limits *limits; /* NULL: nothing is limited */
};

#endif

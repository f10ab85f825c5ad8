/* SPDX-License-Identifier: Apache-2.0 */
/* The facts about a row's plugin that a call needs. The plugin layer fills in this struct. The
 * struct does not change and outlives every row that points to it. So calls and the policy do not
 * depend on the plugin layer. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_REGISTRY_PROVIDER_H
#define CORE_REGISTRY_PROVIDER_H

#include <stdbool.h>

#include "config/config.h"

struct mcp_row;
struct plugin;
struct row;
struct runner;
struct worker;

struct provider {
	const char *name; /* of the plugin */
	/* the options as JSON object text, with defaults filled in */
	const char *options;
	const struct strings *permissions; /* the requests that the plugin may send */
	const char *upstream;		   /* the upstream of these requests; NULL: "workspace" */
	/* the plugin is part of the program and may use every upstream */
	bool of_host;
	const struct runner *runner; /* the functions that run its steps, see call/runner.h */
	struct worker *worker;	     /* data of the runner, when the plugin is isolated */
	struct plugin *plugin;	     /* data of the plugin layer, which owns it */
	/* the value that the plugin's start() has set, if the plugin runs in this process */
	void *self;
	/* The functions of a row; NULL when the plugin's code is not in this process. */
	const struct mcp_row *(*code)(const struct provider *provider, const struct row *row);
	/* Called when the plugin reports a change of a list ("tools", …) or of the resource `uri`.
	 * Any thread. */
	void (*changed)(const struct provider *provider, const char *what, const char *uri);
};

#endif

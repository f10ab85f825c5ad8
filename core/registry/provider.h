/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plugin of a row: everything that a call needs of it. The plugin layer fills it in. It does
 * not change, and outlives every row that points to it. So calls and the policy do not depend on
 * that layer.
 */
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
	const char *name;		   /* of the plugin */
	const char *options;		   /* JSON object text, defaults filled in */
	const struct strings *permissions; /* requests that it may send */
	const char *upstream;		   /* the upstream that they go to; NULL: "workspace" */
	bool of_host;			   /* part of the program: may use every upstream */
	const struct runner *runner;	   /* runs its steps, see call/runner.h */
	struct worker *worker;		   /* the runner's, when the plugin is isolated */
	struct plugin *plugin;		   /* owned by the plugin layer */
	void *self;			   /* the value that its start() set, if it runs in this
					    * process */
	/* The functions of a row; NULL when the plugin's code is not in this process. */
	const struct mcp_row *(*code)(const struct provider *provider, const struct row *row);
	/* The plugin reports a change of a list ("tools", …) or of the resource `uri`. Any
	 * thread. */
	void (*changed)(const struct provider *provider, const char *what, const char *uri);
};

#endif

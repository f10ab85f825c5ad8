/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who runs a row: all that a call needs to know of the row's plugin. The plugin layer fills it in;
 * it does not change, and outlives every row that points to it. So neither calls nor the policy see
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
	const char *upstream;		   /* role of where they go; NULL: "workspace" */
	bool of_host;			   /* part of the program: may use every upstream */
	const struct runner *runner;	   /* runs its steps, see call/runner.h */
	struct worker *worker;		   /* the runner's, when the plugin is isolated */
	struct plugin *plugin;		   /* the plugin layer's */
	void *self;			   /* what its start() set, when it runs in this process */
	/* The functions of a row; NULL when the plugin's code is not in this process. */
	const struct mcp_row *(*code)(const struct provider *provider, const struct row *row);
	/* The plugin says that a list ("tools", …) or the resource `uri` has changed. Any
	 * thread. */
	void (*changed)(const struct provider *provider, const char *what, const char *uri);
};

#endif

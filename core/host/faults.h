/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a configuration although a host could start with it: a plugin that was
 * refused, an upstream that cannot be used. For "lakehost check" and for a reload. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_HOST_FAULTS_H
#define CORE_HOST_FAULTS_H

#include <stdbool.h>

struct buf;
struct config;
struct config_upstream;
struct generation;
struct plugin_status;
struct plugins;
struct strings;

#define USERS_MAX 400u	     /* bytes of the names of an upstream's plugins */
#define FAULT_TEXT_MAX 2000u /* bytes of a fault */

/* Each of these appends the text of the fault; false: there is none. */
bool plugin_fault(const struct plugin_status *status, struct buf *text);
bool upstream_fault(const struct plugins *plugins, const struct config_upstream *upstream,
		    struct buf *text);
/* The plugin names an upstream that the configuration does not have. */
bool missing_upstream(const struct config *config, const struct plugin_status *status,
		      struct buf *text);
/* The names of the enabled plugins that send requests to this upstream, comma-separated; false when
 * there is none. */
bool upstream_users(const struct config *config, const struct plugins *plugins,
		    const struct config_upstream *upstream, struct buf *names);

/* All of them, and those of the files of prompts and of the listeners, each with its subject. Any
 * thread. */
void generation_faults(const struct generation *generation, struct strings *faults);

#endif

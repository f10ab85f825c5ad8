/* SPDX-License-Identifier: Apache-2.0 */
/* What the log says at the start about plugins and upstreams. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_HOST_REPORTS_H
#define CORE_HOST_REPORTS_H

#include "base/log.h"

struct config;
struct plugins;
struct strings;

/* An event for each line of the list. */
void report_lines(enum log_level level, const char *event, const struct strings *lines);
/* A line for each plugin: it serves, or why it was refused. */
void plugins_report(const struct plugins *plugins);
/* A line for each upstream that a plugin uses and that cannot be used, and its warnings. */
void upstreams_report(const struct config *config, const struct plugins *plugins);

#endif

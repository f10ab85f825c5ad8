/* SPDX-License-Identifier: Apache-2.0 */
/* The groups `metrics` and `traces`. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_METRICS_H
#define CORE_CONFIG_METRICS_H

#include "config/config.h"

struct node;

void config_read_metrics(struct config *config, const struct node *root);
void config_read_traces(struct config *config, const struct node *root); /* after the upstreams */
void config_metrics_fini(struct config *config);

#endif

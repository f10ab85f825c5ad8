/* SPDX-License-Identifier: Apache-2.0 */
/* The groups `limits` and `results`. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_LIMITS_H
#define CORE_CONFIG_LIMITS_H

#include "config/config.h"

struct node;

void config_read_limits(struct config *config, const struct node *root);
void config_limits_fini(struct config *config);

#endif

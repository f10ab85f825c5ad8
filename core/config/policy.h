/* SPDX-License-Identifier: Apache-2.0 */
/* The group `policy`: access for all, and the rules. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_POLICY_H
#define CORE_CONFIG_POLICY_H

#include <stdbool.h>

struct config;
struct node;

/* With `read_only` (--read-only) policy.access is at most "read". */
void config_read_policy(struct config *config, const struct node *root, bool read_only);
void config_policy_fini(struct config *config);

#endif

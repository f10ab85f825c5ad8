/* SPDX-License-Identifier: Apache-2.0 */
/* The group `audit`. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_AUDIT_H
#define CORE_CONFIG_AUDIT_H

#include "config/config.h"

struct node;

void config_read_audit(struct config *config, const struct node *root);
void config_audit_fini(struct config *config);

#endif

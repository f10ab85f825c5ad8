/* SPDX-License-Identifier: Apache-2.0 */
/* The group `auth`, the list `principals` and policy.default_access: who may call over HTTP. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_AUTH_H
#define CORE_CONFIG_AUTH_H

#include "config/config.h"

struct node;

void config_read_auth(struct config *config, const struct node *root);
void config_auth_fini(struct config *config);

#endif

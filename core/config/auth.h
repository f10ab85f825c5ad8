/* SPDX-License-Identifier: Apache-2.0 */
/* The group `auth`, the list `principals` and policy.default_access: who may call over HTTP. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_AUTH_H
#define CORE_CONFIG_AUTH_H

#include "config/config.h"

struct node;

/* For a reader of a setting that names a group: from now on principals can be in it. */
void config_name_group(struct config *config, const struct node *node, const char *key,
		       const char *name);
void config_read_auth(struct config *config, const struct node *root);
void config_auth_fini(struct config *config);

#endif

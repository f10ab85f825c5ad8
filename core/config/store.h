/* SPDX-License-Identifier: Apache-2.0 */
/* limits.store: where the accounts of principals are kept. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_STORE_H
#define CORE_CONFIG_STORE_H

#include "config/config.h"

struct node;

/* `limits` is the group. */
void config_read_store(struct config *config, const struct node *limits);
void config_store_fini(struct config *config);

#endif

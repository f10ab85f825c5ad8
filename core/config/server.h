/* SPDX-License-Identifier: Apache-2.0 */
/* The group `server`. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_SERVER_H
#define CORE_CONFIG_SERVER_H

#include "config/config.h"

struct node;

void config_read_server(struct config *config, const struct node *root,
			const struct config_overrides *overrides);
/* /.local/state/lakehost; for free(). ~/.local/state/lakehost; for free(). NULL: no such directory
 * is known. */
char *config_state_file(const char *name);
void config_server_fini(struct config *config);

#endif

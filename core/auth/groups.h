/* SPDX-License-Identifier: Apache-2.0 */
/* The groups of a principal, from the ways in which a credential names them. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUTH_GROUPS_H
#define CORE_AUTH_GROUPS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/principal.h"

struct config;

/* Puts the principal into this group, unless the configuration does not name it: then it changes
 * nothing. False: the principal is in more than PRINCIPAL_GROUPS_MAX groups that are named, so that
 * a rule about one of them could be missed. */
bool groups_add(const struct config *config, const char *name, size_t len,
		struct principal *principal);
/* Adds the principal to each group of a list: names with commas between them. White space
 * around a name is ignored. */
bool groups_add_list(const struct config *config, const char *names, struct principal *principal);

#endif

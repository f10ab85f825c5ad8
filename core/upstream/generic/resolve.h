/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the group of a generic upstream. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_GENERIC_RESOLVE_H
#define CORE_UPSTREAM_GENERIC_RESOLVE_H

#include <stdbool.h>

struct config_upstream;
struct node;

/* See struct upstream_kind. */
void generic_resolve(struct config_upstream *upstream, const struct node *group);

/* Makes "https://host[:port][/path]", with no slash at the end, from an address. A query or
 * fragment is rejected. For free(). Returns NULL when valid, else the reason. */
const char *generic_url(const char *text, bool allow_http, char **url);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the group of a generic upstream. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_GENERIC_RESOLVE_H
#define CORE_UPSTREAM_GENERIC_RESOLVE_H

struct config_upstream;
struct node;

/* See struct upstream_kind. */
void generic_resolve(struct config_upstream *upstream, const struct node *group);

#endif

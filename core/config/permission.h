/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The syntax of permissions: lists of "METHOD /path", the requests that a plugin may send to its
 * upstream. `*` is one segment inside a path, and one or more at its end. "METHOD link" stands for
 * pre-signed links to any host in upstreams.*.link_suffixes.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_PERMISSION_H
#define CORE_CONFIG_PERMISSION_H

#include <stdbool.h>

struct strings;

/* True when a permission list allows "METHOD /path". Also used with templates when a plugin is
 * loaded. */
bool permission_allows(const struct strings *permissions, const char *method, const char *path);
/* Does a permission list allow pre-signed links for this method? */
bool permission_allows_link(const struct strings *permissions, const char *method);
/* NULL when the permission is valid, else the reason. */
const char *permission_check(const char *permission);

#endif

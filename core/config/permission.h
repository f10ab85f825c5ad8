/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar of permissions: "METHOD /path" lists, which say what a plugin may ask its upstream.
 * `*` is one segment inside a path, one or more at its end. "METHOD link" stands for pre-signed
 * links, wherever they point to among upstreams.*.link_suffixes.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_PERMISSION_H
#define CORE_CONFIG_PERMISSION_H

#include <stdbool.h>

struct strings;

/* True when "METHOD /path" is allowed by a permission list. Used at load time too, on templates. */
bool permission_allows(const struct strings *permissions, const char *method, const char *path);
/* The same for pre-signed links. */
bool permission_allows_link(const struct strings *permissions, const char *method);
/* NULL when well-formed, else why not. */
const char *permission_check(const char *permission);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Names of users that others give: a proxy in a header, an authorization server in a claim, an
 * authority in a certificate. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUTH_USER_H
#define CORE_AUTH_USER_H

#include <stdbool.h>

/* 1 to 255 printable ASCII characters without a comma, and not the name of standard input. A comma:
 * a proxy may have joined two headers, so that it is not known which one is meant. */
bool user_name_valid(const char *name);

#endif

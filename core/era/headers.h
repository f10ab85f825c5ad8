/* SPDX-License-Identifier: Apache-2.0 */
/* The headers in which a modern request over HTTP repeats parts of its body (MCP 2026-07-28,
 * basic/transports, "Standard Request Headers" and "Custom Headers from Tool Parameters"). */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_HEADERS_H
#define CORE_ERA_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

struct request;

/* Checks all of them, in the order of the specification. NULL, or the one that is missing or
 * differs (`why` has the text). The version header is checked in modern.c, because the check of the
 * version itself comes before the other headers. */
const char *headers_check(const struct request *request, char *why, size_t why_size);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The headers in which a modern request over HTTP repeats what its body says (MCP 2026-07-28,
 * basic/transports, "Standard Request Headers" and "Custom Headers from Tool Parameters"). */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_HEADERS_H
#define CORE_ERA_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

struct request;

/* All of them, in the order of the specification. NULL, or which one is missing or differs (`why`
 * holds the text). The version header is checked apart, because the version comes in between. */
const char *headers_check(const struct request *request, char *why, size_t why_size);

#endif

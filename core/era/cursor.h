/* SPDX-License-Identifier: Apache-2.0 */
/* Cursors of lists: the start of a page, sealed for one principal and one list. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_CURSOR_H
#define CORE_ERA_CURSOR_H

#include <stdbool.h>
#include <stddef.h>

#include "registry/registry.h"

struct json;
struct request;

/* Reads params.cursor. False: the cursor was not made for this list and this principal. */
bool cursor_open(const struct request *request, enum row_kind kind, size_t *start);
/* Adds nextCursor. */
void cursor_seal(const struct request *request, enum row_kind kind, size_t start, struct json *out);

#endif

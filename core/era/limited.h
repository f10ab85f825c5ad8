/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of a principal, before its call (limits/limits.h). */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_LIMITED_H
#define CORE_ERA_LIMITED_H

#include <stdbool.h>

struct json_object;
struct request;
struct row;

/* True: the call may begin, and the request has its ticket. False: the request was answered. A
 * refusal is the tool's answer, with HTTP status 200: a model reads it and knows when to come
 * back. Clients treat status 429 as a failure of the connection. */
bool limited_allows(struct request *request, const struct row *row, struct json_object *arguments);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* A call that the caller may make, but not with the scopes of its token: the client is told which
 * scope it needs, and can ask the authorization server for it (MCP, basic/authorization, "Scope
 * Challenge Handling"). */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_STEP_UP_H
#define CORE_ERA_STEP_UP_H

#include <stdbool.h>

struct json_object;
struct request;
struct row;

/* For a call that policy_decide_in() has refused for this workspace. True: a wider scope would
 * allow it, so the request was answered with 403 and is gone. */
bool step_up(struct request *request, const struct row *row, struct json_object *arguments,
	     const char *workspace);

#endif

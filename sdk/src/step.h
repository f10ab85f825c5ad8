/* SPDX-License-Identifier: Apache-2.0 */
/* What the helpers remember within a step, behind mcp_call.sdk: trees parsed once. */
#ifndef LAKEHOST_SDK_STEP_H
#define LAKEHOST_SDK_STEP_H

#include <json-c/json.h>

#include <lakehost/call.h>

struct step {
	struct json_object *arguments, *options;
	struct json_object *reply[MCP_REQUESTS_MAX]; /* bodies of the replies */
};

/* Made at the first use of a step. Never NULL. */
struct step *step_of(struct mcp_call *call);

#endif

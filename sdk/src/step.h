/* SPDX-License-Identifier: Apache-2.0 */
/* Data of the helpers within a step, reached by mcp_call.sdk: trees that were already parsed. */
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

/* SPDX-License-Identifier: Apache-2.0 */
/* Data that the helpers keep during a step, in mcp_call.sdk: trees that were already parsed. */
#ifndef LAKEHOST_SDK_STEP_H
#define LAKEHOST_SDK_STEP_H

#include <json-c/json.h>

#include <lakehost/call.h>

struct step {
	struct json_object *arguments, *options;
	struct json_object *reply[MCP_REQUESTS_MAX]; /* the parsed bodies of the replies */
};

/* The data of this step, made at its first use. Never NULL. */
struct step *step_of(struct mcp_call *call);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Trees of json-c that a plugin has built, with any depth. json-c prints and frees trees by
 * recursion, and the stack of a step is small. */
#ifndef LAKEHOST_SDK_TREE_H
#define LAKEHOST_SDK_TREE_H

#include <json-c/json.h>
#include <stddef.h>

#include <lakehost/call.h>

/* Does the same as json_object_put(), without recursion. */
void tree_put(struct json_object *tree);
/* The tree as JSON text, which lives as long as the tree. NULL when it is nested deeper than
 * PARSE_DEPTH_MAX (parse.h). Then the call fails; `what` names the tree in the message. */
const char *tree_text(struct mcp_call *call, struct json_object *tree, const char *what,
		      size_t *len);

#endif

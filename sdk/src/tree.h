/* SPDX-License-Identifier: Apache-2.0 */
/* Trees of json-c that a plugin has built, of any depth. json-c prints and frees by recursion, and
 * a step has a small stack. */
#ifndef LAKEHOST_SDK_TREE_H
#define LAKEHOST_SDK_TREE_H

#include <json-c/json.h>
#include <stddef.h>

#include <lakehost/call.h>

/* json_object_put() without recursion. */
void tree_put(struct json_object *tree);
/* The tree as JSON text, which lives as long as the tree. NULL when it is nested deeper than
 * PARSE_DEPTH_MAX (parse.h): then the call has failed, and `what` says of what. */
const char *tree_text(struct mcp_call *call, struct json_object *tree, const char *what,
		      size_t *len);

#endif

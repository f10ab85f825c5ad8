/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include <stdbool.h>
#include <stdlib.h>

#include "memory_gone.h"
#include "parse.h"

/* ---- freeing -------------------------------------------------------------------------------- */

/* Nodes that will be freed. The list holds one reference to each node. */
struct pending {
	struct json_object **node;
	size_t n, room;
};

static void
add(struct pending *pending, struct json_object *node)
{
	if (!json_object_is_type(node, json_type_object) &&
	    !json_object_is_type(node, json_type_array))
		return;
	if (pending->n == pending->room) {
		pending->room = pending->room == 0 ? 64 : pending->room * 2;
		pending->node =
		    realloc(pending->node, pending->room * sizeof(struct json_object *));
		if (pending->node == NULL)
			memory_gone();
	}
	pending->node[pending->n++] = json_object_get(node);
}

static void
add_members(struct pending *pending, struct json_object *node)
{
	struct json_object_iter member;

	if (json_object_is_type(node, json_type_object)) {
		json_object_object_foreachC(node, member) {
			add(pending, member.val);
		}
		return;
	}
	for (size_t i = 0; i < json_object_array_length(node); i++)
		add(pending, json_object_array_get_idx(node, i));
}

/* Takes a reference to the members of a node before the node is released, so that they are not
 * freed together with it. So json-c never recurses by more than one level. */
void
tree_put(struct json_object *tree)
{
	struct pending pending = { 0 };

	add(&pending, tree);
	json_object_put(tree);
	while (pending.n > 0) {
		struct json_object *node = pending.node[--pending.n];

		add_members(&pending, node);
		json_object_put(node);
	}
	free(pending.node);
}

/* ---- printing ------------------------------------------------------------------------------- */

/* The depth of the recursion is limited by `levels`. */
static bool
fits(struct json_object *tree, unsigned levels)
{
	struct json_object_iter member;

	if (json_object_is_type(tree, json_type_object)) {
		json_object_object_foreachC(tree, member)
			if (levels == 0 || !fits(member.val, levels - 1))
				return false;
	} else if (json_object_is_type(tree, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(tree); i++)
			if (levels == 0 || !fits(json_object_array_get_idx(tree, i), levels - 1))
				return false;
	}
	return true;
}

const char *
tree_text(struct mcp_call *call, struct json_object *tree, const char *what, size_t *len)
{
	if (fits(tree, PARSE_DEPTH_MAX))
		return json_object_to_json_string_length(tree,
							 JSON_C_TO_STRING_PLAIN |
							     JSON_C_TO_STRING_NOSLASHESCAPE,
							 len);
	*len = 0;
	mcp_fail(call, MCP_E_INTERNAL,
		 mcp_printf(call, "The plugin of %s made a mistake",
			    mcp_context(call, MCP_CTX_ROW).data),
		 mcp_printf(call, "%s is nested deeper than %u levels", what, PARSE_DEPTH_MAX),
		 "Report this to the maintainer of the plugin");
	return NULL;
}

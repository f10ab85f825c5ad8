/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the item at a workspace path. The workspace keeps the source of a notebook under a path
 * without the file's extension. So a path that does not exist is looked up without its extension
 * too.
 */
#include "workspace.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct look {
	item_fn fn;
	bool shortened; /* the extension was removed from the path */
	char argument[32];
	_Alignas(max_align_t) char inner[LOOK_STATE_MAX];
};

_Static_assert(sizeof(struct look) <= MCP_STATE_MAX, "the state of a lookup must fit");

const char *
notebook_path(struct mcp_call *call, const char *path)
{
	static const char *const extensions[] = { ".py", ".r", ".scala", ".sql", ".ipynb" };
	const char *name = strrchr(path, '/'), *dot = strrchr(path, '.');

	if (name == NULL || dot == NULL || dot <= name + 1)
		return NULL;
	for (size_t i = 0; i < COUNT(extensions); i++)
		if (strcasecmp(dot, extensions[i]) == 0)
			return mcp_printf(call, "%.*s", (int)(dot - path), path);
	return NULL;
}

static int looked_at(struct mcp_call *call, const void *state, size_t len);

static int
look_at(struct mcp_call *call, const struct look *look, const char *path)
{
	return mcp_fetch(call, "/api/2.0/workspace/get-status{?path}",
			 mcp_object(call, "path", path, NULL), looked_at, look, sizeof(*look));
}

static int
looked_at(struct mcp_call *call, const void *state, size_t len)
{
	struct look look;
	struct dbx_error error;
	struct mcp_words words;
	struct json_object *item;
	const char *asked, *path, *notebook;
	bool missing;

	(void)len;
	memcpy(&look, state, sizeof(look));
	asked = mcp_arg(call, look.argument);
	notebook = notebook_path(call, asked);
	words = path_words(call, asked);
	missing = !dbx_ok(call, mcp_reply(call, 0), &error) && error.status == MCP_E_NOT_FOUND;
	if (missing && !look.shortened && notebook != NULL) {
		look.shortened = true;
		return look_at(call, &look, notebook);
	}
	item = dbx_reply(call, 0, &words);
	if (item == NULL)
		return MCP_E_UPSTREAM;
	if (mcp_get(item, "object_type") == NULL)
		return mcp_fail(call, MCP_E_UPSTREAM,
				mcp_printf(call, "%s could not be read.", words.object),
				"The reply of the workspace does not describe the path.", NULL);
	/* Without the extension only a notebook is the right item. */
	if (look.shortened && strcmp(mcp_get_str(call, item, "object_type", ""), "NOTEBOOK") != 0)
		return mcp_fail(call, MCP_E_NOT_FOUND,
				mcp_printf(call, "%s does not exist.", words.object), NULL,
				words.not_found);
	path = look.shortened ? notebook : asked;
	return look.fn(call, path, item, look.inner);
}

int
item_look(struct mcp_call *call, const char *argument, item_fn fn, const void *state, size_t len)
{
	struct look look = { .fn = fn };
	const char *path = mcp_arg(call, argument);

	snprintf(look.argument, sizeof(look.argument), "%s", argument);
	if (len > 0)
		memcpy(look.inner, state, len);
	if (path == NULL || path[0] != '/' || strlen(path) > WORKSPACE_PATH_MAX)
		return mcp_fail(call, MCP_E_INPUT,
				mcp_printf(call, "%s is not a workspace path.", argument),
				mcp_printf(call,
					   "A path must begin with / and have at most %d "
					   "bytes.",
					   WORKSPACE_PATH_MAX),
				"Start with list_workspace_items path=/.");
	return look_at(call, &look, path);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers of the workspace plugin. Workspace and repos API 2.0, jobs API 2.2, command
 * execution API 1.2: https://docs.databricks.com/api/workspace/workspace and the following
 * chapters */
#ifndef PLUGINS_WORKSPACE_H
#define PLUGINS_WORKSPACE_H

#include "databricks.h"
#include "workspace.rows.h"
#include "runs.h"

/* ---- look.c ---------------------------------------------------------------------------------- */

/* most bytes of a path, which must fit into the state between steps */
#define WORKSPACE_PATH_MAX 2048
#define LOOK_STATE_MAX 1100

/* The item at `path`. `item` is the reply of get-status and has an object_type. */
typedef int (*item_fn)(struct mcp_call *call, const char *path, struct json_object *item,
		       const void *state);
/* Reads the item at the path in `argument`, then runs `fn` with a copy of `state`. A path with a
 * source extension that does not exist is looked up without it, because it may be a notebook. Fails
 * the call when nothing exists there. */
int item_look(struct mcp_call *call, const char *argument, item_fn fn, const void *state,
	      size_t len);
/* `path` without its extension. NULL when it does not have the extension of a notebook's source. */
const char *notebook_path(struct mcp_call *call, const char *path);

/* ---- notebook.c, outputs.c ------------------------------------------------------------------- */

#define ROOM_FOR_WORDS 2000 /* bytes of a result that are kept for lines other than the content */
#define ROOM_LEAST 1000	    /* bytes of content that are always shown */

/* The number of bytes in a result for the content. */
size_t say_room(struct mcp_call *call);

int64_t count_lines(const char *text, size_t len);
/* Writes the lines that start_line and end_line select, as far as a result has room, and the next
 * call. `what` is added in brackets after the path. */
int say_lines(struct mcp_call *call, const char *text, size_t len, const char *path,
	      const char *what);
/* Writes the cells of a Jupyter export with their outputs. */
int say_outputs(struct mcp_call *call, const char *export, size_t len, const char *path);

/* The texts of a failure about a workspace path. */
struct mcp_words path_words(struct mcp_call *call, const char *path);

/* The text without ANSI escapes; with `html` also without tags and entities. */
const char *clean_text(struct mcp_call *call, const char *text, bool html);
/* The text of an HTML page, with a line for each row and tabs between cells. */
const char *html_text(struct mcp_call *call, const char *html);
/* Code without the indentation that all its lines share. */
const char *without_indent(struct mcp_call *call, const char *code);

#endif

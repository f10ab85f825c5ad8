/* SPDX-License-Identifier: Apache-2.0 */
/* The prompts. A user selects a prompt in a client, so that the model does a task with the tools of
 * the other plugins. Each prompt embeds current data of the workspace as a resource, and gives the
 * order of the next steps. Unity Catalog API 2.1, jobs API 2.2. */
#ifndef PLUGINS_PROMPTS_H
#define PLUGINS_PROMPTS_H

#include "databricks.h"
#include "prompts.rows.h"

#define UC "/api/2.1/unity-catalog"

/* ---- text.c ---------------------------------------------------------------------------------- */

/* A text of limited length. Lines that do not fit are left out and counted. */
struct text {
	char *data;
	size_t len, room;
	unsigned lines, left_out;
};

/* Starts a text that may use a share of the allowed length, so that the instructions of the prompt
 * always fit too. */
struct text text_new(struct mcp_call *call);
/* Appends one line with its line end, or counts it as a line that is left out. */
void text_line(struct mcp_call *call, struct text *text, const char *format, ...) MCP_PRINTF(3, 4);
/* Appends the lines of a text of others. They are indented, so that they cannot look like lines of
 * the prompt. */
void text_lines(struct mcp_call *call, struct text *text, const char *lines);
/* Ends the text with the number of missing lines, if there are any. `next` names the call that
 * shows them. */
void text_end(struct mcp_call *call, struct text *text, const char *next);
/* Adds the text as a message of the user that embeds the resource `uri`. */
int text_embed(struct mcp_call *call, const struct text *text, const char *uri);
/* A cell on one line. "" for NULL; control characters become spaces; at most 120 bytes. */
const char *one_line(struct mcp_call *call, const char *value);
const char *line_within(struct mcp_call *call, const char *value, size_t most);

/* ---- catalog.c ------------------------------------------------------------------------------- */

/* Requests the first page of a list of Unity Catalog that is not empty. Then calls `fn`, which gets
 * the page as reply 0. `path` (a template over `values`) and `items` are static. */
int uc_list(struct mcp_call *call, const char *path, const char *items, struct json_object *values,
	    mcp_step_fn fn);
/* An argument, or NULL when it is absent or empty. */
const char *given(struct mcp_call *call, const char *argument);

#endif

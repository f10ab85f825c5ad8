/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The prompts: what a person picks in a client to have a task done with the tools of the other
 * plugins. Each puts what the workspace knows into the conversation as a resource, read at that
 * moment, and says in which order to go on. Unity Catalog API 2.1, jobs API 2.2.
 */
#ifndef PLUGINS_PROMPTS_H
#define PLUGINS_PROMPTS_H

#include "databricks.h"
#include "prompts.rows.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define UC "/api/2.1/unity-catalog"

/* ---- text.c ---------------------------------------------------------------------------------- */

/* Text of bounded length; what does not fit is left out, line by line, and counted. */
struct text {
	char *data;
	size_t len, room;
	unsigned lines, left_out;
};

/* Room for a share of what a prompt may carry, so that its instructions always fit too. */
struct text text_new(struct mcp_call *call);
/* Appends one line, with its line end, or counts it as left out. */
void text_line(struct mcp_call *call, struct text *text, const char *format, ...) MCP_PRINTF(3, 4);
/* Appends the lines of somebody else's text, indented, so that none looks like one of ours. */
void text_lines(struct mcp_call *call, struct text *text, const char *lines);
/* Ends with how many lines are missing, if any; `next` tells how to see them. */
void text_end(struct mcp_call *call, struct text *text, const char *next);
/* The text as a message of the user that embeds the resource `uri`. */
int text_embed(struct mcp_call *call, const struct text *text, const char *uri);
/* One line of a cell: "" for NULL, control characters as blanks, at most 120 bytes. */
const char *one_line(struct mcp_call *call, const char *value);
const char *line_within(struct mcp_call *call, const char *value, size_t most);

/* ---- catalog.c ------------------------------------------------------------------------------- */

/* A list of Unity Catalog: the first page with something on it, then `fn`, which finds it as reply
 * 0. `path` (a template over `values`) and `items` are static. */
int uc_list(struct mcp_call *call, const char *path, const char *items, struct json_object *values,
	    mcp_step_fn fn);
/* An argument, or NULL when it is not given or empty. */
const char *given(struct mcp_call *call, const char *argument);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers of the workspace plugin. Workspace and repos API 2.0, jobs API 2.2, command
 * execution API 1.2: https://docs.databricks.com/api/workspace/workspace and its neighbours */
#ifndef PLUGINS_WORKSPACE_H
#define PLUGINS_WORKSPACE_H

#include "databricks.h"
#include "runs.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

int list_workspace_items(struct mcp_call *call);
int get_workspace_item(struct mcp_call *call);
int complete_path(struct mcp_call *call);
int get_notebook_content(struct mcp_call *call);
int list_repos(struct mcp_call *call);
int get_repo_status(struct mcp_call *call);
int complete_repo(struct mcp_call *call);
extern const struct mcp_operation run_notebook, execute_code;

/* The words of a failure about a workspace path. */
struct dbx_words path_words(struct mcp_call *call, const char *path);

/* Text without ANSI escapes, and with `html` without tags and entities too. */
const char *clean_text(struct mcp_call *call, const char *text, bool html);
/* Code without the indentation that all its lines share. */
const char *without_indent(struct mcp_call *call, const char *code);

#endif

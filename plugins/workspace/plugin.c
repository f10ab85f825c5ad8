/* SPDX-License-Identifier: Apache-2.0 */
/* Plugin workspace: items, notebooks, Git folders, and running code. */
#include "workspace.h"

static const struct mcp_row tools[] = {
	{ .name = "list_workspace_items", .handler = list_workspace_items },
	{ .name = "get_workspace_item", .handler = get_workspace_item },
	{ .name = "get_notebook_content", .handler = get_notebook_content },
	{ .name = "list_repos", .handler = list_repos },
	{ .name = "get_repo_status", .handler = get_repo_status },
	{ .name = "run_notebook", .operation = &run_notebook },
	{ .name = "execute_code", .operation = &execute_code },
};

static const struct mcp_row completions[] = {
	{ .name = "databricks://workspace{+path} path", .handler = complete_path },
	{ .name = "databricks://notebooks{+path} path", .handler = complete_path },
	{ .name = "databricks://repos/{repo_id} repo_id", .handler = complete_repo },
};

const struct mcp_plugin mcp_plugin = {
	MCP_PLUGIN_HEAD,
	.name = LAKEHOST_PLUGIN_NAME,
	.version = LAKEHOST_PLUGIN_VERSION,
	.tools = MCP_ROWS(tools),
	.completions = MCP_ROWS(completions),
};

/* SPDX-License-Identifier: Apache-2.0 */
/* Plugin files: volumes, DBFS and workspace files behind one set of tools. */
#include "files.h"

static const struct mcp_row tools[] = {
	{ .name = "list_files", .handler = list_files },
	{ .name = "get_file_info", .handler = get_file_info },
	{ .name = "read_file", .handler = read_file },
	{ .name = "write_file", .handler = write_file },
	{ .name = "delete_file", .handler = delete_file },
	{ .name = "create_directory", .handler = create_directory },
};

static const struct mcp_row templates[] = {
	{ .name = "files", .handler = read_files_resource },
};

static const struct mcp_row completions[] = {
	{ .name = "databricks://files{+path} path", .handler = complete_path },
};

const struct mcp_plugin mcp_plugin = {
	MCP_PLUGIN_HEAD,
	.name = LAKEHOST_PLUGIN_NAME,
	.version = LAKEHOST_PLUGIN_VERSION,
	.tools = MCP_ROWS(tools),
	.templates = MCP_ROWS(templates),
	.completions = MCP_ROWS(completions),
};

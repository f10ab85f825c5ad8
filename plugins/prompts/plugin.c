/* SPDX-License-Identifier: Apache-2.0 */
/* Plugin prompts: tasks for a person to pick. */
#include "prompts.h"

static const struct mcp_row prompts[] = {
	{ .name = "analyze_table", .handler = analyze_table },
	{ .name = "explore_catalog", .handler = explore_catalog },
	{ .name = "write_query", .handler = write_query },
	{ .name = "debug_job_run", .handler = debug_job_run },
};

static const struct mcp_row completions[] = {
	{ .name = "analyze_table catalog", .handler = complete_catalog },
	{ .name = "analyze_table schema", .handler = complete_schema },
	{ .name = "analyze_table table", .handler = complete_table },
	{ .name = "explore_catalog catalog", .handler = complete_catalog },
	{ .name = "explore_catalog schema", .handler = complete_schema },
	{ .name = "write_query catalog", .handler = complete_catalog },
	{ .name = "write_query schema", .handler = complete_schema },
	{ .name = "write_query table", .handler = complete_table },
	{ .name = "debug_job_run job", .handler = complete_job },
	{ .name = "debug_job_run run_id", .handler = complete_run },
};

const struct mcp_plugin mcp_plugin = {
	MCP_PLUGIN_HEAD,
	.name = LAKEHOST_PLUGIN_NAME,
	.version = LAKEHOST_PLUGIN_VERSION,
	.prompts = MCP_ROWS(prompts),
	.completions = MCP_ROWS(completions),
};

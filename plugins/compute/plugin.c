/* SPDX-License-Identifier: Apache-2.0 */
/* Plugin compute: clusters. What a model sees stands in tools/; here is what runs. */
#include "compute.h"

static const struct mcp_row tools[] = {
	{ .name = "list_clusters", .handler = list_clusters },
	{ .name = "get_cluster_details", .handler = get_cluster_details },
	{ .name = "start_cluster", .operation = &start_cluster },
	{ .name = "terminate_cluster", .operation = &terminate_cluster },
	{ .name = "list_cluster_events", .handler = list_cluster_events },
};

static const struct mcp_row completions[] = {
	{ .name = "databricks://clusters/{cluster_id} cluster_id", .handler = complete_cluster },
	{ .name = "databricks://clusters/{cluster_id}/events cluster_id",
	  .handler = complete_cluster },
};

const struct mcp_plugin mcp_plugin = {
	MCP_PLUGIN_HEAD,
	.name = LAKEHOST_PLUGIN_NAME,
	.version = LAKEHOST_PLUGIN_VERSION,
	.tools = MCP_ROWS(tools),
	.completions = MCP_ROWS(completions),
};

/* SPDX-License-Identifier: Apache-2.0 */
/* Plugin jobs: jobs and their runs. */
#include "jobs.h"

static const struct mcp_row tools[] = {
	{ .name = "list_jobs", .handler = list_jobs },
	{ .name = "get_job_details", .handler = get_job_details },
	{ .name = "list_job_runs", .handler = list_job_runs },
	{ .name = "run_job_now", .operation = &run_job_now },
	{ .name = "get_job_run", .handler = get_job_run },
	{ .name = "get_run_output", .handler = get_run_output },
	{ .name = "cancel_job_run", .operation = &cancel_job_run },
};

static const struct mcp_row completions[] = {
	{ .name = "databricks://jobs/{job_id} job_id", .handler = complete_job },
	{ .name = "databricks://jobs/{job_id}/runs job_id", .handler = complete_job },
	{ .name = "databricks://runs/{run_id} run_id", .handler = complete_run },
};

const struct mcp_plugin mcp_plugin = {
	MCP_PLUGIN_HEAD,
	.name = LAKEHOST_PLUGIN_NAME,
	.version = LAKEHOST_PLUGIN_VERSION,
	.tools = MCP_ROWS(tools),
	.completions = MCP_ROWS(completions),
};

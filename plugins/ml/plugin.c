/* SPDX-License-Identifier: Apache-2.0 */
/* Plugin ml: MLflow, the model registries, model serving, vector search. */
#include "ml.h"

static const struct mcp_row tools[] = {
	{ .name = "list_mlflow_experiments", .handler = list_mlflow_experiments },
	{ .name = "list_mlflow_runs", .handler = list_mlflow_runs },
	{ .name = "get_mlflow_run_details", .handler = get_mlflow_run_details },
	{ .name = "list_registered_models", .handler = list_registered_models },
	{ .name = "get_model_version_details", .handler = get_model_version_details },
	{ .name = "list_serving_endpoints", .handler = list_serving_endpoints },
	{ .name = "query_model_serving_endpoint", .handler = query_model_serving_endpoint },
	{ .name = "list_vector_indexes", .handler = list_vector_indexes },
	{ .name = "query_vector_index", .handler = query_vector_index },
	{ .name = "add_to_vector_index", .handler = add_to_vector_index },
};

static const struct mcp_row completions[] = {
	{ .name = "databricks://mlflow/experiments/{experiment_id}/runs experiment_id",
	  .handler = complete_experiment },
	{ .name = "databricks://mlflow/runs/{run_id} run_id", .handler = complete_mlflow_run },
	{ .name = "databricks://models/{model_name}/versions/{version} model_name",
	  .handler = complete_model },
	{ .name = "databricks://models/{model_name}/versions/{version} version",
	  .handler = complete_model_version },
};

const struct mcp_plugin mcp_plugin = {
	MCP_PLUGIN_HEAD,
	.name = LAKEHOST_PLUGIN_NAME,
	.version = LAKEHOST_PLUGIN_VERSION,
	.tools = MCP_ROWS(tools),
	.completions = MCP_ROWS(completions),
};

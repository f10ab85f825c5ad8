/* SPDX-License-Identifier: Apache-2.0 */
/* Plugin data: Unity Catalog metadata, SQL warehouses and SQL. */
#include "data.h"

static const struct mcp_row tools[] = {
	{ .name = "list_catalogs", .handler = list_catalogs },
	{ .name = "list_schemas", .handler = list_schemas },
	{ .name = "list_tables", .handler = list_tables },
	{ .name = "get_table_schema", .handler = get_table_schema },
	{ .name = "describe_tables", .operation = &describe_tables },
	{ .name = "preview_table", .operation = &preview_table },
	{ .name = "list_sql_warehouses", .handler = list_sql_warehouses },
	{ .name = "start_sql_warehouse", .operation = &start_sql_warehouse },
	{ .name = "stop_sql_warehouse", .operation = &stop_sql_warehouse },
	{ .name = "execute_sql", .operation = &execute_sql },
	{ .name = "get_statement_result", .operation = &get_statement_result },
	{ .name = "cancel_statement", .handler = cancel_statement },
	{ .name = "get_result_page", .handler = get_result_page },
};

#define SCHEMAS "databricks://catalogs/{catalog_name}/schemas"
#define TABLES SCHEMAS "/{schema_name}/tables"
#define TABLE "databricks://tables/{catalog_name}/{schema_name}/{table_name}"
#define PREVIEW TABLE "/preview"

static const struct mcp_row completions[] = {
	{ .name = SCHEMAS " catalog_name", .handler = complete_catalog },
	{ .name = TABLES " catalog_name", .handler = complete_catalog },
	{ .name = TABLE " catalog_name", .handler = complete_catalog },
	{ .name = PREVIEW " catalog_name", .handler = complete_catalog },
	{ .name = TABLES " schema_name", .handler = complete_schema },
	{ .name = TABLE " schema_name", .handler = complete_schema },
	{ .name = PREVIEW " schema_name", .handler = complete_schema },
	{ .name = TABLE " table_name", .handler = complete_table },
	{ .name = PREVIEW " table_name", .handler = complete_table },
};

const struct mcp_plugin mcp_plugin = {
	MCP_PLUGIN_HEAD,
	.name = LAKEHOST_PLUGIN_NAME,
	.version = LAKEHOST_PLUGIN_VERSION,
	.tools = MCP_ROWS(tools),
	.completions = MCP_ROWS(completions),
};

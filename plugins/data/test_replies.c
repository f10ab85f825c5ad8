/* SPDX-License-Identifier: Apache-2.0 */
/* Every tool of the data plugin with replies of every wrong type. */
#include "data.h"
#include "test_wrong.h"

#define UC "GET /api/2.1/unity-catalog/"
#define WH "1f2e3d4c5b6a7988"
#define SQL "/api/2.0/sql/"
#define TABLE                                                                                      \
	"{\"name\":\"t\",\"catalog_name\":\"c\",\"schema_name\":\"s\",\"full_name\":\"c.s.t\","    \
	"\"table_type\":\"VIEW\",\"owner\":\"o\",\"comment\":\"x\",\"created_at\":1700000000000,"  \
	"\"browse_only\":true,\"row_filter\":{\"function_name\":\"f\","                            \
	"\"input_column_names\":[\"a\"]},"                                                         \
	"\"properties\":{\"p\":\"a/b\"},\"view_definition\":\"SELECT\\n1\","                       \
	"\"view_dependencies\":{"                                                                  \
	"\"dependencies\":[{\"table\":{\"table_full_name\":\"c.s.u\"}}]},\"table_constraints\":["  \
	"{\"primary_key_constraint\":{\"child_columns\":[\"a\"],\"timeseries_columns\":[\"b\"]}}," \
	"{\"foreign_key_constraint\":{\"child_columns\":[\"a\"],\"parent_table\":\"c.s.u\","       \
	"\"parent_columns\":[\"k\"]}}],\"columns\":[{\"name\":\"a\",\"type_text\":\"int\","        \
	"\"type_name\":\"INT\",\"nullable\":false,\"partition_index\":0,"                          \
	"\"mask\":{\"function_name\":"                                                             \
	"\"m\"},\"comment\":\"c\"}]}"
#define DONE                                                                                       \
	"{\"statement_id\":\"s1\",\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{\"schema\":{" \
	"\"columns\":[{\"name\":\"a\",\"type_text\":\"INT\"}]},\"total_row_count\":3,"             \
	"\"total_chunk_count\":2,\"truncated\":false,\"chunks\":[{\"chunk_index\":0,"              \
	"\"row_offset\":0},"                                                                       \
	"{\"chunk_index\":1,\"row_offset\":2}]},\"result\":{\"data_array\":[[\"1\"],[null]],"      \
	"\"next_chunk_index\":1}}"
#define LINKED                                                                     \
	"{\"external_links\":[{\"external_link\":\"https://store.example.com/x\"," \
	"\"chunk_index\":1,"                                                       \
	"\"http_headers\":{\"k\":\"v\"},\"next_chunk_index\":2}]}"
#define FAILED                                                                                 \
	"{\"status\":{\"state\":\"FAILED\",\"sql_state\":\"42703\",\"error\":{\"error_code\":" \
	"\"BAD_REQUEST\",\"message\":\"m\"}}}"
#define WAREHOUSE                                                                          \
	"{\"id\":\"" WH "\",\"name\":\"W\",\"state\":\"RUNNING\",\"cluster_size\":\"S\","  \
	"\"auto_stop_mins\":10,\"num_clusters\":1,\"max_num_clusters\":2,"                 \
	"\"enable_serverless_compute\":"                                                   \
	"true,\"creator_name\":\"a\",\"health\":{\"status\":\"FAILED\",\"summary\":\"s\"," \
	"\"message\":\"m\"}}"
#define ON_WH "\"warehouse_id\":\"" WH "\""
#define SUBMITTED                                                               \
	{                                                                       \
		"POST " SQL "statements", "{\"statement_id\":\"s1\","           \
					  "\"status\":{\"state\":\"PENDING\"}}" \
	}
#define CHUNK "GET " SQL "statements/s1/result/chunks/1"

static const struct wrong_case cases[] = {
	{ "list_catalogs",
	  "{}",
	  { { UC "catalogs*",
	      "{\"catalogs\":[{\"name\":\"c\","
	      "\"catalog_type\":"
	      "\"X\",\"owner\":\"o\",\"comment\":\"x\"}],\"next_page_token\":\"t\"}" } } },
	{ "list_schemas",
	  "{\"catalog_name\":\"c\",\"name_filter\":\"s\"}",
	  { { UC "schemas*",
	      "{\"schemas\":[{\"name\":\"s\",\"owner\":\"o\"}],\"next_page_token\":\"t\"}" } } },
	{ "list_tables",
	  "{\"catalog_name\":\"c\",\"schema_name\":\"s\"}",
	  { { UC "tables*", "{\"tables\":[{\"name\":\"t\",\"table_type\":\"VIEW\"}],"
			    "\"next_page_token\":\"t\"}" } } },
	{ "get_table_schema",
	  "{\"table_name\":\"c.s.t\",\"detail\":\"full\"}",
	  { { UC "tables/c.s.t", TABLE } } },
	{ "describe_tables",
	  "{\"names\":[\"c.s.t\"],\"detail\":\"columns\"}",
	  { { UC "tables/c.s.t", TABLE } } },
	{ "describe_tables",
	  "{\"names\":[\"c.s.t\"],\"detail\":\"stats\"," ON_WH "}",
	  { { UC "tables/c.s.t", TABLE }, SUBMITTED, { "GET " SQL "statements/s1", DONE } } },
	{ "list_sql_warehouses",
	  "{\"name_filter\":\"w\"}",
	  { { "GET " SQL "warehouses*",
	      "{\"warehouses\":[" WAREHOUSE "],\"next_page_token\":\"t\"}" } } },
	{ "execute_sql",
	  "{\"sql_query\":\"SELECT 1\",\"warehouse_id\":\"W\"}",
	  { { "GET " SQL "warehouses*", "{\"warehouses\":[" WAREHOUSE "],\"next_page_token\":"
					"\"\"}" },
	    SUBMITTED,
	    { "GET " SQL "statements/s1", DONE },
	    { CHUNK, "{\"data_array\":[[\"3\"]],\"chunk_index\":1,\"row_offset\":2}" } } },
	{ "preview_table",
	  "{\"table_name\":\"c.s.t\",\"row_limit\":1," ON_WH "}",
	  { SUBMITTED, { "GET " SQL "statements/s1", DONE } } },
	{ "get_statement_result",
	  "{\"statement_id\":\"s1\",\"page_token\":\"2\"}",
	  { { "GET " SQL "statements/s1", DONE },
	    { CHUNK, LINKED },
	    { "GET https://store.example.com/x", "[[\"3\"],[\"4\"]]" } } },
	{ "get_statement_result",
	  "{\"statement_id\":\"s1\"}",
	  { { "GET " SQL "statements/s1", FAILED } } },
	{ "get_result_page",
	  "{\"statement_id\":\"s1\",\"grep\":\"1\",\"columns\":[\"a\"],"
	  "\"cell_chars\":30}",
	  { { "GET " SQL "statements/s1", DONE },
	    { CHUNK, "{\"data_array\":[[\"3\"]],\"next_chunk_index\":0}" } } },
	{ "cancel_statement",
	  "{\"statement_id\":\"s1\"}",
	  { { "POST " SQL "statements/s1/cancel", "{\"a\":1}" } } },
	{ "start_sql_warehouse", "{" ON_WH "}", { { "GET " SQL "warehouses/" WH, WAREHOUSE } } },
	{ "stop_sql_warehouse",
	  "{\"warehouse_id\":\"W\"}",
	  { { "GET " SQL "warehouses", "{\"warehouses\":[" WAREHOUSE "]}" },
	    { "GET " SQL "warehouses/" WH, WAREHOUSE },
	    { "POST " SQL "warehouses/" WH "/stop", "{\"a\":1}" } } },
};

static void
tools_take_any_reply(void)
{
	size_t ways = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ways += wrong_replies_of(&mcp_plugin, &cases[i]);
	printf("%zu ways ", ways);
	CU_ASSERT(ways > 5000);
}

static const struct test tests[] = { TEST(tools_take_any_reply) };
SUITE(tests)

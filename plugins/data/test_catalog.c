/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of Unity Catalog metadata, tables in short, statistics, warehouses, completions. */
#include "data.h"
#include "test_plugin.h"

#define UC "GET /api/2.1/unity-catalog/"
#define WH "1f2e3d4c5b6a7988"
#define TABLE_ARGS "{\"catalog_name\":\"c\",\"schema_name\":\"s\",\"table_name\":\"orders\"}"

/* ---- lists ----------------------------------------------------------------------------------- */

static void
lists_the_catalog(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, UC "catalogs?max_results=100", 200,
		       "{\"catalogs\":[{\"name\":\"m"
		       "ain\","
		       "\"catalog_type\":\"MANAGED\"}]}");
	ASSERT_TEXT(fakehost_tool(host, "list_catalogs", "{}"),
		    "name\ttype\towner\tcomment\nmain\tMANAGED\t-\t-\n1 catalog.");
	fakehost_reply(host, UC "schemas?catalog_name=c&max_results=1", 200,
		       "{\"schemas\":[{\"name\":\"s\"}],\"next_page_token\":\"t\"}");
	ASSERT_TEXT(fakehost_tool(host, "list_schemas", "{\"catalog_name\":\"c\",\"limit\":1}"),
		    "name\towner\tcomment\ns\t-\t-\n1 schema shown; there are more. "
		    "Next: list_schemas catalog_name=c limit=1 page_token=t");
	fakehost_reply(host,
		       UC "tables?catalog_name=c&schema_name=s&max_results=50"
			  "&omit_columns=true&omit_properties=true",
		       200, "{\"tables\":[{\"name\":\"orders\",\"table_type\":\"VIEW\"}]}");
	ASSERT_TEXT(fakehost_tool(host, "list_tables",
				  "{\"catalog_name\":\"c\",\"schema_name\":\"s\"}"),
		    "name\ttype\tformat\towner\tcomment\norders\tVIEW\t-\t-\t-\n1 table.");
	fakehost_reset(host);
	fakehost_reply(host, UC "catalogs*", 403, "");
	fakehost_reply(host, UC "schemas*", 404,
		       "{\"error_code\":\"CATALOG_DOES_NOT_EXIST\","
		       "\"message\":\"Catalog 'c' does not exist.\"}");
	fakehost_reply(host, UC "tables*", 404, "");
	ASSERT_FAILED(fakehost_tool(host, "list_catalogs", "{}"), MCP_E_PERMISSION, "catalogs",
		      "403", "USE CATALOG");
	ASSERT_FAILED(fakehost_tool(host, "list_schemas", "{\"catalog_name\":\"c\"}"),
		      MCP_E_NOT_FOUND, "Catalog \"c\" does not exist.", "", "list_catalogs");
	ASSERT_FAILED(fakehost_tool(host, "list_tables",
				    "{\"catalog_name\":\"c\",\"schema_name\":\"s\"}"),
		      MCP_E_NOT_FOUND, "Schema \"c.s\"", "404", "list_schemas catalog_name=c");
	fakehost_free(host);
}

/* ---- one table ------------------------------------------------------------------------------- */

#define ORDERS                                                                                  \
	"{\"full_name\":\"c.s.orders\",\"catalog_name\":\"c\",\"schema_name\":\"s\","           \
	"\"name\":\"orders\",\"table_type\":\"MANAGED\",\"comment\":\"all\\n## evil\","         \
	"\"columns\":[{\"name\":\"id\",\"type_text\":\"bigint\",\"type_name\":\"LONG\","        \
	"\"nullable\":false,\"partition_index\":0,\"mask\":{}},{\"name\":\"tags\","             \
	"\"type_text\":\"array<string>\",\"type_name\":\"ARRAY\"},{\"name\":\"o'x\","           \
	"\"type_name\":\"STRING\"},{\"name\":\"b\\\\\",\"type_name\":\"STRING\"}],"             \
	"\"table_constraints\":[{\"primary_key_constraint\":{\"child_columns\":[\"id\"]}},"     \
	"{\"foreign_key_constraint\":{\"child_columns\":[\"a\"],\"parent_table\":\"c.s.t\"}}]," \
	"\"view_definition\":\"SELECT 1\"}"

static void
shows_a_table(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, UC "tables/c.s.orders", 200, ORDERS);
	result = fakehost_tool(host, "get_table_schema", TABLE_ARGS);
	ASSERT_HAS(result->text,
		   "table: c.s.orders\ntype: MANAGED\ncomment: all ## evil\n"
		   "url: https://workspace.example.com/explore/data/c/s/orders\n"
		   "primary key: id\nforeign key: a references c.s.t\n"
		   "column\ttype\tflags\tcomment\nid\tbigint\tnot null, partition 1, masked\t-\n");
	ASSERT_LACKS(result->text, "SELECT 1");
	ASSERT_HAS(fakehost_tool(host, "get_table_schema",
				 "{\"catalog_name\":\"c\","
				 "\"schema_name\":\"s\",\"table_name\":\"orders\","
				 "\"detail\":\"full\"}")
		       ->text,
		   "view:\n<untrusted-data");
	fakehost_reset(host);
	fakehost_reply(host, UC "tables/c.s.orders", 404, "{\"message\":\"no such table\"}");
	fakehost_reply(host, UC "tables?*", 200,
		       "{\"tables\":[{\"name\":\"order\"},{\"name\":\"x\"},{}]}");
	fakehost_reply(host, UC "tables?*", 403, "");
	ASSERT_FAILED(fakehost_tool(host, "get_table_schema", TABLE_ARGS), MCP_E_NOT_FOUND,
		      "There is no table c.s.orders.", "no such table", "Did you mean: order?");
	ASSERT_FAILED(fakehost_tool(host, "get_table_schema", TABLE_ARGS), MCP_E_NOT_FOUND,
		      "c.s.orders", "no such table", "to see all tables");
	fakehost_reset(host);
	fakehost_reply(host, UC "tables/c.s.orders", 403, "");
	ASSERT_FAILED(fakehost_tool(host, "get_table_schema", TABLE_ARGS), MCP_E_PERMISSION,
		      "Table c.s.orders", "403", "SELECT on c.s.orders");
	fakehost_free(host);
}

/* ---- describe_tables ------------------------------------------------------------------------- */

static void
describes_tables(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, UC "tables/c.s.orders", 200, ORDERS);
	fakehost_reply(host, UC "tables/c.s.gone", 404, "{\"message\":\"no such table\"}");
	fakehost_reply(host, UC "tables/c.s.odd", 200, "<html>");
	fakehost_no_reply(host, UC "tables/c.s.lost", MCP_E_TIMEOUT, "");
	ASSERT_TEXT(fakehost_tool(host, "describe_tables",
				  "{\"detail\":\"names\",\"names\":["
				  "\"c.s.orders\",\"c.s.gone\",\"c.s.odd\",\"c.s.lost\"]}"),
		    "## c.s.orders\nMANAGED: all ## evil\n## c.s.gone\n"
		    "not available: no such table\n## c.s.odd\nnot available: the answer is "
		    "not a table\n"
		    "## c.s.lost\nnot available: no answer");
	ASSERT_HAS(fakehost_tool(host, "describe_tables", "{\"names\":[\"c.s.orders\"]}")->text,
		   "id\tbigint\tnot null, partition 1, masked\t-\ntags\tarray<string>\t-\t-\n");
	fakehost_free(host);
}

static void
counts_columns(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	const char *args = "{\"detail\":\"stats\",\"names\":[\"c.s.orders\",\"c.s.gone\"],"
			   "\"warehouse_id\":\"" WH "\"}";

	fakehost_reply(host, UC "tables/c.s.orders", 200, ORDERS);
	fakehost_reply(host, UC "tables/c.s.gone", 404, "");
	fakehost_reply(host, "POST /api/2.0/sql/statements", 200, "{\"statement_id\":\"s1\"}");
	fakehost_reply(host, "GET /api/2.0/sql/statements/s1", 200,
		       "{\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{\"total_row_count\":1,"
		       "\"schema\":{\"columns\":[{\"name\":\"table\"}]}},"
		       "\"result\":{\"data_array\":[[\"c.s.orders\"]]}}");
	result = fakehost_tool(host, "describe_tables", args);
	ASSERT_TEXT(result, "statement_id: s1 (warehouse " WH ")\ntable\nc.s.orders\n1 row.\n"
			    "Not counted: 1 column of a complex type, or beyond 100. "
			    "Not available: c.s.gone.");
	ASSERT_HAS(fakehost_request(host, 2)->body, "COUNT(DISTINCT `id`)");
	ASSERT_HAS(fakehost_request(host, 2)->body, "'o\\\\'x' AS `column`");
	ASSERT_HAS(fakehost_request(host, 2)->body, "MIN(`o'x`)");
	fakehost_reset(host);
	fakehost_reply(host, UC "tables/*", 404, "");
	ASSERT_FAILED(fakehost_tool(host, "describe_tables", args), MCP_E_NOT_FOUND,
		      "No statistics can be made for these tables", "", "detail=names");
	fakehost_free(host);
}

/* One statement has statistics of a hundred columns. The other columns are listed as left out. */
static void
counts_at_most_a_hundred_columns(void)
{
	static char body[20000];
	struct fakehost *host;
	const struct fakehost_result *result;
	char names[600] = "", args[700];
	size_t at;

	for (int i = 0; i < 8; i++)
		strcat(names, ",\"catalog.schema.missing_table\"");
	snprintf(args, sizeof(args),
		 "{\"detail\":\"stats\",\"warehouse_id\":\"" WH "\","
		 "\"names\":[\"c.s.t\"%s]}",
		 names);
	for (int n = 99; n <= 101; n++) {
		host = fakehost_new(&mcp_plugin);
		at = (size_t)sprintf(body, "{\"full_name\":\"c.s.t\",\"columns\":[");
		for (int i = 0; i < n; i++)
			at += (size_t)sprintf(body + at,
					      "%s{\"name\":\"c%d\""
					      "}",
					      i > 0 ? "," : "", i);
		strcpy(body + at, "]}");
		fakehost_reply(host, UC "tables/c.s.t", 200, body);
		fakehost_reply(host, UC "tables/*", 404, "");
		fakehost_reply(host, "POST /api/2.0/sql/statements", 200,
			       "{\"statement_id\":"
			       "\"s\"}");
		fakehost_reply(host, "GET /api/2.0/sql/statements/s", 200,
			       "{\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{\"schema\":{"
			       "\"columns\":[{\"name\":\"x\"}]}},\"result\":{}}");
		result = fakehost_tool(host, "describe_tables", args);
		ASSERT_HAS(result->text, "Some tables are not available: see detail=names.");
		ASSERT_INT(strstr(result->text, "Not counted: 1 column ") != NULL, n == 101);
		fakehost_free(host);
	}
}

/* ---- warehouses ------------------------------------------------------------------------------ */

static void
lists_warehouses(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const char *list = "{\"warehouses\":[{\"id\":\"a\",\"name\":\"Slow\","
			   "\"state\":\"STOPPED\"},7,"
			   "{\"id\":\"b\",\"name\":\"Fast\",\"state\":\"RUNNING\","
			   "\"enable_serverless_compute\":true,\"auto_stop_mins\":10,"
			   "\"creator_name\":\"ann\",\"num_clusters\":1,\"max_num_clusters\":3,"
			   "\"health\":{\"status\":\"FAILED\",\"summary\":\"no quota\"}}],"
			   "\"next_page_token\":\"t\"}";

	fakehost_reply(host, "GET /api/2.0/sql/warehouses", 200, list);
	ASSERT_TEXT(fakehost_tool(host, "list_sql_warehouses", "{\"name_filter\":\"FA\"}"),
		    "warehouse_id\tname\tstate\tsize\tclusters\ttype\tserverless\tauto "
		    "stop\tcreator\t"
		    "health\tchosen by default\n"
		    "b\tFast\tRUNNING\t-\t1 of 3\t-\tyes\t10 min\tann\tFAILED: no quota\tyes\n1 "
		    "warehouse shown; there may be more. "
		    "Next: list_sql_warehouses name_filter=FA page_token=t");
	fakehost_free(host);
	host = fakehost_new_with(&mcp_plugin, "{\"warehouse_id\":\"Slow\"}");
	fakehost_reply(host, "GET /api/2.0/sql/warehouses?page_size=5", 200, list);
	ASSERT_HAS(fakehost_tool(host, "list_sql_warehouses", "{\"limit\":5}")->text,
		   "a\tSlow\tSTOPPED\t-\t-\t-\t-\t-\t-\t-\tyes\n");
	fakehost_reset(host);
	fakehost_reply(host, "GET /api/2.0/sql/warehouses", 500, "");
	ASSERT_INT(fakehost_tool(host, "list_sql_warehouses", "{}")->status, MCP_E_UNAVAILABLE);
	fakehost_free(host);
}

#define ONE "GET /api/2.0/sql/warehouses/" WH
#define BY_ID "{\"warehouse_id\":\"" WH "\"}"
#define STATE(state) "{\"id\":\"" WH "\",\"state\":\"" state "\"}"

static void
starts_and_stops_warehouses(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, ONE, 200, STATE("STOPPED"));
	fakehost_reply(host, ONE, 200, STATE("STARTING"));
	fakehost_reply(host, ONE, 200, STATE("RUNNING"));
	fakehost_reply(host, "POST /api/2.0/sql/warehouses/" WH "/start", 200, "{}");
	ASSERT_TEXT(fakehost_tool(host, "start_sql_warehouse", BY_ID),
		    "SQL warehouse " WH " is RUNNING.\n"
		    "url: https://workspace.example.com/sql/warehouses/" WH);
	ASSERT_HAS(fakehost_tool(host, "start_sql_warehouse", BY_ID)->text, "RUNNING already");
	/* The warehouse is stopping: it is started when it has stopped. */
	fakehost_reset(host);
	fakehost_reply(host, ONE, 200, STATE("STOPPING"));
	fakehost_reply(host, ONE, 200, STATE("STOPPED"));
	fakehost_reply(host, ONE, 200, STATE("RUNNING"));
	fakehost_reply(host, "POST /api/2.0/sql/warehouses/" WH "/start", 200, "{}");
	ASSERT_HAS(fakehost_tool(host, "start_sql_warehouse", BY_ID)->text, "is RUNNING.");
	ASSERT_INT(fakehost_requests(host), 4);
	fakehost_reset(host);
	fakehost_reply(host, ONE, 200, STATE("STOPPING"));
	fakehost_reply(host, ONE, 200, STATE("STOPPED"));
	fakehost_reply(host, "POST /api/2.0/sql/warehouses/" WH "/start", 403, "");
	ASSERT_INT(fakehost_tool(host, "start_sql_warehouse", BY_ID)->status, MCP_E_PERMISSION);
	fakehost_reset(host);
	fakehost_reply(host, ONE, 200, STATE("STARTING"));
	fakehost_reply(host, ONE, 200, STATE("STOPPED"));
	fakehost_reply(host, "POST /api/2.0/sql/warehouses/" WH "/stop", 200, "{}");
	ASSERT_HAS(fakehost_tool(host, "stop_sql_warehouse", BY_ID)->text, "is STOPPED.");
	fakehost_free(host);
}

static void
explains_warehouses_that_do_not_change(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, ONE, 200, STATE("STOPPED"));
	fakehost_reply(host, ONE, 200,
		       "{\"state\":\"STOPPED\",\"health\":{\"status\":\"FAILED\","
		       "\"summary\":\"no quota\"}}");
	fakehost_reply(host, "POST /api/2.0/sql/warehouses/" WH "/start", 200, "{}");
	ASSERT_FAILED(fakehost_tool(host, "start_sql_warehouse", BY_ID), MCP_E_CONFLICT,
		      "did not start", "It is STOPPED. no quota", "list_sql_warehouses");
	/* Somebody else has started it: the next poll reads the state. */
	fakehost_reset(host);
	fakehost_reply(host, ONE, 200, STATE("STOPPED"));
	fakehost_reply(host, ONE, 200, STATE("RUNNING"));
	fakehost_reply(host, "POST /api/2.0/sql/warehouses/" WH "/start", 400,
		       "{\"error_code\":\"INVALID_STATE\",\"message\":\"starting\"}");
	ASSERT_HAS(fakehost_tool(host, "start_sql_warehouse", BY_ID)->text, "is RUNNING.");
	fakehost_reset(host);
	fakehost_wait(host, 1);
	fakehost_reply(host, ONE, 200, STATE("RUNNING"));
	fakehost_reply(host, ONE, 200, STATE("STOPPING"));
	fakehost_reply(host, "POST /api/2.0/sql/warehouses/" WH "/stop", 200, "{}");
	ASSERT_HAS(fakehost_tool(host, "stop_sql_warehouse", BY_ID)->text,
		   "is STOPPING.\nNext: stop_sql_warehouse warehouse_id=" WH " wait_s=50");
	fakehost_reset(host);
	fakehost_reply(host, ONE, 503, "");
	ASSERT_FAILED(fakehost_poll(host), MCP_E_UNAVAILABLE, WH, "503",
		      "The operation may continue");
	fakehost_reset(host);
	fakehost_reply(host, ONE, 404, "{\"message\":\"gone\"}");
	fakehost_reply(host, "GET /api/2.0/sql/warehouses", 200, "{}");
	ASSERT_FAILED(fakehost_tool(host, "stop_sql_warehouse", BY_ID), MCP_E_NOT_FOUND, WH, "gone",
		      "list_sql_warehouses");
	fakehost_reset(host);
	fakehost_reply(host, ONE, 403, "");
	ASSERT_FAILED(fakehost_tool(host, "stop_sql_warehouse", BY_ID), MCP_E_PERMISSION, WH, "403",
		      "CAN MANAGE");
	fakehost_free(host);
}

/* ---- names in every form -------------------------------------------------------------------- */

static void
accepts_names_in_all_spellings(void)
{
	static const struct {
		const char *tool, *arguments, *request;
	} cases[] = {
		{ "get_table_schema",
		  "{\"catalog_name\":\"`c`\",\"schema_name\":\"`s`\","
		  "\"table_name\":\"`orders`\"}",
		  UC "tables/c.s.orders" },
		{ "get_table_schema", "{\"table_name\":\"c.s.orders\"}", UC "tables/c.s.orders" },
		{ "get_table_schema", "{\"table_name\":\"`c`.s.`orders`\",\"catalog_name\":\"C\"}",
		  UC "tables/c.s.orders" },
		{ "get_table_schema", "{\"table_name\":\"s.orders\",\"catalog_name\":\"c\"}",
		  UC "tables/c.s.orders" },
		{ "get_table_schema", "{\"table_name\":\"c.s.`a``b`\"}", UC "tables/c.s.a%60b" },
		{ "get_table_schema", "{\"table_name\":\"`c.s.orders`\"}", UC "tables/c.s.orders" },
		{ "describe_tables", "{\"names\":[\"`c`.`s`.`orders`\"]}", UC "tables/c.s.orders" },
		{ "list_tables", "{\"catalog_name\":\"c\",\"schema_name\":\"c.`s`\"}",
		  UC "tables?catalog_name=c&schema_name=s&max_results=50&omit_columns=true"
		     "&omit_properties=true" },
		{ "list_schemas", "{\"catalog_name\":\"`c`\"}",
		  UC "schemas?catalog_name=c&max_results=100" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);

		fakehost_reply(host, cases[i].request, 200, "{}");
		CU_ASSERT(!fakehost_tool(host, cases[i].tool, cases[i].arguments)->failed);
		fakehost_free(host);
	}
}

static void
refuses_incomplete_names(void)
{
	static const struct {
		const char *tool, *arguments, *what;
	} cases[] = {
		{ "get_table_schema", "{\"table_name\":\"orders\"}", "catalog_name is missing" },
		{ "preview_table", "{\"table_name\":\"s.orders\"}", "catalog_name is missing" },
		{ "get_table_schema", "{\"catalog_name\":\"d\",\"table_name\":\"c.s.orders\"}",
		  "two different objects" },
		{ "list_tables", "{\"catalog_name\":\"d\",\"schema_name\":\"c.s\"}",
		  "two different objects" },
		{ "execute_sql",
		  "{\"sql_query\":\"SELECT 1\",\"warehouse_id\":\"" WH "\","
		  "\"catalog\":\"d\",\"schema\":\"c.s\"}",
		  "two different catalogs" },
	};
	struct fakehost *host = fakehost_new(&mcp_plugin);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ASSERT_FAILED(fakehost_tool(host, cases[i].tool, cases[i].arguments), MCP_E_INPUT,
			      cases[i].what, "", "Give");
	fakehost_free(host);
}

/* A table with more columns than an answer shows is read in pages. */
static void
pages_through_columns(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, UC "tables/c.s.t", 200,
		       "{\"columns\":[{\"name\":\"a\"},"
		       "{\"name\":\"b\"},{\"name\":\"c\",\"type_name\":\"INT\"}]}");
	fakehost_results(host, 2, 0, 0, NULL);
	ASSERT_HAS(fakehost_tool(host, "get_table_schema", "{\"table_name\":\"c.s.t\"}")->text,
		   "table: c.s.t\n");
	ASSERT_HAS(fakehost_tool(host, "describe_tables", "{\"names\":[\"c.s.t\"]}")->text,
		   "2 of 3 columns shown. Next: get_table_schema table_name=c.s.t page_token=2");
	ASSERT_HAS(fakehost_tool(host, "get_table_schema",
				 "{\"table_name\":\"c.s.t\",\"page_token\":\"2\"}")
		       ->text,
		   "\nc\tINT\t-\t-\n1 of 3 columns shown.");
	ASSERT_INT(fakehost_tool(host, "get_table_schema",
				 "{\"table_name\":\"c.s.t\",\"page_token\":\"3\"}")
		       ->status,
		   MCP_E_INPUT);
	fakehost_free(host);
}

/* The list of warehouses is read to its end. */
static void
finds_warehouses_on_any_page(void)
{
	static const struct {
		const char *first, *second, *argument, *chosen;
	} cases[] = {
		{ "", "{\"id\":\"w2\",\"state\":\"STOPPED\"}", "", "w2" },
		{ "{\"id\":\"w1\",\"state\":\"STOPPED\"}", "{\"id\":\"w2\",\"state\":\"RUNNING\"}",
		  "", "w2" },
		{ "{\"id\":\"w1\"}", "{\"id\":\"w2\",\"state\":\"DELETED\"}", "", "w1" },
		{ "{\"id\":\"w1\",\"state\":\"RUNNING\"}", "{\"id\":\"w2\",\"name\":\"Two\"}",
		  ",\"warehouse_id\":\"Two\"", "w2" },
		{ "{\"id\":\"w1\"}", "{\"id\":\"w-2\"}", ",\"warehouse_id\":\"w-2\"", "w-2" },
	};
	char body[200], want[60], arguments[100];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);

		snprintf(body, sizeof(body), "{\"warehouses\":[%s],\"next_page_token\":\"p\"}",
			 cases[i].first);
		fakehost_reply(host, "GET /api/2.0/sql/warehouses", 200, body);
		snprintf(body, sizeof(body), "{\"warehouses\":[%s]}", cases[i].second);
		fakehost_reply(host, "GET /api/2.0/sql/warehouses?page_token=p", 200, body);
		fakehost_reply(host, "POST /api/2.0/sql/statements", 200,
			       "{\"statement_id\":\"s1\"}");
		fakehost_reply(host, "GET /api/2.0/sql/statements/s1", 200,
			       "{\"status\":{\"state\":\"SUCCEEDED\"}}");
		snprintf(arguments, sizeof(arguments), "{\"sql_query\":\"SELECT 1\"%s}",
			 cases[i].argument);
		CU_ASSERT(!fakehost_tool(host, "execute_sql", arguments)->failed);
		snprintf(want, sizeof(want), "\"warehouse_id\":\"%s\"", cases[i].chosen);
		ASSERT_HAS(fakehost_request(host, 2)->body, want);
		fakehost_free(host);
	}
}

/* ---- completions ----------------------------------------------------------------------------- */

#define TABLE "databricks://tables/{catalog_name}/{schema_name}/{table_name} "

static void
completes_names_within_their_context(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, UC "catalogs", 200, "{\"catalogs\":[{\"name\":\"main\"}]}");
	fakehost_reply(host, UC "schemas?catalog_name=main", 200,
		       "{\"schemas\":[{\"name\":\"s"
		       "\"}]}");
	fakehost_reply(host, UC "tables?catalog_name=main&schema_name=s", 200,
		       "{\"tables\":[{\"name\":\"t\"},{\"name\":\"u\"}]}");
	ASSERT_STR(fakehost_complete(host, TABLE "catalog_name", "{\"value\":\"m\"}")->completion,
		   "[\"main\"]");
	ASSERT_STR(fakehost_complete(host, TABLE "schema_name",
				     "{\"value\":\"\",\"context\":{\"catalog_name\":\"main\"}}")
		       ->completion,
		   "[\"s\"]");
	ASSERT_STR(fakehost_complete(host, TABLE "table_name",
				     "{\"value\":\"t\",\"context\":{"
				     "\"catalog_name\":\"main\","
				     "\"schema_name\":\"s\"}}")
		       ->completion,
		   "[\"t\"]");
	ASSERT_STR(fakehost_complete(host, TABLE "schema_name",
				     "{\"value\":\"\""
				     "}")
		       ->completion,
		   "[]");
	ASSERT_STR(fakehost_complete(host, TABLE "table_name",
				     "{\"value\":\"\",\"context\":{"
				     "\"catalog_name\":\"main\"}}")
		       ->completion,
		   "[]");
	ASSERT_INT(fakehost_requests(host), 0);
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(lists_the_catalog),
	TEST(shows_a_table),
	TEST(describes_tables),
	TEST(counts_columns),
	TEST(counts_at_most_a_hundred_columns),
	TEST(lists_warehouses),
	TEST(starts_and_stops_warehouses),
	TEST(explains_warehouses_that_do_not_change),
	TEST(accepts_names_in_all_spellings),
	TEST(refuses_incomplete_names),
	TEST(pages_through_columns),
	TEST(finds_warehouses_on_any_page),
	TEST(completes_names_within_their_context),
};
SUITE(tests)

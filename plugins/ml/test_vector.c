/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the plugin ml on the fake host: vector search. */
#include "test_ml.h"

#define VECTORS "/api/2.0/vector-search"
#define MISSING "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\",\"message\":\"It does not exist.\"}"

#define INDEX(name)                                                                           \
	"{\"vector_indexes\":[{\"name\":\"" name "\",\"endpoint_name\":\"v\",\"index_type\":" \
	"\"DIRECT_ACCESS\",\"primary_key\":\"id\"}]"

#define ABC "GET " VECTORS "/indexes/a.b.c"
#define DETAIL                                                                                 \
	"{\"name\":\"a.b.c\",\"endpoint_name\":\"v\",\"index_type\":\"DELTA_SYNC\","           \
	"\"primary_key\":\"id\",\"status\":{\"ready\":true,\"indexed_row_count\":9},"          \
	"\"delta_sync_index_spec\":{\"source_table\":\"m.s.t\",\"embedding_vector_columns\":[" \
	"{\"name\":\"vec\",\"embedding_dimension\":4}],\"embedding_source_columns\":["         \
	"{\"name\":\"text\",\"embedding_model_endpoint_name\":\"bge\"}]}}"
#define HEAD                                                                            \
	"index\tendpoint\ttype\tprimary key\tdimension\ttext queries\tcolumns\tsource " \
	"table\trows\tstate\tcreator\n"

static void
indexes_of_all_endpoints(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " VECTORS "/endpoints", 200,
		       "{\"endpoints\":[{\"name\":\"v\"},{\"name\":\"w\"}]}");
	fakehost_reply(host, "GET " VECTORS "/indexes?endpoint_name=v", 200, INDEX("a.b.c") "}");
	fakehost_reply(host, "GET " VECTORS "/indexes?endpoint_name=w", 200, "{}");
	fakehost_reply(host, ABC, 200, DETAIL);
	result = fakehost_tool(host, "list_vector_indexes", "{}");
	ASSERT_STR(result->text, HEAD "a.b.c\tv\tDELTA_SYNC\tid\t4\t"
				      "yes, by bge\tid,"
				      " text\tm.s.t\t9\tready\t"
				      "-\n1 index.");
	fakehost_reset(host);
	fakehost_reply(host, "GET " VECTORS "/endpoints", 200, "{}");
	has(fakehost_tool(host, "list_vector_indexes", "{}")->text, "no vector search endpoint");
	fakehost_free(host);
}

/* The answer reports endpoints that fail, that have more indexes, or that were not asked. */
static void
indexes_with_gaps(void)
{
	char list[2048] = "{\"next_page_token\":\"N\",\"endpoints\":[{\"name\":\"v\"}";
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	for (int i = 0; i < 24; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), ",{\"name\":\"e%d\"}",
			 i);
	strcat(list, "]}");
	fakehost_reply(host, "GET " VECTORS "/endpoints", 200, list);
	fakehost_reply(host, "GET " VECTORS "/indexes?endpoint_name=v", 200,
		       INDEX("a.b.c") ",\"next_page_token\":\"T\"}");
	fakehost_reply(host, "GET " VECTORS "/indexes?endpoint_name=e0", 403, FORBIDDEN);
	fakehost_reply(host, "GET " VECTORS "/indexes*", 200, "{}");
	result = fakehost_tool(host, "list_vector_indexes", "{}");
	has(result->text, "a.b.c");
	has(result->text, "endpoint_name=v page_token=T");
	has(result->text, "Endpoint e0 could not be listed: User lacks rights");
	has(result->text, "There are more than 20 endpoints");
	ASSERT_INT(fakehost_requests(host), 22);
	fakehost_reset(host);
	fakehost_reply(host, "GET " VECTORS "/endpoints", 200,
		       "{\"endpoints\":[{\"name\":\"v\"}]}");
	fakehost_reply(host, "GET " VECTORS "/indexes*", 403, FORBIDDEN);
	result = fakehost_tool(host, "list_vector_indexes", "{}");
	ASSERT_INT(result->status, MCP_E_PERMISSION);
	fakehost_free(host);
}

static void
indexes_of_one_endpoint(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " VECTORS "/indexes?endpoint_name=v", 200,
		       "{\"next_page_token\":\"T\"}");
	fakehost_reply(host, "GET " VECTORS "/indexes?endpoint_name=v&page_token=T", 200,
		       INDEX("a.b.c") ",\"next_page_token\":\"U\"}");
	fakehost_reply(host, ABC, 503, "");
	result = fakehost_tool(host, "list_vector_indexes", "{\"endpoint_name\":\"v\"}");
	has(result->text, "a.b.c\t-\t-");
	has(result->text, "not available");
	has(result->text, "list_vector_indexes endpoint_name=v page_token=U");
	fakehost_reset(host);
	fakehost_reply(host, "GET " VECTORS "/indexes?endpoint_name=v", 200,
		       "{\"vector_indexes\":[{\"name\":\"a.b.c\"},{\"name\":\"d\"}]}");
	fakehost_reply(host, "GET " VECTORS "/indexes/*", 200, DETAIL);
	result = fakehost_tool(host, "list_vector_indexes",
			       "{\"endpoint_name\":\"v\","
			       "\"limit\":1}");
	has(result->text, "Next: list_vector_indexes endpoint_name=v limit=1 page_token=1~");
	result = fakehost_tool(host, "list_vector_indexes",
			       "{\"endpoint_name\":\"v\",\"page_token\":\"1~\"}");
	has(result->text, "1 index.");
	lacks(result->text, "Next");
	fakehost_reset(host);
	fakehost_reply(host, "GET *", 404, MISSING);
	result = fakehost_tool(host, "list_vector_indexes", "{\"endpoint_name\":\"v\"}");
	ASSERT_INT(result->status, MCP_E_NOT_FOUND);
	has(result->next, "list_vector_indexes without endpoint_name");
	fakehost_free(host);
}

#define HITS                                                                                       \
	"{\"manifest\":{\"column_count\":2,\"columns\":[{\"name\":\"id\"},{\"name\":\"score\"}]}," \
	"\"result\":{\"row_count\":2,\"data_array\":[[7.0,0.83],[null,0.5]]}"

static void
rows_are_found(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "POST " VECTORS "/indexes/a.b.c/query", 200,
		       HITS ",\"next_page_token\":\"\"}");
	result = fakehost_tool(host, "query_vector_index",
			       "{\"index_name\":\"a.b.c\",\"columns\":"
			       "[\"id\"],\"query_vector\":[1,2],\"query_type\":\"ANN\","
			       "\"num_results\":2,\"filters_json\":\"{\\\"x <\\\":1}\"}");
	has(result->text, "id\tscore\n7.0\t0.83\n");
	has(result->text, "2 rows.");
	has(fakehost_request(host, 0)->body, "\"query_vector\":[1,2]");
	has(fakehost_request(host, 0)->body, "\"filters_json\":\"{\\\"x <\\\":1}\"");
	fakehost_results(host, 1, 0, 0, NULL);
	result = fakehost_tool(host, "query_vector_index",
			       "{\"index_name\":\"a.b.c\",\"columns\":"
			       "[\"id\"],\"query_text\":\"x\",\"query_type\":\"HYBRID\"}");
	has(result->text, "1 of 2 rows shown. Next: query_vector_index index_name=a.b.c columns=["
			  "\"id\"] ");
	fakehost_reset(host);
	fakehost_reply(host, "POST *", 200,
		       "{\"manifest\":{\"columns\":[{\"name\":\"id\"}]},"
		       "\"result\":{}}");
	result = fakehost_tool(host, "query_vector_index",
			       "{\"index_name\":\"a.b.c\",\"columns\":"
			       "[\"id\"],\"query_text\":\"x\",\"query_type\":\"ANN\"}");
	has(result->text, "0 rows.");
	fakehost_free(host);
}

static void
queries_are_checked(void)
{
	static const char *const queries[] = {
		"\"query_type\":\"ANN\"",
		"\"query_type\":\"HYBRID\",\"query_vector\":[1]",
		"\"query_type\":\"ANN\",\"query_text\":\"x\",\"filters_json\":\"[1]\"",
		"\"query_type\":\"ANN\",\"query_text\":\"x\",\"filters_json\":\"{\"",
	};
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	for (size_t i = 0; i < COUNT(queries); i++) {
		char arguments[256];

		snprintf(arguments, sizeof(arguments),
			 "{\"index_name\":\"a.b.c\",\"columns\":[\"id\"],%s}", queries[i]);
		result = fakehost_tool(host, "query_vector_index", arguments);
		ASSERT_INT(result->status, MCP_E_INPUT);
		ASSERT_INT(fakehost_requests(host), 0);
	}
	fakehost_reply(host, "POST *", 404, MISSING);
	result = fakehost_tool(host, "query_vector_index",
			       "{\"index_name\":\"a.b.c\",\"columns\":"
			       "[\"id\"],\"query_text\":\"x\",\"query_type\":\"ANN\"}");
	ASSERT_INT(result->status, MCP_E_NOT_FOUND);
	has(result->next, "list_vector_indexes");
	fakehost_free(host);
}

/* The structure of the index gives the values that the query omits, and explains why a query was
 * rejected. */
static void
queries_are_helped(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, ABC, 200, DETAIL);
	fakehost_reply(host, "POST " VECTORS "/indexes/a.b.c/query", 200, HITS "}");
	has(fakehost_tool(host, "query_vector_index",
			  "{\"index_name\":\"`a`.b.c\",\"query_text\":"
			  "\"x\",\"query_type\":\"ANN\","
			  "\"filters_json\":{\"a/b\":1}}")
		->text,
	    "2 rows.");
	has(fakehost_request(host, 1)->body, "\"columns\":[\"id\",\"text\"]");
	has(fakehost_request(host, 1)->body, "\"filters_json\":\"{\\\"a/b\\\":1}\"");
	fakehost_reset(host);
	fakehost_reply(host, ABC, 200, DETAIL);
	fakehost_reply(host, "POST *", 400,
		       "{\"error_code\":\"INVALID_PARAMETER_VALUE\","
		       "\"message\":\"no such column\"}");
	result = fakehost_tool(host, "query_vector_index",
			       "{\"index_name\":\"a.b.c\",\"columns\":"
			       "[\"id\",\"nope\"],\"query_text\":\"x\",\"query_type\":\"ANN\"}");
	ASSERT_INT(result->status, MCP_E_INPUT);
	has(result->what, "has no column nope");
	has(result->why, "no such column");
	has(result->next, "Its columns: vec, id, text.");
	result = fakehost_tool(host, "query_vector_index",
			       "{\"index_name\":\"a.b.c\",\"columns\":"
			       "[\"id\"],\"query_vector\":[1],\"query_type\":\"ANN\"}");
	has(result->what, "did not accept the query");
	has(result->next, "The index needs query_text.");
	fakehost_reset(host);
	fakehost_reply(host, ABC, 200, "{}");
	ASSERT_INT(fakehost_tool(host, "query_vector_index",
				 "{\"index_name\":\"a.b.c\","
				 "\"query_text\":\"x\","
				 "\"query_type\":\"ANN\"}")
		       ->status,
		   MCP_E_INPUT);
	fakehost_free(host);
}

/* The manifest of the result is optional: without it the requested columns give the names. */
static void
rows_without_a_manifest(void)
{
	static const struct {
		const char *result, *text;
	} cases[] = {
		{ "{\"result\":{\"row_count\":0,\"data_array\":[]}}", "0 rows." },
		{ "{}", "0 rows." },
		{ "{\"result\":7,\"manifest\":[]}", "0 rows." },
		{ "{\"result\":{\"data_array\":[[1,\"a\",0.5],7]}}",
		  "id\tname\tscore\n1\ta\t0.5\nNULL\tNULL\tNULL\n2 rows." },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);

		fakehost_reply(host, "POST *", 200, cases[i].result);
		ASSERT_STR(fakehost_tool(host, "query_vector_index",
					 "{\"index_name\":\"a.b.c\","
					 "\"columns\":[\"id\",\"name\"],\"query_text\":\"x\","
					 "\"query_type\":\"ANN\"}")
			       ->text,
			   cases[i].text);
		fakehost_free(host);
	}
}

static void
further_rows(void)
{
	static char columns[8192] = "{\"manifest\":{\"columns\":[{\"name\":\"c\"}";
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "POST " VECTORS "/indexes/a.b.c/query-next-page", 200,
		       HITS ",\"next_page_token\":\"U\"}");
	result = fakehost_tool(host, "query_vector_index",
			       "{\"index_name\":\"a.b.c\",\"columns\":"
			       "[\"id\"],\"query_type\":\"ANN\",\"page_token\":\"T\","
			       "\"endpoint_name\":\"v\"}");
	has(result->text, "page_token=U");
	has(fakehost_request(host, 0)->body, "\"endpoint_name\":\"v\"");
	fakehost_reply(host, ABC, 200, DETAIL);
	has(fakehost_tool(host, "query_vector_index",
			  "{\"index_name\":\"a.b.c\","
			  "\"page_token\":\"T\"}")
		->text,
	    "Next: query_vector_index index_name=a.b.c page_token=U");
	has(fakehost_request(host, 1)->body, "\"endpoint_name\":\"v\"");
	fakehost_reset(host);
	for (int i = 0; i < 101; i++)
		strcat(columns, ",{\"name\":\"c\"}");
	strcat(columns, "]}}");
	fakehost_reply(host, "POST *", 200, columns);
	result = fakehost_tool(host, "query_vector_index",
			       "{\"index_name\":\"a.b.c\",\"columns\":"
			       "[\"id\"],\"query_text\":\"x\",\"query_type\":\"ANN\"}");
	ASSERT_INT(result->status, MCP_E_TOO_LARGE);
	fakehost_free(host);
}

#define ADD(documents) \
	"{\"index_name\":\"a.b.c\",\"primary_key\":\"id\",\"documents\":" documents "}"

static void
rows_are_added(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, "POST " VECTORS "/indexes/a.b.c/upsert-data", 200,
		       "{\"status\":\"SUCCESS\",\"result\":{\"success_row_count\":1}}");
	has(fakehost_tool(host, "add_to_vector_index", ADD("[{\"id\":1}]"))->text,
	    "1 row added to a.b.c.");
	has(fakehost_request(host, 0)->body, "\"inputs_json\":\"[{\\\"id\\\":1}]\"");
	ASSERT_INT(fakehost_tool(host, "add_to_vector_index", ADD("[{\"id\":1},{\"x\":1}]"))
		       ->status,
		   MCP_E_INPUT);
	ASSERT_INT(fakehost_requests(host), 0);
	fakehost_reply(host, ABC, 200, DETAIL);
	has(fakehost_tool(host, "add_to_vector_index",
			  "{\"index_name\":\"a.b.c\",\"documents\":["
			  "{\"id\":1}]}")
		->text,
	    "1 row added to a.b.c.");
	fakehost_free(host);
}

static void
rows_are_refused(void)
{
	char many[512] = "{\"status\":\"PARTIAL_SUCCESS\",\"result\":{\"success_row_count\":1,"
			 "\"failed_primary_keys\":[\"k\"";
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	for (int i = 0; i < 21; i++)
		strcat(many, ",\"k\"");
	strcat(many, "]}}");
	fakehost_reply(host, "POST *", 200, many);
	result = fakehost_tool(host, "add_to_vector_index", ADD("[{\"id\":1}]"));
	ASSERT_INT(result->status, MCP_E_INPUT);
	has(result->what, "1 were added, 22 were not");
	has(result->why, "k and 2 more");
	fakehost_reset(host);
	fakehost_reply(host, "POST *", 200, "{\"status\":\"FAILURE\"}");
	result = fakehost_tool(host, "add_to_vector_index", ADD("[{\"id\":1}]"));
	has(result->why, "FAILURE");
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(indexes_of_all_endpoints), TEST(indexes_with_gaps),   TEST(indexes_of_one_endpoint),
	TEST(rows_are_found),		TEST(queries_are_checked), TEST(queries_are_helped),
	TEST(rows_without_a_manifest),	TEST(further_rows),	   TEST(rows_are_added),
	TEST(rows_are_refused),
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Plugin ml under the fake host: the model registries, serving and vector search. */
#include "test_ml.h"

#define UC "/api/2.1/unity-catalog/models"
#define WS "/api/2.0/mlflow"
#define SERVING "/api/2.0/serving-endpoints"
#define VECTORS "/api/2.0/vector-search"
#define MISSING "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\",\"message\":\"It does not exist.\"}"
#define FARE "{\"full_name\":\"main.s.fare\",\"name\":\"fare\",\"owner\":\"ann\"}"
#define CHURN                                                                                      \
	"{\"name\":\"churn\",\"user_id\":\"bob\",\"description\":\"Who leaves\","                  \
	"\"latest_versions\":[{\"version\":\"3\"}]}"

/* ---- registered models ---------------------------------------------------------------------- */

static void
models_of_both_registries(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " UC "*", 200, "{\"registered_models\":[" FARE "]}");
	fakehost_reply(host, "GET " WS "/registered-models/search*", 200,
		       "{\"registered_models\":[" CHURN "],\"next_page_token\":\"N\"}");
	result = fakehost_tool(host, "list_registered_models", "{}");
	has(result->text, "model\tregistry\tlatest\towner\tcomment\n"
			  "main.s.fare\tunity catalog\t-\tann\t-\n");
	has(result->text, "Next: list_registered_models page_token=w");
	result = fakehost_tool(host, "list_registered_models", "{\"page_token\":\"w\"}");
	has(result->text, "churn\tworkspace\t3\tbob\tWho leaves\n");
	has(result->text, "page_token=wN");
	fakehost_free(host);
}

static void
models_are_filtered(void)
{
	static const char *const filters[] = { "chu", "name LIKE '%chu%'", "name = \\\"churn\\\"" };

	for (size_t i = 0; i < COUNT(filters); i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);
		const struct fakehost_result *result;
		char arguments[128];

		snprintf(arguments, sizeof(arguments), "{\"filter_string\":\"%s\"}", filters[i]);
		fakehost_reply(host, "GET " UC "*", 200, "{\"registered_models\":[" FARE "]}");
		fakehost_reply(host, "GET " WS "/registered-models/search*", 200,
			       "{\"registered_models\":[" CHURN "]}");
		result = fakehost_tool(host, "list_registered_models", arguments);
		has(result->text, "churn\tworkspace");
		lacks(result->text, "main.s.fare");
		has(result->text, "1 model");
		fakehost_free(host);
	}
}

/* Empty pages that carry a token are no end. */
static void
model_pages_are_walked(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " UC "?max_results=100", 200, "{\"next_page_token\":\"A\"}");
	fakehost_reply(host, "GET " UC "?max_results=100&page_token=A", 200,
		       "{\"registered_models\":[" FARE "],\"next_page_token\":\"B\"}");
	result = fakehost_tool(host, "list_registered_models", "{}");
	has(result->text, "main.s.fare");
	has(result->text, "page_token=uB");
	ASSERT_INT(result->unexpected, 0);
	fakehost_reset(host);
	fakehost_reply(host, "GET " UC "*", 200, "{\"next_page_token\":\"A\"}");
	result = fakehost_tool(host, "list_registered_models", "{}");
	has(result->text, "page_token=uA");
	ASSERT_INT(fakehost_requests(host), 20);
	fakehost_free(host);
}

static void
workspace_registry_may_be_off(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " UC "*", 200, "{}");
	fakehost_reply(host, "GET " WS "/registered-models/search*", 403,
		       "{\"error_code\":\"PERMISSION_DENIED\",\"message\":\"Disabled here\"}");
	result = fakehost_tool(host, "list_registered_models", "{}");
	CU_ASSERT(!result->failed);
	has(result->text, "0 models.");
	has(result->text, "The workspace registry is not available: Disabled here");
	fakehost_reset(host);
	fakehost_reply(host, "GET " UC "*", 200, "{}");
	fakehost_reply(host, "GET " WS "/registered-models/search*", 503, "");
	result = fakehost_tool(host, "list_registered_models", "{}");
	ASSERT_INT(result->status, MCP_E_UNAVAILABLE);
	fakehost_free(host);
}

static void
model_arguments_are_checked(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	result = fakehost_tool(host, "list_registered_models", "{\"catalog_name\":\"main\"}");
	ASSERT_INT(result->status, MCP_E_INPUT);
	result = fakehost_tool(host, "list_registered_models", "{\"page_token\":\"x\"}");
	ASSERT_INT(result->status, MCP_E_INPUT);
	ASSERT_INT(fakehost_requests(host), 0);
	fakehost_reply(host, "GET " UC "*", 404, MISSING);
	result = fakehost_tool(host, "list_registered_models",
			       "{\"catalog_name\":\"main\",\"schema_name\":\"s\"}");
	ASSERT_INT(result->status, MCP_E_NOT_FOUND);
	has(result->what, "main.s");
	fakehost_free(host);
}

static void
versions_are_shown(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " UC "/main.s.fare/aliases/champion?include_aliases=true", 200,
		       "{\"model_name\":\"fare\",\"version\":3,\"status\":\"READY\",\"aliases\":"
		       "[{\"alias_name\":\"champion\"},{\"alias_name\":\"b\"}],\"extra\":1}");
	result = fakehost_tool(host, "get_model_version_details",
			       "{\"model_name\":\"main.s.fare\",\"version\":\"champion\"}");
	has(result->text, "model: main.s.fare\nversion: 3\nstatus: READY\naliases: champion, b\n");
	has(result->text, "/explore/data/models/main/s/fare/version/3");
	has(result->structured, "\"version\":\"3\"");
	lacks(result->structured, "extra");
	result = fakehost_tool(host, "get_model_version_details", "{\"model_name\":\"main.s.fare\","
			       "\"version\":\"champion\",\"detail\":\"full\"}");
	has(result->structured, "extra");
	fakehost_reply(host, "GET " WS "/model-versions/get?name=churn&version=3", 200,
		       "{\"model_version\":{\"version\":\"3\",\"aliases\":\"odd\"}}");
	result = fakehost_tool(host, "get_model_version_details",
			       "{\"model_name\":\"churn\",\"version\":\"3\"}");
	has(result->text, "/ml/models/churn/versions/3");
	fakehost_reset(host);
	fakehost_reply(host, "GET *", 200, "{}");
	result = fakehost_tool(host, "get_model_version_details",
			       "{\"model_name\":\"churn\",\"version\":\"3\"}");
	ASSERT_INT(result->status, MCP_E_UPSTREAM);
	fakehost_free(host);
}

static void
unknown_versions_are_explained(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " UC "/main.s.fare/versions/9*", 404, MISSING);
	fakehost_reply(host, "GET " UC "/main.s.fare/versions", 200,
		       "{\"model_versions\":[{\"version\":1},{\"version\":2}]}");
	result = fakehost_tool(host, "get_model_version_details",
			       "{\"model_name\":\"main.s.fare\",\"version\":\"9\"}");
	ASSERT_INT(result->status, MCP_E_NOT_FOUND);
	has(result->why, "Its versions: 1, 2.");
	fakehost_reset(host);
	fakehost_reply(host, "GET " UC "/main.s.fair/*", 404, MISSING);
	fakehost_reply(host, "GET " UC, 200, "{\"registered_models\":[" FARE "]}");
	result = fakehost_tool(host, "get_model_version_details",
			       "{\"model_name\":\"main.s.fair\",\"version\":\"9\"}");
	has(result->next, "Did you mean: main.s.fare?");
	fakehost_reset(host);
	fakehost_reply(host, "GET " WS "/model-versions/get*", 404, MISSING);
	fakehost_reply(host, "GET " WS "/model-versions/search*", 200, "{}");
	fakehost_reply(host, "GET " WS "/registered-models/search", 200,
		       "{\"registered_models\":[" CHURN "]}");
	result = fakehost_tool(host, "get_model_version_details",
			       "{\"model_name\":\"churm\",\"version\":\"9\"}");
	has(result->next, "Did you mean: churn?");
	fakehost_reset(host);
	fakehost_reply(host, "GET " UC "/main.s.new/versions/1*", 404, MISSING);
	fakehost_reply(host, "GET " UC "/main.s.new/versions", 200, "{}");
	result = fakehost_tool(host, "get_model_version_details",
			       "{\"model_name\":\"main.s.new\",\"version\":\"1\"}");
	has(result->why, "no version at all");
	fakehost_free(host);
}

static void
models_are_offered(void)
{
	static const char model[] =
	    "databricks://models/{model_name}/versions/{version} model_name";
	static const char version[] =
	    "databricks://models/{model_name}/versions/{version} version";
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, "GET " UC, 200, "{\"registered_models\":[" FARE "]}");
	fakehost_reply(host, "GET " UC "/main.s.fare/versions", 200,
		       "{\"model_versions\":[{\"version\":1},{\"version\":2}]}");
	fakehost_reply(host, "GET " WS "/model-versions/search?filter=name%3D%27churn%27", 200,
		       "{\"model_versions\":[{\"version\":\"3\"}]}");
	ASSERT_STR(fakehost_complete(host, model, "{\"value\":\"main\"}")->completion,
		   "[\"main.s.fare\"]");
	ASSERT_STR(fakehost_complete(host, version, "{\"value\":\"\",\"context\":{\"model_name\":"
		   "\"main.s.fare\"}}")->completion, "[\"1\",\"2\"]");
	ASSERT_STR(fakehost_complete(host, version, "{\"value\":\"\",\"context\":{\"model_name\":"
		   "\"churn\"}}")->completion, "[\"3\"]");
	ASSERT_STR(fakehost_complete(host, version, "{\"value\":\"\"}")->completion, "[]");
	fakehost_free(host);
}

/* ---- serving -------------------------------------------------------------------------------- */

static void
endpoints_are_listed(void)
{
	static const char list[] = "{\"endpoints\":[{\"name\":\"fare\",\"state\":{\"ready\":"
		"\"READY\",\"config_update\":\"NOT_UPDATING\"},\"config\":{\"served_entities\":["
		"{\"entity_name\":\"m.s.a\",\"entity_version\":\"2\"},{\"name\":\"ext\"}]}},"
		"{\"name\":\"risk\",\"state\":{\"ready\":\"NOT_READY\"},\"pending_config\":"
		"{\"served_models\":[{\"name\":\"risk-1\"}]}}]}";
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " SERVING, 200, list);
	result = fakehost_tool(host, "list_serving_endpoints", "{}");
	has(result->text, "fare\tREADY\tNOT_UPDATING\t-\tm.s.a v2, ext\t-\n");
	has(result->text, "risk\tNOT_READY\t-\t-\trisk-1\t-\n2 endpoints.");
	result = fakehost_tool(host, "list_serving_endpoints", "{\"name_filter\":\"RI\"}");
	has(result->text, "1 endpoint.");
	fakehost_results(host, 1, 0, 0, NULL);
	has(fakehost_tool(host, "list_serving_endpoints", "{}")->text,
	    "list_serving_endpoints page_token=1~");
	fakehost_free(host);
}

static void
endpoints_answer(void)
{
	static const struct mcp_header served = { "served-model-name", "fare-3" };
	static const char chat[] = "{\"choices\":[{\"message\":{\"content\":\"Hi\"},"
		"\"finish_reason\":\"length\"},{\"text\":\"Ho\"},{\"message\":{\"content\":null,"
		"\"tool_calls\":[{\"id\":\"1\"}]}}],\"usage\":{\"prompt_tokens\":3,"
		"\"completion_tokens\":4}}";
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply_with(host, "POST /serving-endpoints/fare/invocations", &(struct mcp_reply){
	    .size = sizeof(struct mcp_reply), .status = 200, .headers = &served, .n_headers = 1,
	    .body = { "{\"predictions\":[1.5]}", strlen("{\"predictions\":[1.5]}") } });
	result = fakehost_tool(host, "query_model_serving_endpoint", "{\"endpoint_name\":\"fare\","
			       "\"input_data\":{\"inputs\":[1],\"params\":{}}}");
	has(result->text, "model: fare-3");
	has(result->text, "{\"predictions\":[1.5]}");
	has(fakehost_request(host, 0)->body, "\"inputs\":[1]");
	ASSERT_INT(fakehost_request(host, 0)->retry, MCP_RETRY_NEVER);
	fakehost_reply(host, "POST /serving-endpoints/chat/invocations", 200, chat);
	result = fakehost_tool(host, "query_model_serving_endpoint", "{\"endpoint_name\":\"chat\","
			       "\"input_data\":{\"messages\":[]}}");
	has(result->text, "Hi");
	has(result->text, "max_tokens was reached");
	has(result->text, "Ho");
	has(result->text, "tool calls: [{\"id\":\"1\"}]");
	has(result->text, "tokens: 3 in, 4 out");
	fakehost_free(host);
}

static void
endpoints_refuse(void)
{
	static const char query[] = "{\"endpoint_name\":\"far\",\"input_data\":{\"inputs\":[1]}}";
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "POST *", 404, MISSING);
	fakehost_reply(host, "GET " SERVING, 200, "{\"endpoints\":[{\"name\":\"fare\"}]}");
	result = fakehost_tool(host, "query_model_serving_endpoint", query);
	ASSERT_INT(result->status, MCP_E_NOT_FOUND);
	has(result->next, "Did you mean: fare?");
	fakehost_reset(host);
	fakehost_reply(host, "POST *", 400, "{\"error_code\":\"BAD_REQUEST\",\"message\":"
		       "\"Model is missing inputs x\"}");
	result = fakehost_tool(host, "query_model_serving_endpoint", query);
	ASSERT_INT(result->status, MCP_E_INPUT);
	has(result->why, "Model is missing inputs x");
	has(result->next, "input_data");
	fakehost_reset(host);
	fakehost_reply(host, "POST *", 504, "<html>gateway</html>");
	result = fakehost_tool(host, "query_model_serving_endpoint", query);
	ASSERT_INT(result->status, MCP_E_TIMEOUT);
	has(result->why, "scales to zero");
	fakehost_reset(host);
	fakehost_no_reply(host, "POST *", MCP_E_TIMEOUT, "no answer within 50 s");
	result = fakehost_tool(host, "query_model_serving_endpoint", query);
	ASSERT_INT(result->status, MCP_E_TIMEOUT);
	has(result->why, "scales to zero");
	fakehost_free(host);
}

static void
inputs_are_checked(void)
{
	static const char *const inputs[] = { "{}", "{\"inputs\":[],\"instances\":[]}",
		"{\"messages\":[],\"stream\":true}" };
	struct fakehost *host = fakehost_new(&mcp_plugin);

	for (size_t i = 0; i < COUNT(inputs); i++) {
		const struct fakehost_result *result;
		char arguments[256];

		snprintf(arguments, sizeof(arguments),
			 "{\"endpoint_name\":\"e\",\"input_data\":%s}", inputs[i]);
		result = fakehost_tool(host, "query_model_serving_endpoint", arguments);
		ASSERT_INT(result->status, MCP_E_INPUT);
		ASSERT_INT(fakehost_requests(host), 0);
	}
	ASSERT_INT(fakehost_tool(host, "query_model_serving_endpoint", "{\"endpoint_name\":\"..\","
		   "\"input_data\":{\"inputs\":[1]}}")->status, MCP_E_INPUT);
	fakehost_free(host);
}

/* ---- vector search -------------------------------------------------------------------------- */

#define INDEX(name)                                                                                \
	"{\"vector_indexes\":[{\"name\":\"" name "\",\"endpoint_name\":\"v\",\"index_type\":"      \
	"\"DIRECT_ACCESS\",\"primary_key\":\"id\"}]"

static void
indexes_of_all_endpoints(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " VECTORS "/endpoints", 200,
		       "{\"endpoints\":[{\"name\":\"v\"},{\"name\":\"w\"}]}");
	fakehost_reply(host, "GET " VECTORS "/indexes?endpoint_name=v", 200, INDEX("a.b.c") "}");
	fakehost_reply(host, "GET " VECTORS "/indexes?endpoint_name=w", 200, "{}");
	result = fakehost_tool(host, "list_vector_indexes", "{}");
	ASSERT_STR(result->text, "index\tendpoint\ttype\tprimary key\tcreator\n"
		   "a.b.c\tv\tDIRECT_ACCESS\tid\t-\n1 index.");
	fakehost_reset(host);
	fakehost_reply(host, "GET " VECTORS "/endpoints", 200, "{}");
	has(fakehost_tool(host, "list_vector_indexes", "{}")->text, "no vector search endpoint");
	fakehost_free(host);
}

/* What fails, goes on or was not asked is said. */
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
	has(result->text, "more endpoints than the 20");
	ASSERT_INT(fakehost_requests(host), 21);
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
	result = fakehost_tool(host, "list_vector_indexes", "{\"endpoint_name\":\"v\"}");
	has(result->text, "a.b.c");
	has(result->text, "list_vector_indexes endpoint_name=v page_token=U");
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
	result = fakehost_tool(host, "query_vector_index", "{\"index_name\":\"a.b.c\",\"columns\":"
			       "[\"id\"],\"query_vector\":[1,2],\"query_type\":\"ANN\","
			       "\"num_results\":2,\"filters_json\":\"{\\\"x <\\\":1}\"}");
	has(result->text, "id\tscore\n7.0\t0.83\n");
	has(result->text, "2 rows.");
	has(fakehost_request(host, 0)->body, "\"query_vector\":[1,2]");
	has(fakehost_request(host, 0)->body, "\"filters_json\":\"{\\\"x <\\\":1}\"");
	fakehost_results(host, 1, 0, 0, NULL);
	result = fakehost_tool(host, "query_vector_index", "{\"index_name\":\"a.b.c\",\"columns\":"
			       "[\"id\"],\"query_text\":\"x\",\"query_type\":\"HYBRID\"}");
	has(result->text, "1 of 2 rows shown. Next: query_vector_index with a filters_json");
	fakehost_reset(host);
	fakehost_reply(host, "POST *", 200, "{\"manifest\":{\"columns\":[{\"name\":\"id\"}]},"
		       "\"result\":{}}");
	result = fakehost_tool(host, "query_vector_index", "{\"index_name\":\"a.b.c\",\"columns\":"
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
		"\"query_type\":\"ANN\",\"page_token\":\"T\"",
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
	result = fakehost_tool(host, "query_vector_index", "{\"index_name\":\"a.b.c\",\"columns\":"
			       "[\"id\"],\"query_text\":\"x\",\"query_type\":\"ANN\"}");
	ASSERT_INT(result->status, MCP_E_NOT_FOUND);
	has(result->next, "list_vector_indexes");
	fakehost_free(host);
}

static void
further_rows(void)
{
	static char columns[8192] = "{\"manifest\":{\"columns\":[{\"name\":\"c\"}";
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "POST " VECTORS "/indexes/a.b.c/query-next-page", 200,
		       HITS ",\"next_page_token\":\"U\"}");
	result = fakehost_tool(host, "query_vector_index", "{\"index_name\":\"a.b.c\",\"columns\":"
			       "[\"id\"],\"query_type\":\"ANN\",\"page_token\":\"T\","
			       "\"endpoint_name\":\"v\"}");
	has(result->text, "page_token=U");
	has(fakehost_request(host, 0)->body, "\"endpoint_name\":\"v\"");
	fakehost_reset(host);
	for (int i = 0; i < 101; i++)
		strcat(columns, ",{\"name\":\"c\"}");
	strcat(columns, "]}}");
	fakehost_reply(host, "POST *", 200, columns);
	result = fakehost_tool(host, "query_vector_index", "{\"index_name\":\"a.b.c\",\"columns\":"
			       "[\"id\"],\"query_text\":\"x\",\"query_type\":\"ANN\"}");
	ASSERT_INT(result->status, MCP_E_TOO_LARGE);
	fakehost_free(host);
}

#define ADD(documents)                                                                             \
	"{\"index_name\":\"a.b.c\",\"primary_key\":\"id\",\"documents\":" documents "}"

static void
rows_are_added(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, "POST " VECTORS "/indexes/a.b.c/upsert-data", 200,
		       "{\"status\":\"SUCCESS\",\"result\":{\"success_row_count\":1}}");
	has(fakehost_tool(host, "add_to_vector_index", ADD("[{\"id\":1}]"))->text,
	    "1 row went into a.b.c.");
	has(fakehost_request(host, 0)->body, "\"inputs_json\":\"[{\\\"id\\\":1}]\"");
	ASSERT_INT(fakehost_tool(host, "add_to_vector_index",
				 ADD("[{\"id\":1},{\"x\":1}]"))->status, MCP_E_INPUT);
	ASSERT_INT(fakehost_requests(host), 0);
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
	has(result->what, "1 did, 22 did not");
	has(result->why, "k and 2 more");
	fakehost_reset(host);
	fakehost_reply(host, "POST *", 200, "{\"status\":\"FAILURE\"}");
	result = fakehost_tool(host, "add_to_vector_index", ADD("[{\"id\":1}]"));
	has(result->why, "FAILURE");
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(models_of_both_registries),
	TEST(models_are_filtered),
	TEST(model_pages_are_walked),
	TEST(workspace_registry_may_be_off),
	TEST(model_arguments_are_checked),
	TEST(versions_are_shown),
	TEST(unknown_versions_are_explained),
	TEST(models_are_offered),
	TEST(endpoints_are_listed),
	TEST(endpoints_answer),
	TEST(endpoints_refuse),
	TEST(inputs_are_checked),
	TEST(indexes_of_all_endpoints),
	TEST(indexes_with_gaps),
	TEST(indexes_of_one_endpoint),
	TEST(rows_are_found),
	TEST(queries_are_checked),
	TEST(further_rows),
	TEST(rows_are_added),
	TEST(rows_are_refused),
};
SUITE(tests)

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
		       "[{\"alias_name\":\"champion\"},{\"alias_name\":\"b\"}],\"id\":\"abc\"}");
	result = fakehost_tool(host, "get_model_version_details",
			       "{\"model_name\":\"main.s.fare\",\"version\":\"champion\"}");
	has(result->text, "model: main.s.fare\nversion: 3\nstatus: READY\naliases: champion, b\n");
	has(result->text, "/explore/data/models/main/s/fare/version/3");
	has(result->structured, "\"version\":\"3\"");
	has(result->structured, "\"aliases\":[\"champion\",\"b\"]");
	lacks(result->structured, "abc");
	result = fakehost_tool(host, "get_model_version_details", "{\"model_name\":"
	    "\"`main`.s.fare\","
			       "\"version\":\"champion\",\"detail\":\"full\"}");
	has(result->structured, "\"id\":\"abc\"");
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

/* Aliases as texts, tags, odd types, and a name with a quote in it. */
static void
versions_of_the_workspace(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " WS "/model-versions/get?name=churn&version=4", 200,
		       "{\"model_version\":{\"version\":4,\"status\":7,\"aliases\":[\"champion\","
		       "5,null,"
		       "{\"alias\":\"b\"}],\"tags\":[{\"key\":\"team\",\"value\":\"risk\"}]}}");
	result = fakehost_tool(host, "get_model_version_details",
			       "{\"model_name\":\"churn\",\"version\":\"4\",\"detail\":\"full\"}");
	has(result->text, "status: 7\naliases: champion, 5, b\n");
	has(result->text, "tags:\n  team = risk\n");
	has(result->structured, "\"status\":\"7\"");
	has(result->structured, "\"tags\":{\"team\":\"risk\"}");
	fakehost_reset(host);
	fakehost_reply(host, "GET " WS "/model-versions/get*", 404, MISSING);
	fakehost_reply(host, "GET " WS "/model-versions/search?filter=name%3D%22o%27brien%22", 200,
		       "{\"model_versions\":[{\"version\":\"31\"}]}");
	result = fakehost_tool(host, "get_model_version_details",
			       "{\"model_name\":\"o'brien\",\"version\":\"7\"}");
	has(result->why, "Its versions: 31.");
	fakehost_free(host);
}

/* Without Unity Catalog the workspace's own registry is shown, and it is said why. */
static void
models_without_a_catalog(void)
{
	static const struct {
		int status;
		const char *body;
	} cases[] = {
		{ 404, "{\"error_code\":\"METASTORE_DOES_NOT_EXIST\","
		    "\"message\":\"No metastore.\"}" },
		{ 403, "{\"error_code\":\"FEATURE_DISABLED\",\"message\":\"Not enabled.\"}" },
		{ 404, "{\"error_code\":\"ENDPOINT_NOT_FOUND\",\"message\":\"No API.\"}" },
		{ 501, "{}" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);
		const struct fakehost_result *result;

		fakehost_reply(host, "GET " UC "*", cases[i].status, cases[i].body);
		fakehost_reply(host, "GET " WS "/registered-models/search*", 200,
			       "{\"registered_models\":[{\"name\":\"ws\"}]}");
		result = fakehost_tool(host, "list_registered_models", "{}");
		CU_ASSERT(!result->failed);
		has(result->text, "does not offer Unity Catalog");
		has(result->text, "\nws\tworkspace\t");
		CU_ASSERT(fakehost_tool(host, "list_registered_models", "{\"catalog_name\":\"c\","
					"\"schema_name\":\"s\"}")->failed);
		fakehost_free(host);
	}
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
		"{\"entity_name\":\"m.s.a\",\"entity_version\":\"2\"},{\"name\":\"ext\"},"
		"{\"name\":\"now\",\"external_model\":{\"name\":\"gpt\","
		"\"provider\":\"openai\"}}]}},"
		"{\"name\":\"risk\",\"state\":{\"ready\":\"NOT_READY\"},\"pending_config\":"
		"{\"served_models\":[{\"name\":\"risk-1\",\"model_name\":\"risk\","
		"\"model_version\":"
		"\"1\"}]}}]}";
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " SERVING, 200, list);
	result = fakehost_tool(host, "list_serving_endpoints", "{}");
	has(result->text, "fare\tREADY\tNOT_UPDATING\t-\tm.s.a version 2, ext,"
	    " gpt (openai)\t-\t-\n");
	has(result->text, "risk\tNOT_READY\t-\t-\trisk version 1\t-\t-\n2 endpoints.");
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
	has(result->text, "\n[{\"id\":\"1\"}]\n");
	has(result->text, "tokens: 3 in, 4 out");
	fakehost_free(host);
}

/* Content in parts, refusals, reasoning, messages of agents, and answers without any text. */
static void
answers_of_all_kinds(void)
{
	static const struct {
		const char *reply, *has, *lacks;
	} cases[] = {
		{ "{\"choices\":[{\"message\":{\"content\":[{\"type\":\"reasoning\","
		    "\"summary\":[{\"type\":"
		  "\"summary_text\",\"text\":\"Let me count.\"}]},{\"type\":\"text\","
		  "\"text\":\"14.\\nSee.\"},"
		  "{\"type\":\"image_url\"},\"tail\"]}}]}", "\n14.\nSee.\n", "\"type\"" },
		{ "{\"choices\":[{\"message\":{\"content\":[{\"type\":\"image_url\"}]}}]}",
		  "[image_url]", "no text" },
		{ "{\"choices\":[{\"message\":{\"content\":null,\"refusal\":\"I cannot.\"}}]}",
		  "refusal:", "no text" },
		{ "{\"choices\":[{\"message\":{\"content\":\"\"},"
		    "\"finish_reason\":\"content_filter\"}]}",
		  "The answer has no text.\nfinish reason: content_filter", "untrusted" },
		{ "{\"choices\":[{\"message\":7},null,5]}", "The answer has no text.", "7" },
		{ "{\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\","
		    "\"text\":"
		  "\"Hello\"}]}],\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}",
		  "tokens: 1 in, 2 out", "\"type\"" },
		{ "{\"predictions\":[\"a/b\"],\"usage\":\"x\"}", "{\"predictions\":["
		    "\"a/b\"]", "tokens" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);
		const struct fakehost_result *result;

		fakehost_reply(host, "POST *", 200, cases[i].reply);
		result = fakehost_tool(host, "query_model_serving_endpoint",
		    "{\"endpoint_name\":\"e\",\"input_data\":{\"messages\":[]}}");
		CU_ASSERT(!result->failed);
		has(result->text, cases[i].has);
		lacks(result->text, cases[i].lacks);
		fakehost_free(host);
	}
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

#define ABC "GET " VECTORS "/indexes/a.b.c"
#define DETAIL                                                                                     \
	"{\"name\":\"a.b.c\",\"endpoint_name\":\"v\",\"index_type\":\"DELTA_SYNC\","   \
	"\"primary_key\":\"id\",\"status\":{\"ready\":true,\"indexed_row_count\":9},"    \
	"\"delta_sync_index_spec\":{\"source_table\":\"m.s.t\",\"embedding_vector_columns\":[" \
	"{\"name\":\"vec\",\"embedding_dimension\":4}],\"embedding_source_columns\":["     \
	"{\"name\":\"text\",\"embedding_model_endpoint_name\":\"bge\"}]}}"
#define HEAD                                                                                       \
	"index\tendpoint\ttype\tprimary key\tdimension\ttext queries\tcolumns\tsource "  \
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
	ASSERT_STR(result->text, HEAD "a.b.c\tv\tDELTA_SYNC\tid\t4\t" "yes, by bge\tid,"
	    " text\tm.s.t\t9\tready\t"
		   "-\n1 index.");
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
	result = fakehost_tool(host, "list_vector_indexes", "{\"endpoint_name\":\"v\","
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
	has(result->text, "1 of 2 rows shown. Next: query_vector_index index_name=a.b.c columns=["
	    "\"id\"] ");
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

/* What the index is made of helps where the query leaves something out, or is refused. */
static void
queries_are_helped(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, ABC, 200, DETAIL);
	fakehost_reply(host, "POST " VECTORS "/indexes/a.b.c/query", 200, HITS "}");
	has(fakehost_tool(host, "query_vector_index", "{\"index_name\":\"`a`.b.c\",\"query_text\":"
			  "\"x\",\"query_type\":\"ANN\","
			  "\"filters_json\":{\"a/b\":1}}")->text, "2 rows.");
	has(fakehost_request(host, 1)->body, "\"columns\":[\"id\",\"text\"]");
	has(fakehost_request(host, 1)->body, "\"filters_json\":\"{\\\"a/b\\\":1}\"");
	fakehost_reset(host);
	fakehost_reply(host, ABC, 200, DETAIL);
	fakehost_reply(host, "POST *", 400, "{\"error_code\":\"INVALID_PARAMETER_VALUE\","
		       "\"message\":\"no such column\"}");
	result = fakehost_tool(host, "query_vector_index", "{\"index_name\":\"a.b.c\",\"columns\":"
			       "[\"id\",\"nope\"],\"query_text\":\"x\",\"query_type\":\"ANN\"}");
	ASSERT_INT(result->status, MCP_E_INPUT);
	has(result->what, "has no column nope");
	has(result->why, "no such column");
	has(result->next, "Its columns: vec, id, text.");
	result = fakehost_tool(host, "query_vector_index", "{\"index_name\":\"a.b.c\",\"columns\":"
			       "[\"id\"],\"query_vector\":[1],\"query_type\":\"ANN\"}");
	has(result->what, "did not accept the query");
	has(result->next, "It takes query_text.");
	fakehost_reset(host);
	fakehost_reply(host, ABC, 200, "{}");
	ASSERT_INT(fakehost_tool(host, "query_vector_index", "{\"index_name\":\"a.b.c\","
				 "\"query_text\":\"x\","
				 "\"query_type\":\"ANN\"}")->status, MCP_E_INPUT);
	fakehost_free(host);
}

/* The manifest is optional: what was asked for names the columns. */
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
		ASSERT_STR(fakehost_tool(host, "query_vector_index", "{\"index_name\":\"a.b.c\","
		    "\"columns\":[\"id\",\"name\"],\"query_text\":\"x\","
		    "\"query_type\":\"ANN\"}")->text,
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
	result = fakehost_tool(host, "query_vector_index", "{\"index_name\":\"a.b.c\",\"columns\":"
			       "[\"id\"],\"query_type\":\"ANN\",\"page_token\":\"T\","
			       "\"endpoint_name\":\"v\"}");
	has(result->text, "page_token=U");
	has(fakehost_request(host, 0)->body, "\"endpoint_name\":\"v\"");
	fakehost_reply(host, ABC, 200, DETAIL);
	has(fakehost_tool(host, "query_vector_index", "{\"index_name\":\"a.b.c\","
	    "\"page_token\":\"T\"}")
		->text, "Next: query_vector_index index_name=a.b.c page_token=U");
	has(fakehost_request(host, 1)->body, "\"endpoint_name\":\"v\"");
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
	fakehost_reply(host, ABC, 200, DETAIL);
	has(fakehost_tool(host, "add_to_vector_index", "{\"index_name\":\"a.b.c\",\"documents\":["
			  "{\"id\":1}]}")->text, "1 row went into a.b.c.");
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
	TEST(versions_of_the_workspace),
	TEST(models_without_a_catalog),
	TEST(unknown_versions_are_explained),
	TEST(models_are_offered),
	TEST(endpoints_are_listed),
	TEST(endpoints_answer),
	TEST(answers_of_all_kinds),
	TEST(endpoints_refuse),
	TEST(inputs_are_checked),
	TEST(indexes_of_all_endpoints),
	TEST(indexes_with_gaps),
	TEST(indexes_of_one_endpoint),
	TEST(rows_are_found),
	TEST(queries_are_checked),
	TEST(queries_are_helped),
	TEST(rows_without_a_manifest),
	TEST(further_rows),
	TEST(rows_are_added),
	TEST(rows_are_refused),
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the plugin ml on the fake host: the model registries and model serving. */
#include "test_ml.h"

#define UC "/api/2.1/unity-catalog/models"
#define WS "/api/2.0/mlflow"
#define SERVING "/api/2.0/serving-endpoints"
#define VECTORS "/api/2.0/vector-search"
#define MISSING "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\",\"message\":\"It does not exist.\"}"
#define FARE "{\"full_name\":\"main.s.fare\",\"name\":\"fare\",\"owner\":\"ann\"}"
#define CHURN                                                                        \
	"{\"name\":\"churn\",\"user_id\":\"bob\",\"description\":\"Who leaves\","    \
	"\"latest_versions\":[{\"version\":\"3\",\"current_stage\":\"Production\"}," \
	"{\"version\":\"4\"}]}"

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
	has(result->text, "churn\tworkspace\t3 Production, 4\tbob\tWho leaves\n");
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

/* An empty page with a token is not the last page. */
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
workspace_registry_may_be_disabled(void)
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
	result = fakehost_tool(host, "get_model_version_details",
			       "{\"model_name\":"
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

/* A model with aliases as texts, tags, unusual types, and a quote in its name. */
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

/* Without Unity Catalog the workspace's own registry is shown, with the reason. */
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
		has(result->text, "has no Unity Catalog");
		has(result->text, "\nws\tworkspace\t");
		CU_ASSERT(fakehost_tool(host, "list_registered_models",
					"{\"catalog_name\":\"c\","
					"\"schema_name\":\"s\"}")
			      ->failed);
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
	has(result->why, "has no version");
	fakehost_free(host);
}

static void
models_are_offered(void)
{
	static const char model[] =
	    "databricks://models/{model_name}/versions/{version} model_name";
	static const char version[] = "databricks://models/{model_name}/versions/{version} version";
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, "GET " UC, 200, "{\"registered_models\":[" FARE "]}");
	fakehost_reply(host, "GET " UC "/main.s.fare/versions", 200,
		       "{\"model_versions\":[{\"version\":1},{\"version\":2}]}");
	fakehost_reply(host, "GET " WS "/model-versions/search?filter=name%3D%27churn%27", 200,
		       "{\"model_versions\":[{\"version\":\"3\"}]}");
	ASSERT_STR(fakehost_complete(host, model, "{\"value\":\"main\"}")->completion,
		   "[\"main.s.fare\"]");
	ASSERT_STR(fakehost_complete(host, version,
				     "{\"value\":\"\",\"context\":{\"model_name\":"
				     "\"main.s.fare\"}}")
		       ->completion,
		   "[\"1\",\"2\"]");
	ASSERT_STR(fakehost_complete(host, version,
				     "{\"value\":\"\",\"context\":{\"model_name\":"
				     "\"churn\"}}")
		       ->completion,
		   "[\"3\"]");
	ASSERT_STR(fakehost_complete(host, version, "{\"value\":\"\"}")->completion, "[]");
	fakehost_free(host);
}

/* ---- serving -------------------------------------------------------------------------------- */

static void
endpoints_are_listed(void)
{
	static const char list[] =
	    "{\"endpoints\":[{\"name\":\"fare\",\"state\":{\"ready\":"
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
	static const char chat[] =
	    "{\"choices\":[{\"message\":{\"content\":\"Hi\"},"
	    "\"finish_reason\":\"length\"},{\"text\":\"Ho\"},{\"message\":{\"content\":null,"
	    "\"tool_calls\":[{\"id\":\"1\"}]}}],\"usage\":{\"prompt_tokens\":3,"
	    "\"completion_tokens\":4}}";
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply_with(host, "POST /serving-endpoints/fare/invocations",
			    &(struct mcp_reply){ .size = sizeof(struct mcp_reply),
						 .status = 200,
						 .headers = &served,
						 .n_headers = 1,
						 .body = { "{\"predictions\":[1.5]}",
							   strlen("{\"predictions\":[1.5]}") } });
	result = fakehost_tool(host, "query_model_serving_endpoint",
			       "{\"endpoint_name\":\"fare\","
			       "\"input_data\":{\"inputs\":[1],\"params\":{}}}");
	has(result->text, "model: fare-3");
	has(result->text, "{\"predictions\":[1.5]}");
	has(fakehost_request(host, 0)->body, "\"inputs\":[1]");
	ASSERT_INT(fakehost_request(host, 0)->retry, MCP_RETRY_NEVER);
	fakehost_reply(host, "POST /serving-endpoints/chat/invocations", 200, chat);
	result = fakehost_tool(host, "query_model_serving_endpoint",
			       "{\"endpoint_name\":\"chat\","
			       "\"input_data\":{\"messages\":[]}}");
	has(result->text, "Hi");
	has(result->text, "max_tokens was reached");
	has(result->text, "Ho");
	has(result->text, "\n[{\"id\":\"1\"}]\n");
	has(result->text, "tokens: 3 in, 4 out");
	fakehost_free(host);
}

/* Answers with content in parts, refusals, reasoning, messages of agents, and without any text. */
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
		  "{\"type\":\"image_url\"},\"tail\"]}}]}",
		  "\n14.\nSee.\n", "\"type\"" },
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
		{ "{\"predictions\":[\"a/b\"],\"usage\":\"x\"}",
		  "{\"predictions\":["
		  "\"a/b\"]",
		  "tokens" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);
		const struct fakehost_result *result;

		fakehost_reply(host, "POST *", 200, cases[i].reply);
		result =
		    fakehost_tool(host, "query_model_serving_endpoint",
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
	fakehost_reply(host, "POST *", 400,
		       "{\"error_code\":\"BAD_REQUEST\",\"message\":"
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
	ASSERT_INT(fakehost_tool(host, "query_model_serving_endpoint",
				 "{\"endpoint_name\":\"..\","
				 "\"input_data\":{\"inputs\":[1]}}")
		       ->status,
		   MCP_E_INPUT);
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(models_of_both_registries),
	TEST(models_are_filtered),
	TEST(model_pages_are_walked),
	TEST(workspace_registry_may_be_disabled),
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
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Every tool of the ml plugin with replies of every wrong type. */
#include "ml.h"
#include "test_wrong.h"

#define WS "/api/2.0/mlflow"
#define UC "/api/2.1/unity-catalog/models"
#define SERVING "/api/2.0/serving-endpoints"
#define VS "/api/2.0/vector-search"
#define RUN                                                                              \
	"{\"info\":{\"run_id\":\"r\",\"run_name\":\"n\",\"status\":\"FINISHED\","        \
	"\"experiment_id\":\"7\","                                                       \
	"\"user_id\":\"u\",\"start_time\":1700000000000,\"end_time\":1700000001000,"     \
	"\"artifact_uri\":\"d\"},"                                                       \
	"\"data\":{\"metrics\":[{\"key\":\"m\",\"value\":0.5,\"step\":3,"                \
	"\"timestamp\":1700000000000,"                                                   \
	"\"dataset_name\":\"d\",\"model_id\":\"i\"}],\"params\":[{\"key\":\"p\","        \
	"\"value\":\"v\"}],\"tags\":["                                                   \
	"{\"key\":\"t\",\"value\":\"v\"}]},"                                             \
	"\"inputs\":{\"dataset_inputs\":[{\"dataset\":{\"name\":\"n\","                  \
	"\"digest\":\"d\",\"source\":\"s\"},\"tags\":[{\"key\":\"mlflow.data.context\"," \
	"\"value\":\"train\"}]}],"                                                       \
	"\"model_inputs\":[{\"model_id\":\"m\"}]},"                                      \
	"\"outputs\":{\"model_outputs\":[{\"model_id\":\"m\","                           \
	"\"step\":1}]}}"
#define VERSION                                                                                 \
	"{\"model_name\":\"m\",\"version\":3,\"status\":\"READY\","                             \
	"\"aliases\":[{\"alias_name\":\"a\"},\"b\"],"                                           \
	"\"created_at\":1700000000000,\"created_by\":\"u\",\"comment\":\"c\",\"source\":\"s\"," \
	"\"tags\":["                                                                            \
	"{\"key\":\"k\",\"value\":\"v\"}],"                                                     \
	"\"model_version_dependencies\":{\"dependencies\":[{\"table\":{"                        \
	"\"table_full_name\":\"c.s.t\"}}]}}"
#define INDEX                                                                            \
	"{\"name\":\"a.b.c\",\"endpoint_name\":\"v\",\"index_type\":\"DELTA_SYNC\","     \
	"\"primary_key\":\"id\","                                                        \
	"\"creator\":\"u\",\"status\":{\"ready\":false,\"message\":\"m\","               \
	"\"indexed_row_count\":9},"                                                      \
	"\"delta_sync_index_spec\":{\"source_table\":\"t\",\"columns_to_sync\":[\"x\"]," \
	"\"schema_json\":\"{\\\"id\\\":\\\"int\\\"}\","                                  \
	"\"embedding_vector_columns\":[{\"name\":\"vec\","                               \
	"\"embedding_dimension\":4}],\"embedding_source_columns\":[{\"name\":\"text\","  \
	"\"embedding_model_endpoint_name\":\"bge\"}]}}"
#define HITS                                                                \
	"{\"manifest\":{\"column_count\":2,\"columns\":[{\"name\":\"id\"}," \
	"{\"name\":\"score\"}]},\"result\":{"                               \
	"\"row_count\":1,\"data_array\":[[7,0.83]]},\"next_page_token\":\"t\"}"
#define CHAT                                                                                     \
	"{\"model\":\"m\",\"choices\":[{\"message\":{\"content\":[{\"type\":\"text\","           \
	"\"text\":\"x\"},{\"type\":"                                                             \
	"\"reasoning\",\"summary\":[{\"text\":\"y\"}]}],\"refusal\":\"no\","                     \
	"\"tool_calls\":[{\"id\":\"1\"}],"                                                       \
	"\"reasoning_content\":\"r\"},\"finish_reason\":\"length\",\"text\":\"t\"}],\"usage\":{" \
	"\"prompt_tokens\":1,\"completion_tokens\":2}}"
#define QUERY "{\"index_name\":\"a.b.c\",\"query_text\":\"x\",\"query_type\":\"ANN\"}"
#define ASK(input) "{\"endpoint_name\":\"e\",\"input_data\":{" input "}}"

static const struct wrong_case cases[] = {
	{ "list_mlflow_experiments",
	  "{}",
	  { { "POST " WS "/experiments/search",
	      "{\"experiments\":[{\"experiment_id\":\"7\",\"name\":\"n\","
	      "\"lifecycle_stage\":\"active\","
	      "\"last_update_time\":1700000000000}],\"next_page_token\":\"t\"}" } } },
	{ "list_mlflow_runs",
	  "{\"experiment_id\":\"/a\",\"columns\":[\"m\",\"params.p\","
	  "\"end_time\"]}",
	  { { "GET " WS "/experiments/get-by-name*", "{\"experiment\":{\"experiment_id\":\"7\"}}" },
	    { "POST " WS "/runs/search", "{\"runs\":[" RUN "],\"next_page_token\":\"t\"}" } } },
	{ "list_mlflow_runs",
	  "{\"experiment_id\":\"7\"}",
	  { { "POST " WS "/runs/search", "{\"runs\":[" RUN "]}" } } },
	{ "get_mlflow_run_details",
	  "{\"run_id\":\"r\",\"detail\":\"full\"}",
	  { { "GET " WS "/runs/get*", "{\"run\":" RUN "}" },
	    { "GET " WS "/artifacts/list*",
	      "{\"files\":[{\"path\":\"p\",\"is_dir\":true}],\"next_page_token\":\"t\"}" } } },
	{ "list_registered_models",
	  "{\"filter_string\":\"m\"}",
	  { { "GET " UC "*",
	      "{\"registered_models\":[{\"full_name\":\"a.b.m\",\"owner\":\"o\","
	      "\"comment\":"
	      "\"c\",\"latest_versions\":[{\"version\":\"1\"}]}],\"next_page_token\":\"t\"}" } } },
	{ "list_registered_models",
	  "{\"page_token\":\"w\"}",
	  { { "GET " WS "/registered-models/se"
	      "arch*",
	      "{\"registered_models\":[{\"name\":\"m\",\"user_id\":\"o\","
	      "\"description\":\"c\"}]}" } } },
	{ "get_model_version_details",
	  "{\"model_name\":\"a.b.m\",\"version\":\"3\","
	  "\"detail\":\"full\"}",
	  { { "GET " UC "/*", VERSION } } },
	{ "get_model_version_details",
	  "{\"model_name\":\"m\",\"version\":\"3\"}",
	  { { "GET " WS "/model-versions/get*", "{\"model_version\":" VERSION "}" } } },
	{ "get_model_version_details",
	  "{\"model_name\":\"m\",\"version\":\"4\"}",
	  { { "GET " WS "/model-versions/search*", "{\"model_versions\":[{\"version\":"
						   "\"1\"}]}" } } },
	{ "list_serving_endpoints",
	  "{}",
	  { { "GET " SERVING,
	      "{\"endpoints\":[{\"name\":\"e\","
	      "\"state\":{"
	      "\"ready\":\"READY\",\"config_update\":\"x\"},\"task\":\"t\",\"description\":\"d\","
	      "\"config\":{"
	      "\"served_entities\":[{\"entity_name\":\"a\",\"entity_version\":\"1\","
	      "\"external_model\":{\"name\":"
	      "\"g\",\"provider\":\"o\"}}],\"served_models\":[{\"model_name\":\"m\"}]}}]}" } } },
	{ "query_model_serving_endpoint",
	  ASK("\"messages\":[]"),
	  { { "POST /serving-endpoints/e/invocations", CHAT } } },
	{ "query_model_serving_endpoint",
	  ASK("\"input\":[]"),
	  { { "POST /serving-endpoints/e/invo"
	      "cations",
	      "{\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\","
	      "\"text\":\"x\"}]}],"
	      "\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}" } } },
	{ "query_model_serving_endpoint",
	  ASK("\"inputs\":[1]"),
	  { { "POST /serving-endpoints/e/invocations", "{\"predictions\":[1,{\"a\":2}]}" } } },
	{ "list_vector_indexes",
	  "{}",
	  { { "GET " VS "/endpoints", "{\"endpoints\":[{\"name\":"
				      "\"v\"}]}" },
	    { "GET " VS "/indexes?*", "{\"vector_indexes\":[{\"name\":\"a.b.c\"}],"
				      "\"next_page_token\":\"t\"}" },
	    { "GET " VS "/indexes/a.b.c", INDEX } } },
	{ "list_vector_indexes",
	  "{\"endpoint_name\":\"v\"}",
	  { { "GET " VS "/indexes?*", "{\"vector_indexes\":[{\"name\":\"a.b.c\"}],"
				      "\"next_page_token\":\"t\"}" },
	    { "GET " VS "/indexes/a.b.c", INDEX } } },
	{ "query_vector_index",
	  QUERY,
	  { { "GET " VS "/indexes/a.b.c", INDEX }, { "POST " VS "/indexes/a.b.c/query", HITS } } },
	{ "query_vector_index",
	  "{\"index_name\":\"a.b.c\",\"page_token\":\"t\"}",
	  { { "GET " VS "/indexes/a.b.c", INDEX },
	    { "POST " VS "/indexes/a.b.c/query-next-page", HITS } } },
	{ "add_to_vector_index",
	  "{\"index_name\":\"a.b.c\",\"documents\":[{\"id\":1}]}",
	  { { "GET " VS "/indexes/a.b.c", INDEX },
	    { "POST " VS "/indexes/a.b.c/upsert-data",
	      "{\"status\":\"PARTIAL\",\"result\":{\"success_row_count\":1,"
	      "\"failed_primary_keys\":[\"k\"]}}" } } },
};

static void
tools_take_any_reply(void)
{
	size_t ways = 0;

	for (size_t i = 0; i < COUNT(cases); i++)
		ways += wrong_replies_of(&mcp_plugin, &cases[i]);
	printf("%zu ways ", ways);
	CU_ASSERT(ways > 5000);
}

static const struct test tests[] = { TEST(tools_take_any_reply) };
SUITE(tests)

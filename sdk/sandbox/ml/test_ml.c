/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of MLflow, the model registries, serving and vector search. */
#include "test/expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#define MLFLOW "/api/2.0/mlflow"
#define UC "/api/2.1/unity-catalog/models"
#define VECTORS "/api/2.0/vector-search/indexes/"
#define TAXI "1042000000000001"

/* ---- MLflow ---- */

/* The number of items in an answer; -1 when the filter was refused; -2 for any other answer. */
static int
count_or_refused(struct answer *a, int count)
{
	if (a->status == 200)
		return count;
	return is_error(a, 400, "INVALID_PARAMETER_VALUE") ? -1 : -2;
}

/* The number of runs of the large experiment that match a filter; -1 when it was refused. */
static int
runs_of(const char *filter)
{
	char *body = text_of("{\"experiment_ids\":[\"" TAXI "\"],\"filter\":\"%s\"}", filter);
	struct answer *a = post(MLFLOW "/runs/search", body);
	int count = count_or_refused(a, (int)count_at(a, "runs"));

	answer_free(a);
	free(body);
	return count;
}

static void
test_filters(void)
{
	static const struct {
		const char *filter;
		int count;
	} rows[] = {
		{ "", 22 },
		{ "status = 'FINISHED'", 17 },
		{ "attributes.status != 'FINISHED'", 5 },
		{ "attribute.status IN ('FAILED', 'KILLED')", 4 },
		{ "status NOT IN ('FAILED','KILLED')", 18 },
		{ "metrics.rmse < 1.5", 2 },
		{ "metric.rmse >= 4", 1 },
		{ "metrics.`rmse` > 3.8 and metrics.rmse <= 4", 2 },
		{ "params.model = 'tree' AND tags.team = 'growth'", 4 },
		{ "params.\"model\" LIKE 't%'", 6 },
		{ "params.model LIKE 'T%'", 0 },
		{ "params.model ILIKE 'T_EE'", 6 },
		{ "metrics.rmse IS NULL", 2 },
		{ "params.none IS NOT NULL", 0 },
		{ "run_name = 'taxi-fare-01' and start_time > 0", 1 },
		{ "metrics.rmse < 'a'", -1 },
		{ "metrics.rmse LIKE 'a'", -1 },
		{ "params.model = 1", -1 },
		{ "params.model < 'a'", -1 },
		{ "nothing = 'a'", -1 },
		{ "params.model", -1 },
		{ "params.model = 'a' or params.model = 'b'", -1 },
		{ "params.model = 'a' and", -1 },
		{ "params.model = 'a", -1 },
		{ "status IN ()", -1 },
		{ "status IN ('a' 'b')", -1 },
		{ "status IS", -1 },
		{ "'a' = 'a'", -1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *escaped = text_of("%s", ""), *old;

		for (const char *c = rows[i].filter; *c != '\0'; c++) {
			old = escaped;
			escaped = text_of(*c == '"' ? "%s\\%c" : "%s%c", old, *c);
			free(old);
		}
		if (runs_of(escaped) != rows[i].count)
			printf("\n    %s leaves %d, should leave %d", rows[i].filter,
			       runs_of(escaped), rows[i].count);
		CU_ASSERT_EQUAL(runs_of(escaped), rows[i].count);
		free(escaped);
	}
}

static void
test_run_pages(void)
{
	struct answer *a =
	    post(MLFLOW "/runs/search", "{\"experiment_ids\":[\"" TAXI "\"],"
					"\"max_results\":20,\"order_by\":[\"metrics.rmse\"]}");
	char *body;

	CU_ASSERT_EQUAL(count_at(a, "runs"), 20);
	CU_ASSERT_STRING_EQUAL(text_at(a, "runs[0].info.run_name"), "taxi-fare-22");
	body = text_of("{\"experiment_ids\":[\"" TAXI "\"],\"max_results\":20,\"order_by\":"
		       "[\"metrics.rmse\"],\"page_token\":\"%s\"}",
		       text_at(a, "next_page_token"));
	answer_free(a);
	a = post(MLFLOW "/runs/search", body);
	/* The two runs without this metric come last. */
	CU_ASSERT_EQUAL(count_at(a, "runs"), 2);
	CU_ASSERT_STRING_EQUAL(text_at(a, "runs[1].info.status"), "FAILED");
	CU_ASSERT_STRING_EQUAL(text_at(a, "next_page_token"), "");
	answer_free(a);
	free(body);
	expect("POST", MLFLOW "/runs/search", "{}", 400, "INVALID_PARAMETER_VALUE");
	expect("POST", MLFLOW "/runs/search",
	       "{\"experiment_ids\":[\"" TAXI "\"],\"order_by\":[\"metrics.rmse sideways\"]}", 400,
	       "INVALID_PARAMETER_VALUE");
}

static void
test_experiments(void)
{
	struct answer *a =
	    fetch("POST", MLFLOW "/experiments/search", "{\"filter\":\"name LIKE '%/c%'\"}");

	CU_ASSERT_EQUAL(count_at(a, "experiments"), 1);
	answer_free(a);
	a = fetch("POST", MLFLOW "/experiments/search", "{\"view_type\":\"DELETED_ONLY\"}");
	CU_ASSERT_STRING_EQUAL(text_at(a, "experiments[0].name"), "/Users/bob@example.com/scratch");
	answer_free(a);
	expect("POST", MLFLOW "/experiments/create", "{\"name\":\"x\"}", 400,
	       "INVALID_PARAMETER_VALUE");
	expect("POST", MLFLOW "/experiments/create", "{\"name\":\"/Shared/forecast\"}", 400,
	       "RESOURCE_ALREADY_EXISTS");
	expect("GET", MLFLOW "/experiments/get?experiment_id=9", NULL, 404,
	       "RESOURCE_DOES_NOT_EXIST");
	expect("GET", MLFLOW "/experiments/get-by-name?experiment_name=%2Fnope", NULL, 404,
	       "RESOURCE_DOES_NOT_EXIST");
}

/* Logs values as a training loop does. NaN is stored as text. */
static void
test_logging(void)
{
	struct answer *a = fetch("POST", MLFLOW "/experiments/create", "{\"name\":\"/Shared/t\"}");
	char *body =
	    text_of("{\"experiment_id\":\"%s\",\"run_name\":\"r\"}", text_at(a, "experiment_id"));
	char *id, *path;

	answer_free(a);
	a = fetch("POST", MLFLOW "/runs/create", body);
	id = text_of("%s", text_at(a, "run.info.run_id"));
	answer_free(a);
	free(body);
	body = text_of("{\"run_id\":\"%s\",\"metrics\":[{\"key\":\"m\",\"value\":2,\"step\":1},"
		       "{\"key\":\"m\",\"value\":\"NaN\",\"step\":2},{\"key\":\"m\",\"value\":9,"
		       "\"step\":0}],\"params\":[{\"key\":\"p\",\"value\":\"1\"}]}",
		       id);
	expect("POST", MLFLOW "/runs/log-batch", body, 200, NULL);
	free(body);
	path = text_of(MLFLOW "/runs/get?run_id=%s", id);
	expect_text(path, "run.data.metrics[0].value", "NaN");
	free(path);
	path = text_of(MLFLOW "/metrics/get-history?run_id=%s&metric_key=m", id);
	expect_text(path, "metrics[2].value", "9");
	free(path);
	body = text_of("{\"run_id\":\"%s\",\"key\":\"p\",\"value\":\"2\"}", id);
	expect("POST", MLFLOW "/runs/log-parameter", body, 400, "INVALID_PARAMETER_VALUE");
	expect("POST", MLFLOW "/runs/log-metric", body, 200, NULL);
	expect("POST", MLFLOW "/runs/delete", body, 200, NULL);
	free(body);
	body = text_of("{\"run_id\":\"%s\",\"status\":\"DONE\"}", id);
	expect("POST", MLFLOW "/runs/update", body, 400, "INVALID_PARAMETER_VALUE");
	free(body);
	expect("GET", MLFLOW "/runs/get?run_id=zz", NULL, 404, "RESOURCE_DOES_NOT_EXIST");
	free(id);
}

/* ---- registries ---- */

static void
test_registries(void)
{
	expect_text(MLFLOW "/registered-models/search?filter=name%20LIKE%20%27churn%25%27",
		    "registered_models[0].latest_versions[0].version", "3");
	expect_text(MLFLOW "/model-versions/get?name=churn-classifier&version=2",
		    "model_version.current_stage", "Production");
	expect("GET", MLFLOW "/model-versions/get?name=churn-classifier&version=9", NULL, 404,
	       "RESOURCE_DOES_NOT_EXIST");
	expect("POST", MLFLOW "/registered-models/create", "{\"name\":\"a/b\"}", 400,
	       "INVALID_PARAMETER_VALUE");
	expect("POST", MLFLOW "/registered-models/create", "{\"name\":\"churn-classifier\"}", 400,
	       "RESOURCE_ALREADY_EXISTS");
	expect("GET", UC "?catalog_name=main", NULL, 400, "INVALID_PARAMETER_VALUE");
	expect("GET", UC "?catalog_name=main&schema_name=none", NULL, 404, "SCHEMA_DOES_NOT_EXIST");
	expect_text(UC "?catalog_name=main&schema_name=sales&max_results=1",
		    "registered_models[0].full_name", "main.sales.credit_risk");
	expect_text(UC "/main.default.taxi_fare/versions/3?include_aliases=true",
		    "aliases[0].alias_name", "champion");
	expect("PUT", UC "/main.default.taxi_fare/aliases/new", "{\"version_num\":1}", 200, NULL);
	expect_text(UC "/main.default.taxi_fare/aliases/new", "version", "1");
	expect("DELETE", UC "/main.default.taxi_fare/aliases/new", NULL, 200, NULL);
	expect("GET", UC "/main.default.taxi_fare/aliases/new", NULL, 404,
	       "RESOURCE_DOES_NOT_EXIST");
	expect("PUT", UC "/main.default.taxi_fare/aliases/new", "{\"version_num\":77}", 404, NULL);
	expect("GET", UC "/main.default.none", NULL, 404, "RESOURCE_DOES_NOT_EXIST");
	expect("GET", UC "/main.default.taxi_fare/versions/x", NULL, 400,
	       "INVALID_PARAMETER_VALUE");
	expect("POST", UC,
	       "{\"catalog_name\":\"main\",\"schema_name\":\"sales\",\"name\":"
	       "\"credit_risk\"}",
	       400, "RESOURCE_ALREADY_EXISTS");
}

/* ---- serving ---- */

static void
test_linear_model(void)
{
	static const char *const inputs[] = {
		"{\"dataframe_records\":[{\"trip_distance\":10,\"passengers\":1}]}",
		("{\"dataframe_split\":{\"columns\":[\"passengers\",\"trip_distance\"],"
		 "\"data\":[[1,10]]}}"),
		"{\"instances\":[[10,1]]}",
		"{\"inputs\":{\"trip_distance\":[10],\"passengers\":[1]}}",
		"{\"inputs\":{\"trip_distance\":10,\"passengers\":1}}",
	};
	static const char *const bad[] = {
		"{}",
		"{\"inputs\":[]}",
		"{\"instances\":[5]}",
		"{\"instances\":[[10]]}",
		"{\"dataframe_records\":[{\"trip_distance\":\"far\",\"passengers\":1}]}",
		"{\"dataframe_split\":{\"columns\":[\"passengers\"],\"data\":[[1]]}}",
	};

	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		struct answer *a =
		    fetch("POST", "/serving-endpoints/taxi-fare/invocations", inputs[i]);

		CU_ASSERT_STRING_EQUAL(text_at(a, "predictions[0]"), "29.04");
		CU_ASSERT(has_header(a, "served-model-name", "taxi_fare-3"));
		answer_free(a);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect("POST", "/serving-endpoints/taxi-fare/invocations", bad[i], 400,
		       "BAD_REQUEST");
	expect("POST", "/serving-endpoints/credit-risk/invocations", inputs[0], 400, "BAD_REQUEST");
	expect("POST", "/serving-endpoints/nope/invocations", inputs[0], 404,
	       "RESOURCE_DOES_NOT_EXIST");
	expect_text("/api/2.0/serving-endpoints/credit-risk", "state.ready", "NOT_READY");
}

static void
test_language_models(void)
{
	struct answer *a =
	    fetch("POST", "/serving-endpoints/sandbox-chat/invocations",
		  "{\"messages\":[{\"role\":\"user\",\"content\":\"a b c\"}],\"max_tokens\":3}");

	CU_ASSERT_STRING_EQUAL(text_at(a, "choices[0].message.content"), "You said: a");
	CU_ASSERT_STRING_EQUAL(text_at(a, "choices[0].finish_reason"), "length");
	CU_ASSERT_EQUAL(int_at(a, "usage.total_tokens"), 6);
	answer_free(a);
	a = fetch("POST", "/serving-endpoints/chat/completions",
		  "{\"model\":\"sandbox-chat\","
		  "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"stream\":true}");
	CU_ASSERT(has_header(a, "content-type", "text/event-stream"));
	CU_ASSERT(holds(a->text, "data: [DONE]"));
	answer_free(a);
	expect("POST", "/serving-endpoints/sandbox-chat/invocations", "{\"messages\":[]}", 400,
	       "BAD_REQUEST");
	a = fetch("POST", "/serving-endpoints/sandbox-embedder/invocations",
		  "{\"input\":[\"a\",\"b\"]}");
	CU_ASSERT_EQUAL(count_at(a, "data"), 2);
	CU_ASSERT_EQUAL(count_at(a, "data[1].embedding"), 64);
	answer_free(a);
	expect("POST", "/serving-endpoints/sandbox-embedder/invocations", "{\"input\":[]}", 400,
	       "BAD_REQUEST");
}

/* ---- vector search ---- */

/* The number of the 60 products that match a filter; -1 when it was refused. */
static int
products_of(const char *filter)
{
	char *body = text_of("{\"columns\":[\"product_id\"],\"query_text\":\"lamp\","
			     "\"num_results\":100,\"filters_json\":\"%s\"}",
			     filter);
	struct answer *a = post(VECTORS "main.sales.products_index/query", body);
	int count = count_or_refused(a, (int)int_at(a, "result.row_count"));

	answer_free(a);
	free(body);
	return count;
}

static void
test_vector_filters(void)
{
	static const struct {
		const char *filter;
		int count;
	} rows[] = {
		{ "{\\\"product_id\\\":7}", 1 },
		{ "{\\\"product_id\\\":[7,8,99]}", 2 },
		{ "{\\\"product_id <\\\":11}", 10 },
		{ "{\\\"product_id <=\\\":11,\\\"product_id >\\\":9}", 2 },
		{ "{\\\"product_id >=\\\":60}", 1 },
		{ "{\\\"product_id NOT\\\":[1,2]}", 58 },
		{ "{\\\"product_id OR product_id >\\\":[1,58]}", 3 },
		{ "{\\\"tags\\\":\\\"home\\\"}", 60 },
		{ "{\\\"category\\\":\\\"Lighting\\\"}", 15 },
		{ "{\\\"name LIKE\\\":\\\"lamp\\\"}", 12 },
		{ "{\\\"name LIKE\\\":\\\"Steel%\\\"}", 10 },
		{ "{\\\"product_id\\\":null}", 0 },
		{ "{\\\"nothing\\\":1}", -1 },
		{ "{\\\"product_id ~\\\":1}", -1 },
		{ "{\\\"product_id <\\\":[1]}", -1 },
		{ "{\\\"product_id OR name\\\":[1]}", -1 },
		{ "{\\\"name LIKE\\\":1}", -1 },
		{ "[1]", -1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int count = products_of(rows[i].filter);

		if (count != rows[i].count)
			printf("\n    %s leaves %d, should leave %d", rows[i].filter, count,
			       rows[i].count);
		CU_ASSERT_EQUAL(count, rows[i].count);
	}
}

static void
test_vector_queries(void)
{
	static const char *const bad[] = {
		"{}",
		"{\"columns\":[\"id\"]}",
		"{\"columns\":[\"id\"],\"query_vector\":[1]}",
		"{\"columns\":[\"none\"],\"query_vector\":[1,0,0,0]}",
		"{\"columns\":[\"id\"],\"query_text\":\"x\"}",
		"{\"columns\":[\"id\"],\"query_vector\":[1,0,0,0],\"num_results\":10001}",
		"{\"columns\":[\"id\"],\"query_vector\":[1,0,0,0],\"query_type\":\"HYBRID\"}",
		"{\"columns\":[\"id\"],\"query_vector\":[1,0,0,0],\"query_type\":\"BEST\"}",
	};
	struct answer *a;
	char *body;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect("POST", VECTORS "main.default.docs_index/query", bad[i], 400,
		       "INVALID_PARAMETER_VALUE");
	expect("POST", VECTORS "main.default.none/query", bad[0], 404, "RESOURCE_DOES_NOT_EXIST");
	a = fetch("POST", VECTORS "main.default.docs_index/query",
		  "{\"columns\":[\"topic\"],"
		  "\"query_vector\":[0,2,0,0],\"num_results\":1001}");
	CU_ASSERT_STRING_EQUAL(text_at(a, "result.data_array[0][0]"), "shipping");
	CU_ASSERT_EQUAL(int_at(a, "result.row_count"), 1000);
	body = text_of("{\"endpoint_name\":\"sandbox-vectors\",\"page_token\":\"%s\"}",
		       text_at(a, "next_page_token"));
	answer_free(a);
	a = fetch("POST", VECTORS "main.default.docs_index/query-next-page", body);
	CU_ASSERT_EQUAL(int_at(a, "result.row_count"), 1);
	answer_free(a);
	free(body);
	expect("POST", VECTORS "main.default.docs_index/query-next-page",
	       "{\"endpoint_name\":\"sandbox-vectors\",\"page_token\":\"x.y\"}", 400,
	       "INVALID_PARAMETER_VALUE");
	a = fetch("POST", VECTORS "main.default.notes_index/query",
		  "{\"columns\":[\"note_id\"],"
		  "\"query_text\":\"card numbers\",\"query_type\":\"FULL_TEXT\"}");
	CU_ASSERT_EQUAL(count_at(a, "result.data_array"), 1);
	CU_ASSERT_STRING_EQUAL(text_at(a, "result.data_array[0][0]"), "n6");
	CU_ASSERT_STRING_EQUAL(text_at(a, "manifest.columns[1].name"), "score");
	answer_free(a);
	a = fetch("POST", VECTORS "main.default.notes_index/query",
		  "{\"columns\":[\"note_id\"],"
		  "\"query_text\":\"Lamps have a warranty of two years, tables of ten.\","
		  "\"query_type\":\"HYBRID\",\"score_threshold\":0.99}");
	CU_ASSERT_EQUAL(int_at(a, "result.row_count"), 1);
	answer_free(a);
}

static void
test_vector_rows(void)
{
	struct answer *a =
	    fetch("POST", VECTORS "main.default.docs_index/upsert-data",
		  "{\"inputs_json\":\"[{\\\"id\\\":9001,\\\"vector\\\":[1,2,3,4]},{\\\"id\\\":9002,"
		  "\\\"vector\\\":[1]},{\\\"id\\\":9003,\\\"x\\\":1,\\\"vector\\\":[1,2,3,4]},"
		  "{\\\"title\\\":\\\"no key\\\"},5]\"}");

	CU_ASSERT_STRING_EQUAL(text_at(a, "status"), "PARTIAL_SUCCESS");
	CU_ASSERT_EQUAL(int_at(a, "result.success_row_count"), 1);
	CU_ASSERT_EQUAL(count_at(a, "result.failed_primary_keys"), 4);
	answer_free(a);
	a = fetch("DELETE",
		  VECTORS "main.default.docs_index/delete-data?primary_keys=9001"
			  "&primary_keys=77777",
		  NULL);
	CU_ASSERT_STRING_EQUAL(text_at(a, "result.failed_primary_keys[0]"), "77777");
	answer_free(a);
	expect("POST", VECTORS "main.default.docs_index/upsert-data", "{\"inputs_json\":\"{}\"}",
	       400, "INVALID_PARAMETER_VALUE");
	expect("POST", VECTORS "main.sales.products_index/upsert-data", "{\"inputs_json\":\"[]\"}",
	       400, "INVALID_PARAMETER_VALUE");
	expect("POST", VECTORS "main.default.docs_index/sync", "{}", 400,
	       "INVALID_PARAMETER_VALUE");
	expect("POST", VECTORS "main.sales.products_index/sync", "{}", 200, NULL);
	expect_text(VECTORS "main.sales.products_index", "status.indexed_row_count", "60");
	expect("GET", "/api/2.0/vector-search/indexes", NULL, 400, "INVALID_PARAMETER_VALUE");
	expect("GET", "/api/2.0/vector-search/indexes?endpoint_name=none", NULL, 404,
	       "RESOURCE_DOES_NOT_EXIST");
	expect_text("/api/2.0/vector-search/endpoints/sandbox-vectors", "num_indexes", "3");
}

void
add_ml_suite(void)
{
	CU_pSuite suite = CU_add_suite("ml", NULL, NULL);

	CU_add_test(suite, "filters of runs", test_filters);
	CU_add_test(suite, "runs in order and pages", test_run_pages);
	CU_add_test(suite, "experiments", test_experiments);
	CU_add_test(suite, "logging", test_logging);
	CU_add_test(suite, "both registries", test_registries);
	CU_add_test(suite, "a linear model", test_linear_model);
	CU_add_test(suite, "chat and embeddings", test_language_models);
	CU_add_test(suite, "filters of rows", test_vector_filters);
	CU_add_test(suite, "nearest rows", test_vector_queries);
	CU_add_test(suite, "rows in and out", test_vector_rows);
}

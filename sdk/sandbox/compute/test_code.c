/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of execution contexts and commands: python with the printed token, SQL with any token. */
#include "test/expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#define CONTEXTS "/api/1.2/contexts/"
#define COMMANDS "/api/1.2/commands/"
#define CLUSTER "sandbox-running"

enum { POLL_US = 20000, POLLS = 3000, MAX_CONTEXTS = 150 };

static struct answer *
create(const char *cluster, const char *language, const char *token)
{
	char body[200];

	snprintf(body, sizeof(body), "{\"clusterId\": \"%s\", \"language\": \"%s\"}", cluster,
		 language);
	return post_as(token, CONTEXTS "create", body);
}

static void
open_context(char id[32], const char *cluster, const char *language)
{
	struct answer *a = create(cluster, language, NULL);

	CU_ASSERT_EQUAL(a->status, 200);
	snprintf(id, 32, "%.31s", text_at(a, "id"));
	answer_free(a);
}

static void
destroy(const char *cluster, const char *id)
{
	char *body = text_of("{\"clusterId\": \"%s\", \"contextId\": \"%s\"}", cluster, id);

	expect("POST", CONTEXTS "destroy", body, 200, NULL);
	free(body);
}

static void
execute(const char *token, const char *cluster, const char *context, const char *language,
	const char *code, char id[40])
{
	struct json_object *body = json_object_new_object();
	struct answer *a;

	json_object_object_add(body, "clusterId", json_object_new_string(cluster));
	json_object_object_add(body, "contextId", json_object_new_string(context));
	json_object_object_add(body, "language", json_object_new_string(language));
	json_object_object_add(body, "command", json_object_new_string(code));
	a = post_as(token, COMMANDS "execute", json_object_to_json_string(body));
	CU_ASSERT_EQUAL(a->status, 200);
	snprintf(id, 40, "%.39s", text_at(a, "id"));
	answer_free(a);
	json_object_put(body);
}

/* Polls until the command has ended. Returns the last answer. */
static struct answer *
ended(const char *token, const char *cluster, const char *context, const char *id)
{
	static const char *const ends[] = { "Finished", "Cancelled", "Error" };
	char *path =
	    text_of(COMMANDS "status?clusterId=%s&contextId=%s&commandId=%s", cluster, context, id);
	struct answer *a = NULL;
	bool done = false;

	for (int i = 0; i < POLLS && !done; i++) {
		if (a != NULL) {
			answer_free(a);
			usleep(POLL_US);
		}
		a = get_as(token, path);
		done = a->status != 200;
		for (size_t k = 0; k < sizeof(ends) / sizeof(ends[0]); k++)
			done = done || strcmp(text_at(a, "status"), ends[k]) == 0;
	}
	CU_ASSERT(done);
	free(path);
	return a;
}

static struct answer *
run(const char *context, const char *language, const char *code)
{
	char id[40];

	execute(NULL, CLUSTER, context, language, code, id);
	return ended(NULL, CLUSTER, context, id);
}

static void
expect_data(const char *context, const char *code, const char *wanted)
{
	struct answer *a = run(context, "python", code);
	bool same = strcmp(text_at(a, "results.data"), wanted) == 0;

	if (!same)
		printf("\n    %s: %.300s", code, a->text);
	CU_ASSERT(same);
	answer_free(a);
}

static void
expect_failure(const char *context, const char *language, const char *code, const char *summary)
{
	struct answer *a = run(context, language, code);

	CU_ASSERT_STRING_EQUAL(text_at(a, "status"), "Finished");
	CU_ASSERT_STRING_EQUAL(text_at(a, "results.resultType"), "error");
	CU_ASSERT(holds(text_at(a, "results.summary"), summary));
	CU_ASSERT(*text_at(a, "results.cause") != '\0');
	answer_free(a);
}

static void
test_python(void)
{
	char id[32];

	CU_ASSERT_EQUAL(entries_of("scratch"), 0);
	open_context(id, CLUSTER, "python");
	expect_data(id, "x = 40\nprint('hi')\nx + 2", "hi\n42");
	expect_data(id, "x + 1", "41");
	expect_data(id, "def f():\n    return x\n", "");
	expect_data(id, "f()", "40");
	expect_failure(id, "python", "y",
		       "<span class=\"ansi-red-fg\">NameError</span>: name "
		       "&#39;y&#39; is not defined");
	expect_failure(id, "python", "1 +", "SyntaxError");
	expect_failure(id, "python", "raise SystemExit(3)", "SystemExit");
	expect_failure(id, "python", "import os\nos.kill(os.getpid(), 9)", "kernel");
	expect_data(id, "1 + 1", "2");
	CU_ASSERT_EQUAL(entries_of("scratch"), 1);
	destroy(CLUSTER, id);
	CU_ASSERT(becomes_empty("scratch")); /* the process has ended and its folder is removed */
}

static void
test_python_spark(void)
{
	char id[32];
	struct answer *a;

	open_context(id, CLUSTER, "python");
	expect_data(id, "spark.sql('SELECT COUNT(*) AS n FROM main.sales.orders').collect()[0].n",
		    "2000");
	expect_data(id,
		    "type(spark.sql('SELECT amount FROM main.sales.orders LIMIT 1').head()"
		    "['amount']).__name__",
		    "'Decimal'");
	expect_data(id,
		    "spark.createDataFrame([(1, \"it's\"), (2, None)], ['i', 's'])"
		    ".createOrReplaceTempView('v')\n"
		    "spark.sql('SELECT s FROM v ORDER BY i').collect()",
		    "[Row(s=\"it's\"), Row(s=None)]");
	expect_data(id, "spark.range(3).filter('id > 0').count()", "2");
	expect_failure(id, "python", "spark.sql('SELECT * FROM nowhere')",
		       "TABLE_OR_VIEW_NOT_FOUND");
	expect_data(id, "dbutils.secrets.get('app', 'api-key') + '!'", "'[REDACTED]!'");
	expect_failure(id, "python", "dbutils.secrets.get('restricted', 'root-password')",
		       "Secret does not exist");
	expect_data(id, "dbutils.fs.head('/Volumes/main/default/landing/readme.md')[:9]",
		    "'# Landing'");
	expect_failure(id, "python", "dbutils.fs.head('dbfs:/../default/state.db')",
		       "PermissionError");
	expect_data(id, "dbutils.notebook.run('/Users/ann@example.com/hello', 60, {'name': 'N'})",
		    "'Hello, N!'");
	a = run(id, "python", "display(spark.sql('SELECT 1 AS n, \"a\" AS s'))");
	CU_ASSERT_STRING_EQUAL(text_at(a, "results.resultType"), "table");
	CU_ASSERT_EQUAL(int_at(a, "results.data[0][0]"), 1);
	CU_ASSERT_STRING_EQUAL(text_at(a, "results.schema[0].type"), "\"integer\"");
	answer_free(a);
	destroy(CLUSTER, id);
}

/* The printed text of a cell is cut at one megabyte and marked. */
static void
test_output_cap(void)
{
	char id[32];
	struct answer *a;

	open_context(id, CLUSTER, "python");
	for (long n = 1048575; n <= 1048577; n++) {
		char *code = text_of("print('x' * %ld, end='')", n);

		a = run(id, "python", code);
		CU_ASSERT_EQUAL(strlen(text_at(a, "results.data")),
				(size_t)(n <= 1048576 ? n : 1048576));
		CU_ASSERT_EQUAL(strcmp(text_at(a, "results.truncated"), "true") == 0, n > 1048576);
		answer_free(a);
		free(code);
	}
	destroy(CLUSTER, id);
}

static void
test_sql(void)
{
	char id[32];
	struct answer *a;

	open_context(id, CLUSTER, "sql");
	a = run(id, "sql",
		"USE CATALOG main; SELECT COUNT(*) AS n, true AS b,"
		" CAST(1.5 AS DOUBLE) AS d, CAST(NULL AS STRING) AS z FROM sales.orders");
	CU_ASSERT_STRING_EQUAL(text_at(a, "results.resultType"), "table");
	CU_ASSERT_EQUAL(int_at(a, "results.data[0][0]"), 2000);
	CU_ASSERT(json_object_is_type(at(a->json, "results.data[0][1]"), json_type_boolean));
	CU_ASSERT(json_object_is_type(at(a->json, "results.data[0][2]"), json_type_double));
	CU_ASSERT_STRING_EQUAL(text_at(a, "results.schema[0].name"), "n");
	answer_free(a);
	/* the session is kept between commands */
	a = run(id, "sql", "SELECT order_id FROM sales.orders");
	CU_ASSERT_EQUAL(count_at(a, "results.data"), 1000);
	CU_ASSERT_STRING_EQUAL(text_at(a, "results.truncated"), "true");
	answer_free(a);
	expect_failure(id, "sql", "SELEC 1", "PARSE_SYNTAX_ERROR");
	destroy(CLUSTER, id);
	open_context(id, CLUSTER, "scala");
	expect_failure(id, "scala", "val x = 1", "The sandbox has no Scala");
	destroy(CLUSTER, id);
	open_context(id, CLUSTER, "r");
	expect_failure(id, "r", "x <- 1", "The sandbox has no R");
	destroy(CLUSTER, id);
}

static void
cancel(const char *context, const char *id)
{
	char *body = text_of("{\"clusterId\": \"" CLUSTER "\", \"contextId\": \"%s\","
			     " \"commandId\": \"%s\"}",
			     context, id);

	expect("POST", COMMANDS "cancel", body, 200, NULL);
	free(body);
}

static void
test_cancel(void)
{
	char context[32], slow[40], queued[40], *path;
	struct answer *a;

	open_context(context, CLUSTER, "python");
	expect_data(context, "z = 1", "");
	execute(NULL, CLUSTER, context, "python", "z = 2\nimport time\ntime.sleep(600)", slow);
	execute(NULL, CLUSTER, context, "python", "z = 3", queued);
	path = text_of(COMMANDS "status?clusterId=" CLUSTER "&contextId=%s&commandId=%s", context,
		       slow);
	CU_ASSERT(wait_for(path, "status", "Running"));
	free(path);
	cancel(context, queued);
	cancel(context, slow);
	a = ended(NULL, CLUSTER, context, slow);
	CU_ASSERT_STRING_EQUAL(text_at(a, "status"), "Cancelled");
	answer_free(a);
	a = ended(NULL, CLUSTER, context, queued);
	CU_ASSERT_STRING_EQUAL(text_at(a, "status"), "Cancelled");
	answer_free(a);
	/* the process is still running; z = 3 was never executed */
	a = run(context, "python", "z");
	CU_ASSERT(strcmp(text_at(a, "results.data"), "3") != 0);
	CU_ASSERT_STRING_EQUAL(text_at(a, "status"), "Finished");
	answer_free(a);
	/* Code that ignores the interrupt is killed. */
	execute(NULL, CLUSTER, context, "python",
		"while True:\n  try:\n    time.sleep(60)\n  except BaseException:\n    pass", slow);
	usleep(300000);
	cancel(context, slow);
	a = ended(NULL, CLUSTER, context, slow);
	CU_ASSERT_STRING_EQUAL(text_at(a, "status"), "Cancelled");
	answer_free(a);
	destroy(CLUSTER, context);
}

static void
test_refusals(void)
{
	char id[32], body[256];
	struct answer *a = create("no-such", "python", NULL);

	CU_ASSERT_EQUAL(a->status, 404);
	CU_ASSERT(holds(text_at(a, "error"), "does not exist"));
	answer_free(a);
	a = create("sandbox-terminated", "python", NULL);
	CU_ASSERT_EQUAL(a->status, 400);
	CU_ASSERT(holds(text_at(a, "error"), "not RUNNING"));
	answer_free(a);
	expect("POST", CONTEXTS "create",
	       "{\"clusterId\": \"" CLUSTER "\", \"language\":"
	       " \"perl\"}",
	       400, NULL);
	expect("POST", CONTEXTS "create", "{}", 400, NULL);
	expect("GET", CONTEXTS "status?clusterId=" CLUSTER "&contextId=1", NULL, 404, NULL);
	open_context(id, CLUSTER, "sql");
	snprintf(body, sizeof(body),
		 "{\"clusterId\": \"" CLUSTER "\", \"contextId\": \"%s\","
		 " \"language\": \"python\", \"command\": \"1\"}",
		 id);
	expect("POST", COMMANDS "execute", body, 400, NULL);
	snprintf(body, sizeof(body),
		 COMMANDS "status?clusterId=" CLUSTER "&contextId=%s&commandId"
			  "=1",
		 id);
	expect("GET", body, NULL, 404, NULL);
	destroy(CLUSTER, id);
	snprintf(body, sizeof(body), CONTEXTS "status?clusterId=" CLUSTER "&contextId=%s", id);
	expect("GET", body, NULL, 404, NULL);
}

/* Other tokens run SQL, but python only with --allow-exec. */
static void
test_exec_off(void)
{
	static const char TOKEN[] = "dapi-codetest";
	struct answer *a = create(CLUSTER, "python", TOKEN);
	char context[32], id[40];

	CU_ASSERT_EQUAL(a->status, 200);
	snprintf(context, sizeof(context), "%s", text_at(a, "id"));
	answer_free(a);
	execute(TOKEN, CLUSTER, context, "python", "1", id);
	a = ended(TOKEN, CLUSTER, context, id);
	CU_ASSERT(holds(text_at(a, "results.summary"), "--allow-exec"));
	answer_free(a);
	a = get_as(NULL, CONTEXTS "status?clusterId=" CLUSTER "&contextId=1");
	CU_ASSERT_EQUAL(a->status, 404);
	answer_free(a);
}

static void
test_context_cap(void)
{
	static const char OTHER[] = "1101-120000-ab12cd34";
	char body[128];
	struct answer *a;

	for (int i = 0; i < MAX_CONTEXTS; i++) {
		a = create(OTHER, "sql", NULL);
		CU_ASSERT_EQUAL(a->status, 200);
		answer_free(a);
	}
	a = create(OTHER, "sql", NULL);
	CU_ASSERT_EQUAL(a->status, 400);
	CU_ASSERT(holds(text_at(a, "error"), "Too many execution contexts"));
	answer_free(a);
	/* Contexts end with their cluster. */
	snprintf(body, sizeof(body), "{\"cluster_id\": \"%s\"}", OTHER);
	expect("POST", "/api/2.1/clusters/restart", body, 200, NULL);
	CU_ASSERT(
	    wait_for("/api/2.1/clusters/get?cluster_id=1101-120000-ab12cd34", "state", "RUNNING"));
	a = create(OTHER, "sql", NULL);
	CU_ASSERT_EQUAL(a->status, 200);
	answer_free(a);
}

/* When a cluster is terminated, its running code stops. */
static void
test_cluster_ends(void)
{
	static const char OTHER[] = "1101-120000-ab12cd34";
	char context[32], id[40], *path, body[128];

	open_context(context, OTHER, "python");
	execute(NULL, OTHER, context, "python", "import time\ntime.sleep(600)", id);
	path =
	    text_of(COMMANDS "status?clusterId=%s&contextId=%s&commandId=%s", OTHER, context, id);
	CU_ASSERT(wait_for(path, "status", "Running"));
	snprintf(body, sizeof(body), "{\"cluster_id\": \"%s\"}", OTHER);
	expect("POST", "/api/2.1/clusters/restart", body, 200, NULL);
	CU_ASSERT(
	    wait_for("/api/2.1/clusters/get?cluster_id=1101-120000-ab12cd34", "state", "RUNNING"));
	expect("GET", path, NULL, 404, NULL);
	free(path);
}

void
add_code_suite(void)
{
	CU_pSuite suite = CU_add_suite("code", shorten_delays, NULL);

	CU_add_test(suite, "python", test_python);
	CU_add_test(suite, "python and spark", test_python_spark);
	CU_add_test(suite, "output cap", test_output_cap);
	CU_add_test(suite, "SQL and others", test_sql);
	CU_add_test(suite, "cancel", test_cancel);
	CU_add_test(suite, "refusals", test_refusals);
	CU_add_test(suite, "execution off", test_exec_off);
	CU_add_test(suite, "context cap", test_context_cap);
	CU_add_test(suite, "cluster ends", test_cluster_ends);
}

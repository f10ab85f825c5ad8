/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the Statement Execution API: requests, states, chunks, external links. */
#include "test/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#define ON_RUNNING "\"warehouse_id\":\"" RUNNING_WAREHOUSE "\""

static struct answer *
submit(const char *members)
{
	char body[4096];

	snprintf(body, sizeof(body), "{" ON_RUNNING ",%s}", members);
	return post(STATEMENTS, body);
}

static void
path_of(struct answer *a, const char *tail, char *path, size_t size)
{
	snprintf(path, size, STATEMENTS "/%s%s", text_at(a, "statement_id"), tail);
}

static void
test_refused_requests(void)
{
	static const char *const bodies[] = {
		"\"statement\":\"SELECT 1\",\"wait_timeout\":\"4s\"",
		"\"statement\":\"SELECT 1\",\"wait_timeout\":\"51s\"",
		"\"statement\":\"SELECT 1\",\"wait_timeout\":\"10\"",
		"\"statement\":\"SELECT 1\",\"on_wait_timeout\":\"EXPLODE\"",
		"\"statement\":\"\",\"disposition\":\"EXTERNAL_LINKS\",\"format\":\"CSV\"",
		"\"statement\":\"SELECT 1\",\"format\":\"CSV\"",
		"\"statement\":\"SELECT 1\",\"row_limit\":-1",
		"\"statement\":\"SELECT ?\",\"parameters\":[{\"value\":\"1\"}]",
		"\"statement\":\"\"",
	};
	struct answer *a;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		a = submit(bodies[i]);
		CU_ASSERT(is_error(a, 400, "INVALID_PARAMETER_VALUE"));
		answer_free(a);
	}
	a = submit("\"statement\":\"SELECT 1\",\"disposition\":\"EXTERNAL_LINKS\",\"format\":"
		   "\"ARROW_STREAM\"");
	CU_ASSERT(is_error(a, 400, "INVALID_PARAMETER_VALUE"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text_at(a, "message"), "ARROW_STREAM"));
	answer_free(a);
	a = post(STATEMENTS, "{\"statement\":\"SELECT 1\",\"warehouse_id\":\"nope\"}");
	CU_ASSERT(is_error(a, 404, "NOT_FOUND"));
	answer_free(a);
	a = get(STATEMENTS "/01f1-no-such");
	CU_ASSERT(is_error(a, 404, "NOT_FOUND"));
	answer_free(a);
}

static void
test_stopped_warehouse_starts(void)
{
	struct answer *a;
	char path[128];

	set_setting("delay_ms", 3600000);
	a = post(STATEMENTS, "{\"statement\":\"SELECT 42 AS x\",\"wait_timeout\":\"0s\","
			     "\"warehouse_id\":\"" STOPPED_WAREHOUSE "\"}");
	CU_ASSERT_STRING_EQUAL(text_at(a, "status.state"), "PENDING");
	CU_ASSERT_PTR_NULL(at(a->json, "manifest"));
	path_of(a, "", path, sizeof(path));
	answer_free(a);
	CU_ASSERT(wait_for("/api/2.0/sql/warehouses/" STOPPED_WAREHOUSE, "state", "STARTING"));
	set_setting("delay_ms", 0);
	CU_ASSERT(wait_for(path, "status.state", "SUCCEEDED"));
	a = get(path);
	CU_ASSERT_STRING_EQUAL(text_at(a, "result.data_array[0][0]"), "42");
	answer_free(a);
	answer_free(post("/api/2.0/sql/warehouses/" STOPPED_WAREHOUSE "/stop", "{}"));
}

static void
test_cancel(void)
{
	static const char *const endless[] = {
		"\"statement\":\"SELECT sleep(3600)\",\"wait_timeout\":\"0s\"",
		"\"statement\":\"SELECT count(*) FROM "
		"range(1000000000000)\",\"wait_timeout\":\"0s\"",
	};

	for (size_t i = 0; i < 2; i++) {
		struct answer *a = submit(endless[i]);
		char path[128], cancel[128];

		path_of(a, "", path, sizeof(path));
		path_of(a, "/cancel", cancel, sizeof(cancel));
		answer_free(a);
		CU_ASSERT(wait_for(path, "status.state", "RUNNING"));
		a = post(cancel, "{}");
		CU_ASSERT_STRING_EQUAL(a->text, "{}");
		answer_free(a);
		CU_ASSERT(wait_for(path, "status.state", "CANCELED"));
	}
}

static void
test_wait_timeout_cancels(void)
{
	struct answer *a = submit("\"statement\":\"SELECT sleep(3600)\",\"wait_timeout\":\"5s\","
				  "\"on_wait_timeout\":\"CANCEL\"");
	char path[128];

	path_of(a, "", path, sizeof(path));
	answer_free(a);
	CU_ASSERT(wait_for(path, "status.state", "CANCELED"));
}

static void
test_parameters(void)
{
	struct answer *a = submit(
	    "\"statement\":\"SELECT :s AS s, :i + 1 AS i, :d AS d, :n AS n, :p AS p, "
	    "count(*) AS c "
	    "FROM IDENTIFIER(:t)\",\"parameters\":[{\"name\":\"s\",\"value\":\"it's\"},"
	    "{\"name\":\"i\",\"value\":\"41\",\"type\":\"INT\"},{\"name\":\"d\",\"value\":"
	    "\"2024-02-29\",\"type\":\"DATE\"},{\"name\":\"n\"},{\"name\":\"p\","
	    "\"value\":\"1.5\","
	    "\"type\":\"DECIMAL(5,2)\"},{\"name\":\"t\",\"value\":\"samples.tpch.nation\"}]");

	CU_ASSERT_STRING_EQUAL(text_at(a, "result.data_array[0]"),
			       "[ \"it's\", \"42\", \"2024-02-29\", null, \"1.50\", \"25\" ]");
	CU_ASSERT_STRING_EQUAL(text_at(a, "manifest.schema.columns[1].type_text"), "INT");
	CU_ASSERT_EQUAL(int_at(a, "manifest.schema.columns[4].type_scale"), 2);
	answer_free(a);
	a = submit("\"statement\":\"SELECT :missing\"");
	CU_ASSERT_STRING_EQUAL(text_at(a, "status.sql_state"), "42P02");
	answer_free(a);
	a = submit("\"statement\":\"SELECT :x\",\"parameters\":[{\"name\":\"x\",\"value\":\"abc\","
		   "\"type\":\"INT\"}]");
	CU_ASSERT_STRING_EQUAL(text_at(a, "status.sql_state"), "22018");
	answer_free(a);
	a = submit("\"statement\":\"SELECT * FROM orders LIMIT 1\",\"catalog\":\"main\",\"schema\":"
		   "\"sales\"");
	CU_ASSERT_EQUAL(int_at(a, "manifest.total_row_count"), 1);
	answer_free(a);
}

static void
test_chunks(void)
{
	struct answer *a, *chunk;
	char path[128];

	set_setting("rows_per_chunk", 10);
	a = submit("\"statement\":\"SELECT id FROM range(25)\"");
	CU_ASSERT_EQUAL(int_at(a, "manifest.total_chunk_count"), 3);
	CU_ASSERT_EQUAL(int_at(a, "manifest.chunks[2].row_count"), 5);
	CU_ASSERT_EQUAL(count_at(a, "result.data_array"), 10);
	chunk = get(text_at(a, "result.next_chunk_internal_link"));
	CU_ASSERT_EQUAL(int_at(chunk, "row_offset"), 10);
	CU_ASSERT_EQUAL(int_at(chunk, "next_chunk_index"), 2);
	CU_ASSERT_STRING_EQUAL(text_at(chunk, "data_array[0][0]"), "10");
	answer_free(chunk);
	path_of(a, "/result/chunks/2", path, sizeof(path));
	chunk = get(path);
	CU_ASSERT_STRING_EQUAL(text_at(chunk, "data_array[4][0]"), "24");
	CU_ASSERT_PTR_NULL(at(chunk->json, "next_chunk_index"));
	answer_free(chunk);
	path_of(a, "/result/chunks/3", path, sizeof(path));
	chunk = get(path);
	CU_ASSERT(is_error(chunk, 404, "NOT_FOUND"));
	answer_free(chunk);
	answer_free(a);
	set_setting("rows_per_chunk", 1000);
}

static void
test_limits(void)
{
	struct answer *a = submit("\"statement\":\"SELECT id FROM range(25)\",\"row_limit\":25");

	CU_ASSERT_STRING_EQUAL(text_at(a, "manifest.truncated"), "false");
	answer_free(a);
	a = submit("\"statement\":\"SELECT id FROM range(25)\",\"row_limit\":24");
	CU_ASSERT_STRING_EQUAL(text_at(a, "manifest.truncated"), "true");
	CU_ASSERT_EQUAL(int_at(a, "manifest.total_row_count"), 24);
	answer_free(a);
	a = submit("\"statement\":\"SELECT id FROM range(25)\",\"byte_limit\":20");
	CU_ASSERT_STRING_EQUAL(text_at(a, "manifest.truncated"), "true");
	CU_ASSERT_EQUAL(int_at(a, "manifest.total_row_count"), 4);
	answer_free(a);
	set_setting("inline_limit", 100);
	a = submit("\"statement\":\"SELECT id FROM range(25)\"");
	CU_ASSERT_STRING_EQUAL(text_at(a, "status.state"), "FAILED");
	CU_ASSERT_PTR_NOT_NULL(strstr(text_at(a, "status.error.message"), "EXTERNAL_LINKS"));
	answer_free(a);
	a = submit("\"statement\":\"SELECT id FROM range(25)\",\"disposition\":\"EXTERNAL_LINKS\"");
	CU_ASSERT_STRING_EQUAL(text_at(a, "status.state"), "SUCCEEDED");
	answer_free(a);
	set_setting("inline_limit", 25 * 1024 * 1024);
}

static void
test_external_links(void)
{
	struct answer *a = submit("\"statement\":\"SELECT 1 AS a, NULL AS b, 'x,\\\"y' AS c\","
				  "\"disposition\":\"EXTERNAL_LINKS\",\"format\":\"CSV\""),
		      *file;
	char key[128], url[512];
	const char *const with_key[] = { key, NULL };

	snprintf(url, sizeof(url), "%s", text_at(a, "result.external_links[0].external_link"));
	snprintf(key, sizeof(key), "x-sandbox-key: %s",
		 text_at(a, "result.external_links[0].http_headers.x-sandbox-key"));
	CU_ASSERT_STRING_EQUAL(text_at(a, "manifest.format"), "CSV");
	file = call_with("GET", url, NULL, "", with_key);
	CU_ASSERT_EQUAL(file->status, 200);
	CU_ASSERT_STRING_EQUAL(file->text, "a,b,c\n1,null,\"x,\"\"y\"\n");
	answer_free(file);
	file = call_with("GET", url, NULL, "", NULL); /* the declared header is missing */
	CU_ASSERT_EQUAL(file->status, 403);
	answer_free(file);
	file = call_with("GET", url, NULL, NULL, with_key); /* credentials leaked */
	CU_ASSERT_EQUAL(file->status, 400);
	CU_ASSERT_PTR_NOT_NULL(strstr(file->text, "<Code>InvalidArgument</Code>"));
	answer_free(file);
	url[strlen(url) - 1] ^= 1;
	file = call_with("GET", url, NULL, "", with_key);
	CU_ASSERT_EQUAL(file->status, 403);
	answer_free(file);
	answer_free(a);
}

static void
test_links_expire(void)
{
	struct answer *a, *file, *again;
	char key[128], path[128];
	const char *const with_key[] = { key, NULL };

	set_setting("link_ttl_s", 0);
	a = submit("\"statement\":\"SELECT 5\",\"disposition\":\"EXTERNAL_LINKS\"");
	snprintf(key, sizeof(key), "x-sandbox-key: %s",
		 text_at(a, "result.external_links[0].http_headers.x-sandbox-key"));
	for (;;) { /* the link has expired when the clock has moved by one millisecond */
		file = call_with("GET", text_at(a, "result.external_links[0].external_link"), NULL,
				 "", with_key);
		if (file->status != 200)
			break;
		answer_free(file);
	}
	CU_ASSERT_PTR_NOT_NULL(strstr(file->text, "Request has expired"));
	answer_free(file);
	set_setting("link_ttl_s", 900);
	path_of(a, "/result/chunks/0", path, sizeof(path));
	again = get(path); /* a new link for the same chunk */
	snprintf(key, sizeof(key), "x-sandbox-key: %s",
		 text_at(again, "external_links[0].http_headers.x-sandbox-key"));
	file =
	    call_with("GET", text_at(again, "external_links[0].external_link"), NULL, "", with_key);
	CU_ASSERT_STRING_EQUAL(file->text, "[[\"5\"]]");
	answer_free(file);
	answer_free(again);
	answer_free(a);
}

static void
test_expiry(void)
{
	struct answer *a = submit("\"statement\":\"SELECT 1\"");
	char path[128];

	path_of(a, "", path, sizeof(path));
	answer_free(a);
	set_setting("statement_ttl_s", 0);
	CU_ASSERT(wait_for(path, "error_code", "NOT_FOUND"));
	set_setting("statement_ttl_s", 3600);
}

static void
test_large_result(void)
{
	struct answer *a = submit("\"statement\":\"SELECT id, repeat('x', 500) AS t FROM "
				  "range(5000)\"");

	CU_ASSERT_EQUAL(int_at(a, "manifest.total_row_count"), 5000);
	CU_ASSERT_EQUAL(int_at(a, "manifest.total_chunk_count"), 5);
	if (int_at(a, "manifest.total_chunk_count") == 5) {
		struct answer *last;
		char path[128];

		path_of(a, "/result/chunks/4", path, sizeof(path));
		last = get(path);
		CU_ASSERT_STRING_EQUAL(text_at(last, "data_array[999][0]"), "4999");
		CU_ASSERT_EQUAL(strlen(text_at(last, "data_array[999][1]")), 500);
		answer_free(last);
	}
	answer_free(a);
}

void
add_statement_suite(void)
{
	CU_pSuite suite = CU_add_suite("statements", NULL, NULL);

	CU_add_test(suite, "refused requests", test_refused_requests);
	CU_add_test(suite, "a stopped warehouse starts", test_stopped_warehouse_starts);
	CU_add_test(suite, "cancel", test_cancel);
	CU_add_test(suite, "cancel at the wait timeout", test_wait_timeout_cancels);
	CU_add_test(suite, "parameters", test_parameters);
	CU_add_test(suite, "chunks", test_chunks);
	CU_add_test(suite, "limits", test_limits);
	CU_add_test(suite, "external links", test_external_links);
	CU_add_test(suite, "links expire", test_links_expire);
	CU_add_test(suite, "statements expire", test_expiry);
	CU_add_test(suite, "a result beyond memory", test_large_result);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the parts that every API uses: the command line, tokens, OAuth, routing, faults, the
 * log. */
#include "test/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#define ME "/api/2.0/preview/scim/v2/Me"

static void
test_command_line(void)
{
	const char *const help[] = { program, "--help", NULL };
	const char *const version[] = { program, "--version", NULL };
	const char *const outside[] = { program,  "--listen",  "0.0.0.0:0",
					"--data", sandbox.dir, NULL };
	const char *const name[] = { program,  "--listen",  "example.com:0",
				     "--data", sandbox.dir, NULL };
	const char *const no_data[] = { program, "--listen", "127.0.0.1:0", NULL };

	CU_ASSERT_EQUAL(run_program(help), 0);
	CU_ASSERT_EQUAL(run_program(version), 0);
	CU_ASSERT_EQUAL(run_program(outside), 2);
	CU_ASSERT_EQUAL(run_program(name), 2);
	CU_ASSERT_EQUAL(run_program(no_data), 2);
}

static void
test_tokens(void)
{
	struct answer *a = get(ME);

	CU_ASSERT_EQUAL(a->status, 200);
	CU_ASSERT_STRING_EQUAL(text_at(a, "userName"), "ann@example.com");
	CU_ASSERT(has_header(a, "X-Databricks-Org-Id", NULL));
	CU_ASSERT(has_header(a, "X-Request-Id", NULL));
	answer_free(a);
	a = get_as("", ME);
	CU_ASSERT_EQUAL(a->status, 401);
	CU_ASSERT_EQUAL(int_at(a, "error_code"), 401);
	CU_ASSERT(has_header(a, "WWW-Authenticate", "Bearer realm=\"DatabricksRealm\""));
	answer_free(a);
	a = get_as("dapi-invalid", ME);
	CU_ASSERT(is_error(a, 403, "PERMISSION_DENIED"));
	CU_ASSERT_STRING_EQUAL(text_at(a, "message"), "Invalid access token.");
	answer_free(a);
	a = get_as("dapi-default", ME); /* only the printed token opens the default workspace */
	CU_ASSERT_EQUAL(a->status, 403);
	answer_free(a);
	a = get_as("dapi-../x", ME);
	CU_ASSERT_EQUAL(a->status, 403);
	answer_free(a);
	a = get_as("dapi-team1.eve", ME);
	CU_ASSERT_STRING_EQUAL(text_at(a, "userName"), "eve@example.com");
	answer_free(a);
}

static void
test_workspaces_are_apart(void)
{
	struct answer *a = sql_as("dapi-one", "CREATE TABLE main.default.mine (a INT)");

	CU_ASSERT_STRING_EQUAL(text_at(a, "status.state"), "SUCCEEDED");
	answer_free(a);
	a = sql_as("dapi-two", "SELECT * FROM main.default.mine");
	CU_ASSERT_STRING_EQUAL(text_at(a, "status.sql_state"), "42P01");
	answer_free(a);
	a = sql_as("dapi-one.other", "SELECT * FROM main.default.mine");
	CU_ASSERT_STRING_EQUAL(text_at(a, "status.state"), "SUCCEEDED");
	answer_free(a);
}

static void
read_client(char *id, char *secret, size_t size)
{
	char path[128];
	struct json_object *obj;

	snprintf(path, sizeof(path), "%s/oauth-client.json", sandbox.dir);
	obj = json_object_from_file(path);
	snprintf(id, size, "%s", json_object_get_string(at(obj, "client_id")));
	snprintf(secret, size, "%s", json_object_get_string(at(obj, "client_secret")));
	json_object_put(obj);
}

static void
test_client_credentials(void)
{
	char id[64], secret[64], form[512];
	struct answer *a, *me;

	read_client(id, secret, sizeof(id));
	a = get_as("", "/.well-known/databricks-config");
	CU_ASSERT_STRING_EQUAL(text_at(a, "host_type"), "workspace");
	answer_free(a);
	a = get_as("", "/oidc/.well-known/oauth-authorization-server");
	CU_ASSERT_PTR_NOT_NULL(strstr(text_at(a, "token_endpoint"), "/oidc/v1/token"));
	answer_free(a);
	snprintf(form, sizeof(form),
		 "grant_type=client_credentials&scope=all-apis&client_id=%s"
		 "&client_secret=%s",
		 id, secret);
	a = post_as("", "/oidc/v1/token", form);
	CU_ASSERT_EQUAL(a->status, 200);
	CU_ASSERT_EQUAL(int_at(a, "expires_in"), 3600);
	me = get_as(text_at(a, "access_token"), ME);
	CU_ASSERT_STRING_EQUAL(text_at(me, "userName"), id);
	answer_free(me);
	answer_free(a);
	a = post_as("", "/oidc/v1/token",
		    "grant_type=client_credentials&client_id=x"
		    "&client_secret=y");
	CU_ASSERT_EQUAL(a->status, 401);
	CU_ASSERT_STRING_EQUAL(text_at(a, "error"), "invalid_client");
	answer_free(a);
	set_setting("token_ttl_s", 0); /* born expired */
	a = post_as("", "/oidc/v1/token", form);
	me = get_as(text_at(a, "access_token"), ME);
	CU_ASSERT_EQUAL(me->status, 401);
	answer_free(me);
	answer_free(a);
	set_setting("token_ttl_s", 3600);
}

static void
test_token_exchange(void)
{
	/* {"alg":"none"} . {"sub":"Team.Blue@corp"} . no signature */
	struct answer *me,
	    *a = post_as(
		"", "/oidc/v1/token",
		"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3A"
		"token-exchange&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt"
		"&subject_token=eyJhbGciOiJub25lIn0.eyJzdWIiOiJUZWFtLkJsdWVAY29ycCJ9.");

	CU_ASSERT_EQUAL(a->status, 200);
	me = get_as(text_at(a, "access_token"), ME);
	CU_ASSERT_STRING_EQUAL(text_at(me, "userName"), "team_blue@example.com");
	answer_free(me);
	me = get_as("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.AAAA", ME); /* not ours */
	CU_ASSERT_EQUAL(me->status, 401);
	answer_free(me);
	answer_free(a);
}

static void
test_routing(void)
{
	const char *const evil_host[] = { "Host: evil.example", NULL };
	const char *const evil_origin[] = { "Origin: http://evil.example", NULL };
	struct answer *a = get("/api/2.0/no/such/thing");

	CU_ASSERT(is_error(a, 404, "ENDPOINT_NOT_FOUND"));
	answer_free(a);
	a = post("/api/2.1/clusters/start", "{\"cluster_id\": ");
	CU_ASSERT(is_error(a, 400, "MALFORMED_REQUEST"));
	answer_free(a);
	a = post("/api/2.1/clusters/start", "[1]");
	CU_ASSERT(is_error(a, 400, "MALFORMED_REQUEST"));
	answer_free(a);
	a = post("/api/2.1/clusters/start", "{\"cluster_id\": 7}");
	CU_ASSERT(is_error(a, 400, "MALFORMED_REQUEST"));
	answer_free(a);
	a = get("/api/2.1/unity-catalog/tables/x%00y");
	CU_ASSERT_EQUAL(a->status, 400);
	answer_free(a);
	a = get("/api/2.1/unity-catalog/tables/x%FFy");
	CU_ASSERT_EQUAL(a->status, 400);
	answer_free(a);
	a = call_with("GET", "/_sandbox/requests", NULL, "", evil_host);
	CU_ASSERT_EQUAL(a->status, 403);
	answer_free(a);
	a = call_with("GET", ME, NULL, NULL, evil_origin);
	CU_ASSERT_EQUAL(a->status, 403);
	answer_free(a);
}

static struct answer *
after_fault(const char *body)
{
	struct answer *a = post_as("", "/_sandbox/fault", body);

	CU_ASSERT_EQUAL(a->status, 200);
	answer_free(a);
	return get(ME);
}

static void
test_answered_faults(void)
{
	static const struct {
		const char *body;
		long status;
		const char *in_text;
	} rows[] = {
		{ "{\"kind\":\"status\",\"path\":\"/api/*\",\"status\":418,\"error_code\":\"TEA\"}",
		  418, "TEA" },
		{ "{\"kind\":\"throttle\"}", 429, "RESOURCE_EXHAUSTED" },
		{ "{\"kind\":\"html_503\"}", 503, "<title>" },
		{ "{\"kind\":\"login\"}", 302, "" },
		{ "{\"kind\":\"html_200\"}", 200, "Sign In" },
		{ "{\"kind\":\"numeric_401\"}", 401, "\"error_code\":401" },
		{ "{\"kind\":\"empty\"}", 200, "" },
		{ "{\"kind\":\"garbage\"}", 200, "not json" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct answer *a = after_fault(rows[i].body);

		CU_ASSERT_EQUAL(a->status, rows[i].status);
		CU_ASSERT_PTR_NOT_NULL(
		    memmem(a->text, a->len, rows[i].in_text, strlen(rows[i].in_text)));
		answer_free(a);
	}
	struct answer *a = after_fault("{\"kind\":\"throttle\",\"retry_after\":7}");

	CU_ASSERT(has_header(a, "Retry-After", "7"));
	answer_free(a);
	a = get(ME); /* one request has used up each fault */
	CU_ASSERT_EQUAL(a->status, 200);
	answer_free(a);
}

static void
test_spoiled_answers(void)
{
	struct answer *a = after_fault("{\"kind\":\"truncate\",\"at\":9}");

	CU_ASSERT_EQUAL(a->len, 9);
	CU_ASSERT_EQUAL(a->curl_error, 0);
	answer_free(a);
	a = after_fault("{\"kind\":\"reset\",\"at\":9}");
	CU_ASSERT_NOT_EQUAL(a->curl_error, 0);
	answer_free(a);
	a = after_fault("{\"kind\":\"drip\",\"latency_ms\":1}");
	CU_ASSERT_STRING_EQUAL(text_at(a, "userName"), "ann@example.com");
	answer_free(a);
	a = after_fault("{\"kind\":\"latency\",\"latency_ms\":30}");
	CU_ASSERT_EQUAL(a->status, 200);
	answer_free(a);
}

static void
test_fault_matching(void)
{
	struct answer *a = post_as("", "/_sandbox/fault",
				   "{\"kind\":\"empty\","
				   "\"path\":\"/api/2.1/*\","
				   "\"method\":\"GET\",\"count\":2,\"skip\":1}");

	answer_free(a);
	answer_free(get("/api/2.1/clusters/list")); /* skipped */
	a = get(ME);
	CU_ASSERT(a->len > 0); /* another path */
	answer_free(a);
	a = get("/api/2.1/clusters/list");
	CU_ASSERT_EQUAL(a->len, 0);
	answer_free(a);
	a = call_with("DELETE", "/_sandbox/fault", NULL, "", NULL);
	CU_ASSERT_EQUAL(a->status, 200);
	answer_free(a);
	a = get("/api/2.1/clusters/list");
	CU_ASSERT(a->len > 0);
	answer_free(a);
	a = post_as("", "/_sandbox/fault", "{\"kind\":\"nonsense\"}");
	CU_ASSERT_EQUAL(a->status, 400);
	answer_free(a);
}

static void
test_request_log(void)
{
	const char *const headers[] = { "traceparent: 00-11112222333344445555666677778888-"
					"1111222233334444-01",
					NULL };
	struct answer *a = call_with("DELETE", "/_sandbox/requests", NULL, "", NULL);

	answer_free(a);
	answer_free(
	    call_with("GET", "/api/2.1/clusters/list?a=1&a=x%20y&b=+", NULL, NULL, headers));
	a = get_as("", "/_sandbox/requests?path=/api/2.1/clusters");
	CU_ASSERT_EQUAL(count_at(a, "requests"), 1);
	CU_ASSERT_STRING_EQUAL(text_at(a, "requests[0].method"), "GET");
	CU_ASSERT_STRING_EQUAL(text_at(a, "requests[0].query.a[1]"), "x y");
	CU_ASSERT_STRING_EQUAL(text_at(a, "requests[0].query.b"), " ");
	CU_ASSERT_STRING_EQUAL(text_at(a, "requests[0].user_agent"), "sandbox-test/1.0");
	CU_ASSERT_PTR_NOT_NULL(strstr(text_at(a, "requests[0].traceparent"), "11112222"));
	CU_ASSERT_STRING_EQUAL(text_at(a, "requests[0].has_authorization"), "true");
	CU_ASSERT_EQUAL(int_at(a, "requests[0].status"), 200);
	CU_ASSERT_PTR_NULL(strstr(a->text, sandbox.token));
	answer_free(a);
}

static void
test_restart_keeps_state(void)
{
	char token[64];
	struct answer *a = sql("CREATE OR REPLACE TABLE main.default.kept AS SELECT 7 AS a");
	char path[256];

	answer_free(a);
	a = get("/api/2.1/clusters/list?page_size=3");
	snprintf(path, sizeof(path), "/api/2.1/clusters/list?page_size=3&page_token=%s",
		 text_at(a, "next_page_token"));
	answer_free(a);
	snprintf(token, sizeof(token), "%s", sandbox.token);
	CU_ASSERT_EQUAL(sandbox_stop(), 0);
	CU_ASSERT_TRUE_FATAL(sandbox_start());
	CU_ASSERT_STRING_EQUAL(sandbox.token, token);
	a = sql("SELECT a FROM main.default.kept");
	CU_ASSERT_STRING_EQUAL(text_at(a, "result.data_array[0][0]"), "7");
	answer_free(a);
	a = get(path);
	CU_ASSERT_EQUAL(count_at(a, "clusters"), 3);
	answer_free(a);
}

void
add_front_suite(void)
{
	CU_pSuite suite = CU_add_suite("front", NULL, NULL);

	CU_add_test(suite, "command line", test_command_line);
	CU_add_test(suite, "tokens", test_tokens);
	CU_add_test(suite, "workspaces are apart", test_workspaces_are_apart);
	CU_add_test(suite, "client credentials", test_client_credentials);
	CU_add_test(suite, "token exchange", test_token_exchange);
	CU_add_test(suite, "routing", test_routing);
	CU_add_test(suite, "answered faults", test_answered_faults);
	CU_add_test(suite, "spoiled answers", test_spoiled_answers);
	CU_add_test(suite, "fault matching", test_fault_matching);
	CU_add_test(suite, "request log", test_request_log);
	CU_add_test(suite, "a restart keeps state", test_restart_keeps_state);
}

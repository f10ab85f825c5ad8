/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of requests and replies: which are sent, received, repeated and refused. */
#include <unistd.h>

#include "base/clock.h"
#include "egress/internal.h"
#include "egress_assert.h"
#include "egress_rig.h"

/* ---- the plain way --------------------------------------------------------------------------- */

static void
simple(void)
{
	struct rig *b = rig_new("workspace_id = \"42\";", "");
	struct mcp_http http = get("/api/ok");
	struct got got = { 0 };
	char *request;

	http.query = "X-Request-Id=abc-1";
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 200);
	ASSERT_INT(got.reply.error, MCP_OK);
	ASSERT_STR(got.why, "");
	ASSERT_STR(got.body, "{\"ok\":true}");
	ASSERT_INT(got.reply.bytes, 11);
	ASSERT_INT(got.reply.retry_after_ms, -1);
	ASSERT_STR(got.request_id, "abc-1");
	assert_has(got.headers, "Content-Type: application/json\n");
	request = upstream_request(b->upstream, 0);
	assert_has(request, "GET /api/ok?X-Request-Id=abc-1 HTTP/1.1\r\n");
	assert_has(request, "\r\nAuthorization: Bearer dapi-secret\r\n");
	assert_has(request, "\r\nX-Databricks-Workspace-Id: 42\r\n");
	assert_has(request, "\r\nAccept: application/json\r\n");
	assert_has(request, "\r\nUser-Agent: lakehost/");
	assert_has(request, " os/linux auth/pat tool/test_tool principal/local\r\n");
	assert_has(request, "\r\ntraceparent: 00-");
	assert_has(request, "\r\nAccept-Encoding: ");
	assert_lacks(request, "\r\nContent-");
	assert_lacks(request, "\r\nExpect");
	free(request);
	got_fini(&got);
	rig_free(b);
}

static void
bodies(void)
{
	struct mcp_piece pieces[2] = { { MCP_PIECE_BYTES, { "{\"a\":", 5 } },
				       { MCP_PIECE_BYTES, { "1}", 2 } } };
	struct mcp_header header = { "Content-Type", "text/plain" };
	struct rig *b = rig_new("", "");
	struct mcp_http http = post("/api/echo", pieces);
	struct got got = { 0 };
	char *request;

	http.n_body = 2;
	b->scope.traceparent = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01";
	rig_fetch(b, &http, &got);
	ASSERT_STR(got.body, "{\"a\":1}");
	request = upstream_request(b->upstream, 0);
	assert_has(request, "POST /api/echo HTTP/1.1\r\n");
	assert_has(request, "\r\nContent-Length: 7\r\n");
	assert_has(request, "\r\nContent-Type: application/json\r\n");
	assert_has(request,
		   "\r\ntraceparent: 00-0123456789abcdef0123456789abcdef-0123456789abcdef-01\r\n");
	assert_lacks(request, "\r\nExpect");
	assert_lacks(request, "chunked");
	free(request);
	got_fini(&got);
	http = post("/api/echo", NULL); /* none at all */
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 200);
	request = upstream_request(b->upstream, 1);
	assert_has(request, "\r\nContent-Length: 0\r\n");
	assert_lacks(request, "\r\nContent-Type");
	free(request);
	got_fini(&got);
	http = post("/api/echo", pieces);
	http.method = "PUT";
	http.headers = &header;
	http.n_headers = 1;
	rig_fetch(b, &http, &got);
	request = upstream_request(b->upstream, 2);
	assert_has(request, "PUT /api/echo HTTP/1.1\r\n");
	assert_has(request, "\r\nContent-Type: text/plain\r\n");
	free(request);
	got_fini(&got);
	rig_free(b);
}

static void
other_methods(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http http = get("/api/ok");
	struct got got = { 0 };
	char *request;

	http.method = "DELETE";
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 200);
	request = upstream_request(b->upstream, 0);
	assert_has(request, "DELETE /api/ok HTTP/1.1\r\n");
	assert_lacks(request, "Content-Length");
	free(request);
	got_fini(&got);
	http.method = "HEAD";
	http.max_bytes = 5;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_OK);
	ASSERT_INT(got.reply.status, 200);
	ASSERT_STR(got.body, "");
	assert_has(got.headers, "Content-Length: 11\n");
	got_fini(&got);
	rig_free(b);
}

static void
hidden_headers(void)
{
	static const char *const queries[] = { "Set-Cookie=a", "www-authenticate=Basic",
					       "Authorization=x", "Proxy-Authenticate=x" };
	struct rig *b = rig_new("", "");
	struct got got = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(queries); i++) {
		struct mcp_http http = get("/api/ok");

		http.query = queries[i];
		rig_fetch(b, &http, &got);
		ASSERT_STR(got.headers, "Content-Length: 11\nContent-Type: application/json\n");
		got_fini(&got);
	}
	rig_free(b);
}

static void
interim_replies(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http http = get("/api/continue");
	struct got got = { 0 };

	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 200);
	ASSERT_STR(got.body, "{\"ok\":true}");
	assert_lacks(got.headers, "X-Early");
	got_fini(&got);
	rig_free(b);
}

static void
request_ids(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http http = get("/api/status/404");
	struct got got = { 0 };

	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 404);
	ASSERT_INT(got.reply.error, MCP_OK);
	ASSERT_STR(got.request_id, "req-404"); /* length of the text of the error */
	assert_has(got.body, "\"error_code\":\"E404\"");
	got_fini(&got);
	http = get("/api/ok");
	http.query = "Server-Timing=cache;dur=1,request_id;dur=0;desc=11-22";
	rig_fetch(b, &http, &got);
	ASSERT_STR(got.request_id, "11-22");
	got_fini(&got);
	http.query = NULL;
	rig_fetch(b, &http, &got);
	ASSERT_STR(got.request_id, "");
	got_fini(&got);
	rig_free(b);
}

/* ---- connections ----------------------------------------------------------------------------- */

static bool
eight_arrived(void *data)
{
	return upstream_requests(data) == 8;
}

static void
parallel_work_is_parallel(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http http = get("/api/hold");
	struct got got[8] = { 0 };

	for (size_t i = 0; i < 8; i++)
		rig_submit(b, &http, &got[i]);
	rig_until(b, eight_arrived, b->upstream); /* although the server sends no answer */
	upstream_release(b->upstream);
	rig_run(b);
	for (size_t i = 0; i < 8; i++) {
		ASSERT_INT(got[i].reply.status, 200);
		got_fini(&got[i]);
	}
	ASSERT_INT(upstream_connections(b->upstream), 8);
	rig_free(b);
}

static bool
thirteen_arrived(void *data)
{
	return upstream_requests(data) == 13;
}

static void
tls(void)
{
	char ca[] = "/tmp/lakehost-ca-XXXXXX", *setting;
	struct mcp_http http = get("/api/ok");
	struct got got = { 0 }, many[8] = { 0 };
	struct rig *b;
	int fd = mkstemp(ca);

	CU_ASSERT_FATAL(fd >= 0);
	close(fd);
	b = rig_new_tls(ca, "");
	/* the certificate is not trusted: no byte is sent, and there is no second attempt */
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_E_UNAVAILABLE);
	assert_has(got.why, "is not trusted");
	assert_has(got.why, "upstreams.workspace.ca_file");
	ASSERT_INT(upstream_connections(b->upstream), 1);
	ASSERT_INT(upstream_requests(b->upstream), 0);
	got_fini(&got);
	rig_free(b);

	setting = xprintf("ca_file = \"%s\";", ca);
	b = rig_new_tls(ca, setting);
	/* The upstream made a new certificate at its start, in the same file. */
	for (int i = 0; i < 5; i++) {
		rig_fetch(b, &http, &got);
		ASSERT_INT(got.reply.error, MCP_OK);
		ASSERT_INT(got.reply.status, 200);
		got_fini(&got);
	}
	ASSERT_INT(upstream_connections(b->upstream), 1);
	/* Waiting for multiplexing must not reduce eight connections to one. */
	http = get("/api/hold");
	for (size_t i = 0; i < 8; i++)
		rig_submit(b, &http, &many[i]);
	rig_until(b, thirteen_arrived, b->upstream);
	upstream_release(b->upstream);
	rig_run(b);
	for (size_t i = 0; i < 8; i++) {
		ASSERT_INT(many[i].reply.status, 200);
		got_fini(&many[i]);
	}
	ASSERT_INT(upstream_connections(b->upstream), 8);
	rig_free(b);
	free(setting);
	unlink(ca);
}

/* The proxy in the environment is for other hosts; it would not answer. */
static void
no_proxy_to_this_machine(void)
{
	struct rig *b = rig_new("max_retries = 0;", "");
	struct mcp_http http = get("/api/ok");
	struct got got = { 0 };

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 200);
	got_fini(&got);
	rig_free(b);
	b = rig_new_at("http://lakehost.invalid", "allow_http = true; max_retries = 0;", "");
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_E_UNAVAILABLE);
	assert_has(got.why,
		   "no connection to http://lakehost.invalid: Failed to connect to 127.0.0.1");
	got_fini(&got);
	rig_free(b);
	unsetenv("http_proxy");
}

/* ---- invalid replies ------------------------------------------------------------------------- */

static void
fails(struct rig *b, const char *path, enum mcp_status error, int status, const char *why)
{
	struct mcp_http http = get(path);
	struct got got = { 0 };

	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, error);
	ASSERT_INT(got.reply.status, status);
	ASSERT_STR(got.body, "");
	assert_has(got.why, why);
	assert_lacks(got.why, "secret=1");
	got_fini(&got);
}

static void
broken_replies(void)
{
	struct rig *b = rig_new("max_retries = 1;", "");

	fails(b, "/api/cut", MCP_E_UNAVAILABLE, 0, "was lost during the reply");
	fails(b, "/api/cut-chunked", MCP_E_UNAVAILABLE, 0, "was lost during the reply");
	fails(b, "/api/reset/100000", MCP_E_UNAVAILABLE, 0, "was lost during the reply");
	ASSERT_INT(upstream_requests(b->upstream), 6); /* each tried twice */
	fails(b, "/api/garbage", MCP_E_UPSTREAM, 0, "sent an answer that is not valid HTTP");
	fails(b, "/api/switch", MCP_E_UPSTREAM, 101, "answered HTTP 101, a change of protocol");
	fails(b, "/api/interim/17", MCP_E_UPSTREAM, 103, "sent interim replies (HTTP 1xx) without");
	fails(b, "/api/headers/1000", MCP_E_UPSTREAM, 200, "too many or too long headers");
	fails(b, "/api/long/80000", MCP_E_UPSTREAM, 200, "too many or too long headers");
	fails(b, "/api/redirect", MCP_E_UPSTREAM, 302,
	      "answered with a redirect (to https://login.example/login.html) instead of an API "
	      "reply");
	fails(b, "/api/page", MCP_E_UPSTREAM, 200,
	      "answered with a login page instead of an API reply");
	ASSERT_INT(upstream_requests(b->upstream), 13);
	rig_free(b);
}

static void
pages_that_are_wanted(void)
{
	struct mcp_header accept = { "Accept", "text/html" };
	struct rig *b = rig_new("", "");
	struct mcp_http http = get("/api/page");
	struct got got = { 0 };

	http.headers = &accept;
	http.n_headers = 1;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_OK);
	ASSERT_STR(got.body, "<html>");
	got_fini(&got);
	http = get("/api/page/report.html");
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_OK);
	got_fini(&got);
	rig_free(b);
}

static void
caps(void)
{
	struct rig *b = rig_new("max_reply = 100000;", "");
	struct mcp_http http = get("/api/huge/100000");
	struct got got = { 0 };

	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_OK);
	ASSERT_INT(got.reply.body.len, 100000);
	got_fini(&got);
	fails(b, "/api/huge/100001", MCP_E_TOO_LARGE, 200, "larger than 100000 bytes");
	/* Half a megabyte, which is only a few hundred bytes when it is compressed. */
	fails(b, "/api/gzip/500000", MCP_E_TOO_LARGE, 200, "larger than 100000 bytes");
	http = get("/api/gzip/99999");
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_OK);
	ASSERT_INT(got.reply.bytes, 99999);
	CU_ASSERT(strncmp(got.body, "abcdefghijklmnopqrstuvwxyzabc", 29) == 0);
	got_fini(&got);
	http = get("/api/huge/11");
	for (http.max_bytes = 10; http.max_bytes <= 12; http.max_bytes++) {
		rig_fetch(b, &http, &got);
		ASSERT_INT(got.reply.error, http.max_bytes < 11 ? MCP_E_TOO_LARGE : MCP_OK);
		got_fini(&got);
	}
	/* the body of an error is cut; its status is still reported */
	http = get("/api/error/200000");
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_OK);
	ASSERT_INT(got.reply.status, 400);
	ASSERT_INT(got.reply.body.len, EGRESS_ERROR_MAX);
	assert_has(got.why, "was cut at 65536 bytes");
	got_fini(&got);
	http = get("/api/huge/3000000");
	http.reply = MCP_REPLY_DISCARD;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_OK);
	ASSERT_INT(got.reply.bytes, 3000000);
	ASSERT_STR(got.body, "");
	got_fini(&got);
	rig_free(b);
}

/* Sizes at the cap, one below it, and one above it. */
static void
caps_of_heads(void)
{
	struct rig *b = rig_new("", "");
	char path[64], *query = xcalloc(1, EGRESS_URL_MAX + 2);
	size_t fixed = strlen(upstream_url(b->upstream)) + strlen("/api/echo?");
	struct mcp_http http = get("/api/echo");
	struct got got = { 0 };

	memset(query, 'a', EGRESS_URL_MAX + 1 - fixed);
	http.query = query;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_E_TOO_LARGE);
	got_fini(&got);
	query[EGRESS_URL_MAX - fixed] = '\0';
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_OK);
	got_fini(&got);
	free(query);
	http.query = NULL;
	http.path = path;
	for (int n = EGRESS_HEADERS_MAX - 2; n <= EGRESS_HEADERS_MAX; n++) {
		snprintf(path, sizeof(path), "/api/headers/%d", n); /* and Content-Length */
		rig_fetch(b, &http, &got);
		ASSERT_INT(got.reply.error, n < EGRESS_HEADERS_MAX ? MCP_OK : MCP_E_UPSTREAM);
		got_fini(&got);
	}
	rig_free(b);
}

static const struct test tests[] = {
	TEST(simple),
	TEST(bodies),
	TEST(other_methods),
	TEST(hidden_headers),
	TEST(interim_replies),
	TEST(request_ids),
	TEST(parallel_work_is_parallel),
	TEST(tls),
	TEST(no_proxy_to_this_machine),
	TEST(broken_replies),
	TEST(pages_that_are_wanted),
	TEST(caps),
	TEST(caps_of_heads),
};
SUITE(tests)

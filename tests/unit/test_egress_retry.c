/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of requests that are repeated: after 429 and 503, lost connections, deadlines. */
#include <unistd.h>

#include "base/clock.h"
#include "egress/internal.h"
#include "egress_assert.h"
#include "egress_rig.h"

/* ---- trying again ---------------------------------------------------------------------------- */

static unsigned
attempts(struct rig *b, const char *path, enum mcp_retry retry, int status)
{
	unsigned before = upstream_requests(b->upstream);
	struct mcp_piece piece = { MCP_PIECE_BYTES, { "{}", 2 } };
	struct mcp_http http = post(path, &piece);
	struct got got = { 0 };

	http.retry = retry;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, status);
	if (status == 200)
		ASSERT_STR(got.body, "{\"ok\":true}");
	got_fini(&got);
	return upstream_requests(b->upstream) - before;
}

static void
throttled(void)
{
	struct rig *b = rig_new("max_retries = 2;", "");
	struct mcp_http http = get("/api/flaky/9/429/7_x");
	struct got got = { 0 };

	ASSERT_INT(attempts(b, "/api/flaky/1/429/0", MCP_RETRY_SAFE, 200), 2);
	ASSERT_INT(attempts(b, "/api/flaky/2/429/-", MCP_RETRY_NEVER, 200), 3);
	ASSERT_INT(attempts(b, "/api/flaky/3/429/0", MCP_RETRY_SAFE, 429), 3); /* given up */
	rig_fetch(b, &http, &got); /* an unknown value counts as absent */
	ASSERT_INT(got.reply.status, 429);
	ASSERT_INT(got.reply.retry_after_ms, -1);
	ASSERT_INT(got.reply.error, MCP_OK);
	assert_has(got.body, "E429");
	got_fini(&got);
	rig_free(b);
}

static void
unavailable(void)
{
	struct rig *b = rig_new("max_retries = 2;", "");

	ASSERT_INT(attempts(b, "/api/flaky/1/503/0", MCP_RETRY_SAFE, 200), 2);
	ASSERT_INT(attempts(b, "/api/flaky/1/502/-", MCP_RETRY_IDEMPOTENT, 200), 2);
	ASSERT_INT(attempts(b, "/api/flaky/1/504/-", MCP_RETRY_TOKEN, 200), 2);
	ASSERT_INT(attempts(b, "/api/flaky/1/503/0/n", MCP_RETRY_NEVER, 503), 1);
	ASSERT_INT(attempts(b, "/api/flaky/1/500/0", MCP_RETRY_SAFE, 500), 1);
	ASSERT_INT(attempts(b, "/api/flaky/1/400/0", MCP_RETRY_SAFE, 400), 1);
	rig_free(b);
}

static void
retry_after_within_the_deadline(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http http = get("/api/flaky/1/429/50");
	struct got got = { 0 };

	b->scope.deadline_ms = clock_ms() + 30000;
	/* the demanded wait is too long, so the reply is returned unchanged */
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 429);
	ASSERT_INT(got.reply.retry_after_ms, 50000);
	ASSERT_INT(upstream_requests(b->upstream), 1);
	got_fini(&got);
	rig_free(b);
}

static void
lost_connections(void)
{
	struct rig *b = rig_new("max_retries = 2;", "");
	struct mcp_piece piece = { MCP_PIECE_BYTES, { "{}", 2 } };
	struct mcp_http http;
	struct got got = { 0 };

	ASSERT_INT(attempts(b, "/api/drop/1", MCP_RETRY_SAFE, 200), 2);
	ASSERT_INT(attempts(b, "/api/drop/1/n", MCP_RETRY_NEVER, 0), 1);
	ASSERT_INT(attempts(b, "/api/drop/9", MCP_RETRY_TOKEN, 0), 3);
	/* On a used connection libcurl itself would repeat the request. */
	ASSERT_INT(attempts(b, "/api/ok", MCP_RETRY_SAFE, 200), 1);
	ASSERT_INT(attempts(b, "/api/drop/1/m", MCP_RETRY_NEVER, 0), 1);
	http = post("/api/drop/1/k", NULL);
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_E_UNAVAILABLE);
	assert_has(got.why, "it may have been carried out, so it was not repeated");
	got_fini(&got);
	http = post("/api/ok", &piece);
	rig_fetch(b, &http, &got);
	got_fini(&got);
	http = post("/api/drop/1/j", NULL);
	ASSERT_INT(upstream_requests(b->upstream), 2 + 1 + 3 + 1 + 1 + 1 + 1);
	rig_fetch(b, &http, &got);
	ASSERT_INT(upstream_requests(b->upstream), 2 + 1 + 3 + 1 + 1 + 1 + 1 + 1);
	got_fini(&got);
	rig_free(b);
}

static void
no_server(void)
{
	struct upstream *u = upstream_start(NULL);
	struct mcp_piece piece = { MCP_PIECE_BYTES, { "{}", 2 } };
	struct mcp_http http = post("/api/ok", &piece);
	struct got got = { 0 };
	char *url = xstrdup(upstream_url(u));
	struct rig *b;

	upstream_stop(u); /* no server listens at this address any more */
	b = rig_new_at(url, "max_retries = 1;", "");
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 0);
	ASSERT_INT(got.reply.error, MCP_E_UNAVAILABLE);
	assert_has(got.why, "no connection to http://127.0.0.1:");
	got_fini(&got);
	rig_free(b);
	free(url);
	b = rig_new_at("https://no-such-host.invalid", "max_retries = 0;", "");
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_E_UNAVAILABLE);
	got_fini(&got);
	rig_free(b);
}

static void
deadline(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http http = get("/api/hold");
	struct got got = { 0 };

	b->scope.deadline_ms = clock_ms() + 30;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 0);
	ASSERT_INT(got.reply.error, MCP_E_TIMEOUT);
	assert_has(got.why, "within the time of the call (1 attempt)");
	got_fini(&got);
	b->scope.deadline_ms = clock_ms() - 1;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_E_TIMEOUT);
	got_fini(&got);
	rig_free(b);
}

static void
silence(void)
{
	struct rig *b = rig_new("max_retries = 0;", "");
	struct mcp_http http = get("/api/stall");
	struct got got = { 0 };

	http.timeout_ms = 1000;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_E_TIMEOUT);
	ASSERT_STR(got.body, "");
	assert_has(got.why, "sent nothing for 1 s");
	got_fini(&got);
	http = get("/api/drip/100"); /* slow, but alive */
	http.timeout_ms = 1000;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_OK);
	ASSERT_INT(got.reply.bytes, 100);
	got_fini(&got);
	rig_free(b);
}

/* ---- the pace ------------------------------------------------------------------------------- */

/* Those that waited are sent one after the other, in their order. */
static void
pace_of_a_pause(void)
{
	struct pace pace = { 0 };

	ASSERT_INT(pace_reserve(&pace, 1000), 0);
	CU_ASSERT(pace_pause(&pace, 1000, 500));
	CU_ASSERT(!pace_pause(&pace, 1100, 100)); /* shorter than the first one */
	ASSERT_INT(pace_expected(&pace, 1200), 300);
	ASSERT_INT(pace_reserve(&pace, 1200), 300);
	ASSERT_INT(pace_reserve(&pace, 1200), 320);
	CU_ASSERT(!pace_pause(&pace, 1300, 700)); /* longer: they ask again */
	ASSERT_INT(pace_reserve(&pace, 1500), 500);
	/* after the pause no request waits: the host does not stay slow */
	ASSERT_INT(pace_reserve(&pace, 2000), 0);
	ASSERT_INT(pace_reserve(&pace, 2000), 0);
	ASSERT_INT(pace_reserve(&pace, 2100), 0);
	ASSERT_INT(pace_reserve(&pace, 2100), 0);
}

static void
pace_of_a_rate(void)
{
	struct pace pace = { .per_second = 2 };

	ASSERT_INT(pace_reserve(&pace, 0), 0);
	ASSERT_INT(pace_reserve(&pace, 0), 0);
	ASSERT_INT(pace_reserve(&pace, 0), 500);
	ASSERT_INT(pace_reserve(&pace, 0), 1000);
	ASSERT_INT(pace_reserve(&pace, 100), 1400);
	ASSERT_INT(pace_expected(&pace, 100000), 0);
}

/* A service that asks one call to wait gets no request of any other call meanwhile. */
static void
pause_for_all(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http first = get("/api/flaky/1/429/50"), second = get("/api/ok");
	struct got got = { 0 };

	b->scope.deadline_ms = clock_ms() + 30000;
	rig_fetch(b, &first, &got);
	ASSERT_INT(got.reply.status, 429);
	got_fini(&got);
	rig_fetch(b, &second, &got);
	ASSERT_INT(got.reply.error, MCP_E_THROTTLED);
	assert_has(got.why, "too many requests go to");
	CU_ASSERT(got.reply.retry_after_ms > 40000);
	ASSERT_INT(upstream_requests(b->upstream), 1);
	got_fini(&got);
	b->egress->pace[0].until_ms = clock_ms() + 30; /* it is over soon */
	rig_fetch(b, &second, &got);
	ASSERT_INT(got.reply.status, 200);
	ASSERT_INT(upstream_requests(b->upstream), 2);
	got_fini(&got);
	rig_free(b);
}

static void
rate_for_all(void)
{
	struct rig *b = rig_new("requests_per_second = 1;", "");
	struct mcp_http http = get("/api/ok");
	struct got got = { 0 };

	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 200);
	got_fini(&got);
	b->egress->pace[0].sent.taken += 100; /* as if many others waited */
	b->scope.deadline_ms = clock_ms() + 30000;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_E_THROTTLED);
	ASSERT_INT(upstream_requests(b->upstream), 1);
	got_fini(&got);
	rig_free(b);
}

static const struct test tests[] = {
	TEST(throttled),	TEST(unavailable),     TEST(retry_after_within_the_deadline),
	TEST(lost_connections), TEST(no_server),       TEST(deadline),
	TEST(silence),		TEST(pace_of_a_pause), TEST(pace_of_a_rate),
	TEST(pause_for_all),	TEST(rate_for_all),
};
SUITE(tests)

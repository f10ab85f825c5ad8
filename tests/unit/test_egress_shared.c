/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of replies that are cached or shared, and of the cap on all replies together. */
#include "base/buf.h"
#include "base/clock.h"
#include "egress/cache.h"
#include "egress/internal.h"
#include "egress_assert.h"
#include "egress_rig.h"

/* ---- cancelling ------------------------------------------------------------------------------ */

/* ---- sharing --------------------------------------------------------------------------------- */

static void
fetch_ok(struct rig *b, const struct mcp_http *http, unsigned requests)
{
	struct got got = { 0 };

	rig_fetch(b, http, &got);
	ASSERT_INT(got.reply.status, 200);
	ASSERT_STR(got.body, "{\"ok\":true}");
	assert_has(got.headers, "Content-Type: application/json");
	ASSERT_INT(upstream_requests(b->upstream), requests);
	got_fini(&got);
}

static void
cached_replies(void)
{
	struct mcp_header range = { "Range", "bytes=0-1" };
	struct rig *b = rig_new("", "");
	struct mcp_http http = get("/api/ok"), write = post("/api/ok", NULL);

	http.cache_ms = 3600000;
	fetch_ok(b, &http, 1);
	fetch_ok(b, &http, 1);
	http.query = "a=b";
	fetch_ok(b, &http, 2); /* another */
	fetch_ok(b, &http, 2);
	http.headers = &range;
	http.n_headers = 1;
	fetch_ok(b, &http, 3); /* not plain */
	fetch_ok(b, &http, 4);
	http.n_headers = 0;
	http.cache_ms = 0;
	fetch_ok(b, &http, 5); /* not asked for */
	http.cache_ms = 3600000;
	fetch_ok(b, &http, 5);
	write.retry = MCP_RETRY_SAFE; /* the request is a read, although its method is POST */
	fetch_ok(b, &write, 6);
	fetch_ok(b, &http, 6);
	write.retry = MCP_RETRY_NEVER; /* a change makes all cached replies invalid */
	fetch_ok(b, &write, 7);
	fetch_ok(b, &http, 8);
	rig_free(b);
}

static void
errors_are_not_cached(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http http = get("/api/status/404");
	struct got got = { 0 };
	size_t granted;

	http.cache_ms = 3600000;
	for (unsigned i = 1; i <= 2; i++) {
		rig_fetch(b, &http, &got);
		ASSERT_INT(got.reply.status, 404);
		ASSERT_INT(upstream_requests(b->upstream), i);
		got_fini(&got);
	}
	granted = b->permissions.count;
	/* a cached reply is given only to plugins that have the permission */
	b->permissions.count = 0;
	http = get("/api/ok");
	http.cache_ms = 3600000;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_E_PERMISSION);
	b->permissions.count = granted;
	got_fini(&got);
	rig_free(b);
}

static struct reply *
reply_of(size_t len)
{
	struct reply *reply = reply_new(1u << 20, NULL);

	for (size_t i = 0; i < len; i++)
		buf_putc(&reply->body, 'x');
	return reply;
}

static void
cache_bounds(void)
{
	struct cache *cache = cache_new(10000, 40000, 5);
	struct reply *small = reply_of(100), *large = reply_of(7000), *too_large = reply_of(20000);
	char key[16];

	cache_put(cache, "too large", too_large, 100000, 0);
	CU_ASSERT(cache_find(cache, "too large", 1000, 0) == NULL);
	for (int i = 0; i < 6; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		cache_put(cache, key, small, 100000, i);
		CU_ASSERT(cache_find(cache, "k0", 1000, 0) != NULL); /* used: it stays */
	}
	/* the sixth reply of a cache that keeps five */
	CU_ASSERT(cache_find(cache, "k1", 1000, 0) == NULL);
	CU_ASSERT(cache_find(cache, "k5", 1000, 0) == small);
	CU_ASSERT(cache_find(cache, "k5", 10, 14) == small);
	/* too old for this request, but not for all */
	CU_ASSERT(cache_find(cache, "k5", 10, 15) == NULL);
	CU_ASSERT(cache_find(cache, "k5", 11, 15) == small);
	cache_put(cache, "k5", large, 100000, 100);
	CU_ASSERT(cache_find(cache, "k5", 10, 100) == large);
	for (int i = 0; i < 5; i++) {
		snprintf(key, sizeof(key), "l%d", i);
		cache_put(cache, key, large, 100000, 0);
	}
	/* there is no room for all of them */
	CU_ASSERT(cache_find(cache, "k5", 1000, 100) == NULL);
	CU_ASSERT(cache_find(cache, "l4", 1000, 0) == large);
	CU_ASSERT(cache_find(cache, "l1", 1000, 0) == NULL ||
		  cache_find(cache, "l0", 1000, 0) == NULL);
	cache_put(cache, "m", small, 100000, 0);
	cache_forget(cache, "l");
	CU_ASSERT(cache_find(cache, "l4", 1000, 0) == NULL);
	CU_ASSERT(cache_find(cache, "m", 1000, 0) == small);
	/* a sweep removes only what nobody asks for any more */
	cache_put(cache, "n", small, 100, 0);
	CU_ASSERT(cache_sweep(cache, 99));
	CU_ASSERT(cache_find(cache, "n", 1000, 0) == small);
	CU_ASSERT(cache_sweep(cache, 100));
	CU_ASSERT(cache_find(cache, "n", 1000, 0) == NULL);
	CU_ASSERT(!cache_sweep(cache, 1000000));
	ASSERT_INT(cache_count(cache), 0);
	ASSERT_INT(cache_bytes(cache), 0);
	cache_free(cache);
	ASSERT_INT(small->refs, 1);
	ASSERT_INT(large->refs, 1);
	reply_unref(small);
	reply_unref(large);
	reply_unref(too_large);
}

static void
single_flight(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http http = get("/api/hold");
	struct got got[5] = { 0 };
	struct transfer *transfer[5];

	http.flags = MCP_HTTP_SINGLE_FLIGHT;
	for (size_t i = 0; i < 4; i++)
		transfer[i] = rig_submit(b, &http, &got[i]);
	http.flags = 0; /* this transfer gets a flight of its own */
	rig_submit(b, &http, &got[4]);
	rig_until(b, rig_arrived, b->upstream);
	egress_cancel(transfer[0]); /* the other transfers continue without the first one */
	b->waiting--;
	upstream_release(b->upstream);
	rig_run(b);
	CU_ASSERT(!got[0].done);
	for (size_t i = 1; i < 5; i++) {
		ASSERT_INT(got[i].reply.status, 200);
		ASSERT_STR(got[i].body, "{\"ok\":true}");
		got_fini(&got[i]);
	}
	ASSERT_INT(upstream_requests(b->upstream), 2);
	rig_free(b);
}

static void
single_flight_deadlines(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http http = get("/api/hold");
	struct got hasty = { 0 }, patient = { 0 };

	http.flags = MCP_HTTP_SINGLE_FLIGHT;
	b->scope.deadline_ms = clock_ms() + 20;
	rig_submit(b, &http, &hasty);
	b->scope.deadline_ms = 0;
	b->waiting++; /* the transfer with the short deadline does not stop the loop */
	rig_submit(b, &http, &patient);
	b->waiting -= 2;
	rig_run(b);
	ASSERT_INT(hasty.reply.error, MCP_E_TIMEOUT);
	CU_ASSERT(!patient.done);
	b->waiting++;
	upstream_release(b->upstream);
	rig_run(b);
	ASSERT_INT(patient.reply.status, 200);
	ASSERT_INT(upstream_requests(b->upstream), 1);
	got_fini(&hasty);
	got_fini(&patient);
	rig_free(b);
}

/* ---- limits.replies -------------------------------------------------------------------------- */

#define ONE_MIB "}; limits = { replies = 1048576; "

static void
full(struct rig *b, const char *path)
{
	struct mcp_http http = get(path);
	struct got got = { 0 };

	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_E_UNAVAILABLE);
	assert_has(got.why, "larger than limits.replies (1048576 bytes): call again in a moment");
	ASSERT_STR(got.body, "");
	got_fini(&got);
}

static void
fits(struct rig *b, const char *path)
{
	struct mcp_http http = get(path);
	struct got got = { 0 };

	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_OK);
	got_fini(&got);
}

static void
replies_are_counted(void)
{
	struct rig *b = rig_new("", ONE_MIB);
	char why[256];

	fits(b, "/api/huge/1048576");
	full(b, "/api/huge/1048577");
	/* bytes of failed replies and of replies that were given are not counted any more */
	fits(b, "/api/huge/1048576");
	ASSERT_INT(b->egress->budget.used, 0);
	CU_ASSERT(egress_hold(b->egress, 1000, why, sizeof(why)));
	full(b, "/api/huge/1047577");
	fits(b, "/api/huge/1047576");
	CU_ASSERT(!egress_hold(b->egress, 1047577, why, sizeof(why)));
	egress_release(b->egress, 1000);
	rig_free(b);
}

/* Bytes of replies in the cache stay counted. */
static void
cached_replies_are_counted(void)
{
	struct rig *b = rig_new("", ONE_MIB);
	struct mcp_http http = get("/api/huge/300000");
	struct got got = { 0 };

	http.cache_ms = 60000;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 200);
	got_fini(&got);
	ASSERT_INT(b->egress->budget.used, 300000);
	full(b, "/api/huge/800000");
	rig_free(b);
}

static void
replies_at_once_share_the_limit(void)
{
	struct rig *b = rig_new("", ONE_MIB);
	struct mcp_http http = get("/api/huge/900000");
	struct got got[4] = { 0 };
	unsigned ok = 0;

	for (size_t i = 0; i < 4; i++)
		rig_submit(b, &http, &got[i]);
	rig_run(b);
	for (size_t i = 0; i < 4; i++) {
		ok += got[i].reply.error == MCP_OK;
		CU_ASSERT(got[i].reply.error == MCP_OK || got[i].reply.error == MCP_E_UNAVAILABLE);
		got_fini(&got[i]);
	}
	CU_ASSERT(ok >= 1);
	ASSERT_INT(b->egress->budget.used, 0);
	rig_free(b);
}

/* ---- the line -------------------------------------------------------------------------------- */

static bool
line_is_full(void *data)
{
	const struct pace *pace = &((struct rig *)data)->egress->pace[0];

	CU_ASSERT(pace->running <= 1);
	return pace->running == 1 && !TAILQ_EMPTY(&pace->line);
}

/* Over HTTP/1.1 libcurl gets one request for each connection, and the others wait in line. */
static void
requests_wait_in_line(void)
{
	struct rig *b = rig_new("max_connections = 1;", "");
	struct mcp_http held = get("/api/hold"), http = get("/api/ok");
	struct transfer *transfer[30];
	struct got got[60] = { 0 };

	for (size_t i = 0; i < 30; i++)
		transfer[i] = rig_submit(b, &held, &got[i]);
	rig_until(b, line_is_full, b);
	for (size_t i = 30; i < 60; i++)
		rig_submit(b, &http, &got[i]);
	for (size_t i = 0; i < 30; i++) {
		egress_cancel(transfer[29 - i]); /* those in line, then those that run */
		b->waiting--;
	}
	rig_run(b);
	for (size_t i = 0; i < 60; i++) {
		ASSERT_INT(got[i].done, i >= 30);
		if (got[i].done)
			ASSERT_INT(got[i].reply.status, 200);
		got_fini(&got[i]);
	}
	ASSERT_INT(b->egress->pace[0].running, 0);
	rig_free(b);
}

static const struct test tests[] = {
	TEST(requests_wait_in_line),
	TEST(cached_replies),
	TEST(errors_are_not_cached),
	TEST(cache_bounds),
	TEST(single_flight),
	TEST(single_flight_deadlines),
	TEST(replies_are_counted),
	TEST(cached_replies_are_counted),
	TEST(replies_at_once_share_the_limit),
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Replies in pieces, cancelled transfers, and shared replies. */
#include "base/buf.h"
#include "base/clock.h"
#include "egress/cache.h"
#include "egress/internal.h"
#include "egress_assert.h"
#include "egress_rig.h"

/* ---- sinks ----------------------------------------------------------------------------------- */

struct sunk {
	struct buf bytes;
	size_t stop_at, pause_every, paused_at;
	unsigned pauses;
	struct rig *rig;
	struct transfer *transfer, *cancel;
	struct loop_timer timer;
};

/* The bytes of the reply go to `sunk` through `take`. */
static void
sunk_init(struct sunk *sunk, struct rig *rig, struct got *got, egress_sink_fn take)
{
	*sunk = (struct sunk){ .rig = rig };
	buf_init(&sunk->bytes, 64u << 20);
	got->sink = take;
	got->sink_data = sunk;
}

static void
resume(struct loop_timer *timer)
{
	struct sunk *sunk = timer->data;

	transfer_resume(sunk->transfer);
}

static int
take(void *data, const char *bytes, size_t len)
{
	struct sunk *sunk = data;

	if (sunk->pause_every > 0 && sunk->bytes.len >= sunk->paused_at + sunk->pause_every) {
		sunk->paused_at = sunk->bytes.len;
		sunk->pauses++;
		sunk->timer.fn = resume;
		sunk->timer.data = sunk;
		loop_timer_set(sunk->rig->loop, &sunk->timer, 0);
		return 2;
	}
	buf_add(&sunk->bytes, bytes, len);
	return sunk->stop_at > 0 && sunk->bytes.len >= sunk->stop_at ? 1 : 0;
}

static bool
alphabet(const struct buf *bytes)
{
	for (size_t i = 0; i < bytes->len; i++) {
		if (bytes->data[i] != (char)('a' + i % 26))
			return false;
	}
	return true;
}

static struct mcp_http
sink_request(const char *path)
{
	struct mcp_http http = get(path);

	http.reply = MCP_REPLY_SINK;
	return http;
}

static void
sinks(void)
{
	struct rig *b = rig_new("max_reply = 1024;", ""); /* no cap of sinks */
	struct mcp_http http = sink_request("/api/huge/5000000");
	struct got got = { 0 };
	struct sunk sunk;

	sunk_init(&sunk, b, &got, take);
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_OK);
	ASSERT_INT(got.reply.bytes, 5000000);
	CU_ASSERT(!got.reply.stopped);
	ASSERT_STR(got.body, "");
	ASSERT_INT(sunk.bytes.len, 5000000);
	CU_ASSERT(alphabet(&sunk.bytes));
	buf_fini(&sunk.bytes);
	got_fini(&got);
	rig_free(b);
}

static void
sinks_stop(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http http = sink_request("/api/huge/5000000");
	struct got got = { 0 };
	struct sunk sunk;

	sunk_init(&sunk, b, &got, take);
	sunk.stop_at = 100000;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_OK);
	ASSERT_INT(got.reply.status, 200);
	CU_ASSERT(got.reply.stopped);
	CU_ASSERT(sunk.bytes.len >= 100000 && sunk.bytes.len < 5000000);
	got_fini(&got);
	buf_reset(&sunk.bytes);
	http.max_bytes = 50000;
	got.sink = take;
	got.sink_data = &sunk;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_E_TOO_LARGE);
	CU_ASSERT(sunk.bytes.len <= 50000);
	buf_fini(&sunk.bytes);
	got_fini(&got);
	rig_free(b);
}

static void
pausing(struct rig *b, const char *path, size_t total)
{
	struct mcp_http http = sink_request(path);
	struct got got = { 0 };
	struct sunk sunk;

	sunk_init(&sunk, b, &got, take);
	sunk.pause_every = 40000;
	sunk.transfer = rig_submit(b, &http, &got);
	rig_run(b);
	ASSERT_INT(got.reply.error, MCP_OK);
	ASSERT_INT(got.reply.bytes, total);
	ASSERT_INT(sunk.bytes.len, total);
	CU_ASSERT(alphabet(&sunk.bytes));
	CU_ASSERT(sunk.pauses > 3);
	buf_fini(&sunk.bytes);
	got_fini(&got);
}

static void
sinks_pause(void)
{
	struct rig *b = rig_new("", "");

	pausing(b, "/api/huge/2000000", 2000000);
	pausing(b, "/api/gzip/2000000", 2000000);
	rig_free(b);
}

static void
sink_errors_are_buffered(void)
{
	struct rig *b = rig_new("max_retries = 1;", "");
	struct mcp_http http = sink_request("/api/status/404");
	struct got got = { 0 };
	struct sunk sunk;

	sunk_init(&sunk, b, &got, take);
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 404);
	assert_has(got.body, "E404");
	ASSERT_INT(sunk.bytes.len, 0);
	got_fini(&got);
	http.path = "/api/flaky/1/503/0"; /* no byte was delivered yet: repeated */
	got.sink = take;
	got.sink_data = &sunk;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 200);
	ASSERT_STR(sunk.bytes.data, "{\"ok\":true}");
	got_fini(&got);
	buf_reset(&sunk.bytes);
	http.path = "/api/reset/100000"; /* some bytes were delivered: never repeated */
	got.sink = take;
	got.sink_data = &sunk;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_E_UNAVAILABLE);
	ASSERT_INT(upstream_requests(b->upstream), 1 + 2 + 1);
	buf_fini(&sunk.bytes);
	got_fini(&got);
	rig_free(b);
}

/* ---- cancelling ------------------------------------------------------------------------------ */

static bool
one_arrived(void *data)
{
	return upstream_requests(data) >= 1;
}

static void
cancel(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http http = get("/api/hold");
	struct got first = { 0 }, second = { 0 };
	struct transfer *transfer;

	transfer = rig_submit(b, &http, &first); /* before it was started */
	egress_cancel(transfer);
	transfer = rig_submit(b, &http, &first); /* on the wire */
	rig_until(b, one_arrived, b->upstream);
	egress_cancel(transfer);
	http = get("/other"); /* refused, but not reported yet */
	transfer = rig_submit(b, &http, &first);
	egress_cancel(transfer);
	b->waiting -= 3;
	http = get("/api/ok");
	rig_fetch(b, &http, &second);
	ASSERT_INT(second.reply.status, 200);
	CU_ASSERT(!first.done);
	got_fini(&second);
	upstream_release(b->upstream);
	rig_free(b);
}

static bool
waits_for_retry(void *data)
{
	struct egress *egress = data;

	return egress->flights != NULL && egress->flights->attempts == 1 &&
	       egress->flights->easy == NULL;
}

static void
cancel_between_attempts(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http http = get("/api/flaky/9/429/30");
	struct got got = { 0 };
	struct transfer *transfer = rig_submit(b, &http, &got);

	rig_until(b, waits_for_retry, b->egress);
	egress_cancel(transfer);
	b->waiting--;
	CU_ASSERT(b->egress->flights == NULL);
	CU_ASSERT(!got.done);
	rig_free(b);
}

static int
cancel_inside(void *data, const char *bytes, size_t len)
{
	struct sunk *sunk = data;

	(void)bytes;
	(void)len;
	if (sunk->cancel != NULL) {
		egress_cancel(sunk->cancel);
		sunk->rig->waiting--;
		sunk->cancel = NULL;
	}
	return 0;
}

static void
cancel_from_a_sink(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http http = sink_request("/api/huge/1000000"), other = get("/api/hold");
	struct got got = { 0 }, held = { 0 }, last = { 0 };
	struct sunk sunk;

	sunk_init(&sunk, b, &got, cancel_inside);
	sunk.cancel = rig_submit(b, &other, &held);
	rig_until(b, one_arrived, b->upstream);
	rig_submit(b, &http, &got); /* ends another one */
	rig_run(b);
	ASSERT_INT(got.reply.bytes, 1000000);
	CU_ASSERT(!held.done);
	CU_ASSERT(b->egress->flights == NULL);
	got_fini(&got);
	got.sink = cancel_inside;
	got.sink_data = &sunk;
	sunk.cancel = rig_submit(b, &http, &got); /* ends itself */
	http = get("/api/drip/20");
	rig_submit(b, &http, &last);
	rig_run(b);
	CU_ASSERT(!got.done);
	ASSERT_INT(last.reply.bytes, 20);
	got_fini(&last);
	CU_ASSERT(b->egress->flights == NULL);
	rig_free(b);
}

static void
end_with_work_under_way(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http http = get("/api/hold");
	struct got got[3] = { 0 };

	rig_submit(b, &http, &got[0]);
	rig_until(b, one_arrived, b->upstream);
	rig_submit(b, &http, &got[1]);
	http = get("/other");
	rig_submit(b, &http, &got[2]);
	rig_free(b);
	CU_ASSERT(!got[0].done && !got[1].done && !got[2].done);
}

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
	write.retry = MCP_RETRY_SAFE; /* a read, in spite of its method */
	fetch_ok(b, &write, 6);
	fetch_ok(b, &http, 6);
	write.retry = MCP_RETRY_NEVER; /* a change makes all of them old */
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
	b->permissions.count = 0; /* a cached reply is only for plugins with the permission */
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

	cache_put(cache, "too large", too_large, 0);
	CU_ASSERT(cache_find(cache, "too large", 1000, 0) == NULL);
	for (int i = 0; i < 6; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		cache_put(cache, key, small, i);
		CU_ASSERT(cache_find(cache, "k0", 1000, 0) != NULL); /* used: it stays */
	}
	CU_ASSERT(cache_find(cache, "k1", 1000, 0) == NULL); /* the sixth of five */
	CU_ASSERT(cache_find(cache, "k5", 1000, 0) == small);
	CU_ASSERT(cache_find(cache, "k5", 10, 14) == small);
	CU_ASSERT(cache_find(cache, "k5", 10, 15) == NULL); /* too old now, not for all */
	CU_ASSERT(cache_find(cache, "k5", 11, 15) == small);
	cache_put(cache, "k5", large, 100);
	CU_ASSERT(cache_find(cache, "k5", 10, 100) == large);
	for (int i = 0; i < 5; i++) {
		snprintf(key, sizeof(key), "l%d", i);
		cache_put(cache, key, large, 0);
	}
	CU_ASSERT(cache_find(cache, "k5", 1000, 100) == NULL); /* no room for all of them */
	CU_ASSERT(cache_find(cache, "l4", 1000, 0) == large);
	CU_ASSERT(cache_find(cache, "l1", 1000, 0) == NULL ||
		  cache_find(cache, "l0", 1000, 0) == NULL);
	cache_put(cache, "m", small, 0);
	cache_forget(cache, "l");
	CU_ASSERT(cache_find(cache, "l4", 1000, 0) == NULL);
	CU_ASSERT(cache_find(cache, "m", 1000, 0) == small);
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
	http.flags = 0; /* this one wants its own */
	rig_submit(b, &http, &got[4]);
	rig_until(b, one_arrived, b->upstream);
	egress_cancel(transfer[0]); /* the others continue without the first one */
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
	b->waiting++; /* the one with the short deadline does not stop the loop */
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

/* ---- from within `done` ---------------------------------------------------------------------- */

struct chain {
	struct rig *rig;
	unsigned left;
};

static void
next_link(void *data, const struct mcp_reply *reply)
{
	struct chain *chain = data;
	struct mcp_http http = get(chain->left % 3 == 0 ? "/other" : "/api/ok");

	CU_ASSERT(reply->status == 200 || reply->error == MCP_E_PERMISSION);
	http.cache_ms = chain->left % 2 == 0 ? 1000 : 0;
	if (chain->left-- == 0)
		loop_stop(chain->rig->loop);
	else
		egress_submit(chain->rig->egress, &chain->rig->scope, &http, NULL, next_link,
			      chain);
}

static void
submit_from_done(void)
{
	struct rig *b = rig_new("", "");
	struct chain chain = { b, 60 };
	struct mcp_http http = get("/api/ok");

	egress_submit(b->egress, &b->scope, &http, NULL, next_link, &chain);
	loop_run(b->loop, 0);
	ASSERT_INT(chain.left, UINT32_MAX);
	CU_ASSERT(upstream_requests(b->upstream) > 10);
	ASSERT_INT(upstream_connections(b->upstream), 1);
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
	fits(b, "/api/huge/1048576"); /* what failed and what was given is counted no more */
	ASSERT_INT(b->egress->budget.used, 0);
	CU_ASSERT(egress_hold(b->egress, 1000, why, sizeof(why)));
	full(b, "/api/huge/1047577");
	fits(b, "/api/huge/1047576");
	CU_ASSERT(!egress_hold(b->egress, 1047577, why, sizeof(why)));
	egress_release(b->egress, 1000);
	rig_free(b);
}

/* What stays in the cache stays counted. */
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

static const struct test tests[] = {
	TEST(sinks),
	TEST(sinks_stop),
	TEST(sinks_pause),
	TEST(sink_errors_are_buffered),
	TEST(cancel),
	TEST(cancel_between_attempts),
	TEST(cancel_from_a_sink),
	TEST(end_with_work_under_way),
	TEST(cached_replies),
	TEST(errors_are_not_cached),
	TEST(cache_bounds),
	TEST(single_flight),
	TEST(single_flight_deadlines),
	TEST(submit_from_done),
	TEST(replies_are_counted),
	TEST(cached_replies_are_counted),
	TEST(replies_at_once_share_the_limit),
};
SUITE(tests)

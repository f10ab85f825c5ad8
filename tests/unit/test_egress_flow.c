/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of replies in pieces, cancelled transfers, and shared replies. */
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

/* Gives the bytes of the reply to `take`, which appends them to `sunk`. */
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
	/* the cap on buffered replies does not apply to sinks */
	struct rig *b = rig_new("max_reply = 1024;", "");
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
	/* no byte was delivered yet, so the request is repeated */
	http.path = "/api/flaky/1/503/0";
	got.sink = take;
	got.sink_data = &sunk;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 200);
	ASSERT_STR(sunk.bytes.data, "{\"ok\":true}");
	got_fini(&got);
	buf_reset(&sunk.bytes);
	/* some bytes were delivered, so the request is never repeated */
	http.path = "/api/reset/100000";
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

static void
cancel(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http http = get("/api/hold");
	struct got first = { 0 }, second = { 0 };
	struct transfer *transfer;

	transfer = rig_submit(b, &http, &first); /* cancelled before it was started */
	egress_cancel(transfer);
	transfer = rig_submit(b, &http, &first); /* on the wire */
	rig_until(b, rig_arrived, b->upstream);
	egress_cancel(transfer);
	/* cancelled when it was refused, but the refusal was not reported yet */
	http = get("/other");
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
	rig_until(b, rig_arrived, b->upstream);
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
	rig_until(b, rig_arrived, b->upstream);
	rig_submit(b, &http, &got[1]);
	http = get("/other");
	rig_submit(b, &http, &got[2]);
	rig_free(b);
	CU_ASSERT(!got[0].done && !got[1].done && !got[2].done);
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

static const struct test tests[] = {
	TEST(sinks),
	TEST(sinks_stop),
	TEST(sinks_pause),
	TEST(sink_errors_are_buffered),
	TEST(cancel),
	TEST(cancel_between_attempts),
	TEST(cancel_from_a_sink),
	TEST(end_with_work_under_way),
	TEST(submit_from_done),
};
SUITE(tests)

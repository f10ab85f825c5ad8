/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of when a request is answered by an earlier one: for how long, and what ends it. */
#include "base/clock.h"
#include "egress/cache.h"
#include "egress/internal.h"
#include "egress_assert.h"
#include "egress_rig.h"

/* Fetches, and expects that the upstream has received so many requests by then. */
static void
fetch(struct rig *b, struct mcp_http http, unsigned requests)
{
	struct got got = { 0 };

	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 200);
	ASSERT_INT(upstream_requests(b->upstream), requests);
	got_fini(&got);
}

static struct mcp_http
change(void)
{
	struct mcp_http http = post("/api/ok", NULL);

	http.retry = MCP_RETRY_NEVER;
	return http;
}

static struct mcp_http
shared(const char *path)
{
	struct mcp_http http = get(path);

	http.flags = MCP_HTTP_SINGLE_FLIGHT;
	return http;
}

/* ---- the time of a row ----------------------------------------------------------------------- */

static void
a_row_declares_how_old_a_reply_may_be(void)
{
	struct rig *b = rig_new("", "");

	fetch(b, get("/api/ok"), 1);
	fetch(b, get("/api/ok"), 2); /* nothing is declared, so nothing was kept */
	b->scope.ttl_ms = 60000;
	fetch(b, get("/api/ok"), 3);
	fetch(b, get("/api/ok"), 3);
	b->scope.ttl_ms = 0;
	fetch(b, get("/api/ok"), 4); /* a row that needs the present state */
	b->scope.ttl_ms = 60000;
	fetch(b, get("/api/huge/2000000"), 5); /* a reply that is too large is not kept */
	fetch(b, get("/api/huge/2000000"), 6);
	ASSERT_INT(cache_count(b->egress->cache), 1);
	rig_free(b);
}

static void
the_operator_can_forbid_old_replies(void)
{
	struct rig *b = rig_new("cache_ms = 0;", "");
	struct mcp_http http = get("/api/ok");

	b->scope.ttl_ms = 60000;
	fetch(b, http, 1);
	http.cache_ms = 60000; /* the plugin asks for them itself */
	fetch(b, http, 2);
	fetch(b, http, 3);
	ASSERT_INT(cache_count(b->egress->cache), 0);
	rig_free(b);
}

static bool
time_is_over(void *data)
{
	return clock_ms() >= *(const int64_t *)data;
}

static void
the_operator_can_shorten_the_time(void)
{
	struct rig *b = rig_new("cache_ms = 1;", "");
	int64_t until;

	b->scope.ttl_ms = 60000;
	fetch(b, get("/api/ok"), 1);
	until = clock_ms() + 2;
	rig_until(b, time_is_over, &until);
	fetch(b, get("/api/ok"), 2);
	rig_free(b);
}

/* ---- what ends it ---------------------------------------------------------------------------- */

static void
a_new_credential_drops_all(void)
{
	struct rig *b = rig_new("", "");

	b->scope.ttl_ms = 60000;
	fetch(b, get("/api/ok"), 1);
	ASSERT_INT(cache_count(b->egress->cache), 1);
	egress_reload(b->egress);
	ASSERT_INT(cache_count(b->egress->cache), 0);
	fetch(b, get("/api/ok"), 2);
	rig_free(b);
}

static void
a_refused_credential_drops_all(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http refused = get("/api/status/401");
	struct got got = { 0 };

	b->scope.ttl_ms = 60000;
	fetch(b, get("/api/ok"), 1);
	rig_fetch(b, &refused, &got);
	ASSERT_INT(got.reply.status, 401);
	got_fini(&got);
	ASSERT_INT(cache_count(b->egress->cache), 0);
	rig_free(b);
}

/* A read that began before a change may have the state before it. It is not given to callers that
 * ask after the change, and it is not kept. */
static void
a_change_is_seen_by_later_reads(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http http = shared("/api/hold"), write = change();
	struct got before[2] = { 0 }, after[2] = { 0 }, written = { 0 };
	struct transfer *transfer;

	b->scope.ttl_ms = 60000;
	transfer = rig_submit(b, &http, &before[0]);
	CU_ASSERT(!transfer_reuses(transfer));
	transfer = rig_submit(b, &http, &before[1]);
	CU_ASSERT(transfer_reuses(transfer));
	rig_until(b, rig_arrived, b->upstream);
	b->waiting -= 2; /* the loop stops after the change */
	rig_fetch(b, &write, &written);
	b->waiting += 2;
	transfer = rig_submit(b, &http, &after[0]);
	CU_ASSERT(!transfer_reuses(transfer));
	transfer = rig_submit(b, &http, &after[1]); /* joins the one before, which is new enough */
	CU_ASSERT(transfer_reuses(transfer));
	upstream_release(b->upstream);
	rig_run(b);
	ASSERT_INT(upstream_requests(b->upstream), 3);
	for (size_t i = 0; i < 2; i++) {
		ASSERT_INT(before[i].reply.status, 200);
		ASSERT_INT(after[i].reply.status, 200);
		got_fini(&before[i]);
		got_fini(&after[i]);
	}
	got_fini(&written);
	ASSERT_INT(cache_count(b->egress->cache), 1);
	rig_free(b);
}

/* The reply of a read that began before a change is not kept either. */
static void
an_older_read_is_not_kept(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http http = shared("/api/hold"), write = change();
	struct got before = { 0 }, written = { 0 };

	b->scope.ttl_ms = 60000;
	rig_submit(b, &http, &before);
	rig_until(b, rig_arrived, b->upstream);
	b->waiting--;
	rig_fetch(b, &write, &written);
	b->waiting++;
	upstream_release(b->upstream);
	rig_run(b);
	ASSERT_INT(before.reply.status, 200);
	ASSERT_INT(cache_count(b->egress->cache), 0);
	got_fini(&before);
	got_fini(&written);
	rig_free(b);
}

static bool
two_arrived(void *upstream)
{
	return upstream_requests(upstream) >= 2;
}

/* A change whose caller has left may have been made. */
static void
an_abandoned_change_counts(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http write = change();
	struct got got = { 0 };
	struct transfer *transfer;

	write.path = "/api/hold";
	b->scope.ttl_ms = 60000;
	fetch(b, get("/api/ok"), 1);
	transfer = rig_submit(b, &write, &got);
	rig_until(b, two_arrived, b->upstream);
	ASSERT_INT(cache_count(b->egress->cache), 1);
	egress_cancel(transfer);
	b->waiting--;
	ASSERT_INT(cache_count(b->egress->cache), 0);
	fetch(b, get("/api/ok"), 3);
	upstream_release(b->upstream);
	rig_free(b);
}

static const struct test tests[] = {
	TEST(a_row_declares_how_old_a_reply_may_be),
	TEST(the_operator_can_forbid_old_replies),
	TEST(the_operator_can_shorten_the_time),
	TEST(a_new_credential_drops_all),
	TEST(a_refused_credential_drops_all),
	TEST(a_change_is_seen_by_later_reads),
	TEST(an_older_read_is_not_kept),
	TEST(an_abandoned_change_counts),
};
SUITE(tests)

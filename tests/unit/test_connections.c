/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which connections to the upstream are reused, and which stay open. */
#include "base/mem.h"
#include "egress/internal.h"
#include "egress_assert.h"
#include "egress_rig.h"

static void
connections_are_reused(void)
{
	struct mcp_piece piece = { MCP_PIECE_BYTES, { "{}", 2 } };
	struct rig *b = rig_new("max_connections = 4;", "");
	struct got got[50] = { 0 };

	for (size_t i = 0; i < 20; i++) {
		struct mcp_http http = i % 2 == 0 ? get("/api/ok") : post("/api/echo", &piece);

		rig_fetch(b, &http, &got[0]);
		ASSERT_INT(got[0].reply.status, 200);
		got_fini(&got[0]);
	}
	ASSERT_INT(upstream_connections(b->upstream), 1);
	for (size_t i = 0; i < 50; i++) {
		struct mcp_http http = get("/api/huge/1000");

		rig_submit(b, &http, &got[i]);
	}
	rig_run(b);
	for (size_t i = 0; i < 50; i++) {
		ASSERT_INT(got[i].reply.status, 200);
		ASSERT_INT(got[i].reply.bytes, 1000);
		got_fini(&got[i]);
	}
	CU_ASSERT(upstream_connections(b->upstream) <= 4);
	rig_free(b);
}

/* A request that must not be repeated reuses a connection when this does no harm. When it needs a
 * connection of its own, it does not leave the connection open. */
static void
no_connection_is_left(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http http = get("/api/ok");
	struct got got = { 0 };

	http.retry = MCP_RETRY_NEVER;
	for (size_t i = 0; i < 20; i++) {
		rig_fetch(b, &http, &got);
		got_fini(&got);
	}
	ASSERT_INT(upstream_connections(b->upstream), 1);
	http = post("/api/ok", NULL);
	for (size_t i = 0; i < 20; i++) {
		rig_fetch(b, &http, &got);
		ASSERT_INT(got.reply.status, 200);
		got_fini(&got);
	}
	ASSERT_INT(upstream_connections(b->upstream), 21);
	CU_ASSERT(upstream_alive(b->upstream, 1));
	rig_free(b);
}

static bool
fifty_arrived(void *data)
{
	return upstream_requests(data) == 50;
}

struct relay {
	struct rig *rig;
	unsigned left, running;
};

static void
relay_done(void *data, const struct mcp_reply *reply)
{
	const struct mcp_http http = get("/api/ok");
	struct relay *relay = data;

	if (reply != NULL)
		ASSERT_INT(reply->status, 200);
	if (relay->left > 0) {
		relay->left--;
		egress_submit(relay->rig->egress, &relay->rig->scope, &http, NULL, relay_done,
			      relay);
	} else if (--relay->running == 0) {
		loop_stop(relay->rig->loop);
	}
}

/* Thirty requests run at all times: when one ends, the next one starts. */
static void
steady_load_keeps_connections(void)
{
	struct rig *b = rig_new("", "");
	struct relay relay = { b, 3000, 30 };

	for (size_t i = 0; i < 30; i++)
		relay_done(&relay, NULL);
	loop_run(b->loop, 0);
	ASSERT_INT(upstream_requests(b->upstream), 3000);
	CU_ASSERT(upstream_connections(b->upstream) <= 60);
	rig_free(b);
}

static bool
few_alive(void *data)
{
	return upstream_alive_now(data) <= 8;
}

/* After a burst only few connections stay open. */
static void
few_connections_stay_idle(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http http = get("/api/hold");
	struct got got[50] = { 0 };

	for (size_t i = 0; i < 50; i++)
		rig_submit(b, &http, &got[i]);
	rig_until(b, fifty_arrived, b->upstream);
	ASSERT_INT(upstream_connections(b->upstream), 50);
	upstream_release(b->upstream);
	rig_run(b);
	for (size_t i = 0; i < 50; i++)
		got_fini(&got[i]);
	rig_until(b, few_alive, b->upstream);
	rig_fetch(b, &http, &got[0]);
	ASSERT_INT(got[0].reply.status, 200);
	got_fini(&got[0]);
	rig_free(b);
}

static const struct test tests[] = {
	TEST(connections_are_reused),
	TEST(no_connection_is_left),
	TEST(few_connections_stay_idle),
	TEST(steady_load_keeps_connections),
};
SUITE(tests)

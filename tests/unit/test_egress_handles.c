/* SPDX-License-Identifier: Apache-2.0 */
/* Handles of libcurl are used again: a request must be sent as if it were the first one. */
#include <unistd.h>

#include "base/clock.h"
#include "egress/handle.h"
#include "egress/internal.h"
#include "egress_assert.h"
#include "egress_rig.h"

#define TRACE "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"

static const struct mcp_piece body = { MCP_PIECE_BYTES, { "{\"a\":1}", 7 } };
static const struct mcp_piece longer = { MCP_PIECE_BYTES, { "{\"a\":1,\"b\":[1,2,3]}", 19 } };
static const struct mcp_header range = { "Range", "bytes=0-3" };
static const struct mcp_header type = { "Content-Type", "text/plain" };

/* Requests that differ in everything that a handle of libcurl keeps. */
static const struct mcp_http kinds[] = {
	{ .method = "GET", .path = "/api/ok", .retry = MCP_RETRY_SAFE },
	{ .method = "GET", .path = "/api/gzip/5000", .retry = MCP_RETRY_SAFE, .timeout_ms = 1000 },
	{ .method = "GET", .path = "/api/ok", .query = "a=1", .headers = &range, .n_headers = 1 },
	{ .method = "GET", .path = "/api/status/404", .retry = MCP_RETRY_SAFE },
	{ .method = "GET", .path = "/api/huge/100000", .max_bytes = 1000 },
	{ .method = "GET", .path = "/api/huge/1000", .reply = MCP_REPLY_DISCARD },
	{ .method = "POST", .path = "/api/echo", .body = &body, .n_body = 1 },
	{ .method = "POST",
	  .path = "/api/echo",
	  .body = &longer,
	  .n_body = 1,
	  .headers = &type,
	  .n_headers = 1,
	  .retry = MCP_RETRY_SAFE },
	{ .method = "PUT", .path = "/api/echo", .body = &body, .n_body = 1 },
	{ .method = "DELETE", .path = "/api/echo", .body = &longer, .n_body = 1 },
	{ .method = "DELETE", .path = "/api/ok", .retry = MCP_RETRY_SAFE },
	{ .method = "POST", .path = "/api/ok" },
	{ .method = "HEAD", .path = "/api/ok", .retry = MCP_RETRY_SAFE },
	{ .method = "GET", .path = "/api/cut" },
};

/* Sends this kind, and appends to `out` the request as it was received, and the outcome. */
static void
send_kind(struct rig *b, size_t kind, struct buf *out)
{
	const unsigned before = upstream_requests(b->upstream);
	struct mcp_http http = kinds[kind];
	struct got got = { 0 };
	char *request;

	http.size = sizeof(http);
	rig_fetch(b, &http, &got);
	ASSERT_INT(upstream_requests(b->upstream), before + 1);
	request = upstream_request(b->upstream, before);
	buf_printf(out, "%s\n%d %d %s\n%s", request, got.reply.status, (int)got.reply.error,
		   got.why, got.body);
	free(request);
	got_fini(&got);
}

static struct rig *
begin(void)
{
	struct rig *b = rig_new("max_retries = 0;", "");

	b->scope.traceparent = TRACE;
	return b;
}

/* The address of the upstream has another port in each rig, and its name has a fixed length. */
static void
hide_port(struct rig *b, char *text)
{
	const char *port = strrchr(upstream_url(b->upstream), ':');
	const size_t len = strlen(port);

	for (char *at = strstr(text, port); at != NULL; at = strstr(at, port))
		memset(at, '#', len);
}

static char *
alone(size_t kind)
{
	struct rig *b = begin();
	struct buf out;
	char *text;

	buf_init(&out, 1u << 20);
	send_kind(b, kind, &out);
	text = buf_take(&out, NULL);
	hide_port(b, text);
	rig_free(b);
	return text;
}

/* Each kind is sent after each other kind, and after itself. */
static void
nothing_is_left_of_the_last_request(void)
{
	char *expected[ARRAY_SIZE(kinds)];
	struct buf out;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		expected[i] = alone(i);
	buf_init(&out, 1u << 20);
	for (size_t first = 0; first < ARRAY_SIZE(kinds); first++) {
		struct rig *b = begin();

		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
			buf_reset(&out);
			send_kind(b, first, &out);
			buf_reset(&out);
			send_kind(b, i, &out);
			hide_port(b, out.data);
			ASSERT_STR(out.data, expected[i]);
		}
		rig_free(b);
	}
	buf_fini(&out);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		free(expected[i]);
}

/* ---- which handles are kept ------------------------------------------------------------------ */

static void
handles_are_kept_after_whole_replies(void)
{
	struct rig *b = begin();
	struct buf out;
	CURL *handle;

	buf_init(&out, 1u << 20);
	send_kind(b, 0, &out);
	ASSERT_INT(b->egress->handles[0].n[HANDLE_GET], 1);
	ASSERT_INT(b->egress->handles[0].n[HANDLE_BODY], 0);
	handle = b->egress->handles[0].kept[HANDLE_GET][0];
	send_kind(b, 6, &out);
	ASSERT_INT(b->egress->handles[0].n[HANDLE_BODY], 1);
	send_kind(b, 3, &out); /* the same handle, also for an error of the API */
	ASSERT_INT(b->egress->handles[0].n[HANDLE_GET], 1);
	CU_ASSERT(b->egress->handles[0].kept[HANDLE_GET][0] == handle);
	send_kind(b, 4, &out); /* stopped by the host */
	ASSERT_INT(b->egress->handles[0].n[HANDLE_GET], 0);
	send_kind(b, 0, &out);
	ASSERT_INT(b->egress->handles[0].n[HANDLE_GET], 1);
	send_kind(b, 13, &out); /* cut */
	ASSERT_INT(b->egress->handles[0].n[HANDLE_GET], 0);
	handles_drop(b->egress);
	ASSERT_INT(b->egress->handles[0].n[HANDLE_BODY], 0);
	buf_fini(&out);
	rig_free(b);
}

static void
no_more_handles_are_kept_than_the_cap(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http http = get("/api/hold");
	struct got got[HANDLES_KEPT + 8] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(got); i++)
		rig_submit(b, &http, &got[i]);
	CU_ASSERT(upstream_wait(b->upstream, 0));
	upstream_release(b->upstream);
	rig_run(b);
	for (size_t i = 0; i < ARRAY_SIZE(got); i++) {
		ASSERT_INT(got[i].reply.status, 200);
		got_fini(&got[i]);
	}
	ASSERT_INT(b->egress->handles[0].n[HANDLE_GET], HANDLES_KEPT);
	rig_free(b);
}

static bool
second_attempt_or_end(void *data)
{
	const struct got *got = data;
	const struct flight *flight = got->rig->egress->flights;

	return got->done || (flight != NULL && flight->attempts >= 2);
}

/* A handle that has sent a request before must not look as if it had sent this one: otherwise a
 * change that may not be repeated would fail although no byte of it was sent. */
static void
a_used_handle_has_sent_nothing(void)
{
	struct rig *b = rig_new("max_retries = 8;", "");
	struct mcp_http http = post("/api/echo", &body);
	struct got got = { 0 };
	struct transfer *transfer;

	rig_fetch(b, &http, &got);
	got_fini(&got);
	ASSERT_INT(b->egress->handles[0].n[HANDLE_BODY], 1);
	upstream_stop(b->upstream);
	b->upstream = NULL;
	transfer = rig_submit(b, &http, &got);
	rig_until(b, second_attempt_or_end, &got);
	CU_ASSERT(!got.done);
	if (!got.done) {
		egress_cancel(transfer);
		b->waiting--;
	}
	got_fini(&got);
	rig_free(b);
}

static const struct test tests[] = {
	TEST(nothing_is_left_of_the_last_request),
	TEST(handles_are_kept_after_whole_replies),
	TEST(no_more_handles_are_kept_than_the_cap),
	TEST(a_used_handle_has_sent_nothing),
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include "call_steps.h"

#include <CUnit/CUnit.h>
#include <json-c/json.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "call/life.h"

static pthread_t loop_thread;
atomic_int runs; /* the step that a test counts */
static int
echo(struct mcp_call *call)
{
	return mcp_say(call, "%s on %s", mcp_arg(call, "text"),
		       pthread_equal(pthread_self(), loop_thread) ? "loop" : "pool");
}

/* ---- suspensions ---------------------------------------------------------------------------- */

static int
joined(struct mcp_call *call, const void *state, size_t len)
{
	CU_ASSERT_EQUAL(len, 3);
	CU_ASSERT_EQUAL(memcmp(state, "abc", 3), 0);
	return mcp_say(call, "%s+%s+%d/%d", mcp_reply(call, 0)->body.data,
		       mcp_reply(call, 1)->body.data, mcp_reply(call, 2)->status,
		       mcp_reply(call, 2)->error);
}

static int
fan_out(struct mcp_call *call)
{
	struct mcp_http requests[3] = { mcp_get_request("/slow", NULL),
					mcp_get_request("/fast?x=1", NULL),
					mcp_get_request("/lost", NULL) };

	return mcp_suspend(call, requests, 3, 0, joined, "abc", 3);
}

static int
count_down(struct mcp_call *call, const void *state, size_t len)
{
	int left;

	memcpy(&left, state, len);
	if (--left > 0)
		return mcp_again(call, 0, count_down, &left, sizeof(left));
	return mcp_say(call, "counted");
}

static int
loop_often(struct mcp_call *call)
{
	int left = 3000;

	return mcp_again(call, 0, count_down, &left, sizeof(left));
}

static int
waits(struct mcp_call *call)
{
	struct mcp_http request = mcp_get_request(mcp_arg(call, "path"), NULL);
	const struct mcp_reply *reply = mcp_http_wait(call, &request);

	return mcp_say(call, "%d %s %d", reply->status, reply->body.data, reply->error);
}

static bool
sink_some(void *data, const char *bytes, size_t len)
{
	char *text = data;

	strncat(text, bytes, len);
	return strlen(text) < 5;
}

static int
sunk(struct mcp_call *call, const void *state, size_t len)
{
	char *text;

	memcpy(&text, state, len);
	mcp_say(call, "%s stopped=%d", text, mcp_reply(call, 0)->stopped);
	free(text);
	return MCP_OK;
}

static int
sinks(struct mcp_call *call)
{
	struct mcp_http request = mcp_get_request("/slow", NULL);
	char *text = calloc(1, 64);

	request.reply = MCP_REPLY_SINK;
	request.sink = sink_some;
	request.sink_data = text;
	return mcp_suspend(call, &request, 1, 0, sunk, &text, sizeof(text));
}

/* ---- endings -------------------------------------------------------------------------------- */

static int
count_and_clean(struct mcp_call *call, const void *state, size_t len)
{
	const struct mcp_reply *reply = mcp_reply(call, 0);

	(void)state;
	(void)len;
	atomic_fetch_add(&runs, 1);
	CU_ASSERT(mcp_cancelled(call));
	CU_ASSERT(reply->error == MCP_E_CANCELLED || reply->error == MCP_E_TIMEOUT);
	return mcp_fail(call, reply->error, "stopped", reply->why, NULL);
}

static int
hangs(struct mcp_call *call)
{
	struct mcp_http request = mcp_get_request("/never", NULL);

	return mcp_suspend(call, &request, 1, 0, count_and_clean, NULL, 0);
}

static int
cleaned(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	atomic_fetch_add(&runs, 1);
	CU_ASSERT_EQUAL(mcp_reply(call, 1)->error, MCP_E_CANCELLED);
	CU_ASSERT_EQUAL(mcp_reply(call, 1)->status, 0);
	return mcp_say(call, "cleaned %d", mcp_reply(call, 0)->status);
}

static int
clean(struct mcp_call *call, const void *state, size_t len)
{
	struct mcp_http requests[2] = { mcp_get_request("/clean", NULL),
					mcp_get_request("/fast?x=1", NULL) };

	(void)state;
	(void)len;
	requests[0].flags = MCP_HTTP_CLEANUP;
	return mcp_suspend(call, requests, 2, 0, cleaned, NULL, 0);
}

static int
cleans_up(struct mcp_call *call)
{
	struct mcp_http request = mcp_get_request("/never", NULL);

	return mcp_suspend(call, &request, 1, 0, clean, NULL, 0);
}

static int
never_ends(struct mcp_call *call, const void *state, size_t len)
{
	atomic_fetch_add(&runs, 1);
	return mcp_again(call, 1, never_ends, state, len);
}

static int
runs_on(struct mcp_call *call)
{
	return mcp_again(call, 1, never_ends, NULL, 0);
}

static int
cleans_for_ever(struct mcp_call *call, const void *state, size_t len)
{
	struct mcp_http request = mcp_get_request("/never", NULL);

	request.flags = MCP_HTTP_CLEANUP;
	atomic_fetch_add(&runs, 1);
	return mcp_suspend(call, &request, 1, 0, cleans_for_ever, state, len);
}

static int
hangs_in_clean_up(struct mcp_call *call)
{
	struct mcp_http request = mcp_get_request("/never", NULL);

	return mcp_suspend(call, &request, 1, 0, cleans_for_ever, NULL, 0);
}

static int
silent_at_end(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	return mcp_fail(call,
			mcp_reply(call, 0)->error == MCP_E_TIMEOUT ? MCP_E_CANCELLED
								   : MCP_E_INTERNAL,
			"as it came", NULL, NULL);
}

static int
hangs_silently(struct mcp_call *call)
{
	struct mcp_http request = mcp_get_request("/never", NULL);

	return mcp_suspend(call, &request, 1, 0, silent_at_end, NULL, 0);
}

/* ---- the client ----------------------------------------------------------------------------- */

static int
ask_two(struct mcp_call *call)
{
	struct json_object *name, *roots;
	int a = mcp_ask(call, "name", "elicitation/create", NULL, &name);
	int b = mcp_ask(call, "roots", "roots/list", NULL, &roots);

	if (a == MCP_ASKED || b == MCP_ASKED)
		return MCP_ASKED;
	return mcp_say(call, "%s", mcp_get_str(call, name, "content.name", "nobody"));
}

static int
progresses(struct mcp_call *call)
{
	int64_t n = mcp_arg_int(call, "n", 0);

	for (int64_t i = 0; i < n; i++)
		mcp_progress(call, (double)i, (double)n, "going\non");
	mcp_progress(call, -1, 10, "back");
	mcp_progress(call, NAN, 10, "no number");
	call->ops->client_log(call, MCP_LOG_INFO, "logger", "{\"a\":1}", 7);
	call->ops->client_log(call, MCP_LOG_INFO, "logger", "not json", 8);
	call->ops->changed(call, "tools");
	return mcp_say(call, "done");
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_moved = PTHREAD_COND_INITIALIZER;
static int gate_inside;
int gate_most;
static bool gate_open;
static int
blocks(struct mcp_call *call)
{
	pthread_mutex_lock(&gate);
	if (++gate_inside > gate_most)
		gate_most = gate_inside;
	pthread_cond_broadcast(&gate_moved);
	while (!gate_open)
		pthread_cond_wait(&gate_moved, &gate);
	gate_inside--;
	pthread_mutex_unlock(&gate);
	return mcp_say(call, "let go");
}

void
open_gate(bool open)
{
	pthread_mutex_lock(&gate);
	gate_open = open;
	if (!open)
		gate_most = 0;
	pthread_cond_broadcast(&gate_moved);
	pthread_mutex_unlock(&gate);
}

static unsigned
held(void)
{
	unsigned n;

	pthread_mutex_lock(&gate);
	n = gate_open ? 0 : (unsigned)gate_inside;
	pthread_mutex_unlock(&gate);
	return n;
}

static const struct mcp_row rows[] = {
	{ .name = "echo", .handler = echo },
	{ .name = "fan_out", .handler = fan_out },
	{ .name = "loop_often", .handler = loop_often },
	{ .name = "waits", .handler = waits },
	{ .name = "sinks", .handler = sinks },
	{ .name = "hangs", .handler = hangs },
	{ .name = "cleans_up", .handler = cleans_up },
	{ .name = "runs_on", .handler = runs_on },
	{ .name = "hangs_in_clean_up", .handler = hangs_in_clean_up },
	{ .name = "hangs_silently", .handler = hangs_silently },
	{ .name = "ask_two", .handler = ask_two },
	{ .name = "progresses", .handler = progresses },
	{ .name = "blocks", .handler = blocks },
	{ .name = "get", .request = "GET /get{?id}" },
};

static const struct rule rules[] = {
	{ "GET /slow", 20, 200, "slow one", MCP_OK },
	{ "GET /fast?x=1", 0, 200, "fast", MCP_OK },
	{ "GET /lost", 5, 0, NULL, MCP_E_UNAVAILABLE },
	{ "GET /never", -1, 200, "", MCP_OK },
	{ "GET /clean", 10, 204, "", MCP_OK },
	{ "GET /get?id=7", 0, 200, "{\"id\":7}", MCP_OK },
	{ "GET /get?id=8", 0, 404, "gone", MCP_OK },
};

void
init(struct rig *rig)
{
	rig_init(rig, rows, rules, sizeof(rules) / sizeof(rules[0]));
	rig->held = held;
	loop_thread = pthread_self();
	atomic_store(&runs, 0);
}

void
init_short(struct rig *rig)
{
	init(rig);
	rig->config.limits.call_ms = 100;
	rig->calls->grace_ms = 40;
	rig->calls->cleanup_ms = 120;
}

void
wait_inside(int n)
{
	pthread_mutex_lock(&gate);
	while (gate_inside < n)
		pthread_cond_wait(&gate_moved, &gate);
	pthread_mutex_unlock(&gate);
}

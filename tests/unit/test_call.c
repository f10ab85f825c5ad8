/* SPDX-License-Identifier: Apache-2.0 */
/* Calls from start to answer: where steps run, suspensions, cancels, deadlines, questions, caps,
 * progress, the drain. The rig's clock makes all of it independent of the machine's speed. */
#include <json-c/json.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "call_rig.h"
#include "call/life.h"
#include "suite.h"

static pthread_t loop_thread;
static atomic_int runs; /* step that a test counts */

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
static int gate_inside, gate_most;
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

static void
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

static void
init(struct rig *rig)
{
	rig_init(rig, rows, rules, sizeof(rules) / sizeof(rules[0]));
	rig->held = held;
	loop_thread = pthread_self();
	atomic_store(&runs, 0);
}

/* A host with short deadlines and budgets. */
static void
init_short(struct rig *rig)
{
	init(rig);
	rig->config.limits.call_ms = 100;
	rig->calls->grace_ms = 40;
	rig->calls->cleanup_ms = 120;
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void
where_steps_run(void)
{
	struct rig rig;
	struct probe probe;

	init(&rig);
	rig_call(&rig, &probe,
		 &(struct probe_spec){
		     .name = "echo", .arguments = "{\"text\":\"a\"}", .is_inline = true });
	ASSERT_STR(probe.text, "a on loop");
	rig_call(&rig, &probe,
		 &(struct probe_spec){ .name = "echo", .arguments = "{\"text\":\"b\"}" });
	ASSERT_STR(probe.text, "b on pool");
	ASSERT_INT(probe.done, 1);
	ASSERT_INT(calls_running(rig.calls), 0);
	rig_fini(&rig);
}

static void
requests_side_by_side(void)
{
	struct rig rig;
	struct probe probe;

	init(&rig);
	for (int i = 0; i < 2; i++) {
		rig_call(&rig, &probe,
			 &(struct probe_spec){ .name = "fan_out", .is_inline = i == 0 });
		ASSERT_STR(probe.text, "slow one+fast+0/-7");
	}
	ASSERT_STR(rig.requests, "GET /slow\nGET /fast?x=1\nGET /lost\n"
				 "GET /slow\nGET /fast?x=1\nGET /lost\n");
	rig_fini(&rig);
}

static void
again_and_again(void)
{
	struct rig rig;
	struct probe probe;

	init(&rig);
	rig_call(&rig, &probe, &(struct probe_spec){ .name = "loop_often", .is_inline = true });
	ASSERT_STR(probe.text, "counted");
	rig_fini(&rig);
}

static void
blocking_requests(void)
{
	struct rig rig;
	struct probe probes[20];

	init(&rig);
	memset(probes, 0, sizeof(probes));
	for (size_t i = 0; i < 20; i++)
		rig_start(&rig, &probes[i],
			  &(struct probe_spec){ .name = "waits",
						.arguments = "{\"path\":\"/slow\"}" });
	rig_run(&rig);
	for (size_t i = 0; i < 20; i++)
		ASSERT_STR(probes[i].text, "200 slow one 0");
	rig_call(&rig, &probes[0],
		 &(struct probe_spec){
		     .name = "waits", .is_inline = true, .arguments = "{\"path\":\"/slow\"}" });
	ASSERT_STR(probes[0].text, "0  -13"); /* the loop thread must not wait */
	rig_fini(&rig);
}

static void
sink_stops(void)
{
	struct rig rig;
	struct probe probe;

	init(&rig);
	rig_call(&rig, &probe, &(struct probe_spec){ .name = "sinks" });
	ASSERT_STR(probe.text, "slow  stopped=1");
	rig_fini(&rig);
}

static void
request_rows(void)
{
	struct rig rig;
	struct probe probe;

	init(&rig);
	rig_call(&rig, &probe, &(struct probe_spec){ .name = "get", .arguments = "{\"id\":7}" });
	ASSERT_STR(probe.structured, "{\"id\":7}");
	ASSERT_STR(probe.text, "{\"id\":7}");
	rig_call(&rig, &probe, &(struct probe_spec){ .name = "get", .arguments = "{\"id\":8}" });
	ASSERT_INT(probe.status, MCP_E_NOT_FOUND);
	rig_fini(&rig);
}

static void
cancel_probe(void *data)
{
	struct probe *probe = data;

	call_cancel(probe->call);
	call_cancel(probe->call); /* again: nothing */
}

static void
cancel_suspended(void)
{
	struct rig rig;
	struct probe probe = { 0 };

	init(&rig);
	rig_start(&rig, &probe, &(struct probe_spec){ .name = "hangs", .is_inline = true });
	rig_later(&rig, 5, cancel_probe, &probe);
	rig_run(&rig);
	ASSERT_INT(probe.done, 1);
	ASSERT_INT(probe.status, MCP_E_CANCELLED);
	ASSERT_INT(runs, 1);
	ASSERT_INT(rig.cancelled_requests, 1);
	rig_fini(&rig);
}

static void
cancel_blocking(void)
{
	struct rig rig;
	struct probe probe = { 0 };

	init(&rig);
	rig_start(&rig, &probe,
		  &(struct probe_spec){ .name = "waits", .arguments = "{\"path\":\"/never\"}" });
	rig_later(&rig, 5, cancel_probe, &probe);
	rig_run(&rig);
	ASSERT_INT(probe.status, MCP_E_CANCELLED);
	ASSERT_INT(rig.cancelled_requests, rig.n_requests);
	rig_fini(&rig);
}

static void
cancel_cleans_up(void)
{
	struct rig rig;
	struct probe probe = { 0 };

	init(&rig);
	rig_start(&rig, &probe, &(struct probe_spec){ .name = "cleans_up" });
	rig_later(&rig, 5, cancel_probe, &probe);
	rig_run(&rig);
	ASSERT_INT(probe.status, MCP_E_CANCELLED);
	ASSERT_STR(rig.requests, "GET /never\nGET /clean\n");
	ASSERT_INT(runs, 1);
	rig_fini(&rig);
}

static void
cancel_a_running_step(void)
{
	struct rig rig;
	struct probe probe = { 0 };
	int before;

	init(&rig);
	rig_start(&rig, &probe, &(struct probe_spec){ .name = "runs_on", .is_inline = true });
	rig_later(&rig, 20, cancel_probe, &probe);
	rig_run(&rig);
	ASSERT_INT(probe.status, MCP_E_CANCELLED);
	before = runs;
	CU_ASSERT(before >= (int)CLEANUP_STEPS_MAX);
	rig_fini(&rig);
	ASSERT_INT(runs, before);
}

static void
deadline(void)
{
	struct rig rig;
	struct probe probe;

	init_short(&rig);
	rig_call(&rig, &probe, &(struct probe_spec){ .name = "hangs", .is_inline = true });
	ASSERT_INT(probe.status, MCP_E_TIMEOUT);
	ASSERT_INT(runs, 1);
	CU_ASSERT(strncmp(probe.text, "stopped\n", 8) == 0); /* the plugin's own words */
	rig_call(&rig, &probe, &(struct probe_spec){ .name = "hangs_silently" });
	ASSERT_INT(probe.status, MCP_E_TIMEOUT);
	ASSERT_STR(probe.text, "The call took too long\nIt did not end within 1 seconds\n"
			       "Request less data, or call again later");
	rig_call(&rig, &probe,
		 &(struct probe_spec){ .name = "waits", .arguments = "{\"path\":\"/never\"}" });
	ASSERT_STR(probe.text, "0  -8");
	rig_fini(&rig);
}

/* The answer does not wait for the clean-up, and the clean-up does not end with the answer. */
static void
deadline_with_clean_up(void)
{
	struct rig rig;
	struct probe probe;

	init_short(&rig);
	rig_call(&rig, &probe, &(struct probe_spec){ .name = "hangs_in_clean_up" });
	ASSERT_INT(probe.status, MCP_E_TIMEOUT);
	ASSERT_INT(calls_running(rig.calls), 1);
	ASSERT_INT(runs, 1);
	rig_settle(&rig);
	ASSERT_INT(probe.done, 1);
	CU_ASSERT(runs > 1 && runs <= 2 * (int)CLEANUP_STEPS_MAX);
	rig_fini(&rig);
}

/* A step that blocks for too long: the answer is sent, the step ends later. */
static void
step_never_returns(void)
{
	struct rig rig;
	struct probe probe;

	init_short(&rig);
	open_gate(false);
	rig_call(&rig, &probe, &(struct probe_spec){ .name = "blocks" });
	ASSERT_INT(probe.status, MCP_E_TIMEOUT);
	memset(&probe, 0, sizeof(probe));
	rig_start(&rig, &probe, &(struct probe_spec){ .name = "blocks" });
	cancel_probe(&probe);
	rig_run(&rig);
	ASSERT_INT(probe.status, MCP_E_CANCELLED);
	ASSERT_INT(calls_running(rig.calls), 2);
	open_gate(true);
	rig_settle(&rig);
	rig_fini(&rig);
}

static void
free_while_running(void)
{
	struct rig rig;
	struct probe probe = { 0 };

	init(&rig);
	rig_start(&rig, &probe, &(struct probe_spec){ .name = "cleans_up", .is_inline = true });
	rig.open--;
	call_free(probe.call);
	rig_settle(&rig);
	ASSERT_INT(probe.done, 0);
	ASSERT_INT(runs, 1);
	ASSERT_STR(rig.requests, "GET /never\nGET /clean\n");
	rig_fini(&rig);
}

static const char both[] = "{\"elicitation\":{},\"roots\":{}}";
static const char all_answers[] = "{\"name\":{\"action\":\"accept\",\"content\":{\"name\":"
				  "\"Ada\"}},\"roots\":{\"roots\":[]}}";

static void
questions(void)
{
	struct rig rig;
	struct probe probe = { .answers = all_answers };

	init(&rig);
	rig_start(&rig, &probe, &(struct probe_spec){ .name = "ask_two", .capabilities = both });
	rig_run(&rig);
	ASSERT_INT(probe.asks, 1);
	ASSERT_STR(probe.questions, "nameroots");
	ASSERT_STR(probe.text, "Ada");
	rig_call(&rig, &probe, &(struct probe_spec){ .name = "ask_two", .capabilities = both });
	ASSERT_INT(probe.asks, 1); /* freed there */
	ASSERT_INT(probe.done, 0);
	rig_call(&rig, &probe,
		 &(struct probe_spec){
		     .name = "ask_two", .capabilities = both, .answers = all_answers });
	ASSERT_INT(probe.asks, 0);
	ASSERT_STR(probe.text, "Ada");
	rig_call(&rig, &probe, &(struct probe_spec){ .name = "ask_two" });
	ASSERT_STR(probe.text, "nobody"); /* cannot be asked: the row continues without */
	ASSERT_INT(calls_running(rig.calls), 0);
	rig_fini(&rig);
}

static void
answer_probe(void *data)
{
	struct probe *probe = data;

	call_answer(probe->call, all_answers);
}

static void
answer_late(struct probe *probe)
{
	rig_later(probe->rig, 150, answer_probe, probe); /* beyond the deadline of init_short() */
}

static void
human_time_is_free(void)
{
	struct rig rig;
	struct probe probe = { .asked = answer_late };

	init_short(&rig);
	rig_start(&rig, &probe, &(struct probe_spec){ .name = "ask_two", .capabilities = both });
	rig_run(&rig);
	ASSERT_STR(probe.text, "Ada");
	rig_fini(&rig);
}

static void
cancel_asking(struct probe *probe)
{
	rig_later(probe->rig, 1, cancel_probe, probe);
}

static void
cancel_while_asking(void)
{
	struct rig rig;
	struct probe probe = { .asked = cancel_asking };

	init(&rig);
	rig_start(&rig, &probe, &(struct probe_spec){ .name = "ask_two", .capabilities = both });
	rig_run(&rig);
	ASSERT_INT(probe.status, MCP_E_CANCELLED);
	rig_fini(&rig);
}

static void
progress(void)
{
	struct rig rig;
	struct probe probe;

	init(&rig);
	for (int i = 0; i < 2; i++) {
		rig_call(&rig, &probe,
			 &(struct probe_spec){ .name = "progresses",
					       .arguments = "{\"n\":3}",
					       .wants_progress = true,
					       .is_inline = i == 0 });
		CU_ASSERT(!probe.progress_fell);
		CU_ASSERT(probe.progress >= 1 && probe.progress <= 3);
		ASSERT_INT(probe.logs, 1);
		ASSERT_STR(probe.message, "going on");
	}
	ASSERT_INT(rig.told, 2);
	rig_call(&rig, &probe,
		 &(struct probe_spec){ .name = "progresses", .arguments = "{\"n\":3}" });
	ASSERT_INT(probe.progress, 0);
	ASSERT_INT(probe.logs, 1);
	rig_fini(&rig);
}

/* A burst of ten, then ten a second: of a thousand at once ten are sent. */
static void
progress_rate(void)
{
	static const struct {
		const char *arguments;
		unsigned told;
	} cases[] = { { "{\"n\":9}", 9 },
		      { "{\"n\":10}", 10 },
		      { "{\"n\":11}", 10 },
		      { "{\"n\":1000}", 10 } };
	struct rig rig;
	struct probe probe;

	init(&rig);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rig_call(&rig, &probe,
			 &(struct probe_spec){ .name = "progresses",
					       .arguments = cases[i].arguments,
					       .wants_progress = true,
					       .is_inline = true });
		ASSERT_INT(probe.progress, cases[i].told);
		CU_ASSERT(!probe.progress_fell);
	}
	rig_fini(&rig);
}

static void
wait_inside(int n)
{
	pthread_mutex_lock(&gate);
	while (gate_inside < n)
		pthread_cond_wait(&gate_moved, &gate);
	pthread_mutex_unlock(&gate);
}

static void
steps_cap(void)
{
	struct rig rig;
	struct probe probes[4];

	init(&rig);
	memset(probes, 0, sizeof(probes));
	rig.config.limits.steps = 2;
	open_gate(false);
	for (size_t i = 0; i < 4; i++)
		rig_start(&rig, &probes[i], &(struct probe_spec){ .name = "blocks" });
	wait_inside(2);
	call_cancel(probes[2].call); /* while it waits to start */
	open_gate(true);
	rig_run(&rig);
	ASSERT_INT(gate_most, 2);
	ASSERT_STR(probes[1].text, "let go");
	ASSERT_INT(probes[2].status, MCP_E_CANCELLED);
	ASSERT_STR(probes[3].text, "let go");
	rig_fini(&rig);
}

/* The host ends while steps wait for a thread: none of their memory stays (LeakSanitizer). */
static void
ends_with_steps_waiting(void)
{
	struct rig rig;
	struct probe probes[6];

	init(&rig);
	memset(probes, 0, sizeof(probes));
	open_gate(false);
	for (size_t i = 0; i < 6; i++)
		rig_start(&rig, &probes[i], &(struct probe_spec){ .name = "blocks" });
	wait_inside(4); /* more of one plugin do not run at once */
	calls_free(rig.calls);
	rig.calls = NULL;
	open_gate(true);
	rig_fini(&rig);
}

/* Steps that never end block other calls: these are refused at their deadline. */
static void
steps_cap_deadline(void)
{
	struct rig rig;
	struct probe probes[3];

	init(&rig);
	memset(probes, 0, sizeof(probes));
	rig.config.limits.steps = 1;
	rig.config.limits.call_ms = 100;
	rig.calls->grace_ms = 10;
	open_gate(false);
	for (size_t i = 0; i < 2; i++)
		rig_start(&rig, &probes[i], &(struct probe_spec){ .name = "blocks" });
	wait_inside(1);
	rig_run(&rig);
	ASSERT_INT(probes[1].status, MCP_E_TIMEOUT);
	CU_ASSERT(strstr(probes[1].text, "limits.steps") != NULL);
	open_gate(true);
	rig_settle(&rig);
	rig_fini(&rig);
}

/* Suspended calls do not count as running, but count for the host's cap. */
static void
suspended_cap(void)
{
	struct rig rig;
	struct probe probes[4];

	init(&rig);
	memset(probes, 0, sizeof(probes));
	rig.config.limits.steps = 1;
	rig.config.limits.suspended = 3;
	for (size_t i = 0; i < 4; i++)
		rig_start(&rig, &probes[i],
			  &(struct probe_spec){ .name = "hangs", .is_inline = true });
	for (size_t i = 0; i < 3; i++)
		CU_ASSERT_PTR_NOT_NULL(probes[i].call);
	CU_ASSERT_PTR_NULL(probes[3].call);
	CU_ASSERT(strstr(probes[3].text, "limits.suspended") != NULL);
	for (size_t i = 0; i < 3; i++)
		call_cancel(probes[i].call);
	rig_run(&rig);
	rig_fini(&rig);
}

static void
count(void *data)
{
	++*(int *)data;
}

static void
drain(void)
{
	struct rig rig;
	struct probe probes[2];
	int drained = 0;

	init(&rig);
	memset(probes, 0, sizeof(probes));
	rig_start(&rig, &probes[0], &(struct probe_spec){ .name = "hangs", .is_inline = true });
	calls_drain(rig.calls, 30, count, &drained);
	rig_start(&rig, &probes[1], &(struct probe_spec){ .name = "echo" });
	CU_ASSERT_PTR_NULL(probes[1].call);
	CU_ASSERT(strstr(probes[1].text, "shutting down") != NULL);
	rig_run(&rig);
	ASSERT_INT(probes[0].status, MCP_E_CANCELLED);
	rig_settle(&rig);
	while (drained == 0)
		rig_settle(&rig);
	ASSERT_INT(drained, 1);
	rig_fini(&rig);
}

/* The host ends while a step still waits for its request. */
static void
free_under_way(void)
{
	struct rig rig;
	struct probe probes[2];

	init(&rig);
	memset(probes, 0, sizeof(probes));
	rig_start(&rig, &probes[0], &(struct probe_spec){ .name = "hangs", .is_inline = true });
	rig_start(&rig, &probes[1],
		  &(struct probe_spec){
		      .name = "ask_two", .capabilities = both, .is_inline = true });
	ASSERT_INT(probes[0].done, 0);
	rig_fini(&rig);
	ASSERT_INT(probes[0].done, 0);
}

/* A reply that limits.replies has no room for is a failed one, and nothing of it is kept. */
static void
no_room_for_a_reply(void)
{
	struct rig rig;
	struct probe probe;

	init(&rig);
	rig.replies_full = true;
	rig_call(&rig, &probe, &(struct probe_spec){ .name = "get", .arguments = "{\"id\":7}" });
	CU_ASSERT(probe.failed && probe.status == MCP_E_UNAVAILABLE);
	CU_ASSERT(strstr(probe.text, "limits.replies is reached") != NULL);
	rig.replies_full = false;
	rig_call(&rig, &probe, &(struct probe_spec){ .name = "get", .arguments = "{\"id\":7}" });
	CU_ASSERT(!probe.failed);
	rig_fini(&rig);
}

static const struct test tests[] = {
	TEST(where_steps_run),
	TEST(requests_side_by_side),
	TEST(again_and_again),
	TEST(blocking_requests),
	TEST(sink_stops),
	TEST(request_rows),
	TEST(cancel_suspended),
	TEST(cancel_blocking),
	TEST(cancel_cleans_up),
	TEST(cancel_a_running_step),
	TEST(deadline),
	TEST(deadline_with_clean_up),
	TEST(step_never_returns),
	TEST(free_while_running),
	TEST(questions),
	TEST(human_time_is_free),
	TEST(cancel_while_asking),
	TEST(progress),
	TEST(progress_rate),
	TEST(steps_cap),
	TEST(steps_cap_deadline),
	TEST(ends_with_steps_waiting),
	TEST(suspended_cap),
	TEST(drain),
	TEST(free_under_way),
	TEST(no_room_for_a_reply),
};
SUITE(tests)

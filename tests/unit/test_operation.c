/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of operations: the hybrid wait and its result, times of polls, cancels that reach the
 * remote side, failed polls, single steps with a handle. */
#include <json-c/json.h>
#include <stdlib.h>

#include "base/clock.h"
#include "call_rig.h"
#include "suite.h"

/* The remote service: number of polls until it is done, and its requests. */
static atomic_int polls, polls_to_go, starts, cancels, answers_given, failures_to_go;

static void
remote_init(int to_go)
{
	atomic_store(&polls, 0);
	atomic_store(&polls_to_go, to_go);
	atomic_store(&starts, 0);
	atomic_store(&cancels, 0);
	atomic_store(&answers_given, 0);
	atomic_store(&failures_to_go, 0);
}

static int
started(struct mcp_call *call, const void *state, size_t len)
{
	const char *text = mcp_arg(call, "say");

	(void)state;
	(void)len;
	if (mcp_reply(call, 0)->error != MCP_OK)
		return mcp_fail(call, mcp_reply(call, 0)->error, "not started", NULL, NULL);
	atomic_fetch_add(&starts, 1);
	if (text != NULL)
		mcp_say(call, "%s", text);
	return mcp_handle(call, "run-1", 5);
}

static int
start(struct mcp_call *call)
{
	struct mcp_http request =
	    mcp_get_request(mcp_arg_bool(call, "slow", false) ? "/slow" : "/start", NULL);

	request.method = "POST";
	request.retry = MCP_RETRY_NEVER;
	return mcp_suspend(call, &request, 1, 0, started, NULL, 0);
}

static int
start_at_once(struct mcp_call *call)
{
	if (mcp_arg_bool(call, "finished", false))
		return mcp_say(call, "finished at once");
	return mcp_handle(call, "run-1", 5);
}

static int
poll_once(struct mcp_call *call)
{
	struct mcp_text handle = mcp_context(call, MCP_CTX_HANDLE);
	int n = atomic_fetch_add(&polls, 1) + 1;

	CU_ASSERT_EQUAL(handle.len, 5);
	CU_ASSERT_EQUAL(memcmp(handle.data, "run-1", 5), 0);
	if (atomic_fetch_sub(&failures_to_go, 1) > 0)
		return mcp_failure(call, &(struct mcp_failure){ .size = sizeof(struct mcp_failure),
								.status = MCP_E_UNAVAILABLE,
								.what = "Cannot see it.",
								.why = "HTTP 599",
								.retry_after_ms = -1,
								.missed = true });
	if (atomic_fetch_sub(&polls_to_go, 1) <= 1)
		return mcp_say(call, "done after %d", n);
	mcp_say(call, "poll %d", n);
	return mcp_working(call, n, "at it", (uint32_t)mcp_arg_int(call, "next", 5));
}

/* A failure of the remote operation is final, even if another attempt could succeed. */
static int
fail_poll(struct mcp_call *call)
{
	static const enum mcp_status statuses[] = { MCP_E_UNAVAILABLE, MCP_E_TIMEOUT,
						    MCP_E_THROTTLED, MCP_E_NOT_FOUND };

	return mcp_fail(call, statuses[atomic_fetch_add(&polls, 1) % 4], "The run has failed.",
			NULL, NULL);
}

static int
cancel(struct mcp_call *call)
{
	struct mcp_http request = mcp_get_request("/cancel", NULL);

	CU_ASSERT(mcp_cancelled(call));
	CU_ASSERT_EQUAL(mcp_http_wait(call, &request)->status, 200);
	atomic_fetch_add(&cancels, 1);
	return MCP_OK;
}

static int
poll_asking(struct mcp_call *call)
{
	struct json_object *answer;

	if (atomic_load(&answers_given) > 0)
		return mcp_say(call, "answered");
	if (mcp_ask(call, "go", "elicitation/create", NULL, &answer) != MCP_ASKED)
		return MCP_E_UNSUPPORTED;
	mcp_say(call, "waits for an answer");
	return mcp_working(call, -1, NULL, 0);
}

static int
answer(struct mcp_call *call)
{
	struct json_object *given;

	CU_ASSERT_EQUAL(mcp_ask(call, "go", "elicitation/create", NULL, &given), MCP_OK);
	atomic_fetch_add(&answers_given, 1);
	return MCP_OK;
}

static const struct mcp_operation plain = {
	.size = sizeof(plain), .start = start, .poll = poll_once, .cancel = cancel
};
static const struct mcp_operation quick = { .size = sizeof(quick),
					    .start = start_at_once,
					    .poll = poll_once };
static const struct mcp_operation lost = { .size = sizeof(lost),
					   .start = start_at_once,
					   .poll = fail_poll };
static const struct mcp_operation asking = {
	.size = sizeof(asking), .start = start_at_once, .poll = poll_asking, .answer = answer
};

static const struct mcp_row rows[] = {
	{ .name = "plain", .operation = &plain }, { .name = "quick", .operation = &quick },
	{ .name = "lost", .operation = &lost },	  { .name = "asking", .operation = &asking },
	{ .name = "look", .operation = &quick },
};

static const struct rule rules[] = {
	{ "POST /start", 0, 200, "", MCP_OK },
	{ "POST /slow", 60, 200, "", MCP_OK },
	{ "GET /cancel", 0, 200, "", MCP_OK },
};

static void
init(struct rig *rig, int to_go)
{
	rig_init(rig, rows, rules, sizeof(rules) / sizeof(rules[0]));
	remote_init(to_go);
}

/* ---- the wait ------------------------------------------------------------------------------- */

static void
ends_within_the_wait(void)
{
	struct rig rig;
	struct probe probe;

	init(&rig, 3);
	rig_call(&rig, &probe, &(struct probe_spec){ .name = "plain" });
	ASSERT_STR(probe.text, "done after 3");
	CU_ASSERT(!probe.working);
	ASSERT_INT(starts, 1);
	rig_call(&rig, &probe,
		 &(struct probe_spec){ .name = "quick", .arguments = "{\"finished\":true}" });
	ASSERT_STR(probe.text, "finished at once");
	ASSERT_INT(polls, 3);
	rig_fini(&rig);
}

static void
reports_the_last_failure(void)
{
	struct rig rig;
	struct probe probe;
	char expected[32];

	init(&rig, 1000000);
	rig_call(&rig, &probe, &(struct probe_spec){ .name = "plain", .wait_ms = 150 });
	CU_ASSERT(probe.working && !probe.failed);
	snprintf(expected, sizeof(expected), "poll %d", polls);
	ASSERT_STR(probe.text, expected);
	ASSERT_STR(probe.handle, "run-1");
	ASSERT_INT(probe.percent, polls);
	ASSERT_INT(cancels, 0);
	ASSERT_INT(polls, 3); /* the pause is not 5 ms, but 50 ms */
	rig_fini(&rig);
}

/* Without a wait the answer is the text of the start. If there is none, one poll gives the text. */
static void
no_wait(void)
{
	struct rig rig;
	struct probe probe;

	init(&rig, 1000000);
	rig_call(&rig, &probe,
		 &(struct probe_spec){
		     .name = "plain", .wait_ms = -1, .arguments = "{\"say\":\"see run-1\"}" });
	ASSERT_STR(probe.text, "see run-1");
	CU_ASSERT(probe.working);
	ASSERT_INT(polls, 0);
	rig_call(&rig, &probe, &(struct probe_spec){ .name = "plain", .wait_ms = -1 });
	ASSERT_STR(probe.text, "poll 1");
	rig_call(&rig, &probe,
		 &(struct probe_spec){ .name = "plain",
				       .arguments = "{\"wait_s\":0,\"say\":\"zero\"}" });
	ASSERT_STR(probe.text, "zero");
	rig_fini(&rig);
}

static void
how_long(void)
{
	static const struct {
		struct probe_spec spec;
		int64_t ms;
	} cases[] = {
		{ { .name = "plain" }, 20000 },
		{ { .name = "plain", .wait_s = 30 }, 30000 },
		{ { .name = "plain", .wait_s = 30, .arguments = "{\"wait_s\":5}" }, 5000 },
		{ { .name = "plain", .wait_ms = 1000, .arguments = "{\"wait_s\":5}" }, 1000 },
		{ { .name = "plain", .arguments = "{\"wait_s\":999}" }, 57000 },
		{ { .name = "plain", .arguments = "{\"wait_s\":-1}" }, 0 },
	};
	struct rig rig;

	init(&rig, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct probe probe = { 0 };
		int64_t before = clock_ms(), until;

		rig_start(&rig, &probe, &cases[i].spec);
		until = probe.call->state->wait_until_ms;
		ASSERT_INT(until, before + cases[i].ms);
		remote_init(1);
		rig_run(&rig);
	}
	rig_fini(&rig);
}

static void
fails(void)
{
	struct rig rig;
	struct probe probe;

	init(&rig, 1);
	for (int i = 1; i <= 4; i++) {
		rig_call(&rig, &probe, &(struct probe_spec){ .name = "lost" });
		CU_ASSERT(probe.failed && !probe.working);
		ASSERT_STR(probe.text, "The run has failed.");
		ASSERT_INT(polls, i);
	}
	ASSERT_INT(probe.status, MCP_E_NOT_FOUND);
	rig_fini(&rig);
}

/* Failed polls give no information about the operation. */
static void
lost_polls(void)
{
	struct rig rig;
	struct probe probe;

	init(&rig, 1);
	atomic_store(&failures_to_go, 2);
	rig_call(&rig, &probe, &(struct probe_spec){ .name = "quick" });
	ASSERT_STR(probe.text, "done after 3");
	remote_init(1);
	atomic_store(&failures_to_go, 1000000);
	rig_call(&rig, &probe, &(struct probe_spec){ .name = "quick", .wait_ms = 80 });
	CU_ASSERT(probe.working && !probe.failed);
	ASSERT_STR(probe.text,
		   "The operation was started; its state is not known yet. The last poll failed: "
		   "Cannot see it. "
		   "HTTP 599");
	ASSERT_STR(probe.handle, "run-1");
	rig_call(&rig, &probe,
		 &(struct probe_spec){
		     .name = "plain", .wait_ms = 80, .arguments = "{\"say\":\"see run-1\"}" });
	CU_ASSERT(probe.working && !probe.failed);
	ASSERT_STR(probe.text, "see run-1\nThe last poll failed: Cannot see it. HTTP 599");
	rig_call(&rig, &probe,
		 &(struct probe_spec){ .name = "look", .looks = true, .wait_ms = 80 });
	CU_ASSERT(probe.failed && !probe.working);
	ASSERT_STR(probe.text, "Cannot see it.\nHTTP 599");
	rig_fini(&rig);
}

static void
progress(void)
{
	struct rig rig;
	struct probe probe;

	init(&rig, 4);
	rig_call(&rig, &probe, &(struct probe_spec){ .name = "plain", .wants_progress = true });
	ASSERT_INT(probe.progress, 3);
	CU_ASSERT(!probe.progress_fell);
	ASSERT_STR(probe.message, "at it");
	rig_fini(&rig);
}

/* The next poll is a second later, but the client gets progress meanwhile. */
static void
progress_by_time(void)
{
	struct rig rig;
	struct probe probe;

	init(&rig, 1000000);
	rig_call(&rig, &probe,
		 &(struct probe_spec){ .name = "plain",
				       .wait_ms = 1200,
				       .wants_progress = true,
				       .arguments = "{\"next\":9000}" });
	ASSERT_INT(probe.progress, 2); /* the first poll, and a second one */
	CU_ASSERT(!probe.progress_fell);
	ASSERT_INT(polls, 2);
	rig_fini(&rig);
}

/* ---- cancels -------------------------------------------------------------------------------- */

static void
cancel_probe(void *data)
{
	call_cancel(((struct probe *)data)->call);
}

static void
cancel_between_polls(void)
{
	struct rig rig;
	struct probe probe = { 0 };

	init(&rig, 1000000);
	rig_start(&rig, &probe, &(struct probe_spec){ .name = "plain" });
	rig_later(&rig, 80, cancel_probe, &probe);
	rig_run(&rig);
	ASSERT_INT(probe.status, MCP_E_CANCELLED);
	ASSERT_INT(cancels, 1);
	rig_fini(&rig);
}

/* The request that starts the operation was sent. The host waits for its reply, because otherwise
 * the operation could not be stopped. */
static void
cancel_during_start(void)
{
	struct rig rig;
	struct probe probe = { 0 };

	init(&rig, 1000000);
	rig_start(&rig, &probe,
		  &(struct probe_spec){ .name = "plain", .arguments = "{\"slow\":true}" });
	rig_later(&rig, 20, cancel_probe, &probe);
	rig_run(&rig);
	ASSERT_INT(probe.status, MCP_E_CANCELLED);
	ASSERT_INT(starts, 1);
	ASSERT_INT(polls, 0);
	ASSERT_INT(cancels, 1);
	ASSERT_INT(rig.cancelled_requests, 0);
	rig_fini(&rig);
}

static void
no_cancel_function(void)
{
	struct rig rig;
	struct probe probe = { 0 };

	init(&rig, 1000000);
	rig_start(&rig, &probe, &(struct probe_spec){ .name = "quick" });
	rig_later(&rig, 10, cancel_probe, &probe);
	rig_run(&rig);
	ASSERT_INT(probe.status, MCP_E_CANCELLED);
	rig_fini(&rig);
}

static void
drained(void *data)
{
	++*(int *)data;
}

struct drain {
	struct rig *rig;
	int count;
};

static void
begin_drain(void *data)
{
	struct drain *drain = data;

	calls_drain(drain->rig->calls, 5000, drained, &drain->count);
}

/* A waiting caller gets the handle at once. */
static void
drain(void)
{
	struct rig rig;
	struct probe probe = { 0 };
	struct drain state = { .rig = &rig };

	init(&rig, 1000000);
	rig_start(&rig, &probe,
		  &(struct probe_spec){ .name = "plain", .arguments = "{\"next\":20000}" });
	rig_later(&rig, 80, begin_drain, &state);
	rig_run(&rig);
	CU_ASSERT(probe.working && !probe.failed);
	ASSERT_STR(probe.text, "poll 1");
	ASSERT_INT(cancels, 0);
	while (state.count == 0)
		rig_settle(&rig);
	rig_fini(&rig);
}

/* ---- single steps --------------------------------------------------------------------------- */

static void
alone(void)
{
	struct rig rig;
	struct probe probe;

	init(&rig, 2);
	rig_call(&rig, &probe,
		 &(struct probe_spec){ .name = "plain", .entry = ENTRY_POLL, .handle = "run-1" });
	CU_ASSERT(probe.working);
	ASSERT_STR(probe.text, "poll 1");
	ASSERT_STR(probe.handle, "run-1");
	ASSERT_INT(starts, 0);
	atomic_store(&failures_to_go, 1);
	rig_call(&rig, &probe,
		 &(struct probe_spec){ .name = "plain", .entry = ENTRY_POLL, .handle = "run-1" });
	CU_ASSERT(probe.working && !probe.failed);
	rig_call(&rig, &probe,
		 &(struct probe_spec){ .name = "plain", .entry = ENTRY_POLL, .handle = "run-1" });
	CU_ASSERT(!probe.working);
	ASSERT_STR(probe.text, "done after 3");
	rig_call(&rig, &probe,
		 &(struct probe_spec){ .name = "plain", .entry = ENTRY_CANCEL, .handle = "run-1" });
	CU_ASSERT(!probe.failed);
	ASSERT_INT(cancels, 1);
	rig_fini(&rig);
}

#define VISIT(...)                                                                      \
	&(struct probe_spec)                                                            \
	{                                                                               \
		.name = "plain", .entry = ENTRY_POLL, .handle = "run-1", .visit = true, \
		__VA_ARGS__                                                             \
	}

/* The tool that the host publishes for the result polls as long as its caller waits. */
static void
visits(void)
{
	struct rig rig;
	struct probe probe;

	init(&rig, 3);
	memset(&probe, 0, sizeof(probe));
	rig_call(&rig, &probe, VISIT(.arguments = "{\"wait_s\":0}"));
	CU_ASSERT(probe.working);
	ASSERT_STR(probe.text, "poll 1");
	memset(&probe, 0, sizeof(probe));
	rig_call(&rig, &probe, VISIT(.wants_progress = true));
	CU_ASSERT(!probe.working && probe.progress > 0);
	ASSERT_STR(probe.text, "done after 3");
	ASSERT_INT(starts, 0);
	ASSERT_INT(cancels, 0);
	rig_fini(&rig);
}

/* This tool does not own the operation: it leaves it running, and a poll that fails is a failure of
 * the call. */
static void
visits_that_end_early(void)
{
	struct rig rig;
	struct probe probe;

	init(&rig, 1000000);
	memset(&probe, 0, sizeof(probe));
	rig_start(&rig, &probe, VISIT(.wait_ms = 5000));
	rig_later(&rig, 80, cancel_probe, &probe);
	rig_run(&rig);
	ASSERT_INT(probe.status, MCP_E_CANCELLED);
	ASSERT_INT(cancels, 0);
	atomic_store(&failures_to_go, 1);
	memset(&probe, 0, sizeof(probe));
	rig_call(&rig, &probe, VISIT(.arguments = "{\"wait_s\":0}"));
	CU_ASSERT(probe.failed && !probe.working);
	atomic_store(&failures_to_go, 1000000);
	memset(&probe, 0, sizeof(probe));
	rig_call(&rig, &probe, VISIT(.wait_ms = 300));
	CU_ASSERT(probe.failed && !probe.working);
	ASSERT_INT(probe.status, MCP_E_UNAVAILABLE);
	rig_fini(&rig);
}

static const char can[] = "{\"elicitation\":{}}";
static const char yes[] = "{\"go\":{\"action\":\"accept\"}}";

static void
questions(void)
{
	struct rig rig;
	struct probe probe = { .answers = yes };

	init(&rig, 1);
	rig_start(&rig, &probe, &(struct probe_spec){ .name = "asking", .capabilities = can });
	rig_run(&rig);
	ASSERT_INT(probe.asks, 1);
	ASSERT_STR(probe.handle, "run-1");
	ASSERT_INT(answers_given, 1);
	ASSERT_STR(probe.text, "answered");
	remote_init(1);
	rig_call(&rig, &probe,
		 &(struct probe_spec){ .name = "asking",
				       .capabilities = can,
				       .entry = ENTRY_POLL,
				       .handle = "run-1" });
	ASSERT_STR(probe.questions, "go");
	rig_call(&rig, &probe,
		 &(struct probe_spec){ .name = "asking",
				       .capabilities = can,
				       .entry = ENTRY_ANSWER,
				       .handle = "run-1",
				       .answers = yes });
	CU_ASSERT(!probe.failed);
	ASSERT_INT(answers_given, 1);
	rig_fini(&rig);
}

/* ---- cadence -------------------------------------------------------------------------------- */

/* With many operations together there are at most 50 polls a second. */
static void
poll_rate(void)
{
	struct rig rig;
	struct probe probes[40];
	int64_t began = clock_ms();

	init(&rig, 1000000);
	memset(probes, 0, sizeof(probes));
	for (size_t i = 0; i < 40; i++)
		rig_start(&rig, &probes[i],
			  &(struct probe_spec){
			      .name = "quick", .wait_ms = 300, .is_inline = true });
	rig_run(&rig);
	CU_ASSERT(polls <= (clock_ms() - began) / 20 + 1);
	for (size_t i = 0; i < 40; i++)
		CU_ASSERT(probes[i].working && !probes[i].failed);
	rig_fini(&rig);
}

static const struct test tests[] = { TEST(ends_within_the_wait),
				     TEST(reports_the_last_failure),
				     TEST(no_wait),
				     TEST(how_long),
				     TEST(fails),
				     TEST(lost_polls),
				     TEST(progress),
				     TEST(progress_by_time),
				     TEST(cancel_between_polls),
				     TEST(cancel_during_start),
				     TEST(no_cancel_function),
				     TEST(drain),
				     TEST(alone),
				     TEST(visits),
				     TEST(visits_that_end_early),
				     TEST(questions),
				     TEST(poll_rate) };
SUITE(tests)

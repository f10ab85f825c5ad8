/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of calls from start to answer: where steps run, suspensions, cancels, deadlines, questions,
 * caps, progress, the drain. The rig's clock makes all of it independent of the machine's speed. */
#include <stdlib.h>

#include "call/life.h"
#include "call_steps.h"
#include "suite.h"

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
	ASSERT_STR(probes[0].text, "0  -13"); /* fails, because the loop thread must not wait */
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

static const char all_answers[] = "{\"name\":{\"action\":\"accept\",\"content\":{\"name\":"
				  "\"Ada\"}},\"roots\":{\"roots\":[]}}";

static void
questions(void)
{
	struct rig rig;
	struct probe probe = { .answers = all_answers };

	init(&rig);
	rig_start(&rig, &probe, &(struct probe_spec){ .name = "ask_two", .capabilities = BOTH });
	rig_run(&rig);
	ASSERT_INT(probe.asks, 1);
	ASSERT_STR(probe.questions, "nameroots");
	ASSERT_STR(probe.text, "Ada");
	rig_call(&rig, &probe, &(struct probe_spec){ .name = "ask_two", .capabilities = BOTH });
	ASSERT_INT(probe.asks, 1); /* freed there */
	ASSERT_INT(probe.done, 0);
	rig_call(&rig, &probe,
		 &(struct probe_spec){
		     .name = "ask_two", .capabilities = BOTH, .answers = all_answers });
	ASSERT_INT(probe.asks, 0);
	ASSERT_STR(probe.text, "Ada");
	rig_call(&rig, &probe, &(struct probe_spec){ .name = "ask_two" });
	/* the client cannot be asked, so the row continues without an answer */
	ASSERT_STR(probe.text, "nobody");
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
	rig_later(probe->rig, 150, answer_probe, probe); /* after the deadline of init_short() */
}

static void
human_time_is_free(void)
{
	struct rig rig;
	struct probe probe = { .asked = answer_late };

	init_short(&rig);
	rig_start(&rig, &probe, &(struct probe_spec){ .name = "ask_two", .capabilities = BOTH });
	rig_run(&rig);
	ASSERT_STR(probe.text, "Ada");
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

/* Progress is limited to a burst of ten, then ten a second: of a thousand reports at once ten are
 * sent. */
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
	call_cancel(probes[2].call); /* cancelled while it waits for its start */
	open_gate(true);
	rig_run(&rig);
	ASSERT_INT(gate_most, 2);
	ASSERT_STR(probes[1].text, "let go");
	ASSERT_INT(probes[2].status, MCP_E_CANCELLED);
	ASSERT_STR(probes[3].text, "let go");
	rig_fini(&rig);
}

/* Steps that never end block other calls, which are refused at their deadline. */
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

/* Suspended calls do not count as running, but they count for the host's cap. */
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

/* When limits.replies has no room for a reply, the request fails, and no byte of it is kept. */
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
	TEST(where_steps_run), TEST(requests_side_by_side),
	TEST(again_and_again), TEST(blocking_requests),
	TEST(sink_stops),      TEST(request_rows),
	TEST(questions),       TEST(human_time_is_free),
	TEST(progress),	       TEST(progress_rate),
	TEST(steps_cap),       TEST(steps_cap_deadline),
	TEST(suspended_cap),   TEST(no_room_for_a_reply),
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of how calls end: cancels, deadlines, clean-up, the drain, and the end of the host. */
#include <stdlib.h>

#include "call/life.h"
#include "call_steps.h"
#include "suite.h"

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
	/* the text that the plugin itself wrote */
	CU_ASSERT(strncmp(probe.text, "stopped\n", 8) == 0);
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

/* A step blocks for too long: the answer is sent, and the step ends later. */
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

/* The host ends while steps wait for a thread: all their memory is freed (LeakSanitizer). */
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
	wait_inside(4); /* further steps of one plugin do not run at once */
	calls_free(rig.calls);
	rig.calls = NULL;
	open_gate(true);
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
	rig_start(&rig, &probe, &(struct probe_spec){ .name = "ask_two", .capabilities = BOTH });
	rig_run(&rig);
	ASSERT_INT(probe.status, MCP_E_CANCELLED);
	rig_fini(&rig);
}

/* The host ends while a step still waits for the reply to its request. */
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
		      .name = "ask_two", .capabilities = BOTH, .is_inline = true });
	ASSERT_INT(probes[0].done, 0);
	rig_fini(&rig);
	ASSERT_INT(probes[0].done, 0);
}

static const struct test tests[] = {
	TEST(cancel_suspended),
	TEST(cancel_blocking),
	TEST(cancel_cleans_up),
	TEST(cancel_a_running_step),
	TEST(deadline),
	TEST(deadline_with_clean_up),
	TEST(step_never_returns),
	TEST(free_while_running),
	TEST(cancel_while_asking),
	TEST(ends_with_steps_waiting),
	TEST(drain),
	TEST(free_under_way),
};
SUITE(tests)

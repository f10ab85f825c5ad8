/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the table of a call's phases: a move that it does not allow ends the process, and each
 * call is logged once, in whatever way it ends. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "call/life.h"
#include "call_rig.h"
#include "child.h"
#include "suite.h"

static int
says_hello(struct mcp_call *call)
{
	return mcp_say(call, "hello");
}

static int
after_never(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	return mcp_say(call, "too late for anybody");
}

static int
cleans_up(struct mcp_call *call, const void *state, size_t len)
{
	struct mcp_http request = { .size = sizeof(request),
				    .method = "GET",
				    .path = "/never",
				    .flags = MCP_HTTP_CLEANUP };

	(void)state;
	(void)len;
	return call->ops->suspend(call, &request, 1, 0, after_never, NULL, 0);
}

static int
sleeps(struct mcp_call *call)
{
	return call->ops->suspend(call, NULL, 0, 60000, cleans_up, NULL, 0);
}

static const struct mcp_row rows[] = {
	{ .name = "says_hello", .handler = says_hello },
	{ .name = "sleeps", .handler = sleeps },
};

static const struct rule rules[] = { { "GET /never", -1, 200, "", MCP_OK } };

/* A call that has ended, and that its owner keeps. */
static struct call *
ended_call(struct rig *rig, struct probe *probe)
{
	rig_init(rig, rows, rules, 1);
	*probe = (struct probe){ .keep = true };
	rig_start(rig, probe, &(struct probe_spec){ .name = "says_hello" });
	rig_run(rig);
	return probe->call;
}

static void
step_after_the_end(void)
{
	struct rig rig;
	struct probe probe;

	call_run(ended_call(&rig, &probe), ENTRY_NEXT);
}

static void
end_after_the_end(void)
{
	struct rig rig;
	struct probe probe;

	call_finish(ended_call(&rig, &probe));
}

static void
start_after_the_end(void)
{
	struct rig rig;
	struct probe probe;

	call_start(ended_call(&rig, &probe));
}

static void
answer_of_no_step(void)
{
	struct rig rig;
	struct probe probe;
	struct outcome outcome = { .percent = -1 };
	struct call *call = ended_call(&rig, &probe);

	call_stepped(call, &outcome, &call->state->result);
}

static void
forbidden_moves(void)
{
	CU_ASSERT(child_aborts(step_after_the_end));
	CU_ASSERT(strstr(child_output(), "life.c") != NULL);
	CU_ASSERT(child_aborts(end_after_the_end));
	CU_ASSERT(child_aborts(start_after_the_end));
	CU_ASSERT(child_aborts(answer_of_no_step));
}

/* The deadline passes while a request of the clean-up runs. So the call is first answered, then
 * freed by its owner, and ends later. */
static void
answered_before_its_end(void)
{
	struct rig rig;
	struct probe probe = { 0 };

	rig_init(&rig, rows, rules, 1);
	log_init(LOG_INFO, false);
	rig.config.limits.call_ms = 100;
	rig.calls->grace_ms = 40;
	rig.calls->cleanup_ms = 120;
	rig_start(&rig, &probe, &(struct probe_spec){ .name = "sleeps" });
	rig_run(&rig);
	if (probe.status != MCP_E_TIMEOUT)
		exit(1);
	rig_settle(&rig);
	rig_fini(&rig);
}

static void
logged_once(void)
{
	const char *at;
	unsigned lines = 0;

	ASSERT_INT(child_run(answered_before_its_end), 0);
	for (at = child_output(); (at = strstr(at, "\"event\":\"call\"")) != NULL; at++)
		lines++;
	ASSERT_INT(lines, 1);
}

static const struct test tests[] = { TEST(forbidden_moves), TEST(logged_once) };
SUITE(tests)

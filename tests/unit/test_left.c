/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of an operation that a call waits for, when the call is cancelled or the host stops,
 * by operations.on_cancel; and the report of what is left. */
#include <stdlib.h>

#include "base/mem.h"
#include "call/left.h"
#include "call_rig.h"
#include "suite.h"

static int cancels;
static bool cancel_fails, done;

static int
begin(struct mcp_call *call)
{
	mcp_say(call, "Run %s was begun.\nNext: look at it", mcp_arg(call, "id"));
	return mcp_handle(call, mcp_arg(call, "id"), strlen(mcp_arg(call, "id")));
}

static int
look(struct mcp_call *call)
{
	if (done)
		return mcp_say(call, "It is done.");
	mcp_say(call, "Run %s is running.", mcp_context(call, MCP_CTX_HANDLE).data);
	return mcp_working(call, -1, NULL, 20000);
}

static int
stop(struct mcp_call *call)
{
	CU_ASSERT(mcp_cancelled(call));
	cancels++;
	return cancel_fails
		 ? mcp_fail(call, MCP_E_UNAVAILABLE, "The service does not answer", NULL, NULL)
		 : MCP_OK;
}

static const struct mcp_operation run = {
	.size = sizeof(run), .start = begin, .poll = look, .cancel = stop
};
static const struct mcp_row rows[] = { { .name = "run", .operation = &run }, { 0 } };

/* ---- the report ----------------------------------------------------------------------------- */

static char reported[LEFT_MAX * 64];
static size_t reports, reports_more;

static void
report(void *data, const struct left *left)
{
	(void)data;
	reports++;
	CU_ASSERT(strcmp(left->tool, "run") == 0);
	CU_ASSERT(left->principal[0] != '\0');
	if (strlen(reported) + strlen(left->text) + 2 < sizeof(reported)) {
		strcat(reported, left->text);
		strcat(reported, "\n");
	}
}

static void
take_report(struct rig *rig)
{
	reports = 0;
	reported[0] = '\0';
	reports_more = left_report(rig->calls, report, NULL);
}

static void
init(struct rig *rig, enum on_cancel on_cancel)
{
	cancels = 0;
	cancel_fails = done = false;
	rig_init(rig, rows, NULL, 0);
	rig->config.on_cancel = on_cancel;
}

static void
start_run(struct rig *rig, struct probe *probe, const char *arguments, int wait_ms)
{
	rig_start(rig, probe,
		  &(struct probe_spec){ .name = "run",
					.is_inline = true,
					.arguments = arguments,
					.wait_ms = wait_ms });
}

static void
cancel_probe(void *data)
{
	call_cancel(((struct probe *)data)->call);
}

static int drains;

static void
drained(void *data)
{
	(void)data;
	drains++;
}

static void
begin_drain(void *data)
{
	calls_drain(((struct rig *)data)->calls, 5000, drained, NULL);
}

static void
wait_drained(struct rig *rig)
{
	while (drains == 0)
		rig_settle(rig);
	drains = 0;
}

/* ---- the cases ------------------------------------------------------------------------------ */

/* One that is not cancelled is left, and reported. */
static void
expect_end(struct rig *rig, bool is_cancelled)
{
	ASSERT_INT(cancels, is_cancelled ? 1 : 0);
	take_report(rig);
	ASSERT_STR(reported, is_cancelled ? "" : "Run 7 is running.\n");
}

static void
cancelled_by(enum on_cancel on_cancel)
{
	struct rig rig;
	struct probe probe = { 0 };

	init(&rig, on_cancel);
	start_run(&rig, &probe, "{\"id\":\"7\"}", 30000);
	rig_later(&rig, 300, cancel_probe, &probe);
	rig_run(&rig);
	ASSERT_INT(probe.status, MCP_E_CANCELLED);
	expect_end(&rig, on_cancel != ON_CANCEL_LEAVE);
	rig_fini(&rig);
}

static void
stopped_by_host(enum on_cancel on_cancel)
{
	struct rig rig;
	struct probe probe = { 0 };

	init(&rig, on_cancel);
	start_run(&rig, &probe, "{\"id\":\"7\"}", 30000);
	rig_later(&rig, 300, begin_drain, &rig);
	rig_run(&rig);
	CU_ASSERT(!probe.failed && probe.working == (on_cancel != ON_CANCEL_STOP));
	expect_end(&rig, on_cancel == ON_CANCEL_STOP);
	wait_drained(&rig);
	rig_fini(&rig);
}

static void
cancelled(void)
{
	cancelled_by(ON_CANCEL_CLIENT);
	cancelled_by(ON_CANCEL_STOP);
	cancelled_by(ON_CANCEL_LEAVE);
}

static void
host_stops(void)
{
	stopped_by_host(ON_CANCEL_CLIENT);
	stopped_by_host(ON_CANCEL_STOP);
	stopped_by_host(ON_CANCEL_LEAVE);
}

/* A cancel that fails is not silent: the work may continue. */
static void
not_stopped(void)
{
	struct rig rig;
	struct probe probe = { 0 };

	init(&rig, ON_CANCEL_CLIENT);
	cancel_fails = true;
	start_run(&rig, &probe, "{\"id\":\"8\"}", 30000);
	rig_later(&rig, 300, cancel_probe, &probe);
	rig_run(&rig);
	ASSERT_INT(cancels, 1);
	take_report(&rig);
	ASSERT_STR(reported, "Run 8 is running.\n");
	rig_fini(&rig);
}

/* Whoever sees the end of an operation takes it off the list. */
static void
seen_to_end(void)
{
	struct rig rig;
	struct probe probe, visit;

	init(&rig, ON_CANCEL_CLIENT);
	rig_call(&rig, &probe,
		 &(struct probe_spec){ .name = "run",
				       .is_inline = true,
				       .arguments = "{\"id\":\"9\"}",
				       .wait_ms = -1 });
	CU_ASSERT(probe.working);
	take_report(&rig);
	ASSERT_STR(reported, "Run 9 was begun.\n");
	rig_call(&rig, &visit,
		 &(struct probe_spec){
		     .name = "run", .is_inline = true, .entry = ENTRY_POLL, .handle = "9" });
	take_report(&rig);
	ASSERT_INT(reports, 1);
	done = true;
	rig_call(&rig, &visit,
		 &(struct probe_spec){
		     .name = "run", .is_inline = true, .entry = ENTRY_POLL, .handle = "9" });
	take_report(&rig);
	ASSERT_INT(reports, 0);
	rig_fini(&rig);
}

/* The rows of the report must stay: they are the probes'. */
static void
bounded(void)
{
	static struct probe probe[LEFT_MAX + 2];
	struct rig rig;
	char arguments[32];

	init(&rig, ON_CANCEL_CLIENT);
	for (size_t i = 0; i < ARRAY_SIZE(probe); i++) {
		snprintf(arguments, sizeof(arguments), "{\"id\":\"%zu\"}", i);
		rig_call(&rig, &probe[i],
			 &(struct probe_spec){ .name = "run",
					       .is_inline = true,
					       .arguments = arguments,
					       .wait_ms = -1 });
		take_report(&rig);
		ASSERT_INT(reports, i + 1 < LEFT_MAX ? i + 1 : LEFT_MAX);
		ASSERT_INT(reports_more, i + 1 < LEFT_MAX ? 0 : i + 1 - LEFT_MAX);
	}
	rig_fini(&rig);
}

/* The loop has ended while a call still waits. */
static void
cut_off(void)
{
	struct rig rig;
	struct probe probe = { 0 };

	init(&rig, ON_CANCEL_STOP);
	start_run(&rig, &probe, "{\"id\":\"7\"}", 30000);
	rig_later(&rig, 300, (void (*)(void *))loop_stop, rig.loop);
	loop_run(rig.loop, 0);
	take_report(&rig);
	ASSERT_STR(reported, "Run 7 is running.\n");
	rig_fini(&rig);
}

static const struct test tests[] = {
	TEST(cancelled),   TEST(host_stops), TEST(not_stopped),
	TEST(seen_to_end), TEST(bounded),    TEST(cut_off),
};
SUITE(tests)

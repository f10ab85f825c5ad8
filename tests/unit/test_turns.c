/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how the polls of an upstream are shared. */
#include "base/clock.h"
#include "call/turns.h"
#include "call_rig.h"
#include "suite.h"

static const struct mcp_row rows[] = { { .name = NULL } };

/* Polls that clients ask for: at once or not at all. A place that is too late is not reserved. */
static void
polls_asked_for(void)
{
	const int64_t began = clock_ms();
	unsigned made = 0, first = 0;
	struct rig rig;

	rig_init(&rig, rows, NULL, 0);
	for (unsigned i = 0; i < 500; i++) {
		made += turns_may_look(rig.calls, "workspace");
		first = i == 49 ? made : first;
	}
	ASSERT_INT(first, 50);
	CU_ASSERT(made <= 50 * ((clock_ms() - began) / 1000 + 2));
	CU_ASSERT(turns_may_look(rig.calls, "another"));
	CU_ASSERT(turns_poll_delay(rig.calls, "third", INT64_MAX) == 0);
	for (unsigned i = 0; i < 100; i++)
		CU_ASSERT(turns_poll_delay(rig.calls, "third", -1) >= 0);
	CU_ASSERT(turns_poll_delay(rig.calls, "third", INT64_MAX) <= 40);
	/* a long line of calls takes half of the polls */
	for (unsigned i = 0; i < 200; i++)
		turns_poll_delay(rig.calls, "fourth", INT64_MAX);
	made = 0;
	for (unsigned i = 0; i < 100; i++)
		made += turns_may_look(rig.calls, "fourth");
	CU_ASSERT(made >= 1 && made <= 25 * ((clock_ms() - began) / 1000 + 2));
	rig_fini(&rig);
}

static const struct test tests[] = { TEST(polls_asked_for) };
SUITE(tests)

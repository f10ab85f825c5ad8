/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of tables of states: a change that is in the table is made, any other change ends the
 * process and names both states. */
#include "base/states.h"

#include "base/mem.h"
#include "child.h"
#include "suite.h"

enum door { DOOR_OPEN, DOOR_SHUT, DOOR_LOCKED };

static const struct states_row rows[] = {
	[DOOR_OPEN] = { "open", TO(DOOR_SHUT) },
	[DOOR_SHUT] = { "shut", TO(DOOR_OPEN) | TO(DOOR_LOCKED) },
	[DOOR_LOCKED] = { "locked", 0 },
};
static const struct states doors = { "door", rows, ARRAY_SIZE(rows) };

static void
lock_an_open_door(void)
{
	states_move(&doors, DOOR_OPEN, DOOR_LOCKED);
}

static void
stay(void)
{
	states_move(&doors, DOOR_OPEN, DOOR_OPEN);
}

static void
leave_the_table(void)
{
	states_move(&doors, DOOR_SHUT, 7);
}

static void
come_from_nowhere(void)
{
	states_move(&doors, 7, DOOR_OPEN);
}

static void
what_may_follow_follows(void)
{
	ASSERT_INT(states_move(&doors, DOOR_OPEN, DOOR_SHUT), DOOR_SHUT);
	ASSERT_INT(states_move(&doors, DOOR_SHUT, DOOR_OPEN), DOOR_OPEN);
	ASSERT_INT(states_move(&doors, DOOR_SHUT, DOOR_LOCKED), DOOR_LOCKED);
}

static void
anything_else_ends_the_process(void)
{
	CU_ASSERT(child_aborts(lock_an_open_door));
	CU_ASSERT(strstr(child_output(), "door: \\\"locked\\\" cannot follow \\\"open\\\"") !=
		  NULL);
	CU_ASSERT(strstr(child_output(), "CHECK(follows) failed") != NULL);
	CU_ASSERT(child_aborts(stay));
	CU_ASSERT(child_aborts(leave_the_table));
	CU_ASSERT(child_aborts(come_from_nowhere));
}

static const struct test tests[] = {
	TEST(what_may_follow_follows),
	TEST(anything_else_ends_the_process),
};
SUITE(tests)

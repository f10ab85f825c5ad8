/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of what happens to the heap after many calls have ended: it is trimmed once, on a worker
 * thread, and only after a large fall. Tests wait for events, never for time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/slack.h"
#include "resident.h"
#include "suite.h"

#define BLOCK 4096u
#define BLOCKS 16384u /* 64 MiB */
#define PATIENCE_MS 20000

static struct loop *loop;
static struct pool *pool;
static unsigned wanted;

static void
set_up(void)
{
	loop = loop_new();
	pool = pool_new(loop, 1, 1);
	slack_start(loop, pool, 1);
}

static void
tear_down(void)
{
	slack_end();
	pool_free(pool);
	loop_free(loop);
}

static void
look(struct loop_timer *timer)
{
	int *left = timer->data;

	if (slack_trims() >= wanted || --*left == 0)
		loop_stop(loop);
	else
		loop_timer_set(loop, timer, 1);
}

/* Runs the loop until the heap was trimmed `times` times, or that does not come. */
static void
run_until(unsigned times, int left)
{
	struct loop_timer timer = { .fn = look, .data = &left };

	wanted = times;
	loop_timer_set(loop, &timer, 0);
	loop_run(loop, 0);
	loop_timer_stop(loop, &timer);
}

static void
trims_once_after_a_storm(void)
{
	set_up();
	for (int i = 0; i < 10000; i++)
		slack_held(BLOCK);
	ASSERT_INT(slack_trims(), 0);
	for (int i = 0; i < 10000; i++)
		slack_freed(BLOCK);
	run_until(1, PATIENCE_MS);
	ASSERT_INT(slack_trims(), 1);
	run_until(2, 50);
	ASSERT_INT(slack_trims(), 1);
	tear_down();
}

static void
small_falls_do_not_count(void)
{
	set_up();
	slack_held(SLACK_MIN - 1);
	slack_freed(SLACK_MIN - 1);
	slack_held(16 * SLACK_MIN);
	slack_freed(7 * SLACK_MIN); /* more than half is still held */
	run_until(1, 50);
	ASSERT_INT(slack_trims(), 0);
	slack_freed(SLACK_MIN);
	run_until(1, PATIENCE_MS);
	ASSERT_INT(slack_trims(), 1);
	tear_down();
}

/* Calls of before the start were not counted; their ends are. */
static void
counts_from_its_start(void)
{
	slack_freed(SLACK_MIN);
	set_up();
	slack_freed(SLACK_MIN);
	slack_held(2 * SLACK_MIN);
	slack_freed(4 * SLACK_MIN);
	run_until(1, PATIENCE_MS);
	ASSERT_INT(slack_trims(), 1);
	tear_down();
}

/* One block of the end stays, so free() alone returns nothing. */
static void
memory_goes_back(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
	return; /* another allocator */
#else
	char **blocks = xcalloc(BLOCKS, sizeof(*blocks)), *last;
	size_t before, most;

	set_up();
	before = resident();
	for (size_t i = 0; i < BLOCKS; i++) {
		blocks[i] = xmalloc(BLOCK);
		memset(blocks[i], 1, BLOCK);
		slack_held(BLOCK);
	}
	last = xmalloc(BLOCK);
	most = resident();
	CU_ASSERT(most > before + (size_t)BLOCKS * BLOCK / 2);
	for (size_t i = 0; i < BLOCKS; i++) {
		free(blocks[i]);
		slack_freed(BLOCK);
	}
	run_until(1, PATIENCE_MS);
	CU_ASSERT(resident() < before + (size_t)BLOCKS * BLOCK / 8);
	free(last);
	free((void *)blocks);
	tear_down();
#endif
}

static const struct test tests[] = {
	TEST(trims_once_after_a_storm),
	TEST(small_falls_do_not_count),
	TEST(counts_from_its_start),
	TEST(memory_goes_back),
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the pool: every job runs once and returns to the loop, a group gets half of the threads,
 * jobs of other groups overtake. Tests wait for events, never for time. */
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/loop.h"
#include "base/mem.h"
#include "base/pool.h"
#include "suite.h"

#define JOBS 1000

struct counter {
	struct pool_job job;
	struct loop *loop;
	atomic_int *ran;
	int *done, stop_at;
	bool inside;
};

static void
count_run(struct pool_job *job)
{
	struct counter *counter = (struct counter *)job;

	counter->inside = loop_inside(counter->loop);
	atomic_fetch_add(counter->ran, 1);
}

static void
count_done(struct pool_job *job)
{
	struct counter *counter = (struct counter *)job;

	CU_ASSERT(loop_inside(counter->loop));
	CU_ASSERT(!counter->inside);
	if (++*counter->done == counter->stop_at)
		loop_stop(counter->loop);
}

static void
each_job_once(void)
{
	struct loop *loop = loop_new();
	struct pool *pool = pool_new(loop, 1, 4);
	struct counter *counters = xcalloc(JOBS, sizeof(*counters));
	atomic_int ran = 0;
	int done = 0;

	for (size_t i = 0; i < JOBS; i++) {
		counters[i] = (struct counter){ .job = { .run = count_run,
							 .done = count_done,
							 .group = i % 3 == 0 ? &ran : NULL },
						.loop = loop,
						.ran = &ran,
						.done = &done,
						.stop_at = JOBS };
		pool_submit(pool, &counters[i].job);
	}
	loop_run(loop, 0);
	ASSERT_INT(ran, JOBS);
	ASSERT_INT(done, JOBS);
	pool_free(pool);
	loop_free(loop);
	free(counters);
}

/* Jobs that block until they are released, and count how many of them run at once. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int inside, most, wanted;
	bool open;
};

struct blocker {
	struct pool_job job;
	struct gate *gate;
	struct loop *loop;
	int *done, stop_at;
};

static void
block(struct pool_job *job)
{
	struct gate *gate = ((struct blocker *)job)->gate;

	pthread_mutex_lock(&gate->lock);
	gate->inside++;
	if (gate->inside > gate->most)
		gate->most = gate->inside;
	pthread_cond_broadcast(&gate->changed);
	while (!gate->open)
		pthread_cond_wait(&gate->changed, &gate->lock);
	gate->inside--;
	pthread_mutex_unlock(&gate->lock);
}

static void
block_done(struct pool_job *job)
{
	struct blocker *blocker = (struct blocker *)job;

	if (++*blocker->done == blocker->stop_at)
		loop_stop(blocker->loop);
}

/* Releases the jobs. It is a job of another group, which runs although the first group has more
 * waiting jobs. */
static void
open_gate(struct pool_job *job)
{
	struct gate *gate = ((struct blocker *)job)->gate;

	pthread_mutex_lock(&gate->lock);
	while (gate->inside < gate->wanted)
		pthread_cond_wait(&gate->changed, &gate->lock);
	gate->open = true;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->lock);
}

static void
half_for_a_group(void)
{
	struct loop *loop = loop_new();
	struct pool *pool = pool_new(loop, 0, 4);
	struct gate gate = { .lock = PTHREAD_MUTEX_INITIALIZER,
			     .changed = PTHREAD_COND_INITIALIZER,
			     .wanted = 2 };
	struct blocker blockers[7];
	int done = 0;

	for (size_t i = 0; i < 7; i++)
		blockers[i] = (struct blocker){ .job = { .run = i == 6 ? open_gate : block,
							 .done = block_done,
							 .group = i == 6 ? NULL : &gate },
						.gate = &gate,
						.loop = loop,
						.done = &done,
						.stop_at = 7 };
	for (size_t i = 0; i < 7; i++)
		pool_submit(pool, &blockers[i].job);
	loop_run(loop, 0);
	ASSERT_INT(gate.most, 2);
	ASSERT_INT(done, 7);
	pool_free(pool);
	loop_free(loop);
}

/* A group runs two large jobs at a time, although it may run more small jobs. */
static void
few_large(void)
{
	struct loop *loop = loop_new();
	struct pool *pool = pool_new(loop, 0, 16);
	struct gate gate = { .lock = PTHREAD_MUTEX_INITIALIZER,
			     .changed = PTHREAD_COND_INITIALIZER,
			     .wanted = POOL_LARGE_OF_GROUP + 3 };
	struct blocker blockers[10];
	int done = 0;

	/* six large jobs, three small ones, and the job that releases them */
	for (size_t i = 0; i < 10; i++) {
		blockers[i] = (struct blocker){ .job = { .run = i == 9 ? open_gate : block,
							 .done = block_done,
							 .group = i == 9 ? NULL : &gate,
							 .large = i < 6 },
						.gate = &gate,
						.loop = loop,
						.done = &done,
						.stop_at = 10 };
		pool_submit(pool, &blockers[i].job);
	}
	loop_run(loop, 0);
	ASSERT_INT(gate.most, POOL_LARGE_OF_GROUP + 3);
	ASSERT_INT(done, 10);
	pool_free(pool);
	loop_free(loop);
}

/* All groups together run only a few more large jobs. */
static void
few_large_of_all(void)
{
	struct loop *loop = loop_new();
	struct pool *pool = pool_new(loop, 0, 32);
	struct gate gate = { .lock = PTHREAD_MUTEX_INITIALIZER,
			     .changed = PTHREAD_COND_INITIALIZER,
			     .wanted = POOL_LARGE_MAX };
	struct blocker blockers[13];
	int done = 0;

	/* twelve jobs of six groups, and the job that releases them */
	for (size_t i = 0; i < 13; i++) {
		blockers[i] = (struct blocker){ .job = { .run = i == 12 ? open_gate : block,
							 .done = block_done,
							 .group = i == 12 ? NULL : &blockers[i / 2],
							 .large = i < 12 },
						.gate = &gate,
						.loop = loop,
						.done = &done,
						.stop_at = 13 };
		pool_submit(pool, &blockers[i].job);
	}
	loop_run(loop, 0);
	ASSERT_INT(gate.most, POOL_LARGE_MAX);
	ASSERT_INT(done, 13);
	pool_free(pool);
	loop_free(loop);
}

/* There are as many threads as blocking jobs, even when all jobs arrive at once. */
static void
grows_to_the_bound(void)
{
	struct loop *loop = loop_new();
	struct pool *pool = pool_new(loop, 1, 5);
	struct gate gate = { .lock = PTHREAD_MUTEX_INITIALIZER,
			     .changed = PTHREAD_COND_INITIALIZER,
			     .wanted = 4 };
	struct blocker blockers[5];
	int done = 0;

	for (size_t i = 0; i < 5; i++) {
		blockers[i] = (struct blocker){ .job = { .run = i == 4 ? open_gate : block,
							 .done = block_done },
						.gate = &gate,
						.loop = loop,
						.done = &done,
						.stop_at = 5 };
		pool_submit(pool, &blockers[i].job);
	}
	loop_run(loop, 0);
	ASSERT_INT(gate.most, 4);
	pool_free(pool);
	loop_free(loop);
}

static void
free_waits(void)
{
	struct loop *loop = loop_new();
	struct pool *pool = pool_new(loop, 1, 1);
	struct gate gate = { .lock = PTHREAD_MUTEX_INITIALIZER,
			     .changed = PTHREAD_COND_INITIALIZER };
	struct blocker first = { .job = { .run = block, .done = block_done }, .gate = &gate };

	pool_submit(pool, &first.job);
	pthread_mutex_lock(&gate.lock);
	while (gate.inside < 1)
		pthread_cond_wait(&gate.changed, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
	pool_free(pool_new(loop, 3, 3)); /* unused */
	CU_ASSERT_FALSE(pool_stop(pool, 10));
	pthread_mutex_lock(&gate.lock);
	gate.open = true;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
	CU_ASSERT(pool_stop(pool, UINT_MAX));
	pool_free(pool);
	ASSERT_INT(gate.inside, 0);
	loop_free(loop);
}

static const struct test tests[] = { TEST(each_job_once),      TEST(half_for_a_group),
				     TEST(few_large),	       TEST(few_large_of_all),
				     TEST(grows_to_the_bound), TEST(free_waits) };
SUITE(tests)

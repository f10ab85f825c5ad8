/* SPDX-License-Identifier: Apache-2.0 */
/* Worker threads for steps that may block and for parsing large bodies. Their number is elastic
 * between two bounds, their stacks are small. A plugin uses at most half of them, and only a few
 * jobs at a time may be large. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_POOL_H
#define CORE_BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct loop;
struct pool;

/* The state of a job: pool_submit() takes an idle one, and it is idle again before done() or drop()
 * is called. */
enum pool_job_state { POOL_JOB_IDLE, POOL_JOB_WAITS, POOL_JOB_RUNS, POOL_JOB_RAN };

/* embed, zeroed */
struct pool_job {
	void (*run)(struct pool_job *job);  /* on a worker */
	void (*done)(struct pool_job *job); /* on the loop thread, afterwards */
	/* Called instead of done() when the pool ends without running the job or without calling
	 * done(). Frees what the job owns. NULL: nothing to free. */
	void (*drop)(struct pool_job *job);
	const void *group; /* jobs of one group use at most half of the workers */
	bool large;	   /* needs much memory: few of them run at a time */
	/* the pool's */
	enum pool_job_state state;
	struct pool_job *next;
};

#define POOL_LARGE_BYTES (1u << 20) /* A job counts as large when its input is longer than this. */
#define POOL_LARGE_OF_GROUP 2u	    /* large jobs of one group that run at a time */
#define POOL_LARGE_MAX 4u	    /* large jobs of all groups that run at a time */

struct pool *pool_new(struct loop *loop, unsigned least, unsigned most);
void pool_submit(struct pool *pool, struct pool_job *job); /* any thread */
/* Starts no more jobs, and waits up to `ms` for those that run. False when some still run, possibly
 * forever. Then the pool and everything that the jobs use must not be freed. */
bool pool_stop(struct pool *pool, unsigned ms);
void pool_free(struct pool *pool); /* stops, and waits for running jobs */

/* Gives freed memory back to the system: the allocator keeps much of the memory that a large job
 * has freed. Any thread. */
void pool_give_memory_back(void);

/* How many jobs no thread has taken yet. Any thread. */
size_t pool_waiting(struct pool *pool);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Worker threads for steps that may block and for parsing large bodies. Elastic between two
 * bounds, small stacks. A plugin holds at most half of it, and few jobs at a time are large. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_POOL_H
#define CORE_BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct loop;
struct pool;

/* Where a job is: pool_submit() takes an idle one, and before done() or drop() it is idle again. */
enum pool_job_state { POOL_JOB_IDLE, POOL_JOB_WAITS, POOL_JOB_RUNS, POOL_JOB_RAN };

/* embed, zeroed */
struct pool_job {
	void (*run)(struct pool_job *job);  /* on a worker */
	void (*done)(struct pool_job *job); /* on the loop thread, afterwards */
	/* The pool goes, and the job did not run, or done() is not going to be called: frees what
	 * it has. NULL: nothing is to be done. */
	void (*drop)(struct pool_job *job);
	const void *group; /* jobs of one group get at most half of the workers */
	bool large;	   /* takes much memory: few of them run at a time */
	/* the pool's */
	enum pool_job_state state;
	struct pool_job *next;
};

#define POOL_LARGE_BYTES (1u << 20) /* input from which on a job is to be called large */
#define POOL_LARGE_OF_GROUP 2u	    /* so many of them run at a time, of one group */
#define POOL_LARGE_MAX 4u	    /* and of all */

struct pool *pool_new(struct loop *loop, unsigned least, unsigned most);
void pool_submit(struct pool *pool, struct pool_job *job); /* any thread */
/* Takes no more jobs off its queues, and waits up to `ms` for those that run. False: some still do,
 * and may do so for ever; then nothing that they use may be freed, the pool included. */
bool pool_stop(struct pool *pool, unsigned ms);
void pool_free(struct pool *pool); /* stops, and waits for running jobs */

#endif

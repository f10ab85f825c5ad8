/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Worker threads. Jobs wait in one queue for each group, and the groups take turns, so that a
 * plugin with slow calls delays only its own calls. Large jobs of a group have their own queue: a
 * tree of JSON needs many times the memory of its text, and one tree for each thread would use it
 * all. Everything is under one lock; finished jobs return to the loop in batches.
 */
#include "base/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

/* A sanitizer has an allocator of its own. The one of the C library is then never initialised, and
 * two threads that trim it at the same time crash in it. */
#if defined(__has_feature)
#define HAS_SANITIZER __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER 1
#else
#define HAS_SANITIZER 0
#endif
#if defined(__GLIBC__) && !(HAS_SANITIZER)
#define TRIMS
#include <malloc.h>
#endif

#include "base/check.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"

#define STACK_SIZE (512u << 10)
#define IDLE_S 10 /* an additional thread ends after this time without work */

struct pool_group {
	const void *key;
	bool large;
	struct pool_job *head, *tail;
	unsigned running;
	struct pool_group *next;
};

struct pool {
	struct loop *loop;
	unsigned least, most;
	pthread_mutex_t lock;
	pthread_cond_t work, gone;
	/* groups with waiting or running jobs, in the order of their turns */
	struct pool_group *groups, **groups_end;
	struct pool_job *done, **done_end;
	struct loop_job deliver;
	bool delivering; /* `deliver` is posted */
	bool stopping;
	/* groups with waiting or running jobs, in the order of their turns */
	unsigned threads, idle, large;
	size_t waiting; /* jobs that no thread has taken */
};

/* A job passes through the states in this order. From the last one, or when it is dropped, it
 * returns to the first. */
static void
job_move(struct pool_job *job, enum pool_job_state from, enum pool_job_state to)
{
	CHECK(job->state == from);
	CHECK(to == from + 1 || to == POOL_JOB_IDLE);
	job->state = to;
}

/* ---- groups, under the lock ----------------------------------------------------------------- */

static struct pool_group *
pool_group_of(struct pool *pool, const void *key, bool large)
{
	struct pool_group *group;

	for (group = pool->groups; group != NULL; group = group->next)
		if (group->key == key && group->large == large)
			return group;
	group = xcalloc(1, sizeof(*group));
	group->key = key;
	group->large = large;
	*pool->groups_end = group;
	pool->groups_end = &group->next;
	return group;
}

static void
unlink_group(struct pool *pool, struct pool_group **link)
{
	struct pool_group *group = *link;

	*link = group->next;
	if (group->next == NULL)
		pool->groups_end = link;
	group->next = NULL;
}

/* May one more job of the group run? */
static bool
has_share(const struct pool *pool, const struct pool_group *group)
{
	unsigned half = pool->most > 1 ? pool->most / 2 : 1;

	if (group->large)
		return group->running < POOL_LARGE_OF_GROUP && group->running < half &&
		       pool->large < POOL_LARGE_MAX;
	return group->key == NULL || group->running < half;
}

/* The next job that may run; its group goes to the end of the list. */
static struct pool_job *
take_job(struct pool *pool, struct pool_group **of)
{
	for (struct pool_group **link = &pool->groups; *link != NULL; link = &(*link)->next) {
		struct pool_group *group = *link;
		struct pool_job *job = group->head;

		if (job == NULL || !has_share(pool, group))
			continue;
		group->head = job->next;
		if (group->head == NULL)
			group->tail = NULL;
		CHECK(pool->waiting > 0);
		job_move(job, POOL_JOB_WAITS, POOL_JOB_RUNS);
		group->running++;
		pool->large += group->large;
		pool->waiting--;
		unlink_group(pool, link);
		*pool->groups_end = group;
		pool->groups_end = &group->next;
		*of = group;
		return job;
	}
	return NULL;
}

static void
drop_if_idle(struct pool *pool, struct pool_group *idle)
{
	if (idle->running > 0 || idle->head != NULL)
		return;
	CHECK(idle->tail == NULL);
	for (struct pool_group **link = &pool->groups; *link != NULL; link = &(*link)->next) {
		if (*link == idle) {
			unlink_group(pool, link);
			break;
		}
	}
	free(idle);
}

/* ---- threads -------------------------------------------------------------------------------- */

static void
deliver(struct loop_job *posted)
{
	struct pool *pool = posted->data;
	struct pool_job *done;

	pthread_mutex_lock(&pool->lock);
	done = pool->done;
	pool->done = NULL;
	pool->done_end = &pool->done;
	pool->delivering = false;
	pthread_mutex_unlock(&pool->lock);
	CHECK(loop_inside(pool->loop));
	while (done != NULL) {
		struct pool_job *next = done->next;

		job_move(done, POOL_JOB_RAN, POOL_JOB_IDLE);
		done->done(done);
		done = next;
	}
}

static void
finish_job(struct pool *pool, struct pool_job *job, struct pool_group *group)
{
	CHECK(group->running > 0 && pool->large >= group->large);
	job_move(job, POOL_JOB_RUNS, POOL_JOB_RAN);
	group->running--;
	pool->large -= group->large;
	drop_if_idle(pool, group);
	if (pool->waiting > 0 && pool->idle > 0)
		pthread_cond_signal(&pool->work); /* jobs that waited for their group can now run */
	job->next = NULL;
	*pool->done_end = job;
	pool->done_end = &job->next;
	if (!pool->delivering) {
		pool->delivering = true;
		loop_post(pool->loop, &pool->deliver);
	}
}

void
pool_give_memory_back(void)
{
#ifdef TRIMS
	malloc_trim(0);
#endif
}

/* False when the thread is not needed any longer. */
static bool
wait_for_work(struct pool *pool)
{
	struct timespec until;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += IDLE_S;
	pool->idle++;
	if (pool->threads > pool->least)
		rc = pthread_cond_timedwait(&pool->work, &pool->lock, &until);
	else
		pthread_cond_wait(&pool->work, &pool->lock);
	pool->idle--;
	return rc == 0 || pool->threads <= pool->least;
}

static void *
worker(void *data)
{
	struct pool *pool = data;
	bool needed = true;

	pthread_mutex_lock(&pool->lock);
	while (!pool->stopping) {
		struct pool_group *group;
		struct pool_job *job = take_job(pool, &group);

		if (job == NULL) {
			if (!needed)
				break;
			needed = wait_for_work(pool);
			continue;
		}
		needed = true;
		pthread_mutex_unlock(&pool->lock);
		job->run(job);
		if (group->large)
			pool_give_memory_back();
		pthread_mutex_lock(&pool->lock);
		finish_job(pool, job, group);
	}
	pool->threads--;
	pthread_cond_broadcast(&pool->gone);
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* Signals are for the main thread: workers block them. */
static bool
start_thread(struct pool *pool)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;
	int rc;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&thread, &attr, worker, pool);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return rc == 0;
}

/* ---- interface ------------------------------------------------------------------------------ */

struct pool *
pool_new(struct loop *loop, unsigned least, unsigned most)
{
	struct pool *pool = xcalloc(1, sizeof(*pool));
	pthread_condattr_t attr;

	pool->loop = loop;
	pool->most = most > 0 ? most : 1;
	pool->least = least < pool->most ? least : pool->most;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&pool->work, &attr);
	pthread_cond_init(&pool->gone, &attr);
	pthread_condattr_destroy(&attr);
	pool->groups_end = &pool->groups;
	pool->done_end = &pool->done;
	pool->deliver.fn = deliver;
	pool->deliver.data = pool;
	return pool;
}

void
pool_submit(struct pool *pool, struct pool_job *job)
{
	struct pool_group *group;
	bool none;

	pthread_mutex_lock(&pool->lock);
	job_move(job, POOL_JOB_IDLE, POOL_JOB_WAITS);
	group = pool_group_of(pool, job->group, job->large);
	job->next = NULL;
	if (group->tail != NULL)
		group->tail->next = job;
	else
		group->head = job;
	group->tail = job;
	pool->waiting++;
	if (pool->waiting > pool->idle && pool->threads < pool->most) {
		pool->threads++;
		if (!start_thread(pool))
			pool->threads--;
	} else {
		pthread_cond_signal(&pool->work);
	}
	none = pool->threads == 0;
	pthread_mutex_unlock(&pool->lock);
	if (none)
		log_line(LOG_ERROR, "no worker thread can be started; so a call waits");
}

bool
pool_stop(struct pool *pool, unsigned ms)
{
	struct timespec until;
	bool ended;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&pool->lock);
	pool->stopping = true;
	pthread_cond_broadcast(&pool->work);
	while (pool->threads > 0 && rc == 0)
		rc = pthread_cond_timedwait(&pool->gone, &pool->lock, &until);
	ended = pool->threads == 0;
	pthread_mutex_unlock(&pool->lock);
	return ended;
}

static void
drop_all(struct pool_job *job)
{
	while (job != NULL) {
		struct pool_job *next = job->next;

		CHECK(job->state == POOL_JOB_WAITS || job->state == POOL_JOB_RAN);
		job->state = POOL_JOB_IDLE;
		if (job->drop != NULL)
			job->drop(job);
		job = next;
	}
}

void
pool_free(struct pool *pool)
{
	if (pool == NULL)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->stopping = true;
	pthread_cond_broadcast(&pool->work);
	while (pool->threads > 0)
		pthread_cond_wait(&pool->gone, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
	while (pool->groups != NULL) {
		struct pool_group *group = pool->groups;

		pool->groups = group->next;
		drop_all(group->head);
		free(group);
	}
	drop_all(pool->done);
	pthread_mutex_destroy(&pool->lock);
	pthread_cond_destroy(&pool->work);
	pthread_cond_destroy(&pool->gone);
	free(pool);
}

size_t
pool_waiting(struct pool *pool)
{
	size_t waiting;

	pthread_mutex_lock(&pool->lock);
	waiting = pool->waiting;
	pthread_mutex_unlock(&pool->lock);
	return waiting;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Background tasks: statements, commands and runs that continue after their request was
 * answered. Each task has its own thread while it runs. At most MAX_BACKGROUND tasks run at
 * once; the others are queued.
 *
 * Locks: `pool.lock` protects the lists and counts, the lock of each task its flags. No lock is
 * held while a task, a hook or a handler runs. Exception: a hook runs under `hook_lock`, so that
 * bg_on_cancel(NULL) can wait for it. */
#include "sandbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "internal.h"

enum { MAX_QUEUED = 4096, THREAD_STACK = 1024 * 1024 };

struct bg {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_mutex_t hook_lock;
	int refs;
	bool cancelled, done;
	void (*fn)(struct bg *bg, void *arg);
	void *arg;
	void (*hook)(void *arg);
	void *hook_arg;
	struct workspace *ws;
	struct bg *queue_next;
	struct bg *prev, *next; /* every task that is not done */
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t idle;
	struct bg *queue_head, *queue_tail, *live;
	int running, queued;
	bool stopping;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .idle = PTHREAD_COND_INITIALIZER };

static void
deadline_after(int64_t ms, struct timespec *at)
{
	clock_gettime(CLOCK_MONOTONIC, at);
	at->tv_sec += (time_t)(ms / 1000);
	at->tv_nsec += (long)(ms % 1000) * 1000000;
	if (at->tv_nsec >= 1000000000) {
		at->tv_nsec -= 1000000000;
		at->tv_sec++;
	}
}

static struct bg *
bg_new(struct workspace *ws, void (*fn)(struct bg *bg, void *arg), void *arg)
{
	struct bg *bg = xcalloc(1, sizeof(*bg));
	pthread_condattr_t attr;

	pthread_mutex_init(&bg->lock, NULL);
	pthread_mutex_init(&bg->hook_lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&bg->changed, &attr);
	pthread_condattr_destroy(&attr);
	bg->refs = 2; /* references: one of the caller, one of the pool */
	bg->fn = fn;
	bg->arg = arg;
	bg->ws = ws;
	return bg;
}

static void
bg_free(struct bg *bg)
{
	pthread_mutex_destroy(&bg->lock);
	pthread_mutex_destroy(&bg->hook_lock);
	pthread_cond_destroy(&bg->changed);
	free(bg);
}

static void
finish(struct bg *bg)
{
	pthread_mutex_lock(&pool.lock);
	if (bg->prev != NULL)
		bg->prev->next = bg->next;
	else
		pool.live = bg->next;
	if (bg->next != NULL)
		bg->next->prev = bg->prev;
	pthread_mutex_unlock(&pool.lock);
	pthread_mutex_lock(&bg->lock);
	bg->done = true;
	pthread_cond_broadcast(&bg->changed);
	pthread_mutex_unlock(&bg->lock);
	bg_unref(bg);
}

static struct bg *
next_queued(void)
{
	struct bg *bg;

	pthread_mutex_lock(&pool.lock);
	bg = pool.queue_head;
	if (bg != NULL) {
		pool.queue_head = bg->queue_next;
		pool.queued--;
	} else if (--pool.running == 0) {
		pthread_cond_broadcast(&pool.idle);
	}
	pthread_mutex_unlock(&pool.lock);
	return bg;
}

static void *
run_tasks(void *first)
{
	for (struct bg *bg = first; bg != NULL; bg = next_queued()) {
		bg->fn(bg, bg->arg);
		finish(bg);
	}
	return NULL;
}

static void
enqueue(struct bg *bg)
{
	if (pool.queue_head == NULL)
		pool.queue_head = bg;
	else
		pool.queue_tail->queue_next = bg;
	pool.queue_tail = bg;
	pool.queued++;
}

/* Starts a task. True when it runs in a thread of its own. Otherwise it is queued until a running
 * task ends. */
static bool
start_thread(struct bg *bg)
{
	pthread_attr_t attr;
	pthread_t thread;
	int rc;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, THREAD_STACK);
	rc = pthread_create(&thread, &attr, run_tasks, bg);
	pthread_attr_destroy(&attr);
	return rc == 0;
}

struct bg *
bg_start(struct workspace *ws, void (*fn)(struct bg *bg, void *arg), void *arg)
{
	struct bg *bg = bg_new(ws, fn, arg);
	bool accepted = false;

	pthread_mutex_lock(&pool.lock);
	if (!pool.stopping && pool.running < MAX_BACKGROUND && start_thread(bg)) {
		pool.running++;
		accepted = true;
	} else if (!pool.stopping && pool.running > 0 && pool.queued < MAX_QUEUED) {
		enqueue(bg);
		accepted = true;
	}
	if (accepted) {
		bg->next = pool.live;
		if (pool.live != NULL)
			pool.live->prev = bg;
		pool.live = bg;
	}
	pthread_mutex_unlock(&pool.lock);
	if (!accepted) {
		bg_free(bg);
		return NULL;
	}
	return bg;
}

struct workspace *
bg_workspace(const struct bg *bg)
{
	return bg->ws;
}

bool
bg_cancelled(struct bg *bg)
{
	bool cancelled;

	if (bg == NULL)
		return false;
	pthread_mutex_lock(&bg->lock);
	cancelled = bg->cancelled;
	pthread_mutex_unlock(&bg->lock);
	return cancelled;
}

bool
bg_sleep(struct bg *bg, int64_t ms)
{
	struct timespec at;
	bool cancelled;

	deadline_after(ms, &at);
	if (bg == NULL) {
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
		return true;
	}
	pthread_mutex_lock(&bg->lock);
	while (!bg->cancelled && pthread_cond_timedwait(&bg->changed, &bg->lock, &at) == 0)
		continue;
	cancelled = bg->cancelled;
	pthread_mutex_unlock(&bg->lock);
	return !cancelled;
}

void
bg_cancel(struct bg *bg)
{
	pthread_mutex_lock(&bg->hook_lock);
	pthread_mutex_lock(&bg->lock);
	bg->cancelled = true;
	pthread_cond_broadcast(&bg->changed);
	pthread_mutex_unlock(&bg->lock);
	if (bg->hook != NULL)
		bg->hook(bg->hook_arg);
	pthread_mutex_unlock(&bg->hook_lock);
}

void
bg_on_cancel(struct bg *bg, void (*hook)(void *arg), void *arg)
{
	if (bg == NULL)
		return;
	pthread_mutex_lock(&bg->hook_lock);
	bg->hook = hook;
	bg->hook_arg = arg;
	if (hook != NULL && bg_cancelled(bg))
		hook(arg);
	pthread_mutex_unlock(&bg->hook_lock);
}

bool
bg_wait(struct bg *bg, int64_t ms)
{
	struct timespec at;
	bool done;

	deadline_after(ms, &at);
	pthread_mutex_lock(&bg->lock);
	while (!bg->done && pthread_cond_timedwait(&bg->changed, &bg->lock, &at) == 0)
		continue;
	done = bg->done;
	pthread_mutex_unlock(&bg->lock);
	return done;
}

struct bg *
bg_ref(struct bg *bg)
{
	pthread_mutex_lock(&bg->lock);
	bg->refs++;
	pthread_mutex_unlock(&bg->lock);
	return bg;
}

void
bg_unref(struct bg *bg)
{
	int left;

	if (bg == NULL)
		return;
	pthread_mutex_lock(&bg->lock);
	left = --bg->refs;
	pthread_mutex_unlock(&bg->lock);
	if (left == 0)
		bg_free(bg);
}

bool
stopping(void)
{
	bool yes;

	pthread_mutex_lock(&pool.lock);
	yes = pool.stopping;
	pthread_mutex_unlock(&pool.lock);
	return yes;
}

/* Cancels one live task at a time, because bg_cancel must not run under the pool's lock. */
static struct bg *
next_to_cancel(void)
{
	struct bg *found = NULL;

	pthread_mutex_lock(&pool.lock);
	for (struct bg *bg = pool.live; bg != NULL && found == NULL; bg = bg->next)
		if (!bg_cancelled(bg))
			found = bg_ref(bg);
	pthread_mutex_unlock(&pool.lock);
	return found;
}

void
background_stop(void)
{
	struct bg *bg;

	pthread_mutex_lock(&pool.lock);
	pool.stopping = true;
	pthread_mutex_unlock(&pool.lock);
	while ((bg = next_to_cancel()) != NULL) {
		bg_cancel(bg);
		bg_unref(bg);
	}
}

void
background_join(void)
{
	pthread_mutex_lock(&pool.lock);
	while (pool.running > 0)
		pthread_cond_wait(&pool.idle, &pool.lock);
	pthread_mutex_unlock(&pool.lock);
}

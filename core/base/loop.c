/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epoll, a binary heap of timers, and a list of jobs that other threads add without a lock. A post
 * writes to the eventfd only when the loop thread sleeps and was not woken yet.
 */
#include "base/loop.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define BATCH 128
/* After this many spins in a row without an event the loop blocks at once, until an event comes
 * soon after. */
#define SPIN_MISSES 4

struct loop {
	int epoll, wake;
	_Atomic(struct loop_job *) jobs; /* newest first */
	/* set before the loop blocks; the thread that clears it must write to the eventfd */
	atomic_bool asleep;
	atomic_bool stop;
	_Atomic pthread_t thread;
	struct loop_timer **heap;
	uint32_t n_timers, heap_room;
	struct epoll_event batch[BATCH];
	int n_batch, at_batch;
	struct loop_round *rounds;
	struct loop_watch *always; /* files that epoll does not support: always ready */
	/* the next watch to call while the list `always` is processed */
	struct loop_watch *next_always;
	unsigned misses;	      /* spins in a row that found no event */
	_Atomic(const char *) plugin; /* the plugin whose code runs on the loop thread */
	_Atomic int64_t plugin_ms;    /* since when */
};

static void
fatal(const char *what)
{
	fprintf(stderr, "lakehost: %s: %s\n", what, strerror(errno));
	abort();
}

struct loop *
loop_new(void)
{
	struct loop *loop = xcalloc(1, sizeof(*loop));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };

	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->epoll < 0 || loop->wake < 0 ||
	    epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->wake, &event) != 0)
		fatal("the event loop cannot be created");
	atomic_store(&loop->thread, pthread_self());
	return loop;
}

void
loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	close(loop->epoll);
	close(loop->wake);
	free(loop->heap);
	free(loop);
}

bool
loop_inside(const struct loop *loop)
{
	return pthread_equal(atomic_load(&loop->thread), pthread_self()) != 0;
}

void
loop_runs_plugin(struct loop *loop, const char *name)
{
	if (name != NULL)
		atomic_store(&loop->plugin_ms, clock_ms());
	atomic_store(&loop->plugin, name);
}

int64_t
loop_busy_ms(const struct loop *loop, const char **name)
{
	*name = atomic_load(&loop->plugin);
	return *name == NULL ? 0 : clock_ms() - atomic_load(&loop->plugin_ms);
}

/* ---- timers -------------------------------------------------------------------------------- */

static void
place(struct loop *loop, uint32_t slot, struct loop_timer *timer)
{
	loop->heap[slot - 1] = timer;
	timer->slot = slot;
}

static void
sift_up(struct loop *loop, uint32_t slot, struct loop_timer *timer)
{
	while (slot > 1 && loop->heap[slot / 2 - 1]->due_ms > timer->due_ms) {
		place(loop, slot, loop->heap[slot / 2 - 1]);
		slot /= 2;
	}
	place(loop, slot, timer);
}

static void
sift_down(struct loop *loop, uint32_t slot, struct loop_timer *timer)
{
	for (;;) {
		uint32_t child = slot * 2;

		if (child < loop->n_timers &&
		    loop->heap[child]->due_ms < loop->heap[child - 1]->due_ms)
			child++;
		if (child > loop->n_timers || loop->heap[child - 1]->due_ms >= timer->due_ms)
			break;
		place(loop, slot, loop->heap[child - 1]);
		slot = child;
	}
	place(loop, slot, timer);
}

void
loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t after_ms)
{
	int64_t now_us = clock_us();

	CHECK(timer->fn != NULL);
	loop_timer_stop(loop, timer);
	if (loop->n_timers == loop->heap_room) {
		loop->heap_room = loop->heap_room > 0 ? loop->heap_room * 2 : 64;
		loop->heap = xrealloc(loop->heap, loop->heap_room * sizeof(struct loop_timer *));
	}
	if (after_ms < 0)
		after_ms = 0;
	else if (after_ms > INT64_MAX / 2000)
		after_ms = INT64_MAX / 2000;
	timer->due_ms = now_us / 1000 + after_ms + (after_ms > 0 && now_us % 1000 > 0);
	loop->n_timers++;
	sift_up(loop, loop->n_timers, timer);
}

void
loop_timer_stop(struct loop *loop, struct loop_timer *timer)
{
	uint32_t slot = timer->slot;
	struct loop_timer *last;

	if (slot == 0)
		return;
	/* a timer that was freed or moved while it was set would break the order of the heap */
	CHECK(slot <= loop->n_timers && loop->heap[slot - 1] == timer);
	timer->slot = 0;
	last = loop->heap[--loop->n_timers];
	if (last == timer)
		return;
	if (slot > 1 && loop->heap[slot / 2 - 1]->due_ms > last->due_ms)
		sift_up(loop, slot, last);
	else
		sift_down(loop, slot, last);
}

/* Each timer runs at most once in a round, so that a timer that is set again with no delay does not
 * delay the others. */
static void
run_timers(struct loop *loop)
{
	int64_t now;

	if (loop->n_timers == 0)
		return;
	now = clock_ms();
	for (uint32_t n = loop->n_timers; n > 0 && loop->n_timers > 0; n--) {
		struct loop_timer *timer = loop->heap[0];

		if (timer->due_ms > now)
			break;
		loop_timer_stop(loop, timer);
		timer->fn(timer);
	}
}

/* ---- watches ------------------------------------------------------------------------------- */

bool
loop_add(struct loop *loop, struct loop_watch *watch, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	CHECK(!watch->active && watch->fn != NULL);
	watch->fd = fd;
	watch->always = false;
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
		if (errno == ENOSPC || errno == ENOMEM)
			return false;
		if (errno != EPERM)
			fatal("a descriptor cannot be watched");
		watch->always = true;
		watch->events = events;
		watch->next = loop->always;
		loop->always = watch;
	}
	watch->active = true;
	return true;
}

void
loop_modify(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	if (!watch->active)
		return;
	if (watch->always)
		watch->events = events;
	else if (epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &event) != 0)
		fatal("the events of a watched descriptor cannot be changed");
}

static void
remove_always(struct loop *loop, struct loop_watch *watch)
{
	struct loop_watch **link = &loop->always;

	while (*link != watch) {
		CHECK(*link != NULL);
		link = &(*link)->next;
	}
	*link = watch->next;
	if (loop->next_always == watch)
		loop->next_always = watch->next;
}

void
loop_remove(struct loop *loop, struct loop_watch *watch)
{
	if (!watch->active)
		return;
	watch->active = false;
	if (watch->always) {
		remove_always(loop, watch);
		return;
	}
	/* the kernel has already removed the descriptor when it is closed */
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
	for (int i = loop->at_batch; i < loop->n_batch; i++)
		if (loop->batch[i].data.ptr == watch)
			loop->batch[i].events = 0;
}

static void
drain_wake(struct loop *loop)
{
	uint64_t count;
	ssize_t got = read(loop->wake, &count, sizeof(count));

	(void)got; /* the eventfd is non-blocking: an empty one is no error */
}

static void
run_watches(struct loop *loop)
{
	for (loop->at_batch = 0; loop->at_batch < loop->n_batch;) {
		struct epoll_event event = loop->batch[loop->at_batch++];
		struct loop_watch *watch = event.data.ptr;

		if (watch == NULL)
			drain_wake(loop);
		else if (event.events != 0) {
			CHECK(watch->active); /* loop_remove() clears the events */
			watch->fn(watch, event.events);
		}
	}
	loop->n_batch = loop->at_batch = 0;
	for (struct loop_watch *watch = loop->always; watch != NULL; watch = loop->next_always) {
		uint32_t events = watch->events & (EPOLLIN | EPOLLOUT);

		CHECK(watch->active && watch->always);
		loop->next_always = watch->next;
		if (events != 0)
			watch->fn(watch, events);
	}
}

static bool
has_always(const struct loop *loop)
{
	for (const struct loop_watch *watch = loop->always; watch != NULL; watch = watch->next)
		if ((watch->events & (EPOLLIN | EPOLLOUT)) != 0)
			return true;
	return false;
}

/* ---- jobs ---------------------------------------------------------------------------------- */

void
loop_post(struct loop *loop, struct loop_job *job)
{
	const uint64_t one = 1;

	CHECK(job->fn != NULL);
	job->next = atomic_load_explicit(&loop->jobs, memory_order_relaxed);
	while (!atomic_compare_exchange_weak(&loop->jobs, &job->next, job))
		;
	/* The loop sets `asleep`, then reads `jobs`. A post does these steps in the other order, so
	 * one of the two threads sees the change of the other one. After this line the job may
	 * already be freed. */
	if (atomic_load(&loop->asleep) && atomic_exchange(&loop->asleep, false)) {
		ssize_t written = write(loop->wake, &one, sizeof(one));

		(void)written; /* this write cannot fail: the counter never reaches its limit */
	}
}

static bool
has_jobs(struct loop *loop)
{
	return atomic_load(&loop->jobs) != NULL;
}

static void
run_jobs(struct loop *loop)
{
	struct loop_job *newest, *job = NULL;

	if (!has_jobs(loop))
		return;
	newest = atomic_exchange(&loop->jobs, NULL);
	while (newest != NULL) { /* oldest first */
		struct loop_job *next = newest->next;

		newest->next = job;
		job = newest;
		newest = next;
	}
	while (job != NULL) {
		struct loop_job *next = job->next;

		job->fn(job);
		job = next;
	}
}

/* ---- running ------------------------------------------------------------------------------- */

void
loop_stop(struct loop *loop)
{
	atomic_store(&loop->stop, true);
}

/* Milliseconds until the next timer; -1: none. */
static int
next_timer(const struct loop *loop)
{
	int64_t left;

	if (loop->n_timers == 0)
		return -1;
	left = loop->heap[0]->due_ms - clock_ms();
	return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

static void
poll_events(struct loop *loop, int timeout_ms)
{
	int n = epoll_wait(loop->epoll, loop->batch, BATCH, timeout_ms);

	if (n < 0 && errno != EINTR)
		fatal("epoll_wait");
	loop->n_batch = n < 0 ? 0 : n;
}

/* Polls for up to `spin_us`. True when there is something to do. */
static bool
spin(struct loop *loop, unsigned spin_us)
{
	int64_t end = clock_us() + spin_us;

	do {
		poll_events(loop, 0);
		if (loop->n_batch > 0 || has_jobs(loop)) {
			loop->misses = 0;
			return true;
		}
	} while (clock_us() < end);
	loop->misses++;
	return false;
}

static void
block(struct loop *loop, unsigned spin_us, int timeout_ms)
{
	int64_t start = spin_us > 0 ? clock_us() : 0;

	atomic_store(&loop->asleep, true);
	poll_events(loop, has_jobs(loop) ? 0 : timeout_ms);
	atomic_store(&loop->asleep, false);
	/* Would spinning have caught this event, or almost? Then the loop spins again. */
	if (spin_us > 0 && loop->n_batch > 0 && clock_us() - start <= 2 * (int64_t)spin_us)
		loop->misses = 0;
}

/* Fetches events. Waits for them if there is nothing else to do. */
static void
wait_events(struct loop *loop, unsigned spin_us)
{
	int timeout_ms = next_timer(loop);

	if (timeout_ms == 0 || has_jobs(loop) || has_always(loop)) {
		poll_events(loop, 0);
		return;
	}
	if (spin_us > 0 && loop->misses < SPIN_MISSES && spin(loop, spin_us))
		return;
	block(loop, spin_us, timeout_ms);
}

void
loop_each_round(struct loop *loop, struct loop_round *round)
{
	CHECK(round->fn != NULL);
	round->next = loop->rounds;
	loop->rounds = round;
}

void
loop_round_end(struct loop *loop, struct loop_round *round)
{
	struct loop_round **link = &loop->rounds;

	while (*link != round) {
		CHECK(*link != NULL);
		link = &(*link)->next;
	}
	*link = round->next;
}

static void
end_round(struct loop *loop)
{
	for (struct loop_round *round = loop->rounds; round != NULL; round = round->next)
		round->fn(round);
	log_flush();
}

void
loop_run(struct loop *loop, unsigned spin_us)
{
	atomic_store(&loop->thread, pthread_self());
	log_hold(true);
	while (!atomic_load(&loop->stop)) {
		wait_events(loop, spin_us);
		run_timers(loop);
		run_watches(loop);
		run_jobs(loop);
		end_round(loop);
	}
	log_hold(false);
	atomic_store(&loop->stop, false);
}

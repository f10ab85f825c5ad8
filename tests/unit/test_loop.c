/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the loop: order of timers, stale events, files, posts from several threads. */
#include "base/loop.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "child.h"
#include "suite.h"

static struct loop *loop;
static char trail[64];

static void
note(const char *what)
{
	strncat(trail, what, sizeof(trail) - strlen(trail) - 1);
}

static void
begin(void)
{
	loop = loop_new();
	trail[0] = '\0';
}

static void
note_timer(struct loop_timer *timer)
{
	note(timer->data);
}

static void
stop_timer(struct loop_timer *timer)
{
	(void)timer;
	loop_stop(loop);
}

static void
stop_job(struct loop_job *job)
{
	(void)job;
	loop_stop(loop);
}

static void
timers_fire_in_order(void)
{
	struct loop_timer a = { .fn = note_timer, .data = (char[]){ "a" } };
	struct loop_timer b = { .fn = note_timer, .data = (char[]){ "b" } };
	struct loop_timer c = { .fn = note_timer, .data = (char[]){ "c" } };
	struct loop_timer d = { .fn = note_timer, .data = (char[]){ "d" } };
	struct loop_timer end = { .fn = stop_timer };
	int64_t start = clock_us();

	begin();
	loop_timer_set(loop, &end, 12);
	loop_timer_set(loop, &c, 9);
	loop_timer_set(loop, &a, 3);
	loop_timer_set(loop, &d, 1);
	loop_timer_set(loop, &b, 6);
	loop_timer_stop(loop, &d);
	loop_timer_stop(loop, &d);
	loop_run(loop, 0);
	ASSERT_STR(trail, "abc");
	CU_ASSERT(clock_us() - start >= 12000);
	CU_ASSERT(a.slot == 0 && end.slot == 0);
	loop_free(loop);
}

static void
set_moves_a_timer(void)
{
	struct loop_timer a = { .fn = note_timer, .data = (char[]){ "a" } };
	struct loop_timer b = { .fn = note_timer, .data = (char[]){ "b" } };
	struct loop_timer end = { .fn = stop_timer };

	begin();
	loop_timer_set(loop, &a, 100000);
	loop_timer_set(loop, &b, 4);
	loop_timer_set(loop, &end, 8);
	loop_timer_set(loop, &a, -5);
	loop_run(loop, 0);
	ASSERT_STR(trail, "ab");
	loop_free(loop);
}

static int rounds;

static void
again_timer(struct loop_timer *timer)
{
	if (++rounds == 5)
		loop_stop(loop);
	else
		loop_timer_set(loop, timer, 0);
}

static void
count_watch(struct loop_watch *watch, uint32_t events)
{
	char bytes[16];
	ssize_t got = read(watch->fd, bytes, sizeof(bytes));

	CU_ASSERT((events & EPOLLIN) != 0 && got > 0);
	note("w");
}

/* A timer that sets itself again with no delay must not delay the others. */
static void
a_busy_timer_does_not_block_others(void)
{
	struct loop_timer timer = { .fn = again_timer };
	struct loop_watch watch = { .fn = count_watch };
	int ends[2];

	begin();
	rounds = 0;
	CU_ASSERT(pipe(ends) == 0 && write(ends[1], "x", 1) == 1);
	CU_ASSERT(loop_add(loop, &watch, ends[0], EPOLLIN));
	loop_timer_set(loop, &timer, 0);
	loop_run(loop, 0);
	ASSERT_INT(rounds, 5);
	ASSERT_STR(trail, "w");
	loop_remove(loop, &watch);
	loop_free(loop);
	close(ends[0]);
	close(ends[1]);
}

struct pseudo {
	uint32_t state;
};

static uint32_t
next_number(struct pseudo *pseudo)
{
	pseudo->state = pseudo->state * 1664525 + 1013904223;
	return pseudo->state >> 8;
}

static int64_t last_due;
static int fired;

static void
ordered_timer(struct loop_timer *timer)
{
	CU_ASSERT(timer->due_ms >= last_due);
	last_due = timer->due_ms;
	fired++;
}

/* Tests the heap with a few hundred timers that are set, moved and stopped. */
static void
many_timers(void)
{
	enum { N = 300 };
	static struct loop_timer timers[N];
	struct loop_timer end = { .fn = stop_timer };
	struct pseudo pseudo = { .state = 7 };
	int set = 0;

	begin();
	last_due = 0;
	fired = 0;
	for (int i = 0; i < 5 * N; i++) {
		struct loop_timer *timer = &timers[next_number(&pseudo) % N];

		timer->fn = ordered_timer;
		if (next_number(&pseudo) % 4 == 0)
			loop_timer_stop(loop, timer);
		else
			loop_timer_set(loop, timer, next_number(&pseudo) % 40);
	}
	for (int i = 0; i < N; i++)
		set += timers[i].slot != 0;
	loop_timer_set(loop, &end, 60);
	loop_run(loop, 0);
	ASSERT_INT(fired, set);
	loop_free(loop);
}

static struct loop_watch pair[2];

static void
remove_other(struct loop_watch *watch, uint32_t events)
{
	(void)events;
	note(watch == &pair[0] ? "0" : "1");
	loop_remove(loop, &pair[0]);
	loop_remove(loop, &pair[1]);
	loop_stop(loop);
}

/* Both watches are ready in one batch; the first one that runs removes both. */
static void
no_event_after_remove(void)
{
	int a[2] = { -1, -1 }, b[2] = { -1, -1 };

	begin();
	CU_ASSERT(pipe(a) == 0 && pipe(b) == 0);
	CU_ASSERT(write(a[1], "x", 1) == 1 && write(b[1], "x", 1) == 1);
	pair[0] = pair[1] = (struct loop_watch){ .fn = remove_other };
	loop_add(loop, &pair[0], a[0], EPOLLIN);
	loop_add(loop, &pair[1], b[0], EPOLLIN);
	loop_run(loop, 0);
	ASSERT_INT(strlen(trail), 1);
	CU_ASSERT(!pair[0].active && !pair[1].active);
	loop_remove(loop, &pair[0]);
	loop_free(loop);
	close(a[0]);
	close(a[1]);
	close(b[0]);
	close(b[1]);
}

static void
to_writing(struct loop_watch *watch, uint32_t events)
{
	if ((events & EPOLLOUT) != 0) {
		note("o");
		loop_stop(loop);
	} else {
		note("i");
		loop_modify(loop, watch, EPOLLOUT);
	}
}

static void
modify_changes_what_is_watched(void)
{
	struct loop_watch watch = { .fn = to_writing };
	int ends[2];

	begin();
	CU_ASSERT(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && write(ends[1], "x", 1) == 1);
	loop_modify(loop, &watch, EPOLLIN); /* the watch is not active, so nothing happens */
	loop_add(loop, &watch, ends[0], EPOLLIN);
	loop_run(loop, 0);
	ASSERT_STR(trail, "io");
	close(ends[0]); /* closing before loop_remove() is also allowed */
	loop_remove(loop, &watch);
	loop_free(loop);
	close(ends[1]);
}

static void
read_to_end(struct loop_watch *watch, uint32_t events)
{
	char bytes[4];
	ssize_t got = read(watch->fd, bytes, sizeof(bytes));

	ASSERT_INT(events, EPOLLIN);
	note(got > 0 ? "r" : "e");
	if (got <= 0) {
		loop_remove(loop, watch);
		loop_stop(loop);
	}
}

/* `lakehost < requests` */
static void
a_regular_file_is_always_ready(void)
{
	struct loop_watch watch = { .fn = read_to_end };
	struct loop_timer paused = { .fn = stop_timer };
	FILE *file = tmpfile();

	begin();
	fputs("0123456789", file);
	rewind(file);
	CU_ASSERT(loop_add(loop, &watch, fileno(file), EPOLLIN));
	loop_modify(loop, &watch, 0);
	loop_timer_set(loop, &paused, 3);
	loop_run(loop, 0);
	ASSERT_STR(trail, "");
	loop_modify(loop, &watch, EPOLLIN);
	loop_run(loop, 20);
	ASSERT_STR(trail, "rrre");
	loop_free(loop);
	fclose(file);
}

static void
stop_before_run_counts(void)
{
	struct loop_job job = { .fn = stop_job };

	begin();
	CU_ASSERT(loop_inside(loop));
	loop_stop(loop);
	loop_run(loop, 0);
	loop_post(loop, &job);
	loop_run(loop, 0);
	loop_free(loop);
	CU_ASSERT(clock_wall_ms() > INT64_C(1600000000000));
}

/* ---- posts --------------------------------------------------------------------------------- */

enum { THREADS = 4, POSTS = 5000 };

struct numbered {
	struct loop_job job;
	int thread, number;
};

static int next_of[THREADS], received, wrong;

static void
receive(struct loop_job *job)
{
	struct numbered *numbered = (struct numbered *)job;

	wrong += numbered->number != next_of[numbered->thread]++;
	wrong += !loop_inside(loop);
	free(numbered);
	if (++received == THREADS * POSTS)
		loop_stop(loop);
}

static void *
post_many(void *data)
{
	for (int i = 0; i < POSTS; i++) {
		struct numbered *numbered = xcalloc(1, sizeof(*numbered));

		*numbered = (struct numbered){ .job = { .fn = receive },
					       .thread = *(int *)data,
					       .number = i };
		loop_post(loop, &numbered->job);
		if (i % 64 == 0)
			sched_yield();
	}
	return NULL;
}

static void
post_from_threads(unsigned spin_us)
{
	pthread_t threads[THREADS];
	int ids[THREADS];

	begin();
	received = wrong = 0;
	for (int i = 0; i < THREADS; i++) {
		ids[i] = i;
		next_of[i] = 0;
		pthread_create(&threads[i], NULL, post_many, &ids[i]);
	}
	loop_run(loop, spin_us);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ASSERT_INT(received, THREADS * POSTS);
	ASSERT_INT(wrong, 0);
	loop_free(loop);
}

static void
no_post_is_lost(void)
{
	post_from_threads(0);
}

static void
no_post_is_lost_while_spinning(void)
{
	post_from_threads(50);
}

/* Two threads post to each other: each post finds the loop asleep or about to sleep. */
struct pong {
	struct loop_job job;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	int count;
};

static void
answer(struct loop_job *job)
{
	struct pong *pong = (struct pong *)job;

	pthread_mutex_lock(&pong->lock);
	pong->count++;
	pthread_cond_signal(&pong->cond);
	pthread_mutex_unlock(&pong->lock);
}

static void *
ping(void *data)
{
	static struct loop_job stop = { .fn = stop_job };
	struct pong *pong = data;

	for (int i = 0; i < 1000; i++) {
		loop_post(loop, &pong->job);
		pthread_mutex_lock(&pong->lock);
		while (pong->count == i)
			pthread_cond_wait(&pong->cond, &pong->lock);
		pthread_mutex_unlock(&pong->lock);
	}
	loop_post(loop, &stop);
	return NULL;
}

static void
each_post_wakes(void)
{
	for (unsigned spin_us = 0; spin_us <= 30; spin_us += 30) {
		struct pong pong = { .job = { .fn = answer },
				     .lock = PTHREAD_MUTEX_INITIALIZER,
				     .cond = PTHREAD_COND_INITIALIZER };
		pthread_t thread;

		begin();
		pthread_create(&thread, NULL, ping, &pong);
		loop_run(loop, spin_us);
		pthread_join(thread, NULL);
		ASSERT_INT(pong.count, 1000);
		loop_free(loop);
	}
}

static void
post_again(struct loop_job *job)
{
	if (++rounds == 3)
		loop_stop(loop);
	else
		loop_post(loop, job); /* a job may post itself while it is running */
}

static void
a_job_may_post_itself(void)
{
	struct loop_job job = { .fn = post_again };

	begin();
	rounds = 0;
	loop_post(loop, &job);
	loop_run(loop, 0);
	ASSERT_INT(rounds, 3);
	loop_free(loop);
}

/* ---- mistakes ------------------------------------------------------------------------------ */

static void
nothing(struct loop_timer *timer)
{
	(void)timer;
}

static void
ignore(struct loop_watch *watch, uint32_t events)
{
	(void)watch;
	(void)events;
}

static void
stop_a_copy(void)
{
	struct loop *own = loop_new();
	struct loop_timer timer = { .fn = nothing }, copy;

	loop_timer_set(own, &timer, 1000);
	copy = timer;
	loop_timer_stop(own, &copy);
}

static void
watch_twice(void)
{
	struct loop *own = loop_new();
	struct loop_watch watch = { .fn = ignore };
	int ends[2];

	if (pipe(ends) != 0)
		return;
	loop_add(own, &watch, ends[0], EPOLLIN);
	loop_add(own, &watch, ends[1], EPOLLOUT);
}

static void
mistakes_end_the_process(void)
{
	CU_ASSERT(child_aborts(stop_a_copy));
	CU_ASSERT(strstr(child_output(), "core/base/loop.c:") != NULL);
	CU_ASSERT(child_aborts(watch_twice));
	CU_ASSERT(strstr(child_output(), "CHECK(!watch->active") != NULL);
}

static const struct test tests[] = {
	TEST(mistakes_end_the_process),
	TEST(timers_fire_in_order),
	TEST(set_moves_a_timer),
	TEST(a_busy_timer_does_not_block_others),
	TEST(many_timers),
	TEST(no_event_after_remove),
	TEST(modify_changes_what_is_watched),
	TEST(a_regular_file_is_always_ready),
	TEST(stop_before_run_counts),
	TEST(no_post_is_lost),
	TEST(no_post_is_lost_while_spinning),
	TEST(each_post_wakes),
	TEST(a_job_may_post_itself),
};
SUITE(tests)

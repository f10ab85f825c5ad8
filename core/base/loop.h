/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop: one thread, epoll. It owns all I/O and all state of core; other threads only
 * post jobs to it. Everything below but loop_post() is for the loop thread.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_LOOP_H
#define CORE_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

struct loop;

/* embed; must stay put while watched */
struct loop_watch {
	int fd;
	void (*fn)(struct loop_watch *watch, uint32_t events);
	void *data;
	bool active;
	/* the loop's: a regular file, which epoll does not take, is simply always ready */
	bool always;
	uint32_t events;
	struct loop_watch *next;
};

/* embed, zeroed; one-shot; may be set again from its own function */
struct loop_timer {
	void (*fn)(struct loop_timer *timer);
	void *data;
	int64_t due_ms;
	uint32_t slot; /* the loop's: 1 + index in its heap, 0 when idle */
};

/* embed; posted once at a time */
struct loop_job {
	void (*fn)(struct loop_job *job);
	void *data;
	struct loop_job *next;
};

struct loop *loop_new(void);
/* Jobs still waiting do not run; threads that post must have ended. */
void loop_free(struct loop *loop);
/* Runs until loop_stop(). `spin_us` > 0 busy-polls that long before blocking, adaptively. */
void loop_run(struct loop *loop, unsigned spin_us);
void loop_stop(struct loop *loop); /* before loop_run(): it then returns at once */

/* False, with errno, when the kernel has no room for another watch. */
bool loop_add(struct loop *loop, struct loop_watch *watch, int fd, uint32_t events);
void loop_modify(struct loop *loop, struct loop_watch *watch, uint32_t events);
void loop_remove(struct loop *loop, struct loop_watch *watch); /* no event of it comes after */

void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t after_ms);
void loop_timer_stop(struct loop *loop, struct loop_timer *timer);

/* Runs the job on the loop thread soon; any thread; jobs of one thread keep their order. */
void loop_post(struct loop *loop, struct loop_job *job);
bool loop_inside(const struct loop *loop); /* is this the loop thread? */

/* The loop thread runs code of this plugin from now on, or (NULL) its own again. The name must live
 * as long as the loop. */
void loop_runs_plugin(struct loop *loop, const char *name);
/* Any thread: how long the plugin's code has been running there; 0 and NULL when none does. */
int64_t loop_busy_ms(const struct loop *loop, const char **name);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop: one thread, epoll. It owns all I/O and all state of core; other threads only post
 * jobs to it. Only loop_post() may be called on other threads. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_LOOP_H
#define CORE_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

struct loop;

/* Embed the watch. It must not move while it is in the loop. */
struct loop_watch {
	int fd;
	void (*fn)(struct loop_watch *watch, uint32_t events);
	void *data;
	bool active;
	/* private: a regular file, which epoll does not support, is always ready */
	bool always;
	uint32_t events;
	struct loop_watch *next;
};

/* Embed the timer, zeroed. It runs once; its own function may set it again. */
struct loop_timer {
	void (*fn)(struct loop_timer *timer);
	void *data;
	int64_t due_ms;
	uint32_t slot; /* private: 1 + index in the heap, 0 when idle */
};

/* Embed the job. It must not be posted again before it runs. */
struct loop_job {
	void (*fn)(struct loop_job *job);
	void *data;
	struct loop_job *next;
};

/* embed it: called at the end of each round of the loop */
struct loop_round {
	void (*fn)(struct loop_round *round);
	void *data;
	struct loop_round *next;
};

struct loop *loop_new(void);
/* Frees the loop. Waiting jobs do not run. Threads that post must have ended. */
void loop_free(struct loop *loop);
/* Runs until loop_stop(). With `spin_us` > 0 the loop busy-polls for up to that time before it
 * blocks, if events arrive often. */
void loop_run(struct loop *loop, unsigned spin_us);
/* Ends loop_run(). When it is called before loop_run(), loop_run() returns at once. */
void loop_stop(struct loop *loop);

/* False, with errno, when the kernel has no room for another watch. */
bool loop_add(struct loop *loop, struct loop_watch *watch, int fd, uint32_t events);
void loop_modify(struct loop *loop, struct loop_watch *watch, uint32_t events);
/* Removes a watch. Its function is not called any more, even for events that were already
 * fetched. */
void loop_remove(struct loop *loop, struct loop_watch *watch);

void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t after_ms);
void loop_timer_stop(struct loop *loop, struct loop_timer *timer);

void loop_each_round(struct loop *loop, struct loop_round *round);
void loop_round_end(struct loop *loop, struct loop_round *round);

/* Runs the job on the loop thread soon. Any thread. Jobs of one thread keep their order. */
void loop_post(struct loop *loop, struct loop_job *job);
bool loop_inside(const struct loop *loop); /* is this the loop thread? */

/* Declares that the loop thread now runs code of this plugin, or (NULL) code of the host. The name
 * must live as long as the loop. */
void loop_runs_plugin(struct loop *loop, const char *name);
/* The time for which a plugin's code has been running on the loop thread, and its name. 0 and NULL
 * when no code of a plugin runs. Any thread. */
int64_t loop_busy_ms(const struct loop *loop, const char **name);

#endif

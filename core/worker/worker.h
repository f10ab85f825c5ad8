/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin in its own process, as the host sees it. The process is started at the first call, and
 * again with growing delays after it ended. All on the loop thread.
 *
 * The host keeps enough of each call to begin it again in a new process. An operation whose handle
 * is known continues there. Any other running call fails with the reason.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_WORKER_WORKER_H
#define CORE_WORKER_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "call/runner.h"
#include "worker/channel.h"
#include "worker/output.h"
#include "worker/process.h"

struct provider;
struct refusal;
struct remote;

#define WORKER_START_MS 30000u /* time for a plugin's start() */
/* a step that is still running this long after its call's end counts as stuck */
#define WORKER_GRACE_MS 15000u
#define WORKER_QUIT_MS 1000 /* after this time a worker that should end is killed */
/* number of processes that may end during one step of an operation before the step fails */
#define WORKER_RETRIES 3u

/* worker.c has the functions that change the state, and the states that may follow. */
enum worker_state {
	/* there is no process; the next call starts one, but not before `not_before` */
	WORKER_DOWN,
	WORKER_STARTING, /* the process runs, but has not reported yet that the plugin is loaded */
	WORKER_UP,	 /* the process is ready and runs calls */
	WORKER_ENDING,	 /* the process has closed its socket; its exit status will be known soon */
};

struct worker {
	const struct provider *provider;
	int file;		 /* name of the plugin; borrowed */
	struct refusal *refusal; /* the result of the worker's last start */
	struct loop *loop;
	struct channel channel;
	enum worker_state state; /* only worker_move() writes it */
	struct process process;
	struct worker_output output;
	struct loop_watch death;
	/* a timer: in `starting` and `ending` the process is too slow; in `down` it may start
	 * again */
	struct loop_timer timer;
	struct loop_timer watchdog; /* a timer for steps that are stuck */
	unsigned epoch;		    /* number of processes so far; a call belongs to one of them */
	unsigned failures;	    /* in a row */
	int64_t up_since, not_before;
	char why[512]; /* how the last process ended */
	struct remote **slot;
	uint32_t slots, next_free;
	uint32_t generation;
	struct loop_timer reap; /* a timer until killed processes have ended */
	struct process *dying;
	size_t n_dying;
	int64_t leave_ms;	/* worker_leave(): when the process is killed */
	struct worker *leaving; /* the next one that leaves */
};

/* Makes a worker. `file` is open for the plugin. All arguments are borrowed. NULL with a refusal
 * when there is no worker program. */
struct worker *worker_new(const struct provider *provider, int file, struct refusal *refusal,
			  struct loop *loop);
/* Starts the process and runs the loop until the process is ready, or the plugin is refused. */
void worker_try(struct worker *worker);
void worker_free(struct worker *worker); /* ends the process, and waits for it for a limited time */
/* The same without waiting, for a worker without calls: the loop frees it when its process has
 * ended. NULL is fine. `provider` and `file` of worker_new() are not used any more. */
void worker_leave(struct worker *worker);
void workers_left(void); /* before the loop is freed: waits for those that are leaving */

/* For the calls in the worker (remote.h, replies.h): makes sure that a process runs or will run
 * soon. False when there will be none soon (worker->why). */
bool worker_want(struct worker *worker);
/* The process made an error: ends it. */
void worker_fault(struct worker *worker, const char *why);

#endif

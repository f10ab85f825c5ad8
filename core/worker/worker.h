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
#define WORKER_GRACE_MS 15000u /* a step that still runs this long after its call's end is stuck */
#define WORKER_QUIT_MS 1000    /* after this time a worker that should end is killed */
#define WORKER_RETRIES 3u      /* how many processes one step of an operation may outlive */

/* worker.c says who moves it and what may follow. */
enum worker_state {
	WORKER_DOWN,	 /* no process; the next call starts one, not before `not_before` */
	WORKER_STARTING, /* it runs, and has not said that the plugin is loaded */
	WORKER_UP,	 /* calls run in it */
	WORKER_ENDING,	 /* it has closed its socket; how it ended will be known in a moment */
};

struct worker {
	const struct provider *provider;
	int file;		 /* of the plugin; borrowed */
	struct refusal *refusal; /* from the worker's last start */
	struct loop *loop;
	struct channel channel;
	enum worker_state state; /* only worker_move() writes it */
	struct process process;
	struct worker_output output;
	struct loop_watch death;
	struct loop_timer timer;    /* timer: starting: too slow; ending: the same; down: start
				     * again */
	struct loop_timer watchdog; /* timer for steps that are stuck */
	unsigned epoch;		    /* counts processes; a call belongs to one of them */
	unsigned failures;	    /* in a row */
	int64_t up_since, not_before;
	char why[512]; /* how the last process ended */
	struct remote **slot;
	uint32_t slots, next_free;
	uint32_t generation;
	struct loop_timer reap; /* until killed processes are gone */
	struct process *dying;
	size_t n_dying;
};

/* `file` is open for the plugin; all is borrowed. NULL with a refusal when there is no worker
 * program. */
struct worker *worker_new(const struct provider *provider, int file, struct refusal *refusal,
			  struct loop *loop);
/* Starts its process and runs the loop until it is up, or the plugin is refused. */
void worker_try(struct worker *worker);
void worker_free(struct worker *worker); /* ends the process, and waits for it for a limited time */

/* For the calls in it (remote.h, replies.h): makes sure that a process runs or will. False when
 * there will be none soon (worker->why). */
bool worker_want(struct worker *worker);
/* The process has a fault: ends it. */
void worker_fault(struct worker *worker, const char *why);

#endif

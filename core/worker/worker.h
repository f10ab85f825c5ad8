/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin in a process of its own, seen from the host. Started at the first call, started again
 * with growing delays after it died. All on the loop thread.
 *
 * What the host keeps of each call is enough to begin it again in a new process: an operation whose
 * handle is known goes on there; any other call that was under way fails and says so.
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

#define WORKER_START_MS 30000u /* a plugin's start() may take so long */
#define WORKER_GRACE_MS 15000u /* a step that overran its call's end by this is stuck */
#define WORKER_QUIT_MS 1000    /* after which a worker told to end is killed */
#define WORKER_RETRIES 3u      /* processes that one step of an operation may outlive */

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
	struct refusal *refusal; /* what the worker said at its last start */
	struct loop *loop;
	struct channel channel;
	enum worker_state state; /* only worker_move() writes it */
	struct process process;
	struct worker_output output;
	struct loop_watch death;
	struct loop_timer timer;    /* starting: too slow; ending: the same; down: start again */
	struct loop_timer watchdog; /* for steps that are stuck */
	unsigned epoch;		    /* counts processes; a call belongs to one */
	unsigned failures;	    /* in a row */
	int64_t up_since, not_before;
	char why[512]; /* the last process ended so */
	struct remote **slot;
	uint32_t slots, next_free;
	uint32_t generation;
	struct loop_timer reap; /* until those that were killed are gone */
	struct process *dying;
	size_t n_dying;
};

/* `file` is open on the plugin; all is borrowed. NULL with a refusal when there is no worker
 * program. */
struct worker *worker_new(const struct provider *provider, int file, struct refusal *refusal,
			  struct loop *loop);
/* Starts its process and runs the loop until that is up, or the plugin is refused. */
void worker_try(struct worker *worker);
void worker_free(struct worker *worker); /* ends the process, waits for it a bounded time */

/* For the calls in it (remote.h, replies.h): makes sure that a process runs or will. False when
 * there will be none soon (worker->why). */
bool worker_want(struct worker *worker);
/* The process is at fault: it ends. */
void worker_fault(struct worker *worker, const char *why);

#endif

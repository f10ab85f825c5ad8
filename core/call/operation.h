/* SPDX-License-Identifier: Apache-2.0 */
/* Operations: what a call does whose work goes on remotely between its steps. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CALL_OPERATION_H
#define CORE_CALL_OPERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "run/run.h"

struct call;
struct call_spec;

#define WAIT_MARGIN_MS 2000 /* a hybrid wait ends so long before the deadline */

/* How far the operation of a call is. */
enum operation_state {
	OPERATION_NONE,	    /* the row is none */
	OPERATION_POSSIBLE, /* it may be one: its start is not interrupted */
	OPERATION_RUNS,	    /* it was started, and state->outcome has its handle */
	OPERATION_SEEN,	    /* and a poll got through */
	OPERATION_ALONE, /* one entry on a handle that the caller gave: no wait, no second poll */
};

struct call_operation {
	enum operation_state state;
	struct result interim; /* what a caller who leaves now is told, or empty */
	struct result miss;    /* the last poll, if it did not get through */
	int64_t begun_ms, percent_ms;
	uint32_t interval_ms;	/* between the last two polls, if the plugin did not say it */
	struct loop_timer tick; /* of progress while it runs */
};

/* What follows a step. */
enum follow {
	FOLLOW_ANSWER,	/* its result is the answer of the call */
	FOLLOW_INTERIM, /* what is known so far is the answer: the operation goes on remotely */
	FOLLOW_POLL,	/* a poll, after a pause */
	FOLLOW_STOP,	/* the work is taken off the remote side */
};

void operation_init(struct call *call, const struct call_spec *spec);
void operation_fini(struct call *call);
/* A step has ended with anything but a suspension or questions. `pause_ms` is for FOLLOW_POLL. */
enum follow operation_stepped(struct call *call, struct outcome *outcome, struct result *result,
			      int64_t *pause_ms);
/* Until the next poll, or until the wait of the caller is over. */
void operation_pause(struct call *call, int64_t pause_ms);
/* The pause between two polls is over. */
void operation_continue(struct call *call);
/* The poll has its place in the rate of its upstream. */
void operation_poll(struct call *call);
/* The call is ending, and no step runs: cancels the work, or leaves it to go on. */
void operation_end(struct call *call);
/* The answer while the operation goes on; the call may be gone afterwards. */
void operation_answer(struct call *call);
/* The host ends: the caller is answered soon with what is known. */
void operation_leave(struct call *call);

#endif

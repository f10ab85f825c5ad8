/* SPDX-License-Identifier: Apache-2.0 */
/* Operations: calls whose work continues remotely between the steps. */
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

#define WAIT_MARGIN_MS 2000 /* the hybrid wait ends this long before the deadline */

/* The state of a call's operation. */
enum operation_state {
	OPERATION_NONE,	    /* the row is not an operation */
	OPERATION_POSSIBLE, /* the tool can start an operation: the start is not interrupted */
	OPERATION_RUNS,	    /* the operation was started; state->outcome has its handle */
	OPERATION_SEEN,	    /* and a poll succeeded */
	/* the call runs one entry for a handle that its caller gave: no wait, no second poll */
	OPERATION_ALONE,
};

struct call_operation {
	enum operation_state state;
	struct result interim; /* the text for a caller whose wait ends now, or empty */
	struct result miss;    /* the error of the last poll, if it failed */
	int64_t begun_ms, percent_ms;
	bool leaves_early;	/* see struct call_spec */
	uint32_t interval_ms;	/* time between the last two polls, if the plugin did not give
				 * one */
	struct loop_timer tick; /* for progress while it runs */
};

/* What follows after a step. */
enum follow {
	FOLLOW_ANSWER,	/* the result of the step is the answer of the call */
	FOLLOW_INTERIM, /* the known text is the answer: the operation continues remotely */
	FOLLOW_POLL,	/* a poll, after a pause */
	FOLLOW_STOP,	/* the remote work is cancelled */
};

void operation_init(struct call *call, const struct call_spec *spec);
void operation_fini(struct call *call);
/* A step has ended with an outcome other than a suspension or questions. `pause_ms` is for
 * FOLLOW_POLL. */
enum follow operation_stepped(struct call *call, struct outcome *outcome, struct result *result,
			      int64_t *pause_ms);
/* Waits until the next poll, or until the wait of the caller is over. */
void operation_pause(struct call *call, int64_t pause_ms);
/* Called when the pause between two polls is over. */
void operation_continue(struct call *call);
/* Called when the rate limit of the upstream allows the poll. */
void operation_poll(struct call *call);
/* Called when the call is ending and no step runs: cancels the remote work, or leaves it
 * running. */
void operation_end(struct call *call);
/* Answers while the operation continues; the call may be gone afterwards. */
void operation_answer(struct call *call);
/* The host stops: the caller is answered soon with the known text, or the work is cancelled. */
void operation_leave(struct call *call);
/* Cancels the remote work of a call that is not ending. */
void operation_stop(struct call *call);
/* The process ends: the call may still run, and its operation is left. */
void operation_abandon(struct call *call);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a call, between the files that drive it. All of it is the loop thread's. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CALL_STATE_H
#define CORE_CALL_STATE_H

#include "base/arena.h"
#include "base/loop.h"
#include "call/call.h"

#define CLEANUP_MS 10000      /* after cancel or deadline, for requests marked CLEANUP */
#define GRACE_MS 1000	      /* between a deadline and the answer, for the step to say why */
#define CLEANUP_STEPS_MAX 16u /* steps without clean-up that a cancelled call may still take */
#define WAIT_DEFAULT_MS 20000
#define WAIT_MARGIN_MS 2000 /* a hybrid wait ends so long before the deadline */
#define PRINCIPALS_KEPT 64u
#define INLINE_MAX_MS 100 /* a step on the loop thread that takes longer was the row's last there */
#define SLOW_ROWS_MAX 64u

enum phase {
	PHASE_NEW,	 /* not started */
	PHASE_STEP,	 /* the runner has a step under way */
	PHASE_SUSPENDED, /* requests or a wait; the next step follows */
	PHASE_PAUSED,	 /* an operation between two polls */
	PHASE_ASKING,	 /* the owner has the questions */
	PHASE_OVER,	 /* nothing more will run */
};

/* How many steps of a principal run, for its cap, and the calls that wait for their first one. */
struct principal_use {
	char name[PRINCIPAL_NAME_MAX];
	unsigned steps, entering; /* entering: taken off the queue, to run from the loop */
	size_t calls;
	struct call *queue, **queue_end;
	struct principal_use *next;
};

/* At most 50 polls a second and upstream. */
struct poll_rate {
	char *upstream;
	int64_t next_ms;
	struct poll_rate *next;
};

struct calls {
	struct loop *loop;
	const struct config *config;
	struct egress *egress;
	struct pool *pool;
	const struct row *slow[SLOW_ROWS_MAX]; /* whose steps took too long on the loop thread */
	size_t n_slow;
	struct call *first; /* unfinished ones, newest first */
	size_t count;
	struct principal_use *uses;
	size_t n_uses;
	struct poll_rate *rates;
	unsigned id_prefix;
	uint64_t next_id;
	int64_t cleanup_ms, grace_ms; /* CLEANUP_MS and GRACE_MS, but in tests */
	bool draining;
	struct loop_timer drain_timer;
	unsigned drain_stage;
	void (*drained)(void *data);
	void *drained_data;
};

/* A request under way for a suspension. */
struct fetch {
	struct call *call;
	struct transfer *transfer; /* NULL: ended */
	size_t index;
	bool keep; /* goes on when the call is cancelled */
};

/* A request under way for a step that waits for it. */
struct call_fetch {
	struct call *call;
	struct transfer *transfer; /* NULL: refused */
	bool keep;
	enum mcp_status refused;
	egress_sink_fn sink;
	egress_done_fn done;
	void *data;
	struct loop_timer refuse;
	struct call_fetch *next;
};

struct call_state {
	struct call *next, **link; /* of calls->first */
	const struct runner *runner;
	void *handle;
	struct principal_use *use;
	struct call *queue_next, **queue_link; /* of use->queue; link NULL: not in it */
	bool entering;
	char *traceparent;
	char *notes; /* for the end of the answer, or NULL */
	enum phase phase;
	enum entry entry; /* the last one that was not ENTRY_NEXT */
	bool operation;	  /* may be one: its start is not interrupted */
	bool alone;	  /* one entry on a handle, no hybrid wait */
	bool begun;	  /* the operation runs remotely: `working` has its handle */
	bool cancelled, timed_out, budget_over;
	bool freed, answered;
	bool wants_progress;
	int64_t deadline_ms, wait_until_ms, cleanup_until_ms;
	int64_t asked_ms; /* when the questions went out: human time stops the clock */
	int wait_ms;
	unsigned idle_steps;	 /* since cancelled */
	char *answers;		 /* for the next entry, or NULL */
	struct loop_timer limit; /* deadline, grace, end of clean-up */
	struct loop_timer wait;	 /* of a suspension or between polls; also puts off what must not
				    happen within the caller's stack */

	/* the suspension under way, in `arena` */
	struct arena *arena;
	struct mcp_reply *reply;
	struct fetch *fetch;
	size_t fetches, pending;
	bool waiting;
	struct call_fetch *blocking;

	/* what the owner is shown */
	struct result result;
	struct outcome outcome; /* questions, or the operation that goes on */

	/* operation.c */
	struct result interim; /* what a caller who leaves now is told */
	bool has_interim;
	bool seen;	    /* a poll got through */
	struct result miss; /* the last poll, if it did not get through */
	int64_t begun_ms, percent_ms;
	uint32_t interval_ms;
	bool slot;	   /* the next poll has its place in the rate */
	bool own_progress; /* the plugin reports some */
	struct loop_timer tick;

	/* progress.c */
	double progress;
	bool progressed;
	unsigned progress_tokens;
	int64_t progress_ms;
};

static inline bool
call_ending(const struct call *call)
{
	return call->state->cancelled || call->state->timed_out;
}

/* call.c */
void call_run(struct call *call, enum entry entry); /* an entry, or the next step */
void call_finish(struct call *call);		    /* state->result is final */
void call_fail(struct call *call, enum mcp_status status, const char *what, const char *why,
	       const char *next);
void call_later(struct call *call, int64_t after_ms); /* continues from the loop */

/* suspend.c */
void suspend_begin(struct call *call, const struct outcome *outcome);
void suspend_cut(struct call *call, bool all); /* ends requests and waits; all: clean-up too */
void suspend_forget(struct call *call);	       /* after the step that had the replies */
void suspend_end(struct call *call);	       /* the call goes; whoever waits is told now */

/* operation.c */
bool operation_stepped(struct call *call, struct outcome *outcome, struct result *result);
void operation_continue(struct call *call); /* the pause between polls is over */
void operation_leave(struct call *call);    /* the wait ends now: interim answer */
void operation_init(struct call *call, const struct call_spec *spec);

/* progress.c */
void progress_send(struct call *call, double done, double total, const char *message);

#endif

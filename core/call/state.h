/* SPDX-License-Identifier: Apache-2.0 */
/* The private part of a call, shared by the files that drive it. Loop thread only. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CALL_STATE_H
#define CORE_CALL_STATE_H

#include <sys/queue.h>

#include "base/hash.h"
#include "base/loop.h"
#include "base/principal.h"
#include "call/call.h"
#include "call/operation.h"
#include "call/progress.h"
#include "call/runner.h"
#include "call/suspend.h"
#include "metrics/trace.h"

struct limits;
struct limits_ticket;
struct pool;
struct snapshot;

#define CLEANUP_MS 10000 /* time for requests marked CLEANUP, after cancel or deadline */
/* time between a deadline and the answer, so that the step can explain it */
#define GRACE_MS 1000
#define SLOW_ROWS_MAX 64u

/* The number of running steps of a principal, for its cap, and the calls that wait for their first
 * step. */
struct principal_use {
	char name[PRINCIPAL_NAME_MAX];
	unsigned steps;	   /* in PHASE_STEP */
	unsigned entering; /* in PHASE_ENTERING */
	size_t calls;
	struct call *queue, **queue_end; /* calls in PHASE_QUEUED, the oldest first */
	struct hash_link by_name;	 /* in calls->uses */
	/* link in calls->idle, the list of principals without calls */
	TAILQ_ENTRY(principal_use) idle;
};

/* The polls of one upstream: at most 50 a second. Two kinds share them: polls that are reserved in
 * turn (waiting calls and watches), and polls that a client asks for (tasks/get), which are made at
 * once or not at all. Each kind is sure of half of them. */
struct poll_rate {
	char *upstream;
	int64_t next_ms;   /* the next place in turn */
	int64_t second_ms; /* when the current second began */
	/* in this second: polls that clients asked for, those of them that were made, and reserved
	 * ones; the former two also in the second before */
	unsigned asked, made, reserved, asked_before, made_before, reserved_before;
	struct poll_rate *next;
};

enum drain_state {
	DRAIN_NOT,
	DRAIN_WAITS, /* drain, first part: no new calls; running calls may end by themselves */
	/* drain, second part: the remaining calls are cancelled and may clean up */
	DRAIN_CANCELLED,
	DRAIN_OVER, /* `drained` was called */
};

struct calls {
	struct loop *loop;
	struct snapshot *snapshot;	       /* of new calls */
	struct pool *pool;		       /* or NULL */
	struct limits *limits;		       /* or NULL */
	const struct row *slow[SLOW_ROWS_MAX]; /* rows whose steps took too long on the loop
					        * thread */
	size_t n_slow;
	struct call *first; /* unfinished calls, newest first */
	size_t count;
	size_t queued;	  /* those in PHASE_QUEUED */
	struct hash uses; /* the uses of all principals, by name */
	/* uses without calls; the one without calls for the longest time comes first */
	TAILQ_HEAD(idle_uses, principal_use) idle;
	struct poll_rate *rates;
	struct hash left; /* operations that continue without a call, by tool and handle */
	TAILQ_HEAD(left_entries, left_entry) left_by_age; /* the oldest first */
	size_t left_more;				  /* entries that were dropped */
	unsigned id_prefix;
	uint64_t next_id;
	int64_t cleanup_ms, grace_ms; /* CLEANUP_MS and GRACE_MS; tests set other values */
	enum drain_state drain;
	struct loop_timer drain_timer;
	void (*drained)(void *data);
	void *drained_data;
};

/* The current activity of a call. The table in life.c has the functions that change it and the
 * phases that may follow. */
enum phase {
	PHASE_NEW,
	PHASE_QUEUED,
	PHASE_ENTERING,
	PHASE_STEP,
	PHASE_STEPPED,
	PHASE_SUSPENDED,
	PHASE_PAUSED,
	PHASE_POLL_DUE,
	PHASE_ASKING,
	PHASE_OVER,
	PHASE_CUT,
	PHASES
};

/* Why a call ends before its steps are done. */
enum ending {
	ENDING_NOT,
	ENDING_LATE,	  /* its deadline is over; the call may also be cancelled later */
	ENDING_CANCELLED, /* the client or the host cancelled it */
};

/* What the owner knows, and whether it still exists. */
enum owner {
	OWNER_WAITS,	/* for `done` */
	OWNER_ANSWERED, /* the owner got `done`, and must still call call_free() */
	/* the owner called call_free() before `done`: the call cleans up without an owner */
	OWNER_LEFT,
	OWNER_DONE, /* the owner got `done` and called call_free(); the call still cleans up */
};

struct call_state {
	struct call *next, **link; /* of calls->first */
	const struct runner *runner;
	void *handle; /* the runner's own data about the call */
	struct principal_use *use;
	/* the place of the call in use->queue, in PHASE_QUEUED */
	struct call *queue_next, **queue_link;
	char *traceparent;
	struct trace_place trace;     /* the call's span; with traces_on() */
	struct buf requests;	      /* ids of requests to upstreams, for the audit log */
	unsigned reused;	      /* number of their replies that other requests had brought */
	bool fresh;		      /* replies in memory are not used */
	int64_t fresh_until_ms;	      /* see call_fresh_ms(); 0: no request was sent */
	struct limits_ticket *ticket; /* until the call has spent, or NULL */
	bool began;		      /* it has started an operation */
	int64_t asked_for_ms;	      /* time for which people were asked */
	char *notes;		      /* text added at the end of the answer, or NULL */

	enum phase phase; /* only call_move() writes it */
	enum ending ending;
	enum owner owner;
	enum entry entry;  /* the last entry that was not ENTRY_NEXT */
	bool cleanup_over; /* the time for the clean-up of an ending call is over too */
	int64_t deadline_ms, wait_until_ms, cleanup_until_ms;
	int64_t asked_ms; /* when the questions were sent: the clock stops while a person
				  * answers */
	/* number of steps without clean-up that ran while the call was ending */
	unsigned idle_steps;
	char *answers; /* the input for the next entry, or NULL */
	/* the timer for the deadline, then the grace, then the end of the clean-up */
	struct loop_timer limit;
	struct loop_timer wait; /* the timer of the phase: see the table in life.c */

	/* the result that the owner gets */
	struct result result;
	struct outcome outcome; /* the questions, or the operation that continues */

	struct call_suspension suspension;
	struct call_operation operation;
	struct call_progress progress;
};

static inline bool
call_ending(const struct call *call)
{
	return call->state->ending != ENDING_NOT;
}

static inline bool
call_answered(const struct call *call)
{
	return call->state->owner == OWNER_ANSWERED || call->state->owner == OWNER_DONE;
}

#endif

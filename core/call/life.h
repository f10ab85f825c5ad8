/* SPDX-License-Identifier: Apache-2.0 */
/* The phases of a call, the functions that change them, and the end of a call. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CALL_LIFE_H
#define CORE_CALL_LIFE_H

#include "call/state.h"

/* number of steps without clean-up that a call may still run while it is ending */
#define CLEANUP_STEPS_MAX 16u

/* Moves the call to another phase. A move that the table does not allow ends the process. */
void call_move(struct call *call, enum phase to);
/* Runs a step: an entry, or ENTRY_NEXT. The call may be gone when this returns. */
void call_run(struct call *call, enum entry entry);
/* The loop continues the call later, as its phase requires; this function itself runs no step. */
void call_later(struct call *call, int64_t after_ms);
/* The function of the phase's timer, for call_new(). */
void call_wake(struct loop_timer *timer);

/* Replaces the result by a failure from the host. Does not end the call. */
void call_fail(struct call *call, enum mcp_status status, const char *what, const char *why,
	       const char *next);
/* Replaces the result by the failure that says that the deadline is over. */
void call_fail_late(struct call *call);
/* Tells a waiting owner that state->result is final. The call may be gone afterwards. */
void call_tell(struct call *call);
/* Call this when nothing more will run: it tells the owner, or frees the call when there is no
 * owner. */
void call_finish(struct call *call);
/* Frees a call that is in its last phase. */
void call_release(struct call *call);
/* Frees a call in any phase. Its loop must not run afterwards. */
void call_cut(struct call *call);

/* Runners report here that a step has ended, with its outcome and result. Both are borrowed until
 * the next step or the end. This function may move their contents out; it leaves them valid and
 * empty. */
void call_stepped(struct call *call, struct outcome *outcome, struct result *result);

#endif

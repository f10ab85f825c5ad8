/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a call: its phases, the functions that change them, and its end. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CALL_LIFE_H
#define CORE_CALL_LIFE_H

#include "call/state.h"

#define CLEANUP_STEPS_MAX 16u /* steps without clean-up that an ending call may still run */

/* Moves the call to another phase. A move that the table does not allow ends the process. */
void call_move(struct call *call, enum phase to);
/* Runs a step: an entry, or ENTRY_NEXT. The call may be gone when this returns. */
void call_run(struct call *call, enum entry entry);
/* The loop continues the call later, as its phase requires; nothing happens inside this
 * function. */
void call_later(struct call *call, int64_t after_ms);
/* The timer of the phase, for call_new(). */
void call_wake(struct loop_timer *timer);

/* Replaces the result by a failure from the host. Does not end the call. */
void call_fail(struct call *call, enum mcp_status status, const char *what, const char *why,
	       const char *next);
/* The same for a call whose deadline is over. */
void call_fail_late(struct call *call);
/* Tells a waiting owner that state->result is final. The call may be gone afterwards. */
void call_tell(struct call *call);
/* Nothing more will run: tells the owner, or frees the call when there is none. */
void call_finish(struct call *call);
/* Frees a call in its last phase. */
void call_release(struct call *call);
/* Frees a call in any phase; its loop must not run any more. */
void call_cut(struct call *call);

/* From runners: the step has ended, with this outcome and result. Both are borrowed until the next
 * step or end. Their contents may be moved out; what remains is valid and empty. */
void call_stepped(struct call *call, struct outcome *outcome, struct result *result);

#endif

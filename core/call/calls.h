/* SPDX-License-Identifier: Apache-2.0 */
/* The host's calls together: caps, principals, the drain. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CALL_CALLS_H
#define CORE_CALL_CALLS_H

#include "call/state.h"

/* NULL when one more call may be made; then `use` is its principal's. */
const char *calls_admit(struct calls *calls, const struct principal *principal,
			struct principal_use **use);
void calls_add(struct calls *calls, struct call *call);
void calls_remove(struct calls *calls, struct call *call);
/* May its first step run now? Otherwise it waits in the queue of its principal until call_later()
 * is done to it, and then, or when it is to end first, it leaves the queue. */
bool calls_enter(struct call *call);
void calls_leave_queue(struct call *call);
/* A step has ended: those go on that fit. */
void calls_next(struct calls *calls, struct principal_use *use);
/* Milliseconds until a poll of this upstream fits into its rate; takes the place. */
int64_t calls_poll_delay(struct calls *calls, const char *upstream);

#endif

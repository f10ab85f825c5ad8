/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which calls run: the caps on calls and on the steps of a principal, and the rate of
 * polls. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CALL_TURNS_H
#define CORE_CALL_TURNS_H

#include "call/state.h"

/* NULL when one more call is allowed; `use` is then the entry of its principal. Otherwise the
 * reason. */
const char *turns_admit(struct calls *calls, const struct principal *principal,
			struct principal_use **use);
/* May its first step run now? Otherwise it must wait in PHASE_QUEUED. */
bool turns_has_room(const struct call *call);
/* call_move() calls this. It counts the principal's calls, and starts waiting calls for which there
 * is room. */
void turns_moved(struct call *call, enum phase from, enum phase to);
/* Milliseconds until the rate limit of this upstream allows a poll. Reserves that poll, unless it
 * would be later than in `most_ms`. */
int64_t turns_poll_delay(struct calls *calls, const char *upstream, int64_t most_ms);
/* May a poll be made now because a client asked for the state of its task? When more is asked for
 * than may be polled, chance decides, so that each task has its turn whatever the order of the
 * clients. */
bool turns_may_look(struct calls *calls, const char *upstream);
/* Called when a call of this principal begins and when it ends. */
void turns_joined(struct calls *calls, struct principal_use *use);
void turns_left(struct calls *calls, struct principal_use *use);
void turns_fini(struct calls *calls);

#endif

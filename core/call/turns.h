/* SPDX-License-Identifier: Apache-2.0 */
/* Whose turn it is: the caps on calls and on the steps of a principal, and the rate of polls. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CALL_TURNS_H
#define CORE_CALL_TURNS_H

#include "call/state.h"

/* NULL when one more call may be made; then `use` is its principal's. Otherwise why not. */
const char *turns_admit(struct calls *calls, const struct principal *principal,
			struct principal_use **use);
/* May its first step run now? Otherwise it has to wait in PHASE_QUEUED for its turn. */
bool turns_has_room(const struct call *call);
/* From call_move(): counts what the principal has under way, and lets those enter that fit. */
void turns_moved(struct call *call, enum phase from, enum phase to);
/* Milliseconds until a poll of this upstream fits into its rate; takes the place. */
int64_t turns_poll_delay(struct calls *calls, const char *upstream);
void turns_fini(struct calls *calls);

#endif

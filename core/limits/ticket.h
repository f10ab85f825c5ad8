/* SPDX-License-Identifier: Apache-2.0 */
/* The part of one call in its accounts. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_LIMITS_TICKET_H
#define CORE_LIMITS_TICKET_H

#include "limits/inside.h"

/* For `own` and the accounts that it shares. Nothing is counted yet. */
struct limits_ticket *ticket_new(struct limits *limits, struct account *own, unsigned cost);
void ticket_free(struct limits_ticket *ticket);
/* Counts a running call, if there is room for one in each account. */
bool ticket_hold(struct limits_ticket *ticket, struct limits_refusal *refusal);
/* The call does not run any more. */
void ticket_release(struct limits_ticket *ticket);
/* Takes a call and the advance from each account of this process, or from none. */
bool ticket_enter(struct limits_ticket *ticket, struct limits_refusal *refusal);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Limits with a store. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_LIMITS_SHARED_H
#define CORE_LIMITS_SHARED_H

#include "limits/inside.h"

/* Connects to the store, if the settings have one. */
void shared_start(struct limits *limits);
void shared_stop(struct limits *limits);
/* Asks the store. False: it is away. */
bool shared_admit(struct limits_ticket *ticket, struct limits_wait *wait);
/* The store is away: may the call begin all the same? Then it is counted here. */
bool shared_without(struct limits_ticket *ticket, struct limits_refusal *refusal);
/* Takes the ticket, and frees it when the store knows what was spent. */
void shared_spend(struct limits_ticket *ticket, const uint64_t spent[COSTS]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What a call has spent of the budgets of its principal (limits/limits.h). */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CALL_SPEND_H
#define CORE_CALL_SPEND_H

struct call;
struct limits_ticket;
struct row;

/* The call has begun. It takes the ticket; NULL: it makes one of its own, if its tool costs. */
void spend_begin(struct call *call, struct limits_ticket *ticket);
/* The call has its answer. */
void spend_end(struct call *call);
/* The call is freed; it has spent nothing, unless spend_end() was called before. */
void spend_nothing(struct call *call);
/* What calls of the row may spend: COST() bits. */
unsigned spend_cost(const struct row *row);

#endif

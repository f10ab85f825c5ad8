/* SPDX-License-Identifier: Apache-2.0 */
#include "limits/ticket.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"

struct limits_ticket *
ticket_new(struct limits *limits, struct account *own, unsigned cost)
{
	struct limits_ticket *ticket =
	    xcalloc(1, sizeof(*ticket) + (1 + own->joints) * sizeof(struct account *));
	const int64_t day = limits->wall_ms() / LIMITS_DAY_MS;

	ticket->limits = limits;
	ticket->cost = cost;
	ticket->day = day;
	ticket->account[ticket->accounts++] = own;
	for (size_t i = 0; i < own->joints; i++)
		ticket->account[ticket->accounts++] = own->joint[i];
	for (size_t i = 0; i < ticket->accounts; i++) {
		ticket->account[i]->tickets++;
		account_on_day(ticket->account[i], day);
	}
	return ticket;
}

void
ticket_release(struct limits_ticket *ticket)
{
	for (size_t i = 0; ticket->held && i < ticket->accounts; i++) {
		CHECK(ticket->account[i]->running > 0);
		ticket->account[i]->running--;
	}
	ticket->held = false;
}

void
ticket_free(struct limits_ticket *ticket)
{
	ticket_release(ticket);
	for (size_t i = 0; i < ticket->accounts; i++) {
		CHECK(ticket->account[i]->tickets > 0);
		ticket->account[i]->tickets--;
	}
	free(ticket);
}

bool
ticket_hold(struct limits_ticket *ticket, struct limits_refusal *refusal)
{
	for (size_t i = 0; i < ticket->accounts; i++)
		if (!account_has_room(ticket->account[i], refusal))
			return false;
	for (size_t i = 0; i < ticket->accounts; i++)
		ticket->account[i]->running++;
	ticket->held = true;
	return true;
}

bool
ticket_enter(struct limits_ticket *ticket, struct limits_refusal *refusal)
{
	const int64_t wall_ms = ticket->limits->wall_ms(), now_ms = ticket->limits->ms();
	size_t taken = 0;

	for (size_t i = 0; i < ticket->accounts; i++)
		if (!account_has_budget(ticket->account[i], ticket->cost, wall_ms, refusal))
			return false;
	while (taken < ticket->accounts &&
	       account_take_call(ticket->account[taken], now_ms, refusal))
		taken++;
	if (taken < ticket->accounts) {
		while (taken > 0)
			bucket_return(&ticket->account[--taken]->calls);
		return false;
	}
	ticket->advance = (ticket->cost & COST(COST_CLUSTER_STARTS)) != 0;
	for (size_t i = 0; i < ticket->accounts; i++)
		ticket->account[i]->used[COST_CLUSTER_STARTS] += ticket->advance;
	return true;
}

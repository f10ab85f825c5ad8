/* SPDX-License-Identifier: Apache-2.0 */
#include "call/spend.h"

#include "base/clock.h"
#include "base/cost.h"
#include "call/call.h"
#include "call/state.h"
#include "config/config.h"
#include "config/snapshot.h"
#include "limits/limits.h"

/* A row that is published for the operation of a tool starts nothing itself. */
unsigned
spend_cost(const struct row *row)
{
	const struct row *tool = row->tool != NULL ? row->tool : row;

	return row->part == ROW_WHOLE ? tool->cost : tool->cost & ~COST(COST_CLUSTER_STARTS);
}

void
spend_begin(struct call *call, struct limits_ticket *ticket)
{
	struct call_state *state = call->state;
	const unsigned cost = spend_cost(call->row);

	if (call->calls->limits == NULL)
		return;
	if (ticket == NULL && cost != 0)
		ticket = limits_follow(call->calls->limits, &call->principal, cost);
	state->ticket = ticket;
}

/* The time of the call without that of people. The host does not see how long an operation goes on
 * after the call that started it, so a fixed time is added for it. */
static int64_t
time_spent(const struct call *call)
{
	const struct call_state *state = call->state;
	const int64_t own_ms = (clock_us() - call->started_us) / 1000 - state->asked_for_ms;
	const bool left = state->began && state->outcome.kind == OUTCOME_WORKING;

	return (own_ms > 0 ? own_ms : 0) +
	       (left ? INT64_C(1000) * call->snapshot->config->limits.left_statement_s : 0);
}

void
spend_end(struct call *call)
{
	struct call_state *state = call->state;
	const struct result *result = &state->result;
	uint64_t spent[COSTS];

	if (state->ticket == NULL)
		return;
	spent[COST_ROWS] = result->rows > 0 ? (uint64_t)result->rows : 0;
	spent[COST_BYTES] = result->text_len + result->blob_len;
	spent[COST_STATEMENT_SECONDS] = (uint64_t)time_spent(call);
	/* a call whose time is over may have started something */
	spent[COST_CLUSTER_STARTS] =
	    state->entry != ENTRY_CANCEL &&
	    (state->began || !result->failed || state->ending == ENDING_LATE);
	limits_settle(state->ticket, spent);
	state->ticket = NULL;
}

void
spend_nothing(struct call *call)
{
	limits_settle(call->state->ticket, NULL);
	call->state->ticket = NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "limits/shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "limits/hiredis_api.h"
#include "limits/ticket.h"
#include "limits/tls.h"

/* A question to the store. */
struct limits_asked {
	struct limits *limits;
	struct limits_ticket *ticket; /* NULL: whether a text was used */
	struct limits_wait *wait;     /* NULL: its owner has left */
};

bool
limits_can_share(bool tls, char *why, size_t why_size)
{
	return tls ? tls_open(why, why_size) : hiredis_open(why, why_size) != NULL;
}

bool
limits_shared(const struct limits *limits)
{
	return limits != NULL && limits->store != NULL;
}

/* ---- while the store is away ---------------------------------------------------------------- */

static void
refuse_away(const struct limits *limits, struct limits_refusal *refusal)
{
	refusal->limit = "store";
	refusal->where = NULL;
	snprintf(refusal->what, sizeof(refusal->what), "The budgets cannot be looked up now");
	snprintf(refusal->why, sizeof(refusal->why),
		 "The store of limits (%s) cannot be reached, and such calls are then refused",
		 limits->settings.store->name);
	snprintf(refusal->next, sizeof(refusal->next),
		 "Call again in a minute, or tell the administrator%s",
		 limits->settings.refuse_others ? "" : ". Tools that only read still work");
	refusal->retry_ms = 60000;
}

bool
shared_without(struct limits_ticket *ticket, struct limits_refusal *refusal)
{
	struct limits *limits = ticket->limits;

	if ((ticket->cost & COST_MONEY) != 0 ? limits->settings.refuse_costly
					     : limits->settings.refuse_others) {
		refuse_away(limits, refusal);
		return false;
	}
	limits->without++;
	return ticket_enter(ticket, refusal);
}

/* ---- admission ------------------------------------------------------------------------------ */

static void
refuse(struct limits_ticket *ticket, const struct remote_decision *decision,
       struct limits_refusal *refusal)
{
	const struct account *account = ticket->account[decision->account];

	if (decision->verdict == REMOTE_BUDGET)
		account_refuse_budget(account, decision->cost, ticket->limits->wall_ms(), refusal);
	else
		account_refuse_rate(account, decision->wait_ms, refusal);
}

/* False with the refusal. */
static bool
allowed(struct limits_ticket *ticket, const struct store_reply *reply,
	struct limits_refusal *refusal)
{
	struct remote_decision decision;

	if (reply == NULL)
		return shared_without(ticket, refusal);
	if (!remote_read(reply, ticket->account, ticket->accounts, &decision)) {
		log_event(LOG_ERROR, "limits-store-refuses", "why", "s",
			  reply->error != NULL ? reply->error : "its answer has another form",
			  NULL);
		return shared_without(ticket, refusal);
	}
	if (decision.verdict != REMOTE_ALLOWED) {
		refuse(ticket, &decision, refusal);
		return false;
	}
	ticket->shared = true;
	ticket->day = decision.day;
	ticket->advance = (ticket->cost & COST(COST_CLUSTER_STARTS)) != 0;
	return true;
}

static void
tell(struct limits_asked *asked)
{
	struct limits_wait *wait = asked->wait;

	free(asked);
	wait->asked = NULL;
	wait->fn(wait);
}

static void
admitted(void *data, const struct store_reply *reply)
{
	struct limits_asked *asked = data;
	struct limits_refusal unread = { .retry_ms = -1 };
	struct limits_ticket *ticket = asked->ticket;
	const bool fine =
	    allowed(ticket, reply, asked->wait != NULL ? &asked->wait->refusal : &unread);

	if (asked->wait == NULL) {
		free(asked);
		if (fine)
			limits_settle(ticket, NULL);
		else
			ticket_free(ticket);
		return;
	}
	asked->wait->verdict = fine ? LIMITS_ADMITTED : LIMITS_REFUSED;
	asked->wait->ticket = fine ? ticket : NULL;
	if (!fine)
		ticket_free(ticket);
	tell(asked);
}

static struct limits_asked *
asked_new(struct limits *limits, struct limits_ticket *ticket, struct limits_wait *wait)
{
	struct limits_asked *asked = xcalloc(1, sizeof(*asked));

	asked->limits = limits;
	asked->ticket = ticket;
	asked->wait = wait;
	wait->asked = asked;
	return asked;
}

bool
shared_admit(struct limits_ticket *ticket, struct limits_wait *wait)
{
	struct limits *limits = ticket->limits;
	struct limits_asked *asked = asked_new(limits, ticket, wait);

	if (remote_admit(limits->store, limits->settings.prefix, ticket->account, ticket->accounts,
			 ticket->cost, admitted, asked))
		return true;
	wait->asked = NULL;
	free(asked);
	return false;
}

void
limits_wait_end(struct limits_wait *wait)
{
	if (wait->asked != NULL)
		wait->asked->wait = NULL;
	wait->asked = NULL;
}

/* ---- texts that may be used once ------------------------------------------------------------- */

static void
looked(void *data, const struct store_reply *reply)
{
	struct limits_asked *asked = data;

	if (asked->wait == NULL) {
		free(asked);
		return;
	}
	asked->wait->verdict = LIMITS_REFUSED;
	if (reply == NULL || reply->error != NULL)
		refuse_away(asked->limits, &asked->wait->refusal);
	else if (reply->number[0] == 1)
		asked->wait->verdict = LIMITS_ADMITTED;
	tell(asked);
}

enum limits_verdict
limits_use_once(struct limits *limits, const char *text, unsigned ttl_s, struct limits_wait *wait)
{
	struct limits_asked *asked;

	CHECK(limits_shared(limits));
	wait->refusal = (struct limits_refusal){ .retry_ms = -1 };
	wait->ticket = NULL;
	asked = asked_new(limits, NULL, wait);
	wait->verdict = LIMITS_LATER;
	if (!remote_once(limits->store, limits->settings.prefix, text, ttl_s, looked, asked)) {
		wait->asked = NULL;
		free(asked);
		refuse_away(limits, &wait->refusal);
		wait->verdict = LIMITS_REFUSED;
	}
	return wait->verdict;
}

/* ---- spending ------------------------------------------------------------------------------- */

/* What the store did not take is sent when it is there again. When its answer was lost, this may
 * count twice. */
static void
keep_unsent(struct limits_ticket *ticket)
{
	for (size_t i = 0; i < ticket->accounts; i++)
		for (unsigned c = 0; c < COSTS; c++)
			ticket->account[i]->unsent[c] += ticket->spending.spent[c];
	ticket_free(ticket);
}

static void
spent_there(void *data, const struct store_reply *reply)
{
	struct limits_ticket *ticket = data;
	struct remote_decision decision;

	if (reply == NULL || !remote_read(reply, ticket->account, ticket->accounts, &decision))
		keep_unsent(ticket);
	else
		ticket_free(ticket);
}

static void
send_spending(struct limits_ticket *ticket)
{
	struct limits *limits = ticket->limits;

	if (!remote_spend(limits->store, limits->settings.prefix, ticket->account, ticket->accounts,
			  &ticket->spending, spent_there, ticket))
		keep_unsent(ticket);
}

void
shared_spend(struct limits_ticket *ticket, const uint64_t spent[COSTS])
{
	bool anything = ticket->shared && ticket->advance > 0;

	ticket->spending =
	    (struct remote_spending){ .day = ticket->day,
				      .advance = ticket->shared ? ticket->advance : 0 };
	for (unsigned i = 0; spent != NULL && i < COSTS; i++) {
		if ((ticket->cost & COST(i)) == 0)
			continue;
		ticket->spending.spent[i] = spent[i];
		anything |= spent[i] > 0;
	}
	if (anything)
		send_spending(ticket);
	else
		ticket_free(ticket);
}

static void
flush_account(struct limits *limits, struct account *account)
{
	const size_t joints = account->joints;
	struct limits_ticket *ticket;
	uint64_t all = 0;

	for (unsigned i = 0; i < COSTS; i++)
		all |= account->unsent[i];
	if (all == 0)
		return;
	account->joints = 0; /* each account has its own part */
	ticket = ticket_new(limits, account, 0);
	account->joints = joints;
	memcpy(ticket->spending.spent, account->unsent, sizeof(account->unsent));
	memset(account->unsent, 0, sizeof(account->unsent));
	send_spending(ticket);
}

static void
on_ready(void *data)
{
	struct limits *limits = data;
	struct account *account;

	for (account = TAILQ_FIRST(&limits->by_age); account != NULL;
	     account = TAILQ_NEXT(account, age))
		flush_account(limits, account);
	for (size_t i = 0; i < limits->settings.rules; i++)
		if (limits->joint[i] != NULL)
			flush_account(limits, limits->joint[i]);
}

void
shared_start(struct limits *limits)
{
	const struct limits_settings *settings = &limits->settings;
	char why[256];

	if (settings->store == NULL)
		return;
	limits->store = store_new(settings->store, settings->loop, settings->pool, on_ready, limits,
				  why, sizeof(why));
	CHECK(limits->store != NULL); /* limits_can_share() was true */
}

void
shared_stop(struct limits *limits)
{
	store_free(limits->store);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "limits/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "limits/inside.h"
#include "limits/shared.h"
#include "limits/ticket.h"

/* ---- making --------------------------------------------------------------------------------- */

static void
join_rule(struct limits *limits, size_t i)
{
	const struct limits_rule *rule = &limits->settings.rule[i];
	struct account *account = xcalloc(1, sizeof(*account));

	snprintf(account->name, sizeof(account->name), "%s", rule->name);
	account->together = true;
	for (unsigned key = 0; key < LIMITS_KEYS; key++) {
		account->value[key] = rule->where[key] != NULL ? rule->value[key] : LIMITS_NONE;
		account->where[key] = rule->where[key];
	}
	limits->joint[i] = account;
}

static bool
limits_anything(const struct limits_settings *settings)
{
	for (size_t i = 0; i < settings->rules; i++)
		for (unsigned key = 0; key < LIMITS_KEYS; key++)
			if (settings->rule[i].where[key] != NULL &&
			    settings->rule[i].value[key] >= 0)
				return true;
	return false;
}

struct limits *
limits_new(const struct limits_settings *settings)
{
	struct limits *limits;

	if (!limits_anything(settings) && settings->store == NULL)
		return NULL;
	limits = xcalloc(1, sizeof(*limits));
	limits->settings = *settings;
	limits->wall_ms = settings->wall_ms != NULL ? settings->wall_ms : clock_wall_ms;
	limits->ms = settings->ms != NULL ? settings->ms : clock_ms;
	limits->joint = xcalloc(limits->settings.rules, sizeof(struct account *));
	for (size_t i = 0; i < limits->settings.rules; i++)
		if (limits->settings.rule[i].together)
			join_rule(limits, i);
	TAILQ_INIT(&limits->by_age);
	shared_start(limits);
	return limits;
}

static void
drop_account(struct limits *limits, struct account *account)
{
	CHECK(account->tickets == 0);
	TAILQ_REMOVE(&limits->by_age, account, age);
	hash_remove(&limits->accounts, &account->by_name);
	free(account->joint);
	free(account);
}

void
limits_free(struct limits *limits)
{
	if (limits == NULL)
		return;
	shared_stop(limits);
	while (!TAILQ_EMPTY(&limits->by_age))
		drop_account(limits, TAILQ_FIRST(&limits->by_age));
	hash_fini(&limits->accounts);
	for (size_t i = 0; i < limits->settings.rules; i++)
		free(limits->joint[i]);
	free(limits->joint);
	free(limits);
}

/* ---- accounts of principals ----------------------------------------------------------------- */

/* The limits that hold for the principal and its groups. */
static void
resolve(struct limits *limits, struct account *account, const struct principal *principal)
{
	const struct limits_rule *rule[LIMITS_KEYS];

	limits_resolve(limits->settings.rule, limits->settings.rules, principal, account->value,
		       rule);
	account->limited = false;
	for (unsigned key = 0; key < LIMITS_KEYS; key++) {
		account->where[key] = rule[key] != NULL ? rule[key]->where[key] : NULL;
		account->limited |= account->value[key] >= 0;
	}
	free(account->joint);
	account->joint = NULL;
	account->joints = 0;
	for (size_t i = 0; i < limits->settings.rules; i++) {
		if (limits->joint[i] == NULL ||
		    !limits_rule_applies(&limits->settings.rule[i], principal))
			continue;
		account->joint =
		    xrealloc(account->joint, (account->joints + 1) * sizeof(struct account *));
		account->joint[account->joints++] = limits->joint[i];
		account->limited = true;
	}
	memcpy(account->groups, principal->groups, sizeof(account->groups));
	account->n_groups = principal->n_groups;
}

static bool
same_groups(const struct account *account, const struct principal *principal)
{
	/* the texts belong to the configuration, so equal groups have equal addresses */
	return account->n_groups == principal->n_groups &&
	       memcmp(account->groups, principal->groups,
		      principal->n_groups * sizeof(account->groups[0])) == 0;
}

static struct account *
find_account(const struct limits *limits, const char *name)
{
	const struct hash_link *link =
	    hash_find(&limits->accounts, hash_of(NULL, name, strlen(name)));

	for (; link != NULL; link = hash_next(link)) {
		struct account *account = link->owner;

		if (strcmp(account->name, name) == 0)
			return account;
	}
	return NULL;
}

/* Frees accounts that have nothing to remember, beginning with the one that was not used for the
 * longest time. */
static void
forget_idle(struct limits *limits)
{
	const int64_t day = limits->wall_ms() / LIMITS_DAY_MS, now_ms = limits->ms();
	struct account *account = TAILQ_FIRST(&limits->by_age), *next;

	for (unsigned looked = 0; account != NULL && looked < 8; looked++, account = next) {
		next = TAILQ_NEXT(account, age);
		if (account_idle(account, day, now_ms))
			drop_account(limits, account);
	}
}

/* NULL: there are too many. */
static struct account *
account_of(struct limits *limits, const struct principal *principal)
{
	struct account *account = find_account(limits, principal->name);

	if (account != NULL) {
		TAILQ_REMOVE(&limits->by_age, account, age);
		TAILQ_INSERT_TAIL(&limits->by_age, account, age);
		if (!same_groups(account, principal))
			resolve(limits, account, principal);
		return account;
	}
	forget_idle(limits);
	if (limits->accounts.count >= LIMITS_ACCOUNTS_MAX)
		return NULL;
	account = xcalloc(1, sizeof(*account));
	snprintf(account->name, sizeof(account->name), "%s", principal->name);
	account->by_name.owner = account;
	hash_add(&limits->accounts, &account->by_name,
		 hash_of(NULL, account->name, strlen(account->name)));
	TAILQ_INSERT_TAIL(&limits->by_age, account, age);
	resolve(limits, account, principal);
	return account;
}

/* ---- calls ---------------------------------------------------------------------------------- */

static void
refuse_unknown(struct limits_refusal *refusal)
{
	refusal->limit = "accounts";
	snprintf(refusal->what, sizeof(refusal->what), "Too many principals have called today");
	snprintf(refusal->why, sizeof(refusal->why),
		 "The host counts at most %u principals with limits a day", LIMITS_ACCOUNTS_MAX);
	snprintf(refusal->next, sizeof(refusal->next), "Tell the administrator");
	refusal->retry_ms = -1;
}

/* False: the call is refused. */
static bool
decide(struct limits_ticket *ticket, struct limits_refusal *refusal)
{
	return ticket->limits->store != NULL ? shared_without(ticket, refusal)
					     : ticket_enter(ticket, refusal);
}

enum limits_verdict
limits_admit(struct limits *limits, const struct principal *principal, unsigned cost,
	     struct limits_wait *wait)
{
	struct account *own = account_of(limits, principal);
	bool held;

	wait->refusal = (struct limits_refusal){ .retry_ms = -1 };
	wait->ticket = NULL;
	wait->asked = NULL;
	wait->verdict = LIMITS_REFUSED;
	if (own == NULL) {
		refuse_unknown(&wait->refusal);
		return wait->verdict;
	}
	wait->verdict = LIMITS_ADMITTED;
	if (!own->limited)
		return wait->verdict;
	wait->ticket = ticket_new(limits, own, cost);
	held = ticket_hold(wait->ticket, &wait->refusal);
	if (held && limits->store != NULL && shared_admit(wait->ticket, wait)) {
		wait->ticket = NULL; /* until the store has answered */
		wait->verdict = LIMITS_LATER;
	} else if (!held || !decide(wait->ticket, &wait->refusal)) {
		wait->verdict = LIMITS_REFUSED;
	}
	if (wait->verdict == LIMITS_REFUSED) {
		ticket_free(wait->ticket);
		wait->ticket = NULL;
	}
	return wait->verdict;
}

struct limits_ticket *
limits_follow(struct limits *limits, const struct principal *principal, unsigned cost)
{
	struct account *own = account_of(limits, principal);

	return own != NULL && own->limited ? ticket_new(limits, own, cost) : NULL;
}

/* The store may have set the amount meanwhile, without the advance. */
static void
take_back(uint64_t *amount, uint64_t advance)
{
	*amount -= advance < *amount ? advance : *amount;
}

static void
spend(struct limits_ticket *ticket, struct account *account, const uint64_t spent[COSTS])
{
	/* the advance of another day is not there any more */
	const bool same_day = account->day == ticket->day;

	account_on_day(account, ticket->limits->wall_ms() / LIMITS_DAY_MS);
	if (same_day && account->day == ticket->day)
		take_back(&account->used[COST_CLUSTER_STARTS], ticket->advance);
	for (unsigned i = 0; spent != NULL && i < COSTS; i++)
		if ((ticket->cost & COST(i)) != 0)
			account->used[i] += spent[i];
}

void
limits_settle(struct limits_ticket *ticket, const uint64_t spent[COSTS])
{
	if (ticket == NULL)
		return;
	for (unsigned i = 0; spent != NULL && i < COSTS; i++)
		if ((ticket->cost & COST(i)) != 0)
			ticket->limits->spent[i] += spent[i];
	for (size_t i = 0; i < ticket->accounts; i++)
		spend(ticket, ticket->account[i], spent);
	ticket_release(ticket);
	if (ticket->limits->store != NULL)
		shared_spend(ticket, spent);
	else
		ticket_free(ticket);
}

/* ---- questions ------------------------------------------------------------------------------ */

static void
count_exhausted(const struct account *account, int64_t day, struct limits_load *load)
{
	for (unsigned i = 0; i < COSTS; i++)
		load->exhausted[i] +=
		    account->day == day && account_exhausted(account, (enum cost)i);
}

void
limits_load(const struct limits *limits, struct limits_load *load)
{
	const struct account *account;
	int64_t day;

	*load = (struct limits_load){ .store = -1 };
	if (limits == NULL)
		return;
	day = limits->wall_ms() / LIMITS_DAY_MS;
	memcpy(load->spent, limits->spent, sizeof(load->spent));
	load->accounts = limits->accounts.count;
	load->without = limits->without;
	load->store = limits->store != NULL ? store_ready(limits->store) : -1;
	for (account = TAILQ_FIRST(&limits->by_age); account != NULL;
	     account = TAILQ_NEXT(account, age))
		count_exhausted(account, day, load);
	for (size_t i = 0; i < limits->settings.rules; i++)
		if (limits->joint[i] != NULL)
			count_exhausted(limits->joint[i], day, load);
}

bool
limits_usage(const struct limits *limits, const char *name, enum cost cost, int64_t *used,
	     int64_t *budget)
{
	const struct account *account = limits != NULL ? find_account(limits, name) : NULL;

	if (account == NULL)
		return false;
	*budget = account->value[LIMITS_BUDGET + (enum limits_key)cost];
	*used = account->day == limits->wall_ms() / LIMITS_DAY_MS
		  ? (int64_t)(account->used[cost] / cost_parts[cost])
		  : 0;
	return *budget >= 0;
}

int64_t
limits_left(struct limits *limits, const struct principal *principal, enum cost cost)
{
	struct account *account = account_of(limits, principal);
	int64_t budget;

	if (account == NULL)
		return 0;
	budget = account->value[LIMITS_BUDGET + (enum limits_key)cost];
	account_on_day(account, limits->wall_ms() / LIMITS_DAY_MS);
	if (budget < 0)
		return LIMITS_NONE;
	return account_exhausted(account, cost)
		 ? 0
		 : budget - (int64_t)(account->used[cost] / cost_parts[cost]);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "limits/account.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define CONCURRENCY_RETRY_MS 1000

/* What of a cost, for a sentence. */
static const char *const cost_nouns[COSTS] = {
	[COST_ROWS] = "rows",
	[COST_BYTES] = "bytes",
	[COST_STATEMENT_SECONDS] = "statement seconds",
	[COST_CLUSTER_STARTS] = "cluster starts",
};

void
account_on_day(struct account *account, int64_t day)
{
	if (account->day == day)
		return;
	account->day = day;
	memset(account->used, 0, sizeof(account->used));
}

bool
account_exhausted(const struct account *account, enum cost cost)
{
	const int64_t budget = account->value[LIMITS_BUDGET + (enum limits_key)cost];

	return budget >= 0 && account->used[cost] >= (uint64_t)budget * cost_parts[cost];
}

bool
account_idle(const struct account *account, int64_t day, int64_t now_ms)
{
	const int64_t rate = account->value[LIMITS_RATE];

	if (account->tickets > 0)
		return false;
	for (unsigned i = 0; i < COSTS; i++)
		if (account->unsent[i] > 0 || (account->day == day && account->used[i] > 0))
			return false;
	return rate < 0 || bucket_full(&account->calls, (unsigned)rate, LIMITS_MINUTE_MS, now_ms);
}

/* The owner of an account, at the beginning or in the middle of a sentence. */
static const char *
whose(const struct account *account, char text[PRINCIPAL_NAME_MAX + 32])
{
	snprintf(text, PRINCIPAL_NAME_MAX + 32, "%s%s",
		 account->together ? "all principals of " : "", account->name);
	return text;
}

static void
name_limit(const struct account *account, enum limits_key key, struct limits_refusal *refusal)
{
	refusal->limit = limits_keys[key];
	refusal->where = account->where[key];
}

void
account_refuse_budget(const struct account *account, enum cost cost, int64_t wall_ms,
		      struct limits_refusal *refusal)
{
	const int64_t most = account->value[LIMITS_BUDGET + (enum limits_key)cost];
	const time_t end = (time_t)((wall_ms / LIMITS_DAY_MS + 1) * LIMITS_DAY_MS / 1000);
	char owner[PRINCIPAL_NAME_MAX + 32], when[32];
	struct tm day;

	name_limit(account, LIMITS_BUDGET + (enum limits_key)cost, refusal);
	if (most == 0) {
		snprintf(refusal->what, sizeof(refusal->what), "The budget of %s is 0",
			 cost_nouns[cost]);
		snprintf(refusal->why, sizeof(refusal->why), "The limit %s of %s is 0",
			 refusal->limit, whose(account, owner));
		snprintf(refusal->next, sizeof(refusal->next),
			 "Only the administrator can change this. Tools that do not use %s still "
			 "work",
			 cost_nouns[cost]);
		refusal->retry_ms = -1;
		return;
	}
	gmtime_r(&end, &day);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &day);
	snprintf(refusal->what, sizeof(refusal->what), "The budget of %s is used up for today",
		 cost_nouns[cost]);
	snprintf(refusal->why, sizeof(refusal->why),
		 "%" PRIu64 " of %" PRId64 " %s of this day (UTC) were used. This is the limit %s "
		 "of %s",
		 account->used[cost] / cost_parts[cost], most, cost_nouns[cost], refusal->limit,
		 whose(account, owner));
	snprintf(refusal->next, sizeof(refusal->next),
		 "Call again after %s. Tools that do not use %s still work", when,
		 cost_nouns[cost]);
	refusal->retry_ms = (int64_t)end * 1000 - wall_ms;
}

static void
refuse_concurrency(const struct account *account, struct limits_refusal *refusal)
{
	char owner[PRINCIPAL_NAME_MAX + 32];

	name_limit(account, LIMITS_CONCURRENCY, refusal);
	snprintf(refusal->what, sizeof(refusal->what), "Too many calls are running");
	snprintf(refusal->why, sizeof(refusal->why),
		 "%u calls are running. This is the limit %s of %s", account->running,
		 refusal->limit, whose(account, owner));
	snprintf(refusal->next, sizeof(refusal->next), "Call again when one of them has ended");
	refusal->retry_ms = CONCURRENCY_RETRY_MS;
}

bool
account_has_room(const struct account *account, struct limits_refusal *refusal)
{
	const int64_t most = account->value[LIMITS_CONCURRENCY];

	if (most < 0 || account->running < (uint64_t)most)
		return true;
	refuse_concurrency(account, refusal);
	return false;
}

bool
account_has_budget(const struct account *account, unsigned cost, int64_t wall_ms,
		   struct limits_refusal *refusal)
{
	for (unsigned i = 0; i < COSTS; i++)
		if ((cost & COST(i)) != 0 && account_exhausted(account, (enum cost)i)) {
			account_refuse_budget(account, (enum cost)i, wall_ms, refusal);
			return false;
		}
	return true;
}

void
account_refuse_rate(const struct account *account, int64_t wait_ms, struct limits_refusal *refusal)
{
	char owner[PRINCIPAL_NAME_MAX + 32];

	name_limit(account, LIMITS_RATE, refusal);
	snprintf(refusal->what, sizeof(refusal->what), "Too many calls in a short time");
	snprintf(refusal->why, sizeof(refusal->why),
		 "%" PRId64 " calls in a minute are allowed. This is the limit %s of %s",
		 account->value[LIMITS_RATE], refusal->limit, whose(account, owner));
	snprintf(refusal->next, sizeof(refusal->next), "Call again in %" PRId64 " s",
		 (wait_ms + 999) / 1000);
	refusal->retry_ms = wait_ms;
}

bool
account_take_call(struct account *account, int64_t now_ms, struct limits_refusal *refusal)
{
	const int64_t rate = account->value[LIMITS_RATE];
	int64_t wait_ms;

	if (rate < 0)
		return true;
	wait_ms = bucket_take(&account->calls, (unsigned)rate, LIMITS_MINUTE_MS, now_ms);
	if (wait_ms > 0)
		account_refuse_rate(account, wait_ms, refusal);
	return wait_ms == 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What principals may use: rates, calls at once, budgets of a day; and their configuration. */
#include "base/bucket.h"
#include "base/principal.h"
#include "config_rig.h"
#include "limits/limits.h"
#include "suite.h"

#define DAY INT64_C(86400000)
#define READS 0u
#define ROWS COST(COST_ROWS)
#define STARTS COST(COST_CLUSTER_STARTS)

static struct config *config;
static struct limits_settings settings;
static struct limits *limits;
static int64_t wall, now;
static struct limits_refusal refusal;

static int64_t
wall_ms(void)
{
	return wall;
}

static int64_t
now_ms(void)
{
	return now;
}

static void
begin(const char *text)
{
	clean_environment();
	config = fine(text);
	wall = 20000 * DAY + DAY / 2; /* noon */
	now = 5000;
	settings = (struct limits_settings){ .rule = config->limits.rule,
					     .rules = config->limits.rules,
					     .wall_ms = wall_ms,
					     .ms = now_ms };
	limits = limits_new(&settings);
}

static void
end(void)
{
	limits_free(limits);
	config_free(config);
}

static struct principal
named(const char *name)
{
	struct principal principal = { .access = ACCESS_READ };

	snprintf(principal.name, sizeof(principal.name), "%s", name);
	return principal;
}

static bool
admit_as(const struct principal *principal, unsigned cost, struct limits_ticket **ticket)
{
	struct limits_wait wait = { 0 };
	const enum limits_verdict verdict = limits_admit(limits, principal, cost, &wait);

	CU_ASSERT(verdict == wait.verdict && verdict != LIMITS_LATER);
	*ticket = wait.ticket;
	refusal = wait.refusal;
	return verdict == LIMITS_ADMITTED;
}

static bool
admit(const char *name, unsigned cost, struct limits_ticket **ticket)
{
	const struct principal principal = named(name);

	return admit_as(&principal, cost, ticket);
}

/* A whole call, which spends this much of one cost. */
static bool
call(const char *name, enum cost cost, uint64_t amount)
{
	uint64_t spent[COSTS] = { 0 };
	struct limits_ticket *ticket;

	if (!admit(name, COST(cost), &ticket))
		return false;
	spent[cost] = amount;
	limits_settle(ticket, spent);
	return true;
}

/* ---- the bucket ---------------------------------------------------------------------------- */

static void
bucket(void)
{
	struct bucket bucket = { 0 };

	for (int i = 0; i < 60; i++)
		ASSERT_INT(bucket_take(&bucket, 60, 60000, 1000), 0);
	ASSERT_INT(bucket_take(&bucket, 60, 60000, 1000), 1000);
	ASSERT_INT(bucket_take(&bucket, 60, 60000, 1999), 1);
	ASSERT_INT(bucket_take(&bucket, 60, 60000, 2000), 0);
	ASSERT_INT(bucket_take(&bucket, 60, 60000, 2000), 1000);
	CU_ASSERT(!bucket_full(&bucket, 60, 60000, 61999));
	CU_ASSERT(bucket_full(&bucket, 60, 60000, 62000));
	for (int i = 0; i < 60; i++)
		ASSERT_INT(bucket_take(&bucket, 60, 60000, INT64_C(1) << 60), 0);
	CU_ASSERT(bucket_take(&bucket, 60, 60000, INT64_C(1) << 60) > 0);
	bucket_return(&bucket);
	ASSERT_INT(bucket_take(&bucket, 60, 60000, INT64_C(1) << 60), 0);
}

/* Those who reserve wait one after the other; what was taken beyond the room is earned first. */
static void
bucket_debt(void)
{
	struct bucket bucket = { 0 };

	ASSERT_INT(bucket_reserve(&bucket, 1, 1000, 0), 0);
	for (int i = 1; i < 100; i++)
		ASSERT_INT(bucket_reserve(&bucket, 1, 1000, 0), i * 1000);
	ASSERT_INT(bucket_take(&bucket, 1, 1000, 99999), 1);
	ASSERT_INT(bucket_take(&bucket, 1, 1000, 100000), 0);
	CU_ASSERT(!bucket_full(&bucket, 1, 1000, 100999));
	CU_ASSERT(bucket_full(&bucket, 1, 1000, 101000));
}

/* Every rate: a token that is promised after a wait is there after that wait, and not before. */
static void
bucket_promises(void)
{
	static const unsigned rooms[] = { 1, 7, 60, 61, 1000, 60000, 999983, BUCKET_ROOM_MAX };

	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		struct bucket one = { .taken = rooms[i], .earned_ms = 3 };

		for (int64_t t = 3, n = 0; n < 50; n++) {
			int64_t wait = bucket_take(&one, rooms[i], 60000, t);
			struct bucket early = one;

			if (wait > 1)
				CU_ASSERT(bucket_take(&early, rooms[i], 60000, t + wait - 1) > 0);
			t += wait;
			if (wait > 0)
				ASSERT_INT(bucket_take(&one, rooms[i], 60000, t), 0);
		}
	}
}

/* ---- calls --------------------------------------------------------------------------------- */

static void
nothing_limited(void)
{
	begin("limits = { calls_per_minute = \"unlimited\"; body = 2048; };");
	CU_ASSERT(limits == NULL);
	limits_settle(NULL, NULL);
	end();
}

static void
rate(void)
{
	struct limits_ticket *ticket;

	begin("limits = { calls_per_minute = 2; };");
	CU_ASSERT(call("ann", COST_ROWS, 0) && call("ann", COST_ROWS, 0));
	CU_ASSERT(!admit("ann", READS, &ticket));
	ASSERT_STR(refusal.limit, "calls_per_minute");
	ASSERT_STR(refusal.where, "t.conf:1");
	ASSERT_STR(refusal.why, "2 calls in a minute are allowed. This is the limit "
				"calls_per_minute of ann");
	ASSERT_STR(refusal.next, "Call again in 30 s");
	ASSERT_INT(refusal.retry_ms, 30000);
	CU_ASSERT(call("bob", COST_ROWS, 0)); /* each principal has its own account */
	now += 30000;
	CU_ASSERT(call("ann", COST_ROWS, 0));
	end();
}

static void
at_once(void)
{
	struct limits_ticket *first = NULL, *second = NULL, *third = NULL;

	begin("limits = { calls_at_once = 2; };");
	CU_ASSERT(admit("ann", READS, &first) && admit("ann", READS, &second));
	CU_ASSERT(!admit("ann", READS, &third) && third == NULL);
	ASSERT_STR(refusal.limit, "calls_at_once");
	limits_settle(first, NULL);
	CU_ASSERT(admit("ann", READS, &third));
	limits_settle(second, NULL);
	limits_settle(third, NULL);
	end();
}

/* ---- budgets ------------------------------------------------------------------------------- */

static void
budget(void)
{
	struct limits_ticket *ticket;
	struct limits_load load;
	struct principal ann = named("ann");

	begin("limits = { rows_per_day = 100; };");
	CU_ASSERT(call("ann", COST_ROWS, 99));
	ASSERT_INT(limits_left(limits, &ann, COST_ROWS), 1);
	ASSERT_INT(limits_left(limits, &ann, COST_BYTES), LIMITS_NONE);
	CU_ASSERT(call("ann", COST_ROWS, 50));
	CU_ASSERT(!call("ann", COST_ROWS, 1));
	ASSERT_STR(refusal.limit, "rows_per_day");
	ASSERT_STR(refusal.what, "The budget of rows is used up for today");
	ASSERT_STR(refusal.why, "149 of 100 rows of this day (UTC) were used. This is the limit "
				"rows_per_day of ann");
	ASSERT_STR(refusal.next, "Call again after 2024-10-05T00:00:00Z. Tools that do not use "
				 "rows still work");
	ASSERT_INT(refusal.retry_ms, DAY / 2);
	limits_load(limits, &load);
	ASSERT_INT(load.spent[COST_ROWS], 149);
	ASSERT_INT(load.exhausted[COST_ROWS], 1);
	CU_ASSERT(admit("ann", READS, &ticket)); /* reads go on */
	limits_settle(ticket, NULL);
	wall += DAY / 2 - 1;
	CU_ASSERT(!call("ann", COST_ROWS, 1));
	wall += 1; /* midnight in UTC */
	CU_ASSERT(call("ann", COST_ROWS, 1));
	limits_load(limits, &load);
	ASSERT_INT(load.exhausted[COST_ROWS], 0);
	end();
}

/* A tool spends only what it declares. */
static void
undeclared(void)
{
	uint64_t spent[COSTS] = { 1000, 1000, 1000, 1000 };
	struct principal ann = named("ann");
	struct limits_ticket *ticket;

	begin("limits = { rows_per_day = 100; bytes_per_day = 2000; };");
	CU_ASSERT(admit("ann", COST(COST_BYTES), &ticket));
	limits_settle(ticket, spent);
	ASSERT_INT(limits_left(limits, &ann, COST_ROWS), 100);
	ASSERT_INT(limits_left(limits, &ann, COST_BYTES), 1000);
	end();
}

static void
seconds(void)
{
	begin("limits = { statement_seconds_per_day = 10; };");
	CU_ASSERT(call("ann", COST_STATEMENT_SECONDS, 9999));
	CU_ASSERT(call("ann", COST_STATEMENT_SECONDS, 1));
	CU_ASSERT(!call("ann", COST_STATEMENT_SECONDS, 1));
	ASSERT_STR(refusal.limit, "statement_seconds_per_day");
	end();
}

/* A start counts from the beginning, so that calls at once cannot pass; nothing started, nothing
 * counted. */
static void
starts(void)
{
	uint64_t one[COSTS] = { [COST_CLUSTER_STARTS] = 1 };
	struct limits_ticket *first = NULL, *second = NULL, *third = NULL;

	begin("limits = { cluster_starts_per_day = 2; };");
	CU_ASSERT(admit("ann", STARTS, &first) && admit("ann", STARTS, &second));
	CU_ASSERT(!admit("ann", STARTS, &third));
	limits_settle(first, NULL);
	CU_ASSERT(admit("ann", STARTS, &third));
	limits_settle(second, one);
	limits_settle(third, one);
	CU_ASSERT(!admit("ann", STARTS, &third));
	/* the advance of yesterday is not given back today */
	wall += DAY;
	CU_ASSERT(admit("ann", STARTS, &first) && admit("ann", STARTS, &second));
	limits_settle(first, one);
	wall += DAY;
	limits_settle(second, NULL);
	CU_ASSERT(admit("ann", STARTS, &first) && admit("ann", STARTS, &second));
	CU_ASSERT(!admit("ann", STARTS, &third));
	limits_settle(first, NULL);
	limits_settle(second, NULL);
	end();
}

static void
zero(void)
{
	begin("limits = { cluster_starts_per_day = 0; };");
	CU_ASSERT(!call("ann", COST_CLUSTER_STARTS, 1));
	ASSERT_STR(refusal.what, "The budget of cluster starts is 0");
	ASSERT_INT(refusal.retry_ms, -1);
	CU_ASSERT(call("ann", COST_ROWS, 1));
	end();
}

/* ---- rules --------------------------------------------------------------------------------- */

static void
rules(void)
{
	struct principal ann = named("ann"), svc = named("svc-etl"), bob = named("bob");

	begin("auth = { inbound = \"token\"; };\n"
	      "limits = { rows_per_day = 10;\n"
	      " rules = ( { principals = [ \"svc-*\" ]; rows_per_day = \"unlimited\"; },\n"
	      "  { groups = [ \"staff\" ]; rows_per_day = 20; bytes_per_day = 5; },\n"
	      "  { groups = [ \"staff\", \"lab\" ]; together = true; rows_per_day = 25; } ); };");
	ann.groups[ann.n_groups++] = config->auth.groups.item[0];
	ASSERT_STR(ann.groups[0], "staff");
	bob.groups[bob.n_groups++] = config->auth.groups.item[1];
	ASSERT_INT(limits_left(limits, &ann, COST_ROWS), 20);
	ASSERT_INT(limits_left(limits, &ann, COST_BYTES), 5);
	ASSERT_INT(limits_left(limits, &svc, COST_ROWS), LIMITS_NONE);
	ASSERT_INT(limits_left(limits, &bob, COST_ROWS), 10);
	/* the group is left: the principal's limits are others */
	ann.n_groups = 0;
	ASSERT_INT(limits_left(limits, &ann, COST_ROWS), 10);
	end();
}

static void
together(void)
{
	uint64_t spent[COSTS] = { [COST_ROWS] = 15 };
	struct principal ann = named("ann"), bob = named("bob"), eve = named("eve");
	struct limits_ticket *ticket, *follower;

	begin("auth = { inbound = \"token\"; };\n"
	      "limits = { rules = ( { groups = [ \"staff\" ]; together = true;\n"
	      "  rows_per_day = 25; calls_at_once = 2; } ); };");
	ann.groups[ann.n_groups++] = bob.groups[bob.n_groups++] = config->auth.groups.item[0];
	CU_ASSERT(admit_as(&ann, ROWS, &ticket));
	follower = limits_follow(limits, &ann, ROWS); /* a poll does not count as a call */
	limits_settle(ticket, spent);
	limits_settle(follower, spent);
	CU_ASSERT(!admit_as(&bob, ROWS, &ticket));
	ASSERT_STR(refusal.why, "30 of 25 rows of this day (UTC) were used. This is the limit "
				"rows_per_day of all principals of limits.rules[0]");
	ASSERT_STR(refusal.where, "t.conf:3");
	CU_ASSERT(admit_as(&eve, ROWS, &ticket) && ticket == NULL);
	end();
}

/* The rate of one account is not spent when another account refuses. */
static void
all_or_nothing(void)
{
	begin("limits = { calls_per_minute = 2;\n"
	      " rules = ( { together = true; calls_per_minute = 3; } ); };");
	CU_ASSERT(call("ann", COST_ROWS, 0) && call("ann", COST_ROWS, 0));
	for (int i = 0; i < 5; i++)
		CU_ASSERT(!call("ann", COST_ROWS, 0));
	CU_ASSERT(call("bob", COST_ROWS, 0)); /* the third one of all */
	CU_ASSERT(!call("bob", COST_ROWS, 0));
	now += 20000;
	CU_ASSERT(call("bob", COST_ROWS, 0));
	end();
}

static void
many_principals(void)
{
	struct limits_load load;
	char name[32];

	begin("limits = { calls_per_minute = 60; rows_per_day = 5; };");
	for (unsigned i = 0; i < LIMITS_ACCOUNTS_MAX + 100; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		CU_ASSERT(call(name, COST_ROWS, 0));
		now += 1000; /* its bucket is full again, so it is forgotten */
	}
	limits_load(limits, &load);
	CU_ASSERT(load.accounts < 10);
	for (unsigned i = (unsigned)load.accounts; i < LIMITS_ACCOUNTS_MAX; i++) {
		snprintf(name, sizeof(name), "q%u", i);
		CU_ASSERT(call(name, COST_ROWS, 1));
	}
	now += 60000; /* those without spending are forgotten; the others are not */
	for (unsigned i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "r%u", i);
		if (!call(name, COST_ROWS, 1))
			break;
	}
	ASSERT_STR(refusal.limit, "accounts");
	CU_ASSERT(call("q60000", COST_ROWS, 1));
	wall += DAY;
	CU_ASSERT(call("r99", COST_ROWS, 1));
	end();
}

/* ---- configuration ------------------------------------------------------------------------- */

static void
faults(void)
{
	clean_environment();
	wrong("limits = { calls_per_minute = 0; };",
	      "t.conf:1: limits.calls_per_minute: must be a whole number from 1 to 1000000");
	wrong("limits = {\n rows_per_day = \"many\"; };",
	      "t.conf:2: limits.rows_per_day: \"many\": must be a number or \"unlimited\"");
	wrong("limits = { rules = ( { principals = [ \"ann\" ]; } ); };",
	      "t.conf:1: limits.rules.calls_per_minute: is missing, and so is every other key "
	      "that limits something: the rule would have no effect");
	wrong("limits = { rules = ( { together = true; rows_per_day = \"unlimited\"; } ); };",
	      "t.conf:1: limits.rules.calls_per_minute: is missing, and so is every other key "
	      "that limits something: the rule would have no effect");
	wrong("limits = { together = true; };", "t.conf:1: limits.together: unknown key");
}

/* limits.store, and the keys that belong to it. */
static void
store(void)
{
	struct config *one;

	clean_environment();
	setenv("STORE_PASSWORD", "of-the-store", 1);
	one = fine("limits = { store = \"redis://Valkey.internal:6380/3\"; store_user = \"lake\";\n"
		   " store_password = \"env:STORE_PASSWORD\"; store_away_others = \"refuse\"; };");
	ASSERT_STR(one->limits.store->settings.host, "valkey.internal");
	ASSERT_INT(one->limits.store->settings.port, 6380);
	ASSERT_INT(one->limits.store->settings.db, 3);
	ASSERT_STR(one->limits.store->settings.user, "lake");
	ASSERT_STR(one->limits.store->settings.password, "of-the-store");
	ASSERT_STR(one->limits.store->prefix, "lakehost");
	CU_ASSERT(one->limits.store->refuse_costly && one->limits.store->refuse_others);
	config_free(one);
	one = fine("limits = { store = \"redis://[::1]\"; store_away_costly = \"allow\"; };");
	ASSERT_STR(one->limits.store->settings.host, "::1");
	ASSERT_INT(one->limits.store->settings.port, 6379);
	CU_ASSERT(!one->limits.store->refuse_costly && !one->limits.store->refuse_others);
	config_free(one);
	one = fine("limits = { store = \"unix:/run/valkey.sock\"; };");
	CU_ASSERT(one->limits.store->settings.host == NULL);
	ASSERT_STR(one->limits.store->settings.path, "/run/valkey.sock");
	config_free(one);
	unsetenv("STORE_PASSWORD");
}

static void
store_faults(void)
{
	clean_environment();
	wrong("limits = {\n store = \"redis://ann:secret@h\"; };",
	      "t.conf:2: limits.store: must not contain a user or a password: use "
	      "limits.store_user and limits.store_password");
	wrong("limits = { store = \"http://h\"; };",
	      "t.conf:1: limits.store: must be \"memory\", \"redis://HOST:PORT/DATABASE\", "
	      "\"rediss://…\" or \"unix:/PATH\"");
	wrong("limits = { store = \"redis://h/x\"; };",
	      "t.conf:1: limits.store: after the address only /N may follow, where "
	      "N is the number of a database");
	wrong("limits = { store = \"redis://h/99999\"; };",
	      "t.conf:1: limits.store: after the address only /N may follow, where "
	      "N is the number of a database");
	wrong("limits = { store = \"redis://h\"; store_user = \"u\"; };",
	      "t.conf:1: limits.store_user: needs limits.store_password");
	wrong("limits = { store = \"redis://h\"; store_prefix = \"a b\"; };",
	      "t.conf:1: limits.store_prefix: must have at most 64 characters of A-Z, a-z, 0-9, _, "
	      "., : and -");
	wrong("limits = { store_away_costly = \"allow\"; };",
	      "t.conf:1: limits.store_away_costly: has an effect only with limits.store");
	wrong_set("limits.store_password=abc",
		  "--set limits.store_password: a literal secret would be visible in the process "
		  "list; use env:NAME, file:PATH or credential:NAME");
}

static void
set_on_the_command_line(void)
{
	struct config *one = with_sets(NULL, "limits.bytes_per_day=7");

	ASSERT_INT(one->limits.rule[0].value[LIMITS_BUDGET + COST_BYTES], 7);
	ASSERT_STR(one->limits.rule[0].where[LIMITS_BUDGET + COST_BYTES], "--set");
	config_free(one);
	one = with_sets("limits = { bytes_per_day = 3; };", "limits.bytes_per_day=unlimited");
	ASSERT_INT(one->limits.rule[0].value[LIMITS_BUDGET + COST_BYTES], LIMITS_NONE);
	config_free(one);
}

static const struct test tests[] = {
	TEST(bucket),
	TEST(bucket_debt),
	TEST(bucket_promises),
	TEST(nothing_limited),
	TEST(rate),
	TEST(at_once),
	TEST(budget),
	TEST(undeclared),
	TEST(seconds),
	TEST(starts),
	TEST(zero),
	TEST(rules),
	TEST(together),
	TEST(all_or_nothing),
	TEST(many_principals),
	TEST(faults),
	TEST(store),
	TEST(store_faults),
	TEST(set_on_the_command_line),
};
SUITE(tests)

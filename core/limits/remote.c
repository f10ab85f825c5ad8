/* SPDX-License-Identifier: Apache-2.0 */
#include "limits/remote.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "limits/account.h"

#define ACCOUNTS_MAX 257u /* a principal's own one, and one of each rule */
#define KEY_MAX 400
#define NUMBER_MAX 24
#define HEAD 5	      /* numbers of a reply before those of the accounts */
#define PER_ACCOUNT 5 /* arguments of an account: its rate, and its budgets */
#define COMMAND_WORDS (3 + ACCOUNTS_MAX * (1 + PER_ACCOUNT) + COSTS + 2)

_Static_assert(COMMAND_WORDS <= STORE_WORDS_MAX && HEAD + ACCOUNTS_MAX * COSTS <= STORE_NUMBERS_MAX,
	       "the caps of the store have room");

/* ---- the scripts, in Lua --------------------------------------------------------------------- */

/* Both scripts begin like this. `now` is in milliseconds, `day` since 1970. Of account i, a[i].u
 * has what was used today of each cost; `taken` and `earned` are its token bucket, that of
 * base/bucket.c. keep() writes the accounts. answer() returns what remote_read() reads. */
#define BEGIN                                                                     \
	"local t = redis.call('TIME') "                                           \
	"local now = t[1] * 1000 + math.floor(t[2] / 1000) "                      \
	"local day = math.floor(t[1] / 86400) "                                   \
	"local a, out = {}, {0, 0, 0, 0, day} "                                   \
	"for i, key in ipairs(KEYS) do "                                          \
	"  local h = redis.call('HMGET', key, 'day', 'taken', 'earned',"          \
	"    'rows', 'bytes', 'ms', 'starts') "                                   \
	"  local one = {u = {}} "                                                 \
	"  one.taken = tonumber(h[2]) or 0 "                                      \
	"  one.earned = tonumber(h[3]) or 0 "                                     \
	"  one.today = tonumber(h[1]) == day "                                    \
	"  for c = 1, 4 do one.u[c] = one.today and tonumber(h[3 + c]) or 0 end " \
	"  a[i] = one "                                                           \
	"end "                                                                    \
	"local function keep() "                                                  \
	"  for i, key in ipairs(KEYS) do "                                        \
	"    local u = a[i].u "                                                   \
	"    redis.call('HSET', key, 'day', day,"                                 \
	"      'taken', a[i].taken, 'earned', a[i].earned,"                       \
	"      'rows', u[1], 'bytes', u[2], 'ms', u[3], 'starts', u[4]) "         \
	"    redis.call('EXPIRE', key, 172800) "                                  \
	"  end "                                                                  \
	"end "                                                                    \
	"local function answer() "                                                \
	"  for i = 1, #KEYS do "                                                  \
	"    for c = 1, 4 do out[1 + i * 4 + c] = a[i].u[c] end "                 \
	"  end "                                                                  \
	"  return out "                                                           \
	"end "

/* ARGV: the costs of the tool as 0 or 1; then of each account its rate and its budgets, -1 where
 * it has none. First the budgets, then the rates; nothing is written when one of them refuses. */
static const char admit_script[] =
    BEGIN "for i = 1, #KEYS do "
	  "  for c = 1, 4 do "
	  "    local most = tonumber(ARGV[i * 5 + c]) "
	  "    if ARGV[c] == '1' and most >= 0 and a[i].u[c] >= most then "
	  "      out[1] = 1 out[2] = i out[3] = c "
	  "      return answer() "
	  "    end "
	  "  end "
	  "end "
	  "for i = 1, #KEYS do "
	  "  local r, b = tonumber(ARGV[i * 5]), a[i] "
	  "  if r > 0 then "
	  "    b.earned = math.min(b.earned, now) " /* the clock of the server was set back */
	  "    local e = math.floor((now - b.earned) * r / 60000) "
	  "    if e >= b.taken then "
	  "      b.taken = 0 b.earned = now "
	  "    else "
	  "      b.taken = b.taken - e b.earned = b.earned + math.floor(e * 60000 / r) "
	  "    end "
	  "    if b.taken >= r then "
	  "      local wait = b.earned + math.ceil((b.taken - r + 1) * 60000 / r) - now "
	  "      out[1] = 2 out[2] = i out[4] = math.max(1, math.min(60000, wait)) "
	  "      return answer() "
	  "    end "
	  "    b.taken = b.taken + 1 "
	  "  end "
	  "end "
	  "for i = 1, #KEYS do a[i].u[4] = a[i].u[4] + tonumber(ARGV[4]) end "
	  "keep() "
	  "return answer()";

/* ARGV: the day and the number of an advance, then what was spent of each cost. */
static const char spend_script[] =
    BEGIN "for i = 1, #KEYS do "
	  "  local u = a[i].u "
	  "  if a[i].today and tonumber(ARGV[1]) == day then "
	  "    u[4] = math.max(0, u[4] - tonumber(ARGV[2])) "
	  "  end "
	  "  for c = 1, 4 do u[c] = u[c] + tonumber(ARGV[2 + c]) end "
	  "end "
	  "keep() "
	  "return answer()";

/* ---- commands -------------------------------------------------------------------------------- */

/* The words of a command, and room for those that are made. */
struct words {
	const char *word[STORE_WORDS_MAX];
	size_t n;
	char number[COMMAND_WORDS][NUMBER_MAX];
	size_t numbers;
	char key[ACCOUNTS_MAX][KEY_MAX];
};

static struct words script_words; /* one thread, one command at a time */

static void
add_number(int64_t number)
{
	CHECK(script_words.numbers < COMMAND_WORDS && script_words.n < STORE_WORDS_MAX);
	snprintf(script_words.number[script_words.numbers], NUMBER_MAX, "%" PRId64, number);
	script_words.word[script_words.n++] = script_words.number[script_words.numbers++];
}

static void
begin(const char *script, const char *prefix, struct account *const *account, size_t n)
{
	CHECK(n <= ACCOUNTS_MAX);
	script_words.n = script_words.numbers = 0;
	script_words.word[script_words.n++] = "EVAL";
	script_words.word[script_words.n++] = script;
	add_number((int64_t)n);
	for (size_t i = 0; i < n; i++) {
		snprintf(script_words.key[i], KEY_MAX, "%s:%s:%s", prefix,
			 account[i]->together ? "rule" : "principal", account[i]->name);
		script_words.word[script_words.n++] = script_words.key[i];
	}
}

bool
remote_admit(struct store *store, const char *prefix, struct account *const *account, size_t n,
	     unsigned cost, store_fn fn, void *data)
{
	begin(admit_script, prefix, account, n);
	for (unsigned i = 0; i < COSTS; i++)
		add_number((cost & COST(i)) != 0);
	for (size_t i = 0; i < n; i++) {
		add_number(account[i]->value[LIMITS_RATE]);
		for (unsigned c = 0; c < COSTS; c++) {
			const int64_t budget = account[i]->value[LIMITS_BUDGET + c];

			add_number(budget < 0 ? budget : budget * cost_parts[c]);
		}
	}
	return store_send(store, script_words.word, NULL, script_words.n, fn, data);
}

bool
remote_spend(struct store *store, const char *prefix, struct account *const *account, size_t n,
	     const struct remote_spending *spending, store_fn fn, void *data)
{
	begin(spend_script, prefix, account, n);
	add_number(spending->day);
	add_number((int64_t)spending->advance);
	for (unsigned i = 0; i < COSTS; i++)
		add_number((int64_t)spending->spent[i]);
	return store_send(store, script_words.word, NULL, script_words.n, fn, data);
}

bool
remote_once(struct store *store, const char *prefix, const char *text, unsigned ttl_s, store_fn fn,
	    void *data)
{
	char key[KEY_MAX], seconds[NUMBER_MAX];
	const char *const word[] = { "SET", key, "1", "NX", "EX", seconds };

	snprintf(key, sizeof(key), "%s:once:%s", prefix, text);
	snprintf(seconds, sizeof(seconds), "%u", ttl_s);
	return store_send(store, word, NULL, ARRAY_SIZE(word), fn, data);
}

/* Is a refusal about a limit that the account has? */
static bool
is_possible(const struct remote_decision *decision, const struct account *account)
{
	switch (decision->verdict) {
	case REMOTE_BUDGET:
		return account->value[LIMITS_BUDGET + (enum limits_key)decision->cost] >= 0;
	case REMOTE_RATE:
		return account->value[LIMITS_RATE] >= 0 && decision->wait_ms > 0 &&
		       decision->wait_ms <= LIMITS_MINUTE_MS;
	case REMOTE_ALLOWED:
	case REMOTE_VERDICTS: break;
	}
	return decision->verdict == REMOTE_ALLOWED;
}

bool
remote_read(const struct store_reply *reply, struct account *const *account, size_t n,
	    struct remote_decision *decision)
{
	const int64_t *number = reply->number;

	if (reply->error != NULL || reply->n != HEAD + n * COSTS || number[0] < 0 ||
	    number[0] >= REMOTE_VERDICTS || number[1] < 0 || (size_t)number[1] > n ||
	    number[2] < 0 || number[2] > COSTS || (number[0] != 0 && number[1] == 0) ||
	    (number[0] == REMOTE_BUDGET && number[2] == 0))
		return false;
	*decision =
	    (struct remote_decision){ .verdict = (enum remote_verdict)number[0],
				      .account = (size_t)(number[1] > 0 ? number[1] - 1 : 0),
				      .cost = (enum cost)(number[2] > 0 ? number[2] - 1 : 0),
				      .wait_ms = number[3],
				      .day = number[4] };
	if (n == 0 || !is_possible(decision, account[decision->account]))
		return false;
	for (size_t i = 0; i < n; i++) {
		account[i]->day = decision->day;
		for (unsigned c = 0; c < COSTS; c++)
			account[i]->used[c] = number[HEAD + i * COSTS + c] > 0
						? (uint64_t)number[HEAD + i * COSTS + c]
						: 0;
	}
	return true;
}

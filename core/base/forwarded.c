/* SPDX-License-Identifier: Apache-2.0 */
#include "base/forwarded.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/base64.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mask.h"
#include "base/mem.h"

struct kept {
	struct hash_link by_token, by_number;
	TAILQ_ENTRY(kept) order;
	uint64_t number;
	int64_t used_ms;
	char *token;
};

TAILQ_HEAD(kept_list, kept);

static struct {
	struct hash tokens, numbers;
	struct kept_list list; /* the token that was used last is the first one */
	size_t count;
	uint64_t last; /* the highest number so far */
} store = { .list = TAILQ_HEAD_INITIALIZER(store.list) };

bool
forwarded_valid(const char *token)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789-._~+/=";
	size_t len = strlen(token);

	return len > 0 && len <= FORWARDED_TOKEN_MAX && strspn(token, allowed) == len;
}

static void
forget(struct kept *kept)
{
	TAILQ_REMOVE(&store.list, kept, order);
	hash_remove(&store.tokens, &kept->by_token);
	hash_remove(&store.numbers, &kept->by_number);
	store.count--;
	mask_unpin(kept->token, strlen(kept->token));
	secret_free(kept->token);
	free(kept);
}

static void
use(struct kept *kept, int64_t now_ms)
{
	kept->used_ms = now_ms;
	TAILQ_REMOVE(&store.list, kept, order);
	TAILQ_INSERT_HEAD(&store.list, kept, order);
}

/* Removes tokens that were not used for a long time, and makes room for one more. */
static void
make_room(int64_t now_ms)
{
	struct kept *last;

	while ((last = TAILQ_LAST(&store.list, kept_list)) != NULL &&
	       (store.count >= FORWARDED_MAX || now_ms - last->used_ms >= FORWARDED_IDLE_MS))
		forget(last);
}

static struct kept *
find_token(const char *token)
{
	const struct hash_link *link =
	    hash_find(&store.tokens, hash_of(NULL, token, strlen(token)));

	for (; link != NULL; link = hash_next(link)) {
		struct kept *kept = link->owner;

		if (strcmp(kept->token, token) == 0)
			return kept;
	}
	return NULL;
}

uint64_t
forwarded_keep(const char *token, int64_t now_ms)
{
	struct kept *kept = find_token(token);

	if (kept != NULL) {
		use(kept, now_ms);
		return kept->number;
	}
	make_room(now_ms);
	kept = xcalloc(1, sizeof(*kept));
	kept->token = xstrdup(token);
	kept->number = ++store.last;
	kept->used_ms = now_ms;
	kept->by_token.owner = kept->by_number.owner = kept;
	hash_add(&store.tokens, &kept->by_token, hash_of(NULL, token, strlen(token)));
	hash_add(&store.numbers, &kept->by_number,
		 hash_of(NULL, &kept->number, sizeof(kept->number)));
	TAILQ_INSERT_HEAD(&store.list, kept, order);
	store.count++;
	mask_pin(kept->token, strlen(kept->token));
	return kept->number;
}

const char *
forwarded_token(uint64_t number, int64_t now_ms)
{
	const struct hash_link *link =
	    hash_find(&store.numbers, hash_of(NULL, &number, sizeof(number)));

	for (; link != NULL; link = hash_next(link)) {
		struct kept *kept = link->owner;

		if (kept->number != number)
			continue;
		if (now_ms - kept->used_ms >= FORWARDED_IDLE_MS)
			return NULL;
		use(kept, now_ms);
		return kept->token;
	}
	return NULL;
}

int64_t
forwarded_end_s(const char *token)
{
	static const struct json_limits limits = { FORWARDED_TOKEN_MAX, 16, 1000, 32, 0 };
	unsigned char bytes[FORWARDED_TOKEN_MAX];
	const char *start = strchr(token, '.'), *end, *why;
	struct json_object *claims;
	size_t len, at;
	int64_t end_s;

	end = start != NULL ? strchr(start + 1, '.') : NULL;
	if (end == NULL || end - start > (long)sizeof(bytes) ||
	    !base64_decode_any(start + 1, (size_t)(end - start - 1), bytes, &len))
		return 0;
	claims = json_parse((const char *)bytes, len, &limits, &why, &at);
	end_s = json_int(claims, "exp", 0);
	json_object_put(claims);
	explicit_bzero(bytes, sizeof(bytes));
	return end_s > 0 ? end_s : 0;
}

void
forwarded_forget(void)
{
	struct kept *kept;

	while ((kept = TAILQ_FIRST(&store.list)) != NULL)
		forget(kept);
	hash_fini(&store.tokens);
	hash_fini(&store.numbers);
}

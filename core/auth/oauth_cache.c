/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/oauth_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define WAYS 4u /* entries that a token may have its place in */

struct cached {
	char digest[TOKEN_DIGEST + 1]; /* "": free */
	unsigned generation;
	int64_t end_s;
	struct principal principal;
};

struct oauth_cache {
	struct cached entry[OAUTH_CACHE_MAX];
};

/* The first entry of those in which the token may be: by the first digits of its digest. */
static size_t
place(const char *digest)
{
	char first[5] = { digest[0], digest[1], digest[2], digest[3], '\0' };

	return strtoul(first, NULL, 16) % (OAUTH_CACHE_MAX / WAYS) * WAYS;
}

struct oauth_cache *
oauth_cache_new(void)
{
	return xcalloc(1, sizeof(struct oauth_cache));
}

void
oauth_cache_free(struct oauth_cache *cache)
{
	free(cache);
}

bool
oauth_cache_find(const struct oauth_cache *cache, const char digest[TOKEN_DIGEST + 1],
		 unsigned generation, int64_t now_s, struct principal *principal)
{
	const struct cached *entry = &cache->entry[place(digest)];

	for (size_t i = 0; i < WAYS; i++, entry++) {
		if (memcmp(entry->digest, digest, TOKEN_DIGEST) != 0)
			continue;
		if (entry->generation != generation || now_s >= entry->end_s)
			return false;
		*principal = entry->principal;
		return true;
	}
	return false;
}

void
oauth_cache_put(struct oauth_cache *cache, const char digest[TOKEN_DIGEST + 1], unsigned generation,
		int64_t end_s, const struct principal *principal)
{
	struct cached *entry = &cache->entry[place(digest)], *victim = entry;

	for (size_t i = 0; i < WAYS; i++, entry++) {
		if (memcmp(entry->digest, digest, TOKEN_DIGEST) == 0 || entry->digest[0] == '\0') {
			victim = entry;
			break;
		}
		if (entry->end_s < victim->end_s)
			victim = entry;
	}
	strcpy(victim->digest, digest);
	victim->generation = generation;
	victim->end_s = end_s;
	victim->principal = *principal;
}

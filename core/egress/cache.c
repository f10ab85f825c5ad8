/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replies of GET requests, kept as long as requests accept an older one. A full cache drops the
 * least recently used reply.
 */
#include "egress/cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "egress/reply.h"

#define BUCKETS 256

struct entry {
	struct entry *next;	     /* of the bucket */
	struct entry *older, *newer; /* by use */
	char *key;
	struct reply *reply;
	size_t size;
	int64_t since_ms, until_ms;
};

struct cache {
	struct entry *bucket[BUCKETS];
	struct entry *oldest, *newest;
	size_t entry_max, total_max, count_max, total, count;
};

struct cache *
cache_new(size_t entry_max, size_t total_max, size_t count_max)
{
	struct cache *cache = xcalloc(1, sizeof(*cache));

	cache->entry_max = entry_max;
	cache->total_max = total_max;
	cache->count_max = count_max;
	return cache;
}

static struct entry **
find_link(struct cache *cache, const char *key)
{
	uint32_t hash = 2166136261u; /* FNV-1a */
	struct entry **link;

	for (const char *p = key; *p != '\0'; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	link = &cache->bucket[hash % BUCKETS];
	while (*link != NULL && strcmp((*link)->key, key) != 0)
		link = &(*link)->next;
	return link;
}

static void
unlink_use(struct cache *cache, struct entry *entry)
{
	*(entry->older != NULL ? &entry->older->newer : &cache->oldest) = entry->newer;
	*(entry->newer != NULL ? &entry->newer->older : &cache->newest) = entry->older;
}

static void
link_use(struct cache *cache, struct entry *entry)
{
	entry->older = cache->newest;
	entry->newer = NULL;
	*(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = entry;
	cache->newest = entry;
}

static void
drop(struct cache *cache, struct entry *entry)
{
	struct entry **link = find_link(cache, entry->key);

	CHECK(*link == entry); /* otherwise another reply with this key would be lost */
	CHECK(cache->count > 0 && cache->total >= entry->size);
	*link = entry->next;
	unlink_use(cache, entry);
	cache->total -= entry->size;
	cache->count--;
	reply_unref(entry->reply);
	free(entry->key);
	free(entry);
}

void
cache_free(struct cache *cache)
{
	if (cache == NULL)
		return;
	while (cache->oldest != NULL)
		drop(cache, cache->oldest);
	free(cache);
}

struct reply *
cache_find(struct cache *cache, const char *key, int64_t max_age_ms, int64_t now_ms)
{
	struct entry *entry = *find_link(cache, key);

	if (entry == NULL || now_ms - entry->since_ms >= max_age_ms)
		return NULL;
	unlink_use(cache, entry);
	link_use(cache, entry);
	return entry->reply;
}

int64_t
cache_since(struct cache *cache, const char *key)
{
	const struct entry *entry = *find_link(cache, key);

	CHECK(entry != NULL);
	return entry->since_ms;
}

void
cache_put(struct cache *cache, const char *key, struct reply *reply, int64_t ttl_ms, int64_t now_ms)
{
	struct entry **link = find_link(cache, key), *entry;
	size_t size = sizeof(*entry) + sizeof(*reply) + strlen(key) + reply->body.room;

	for (size_t i = 0; i < reply->n_headers; i++)
		size += strlen(reply->headers[i].name) + strlen(reply->headers[i].value) + 64;
	if (*link != NULL)
		drop(cache, *link);
	if (size > cache->entry_max || size > cache->total_max || cache->count_max == 0)
		return;
	while (cache->total + size > cache->total_max || cache->count >= cache->count_max)
		drop(cache, cache->oldest);
	link = find_link(cache, key);
	entry = xcalloc(1, sizeof(*entry));
	*entry = (struct entry){ .key = xstrdup(key),
				 .reply = reply_ref(reply),
				 .size = size,
				 .since_ms = now_ms,
				 .until_ms = now_ms + ttl_ms };
	*link = entry;
	link_use(cache, entry);
	cache->total += size;
	cache->count++;
}

bool
cache_sweep(struct cache *cache, int64_t now_ms)
{
	for (struct entry *entry = cache->oldest, *newer; entry != NULL; entry = newer) {
		newer = entry->newer;
		if (entry->until_ms <= now_ms)
			drop(cache, entry);
	}
	return cache->count > 0;
}

size_t
cache_count(const struct cache *cache)
{
	return cache->count;
}

size_t
cache_bytes(const struct cache *cache)
{
	return cache->total;
}

void
cache_forget(struct cache *cache, const char *prefix)
{
	size_t len = strlen(prefix);

	for (struct entry *entry = cache->oldest, *newer; entry != NULL; entry = newer) {
		newer = entry->newer;
		if (strncmp(entry->key, prefix, len) == 0)
			drop(cache, entry);
	}
}

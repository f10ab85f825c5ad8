/* SPDX-License-Identifier: Apache-2.0 */
/* Replies of GET requests that may be given again. Losing a reply does no harm. Entries and bytes
 * are limited. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_CACHE_H
#define CORE_EGRESS_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cache;
struct reply;

struct cache *cache_new(size_t entry_max, size_t total_max, size_t count_max);
void cache_free(struct cache *cache);
struct reply *cache_find(struct cache *cache, const char *key, int64_t max_age_ms, int64_t now_ms);
/* When the reply that cache_find() has returned for this key was put. */
int64_t cache_since(struct cache *cache, const char *key);
/* Keeps the reply for `ttl_ms`. */
void cache_put(struct cache *cache, const char *key, struct reply *reply, int64_t ttl_ms,
	       int64_t now_ms);
/* Removes replies whose time is over. False: the cache is empty now. */
bool cache_sweep(struct cache *cache, int64_t now_ms);
size_t cache_count(const struct cache *cache);
size_t cache_bytes(const struct cache *cache);
/* Removes the replies whose keys begin with this text. */
void cache_forget(struct cache *cache, const char *prefix);

#endif

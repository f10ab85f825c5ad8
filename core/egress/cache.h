/* SPDX-License-Identifier: Apache-2.0 */
/* Replies of GET requests that may be given again. Losing a reply does no harm. Entries and bytes
 * are limited. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_CACHE_H
#define CORE_EGRESS_CACHE_H

#include <stddef.h>
#include <stdint.h>

struct cache;
struct reply;

struct cache *cache_new(size_t entry_max, size_t total_max, size_t count_max);
void cache_free(struct cache *cache);
struct reply *cache_find(struct cache *cache, const char *key, int64_t max_age_ms, int64_t now_ms);
void cache_put(struct cache *cache, const char *key, struct reply *reply, int64_t now_ms);
/* Removes the replies whose keys begin with this text. */
void cache_forget(struct cache *cache, const char *prefix);

#endif

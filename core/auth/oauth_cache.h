/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens whose signature and claims were found right, by their digests: checking a signature for
 * each request anew would cost more than the rest of the request. An entry ends with its token, and
 * with the set of keys that it was checked with. Loop thread only. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUTH_OAUTH_CACHE_H
#define CORE_AUTH_OAUTH_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/token.h"

#define OAUTH_CACHE_MAX 256u /* tokens */

struct oauth_cache;

struct oauth_cache *oauth_cache_new(void);
void oauth_cache_free(struct oauth_cache *cache);
/* True: the token is right at `now_s`, and `principal` is what it says. */
bool oauth_cache_find(const struct oauth_cache *cache, const char digest[TOKEN_DIGEST + 1],
		      unsigned generation, int64_t now_s, struct principal *principal);
/* Takes the place of another token, if there is no free one. */
void oauth_cache_put(struct oauth_cache *cache, const char digest[TOKEN_DIGEST + 1],
		     unsigned generation, int64_t end_s, const struct principal *principal);

#endif

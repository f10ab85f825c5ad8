/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access tokens of users that a trusted proxy forwarded with a request. A principal, which is
 * copied into calls and subscriptions, has only the number of its token. So a token exists once in
 * memory, is masked, and is overwritten when it is removed.
 *
 * The number of tokens is bounded. The token that was not used for the longest time is removed
 * first, and each token an hour after its last use. There is one store in a process, so a token
 * survives a reload of the configuration. Loop thread only.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_FORWARDED_H
#define CORE_BASE_FORWARDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORWARDED_HEADER "X-Forwarded-Access-Token" /* of Databricks Apps */
#define FORWARDED_TOKEN_MAX 8000u		    /* bytes of a token */
#define FORWARDED_MAX 1000u			    /* tokens that are kept */
#define FORWARDED_IDLE_MS 3600000 /* a token that is not used for so long is removed */

/* Can this text be a token? It has 1 to FORWARDED_TOKEN_MAX characters, all of them those of a
 * b64token (RFC 6750, 2.1). */
bool forwarded_valid(const char *token);
/* Keeps a copy of a valid token. Returns its number, which is never 0; a token that is kept already
 * has the same number as before. */
uint64_t forwarded_keep(const char *token, int64_t now_ms);
/* The token with this number, which counts as used now; borrowed until the next call of a function
 * of this header. NULL: it was removed. */
const char *forwarded_token(uint64_t number, int64_t now_ms);
/* When the token says that it expires, in seconds since 1970 (the claim `exp` of a JWT, which is
 * not verified here); 0: it does not say so. */
int64_t forwarded_end_s(const char *token);
/* Removes all tokens: for the end of the process, and for tests. */
void forwarded_forget(void);

#endif

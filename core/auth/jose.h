/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of JSON Web Tokens, checked by cjose. The library is loaded for the first key, so that
 * a host without auth.oauth neither needs it nor loads it. Loop thread only.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUTH_JOSE_H
#define CORE_AUTH_JOSE_H

#include <stdbool.h>
#include <stddef.h>

struct jose_key;

/* Loads the library; false with `why`. The other functions need this first. */
bool jose_open(char *why, size_t why_size);
/* A public key from the text of a JSON Web Key; NULL: the library cannot use it. */
struct jose_key *jose_key_new(const char *json, size_t len);
void jose_key_free(struct jose_key *key); /* NULL is fine */
/* Is the signature of this compact token made with the key? The library takes the algorithm from
 * the token: the caller has checked that it is allowed, and that it fits the key. */
bool jose_verify(const char *token, size_t len, const struct jose_key *key);

#endif

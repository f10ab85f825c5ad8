/* SPDX-License-Identifier: Apache-2.0 */
/* The public keys of an authorization server: a JSON Web Key Set (RFC 7517, 5). Loop thread
 * only. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUTH_KEYS_H
#define CORE_AUTH_KEYS_H

#include "auth/jwt.h"

#define KEYS_MAX 64u		   /* keys of one set */
#define KEYS_TEXT_MAX (256u << 10) /* bytes of a set */
#define KEYS_RSA_LEAST 2048u	   /* bits of an RSA key (RFC 7518, 3.3) */
#define KEYS_RSA_MOST 8192u

struct keys;

enum keys_verdict {
	KEYS_SIGNED,  /* the signature is right */
	KEYS_FORGED,  /* the key is known, and the signature is wrong */
	KEYS_UNKNOWN, /* no key of the set may have signed this token */
};

/* NULL with `why` when the text is not a set with a key that can be used. Keys that cannot be used
 * (for encryption, of another kind, too short) are left out. */
struct keys *keys_new(const char *text, size_t len, char *why, size_t why_size);
/* One more user, who calls keys_free() too. */
struct keys *keys_share(struct keys *keys);
void keys_free(struct keys *keys); /* NULL is fine */
size_t keys_count(const struct keys *keys);
enum keys_verdict keys_verify(const struct keys *keys, const struct jwt *jwt, const char *token,
			      size_t len);

#endif

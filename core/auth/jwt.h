/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JSON Web Token (RFC 7519) in compact form, read strictly: its header and claims pass the JSON
 * gate, so that two readers cannot understand it differently. Nothing in it is trusted before its
 * signature was checked. Keys that a token brings along (jku, jwk, x5u, x5c) are never used.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUTH_JWT_H
#define CORE_AUTH_JWT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/jwt_algorithm.h"

#define JWT_MAX 16384u	     /* bytes of a token */
#define JWT_HEADER_MAX 2048u /* bytes of its header */
#define JWT_KID_MAX 256u     /* bytes of the name of a key */

struct config_oauth;
struct json_object;

struct jwt {
	enum jwt_algorithm algorithm;
	bool named; /* it names its key: */
	char kid[JWT_KID_MAX + 1];
	struct json_object *claims; /* an object */
};

/* NULL when the token has the right form, and an algorithm of the set `algorithms`; else the
 * reason, a constant. Then there is nothing to free. */
const char *jwt_read(const char *token, size_t len, unsigned algorithms, struct jwt *jwt);
void jwt_fini(struct jwt *jwt);
/* NULL when issuer, audience and times are right at `now_s`, in seconds since 1970; else the
 * reason, a constant. `end_s` is when the token must not be accepted any more. */
const char *jwt_check(const struct jwt *jwt, const struct config_oauth *oauth, int64_t now_s,
		      int64_t *end_s);
/* The claim with this name, or with the path "/a/b" of members; NULL: there is none. */
struct json_object *jwt_claim(const struct jwt *jwt, const char *name);

#endif

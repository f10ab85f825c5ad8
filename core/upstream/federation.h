/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assertions about users for OAuth token federation: JWTs (RFC 7519, RFC 7523) that the host signs
 * with its own key, as an identity provider does. A service that trusts this key exchanges such an
 * assertion for an access token of the user (RFC 8693). So no token of a client is passed on.
 *
 * Whoever has the key can act as any user for whom the service trusts it.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_FEDERATION_H
#define CORE_UPSTREAM_FEDERATION_H

#include <stdint.h>

#include "base/buf.h"

#define FEDERATION_LIFE_S 900 /* an assertion is valid for this time, and so is its token */

/* Each text is for free(), or NULL. */
struct federation {
	char *key; /* a private key in PEM; for secret_free() */
	char *issuer, *audience;
};

void federation_fini(struct federation *federation);
/* NULL when this is a private key that can sign assertions (RS256 or ES256), else the reason. */
const char *federation_key_fault(const char *pem);
/* An assertion about `subject`, for secret_free(). NULL: the key cannot sign. */
char *federation_assertion(const struct federation *federation, const char *subject, int64_t now_s);
/* Appends the public key as a JSON Web Key Set (RFC 7517). */
void federation_keys(const struct federation *federation, struct buf *out);

#endif

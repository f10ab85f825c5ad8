/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that auth.c and oauth.c share: principals, and access tokens that contain a
 * principal. */
#ifndef SANDBOX_OAUTH_H
#define SANDBOX_OAUTH_H

#include <stdbool.h>

struct principal {
	char workspace[64];
	char user[128];
	bool trusted;
};

/* Reads "SUBJECT[.USER]" of a workspace that the caller names. False when it is malformed or
 * reserved. */
bool auth_subject(const char *subject, struct principal *out);
/* Reads a `dapi...` token. False when it is unknown. */
bool auth_token(const char *token, struct principal *out);
/* Reads an access token that the sandbox has signed. False when it is invalid or has expired. */
bool jwt_verify(const char *token, struct principal *out);

#endif

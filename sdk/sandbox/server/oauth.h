/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by auth.c and oauth.c: principals, and access tokens that contain one. */
#ifndef SANDBOX_OAUTH_H
#define SANDBOX_OAUTH_H

#include <stdbool.h>

struct principal {
	char workspace[64];
	char user[128];
	bool trusted;
};

/* "SUBJECT[.USER]" of a workspace that the caller names; false when malformed or reserved. */
bool auth_subject(const char *subject, struct principal *out);
/* A `dapi...` token; false when unknown. */
bool auth_token(const char *token, struct principal *out);
/* A signed access token of the sandbox that has not expired; false otherwise. */
bool jwt_verify(const char *token, struct principal *out);

#endif

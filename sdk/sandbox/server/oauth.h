/* SPDX-License-Identifier: Apache-2.0 */
/* Between auth.c and oauth.c: principals, and access tokens that carry one. */
#ifndef SANDBOX_OAUTH_H
#define SANDBOX_OAUTH_H

#include <stdbool.h>

struct principal {
	char workspace[64];
	char user[128];
	bool trusted;
};

/* "SUBJECT[.USER]" of a self-chosen workspace; false when ill-formed or reserved. */
bool auth_subject(const char *subject, struct principal *out);
/* A `dapi...` token; false when unknown. */
bool auth_token(const char *token, struct principal *out);
/* A signed, unexpired access token of ours; false otherwise. */
bool jwt_verify(const char *token, struct principal *out);

#endif

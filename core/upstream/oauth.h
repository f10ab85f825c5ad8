/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access tokens by the client credentials grant (RFC 6749, section 4.4), for each kind of upstream
 * that offers it. The first request that needs a token asks for it. It is renewed before it
 * expires, while requests still use the old one.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_OAUTH_H
#define CORE_UPSTREAM_OAUTH_H

#include "upstream/credential.h"

/* The client whose tokens are requested. The texts are borrowed from the kind's own part of the
 * upstream. */
struct oauth_client {
	const char *token_url, *id;
	const char *scope, *audience; /* or NULL */
	bool secret_in_body;	      /* id and secret go into the body, not into a header */
};

/* The three functions of struct upstream_kind for that client. */
void oauth_authorize(const struct credential *credential, int64_t now_ms,
		     struct credential_step *step);
void oauth_request(const struct credential *credential, const struct oauth_client *client,
		   struct credential_request *request);
enum mcp_status oauth_reply(struct credential *credential, const struct oauth_client *client,
			    const struct mcp_reply *reply, int64_t now_ms, char *why,
			    size_t why_size);

#endif

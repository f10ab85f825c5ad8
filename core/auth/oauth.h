/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lakehost as an OAuth resource server: who an access token is for, and what it allows (MCP,
 * basic/authorization; RFC 6750, 9068, 9728). Loop thread only.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUTH_OAUTH_H
#define CORE_AUTH_OAUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/fetch.h"
#include "base/principal.h"

struct config;
struct loop;
struct oauth;

/* Why a token is not accepted. */
struct oauth_fault {
	int status;	   /* of HTTP: 401, 403 or 503 */
	const char *why;   /* a constant */
	const char *error; /* of RFC 6750, 3.1, or NULL */
	bool genuine;	   /* its signature is right: it is no attempt to guess a token */
};

/* `config` is borrowed; its auth.inbound is "oauth". NULL with `why`: the library is missing. */
struct oauth *oauth_new(const struct config *config, char *why, size_t why_size);
void oauth_free(struct oauth *oauth); /* NULL is fine */
/* Before the start: takes over the keys of one that serves; see key_store_inherit(). */
void oauth_inherit(struct oauth *oauth, const struct oauth *from);
void oauth_start(struct oauth *oauth, struct loop *loop, const struct fetcher *fetcher);
void oauth_reload(struct oauth *oauth); /* fetches the keys again */
/* NULL when tokens can be checked now, else the reason. */
const char *oauth_unready(const struct oauth *oauth);

/* Sets name, groups, and as `access` what the scopes of the token allow. False with `fault`.
 * `now_s`: seconds since 1970. */
bool oauth_check(struct oauth *oauth, const char *token, size_t len, int64_t now_s,
		 struct principal *principal, struct oauth_fault *fault);
/* The value of WWW-Authenticate that names the scope for `needed`. It is valid as long as `oauth`.
 * `error` and `description` are constants, or NULL. */
const char *oauth_challenge_for(struct oauth *oauth, enum access needed, const char *error,
				const char *description);
/* The document of RFC 9728. */
const char *oauth_metadata(const struct oauth *oauth);

#endif

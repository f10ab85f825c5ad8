/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inbound authentication over HTTP: who sends a request, decided on its header alone, for each
 * request anew. `auth.inbound` says how; with "none" there is no struct auth, and every caller is
 * the principal "local". What cannot be decided is refused.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUTH_AUTH_H
#define CORE_AUTH_AUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "base/principal.h"
#include "config/snapshot.h"

struct auth;
struct config;
struct fetcher;
struct loop;

/* What a request says about its sender. Texts are borrowed. */
struct auth_request {
	struct address from;
	bool tls;
	const char *authorization; /* the header, or NULL */
	const char *user;	   /* the header that auth.header names, or NULL */
	const char *groups;	   /* the header that auth.groups_header names, or NULL */
	const char *forwarded;	   /* the header FORWARDED_HEADER where it is used, or NULL */
	/* the client's certificate, whose chain is checked; NULL: the listener needs none */
	const unsigned char *certificate;
	size_t certificate_len;
	const char *certificate_fault; /* it needs one: why there is none; a constant */
};

/* Why a request is refused. All texts are constants, or valid as long as struct auth. */
struct auth_refusal {
	int status; /* of HTTP: 400, 401, 403, 429 or 503 */
	const char *why;
	const char *field, *value; /* a header field of the answer, or NULL */
};

/* NULL with `why` when nobody could be let in, for example because the file of tokens cannot be
 * used. `config` is borrowed; its auth.inbound is not "none". */
struct auth *auth_new(const struct config *config, char *why, size_t why_size);
void auth_free(struct auth *auth); /* NULL is fine */
/* Before auth_start(): takes over what one that serves has fetched, where it is the same. */
void auth_inherit(struct auth *auth, const struct auth *from);
/* Begins to serve: from now on it may fetch what it needs (the keys of an authorization server). */
void auth_start(struct auth *auth, struct loop *loop, const struct fetcher *fetcher);
/* NULL when requests can be authenticated now, else the reason. */
const char *auth_unready(const struct auth *auth);
/* The document of RFC 9728 about this server; NULL: there is none. Valid as long as `auth`. */
const char *auth_metadata(const struct auth *auth);
/* Who `name` is by the configuration and the file of tokens alone, for reports: its groups are
 * added to those that `principal` has, and its access is set. False with `why`. */
bool auth_assume(const struct config *config, const char *name, struct principal *principal,
		 char *why, size_t why_size);
/* Reads the tokens again, and fetches the keys of the authorization server again, at most every ten
 * seconds. */
void auth_reload(struct auth *auth);
/* The parts of the configuration that decide who a caller is and what it may do, as text to
 * compare; for free(). */
char *auth_text(const struct config *config);
/* What became of a principal that was let in before. `same`: auth_text() has not changed since. A
 * principal whose credential would have to be seen again counts as changed. Loop thread. */
enum standing auth_standing(struct auth *auth, const struct principal *principal, bool same);
/* True: `principal` is who it is. False: `refusal` is set. Logs refusals, never a credential. Loop
 * thread; reads the file of tokens when it has changed. */
bool auth_check(struct auth *auth, const struct auth_request *request, struct principal *principal,
		struct auth_refusal *refusal);

#endif

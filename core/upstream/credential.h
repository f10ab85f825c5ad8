/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The current credential of one upstream: the operator's secret, which may be read again from
 * its file, and for some kinds the access token that the secret was exchanged for. A step
 * returns what a request needs: headers, another request that must be made before, or an error.
 * This code sends nothing: egress makes the request and passes the reply on. Loop thread only. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_CREDENTIAL_H
#define CORE_UPSTREAM_CREDENTIAL_H

#include <stdint.h>

#include <lakehost/plugin.h>

#include "base/buf.h"
#include "config/config.h"

#define CREDENTIAL_VALUE_MAX 8192	    /* most bytes of a header with a credential */
#define CREDENTIAL_WHY_MAX 512		    /* bytes of a reason */
#define CREDENTIAL_REQUEST_BODY (64u << 10) /* most bytes of the body of a token request */

struct child_result;

struct credential {
	const struct config_upstream *upstream;
	void *state;	     /* of the kind, or NULL; see credential_state() of the kind */
	char *user;	     /* the credential is that of this principal; NULL: of the host */
	uint64_t forwarded;  /* the number of the user's token (base/forwarded.h), or 0 */
	char *secret;	     /* of the operator; NULL: none is needed */
	char *access_token;  /* NULL: none is at hand */
	char *identity;	     /* see credential_identity(); NULL: not asked for since a change */
	unsigned generation; /* changes when the credential of requests changes */
	int64_t renew_ms;    /* monotonic: from then on the token is to be renewed … */
	int64_t expires_ms;  /* … and from this time on it is expired */
	bool more;	     /* after a reply: another request has to be made */
};

enum credential_answer {
	CREDENTIAL_HEADERS, /* the request may be sent with `headers` */
	CREDENTIAL_REQUEST, /* the request has to wait for the reply to credential_request() */
	CREDENTIAL_ERROR,   /* the request cannot be sent: see `error` and `why` */
};

struct credential_step {
	enum credential_answer answer;
	struct strings headers; /* "Name: value"; the headers contain secrets */
	/* the result is HEADERS, but credential_request() should also be made now */
	bool renew;
	enum mcp_status error;
	char why[CREDENTIAL_WHY_MAX];
};

/* A request that changes nothing, so that it may be repeated; or, with `command`, a program whose
 * output is the reply. */
struct credential_request {
	char *target; /* how messages call the service or the program */
	char *url;
	const char *method; /* "POST" or "GET"; a literal */
	struct strings headers;
	struct buf body;
	bool direct;		    /* never through a proxy: a service of this machine */
	struct strings command;	    /* the program's absolute path and its arguments */
	struct strings environment; /* "NAME=value": all variables of the program */
	size_t reply_max;	    /* bytes of the reply */
	uint32_t timeout_ms;	    /* for the reply, with all repetitions */
};

/* The reply to a request, or the result of a command; the other one is NULL. */
struct credential_outcome {
	const struct mcp_reply *reply;
	const struct child_result *result;
};

void credential_init(struct credential *credential, const struct config_upstream *upstream);
/* The same for requests on behalf of a principal. */
void credential_init_for(struct credential *credential, const struct config_upstream *upstream,
			 const char *user, uint64_t forwarded);
void credential_fini(struct credential *credential);
/* The name of address and credential, for what only requests with both of them may share. It
 * reveals neither. Valid until the credential changes. The digest is made at the first use, because
 * the first digest of a process initialises libcrypto: a sixth of the cost of a start. */
const char *credential_identity(struct credential *credential);

/* The caller owns the headers of the step: strings_wipe(). */
void credential_step(const struct credential *credential, int64_t now_ms,
		     struct credential_step *step);

/* The request that a step asked for. MCP_OK: all in it is the caller's; it holds secrets. Else
 * there is none, and why not. */
enum mcp_status credential_request(struct credential *credential,
				   struct credential_request *request, int64_t now_ms, char *why,
				   size_t why_size);
void credential_request_fini(struct credential_request *request);
/* Takes the reply to it. MCP_OK: there is a new token, or, with `more`, another request has to be
 * made first. Else why not. */
enum mcp_status credential_reply(struct credential *credential,
				 const struct credential_outcome *answer, int64_t now_ms, char *why,
				 size_t why_size);

/* Called when the service refused the credential of this generation. True when there is, or may be,
 * another credential, so that one more step is useful. */
bool credential_refused(struct credential *credential, unsigned generation);
/* Reads the secret again, if it is in a file. */
void credential_reload(struct credential *credential);

/* For kinds: the result of a step when the secret that it needs is missing. */
void credential_missing(const struct credential *credential, struct credential_step *step);
/* For kinds: replaces the access token by a copy of `token` (NULL: no token). */
void credential_set_token(struct credential *credential, const char *token);
/* Appends lines for the operator: the method that is in use, and each that was tried and why it was
 * not taken. Nothing where the kind has only one method. */
void credential_explain(const struct credential *credential, struct strings *lines);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The credential of one upstream as it is now: the operator's secret, which may be read again from
 * its file, and the access token that was got with it, where the kind works that way.
 *
 * A step answers what a request needs: headers, a request that must be made before, or an error.
 * Nothing here sends anything: egress makes the request and brings the reply. Loop thread only.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_CREDENTIAL_H
#define CORE_UPSTREAM_CREDENTIAL_H

#include <stdint.h>

#include <lakehost/plugin.h>

#include "base/buf.h"
#include "config/config.h"

#define CREDENTIAL_VALUE_MAX 8192	    /* bytes of a header with a credential */
#define CREDENTIAL_WHY_MAX 512		    /* bytes of a reason */
#define CREDENTIAL_REQUEST_BODY (64u << 10) /* bytes of the body of a token request */

struct child_result;

struct credential {
	const struct config_upstream *upstream;
	void *state;	     /* of the kind, or NULL; see credential_state() of the kind */
	char *secret;	     /* of the operator; NULL: none is needed */
	char *access_token;  /* NULL: none is at hand */
	char *identity;	     /* a digest of address and credential, for what is shared by them */
	unsigned generation; /* changes when the credential of requests changes */
	int64_t renew_ms;    /* monotonic: from then on the token is to be renewed … */
	int64_t expires_ms;  /* … and from this time on it is expired */
	bool more;	     /* after a reply: another request has to be made */
};

enum credential_answer {
	CREDENTIAL_HEADERS, /* the request may be sent with `headers` */
	CREDENTIAL_REQUEST, /* it has to wait for the reply to credential_request() */
	CREDENTIAL_ERROR,   /* it cannot be sent: `error` and `why` */
};

struct credential_step {
	enum credential_answer answer;
	struct strings headers; /* "Name: value"; they hold secrets */
	bool renew;		/* HEADERS, and credential_request() should be made meanwhile */
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
void credential_fini(struct credential *credential);

/* The headers of the step are the caller's: strings_wipe(). */
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

/* The service refused what was sent with this generation. True when there is another credential, or
 * may be: the request is worth one more step. */
bool credential_refused(struct credential *credential, unsigned generation);
/* Reads the secret again, if it is in a file. */
void credential_reload(struct credential *credential);

/* For kinds: the answer to a step where the secret is missing that it would need. */
void credential_missing(const struct credential *credential, struct credential_step *step);
/* For kinds: puts `token` in place of the access token (NULL: none), copied. */
void credential_set_token(struct credential *credential, const char *token);
/* Appends lines for the operator: the method that is in use, and each that was tried and why it was
 * not taken. Nothing where the kind has only one method. */
void credential_explain(const struct credential *credential, struct strings *lines);

#endif

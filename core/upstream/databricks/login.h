/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A login with one of the methods: which method is in use, which stage of it is next, and what the
 * stages found. It is the `state` of a credential of this kind. Loop thread only.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_DATABRICKS_LOGIN_H
#define CORE_UPSTREAM_DATABRICKS_LOGIN_H

#include <json-c/json.h>

#include "upstream/databricks/method.h"

#define LOGIN_REPLY_MAX (256u << 10) /* bytes of a reply, or of the output of a program */
#define LOGIN_REQUEST_MS 30000	     /* for one request, with all repetitions */

/* The tokens of a login. Some services want a second one, in a header of its own. */
enum login_slot { LOGIN_TOKEN, LOGIN_SECOND, LOGIN_SLOTS };

struct login {
	const struct databricks *own;
	const char *user;	/* of the credential; borrowed in the same way */
	uint64_t forwarded;	/* the same: the number of the user's token */
	const char *secret;	/* of the credential as it is now; borrowed during ask() */
	size_t method;		/* in own->candidate */
	size_t stage;		/* in the stages of the method */
	bool running;		/* a stage's answer is awaited */
	bool settled;		/* the method brought a token once: no other one is tried */
	bool plain;		/* LOGIN_AGAIN: the stage leaves out what the service may refuse */
	struct strings skipped; /* candidates that did not apply */
	int64_t now_ms;		/* during ask() and take() */
	/* What stages found; each for free() or secret_free(). */
	bool metadata_known;
	char *account_id, *workspace_id, *audience, *discovery_url, *token_url, *tenant, *version;
	char *id_token, *source_token;
	bool managed_identity;
	/* The tokens of this run; the times are monotonic. */
	char *token[LOGIN_SLOTS];
	int64_t renew_ms, expires_ms;
	char *second; /* the second token that is in use, or NULL */
	enum mcp_status error;
	char why[CREDENTIAL_WHY_MAX];
};

const struct method *login_method(const struct login *login);

/* ---- for stages ------------------------------------------------------------------------------ */

/* Remembers the reason; returns false, and LOGIN_FAILED or LOGIN_SKIP. */
bool login_refuse(struct login *login, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
enum login_result login_fail(struct login *login, enum mcp_status error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum login_result login_skip(struct login *login, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A request to this address, which is refused where it is neither TLS nor loopback. `what` is what
 * messages call it: "the token endpoint". Headers that every request has are added. */
bool login_get(struct login *login, struct credential_request *request, const char *what,
	       const char *url);
bool login_post(struct login *login, struct credential_request *request, const char *what,
		const char *url, const char *content_type);
void login_header(struct credential_request *request, const char *name, const char *value);
void login_bearer(struct credential_request *request, const char *token);
/* A pair of a form; a NULL value adds nothing. */
void login_form(struct credential_request *request, const char *key, const char *value);
const char *login_scopes(const struct login *login); /* the scopes of the attributes, or all-apis */

/* The JSON object of a reply with status 200, for json_object_put(); NULL with the reason in
 * login->why and login->error. `what` names the service. */
struct json_object *login_object(struct login *login, const struct mcp_reply *reply,
				 const char *what);
/* Takes the token at `key` with its lifetime, which is in one of the usual members. */
enum login_result login_take_token(struct login *login, enum login_slot slot,
				   struct json_object *object, const char *key, const char *what);
/* The same where the time of its end is known in another way; seconds since 1970, 0: unknown. */
enum login_result login_take(struct login *login, enum login_slot slot, const char *token,
			     int64_t expires_s, const char *what);
/* The payload of a JWT, which is not verified; for json_object_put(). NULL: it is not one. */
struct json_object *login_claims(const char *jwt);
/* The text of somebody else for an error message: on one line, without secrets, and cut to `size`
 * bytes after that. */
void login_words(const char *text, char *words, size_t size);
/* Replaces a text that a stage found. */
void login_keep(char **place, const char *text);
void login_keep_secret(char **place, const char *text);

/* ---- for the kind ---------------------------------------------------------------------------- */

struct login *login_new(const struct databricks *own);
void login_free(void *state);
/* Functions of struct upstream_kind. */
void login_authorize(const struct credential *credential, int64_t now_ms,
		     struct credential_step *step);
enum mcp_status login_request(struct credential *credential, struct credential_request *request,
			      int64_t now_ms, char *why, size_t why_size);
enum mcp_status login_reply(struct credential *credential, const struct credential_outcome *answer,
			    int64_t now_ms, char *why, size_t why_size);
bool login_reload(struct credential *credential);
void login_explain(const struct credential *credential, struct strings *lines);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/audit.h"
#include "auth/bearer.h"
#include "auth/certificate.h"
#include "auth/failures.h"
#include "auth/groups.h"
#include "auth/jwt.h"
#include "auth/oauth.h"
#include "auth/refusals.h"
#include "auth/store.h"
#include "auth/token_file.h"
#include "auth/user.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/forwarded.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/oauth.h"
#include "metrics/metrics.h"

struct auth {
	const struct config *config;
	struct token_store *store; /* with "token" */
	struct oauth *oauth;	   /* with "oauth" */
	struct failures failures;
};

/* ---- refusals ------------------------------------------------------------------------------ */

/* For the audit log. */
static void
report(const struct auth_refusal *reason, const char *name, const char *from)
{
	struct audit_event event = AUDIT_EVENT(AUDIT_AUTH);

	event.principal = name;
	event.from = from;
	event.verdict = "deny";
	event.why = reason->why;
	audit_report(&event);
}

static bool
refuse(const struct auth_request *request, const struct auth_refusal *reason, const char *name,
       struct auth_refusal *refusal)
{
	char from[ADDRESS_TEXT_MAX];

	CHECK(reason->status >= 400);
	address_text(&request->from, from);
	log_event(reason->status == 401 && name == NULL ? LOG_DEBUG : LOG_WARNING, "auth-refused",
		  "status", "i", (int64_t)reason->status, "from", "s", from, "principal", "s", name,
		  "why", "s", reason->why, NULL);
	/* most clients send one request without a credential first */
	if (reason->status != 401 || name != NULL)
		report(reason, name, from);
	*refusal = *reason;
	return false;
}

/* A wrong credential. When an address sends too many, only the first further one is logged. */
static bool
refuse_wrong(struct auth *auth, const struct auth_request *request,
	     const struct auth_refusal *reason, const char *name, struct auth_refusal *refusal)
{
	char from[ADDRESS_TEXT_MAX];

	if (!failures_count(&auth->failures, &request->from, clock_ms())) {
		*refusal = refused_often;
		return false;
	}
	address_text(&request->from, from);
	log_event(LOG_WARNING, "auth-failed", "status", "i", (int64_t)reason->status, "from", "s",
		  from, "principal", "s", name, "why", "s", reason->why, NULL);
	report(reason, name, from);
	metrics_auth_failed();
	*refusal = *reason;
	return false;
}

/* ---- access -------------------------------------------------------------------------------- */

static enum access
narrower(enum access a, enum access b)
{
	return a < b ? a : b;
}

static const struct config_principal *
principal_listed(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->auth.principals; i++)
		if (strcmp(config->auth.principal[i].name, name) == 0)
			return &config->auth.principal[i];
	return NULL;
}

/* What the configuration allows: the narrowest of its own entry and of those of its groups; without
 * any entry policy.default_access. Never more than policy.access. */
static enum access
access_of(const struct config *config, const struct config_principal *own,
	  const struct principal *principal)
{
	enum access access = own != NULL ? own->access : ACCESS_ADMIN;
	bool listed = own != NULL;

	for (size_t i = 0; i < config->auth.groups_listed; i++) {
		const struct config_group *group = &config->auth.group[i];

		if (!group->grants || !principal_in_group(principal, group->name))
			continue;
		access = narrower(access, group->access);
		listed = true;
	}
	return narrower(config->access, listed ? access : config->auth.unknown);
}

static bool
add_listed_groups(const struct config *config, const struct config_principal *own,
		  struct principal *principal)
{
	for (size_t i = 0; own != NULL && i < own->groups.count; i++)
		if (!groups_add(config, own->groups.item[i], strlen(own->groups.item[i]),
				principal))
			return false;
	return true;
}

/* The token of that name limits access, and names groups. */
static bool
assume_token(const struct config *config, const char *name, struct principal *principal, char *why,
	     size_t why_size)
{
	struct token_list list;
	struct stat status;
	bool fine = true;

	if (config->auth.inbound != INBOUND_TOKEN)
		return true;
	if (!token_file_read(config->auth.tokens, &list, &status, why, why_size))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		if (strcmp(list.token[i].name, name) != 0)
			continue;
		principal->access = narrower(principal->access, list.token[i].access);
		fine = groups_add_list(config, list.token[i].groups, principal);
	}
	token_list_fini(&list);
	return fine;
}

bool
auth_assume(const struct config *config, const char *name, struct principal *principal, char *why,
	    size_t why_size)
{
	const struct config_principal *own = principal_listed(config, name);

	if (strlen(name) >= sizeof(principal->name)) {
		snprintf(why, why_size, "the name of the principal is too long");
		return false;
	}
	strcpy(principal->name, name);
	principal->access = config->access;
	principal->user = config->auth.inbound != INBOUND_NONE &&
			  config->auth.inbound != INBOUND_TOKEN &&
			  strcmp(name, PRINCIPAL_LOCAL) != 0;
	if (strcmp(name, PRINCIPAL_LOCAL) == 0 || config->auth.inbound == INBOUND_NONE)
		return true;
	snprintf(why, why_size, "the principal is in too many groups");
	if (!assume_token(config, name, principal, why, why_size) ||
	    !add_listed_groups(config, own, principal))
		return false;
	principal->access = narrower(principal->access, access_of(config, own, principal));
	return true;
}

/* `principal` has the groups that its credential names. */
static bool
accept(const struct auth *auth, const struct auth_request *request, const char *name,
       enum access access, struct principal *principal, struct auth_refusal *refusal)
{
	const struct config_principal *own = principal_listed(auth->config, name);
	enum access most;

	CHECK(strlen(name) < sizeof(principal->name));
	CHECK(strcmp(name, PRINCIPAL_LOCAL) != 0);
	if (!add_listed_groups(auth->config, own, principal))
		return refuse(request, &refused_groups, name, refusal);
	most = access_of(auth->config, own, principal);
	if (narrower(access, most) == ACCESS_NONE && auth->oauth == NULL)
		return refuse(request, &refused_access, name, refusal);
	memmove(principal->name, name, strlen(name) + 1);
	principal->user = auth->config->auth.inbound != INBOUND_TOKEN;
	principal->access = narrower(access, most);
	if (auth->oauth != NULL)
		principal->reach = narrower(oauth_widest(auth->config->auth.oauth), most);
	return true;
}

/* ---- after a reload
 * --------------------------------------------------------------------------- */

static bool
same_groups(const struct principal *a, const struct principal *b)
{
	for (unsigned i = 0; i < a->n_groups; i++)
		if (!principal_in_group(b, a->groups[i]))
			return false;
	return a->n_groups == b->n_groups;
}

/* With tokens all is known again: the token has the name of its principal. */
static enum standing
standing_of_token(struct auth *auth, const struct principal *principal)
{
	const struct config_principal *own = principal_listed(auth->config, principal->name);
	const char *why;
	const struct token_list *list = token_store_list(auth->store, &why);
	const struct token *token = list == NULL ? NULL : token_named(list, principal->name);
	struct principal now = { .access = ACCESS_NONE };

	if (token == NULL || token_expired(token, clock_wall_ms() / 1000) ||
	    !groups_add_list(auth->config, token->groups, &now) ||
	    !add_listed_groups(auth->config, own, &now))
		return STANDING_REMOVED;
	now.access = narrower(token->access, access_of(auth->config, own, &now));
	if (now.access == ACCESS_NONE)
		return STANDING_REMOVED;
	return now.access == principal->access && same_groups(&now, principal) ? STANDING_SAME
									       : STANDING_CHANGED;
}

enum standing
auth_standing(struct auth *auth, const struct principal *principal, bool same)
{
	const struct config_principal *own = principal_listed(auth->config, principal->name);

	if (auth->store != NULL)
		return standing_of_token(auth, principal);
	if (same)
		return STANDING_SAME;
	return access_of(auth->config, own, principal) == ACCESS_NONE ? STANDING_REMOVED
								      : STANDING_CHANGED;
}

/* ---- the ways ------------------------------------------------------------------------------ */

static bool
is_trusted(const struct auth *auth, const struct address *from)
{
	for (size_t i = 0; i < auth->config->auth.proxies; i++)
		if (address_in(from, &auth->config->auth.proxy[i]))
			return true;
	return false;
}

static bool
check_token(struct auth *auth, const struct auth_request *request, struct principal *principal,
	    struct auth_refusal *refusal)
{
	const struct token_list *list;
	const struct token *token;
	const char *text, *why;
	char digest[TOKEN_DIGEST + 1];
	size_t len;

	list = token_store_list(auth->store, &why);
	if (list == NULL) { /* the log has the reason */
		*refusal = refused_store;
		return false;
	}
	switch (bearer_read(request->authorization, BEARER_MAX, &text, &len)) {
	case BEARER_NONE: return refuse(request, &refused_no_token, NULL, refusal);
	case BEARER_MALFORMED:
		return refuse_wrong(auth, request, &refused_malformed, NULL, refusal);
	case BEARER_TOKEN: break;
	}
	token_digest(text, len, digest);
	token = token_find(list, digest);
	if (token == NULL)
		return refuse_wrong(auth, request, &refused_unknown, NULL, refusal);
	if (token_expired(token, clock_wall_ms() / 1000))
		return refuse_wrong(auth, request, &refused_expired, token->name, refusal);
	if (!groups_add_list(auth->config, token->groups, principal))
		return refuse(request, &refused_groups, token->name, refusal);
	principal->until_s = token->expires_s;
	return accept(auth, request, token->name, token->access, principal, refusal);
}

/* ---- access tokens of an authorization server ------------------------------------------------ */

static bool
refuse_token(struct auth *auth, const struct auth_request *request, const struct oauth_fault *fault,
	     const char *name, struct auth_refusal *refusal)
{
	struct auth_refusal reason = { .status = fault->status, .why = fault->why };

	if (fault->status == 503) {
		reason.field = "Retry-After";
		reason.value = "1";
	} else if (fault->status == 401) {
		reason.field = "WWW-Authenticate";
		reason.value =
		    oauth_challenge_for(auth->oauth, ACCESS_READ, fault->error, fault->why);
	}
	/* a client learns by a refusal that its token has expired, and then renews it */
	return fault->status == 503 || fault->genuine
		 ? refuse(request, &reason, name, refusal)
		 : refuse_wrong(auth, request, &reason, name, refusal);
}

static bool
refuse_missing(struct auth *auth, const struct auth_request *request, struct auth_refusal *refusal)
{
	const struct auth_refusal reason = {
		401,
		"an access token is missing: the client must log in at the authorization server "
		"that the header WWW-Authenticate leads to",
		"WWW-Authenticate", oauth_challenge_for(auth->oauth, ACCESS_READ, NULL, NULL)
	};

	return refuse(request, &reason, NULL, refusal);
}

/* The principal may call, but not with this token: RFC 6750, 3.1. */
static bool
refuse_scope(struct auth *auth, const struct auth_request *request, const char *name,
	     struct auth_refusal *refusal)
{
	const struct auth_refusal reason = {
		403,
		"the token has no scope of this server: the client must ask for the scope that the "
		"header WWW-Authenticate names",
		"WWW-Authenticate",
		oauth_challenge_for(auth->oauth, ACCESS_READ, "insufficient_scope", NULL)
	};

	return refuse(request, &reason, name, refusal);
}

static bool
check_oauth(struct auth *auth, const struct auth_request *request, struct principal *principal,
	    struct auth_refusal *refusal)
{
	struct oauth_fault fault;
	const char *text;
	size_t len;

	switch (bearer_read(request->authorization, JWT_MAX, &text, &len)) {
	case BEARER_NONE: return refuse_missing(auth, request, refusal);
	case BEARER_MALFORMED:
		return refuse_wrong(auth, request, &refused_malformed, NULL, refusal);
	case BEARER_TOKEN: break;
	}
	if (!oauth_check(auth->oauth, text, len, clock_wall_ms() / 1000, principal, &fault))
		return refuse_token(auth, request, &fault,
				    principal->name[0] != '\0' ? principal->name : NULL, refusal);
	if (!accept(auth, request, principal->name, principal->access, principal, refusal))
		return false;
	if (principal->access > ACCESS_NONE)
		return true;
	return principal->reach > ACCESS_NONE
		 ? refuse_scope(auth, request, principal->name, refusal)
		 : refuse(request, &refused_access, principal->name, refusal);
}

/* ---- the header of a proxy ------------------------------------------------------------------- */

static bool
check_header(struct auth *auth, const struct auth_request *request, struct principal *principal,
	     struct auth_refusal *refusal)
{
	if (request->user != NULL && !is_trusted(auth, &request->from))
		return refuse_wrong(auth, request, &refused_forged, NULL, refusal);
	if (request->groups != NULL && !is_trusted(auth, &request->from))
		return refuse_wrong(auth, request, &refused_group_header, NULL, refusal);
	if (request->user == NULL)
		return refuse(request, &refused_no_user, NULL, refusal);
	if (!user_name_valid(request->user))
		return refuse(request, &refused_user, NULL, refusal);
	if (request->groups != NULL && !groups_add_list(auth->config, request->groups, principal))
		return refuse(request, &refused_groups, request->user, refusal);
	return accept(auth, request, request->user, ACCESS_ADMIN, principal, refusal);
}

/* ---- client certificates --------------------------------------------------------------------- */

static bool
refuse_certificate(struct auth *auth, const struct auth_request *request, const char *why,
		   struct auth_refusal *refusal)
{
	const struct auth_refusal reason = { 403, why, NULL, NULL };

	return refuse_wrong(auth, request, &reason, NULL, refusal);
}

static bool
check_certificate(struct auth *auth, const struct auth_request *request,
		  struct principal *principal, struct auth_refusal *refusal)
{
	char name[PRINCIPAL_NAME_MAX];
	const char *why;

	if (request->certificate == NULL)
		return refuse(request, &refused_no_certificate, NULL, refusal);
	why = certificate_name(request->certificate, request->certificate_len,
			       auth->config->auth.certificate_name, name);
	if (why != NULL)
		return refuse_certificate(auth, request, why, refusal);
	return accept(auth, request, name, ACCESS_ADMIN, principal, refusal);
}

/* How the sender is authenticated. */
static bool
check_sender(struct auth *auth, const struct auth_request *request, struct principal *principal,
	     struct auth_refusal *refusal)
{
	switch (auth->config->auth.inbound) {
	case INBOUND_TOKEN: return check_token(auth, request, principal, refusal);
	case INBOUND_HEADER: return check_header(auth, request, principal, refusal);
	case INBOUND_OAUTH: return check_oauth(auth, request, principal, refusal);
	case INBOUND_MTLS: return check_certificate(auth, request, principal, refusal);
	case INBOUND_NONE: break;
	}
	CHECK(auth->config->auth.inbound != INBOUND_NONE);
	return false;
}

/* The token is not looked at here: egress finds out whose it is before its first use. */
static bool
take_forwarded(struct auth *auth, const struct auth_request *request, struct principal *principal,
	       struct auth_refusal *refusal)
{
	int64_t end_s;

	if (request->forwarded == NULL)
		return true;
	if (!forwarded_valid(request->forwarded))
		return refuse_wrong(auth, request, &refused_no_forwarded, principal->name, refusal);
	principal->forwarded = forwarded_keep(request->forwarded, clock_ms());
	/* a stream that stays open must not outlive the token with which it polls */
	end_s = forwarded_end_s(request->forwarded);
	if (end_s != 0 && (principal->until_s == 0 || end_s < principal->until_s))
		principal->until_s = end_s;
	return true;
}

bool
auth_check(struct auth *auth, const struct auth_request *request, struct principal *principal,
	   struct auth_refusal *refusal)
{
	bool private;

	*principal = (struct principal){ .access = ACCESS_NONE };
	private = request->tls || request->from.kind == ADDRESS_UNIX ||
		  address_is_loopback(&request->from);
	if (!private && !is_trusted(auth, &request->from))
		return refuse_wrong(auth, request, &refused_clear, NULL, refusal);
	if (request->certificate_fault != NULL)
		return refuse_certificate(auth, request, request->certificate_fault, refusal);
	if (request->forwarded != NULL && !is_trusted(auth, &request->from))
		return refuse_wrong(auth, request, &refused_forwarded, NULL, refusal);
	return check_sender(auth, request, principal, refusal) &&
	       take_forwarded(auth, request, principal, refusal);
}

/* ---- life ---------------------------------------------------------------------------------- */

struct auth *
auth_new(const struct config *config, char *why, size_t why_size)
{
	struct auth *auth = xcalloc(1, sizeof(*auth));
	const char *fault = NULL;

	CHECK(config->auth.inbound != INBOUND_NONE);
	auth->config = config;
	if (config->auth.inbound == INBOUND_OAUTH) {
		auth->oauth = oauth_new(config, why, why_size);
		if (auth->oauth != NULL)
			return auth;
		free(auth);
		return NULL;
	}
	if (config->auth.inbound != INBOUND_TOKEN)
		return auth;
	auth->store = token_store_new(config->auth.tokens);
	if (token_store_list(auth->store, &fault) != NULL)
		return auth;
	snprintf(why, why_size, "auth.tokens: %s; \"lakehost token new NAME\" makes a token",
		 fault);
	auth_free(auth);
	return NULL;
}

void
auth_free(struct auth *auth)
{
	if (auth == NULL)
		return;
	token_store_free(auth->store);
	oauth_free(auth->oauth);
	free(auth);
}

void
auth_reload(struct auth *auth)
{
	if (auth->store != NULL)
		token_store_reload(auth->store);
	if (auth->oauth != NULL)
		oauth_reload(auth->oauth);
}

void
auth_inherit(struct auth *auth, const struct auth *from)
{
	if (auth->oauth != NULL && from->oauth != NULL)
		oauth_inherit(auth->oauth, from->oauth);
}

void
auth_start(struct auth *auth, struct loop *loop, const struct fetcher *fetcher)
{
	if (auth->oauth != NULL)
		oauth_start(auth->oauth, loop, fetcher);
}

const char *
auth_unready(const struct auth *auth)
{
	return auth->oauth != NULL ? oauth_unready(auth->oauth) : NULL;
}

const char *
auth_metadata(const struct auth *auth)
{
	return auth->oauth != NULL ? oauth_metadata(auth->oauth) : NULL;
}

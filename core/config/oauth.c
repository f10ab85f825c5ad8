/* SPDX-License-Identifier: Apache-2.0 */
#include "config/oauth.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/jwt_algorithm.h"
#include "base/mem.h"
#include "base/url.h"
#include "config/certificates.h"
#include "config/file.h"
#include "config/text.h"
#include "config/value.h"

#define SCOPES_MAX 64u
#define AUDIENCES_MAX 16u
#define CLAIM_NAME_MAX 128u
#define SCOPE_NAME_MAX 256u
#define CHALLENGE_MAX 4096u
#define SKEW_S 60u
#define REFRESH_S 3600u
#define MAX_AGE_S 86400u

/* ---- URLs ---------------------------------------------------------------------------------- */

const char *
oauth_url_fault(const char *text)
{
	struct url url;
	const char *why = url_split(text, &url);

	if (why != NULL)
		return why;
	return url.tls || url_host_loopback(url.host)
		 ? NULL
		 : "the address must begin with https://; http:// is allowed only for addresses "
		   "of this machine";
}

static char *
read_url(const struct node *oauth, const char *key, bool needed)
{
	char *text = node_text(oauth, key, NULL);
	const char *why = text != NULL ? oauth_url_fault(text) : NULL;

	if (text == NULL && needed)
		node_fault(oauth, key, "is missing");
	if (why != NULL)
		node_fault(oauth, key, "\"%s\": %s", text, why);
	if (why != NULL || text == NULL) {
		free(text);
		return NULL;
	}
	return text;
}

static void
read_issuer(struct config_oauth *own, const struct node *oauth)
{
	own->issuer = read_url(oauth, "issuer", true);
	if (own->issuer != NULL && strchr(own->issuer, '?') != NULL)
		node_fault(oauth, "issuer", "\"%s\": an issuer must not have a query", own->issuer);
}

/* Clients compare it with the URL that they use, character by character (RFC 9728, 3.3). */
static void
read_resource(struct config_oauth *own, const struct node *oauth)
{
	const char *why = NULL, *path;
	struct url url;
	size_t head;

	own->resource = read_url(oauth, "resource", true);
	if (own->resource == NULL || url_split(own->resource, &url) != NULL)
		return;
	path = url.rest;
	head = (size_t)(path - own->resource);
	for (size_t i = 0; i < head; i++)
		if (isupper((unsigned char)own->resource[i]))
			why = "scheme and host must be in lower case";
	if (strchr(path, '?') != NULL)
		why = "the address must not have a query";
	else if (*path != '\0' && path[strlen(path) - 1] == '/')
		why = "the address must not end with a slash";
	if (why != NULL)
		node_fault(oauth, "resource", "\"%s\": %s", own->resource, why);
	own->metadata = xprintf("%.*s" OAUTH_METADATA "%s", (int)head, own->resource, path);
}

/* ---- tokens -------------------------------------------------------------------------------- */

static void
read_audience(struct config_oauth *own, const struct node *oauth)
{
	node_list(oauth, "audience", &own->audience);
	if (own->audience.count > AUDIENCES_MAX)
		node_fault(oauth, "audience", "has more than %u entries", AUDIENCES_MAX);
	if (own->audience.count == 0 && own->resource != NULL)
		strings_add(&own->audience, own->resource);
}

static void
read_algorithm(struct config_oauth *own, const struct node *oauth, const char *name)
{
	for (unsigned i = 0; i < JWT_ALGORITHMS; i++)
		if (strcmp(name, jwt_algorithm_names[i]) == 0) {
			own->algorithms |= 1u << i;
			return;
		}
	if (strncmp(name, "HS", 2) == 0 || strcmp(name, "none") == 0)
		node_fault(
		    oauth, "algorithms",
		    "\"%s\" is never accepted, because everybody who can check such a token can "
		    "also make one",
		    name);
	else
		node_fault(oauth, "algorithms",
			   "\"%s\" must be one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, "
			   "ES384 and ES512",
			   name);
}

static void
read_algorithms(struct config_oauth *own, const struct node *oauth)
{
	struct strings names = { 0 };

	node_list(oauth, "algorithms", &names);
	for (size_t i = 0; i < names.count; i++)
		read_algorithm(own, oauth, names.item[i]);
	if (names.count == 0)
		own->algorithms = 1u << JWT_RS256 | 1u << JWT_PS256 | 1u << JWT_ES256;
	strings_fini(&names);
}

static char *
read_claim(const struct node *oauth, const char *key, const char *absent)
{
	char *name = node_text(oauth, key, absent);

	if (name == NULL)
		return NULL;
	if (strlen(name) > CLAIM_NAME_MAX)
		node_fault(oauth, key, "is longer than %u bytes", CLAIM_NAME_MAX);
	else if (*name == '/' &&
		 (name[1] == '\0' || name[strlen(name) - 1] == '/' || strstr(name, "//") != NULL))
		node_fault(oauth, key,
			   "\"%s\" is not a path of members, such as /realm_access/roles", name);
	return name;
}

/* ---- scopes -------------------------------------------------------------------------------- */

/* RFC 6749, 3.3. */
static bool
is_scope(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (text[i] <= 0x20 || text[i] > 0x7e || text[i] == '"' || text[i] == '\\')
			return false;
	return len > 0 && len <= SCOPE_NAME_MAX;
}

static void
read_scope(struct config_oauth *own, const struct node *node)
{
	struct config_scope scope = { .name = node_text(node, "scope", NULL) };

	scope.request = node_text(node, "request", scope.name);
	scope.access = (enum access)node_word(node, "access", access_names, ACCESS_NONE);
	if (scope.access == ACCESS_NONE)
		node_fault(node, "access", "must be \"read\", \"write\" or \"admin\"");
	if (scope.name == NULL) {
		node_fault(node, "scope", "is missing");
		free(scope.request);
		return;
	}
	if (!is_scope(scope.name))
		node_fault(node, "scope",
			   "\"%s\" is not a valid scope: a scope must not contain spaces or quotes",
			   scope.name);
	if (node_has(node, "request") && !is_scope(scope.request))
		node_fault(node, "request",
			   "\"%s\" is not a valid scope: a scope must not contain spaces or quotes",
			   scope.request);
	for (size_t i = 0; i < own->scopes; i++)
		if (strcmp(own->scope[i].name, scope.name) == 0)
			node_fault(node, "scope", "\"%s\" is listed twice", scope.name);
	own->scope = xrealloc(own->scope, (own->scopes + 1) * sizeof(*own->scope));
	own->scope[own->scopes++] = scope;
}

static void
read_scopes(struct config_oauth *own, const struct node *oauth)
{
	size_t n = node_count(oauth, "scopes");

	if (n > SCOPES_MAX)
		node_fault(oauth, "scopes", "has more than %u entries", SCOPES_MAX);
	for (size_t i = 0; i < n && i < SCOPES_MAX; i++) {
		struct node item = node_item(oauth, "scopes", i);

		read_scope(own, &item);
	}
}

const struct config_scope *
oauth_scope_for(const struct config_oauth *oauth, enum access needed)
{
	const struct config_scope *best = NULL;

	for (size_t i = 0; i < oauth->scopes; i++)
		if (oauth->scope[i].access >= needed &&
		    (best == NULL || oauth->scope[i].access < best->access))
			best = &oauth->scope[i];
	return best;
}

enum access
oauth_widest(const struct config_oauth *oauth)
{
	enum access widest = oauth->scopes == 0 ? ACCESS_ADMIN : ACCESS_NONE;

	for (size_t i = 0; i < oauth->scopes; i++)
		if (oauth->scope[i].access > widest)
			widest = oauth->scope[i].access;
	return widest;
}

char *
oauth_challenge(const struct config_oauth *oauth, enum access needed, const char *error,
		const char *description)
{
	const struct config_scope *scope = oauth_scope_for(oauth, needed);
	struct buf text;

	buf_init(&text, CHALLENGE_MAX);
	buf_printf(&text, "Bearer resource_metadata=\"%s\"", oauth->metadata);
	if (scope != NULL)
		buf_printf(&text, ", scope=\"%s\"", scope->request);
	if (error != NULL)
		buf_printf(&text, ", error=\"%s\"", error);
	if (description != NULL)
		buf_printf(&text, ", error_description=\"%s\"", description);
	return buf_take(&text, NULL);
}

/* ---- the group ----------------------------------------------------------------------------- */

static void
read_key_times(struct config_oauth *own, const struct node *oauth)
{
	own->jwks_url = read_url(oauth, "jwks_url", false);
	own->ca_file = node_text(oauth, "ca_file", NULL);
	if (own->ca_file != NULL)
		config_check_certificates(oauth, "ca_file", own->ca_file);
	own->refresh_s = (unsigned)node_number(oauth, "keys_refresh_s", REFRESH_S, 60, 604800);
	own->max_age_s = (unsigned)node_number(oauth, "keys_max_age_s", MAX_AGE_S, 60, 2592000);
	if (own->max_age_s < own->refresh_s)
		node_fault(oauth, "keys_max_age_s", "must not be less than keys_refresh_s");
}

/* Another way of authentication is chosen: a setting here would have no effect. */
static void
refuse_unused(const struct node *oauth)
{
	static const char *const keys[] = { "issuer", "resource", "jwks_url", "ca_file",
					    "groups_claim" };
	static const char why[] = "has an effect only with auth.inbound = \"oauth\"";

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (node_raw_text(oauth, keys[i]) != NULL)
			node_fault(oauth, keys[i], "%s", why);
	if (node_count(oauth, "scopes") > 0)
		node_fault(oauth, "scopes", "%s", why);
	if (oauth->setting != NULL)
		reader_know_all(oauth->setting);
}

void
config_read_oauth(struct config *config, const struct node *auth)
{
	struct node oauth = node_group(auth, "oauth");
	struct config_oauth *own;

	if (config->auth.inbound != INBOUND_OAUTH) {
		refuse_unused(&oauth);
		return;
	}
	config->auth.oauth = own = xcalloc(1, sizeof(*own));
	read_issuer(own, &oauth);
	read_resource(own, &oauth);
	read_audience(own, &oauth);
	read_algorithms(own, &oauth);
	own->skew_s = (unsigned)node_number(&oauth, "skew_s", SKEW_S, 0, 300);
	read_key_times(own, &oauth);
	own->principal_claim = read_claim(&oauth, "principal_claim", "sub");
	own->groups_claim = read_claim(&oauth, "groups_claim", NULL);
	read_scopes(own, &oauth);
}

void
config_oauth_fini(struct config *config)
{
	struct config_oauth *own = config->auth.oauth;

	if (own == NULL)
		return;
	free(own->issuer);
	free(own->resource);
	free(own->metadata);
	free(own->jwks_url);
	free(own->ca_file);
	free(own->principal_claim);
	free(own->groups_claim);
	strings_fini(&own->audience);
	for (size_t i = 0; i < own->scopes; i++) {
		free(own->scope[i].name);
		free(own->scope[i].request);
	}
	free(own->scope);
	free(own);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/oauth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/groups.h"
#include "auth/jose.h"
#include "auth/key_store.h"
#include "auth/oauth_cache.h"
#include "auth/token.h"
#include "auth/user.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/mem.h"
#include "config/oauth.h"

#define DOCUMENT_MAX (32u << 10) /* bytes of the document of RFC 9728 */
#define CHALLENGES_MAX 128u	 /* different ones: there are fewer reasons than that */
#define GROUPS_CLAIM_MAX 1024u	 /* entries of the claim with the groups */

struct challenge {
	enum access needed;
	const char *error, *description;
	char *value;
};

struct oauth {
	const struct config *config;
	const struct config_oauth *own;
	struct key_store *store;
	struct oauth_cache *cache;
	struct challenge challenge[CHALLENGES_MAX];
	size_t challenges;
	char *document;
};

/* ---- the document and the challenges -------------------------------------------------------- */

static char *
write_document(const struct config *config)
{
	const struct config_oauth *own = config->auth.oauth;
	struct buf text;
	struct json json;

	buf_init(&text, DOCUMENT_MAX);
	json_start(&json, &text);
	json_begin(&json, '{');
	json_string(json_member(&json, "resource"), own->resource);
	json_begin(json_member(&json, "authorization_servers"), '[');
	json_string(&json, own->issuer);
	json_end(&json);
	if (own->scopes > 0) {
		json_begin(json_member(&json, "scopes_supported"), '[');
		for (size_t i = 0; i < own->scopes; i++)
			json_string(&json, own->scope[i].request);
		json_end(&json);
	}
	json_begin(json_member(&json, "bearer_methods_supported"), '[');
	json_string(&json, "header");
	json_end(&json);
	json_string(json_member(&json, "resource_name"), config->server.title);
	json_end(&json);
	return buf_take(&text, NULL);
}

const char *
oauth_challenge_for(struct oauth *oauth, enum access needed, const char *error,
		    const char *description)
{
	struct challenge *new;

	for (size_t i = 0; i < oauth->challenges; i++)
		if (oauth->challenge[i].needed == needed && oauth->challenge[i].error == error &&
		    oauth->challenge[i].description == description)
			return oauth->challenge[i].value;
	CHECK(oauth->challenges < CHALLENGES_MAX);
	new = &oauth->challenge[oauth->challenges++];
	*new = (struct challenge){ needed, error, description,
				   oauth_challenge(oauth->own, needed, error, description) };
	return new->value;
}

const char *
oauth_metadata(const struct oauth *oauth)
{
	return oauth->document;
}

/* ---- what a token says ---------------------------------------------------------------------- */

static bool
fail(struct oauth_fault *fault, int status, const char *why)
{
	*fault = (struct oauth_fault){ .status = status,
				       .why = why,
				       .error = status == 401 ? "invalid_token" : NULL };
	return false;
}

static enum access
access_of_scope(const struct config_oauth *own, const char *name, size_t len)
{
	for (size_t i = 0; i < own->scopes; i++)
		if (strlen(own->scope[i].name) == len && memcmp(own->scope[i].name, name, len) == 0)
			return own->scope[i].access;
	return ACCESS_NONE;
}

/* The widest access of the scopes in a text with spaces between them. */
static enum access
access_of_text(const struct config_oauth *own, const char *text)
{
	enum access widest = ACCESS_NONE;

	while (*text != '\0') {
		size_t len = strcspn(text, " ");
		enum access access = access_of_scope(own, text, len);

		widest = access > widest ? access : widest;
		text += len + (text[len] == ' ');
	}
	return widest;
}

/* RFC 8693, 4.2: `scope` is one text. Others write `scp`, as a text or as a list. */
static enum access
access_of_token(const struct config_oauth *own, const struct jwt *jwt)
{
	enum access widest = ACCESS_NONE;
	struct json_object *claim = jwt_claim(jwt, "scope");

	if (own->scopes == 0)
		return ACCESS_ADMIN;
	if (claim == NULL)
		claim = jwt_claim(jwt, "scp");
	if (json_object_is_type(claim, json_type_string))
		return access_of_text(own, json_object_get_string(claim));
	if (!json_object_is_type(claim, json_type_array))
		return ACCESS_NONE;
	for (size_t i = 0; i < json_object_array_length(claim); i++) {
		struct json_object *item = json_object_array_get_idx(claim, i);
		enum access access = json_object_is_type(item, json_type_string)
				       ? access_of_scope(own, json_object_get_string(item),
							 (size_t)json_object_get_string_len(item))
				       : ACCESS_NONE;

		widest = access > widest ? access : widest;
	}
	return widest;
}

static bool
add_group(const struct config *config, struct json_object *item, struct principal *principal)
{
	return !json_object_is_type(item, json_type_string) ||
	       groups_add(config, json_object_get_string(item),
			  (size_t)json_object_get_string_len(item), principal);
}

/* Microsoft Entra ID leaves the groups out when there are too many, and says so in _claim_names: a
 * rule about a group could be missed then. */
static bool
read_groups(const struct config *config, const struct jwt *jwt, struct principal *principal,
	    struct oauth_fault *fault)
{
	const char *name = config->auth.oauth->groups_claim;
	struct json_object *claim = name != NULL ? jwt_claim(jwt, name) : NULL;
	bool fits = true;

	if (name == NULL)
		return true;
	if (claim == NULL && json_get(jwt_claim(jwt, "_claim_names"), name) != NULL)
		return fail(fault, 403,
			    "the token leaves out the groups of the user, because there are too "
			    "many: assign the groups or roles of this application only");
	if (json_object_is_type(claim, json_type_string))
		fits = add_group(config, claim, principal);
	if (json_object_is_type(claim, json_type_array)) {
		size_t n = json_object_array_length(claim);

		for (size_t i = 0; fits && i < n; i++)
			fits = i < GROUPS_CLAIM_MAX &&
			       add_group(config, json_object_array_get_idx(claim, i), principal);
	}
	return fits || fail(fault, 403,
			    "the token names too many groups that the configuration names too: an "
			    "administrator must remove the user from some of them");
}

static bool
read_identity(const struct config *config, const struct jwt *jwt, struct principal *principal,
	      struct oauth_fault *fault)
{
	struct json_object *claim = jwt_claim(jwt, config->auth.oauth->principal_claim);
	const char *name =
	    json_object_is_type(claim, json_type_string) ? json_object_get_string(claim) : NULL;

	if (name == NULL || strlen(name) != (size_t)json_object_get_string_len(claim) ||
	    !user_name_valid(name))
		return fail(fault, 403,
			    "the claim that names the user (auth.oauth.principal_claim) has no "
			    "valid name: 1 to 255 printable ASCII characters without a comma, and "
			    "not \"" PRINCIPAL_LOCAL "\"");
	strcpy(principal->name, name);
	principal->access = access_of_token(config->auth.oauth, jwt);
	return read_groups(config, jwt, principal, fault);
}

/* ---- the check ----------------------------------------------------------------------------- */

/* An unknown key may be a new one: the set is fetched again, but not more often than the limit. */
static bool
unknown_key(struct oauth *oauth, struct oauth_fault *fault)
{
	return key_store_again(oauth->store, clock_ms())
		 ? fail(fault, 503,
			"the token names a key that is not known yet; the keys are being fetched: "
			"try again in a second")
		 : fail(fault, 401, "the token is signed with an unknown key");
}

static bool
check_read(struct oauth *oauth, const struct keys *keys, const struct jwt *jwt, const char *token,
	   size_t len, int64_t now_s, int64_t *end_s, struct principal *principal,
	   struct oauth_fault *fault)
{
	const char *why;

	switch (keys_verify(keys, jwt, token, len)) {
	case KEYS_UNKNOWN: return unknown_key(oauth, fault);
	case KEYS_FORGED: return fail(fault, 401, "the signature of the token is wrong");
	case KEYS_SIGNED: break;
	}
	why = jwt_check(jwt, oauth->own, now_s, end_s);
	if (why != NULL)
		fail(fault, 401, why);
	else if (read_identity(oauth->config, jwt, principal, fault))
		return true;
	fault->genuine = true;
	return false;
}

bool
oauth_check(struct oauth *oauth, const char *token, size_t len, int64_t now_s,
	    struct principal *principal, struct oauth_fault *fault)
{
	const char *why;
	const struct keys *keys = key_store_keys(oauth->store, clock_ms(), &why);
	unsigned generation = key_store_generation(oauth->store);
	char digest[TOKEN_DIGEST + 1];
	struct jwt jwt;
	int64_t end_s;
	bool good;

	*principal = (struct principal){ .access = ACCESS_NONE };
	if (keys == NULL)
		return fail(fault, 503, why);
	token_digest(token, len, digest);
	if (oauth_cache_find(oauth->cache, digest, generation, now_s, principal))
		return true;
	why = jwt_read(token, len, oauth->own->algorithms, &jwt);
	if (why != NULL)
		return fail(fault, 401, why);
	good = check_read(oauth, keys, &jwt, token, len, now_s, &end_s, principal, fault);
	jwt_fini(&jwt);
	if (good) {
		principal->until_s = end_s;
		oauth_cache_put(oauth->cache, digest, generation, end_s, principal);
	}
	return good;
}

/* ---- life ---------------------------------------------------------------------------------- */

struct oauth *
oauth_new(const struct config *config, char *why, size_t why_size)
{
	struct oauth *oauth;

	if (!jose_open(why, why_size))
		return NULL;
	oauth = xcalloc(1, sizeof(*oauth));
	oauth->config = config;
	oauth->own = config->auth.oauth;
	oauth->store = key_store_new(oauth->own);
	oauth->cache = oauth_cache_new();
	oauth->document = write_document(config);
	return oauth;
}

void
oauth_free(struct oauth *oauth)
{
	if (oauth == NULL)
		return;
	key_store_free(oauth->store);
	oauth_cache_free(oauth->cache);
	for (size_t i = 0; i < oauth->challenges; i++)
		free(oauth->challenge[i].value);
	free(oauth->document);
	free(oauth);
}

void
oauth_inherit(struct oauth *oauth, const struct oauth *from)
{
	key_store_inherit(oauth->store, from->store);
}

void
oauth_start(struct oauth *oauth, struct loop *loop, const struct fetcher *fetcher)
{
	key_store_start(oauth->store, loop, fetcher);
}

void
oauth_reload(struct oauth *oauth)
{
	key_store_again(oauth->store, clock_ms());
}

const char *
oauth_unready(const struct oauth *oauth)
{
	const char *why;

	key_store_keys(oauth->store, clock_ms(), &why);
	return why;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of an authorization server over time, what scopes and groups give, and what clients are
 * told. Each dependency that fails leads to a refusal. */
#include "auth/oauth.h"

#include <inttypes.h>

#include "auth/auth.h"
#include "auth/failures.h"
#include "auth/key_store.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "config/oauth.h"
#include "config/text.h"
#include "jwt_rig.h"
#include "suite.h"

#define HEADER "{\"alg\":\"RS256\",\"kid\":\"rsa\"}"
#define METADATA "https://as.example.com/.well-known/oauth-authorization-server/tenant"
#define OPENID ISSUER "/.well-known/openid-configuration"
#define KEYS "https://as.example.com/keys"

static struct config config;
static struct loop *loop;
static char *set;

static void
begin(void)
{
	log_init(LOG_OFF, false);
	jwt_rig_begin();
	jwt_rig_config(&config);
	jwt_rig_fetches = 0;
	loop = loop_new();
	set = jwt_rig_set(NULL);
}

static void
end(void)
{
	free(set);
	loop_free(loop);
	jwt_rig_config_fini(&config);
}

/* ---- the store of keys ---------------------------------------------------------------------- */

static struct key_store *
store_begin(void)
{
	struct fetcher fetcher = jwt_rig_fetcher();
	struct key_store *store = key_store_new(config.auth.oauth);

	key_store_start(store, loop, &fetcher);
	return store;
}

static const char *
unusable(const struct key_store *store, int64_t after_ms)
{
	const char *why;

	key_store_keys(store, clock_ms() + after_ms, &why);
	return why;
}

/* RFC 8414 first, then OpenID Connect; then the keys. */
static void
discovery(void)
{
	struct key_store *store;

	begin();
	store = store_begin();
	CU_ASSERT(unusable(store, 0) != NULL);
	ASSERT_STR(jwt_rig_asked, METADATA);
	jwt_rig_answer("{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"" KEYS "\"}", NULL);
	ASSERT_STR(jwt_rig_asked, KEYS);
	jwt_rig_answer(set, NULL);
	ASSERT_STR(unusable(store, 0), NULL);
	CU_ASSERT(jwt_rig_asked == NULL);
	key_store_free(store);
	store = store_begin();
	jwt_rig_answer(NULL, "HTTP 404");
	ASSERT_STR(jwt_rig_asked, OPENID);
	jwt_rig_answer("{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"" KEYS "\"}", NULL);
	ASSERT_STR(jwt_rig_asked, KEYS);
	key_store_free(store); /* ends the running fetch */
	CU_ASSERT(jwt_rig_asked == NULL);
	config.auth.oauth->issuer = (char *)(uintptr_t) "https://as.example.com/";
	store = store_begin();
	ASSERT_STR(jwt_rig_asked, "https://as.example.com/.well-known/oauth-authorization-server");
	jwt_rig_answer(NULL, "HTTP 404");
	ASSERT_STR(jwt_rig_asked, "https://as.example.com/.well-known/openid-configuration");
	key_store_free(store);
	end();
}

/* Neither a document that is wrong nor none gives any key. */
static void
wrong_metadata(void)
{
	static const char *const documents[] = {
		NULL,
		"",
		"<html>login</html>",
		"[]",
		"{}",
		"{\"issuer\":\"" ISSUER "\"}",
		"{\"issuer\":\"" ISSUER "/\",\"jwks_uri\":\"" KEYS "\"}",
		"{\"issuer\":\"https://evil.example\",\"jwks_uri\":\"" KEYS "\"}",
		"{\"jwks_uri\":\"" KEYS "\"}",
		"{\"issuer\":[\"" ISSUER "\"],\"jwks_uri\":\"" KEYS "\"}",
		"{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"http://as.example.com/keys\"}",
		"{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"file:///etc/passwd\"}",
		"{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://u:p@as.example.com/\"}",
		"{\"issuer\":\"" ISSUER "\",\"jwks_uri\":7}",
		"{\"issuer\":\"x\",\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"" KEYS "\"}",
	};

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		struct key_store *store = store_begin();

		jwt_rig_answer(documents[i], documents[i] == NULL ? "no connection" : NULL);
		ASSERT_STR(jwt_rig_asked, OPENID);
		jwt_rig_answer(documents[i], documents[i] == NULL ? "no connection" : NULL);
		if (jwt_rig_asked != NULL)
			printf("\n    accepted: %s", documents[i]);
		CU_ASSERT(jwt_rig_asked == NULL);
		CU_ASSERT(unusable(store, 0) != NULL);
		CU_ASSERT(key_store_again(store, 1000));
		CU_ASSERT(key_store_again(store, 1000)); /* it runs */
		jwt_rig_answer(NULL, "no connection");
		jwt_rig_answer(NULL, "no connection");
		CU_ASSERT(!key_store_again(store, 1000 + KEY_STORE_AGAIN_MS - 1));
		CU_ASSERT(key_store_again(store, 1000 + KEY_STORE_AGAIN_MS));
		key_store_free(store);
	}
	end();
}

static void
wrong_sets(void)
{
	static const char *const sets[] = {
		NULL,
		"",
		"null",
		"{}",
		"{\"keys\":{}}",
		"{\"keys\":[]}",
		"{\"keys\":[{}]}",
		"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQ\",\"e\":\"AQAB\"}]}",
		"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"\",\"e\":\"\"}]}",
		"{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}]}",
		"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQ\",\"y\":\"AQ\"}]}",
		"{\"keys\":[],\"keys\":[]}",
		"{\"keys\":[",
	};

	begin();
	config.auth.oauth->jwks_url = (char *)(uintptr_t)KEYS;
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		struct key_store *store = store_begin();

		jwt_rig_answer(sets[i], sets[i] == NULL ? "no connection" : NULL);
		CU_ASSERT(unusable(store, 0) != NULL);
		key_store_free(store);
	}
	end();
}

/* A set with exactly KEYS_MAX keys, and one more. */
static void
cap(void)
{
	struct key_store *store;
	char why[512];
	struct buf text;

	begin();
	config.auth.oauth->jwks_url = (char *)(uintptr_t)KEYS;
	for (unsigned more = 0; more < 2; more++) {
		struct keys *keys;
		char *one = jwt_rig_set("p256");

		buf_init(&text, 1u << 20);
		buf_add(&text, one, strlen(one) - 2);
		for (unsigned i = 1; i < KEYS_MAX + more; i++)
			buf_puts(&text, ",{}");
		buf_puts(&text, "]}");
		keys = keys_new(text.data, text.len, why, sizeof(why));
		CU_ASSERT((keys != NULL) == (more == 0));
		keys_free(keys);
		buf_fini(&text);
		free(one);
	}
	store = store_begin();
	key_store_free(store);
	end();
}

/* A failure leaves the former keys in use, for a configured time. */
static void
ages(void)
{
	struct key_store *store;

	begin();
	config.auth.oauth->jwks_url = (char *)(uintptr_t)KEYS;
	store = store_begin();
	jwt_rig_answer(set, NULL);
	CU_ASSERT(unusable(store, 86400 * 1000 - 1000) == NULL);
	CU_ASSERT(unusable(store, 86400 * 1000 + 1000) != NULL);
	ASSERT_INT(key_store_generation(store), 1);
	CU_ASSERT(key_store_again(store, clock_ms() + KEY_STORE_AGAIN_MS + 1));
	CU_ASSERT(key_store_again(store, clock_ms())); /* it runs */
	ASSERT_INT(jwt_rig_fetches, 2);
	jwt_rig_answer("{\"keys\":[]}", NULL);
	CU_ASSERT(unusable(store, 0) == NULL);
	ASSERT_INT(key_store_generation(store), 1);
	key_store_free(store);
	end();
}

/* ---- tokens --------------------------------------------------------------------------------- */

static struct auth *auth;
static struct principal who;
static struct auth_refusal refusal;

static void
auth_begin(void)
{
	struct fetcher fetcher = jwt_rig_fetcher();
	char why[512];

	begin();
	config.auth.oauth->jwks_url = (char *)(uintptr_t)KEYS;
	auth = auth_new(&config, why, sizeof(why));
	CU_ASSERT_FATAL(auth != NULL);
	auth_start(auth, loop, &fetcher);
}

static void
auth_end(void)
{
	auth_free(auth);
	end();
}

/* The status of the refusal, or 0. The token is valid for an hour from now. */
static int
ask(const char *header, const char *more)
{
	struct address_range range;
	struct auth_request request = { .tls = true };
	char *claims =
	    xprintf("{\"iss\":\"" ISSUER "\",\"aud\":\"" RESOURCE "\",\"exp\":%" PRId64 "%s}",
		    clock_wall_ms() / 1000 + 3600, more);
	char *token = jwt_rig_token(header, claims, SIGN_RS256), *text;

	text = xprintf("Bearer %s", token);
	address_range_parse("192.0.2.1", &range);
	request.from = range.first;
	request.authorization = text;
	refusal = (struct auth_refusal){ 0 };
	free(claims);
	free(token);
	{
		int status = auth_check(auth, &request, &who, &refusal) ? 0 : refusal.status;

		free(text);
		return status;
	}
}

/* Before the keys are there, after that, and with a key that is new. */
static void
rotation(void)
{
	static const char *const claims = ",\"sub\":\"ann\",\"scope\":\"lake.read\"";
	char *old = NULL;

	auth_begin();
	old = jwt_rig_set("p256");
	CU_ASSERT(auth_unready(auth) != NULL);
	ASSERT_INT(ask(HEADER, claims), 503);
	ASSERT_STR(refusal.field, "Retry-After");
	jwt_rig_answer(old, NULL);
	CU_ASSERT(auth_unready(auth) == NULL);
	ASSERT_INT(ask(HEADER, claims), 503); /* an unknown key: once */
	ASSERT_INT(jwt_rig_fetches, 2);
	ASSERT_INT(ask(HEADER, claims), 503);
	ASSERT_INT(jwt_rig_fetches, 2);
	jwt_rig_answer(set, NULL);
	ASSERT_INT(ask(HEADER, claims), 0);
	ASSERT_STR(who.name, "ann");
	ASSERT_INT(ask("{\"alg\":\"RS256\",\"kid\":\"k9\"}", claims), 401);
	CU_ASSERT(strstr(refusal.value, "error=\"invalid_token\"") != NULL);
	ASSERT_INT(jwt_rig_fetches, 2); /* the last one is too young for another one */
	free(old);
	auth_end();
}

static void
scopes(void)
{
	static const struct {
		const char *claims;
		int status;
		enum access access;
	} cases[] = {
		{ ",\"sub\":\"ann\",\"scope\":\"lake.read\"", 0, ACCESS_READ },
		{ ",\"sub\":\"ann\",\"scope\":\"openid lake.read lake.write\"", 0, ACCESS_WRITE },
		{ ",\"sub\":\"ann\",\"scope\":\"lake.write\"", 0, ACCESS_WRITE },
		{ ",\"sub\":\"ann\",\"scp\":\"lake.write\"", 0, ACCESS_WRITE },
		{ ",\"sub\":\"ann\",\"scp\":[\"openid\",\"lake.write\"]", 0, ACCESS_WRITE },
		{ ",\"sub\":\"ann\",\"scope\":\"openid\"", 403, ACCESS_NONE },
		{ ",\"sub\":\"ann\",\"scope\":\"\"", 403, ACCESS_NONE },
		{ ",\"sub\":\"ann\"", 403, ACCESS_NONE },
		{ ",\"sub\":\"ann\",\"scope\":\"lake.readx xlake.read lake.\"", 403, ACCESS_NONE },
		{ ",\"sub\":\"ann\",\"scope\":\"LAKE.READ\"", 403, ACCESS_NONE },
		{ ",\"sub\":\"ann\",\"scope\":\"lake.read,lake.write\"", 403, ACCESS_NONE },
		{ ",\"sub\":\"ann\",\"scope\":[\"lake.write\"]", 0, ACCESS_WRITE },
		{ ",\"sub\":\"ann\",\"scope\":[1,null,{\"lake.write\":1}]", 403, ACCESS_NONE },
		{ ",\"sub\":\"ann\",\"scope\":\"openid\",\"scp\":\"lake.write\"", 403,
		  ACCESS_NONE },
	};

	auth_begin();
	jwt_rig_answer(set, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_INT(ask(HEADER, cases[i].claims), cases[i].status);
		if (cases[i].status == 0) {
			ASSERT_INT(who.access, cases[i].access);
			ASSERT_INT(principal_reach(&who), ACCESS_WRITE);
		} else {
			ASSERT_STR(
			    refusal.value,
			    "Bearer resource_metadata=\"https://lake.example.com"
			    "/.well-known/oauth-protected-resource/mcp\", scope=\"lake.read\", "
			    "error=\"insufficient_scope\"");
		}
	}
	auth_end();
}

/* The configuration limits what any scope gives, and then a wider scope is not offered. */
static void
ceilings(void)
{
	static struct config_group group = { (char *)(uintptr_t) "analysts", ACCESS_READ, true };

	auth_begin();
	jwt_rig_answer(set, NULL);
	config.auth.group = &group;
	config.auth.groups_listed = 1;
	ASSERT_INT(ask(HEADER, ",\"sub\":\"ann\",\"scope\":\"lake.write\",\"groups\":"
			       "[\"other\",\"analysts\",7]"),
		   0);
	ASSERT_INT(who.access, ACCESS_READ);
	ASSERT_INT(principal_reach(&who), ACCESS_READ);
	ASSERT_INT(who.n_groups, 1);
	ASSERT_INT(ask(HEADER, ",\"sub\":\"ann\",\"scope\":\"lake.write\",\"groups\":\"ops\""), 0);
	ASSERT_INT(who.access, ACCESS_WRITE);
	CU_ASSERT(principal_in_group(&who, "ops"));
	config.auth.unknown = ACCESS_NONE;
	ASSERT_INT(ask(HEADER, ",\"sub\":\"ann\",\"scope\":\"lake.read\""), 403);
	CU_ASSERT(refusal.field == NULL); /* no token would help */
	/* groups that the server left out */
	ASSERT_INT(ask(HEADER, ",\"sub\":\"ann\",\"scope\":\"lake.read\",\"_claim_names\":"
			       "{\"groups\":\"src1\"}"),
		   403);
	CU_ASSERT(strstr(refusal.why, "leaves out the groups") != NULL);
	config.auth.oauth->groups_claim = (char *)(uintptr_t) "/realm_access/roles";
	ASSERT_INT(ask(HEADER, ",\"sub\":\"ann\",\"scope\":\"lake.read\",\"realm_access\":"
			       "{\"roles\":[\"analysts\"]}"),
		   0);
	CU_ASSERT(principal_in_group(&who, "analysts"));
	config.auth.groups_listed = 0;
	auth_end();
}

/* Tokens that the server made, and that do not fit, are not counted as attempts to guess one. */
static void
genuine(void)
{
	auth_begin();
	jwt_rig_answer(set, NULL);
	for (unsigned i = 0; i < 3 * FAILURES_MAX; i++)
		ASSERT_INT(ask(HEADER, ",\"sub\":\"ann\",\"nbf\":9999999999"), 401);
	for (unsigned i = 0; i < FAILURES_MAX; i++)
		ASSERT_INT(ask("{\"alg\":\"none\"}", ""), 401);
	ASSERT_INT(ask("{\"alg\":\"none\"}", ""), 429);
	ASSERT_INT(ask(HEADER, ",\"sub\":\"ann\",\"scope\":\"lake.read\""), 0);
	auth_end();
}

static void
told(void)
{
	struct auth_request request = { .tls = true };

	auth_begin();
	jwt_rig_answer(set, NULL);
	ASSERT_INT(auth_check(auth, &request, &who, &refusal), 0);
	ASSERT_INT(refusal.status, 401);
	ASSERT_STR(refusal.value, "Bearer resource_metadata=\"https://lake.example.com/.well-known/"
				  "oauth-protected-resource/mcp\", scope=\"lake.read\"");
	ASSERT_STR(auth_metadata(auth),
		   "{\"resource\":\"" RESOURCE "\",\"authorization_servers\":[\"" ISSUER "\"],"
		   "\"scopes_supported\":[\"lake.read\",\"api://lake/lake.write\"],"
		   "\"bearer_methods_supported\":[\"header\"],\"resource_name\":\"Lake\"}");
	ASSERT_INT(ask("{\"alg\":\"none\"}", ""), 401);
	CU_ASSERT(strstr(refusal.value, "error=\"invalid_token\", error_description=") != NULL);
	CU_ASSERT(oauth_scope_for(config.auth.oauth, ACCESS_ADMIN) == NULL);
	ASSERT_STR(oauth_scope_for(config.auth.oauth, ACCESS_WRITE)->name, "lake.write");
	auth_end();
}

static void
last(void)
{
	CU_ASSERT(true);
	jwt_rig_end();
}

static const struct test tests[] = {
	TEST(discovery), TEST(wrong_metadata), TEST(wrong_sets), TEST(cap),
	TEST(ages),	 TEST(rotation),       TEST(scopes),	 TEST(ceilings),
	TEST(genuine),	 TEST(told),	       TEST(last),
};
SUITE(tests)

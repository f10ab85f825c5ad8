/* SPDX-License-Identifier: Apache-2.0 */
/* The group auth.oauth: every value, and each fault with its place. */
#include "config/oauth.h"

#include "base/jwt_algorithm.h"
#include "base/mem.h"
#include "config_rig.h"
#include "suite.h"

#define ISSUER "issuer = \"https://as.example.com/t\";"
#define RESOURCE "resource = \"https://lake.example.com/mcp\";"
#define OAUTH(more) "auth = { inbound = \"oauth\"; oauth = {" more "}; };"

static void
defaults(void)
{
	const struct config_oauth *o;
	struct config *c;

	clean_environment();
	c = fine(OAUTH(ISSUER RESOURCE));
	o = c->auth.oauth;
	ASSERT_STR(o->issuer, "https://as.example.com/t");
	ASSERT_STR(o->metadata,
		   "https://lake.example.com/.well-known/oauth-protected-resource/mcp");
	ASSERT_INT(o->audience.count, 1);
	ASSERT_STR(o->audience.item[0], "https://lake.example.com/mcp");
	ASSERT_INT(o->algorithms, 1u << JWT_RS256 | 1u << JWT_PS256 | 1u << JWT_ES256);
	ASSERT_INT(o->skew_s, 60);
	ASSERT_INT(o->refresh_s, 3600);
	ASSERT_INT(o->max_age_s, 86400);
	ASSERT_STR(o->principal_claim, "sub");
	CU_ASSERT(o->groups_claim == NULL && o->jwks_url == NULL && o->ca_file == NULL);
	ASSERT_INT(o->scopes, 0);
	ASSERT_INT(c->auth.unknown, ACCESS_NONE); /* nothing says what a caller may do */
	ASSERT_INT(oauth_widest(o), ACCESS_ADMIN);
	config_free(c);
	c = fine("auth = { inbound = \"none\"; };");
	CU_ASSERT(c->auth.oauth == NULL);
	config_free(c);
}

static void
every_value(void)
{
	const struct config_oauth *o;
	struct config *c;
	char *text;

	clean_environment();
	c = fine(OAUTH("issuer = \"http://127.0.0.1:9/\"; resource = \"http://localhost:8765\"; "
		       "audience = [ \"a\", \"b\" ]; jwks_url = \"http://[::1]:9/keys\"; "
		       "algorithms = [ \"ES384\" ]; skew_s = 0; keys_refresh_s = 60; "
		       "keys_max_age_s = 60; principal_claim = \"email\"; groups_claim = "
		       "\"/realm_access/roles\"; scopes = ( { scope = \"w\"; access = \"write\"; "
		       "request = \"api://x/w\"; }, { scope = \"r\"; access = \"read\"; } );"));
	o = c->auth.oauth;
	ASSERT_STR(o->metadata, "http://localhost:8765/.well-known/oauth-protected-resource");
	ASSERT_INT(o->audience.count, 2);
	ASSERT_INT(o->algorithms, 1u << JWT_ES384);
	ASSERT_INT(o->skew_s, 0);
	ASSERT_STR(o->groups_claim, "/realm_access/roles");
	ASSERT_INT(c->auth.unknown, ACCESS_ADMIN); /* the scopes say */
	ASSERT_STR(oauth_scope_for(o, ACCESS_READ)->name, "r");
	ASSERT_STR(oauth_scope_for(o, ACCESS_WRITE)->request, "api://x/w");
	CU_ASSERT(oauth_scope_for(o, ACCESS_ADMIN) == NULL);
	text = oauth_challenge(o, ACCESS_WRITE, "insufficient_scope", "why");
	ASSERT_STR(text, "Bearer resource_metadata=\"http://localhost:8765/.well-known/"
			 "oauth-protected-resource\", scope=\"api://x/w\", "
			 "error=\"insufficient_scope\", error_description=\"why\"");
	free(text);
	config_free(c);
}

static void
urls_refused(void)
{
	clean_environment();
	wrong(OAUTH(RESOURCE), "t.conf:1: auth.oauth.issuer: is missing");
	wrong(OAUTH(ISSUER), "t.conf:1: auth.oauth.resource: is missing");
	wrong(OAUTH(RESOURCE "issuer = \"http://as.example.com\";"),
	      "t.conf:1: auth.oauth.issuer: \"http://as.example.com\": the address must begin "
	      "with https://; http:// is allowed only for addresses of this machine");
	wrong(OAUTH(RESOURCE "issuer = \"https://as.example.com/?a=b\";"),
	      "t.conf:1: auth.oauth.issuer: \"https://as.example.com/?a=b\": an issuer must not "
	      "have a query");
	wrong(OAUTH(ISSUER "resource = \"https://lake.example.com/mcp/\";"),
	      "t.conf:1: auth.oauth.resource: \"https://lake.example.com/mcp/\": the address must "
	      "not end with a slash");
	wrong(OAUTH(ISSUER "resource = \"https://Lake.example.com/mcp\";"),
	      "t.conf:1: auth.oauth.resource: \"https://Lake.example.com/mcp\": scheme and host "
	      "must be in lower case");
	wrong(OAUTH(ISSUER "resource = \"https://lake.example.com/mcp#x\";"),
	      "t.conf:1: auth.oauth.resource: \"https://lake.example.com/mcp#x\": a character in "
	      "the address is not percent-encoded, or the address has a fragment");
	wrong(OAUTH(ISSUER RESOURCE "jwks_url = \"ftp://as.example.com\";"),
	      "t.conf:1: auth.oauth.jwks_url: \"ftp://as.example.com\": the address does not "
	      "begin with https:// or http://");
	wrong(OAUTH(ISSUER RESOURCE "ca_file = \"/nonexistent/ca.pem\";"),
	      "t.conf:1: auth.oauth.ca_file: cannot read /nonexistent/ca.pem: No such file or "
	      "directory");
	wrong(OAUTH(ISSUER RESOURCE "ca_file = \"/etc/hostname\";"),
	      "t.conf:1: auth.oauth.ca_file: /etc/hostname does not contain certificates in PEM "
	      "format");
}

static void
tokens_refused(void)
{
	clean_environment();
	wrong(OAUTH(ISSUER RESOURCE "algorithms = [ \"RS256\", \"HS256\" ];"),
	      "t.conf:1: auth.oauth.algorithms: \"HS256\" is never accepted, because everybody who "
	      "can check such a token can also make one");
	wrong(OAUTH(ISSUER RESOURCE "algorithms = [ \"none\" ];"),
	      "t.conf:1: auth.oauth.algorithms: \"none\" is never accepted, because everybody who "
	      "can check such a token can also make one");
	wrong(OAUTH(ISSUER RESOURCE "algorithms = [ \"EdDSA\" ];"),
	      "t.conf:1: auth.oauth.algorithms: \"EdDSA\" must be one of RS256, RS384, RS512, "
	      "PS256, PS384, PS512, ES256, ES384 and ES512");
	wrong(OAUTH(ISSUER RESOURCE "skew_s = 301;"),
	      "t.conf:1: auth.oauth.skew_s: must be a whole number from 0 to 300");
	wrong(OAUTH(ISSUER RESOURCE "keys_refresh_s = 3600; keys_max_age_s = 3599;"),
	      "t.conf:1: auth.oauth.keys_max_age_s: must not be less than keys_refresh_s");
	wrong(OAUTH(ISSUER RESOURCE "audience = [ \"\" ];"),
	      "t.conf:1: auth.oauth.audience: has an entry that is empty or not valid UTF-8");
	wrong(OAUTH(ISSUER RESOURCE "groups_claim = \"/a//b\";"),
	      "t.conf:1: auth.oauth.groups_claim: \"/a//b\" is not a path of members, such as "
	      "/realm_access/roles");
	wrong(OAUTH(ISSUER RESOURCE "audiences = [ \"a\" ];"),
	      "t.conf:1: auth.oauth.audiences: unknown key; did you mean \"audience\"?");
}

static void
scopes_refused(void)
{
	clean_environment();
	wrong(OAUTH(ISSUER RESOURCE "scopes = ( { scope = \"r\"; } );"),
	      "t.conf:1: auth.oauth.scopes.access: must be \"read\", \"write\" or \"admin\"");
	wrong(OAUTH(ISSUER RESOURCE "scopes = ( { access = \"read\"; } );"),
	      "t.conf:1: auth.oauth.scopes.scope: is missing");
	wrong(OAUTH(ISSUER RESOURCE "scopes = ( { scope = \"a b\"; access = \"read\"; } );"),
	      "t.conf:1: auth.oauth.scopes.scope: \"a b\" is not a valid scope: a scope must not "
	      "contain spaces or quotes");
	wrong(OAUTH(ISSUER RESOURCE "scopes = ( { scope = \"a\"; access = \"read\"; },\n{ scope = "
				    "\"a\"; access = \"write\"; } );"),
	      "t.conf:2: auth.oauth.scopes.scope: \"a\" is listed twice");
	wrong("auth = { inbound = \"token\"; oauth = { " ISSUER " }; };",
	      "t.conf:1: auth.oauth.issuer: has an effect only with auth.inbound = \"oauth\"");
}

static const struct test tests[] = {
	TEST(defaults),	      TEST(every_value),    TEST(urls_refused),
	TEST(tokens_refused), TEST(scopes_refused),
};
SUITE(tests)

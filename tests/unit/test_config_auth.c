/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the settings for inbound authentication, and of the listeners that they allow. */
#include "config/config.h"

#include "config_rig.h"
#include "suite.h"

#define TOKEN "auth = { inbound = \"token\"; };"
#define PROXY "auth = { inbound = \"token\"; trusted_proxies = [ \"10.1.0.0/16\" ]; };"
#define ANYWHERE "server = { listeners = ( { tcp = \"0.0.0.0:80\"; } ); };"

static void
defaults(void)
{
	struct config *c;

	clean_environment();
	c = fine(NULL);
	ASSERT_INT(c->auth.inbound, INBOUND_NONE);
	CU_ASSERT(c->auth.tokens == NULL && c->auth.header == NULL);
	config_free(c);
	c = fine(TOKEN);
	ASSERT_INT(c->auth.inbound, INBOUND_TOKEN);
	ASSERT_STR(c->auth.tokens, "/nonexistent/.local/state/lakehost/tokens");
	ASSERT_INT(c->auth.unknown, ACCESS_ADMIN); /* the token says */
	CU_ASSERT(c->auth.header == NULL);
	config_free(c);
	c = fine("auth = { inbound = \"header\"; trusted_proxies = [ \"unix\" ]; };");
	ASSERT_INT(c->auth.inbound, INBOUND_HEADER);
	ASSERT_STR(c->auth.header, "X-Forwarded-User");
	ASSERT_INT(c->auth.unknown, ACCESS_NONE);
	ASSERT_INT(c->auth.proxies, 1);
	CU_ASSERT(c->auth.tokens == NULL);
	config_free(c);
}

static void
every_value(void)
{
	struct config *c;

	clean_environment();
	c = fine("auth = { inbound = \"header\"; header = \"Remote-User\"; trusted_proxies = [ "
		 "\"10.1.0.0/16\", \"::1\" ]; };\n"
		 "policy = { default_access = \"read\"; };\n"
		 "principals = ( { name = \"ann\"; access = \"write\"; }, { name = \"bob\"; "
		 "access = \"none\"; } );");
	ASSERT_STR(c->auth.header, "Remote-User");
	ASSERT_INT(c->auth.proxies, 2);
	ASSERT_INT(c->auth.unknown, ACCESS_READ);
	ASSERT_INT(c->auth.principals, 2);
	ASSERT_STR(c->auth.principal[0].name, "ann");
	ASSERT_INT(c->auth.principal[0].access, ACCESS_WRITE);
	ASSERT_INT(c->auth.principal[1].access, ACCESS_NONE);
	config_free(c);
	c = fine("auth = { inbound = \"token\"; tokens = \"/etc/tokens\"; };");
	ASSERT_STR(c->auth.tokens, "/etc/tokens");
	config_free(c);
}

static void
refused(void)
{
	clean_environment();
	wrong(
	    "auth = { inbound = \"kerberos\"; };",
	    "t.conf:1: auth.inbound: \"kerberos\" must be one of \"none\", \"token\", \"header\", "
	    "\"oauth\", \"mtls\"");
	wrong("auth = { tokens = \"/t\"; };",
	      "t.conf:1: auth.tokens: has an effect only with auth.inbound = \"token\"");
	wrong("auth = { inbound = \"token\"; tokens = \"t\"; };",
	      "t.conf:1: auth.tokens: \"t\" is not an absolute path");
	wrong("auth = { inbound = \"token\"; header = \"X-User\"; };",
	      "t.conf:1: auth.header: has an effect only with auth.inbound = \"header\"");
	wrong("auth = { trusted_proxies = [ \"unix\" ]; };",
	      "t.conf:1: auth.trusted_proxies: has an effect only with auth.inbound = \"token\", "
	      "\"header\", \"oauth\" or \"mtls\"");
	wrong("policy = { default_access = \"read\"; };",
	      "t.conf:1: policy.default_access: has an effect only with auth.inbound = \"token\", "
	      "\"header\", \"oauth\" or \"mtls\"");
	wrong("principals = ( { name = \"ann\"; access = \"read\"; } );",
	      "t.conf:1: principals: has an effect only with auth.inbound = \"token\", "
	      "\"header\", \"oauth\" or \"mtls\"");
	wrong("auth = { inbound = \"header\"; };",
	      "t.conf:1: auth.trusted_proxies: must list the proxies that are trusted "
	      "to send the name of the user, such as [ \"127.0.0.1\", \"10.1.0.0/16\", "
	      "\"unix\" ]");
	wrong("auth = { inbound = \"token\"; trusted_proxies = [ \"10.0.0.1/8\" ]; };",
	      "t.conf:1: auth.trusted_proxies: \"10.0.0.1/8\" has bits after the range: they must "
	      "be zero");
	wrong("auth = { inbound = \"token\"; trusted_proxies = [ \"0.0.0.0/0\" ]; };",
	      "t.conf:1: auth.trusted_proxies: \"0.0.0.0/0\" has an invalid number of bits after "
	      "the slash");
	wrong("auth = { inbound = \"header\"; header = \"X User\"; trusted_proxies = [ \"unix\" "
	      "]; };",
	      "t.conf:1: auth.header: must be the name of a header: letters, digits and -");
	wrong("auth = { inbound = \"header\"; header = \"authorization\"; trusted_proxies = [ "
	      "\"unix\" ]; };",
	      "t.conf:1: auth.header: the header \"authorization\" has another meaning");
}

static void
principals_refused(void)
{
	clean_environment();
	wrong(
	    TOKEN "principals = ( { name = \"ann\"; } );",
	    "t.conf:1: principals.access: is missing: it must be \"none\", \"read\", \"write\" or "
	    "\"admin\"");
	wrong(TOKEN "principals = ( { access = \"read\"; } );",
	      "t.conf:1: principals.name: is missing");
	wrong(
	    TOKEN "principals = ( { name = \"local\"; access = \"read\"; } );",
	    "t.conf:1: principals.name: \"local\" is reserved for the principal of standard input");
	wrong(TOKEN "principals = ( { name = \"a\"; access = \"read\"; },\n{ name = \"a\"; access "
		    "= \"admin\"; } );",
	      "t.conf:2: principals.name: \"a\" is listed twice");
	wrong(TOKEN "principals = ( { name = \"a\"; access = \"root\"; } );",
	      "t.conf:1: principals.access: \"root\" must be one of \"none\", \"read\", "
	      "\"write\", \"admin\"");
	wrong(TOKEN "policy = { default_access = \"all\"; };",
	      "t.conf:1: policy.default_access: \"all\" must be one of \"none\", \"read\", "
	      "\"write\", \"admin\"");
}

static void
groups(void)
{
	struct config *c;

	clean_environment();
	c = fine(TOKEN "groups = ( { name = \"staff\"; }, { name = \"Data Analysts\"; access = "
		       "\"read\"; } ); principals = ( { name = \"ann\"; access = \"read\"; groups "
		       "= [ \"staff\", \"ops\" ]; } );");
	ASSERT_INT(c->auth.groups.count, 3);
	ASSERT_INT(c->auth.groups_listed, 2);
	CU_ASSERT(!c->auth.group[0].grants && c->auth.group[1].grants);
	ASSERT_INT(c->auth.group[1].access, ACCESS_READ);
	CU_ASSERT(strcmp(config_group(c, "ops", 3), c->auth.groups.item[2]) == 0);
	CU_ASSERT(config_group(c, "ops", 2) == NULL && config_group(c, "Ops", 3) == NULL);
	ASSERT_INT(c->auth.principal[0].groups.count, 2);
	config_free(c);
	wrong(TOKEN "groups = ( { access = \"read\"; } );", "t.conf:1: groups.name: is missing");
	wrong(TOKEN "groups = ( { name = \"a\"; },\n{ name = \"a\"; } );",
	      "t.conf:2: groups.name: \"a\" is listed twice");
	wrong(TOKEN "groups = ( { name = \"a,b\"; } );",
	      "t.conf:1: groups.name: \"a,b\": the name of a group must not contain commas or "
	      "control characters");
	wrong(TOKEN "groups = ( { name = \"a \"; } );",
	      "t.conf:1: groups.name: \"a \": the name of a group must not begin or end with a "
	      "space");
	wrong(TOKEN "groups = ( { name = \"a\"; access = \"all\"; } );",
	      "t.conf:1: groups.access: \"all\" must be one of \"none\", \"read\", \"write\", "
	      "\"admin\"");
	wrong("groups = ( { name = \"a\"; } );",
	      "t.conf:1: groups: has an effect only with auth.inbound = \"token\", \"header\", "
	      "\"oauth\" or \"mtls\"");
	wrong("auth = { inbound = \"token\"; groups_header = \"X-Groups\"; };",
	      "t.conf:1: auth.groups_header: has an effect only with auth.inbound = \"header\"");
	wrong("auth = { inbound = \"header\"; groups_header = \"x-forwarded-user\"; "
	      "trusted_proxies = [ \"unix\" ]; };",
	      "t.conf:1: auth.groups_header: must not be the header that names the user");
}

/* A listener for other machines needs authentication, and encryption or a listed proxy. */
static void
listeners(void)
{
	const struct config_overrides http = { .http = "192.0.2.1:80" };
	struct config *c;

	clean_environment();
	wrong(TOKEN ANYWHERE,
	      "t.conf:1: server.listeners.tcp: would be reachable from other machines without "
	      "TLS, so that others could read credentials: set tls_certificate and tls_key, or "
	      "list the proxy that ends TLS in auth.trusted_proxies");
	wrong_with(TOKEN, &http,
		   "--http 192.0.2.1:80: would be reachable from other machines without TLS, so "
		   "that others could read credentials: set tls_certificate and tls_key, or list "
		   "the proxy that ends TLS in auth.trusted_proxies");
	c = fine(TOKEN "server = { listeners = ( { tcp = \"127.0.0.1:80\"; }, { systemd = true; } "
		       "); };");
	CU_ASSERT(!c->server.listener[0].anywhere && !c->server.listener[1].anywhere);
	config_free(c);
	c = fine(PROXY ANYWHERE);
	CU_ASSERT(c->server.listener[0].anywhere);
	config_free(c);
	c = fine(TOKEN "server = { listeners = ( { tcp = \"0.0.0.0:80\"; tls_certificate = "
		       "\"/dev/null\"; tls_key = \"/dev/null\"; } ); };");
	CU_ASSERT(c->server.listener[0].anywhere);
	config_free(c);
	wrong("server = { listeners = ( { tcp = \"0.0.0.0:80\"; tls_certificate = "
	      "\"/dev/null\"; tls_key = \"/dev/null\"; } ); };",
	      "t.conf:1: server.listeners.tcp: would be reachable from other machines, and there "
	      "is no inbound authentication (auth.inbound is \"none\"): listen on 127.0.0.1, ::1 "
	      "or a unix socket");
}

static const struct test tests[] = {
	TEST(defaults),		  TEST(every_value), TEST(refused),
	TEST(principals_refused), TEST(groups),	     TEST(listeners),
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which workspace and credential are selected from which source, and the messages about
 * it. */
#include "upstream/databricks/resolve.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "suite.h"
#include "upstream/databricks/host.h"
#include "upstream/databricks/http.h"
#include "upstream/databricks/profile.h"

static const char *const *variables; /* name, value, …, NULL */

static const char *
fake_env(const char *name)
{
	for (size_t i = 0; variables != NULL && variables[i] != NULL; i += 2) {
		if (strcmp(variables[i], name) == 0)
			return variables[i + 1];
	}
	return NULL;
}

#define ENVIRONMENT(...)                                          \
	static const char *const list_[] = { __VA_ARGS__, NULL }; \
	variables = list_

static char path[64];

static void
write_cfg(const char *text)
{
	int fd;

	strcpy(path, "/tmp/databrickscfg-XXXXXX");
	fd = mkstemp(path);
	CU_ASSERT_FATAL(fd >= 0);
	ASSERT_INT(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void
check(const struct databricks_source *source, const char *url, const char *token, const char *why)
{
	struct databricks_identity found;
	struct databricks own;

	databricks_resolve(source, &own, &found);
	ASSERT_STR(found.fault, NULL);
	ASSERT_STR(own.url, url);
	ASSERT_STR(found.secret, token);
	ASSERT_STR(found.auth_type, token != NULL ? "pat" : NULL);
	if (strstr(found.auth_why, why) == NULL)
		printf("\n    \"%s\" should say \"%s\"", found.auth_why, why);
	CU_ASSERT(strstr(found.auth_why, why) != NULL);
	databricks_identity_fini(&found);
	databricks_own_fini(&own);
}

static void
check_fault(const struct databricks_source *source, const char *key, const char *fault)
{
	struct databricks_identity found;
	struct databricks own;

	databricks_resolve(source, &own, &found);
	ASSERT_STR(found.fault, fault);
	ASSERT_STR(found.fault_key, key);
	databricks_identity_fini(&found);
	databricks_own_fini(&own);
}

static void
host_is(const char *text, const char *url, const char *id)
{
	char *found, *found_id;

	ASSERT_STR(databricks_host(text, &found, &found_id), NULL);
	ASSERT_STR(found, url);
	ASSERT_STR(found_id, id);
	free(found);
	free(found_id);
}

static void
host_is_not(const char *text)
{
	char *found, *id;

	CU_ASSERT(databricks_host(text, &found, &id) != NULL);
	CU_ASSERT(found == NULL && id == NULL);
}

static void
hosts(void)
{
	host_is("https://x.cloud.databricks.com", "https://x.cloud.databricks.com", NULL);
	host_is("X.Cloud.databricks.com/", "https://x.cloud.databricks.com", NULL);
	host_is("https://x.example:443/?o=12345#frag", "https://x.example", "12345");
	host_is("https://x.example/?a=1&workspace_id=77", "https://x.example", "77");
	host_is("http://127.0.0.1:8080//", "http://127.0.0.1:8080", NULL);
	/* the address of a gateway, or of a web page */
	host_is_not("https://x.example/gateway/eu");
	host_is_not("http://127.0.0.1:8080/a//");
	host_is_not("https://x.example/sql/editor?o=12345#frag");
	host_is_not("https://x.example/browse#folder");
	host_is_not("https://x.example/a/../b");
	host_is_not("https://x.example/a b");
	host_is_not("https://x.example/a//b");
	host_is("https://x.example?o=12a", "https://x.example", NULL);
	host_is("https://x.example#job/1", "https://x.example", NULL);
	host_is("http://127.0.0.1:8080", "http://127.0.0.1:8080", NULL);
	host_is("http://[::1]:80/", "http://[::1]", NULL);
	host_is("https://[0:0:0:0:0:0:0:1]:9", "https://[::1]:9", NULL);
	host_is_not("");
	host_is_not("https://");
	host_is_not("ftp://x.example");
	host_is_not("https://user:secret@x.example");
	host_is_not("https://x..example");
	host_is_not("https://x.example:99999");
	host_is_not("https://x example");
	host_is_not("\"https://x.example\"");
	host_is_not("${DATABRICKS_HOST}");
	host_is_not("https://accounts.cloud.databricks.com");
	host_is_not("https://accounts-dod.cloud.databricks.us");
}

static void
refusals(void)
{
	static const struct {
		int status;
		const char *body;
		bool refused;
	} cases[] = { { 401, "", true },
		      { 403, "{\"message\":\"Invalid access token.\"}", true },
		      { 403, "{\"error_code\":\"PERMISSION_DENIED\"}", false },
		      { 403, "", false },
		      { 500, "Invalid access token", false } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		CU_ASSERT(
		    databricks_refused(cases[i].status,
				       (struct mcp_text){ cases[i].body, strlen(cases[i].body) }) ==
		    cases[i].refused);
}

static void
from_environment(void)
{
	struct databricks_source source = { .role = "workspace", .env = fake_env };

	ENVIRONMENT("DATABRICKS_HOST", "h.example", "DATABRICKS_TOKEN", "dapi1",
		    "DATABRICKS_WORKSPACE_ID", "42");
	check(&source, "https://h.example", "dapi1",
	      "pat: token from DATABRICKS_TOKEN, host from DATABRICKS_HOST");
	source.configured[A_TOKEN] = (char *)"dapi2"; /* the configuration has priority */
	source.configured[A_HOST] = (char *)"https://c.example";
	check(&source, "https://c.example", "dapi2",
	      "pat: token from the configuration, host from the configuration");
	source.env = NULL;
	source.configured[A_TOKEN] = NULL; /* another role: the environment is not used */
	check(&source, "https://c.example", NULL,
	      "there is no credential: set a token in upstreams.workspace of lakehost.conf");
}

static void
missing(void)
{
	struct databricks_source source = { .role = "workspace", .env = fake_env };

	variables = NULL;
	check(&source, NULL, NULL,
	      "no host is configured: set DATABRICKS_HOST and DATABRICKS_TOKEN, or set host and "
	      "token in upstreams.workspace of lakehost.conf, or use a profile that has both in "
	      "~/.databrickscfg");
	ENVIRONMENT("DATABRICKS_TOKEN", "dapi1");
	check(&source, NULL, NULL, "no host is configured: set DATABRICKS_HOST");
}

/* Attributes of two families exclude each other, unless auth_type decides. */
static void
other_methods(void)
{
	struct databricks_source source = { .role = "workspace", .env = fake_env };

	ENVIRONMENT("DATABRICKS_HOST", "h.example", "DATABRICKS_CLIENT_ID", "x");
	check(&source, "https://h.example", NULL,
	      "the host is known from DATABRICKS_HOST, but there is no credential");
	source.configured[A_TOKEN] = (char *)"dapi1";
	check(&source, "https://h.example", NULL,
	      "more than one authorization method configured: oauth and pat; remove one, or set "
	      "auth_type");
	source.configured[A_AUTH_TYPE] = (char *)"oauth-m2m";
	check(&source, "https://h.example", NULL, "oauth-m2m: client_secret is not set");
	source.configured[A_AUTH_TYPE] = (char *)"pat";
	check(&source, "https://h.example", "dapi1", "pat: token from the configuration");
	source.configured[A_AUTH_TYPE] = (char *)"external-browser";
	check(
	    &source, "https://h.example", NULL,
	    "auth_type \"external-browser\" (from the configuration) is not supported; there are: "
	    "pat, basic, metadata-service, oauth-m2m");
}

static void
profiles(void)
{
	struct databricks_source source = { .role = "workspace", .env = fake_env };

	variables = NULL;
	write_cfg("; comment\n[DEFAULT]\nhost = https://d.example/\ntoken  = dapiD # note\n\n"
		  "[prod.eu]\n host=https://p.example\n token=\"dapiP\" ; x\nworkspace_id = 5\n"
		  "[oauth]\nhost = https://o.example\nclient_id = x\n[empty]\n"
		  "[notoken]\nhost = https://n.example\n");
	source.configured[A_CONFIG_FILE] = path;
	check(&source, "https://d.example", "dapiD", "token of profile DEFAULT in /tmp/");
	source.configured[A_PROFILE] = (char *)"prod.eu";
	check(&source, "https://p.example", "dapiP", "token of profile prod.eu in /tmp/");
	source.configured[A_PROFILE] = (char *)"oauth";
	check(&source, "https://o.example", NULL, "there is no credential");
	source.configured[A_PROFILE] = (char *)"notoken"; /* [DEFAULT] is not inherited */
	check(&source, "https://n.example", NULL, "there is no credential");
	source.configured[A_PROFILE] = NULL;
	ENVIRONMENT("DATABRICKS_CONFIG_PROFILE", "prod.eu");
	check(&source, "https://p.example", "dapiP", "token of profile prod.eu");
	unlink(path);
}

static void
profiles_wrong(void)
{
	struct databricks_source source = { .role = "workspace", .env = fake_env };
	char expected[256];

	variables = NULL;
	write_cfg("[empty]\n[__settings__]\nhost = https://s.example\n[bad]\nhost = x y\n"
		  "[worse]\nhost = h.example\ntoken = a b\n"
		  "[shown]\nhost = https://ann:pass@h.example\n");
	source.configured[A_CONFIG_FILE] = path;
	for (int i = 0; i < 2; i++) {
		source.configured[A_PROFILE] = (char *)(i == 0 ? "empty" : "absent");
		snprintf(expected, sizeof(expected),
			 "%s has no profile \"%s\" with keys in it; "
			 "there are: bad, worse, shown",
			 path, source.configured[A_PROFILE]);
		check_fault(&source, "profile", expected);
	}
	source.configured[A_PROFILE] = (char *)"__settings__";
	snprintf(expected, sizeof(expected),
		 "%s: __settings__ is reserved for settings and is not a profile", path);
	check_fault(&source, "profile", expected);
	source.configured[A_PROFILE] = (char *)"bad";
	check_fault(
	    &source, "host",
	    "the host is not the address of a workspace: it contains white space; remove it");
	source.configured[A_PROFILE] = (char *)"worse";
	check_fault(&source, "token", "the token contains white space; remove it");
	source.configured[A_PROFILE] = (char *)"shown";
	check_fault(&source, "host",
		    "the host is not the address of a workspace: it contains an @; set the token "
		    "separately");
	source.configured[A_PROFILE] = NULL; /* no DEFAULT: no message */
	check(&source, NULL, NULL, "no host is configured");
	unlink(path);
	snprintf(expected, sizeof(expected), "cannot read %s: No such file or directory", path);
	check_fault(&source, "config_file", expected);
	source.configured[A_CONFIG_FILE] = NULL;
	ENVIRONMENT("HOME", "/nonexistent"); /* not named: it may be absent */
	source.ambient = fake_env;
	source.configured[A_PROFILE] = NULL;
	check(&source, NULL, NULL, "no host is configured");
}

/* Faults of a token in the environment, with its source. */
static void
token_is_not(const char *token, const char *fault)
{
	struct databricks_source source = { .role = "workspace", .env = fake_env };
	struct databricks_identity found;
	struct databricks own;
	char *expected = xprintf("the token %s", fault);
	const char *list[] = { "DATABRICKS_HOST", "h.example", "DATABRICKS_TOKEN", token, NULL };

	variables = list;
	databricks_resolve(&source, &own, &found);
	ASSERT_STR(found.fault, expected);
	ASSERT_STR(found.fault_from, "DATABRICKS_TOKEN");
	variables = NULL;
	databricks_identity_fini(&found);
	databricks_own_fini(&own);
	free(expected);
}

static void
tokens_wrong(void)
{
	static const char unset[] =
	    "is a placeholder that was not replaced (for example ${NAME} or "
	    "<your-token>), not the value itself";
	static const char example[] = "is a placeholder from an example, not a real secret";
	static const char quotes[] = "is in quotes; remove the quotes";

	token_is_not("\"dapi1\"", quotes);
	token_is_not("'dapi1", quotes);
	token_is_not("dapi1\"", quotes);
	token_is_not("dapi1\n", "ends with a line end; remove it");
	token_is_not("dapi1\r", "ends with a line end; remove it");
	token_is_not(" dapi1", "contains white space; remove it");
	token_is_not("da\tpi1", "contains a control character or a line end; remove it");
	token_is_not("dapi1\xc2\xa0",
		     "contains a character outside ASCII, which is not valid in a header");
	token_is_not("dapi,1", "has a character that is not valid in a token");
	token_is_not("${DATABRICKS_TOKEN}", unset);
	token_is_not("${env:DATABRICKS_TOKEN}", unset);
	token_is_not("$DATABRICKS_TOKEN", unset);
	token_is_not("%DATABRICKS_TOKEN%", unset);
	token_is_not("<your-token>", unset);
	token_is_not("{{token}}", unset);
	token_is_not("dapiXXXXXXXXXXXX", example);
	token_is_not("dapi...", example);
	token_is_not("your-token-here", example);
	token_is_not("DATABRICKS_TOKEN", example);
	token_is_not("****", example);
}

/* A fault in the environment is not a fault of the configuration, and the message names the
 * alternatives. */
static void
profiles_offered(void)
{
	struct databricks_source source = { .role = "workspace", .env = fake_env };
	struct databricks_identity found;
	struct databricks own;

	write_cfg("[DEFAULT]\n\n[b]\nhost = h.example\n[a]\ntoken = t\n[b]\nx=1\n");
	source.configured[A_CONFIG_FILE] = path;
	variables = NULL;
	check(&source, NULL, NULL, "no host is configured: choose a profile of /tmp/");
	check(&source, NULL, NULL, "with DATABRICKS_CONFIG_PROFILE (it has: b, a), or set");
	ENVIRONMENT("DATABRICKS_CONFIG_PROFILE", "c");
	databricks_resolve(&source, &own, &found);
	ASSERT_STR(found.fault_from, "DATABRICKS_CONFIG_PROFILE");
	CU_ASSERT(strstr(found.fault, "has no profile \"c\" with keys in it; there are: b, a") !=
		  NULL);
	databricks_identity_fini(&found);
	databricks_own_fini(&own);
	source.configured[A_PROFILE] = (char *)"c"; /* the configuration's own */
	databricks_resolve(&source, &own, &found);
	ASSERT_STR(found.fault_from, NULL);
	databricks_identity_fini(&found);
	databricks_own_fini(&own);
	chmod(path, 0644);
	source.configured[A_PROFILE] = (char *)"a";
	databricks_resolve(&source, &own, &found);
	CU_ASSERT(found.warning != NULL && strstr(found.warning, "chmod 600") != NULL);
	databricks_identity_fini(&found);
	databricks_own_fini(&own);
	unlink(path);
}

static void
profile_values(void)
{
	static const struct {
		const char *line, *value;
	} cases[] = {
		{ "token = dapi1", "dapi1" },
		{ "token=dapi1#c", "dapi1#c" },
		{ "token = dapi1 ; c", "dapi1" },
		{ "token = \"dapi1\" # the one", "dapi1" },
		{ "token = \"dapi1\"# c", "\"dapi1\"# c" },
		{ "token = 'dapi1'", "dapi1" },
		{ "token = `dapi#1` # c", "dapi#1" },
		{ "token = \"dapi;1\"", "dapi;1" },
		{ "token : dapi1", "dapi1" },
		{ "token = \"dapi1", "\"dapi1" },
		{ "password = %Y#X$Z # c\ntoken = %Y#X$Z # c", "%Y#X$Z" },
		{ "Token = dapi1", NULL },
		{ "token =  # nothing", "# nothing" },
		{ "token =", NULL },
	};
	struct databricks_profile profile;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = xprintf("%s\n[other]\ntoken = x\n", cases[i].line);

		/* before any section: DEFAULT */
		ASSERT_STR(databricks_profile_read(text, NULL, &profile), NULL);
		ASSERT_STR(profile.value[A_TOKEN], cases[i].value);
		databricks_profile_fini(&profile);
		free(text);
	}
}

static void
file_skipped(void)
{
	struct databricks_source source = { .role = "workspace", .env = fake_env };
	struct databricks_identity found;
	struct databricks own;

	write_cfg("[__settings__]\ndefault_profile = work\n[work]\nhost = https://w.example\n"
		  "token = dapiW\n[DEFAULT]\nhost = https://d.example\ntoken = dapiD\n");
	source.configured[A_CONFIG_FILE] = path;
	variables = NULL;
	check(&source, "https://w.example", "dapiW", "token of profile work");
	ENVIRONMENT("DATABRICKS_HOST", "e.example");
	check(&source, "https://e.example", NULL, "the host is known from DATABRICKS_HOST, but");
	source.configured[A_PROFILE] =
	    (char *)"work"; /* named: it fills gaps, and the message names both
					  * sources */
	databricks_resolve(&source, &own, &found);
	ASSERT_STR(own.url, "https://e.example");
	ASSERT_STR(found.secret, "dapiW");
	ASSERT_STR(found.warning,
		   "the token is from profile work, which is for "
		   "https://w.example, but the host is https://e.example, from DATABRICKS_HOST");
	databricks_identity_fini(&found);
	databricks_own_fini(&own);
	unlink(path);
}

static void
plain_http(void)
{
	struct databricks_source source = {
		.role = "workspace",
		.configured = { [A_HOST] = (char *)"http://h.example", [A_TOKEN] = (char *)"t" }
	};

	check_fault(&source, "host",
		    "\"http://h.example\" is not the "
		    "address of a workspace: http:// would send the token without encryption; use "
		    "https://, or set allow_http = true");
	source.allow_http = true;
	check(&source, "http://h.example", "t", "pat");
	source.allow_http = false;
	source.configured[A_HOST] = (char *)"http://localhost:1";
	check(&source, "http://localhost:1", "t", "pat");
	source.configured[A_HOST] = (char *)"http://127.1.2.3";
	check(&source, "http://127.1.2.3", "t", "pat");
}

static void
invalid_files(void)
{
	static const struct {
		const char *text, *fault;
	} cases[] = {
		{ "", NULL },
		{ "\xEF\xBB\xBF[DEFAULT]", NULL },
		{ "[]]\nx=1", NULL },
		{ "[", "line 1: the section has no \"]\"" },
		{ "[]", "line 1: the section has no name" },
		{ "=", "line 1: the line has no key before \"=\"" },
		{ "[DEFAULT\nhost=h", "line 1: the section has no \"]\"" },
		{ "[DEFAULT]\n\nhost h", "line 3: the line has no \"=\"" },
		{ "[DEFAULT]\nhost=`h", "line 2: the value has no second `" },
		{ "[other]\nhost=h\\", "line 2: the value ends with a backslash, and values of "
				       "several lines are not supported" },
	};
	struct databricks_profile profile;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *fault = databricks_profile_read(cases[i].text, NULL, &profile);

		free(databricks_profile_names(cases[i].text));
		ASSERT_STR(fault, cases[i].fault);
		ASSERT_STR(profile.name, "DEFAULT");
		CU_ASSERT(!profile.keys);
		databricks_profile_fini(&profile);
		free(fault);
	}
	ASSERT_STR(databricks_profile_read("[DEFAULT]\r\nhost = https://h\r\ntoken=t\r\n", NULL,
					   &profile),
		   NULL);
	ASSERT_STR(profile.value[A_HOST], "https://h");
	ASSERT_STR(profile.value[A_TOKEN], "t");
	databricks_profile_fini(&profile);
}

static const struct test tests[] = {
	TEST(hosts),	      TEST(from_environment), TEST(missing),	  TEST(other_methods),
	TEST(profiles),	      TEST(profiles_wrong),   TEST(file_skipped), TEST(plain_http),
	TEST(invalid_files),  TEST(refusals),	      TEST(tokens_wrong), TEST(profiles_offered),
	TEST(profile_values),
};
SUITE(tests)

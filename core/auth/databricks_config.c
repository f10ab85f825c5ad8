/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of sources. The file is read only when a profile is named or nothing else was said;
 * it fills gaps and overwrites nothing. Every outcome has a sentence that says where host and
 * credential came from, or what to do to provide them.
 */
#include "auth/databricks_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/url.h"
#include "config/text.h"

/* What is known so far, with the place it came from. */
struct gathered {
	const char *host, *host_from, *token, *token_from, *auth_type, *auth_type_from;
	const char *workspace_id;
};

static const char *
env(const struct databricks_source *source, const char *name)
{
	return source->env != NULL ? source->env(name) : NULL;
}

static void
set(const char **value, const char **from, const char *candidate, const char *where)
{
	if (*value == NULL && candidate != NULL) {
		*value = candidate;
		if (from != NULL)
			*from = where;
	}
}

static void
gather(const struct databricks_source *source, struct gathered *got)
{
	set(&got->host, &got->host_from, source->host, "the configuration");
	set(&got->host, &got->host_from, env(source, "DATABRICKS_HOST"), "DATABRICKS_HOST");
	set(&got->token, &got->token_from, source->token, "the configuration");
	set(&got->token, &got->token_from, env(source, "DATABRICKS_TOKEN"),
	    "DATABRICKS_TOKEN in the environment");
	set(&got->auth_type, &got->auth_type_from, source->auth_type, "the configuration");
	set(&got->auth_type, &got->auth_type_from, env(source, "DATABRICKS_AUTH_TYPE"),
	    "DATABRICKS_AUTH_TYPE");
	set(&got->workspace_id, NULL, source->workspace_id, NULL);
	set(&got->workspace_id, NULL, env(source, "DATABRICKS_WORKSPACE_ID"), NULL);
}

/* The name of another method's variable that is set, which makes the tools skip the file too. */
static const char *
other_method(const struct databricks_source *source)
{
	static const char *const names[] = { "DATABRICKS_CLIENT_ID",
					     "DATABRICKS_CLIENT_SECRET",
					     "DATABRICKS_USERNAME",
					     "DATABRICKS_PASSWORD",
					     "DATABRICKS_METADATA_SERVICE_URL",
					     "DATABRICKS_AZURE_RESOURCE_ID",
					     "ARM_CLIENT_ID",
					     "ARM_CLIENT_SECRET",
					     "DATABRICKS_GOOGLE_SERVICE_ACCOUNT",
					     "GOOGLE_CREDENTIALS" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (env(source, names[i]) != NULL)
			return names[i];
	}
	return NULL;
}

/* The text of the file; NULL when there is none, which matters only if somebody named it. */
static char *
read_file(const struct databricks_source *source, bool named, struct databricks_identity *found)
{
	const char *path = source->config_file;
	char why[512], *text;
	size_t len;

	if (path == NULL)
		path = env(source, "DATABRICKS_CONFIG_FILE");
	named = named || path != NULL;
	if (path != NULL && strncmp(path, "~/", 2) == 0 && source->home != NULL)
		found->config_file = xprintf("%s/%s", source->home, path + 2);
	else if (path != NULL)
		found->config_file = xstrdup(path);
	else if (source->home != NULL)
		found->config_file = xprintf("%s/.databrickscfg", source->home);
	else
		return NULL;
	text = text_read(found->config_file, DATABRICKS_CFG_MAX, &len, NULL, why, sizeof(why));
	if (text == NULL && named) {
		found->fault = xstrdup(why);
		found->fault_key = "config_file";
	}
	return text;
}

static void
read_profile(const struct databricks_source *source, struct gathered *got,
	     struct databricks_profile *profile, struct databricks_identity *found)
{
	const char *name =
	    source->profile != NULL ? source->profile : env(source, "DATABRICKS_CONFIG_PROFILE");
	char *text;

	/* Without DATABRICKS_* the file is not this role's either, unless it is named. */
	if (name == NULL &&
	    (got->host != NULL || got->token != NULL || other_method(source) != NULL ||
	     (source->env == NULL && source->config_file == NULL)))
		return;
	text = read_file(source, name != NULL, found);
	if (text == NULL)
		return;
	databricks_profile_read(text, name, profile);
	secret_free(text);
	if (profile->keys)
		found->profile = xstrdup(profile->name);
	if (name != NULL && !profile->keys) {
		found->fault =
		    xprintf("resolve: %s has no %s profile configured", found->config_file, name);
		found->fault_key = "profile";
	}
	set(&got->host, &got->host_from, profile->host, "the profile");
	set(&got->token, &got->token_from, profile->token, "the profile");
	set(&got->auth_type, &got->auth_type_from, profile->auth_type, "the profile");
	set(&got->workspace_id, NULL, profile->workspace_id, NULL);
}

/* Behind an @ people put passwords, which no message may show. */
static char *
host_fault(const struct gathered *got, const char *why)
{
	if (strchr(got->host, '@') != NULL)
		return xprintf("the host (from %s) is not the address of a workspace: it holds an "
			       "@; give the token by itself", got->host_from);
	return xprintf("\"%s\" (from %s) is not the address of a workspace: %s", got->host,
		       got->host_from, why);
}

static void
resolve_host(const struct databricks_source *source, const struct gathered *got,
	     struct databricks_identity *found)
{
	const char *why;
	char *id = NULL;
	struct url url;

	if (got->host == NULL)
		return;
	why = databricks_host(got->host, &found->url, &id);
	if (why == NULL && url_split(found->url, &url) == NULL && !url.tls &&
	    !url_host_loopback(url.host) && !source->allow_http)
		why = "http:// would send the token in the clear; use https://, or say "
		      "allow_http = true";
	if (why != NULL && found->fault == NULL) {
		found->fault = host_fault(got, why);
		found->fault_key = "host";
	}
	if (got->workspace_id != NULL) {
		free(id);
		id = xstrdup(got->workspace_id);
	}
	found->workspace_id = id;
}

/* Mixing sources is how unified authentication works, and how a token gets to the wrong host. */
static void
warn_mixed(const struct gathered *got, const struct databricks_profile *profile,
	   struct databricks_identity *found)
{
	char *url, *id;

	if (found->url == NULL || profile->host == NULL || got->token == NULL ||
	    got->token != profile->token)
		return;
	if (databricks_host(profile->host, &url, &id) != NULL || strcmp(url, found->url) != 0)
		found->warning =
		    xprintf("the token is that of profile %s, which is for %s, but the "
			    "host is %s, from %s",
			    profile->name, profile->host, found->url, got->host_from);
	free(url);
	free(id);
}

/* Header values are made of these. */
static const char *
check_values(const struct gathered *got, const char **key)
{
	*key = "token";
	for (const char *p = got->token; p != NULL && *p != '\0'; p++) {
		if (*p <= ' ' || *p == 0x7f || (*p & 0x80) != 0)
			return "the token has a character that no token has (a blank or line end?)";
	}
	*key = "workspace_id";
	for (const char *p = got->workspace_id; p != NULL && *p != '\0'; p++) {
		if (*p <= ' ' || *p == 0x7f || (*p & 0x80) != 0)
			return "the id of a workspace has no blanks or other odd characters";
	}
	return NULL;
}

/* How to provide what is missing; the environment is that of one role only. */
static char *
remedy(const struct databricks_source *source, const struct gathered *got)
{
	const char *what = got->host == NULL ? "host and token" : "a token";
	char *in_file =
		 xprintf("give %s in upstreams.%s of lakehost.conf, or a profile that has both "
			 "in ~/.databrickscfg",
			 what, source->role),
	     *both;

	if (source->env == NULL)
		return in_file;
	both = xprintf("set %sDATABRICKS_TOKEN, or %s",
		       got->host == NULL ? "DATABRICKS_HOST and " : "", in_file);
	free(in_file);
	return both;
}

/* Why there is no credential. */
static char *
describe_lack(const struct databricks_source *source, const struct gathered *got,
	      const struct databricks_profile *profile, const struct databricks_identity *found)
{
	const char *other = other_method(source);
	char *how = remedy(source, got), *why;

	if (got->auth_type != NULL && strcmp(got->auth_type, "pat") != 0)
		why =
		    xprintf("auth_type \"%s\" (from %s) is not supported yet, only \"pat\" is: %s",
			    got->auth_type, got->auth_type_from, how);
	else if (got->host == NULL)
		why = xprintf("no host configured: %s", how);
	else if (other != NULL)
		why = xprintf("%s is set, but only personal access tokens are supported yet: %s",
			      other, how);
	else if (profile->other)
		why = xprintf("profile %s in %s has no token, and only personal access tokens are "
			      "supported yet: %s",
			      profile->name, found->config_file, how);
	else
		why = xprintf("the host is known from %s, but there is no credential: %s",
			      got->host_from, how);
	free(how);
	return why;
}

static bool
has_token(const struct gathered *got)
{
	return got->host != NULL && got->token != NULL &&
	       (got->auth_type == NULL || strcmp(got->auth_type, "pat") == 0);
}

static char *
describe(const struct databricks_source *source, const struct gathered *got,
	 const struct databricks_profile *profile, const struct databricks_identity *found)
{
	if (!has_token(got))
		return describe_lack(source, got, profile, found);
	if (got->token == profile->token)
		return xprintf("pat: token of profile %s in %s, host from %s", profile->name,
			       found->config_file, got->host_from);
	return xprintf("pat: token from %s, host from %s", got->token_from, got->host_from);
}

void
databricks_resolve(const struct databricks_source *source, struct databricks_identity *found)
{
	struct databricks_profile profile = { 0 };
	struct gathered got = { 0 };
	const char *bad, *key;

	*found = (struct databricks_identity){ 0 };
	gather(source, &got);
	read_profile(source, &got, &profile, found);
	resolve_host(source, &got, found);
	warn_mixed(&got, &profile, found);
	bad = check_values(&got, &key);
	if (bad != NULL && found->fault == NULL) {
		found->fault = xstrdup(bad);
		found->fault_key = key;
	}
	found->auth_why = describe(source, &got, &profile, found);
	if (has_token(&got)) {
		found->token = xstrdup(got.token);
		found->auth_type = xstrdup("pat");
	}
	databricks_profile_fini(&profile);
}

void
databricks_identity_fini(struct databricks_identity *identity)
{
	free(identity->url);
	secret_free(identity->token);
	free(identity->auth_type);
	free(identity->auth_why);
	free(identity->profile);
	free(identity->config_file);
	free(identity->workspace_id);
	free(identity->fault);
	free(identity->warning);
	*identity = (struct databricks_identity){ 0 };
}

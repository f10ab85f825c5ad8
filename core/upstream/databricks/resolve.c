/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of sources. The file is read only when a profile is named or when no other source is
 * set. It fills gaps and overwrites nothing. Every result has a sentence that gives the source of
 * host and credential, or the way to provide them.
 */
#include "upstream/databricks/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/url.h"
#include "config/text.h"
#include "upstream/databricks/host.h"
#include "upstream/databricks/profile.h"
#include "upstream/secret.h"

#define REMEDY_MAX 8192 /* bytes of a sentence with the next step */

/* A value with its source. */
struct value {
	const char *text;
	const char *from; /* "DATABRICKS_HOST", "the profile", "the configuration" */
	bool configured;  /* it is in lakehost.conf, or in --set */
};

/* The values found so far. */
struct gathered {
	struct value host, token, auth_type, workspace_id, profile;
	char *profiles; /* profiles that could be chosen, or NULL */
};

static const char *
env(const struct databricks_source *source, const char *name)
{
	return source->env != NULL ? source->env(name) : NULL;
}

static void
set(struct value *value, const char *candidate, const char *from, bool configured)
{
	if (value->text == NULL && candidate != NULL)
		*value = (struct value){ candidate, from, configured };
}

static void
set_both(const struct databricks_source *source, struct value *value, const char *configured,
	 const char *variable)
{
	set(value, configured, "the configuration", true);
	set(value, env(source, variable), variable, false);
}

static void
gather(const struct databricks_source *source, struct gathered *got)
{
	set_both(source, &got->host, source->host, "DATABRICKS_HOST");
	set_both(source, &got->token, source->token, "DATABRICKS_TOKEN");
	set_both(source, &got->auth_type, source->auth_type, "DATABRICKS_AUTH_TYPE");
	set_both(source, &got->workspace_id, source->workspace_id, "DATABRICKS_WORKSPACE_ID");
	set_both(source, &got->profile, source->profile, "DATABRICKS_CONFIG_PROFILE");
}

/* Remembers the first fault and its source. */
static void
set_fault(struct databricks_identity *found, const char *key, const struct value *value,
	  const struct databricks_profile *profile, char *fault)
{
	if (found->fault != NULL) {
		free(fault);
		return;
	}
	found->fault = fault;
	found->fault_key = key;
	if (value->configured)
		return;
	found->fault_from = profile != NULL && strcmp(value->from, "the profile") == 0
			      ? xprintf("profile %s in %s", profile->name, found->config_file)
			      : xstrdup(value->from);
}

/* The name of a variable of another method that is set. The vendor's tools then skip the file
 * too. */
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

/* The text of the file; NULL when there is none. That is a fault only if the file was named. */
static char *
read_file(const struct databricks_source *source, const struct value *asked,
	  struct databricks_identity *found)
{
	struct value file = { 0 };
	char why[512], *text;
	struct stat status;
	const char *path;
	size_t len;

	set_both(source, &file, source->config_file, "DATABRICKS_CONFIG_FILE");
	path = file.text;
	if (file.text == NULL)
		file = *asked;
	if (path != NULL && strncmp(path, "~/", 2) == 0 && source->home != NULL)
		found->config_file = xprintf("%s/%s", source->home, path + 2);
	else if (path != NULL)
		found->config_file = xstrdup(path);
	else if (source->home != NULL)
		found->config_file = xprintf("%s/.databrickscfg", source->home);
	else
		return NULL;
	text = text_read(found->config_file, DATABRICKS_CFG_MAX, &len, &status, why, sizeof(why));
	if (text == NULL && file.text != NULL)
		set_fault(found, "config_file", &file, NULL, xstrdup(why));
	if (text != NULL && (status.st_mode & S_IROTH) != 0)
		found->warning = xprintf("every user of this machine may read %s, which "
					 "contains tokens; run chmod 600 %s",
					 found->config_file, found->config_file);
	return text;
}

static char *
profile_missing(const struct gathered *got, const struct databricks_identity *found)
{
	return xprintf("%s has no profile \"%s\" with keys in it; %s%s", found->config_file,
		       got->profile.text,
		       got->profiles != NULL ? "there are: " : "it has no profile",
		       got->profiles != NULL ? got->profiles : "");
}

static void
read_profile(const struct databricks_source *source, struct gathered *got,
	     struct databricks_profile *profile, struct databricks_identity *found)
{
	const char *name = got->profile.text, *from = "the profile";
	char *text;

	/* A role without DATABRICKS_* also does not use the file, unless it is named. */
	if (name == NULL &&
	    (got->host.text != NULL || got->token.text != NULL || other_method(source) != NULL ||
	     (source->env == NULL && source->config_file == NULL)))
		return;
	text = read_file(source, &got->profile, found);
	if (text == NULL)
		return;
	databricks_profile_read(text, name, profile);
	got->profiles = databricks_profile_names(text);
	secret_free(text);
	if (profile->keys)
		found->profile = xstrdup(profile->name);
	if (name != NULL && !profile->keys)
		set_fault(found, "profile", &got->profile, NULL, profile_missing(got, found));
	set(&got->host, profile->host, from, false);
	set(&got->token, profile->token, from, false);
	set(&got->auth_type, profile->auth_type, from, false);
	set(&got->workspace_id, profile->workspace_id, from, false);
}

static bool
has_blank(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return true;
	}
	return false;
}

/* The text before an @ may contain a password, which no message may show. */
static char *
host_fault(const struct gathered *got, const char *why)
{
	if (strchr(got->host.text, '@') != NULL)
		return xstrdup(
		    "the host is not the address of a workspace: it contains an @; set the "
		    "token separately");
	if (has_blank(got->host.text))
		return xstrdup("the host is not the address of a workspace: it contains white "
			       "space; remove it");
	return xprintf("\"%s\" is not the address of a workspace: %s", got->host.text, why);
}

static void
resolve_host(const struct databricks_source *source, const struct gathered *got,
	     const struct databricks_profile *profile, struct databricks_identity *found)
{
	const char *why;
	char *id = NULL;
	struct url url;

	if (got->host.text == NULL)
		return;
	why = databricks_host(got->host.text, &found->url, &id);
	if (why == NULL && url_split(found->url, &url) == NULL && !url.tls &&
	    !url_host_loopback(url.host) && !source->allow_http)
		why = "http:// would send the token without encryption; use https://, or set "
		      "allow_http = true";
	if (why != NULL)
		set_fault(found, "host", &got->host, profile, host_fault(got, why));
	if (got->workspace_id.text != NULL) {
		free(id);
		id = xstrdup(got->workspace_id.text);
	}
	found->workspace_id = id;
}

/* Unified authentication allows several sources together, but a token must not reach the wrong
 * host. */
static void
warn_mixed(const struct gathered *got, const struct databricks_profile *profile,
	   struct databricks_identity *found)
{
	char *url, *id;

	if (found->url == NULL || profile->host == NULL || got->token.text == NULL ||
	    got->token.text != profile->token)
		return;
	if (databricks_host(profile->host, &url, &id) != NULL || strcmp(url, found->url) != 0) {
		free(found->warning);
		found->warning =
		    xprintf("the token is from profile %s, which is for %s, but the host is "
			    "%s, from %s",
			    profile->name, profile->host, found->url, got->host.from);
	}
	free(url);
	free(id);
}

/* Header values may contain these characters. */
static void
check_values(const struct gathered *got, const struct databricks_profile *profile,
	     struct databricks_identity *found)
{
	const char *fault = NULL;

	if (got->token.text != NULL)
		fault = secret_fault(got->token.text, SECRET_TOKEN);
	if (fault != NULL)
		set_fault(found, "token", &got->token, profile, xprintf("the token %s", fault));
	fault = NULL;
	if (got->workspace_id.text != NULL)
		fault = secret_fault(got->workspace_id.text, SECRET_TOKEN);
	if (fault != NULL)
		set_fault(found, "workspace_id", &got->workspace_id, profile,
			  xprintf("the id of the workspace %s", fault));
}

/* How to provide what is missing. The environment belongs to one role only. For free(). */
static char *
remedy(const struct databricks_source *source, const struct gathered *got,
       const struct databricks_identity *found)
{
	struct buf text;

	buf_init(&text, REMEDY_MAX);
	if (got->profiles != NULL && got->profile.text == NULL && got->host.text == NULL) {
		buf_printf(&text, "choose a profile of %s with ", found->config_file);
		if (source->env != NULL)
			buf_puts(&text, "DATABRICKS_CONFIG_PROFILE");
		else
			buf_printf(&text, "upstreams.%s.profile", source->role);
		buf_printf(&text, " (it has: %s), or ", got->profiles);
	}
	if (source->env != NULL)
		buf_printf(&text, "set %sDATABRICKS_TOKEN, or ",
			   got->host.text == NULL ? "DATABRICKS_HOST and " : "");
	buf_printf(&text,
		   "set %s in upstreams.%s of lakehost.conf, or use a profile that has both in "
		   "~/.databrickscfg",
		   got->host.text == NULL ? "host and token" : "a token", source->role);
	return buf_take(&text, NULL);
}

/* Another method than a token was asked for, by name or by its keys. NULL: none. */
static char *
describe_method(const struct databricks_source *source, const struct gathered *got,
		const struct databricks_profile *profile, const struct databricks_identity *found)
{
	const char *other = other_method(source);

	if (got->auth_type.text != NULL && strcmp(got->auth_type.text, "pat") != 0)
		return xprintf("auth_type \"%s\" (from %s) is not supported yet; only \"pat\" "
			       "is",
			       got->auth_type.text, got->auth_type.from);
	if (got->host.text == NULL)
		return NULL;
	if (other != NULL)
		return xprintf("%s is set, but only personal access tokens are supported yet",
			       other);
	if (profile->other)
		return xprintf("profile %s in %s has no token, and only personal access tokens are "
			       "supported yet",
			       profile->name, found->config_file);
	return NULL;
}

/* Why there is no credential. */
static char *
describe_lack(const struct databricks_source *source, const struct gathered *got,
	      const struct databricks_profile *profile, const struct databricks_identity *found)
{
	char *how = remedy(source, got, found), *why;
	char *method = describe_method(source, got, profile, found);

	if (method != NULL && got->token.text != NULL && got->host.text != NULL)
		why = xprintf("%s: a token is already set (from %s), so remove auth_type, or "
			      "set it to \"pat\"",
			      method, got->token.from);
	else if (method != NULL)
		why = xprintf("%s: create a token in the workspace (Settings, Developer, Access "
			      "tokens), then %s%s",
			      method, how,
			      got->auth_type.text != NULL
				  ? "; then also remove auth_type, or set it to \"pat\""
				  : "");
	else if (got->host.text == NULL)
		why = xprintf("no host is configured: %s", how);
	else
		why = xprintf("the host is known from %s, but there is no credential: %s",
			      got->host.from, how);
	free(method);
	free(how);
	return why;
}

static bool
has_token(const struct gathered *got)
{
	return got->host.text != NULL && got->token.text != NULL &&
	       (got->auth_type.text == NULL || strcmp(got->auth_type.text, "pat") == 0);
}

static char *
describe(const struct databricks_source *source, const struct gathered *got,
	 const struct databricks_profile *profile, const struct databricks_identity *found)
{
	if (!has_token(got))
		return describe_lack(source, got, profile, found);
	if (got->token.text == profile->token)
		return xprintf("pat: token of profile %s in %s, host from %s", profile->name,
			       found->config_file, got->host.from);
	return xprintf("pat: token from %s, host from %s", got->token.from, got->host.from);
}

void
databricks_resolve(const struct databricks_source *source, struct databricks_identity *found)
{
	struct databricks_profile profile = { 0 };
	struct gathered got = { 0 };

	*found = (struct databricks_identity){ 0 };
	gather(source, &got);
	read_profile(source, &got, &profile, found);
	resolve_host(source, &got, &profile, found);
	warn_mixed(&got, &profile, found);
	check_values(&got, &profile, found);
	found->auth_why = describe(source, &got, &profile, found);
	if (has_token(&got)) {
		found->token = xstrdup(got.token.text);
		found->token_of_profile = got.token.text == profile.token;
		found->auth_type = xstrdup("pat");
	}
	free(got.profiles);
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
	free(identity->fault_from);
	free(identity->warning);
	*identity = (struct databricks_identity){ 0 };
}

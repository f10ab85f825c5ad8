/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of sources. The file is read only when a profile is named or when no other source is
 * set. It fills gaps and overwrites nothing.
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
#include "upstream/databricks/behalf.h"
#include "upstream/databricks/choose.h"
#include "upstream/databricks/host.h"
#include "upstream/secret.h"

#define SCOPES_MAX 100

const char *
databricks_ambient(const struct databricks *own, const char *name)
{
	return own->ambient != NULL ? own->ambient(name) : NULL;
}

static void
gather(const struct databricks_source *source, struct databricks *own)
{
	for (size_t i = 0; i < ATTRIBUTES; i++) {
		const struct attribute_row *row = &databricks_attributes[i];

		attribute_set(&own->value[i], source->configured[i], "the configuration", true);
		if (source->behalf != BEHALF_NONE && !behalf_uses((enum attribute)i))
			continue;
		if (source->env != NULL && row->env != NULL)
			attribute_set(&own->value[i], source->env(row->env), row->env, false);
		if (source->env != NULL && row->other_env != NULL)
			attribute_set(&own->value[i], source->env(row->other_env), row->other_env,
				      false);
	}
}

/* Remembers the first fault and its source. */
static void
set_fault(struct databricks_identity *found, const struct databricks *own, enum attribute attribute,
	  char *fault)
{
	const struct attribute_value *value = &own->value[attribute];

	if (found->fault != NULL) {
		free(fault);
		return;
	}
	found->fault = fault;
	found->fault_key = databricks_attributes[attribute].key;
	if (value->configured)
		return;
	found->fault_from =
	    value->from == NULL || strcmp(value->from, "the profile") == 0
		? xprintf("profile %s in %s", own->profile != NULL ? own->profile : "DEFAULT",
			  own->config_file)
		: xstrdup(value->from);
}

/* ---- the file -------------------------------------------------------------------------------- */

/* The text of the file, or NULL when there is no file. A missing file is a fault only if it was
 * named. */
static char *
read_file(const struct databricks_source *source, struct databricks *own,
	  struct databricks_identity *found)
{
	const char *path = databricks_value(own, A_CONFIG_FILE), *home;
	char why[512], *text;
	struct stat status;
	size_t len;

	home = source->ambient != NULL ? source->ambient("HOME") : NULL;
	if (path != NULL && strncmp(path, "~/", 2) == 0 && home != NULL)
		own->config_file = xprintf("%s/%s", home, path + 2);
	else if (path != NULL)
		own->config_file = xstrdup(path);
	else if (home != NULL)
		own->config_file = xprintf("%s/.databrickscfg", home);
	else
		return NULL;
	text = text_read(own->config_file, DATABRICKS_CFG_MAX, &len, &status, why, sizeof(why));
	if (text == NULL && (path != NULL || databricks_value(own, A_PROFILE) != NULL))
		set_fault(found, own, path != NULL ? A_CONFIG_FILE : A_PROFILE, xstrdup(why));
	if (text != NULL && (status.st_mode & S_IROTH) != 0)
		found->warning = xprintf("every user of this machine may read %s, which "
					 "contains tokens; run chmod 600 %s",
					 own->config_file, own->config_file);
	return text;
}

static void
take_profile(struct databricks *own, const struct databricks_profile *profile, const char *profiles,
	     struct databricks_identity *found)
{
	own->profile_named = profile->named;
	if (profile->keys)
		own->profile = xstrdup(profile->name);
	if (profile->named && !profile->keys)
		set_fault(found, own, A_PROFILE,
			  xprintf("%s has no profile \"%s\" with keys in it; %s%s",
				  own->config_file, profile->name,
				  profiles != NULL ? "there are: " : "the file has no profile",
				  profiles != NULL ? profiles : ""));
	for (size_t i = 0; i < ATTRIBUTES; i++) {
		if (i != A_PROFILE && i != A_CONFIG_FILE)
			attribute_set(&own->value[i], profile->value[i], "the profile", false);
	}
}

/* Returns the names of all profiles, for free(), where they matter. */
static char *
read_profile(const struct databricks_source *source, struct databricks *own,
	     struct databricks_profile *profile, struct databricks_identity *found)
{
	const char *name = databricks_value(own, A_PROFILE);
	char *text, *fault, *profiles;

	/* A profile is a host with its credential. */
	if (source->behalf != BEHALF_NONE)
		return NULL;
	/* A role without DATABRICKS_* also does not use the file, unless it is named. */
	if (name == NULL && (databricks_value(own, A_HOST) != NULL || attributes_any(own->value) ||
			     (source->env == NULL && databricks_value(own, A_CONFIG_FILE) == NULL)))
		return NULL;
	text = read_file(source, own, found);
	if (text == NULL)
		return NULL;
	fault = databricks_profile_read(text, name, profile);
	profiles = databricks_profile_names(text);
	secret_free(text);
	if (fault != NULL) {
		set_fault(found, own, name != NULL ? A_PROFILE : A_CONFIG_FILE,
			  xprintf("%s: %s", own->config_file, fault));
		free(fault);
		return profiles;
	}
	take_profile(own, profile, profiles, found);
	return profiles;
}

/* ---- the host -------------------------------------------------------------------------------- */

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
host_fault(const char *host, const char *why)
{
	if (strchr(host, '@') != NULL)
		return xstrdup(
		    "the host is not the address of a workspace: it contains an @; set the "
		    "token separately");
	if (has_blank(host))
		return xstrdup("the host is not the address of a workspace: it contains white "
			       "space; remove it");
	return xprintf("\"%s\" is not the address of a workspace: %s", host, why);
}

static void
resolve_host(const struct databricks_source *source, struct databricks *own,
	     struct databricks_identity *found)
{
	const char *host = databricks_value(own, A_HOST), *why;
	char *id = NULL;
	struct url url;

	if (host == NULL)
		return;
	why = databricks_host(host, &own->url, &id);
	if (why == NULL && url_split(own->url, &url) == NULL && !url.tls &&
	    !url_host_loopback(url.host) && !source->allow_http)
		why = "http:// would send the token without encryption; use https://, or set "
		      "allow_http = true";
	if (why != NULL)
		set_fault(found, own, A_HOST, host_fault(host, why));
	if (databricks_value(own, A_WORKSPACE_ID) != NULL) {
		free(id);
		id = xstrdup(databricks_value(own, A_WORKSPACE_ID));
	}
	own->workspace_id = id;
}

/* Unified authentication allows several sources together, but a token must not reach the wrong
 * host. */
static void
warn_mixed(struct databricks *own, const struct databricks_profile *profile,
	   struct databricks_identity *found)
{
	const char *other = profile->value[A_HOST];
	const struct attribute_value *secret = &own->value[found->secret_from];
	char *url, *id;

	if (own->url == NULL || other == NULL || found->secret == NULL ||
	    strcmp(secret->from, "the profile") != 0)
		return;
	if (databricks_host(other, &url, &id) != NULL || strcmp(url, own->url) != 0) {
		free(found->warning);
		found->warning = xprintf("the %s is from profile %s, which is for %s, but the host "
					 "is %s, from %s",
					 databricks_attributes[found->secret_from].key,
					 profile->name, other, own->url, own->value[A_HOST].from);
	}
	free(url);
	free(id);
}

/* ---- values ---------------------------------------------------------------------------------- */

static void
check_value(struct databricks *own, enum attribute attribute, enum secret_form form,
	    const char *what, struct databricks_identity *found)
{
	const char *text = databricks_value(own, attribute);
	const char *fault = text != NULL ? secret_fault(text, form) : NULL;

	if (fault != NULL)
		set_fault(found, own, attribute, xprintf("%s %s", what, fault));
}

/* Header values may contain these characters. */
static void
check_values(struct databricks *own, struct databricks_identity *found)
{
	check_value(own, A_TOKEN, SECRET_TOKEN, "the token", found);
	check_value(own, A_WORKSPACE_ID, SECRET_TOKEN, "the id of the workspace", found);
	check_value(own, A_AZURE_RESOURCE_ID, SECRET_HEADER, "the id of the Azure resource", found);
	check_value(own, A_PASSWORD, SECRET_PASSWORD, "the password", found);
	check_value(own, A_CLIENT_ID, SECRET_PASSWORD, "the client id", found);
	check_value(own, A_CLIENT_SECRET, SECRET_OPAQUE, "the client secret", found);
	check_value(own, A_AZURE_CLIENT_SECRET, SECRET_OPAQUE, "the client secret", found);
}

static int
compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The SDKs send the scopes sorted, each once, with blanks between them. */
static void
sort_scopes(struct attribute_value *value)
{
	char *text = value->text, *word[SCOPES_MAX], *rest = NULL;
	struct buf sorted;
	size_t n = 0;

	if (text == NULL)
		return;
	for (char *at = strtok_r(text, ", ", &rest); at != NULL && n < SCOPES_MAX;
	     at = strtok_r(NULL, ", ", &rest))
		word[n++] = at;
	qsort(word, n, sizeof(word[0]), compare_words);
	buf_init(&sorted, DATABRICKS_CFG_MAX);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || strcmp(word[i], word[i - 1]) != 0)
			buf_printf(&sorted, "%s%s", i > 0 ? " " : "", word[i]);
	}
	free(text);
	value->text = n > 0 ? buf_take(&sorted, NULL) : NULL;
	buf_fini(&sorted);
}

void
databricks_resolve(const struct databricks_source *source, struct databricks *own,
		   struct databricks_identity *found)
{
	struct databricks_profile profile = { 0 };
	char *profiles;

	*found = (struct databricks_identity){ 0 };
	*own = (struct databricks){ .env = source->env, .ambient = source->ambient };
	gather(source, own);
	profiles = read_profile(source, own, &profile, found);
	sort_scopes(&own->value[A_SCOPES]);
	resolve_host(source, own, found);
	check_values(own, found);
	if (source->behalf == BEHALF_NONE)
		databricks_choose(source, profiles, own, found);
	else
		behalf_choose(source, own, found);
	warn_mixed(own, &profile, found);
	free(profiles);
	databricks_profile_fini(&profile);
}

void
databricks_own_fini(struct databricks *own)
{
	attributes_fini(own->value);
	free(own->url);
	free(own->profile);
	free(own->config_file);
	free(own->workspace_id);
	federation_fini(&own->federation);
	strings_fini(&own->skipped);
	*own = (struct databricks){ 0 };
}

void
databricks_identity_fini(struct databricks_identity *identity)
{
	secret_free(identity->secret);
	free(identity->auth_type);
	free(identity->auth_why);
	free(identity->fault);
	free(identity->fault_from);
	free(identity->warning);
	*identity = (struct databricks_identity){ 0 };
}

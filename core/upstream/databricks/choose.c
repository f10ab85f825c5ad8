/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The choice of methods, and sentences about it: the selected source, or what is missing and how to
 * provide it.
 */
#include "upstream/databricks/choose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "config/text.h"
#include "upstream/databricks/method.h"

#define SENTENCE_MAX 8192

/* ---- which methods apply --------------------------------------------------------------------- */

/* A method that may find out later that it does not apply, so that another one is tried. */
static bool
may_skip(const struct method *method)
{
	static const char *const names[] = { "azure-cli", "databricks-cli", "github-oidc",
					     "azure-devops-oidc", "github-oidc-azure" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(method->name, names[i]) == 0)
			return true;
	}
	return false;
}

/* Why the method does not apply, for free(); NULL: it does. */
static char *
reason_against(const struct method *method, const struct databricks *own, bool *fatal)
{
	char *why;

	*fatal = false;
	if (databricks_value(own, A_GROUP_ID) != NULL && !method->groups)
		return xstrdup("this method cannot act for a group (group_id)");
	for (size_t i = 0; i < ARRAY_SIZE(method->needs) && method->needs[i] != A_HOST; i++) {
		if (databricks_value(own, method->needs[i]) == NULL)
			return xprintf("%s is not set",
				       databricks_attributes[method->needs[i]].key);
	}
	why = method->missing != NULL ? method->missing(own) : NULL;
	*fatal = why != NULL && method->missing_is_fault;
	return why;
}

static void
skip(struct databricks *own, const struct method *method, const char *why)
{
	char *line = xprintf("%s: %s", method->name, why);

	strings_add(&own->skipped, line);
	free(line);
}

/* Fills own->candidate. The reason why the choice ends in an error, for free(), or NULL. */
static char *
collect_candidates(struct databricks *own)
{
	const char *asked = databricks_value(own, A_AUTH_TYPE);
	bool known = asked == NULL, fatal;
	char *why, *names, *fault;

	for (const struct method *const *at = databricks_methods; *at != NULL; at++) {
		const struct method *method = *at;

		if (asked != NULL && strcmp(asked, method->name) != 0)
			continue;
		known = true;
		why = reason_against(method, own, &fatal);
		if (why == NULL) {
			own->candidate[own->candidates++] = method;
			if (!may_skip(method))
				return NULL;
		} else if (fatal || asked != NULL) {
			fault = xprintf("%s: %s", method->name, why);
			free(why);
			return own->candidates == 0 ? fault : (free(fault), NULL);
		} else {
			if (own->candidates == 0)
				skip(own, method, why);
			free(why);
		}
	}
	if (known)
		return NULL;
	names = databricks_method_names();
	fault = xprintf("auth_type \"%s\" (from %s) is not supported; there are: %s", asked,
			own->value[A_AUTH_TYPE].from, names);
	free(names);
	return fault;
}

/* ---- what was chosen ------------------------------------------------------------------------- */

static void
add_source(struct buf *text, const struct databricks *own, enum attribute attribute)
{
	const struct attribute_value *value = &own->value[attribute];

	buf_printf(text, "%s%s ", text->data[text->len - 1] == ' ' ? "" : ", ",
		   databricks_attributes[attribute].key);
	if (strcmp(value->from, "the profile") == 0)
		buf_printf(text, "of profile %s in %s", own->profile, own->config_file);
	else
		buf_printf(text, "from %s", value->from);
}

static char *
describe_choice(const struct databricks *own)
{
	const struct method *method = own->candidate[0];
	struct buf text;

	buf_init_keeping(&text, SENTENCE_MAX);
	buf_printf(&text, "%s: ", method->name);
	for (size_t i = 0; i < ARRAY_SIZE(method->needs) && method->needs[i] != A_HOST; i++)
		add_source(&text, own, method->needs[i]);
	if (strcmp(method->name, "databricks-cli") == 0)
		buf_printf(&text, "login of \"databricks auth login\" for %s%s",
			   own->profile_named ? "profile " : "",
			   own->profile_named ? own->profile : own->url);
	else if (strcmp(method->name, "azure-cli") == 0)
		buf_puts(&text, "login of \"az login\"");
	else if (strcmp(method->name, "env-oidc") == 0)
		buf_puts(&text, "id token in the environment");
	if (strcmp(own->value[A_HOST].from, "the profile") == 0)
		buf_printf(&text, ", host from profile %s", own->profile);
	else
		buf_printf(&text, ", host from %s", own->value[A_HOST].from);
	for (size_t i = 1; i < own->candidates; i++)
		buf_printf(&text, "%s%s", i == 1 ? "; if that does not apply: " : ", ",
			   own->candidate[i]->name);
	return buf_take(&text, NULL);
}

/* ---- what is missing ------------------------------------------------------------------------- */

/* How to provide what is missing. The environment belongs to one role only. For free(). */
static char *
remedy(const struct databricks_source *source, const char *profiles, const struct databricks *own)
{
	const bool host = databricks_value(own, A_HOST) != NULL;
	struct buf text;

	buf_init_keeping(&text, SENTENCE_MAX);
	if (profiles != NULL && databricks_value(own, A_PROFILE) == NULL && !host) {
		buf_printf(&text, "choose a profile of %s with ", own->config_file);
		if (source->env != NULL)
			buf_puts(&text, "DATABRICKS_CONFIG_PROFILE");
		else
			buf_printf(&text, "upstreams.%s.profile", source->role);
		buf_printf(&text, " (it has: %s), or ", profiles);
	}
	if (source->env != NULL)
		buf_printf(&text, "set %sDATABRICKS_TOKEN, or ",
			   host ? "" : "DATABRICKS_HOST and ");
	buf_printf(&text,
		   "set %s in upstreams.%s of lakehost.conf, or use a profile that has both in "
		   "~/.databrickscfg, or log in with \"databricks auth login\"",
		   host ? "a token" : "host and token", source->role);
	return buf_take(&text, NULL);
}

/* Why there is no credential. */
static char *
describe_lack(const struct databricks_source *source, const char *profiles,
	      const struct databricks *own, const char *fault)
{
	char *how, *why;

	if (databricks_value(own, A_HOST) != NULL && fault != NULL)
		return xstrdup(fault);
	how = remedy(source, profiles, own);
	if (databricks_value(own, A_HOST) == NULL)
		why = xprintf("no host is configured: %s", how);
	else
		why = xprintf("the host is known from %s, but there is no credential: %s",
			      own->value[A_HOST].from, how);
	free(how);
	return why;
}

void
databricks_choose(const struct databricks_source *source, const char *profiles,
		  struct databricks *own, struct databricks_identity *found)
{
	char *conflict, *fault = NULL;
	enum attribute secret;

	conflict =
	    databricks_value(own, A_AUTH_TYPE) == NULL ? attributes_conflict(own->value) : NULL;
	if (conflict != NULL)
		fault = xprintf("more than one authorization method configured: %s; remove one, or "
				"set auth_type to the method to use",
				conflict);
	else if (own->url != NULL)
		fault = collect_candidates(own);
	free(conflict);
	if (fault != NULL || own->candidates == 0) {
		found->auth_why = describe_lack(source, profiles, own, fault);
		free(fault);
		own->candidates = 0;
		return;
	}
	found->auth_why = describe_choice(own);
	found->auth_type = xstrdup(own->candidate[0]->name);
	secret = own->candidate[0]->secret;
	found->secret_from = secret;
	if (secret != A_HOST)
		found->secret = xstrdup(databricks_value(own, secret));
}

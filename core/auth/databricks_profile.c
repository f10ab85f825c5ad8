/* SPDX-License-Identifier: Apache-2.0 */
/*
 * .databrickscfg: INI as the vendor's tools read it. Keys are case-sensitive, a value ends at
 * " #" or " ;", matching quotes around it go. [DEFAULT] is a profile like any other.
 */
#include <stdlib.h>
#include <string.h>

#include "auth/databricks_config.h"
#include "base/mem.h"

#define SETTINGS "__settings__"

struct span {
	const char *text;
	size_t len;
};

static struct span
trim(const char *text, size_t len)
{
	while (len > 0 && strchr(" \t\r", *text) != NULL) {
		text++;
		len--;
	}
	while (len > 0 && strchr(" \t\r", text[len - 1]) != NULL)
		len--;
	return (struct span){ text, len };
}

static bool
span_is(struct span span, const char *text)
{
	return span.len == strlen(text) && memcmp(span.text, text, span.len) == 0;
}

/* Without an inline comment and without the quotes. */
static struct span
value_of(const char *text, size_t len)
{
	struct span value = trim(text, len);

	if (value.len >= 2 && (*value.text == '"' || *value.text == '\'') &&
	    value.text[value.len - 1] == *value.text)
		return (struct span){ value.text + 1, value.len - 2 };
	for (size_t i = 0; i + 1 < value.len; i++) {
		if ((value.text[i] == ' ' || value.text[i] == '\t') &&
		    (value.text[i + 1] == '#' || value.text[i + 1] == ';'))
			return trim(value.text, i);
	}
	return value;
}

typedef void (*entry_fn)(void *data, struct span key, struct span value);

/* Calls fn for each key of the section; with an empty key for each header of it. */
static void
read_section(const char *text, struct span name, entry_fn fn, void *data)
{
	bool inside = false;

	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		struct span line = trim(text, len);
		const char *end;

		text += len + (text[len] == '\n');
		if (line.len == 0 || *line.text == '#' || *line.text == ';')
			continue;
		if (*line.text == '[') {
			end = memchr(line.text, ']', line.len);
			inside = end != NULL && (size_t)(end - line.text) == name.len + 1 &&
				 memcmp(line.text + 1, name.text, name.len) == 0;
			if (inside)
				fn(data, (struct span){ "", 0 }, (struct span){ "", 0 });
			continue;
		}
		for (len = 0; len < line.len && line.text[len] != '=' && line.text[len] != ':';
		     len++)
			;
		if (inside && len > 0 && len < line.len)
			fn(data, trim(line.text, len),
			   value_of(line.text + len + 1, line.len - len - 1));
	}
}

static void
find_default(void *data, struct span key, struct span value)
{
	char **name = data;

	if (span_is(key, "default_profile") && value.len > 0) {
		free(*name);
		*name = xstrndup(value.text, value.len);
	}
}

static void
take(char **to, struct span value)
{
	secret_free(*to);
	*to = value.len > 0 ? xstrndup(value.text, value.len) : NULL;
}

static void
take_entry(void *data, struct span key, struct span value)
{
	static const char *const others[] = { "client_id",
					      "client_secret",
					      "username",
					      "password",
					      "azure_client_id",
					      "azure_client_secret",
					      "azure_workspace_resource_id",
					      "google_service_account",
					      "google_credentials",
					      "metadata_service_url" };
	struct databricks_profile *profile = data;

	profile->found = true;
	if (key.len == 0)
		return;
	profile->keys = true;
	if (span_is(key, "host"))
		take(&profile->host, value);
	else if (span_is(key, "token"))
		take(&profile->token, value);
	else if (span_is(key, "auth_type"))
		take(&profile->auth_type, value);
	else if (span_is(key, "workspace_id"))
		take(&profile->workspace_id, value);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (span_is(key, others[i]) && value.len > 0)
			profile->other = true;
	}
}

void
databricks_profile_read(const char *text, const char *name, struct databricks_profile *profile)
{
	*profile = (struct databricks_profile){ 0 };
	if (strncmp(text, "\xEF\xBB\xBF", 3) == 0) /* a byte order mark, as editors on Windows do */
		text += 3;
	if (name != NULL) {
		profile->name = xstrdup(name);
	} else {
		read_section(text, (struct span){ SETTINGS, strlen(SETTINGS) }, find_default,
			     &profile->name);
		if (profile->name == NULL)
			profile->name = xstrdup("DEFAULT");
	}
	if (strcmp(profile->name, SETTINGS) != 0)
		read_section(text, (struct span){ profile->name, strlen(profile->name) },
			     take_entry, profile);
}

void
databricks_profile_fini(struct databricks_profile *profile)
{
	free(profile->name);
	free(profile->host);
	secret_free(profile->token);
	free(profile->auth_type);
	free(profile->workspace_id);
	*profile = (struct databricks_profile){ 0 };
}

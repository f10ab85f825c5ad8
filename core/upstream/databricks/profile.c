/* SPDX-License-Identifier: Apache-2.0 */
/*
 * .databrickscfg: INI as the vendor's command line reads it. Keys are case-sensitive, a value ends
 * at # or ;, quotes around it are removed and protect their content. [DEFAULT] is an ordinary
 * profile, and has the keys before the first section.
 */
#include "upstream/databricks/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/text.h"

#define SETTINGS "__settings__"
#define DEFAULT "DEFAULT"
#define SECTIONS_MAX 200  /* profiles that are read for their names */
#define NAMES_MAX 20	  /* profiles in a message … */
#define NAME_SHOWN_MAX 64 /* … and bytes of each */

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
	struct span value = trim(text, len), behind;
	const char *end = NULL;

	if (value.len >= 2 && strchr("\"'`", *value.text) != NULL)
		end = memchr(value.text + 1, *value.text, value.len - 1);
	if (end != NULL) {
		behind = trim(end + 1, value.len - (size_t)(end + 1 - value.text));
		if (behind.len == 0 || *behind.text == '#' || *behind.text == ';')
			return (struct span){ value.text + 1, (size_t)(end - value.text) - 1 };
	}
	for (size_t i = 0; i < value.len; i++) {
		if (value.text[i] == '#' || value.text[i] == ';')
			return trim(value.text, i);
	}
	return value;
}

typedef void (*entry_fn)(void *data, struct span key, struct span value);

/* Calls fn for each key of the section, and with an empty key for each of its headers. */
static void
read_section(const char *text, struct span name, entry_fn fn, void *data)
{
	bool inside = span_is(name, DEFAULT);

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

/* A byte order mark, which editors on Windows write. */
static const char *
skip_mark(const char *text)
{
	return strncmp(text, "\xEF\xBB\xBF", 3) == 0 ? text + 3 : text;
}

void
databricks_profile_read(const char *text, const char *name, struct databricks_profile *profile)
{
	*profile = (struct databricks_profile){ 0 };
	text = skip_mark(text);
	if (name != NULL) {
		profile->name = xstrdup(name);
	} else {
		read_section(text, (struct span){ SETTINGS, strlen(SETTINGS) }, find_default,
			     &profile->name);
		if (profile->name == NULL)
			profile->name = xstrdup(DEFAULT);
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

static void
count_keys(void *data, struct span key, struct span value)
{
	(void)value;
	*(size_t *)data += key.len > 0;
}

struct names {
	const char *text; /* of the file */
	char *list;	  /* "a, b" */
	size_t count, looked_at;
};

/* Is it a name to show, and not in the list yet? */
static bool
presentable(const struct names *names, struct span name)
{
	char *wanted = xprintf(", %.*s,", (int)name.len, name.text);
	char *list = xprintf(", %s,", names->list);
	bool fine = name.len > 0 && name.len <= NAME_SHOWN_MAX && !span_is(name, SETTINGS) &&
		    strstr(list, wanted) == NULL;

	for (size_t i = 0; i < name.len && fine; i++)
		fine = name.text[i] > ' ' && name.text[i] < 0x7f;
	free(wanted);
	free(list);
	return fine;
}

static void
add_name(struct names *names, struct span name)
{
	size_t keys = 0;
	char *longer;

	if (names->count > NAMES_MAX || names->looked_at++ > SECTIONS_MAX ||
	    !presentable(names, name))
		return;
	read_section(names->text, name, count_keys, &keys);
	if (keys == 0)
		return;
	if (++names->count > NAMES_MAX)
		longer = xprintf("%s and others", names->list);
	else
		longer = xprintf("%s%s%.*s", names->list, names->count > 1 ? ", " : "",
				 (int)name.len, name.text);
	free(names->list);
	names->list = longer;
}

char *
databricks_profile_names(const char *text)
{
	struct names names = { .text = skip_mark(text), .list = xstrdup("") };
	size_t len;

	add_name(&names, (struct span){ DEFAULT, strlen(DEFAULT) });
	for (const char *line = names.text; *line != '\0'; line += len + (line[len] == '\n')) {
		struct span header;
		const char *end;

		len = strcspn(line, "\n");
		header = trim(line, len);
		end = memchr(header.text, ']', header.len);
		if (header.len > 0 && *header.text == '[' && end != NULL)
			add_name(&names,
				 (struct span){ header.text + 1, (size_t)(end - header.text) - 1 });
	}
	if (names.count > 0)
		return names.list;
	free(names.list);
	return NULL;
}

char *
databricks_profile_token(const char *config_file, const char *name, char *why, size_t why_size)
{
	struct databricks_profile profile;
	size_t len;
	char *text = text_read(config_file, DATABRICKS_CFG_MAX, &len, NULL, why, why_size), *token;

	if (text == NULL)
		return NULL;
	databricks_profile_read(text, name, &profile);
	secret_free(text);
	token = profile.token;
	profile.token = NULL;
	if (token == NULL)
		snprintf(why, why_size, "profile %s in %s has no token", name, config_file);
	databricks_profile_fini(&profile);
	return token;
}

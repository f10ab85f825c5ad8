/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of .databrickscfg; profile.h has the syntax. */
#include "upstream/databricks/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/text.h"

#define SETTINGS "__settings__"
#define DEFAULT "DEFAULT"
#define SECTIONS_MAX 200  /* profiles that are read to list their names */
#define NAMES_MAX 20	  /* profiles in a message … */
#define NAME_SHOWN_MAX 64 /* most bytes of each profile */

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

/* One pair of quotes around all of it, and no other such quote inside. */
static bool
quoted_by(struct span value, char quote)
{
	return value.len >= 2 && value.text[0] == quote && value.text[value.len - 1] == quote &&
	       memchr(value.text + 1, quote, value.len - 1) == value.text + value.len - 1;
}

/* Without an inline comment and without the quotes. `fault` is set where the vendor's reader would
 * go on in the next line. */
static struct span
value_of(const char *text, size_t len, const char **fault)
{
	struct span value = trim(text, len);
	const char *end;

	if (value.len > 0 && *value.text == '`') {
		end = memchr(value.text + 1, '`', value.len - 1);
		if (end == NULL)
			*fault = "the value has no second `";
		else
			return (struct span){ value.text + 1, (size_t)(end - value.text) - 1 };
	}
	if (value.len > 0 && value.text[value.len - 1] == '\\')
		*fault = "the value ends with a backslash, and values of several lines are not "
			 "supported";
	end = memmem(value.text, value.len, " #", 2);
	if (end == NULL)
		end = memmem(value.text, value.len, " ;", 2);
	if (end != NULL)
		value = trim(value.text, (size_t)(end - value.text));
	if (quoted_by(value, '\'') || quoted_by(value, '"'))
		return (struct span){ value.text + 1, value.len - 2 };
	return value;
}

struct line {
	enum { LINE_EMPTY, LINE_SECTION, LINE_KEY, LINE_FAULT } kind;
	struct span name; /* of the section, or the key */
	struct span value;
	const char *fault;
};

static struct line
fault_line(const char *fault)
{
	return (struct line){ .kind = LINE_FAULT, .fault = fault };
}

static struct line
key_line(struct span text)
{
	struct line line = { .kind = LINE_KEY };
	size_t at = 0;

	while (at < text.len && text.text[at] != '=' && text.text[at] != ':')
		at++;
	if (at == text.len)
		return fault_line("the line has no \"=\"");
	line.name = trim(text.text, at);
	line.value = value_of(text.text + at + 1, text.len - at - 1, &line.fault);
	if (line.name.len == 0)
		return fault_line("the line has no key before \"=\"");
	return line.fault != NULL ? fault_line(line.fault) : line;
}

static struct line
read_line(const char *text, size_t len)
{
	struct span all = trim(text, len);
	const char *end;

	if (all.len == 0 || *all.text == '#' || *all.text == ';')
		return (struct line){ .kind = LINE_EMPTY };
	if (*all.text != '[')
		return key_line(all);
	end = memrchr(all.text, ']', all.len);
	if (end == NULL)
		return fault_line("the section has no \"]\"");
	if (end == all.text + 1)
		return fault_line("the section has no name");
	return (struct line){ .kind = LINE_SECTION,
			      .name = { all.text + 1, (size_t)(end - all.text) - 1 } };
}

typedef void (*entry_fn)(void *data, struct span key, struct span value);

/* Calls fn for each key of the section. NULL, or the first fault of the whole file, for free(). */
static char *
read_section(const char *text, struct span name, entry_fn fn, void *data)
{
	bool inside = span_is(name, DEFAULT);

	for (unsigned number = 1; *text != '\0'; number++) {
		size_t len = strcspn(text, "\n");
		struct line line = read_line(text, len);

		text += len + (text[len] == '\n');
		if (line.kind == LINE_FAULT)
			return xprintf("line %u: %s", number, line.fault);
		if (line.kind == LINE_SECTION)
			inside = line.name.len == name.len &&
				 memcmp(line.name.text, name.text, name.len) == 0;
		else if (line.kind == LINE_KEY && inside)
			fn(data, line.name, line.value);
	}
	return NULL;
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
take_entry(void *data, struct span key, struct span value)
{
	struct databricks_profile *profile = data;

	profile->keys = true;
	for (size_t i = 0; i < ATTRIBUTES; i++) {
		const struct attribute_row *row = &databricks_attributes[i];

		if (!span_is(key, row->key) &&
		    (row->other_key == NULL || !span_is(key, row->other_key)))
			continue;
		secret_free(profile->value[i]);
		profile->value[i] = value.len > 0 ? xstrndup(value.text, value.len) : NULL;
	}
}

/* Skips a byte order mark, which editors on Windows write. */
static const char *
skip_mark(const char *text)
{
	return strncmp(text, "\xEF\xBB\xBF", 3) == 0 ? text + 3 : text;
}

char *
databricks_profile_read(const char *text, const char *name, struct databricks_profile *profile)
{
	const struct span settings = { SETTINGS, strlen(SETTINGS) };
	char *fault = NULL;

	*profile = (struct databricks_profile){ .named = true };
	text = skip_mark(text);
	if (name != NULL)
		profile->name = xstrdup(name);
	else
		fault = read_section(text, settings, find_default, &profile->name);
	if (profile->name == NULL) {
		profile->named = false;
		profile->name = xstrdup(DEFAULT);
	}
	if (fault == NULL && strcmp(profile->name, SETTINGS) == 0)
		fault = xstrdup(SETTINGS " is reserved for settings and is not a profile");
	if (fault == NULL)
		fault = read_section(text, (struct span){ profile->name, strlen(profile->name) },
				     take_entry, profile);
	return fault;
}

void
databricks_profile_fini(struct databricks_profile *profile)
{
	free(profile->name);
	for (size_t i = 0; i < ATTRIBUTES; i++)
		secret_free(profile->value[i]);
	*profile = (struct databricks_profile){ 0 };
}

static void
count_keys(void *data, struct span key, struct span value)
{
	(void)value;
	(void)key;
	++*(size_t *)data;
}

struct names {
	const char *text; /* of the file */
	char *list;	  /* "a, b" */
	size_t count, looked_at;
};

/* Can the name be shown, and is it not in the list yet? */
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
	free(read_section(names->text, name, count_keys, &keys));
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
	for (const char *at = names.text; *at != '\0'; at += len + (at[len] == '\n')) {
		struct line line;

		len = strcspn(at, "\n");
		line = read_line(at, len);
		if (line.kind == LINE_SECTION)
			add_name(&names, line.name);
	}
	if (names.count > 0)
		return names.list;
	free(names.list);
	return NULL;
}

char *
databricks_profile_value(const char *config_file, const char *name, enum attribute attribute,
			 char *why, size_t why_size)
{
	struct databricks_profile profile;
	size_t len;
	char *text = text_read(config_file, DATABRICKS_CFG_MAX, &len, NULL, why, why_size), *value;
	char *fault;

	if (text == NULL)
		return NULL;
	fault = databricks_profile_read(text, name, &profile);
	secret_free(text);
	value = profile.value[attribute];
	profile.value[attribute] = NULL;
	if (fault != NULL)
		snprintf(why, why_size, "%s: %s", config_file, fault);
	else if (value == NULL)
		snprintf(why, why_size, "profile %s in %s has no %s", name, config_file,
			 databricks_attributes[attribute].key);
	free(fault);
	databricks_profile_fini(&profile);
	return value;
}

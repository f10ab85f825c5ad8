/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the file, applies --set, and searches for unknown keys. */
#include "config/file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "config/reference.h"
#include "config/text.h"

/* The addresses of these marks say that a setting is known: alone, or with everything in it. */
static char known_alone, known_whole;

/* ---- opening ------------------------------------------------------------------------------- */

/* Skips a string or a comment at `p`; returns p when there is none. */
static const char *
skip_opaque(const char *p, int *line)
{
	const char *start = p, *end;

	if (*p == '"') {
		for (p++; *p != '\0' && *p != '"'; p++)
			p += *p == '\\' && p[1] != '\0';
		p += *p == '"';
	} else if (*p == '#' || (*p == '/' && p[1] == '/')) {
		p += strcspn(p, "\n");
	} else if (*p == '/' && p[1] == '*') {
		end = strstr(p + 2, "*/");
		p = end != NULL ? end + 2 : p + strlen(p);
	}
	for (end = start; end < p; end++)
		*line += *end == '\n';
	return p;
}

/* A whole number beyond 32 bits must end with L: libconfig 1.5 cuts it silently, libconfig 1.7
 * accepts it. Beyond 64 bits both give no useful error. */
static void
check_number(struct reader *reader, const char *word, size_t len, int line)
{
	bool hex = strncasecmp(word, "0x", 2) == 0;
	const char *end_of_word = word + len;
	long long value;
	char *end;

	errno = 0;
	value = strtoll(word, &end, hex ? 16 : 10);
	if (end == end_of_word && (errno != 0 || value > INT_MAX || value < INT_MIN))
		config_faults_add(
		    reader->faults,
		    "%s:%d: %.*s: a number that needs more than 32 bits must end with L",
		    reader->name, line, (int)len, word);
	else if (errno == ERANGE && end < end_of_word && (*end == 'L' || *end == 'l'))
		config_faults_add(reader->faults, "%s:%d: %.*s is larger than 64 bits",
				  reader->name, line, (int)len, word);
}

/* Rejects what the versions of libconfig read differently: large numbers, and @include, which 1.5
 * resolves in one folder and 1.7 anywhere. */
static bool
same_for_every_version(struct reader *reader, const char *text)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_-*.+";
	size_t before = reader->faults->count;
	int line = 1;

	while (*text != '\0') {
		const char *next = skip_opaque(text, &line);
		size_t len = strspn(next, word);

		if (next == text && len > 0) {
			next = text + len;
			check_number(reader, text, len, line);
		} else if (next == text) {
			if (*text == '@')
				config_faults_add(reader->faults,
						  "%s:%d: @include is not supported", reader->name,
						  line);
			line += *next++ == '\n';
		}
		text = next;
	}
	return reader->faults->count == before;
}

void
reader_init(struct reader *reader, const char *name, const char *text, struct config_faults *faults)
{
	const char *error;

	*reader = (struct reader){ .name = xstrdup(name), .faults = faults };
	config_init(&reader->tree);
	if (text == NULL || !same_for_every_version(reader, text))
		return;
	if (config_read_string(&reader->tree, text) == CONFIG_TRUE)
		return;
	error = config_error_text(&reader->tree);
	config_faults_add(faults, "%s:%d: %s", name, config_error_line(&reader->tree),
			  error != NULL ? error : "is nested too deeply");
	config_destroy(&reader->tree);
	config_init(&reader->tree);
}

void
reader_fini(struct reader *reader)
{
	config_destroy(&reader->tree);
	strings_fini(&reader->known);
	for (size_t i = 0; i < reader->overrides; i++) {
		free(reader->override[i].path);
		free(reader->override[i].value);
	}
	free(reader->override);
	free(reader->name);
}

static bool
names_secret(const char *path)
{
	static const char *const secrets[] = { ".token",
					       ".password",
					       ".store_password",
					       ".client_secret",
					       ".azure_client_secret",
					       ".auth.value" };
	size_t len = strlen(path);

	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++) {
		size_t n = strlen(secrets[i]);

		if (len > n && strcmp(path + len - n, secrets[i]) == 0)
			return true;
	}
	return false;
}

bool
reader_set_is_secret(const char *set)
{
	const char *equals = strchr(set, '=');
	char *path;
	bool secret;

	if (equals == NULL || equals[1] == '\0' || reference_is(equals + 1))
		return false;
	path = xstrndup(set, (size_t)(equals - set));
	secret = names_secret(path);
	free(path);
	return secret;
}

void
reader_override(struct reader *reader, const char *set)
{
	const char *equals = strchr(set, '=');
	struct override *o;

	if (equals == NULL || equals == set || equals - set >= KEY_PATH_MAX) {
		config_faults_add(reader->faults, "--set must have the form KEY.PATH=VALUE");
		return;
	}
	reader->override =
	    xrealloc(reader->override, (reader->overrides + 1) * sizeof(*reader->override));
	o = &reader->override[reader->overrides++];
	*o = (struct override){ .path = xstrndup(set, (size_t)(equals - set)),
				.value = xstrdup(equals + 1) };
	if (reader_set_is_secret(set)) {
		config_faults_add(reader->faults,
				  "--set %s: a literal secret would be visible in the process "
				  "list; use env:NAME, file:PATH or credential:NAME",
				  o->path);
		*o->value = '\0';
		o->used = true;
	}
}

/* ---- finding ------------------------------------------------------------------------------- */

struct node
node_root(struct reader *reader)
{
	return (struct node){ .reader = reader, .setting = config_root_setting(&reader->tree) };
}

static void
join(char path[KEY_PATH_MAX], const struct node *node, const char *key)
{
	const char *dot = *node->path != '\0' ? "." : "";

	/* No known key is longer than this; a longer key is shortened in its report. */
	if (snprintf(path, KEY_PATH_MAX, "%s%s%s", node->path, dot, key) >= KEY_PATH_MAX)
		path[KEY_PATH_MAX - 2] = '~';
}

struct override *
reader_find_override(const struct node *node, const char *key)
{
	struct reader *reader = node->reader;
	struct override *found = NULL;
	char path[KEY_PATH_MAX];

	join(path, node, key);
	if (!strings_have(&reader->known, path))
		strings_add(&reader->known, path);
	for (size_t i = 0; i < reader->overrides && !node->item; i++) {
		if (strcmp(reader->override[i].path, path) == 0) {
			/* with several --set of one key the last one counts */
			found = &reader->override[i];
			found->used = true;
		}
	}
	return found;
}

config_setting_t *
reader_find_setting(const struct node *node, const char *key)
{
	config_setting_t *setting = NULL;

	if (node->setting != NULL)
		setting = config_setting_get_member(node->setting, key);
	if (setting != NULL && config_setting_get_hook(setting) == NULL)
		config_setting_set_hook(setting, &known_alone);
	return setting;
}

void
reader_know_all(config_setting_t *setting)
{
	config_setting_set_hook(setting, &known_whole);
}

bool
node_has(const struct node *node, const char *key)
{
	bool set = reader_find_override(node, key) != NULL;

	return reader_find_setting(node, key) != NULL || set;
}

void
node_refuse(const struct node *node, const char *key, const char *why)
{
	config_setting_t *setting =
	    node->setting != NULL ? config_setting_get_member(node->setting, key) : NULL;
	struct reader *reader = node->reader;
	bool found = setting != NULL;
	char path[KEY_PATH_MAX];
	size_t len;

	join(path, node, key);
	len = strlen(path);
	for (size_t i = 0; i < reader->overrides && !node->item; i++) {
		struct override *override = &reader->override[i];

		if (strncmp(override->path, path, len) == 0 &&
		    (override->path[len] == '\0' || override->path[len] == '.'))
			override->used = found = true;
	}
	if (setting != NULL)
		reader_know_all(setting);
	if (found)
		node_fault(node, key, "%s", why);
}

struct node
node_group(const struct node *parent, const char *key)
{
	struct node node = { .reader = parent->reader };

	if (reader_find_override(parent, key) != NULL)
		node_fault(parent, key, "is a group; add the name of a key in it");
	join(node.path, parent, key);
	node.setting = reader_find_setting(parent, key);
	if (node.setting != NULL && !config_setting_is_group(node.setting)) {
		node_fault(parent, key, "must be a group: %s = { ... };", key);
		node.setting = NULL;
	}
	return node;
}

size_t
node_count(const struct node *parent, const char *key)
{
	config_setting_t *list = reader_find_setting(parent, key);
	int n;

	if (reader_find_override(parent, key) != NULL)
		node_fault(parent, key, "cannot be set on the command line");
	if (list == NULL)
		return 0;
	n = config_setting_length(list);
	for (int i = 0; i < n; i++) {
		config_setting_t *item = config_setting_get_elem(list, (unsigned)i);

		if (item == NULL || !config_setting_is_group(item))
			n = 0;
	}
	if (!config_setting_is_list(list) || (n == 0 && config_setting_length(list) > 0)) {
		node_fault(parent, key, "must be a list of groups: %s = ( { ... } );", key);
		return 0;
	}
	return (size_t)n;
}

struct node
node_item(const struct node *parent, const char *key, size_t index)
{
	config_setting_t *list = reader_find_setting(parent, key);
	struct node node = { .reader = parent->reader, .item = true };

	join(node.path, parent, key);
	node.setting = config_setting_get_elem(list, (unsigned)index);
	config_setting_set_hook(node.setting, &known_alone);
	return node;
}

void
node_keys(const struct node *group, struct strings *keys)
{
	const struct reader *reader = group->reader;
	size_t len = strlen(group->path);
	int n = group->setting != NULL ? config_setting_length(group->setting) : 0;

	for (int i = 0; i < n; i++)
		strings_add(keys, config_setting_name(
				      config_setting_get_elem(group->setting, (unsigned)i)));
	for (size_t i = 0; i < reader->overrides; i++) {
		const char *path = reader->override[i].path, *dot;
		char *key;

		if (strncmp(path, group->path, len) != 0 || path[len] != '.')
			continue;
		dot = strchr(path + len + 1, '.');
		if (dot == NULL)
			continue;
		key = xstrndup(path + len + 1, (size_t)(dot - path) - len - 1);
		if (!strings_have(keys, key))
			strings_add(keys, key);
		free(key);
	}
}

/* ---- faults -------------------------------------------------------------------------------- */

char *
node_where(const struct node *node, const char *key)
{
	config_setting_t *setting;

	if (reader_find_override(node, key) != NULL)
		return xstrdup("--set");
	setting = reader_find_setting(node, key);
	if (setting == NULL)
		setting = node->setting;
	if (setting == NULL || config_setting_source_line(setting) == 0)
		return xstrdup(node->reader->name);
	return xprintf("%s:%u", node->reader->name, config_setting_source_line(setting));
}

void
node_fault(const struct node *node, const char *key, const char *format, ...)
{
	char *where = node_where(node, key), *what, path[KEY_PATH_MAX];
	va_list args;

	va_start(args, format);
	if (vasprintf(&what, format, args) < 0)
		memory_gone();
	va_end(args);
	join(path, node, key);
	config_faults_add(node->reader->faults, "%s: %s: %s", where, path, what);
	free(what);
	free(where);
}

size_t
node_faults(const struct node *node)
{
	return node->reader->faults->count;
}

/* ---- unknown keys -------------------------------------------------------------------------- */

/* The known keys of the same group. The one that was probably meant is suggested. */
static void
siblings(const struct reader *reader, const char *path, struct strings *names)
{
	const char *dot = strrchr(path, '.');
	size_t len = dot != NULL ? (size_t)(dot - path) + 1 : 0;

	for (size_t i = 0; i < reader->known.count; i++) {
		const char *known = reader->known.item[i];

		if (strncmp(known, path, len) == 0 && strchr(known + len, '.') == NULL &&
		    known[len] != '\0' && !strings_have(names, known + len))
			strings_add(names, known + len);
	}
}

static void
report_unknown(struct reader *reader, const char *where, const char *path)
{
	const char *dot = strrchr(path, '.'), *meant;
	struct strings names = { 0 };

	siblings(reader, path, &names);
	meant = nearest_word(&names, dot != NULL ? dot + 1 : path);
	if (meant != NULL)
		config_faults_add(reader->faults, "%s: %s: unknown key; did you mean \"%s\"?",
				  where, path, meant);
	else
		config_faults_add(reader->faults, "%s: %s: unknown key", where, path);
	strings_fini(&names);
}

static void find_unknown(struct reader *reader, config_setting_t *setting, const char *path);

static void
find_unknown_in(struct reader *reader, config_setting_t *item, const char *path)
{
	struct node parent = { .reader = reader };
	const char *name = config_setting_name(item);
	char full[KEY_PATH_MAX], *where;

	if (name == NULL) { /* an element of a list has the path of its list */
		find_unknown(reader, item, path);
		return;
	}
	memcpy(parent.path, path, strlen(path) + 1);
	join(full, &parent, name);
	if (config_setting_get_hook(item) != NULL) {
		find_unknown(reader, item, full);
		return;
	}
	where = xprintf("%s:%u", reader->name, config_setting_source_line(item));
	report_unknown(reader, where, full);
	free(where);
}

/* Descends only into known groups, so the depth is limited. */
static void
find_unknown(struct reader *reader, config_setting_t *setting, const char *path)
{
	if (!config_setting_is_aggregate(setting) ||
	    config_setting_get_hook(setting) != &known_alone)
		return;
	for (int i = 0; i < config_setting_length(setting); i++)
		find_unknown_in(reader, config_setting_get_elem(setting, (unsigned)i), path);
}

void
reader_finish(struct reader *reader)
{
	config_setting_set_hook(config_root_setting(&reader->tree), &known_alone);
	find_unknown(reader, config_root_setting(&reader->tree), "");
	for (size_t i = 0; i < reader->overrides; i++) {
		if (!reader->override[i].used)
			report_unknown(reader, "--set", reader->override[i].path);
	}
}

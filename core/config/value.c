/* SPDX-License-Identifier: Apache-2.0 */
/* Values of every type: from --set as text, from the file with libconfig's types. */
#include "config/value.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/json_write.h"
#include "base/mask.h"
#include "base/mem.h"
#include "config/file.h"
#include "config/reference.h"
#include "config/text.h"

#define LIST_MAX 1000	     /* entries of one list */
#define JSON_MAX (64u << 10) /* bytes of a plugin's options */
#define JSON_DEPTH 16

static bool
is_text(const config_setting_t *setting)
{
	return setting != NULL && config_setting_type(setting) == CONFIG_TYPE_STRING;
}

/* ---- booleans and words -------------------------------------------------------------------- */

/* 1 for true, 0 for false, -1 for "auto" when that is allowed. Any other value is a fault. */
static int
read_bool(const struct node *node, const char *key, int absent, bool may_auto)
{
	struct override *o = reader_find_override(node, key);
	config_setting_t *setting = reader_find_setting(node, key);
	const char *text = o != NULL ? o->value : NULL;

	if (text == NULL && setting == NULL)
		return absent;
	if (text == NULL && config_setting_type(setting) == CONFIG_TYPE_BOOL)
		return config_setting_get_bool(setting);
	if (text == NULL && may_auto && is_text(setting))
		text = config_setting_get_string(setting);
	if (text != NULL && may_auto && strcmp(text, "auto") == 0)
		return -1;
	if (o != NULL && text != NULL && strcmp(text, "true") == 0)
		return 1;
	if (o != NULL && text != NULL && strcmp(text, "false") == 0)
		return 0;
	node_fault(node, key,
		   may_auto ? "must be true, false or \"auto\"" : "must be true or false");
	return absent;
}

bool
node_bool(const struct node *node, const char *key, bool absent)
{
	return read_bool(node, key, absent, false) == 1;
}

bool
node_auto(const struct node *node, const char *key, bool absent)
{
	int value = read_bool(node, key, -1, true);

	return value < 0 ? absent : value == 1;
}

size_t
node_word(const struct node *node, const char *key, const char *const *words, size_t absent)
{
	char *text = node_text(node, key, words[absent]);
	struct strings known = { 0 };
	const char *meant;
	size_t i;

	for (i = 0; words[i] != NULL && strcmp(words[i], text) != 0; i++)
		strings_add(&known, words[i]);
	if (words[i] == NULL) {
		struct buf list;

		buf_init_keeping(&list, KEY_PATH_MAX);
		for (i = 0; words[i] != NULL; i++)
			buf_printf(&list, "%s\"%s\"", i > 0 ? ", " : "", words[i]);
		meant = nearest_word(&known, text);
		node_fault(node, key, "\"%s\" must be one of %s%s%s%s", text, list.data,
			   meant != NULL ? "; did you mean \"" : "", meant != NULL ? meant : "",
			   meant != NULL ? "\"?" : "");
		buf_fini(&list);
		i = absent;
	}
	strings_fini(&known);
	free(text);
	return i;
}

/* ---- numbers ------------------------------------------------------------------------------- */

static bool
whole_number(const char *text, long long *value)
{
	char *end;

	errno = 0;
	*value = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && *text >= '0' && *text <= '9';
}

uint64_t
node_number(const struct node *node, const char *key, uint64_t absent, uint64_t least,
	    uint64_t most)
{
	struct override *o = reader_find_override(node, key);
	config_setting_t *setting = reader_find_setting(node, key);
	long long value = -1;
	bool fine = true;

	CHECK(least <= absent && absent <= most); /* the default is used after a fault */
	if (o != NULL)
		fine = whole_number(o->value, &value);
	else if (setting == NULL)
		return absent;
	else if (config_setting_type(setting) == CONFIG_TYPE_INT)
		value = config_setting_get_int(setting);
	else if (config_setting_type(setting) == CONFIG_TYPE_INT64)
		value = config_setting_get_int64(setting);
	else
		fine = false;
	if (fine && value >= 0 && (uint64_t)value >= least && (uint64_t)value <= most)
		return (uint64_t)value;
	node_fault(node, key, "must be a whole number from %llu to %llu", (unsigned long long)least,
		   (unsigned long long)most);
	return absent;
}

/* ---- texts --------------------------------------------------------------------------------- */

const char *
node_raw_text(const struct node *node, const char *key)
{
	struct override *o = reader_find_override(node, key);
	config_setting_t *setting = reader_find_setting(node, key);
	const char *text = o != NULL ? o->value : NULL;

	if (o == NULL && setting != NULL) {
		if (!is_text(setting)) {
			node_fault(node, key, "must be a text in quotes");
			return NULL;
		}
		text = config_setting_get_string(setting);
	}
	if (text != NULL && !utf8_valid(text, strlen(text))) {
		node_fault(node, key, "is not valid UTF-8");
		return NULL;
	}
	return text == NULL || *text == '\0' ? NULL : text;
}

static char *
resolve(const struct node *node, const char *key, const char *text)
{
	char why[512], *value = reference_read(text, why, sizeof(why));

	if (value == NULL) {
		node_fault(node, key, "%s", why);
	} else if (!utf8_valid(value, strlen(value))) {
		node_fault(node, key, "the value of %s is not valid UTF-8", text);
		secret_free(value);
		value = NULL;
	}
	return value;
}

char *
node_text(const struct node *node, const char *key, const char *absent)
{
	const char *text = node_raw_text(node, key);
	char *value = NULL;

	if (text != NULL)
		value = reference_is(text) ? resolve(node, key, text) : xstrdup(text);
	if (value == NULL && absent != NULL)
		value = xstrdup(absent);
	return value;
}

char *
node_secret(const struct node *node, const char *key)
{
	const char *text = node_raw_text(node, key);
	char *secret = NULL;

	if (text != NULL && reference_is(text)) {
		secret = resolve(node, key, text);
	} else if (text != NULL) {
		node->reader->literal_secret = true;
		secret = xstrdup(text);
	}
	if (secret != NULL)
		mask_pin(secret, strlen(secret));
	return secret;
}

static void
list_add(const struct node *node, const char *key, const char *text, struct strings *list)
{
	if (list->count >= LIST_MAX)
		node_fault(node, key, "has more than %d entries", LIST_MAX);
	else if (*text == '\0' || !utf8_valid(text, strlen(text)))
		node_fault(node, key, "has an entry that is empty or not valid UTF-8");
	else if (!strings_have(list, text))
		strings_add(list, text);
}

static void
split(const struct node *node, const char *key, const char *text, struct strings *list)
{
	while (*text != '\0') {
		size_t len = strcspn(text, ",");
		char *item = xstrndup(text, len);

		list_add(node, key, item, list);
		free(item);
		text += len + (text[len] == ',');
	}
}

void
node_list(const struct node *node, const char *key, struct strings *list)
{
	struct override *o = reader_find_override(node, key);
	config_setting_t *setting = reader_find_setting(node, key);

	if (o != NULL) {
		split(node, key, o->value, list);
		return;
	}
	if (setting == NULL)
		return;
	if (is_text(setting)) {
		if (*config_setting_get_string(setting) != '\0')
			list_add(node, key, config_setting_get_string(setting), list);
		return;
	}
	if (!config_setting_is_array(setting) && !config_setting_is_list(setting)) {
		node_fault(node, key, "must be a list of texts: %s = [ \"...\" ];", key);
		return;
	}
	for (int i = 0; i < config_setting_length(setting) && list->count < LIST_MAX; i++) {
		config_setting_t *item = config_setting_get_elem(setting, (unsigned)i);

		if (!is_text(item)) {
			node_fault(node, key, "must be a list of texts: %s = [ \"...\" ];", key);
			return;
		}
		list_add(node, key, config_setting_get_string(item), list);
	}
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static bool write_json(struct json *out, config_setting_t *setting, unsigned depth);

static bool
write_aggregate(struct json *out, config_setting_t *setting, unsigned depth)
{
	bool group = config_setting_is_group(setting), fine = depth < JSON_DEPTH;

	json_begin(out, group ? '{' : '[');
	for (int i = 0; fine && i < config_setting_length(setting); i++) {
		config_setting_t *item = config_setting_get_elem(setting, (unsigned)i);

		if (group)
			json_member(out, config_setting_name(item));
		fine = write_json(out, item, depth + 1);
	}
	json_end(out);
	return fine;
}

static bool
write_json(struct json *out, config_setting_t *setting, unsigned depth)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_INT: json_number(out, config_setting_get_int(setting)); return true;
	case CONFIG_TYPE_INT64: json_number(out, config_setting_get_int64(setting)); return true;
	case CONFIG_TYPE_FLOAT:
		json_double(out, config_setting_get_float(setting));
		return isfinite(config_setting_get_float(setting)) != 0;
	case CONFIG_TYPE_BOOL:
		json_boolean(out, config_setting_get_bool(setting) != 0);
		return true;
	case CONFIG_TYPE_STRING: json_string(out, config_setting_get_string(setting)); return true;
	default: return write_aggregate(out, setting, depth);
	}
}

char *
node_json(const struct node *node, const char *key)
{
	struct node group = node_group(node, key);
	struct json json;
	struct buf out;

	if (group.setting == NULL)
		return xstrdup("{}");
	reader_know_all(group.setting);
	buf_init(&out, JSON_MAX);
	json_start(&json, &out);
	if (!write_json(&json, group.setting, 0) || !buf_ok(&out)) {
		node_fault(node, key,
			   "is too large, too deep, or contains a number that JSON "
			   "cannot represent");
		buf_fini(&out);
		return xstrdup("{}");
	}
	return buf_take(&out, NULL);
}

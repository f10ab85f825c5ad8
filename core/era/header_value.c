/* SPDX-License-Identifier: Apache-2.0 */
#include "era/header_value.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "config/config.h"
#include "registry/registry.h"

#define SENTINEL "=?base64?"
#define SENTINEL_END "?="
#define INTEGER_MAX ((int64_t)1 << 53) /* JSON readers give different results for larger integers */

static bool
visible(const char *value)
{
	for (; *value != '\0'; value++)
		if ((*value < ' ' && *value != '\t') || *value == 0x7f)
			return false; /* char may be signed: then bytes from 0x80 are negative */
	return true;
}

bool
header_decode(const char *value, struct buf *out)
{
	size_t len = strlen(value), prefix = strlen(SENTINEL), suffix = strlen(SENTINEL_END), n;
	unsigned char *bytes;
	bool ok;

	if (!visible(value))
		return false;
	if (len < prefix + suffix || strncmp(value, SENTINEL, prefix) != 0 ||
	    strcmp(value + len - suffix, SENTINEL_END) != 0) {
		buf_add(out, value, len);
		return buf_ok(out);
	}
	len -= prefix + suffix;
	bytes = xmalloc(len / 4 * 3 + 3);
	ok = base64_decode(value + prefix, len, bytes, &n) && utf8_valid((char *)bytes, n);
	if (ok)
		buf_add(out, bytes, n);
	free(bytes);
	return ok && buf_ok(out);
}

bool
header_integer(const char *text, int64_t *value)
{
	bool negative = *text == '-';
	const char *at = text + negative;
	size_t digits = strspn(at, "0123456789"), zeros;
	int64_t sum = 0;

	if (digits == 0 || digits > 16)
		return false;
	for (size_t i = 0; i < digits; i++)
		sum = sum * 10 + (at[i] - '0');
	at += digits;
	if (*at == '.') {
		zeros = strspn(++at, "0");
		if (zeros == 0)
			return false;
		at += zeros;
	}
	if (*at != '\0' || sum >= INTEGER_MAX)
		return false;
	*value = negative ? -sum : sum;
	return true;
}

/* Finds the object that contains the argument, and the argument. NULL when it is absent or null. */
static struct json_object *
argument_find(const struct param_header *param, struct json_object *arguments,
	      struct json_object **parent)
{
	struct json_object *value = arguments;

	for (char **name = param->path; *name != NULL && value != NULL; name++) {
		*parent = value;
		value = json_get(value, *name);
	}
	return value;
}

static bool
same_integer(struct json_object *parent, const char *name, const char *text)
{
	int64_t said, meant = json_int(parent, name, INT64_MIN);

	return meant == INT64_MIN || (header_integer(text, &said) && said == meant);
}

static bool
same_value(const struct param_header *param, struct json_object *parent, struct json_object *value,
	   const struct buf *text)
{
	const char *name = NULL;

	switch (param->type) {
	case PARAM_STRING:
		return !json_object_is_type(value, json_type_string) ||
		       ((size_t)json_object_get_string_len(value) == text->len &&
			memcmp(json_object_get_string(value), text->data, text->len) == 0);
	case PARAM_BOOLEAN:
		return !json_object_is_type(value, json_type_boolean) ||
		       strcmp(text->data, json_object_get_boolean(value) ? "true" : "false") == 0;
	case PARAM_INTEGER:
		for (char **at = param->path; *at != NULL; at++)
			name = *at;
		return same_integer(parent, name, text->data);
	}
	return false;
}

bool
header_matches(const struct param_header *param, struct json_object *arguments, const char *value)
{
	struct json_object *parent = NULL;
	struct json_object *argument = argument_find(param, arguments, &parent);
	struct buf text;
	bool same;

	if (argument == NULL)
		return true;
	if (value == NULL)
		return false;
	buf_init(&text, LIMIT_HEADERS);
	same = header_decode(value, &text) && same_value(param, parent, argument, &text);
	buf_fini(&text);
	return same;
}

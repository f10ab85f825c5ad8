/* SPDX-License-Identifier: Apache-2.0 */
/* The raw text of one member of a text that passed the gate. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_string.h"

static const char *
skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

/* The position after the value at `p`; stays in bounds even for invalid text. */
static const char *
skip_value(const char *p, const char *end)
{
	size_t depth = 0;

	for (; p < end; p++) {
		if (*p == '"') {
			for (p++; p < end && *p != '"'; p++)
				if (*p == '\\')
					p++;
			if (p >= end)
				return end;
		} else if (*p == '{' || *p == '[') {
			depth++;
		} else if (*p == '}' || *p == ']' || *p == ',') {
			if (depth == 0)
				return p;
			if (*p != ',')
				depth--;
		}
	}
	return end;
}

static bool
key_is(const char *raw, size_t raw_len, const char *key)
{
	size_t len = strlen(key);
	char *decoded;
	bool same;

	if (memchr(raw, '\\', raw_len) == NULL)
		return raw_len == len && memcmp(raw, key, len) == 0;
	if (raw_len > 6 * len)
		return false; /* even if every character is \uXXXX */
	decoded = malloc(raw_len + 1);
	same = decoded != NULL && json_string_decode(raw, raw_len, decoded) == len &&
	       memcmp(decoded, key, len) == 0;
	free(decoded);
	return same;
}

/* Reads `"name" :` and returns its end, where the value begins; NULL when there is none. */
static const char *
read_name(const char *p, const char *end, const char **name, size_t *len)
{
	const char *why, *at;
	bool escaped;

	p = skip_blanks(p, end);
	if (p == end || *p != '"')
		return NULL;
	*name = p + 1;
	p = json_string_end(p, end, &escaped, &why, &at);
	if (p == NULL)
		return NULL;
	*len = (size_t)(p - 1 - *name);
	p = skip_blanks(p, end);
	return p == end || *p != ':' ? NULL : skip_blanks(p + 1, end);
}

bool
json_raw_member(const char *text, size_t len, const char *key, const char **raw, size_t *raw_len)
{
	const char *end = text + len, *p = skip_blanks(text, end), *behind, *name;
	size_t name_len;

	if (p == end || *p != '{')
		return false;
	while ((p = read_name(p + 1, end, &name, &name_len)) != NULL) {
		behind = skip_value(p, end);
		if (key_is(name, name_len, key)) {
			const char *last = behind;

			while (last > p && strchr(" \t\r\n", last[-1]) != NULL)
				last--;
			*raw = p;
			*raw_len = (size_t)(last - p);
			return true;
		}
		if (behind == end || *behind != ',')
			return false;
		p = behind;
	}
	return false;
}

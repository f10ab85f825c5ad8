/* SPDX-License-Identifier: Apache-2.0 */
/* json-c trees behind the gate: parsing, members, writing. */
#include "base/json.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "parse.h"

/* What the gate let through the parser takes too, within its budget of memory. */
static struct json_object *
parse_passed(const char *text, size_t len, const struct json_limits *limits, const char **why)
{
	enum parse_fault fault;
	struct json_object *tree =
	    parse_json(text, len, limits->memory > 0 ? limits->memory : PARSE_MEMORY_MAX, &fault);

	if (fault != PARSE_OK)
		*why = fault == PARSE_TOO_LARGE ? "too many values" : "not JSON";
	return tree;
}

struct json_object *
json_parse(const char *text, size_t len, const struct json_limits *limits, const char **why,
	   size_t *at)
{
	const char *reason = json_gate(text, len, limits, at);
	struct json_object *tree = NULL;

	if (reason == NULL && len > INT_MAX)
		reason = "text too long";
	if (reason == NULL)
		tree = parse_passed(text, len, limits, &reason);
	if (why != NULL)
		*why = reason;
	return tree;
}

struct json_object *
json_get(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_is_type(object, json_type_object))
		return NULL;
	json_object_object_get_ex(object, key, &value);
	return value;
}

static struct json_object *
member_of(struct json_object *object, const char *key, enum json_type type)
{
	struct json_object *value = json_get(object, key);

	return value != NULL && json_object_is_type(value, type) ? value : NULL;
}

struct json_object *
json_obj(struct json_object *object, const char *key)
{
	return member_of(object, key, json_type_object);
}

struct json_object *
json_arr(struct json_object *object, const char *key)
{
	return member_of(object, key, json_type_array);
}

const char *
json_str(struct json_object *object, const char *key)
{
	struct json_object *value = member_of(object, key, json_type_string);

	return value == NULL ? NULL : json_object_get_string(value);
}

bool
json_flag(struct json_object *object, const char *key, bool absent)
{
	struct json_object *value = member_of(object, key, json_type_boolean);

	return value == NULL ? absent : json_object_get_boolean(value) != 0;
}

int64_t
json_int(struct json_object *object, const char *key, int64_t absent)
{
	struct json_object *value = json_get(object, key);

	if (json_object_is_type(value, json_type_int))
		return json_object_get_int64(value);
	if (json_object_is_type(value, json_type_double)) {
		double number = json_object_get_double(value);

		/* 1.0 and 1e3 are integers too; JSON has one kind of number */
		if (number >= -0x1p63 && number < 0x1p63 && number == floor(number))
			return (int64_t)number;
	}
	return absent;
}

/* As it was spelled; else as many of 15 to 17 digits as read back as the same number; ".0" keeps it
 * floating-point. */
static void
add_double(struct buf *buf, struct json_object *value)
{
	double number = json_object_get_double(value);
	const char *spelled = json_object_get_userdata(value); /* as json-c keeps what was parsed */
	char text[40];
	int len = 0;

	if (spelled != NULL && isfinite(number)) {
		buf_puts(buf, spelled);
		return;
	}
	if (!isfinite(number)) {
		buf_puts(buf, "null");
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		len = snprintf(text, sizeof(text), "%.*g", digits, number);
		if (strtod(text, NULL) == number)
			break;
	}
	for (int i = 0; i < len; i++)
		if (text[i] == ',')
			text[i] = '.'; /* a plugin may have set a locale */
	buf_add(buf, text, (size_t)len);
	if (strpbrk(text, ".e") == NULL)
		buf_puts(buf, ".0");
}

static void
add_object(struct buf *buf, struct json_object *object)
{
	struct json_object_iter member;
	bool first = true;

	buf_putc(buf, '{');
	json_object_object_foreachC(object, member) {
		if (!buf_ok(buf))
			return; /* the rest would be walked for nothing */
		if (!first)
			buf_putc(buf, ',');
		first = false;
		buf_json_str(buf, member.key);
		buf_putc(buf, ':');
		buf_json_tree(buf, member.val);
	}
	buf_putc(buf, '}');
}

static void
add_array(struct buf *buf, struct json_object *array)
{
	size_t n = json_object_array_length(array);

	buf_putc(buf, '[');
	for (size_t i = 0; i < n && buf_ok(buf); i++) {
		if (i > 0)
			buf_putc(buf, ',');
		buf_json_tree(buf, json_object_array_get_idx(array, i));
	}
	buf_putc(buf, ']');
}

static void
add_int(struct buf *buf, struct json_object *number)
{
	int64_t value = json_object_get_int64(number);

	if (value == INT64_MAX) /* or beyond: json-c keeps unsigned ones too */
		buf_printf(buf, "%" PRIu64, json_object_get_uint64(number));
	else
		buf_printf(buf, "%" PRId64, value);
}

void
buf_json_tree(struct buf *buf, struct json_object *tree)
{
	switch (json_object_get_type(tree)) {
	case json_type_null: buf_puts(buf, "null"); break;
	case json_type_boolean:
		buf_puts(buf, json_object_get_boolean(tree) ? "true" : "false");
		break;
	case json_type_double: add_double(buf, tree); break;
	case json_type_int: add_int(buf, tree); break;
	case json_type_object: add_object(buf, tree); break;
	case json_type_array: add_array(buf, tree); break;
	case json_type_string:
		buf_json(buf, json_object_get_string(tree),
			 (size_t)json_object_get_string_len(tree));
		break;
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* json-c trees of texts that passed the gate: how they are parsed, and how members are read. */
#include "base/json.h"

#include <limits.h>
#include <math.h>

#include "base/json_write.h"
#include "parse.h"

/* The parser accepts what the gate accepted, within its budget of memory. */
struct json_object *
json_parse_passed(const struct json_span *value, const struct json_span *without,
		  const struct json_limits *limits, const char **why)
{
	const char *hole = without != NULL ? without->text : NULL;
	size_t memory = limits->memory > 0 ? limits->memory : PARSE_MEMORY_MAX;
	enum parse_fault fault;
	struct json_object *tree;

	if (value->len > INT_MAX) {
		*why = "the text is too long";
		return NULL;
	}
	tree = parse_json_without(value->text, value->len, memory, hole,
				  hole != NULL ? hole + without->len : NULL, &fault);
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

	if (reason == NULL)
		tree = json_parse_passed(&(struct json_span){ text, len }, NULL, limits, &reason);
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

void
buf_json_tree(struct buf *buf, struct json_object *tree)
{
	struct json json;

	json_start(&json, buf);
	json_tree(&json, tree);
}

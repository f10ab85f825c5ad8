/* SPDX-License-Identifier: Apache-2.0 */
/* JSON values for JSON Schema: one kind of number, equality by value. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "registry/schema_node.h"

static bool
is_integral(double number)
{
	return isfinite(number) && number == floor(number) && fabs(number) < 0x1p63;
}

unsigned
value_type(struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null: return TYPE_NULL;
	case json_type_boolean: return TYPE_BOOLEAN;
	case json_type_int: return TYPE_INTEGER | TYPE_NUMBER;
	case json_type_double:
		return is_integral(json_object_get_double(value)) ? TYPE_INTEGER | TYPE_NUMBER
								  : TYPE_NUMBER;
	case json_type_string: return TYPE_STRING;
	case json_type_array: return TYPE_ARRAY;
	case json_type_object: break;
	}
	return TYPE_OBJECT;
}

const char *
value_type_name(struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null: return "null";
	case json_type_boolean: return "a boolean";
	case json_type_int: return "an integer";
	case json_type_double: return "a number";
	case json_type_string: return "a string";
	case json_type_array: return "an array";
	case json_type_object: break;
	}
	return "an object";
}

/* json-c keeps numbers beyond int64_t as uint64_t. */
static bool
beyond_int64(struct json_object *number)
{
	return json_object_get_int64(number) == INT64_MAX &&
	       json_object_get_uint64(number) > (uint64_t)INT64_MAX;
}

static int
compare_ints(struct json_object *a, struct json_object *b)
{
	bool big_a = beyond_int64(a), big_b = beyond_int64(b);
	int64_t x, y;

	if (big_a && big_b) {
		uint64_t p = json_object_get_uint64(a), q = json_object_get_uint64(b);

		return p < q ? -1 : p > q;
	}
	if (big_a || big_b)
		return big_a ? 1 : -1;
	x = json_object_get_int64(a);
	y = json_object_get_int64(b);
	return x < y ? -1 : x > y;
}

int
numbers_compare(struct json_object *a, struct json_object *b)
{
	double x, y;

	if (json_object_is_type(a, json_type_int) && json_object_is_type(b, json_type_int))
		return compare_ints(a, b);
	x = json_object_get_double(a);
	y = json_object_get_double(b);
	return x < y ? -1 : x > y;
}

bool
number_is_multiple(struct json_object *number, struct json_object *of)
{
	double quotient;

	if (json_object_is_type(number, json_type_int) && json_object_is_type(of, json_type_int)) {
		int64_t divisor = json_object_get_int64(of);

		return beyond_int64(number)
			 ? json_object_get_uint64(number) % (uint64_t)divisor == 0
			 : divisor == 1 || json_object_get_int64(number) % divisor == 0;
	}
	/* 0.3 is a multiple of 0.1, but not exactly in floating-point arithmetic */
	quotient = json_object_get_double(number) / json_object_get_double(of);
	return isfinite(quotient) &&
	       fabs(quotient - nearbyint(quotient)) <= 1e-9 * fmax(1, fabs(quotient));
}

static bool
objects_equal(struct json_object *a, struct json_object *b, size_t *steps)
{
	struct json_object_iter member;
	struct json_object *other;

	if (json_object_object_length(a) != json_object_object_length(b))
		return false;
	json_object_object_foreachC(a, member)
		if (!json_object_object_get_ex(b, member.key, &other) ||
		    !values_equal(member.val, other, steps))
			return false;
	return true;
}

/* The depth limit of the gate bounds the recursion. */
bool
values_equal(struct json_object *a, struct json_object *b, size_t *steps)
{
	unsigned type = value_type(a);

	if (type != value_type(b) || ++*steps > SCHEMA_STEPS_MAX)
		return false;
	if ((type & TYPE_NUMBER) != 0)
		return numbers_compare(a, b) == 0;
	if (type == TYPE_OBJECT)
		return objects_equal(a, b, steps);
	if (type != TYPE_ARRAY)
		return json_object_equal(a, b) != 0;
	if (json_object_array_length(a) != json_object_array_length(b))
		return false;
	for (size_t i = 0; i < json_object_array_length(a); i++)
		if (!values_equal(json_object_array_get_idx(a, i), json_object_array_get_idx(b, i),
				  steps))
			return false;
	return true;
}

size_t
utf8_count(const char *text, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += ((unsigned char)text[i] & 0xC0) != 0x80;
	return count;
}

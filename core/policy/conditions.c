/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/conditions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/json.h"
#include "base/mem.h"
#include "registry/registry.h"

static const char name_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_*-";

/* ---- reading ------------------------------------------------------------------------------- */

static const char *
behind_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

static const char *
read_op(const char *at, struct condition *condition)
{
	static const char *const ops[] = { "<", "<=", ">", ">=", "=", "!=" };
	const char *found = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) /* the longest that fits */
		if (strncmp(at, ops[i], strlen(ops[i])) == 0) {
			condition->op = (enum condition_op)i;
			found = at + strlen(ops[i]);
		}
	return found;
}

/* A number, true, false, or a text with or without quotes. */
static struct json_object *
read_value(const char *text)
{
	size_t len = strlen(text);
	struct json_object *value;

	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	if (len == 0)
		return NULL;
	value = json_parse(text, len, &json_inbound, NULL, NULL);
	if (value != NULL && !json_object_is_type(value, json_type_object) &&
	    !json_object_is_type(value, json_type_array) &&
	    !json_object_is_type(value, json_type_null))
		return value;
	json_object_put(value);
	return json_object_new_string_len(text, (int)len);
}

static bool
is_number(struct json_object *value)
{
	enum json_type type = json_object_get_type(value);

	return type == json_type_int || type == json_type_double;
}

static bool
condition_read(struct condition *condition)
{
	const char *at = behind_blanks(condition->text), *dot;
	size_t len = strspn(at, name_characters);

	if (at[len] == '.') {
		dot = at + len;
		condition->tool = xstrndup(at, len);
		at = dot + 1;
		len = strspn(at, name_characters);
	}
	if (len == 0 || memchr(at, '*', len) != NULL)
		return false;
	condition->argument = xstrndup(at, len);
	at = read_op(behind_blanks(at + len), condition);
	if (at == NULL)
		return false;
	condition->value = read_value(behind_blanks(at));
	return condition->value != NULL &&
	       (is_number(condition->value) || condition->op == OP_EQUAL ||
		condition->op == OP_NOT_EQUAL);
}

/* ---- rows ---------------------------------------------------------------------------------- */

static const struct row *
tool_of(const struct row *row)
{
	return row->tool != NULL ? row->tool : row;
}

static bool
has_argument(const struct row *row, const char *argument)
{
	struct json_object *schema = json_obj(tool_of(row)->json, "inputSchema");

	return json_object_object_get_ex(json_obj(schema, "properties"), argument, NULL);
}

bool
condition_concerns(const struct condition *condition, const struct row *row)
{
	if (row->part != ROW_WHOLE || !has_argument(row, condition->argument))
		return false;
	return condition->tool == NULL ||
	       glob_matches(condition->tool, row->name, strlen(row->name)) ||
	       glob_matches(condition->tool, tool_of(row)->name, strlen(tool_of(row)->name));
}

/* An exact name may be an alias. */
static bool
name_tool(struct condition *condition, const struct registry *registry)
{
	const struct row *row;

	if (condition->tool == NULL || strchr(condition->tool, '*') != NULL)
		return true;
	row = registry_tool(registry, condition->tool, row_view_of(ACCESS_ADMIN));
	if (row == NULL)
		return false;
	free(condition->tool);
	condition->tool = xstrdup(row->name);
	return true;
}

bool
condition_parse(const char *text, const struct registry *registry, struct condition *condition,
		char *why, size_t why_size)
{
	const struct row *row;

	*condition = (struct condition){ .text = text };
	if (!condition_read(condition)) {
		snprintf(why, why_size,
			 "\"%.100s\" must be ARGUMENT OP VALUE or TOOL.ARGUMENT OP VALUE, such as "
			 "\"row_limit <= 1000\"; OP is < <= > >= = or !=, and only a number can be "
			 "larger or smaller",
			 text);
		return false;
	}
	if (!name_tool(condition, registry)) {
		snprintf(why, why_size, "\"%.100s\": no tool has the name \"%.64s\"", text,
			 condition->tool);
		return false;
	}
	for (size_t i = 0; (row = registry_at(registry, ROW_TOOL, i)) != NULL; i++)
		if (condition_concerns(condition, row))
			return true;
	snprintf(why, why_size, "\"%.100s\": no %s has an argument \"%.64s\"", text,
		 condition->tool != NULL ? "tool of that name" : "tool", condition->argument);
	return false;
}

void
condition_fini(struct condition *condition)
{
	free(condition->tool);
	free(condition->argument);
	json_object_put(condition->value);
}

/* ---- values -------------------------------------------------------------------------------- */

/* -1, 0 or 1. Two integers are compared exactly. */
static int
order(struct json_object *a, struct json_object *b)
{
	if (json_object_is_type(a, json_type_int) && json_object_is_type(b, json_type_int)) {
		int64_t x = json_object_get_int64(a), y = json_object_get_int64(b);

		return (x > y) - (x < y);
	}
	return (json_object_get_double(a) > json_object_get_double(b)) -
	       (json_object_get_double(a) < json_object_get_double(b));
}

static bool
equal(struct json_object *wanted, struct json_object *value)
{
	if (is_number(wanted) && is_number(value))
		return order(value, wanted) == 0;
	if (json_object_is_type(wanted, json_type_boolean) &&
	    json_object_is_type(value, json_type_boolean))
		return json_object_get_boolean(wanted) == json_object_get_boolean(value);
	/* ids are texts for some tools, and numbers in the configuration */
	if (!json_object_is_type(value, json_type_string))
		return false;
	return glob_matches(json_object_get_string(wanted), json_object_get_string(value),
			    (size_t)json_object_get_string_len(value));
}

/* Numbers are compared by the sign of value - wanted. */
static bool
one_holds(const struct condition *condition, struct json_object *value)
{
	enum { SMALLER = 1, SAME = 2, LARGER = 4 };
	static const int signs[] = { [OP_LESS] = SMALLER,
				     [OP_LESS_EQUAL] = SMALLER | SAME,
				     [OP_MORE] = LARGER,
				     [OP_MORE_EQUAL] = LARGER | SAME };

	if (condition->op == OP_EQUAL || condition->op == OP_NOT_EQUAL)
		return equal(condition->value, value) == (condition->op == OP_EQUAL);
	return is_number(value) &&
	       (signs[condition->op] & 1 << (order(value, condition->value) + 1)) != 0;
}

bool
condition_holds(const struct condition *condition, struct json_object *arguments)
{
	struct json_object *value = json_get(arguments, condition->argument);

	if (value == NULL)
		return condition->op == OP_NOT_EQUAL;
	if (!json_object_is_type(value, json_type_array))
		return one_holds(condition, value);
	for (size_t i = 0; i < json_object_array_length(value); i++)
		if (!one_holds(condition, json_object_array_get_idx(value, i)))
			return false;
	return json_object_array_length(value) > 0 || condition->op == OP_NOT_EQUAL;
}

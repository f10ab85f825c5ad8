/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of the argument `parameters`, in the API's form: text with a type. They are taken from the
 * bytes of the client, because a parsed number has lost the digits that 64 bits do not hold.
 */
#include "data.h"

#include <string.h>

#define DECIMAL_DIGITS 38 /* of the widest DECIMAL */
#define DOUBLE_DIGITS 15  /* that a DOUBLE keeps */

/* ---- JSON text that is known to be valid ----------------------------------------------------- */

static const char *
skip_blanks(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

static const char *
skip_string(const char *at)
{
	for (at++; *at != '"' && *at != '\0'; at++)
		if (*at == '\\' && at[1] != '\0')
			at++;
	return *at == '"' ? at + 1 : at;
}

/* Behind the value that begins here. */
static const char *
skip_value(const char *at)
{
	size_t depth = 0;

	if (*at != '"' && *at != '{' && *at != '[')
		return at + strcspn(at, ",]} \t\r\n");
	do {
		if (*at == '"') {
			at = skip_string(at);
			continue;
		}
		depth += *at == '{' || *at == '[' ? 1 : 0;
		depth -= *at == '}' || *at == ']' ? 1 : 0;
		at++;
	} while (depth > 0 && *at != '\0');
	return at;
}

/* A member of an object: its name and where its value stands. */
struct member {
	const char *name, *value;
	size_t len;
};

/* The member at *at, a place behind "{" or ","; moves it on. False at the end. */
static bool
next_member(struct mcp_call *call, const char **at, struct member *member)
{
	const char *from = skip_blanks(*at), *end;

	if (*from != '"')
		return false;
	end = skip_string(from);
	member->name = json_object_get_string(mcp_json(call, from, (size_t)(end - from)));
	member->value = skip_blanks(skip_blanks(end) + 1);
	end = skip_value(member->value);
	member->len = (size_t)(end - member->value);
	end = skip_blanks(end);
	*at = *end == ',' ? end + 1 : end;
	return member->name != NULL;
}

/* ---- types ----------------------------------------------------------------------------------- */

/* The type of a number that its digits need; NULL when there is none that keeps them. */
static const char *
number_type(struct mcp_call *call, const struct member *member)
{
	const char *digits = member->value + (member->value[0] == '-' ? 1 : 0);
	size_t whole = strspn(digits, "0123456789"), fraction = 0;
	int64_t value;

	if (digits[whole] == '.')
		fraction = strspn(digits + whole + 1, "0123456789");
	if (member->value + member->len != digits + whole + (fraction > 0 ? fraction + 1 : 0))
		return "DOUBLE"; /* with an exponent */
	value = mcp_get_int(mcp_json(call, member->value, member->len), "", 0);
	/* LIMIT and the like take an INT only. */
	if (fraction == 0 && whole <= 18)
		return value >= INT32_MIN && value <= INT32_MAX ? "INT" : "BIGINT";
	if (fraction == 0 && value != 0
	    && strncmp(mcp_printf(call, "%lld", (long long)value), member->value, member->len) == 0)
		return "BIGINT";
	if (whole + fraction <= DOUBLE_DIGITS)
		return "DOUBLE";
	if (whole + fraction > DECIMAL_DIGITS)
		return fraction > 0 && whole <= DOUBLE_DIGITS ? "DOUBLE" : NULL;
	return mcp_printf(call, "DECIMAL(%zu,%zu)", whole + fraction, fraction);
}

/* The value as the API's item; NULL with the call failed. */
static struct json_object *
parameter(struct mcp_call *call, const struct member *member)
{
	struct json_object *item = dbx_object(call, "name", member->name, NULL), *tree;
	const char *value = mcp_printf(call, "%.*s", (int)member->len, member->value);
	const char *type = "STRING";

	if (member->value[0] == '-' || (member->value[0] >= '0' && member->value[0] <= '9')) {
		type = number_type(call, member);
	} else if (member->value[0] == 't' || member->value[0] == 'f') {
		type = "BOOLEAN";
	} else if (member->value[0] == 'n') {
		value = NULL;
	} else {
		tree = mcp_json(call, member->value, member->len);
		value = json_object_is_type(tree, json_type_string)
		    ? json_object_get_string(tree)
		    : json_object_to_json_string_ext(tree, JSON_C_TO_STRING_PLAIN
						     | JSON_C_TO_STRING_NOSLASHESCAPE);
	}
	if (type == NULL) {
		mcp_fail(call, MCP_E_INPUT, mcp_printf(call, "The parameter \"%s\" has more digits "
			 "than any SQL number holds.", member->name), "DECIMAL holds 38 digits.",
			 "Give it as a text, and use it as one.");
		return NULL;
	}
	json_object_object_add(item, "type", json_object_new_string(type));
	if (value != NULL)
		json_object_object_add(item, "value", json_object_new_string(value));
	return item;
}

bool
parameters_add(struct mcp_call *call, struct json_object *body)
{
	struct json_object *list, *item;
	const char *at = call->ops->arguments(call).data;
	struct member member;
	bool found = false;

	if (!json_object_is_type(mcp_arg_json(call, "parameters"), json_type_object))
		return true;
	at = strchr(at, '{');
	for (at = at != NULL ? at + 1 : ""; !found && next_member(call, &at, &member);)
		found = strcmp(member.name, "parameters") == 0;
	list = json_object_new_array();
	json_object_object_add(body, "parameters", list);
	for (at = found ? member.value + 1 : ""; next_member(call, &at, &member);) {
		item = parameter(call, &member);
		if (item == NULL)
			return false;
		json_object_array_add(list, json_object_get(item));
	}
	return true;
}

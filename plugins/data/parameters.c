/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the values of the argument `parameters` and writes them in the API's form: text with a
 * type. They are read from the client's bytes, because a parsed number loses digits beyond 64
 * bits. */
#include "data.h"

#include <errno.h>
#include <json-c/printbuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DECIMAL_DIGITS 38 /* number of digits of the widest DECIMAL */
#define DOUBLE_DIGITS 15  /* that a DOUBLE keeps */

/* ---- reading valid JSON --------------------------------------------------------------------- */

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

/* The position after the value that begins at this position. */
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

/* A member of an object: the tokens of its name and of its value. */
struct member {
	const char *name, *value;
	size_t name_len, len;
};

/* Reads the member at *at, which is after "{" or ",", and moves *at behind the member. False at the
 * end of the object. */
static bool
next_member(const char **at, struct member *member)
{
	const char *from = skip_blanks(*at), *end;

	if (*from != '"')
		return false;
	end = skip_string(from);
	member->name = from;
	member->name_len = (size_t)(end - from);
	member->value = skip_blanks(skip_blanks(end) + 1);
	end = skip_value(member->value);
	member->len = (size_t)(end - member->value);
	end = skip_blanks(end);
	*at = *end == ',' ? end + 1 : end;
	return true;
}

/* The name without its quotes and escapes. */
static const char *
member_name(struct mcp_call *call, const struct member *member)
{
	return mcp_get_str(call, mcp_json(call, member->name, member->name_len), "", "");
}

/* ---- writing JSON --------------------------------------------------------------------------- */

/* There may be many thousand parameters, so their text is written without a json-c tree. */
struct text {
	struct mcp_call *call;
	char *data;
	size_t len, size;
};

static void
put(struct text *text, const char *bytes, size_t len)
{
	if (text->len + len + 1 > text->size) {
		char *old = text->data;

		text->size = (text->len + len + 1) * 2;
		text->data = mcp_alloc(text->call, text->size);
		if (old != NULL)
			memcpy(text->data, old, text->len);
	}
	memcpy(text->data + text->len, bytes, len);
	text->len += len;
}

static void
puts_of(struct text *text, const char *bytes)
{
	put(text, bytes, strlen(bytes));
}

/* Writes valid JSON as the content of a JSON string; white space becomes spaces. */
static void
put_quoted(struct text *text, const char *json, size_t len)
{
	puts_of(text, "\"");
	for (size_t i = 0; i < len; i++) {
		if (json[i] == '"' || json[i] == '\\')
			puts_of(text, "\\");
		put(text, strchr("\t\r\n", json[i]) != NULL ? " " : &json[i], 1);
	}
	puts_of(text, "\"");
}

/* ---- types ----------------------------------------------------------------------------------- */

/* Finds the type that keeps all digits of a number. False when SQL has no such type. */
static bool
number_type(const struct member *member, char *type, size_t size)
{
	const char *digits = member->value + (member->value[0] == '-' ? 1 : 0);
	size_t whole = strspn(digits, "0123456789"), fraction = 0;
	long long value;

	if (digits[whole] == '.')
		fraction = strspn(digits + whole + 1, "0123456789");
	snprintf(type, size, "DOUBLE");
	if (member->value + member->len != digits + whole + (fraction > 0 ? fraction + 1 : 0))
		return true; /* with an exponent */
	errno = 0;
	value = strtoll(member->value, NULL, 10);
	if (fraction == 0 && errno == 0) {
		/* an INT if possible, because LIMIT and similar clauses accept only an INT */
		snprintf(type, size, "%s",
			 value >= INT32_MIN && value <= INT32_MAX ? "INT" : "BIGINT");
		return true;
	}
	if (whole + fraction <= DOUBLE_DIGITS ||
	    (whole + fraction > DECIMAL_DIGITS && whole <= DOUBLE_DIGITS))
		return true;
	snprintf(type, size, "DECIMAL(%zu,%zu)", whole + fraction, fraction);
	return whole + fraction <= DECIMAL_DIGITS;
}

/* Adds one item. When it is not valid, the call fails and the result is false. */
static bool
put_parameter(struct text *text, const struct member *member)
{
	char type[32] = "STRING";
	char first = member->value[0];

	if ((first == '-' || (first >= '0' && first <= '9')) &&
	    !number_type(member, type, sizeof(type))) {
		mcp_fail(text->call, MCP_E_INPUT,
			 mcp_printf(text->call,
				    "The parameter \"%s\" has more digits than any SQL number "
				    "type.",
				    member_name(text->call, member)),
			 "DECIMAL allows 38 digits.",
			 "Give it as a string, and use it as a "
			 "string in the statement.");
		return false;
	}
	if (first == 't' || first == 'f')
		strcpy(type, "BOOLEAN");
	puts_of(text, text->len > 1 ? ",{\"name\":" : "{\"name\":");
	put(text, member->name, member->name_len);
	puts_of(text, ",\"type\":\"");
	puts_of(text, type);
	puts_of(text, "\"");
	if (first != 'n')
		puts_of(text, ",\"value\":");
	if (first == '"')
		put(text, member->value, member->len);
	else if (first != 'n')
		put_quoted(text, member->value, member->len);
	puts_of(text, "}");
	return true;
}

/* Replaces the array by the text that was written. */
static int
write_text(struct json_object *array, struct printbuf *out, int level, int flags)
{
	const struct text *text = json_object_get_userdata(array);

	(void)level;
	(void)flags;
	return printbuf_memappend(out, text->data, (int)text->len);
}

bool
parameters_add(struct mcp_call *call, struct json_object *body)
{
	const char *at = strchr(call->ops->arguments(call).data, '{');
	struct text *text = mcp_alloc(call, sizeof(*text));
	struct json_object *array;
	struct member member;
	bool found = false;

	if (!json_object_is_type(mcp_arg_json(call, "parameters"), json_type_object))
		return true;
	for (at = at != NULL ? at + 1 : ""; !found && next_member(&at, &member);)
		found = strcmp(member_name(call, &member), "parameters") == 0;
	text->call = call;
	puts_of(text, "[");
	for (at = found ? member.value + 1 : ""; next_member(&at, &member);)
		if (!put_parameter(text, &member))
			return false;
	puts_of(text, "]");
	array = json_object_new_array();
	json_object_set_serializer(array, write_text, text, NULL);
	json_object_object_add(body, "parameters", array);
	return true;
}

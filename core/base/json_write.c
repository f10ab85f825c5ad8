/* SPDX-License-Identifier: Apache-2.0 */
/* The writer of JSON: a small state machine that checks what may come next. */
#include "base/json_write.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"

/* a double below this limit represents every integer exactly, and %.0f is its shortest form */
#define WHOLE_MAX 1e15

static enum json_next
first_in(char bracket)
{
	CHECK(bracket == '{' || bracket == '[');
	return bracket == '{' ? JSON_FIRST_MEMBER : JSON_FIRST_VALUE;
}

/* The state after a value at this depth. */
static enum json_next
behind_value(const struct json *json)
{
	if (json->depth == 0)
		return JSON_NOTHING;
	if (json->depth > JSON_WRITE_DEPTH)
		return JSON_TOO_DEEP;
	return json->brackets[json->depth - 1] == '{' ? JSON_NEXT_MEMBER : JSON_NEXT_VALUE;
}

/* Called for every value: checks that one is allowed, and writes a comma before it if it is not the
 * first. */
static void
place_value(struct json *json)
{
	CHECK(json->next != JSON_FIRST_MEMBER && json->next != JSON_NEXT_MEMBER);
	CHECK(json->next != JSON_NOTHING && json->next != JSON_IN_STRING);
	if (json->next == JSON_NEXT_VALUE)
		buf_putc(json->out, ',');
	json->next = behind_value(json);
}

void
json_start(struct json *json, struct buf *out)
{
	json->out = out;
	json->next = JSON_ONLY_VALUE;
	json->depth = json->floor = 0;
}

void
json_start_inside(struct json *json, struct buf *out, char bracket)
{
	json->out = out;
	json->depth = json->floor = 1;
	json->brackets[0] = bracket;
	json->next = out->len > 0 ? behind_value(json) : first_in(bracket);
}

bool
json_complete(const struct json *json)
{
	if (json->depth != json->floor)
		return false;
	return json->next == behind_value(json) ||
	       (json->floor == 1 && json->next == first_in(json->brackets[0]));
}

struct json_mark
json_here(const struct json *json)
{
	return (struct json_mark){ json->out->len, json->next, json->depth };
}

void
json_back(struct json *json, const struct json_mark *mark)
{
	CHECK(json->depth >= mark->depth);
	buf_rewind(json->out, mark->len);
	json->next = mark->next;
	json->depth = mark->depth;
}

void
json_begin(struct json *json, char bracket)
{
	place_value(json);
	buf_putc(json->out, bracket);
	json->next = first_in(bracket);
	if (json->depth < JSON_WRITE_DEPTH) {
		json->brackets[json->depth] = bracket;
	} else {
		buf_fill(json->out);
		json->next = JSON_TOO_DEEP;
	}
	json->depth++;
}

void
json_end(struct json *json)
{
	CHECK(json->depth > json->floor);
	CHECK(json->next != JSON_MEMBER_VALUE && json->next != JSON_IN_STRING);
	json->depth--;
	if (json->depth < JSON_WRITE_DEPTH)
		buf_putc(json->out, json->brackets[json->depth] == '{' ? '}' : ']');
	json->next = behind_value(json);
}

struct json *
json_member(struct json *json, const char *name)
{
	if (json->next == JSON_TOO_DEEP)
		return json;
	CHECK(json->next == JSON_FIRST_MEMBER || json->next == JSON_NEXT_MEMBER);
	if (json->next == JSON_NEXT_MEMBER)
		buf_putc(json->out, ',');
	buf_json_str(json->out, name);
	buf_putc(json->out, ':');
	json->next = JSON_MEMBER_VALUE;
	return json;
}

void
json_optional(struct json *json, const char *name, const char *text)
{
	if (text != NULL)
		json_string(json_member(json, name), text);
}

/* ---- values -------------------------------------------------------------------------------- */

void
json_string(struct json *json, const char *text)
{
	json_text(json, text, text == NULL ? 0 : strlen(text));
}

void
json_text(struct json *json, const char *text, size_t len)
{
	place_value(json);
	buf_json(json->out, text, len);
}

void
json_open_string(struct json *json)
{
	place_value(json);
	buf_putc(json->out, '"');
	if (json->next != JSON_TOO_DEEP)
		json->next = JSON_IN_STRING;
}

void
json_close_string(struct json *json)
{
	CHECK(json->next == JSON_IN_STRING || json->next == JSON_TOO_DEEP);
	buf_putc(json->out, '"');
	json->next = behind_value(json);
}

void
json_raw(struct json *json, const char *text, size_t len)
{
	place_value(json);
	if (len == 0)
		buf_fill(json->out);
	buf_add(json->out, text, len);
}

void
json_splice(struct json *json, const char *text, size_t len)
{
	CHECK(json->depth > 0 && json->next != JSON_MEMBER_VALUE && json->next != JSON_IN_STRING);
	if (len == 0)
		return;
	if (json->next == JSON_NEXT_MEMBER || json->next == JSON_NEXT_VALUE)
		buf_putc(json->out, ',');
	buf_add(json->out, text, len);
	json->next = behind_value(json);
}

void
json_boolean(struct json *json, bool value)
{
	place_value(json);
	buf_puts(json->out, value ? "true" : "false");
}

void
json_number(struct json *json, int64_t number)
{
	place_value(json);
	buf_printf(json->out, "%" PRId64, number);
}

/* The fewest of 15 to 17 digits that read back as the same number; `dot` keeps a whole number
 * floating-point. */
static void
put_double(struct buf *out, double number, bool dot)
{
	char text[40];
	int len = 0;

	for (int digits = 15; digits <= 17; digits++) {
		len = snprintf(text, sizeof(text), "%.*g", digits, number);
		if (strtod(text, NULL) == number)
			break;
	}
	for (int i = 0; i < len; i++)
		if (text[i] == ',')
			/* sets the decimal point, because a plugin may have set a locale */
			text[i] = '.';
	buf_add(out, text, (size_t)len);
	if (dot && strpbrk(text, ".e") == NULL)
		buf_puts(out, ".0");
}

void
json_double(struct json *json, double number)
{
	place_value(json);
	if (!isfinite(number))
		buf_putc(json->out, '0');
	else if (number == floor(number) && fabs(number) < WHOLE_MAX)
		buf_printf(json->out, "%.0f", number);
	else
		put_double(json->out, number, false);
}

/* ---- trees --------------------------------------------------------------------------------- */

/* Writes the number in its original spelling, if json-c kept it. */
static void
put_tree_double(struct buf *out, struct json_object *value)
{
	double number = json_object_get_double(value);
	const char *spelled = json_object_get_userdata(value);

	if (!isfinite(number))
		buf_puts(out, "null");
	else if (spelled != NULL)
		buf_puts(out, spelled);
	else
		put_double(out, number, true);
}

static void
put_tree_int(struct buf *out, struct json_object *number)
{
	int64_t value = json_object_get_int64(number);

	/* INT64_MAX may be a larger number: json-c keeps unsigned numbers too */
	if (value == INT64_MAX)
		buf_printf(out, "%" PRIu64, json_object_get_uint64(number));
	else
		buf_printf(out, "%" PRId64, value);
}

static void
put_scalar(struct json *json, struct json_object *value)
{
	place_value(json);
	switch (json_object_get_type(value)) {
	case json_type_boolean:
		buf_puts(json->out, json_object_get_boolean(value) ? "true" : "false");
		break;
	case json_type_double: put_tree_double(json->out, value); break;
	case json_type_int: put_tree_int(json->out, value); break;
	case json_type_string:
		buf_json(json->out, json_object_get_string(value),
			 (size_t)json_object_get_string_len(value));
		break;
	default: buf_puts(json->out, "null"); break;
	}
}

/* The recursion ends at JSON_WRITE_DEPTH, where the buffer is full. */
void
json_tree(struct json *json, struct json_object *tree)
{
	struct json_object_iter member;
	size_t n;

	switch (json_object_get_type(tree)) {
	case json_type_object:
		json_begin(json, '{');
		json_object_object_foreachC(tree, member) {
			if (!buf_ok(json->out))
				break; /* stop: the rest would have no effect */
			json_tree(json_member(json, member.key), member.val);
		}
		json_end(json);
		break;
	case json_type_array:
		json_begin(json, '[');
		n = json_object_array_length(tree);
		for (size_t i = 0; i < n && buf_ok(json->out); i++)
			json_tree(json, json_object_array_get_idx(tree, i));
		json_end(json);
		break;
	default: put_scalar(json, tree); break;
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Memory, strings and JSON trees of a step. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "step.h"

#define DEPTH_MAX 128

void *
mcp_alloc(struct mcp_call *call, size_t size)
{
	return call->ops->alloc(call, size);
}

char *
mcp_strdup(struct mcp_call *call, const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(mcp_alloc(call, size), text, size);
}

char *
mcp_printf(struct mcp_call *call, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		return mcp_strdup(call, "");
	text = mcp_alloc(call, (size_t)len + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}

struct step *
step_of(struct mcp_call *call)
{
	if (call->sdk == NULL)
		call->sdk = mcp_alloc(call, sizeof(struct step));
	return call->sdk;
}

static void
put_tree(void *tree)
{
	json_object_put(tree);
}

struct json_object *
mcp_keep(struct mcp_call *call, struct json_object *tree)
{
	if (tree != NULL)
		call->ops->defer(call, put_tree, tree);
	return tree;
}

static bool
only_blanks(const char *text, size_t from, size_t len)
{
	while (from < len && strchr(" \t\r\n", text[from]) != NULL && text[from] != '\0')
		from++;
	return from >= len;
}

struct json_object *
step_parse(const char *text, size_t len)
{
	struct json_tokener *tokener;
	struct json_object *tree;
	enum json_tokener_error error;
	size_t end;
	int depth;

	if (text == NULL || len == 0 || len > INT_MAX - 1)
		return NULL;
	/* a level takes two characters; json-c counts one more for the value itself */
	depth = len / 2 + 2 < DEPTH_MAX + 1 ? (int)(len / 2 + 2) : DEPTH_MAX + 1;
	tokener = json_tokener_new_ex(depth);
	if (tokener == NULL)
		abort();
	/* not STRICT, which refuses every letter beyond ASCII in json-c 0.18 */
	json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
	tree = json_tokener_parse_ex(tokener, text, (int)len);
	error = json_tokener_get_error(tokener);
	end = json_tokener_get_parse_end(tokener);
	if (error == json_tokener_continue) { /* a number alone ends with its text */
		tree = json_tokener_parse_ex(tokener, "", 1);
		error = json_tokener_get_error(tokener);
	}
	json_tokener_free(tokener);
	if (error == json_tokener_success && only_blanks(text, end, len))
		return tree;
	json_object_put(tree);
	return NULL;
}

struct json_object *
mcp_json(struct mcp_call *call, const char *text, size_t len)
{
	return mcp_keep(call, step_parse(text, len));
}

static struct json_object *
element(struct json_object *array, const char *index)
{
	char *end;
	unsigned long i;

	if (index[0] < '0' || index[0] > '9')
		return NULL;
	i = strtoul(index, &end, 10);
	return *end == '\0' ? json_object_array_get_idx(array, i) : NULL;
}

struct json_object *
mcp_get(struct json_object *tree, const char *path)
{
	char name[256];

	while (tree != NULL && *path != '\0') {
		size_t len = strcspn(path, ".");
		struct json_object *next = NULL;

		if (len >= sizeof(name))
			return NULL;
		memcpy(name, path, len);
		name[len] = '\0';
		if (json_object_is_type(tree, json_type_array))
			next = element(tree, name);
		else if (json_object_is_type(tree, json_type_object))
			json_object_object_get_ex(tree, name, &next);
		tree = next;
		path += len + (path[len] == '.');
	}
	return tree;
}

/* json-c keeps the spelling with the value, which belongs to the step like the tree. */
const char *
mcp_get_str(struct mcp_call *call, struct json_object *tree, const char *path, const char *absent)
{
	struct json_object *value = mcp_get(tree, path);

	(void)call;
	switch (json_object_get_type(value)) {
	case json_type_null:
	case json_type_object:
	case json_type_array: return absent;
	default: return json_object_get_string(value);
	}
}

int64_t
mcp_get_int(struct json_object *tree, const char *path, int64_t absent)
{
	struct json_object *value = mcp_get(tree, path);
	const char *text;
	double number;
	int64_t parsed;

	switch (json_object_get_type(value)) {
	case json_type_int: return json_object_get_int64(value);
	case json_type_double:
		number = json_object_get_double(value);
		return number >= -9223372036854775808.0 && number < 9223372036854775808.0
			 ? (int64_t)number
			 : absent;
	case json_type_string:
		text = json_object_get_string(value);
		return json_parse_int64(text, &parsed) == 0 && text[0] != '\0' &&
			       text[strspn(text, "-0123456789")] == '\0'
			 ? parsed
			 : absent;
	default: return absent;
	}
}

bool
mcp_get_bool(struct json_object *tree, const char *path, bool absent)
{
	struct json_object *value = mcp_get(tree, path);

	return json_object_is_type(value, json_type_boolean) ? json_object_get_boolean(value)
							     : absent;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Memory, strings and JSON trees that belong to a step. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"
#include "step.h"
#include "tree.h"

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
	tree_put(tree);
}

struct json_object *
mcp_keep(struct mcp_call *call, struct json_object *tree)
{
	if (tree != NULL)
		call->ops->defer(call, put_tree, tree);
	return tree;
}

struct json_object *
mcp_json(struct mcp_call *call, const char *text, size_t len)
{
	enum parse_fault fault = PARSE_BAD;
	struct json_object *tree = NULL;

	if (text != NULL && len > 0 && len < INT_MAX)
		tree = parse_json(text, len, PARSE_MEMORY_MAX, PARSE_NAMES_ANY, &fault);
	if (fault == PARSE_TOO_LARGE)
		mcp_fail(call, MCP_E_TOO_LARGE, "The answer of the upstream has too many values",
			 "In memory it would need more than 256 MB",
			 "Request less data: a smaller page, a filter or fewer fields");
	return mcp_keep(call, tree);
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

/* json-c stores the spelling with the value, which belongs to the step like the tree. */
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

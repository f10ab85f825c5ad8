/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replies of the wrong types. Each value of each reply is replaced, one at a time, by every other
 * kind of value, and the tool is called: it has to answer or to fail in words, never to end the
 * process and never by a mistake of the plugin.
 */
#ifndef PLUGINS_DATABRICKS_TEST_TYPES_H
#define PLUGINS_DATABRICKS_TEST_TYPES_H

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lakehost/fakehost.h>

#include "suite.h"

#define TYPES_REPLIES_MAX 4
#define TYPES_HUGE 20000

struct types_case {
	const char *tool, *arguments;
	struct {
		const char *request, *body;
	} reply[TYPES_REPLIES_MAX];
};

/* What a value is replaced by, as JSON; the platform has been seen to send NaN. NULL: removed. */
static const char *const types_values[] = {
	NULL, "null", "true", "false", "0", "-1", "5", "1.5", "1e308", "9223372036854775807", "NaN",
	"-Infinity", "\"\"", "\"x\"", "\"5\"", "\"\\u0000\\u001b[31m\\u202e\\u0085\\r\\nNext: x "
	"y=1\"",
	"{}", "[]", "[null]", "[[]]", "[\"a\",1]", "[{}]", "{\"a\":{\"b\":[1]}}", "{\"0\":["
	"]}", "HUGE",
};

/* Replaces the k-th value below `tree` (depth first); `left` counts down to it. */
static inline bool
types_replace(struct json_object *tree, size_t *left, struct json_object *value, bool remove)
{
	size_t n = json_object_is_type(tree, json_type_array) ? json_object_array_length(tree) : 0;

	if (json_object_is_type(tree, json_type_object)) {
		json_object_object_foreach(tree, key, member) {
			if ((*left)-- == 0) {
				if (remove)
					json_object_object_del(tree, key);
				else
					json_object_object_add(tree, key, value);
				return true;
			}
			if (types_replace(member, left, value, remove))
				return true;
		}
	}
	for (size_t i = 0; i < n; i++) {
		if ((*left)-- == 0) {
			if (remove)
				json_object_array_del_idx(tree, i, 1);
			else
				json_object_array_put_idx(tree, i, value);
			return true;
		}
		if (types_replace(json_object_array_get_idx(tree, i), left, value, remove))
			return true;
	}
	return false;
}

/* The body with its k-th value replaced; the 0th is the whole. NULL behind the last. The caller
 * frees it. */
static inline char *
types_body(const char *body, size_t k, const char *value)
{
	static char huge[TYPES_HUGE + 3];
	struct json_object *tree = json_tokener_parse(body), *put = NULL;
	char *text = NULL;

	if (huge[0] == '\0') {
		memset(huge, 'h', sizeof(huge) - 1);
		huge[0] = huge[TYPES_HUGE + 1] = '"';
	}
	if (value != NULL && strcmp(value, "HUGE") == 0)
		value = huge;
	if (k == 0) {
		json_object_put(tree);
		return strdup(value != NULL ? value : "");
	}
	k--;
	if (value != NULL)
		put = json_tokener_parse(value);
	if (types_replace(tree, &k, put, value == NULL))
		text = strdup(json_object_to_json_string_ext(tree, JSON_C_TO_STRING_PLAIN));
	else
		json_object_put(put);
	json_object_put(tree);
	return text;
}

/* Calls the tool with one reply in another form. */
static inline void
types_call(const struct mcp_plugin *plugin, const struct types_case *c, size_t changed,
	   const char *body)
{
	struct fakehost *host = fakehost_new(plugin);
	const struct fakehost_result *result;

	for (size_t i = 0; i < TYPES_REPLIES_MAX && c->reply[i].request != NULL; i++)
		fakehost_reply(host, c->reply[i].request, 200,
			       i == changed ? body : c->reply[i].body);
	/* what is asked instead when an id is another one */
	fakehost_reply(host, "GET *", 404, "{\"error_code\":\"NOT_FOUND\",\"message\":\"none\"}");
	fakehost_reply(host, "POST *", 404, "{\"error_code\":\"NOT_FOUND\",\"message\":\"none\"}");
	fakehost_wait(host, 200);
	result = fakehost_tool(host, c->tool, c->arguments);
	if (result->status == MCP_E_INTERNAL || strstr(result->text, "made a mistake") != NULL) {
		printf("\n    %s with %.300s: %.300s", c->tool, body, result->text);
		CU_FAIL("the plugin made a mistake");
	}
	fakehost_free(host);
}

/* Tries all replies of a case; returns how many calls that were. */
static inline size_t
types_try(const struct mcp_plugin *plugin, const struct types_case *c)
{
	size_t calls = 0;

	for (size_t i = 0; i < TYPES_REPLIES_MAX && c->reply[i].request != NULL; i++)
		for (size_t v = 0; v < sizeof(types_values) / sizeof(types_values[0]); v++) {
			const char *reply = c->reply[i].body;
			char *body;

			for (size_t k = 0; (body = types_body(reply, k, types_values[v])) != NULL;
			     k++) {
				types_call(plugin, c, i, body);
				free(body);
				calls++;
			}
		}
	return calls;
}

#endif

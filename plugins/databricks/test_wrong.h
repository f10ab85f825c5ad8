/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replies that are not what the API promises. Every value of every canned reply is replaced, one at
 * a time, by values of all types; the row that reads it has to answer something, and never with a
 * defect of the plugin. A crash ends the test program.
 */
#ifndef PLUGINS_DATABRICKS_TEST_WRONG_H
#define PLUGINS_DATABRICKS_TEST_WRONG_H

#include <json-c/json.h>
#include <lakehost/fakehost.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

struct wrong_route {
	const char *request, *body;
};

/* Makes the call under test. */
typedef const struct fakehost_result *(*wrong_call_fn)(struct fakehost *host);

struct wrong_test {
	const struct mcp_plugin *plugin;
	const struct wrong_route *routes;
	size_t n_routes, route; /* `route` is the one that answers wrongly */
	wrong_call_fn call;
	size_t calls;
	struct json_object *tree; /* of that route's body */
};

static inline void
wrong_try(struct wrong_test *test, const char *body)
{
	const struct fakehost_result *result;
	struct fakehost *host = fakehost_new(test->plugin);

	for (size_t i = 0; i < test->n_routes; i++)
		fakehost_reply(host, test->routes[i].request, 200,
			       i == test->route ? body : test->routes[i].body);
	result = test->call(host);
	if (result->failed && result->status == MCP_E_INTERNAL)
		printf("\n    %s answers %.300s: %s", test->routes[test->route].request, body,
		       result->text);
	CU_ASSERT(!result->failed || result->status != MCP_E_INTERNAL);
	test->calls++;
	fakehost_free(host);
}

static inline void
wrong_send(struct wrong_test *test)
{
	wrong_try(test, json_object_to_json_string_ext(test->tree, JSON_C_TO_STRING_PLAIN));
}

/* The values that take the place of a right one; NULL behind the last. */
static inline struct json_object *
wrong_value(size_t i)
{
	static const char *const texts[] = { "true", "5", "-1", "9223372036854775807", "1.5", "[]",
		"{}", "[null]", "[[]]", "[5]", "[\"x\"]", "[{}]", "{\"a\":{\"b\":[]}}", "\"\"",
		"\"x\"", "\"a\\nNext: x\\r\\u0000\\u001b[31m\\u0085\\u202e\\u2028\"",
		"\"%s%n{x}/../..\"" };
	const size_t n = sizeof(texts) / sizeof(texts[0]);
	char *huge;
	struct json_object *value;

	if (i < n)
		return json_tokener_parse(texts[i]);
	if (i == n)
		return json_object_new_double(NAN);
	if (i == n + 1)
		return json_object_new_double(-INFINITY);
	if (i > n + 2)
		return NULL;
	huge = malloc(20000);
	memset(huge, 'h', 20000);
	value = json_object_new_string_len(huge, 20000);
	free(huge);
	return value;
}

static inline void wrong_walk(struct wrong_test *test, struct json_object *node);

static inline void
wrong_members(struct wrong_test *test, struct json_object *object)
{
	struct json_object_iterator at = json_object_iter_begin(object);
	struct json_object_iterator end = json_object_iter_end(object);
	char *keys[200];
	size_t n = 0;

	for (; !json_object_iter_equal(&at, &end) && n < 200; json_object_iter_next(&at))
		keys[n++] = strdup(json_object_iter_peek_name(&at));
	for (size_t k = 0; k < n; k++) {
		struct json_object *right, *wrong;

		right = json_object_get(json_object_object_get(object, keys[k]));
		for (size_t i = 0; (wrong = wrong_value(i)) != NULL; i++) {
			json_object_object_add(object, keys[k], wrong);
			wrong_send(test);
		}
		json_object_object_add(object, keys[k], NULL);
		wrong_send(test);
		json_object_object_add(object, keys[k], right);
		wrong_walk(test, right);
		free(keys[k]);
	}
}

static inline void
wrong_elements(struct wrong_test *test, struct json_object *array)
{
	for (size_t k = 0; k < json_object_array_length(array); k++) {
		struct json_object *right = json_object_get(json_object_array_get_idx(array, k));
		struct json_object *wrong;

		for (size_t i = 0; (wrong = wrong_value(i)) != NULL; i++) {
			json_object_array_put_idx(array, k, wrong);
			wrong_send(test);
		}
		json_object_array_put_idx(array, k, NULL);
		wrong_send(test);
		json_object_array_put_idx(array, k, right);
		wrong_walk(test, right);
	}
}

static inline void
wrong_walk(struct wrong_test *test, struct json_object *node)
{
	if (json_object_is_type(node, json_type_object))
		wrong_members(test, node);
	else if (json_object_is_type(node, json_type_array))
		wrong_elements(test, node);
}

/* Does the call ask for this route at all? */
static inline bool
wrong_asks(struct wrong_test *test)
{
	const char *request = test->routes[test->route].request;
	struct fakehost *host = fakehost_new(test->plugin);
	size_t len = strlen(request);
	bool asks = false;

	for (size_t i = 0; i < test->n_routes; i++)
		fakehost_reply(host, test->routes[i].request, 200, test->routes[i].body);
	test->call(host);
	if (request[len - 1] == '*')
		len--;
	for (size_t i = 0; i < fakehost_requests(host); i++) {
		const struct fakehost_request *made = fakehost_request(host, i);
		size_t method = strlen(made->method);

		asks = asks || (method < len && strncmp(request, made->method, method) == 0
		    && strncmp(request + method + 1, made->target, len - method - 1) == 0);
	}
	fakehost_free(host);
	return asks;
}

/* Makes the call with each value of each reply replaced. Returns how many calls were made. */
static inline size_t
wrong_replies(const struct mcp_plugin *plugin, const struct wrong_route *routes, size_t n,
	      wrong_call_fn call)
{
	static const char *const bodies[] = { "", "5", "-1", "true", "null", "[]", "[{}]", "\"x\"",
		"NaN", "{", "{}", "<html>x</html>", "\xff\xfe", "[[[[[[[[[[" };
	struct wrong_test test = { plugin, routes, n, 0, call, 0, NULL };

	for (test.route = 0; test.route < n; test.route++) {
		if (!wrong_asks(&test))
			continue;
		for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
			wrong_try(&test, bodies[i]);
		test.tree = json_tokener_parse(routes[test.route].body);
		CU_ASSERT(test.tree != NULL);
		wrong_walk(&test, test.tree);
		json_object_put(test.tree);
	}
	return test.calls;
}

#endif

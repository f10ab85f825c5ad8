/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests with replies that break the API's contract. Every value of every prepared reply is
 * replaced, one at a time, by values of all types, or removed. The row that reads the reply must
 * answer, and the plugin must not make a mistake. A crash ends the test program.
 *
 * That is tens of thousands of calls, so each reply gets a sample of WRONG_SAMPLE of them, the
 * same in each run. LAKEHOST_WRONG_ALL=1 in the environment makes all of them. */
#ifndef PLUGINS_DATABRICKS_TEST_WRONG_H
#define PLUGINS_DATABRICKS_TEST_WRONG_H

#include <json-c/json.h>
#include <lakehost/fakehost.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
/* A function that makes the call under test. */
#define CALL(name, tool, arguments)                                      \
	static const struct fakehost_result *name(struct fakehost *host) \
	{                                                                \
		return fakehost_tool(host, tool, arguments);             \
	}

#define WRONG_SAMPLE 64
#define WRONG_ROUTES_MAX 4 /* of a wrong_case */
#define WRONG_HUGE 20000

struct wrong_route {
	const char *request, *body;
};

/* Makes the call under test. */
typedef const struct fakehost_result *(*wrong_call_fn)(struct fakehost *host);

/* A tool, its arguments, and the routes of all requests that it sends. */
struct wrong_case {
	const char *tool, *arguments;
	struct wrong_route routes[WRONG_ROUTES_MAX];
};

struct wrong_test {
	const struct mcp_plugin *plugin;
	const struct wrong_route *routes;
	size_t n_routes, route; /* `route` is the route whose replies are wrong */
	wrong_call_fn call;	/* or the function that makes the call of `of` */
	const struct wrong_case *of;
	struct json_object *tree; /* number of values in the body of that route */
	/* number of variants so far; one of them is used in `step`; 0: no variant */
	size_t n, step;
};

static inline const struct fakehost_result *
wrong_call(const struct wrong_test *test, struct fakehost *host)
{
	static const char none[] = "{\"error_code\":\"NOT_FOUND\",\"message\":\"none\"}";

	if (test->of == NULL)
		return test->call(host);
	/* the request that the tool makes when an id changes */
	fakehost_reply(host, "GET *", 404, none);
	fakehost_reply(host, "POST *", 404, none);
	fakehost_wait(host, 200);
	return fakehost_tool(host, test->of->tool, test->of->arguments);
}

static inline void
wrong_try(const struct wrong_test *test, const char *body)
{
	const struct fakehost_result *result;
	struct fakehost *host = fakehost_new(test->plugin);
	bool mistake;

	for (size_t i = 0; i < test->n_routes; i++)
		fakehost_reply(host, test->routes[i].request, 200,
			       i == test->route ? body : test->routes[i].body);
	result = wrong_call(test, host);
	mistake = (result->failed && result->status == MCP_E_INTERNAL) ||
		  strstr(result->text, "made a mistake") != NULL;
	if (mistake)
		printf("\n    %s answers %.300s: %s", test->routes[test->route].request, body,
		       result->text);
	CU_ASSERT(!mistake);
	fakehost_free(host);
}

/* Is the next variant in the sample? The sample is scattered, so that each value is used in each
 * place. */
static inline bool
wrong_chosen(struct wrong_test *test)
{
	uint32_t mixed = (uint32_t)test->n++ * 2654435761u;

	return test->step > 0 && (mixed ^ mixed >> 15) % test->step == 0;
}

static inline void
wrong_send(struct wrong_test *test)
{
	if (wrong_chosen(test))
		wrong_try(test, json_object_to_json_string_ext(test->tree, JSON_C_TO_STRING_PLAIN));
}

/* Values that replace a right one. NULL after the last value. */
static inline struct json_object *
wrong_value(size_t i)
{
	static const char *const texts[] = {
		"true",
		"false",
		"0",
		"5",
		"-1",
		"9223372036854775807",
		"1.5",
		"1e308",
		"[]",
		"{}",
		"[null]",
		"[[]]",
		"[5]",
		"[\"x\"]",
		"[\"a\",1]",
		"[{}]",
		"{\"a\":{\"b\":[]}}",
		"{\"0\":[]}",
		"\"\"",
		"\"x\"",
		"\"5\"",
		"\"a\\nNext: x y=1\\r\\u0000\\u001b[31m\\u0085\\u202e\\u2028\"",
		"\"%s%n{x}/../..\""
	};
	static char huge[WRONG_HUGE];
	const size_t n = sizeof(texts) / sizeof(texts[0]);

	if (i < n)
		return json_tokener_parse(texts[i]);
	if (i == n) /* the platform has sent this value */
		return json_object_new_double(NAN);
	if (i == n + 1)
		return json_object_new_double(-INFINITY);
	if (i > n + 2)
		return NULL;
	memset(huge, 'h', sizeof(huge));
	return json_object_new_string_len(huge, sizeof(huge));
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
		json_object_object_del(object, keys[k]);
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

/* Does the call make a request to this route? */
static inline bool
wrong_asks(const struct wrong_test *test)
{
	const char *request = test->routes[test->route].request;
	struct fakehost *host = fakehost_new(test->plugin);
	size_t len = strlen(request);
	bool asks = false;

	for (size_t i = 0; i < test->n_routes; i++)
		fakehost_reply(host, test->routes[i].request, 200, test->routes[i].body);
	wrong_call(test, host);
	if (request[len - 1] == '*')
		len--;
	for (size_t i = 0; i < fakehost_requests(host); i++) {
		const struct fakehost_request *made = fakehost_request(host, i);
		size_t method = strlen(made->method);

		asks = asks || (method < len && strncmp(request, made->method, method) == 0 &&
				strncmp(request + method + 1, made->target, len - method - 1) == 0);
	}
	fakehost_free(host);
	return asks;
}

/* Tests the route with all its wrong replies. Returns the number of wrong replies. */
static inline size_t
wrong_route(struct wrong_test *test)
{
	static const char *const bodies[] = { "",	  "5",	       "-1",   "true",
					      "null",	  "[]",	       "[{}]", "\"x\"",
					      "NaN",	  "{",	       "{}",   "<html>x</html>",
					      "\xff\xfe", "[[[[[[[[[[" };
	const size_t n = sizeof(bodies) / sizeof(bodies[0]);

	for (size_t i = 0; i < n; i++)
		wrong_try(test, bodies[i]);
	test->tree = json_tokener_parse(test->routes[test->route].body);
	CU_ASSERT(test->tree != NULL);
	test->n = test->step = 0;
	wrong_walk(test, test->tree);
	test->step = getenv("LAKEHOST_WRONG_ALL") != NULL ? 1 : test->n / WRONG_SAMPLE + 1;
	test->n = 0;
	wrong_walk(test, test->tree);
	json_object_put(test->tree);
	return n + test->n;
}

/* Makes the call once for each wrong value in each of its replies. Returns the number of
 * variants. */
static inline size_t
wrong_replies(const struct mcp_plugin *plugin, const struct wrong_route *routes, size_t n,
	      wrong_call_fn call)
{
	struct wrong_test test = {
		.plugin = plugin, .routes = routes, .n_routes = n, .call = call
	};
	size_t ways = 0;

	for (test.route = 0; test.route < n; test.route++)
		if (wrong_asks(&test))
			ways += wrong_route(&test);
	return ways;
}

/* Tests each of the calls in this way. At least `least` variants must result. */
static inline void
wrong_calls(const struct mcp_plugin *plugin, const struct wrong_route *routes, size_t n_routes,
	    const wrong_call_fn *calls, size_t n_calls, size_t least)
{
	size_t n = 0;

	for (size_t i = 0; i < n_calls; i++)
		n += wrong_replies(plugin, routes, n_routes, calls[i]);
	CU_ASSERT(n > least);
	printf("%zu ways ", n);
}

/* Does the same for a tool and its own replies. */
static inline size_t
wrong_replies_of(const struct mcp_plugin *plugin, const struct wrong_case *of)
{
	struct wrong_test test = { .plugin = plugin, .routes = of->routes, .of = of };
	size_t ways = 0;

	while (test.n_routes < WRONG_ROUTES_MAX && of->routes[test.n_routes].request != NULL)
		test.n_routes++;
	for (test.route = 0; test.route < test.n_routes; test.route++)
		ways += wrong_route(&test);
	return ways;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of JSON in the SDK: parsing, and trees of any depth; and of the functions outside of
 * calls. */
#include <json-c/json.h>
#include <stdlib.h>

#include <lakehost/fakehost.h>
#include <lakehost/call.h>

#include "suite.h"

/* ---- trees: these tests need no host -------------------------------------------------------- */

static void
trees(void)
{
	struct json_object *tree = json_tokener_parse(
	    "{\"a\":{\"b\":[1,{\"c\":\"7\"}]},\"n\":null,\"t\":true,\"d\":2.5,\"s\":\"x\"}");

	ASSERT_INT(mcp_get_int(tree, "a.b.0", -1), 1);
	ASSERT_INT(mcp_get_int(tree, "a.b.1.c", -1), 7);
	ASSERT_INT(mcp_get_int(tree, "a.b.2", -1), -1);
	ASSERT_INT(mcp_get_int(tree, "a.b.x", -1), -1);
	ASSERT_INT(mcp_get_int(tree, "d", -1), 2);
	ASSERT_INT(mcp_get_int(tree, "s", -1), -1);
	ASSERT_INT(mcp_get_int(tree, "n", -1), -1);
	CU_ASSERT(mcp_get_bool(tree, "t", false));
	CU_ASSERT(mcp_get_bool(tree, "s", true));
	CU_ASSERT_PTR_NULL(mcp_get(tree, "n"));
	CU_ASSERT_PTR_NULL(mcp_get(NULL, "a"));
	json_object_put(tree);
}

static int
parse_depth(struct mcp_call *call)
{
	size_t depth = (size_t)mcp_arg_int(call, "depth", 0);
	char *text = mcp_alloc(call, 2 * depth + 2);

	memset(text, '[', depth);
	text[depth] = '1';
	memset(text + depth + 1, ']', depth);
	return mcp_say(call, "%s", mcp_json(call, text, 2 * depth + 1) == NULL ? "no" : "yes");
}

static int
parse_text(struct mcp_call *call)
{
	const char *text = mcp_arg(call, "text");

	return mcp_say(call, "%s", mcp_json(call, text, strlen(text)) == NULL ? "no" : "yes");
}

static void
parsing(void)
{
	static const struct mcp_row parsers[] = { { .name = "depth", .handler = parse_depth },
						  { .name = "text", .handler = parse_text } };
	static const struct mcp_plugin parser = { MCP_PLUGIN_HEAD, .name = "test", .version = "1",
						  .tools = MCP_ROWS(parsers) };
	struct fakehost *host = fakehost_new(&parser);

	ASSERT_STR(fakehost_tool(host, "depth", "{\"depth\":127}")->text, "yes");
	ASSERT_STR(fakehost_tool(host, "depth", "{\"depth\":128}")->text, "yes");
	ASSERT_STR(fakehost_tool(host, "depth", "{\"depth\":129}")->text, "no");
	ASSERT_STR(fakehost_tool(host, "text", "{\"text\":\" 12 \"}")->text, "yes");
	ASSERT_STR(fakehost_tool(host, "text", "{\"text\":\"12\"}")->text, "yes");
	ASSERT_STR(fakehost_tool(host, "text", "{\"text\":\"{} x\"}")->text, "no");
	ASSERT_STR(fakehost_tool(host, "text", "{\"text\":\"{\"}")->text, "no");
	ASSERT_STR(fakehost_tool(host, "text", "{\"text\":\"\"}")->text, "no");
	fakehost_free(host);
}

#define DEEP 100000

/* Makes nested arrays, which are freed with the step. */
static struct json_object *
deep_tree(struct mcp_call *call)
{
	struct json_object *tree = json_object_new_array();

	for (int i = 1; i < DEEP; i++) {
		struct json_object *outer = json_object_new_array();

		json_object_array_add(outer, tree);
		tree = outer;
	}
	return mcp_keep(call, tree);
}

static int
deep_structured(struct mcp_call *call)
{
	return mcp_structured(call, deep_tree(call));
}

static int
deep_question(struct mcp_call *call)
{
	struct json_object *answer;

	return mcp_ask(call, "k", "elicitation/create", deep_tree(call), &answer);
}

static int
never_run(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	return mcp_say(call, "ran");
}

static int
deep_body(struct mcp_call *call)
{
	struct mcp_http request =
	    mcp_json_request(call, "POST", "/api/post", deep_tree(call), MCP_RETRY_NEVER);

	return mcp_suspend(call, &request, 1, 0, never_run, NULL, 0);
}

static int
deep_meta(struct mcp_call *call)
{
	return mcp_meta(call, "example.com/deep", deep_tree(call));
}

static int
deep_log(struct mcp_call *call)
{
	mcp_client_log(call, MCP_LOG_INFO, "deep", deep_tree(call));
	return mcp_say(call, "said");
}

static int
deep_text(struct mcp_call *call)
{
	char *text = mcp_alloc(call, 2 * DEEP);

	memset(text, '[', DEEP);
	memset(text + DEEP, ']', DEEP);
	return call->ops->structured(call, text, 2 * DEEP);
}

/* json-c prints and frees by recursion, but a tree of any depth must not overflow a stack. */
static void
deep_trees(void)
{
	static const struct mcp_row rows[] = { { .name = "structured", .handler = deep_structured },
					       { .name = "question", .handler = deep_question },
					       { .name = "body", .handler = deep_body },
					       { .name = "meta", .handler = deep_meta },
					       { .name = "log", .handler = deep_log },
					       { .name = "text", .handler = deep_text } };
	static const char *const why[] = {
		"Structured content is nested deeper than 128 levels",
		"A question is nested deeper than 128 levels",
		"The body of a request is nested deeper than 128 levels",
		"A member of _meta is nested deeper than 128 levels",
		"A message to the client is nested deeper",
		"structured content is not JSON: values are nested too deeply"
	};
	static const struct mcp_plugin deep = { MCP_PLUGIN_HEAD, .name = "test", .version = "1",
						.tools = MCP_ROWS(rows) };
	struct fakehost *host = fakehost_new(&deep);

	for (size_t i = 0; i < sizeof(why) / sizeof(why[0]); i++) {
		const struct fakehost_result *result = fakehost_tool(host, rows[i].name, "{}");

		ASSERT_INT(result->status, MCP_E_INTERNAL);
		CU_ASSERT(strstr(result->text, why[i]) != NULL);
	}
	fakehost_free(host);
}

/* ---- functions of the host outside of calls -------------------------------------------------- */

static int deferred;

static void
count_deferred(void *data)
{
	deferred = deferred * 10 + *(const int *)data;
}

static int
helpers(struct mcp_call *call)
{
	static int one = 1, two = 2;
	struct json_object *data = mcp_json(call, "[1]", 3);

	mcp_defer(call, count_deferred, &one);
	mcp_defer(call, count_deferred, &two);
	mcp_meta(call, "example.com/list", data);
	mcp_meta(call, "example.com/none", NULL);
	mcp_client_log(call, MCP_LOG_WARNING, "helpers", data);
	mcp_changed(call, "tools");
	mcp_updated(call, "test://r");
	return mcp_say(call, "%s", (const char *)mcp_self(call));
}

static int
totals(struct mcp_call *call)
{
	mcp_complete(call, "a");
	return mcp_complete_total(call, 250, true);
}

#define HANDLE_VERSION 3

struct versioned {
	char id[8];
};

static int
versioned_start(struct mcp_call *call)
{
	const struct versioned handle = { "run-7" };
	static const char long_one[MCP_HANDLE_MAX] = "x";
	uint16_t version = (uint16_t)mcp_arg_int(call, "version", HANDLE_VERSION);

	if (mcp_arg_bool(call, "long", false))
		return mcp_handle_write(call, version, long_one, sizeof(long_one) - 3);
	return mcp_handle_write(call, version, &handle, sizeof(handle));
}

static int
versioned_poll(struct mcp_call *call)
{
	struct versioned handle;

	if (mcp_handle_read(call, HANDLE_VERSION, &handle, sizeof(handle)) != MCP_OK) {
		CU_ASSERT(handle.id[0] == '\0');
		return MCP_E_INPUT;
	}
	return mcp_say(call, "%s is done", handle.id);
}

static const struct mcp_operation versioned = { .size = sizeof(versioned),
						.start = versioned_start,
						.poll = versioned_poll };

static int
speaking_start(const struct mcp_host *host, void **self, char *why, size_t why_size)
{
	(void)why;
	(void)why_size;
	CU_ASSERT_PTR_NULL(*self);
	*self = (void *)(uintptr_t) "mine";
	mcp_host_log(host, MCP_LOG_NOTICE, "%d started", 1);
	host->changed(host, "prompts");
	host->updated(host, "test://x");
	return 0;
}

static void
speaking_stop(void *self)
{
	ASSERT_STR(self, "mine");
	deferred = -1;
}

static void
beside_calls(void)
{
	static const struct mcp_row rows[] = { { .name = "helpers", .handler = helpers },
					       { .name = "versioned", .operation = &versioned } };
	static const struct mcp_row ends[] = { { .name = "p a", .handler = totals } };
	static const struct mcp_plugin speaking = { MCP_PLUGIN_HEAD,
						    .name = "speaking",
						    .version = "1",
						    .tools = MCP_ROWS(rows),
						    .completions = MCP_ROWS(ends),
						    .start = speaking_start,
						    .stop = speaking_stop };
	struct fakehost *host = fakehost_new(&speaking);
	const struct fakehost_result *result;

	ASSERT_STR(fakehost_news(host), "notice: 1 started\nchanged: prompts\nupdated: test://x\n");
	ASSERT_STR(fakehost_news(host), "");
	deferred = 0;
	result = fakehost_tool(host, "helpers", "{}");
	ASSERT_INT(deferred, 21);
	ASSERT_STR(result->text, "mine");
	ASSERT_STR(result->meta, "{\"example.com/list\":[1],\"example.com/none\":null}");
	ASSERT_STR(result->log, "warning: [1]\nnotice: tools\nnotice: test://r\n");
	ASSERT_STR(fakehost_complete(host, "p a", "{}")->completion, "[\"a\"]");
	ASSERT_STR(fakehost_tool(host, "versioned", "{}")->text, "run-7 is done");
	result = fakehost_tool(host, "versioned", "{\"version\":4}");
	ASSERT_INT(result->status, MCP_E_INPUT);
	CU_ASSERT(strstr(result->text, "another version") != NULL);
	CU_ASSERT(strstr(fakehost_tool(host, "versioned", "{\"long\":true}")->text,
			 "a handle of 513 bytes") != NULL);
	fakehost_free(host);
	ASSERT_INT(deferred, -1);
}

static const struct test tests[] = {
	TEST(trees),
	TEST(parsing),
	TEST(deep_trees),
	TEST(beside_calls),
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the SDK's helpers and the fake host, used as a plugin's author does: they call rows and
 * check results. */
#include <json-c/json.h>
#include <stdlib.h>

#include <lakehost/fakehost.h>
#include <lakehost/call.h>

#include "suite.h"

/* ---- a plugin ------------------------------------------------------------------------------- */

static int
echo(struct mcp_call *call)
{
	return mcp_say(call, "%s %lld %d",
		       mcp_arg(call, "text") == NULL ? "-" : mcp_arg(call, "text"),
		       (long long)mcp_arg_int(call, "n", -1), mcp_arg_bool(call, "b", true));
}

static int
fetched(struct mcp_call *call, const void *state, size_t len)
{
	const struct mcp_reply *reply = mcp_reply(call, 0);
	int64_t asked;

	CU_ASSERT_EQUAL(len, sizeof(asked));
	memcpy(&asked, state, sizeof(asked));
	if (reply->error != MCP_OK)
		return mcp_fail(call, reply->error, "No answer", reply->why, "Try again");
	if (mcp_cancelled(call))
		return mcp_say(call, "cancelled");
	return mcp_say(call, "%lld: %s, %s, %s", (long long)asked,
		       mcp_get_str(call, mcp_reply_json(call, 0), "cluster.tags.1", "none"),
		       mcp_reply_header(reply, "Content-Type"),
		       mcp_reply(call, 1) == NULL ? "one" : "two");
}

static int
fetch(struct mcp_call *call)
{
	const char *path = mcp_expand(call, "/api/clusters/{id}{?page,tag}", mcp_args(call));
	struct mcp_http request;
	int64_t state = 42;

	if (path == NULL)
		return MCP_E_INPUT;
	request = mcp_get_request(path, NULL);
	return mcp_suspend(call, &request, 1, 100, fetched, &state, sizeof(state));
}

static int
posted(struct mcp_call *call)
{
	struct json_object *body = mcp_keep(call, json_object_new_object());
	struct mcp_http request;
	const struct mcp_reply *reply;

	json_object_object_add(body, "path", json_object_new_string("/a/b"));
	request = mcp_json_request(call, "POST", "/api/post", body, MCP_RETRY_NEVER);
	reply = mcp_http_wait(call, &request);
	return mcp_say(call, "%d %s", reply->status, reply->body.data);
}

static const char *
page_from(struct mcp_call *call, const void *data, size_t shown)
{
	return mcp_printf(call, "rows offset=%zu of %s", shown, (const char *)data);
}

static int
rows(struct mcp_call *call)
{
	static const struct mcp_column columns[] = { { "id", "bigint" }, { "name", "string" } };
	struct mcp_table_end end = { .size = sizeof(end),
				     .total = mcp_arg_int(call, "n", 0),
				     .next_from = page_from,
				     .next_data = "it" };

	mcp_table(call, columns, 2);
	for (int64_t i = 0; i < end.total; i++) {
		const char *cells[] = { mcp_printf(call, "%lld", (long long)i), NULL };

		if (mcp_table_cells(call, cells, 2) == MCP_E_TOO_LARGE)
			break;
	}
	return mcp_table_end(call, &end);
}

static int
confirm(struct mcp_call *call)
{
	struct json_object *content, *schema = mcp_keep(call, json_object_new_object());
	int rc = mcp_elicit(call, "sure", "Sure?", schema, &content);

	if (rc != MCP_OK)
		return rc;
	return mcp_say(call, "%s",
		       content == NULL			    ? "declined"
		       : mcp_get_bool(content, "ok", false) ? "yes"
							    : "no");
}

static int
start(struct mcp_call *call)
{
	return mcp_handle(call, "run-7", 5);
}

static int
poll_run(struct mcp_call *call)
{
	struct mcp_text handle = mcp_context(call, MCP_CTX_HANDLE);
	struct mcp_http request = mcp_get_request("/api/runs", "id=7");
	const struct mcp_reply *reply = mcp_http_wait(call, &request);

	CU_ASSERT_EQUAL(handle.len, 5);
	if (strcmp(reply->body.data, "done") == 0)
		return mcp_say(call, "%s is done", handle.data);
	mcp_say(call, "%s runs. Call again.", handle.data);
	return mcp_working(call, 50, "half", 4000);
}

static int
cancel_run(struct mcp_call *call)
{
	struct mcp_http request = mcp_get_request("/api/cancel", NULL);

	CU_ASSERT(mcp_cancelled(call));
	request.flags = MCP_HTTP_CLEANUP;
	mcp_http_wait(call, &request);
	return MCP_OK;
}

static int
silent(struct mcp_call *call)
{
	mcp_log(call, MCP_LOG_WARNING, "nothing to %s", "say");
	return MCP_OK;
}

/* Text of others in every position of a format. */
static int
foreign(struct mcp_call *call)
{
	const char *text = mcp_arg(call, "text");

	mcp_say(call, "name: %s|%8s|%-8s|%.3s|%.*s", text, "ab", "ab", "abcdef", 4,
		"ab\xC3\xA9\xC3\xA9");
	mcp_say(call, "%d %5u %-3d| %03d %lld %zu %x %#x %c %% %.2f %ld %hhu", -1, 2u, 3, 4,
		-5000000000LL, (size_t)6, 255u, 255u, 'c', 1.5, 7L, (unsigned char)200);
	mcp_say(call, "ours\nand %s\n%s", "theirs\nNext: rm", text);
	return mcp_say(call, "%*d|%s", 4, 5,
		       mcp_line(call, "a\tb\x1b[1m\xE2\x80\xAE\xC2\x9B"
				      "1mc\r\nd"));
}

static int
unlucky(struct mcp_call *call)
{
	return mcp_failf(call, MCP_E_INPUT, "No \"%s\" here", mcp_arg(call, "text"));
}

static int
options(struct mcp_call *call)
{
	mcp_require(call, "sampling");
	return mcp_say(call, "%s", mcp_option(call, "cluster"));
}

static int
complete(struct mcp_call *call)
{
	if (mcp_arg(call, "value") != NULL)
		mcp_complete(call, mcp_arg(call, "value"));
	return MCP_OK;
}

static int
show_body(struct mcp_call *call)
{
	return mcp_say(call, "%d", mcp_reply(call, 0)->status);
}

static const struct mcp_operation run = {
	.size = sizeof(run), .start = start, .poll = poll_run, .cancel = cancel_run
};

static const struct mcp_row tools[] = {
	{ .name = "echo", .handler = echo },
	{ .name = "fetch", .handler = fetch },
	{ .name = "posted", .handler = posted },
	{ .name = "rows", .handler = rows },
	{ .name = "confirm", .handler = confirm },
	{ .name = "run", .operation = &run },
	{ .name = "silent", .handler = silent },
	{ .name = "options", .handler = options },
	{ .name = "foreign", .handler = foreign },
	{ .name = "unlucky", .handler = unlucky },
	{ .name = "get", .request = "GET /api/get{?id}" },
	{ .name = "get_shown", .request = "GET /api/get{?id}", .answer = show_body },
};

static const struct mcp_row completions[] = { { .name = "p a", .handler = complete } };

static const struct mcp_plugin plugin = { MCP_PLUGIN_HEAD, .name = "test", .version = "1",
					  .tools = MCP_ROWS(tools),
					  .completions = MCP_ROWS(completions) };

/* ---- tests ---------------------------------------------------------------------------------- */

static void
arguments(void)
{
	struct fakehost *host = fakehost_new(&plugin);

	ASSERT_STR(fakehost_tool(host, "echo", "{\"text\":\"x\",\"n\":\"12\",\"b\":false}")->text,
		   "x 12 0");
	ASSERT_STR(fakehost_tool(host, "echo", "{\"text\":17,\"n\":1.0}")->text, "17 1 1");
	ASSERT_STR(fakehost_tool(host, "echo", "{\"text\":null,\"n\":\"1x\"}")->text, "- -1 1");
	ASSERT_STR(fakehost_tool(host, "echo", "{\"text\":true}")->text, "true -1 1");
	fakehost_free(host);
}

/* json-c 0.18 rejects letters beyond ASCII in strict mode. */
static void
letters(void)
{
	struct fakehost *host = fakehost_new(&plugin);

	ASSERT_STR(fakehost_tool(host, "echo",
				 "{\"text\":\"\xC3\xA9 \xE6\x97\xA5 \xF0\x9F\x9A\x80\"}")
		       ->text,
		   "\xC3\xA9 \xE6\x97\xA5 \xF0\x9F\x9A\x80 -1 1");
	fakehost_reply(host, "GET /api/clusters/b", 200,
		       "{\"cluster\":{\"tags\":[0,\"\xC3\xA9\"]}} ");
	ASSERT_STR(fakehost_tool(host, "fetch", "{\"id\":\"b\"}")->text,
		   "42: \xC3\xA9, application/json, one");
	fakehost_reset(host);
	fakehost_reply(host, "GET /api/clusters/b", 200, "{\"cluster\":{\"tags\":[0,\"x\"]}} {}");
	ASSERT_STR(fakehost_tool(host, "fetch", "{\"id\":\"b\"}")->text,
		   "42: none, application/json, one");
	fakehost_free(host);
}

static int
read_back(struct mcp_call *call)
{
	const char *text = mcp_arg(call, "text");
	struct json_object *tree = mcp_json(call, text, strlen(text));

	return mcp_say(call, "%s",
		       tree == NULL ? "none"
				    : json_object_to_json_string_ext(tree, JSON_C_TO_STRING_PLAIN));
}

static int
read_much(struct mcp_call *call)
{
	size_t n = 400000, len = 1;
	char *text = mcp_alloc(call, n * 3 + 3);

	text[0] = '[';
	for (size_t i = 0; i < n; i++, len += 3)
		memcpy(text + len, "{},", 4);
	text[len - 1] = ']';
	return mcp_json(call, text, len) == NULL ? MCP_E_TOO_LARGE : mcp_say(call, "read");
}

/* Texts that upstreams send, and invalid JSON. */
static void
reading(void)
{
	static const struct {
		const char *text, *read;
	} texts[] = {
		{ "[1,-2,1e14,18446744073709551615,123456789012345678901234567890]",
		  "[1,-2,1e14,18446744073709551615,123456789012345678901234567890]" },
		{ "{\"a\":NaN,\"b\":[Infinity,-Infinity],\"c\":null}",
		  "{\"a\":NaN,\"b\":[Infinity,-Infinity],\"c\":null}" },
		{ " {\"a\":1,\"a\":2} ", "{\"a\":2}" },
		{ "[\"\\ud83d\\ude80\\u00e9\\ud800x\"]",
		  "[\"\xF0\x9F\x9A\x80\xC3\xA9\xEF\xBF\xBDx\"]" },
		{ "[\"tab\there\"]", "[\"tab\\there\"]" },
		{ "true", "true" },
		{ "[]]", "none" },
		{ "[1,]", "none" },
		{ "{\"a\" 1}", "none" },
		{ "{'a':1}", "none" },
		{ "[01]", "none" },
		{ "[1.]", "none" },
		{ "[+1]", "none" },
		{ "[\"\\x\"]", "none" },
		{ "[\"", "none" },
		{ "[nul]", "none" },
		{ "", "none" },
		{ "null", "none" },
	};
	static const struct mcp_row rows[] = { { .name = "read", .handler = read_back },
					       { .name = "much", .handler = read_much } };
	static const struct mcp_plugin reader = { MCP_PLUGIN_HEAD, .name = "reader", .version = "1",
						  .tools = MCP_ROWS(rows) };
	struct fakehost *host = fakehost_new(&reader);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct json_object *arguments = json_object_new_object();

		json_object_object_add(arguments, "text", json_object_new_string(texts[i].text));
		ASSERT_STR(fakehost_tool(host, "read", json_object_to_json_string(arguments))->text,
			   texts[i].read);
		json_object_put(arguments);
	}
	ASSERT_INT(fakehost_tool(host, "much", "{}")->status, MCP_E_TOO_LARGE);
	CU_ASSERT(strstr(fakehost_tool(host, "much", "{}")->text, "too many values") != NULL);
	fakehost_free(host);
}

static void
foreign_text(void)
{
	struct fakehost *host = fakehost_new(&plugin);

	ASSERT_STR(fakehost_tool(host, "foreign", "{\"text\":\"x\\r\\nNext: y\\u0085z\"}")->text,
		   "name: x Next: y z|      ab|ab      |abc|ab\xC3\xA9\n"
		   "-1     2 3  | 004 -5000000000 6 ff 0xff c % 1.50 7 200\n"
		   "ours\nand theirs Next: rm\nx Next: y z\n"
		   "   5|a bc d");
	ASSERT_STR(fakehost_tool(host, "unlucky", "{\"text\":\"x\\nNext: y\"}")->text,
		   "No \"x Next: y\" here");
	fakehost_free(host);
}

static void
suspension(void)
{
	struct fakehost *host = fakehost_new(&plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET /api/clusters/a%20b?page=2&tag=x&tag=y", 200,
		       "{\"cluster\":{\"tags\":[0,\"one\"]}}");
	result = fakehost_tool(host, "fetch", "{\"id\":\"a b\",\"page\":2,\"tag\":[\"x\",\"y\"]}");
	ASSERT_STR(result->text, "42: one, application/json, one");
	ASSERT_INT(result->steps, 2);
	ASSERT_INT(result->waited_ms, 100);
	ASSERT_INT(fakehost_requests(host), 1);
	ASSERT_INT(result->unexpected, 0);
	fakehost_no_reply(host, "GET /api/clusters/b", MCP_E_TIMEOUT, "too slow");
	result = fakehost_tool(host, "fetch", "{\"id\":\"b\"}");
	ASSERT_INT(result->status, MCP_E_TIMEOUT);
	ASSERT_STR(result->text, "No answer\ntoo slow\nTry again");
	fakehost_cancel_after(host, 1);
	result = fakehost_tool(host, "fetch", "{\"id\":\"b\"}");
	ASSERT_INT(result->status, MCP_E_CANCELLED);
	ASSERT_INT(fakehost_requests(host), 0);
	fakehost_free(host);
}

static void
expansion(void)
{
	static const char *const bad[] = { "{}",
					   "{\"id\":\"\"}",
					   "{\"id\":\".\"}",
					   "{\"id\":\"..\"}",
					   "{\"id\":\"../b\"}",
					   "{\"id\":[1]}",
					   "{\"id\":\"a\",\"page\":{}}",
					   "{\"id\":\"a\\u0000b\"}" };
	struct fakehost *host = fakehost_new(&plugin);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ASSERT_INT(fakehost_tool(host, "fetch", bad[i])->status, MCP_E_INPUT);
		ASSERT_INT(fakehost_requests(host), 0);
	}
	fakehost_reply(host, "GET /api/clusters/*", 200, "{}");
	fakehost_tool(host, "fetch", "{\"id\":\"..a/\\u00e9?#%\"}");
	ASSERT_STR(fakehost_request(host, 0)->target, "/api/clusters/..a%2F%C3%A9%3F%23%25");
	fakehost_free(host);
}

static void
blocking(void)
{
	struct fakehost *host = fakehost_new(&plugin);

	fakehost_reply(host, "POST /api/post", 201, "first");
	fakehost_reply(host, "POST /api/post", 202, "then");
	ASSERT_STR(fakehost_tool(host, "posted", "{}")->text, "201 first");
	ASSERT_STR(fakehost_request(host, 0)->body, "{\"path\":\"/a/b\"}");
	ASSERT_STR(fakehost_request(host, 0)->headers[0].value, "application/json");
	ASSERT_STR(fakehost_tool(host, "posted", "{}")->text, "202 then");
	ASSERT_STR(fakehost_tool(host, "posted", "{}")->text, "202 then");
	fakehost_free(host);
}

static void
tables(void)
{
	struct fakehost *host = fakehost_new(&plugin);

	ASSERT_STR(fakehost_tool(host, "rows", "{\"n\":2}")->text,
		   "id:bigint\tname:string\n0\tNULL\n1\tNULL\n2 rows.");
	fakehost_results(host, 1, 0, 0, "csv");
	ASSERT_STR(fakehost_tool(host, "rows", "{\"n\":2}")->text,
		   "id,name\r\n0,\r\n\n1 of 2 rows shown. Next: rows offset=1 of it");
	fakehost_free(host);
}

static void
questions(void)
{
	struct fakehost *host = fakehost_new(&plugin);
	const struct fakehost_result *result = fakehost_tool(host, "confirm", "{}");

	ASSERT_INT(result->status, MCP_E_UNSUPPORTED);
	fakehost_capabilities(host, "{\"elicitation\":{}}");
	result = fakehost_tool(host, "confirm", "{}");
	CU_ASSERT(!result->failed);
	ASSERT_STR(result->questions, "{\"sure\":{\"method\":\"elicitation/create\",\"params\":"
				      "{\"mode\":\"form\",\"message\":\"Sure?\","
				      "\"requestedSchema\":{}}}}");
	fakehost_answers(host, "{\"sure\":{\"action\":\"accept\",\"content\":{\"ok\":true}}}");
	ASSERT_STR(fakehost_tool(host, "confirm", "{}")->text, "yes");
	fakehost_answers(host, "{\"sure\":{\"action\":\"decline\"}}");
	ASSERT_STR(fakehost_tool(host, "confirm", "{}")->text, "declined");
	fakehost_answers(host, "{\"sure\":\"accept\"}");
	CU_ASSERT(fakehost_tool(host, "confirm", "{}")->questions[0] != '\0');
	fakehost_free(host);
}

static void
operations(void)
{
	struct fakehost *host = fakehost_new(&plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET /api/runs?id=7", 200, "running");
	fakehost_reply(host, "GET /api/runs?id=7", 200, "done");
	fakehost_reply(host, "GET /api/cancel", 200, "");
	result = fakehost_tool(host, "run", "{}");
	ASSERT_STR(result->text, "run-7 is done");
	ASSERT_INT(result->polls, 2);
	ASSERT_INT(result->waited_ms, 4000);
	CU_ASSERT(!result->working);
	fakehost_reset(host);
	fakehost_reply(host, "GET /api/runs?id=7", 200, "running");
	fakehost_reply(host, "GET /api/cancel", 200, "");
	fakehost_wait(host, 9000);
	result = fakehost_tool(host, "run", "{}");
	CU_ASSERT(result->working);
	ASSERT_STR(result->text, "run-7 runs. Call again.");
	ASSERT_STR(result->message, "half");
	ASSERT_INT(result->percent, 50);
	CU_ASSERT(fakehost_poll(host)->working);
	CU_ASSERT(!fakehost_cancel(host)->failed);
	ASSERT_STR(fakehost_request(host, 0)->target, "/api/cancel");
	fakehost_cancel_after(host, 2);
	fakehost_tool(host, "run", "{}");
	ASSERT_STR(fakehost_request(host, fakehost_requests(host) - 1)->target, "/api/cancel");
	fakehost_free(host);
}

static void
mistakes(void)
{
	struct fakehost *host = fakehost_new_with(&plugin, "{\"cluster\":\"c1\"}");
	const struct fakehost_result *result = fakehost_tool(host, "silent", "{}");

	ASSERT_INT(result->status, MCP_E_INTERNAL);
	ASSERT_STR(result->why, "A step ended without an answer");
	ASSERT_STR(result->log, "warning: nothing to say\n");
	result = fakehost_tool(host, "options", "{}");
	ASSERT_INT(result->status, MCP_E_UNSUPPORTED);
	ASSERT_STR(result->require, "sampling");
	fakehost_capabilities(host, "{\"sampling\":{}}");
	ASSERT_STR(fakehost_tool(host, "options", "{}")->text, "c1");
	fakehost_free(host);
}

static void
completion(void)
{
	struct fakehost *host = fakehost_new(&plugin);

	ASSERT_STR(fakehost_complete(host, "p a", "{\"value\":\"dev\"}")->completion, "[\"dev\"]");
	ASSERT_STR(fakehost_complete(host, "p a", "{}")->completion, "[]");
	CU_ASSERT(!fakehost_complete(host, "p a", "{}")->failed);
	fakehost_free(host);
}

static void
request_rows(void)
{
	struct fakehost *host = fakehost_new(&plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET /api/get?id=1", 200, "{\"a\":1}");
	result = fakehost_tool(host, "get", "{\"id\":1}");
	ASSERT_STR(result->structured, "{\"a\":1}");
	ASSERT_STR(result->text, "{\"a\":1}");
	ASSERT_STR(fakehost_tool(host, "get_shown", "{\"id\":1}")->text, "200");
	fakehost_reply(host, "GET /api/get?id=2", 404, "no such thing");
	result = fakehost_tool(host, "get", "{\"id\":2}");
	ASSERT_INT(result->status, MCP_E_NOT_FOUND);
	ASSERT_STR(result->why, "no such thing");
	fakehost_reply(host, "GET /api/get?id=3", 200, "<html>");
	ASSERT_INT(fakehost_tool(host, "get", "{\"id\":3}")->status, MCP_E_UPSTREAM);
	ASSERT_INT(fakehost_tool(host, "get", "{\"id\":4}")->status, MCP_E_UNAVAILABLE);
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(letters),	 TEST(reading),	   TEST(foreign_text), TEST(arguments), TEST(suspension),
	TEST(expansion), TEST(blocking),   TEST(tables),       TEST(questions), TEST(operations),
	TEST(mistakes),	 TEST(completion), TEST(request_rows),
};
SUITE(tests)

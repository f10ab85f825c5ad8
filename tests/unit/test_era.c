/* SPDX-License-Identifier: Apache-2.0 */
/* The modern era, and the common parts of both eras: admission, methods, results, errors,
 * rounds. */
#include "suite.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/config.h"
#include "era/inside.h"
#include "era_rig.h"

/* ---- admission ----------------------------------------------------------------------------- */

static void
a_call(void)
{
	struct sent *sent;

	rig_start();
	sent =
	    call_modern("tools/call", "echo", "\"name\":\"echo\",\"arguments\":{\"text\":\"hi\"}");
	ASSERT_INT(sent->finished, 1);
	ASSERT_INT(sent->status, 200);
	ASSERT_STR(text_at(sent->answer, "jsonrpc"), "2.0");
	ASSERT_INT(int_at(sent->answer, "id"), 1);
	ASSERT_STR(text_at(sent->answer, "result.content.0.type"), "text");
	ASSERT_STR(text_at(sent->answer, "result.content.0.text"), "hi");
	ASSERT_STR(text_at(sent->answer, "result.resultType"), "complete");
	ASSERT_STR(text_at(sent->answer, SERVER_INFO), "rig");
	CU_ASSERT(at(sent->answer, "result.ttlMs") == NULL);
	CU_ASSERT(at(sent->answer, "result.isError") == NULL);
	rig_stop();
}

static void
ids_come_back_as_they_were(void)
{
	static const char *const ids[] = { "7", "\"7\"", "9007199254740993", "\"\"",
					   "\"\\u0041\\n\"" };
	char text[512];

	rig_start();
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct sent *sent;
		struct json_object *id = json_tokener_parse(ids[i]);

		snprintf(text, sizeof(text),
			 "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":"
			 "\"server/discover\",\"params\":{" MODERN_META("") "}}",
			 ids[i]);
		sent = send_stdio(text);
		CU_ASSERT(json_object_equal(at(sent->answer, "id"), id));
		CU_ASSERT(at(sent->answer, "result") != NULL);
		json_object_put(id);
	}
	rig_stop();
}

static void
envelope_first(void)
{
	static const char *const headers[] = { "MCP-Protocol-Version", "2026-07-28", NULL };
	static const char *const metas[] = {
		"",
		"\"_meta\":{}",
		"\"_meta\":7",
		"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}",
		"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":1,"
		"\"io.modelcontextprotocol/clientCapabilities\":{}}",
		"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
		"\"io.modelcontextprotocol/clientCapabilities\":[]}",
		"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":null,"
		"\"io.modelcontextprotocol/clientCapabilities\":{}}",
	};
	char text[512];

	rig_start();
	for (size_t i = 0; i < sizeof(metas) / sizeof(metas[0]); i++) {
		struct sent *sent;

		snprintf(text, sizeof(text),
			 "{\"jsonrpc\":\"2.0\",\"id\":\"e\",\"method\":\"server/discover\","
			 "\"params\":{%s}}",
			 metas[i]);
		sent = send_http(headers, text); /* without Mcp-Method, which comes later */
		expect_refused(sent, 400, -32602);
		ASSERT_STR(text_at(sent->answer, "id"), "e");
	}
	expect_refused(send_http(headers,
				 "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}"),
		       400, -32602);
	rig_stop();
}

static void
versions(void)
{
	static const char *const right[] = { "MCP-Protocol-Version", "v999", "Mcp-Method",
					     "server/discover", NULL };
	static const char *const other[] = { "MCP-Protocol-Version", "2026-07-28", NULL };
	static const char *const none[] = { NULL };
	static const char body[] =
	    ERA_REQUEST("1", "server/discover",
			"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"v999\","
			"\"io.modelcontextprotocol/clientCapabilities\":{}}");
	struct sent *sent;

	rig_start();
	sent = send_http(right, body);
	expect_refused(sent, 400, -32022);
	ASSERT_STR(text_at(sent->answer, "error.data.supported.0"), "2026-07-28");
	ASSERT_STR(text_at(sent->answer, "error.data.requested"), "v999");
	expect_refused(send_http(other, body), 400, -32020);
	expect_refused(send_http(none, body), 400, -32020);
	sent = send_stdio(body);
	ASSERT_INT(int_at(sent->answer, "error.code"), -32022);
	rig_stop();
}

static void
headers_repeat_the_body(void)
{
	static const struct {
		const char *method, *name;
		int code;
	} cases[] = {
		{ "tools/call", "echo", 0 },
		{ "tools/call", "=?base64?ZWNobw==?=", 0 },
		{ NULL, "echo", -32020 },
		{ "Tools/Call", "echo", -32020 },
		{ "tools/list", "echo", -32020 },
		{ "tools/call", NULL, -32020 },
		{ "tools/call", "Echo", -32020 },
		{ "tools/call", "=?base64?ZWNobw=?=", -32020 },
		{ "tools/call", "=?base64?ZWNobw", -32020 },
	};

	rig_start();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *headers[8] = { "mcp-protocol-version", "2026-07-28" };
		size_t n = 2;
		struct sent *sent;

		if (cases[i].method != NULL) {
			headers[n++] = "MCP-METHOD";
			headers[n++] = cases[i].method;
		}
		if (cases[i].name != NULL) {
			headers[n++] = "mcp-name";
			headers[n++] = cases[i].name;
		}
		headers[n] = NULL;
		sent = send_http(headers,
				 ERA_REQUEST("4", "tools/call",
					     "\"name\":\"echo\","
					     "\"arguments\":{\"text\":\"x\"}," MODERN_META("")));
		ASSERT_INT(int_at(sent->answer, "error.code"), cases[i].code);
		ASSERT_INT(sent->status, cases[i].code == 0 ? 200 : 400);
		ASSERT_INT(int_at(sent->answer, "id"), 4);
	}
	rig_stop();
}

static void
header_parameters(void)
{
	static const struct {
		const char *arguments, *region, *level;
		int code;
	} cases[] = {
		{ "{}", NULL, NULL, 0 },
		{ "{}", "ignored", NULL, 0 },
		{ "{\"region\":\"eu\"}", "eu", NULL, 0 },
		{ "{\"region\":\"eu\"}", "=?base64?ZXU=?=", NULL, 0 },
		{ "{\"region\":\"=?base64?ZXU=\"}", "=?base64?ZXU=", NULL, 0 },
		{ "{\"region\":\"eu\"}", NULL, NULL, -32020 },
		{ "{\"region\":\"eu\"}", "us", NULL, -32020 },
		{ "{\"region\":\"eu\"}", "=?base64?ZXU?=", NULL, -32020 },
		{ "{\"region\":\"eu\"}", "=?base64?ZX!!!U=?=", NULL, -32020 },
		{ "{\"region\":\"\xc3\xa9\"}", "\xc3\xa9", NULL, -32020 },
		{ "{\"region\":null}", NULL, NULL, 0 },
		{ "{\"level\":42}", NULL, "42.0", 0 },
		{ "{\"level\":42}", NULL, "0x2a", -32020 },
		{ "{\"level\":42}", NULL, "43", -32020 },
	};

	rig_start();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *headers[16] = { "MCP-Protocol-Version", "2026-07-28", "Mcp-Method",
					    "tools/call",	    "Mcp-Name",	  "where",
					    "Mcp-Param-Other",	    "x" };
		char text[1024];
		size_t n = 8;
		struct sent *sent;

		if (cases[i].region != NULL) {
			headers[n++] = "Mcp-Param-Region";
			headers[n++] = cases[i].region;
		}
		if (cases[i].level != NULL) {
			headers[n++] = "mcp-param-level";
			headers[n++] = cases[i].level;
		}
		headers[n] = NULL;
		snprintf(
		    text, sizeof(text),
		    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
		    "\"tools/call\",\"params\":{\"name\":\"where\",\"arguments\":%s," MODERN_META(
			"") "}}",
		    cases[i].arguments);
		sent = send_http(headers, text);
		if (int_at(sent->answer, "error.code") != cases[i].code)
			printf("\n    case %zu", i);
		ASSERT_INT(int_at(sent->answer, "error.code"), cases[i].code);
		ASSERT_INT(sent->status, cases[i].code == 0 ? 200 : 400);
	}
	rig_stop();
}

static void
methods(void)
{
	static const char *const gone[] = { "initialize",
					    "ping",
					    "logging/setLevel",
					    "resources/subscribe",
					    "resources/unsubscribe",
					    "unknown/method",
					    "tasks/list" };

	rig_start();
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		expect_refused(call_modern(gone[i], NULL, ""), 404, -32601);
	rig_stop();
}

static void
notifications_and_unknown_responses(void)
{
	static const char *const headers[] = { "MCP-Protocol-Version", "2026-07-28", NULL };
	struct sent *sent;

	rig_start();
	sent = send_http(headers, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\","
				  "\"params\":{" MODERN_META("") "}}");
	ASSERT_INT(sent->status, 202);
	CU_ASSERT(sent->answer == NULL);
	sent = send_http(headers, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}");
	ASSERT_INT(sent->status, 202);
	expect_refused(send_http(headers, "{\"jsonrpc\":\"2.0\",\"id\":1}"), 400, -32600);
	expect_refused(send_http(headers, "{nonsense"), 400, -32700);
	expect_refused(send_http(headers, "[" ERA_REQUEST("1", "tools/list", MODERN_META("")) "]"),
		       400, -32600);
	sent = send_http(headers, NULL);
	ASSERT_INT(sent->status, 405);
	ASSERT_STR(sent->allow, "POST");
	rig_stop();
}

static void
options_of_a_request(void)
{
	static const char *const headers[] = { "MCP-Protocol-Version", "2026-07-28", "Mcp-Method",
					       "server/discover", NULL };

	rig_start();
	expect_refused(
	    send_http(headers,
		      ERA_REQUEST("1", "server/discover",
				  MODERN_META(",\"io.modelcontextprotocol/logLevel\":\"loud\""))),
	    400, -32602);
	expect_refused(send_http(headers, ERA_REQUEST("1", "server/discover",
						      MODERN_META(",\"progressToken\":{}"))),
		       400, -32602);
	ASSERT_INT(
	    send_http(
		headers,
		ERA_REQUEST(
		    "1", "server/discover",
		    MODERN_META(
			",\"progressToken\":\"p\",\"io.modelcontextprotocol/logLevel\":\"info\","
			"\"other\":1")))
		->status,
	    200);
	rig_stop();
}

/* ---- methods ------------------------------------------------------------------------------- */

static void
discover(void)
{
	struct sent *sent;

	rig_start();
	sent = call_modern("server/discover", NULL, "");
	ASSERT_STR(text_at(sent->answer, "result.supportedVersions.0"), "2026-07-28");
	CU_ASSERT(at(sent->answer, "result.supportedVersions.1") == NULL);
	CU_ASSERT(
	    json_object_get_boolean(at(sent->answer, "result.capabilities.tools.listChanged")));
	CU_ASSERT(
	    json_object_get_boolean(at(sent->answer, "result.capabilities.resources.subscribe")));
	CU_ASSERT(at(sent->answer, "result.capabilities.prompts") != NULL);
	CU_ASSERT(at(sent->answer, "result.capabilities.completions") != NULL);
	CU_ASSERT(at(sent->answer, "result.capabilities.logging") != NULL);
	CU_ASSERT(at(sent->answer, "result.capabilities.tasks") == NULL);
	ASSERT_STR(text_at(sent->answer, "result.instructions"), "Ask for echo.");
	CU_ASSERT(at(sent->answer, "result.ttlMs") != NULL);
	ASSERT_STR(text_at(sent->answer, "result.cacheScope"), "private");
	ASSERT_STR(text_at(sent->answer, "result._meta.'io.modelcontextprotocol/serverInfo'.title"),
		   "A rig");
	rig_stop();
}

static void
lists(void)
{
	struct sent *first, *again;

	rig_start();
	first = call_modern("tools/list", NULL, "");
	again = call_modern("tools/list", NULL, "");
	ASSERT_STR(text_at(first->answer, "result.tools.0.name"), "echo");
	ASSERT_STR(text_at(first->answer, "result.tools.0.inputSchema.type"), "object");
	CU_ASSERT(at(first->answer, "result.tools.0.lakehost") == NULL);
	CU_ASSERT(json_object_equal(first->answer, again->answer));
	CU_ASSERT(at(first->answer, "result.nextCursor") == NULL);
	ASSERT_STR(text_at(first->answer, "result.resultType"), "complete");
	ASSERT_STR(text_at(first->answer, "result.cacheScope"), "private");
	ASSERT_INT(int_at(first->answer, "result.ttlMs"), 60000);
	first = call_modern("resources/list", NULL, "");
	ASSERT_STR(text_at(first->answer, "result.resources.0.uri"), "test://note");
	first = call_modern("resources/templates/list", NULL, "");
	ASSERT_STR(text_at(first->answer, "result.resourceTemplates.0.uriTemplate"),
		   "test://item/{id}");
	first = call_modern("prompts/list", NULL, "");
	ASSERT_STR(text_at(first->answer, "result.prompts.0.arguments.0.name"), "name");
	rig_stop();
}

static void
pages(void)
{
	struct sent *sent;
	const char *cursor;
	char params[1500];
	size_t seen = 0, rounds = 0;

	rig_page = 5;
	rig_start();
	params[0] = '\0';
	do {
		sent = call_modern("tools/list", NULL, params);
		seen += json_object_array_length(at(sent->answer, "result.tools"));
		cursor = text_at(sent->answer, "result.nextCursor");
		if (cursor != NULL)
			snprintf(params, sizeof(params), "\"cursor\":\"%s\"", cursor);
	} while (cursor != NULL && ++rounds < 10);
	ASSERT_INT(rounds, 3);
	ASSERT_INT(seen, 20); /* all except the one for administrators */
	/* the last cursor is not valid for another list or another principal */
	expect_refused(call_modern("resources/list", NULL, params), 200, -32602);
	rig_principal = "somebody";
	expect_refused(call_modern("tools/list", NULL, params), 200, -32602);
	rig_principal = "local";
	expect_refused(call_modern("tools/list", NULL, "\"cursor\":\"\""), 200, -32602);
	expect_refused(call_modern("tools/list", NULL, "\"cursor\":7"), 200, -32602);
	CU_ASSERT(at(call_modern("tools/list", NULL, "\"cursor\":null")->answer, "result") != NULL);
	rig_restart();
	ASSERT_INT(call_modern("tools/list", NULL, params)->status, 200);
	rig_stop();
}

static void
tool_errors(void)
{
	struct sent *sent;

	rig_start();
	expect_refused(call_modern("tools/call", "nothing", "\"name\":\"nothing\""), 200, -32602);
	expect_refused(call_modern("tools/call", "rules", "\"name\":\"rules\""), 200, -32602);
	expect_refused(call_modern("tools/call", NULL, "\"name\":7"), 200, -32602);
	expect_refused(call_modern("tools/call", "echo", "\"name\":\"echo\",\"arguments\":[]"), 200,
		       -32602);
	sent = call_modern("tools/call", "echo", "\"name\":\"echo\"");
	CU_ASSERT(json_object_get_boolean(at(sent->answer, "result.isError")));
	CU_ASSERT(strstr(text_at(sent->answer, "result.content.0.text"), "text") != NULL);
	ASSERT_STR(text_at(sent->answer, "result._meta.'lakehost/error'.status"), "invalid_input");
	sent = call_modern("tools/call", "fails", "\"name\":\"fails\"");
	CU_ASSERT(json_object_get_boolean(at(sent->answer, "result.isError")));
	ASSERT_STR(text_at(sent->answer, "result.content.0.text"),
		   "No such thing\nIt was never there\nLook elsewhere");
	ASSERT_STR(text_at(sent->answer, "result._meta.'lakehost/error'.status"), "not_found");
	ASSERT_STR(text_at(sent->answer, "result.resultType"), "complete");
	rig_stop();
}

static void
structured(void)
{
	struct sent *sent;

	rig_start();
	sent = call_modern("tools/call", "data", "\"name\":\"data\"");
	ASSERT_INT(int_at(sent->answer, "result.structuredContent.n"), 7);
	ASSERT_STR(text_at(sent->answer, "result.content.0.text"), "{\"n\":7}");
	sent = call_modern("tools/call", "list", "\"name\":\"list\"");
	ASSERT_INT(int_at(sent->answer, "result.structuredContent.1"), 2);
	ASSERT_STR(text_at(sent->answer, "result.content.0.text"), "one two");
	sent = call_modern("tools/call", "invalid_output", "\"name\":\"invalid_output\"");
	CU_ASSERT(json_object_get_boolean(at(sent->answer, "result.isError")));
	CU_ASSERT(at(sent->answer, "result.structuredContent") == NULL);
	rig_stop();
}

static void
content_blocks(void)
{
	struct sent *sent;

	rig_start();
	sent = call_modern("tools/call", "blocks", "\"name\":\"blocks\"");
	ASSERT_STR(text_at(sent->answer, "result.content.0.type"), "audio");
	ASSERT_STR(text_at(sent->answer, "result.content.0.data"), "YWJj");
	ASSERT_STR(text_at(sent->answer, "result.content.1.type"), "resource_link");
	ASSERT_STR(text_at(sent->answer, "result.content.2.resource.text"), "inside");
	rig_stop();
}

static void
resources(void)
{
	struct sent *sent;
	const char *message;

	rig_start();
	sent = call_modern("resources/read", "test://note", "\"uri\":\"test://note\"");
	ASSERT_STR(text_at(sent->answer, "result.contents.0.uri"), "test://note");
	ASSERT_STR(text_at(sent->answer, "result.contents.0.mimeType"), "text/plain");
	ASSERT_STR(text_at(sent->answer, "result.contents.0.text"), "a note");
	ASSERT_INT(int_at(sent->answer, "result.ttlMs"), 0);
	ASSERT_STR(text_at(sent->answer, "result.cacheScope"), "private");
	sent = call_modern("resources/read", "test://blob", "\"uri\":\"test://blob\"");
	ASSERT_STR(text_at(sent->answer, "result.contents.0.blob"), "iVBORw==");
	CU_ASSERT(at(sent->answer, "result.contents.0.text") == NULL);
	sent = call_modern("resources/read", "test://json", "\"uri\":\"test://json\"");
	ASSERT_STR(text_at(sent->answer, "result.contents.0.mimeType"), "application/json");
	ASSERT_STR(text_at(sent->answer, "result.contents.0.text"), "{\"n\":7}");
	CU_ASSERT(at(sent->answer, "result.contents.1") == NULL);
	sent = call_modern("resources/read", "test://item/4%202", "\"uri\":\"test://item/4%202\"");
	ASSERT_STR(text_at(sent->answer, "result.contents.0.text"), "item 4 2");
	ASSERT_STR(text_at(sent->answer, "result.contents.0.uri"), "test://item/4%202");
	sent = call_modern("resources/read", "test://nowhere", "\"uri\":\"test://nowhere\"");
	expect_refused(sent, 200, -32602);
	ASSERT_STR(text_at(sent->answer, "error.data.uri"), "test://nowhere");
	sent = call_modern("resources/read", "test://gone", "\"uri\":\"test://gone\"");
	expect_refused(sent, 200, -32602);
	ASSERT_STR(text_at(sent->answer, "error.data.uri"), "test://gone");
	sent = call_modern("resources/read", "test://broken", "\"uri\":\"test://broken\"");
	expect_refused(sent, 200, -31000); /* nothing of the host failed */
	message = text_at(sent->answer, "error.message");
	CU_ASSERT(strstr(message, "The workspace answers nonsense\n<untrusted-data ") == message);
	CU_ASSERT(strstr(message, "xxx\n</untrusted-data>\nWait.") != NULL); /* whole */
	rig_stop();
}

static void
prompts(void)
{
	struct sent *sent;

	rig_start();
	sent = call_modern("prompts/get", "greet",
			   "\"name\":\"greet\",\"arguments\":{\"name\":\"Ada\"}");
	ASSERT_STR(text_at(sent->answer, "result.description"), "Greets");
	ASSERT_STR(text_at(sent->answer, "result.messages.0.role"), "user");
	ASSERT_STR(text_at(sent->answer, "result.messages.0.content.text"), "Greet Ada");
	ASSERT_STR(text_at(sent->answer, "result.messages.1.role"), "assistant");
	expect_refused(call_modern("prompts/get", "greet", "\"name\":\"greet\""), 200, -32602);
	expect_refused(call_modern("prompts/get", "greet",
				   "\"name\":\"greet\",\"arguments\":{\"name\":[7]}"),
		       200, -32602);
	sent = call_modern("prompts/get", "greet",
			   "\"name\":\"greet\",\"arguments\":{\"name\":7,\"more\":null}");
	CU_ASSERT(at(sent->answer, "result") != NULL);
	expect_refused(call_modern("prompts/get", "no", "\"name\":\"no\""), 200, -32602);
	rig_stop();
}

/* No code runs for these; a caller's values are only text. */
static void
text_prompts(void)
{
	struct sent *sent;

	rig_start();
	sent = call_modern("prompts/get", "note",
			   "\"name\":\"note\",\"arguments\":{\"what\":\"{{how}} \\\"x\\\"\"}");
	ASSERT_STR(text_at(sent->answer, "result.description"), "Notes");
	ASSERT_STR(text_at(sent->answer, "result.messages.0.role"), "user");
	ASSERT_STR(text_at(sent->answer, "result.messages.0.content.text"),
		   "Note {{how}} \"x\": {{how}} \"x\" {{ } {{");
	ASSERT_STR(text_at(sent->answer, "result.messages.1.role"), "assistant");
	ASSERT_STR(text_at(sent->answer, "result.messages.1.content.text"), "Noted.");
	expect_refused(call_modern("prompts/get", "note", "\"name\":\"note\""), 200, -32602);
	rig_stop();
}

static void
completions(void)
{
	struct sent *sent;

	rig_start();
	sent = call_modern("completion/complete", NULL,
			   "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"greet\"},"
			   "\"argument\":{\"name\":\"name\",\"value\":\"Ad\"},"
			   "\"context\":{\"arguments\":{\"tone\":\"warm\"}}");
	ASSERT_STR(text_at(sent->answer, "result.completion.values.0"), "Ada");
	ASSERT_STR(text_at(sent->answer, "result.completion.values.1"), "warm");
	CU_ASSERT(!json_object_get_boolean(at(sent->answer, "result.completion.hasMore")));
	sent = call_modern("completion/complete", NULL,
			   "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"greet\"},"
			   "\"argument\":{\"name\":\"tone\",\"value\":\"\"}");
	ASSERT_INT(json_object_array_length(at(sent->answer, "result.completion.values")), 0);
	sent = call_modern("completion/complete", NULL,
			   "\"ref\":{\"type\":\"ref/resource\",\"uri\":\"test://item/{id}\"},"
			   "\"argument\":{\"name\":\"id\",\"value\":\"\"}");
	ASSERT_INT(json_object_array_length(at(sent->answer, "result.completion.values")), 0);
	expect_refused(call_modern("completion/complete", NULL,
				   "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"no\"},"
				   "\"argument\":{\"name\":\"a\",\"value\":\"\"}"),
		       200, -32602);
	expect_refused(call_modern("completion/complete", NULL, "\"ref\":{\"type\":\"ref/other\"}"),
		       200, -32602);
	rig_stop();
}

/* The memory of all requests together is limited. */
static void
memory_of_requests_is_limited(void)
{
	char *text = xmalloc(PARSE_INLINE * 2);
	struct sent *sent;

	rig_start();
	snprintf(text, PARSE_INLINE * 2,
		 ERA_REQUEST("7", "server/discover", "\"x\":\"%*s\"," MODERN_META("")),
		 (int)PARSE_INLINE, "");
	sent = rig_wait(send_stdio(text));
	CU_ASSERT(at(sent->answer, "result") != NULL);
	ASSERT_INT(rig_eras->held, 0);
	rig_eras->held = HELD_MAX;
	sent = send_stdio(text);
	ASSERT_STR(text_at(sent->answer, "id"), "7");
	CU_ASSERT(strstr(text_at(sent->answer, "error.message"), "too large together") != NULL);
	send_stdio("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
		   "\"params\":{\"requestId\":1}}");
	ASSERT_INT(rig_eras->held, HELD_MAX);
	rig_eras->held = 0;
	rig_stop();
	free(text);
}

static void
errors_are_masked(void)
{
	static const char secret[] = "a-name-never-to-be-shown";
	struct sent *sent;

	mask_add(secret, strlen(secret));
	rig_start();
	sent = call_modern("tools/call", secret,
			   "\"name\":\"a-name-never-to-be-shown\",\"arguments\":{}");
	CU_ASSERT_STRING_EQUAL(text_at(sent->answer, "error.message"), "unknown tool \"***\"");
	rig_stop();
}

/* For any text from a client, the message has one line and a limited length. */
static void
errors_are_one_line(void)
{
	static const char name[] = "\"name\":\"a\\r\\nNext: b\\u001b[31m\\u202e\\u2028c\"";
	static const char *const methods[] = { "tools/call", "prompts/get" };
	struct sent *sent;
	char text[256];

	rig_start();
	for (size_t i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "%s,\"arguments\":{}", name);
		sent = call_modern(methods[i], "=?base64?YQ0KTmV4dDogYhtbMzFt4oCu4oCoYw==?=", text);
		snprintf(text, sizeof(text), "unknown %s \"a Next: b c\"",
			 i == 0 ? "tool" : "prompt");
		ASSERT_STR(text_at(sent->answer, "error.message"), text);
	}
	rig_stop();
}

static void
shown_names(void)
{
	char shown[NAME_ROOM], name[400], expected[NAME_ROOM];
	static const char secret[] = "a-secret-at-the-very-cut";

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memset(expected, 'n', NAME_SHOWN_MAX);
	strcpy(expected + NAME_SHOWN_MAX, "\xE2\x80\xA6");
	CU_ASSERT_STRING_EQUAL(request_shown(name, shown), expected);
	mask_add(secret, strlen(secret));
	memcpy(name + NAME_SHOWN_MAX - 10, secret, strlen(secret));
	CU_ASSERT(strstr(request_shown(name, shown), "a-se") == NULL);
}

static const struct test tests[] = {
	TEST(errors_are_masked),
	TEST(errors_are_one_line),
	TEST(shown_names),
	TEST(memory_of_requests_is_limited),
	TEST(a_call),
	TEST(ids_come_back_as_they_were),
	TEST(envelope_first),
	TEST(versions),
	TEST(headers_repeat_the_body),
	TEST(header_parameters),
	TEST(methods),
	TEST(notifications_and_unknown_responses),
	TEST(options_of_a_request),
	TEST(discover),
	TEST(lists),
	TEST(pages),
	TEST(tool_errors),
	TEST(structured),
	TEST(content_blocks),
	TEST(resources),
	TEST(prompts),
	TEST(text_prompts),
	TEST(completions),
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the modern era, and of the common parts of both eras: admission, methods, results,
 * errors, rounds. */
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
		/* a request without Mcp-Method, which is checked later */
		sent = send_http(headers, text);
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
};
SUITE(tests)

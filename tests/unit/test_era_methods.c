/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the methods in the modern era: their results, and what the lists contain. */
#include "suite.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/config.h"
#include "era/inside.h"
#include "era_rig.h"

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
	ASSERT_INT(rounds, 4);
	ASSERT_INT(seen, 22); /* all tools except the one for administrators */
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
	expect_refused(sent, 200, -31000); /* the code does not mean that the host failed */
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

/* No code runs for these prompts; a caller's values are inserted as text only. */
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

static const struct test tests[] = {
	TEST(discover),	      TEST(lists),     TEST(pages),   TEST(tool_errors),  TEST(structured),
	TEST(content_blocks), TEST(resources), TEST(prompts), TEST(text_prompts), TEST(completions),
};
SUITE(tests)

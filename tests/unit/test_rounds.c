/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of what happens between a request and its answer: progress, logs, cancelling, rounds of
 * questions. */
#include "suite.h"

#include "base/buf.h"
#include "era/request.h"
#include "era_plugin.h"
#include "era_rig.h"

/* ---- before the answer --------------------------------------------------------------------- */

static struct sent *
with_meta(const char *tool, const char *meta)
{
	const char *headers[] = { "MCP-Protocol-Version",
				  "2026-07-28",
				  "Mcp-Method",
				  "tools/call",
				  "Mcp-Name",
				  tool,
				  NULL };
	char text[1024];

	snprintf(text, sizeof(text),
		 "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
		 "\"params\":{\"name\":\"%s\"," MODERN_META("%s") "}}",
		 tool, meta);
	return send_http(headers, text);
}

static void
progress(void)
{
	struct sent *sent;

	rig_start();
	sent = rig_wait(with_meta("steps", ",\"progressToken\":\"\\u0070\""));
	ASSERT_INT(sent->notes, 3); /* a report without progress is left out */
	ASSERT_STR(text_at(sent->note[0], "method"), "notifications/progress");
	ASSERT_STR(text_at(sent->note[0], "params.progressToken"), "p");
	ASSERT_INT(int_at(sent->note[0], "params.progress"), 0);
	ASSERT_INT(int_at(sent->note[1], "params.progress"), 1);
	ASSERT_INT(int_at(sent->note[1], "params.total"), 2);
	ASSERT_STR(text_at(sent->note[1], "params.message"), "one");
	ASSERT_INT(int_at(sent->note[2], "params.progress"), 2);
	CU_ASSERT(at(sent->note[2], "params.total") == NULL);
	ASSERT_STR(text_at(sent->answer, "result.content.0.text"), "done");
	sent = rig_wait(with_meta("steps", ""));
	ASSERT_INT(sent->notes, 0);
	rig_stop();
}

static void
client_logs(void)
{
	struct sent *sent;

	rig_start();
	sent = rig_wait(with_meta("logs", ""));
	ASSERT_INT(sent->notes, 0);
	sent = rig_wait(with_meta("logs", ",\"io.modelcontextprotocol/logLevel\":\"notice\""));
	ASSERT_INT(sent->notes, 1);
	ASSERT_STR(text_at(sent->note[0], "method"), "notifications/message");
	ASSERT_STR(text_at(sent->note[0], "params.level"), "warning");
	ASSERT_STR(text_at(sent->note[0], "params.logger"), "rig");
	ASSERT_INT(int_at(sent->note[0], "params.data.high"), 1);
	sent = rig_wait(with_meta("logs", ",\"io.modelcontextprotocol/logLevel\":\"debug\""));
	ASSERT_INT(sent->notes, 2);
	rig_stop();
}

static void
leaving_cancels(void)
{
	struct sent *sent;

	rig_start();
	sent = call_modern("tools/call", "slow", "\"name\":\"slow\"");
	rig_idle();
	ASSERT_INT(sent->finished, 0);
	rig_close(sent);
	ASSERT_INT(sent->finished, 1);
	CU_ASSERT(sent->answer == NULL);
	rig_until(&rig_slow_cancelled);
	rig_stop();
}

static void
cancelled_on_stdio(void)
{
	struct sent *sent, *taken;

	rig_start();
	sent = send_stdio(ERA_REQUEST("\"s\"", "tools/call", "\"name\":\"slow\"," MODERN_META("")));
	rig_idle();
	taken = send_stdio(ERA_REQUEST("\"\\u0073\"", "server/discover", MODERN_META("")));
	ASSERT_INT(int_at(taken->answer, "error.code"), -32600);
	send_stdio("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
		   "\"params\":{\"requestId\":\"other\"}}");
	ASSERT_INT(sent->finished, 0);
	send_stdio("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
		   "\"params\":{\"requestId\":\"s\",\"reason\":\"enough\"}}");
	ASSERT_INT(sent->finished, 1);
	CU_ASSERT(sent->answer == NULL);
	/* the id can be used again at once */
	taken = send_stdio(ERA_REQUEST("\"s\"", "server/discover", MODERN_META("")));
	CU_ASSERT(at(taken->answer, "result") != NULL);
	rig_until(&rig_slow_cancelled);
	rig_stop();
}

static void
wait_for_end(void)
{
	while (rig_eofs == 0)
		rig_idle();
	ASSERT_INT(rig_eofs, 1);
}

/* Requests are answered before the host is told that input has ended; large messages too. */
static void
end_of_input(void)
{
	const struct receiver *receiver;
	struct sent *sent, *large;
	struct buf json;

	rig_start();
	receiver = eras_receiver(rig_eras);
	buf_init(&json, SIZE_MAX / 2);
	buf_puts(&json, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"server/discover\",\"params\":{"
			"\"x\":\"");
	while (json.len < PARSE_INLINE + 1)
		buf_putc(&json, 'x');
	buf_puts(&json, "\"," MODERN_META("") "}}");
	sent = send_stdio(ERA_REQUEST("1", "tools/call", "\"name\":\"slow\"," MODERN_META("")));
	large = send_stdio(json.data);
	receiver->eof(receiver->data);
	rig_wait(large);
	CU_ASSERT(at(large->answer, "result") != NULL);
	rig_idle();
	ASSERT_INT(rig_eofs, 0);
	ASSERT_INT(sent->finished, 0);
	send_stdio("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
		   "\"params\":{\"requestId\":1}}");
	wait_for_end();
	buf_fini(&json);
	rig_stop();
}

/* The first answer of a large batch does not mean that all requests are answered. */
static void
end_of_input_in_batch(void)
{
	const struct receiver *receiver;
	struct sent *batch;
	struct buf json;

	rig_start();
	receiver = eras_receiver(rig_eras);
	send_stdio(ERA_REQUEST("0", "initialize",
			       "\"protocolVersion\":\"2025-03-26\",\"capabilities\":{}"));
	buf_init(&json, SIZE_MAX / 2);
	buf_puts(&json, "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
			"\"name\":\"steps\",\"_meta\":{\"progressToken\":1},\"x\":\"");
	while (json.len < PARSE_INLINE + 1)
		buf_putc(&json, 'x');
	buf_puts(&json, "\"}}," ERA_REQUEST("2", "tools/call", "\"name\":\"slow\"") "]");
	batch = send_stdio(json.data);
	receiver->eof(receiver->data);
	rig_wait_notes(batch, 1);
	rig_idle();
	ASSERT_INT(rig_eofs, 0);
	ASSERT_INT(batch->finished, 0);
	send_stdio("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
		   "\"params\":{\"requestId\":2}}");
	ASSERT_INT(batch->finished, 1);
	ASSERT_INT(json_object_array_length(batch->answer), 1);
	wait_for_end();
	/* the host ends: messages that are being parsed are freed without an answer */
	send_stdio(json.data);
	buf_fini(&json);
	rig_stop();
}

/* A request ends at once when its peer does not read the answer, or when it needs the client. */
static void
end_of_input_and_output(void)
{
	const struct receiver *receiver;
	struct sent *sent;

	rig_start();
	receiver = eras_receiver(rig_eras);
	sent = send_stdio(ERA_REQUEST("1", "tools/call", "\"name\":\"slow\"," MODERN_META("")));
	receiver->eof(receiver->data);
	sent->exchange.closed = true;
	receiver->eof(receiver->data);
	ASSERT_INT(sent->finished, 1);
	CU_ASSERT(sent->answer == NULL);
	wait_for_end();
	rig_until(&rig_slow_cancelled);
	rig_stop();
}

static void
large_bodies(void)
{
	struct buf params;
	struct sent *sent;

	rig_start();
	buf_init(&params, 1u << 20);
	buf_puts(&params, "\"name\":\"echo\",\"arguments\":{\"text\":\"x\"},\"padding\":\"");
	while (params.len < PARSE_INLINE)
		buf_puts(&params, "0123456789abcdef");
	buf_putc(&params, '"');
	sent = call_modern("tools/call", "echo", params.data);
	ASSERT_INT(sent->finished, 0); /* a worker thread is parsing it */
	ASSERT_STR(text_at(rig_wait(sent)->answer, "result.content.0.text"), "x");
	sent = call_modern("tools/call", "echo", params.data);
	rig_close(sent); /* the peer left before the message was read: nothing is started */
	rig_wait(sent);
	CU_ASSERT(sent->answer == NULL);
	buf_fini(&params);
	rig_stop();
}

static struct sent *
large_call(const char *method, const char *name, const char *begin, const char *end)
{
	struct buf params;
	struct sent *sent;

	buf_init(&params, 1u << 20);
	buf_puts(&params, begin);
	while (params.len < PARSE_INLINE)
		buf_puts(&params, "0123456789abcdef");
	buf_puts(&params, end);
	sent = call_modern(method, name, params.data);
	buf_fini(&params);
	return sent;
}

/* A worker thread also checks large arguments, with the same result. */
static void
large_arguments(void)
{
	struct sent *sent;

	rig_start();
	sent = rig_wait(large_call("tools/call", "echo",
				   "\"name\":\"echo\",\"arguments\":{\"text\":\"", "\"}"));
	CU_ASSERT(strlen(text_at(sent->answer, "result.content.0.text")) > 1000);
	sent = rig_wait(large_call("tools/call", "echo",
				   "\"name\":\"echo\",\"arguments\":{\"none\":\"", "\"}"));
	CU_ASSERT(json_object_get_boolean(at(sent->answer, "result.isError")));
	sent = rig_wait(large_call("tools/call", "echo",
				   "\"name\":\"echo\",\"arguments\":{\"text\":\"", "\\u0000\"}"));
	CU_ASSERT(json_object_get_boolean(at(sent->answer, "result.isError")));
	CU_ASSERT(strstr(text_at(sent->answer, "result.content.0.text"), "text: U+0000") != NULL);
	sent = rig_wait(large_call("completion/complete", NULL,
				   "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"greet\"},"
				   "\"argument\":{\"name\":\"name\",\"value\":\"",
				   "\"}"));
	ASSERT_INT(int_at(sent->answer, "error.code"), -32602);
	/* the client leaves at different moments while a worker has the arguments */
	for (int ms = 0; ms < 5; ms++) {
		sent = large_call("tools/call", "echo",
				  "\"name\":\"echo\",\"arguments\":{\"text\":\"", "\"}");
		rig_rounds(ms);
		if (!sent->finished)
			rig_close(sent);
		rig_wait(sent);
	}
	rig_stop();
}

/* ---- rounds -------------------------------------------------------------------------------- */

#define ABLE "{\"elicitation\":{},\"roots\":{}}"

static struct sent *
round_of(const char *tool, const char *state, const char *responses)
{
	struct buf params;
	struct sent *sent;

	buf_init(&params, 1u << 16);
	buf_printf(&params, "\"name\":\"%s\"", tool);
	if (state != NULL)
		buf_printf(&params, ",\"requestState\":\"%s\"", state);
	if (responses != NULL)
		buf_printf(&params, ",\"inputResponses\":%s", responses);
	sent = rig_wait(call_capable("tools/call", tool, params.data, ABLE));
	buf_fini(&params);
	return sent;
}

static void
rounds(void)
{
	struct sent *first, *second, *third;
	const char *state;

	rig_start();
	first = round_of("asks", NULL, NULL);
	ASSERT_STR(text_at(first->answer, "result.resultType"), "input_required");
	ASSERT_STR(text_at(first->answer, "result.inputRequests.name.method"),
		   "elicitation/create");
	ASSERT_STR(text_at(first->answer, "result.inputRequests.name.params.message"),
		   "Your name?");
	ASSERT_STR(text_at(first->answer, "result.inputRequests.roots.method"), "roots/list");
	CU_ASSERT(at(first->answer, "result.ttlMs") == NULL);
	CU_ASSERT(at(first->answer, SERVER_INFO) != NULL);
	state = text_at(first->answer, "result.requestState");
	second = round_of("asks", state,
			  "{\"name\":{\"action\":\"accept\",\"content\":"
			  "{\"v\":\"Ada\"}},\"roots\":{\"roots\":[]},\"stranger\":{}}");
	ASSERT_STR(text_at(second->answer, "result.resultType"), "input_required");
	CU_ASSERT(at(second->answer, "result.inputRequests.color") != NULL);
	CU_ASSERT(at(second->answer, "result.inputRequests.name") == NULL);
	CU_ASSERT(strcmp(text_at(second->answer, "result.requestState"), state) != 0);
	rig_restart(); /* the host has no state left */
	third = round_of("asks", text_at(second->answer, "result.requestState"),
			 "{\"color\":{\"action\":\"accept\",\"content\":{\"v\":\"red\"}}}");
	ASSERT_STR(text_at(third->answer, "result.content.0.text"), "Ada likes red");
	rig_stop();
}

static void
invalid_answers(void)
{
	struct sent *sent;
	const char *state;

	rig_start();
	state = text_at(round_of("asks", NULL, NULL)->answer, "result.requestState");
	sent = round_of("asks", state, "{\"wrong\":{\"action\":\"accept\"}}");
	CU_ASSERT(at(sent->answer, "result.inputRequests.name") != NULL);
	sent = round_of("asks", state, "{\"name\":12345,\"roots\":[]}");
	CU_ASSERT(at(sent->answer, "result.inputRequests.name") != NULL);
	sent = round_of("asks", state, "{}");
	CU_ASSERT(at(sent->answer, "result.inputRequests.roots") != NULL);
	expect_refused(round_of("asks", state, "null"), 200, -32602);
	expect_refused(round_of("asks", NULL, "[]"), 200, -32602);
	rig_stop();
}

static void
state_is_bound(void)
{
	struct sent *first;
	char state[4096];
	const char *good;

	rig_start();
	first = round_of("asks", NULL, NULL);
	good = text_at(first->answer, "result.requestState");
	snprintf(state, sizeof(state), "%s-TAMPERED", good);
	expect_refused(round_of("asks", state, "{}"), 200, -32602);
	snprintf(state, sizeof(state), "%s", good);
	state[20] = state[20] == 'A' ? 'B' : 'A';
	expect_refused(round_of("asks", state, "{}"), 200, -32602);
	expect_refused(round_of("nags", good, "{}"), 200, -32602); /* another tool's */
	rig_principal = "somebody";
	expect_refused(round_of("asks", good, "{}"), 200, -32602);
	rig_principal = "local";
	expect_refused(round_of("asks", "", "{}"), 200, -32602);
	ASSERT_INT(round_of("asks", good, "{}")->status, 200);
	rig_stop();
}

static void
rounds_are_bounded(void)
{
	struct sent *sent;
	const char *state = NULL;
	char responses[128];
	int i = 0;

	rig_start();
	sent = round_of("nags", NULL, NULL);
	while ((state = text_at(sent->answer, "result.requestState")) != NULL && i < 20) {
		snprintf(responses, sizeof(responses), "{\"again%d\":{\"action\":\"decline\"}}",
			 i++);
		sent = round_of("nags", state, responses);
	}
	ASSERT_INT(i, ASK_ROUNDS);
	CU_ASSERT(json_object_get_boolean(at(sent->answer, "result.isError")));
	rig_stop();
}

static void
answers_are_bounded(void)
{
	static const int sizes[] = { 7900, 8400 };

	rig_start();
	for (size_t i = 0; i < 2; i++) {
		const char *state =
		    text_at(round_of("nags", NULL, NULL)->answer, "result.requestState");
		struct buf responses;
		struct sent *sent;

		buf_init(&responses, 1u << 16);
		buf_puts(&responses, "{\"again0\":{\"action\":\"accept\",\"content\":{\"v\":\"");
		for (int k = 0; k < sizes[i]; k++)
			buf_putc(&responses, 'x');
		buf_puts(&responses, "\"}}}");
		sent = round_of("nags", state, responses.data);
		ASSERT_INT(at(sent->answer, "result.isError") != NULL, i == 1);
		buf_fini(&responses);
	}
	rig_stop();
}

static void
capabilities(void)
{
	struct sent *sent;

	rig_start();
	sent = call_modern("tools/call", "needs", "\"name\":\"needs\"");
	expect_refused(sent, 400, -32021);
	CU_ASSERT(
	    json_object_is_type(at(sent->answer, "error.data.requiredCapabilities.sampling.tools"),
				json_type_object));
	sent = call_capable("tools/call", "needs", "\"name\":\"needs\"", "{\"sampling\":{}}");
	expect_refused(sent, 400, -32021);
	sent = call_capable("tools/call", "needs", "\"name\":\"needs\"",
			    "{\"sampling\":{\"tools\":{}}}");
	ASSERT_STR(text_at(sent->answer, "result.content.0.text"), "ok");
	/* a question that the client does not support is not sent */
	sent = call_modern("tools/call", "asks", "\"name\":\"asks\"");
	CU_ASSERT(at(sent->answer, "result.inputRequests") == NULL);
	rig_stop();
}

/* The poll of an operation asks: the request with the answer continues the operation that was
 * begun. */
static void
operations_ask(void)
{
	static const char blue[] =
	    "{\"answer\":{\"action\":\"accept\",\"content\":{\"v\":\"blue\"}}}";
	struct sent *sent;

	rig_start();
	rig_quizzes = 0;
	sent = round_of("quiz", NULL, NULL);
	CU_ASSERT(at(sent->answer, "result.inputRequests.answer") != NULL);
	ASSERT_INT(rig_quizzes, 1);
	sent = round_of("quiz", text_at(sent->answer, "result.requestState"), NULL);
	CU_ASSERT(at(sent->answer, "result.inputRequests.answer") != NULL); /* asked again */
	rig_restart();
	sent = round_of("quiz", text_at(sent->answer, "result.requestState"), blue);
	ASSERT_STR(text_at(sent->answer, "result.content.0.text"), "blue is right.");
	ASSERT_INT(rig_quizzes, 1);
	rig_stop();
}

static const struct test tests[] = {
	TEST(progress),
	TEST(client_logs),
	TEST(leaving_cancels),
	TEST(cancelled_on_stdio),
	TEST(end_of_input),
	TEST(end_of_input_and_output),
	TEST(end_of_input_in_batch),
	TEST(large_bodies),
	TEST(large_arguments),
	TEST(rounds),
	TEST(invalid_answers),
	TEST(state_is_bound),
	TEST(operations_ask),
	TEST(rounds_are_bounded),
	TEST(answers_are_bounded),
	TEST(capabilities),
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the legacy era: sessions, their content, allowed messages, and questions to the
 * client. */
#include "suite.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/seal.h"
#include "config/config.h"
#include "era/capabilities.h"
#include "era/session.h"
#include "era_rig.h"

#define BOTH "application/json, text/event-stream"
#define INITIALIZE(version, capabilities)                                        \
	"{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{"   \
	"\"protocolVersion\":\"" version "\",\"capabilities\":" capabilities "," \
	"\"clientInfo\":{\"name\":\"test\",\"version\":\"1\"}}}"
#define CALL(id, tool) ERA_REQUEST(id, "tools/call", "\"name\":\"" tool "\"")

static const char *const anonymous[] = { "Accept", BOTH, NULL };
static char session_id[1200];

static struct sent *
initialize(const char *json)
{
	struct sent *sent = send_http(anonymous, json);

	snprintf(session_id, sizeof(session_id), "%s", sent->session);
	return sent;
}

static struct sent *
in_session(const char *json)
{
	const char *headers[] = { "Accept", BOTH, "Mcp-Session-Id", session_id, NULL };

	return send_http(headers, json);
}

static void
expect_error(struct sent *sent, int status, int code)
{
	ASSERT_INT(sent->status, status);
	ASSERT_INT(int_at(sent->answer, "error.code"), code);
}

/* ---- initialize ---------------------------------------------------------------------------- */

static void
handshake(void)
{
	struct sent *sent;

	rig_start();
	sent = initialize(INITIALIZE("2025-11-25", "{}"));
	ASSERT_INT(sent->status, 200);
	ASSERT_STR(text_at(sent->answer, "result.protocolVersion"), "2025-11-25");
	ASSERT_STR(text_at(sent->answer, "result.serverInfo.name"), "rig");
	ASSERT_STR(text_at(sent->answer, "result.instructions"), "Ask for echo.");
	CU_ASSERT(at(sent->answer, "result.resultType") == NULL);
	CU_ASSERT(at(sent->answer, "result._meta") == NULL);
	/* the stream of the session carries changes */
	CU_ASSERT(at(sent->answer, "result.capabilities.tools") != NULL);
	CU_ASSERT(at(sent->answer, "result.capabilities.tools.listChanged") != NULL);
	CU_ASSERT(strlen(sent->session) >= 22 && strlen(sent->session) <= LIMIT_HANDLE);
	for (const char *c = sent->session; *c != '\0'; c++)
		CU_ASSERT(*c >= 0x21 && *c <= 0x7e);
	sent = in_session("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
	ASSERT_INT(sent->status, 202);
	CU_ASSERT(sent->answer == NULL);
	sent = in_session(ERA_REQUEST("\"p\"", "ping", ""));
	ASSERT_STR(json_object_to_json_string_ext(sent->answer, JSON_C_TO_STRING_PLAIN),
		   "{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"result\":{}}");
	expect_error(in_session(INITIALIZE("2025-11-25", "{}")), 400, -32600);
	rig_stop();
}

static void
negotiation(void)
{
	static const struct {
		const char *asked, *got;
	} cases[] = {
		{ "2024-11-05", "2024-11-05" }, { "2025-03-26", "2025-03-26" },
		{ "2025-06-18", "2025-06-18" }, { "2025-11-25", "2025-11-25" },
		{ "2026-07-28", "2025-11-25" }, { "1.0", "2025-11-25" },
	};
	char text[512];

	rig_start();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text),
			 "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":"
			 "{\"protocolVersion\":\"%s\",\"capabilities\":{}}}",
			 cases[i].asked);
		ASSERT_STR(text_at(initialize(text)->answer, "result.protocolVersion"),
			   cases[i].got);
	}
	expect_error(initialize(ERA_REQUEST("0", "initialize", "")), 200, -32602);
	ASSERT_STR(session_id, "");
	rig_stop();
}

static void
older_revisions_know_less(void)
{
	struct sent *sent;

	rig_start();
	sent = initialize(INITIALIZE("2024-11-05", "{}"));
	CU_ASSERT(at(sent->answer, "result.capabilities.completions") == NULL);
	CU_ASSERT(at(sent->answer, "result.serverInfo.title") == NULL);
	sent = in_session(CALL("1", "blocks"));
	ASSERT_STR(text_at(sent->answer, "result.content.0.type"), "text");
	ASSERT_STR(text_at(sent->answer, "result.content.1.text"), "test://note");
	sent = in_session(CALL("1", "data"));
	CU_ASSERT(at(sent->answer, "result.structuredContent") == NULL);
	sent = in_session(ERA_REQUEST("1", "tools/list", ""));
	CU_ASSERT(at(sent->answer, "result.tools.1.outputSchema") == NULL);
	initialize(INITIALIZE("2025-06-18", "{}"));
	sent = in_session(CALL("1", "data"));
	ASSERT_INT(int_at(sent->answer, "result.structuredContent.n"), 7);
	sent = in_session(CALL("1", "list"));
	CU_ASSERT(at(sent->answer, "result.structuredContent") == NULL); /* an array */
	sent = in_session(CALL("1", "blocks"));
	ASSERT_STR(text_at(sent->answer, "result.content.1.type"), "resource_link");
	rig_stop();
}

/* ---- belonging ----------------------------------------------------------------------------- */

static void
whose_session(void)
{
	char forged[1200];

	rig_start();
	expect_error(send_http(anonymous, ERA_REQUEST("1", "ping", "")), 400, -32600);
	snprintf(session_id, sizeof(session_id), "unknown");
	expect_error(in_session(ERA_REQUEST("1", "ping", "")), 404, -32001);
	initialize(INITIALIZE("2025-11-25", "{}"));
	ASSERT_INT(in_session(ERA_REQUEST("1", "ping", ""))->status, 200);
	rig_principal = "somebody";
	expect_error(in_session(ERA_REQUEST("1", "ping", "")), 404, -32001);
	rig_principal = "local";
	memcpy(forged, session_id, sizeof(forged));
	session_id[30] = session_id[30] == 'A' ? 'B' : 'A';
	expect_error(in_session(ERA_REQUEST("1", "ping", "")), 404, -32001);
	memcpy(session_id, forged, sizeof(forged));
	rig_restart(); /* the id contains the whole session */
	ASSERT_INT(in_session(ERA_REQUEST("1", "ping", ""))->status, 200);
	CU_ASSERT(in_session(NULL)->streaming); /* GET; see test_streams.c */
	rig_stop();
}

static void
accepting_json(void)
{
	static const struct {
		const char *accept;
		int status;
	} cases[] = {
		{ "application/json, text/event-stream", 200 },
		{ "application/json", 200 },
		{ NULL, 200 },
		{ "text/event-stream", 406 },
		{ "text/html", 406 },
	};

	rig_start();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *headers[] = { cases[i].accept != NULL ? "Accept" : NULL,
					  cases[i].accept, NULL };

		ASSERT_INT(send_http(headers, INITIALIZE("2025-11-25", "{}"))->status,
			   cases[i].status);
	}
	rig_stop();
}

static void
legacy_errors_are_in_band(void)
{
	struct sent *sent;

	rig_start();
	initialize(INITIALIZE("2025-11-25", "{}"));
	expect_error(in_session(ERA_REQUEST("1", "unknown/method", "")), 200, -32601);
	expect_error(in_session(ERA_REQUEST("1", "server/discover", "")), 200, -32601);
	expect_error(in_session(CALL("1", "nothing")), 200, -32602);
	sent = in_session(ERA_REQUEST("1", "resources/read", "\"uri\":\"test://nowhere\""));
	expect_error(sent, 200, -32002);
	ASSERT_STR(text_at(sent->answer, "error.data.uri"), "test://nowhere");
	/* wrong arguments are an answer of the tool, so that the model sees them */
	sent = in_session(CALL("1", "echo"));
	CU_ASSERT(json_object_get_boolean(at(sent->answer, "result.isError")));
	sent = in_session(CALL("1", "needs"));
	CU_ASSERT(json_object_get_boolean(at(sent->answer, "result.isError")));
	sent = in_session(ERA_REQUEST("1", "resources/read", "\"uri\":\"test://note\""));
	CU_ASSERT(at(sent->answer, "result.ttlMs") == NULL);
	CU_ASSERT(at(sent->answer, "result.resultType") == NULL);
	initialize(INITIALIZE("2025-06-18", "{}"));
	expect_error(in_session(CALL("1", "echo")), 200, -32602);
	rig_stop();
}

static void
log_levels(void)
{
	rig_start();
	initialize(INITIALIZE("2025-11-25", "{}"));
	ASSERT_INT(rig_wait(in_session(CALL("1", "logs")))->notes, 0);
	expect_error(in_session(ERA_REQUEST("1", "logging/setLevel", "\"level\":\"loud\"")), 200,
		     -32602);
	ASSERT_INT(in_session(ERA_REQUEST("1", "logging/setLevel", "\"level\":\"info\""))->status,
		   200);
	ASSERT_INT(rig_wait(in_session(CALL("1", "logs")))->notes, 1);
	ASSERT_INT(in_session(ERA_REQUEST("1", "logging/setLevel", "\"level\":\"debug\""))->status,
		   200);
	ASSERT_INT(rig_wait(in_session(CALL("1", "logs")))->notes, 2);
	initialize(INITIALIZE("2025-11-25", "{}")); /* another session has another level */
	ASSERT_INT(rig_wait(in_session(CALL("1", "logs")))->notes, 0);
	rig_stop();
}

static void
batches(void)
{
	struct sent *sent;
	struct buf many;

	rig_start();
	initialize(INITIALIZE("2025-11-25", "{}"));
	expect_error(in_session("[" ERA_REQUEST("1", "ping", "") "]"), 400, -32600);
	initialize(INITIALIZE("2025-03-26", "{}"));
	expect_error(in_session("[]"), 400, -32600);
	sent = in_session("[{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"},"
			  "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"result\":{}}]");
	ASSERT_INT(sent->status, 202);
	CU_ASSERT(sent->answer == NULL);
	sent = rig_wait(
	    in_session("[" ERA_REQUEST("1", "ping",
				       "") ",7," CALL("\"a\"", "steps") "," INITIALIZE("2025-03-26",
										       "{}") "]"));
	ASSERT_INT(json_object_array_length(sent->answer), 4);
	CU_ASSERT(at(sent->answer, "0.result") != NULL);
	ASSERT_INT(int_at(sent->answer, "1.error.code"), -32600);
	ASSERT_STR(text_at(sent->answer, "2.result.content.0.text"), "done");
	ASSERT_INT(int_at(sent->answer, "3.error.code"), -32600);
	for (int n = 100; n <= 101; n++) {
		buf_init(&many, 1u << 16);
		for (int i = 0; i < n; i++)
			buf_printf(&many, "%c{\"jsonrpc\":\"2.0\",\"method\":\"n\"}",
				   i == 0 ? '[' : ',');
		buf_putc(&many, ']');
		ASSERT_INT(in_session(many.data)->status, n == 100 ? 202 : 400);
		buf_fini(&many);
	}
	rig_stop();
}

static void
leaving_is_not_cancelling(void)
{
	struct sent *sent;

	rig_start();
	initialize(INITIALIZE("2025-11-25", "{}"));
	sent = in_session(CALL("9", "slow"));
	rig_close(sent);
	rig_idle();
	ASSERT_INT(sent->finished, 0);
	CU_ASSERT(!rig_slow_cancelled);
	expect_error(in_session(CALL("9", "echo")), 400, -32600); /* its id is in use */
	ASSERT_INT(in_session("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
			      "\"params\":{\"requestId\":9}}")
		       ->status,
		   202);
	ASSERT_INT(sent->finished, 1);
	rig_until(&rig_slow_cancelled);
	rig_stop();
}

/* ---- stdio --------------------------------------------------------------------------------- */

static void
stdio_lifecycle(void)
{
	struct sent *sent;

	rig_start();
	CU_ASSERT(at(send_stdio(ERA_REQUEST("1", "ping", ""))->answer, "result") != NULL);
	sent = send_stdio(ERA_REQUEST("1", "server/discover", ""));
	ASSERT_INT(int_at(sent->answer, "error.code"), -32602);
	sent = send_stdio(ERA_REQUEST("1", "tools/list", ""));
	ASSERT_INT(int_at(sent->answer, "error.code"), -32602);
	sent = send_stdio("[" ERA_REQUEST("1", "ping", "") "]");
	ASSERT_INT(int_at(sent->answer, "error.code"), -32600);
	/* a request that tests for the modern era does not select an era */
	sent = send_stdio(ERA_REQUEST("1", "server/discover", MODERN_META("")));
	CU_ASSERT(at(sent->answer, "result.supportedVersions") != NULL);
	sent = send_stdio(INITIALIZE("2025-06-18", "{}"));
	ASSERT_STR(text_at(sent->answer, "result.protocolVersion"), "2025-06-18");
	CU_ASSERT(
	    json_object_get_boolean(at(sent->answer, "result.capabilities.tools.listChanged")));
	sent = send_stdio(ERA_REQUEST("1", "tools/list", ""));
	CU_ASSERT(at(sent->answer, "result.tools") != NULL);
	CU_ASSERT(at(sent->answer, "result.ttlMs") == NULL);
	/* a client may use both eras at once */
	sent = send_stdio(ERA_REQUEST("1", "tools/list", MODERN_META("")));
	CU_ASSERT(at(sent->answer, "result.ttlMs") != NULL);
	sent = send_stdio(INITIALIZE("2025-06-18", "{}"));
	ASSERT_INT(int_at(sent->answer, "error.code"), -32600);
	sent = send_stdio(ERA_REQUEST("1", "initialize", MODERN_META("")));
	ASSERT_INT(int_at(sent->answer, "error.code"), -32601);
	CU_ASSERT(send_stdio("{\"jsonrpc\":\"2.0\",\"id\":\"?\",\"result\":{}}")->answer == NULL);
	rig_stop();
}

/* ---- questions ----------------------------------------------------------------------------- */

static struct sent *
reply(struct json_object *question, const char *member)
{
	char text[512];

	snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\",\"id\":\"%s\",%s}",
		 text_at(question, "id"), member);
	return in_session(text);
}

static void
questions(void)
{
	struct sent *sent;

	rig_start();
	initialize(INITIALIZE("2025-06-18", "{\"elicitation\":{},\"roots\":{}}"));
	sent = in_session(CALL("1", "asks"));
	rig_wait_notes(sent, 2);
	ASSERT_STR(text_at(sent->note[0], "method"), "elicitation/create");
	ASSERT_STR(text_at(sent->note[0], "params.message"), "Your name?");
	/* the method does not exist in this revision */
	CU_ASSERT(at(sent->note[0], "params.mode") == NULL);
	ASSERT_STR(text_at(sent->note[1], "method"), "roots/list");
	CU_ASSERT(strcmp(text_at(sent->note[0], "id"), text_at(sent->note[1], "id")) != 0);
	ASSERT_INT(reply(sent->note[0], "\"result\":{\"action\":\"accept\",\"content\":"
					"{\"v\":\"Ada\"}}")
		       ->status,
		   202);
	ASSERT_INT(sent->notes, 2);
	reply(sent->note[0], "\"result\":{}"); /* a second answer is ignored */
	reply(sent->note[1], "\"result\":{\"roots\":[]}");
	rig_wait_notes(sent, 3);
	ASSERT_STR(text_at(sent->note[2], "params.message"), "Your colour?");
	reply(sent->note[2], "\"result\":{\"action\":\"decline\"}");
	rig_wait(sent);
	ASSERT_STR(text_at(sent->answer, "result.content.0.text"), "Ada likes nothing");
	rig_stop();
}

static void
questions_refused(void)
{
	struct sent *sent;

	rig_start();
	initialize(INITIALIZE("2025-11-25", "{}")); /* cannot be asked */
	sent = rig_wait(in_session(CALL("1", "asks")));
	CU_ASSERT(json_object_get_boolean(at(sent->answer, "result.isError")));
	ASSERT_INT(sent->notes, 0);
	initialize(INITIALIZE("2025-11-25", "{\"elicitation\":{},\"roots\":{}}"));
	sent = in_session(CALL("1", "asks"));
	rig_wait_notes(sent, 2);
	reply(sent->note[1], "\"error\":{\"code\":-32601,\"message\":\"no roots here\"}");
	rig_wait(sent);
	CU_ASSERT(json_object_get_boolean(at(sent->answer, "result.isError")));
	CU_ASSERT(strstr(text_at(sent->answer, "result.content.0.text"), "no roots here") != NULL);
	/* the other question is cancelled, on the same stream */
	ASSERT_INT(sent->notes, 3);
	ASSERT_STR(text_at(sent->note[2], "method"), "notifications/cancelled");
	ASSERT_STR(text_at(sent->note[2], "params.requestId"), text_at(sent->note[0], "id"));
	rig_stop();
}

static void
questions_never_answered(void)
{
	struct sent *sent;

	rig_ask_ms = 20;
	rig_start();
	initialize(INITIALIZE("2025-11-25", "{\"elicitation\":{},\"roots\":{}}"));
	sent = rig_wait(in_session(CALL("1", "asks")));
	CU_ASSERT(json_object_get_boolean(at(sent->answer, "result.isError")));
	ASSERT_STR(text_at(sent->answer, "result._meta.'lakehost/error'.status"), "timeout");
	ASSERT_INT(sent->notes, 4); /* both questions, both cancelled */
	ASSERT_STR(text_at(sent->note[3], "method"), "notifications/cancelled");
	reply(sent->note[0], "\"result\":{}"); /* too late */
	rig_stop();
}

static void
questions_of_somebody_else(void)
{
	struct sent *sent;
	char theirs[1200];

	rig_start();
	initialize(INITIALIZE("2025-11-25", "{\"elicitation\":{},\"roots\":{}}"));
	memcpy(theirs, session_id, sizeof(theirs));
	sent = in_session(CALL("1", "asks"));
	rig_wait_notes(sent, 2);
	initialize(INITIALIZE("2025-11-25", "{}"));
	reply(sent->note[0], "\"error\":{\"code\":1,\"message\":\"m\"}");
	rig_idle();
	ASSERT_INT(sent->finished, 0);
	memcpy(session_id, theirs, sizeof(theirs));
	in_session("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
		   "\"params\":{\"requestId\":1}}");
	ASSERT_INT(sent->finished, 1);
	ASSERT_INT(sent->notes, 4); /* both questions are cancelled */
	CU_ASSERT(sent->answer == NULL);
	rig_stop();
}

static void
url_questions(void)
{
	struct sent *sent;

	rig_start();
	initialize(INITIALIZE("2025-11-25", "{\"elicitation\":{\"url\":{}}}"));
	sent = in_session(CALL("1", "opens"));
	rig_wait_notes(sent, 1);
	ASSERT_STR(text_at(sent->note[0], "params.mode"), "url");
	CU_ASSERT(at(sent->note[0], "params.elicitationId") != NULL);
	reply(sent->note[0], "\"result\":{\"action\":\"accept\"}");
	ASSERT_STR(text_at(rig_wait(sent)->answer, "result.content.0.text"), "opened");
	initialize(INITIALIZE("2025-11-25", "{\"elicitation\":{}}"));
	sent = rig_wait(in_session(CALL("1", "opens")));
	CU_ASSERT(json_object_get_boolean(at(sent->answer, "result.isError")));
	rig_stop();
}

static void
client_cannot_be_asked(void)
{
	const char *headers[] = { "Accept", BOTH, "Mcp-Session-Id", session_id, NULL };
	struct sent *sent;

	rig_start();
	initialize(INITIALIZE("2025-11-25", "{\"elicitation\":{},\"roots\":{}}"));
	sent = send_http(headers, CALL("1", "slow"));
	rig_close(sent);
	in_session("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
		   "\"params\":{\"requestId\":1}}");
	ASSERT_INT(sent->finished, 1);
	rig_stop();
}

/* ---- the table ----------------------------------------------------------------------------- */

static int
level_of(struct sessions *sessions, const struct buf *id)
{
	bool busy;
	struct session *session = session_find(sessions, "p", id->data, &busy);

	return session == NULL ? -1 : session->log_level;
}

static void
table_is_bounded(void)
{
	static const unsigned char key[SEAL_KEY_LEN] = "another key, known to everybody";
	struct sealer *sealer = sealer_new(key, 1);
	struct sessions *sessions = sessions_new(sealer, 3);
	const struct session_client client = { "a client", "1.2" };
	struct session *found[4];
	struct buf id[4];
	bool busy;

	for (size_t i = 0; i < 4; i++) {
		buf_init(&id[i], LIMIT_HANDLE);
		session_mint(sessions, "p", REV_2025_06_18, CAN_ROOTS | CAN_ELICIT, &client,
			     &id[i]);
		found[i] = session_find(sessions, "p", id[i].data, &busy);
		if (found[i] == NULL)
			abort();
		ASSERT_STR(found[i]->client.name, "a client");
		ASSERT_STR(found[i]->client.version, "1.2");
		found[i]->log_level = (int)i;
	}
	ASSERT_INT(sessions_count(sessions), 3);
	ASSERT_STR(found[3]->capabilities, "{\"roots\":{},\"elicitation\":{\"form\":{}}}");
	ASSERT_INT(found[3]->revision, REV_2025_06_18);
	/* the second session is in use, so the third one replaces the first, whose level is lost */
	ASSERT_INT(level_of(sessions, &id[1]), 1);
	CU_ASSERT(level_of(sessions, &id[0]) != 0);
	ASSERT_INT(level_of(sessions, &id[1]), 1);
	ASSERT_INT(level_of(sessions, &id[3]), 3);
	CU_ASSERT(session_find(sessions, "q", id[1].data, &busy) == NULL);
	CU_ASSERT(!busy);
	/* sessions with a running request are kept, even when there is no room for a new one */
	for (size_t i = 0; i < 4; i++) {
		found[i] = session_find(sessions, "p", id[i].data, &busy);
		ASSERT_INT(busy, i == 3);
		if (found[i] != NULL)
			found[i]->peer.open = (struct request *)&busy;
	}
	for (size_t i = 0; i < 3; i++)
		found[i]->peer.open = NULL;
	CU_ASSERT(session_find(sessions, "p", id[3].data, &busy) != NULL);
	sessions_free(sessions);
	for (size_t i = 0; i < 4; i++)
		buf_fini(&id[i]);
	sealer_free(sealer);
}

static void
capability_bits(void)
{
	static const struct {
		const char *said, *kept;
		enum revision revision;
	} cases[] = {
		{ "{}", "{}", REV_2025_11_25 },
		{ "{\"sampling\":{\"tools\":{},\"context\":{}}}",
		  "{\"sampling\":{\"tools\":{},\"context\":{}}}", REV_2025_11_25 },
		{ "{\"sampling\":{\"tools\":{}}}", "{\"sampling\":{}}", REV_2025_06_18 },
		{ "{\"elicitation\":{}}", "{\"elicitation\":{\"form\":{}}}", REV_2025_11_25 },
		{ "{\"elicitation\":{\"url\":{}}}", "{\"elicitation\":{\"url\":{}}}",
		  REV_2025_11_25 },
		{ "{\"elicitation\":{\"url\":{}}}", "{\"elicitation\":{\"form\":{}}}",
		  REV_2025_06_18 },
		{ "{\"elicitation\":{\"url\":{},\"form\":{}},\"roots\":{\"listChanged\":true}}",
		  "{\"roots\":{},\"elicitation\":{\"form\":{},\"url\":{}}}", REV_2025_11_25 },
		{ "{\"elicitation\":{}}", "{}", REV_2025_03_26 },
		{ "{\"roots\":true,\"sampling\":null}", "{}", REV_2025_11_25 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_object *said = json_tokener_parse(cases[i].said);
		struct buf out;

		buf_init(&out, 200);
		capabilities_write(capabilities_read(said, cases[i].revision), &out);
		ASSERT_STR(out.data, cases[i].kept);
		buf_fini(&out);
		json_object_put(said);
	}
}

static const struct test tests[] = {
	TEST(handshake),
	TEST(negotiation),
	TEST(older_revisions_know_less),
	TEST(whose_session),
	TEST(accepting_json),
	TEST(legacy_errors_are_in_band),
	TEST(log_levels),
	TEST(batches),
	TEST(leaving_is_not_cancelling),
	TEST(stdio_lifecycle),
	TEST(questions),
	TEST(questions_refused),
	TEST(questions_never_answered),
	TEST(questions_of_somebody_else),
	TEST(url_questions),
	TEST(client_cannot_be_asked),
	TEST(table_is_bounded),
	TEST(capability_bits),
};
SUITE(tests)

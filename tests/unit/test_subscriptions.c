/* SPDX-License-Identifier: Apache-2.0 */
/* Tests who is notified of changes: open listens of the modern era, and the legacy session on
 * stdio. */
#include "suite.h"

#include "config/config.h"
#include "era/subscriptions.h"
#include "era/inside.h"
#include "era/session.h"
#include "era_plugin.h"
#include "era_rig.h"

#define SUBSCRIPTION "params._meta.'io.modelcontextprotocol/subscriptionId'"
#define LISTEN(id, filter)                                                                    \
	"{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"subscriptions/listen\",\"params\":{" \
	"\"notifications\":" filter "," MODERN_META("") "}}"
#define INITIALIZE                                                             \
	"{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{" \
	"\"protocolVersion\":\"2025-11-25\",\"capabilities\":{}}}"
#define REQUEST(method, uri) \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\",\"params\":{\"uri\":\"" uri "\"}}"

static const char *const headers[] = { "MCP-Protocol-Version", "2026-07-28", "Mcp-Method",
				       "subscriptions/listen", NULL };

static void
acknowledged_first(void)
{
	struct sent *sent;

	rig_start();
	sent =
	    send_http(headers, LISTEN("7", "{\"toolsListChanged\":true,"
					   "\"promptsListChanged\":false,\"resourceSubscriptions\":"
					   "[\"test://note\",\"test://nowhere\",9]}"));
	ASSERT_INT(sent->finished, 0);
	CU_ASSERT(sent->streaming);
	ASSERT_INT(sent->notes, 1);
	ASSERT_STR(text_at(sent->note[0], "method"), "notifications/subscriptions/acknowledged");
	CU_ASSERT(json_object_is_type(at(sent->note[0], SUBSCRIPTION), json_type_int));
	ASSERT_INT(int_at(sent->note[0], SUBSCRIPTION), 7);
	CU_ASSERT(
	    json_object_get_boolean(at(sent->note[0], "params.notifications.toolsListChanged")));
	CU_ASSERT(at(sent->note[0], "params.notifications.promptsListChanged") == NULL);
	CU_ASSERT(at(sent->note[0], "params.notifications.resourcesListChanged") == NULL);
	ASSERT_STR(text_at(sent->note[0], "params.notifications.resourceSubscriptions.0"),
		   "test://note");
	CU_ASSERT(at(sent->note[0], "params.notifications.resourceSubscriptions.1") == NULL);
	rig_close(sent);
	ASSERT_INT(sent->finished, 1);
	CU_ASSERT(sent->answer == NULL);
	rig_stop();
}

static void
only_what_was_asked(void)
{
	struct sent *tools, *prompts, *watcher;

	rig_start();
	tools = send_http(headers, LISTEN("\"7\"", "{\"toolsListChanged\":true}"));
	prompts = send_http(headers, LISTEN("7", "{\"promptsListChanged\":true,"
						 "\"resourcesListChanged\":true}"));
	watcher = send_http(headers, LISTEN("8", "{\"resourceSubscriptions\":[\"test://note\"]}"));
	eras_changed(rig_eras, "tools", NULL);
	ASSERT_INT(tools->notes, 2);
	ASSERT_INT(prompts->notes, 1);
	ASSERT_STR(text_at(tools->note[1], "method"), "notifications/tools/list_changed");
	CU_ASSERT(json_object_is_type(at(tools->note[1], SUBSCRIPTION), json_type_string));
	eras_changed(rig_eras, "prompts", NULL);
	eras_changed(rig_eras, "resources", NULL);
	eras_changed(rig_eras, "nonsense", NULL);
	ASSERT_INT(tools->notes, 2);
	ASSERT_INT(prompts->notes, 3);
	ASSERT_STR(text_at(prompts->note[1], "method"), "notifications/prompts/list_changed");
	ASSERT_STR(text_at(prompts->note[2], "method"), "notifications/resources/list_changed");
	eras_changed(rig_eras, NULL, "test://note");
	eras_changed(rig_eras, NULL, "test://blob");
	ASSERT_INT(watcher->notes, 2);
	ASSERT_STR(text_at(watcher->note[1], "method"), "notifications/resources/updated");
	ASSERT_STR(text_at(watcher->note[1], "params.uri"), "test://note");
	ASSERT_INT(int_at(watcher->note[1], SUBSCRIPTION), 8);
	rig_close(tools);
	eras_changed(rig_eras, "tools", NULL);
	ASSERT_INT(tools->notes, 2);
	rig_stop();
}

static void
ends_with_its_result(void)
{
	struct sent *sent;

	rig_start();
	sent = send_http(headers, LISTEN("\"x\"", "{}"));
	ASSERT_INT(sent->notes, 1);
	eras_quiesce(rig_eras);
	ASSERT_INT(sent->finished, 1);
	ASSERT_STR(text_at(sent->answer, "id"), "x");
	ASSERT_STR(text_at(sent->answer, "result.resultType"), "complete");
	ASSERT_STR(text_at(sent->answer, "result._meta.'io.modelcontextprotocol/subscriptionId'"),
		   "x");
	rig_stop();
}

static void
on_stdio(void)
{
	struct sent *sent;

	rig_start();
	sent = send_stdio(LISTEN("5", "{\"toolsListChanged\":true}"));
	ASSERT_INT(sent->notes, 1);
	eras_changed(rig_eras, "tools", NULL);
	ASSERT_INT(sent->notes, 2);
	send_stdio("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
		   "\"params\":{\"requestId\":5}}");
	ASSERT_INT(sent->finished, 1);
	CU_ASSERT(sent->answer == NULL);
	CU_ASSERT(rig_line(0) == NULL); /* there is no legacy session yet */
	rig_stop();
}

static void
bad_listens(void)
{
	struct sent *sent;

	rig_start();
	sent = call_modern("subscriptions/listen", NULL, "");
	ASSERT_INT(int_at(sent->answer, "error.code"), -32602);
	sent = call_modern("subscriptions/listen", NULL, "\"notifications\":true");
	ASSERT_INT(int_at(sent->answer, "error.code"), -32602);
	for (unsigned n = LISTEN_URIS; n <= LISTEN_URIS + 1; n++) {
		char params[16384] =
		    "\"notifications\":{\"resourceSubscriptions\":[\"test://note\"";

		for (unsigned i = 1; i < n; i++)
			strcat(params, ",\"test://item/1\"");
		strcat(params, "]}");
		sent = call_modern("subscriptions/listen", NULL, params);
		ASSERT_INT(int_at(sent->answer, "error.code"), n > LISTEN_URIS ? -32602 : 0);
		ASSERT_INT(sent->finished, n > LISTEN_URIS);
	}
	rig_stop();
}

static void
listens_are_bounded(void)
{
	struct sent *sent = NULL, *first;

	rig_start();
	first = send_http(headers, LISTEN("0", "{}"));
	for (unsigned i = 1; i < LIMIT_LISTENS; i++)
		sent = send_http(headers, LISTEN("1", "{}"));
	ASSERT_INT(sent->finished, 0);
	sent = send_http(headers, LISTEN("1", "{}"));
	ASSERT_INT(sent->status, 503);
	ASSERT_INT(int_at(sent->answer, "error.code"), -32603);
	rig_close(first);
	sent = send_http(headers, LISTEN("1", "{}"));
	ASSERT_INT(sent->finished, 0);
	rig_stop();
}

static void
legacy_on_stdio(void)
{
	struct sent *sent;

	rig_start();
	eras_changed(rig_eras, "tools", NULL);
	send_stdio(INITIALIZE);
	eras_changed(rig_eras, "tools", NULL);
	/* the client is not notified before it reports that it is ready */
	CU_ASSERT(rig_line(0) == NULL);
	send_stdio("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
	eras_changed(rig_eras, "tools", NULL);
	ASSERT_STR(text_at(rig_line(0), "method"), "notifications/tools/list_changed");
	CU_ASSERT(at(rig_line(0), "params") == NULL);
	eras_changed(rig_eras, NULL, "test://note");
	CU_ASSERT(rig_line(1) == NULL);
	sent = send_stdio(REQUEST("resources/subscribe", "test://note"));
	ASSERT_INT(json_object_object_length(at(sent->answer, "result")), 0);
	sent = send_stdio(REQUEST("resources/subscribe", "test://nowhere"));
	ASSERT_INT(int_at(sent->answer, "error.code"), -32002);
	eras_changed(rig_eras, NULL, "test://note");
	ASSERT_STR(text_at(rig_line(1), "method"), "notifications/resources/updated");
	ASSERT_STR(text_at(rig_line(1), "params.uri"), "test://note");
	sent = send_stdio(REQUEST("resources/unsubscribe", "test://note"));
	ASSERT_INT(json_object_object_length(at(sent->answer, "result")), 0);
	eras_changed(rig_eras, NULL, "test://note");
	CU_ASSERT(rig_line(2) == NULL);
	rig_stop();
}

static void
subscriptions_of_a_session(void)
{
	struct session session = { 0 };
	char uri[32];

	session_begin(&session, REV_2025_11_25, 0);
	for (unsigned i = 0; i < SESSION_SUBSCRIPTIONS; i++) {
		snprintf(uri, sizeof(uri), "test://%u", i);
		CU_ASSERT(session_subscribe(&session, uri, NULL));
	}
	/* a second subscription to the same resource has no effect */
	CU_ASSERT(session_subscribe(&session, "test://0", NULL));
	CU_ASSERT(!session_subscribe(&session, "test://more", NULL));
	session_unsubscribe(&session, "test://0");
	session_unsubscribe(&session, "test://0");
	CU_ASSERT(session_subscription(&session, "test://0") == NULL);
	CU_ASSERT(session_subscription(&session, uri) != NULL);
	CU_ASSERT(session_subscribe(&session, "test://more", NULL));
	session_fini(&session);
}

/* ---- polls of what is subscribed ------------------------------------------------------------ */

#define NOTE "{\"resourceSubscriptions\":[\"test://note\"]}"

static void
until_reads(int reads)
{
	while (rig_note_reads < reads)
		rig_idle();
}

/* One watch serves both listens; without a listen there is none. */
static void
polled_while_subscribed(void)
{
	struct sent *first, *second;
	int reads;

	rig_start();
	rig_note = "a note";
	rig_note_reads = 0;
	first = send_http(headers, LISTEN("1", NOTE));
	second = send_http(headers, LISTEN("2", NOTE));
	ASSERT_INT(rig_eras->watches.count, 1);
	until_reads(3);
	ASSERT_INT(first->notes, 1); /* nothing has changed */
	rig_note = "another note";
	rig_wait_notes(first, 2);
	ASSERT_INT(second->notes, 2);
	ASSERT_STR(text_at(first->note[1], "method"), "notifications/resources/updated");
	ASSERT_STR(text_at(first->note[1], "params.uri"), "test://note");
	ASSERT_INT(int_at(second->note[1], SUBSCRIPTION), 2);
	rig_close(first);
	until_reads(rig_note_reads + 2);
	rig_close(second);
	ASSERT_INT(rig_eras->watches.count, 0);
	reads = rig_note_reads;
	rig_rounds(100);
	ASSERT_INT(rig_note_reads, reads);
	rig_stop();
}

static void
polled_for_a_legacy_session(void)
{
	rig_start();
	rig_note = "a note";
	rig_note_reads = 0;
	send_stdio(INITIALIZE);
	send_stdio("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
	send_stdio(REQUEST("resources/subscribe", "test://note"));
	send_stdio(REQUEST("resources/subscribe", "test://note"));
	ASSERT_INT(rig_eras->watches.count, 1);
	until_reads(1);
	rig_note = "another note";
	while (rig_line(0) == NULL)
		rig_idle();
	ASSERT_STR(text_at(rig_line(0), "method"), "notifications/resources/updated");
	send_stdio(REQUEST("resources/unsubscribe", "test://note"));
	ASSERT_INT(rig_eras->watches.count, 0);
	rig_stop();
}

/* A task is told when its state changes, and once more when it has ended. */
static void
tasks(void)
{
	static const char capable[] = "{\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}";
	char id[1025], params[1400];
	struct sent *sent;

	rig_start();
	rig_report = 100000;
	sent = rig_wait(call_capable("tools/call", "report", "\"name\":\"report\"", capable));
	snprintf(id, sizeof(id), "%s", text_at(sent->answer, "result.taskId"));
	snprintf(params, sizeof(params), "\"notifications\":{\"taskIds\":[\"%s\",\"no\"]}", id);
	expect_refused(call_modern("subscriptions/listen", NULL, params), 400, -32021);
	sent = call_capable("subscriptions/listen", NULL, params, capable);
	ASSERT_INT(sent->notes, 1);
	ASSERT_STR(text_at(sent->note[0], "params.notifications.taskIds.0"), id);
	CU_ASSERT(at(sent->note[0], "params.notifications.taskIds.1") == NULL);
	for (int report = rig_report; rig_report > report - 2;)
		rig_idle();
	ASSERT_INT(sent->notes, 1); /* it is working, as before */
	rig_report = 0;
	rig_wait_notes(sent, 2);
	ASSERT_STR(text_at(sent->note[1], "method"), "notifications/tasks");
	ASSERT_STR(text_at(sent->note[1], "params.taskId"), id);
	ASSERT_STR(text_at(sent->note[1], "params.status"), "completed");
	ASSERT_STR(text_at(sent->note[1], "params.result.content.0.text"), "The report is ready.");
	CU_ASSERT(at(sent->note[1], "params.resultType") == NULL);
	CU_ASSERT(at(sent->note[1], SUBSCRIPTION) != NULL);
	rig_report = 1000; /* an ended task is not polled any more */
	rig_rounds(700);
	ASSERT_INT(rig_report, 1000);
	ASSERT_INT(sent->notes, 2);
	rig_stop();
}

static const struct test tests[] = {
	TEST(polled_while_subscribed),
	TEST(polled_for_a_legacy_session),
	TEST(tasks),
	TEST(acknowledged_first),
	TEST(only_what_was_asked),
	TEST(ends_with_its_result),
	TEST(on_stdio),
	TEST(bad_listens),
	TEST(listens_are_bounded),
	TEST(legacy_on_stdio),
	TEST(subscriptions_of_a_session),
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the stream of a legacy session over HTTP (GET): who gets one, what is told on it, what a
 * client gets that comes back, and when it ends. */
#include "suite.h"

#include "config/config.h"
#include "era/inside.h"
#include "era/streams.h"
#include "era_plugin.h"
#include "era_rig.h"
#include "later.h"

#define INITIALIZE(version)                                                    \
	"{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{" \
	"\"protocolVersion\":\"" version "\",\"capabilities\":{}}}"
#define REQUEST(method, uri) \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\",\"params\":{\"uri\":\"" uri "\"}}"

static char session_id[1200];

static struct sent *
begin(const char *initialize)
{
	struct sent *sent = send_http(NULL, initialize);

	snprintf(session_id, sizeof(session_id), "%s", sent->session);
	return sent;
}

static struct sent *
ask(const char *json)
{
	return send_http((const char *const[]){ "Mcp-Session-Id", session_id, NULL }, json);
}

static struct sent *
open_stream(const char *last)
{
	const char *headers[] = { "Accept",
				  "text/event-stream",
				  "Mcp-Session-Id",
				  session_id,
				  last != NULL ? "Last-Event-ID" : NULL,
				  last,
				  NULL };

	return send_http(headers, NULL);
}

static void
start(void)
{
	rig_start();
	begin(INITIALIZE("2025-11-25"));
}

static const char *
method_of(const struct sent *sent, size_t i)
{
	return i < sent->notes ? text_at(sent->note[i], "method") : "(nothing)";
}

static void
subscribe(const char *json)
{
	struct sent *sent = ask(json);

	ASSERT_INT(json_object_object_length(at(sent->answer, "result")), 0);
	CU_ASSERT(at(sent->answer, "error") == NULL);
}

/* ---- what is told -------------------------------------------------------------------------- */

static void
lists_are_told(void)
{
	struct sent *sent, *other;

	rig_start();
	sent = begin(INITIALIZE("2025-11-25"));
	CU_ASSERT(json_object_get_boolean(at(sent->answer, "result.capabilities.tools."
							   "listChanged")));
	CU_ASSERT(json_object_get_boolean(at(sent->answer, "result.capabilities.resources."
							   "subscribe")));
	sent = open_stream(NULL);
	CU_ASSERT(sent->streaming && sent->primed);
	CU_ASSERT(sent->event_id[0] != '\0');
	begin(INITIALIZE("2025-06-18"));
	other = open_stream(NULL);
	CU_ASSERT(other->streaming && !other->primed);
	eras_changed(rig_eras, "tools", NULL);
	eras_changed(rig_eras, "nonsense", NULL);
	eras_changed(rig_eras, "prompts", NULL);
	ASSERT_INT(sent->notes, 2);
	ASSERT_INT(other->notes, 2);
	ASSERT_STR(method_of(sent, 0), "notifications/tools/list_changed");
	ASSERT_STR(method_of(other, 1), "notifications/prompts/list_changed");
	CU_ASSERT(at(sent->note[0], "params") == NULL);
	rig_stop();
}

/* A stream of a session that subscribed to a note, which was read twice. */
static struct sent *
note_stream(void)
{
	struct sent *sent;

	start();
	rig_note = "a note";
	rig_note_reads = 0;
	subscribe(REQUEST("resources/subscribe", "test://note"));
	sent = open_stream(NULL);
	while (rig_note_reads < 2)
		rig_idle();
	ASSERT_INT(sent->notes, 0);
	return sent;
}

static void
only_subscribed_resources(void)
{
	struct sent *sent, *other;

	start();
	subscribe(REQUEST("resources/subscribe", "test://note"));
	ASSERT_INT(rig_eras->watches.count, 0); /* not polled before there is a stream */
	sent = open_stream(NULL);
	ASSERT_INT(rig_eras->watches.count, 1);
	subscribe(REQUEST("resources/subscribe", "test://blob"));
	ASSERT_INT(rig_eras->watches.count, 2);
	begin(INITIALIZE("2025-11-25"));
	other = open_stream(NULL);
	eras_changed(rig_eras, NULL, "test://note");
	eras_changed(rig_eras, NULL, "test://item/1");
	ASSERT_INT(sent->notes, 1);
	ASSERT_INT(other->notes, 0);
	ASSERT_STR(method_of(sent, 0), "notifications/resources/updated");
	ASSERT_STR(text_at(sent->note[0], "params.uri"), "test://note");
	rig_close(sent);
	ASSERT_INT(sent->finished, 1);
	ASSERT_INT(rig_eras->watches.count, 0);
	ASSERT_INT(rig_eras->n_streams, 1);
	rig_stop();
}

static void
polls_are_told(void)
{
	struct sent *sent = note_stream();

	rig_note = "another note";
	rig_wait_notes(sent, 1);
	ASSERT_STR(text_at(sent->note[0], "params.uri"), "test://note");
	subscribe(REQUEST("resources/unsubscribe", "test://note"));
	ASSERT_INT(rig_eras->watches.count, 0);
	rig_stop();
}

/* ---- a client that comes back -------------------------------------------------------------- */

static void
nothing_is_lost_between_two_streams(void)
{
	struct sent *sent;
	char last[64];

	start();
	ask("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
	eras_changed(rig_eras, "tools", NULL);
	sent = open_stream(NULL); /* the first stream: what has changed since the session began */
	ASSERT_INT(sent->notes, 1);
	ASSERT_STR(method_of(sent, 0), "notifications/tools/list_changed");
	snprintf(last, sizeof(last), "%s", sent->event_id);
	rig_close(sent);
	eras_changed(rig_eras, "prompts", NULL);
	eras_changed(rig_eras, "prompts", NULL);
	sent = open_stream(last);
	ASSERT_INT(sent->notes, 1); /* twice the same is once */
	ASSERT_STR(method_of(sent, 0), "notifications/prompts/list_changed");
	rig_close(sent);
	/* the event was sent, and did not arrive: the client names the one before it */
	sent = open_stream(last);
	ASSERT_INT(sent->notes, 1);
	ASSERT_STR(method_of(sent, 0), "notifications/prompts/list_changed");
	snprintf(last, sizeof(last), "%s", sent->event_id);
	rig_close(sent);
	sent = open_stream(last);
	ASSERT_INT(sent->notes, 0);
	rig_close(sent);
	sent = open_stream(NULL);
	ASSERT_INT(sent->notes, 0);
	rig_stop();
}

/* Two changes come again in the order of their numbers. */
static void
order_of_what_is_missed(void)
{
	struct sent *sent;
	char last[64];

	start();
	subscribe(REQUEST("resources/subscribe", "test://note"));
	sent = open_stream(NULL);
	snprintf(last, sizeof(last), "%s", sent->event_id);
	eras_changed(rig_eras, NULL, "test://note");
	eras_changed(rig_eras, "tools", NULL);
	eras_changed(rig_eras, "resources", NULL);
	rig_close(sent);
	sent = open_stream(last);
	ASSERT_INT(sent->notes, 3);
	ASSERT_STR(method_of(sent, 0), "notifications/resources/updated");
	ASSERT_STR(method_of(sent, 1), "notifications/tools/list_changed");
	ASSERT_STR(method_of(sent, 2), "notifications/resources/list_changed");
	rig_stop();
}

/* A resource is not polled while there is no stream; the next one compares. */
static void
resource_changed_meanwhile(void)
{
	struct sent *sent = note_stream();
	int reads;

	rig_close(sent);
	rig_note = "another note";
	reads = rig_note_reads;
	rig_rounds(100);
	ASSERT_INT(rig_note_reads, reads);
	sent = open_stream(NULL);
	rig_wait_notes(sent, 1);
	ASSERT_STR(text_at(sent->note[0], "params.uri"), "test://note");
	rig_close(sent);
	sent = open_stream(NULL); /* nothing has changed now */
	for (reads = rig_note_reads; rig_note_reads < reads + 2;)
		rig_idle();
	ASSERT_INT(sent->notes, 0);
	rig_stop();
}

static void
foreign_event_ids(void)
{
	static const char *const unknown[] = {
		"0123456789abcdef-1", "x", "-1", "18446744073709551615",
		"0123456789abcdef-99999999999999999999999999999999"
	};
	struct sent *sent;
	char huge[64];

	start();
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		sent = open_stream(unknown[i]);
		ASSERT_INT(sent->notes, 3); /* each list may have changed */
		rig_close(sent);
	}
	sent = open_stream("");
	ASSERT_INT(sent->notes, 0);
	/* a number that was not given yet */
	snprintf(huge, sizeof(huge), "%.17s99999999999999999999", sent->event_id);
	rig_close(sent);
	sent = open_stream(huge);
	ASSERT_INT(sent->notes, 3);
	/* after a restart the same session has other numbers */
	snprintf(huge, sizeof(huge), "%s", sent->event_id);
	rig_restart();
	sent = open_stream(huge);
	ASSERT_INT(sent->notes, 3);
	rig_stop();
}

/* ---- refusals and ends --------------------------------------------------------------------- */

static void
refused(void)
{
	const char *modern[] = { "Accept",   "text/event-stream",    "Mcp-Session-Id",
				 session_id, "MCP-Protocol-Version", "2026-07-28",
				 NULL };
	const char *anonymous[] = { "Accept", "text/event-stream", NULL };
	struct sent *sent;

	start();
	sent = send_http(anonymous, NULL);
	ASSERT_INT(sent->status, 405);
	ASSERT_STR(sent->allow, "POST");
	ASSERT_INT(send_http(modern, NULL)->status, 405);
	rig_principal = "somebody";
	sent = open_stream(NULL);
	ASSERT_INT(sent->status, 404);
	ASSERT_INT(int_at(sent->answer, "error.code"), -32001);
	rig_principal = "local";
	rig_no_stream = true;
	ASSERT_INT(open_stream(NULL)->status, 406);
	rig_no_stream = false;
	session_id[10] = session_id[10] == 'A' ? 'B' : 'A';
	ASSERT_INT(open_stream(NULL)->status, 404);
	ASSERT_INT(rig_eras->n_streams, 0);
	rig_stop();
}

static void
one_for_a_session(void)
{
	struct sent *first, *second;

	start();
	first = open_stream(NULL);
	for (int i = 0; i < 100; i++) {
		second = open_stream(NULL);
		ASSERT_INT(first->finished, 1);
		CU_ASSERT(first->answer == NULL);
		ASSERT_INT(second->finished, 0);
		first = second;
	}
	ASSERT_INT(rig_eras->n_streams, 1);
	eras_changed(rig_eras, "tools", NULL);
	ASSERT_INT(first->notes, 1);
	rig_stop();
}

static void
all_together_are_bounded(void)
{
	struct sent *sent, *first = NULL;

	rig_start();
	for (unsigned i = 0; i < RIG_CONNECTIONS / STREAMS_SHARE; i++) {
		begin(INITIALIZE("2025-11-25"));
		sent = open_stream(NULL);
		ASSERT_INT(sent->finished, 0);
		first = first == NULL ? sent : first;
	}
	begin(INITIALIZE("2025-11-25"));
	sent = open_stream(NULL);
	ASSERT_INT(sent->status, 503);
	CU_ASSERT(strstr(text_at(sent->answer, "error.message"), "max_connections") != NULL);
	rig_close(first);
	ASSERT_INT(open_stream(NULL)->finished, 0);
	rig_stop();
}

static void
ends_in_time(void)
{
	struct sent *sent;

	start();
	sent = open_stream(NULL);
	eras_quiesce(rig_eras); /* the host drains */
	ASSERT_INT(sent->finished, 1);
	CU_ASSERT(sent->answer == NULL);
	rig_until_s = 1; /* the credential has ended in 1970 */
	CU_ASSERT(rig_wait(open_stream(NULL))->finished);
	rig_until_s = 0;
	ASSERT_INT(rig_eras->n_streams, 0);
	later_ms =
	    (int64_t)SESSION_TTL_S * 1000 - 2000; /* the session ends in one or two seconds */
	CU_ASSERT(rig_wait(open_stream(NULL))->finished);
	later_ms = 0;
	rig_stop();
}

/* A peer that reads nothing: the transport closes the stream, and the next one has the rest. */
static void
slow_reader(void)
{
	struct sent *sent;

	start();
	sent = open_stream(NULL);
	for (int i = 0; i < SENT_NOTES; i++)
		eras_changed(rig_eras, "tools", NULL);
	eras_changed(rig_eras, "prompts", NULL); /* the rig's queue is full */
	ASSERT_INT(sent->notes, SENT_NOTES);
	rig_close(sent);
	sent = open_stream(NULL);
	ASSERT_INT(sent->notes, 1);
	ASSERT_STR(method_of(sent, 0), "notifications/prompts/list_changed");
	rig_stop();
}

static const struct test tests[] = {
	TEST(lists_are_told),
	TEST(only_subscribed_resources),
	TEST(polls_are_told),
	TEST(nothing_is_lost_between_two_streams),
	TEST(order_of_what_is_missed),
	TEST(resource_changed_meanwhile),
	TEST(foreign_event_ids),
	TEST(refused),
	TEST(one_for_a_session),
	TEST(all_together_are_bounded),
	TEST(ends_in_time),
	TEST(slow_reader),
};
SUITE(tests)

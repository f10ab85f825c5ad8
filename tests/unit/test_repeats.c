/* SPDX-License-Identifier: Apache-2.0 */
/* A client that sends the answers to a call's questions a second time does not carry the call out a
 * second time. */
#include "suite.h"

#include "era/once.h"
#include "era_plugin.h"
#include "era_rig.h"

#define FORMS "{\"elicitation\":{}}"
#define YES "\"inputResponses\":{\"sure\":{\"action\":\"accept\",\"content\":{\"v\":\"yes\"}}}"

/* The first round: keeps the state with which the client answers. */
static void
ask(const char *tool, char state[2048])
{
	char params[256];
	const char *text;
	struct sent *sent;

	snprintf(params, sizeof(params), "\"name\":\"%s\"", tool);
	sent = rig_wait(call_capable("tools/call", tool, params, FORMS));
	text = text_at(sent->answer, "result.requestState");
	CU_ASSERT_FATAL(text != NULL && strlen(text) < 2048);
	strcpy(state, text);
}

static struct sent *
answer(const char *tool, const char *state)
{
	char params[4096];

	snprintf(params, sizeof(params), "\"name\":\"%s\"," YES ",\"requestState\":\"%s\"", tool,
		 state);
	return rig_wait(call_capable("tools/call", tool, params, FORMS));
}

static const char *
said(const struct sent *sent)
{
	return text_at(sent->answer, "result.content.0.text");
}

static void
refused_the_second_time(void)
{
	char state[2048], other[2048];

	rig_start();
	rig_bought = 0;
	ask("buys", state);
	ask("buys", other);
	CU_ASSERT(strstr(said(answer("buys", state)), "bought 1") != NULL);
	for (int i = 0; i < 3; i++) {
		struct sent *sent = answer("buys", state);

		CU_ASSERT(json_object_get_boolean(at(sent->answer, "result.isError")));
		CU_ASSERT(strstr(said(sent), "already used") != NULL);
	}
	ASSERT_INT(rig_bought, 1);
	CU_ASSERT(strstr(said(answer("buys", other)), "bought 2") != NULL);
	rig_stop();
}

/* Its platform recognises the number, also from another replica. */
static void
same_number(void)
{
	char state[2048], number[128];

	rig_start();
	rig_bought = 0;
	ask("books", state);
	snprintf(number, sizeof(number), "%s", strstr(said(answer("books", state)), "number"));
	CU_ASSERT(strlen(number) == strlen("number ") + 32);
	ASSERT_STR(strstr(said(answer("books", state)), "number"), number);
	rig_restart();
	ASSERT_STR(strstr(said(answer("books", state)), "number"), number);
	ask("books", state);
	CU_ASSERT(strcmp(strstr(said(answer("books", state)), "number"), number) != 0);
	rig_stop();
}

static void
texts_of_once(void)
{
	struct once once;
	char text[ONCE_TEXT_MAX];

	once_init(&once);
	ASSERT_INT(once_use(&once, "a", 60000), ONCE_FIRST);
	ASSERT_INT(once_use(&once, "a", 60000), ONCE_AGAIN);
	ASSERT_INT(once_use(&once, "b", 0), ONCE_FIRST); /* after its time it may be used again, */
	ASSERT_INT(once_use(&once, "a", 60000), ONCE_AGAIN);
	for (size_t i = 2; i < ONCE_MAX; i++) {
		snprintf(text, sizeof(text), "%zu", i);
		ASSERT_INT(once_use(&once, text, 60000), ONCE_FIRST);
	}
	ASSERT_INT(once.used.count, ONCE_MAX); /* when those before it have ended */
	ASSERT_INT(once_use(&once, "c", 60000), ONCE_FULL);
	ASSERT_INT(once_use(&once, "a", 60000), ONCE_AGAIN);
	once_fini(&once);
}

static const struct test tests[] = {
	TEST(refused_the_second_time),
	TEST(same_number),
	TEST(texts_of_once),
};
SUITE(tests)

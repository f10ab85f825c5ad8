/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the event queue: framing, its cap at n-1, n, n+1, and reading it in pieces of any
 * size. */
#include "transport/sse.h"

#include "base/mem.h"
#include "suite.h"

#define FRAME (sizeof("event: message\ndata: \n\n") - 1)

static char *
take_all(struct sse *sse, size_t piece)
{
	struct buf all;
	char *room = xmalloc(piece);
	size_t len;

	buf_init(&all, SIZE_MAX / 2);
	while ((len = sse_take(sse, room, piece)) > 0)
		buf_add(&all, room, len);
	free(room);
	return buf_take(&all, NULL);
}

static void
events_are_framed(void)
{
	struct sse sse;
	char *text;

	sse_init(&sse);
	CU_ASSERT(sse_event(&sse, "{}", 2));
	CU_ASSERT(sse_event(&sse, "{\"a\":\n1,\r\n\"b\":2}", 15));
	CU_ASSERT(sse_end(&sse, "[]", 2));
	text = take_all(&sse, 1000);
	ASSERT_STR(text, "event: message\ndata: {}\n\n"
			 "event: message\ndata: {\"a\": 1,  \"b\":2\n\n"
			 "event: message\ndata: []\n\n");
	free(text);
	sse_fini(&sse);
}

static void
events_with_ids(void)
{
	struct sse sse;
	char *text;

	sse_init(&sse);
	CU_ASSERT(sse_event_with_id(&sse, "a-1", NULL, 0));
	CU_ASSERT(sse_event_with_id(&sse, "a-2", "{}", 2));
	text = take_all(&sse, 1000);
	ASSERT_STR(text, "id: a-1\ndata: \n\n"
			 "event: message\nid: a-2\ndata: {}\n\n");
	free(text);
	sse_fini(&sse);
}

static void
pieces_of_any_size_add_up(void)
{
	for (size_t piece = 1; piece < 40; piece++) {
		struct sse sse;
		char *text;

		sse_init(&sse);
		CU_ASSERT(sse_event(&sse, "\"one\"", 5));
		CU_ASSERT(sse_event(&sse, "\"two\"", 5));
		ASSERT_INT(sse_waiting(&sse), 2 * (FRAME + 5));
		text = take_all(&sse, piece);
		ASSERT_STR(text,
			   "event: message\ndata: \"one\"\n\nevent: message\ndata: \"two\"\n\n");
		ASSERT_INT(sse_waiting(&sse), 0);
		free(text);
		sse_fini(&sse);
	}
}

static void
cap_is_exact(void)
{
	char *text = xcalloc(1, SSE_QUEUE_MAX + 1);

	memset(text, 'x', SSE_QUEUE_MAX + 1);
	for (int i = -1; i <= 1; i++) {
		size_t len = (size_t)((long)SSE_QUEUE_MAX + i);
		struct sse sse;

		sse_init(&sse);
		CU_ASSERT(sse_event(&sse, text, len) == (i <= 0));
		ASSERT_INT(sse_waiting(&sse), i <= 0 ? FRAME + len : 0);
		CU_ASSERT(sse_event(&sse, "{}", 2) == (i > 0));
		sse_fini(&sse);
	}
	free(text);
}

static void
reading_makes_room(void)
{
	char *text = xcalloc(1, SSE_QUEUE_MAX);
	struct sse sse;

	memset(text, 'x', SSE_QUEUE_MAX);
	sse_init(&sse);
	CU_ASSERT(sse_event(&sse, text, SSE_QUEUE_MAX));
	CU_ASSERT(!sse_event(&sse, "{}", 2));
	ASSERT_INT(sse_take(&sse, text, FRAME + 1), FRAME + 1);
	CU_ASSERT(!sse_event(&sse, "{}", 2));
	ASSERT_INT(sse_take(&sse, text, 1), 1);
	CU_ASSERT(sse_event(&sse, "{}", 2));
	sse_fini(&sse);
	free(text);
}

static void
answer_is_let_in_above_the_cap(void)
{
	char *text = xcalloc(1, SSE_QUEUE_MAX + 1);
	struct sse sse;

	memset(text, 'x', SSE_QUEUE_MAX + 1);
	sse_init(&sse);
	CU_ASSERT(sse_event(&sse, text, SSE_QUEUE_MAX));
	CU_ASSERT(sse_end(&sse, text, SSE_QUEUE_MAX + 1));
	ASSERT_INT(sse_waiting(&sse), 2 * (FRAME + SSE_QUEUE_MAX) + 1);
	sse_fini(&sse);
	free(text);
}

static void
nothing_follows_the_end(void)
{
	struct sse sse;

	sse_init(&sse);
	CU_ASSERT(sse_end(&sse, NULL, 0));
	ASSERT_INT(sse.state, SSE_ENDED);
	CU_ASSERT(!sse_event(&sse, "{}", 2));
	sse_comment(&sse);
	ASSERT_INT(sse_waiting(&sse), 0);
	sse_fini(&sse);
}

static void
comments_only_when_idle(void)
{
	struct sse sse;
	char *text;

	sse_init(&sse);
	sse_comment(&sse);
	sse_comment(&sse);
	text = take_all(&sse, 100);
	ASSERT_STR(text, ":\n\n");
	free(text);
	CU_ASSERT(sse_event(&sse, "1", 1));
	sse_comment(&sse);
	ASSERT_INT(sse_waiting(&sse), FRAME + 1);
	sse_fini(&sse);
}

static const struct test tests[] = {
	TEST(events_are_framed),	 TEST(events_with_ids),
	TEST(pieces_of_any_size_add_up), TEST(cap_is_exact),
	TEST(reading_makes_room),	 TEST(answer_is_let_in_above_the_cap),
	TEST(nothing_follows_the_end),	 TEST(comments_only_when_idle),
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the plugin's side of a call: mistakes of plugins, structs of other minor versions,
 * defects that do not look like answers. */
#include <pthread.h>

#include "run_rig.h"
#include "suite.h"

static size_t size; /* the value that differs between the tests */

/* ---- mistakes ------------------------------------------------------------------------------- */

static int
suspends_twice(struct mcp_call *call)
{
	mcp_again(call, 0, next_nothing, NULL, 0);
	return mcp_again(call, 0, next_nothing, NULL, 0);
}

static int
no_next(struct mcp_call *call)
{
	return mcp_again(call, 0, NULL, NULL, 0);
}

static int
suspends_and_fails(struct mcp_call *call)
{
	mcp_again(call, 0, next_nothing, NULL, 0);
	return MCP_E_INPUT;
}

static int
handle_outside(struct mcp_call *call)
{
	return mcp_handle(call, "x", 1);
}

static int
working_outside(struct mcp_call *call)
{
	return mcp_working(call, 1, "x", 1);
}

static int
bad_request(struct mcp_call *call)
{
	struct mcp_http requests[5] = { mcp_get_request(NULL, NULL), mcp_get_request("/", NULL),
					mcp_get_request("/", NULL), mcp_get_request("/", NULL),
					mcp_get_request("/", NULL) };

	requests[1].method = NULL;
	requests[2].url = "https://x/";
	requests[3].reply = MCP_REPLY_SINK;
	requests[4].size = 0;
	return mcp_suspend(call, &requests[size], 1, 0, next_nothing, NULL, 0);
}

static int
odd_question(struct mcp_call *call)
{
	struct json_object *answer;

	return mcp_ask(call, "k", "tools/list", NULL, &answer);
}

static void
mistakes(void)
{
	static int (*const cases[])(struct mcp_call * call) = { suspends_twice,	    no_next,
								suspends_and_fails, handle_outside,
								working_outside,    odd_question };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run *run = run_once(&plain, cases[i]);

		ASSERT_INT(run->result.status, MCP_E_INTERNAL);
		ASSERT_INT(run->outcome.kind, OUTCOME_DONE);
		run_free(run);
	}
	for (size = 0; size < 5; size++) {
		struct run *run = run_once(&plain, bad_request);

		ASSERT_INT(run->result.status, MCP_E_INTERNAL);
		run_free(run);
	}
}

static void
goes_on_late(void *data)
{
	struct mcp_call *call = data;

	CU_ASSERT_EQUAL(mcp_say(call, "late"), MCP_E_INTERNAL);
	CU_ASSERT_EQUAL(mcp_again(call, 0, next_nothing, NULL, 0), MCP_E_INTERNAL);
}

static int
defers_more(struct mcp_call *call)
{
	mcp_defer(call, goes_on_late, call);
	return mcp_say(call, "said");
}

/* A deferred function runs after the end of its step, and cannot change how the step ended. */
static void
deferred_is_too_late(void)
{
	struct run *run;

	run = run_once(&plain, defers_more);
	ASSERT_INT(run->outcome.kind, OUTCOME_DONE);
	ASSERT_INT(run->result.blocks, 1);
	ASSERT_STR(run->result.block[0].text, "said");
	run_free(run);
}

/* A plugin in this process gives invalid values. */
static int careless_at;

static int
careless(struct mcp_call *call)
{
	static const struct mcp_piece odd = { (enum mcp_piece_kind)9, { "x", 1 } };
	static const struct mcp_piece empty = { MCP_PIECE_BYTES, { NULL, 1000 } };
	struct mcp_block block = { .size = sizeof(block), .kind = "text", .text = { NULL, 1000 } };
	struct mcp_http request = mcp_get_request("/", NULL);
	struct mcp_text answer;

	request.method = "POST";
	switch (careless_at) {
	case 0: return call->ops->block(call, &block);
	case 1: return call->ops->block(call, NULL);
	case 2: request.n_body = 3; break;
	case 3: request.n_headers = 1; break;
	case 4: block.size = 0; return call->ops->block(call, &block);
	case 5: request.size = offsetof(struct mcp_http, cache_ms); break;
	case 6:
		request.body = &odd;
		request.n_body = 1;
		break;
	case 7:
		request.body = &empty;
		request.n_body = 1;
		break;
	case 8: return mcp_table(call, NULL, 3);
	case 9: return mcp_table(call, (const struct mcp_column[1]){ { "a", NULL } }, SIZE_MAX);
	case 10:
		mcp_table(call, (const struct mcp_column[1]){ { "a", NULL } }, 1);
		return call->ops->table_row(call, NULL, 1);
	case 11:
		mcp_table(call, (const struct mcp_column[1]){ { "a", NULL } }, 1);
		return call->ops->table_end(call, NULL);
	case 12: mcp_changed(call, "toools"); return MCP_OK;
	case 13: call->ops->log(call, MCP_LOG_INFO, NULL, 7); return MCP_OK;
	case 14: call->ops->updated(call, NULL); return MCP_OK;
	case 15: return call->ops->suspend(call, NULL, 2, 0, next_nothing, NULL, 0);
	case 16: return call->ops->suspend(call, NULL, 0, 0, next_nothing, NULL, 9);
	case 17: return call->ops->fail(call, NULL);
	case 18: return call->ops->structured(call, NULL, 9);
	case 19: return call->ops->meta(call, NULL, NULL, 9);
	case 20: return call->ops->require(call, NULL);
	case 21: return call->ops->ask(call, NULL, NULL, NULL, 9, &answer);
	case 22: return mcp_failure(call, &(struct mcp_failure){ .status = MCP_E_INPUT });
	case 23:
		mcp_table(call, (const struct mcp_column[1]){ { "a", NULL } }, 1);
		return mcp_table_end(call, &(struct mcp_table_end){ .total = 1 });
	case 24: request.size += 4; break; /* the stride of the array would be wrong */
	default: return mcp_say(call, "done");
	}
	return mcp_suspend(call, &request, 1, 0, next_nothing, NULL, 0);
}

static void
careless_plugins(void)
{
	struct run *run;

	for (careless_at = 0; careless_at <= 24; careless_at++) {
		run = run_once(&plain, careless);
		ASSERT_INT(run->result.status, MCP_E_INTERNAL);
		CU_ASSERT(run->result.what != NULL &&
			  strcmp(run->result.what, "The plugin made a mistake") == 0);
		CU_ASSERT(run->result.why != NULL && strlen(run->result.why) > 10);
		run_free(run);
	}
	run = run_once(&plain, careless);
	ASSERT_STR(run->result.block[0].text, "done");
	run_free(run);
}

static int
unknown_request(struct mcp_call *call)
{
	struct mcp_http request = mcp_get_request("/", NULL);

	request.retry = (enum mcp_retry)77;
	request.reply = (enum mcp_reply_kind) - 1;
	request.flags = ~0u;
	return mcp_suspend(call, &request, 1, 0, next_nothing, NULL, 0);
}

static int
unknown_levels(struct mcp_call *call)
{
	struct json_object *text = mcp_json(call, "1", 1);

	mcp_log(call, (enum mcp_level)4096, "x");
	mcp_client_log(call, (enum mcp_level) - 1, "x", text);
	return mcp_say(call, "said");
}

static int
unknown_status(struct mcp_call *call)
{
	const struct mcp_failure failure = { .size = sizeof(failure),
					     .status = (enum mcp_status) - 77,
					     .what = "w" };

	return mcp_failure(call, &failure);
}

/* Unknown values are safe: nothing is repeated, the body stays below the cap, no line is lost, no
 * failure becomes a success. */
static void
unknown_values(void)
{
	struct run *run = run_once(&plain, unknown_request);

	ASSERT_INT(run->outcome.kind, OUTCOME_SUSPEND);
	ASSERT_INT(run->outcome.request[0].retry, MCP_RETRY_NEVER);
	ASSERT_INT(run->outcome.request[0].reply, MCP_REPLY_BUFFER);
	ASSERT_INT(run->outcome.request[0].flags, MCP_HTTP_CLEANUP | MCP_HTTP_SINGLE_FLIGHT);
	run_free(run);
	last_level = MCP_LOG_DEBUG;
	run = run_once(&plain, unknown_levels);
	CU_ASSERT(!run->result.failed);
	ASSERT_INT(last_level, MCP_LOG_ERROR);
	run_free(run);
	run = run_once(&plain, unknown_status);
	ASSERT_INT(run->result.status, MCP_E_INTERNAL);
	/* 0 does not mean that the next poll is immediate */
	ASSERT_INT(run->result.retry_after_ms, -1);
	run_free(run);
}

static int
zeroed_block(struct mcp_call *call)
{
	const struct mcp_block text = { .size = sizeof(text), .kind = "text", .text = { "x", 1 } };
	const struct mcp_block link = {
		.size = sizeof(link), .kind = "resource_link", .uri = "u:1", .name = "n"
	};

	mcp_block(call, &link);
	return mcp_block(call, &text);
}

static int
zeroed_end(struct mcp_call *call)
{
	const struct mcp_table_end end = { .size = sizeof(end) };

	mcp_table(call, (const struct mcp_column[1]){ { "a", NULL } }, 1);
	mcp_table_cells(call, (const char *const[1]){ "1" }, 1);
	return mcp_table_end(call, &end);
}

/* A text without an origin counts as text of others; a link has no size; a table has no total. */
static void
zero_is_safe(void)
{
	struct run *run = run_once(&plain, zeroed_block);

	CU_ASSERT(strstr(run->result.block[0].json, "size") == NULL);
	CU_ASSERT(run->result.block[1].untrusted);
	CU_ASSERT(strstr(run->result.block[1].text, "<untrusted-data") != NULL);
	run_free(run);
	run = run_once(&plain, zeroed_end);
	CU_ASSERT(strstr(run->result.block[0].text, "1 row.") != NULL);
	run_free(run);
}

static int
finds_itself(struct mcp_call *call)
{
	return mcp_say(call, "%s", (const char *)mcp_self(call));
}

static void
a_pointer_of_its_own(void)
{
	static char mine[] = "mine";
	struct run_input input = usual();
	struct run *run;

	input.self = mine;
	run = run_new(&plain, &input, &services, NULL);
	act = finds_itself;
	run_step(run, ENTRY_HANDLER, NULL, 0, NULL);
	ASSERT_STR(run->result.block[0].text, "mine");
	run_free(run);
}

static struct mcp_call *lent;

static void *
uses_a_call(void *unused)
{
	(void)unused;
	CU_ASSERT(mcp_say(lent, "%s", "not mine") < 0);
	CU_ASSERT(mcp_fail(lent, MCP_E_INPUT, "not mine", NULL, NULL) < 0);
	CU_ASSERT_EQUAL(mcp_context(lent, MCP_CTX_ROW).len, 0);
	CU_ASSERT_PTR_NULL(lent->ops->reply(lent, 0));
	CU_ASSERT(!mcp_client_can(lent, "sampling"));
	CU_ASSERT(mcp_cancelled(lent));
	lent->ops->log(lent, MCP_LOG_INFO, "x", 1);
	return NULL;
}

static int
lends(struct mcp_call *call)
{
	pthread_t thread;

	lent = call;
	mcp_say(call, "mine");
	pthread_create(&thread, NULL, uses_a_call, NULL);
	pthread_join(thread, NULL);
	return MCP_OK;
}

static int
keeps(struct mcp_call *call)
{
	lent = call;
	return mcp_say(call, "mine");
}

/* A call may be used only on the thread of its step, and on no thread after the step. */
static void
calls_of_others(void)
{
	struct run *run = run_once(&plain, lends);

	ASSERT_INT(run->result.status, MCP_E_INTERNAL);
	CU_ASSERT(run->result.why != NULL && strstr(run->result.why, "another thread") != NULL);
	run_free(run);
	run = run_once(&plain, keeps);
	CU_ASSERT(!run->result.failed);
	uses_a_call(NULL);
	ASSERT_INT(run->result.blocks, 1);
	run_free(run);
	uses_a_call(NULL);
}

/* ---- other minor versions ------------------------------------------------------------------- */

/* A request of a later minor version: its stride is larger, and this host does not know the
 * additional bytes. */
struct later_http {
	struct mcp_http http;
	char more[24];
};

static int
later_minor(struct mcp_call *call)
{
	struct later_http requests[2];
	struct {
		struct mcp_block block;
		char more[8];
	} block = { .block = { .size = sizeof(block),
			       .kind = "text",
			       .text = { "said", 4 },
			       .trusted = true } };

	memset(requests, 0x5A, sizeof(requests));
	requests[0].http = mcp_get_request("/a", NULL);
	requests[1].http = mcp_get_request("/b", NULL);
	requests[0].http.size = requests[1].http.size = sizeof(requests[0]);
	call->ops->block(call, &block.block);
	return mcp_suspend(call, &requests[0].http, 2, 0, next_nothing, NULL, 0);
}

static void
larger_structs(void)
{
	struct run *run = run_once(&plain, later_minor);

	ASSERT_INT(run->outcome.requests, 2);
	ASSERT_STR(run->outcome.request[1].path, "/b");
	ASSERT_INT(run->outcome.request[1].size, sizeof(struct mcp_http));
	run_free(run);
}

/* The same struct in three minor versions. */
struct first {
	uint32_t size;
	int a;
};
struct second {
	uint32_t size;
	int a, b;
};
struct third {
	uint32_t size;
	int a, b, c;
};

static void
adopted_structs(void)
{
	const struct first older = { sizeof(older), 1 };
	const struct second same = { sizeof(same), 1, 2 };
	const struct third newer = { sizeof(newer), 1, 2, 3 };
	struct second mine;

	CU_ASSERT(struct_adopt(&mine, sizeof(mine), &older, sizeof(struct first)));
	CU_ASSERT(mine.size == sizeof(mine) && mine.a == 1 && mine.b == 0);
	CU_ASSERT(struct_adopt(&mine, sizeof(mine), &same, sizeof(struct first)));
	CU_ASSERT(mine.size == sizeof(mine) && mine.a == 1 && mine.b == 2);
	CU_ASSERT(struct_adopt(&mine, sizeof(mine), &newer, sizeof(struct first)));
	CU_ASSERT(mine.size == sizeof(mine) && mine.a == 1 && mine.b == 2);
	CU_ASSERT(!struct_adopt(&mine, sizeof(mine), &older, sizeof(struct second)));
	CU_ASSERT(mine.size == 0 && mine.a == 0);
	CU_ASSERT(!struct_adopt(&mine, sizeof(mine), &(struct first){ UINT32_MAX, 1 },
				sizeof(struct first)));
}

static const struct test tests[] = {
	TEST(mistakes),	       TEST(deferred_is_too_late), TEST(unknown_values),
	TEST(zero_is_safe),    TEST(a_pointer_of_its_own), TEST(larger_structs),
	TEST(adopted_structs), TEST(careless_plugins),	   TEST(calls_of_others),
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin's side of a call: outcomes of steps, what is copied and for how long, caps at n - 1, n
 * and n + 1, structs of other minor versions, defects that do not look like answers. */
#include <json-c/json.h>
#include <pthread.h>
#include <stdlib.h>

#include <lakehost/call.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "run/run.h"
#include "suite.h"

/* The handler under test; set by each test. */
static int (*act)(struct mcp_call *call);
static size_t size; /* the varied value of a test */
static int freed;

static int
handle(struct mcp_call *call)
{
	return act(call);
}

static int waited, progressed, logged;
static enum mcp_level last_level;

static void
on_progress(struct run *run, double done, double total, const char *message)
{
	(void)run;
	(void)done;
	(void)total;
	(void)message;
	progressed++;
}

static void
on_log(struct run *run, enum mcp_level level, const char *message, size_t len)
{
	(void)run;
	(void)message;
	(void)len;
	last_level = level;
	logged++;
}

static void
on_client_log(struct run *run, enum mcp_level level, const char *logger, const char *json,
	      size_t len)
{
	(void)logger;
	on_log(run, level, json, len);
}

static void
on_mask(struct run *run, const char *value, size_t len)
{
	(void)run;
	mask_add(value, len);
}

static void
on_changed(struct run *run, const char *what)
{
	(void)run;
	(void)what;
}

static void
on_http_wait(struct run *run, const struct mcp_http *request, struct mcp_reply *reply)
{
	(void)run;
	waited++;
	reply_none(reply, MCP_E_UNAVAILABLE, strcmp(request->path, "/p") == 0 ? "lost" : "");
}

static const struct run_services services = { .progress = on_progress,
					      .log = on_log,
					      .client_log = on_client_log,
					      .mask = on_mask,
					      .changed = on_changed,
					      .updated = on_changed,
					      .http_wait = on_http_wait };

static const struct mcp_row plain = { .name = "plain", .handler = handle };
static const struct mcp_operation operation = { .size = sizeof(operation),
						.start = handle,
						.poll = handle };
static const struct mcp_row remote = { .name = "remote", .operation = &operation };

static struct run_input
usual(void)
{
	return (struct run_input){ .arguments = "{\"a\":1}",
				   .arguments_len = 7,
				   .principal = "ada",
				   .row = "plain",
				   .capabilities = "{\"elicitation\":{},"
						   "\"sampling\":{\"tools\":{}},\"roots\":false}",
				   .deadline_ms = clock_ms() + 50000,
				   .limits = { .rows = 7, .text = 1000, .cell = 10 } };
}

/* Runs `fn` as the handler of a new run, which the caller frees. */
static struct run *
run_once(const struct mcp_row *row, int (*fn)(struct mcp_call *call))
{
	struct run_input input = usual();
	struct run *run = run_new(row, &input, &services, NULL);

	act = fn;
	run_step(run, ENTRY_HANDLER, NULL, 0, NULL);
	return run;
}

/* ---- outcomes ------------------------------------------------------------------------------- */

static int
says(struct mcp_call *call)
{
	CU_ASSERT_EQUAL(mcp_arg_int(call, "a", 0), 1);
	CU_ASSERT(strcmp(mcp_context(call, MCP_CTX_PRINCIPAL).data, "ada") == 0);
	CU_ASSERT(strcmp(mcp_context(call, MCP_CTX_FORMAT).data, "compact") == 0);
	CU_ASSERT(strcmp(mcp_context(call, MCP_CTX_OPTIONS).data, "{}") == 0);
	CU_ASSERT(strcmp(mcp_context(call, MCP_CTX_URI).data, "") == 0);
	CU_ASSERT_EQUAL(mcp_context(call, MCP_CTX_HANDLE).len, 0);
	CU_ASSERT_EQUAL(mcp_context(call, (enum mcp_context)77).len, 0);
	CU_ASSERT_EQUAL(mcp_number(call, MCP_NUM_MAX_ROWS), 7);
	CU_ASSERT_EQUAL(mcp_number(call, MCP_NUM_MAX_TEXT), 1000);
	CU_ASSERT(mcp_number(call, MCP_NUM_DEADLINE_MS) > 0);
	CU_ASSERT_EQUAL(mcp_number(call, MCP_NUM_WAIT_MS), 0);
	CU_ASSERT_EQUAL(mcp_number(call, MCP_NUM_CANCELLED), 0);
	CU_ASSERT(mcp_number(call, MCP_NUM_NOW_MS) > 0);
	CU_ASSERT_EQUAL(mcp_number(call, (enum mcp_number)77), 0);
	return mcp_say(call, "said");
}

static int
nothing(struct mcp_call *call)
{
	(void)call;
	return MCP_OK;
}

static int
fails_mutely(struct mcp_call *call)
{
	mcp_say(call, "said");
	return MCP_E_CONFLICT;
}

static int
too_large_is_fine(struct mcp_call *call)
{
	mcp_say(call, "said");
	return MCP_E_TOO_LARGE;
}

static int
fails(struct mcp_call *call)
{
	mcp_say(call, "said");
	mcp_failf(call, MCP_E_CONFLICT, "it is %s", "taken");
	mcp_fail(call, MCP_E_INPUT, "second", NULL, NULL);
	CU_ASSERT_EQUAL(mcp_say(call, "more"), MCP_E_CONFLICT);
	return MCP_OK;
}

static void
outcomes(void)
{
	static const struct {
		int (*fn)(struct mcp_call *call);
		enum mcp_status status;
	} cases[] = {
		{ says, MCP_OK },
		{ nothing, MCP_E_INTERNAL },
		{ fails_mutely, MCP_E_INTERNAL },
		{ too_large_is_fine, MCP_OK },
		{ fails, MCP_E_CONFLICT },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run *run = run_once(&plain, cases[i].fn);

		ASSERT_INT(run->outcome.kind, OUTCOME_DONE);
		ASSERT_INT(run->result.failed, cases[i].status != MCP_OK);
		ASSERT_INT(run->result.status, cases[i].status);
		run_free(run);
	}
}

static void
may_say_nothing(void)
{
	struct run_input input = usual();
	struct run *run;

	input.completion = true;
	run = run_new(&plain, &input, &services, NULL);
	act = nothing;
	run_step(run, ENTRY_HANDLER, NULL, 0, NULL);
	CU_ASSERT(!run->result.failed);
	run_free(run);
	run = run_new(&remote, &input, &services, NULL);
	run_cancel(run);
	run_step(run, ENTRY_CANCEL, NULL, 0, NULL); /* a capability that it does not have */
	CU_ASSERT(!run->result.failed);
	ASSERT_INT(run->outcome.kind, OUTCOME_DONE);
	run_free(run);
}

/* ---- suspensions ---------------------------------------------------------------------------- */

static void
note_freed(void *data)
{
	++*(int *)data;
}

static int
second_step(struct mcp_call *call, const void *state, size_t len)
{
	const unsigned char *bytes = state;

	CU_ASSERT_EQUAL(len, size);
	CU_ASSERT_EQUAL((uintptr_t)state % _Alignof(max_align_t), 0);
	for (size_t i = 0; i < len; i++)
		CU_ASSERT_EQUAL(bytes[i], (unsigned char)i);
	CU_ASSERT_EQUAL(freed, 1); /* the memory of the step before is gone */
	CU_ASSERT_PTR_NULL(mcp_reply(call, 2));
	return mcp_say(call, "%s%s", mcp_reply(call, 0)->body.data, mcp_reply(call, 1)->body.data);
}

static int
first_step(struct mcp_call *call)
{
	struct mcp_http requests[2] = { mcp_get_request(mcp_printf(call, "/%s?q", "a"), NULL),
					mcp_json_request(call, "POST", "/b", NULL,
							 MCP_RETRY_TOKEN) };
	struct mcp_header header = { "Accept", "text/plain" };
	struct mcp_piece piece = { MCP_PIECE_BYTES, { "b\0y", 3 } };
	unsigned char state[MCP_STATE_MAX + 1];

	for (size_t i = 0; i < sizeof(state); i++)
		state[i] = (unsigned char)i;
	requests[1].headers = &header;
	requests[1].n_headers = 1;
	requests[1].body = &piece;
	requests[1].n_body = 1;
	call->ops->defer(call, note_freed, &freed);
	return mcp_suspend(call, requests, 2, 70, second_step, state, size);
}

static void
suspension(void)
{
	struct mcp_reply replies[2];
	struct run *run;

	size = 5;
	freed = 0;
	run = run_once(&plain, first_step);
	ASSERT_INT(run->outcome.kind, OUTCOME_SUSPEND);
	ASSERT_INT(run->outcome.requests, 2);
	ASSERT_INT(run->outcome.after_ms, 70);
	ASSERT_STR(run->outcome.request[0].path, "/a");
	ASSERT_STR(run->outcome.request[0].query, "q");
	ASSERT_STR(run->outcome.request[1].headers[0].value, "text/plain");
	ASSERT_INT(run->outcome.request[1].body[0].text.len, 3);
	CU_ASSERT_EQUAL(memcmp(run->outcome.request[1].body[0].text.data, "b\0y", 4), 0);
	ASSERT_INT(run->outcome.request[1].retry, MCP_RETRY_TOKEN);
	reply_none(&replies[0], MCP_OK, "");
	reply_none(&replies[1], MCP_OK, "");
	replies[0].body = (struct mcp_text){ "x", 1 };
	replies[1].body = (struct mcp_text){ "y", 1 };
	run_step(run, ENTRY_NEXT, replies, 2, NULL);
	ASSERT_INT(run->outcome.kind, OUTCOME_DONE);
	ASSERT_STR(run->result.block[0].text, "xy");
	run_free(run);
}

static void
state_cap(void)
{
	for (size = MCP_STATE_MAX - 1; size <= MCP_STATE_MAX + 1; size++) {
		struct run *run = run_once(&plain, first_step);

		ASSERT_INT(run->result.failed, size > MCP_STATE_MAX);
		ASSERT_INT(run->outcome.kind,
			   size > MCP_STATE_MAX ? OUTCOME_DONE : OUTCOME_SUSPEND);
		run_free(run);
	}
}

static int
next_nothing(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	return mcp_say(call, "next");
}

static int
many_requests(struct mcp_call *call)
{
	struct mcp_http requests[MCP_REQUESTS_MAX + 1];

	for (size_t i = 0; i <= MCP_REQUESTS_MAX; i++)
		requests[i] = mcp_get_request("/a", NULL);
	return mcp_suspend(call, requests, size, 0, next_nothing, NULL, 0);
}

static int
large_body(struct mcp_call *call)
{
	struct mcp_http requests[2] = { mcp_get_request("/a", NULL), mcp_get_request("/b", NULL) };
	char *bytes = malloc(size);
	struct mcp_piece pieces[2] = { { MCP_PIECE_BYTES, { bytes, 10 } },
				       { MCP_PIECE_BYTES, { bytes, size - 10 } } };
	int rc;

	memset(bytes, 'x', size);
	requests[0].body = &pieces[0];
	requests[1].body = &pieces[1];
	requests[0].n_body = requests[1].n_body = 1;
	rc = mcp_suspend(call, requests, 2, 0, next_nothing, NULL, 0);
	free(bytes);
	return rc;
}

static int
many_headers(struct mcp_call *call)
{
	struct mcp_http request = mcp_get_request("/a", NULL);
	struct mcp_header headers[REQUEST_HEADERS_MAX + 1];

	for (size_t i = 0; i <= REQUEST_HEADERS_MAX; i++)
		headers[i] = (struct mcp_header){ "A", "b" };
	request.headers = headers;
	request.n_headers = size;
	return mcp_suspend(call, &request, 1, 0, next_nothing, NULL, 0);
}

static int
many_pieces(struct mcp_call *call)
{
	struct mcp_http request = mcp_get_request("/a", NULL);
	struct mcp_piece pieces[REQUEST_PIECES_MAX + 1];

	for (size_t i = 0; i <= REQUEST_PIECES_MAX; i++)
		pieces[i] = (struct mcp_piece){ MCP_PIECE_BYTES, { "x", 1 } };
	request.body = pieces;
	request.n_body = size;
	return mcp_suspend(call, &request, 1, 0, next_nothing, NULL, 0);
}

static int
big_handle(struct mcp_call *call)
{
	unsigned char bytes[MCP_HANDLE_MAX + 1] = { 1 };

	return mcp_handle(call, bytes, size);
}

static int
many_questions(struct mcp_call *call)
{
	struct json_object *answer;

	for (size_t i = 0; i < size; i++)
		mcp_ask(call, mcp_printf(call, "k%zu", i), "elicitation/create", NULL, &answer);
	return MCP_ASKED;
}

static int
big_question(struct mcp_call *call)
{
	char *params = mcp_alloc(call, size + 1);
	struct mcp_text answer;

	memset(params, ' ', size);
	params[0] = '{';
	params[size - 1] = '}';
	return call->ops->ask(call, "k", "elicitation/create", params, size, &answer);
}

static void
caps(void)
{
	static const struct {
		const struct mcp_row *row;
		int (*fn)(struct mcp_call *call);
		size_t cap;
	} cases[] = {
		{ &plain, many_requests, MCP_REQUESTS_MAX },
		{ &plain, large_body, REQUEST_BODY_MAX },
		{ &plain, many_headers, REQUEST_HEADERS_MAX },
		{ &plain, many_pieces, REQUEST_PIECES_MAX },
		{ &remote, big_handle, MCP_HANDLE_MAX },
		{ &plain, many_questions, QUESTIONS_MAX },
		{ &plain, big_question, QUESTION_PARAMS_MAX },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size = cases[i].cap - 1; size <= cases[i].cap + 1; size++) {
			struct run *run = run_once(cases[i].row, cases[i].fn);

			ASSERT_INT(run->result.failed, size > cases[i].cap);
			if (run->result.failed)
				ASSERT_INT(run->result.status, MCP_E_INTERNAL);
			run_free(run);
		}
	}
}

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

/* Invalid values from a plugin in this process. */
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
	case 24: request.size += 4; break; /* the stride of an array would be wrong */
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

/* Nothing is repeated, the body stays below the cap, no line is lost, no failure becomes a
 * success. */
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
	ASSERT_INT(run->result.retry_after_ms, -1); /* 0 does not mean at once */
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

/* A text without origin counts as foreign, a link has no size, a table no total. */
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

/* A call belongs to the thread of its step, and to no thread afterwards. */
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

/* A request of a later minor version: its stride is larger, and the following bytes are unknown. */
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

/* ---- the client ----------------------------------------------------------------------------- */

static int
abilities(struct mcp_call *call)
{
	CU_ASSERT(mcp_client_can(call, "elicitation"));
	CU_ASSERT(mcp_client_can(call, "elicitation.form")); /* no mode means forms */
	CU_ASSERT(!mcp_client_can(call, "elicitation.url"));
	CU_ASSERT(mcp_client_can(call, "sampling.tools"));
	CU_ASSERT(!mcp_client_can(call, "roots")); /* false */
	CU_ASSERT(!mcp_client_can(call, "extensions.x"));
	return mcp_require(call, "elicitation.url");
}

static void
capabilities(void)
{
	struct run *run = run_once(&plain, abilities);

	ASSERT_INT(run->result.status, MCP_E_UNSUPPORTED);
	ASSERT_STR(run->result.require, "elicitation.url");
	run_free(run);
}

static int
asks(struct mcp_call *call)
{
	struct json_object *answer;
	int rc = mcp_ask(call, "k", "elicitation/create", NULL, &answer);

	if (rc != MCP_OK)
		return rc;
	return mcp_say(call, "%s", mcp_get_str(call, answer, "action", "?"));
}

static int
asks_by_url(struct mcp_call *call)
{
	struct json_object *params = mcp_json(call, "{\"mode\":\"url\"}", 14), *answer;

	return mcp_ask(call, "k", "elicitation/create", params, &answer);
}

static void
questions(void)
{
	struct run *run = run_once(&plain, asks);

	ASSERT_INT(run->outcome.kind, OUTCOME_ASK);
	ASSERT_INT(run->outcome.questions, 1);
	ASSERT_STR(run->outcome.question[0].key, "k");
	ASSERT_STR(run->outcome.question[0].params, "{}");
	run_step(run, ENTRY_HANDLER, NULL, 0, "{\"k\":17}"); /* not an object: not answered */
	ASSERT_INT(run->outcome.kind, OUTCOME_ASK);
	run_step(run, ENTRY_HANDLER, NULL, 0, "{\"k\":{\"action\":\"accept\"}}");
	ASSERT_INT(run->outcome.kind, OUTCOME_DONE);
	ASSERT_STR(run->result.block[0].text, "accept");
	ASSERT_INT(run->result.blocks, 1);
	run_free(run);
	run = run_once(&plain, asks_by_url);
	ASSERT_INT(run->result.status, MCP_E_UNSUPPORTED);
	run_free(run);
}

static int
asks_then_fails(struct mcp_call *call)
{
	asks(call);
	return mcp_fail(call, MCP_E_CONFLICT, "no", NULL, NULL);
}

static int
suspends_then_asks(struct mcp_call *call)
{
	struct mcp_http request = mcp_get_request("/", NULL);

	mcp_suspend(call, &request, 1, 0, next_nothing, NULL, 0);
	return asks(call);
}

/* A step that did several things ends with one of them, and nothing is left of the others: the host
 * takes a worker that sends both for malicious. */
static void
one_outcome(void)
{
	struct run *run = run_once(&plain, asks_then_fails);

	ASSERT_INT(run->outcome.kind, OUTCOME_DONE);
	ASSERT_INT(run->outcome.questions, 0);
	run_free(run);
	run = run_once(&plain, suspends_then_asks);
	ASSERT_INT(run->outcome.kind, OUTCOME_ASK);
	ASSERT_INT(run->outcome.questions, 1);
	ASSERT_INT(run->outcome.requests, 0);
	run_free(run);
}

/* Its name is in what the caller reads. */
static void
mistakes_name_the_plugin(void)
{
	struct run_input input = usual();
	struct run *run;

	act = asks_then_fails;
	input.limits.plugin = "vendor";
	run = run_new(&plain, &input, &services, NULL);
	result_structured(&run->result, "[", 1);
	ASSERT_STR(run->result.what, "The plugin vendor made a mistake");
	run_free(run);
}

/* ---- operations and services ---------------------------------------------------------------- */

static int
any_entry(struct mcp_call *call)
{
	struct mcp_text known = mcp_context(call, MCP_CTX_HANDLE);

	if (known.len == 0)
		return mcp_handle(call, "h\0h", 3);
	CU_ASSERT_EQUAL(known.len, 3);
	CU_ASSERT_EQUAL(memcmp(known.data, "h\0h", 3), 0);
	mcp_say(call, "interim");
	return mcp_working(call, 250, "going\nwell", 9);
}

static void
operations(void)
{
	struct run *run = run_once(&remote, any_entry);

	ASSERT_INT(run->outcome.kind, OUTCOME_HANDLE);
	ASSERT_INT(run->outcome.handle_len, 3);
	for (int i = 0; i < 2; i++) { /* the interim answer of a poll replaces the last one */
		run_step(run, i == 0 ? ENTRY_POLL : ENTRY_ANSWER, NULL, 0, NULL);
		ASSERT_INT(run->outcome.kind, OUTCOME_WORKING);
		ASSERT_INT(run->outcome.percent, 100);
		ASSERT_INT(run->outcome.next_ms, 9);
		ASSERT_STR(run->outcome.message, "going well");
		ASSERT_INT(run->result.blocks, 1);
	}
	run_free(run);
}

static int
reports(struct mcp_call *call)
{
	struct mcp_http request = mcp_get_request("/p", NULL), wrong = mcp_get_request(NULL, NULL);

	mcp_progress(call, 1, 2, NULL);
	mcp_progress(call, 1, 2, NULL);
	mcp_progress(call, 2, 2, NULL);
	mcp_log(call, MCP_LOG_INFO, "line");
	call->ops->client_log(call, MCP_LOG_INFO, NULL, "{", 1);
	call->ops->client_log(call, MCP_LOG_INFO, NULL, "{}", 2);
	CU_ASSERT(strcmp(mcp_http_wait(call, &request)->why, "lost") == 0);
	CU_ASSERT_EQUAL(mcp_http_wait(call, &wrong)->error, MCP_E_INTERNAL);
	CU_ASSERT_EQUAL(mcp_http_wait(call, &request)->error, MCP_E_INTERNAL); /* failed */
	return MCP_OK;
}

static void
services_used(void)
{
	struct run_input input = usual();

	waited = progressed = logged = 0;
	for (int i = 0; i < 2; i++) {
		struct run *run;

		input.wants_progress = i == 0;
		run = run_new(&plain, &input, &services, NULL);
		act = reports;
		run_step(run, ENTRY_HANDLER, NULL, 0, NULL);
		run_free(run);
	}
	ASSERT_INT(progressed, 2);
	ASSERT_INT(logged, 4);
	ASSERT_INT(waited, 2);
}

static const struct test tests[] = { TEST(outcomes),
				     TEST(may_say_nothing),
				     TEST(suspension),
				     TEST(state_cap),
				     TEST(caps),
				     TEST(mistakes),
				     TEST(unknown_values),
				     TEST(zero_is_safe),
				     TEST(a_pointer_of_its_own),
				     TEST(larger_structs),
				     TEST(adopted_structs),
				     TEST(capabilities),
				     TEST(careless_plugins),
				     TEST(calls_of_others),
				     TEST(questions),
				     TEST(one_outcome),
				     TEST(mistakes_name_the_plugin),
				     TEST(operations),
				     TEST(services_used) };
SUITE(tests)

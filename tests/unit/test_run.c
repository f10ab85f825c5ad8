/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the plugin's side of a call: outcomes of steps, what is copied and for how long, caps at
 * n - 1, n and n + 1, and what a plugin asks of the client and the host. */

#include "run_rig.h"
#include "suite.h"

static size_t size; /* the value that differs between the tests */
static int freed;

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
	run_step(run, ENTRY_CANCEL, NULL, 0, NULL); /* a capability that the client does not have */
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
	CU_ASSERT_EQUAL(freed, 1); /* the memory of the step before is freed */
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

/* ---- the client ----------------------------------------------------------------------------- */

static int
abilities(struct mcp_call *call)
{
	CU_ASSERT(mcp_client_can(call, "elicitation"));
	/* a capability without a mode means forms */
	CU_ASSERT(mcp_client_can(call, "elicitation.form"));
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
	/* the answer is not an object, so it counts as missing */
	run_step(run, ENTRY_HANDLER, NULL, 0, "{\"k\":17}");
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

/* A step that did several things ends with one of them, and the data of the others are dropped: the
 * host would treat a worker that sends both as malicious. */
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

/* The name of the plugin is in the text for the caller. */
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

static const struct test tests[] = {
	TEST(outcomes),
	TEST(may_say_nothing),
	TEST(suspension),
	TEST(state_cap),
	TEST(caps),
	TEST(capabilities),
	TEST(questions),
	TEST(one_outcome),
	TEST(mistakes_name_the_plugin),
	TEST(operations),
	TEST(services_used),
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin's side of a call: its steps and how each of them ends. The functions for the plugin
 * are in ops.c. */
#include "run/run.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/uri.h"
#include "run/ops.h"
#include "run/requests.h"
#include "run/result_internal.h"

#define TEMPLATE_MAX 16384u /* most bytes of an expanded request */
#define ENDED_MAX 32u	    /* number of ended runs whose memory is kept */
#define INPUT_TEXTS 13u	    /* number of strings in a run_input: the contexts, and three more */

/* ---- lifetime ------------------------------------------------------------------------------- */

static const char *
or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

static const char *
or_object(const char *text)
{
	return text == NULL ? "{}" : text;
}

/* Copies all strings into one allocation. */
static void
keep_input(struct run *run, const struct run_input *input)
{
	const char *from[INPUT_TEXTS] = {
		[MCP_CTX_PRINCIPAL] = or_empty(input->principal),
		[MCP_CTX_ROW] = or_empty(input->row),
		[MCP_CTX_UPSTREAM_URL] = or_empty(input->upstream_url),
		[MCP_CTX_TRACEPARENT] = or_empty(input->traceparent),
		[MCP_CTX_URI] = or_empty(input->uri),
		[MCP_CTX_FORMAT] = result_format_name(input->limits.format),
		[MCP_CTX_CALL_ID] = or_empty(input->call_id),
		[MCP_CTX_OPTIONS] = or_object(input->options),
		[MCP_CTX_HANDLE] = "",
		[MCP_CTX_NUMBER] = or_empty(input->number),
		or_object(input->capabilities),
		or_object(input->answers),
		input->arguments,
	};
	const char *to[INPUT_TEXTS] = { NULL };
	size_t len[INPUT_TEXTS] = { 0 }, size = 0;
	char *at;

	for (size_t i = 0; i < INPUT_TEXTS; i++) {
		len[i] = i + 1 < INPUT_TEXTS ? strlen(from[i]) : input->arguments_len;
		size += len[i] + 1;
	}
	run->memory = at = xmalloc(size);
	for (size_t i = 0; i < INPUT_TEXTS; i++) {
		memcpy(at, from[i], len[i]);
		at[len[i]] = '\0';
		to[i] = at;
		at += len[i] + 1;
	}
	memcpy(run->text, to, sizeof(run->text));
	run->capabilities_text = to[ARRAY_SIZE(run->text)];
	run->answers_text = to[ARRAY_SIZE(run->text) + 1];
	run->arguments = to[ARRAY_SIZE(run->text) + 2];
	run->arguments_len = input->arguments_len;
}

/* ---- runs that have ended ------------------------------------------------------------------- */

static pthread_mutex_t ended_lock = PTHREAD_MUTEX_INITIALIZER;
static struct run *ended[ENDED_MAX]; /* a ring */
static size_t ended_next;

/* A plugin that still uses the call after its end finds this marker, and never the memory of
 * another call. */
static void
keep_ended(struct run *run)
{
	struct run *oldest;

	pthread_mutex_lock(&ended_lock);
	oldest = ended[ended_next];
	ended[ended_next] = run;
	ended_next = (ended_next + 1) % ENDED_MAX;
	pthread_mutex_unlock(&ended_lock);
	free(oldest);
}

static _Thread_local struct run *current;

void
run_asks(struct run *run, enum outcome_kind kind)
{
	CHECK(run->life == RUN_STEPS);
	if (kind > run->outcome.kind)
		run->outcome.kind = kind;
}

const struct run *
run_current(void)
{
	return current;
}

const char *
run_row_name(const struct run *run)
{
	return run->code->name;
}

struct run *
run_new(const struct mcp_row *code, const struct run_input *input,
	const struct run_services *services, void *owner)
{
	struct run *run = xcalloc(1, sizeof(*run));

	run->call.ops = &run_ops;
	run->call.self = input->self;
	run->services = services;
	run->owner = owner;
	run->code = code;
	run->arena = arena_new();
	keep_input(run, input);
	if (input->handle_len > 0 && input->handle_len <= MCP_HANDLE_MAX) {
		run->handle = xmemdup(input->handle, input->handle_len);
		run->handle_len = input->handle_len;
	}
	atomic_init(&run->deadline_ms, input->deadline_ms);
	atomic_init(&run->wait_until_ms, input->wait_until_ms);
	atomic_init(&run->cancelled, false);
	run->wants_progress = input->wants_progress;
	run->completion = input->completion;
	run->access = input->access;
	result_init(&run->result, &input->limits);
	run->outcome.percent = -1;
	run->progress = -INFINITY;
	return run;
}

void
run_free(struct run *run)
{
	if (run == NULL)
		return;
	CHECK(run->life == RUN_WAITS);
	run->life = RUN_ENDED;
	arena_free(run->arena);
	json_object_put(run->capabilities);
	json_object_put(run->answers);
	result_fini(&run->result);
	outcome_fini(&run->outcome);
	free(run->answers_memory);
	free(run->memory);
	free(run->handle);
	free(run->state.bytes);
	free(run->after.bytes);
	keep_ended(run);
}

void
run_cancel(struct run *run)
{
	atomic_store(&run->cancelled, true);
}

void
run_set_deadline(struct run *run, int64_t deadline_ms, int64_t wait_until_ms)
{
	atomic_store(&run->deadline_ms, deadline_ms);
	atomic_store(&run->wait_until_ms, wait_until_ms);
}

/* ---- rows that are a request ---------------------------------------------------------------- */

static enum mcp_status
status_of_http(int status)
{
	switch (status) {
	case 400:
	case 422: return MCP_E_INPUT;
	case 401: return MCP_E_UNAUTHENTICATED;
	case 403: return MCP_E_PERMISSION;
	case 404: return MCP_E_NOT_FOUND;
	case 409: return MCP_E_CONFLICT;
	case 429: return MCP_E_THROTTLED;
	case 502:
	case 503:
	case 504: return MCP_E_UNAVAILABLE;
	default: return MCP_E_UPSTREAM;
	}
}

/* Runs a row that is only a request, without code of the plugin: the upstream's reply is the
 * result. */
static int
plain_answer(struct run *run, const struct mcp_reply *reply)
{
	struct mcp_failure failure = { .size = sizeof(failure),
				       .status = reply->error,
				       .why = reply->why,
				       .http_status = reply->status,
				       .request_id = reply->request_id,
				       .retry_after_ms = reply->retry_after_ms };
	char what[64];
	size_t at;

	if (reply->error == MCP_OK && reply->status >= 200 && reply->status <= 299 &&
	    json_gate(reply->body.data, reply->body.len, &json_inbound, &at) == NULL)
		return result_structured(&run->result, reply->body.data, reply->body.len);
	if (reply->error != MCP_OK) {
		failure.what = "The request could not be sent to the upstream";
	} else if (reply->status >= 200 && reply->status <= 299) {
		failure.status = MCP_E_UPSTREAM;
		failure.what = "The upstream sent an answer that is not JSON";
	} else {
		failure.status = status_of_http(reply->status);
		snprintf(what, sizeof(what), "The upstream answered HTTP %d", reply->status);
		failure.what = what;
		failure.why = reply->body.len > 0 ? reply->body.data : NULL;
	}
	return result_fail(&run->result, &failure);
}

static int
answer_request(struct mcp_call *call, const void *state, size_t len)
{
	struct run *run = (struct run *)call;
	const struct mcp_reply *reply = run_ops.reply(call, 0);

	(void)state;
	(void)len;
	if (run->code->answer != NULL)
		return run->code->answer(call);
	return plain_answer(run, reply);
}

static int
send_request(struct run *run)
{
	struct json_object *arguments =
	    json_parse(run->arguments, run->arguments_len, &json_inbound, NULL, NULL);
	const char *path = strchr(run->code->request, ' ');
	struct mcp_http request = { .size = sizeof(request) };
	struct buf target;
	char why[256];
	bool ok;
	int rc;

	if (path == NULL)
		return result_fail(&run->result,
				   &(struct mcp_failure){
				       .status = MCP_E_INTERNAL,
				       .what = "The request of this tool has no method",
				       .retry_after_ms = -1 });
	buf_init(&target, TEMPLATE_MAX);
	ok = uri_template_expand(path + 1, arguments, &target, why, sizeof(why));
	json_object_put(arguments);
	if (!ok || !buf_ok(&target)) {
		result_fail_text(&run->result, MCP_E_INPUT,
				 "The arguments do not make a valid address",
				 ok ? "The address is too long" : why,
				 "Correct the argument and call again");
		buf_fini(&target);
		return run->result.status;
	}
	request.method =
	    arena_strndup(run->arena, run->code->request, (size_t)(path - run->code->request));
	request.path = target.data;
	request.retry = strcmp(request.method, "POST") == 0 || strcmp(request.method, "PATCH") == 0
			  ? MCP_RETRY_NEVER
			  : MCP_RETRY_IDEMPOTENT;
	if (strcmp(request.method, "GET") == 0) {
		request.retry = MCP_RETRY_SAFE;
		request.flags = MCP_HTTP_SINGLE_FLIGHT;
	}
	rc = run_ops.suspend(&run->call, &request, 1, 0, answer_request, NULL, 0);
	buf_fini(&target);
	return rc;
}

/* ---- steps ---------------------------------------------------------------------------------- */

static int
run_operation(struct run *run, enum entry entry)
{
	const struct mcp_operation *operation = run->code->operation;
	mcp_handler_fn fn = NULL;

	switch (entry) {
	case ENTRY_HANDLER:
	case ENTRY_START: fn = operation->start; break;
	case ENTRY_CANCEL: fn = operation->cancel; break;
	case ENTRY_ANSWER:
		fn = operation->answer != NULL ? operation->answer : operation->poll;
		break;
	case ENTRY_POLL:
	case ENTRY_NEXT: fn = operation->poll; break;
	}
	return fn == NULL ? MCP_OK : fn(&run->call);
}

static int
run_entry(struct run *run, enum entry entry)
{
	mcp_step_fn next = run->next;

	run->next = NULL; /* op_suspend() sets the state of the step after this one */
	if (entry == ENTRY_NEXT)
		return next(&run->call, run->state.bytes, run->state.len);
	if (run->code->operation != NULL)
		return run_operation(run, entry);
	if (run->code->request != NULL)
		return send_request(run);
	return run->code->handler(&run->call);
}

static void
begin_step(struct run *run, enum entry entry, struct mcp_reply *replies, size_t n,
	   const char *answers)
{
	outcome_fini(&run->outcome);
	run->refused = NULL;
	run->call.sdk = NULL;
	run->reply = replies;
	run->replies = n;
	if (answers != NULL) {
		json_object_put(run->answers);
		run->answers = NULL;
		free(run->answers_memory);
		run->answers_text = run->answers_memory = xstrdup(answers);
	}
	if (entry == ENTRY_NEXT)
		return;
	run->entry = entry == ENTRY_START ? ENTRY_HANDLER : entry;
	if (run->result.failed || run->result.finished || !result_empty(&run->result))
		result_clear(&run->result);
}

/* Reports a defect of the plugin that would otherwise look like an answer. */
static void
judge(struct run *run, int rc)
{
	char why[160];
	bool wrote = !result_empty(&run->result);

	if (run->result.failed)
		return;
	if (rc == MCP_E_UNSUPPORTED && run->refused != NULL) {
		snprintf(why, sizeof(why), "The client does not declare the capability \"%s\"",
			 run->refused);
		result_fail_text(
		    &run->result, MCP_E_UNSUPPORTED,
		    "This call needs an answer from the user, but the client cannot ask questions",
		    why,
		    "Use a client that can, or give the answer as an argument if there is one");
	} else if (rc < 0 && !(rc == MCP_E_TOO_LARGE && wrote)) {
		result_defect(&run->result, "A step returned %s without a reason",
			      status_name((enum mcp_status)rc));
	} else if (!wrote && run->outcome.kind == OUTCOME_DONE && !run->completion &&
		   run->entry != ENTRY_CANCEL && run->entry != ENTRY_ANSWER) {
		result_defect(&run->result, "A step ended without an answer");
	}
}

/* Drops data that belongs to another kind of outcome than the step ended with. */
static void
keep_own(struct outcome *outcome)
{
	if (outcome->kind != OUTCOME_SUSPEND) {
		requests_free(outcome->request, outcome->requests);
		outcome->request = NULL;
		outcome->requests = 0;
	}
	if (outcome->kind != OUTCOME_ASK)
		outcome_drop_questions(outcome);
	CHECK((outcome->kind == OUTCOME_ASK) == (outcome->questions > 0));
	CHECK(outcome->kind != OUTCOME_HANDLE || outcome->handle_len > 0);
}

static void
end_step(struct run *run, int rc)
{
	struct outcome *outcome = &run->outcome;

	if (atomic_exchange(&run->misused, false))
		result_defect(
		    &run->result,
		    "the plugin used the call outside of its step, or from another thread");
	judge(run, rc);
	if (run->result.failed)
		outcome->kind = OUTCOME_DONE;
	keep_own(outcome);
	if (outcome->kind != OUTCOME_SUSPEND && outcome->kind != OUTCOME_ASK)
		result_finish(&run->result);
	run->reply = NULL;
	run->replies = 0;
	run->call.sdk = NULL;
}

void
run_step(struct run *run, enum entry entry, struct mcp_reply *replies, size_t n,
	 const char *answers)
{
	struct run *outer = current;

	CHECK(run->life == RUN_WAITS);
	CHECK(entry != ENTRY_NEXT || (run->outcome.kind == OUTCOME_SUSPEND && run->next != NULL));
	run->life = RUN_STEPS;
	begin_step(run, entry, replies, n, answers);
	current = run;
	end_step(run, run_entry(run, entry));
	current = outer;
	free(run->state.bytes);
	run->state = run->after;
	run->after = (struct run_state){ 0 };
	arena_reset(run->arena); /* its deferred functions must not use the call: now they cannot */
	run->life = RUN_WAITS;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A call from start to answer: its steps, its deadline, its cancellation. */
#include "call/call.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mask.h"
#include "base/mem.h"
#include "call/calls.h"
#include "call/state.h"
#include "run/text.h"
#include "registry/provider.h"

#define GIVEN_MIN 8u /* bytes of a secret in an argument */

/* Both in one piece of memory. */
struct whole {
	struct call call;
	struct call_state state;
};

static void on_limit(struct loop_timer *timer);
static void on_wait(struct loop_timer *timer);

/* ---- making --------------------------------------------------------------------------------- */

static void
set_limits(struct call *call, const struct call_spec *spec)
{
	struct call_state *state = call->state;

	state->deadline_ms =
	    clock_ms() + call->calls->config->limits.call_ms - call->calls->grace_ms;
	operation_init(call, spec);
}

static struct result_limits
result_limits_of(const struct call *call, const struct call_spec *spec)
{
	const struct config *config = call->calls->config;
	struct result_limits limits = { .rows = config->results.rows,
					.text = config->results.text,
					.cell = config->results.cell,
					.format = spec->format,
					.whole_rows = RESULT_WHOLE_ROWS,
					.reveals = spec->verdict.reveals };
	int64_t cell = json_int(spec->arguments, "cell_chars", 0);

	/* What the caller says holds for every row. */
	if (cell > 0) {
		limits.cell = (uint64_t)cell < limits.text ? (size_t)cell : limits.text;
		limits.whole_rows = 0;
	}
	result_format_parse(json_str(spec->arguments, "format"), &limits.format);
	return limits;
}

static const char *
upstream_url(const struct call *call)
{
	const char *role = call->row->provider->upstream;
	const struct config_upstream *upstream =
	    config_upstream(call->calls->config, role == NULL ? "workspace" : role);

	return upstream == NULL ? NULL : upstream->url;
}

/* What the caller gives as a secret is shown nowhere. A short one would hide words of others. */
static void
mask_given(const struct call *call, const struct call_spec *spec)
{
	const struct row *row = call->row->tool != NULL ? call->row->tool : call->row;
	struct json_object *names = json_arr(row->meta, "redact");

	for (size_t i = 0; names != NULL && i < json_object_array_length(names); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(names, i));
		const char *value = json_str(spec->arguments, name);

		if (value != NULL && strlen(value) >= GIVEN_MIN)
			mask_add(value, strlen(value));
	}
}

/* False when the arguments are larger than a call may hold. */
static bool
begin(struct call *call, const struct call_spec *spec)
{
	struct call_state *state = call->state;
	const struct provider *provider = call->row->provider;
	struct buf own = { 0 };
	const struct buf *arguments = spec->arguments_text != NULL ? spec->arguments_text : &own;
	struct run_input input = {
		.principal = call->principal.name,
		.row = call->row->name,
		.upstream_url = upstream_url(call),
		.traceparent = spec->traceparent,
		.uri = spec->uri,
		.call_id = call->id,
		.options = provider->options,
		.capabilities = spec->capabilities,
		.answers = spec->answers,
		.handle = spec->handle,
		.handle_len = spec->handle_len,
		.wants_progress = spec->wants_progress,
		.completion = call->row->kind == ROW_COMPLETION,
		.deadline_ms = state->deadline_ms,
		.wait_until_ms = state->wait_until_ms,
		.limits = result_limits_of(call, spec),
	};

	mask_given(call, spec);
	buf_init(&own, LIMIT_BODY * 2);
	if (spec->arguments == NULL)
		buf_puts(&own, "{}");
	else if (spec->arguments_text == NULL)
		buf_json_tree(&own, spec->arguments);
	if (!buf_ok(arguments))
		return false;
	input.arguments = arguments->data;
	input.arguments_len = arguments->len;
	result_init(&state->result, &input.limits);
	result_init(&state->interim, &input.limits);
	result_init(&state->miss, &input.limits);
	state->runner = call->row->provider->runner;
	state->handle = state->runner->begin(call->row->provider, call, call->row, &input);
	buf_fini(&own);
	return true;
}

struct call *
call_new(struct calls *calls, const struct call_spec *spec, const char **why)
{
	struct principal_use *use;
	struct whole *whole;
	struct call *call;

	*why = calls_admit(calls, spec->principal, &use);
	if (*why != NULL)
		return NULL;
	whole = xcalloc(1, sizeof(*whole));
	call = &whole->call;
	call->state = &whole->state;
	call->calls = calls;
	call->row = spec->row;
	call->principal = *spec->principal;
	call->verdict = spec->verdict;
	call->events = spec->events;
	call->owner = spec->owner;
	call->started_us = clock_us();
	snprintf(call->id, sizeof(call->id), "%08x-%" PRIx64, calls->id_prefix, calls->next_id++);
	call->state->use = use;
	call->state->wants_progress = spec->wants_progress;
	call->state->entry = spec->entry;
	call->state->outcome.percent = -1;
	if (spec->traceparent != NULL)
		call->state->traceparent = xstrdup(spec->traceparent);
	if (spec->notes != NULL)
		call->state->notes = xstrdup(spec->notes);
	call->state->limit = (struct loop_timer){ .fn = on_limit, .data = call };
	call->state->wait = (struct loop_timer){ .fn = on_wait, .data = call };
	set_limits(call, spec);
	calls_add(calls, call);
	if (begin(call, spec))
		return call;
	*why = "the arguments are too large";
	calls_remove(calls, call);
	free(call->state->traceparent);
	free(whole);
	return NULL;
}

/* ---- ending --------------------------------------------------------------------------------- */

static void
release(struct call *call)
{
	struct call_state *state = call->state;
	struct loop *loop = call->calls->loop;

	loop_timer_stop(loop, &state->limit);
	loop_timer_stop(loop, &state->wait);
	loop_timer_stop(loop, &state->tick);
	suspend_end(call);
	state->runner->end(state->handle);
	calls_remove(call->calls, call);
	result_fini(&state->result);
	result_fini(&state->interim);
	result_fini(&state->miss);
	outcome_fini(&state->outcome);
	arena_free(state->arena);
	free(state->traceparent);
	free(state->notes);
	free(state->answers);
	free(call);
}

static void
log_end(const struct call *call)
{
	const struct result *result = &call->state->result;

	log_event(LOG_INFO, "call", "id", "s", call->id, "principal", "s", call->principal.name,
		  "row", "s", call->row->name, "rule", "s", call->verdict.rule, "ms", "i",
		  (clock_us() - call->started_us) / 1000, "status", "s",
		  result->failed ? status_name(result->status) : "ok", "why", "s",
		  result->failed ? result->what : NULL, NULL);
}

/* Tells the owner, once. The call may be gone afterwards. */
static void
answer(struct call *call)
{
	struct call_state *state = call->state;

	if (state->answered)
		return;
	state->answered = true;
	loop_timer_stop(call->calls->loop, &state->tick);
	log_end(call);
	if (state->notes != NULL && !state->result.failed)
		result_note(&state->result, state->notes);
	call->result = &state->result;
	call->outcome = state->outcome.kind == OUTCOME_WORKING ? &state->outcome : NULL;
	if (!state->freed)
		call->events->done(call);
}

void
call_fail(struct call *call, enum mcp_status status, const char *what, const char *why,
	  const char *next)
{
	result_clear(&call->state->result);
	result_fail_text(&call->state->result, status, what, why, next);
}

static void
fail_timeout(struct call *call)
{
	char why[64];

	snprintf(why, sizeof(why), "It was not done within %u seconds",
		 (call->calls->config->limits.call_ms + 999) / 1000);
	call_fail(call, MCP_E_TIMEOUT, "The call took too long", why,
		  "Ask for less at once, or call again later");
}

/* A result that says nothing of its own about a deadline. */
static bool
says_nothing(const struct result *result)
{
	return result_empty(result) || (result->failed && result->status == MCP_E_CANCELLED);
}

void
call_finish(struct call *call)
{
	struct call_state *state = call->state;

	state->phase = PHASE_OVER;
	loop_timer_stop(call->calls->loop, &state->limit);
	loop_timer_stop(call->calls->loop, &state->wait);
	if (state->answered) {
		if (state->freed)
			release(call);
		return;
	}
	if (state->cancelled)
		call_fail(call, MCP_E_CANCELLED, "The call was cancelled", NULL, NULL);
	else if (state->timed_out && says_nothing(&state->result))
		fail_timeout(call);
	if (!state->freed) {
		answer(call);
		return;
	}
	log_end(call);
	release(call);
}

void
call_free(struct call *call)
{
	struct call_state *state;

	if (call == NULL)
		return;
	state = call->state;
	state->freed = true;
	if (state->phase == PHASE_OVER || state->phase == PHASE_NEW ||
	    state->phase == PHASE_ASKING) {
		release(call);
	} else if (!call_ending(call)) {
		call_cancel(call);
	}
}

/* ---- steps ---------------------------------------------------------------------------------- */

void
call_later(struct call *call, int64_t after_ms)
{
	loop_timer_set(call->calls->loop, &call->state->wait, after_ms);
}

void
call_run(struct call *call, enum entry entry)
{
	struct call_state *state = call->state;
	char *answers = state->answers;

	if (entry != ENTRY_NEXT)
		state->entry = entry;
	state->answers = NULL;
	state->phase = PHASE_STEP;
	state->use->steps++;
	state->runner->step(state->handle, entry, state->reply, state->fetches, answers);
	free(answers);
}

void
call_start(struct call *call)
{
	struct call_state *state = call->state;
	int64_t left = state->deadline_ms - clock_ms();

	loop_timer_set(call->calls->loop, &state->limit, left > 0 ? left : 0);
	if (state->entry == ENTRY_CANCEL)
		state->runner->cancel(state->handle);
	if (calls_enter(call))
		call_run(call, state->entry);
}

/* It has waited for its first step, or is to end before it. */
static void
call_entered(struct call *call)
{
	calls_leave_queue(call);
	if (!call_ending(call)) {
		call_run(call, call->state->entry);
		return;
	}
	if (call->state->timed_out)
		call_fail(call, MCP_E_TIMEOUT, "The call waited too long for its turn",
			  "Too many calls of yours are running (limits.steps)",
			  "Call again when one has ended");
	call_finish(call);
}

/* A call that was ended may only clean up; one that does nothing of the kind is stopped. */
static bool
suspends_too_often(struct call *call, const struct outcome *outcome)
{
	bool cleans = call->state->entry == ENTRY_CANCEL && outcome->requests > 0;

	if (!call_ending(call))
		return false;
	for (size_t i = 0; i < outcome->requests; i++)
		cleans |= (outcome->request[i].flags & MCP_HTTP_CLEANUP) != 0;
	if (!cleans || call->state->budget_over)
		call->state->idle_steps++;
	return call->state->idle_steps > CLEANUP_STEPS_MAX;
}

/* Questions are shown to people and models too. False: one of them does not fit any more. */
static bool
mask_questions(const struct call *call, struct outcome *outcome)
{
	const char *before = mask_enter(call->row->provider->name);
	bool fit = true;

	for (size_t i = 0; fit && i < outcome->questions; i++) {
		struct question *question = &outcome->question[i];
		struct buf masked;

		buf_init(&masked, QUESTION_PARAMS_MAX * 2);
		text_mask_json(&masked, question->params, strlen(question->params));
		free(question->params);
		question->params = buf_take(&masked, NULL);
		fit = question->params != NULL;
	}
	mask_enter(before);
	return fit;
}

/* The rest of it, the handle of an operation, stays. */
static void
drop_questions(struct outcome *outcome)
{
	for (size_t i = 0; i < outcome->questions; i++) {
		free(outcome->question[i].key);
		free(outcome->question[i].method);
		free(outcome->question[i].params);
	}
	free(outcome->question);
	outcome->question = NULL;
	outcome->questions = 0;
}

static void
ask(struct call *call, struct outcome *outcome)
{
	struct call_state *state = call->state;

	if (call_ending(call) || state->freed) {
		call_finish(call);
		return;
	}
	drop_questions(&state->outcome);
	state->outcome.kind = OUTCOME_ASK;
	state->outcome.question = outcome->question;
	state->outcome.questions = outcome->questions;
	outcome->question = NULL;
	outcome->questions = 0;
	if (!mask_questions(call, &state->outcome)) {
		drop_questions(&state->outcome);
		call_fail(call, MCP_E_TOO_LARGE, "A question to the client is too large", NULL,
			  NULL);
		call_finish(call);
		return;
	}
	state->phase = PHASE_ASKING;
	state->asked_ms = clock_ms();
	loop_timer_stop(call->calls->loop, &state->limit);
	call->outcome = &state->outcome;
	call->events->ask(call);
}

void
call_stepped(struct call *call, struct outcome *outcome, struct result *result)
{
	struct call_state *state = call->state;

	state->use->steps--;
	calls_next(call->calls, state->use);
	suspend_forget(call);
	if (outcome->kind == OUTCOME_SUSPEND && !suspends_too_often(call, outcome)) {
		suspend_begin(call, outcome);
		return;
	}
	if (outcome->kind == OUTCOME_SUSPEND) {
		log_event(LOG_ERROR, "call-does-not-stop", "id", "s", call->id, "row", "s",
			  call->row->name, NULL);
		result_clear(result);
	} else if (outcome->kind == OUTCOME_ASK) {
		ask(call, outcome);
		return;
	} else if (operation_stepped(call, outcome, result)) {
		return;
	}
	if (!state->answered) {
		result_fini(&state->result);
		result_move(&state->result, result);
	}
	call_finish(call);
}

static void
on_wait(struct loop_timer *timer)
{
	struct call *call = timer->data;
	struct call_state *state = call->state;

	switch (state->phase) {
	case PHASE_SUSPENDED:
		state->waiting = false;
		if (state->pending == 0)
			call_run(call, ENTRY_NEXT);
		break;
	case PHASE_PAUSED: operation_continue(call); break;
	case PHASE_ASKING:
		if (state->begun && !state->alone)
			operation_continue(call); /* which stops it */
		else
			call_finish(call);
		break;
	case PHASE_NEW: call_entered(call); break;
	case PHASE_STEP:
	case PHASE_OVER: break;
	}
}

/* Human time does not count. */
void
call_answer(struct call *call, const char *answers)
{
	struct call_state *state = call->state;
	int64_t asked = clock_ms() - state->asked_ms, left;

	if (state->phase != PHASE_ASKING || call_ending(call))
		return;
	drop_questions(&state->outcome);
	call->outcome = NULL;
	state->deadline_ms += asked;
	state->wait_until_ms += asked;
	left = state->deadline_ms - clock_ms();
	loop_timer_set(call->calls->loop, &state->limit, left > 0 ? left : 0);
	state->runner->deadline(state->handle, state->deadline_ms, state->wait_until_ms);
	free(state->answers);
	state->answers = xstrdup(answers);
	call_run(call, state->entry == ENTRY_POLL ? ENTRY_ANSWER : state->entry);
}

/* ---- cancel and deadline -------------------------------------------------------------------- */

/* Only clean-up from now on. Nothing runs before the caller has returned. */
static void
end_early(struct call *call)
{
	struct call_state *state = call->state;

	state->cleanup_until_ms = clock_ms() + call->calls->cleanup_ms;
	loop_timer_stop(call->calls->loop, &state->tick);
	state->runner->cancel(state->handle);
	suspend_cut(call, false);
	if (state->phase != PHASE_STEP && state->phase != PHASE_SUSPENDED &&
	    state->phase != PHASE_OVER)
		call_later(call, 0);
}

void
call_cancel(struct call *call)
{
	struct call_state *state = call->state;
	bool before = call_ending(call);

	if (state->cancelled || state->phase == PHASE_OVER)
		return;
	state->cancelled = true;
	if (before)
		return;
	end_early(call);
	loop_timer_set(call->calls->loop, &state->limit, call->calls->cleanup_ms);
}

/* The deadline; a moment later the answer, if the step did not give it; then the end of the
 * clean-up, which a cancelled call is answered at. */
static void
on_limit(struct loop_timer *timer)
{
	struct call *call = timer->data;
	struct call_state *state = call->state;

	if (!call_ending(call)) {
		state->timed_out = true;
		end_early(call);
		loop_timer_set(call->calls->loop, timer, call->calls->grace_ms);
		return;
	}
	if (clock_ms() < state->cleanup_until_ms) {
		loop_timer_set(call->calls->loop, timer, state->cleanup_until_ms - clock_ms());
		if (!state->cancelled && !state->answered) {
			fail_timeout(call);
			answer(call);
		}
		return;
	}
	state->budget_over = true;
	if (state->phase == PHASE_STEP)
		log_event(LOG_WARNING, "step-does-not-end", "id", "s", call->id, "row", "s",
			  call->row->name, NULL);
	suspend_cut(call, true);
	if (state->answered)
		return;
	call_fail(call, MCP_E_CANCELLED, "The call was cancelled", NULL, NULL);
	answer(call);
}

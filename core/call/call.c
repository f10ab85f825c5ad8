/* SPDX-License-Identifier: Apache-2.0 */
/* The owner's functions of a call, and its deadline. The steps between start and end are in
 * life.c. */
#include "call/call.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mask.h"
#include "base/mem.h"
#include "call/calls.h"
#include "call/life.h"
#include "call/report.h"
#include "call/spend.h"
#include "call/turns.h"
#include "config/config.h"
#include "config/snapshot.h"
#include "registry/provider.h"
#include "run/requests.h"

#define MOVES_MS 5000 /* the deadline moves by this much while a file is moved */
#define GIVEN_MIN 8u  /* Secrets in arguments that have fewer bytes are not masked. */

/* The call and its state, in one allocation. */
struct whole {
	struct call call;
	struct call_state state;
};

static void on_limit(struct loop_timer *timer);

/* ---- making --------------------------------------------------------------------------------- */

static struct result_limits
result_limits_of(const struct call *call, const struct call_spec *spec)
{
	const struct config *config = call->snapshot->config;
	struct result_limits limits = { .plugin = call->row->provider->name,
					.rows = config->results.rows,
					.text = config->results.text,
					.cell = config->results.cell,
					.format = spec->format,
					.whole_rows = RESULT_WHOLE_ROWS,
					.reveals = spec->verdict.reveals };
	int64_t cell = json_int(spec->arguments, "cell_chars", 0);

	/* Options of the caller that every kind of row has. */
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
	const struct config_upstream *upstream =
	    config_upstream(call->snapshot->config, call->upstream);

	return upstream == NULL ? NULL : upstream->url;
}

/* Secrets in the arguments are masked everywhere. A short one would hide other texts, so it is not
 * masked. */
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
	const struct row *row = call->row;
	struct run_input input = {
		.principal = call->principal.name,
		.access = (int)call->principal.access,
		.row = row->part == ROW_WHOLE ? row->name : row->tool->name,
		.upstream_url = upstream_url(call),
		.traceparent = spec->traceparent,
		.number = spec->number,
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
	result_init(&state->operation.interim, &input.limits);
	result_init(&state->operation.miss, &input.limits);
	state->runner = call->row->provider->runner;
	call_report_begin(call, spec->who, arguments);
	input.traceparent = state->traceparent;
	state->handle = state->runner->begin(call->row->provider, call, call->row, &input);
	buf_fini(&own);
	return true;
}

/* Where the requests of the call go. */
static const char *
upstream_of(const struct call_spec *spec)
{
	const char *role = spec->upstream != NULL ? spec->upstream : spec->row->provider->upstream;

	return role != NULL ? role : "workspace";
}

struct call *
call_new(struct calls *calls, const struct call_spec *spec, const char **why)
{
	struct principal_use *use;
	struct call_state *state;
	struct whole *whole;
	struct call *call;

	CHECK(loop_inside(calls->loop));
	CHECK(spec->row->provider != NULL);
	*why = turns_admit(calls, spec->principal, &use);
	if (*why != NULL)
		return NULL;
	whole = xcalloc(1, sizeof(*whole));
	state = &whole->state;
	call = &whole->call;
	*call = (struct call){ .calls = calls,
			       .snapshot = snapshot_hold(spec->snapshot != NULL ? spec->snapshot
										: calls->snapshot),
			       .row = spec->row,
			       .principal = *spec->principal,
			       .verdict = spec->verdict,
			       .upstream = upstream_of(spec),
			       .events = spec->events,
			       .owner = spec->owner,
			       .started_us = clock_us(),
			       .state = state };
	snprintf(call->id, sizeof(call->id), "%08x-%" PRIx64, calls->id_prefix, calls->next_id++);
	state->use = use;
	state->entry = spec->entry;
	state->fresh = spec->fresh;
	state->outcome.percent = -1;
	buf_init_keeping(&state->requests, CALL_REQUESTS_MAX);
	state->traceparent = call_trace(call, spec->traceparent);
	state->notes = spec->notes == NULL ? NULL : xstrdup(spec->notes);
	state->limit = (struct loop_timer){ .fn = on_limit, .data = call };
	state->wait = (struct loop_timer){ .fn = call_wake, .data = call };
	state->deadline_ms = clock_ms() + call->snapshot->config->limits.call_ms - calls->grace_ms;
	progress_init(&state->progress, spec->wants_progress);
	operation_init(call, spec);
	calls_add(calls, call);
	if (begin(call, spec)) {
		spend_begin(call, spec->ticket);
		return call;
	}
	*why = "the arguments are too large";
	calls_remove(calls, call);
	snapshot_release(call->snapshot);
	free(state->traceparent);
	free(state->notes);
	free(whole);
	return NULL;
}

/* ---- the owner ------------------------------------------------------------------------------ */

/* Sets the timer of the deadline, which stops while a person answers. */
static void
set_limit(struct call *call)
{
	int64_t left = call->state->deadline_ms - clock_ms();

	loop_timer_set(call->calls->loop, &call->state->limit, left > 0 ? left : 0);
}

/* Time that does not count: while a person answers, and while a file is moved. */
static void
extend(struct call *call, int64_t ms)
{
	struct call_state *state = call->state;

	state->deadline_ms += ms;
	state->wait_until_ms += ms;
	set_limit(call);
	state->runner->deadline(state->handle, state->deadline_ms, state->wait_until_ms);
}

void
call_start(struct call *call)
{
	struct call_state *state = call->state;

	CHECK(loop_inside(call->calls->loop));
	CHECK(state->phase == PHASE_NEW);
	set_limit(call);
	if (state->entry == ENTRY_CANCEL)
		state->runner->cancel(state->handle);
	if (turns_has_room(call))
		call_run(call, state->entry);
	else
		call_move(call, PHASE_QUEUED);
}

void
call_answer(struct call *call, const char *answers)
{
	struct call_state *state = call->state;
	int64_t asked = clock_ms() - state->asked_ms;

	CHECK(loop_inside(call->calls->loop));
	if (state->phase != PHASE_ASKING || call_ending(call))
		return;
	outcome_drop_questions(&state->outcome);
	call->outcome = NULL;
	state->asked_for_ms += asked;
	extend(call, asked);
	free(state->answers);
	state->answers = xstrdup(answers);
	call_run(call, state->entry == ENTRY_POLL ? ENTRY_ANSWER : state->entry);
}

void
call_free(struct call *call)
{
	struct call_state *state;

	if (call == NULL)
		return;
	state = call->state;
	CHECK(loop_inside(call->calls->loop));
	CHECK(state->owner == OWNER_WAITS || state->owner == OWNER_ANSWERED);
	state->owner = call_answered(call) ? OWNER_DONE : OWNER_LEFT;
	switch (state->phase) {
	case PHASE_NEW:
	case PHASE_QUEUED:
	case PHASE_ENTERING:
	case PHASE_ASKING:
		call_move(call, PHASE_OVER);
		call_release(call);
		break;
	case PHASE_OVER: call_release(call); break;
	default:
		if (!call_ending(call))
			call_cancel(call);
		break;
	}
}

/* ---- cancel and deadline -------------------------------------------------------------------- */

/* From now on the call may only clean up. No step runs before the function that called this has
 * returned. */
static void
end_early(struct call *call, enum ending ending)
{
	struct call_state *state = call->state;

	CHECK(state->ending == ENDING_NOT);
	state->ending = ending;
	state->cleanup_until_ms = clock_ms() + call->calls->cleanup_ms;
	loop_timer_stop(call->calls->loop, &state->operation.tick);
	state->runner->cancel(state->handle);
	suspend_cut(call, false);
	switch (state->phase) {
	case PHASE_NEW:
	case PHASE_QUEUED:
	case PHASE_ENTERING:
	case PHASE_PAUSED:
	case PHASE_POLL_DUE:
	case PHASE_ASKING: call_later(call, 0); break;
	/* nothing to do here: the code after the step or the requests sees that the call is
	 * ending */
	default: break;
	}
}

void
call_cancel(struct call *call)
{
	struct call_state *state = call->state;

	CHECK(loop_inside(call->calls->loop));
	if (state->phase == PHASE_OVER)
		return;
	switch (state->ending) {
	case ENDING_NOT:
		end_early(call, ENDING_CANCELLED);
		loop_timer_set(call->calls->loop, &state->limit, call->calls->cleanup_ms);
		break;
	case ENDING_LATE: state->ending = ENDING_CANCELLED; break; /* the call already cleans up */
	case ENDING_CANCELLED: break;
	}
}

/* The time of the clean-up is over too: the remaining work is dropped. */
static void
end_cleanup(struct call *call)
{
	struct call_state *state = call->state;

	state->cleanup_over = true;
	if (state->phase == PHASE_STEP)
		log_event(LOG_WARNING, "step-does-not-end", "id", "s", call->id, "row", "s",
			  call->row->name, NULL);
	suspend_cut(call, true);
	if (state->owner != OWNER_WAITS)
		return;
	call_fail(call, MCP_E_CANCELLED, "The call was cancelled", NULL, NULL);
	call_tell(call);
}

/* The timer of the call. It first means the deadline; then the answer, if the step did not give
 * one; then the end of the clean-up, when a cancelled call is answered. */
static void
on_limit(struct loop_timer *timer)
{
	struct call *call = timer->data;
	struct call_state *state = call->state;
	int64_t cleanup_ms = state->cleanup_until_ms - clock_ms();

	if (state->ending == ENDING_NOT && suspend_moves(call)) {
		extend(call, MOVES_MS);
	} else if (state->ending == ENDING_NOT) {
		end_early(call, ENDING_LATE);
		loop_timer_set(call->calls->loop, timer, call->calls->grace_ms);
	} else if (cleanup_ms > 0) {
		loop_timer_set(call->calls->loop, timer, cleanup_ms);
		if (state->ending == ENDING_LATE && state->owner == OWNER_WAITS) {
			call_fail_late(call);
			call_tell(call);
		}
	} else {
		end_cleanup(call);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The phases of a call, and its end. */
#include "call/life.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mask.h"
#include "base/mem.h"
#include "call/calls.h"
#include "call/report.h"
#include "call/spend.h"
#include "metrics/metrics.h"
#include "call/turns.h"
#include "config/config.h"
#include "config/snapshot.h"
#include "registry/provider.h"
#include "run/requests.h"
#include "run/text.h"

static void step_first(struct call *call);
static void end_unstarted(struct call *call);
static void end_asking(struct call *call);

/* ---- the table ------------------------------------------------------------------------------ */

#define MAY(phase) (1u << PHASE_##phase)

/*
 * One entry for each phase: which function moves a call into it, which phases may follow, and the
 * function of the timer `wait` in this phase (NULL: the timer is not set, or has no effect).
 * Cancelling and the deadline do not change the phase themselves: they set `ending`, so that the
 * phase ends sooner.
 */
static const struct {
	unsigned next;
	void (*wake)(struct call *call);
} life[PHASES] = {
	/* Set by call_new(): everything is prepared, nothing runs. */
	[PHASE_NEW] = { MAY(QUEUED) | MAY(STEP) | MAY(OVER) | MAY(CUT), end_unstarted },
	/* Set by call_start(): too many steps of the call's principal run, so the first step
	 * waits. */
	[PHASE_QUEUED] = { MAY(ENTERING) | MAY(OVER) | MAY(CUT), end_unstarted },
	/* Set by turns_moved() after another step of the principal has ended: the loop runs the
	 * first step next. */
	[PHASE_ENTERING] = { MAY(STEP) | MAY(OVER) | MAY(CUT), step_first },
	/* Set by call_run(): the runner has a step. */
	[PHASE_STEP] = { MAY(STEPPED) | MAY(CUT), NULL },
	/* Set by call_stepped(), called by the runner: the step has ended, and the next phase is
	 * being decided. */
	[PHASE_STEPPED] = { MAY(SUSPENDED) | MAY(PAUSED) | MAY(ASKING) | MAY(STEP) | MAY(OVER),
			    NULL },
	/* Set by suspend_begin(): requests are running, or a wait. The next step follows. */
	[PHASE_SUSPENDED] = { MAY(STEP) | MAY(CUT), suspend_waited },
	/* Set by operation_pause(): the operation runs remotely, between two polls. */
	[PHASE_PAUSED] = { MAY(POLL_DUE) | MAY(STEP) | MAY(OVER) | MAY(CUT), operation_continue },
	/* Set by operation_continue(): the poll waits for the rate limit of its upstream. */
	[PHASE_POLL_DUE] = { MAY(STEP) | MAY(OVER) | MAY(CUT), operation_poll },
	/* Set by call_stepped(): the owner has the questions. call_answer() runs the step again. */
	[PHASE_ASKING] = { MAY(STEP) | MAY(OVER) | MAY(CUT), end_asking },
	/* Set by call_finish(), or by call_free() when nothing runs. call_release() follows. */
	[PHASE_OVER] = { MAY(CUT), NULL },
	/* Set by call_cut() after the loop has ended: all unfinished work is dropped. */
	[PHASE_CUT] = { 0, NULL },
};
#undef MAY

void
call_move(struct call *call, enum phase to)
{
	struct call_state *state = call->state;
	enum phase from = state->phase;

	CHECK(from < PHASES && to < PHASES);
	CHECK((life[from].next & 1u << to) != 0);
	state->phase = to;
	turns_moved(call, from, to);
}

void
call_later(struct call *call, int64_t after_ms)
{
	CHECK(life[call->state->phase].wake != NULL);
	loop_timer_set(call->calls->loop, &call->state->wait, after_ms);
}

void
call_wake(struct loop_timer *timer)
{
	struct call *call = timer->data;

	CHECK(life[call->state->phase].wake != NULL);
	life[call->state->phase].wake(call);
}

/* ---- the end -------------------------------------------------------------------------------- */

void
call_release(struct call *call)
{
	struct call_state *state = call->state;
	struct loop *loop = call->calls->loop;

	CHECK(state->phase == PHASE_OVER || state->phase == PHASE_CUT);
	CHECK(state->owner == OWNER_LEFT || state->owner == OWNER_DONE);
	loop_timer_stop(loop, &state->limit);
	loop_timer_stop(loop, &state->wait);
	suspend_end(call);
	buf_fini(&state->requests);
	spend_nothing(call);
	state->runner->end(state->handle);
	calls_remove(call->calls, call);
	operation_fini(call);
	result_fini(&state->result);
	outcome_fini(&state->outcome);
	free(state->traceparent);
	free(state->notes);
	free(state->answers);
	snapshot_release(call->snapshot);
	free(call);
}

void
call_cut(struct call *call)
{
	call_move(call, PHASE_CUT);
	call->state->owner = call_answered(call) ? OWNER_DONE : OWNER_LEFT;
	call_release(call);
}

static void
log_end(struct call *call)
{
	const struct result *result = &call->state->result;

	log_event(LOG_INFO, "call", "id", "w", call->id, "principal", "s", call->principal.name,
		  "row", "w", call->row->name, "rule", "s", call->verdict.rule, "ms", "i",
		  (clock_us() - call->started_us) / 1000, "status", "w",
		  result->failed ? status_name(result->status) : "ok", "why", "s",
		  result->failed ? result->what : NULL, NULL);
	call_report_end(call);
	spend_end(call);
	metrics_call(call->row->provider->name, call->row->name,
		     result->failed ? status_name(result->status) : "ok",
		     clock_us() - call->started_us);
}

void
call_fail(struct call *call, enum mcp_status status, const char *what, const char *why,
	  const char *next)
{
	CHECK(!call_answered(call));
	result_clear(&call->state->result);
	result_fail_text(&call->state->result, status, what, why, next);
	call->state->result.missed = true; /* the host gave up: an operation may continue */
}

void
call_fail_late(struct call *call)
{
	char why[64];

	snprintf(why, sizeof(why), "It did not end within %u seconds",
		 (call->snapshot->config->limits.call_ms + 999) / 1000);
	call_fail(call, MCP_E_TIMEOUT, "The call took too long", why,
		  "Request less data, or call again later");
}

void
call_tell(struct call *call)
{
	struct call_state *state = call->state;

	CHECK(state->owner == OWNER_WAITS);
	state->owner = OWNER_ANSWERED;
	loop_timer_stop(call->calls->loop, &state->operation.tick);
	log_end(call);
	if (state->notes != NULL && !state->result.failed)
		result_note(&state->result, state->notes);
	call->result = &state->result;
	call->outcome = state->outcome.kind == OUTCOME_WORKING ? &state->outcome : NULL;
	call->events->done(call);
}

/* Is this a result that does not mention the deadline? */
static bool
says_nothing(const struct result *result)
{
	return result_empty(result) || (result->failed && result->status == MCP_E_CANCELLED);
}

void
call_finish(struct call *call)
{
	struct call_state *state = call->state;

	call_move(call, PHASE_OVER);
	loop_timer_stop(call->calls->loop, &state->limit);
	loop_timer_stop(call->calls->loop, &state->wait);
	if (!call_answered(call)) {
		if (state->ending == ENDING_CANCELLED)
			call_fail(call, MCP_E_CANCELLED, "The call was cancelled", NULL, NULL);
		else if (state->ending == ENDING_LATE && says_nothing(&state->result))
			call_fail_late(call);
	}
	switch (state->owner) {
	case OWNER_WAITS: call_tell(call); break;
	case OWNER_ANSWERED: break; /* and frees it */
	case OWNER_LEFT:
		log_end(call);
		call_release(call);
		break;
	case OWNER_DONE: call_release(call); break;
	}
}

/* ---- steps ---------------------------------------------------------------------------------- */

void
call_run(struct call *call, enum entry entry)
{
	struct call_state *state = call->state;
	char *answers = state->answers;

	call_move(call, PHASE_STEP);
	loop_timer_stop(call->calls->loop, &state->wait);
	if (entry != ENTRY_NEXT)
		state->entry = entry;
	state->answers = NULL;
	state->runner->step(state->handle, entry, state->suspension.reply,
			    state->suspension.fetches, answers);
	free(answers);
}

/* Runs the first step, which had to wait. */
static void
step_first(struct call *call)
{
	if (call_ending(call))
		end_unstarted(call);
	else
		call_run(call, call->state->entry);
}

/* Ends a call before its first step. */
static void
end_unstarted(struct call *call)
{
	CHECK(call_ending(call));
	if (call->state->ending == ENDING_LATE && !call_answered(call))
		call_fail(call, MCP_E_TIMEOUT, "The call waited too long to start",
			  "Too many of your calls are running (limits.steps)",
			  "Call again when one has ended");
	call_finish(call);
}

/* A call that is ending may only clean up. Other requests and waits are stopped. */
static bool
suspends_too_often(struct call *call, const struct outcome *outcome)
{
	bool cleans = call->state->entry == ENTRY_CANCEL && outcome->requests > 0;

	if (!call_ending(call))
		return false;
	for (size_t i = 0; i < outcome->requests; i++)
		cleans |= (outcome->request[i].flags & MCP_HTTP_CLEANUP) != 0;
	if (!cleans || call->state->cleanup_over)
		call->state->idle_steps++;
	return call->state->idle_steps > CLEANUP_STEPS_MAX;
}

/* ---- questions ------------------------------------------------------------------------------ */

/* Masks the questions, because people and models see them. False when a question is then too
 * large. */
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

static void
ask(struct call *call, struct outcome *outcome)
{
	struct call_state *state = call->state;

	if (call_ending(call) || state->owner != OWNER_WAITS) {
		call_finish(call);
		return;
	}
	CHECK(outcome->questions > 0 && state->outcome.questions == 0);
	state->outcome.kind = OUTCOME_ASK;
	state->outcome.question = outcome->question;
	state->outcome.questions = outcome->questions;
	outcome->question = NULL;
	outcome->questions = 0;
	if (!mask_questions(call, &state->outcome)) {
		outcome_drop_questions(&state->outcome);
		call_fail(call, MCP_E_TOO_LARGE, "A question to the client is too large", NULL,
			  NULL);
		call_finish(call);
		return;
	}
	call_move(call, PHASE_ASKING);
	state->asked_ms = clock_ms();
	loop_timer_stop(call->calls->loop, &state->limit);
	call->outcome = &state->outcome;
	call->events->ask(call);
}

/* Ends a call while its owner has the questions. */
static void
end_asking(struct call *call)
{
	const enum operation_state state = call->state->operation.state;

	CHECK(call_ending(call));
	if (state == OPERATION_RUNS || state == OPERATION_SEEN)
		operation_end(call);
	else
		call_finish(call);
}

/* ---- what follows a step -------------------------------------------------------------------- */

static void
suspend(struct call *call, const struct outcome *outcome)
{
	if (!suspends_too_often(call, outcome)) {
		suspend_begin(call, outcome);
		return;
	}
	log_event(LOG_ERROR, "call-does-not-stop", "id", "s", call->id, "row", "s", call->row->name,
		  NULL);
	call_finish(call);
}

static void
go_on(struct call *call, struct outcome *outcome, struct result *result)
{
	int64_t pause_ms = 0;

	switch (operation_stepped(call, outcome, result, &pause_ms)) {
	case FOLLOW_ANSWER:
		if (!call_answered(call)) {
			result_fini(&call->state->result);
			result_move(&call->state->result, result);
		}
		call_finish(call);
		break;
	case FOLLOW_INTERIM: operation_answer(call); break;
	case FOLLOW_POLL: operation_pause(call, pause_ms); break;
	case FOLLOW_STOP: operation_stop(call); break;
	}
}

void
call_stepped(struct call *call, struct outcome *outcome, struct result *result)
{
	CHECK(loop_inside(call->calls->loop));
	call_move(call, PHASE_STEPPED);
	suspend_forget(call);
	switch (outcome->kind) {
	case OUTCOME_SUSPEND: suspend(call, outcome); break;
	case OUTCOME_ASK: ask(call, outcome); break;
	case OUTCOME_DONE:
	case OUTCOME_HANDLE:
	case OUTCOME_WORKING: go_on(call, outcome, result); break;
	}
}

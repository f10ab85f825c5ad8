/* SPDX-License-Identifier: Apache-2.0 */
/* Operations: started remotely, then polled during the hybrid wait. When the wait ends, the
 * answer is the text of the last poll and the handle. After that the host keeps no state of the
 * operation. */
#include "call/operation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "call/calls.h"
#include "call/left.h"
#include "call/life.h"
#include "call/turns.h"
#include "config/config.h"
#include "config/snapshot.h"
#include "run/requests.h"
#include "run/text.h"
#include "registry/provider.h"

#define POLL_FIRST_MS 50
#define POLL_LEAST_MS 50
#define POLL_MOST_MS 5000  /* pause between polls when the plugin gives no time */
#define POLL_SAID_MS 30000 /* limits of the pause between polls when the plugin gives a time */
#define WAIT_DEFAULT_MS 20000
#define TICK_FIRST_MS 1000
#define TICK_MS 5000

static void on_tick(struct loop_timer *timer);

/* How long to wait for a started operation: the caller's value, else the argument's, else the
 * row's; it is always shorter than the deadline of the call. */
static int64_t
hybrid_wait(const struct call *call, const struct call_spec *spec)
{
	int64_t most = call->state->deadline_ms - WAIT_MARGIN_MS - clock_ms();
	int64_t seconds = json_int(call->row->meta, "wait_s", WAIT_DEFAULT_MS / 1000), ms;

	seconds = json_int(spec->arguments, "wait_s", seconds);
	if (seconds < 0)
		seconds = 0;
	ms = spec->wait_ms > 0 ? spec->wait_ms
	   : spec->wait_ms < 0 ? 0
	   : seconds > 3600    ? 3600000
			       : seconds * 1000;
	if (most < 0)
		most = 0;
	return ms < most ? ms : most;
}

/* True for the tool that the host publishes for the result. Another call has started the operation,
 * so it continues even when this call is cancelled. */
static bool
is_visit(const struct call *call)
{
	return call->row->part == ROW_RESULT;
}

static enum operation_state
state_at_start(const struct call *call, const struct call_spec *spec, int64_t wait_ms)
{
	const struct row *row = call->row->tool != NULL ? call->row->tool : call->row;
	const struct mcp_row *code = row->provider->code(row->provider, row);

	if (spec->entry == ENTRY_ANSWER || (spec->entry == ENTRY_POLL && is_visit(call)))
		return wait_ms > 0 ? OPERATION_RUNS : OPERATION_ALONE;
	if (spec->entry != ENTRY_HANDLER && spec->entry != ENTRY_START)
		return OPERATION_ALONE;
	/* the host does not know which tools of a plugin in a worker process are operations, so any
	 * tool may be one */
	if (code != NULL ? code->operation != NULL : row->kind == ROW_TOOL)
		return OPERATION_POSSIBLE;
	return OPERATION_NONE;
}

void
operation_init(struct call *call, const struct call_spec *spec)
{
	struct call_state *state = call->state;
	struct call_operation *operation = &state->operation;
	const int64_t wait_ms = hybrid_wait(call, spec);

	operation->state = state_at_start(call, spec, wait_ms);
	operation->leaves_early = spec->leaves_early;
	operation->begun_ms = clock_ms();
	operation->percent_ms = operation->begun_ms;
	operation->tick = (struct loop_timer){ .fn = on_tick, .data = call };
	state->wait_until_ms = operation->begun_ms + wait_ms;
	if (spec->handle_len > 0 && spec->handle_len <= MCP_HANDLE_MAX)
		outcome_set_handle(&state->outcome, spec->handle, spec->handle_len);
}

void
operation_fini(struct call *call)
{
	struct call_operation *operation = &call->state->operation;

	loop_timer_stop(call->calls->loop, &operation->tick);
	result_fini(&operation->interim);
	result_fini(&operation->miss);
}

static bool
is_alone(const struct call *call)
{
	return call->state->operation.state == OPERATION_ALONE;
}

static bool
has_interim(const struct call *call)
{
	return !result_empty(&call->state->operation.interim);
}

/* Can a poll still give new information? */
static bool
wait_is_over(const struct call *call)
{
	return calls_draining(call->calls) ||
	       clock_ms() + POLL_LEAST_MS > call->state->wait_until_ms;
}

/* The next poll is after the wait, and its caller does not need it. */
static bool
may_leave(const struct call *call, int64_t pause_ms)
{
	return call->state->operation.leaves_early &&
	       clock_ms() + pause_ms > call->state->wait_until_ms;
}

/* The row starts nothing. */
static bool
only_looks(const struct call *call)
{
	return is_visit(call) || (call->row->access == ACCESS_READ && !call->row->by_sql);
}

/* May the remote work be cancelled because of its caller or its host? */
static bool
may_stop(const struct call *call)
{
	return !is_visit(call) && !is_alone(call) &&
	       call->snapshot->config->on_cancel != ON_CANCEL_LEAVE;
}

/* The host stops, and its operator wants that the work stops too. */
static bool
stops_with_host(const struct call *call)
{
	return calls_draining(call->calls) && !only_looks(call) && !is_alone(call) &&
	       call->snapshot->config->on_cancel == ON_CANCEL_STOP;
}

/* ---- progress ------------------------------------------------------------------------------- */

/* Between two polls progress depends only on the time: it moves towards the next per cent, or
 * counts seconds. */
static void
report(struct call *call)
{
	const struct call_operation *operation = &call->state->operation;
	const struct outcome *outcome = &call->state->outcome;
	double elapsed = (double)(clock_ms() - operation->begun_ms) / 1000;
	double since = (double)(clock_ms() - operation->percent_ms) / 1000;
	const char *message = outcome->message;
	char text[64];

	snprintf(text, sizeof(text), "running for %.0f s", elapsed);
	if (message == NULL)
		message = text;
	if (outcome->percent >= 0 && outcome->percent < 100)
		progress_send(call, outcome->percent + since / (since + 10), 100, message);
	else
		progress_send(call, elapsed, 0, message);
}

static void
on_tick(struct loop_timer *timer)
{
	struct call *call = timer->data;

	loop_timer_set(call->calls->loop, timer, TICK_MS);
	if (!call->state->progress.of_plugin)
		/* the call's owner may cancel the call in this function, which stops the timer */
		report(call);
}

static void
start_tick(struct call *call)
{
	struct loop_timer *tick = &call->state->operation.tick;

	if (call->state->progress.wanted && tick->slot == 0)
		loop_timer_set(call->calls->loop, tick, TICK_FIRST_MS);
}

/* ---- the answer ----------------------------------------------------------------------------- */

static void
keep_interim(struct call *call, struct result *result)
{
	struct result *interim = &call->state->operation.interim;

	if (result_empty(result) || result->failed)
		return;
	result_fini(interim);
	result_move(interim, result);
}

/* Adds to the known text that the last poll failed, and the reason. */
static void
say_miss(struct call *call, bool known)
{
	const struct result *miss = &call->state->operation.miss;
	struct mcp_block block = { .size = sizeof(block), .kind = "text", .trusted = true };
	struct buf text;

	if (!miss->failed && known)
		return;
	buf_init(&text, 3 * RESULT_LINE_MAX);
	if (!known)
		buf_puts(&text, "The operation was started; its state is not known yet.");
	if (miss->failed) {
		buf_puts(&text, known ? "The last poll failed: " : " The last poll failed: ");
		text_line(&text, miss->what, RESULT_LINE_MAX);
		if (miss->why != NULL) {
			buf_putc(&text, ' ');
			text_line(&text, miss->why, RESULT_LINE_MAX);
		}
	}
	block.text = (struct mcp_text){ text.data, text.len };
	result_block(&call->state->result, &block);
	buf_fini(&text);
}

/* A caller that only polls is told that the poll failed. A caller that started an operation must
 * not think that the start failed, and start it again. */
static bool
looked_in_vain(const struct call *call)
{
	const struct call_operation *operation = &call->state->operation;

	return operation->miss.failed && only_looks(call) &&
	       (operation->state == OPERATION_RUNS ||
		(operation->state == OPERATION_ALONE && is_visit(call)));
}

/* Nothing waits for the operation any more. What only looked at it has not begun it. */
static void
leave(struct call *call)
{
	if (only_looks(call) || is_alone(call))
		return;
	left_add(call);
	if (call->state->ending == ENDING_CANCELLED)
		log_event(LOG_NOTICE, "operation-left", "id", "s", call->id, "principal", "s",
			  call->principal.name, "row", "s", call->row->name, "why", "s",
			  "the call was cancelled, and operations.on_cancel is \"leave\"", NULL);
}

void
operation_answer(struct call *call)
{
	struct call_state *state = call->state;
	struct call_operation *operation = &state->operation;
	bool known = has_interim(call);

	CHECK(operation->state >= OPERATION_RUNS);
	leave(call);
	if (call_answered(call)) {
		state->outcome.kind = OUTCOME_WORKING;
	} else if (looked_in_vain(call)) {
		result_fini(&state->result);
		result_move(&state->result, &operation->miss);
	} else {
		state->outcome.kind = OUTCOME_WORKING;
		result_fini(&state->result);
		result_move(&state->result, &operation->interim);
		say_miss(call, known);
		result_merge(&state->result);
	}
	call_finish(call);
}

/* ---- the wait ------------------------------------------------------------------------------- */

/* The pause before the next poll if the plugin gives none: short at first, then longer and
 * longer. */
static int64_t
next_pause(struct call_operation *operation, uint32_t said_ms)
{
	uint32_t *interval = &operation->interval_ms;

	if (said_ms > 0)
		return said_ms < POLL_LEAST_MS ? POLL_LEAST_MS
		     : said_ms > POLL_SAID_MS  ? POLL_SAID_MS
					       : (int64_t)said_ms;
	*interval = *interval == 0 ? POLL_FIRST_MS : *interval * 8 / 5;
	if (*interval > POLL_MOST_MS)
		*interval = POLL_MOST_MS;
	return *interval;
}

void
operation_pause(struct call *call, int64_t pause_ms)
{
	int64_t left = call->state->wait_until_ms - clock_ms();

	CHECK(call->state->operation.state == OPERATION_RUNS ||
	      call->state->operation.state == OPERATION_SEEN);
	if (pause_ms > left)
		pause_ms = left; /* one more poll at the end, so that the answer is current */
	if (pause_ms < 0 || calls_draining(call->calls))
		pause_ms = 0;
	call_move(call, PHASE_PAUSED);
	call_later(call, pause_ms);
}

void
operation_end(struct call *call)
{
	CHECK(call_ending(call));
	if (call->state->ending == ENDING_CANCELLED && call->state->entry != ENTRY_CANCEL &&
	    may_stop(call))
		call_run(call, ENTRY_CANCEL);
	else
		operation_answer(call);
}

/* A poll waits for the rate limit of its upstream. When there is already a text to answer, and the
 * caller's wait ends before that, no place is reserved: other calls may end and make room, so the
 * call asks again later, and answers with that text when its wait is over. */
void
operation_continue(struct call *call)
{
	const int64_t left = call->state->wait_until_ms - clock_ms();
	int64_t delay;

	if (call_ending(call)) {
		operation_end(call);
		return;
	}
	if (stops_with_host(call)) {
		operation_stop(call);
		return;
	}
	if (has_interim(call) && calls_draining(call->calls)) {
		operation_answer(call);
		return;
	}
	delay = turns_poll_delay(call->calls, call->upstream, has_interim(call) ? left : INT64_MAX);
	if (delay == 0) {
		call_run(call, ENTRY_POLL);
	} else if (has_interim(call) && delay > left) {
		if (left < POLL_LEAST_MS || may_leave(call, left))
			operation_answer(call);
		else /* it stays paused */
			call_later(call, left < POLL_MOST_MS ? left : POLL_MOST_MS);
	} else {
		call_move(call, PHASE_POLL_DUE);
		call_later(call, delay);
	}
}

void
operation_poll(struct call *call)
{
	if (call_ending(call))
		operation_end(call);
	else if (stops_with_host(call))
		operation_stop(call);
	else if (has_interim(call) && calls_draining(call->calls))
		operation_answer(call);
	else
		call_run(call, ENTRY_POLL);
}

void
operation_stop(struct call *call)
{
	call->state->runner->cancel(call->state->handle);
	call_run(call, ENTRY_CANCEL);
}

void
operation_abandon(struct call *call)
{
	const enum operation_state state = call->state->operation.state;

	if ((state == OPERATION_RUNS || state == OPERATION_SEEN) &&
	    call->state->phase != PHASE_OVER && !only_looks(call))
		left_add(call);
}

/* Runs from the loop, a moment later, because the caller may be iterating over all calls. */
void
operation_leave(struct call *call)
{
	if (call->state->phase == PHASE_PAUSED || call->state->phase == PHASE_POLL_DUE)
		call_later(call, 0);
}

/* ---- steps ---------------------------------------------------------------------------------- */

/* A cancelled call cancels its remote work, once. It does not cancel an operation that another call
 * has started. */
static enum follow
stop(const struct call *call)
{
	if (!may_stop(call))
		return FOLLOW_INTERIM;
	return call->state->entry == ENTRY_CANCEL ? FOLLOW_ANSWER : FOLLOW_STOP;
}

static enum follow
started(struct call *call, const struct outcome *outcome, struct result *result, int64_t *pause_ms)
{
	struct call_state *state = call->state;

	CHECK(state->operation.state < OPERATION_RUNS);
	state->operation.state = OPERATION_RUNS;
	state->began = true;
	outcome_set_handle(&state->outcome, outcome->handle, outcome->handle_len);
	keep_interim(call, result);
	if (state->ending == ENDING_CANCELLED)
		return stop(call);
	if (state->ending == ENDING_LATE)
		return FOLLOW_INTERIM;
	if (stops_with_host(call))
		return FOLLOW_STOP;
	start_tick(call);
	/* a caller that only polls gets the result of one poll */
	if (has_interim(call) && wait_is_over(call) &&
	    (!only_looks(call) || calls_draining(call->calls)))
		return FOLLOW_INTERIM;
	*pause_ms = next_pause(&state->operation, outcome->next_ms);
	return may_leave(call, *pause_ms) ? FOLLOW_INTERIM : FOLLOW_POLL;
}

static enum follow
working(struct call *call, struct outcome *outcome, struct result *result, int64_t *pause_ms)
{
	struct call_state *state = call->state;

	CHECK(state->operation.state >= OPERATION_RUNS);
	keep_interim(call, result);
	if (!is_alone(call))
		state->operation.state = OPERATION_SEEN;
	result_clear(&state->operation.miss);
	if (outcome->percent != state->outcome.percent)
		state->operation.percent_ms = clock_ms();
	state->outcome.percent = outcome->percent;
	state->outcome.next_ms = outcome->next_ms;
	free(state->outcome.message);
	state->outcome.message = result_line(outcome->message);
	if (state->ending == ENDING_CANCELLED && !is_alone(call))
		return stop(call);
	if (stops_with_host(call))
		return FOLLOW_STOP;
	if (is_alone(call) || state->ending == ENDING_LATE || wait_is_over(call))
		return FOLLOW_INTERIM;
	start_tick(call);
	if (state->outcome.percent >= 0 && !state->progress.of_plugin)
		report(call);
	if (call_ending(call)) /* the owner has cancelled it */
		return stop(call);
	*pause_ms = next_pause(&state->operation, outcome->next_ms);
	return may_leave(call, *pause_ms) ? FOLLOW_INTERIM : FOLLOW_POLL;
}

/* A failed poll gives no information about the operation. */
static enum follow
missed(struct call *call, struct result *result, int64_t *pause_ms)
{
	struct call_operation *operation = &call->state->operation;
	int64_t after_ms = result->retry_after_ms;

	result_fini(&operation->miss);
	result_move(&operation->miss, result);
	if (is_alone(call) || call_ending(call) || wait_is_over(call))
		return FOLLOW_INTERIM;
	*pause_ms = next_pause(operation, 0) * 2;
	if (after_ms > *pause_ms)
		*pause_ms = after_ms;
	return FOLLOW_POLL;
}

/* The step that cancels has ended. When it failed, the work may continue: nobody may miss that. */
static enum follow
stopped(struct call *call, const struct result *result)
{
	if (!result->failed) {
		left_forget(call);
		return FOLLOW_ANSWER;
	}
	if (!is_alone(call))
		left_add(call);
	log_event(LOG_WARNING, "operation-not-stopped", "id", "s", call->id, "principal", "s",
		  call->principal.name, "row", "s", call->row->name, "what", "s", result->what,
		  "why", "s", result->why, NULL);
	return FOLLOW_ANSWER;
}

static enum follow
ended(struct call *call, struct result *result, int64_t *pause_ms)
{
	const struct call_state *state = call->state;

	if (state->entry == ENTRY_CANCEL)
		return stopped(call, result);
	if (state->operation.state < OPERATION_RUNS)
		return FOLLOW_ANSWER;
	if (result->failed && state->ending == ENDING_CANCELLED && !is_alone(call))
		return stop(call);
	if (result->failed &&
	    (result->missed || (state->ending == ENDING_LATE && status_retryable(result->status))))
		return missed(call, result, pause_ms);
	/* the answers were accepted: the next poll shows their effect */
	if (state->entry == ENTRY_ANSWER && result_empty(result) && !is_alone(call)) {
		*pause_ms = 0;
		return FOLLOW_POLL;
	}
	if (state->entry == ENTRY_POLL)
		left_forget(call);
	return FOLLOW_ANSWER;
}

enum follow
operation_stepped(struct call *call, struct outcome *outcome, struct result *result,
		  int64_t *pause_ms)
{
	CHECK(call->state->phase == PHASE_STEPPED);
	switch (outcome->kind) {
	case OUTCOME_HANDLE: return started(call, outcome, result, pause_ms);
	case OUTCOME_WORKING: return working(call, outcome, result, pause_ms);
	case OUTCOME_DONE:
	case OUTCOME_SUSPEND:
	case OUTCOME_ASK: break;
	}
	return ended(call, result, pause_ms);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations: started remotely, then polled for as long as the hybrid wait lasts. When it ends the
 * answer is what the last poll wrote for a reader who has to leave, and the handle. Nothing of an
 * operation is needed here afterwards.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "call/calls.h"
#include "run/result_internal.h"
#include "run/text.h"
#include "registry/provider.h"

#define POLL_FIRST_MS 50
#define POLL_LEAST_MS 50
#define POLL_MOST_MS 5000  /* between polls that do not say when */
#define POLL_SAID_MS 30000 /* between polls that do */
#define TICK_FIRST_MS 1000
#define TICK_MS 5000

static void on_tick(struct loop_timer *timer);

/* How long to wait for an operation that is started: the caller's word, then the argument, then
 * the row's, and always less than the call itself may take. */
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

void
operation_init(struct call *call, const struct call_spec *spec)
{
	struct call_state *state = call->state;
	const struct row *row = call->row->tool != NULL ? call->row->tool : call->row;
	const struct mcp_row *code = row->provider->code(row->provider, row);

	/* of a plugin in a worker process nobody here can tell: any tool may be one */
	state->operation = code != NULL ? code->operation != NULL : row->kind == ROW_TOOL;
	state->alone = spec->entry != ENTRY_HANDLER && spec->entry != ENTRY_START;
	state->begun = state->alone;
	state->wait_until_ms = clock_ms() + hybrid_wait(call, spec);
	state->begun_ms = clock_ms();
	state->percent_ms = state->begun_ms;
	state->tick = (struct loop_timer){ .fn = on_tick, .data = call };
	if (spec->handle_len > 0 && spec->handle_len <= MCP_HANDLE_MAX) {
		memcpy(state->outcome.handle, spec->handle, spec->handle_len);
		state->outcome.handle_len = spec->handle_len;
	}
}

/* ---- progress ------------------------------------------------------------------------------- */

/* Between two polls time alone moves it: towards the next per cent, or in seconds. */
static void
report(struct call *call)
{
	struct call_state *state = call->state;
	double elapsed = (double)(clock_ms() - state->begun_ms) / 1000;
	double since = (double)(clock_ms() - state->percent_ms) / 1000;
	char text[64];

	snprintf(text, sizeof(text), "running for %.0f s", elapsed);
	if (state->outcome.percent >= 0 && state->outcome.percent < 100)
		progress_send(call, state->outcome.percent + since / (since + 10), 100,
			      state->outcome.message != NULL ? state->outcome.message : text);
	else
		progress_send(call, elapsed, 0,
			      state->outcome.message != NULL ? state->outcome.message : text);
}

static void
on_tick(struct loop_timer *timer)
{
	struct call *call = timer->data;

	if (!call->state->own_progress)
		report(call);
	loop_timer_set(call->calls->loop, timer, TICK_MS);
}

/* ---- the wait ------------------------------------------------------------------------------- */

static void
keep_interim(struct call *call, struct result *result)
{
	struct call_state *state = call->state;

	if (result_empty(result) || result->failed)
		return;
	result_fini(&state->interim);
	result_move(&state->interim, result);
	state->has_interim = true;
}

static void
say_line(struct result *result, const struct buf *text)
{
	struct mcp_block block = { .size = sizeof(block),
				   .kind = "text",
				   .text = { text->data, text->len } };

	result_block(result, &block);
}

/* Behind what is known: that the last look at it failed, and why. */
static void
say_miss(struct call_state *state)
{
	const struct result *miss = &state->miss;
	struct buf text;

	if (!miss->failed && state->has_interim)
		return;
	buf_init(&text, 3 * RESULT_LINE_MAX);
	if (!state->has_interim)
		buf_puts(&text, "It was started; its state is not known yet.");
	if (miss->failed) {
		buf_puts(&text, state->has_interim ? "The last look at it failed: "
						   : " The last look at it failed: ");
		text_line(&text, miss->what, RESULT_LINE_MAX);
		if (miss->why != NULL) {
			buf_putc(&text, ' ');
			text_line(&text, miss->why, RESULT_LINE_MAX);
		}
	}
	say_line(&state->result, &text);
	buf_fini(&text);
}

/* The row starts nothing. */
static bool
only_looks(const struct call *call)
{
	return call->row->access == ACCESS_READ && !call->row->by_sql;
}

/* Whoever only looks learns that looking failed; whoever started something must not take that for
 * a failure and start it again. */
static bool
looked_in_vain(const struct call *call)
{
	const struct call_state *state = call->state;

	return only_looks(call) && !state->alone && !state->seen && state->miss.failed;
}

/* The answer while the operation goes on. */
static void
answer_interim(struct call *call)
{
	struct call_state *state = call->state;

	if (state->answered) {
		state->outcome.kind = OUTCOME_WORKING;
	} else if (looked_in_vain(call)) {
		result_fini(&state->result);
		result_move(&state->result, &state->miss);
	} else {
		state->outcome.kind = OUTCOME_WORKING;
		result_fini(&state->result);
		result_move(&state->result, &state->interim);
		say_miss(state);
		result_merge(&state->result);
	}
	call_finish(call);
}

static bool
wait_is_over(const struct call *call)
{
	return call->calls->draining || clock_ms() + POLL_LEAST_MS > call->state->wait_until_ms;
}

static void
pause_until_poll(struct call *call, int64_t delay)
{
	struct call_state *state = call->state;
	int64_t left = state->wait_until_ms - clock_ms();

	if (delay > left)
		delay = left; /* once more at the end, so that the answer is not stale */
	if (delay < 0 || call->calls->draining)
		delay = 0;
	state->phase = PHASE_PAUSED;
	call_later(call, delay);
}

/* When to poll next if the plugin does not say: soon, then ever less often. */
static int64_t
next_delay(struct call_state *state, uint32_t said_ms)
{
	if (said_ms > 0)
		return said_ms < POLL_LEAST_MS ? POLL_LEAST_MS
		     : said_ms > POLL_SAID_MS  ? POLL_SAID_MS
					       : (int64_t)said_ms;
	state->interval_ms = state->interval_ms == 0 ? POLL_FIRST_MS : state->interval_ms * 8 / 5;
	if (state->interval_ms > POLL_MOST_MS)
		state->interval_ms = POLL_MOST_MS;
	return state->interval_ms;
}

/* Takes the work off the remote side, and then the call is over. */
static bool
stop_remote(struct call *call)
{
	if (call->state->entry == ENTRY_CANCEL || !call->state->cancelled)
		return false;
	call_run(call, ENTRY_CANCEL);
	return true;
}

/* Keeps to the rate: the poll may have to wait for its place. False when that is too late and
 * there is something to answer. */
static bool
poll_fits(struct call *call)
{
	struct call_state *state = call->state;
	const char *upstream = call->row->provider->upstream;
	int64_t delay;

	if (state->slot) {
		state->slot = false;
		return true;
	}
	delay = calls_poll_delay(call->calls, upstream == NULL ? "workspace" : upstream);
	if (delay == 0)
		return true;
	if (state->has_interim && clock_ms() + delay > state->wait_until_ms)
		return false;
	state->slot = true;
	call_later(call, delay);
	return true;
}

void
operation_continue(struct call *call)
{
	struct call_state *state = call->state;

	if (call_ending(call)) {
		if (!stop_remote(call))
			answer_interim(call);
		return;
	}
	if ((state->has_interim && call->calls->draining) || !poll_fits(call)) {
		answer_interim(call);
		return;
	}
	if (!state->slot)
		call_run(call, ENTRY_POLL);
}

/* From the loop, a moment later: whoever asks may be walking over all calls. */
void
operation_leave(struct call *call)
{
	if (call->state->phase == PHASE_PAUSED)
		call_later(call, 0);
}

/* ---- steps ---------------------------------------------------------------------------------- */

static bool
begun(struct call *call, const struct outcome *outcome, struct result *result)
{
	struct call_state *state = call->state;

	state->begun = true;
	memcpy(state->outcome.handle, outcome->handle, outcome->handle_len);
	state->outcome.handle_len = outcome->handle_len;
	keep_interim(call, result);
	if (state->cancelled)
		return stop_remote(call);
	if (state->timed_out) {
		answer_interim(call);
		return true;
	}
	if (state->wants_progress)
		loop_timer_set(call->calls->loop, &state->tick, TICK_FIRST_MS);
	/* a caller that only looks is shown what one look finds */
	if (state->has_interim && wait_is_over(call) &&
	    (!only_looks(call) || call->calls->draining))
		answer_interim(call);
	else
		pause_until_poll(call, next_delay(state, outcome->next_ms));
	return true;
}

static bool
working(struct call *call, struct outcome *outcome, struct result *result)
{
	struct call_state *state = call->state;

	keep_interim(call, result);
	state->seen = true;
	result_clear(&state->miss);
	if (outcome->percent != state->outcome.percent)
		state->percent_ms = clock_ms();
	state->outcome.percent = outcome->percent;
	state->outcome.next_ms = outcome->next_ms;
	free(state->outcome.message);
	state->outcome.message = result_line(outcome->message);
	if (state->cancelled && !state->alone)
		return stop_remote(call);
	if (state->alone || state->timed_out || wait_is_over(call)) {
		answer_interim(call);
		return true;
	}
	if (state->outcome.percent >= 0 && !state->own_progress)
		report(call);
	pause_until_poll(call, next_delay(state, outcome->next_ms));
	return true;
}

/* A poll that did not get through says nothing about the operation. */
static bool
missed(struct call *call, struct result *result)
{
	struct call_state *state = call->state;
	int64_t delay, after = result->retry_after_ms;

	result_fini(&state->miss);
	result_move(&state->miss, result);
	if (state->alone || call_ending(call) || wait_is_over(call)) {
		answer_interim(call);
		return true;
	}
	delay = next_delay(state, 0) * 2;
	if (after > delay)
		delay = after;
	pause_until_poll(call, delay);
	return true;
}

/* True when the call goes on, or was answered here; false: `result` is its answer. */
bool
operation_stepped(struct call *call, struct outcome *outcome, struct result *result)
{
	struct call_state *state = call->state;

	if (outcome->kind == OUTCOME_HANDLE)
		return begun(call, outcome, result);
	if (outcome->kind == OUTCOME_WORKING)
		return working(call, outcome, result);
	if (!state->begun || state->entry == ENTRY_CANCEL)
		return false;
	if (result->failed && state->cancelled && !state->alone)
		return stop_remote(call);
	if (result->failed &&
	    (result->missed || (state->timed_out && status_retryable(result->status))))
		return missed(call, result);
	if (state->entry == ENTRY_ANSWER && result_empty(result) && !state->alone) {
		pause_until_poll(call, 0);
		return true;
	}
	return false;
}

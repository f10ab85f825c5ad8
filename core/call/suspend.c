/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suspensions: the requests of a step go out side by side, their replies are kept until the next
 * step has seen them. After cancel or deadline only clean-up goes out, within its budget; the
 * next step runs all the same, and sees replies that say why there are none.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "call/state.h"
#include "registry/provider.h"

static enum mcp_status
end_status(const struct call *call)
{
	return call->state->timed_out && !call->state->cancelled ? MCP_E_TIMEOUT : MCP_E_CANCELLED;
}

static const char *
end_reason(enum mcp_status status)
{
	return status == MCP_E_TIMEOUT ? "the call's time is over" : "the call was cancelled";
}

static struct egress_scope
scope_of(struct call *call)
{
	struct call_state *state = call->state;
	const struct provider *provider = call->row->provider;
	struct egress_scope scope = {
		.plugin = provider->name,
		.permissions = provider->permissions,
		.upstream = provider->upstream,
		.any_upstream = provider->of_host,
		.traceparent = state->traceparent,
		.principal = call->principal.name,
		.tool = call->row->name,
		.deadline_ms = state->deadline_ms,
	};

	if (call_ending(call))
		scope.deadline_ms = state->cleanup_until_ms;
	else if (state->operation && !state->begun)
		scope.deadline_ms += call->calls->cleanup_ms; /* a start is waited for */
	else if (state->begun && !state->alone && state->wait_until_ms < state->deadline_ms)
		scope.deadline_ms = state->wait_until_ms + WAIT_MARGIN_MS; /* a poll */
	return scope;
}

/* May this request still be made? */
static bool
admitted(const struct call *call, const struct mcp_http *request)
{
	const struct call_state *state = call->state;

	if (!call_ending(call))
		return true;
	return !state->budget_over &&
	       ((request->flags & MCP_HTTP_CLEANUP) != 0 || state->entry == ENTRY_CANCEL);
}

/* Clean-up goes on when the call is cancelled, and so does what may have started an operation:
 * without its reply the operation could not be stopped. */
static bool
outlives_cancel(const struct call *call, const struct mcp_http *request)
{
	const struct call_state *state = call->state;

	if ((request->flags & MCP_HTTP_CLEANUP) != 0 || state->entry == ENTRY_CANCEL)
		return true;
	return state->operation && !state->begun && request->retry != MCP_RETRY_SAFE;
}

/* ---- the requests of a suspension ----------------------------------------------------------- */

static void
fetch_ended(struct call *call)
{
	struct call_state *state = call->state;

	if (--state->pending == 0 && !state->waiting)
		call_run(call, ENTRY_NEXT);
}

static void
on_reply(void *data, const struct mcp_reply *reply)
{
	struct fetch *fetch = data;
	struct call_state *state = fetch->call->state;

	fetch->transfer = NULL;
	reply_copy(&state->reply[fetch->index], reply, state->arena);
	fetch_ended(fetch->call);
}

static int
on_sink(void *data, const char *bytes, size_t len)
{
	struct fetch *fetch = data;
	struct call_state *state = fetch->call->state;

	return (int)state->runner->sink(state->handle, fetch->index, bytes, len);
}

void
call_sink_ready(struct call *call, size_t i)
{
	struct call_state *state = call->state;

	if (state->phase == PHASE_SUSPENDED && i < state->fetches &&
	    state->fetch[i].transfer != NULL)
		transfer_resume(state->fetch[i].transfer);
}

static void
start_fetch(struct call *call, size_t i, const struct mcp_http *request)
{
	struct call_state *state = call->state;
	struct fetch *fetch = &state->fetch[i];
	struct egress_scope scope;

	*fetch = (struct fetch){ .call = call, .index = i, .keep = outlives_cancel(call, request) };
	if (!admitted(call, request)) {
		reply_none(&state->reply[i], end_status(call), end_reason(end_status(call)));
		return;
	}
	scope = scope_of(call);
	state->pending++;
	fetch->transfer =
	    egress_submit(call->calls->egress, &scope, request,
			  request->reply == MCP_REPLY_SINK ? on_sink : NULL, on_reply, fetch);
}

/* How long the next step has to wait; after a cancel only between requests of the clean-up. */
static int64_t
pause_of(const struct call *call, const struct outcome *outcome)
{
	const struct call_state *state = call->state;
	int64_t left;

	if (!call_ending(call))
		return outcome->after_ms;
	if (state->pending == 0 && state->entry != ENTRY_CANCEL)
		return 0;
	left = state->cleanup_until_ms - clock_ms();
	return left < 0 || state->budget_over ? 0
	     : outcome->after_ms < left	      ? (int64_t)outcome->after_ms
					      : left;
}

void
suspend_begin(struct call *call, const struct outcome *outcome)
{
	struct call_state *state = call->state;
	int64_t pause;

	if (state->arena == NULL)
		state->arena = arena_new();
	state->fetches = outcome->requests;
	state->pending = 0;
	if (state->fetches > 0) {
		state->reply = arena_alloc(state->arena, state->fetches * sizeof(*state->reply));
		state->fetch = arena_alloc(state->arena, state->fetches * sizeof(*state->fetch));
	}
	state->phase = PHASE_SUSPENDED;
	for (size_t i = 0; i < state->fetches; i++)
		start_fetch(call, i, &outcome->request[i]);
	pause = pause_of(call, outcome);
	state->waiting = pause > 0 || state->pending == 0;
	if (state->waiting)
		call_later(call, pause);
}

void
suspend_cut(struct call *call, bool all)
{
	struct call_state *state = call->state;
	enum mcp_status status = end_status(call);

	for (struct call_fetch *fetch = state->blocking; fetch != NULL; fetch = fetch->next) {
		if (fetch->transfer == NULL || (fetch->keep && !all))
			continue;
		egress_cancel(fetch->transfer);
		fetch->transfer = NULL;
		fetch->refused = status;
		loop_timer_set(call->calls->loop, &fetch->refuse, 0);
	}
	if (state->phase != PHASE_SUSPENDED)
		return;
	for (size_t i = 0; i < state->fetches; i++) {
		struct fetch *fetch = &state->fetch[i];

		if (fetch->transfer == NULL || (fetch->keep && !all))
			continue;
		egress_cancel(fetch->transfer);
		fetch->transfer = NULL;
		reply_none(&state->reply[i], status, end_reason(status));
		state->pending--;
	}
	state->waiting = state->pending == 0;
	if (state->waiting)
		call_later(call, 0);
}

void
suspend_forget(struct call *call)
{
	struct call_state *state = call->state;

	if (state->fetches == 0)
		return;
	state->fetches = 0;
	state->reply = NULL;
	state->fetch = NULL;
	arena_reset(state->arena);
}

/* ---- requests that a step waits for --------------------------------------------------------- */

static void
fetch_free(struct call_fetch *fetch)
{
	struct call_fetch **link = &fetch->call->state->blocking;

	while (*link != fetch)
		link = &(*link)->next;
	*link = fetch->next;
	free(fetch);
}

static void
on_blocking_reply(void *data, const struct mcp_reply *reply)
{
	struct call_fetch *fetch = data;
	egress_done_fn done = fetch->done;
	void *done_data = fetch->data;

	fetch_free(fetch);
	done(done_data, reply);
}

static int
on_blocking_sink(void *data, const char *bytes, size_t len)
{
	struct call_fetch *fetch = data;

	return fetch->sink(fetch->data, bytes, len);
}

static void
on_refused(struct loop_timer *timer)
{
	const struct call_fetch *fetch = timer->data;
	struct mcp_reply reply;

	reply_none(&reply, fetch->refused, end_reason(fetch->refused));
	on_blocking_reply(timer->data, &reply);
}

void
suspend_end(struct call *call)
{
	struct call_state *state = call->state;
	struct mcp_reply reply;

	for (size_t i = 0; i < state->fetches; i++)
		if (state->fetch[i].transfer != NULL)
			egress_cancel(state->fetch[i].transfer);
	state->fetches = 0;
	reply_none(&reply, MCP_E_CANCELLED, end_reason(MCP_E_CANCELLED));
	while (state->blocking != NULL) {
		struct call_fetch *fetch = state->blocking;

		state->blocking = fetch->next;
		loop_timer_stop(call->calls->loop, &fetch->refuse);
		if (fetch->transfer != NULL)
			egress_cancel(fetch->transfer);
		fetch->done(fetch->data, &reply);
		free(fetch);
	}
}

struct call_fetch *
call_fetch(struct call *call, const struct mcp_http *request, egress_sink_fn sink,
	   egress_done_fn done, void *data)
{
	struct call_state *state = call->state;
	struct call_fetch *fetch = xcalloc(1, sizeof(*fetch));
	struct egress_scope scope;

	*fetch = (struct call_fetch){ .call = call,
				      .keep = outlives_cancel(call, request),
				      .refused = end_status(call),
				      .sink = sink,
				      .done = done,
				      .data = data,
				      .refuse = { .fn = on_refused, .data = fetch },
				      .next = state->blocking };
	state->blocking = fetch;
	if (!admitted(call, request)) {
		loop_timer_set(call->calls->loop, &fetch->refuse, 0);
		return fetch;
	}
	scope = scope_of(call);
	fetch->transfer =
	    egress_submit(call->calls->egress, &scope, request,
			  sink == NULL ? NULL : on_blocking_sink, on_blocking_reply, fetch);
	return fetch;
}

void
call_fetch_resume(struct call_fetch *fetch)
{
	if (fetch->transfer != NULL)
		transfer_resume(fetch->transfer);
}

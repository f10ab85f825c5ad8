/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The requests of a suspended step are sent in parallel; their replies are kept until the next step
 * has read them. When the call is ending only clean-up requests are sent, for a limited time. The
 * next step still runs, and gets replies that contain the reason.
 */
#include "call/suspend.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "call/life.h"
#include "call/report.h"
#include "config/snapshot.h"
#include "registry/provider.h"
#include "run/requests.h"

/* A running request of a suspension. */
struct suspended_fetch {
	struct call *call;
	struct transfer *transfer; /* NULL: ended */
	size_t index;
	bool keep;   /* continues when the call is ending */
	bool reuses; /* an earlier request of the host answers it */
	bool moves;  /* it moves a whole file, so the clock of the call stops */
};

/* A running request for which a step waits. */
struct call_fetch {
	struct call *call;
	struct transfer *transfer; /* NULL: refused */
	bool keep;
	bool reuses; /* as in struct suspended_fetch */
	enum mcp_status refused;
	egress_sink_fn sink;
	egress_done_fn done;
	void *data;
	struct loop_timer refuse;
	struct call_fetch *next;
};

static enum mcp_status
end_status(const struct call *call)
{
	return call->state->ending == ENDING_LATE ? MCP_E_TIMEOUT : MCP_E_CANCELLED;
}

static const char *
end_reason(enum mcp_status status)
{
	return status == MCP_E_TIMEOUT ? "the time of the call is over" : "the call was cancelled";
}

static struct egress_scope
scope_of(struct call *call)
{
	struct call_state *state = call->state;
	const struct provider *provider = call->row->provider;
	struct egress_scope scope = {
		.plugin = provider->name,
		.permissions = provider->permissions,
		.upstream = call->upstream,
		.any_upstream = provider->of_host,
		.traceparent = state->traceparent,
		.principal = call->principal.name,
		.behalf = &call->principal,
		.tool = call->row->name,
		.fence = call->verdict.fence,
		.declared = call->verdict.declared,
		.ttl_ms = state->fresh ? 0 : call->row->ttl_ms,
		.deadline_ms = state->deadline_ms,
	};

	if (call_ending(call)) {
		scope.deadline_ms = state->cleanup_until_ms;
		return scope;
	}
	switch (state->operation.state) {
	case OPERATION_POSSIBLE: /* the start of an operation may not be interrupted */
		scope.deadline_ms += call->calls->cleanup_ms;
		break;
	case OPERATION_RUNS:
	case OPERATION_SEEN: /* a poll */
		if (state->wait_until_ms < state->deadline_ms)
			scope.deadline_ms = state->wait_until_ms + WAIT_MARGIN_MS;
		break;
	case OPERATION_NONE:
	case OPERATION_ALONE: break;
	}
	return scope;
}

/* Is this request still allowed? */
static bool
admitted(const struct call *call, const struct mcp_http *request)
{
	const struct call_state *state = call->state;

	if (!call_ending(call))
		return true;
	return !state->cleanup_over &&
	       ((request->flags & MCP_HTTP_CLEANUP) != 0 || state->entry == ENTRY_CANCEL);
}

/* When the call is ending, clean-up requests continue, and so do requests that may have started an
 * operation: the host needs the reply to stop the operation. */
static bool
outlives_end(const struct call *call, const struct mcp_http *request)
{
	const struct call_state *state = call->state;

	if ((request->flags & MCP_HTTP_CLEANUP) != 0 || state->entry == ENTRY_CANCEL)
		return true;
	return state->operation.state == OPERATION_POSSIBLE && request->retry != MCP_RETRY_SAFE;
}

/* ---- the requests of a suspension ----------------------------------------------------------- */

/* Copies the reply for the next step, if limits.replies has room for its body. */
static void
keep_reply(struct call *call, struct mcp_reply *to, const struct mcp_reply *reply)
{
	struct call_suspension *suspension = &call->state->suspension;
	char why[256];

	if (egress_hold(call->snapshot->egress, reply->body.len, why, sizeof(why))) {
		suspension->held += reply->body.len;
		reply_copy(to, reply, suspension->arena);
	} else {
		reply_none(to, MCP_E_UNAVAILABLE,
			   arena_strndup(suspension->arena, why, strlen(why)));
	}
}

static void
release_replies(struct call *call)
{
	struct call_suspension *suspension = &call->state->suspension;

	if (suspension->held > 0)
		egress_release(call->snapshot->egress, suspension->held);
	suspension->held = 0;
}

static void
on_reply(void *data, const struct mcp_reply *reply)
{
	struct suspended_fetch *fetch = data;
	struct call *call = fetch->call;
	struct call_suspension *suspension = &call->state->suspension;

	CHECK(call->state->phase == PHASE_SUSPENDED);
	CHECK(fetch->transfer != NULL && fetch->index < suspension->fetches);
	CHECK(suspension->pending > 0);
	fetch->transfer = NULL;
	call_report_reply(call, reply, fetch->reuses);
	keep_reply(call, &suspension->reply[fetch->index], reply);
	if (--suspension->pending == 0 && !suspension->waiting)
		call_run(call, ENTRY_NEXT);
}

static int
on_sink(void *data, const char *bytes, size_t len)
{
	struct suspended_fetch *fetch = data;
	struct call_state *state = fetch->call->state;

	CHECK(state->phase == PHASE_SUSPENDED);
	return (int)state->runner->sink(state->handle, fetch->index, bytes, len);
}

void
call_sink_ready(struct call *call, size_t i)
{
	const struct call_suspension *suspension = &call->state->suspension;

	if (call->state->phase == PHASE_SUSPENDED && i < suspension->fetches &&
	    suspension->fetch[i].transfer != NULL)
		transfer_resume(suspension->fetch[i].transfer);
}

/* A file of any size is sent, or saved. Parts of a file are different: a later call continues with
 * them. */
static bool
moves_file(const struct mcp_http *request)
{
	return request->file_op == MCP_FILE_NONE &&
	       (request->body_file != NULL ||
		(request->reply == MCP_REPLY_FILE && request->part_of == NULL));
}

bool
suspend_moves(const struct call *call)
{
	const struct call_suspension *suspension = &call->state->suspension;

	for (size_t i = 0; i < suspension->fetches; i++)
		if (suspension->fetch[i].moves && suspension->fetch[i].transfer != NULL)
			return true;
	return false;
}

int64_t
call_fresh_ms(const struct call *call)
{
	const int64_t left = call->state->fresh_until_ms - clock_ms();

	return left > 0 ? left : 0;
}

/* The answer is as new as the oldest reply in it. */
static void
note_age(struct call *call, const struct mcp_http *request, const struct transfer *transfer)
{
	const struct config_upstream *upstream =
	    config_upstream(call->snapshot->config, call->upstream);
	int64_t ttl_ms = call->row->ttl_ms, until_ms;

	if (ttl_ms == 0)
		return;
	if (upstream == NULL || strcmp(request->method, "GET") != 0)
		ttl_ms = 0; /* nothing is known of this reply */
	else if (ttl_ms > upstream->cache_ms)
		ttl_ms = upstream->cache_ms;
	until_ms = clock_ms() + ttl_ms - transfer_age_ms(transfer);
	if (call->state->fresh_until_ms == 0 || until_ms < call->state->fresh_until_ms)
		call->state->fresh_until_ms = until_ms;
}

static void
start_fetch(struct call *call, size_t i, const struct mcp_http *request)
{
	struct call_suspension *suspension = &call->state->suspension;
	struct suspended_fetch *fetch = &suspension->fetch[i];
	struct egress_scope scope;

	*fetch = (struct suspended_fetch){ .call = call,
					   .index = i,
					   .keep = outlives_end(call, request),
					   .moves = moves_file(request) };
	if (!admitted(call, request)) {
		reply_none(&suspension->reply[i], end_status(call), end_reason(end_status(call)));
		return;
	}
	scope = scope_of(call);
	if (fetch->moves && !call_ending(call))
		scope.deadline_ms = 0; /* a transfer that stops moving ends by itself */
	suspension->pending++;
	fetch->transfer =
	    egress_submit(call->snapshot->egress, &scope, request,
			  request->reply == MCP_REPLY_SINK ? on_sink : NULL, on_reply, fetch);
	fetch->reuses = transfer_reuses(fetch->transfer);
	note_age(call, request, fetch->transfer);
}

/* How long the next step must wait. A call that is ending waits only between requests of its
 * clean-up. */
static int64_t
pause_of(const struct call *call, const struct outcome *outcome)
{
	const struct call_state *state = call->state;
	int64_t left;

	if (!call_ending(call))
		return outcome->after_ms;
	if (state->suspension.pending == 0 && state->entry != ENTRY_CANCEL)
		return 0;
	left = state->cleanup_until_ms - clock_ms();
	return left < 0 || state->cleanup_over ? 0
	     : outcome->after_ms < left	       ? (int64_t)outcome->after_ms
					       : left;
}

void
suspend_begin(struct call *call, const struct outcome *outcome)
{
	struct call_suspension *suspension = &call->state->suspension;
	const size_t n = outcome->requests;
	int64_t pause;

	CHECK(suspension->fetches == 0 && suspension->pending == 0);
	if (suspension->arena == NULL)
		suspension->arena = arena_new();
	if (n > 0) {
		suspension->reply = arena_alloc(suspension->arena, n * sizeof(*suspension->reply));
		suspension->fetch = arena_alloc(suspension->arena, n * sizeof(*suspension->fetch));
	}
	suspension->fetches = n;
	call_move(call, PHASE_SUSPENDED);
	for (size_t i = 0; i < n; i++)
		start_fetch(call, i, &outcome->request[i]);
	pause = pause_of(call, outcome);
	suspension->waiting = pause > 0 || suspension->pending == 0;
	if (suspension->waiting)
		call_later(call, pause);
}

void
suspend_waited(struct call *call)
{
	struct call_suspension *suspension = &call->state->suspension;

	suspension->waiting = false;
	if (suspension->pending == 0)
		call_run(call, ENTRY_NEXT);
}

static void
cut_blocking(struct call *call, bool all)
{
	for (struct call_fetch *fetch = call->state->suspension.blocking; fetch != NULL;
	     fetch = fetch->next) {
		if (fetch->transfer == NULL || (fetch->keep && !all))
			continue;
		egress_cancel(fetch->transfer);
		fetch->transfer = NULL;
		fetch->refused = end_status(call);
		loop_timer_set(call->calls->loop, &fetch->refuse, 0);
	}
}

void
suspend_cut(struct call *call, bool all)
{
	struct call_suspension *suspension = &call->state->suspension;

	CHECK(call_ending(call));
	cut_blocking(call, all);
	if (call->state->phase != PHASE_SUSPENDED)
		return;
	for (size_t i = 0; i < suspension->fetches; i++) {
		struct suspended_fetch *fetch = &suspension->fetch[i];

		if (fetch->transfer == NULL || (fetch->keep && !all))
			continue;
		egress_cancel(fetch->transfer);
		fetch->transfer = NULL;
		reply_none(&suspension->reply[i], end_status(call), end_reason(end_status(call)));
		CHECK(suspension->pending > 0);
		suspension->pending--;
	}
	suspension->waiting = suspension->pending == 0;
	if (suspension->waiting)
		call_later(call, 0);
}

void
suspend_forget(struct call *call)
{
	struct call_suspension *suspension = &call->state->suspension;

	CHECK(suspension->pending == 0);
	if (suspension->fetches == 0)
		return;
	release_replies(call);
	suspension->fetches = 0;
	suspension->reply = NULL;
	suspension->fetch = NULL;
	arena_reset(suspension->arena);
}

/* ---- requests that a step waits for --------------------------------------------------------- */

static void
fetch_free(struct call_fetch *fetch)
{
	struct call_fetch **link = &fetch->call->state->suspension.blocking;

	while (*link != NULL && *link != fetch)
		link = &(*link)->next;
	CHECK(*link == fetch);
	*link = fetch->next;
	free(fetch);
}

static void
on_blocking_reply(void *data, const struct mcp_reply *reply)
{
	struct call_fetch *fetch = data;
	egress_done_fn done = fetch->done;
	void *done_data = fetch->data;

	call_report_reply(fetch->call, reply, fetch->reuses);
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
	struct call_suspension *suspension = &call->state->suspension;
	struct mcp_reply reply;

	for (size_t i = 0; i < suspension->fetches; i++)
		if (suspension->fetch[i].transfer != NULL)
			egress_cancel(suspension->fetch[i].transfer);
	suspension->fetches = 0;
	reply_none(&reply, MCP_E_CANCELLED, end_reason(MCP_E_CANCELLED));
	while (suspension->blocking != NULL) {
		struct call_fetch *fetch = suspension->blocking;

		suspension->blocking = fetch->next;
		loop_timer_stop(call->calls->loop, &fetch->refuse);
		if (fetch->transfer != NULL)
			egress_cancel(fetch->transfer);
		fetch->done(fetch->data, &reply);
		free(fetch);
	}
	release_replies(call);
	arena_free(suspension->arena);
	suspension->arena = NULL;
}

struct call_fetch *
call_fetch(struct call *call, const struct mcp_http *request, egress_sink_fn sink,
	   egress_done_fn done, void *data)
{
	struct call_suspension *suspension = &call->state->suspension;
	struct call_fetch *fetch = xcalloc(1, sizeof(*fetch));
	struct egress_scope scope;

	CHECK(loop_inside(call->calls->loop));
	CHECK(call->state->phase == PHASE_STEP);
	*fetch = (struct call_fetch){ .call = call,
				      .keep = outlives_end(call, request),
				      .refused = end_status(call),
				      .sink = sink,
				      .done = done,
				      .data = data,
				      .refuse = { .fn = on_refused, .data = fetch },
				      .next = suspension->blocking };
	suspension->blocking = fetch;
	if (!admitted(call, request)) {
		loop_timer_set(call->calls->loop, &fetch->refuse, 0);
		return fetch;
	}
	scope = scope_of(call);
	fetch->transfer =
	    egress_submit(call->snapshot->egress, &scope, request,
			  sink == NULL ? NULL : on_blocking_sink, on_blocking_reply, fetch);
	fetch->reuses = transfer_reuses(fetch->transfer);
	note_age(call, request, fetch->transfer);
	return fetch;
}

void
call_fetch_resume(struct call_fetch *fetch)
{
	if (fetch->transfer != NULL)
		transfer_resume(fetch->transfer);
}

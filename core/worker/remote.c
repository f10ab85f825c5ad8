/* SPDX-License-Identifier: Apache-2.0 */
/* Calls whose steps run in a worker. The host keeps the data for beginning each call again. It
 * checks every message of the worker, and passes results on like those of this process. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/life.h"
#include "module/refusal.h"
#include "registry/provider.h"
#include "run/requests.h"
#include "worker/remote.h"

/* ---- states --------------------------------------------------------------------------------- */

#define MAY(state) (1u << REMOTE_##state)

/* The states of a call, the functions that change them, and the states that may follow. */
static const unsigned remote_next[] = {
	/* remote_stepped(): the step has ended, with any outcome */
	[REMOTE_IDLE] = MAY(WAITS),
	/* step(); remote_lost(), when the step can run again in another process */
	[REMOTE_WAITS] = MAY(STEPS) | MAY(IDLE),
	/* send_step(); fetch_done() */
	[REMOTE_STEPS] = MAY(FETCHES) | MAY(WAITS) | MAY(IDLE),
	/* on_fetch() */
	[REMOTE_FETCHES] = MAY(STEPS) | MAY(WAITS) | MAY(IDLE),
};
#undef MAY

void
remote_move(struct remote *remote, enum remote_state to)
{
	CHECK(loop_inside(remote->worker->loop));
	CHECK((remote_next[remote->state] & 1u << to) != 0);
	CHECK((to == REMOTE_FETCHES) == (remote->fetch != NULL));
	remote->state = to;
}

/* ---- slots ---------------------------------------------------------------------------------- */

struct remote *
remote_find(const struct worker *worker, uint64_t id)
{
	uint32_t slot = (uint32_t)id;
	struct remote *remote = slot < worker->slots ? worker->slot[slot] : NULL;

	return remote != NULL && remote->id == id ? remote : NULL;
}

/* Gives the call a slot. Without a slot the id stays 0. */
static void
slot_take(struct worker *worker, struct remote *remote)
{
	uint32_t at = worker->next_free;

	while (at < worker->slots && worker->slot[at] != NULL)
		at++;
	if (at == WIRE_RUNS_MAX)
		return;
	if (at == worker->slots) {
		uint32_t more = worker->slots == 0 ? 64 : worker->slots * 2;

		worker->slot = xrealloc(worker->slot, more * sizeof(struct remote *));
		memset(worker->slot + worker->slots, 0,
		       (more - worker->slots) * sizeof(struct remote *));
		worker->slots = more;
	}
	CHECK(worker->slot[at] == NULL);
	worker->slot[at] = remote;
	worker->next_free = at + 1;
	if (++worker->generation == 0) /* an id is never 0 */
		worker->generation++;
	remote->id = (uint64_t)worker->generation << 32 | at;
}

static void
slot_release(struct worker *worker, const struct remote *remote)
{
	uint32_t at = (uint32_t)remote->id;

	CHECK(at < worker->slots && worker->slot[at] == remote);
	worker->slot[at] = NULL;
	if (at < worker->next_free)
		worker->next_free = at;
}

/* ---- input ---------------------------------------------------------------------------------- */

/* Copies the strings into one allocation. */
static void
keep_input(struct remote *remote, const struct run_input *input)
{
	const char *const from[] = { input->principal,	  input->row,	  input->upstream_url,
				     input->traceparent,  input->uri,	  input->call_id,
				     input->capabilities, input->answers, input->number };
	const char **const to[] = { &remote->input.principal,	 &remote->input.row,
				    &remote->input.upstream_url, &remote->input.traceparent,
				    &remote->input.uri,		 &remote->input.call_id,
				    &remote->input.capabilities, &remote->input.answers,
				    &remote->input.number };
	size_t size = input->arguments_len + 1;
	char *at;

	for (size_t i = 0; i < ARRAY_SIZE(from); i++)
		size += from[i] != NULL ? strlen(from[i]) + 1 : 0;
	remote->input = *input;
	remote->input.options = NULL; /* the worker already has these texts */
	remote->memory = at = xmalloc(size);
	for (size_t i = 0; i < ARRAY_SIZE(from); i++) {
		if (from[i] == NULL)
			continue;
		*to[i] = at;
		at = stpcpy(at, from[i]) + 1;
	}
	memcpy(at, input->arguments, input->arguments_len);
	at[input->arguments_len] = '\0';
	remote->input.arguments = at;
}

void
remote_keep_handle(struct remote *remote, const unsigned char *handle, size_t len)
{
	if (len == 0 || len > sizeof(remote->handle))
		return;
	memcpy(remote->handle, handle, len);
	remote->input.handle = remote->handle;
	remote->input.handle_len = len;
}

/* ---- to the worker -------------------------------------------------------------------------- */

bool
remote_known(const struct remote *remote)
{
	return remote->worker->state == WORKER_UP && remote->epoch == remote->worker->epoch;
}

void
remote_tell(struct remote *remote, enum wire_type type, uint32_t index, struct buf *out)
{
	channel_send(&remote->worker->channel, type, remote->id, index,
		     out != NULL ? out->data : NULL, out != NULL ? out->len : 0);
}

static bool
send_begin(struct remote *remote)
{
	struct buf out;
	bool ok;

	buf_init(&out, WIRE_MESSAGE_MAX);
	wire_u32(&out, remote->row->kind);
	wire_u32(&out, remote->row->index);
	wire_u32(&out, remote->row->is_inline);
	wire_input(&out, &remote->input);
	ok = buf_ok(&out);
	if (ok)
		remote_tell(remote, WIRE_BEGIN, 0, &out);
	buf_fini(&out);
	if (!ok)
		return false;
	remote->epoch = remote->worker->epoch;
	if (remote->cancelled_ms != 0)
		remote_tell(remote, WIRE_CANCEL, 0, NULL);
	return true;
}

static bool
send_step(struct remote *remote, enum entry entry, struct mcp_reply *replies, size_t n,
	  const char *answers)
{
	struct buf out;
	bool ok;

	CHECK(remote_known(remote));
	buf_init(&out, WIRE_MESSAGE_MAX);
	wire_u32(&out, entry);
	wire_str(&out, answers);
	wire_u32(&out, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		wire_reply(&out, &replies[i]);
	ok = buf_ok(&out);
	if (ok) {
		remote_move(remote, REMOTE_STEPS);
		remote_tell(remote, WIRE_STEP, 0, &out);
	}
	buf_fini(&out);
	return ok;
}

/* ---- ends of steps -------------------------------------------------------------------------- */

void
remote_stepped(struct remote *remote)
{
	remote_move(remote, REMOTE_IDLE);
	call_stepped(remote->call, &remote->outcome, &remote->result);
}

static void
fail(struct remote *remote, enum mcp_status status, const char *what, const char *why,
     const char *next)
{
	outcome_fini(&remote->outcome);
	remote->outcome = (struct outcome){ .kind = OUTCOME_DONE, .percent = -1 };
	result_clear(&remote->result);
	result_fail_text(&remote->result, status, what, why, next);
	/* the operation continues in another process */
	remote->result.missed = status == MCP_E_UNAVAILABLE;
	remote_stepped(remote);
}

static void
fail_lost(struct remote *remote)
{
	char what[96], why[REFUSAL_WHY_MAX];

	snprintf(what, sizeof(what), "The plugin %s stopped during this call",
		 remote->worker->provider->name);
	snprintf(why, sizeof(why), "The plugin ran in its own process, and %.400s",
		 remote->worker->why);
	fail(remote, MCP_E_UNAVAILABLE, what, why,
	     "Check whether the call had an effect before you repeat it. Tell the operator if "
	     "this happens again");
}

static void
fail_not_running(struct remote *remote)
{
	char what[96], why[REFUSAL_WHY_MAX];

	snprintf(what, sizeof(what), "The plugin %s is not running",
		 remote->worker->provider->name);
	snprintf(why, sizeof(why), "When the plugin was last started, %.400s", remote->worker->why);
	fail(remote, MCP_E_UNAVAILABLE, what, why,
	     "Nothing was done. Call again in half a minute, or tell the operator");
}

/* Can the step run again in another process? This needs an operation whose remote part
 * continues. */
static bool
resumable(const struct remote *remote)
{
	return (remote->entry == ENTRY_POLL || remote->entry == ENTRY_CANCEL) &&
	       remote->input.handle != NULL && remote->retries < WORKER_RETRIES;
}

/* Begins the entry in the current process, or waits for the next one. */
static void
run_entry(struct remote *remote)
{
	if (remote->worker->state == WORKER_UP) {
		if ((!remote_known(remote) && !send_begin(remote)) ||
		    !send_step(remote, remote->entry, NULL, 0, remote->answers))
			fail(remote, MCP_E_TOO_LARGE,
			     "The call is too large for the plugin's process",
			     "The arguments are larger than one message", "Request less data");
	} else if (!worker_want(remote->worker)) {
		fail_not_running(remote);
	}
}

void
remotes_send(struct worker *worker)
{
	for (uint32_t i = 0; i < worker->slots && worker->state == WORKER_UP; i++) {
		struct remote *remote = worker->slot[i];

		if (remote != NULL && remote->state == REMOTE_WAITS)
			run_entry(remote);
	}
}

static void
fetch_abandon(struct remote *remote)
{
	if (remote->fetch == NULL)
		return;
	remote->fetch->remote = NULL;
	remote->fetch = NULL;
}

static void
remote_lost(struct remote *remote, unsigned epoch, bool was_up)
{
	const enum remote_state state = remote->state;

	CHECK(state == REMOTE_IDLE || state == REMOTE_WAITS || remote->epoch == epoch);
	remote->epoch = 0;
	fetch_abandon(remote);
	switch (state) {
	case REMOTE_IDLE: break;
	case REMOTE_WAITS:
		if (was_up)
			run_entry(remote); /* the message was sent after the process had ended */
		else
			fail_not_running(remote);
		break;
	case REMOTE_STEPS:
	case REMOTE_FETCHES:
		if (!resumable(remote)) {
			fail_lost(remote);
			break;
		}
		remote->retries++;
		remote_move(remote, REMOTE_WAITS);
		run_entry(remote);
		break;
	}
}

void
remotes_lost(struct worker *worker, bool was_up)
{
	uint64_t *ids = xcalloc(worker->slots + 1, sizeof(*ids));
	const unsigned epoch = worker->epoch;
	size_t n = 0;

	/* A failure here may end calls and begin others, so the slots change meanwhile. */
	for (uint32_t i = 0; i < worker->slots; i++)
		if (worker->slot[i] != NULL)
			ids[n++] = worker->slot[i]->id;
	for (size_t i = 0; i < n; i++) {
		struct remote *remote = remote_find(worker, ids[i]);

		if (remote != NULL)
			remote_lost(remote, epoch, was_up);
	}
	free(ids);
}

static unsigned grace_ms = WORKER_GRACE_MS;

void
worker_set_grace(unsigned ms)
{
	grace_ms = ms;
}

void
remotes_watch(struct worker *worker)
{
	int64_t late = clock_ms() - grace_ms;

	for (uint32_t i = 0; i < worker->slots; i++) {
		const struct remote *remote = worker->slot[i];

		if (remote == NULL || remote->state != REMOTE_STEPS)
			continue;
		if (remote->input.deadline_ms >= late &&
		    (remote->cancelled_ms == 0 || remote->cancelled_ms >= late))
			continue;
		worker_fault(worker, "a step of the plugin did not end");
		return;
	}
}

/* ---- the runner ----------------------------------------------------------------------------- */

static void *
begin(const struct provider *provider, struct call *call, const struct row *row,
      const struct run_input *input)
{
	struct remote *remote = xcalloc(1, sizeof(*remote));

	remote->worker = provider->worker;
	remote->call = call;
	remote->row = row->tool != NULL ? row->tool : row; /* published from a tool */
	remote->outcome.percent = -1;
	keep_input(remote, input);
	remote_keep_handle(remote, input->handle, input->handle_len);
	result_init(&remote->result, &input->limits);
	slot_take(remote->worker, remote);
	return remote;
}

static void
fail_full(struct remote *remote)
{
	fail(remote, MCP_E_UNAVAILABLE, "Too many calls of this plugin are running",
	     "The process of the plugin accepts no more calls",
	     "Nothing was done. Call again later");
}

/* Sends the next step of a call that is in this process. */
static void
step_next(struct remote *remote, struct mcp_reply *replies, size_t n)
{
	if (remote_known(remote)) {
		if (!send_step(remote, ENTRY_NEXT, replies, n, NULL))
			fail(remote, MCP_E_TOO_LARGE, "The replies of the upstream are too large",
			     "Together they are larger than one step may receive",
			     "Request less data");
	} else if (resumable(remote)) {
		remote->retries++;
		run_entry(remote);
	} else {
		fail_lost(remote);
	}
}

static void
step(void *handle, enum entry entry, struct mcp_reply *replies, size_t n, const char *answers)
{
	struct remote *remote = handle;

	remote_move(remote, REMOTE_WAITS);
	if (remote->id == 0) {
		fail_full(remote);
		return;
	}
	if (entry == ENTRY_NEXT) {
		step_next(remote, replies, n);
		return;
	}
	remote->entry = entry;
	if (answers != NULL) {
		free(remote->answers);
		remote->answers = xstrdup(answers);
	}
	run_entry(remote);
}

static void
cancel(void *handle)
{
	struct remote *remote = handle;

	if (remote->cancelled_ms != 0)
		return;
	remote->cancelled_ms = clock_ms();
	if (remote_known(remote))
		remote_tell(remote, WIRE_CANCEL, 0, NULL);
}

static void
deadline(void *handle, int64_t deadline_ms, int64_t wait_until_ms)
{
	struct remote *remote = handle;
	struct buf out;

	remote->input.deadline_ms = deadline_ms;
	remote->input.wait_until_ms = wait_until_ms;
	if (!remote_known(remote))
		return;
	buf_init(&out, WIRE_MESSAGE_MAX);
	wire_i64(&out, deadline_ms);
	wire_i64(&out, wait_until_ms);
	remote_tell(remote, WIRE_DEADLINE, 0, &out);
	buf_fini(&out);
}

enum sink_verdict
remote_flow_send(struct remote *remote, struct flow *flow, uint32_t index, const char *data,
		 size_t len)
{
	if (flow->stopped || !remote_known(remote))
		return SINK_STOP;
	if (flow->under_way > 0 && flow->under_way + len > WIRE_SINK_WINDOW) {
		flow->paused = true;
		return SINK_PAUSE;
	}
	flow->under_way += len;
	channel_send(&remote->worker->channel, WIRE_SINK, remote->id, index, data, len);
	return SINK_MORE;
}

static enum sink_verdict
sink(void *handle, size_t i, const char *data, size_t len)
{
	struct remote *remote = handle;

	CHECK(i < MCP_REQUESTS_MAX);
	return remote_flow_send(remote, &remote->flow[i], (uint32_t)i, data, len);
}

static void
remote_free(struct remote *remote)
{
	fetch_abandon(remote);
	if (remote->masked)
		mask_settle(remote_writer(remote));
	outcome_fini(&remote->outcome);
	result_fini(&remote->result);
	free(remote->answers);
	free(remote->memory);
	free(remote);
}

static void
end(void *handle)
{
	struct remote *remote = handle;

	CHECK(loop_inside(remote->worker->loop));
	if (remote_known(remote))
		remote_tell(remote, WIRE_END, 0, NULL);
	if (remote->id != 0)
		slot_release(remote->worker, remote);
	remote_free(remote);
}

const struct runner worker_runner = {
	.begin = begin,
	.step = step,
	.cancel = cancel,
	.deadline = deadline,
	.sink = sink,
	.end = end,
};

void
remotes_free(struct worker *worker)
{
	for (uint32_t i = 0; i < worker->slots; i++)
		if (worker->slot[i] != NULL)
			remote_free(worker->slot[i]);
	free(worker->slot);
	worker->slot = NULL;
	worker->slots = 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of a worker about its calls: they are checked, and passed on like those of this process.
 * A malformed or unexpected message ends the worker. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/call.h"
#include "call/life.h"
#include "registry/provider.h"
#include "run/ops.h"
#include "run/requests.h"
#include "worker/remote.h"
#include "worker/replies.h"

/* Results: text, structured content and blobs in base64, in JSON. */
static const struct json_limits result_json = {
	.bytes = WIRE_MESSAGE_MAX,
	.depth = 160,
	.members = 4000000,
	.number = 4096,
};

/* ---- from the worker ------------------------------------------------------------------------ */

static bool
take_result(struct remote *remote, struct wire_reader *in)
{
	size_t len, at;
	const char *text = wire_take_bytes(in, &len), *why;
	struct json_object *tree;
	const char *before;
	bool ok;

	if (in->bad)
		return false;
	tree = json_parse(text, len, &result_json, &why, &at);
	result_clear(&remote->result);
	before = mask_enter(remote->worker->provider->name);
	mask_cut_texts(true);
	ok = tree != NULL && result_read(&remote->result, tree, &why);
	mask_cut_texts(false);
	mask_enter(before);
	json_object_put(tree);
	return ok;
}

static bool
questions_valid(const struct outcome *outcome)
{
	size_t at;

	for (size_t i = 0; i < outcome->questions; i++) {
		const char *params = outcome->question[i].params;

		if (params[0] != '{' ||
		    json_gate(params, strlen(params), &json_inbound, &at) != NULL)
			return false;
	}
	return true;
}

/* Actions that the plugin cannot do in this process either: ops.c refuses them there. */
static bool
fits_entry(const struct remote *remote)
{
	switch (remote->outcome.kind) {
	case OUTCOME_HANDLE: return remote->entry == ENTRY_HANDLER || remote->entry == ENTRY_START;
	case OUTCOME_WORKING: return remote->entry == ENTRY_POLL || remote->entry == ENTRY_ANSWER;
	case OUTCOME_DONE:
	case OUTCOME_SUSPEND:
	case OUTCOME_ASK: break;
	}
	return true;
}

static bool
on_stepped(struct remote *remote, struct wire_reader *in)
{
	if (remote->state != REMOTE_STEPS)
		return false;
	outcome_fini(&remote->outcome);
	wire_take_outcome(in, &remote->outcome);
	if (!take_result(remote, in) || !wire_at_end(in) || !questions_valid(&remote->outcome) ||
	    !fits_entry(remote)) {
		outcome_fini(&remote->outcome);
		return false;
	}
	if (remote->outcome.kind == OUTCOME_HANDLE)
		remote_keep_handle(remote, remote->outcome.handle, remote->outcome.handle_len);
	remote->retries = 0;
	/* The worker's messages about earlier sinks have arrived before this one. */
	memset(remote->flow, 0, sizeof(remote->flow));
	remote_stepped(remote);
	return true;
}

static bool
on_progress(struct remote *remote, struct wire_reader *in)
{
	double done = wire_take_f64(in), total = wire_take_f64(in);
	const char *message = wire_take_str(in);

	if (!wire_at_end(in))
		return false;
	if (remote->state == REMOTE_STEPS)
		call_progressed(remote->call, done, total, message);
	return true;
}

static bool
on_client_log(struct remote *remote, struct wire_reader *in)
{
	enum mcp_level level = wire_take_enum(in, MCP_LOG_ERROR);
	const char *logger = wire_take_str(in), *json;
	size_t len, at;

	json = wire_take_bytes(in, &len);
	if (!wire_at_end(in) || json_gate(json, len, &json_inbound, &at) != NULL)
		return false;
	if (remote->state == REMOTE_STEPS)
		call_logged(remote->call, level, logger, json, len);
	return true;
}

static void
flow_taken(struct remote *remote, struct flow *flow, uint32_t index, size_t len, bool stop)
{
	bool wake;

	flow->under_way -= len < flow->under_way ? len : flow->under_way;
	flow->stopped |= stop;
	wake = flow->paused && (flow->stopped || flow->under_way <= WIRE_SINK_WINDOW / 2);
	if (!wake)
		return;
	flow->paused = false;
	CHECK(index != WIRE_FETCH_SINK || remote->state == REMOTE_FETCHES);
	if (index == WIRE_FETCH_SINK)
		call_fetch_resume(remote->fetch->call_fetch);
	else
		call_sink_ready(remote->call, index);
}

static bool
on_credit(struct remote *remote, const struct channel_message *message, struct wire_reader *in)
{
	bool stop = message->type == WIRE_SINK_STOP;
	size_t len = wire_take_u32(in);

	if (!wire_at_end(in))
		return false;
	if (message->index == WIRE_FETCH_SINK) {
		if (remote->fetch != NULL)
			flow_taken(remote, &remote->fetch->flow, message->index, len, stop);
		return true;
	}
	if (message->index >= MCP_REQUESTS_MAX)
		return false;
	flow_taken(remote, &remote->flow[message->index], message->index, len, stop);
	return true;
}

/* ---- blocking requests ---------------------------------------------------------------------- */

static int
fetch_sink(void *data, const char *bytes, size_t len)
{
	struct fetch *fetch = data;

	if (fetch->remote == NULL)
		return SINK_STOP;
	return (int)remote_flow_send(fetch->remote, &fetch->flow, WIRE_FETCH_SINK, bytes, len);
}

static void
fetch_done(void *data, const struct mcp_reply *reply)
{
	struct fetch *fetch = data;
	struct remote *remote = fetch->remote;
	struct buf out;

	if (remote != NULL) {
		CHECK(remote->fetch == fetch && remote->state == REMOTE_FETCHES);
		remote->fetch = NULL;
		remote_move(remote, REMOTE_STEPS);
		buf_init(&out, WIRE_MESSAGE_MAX);
		wire_reply(&out, reply);
		if (remote_known(remote))
			remote_tell(remote, WIRE_FETCHED, 0, &out);
		buf_fini(&out);
	}
	free(fetch);
}

static bool
on_fetch(struct remote *remote, struct wire_reader *in)
{
	struct mcp_http *request;
	struct fetch *fetch;

	if (remote->state != REMOTE_STEPS || remote->row->is_inline)
		return false;
	request = wire_take_requests(in, 1);
	if (request == NULL || !wire_at_end(in)) {
		requests_free(request, 1);
		return false;
	}
	fetch = xcalloc(1, sizeof(*fetch));
	fetch->remote = remote;
	remote->fetch = fetch;
	remote_move(remote, REMOTE_FETCHES);
	fetch->call_fetch =
	    call_fetch(remote->call, request, request->reply == MCP_REPLY_SINK ? fetch_sink : NULL,
		       fetch_done, fetch);
	requests_free(request, 1);
	return true;
}

/* ---- messages ------------------------------------------------------------------------------- */

static bool
on_log(struct worker *worker, const struct remote *remote, struct wire_reader *in)
{
	enum mcp_level level = wire_take_enum(in, MCP_LOG_ERROR);
	size_t len;
	const char *text = wire_take_bytes(in, &len);
	const char *before;

	if (!wire_at_end(in))
		return false;
	before = mask_enter(worker->provider->name);
	log_event((enum log_level)level, "plugin-log", "plugin", "s", worker->provider->name, "row",
		  "s", remote != NULL ? remote->row->name : NULL, "call", "s",
		  remote != NULL ? remote->call->id : NULL, "message", "s", text, NULL);
	mask_enter(before);
	return true;
}

/* This message arrives before the only answer that may show the value: the answer of get_secret. */
static void
take_mask(struct worker *worker, struct remote *remote, const char *value, size_t len)
{
	if (remote == NULL || !remote_known(remote)) {
		mask_add_in(worker->provider->name, value, len, 0);
		return;
	}
	remote->masked = true;
	mask_add_in(remote->result.limits.reveals ? NULL : worker->provider->name, value, len,
		    remote_writer(remote));
}

static bool
on_world(struct worker *worker, struct remote *remote, enum wire_type type, struct wire_reader *in)
{
	size_t len;
	const char *text = wire_take_bytes(in, &len);

	if (!wire_at_end(in))
		return false;
	if (type == WIRE_MASK)
		take_mask(worker, remote, text, len);
	else if (strlen(text) != len || !utf8_valid(text, len) ||
		 (type == WIRE_CHANGED && !run_can_change(text)))
		return false;
	else if (type == WIRE_CHANGED)
		worker->provider->changed(worker->provider, text, NULL);
	else
		worker->provider->changed(worker->provider, NULL, text);
	return true;
}

/* False when the message is malformed or unexpected. */
static bool
dispatch(struct worker *worker, struct remote *remote, const struct channel_message *message,
	 struct wire_reader *in)
{
	switch (message->type) {
	case WIRE_LOG: return on_log(worker, remote, in);
	case WIRE_MASK:
	case WIRE_CHANGED:
	case WIRE_UPDATED: return on_world(worker, remote, message->type, in);
	default: break;
	}
	/* True for a call that has ended meanwhile, or that belongs to another process. */
	if (remote == NULL || !remote_known(remote))
		return message->type >= WIRE_STEPPED;
	switch (message->type) {
	case WIRE_STEPPED: return on_stepped(remote, in);
	case WIRE_PROGRESS: return on_progress(remote, in);
	case WIRE_CLIENT_LOG: return on_client_log(remote, in);
	case WIRE_FETCH: return on_fetch(remote, in);
	case WIRE_CREDIT:
	case WIRE_SINK_STOP: return on_credit(remote, message, in);
	default: return false;
	}
}

/* Threads of a plugin may run before its start() has returned. */
static bool
may_come_early(const struct worker *worker, enum wire_type type)
{
	return worker->state == WORKER_STARTING &&
	       (type == WIRE_LOG || type == WIRE_CHANGED || type == WIRE_UPDATED);
}

void
remote_message(struct worker *worker, const struct channel_message *message)
{
	struct wire_reader in = { message->data, message->data + message->len, false };

	if ((worker->state != WORKER_UP && !may_come_early(worker, message->type)) ||
	    !dispatch(worker, remote_find(worker, message->call), message, &in))
		worker_fault(worker, "the process sent a malformed message");
}

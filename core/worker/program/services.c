/* SPDX-License-Identifier: Apache-2.0 */
/* The services that a step calls are passed on to the host. They run on the thread of the step. */
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "run/requests.h"
#include "worker/program/program.h"

static void
tell(struct run *run, enum wire_type type, const struct buf *out)
{
	struct task *task = run->owner;

	channel_send(&task->program->channel, type, task->id, 0, out->data, out->len);
}

static void
progress(struct run *run, double done, double total, const char *message)
{
	struct buf out;

	buf_init(&out, WIRE_MESSAGE_MAX);
	wire_f64(&out, done);
	wire_f64(&out, total);
	wire_str(&out, message);
	tell(run, WIRE_PROGRESS, &out);
	buf_fini(&out);
}

static void
log_message(struct run *run, enum mcp_level level, const char *message, size_t len)
{
	struct buf out;

	buf_init(&out, WIRE_MESSAGE_MAX);
	wire_u32(&out, level);
	wire_bytes(&out, message, len);
	tell(run, WIRE_LOG, &out);
	buf_fini(&out);
}

static void
client_log(struct run *run, enum mcp_level level, const char *logger, const char *json, size_t len)
{
	struct buf out;

	buf_init(&out, WIRE_MESSAGE_MAX);
	wire_u32(&out, level);
	wire_str(&out, logger);
	wire_bytes(&out, json, len);
	tell(run, WIRE_CLIENT_LOG, &out);
	buf_fini(&out);
}

static void
tell_text(struct run *run, enum wire_type type, const char *text, size_t len)
{
	struct buf out;

	buf_init(&out, WIRE_MESSAGE_MAX);
	wire_bytes(&out, text, len);
	tell(run, type, &out);
	buf_fini(&out);
}

/* The host masks outputs. Results that the plugin reads back before that are masked here too. */
static void
mask(struct run *run, const char *value, size_t len)
{
	mask_add(value, len);
	tell_text(run, WIRE_MASK, value, len);
}

static void
changed(struct run *run, const char *what)
{
	tell_text(run, WIRE_CHANGED, what, strlen(what));
}

static void
updated(struct run *run, const char *uri)
{
	tell_text(run, WIRE_UPDATED, uri, strlen(uri));
}

/* ---- blocking requests ---------------------------------------------------------------------- */

static void
http_wait(struct run *run, const struct mcp_http *request, struct mcp_reply *reply)
{
	struct task *task = run->owner;
	struct buf out;

	if (task->is_inline) {
		reply_none(reply, MCP_E_INTERNAL,
			   "a tool marked inline must not wait for a request");
		return;
	}
	buf_init(&out, WIRE_MESSAGE_MAX);
	wire_request(&out, request);
	pthread_mutex_lock(&task->lock);
	if (task->gone || !buf_ok(&out)) {
		reply_none(reply, task->gone ? MCP_E_CANCELLED : MCP_E_TOO_LARGE,
			   task->gone ? "the host has ended the call" : "the request is too large");
	} else {
		task->request = request;
		task->into = reply;
		task->fetch_stopped = false;
		tell(run, WIRE_FETCH, &out);
		while (task->request != NULL)
			pthread_cond_wait(&task->fetched, &task->lock);
	}
	pthread_mutex_unlock(&task->lock);
	buf_fini(&out);
}

/* The thread of the step waits, so its arena may be used here. */
void
task_fetched(struct task *task, struct wire_reader *in)
{
	struct mcp_header headers[WIRE_HEADERS_MAX];
	struct mcp_reply reply;

	wire_take_reply(in, &reply, headers);
	if (!wire_at_end(in))
		program_fault("the host sent a malformed reply");
	pthread_mutex_lock(&task->lock);
	if (task->request == NULL)
		program_fault("the host sent a reply to no request");
	reply_copy(task->into, &reply, task->run->arena);
	task->request = NULL;
	pthread_cond_signal(&task->fetched);
	pthread_mutex_unlock(&task->lock);
}

void
task_fetch_sink(struct task *task, const char *data, size_t len)
{
	const struct mcp_http *request;
	struct buf out;
	bool more = false;

	pthread_mutex_lock(&task->lock);
	request = task->request;
	if (request == NULL || request->reply != MCP_REPLY_SINK || request->sink == NULL)
		program_fault("the host sent bytes for a request without a sink");
	if (!task->fetch_stopped)
		more = request->sink(request->sink_data, data, len);
	task->fetch_stopped = !more;
	pthread_mutex_unlock(&task->lock);
	buf_init(&out, WIRE_MESSAGE_MAX);
	wire_u32(&out, (uint32_t)len);
	channel_send(&task->program->channel, more ? WIRE_CREDIT : WIRE_SINK_STOP, task->id,
		     WIRE_FETCH_SINK, out.data, out.len);
	buf_fini(&out);
}

void
task_gone(struct task *task)
{
	pthread_mutex_lock(&task->lock);
	task->gone = true;
	if (task->request != NULL) {
		reply_none(task->into, MCP_E_CANCELLED, "the host has ended the call");
		task->request = NULL;
		pthread_cond_signal(&task->fetched);
	}
	pthread_mutex_unlock(&task->lock);
}

/* ---- outside of calls ----------------------------------------------------------------------- */

static void
program_log(void *owner, enum mcp_level level, const char *message, size_t len)
{
	struct program *program = owner;
	struct buf out;

	buf_init(&out, WIRE_MESSAGE_MAX);
	wire_u32(&out, level);
	wire_bytes(&out, message, len);
	channel_send(&program->channel, WIRE_LOG, 0, 0, out.data, out.len);
	buf_fini(&out);
}

static void
program_tell(struct program *program, enum wire_type type, const char *text)
{
	struct buf out;

	buf_init(&out, WIRE_MESSAGE_MAX);
	wire_bytes(&out, text, strlen(text));
	channel_send(&program->channel, type, 0, 0, out.data, out.len);
	buf_fini(&out);
}

static void
program_changed(void *owner, const char *what)
{
	program_tell(owner, WIRE_CHANGED, what);
}

static void
program_updated(void *owner, const char *uri)
{
	program_tell(owner, WIRE_UPDATED, uri);
}

const struct code_services program_services = {
	.log = program_log,
	.changed = program_changed,
	.updated = program_updated,
};

const struct run_services task_services = {
	.progress = progress,
	.log = log_message,
	.client_log = client_log,
	.mask = mask,
	.changed = changed,
	.updated = updated,
	.http_wait = http_wait,
};

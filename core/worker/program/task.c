/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of the host begin calls, run their steps, cancel them and end them. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "worker/program/program.h"

/* ---- calls ---------------------------------------------------------------------------------- */

static struct task *
find(const struct program *program, uint64_t id)
{
	uint32_t slot = (uint32_t)id;
	struct task *task = slot < program->tasks ? program->task[slot] : NULL;

	if (task == NULL || task->id != id)
		program_fault("the host sent a message for an unknown call");
	return task;
}

static void
place(struct program *program, struct task *task)
{
	uint32_t slot = (uint32_t)task->id;

	if (slot >= WIRE_RUNS_MAX)
		program_fault("the host began too many calls");
	while (slot >= program->tasks) {
		uint32_t more = program->tasks == 0 ? 64 : program->tasks * 2;

		program->task = xrealloc(program->task, more * sizeof(struct task *));
		memset(program->task + program->tasks, 0,
		       (more - program->tasks) * sizeof(struct task *));
		program->tasks = more;
	}
	if (program->task[slot] != NULL)
		program_fault("the host began two calls with one id");
	program->task[slot] = task;
}

static void
task_free(struct task *task)
{
	CHECK(task->state != TASK_STEPS && task->job.state == POOL_JOB_IDLE);
	CHECK(task->request == NULL);
	run_free(task->run);
	pthread_cond_destroy(&task->fetched);
	pthread_mutex_destroy(&task->lock);
	free(task->message);
	free(task->reply);
	free(task->header);
	free(task);
}

static void
on_begin(struct program *program, const struct channel_message *message, struct wire_reader *in)
{
	enum row_kind kind = wire_take_enum(in, ROW_KINDS - 1);
	uint32_t index = wire_take_u32(in);
	bool is_inline = wire_take_enum(in, 1) != 0;
	struct run_input input;
	const struct mcp_row *row;
	struct task *task;

	wire_take_input(in, &input);
	input.options = program->options;
	input.limits.plugin = program->name;
	input.limits.why = RESULT_WHY_WORKER;
	input.self = program->code.self;
	row = code_row(&program->code, program->manifest, kind, index);
	if (!wire_at_end(in) || row == NULL)
		program_fault("the host began a call of an unknown row");
	task = xcalloc(1, sizeof(*task));
	task->program = program;
	task->id = message->call;
	/* Passing on a request and its reply runs no code that could block. */
	task->is_inline = is_inline || (row->request != NULL && row->answer == NULL);
	pthread_mutex_init(&task->lock, NULL);
	pthread_cond_init(&task->fetched, NULL);
	task->run = run_new(row, &input, &task_services, task);
	place(program, task);
}

/* ---- steps ---------------------------------------------------------------------------------- */

static void
step_run(struct pool_job *job)
{
	struct task *task = (struct task *)((char *)job - offsetof(struct task, job));

	run_step(task->run, task->entry, task->reply, task->replies, task->answers);
}

static void
send_stepped(struct task *task)
{
	struct buf out, result;

	buf_init(&out, WIRE_MESSAGE_MAX);
	buf_init(&result, WIRE_MESSAGE_MAX);
	result_write(&task->run->result, &result);
	if (!buf_ok(&result)) {
		result_clear(&task->run->result);
		result_fail_text(&task->run->result, MCP_E_TOO_LARGE, "The result is too large",
				 "The result does not fit in one message", "Request less data");
		task->run->outcome.kind = OUTCOME_DONE;
		buf_reset(&result);
		result_write(&task->run->result, &result);
	}
	wire_outcome(&out, &task->run->outcome);
	wire_bytes(&out, result.data, result.len);
	if (!buf_ok(&out))
		program_fault("a step left more than a message can hold");
	channel_send(&task->program->channel, WIRE_STEPPED, task->id, 0, out.data, out.len);
	buf_fini(&result);
	buf_fini(&out);
}

static void
step_done(struct pool_job *job)
{
	struct task *task = (struct task *)((char *)job - offsetof(struct task, job));

	CHECK(loop_inside(task->program->loop) && task->state != TASK_WAITS);
	free(task->message);
	free(task->reply);
	free(task->header);
	task->message = NULL;
	task->reply = NULL;
	task->header = NULL;
	if (task->state == TASK_FORGOTTEN) {
		task_free(task);
		return;
	}
	task->state = TASK_WAITS;
	memset(task->stopped, 0, sizeof(task->stopped));
	send_stepped(task);
}

/* Called when the worker ends: tasks_end() frees the calls that the host has not ended. */
static void
step_dropped(struct pool_job *job)
{
	struct task *task = (struct task *)((char *)job - offsetof(struct task, job));

	if (task->state != TASK_FORGOTTEN)
		return;
	task->state = TASK_WAITS;
	task_free(task);
}

/* The message is copied, because the step may run after its frame is freed. */
static void
take_step(struct task *task, const struct channel_message *message)
{
	struct wire_reader in;

	task->message = xmalloc(message->len + 1);
	memcpy(task->message, message->data, message->len);
	in = (struct wire_reader){ task->message, task->message + message->len, false };
	task->entry = wire_take_enum(&in, ENTRY_NEXT);
	task->answers = wire_take_str(&in);
	task->replies = wire_take_enum(&in, MCP_REQUESTS_MAX);
	if (task->replies > 0) {
		task->reply = xcalloc(task->replies, sizeof(*task->reply));
		task->header = xcalloc(task->replies * WIRE_HEADERS_MAX, sizeof(*task->header));
	}
	for (size_t i = 0; i < task->replies; i++)
		wire_take_reply(&in, &task->reply[i], &task->header[i * WIRE_HEADERS_MAX]);
	if (!wire_at_end(&in))
		program_fault("the host sent a malformed step");
}

static void
on_step(struct task *task, const struct channel_message *message)
{
	if (task->state != TASK_WAITS)
		program_fault("the host ran two steps of one call at once");
	take_step(task, message);
	if (task->entry == ENTRY_NEXT && task->run->outcome.kind != OUTCOME_SUSPEND)
		program_fault("the host continued a call that was not suspended");
	task->state = TASK_STEPS;
	task->job = (struct pool_job){ .run = step_run,
				       .done = step_done,
				       .drop = step_dropped,
				       .large = message->len >= POOL_LARGE_BYTES };
	if (task->is_inline) {
		step_run(&task->job);
		step_done(&task->job);
	} else {
		pool_submit(task->program->pool, &task->job);
	}
}

/* ---- between steps -------------------------------------------------------------------------- */

static void
on_deadline(struct task *task, struct wire_reader *in)
{
	int64_t deadline_ms = wire_take_i64(in), wait_until_ms = wire_take_i64(in);

	if (!wire_at_end(in))
		program_fault("the host sent a malformed deadline");
	run_set_deadline(task->run, deadline_ms, wait_until_ms);
}

static void
credit(struct task *task, uint32_t index, size_t len, bool stop)
{
	struct buf out;

	buf_init(&out, WIRE_MESSAGE_MAX);
	wire_u32(&out, (uint32_t)len);
	channel_send(&task->program->channel, stop ? WIRE_SINK_STOP : WIRE_CREDIT, task->id, index,
		     out.data, out.len);
	buf_fini(&out);
}

static void
on_sink(struct task *task, const struct channel_message *message)
{
	const struct outcome *outcome = &task->run->outcome;
	const struct mcp_http *request;
	uint32_t i = message->index;
	bool more;

	if (i == WIRE_FETCH_SINK) {
		task_fetch_sink(task, message->data, message->len);
		return;
	}
	if (task->state != TASK_WAITS || i >= outcome->requests)
		program_fault("the host sent bytes for an unknown sink");
	request = &outcome->request[i];
	if (request->reply != MCP_REPLY_SINK || request->sink == NULL)
		program_fault("the host sent bytes for a request without a sink");
	if (task->stopped[i])
		return;
	more = request->sink(request->sink_data, message->data, message->len);
	task->stopped[i] = !more;
	credit(task, i, message->len, !more);
}

static void
on_end(struct task *task)
{
	task->program->task[(uint32_t)task->id] = NULL;
	run_cancel(task->run);
	task_gone(task);
	if (task->state == TASK_STEPS)
		task->state = TASK_FORGOTTEN;
	else
		task_free(task);
}

void
task_message(struct program *program, const struct channel_message *message)
{
	struct wire_reader in = { message->data, message->data + message->len, false };

	switch (message->type) {
	case WIRE_BEGIN: on_begin(program, message, &in); break;
	case WIRE_STEP: on_step(find(program, message->call), message); break;
	case WIRE_CANCEL: run_cancel(find(program, message->call)->run); break;
	case WIRE_DEADLINE: on_deadline(find(program, message->call), &in); break;
	case WIRE_SINK: on_sink(find(program, message->call), message); break;
	case WIRE_FETCHED: task_fetched(find(program, message->call), &in); break;
	case WIRE_END: on_end(find(program, message->call)); break;
	default: program_fault("the host sent a message that only a worker sends");
	}
}

void
tasks_end(struct program *program)
{
	for (uint32_t i = 0; i < program->tasks; i++) {
		if (program->task[i] == NULL)
			continue;
		run_cancel(program->task[i]->run);
		task_gone(program->task[i]);
	}
	pool_free(program->pool);
	for (uint32_t i = 0; i < program->tasks; i++) {
		if (program->task[i] == NULL)
			continue;
		/* its step has ended together with the pool */
		program->task[i]->state = TASK_WAITS;
		task_free(program->task[i]);
	}
	free(program->task);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "era/tasks.h"

#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "call/call.h"
#include "call/turns.h"
#include "config/config.h"
#include "era/audited.h"
#include "era/capabilities.h"
#include "era/inside.h"
#include "era/invoke.h"
#include "era/methods.h"
#include "era/task_id.h"
#include "era/task_write.h"
#include "metrics/metrics.h"
#include "policy/policy.h"
#include "registry/provider.h"

#define TASK_WAIT_MS 1000 /* an operation that ends within this time does not become a task */

/* ---- negotiation --------------------------------------------------------------------------- */

bool
tasks_declared(struct json_object *capabilities)
{
	return json_obj(json_obj(capabilities, "extensions"), TASKS_EXTENSION) != NULL;
}

/* The capability must be declared by each request that needs it. */
bool
tasks_required(struct request *request)
{
	static const char data[] =
	    "{\"requiredCapabilities\":{\"extensions\":{\"" TASKS_EXTENSION "\":{}}}}";

	if (request->tasks)
		return true;
	request_error(request, RPC_MISSING_CAPABILITY, data,
		      "this request needs a client that declares the extension %s in each request",
		      TASKS_EXTENSION);
	return false;
}

bool
tasks_prepare(struct request *request, struct call_spec *spec)
{
	const struct row *row = spec->row;
	int64_t wait_s;

	if (row->kind != ROW_TOOL || row->task == ROW_TASK_NEVER)
		return true;
	if (row->task == ROW_TASK_MUST) {
		if (!tasks_required(request))
			return false;
		spec->wait_ms = -1;
		return true;
	}
	/* a caller that does not want to wait gets the first answer, and no task */
	wait_s = json_int(spec->arguments, "wait_s", json_int(row->meta, "wait_s", 1));
	request->may_task = request->tasks && wait_s > 0;
	if (request->may_task) {
		spec->wait_ms = TASK_WAIT_MS;
		spec->leaves_early = true;
	}
	return true;
}

/* ---- creation ------------------------------------------------------------------------------ */

static void
describe(const struct request *request, const struct call *call, struct task_id *id)
{
	int64_t cell = json_int(request->arguments, "cell_chars", 0);

	*id = (struct task_id){
		.row = call->row,
		.upstream = call->upstream,
		.created_ms = clock_wall_ms() - (clock_us() - call->started_us) / 1000,
		.can = request->can,
		.cell_chars = cell > 0 && cell <= UINT32_MAX ? (uint32_t)cell : 0,
		.handle_len = call->outcome->handle_len,
	};
	result_format_parse(json_str(request->arguments, "format"), &id->format);
	memcpy(id->handle, call->outcome->handle, id->handle_len);
}

/* When its poll has questions, tasks/get will show them. */
bool
tasks_create(struct request *request, const struct call *call)
{
	struct task_view view = { .status = TASK_WORKING };
	struct task_id id;
	struct json *out;
	struct buf text;

	if (call->outcome == NULL || call->outcome->handle_len == 0 ||
	    call->row->kind != ROW_TOOL || (call->result != NULL && call->result->failed) ||
	    (!request->may_task && call->row->task != ROW_TASK_MUST))
		return false;
	describe(request, call, &id);
	buf_init(&text, LIMIT_HANDLE);
	task_id_seal(request, &id, &text);
	CHECK(buf_ok(&text));
	view.id = text.data;
	view.created_ms = id.created_ms;
	task_view_working(&view, call->outcome, call->result);
	out = request_begin(request);
	task_write(out, request->snapshot->config, id.row, &view);
	request_end(request, &(struct wrap){ .type = "task", .ttl_ms = -1 });
	buf_fini(&text);
	return true;
}

/* ---- the methods --------------------------------------------------------------------------- */

static struct request *
task_request_of(const struct call *call)
{
	struct request *request = call->owner;

	CHECK(request->call == call && request->phase == REQUEST_CALLING);
	return request;
}

static void
answer_view(struct request *request, struct task_view *view)
{
	struct json *out;

	view->id = message_text(request->message.params, "taskId");
	view->created_ms = request->task_created_ms;
	out = request_begin(request);
	task_write(out, request->snapshot->config, request->row, view);
	request_end(request, &(struct wrap){ .type = "complete", .ttl_ms = -1 });
}

static uint64_t
hash_of_task(const struct request *request)
{
	const char *id = message_text(request->message.params, "taskId");

	return hash_of(NULL, id, strlen(id));
}

/* An ended task must not be called working again, and one that asks must show its questions. */
static void
settle(struct request *request)
{
	const uint64_t hash = hash_of_task(request);

	request->eras->settled[hash % SETTLED_MAX] = hash;
}

/* May the service be asked about this task now? */
static bool
may_look(struct request *request, const struct task_id *id)
{
	const struct provider *provider = id->row->provider;
	const char *upstream = id->upstream != NULL	  ? id->upstream
			     : provider->upstream != NULL ? provider->upstream
							  : "workspace";
	const uint64_t hash = hash_of_task(request);

	return request->eras->settled[hash % SETTLED_MAX] == hash ||
	       turns_may_look(request->eras->parts.calls, upstream);
}

static void
get_done(struct call *call)
{
	struct task_view view;

	task_view_of(&view, call);
	if (view.status != TASK_WORKING)
		settle(task_request_of(call));
	answer_view(task_request_of(call), &view);
}

static void
get_asks(struct call *call)
{
	struct task_view view = { .status = TASK_INPUT_REQUIRED, .questions = call->outcome };

	settle(task_request_of(call));
	answer_view(task_request_of(call), &view);
}

/* A failure that says that the work is over, or never was, is not a failure of the request: an
 * acknowledgement is all that a client gets. One that a second try may change, it must see. */
static void
ack_done(struct call *call)
{
	struct request *request = task_request_of(call);
	const struct result *result = call->result;

	if (result->failed &&
	    (status_retryable(result->status) || result->missed ||
	     result->status == MCP_E_PERMISSION || result->status == MCP_E_INTERNAL))
		invoke_error(request, result);
	else
		request_empty(request);
}

/* Some questions are still open: the next tasks/get has them. */
static void
ack_asks(struct call *call)
{
	request_empty(task_request_of(call));
}

static const struct call_events get_events = { .ask = get_asks, .done = get_done };
static const struct call_events ack_events = { .ask = ack_asks, .done = ack_done };

/* False: the policy does not allow the tool that began the task any more. The request was
 * refused. */
static bool
task_allowed(struct request *request, const struct task_id *id)
{
	struct policy_decision decision;

	if (policy_decide_task(request->snapshot->policy, &request->principal, id->row,
			       id->upstream, &decision)) {
		request->verdict = decision.verdict;
		return true;
	}
	audited_refusal(request, id->row, NULL, &decision);
	metrics_denied(decision.verdict.rule);
	request_error(request, RPC_INVALID_PARAMS, NULL, "%s: %s. %s", decision.what, decision.why,
		      decision.next);
	return false;
}

/* The task of params.taskId; false: the request was refused. */
static bool
open_task(struct request *request, struct task_id *id)
{
	const char *text;

	if (!tasks_required(request))
		return false;
	text = request_text(request, "taskId");
	if (text == NULL)
		return false;
	if (task_id_open(request->eras, request->snapshot, &request->principal, text, id))
		return task_allowed(request, id);
	request_error(request, RPC_INVALID_PARAMS, NULL,
		      "unknown task: its id is incomplete or was changed, has expired, or "
		      "belongs to another principal");
	return false;
}

static void
visit(struct request *request, const struct task_id *id, enum entry entry,
      const struct call_events *events)
{
	struct call_spec spec = { .row = id->row,
				  .upstream = id->upstream,
				  .principal = &request->principal,
				  .verdict = request->verdict,
				  .traceparent = invoke_traceparent(request),
				  .answers = request->answers_text,
				  .wait_ms = -1,
				  .entry = entry,
				  .handle = id->handle,
				  .handle_len = id->handle_len,
				  .format = id->format,
				  .events = events,
				  .owner = request };
	struct buf text;

	buf_init(&text, 128);
	capabilities_write(id->can, &text);
	spec.capabilities = text.data;
	request->row = id->row;
	request->task_created_ms = id->created_ms;
	request->arguments = json_object_new_object();
	if (id->cell_chars > 0)
		json_object_object_add(request->arguments, "cell_chars",
				       json_object_new_int64(id->cell_chars));
	spec.arguments = request->arguments;
	invoke_begin(request, &spec);
	buf_fini(&text);
}

void
tasks_get(struct request *request)
{
	struct task_view view;
	struct task_id id;

	if (!open_task(request, &id))
		return;
	if (may_look(request, &id)) {
		visit(request, &id, ENTRY_POLL, &get_events);
		return;
	}
	request->row = id.row;
	request->task_created_ms = id.created_ms;
	task_view_unseen(&view);
	answer_view(request, &view);
}

void
tasks_cancel(struct request *request)
{
	struct task_id id;

	if (open_task(request, &id))
		visit(request, &id, ENTRY_CANCEL, &ack_events);
}

/* An answer of a wrong type counts as missing. */
static void
take_answers(struct request *request, struct json_object *responses)
{
	struct json_object_iter each;

	request->answers = json_object_new_object();
	json_object_object_foreachC(responses, each)
		if (json_object_is_type(each.val, json_type_object))
			json_object_object_add(request->answers, each.key,
					       json_object_get(each.val));
}

void
tasks_update(struct request *request)
{
	struct json_object *responses = json_obj(request->message.params, "inputResponses");
	struct task_id id;

	if (!open_task(request, &id))
		return;
	if (responses == NULL) {
		request_error(request, RPC_INVALID_PARAMS, NULL,
			      "params.inputResponses must be an object");
		return;
	}
	take_answers(request, responses);
	if (json_object_object_length(request->answers) == 0)
		request_empty(request);
	else if (invoke_answers(request))
		visit(request, &id, ENTRY_ANSWER, &ack_events);
}

void
tasks_answer(struct request *request, const struct result *result)
{
	invoke_error(request, result);
}

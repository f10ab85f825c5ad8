/* SPDX-License-Identifier: Apache-2.0 */
/* The common part of tools/call, resources/read, prompts/get and completion/complete: a call is
 * made, reports, may ask the client, and ends. */
#include "era/invoke.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/check.h"
#include "base/http_syntax.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/call.h"
#include "run/text.h"
#include "config/config.h"
#include "era/audited.h"
#include "era/confirm.h"
#include "era/inside.h"
#include "era/limited.h"
#include "era/methods.h"
#include "era/modern.h"
#include "era/mrtr.h"
#include "era/logging.h"
#include "era/prepare.h"
#include "era/progress.h"
#include "era/request_state.h"
#include "era/step_up.h"
#include "era/task.h"
#include "era/tasks.h"
#include "era/workspace.h"
#include "metrics/metrics.h"
#include "policy/policy.h"

struct json_object *
invoke_arguments(struct request *request)
{
	struct json_object *params = request->message.params, *arguments;

	/* some clients write null for no arguments */
	if (params != NULL && json_get(params, "arguments") == NULL) {
		arguments = json_object_new_object();
		json_object_object_add(params, "arguments", arguments);
		return arguments;
	}
	arguments = json_obj(params, "arguments");
	if (arguments == NULL)
		request_error(request, RPC_INVALID_PARAMS, NULL,
			      "params.arguments must be an object");
	return arguments;
}

static bool
has_nul(struct json_object *value)
{
	struct json_object_iter each;
	size_t n;

	if (json_object_is_type(value, json_type_string))
		return strlen(json_object_get_string(value)) !=
		       (size_t)json_object_get_string_len(value);
	n = json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;
	for (size_t i = 0; i < n; i++)
		if (has_nul(json_object_array_get_idx(value, i)))
			return true;
	if (json_object_is_type(value, json_type_object))
		json_object_object_foreachC(value, each)
			if (has_nul(each.val))
				return true;
	return false;
}

const char *
invoke_nul(struct json_object *arguments)
{
	struct json_object_iter each;

	json_object_object_foreachC(arguments, each)
		if (has_nul(each.val))
			return each.key;
	return NULL;
}

void
invoke_unknown(struct request *request, enum row_kind kind, const char *what, const char *name)
{
	const char *near[REGISTRY_NEAR_MAX];
	size_t n =
	    registry_near(request->snapshot->registry, kind, name, request_view(request), near);
	char given[NAME_ROOM];
	struct buf text;

	buf_init_keeping(&text, LIMIT_HANDLE);
	for (size_t i = 0; i < n; i++)
		buf_printf(&text, "%s\"%s\"",
			   i == 0      ? "; did you mean "
			   : i + 1 < n ? ", "
				       : " or ",
			   near[i]);
	if (kind == ROW_TOOL)
		audited_unknown(request, name);
	request_error(request, RPC_INVALID_PARAMS, NULL, "unknown %s \"%s\"%s%s", what,
		      request_shown(name, given), text.data, n > 0 ? "?" : "");
	buf_fini(&text);
}

void
invoke_refuse(struct request *request, const char *what, const struct buf *why)
{
	struct buf text;

	buf_init_keeping(&text, 2 * why->len + 1);
	for (size_t i = 0; i < why->len; i++)
		if (why->data[i] == '\n')
			buf_puts(&text, "; ");
		else
			buf_putc(&text, why->data[i]);
	request_error(request, RPC_INVALID_PARAMS, NULL, "%s%s%s", what != NULL ? what : "",
		      what != NULL ? ": " : "", text.data);
	buf_fini(&text);
}

void
invoke_fail(struct request *request, enum mcp_status status, const char *what, const char *why,
	    const char *next)
{
	const struct result_limits limits = { 0 };
	struct result result;

	result_init(&result, &limits);
	result_fail_text(&result, status, what, why, next);
	request->method->answer(request, &result);
	result_fini(&result);
}

static enum rpc_error
error_of(enum mcp_status status)
{
	switch (status) {
	case MCP_E_INPUT:
	case MCP_E_NOT_FOUND: return RPC_INVALID_PARAMS;
	case MCP_E_INTERNAL: return RPC_INTERNAL;
	default: return RPC_FAILED;
	}
}

void
invoke_error(struct request *request, const struct result *result)
{
	struct buf text, data;
	struct json json;

	buf_init(&text, LIMIT_RESULT_TEXT);
	buf_init(&data, LIMIT_RESULT_TEXT);
	result_failure_text(result, &text);
	json_start(&json, &data);
	result_failure_json(result, &json);
	request_failure(request, error_of(result->status), data.data, &text);
	buf_fini(&text);
	buf_fini(&data);
}

/* ---- reports of the call -------------------------------------------------------------------- */

static struct request *
request_of(const struct call *call)
{
	struct request *request = call->owner;

	CHECK(request->call == call);
	CHECK(request->phase == REQUEST_CALLING || request->phase == REQUEST_ASKING);
	return request;
}

static void
call_progress(struct call *call, double done, double total, const char *message)
{
	progress_notify(request_of(call), done, total, message);
}

static void
call_log(struct call *call, enum mcp_level level, const char *logger, const char *json, size_t len)
{
	logging_notify(request_of(call), level, logger, json, len);
}

static void
call_asks(struct call *call)
{
	struct request *request = request_of(call);

	CHECK(request->phase == REQUEST_CALLING && call->outcome != NULL);
	if (tasks_create(request, call))
		return;
	if (request->method->mirrored == NULL) /* the modern era does not have this answer */
		invoke_fail(request, MCP_E_INTERNAL, "A completion cannot ask the client", NULL,
			    NULL);
	else if (request->round >= ASK_ROUNDS)
		invoke_fail(request, MCP_E_INTERNAL, "The call asks its client too often",
			    "The call was answered eight times and asks again", NULL);
	else
		request->era->ask(request);
}

/* Writes {"elicitation":{"url":{}}} for "elicitation.url". */
static void
missing_capability(struct request *request, const char *capability)
{
	char *path = xstrdup(capability), *rest;
	struct buf data;
	struct json json;

	buf_init(&data, LIMIT_HANDLE);
	json_start(&json, &data);
	json_begin(&json, '{');
	json_begin(json_member(&json, "requiredCapabilities"), '{');
	for (char *name = strtok_r(path, ".", &rest); name != NULL;
	     name = strtok_r(NULL, ".", &rest))
		json_begin(json_member(&json, name), '{');
	while (!json_complete(&json))
		json_end(&json);
	free(path);
	request_error(request, RPC_MISSING_CAPABILITY, data.data,
		      "this request needs a client with the capability %s", capability);
	buf_fini(&data);
}

static void
call_done(struct call *call)
{
	struct request *request = request_of(call);
	const struct result *result = call->result;

	request->audited = call->audited;
	if (tasks_create(request, call))
		return;
	task_tell(request, call);
	if (result->failed && result->require != NULL && request->era == &era_modern)
		missing_capability(request, result->require);
	else
		request->method->answer(request, result);
}

static const struct call_events own_events = {
	.progress = call_progress,
	.client_log = call_log,
	.ask = call_asks,
	.done = call_done,
};

/* ---- its start ----------------------------------------------------------------------------- */

bool
invoke_answers(struct request *request)
{
	struct buf text;

	if (request->answers == NULL)
		return true;
	buf_init(&text, ANSWERS_TEXT_MAX);
	buf_json_tree(&text, request->answers);
	request->answers_text = buf_take(&text, NULL);
	if (request->answers_text == NULL)
		request_error(request, RPC_INVALID_PARAMS, NULL, "inputResponses are too large");
	return request->answers_text != NULL;
}

const char *
invoke_traceparent(const struct request *request)
{
	const char *text = request->message.meta[META_TRACEPARENT];

	return traceparent_valid(text) ? text : NULL;
}

void
invoke_begin(struct request *request, const struct call_spec *spec)
{
	struct call_spec audited = *spec;
	struct audited_caller caller;
	const char *why = NULL;

	audited.ticket = request->ticket;
	audited.snapshot = request->snapshot;
	if (audit_on()) {
		audited_caller(request, &caller);
		audited.who = &caller.event;
	}
	request->call = call_new(request->eras->parts.calls, &audited, &why);
	if (request->call == NULL) {
		metrics_limited("calls");
		request_error(request, RPC_OVERLOADED, NULL, "%s", why);
		return;
	}
	request->ticket = NULL;		      /* the call has it */
	message_drop_meta(&request->message); /* its members were read, and a call may wait */
	request_move(request, REQUEST_CALLING);
	call_start(request->call);
}

/* A tool with this argument gives the platform a token, which recognises a repetition. */
#define TOKEN_ARGUMENT "idempotency_token"

/*
 * The answers of a client let a call go on, so the same answers a second time would carry it out a
 * second time. A call that only reads may be repeated. One whose platform takes a token gets the
 * same token again, and an answer to a running operation begins nothing. All others are
 * refused.
 */
static bool
state_counts(const struct request *request)
{
	const struct row *row = request->row;
	struct json_object *schema = json_obj(row->json, "inputSchema");

	return request->number[0] != '\0' && request->handle.len == 0 && row->kind == ROW_TOOL &&
	       (row->access != ACCESS_READ || row->by_sql) &&
	       json_get(json_obj(schema, "properties"), TOKEN_ARGUMENT) == NULL;
}

static bool
state_used(struct request *request)
{
	invoke_fail(request, MCP_E_CONFLICT, "These answers were already used",
		    "The call may have been carried out with them, so it was not repeated",
		    "Look whether it was carried out. If not, call the tool again from the "
		    "beginning, without requestState");
	return false;
}

static bool
use_state(struct request *request, const struct invoke_order *order)
{
	char text[ONCE_TEXT_MAX];

	if (!state_counts(request))
		return true;
	snprintf(text, sizeof(text), "%s %u", request->number, request->round);
	if (limited_use_once(request, LIMITED_STATE, text, STATE_TTL_S, order))
		return false;
	switch (once_use(&request->eras->used, text, STATE_TTL_S * INT64_C(1000))) {
	case ONCE_FIRST: return true;
	case ONCE_FULL:
		request_error(request, RPC_OVERLOADED, NULL,
			      "too many calls were answered: call again later");
		return false;
	case ONCE_AGAIN: break;
	}
	return state_used(request);
}

/* Everything has allowed the call: it begins. */
static void
go(struct request *request, const struct invoke_order *order)
{
	struct call_spec spec = { .row = request->row,
				  .principal = &request->principal,
				  .verdict = request->verdict,
				  .arguments = request->arguments,
				  .arguments_text = order->text,
				  .uri = order->uri,
				  .notes = request->notes,
				  .upstream = request->upstream,
				  .capabilities = request->capabilities,
				  .wants_progress = request->progress_token != NULL,
				  .events = &own_events,
				  .owner = request };
	struct task task;

	if (!invoke_answers(request) || !tasks_prepare(request, &spec))
		return;
	spec.answers = request->answers_text;
	spec.traceparent = invoke_traceparent(request);
	spec.number = request->number[0] != '\0' ? request->number : NULL;
	if (request->handle.len > 0) { /* the operation has begun: this answers a question of its
				        * poll */
		spec.entry = ENTRY_ANSWER;
		spec.handle = (const unsigned char *)request->handle.data;
		spec.handle_len = request->handle.len;
	}
	if (!task_open(request, &spec, &task))
		return;
	invoke_begin(request, &spec);
	task_fini(&task);
}

/* The policy has allowed the call, and a person has confirmed it where that is needed. */
static void
confirmed(struct request *request, const struct invoke_order *order)
{
	if (use_state(request, order))
		go(request, order);
}

static void
admitted(struct request *request, const struct invoke_order *order)
{
	if (confirm_ready(request, order))
		confirmed(request, order);
}

void
invoke_resumed(struct request *request, enum limited_stage stage, bool fine,
	       const struct invoke_order *order)
{
	switch (stage) {
	case LIMITED_CALL: admitted(request, order); break;
	case LIMITED_CONFIRM:
		if (confirm_resumed(request, fine))
			confirmed(request, order);
		break;
	case LIMITED_STATE:
		if (fine || state_used(request))
			go(request, order);
		break;
	}
}

void
invoke_confirmed(struct request *request)
{
	const struct invoke_order order = { .confirm = CONFIRM_UNSET };

	/* a person may answer minutes after a reload, and the rules of then are gone */
	if (request->snapshot != request->eras->parts.snapshot)
		invoke_fail(request, MCP_E_CONFLICT, "The call was not begun",
			    "The configuration of the host was changed while the user was asked",
			    "Call the tool again");
	else if (confirm_answered(request, &order))
		confirmed(request, &order);
}

static void
start(struct request *request, const struct row *row, struct json_object *arguments,
      const char *uri, const struct buf *text)
{
	struct policy_decision decision;
	struct invoke_order order = { .uri = uri, .text = text };
	/* the rules of the workspace where the operation is, whichever the default is */
	const char *place = task_workspace(request, row, arguments);

	if (!policy_decide_in(request->snapshot->policy, &request->principal, row, arguments, place,
			      &decision)) {
		if (step_up(request, row, arguments, place))
			return;
		log_event(LOG_INFO, "call-refused", "principal", "s", request->principal.name,
			  "row", "s", row->name, "rule", "s", decision.verdict.rule, "where", "s",
			  decision.verdict.where, NULL);
		audited_refusal(request, row, arguments, &decision);
		metrics_denied(decision.verdict.rule);
		invoke_fail(request, MCP_E_PERMISSION, decision.what, decision.why, decision.next);
		return;
	}
	CHECK(request->call == NULL && request->arguments == NULL);
	if (!workspace_choose(request, row, arguments, &request->upstream))
		return;
	request->verdict = decision.verdict;
	request->row = row;
	request->arguments = json_object_get(arguments);
	if (request->era == &era_modern && !mrtr_read(request))
		return;
	order.confirm = decision.confirm;
	if (limited_allows(request, &order))
		admitted(request, &order);
}

void
invoke_written(struct request *request, const struct row *row, struct json_object *arguments,
	       const struct buf *text)
{
	start(request, row, arguments, NULL, text);
}

static void
written(struct request *request, const struct row *row, struct json_object *arguments,
	struct buf *notes, const struct buf *text, const struct buf *why)
{
	(void)notes;
	(void)why;
	start(request, row, arguments, NULL, text);
}

void
invoke(struct request *request, const struct row *row, struct json_object *arguments,
       const char *uri)
{
	if (prepare_needed(request) && uri == NULL)
		prepare_start(request, row, arguments, NULL, written);
	else
		start(request, row, arguments, uri, NULL);
}

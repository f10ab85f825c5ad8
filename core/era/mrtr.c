/* SPDX-License-Identifier: Apache-2.0 */
/* Rounds of a modern request. Each round is a new request, and the host keeps no state between the
 * rounds. */
#include "era/mrtr.h"

#include <string.h>

#include "call/call.h"
#include "era/confirm.h"
#include "era/inside.h"
#include "era/invoke.h"
#include "era/request_state.h"

static bool
was_asked(const struct request_state *state, const char *key)
{
	size_t n = state->asked == NULL ? 0 : json_object_array_length(state->asked);

	if (state->asked == NULL)
		return true; /* the client sent no state, so any answer may belong to a question */
	for (size_t i = 0; i < n; i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(state->asked, i)),
			   key) == 0)
			return true;
	return false;
}

/* The answers to the questions. An answer of a wrong type counts as missing; an unknown one is
 * ignored. */
static void
merge(struct request *request, const struct request_state *state, struct json_object *responses)
{
	struct json_object_iter each;

	if (state->answers != NULL)
		request->answers = json_object_get(state->answers);
	else
		request->answers = json_object_new_object();
	if (responses == NULL)
		return;
	json_object_object_foreachC(responses, each)
		if (json_object_is_type(each.val, json_type_object) && was_asked(state, each.key))
			json_object_object_add(request->answers, each.key,
					       json_object_get(each.val));
}

bool
mrtr_read(struct request *request)
{
	struct json_object *params = request->message.params, *responses = NULL, *text = NULL;
	bool answered = json_object_object_get_ex(params, "inputResponses", &responses);
	bool resumed = json_object_object_get_ex(params, "requestState", &text);
	struct request_state state = { 0 };

	if (answered && !json_object_is_type(responses, json_type_object)) {
		request_error(request, RPC_INVALID_PARAMS, NULL,
			      "params.inputResponses must be an object");
		return false;
	}
	if (resumed && (!json_object_is_type(text, json_type_string) ||
			!request_state_read(request, json_object_get_string(text),
					    (size_t)json_object_get_string_len(text), &state))) {
		request_error(request, RPC_INVALID_PARAMS, NULL,
			      "params.requestState does not belong to this request, or has "
			      "expired: send the request again without it");
		return false;
	}
	request->round = state.round;
	memcpy(request->number, state.number, sizeof(request->number));
	request->handle = state.handle;
	state.handle = (struct buf){ 0 };
	if (answered || resumed)
		merge(request, &state, responses);
	request_state_fini(&state);
	return true;
}

void
mrtr_write_questions(struct json *out, const struct outcome *outcome)
{
	json_begin(json_member(out, "inputRequests"), '{');
	for (size_t i = 0; i < outcome->questions; i++) {
		const struct question *question = &outcome->question[i];

		json_begin(json_member(out, question->key), '{');
		json_string(json_member(out, "method"), question->method);
		json_raw(json_member(out, "params"), question->params, strlen(question->params));
		json_end(out);
	}
	json_end(out);
}

void
mrtr_ask_outcome(struct request *request, const struct outcome *outcome)
{
	struct json *out;
	struct buf state;

	buf_init(&state, STATE_TEXT_MAX);
	if (!request_state_write(request, outcome, &state) || !buf_ok(&state)) {
		buf_fini(&state);
		invoke_fail(request, MCP_E_TOO_LARGE, "The answers so far are too large to keep",
			    "All answers of one request together may have 8192 bytes",
			    "Use shorter answers");
		return;
	}
	out = request_begin(request);
	mrtr_write_questions(out, outcome);
	json_text(json_member(out, "requestState"), state.data, state.len);
	buf_fini(&state);
	request_end(request, &(struct wrap){ .type = "input_required", .ttl_ms = -1 });
}

void
mrtr_ask(struct request *request)
{
	confirm_renew(request);
	mrtr_ask_outcome(request, request->call->outcome);
}

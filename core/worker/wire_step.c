/* SPDX-License-Identifier: Apache-2.0 */
/* The form of a step's outcome, which the worker sends to the host. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "run/requests.h"
#include "worker/wire.h"

void
wire_outcome(struct buf *out, const struct outcome *outcome)
{
	wire_u32(out, outcome->kind);
	wire_u32(out, (uint32_t)outcome->requests);
	for (size_t i = 0; i < outcome->requests; i++)
		wire_request(out, &outcome->request[i]);
	wire_u32(out, outcome->after_ms);
	wire_u32(out, (uint32_t)outcome->questions);
	for (size_t i = 0; i < outcome->questions; i++) {
		wire_str(out, outcome->question[i].key);
		wire_str(out, outcome->question[i].method);
		wire_str(out, outcome->question[i].params);
	}
	wire_bytes(out, outcome->handle, outcome->handle_len);
	wire_i64(out, outcome->percent);
	wire_str(out, outcome->message);
	wire_u32(out, outcome->next_ms);
}

static void
take_questions(struct wire_reader *in, struct outcome *outcome)
{
	size_t n = wire_take_enum(in, QUESTIONS_MAX);

	if (n == 0)
		return;
	outcome->question = xcalloc(n, sizeof(*outcome->question));
	outcome->questions = n;
	for (size_t i = 0; i < n; i++) {
		struct question *question = &outcome->question[i];

		question->key = xstrdup(wire_take_text(in));
		question->method = xstrdup(wire_take_text(in));
		question->params = xstrdup(wire_take_text(in));
	}
}

/* Each kind of outcome has exactly its own members. */
static bool
consistent(const struct outcome *outcome)
{
	return (outcome->kind == OUTCOME_ASK) == (outcome->questions > 0) &&
	       (outcome->kind == OUTCOME_SUSPEND || outcome->requests == 0) &&
	       (outcome->kind != OUTCOME_HANDLE || outcome->handle_len > 0) &&
	       outcome->percent >= -1 && outcome->percent <= 100;
}

void
wire_take_outcome(struct wire_reader *in, struct outcome *outcome)
{
	const char *handle, *message;
	size_t handle_len;
	int64_t percent;

	*outcome = (struct outcome){ .kind = wire_take_enum(in, OUTCOMES - 1) };
	outcome->requests = wire_take_u32(in);
	outcome->request = wire_take_requests(in, outcome->requests);
	if (outcome->request == NULL)
		outcome->requests = 0;
	outcome->after_ms = wire_take_u32(in);
	take_questions(in, outcome);
	handle = wire_take_bytes(in, &handle_len);
	if (handle_len > MCP_HANDLE_MAX)
		in->bad = true;
	else if (handle_len > 0)
		outcome_set_handle(outcome, handle, handle_len);
	percent = wire_take_i64(in);
	outcome->percent = percent >= -1 && percent <= 100 ? (int)percent : -2;
	message = wire_take_str(in);
	outcome->message = message != NULL ? xstrdup(message) : NULL;
	outcome->next_ms = wire_take_u32(in);
	if (!consistent(outcome))
		in->bad = true;
}

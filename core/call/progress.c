/* SPDX-License-Identifier: Apache-2.0 */
/* Progress and client logs on their way out: strictly increasing, at most ten a second after a
 * burst of ten, masked, and silent once the call has answered (MCP, basic/utilities/progress). */
#include <math.h>

#include "base/buf.h"
#include "base/mask.h"
#include "call/state.h"
#include "run/text.h"
#include "registry/provider.h"

#define PER_SECOND 10
#define MESSAGE_MAX 500u
#define LOG_MAX (64u << 10)

/* Tokens come back at the rate; at most a second's worth is saved. */
static bool
take_token(struct call_state *state)
{
	int64_t now = clock_ms();
	int64_t earned = (now - state->progress_ms) * PER_SECOND / 1000;

	if (!state->progressed || state->progress_tokens + earned >= PER_SECOND) {
		state->progress_tokens = PER_SECOND;
		state->progress_ms = now;
	} else if (earned > 0) {
		state->progress_tokens += (unsigned)earned;
		state->progress_ms += earned * 1000 / PER_SECOND;
	}
	if (state->progress_tokens == 0)
		return false;
	state->progress_tokens--;
	return true;
}

void
progress_send(struct call *call, double done, double total, const char *message)
{
	struct call_state *state = call->state;
	const char *before;
	struct buf line;

	if (!state->wants_progress || state->answered || state->freed || call_ending(call) ||
	    !isfinite(done))
		return;
	if (state->progressed && done <= state->progress)
		return;
	if (!take_token(state))
		return;
	state->progressed = true;
	state->progress = done;
	buf_init(&line, MESSAGE_MAX + 8);
	before = mask_enter(call->row->provider->name);
	if (message != NULL)
		text_line(&line, message, MESSAGE_MAX);
	mask_enter(before);
	call->events->progress(call, done, isfinite(total) && total > 0 ? total : 0,
			       line.len > 0 ? line.data : NULL);
	buf_fini(&line);
}

void
call_progressed(struct call *call, double done, double total, const char *message)
{
	call->state->own_progress = true;
	progress_send(call, done, total, message);
}

void
call_logged(struct call *call, enum mcp_level level, const char *logger, const char *json,
	    size_t len)
{
	const char *before;
	struct buf masked;

	if (call->state->answered || call->state->freed || call->events->client_log == NULL)
		return;
	buf_init(&masked, LOG_MAX);
	before = mask_enter(call->row->provider->name);
	text_mask_json(&masked, json, len);
	mask_enter(before);
	if (buf_ok(&masked))
		call->events->client_log(call, level, logger, masked.data, masked.len);
	buf_fini(&masked);
}

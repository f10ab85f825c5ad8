/* SPDX-License-Identifier: Apache-2.0 */
/* Progress and client logs to the owner: progress always increases, at most ten messages a second
 * after a burst of ten, masked, and nothing after the answer (MCP, basic/utilities/progress). */
#include "call/progress.h"

#include <math.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/mask.h"
#include "call/state.h"
#include "run/text.h"
#include "registry/provider.h"

#define PER_SECOND 10
#define MESSAGE_MAX 500u
#define LOG_MAX (64u << 10)

void
progress_init(struct call_progress *progress, bool wanted)
{
	*progress = (struct call_progress){ .wanted = wanted, .last = -INFINITY };
}

static bool
take_token(struct call_progress *progress)
{
	return bucket_take(&progress->sent, PER_SECOND, 1000, clock_ms()) == 0;
}

void
progress_send(struct call *call, double done, double total, const char *message)
{
	struct call_progress *progress = &call->state->progress;
	const char *before;
	struct buf line;

	if (!progress->wanted || call->state->owner != OWNER_WAITS || call_ending(call) ||
	    !isfinite(done) || done <= progress->last || !take_token(progress))
		return;
	progress->last = done;
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
	CHECK(loop_inside(call->calls->loop) && call->state->phase == PHASE_STEP);
	call->state->progress.of_plugin = true;
	progress_send(call, done, total, message);
}

void
call_logged(struct call *call, enum mcp_level level, const char *logger, const char *json,
	    size_t len)
{
	const char *before;
	struct buf masked;

	CHECK(loop_inside(call->calls->loop) && call->state->phase == PHASE_STEP);
	if (call->state->owner != OWNER_WAITS || call->events->client_log == NULL)
		return;
	buf_init(&masked, LOG_MAX);
	before = mask_enter(call->row->provider->name);
	text_mask_json(&masked, json, len);
	mask_enter(before);
	if (buf_ok(&masked))
		call->events->client_log(call, level, logger, masked.data, masked.len);
	buf_fini(&masked);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications that belong to one request and travel on its stream. */
#include "era/notify.h"

#include <math.h>
#include <string.h>

#include "base/loop.h"
#include "base/mem.h"
#include "era/eras.h"
#include "era/request.h"
#include "rpc/frame.h"

/* Progress is for people: a short burst is fine, a flood is not. */
#define PROGRESS_BURST 16.0
#define PROGRESS_PER_SECOND 10.0

static const char *const levels[] = { "debug", "info",	   "notice", "warning",
				      "error", "critical", "alert",  "emergency" };

int
level_parse(const char *name)
{
	int level = 0;

	while (level < LEVEL_NONE && (name == NULL || strcmp(levels[level], name) != 0))
		level++;
	return level;
}

/* At most so many a second; those beyond are dropped, for a later one says more anyway. */
static bool
within_budget(struct request *request)
{
	int64_t now = clock_ms();

	if (request->progress_ms == 0)
		request->budget = PROGRESS_BURST;
	else
		request->budget =
		    fmin(PROGRESS_BURST, request->budget + (double)(now - request->progress_ms) *
							       PROGRESS_PER_SECOND / 1000.0);
	request->progress_ms = now;
	if (request->budget < 1.0)
		return false;
	request->budget -= 1.0;
	return true;
}

void
notify_progress(struct request *request, double done, double total, const char *message)
{
	struct buf *out = &request->eras->note;
	struct json json;

	if (request->progress_token == NULL || !isfinite(done) ||
	    (request->progress_ms != 0 && done <= request->progress) || !within_budget(request))
		return;
	request->progress = done;
	buf_reset(out);
	rpc_begin_call(&json, out, NULL, "notifications/progress");
	json_begin(json_member(&json, "params"), '{');
	json_raw(json_member(&json, "progressToken"), request->progress_token,
		 strlen(request->progress_token));
	json_double(json_member(&json, "progress"), done);
	if (isfinite(total) && total > 0.0)
		json_double(json_member(&json, "total"), total);
	if (request->revision >= REV_2025_03_26)
		json_optional(&json, "message", message);
	json_end(&json);
	json_end(&json);
	request_notify(request, out);
}

void
notify_log(struct request *request, enum mcp_level level, const char *logger, const char *json,
	   size_t len)
{
	static const enum level of[] = {
		[MCP_LOG_DEBUG] = LEVEL_DEBUG,	 [MCP_LOG_INFO] = LEVEL_INFO,
		[MCP_LOG_NOTICE] = LEVEL_NOTICE, [MCP_LOG_WARNING] = LEVEL_WARNING,
		[MCP_LOG_ERROR] = LEVEL_ERROR,
	};
	struct buf *out = &request->eras->note;
	struct json note;

	if ((size_t)level >= ARRAY_SIZE(of) || (int)of[level] < request->log_level)
		return;
	buf_reset(out);
	rpc_begin_call(&note, out, NULL, "notifications/message");
	json_begin(json_member(&note, "params"), '{');
	json_string(json_member(&note, "level"), levels[of[level]]);
	json_optional(&note, "logger", logger);
	json_raw(json_member(&note, "data"), json, len);
	json_end(&note);
	json_end(&note);
	request_notify(request, out);
}

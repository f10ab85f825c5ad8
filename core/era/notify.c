/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications that belong to one request and travel on its stream. */
#include "era/notify.h"

#include <math.h>
#include <string.h>

#include "base/loop.h"
#include "base/mem.h"
#include "era/eras.h"
#include "era/request.h"

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

/* The shortest spelling; JSON knows no infinities. */
static void
add_number(struct buf *out, double number)
{
	struct json_object *tree = json_object_new_double(isfinite(number) ? number : 0.0);

	if (number == floor(number) && fabs(number) < 1e15)
		buf_printf(out, "%.0f", number);
	else
		buf_json_tree(out, tree);
	json_object_put(tree);
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

	if (request->progress_token == NULL || !isfinite(done) ||
	    (request->progress_ms != 0 && done <= request->progress) || !within_budget(request))
		return;
	request->progress = done;
	buf_reset(out);
	buf_printf(out,
		   "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":"
		   "{\"progressToken\":%s,\"progress\":",
		   request->progress_token);
	add_number(out, done);
	if (isfinite(total) && total > 0.0) {
		buf_puts(out, ",\"total\":");
		add_number(out, total);
	}
	if (request->revision >= REV_2025_03_26)
		add_member(out, "message", message);
	buf_puts(out, "}}");
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

	if ((size_t)level >= ARRAY_SIZE(of) || (int)of[level] < request->log_level)
		return;
	buf_reset(out);
	buf_printf(out,
		   "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":"
		   "{\"level\":\"%s\"",
		   levels[of[level]]);
	add_member(out, "logger", logger);
	buf_puts(out, ",\"data\":");
	buf_add(out, json, len);
	buf_puts(out, "}}");
	request_notify(request, out);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications that belong to one request and travel on its stream. */
#include "era/notify.h"

#include <string.h>

#include "base/mem.h"
#include "era/eras.h"
#include "era/request.h"
#include "rpc/frame.h"

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

void
notify_progress(struct request *request, double done, double total, const char *message)
{
	struct buf *out = &request->eras->note;
	struct json json;

	if (request->progress_token == NULL)
		return;
	buf_reset(out);
	rpc_begin_call(&json, out, NULL, "notifications/progress");
	json_begin(json_member(&json, "params"), '{');
	json_raw(json_member(&json, "progressToken"), request->progress_token,
		 strlen(request->progress_token));
	json_double(json_member(&json, "progress"), done);
	if (total > 0)
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

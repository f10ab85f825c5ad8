/* SPDX-License-Identifier: Apache-2.0 */
#include "era/logging.h"

#include <string.h>

#include "base/mem.h"
#include "era/inside.h"
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
logging_notify(struct request *request, enum mcp_level level, const char *logger, const char *json,
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

void
logging_set_level(struct request *request)
{
	const char *name = request_text(request, "level");
	int level;

	if (name == NULL)
		return;
	level = level_parse(name);
	if (level == LEVEL_NONE) {
		request_error(request, RPC_INVALID_PARAMS, NULL,
			      "params.level must be one of "
			      "debug, info, notice, warning, error, critical, alert, emergency");
		return;
	}
	request->session->log_level = level;
	request_empty(request);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What a request tells its client before the answer: progress and log messages. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_NOTIFY_H
#define CORE_ERA_NOTIFY_H

#include <lakehost/plugin.h>
#include <stddef.h>

struct request;

/* Levels as MCP names them (server/utilities/logging), least first; of RFC 5424. */
enum level {
	LEVEL_DEBUG,
	LEVEL_INFO,
	LEVEL_NOTICE,
	LEVEL_WARNING,
	LEVEL_ERROR,
	LEVEL_CRITICAL,
	LEVEL_ALERT,
	LEVEL_EMERGENCY,
	LEVEL_NONE /* above all: report nothing */
};
/* LEVEL_NONE for a name that is none. */
int level_parse(const char *name);

void notify_progress(struct request *request, double done, double total, const char *message);
/* `json` is the data: any JSON text. */
void notify_log(struct request *request, enum mcp_level level, const char *logger, const char *json,
		size_t len);

#endif

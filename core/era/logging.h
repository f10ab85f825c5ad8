/* SPDX-License-Identifier: Apache-2.0 */
/* Log messages for a client (MCP server/utilities/logging), on the stream of a request. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_LOGGING_H
#define CORE_ERA_LOGGING_H

#include <lakehost/plugin.h>
#include <stddef.h>

struct request;

/* The levels have the names of MCP (server/utilities/logging), least severe first. They come from
 * RFC 5424. */
enum level {
	LEVEL_DEBUG,
	LEVEL_INFO,
	LEVEL_NOTICE,
	LEVEL_WARNING,
	LEVEL_ERROR,
	LEVEL_CRITICAL,
	LEVEL_ALERT,
	LEVEL_EMERGENCY,
	LEVEL_NONE /* this value is above all levels: no message is reported */
};
/* LEVEL_NONE for an unknown name. */
int level_parse(const char *name);

void logging_set_level(struct request *request); /* logging/setLevel */
/* `json` is the data: any JSON text. */
void logging_notify(struct request *request, enum mcp_level level, const char *logger,
		    const char *json, size_t len);

#endif

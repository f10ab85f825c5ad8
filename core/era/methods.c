/* SPDX-License-Identifier: Apache-2.0 */
/* The table of methods (MCP schema, "ClientRequest" of each revision), and the small ones. */
#include <string.h>

#include "base/mem.h"
#include "era/eras.h"
#include "era/listen.h"
#include "era/notify.h"

#define BOTH (IN_LEGACY | IN_MODERN)

static const struct method methods[] = {
	{ "tools/call", BOTH, "name", tools_call, tools_answer },
	{ "tools/list", BOTH, NULL, tools_list, NULL },
	{ "resources/read", BOTH, "uri", resources_read, resources_answer },
	{ "resources/list", BOTH, NULL, resources_list, NULL },
	{ "resources/templates/list", BOTH, NULL, templates_list, NULL },
	{ "prompts/get", BOTH, "name", prompts_get, prompts_answer },
	{ "prompts/list", BOTH, NULL, prompts_list, NULL },
	{ "completion/complete", BOTH, NULL, completion_complete, completion_answer },
	{ "server/discover", IN_MODERN, NULL, server_discover, NULL },
	{ "subscriptions/listen", IN_MODERN, NULL, listen_begin, NULL },
	{ "ping", IN_LEGACY, NULL, request_empty, NULL },
	{ "initialize", IN_LEGACY, NULL, legacy_initialize, NULL },
	{ "logging/setLevel", IN_LEGACY, NULL, logging_set_level, NULL },
	{ "resources/subscribe", IN_LEGACY, NULL, resources_subscribe, NULL },
	{ "resources/unsubscribe", IN_LEGACY, NULL, resources_unsubscribe, NULL },
};

const struct method *
method_find(const char *name, unsigned era)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (strcmp(methods[i].name, name) == 0)
			return (methods[i].eras & era) != 0 ? &methods[i] : NULL;
	return NULL;
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

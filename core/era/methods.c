/* SPDX-License-Identifier: Apache-2.0 */
/* The table of methods (MCP schema, "ClientRequest" of each revision). */
#include "era/methods.h"

#include <string.h>

#include "base/mem.h"
#include "era/completion.h"
#include "era/era.h"
#include "era/legacy.h"
#include "era/lists.h"
#include "era/logging.h"
#include "era/prompts.h"
#include "era/request.h"
#include "era/resources.h"
#include "era/server.h"
#include "era/subscriptions.h"
#include "era/tasks.h"
#include "era/tools.h"

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
	{ "subscriptions/listen", IN_MODERN, NULL, subscriptions_listen, NULL },
	{ "tasks/get", IN_MODERN, "taskId", tasks_get, tasks_answer },
	{ "tasks/update", IN_MODERN, "taskId", tasks_update, tasks_answer },
	{ "tasks/cancel", IN_MODERN, "taskId", tasks_cancel, tasks_answer },
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

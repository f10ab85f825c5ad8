/* SPDX-License-Identifier: Apache-2.0 */
#include "era/workspace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "config/config.h"
#include "era/inside.h"
#include "era/invoke.h"
#include "registry/provider.h"

const char *
workspace_at(const struct config *config, const struct row *row, size_t i)
{
	const char *role = row->provider->upstream;

	if (config_has_workspaces(config, role))
		return i < config->workspaces.count ? config->workspaces.item[i] : NULL;
	return i > 0 ? NULL : role != NULL ? role : "workspace";
}

bool
workspace_is_open(const struct config *config, const struct row *row, const char *principal,
		  const char *role)
{
	const char *fixed = config_has_workspaces(config, row->provider->upstream)
			      ? config_fixed_workspace(config, principal)
			      : NULL;

	return fixed == NULL || strcmp(fixed, role) == 0;
}

/* The same text as in the configuration; NULL: it is none of them. */
static const char *
find_workspace(const struct config *config, const struct row *row, const char *name)
{
	const char *role;

	for (size_t i = 0; (role = workspace_at(config, row, i)) != NULL; i++)
		if (strcmp(role, name) == 0)
			return role;
	return NULL;
}

/* Ids in the answer belong to this workspace. */
static void
note_workspace(struct request *request, const char *role)
{
	char *notes = request->notes;

	request->notes =
	    xprintf("%s%sFrom workspace \"%s\". For calls about these objects, give the same "
		    "workspace.",
		    notes != NULL ? notes : "", notes != NULL ? "\n" : "", role);
	free(notes);
}

bool
workspace_choose(struct request *request, const struct row *row, struct json_object *arguments,
		 const char **role)
{
	const struct config *config = request->snapshot->config;
	const char *asked = NULL, *fixed;
	char why[512];

	*role = NULL;
	if (row->provider == NULL || !config_has_workspaces(config, row->provider->upstream))
		return true;
	fixed = config_fixed_workspace(config, request->principal.name);
	if (json_flag(row->meta, "workspaces", false))
		asked = json_str(arguments, "workspace");
	if (fixed != NULL && asked != NULL && strcmp(fixed, asked) != 0) {
		snprintf(why, sizeof(why), "The calls of %s use the workspace \"%s\" only",
			 request->principal.name, fixed);
		invoke_fail(request, MCP_E_PERMISSION, "The workspace is not allowed", why,
			    "Call again without the argument workspace");
		return false;
	}
	*role = fixed != NULL ? fixed : asked;
	*role = *role != NULL ? find_workspace(config, row, *role) : config->workspaces.item[0];
	if (asked != NULL && strcmp(asked, config->workspaces.item[0]) != 0)
		note_workspace(request, asked);
	return true;
}

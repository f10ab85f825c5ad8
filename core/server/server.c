/* SPDX-License-Identifier: Apache-2.0 */
/*
 * get_server_info: the first thing an agent may ask, and what it asks when something is missing.
 * It answers without a workspace or a credential, and then says which of them is not there.
 */
#include "server/server.h"

#include <json-c/json.h>
#include <string.h>

#include <lakehost/call.h>

#include "config.h"

#define IDENTITY_PATH "/api/2.0/preview/scim/v2/Me" /* the cheapest request that needs a token */
#define IDENTITY_TIMEOUT_MS 5000

extern const char server_manifest[], server_manifest_end[];

static const struct config *described;
static const struct plugins *described_plugins;

void
server_describe(const struct config *config, const struct plugins *plugins)
{
	described = config;
	described_plugins = plugins;
}

static const char *
access_name(enum access access)
{
	static const char *const names[] = { "none", "read", "write", "admin" };

	return names[access];
}

/* "compute 0.1.0", and for a refused one why. */
static const char *
plugin_line(struct mcp_call *call, size_t i)
{
	struct plugin_status status;

	plugins_status(described_plugins, i, &status);
	if (status.refusal == PLUGIN_OK)
		return mcp_printf(call, "%s %s", status.name, status.version);
	return mcp_printf(call, "%s: refused, %s", status.name,
			  plugin_refusal_text(status.refusal));
}

static void
say_plugins(struct mcp_call *call, struct json_object *info)
{
	struct json_object *list = json_object_new_array();
	const char *text = "";

	for (size_t i = 0; i < plugins_count(described_plugins); i++) {
		const char *line = plugin_line(call, i);

		json_object_array_add(list, json_object_new_string(line));
		text = mcp_printf(call, "%s%s%s", text, i > 0 ? "; " : "", line);
	}
	json_object_object_add(info, "plugins", list);
	mcp_say(call, "plugins: %s", text);
}

static void
add(struct json_object *info, const char *key, const char *value)
{
	json_object_object_add(info, key, json_object_new_string(value));
}

/* `identity` NULL: not known, because of `missing`. */
static int
say_info(struct mcp_call *call, const char *identity, const char *missing)
{
	const struct config_upstream *workspace = config_upstream(described, "workspace");
	struct json_object *info = mcp_keep(call, json_object_new_object());

	add(info, "version", LAKEHOST_PLUGIN_VERSION);
	add(info, "access", access_name(described->access));
	mcp_say(call, "lakehost %s, access: %s", LAKEHOST_PLUGIN_VERSION,
		access_name(described->access));
	if (workspace != NULL && workspace->url != NULL) {
		add(info, "workspace", workspace->url);
		mcp_say(call, "workspace: %s (%s)", workspace->url, workspace->auth_why);
	}
	if (identity != NULL) {
		add(info, "identity", identity);
		mcp_say(call, "identity: %s", identity);
	} else {
		mcp_say(call, "identity: unknown: %s", missing);
	}
	say_plugins(call, info);
	mcp_say(call, "limits: %u rows and %u bytes of text a result, %u s a call",
		described->results.rows, described->results.text,
		described->limits.call_ms / 1000);
	return mcp_structured(call, info);
}

static int
identity_arrived(struct mcp_call *call, const void *state, size_t len)
{
	const struct mcp_reply *reply = mcp_reply(call, 0);
	const char *name = mcp_get_str(call, mcp_reply_json(call, 0), "userName", NULL);

	(void)state;
	(void)len;
	if (reply->error != MCP_OK)
		return say_info(call, NULL, reply->why);
	if (reply->status != 200 || name == NULL)
		return say_info(call, NULL, reply->status == 200 ? "the workspace named nobody"
		    : mcp_printf(call, "the workspace answered HTTP %d; is the credential valid?",
				 reply->status));
	return say_info(call, name, NULL);
}

static int
get_server_info(struct mcp_call *call)
{
	const struct config_upstream *workspace = config_upstream(described, "workspace");
	struct mcp_http request = mcp_get_request(IDENTITY_PATH, NULL);

	if (workspace == NULL || workspace->url == NULL || workspace->auth_type == NULL)
		return say_info(call, NULL, workspace != NULL ? workspace->auth_why
		    : "no workspace is configured: set DATABRICKS_HOST and DATABRICKS_TOKEN");
	request.timeout_ms = IDENTITY_TIMEOUT_MS;
	request.retry = MCP_RETRY_NEVER; /* what is unreachable is part of the answer, and soon */
	return mcp_suspend(call, &request, 1, 0, identity_arrived, NULL, 0);
}

static const struct mcp_row tools[] = {
	{ .name = "get_server_info", .handler = get_server_info },
};

static const struct mcp_plugin descriptor = {
	MCP_PLUGIN_HEAD,
	.name = "lakehost",
	.version = LAKEHOST_PLUGIN_VERSION,
	.tools = MCP_ROWS(tools),
};

const struct plugin_builtin server_plugin = {
	.descriptor = &descriptor,
	.manifest = server_manifest,
	.manifest_end = server_manifest_end,
};

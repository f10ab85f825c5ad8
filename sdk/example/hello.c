/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin in one file. What clients see stands in the JSON files beside it; here is what runs. The
 * rows below must be those of manifest.json, in the same order.
 */
#include <lakehost/call.h>

/* Arguments were checked against the schema before this runs, and defaults are filled in. */
static int
say_hello(struct mcp_call *call)
{
	const char *greeting = mcp_option(call, "greeting");
	const int64_t times = mcp_arg_int(call, "times", 1);

	for (int64_t i = 0; i < times; i++)
		mcp_say(call, "%s, %s!", greeting != NULL ? greeting : "Hello",
			mcp_arg(call, "name"));
	return MCP_OK;
}

/* The host has sent the request of the row, with its own credential; here is the reply. */
static int
who_am_i(struct mcp_call *call)
{
	struct json_object *me = mcp_reply_json(call, 0);
	const struct mcp_reply *reply = mcp_reply(call, 0);

	if (reply->error != MCP_OK || reply->status != 200 || me == NULL)
		return mcp_fail(call, reply->error != MCP_OK ? reply->error : MCP_E_UPSTREAM,
				"The workspace did not say who you are", reply->why,
				"Check the credential with: lakehost doctor");
	return mcp_say(call, "You are %s.", mcp_get_str(call, me, "userName", "nobody"));
}

static int
read_languages(struct mcp_call *call)
{
	return mcp_embed(call, "hello://languages", "text/plain", "English, loudly");
}

static int
greet_team(struct mcp_call *call)
{
	return mcp_message(call, "user", "Write one friendly line to everybody in the team %s.",
			   mcp_arg(call, "team"));
}

static const struct mcp_row tools[] = {
	{ .name = "say_hello", .handler = say_hello },
	{ .name = "who_am_i", .request = "GET /api/2.0/preview/scim/v2/Me", .answer = who_am_i },
};

static const struct mcp_row resources[] = {
	{ .name = "languages", .handler = read_languages },
};

static const struct mcp_row prompts[] = {
	{ .name = "greet_team", .handler = greet_team },
};

const struct mcp_plugin mcp_plugin = {
	MCP_PLUGIN_HEAD,
	.name = LAKEHOST_PLUGIN_NAME,
	.version = LAKEHOST_PLUGIN_VERSION,
	.tools = MCP_ROWS(tools),
	.resources = MCP_ROWS(resources),
	.prompts = MCP_ROWS(prompts),
};

/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin in one file. The JSON files in this folder are what clients see; this file is the code.
 * Each function below has the name of its row. From the JSON the build makes hello.rows.h, which
 * declares the functions, and the table of rows. */
#include "hello.rows.h"

/* Before this function runs, the host checks the arguments with the schema and fills in
 * defaults. */
int
say_hello(struct mcp_call *call)
{
	const char *greeting = mcp_option(call, "greeting");
	const int64_t times = mcp_arg_int(call, "times", 1);

	for (int64_t i = 0; i < times; i++)
		mcp_say(call, "%s, %s!", greeting != NULL ? greeting : "Hello",
			mcp_arg(call, "name"));
	return MCP_OK;
}

/* The host has sent the request of the row with its own credential. This function gets the
 * reply. */
int
who_am_i(struct mcp_call *call)
{
	struct json_object *me = mcp_reply_json(call, 0);
	const struct mcp_reply *reply = mcp_reply(call, 0);

	if (reply->error != MCP_OK || reply->status != 200 || me == NULL)
		return mcp_fail(call, reply->error != MCP_OK ? reply->error : MCP_E_UPSTREAM,
				"The workspace did not return your name", reply->why,
				"Check the credential with: lakehost doctor");
	return mcp_say(call, "You are %s.", mcp_get_str(call, me, "userName", "nobody"));
}

int
read_languages(struct mcp_call *call)
{
	return mcp_embed(call, "hello://languages", "text/plain", "English, loudly");
}

int
greet_team(struct mcp_call *call)
{
	return mcp_message(call, "user", "Write one friendly line to everybody in the team %s.",
			   mcp_arg(call, "team"));
}

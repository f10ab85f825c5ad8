/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin in C++20: the headers and the macros of a descriptor are understood there, too. */
#include <lakehost/call.h>
#include <lakehost/fakehost.h>

static int
hello(struct mcp_call *call)
{
	return mcp_say(call, "Hello, %s!", mcp_arg(call, "name"));
}

static const struct mcp_row tools[] = {
	{ .name = "hello", .handler = hello },
};

const struct mcp_plugin mcp_plugin = {
	MCP_PLUGIN_HEAD,
	.name = "cxx",
	.version = "1.0.0",
	.tools = MCP_ROWS(tools),
};

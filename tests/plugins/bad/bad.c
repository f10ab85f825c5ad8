/* SPDX-License-Identifier: Apache-2.0 */
/* One plugin with every possible fault in its code, selected by macro. Each variant leaves a trace
 * when it is loaded, so that a test sees whether its code ran although it was refused. */
#include <stdio.h>
#include <stdlib.h>

#include <lakehost/call.h>

__attribute__((constructor)) static void
leave_trace(void)
{
	setenv("LAKEHOST_TEST_LOADED", LAKEHOST_PLUGIN_NAME, 1);
}

#ifdef BAD_BAD_DLOPEN
int nobody_has_this_function(void);
#endif

__attribute__((unused)) static int
handler(struct mcp_call *call)
{
#ifdef BAD_BAD_DLOPEN
	(void)call;
	return nobody_has_this_function();
#else
	return mcp_say(call, "Something was done.");
#endif
}

#if defined(BAD_BAD_OPERATION) || defined(BAD_BAD_TASK_CANCEL)
static const struct mcp_operation operation = {
	.size = sizeof(operation),
	.start = handler,
#ifdef BAD_BAD_TASK_CANCEL
	.poll = handler,
#endif
};
#endif

static const struct mcp_row tools[] = {
#if defined(BAD_BAD_ROW)
	{ .name = "tool_two", .handler = handler },
#elif defined(BAD_BAD_REQUEST)
	{ .name = "tool_one", .request = "get everything" },
#elif defined(BAD_BAD_PERMISSIONS)
	{ .name = "tool_one", .request = "DELETE /api/2.0/things/{id}" },
#elif defined(BAD_BAD_OPERATION) || defined(BAD_BAD_TASK_CANCEL)
	{ .name = "tool_one", .operation = &operation },
#elif defined(BAD_BAD_WAYS)
	{ .name = "tool_one", .handler = handler, .request = "GET /api/2.0/things/all" },
#else
	{ .name = "tool_one", .handler = handler },
#endif
#ifdef BAD_BAD_COUNT
	{ .name = "tool_two", .handler = handler },
#endif
};

static int
start(const struct mcp_host *host, void **self, char *why, size_t why_size)
{
#ifdef BAD_BAD_START
	(void)self;
	snprintf(why, why_size, "not with the options %s", host->options);
	return 1;
#else
	(void)why;
	(void)why_size;
	*self = (void *)(uintptr_t)LAKEHOST_PLUGIN_NAME;
	setenv("LAKEHOST_TEST_OPTIONS", host->options, 1);
	return 0;
#endif
}

static void
stop(void *self)
{
	setenv("LAKEHOST_TEST_STOPPED", self, 1); /* set by start() */
}

#ifdef BAD_BAD_SYMBOL
#define DESCRIPTOR __attribute__((used)) static const struct mcp_plugin my_plugin
#else
#define DESCRIPTOR const struct mcp_plugin mcp_plugin
#endif

#ifdef BAD_BAD_SIZE
#define SIZE 8
#else
#define SIZE sizeof(struct mcp_plugin)
#endif

#ifdef BAD_BAD_ABI
#define MINOR (MCP_ABI_MINOR + 1)
#else
#define MINOR MCP_ABI_MINOR
#endif

#ifdef BAD_BAD_VERSION
#define VERSION "2.0.0"
#else
#define VERSION LAKEHOST_PLUGIN_VERSION
#endif

#ifdef BAD_BAD_STRIDE
#define STRIDE 12
#else
#define STRIDE sizeof(struct mcp_row)
#endif

DESCRIPTOR = {
	.size = SIZE,
	.abi_major = MCP_ABI_MAJOR,
	.abi_minor = MINOR,
	.name = LAKEHOST_PLUGIN_NAME,
	.version = VERSION,
	.tools = { .row = tools, .count = sizeof(tools) / sizeof(tools[0]), .stride = STRIDE },
	.start = start,
	.stop = stop,
};

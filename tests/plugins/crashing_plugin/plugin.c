/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin that crashes and hangs. Its "remote system" is a file in which polls are counted: the
 * file survives the process, like work at a real remote system. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lakehost/call.h>

static int
crash(struct mcp_call *call)
{
	if (strcmp(mcp_arg(call, "how"), "exit") == 0)
		_exit(0);
	abort();
}

static int
woke(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	return mcp_say(call, "Nothing happened meanwhile.");
}

static int
crash_between(struct mcp_call *call)
{
	return mcp_again(call, (uint32_t)mcp_arg_int(call, "ms", 0), woke, NULL, 0);
}

static int
hang(struct mcp_call *call)
{
	while (mcp_number(call, MCP_NUM_NOW_MS) > 0)
		usleep(10000);
	return MCP_OK;
}

/* Every fault that the plugin can make, on the loop thread. */
static int
spin(struct mcp_call *call)
{
	while (mcp_number(call, MCP_NUM_NOW_MS) > 0)
		;
	return MCP_OK;
}

/* does not block forever, but for too long */
static int
sleep_long(struct mcp_call *call)
{
	usleep(300000);
	return mcp_say(call, "At last.");
}

/* ---- facts about the process ----------------------------------------------------------------- */

static int
count_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			n++;
	return n;
}

static int
pid(struct mcp_call *call)
{
	const char *token = getenv("DATABRICKS_TOKEN");

	return mcp_say(call, "pid=%d descriptors=%d token=%s", (int)getpid(), count_descriptors(),
		       token != NULL ? token : "none");
}

/* ---- work at a remote system ---------------------------------------------------------------- */

static long
counter_next(struct mcp_call *call)
{
	const char *path = mcp_option(call, "counter");
	char text[32] = "";
	int fd = open(path != NULL ? path : "", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ssize_t n;
	long value;
	int len;

	if (fd < 0)
		return mcp_failf(call, MCP_E_INTERNAL, "The option \"counter\" names no file");
	n = read(fd, text, sizeof(text) - 1);
	value = (n > 0 ? strtol(text, NULL, 10) : 0) + 1;
	len = snprintf(text, sizeof(text), "%ld\n", value);
	n = pwrite(fd, text, (size_t)len, 0);
	close(fd);
	return n == len ? value : mcp_failf(call, MCP_E_INTERNAL, "The counter cannot be written");
}

static int
work_start(struct mcp_call *call)
{
	return mcp_handle(call, "job-7", 5);
}

static int
work_poll(struct mcp_call *call)
{
	const struct mcp_text handle = mcp_context(call, MCP_CTX_HANDLE);
	long polled = counter_next(call);

	if (polled < 0)
		return (int)polled;
	if (polled == mcp_arg_int(call, "crash_at", 0))
		abort();
	if (polled < mcp_arg_int(call, "polls", 1)) {
		mcp_say(call, "Still at work.");
		return mcp_working(call, -1, "at work", 10);
	}
	return mcp_say(call, "%.*s is done.", (int)handle.len, handle.data);
}

static const struct mcp_operation work = {
	.size = sizeof(work),
	.start = work_start,
	.poll = work_poll,
};

/* Shows a text in every part of an answer, and masks it on request. */
static int
show(struct mcp_call *call)
{
	static const struct mcp_column columns[] = { { "value", NULL } };
	const char *text = mcp_arg(call, "text");

	if (mcp_arg_bool(call, "fail", false))
		return mcp_fail(call, MCP_E_INPUT, text, text, text);
	mcp_say_text(call, text, strlen(text), mcp_arg_bool(call, "untrusted", false));
	mcp_table(call, columns, 1);
	mcp_table_cells(call, &text, 1);
	mcp_table_end(call, &(struct mcp_table_end){
				.size = sizeof(struct mcp_table_end), .noun = "rows", .total = 1 });
	mcp_structured(call, mcp_args(call));
	if (mcp_arg_bool(call, "mask", false))
		mcp_mask(call, text);
	return MCP_OK;
}

static const struct mcp_row tools[] = {
	{ .name = "crash", .handler = crash },
	{ .name = "crash_between", .handler = crash_between },
	{ .name = "spin", .handler = spin },
	{ .name = "sleep", .handler = sleep_long },
	{ .name = "hang", .handler = hang },
	{ .name = "pid", .handler = pid },
	{ .name = "show", .handler = show },
	{ .name = "work", .operation = &work },
};

const struct mcp_plugin mcp_plugin = {
	MCP_PLUGIN_HEAD,
	.name = LAKEHOST_PLUGIN_NAME,
	.version = LAKEHOST_PLUGIN_VERSION,
	.tools = MCP_ROWS(tools),
};

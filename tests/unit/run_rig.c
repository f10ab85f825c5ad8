/* SPDX-License-Identifier: Apache-2.0 */
/* See run_rig.h. */
#include "run_rig.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"

int (*act)(struct mcp_call *call);

static int
handle(struct mcp_call *call)
{
	return act(call);
}

int
next_nothing(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	return mcp_say(call, "next");
}

int waited, progressed, logged;
enum mcp_level last_level;

static void
on_progress(struct run *run, double done, double total, const char *message)
{
	(void)run;
	(void)done;
	(void)total;
	(void)message;
	progressed++;
}

static void
on_log(struct run *run, enum mcp_level level, const char *message, size_t len)
{
	(void)run;
	(void)message;
	(void)len;
	last_level = level;
	logged++;
}

static void
on_client_log(struct run *run, enum mcp_level level, const char *logger, const char *json,
	      size_t len)
{
	(void)logger;
	on_log(run, level, json, len);
}

static void
on_mask(struct run *run, const char *value, size_t len)
{
	(void)run;
	mask_add(value, len);
}

static void
on_changed(struct run *run, const char *what)
{
	(void)run;
	(void)what;
}

static void
on_http_wait(struct run *run, const struct mcp_http *request, struct mcp_reply *reply)
{
	(void)run;
	waited++;
	reply_none(reply, MCP_E_UNAVAILABLE, strcmp(request->path, "/p") == 0 ? "lost" : "");
}

const struct run_services services = { .progress = on_progress,
				       .log = on_log,
				       .client_log = on_client_log,
				       .mask = on_mask,
				       .changed = on_changed,
				       .updated = on_changed,
				       .http_wait = on_http_wait };

const struct mcp_row plain = { .name = "plain", .handler = handle };
const struct mcp_operation operation = { .size = sizeof(operation),
					 .start = handle,
					 .poll = handle };
const struct mcp_row remote = { .name = "remote", .operation = &operation };

struct run_input
usual(void)
{
	return (struct run_input){ .arguments = "{\"a\":1}",
				   .arguments_len = 7,
				   .principal = "ada",
				   .row = "plain",
				   .capabilities = "{\"elicitation\":{},"
						   "\"sampling\":{\"tools\":{}},\"roots\":false}",
				   .deadline_ms = clock_ms() + 50000,
				   .limits = { .rows = 7, .text = 1000, .cell = 10 } };
}

struct run *
run_once(const struct mcp_row *row, int (*fn)(struct mcp_call *call))
{
	struct run_input input = usual();
	struct run *run = run_new(row, &input, &services, NULL);

	act = fn;
	run_step(run, ENTRY_HANDLER, NULL, 0, NULL);
	return run;
}

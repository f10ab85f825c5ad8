/* SPDX-License-Identifier: Apache-2.0 */
/* Starting and stopping a SQL warehouse. */
#include "data.h"

#include <string.h>

#include "change.h"

#define POLL_MS 1000

static struct mcp_words
warehouse_words(struct mcp_call *call, const char *asked)
{
	return (struct mcp_words){
		.object = mcp_printf(call, "SQL warehouse \"%s\"", asked),
		.not_found = "Call list_sql_warehouses to see all warehouses.",
		.grant = "CAN MANAGE or CAN MONITOR on the warehouse",
	};
}

static const char *
why_stopped(struct mcp_call *call, struct json_object *item)
{
	return mcp_printf(call, "It is %s. %s", mcp_get_str(call, item, "state", "UNKNOWN"),
			  warehouse_reason(call, item, "No reason was given."));
}

static const char *
help(struct mcp_call *call, const char *id)
{
	(void)call;
	(void)id;
	return "Call list_sql_warehouses, and try another one.";
}

/* When a start by somebody else fails, the health of the warehouse shows it. */
static int64_t
has_failed(struct mcp_call *call, struct json_object *item)
{
	return strcmp(mcp_get_str(call, item, "health.status", ""), "FAILED") == 0;
}

static const struct dbx_thing sql_warehouse = {
	.kind = &dbx_warehouses,
	.noun = "SQL warehouse",
	.word = "warehouse",
	.argument = "warehouse_id",
	.get = "/api/2.0/sql/warehouses/{warehouse_id}",
	.page = "/sql/warehouses/",
	.resting = "STOPPED",
	.poll_ms = POLL_MS,
	.words = warehouse_words,
	.why = why_stopped,
	.help = help,
	.mark = has_failed,
};

/* ---- start_sql_warehouse -------------------------------------------------------------------- */

/* A warehouse that is stopping ignores a start. */
static enum dbx_move
start_move(const char *state)
{
	return strcmp(state, "STOPPING") == 0 ? DBX_WAIT : DBX_SEND;
}

static const struct dbx_change stop;

static const struct dbx_change start = {
	.thing = &sql_warehouse,
	.verb = "start",
	.path = "/api/2.0/sql/warehouses/{warehouse_id}/start",
	.sent = "STARTING",
	.goal = "RUNNING",
	.next = TOOL_START_SQL_WAREHOUSE, /* when the call is repeated, it only polls */
	.waiting = " wait_s=50",
	.move = start_move,
	.failed = (const char *const[]){ "STOPPED", "DELETING", "DELETED", NULL },
	.undo = &stop,
};

static int
start_resolved(struct mcp_call *call, const void *state, size_t len)
{
	(void)len;
	return dbx_change_look(call, &start, state);
}

int
start_sql_warehouse(struct mcp_call *call)
{
	return dbx_change_begin(call, &start, start_resolved);
}

int
start_sql_warehouse_poll(struct mcp_call *call)
{
	return dbx_change_poll(call, &start);
}

int
start_sql_warehouse_cancel(struct mcp_call *call)
{
	return dbx_change_cancel(call, &start);
}

/* ---- stop_sql_warehouse --------------------------------------------------------------------- */

static enum dbx_move
stop_move(const char *state)
{
	(void)state;
	return DBX_SEND;
}

static const struct dbx_change stop = {
	.thing = &sql_warehouse,
	.verb = "stop",
	.path = "/api/2.0/sql/warehouses/{warehouse_id}/stop",
	.sent = "STOPPING",
	.goal = "STOPPED",
	.next = TOOL_STOP_SQL_WAREHOUSE,
	.waiting = " wait_s=50",
	.move = stop_move,
	.failed = (const char *const[]){ "DELETING", "DELETED", NULL },
};

static int
stop_resolved(struct mcp_call *call, const void *state, size_t len)
{
	(void)len;
	return dbx_change_look(call, &stop, state);
}

int
stop_sql_warehouse(struct mcp_call *call)
{
	return dbx_change_begin(call, &stop, stop_resolved);
}

int
stop_sql_warehouse_poll(struct mcp_call *call)
{
	return dbx_change_poll(call, &stop);
}

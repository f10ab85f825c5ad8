/* SPDX-License-Identifier: Apache-2.0 */
/* SQL warehouses: listed, chosen, started, stopped. */
#include "data.h"

#include <stdio.h>
#include <string.h>

#define POLL_MS 1000
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- choosing ------------------------------------------------------------------------------- */

/* How good a warehouse is for a statement that names none; 0: not at all. */
static int
fitness(struct mcp_call *call, struct json_object *warehouse)
{
	const char *state = mcp_get_str(call, warehouse, "state", "");

	if (strcmp(state, "RUNNING") == 0)
		return 4;
	if (strcmp(state, "STARTING") == 0)
		return 3;
	if (strcmp(state, "STOPPED") != 0 && strcmp(state, "STOPPING") != 0)
		return 0;
	return mcp_get_bool(warehouse, "enable_serverless_compute", false) ? 2 : 1;
}

/* The best of a list; the first of equals. NULL when there is none. */
static struct json_object *
best_of(struct mcp_call *call, struct json_object *warehouses)
{
	struct json_object *best = NULL;
	int most = 0;

	for (size_t i = 0; i < json_object_array_length(warehouses); i++) {
		struct json_object *warehouse = json_object_array_get_idx(warehouses, i);
		int fit = fitness(call, warehouse);

		if (fit > most) {
			most = fit;
			best = warehouse;
		}
	}
	return best;
}

/* The function to go on with travels behind the warehouse. */
struct choice {
	mcp_step_fn fn;
	struct warehouse warehouse;
};

static int
choice_made(struct mcp_call *call, mcp_step_fn fn, const char *id, const char *name)
{
	struct warehouse warehouse;

	snprintf(warehouse.id, sizeof(warehouse.id), "%s", id);
	snprintf(warehouse.name, sizeof(warehouse.name), "%s", name);
	return fn(call, &warehouse, sizeof(warehouse));
}

static const struct dbx_words list_words = {
	.object = "The list of SQL warehouses",
	.grant = "CAN USE on a SQL warehouse",
};

/* The wanted one by id or name, else the best. */
static int
choice_listed(struct mcp_call *call, const void *state, size_t len)
{
	const struct choice *choice = state;
	struct json_object *reply = dbx_reply(call, 0, &list_words), *warehouses, *best;
	const char *wanted = choice->warehouse.name;

	(void)len;
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	warehouses = dbx_objects(call, reply, "warehouses");
	for (size_t i = 0; wanted[0] != '\0' && i < json_object_array_length(warehouses); i++) {
		struct json_object *item = json_object_array_get_idx(warehouses, i);
		const char *id = mcp_get_str(call, item, "id", "");
		const char *name = mcp_get_str(call, item, "name", id);

		if (strcmp(id, wanted) == 0 || strcmp(name, wanted) == 0)
			return choice_made(call, choice->fn, id, name);
	}
	if (wanted[0] != '\0')
		return dbx_unknown(call, &dbx_warehouses, wanted,
				   mcp_arg(call, "warehouse_id") == NULL
				   ? "The option warehouse_id of plugin data names it." : "");
	best = best_of(call, warehouses);
	if (best == NULL)
		return mcp_fail(call, MCP_E_NOT_FOUND, "There is no SQL warehouse to run on.",
				"The list of warehouses that this identity may use is empty.",
				"Ask an administrator for CAN USE on a SQL warehouse.");
	return choice_made(call, choice->fn, mcp_get_str(call, best, "id", ""),
			   mcp_get_str(call, best, "name", ""));
}

/* The option warehouse_id; NULL when it is not set. */
static const char *
configured(struct mcp_call *call)
{
	const char *option = mcp_option(call, "warehouse_id");

	return option != NULL && option[0] != '\0' ? option : NULL;
}

int
warehouse_choose(struct mcp_call *call, mcp_step_fn fn)
{
	struct choice choice = { .fn = fn };
	const char *wanted = mcp_arg(call, "warehouse_id");
	struct mcp_http request;

	if (wanted == NULL || wanted[0] == '\0')
		wanted = configured(call);
	/* An id needs no list call; its name is not known then, and not needed. */
	if (wanted != NULL && dbx_is_warehouse_id(wanted))
		return choice_made(call, fn, wanted, wanted);
	snprintf(choice.warehouse.name, sizeof(choice.warehouse.name), "%s",
		 wanted != NULL ? wanted : "");
	if (!dbx_get_request(call, &request, "/api/2.0/sql/warehouses", NULL))
		return MCP_E_INPUT;
	request.flags = MCP_HTTP_SINGLE_FLIGHT;
	return mcp_suspend(call, &request, 1, 0, choice_listed, &choice, sizeof(choice));
}

/* ---- list_sql_warehouses -------------------------------------------------------------------- */

static int
warehouses_shown(struct mcp_call *call, const void *state, size_t len)
{
	static const struct dbx_column columns[] = {
		{ "warehouse_id", NULL, "id", NULL },
		{ "name", NULL, "name", NULL },
		{ "state", NULL, "state", NULL },
		{ "size", NULL, "cluster_size", NULL },
		{ "type", NULL, "warehouse_type", NULL },
		{ "serverless", NULL, "enable_serverless_compute", dbx_show_yes },
		{ "health", NULL, "health.status", NULL },
		{ "chosen by default", NULL, "chosen", dbx_show_yes },
	};
	struct json_object *reply = dbx_reply(call, 0, &list_words), *all, *kept, *best;
	struct dbx_place place = dbx_place(call);

	(void)state;
	(void)len;
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	all = dbx_objects(call, reply, "warehouses");
	best = best_of(call, all);
	kept = mcp_keep(call, json_object_new_array());
	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *item = json_object_array_get_idx(all, i);
		const char *option = configured(call);
		const char *name = mcp_get_str(call, item, "name", "");
		bool chosen = option == NULL ? item == best
		    : strcmp(option, mcp_get_str(call, item, "id", "")) == 0
			|| strcmp(option, name) == 0;

		json_object_object_add(item, "chosen", json_object_new_boolean(chosen));
		if (dbx_name_matches(call, name))
			json_object_array_add(kept, json_object_get(item));
	}
	return dbx_table(call, kept, columns, COUNT(columns), &(struct dbx_page){
	    .noun = "warehouses", .tool = "list_sql_warehouses", .total = -1,
	    .place = &place,
	    .extra = dbx_repeat(call, (const char *const[]){ "name_filter", NULL }),
	    .next_token = mcp_get_str(call, reply, "next_page_token", "") });
}

int
list_sql_warehouses(struct mcp_call *call)
{
	struct json_object *query = dbx_object(call, "page_token", dbx_place(call).token, NULL);

	if (mcp_arg(call, "limit") != NULL)
		json_object_object_add(query, "page_size",
				       json_object_new_int64(dbx_limit(call, 100)));
	return dbx_get(call, "/api/2.0/sql/warehouses{?page_size,page_token}", query,
		       warehouses_shown, NULL, 0);
}

/* ---- start, stop ---------------------------------------------------------------------------- */

/* What differs between the two operations; the rest is the same way. */
struct direction {
	const char *path, *goal, *verb;
	const char *const *failed; /* states from which the goal is not reached */
};

static const struct direction up = {
	"/api/2.0/sql/warehouses/{id}/start", "RUNNING", "start",
	(const char *const[]){ "STOPPED", "DELETING", "DELETED", NULL },
};

/* An operation's handle. */
struct change {
	char id[128];
	bool waiting; /* it must have stopped before it can be started */
};
static const struct direction down = {
	"/api/2.0/sql/warehouses/{id}/stop", "STOPPED", "stop",
	(const char *const[]){ "DELETING", "DELETED", NULL },
};

static struct dbx_words
warehouse_words(struct mcp_call *call, const char *asked)
{
	return (struct dbx_words){
		.object = mcp_printf(call, "SQL warehouse \"%s\"", asked),
		.not_found = "Call list_sql_warehouses to see which exist.",
		.grant = "CAN MANAGE or CAN MONITOR on the warehouse",
	};
}

static int
reached(struct mcp_call *call, const char *id, const char *state, const char *how)
{
	return mcp_say(call, "SQL warehouse %s is %s%s.\nurl: %s", id, state, how,
		       dbx_url(call, "/sql/warehouses/%s", id));
}

static int
handle(struct mcp_call *call, const char *id, bool waiting)
{
	struct change change = { .waiting = waiting };

	if (strlen(id) >= sizeof(change.id))
		return mcp_fail(call, MCP_E_INPUT, "This is longer than any warehouse_id.", NULL,
				"Call list_sql_warehouses to see which exist.");
	snprintf(change.id, sizeof(change.id), "%s", id);
	return mcp_handle(call, &change, sizeof(change));
}

/* The change was accepted. */
static int
change_sent(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *warehouse = state;
	struct dbx_words words = warehouse_words(call, warehouse->asked);

	(void)len;
	if (dbx_reply(call, 0, &words) == NULL)
		return MCP_E_UPSTREAM;
	return handle(call, warehouse->id, false);
}

static int
change_looked(struct mcp_call *call, const struct dbx_resolved *warehouse,
	      const struct direction *direction)
{
	struct dbx_words words = warehouse_words(call, warehouse->asked);
	struct json_object *reply;
	struct dbx_error error;
	const char *now;

	if (!dbx_ok(call, mcp_reply(call, 0), &error) && error.status == MCP_E_NOT_FOUND)
		return dbx_unknown(call, &dbx_warehouses, warehouse->asked, error.message);
	reply = dbx_reply(call, 0, &words);
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	now = mcp_get_str(call, reply, "state", "");
	if (strcmp(now, direction->goal) == 0)
		return reached(call, warehouse->id, now, " already");
	/* A start is not heard while it stops. */
	if (direction == &up && strcmp(now, "STOPPING") == 0)
		return handle(call, warehouse->id, true);
	return dbx_send(call, "POST", direction->path,
			dbx_object(call, "id", warehouse->id, NULL), NULL, MCP_RETRY_IDEMPOTENT,
			change_sent, warehouse, sizeof(*warehouse));
}

static int
start_looked(struct mcp_call *call, const void *state, size_t len)
{
	(void)len;
	return change_looked(call, state, &up);
}

static int
stop_looked(struct mcp_call *call, const void *state, size_t len)
{
	(void)len;
	return change_looked(call, state, &down);
}

static int
look(struct mcp_call *call, const void *state, size_t len, mcp_step_fn fn)
{
	const struct dbx_resolved *warehouse = state;

	return dbx_get(call, "/api/2.0/sql/warehouses/{id}",
		       dbx_object(call, "id", warehouse->id, NULL), fn, state, len);
}

static int
start_resolved(struct mcp_call *call, const void *state, size_t len)
{
	return look(call, state, len, start_looked);
}

static int
stop_resolved(struct mcp_call *call, const void *state, size_t len)
{
	return look(call, state, len, stop_looked);
}

static int
start_begin(struct mcp_call *call)
{
	return dbx_resolve(call, &dbx_warehouses, "warehouse_id", start_resolved);
}

static int
stop_begin(struct mcp_call *call)
{
	return dbx_resolve(call, &dbx_warehouses, "warehouse_id", stop_resolved);
}

/* The handle begins with the id. */
static const char *
handle_id(struct mcp_call *call)
{
	return mcp_context(call, MCP_CTX_HANDLE).data;
}

static int
still(struct mcp_call *call, const char *now)
{
	mcp_say(call, "SQL warehouse %s is %s.\nNext: list_sql_warehouses in 10 s.",
		handle_id(call), now);
	return mcp_working(call, -1, mcp_printf(call, "warehouse is %s", now), POLL_MS);
}

/* The start that had to wait was accepted. */
static int
start_sent(struct mcp_call *call, const void *state, size_t len)
{
	struct dbx_words words = warehouse_words(call, handle_id(call));

	(void)state;
	(void)len;
	if (dbx_reply(call, 0, &words) == NULL)
		return MCP_E_UPSTREAM;
	return still(call, "STARTING");
}

/* It has stopped as expected, and not because a start failed. */
static bool
start_due(struct mcp_call *call, struct json_object *warehouse)
{
	struct mcp_text handle = mcp_context(call, MCP_CTX_HANDLE);
	struct change change;

	if (handle.len != sizeof(change))
		return false;
	memcpy(&change, handle.data, sizeof(change));
	return change.waiting && strcmp(mcp_get_str(call, warehouse, "state", ""), "STOPPED") == 0
	    && strcmp(mcp_get_str(call, warehouse, "health.status", ""), "FAILED") != 0;
}

static int
change_polled(struct mcp_call *call, const void *state, size_t len)
{
	const struct direction *direction = *(const bool *)state ? &up : &down;
	const char *id = handle_id(call);
	struct dbx_words words = warehouse_words(call, id);
	struct json_object *reply;
	const char *now;

	(void)len;
	words.again = "It goes on: call list_sql_warehouses in a moment.";
	reply = dbx_reply(call, 0, &words);
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	now = mcp_get_str(call, reply, "state", "");
	if (strcmp(now, direction->goal) == 0)
		return reached(call, id, now, "");
	if (start_due(call, reply))
		return dbx_send(call, "POST", up.path, dbx_object(call, "id", id, NULL), NULL,
				MCP_RETRY_IDEMPOTENT, start_sent, NULL, 0);
	for (const char *const *bad = direction->failed; *bad != NULL; bad++)
		if (strcmp(now, *bad) == 0)
			return mcp_fail(call, MCP_E_UNAVAILABLE,
					mcp_printf(call, "SQL warehouse %s did not %s.", id,
						   direction->verb),
					mcp_printf(call, "It is %s. %s", now,
						   mcp_get_str(call, reply, "health.summary",
							       "No reason was given.")),
					"Call list_sql_warehouses, and try another one.");
	return still(call, now);
}

static int
poll(struct mcp_call *call, const struct direction *direction)
{
	const bool rises = direction == &up;

	return dbx_get(call, "/api/2.0/sql/warehouses/{id}",
		       dbx_object(call, "id", handle_id(call), NULL), change_polled, &rises,
		       sizeof(rises));
}

static int
start_poll(struct mcp_call *call)
{
	return poll(call, &up);
}

static int
stop_poll(struct mcp_call *call)
{
	return poll(call, &down);
}

const struct mcp_operation start_sql_warehouse = {
	.size = sizeof(struct mcp_operation), .start = start_begin, .poll = start_poll,
};

const struct mcp_operation stop_sql_warehouse = {
	.size = sizeof(struct mcp_operation), .start = stop_begin, .poll = stop_poll,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* SQL warehouses: listed, selected, started, stopped. */
#include "data.h"

#include <stdio.h>
#include <string.h>

#define POLL_MS 1000
#define PAGES_MAX 20 /* pages of the list that are searched */
#define FITTEST 5    /* it runs */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- choosing ------------------------------------------------------------------------------- */

/* How suitable a warehouse is for a statement that names none; 0: not at all. */
static int
fitness(struct mcp_call *call, struct json_object *warehouse)
{
	const char *state = mcp_get_str(call, warehouse, "state", "");

	if (strcmp(state, "RUNNING") == 0)
		return FITTEST;
	if (strcmp(state, "STARTING") == 0)
		return 4;
	if (strcmp(state, "DELETING") == 0 || strcmp(state, "DELETED") == 0 ||
	    mcp_get_str(call, warehouse, "id", "")[0] == '\0')
		return 0;
	if (strcmp(state, "STOPPED") != 0 && strcmp(state, "STOPPING") != 0)
		return 1; /* the state is not given: it may run */
	return mcp_get_bool(warehouse, "enable_serverless_compute", false) ? 3 : 2;
}

/* The best warehouse of a list, the first of equal ones. NULL when there is none. */
static struct json_object *
best_of(struct mcp_call *call, struct json_object *warehouses, int *fit)
{
	struct json_object *best = NULL;

	for (size_t i = 0; i < json_object_array_length(warehouses); i++) {
		struct json_object *warehouse = json_object_array_get_idx(warehouses, i);
		int now = fitness(call, warehouse);

		if (now > *fit) {
			*fit = now;
			best = warehouse;
		}
	}
	return best;
}

/* State between the pages of the list: the wanted name, or the best so far, and the next
 * function. */
struct choice {
	mcp_step_fn fn;
	char wanted[160]; /* "": any */
	struct warehouse best;
	int fit; /* of the best one; 0: there is none yet */
	unsigned pages;
};

static int choice_listed(struct mcp_call *call, const void *state, size_t len);

static int
choice_made(struct mcp_call *call, mcp_step_fn fn, const char *id, const char *name)
{
	struct warehouse warehouse;

	if (strlen(id) >= sizeof(warehouse.id))
		return mcp_fail(call, MCP_E_INPUT,
				"The argument is longer than any "
				"warehouse_id.",
				NULL, "Call list_sql_warehouses to see which exist.");
	snprintf(warehouse.id, sizeof(warehouse.id), "%s", id);
	snprintf(warehouse.name, sizeof(warehouse.name), "%s", name);
	return fn(call, &warehouse, sizeof(warehouse));
}

static const struct mcp_words list_words = {
	.object = "The list of SQL warehouses",
	.grant = "CAN USE on a SQL warehouse",
};

static int
choice_fetch(struct mcp_call *call, const struct choice *choice, const char *token)
{
	struct mcp_http request;

	if (!mcp_fetch_request(call, &request, "/api/2.0/sql/warehouses{?page_token}",
			       mcp_object(call, "page_token", token, NULL)))
		return MCP_E_INPUT;
	request.flags = MCP_HTTP_SINGLE_FLIGHT;
	return mcp_suspend(call, &request, 1, 0, choice_listed, choice, sizeof(*choice));
}

/* The wanted warehouse of the page, by id or name; NULL when it is not there. */
static struct json_object *
wanted_of(struct mcp_call *call, const struct choice *choice, struct json_object *warehouses)
{
	for (size_t i = 0; i < json_object_array_length(warehouses); i++) {
		struct json_object *item = json_object_array_get_idx(warehouses, i);

		if (strcmp(mcp_get_str(call, item, "id", ""), choice->wanted) == 0 ||
		    strcmp(mcp_get_str(call, item, "name", ""), choice->wanted) == 0)
			return item;
	}
	return NULL;
}

static void
keep_best(struct mcp_call *call, struct choice *choice, struct json_object *warehouse)
{
	const char *id = mcp_get_str(call, warehouse, "id", "");

	snprintf(choice->best.id, sizeof(choice->best.id), "%s", id);
	snprintf(choice->best.name, sizeof(choice->best.name), "%s",
		 mcp_get_str(call, warehouse, "name", id));
}

/* `more`: some pages were not read. */
static int
choice_end(struct mcp_call *call, const struct choice *choice, bool more)
{
	const char *why =
	    more ? mcp_printf(call, "It is not on the first %d pages of the list.", PAGES_MAX) : "";

	if (choice->wanted[0] != '\0')
		return dbx_unknown(call, &dbx_warehouses, choice->wanted,
				   mcp_arg(call, "warehouse_id") == NULL
				       ? "The option warehouse_id of plugin data names it."
				       : why);
	if (choice->fit == 0)
		return mcp_fail(call, MCP_E_NOT_FOUND,
				"There is no SQL warehouse for the "
				"statement.",
				more ? mcp_printf(call,
						  "The first %d pages of the list "
						  "contain none.",
						  PAGES_MAX)
				     : "The list of warehouses that this identity may use is "
				       "empty.",
				"Ask an administrator for CAN USE on a SQL warehouse.");
	return choice->fn(call, &choice->best, sizeof(choice->best));
}

/* The wanted one by id or name, else the best. */
static int
choice_listed(struct mcp_call *call, const void *state, size_t len)
{
	struct choice choice;
	struct json_object *reply = dbx_reply(call, 0, &list_words), *warehouses, *found;
	const char *token;

	(void)len;
	memcpy(&choice, state, sizeof(choice));
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	warehouses = mcp_objects(call, reply, "warehouses");
	token = mcp_get_str(call, reply, "next_page_token", "");
	if (choice.wanted[0] != '\0') {
		found = wanted_of(call, &choice, warehouses);
		if (found != NULL)
			return choice_made(call, choice.fn, mcp_get_str(call, found, "id", ""),
					   mcp_get_str(call, found, "name", choice.wanted));
	} else {
		found = best_of(call, warehouses, &choice.fit);
		if (found != NULL)
			keep_best(call, &choice, found);
	}
	if (token[0] == '\0' || choice.fit == FITTEST || ++choice.pages >= PAGES_MAX)
		return choice_end(call, &choice, token[0] != '\0');
	return choice_fetch(call, &choice, token);
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

	if (wanted == NULL || wanted[0] == '\0')
		wanted = configured(call);
	/* An id needs no list call; the name is then not known, and not needed. */
	if (wanted != NULL && dbx_is_warehouse_id(wanted))
		return choice_made(call, fn, wanted, wanted);
	if (wanted != NULL && strlen(wanted) >= sizeof(choice.wanted))
		return mcp_fail(call, MCP_E_INPUT,
				"The argument is longer than the name of any warehouse.", NULL,
				"Call list_sql_warehouses to see which exist.");
	snprintf(choice.wanted, sizeof(choice.wanted), "%s", wanted != NULL ? wanted : "");
	return choice_fetch(call, &choice, NULL);
}

/* ---- list_sql_warehouses -------------------------------------------------------------------- */

/* The platform's text about the health of a warehouse, or `absent`. */
static const char *
reason_of(struct mcp_call *call, struct json_object *warehouse, const char *absent)
{
	static const char *const places[] = { "health.summary", "health.details",
					      "health.failure_reason.code" };
	const char *text = "";

	for (size_t i = 0; i < COUNT(places); i++) {
		const char *more = mcp_get_str(call, warehouse, places[i], "");

		if (more[0] != '\0' && strstr(text, more) == NULL)
			text = mcp_printf(call, "%s%s%s", text, text[0] != '\0' ? "; " : "", more);
	}
	return text[0] != '\0' ? text : mcp_get_str(call, warehouse, "health.message", absent);
}

/* "FAILED: the subnet has no free address" */
static const char *
health_of(struct mcp_call *call, struct json_object *warehouse)
{
	const char *status = mcp_get_str(call, warehouse, "health.status", "");
	const char *why = reason_of(call, warehouse, "");

	return strcmp(status, "HEALTHY") != 0 && why[0] != '\0'
		 ? mcp_printf(call, "%s: %s", status, why)
		 : status;
}

/* The idle time before it stops; 0 is never. */
static const char *
auto_stop_of(struct mcp_call *call, struct json_object *warehouse)
{
	int64_t minutes = mcp_get_int(warehouse, "auto_stop_mins", -1);

	return minutes < 0  ? ""
	     : minutes == 0 ? "never"
			    : mcp_printf(call, "%lld min", (long long)minutes);
}

/* "1 of 4": running clusters, and their maximum. */
static const char *
clusters_of(struct mcp_call *call, struct json_object *warehouse)
{
	int64_t most = mcp_get_int(warehouse, "max_num_clusters", -1);

	return most < 0 ? ""
			: mcp_printf(call, "%lld of %lld",
				     (long long)mcp_get_int(warehouse, "num_clusters", 0),
				     (long long)most);
}

/* Adds values for columns that have no member in the reply. */
static void
warehouse_item(struct mcp_call *call, struct json_object *item, bool chosen)
{
	json_object_object_add(item, "chosen", json_object_new_boolean(chosen));
	json_object_object_add(item, "health_shown", json_object_new_string(health_of(call, item)));
	json_object_object_add(item, "clusters_shown",
			       json_object_new_string(clusters_of(call, item)));
	json_object_object_add(item, "auto_stop", json_object_new_string(auto_stop_of(call, item)));
}

/* The warehouse of the page that execute_sql would use; NULL: none of them, or a further page
 * decides. */
static struct json_object *
chosen_of(struct mcp_call *call, struct json_object *reply, struct json_object *all)
{
	struct choice choice = { .fit = 0 };
	const char *option = configured(call), *page = mcp_place(call).token;
	struct json_object *best;
	bool last = mcp_get_str(call, reply, "next_page_token", "")[0] == '\0';

	if (option != NULL) {
		snprintf(choice.wanted, sizeof(choice.wanted), "%s", option);
		return wanted_of(call, &choice, all);
	}
	best = best_of(call, all, &choice.fit);
	return (page == NULL || page[0] == '\0') && (last || choice.fit == FITTEST) ? best : NULL;
}

static int
warehouses_shown(struct mcp_call *call, const void *state, size_t len)
{
	static const struct mcp_list_column columns[] = {
		{ .name = "warehouse_id", .path = "id" },
		{ .name = "name", .path = "name" },
		{ .name = "state", .path = "state" },
		{ .name = "size", .path = "cluster_size" },
		{ .name = "clusters", .path = "clusters_shown" },
		{ .name = "type", .path = "warehouse_type" },
		{ .name = "serverless", .path = "enable_serverless_compute", .show = mcp_show_yes },
		{ .name = "auto stop", .path = "auto_stop" },
		{ .name = "creator", .path = "creator_name" },
		{ .name = "health", .path = "health_shown" },
		{ .name = "chosen by default", .path = "chosen", .show = mcp_show_yes },
	};
	struct json_object *reply = dbx_reply(call, 0, &list_words), *all, *kept, *chosen;
	struct mcp_place place = mcp_place(call);

	(void)state;
	(void)len;
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	all = mcp_objects(call, reply, "warehouses");
	chosen = chosen_of(call, reply, all);
	kept = mcp_keep(call, json_object_new_array());
	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *item = json_object_array_get_idx(all, i);

		warehouse_item(call, item, item == chosen);
		if (mcp_name_matches(call, mcp_get_str(call, item, "name", "")))
			json_object_array_add(kept, json_object_get(item));
	}
	return mcp_page_table(call, kept, columns, COUNT(columns),
			      &(struct mcp_page){
				  .noun = "warehouses",
				  .tool = "list_sql_warehouses",
				  .total = -1,
				  .place = &place,
				  .extra = mcp_repeat(call,
						      (const char *const[]){ "name_filter", NULL }),
				  .next_token = mcp_get_str(call, reply, "next_page_token", "") });
}

int
list_sql_warehouses(struct mcp_call *call)
{
	struct json_object *query = mcp_object(call, "page_token", mcp_place(call).token, NULL);

	if (mcp_arg(call, "limit") != NULL)
		json_object_object_add(query, "page_size",
				       json_object_new_int64(mcp_limit(call, 100)));
	return mcp_fetch(call, "/api/2.0/sql/warehouses{?page_size,page_token}", query,
			 warehouses_shown, NULL, 0);
}

/* ---- start, stop ---------------------------------------------------------------------------- */

/* The differences between the two operations; the rest is common code. */
struct direction {
	const char *path, *goal, *verb, *changing, *tool;
	const char *const *failed; /* states from which the goal cannot be reached */
};

static const struct direction up = {
	"/api/2.0/sql/warehouses/{id}/start",
	"RUNNING",
	"start",
	"STARTING",
	"start_sql_warehouse",
	(const char *const[]){ "STOPPED", "DELETING", "DELETED", NULL },
};

/* An operation's handle; another version of it has another number. */
#define CHANGE_VERSION 1
struct change {
	char id[128];
	bool waiting; /* it must stop before it can be started */
};
static const struct direction down = {
	"/api/2.0/sql/warehouses/{id}/stop",
	"STOPPED",
	"stop",
	"STOPPING",
	"stop_sql_warehouse",
	(const char *const[]){ "DELETING", "DELETED", NULL },
};

static struct mcp_words
warehouse_words(struct mcp_call *call, const char *asked)
{
	return (struct mcp_words){
		.object = mcp_printf(call, "SQL warehouse \"%s\"", asked),
		.not_found = "Call list_sql_warehouses to see which exist.",
		.grant = "CAN MANAGE or CAN MONITOR on the warehouse",
	};
}

static int
reached(struct mcp_call *call, const char *id, const char *state, const char *how)
{
	return mcp_say(call, "SQL warehouse %s is %s%s.\nurl: %s", id, state, how,
		       mcp_url(call, "/sql/warehouses/%s", id));
}

/* The answer if no poll succeeds. Both tools accept a repeated call as a poll. */
static void
say_going_on(struct mcp_call *call, const char *id, const char *now,
	     const struct direction *direction)
{
	mcp_say(call, "SQL warehouse %s is %s.\nNext: %s warehouse_id=%s wait_s=50", id, now,
		direction->tool, id);
}

static int
handle(struct mcp_call *call, const char *id, bool waiting, const struct direction *direction)
{
	struct change change = { .waiting = waiting };

	if (strlen(id) >= sizeof(change.id))
		return mcp_fail(call, MCP_E_INPUT,
				"The argument is longer than any "
				"warehouse_id.",
				NULL, "Call list_sql_warehouses to see which exist.");
	snprintf(change.id, sizeof(change.id), "%s", id);
	say_going_on(call, id, waiting ? "STOPPING" : direction->changing, direction);
	return mcp_handle_write(call, CHANGE_VERSION, &change, sizeof(change));
}

/* The change was accepted. */
static int
change_sent(struct mcp_call *call, const struct dbx_resolved *warehouse,
	    const struct direction *direction)
{
	struct mcp_words words = warehouse_words(call, warehouse->asked);

	if (!dbx_done(call, 0, &words))
		return MCP_E_UPSTREAM;
	return handle(call, warehouse->id, false, direction);
}

static int
started(struct mcp_call *call, const void *state, size_t len)
{
	(void)len;
	return change_sent(call, state, &up);
}

static int
stopped(struct mcp_call *call, const void *state, size_t len)
{
	(void)len;
	return change_sent(call, state, &down);
}

static int
change_looked(struct mcp_call *call, const struct dbx_resolved *warehouse,
	      const struct direction *direction)
{
	struct mcp_words words = warehouse_words(call, warehouse->asked);
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
	/* A start has no effect while the warehouse stops. */
	if (direction == &up && strcmp(now, "STOPPING") == 0)
		return handle(call, warehouse->id, true, direction);
	return mcp_send(call, "POST", direction->path, mcp_object(call, "id", warehouse->id, NULL),
			NULL, MCP_RETRY_IDEMPOTENT, direction == &up ? started : stopped, warehouse,
			sizeof(*warehouse));
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

	return mcp_fetch(call, "/api/2.0/sql/warehouses/{id}",
			 mcp_object(call, "id", warehouse->id, NULL), fn, state, len);
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

int
start_sql_warehouse(struct mcp_call *call)
{
	return dbx_resolve(call, &dbx_warehouses, "warehouse_id", start_resolved);
}

int
stop_sql_warehouse(struct mcp_call *call)
{
	return dbx_resolve(call, &dbx_warehouses, "warehouse_id", stop_resolved);
}

/* The id in the handle; "" with the call failed when that is of another version. */
static const char *
handle_id(struct mcp_call *call)
{
	struct change change;

	mcp_handle_read(call, CHANGE_VERSION, &change, sizeof(change));
	return mcp_strdup(call, change.id);
}

static int
still(struct mcp_call *call, const char *now, const struct direction *direction)
{
	say_going_on(call, handle_id(call), now, direction);
	return mcp_working(call, -1, mcp_printf(call, "warehouse is %s", now), POLL_MS);
}

/* The delayed start was accepted. */
static int
start_sent(struct mcp_call *call, const void *state, size_t len)
{
	struct mcp_words words = warehouse_words(call, handle_id(call));

	(void)state;
	(void)len;
	if (!dbx_done(call, 0, &words))
		return MCP_E_UPSTREAM;
	return still(call, "STARTING", &up);
}

/* It has stopped as expected, and not because a start failed. */
static bool
start_due(struct mcp_call *call, struct json_object *warehouse)
{
	struct change change;

	return mcp_handle_read(call, CHANGE_VERSION, &change, sizeof(change)) == MCP_OK &&
	       change.waiting &&
	       strcmp(mcp_get_str(call, warehouse, "state", ""), "STOPPED") == 0 &&
	       strcmp(mcp_get_str(call, warehouse, "health.status", ""), "FAILED") != 0;
}

static int
change_polled(struct mcp_call *call, const void *state, size_t len)
{
	const struct direction *direction = *(const bool *)state ? &up : &down;
	const char *id = handle_id(call);
	struct mcp_words words = warehouse_words(call, id);
	struct json_object *reply;
	const char *now;

	(void)len;
	words.again = mcp_printf(call,
				 "The operation may continue. Call in a moment: %s "
				 "warehouse_id=%s",
				 direction->tool, id);
	reply = dbx_reply(call, 0, &words);
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	now = mcp_get_str(call, reply, "state", "");
	if (now[0] == '\0')
		return mcp_fail(call, MCP_E_UPSTREAM,
				mcp_printf(call, "The state of SQL warehouse %s is not known.", id),
				"The workspace answered without a state.", words.again);
	if (strcmp(now, direction->goal) == 0)
		return reached(call, id, now, "");
	if (start_due(call, reply))
		return mcp_send(call, "POST", up.path, mcp_object(call, "id", id, NULL), NULL,
				MCP_RETRY_IDEMPOTENT, start_sent, NULL, 0);
	for (const char *const *bad = direction->failed; *bad != NULL; bad++)
		if (strcmp(now, *bad) == 0)
			return mcp_fail(call, MCP_E_UNAVAILABLE,
					mcp_printf(call, "SQL warehouse %s did not %s.", id,
						   direction->verb),
					mcp_printf(call, "It is %s. %s", now,
						   reason_of(call, reply,
							     "The platform gave no reason.")),
					"Call list_sql_warehouses, and try another warehouse.");
	return still(call, now, direction);
}

static int
poll(struct mcp_call *call, const struct direction *direction)
{
	const bool rises = direction == &up;

	return mcp_fetch(call, "/api/2.0/sql/warehouses/{id}",
			 mcp_object(call, "id", handle_id(call), NULL), change_polled, &rises,
			 sizeof(rises));
}

int
start_sql_warehouse_poll(struct mcp_call *call)
{
	return poll(call, &up);
}

int
stop_sql_warehouse_poll(struct mcp_call *call)
{
	return poll(call, &down);
}

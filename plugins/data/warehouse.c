/* SPDX-License-Identifier: Apache-2.0 */
/* SQL warehouses: how they are listed, selected, started and stopped. */
#include "data.h"

#include <stdio.h>
#include <string.h>

#define PAGES_MAX 20 /* most pages of the list that are searched */
#define FITTEST 5    /* it runs */

/* ---- choosing ------------------------------------------------------------------------------- */

/* How suitable a warehouse is for a statement that names no warehouse; 0: not suitable. */
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
		return 1; /* the reply has no state: the warehouse may run */
	return mcp_get_bool(warehouse, "enable_serverless_compute", false) ? 3 : 2;
}

/* The best warehouse of a list; the first one when several are equal. NULL when there is none. */
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

/* The state between the pages of the list: the wanted name, or the best warehouse so far, and the
 * next function. */
struct choice {
	mcp_step_fn fn;
	char wanted[160]; /* "": any */
	struct warehouse best;
	int fit; /* the rank of the best warehouse; 0: there is none yet */
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
				NULL, "Call list_sql_warehouses to see all warehouses.");
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
	return mcp_suspend(call, &request, 1, 0, choice_listed, choice, sizeof(*choice));
}

/* The wanted warehouse on the page, by id or name. NULL when the page does not have it. */
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

/* Fails the call because no warehouse was found. `more` means that some pages were not read. */
static int
choice_end(struct mcp_call *call, const struct choice *choice, bool more)
{
	const char *why =
	    more ? mcp_printf(call, "The warehouse is not on the first %d pages of the list.",
			      PAGES_MAX)
		 : "";

	if (choice->wanted[0] != '\0')
		return dbx_unknown(call, &dbx_warehouses, choice->wanted,
				   mcp_arg(call, "warehouse_id") == NULL
				       ? "The option warehouse_id of the plugin data has this "
					 "name."
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

/* Selects the wanted warehouse by id or name, else the best one. */
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
	/* An id needs no request for the list. The name is then unknown, and is not needed. */
	if (wanted != NULL && dbx_is_warehouse_id(wanted))
		return choice_made(call, fn, wanted, wanted);
	if (wanted != NULL && strlen(wanted) >= sizeof(choice.wanted))
		return mcp_fail(call, MCP_E_INPUT,
				"The argument is longer than the name of any warehouse.", NULL,
				"Call list_sql_warehouses to see all warehouses.");
	snprintf(choice.wanted, sizeof(choice.wanted), "%s", wanted != NULL ? wanted : "");
	return choice_fetch(call, &choice, NULL);
}

/* ---- list_sql_warehouses -------------------------------------------------------------------- */

/* The platform's text about the health of a warehouse, or `absent`. */
const char *
warehouse_reason(struct mcp_call *call, struct json_object *warehouse, const char *absent)
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

/* Writes the health: "FAILED: the subnet has no free address" */
static const char *
health_of(struct mcp_call *call, struct json_object *warehouse)
{
	const char *status = mcp_get_str(call, warehouse, "health.status", "");
	const char *why = warehouse_reason(call, warehouse, "");

	return strcmp(status, "HEALTHY") != 0 && why[0] != '\0'
		 ? mcp_printf(call, "%s: %s", status, why)
		 : status;
}

/* Writes the idle time after which the warehouse stops; 0 means never. */
static const char *
auto_stop_of(struct mcp_call *call, struct json_object *warehouse)
{
	int64_t minutes = mcp_get_int(warehouse, "auto_stop_mins", -1);

	return minutes < 0  ? ""
	     : minutes == 0 ? "never"
			    : mcp_printf(call, "%lld min", (long long)minutes);
}

/* Writes "1 of 4": the running clusters, and their maximum. */
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

/* The warehouse on the page that execute_sql would use. NULL: none on this page, or a further page
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

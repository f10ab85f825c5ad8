/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at clusters: lists, one cluster, its events. */
#include "compute.h"

#include <stdio.h>
#include <string.h>

#define PAGE_MAX 100	/* clusters of one upstream page */
#define RECENT_EVENTS 3 /* shown with a cluster */

struct dbx_words
cluster_words(struct mcp_call *call, const char *asked, const char *grant)
{
	return (struct dbx_words){
		.object = mcp_printf(call, "Cluster \"%s\"", asked),
		.not_found = "Call list_clusters to see which exist.",
		.grant = grant,
	};
}

/* "4 workers", "1-8 workers", "single node" */
static const char *
show_size(struct mcp_call *call, struct json_object *cluster)
{
	int64_t most = mcp_get_int(cluster, "autoscale.max_workers", -1);
	int64_t workers = mcp_get_int(cluster, "num_workers", 0);

	if (most >= 0)
		return mcp_printf(call, "%lld-%lld workers",
				  (long long)mcp_get_int(cluster, "autoscale.min_workers", 0),
				  (long long)most);
	return workers > 0 ? mcp_printf(call, "%lld workers", (long long)workers) : "single node";
}

/* ---- list_clusters -------------------------------------------------------------------------- */

/* Gives the cluster its size in words. */
static bool
cluster_item(struct mcp_call *call, struct json_object *cluster)
{
	json_object_object_add(cluster, "size",
			       json_object_new_string(show_size(call, cluster)));
	return dbx_name_matches(call, mcp_get_str(call, cluster, "cluster_name", ""));
}

static const struct dbx_column cluster_columns[] = {
	{ "cluster_id", NULL, "cluster_id", NULL },
	{ "name", NULL, "cluster_name", NULL },
	{ "state", NULL, "state", NULL },
	{ "size", NULL, "size", NULL },
	{ "node_type", NULL, "node_type_id", NULL },
	{ "source", NULL, "cluster_source", NULL },
	{ "creator", NULL, "creator_user_name", NULL },
	{ "started", NULL, "start_time", dbx_show_age },
};

static const struct dbx_list cluster_list = {
	.path = "/api/2.1/clusters/list"
		"{?page_size,page_token,filter_by.cluster_states,filter_by.cluster_sources}",
	.limit_name = "page_size",
	.most = PAGE_MAX,
	.items = "clusters",
	.columns = cluster_columns,
	.n_columns = sizeof(cluster_columns) / sizeof(cluster_columns[0]),
	.noun = "clusters",
	.tool = "list_clusters",
	.repeat = (const char *const[]){ "name_filter", "state", "source", NULL },
	.item = cluster_item,
};

int
list_clusters(struct mcp_call *call)
{
	return dbx_list(call, &cluster_list,
			dbx_object(call, "filter_by.cluster_states", mcp_arg(call, "state"),
				   "filter_by.cluster_sources", mcp_arg(call, "source"), NULL));
}

/* ---- get_cluster_details -------------------------------------------------------------------- */

/* "INACTIVITY (SUCCESS): inactivity_duration_min=60" */
static const char *
show_reason(struct mcp_call *call, struct json_object *reason)
{
	struct json_object *parameters = mcp_get(reason, "parameters");
	const char *text = mcp_printf(call, "%s (%s)", mcp_get_str(call, reason, "code", "?"),
				      mcp_get_str(call, reason, "type", "?"));

	if (json_object_is_type(reason, json_type_string))
		return json_object_get_string(reason);
	if (json_object_is_type(parameters, json_type_object)) {
		json_object_object_foreach(parameters, key, value)
			text = mcp_printf(call, "%s %s=%s", text, key,
					  json_object_get_string(value));
	}
	return text;
}

static const char *
show_minutes(struct mcp_call *call, struct json_object *value)
{
	int64_t minutes = json_object_get_int64(value);

	return minutes > 0 ? mcp_printf(call, "after %lld min idle", (long long)minutes)
			   : "never";
}

/* What a person who pays would want to know; NULL when there is nothing. */
static const char *
cost_hint(struct mcp_call *call, struct json_object *cluster)
{
	const char *state = mcp_get_str(call, cluster, "state", "");
	const char *source = mcp_get_str(call, cluster, "cluster_source", "");
	bool running = strcmp(state, "RUNNING") == 0 || strcmp(state, "RESIZING") == 0;

	if (running && mcp_get_int(cluster, "autotermination_minutes", 0) == 0
	    && strcmp(source, "JOB") != 0)
		return "It runs until somebody terminates it: auto-termination is off.";
	return NULL;
}

/* The last events, from the reply beside the cluster's; a failure there spoils nothing. */
static void
say_events(struct mcp_call *call)
{
	struct json_object *events;
	struct dbx_error error;
	size_t n;

	if (!dbx_ok(call, mcp_reply(call, 1), &error)) {
		mcp_say(call, "last events: not available: %s",
			error.message[0] != '\0' ? error.message : "no answer");
		return;
	}
	events = dbx_objects(call, mcp_reply_json(call, 1), "events");
	n = json_object_array_length(events);
	for (size_t i = 0; i < n && i < RECENT_EVENTS; i++) {
		struct json_object *event = json_object_array_get_idx(events, i);

		if (i == 0)
			mcp_say(call, "last events:");
		mcp_say(call, "%s %s", dbx_time(call, mcp_get_int(event, "timestamp", 0)),
			mcp_get_str(call, event, "type", "?"));
	}
}

static void
say_cluster(struct mcp_call *call, struct json_object *cluster)
{
	static const struct dbx_column facts[] = {
		{ "cluster", NULL, "cluster_name", NULL },
		{ "cluster_id", NULL, "cluster_id", NULL },
		{ "state", NULL, "state", NULL },
		{ "state message", NULL, "state_message", NULL },
		{ "terminated because", NULL, "termination_reason", show_reason },
		{ "size", NULL, "size", NULL },
		{ "runtime", NULL, "spark_version", NULL },
		{ "node type", NULL, "node_type_id", NULL },
		{ "terminates itself", NULL, "autotermination_minutes", show_minutes },
		{ "started", NULL, "start_time", dbx_show_time },
		{ "terminated", NULL, "terminated_time", dbx_show_time },
		{ "creator", NULL, "creator_user_name", NULL },
		/* from here on: detail=full */
		{ "source", NULL, "cluster_source", NULL },
		{ "driver node type", NULL, "driver_node_type_id", NULL },
		{ "access mode", NULL, "data_security_mode", NULL },
		{ "single user", NULL, "single_user_name", NULL },
		{ "cores", NULL, "cluster_cores", NULL },
		{ "memory MB", NULL, "cluster_memory_mb", NULL },
		{ "spark conf", NULL, "spark_conf", NULL },
		{ "custom tags", NULL, "custom_tags", NULL },
	};
	enum { CONCISE = 12 };
	const char *id = mcp_get_str(call, cluster, "cluster_id", "");

	json_object_object_add(cluster, "size",
			       json_object_new_string(show_size(call, cluster)));
	dbx_facts(call, cluster, facts,
		  dbx_full(call) ? sizeof(facts) / sizeof(facts[0]) : (size_t)CONCISE,
		  dbx_url(call, "/compute/clusters/%s", id));
}

/* Both replies are here: the cluster, and its last events (which may be missing). */
static int
details_shown(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *cluster = state;
	struct json_object *reply;
	struct dbx_error error;

	(void)len;
	if (!dbx_ok(call, mcp_reply(call, 0), &error) && error.status == MCP_E_NOT_FOUND)
		return dbx_unknown(call, &dbx_clusters, cluster->asked, error.message);
	reply = dbx_reply(call, 0, &(struct dbx_words){
	    .object = mcp_printf(call, "Cluster \"%s\"", cluster->asked),
	    .grant = "CAN ATTACH TO on the cluster" });
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	say_cluster(call, reply);
	if (cost_hint(call, reply) != NULL)
		mcp_say(call, "cost: %s", cost_hint(call, reply));
	say_events(call);
	return mcp_structured(call, dbx_full(call) ? reply : dbx_pick(call, reply,
	    "cluster_id", "cluster_name", "state", "state_message", "num_workers", "autoscale",
	    "spark_version", "node_type_id", "autotermination_minutes", "start_time",
	    "terminated_time", "creator_user_name", "cluster_source", NULL));
}

static struct mcp_http
events_request(struct mcp_call *call, const char *cluster_id, struct json_object *body)
{
	json_object_object_add(body, "cluster_id", json_object_new_string(cluster_id));
	json_object_object_add(body, "order", json_object_new_string("DESC"));
	return mcp_json_request(call, "POST", "/api/2.1/clusters/events", body, MCP_RETRY_SAFE);
}

static int
details_resolved(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *cluster = state;
	struct json_object *body = dbx_object(call, NULL);
	struct mcp_http request[2];

	json_object_object_add(body, "limit", json_object_new_int(RECENT_EVENTS));
	if (!dbx_get_request(call, &request[0], "/api/2.1/clusters/get{?cluster_id}",
			     dbx_object(call, "cluster_id", cluster->id, NULL)))
		return MCP_E_INPUT;
	request[1] = events_request(call, cluster->id, body);
	return mcp_suspend(call, request, 2, 0, details_shown, state, len);
}

int
get_cluster_details(struct mcp_call *call)
{
	return dbx_resolve(call, &dbx_clusters, "cluster_id", details_resolved);
}

/* ---- list_cluster_events -------------------------------------------------------------------- */

/* The page token of ours is the offset that the platform's next_page asks for. */
static int
events_shown(struct mcp_call *call, const void *state, size_t len)
{
	static const struct dbx_column columns[] = {
		{ "time", NULL, "timestamp", dbx_show_time },
		{ "type", NULL, "type", NULL },
		{ "reason", NULL, "details.reason", show_reason },
		{ "cause", NULL, "details.cause", NULL },
		{ "user", NULL, "details.user", NULL },
		{ "workers", NULL, "details.current_num_workers", NULL },
		{ "target", NULL, "details.target_num_workers", NULL },
	};
	const struct dbx_resolved *cluster = state;
	struct json_object *reply;
	struct dbx_error error;
	struct dbx_page page = { .noun = "events", .tool = "list_cluster_events", .total = -1 };

	(void)len;
	if (!dbx_ok(call, mcp_reply(call, 0), &error) && error.status == MCP_E_NOT_FOUND)
		return dbx_unknown(call, &dbx_clusters, cluster->asked, error.message);
	reply = dbx_reply(call, 0, &(struct dbx_words){
	    .object = mcp_printf(call, "The events of cluster \"%s\"", cluster->asked),
	    .grant = "CAN ATTACH TO on the cluster" });
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	page.extra = dbx_repeat(call, (const char *const[]){ "cluster_id", "event_type",
							     "start_time", "end_time", NULL });
	page.token = mcp_arg(call, "page_token");
	page.total = mcp_get_int(reply, "total_count", -1);
	page.next_token = mcp_get_str(call, reply, "next_page_token",
				      mcp_get_str(call, reply, "next_page.offset", NULL));
	return dbx_table(call, dbx_objects(call, reply, "events"), columns,
			 sizeof(columns) / sizeof(columns[0]), &page);
}

static void
add_number(struct json_object *body, const char *key, int64_t value)
{
	if (value >= 0)
		json_object_object_add(body, key, json_object_new_int64(value));
}

static int
events_resolved(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *cluster = state;
	struct json_object *body = dbx_object(call, NULL), *types;
	const char *token = mcp_arg(call, "page_token"), *type = mcp_arg(call, "event_type");
	struct mcp_http request;

	if (type != NULL) {
		types = json_object_new_array();
		json_object_array_add(types, json_object_new_string(type));
		json_object_object_add(body, "event_types", types);
	}
	add_number(body, "start_time", mcp_arg_int(call, "start_time", -1));
	add_number(body, "end_time", mcp_arg_int(call, "end_time", -1));
	add_number(body, "limit", dbx_limit(call, PAGE_MAX));
	/* Older workspaces page by offset, newer ones by token: the token's spelling tells. */
	if (token != NULL && dbx_is_number(token))
		json_object_object_add(body, "offset", json_object_new_int64(
		    mcp_arg_int(call, "page_token", 0)));
	else if (token != NULL)
		json_object_object_add(body, "page_token", json_object_new_string(token));
	request = events_request(call, cluster->id, body);
	return mcp_suspend(call, &request, 1, 0, events_shown, state, len);
}

int
list_cluster_events(struct mcp_call *call)
{
	return dbx_resolve(call, &dbx_clusters, "cluster_id", events_resolved);
}

/* ---- completion ----------------------------------------------------------------------------- */

static int
clusters_offered(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	return dbx_offer(call, "clusters", "cluster_id");
}

int
complete_cluster(struct mcp_call *call)
{
	return dbx_get(call, "/api/2.1/clusters/list?page_size=100", NULL, clusters_offered, NULL,
		       0);
}

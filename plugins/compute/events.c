/* SPDX-License-Identifier: Apache-2.0 */
/* The events of a cluster. Workspaces page them by token. Older ones use an offset that counts from
 * an end time, which must stay the same from page to page. */
#include "compute.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PAGE_MAX 100

struct mcp_http
events_request(struct mcp_call *call, const char *cluster_id, struct json_object *body)
{
	json_object_object_add(body, "cluster_id", json_object_new_string(cluster_id));
	json_object_object_add(body, "order", json_object_new_string("DESC"));
	return mcp_json_request(call, "POST", "/api/2.1/clusters/events", body, MCP_RETRY_SAFE);
}

/* ---- texts of an event ---------------------------------------------------------------------- */

/* Writes " key=value", if the event has it. */
static const char *
with_detail(struct mcp_call *call, const char *text, struct json_object *event, const char *path)
{
	const char *dot = strrchr(path, '.'), *name = dot != NULL ? dot + 1 : path;
	const char *value = mcp_value_text(call, mcp_get(event, path));

	return value[0] == '\0'
		 ? text
		 : mcp_printf(call, "%s%s%s=%s", text, text[0] != '\0' ? " " : "", name, value);
}

/* Writes where an init script is stored: " /Volumes/main/s/v/setup.sh". */
static const char *
script_place(struct mcp_call *call, struct json_object *script)
{
	static const char *const stores[] = { "workspace", "volumes", "dbfs", "s3",
					      "abfss",	   "gcs",     "file" };
	const char *text = "";

	for (size_t i = 0; i < COUNT(stores); i++) {
		const char *place =
		    mcp_get_str(call, script, mcp_printf(call, "%s.destination", stores[i]), "");

		if (place[0] != '\0')
			text = mcp_printf(call, "%s %s", text, place);
	}
	return text;
}

/* Writes the init scripts that failed. Successful scripts are not mentioned. */
static const char *
with_scripts(struct mcp_call *call, const char *text, struct json_object *scripts)
{
	for (size_t i = 0; i < json_object_array_length(scripts); i++) {
		struct json_object *script = json_object_array_get_idx(scripts, i);
		const char *status = mcp_get_str(call, script, "status", "");
		const char *error = mcp_get_str(call, script, "error_message", "");

		if (error[0] == '\0' && strncmp(status, "FAILED", 6) != 0)
			continue;
		text =
		    mcp_printf(call, "%s%sinit script%s %s: %s", text, text[0] != '\0' ? " " : "",
			       script_place(call, script), status, error);
		text = with_detail(call, text, script, "stderr");
	}
	return text;
}

/* Adds a member "more" to the event: the details that have no column of their own. */
bool
event_item(struct mcp_call *call, struct json_object *event)
{
	static const char *const details[] = {
		"details.driver_state_message",
		"details.did_not_expand_reason",
		"details.instance_id",
		"details.job_run_name",
		"details.disk_size",
		"details.previous_disk_size",
		"details.free_space",
		"details.cluster_size.num_workers",
		"details.cluster_size.autoscale",
		"details.current_num_vcpus",
		"details.target_num_vcpus",
		"data_plane_event_details.event_type",
		"data_plane_event_details.executor_failures",
		"data_plane_event_details.host_id",
	};
	const char *text = "";

	for (size_t i = 0; i < COUNT(details); i++)
		text = with_detail(call, text, event, details[i]);
	text = with_scripts(call, text, mcp_objects(call, event, "details.init_scripts.cluster"));
	text = with_scripts(call, text, mcp_objects(call, event, "details.init_scripts.global"));
	json_object_object_add(event, "more", json_object_new_string(text));
	return true;
}

/* ---- pages ---------------------------------------------------------------------------------- */

/* Adds the position of the page: a token, or the offset and end time of older workspaces, which
 * this plugin writes as "offset@end_time". */
static void
add_page(struct json_object *body, const char *token, int64_t limit)
{
	char *end;
	int64_t offset = strtoll(token, &end, 10);

	if (end == token || (*end != '@' && *end != '\0')) {
		if (token[0] != '\0')
			json_object_object_add(body, "page_token", json_object_new_string(token));
		return;
	}
	json_object_object_add(body, "offset", json_object_new_int64(offset));
	json_object_object_add(body, "limit", json_object_new_int64(limit));
	if (*end == '@')
		json_object_object_add(body, "end_time",
				       json_object_new_int64(strtoll(end + 1, NULL, 10)));
}

static const char *
next_page(struct mcp_call *call, struct json_object *reply)
{
	int64_t offset = mcp_get_int(reply, "next_page.offset", -1);
	int64_t end = mcp_get_int(reply, "next_page.end_time", -1);
	const char *token = mcp_get_str(call, reply, "next_page_token", "");

	if (token[0] != '\0' || offset < 0)
		return token;
	return end < 0 ? mcp_printf(call, "%lld", (long long)offset)
		       : mcp_printf(call, "%lld@%lld", (long long)offset, (long long)end);
}

/* ---- list_cluster_events --------------------------------------------------------------------- */

static int
events_shown(struct mcp_call *call, const void *state, size_t len)
{
	static const struct mcp_list_column columns[] = {
		{ .name = "time", .path = "timestamp", .show = mcp_show_time },
		{ .name = "type", .path = "type" },
		{ .name = "reason", .path = "details.reason", .show = show_reason },
		{ .name = "cause", .path = "details.cause" },
		{ .name = "user", .path = "details.user" },
		{ .name = "workers", .path = "details.current_num_workers" },
		{ .name = "target", .path = "details.target_num_workers" },
		{ .name = "more", .path = "more" },
	};
	const struct dbx_resolved *cluster = state;
	struct mcp_place place = mcp_place(call);
	struct mcp_page page = { .noun = "events", .tool = "list_cluster_events", .place = &place };
	struct json_object *reply, *events;
	struct dbx_error error;
	struct mcp_words words;

	(void)len;
	if (!dbx_ok(call, mcp_reply(call, 0), &error) && error.status == MCP_E_NOT_FOUND)
		return dbx_unknown(call, &dbx_clusters, cluster->asked, error.message);
	words = cluster_words(call, cluster->asked, "CAN ATTACH TO on the cluster");
	words.object = mcp_printf(call, "The events of cluster \"%s\"", cluster->asked);
	reply = dbx_reply(call, 0, &words);
	events = reply != NULL ? mcp_items(call, reply, "events", &words) : NULL;
	if (events == NULL)
		return MCP_E_UPSTREAM;
	page.extra = mcp_repeat(call, (const char *const[]){ "cluster_id", "event_type",
							     "start_time", "end_time", NULL });
	page.total = mcp_get_int(reply, "total_count", -1);
	page.next_token = next_page(call, reply);
	for (size_t i = 0; i < json_object_array_length(events); i++)
		event_item(call, json_object_array_get_idx(events, i));
	return mcp_page_table(call, events, columns, COUNT(columns), &page);
}

static void
add_number(struct json_object *body, const char *key, int64_t value)
{
	if (value >= 0)
		json_object_object_add(body, key, json_object_new_int64(value));
}

/* The event types, with the names of EventType in the Clusters API. */
static const char *const event_types[] = {
	"ADD_NODES_FAILED",
	"AUTOMATIC_CLUSTER_UPDATE",
	"AUTOSCALING_BACKOFF",
	"AUTOSCALING_FAILED",
	"AUTOSCALING_STATS_REPORT",
	"CLUSTER_MIGRATED",
	"CREATING",
	"DBFS_DOWN",
	"DECOMMISSION_ENDED",
	"DECOMMISSION_STARTED",
	"DEFERRED_POLICY_ENFORCEMENT_FAILED",
	"DEFERRED_POLICY_ENFORCEMENT_SCHEDULED",
	"DID_NOT_EXPAND_DISK",
	"DRIVER_HEALTHY",
	"DRIVER_NOT_RESPONDING",
	"DRIVER_UNAVAILABLE",
	"EDITED",
	"EXPANDED_DISK",
	"FAILED_TO_EXPAND_DISK",
	"INIT_SCRIPTS_FINISHED",
	"INIT_SCRIPTS_STARTED",
	"METASTORE_DOWN",
	"NODES_LOST",
	"NODE_BLACKLISTED",
	"NODE_EXCLUDED_DECOMMISSIONED",
	"PINNED",
	"RESIZING",
	"RESTARTING",
	"RUNNING",
	"SPARK_EXCEPTION",
	"STARTING",
	"TERMINATING",
	"UC_VOLUME_MISCONFIGURED",
	"UNPINNED",
	"UPSIZE_COMPLETED",
};

/* The type in the platform's spelling. When the type is unknown, the call fails and the result is
 * NULL. */
static const char *
known_type(struct mcp_call *call, const char *asked)
{
	struct json_object *names = mcp_keep(call, json_object_new_array());
	const char *list = "", *near;

	for (size_t i = 0; i < COUNT(event_types); i++) {
		if (strcasecmp(asked, event_types[i]) == 0)
			return event_types[i];
		list = mcp_printf(call, "%s%s%s", list, i > 0 ? ", " : "", event_types[i]);
		json_object_array_add(names, json_object_new_string(event_types[i]));
	}
	near = dbx_nearest(call, asked, names);
	mcp_fail(call, MCP_E_INPUT, mcp_printf(call, "There is no event type \"%s\".", asked),
		 mcp_printf(call, "The types are: %s.", list),
		 near != NULL ? mcp_printf(call, "Did you mean: %s?", near)
			      : "Repeat the call with one of these, or without event_type.");
	return NULL;
}

static int
events_resolved(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *cluster = state;
	struct json_object *body = mcp_object(call, NULL), *types;
	const char *type = mcp_arg(call, "event_type");
	struct mcp_place place = mcp_place(call);
	int64_t limit = mcp_limit(call, PAGE_MAX);
	struct mcp_http request;

	if (type != NULL) {
		types = json_object_new_array();
		json_object_array_add(types, json_object_new_string(known_type(call, type)));
		json_object_object_add(body, "event_types", types);
	}
	add_number(body, "start_time", mcp_arg_int(call, "start_time", -1));
	add_number(body, "end_time", mcp_arg_int(call, "end_time", -1));
	add_number(body, "page_size", limit);
	if (place.token != NULL)
		add_page(body, place.token, limit);
	request = events_request(call, cluster->id, body);
	return mcp_suspend(call, &request, 1, 0, events_shown, state, len);
}

int
list_cluster_events(struct mcp_call *call)
{
	const char *type = mcp_arg(call, "event_type");

	if (type != NULL && known_type(call, type) == NULL)
		return MCP_E_INPUT;
	return dbx_resolve(call, &dbx_clusters, "cluster_id", events_resolved);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Reads clusters: lists, one cluster, its events. */
#include "compute.h"

#include <string.h>

struct mcp_words
cluster_words(struct mcp_call *call, const char *asked, const char *grant)
{
	return (struct mcp_words){
		.object = mcp_printf(call, "Cluster \"%s\"", asked),
		.not_found = "Call list_clusters to see all clusters.",
		.grant = grant,
	};
}

/* Writes "4 workers", "1-8 workers", "single node". */
const char *
cluster_size(struct mcp_call *call, struct json_object *cluster)
{
	int64_t most = mcp_get_int(cluster, "autoscale.max_workers", -1);
	int64_t workers = mcp_get_int(cluster, "num_workers", 0);

	if (most >= 0)
		return mcp_printf(call, "%lld-%lld workers",
				  (long long)mcp_get_int(cluster, "autoscale.min_workers", 0),
				  (long long)most);
	return workers > 0
		 ? mcp_printf(call, "%lld worker%s", (long long)workers, workers == 1 ? "" : "s")
		 : "single node";
}

/* ---- get_cluster_details -------------------------------------------------------------------- */

const char *
show_reason(struct mcp_call *call, struct json_object *reason)
{
	struct json_object *parameters = mcp_get(reason, "parameters");
	const char *type = mcp_get_str(call, reason, "type", "");
	const char *text =
	    mcp_printf(call, "%s%s%s%s", mcp_get_str(call, reason, "code", "?"),
		       type[0] != '\0' ? " (" : "", type, type[0] != '\0' ? ")" : "");
	struct json_object_iter member;

	if (!json_object_is_type(reason, json_type_object))
		return mcp_value_text(call, reason);
	if (json_object_is_type(parameters, json_type_object)) {
		json_object_object_foreachC(parameters, member)
			text = mcp_printf(call, "%s %s=%s", text, member.key,
					  mcp_value_text(call, member.val));
	}
	return text;
}

static const char *
show_minutes(struct mcp_call *call, struct json_object *value)
{
	int64_t minutes = mcp_get_int(value, "", 0);

	return minutes > 0 ? mcp_printf(call, "after %lld min idle", (long long)minutes) : "never";
}

/* A note about costs; NULL when there is none. */
static const char *
cost_hint(struct mcp_call *call, struct json_object *cluster)
{
	const char *state = mcp_get_str(call, cluster, "state", "");
	const char *source = mcp_get_str(call, cluster, "cluster_source", "");
	bool running = strcmp(state, "RUNNING") == 0 || strcmp(state, "RESIZING") == 0;

	if (running && mcp_get_int(cluster, "autotermination_minutes", 0) == 0 &&
	    strcmp(source, "JOB") != 0)
		return "The cluster runs until somebody terminates it: auto-termination is off.";
	return NULL;
}

/* Adds the last events, from the second reply. Without events if that reply is an error. */
static void
add_events(struct mcp_call *call, struct mcp_answer *answer)
{
	static const struct mcp_fact columns[] = {
		{ .key = "time", .path = "timestamp", .show = mcp_show_time },
		{ .key = "type", .path = "type" },
		{ .key = "reason", .path = "details.reason", .show = show_reason },
		{ .key = "cause", .path = "details.cause" },
		{ .key = "user", .path = "details.user" },
		{ .key = "more", .path = "more" },
	};
	static const struct mcp_fact events = { .key = "events",
						.label = "last events",
						MCP_FACT_COLUMNS(columns) };
	struct json_object *items;
	struct dbx_error error;

	if (!dbx_ok(call, mcp_reply(call, 1), &error)) {
		mcp_answer_text(answer, "last events", "events_failure",
				mcp_printf(call, "not available: %s",
					   error.message[0] != '\0' ? error.message : "no answer"));
		return;
	}
	items = mcp_objects(call, mcp_reply_json(call, 1), "events");
	if (json_object_array_length(items) > RECENT_EVENTS)
		json_object_array_del_idx(items, RECENT_EVENTS,
					  json_object_array_length(items) - RECENT_EVENTS);
	for (size_t i = 0; i < json_object_array_length(items); i++)
		event_item(call, json_object_array_get_idx(items, i));
	if (json_object_array_length(items) == 0)
		return;
	mcp_say(call, "last events:");
	mcp_answer_table(answer, &events, items, NULL);
}

/* The facts that follow name, id and state. */
static const struct mcp_fact facts[] = {
	{ .key = "state_message", .label = "state message", .path = "state_message" },
	{ .key = "termination_reason",
	  .label = "terminated because",
	  .path = "termination_reason",
	  .show = show_reason },
	{ .key = "size", .path = "size" },
	{ .key = "spark_version", .label = "runtime", .path = "spark_version" },
	{ .key = "node_type_id", .label = "node type", .path = "node_type_id" },
	{ .key = "auto_termination",
	  .label = "auto termination",
	  .path = "autotermination_minutes",
	  .show = show_minutes },
	{ .key = "start_time", .label = "started", .path = "start_time", .show = mcp_show_time },
	{ .key = "last_restarted_time",
	  .label = "restarted",
	  .path = "last_restarted_time",
	  .show = mcp_show_time },
	{ .key = "terminated_time",
	  .label = "terminated",
	  .path = "terminated_time",
	  .show = mcp_show_time },
	{ .key = "creator_user_name", .label = "creator", .path = "creator_user_name" },
	{ .key = "cluster_source", .label = "source", .path = "cluster_source" },
	{ .key = "single_user_name", .label = "single user", .path = "single_user_name" },
#define FULL(key_, label_, path_)                                                     \
	{                                                                             \
		.key = (key_), .label = (label_), .path = (path_), .detail = MCP_FULL \
	}
	FULL("num_workers", "workers", "num_workers"),
	FULL("autoscale", NULL, "autoscale"),
	FULL("autotermination_minutes", "autotermination minutes", "autotermination_minutes"),
	FULL("driver_node_type_id", "driver node type", "driver_node_type_id"),
	FULL("is_single_node", "single node", "is_single_node"),
	FULL("instance_pool_id", "instance pool", "instance_pool_id"),
	FULL("driver_instance_pool_id", "driver instance pool", "driver_instance_pool_id"),
	FULL("policy_id", "policy", "policy_id"),
	FULL("data_security_mode", "access mode", "data_security_mode"),
	FULL("runtime_engine", "runtime engine", "runtime_engine"),
	FULL("kind", NULL, "kind"),
	FULL("use_ml_runtime", "ML runtime", "use_ml_runtime"),
	FULL("dependency_mode", "dependency mode", "dependency_mode"),
	FULL("cluster_cores", "cores", "cluster_cores"),
	FULL("cluster_memory_mb", "memory MB", "cluster_memory_mb"),
	{ .key = "last_state_loss_time",
	  .label = "state lost",
	  .path = "last_state_loss_time",
	  .show = mcp_show_time,
	  .detail = MCP_FULL },
	FULL("spark_conf", "spark conf", "spark_conf"),
	FULL("custom_tags", "custom tags", "custom_tags"),
	FULL("default_tags", "default tags", "default_tags"),
	FULL("init_scripts", "init scripts", "init_scripts"),
	FULL("cluster_log_conf", "log destination", "cluster_log_conf"),
	FULL("cluster_log_status", "log delivery", "cluster_log_status"),
	FULL("docker_image", "docker image", "docker_image.url"),
	FULL("workload_type", "workload type", "workload_type"),
	FULL("aws_attributes", "AWS attributes", "aws_attributes"),
	/* shows only some members, because this object may contain the key of a log workspace */
	FULL("azure_availability", "Azure availability", "azure_attributes.availability"),
	FULL("azure_first_on_demand", "Azure first on demand", "azure_attributes.first_on_demand"),
	FULL("azure_spot_bid_max_price", "Azure spot bid max price",
	     "azure_attributes.spot_bid_max_price"),
	FULL("azure_capacity_reservation_group", "Azure capacity reservation group",
	     "azure_attributes.capacity_reservation_group"),
	FULL("gcp_attributes", "GCP attributes", "gcp_attributes"),
	FULL("enable_elastic_disk", "elastic disk", "enable_elastic_disk"),
	FULL("enable_local_disk_encryption", "local disk encryption",
	     "enable_local_disk_encryption"),
	FULL("remote_disk_throughput", "remote disk throughput", "remote_disk_throughput"),
	FULL("total_initial_remote_disk_size", "initial remote disk GB",
	     "total_initial_remote_disk_size"),
	FULL("worker_node_type_flexibility", "other worker node types",
	     "worker_node_type_flexibility"),
	FULL("driver_node_type_flexibility", "other driver node types",
	     "driver_node_type_flexibility"),
#undef FULL
};

/* Called when both replies have arrived: the cluster, and its last events, which may be missing. */
static int
details_shown(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *cluster = state;
	const char *id, *now;
	struct json_object *reply;
	struct mcp_answer *answer;
	struct dbx_error error;
	struct mcp_words words =
	    cluster_words(call, cluster->asked, "CAN ATTACH TO on the cluster");

	(void)len;
	if (!dbx_ok(call, mcp_reply(call, 0), &error) && error.status == MCP_E_NOT_FOUND)
		return dbx_unknown(call, &dbx_clusters, cluster->asked, error.message);
	reply = dbx_reply(call, 0, &words);
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	id = mcp_get_str(call, reply, "cluster_id", "");
	now = mcp_get_str(call, reply, "state", "");
	if (id[0] == '\0' || now[0] == '\0')
		return mcp_fail(call, MCP_E_UPSTREAM,
				mcp_printf(call, "%s could not be read.", words.object),
				"The reply of the workspace has no cluster_id or no state.",
				"Call list_clusters to see the clusters of the workspace.");
	json_object_object_add(reply, "size", json_object_new_string(cluster_size(call, reply)));
	answer = mcp_answer_begin(call);
	mcp_answer_text(answer, "cluster", "cluster_name",
			mcp_get_str(call, reply, "cluster_name", ""));
	mcp_answer_text(answer, NULL, "cluster_id", id);
	mcp_answer_text(answer, NULL, "state", now);
	mcp_answer_add(answer, reply, facts, COUNT(facts));
	mcp_answer_url(answer, mcp_url(call, "/compute/clusters/%s", id));
	mcp_answer_text(answer, NULL, "cost", cost_hint(call, reply));
	add_events(call, answer);
	return mcp_answer_end(answer);
}

static int
details_resolved(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *cluster = state;
	struct json_object *body = mcp_object(call, NULL);
	struct mcp_http request[2];

	json_object_object_add(body, "page_size", json_object_new_int(RECENT_EVENTS));
	if (!mcp_fetch_request(call, &request[0], "/api/2.1/clusters/get{?cluster_id}",
			       mcp_object(call, "cluster_id", cluster->id, NULL)))
		return MCP_E_INPUT;
	request[1] = events_request(call, cluster->id, body);
	return mcp_suspend(call, request, 2, 0, details_shown, state, len);
}

int
get_cluster_details(struct mcp_call *call)
{
	return dbx_resolve(call, &dbx_clusters, "cluster_id", details_resolved);
}

/* ---- completion ----------------------------------------------------------------------------- */

int
complete_cluster_id(struct mcp_call *call)
{
	return mcp_offer_from(call, "/api/2.1/clusters/list?page_size=100", NULL, "clusters",
			      "cluster_id");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Creates and changes clusters: create, edit, resize of /api/2.1/clusters. */
#include "compute/clusters.h"

#include <string.h>

/* The specification of a cluster, from a body that creates or edits one; owned by the caller. */
static struct json_object *
spec_of(struct request *req)
{
	static const char *const not_spec[] = { "cluster_id", "cluster_name", "idempotency_token",
						"apply_policy_default_values", "clone_from" };
	struct json_object *spec = NULL;

	if (json_object_deep_copy(req->body, &spec, NULL) != 0)
		return json_object_new_object();
	for (size_t i = 0; i < ARRAY_SIZE(not_spec); i++)
		json_object_object_del(spec, not_spec[i]);
	if (json_get(spec, "driver_node_type_id") == NULL)
		json_add_str(spec, "driver_node_type_id", json_str(spec, "node_type_id"));
	if (json_get(spec, "autotermination_minutes") == NULL)
		json_add_int(spec, "autotermination_minutes", 120);
	return spec;
}

/* Does the body have a runtime, a node type and a size, as the API requires? If not, the function
 * answers 400. */
static bool
spec_complete(struct request *req)
{
	const char *missing = NULL;

	if (json_str(req->body, "spark_version") == NULL)
		missing = "spark_version";
	else if (json_str(req->body, "node_type_id") == NULL &&
		 json_str(req->body, "instance_pool_id") == NULL)
		missing = "node_type_id";
	else if (json_int(req->body, "num_workers", -1) < 0 &&
		 json_get(req->body, "autoscale") == NULL &&
		 !json_flag(req->body, "is_single_node", false))
		missing = "num_workers or autoscale";
	if (missing == NULL)
		return true;
	reply_error(req, 400, "INVALID_PARAMETER_VALUE", "Missing required field: %s", missing);
	return false;
}

void
clusters_create(struct request *req)
{
	struct json_object *spec, *answer;
	const char *name = json_str(req->body, "cluster_name");
	int64_t now = clock_ms();
	char id[32];

	if (!spec_complete(req))
		return;
	spec = spec_of(req);
	id_cluster(id);
	db_run(req->ws,
	       "INSERT INTO clusters(id, name, state, since, message, creator, source,"
	       " start_time, spec) VALUES(?1, ?2, 'PENDING', ?3, 'Finding instances for new"
	       " nodes', ?4, 'API', ?3, ?5)",
	       "ssisj", id, name != NULL ? name : "", now, req->user, spec);
	json_object_put(spec);
	cluster_event(req->ws, id, now, "CREATING", json_object_new_object());
	answer = json_object_new_object();
	json_add_str(answer, "cluster_id", id);
	reply_json(req, answer);
}

void
clusters_edit(struct request *req)
{
	const char *state, *id = cluster_named(req, &state);
	struct json_object *spec;

	if (id == NULL || !spec_complete(req))
		return;
	if (strcmp(state, "RUNNING") != 0 && strcmp(state, "TERMINATED") != 0) {
		cluster_unexpected_state(req, id, state);
		return;
	}
	spec = spec_of(req);
	db_run(req->ws, "UPDATE clusters SET name = coalesce(?, name), spec = ? WHERE id = ?",
	       "sjs", json_str(req->body, "cluster_name"), spec, id);
	json_object_put(spec);
	cluster_event(req->ws, id, clock_ms(), "EDITED", json_object_new_object());
	reply_empty(req);
}

/* The stored specification with another size; owned by the caller. */
static struct json_object *
resized_spec(struct request *req, const char *id)
{
	struct json_object *autoscale = json_get(req->body, "autoscale"), *spec = NULL;
	sqlite3_stmt *st = db_query(req->ws, "SELECT spec FROM clusters WHERE id = ?", "s", id);

	if (db_next(req->ws, st)) {
		spec = db_tree(st, 0);
		db_end(st);
	}
	json_object_object_del(spec, "autoscale");
	json_object_object_del(spec, "num_workers");
	if (autoscale != NULL)
		json_add(spec, "autoscale", json_object_get(autoscale));
	else
		json_add_int(spec, "num_workers", json_int(req->body, "num_workers", 0));
	return spec;
}

/* in the sandbox workers are added and removed at once */
void
clusters_resize(struct request *req)
{
	const char *id = cluster_named_running(req);
	int64_t workers = json_int(req->body, "num_workers", -1);
	struct json_object *spec, *details;

	if (id == NULL)
		return;
	if ((workers < 0) == (json_get(req->body, "autoscale") == NULL)) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Exactly one of num_workers and autoscale must be given.");
		return;
	}
	spec = resized_spec(req, id);
	db_run(req->ws, "UPDATE clusters SET spec = ? WHERE id = ?", "js", spec, id);
	json_object_put(spec);
	details = json_object_new_object();
	if (workers >= 0)
		json_add_int(details, "target_num_workers", workers);
	json_add_str(details, "cause", "USER_REQUEST");
	json_add_str(details, "user", req->user);
	cluster_event(req->ws, id, clock_ms(), "RESIZING", details);
	reply_empty(req);
}

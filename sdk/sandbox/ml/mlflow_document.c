/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of MLflow as documents: how a run is made, changed and stored. */
#include "ml/mlflow.h"

#include <stdlib.h>
#include <string.h>

struct json_object *
run_new(const char *id, const char *name, const char *experiment, const char *user, int64_t started)
{
	struct json_object *run = json_object_new_object(), *info = json_object_new_object();
	struct json_object *data = json_object_new_object();
	char *place = xprintf("dbfs:/databricks/mlflow-tracking/%s/%s/artifacts", experiment, id);

	json_add_str(info, "run_id", id);
	json_add_str(info, "run_uuid", id);
	json_add_str(info, "run_name", name);
	json_add_str(info, "experiment_id", experiment);
	json_add_str(info, "user_id", user);
	json_add_str(info, "status", "RUNNING");
	json_add_int(info, "start_time", started);
	json_add_str(info, "artifact_uri", place);
	json_add_str(info, "lifecycle_stage", "active");
	json_add(run, "info", info);
	json_add(data, "metrics", json_object_new_array());
	json_add(data, "params", json_object_new_array());
	json_add(data, "tags", json_object_new_array());
	json_add(run, "data", data);
	json_add(run, "inputs", json_object_new_object());
	json_add(run, "files", json_object_new_array());
	free(place);
	run_set(run, "tags", "mlflow.runName", name);
	run_set(run, "tags", "mlflow.user", user);
	return run;
}

void
run_put(struct workspace *ws, struct json_object *run)
{
	struct json_object *info = json_get(run, "info");

	db_run(ws,
	       "INSERT INTO ml_runs(id, experiment, json) VALUES(?, ?, ?)"
	       " ON CONFLICT(id) DO UPDATE SET json = excluded.json",
	       "ssj", json_str(info, "run_id"), json_str(info, "experiment_id"), run);
}

struct json_object *
run_list(struct json_object *run, const char *list)
{
	return json_get(json_get(run, "data"), list);
}

static struct json_object *
pair_of(struct json_object *list, const char *key)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *pair = json_object_array_get_idx(list, i);

		if (strcmp(json_str(pair, "key"), key) == 0)
			return pair;
	}
	return NULL;
}

void
run_set(struct json_object *run, const char *list, const char *key, const char *value)
{
	struct json_object *pair = pair_of(run_list(run, list), key);

	if (pair == NULL) {
		pair = json_object_new_object();
		json_add_str(pair, "key", key);
		json_object_array_add(run_list(run, list), pair);
	}
	json_add_str(pair, "value", value);
}

void
run_log(struct workspace *ws, struct json_object *run, const char *key, struct json_object *value,
	int64_t when, int64_t step)
{
	struct json_object *point = json_object_new_object(), *list = run_list(run, "metrics");
	struct json_object *latest = pair_of(list, key);

	json_add_str(point, "key", key);
	json_add(point, "value", value);
	json_add_int(point, "timestamp", when);
	json_add_int(point, "step", step);
	db_run(ws, "INSERT INTO ml_metrics(run, key, json) VALUES(?, ?, ?)", "ssj",
	       json_str(json_get(run, "info"), "run_id"), key, point);
	if (latest == NULL) {
		json_object_array_add(list, point);
		return;
	}
	if (step >= json_int(latest, "step", 0)) {
		json_add(latest, "value", json_object_get(value));
		json_add_int(latest, "timestamp", when);
		json_add_int(latest, "step", step);
	}
	json_object_put(point);
}

void
run_add_file(struct json_object *run, const char *path, int64_t size)
{
	struct json_object *file = json_object_new_object();

	json_add_str(file, "path", path);
	json_add_bool(file, "is_dir", size < 0);
	if (size >= 0)
		json_add_int(file, "file_size", size);
	json_object_array_add(json_get(run, "files"), file);
}

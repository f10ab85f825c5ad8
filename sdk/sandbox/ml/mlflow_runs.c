/* SPDX-License-Identifier: Apache-2.0 */
/* MLflow tracking: runs, their logged values, their artifacts. */
#include "ml/mlflow.h"

#include <stdlib.h>
#include <string.h>

#include "ml/ml_filter.h"

enum { MAX_BATCH = 1000, MAX_EXPERIMENTS = 1000 };

static const char tables[] =
    "CREATE TABLE IF NOT EXISTS ml_runs(id TEXT PRIMARY KEY, experiment TEXT NOT NULL,"
    " json TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS ml_runs_experiment ON ml_runs(experiment);"
    "CREATE TABLE IF NOT EXISTS ml_metrics(seq INTEGER PRIMARY KEY, run TEXT NOT NULL,"
    " key TEXT NOT NULL, json TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS ml_metrics_run ON ml_metrics(run, key);";

static const struct page_rule runs_rule = { .key = "runs",
					    .size_arg = "max_results",
					    .token_arg = "page_token",
					    .default_size = 1000,
					    .max_size = 50000 };
static const struct page_rule history_rule = { .key = "metrics",
					       .size_arg = "max_results",
					       .token_arg = "page_token",
					       .default_size = 25000,
					       .max_size = 25000 };

/* ---- reading ---- */

/* The run with the id in the request; owned. NULL when the request was refused. */
static struct json_object *
need_run(struct request *req, const char *id)
{
	struct json_object *run = NULL;
	sqlite3_stmt *st;

	if (id == NULL)
		return NULL;
	st = db_query(req->ws, "SELECT json FROM ml_runs WHERE id = ?", "s", id);
	if (db_next(req->ws, st)) {
		run = db_tree(st, 0);
		db_end(st);
	}
	if (run == NULL)
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST", "Run '%.100s' not found.", id);
	return run;
}

/* The run in the body, found by run_id or by the older name of this member. */
static struct json_object *
body_run(struct request *req)
{
	const char *id = json_str(req->body, "run_id");

	if (id == NULL)
		id = json_str(req->body, "run_uuid");
	return need_run(req, id != NULL ? id : body_need(req, "run_id"));
}

static void
store_run(struct request *req, struct json_object *run)
{
	run_put(req->ws, run);
	json_object_put(run);
	reply_empty(req);
}

static void
reply_run(struct request *req, struct json_object *run, const char *member)
{
	struct json_object *answer = json_object_new_object();

	json_object_object_del(run, "files");
	if (strcmp(member, "run") == 0) {
		json_add(answer, member, run);
	} else {
		json_add(answer, member, json_object_get(json_get(run, member)));
		json_object_put(run);
	}
	reply_json(req, answer);
}

static struct ml_value
value_of(struct json_object *run, const char *scope, const char *key)
{
	struct json_object *value;

	if (strcmp(scope, "attributes") == 0)
		value = json_get(json_get(run, "info"), key);
	else
		value = ml_pair(run_list(run, scope), key);
	if (value != NULL &&
	    (strcmp(scope, "metrics") == 0 || json_object_is_type(value, json_type_int)))
		return (struct ml_value){ .is_number = true,
					  .number = json_object_get_double(value) };
	return (struct ml_value){ .text = json_object_get_string(value) };
}

static const char *const run_texts[] = { "run_id",	 "run_name",	    "status", "user_id",
					 "artifact_uri", "lifecycle_stage", NULL };
static const char *const run_numbers[] = { "start_time", "end_time", NULL };
static const struct ml_grammar run_grammar = { run_texts, run_numbers, true, value_of };

static bool
run_stage_shown(const char *view, struct json_object *run)
{
	const char *stage = json_str(json_get(run, "info"), "lifecycle_stage");

	if (view != NULL && strcmp(view, "ALL") == 0)
		return true;
	return strcmp(stage, view != NULL && strcmp(view, "DELETED_ONLY") == 0 ? "deleted"
									       : "active") == 0;
}

static void
add_runs(struct workspace *ws, const char *experiment, const char *view, struct json_object *all)
{
	sqlite3_stmt *st =
	    db_query(ws, "SELECT json FROM ml_runs WHERE experiment = ?", "s", experiment);

	while (db_next(ws, st)) {
		struct json_object *run = db_tree(st, 0);

		json_object_object_del(run, "files");
		if (run_stage_shown(view, run))
			json_object_array_add(all, run);
		else
			json_object_put(run);
	}
}

static void
runs_search(struct request *req)
{
	struct json_object *ids = json_get(req->body, "experiment_ids"), *all, *found;
	const char *filter = json_str(req->body, "filter");
	const char *view = json_str(req->body, "run_view_type");
	char *kind;

	if (!json_object_is_type(ids, json_type_array) || json_object_array_length(ids) == 0 ||
	    json_object_array_length(ids) > MAX_EXPERIMENTS) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Missing required field: experiment_ids (1 to %d)", MAX_EXPERIMENTS);
		return;
	}
	all = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(ids); i++)
		add_runs(req->ws, json_object_get_string(json_object_array_get_idx(ids, i)), view,
			 all);
	found = ml_search(req, &run_grammar, filter, json_get(req->body, "order_by"),
			  "start_time DESC", all);
	if (found == NULL)
		return;
	kind = xprintf("runs:%s:%s", json_object_to_json_string(ids), filter != NULL ? filter : "");
	page_reply(req, &runs_rule, kind, found);
	free(kind);
}

static void
runs_get(struct request *req)
{
	const char *id = request_arg(req, "run_id");
	struct json_object *run;

	if (id == NULL)
		id = request_arg(req, "run_uuid");
	run = need_run(req, id != NULL ? id : request_need(req, "run_id"));
	if (run != NULL)
		reply_run(req, run, "run");
}

static void
metric_history(struct request *req)
{
	const char *id = request_arg(req, "run_id"), *key = request_need(req, "metric_key");
	struct json_object *run, *all;
	sqlite3_stmt *st;
	char *kind;

	if (key == NULL)
		return;
	run = need_run(req, id != NULL ? id : request_need(req, "run_id"));
	if (run == NULL)
		return;
	json_object_put(run);
	all = json_object_new_array();
	st = db_query(req->ws, "SELECT json FROM ml_metrics WHERE run = ? AND key = ? ORDER BY seq",
		      "ss", id, key);
	while (db_next(req->ws, st))
		json_object_array_add(all, db_tree(st, 0));
	kind = xprintf("history:%s:%s", id, key);
	page_reply(req, &history_rule, kind, all);
	free(kind);
}

/* Is `path` directly in `folder`? "" means the root. */
static bool
directly_in(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	if (len == 0)
		return strchr(path, '/') == NULL;
	return strncmp(path, folder, len) == 0 && path[len] == '/' &&
	       strchr(path + len + 1, '/') == NULL;
}

static void
artifacts_list(struct request *req)
{
	const char *id = request_arg(req, "run_id"), *folder = request_arg(req, "path");
	struct json_object *run, *answer, *kept, *files;

	run = need_run(req, id != NULL ? id : request_need(req, "run_id"));
	if (run == NULL)
		return;
	files = json_get(run, "files");
	kept = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(files); i++) {
		struct json_object *file = json_object_array_get_idx(files, i);

		if (directly_in(json_str(file, "path"), folder != NULL ? folder : ""))
			json_object_array_add(kept, json_object_get(file));
	}
	answer = json_object_new_object();
	json_add_str(answer, "root_uri", json_str(json_get(run, "info"), "artifact_uri"));
	if (json_object_array_length(kept) > 0)
		json_add(answer, "files", json_object_get(kept));
	json_object_put(kept);
	json_object_put(run);
	reply_json(req, answer);
}

/* ---- writing ---- */

static void
set_all(struct json_object *run, const char *list, struct json_object *pairs)
{
	for (size_t i = 0;
	     json_object_is_type(pairs, json_type_array) && i < json_object_array_length(pairs);
	     i++) {
		struct json_object *pair = json_object_array_get_idx(pairs, i);
		const char *key = json_str(pair, "key"), *value = json_str(pair, "value");

		if (key != NULL && value != NULL)
			run_set(run, list, key, value);
	}
}

static void
runs_create(struct request *req)
{
	const char *experiment = body_need(req, "experiment_id");
	const char *name = json_str(req->body, "run_name");
	struct json_object *found, *run;
	char id[33];

	if (experiment == NULL)
		return;
	found = experiment_get(req->ws, experiment);
	if (found == NULL) {
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST",
			    "No experiment with id %.100s exists", experiment);
		return;
	}
	json_object_put(found);
	id_hex(id, 32);
	run = run_new(id, name != NULL && *name != '\0' ? name : "sandbox-run", experiment,
		      req->user, json_int(req->body, "start_time", clock_ms()));
	set_all(run, "tags", json_get(req->body, "tags"));
	run_put(req->ws, run);
	reply_run(req, run, "run");
}

static bool
known_status(const char *status)
{
	static const char *const known[] = { "RUNNING", "SCHEDULED", "FINISHED", "FAILED",
					     "KILLED" };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(known[i], status) == 0)
			return true;
	return false;
}

static void
runs_update(struct request *req)
{
	const char *status = json_str(req->body, "status"), *name = json_str(req->body, "run_name");
	struct json_object *run = body_run(req), *answer, *info;

	if (run == NULL)
		return;
	info = json_get(run, "info");
	if (status != NULL && !known_status(status)) {
		json_object_put(run);
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Invalid value '%.40s' for "
			    "parameter 'status'",
			    status);
		return;
	}
	if (status != NULL)
		json_add_str(info, "status", status);
	if (json_int(req->body, "end_time", 0) > 0)
		json_add_int(info, "end_time", json_int(req->body, "end_time", 0));
	if (name != NULL) {
		json_add_str(info, "run_name", name);
		run_set(run, "tags", "mlflow.runName", name);
	}
	run_put(req->ws, run);
	answer = json_object_new_object();
	json_add(answer, "run_info", json_object_get(info));
	json_object_put(run);
	reply_json(req, answer);
}

/* Reads a number, or one of the texts for numbers that JSON does not have. */
static bool
metric_value(struct json_object *value)
{
	char *end;

	if (json_object_is_type(value, json_type_int) ||
	    json_object_is_type(value, json_type_double))
		return true;
	if (!json_object_is_type(value, json_type_string))
		return false;
	strtod(json_object_get_string(value), &end);
	return end != json_object_get_string(value) && *end == '\0';
}

/* False after a refusal. */
static bool
log_one_metric(struct request *req, struct json_object *run, struct json_object *point)
{
	const char *key = json_str(point, "key");
	struct json_object *value = json_get(point, "value");

	if (key == NULL || *key == '\0' || !metric_value(value)) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "A metric needs a key and a numeric value.");
		return false;
	}
	run_log(req->ws, run, key, json_object_get(value), json_int(point, "timestamp", clock_ms()),
		json_int(point, "step", 0));
	return true;
}

/* A param may be logged again, but only with the same value. */
static bool
log_one_param(struct request *req, struct json_object *run, struct json_object *pair)
{
	const char *key = json_str(pair, "key"), *value = json_str(pair, "value"), *old;

	if (key == NULL || *key == '\0' || value == NULL) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "A param needs a key and a value.");
		return false;
	}
	old = json_object_get_string(ml_pair(run_list(run, "params"), key));
	if (old != NULL && strcmp(old, value) != 0) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Param '%.200s' was already "
			    "logged with value '%.200s'; params cannot change.",
			    key, old);
		return false;
	}
	run_set(run, "params", key, value);
	return true;
}

static bool
log_one_tag(struct request *req, struct json_object *run, struct json_object *pair)
{
	const char *key = json_str(pair, "key"), *value = json_str(pair, "value");

	if (key == NULL || *key == '\0') {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE", "Missing required field: key");
		return false;
	}
	run_set(run, "tags", key, value != NULL ? value : "");
	if (strcmp(key, "mlflow.runName") == 0 && value != NULL)
		json_add_str(json_get(run, "info"), "run_name", value);
	return true;
}

typedef bool (*log_fn)(struct request *req, struct json_object *run, struct json_object *item);

static void
log_single(struct request *req, log_fn fn)
{
	struct json_object *run = body_run(req);

	if (run == NULL)
		return;
	if (fn(req, run, req->body))
		store_run(req, run);
	else
		json_object_put(run);
}

static void
log_metric(struct request *req)
{
	log_single(req, log_one_metric);
}

static void
log_param(struct request *req)
{
	log_single(req, log_one_param);
}

static void
set_tag(struct request *req)
{
	log_single(req, log_one_tag);
}

static bool
log_all(struct request *req, struct json_object *run, const char *member, log_fn fn)
{
	struct json_object *list = json_get(req->body, member);
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	if (n > MAX_BATCH) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE", "A batch may have at most %d %s.",
			    MAX_BATCH, member);
		return false;
	}
	for (size_t i = 0; i < n; i++)
		if (!fn(req, run, json_object_array_get_idx(list, i)))
			return false;
	return true;
}

/* Params are logged first, because only they can be refused on account of an earlier value. */
static void
log_batch(struct request *req)
{
	struct json_object *run = body_run(req);

	if (run == NULL)
		return;
	if (log_all(req, run, "params", log_one_param) && log_all(req, run, "tags", log_one_tag) &&
	    log_all(req, run, "metrics", log_one_metric))
		store_run(req, run);
	else
		json_object_put(run);
}

static void
set_run_stage(struct request *req, const char *stage)
{
	struct json_object *run = body_run(req);

	if (run == NULL)
		return;
	json_add_str(json_get(run, "info"), "lifecycle_stage", stage);
	store_run(req, run);
}

static void
runs_delete(struct request *req)
{
	set_run_stage(req, "deleted");
}

static void
runs_restore(struct request *req)
{
	set_run_stage(req, "active");
}

static const struct route run_routes[] = {
	{ "POST", MLFLOW "/runs/search", runs_search, 0 },
	{ "GET", MLFLOW "/runs/get", runs_get, 0 },
	{ "POST", MLFLOW "/runs/create", runs_create, 0 },
	{ "POST", MLFLOW "/runs/update", runs_update, 0 },
	{ "POST", MLFLOW "/runs/delete", runs_delete, 0 },
	{ "POST", MLFLOW "/runs/restore", runs_restore, 0 },
	{ "POST", MLFLOW "/runs/log-metric", log_metric, 0 },
	{ "POST", MLFLOW "/runs/log-parameter", log_param, 0 },
	{ "POST", MLFLOW "/runs/set-tag", set_tag, 0 },
	{ "POST", MLFLOW "/runs/log-batch", log_batch, 0 },
	{ "GET", MLFLOW "/metrics/get-history", metric_history, 0 },
	{ "GET", MLFLOW "/artifacts/list", artifacts_list, 0 },
	{ NULL, NULL, NULL, 0 },
};

const struct domain mlflow_runs_domain = {
	.name = "mlflow_runs", .routes = run_routes, .tables = tables, .seed = mlflow_seed
};

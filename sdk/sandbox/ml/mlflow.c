/* SPDX-License-Identifier: Apache-2.0 */
/* MLflow tracking: experiments.  /api/2.0/mlflow/experiments */
#include "ml/mlflow.h"

#include <stdlib.h>
#include <string.h>

#include "ml/ml_filter.h"

static const struct page_rule experiments_rule = { .key = "experiments",
						   .size_arg = "max_results",
						   .token_arg = "page_token",
						   .default_size = 1000,
						   .max_size = 3000 };

struct json_object *
experiment_get(struct workspace *ws, const char *id)
{
	return doc_get(ws, "experiment", id);
}

void
experiment_put(struct workspace *ws, struct json_object *experiment)
{
	doc_put(ws, "experiment", json_str(experiment, "experiment_id"), experiment);
}

struct json_object *
experiment_new(const char *id, const char *name, int64_t created)
{
	struct json_object *experiment = json_object_new_object();
	char *place = xprintf("dbfs:/databricks/mlflow-tracking/%s", id);

	json_add_str(experiment, "experiment_id", id);
	json_add_str(experiment, "name", name);
	json_add_str(experiment, "artifact_location", place);
	json_add_str(experiment, "lifecycle_stage", "active");
	json_add_int(experiment, "creation_time", created);
	json_add_int(experiment, "last_update_time", created);
	free(place);
	return experiment;
}

static const char *const experiment_texts[] = { "name", "experiment_id", NULL };
static const char *const experiment_numbers[] = { "creation_time", "last_update_time", NULL };
static const struct ml_grammar experiment_grammar = { experiment_texts, experiment_numbers, false,
						      ml_attribute };

static bool
stage_shown(const char *view, const char *stage)
{
	if (view != NULL && strcmp(view, "ALL") == 0)
		return true;
	return strcmp(stage, view != NULL && strcmp(view, "DELETED_ONLY") == 0 ? "deleted"
									       : "active") == 0;
}

static struct json_object *
in_view(struct workspace *ws, const char *view)
{
	struct json_object *all = doc_list(ws, "experiment", NULL);
	struct json_object *kept = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *item = json_object_array_get_idx(all, i);

		if (stage_shown(view, json_str(item, "lifecycle_stage")))
			json_object_array_add(kept, json_object_get(item));
	}
	json_object_put(all);
	return kept;
}

static void
experiments_search(struct request *req)
{
	const char *filter = json_str(req->body, "filter");
	const char *view = json_str(req->body, "view_type");
	char *kind =
	    xprintf("experiments:%s:%s", view != NULL ? view : "", filter != NULL ? filter : "");
	struct json_object *found =
	    ml_search(req, &experiment_grammar, filter, json_get(req->body, "order_by"),
		      "creation_time DESC", in_view(req->ws, view));

	if (found != NULL)
		page_reply(req, &experiments_rule, kind, found);
	free(kind);
}

static void
experiments_list(struct request *req)
{
	page_reply(req, &experiments_rule, "experiments",
		   in_view(req->ws, request_arg(req, "view_type")));
}

static void
reply_experiment(struct request *req, struct json_object *experiment)
{
	struct json_object *answer = json_object_new_object();

	json_add(answer, "experiment", experiment);
	reply_json(req, answer);
}

static void
experiments_get(struct request *req)
{
	const char *id = request_need(req, "experiment_id");
	struct json_object *experiment = id != NULL ? experiment_get(req->ws, id) : NULL;

	if (experiment != NULL)
		reply_experiment(req, experiment);
	else if (id != NULL)
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST", "Node ID %.100s does not exist.",
			    id);
}

/* The experiment with this name; owned. NULL when there is none. */
static struct json_object *
by_name(struct workspace *ws, const char *name)
{
	struct json_object *all = doc_list(ws, "experiment", NULL), *found = NULL;

	for (size_t i = 0; found == NULL && i < json_object_array_length(all); i++) {
		struct json_object *item = json_object_array_get_idx(all, i);

		if (strcmp(json_str(item, "name"), name) == 0)
			found = json_object_get(item);
	}
	json_object_put(all);
	return found;
}

static void
experiments_by_name(struct request *req)
{
	const char *name = request_need(req, "experiment_name");
	struct json_object *experiment = name != NULL ? by_name(req->ws, name) : NULL;

	if (experiment != NULL)
		reply_experiment(req, experiment);
	else if (name != NULL)
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST", "Node %.300s does not exist.",
			    name);
}

static void
experiments_create(struct request *req)
{
	const char *name = body_need(req, "name");
	struct json_object *experiment, *answer, *tags = json_get(req->body, "tags");
	char *id;

	if (name == NULL)
		return;
	if (*name != '/') {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Got an invalid experiment name "
			    "'%.300s'. An experiment name must be an absolute path within the "
			    "Databricks workspace, e.g. '/Users/<some-username>/my-experiment'.",
			    name);
		return;
	}
	experiment = by_name(req->ws, name);
	if (experiment != NULL) {
		json_object_put(experiment);
		reply_error(req, 400, "RESOURCE_ALREADY_EXISTS",
			    "Node named '%.300s' already "
			    "exists",
			    name);
		return;
	}
	id = xprintf("%lld", (long long)id_number());
	experiment = experiment_new(id, name, clock_ms());
	if (json_object_is_type(tags, json_type_array))
		json_add(experiment, "tags", json_object_get(tags));
	experiment_put(req->ws, experiment);
	json_object_put(experiment);
	answer = json_object_new_object();
	json_add_str(answer, "experiment_id", id);
	free(id);
	reply_json(req, answer);
}

static void
set_stage(struct request *req, const char *stage)
{
	const char *id = body_need(req, "experiment_id");
	struct json_object *experiment = id != NULL ? experiment_get(req->ws, id) : NULL;

	if (id == NULL)
		return;
	if (experiment == NULL) {
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST", "Node ID %.100s does not exist.",
			    id);
		return;
	}
	json_add_str(experiment, "lifecycle_stage", stage);
	json_add_int(experiment, "last_update_time", clock_ms());
	experiment_put(req->ws, experiment);
	json_object_put(experiment);
	reply_empty(req);
}

static void
experiments_delete(struct request *req)
{
	set_stage(req, "deleted");
}

static void
experiments_restore(struct request *req)
{
	set_stage(req, "active");
}

static const struct route routes[] = {
	{ "POST", MLFLOW "/experiments/search", experiments_search, 0 },
	{ "GET", MLFLOW "/experiments/list", experiments_list, 0 },
	{ "GET", MLFLOW "/experiments/get", experiments_get, 0 },
	{ "GET", MLFLOW "/experiments/get-by-name", experiments_by_name, 0 },
	{ "POST", MLFLOW "/experiments/create", experiments_create, 0 },
	{ "POST", MLFLOW "/experiments/delete", experiments_delete, 0 },
	{ "POST", MLFLOW "/experiments/restore", experiments_restore, 0 },
	{ NULL, NULL, NULL, 0 },
};

const struct domain mlflow_domain = { .name = "mlflow", .routes = routes };

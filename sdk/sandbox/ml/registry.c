/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The workspace's own model registry: /api/2.0/mlflow registered-models and model-versions. A
 * version is a document named MODEL/NUMBER; names contain no slash.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ml/ml_filter.h"
#include "ml/mlflow.h"

static const struct page_rule models_rule = { .key = "registered_models",
					      .size_arg = "max_results",
					      .token_arg = "page_token",
					      .default_size = 100,
					      .max_size = 1000 };
static const struct page_rule versions_rule = { .key = "model_versions",
						.size_arg = "max_results",
						.token_arg = "page_token",
						.default_size = 10000,
						.max_size = 200000 };

/* ---- documents ---- */

static struct json_object *
model_new(const char *name, const char *user, const char *text, int64_t when)
{
	struct json_object *model = json_object_new_object();

	json_add_str(model, "name", name);
	json_add_int(model, "creation_timestamp", when);
	json_add_int(model, "last_updated_timestamp", when);
	json_add_str(model, "user_id", user);
	json_add_str(model, "description", text);
	return model;
}

static void
version_add(struct workspace *ws, const char *model, int number, const char *user,
	    const char *stage, const char *source, const char *run, int64_t when)
{
	struct json_object *version = json_object_new_object();
	char *id = xprintf("%s/%d", model, number), text[16];

	snprintf(text, sizeof(text), "%d", number);
	json_add_str(version, "name", model);
	json_add_str(version, "version", text);
	json_add_int(version, "creation_timestamp", when);
	json_add_int(version, "last_updated_timestamp", when);
	json_add_str(version, "user_id", user);
	json_add_str(version, "current_stage", stage);
	json_add_str(version, "source", source);
	json_add_str(version, "run_id", run);
	json_add_str(version, "status", "READY");
	doc_put(ws, "model_version", id, version);
	json_object_put(version);
	free(id);
}

/* The newest version of each stage, which lists of models show. */
static void
add_latest(struct workspace *ws, struct json_object *model)
{
	char *prefix = xprintf("%s/", json_str(model, "name"));
	struct json_object *all = doc_list(ws, "model_version", prefix);
	struct json_object *latest = json_object_new_array();

	for (size_t i = json_object_array_length(all); i-- > 0;) {
		struct json_object *version = json_object_array_get_idx(all, i);
		bool seen = false;

		for (size_t k = 0; k < json_object_array_length(latest); k++)
			seen = seen || strcmp(json_str(json_object_array_get_idx(latest, k),
						       "current_stage"),
					      json_str(version, "current_stage")) == 0;
		if (!seen)
			json_object_array_add(latest, json_object_get(version));
	}
	if (json_object_array_length(latest) > 0)
		json_add(model, "latest_versions", json_object_get(latest));
	json_object_put(latest);
	json_object_put(all);
	free(prefix);
}

/* ---- models ---- */

/* Reads the argument order_by, which may be repeated; owned. */
static struct json_object *
orders(struct request *req)
{
	struct json_object *list = json_object_new_array();
	const char *order;

	for (size_t i = 0; (order = request_arg_at(req, "order_by", i)) != NULL; i++)
		json_object_array_add(list, json_object_new_string(order));
	return list;
}

static void
search(struct request *req, const struct ml_grammar *grammar, const struct page_rule *rule,
       const char *fallback, struct json_object *all)
{
	const char *filter = request_arg(req, "filter");
	struct json_object *order = orders(req), *answer = NULL;
	char *kind = xprintf("%s:%s", rule->key, filter != NULL ? filter : "");
	struct json_object *found = ml_search(req, grammar, filter, order, fallback, all);

	if (found != NULL)
		answer = page_cut(req, rule, kind, found);
	if (answer != NULL) {
		struct json_object *list = json_get(answer, rule->key);

		for (size_t i = 0;
		     rule == &models_rule && list != NULL && i < json_object_array_length(list);
		     i++)
			add_latest(req->ws, json_object_array_get_idx(list, i));
		reply_json(req, answer);
	}
	json_object_put(order);
	free(kind);
}

static void
models_search(struct request *req)
{
	static const char *const texts[] = { "name", NULL };
	static const char *const numbers[] = { "last_updated_timestamp", "timestamp", NULL };
	static const struct ml_grammar grammar = { texts, numbers, false, ml_attribute };

	search(req, &grammar, &models_rule, "name", doc_list(req->ws, "registered_model", NULL));
}

static struct json_object *
need_model(struct request *req, const char *name)
{
	struct json_object *model =
	    name != NULL ? doc_get(req->ws, "registered_model", name) : NULL;

	if (name != NULL && model == NULL)
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST",
			    "RegisteredModel '%.200s' does not exist. It might have been deleted.",
			    name);
	return model;
}

static void
model_answer(struct request *req, const char *member)
{
	struct json_object *model = need_model(req, request_need(req, "name"));
	struct json_object *answer;

	if (model == NULL)
		return;
	add_latest(req->ws, model);
	if (strcmp(member, "registered_model_databricks") == 0) {
		json_add(model, "id", json_object_new_string(json_str(model, "name")));
		json_add_str(model, "permission_level", "CAN_MANAGE");
	}
	answer = json_object_new_object();
	json_add(answer, member, model);
	reply_json(req, answer);
}

static void
models_get(struct request *req)
{
	model_answer(req, "registered_model");
}

static void
models_get_databricks(struct request *req)
{
	model_answer(req, "registered_model_databricks");
}

static void
models_create(struct request *req)
{
	const char *name = body_need(req, "name"), *text = json_str(req->body, "description");
	struct json_object *model, *answer, *tags = json_get(req->body, "tags");

	if (name == NULL)
		return;
	if (strpbrk(name, "/:.") != NULL) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Registered model name cannot "
			    "contain '/', ':' or '.': %.200s",
			    name);
		return;
	}
	model = doc_get(req->ws, "registered_model", name);
	if (model != NULL) {
		json_object_put(model);
		reply_error(req, 400, "RESOURCE_ALREADY_EXISTS",
			    "Registered Model (name=%.200s) already exists.", name);
		return;
	}
	model = model_new(name, req->user, text, clock_ms());
	if (json_object_is_type(tags, json_type_array))
		json_add(model, "tags", json_object_get(tags));
	doc_put(req->ws, "registered_model", name, model);
	answer = json_object_new_object();
	json_add(answer, "registered_model", model);
	reply_json(req, answer);
}

/* ---- versions ---- */

static void
reply_version(struct request *req, const char *model, const char *number)
{
	char *id = xprintf("%s/%s", model, number);
	struct json_object *version = doc_get(req->ws, "model_version", id), *answer;

	free(id);
	if (version == NULL) {
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST",
			    "ModelVersion (name=%.200s, version=%.20s) not found", model, number);
		return;
	}
	answer = json_object_new_object();
	json_add(answer, "model_version", version);
	reply_json(req, answer);
}

static void
versions_get(struct request *req)
{
	const char *name = request_need(req, "name"), *version;
	struct json_object *model;

	if (name == NULL)
		return;
	version = request_need(req, "version");
	if (version == NULL)
		return;
	model = need_model(req, name);
	if (model == NULL)
		return;
	json_object_put(model);
	reply_version(req, name, version);
}

static void
versions_search(struct request *req)
{
	static const char *const texts[] = { "name",	    "version_number", "run_id",
					     "source_path", "current_stage",  NULL };
	static const char *const numbers[] = { "creation_timestamp", "last_updated_timestamp",
					       NULL };
	static const struct ml_grammar grammar = { texts, numbers, false, ml_attribute };

	search(req, &grammar, &versions_rule, "last_updated_timestamp DESC",
	       doc_list(req->ws, "model_version", NULL));
}

static void
versions_create(struct request *req)
{
	const char *name = body_need(req, "name"), *source, *run = json_str(req->body, "run_id");
	struct json_object *model, *all;
	char *prefix, number[24];

	if (name == NULL)
		return;
	source = body_need(req, "source");
	if (source == NULL)
		return;
	model = need_model(req, name);
	if (model == NULL)
		return;
	prefix = xprintf("%s/", name);
	all = doc_list(req->ws, "model_version", prefix);
	snprintf(number, sizeof(number), "%zu", json_object_array_length(all) + 1);
	version_add(req->ws, name, (int)json_object_array_length(all) + 1, req->user, "None",
		    source, run, clock_ms());
	json_add_int(model, "last_updated_timestamp", clock_ms());
	doc_put(req->ws, "registered_model", name, model);
	json_object_put(model);
	json_object_put(all);
	free(prefix);
	reply_version(req, name, number);
}

static void
seed(struct workspace *ws)
{
	static const struct {
		const char *name, *text;
		int versions;
	} models[] = {
		{ "churn-classifier", "Who will leave within 30 days", 3 },
		{ "legacy-forecast", "Replaced by main.default.taxi_fare", 1 },
		{ "empty-model", NULL, 0 },
	};
	int64_t now = clock_ms();

	for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
		struct json_object *model = model_new(models[i].name, "ann@example.com",
						      models[i].text, now - 400 * HOUR_MS);

		doc_put(ws, "registered_model", models[i].name, model);
		json_object_put(model);
		for (int v = 1; v <= models[i].versions; v++) {
			const char *stage = v == models[i].versions	? "None"
					  : v == models[i].versions - 1 ? "Production"
									: "Archived";
			char *source = xprintf("dbfs:/databricks/mlflow-registry/%s/%d/model",
					       models[i].name, v);

			version_add(ws, models[i].name, v, "ann@example.com", stage, source, NULL,
				    now - (300 - v * 20) * HOUR_MS);
			free(source);
		}
	}
}

static const struct route registry_routes[] = {
	{ "GET", MLFLOW "/registered-models/search", models_search, 0 },
	{ "GET", MLFLOW "/registered-models/list", models_search, 0 },
	{ "GET", MLFLOW "/registered-models/get", models_get, 0 },
	{ "GET", MLFLOW "/databricks/registered-models/get", models_get_databricks, 0 },
	{ "POST", MLFLOW "/registered-models/create", models_create, 0 },
	{ "GET", MLFLOW "/model-versions/get", versions_get, 0 },
	{ "GET", MLFLOW "/model-versions/search", versions_search, 0 },
	{ "POST", MLFLOW "/model-versions/create", versions_create, 0 },
	{ NULL, NULL, NULL, 0 },
};

const struct domain registry_domain = { .name = "registry",
					.routes = registry_routes,
					.seed = seed };

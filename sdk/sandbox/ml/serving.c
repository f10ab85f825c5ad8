/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Model serving: /api/2.0/serving-endpoints and /serving-endpoints/NAME/invocations. The endpoints
 * are documents; `served` selects the model that answers.
 */
#include "ml/serving.h"

#include <stdlib.h>
#include <string.h>

#include "ml/embed.h"

#define API "/api/2.0/serving-endpoints"

struct serving_seed {
	const char *name, *task, *entity, *version, *served, *creator;
	bool ready;
	const char *update;
	void (*invoke)(struct request *req, const char *served);
};

static const struct serving_seed serving_seeds[] = {
	{ "taxi-fare", NULL, "main.default.taxi_fare", "3", "taxi_fare-3", "ann@example.com", true,
	  "NOT_UPDATING", model_linear },
	{ "sandbox-chat", "llm/v1/chat", "system.ai.sandbox_chat", "1", "sandbox_chat-1",
	  "System-User", true, "NOT_UPDATING", model_chat },
	{ EMBEDDER, "llm/v1/embeddings", "system.ai.sandbox_embedder", "1", "sandbox_embedder-1",
	  "System-User", true, "NOT_UPDATING", model_embed },
	{ "credit-risk", NULL, "main.sales.credit_risk", "2", "credit_risk-2", "bob@example.com",
	  false, "IN_PROGRESS", NULL },
};

enum { SEEDS = ARRAY_SIZE(serving_seeds) };

/* ---- documents ---- */

static struct json_object *
served_entity(const struct serving_seed *serving_seed, int64_t when)
{
	struct json_object *entity = json_object_new_object(), *state = json_object_new_object();

	json_add_str(entity, "name", serving_seed->served);
	json_add_str(entity, "entity_name", serving_seed->entity);
	json_add_str(entity, "entity_version", serving_seed->version);
	json_add_str(entity, "workload_size", "Small");
	json_add_bool(entity, "scale_to_zero_enabled", true);
	json_add_str(entity, "creator", serving_seed->creator);
	json_add_int(entity, "creation_timestamp", when);
	json_add_str(state, "deployment",
		     serving_seed->ready ? "DEPLOYMENT_READY" : "DEPLOYMENT_CREATING");
	json_add(entity, "state", state);
	return entity;
}

static void
seed_one(struct workspace *ws, const struct serving_seed *serving_seed, int64_t when)
{
	struct json_object *endpoint = json_object_new_object(), *config, *part, *list;
	char id[33];

	id_hex(id, 32);
	json_add_str(endpoint, "name", serving_seed->name);
	json_add_str(endpoint, "id", id);
	json_add_str(endpoint, "creator", serving_seed->creator);
	json_add_int(endpoint, "creation_timestamp", when);
	json_add_int(endpoint, "last_updated_timestamp", when);
	part = json_object_new_object();
	json_add_str(part, "ready", serving_seed->ready ? "READY" : "NOT_READY");
	json_add_str(part, "config_update", serving_seed->update);
	json_add(endpoint, "state", part);
	config = json_object_new_object();
	list = json_object_new_array();
	json_object_array_add(list, served_entity(serving_seed, when));
	json_add(config, "served_entities", list);
	json_add_int(config, "config_version", 1);
	json_add(endpoint, serving_seed->ready ? "config" : "pending_config", config);
	json_add_str(endpoint, "task", serving_seed->task);
	json_add_str(endpoint, "permission_level", "CAN_MANAGE");
	doc_put(ws, "serving", serving_seed->name, endpoint);
	json_object_put(endpoint);
}

static void
serving_seed(struct workspace *ws)
{
	for (int i = 0; i < SEEDS; i++)
		seed_one(ws, &serving_seeds[i], clock_ms() - (200 - i * 40) * HOUR_MS);
}

/* ---- endpoints ---- */

static void
endpoints_list(struct request *req)
{
	struct json_object *answer = json_object_new_object();
	struct json_object *all = doc_list(req->ws, "serving", NULL);

	if (json_object_array_length(all) > 0)
		json_add(answer, "endpoints", json_object_get(all));
	json_object_put(all);
	reply_json(req, answer);
}

static void
endpoints_get(struct request *req)
{
	const char *name = request_var(req, "name");
	struct json_object *endpoint = doc_get(req->ws, "serving", name);

	if (endpoint != NULL)
		reply_json(req, endpoint);
	else
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST",
			    "Endpoint with name '%.200s' does not exist.", name);
}

static const struct serving_seed *
find_model(const char *name)
{
	for (int i = 0; i < SEEDS; i++)
		if (strcmp(serving_seeds[i].name, name) == 0)
			return &serving_seeds[i];
	return NULL;
}

static void
invoke(struct request *req, const char *name)
{
	struct json_object *endpoint = doc_get(req->ws, "serving", name);
	const struct serving_seed *model = find_model(name);
	const char *ready = json_str(json_get(endpoint, "state"), "ready");

	if (endpoint == NULL || model == NULL) {
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST",
			    "The given endpoint does not "
			    "exist, please retry after checking the specified model and version "
			    "deployment exists.");
	} else if (model->invoke == NULL || strcmp(ready, "READY") != 0) {
		reply_error(req, 400, "BAD_REQUEST",
			    "Endpoint '%.200s' is not ready: its first "
			    "configuration is still being deployed.",
			    name);
	} else {
		model->invoke(req, model->served);
		reply_header(req, "served-model-name", model->served);
	}
	json_object_put(endpoint);
}

static void
invocations(struct request *req)
{
	invoke(req, request_var(req, "name"));
}

/* For paths that are like OpenAI's, the name of the endpoint is in the body. */
static void
invoke_named(struct request *req)
{
	const char *name = body_need(req, "model");

	if (name != NULL)
		invoke(req, name);
}

static const struct route serving_routes[] = {
	{ "GET", API, endpoints_list, 0 },
	{ "GET", API "/{name}", endpoints_get, 0 },
	{ "POST", "/serving-endpoints/chat/completions", invoke_named, 0 },
	{ "POST", "/serving-endpoints/embeddings", invoke_named, 0 },
	{ "POST", "/serving-endpoints/{name}/invocations", invocations, 0 },
	{ NULL, NULL, NULL, 0 },
};

const struct domain serving_domain = { .name = "serving",
				       .routes = serving_routes,
				       .seed = serving_seed };

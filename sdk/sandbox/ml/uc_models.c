/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Models in Unity Catalog: /api/2.1/unity-catalog/models, their versions and aliases. A version is
 * a document named FULL.NAME/NUMBER; aliases are stored in the model.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/uc.h"

#define UC "/api/2.1/unity-catalog/models"

static const struct page_rule uc_models_rule = { .key = "registered_models",
						 .size_arg = "max_results",
						 .token_arg = "page_token",
						 .default_size = 100,
						 .max_size = 100,
						 .empty_first = true };
static const struct page_rule uc_versions_rule = { .key = "model_versions",
						   .size_arg = "max_results",
						   .token_arg = "page_token",
						   .default_size = 100,
						   .max_size = 1000,
						   .empty_first = true };

/* ---- documents ---- */

static struct json_object *
uc_model_new(struct workspace *ws, const char *catalog, const char *schema, const char *name,
	     const char *user, const char *comment, int64_t when)
{
	struct json_object *model = json_object_new_object();
	char *full = xprintf("%s.%s.%s", catalog, schema, name), id[37], *place;

	id_uuid(id);
	place = xprintf("s3://sandbox/models/%s", id);
	json_add_str(model, "name", name);
	json_add_str(model, "catalog_name", catalog);
	json_add_str(model, "schema_name", schema);
	json_add_str(model, "full_name", full);
	json_add_str(model, "comment", comment);
	json_add_str(model, "owner", user);
	json_add_str(model, "storage_location", place);
	json_add_str(model, "metastore_id", ws->metastore_id);
	json_add_int(model, "created_at", when);
	json_add_str(model, "created_by", user);
	json_add_int(model, "updated_at", when);
	json_add_str(model, "updated_by", user);
	json_add_str(model, "id", id);
	json_add(model, "aliases", json_object_new_array());
	free(full);
	free(place);
	return model;
}

static void
uc_version_add(struct workspace *ws, struct json_object *model, int number, const char *run,
	       const char *comment, int64_t when)
{
	struct json_object *version = json_object_new_object();
	char *id = xprintf("%s/%d", json_str(model, "full_name"), number);
	char *place = xprintf("%s/versions/%d", json_str(model, "storage_location"), number);

	json_add_str(version, "model_name", json_str(model, "name"));
	json_add_str(version, "catalog_name", json_str(model, "catalog_name"));
	json_add_str(version, "schema_name", json_str(model, "schema_name"));
	json_add_int(version, "version", number);
	json_add_str(version, "status", "READY");
	json_add_str(version, "source", place);
	json_add_str(version, "storage_location", place);
	json_add_str(version, "run_id", run);
	json_add_str(version, "comment", comment);
	json_add_str(version, "metastore_id", ws->metastore_id);
	json_add_int(version, "created_at", when);
	json_add_str(version, "created_by", json_str(model, "owner"));
	json_add_int(version, "updated_at", when);
	json_add_str(version, "updated_by", json_str(model, "owner"));
	doc_put(ws, "uc_version", id, version);
	json_object_put(version);
	free(id);
	free(place);
}

static void
set_alias(struct json_object *model, const char *alias, int64_t number)
{
	struct json_object *entry = json_object_new_object();

	json_add_str(entry, "alias_name", alias);
	json_add_int(entry, "version_num", number);
	json_object_array_add(json_get(model, "aliases"), entry);
}

/* Removes the alias and returns its version; -1 when it does not exist. */
static int64_t
drop_alias(struct json_object *model, const char *alias, bool really)
{
	struct json_object *list = json_get(model, "aliases");

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *entry = json_object_array_get_idx(list, i);
		int64_t number = json_int(entry, "version_num", -1);

		if (strcmp(json_str(entry, "alias_name"), alias) != 0)
			continue;
		if (really)
			json_object_array_del_idx(list, i, 1);
		return number;
	}
	return -1;
}

/* Aliases are shown only when they were requested, and never as an empty list. */
static void
show_aliases(struct request *req, struct json_object *model)
{
	const char *asked = request_arg(req, "include_aliases");

	if (asked == NULL || strcmp(asked, "true") != 0 ||
	    json_object_array_length(json_get(model, "aliases")) == 0)
		json_object_object_del(model, "aliases");
}

/* The model in the path; owned. NULL when the request was refused. */
static struct json_object *
need_uc_model(struct request *req)
{
	char *name = text_fold(request_var(req, "name"));
	struct json_object *model = doc_get(req->ws, "uc_model", name);

	if (model == NULL)
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST",
			    "Registered Model '%.300s' does not exist.", name);
	free(name);
	return model;
}

/* ---- models ---- */

static void
models_list(struct request *req)
{
	const char *catalog = request_arg(req, "catalog_name");
	const char *schema = request_arg(req, "schema_name");
	struct json_object *all;
	char *prefix;

	if ((catalog == NULL) != (schema == NULL)) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "catalog_name and schema_name must be given together.");
		return;
	}
	if (catalog != NULL && !uc_schema_known(req, catalog, schema))
		return;
	prefix = catalog != NULL ? xprintf("%s.%s.", catalog, schema) : xstrdup("");
	all = doc_list(req->ws, "uc_model", prefix);
	for (size_t i = 0; i < json_object_array_length(all); i++)
		json_object_object_del(json_object_array_get_idx(all, i), "aliases");
	page_reply(req, &uc_models_rule, prefix, all);
	free(prefix);
}

static void
uc_models_get(struct request *req)
{
	struct json_object *model = need_uc_model(req);

	if (model == NULL)
		return;
	show_aliases(req, model);
	reply_json(req, model);
}

static void
uc_models_create(struct request *req)
{
	const char *catalog = body_need(req, "catalog_name"), *schema, *name;
	struct json_object *model;

	if (catalog == NULL)
		return;
	schema = body_need(req, "schema_name");
	name = schema != NULL ? body_need(req, "name") : NULL;
	if (name == NULL || !uc_schema_known(req, catalog, schema))
		return;
	model = uc_model_new(req->ws, catalog, schema, name, req->user,
			     json_str(req->body, "comment"), clock_ms());
	if (db_one_int(req->ws, "SELECT 1 FROM docs WHERE kind = 'uc_model' AND id = ?", "s",
		       json_str(model, "full_name")) != 0) {
		reply_error(req, 400, "RESOURCE_ALREADY_EXISTS",
			    "Registered Model '%.300s' already exists.",
			    json_str(model, "full_name"));
		json_object_put(model);
		return;
	}
	doc_put(req->ws, "uc_model", json_str(model, "full_name"), model);
	show_aliases(req, model);
	reply_json(req, model);
}

/* ---- versions and aliases ---- */

static void
versions_list(struct request *req)
{
	struct json_object *model = need_uc_model(req);
	char *prefix;

	if (model == NULL)
		return;
	prefix = xprintf("%s/", json_str(model, "full_name"));
	json_object_put(model);
	page_reply(req, &uc_versions_rule, prefix, doc_list(req->ws, "uc_version", prefix));
	free(prefix);
}

/* Takes model. */
static void
reply_uc_version(struct request *req, struct json_object *model, int64_t number)
{
	char *id = xprintf("%s/%lld", json_str(model, "full_name"), (long long)number);
	struct json_object *version = doc_get(req->ws, "uc_version", id);
	struct json_object *aliases = json_get(model, "aliases"), *own;

	if (version == NULL) {
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST",
			    "Model version '%.300s' version %lld does not exist.",
			    json_str(model, "full_name"), (long long)number);
	} else {
		own = json_object_new_array();
		for (size_t i = 0; i < json_object_array_length(aliases); i++) {
			struct json_object *entry = json_object_array_get_idx(aliases, i);

			if (json_int(entry, "version_num", -1) == number)
				json_object_array_add(own, json_object_get(entry));
		}
		json_add(version, "aliases", own);
		show_aliases(req, version);
		reply_json(req, version);
	}
	json_object_put(model);
	free(id);
}

static void
uc_versions_get(struct request *req)
{
	const char *text = request_var(req, "version");
	struct json_object *model;
	char *end;
	long long number = strtoll(text, &end, 10);

	if (*text == '\0' || *end != '\0') {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE", "Invalid version: %.40s", text);
		return;
	}
	model = need_uc_model(req);
	if (model != NULL)
		reply_uc_version(req, model, number);
}

static void
alias_get(struct request *req)
{
	struct json_object *model = need_uc_model(req);
	int64_t number;

	if (model == NULL)
		return;
	number = drop_alias(model, request_var(req, "alias"), false);
	if (number >= 0) {
		reply_uc_version(req, model, number);
		return;
	}
	reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST",
		    "Alias '%.200s' does not exist for "
		    "registered model '%.300s'.",
		    request_var(req, "alias"), json_str(model, "full_name"));
	json_object_put(model);
}

static void
alias_put(struct request *req)
{
	struct json_object *model, *answer;
	int64_t number;
	char *id;
	bool known;

	if (!body_need_int(req, "version_num", &number))
		return;
	model = need_uc_model(req);
	if (model == NULL)
		return;
	id = xprintf("%s/%lld", json_str(model, "full_name"), (long long)number);
	known = db_one_int(req->ws, "SELECT 1 FROM docs WHERE kind = 'uc_version' AND id = ?", "s",
			   id) != 0;
	free(id);
	if (!known) {
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST", "Version %lld does not exist.",
			    (long long)number);
	} else {
		drop_alias(model, request_var(req, "alias"), true);
		set_alias(model, request_var(req, "alias"), number);
		doc_put(req->ws, "uc_model", json_str(model, "full_name"), model);
		answer = json_object_new_object();
		json_add_str(answer, "alias_name", request_var(req, "alias"));
		json_add_int(answer, "version_num", number);
		reply_json(req, answer);
	}
	json_object_put(model);
}

static void
alias_delete(struct request *req)
{
	struct json_object *model = need_uc_model(req);

	if (model == NULL)
		return;
	drop_alias(model, request_var(req, "alias"), true);
	doc_put(req->ws, "uc_model", json_str(model, "full_name"), model);
	json_object_put(model);
	reply_empty(req);
}

static void
uc_seed(struct workspace *ws)
{
	static const struct {
		const char *schema, *name, *comment;
		int versions;
		int champion; /* 0: no alias */
	} models[] = {
		{ "default", "taxi_fare", "Fare from distance and passengers", 4, 3 },
		{ "sales", "credit_risk", "Who may order on account", 2, 2 },
		{ "sales", "basket_recommender", NULL, 1, 0 },
		{ "hr", "attrition", "Not approved", 0, 0 },
	};
	int64_t now = clock_ms();

	for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
		struct json_object *model =
		    uc_model_new(ws, "main", models[i].schema, models[i].name, "ann@example.com",
				 models[i].comment, now - 500 * HOUR_MS);

		if (models[i].champion > 0) {
			set_alias(model, "champion", models[i].champion);
			set_alias(model, "challenger", models[i].versions);
		}
		for (int v = 1; v <= models[i].versions; v++)
			uc_version_add(ws, model, v, NULL, v == 1 ? "First try" : NULL,
				       now - (400 - v * 24) * HOUR_MS);
		doc_put(ws, "uc_model", json_str(model, "full_name"), model);
		json_object_put(model);
	}
}

static const struct route uc_routes[] = {
	{ "GET", UC, models_list, 0 },
	{ "POST", UC, uc_models_create, 0 },
	{ "GET", UC "/{name}", uc_models_get, 0 },
	{ "GET", UC "/{name}/versions", versions_list, 0 },
	{ "GET", UC "/{name}/versions/{version}", uc_versions_get, 0 },
	{ "GET", UC "/{name}/aliases/{alias}", alias_get, 0 },
	{ "PUT", UC "/{name}/aliases/{alias}", alias_put, 0 },
	{ "DELETE", UC "/{name}/aliases/{alias}", alias_delete, 0 },
	{ NULL, NULL, NULL, 0 },
};

const struct domain uc_models_domain = { .name = "uc_models",
					 .routes = uc_routes,
					 .seed = uc_seed };

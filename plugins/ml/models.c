/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registered models. There are two registries: Unity Catalog's, whose names have three parts, and
 * the workspace's older one. A list shows both, Unity Catalog first; its page token says with one
 * letter to which of them it belongs.
 */
#include "ml.h"

#include <stdio.h>
#include <string.h>

#define UC "/api/2.1/unity-catalog/models"
#define WS "/api/2.0/mlflow"
#define PAGE_MAX 100

static bool
in_catalog(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot != NULL && strchr(dot + 1, '.') != NULL;
}

/* ---- list_registered_models ----------------------------------------------------------------- */

static int64_t
page_size(struct mcp_call *call)
{
	int64_t rows = mcp_number(call, MCP_NUM_MAX_ROWS);
	int64_t wanted = mcp_arg_int(call, "max_results", rows);

	return wanted < rows ? wanted : rows < PAGE_MAX ? rows : PAGE_MAX;
}

/* The models whose name holds the filter, each with the members that the table shows. */
static void
add_models(struct mcp_call *call, struct json_object *kept, struct json_object *models,
	   const char *registry)
{
	const char *filter = mcp_arg(call, "filter_string");

	for (size_t i = 0; models != NULL && i < json_object_array_length(models); i++) {
		struct json_object *model = json_object_array_get_idx(models, i);
		const char *name = mcp_get_str(call, model, "full_name",
					       mcp_get_str(call, model, "name", ""));

		if (filter != NULL && strcasestr(name, filter) == NULL)
			continue;
		json_object_object_add(model, "shown_name", json_object_new_string(name));
		json_object_object_add(model, "registry", json_object_new_string(registry));
		json_object_array_add(kept, json_object_get(model));
	}
}

static int
models_shown(struct mcp_call *call, struct json_object *kept, const char *token)
{
	static const struct dbx_column columns[] = {
		{ "model", NULL, "shown_name", NULL },
		{ "registry", NULL, "registry", NULL },
		{ "latest", NULL, "latest_versions.0.version", NULL },
		{ "owner", NULL, "owner", NULL },
		{ "comment", NULL, "comment", NULL },
	};
	const char *filter = mcp_arg(call, "filter_string");

	return dbx_table(call, kept, columns, COUNT(columns), &(struct dbx_page){
	    .noun = "models", .tool = "list_registered_models", .total = -1,
	    .extra = filter != NULL ? mcp_printf(call, "filter_string=%s", filter) : NULL,
	    .token = mcp_arg(call, "page_token"), .next_token = token });
}

/* The workspace registry may be switched off: that is no failure of the list. */
static int
workspace_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct json_object *kept = mcp_keep(call, json_object_new_array()), *reply;
	struct dbx_error error;
	const char *next;

	(void)state;
	(void)len;
	if (!dbx_ok(call, mcp_reply(call, 0), &error)
	    && (error.status == MCP_E_UNSUPPORTED || error.status == MCP_E_PERMISSION
		|| error.status == MCP_E_NOT_FOUND))
		return models_shown(call, kept, NULL);
	reply = dbx_reply(call, 0, &(struct dbx_words){ .object = "The workspace registry" });
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	add_models(call, kept, mcp_get(reply, "registered_models"), "workspace");
	next = mcp_get_str(call, reply, "next_page_token", "");
	return models_shown(call, kept, next[0] != '\0' ? mcp_printf(call, "w%s", next) : NULL);
}

static int
workspace_fetch(struct mcp_call *call, const char *token)
{
	struct json_object *values = dbx_object(call, "page_token",
						token[0] != '\0' ? token : NULL, NULL);

	json_object_object_add(values, "max_results", json_object_new_int64(page_size(call)));
	return dbx_get(call, WS "/registered-models/search{?max_results,page_token}", values,
		       workspace_arrived, NULL, 0);
}

static int
catalog_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct json_object *kept = mcp_keep(call, json_object_new_array());
	struct json_object *reply = dbx_reply(call, 0, &(struct dbx_words){
	    .object = "The list of models in Unity Catalog",
	    .grant = "USE CATALOG and USE SCHEMA where the models are" });
	const char *next;

	(void)state;
	(void)len;
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	add_models(call, kept, mcp_get(reply, "registered_models"), "unity catalog");
	next = mcp_get_str(call, reply, "next_page_token", "");
	/* After Unity Catalog's last page comes the other registry, unless a schema was named. */
	if (next[0] != '\0')
		next = mcp_printf(call, "u%s", next);
	else if (mcp_arg(call, "catalog_name") == NULL)
		next = "w";
	if (strcmp(next, "w") == 0 && json_object_array_length(kept) == 0)
		return workspace_fetch(call, "");
	return models_shown(call, kept, next);
}

int
list_registered_models(struct mcp_call *call)
{
	const char *token = mcp_arg(call, "page_token");
	const char *catalog = mcp_arg(call, "catalog_name");
	const char *schema = mcp_arg(call, "schema_name");
	struct json_object *values;

	if ((catalog == NULL) != (schema == NULL))
		return mcp_fail(call, MCP_E_INPUT, "catalog_name and schema_name go together.",
				"The platform lists the models of one schema, or all.",
				"Give both, or neither.");
	if (token != NULL && token[0] == 'w')
		return workspace_fetch(call, token + 1);
	values = dbx_object(call, "catalog_name", catalog, "schema_name", schema, "page_token",
			    token != NULL && token[0] == 'u' ? token + 1 : NULL, NULL);
	json_object_object_add(values, "max_results", json_object_new_int64(page_size(call)));
	return dbx_get(call, UC "{?catalog_name,schema_name,max_results,page_token}", values,
		       catalog_arrived, NULL, 0);
}

/* ---- get_model_version_details -------------------------------------------------------------- */

static const char *
show_aliases(struct mcp_call *call, struct json_object *list)
{
	const char *text = "";

	for (size_t i = 0; i < json_object_array_length(list); i++)
		text = mcp_printf(call, "%s%s%s", text, i > 0 ? ", " : "",
				  mcp_get_str(call, json_object_array_get_idx(list, i),
					      "alias_name", "?"));
	return text;
}

static struct dbx_words
version_words(struct mcp_call *call)
{
	return (struct dbx_words){
		.object = mcp_printf(call, "Version %s of model \"%s\"", mcp_arg(call, "version"),
				     mcp_arg(call, "model_name")),
		.not_found = "Call list_registered_models to see which models exist.",
		.grant = "EXECUTE on the model, or CAN READ in the workspace registry",
	};
}

static int
version_shown(struct mcp_call *call, const void *state, size_t len)
{
	static const struct dbx_column facts[] = {
		{ "version", NULL, "version", NULL },
		{ "status", NULL, "status", NULL },
		{ "status message", NULL, "status_message", NULL },
		{ "stage", NULL, "current_stage", NULL },
		{ "aliases", NULL, "aliases", show_aliases },
		{ "run_id", NULL, "run_id", NULL },
		{ "source", NULL, "source", NULL },
		{ "comment", NULL, "comment", NULL },
		{ "description", NULL, "description", NULL },
		{ "created", NULL, "created_at", dbx_show_time },
		{ "created", NULL, "creation_timestamp", dbx_show_time },
		{ "by", NULL, "created_by", NULL },
		{ "by", NULL, "user_id", NULL },
	};
	struct dbx_words words = version_words(call);
	struct json_object *reply = dbx_reply(call, 0, &words), *version;
	const char *name = mcp_arg(call, "model_name"), *path = name;

	(void)state;
	(void)len;
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	version = mcp_get(reply, "model_version");
	if (version == NULL)
		version = reply;
	if (in_catalog(name)) {
		char *slashes = mcp_strdup(call, name);

		for (char *dot = strchr(slashes, '.'); dot != NULL; dot = strchr(dot, '.'))
			*dot = '/';
		path = slashes;
	}
	mcp_say(call, "model: %s", name);
	return dbx_facts(call, version, facts, COUNT(facts),
			 dbx_url(call, in_catalog(name) ? "/explore/data/models/%s/version/%s"
							: "/ml/models/%s/versions/%s", path,
				 mcp_get_str(call, version, "version", "")));
}

int
get_model_version_details(struct mcp_call *call)
{
	const char *name = mcp_arg(call, "model_name"), *version = mcp_arg(call, "version");
	struct json_object *values = dbx_object(call, "name", name, "version", version, NULL);

	if (!in_catalog(name))
		return dbx_get(call, WS "/model-versions/get{?name,version}", values,
			       version_shown, NULL, 0);
	return dbx_get(call, dbx_is_number(version)
	    ? UC "/{name}/versions/{version}?include_aliases=true"
	    : UC "/{name}/aliases/{version}?include_aliases=true", values, version_shown, NULL, 0);
}

/* ---- completions ---------------------------------------------------------------------------- */

static int
models_offered(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	return dbx_offer(call, "registered_models", "full_name");
}

int
complete_model(struct mcp_call *call)
{
	return dbx_get(call, UC, NULL, models_offered, NULL, 0);
}

static int
versions_offered(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	return dbx_offer(call, "model_versions", "version");
}

int
complete_model_version(struct mcp_call *call)
{
	const char *name = mcp_get_str(call, mcp_arg_json(call, "context"), "model_name", NULL);

	if (name == NULL || !in_catalog(name))
		return MCP_OK;
	return dbx_get(call, UC "/{name}/versions", dbx_object(call, "name", name, NULL),
		       versions_offered, NULL, 0);
}

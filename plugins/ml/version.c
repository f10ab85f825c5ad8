/* SPDX-License-Identifier: Apache-2.0 */
/* Shows one version of a registered model of either registry. */
#include "ml.h"

#include <stdio.h>
#include <string.h>

#define VERSIONS_NAMED 10
#define WHY_MAX 400

bool
in_catalog(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot != NULL && strchr(dot + 1, '.') != NULL;
}

const char *
name_filter(struct mcp_call *call, const char *name)
{
	char *out, *to;

	if (strchr(name, '\'') == NULL)
		return mcp_printf(call, "name='%s'", name);
	if (strchr(name, '"') == NULL)
		return mcp_printf(call, "name=\"%s\"", name);
	to = out = mcp_alloc(call, 2 * strlen(name) + sizeof("name=''"));
	to += sprintf(to, "name='");
	for (; *name != '\0'; name++) {
		if (*name == '\'' || *name == '\\')
			*to++ = '\\';
		*to++ = *name;
	}
	*to = '\'';
	return out;
}

/* The argument model_name, without back-ticks. */
static const char *
model_name(struct mcp_call *call)
{
	return dbx_plain_name(call, mcp_arg(call, "model_name"));
}

static struct mcp_words
version_words(struct mcp_call *call)
{
	return (struct mcp_words){
		.object = mcp_printf(call, "Version %s of model \"%s\"", mcp_arg(call, "version"),
				     model_name(call)),
		.not_found = "Call list_registered_models to see all models.",
		.grant = "EXECUTE on the model, or CAN READ in the workspace registry",
	};
}

static const struct dbx_kind catalog_models = {
	.noun = "model",
	.list = MODELS "{?page_token}",
	.items = "registered_models",
	.id = "full_name",
	.name = "full_name",
	.tool = "list_registered_models",
	.is_id = dbx_never_an_id,
};

static const struct dbx_kind workspace_models = {
	.noun = "model",
	.list = MLFLOW "/registered-models/search{?page_token}",
	.items = "registered_models",
	.id = "name",
	.name = "name",
	.tool = "list_registered_models",
	.is_id = dbx_never_an_id,
};

/* Finds out whether the version is missing or the model. Suggests versions, or similar names. */
static int
versions_arrived(struct mcp_call *call, const void *state, size_t len)
{
	const char *name = model_name(call), *text = NULL;
	struct json_object *list;
	struct dbx_error error;
	size_t n;

	if (!dbx_ok(call, mcp_reply(call, 0), &error))
		return dbx_unknown(call, in_catalog(name) ? &catalog_models : &workspace_models,
				   name, mcp_printf(call, "%.*s", (int)len, (const char *)state));
	list = mcp_objects(call, mcp_reply_json(call, 0), "model_versions");
	n = json_object_array_length(list);
	if (n == 0 && !in_catalog(name))
		return dbx_unknown(call, &workspace_models, name,
				   mcp_printf(call, "%.*s", (int)len, (const char *)state));
	for (size_t i = 0; i < n && i < VERSIONS_NAMED; i++)
		text =
		    mcp_printf(call, "%s%s%s", text != NULL ? text : "", text != NULL ? ", " : "",
			       mcp_get_str(call, json_object_array_get_idx(list, i), "version",
					   "?"));
	return mcp_fail(call, MCP_E_NOT_FOUND,
			mcp_printf(call, "Model \"%s\" has no version \"%s\".", name,
				   mcp_arg(call, "version")),
			text != NULL ? mcp_printf(call, "Its versions: %s%s.", text,
						  n > VERSIONS_NAMED ? ", and more" : "")
				     : "The model has no version.",
			"Repeat the call with one of its versions or aliases.");
}

static int
version_missing(struct mcp_call *call, const char *why)
{
	const char *name = model_name(call);
	size_t len = strnlen(why, WHY_MAX);

	if (in_catalog(name))
		return mcp_fetch(call, MODELS "/{name}/versions",
				 mcp_object(call, "name", name, NULL), versions_arrived, why, len);
	return mcp_fetch(call, MLFLOW "/model-versions/search{?filter}",
			 mcp_object(call, "filter", name_filter(call, name), NULL),
			 versions_arrived, why, len);
}

/* The address of the web page of the version. */
static const char *
version_url(struct mcp_call *call, const char *name, const char *version)
{
	char *path = mcp_strdup(call, name);

	if (!in_catalog(name))
		return mcp_url(call, "/ml/models/%s/versions/%s", name, version);
	for (char *dot = strchr(path, '.'); dot != NULL; dot = strchr(dot, '.'))
		*dot = '/';
	return mcp_url(call, "/explore/data/models/%s/version/%s", path, version);
}

/* An alias is an object in one registry, and a text in the other one. */
static void
aliases_item(struct mcp_call *call, struct json_object *version)
{
	struct json_object *list = mcp_array(version, "aliases"), *names = json_object_new_array();
	const char *one = list == NULL ? mcp_get_str(call, version, "aliases", "") : "";

	if (one[0] != '\0')
		json_object_array_add(names, json_object_new_string(one));
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		struct json_object *alias = json_object_array_get_idx(list, i);
		const char *name = json_object_is_type(alias, json_type_object)
				     ? mcp_get_str(call, alias,
						   "alias_na"
						   "me",
						   mcp_get_str(call, alias, "alias", NULL))
				     : mcp_get_str(call, alias, "", NULL);

		if (name != NULL)
			json_object_array_add(names, json_object_new_string(name));
	}
	json_object_object_add(version, "aliases", names);
}

static const struct mcp_fact version_facts[] = {
	{ .key = "version", .path = "version", .show = mcp_show_id },
	{ .key = "status", .path = "status", .show = mcp_show_id },
	{ .key = "status_message", .label = "status message", .path = "status_message" },
	{ .key = "current_stage", .label = "stage", .path = "current_stage" },
	{ .key = "aliases", .path = "aliases" },
	{ .key = "run_id", .path = "run_id", .show = mcp_show_id },
	{ .key = "source", .path = "source" },
	{ .key = "comment", .path = "comment" },
	{ .key = "description", .path = "description" },
	{ .key = "created_at", .label = "created", .path = "created_at", .show = mcp_show_time },
	{ .key = "creation_timestamp",
	  .label = "created",
	  .path = "creation_timestamp",
	  .show = mcp_show_time },
	{ .key = "created_by", .label = "by", .path = "created_by" },
	{ .key = "user_id", .label = "by", .path = "user_id" },
	{ .key = "updated_at",
	  .label = "updated",
	  .path = "updated_at",
	  .show = mcp_show_time,
	  .detail = MCP_FULL },
	{ .key = "last_updated_timestamp",
	  .label = "updated",
	  .path = "last_updated_timestamp",
	  .show = mcp_show_time,
	  .detail = MCP_FULL },
	{ .key = "updated_by", .label = "updated by", .path = "updated_by", .detail = MCP_FULL },
	{ .key = "storage_location",
	  .label = "storage",
	  .path = "storage_location",
	  .detail = MCP_FULL },
	{ .key = "run_workspace_id",
	  .label = "workspace of the run",
	  .path = "run_workspace_id",
	  .show = mcp_show_id,
	  .detail = MCP_FULL },
	{ .key = "run_link", .label = "run link", .path = "run_link", .detail = MCP_FULL },
	{ .key = "dependencies",
	  .path = "model_version_dependencies.dependencies",
	  .show = dbx_show_dependencies,
	  .detail = MCP_FULL },
	{ .key = "id", .path = "id", .show = mcp_show_id, .detail = MCP_FULL },
};

static int
version_said(struct mcp_call *call, struct json_object *version)
{
	const char *name = model_name(call);
	struct mcp_answer *answer = mcp_answer_begin(call);

	aliases_item(call, version);
	mcp_answer_text(answer, "model", "model_name", name);
	mcp_answer_add(answer, version, version_facts, COUNT(version_facts));
	if (mcp_full(call))
		mcp_answer_list(answer, NULL, "tags", pairs_object(call, version, "tags"));
	mcp_answer_url(answer, version_url(call, name, mcp_get_str(call, version, "version", "")));
	return mcp_answer_end(answer);
}

static int
version_shown(struct mcp_call *call, const void *state, size_t len)
{
	struct mcp_words words = version_words(call);
	struct json_object *reply, *version;
	struct dbx_error error;

	(void)state;
	(void)len;
	if (!dbx_ok(call, mcp_reply(call, 0), &error) && error.status == MCP_E_NOT_FOUND)
		return version_missing(call, error.message);
	reply = dbx_reply(call, 0, &words);
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	version = mcp_get(reply, "model_version");
	if (!json_object_is_type(version, json_type_object))
		version = reply;
	if (mcp_get(version, "version") == NULL)
		return mcp_fail(call, MCP_E_UPSTREAM,
				"The answer of the platform contains no version.", NULL,
				"Repeat the call.");
	return version_said(call, version);
}

int
get_model_version_details(struct mcp_call *call)
{
	const char *name = model_name(call), *version = mcp_arg(call, "version");
	struct json_object *values = mcp_object(call, "name", name, "version", version, NULL);

	if (!in_catalog(name))
		return mcp_fetch(call, MLFLOW "/model-versions/get{?name,version}", values,
				 version_shown, NULL, 0);
	return mcp_fetch(call,
			 dbx_is_number(version)
			     ? MODELS "/{name}/versions/{version}?include_aliases=true"
			     : MODELS "/{name}/aliases/{version}?include_aliases=true",
			 values, version_shown, NULL, 0);
}

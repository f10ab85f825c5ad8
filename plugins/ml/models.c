/* SPDX-License-Identifier: Apache-2.0 */
/* Registered models. There are two registries: Unity Catalog's, where names have three parts, and
 * the older one of the workspace. The list shows the models of both, beginning with Unity Catalog.
 * The first letter of a page token names the registry. */
#include "ml.h"

#include <string.h>

#define PAGES_WALKED 20 /* most pages without a matching model in one call */

/* ---- list_registered_models ----------------------------------------------------------------- */

/*
 * The wanted part of a name; NULL for all. Of an MLflow expression like "name LIKE '%churn%'" the
 * text between the quotes is used: Unity Catalog has no such filter.
 */
static const char *
wanted_name(struct mcp_call *call)
{
	const char *filter = mcp_arg(call, "filter_string"), *start, *end;

	if (filter == NULL || strncasecmp(filter, "name", 4) != 0)
		return filter;
	start = strpbrk(filter, "'\"");
	end = start != NULL ? strrchr(start + 1, start[0]) : NULL;
	if (end == NULL)
		return filter;
	for (start++; start < end && *start == '%'; start++)
		continue;
	for (; end > start && end[-1] == '%'; end--)
		continue;
	return mcp_printf(call, "%.*s", (int)(end - start), start);
}

/* Checks that only names are filtered: another filter would only find nothing. */
static bool
filter_fits(struct mcp_call *call)
{
	const char *filter = mcp_arg(call, "filter_string");

	if (filter == NULL || strpbrk(filter, "=<>") == NULL || strncasecmp(filter, "name", 4) == 0)
		return true;
	mcp_fail(call, MCP_E_INPUT, "filter_string does not filter by name.",
		 "Models can be filtered only by their name.",
		 "Use a part of the name, or name LIKE '%part%'.");
	return false;
}

/* Finds the models whose name contains the filter, each with the members that the table shows. */
static struct json_object *
kept_models(struct mcp_call *call, struct json_object *reply, const char *registry)
{
	struct json_object *models = mcp_objects(call, reply, "registered_models");
	struct json_object *kept = mcp_keep(call, json_object_new_array());
	const char *filter = wanted_name(call);

	for (size_t i = 0; i < json_object_array_length(models); i++) {
		struct json_object *model = json_object_array_get_idx(models, i);
		const char *name =
		    mcp_get_str(call, model, "full_name", mcp_get_str(call, model, "name", ""));

		if (filter != NULL && strcasestr(name, filter) == NULL)
			continue;
		json_object_object_add(model, "shown_name", json_object_new_string(name));
		json_object_object_add(model, "registry", json_object_new_string(registry));
		json_object_array_add(kept, json_object_get(model));
	}
	return kept;
}

static const char *
show_owner(struct mcp_call *call, struct json_object *model)
{
	return mcp_get_str(call, model, "owner", mcp_get_str(call, model, "user_id", ""));
}

static const char *
show_comment(struct mcp_call *call, struct json_object *model)
{
	return mcp_get_str(call, model, "comment", mcp_get_str(call, model, "description", ""));
}

/* Writes the latest versions in the workspace registry, one for each stage: "3 Production, 4
 * None". */
static const char *
show_latest(struct mcp_call *call, struct json_object *model)
{
	struct json_object *latest = mcp_objects(call, model, "latest_versions");
	const char *text = "";

	for (size_t i = 0; i < json_object_array_length(latest); i++) {
		struct json_object *version = json_object_array_get_idx(latest, i);
		const char *stage = mcp_get_str(call, version, "current_stage", "");

		text = mcp_printf(call, "%s%s%s%s%s", text, i > 0 ? ", " : "",
				  mcp_get_str(call, version, "version", "?"),
				  stage[0] != '\0' ? " " : "", stage);
	}
	return text;
}

/* Ends the table. `next` has the letter and the token of the next page; "" when there is none. */
static int
models_shown(struct mcp_call *call, struct json_object *kept, const char *next)
{
	static const struct mcp_list_column columns[] = {
		{ .name = "model", .path = "shown_name" },
		{ .name = "registry", .path = "registry" },
		{ .name = "latest", .path = "shown_latest" },
		{ .name = "owner", .path = "shown_owner" },
		{ .name = "comment", .path = "shown_comment" },
	};
	struct mcp_place place = mcp_place(call);

	for (size_t i = 0; i < json_object_array_length(kept); i++) {
		struct json_object *model = json_object_array_get_idx(kept, i);

		json_object_object_add(model, "shown_latest",
				       json_object_new_string(show_latest(call, model)));
		json_object_object_add(model, "shown_owner",
				       json_object_new_string(show_owner(call, model)));
		json_object_object_add(model, "shown_comment",
				       json_object_new_string(show_comment(call, model)));
	}
	return mcp_page_table(call, kept, columns, COUNT(columns),
			      &(struct mcp_page){
				  .noun = "models",
				  .tool = "list_registered_models",
				  .total = -1,
				  .limit = "max_results",
				  .place = &place,
				  .next_token = next,
				  .extra = mcp_repeat(call, (const char *const[]){
								"filter_string", "catalog_name",
								"schema_name", NULL }) });
}

static int fetch_page(struct mcp_call *call, const char *token, unsigned pages);

/* A name without back-ticks; NULL when it is absent. */
static const char *
argument(struct mcp_call *call, const char *name)
{
	return dbx_plain_name(call, mcp_arg(call, name));
}

/* Skips pages without a matching model; `state` counts them. */
static int
show_or_walk(struct mcp_call *call, struct json_object *kept, const char *next,
	     const unsigned *pages)
{
	if (json_object_array_length(kept) == 0 && next[0] != '\0' && *pages + 1 < PAGES_WALKED)
		return fetch_page(call, next, *pages + 1);
	return models_shown(call, kept, next);
}

/* The workspace registry may be disabled. The list does not fail in this case. */
static int
workspace_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct dbx_error error;
	struct json_object *reply;
	const char *next;

	(void)len;
	if (!dbx_ok(call, mcp_reply(call, 0), &error) &&
	    (error.status == MCP_E_UNSUPPORTED || error.status == MCP_E_PERMISSION ||
	     error.status == MCP_E_NOT_FOUND)) {
		models_shown(call, mcp_keep(call, json_object_new_array()), "");
		return mcp_say(call, "The workspace registry is not available: %s", error.message);
	}
	reply = dbx_reply(call, 0, &(struct mcp_words){ .object = "The workspace registry" });
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	next = mcp_get_str(call, reply, "next_page_token", "");
	return show_or_walk(call, kept_models(call, reply, "workspace"),
			    next[0] != '\0' ? mcp_printf(call, "w%s", next) : "", state);
}

/* Without Unity Catalog all models are in the workspace registry. */
static bool
no_catalog(struct mcp_call *call)
{
	struct dbx_error error;

	if (mcp_arg(call, "catalog_name") != NULL || dbx_ok(call, mcp_reply(call, 0), &error) ||
	    (error.status != MCP_E_UNSUPPORTED && error.status != MCP_E_NOT_FOUND))
		return false;
	mcp_say(call,
		"This workspace has no Unity Catalog: %s The list shows the models of the "
		"workspace registry.",
		error.message);
	return true;
}

static int
catalog_arrived(struct mcp_call *call, const void *state, size_t len)
{
	const unsigned *pages = state;
	struct json_object *reply;
	const char *next;

	(void)len;
	if (no_catalog(call))
		return fetch_page(call, "w", *pages + 1);
	reply = dbx_reply(call, 0,
			  &(struct mcp_words){
			      .object = mcp_arg(call, "schema_name") != NULL
					  ? mcp_printf(call, "Schema \"%s.%s\"",
						       argument(call, "catalog_name"),
						       argument(call, "schema_name"))
					  : "The list of models in Unity Catalog",
			      .not_found = "Call list_schemas to see all schemas.",
			      .grant = "USE CATALOG and USE SCHEMA where the models are" });
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	next = mcp_get_str(call, reply, "next_page_token", "");
	/* After the last page of Unity Catalog the workspace registry follows, unless a schema was
	 * named. */
	if (next[0] != '\0')
		next = mcp_printf(call, "u%s", next);
	else if (mcp_arg(call, "catalog_name") == NULL)
		next = "w";
	return show_or_walk(call, kept_models(call, reply, "unity catalog"), next, pages);
}

/* Reads the page of a token: "u…" for Unity Catalog, "w…" for the workspace registry. */
static int
fetch_page(struct mcp_call *call, const char *token, unsigned pages)
{
	bool workspace = token[0] == 'w';
	const char *own = token[0] != '\0' && token[1] != '\0' ? token + 1 : NULL;
	struct json_object *values;

	if (workspace)
		values = mcp_object(call, "page_token", own, NULL);
	else
		values =
		    mcp_object(call, "catalog_name", argument(call, "catalog_name"), "schema_name",
			       argument(call, "schema_name"), "page_token", own, NULL);
	json_object_object_add(values, "max_results",
			       json_object_new_int64(mcp_limit_of(call, "max_results", PAGE_MAX)));
	return mcp_fetch(call,
			 workspace ? MLFLOW "/registered-models/search{?max_results,page_token}"
				   : MODELS "{?catalog_name,schema_name,max_results,page_token}",
			 values, workspace ? workspace_arrived : catalog_arrived, &pages,
			 sizeof(pages));
}

int
list_registered_models(struct mcp_call *call)
{
	const char *token = mcp_place(call).token;

	if (!filter_fits(call))
		return MCP_E_INPUT;
	if ((mcp_arg(call, "catalog_name") == NULL) != (mcp_arg(call, "schema_name") == NULL))
		return mcp_fail(call, MCP_E_INPUT,
				"catalog_name and schema_name must be used "
				"together.",
				"The platform lists the models of one schema, or of all schemas.",
				"Give both arguments, or omit both.");
	if (token != NULL && token[0] != '\0' && token[0] != 'u' && token[0] != 'w')
		return mcp_fail(call, MCP_E_INPUT, "page_token is not valid for this tool.", NULL,
				"Use the page_token from the end line of the last answer.");
	return fetch_page(call, token != NULL ? token : "", 0);
}

/* ---- completions ---------------------------------------------------------------------------- */

int
complete_model_name(struct mcp_call *call)
{
	return mcp_offer_from(call, MODELS, NULL, "registered_models", "full_name");
}

int
complete_version(struct mcp_call *call)
{
	const char *name = mcp_get_str(call, mcp_arg_json(call, "context"), "model_name", NULL);

	if (name == NULL)
		return MCP_OK;
	if (!in_catalog(name))
		return mcp_offer_from(call, MLFLOW "/model-versions/search{?filter}",
				      mcp_object(call, "filter", name_filter(call, name), NULL),
				      "model_versions", "version");
	return mcp_offer_from(call, MODELS "/{name}/versions", mcp_object(call, "name", name, NULL),
			      "model_versions", "version");
}

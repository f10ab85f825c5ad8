/* SPDX-License-Identifier: Apache-2.0 */
/* Pipelines: GET /api/2.0/pipelines lists them. They are documents that never change. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox.h"

#define API "/api/2.0/pipelines"

static const struct pipeline_seed {
	const char *id, *name, *state, *health, *creator, *update, *update_state;
	int64_t hours; /* time since the update began */
} pipeline_seeds[] = {
	{ "0c3b2a19-5d4e-4f60-8a7b-1c2d3e4f5a6b", "sales_ingest", "IDLE", "HEALTHY",
	  "ann@example.com", "5a1e0b6c-2d3f-4a5b-9c8d-7e6f5a4b3c2d", "COMPLETED", 6 },
	{ "1d4c3b2a-6e5f-4071-9b8c-2d3e4f5a6b7c", "sales_quality", "FAILED", "UNHEALTHY",
	  "bob@example.com", "6b2f1c7d-3e40-4b6c-8d9e-8f70615243e4", "FAILED", 2 },
	{ "2e5d4c3b-7f60-4182-8c9d-3e4f5a6b7c8d", "clickstream", "RUNNING", "HEALTHY",
	  "ann@example.com", "7c302d8e-4f51-4c7d-9eaf-9081726354f5", "RUNNING", 1 },
};

enum { PIPELINES = sizeof(pipeline_seeds) / sizeof(pipeline_seeds[0]) };

static void
seed_pipelines(struct workspace *ws)
{
	for (size_t i = 0; i < PIPELINES; i++) {
		const struct pipeline_seed *seed = &pipeline_seeds[i];
		struct json_object *pipeline = json_object_new_object();
		struct json_object *updates = json_object_new_array();
		struct json_object *update = json_object_new_object();
		char when[32];

		clock_iso(clock_ms() - seed->hours * HOUR_MS, when);
		json_add_str(update, "update_id", seed->update);
		json_add_str(update, "state", seed->update_state);
		json_add_str(update, "creation_time", when);
		json_object_array_add(updates, update);
		json_add_str(pipeline, "pipeline_id", seed->id);
		json_add_str(pipeline, "name", seed->name);
		json_add_str(pipeline, "state", seed->state);
		json_add_str(pipeline, "health", seed->health);
		json_add_str(pipeline, "creator_user_name", seed->creator);
		json_add_str(pipeline, "run_as_user_name", seed->creator);
		json_add(pipeline, "latest_updates", updates);
		doc_put(ws, "pipeline", seed->id, pipeline);
		json_object_put(pipeline);
	}
}

/* The pattern of "name LIKE '%x%'" in the form of fnmatch(3). For other filters the request is
 * answered with an error, and the result is NULL. The caller frees it. */
static char *
name_pattern(struct request *req, const char *filter)
{
	size_t len = strlen(filter);
	char *pattern;

	if (strncmp(filter, "name LIKE '", 11) != 0 || len < 12 || filter[len - 1] != '\'') {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE", "Unsupported filter: %s", filter);
		return NULL;
	}
	pattern = xprintf("%.*s", (int)(len - 12), filter + 11);
	for (char *c = strchr(pattern, '%'); c != NULL; c = strchr(c, '%'))
		*c = '*';
	return pattern;
}

static void
pipelines_list(struct request *req)
{
	static const struct page_rule rule = { .key = "statuses",
					       .size_arg = "max_results",
					       .token_arg = "page_token",
					       .default_size = 25,
					       .max_size = 100 };
	const char *filter = request_arg(req, "filter");
	char *pattern = filter != NULL ? name_pattern(req, filter) : NULL;
	struct json_object *all, *kept;

	if (filter != NULL && pattern == NULL)
		return;
	all = doc_list(req->ws, "pipeline", NULL);
	kept = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *item = json_object_array_get_idx(all, i);

		if (pattern == NULL || fnmatch(pattern, json_str(item, "name"), 0) == 0)
			json_object_array_add(kept, json_object_get(item));
	}
	json_object_put(all);
	free(pattern);
	page_reply(req, &rule, filter != NULL ? filter : "pipelines", kept);
}

static const struct route pipeline_routes[] = {
	{ "GET", API, pipelines_list, 0 },
	{ NULL, NULL, NULL, 0 },
};

const struct domain pipelines_domain = {
	.name = "pipelines",
	.routes = pipeline_routes,
	.seed = seed_pipelines,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs: /api/2.2/jobs, and /api/2.1/jobs with all elements in one answer. Schedules are stored but
 * have no effect. https://docs.databricks.com/api/workspace/jobs
 */
#include "jobs/runs.h"

#include <stdlib.h>
#include <string.h>

static const char tables[] =
    "CREATE TABLE IF NOT EXISTS jobs(seq INTEGER PRIMARY KEY, id INTEGER UNIQUE NOT NULL,"
    " name TEXT NOT NULL, creator TEXT NOT NULL, created INTEGER NOT NULL,"
    " settings TEXT NOT NULL);";

/* ---- storage ---- */

static void
add_default(struct json_object *settings, const char *name, struct json_object *value)
{
	if (json_get(settings, name) == NULL)
		json_add(settings, name, value);
	else
		json_object_put(value);
}

static void
add_defaults(struct json_object *settings)
{
	add_default(settings, "name", json_object_new_string("Untitled"));
	add_default(settings, "email_notifications", json_object_new_object());
	add_default(settings, "timeout_seconds", json_object_new_int(0));
	add_default(settings, "max_concurrent_runs", json_object_new_int(1));
	add_default(settings, "tasks", json_object_new_array());
	json_add_str(settings, "format", "MULTI_TASK");
}

int64_t
job_add(struct workspace *ws, int64_t id, const char *creator, int64_t created,
	struct json_object *settings)
{
	if (id == 0)
		id = id_number();
	add_defaults(settings);
	db_run(ws, "INSERT INTO jobs(id, name, creator, created, settings) VALUES(?, ?, ?, ?, ?)",
	       "issij", id, json_str(settings, "name"), creator, created, settings);
	return id;
}

struct json_object *
job_settings(struct workspace *ws, int64_t job_id)
{
	sqlite3_stmt *st = db_query(ws, "SELECT settings FROM jobs WHERE id = ?", "i", job_id);
	struct json_object *settings = NULL;

	if (db_next(ws, st)) {
		settings = db_tree(st, 0);
		db_end(st);
	}
	return settings;
}

static void
store_settings(struct workspace *ws, int64_t job_id, struct json_object *settings)
{
	add_defaults(settings);
	db_run(ws, "UPDATE jobs SET name = ?, settings = ? WHERE id = ?", "sji",
	       json_str(settings, "name"), settings, job_id);
}

static void
no_such_job(struct request *req, int64_t job_id)
{
	reply_error(req, 400, "INVALID_PARAMETER_VALUE", "Job %lld does not exist.",
		    (long long)job_id);
}

/* ---- list ---- */

static struct json_object *
list_item(sqlite3_stmt *st, bool expand)
{
	struct json_object *obj = json_object_new_object(), *settings = db_tree(st, 3);

	json_add_int(obj, "job_id", db_int(st, 0));
	json_add_str(obj, "creator_user_name", db_text(st, 1));
	json_add_int(obj, "created_time", db_int(st, 2));
	if (expand) {
		if (elements_cut(settings, 0))
			json_add_bool(obj, "has_more", true);
	} else {
		json_object_object_del(settings, "tasks");
		json_object_object_del(settings, "job_clusters");
		json_object_object_del(settings, "environments");
		json_object_object_del(settings, "parameters");
	}
	json_add(obj, "settings", settings);
	return obj;
}

static void
jobs_list(struct request *req)
{
	static const struct page_rule rule = { .key = "jobs",
					       .size_arg = "limit",
					       .token_arg = "page_token",
					       .default_size = 20,
					       .max_size = 100,
					       .has_more = true };
	const char *name = request_arg(req, "name");
	struct json_object *all;
	int64_t limit, offset;
	sqlite3_stmt *st;
	bool expand;
	char *kind;

	if (!request_bool(req, "expand_tasks", false, &expand) ||
	    !request_int(req, "limit", 20, 1, 100, &limit) ||
	    !request_int(req, "offset", 0, 0, 10000, &offset))
		return;
	st = db_query(req->ws,
		      "SELECT id, creator, created, settings FROM jobs WHERE ?1 IS NULL"
		      " OR name = ?1 COLLATE NOCASE ORDER BY seq DESC LIMIT -1 OFFSET ?2",
		      "si", name, offset);
	all = json_object_new_array();
	while (db_next(req->ws, st))
		json_object_array_add(all, list_item(st, expand));
	kind = xprintf("jobs:%s", name != NULL ? name : "");
	page_reply(req, &rule, kind, all);
	free(kind);
}

/* ---- get ---- */

static void
jobs_get(struct request *req)
{
	struct json_object *answer, *settings;
	int64_t id;
	sqlite3_stmt *st;

	if (request_need(req, "job_id") == NULL ||
	    !request_int(req, "job_id", 0, 0, INT64_MAX, &id))
		return;
	st = db_query(req->ws, "SELECT id, creator, created, settings FROM jobs WHERE id = ?", "i",
		      id);
	if (!db_next(req->ws, st)) {
		no_such_job(req, id);
		return;
	}
	answer = json_object_new_object();
	settings = db_tree(st, 3);
	json_add_int(answer, "job_id", id);
	json_add_str(answer, "creator_user_name", db_text(st, 1));
	json_add_str(answer, "run_as_user_name", db_text(st, 1));
	json_add_bool(answer, "run_as_owner", true);
	json_add_int(answer, "created_time", db_int(st, 2));
	db_end(st);
	json_add(answer, "settings", settings);
	if (elements_page(req, answer, settings, "job"))
		reply_json(req, answer);
	else
		json_object_put(answer);
}

/* ---- create, reset, update and delete of jobs ---- */

static void
jobs_create(struct request *req)
{
	struct json_object *answer;

	if (!settings_check(req, req->body, false))
		return;
	json_object_object_del(req->body, "access_control_list");
	answer = json_object_new_object();
	json_add_int(answer, "job_id", job_add(req->ws, 0, req->user, clock_ms(), req->body));
	reply_json(req, answer);
}

/* The job in the body and its settings (owned). NULL when the request was refused. */
static struct json_object *
named_job(struct request *req, int64_t *id)
{
	struct json_object *settings;

	if (!body_need_int(req, "job_id", id))
		return NULL;
	settings = job_settings(req->ws, *id);
	if (settings == NULL)
		no_such_job(req, *id);
	return settings;
}

static void
jobs_reset(struct request *req)
{
	struct json_object *settings, *given = json_get(req->body, "new_settings");
	int64_t id;

	settings = named_job(req, &id);
	if (settings == NULL)
		return;
	json_object_put(settings);
	if (!json_object_is_type(given, json_type_object)) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Missing required field: new_settings");
	} else if (settings_check(req, given, false)) {
		store_settings(req->ws, id, given);
		reply_empty(req);
	}
}

/* Replaces or adds elements of a list whose elements have a key (tasks, job_clusters). */
static void
merge_list(struct json_object *settings, const char *name, const char *key,
	   struct json_object *given)
{
	struct json_object *old = json_get(settings, name), *merged = json_object_new_array();
	size_t n = old != NULL ? json_object_array_length(old) : 0;
	size_t m = json_object_array_length(given);

	for (size_t i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(old, i);
		const char *own = json_str(item, key);

		for (size_t k = 0; k < m; k++) {
			const char *other = json_str(json_object_array_get_idx(given, k), key);

			if (own != NULL && other != NULL && strcmp(own, other) == 0)
				item = NULL;
		}
		if (item != NULL)
			json_object_array_add(merged, json_object_get(item));
	}
	for (size_t k = 0; k < m; k++)
		json_object_array_add(merged, json_object_get(json_object_array_get_idx(given, k)));
	json_add(settings, name, merged);
}

static void
merge_settings(struct json_object *settings, struct json_object *given)
{
	struct json_object_iter it;

	json_object_object_foreachC(given, it) {
		if (strcmp(it.key, "tasks") == 0 && json_object_is_type(it.val, json_type_array))
			merge_list(settings, it.key, "task_key", it.val);
		else if (strcmp(it.key, "job_clusters") == 0 &&
			 json_object_is_type(it.val, json_type_array))
			merge_list(settings, it.key, "job_cluster_key", it.val);
		else
			json_object_object_add(settings, it.key, json_object_get(it.val));
	}
}

/* Removes a field: "schedule", or "tasks/KEY". */
static void
remove_field(struct json_object *settings, const char *field)
{
	const char *slash = strchr(field, '/');
	struct json_object *list;
	char *top;

	if (slash == NULL) {
		json_object_object_del(settings, field);
		return;
	}
	top = xstrndup(field, (size_t)(slash - field));
	list = json_get(settings, top);
	if (json_object_is_type(list, json_type_array)) {
		const char *key = strcmp(top, "tasks") == 0 ? "task_key" : "job_cluster_key";

		for (size_t i = json_object_array_length(list); i-- > 0;) {
			const char *own = json_str(json_object_array_get_idx(list, i), key);

			if (own != NULL && strcmp(own, slash + 1) == 0)
				json_object_array_del_idx(list, i, 1);
		}
	}
	free(top);
}

static void
jobs_update(struct request *req)
{
	struct json_object *given = json_get(req->body, "new_settings"), *settings;
	struct json_object *fields = json_get(req->body, "fields_to_remove");
	int64_t id;

	settings = named_job(req, &id);
	if (settings == NULL)
		return;
	if (json_object_is_type(fields, json_type_array))
		for (size_t i = 0; i < json_object_array_length(fields); i++)
			remove_field(settings,
				     json_object_get_string(json_object_array_get_idx(fields, i)));
	if (json_object_is_type(given, json_type_object))
		merge_settings(settings, given);
	if (settings_check(req, settings, false)) {
		store_settings(req->ws, id, settings);
		reply_empty(req);
	}
	json_object_put(settings);
}

static void
jobs_delete(struct request *req)
{
	struct json_object *settings;
	int64_t id;

	settings = named_job(req, &id);
	if (settings == NULL)
		return;
	json_object_put(settings);
	db_run(req->ws, "DELETE FROM jobs WHERE id = ?", "i", id);
	reply_empty(req);
}

#define BOTH(method, path, handler)                       \
	{ method, "/api/2.2/jobs/" path, handler, 0 },    \
	{                                                 \
		method, "/api/2.1/jobs/" path, handler, 0 \
	}

static const struct route jobs_routes[] = {
	BOTH("GET", "list", jobs_list),	       BOTH("GET", "get", jobs_get),
	BOTH("POST", "create", jobs_create),   BOTH("POST", "reset", jobs_reset),
	BOTH("POST", "update", jobs_update),   BOTH("POST", "delete", jobs_delete),
	BOTH("POST", "run-now", runs_run_now), { 0 },
};

const struct domain jobs_domain = {
	.name = "jobs",
	.routes = jobs_routes,
	.tables = tables,
	.seed = jobs_seed,
};

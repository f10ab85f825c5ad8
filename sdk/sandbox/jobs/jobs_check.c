/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the settings of jobs and submitted tasks, and cuts long arrays into pages for API 2.2. */
#include "jobs/runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TASK_KEY = 100, MAX_CONCURRENT = 1000, MAX_JOB_NAME = 4096 };

/* ---- settings ---- */

static bool
invalid(struct request *req, const char *text)
{
	reply_error(req, 400, "INVALID_PARAMETER_VALUE", "%s", text);
	return false;
}

static bool
key_ok(const char *key)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-";
	size_t len = key != NULL ? strlen(key) : 0;

	return len > 0 && len <= MAX_TASK_KEY && strspn(key, allowed) == len;
}

static size_t
task_index(struct json_object *tasks, const char *key)
{
	size_t n = json_object_array_length(tasks), i = 0;

	while (i < n) {
		const char *own = json_str(json_object_array_get_idx(tasks, i), "task_key");

		if (own != NULL && key != NULL && strcmp(own, key) == 0)
			break;
		i++;
	}
	return i;
}

static int
count_kinds(struct json_object *task)
{
	int kinds = 0;
	struct json_object_iter it;

	json_object_object_foreachC(task, it) {
		size_t len = strlen(it.key);

		kinds += len > 5 && strcmp(it.key + len - 5, "_task") == 0 && it.val != NULL;
	}
	return kinds;
}

static bool
dependencies_ok(struct request *req, struct json_object *tasks, struct json_object *task)
{
	struct json_object *list = json_get(task, "depends_on");

	if (list != NULL && !json_object_is_type(list, json_type_array))
		return invalid(req, "depends_on must be a list.");
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		const char *key = json_str(json_object_array_get_idx(list, i), "task_key");

		if (task_index(tasks, key) == json_object_array_length(tasks)) {
			reply_error(req, 400, "INVALID_PARAMETER_VALUE",
				    "Task '%.100s' depends on "
				    "'%.100s', which is not a task of the job.",
				    json_str(task, "task_key"), key != NULL ? key : "");
			return false;
		}
	}
	return true;
}

static bool
task_ok(struct request *req, struct json_object *tasks, size_t i)
{
	struct json_object *task = json_object_array_get_idx(tasks, i);
	const char *key = json_str(task, "task_key"), *cluster;

	if (!key_ok(key))
		return invalid(req, "Each task needs a task_key of 1 to 100 letters, digits, - and"
				    " _.");
	if (task_index(tasks, key) != i) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE", "Task key '%s' is used twice.",
			    key);
		return false;
	}
	if (count_kinds(task) != 1) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Task '%s' must have exactly one "
			    "kind: notebook_task, spark_python_task, sql_task, ...",
			    key);
		return false;
	}
	cluster = json_str(task, "existing_cluster_id");
	if (cluster != NULL && cluster_state(req->ws, cluster) == NULL) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE", "Cluster %.128s does not exist",
			    cluster);
		return false;
	}
	return dependencies_ok(req, tasks, task);
}

/* Are all tasks on which the task depends already in the list? */
static bool
is_ready(struct json_object *tasks, size_t i, const bool *placed)
{
	struct json_object *list = json_get(json_object_array_get_idx(tasks, i), "depends_on");

	for (size_t k = 0; list != NULL && k < json_object_array_length(list); k++)
		if (!placed[task_index(tasks,
				       json_str(json_object_array_get_idx(list, k), "task_key"))])
			return false;
	return true;
}

static bool
is_acyclic(struct json_object *tasks)
{
	size_t n = json_object_array_length(tasks), placed_count = 0;
	bool *placed = xcalloc(n, sizeof(*placed)), progress = true;

	while (progress) {
		progress = false;
		for (size_t i = 0; i < n; i++) {
			if (placed[i] || !is_ready(tasks, i, placed))
				continue;
			placed[i] = progress = true;
			placed_count++;
		}
	}
	free(placed);
	return placed_count == n;
}

static bool
tasks_ok(struct request *req, struct json_object *tasks, bool submit)
{
	size_t n = json_object_array_length(tasks);

	if (n == 0 && submit)
		return invalid(req, "One of job_cluster_key, new_cluster, existing_cluster_id or "
				    "serverless compute, and at least one task, must be given.");
	if (n > MAX_TASKS)
		return invalid(req, "A job has at most 1000 tasks.");
	for (size_t i = 0; i < n; i++)
		if (!task_ok(req, tasks, i))
			return false;
	return is_acyclic(tasks) || invalid(req, "The tasks depend on each other in a circle.");
}

static bool
parameters_ok(struct request *req, struct json_object *list)
{
	if (list == NULL)
		return true;
	if (!json_object_is_type(list, json_type_array))
		return invalid(req, "parameters must be a list.");
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (json_str(json_object_array_get_idx(list, i), "name") == NULL)
			return invalid(req, "Each job parameter needs a name.");
	return true;
}

bool
settings_check(struct request *req, struct json_object *settings, bool submit)
{
	struct json_object *tasks = json_get(settings, "tasks");
	int64_t concurrent = json_int(settings, "max_concurrent_runs", 1);
	const char *name = json_str(settings, "name");

	if (tasks == NULL) {
		tasks = json_object_new_array();
		json_add(settings, "tasks", tasks);
	}
	if (!json_object_is_type(tasks, json_type_array))
		return invalid(req, "tasks must be a list.");
	if (concurrent < 0 || concurrent > MAX_CONCURRENT)
		return invalid(req, "max_concurrent_runs must be 0 to 1000.");
	if (name != NULL && strlen(name) > MAX_JOB_NAME)
		return invalid(req, "The name has more than 4096 bytes.");
	return tasks_ok(req, tasks, submit) && parameters_ok(req, json_get(settings, "parameters"));
}

/* ---- long arrays ---- */

bool
is_api_22(const struct request *req)
{
	return strncmp(req->path, "/api/2.2/", 9) == 0;
}

bool
elements_cut(struct json_object *obj, int64_t from)
{
	static const char *const names[] = { "tasks",	   "job_clusters",   "environments",
					     "parameters", "job_parameters", "repair_history" };
	bool more = false;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct json_object *list = json_get(obj, names[i]), *part;
		int64_t n, to = from + ELEMENTS_PER_PAGE;

		if (!json_object_is_type(list, json_type_array))
			continue;
		n = (int64_t)json_object_array_length(list);
		more = more || n > to;
		part = json_object_new_array();
		for (int64_t k = from; k < n && k < to; k++)
			json_object_array_add(part,
					      json_object_get(
						  json_object_array_get_idx(list, (size_t)k)));
		if (json_object_array_length(part) > 0) {
			json_add(obj, names[i], part);
		} else {
			json_object_put(part);
			json_object_object_del(obj, names[i]);
		}
	}
	return more;
}

bool
elements_page(struct request *req, struct json_object *answer, struct json_object *obj,
	      const char *kind)
{
	const char *token = request_arg(req, "page_token");
	int64_t from = 0;
	char *next;

	if (!is_api_22(req))
		return true;
	if (token != NULL && *token != '\0' && !page_offset(kind, token, &from)) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE", "Invalid page token: %.40s",
			    token);
		return false;
	}
	if (elements_cut(obj, from)) {
		next = page_token(kind, from + ELEMENTS_PER_PAGE);
		json_add_str(answer, "next_page_token", next);
		free(next);
		json_add_bool(answer, "has_more", true);
	}
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workspace objects: /api/2.0/workspace list, get-status, mkdirs, delete. Import and export are in
 * wsfiles.c, the tree itself in objects.c. https://docs.databricks.com/api/workspace/workspace
 */
#include "workspace/objects.h"

#include <stdlib.h>
#include <string.h>

#include "files/beneath.h"

/* ---- list ---- */

/* Does the object belong into the list? Older notebooks are left out; folders and files stay. */
static struct json_object *
drop_older(struct json_object *all, int64_t after)
{
	struct json_object *kept = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *item = json_object_array_get_idx(all, i);

		if (strcmp(json_str(item, "object_type"), "NOTEBOOK") != 0 ||
		    json_int(item, "modified_at", 0) > after)
			json_object_array_add(kept, json_object_get(item));
	}
	json_object_put(all);
	return kept;
}

/* The path in the query, and the object at this path. NULL when the request was refused. */
static char *
object_arg(struct request *req, struct object *object)
{
	char *path = object_path_arg(req);

	if (path == NULL || object_need(req, path, object))
		return path;
	free(path);
	return NULL;
}

static void
workspace_list(struct request *req)
{
	struct json_object *answer, *list;
	struct object object;
	char *path;
	int64_t after;

	if (!request_int(req, "notebooks_modified_after", 0, 0, INT64_MAX, &after))
		return;
	path = object_arg(req, &object);
	if (path == NULL)
		return;
	if (object_is_folder(&object)) {
		list = object_children(req->ws, path);
	} else {
		list = json_object_new_array();
		json_object_array_add(list, object_json(&object));
	}
	if (after > 0)
		list = drop_older(list, after);
	answer = json_object_new_object();
	if (json_object_array_length(list) > 0)
		json_add(answer, "objects", list);
	else
		json_object_put(list);
	reply_json(req, answer);
	object_fini(&object);
	free(path);
}

/* ---- get-status ---- */

static void
workspace_get_status(struct request *req)
{
	struct json_object *answer, *git;
	bool git_info, export_info;
	struct object object;
	char *path;

	if (!request_bool(req, "return_git_info", false, &git_info) ||
	    !request_bool(req, "return_export_info", false, &export_info))
		return;
	path = object_arg(req, &object);
	if (path == NULL)
		return;
	answer = object_json(&object);
	git = git_info ? repo_of(req->ws, path) : NULL;
	if (git != NULL)
		json_add(answer, "git_info", git);
	if (export_info && object.format[0] != '\0')
		json_add_str(answer, "repos_export_format", object.format);
	reply_json(req, answer);
	object_fini(&object);
	free(path);
}

/* ---- mkdirs and delete ---- */

static void
workspace_mkdirs(struct request *req)
{
	char *path = object_path_body(req);

	if (path == NULL)
		return;
	if (object_writable(req, path) && object_mkdirs(req, path))
		reply_empty(req);
	free(path);
}

/* The folders that belong to the workspace: the top folders and the home of each user. */
static bool
is_protected(const char *path)
{
	size_t slashes = 0;

	for (const char *p = path; *p != '\0'; p++)
		slashes += *p == '/';
	return slashes == 1 ||
	       (slashes == 2 && (path_within(path, "/Users") || path_within(path, "/Repos")) &&
		strchr(path_name(path), '@') != NULL);
}

static void
delete_object(struct request *req, const char *path, const struct object *object, bool recursive)
{
	if (object_is_folder(object) && is_protected(path)) {
		reply_error(req, 400, "BAD_REQUEST", "Folder %.1000s is protected", path);
		return;
	}
	if (object_is_folder(object) && !recursive && object_has_children(req->ws, path)) {
		reply_error(req, 400, "DIRECTORY_NOT_EMPTY", "Folder (%.1000s) is not empty", path);
		return;
	}
	object_delete(req->ws, path);
	reply_empty(req);
}

static void
workspace_delete(struct request *req)
{
	bool recursive = json_flag(req->body, "recursive", false);
	char *path = object_path_body(req);
	struct object object;

	if (path == NULL)
		return;
	if (object_need(req, path, &object)) {
		if (object_writable(req, path))
			delete_object(req, path, &object, recursive);
		object_fini(&object);
	}
	free(path);
}

static const struct route notebooks_routes[] = {
	{ "GET", "/api/2.0/workspace/list", workspace_list, 0 },
	{ "GET", "/api/2.0/workspace/get-status", workspace_get_status, 0 },
	{ "POST", "/api/2.0/workspace/mkdirs", workspace_mkdirs, 0 },
	{ "POST", "/api/2.0/workspace/delete", workspace_delete, 0 },
	{ 0 },
};

const struct domain notebooks_domain = {
	.name = "notebooks",
	.routes = notebooks_routes,
	.tables = objects_tables,
	.seed = objects_seed,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access control lists of workspace objects: /api/2.0/permissions. They are stored and returned,
 * and have no effect in the sandbox.
 */
#include "sandbox.h"

#include <stdlib.h>
#include <string.h>

enum { LEVELS_MAX = 6 };

static const struct kind {
	const char *type, *object_type; /* name of the kind in the path, and in the answer */
	/* SQL with the id as its parameter; the result `creator` may be NULL */
	const char *exists, *creator;
	const char *levels[LEVELS_MAX];
} kinds[] = {
	{ "jobs",
	  "job",
	  "SELECT count(*) FROM jobs WHERE id = ?",
	  "SELECT creator FROM jobs WHERE id = ?",
	  { "CAN_MANAGE", "IS_OWNER", "CAN_MANAGE_RUN", "CAN_VIEW" } },
	{ "clusters",
	  "cluster",
	  "SELECT count(*) FROM clusters WHERE id = ?",
	  "SELECT creator FROM clusters WHERE id = ?",
	  { "CAN_MANAGE", "CAN_RESTART", "CAN_ATTACH_TO" } },
	{ "warehouses",
	  "warehouses",
	  "SELECT count(*) FROM warehouses WHERE id = ?",
	  "SELECT creator FROM warehouses WHERE id = ?",
	  { "CAN_MANAGE", "IS_OWNER", "CAN_USE", "CAN_MONITOR", "CAN_VIEW" } },
	{ "repos",
	  "repo",
	  "SELECT count(*) FROM repos WHERE id = ?",
	  NULL,
	  { "CAN_MANAGE", "CAN_EDIT", "CAN_RUN", "CAN_READ" } },
};

/* The kind in the path. NULL when the request was refused, also because the object does not
 * exist. */
static const struct kind *
kind_of(struct request *req)
{
	const char *type = request_var(req, "type"), *id = request_var(req, "id");

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].type, type) != 0)
			continue;
		if (db_one_int(req->ws, kinds[i].exists, "s", id) > 0)
			return &kinds[i];
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST", "%s %.100s does not exist.",
			    kinds[i].object_type, id);
		return NULL;
	}
	reply_error(req, 400, "INVALID_PARAMETER_VALUE",
		    "'%.100s' is not an object type that the sandbox has permissions of.", type);
	return NULL;
}

static void
add_entry(struct json_object *list, const char *who, const char *principal, const char *level)
{
	struct json_object *entry = json_object_new_object(), *levels, *one;

	json_add_str(entry, who, principal);
	one = json_object_new_object();
	json_add_str(one, "permission_level", level);
	json_add_bool(one, "inherited", false);
	levels = json_object_new_array();
	json_object_array_add(levels, one);
	json_add(entry, "all_permissions", levels);
	json_object_array_add(list, entry);
}

/* The list that was set, or the list that a new object has; owned by the caller. */
static struct json_object *
list_of(struct request *req, const struct kind *kind, const char *key)
{
	struct json_object *list = doc_get(req->ws, "permissions", key);
	sqlite3_stmt *st;

	if (list != NULL)
		return list;
	list = json_object_new_array();
	st = kind->creator == NULL ? NULL
				   : db_query(req->ws, kind->creator, "s", request_var(req, "id"));
	if (st != NULL && db_next(req->ws, st)) {
		add_entry(list, "user_name", db_text(st, 0),
			  strcmp(kind->type, "clusters") == 0 ? "CAN_MANAGE" : "IS_OWNER");
		db_end(st);
	}
	add_entry(list, "group_name", "admins", "CAN_MANAGE");
	return list;
}

/* Answers with the list and takes ownership of it. */
static void
reply_list(struct request *req, const struct kind *kind, struct json_object *list)
{
	struct json_object *answer = json_object_new_object();
	char *id = xprintf("/%s%s/%s", strcmp(kind->type, "warehouses") == 0 ? "sql/" : "",
			   kind->type, request_var(req, "id"));

	json_add_str(answer, "object_id", id);
	json_add_str(answer, "object_type", kind->object_type);
	json_add(answer, "access_control_list", list);
	free(id);
	reply_json(req, answer);
}

static char *
key_of(const struct request *req, const struct kind *kind)
{
	return xprintf("%s/%s", kind->type, request_var(req, "id"));
}

static void
permissions_get(struct request *req)
{
	const struct kind *kind = kind_of(req);
	char *key;

	if (kind == NULL)
		return;
	key = key_of(req, kind);
	reply_list(req, kind, list_of(req, kind, key));
	free(key);
}

static bool
has_level(const struct kind *kind, const char *level)
{
	for (size_t i = 0; i < LEVELS_MAX; i++)
		if (kind->levels[i] != NULL && strcmp(kind->levels[i], level) == 0)
			return true;
	return false;
}

/* Adds one entry of the body to the list, or replaces the entry of the same principal. False when
 * the entry is not valid. */
static bool
take_entry(const struct kind *kind, struct json_object *list, struct json_object *entry)
{
	static const char *const names[] = { "user_name", "group_name", "service_principal_name" };
	const char *level = json_str(entry, "permission_level"), *who = NULL, *name = NULL, *old;

	for (size_t k = 0; who == NULL && k < ARRAY_SIZE(names); k++) {
		name = json_str(entry, names[k]);
		who = name != NULL ? names[k] : NULL;
	}
	if (who == NULL || level == NULL || !has_level(kind, level))
		return false;
	for (size_t k = json_object_array_length(list); k-- > 0;) {
		old = json_str(json_object_array_get_idx(list, k), who);
		if (old != NULL && strcmp(old, name) == 0)
			json_object_array_del_idx(list, k, 1);
	}
	add_entry(list, who, name, level);
	return true;
}

/* A job always has exactly one owner. */
static bool
owners_right(const struct kind *kind, struct json_object *list)
{
	size_t owners = 0;

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *levels =
		    json_get(json_object_array_get_idx(list, i), "all_permissions");
		const char *level =
		    json_str(json_object_array_get_idx(levels, 0), "permission_level");

		owners += level != NULL && strcmp(level, "IS_OWNER") == 0;
	}
	return owners == 1 || strcmp(kind->type, "jobs") != 0;
}

static void
change_list(struct request *req, const struct kind *kind, const char *key, struct json_object *list)
{
	struct json_object *given = json_get(req->body, "access_control_list");
	size_t n =
	    json_object_is_type(given, json_type_array) ? json_object_array_length(given) : 0;

	for (size_t i = 0; i < n; i++) {
		if (take_entry(kind, list, json_object_array_get_idx(given, i)))
			continue;
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Entry %zu of access_control_list"
			    " names no principal, or no permission level of a %s.",
			    i, kind->object_type);
		return;
	}
	if (!owners_right(kind, list)) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "The job must have exactly one owner.");
		return;
	}
	doc_put(req->ws, "permissions", key, list);
	reply_list(req, kind, json_object_get(list));
}

/* The changes start from the current list, or from an empty one. */
static void
change(struct request *req, bool replace)
{
	const struct kind *kind = kind_of(req);
	struct json_object *list;
	char *key;

	if (kind == NULL)
		return;
	key = key_of(req, kind);
	list = replace ? json_object_new_array() : list_of(req, kind, key);
	change_list(req, kind, key, list);
	json_object_put(list);
	free(key);
}

static void
permissions_set(struct request *req)
{
	change(req, true);
}

static void
permissions_update(struct request *req)
{
	change(req, false);
}

static void
permission_levels(struct request *req)
{
	const struct kind *kind = kind_of(req);
	struct json_object *answer, *levels, *level;

	if (kind == NULL)
		return;
	levels = json_object_new_array();
	for (size_t i = 0; i < LEVELS_MAX && kind->levels[i] != NULL; i++) {
		level = json_object_new_object();
		json_add_str(level, "permission_level", kind->levels[i]);
		json_add_str(level, "description", kind->levels[i]);
		json_object_array_add(levels, level);
	}
	answer = json_object_new_object();
	json_add(answer, "permission_levels", levels);
	reply_json(req, answer);
}

static const struct route permissions_routes[] = {
	{ "GET", "/api/2.0/permissions/{type}/{id}", permissions_get, 0 },
	{ "PUT", "/api/2.0/permissions/{type}/{id}", permissions_set, 0 },
	{ "PATCH", "/api/2.0/permissions/{type}/{id}", permissions_update, 0 },
	{ "GET", "/api/2.0/permissions/{type}/{id}/permissionLevels", permission_levels, 0 },
	{ 0 },
};

const struct domain permissions_domain = { .name = "permissions", .routes = permissions_routes };

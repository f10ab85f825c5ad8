/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Grants of Unity Catalog: /api/2.1/unity-catalog/permissions. They are stored and returned, and
 * have no effect in the sandbox.
 */
#include "sql/sql.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define GRANTS_API "/api/2.1/unity-catalog"

/* Does the catalog, schema or table exist? Objects of other kinds are not checked. */
static bool
is_there(struct lake_conn *conn, const char *type, const char *name)
{
	const char *sql =
	    strcasecmp(type, "catalog") == 0 ? "SELECT 1 FROM _catalogs WHERE name = lower(?)"
	    : strcasecmp(type, "schema") == 0
		? "SELECT 1 FROM _schemas WHERE catalog || '.' || name = lower(?)"
	    : strcasecmp(type, "table") == 0
		? "SELECT 1 FROM _tables WHERE catalog || '.' || schema || '.' || name = lower(?)"
		: "SELECT ? IS NOT NULL";
	sqlite3_stmt *st = lake_query(conn, sql, "s", name);
	bool found = lake_next(st);

	if (found)
		sqlite3_finalize(st);
	return found;
}

/* The key of the object in the path. NULL when the request was refused. The caller frees it. */
static char *
securable(struct request *req)
{
	const char *type = request_var(req, "type"), *name = request_var(req, "name");
	struct lake_conn *conn = lake_take(req->ws);
	char *lower, *key;
	bool found;

	if (conn == NULL) {
		reply_error(req, 500, "INTERNAL_ERROR", "The sandbox cannot open its tables.");
		return NULL;
	}
	found = is_there(conn, type, name);
	lake_give(conn);
	if (!found) {
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST", "%.40s '%.767s' does not exist.",
			    type, name);
		return NULL;
	}
	key = xprintf("%s/%s", type, name);
	lower = text_fold(key);
	free(key);
	return lower;
}

/* Reads {"principal": [privileges]}; owned by the caller. */
static struct json_object *
grants_of(struct request *req, const char *key)
{
	struct json_object *grants = doc_get(req->ws, "grants", key);

	return grants != NULL ? grants : json_object_new_object();
}

/* The privileges in the form of the answer; new. */
static struct json_object *
shown(struct json_object *privileges, bool effective)
{
	struct json_object *list = json_object_new_array(), *entry;

	for (size_t i = 0; i < json_object_array_length(privileges); i++) {
		struct json_object *name = json_object_array_get_idx(privileges, i);

		entry = effective ? json_object_new_object() : json_object_get(name);
		if (effective)
			json_add(entry, "privilege", json_object_get(name));
		json_object_array_add(list, entry);
	}
	return list;
}

static void
reply_grants(struct request *req, struct json_object *grants, bool effective)
{
	struct json_object *answer = json_object_new_object(), *list = json_object_new_array();

	json_object_object_foreach(grants, principal, privileges) {
		struct json_object *one;

		if (json_object_array_length(privileges) == 0)
			continue;
		one = json_object_new_object();
		json_add_str(one, "principal", principal);
		json_add(one, "privileges", shown(privileges, effective));
		json_object_array_add(list, one);
	}
	json_add(answer, "privilege_assignments", list);
	reply_json(req, answer);
}

static void
answer_grants(struct request *req, bool effective)
{
	char *key = securable(req);
	struct json_object *grants;

	if (key == NULL)
		return;
	grants = grants_of(req, key);
	reply_grants(req, grants, effective);
	json_object_put(grants);
	free(key);
}

static void
grants_get(struct request *req)
{
	answer_grants(req, false);
}

static void
grants_effective(struct request *req)
{
	answer_grants(req, true);
}

/* Removes the named privileges from the list, then adds the granted ones. */
static void
change_list(struct json_object *list, struct json_object *names, bool add)
{
	size_t n =
	    json_object_is_type(names, json_type_array) ? json_object_array_length(names) : 0;

	for (size_t i = 0; i < n; i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(names, i));

		for (size_t k = json_object_array_length(list); name != NULL && k-- > 0;)
			if (strcmp(json_object_get_string(json_object_array_get_idx(list, k)),
				   name) == 0)
				json_object_array_del_idx(list, k, 1);
		if (name != NULL && add)
			json_object_array_add(list, json_object_new_string(name));
	}
}

/* False when the change has no principal. */
static bool
take_change(struct json_object *grants, struct json_object *change)
{
	const char *principal = json_str(change, "principal");
	struct json_object *list;

	if (principal == NULL)
		return false;
	list = json_get(grants, principal);
	if (list == NULL) {
		list = json_object_new_array();
		json_add(grants, principal, list);
	}
	change_list(list, json_get(change, "remove"), false);
	change_list(list, json_get(change, "add"), true);
	return true;
}

static void
grants_update(struct request *req)
{
	struct json_object *changes = json_get(req->body, "changes"), *grants;
	size_t n =
	    json_object_is_type(changes, json_type_array) ? json_object_array_length(changes) : 0;
	char *key = securable(req);
	bool ok = true;

	if (key == NULL)
		return;
	grants = grants_of(req, key);
	for (size_t i = 0; ok && i < n; i++)
		ok = take_change(grants, json_object_array_get_idx(changes, i));
	if (ok) {
		doc_put(req->ws, "grants", key, grants);
		reply_grants(req, grants, false);
	} else {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE", "A change names no principal.");
	}
	json_object_put(grants);
	free(key);
}

static const struct route grants_routes[] = {
	{ "GET", GRANTS_API "/permissions/{type}/{name}", grants_get, 0 },
	{ "PATCH", GRANTS_API "/permissions/{type}/{name}", grants_update, 0 },
	{ "GET", GRANTS_API "/effective-permissions/{type}/{name}", grants_effective, 0 },
	{ 0 },
};

const struct domain grants_domain = { .name = "grants", .routes = grants_routes };

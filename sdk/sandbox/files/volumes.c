/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unity Catalog's volumes: /api/2.1/unity-catalog/volumes. Their files are in
 * DIR/volumes/catalog/schema/volume; fs.c serves them.
 * https://docs.databricks.com/api/workspace/volumes
 */
#include "files/volumes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/uc.h"
#include "files/beneath.h"

static const char tables[] =
    "CREATE TABLE IF NOT EXISTS volumes(id TEXT PRIMARY KEY, catalog TEXT NOT NULL,"
    " schema TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, comment TEXT,"
    " location TEXT NOT NULL, owner TEXT NOT NULL, created INTEGER NOT NULL,"
    " creator TEXT NOT NULL, updated INTEGER NOT NULL, updater TEXT NOT NULL,"
    " UNIQUE(catalog, schema, name));";

static const char COLUMNS[] = "SELECT id, catalog, schema, name, type, comment, location, owner,"
			      " created, creator, updated, updater FROM volumes ";

char *
volume_folder(const char *catalog, const char *schema, const char *name)
{
	return xprintf("/volumes/%s/%s/%s", catalog, schema, name);
}

bool
volume_exists(struct workspace *ws, const char *catalog, const char *schema, const char *name)
{
	return db_one_int(ws, "SELECT 1 FROM volumes WHERE catalog = ? AND schema = ? AND name = ?",
			  "sss", catalog, schema, name) == 1;
}

void
volume_add(struct workspace *ws, const char *catalog, const char *schema, const char *name,
	   const char *type, const char *comment, const char *location, const char *user)
{
	char *folder = volume_folder(catalog, schema, name), id[37];
	int64_t now = clock_ms();

	id_uuid(id);
	db_run(ws, "INSERT INTO volumes VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?8, ?9, ?8)",
	       "ssssssssi", id, catalog, schema, name, type, comment, location, user, now);
	if (beneath_mkdirs(ws->dir_fd, folder) != 0)
		log_line("error", "volume folder %s: %s", folder, strerror(errno));
	free(folder);
}

static struct json_object *
to_json(struct workspace *ws, sqlite3_stmt *st)
{
	struct json_object *obj = json_object_new_object();
	char *full = xprintf("%s.%s.%s", db_text(st, 1), db_text(st, 2), db_text(st, 3));

	json_add_str(obj, "name", db_text(st, 3));
	json_add_str(obj, "catalog_name", db_text(st, 1));
	json_add_str(obj, "schema_name", db_text(st, 2));
	json_add_str(obj, "full_name", full);
	json_add_str(obj, "volume_type", db_text(st, 4));
	if (*db_text(st, 5) != '\0')
		json_add_str(obj, "comment", db_text(st, 5));
	json_add_str(obj, "storage_location", db_text(st, 6));
	json_add_str(obj, "owner", db_text(st, 7));
	json_add_int(obj, "created_at", db_int(st, 8));
	json_add_str(obj, "created_by", db_text(st, 9));
	json_add_int(obj, "updated_at", db_int(st, 10));
	json_add_str(obj, "updated_by", db_text(st, 11));
	json_add_str(obj, "volume_id", db_text(st, 0));
	json_add_str(obj, "metastore_id", ws->metastore_id);
	free(full);
	return obj;
}

/* ---- names ---- */

struct volume_name {
	char *text; /* the name in lower case, split at its dots */
	const char *catalog, *schema, *name;
};

static bool
split_name(const char *full, struct volume_name *out)
{
	char *dot;

	out->text = text_fold(full);
	out->catalog = out->text;
	dot = strchr(out->text, '.');
	out->schema = dot != NULL ? dot + 1 : "";
	if (dot != NULL)
		*dot = '\0';
	dot = strchr(out->schema, '.');
	out->name = dot != NULL ? dot + 1 : "";
	if (dot != NULL)
		*dot = '\0';
	return *out->catalog != '\0' && *out->schema != '\0' && *out->name != '\0';
}

/* The volume in the path as JSON (owned), and its name. NULL when the request was refused. */
static struct json_object *
named_volume(struct request *req, struct volume_name *name)
{
	char *sql = xprintf("%s WHERE catalog = ? AND schema = ? AND name = ?", COLUMNS);
	struct json_object *found = NULL;
	sqlite3_stmt *st = NULL;

	if (split_name(request_var(req, "name"), name))
		st = db_query(req->ws, sql, "sss", name->catalog, name->schema, name->name);
	free(sql);
	if (st != NULL && db_next(req->ws, st)) {
		found = to_json(req->ws, st);
		db_end(st);
		return found;
	}
	free(name->text);
	reply_error(req, 404, "VOLUME_DOES_NOT_EXIST", "Volume '%.300s' does not exist.",
		    request_var(req, "name"));
	return NULL;
}

/* ---- endpoints ---- */

static void
volumes_list(struct request *req)
{
	static const struct page_rule rule = { .key = "volumes",
					       .size_arg = "max_results",
					       .token_arg = "page_token",
					       .default_size = 1000,
					       .max_size = 10000,
					       .empty_first = true };
	const char *catalog = request_need(req, "catalog_name"), *schema;
	struct json_object *all;
	sqlite3_stmt *st;
	char *sql, *kind;

	if (catalog == NULL)
		return;
	schema = request_need(req, "schema_name");
	if (schema == NULL || !uc_schema_known(req, catalog, schema))
		return;
	all = json_object_new_array();
	sql = xprintf("%s WHERE catalog = lower(?) AND schema = lower(?) ORDER BY name", COLUMNS);
	kind = xprintf("volumes:%s.%s", catalog, schema);
	st = db_query(req->ws, sql, "ss", catalog, schema);
	while (db_next(req->ws, st))
		json_object_array_add(all, to_json(req->ws, st));
	page_reply(req, &rule, kind, all);
	free(kind);
	free(sql);
}

static void
volumes_get(struct request *req)
{
	struct volume_name name;
	struct json_object *volume = named_volume(req, &name);

	if (volume == NULL)
		return;
	free(name.text);
	reply_json(req, volume);
}

static bool
name_ok(struct request *req, const char *name)
{
	size_t len = strlen(name);

	if (len > 0 && len <= MAX_NAME && strpbrk(name, "./ \\%") == NULL)
		return true;
	reply_error(req, 400, "INVALID_PARAMETER_VALUE", "'%.255s' is not a valid volume name.",
		    name);
	return false;
}

static void
create(struct request *req, const struct volume_name *name)
{
	const char *type = body_need(req, "volume_type"), *given;
	char *location, id[37];
	bool external;

	if (type == NULL)
		return;
	external = strcmp(type, "EXTERNAL") == 0;
	given = json_str(req->body, "storage_location");
	if ((!external && strcmp(type, "MANAGED") != 0) || external != (given != NULL)) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "volume_type is MANAGED, or "
			    "EXTERNAL with a storage_location.");
		return;
	}
	if (volume_exists(req->ws, name->catalog, name->schema, name->name)) {
		reply_error(req, 409, "VOLUME_ALREADY_EXISTS", "Volume '%s.%s.%s' already exists.",
			    name->catalog, name->schema, name->name);
		return;
	}
	id_uuid(id);
	location = external ? xstrdup(given)
			    : xprintf("s3://sandbox/%s/volumes/%s", req->ws->metastore_id, id);
	volume_add(req->ws, name->catalog, name->schema, name->name, type,
		   json_str(req->body, "comment"), location, req->user);
	free(location);
}

static void
reply_volume(struct request *req, const char *catalog, const char *schema, const char *name)
{
	char *sql = xprintf("%s WHERE catalog = ? AND schema = ? AND name = ?", COLUMNS);
	sqlite3_stmt *st = db_query(req->ws, sql, "sss", catalog, schema, name);

	if (db_next(req->ws, st)) {
		reply_json(req, to_json(req->ws, st));
		db_end(st);
	}
	free(sql);
}

static void
volumes_create(struct request *req)
{
	const char *catalog = body_need(req, "catalog_name"), *schema, *given;
	struct volume_name name;
	char *full;

	if (catalog == NULL)
		return;
	schema = body_need(req, "schema_name");
	given = schema != NULL ? body_need(req, "name") : NULL;
	if (given == NULL || !name_ok(req, given) || !uc_schema_known(req, catalog, schema))
		return;
	full = xprintf("%s.%s.%s", catalog, schema, given);
	split_name(full, &name);
	free(full);
	create(req, &name);
	if (!reply_done(req))
		reply_volume(req, name.catalog, name.schema, name.name);
	free(name.text);
}

static void
rename_volume(struct request *req, const struct volume_name *name, const char *new_name)
{
	char *from = volume_folder(name->catalog, name->schema, name->name);
	char *to = volume_folder(name->catalog, name->schema, new_name);

	if (beneath_rename(req->ws->dir_fd, from, to, 0) != 0)
		reply_error(req, 500, "INTERNAL_ERROR", "The volume cannot be renamed.");
	else
		db_run(req->ws,
		       "UPDATE volumes SET name = ? WHERE catalog = ? AND schema = ?"
		       " AND name = ?",
		       "ssss", new_name, name->catalog, name->schema, name->name);
	free(from);
	free(to);
}

static void
volumes_update(struct request *req)
{
	const char *given = json_str(req->body, "new_name");
	char *new_name = given != NULL ? text_fold(given) : NULL;
	struct volume_name name;
	struct json_object *volume = named_volume(req, &name);

	if (volume == NULL) {
		free(new_name);
		return;
	}
	db_run(req->ws,
	       "UPDATE volumes SET comment = coalesce(?, comment), owner = coalesce(?,"
	       " owner), updated = ?, updater = ? WHERE catalog = ? AND schema = ? AND name = ?",
	       "ssissss", json_str(req->body, "comment"), json_str(req->body, "owner"), clock_ms(),
	       req->user, name.catalog, name.schema, name.name);
	if (new_name != NULL && strcmp(new_name, name.name) != 0 && name_ok(req, new_name)) {
		if (volume_exists(req->ws, name.catalog, name.schema, new_name))
			reply_error(req, 409, "VOLUME_ALREADY_EXISTS",
				    "Volume '%s.%s.%s' already exists.", name.catalog, name.schema,
				    new_name);
		else
			rename_volume(req, &name, new_name);
	}
	if (!reply_done(req))
		reply_volume(req, name.catalog, name.schema,
			     new_name != NULL ? new_name : name.name);
	json_object_put(volume);
	free(name.text);
	free(new_name);
}

static void
volumes_delete(struct request *req)
{
	struct volume_name name;
	struct json_object *volume = named_volume(req, &name);
	char *folder;

	if (volume == NULL)
		return;
	folder = volume_folder(name.catalog, name.schema, name.name);
	db_run(req->ws, "DELETE FROM volumes WHERE id = ?", "s", json_str(volume, "volume_id"));
	beneath_remove_tree(req->ws->dir_fd, folder);
	free(folder);
	json_object_put(volume);
	free(name.text);
	reply_empty(req);
}

static const struct route volumes_routes[] = {
	{ "GET", "/api/2.1/unity-catalog/volumes", volumes_list, 0 },
	{ "POST", "/api/2.1/unity-catalog/volumes", volumes_create, 0 },
	{ "GET", "/api/2.1/unity-catalog/volumes/{name}", volumes_get, 0 },
	{ "PATCH", "/api/2.1/unity-catalog/volumes/{name}", volumes_update, 0 },
	{ "DELETE", "/api/2.1/unity-catalog/volumes/{name}", volumes_delete, 0 },
	{ 0 },
};

const struct domain volumes_domain = {
	.name = "volumes",
	.routes = volumes_routes,
	.tables = tables,
	.seed = volumes_seed,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* See objects.h. */
#include "workspace/objects.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files/beneath.h"

const char objects_tables[] =
    "CREATE TABLE IF NOT EXISTS objects(id INTEGER PRIMARY KEY, path TEXT UNIQUE NOT NULL,"
    " parent TEXT NOT NULL, type TEXT NOT NULL, language TEXT, format TEXT,"
    " created INTEGER NOT NULL, modified INTEGER NOT NULL, size INTEGER NOT NULL DEFAULT 0,"
    " locked INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX IF NOT EXISTS objects_in ON objects(parent);";

static const char COLUMNS[] =
    "SELECT id, path, type, language, format, created, modified, size, locked FROM objects ";

/* ---- paths ---- */

char *
object_path(const char *given)
{
	char *clean = path_clean(given), *out;

	if (clean == NULL || !path_within(clean, "/Workspace"))
		return clean;
	out = xstrdup(clean[strlen("/Workspace")] != '\0' ? clean + strlen("/Workspace") : "/");
	free(clean);
	return out;
}

static char *
checked_path(struct request *req, const char *given)
{
	char *path = given != NULL ? object_path(given) : NULL;

	if (given != NULL && path == NULL)
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Path (%.200s) is not a valid absolute path.", given);
	return path;
}

char *
object_path_arg(struct request *req)
{
	return checked_path(req, request_need(req, "path"));
}

char *
object_path_body(struct request *req)
{
	return checked_path(req, body_need(req, "path"));
}

/* ---- reading rows ---- */

static void
from_row(sqlite3_stmt *st, struct object *out)
{
	memset(out, 0, sizeof(*out));
	out->id = db_int(st, 0);
	out->path = xstrdup(db_text(st, 1));
	snprintf(out->type, sizeof(out->type), "%s", db_text(st, 2));
	snprintf(out->language, sizeof(out->language), "%s", db_text(st, 3));
	snprintf(out->format, sizeof(out->format), "%s", db_text(st, 4));
	out->created = db_int(st, 5);
	out->modified = db_int(st, 6);
	out->size = db_int(st, 7);
	out->locked = db_int(st, 8) != 0;
}

bool
object_find(struct workspace *ws, const char *path, struct object *out)
{
	char *sql = xprintf("%s WHERE path = ?", COLUMNS);
	sqlite3_stmt *st = db_query(ws, sql, "s", path);
	bool found = db_next(ws, st);

	free(sql);
	memset(out, 0, sizeof(*out));
	if (!found && strcmp(path, "/") == 0) {
		out->path = xstrdup("/");
		snprintf(out->type, sizeof(out->type), "DIRECTORY");
		return true;
	}
	if (!found)
		return false;
	from_row(st, out);
	db_end(st);
	return true;
}

bool
object_need(struct request *req, const char *path, struct object *out)
{
	if (object_find(req->ws, path, out))
		return true;
	reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST", "Path (%.1000s) doesn't exist.", path);
	return false;
}

void
object_fini(struct object *object)
{
	free(object->path);
	object->path = NULL;
}

bool
object_is_folder(const struct object *object)
{
	return strcmp(object->type, "DIRECTORY") == 0 || strcmp(object->type, "REPO") == 0;
}

struct json_object *
object_json(const struct object *object)
{
	struct json_object *obj = json_object_new_object();
	char id[32];

	json_add_str(obj, "object_type", object->type);
	json_add_str(obj, "path", object->path);
	if (object->language[0] != '\0')
		json_add_str(obj, "language", object->language);
	if (!object_is_folder(object)) {
		json_add_int(obj, "created_at", object->created);
		json_add_int(obj, "modified_at", object->modified);
	}
	if (strcmp(object->type, "FILE") == 0)
		json_add_int(obj, "size", object->size);
	json_add_int(obj, "object_id", object->id);
	snprintf(id, sizeof(id), "%lld", (long long)object->id);
	json_add_str(obj, "resource_id", id);
	return obj;
}

struct json_object *
object_children(struct workspace *ws, const char *path)
{
	char *sql = xprintf("%s WHERE parent = ? ORDER BY path", COLUMNS);
	sqlite3_stmt *st = db_query(ws, sql, "s", path);
	struct json_object *list = json_object_new_array();
	struct object object;

	free(sql);
	while (db_next(ws, st)) {
		from_row(st, &object);
		json_object_array_add(list, object_json(&object));
		object_fini(&object);
	}
	return list;
}

bool
object_has_children(struct workspace *ws, const char *path)
{
	return db_one_int(ws, "SELECT 1 FROM objects WHERE parent = ? LIMIT 1", "s", path) == 1;
}

/* ---- writing rows ---- */

bool
object_writable(struct request *req, const char *path)
{
	int64_t locked = db_one_int(req->ws,
				    "SELECT 1 FROM objects WHERE locked = 1 AND (path = ?1"
				    " OR substr(?1, 1, length(path) + 1) = path || '/') LIMIT 1",
				    "s", path);

	if (locked == 0)
		return true;
	reply_error(req, 403, "PERMISSION_DENIED",
		    "%s does not have Edit permissions on %.1000s. Please contact the owner or an "
		    "administrator for access.",
		    req->user, path);
	return false;
}

void
object_add_folder(struct workspace *ws, const char *path, const char *type)
{
	char *parent = path_parent(path);
	int64_t now = clock_ms();

	db_run(ws,
	       "INSERT INTO objects(id, path, parent, type, created, modified)"
	       " VALUES(?, ?, ?, ?, ?5, ?5)",
	       "isssi", id_number(), path, parent, type, now);
	free(parent);
}

bool
object_mkdirs(struct request *req, const char *path)
{
	struct object object;
	char *parent;
	bool ok;

	if (object_find(req->ws, path, &object)) {
		ok = object_is_folder(&object);
		object_fini(&object);
		if (!ok)
			reply_error(req, 400, "RESOURCE_ALREADY_EXISTS",
				    "Path (%.1000s) already exists and is not a folder.", path);
		return ok;
	}
	parent = path_parent(path);
	ok = object_mkdirs(req, parent);
	free(parent);
	if (ok)
		object_add_folder(req->ws, path, "DIRECTORY");
	return ok;
}

static char *
content_name(int64_t id)
{
	return xprintf("/workspace/%lld", (long long)id);
}

static void
delete_content(struct workspace *ws, int64_t id)
{
	char *name = content_name(id);

	beneath_unlink(ws->dir_fd, name, 0);
	free(name);
}

void
object_delete(struct workspace *ws, const char *path)
{
	static const char WHICH[] = " FROM objects WHERE path = ?1"
				    " OR substr(path, 1, length(?1) + 1) = ?1 || '/'";
	char *select = xprintf("SELECT id%s", WHICH), *erase = xprintf("DELETE%s", WHICH);
	sqlite3_stmt *st = db_query(ws, select, "s", path);

	while (db_next(ws, st))
		delete_content(ws, db_int(st, 0));
	db_run(ws, erase, "s", path);
	db_run(ws,
	       "DELETE FROM repos WHERE path = ?1 OR substr(path, 1, length(?1) + 1) ="
	       " ?1 || '/'",
	       "s", path);
	free(select);
	free(erase);
}

/* ---- contents ---- */

int
object_open(struct workspace *ws, const struct object *object)
{
	char *name = content_name(object->id);
	int fd = beneath_open(ws->dir_fd, name, O_RDONLY);

	free(name);
	return fd;
}

char *
object_read(struct workspace *ws, const struct object *object, size_t max, size_t *len)
{
	int fd = object_open(ws, object), saved;
	char *data;

	if (fd < 0)
		return NULL;
	data = read_full(fd, max, len);
	saved = errno;
	close(fd);
	errno = saved;
	return data;
}

/* Writes bytes to a temporary file below the workspace's folder. Returns its name, or NULL. */
static char *
write_temporary(struct workspace *ws, const void *data, size_t len)
{
	char hex[33], *name;
	int fd;
	bool ok;

	id_hex(hex, 32);
	name = xprintf("tmp/%s", hex);
	fd = openat(ws->dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ok = fd >= 0 && write_full(fd, data, len);
	if (fd >= 0)
		ok = close(fd) == 0 && ok;
	if (ok)
		return name;
	unlinkat(ws->dir_fd, name, 0);
	free(name);
	return NULL;
}

static bool
place_content(struct workspace *ws, int64_t id, const void *data, size_t len, const char *temporary)
{
	char *made = data != NULL ? write_temporary(ws, data, len) : xstrdup(temporary);
	char *name = content_name(id);
	bool ok = made != NULL && beneath_mkdirs(ws->dir_fd, "/workspace") == 0 &&
		  beneath_place(ws->dir_fd, made, ws->dir_fd, name, true) == 0;

	if (!ok)
		log_line("error", "workspace %s: cannot store an object: %s", ws->name,
			 strerror(errno));
	free(made);
	free(name);
	return ok;
}

bool
object_store(struct workspace *ws, const char *path, const char *type, const char *language,
	     const char *format, const void *data, size_t len, const char *temporary)
{
	int64_t id = db_one_int(ws, "SELECT id FROM objects WHERE path = ?", "s", path);
	int64_t now = clock_ms();
	char *parent = path_parent(path);
	bool is_new = id == 0;

	if (is_new)
		id = id_number();
	if (!place_content(ws, id, data, len, temporary)) {
		free(parent);
		return false;
	}
	db_run(ws,
	       "INSERT INTO objects(id, path, parent, type, language, format, created,"
	       " modified, size) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8) ON CONFLICT(path) DO"
	       " UPDATE SET type = ?4, language = ?5, format = ?6, modified = ?7, size = ?8",
	       "isssssii", id, path, parent, type, language, format, now, (int64_t)len);
	free(parent);
	return true;
}

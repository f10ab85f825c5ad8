/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The workspace tree: a row for each object in state.db; the contents of notebooks, files and
 * libraries are in DIR/workspace/<object id>. Paths are normalized and do not have the prefix
 * "/Workspace" that clients may use. The caller of these functions holds ws_lock.
 */
#ifndef SANDBOX_OBJECTS_H
#define SANDBOX_OBJECTS_H

#include "sandbox.h"

enum {
	MAX_EXPORT = 10 * 1024 * 1024, /* most bytes of notebooks, and of imports and exports */
	MAX_WORKSPACE_FILE = 500 * 1024 * 1024,
};

struct object {
	int64_t id, created, modified, size;
	char *path;
	char type[12];	  /* one of DIRECTORY NOTEBOOK FILE LIBRARY REPO */
	char language[8]; /* of notebooks; else "" */
	char format[8];	  /* for notebooks: SOURCE, JUPYTER; else "" */
	bool locked;	  /* users cannot write here or below */
};

/* Normalizes a path and removes "/Workspace". NULL when it is not an absolute path. The caller
 * frees it. */
char *object_path(const char *given);
/* The path in the query argument or body member `path`. NULL when the request was refused. The
 * caller frees it. */
char *object_path_arg(struct request *req);
char *object_path_body(struct request *req);

bool object_find(struct workspace *ws, const char *path, struct object *out);
/* Finds an object. When the result is false, it has answered 404. */
bool object_need(struct request *req, const char *path, struct object *out);
void object_fini(struct object *object);
bool object_is_folder(const struct object *object); /* DIRECTORY or REPO */
struct json_object *object_json(const struct object *object);
/* The objects directly in a folder, as an array of struct json_object. */
struct json_object *object_children(struct workspace *ws, const char *path);
bool object_has_children(struct workspace *ws, const char *path);

/* May the caller write at this path? When the result is false, it has answered 403. */
bool object_writable(struct request *req, const char *path);
/* Creates a folder and its parents. When the result is false, the request was answered. */
bool object_mkdirs(struct request *req, const char *path);
void object_add_folder(struct workspace *ws, const char *path, const char *type);
/* Deletes an object and everything below it. */
void object_delete(struct workspace *ws, const char *path);

/* A descriptor of the content, or -1. */
int object_open(struct workspace *ws, const struct object *object);
/* The content. NULL (with errno) when it is larger than max or cannot be read. The caller frees
 * it. */
char *object_read(struct workspace *ws, const struct object *object, size_t max, size_t *len);
/* Stores bytes under path; or, with data NULL, moves the file `temporary` (below ws->dir) there. An
 * existing object keeps its id and creation time. */
bool object_store(struct workspace *ws, const char *path, const char *type, const char *language,
		  const char *format, const void *data, size_t len, const char *temporary);

/* The Git folder that contains the path: {id, path, branch, head_commit_id, url}. NULL when there
 * is none. */
struct json_object *repo_of(struct workspace *ws, const char *path);
void objects_seed(struct workspace *ws);
extern const char objects_tables[];

#endif

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
	MAX_EXPORT = 10 * 1024 * 1024, /* bytes of notebooks, and of imports and exports */
	MAX_WORKSPACE_FILE = 500 * 1024 * 1024,
};

struct object {
	int64_t id, created, modified, size;
	char *path;
	char type[12];	  /* DIRECTORY NOTEBOOK FILE LIBRARY REPO */
	char language[8]; /* of notebooks; else "" */
	char format[8];	  /* of notebooks: SOURCE, JUPYTER; else "" */
	bool locked;	  /* no user may write here or below */
};

/* NULL when it is not a normalized absolute path. Removes "/Workspace". Caller frees. */
char *object_path(const char *given);
/* The query argument or body member `path`; NULL after a refusal.  Caller frees. */
char *object_path_arg(struct request *req);
char *object_path_body(struct request *req);

bool object_find(struct workspace *ws, const char *path, struct object *out);
/* Like object_find, but has answered 404 when it returns false. */
bool object_need(struct request *req, const char *path, struct object *out);
void object_fini(struct object *object);
bool object_is_folder(const struct object *object); /* DIRECTORY or REPO */
struct json_object *object_json(const struct object *object);
/* Array of the objects directly in a folder, as struct json_object. */
struct json_object *object_children(struct workspace *ws, const char *path);
bool object_has_children(struct workspace *ws, const char *path);

/* May the caller write at this path? Has answered 403 when not. */
bool object_writable(struct request *req, const char *path);
/* Creates a folder and its parents; has answered when it returns false. */
bool object_mkdirs(struct request *req, const char *path);
void object_add_folder(struct workspace *ws, const char *path, const char *type);
/* Deletes it and everything below it. */
void object_delete(struct workspace *ws, const char *path);

/* Descriptor of the content, or -1. */
int object_open(struct workspace *ws, const struct object *object);
/* The content; NULL (errno) when it is larger than max or cannot be read. Caller frees. */
char *object_read(struct workspace *ws, const struct object *object, size_t max, size_t *len);
/* Stores bytes, or (data NULL) takes the file `temporary` below ws->dir, under path. An existing
 * object keeps its id and creation time. */
bool object_store(struct workspace *ws, const char *path, const char *type, const char *language,
		  const char *format, const void *data, size_t len, const char *temporary);

/* The Git folder that contains the path: {id, path, branch, head_commit_id, url}; NULL when
 * none. */
struct json_object *repo_of(struct workspace *ws, const char *path);
void objects_seed(struct workspace *ws);
extern const char objects_tables[];

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files plugin: one set of tools over three stores, chosen by the path. Files API 2.0 for Unity
 * Catalog volumes, DBFS API 2.0, workspace and workspace-files API 2.0:
 * https://docs.databricks.com/api/workspace/files, .../dbfs, .../workspace
 */
#ifndef PLUGINS_FILES_H
#define PLUGINS_FILES_H

#include "databricks.h"
#include "files.rows.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define PATH_BYTES_MAX 2048	  /* of a path, which has to fit into the state between steps */
#define BLOCK_BYTES_MAX (1 << 20) /* the most that DBFS takes or gives at once */

/* ---- path.c ---------------------------------------------------------------------------------- */

enum store {
	STORE_VOLUME,  /* /Volumes/catalog/schema/volume and below */
	STORE_CATALOG, /* above a volume: /Volumes, a catalog, a schema */
	STORE_DBFS,
	STORE_WORKSPACE,
};

struct place {
	enum store store;
	const char *path;  /* as the API of its store wants it */
	const char *shown; /* as people write it, and as the tools take it back */
	unsigned depth;	   /* segments of `path`; 0: the root */
};

/* Cleans a path and finds its store; strings belong to the step. Fails the call for what is no
 * path: relative, too long, with control characters or segments of dots, however spelt. */
bool place_find(struct mcp_call *call, const char *path, size_t len, struct place *place);
/* The argument `path`. */
bool place_argument(struct mcp_call *call, struct place *place);
/* The same for tools that work on what is in a volume, DBFS or the workspace, but not on the
 * catalogs and schemas above a volume. */
bool place_of_file(struct mcp_call *call, struct place *place);
/* {"path": …} for templates. */
struct json_object *place_values(struct mcp_call *call, const struct place *place);
struct dbx_words place_words(struct mcp_call *call, const struct place *place, const char *grant);
/* The same for calls that make missing directories: of a volume's path, only the volume itself can
 * be missing then. */
struct dbx_words place_made_words(struct mcp_call *call, const struct place *place);
/* The path of the notebook that the workspace makes of source with this name: without its
 * extension. NULL: of such a file it makes none. */
const char *place_notebook(struct mcp_call *call, const struct place *place);
/* Fails the call: nothing is there. */
int place_missing(struct mcp_call *call, const struct place *place);
/* Fails the call: the root of a store, or of a volume, cannot be written or deleted. */
bool place_not_root(struct mcp_call *call, const struct place *place);
const char *place_parent(struct mcp_call *call, const char *path);
/* Link for a human; NULL: the store has no page. */
const char *place_url(struct mcp_call *call, const struct place *place);
/* Did the host refuse a request for the sake of a file of its own? And what to do then. */
bool file_refused(const struct mcp_reply *reply, const char *file);
#define FILE_NEXT                                                                                  \
	"Files of the host are in folders that its operator lists in plugins.transfer_dirs: name " \
	"one there, or ask the operator."

/* ---- stat.c ---------------------------------------------------------------------------------- */

struct file_info {
	bool found, directory;
	int64_t size;	     /* -1: not known */
	int64_t modified_ms; /* 0: not known */
	char type[32];	     /* "file", "directory", or what the workspace calls it */
	char content_type[128];
	char language[32]; /* of a notebook */
};

typedef int (*file_info_fn)(struct mcp_call *call, const struct place *place,
			    const struct file_info *info, const void *state);

#define STAT_STATE_MAX 1024

/* Looks at the argument `path`, then runs `fn` with a copy of `state`. What is missing has `found`
 * false; any other failure ends the call. With MCP_HTTP_CLEANUP in `flags` nothing ends the call:
 * what could not be looked at has `found` false and a size of -2. */
int place_stat(struct mcp_call *call, uint32_t flags, file_info_fn fn, const void *state,
	       size_t len);
#define SIZE_UNASKED (-2)
bool info_is_notebook(const struct file_info *info);

/* ---- list.c ---------------------------------------------------------------------------------- */

/* ---- fetch.c --------------------------------------------------------------------------------- */

/* Bytes of a file, for the length of one step. */
struct fetched {
	const char *data;
	size_t len;
	int64_t offset; /* of the first byte */
	int64_t total;	/* size of the file; -1: not known */
};

typedef int (*fetched_fn)(struct mcp_call *call, const struct place *place,
			  const struct fetched *fetched);

/* Fetches at most `length` bytes from `offset` on (negative: so many before the end) of the
 * argument `path`, then runs `fn`. Fails for folders and for offsets behind the end. */
int file_fetch(struct mcp_call *call, int64_t offset, int64_t length, fetched_fn fn);
/* The same when the size is known already. */
int file_fetch_known(struct mcp_call *call, const struct place *place, const struct file_info *info,
		     int64_t offset, int64_t length, fetched_fn fn);
/* The request for a whole file of a volume or the workspace, as its bytes. */
bool whole_request(struct mcp_call *call, const struct place *place, const struct file_info *info,
		   struct mcp_http *request);

/* ---- read.c, resource.c ---------------------------------------------------------------------- */

/* How much of `fetched` is text: sets where it begins and ends on characters' boundaries. */
bool fetched_is_text(const struct fetched *fetched, size_t *from, size_t *to);

/* ---- write.c, write_dbfs.c ------------------------------------------------------------------- */

/* What is to be written; `file` of the operator's folders, or bytes. */
struct content {
	const char *file;
	const char *data;
	size_t len;
};

/* Decodes the arguments of write_file; false with the call failed. */
bool content_find(struct mcp_call *call, struct content *content);
int write_dbfs(struct mcp_call *call, const struct place *place, const struct content *content);
/* The answer. */
int written(struct mcp_call *call, const struct place *place, int64_t bytes);
/* Fails the call for an answered request: exists already, forbidden, … */
int write_refused(struct mcp_call *call, const struct place *place, const struct mcp_reply *reply,
		  const struct dbx_error *error);
/* Nobody knows what became of a write: looks, and fails the call with what is there now. */
int write_uncertain(struct mcp_call *call, const char *why);

/* ---- delete.c, walk.c, directory.c ----------------------------------------------------------- */

/* Deletes a directory of a volume with all that is in it, the deepest first. */
int delete_tree(struct mcp_call *call, const struct place *place);

/* ---- base64.c -------------------------------------------------------------------------------- */

/* Both into memory of the step. Decoding takes line breaks; NULL when it is not base64. */
char *base64_encode(struct mcp_call *call, const void *data, size_t len);
char *base64_decode(struct mcp_call *call, const char *text, size_t len, size_t *decoded);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files plugin: one set of tools for three stores. The path selects the store. Files API 2.0
 * for Unity Catalog volumes, DBFS API 2.0, workspace and workspace-files API 2.0:
 * https://docs.databricks.com/api/workspace/files, .../dbfs, .../workspace
 */
#ifndef PLUGINS_FILES_H
#define PLUGINS_FILES_H

#include "databricks.h"
#include "files.rows.h"

/* most bytes of a path, which must fit into the state between steps */
#define PATH_BYTES_MAX 2048
#define BLOCK_BYTES_MAX (1 << 20) /* bytes of the largest block of DBFS */

/* ---- path.c ---------------------------------------------------------------------------------- */

enum store {
	STORE_VOLUME,  /* a path /Volumes/catalog/schema/volume, or below it */
	STORE_CATALOG, /* a path above a volume: /Volumes, a catalog, a schema */
	STORE_DBFS,
	STORE_WORKSPACE,
};

struct place {
	enum store store;
	const char *path;  /* the path in the form of the store's API */
	const char *shown; /* the path as people write it and as the tools accept it */
	unsigned depth;	   /* number of segments of `path`; 0: the root */
};

/* Normalizes a path and finds its store; strings belong to the step. Fails the call for an invalid
 * path: relative, too long, with control characters or dot segments in any spelling. */
bool place_find(struct mcp_call *call, const char *path, size_t len, struct place *place);
/* The argument `path`. */
bool place_argument(struct mcp_call *call, struct place *place);
/* Does the same for tools that work on the content of a volume, DBFS or the workspace, but not on
 * the catalogs and schemas above a volume. */
bool place_of_file(struct mcp_call *call, struct place *place);
/* {"path": …} for templates. */
struct json_object *place_values(struct mcp_call *call, const struct place *place);
struct mcp_words place_words(struct mcp_call *call, const struct place *place, const char *grant);
/* Does the same for calls that make missing directories. In the path of a volume then only the
 * volume itself can be missing. */
struct mcp_words place_made_words(struct mcp_call *call, const struct place *place);
/* The path of the notebook that the workspace makes from source with this name: without its
 * extension. NULL when it makes no notebook from such a file. */
const char *place_notebook(struct mcp_call *call, const struct place *place);
/* Fails the call because nothing exists at the path. */
int place_missing(struct mcp_call *call, const struct place *place);
/* Fails the call because the root of a store, or of a volume, cannot be written or deleted. */
bool place_not_root(struct mcp_call *call, const struct place *place);
const char *place_parent(struct mcp_call *call, const char *path);
/* A link for people. NULL: the store has no web page. */
const char *place_url(struct mcp_call *call, const struct place *place);
/* Did the host refuse a request because of one of the host's own files? Then `next` is the next
 * step. */
bool file_refused(const struct mcp_reply *reply, const char *file);
#define FILE_NEXT                                                                               \
	"The operator lists the host's folders for files in plugins.transfer_dirs: use a file " \
	"in one of them, or ask the operator."

/* ---- stat.c ---------------------------------------------------------------------------------- */

struct file_info {
	bool found, directory;
	int64_t size;	     /* -1: not known */
	int64_t modified_ms; /* 0: not known */
	char type[32];	     /* "file", "directory", or the type of the object in the workspace */
	char content_type[128];
	char language[32]; /* of a notebook */
};

typedef int (*file_info_fn)(struct mcp_call *call, const struct place *place,
			    const struct file_info *info, const void *state);

#define STAT_STATE_MAX 1024

/* Reads the facts about the argument `path`, then runs `fn` with a copy of `state`. If it does not
 * exist, `found` is false; any other failure ends the call. With MCP_HTTP_CLEANUP in `flags` a
 * failure does not end the call: after a failure `found` is false and the size -2. */
int place_stat(struct mcp_call *call, uint32_t flags, file_info_fn fn, const void *state,
	       size_t len);
#define SIZE_UNASKED (-2)
bool info_is_notebook(const struct file_info *info);

/* ---- list.c ---------------------------------------------------------------------------------- */

/* ---- fetch.c --------------------------------------------------------------------------------- */

/* Bytes of a file, valid during one step. */
struct fetched {
	const char *data;
	size_t len;
	int64_t offset; /* position of the first byte in the file */
	int64_t total;	/* size of the file; -1: not known */
};

typedef int (*fetched_fn)(struct mcp_call *call, const struct place *place,
			  const struct fetched *fetched);

/* Reads at most `length` bytes of the file in the argument `path`, beginning at `offset` (negative:
 * counted from the end). Then runs `fn`. Fails for folders and for offsets after the end. */
int file_fetch(struct mcp_call *call, int64_t offset, int64_t length, fetched_fn fn);
/* Does the same when the size is already known. */
int file_fetch_known(struct mcp_call *call, const struct place *place, const struct file_info *info,
		     int64_t offset, int64_t length, fetched_fn fn);
/* The request for the bytes of a whole file in a volume or the workspace. */
bool whole_request(struct mcp_call *call, const struct place *place, const struct file_info *info,
		   struct mcp_http *request);

/* ---- read.c, resource.c ---------------------------------------------------------------------- */

/* Finds the part of `fetched` that is text, between whole characters. */
bool fetched_is_text(const struct fetched *fetched, size_t *from, size_t *to);

/* ---- write.c, write_dbfs.c ------------------------------------------------------------------- */

/* The content to write: the bytes of the arguments, or `file`, a file in the operator's folders. */
struct content {
	const char *file;
	const char *data;
	size_t len;
};

/* Reads the arguments of write_file. When they are not valid, the call fails and the result is
 * false. */
bool content_find(struct mcp_call *call, struct content *content);
int write_dbfs(struct mcp_call *call, const struct place *place, const struct content *content);
/* Is the argument overwrite true? */
bool overwrites(struct mcp_call *call);
/* The answer. */
int written(struct mcp_call *call, const struct place *place, int64_t bytes);
/* Fails the call because the request was rejected: the file exists already, access is forbidden,
 * … */
int write_refused(struct mcp_call *call, const struct place *place, const struct mcp_reply *reply,
		  const struct dbx_error *error);
/* Called when the result of a write is unknown: reads the path, and fails the call with the object
 * that exists there now. */
int write_uncertain(struct mcp_call *call, const char *why);

/* ---- delete.c, walk.c, directory.c ----------------------------------------------------------- */

/* Deletes a directory of a volume and everything in it, the deepest directory first. */
int delete_tree(struct mcp_call *call, const struct place *place);

/* ---- base64.c -------------------------------------------------------------------------------- */

/* Both functions return memory of the step. Decoding accepts line breaks. NULL when the text is not
 * base64. */
char *base64_encode(struct mcp_call *call, const void *data, size_t len);
char *base64_decode(struct mcp_call *call, const char *text, size_t len, size_t *decoded);

#endif

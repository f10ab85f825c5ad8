/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DBFS: /api/2.0/dbfs. Files are in DIR/dbfs. Bytes written through a handle go to a temporary file
 * that appears at close, so an interrupted upload leaves nothing.
 * https://docs.databricks.com/api/workspace/dbfs
 */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files/beneath.h"
#include "server/form.h"

enum {
	MAX_BLOCK = 1024 * 1024, /* most bytes of read, add-block and put */
	DEFAULT_READ = 512 * 1024,
	HANDLE_IDLE_MS = 10 * 60 * 1000,
	MAX_HANDLES = 1000, /* most handles of one workspace */
};

struct handle {
	int64_t id, used_ms;
	struct workspace *ws;
	char *path, *temporary; /* path of the temporary file, below ws->dir */
	int fd;
	bool overwrite;
	struct handle *next;
};

/* The lock of the workspace protects its handles. `handles_lock` protects the list. */
static struct handle *handles;
static pthread_mutex_t handles_lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- paths and refusals ---- */

/* A normalized path without "dbfs:". NULL when the request was refused. */
static char *
checked(struct request *req, const char *given)
{
	char *path;

	if (given == NULL)
		return NULL;
	path = path_clean(strncmp(given, "dbfs:", 5) == 0 ? given + 5 : given);
	if (path == NULL)
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Path must be absolute and clean: %.200s", given);
	else if (path_within(path, "/Volumes"))
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "%.200s is in a volume: use the Files API", path);
	else
		return path;
	free(path);
	return NULL;
}

static void
refuse(struct request *req, const char *path, int error)
{
	if (error == ENOENT || error == ENOTDIR)
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST",
			    "No file or directory exists on path dbfs:%.1000s.", path);
	else if (error == EEXIST || error == EISDIR)
		reply_error(req, 400, "RESOURCE_ALREADY_EXISTS",
			    "A file or directory already exists at the input path dbfs:%.1000s.",
			    path);
	else
		reply_error(req, 400, "IO_ERROR", "dbfs:%.1000s: %s", path, strerror(error));
}

static struct json_object *
info(const char *path, const struct stat *st)
{
	struct json_object *obj = json_object_new_object();
	bool is_dir = S_ISDIR(st->st_mode);

	json_add_str(obj, "path", path);
	json_add_bool(obj, "is_dir", is_dir);
	json_add_int(obj, "file_size", is_dir ? 0 : st->st_size);
	json_add_int(obj, "modification_time", stat_ms(st));
	return obj;
}

/* ---- looking ---- */

struct listing {
	const char *folder;
	struct json_object *files;
};

static bool
list_entry(void *arg, const char *name, const struct stat *st)
{
	struct listing *listing = arg;
	char *path = xprintf("%s/%s", listing->folder[1] != '\0' ? listing->folder : "", name);

	if (S_ISDIR(st->st_mode) || S_ISREG(st->st_mode))
		json_object_array_add(listing->files, info(path, st));
	free(path);
	return true;
}

static void
list_or_stat(struct request *req, bool list)
{
	char *path = checked(req, request_need(req, "path"));
	struct json_object *answer;
	struct listing listing;
	struct stat st;
	int root;

	if (path == NULL)
		return;
	root = beneath_top(req->ws, "dbfs");
	if (beneath_stat(root, path, &st) != 0) {
		refuse(req, path, errno);
	} else if (!list) {
		reply_json(req, info(path, &st));
	} else {
		listing = (struct listing){ path, json_object_new_array() };
		if (S_ISDIR(st.st_mode))
			beneath_each(root, path, list_entry, &listing);
		else
			json_object_array_add(listing.files, info(path, &st));
		answer = json_object_new_object();
		if (json_object_array_length(listing.files) > 0)
			json_add(answer, "files", listing.files);
		else
			json_object_put(listing.files);
		reply_json(req, answer);
	}
	close(root);
	free(path);
}

static void
dbfs_list(struct request *req)
{
	list_or_stat(req, true);
}

static void
dbfs_get_status(struct request *req)
{
	list_or_stat(req, false);
}

static void
send_block(struct request *req, int fd, int64_t offset, int64_t length)
{
	char *block = xcalloc(1, (size_t)length), *data;
	struct json_object *answer = json_object_new_object();
	ssize_t n;

	do {
		n = pread(fd, block, (size_t)length, (off_t)offset);
	} while (n < 0 && errno == EINTR);
	data = encode_base64(block, n > 0 ? (size_t)n : 0);
	json_add_int(answer, "bytes_read", n > 0 ? n : 0);
	json_add_str(answer, "data", data);
	free(data);
	free(block);
	reply_json(req, answer);
}

static void
dbfs_read(struct request *req)
{
	int64_t offset, length;
	struct stat st;
	char *path;
	int root, fd;

	if (!request_int(req, "offset", 0, 0, INT64_MAX, &offset) ||
	    !request_int(req, "length", DEFAULT_READ, 0, INT64_MAX, &length))
		return;
	if (length > MAX_BLOCK) {
		reply_error(req, 400, "MAX_READ_SIZE_EXCEEDED",
			    "Maximum read size is %d bytes but %lld were asked for.", MAX_BLOCK,
			    (long long)length);
		return;
	}
	path = checked(req, request_need(req, "path"));
	if (path == NULL)
		return;
	root = beneath_top(req->ws, "dbfs");
	fd = beneath_open(root, path, O_RDONLY);
	if (fd < 0 || fstat(fd, &st) != 0)
		refuse(req, path, errno);
	else if (S_ISDIR(st.st_mode))
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Cannot read dbfs:%.1000s: it is a directory.", path);
	else
		send_block(req, fd, offset, length);
	if (fd >= 0)
		close(fd);
	close(root);
	free(path);
}

/* ---- handles ---- */

static void
handle_free(struct handle *handle)
{
	if (handle->fd >= 0)
		close(handle->fd);
	unlinkat(handle->ws->dir_fd, handle->temporary, 0);
	free(handle->temporary);
	free(handle->path);
	free(handle);
}

/* Removes a handle from the list: the one with the id; with id 0 an idle one; with id and now 0
 * any handle. */
static struct handle *
unchain(struct workspace *ws, int64_t id, int64_t now)
{
	struct handle *found = NULL;

	pthread_mutex_lock(&handles_lock);
	for (struct handle **at = &handles; *at != NULL && found == NULL; at = &(*at)->next) {
		if ((*at)->ws != ws)
			continue;
		if (id != 0 ? (*at)->id == id : now == 0 || now - (*at)->used_ms > HANDLE_IDLE_MS) {
			found = *at;
			*at = found->next;
			break;
		}
	}
	pthread_mutex_unlock(&handles_lock);
	return found;
}

static void
chain(struct handle *handle)
{
	pthread_mutex_lock(&handles_lock);
	handle->next = handles;
	handles = handle;
	pthread_mutex_unlock(&handles_lock);
}

static void
expire_handles(struct workspace *ws)
{
	struct handle *handle;

	while ((handle = unchain(ws, 0, clock_ms())) != NULL)
		handle_free(handle);
}

static void
close_all(struct workspace *ws)
{
	struct handle *handle;

	while ((handle = unchain(ws, 0, 0)) != NULL)
		handle_free(handle);
}

static int
count_handles(struct workspace *ws)
{
	int n = 0;

	pthread_mutex_lock(&handles_lock);
	for (struct handle *h = handles; h != NULL; h = h->next)
		n += h->ws == ws;
	pthread_mutex_unlock(&handles_lock);
	return n;
}

/* Makes a handle with a temporary file. NULL on failure, with errno. */
static struct handle *
handle_new(struct workspace *ws, const char *path, bool overwrite)
{
	struct handle *handle = xcalloc(1, sizeof(*handle));
	char hex[33];

	id_hex(hex, 32);
	handle->id = id_number();
	handle->used_ms = clock_ms();
	handle->ws = ws;
	handle->path = xstrdup(path);
	handle->temporary = xprintf("tmp/%s", hex);
	handle->overwrite = overwrite;
	handle->fd =
	    openat(ws->dir_fd, handle->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (handle->fd >= 0)
		return handle;
	handle_free(handle);
	return NULL;
}

/* Can a file be written at the path? Creates its parent folders. Returns 0 or an errno. */
static int
check_target(int root, const char *path, bool overwrite)
{
	char *parent = path_parent(path);
	struct stat st;
	int rc = beneath_mkdirs(root, parent) == 0 ? 0 : errno == ENOTDIR ? EEXIST : errno;

	free(parent);
	if (rc == 0 && beneath_stat(root, path, &st) == 0 && (S_ISDIR(st.st_mode) || !overwrite))
		rc = EEXIST;
	return rc;
}

/* Moves a finished temporary file to its path. Returns 0 or an errno. */
static int
put_in_place(struct handle *handle)
{
	int root = beneath_top(handle->ws, "dbfs"), rc;

	rc = check_target(root, handle->path, handle->overwrite);
	if (rc == 0 && beneath_place(handle->ws->dir_fd, handle->temporary, root, handle->path,
				     handle->overwrite) != 0)
		rc = errno;
	close(root);
	return rc;
}

static void
dbfs_create(struct request *req)
{
	char *path = checked(req, body_need(req, "path"));
	bool overwrite = json_flag(req->body, "overwrite", false);
	struct json_object *answer;
	struct handle *handle;
	int root, rc;

	if (path == NULL)
		return;
	expire_handles(req->ws);
	root = beneath_top(req->ws, "dbfs");
	rc = check_target(root, path, overwrite);
	close(root);
	if (rc == 0 && count_handles(req->ws) >= MAX_HANDLES) {
		reply_error(req, 429, "RESOURCE_EXHAUSTED", "Too many open handles (%d).",
			    MAX_HANDLES);
	} else if (rc == 0 && (handle = handle_new(req->ws, path, overwrite)) != NULL) {
		chain(handle);
		answer = json_object_new_object();
		json_add_int(answer, "handle", handle->id);
		reply_json(req, answer);
	} else {
		refuse(req, path, rc != 0 ? rc : errno);
	}
	free(path);
}

/* The handle in the body, which is removed from the list. NULL when the request was refused. */
static struct handle *
take_handle(struct request *req)
{
	struct handle *handle;
	int64_t id;

	if (!body_need_int(req, "handle", &id))
		return NULL;
	expire_handles(req->ws);
	handle = id != 0 ? unchain(req->ws, id, 0) : NULL;
	if (handle == NULL)
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST", "No open stream with handle %lld.",
			    (long long)id);
	return handle;
}

static bool
block_fits(struct request *req, size_t len)
{
	if (len <= MAX_BLOCK)
		return true;
	reply_error(req, 400, "MAX_BLOCK_SIZE_EXCEEDED",
		    "The block of %zu bytes exceeds the limit of %d bytes.", len, MAX_BLOCK);
	return false;
}

static void
dbfs_add_block(struct request *req)
{
	const char *data = body_need(req, "data");
	struct handle *handle;
	size_t len = 0;
	char *bytes;

	if (data == NULL)
		return;
	bytes = decode_base64(data, strlen(data), &len);
	if (bytes == NULL)
		reply_error(req, 400, "MALFORMED_REQUEST", "Field 'data' is not base64.");
	else if (block_fits(req, len) && (handle = take_handle(req)) != NULL) {
		handle->used_ms = clock_ms();
		if (write_full(handle->fd, bytes, len))
			reply_empty(req);
		else
			refuse(req, handle->path, errno);
		chain(handle);
	}
	free(bytes);
}

static void
dbfs_close(struct request *req)
{
	struct handle *handle = take_handle(req);
	int rc;

	if (handle == NULL)
		return;
	rc = put_in_place(handle);
	if (rc == 0)
		reply_empty(req);
	else
		refuse(req, handle->path, rc);
	handle_free(handle);
}

static void
dbfs_put(struct request *req)
{
	struct handle *handle;
	char *data, *path;
	size_t len;
	int rc;

	if (!form_read(req, "contents", &data, &len))
		return;
	path = checked(req, body_need(req, "path"));
	if (path != NULL && block_fits(req, len)) {
		handle = handle_new(req->ws, path, json_flag(req->body, "overwrite", false));
		rc = handle == NULL || !write_full(handle->fd, data, len) ? errno
									  : put_in_place(handle);
		if (rc == 0)
			reply_empty(req);
		else
			refuse(req, path, rc);
		if (handle != NULL)
			handle_free(handle);
	}
	free(path);
	free(data);
}

/* ---- folders ---- */

static void
dbfs_mkdirs(struct request *req)
{
	char *path = checked(req, body_need(req, "path"));
	int root;

	if (path == NULL)
		return;
	root = beneath_top(req->ws, "dbfs");
	if (beneath_mkdirs(root, path) == 0)
		reply_empty(req);
	else
		refuse(req, path, errno == ENOTDIR ? EEXIST : errno);
	close(root);
	free(path);
}

/* Deleting a file that does not exist succeeds, as on the platform. */
static void
dbfs_delete(struct request *req)
{
	char *path = checked(req, body_need(req, "path"));
	bool recursive = json_flag(req->body, "recursive", false);
	struct stat st;
	bool there;
	int root;

	if (path == NULL)
		return;
	root = beneath_top(req->ws, "dbfs");
	there = beneath_stat(root, path, &st) == 0;
	if (path[1] == '\0')
		reply_error(req, 400, "INVALID_PARAMETER_VALUE", "The root cannot be deleted.");
	else if (there && S_ISDIR(st.st_mode) && !recursive && !beneath_is_empty(root, path))
		reply_error(req, 400, "IO_ERROR",
			    "Directory is not empty. Use recursive delete if "
			    "you need to delete non-empty directory: dbfs:%.1000s",
			    path);
	else if (!there || beneath_remove_tree(root, path) == 0)
		reply_empty(req);
	else
		refuse(req, path, errno);
	close(root);
	free(path);
}

static void
move(struct request *req, int root, const char *from, const char *to)
{
	char *parent = path_parent(to);
	struct stat st;

	if (from[1] == '\0' || path_within(to, from))
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Cannot move dbfs:%.500s into itself.", from);
	else if (beneath_stat(root, from, &st) != 0)
		refuse(req, from, errno);
	else if (beneath_stat(root, to, &st) == 0)
		refuse(req, to, EEXIST);
	else if (beneath_stat(root, parent, &st) != 0)
		refuse(req, parent, errno);
	else if (beneath_rename(root, from, to, RENAME_NOREPLACE) == 0)
		reply_empty(req);
	else
		refuse(req, to, errno);
	free(parent);
}

static void
dbfs_move(struct request *req)
{
	char *from = checked(req, body_need(req, "source_path")), *to;
	int root;

	if (from == NULL)
		return;
	to = checked(req, body_need(req, "destination_path"));
	if (to != NULL) {
		root = beneath_top(req->ws, "dbfs");
		move(req, root, from, to);
		close(root);
	}
	free(from);
	free(to);
}

/* ---- seeds ---- */

static void
seed(struct workspace *ws)
{
	static const struct {
		const char *path, *text;
	} files[] = {
		{ "/FileStore/tables/regions.csv", "id,name\n1,North\n2,South\n3,East\n4,West\n" },
		{ "/FileStore/readme.txt", "Files of the workspace's own storage.\n" },
		{ "/tmp/scratch/part-00000.json", "{\"id\":1}\n{\"id\":2}\n" },
		{ "/databricks-datasets/README.md", "# Data sets\n" },
	};
	int root = beneath_top(ws, "dbfs");

	for (size_t i = 0; root >= 0 && i < ARRAY_SIZE(files); i++) {
		char *parent = path_parent(files[i].path);
		int fd;

		beneath_mkdirs(root, parent);
		free(parent);
		fd = beneath_open(root, files[i].path, O_WRONLY | O_CREAT | O_TRUNC);
		if (fd < 0)
			continue;
		write_full(fd, files[i].text, strlen(files[i].text));
		close(fd);
	}
	beneath_mkdirs(root, "/mnt");
	close(root);
}

static const struct route dbfs_routes[] = {
	{ "GET", "/api/2.0/dbfs/list", dbfs_list, 0 },
	{ "GET", "/api/2.0/dbfs/get-status", dbfs_get_status, 0 },
	{ "GET", "/api/2.0/dbfs/read", dbfs_read, 0 },
	{ "POST", "/api/2.0/dbfs/create", dbfs_create, 0 },
	{ "POST", "/api/2.0/dbfs/add-block", dbfs_add_block, 0 },
	{ "POST", "/api/2.0/dbfs/close", dbfs_close, 0 },
	{ "POST", "/api/2.0/dbfs/put", dbfs_put, ROUTE_RAW_BODY },
	{ "POST", "/api/2.0/dbfs/mkdirs", dbfs_mkdirs, 0 },
	{ "POST", "/api/2.0/dbfs/delete", dbfs_delete, 0 },
	{ "POST", "/api/2.0/dbfs/move", dbfs_move, 0 },
	{ 0 },
};

const struct domain dbfs_domain = {
	.name = "dbfs",
	.routes = dbfs_routes,
	.seed = seed,
	.close = close_all,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Files API: /api/2.0/fs/files and /api/2.0/fs/directories, for paths in volumes. A file
 * appears when its upload is complete; its parents are created.
 * https://docs.databricks.com/api/workspace/files
 */
#include "files/volumes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files/beneath.h"

/* A path within a volume, and the folder of the volume. */
struct place {
	char *shown; /* "/Volumes/main/default/v/a" */
	char *below; /* the path in the volume, such as "/a"; "/" is the root of the volume */
	int root;
};

static void
place_fini(struct place *place)
{
	free(place->shown);
	free(place->below);
	if (place->root >= 0)
		close(place->root);
}

static void
no_volume(struct request *req, const char *path)
{
	reply_error(req, 400, "INVALID_PARAMETER_VALUE",
		    "Invalid path: %.1000s. It must begin with /Volumes/catalog/schema/volume.",
		    path);
}

/* Splits "/Volumes/c/s/v/rest" into names in lower case and the rest. False when a name is
 * missing. */
static bool
cut(const char *clean, char *names[3], char **below)
{
	const char *p = clean + strlen("/Volumes");

	for (int i = 0; i < 3; i++) {
		size_t len = *p == '/' ? strcspn(p + 1, "/") : 0;
		char *raw = xstrndup(*p == '/' ? p + 1 : p, len);

		names[i] = text_fold(raw);
		free(raw);
		p += len > 0 ? len + 1 : 0;
	}
	*below = xstrdup(*p != '\0' ? p : "/");
	return names[0][0] != '\0' && names[1][0] != '\0' && names[2][0] != '\0';
}

/* Finds the volume of the request's path. False when the request was refused. */
static bool
place_find(struct request *req, struct place *place)
{
	char *given = xprintf("/%s", request_var(req, "path")), *names[3] = { NULL }, *folder;
	bool ok = false;

	*place = (struct place){ .shown = path_clean(given), .root = -1 };
	if (place->shown == NULL || !path_within(place->shown, "/Volumes") ||
	    !cut(place->shown, names, &place->below)) {
		no_volume(req, given);
	} else if (!volume_exists(req->ws, names[0], names[1], names[2])) {
		reply_error(req, 404, "NOT_FOUND", "Volume '%.255s.%.255s.%.255s' does not exist.",
			    names[0], names[1], names[2]);
	} else {
		folder = volume_folder(names[0], names[1], names[2]);
		place->root = beneath_open(req->ws->dir_fd, folder, O_PATH | O_DIRECTORY);
		free(folder);
		ok = place->root >= 0;
		if (!ok)
			reply_error(req, 500, "INTERNAL_ERROR", "The volume cannot be opened: %s",
				    strerror(errno));
	}
	for (int i = 0; i < 3; i++)
		free(names[i]);
	free(given);
	if (!ok)
		place_fini(place);
	return ok;
}

static void
no_file(struct request *req, const struct place *place)
{
	reply_error(req, 404, "NOT_FOUND", "The file being accessed is not found: %.1000s",
		    place->shown);
}

static void
no_folder(struct request *req, const struct place *place)
{
	reply_error(req, 404, "NOT_FOUND", "The directory being accessed is not found: %.1000s",
		    place->shown);
}

static void
exists_already(struct request *req, const struct place *place, const char *reason)
{
	reply_error(req, 409, "ALREADY_EXISTS", "The resource already exists: %.1000s",
		    place->shown);
	reply_error_info(req, reason, "filesystem.databricks.com");
}

/* ---- files ---- */

static const char *
content_type(const char *path)
{
	static const char *const types[][2] = {
		{ ".csv", "text/csv" },
		{ ".json", "application/json" },
		{ ".txt", "text/plain" },
		{ ".md", "text/markdown" },
		{ ".html", "text/html" },
		{ ".png", "image/png" },
		{ ".parquet", "application/vnd.apache.parquet" },
	};
	const char *dot = strrchr(path_name(path), '.');

	for (size_t i = 0; dot != NULL && i < ARRAY_SIZE(types); i++)
		if (strcmp(dot, types[i][0]) == 0)
			return types[i][1];
	return "application/octet-stream";
}

static void
files_get(struct request *req)
{
	struct place place;
	struct stat st;
	int fd;

	if (!place_find(req, &place))
		return;
	fd = beneath_open(place.root, place.below, O_RDONLY);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		if (fd >= 0)
			close(fd);
		no_file(req, &place);
	} else {
		reply_file(req, fd, content_type(place.shown));
	}
	place_fini(&place);
}

/* Moves the uploaded file to its path, and creates the parent folders. */
static void
take_upload(struct request *req, const struct place *place, bool overwrite)
{
	char *parent = path_parent(place->below);
	struct stat st;

	if (beneath_mkdirs(place->root, parent) != 0)
		exists_already(req, place, "FILES_API_PATH_CONFLICT");
	else if (beneath_stat(place->root, place->below, &st) == 0 &&
		 (S_ISDIR(st.st_mode) || !overwrite))
		exists_already(req, place,
			       S_ISDIR(st.st_mode) ? "FILES_API_PATH_IS_A_DIRECTORY"
						   : "FILES_API_FILE_ALREADY_EXISTS");
	else if (beneath_place(req->ws->dir_fd, req->upload_path, place->root, place->below,
			       overwrite) == 0)
		reply_status(req, 204);
	else if (errno == EEXIST)
		exists_already(req, place, "FILES_API_FILE_ALREADY_EXISTS");
	else
		reply_error(req, 500, "INTERNAL_ERROR", "The file cannot be stored: %s",
			    strerror(errno));
	free(parent);
}

static void
files_put(struct request *req)
{
	struct place place;
	bool overwrite;

	if (!request_bool(req, "overwrite", true, &overwrite) || !place_find(req, &place))
		return;
	if (place.below[1] == '\0')
		exists_already(req, &place, "FILES_API_PATH_IS_A_DIRECTORY");
	else
		take_upload(req, &place, overwrite);
	place_fini(&place);
}

static void
files_delete(struct request *req)
{
	struct place place;

	if (!place_find(req, &place))
		return;
	if (beneath_unlink(place.root, place.below, 0) == 0)
		reply_status(req, 204);
	else
		no_file(req, &place);
	place_fini(&place);
}

/* A multipart upload goes to a cloud store, which the sandbox does not have. After this answer
 * official clients send the file in one PUT. */
static void
files_post(struct request *req)
{
	const char *action = request_arg(req, "action");
	struct json_object *answer, *upload;
	struct place place;
	char token[33];

	if (!place_find(req, &place))
		return;
	place_fini(&place);
	if (action == NULL || strcmp(action, "initiate-upload") != 0) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE", "Unknown action '%.40s'.",
			    action != NULL ? action : "");
		return;
	}
	id_hex(token, 32);
	answer = json_object_new_object();
	upload = json_object_new_object();
	json_add_str(upload, "session_token", token);
	json_add(answer, "multipart_upload", upload);
	reply_json(req, answer);
}

static void
no_presigned_urls(struct request *req)
{
	reply_error(req, 403, "PERMISSION_DENIED", "Presigned URLs are not enabled here.");
	reply_error_info(req, "FILES_API_API_IS_NOT_ENABLED", "filesystem.databricks.com");
}

/* ---- directories ---- */

struct fs_listing {
	const char *folder;
	struct json_object *contents;
};

static bool
fs_entry(void *arg, const char *name, const struct stat *st)
{
	struct fs_listing *fs_listing = arg;
	struct json_object *obj;
	char *path;

	if (!S_ISDIR(st->st_mode) && !S_ISREG(st->st_mode))
		return true;
	obj = json_object_new_object();
	path = xprintf("%s/%s", fs_listing->folder, name);
	json_add_str(obj, "path", path);
	json_add_bool(obj, "is_directory", S_ISDIR(st->st_mode));
	if (S_ISREG(st->st_mode))
		json_add_int(obj, "file_size", st->st_size);
	json_add_int(obj, "last_modified", stat_ms(st));
	json_add_str(obj, "name", name);
	json_object_array_add(fs_listing->contents, obj);
	free(path);
	return true;
}

static bool
is_folder(const struct place *place)
{
	struct stat st;

	return beneath_stat(place->root, place->below, &st) == 0 && S_ISDIR(st.st_mode);
}

static void
directories_get(struct request *req)
{
	static const struct page_rule rule = { .key = "contents",
					       .size_arg = "page_size",
					       .token_arg = "page_token",
					       .default_size = 1000,
					       .max_size = 1000 };
	struct fs_listing fs_listing;
	struct place place;
	int64_t size;

	if (!request_int(req, "page_size", 1000, INT64_MIN, INT64_MAX, &size) ||
	    !place_find(req, &place))
		return;
	if (is_folder(&place)) {
		fs_listing = (struct fs_listing){ place.shown, json_object_new_array() };
		beneath_each(place.root, place.below, fs_entry, &fs_listing);
		page_reply(req, &rule, place.shown, fs_listing.contents);
	} else {
		no_folder(req, &place);
	}
	place_fini(&place);
}

static void
directories_head(struct request *req)
{
	struct place place;

	if (!place_find(req, &place))
		return;
	if (is_folder(&place))
		reply_status(req, 200);
	else
		no_folder(req, &place);
	place_fini(&place);
}

static void
directories_put(struct request *req)
{
	struct place place;

	if (!place_find(req, &place))
		return;
	if (beneath_mkdirs(place.root, place.below) == 0)
		reply_status(req, 204);
	else if (errno == ENOTDIR)
		exists_already(req, &place, "FILES_API_PATH_IS_A_FILE");
	else
		reply_error(req, 400, "INVALID_PARAMETER_VALUE", "%.1000s: %s", place.shown,
			    strerror(errno));
	place_fini(&place);
}

static void
directories_delete(struct request *req)
{
	struct place place;

	if (!place_find(req, &place))
		return;
	if (!is_folder(&place)) {
		no_folder(req, &place);
	} else if (place.below[1] == '\0') {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "The root of a volume cannot be deleted: %.1000s", place.shown);
	} else if (!beneath_is_empty(place.root, place.below)) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "The directory is not empty: %.1000s", place.shown);
		reply_error_info(req, "FILES_API_DIRECTORY_IS_NOT_EMPTY",
				 "filesystem.databricks.com");
	} else if (beneath_unlink(place.root, place.below, AT_REMOVEDIR) == 0) {
		reply_status(req, 204);
	} else {
		reply_error(req, 409, "ABORTED", "The directory changed meanwhile: %.1000s",
			    place.shown);
	}
	place_fini(&place);
}

static const struct route fs_routes[] = {
	{ "GET", "/api/2.0/fs/files/{+path}", files_get, 0 },
	{ "HEAD", "/api/2.0/fs/files/{+path}", files_get, 0 },
	{ "PUT", "/api/2.0/fs/files/{+path}", files_put, ROUTE_UPLOAD },
	{ "DELETE", "/api/2.0/fs/files/{+path}", files_delete, 0 },
	{ "POST", "/api/2.0/fs/files/{+path}", files_post, 0 },
	{ "POST", "/api/2.0/fs/create-upload-part-urls", no_presigned_urls, 0 },
	{ "POST", "/api/2.0/fs/create-abort-upload-url", no_presigned_urls, 0 },
	{ "GET", "/api/2.0/fs/directories/{+path}", directories_get, 0 },
	{ "HEAD", "/api/2.0/fs/directories/{+path}", directories_head, 0 },
	{ "PUT", "/api/2.0/fs/directories/{+path}", directories_put, 0 },
	{ "DELETE", "/api/2.0/fs/directories/{+path}", directories_delete, 0 },
	{ 0 },
};

const struct domain fs_domain = { .name = "fs", .routes = fs_routes };

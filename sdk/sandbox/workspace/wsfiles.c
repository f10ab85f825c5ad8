/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contents of workspace objects: workspace/import, workspace/export and workspace-files.
 * https://docs.databricks.com/api/workspace/workspace/import
 */
#include "workspace/objects.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "files/beneath.h"
#include "server/form.h"
#include "workspace/notebook.h"

enum { HEADER_PEEK = 256 };

/* ---- the kind of object that an import makes ---- */

struct import {
	char *path;
	/* for type NOTEBOOK: its language, and SOURCE or JUPYTER */
	const char *type, *language, *format;
	const char *data; /* the bytes; NULL: the uploaded file is used */
	size_t len;
	bool overwrite;
	bool file_api; /* the route is workspace-files, which answers with other statuses */
};

static const char *
extension(const char *path)
{
	const char *name = strrchr(path, '/') + 1, *dot = strrchr(name, '.');

	return dot != NULL && dot != name ? dot + 1 : "";
}

static void
drop_extension(char *path)
{
	*strrchr(path, '.') = '\0';
}

/* Decides by extension and first line: a notebook loses its extension, everything else becomes a
 * file. */
static void
detect(struct import *in, const char *head, size_t len)
{
	const char *ext = extension(in->path), *language = notebook_header(head, len);
	const char *of_extension = strcasecmp(ext, "py") == 0 ? "PYTHON" : language_known(ext);
	bool known =
	    of_extension != NULL &&
	    (strcasecmp(ext, "py") == 0 || strcasecmp(ext, language_extension(of_extension)) == 0);

	in->type = "FILE";
	in->language = in->format = NULL;
	if (strcasecmp(ext, "ipynb") == 0) {
		in->type = "NOTEBOOK";
		in->format = "JUPYTER";
	} else if (known && language != NULL &&
		   (strcmp(language, of_extension) == 0 || strcasecmp(ext, "r") == 0)) {
		in->type = "NOTEBOOK";
		in->format = "SOURCE";
		in->language = of_extension;
	}
	if (strcmp(in->type, "NOTEBOOK") == 0)
		drop_extension(in->path);
}

static bool
check_jupyter(struct request *req, struct import *in)
{
	struct notebook notebook;
	bool ok = in->data != NULL && notebook_from_jupyter(in->data, in->len, &notebook);

	if (!ok) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "The content of %.1000s is not a Jupyter notebook.", in->path);
		return false;
	}
	in->language = notebook.language;
	notebook_fini(&notebook);
	return true;
}

/* ---- storing it ---- */

static void
already_there(struct request *req, const struct import *in, const struct object *there)
{
	bool notebook = strcmp(there->type, "NOTEBOOK") == 0;

	reply_error(req, in->file_api && !notebook ? 409 : 400, "RESOURCE_ALREADY_EXISTS",
		    "Path (%.1000s) already exists.", in->path);
}

/* Is the path free, or may its object be replaced? */
static bool
check_target(struct request *req, const struct import *in)
{
	struct object there;
	char *parent = path_parent(in->path);
	bool ok = object_find(req->ws, parent, &there);

	ok = ok && object_is_folder(&there);
	if (!ok)
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST",
			    "The parent folder (%.1000s) does not exist.", parent);
	object_fini(&there);
	free(parent);
	if (!ok || !object_writable(req, in->path) || !object_find(req->ws, in->path, &there))
		return ok && !reply_done(req);
	if (!in->overwrite) {
		already_there(req, in, &there);
		ok = false;
	} else if (strcmp(there.type, in->type) != 0) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Cannot overwrite the asset at %.1000s due to type mismatch (asked: %s,"
			    " actual: %s)",
			    in->path, in->type, there.type);
		ok = false;
	}
	object_fini(&there);
	return ok;
}

static bool
check_size(struct request *req, const struct import *in)
{
	size_t max =
	    in->file_api && strcmp(in->type, "FILE") == 0 ? MAX_WORKSPACE_FILE : MAX_EXPORT;

	if (in->len <= max)
		return true;
	reply_error(req, 400, "MAX_NOTEBOOK_SIZE_EXCEEDED",
		    "File size imported is (%zu bytes), exceeded max size (%zu bytes)", in->len,
		    max);
	return false;
}

static void
store(struct request *req, struct import *in)
{
	if (!check_size(req, in))
		return;
	if (in->format != NULL && strcmp(in->format, "JUPYTER") == 0 && !check_jupyter(req, in))
		return;
	if (!check_target(req, in))
		return;
	if (object_store(req->ws, in->path, in->type, in->language, in->format, in->data, in->len,
			 req->upload_path))
		reply_empty(req);
	else
		reply_error(req, 500, "INTERNAL_ERROR", "The content could not be stored.");
}

/* ---- workspace/import ---- */

/* Reads type, language and format from the request. False when the request was refused. */
static bool
choose_kind(struct request *req, struct import *in, const char *format)
{
	const char *language = language_known(json_str(req->body, "language"));

	if (format == NULL)
		format = "SOURCE";
	if (strcmp(format, "AUTO") == 0) {
		detect(in, in->data, in->len < HEADER_PEEK ? in->len : HEADER_PEEK);
		return true;
	}
	in->type = "NOTEBOOK";
	in->format = format;
	in->language = language;
	if (strcmp(format, "RAW") == 0) {
		in->type = "FILE";
		in->format = NULL;
	} else if (strcmp(format, "SOURCE") == 0) {
		if (language == NULL)
			reply_error(req, 400, "INVALID_PARAMETER_VALUE",
				    "Field 'language' must be "
				    "SCALA, PYTHON, SQL or R when the format is SOURCE.");
	} else if (strcmp(format, "JUPYTER") != 0) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "The sandbox does not import "
			    "%.40s; use AUTO, SOURCE, JUPYTER or RAW.",
			    format);
	}
	return !reply_done(req);
}

static void
workspace_import(struct request *req)
{
	struct import in = { 0 };
	char *data;

	if (!form_read(req, "content", &data, &in.len))
		return;
	in.path = object_path_body(req);
	in.data = data != NULL ? data : "";
	in.overwrite = json_flag(req->body, "overwrite", false);
	if (in.path != NULL && strcmp(in.path, "/") == 0)
		reply_error(req, 400, "INVALID_PARAMETER_VALUE", "The path names no object.");
	else if (in.path != NULL && choose_kind(req, &in, json_str(req->body, "format")))
		store(req, &in);
	free(in.path);
	free(data);
}

/* ---- workspace-files ---- */

static char *
path_var(struct request *req)
{
	char *given = xprintf("/%s", request_var(req, "path")), *path = object_path(given);

	if (path == NULL || strcmp(path, "/") == 0)
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Path (%.200s) is not a valid absolute path.", given);
	free(given);
	if (path != NULL && reply_done(req)) {
		free(path);
		return NULL;
	}
	return path;
}

static void
import_file(struct request *req)
{
	struct import in = { .file_api = true, .len = (size_t)req->body_size };
	char head[HEADER_PEEK], *data = NULL;
	ssize_t n;

	if (!request_bool(req, "overwrite", false, &in.overwrite))
		return;
	in.path = path_var(req);
	if (in.path == NULL)
		return;
	n = pread(req->upload_fd, head, sizeof(head), 0);
	detect(&in, head, n > 0 ? (size_t)n : 0);
	if (strcmp(in.type, "NOTEBOOK") == 0 && in.len <= MAX_EXPORT)
		in.data = data = read_full(req->upload_fd, MAX_EXPORT, &in.len);
	store(req, &in);
	free(data);
	free(in.path);
}

static void
get_file(struct request *req)
{
	struct object object;
	char *path = path_var(req);
	int fd;

	if (path == NULL)
		return;
	if (object_need(req, path, &object)) {
		fd = object_is_folder(&object) ? -1 : object_open(req->ws, &object);
		if (fd < 0)
			reply_error(req, 400, "INVALID_PARAMETER_VALUE",
				    "Path (%.1000s) is a folder.", path);
		else
			reply_file(req, fd, "application/octet-stream");
		object_fini(&object);
	}
	free(path);
}

/* ---- workspace/export ---- */

static bool
load_notebook(const struct object *object, const char *data, size_t len, struct notebook *out)
{
	if (strcmp(object->format, "JUPYTER") == 0)
		return notebook_from_jupyter(data, len, out);
	notebook_from_source(data, len, object->language, out);
	return true;
}

/* Writes the notebook in another format than the stored one. */
static void
render(struct request *req, const struct object *object, const struct notebook *notebook,
       const char *format, struct buf *out)
{
	const char *outputs = request_arg(req, "outputs"), *name = path_name(object->path);
	struct json_object *jupyter;

	if (strcmp(format, "SOURCE") == 0) {
		notebook_to_source(notebook, out);
	} else if (strcmp(format, "HTML") == 0) {
		notebook_to_html(notebook, name, out);
	} else {
		jupyter = notebook_to_jupyter(notebook, name,
					      outputs == NULL || strcmp(outputs, "NONE") != 0);
		buf_puts(out, json_object_to_json_string_ext(jupyter,
							     JSON_C_TO_STRING_PRETTY |
								 JSON_C_TO_STRING_SPACED |
								 JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(jupyter);
	}
}

static void
send_export(struct request *req, const char *path, const char *file_type, const char *data,
	    size_t len)
{
	struct json_object *answer;
	char *content, *header;
	bool direct;

	if (!request_bool(req, "direct_download", false, &direct))
		return;
	if (direct) {
		reply_bytes(req, 200, "application/octet-stream", data, len);
		header = xprintf("attachment; filename=\"%s%s%s\"", path_name(path),
				 *file_type != '\0' ? "." : "", file_type);
		if (strpbrk(path_name(path), "\"\r\n") == NULL)
			reply_header(req, "Content-Disposition", header);
		free(header);
		return;
	}
	answer = json_object_new_object();
	content = encode_base64(data, len);
	json_add_str(answer, "content", content);
	json_add_str(answer, "file_type", file_type);
	free(content);
	reply_json(req, answer);
}

static void
export_notebook(struct request *req, const struct object *object, const char *format,
		const char *data, size_t len)
{
	const char *native = object->format, *file_type;
	struct buf out = BUF(4 * MAX_EXPORT);
	struct notebook notebook;
	bool strip =
	    request_arg(req, "outputs") != NULL && strcmp(request_arg(req, "outputs"), "NONE") == 0;

	if (strcmp(format, "AUTO") == 0)
		format = native;
	file_type = strcmp(format, "SOURCE") == 0 ? language_extension(object->language)
		  : strcmp(format, "HTML") == 0	  ? "html"
						  : "ipynb";
	if (strcmp(format, native) == 0 && !(strip && strcmp(format, "JUPYTER") == 0) &&
	    (strcmp(format, "SOURCE") != 0 || notebook_header(data, len) != NULL)) {
		send_export(req, object->path, file_type, data, len);
		return;
	}
	if (!load_notebook(object, data, len, &notebook)) {
		reply_error(req, 500, "INTERNAL_ERROR", "The notebook cannot be read.");
		return;
	}
	render(req, object, &notebook, format, &out);
	notebook_fini(&notebook);
	if (!buf_ok(&out) || out.len > MAX_EXPORT)
		reply_error(req, 400, "MAX_NOTEBOOK_SIZE_EXCEEDED",
			    "File size exported exceeded max size (%d bytes)", MAX_EXPORT);
	else
		send_export(req, object->path, file_type, out.data, out.len);
	buf_fini(&out);
}

/* The format, checked with the type of the object. NULL when the request was refused. */
static const char *
export_format(struct request *req, const struct object *object)
{
	static const char *const known[] = { "SOURCE", "HTML", "JUPYTER", "AUTO", "RAW" };
	const char *format = request_arg(req, "format");
	bool notebook = strcmp(object->type, "NOTEBOOK") == 0, ok = false;

	if (format == NULL || *format == '\0')
		format = notebook ? "SOURCE" : "AUTO";
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		ok = ok || strcmp(format, known[i]) == 0;
	if (object_is_folder(object))
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Path (%.1000s) is a folder; the "
			    "sandbox exports notebooks and files only.",
			    object->path);
	else if (!ok)
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "The sandbox does not export "
			    "%.40s; use SOURCE, HTML, JUPYTER or AUTO.",
			    format);
	else if (!notebook && strcmp(format, "AUTO") != 0 && strcmp(format, "RAW") != 0)
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "%s cannot be exported in %s format; use AUTO.", object->type, format);
	return reply_done(req) ? NULL : strcmp(format, "RAW") == 0 ? "AUTO" : format;
}

static void
export_object(struct request *req, const struct object *object)
{
	const char *format = export_format(req, object);
	size_t len = 0;
	char *data;

	if (format == NULL)
		return;
	data = object_read(req->ws, object, MAX_EXPORT, &len);
	if (data == NULL && errno == EFBIG)
		reply_error(req, 400, "MAX_NOTEBOOK_SIZE_EXCEEDED",
			    "File size exported is (%lld bytes), exceeded max size (%d bytes)",
			    (long long)object->size, MAX_EXPORT);
	else if (data == NULL)
		reply_error(req, 500, "INTERNAL_ERROR", "The content cannot be read.");
	else if (strcmp(object->type, "NOTEBOOK") == 0)
		export_notebook(req, object, format, data, len);
	else
		send_export(req, object->path, extension(object->path), data, len);
	free(data);
}

static void
workspace_export(struct request *req)
{
	char *path = object_path_arg(req);
	struct object object;

	if (path == NULL)
		return;
	if (object_need(req, path, &object)) {
		export_object(req, &object);
		object_fini(&object);
	}
	free(path);
}

static const struct route wsfiles_routes[] = {
	{ "POST", "/api/2.0/workspace/import", workspace_import, ROUTE_RAW_BODY },
	{ "GET", "/api/2.0/workspace/export", workspace_export, 0 },
	{ "POST", "/api/2.0/workspace-files/import-file/{+path}", import_file, ROUTE_UPLOAD },
	{ "GET", "/api/2.0/workspace-files/{+path}", get_file, 0 },
	{ 0 },
};

const struct domain wsfiles_domain = { .name = "wsfiles", .routes = wsfiles_routes };

/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: a handler makes one here; http.c sends it after the workspace was unlocked. */
#include "sandbox.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

static struct reply *
new_reply(struct request *req, int status, const char *type)
{
	reply_free(req->reply);
	req->reply = xcalloc(1, sizeof(*req->reply));
	req->reply->status = status;
	req->reply->fd = -1;
	snprintf(req->reply->type, sizeof(req->reply->type), "%s", type);
	return req->reply;
}

void
reply_free(struct reply *reply)
{
	struct reply_field *next;

	if (reply == NULL)
		return;
	for (struct reply_field *f = reply->fields; f != NULL; f = next) {
		next = f->next;
		free(f->name);
		free(f->value);
		free(f);
	}
	if (reply->fd >= 0)
		close(reply->fd);
	if (reply->stream_free != NULL)
		reply->stream_free(reply->stream_arg);
	json_object_put(reply->tree);
	free(reply->data);
	free(reply);
}

bool
reply_done(const struct request *req)
{
	return req->reply != NULL;
}

void
reply_json_status(struct request *req, int status, struct json_object *obj)
{
	new_reply(req, status, "application/json")->tree = obj;
}

void
reply_json(struct request *req, struct json_object *obj)
{
	reply_json_status(req, 200, obj);
}

void
reply_empty(struct request *req)
{
	reply_json(req, json_object_new_object());
}

void
reply_status(struct request *req, int status)
{
	new_reply(req, status, "");
}

void
reply_error(struct request *req, int status, const char *code, const char *fmt, ...)
{
	struct json_object *obj = json_object_new_object();
	char *message = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&message, fmt, args) < 0)
		abort();
	va_end(args);
	json_add_str(obj, "error_code", code);
	json_add_str(obj, "message", message);
	free(message);
	reply_json_status(req, status, obj);
}

void
reply_detail(struct request *req, struct json_object *obj)
{
	struct json_object *details = json_get(req->reply->tree, "details");

	if (details == NULL) {
		details = json_object_new_array();
		json_add(req->reply->tree, "details", details);
	}
	json_object_array_add(details, obj);
}

void
reply_error_info(struct request *req, const char *reason, const char *domain)
{
	struct json_object *info = json_object_new_object();

	json_add_str(info, "@type", "type.googleapis.com/google.rpc.ErrorInfo");
	json_add_str(info, "reason", reason);
	json_add_str(info, "domain", domain);
	json_add(info, "metadata", json_object_new_object());
	reply_detail(req, info);
}

void
reply_bytes(struct request *req, int status, const char *type, const void *data, size_t len)
{
	struct reply *reply = new_reply(req, status, type);

	reply->data = xcalloc(1, len + 1);
	if (len > 0)
		memcpy(reply->data, data, len);
	reply->len = len;
}

void
reply_stream(struct request *req, int status, const char *type, stream_fn fn, void *arg,
	     void (*free_fn)(void *arg))
{
	struct reply *reply = new_reply(req, status, type);

	reply->stream = fn;
	reply->stream_arg = arg;
	reply->stream_free = free_fn;
}

void
reply_header(struct request *req, const char *name, const char *value)
{
	struct reply_field *field = xcalloc(1, sizeof(*field));

	field->name = xstrdup(name);
	field->value = xstrdup(value);
	field->next = req->reply->fields;
	req->reply->fields = field;
}

/* ---- files ---- */

static void
http_date(time_t when, char out[40])
{
	struct tm tm;

	gmtime_r(&when, &tm);
	strftime(out, 40, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

static bool
changed_since(const struct request *req, time_t modified)
{
	const char *limit = request_header(req, "If-Unmodified-Since");
	struct tm tm = { 0 };

	if (limit == NULL || strptime(limit, "%a, %d %b %Y %H:%M:%S GMT", &tm) == NULL)
		return false;
	return modified > timegm(&tm);
}

/* Reads "bytes=a-b", "bytes=a-", "bytes=-n". 1: use the range; 0: there is no range (or there are
 * several, which are ignored); -1: answer 416. */
static int
parse_range(const char *text, uint64_t size, uint64_t *offset, uint64_t *length)
{
	unsigned long long a, b;
	char extra;

	if (text == NULL || strncmp(text, "bytes=", 6) != 0 || strchr(text, ',') != NULL)
		return 0;
	text += 6;
	if (sscanf(text, "-%llu%c", &b, &extra) == 1) {
		*length = b < size ? b : size;
		*offset = size - *length;
		return b == 0 || size == 0 ? -1 : 1;
	}
	if (sscanf(text, "%llu-%llu%c", &a, &b, &extra) == 2) {
		if (a > b)
			return 0;
	} else if (sscanf(text, "%llu-%c", &a, &extra) == 1) {
		b = UINT64_MAX;
	} else {
		return 0;
	}
	if (a >= size)
		return -1;
	*offset = a;
	*length = b - a >= size - a ? size - a : b - a + 1;
	return 1;
}

static void
content_range(struct request *req, uint64_t offset, uint64_t length, uint64_t size)
{
	char text[96];

	if (length == 0)
		snprintf(text, sizeof(text), "bytes */%llu", (unsigned long long)size);
	else
		snprintf(text, sizeof(text), "bytes %llu-%llu/%llu", (unsigned long long)offset,
			 (unsigned long long)(offset + length - 1), (unsigned long long)size);
	reply_header(req, "Content-Range", text);
}

void
reply_range(struct request *req, const char *type, const char *data, size_t len)
{
	uint64_t offset = 0, length = len;
	int range = parse_range(request_header(req, "Range"), len, &offset, &length);

	if (range < 0)
		length = 0;
	reply_bytes(req, range < 0 ? 416 : range > 0 ? 206 : 200, type, data + offset, length);
	if (range != 0)
		content_range(req, offset, length, len);
}

void
reply_file(struct request *req, int fd, const char *type)
{
	uint64_t size, offset = 0, length;
	char text[96];
	struct stat st;
	int range;

	if (fstat(fd, &st) != 0 || changed_since(req, st.st_mtime)) {
		close(fd);
		reply_error(req, 412, "PRECONDITION_FAILED",
			    "The file was modified after If-Unmodified-Since.");
		return;
	}
	size = length = (uint64_t)st.st_size;
	range = parse_range(request_header(req, "Range"), size, &offset, &length);
	if (range < 0) {
		close(fd);
		reply_error(req, 416, "INVALID_PARAMETER_VALUE", "The range is outside the file.");
		content_range(req, 0, 0, size);
		return;
	}
	new_reply(req, range > 0 ? 206 : 200, type);
	req->reply->fd = fd;
	req->reply->offset = offset;
	req->reply->length = length;
	http_date(st.st_mtime, text);
	reply_header(req, "Last-Modified", text);
	reply_header(req, "Accept-Ranges", "bytes");
	if (range > 0)
		content_range(req, offset, length, size);
}

void
reply_render(struct reply *reply)
{
	size_t len = 0;
	const char *text;

	if (reply->tree == NULL)
		return;
	text = json_object_to_json_string_length(reply->tree,
						 JSON_C_TO_STRING_PLAIN |
						     JSON_C_TO_STRING_NOSLASHESCAPE,
						 &len);
	free(reply->data);
	reply->data = xcalloc(1, len + 1);
	memcpy(reply->data, text, len);
	reply->len = len;
	json_object_put(reply->tree);
	reply->tree = NULL;
}

/* ---- building JSON ---- */

struct raw_text {
	size_t len;
	char text[];
};

static int
raw_to_string(struct json_object *obj, struct printbuf *pb, int level, int flags)
{
	const struct raw_text *raw = json_object_get_userdata(obj);

	(void)level;
	(void)flags;
	return printbuf_memappend(pb, raw->text, (int)raw->len);
}

static void
raw_free(struct json_object *obj, void *userdata)
{
	(void)obj;
	free(userdata);
}

struct json_object *
json_raw(const char *text, size_t len)
{
	struct json_object *obj = json_object_new_object();
	struct raw_text *raw = xcalloc(1, sizeof(*raw) + len);

	raw->len = len;
	if (len > 0)
		memcpy(raw->text, text, len);
	json_object_set_serializer(obj, raw_to_string, raw, raw_free);
	return obj;
}

void
json_add(struct json_object *obj, const char *name, struct json_object *value)
{
	json_object_object_add(obj, name, value);
}

void
json_add_str(struct json_object *obj, const char *name, const char *value)
{
	if (value != NULL)
		json_add(obj, name, json_object_new_string(value));
}

void
json_add_int(struct json_object *obj, const char *name, int64_t value)
{
	json_add(obj, name, json_object_new_int64(value));
}

void
json_add_bool(struct json_object *obj, const char *name, bool value)
{
	json_add(obj, name, json_object_new_boolean(value));
}

struct json_object *
json_parse(const char *text, size_t len)
{
	struct json_tokener *tok;
	struct json_object *obj;
	size_t end;

	if (len > MAX_JSON_BODY)
		return NULL;
	tok = json_tokener_new_ex(MAX_JSON_DEPTH);
	if (tok == NULL)
		return NULL;
	/* not STRICT, because json-c 0.18 then rejects every letter outside of ASCII */
	json_tokener_set_flags(tok, JSON_TOKENER_VALIDATE_UTF8);
	obj = json_tokener_parse_ex(tok, text, (int)len + 1);
	end = json_tokener_get_parse_end(tok);
	if (json_tokener_get_error(tok) != json_tokener_success ||
	    (end < len && end + strspn(text + end, " \t\r\n") < len)) {
		json_object_put(obj);
		obj = NULL;
	}
	json_tokener_free(tok);
	return obj;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The functions with which handlers read a request: the path and its variables, the query, typed
 * members of the body. */
#include "sandbox.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/hex.h"
#include "internal.h"

enum { MAX_ARGS = 256 };

char *
url_decode(const char *text, size_t len, bool plus_is_space)
{
	char *out = xcalloc(1, len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int hi = -1, lo = -1;

		if (text[i] == '%' && i + 2 < len) {
			hi = hex_digit((unsigned char)text[i + 1]);
			lo = hex_digit((unsigned char)text[i + 2]);
		}
		if (text[i] == '%' && (hi < 0 || lo < 0 || (hi == 0 && lo == 0))) {
			free(out);
			return NULL;
		}
		if (text[i] == '%') {
			out[n++] = (char)(hi * 16 + lo);
			i += 2;
		} else {
			out[n++] = text[i] == '+' && plus_is_space ? ' ' : text[i];
		}
	}
	if (!utf8_valid(out, strlen(out))) {
		free(out);
		return NULL;
	}
	return out;
}

/* ---- the query ---- */

static bool
add_arg(const char *part, size_t len, struct query_arg *arg)
{
	const char *eq = memchr(part, '=', len);
	size_t name_len = eq != NULL ? (size_t)(eq - part) : len;

	arg->name = url_decode(part, name_len, true);
	arg->value = eq != NULL ? url_decode(eq + 1, len - name_len - 1, true) : xstrdup("");
	return arg->name != NULL && arg->value != NULL;
}

bool
args_parse(const char *text, struct query_arg **args, size_t *count)
{
	bool ok = true;

	*args = NULL;
	*count = 0;
	while (ok && *text != '\0') {
		size_t len = strcspn(text, "&");

		if (len > 0 && *count >= MAX_ARGS)
			return false;
		if (len > 0) {
			*args = xrealloc(*args, (*count + 1) * sizeof(**args));
			ok = add_arg(text, len, &(*args)[*count]);
			(*count)++;
		}
		text += len;
		text += *text == '&';
	}
	return ok;
}

void
args_free(struct query_arg *args, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(args[i].name);
		free(args[i].value);
	}
	free(args);
}

const char *
args_find(const struct query_arg *args, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(args[i].name, name) == 0)
			return args[i].value;
	return NULL;
}

const char *
request_arg(const struct request *req, const char *name)
{
	return args_find(req->args, req->arg_count, name);
}

const char *
request_arg_at(const struct request *req, const char *name, size_t index)
{
	for (size_t i = 0; i < req->arg_count; i++)
		if (strcmp(req->args[i].name, name) == 0 && index-- == 0)
			return req->args[i].value;
	return NULL;
}

bool
request_bool(struct request *req, const char *name, bool absent, bool *out)
{
	const char *value = request_arg(req, name);

	*out = absent;
	if (value == NULL || *value == '\0')
		return true;
	*out = strcmp(value, "true") == 0;
	if (*out || strcmp(value, "false") == 0)
		return true;
	reply_error(req, 400, "INVALID_PARAMETER_VALUE",
		    "Parameter '%s' must be true or false, not '%.40s'", name, value);
	return false;
}

bool
request_int(struct request *req, const char *name, int64_t absent, int64_t min, int64_t max,
	    int64_t *out)
{
	const char *value = request_arg(req, name);
	char *end;

	*out = absent;
	if (value == NULL || *value == '\0')
		return true;
	errno = 0;
	*out = strtoll(value, &end, 10);
	if (errno == 0 && *end == '\0' && *out >= min && *out <= max)
		return true;
	reply_error(req, 400, "INVALID_PARAMETER_VALUE",
		    "Parameter '%s' must be an integer from %lld to %lld, not '%.40s'", name,
		    (long long)min, (long long)max, value);
	return false;
}

const char *
request_need(struct request *req, const char *name)
{
	const char *value = request_arg(req, name);

	if (value != NULL && *value != '\0')
		return value;
	reply_error(req, 400, "INVALID_PARAMETER_VALUE", "Missing required field: %s", name);
	return NULL;
}

/* ---- the body ---- */

struct json_object *
json_get(struct json_object *obj, const char *name)
{
	struct json_object *value = NULL;

	if (json_object_is_type(obj, json_type_object))
		json_object_object_get_ex(obj, name, &value);
	return value;
}

const char *
json_str(struct json_object *obj, const char *name)
{
	struct json_object *value = json_get(obj, name);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static bool
to_int(struct json_object *value, int64_t *out)
{
	const char *text;
	char *end;

	if (json_object_is_type(value, json_type_int)) {
		*out = json_object_get_int64(value);
		return true;
	}
	if (!json_object_is_type(value, json_type_string))
		return false;
	text = json_object_get_string(value);
	errno = 0;
	*out = strtoll(text, &end, 10);
	return *text != '\0' && *end == '\0' && errno == 0;
}

int64_t
json_int(struct json_object *obj, const char *name, int64_t absent)
{
	int64_t value;

	return to_int(json_get(obj, name), &value) ? value : absent;
}

bool
json_flag(struct json_object *obj, const char *name, bool absent)
{
	struct json_object *value = json_get(obj, name);

	return json_object_is_type(value, json_type_boolean) ? json_object_get_boolean(value)
							     : absent;
}

const char *
body_need(struct request *req, const char *name)
{
	const char *value = json_str(req->body, name);

	if (value != NULL && *value != '\0')
		return value;
	if (json_get(req->body, name) != NULL && value == NULL)
		reply_error(req, 400, "MALFORMED_REQUEST",
			    "Could not parse request object: "
			    "field '%s' must be a string",
			    name);
	else
		reply_error(req, 400, "INVALID_PARAMETER_VALUE", "Missing required field: %s",
			    name);
	return NULL;
}

bool
body_need_int(struct request *req, const char *name, int64_t *out)
{
	struct json_object *value = json_get(req->body, name);

	if (to_int(value, out))
		return true;
	if (value == NULL)
		reply_error(req, 400, "INVALID_PARAMETER_VALUE", "Missing required field: %s",
			    name);
	else
		reply_error(req, 400, "MALFORMED_REQUEST",
			    "Could not parse request object: "
			    "field '%s' must be an integer",
			    name);
	return false;
}

bool
request_may_exec(const struct request *req)
{
	return req->trusted || options.allow_exec;
}

/* ---- routing ---- */

const char *
request_var(const struct request *req, const char *name)
{
	for (size_t i = 0; i < req->var_count; i++)
		if (strcmp(req->var_names[i], name) == 0)
			return req->var_values[i];
	return "";
}

static void
clear_vars(struct request *req)
{
	for (size_t i = 0; i < req->var_count; i++) {
		free((char *)(uintptr_t)req->var_names[i]);
		free(req->var_values[i]);
	}
	req->var_count = 0;
}

static bool
capture(struct request *req, const char *name, size_t name_len, const char *text, size_t len)
{
	char *value = url_decode(text, len, false);

	if (value == NULL || req->var_count == MAX_PATH_VARS) {
		free(value);
		return false;
	}
	req->var_names[req->var_count] = xstrndup(name, name_len);
	req->var_values[req->var_count++] = value;
	return true;
}

/* Matches one part of the pattern: a variable at *pattern takes one segment, or with '+' the
 * rest. */
static bool
match_variable(struct request *req, const char **pattern, const char **path)
{
	bool rest = (*pattern)[1] == '+';
	const char *name = *pattern + (rest ? 2 : 1);
	const char *end = strchr(name, '}');
	size_t len = rest ? strlen(*path) : strcspn(*path, "/:");

	if (!rest && end[1] != ':')
		len = strcspn(*path, "/");
	if (rest && **path == '/') {
		(*path)++;
		len--;
	}
	if ((!rest && len == 0) || !capture(req, name, (size_t)(end - name), *path, len))
		return false;
	*pattern = end + 1;
	*path += len;
	return true;
}

static bool
match(struct request *req, const char *pattern, const char *path)
{
	while (*pattern != '\0') {
		if (*pattern == '{') {
			if (!match_variable(req, &pattern, &path))
				return false;
		} else if (pattern[0] == '/' && pattern[1] == '{' && pattern[2] == '+' &&
			   *path == '\0') {
			pattern++; /* "/x/{+rest}" also takes "/x" */
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return *path == '\0';
}

const struct route *
route_find(struct request *req)
{
	for (size_t i = 0; domains[i] != NULL; i++) {
		for (const struct route *r = domains[i]->routes; r->method != NULL; r++) {
			if (strcmp(r->method, req->method) != 0)
				continue;
			if (match(req, r->pattern, req->raw_path))
				return r;
			clear_vars(req);
		}
	}
	return NULL;
}

/* ---- life ---- */

void
request_init(struct request *req, const char *method, const char *uri)
{
	size_t path_len = strcspn(uri, "?");

	memset(req, 0, sizeof(*req));
	req->method = method;
	req->upload_fd = -1;
	id_uuid(req->request_id);
	req->raw_path = xstrndup(uri, path_len);
	while (path_len > 1 && req->raw_path[path_len - 1] == '/')
		req->raw_path[--path_len] = '\0';
	req->path = url_decode(req->raw_path, path_len, false);
	if (!args_parse(uri[strcspn(uri, "?")] == '?' ? strchr(uri, '?') + 1 : "", &req->args,
			&req->arg_count) &&
	    req->path != NULL) {
		free(req->path);
		req->path = NULL;
	}
	buf_init(&req->raw, MAX_JSON_BODY);
}

void
request_fini(struct request *req)
{
	clear_vars(req);
	args_free(req->args, req->arg_count);
	free(req->path);
	free(req->raw_path);
	json_object_put(req->body);
	buf_fini(&req->raw);
	if (req->upload_fd >= 0)
		close(req->upload_fd);
	if (req->upload_path != NULL && req->ws != NULL)
		unlinkat(req->ws->dir_fd, req->upload_path, 0);
	free(req->upload_path);
	reply_free(req->reply);
}

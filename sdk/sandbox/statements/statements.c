/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Statement Execution API: POST and GET /api/2.0/sql/statements, result chunks, cancel.
 */
#include "statements/statements.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_STATEMENT_BYTES = 16 * 1024 * 1024, MAX_PARAMETERS = 1000 };

/* ---- answers ---- */

static struct json_object *
status_json(const struct statement *s)
{
	struct json_object *status = json_object_new_object(), *error;

	json_add_str(status, "state", statement_state_name(s->state));
	if (s->error != NULL) {
		error = json_object_new_object();
		json_add_str(error, "error_code", s->error_code);
		json_add_str(error, "message", s->error);
		json_add(status, "error", error);
	}
	if (s->sql_state[0] != '\0')
		json_add_str(status, "sql_state", s->sql_state);
	return status;
}

static struct json_object *
chunk_info(const struct statement *s, size_t index)
{
	struct json_object *info = json_object_new_object();

	json_add_int(info, "chunk_index", (int64_t)index);
	json_add_int(info, "row_offset", s->chunks[index].row_offset);
	json_add_int(info, "row_count", s->chunks[index].rows);
	json_add_int(info, "byte_count", s->chunks[index].bytes);
	return info;
}

static struct json_object *
manifest_json(const struct statement *s)
{
	struct json_object *manifest = json_object_new_object(), *schema, *chunks;
	size_t n = s->columns != NULL ? json_object_array_length(s->columns) : 0;

	json_add_str(manifest, "format", s->csv ? "CSV" : "JSON_ARRAY");
	schema = json_object_new_object();
	json_add_int(schema, "column_count", (int64_t)n);
	if (n > 0) { /* a copy, because two answers must not share a tree */
		const char *text =
		    json_object_to_json_string_ext(s->columns, JSON_C_TO_STRING_PLAIN);

		json_add(schema, "columns", json_raw(text, strlen(text)));
	}
	json_add(manifest, "schema", schema);
	json_add_int(manifest, "total_chunk_count", (int64_t)s->chunk_count);
	if (s->chunk_count > 0) {
		chunks = json_object_new_array();
		for (size_t i = 0; i < s->chunk_count; i++)
			json_object_array_add(chunks, chunk_info(s, i));
		json_add(manifest, "chunks", chunks);
		json_add_int(manifest, "total_byte_count", s->bytes);
	}
	json_add_int(manifest, "total_row_count", s->rows);
	json_add_bool(manifest, "truncated", s->truncated);
	return manifest;
}

/* Makes ResultData of one chunk: rows inline, or one external link. */
static struct json_object *
result_json(struct statement *s, size_t index)
{
	struct json_object *result, *links;
	size_t len;
	char *text, *path;

	if (s->external) {
		result = json_object_new_object();
		links = json_object_new_array();
		json_object_array_add(links, link_make(s, index));
		json_add(result, "external_links", links);
		return result;
	}
	result = chunk_info(s, index);
	if (index + 1 < s->chunk_count) {
		json_add_int(result, "next_chunk_index", (int64_t)index + 1);
		path = xprintf("/api/2.0/sql/statements/%s/result/chunks/%zu?row_offset=%lld",
			       s->id, index + 1, (long long)s->chunks[index + 1].row_offset);
		json_add_str(result, "next_chunk_internal_link", path);
		free(path);
	}
	text = statement_chunk(s, (int64_t)index, &len);
	json_add(result, "data_array", json_raw(text, len));
	free(text);
	return result;
}

static void
reply_statement(struct request *req, struct statement *s)
{
	struct json_object *answer = json_object_new_object();
	bool done;

	statements_lock(s->ws);
	json_add_str(answer, "statement_id", s->id);
	json_add(answer, "status", status_json(s));
	done = s->state == ST_SUCCEEDED;
	statements_unlock(s->ws);
	if (done) { /* without the lock: results do not change any more */
		json_add(answer, "manifest", manifest_json(s));
		json_add(answer, "result",
			 s->chunk_count > 0 ? result_json(s, 0) : json_object_new_object());
	}
	reply_json(req, answer);
}

/* ---- submission ---- */

static bool
one_of(struct request *req, const char *name, const char *const *values, size_t *out)
{
	const char *given = json_str(req->body, name);

	*out = 0;
	if (given == NULL || *given == '\0')
		return true;
	for (; values[*out] != NULL; (*out)++)
		if (strcmp(values[*out], given) == 0)
			return true;
	reply_error(req, 400, "INVALID_PARAMETER_VALUE", "Invalid value for %s: %.60s", name,
		    given);
	return false;
}

static bool
read_wait(struct request *req, int64_t *ms)
{
	const char *text = json_str(req->body, "wait_timeout");
	char *end;
	long seconds;

	if (text == NULL || *text == '\0')
		text = "10s";
	seconds = strtol(text, &end, 10);
	*ms = seconds * 1000;
	if (end != text && strcmp(end, "s") == 0 &&
	    (seconds == 0 || (seconds >= 5 && seconds <= 50)))
		return true;
	reply_error(req, 400, "INVALID_PARAMETER_VALUE",
		    "wait_timeout must be 0s, or from 5s to "
		    "50s, not %.40s",
		    text);
	return false;
}

static bool
read_format(struct request *req, struct statement *s)
{
	static const char *const dispositions[] = { "INLINE", "EXTERNAL_LINKS", NULL };
	static const char *const formats[] = { "JSON_ARRAY", "CSV", "ARROW_STREAM", NULL };
	size_t disposition, format;

	if (!one_of(req, "disposition", dispositions, &disposition) ||
	    !one_of(req, "format", formats, &format))
		return false;
	s->external = disposition == 1;
	s->csv = format == 1;
	if (format == 2)
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "The sandbox has no ARROW_STREAM: "
			    "ask for JSON_ARRAY or CSV.");
	else if (s->csv && !s->external)
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "The format field must be "
			    "JSON_ARRAY when the disposition field is INLINE.");
	else
		return true;
	return false;
}

static bool
read_params(struct request *req, struct statement *s)
{
	struct json_object *params = json_get(req->body, "parameters");
	size_t n =
	    json_object_is_type(params, json_type_array) ? json_object_array_length(params) : 0;

	if (n > MAX_PARAMETERS) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE", "At most %d parameters",
			    MAX_PARAMETERS);
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (json_str(json_object_array_get_idx(params, i), "name") != NULL)
			continue;
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Parameter %zu has no name; "
			    "positional parameters are not supported.",
			    i + 1);
		return false;
	}
	if (params != NULL)
		json_object_deep_copy(params, &s->params, NULL);
	return true;
}

static bool
read_limits(struct request *req, struct statement *s)
{
	s->row_limit = json_int(req->body, "row_limit", 0);
	s->byte_limit = json_int(req->body, "byte_limit", 0);
	if (s->row_limit >= 0 && s->byte_limit >= 0)
		return true;
	reply_error(req, 400, "INVALID_PARAMETER_VALUE",
		    "row_limit and byte_limit must not be "
		    "negative");
	return false;
}

static void
read_session(struct request *req, struct statement *s)
{
	const char *catalog = json_str(req->body, "catalog");
	const char *schema = json_str(req->body, "schema");

	if (catalog != NULL)
		snprintf(s->session.catalog, sizeof(s->session.catalog), "%s", catalog);
	if (schema != NULL)
		snprintf(s->session.schema, sizeof(s->session.schema), "%s", schema);
	snprintf(s->session.user, sizeof(s->session.user), "%s", req->user);
	snprintf(s->user, sizeof(s->user), "%s", req->user);
}

static bool
read_statement(struct request *req, struct statement *s)
{
	const char *text = body_need(req, "statement"), *warehouse;

	warehouse = text != NULL ? body_need(req, "warehouse_id") : NULL;
	if (warehouse == NULL)
		return false;
	if (strlen(text) > MAX_STATEMENT_BYTES) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE", "A statement is at most 16 MiB.");
		return false;
	}
	if (warehouse_state(req->ws, warehouse) == NULL) {
		reply_error(req, 404, "NOT_FOUND", "SQL warehouse %.64s does not exist.",
			    warehouse);
		return false;
	}
	s->text = xstrdup(text);
	snprintf(s->warehouse, sizeof(s->warehouse), "%s", warehouse);
	return true;
}

static void
statements_post(struct request *req)
{
	static const char *const choices[] = { "CONTINUE", "CANCEL", NULL };
	struct statement *s = statement_new(req->ws);
	int64_t wait_ms;
	size_t choice;

	read_session(req, s);
	if (!read_statement(req, s) || !read_wait(req, &wait_ms) ||
	    !one_of(req, "on_wait_timeout", choices, &choice) || !read_format(req, s) ||
	    !read_limits(req, s) || !read_params(req, s)) {
		statement_unref(s);
		return;
	}
	if (!statement_start(s)) {
		reply_error(req, 429, "RESOURCE_EXHAUSTED", "Too many statements are queued.");
		return;
	}
	if (wait_ms > 0 && !bg_wait(s->bg, wait_ms) && choice == 1) {
		statement_cancel(s);
		bg_wait(s->bg, 1000);
	}
	reply_statement(req, s);
	statement_unref(s);
}

/* ---- afterwards ---- */

static struct statement *
named_statement(struct request *req)
{
	struct statement *s = statement_find(req->ws, request_var(req, "id"));

	if (s == NULL)
		reply_error(req, 404, "NOT_FOUND", "The statement %.64s was not found.",
			    request_var(req, "id"));
	return s;
}

static void
statements_get(struct request *req)
{
	struct statement *s = named_statement(req);

	if (s == NULL)
		return;
	reply_statement(req, s);
	statement_unref(s);
}

static void
statements_chunk(struct request *req)
{
	struct statement *s = named_statement(req);
	const char *text = request_var(req, "n");
	char *end;
	long long index = strtoll(text, &end, 10);
	enum statement_state state;

	if (s == NULL)
		return;
	statements_lock(s->ws);
	state = s->state;
	statements_unlock(s->ws);
	if (state != ST_SUCCEEDED)
		reply_error(req, 400, "BAD_REQUEST", "The statement %s has no result: it is %s.",
			    s->id, statement_state_name(state));
	else if (*end != '\0' || index < 0 || index >= (long long)s->chunk_count)
		reply_error(req, 404, "NOT_FOUND", "The statement %s has no chunk %.20s.", s->id,
			    text);
	else
		reply_json(req, result_json(s, (size_t)index));
	statement_unref(s);
}

static void
statements_cancel(struct request *req)
{
	struct statement *s = named_statement(req);

	if (s == NULL)
		return;
	statement_cancel(s);
	reply_empty(req);
	statement_unref(s);
}

static const struct route statements_routes[] = {
	{ "POST", "/api/2.0/sql/statements", statements_post, ROUTE_UNLOCKED },
	{ "GET", "/api/2.0/sql/statements/{id}", statements_get, ROUTE_UNLOCKED },
	{ "GET", "/api/2.0/sql/statements/{id}/result/chunks/{n}", statements_chunk,
	  ROUTE_UNLOCKED },
	{ "POST", "/api/2.0/sql/statements/{id}/cancel", statements_cancel, ROUTE_UNLOCKED },
	{ 0 },
};

const struct domain statements_domain = {
	.name = "statements",
	.routes = statements_routes,
	.close = statements_close,
};

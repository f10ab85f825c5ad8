/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of vector indexes: upsert-data, delete-data, and copies of a source table. */
#include <stdlib.h>
#include <string.h>

#include "ml/embed.h"
#include "ml/vectors.h"

enum { MAX_UPSERT = 10000, MAX_DELETE = 1000, MAX_SOURCE_ROWS = 100000 };

char *
row_key(const struct vindex *index, struct json_object *row)
{
	struct json_object *key = json_get(row, index->key);

	if (!json_object_is_type(key, json_type_string) && !json_object_is_type(key, json_type_int))
		return NULL;
	return xstrdup(json_object_get_string(key));
}

bool
read_vector(struct json_object *list, int64_t dimension, float *out)
{
	if (!json_object_is_type(list, json_type_array) || dimension > MAX_DIMENSION ||
	    json_object_array_length(list) != (size_t)dimension)
		return false;
	for (int64_t i = 0; i < dimension; i++) {
		struct json_object *x = json_object_array_get_idx(list, (size_t)i);

		if (!json_object_is_type(x, json_type_double) &&
		    !json_object_is_type(x, json_type_int))
			return false;
		out[i] = (float)json_object_get_double(x);
	}
	return true;
}

static bool
type_fits(const char *type, struct json_object *value)
{
	if (value == NULL)
		return true;
	if (strcmp(type, "string") == 0 || strcmp(type, "date") == 0 ||
	    strcmp(type, "timestamp") == 0)
		return json_object_is_type(value, json_type_string);
	if (strcmp(type, "int") == 0 || strcmp(type, "long") == 0)
		return json_object_is_type(value, json_type_int);
	if (strcmp(type, "boolean") == 0)
		return json_object_is_type(value, json_type_boolean);
	if (strncmp(type, "array", 5) == 0)
		return json_object_is_type(value, json_type_array);
	return json_object_is_type(value, json_type_int) ||
	       json_object_is_type(value, json_type_double);
}

/* Is every member a column of the index, and does it have the right type? */
static bool
row_fits(const struct vindex *index, struct json_object *row)
{
	struct json_object_iterator at, end;

	if (!json_object_is_type(row, json_type_object))
		return false;
	at = json_object_iter_begin(row);
	end = json_object_iter_end(row);
	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		const char *type = json_str(index->schema, json_object_iter_peek_name(&at));

		if (type == NULL || !type_fits(type, json_object_iter_peek_value(&at)))
			return false;
	}
	return true;
}

bool
vindex_put(struct workspace *ws, const struct vindex *index, struct json_object *row)
{
	float vector[MAX_DIMENSION];
	const char *text;
	char *key;

	if (!row_fits(index, row))
		return false;
	key = row_key(index, row);
	if (key == NULL)
		return false;
	if (index->embeds) {
		text = json_str(row, index->column);
		embed_text(text != NULL ? text : "", vector);
	} else if (!read_vector(json_get(row, index->column), index->dimension, vector)) {
		free(key);
		return false;
	}
	db_run(ws,
	       "INSERT INTO vs_rows(idx, key, json, vector) VALUES(?, ?, ?, ?)"
	       " ON CONFLICT(idx, key) DO UPDATE SET json = excluded.json,"
	       " vector = excluded.vector",
	       "ssjb", index->name, key, row, vector, (size_t)index->dimension * sizeof(float));
	free(key);
	return true;
}

/* ---- upsert and delete ---- */

/* Takes failed. */
static void
reply_changed(struct request *req, int64_t done, struct json_object *failed)
{
	struct json_object *answer = json_object_new_object(), *result = json_object_new_object();
	bool any = json_object_array_length(failed) > 0;

	json_add_str(answer, "status", !any ? "SUCCESS" : done > 0 ? "PARTIAL_SUCCESS" : "FAILURE");
	json_add_int(result, "success_row_count", done);
	if (any)
		json_add(result, "failed_primary_keys", json_object_get(failed));
	json_add(answer, "result", result);
	json_object_put(failed);
	reply_json(req, answer);
}

/* Adds rows. When the result is false, it has answered 400. */
static bool
need_direct(struct request *req, const struct vindex *index)
{
	if (index->direct)
		return true;
	reply_error(req, 400, "INVALID_PARAMETER_VALUE",
		    "Index %.300s is a Delta Sync Index; only "
		    "Direct Access Indexes take rows.",
		    index->name);
	return false;
}

static void
put_rows(struct request *req, const struct vindex *index, struct json_object *rows)
{
	struct json_object *failed = json_object_new_array();
	int64_t done = 0;

	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		char *key;

		if (vindex_put(req->ws, index, row)) {
			done++;
			continue;
		}
		key = row_key(index, row);
		json_object_array_add(failed, json_object_new_string(key != NULL ? key : "null"));
		free(key);
	}
	reply_changed(req, done, failed);
}

void
vectors_upsert(struct request *req)
{
	const char *text = body_need(req, "inputs_json");
	struct json_object *rows;
	struct vindex index;

	if (text == NULL || !vindex_need(req, &index))
		return;
	rows = json_parse(text, strlen(text));
	if (!json_object_is_type(rows, json_type_array))
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "inputs_json must be a JSON array of rows, as text.");
	else if (json_object_array_length(rows) > MAX_UPSERT)
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "inputs_json may have at most %d rows.", MAX_UPSERT);
	else if (need_direct(req, &index))
		put_rows(req, &index, rows);
	json_object_put(rows);
	vindex_fini(&index);
}

void
vectors_delete(struct request *req)
{
	struct json_object *failed;
	struct vindex index;
	const char *key;
	int64_t done = 0;

	if (!vindex_need(req, &index))
		return;
	if (need_direct(req, &index) && request_need(req, "primary_keys") != NULL) {
		failed = json_object_new_array();
		for (size_t i = 0;
		     i < MAX_DELETE && (key = request_arg_at(req, "primary_keys", i)) != NULL;
		     i++) {
			if (db_run(req->ws, "DELETE FROM vs_rows WHERE idx = ? AND key = ?", "ss",
				   index.name, key) > 0)
				done++;
			else
				json_object_array_add(failed, json_object_new_string(key));
		}
		reply_changed(req, done, failed);
	}
	vindex_fini(&index);
}

/* ---- copies of a table ---- */

/* Converts the text of a cell to JSON of the column's type. */
static struct json_object *
typed_cell(const char *type, struct json_object *cell)
{
	const char *text = json_object_get_string(cell);

	if (text == NULL)
		return NULL;
	if (strcmp(type, "long") == 0 || strcmp(type, "int") == 0)
		return json_object_new_int64(strtoll(text, NULL, 10));
	if (strcmp(type, "float") == 0 || strcmp(type, "double") == 0)
		return json_object_new_double_s(strtod(text, NULL), text);
	if (strcmp(type, "boolean") == 0)
		return json_object_new_boolean(strcmp(text, "true") == 0);
	if (strncmp(type, "array", 5) == 0)
		return json_parse(text, strlen(text));
	return json_object_get(cell);
}

static void
copy_rows(struct workspace *ws, const struct vindex *index, struct json_object *table)
{
	struct json_object *columns = json_get(table, "columns"), *rows = json_get(table, "rows");

	for (size_t r = 0; r < json_object_array_length(rows); r++) {
		struct json_object *cells = json_object_array_get_idx(rows, r);
		struct json_object *row = json_object_new_object();

		for (size_t c = 0; c < json_object_array_length(columns); c++) {
			const char *name = json_str(json_object_array_get_idx(columns, c), "name");
			const char *type = json_str(index->schema, name);

			if (type != NULL)
				json_add(row, name,
					 typed_cell(type, json_object_array_get_idx(cells, c)));
		}
		vindex_put(ws, index, row);
		json_object_put(row);
	}
}

bool
vindex_sync(struct workspace *ws, const struct vindex *index)
{
	struct json_object *spec = json_get(index->doc, "delta_sync_index_spec"), *table;
	struct sql_session session = { .user = "System user" };
	char *error = NULL;
	char *text = xprintf("SELECT * FROM %s", json_str(spec, "source_table"));

	table = sql_collect(ws, &session, text, NULL, MAX_SOURCE_ROWS, NULL, &error);
	free(text);
	free(error);
	if (table == NULL)
		return false;
	db_run(ws, "DELETE FROM vs_rows WHERE idx = ?", "s", index->name);
	copy_rows(ws, index, table);
	json_object_put(table);
	return true;
}

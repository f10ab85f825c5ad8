/* SPDX-License-Identifier: Apache-2.0 */
/* sql_collect() makes one JSON object of a statement's result, for notebooks, jobs and commands. */
#include "sql/sql.h"

struct collector {
	struct json_object *columns, *rows;
	int64_t left;
	bool truncated;
};

static void
collect_columns(void *arg, const struct sql_column *columns, size_t n)
{
	struct collector *collector = arg;

	for (size_t i = 0; i < n; i++) {
		struct json_object *column = json_object_new_object();

		json_add_str(column, "name", columns[i].name);
		json_add_str(column, "type_text", columns[i].type_text);
		json_add_str(column, "type_name", columns[i].type_name);
		json_object_array_add(collector->columns, column);
	}
}

static bool
collect_row(void *arg, size_t n, const char *const *cells, const size_t *lens)
{
	struct collector *collector = arg;
	struct json_object *row;

	if (collector->left-- <= 0) {
		collector->truncated = true;
		return false;
	}
	row = json_object_new_array_ext((int)n);
	for (size_t i = 0; i < n; i++)
		json_object_array_add(row, cells[i] != NULL
					       ? json_object_new_string_len(cells[i], (int)lens[i])
					       : NULL);
	json_object_array_add(collector->rows, row);
	return true;
}

struct json_object *
sql_collect(struct workspace *ws, struct sql_session *session, const char *text,
	    struct json_object *params, int64_t max_rows, struct bg *bg, char **error)
{
	struct collector collector = { json_object_new_array(), json_object_new_array(), max_rows,
				       false };
	struct sql_query query = { text, params, collect_row, collect_columns, &collector, bg };
	struct json_object *answer = NULL;
	struct sql_outcome out;

	sql_run(ws, session, &query, &out);
	*error = out.ok ? NULL : xstrdup(out.error != NULL ? out.error : "cancelled");
	if (out.ok) {
		answer = json_object_new_object();
		json_add(answer, "columns", collector.columns);
		json_add(answer, "rows", collector.rows);
		json_add_bool(answer, "truncated", collector.truncated);
	} else {
		json_object_put(collector.columns);
		json_object_put(collector.rows);
	}
	sql_outcome_fini(&out);
	return answer;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Functions on arrays, maps and structs. A value of such a type is JSON text. */
#include "sql/sql.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

static struct json_object *
parse_value(sqlite3_value *v)
{
	return json_parse(arg_text(v), strlen(arg_text(v)));
}

static struct json_object *
to_json(sqlite3_value *v)
{
	const char *text = arg_text(v);
	struct json_object *nested;

	switch (sqlite3_value_type(v)) {
	case SQLITE_NULL: return NULL;
	case SQLITE_INTEGER: return json_object_new_int64(sqlite3_value_int64(v));
	case SQLITE_FLOAT: return json_object_new_double(sqlite3_value_double(v));
	default:
		nested = text[0] == '[' || text[0] == '{' ? json_parse(text, strlen(text)) : NULL;
		return nested != NULL ? nested : json_object_new_string(text);
	}
}

static void
give_json(sqlite3_context *ctx, struct json_object *obj)
{
	sqlite3_result_text(ctx,
			    json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN |
								    JSON_C_TO_STRING_NOSLASHESCAPE),
			    -1, SQLITE_TRANSIENT);
	json_object_put(obj);
}

static void
give_member(sqlite3_context *ctx, struct json_object *value)
{
	if (json_object_is_type(value, json_type_int))
		sqlite3_result_int64(ctx, json_object_get_int64(value));
	else if (json_object_is_type(value, json_type_boolean))
		sqlite3_result_int(ctx, json_object_get_boolean(value));
	else if (json_object_is_type(value, json_type_double))
		sqlite3_result_double(ctx, json_object_get_double(value));
	else if (json_object_is_type(value, json_type_string))
		sqlite3_result_text(ctx, json_object_get_string(value), -1, SQLITE_TRANSIENT);
	else if (value != NULL)
		sqlite3_result_text(ctx,
				    json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN),
				    -1, SQLITE_TRANSIENT);
}

static void
fn_array(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct json_object *list = json_object_new_array();

	for (int i = 0; i < n; i++)
		json_object_array_add(list, to_json(v[i]));
	give_json(ctx, list);
}

static void
fn_map(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct json_object *map = json_object_new_object();

	for (int i = 0; i + 1 < n; i += 2)
		json_add(map, arg_text(v[i]), to_json(v[i + 1]));
	give_json(ctx, map);
}

static void
fn_split(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct json_object *list;
	const char *s = arg_text(v[0]);
	int64_t limit = n > 2 ? sqlite3_value_int64(v[2]) : -1, made = 1;
	regmatch_t m;
	regex_t re;

	if (n < 2 || sqlite3_value_type(v[0]) == SQLITE_NULL ||
	    sqlite3_value_type(v[1]) == SQLITE_NULL)
		return;
	if (regcomp(&re, arg_text(v[1]), REG_EXTENDED) != 0) {
		func_error(ctx, "22023",
			   "[INVALID_PARAMETER_VALUE.PATTERN] The value of parameter "
			   "`regexp` is invalid.");
		return;
	}
	list = json_object_new_array();
	while ((limit <= 0 || made < limit) && *s != '\0' && regexec(&re, s, 1, &m, 0) == 0) {
		size_t len = m.rm_eo > 0 ? (size_t)m.rm_so : 1;

		json_object_array_add(list, json_object_new_string_len(s, (int)len));
		s += m.rm_eo > 0 ? m.rm_eo : 1;
		made++;
	}
	json_object_array_add(list, json_object_new_string(s));
	regfree(&re);
	give_json(ctx, list);
}

static void
fn_size(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct json_object *value = parse_value(v[0]);

	(void)n;
	if (json_object_is_type(value, json_type_array))
		sqlite3_result_int64(ctx, (sqlite3_int64)json_object_array_length(value));
	else if (json_object_is_type(value, json_type_object))
		sqlite3_result_int(ctx, json_object_object_length(value));
	json_object_put(value);
}

/* The index starts from 0 for x[i], and from 1 for element_at (negative: from the end). For maps it
 * is a key. */
static void
nested_element(sqlite3_context *ctx, sqlite3_value **v, int64_t base)
{
	struct json_object *value = parse_value(v[0]);
	int64_t at = sqlite3_value_int64(v[1]);

	if (json_object_is_type(value, json_type_object)) {
		give_member(ctx, json_get(value, arg_text(v[1])));
	} else if (json_object_is_type(value, json_type_array)) {
		int64_t len = (int64_t)json_object_array_length(value);

		at = at < 0 && base == 1 ? len + at : at - base;
		if (at >= 0 && at < len)
			give_member(ctx, json_object_array_get_idx(value, (size_t)at));
	}
	json_object_put(value);
}

static void
fn_at(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	(void)n;
	nested_element(ctx, v, 0);
}

static void
fn_element_at(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	(void)n;
	nested_element(ctx, v, 1);
}

static void
fn_array_contains(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct json_object *list = parse_value(v[0]), *wanted = to_json(v[1]);
	bool found = false;

	(void)n;
	if (json_object_is_type(list, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(list) && !found; i++) {
			struct json_object *item = json_object_array_get_idx(list, i);

			found = json_object_equal(item, wanted) ||
				(item != NULL &&
				 strcmp(json_object_get_string(item), arg_text(v[1])) == 0);
		}
		sqlite3_result_int(ctx, found);
	}
	json_object_put(list);
	json_object_put(wanted);
}

static void
fn_array_join(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct json_object *list = parse_value(v[0]);
	struct buf out = BUF(MAX_MADE);

	if (n >= 2 && json_object_is_type(list, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(list); i++) {
			struct json_object *item = json_object_array_get_idx(list, i);

			if (item == NULL)
				continue;
			buf_printf(&out, "%s%s", out.len > 0 ? arg_text(v[1]) : "",
				   json_object_get_string(item));
		}
		give_text(ctx, &out);
	}
	json_object_put(list);
}

static void
fn_to_json(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	(void)n;
	if (sqlite3_value_type(v[0]) != SQLITE_NULL)
		give_json(ctx, to_json(v[0]));
}

/* get_json_object(text, '$.a.b[0]') */
static void
fn_get_json_object(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct json_object *root = parse_value(v[0]), *at = root;
	const char *path = arg_text(v[1]);

	(void)n;
	path += *path == '$';
	while (*path != '\0' && at != NULL) {
		size_t len = strcspn(path + 1, ".[]");
		char *key = xstrndup(path + 1, len);

		if (*path == '.')
			at = json_get(at, key);
		else if (*path == '[' && json_object_is_type(at, json_type_array))
			at = json_object_array_get_idx(at, (size_t)strtoul(key, NULL, 10));
		else
			at = NULL;
		path += 1 + len;
		path += *path == ']';
		free(key);
	}
	give_member(ctx, at);
	json_object_put(root);
}

static const struct func_row nested_rows[] = {
	{ "array", fn_array, -1, false },
	{ "map", fn_map, -1, false },
	{ "named_struct", fn_map, -1, false },
	{ "split", fn_split, -1, false },
	{ "size", fn_size, 1, false },
	{ "_at", fn_at, 2, false },
	{ "element_at", fn_element_at, 2, false },
	{ "array_contains", fn_array_contains, 2, false },
	{ "array_join", fn_array_join, -1, false },
	{ "to_json", fn_to_json, 1, false },
	{ "get_json_object", fn_get_json_object, 2, false },
	{ 0 },
};

void
functions_nested(struct lake_conn *conn)
{
	register_rows(conn, nested_rows);
}

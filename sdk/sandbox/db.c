/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state database for the domains: statements with typed arguments, a failure flag that stays
 * set, and JSON documents by kind and id.
 */
#include "sandbox.h"

#include <stdarg.h>
#include <string.h>

static void
failed(struct workspace *ws, const char *sql)
{
	log_line("error", "state of %s: %s, in: %.200s", ws->name, sqlite3_errmsg(ws->db), sql);
	ws->db_failed = true;
}

static int
bind_one(sqlite3_stmt *st, int at, char type, va_list *args)
{
	if (type == 's')
		return sqlite3_bind_text(st, at, va_arg(*args, const char *), -1, SQLITE_TRANSIENT);
	if (type == 'i')
		return sqlite3_bind_int64(st, at, va_arg(*args, int64_t));
	if (type == 'd')
		return sqlite3_bind_double(st, at, va_arg(*args, double));
	if (type == 'b') {
		const void *data = va_arg(*args, const void *);

		return sqlite3_bind_blob64(st, at, data, va_arg(*args, size_t), SQLITE_TRANSIENT);
	}
	if (type == 'j') {
		struct json_object *obj = va_arg(*args, struct json_object *);

		if (obj == NULL)
			return sqlite3_bind_null(st, at);
		return sqlite3_bind_text(
		    st, at,
		    json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN |
							    JSON_C_TO_STRING_NOSLASHESCAPE),
		    -1, SQLITE_TRANSIENT);
	}
	return SQLITE_MISUSE;
}

static sqlite3_stmt *
prepare(struct workspace *ws, const char *sql, const char *types, va_list args)
{
	sqlite3_stmt *st = NULL;
	va_list copy;
	int rc = sqlite3_prepare_v2(ws->db, sql, -1, &st, NULL);

	va_copy(copy, args);
	for (int i = 0; rc == SQLITE_OK && types[i] != '\0'; i++)
		rc = bind_one(st, i + 1, types[i], &copy);
	va_end(copy);
	if (rc == SQLITE_OK)
		return st;
	failed(ws, sql);
	sqlite3_finalize(st);
	return NULL;
}

int
db_run(struct workspace *ws, const char *sql, const char *types, ...)
{
	sqlite3_stmt *st;
	va_list args;
	int rc;

	va_start(args, types);
	st = prepare(ws, sql, types, args);
	va_end(args);
	if (st == NULL)
		return -1;
	do {
		rc = sqlite3_step(st);
	} while (rc == SQLITE_ROW);
	if (rc != SQLITE_DONE)
		failed(ws, sql);
	sqlite3_finalize(st);
	return rc == SQLITE_DONE ? sqlite3_changes(ws->db) : -1;
}

sqlite3_stmt *
db_query(struct workspace *ws, const char *sql, const char *types, ...)
{
	sqlite3_stmt *st;
	va_list args;

	va_start(args, types);
	st = prepare(ws, sql, types, args);
	va_end(args);
	return st;
}

bool
db_next(struct workspace *ws, sqlite3_stmt *st)
{
	int rc;

	if (st == NULL)
		return false;
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		return true;
	if (rc != SQLITE_DONE)
		failed(ws, sqlite3_sql(st));
	sqlite3_finalize(st);
	return false;
}

void
db_end(sqlite3_stmt *st)
{
	sqlite3_finalize(st);
}

const char *
db_text(sqlite3_stmt *st, int column)
{
	const unsigned char *text = sqlite3_column_text(st, column);

	return text != NULL ? (const char *)text : "";
}

struct json_object *
db_tree(sqlite3_stmt *st, int column)
{
	const char *text = db_text(st, column);

	return json_parse(text, strlen(text));
}

int64_t
db_int(sqlite3_stmt *st, int column)
{
	return sqlite3_column_int64(st, column);
}

int64_t
db_one_int(struct workspace *ws, const char *sql, const char *types, ...)
{
	sqlite3_stmt *st;
	va_list args;
	int64_t value = 0;

	va_start(args, types);
	st = prepare(ws, sql, types, args);
	va_end(args);
	if (db_next(ws, st)) {
		value = db_int(st, 0);
		db_end(st);
	}
	return value;
}

/* ---- documents ---- */

struct json_object *
doc_get(struct workspace *ws, const char *kind, const char *id)
{
	sqlite3_stmt *st =
	    db_query(ws, "SELECT json FROM docs WHERE kind = ? AND id = ?", "ss", kind, id);
	struct json_object *doc = NULL;

	if (db_next(ws, st)) {
		doc = db_tree(st, 0);
		db_end(st);
	}
	return doc;
}

void
doc_put(struct workspace *ws, const char *kind, const char *id, struct json_object *doc)
{
	db_run(ws,
	       "INSERT INTO docs(kind, id, json) VALUES(?, ?, ?)"
	       " ON CONFLICT(kind, id) DO UPDATE SET json = excluded.json",
	       "ssj", kind, id, doc);
}

bool
doc_delete(struct workspace *ws, const char *kind, const char *id)
{
	return db_run(ws, "DELETE FROM docs WHERE kind = ? AND id = ?", "ss", kind, id) > 0;
}

struct json_object *
doc_list(struct workspace *ws, const char *kind, const char *prefix)
{
	struct json_object *list = json_object_new_array();
	sqlite3_stmt *st;

	if (prefix == NULL)
		prefix = "";
	st = db_query(ws,
		      "SELECT json FROM docs WHERE kind = ?1 AND substr(id, 1, length(?2)) = ?2"
		      " ORDER BY seq",
		      "ss", kind, prefix);
	while (db_next(ws, st))
		json_object_array_add(list, db_tree(st, 0));
	return list;
}

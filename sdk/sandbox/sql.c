/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running one statement: dispatch by its first words, parameters, rows rendered as the Statement
 * Execution API shows them (text or NULL whatever the type).
 */
#include "sql.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PROGRESS_OPS = 20000, MAX_CELL = 16 * 1024 * 1024 };

/* ---- parameters ---- */

const char *
param_value(const struct sql_query *query, const char *name, struct sql_type *type, bool *found)
{
	size_t n = json_object_is_type(query->params, json_type_array)
		? json_object_array_length(query->params) : 0;

	*found = false;
	type_set(type, "STRING");
	for (size_t i = 0; i < n; i++) {
		struct json_object *param = json_object_array_get_idx(query->params, i), *value;
		const char *given = json_str(param, "name"), *text = json_str(param, "type");

		if (given == NULL || strcmp(given, name) != 0)
			continue;
		*found = true;
		if (text != NULL && *text != '\0' && !type_parse(text, type))
			type_set(type, "STRING");
		value = json_get(param, "value");
		return value != NULL ? json_object_get_string(value) : NULL;
	}
	return NULL;
}

static bool
bind_value(sqlite3_stmt *st, int at, const struct sql_value *value)
{
	int rc = SQLITE_OK;

	if (value->kind == VALUE_INT)
		rc = sqlite3_bind_int64(st, at, value->i);
	else if (value->kind == VALUE_REAL)
		rc = sqlite3_bind_double(st, at, value->d);
	else if (value->kind == VALUE_TEXT)
		rc = sqlite3_bind_text(st, at, value->text, -1, SQLITE_TRANSIENT);
	return rc == SQLITE_OK;
}

static bool
bind_one(struct sql_run *run, sqlite3_stmt *st, int at)
{
	const char *name = sqlite3_bind_parameter_name(st, at) + 1, *text;
	struct sql_value value = { .kind = VALUE_NULL };
	struct sql_type type;
	bool found, ok;

	text = param_value(run->query, name, &type, &found);
	if (!found)
		return sql_fail(run, "42P02", "[UNBOUND_SQL_PARAMETER] Found the unbound parameter: "
				"%s. Please, fix `args` and provide a mapping of the parameter to "
				"either a SQL literal or collection constructor functions such as "
				"`map()`, `array()`, `struct()`. SQLSTATE: 42P02", name);
	if (text == NULL)
		return true;
	ok = cast_text(text, &type, &value);
	if (!ok)
		sql_fail(run, "22018", "[CAST_INVALID_INPUT] The value '%.100s' of the type \"STRING\" "
			 "cannot be cast to \"%s\" because it is malformed. SQLSTATE: 22018", text,
			 type.text);
	ok = ok && bind_value(st, at, &value);
	free(value.text);
	return ok;
}

sqlite3_stmt *
sql_prepare(struct sql_run *run, const struct rewritten *rw)
{
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(run->conn->db, rw->sql, -1, &st, NULL) != SQLITE_OK) {
		sql_fail_sqlite(run, rw);
		return NULL;
	}
	for (int i = 1; i <= sqlite3_bind_parameter_count(st); i++) {
		if (sqlite3_bind_parameter_name(st, i) == NULL || !bind_one(run, st, i)) {
			sqlite3_finalize(st);
			return NULL;
		}
	}
	return st;
}

bool
sql_exhaust(struct sql_run *run, sqlite3_stmt *st, const struct rewritten *rw)
{
	int rc;

	do {
		rc = sqlite3_step(st);
	} while (rc == SQLITE_ROW);
	if (rc != SQLITE_DONE)
		sql_fail_sqlite(run, rw);
	sqlite3_finalize(st);
	return rc == SQLITE_DONE;
}

/* ---- cells ---- */

static void
make_utf8(char *text)
{
	if (text_is_utf8(text))
		return;
	for (; *text != '\0'; text++)
		if ((*text & 0x80) != 0)
			*text = '?';
}

static void
render_number(sqlite3_stmt *st, int i, const struct sql_type *type, struct buf *out)
{
	double value = sqlite3_column_double(st, i);
	char text[400];

	if (type_is(type, "DECIMAL")) {
		snprintf(text, sizeof(text), "%.*f", type->scale, value);
	} else if (type_is(type, "BOOLEAN")) {
		strcpy(text, value != 0 ? "true" : "false");
	} else if (type_is(type, "DOUBLE") || type_is(type, "FLOAT")) {
		format_double(value, text);
	} else if (sqlite3_column_type(st, i) == SQLITE_INTEGER) {
		buf_str(out, (const char *)sqlite3_column_text(st, i));
		return;
	} else if (type_is(type, "LONG") || type_is(type, "INT") || type_is(type, "SHORT") ||
		   type_is(type, "BYTE")) {
		snprintf(text, sizeof(text), "%.0f", value);
	} else {
		format_double(value, text);
	}
	buf_str(out, text);
}

static void
render_text(sqlite3_stmt *st, int i, const struct sql_type *type, struct buf *out)
{
	const char *text = (const char *)sqlite3_column_text(st, i);
	size_t start = out->len;
	struct when w;
	char shown[40];

	if ((type_is(type, "TIMESTAMP") || type_is(type, "TIMESTAMP_NTZ")) && when_parse(text, &w)) {
		when_date(&w, shown);
		buf_printf(out, "%sT%02d:%02d:%02d.%03d%s", shown, (int)(w.us / 3600000000),
			   (int)(w.us / 60000000 % 60), (int)(w.us / 1000000 % 60),
			   (int)(w.us / 1000 % 1000), type_is(type, "TIMESTAMP") ? "Z" : "");
	} else if (type_is(type, "DATE") && when_parse(text, &w)) {
		when_date(&w, shown);
		buf_str(out, shown);
	} else {
		buf_str(out, text);
		make_utf8(out->data + start);
	}
}

static void
render(sqlite3_stmt *st, int i, const struct sql_type *type, struct buf *out)
{
	char *encoded;

	switch (sqlite3_column_type(st, i)) {
	case SQLITE_INTEGER:
	case SQLITE_FLOAT:
		render_number(st, i, type, out);
		break;
	case SQLITE_BLOB:
		encoded = base64_encode(sqlite3_column_blob(st, i),
					(size_t)sqlite3_column_bytes(st, i));
		buf_str(out, encoded);
		free(encoded);
		break;
	default:
		render_text(st, i, type, out);
	}
}

/* ---- result sets ---- */

static void
announce(struct sql_run *run, const struct sql_column *columns, size_t n)
{
	run->out->has_result = true;
	if (run->query->on_columns != NULL)
		run->query->on_columns(run->query->arg, columns, n);
}

static void
announce_types(struct sql_run *run, sqlite3_stmt *st, const struct sql_type *types, size_t n)
{
	struct sql_column *columns = xcalloc(n > 0 ? n : 1, sizeof(*columns));

	for (size_t i = 0; i < n; i++) {
		columns[i].name = (char *)(uintptr_t)sqlite3_column_name(st, (int)i);
		columns[i].type_text = (char *)(uintptr_t)types[i].text;
		columns[i].type_name = types[i].name;
		columns[i].precision = types[i].precision;
		columns[i].scale = types[i].scale;
	}
	announce(run, columns, n);
	free(columns);
}

void
types_from_row(sqlite3_stmt *st, bool row, struct sql_type *types)
{
	for (int i = 0; i < sqlite3_column_count(st); i++) {
		if (types[i].text[0] != '\0')
			continue;
		switch (row ? sqlite3_column_type(st, i) : SQLITE_TEXT) {
		case SQLITE_INTEGER: type_set(&types[i], "BIGINT"); break;
		case SQLITE_FLOAT: type_set(&types[i], "DOUBLE"); break;
		case SQLITE_BLOB: type_set(&types[i], "BINARY"); break;
		default: type_set(&types[i], "STRING");
		}
	}
}

static bool
give_row(struct sql_run *run, sqlite3_stmt *st, const struct sql_type *types, size_t n,
	 struct buf *text, size_t *offsets)
{
	const char **cells = xcalloc(n > 0 ? n : 1, sizeof(*cells));
	size_t *lens = xcalloc(n > 0 ? n : 1, sizeof(*lens));
	bool more = true;

	text->len = 0;
	for (size_t i = 0; i < n; i++) {
		offsets[i] = text->len;
		if (sqlite3_column_type(st, (int)i) != SQLITE_NULL)
			render(st, (int)i, &types[i], text);
		lens[i] = text->len - offsets[i];
		buf_add(text, "", 1);
	}
	for (size_t i = 0; i < n; i++)
		cells[i] = sqlite3_column_type(st, (int)i) != SQLITE_NULL ? text->data + offsets[i]
									  : NULL;
	if (run->query->on_row != NULL)
		more = run->query->on_row(run->query->arg, n, cells, lens);
	free(cells);
	free(lens);
	return more;
}

/* Steps a prepared query to its end or until the receiver has enough; finalizes it. */
static bool
give_rows(struct sql_run *run, sqlite3_stmt *st, const struct rewritten *rw)
{
	size_t n = (size_t)sqlite3_column_count(st);
	struct sql_type *types = xcalloc(n > 0 ? n : 1, sizeof(*types));
	size_t *offsets = xcalloc(n > 0 ? n : 1, sizeof(*offsets));
	struct buf text = { 0 };
	int rc;

	result_types(run, st, rw, types);
	rc = sqlite3_step(st);
	types_from_row(st, rc == SQLITE_ROW, types);
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		announce_types(run, st, types, n);
	while (rc == SQLITE_ROW) {
		if (!give_row(run, st, types, n, &text, offsets))
			rc = SQLITE_DONE;
		else
			rc = sqlite3_step(st);
	}
	if (rc != SQLITE_DONE)
		sql_fail_sqlite(run, rw);
	sqlite3_finalize(st);
	buf_free(&text);
	free(types);
	free(offsets);
	return rc == SQLITE_DONE;
}

bool
sql_emit_columns(struct sql_run *run, const char *columns)
{
	struct sql_column list[8] = { 0 };
	struct sql_type types[8];
	size_t n = 0;

	while (*columns != '\0' && n < 8) {
		size_t name = strcspn(columns, ":"), type = strcspn(columns + name + 1, ",");
		char *text = xstrndup(columns + name + 1, type);

		type_set(&types[n], text);
		free(text);
		list[n].name = xstrndup(columns, name);
		list[n].type_text = types[n].text;
		list[n].type_name = types[n].name;
		list[n].precision = list[n].scale = -1;
		n++;
		columns += name + 1 + type;
		columns += *columns == ',';
	}
	announce(run, list, n);
	for (size_t i = 0; i < n; i++)
		free(list[i].name);
	return true;
}

void
sql_emit_cells(struct sql_run *run, size_t n, const char *const *cells)
{
	size_t lens[8] = { 0 };

	for (size_t i = 0; i < n && i < 8; i++)
		lens[i] = cells[i] != NULL ? strlen(cells[i]) : 0;
	if (run->query->on_row != NULL)
		run->query->on_row(run->query->arg, n, cells, lens);
}

bool
sql_emit_row(struct sql_run *run, const char *columns, const char *const *cells)
{
	size_t n = 1;

	for (const char *p = columns; *p != '\0'; p++)
		n += *p == ',';
	sql_emit_columns(run, columns);
	sql_emit_cells(run, n, cells);
	return true;
}

bool
sql_emit(struct sql_run *run, const char *columns, const char *sql, const char *types, ...)
{
	const char *cells[8];
	sqlite3_stmt *st = NULL;
	va_list args;
	int n;

	if (sqlite3_prepare_v2(run->conn->db, sql, -1, &st, NULL) != SQLITE_OK)
		return sql_fail_sqlite(run, NULL);
	va_start(args, types);
	for (int i = 0; types[i] != '\0'; i++)
		sqlite3_bind_text(st, i + 1, va_arg(args, const char *), -1, SQLITE_TRANSIENT);
	va_end(args);
	sql_emit_columns(run, columns);
	n = sqlite3_column_count(st);
	while (sqlite3_step(st) == SQLITE_ROW) {
		for (int i = 0; i < n && i < 8; i++) {
			bool flag = sqlite3_column_type(st, i) == SQLITE_INTEGER;

			cells[i] = flag ? (sqlite3_column_int(st, i) != 0 ? "true" : "false")
					: (const char *)sqlite3_column_text(st, i);
		}
		sql_emit_cells(run, (size_t)n, cells);
	}
	sqlite3_finalize(st);
	return true;
}

bool
sql_affected(struct sql_run *run, int64_t rows, bool inserted)
{
	char text[24];

	run->out->affected = rows;
	snprintf(text, sizeof(text), "%lld", (long long)rows);
	return sql_emit_row(run, inserted ? "num_affected_rows:BIGINT,num_inserted_rows:BIGINT"
					  : "num_affected_rows:BIGINT",
			    (const char *const[]){ text, text });
}

/* ---- queries and DML ---- */

static bool
run_query(struct sql_run *run, struct sql_cursor *c)
{
	struct select_list list;
	struct rewritten rw;
	sqlite3_stmt *st;
	bool ok;

	ok = sql_rewrite(run, c->at, run->tokens.count, &rw);
	if (ok && select_list_find(&run->tokens, c->at, run->tokens.count, &list)) {
		infer_types(run, &list, c->at, run->tokens.count, &rw);
		select_list_fini(&list);
	}
	st = ok ? sql_prepare(run, &rw) : NULL;
	ok = st != NULL && give_rows(run, st, &rw);
	rewritten_fini(&rw);
	return ok;
}

static bool
run_dml(struct sql_run *run, struct sql_cursor *c)
{
	bool insert = tok_is(&run->tokens.list[0], "INSERT");
	struct rewritten rw;
	sqlite3_stmt *st;
	bool ok;

	(void)c;
	ok = sql_rewrite(run, 0, run->tokens.count, &rw) &&
	     (rw.table_count == 0 || sql_may_write(run, &rw.tables[0]));
	st = ok ? sql_prepare(run, &rw) : NULL;
	ok = st != NULL && sql_exhaust(run, st, &rw) &&
	     sql_affected(run, sqlite3_changes64(run->conn->db), insert);
	rewritten_fini(&rw);
	return ok;
}

/* ---- dispatch ---- */

static const struct command {
	const char *words, *kind;
	bool (*run)(struct sql_run *run, struct sql_cursor *c);
	bool keep_words, writes;
} commands[] = {
	{ "SELECT", "SELECT", run_query, true, false },
	{ "WITH", "SELECT", run_query, true, false },
	{ "VALUES", "SELECT", run_query, true, false },
	{ "(", "SELECT", run_query, true, false },
	{ "INSERT OVERWRITE", "INSERT", sql_insert_overwrite, false, true },
	{ "INSERT INTO", "INSERT", run_dml, true, true },
	{ "UPDATE", "UPDATE", run_dml, true, true },
	{ "DELETE FROM", "DELETE", run_dml, true, true },
	{ "CREATE", "CREATE", sql_create, false, true },
	{ "DROP", "DROP", sql_drop, false, true },
	{ "ALTER", "ALTER", sql_alter, false, true },
	{ "COMMENT ON", "ALTER", sql_comment_on, false, true },
	{ "TRUNCATE", "TRUNCATE", sql_truncate, false, true },
	{ "SHOW", "SHOW", sql_show, false, false },
	{ "DESCRIBE", "DESCRIBE", sql_describe, false, false },
	{ "DESC", "DESCRIBE", sql_describe, false, false },
	{ "EXPLAIN", "EXPLAIN", sql_explain, false, false },
	{ "USE", "USE", sql_use, false, false },
	{ "SET", "SET", sql_set, false, false },
};

static bool
run_command(struct sql_run *run, const struct command *command, struct sql_cursor *c)
{
	bool ok;

	if (!command->writes)
		return command->run(run, c);
	if (!lake_exec(run->conn, "BEGIN IMMEDIATE"))
		return sql_fail_sqlite(run, NULL);
	ok = command->run(run, c);
	if (ok && !lake_exec(run->conn, "COMMIT"))
		ok = sql_fail_sqlite(run, NULL);
	if (!ok)
		lake_exec(run->conn, "ROLLBACK");
	return ok;
}

static bool
dispatch(struct sql_run *run)
{
	struct sql_cursor c = { &run->tokens, 0 };

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		size_t start = c.at;

		if (!cur_accept(&c, commands[i].words))
			continue;
		if (commands[i].keep_words)
			c.at = start;
		run->out->kind = commands[i].kind;
		return run_command(run, &commands[i], &c);
	}
	return sql_fail_syntax(run, cur_peek(&c));
}

/* Drops one trailing semicolon; another statement after it is an error. */
static bool
one_statement(struct sql_run *run)
{
	struct sql_tokens *tokens = &run->tokens;

	while (tokens->count > 0 && tok_is(&tokens->list[tokens->count - 1], ";")) {
		free(tokens->list[--tokens->count].text);
		tokens->list[tokens->count].kind = TOK_END;
		tokens->list[tokens->count].text = NULL;
	}
	for (size_t i = 0; i + 1 < tokens->count; i++)
		if (tok_is(&tokens->list[i], ";"))
			return sql_fail_syntax(run, &tokens->list[i + 1]);
	return tokens->count > 0 || sql_fail_syntax(run, &tokens->list[0]);
}

static int
check_cancel(void *arg)
{
	const struct lake_conn *conn = arg;

	return bg_cancelled(conn->bg);
}

void
sql_run(struct workspace *ws, struct sql_session *session, const struct sql_query *query,
	struct sql_outcome *out)
{
	struct sql_run run = { .query = query, .out = out };

	memset(out, 0, sizeof(*out));
	out->kind = "OTHER";
	run.conn = lake_take(ws);
	if (run.conn == NULL) {
		sql_fail(&run, "XXKDA", "[INTERNAL_ERROR] The sandbox cannot open its tables. "
			 "SQLSTATE: XXKDA");
		return;
	}
	run.conn->session = session;
	run.conn->bg = query->bg;
	sqlite3_progress_handler(run.conn->db, PROGRESS_OPS, query->bg != NULL ? check_cancel : NULL,
				 run.conn);
	sql_lex(query->text, &run.tokens);
	out->ok = one_statement(&run) && dispatch(&run) && out->error == NULL;
	if (!out->ok && bg_cancelled(query->bg))
		out->cancelled = true;
	sql_tokens_fini(&run.tokens);
	sqlite3_progress_handler(run.conn->db, 0, NULL, NULL);
	lake_give(run.conn);
}

void
sql_outcome_fini(struct sql_outcome *out)
{
	free(out->error);
	memset(out, 0, sizeof(*out));
}

/* ---- collected ---- */

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
				      ? json_object_new_string_len(cells[i], (int)lens[i]) : NULL);
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

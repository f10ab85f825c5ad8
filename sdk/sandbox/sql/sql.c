/* SPDX-License-Identifier: Apache-2.0 */
/* Runs one statement: reads its parameters, selects the command by its first words, runs queries
 * and DML. */
#include "sql/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROGRESS_OPS = 20000 };

/* ---- parameters ---- */

const char *
param_value(const struct sql_query *query, const char *name, struct sql_type *type, bool *found)
{
	size_t n = json_object_is_type(query->params, json_type_array)
		     ? json_object_array_length(query->params)
		     : 0;

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
		return sql_fail(run, "42P02",
				"[UNBOUND_SQL_PARAMETER] Found the unbound "
				"parameter: "
				"%s. Please, fix `args` and provide a mapping of the parameter to "
				"either a SQL literal or collection constructor functions such as "
				"`map()`, `array()`, `struct()`. SQLSTATE: 42P02",
				name);
	if (text == NULL)
		return true;
	ok = cast_text(text, &type, &value);
	if (!ok)
		sql_fail(run, "22018",
			 "[CAST_INVALID_INPUT] The value '%.100s' of the type "
			 "\"STRING\" "
			 "cannot be cast to \"%s\" because it is malformed. SQLSTATE: 22018",
			 text, type.text);
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
	ok = st != NULL && sql_give_rows(run, st, &rw);
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

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
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

/* Removes a semicolon at the end. Another statement after it is an error. */
static bool
one_statement(struct sql_run *run)
{
	struct sql_tokens *tokens = &run->tokens;

	while (tokens->count > 0 && tok_is(&tokens->list[tokens->count - 1], ";")) {
		free(tokens->list[tokens->count].text);
		tokens->list[--tokens->count].kind = TOK_END;
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
		sql_fail(&run, "XXKDA",
			 "[INTERNAL_ERROR] The sandbox cannot open its tables. "
			 "SQLSTATE: XXKDA");
		return;
	}
	run.conn->session = session;
	run.conn->bg = query->bg;
	sqlite3_progress_handler(run.conn->db, PROGRESS_OPS,
				 query->bg != NULL ? check_cancel : NULL, run.conn);
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

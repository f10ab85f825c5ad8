/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors in Databricks' wording: "[CLASS] what happened. SQLSTATE: 42P01; line 1 pos 14", the form
 * of the Statement Execution API. Messages of SQLite are translated here.
 */
#include "sql/sql.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SUGGESTIONS = 5, MAX_EDIT = 64, SHOWN_SQL = 2000 };

bool
sql_fail(struct sql_run *run, const char *sql_state, const char *fmt, ...)
{
	va_list args;
	char *text = NULL;

	if (run->out->error != NULL)
		return false;
	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	run->out->error = text;
	snprintf(run->out->sql_state, sizeof(run->out->sql_state), "%s", sql_state);
	return false;
}

static void
line_and_column(const char *source, size_t pos, int *line, int *column)
{
	*line = 1;
	*column = 0;
	for (size_t i = 0; i < pos && source[i] != '\0'; i++) {
		(*column)++;
		if (source[i] == '\n') {
			(*line)++;
			*column = 0;
		}
	}
}

static bool
fail_syntax_at(struct sql_run *run, const char *near, size_t pos)
{
	const char *source = run->tokens.source;
	char dashes[121];
	int line, column, n;

	line_and_column(source, pos, &line, &column);
	n = column < 120 ? column : 120;
	memset(dashes, '-', (size_t)n);
	dashes[n] = '\0';
	return sql_fail(run, "42601",
			"[PARSE_SYNTAX_ERROR] Syntax error at or near %s. SQLSTATE: "
			"42601 (line %d, pos %d)\n\n== SQL ==\n%.*s\n%s^^^",
			near, line, column, SHOWN_SQL, source, dashes);
}

bool
sql_fail_syntax(struct sql_run *run, const struct sql_token *near)
{
	char *text;
	bool failed;

	if (near->kind == TOK_END)
		return fail_syntax_at(run, "end of input", near->pos);
	text =
	    xprintf("'%.*s'", near->len < 80 ? (int)near->len : 80, run->tokens.source + near->pos);
	failed = fail_syntax_at(run, text, near->pos);
	free(text);
	return failed;
}

bool
sql_fail_table(struct sql_run *run, const struct table_name *name, size_t pos)
{
	char where[64] = "";
	int line, column;

	if (pos != SIZE_MAX) {
		line_and_column(run->tokens.source, pos, &line, &column);
		snprintf(where, sizeof(where), "; line %d pos %d", line, column);
	}
	return sql_fail(run, "42P01",
			"[TABLE_OR_VIEW_NOT_FOUND] The table or view `%s`.`%s`.`%s` "
			"cannot be found. Verify the spelling and correctness of the schema and "
			"catalog.\nIf you did not qualify the name with a schema, verify the "
			"current_schema() output, or qualify the name with the correct schema and "
			"catalog.\nTo tolerate the error on drop use DROP VIEW IF EXISTS or DROP "
			"TABLE IF EXISTS. SQLSTATE: 42P01%s",
			name->catalog, name->schema, name->table, where);
}

bool
sql_fail_schema(struct sql_run *run, const char *catalog, const char *schema)
{
	return sql_fail(run, "42704",
			"[SCHEMA_NOT_FOUND] The schema `%s`.`%s` cannot be found. "
			"Verify the spelling and correctness of the schema and catalog.\nIf you "
			"did "
			"not qualify the name with a catalog, verify the current_schema() "
			"output, or "
			"qualify the name with the correct catalog.\nTo tolerate the error on drop "
			"use DROP SCHEMA IF EXISTS. SQLSTATE: 42704",
			catalog, schema);
}

bool
sql_fail_catalog(struct sql_run *run, const char *catalog)
{
	return sql_fail(run, "42P08",
			"[NO_SUCH_CATALOG_EXCEPTION] Catalog '%s' was not found. "
			"Please verify the existence of the catalog and try again. SQLSTATE: 42P08",
			catalog);
}

/* ---- suggestions ---- */

/* The Levenshtein distance, ignoring case; names are cut at MAX_EDIT. */
static size_t
edit_distance(const char *a, const char *b)
{
	size_t row[MAX_EDIT + 1], n = strnlen(b, MAX_EDIT), m = strnlen(a, MAX_EDIT);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; i <= m; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t above = row[j];
			bool same =
			    tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
			size_t best = diagonal + (same ? 0 : 1);

			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = above;
			row[j] = best;
		}
	}
	return row[n];
}

struct suggestion {
	char text[2 * MAX_NAME + 8];
	size_t distance;
};

static void
consider(struct suggestion *best, size_t *count, const char *wanted, const char *table,
	 const char *column, bool qualify)
{
	size_t distance = edit_distance(wanted, column), at;

	for (at = *count; at > 0 && best[at - 1].distance > distance; at--)
		if (at < MAX_SUGGESTIONS)
			best[at] = best[at - 1];
	if (at >= MAX_SUGGESTIONS)
		return;
	snprintf(best[at].text, sizeof(best[at].text), qualify ? "`%s`.`%s`" : "%.0s`%s`", table,
		 column);
	best[at].distance = distance;
	if (*count < MAX_SUGGESTIONS)
		(*count)++;
}

/* The name in a message about a missing column. SQLite 3.41 and later add a hint to a name in
 * double quotes: "nam" - should this be a string literal in single-quotes? */
static char *
missing_column(const char *rest)
{
	static const char hint[] = "\" - should this be a string literal";
	const char *end = rest[0] == '"' ? strstr(rest, hint) : NULL;

	return end != NULL ? xprintf("%.*s", (int)(end - rest - 1), rest + 1) : xprintf("%s", rest);
}

static bool
fail_column(struct sql_run *run, const char *wanted, const struct rewritten *rw)
{
	struct suggestion best[MAX_SUGGESTIONS];
	size_t count = 0;
	const char *dot = strrchr(wanted, '.');
	struct buf list = BUF(MAX_MADE);
	char *shown;
	bool failed;

	for (size_t i = 0; rw != NULL && i < rw->table_count; i++) {
		const struct table_name *t = &rw->tables[i];
		sqlite3_stmt *st = lake_query(run->conn,
					      "SELECT name FROM _columns WHERE catalog ="
					      " ? AND schema = ? AND tbl = ? ORDER BY position",
					      "sss", t->catalog, t->schema, t->table);

		while (lake_next(st))
			consider(best, &count, dot != NULL ? dot + 1 : wanted, t->table,
				 lake_text(st, 0), rw->table_count > 1);
	}
	for (size_t i = 0; i < count; i++)
		buf_printf(&list, "%s%s", i > 0 ? ", " : "", best[i].text);
	shown = dot != NULL ? xprintf("`%.*s`.`%s`", (int)(dot - wanted), wanted, dot + 1)
			    : xprintf("`%s`", wanted);
	if (count > 0)
		failed = sql_fail(run, "42703",
				  "[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column, "
				  "variable, or function parameter with name %s cannot be "
				  "resolved. "
				  "Did you mean one of the following? [%s]. SQLSTATE: 42703",
				  shown, list.data);
	else
		failed = sql_fail(run, "42703",
				  "[UNRESOLVED_COLUMN.WITHOUT_SUGGESTION] A column, "
				  "variable, or function parameter with name %s cannot be "
				  "resolved. "
				  "SQLSTATE: 42703",
				  shown);
	buf_fini(&list);
	free(shown);
	return failed;
}

/* ---- SQLite's messages ---- */

/* The position in the source text for a byte of the rewritten text. */
static size_t
source_position(const struct rewritten *rw, int offset)
{
	size_t at = 0;

	for (size_t i = 0; i < rw->out_count; i++) {
		at += strlen(rw->out[i].text) + 1;
		if (offset >= 0 && at > (size_t)offset)
			return rw->out[i].src;
	}
	return rw->out_count > 0 ? rw->out[rw->out_count - 1].src : 0;
}

static bool
after(const char *message, const char *prefix, const char **rest)
{
	size_t len = strlen(prefix);

	*rest = message + len;
	return strncmp(message, prefix, len) == 0;
}

static bool
fail_near(struct sql_run *run, const struct rewritten *rw)
{
	size_t pos = rw != NULL ? source_position(rw, sqlite3_error_offset(run->conn->db)) : 0;

	for (size_t i = 0; i < run->tokens.count; i++)
		if (run->tokens.list[i].pos >= pos)
			return sql_fail_syntax(run, &run->tokens.list[i]);
	return sql_fail_syntax(run, &run->tokens.list[run->tokens.count]);
}

static bool
fail_function(struct sql_run *run, const char *name)
{
	return sql_fail(run, "42883",
			"[UNRESOLVED_ROUTINE] Cannot resolve routine `%s` on search "
			"path [`system`.`builtin`, `system`.`session`, `%s`.`%s`]. SQLSTATE: 42883",
			name, *run->conn->session->catalog ? run->conn->session->catalog : "main",
			*run->conn->session->schema ? run->conn->session->schema : "default");
}

/* Recognises errors of the sandbox's own functions: "[CLASS] ... SQLSTATE: xxxxx". */
static bool
fail_own(struct sql_run *run, const char *message)
{
	const char *state = strstr(message, "SQLSTATE: ");
	char code[6] = "XXKDA";

	if (state != NULL)
		snprintf(code, sizeof(code), "%.5s", state + 10);
	return sql_fail(run, code, "%s", message);
}

bool
sql_fail_sqlite(struct sql_run *run, const struct rewritten *rw)
{
	int rc = sqlite3_errcode(run->conn->db);
	char *message = xstrdup(sqlite3_errmsg(run->conn->db));
	const char *rest, *column;
	char *wanted;

	if ((rc & 0xff) == SQLITE_INTERRUPT) {
		run->out->cancelled = true;
		sql_fail(run, "57014", "The statement was cancelled.");
	} else if (message[0] == '[') {
		fail_own(run, message);
	} else if (after(message, "no such column: ", &rest)) {
		wanted = missing_column(rest);
		fail_column(run, wanted, rw);
		free(wanted);
	} else if (after(message, "no such function: ", &rest)) {
		fail_function(run, rest);
	} else if (after(message, "ambiguous column name: ", &rest)) {
		sql_fail(run, "42704",
			 "[AMBIGUOUS_REFERENCE] Reference `%s` is ambiguous. "
			 "SQLSTATE: 42704",
			 rest);
	} else if (after(message, "wrong number of arguments to function ", &rest)) {
		sql_fail(run, "42605",
			 "[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] The `%.*s` is called "
			 "with a wrong number of parameters. SQLSTATE: 42605",
			 (int)strcspn(rest, "("), rest);
	} else if (after(message, "NOT NULL constraint failed: ", &rest)) {
		column = strrchr(rest, '.');
		sql_fail(run, "23502",
			 "[DELTA_NOT_NULL_CONSTRAINT_VIOLATED] NOT NULL constraint "
			 "violated for column: %s. SQLSTATE: 23502",
			 column != NULL ? column + 1 : rest);
	} else if (strcmp(message, "not authorized") == 0) {
		sql_fail(run, "42501",
			 "[INSUFFICIENT_PERMISSIONS] Insufficient privileges: the "
			 "statement reaches beyond the workspace's tables. SQLSTATE: 42501");
	} else if (strstr(message, "misuse of aggregate") != NULL) {
		sql_fail(run, "42903",
			 "[GROUP_BY_AGGREGATE] Aggregate functions are not allowed "
			 "in this place: %s. SQLSTATE: 42903",
			 message);
	} else if (strstr(message, "values were supplied") != NULL ||
		   strstr(message, "values for") != NULL) {
		sql_fail(run, "21S01",
			 "[INSERT_COLUMN_ARITY_MISMATCH] Cannot write to the table: "
			 "the number of columns differs. SQLSTATE: 21S01");
	} else if (strstr(message, "syntax error") != NULL ||
		   strstr(message, "incomplete input") != NULL ||
		   strstr(message, "unrecognized token") != NULL) {
		fail_near(run, rw);
	} else {
		sql_fail(run, "XXKDA",
			 "[INTERNAL_ERROR] The sandbox's SQL engine says: %s. "
			 "SQLSTATE: XXKDA",
			 message);
	}
	free(message);
	return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Runs SHOW, DESCRIBE, EXPLAIN, USE and SET. */
#include "sql/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *
current_catalog(const struct sql_run *run)
{
	const char *catalog = run->conn->session->catalog;

	return catalog[0] != '\0' ? catalog : "main";
}

static const char *
current_schema(const struct sql_run *run)
{
	const char *schema = run->conn->session->schema;

	return schema[0] != '\0' ? schema : "default";
}

/* Reads an optional [LIKE] 'pattern' as a GLOB pattern. The caller frees it. NULL after a
 * failure. */
static char *
pattern_at_end(struct sql_run *run, struct sql_cursor *c)
{
	char *pattern;

	cur_accept(c, "LIKE");
	if (cur_peek(c)->kind != TOK_STRING) {
		if (!expect_end(run, c))
			return NULL;
		return xstrdup("*");
	}
	pattern = text_fold(cur_next(c)->text);
	for (char *p = pattern; *p != '\0'; p++)
		if (*p == '%')
			*p = '*';
	if (!expect_end(run, c)) {
		free(pattern);
		return NULL;
	}
	return pattern;
}

static bool
schema_or_current(struct sql_run *run, struct sql_cursor *c, struct table_name *name)
{
	memset(name, 0, sizeof(*name));
	if (cur_accept(c, "IN") || cur_accept(c, "FROM")) {
		if (!parse_schema_name(run, c, name))
			return false;
	} else {
		snprintf(name->catalog, sizeof(name->catalog), "%s", current_catalog(run));
		snprintf(name->schema, sizeof(name->schema), "%s", current_schema(run));
	}
	return lake_has_schema(run->conn, name->catalog, name->schema) ||
	       sql_fail_schema(run, name->catalog, name->schema);
}

/* ---- SHOW ---- */

static bool
show_catalogs(struct sql_run *run, struct sql_cursor *c)
{
	char *pattern = pattern_at_end(run, c);
	bool ok = pattern != NULL && sql_emit(run, "catalog:STRING",
					      "SELECT name FROM _catalogs WHERE name GLOB ?"
					      " ORDER BY name",
					      "s", pattern);

	free(pattern);
	return ok;
}

static bool
show_schemas(struct sql_run *run, struct sql_cursor *c)
{
	struct table_name name = { 0 };
	char *pattern;
	bool ok;

	snprintf(name.table, sizeof(name.table), "%s", current_catalog(run));
	if ((cur_accept(c, "IN") || cur_accept(c, "FROM")) && !parse_name(run, c, &name))
		return false;
	if (!lake_has_catalog(run->conn, name.table))
		return sql_fail_catalog(run, name.table);
	pattern = pattern_at_end(run, c);
	ok = pattern != NULL && sql_emit(run, "databaseName:STRING",
					 "SELECT name FROM _schemas WHERE catalog = ? AND"
					 " name GLOB ? ORDER BY name",
					 "ss", name.table, pattern);
	free(pattern);
	return ok;
}

static bool
show_tables(struct sql_run *run, struct sql_cursor *c, bool views)
{
	struct table_name name;
	char *pattern;
	bool ok;

	if (!schema_or_current(run, c, &name))
		return false;
	pattern = pattern_at_end(run, c);
	if (pattern == NULL)
		return false;
	if (views)
		ok = sql_emit(run,
			      "namespace:STRING,viewName:STRING,isTemporary:BOOLEAN,"
			      "isMaterialized:BOOLEAN",
			      "SELECT schema, name, 0, 0 FROM _tables "
			      "WHERE"
			      " catalog = ? AND schema = ? AND name GLOB ? AND type = 'VIEW' "
			      "ORDER BY"
			      " name",
			      "sss", name.catalog, name.schema, pattern);
	else
		ok = sql_emit(run, "database:STRING,tableName:STRING,isTemporary:BOOLEAN",
			      "SELECT schema, name, 0 FROM _tables WHERE catalog = ? AND schema = ?"
			      " AND name GLOB ? ORDER BY name",
			      "sss", name.catalog, name.schema, pattern);
	free(pattern);
	return ok;
}

static bool
existing(struct sql_run *run, struct sql_cursor *c, struct table_name *name)
{
	size_t start = cur_peek(c)->pos;

	return parse_name(run, c, name) &&
	       (lake_table_type(run->conn, name) != NULL || sql_fail_table(run, name, start));
}

static bool
show_columns(struct sql_run *run, struct sql_cursor *c)
{
	struct table_name name;

	if (!cur_accept(c, "IN") && !cur_accept(c, "FROM"))
		return sql_fail_syntax(run, cur_peek(c));
	return existing(run, c, &name) && expect_end(run, c) &&
	       sql_emit(run, "col_name:STRING",
			"SELECT name FROM _columns WHERE catalog = ? AND"
			" schema = ? AND tbl = ? ORDER BY position",
			"sss", name.catalog, name.schema, name.table);
}

static bool
show_functions(struct sql_run *run)
{
	char *names = functions_list(), *save = NULL;
	bool ok = sql_emit_columns(run, "function:STRING");

	for (char *line = strtok_r(names, "\n", &save); ok && line != NULL;
	     line = strtok_r(NULL, "\n", &save))
		sql_emit_cells(run, 1, (const char *const[]){ line });
	free(names);
	return ok;
}

static void
add_columns_text(struct sql_run *run, const struct table_name *name, struct buf *text)
{
	sqlite3_stmt *st = lake_query(run->conn,
				      "SELECT name, type, nullable, comment FROM "
				      "_columns"
				      " WHERE catalog = ? AND schema = ? AND tbl = ? ORDER BY"
				      " position",
				      "sss", name->catalog, name->schema, name->table);
	bool first = true;

	while (lake_next(st)) {
		buf_printf(text, "%s\n  %s %s%s", first ? "" : ",", lake_text(st, 0),
			   lake_text(st, 1), sqlite3_column_int(st, 2) != 0 ? "" : " NOT NULL");
		if (lake_text(st, 3)[0] != '\0')
			buf_printf(text, " COMMENT '%s'", lake_text(st, 3));
		first = false;
	}
}

static bool
show_create(struct sql_run *run, struct sql_cursor *c)
{
	struct table_name name;
	struct buf text = BUF(MAX_MADE);
	sqlite3_stmt *st;
	bool ok;

	if (!existing(run, c, &name) || !expect_end(run, c))
		return false;
	st = lake_query(run->conn,
			"SELECT type, view_text, comment FROM _tables WHERE catalog = ?"
			" AND schema = ? AND name = ?",
			"sss", name.catalog, name.schema, name.table);
	if (!lake_next(st))
		return sql_fail_table(run, &name, SIZE_MAX);
	if (strcmp(lake_text(st, 0), "VIEW") == 0) {
		buf_printf(&text, "CREATE VIEW %s.%s.%s AS %s\n", name.catalog, name.schema,
			   name.table, lake_text(st, 1));
	} else {
		buf_printf(&text, "CREATE TABLE %s.%s.%s (", name.catalog, name.schema, name.table);
		add_columns_text(run, &name, &text);
		buf_puts(&text, ")\nUSING delta\n");
		if (lake_text(st, 2)[0] != '\0')
			buf_printf(&text, "COMMENT '%s'\n", lake_text(st, 2));
	}
	sqlite3_finalize(st);
	ok = sql_emit_row(run, "createtab_stmt:STRING", (const char *const[]){ text.data });
	buf_fini(&text);
	return ok;
}

bool
sql_show(struct sql_run *run, struct sql_cursor *c)
{
	struct table_name name;

	if (cur_accept(c, "CATALOGS"))
		return show_catalogs(run, c);
	if (cur_accept(c, "SCHEMAS") || cur_accept(c, "DATABASES"))
		return show_schemas(run, c);
	if (cur_accept(c, "TABLES"))
		return show_tables(run, c, false);
	if (cur_accept(c, "VIEWS"))
		return show_tables(run, c, true);
	if (cur_accept(c, "COLUMNS"))
		return show_columns(run, c);
	if (cur_accept(c, "FUNCTIONS") || cur_accept(c, "SYSTEM FUNCTIONS"))
		return show_functions(run);
	if (cur_accept(c, "CREATE TABLE"))
		return show_create(run, c);
	if (cur_accept(c, "TBLPROPERTIES"))
		return existing(run, c, &name) &&
		       sql_emit(run, "key:STRING,value:STRING",
				"SELECT "
				"'delta.minReaderVersion', '1'"
				" UNION ALL SELECT 'delta.minWriterVersion', '2'",
				"");
	return sql_fail_syntax(run, cur_peek(c));
}

/* ---- DESCRIBE ---- */

static const char TABLE_DETAILS[] =
    " UNION ALL SELECT 1, 0, '', '', ''"
    " UNION ALL SELECT 1, 1, '# Detailed Table Information', '', ''"
    " UNION ALL SELECT 2, 1, 'Catalog', catalog, '' FROM t"
    " UNION ALL SELECT 2, 2, 'Database', schema, '' FROM t"
    " UNION ALL SELECT 2, 3, 'Table', name, '' FROM t"
    " UNION ALL SELECT 2, 4, 'Owner', owner, '' FROM t"
    " UNION ALL SELECT 2, 5, 'Created Time', _ts(created), '' FROM t"
    " UNION ALL SELECT 2, 6, 'Type', type, '' FROM t"
    " UNION ALL SELECT 2, 7, 'Comment', comment, '' FROM t WHERE comment IS NOT NULL"
    " UNION ALL SELECT 2, 8, 'Provider', lower(format), '' FROM t WHERE format IS NOT NULL"
    " UNION ALL SELECT 2, 9, 'View Text', view_text, '' FROM t WHERE view_text IS NOT NULL";

static bool
describe_table(struct sql_run *run, struct sql_cursor *c)
{
	bool extended = cur_accept(c, "EXTENDED") || cur_accept(c, "FORMATTED"), ok;
	struct table_name name;
	char *sql;

	if (!existing(run, c, &name) || !expect_end(run, c))
		return false;
	sql = xprintf("WITH t AS (SELECT * FROM _tables WHERE catalog = ?1 AND schema = ?2 AND"
		      " name = ?3) SELECT a, b, d FROM (SELECT 0 AS major, position AS minor,"
		      " name AS a, lower(type) AS b, comment AS d FROM _columns WHERE catalog "
		      "= ?1"
		      " AND schema = ?2 AND tbl = ?3%s) ORDER BY major, minor",
		      extended ? TABLE_DETAILS : "");
	ok = sql_emit(run, "col_name:STRING,data_type:STRING,comment:STRING", sql, "sss",
		      name.catalog, name.schema, name.table);
	free(sql);
	return ok;
}

static bool
describe_schema(struct sql_run *run, struct sql_cursor *c)
{
	struct table_name name;

	cur_accept(c, "EXTENDED");
	if (!parse_schema_name(run, c, &name) || !expect_end(run, c))
		return false;
	if (!lake_has_schema(run->conn, name.catalog, name.schema))
		return sql_fail_schema(run, name.catalog, name.schema);
	return sql_emit(run, "database_description_item:STRING,database_description_value:STRING",
			"WITH s AS (SELECT * FROM _schemas WHERE catalog = ? AND name = ?)"
			" SELECT 'Catalog Name', catalog FROM s UNION ALL SELECT 'Namespace Name',"
			" name FROM s UNION ALL SELECT 'Comment', coalesce(comment, '') FROM s"
			" UNION ALL SELECT 'Owner', owner FROM s",
			"ss", name.catalog, name.schema);
}

static bool
describe_catalog(struct sql_run *run, struct sql_cursor *c)
{
	struct table_name name;

	cur_accept(c, "EXTENDED");
	if (!parse_name(run, c, &name) || !expect_end(run, c))
		return false;
	if (!lake_has_catalog(run->conn, name.table))
		return sql_fail_catalog(run, name.table);
	return sql_emit(run, "info_name:STRING,info_value:STRING",
			"WITH k AS (SELECT * FROM _catalogs WHERE name = ?) SELECT 'Catalog Name',"
			" name FROM k UNION ALL SELECT 'Comment', coalesce(comment, '') FROM k"
			" UNION ALL SELECT 'Owner', owner FROM k",
			"s", name.table);
}

bool
sql_describe(struct sql_run *run, struct sql_cursor *c)
{
	if (cur_accept(c, "SCHEMA") || cur_accept(c, "DATABASE"))
		return describe_schema(run, c);
	if (cur_accept(c, "CATALOG"))
		return describe_catalog(run, c);
	cur_accept(c, "TABLE");
	return describe_table(run, c);
}

/* ---- EXPLAIN ---- */

bool
sql_explain(struct sql_run *run, struct sql_cursor *c)
{
	struct buf plan = BUF(MAX_MADE);
	struct rewritten rw = { 0 };
	sqlite3_stmt *st;
	char *sql;
	bool ok;

	if (!cur_accept(c, "EXTENDED") && !cur_accept(c, "FORMATTED") && !cur_accept(c, "COST"))
		cur_accept(c, "CODEGEN");
	ok = sql_rewrite(run, c->at, run->tokens.count, &rw);
	if (ok) {
		sql = xprintf("EXPLAIN QUERY PLAN %s", rw.sql);
		free(rw.sql);
		rw.sql = sql;
		st = sql_prepare(run, &rw);
		ok = st != NULL;
		buf_puts(&plan, "== Physical Plan ==\n");
		while (st != NULL && sqlite3_step(st) == SQLITE_ROW)
			buf_printf(&plan, "+- %s\n", lake_text(st, 3));
		sqlite3_finalize(st);
		ok = ok && sql_emit_row(run, "plan:STRING", (const char *const[]){ plan.data });
	}
	buf_fini(&plan);
	rewritten_fini(&rw);
	return ok;
}

/* ---- USE and SET ---- */

bool
sql_use(struct sql_run *run, struct sql_cursor *c)
{
	struct sql_session *session = run->conn->session;
	struct table_name name;

	if (cur_accept(c, "CATALOG")) {
		if (!parse_name(run, c, &name) || !expect_end(run, c))
			return false;
		if (!lake_has_catalog(run->conn, name.table))
			return sql_fail_catalog(run, name.table);
		strcpy(session->catalog, name.table);
		strcpy(session->schema, "default");
		return true;
	}
	if (!cur_accept(c, "SCHEMA"))
		cur_accept(c, "DATABASE");
	if (!parse_schema_name(run, c, &name) || !expect_end(run, c))
		return false;
	if (!lake_has_schema(run->conn, name.catalog, name.schema))
		return sql_fail_schema(run, name.catalog, name.schema);
	strcpy(session->catalog, name.catalog);
	strcpy(session->schema, name.schema);
	return true;
}

/* SET key = value: Spark's configuration has no effect in the sandbox, so the value is only
 * returned. */
bool
sql_set(struct sql_run *run, struct sql_cursor *c)
{
	const char *source = run->tokens.source + cur_peek(c)->pos, *eq = strchr(source, '=');
	char *key, *value;
	bool ok;

	if (cur_peek(c)->kind == TOK_END || eq == NULL)
		return sql_fail_syntax(run, cur_peek(c));
	key = xstrndup(source, (size_t)(eq - source));
	value = xstrdup(eq + 1);
	ok = sql_emit_row(run, "key:STRING,value:STRING", (const char *const[]){ key, value });
	free(key);
	free(value);
	return ok;
}

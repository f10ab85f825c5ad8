/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DROP, ALTER TABLE, COMMENT ON, TRUNCATE, INSERT OVERWRITE: statements that change existing
 * objects.
 */
#include "sql/sql.h"

#include <stdlib.h>
#include <string.h>

static bool
read_only(struct sql_run *run, const struct table_name *name)
{
	if (run->conn->session->system ||
	    (strcmp(name->catalog, "samples") != 0 && strcmp(name->catalog, "system") != 0 &&
	     strcmp(name->schema, "information_schema") != 0))
		return false;
	sql_fail(run, "42501",
		 "[INSUFFICIENT_PERMISSIONS] Insufficient privileges:\nUser does not "
		 "have MODIFY on Table '%s.%s.%s'. SQLSTATE: 42501",
		 name->catalog, name->schema, name->table);
	return true;
}

bool
sql_may_write(struct sql_run *run, const struct table_name *name)
{
	return !read_only(run, name);
}

/* ---- DROP ---- */

static bool
drop_table(struct sql_run *run, struct sql_cursor *c, bool view)
{
	bool tolerate = cur_accept(c, "IF EXISTS");
	size_t start = cur_peek(c)->pos;
	struct table_name name;
	const char *type;

	if (!parse_name(run, c, &name) || !expect_end(run, c))
		return false;
	type = lake_table_type(run->conn, &name);
	if (type == NULL)
		return tolerate || sql_fail_table(run, &name, start);
	if (read_only(run, &name))
		return false;
	if ((strcmp(type, "VIEW") == 0) != view)
		return sql_fail(run, "42809",
				"[WRONG_COMMAND_FOR_OBJECT_TYPE] The operation "
				"DROP %s "
				"requires a %s. But %s.%s.%s is a %s. Use DROP %s instead. "
				"SQLSTATE: "
				"42809",
				view ? "VIEW" : "TABLE", view ? "VIEW" : "TABLE", name.catalog,
				name.schema, name.table, type, view ? "TABLE" : "VIEW");
	return catalog_drop_table(run->conn, &name) || sql_fail_sqlite(run, NULL);
}

static int64_t
count_rows(struct sql_run *run, const char *sql, const char *a, const char *b)
{
	sqlite3_stmt *st =
	    b != NULL ? lake_query(run->conn, sql, "ss", a, b) : lake_query(run->conn, sql, "s", a);
	int64_t n = 0;

	if (lake_next(st)) {
		n = sqlite3_column_int64(st, 0);
		sqlite3_finalize(st);
	}
	return n;
}

static bool
drop_schema(struct sql_run *run, struct sql_cursor *c)
{
	bool tolerate = cur_accept(c, "IF EXISTS"), cascade;
	struct table_name name;

	if (!parse_schema_name(run, c, &name))
		return false;
	cascade = cur_accept(c, "CASCADE");
	cur_accept(c, "RESTRICT");
	if (!expect_end(run, c))
		return false;
	if (!lake_has_schema(run->conn, name.catalog, name.schema))
		return tolerate || sql_fail_schema(run, name.catalog, name.schema);
	if (read_only(run, &name))
		return false;
	if (!cascade && count_rows(run,
				   "SELECT count(*) FROM _tables WHERE catalog = ? AND schema"
				   " = ?",
				   name.catalog, name.schema) > 0)
		return sql_fail(run, "2BP01",
				"[SCHEMA_NOT_EMPTY] Cannot drop a schema `%s`.`%s` "
				"because it contains objects. Use DROP SCHEMA ... CASCADE to "
				"drop the "
				"schema and all its objects. SQLSTATE: 2BP01",
				name.catalog, name.schema);
	return catalog_drop_schema(run->conn, name.catalog, name.schema) ||
	       sql_fail_sqlite(run, NULL);
}

static bool
drop_schemas_of(struct sql_run *run, const char *catalog)
{
	for (;;) {
		sqlite3_stmt *st = lake_query(run->conn,
					      "SELECT name FROM _schemas WHERE catalog ="
					      " ? LIMIT 1",
					      "s", catalog);
		char *schema;
		bool ok;

		if (!lake_next(st))
			return true;
		schema = xstrdup(lake_text(st, 0));
		sqlite3_finalize(st);
		ok = catalog_drop_schema(run->conn, catalog, schema);
		free(schema);
		if (!ok)
			return sql_fail_sqlite(run, NULL);
	}
}

static bool
drop_catalog(struct sql_run *run, struct sql_cursor *c)
{
	bool tolerate = cur_accept(c, "IF EXISTS"), cascade;
	struct table_name name;

	if (!parse_name(run, c, &name))
		return false;
	cascade = cur_accept(c, "CASCADE");
	cur_accept(c, "RESTRICT");
	if (!expect_end(run, c))
		return false;
	strcpy(name.catalog, name.table);
	if (!lake_has_catalog(run->conn, name.catalog))
		return tolerate || sql_fail_catalog(run, name.catalog);
	if (read_only(run, &name))
		return false;
	if (!cascade && count_rows(run,
				   "SELECT count(*) FROM _schemas WHERE catalog = ? AND name"
				   " NOT IN ('default', 'information_schema')",
				   name.catalog, NULL) > 0)
		return sql_fail(run, "2BP01",
				"[CATALOG_NOT_EMPTY] Cannot drop catalog `%s` "
				"because "
				"it contains schemas; use CASCADE. SQLSTATE: 2BP01",
				name.catalog);
	return drop_schemas_of(run, name.catalog) &&
	       (lake_run(run->conn, "DELETE FROM _catalogs WHERE name = ?", "s", name.catalog) ||
		sql_fail_sqlite(run, NULL));
}

bool
sql_drop(struct sql_run *run, struct sql_cursor *c)
{
	if (cur_accept(c, "TABLE"))
		return drop_table(run, c, false);
	if (cur_accept(c, "VIEW") || cur_accept(c, "MATERIALIZED VIEW"))
		return drop_table(run, c, true);
	if (cur_accept(c, "SCHEMA") || cur_accept(c, "DATABASE"))
		return drop_schema(run, c);
	if (cur_accept(c, "CATALOG"))
		return drop_catalog(run, c);
	return sql_fail_syntax(run, cur_peek(c));
}

/* ---- ALTER TABLE ---- */

/* Reads the table at the cursor, which must exist and be writable. */
static bool
existing_table(struct sql_run *run, struct sql_cursor *c, struct table_name *name)
{
	size_t start = cur_peek(c)->pos;

	if (!parse_name(run, c, name))
		return false;
	if (lake_table_type(run->conn, name) == NULL)
		return sql_fail_table(run, name, start);
	return !read_only(run, name);
}

static bool
exec_format(struct sql_run *run, char *sql)
{
	bool ok = lake_exec(run->conn, sql) || sql_fail_sqlite(run, NULL);

	free(sql);
	return ok;
}

static bool
rename_table(struct sql_run *run, struct sql_cursor *c, const struct table_name *from)
{
	struct table_name to;
	char *a, *b;
	bool ok;

	if (!parse_name(run, c, &to) || !expect_end(run, c))
		return false;
	if (!lake_has_schema(run->conn, to.catalog, to.schema))
		return sql_fail_schema(run, to.catalog, to.schema);
	a = name_mangled(from);
	b = name_mangled(&to);
	ok = exec_format(run, xprintf("ALTER TABLE %s RENAME TO %s", a, b)) &&
	     lake_run(run->conn,
		      "UPDATE _tables SET catalog = ?, schema = ?, name = ?, updated = ?"
		      " WHERE catalog = ? AND schema = ? AND name = ?",
		      "sssisss", to.catalog, to.schema, to.table, clock_ms(), from->catalog,
		      from->schema, from->table) &&
	     lake_run(run->conn,
		      "UPDATE _columns SET catalog = ?, schema = ?, tbl = ?"
		      " WHERE catalog = ? AND schema = ? AND tbl = ?",
		      "ssssss", to.catalog, to.schema, to.table, from->catalog, from->schema,
		      from->table);
	free(a);
	free(b);
	return ok || sql_fail_sqlite(run, NULL);
}

static bool
alter_add_column(struct sql_run *run, struct sql_cursor *c, const struct table_name *name)
{
	const struct sql_token *column = cur_next(c);
	char *mangled, *quoted, *decl;
	const char *comment = NULL;
	struct sql_type type;
	bool ok;

	if (!tok_is_name(column))
		return sql_fail_syntax(run, column);
	if (!parse_type(run, c, &type))
		return false;
	if (cur_accept(c, "COMMENT"))
		comment = cur_next(c)->text;
	mangled = name_mangled(name);
	quoted = sql_name(column->text);
	decl = type_decl(&type);
	ok = exec_format(run, xprintf("ALTER TABLE %s ADD COLUMN %s %s", mangled, quoted, decl)) &&
	     catalog_put_column(run->conn, name,
				count_rows(run,
					   "SELECT max(position) + 1 FROM _columns WHERE "
					   "catalog"
					   " || '.' || schema || '.' || tbl = trim(?, '\"')",
					   mangled, NULL),
				column->text, &type, true, comment);
	free(mangled);
	free(quoted);
	free(decl);
	return ok || sql_fail_sqlite(run, NULL);
}

static bool
add_columns(struct sql_run *run, struct sql_cursor *c, const struct table_name *name)
{
	bool list;

	if (!cur_accept(c, "COLUMNS") && !cur_accept(c, "COLUMN"))
		return sql_fail_syntax(run, cur_peek(c));
	list = cur_accept(c, "(");
	do {
		if (!alter_add_column(run, c, name))
			return false;
	} while (list && cur_accept(c, ","));
	if (list && !cur_accept(c, ")"))
		return sql_fail_syntax(run, cur_peek(c));
	return expect_end(run, c);
}

static bool
drop_column(struct sql_run *run, struct sql_cursor *c, const struct table_name *name)
{
	const struct sql_token *column = cur_next(c);
	char *mangled, *quoted;
	bool ok;

	if (!tok_is_name(column) || !expect_end(run, c))
		return sql_fail_syntax(run, column);
	mangled = name_mangled(name);
	quoted = sql_name(column->text);
	ok = exec_format(run, xprintf("ALTER TABLE %s DROP COLUMN %s", mangled, quoted)) &&
	     lake_run(run->conn,
		      "DELETE FROM _columns WHERE catalog = ? AND schema = ? AND tbl = ?"
		      " AND name = ? COLLATE NOCASE",
		      "ssss", name->catalog, name->schema, name->table, column->text);
	free(mangled);
	free(quoted);
	return ok || sql_fail_sqlite(run, NULL);
}

bool
sql_alter(struct sql_run *run, struct sql_cursor *c)
{
	struct table_name name;

	if (!cur_accept(c, "TABLE"))
		return sql_fail_syntax(run, cur_peek(c));
	if (!existing_table(run, c, &name))
		return false;
	if (cur_accept(c, "RENAME TO"))
		return rename_table(run, c, &name);
	if (cur_accept(c, "ADD"))
		return add_columns(run, c, &name);
	if (cur_accept(c, "DROP COLUMN"))
		return drop_column(run, c, &name);
	return sql_fail_syntax(run, cur_peek(c));
}

/* ---- COMMENT ON, TRUNCATE, INSERT OVERWRITE ---- */

bool
sql_comment_on(struct sql_run *run, struct sql_cursor *c)
{
	bool catalog = cur_accept(c, "CATALOG");
	bool schema = !catalog && (cur_accept(c, "SCHEMA") || cur_accept(c, "DATABASE"));
	const struct sql_token *text;
	struct table_name name;
	bool ok;

	if (!catalog && !schema && !cur_accept(c, "TABLE"))
		return sql_fail_syntax(run, cur_peek(c));
	ok = schema  ? parse_schema_name(run, c, &name)
	   : catalog ? parse_name(run, c, &name)
		     : existing_table(run, c, &name);
	if (!ok)
		return false;
	if (!cur_accept(c, "IS"))
		return sql_fail_syntax(run, cur_peek(c));
	text = cur_next(c);
	if (text->kind != TOK_STRING && !tok_is(text, "NULL"))
		return sql_fail_syntax(run, text);
	if (catalog)
		ok = lake_run(run->conn, "UPDATE _catalogs SET comment = ? WHERE name = ?", "ss",
			      text->kind == TOK_STRING ? text->text : NULL, name.table);
	else if (schema)
		ok = lake_run(run->conn,
			      "UPDATE _schemas SET comment = ? WHERE catalog = ? AND "
			      "name"
			      " = ?",
			      "sss", text->kind == TOK_STRING ? text->text : NULL, name.catalog,
			      name.schema);
	else
		ok = lake_run(run->conn,
			      "UPDATE _tables SET comment = ? WHERE catalog = ? AND"
			      " schema = ? AND name = ?",
			      "ssss", text->kind == TOK_STRING ? text->text : NULL, name.catalog,
			      name.schema, name.table);
	return ok || sql_fail_sqlite(run, NULL);
}

bool
sql_truncate(struct sql_run *run, struct sql_cursor *c)
{
	struct table_name name;
	char *mangled;

	if (!cur_accept(c, "TABLE"))
		return sql_fail_syntax(run, cur_peek(c));
	if (!existing_table(run, c, &name) || !expect_end(run, c))
		return false;
	mangled = name_mangled(&name);
	char *sql = xprintf("DELETE FROM %s", mangled);

	free(mangled);
	return exec_format(run, sql);
}

bool
sql_insert_overwrite(struct sql_run *run, struct sql_cursor *c)
{
	struct table_name name;
	struct rewritten rw = { 0 };
	sqlite3_stmt *st;
	char *mangled, *sql;
	bool ok;

	cur_accept(c, "TABLE");
	if (!existing_table(run, c, &name))
		return false;
	mangled = name_mangled(&name);
	ok = exec_format(run, xprintf("DELETE FROM %s", mangled)) &&
	     sql_rewrite(run, c->at, run->tokens.count, &rw);
	if (ok) {
		sql = xprintf("INSERT INTO %s %s", mangled, rw.sql);
		free(rw.sql);
		rw.sql = sql;
		st = sql_prepare(run, &rw);
		ok = st != NULL && sql_exhaust(run, st, &rw) &&
		     sql_affected(run, sqlite3_changes64(run->conn->db), true);
	}
	rewritten_fini(&rw);
	free(mangled);
	return ok;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CREATE CATALOG, SCHEMA, TABLE (with columns or AS a query) and VIEW.
 */
#include "sql/sql.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct column_def {
	char *name, *comment;
	struct sql_type type;
	bool not_null;
};

struct table_def {
	struct table_name name;
	struct column_def *columns;
	size_t count;
	char *comment;
	size_t as; /* the first token of the query; 0: there is no query */
	bool replace, if_not_exists;
};

static void
def_fini(struct table_def *def)
{
	for (size_t i = 0; i < def->count; i++) {
		free(def->columns[i].name);
		free(def->columns[i].comment);
	}
	free(def->columns);
	free(def->comment);
}

static struct column_def *
add_column(struct table_def *def, const char *name)
{
	def->columns = xrealloc(def->columns, (def->count + 1) * sizeof(*def->columns));
	memset(&def->columns[def->count], 0, sizeof(*def->columns));
	def->columns[def->count].name = xstrdup(name);
	return &def->columns[def->count++];
}

/* ---- parsing ---- */

/* Skips to the comma or parenthesis after the text of a column or constraint. */
static void
skip_element(struct sql_cursor *c)
{
	while (cur_peek(c)->kind != TOK_END && !tok_is(cur_peek(c), ",") &&
	       !tok_is(cur_peek(c), ")")) {
		if (tok_is(cur_peek(c), "("))
			c->at = tokens_skip_parens(c->tokens, c->at);
		else
			cur_next(c);
	}
}

static bool
db_json(struct sql_run *run, struct sql_cursor *c, struct table_def *def, bool typed)
{
	struct column_def *column;

	if (typed && (tok_is(cur_peek(c), "CONSTRAINT") || tok_is(cur_peek(c), "PRIMARY") ||
		      tok_is(cur_peek(c), "FOREIGN"))) {
		skip_element(c);
		return true;
	}
	if (!tok_is_name(cur_peek(c)))
		return sql_fail_syntax(run, cur_peek(c));
	column = add_column(def, cur_next(c)->text);
	if (typed && !parse_type(run, c, &column->type))
		return false;
	while (!tok_is(cur_peek(c), ",") && !tok_is(cur_peek(c), ")")) {
		if (cur_accept(c, "NOT NULL"))
			column->not_null = true;
		else if (cur_accept(c, "COMMENT") && cur_peek(c)->kind == TOK_STRING)
			column->comment = xstrdup(cur_next(c)->text);
		else if (tok_is(cur_peek(c), "("))
			c->at = tokens_skip_parens(c->tokens, c->at);
		else if (cur_next(c)->kind == TOK_END)
			return sql_fail_syntax(run, cur_peek(c));
	}
	return true;
}

static bool
parse_columns(struct sql_run *run, struct sql_cursor *c, struct table_def *def, bool typed)
{
	if (!cur_accept(c, "("))
		return true;
	do {
		if (def->count == MAX_COLUMNS || !db_json(run, c, def, typed))
			return false;
	} while (cur_accept(c, ","));
	return cur_accept(c, ")") || sql_fail_syntax(run, cur_peek(c));
}

/* Reads the clauses USING DELTA, COMMENT, TBLPROPERTIES, PARTITIONED BY, CLUSTER BY, LOCATION,
 * OPTIONS, then AS. */
static bool
parse_clauses(struct sql_run *run, struct sql_cursor *c, struct table_def *def)
{
	while (cur_peek(c)->kind != TOK_END) {
		if (cur_accept(c, "AS")) {
			def->as = c->at;
			return cur_peek(c)->kind != TOK_END || sql_fail_syntax(run, cur_peek(c));
		}
		if (cur_accept(c, "COMMENT")) {
			if (cur_peek(c)->kind != TOK_STRING)
				return sql_fail_syntax(run, cur_peek(c));
			free(def->comment);
			def->comment = xstrdup(cur_next(c)->text);
		} else if (cur_accept(c, "USING") || cur_accept(c, "LOCATION") ||
			   cur_accept(c, "MANAGED LOCATION") || cur_accept(c, "WITH SCHEMA")) {
			cur_next(c);
		} else if (cur_accept(c, "TBLPROPERTIES") || cur_accept(c, "PARTITIONED BY") ||
			   cur_accept(c, "CLUSTER BY") || cur_accept(c, "OPTIONS") ||
			   cur_accept(c, "WITH DBPROPERTIES")) {
			if (tok_is(cur_peek(c), "("))
				c->at = tokens_skip_parens(c->tokens, c->at);
			else
				cur_next(c);
		} else {
			return sql_fail_syntax(run, cur_peek(c));
		}
	}
	return true;
}

/* ---- catalogs and schemas ---- */

static bool
already_exists(struct sql_run *run, const char *what, const char *class, const char *name)
{
	const char *state = strcmp(class, "TABLE_OR_VIEW") == 0 ? "42P07" : "42P06";

	return sql_fail(run, state,
			"[%s_ALREADY_EXISTS] Cannot create %s %s because it already "
			"exists. Choose a different name, drop or replace the existing %s, or add "
			"the IF NOT EXISTS clause to tolerate the pre-existing %s. SQLSTATE: %s",
			class, what, name, what, what, state);
}

static bool
create_catalog(struct sql_run *run, struct sql_cursor *c)
{
	bool tolerate = cur_accept(c, "IF NOT EXISTS"), ok;
	struct table_def def = { 0 };
	struct table_name name;

	if (!parse_name(run, c, &name))
		return false;
	ok = parse_clauses(run, c, &def);
	if (ok && lake_has_catalog(run->conn, name.table))
		ok = tolerate || already_exists(run, "catalog", "CATALOG", name.table);
	else if (ok)
		ok = (catalog_put_catalog(run->conn, name.table, "MANAGED_CATALOG", def.comment) &&
		      catalog_put_schema(run->conn, name.table, "default", "Default schema")) ||
		     sql_fail_sqlite(run, NULL);
	def_fini(&def);
	return ok;
}

/* Reads "s" or "c.s". Only catalog and schema of `out` are set. */
bool
parse_schema_name(struct sql_run *run, struct sql_cursor *c, struct table_name *out)
{
	const struct sql_token *start = cur_peek(c);
	struct table_name name;
	char *parts[2];
	size_t n;
	bool ok;

	if (!parse_parts(run, c, parts, 2, &n))
		return false;
	ok = name_resolve(run->conn->session, parts, n, &name);
	free_parts(parts, n);
	if (!ok)
		return sql_fail_syntax(run, start);
	memset(out, 0, sizeof(*out));
	strcpy(out->catalog, n == 1 ? name.catalog : name.schema);
	strcpy(out->schema, name.table);
	return true;
}

static bool
create_schema(struct sql_run *run, struct sql_cursor *c)
{
	bool tolerate = cur_accept(c, "IF NOT EXISTS"), ok;
	struct table_def def = { 0 };
	struct table_name name;

	if (!parse_schema_name(run, c, &name))
		return false;
	ok = parse_clauses(run, c, &def);
	if (ok && !lake_has_catalog(run->conn, name.catalog))
		ok = sql_fail_catalog(run, name.catalog);
	else if (ok && lake_has_schema(run->conn, name.catalog, name.schema))
		ok = tolerate || already_exists(run, "schema", "SCHEMA", name.schema);
	else if (ok)
		ok = catalog_put_schema(run->conn, name.catalog, name.schema, def.comment) ||
		     sql_fail_sqlite(run, NULL);
	def_fini(&def);
	return ok;
}

/* ---- tables ---- */

static bool
create_physical(struct sql_run *run, const struct table_def *def)
{
	char *mangled = name_mangled(&def->name);
	struct buf sql = BUF(MAX_MADE);
	bool ok;

	buf_printf(&sql, "CREATE TABLE %s(", mangled);
	for (size_t i = 0; i < def->count; i++) {
		char *decl = type_decl(&def->columns[i].type);
		char *quoted = sql_name(def->columns[i].name);

		buf_printf(&sql, "%s%s %s%s", i > 0 ? ", " : "", quoted, decl,
			   def->columns[i].not_null ? " NOT NULL" : "");
		free(decl);
		free(quoted);
	}
	buf_puts(&sql, ")");
	ok = (buf_ok(&sql) && lake_exec(run->conn, sql.data)) || sql_fail_sqlite(run, NULL);
	buf_fini(&sql);
	free(mangled);
	return ok;
}

static bool
record(struct sql_run *run, const struct table_def *def, const char *type, const char *view_text)
{
	bool ok = catalog_put_table(run->conn, &def->name, type, def->comment, view_text);

	for (size_t i = 0; ok && i < def->count; i++)
		ok = catalog_put_column(run->conn, &def->name, (int64_t)i, def->columns[i].name,
					&def->columns[i].type, !def->columns[i].not_null,
					def->columns[i].comment);
	return ok || sql_fail_sqlite(run, NULL);
}

/* Finds names and types of a query's columns. Names that the statement gives have priority. */
static bool
columns_of_query(struct sql_run *run, struct table_def *def, const struct rewritten *rw)
{
	sqlite3_stmt *st = sql_prepare(run, rw);
	size_t n, given = def->count;
	struct sql_type *types;
	int rc;

	if (st == NULL)
		return false;
	n = (size_t)sqlite3_column_count(st);
	types = xcalloc(n > 0 ? n : 1, sizeof(*types));
	rc = sqlite3_step(st);
	result_types(run, st, rw, types);
	types_from_row(st, rc == SQLITE_ROW, types);
	for (size_t i = 0; i < n; i++) {
		if (i >= given)
			add_column(def, sqlite3_column_name(st, (int)i));
		def->columns[i].type = types[i];
		if (type_is(&types[i], "NULL"))
			type_set(&def->columns[i].type, "STRING");
	}
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		sql_fail_sqlite(run, rw);
	sqlite3_finalize(st);
	free(types);
	return run->out->error == NULL;
}

static bool
rewrite_query(struct sql_run *run, size_t from, struct rewritten *rw)
{
	struct select_list list;

	if (!sql_rewrite(run, from, run->tokens.count, rw))
		return false;
	if (select_list_find(&run->tokens, from, run->tokens.count, &list))
		infer_types(run, &list, from, run->tokens.count, rw);
	select_list_fini(&list);
	return true;
}

static bool
fill_table(struct sql_run *run, const struct table_def *def, struct rewritten *rw)
{
	char *mangled = name_mangled(&def->name);
	char *sql = xprintf("INSERT INTO %s %s", mangled, rw->sql);
	sqlite3_stmt *st;
	bool ok;

	free(rw->sql);
	rw->sql = sql;
	free(mangled);
	st = sql_prepare(run, rw);
	ok = st != NULL && sql_exhaust(run, st, rw);
	return ok && sql_affected(run, sqlite3_changes64(run->conn->db), true);
}

static bool
create_as(struct sql_run *run, struct table_def *def)
{
	struct rewritten rw;
	bool ok;

	ok = rewrite_query(run, def->as, &rw) && columns_of_query(run, def, &rw);
	if (ok && def->replace)
		ok = catalog_drop_table(run->conn, &def->name) || sql_fail_sqlite(run, NULL);
	ok = ok && create_physical(run, def) && record(run, def, "MANAGED", NULL) &&
	     fill_table(run, def, &rw);
	rewritten_fini(&rw);
	return ok;
}

static bool
check_place(struct sql_run *run, const struct table_name *name)
{
	if (!lake_has_catalog(run->conn, name->catalog))
		return sql_fail_catalog(run, name->catalog);
	if (!lake_has_schema(run->conn, name->catalog, name->schema))
		return sql_fail_schema(run, name->catalog, name->schema);
	if (!run->conn->session->system &&
	    (strcmp(name->catalog, "samples") == 0 || strcmp(name->catalog, "system") == 0 ||
	     strcmp(name->schema, "information_schema") == 0))
		return sql_fail(run, "42501",
				"[INSUFFICIENT_PERMISSIONS] Insufficient "
				"privileges:\n"
				"User does not have CREATE TABLE on Schema '%s.%s'. SQLSTATE: "
				"42501",
				name->catalog, name->schema);
	return true;
}

/* 1: continue; 0: the object exists, and that is allowed; -1: an error */
static int
check_existing(struct sql_run *run, const struct table_def *def)
{
	char *shown;

	if (!check_place(run, &def->name))
		return -1;
	if (def->replace || lake_table_type(run->conn, &def->name) == NULL)
		return 1;
	if (def->if_not_exists)
		return 0;
	shown = name_quoted(&def->name);
	already_exists(run, "table or view", "TABLE_OR_VIEW", shown);
	free(shown);
	return -1;
}

static bool
create_table(struct sql_run *run, struct sql_cursor *c, bool replace)
{
	struct table_def def = { .replace = replace };
	int go;
	bool ok;

	def.if_not_exists = cur_accept(c, "IF NOT EXISTS");
	ok = parse_name(run, c, &def.name) && parse_columns(run, c, &def, true) &&
	     parse_clauses(run, c, &def);
	go = ok ? check_existing(run, &def) : -1;
	if (go <= 0) {
		def_fini(&def);
		return go == 0;
	}
	if (def.as > 0) {
		ok = create_as(run, &def);
	} else if (def.count == 0) {
		ok = sql_fail(run, "42601",
			      "[PARSE_SYNTAX_ERROR] A table needs columns or AS a "
			      "query."
			      " SQLSTATE: 42601");
	} else {
		if (replace)
			ok = catalog_drop_table(run->conn, &def.name) || sql_fail_sqlite(run, NULL);
		ok = ok && create_physical(run, &def) && record(run, &def, "MANAGED", NULL);
	}
	def_fini(&def);
	return ok;
}

static bool
define_view(struct sql_run *run, struct table_def *def, struct rewritten *rw)
{
	char *mangled = name_mangled(&def->name), *sql;
	size_t given = def->count;
	struct buf names = BUF(MAX_MADE);
	bool ok;

	ok = columns_of_query(run, def, rw);
	if (ok && def->replace)
		ok = catalog_drop_table(run->conn, &def->name) || sql_fail_sqlite(run, NULL);
	for (size_t i = 0; i < given; i++) {
		char *quoted = sql_name(def->columns[i].name);

		buf_printf(&names, "%s%s", i > 0 ? ", " : "(", quoted);
		free(quoted);
	}
	buf_puts(&names, given > 0 ? ")" : "");
	sql = xprintf("CREATE VIEW %s%s AS %s", mangled, names.data, rw->sql);
	ok = ok && (lake_exec(run->conn, sql) || sql_fail_sqlite(run, rw)) &&
	     record(run, def, "VIEW", run->tokens.source + run->tokens.list[def->as].pos);
	free(sql);
	free(mangled);
	buf_fini(&names);
	return ok;
}

static bool
create_view(struct sql_run *run, struct sql_cursor *c, bool replace)
{
	struct table_def def = { .replace = replace };
	struct rewritten rw = { 0 };
	int go;
	bool ok;

	def.if_not_exists = cur_accept(c, "IF NOT EXISTS");
	ok = parse_name(run, c, &def.name) && parse_columns(run, c, &def, false) &&
	     parse_clauses(run, c, &def);
	if (ok && def.as == 0)
		ok = sql_fail_syntax(run, cur_peek(c));
	go = ok ? check_existing(run, &def) : -1;
	if (go > 0) {
		ok = rewrite_query(run, def.as, &rw) && define_view(run, &def, &rw);
		rewritten_fini(&rw);
	}
	def_fini(&def);
	return go > 0 ? ok : go == 0;
}

bool
sql_create(struct sql_run *run, struct sql_cursor *c)
{
	bool replace = cur_accept(c, "OR REPLACE");

	cur_accept(c, "GLOBAL");
	if (cur_accept(c, "TEMPORARY") || cur_accept(c, "TEMP") || cur_accept(c, "EXTERNAL"))
		replace = replace || tok_is(cur_peek(c), "VIEW");
	if (cur_accept(c, "TABLE"))
		return create_table(run, c, replace);
	if (cur_accept(c, "VIEW") || cur_accept(c, "MATERIALIZED VIEW"))
		return create_view(run, c, replace);
	if (!replace && cur_accept(c, "CATALOG"))
		return create_catalog(run, c);
	if (!replace && (cur_accept(c, "SCHEMA") || cur_accept(c, "DATABASE")))
		return create_schema(run, c);
	return sql_fail_syntax(run, cur_peek(c));
}

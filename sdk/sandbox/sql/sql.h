/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interface of the SQL engine, which runs Databricks SQL on SQLite.
 *
 * A workspace's lake.db holds the catalog in tables whose names begin with '_' and each table or
 * view under the name "catalog.schema.table". Columns are declared with their Spark type, so
 * SQLite carries types through queries. A statement is cut into tokens (sql_lex.c), either run
 * as a command (sql_ddl.c, sql_alter.c, sql_show.c) or rewritten to SQLite's dialect
 * (sql_rewrite.c) with result types inferred (sql_infer.c), and run (sql.c); failures get the
 * messages of Databricks (sql_error.c). Dates are text YYYY-MM-DD, timestamps YYYY-MM-DD
 * HH:MM:SS[.ffffff] in UTC. */
#ifndef SANDBOX_SQL_H
#define SANDBOX_SQL_H

#include "sandbox.h"

enum { MAX_STATEMENT = 16 * 1024 * 1024, MAX_TOKENS = 2000000, MAX_COLUMNS = 1000 };

/* ---- types (sql_types.c) ---- */

struct sql_type {
	/* the canonical name: "DECIMAL(10,2)", "ARRAY<INT>"; "" when unknown */
	char text[128];
	const char *name;     /* "DECIMAL", "ARRAY", "LONG" ... */
	int precision, scale; /* -1 when unknown */
};
/* reads the name of a type in any case; false when it is not a type */
bool type_parse(const char *text, struct sql_type *out);
void type_set(struct sql_type *out, const char *text); /* a type that is known to be valid */
/* the type that SQLite declares; or "" */
void type_from_decl(const char *decl, struct sql_type *out);
/* the declaration of a column; the caller frees it */
char *type_decl(const struct sql_type *type);
char *type_lower(const struct sql_type *type); /* "decimal(10,2)"; caller frees */
char *type_json(const char *column, const struct sql_type *type, bool nullable); /* UC type_json */
bool type_is(const struct sql_type *type, const char *name);

/* ---- tokens (sql_lex.c) ---- */

enum sql_kind { TOK_END, TOK_WORD, TOK_QUOTED, TOK_STRING, TOK_NUMBER, TOK_PARAM, TOK_OP, TOK_BAD };

struct sql_token {
	enum sql_kind kind;
	size_t pos, len; /* in the source */
	/* the word as it is written, the decoded identifier or string, or the operator */
	char *text;
};

struct sql_tokens {
	const char *source;
	struct sql_token *list; /* ends with TOK_END */
	size_t count;		/* without the end */
};
void sql_lex(const char *source, struct sql_tokens *out);
void sql_tokens_fini(struct sql_tokens *tokens);
/* is the token this keyword or operator, in any case? */
bool tok_is(const struct sql_token *tok, const char *word);
bool tok_is_name(const struct sql_token *tok); /* can the token be an identifier? */
bool tok_is_reserved(const struct sql_token *tok);

/* A cursor for recursive descent over the tokens. */
struct sql_cursor {
	const struct sql_tokens *tokens;
	size_t at;
};
const struct sql_token *cur_peek(const struct sql_cursor *c);
const struct sql_token *cur_ahead(const struct sql_cursor *c, size_t n);
const struct sql_token *cur_next(struct sql_cursor *c);
/* reads words such as "IF NOT EXISTS": all of them, or no word */
bool cur_accept(struct sql_cursor *c, const char *words);
/* The index after the parenthesis that closes the one at `open`. The number of tokens when it is
 * not closed. */
size_t tokens_skip_parens(const struct sql_tokens *tokens, size_t open);

/* ---- a connection and a running statement (lake.c, sql.c) ---- */

struct lake_conn {
	sqlite3 *db;
	struct workspace *ws;
	struct sql_session *session; /* the task of the current statement */
	struct bg *bg;
	struct lake_conn *next;
};
struct lake_conn *lake_take(struct workspace *ws); /* NULL when lake.db cannot be opened */
void lake_give(struct lake_conn *conn);
void lake_close(struct workspace *ws);
void lake_seed(struct workspace *ws);
bool lake_exec(struct lake_conn *conn, const char *sql);
/* Like db_query(), on lake.db; the types are s and i. NULL on failure. */
sqlite3_stmt *lake_query(struct lake_conn *conn, const char *sql, const char *types, ...);
bool lake_next(sqlite3_stmt *st); /* goes to the next row; the statement is finalized at the end */
bool lake_run(struct lake_conn *conn, const char *sql, const char *types, ...);
const char *lake_text(sqlite3_stmt *st, int column);
extern const char LAKE_TABLES[];

struct table_name {
	char catalog[MAX_NAME + 1], schema[MAX_NAME + 1], table[MAX_NAME + 1];
};
/* the name in lower case, with the default catalog and schema filled in */
bool name_resolve(const struct sql_session *session, char *const *parts, size_t n,
		  struct table_name *out);
/* the name as "cat.schema.table", quoted; the caller frees it */
char *name_mangled(const struct table_name *name);
/* the name as `cat`.`schema`.`table`; the caller frees it */
char *name_quoted(const struct table_name *name);
bool lake_has_catalog(struct lake_conn *conn, const char *catalog);
bool lake_has_schema(struct lake_conn *conn, const char *catalog, const char *schema);
/* The kind of the table: "MANAGED", "VIEW", ... NULL when there is no such table. */
const char *lake_table_type(struct lake_conn *conn, const struct table_name *name);

struct sql_run {
	struct lake_conn *conn;
	const struct sql_query *query;
	struct sql_outcome *out;
	struct sql_tokens tokens;
};

/* Sets the error, if there is none yet. Returns false, so that the caller can return it. */
bool sql_fail(struct sql_run *run, const char *sql_state, const char *fmt, ...) PRINTF_LIKE(3, 4);
bool sql_fail_syntax(struct sql_run *run, const struct sql_token *near);
/* Reports an unknown name. `pos` is the position of the name in the source, or SIZE_MAX. */
bool sql_fail_table(struct sql_run *run, const struct table_name *name, size_t pos);
bool sql_fail_schema(struct sql_run *run, const char *catalog, const char *schema);
bool sql_fail_catalog(struct sql_run *run, const char *catalog);
struct rewritten;
/* Translates SQLite's last error to a message of Databricks. */
bool sql_fail_sqlite(struct sql_run *run, const struct rewritten *rw);

/* Reads a name a.b.c at the cursor. False (with an error) when there is no name. IDENTIFIER(x)
 * counts as a name. */
bool parse_name(struct sql_run *run, struct sql_cursor *c, struct table_name *out);
bool parse_parts(struct sql_run *run, struct sql_cursor *c, char **parts, size_t max, size_t *n);
void free_parts(char **parts, size_t n);
bool parse_schema_name(struct sql_run *run, struct sql_cursor *c, struct table_name *out);
bool sql_may_write(struct sql_run *run, const struct table_name *name); /* or has failed */
bool parse_type(struct sql_run *run, struct sql_cursor *c, struct sql_type *out);
bool expect_end(struct sql_run *run, struct sql_cursor *c);
const char *param_value(const struct sql_query *query, const char *name, struct sql_type *type,
			bool *found);

/* ---- rewriting and inference ---- */

struct out_token {
	char *text;
	size_t src; /* position in the source */
	/* kind of the last token: n name, f function, ( ) . literal l, operator o, keyword k */
	char kind;
};

struct rewritten {
	char *sql;
	struct out_token *out;
	size_t out_count, out_cap;
	struct table_name *tables; /* tables that the query uses, for suggestions and types */
	size_t table_count;
	struct sql_type *types; /* texts of the select items; "" when unknown */
	size_t type_count;
	size_t star_at, star_count; /* the item that is a star (only when there is exactly one) */
	bool has_range;		    /* range(n) is a table with a BIGINT column named id */
	char **ctes;		    /* names from WITH */
	size_t cte_count;
};
/* Rewrites tokens [from, to) of a query or DML. */
bool sql_rewrite(struct sql_run *run, size_t from, size_t to, struct rewritten *out);
void rewritten_fini(struct rewritten *rw);
/* Appends text (and takes ownership of it) to the output. rewrite.c and tables.c use this. */
void emit(struct rewritten *rw, char kind, size_t src, char *text);
/* Writes the table reference at *at: a name, IDENTIFIER(...), range(...). `alias`: add an alias if
 * none follows. */
bool emit_table(struct sql_run *run, struct rewritten *rw, size_t *at, bool alias);
char *sql_string(const char *text); /* 'quoted'; caller frees */
char *sql_name(const char *text);   /* "quoted"; caller frees */
bool is_cte(const struct rewritten *rw, const char *name);

/* The position of a function in the tables of names and types. */
const char *function_rename(const char *name);
/* The result type of a function, which depends on the type of its first argument. False when it is
 * unknown. */
bool function_type(const char *name, const struct sql_type *first, struct sql_type *out);
bool function_is_aggregate(const char *name);
char *functions_list(void); /* the names, one on each line; the caller frees the text */

/* Reads the select list of the outermost SELECT in the tokens [from, to). */
struct select_item {
	size_t from, to;	      /* the tokens of the expression, without the alias */
	size_t end;		      /* after the alias */
	bool star, has_alias, simple; /* simple: a column reference */
};
struct select_list {
	size_t first, end; /* the tokens of the list */
	struct select_item *items;
	size_t count;
};
bool select_list_find(const struct sql_tokens *tokens, size_t from, size_t to,
		      struct select_list *out);
void select_list_fini(struct select_list *list);
bool expr_has_aggregate(const struct sql_tokens *tokens, size_t from, size_t to);
/* Finds the types of the items. The types of columns come from preparing `rest_of_query` on
 * conn. */
void infer_types(struct sql_run *run, const struct select_list *list, size_t from, size_t to,
		 struct rewritten *rw);
/* The result columns of a prepared statement, as far as they are known without running it. */
void result_types(struct sql_run *run, sqlite3_stmt *st, const struct rewritten *rw,
		  struct sql_type *types);

/* ---- running ---- */

/* Runs SQL of the sandbox itself, which returns a result set with the given types
 * ("name:TYPE,name:TYPE"). */
bool sql_emit(struct sql_run *run, const char *columns, const char *sql, const char *types, ...);
/* Sends one row of texts with these columns. */
bool sql_emit_row(struct sql_run *run, const char *columns, const char *const *cells);
/* Sends only the columns. sql_emit_cells() then sends the rows. */
bool sql_emit_columns(struct sql_run *run, const char *columns);
void sql_emit_cells(struct sql_run *run, size_t n, const char *const *cells);
/* Runs INSERT, UPDATE or DELETE, and reports the affected rows as Databricks does. */
bool sql_affected(struct sql_run *run, int64_t rows, bool inserted);
/* Prepares rewritten SQL and binds the parameters. NULL after sql_fail(). */
sqlite3_stmt *sql_prepare(struct sql_run *run, const struct rewritten *rw);
/* Steps a prepared query and sends its columns and rows, until its end or until the receiver stops;
 * finalizes it. */
bool sql_give_rows(struct sql_run *run, sqlite3_stmt *st, const struct rewritten *rw);
/* Runs a statement to its end and discards its rows. */
bool sql_exhaust(struct sql_run *run, sqlite3_stmt *st, const struct rewritten *rw);

/* Takes unknown types from the values of the first row, or STRING. The statement has been stepped
 * once; `row` says whether it returned a row. */
void types_from_row(sqlite3_stmt *st, bool row, struct sql_type *types);

/* ---- rows of the catalog itself (lake_catalog.c) ---- */
bool catalog_put_table(struct lake_conn *conn, const struct table_name *name, const char *type,
		       const char *comment, const char *view_text);
bool catalog_put_column(struct lake_conn *conn, const struct table_name *name, int64_t position,
			const char *column, const struct sql_type *type, bool nullable,
			const char *comment);
bool catalog_put_schema(struct lake_conn *conn, const char *catalog, const char *schema,
			const char *comment);
bool catalog_put_catalog(struct lake_conn *conn, const char *catalog, const char *type,
			 const char *comment);
/* Drops the table or view, and the catalog's rows about it and its columns. */
bool catalog_drop_table(struct lake_conn *conn, const struct table_name *name);
bool catalog_drop_schema(struct lake_conn *conn, const char *catalog, const char *schema);

/* The commands. For each of them the cursor is after its leading words. */
bool sql_create(struct sql_run *run, struct sql_cursor *c);
bool sql_drop(struct sql_run *run, struct sql_cursor *c);
bool sql_alter(struct sql_run *run, struct sql_cursor *c);
bool sql_comment_on(struct sql_run *run, struct sql_cursor *c);
bool sql_truncate(struct sql_run *run, struct sql_cursor *c);
bool sql_insert_overwrite(struct sql_run *run, struct sql_cursor *c);
bool sql_use(struct sql_run *run, struct sql_cursor *c);
bool sql_set(struct sql_run *run, struct sql_cursor *c);
bool sql_show(struct sql_run *run, struct sql_cursor *c);
bool sql_describe(struct sql_run *run, struct sql_cursor *c);
bool sql_explain(struct sql_run *run, struct sql_cursor *c);

/* ---- functions (sql_func_*.c) ---- */

void functions_register(struct lake_conn *conn);
void functions_cast(struct lake_conn *conn);
void functions_text(struct lake_conn *conn);
void functions_number(struct lake_conn *conn);
void functions_nested(struct lake_conn *conn);
void functions_date(struct lake_conn *conn);
void functions_aggregate(struct lake_conn *conn);
/* Casts a text to a type as Spark does. False when the input is invalid. The result is NULL or
 * text. */
struct sql_value {
	enum { VALUE_NULL, VALUE_INT, VALUE_REAL, VALUE_TEXT } kind;
	int64_t i;
	double d;
	char *text; /* owned */
};
bool cast_text(const char *text, const struct sql_type *type, struct sql_value *out);
/* A date or a timestamp in UTC (sql_when.c). */
struct when {
	int64_t days; /* since 1970-01-01 */
	int64_t us;   /* of the day */
	bool has_time;
};
bool when_parse(const char *text, struct when *out);
void when_civil(int64_t days, int *year, int *month, int *day);
int64_t when_days(int year, int month, int day); /* month may be outside 1..12 */
int when_month_length(int year, int month);
void when_date(const struct when *w, char out[16]);	 /* YYYY-MM-DD */
void when_timestamp(const struct when *w, char out[40]); /* YYYY-MM-DD HH:MM:SS[.ffffff] */
/* formats with Java's patterns: yyyy, MM, dd, HH, mm, ss, SSS, EEE, MMM, a, D, Q, 'text' ... */
void when_format(const struct when *w, const char *pattern, struct buf *out);
bool when_scan(const char *text, const char *pattern, struct when *out);
bool when_add(struct when *w, int64_t amount, const char *unit);
bool when_trunc(struct when *w, const char *unit);
struct when when_now(void);
void func_error(sqlite3_context *ctx, const char *sql_state, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* Reads the arguments of a function. */
const char *arg_text(sqlite3_value *v); /* "" for NULL */
bool any_null(int n, sqlite3_value **v);
/* Sets the result of a function from the buffer, and empties it. A full buffer is an error. */
void give_text(sqlite3_context *ctx, struct buf *out);
struct func_row {
	const char *name;
	void (*fn)(sqlite3_context *ctx, int n, sqlite3_value **v);
	int args;    /* -1 = any */
	bool random; /* the result differs from call to call */
};
void register_rows(struct lake_conn *conn, const struct func_row *list);
void format_double(double value, char out[40]);

#endif

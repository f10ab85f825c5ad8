/* SPDX-License-Identifier: Apache-2.0 */
/* The database lake.db: connections for statements (a few stay open), the tables of the catalog
 * itself, and the resolution of names. */
#include "sql/sql.h"

#include <ctype.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_IDLE = 8, MAX_VALUE_BYTES = 64 * 1024 * 1024 };

struct lake {
	pthread_mutex_t lock;
	struct lake_conn *idle;
	int idle_count;
};

/* The names of types that are shown: INTEGER is BIGINT, TEXT is STRING; BOOLEAN and TIMESTAMP keep
 * their names. */
const char LAKE_TABLES[] =
    "CREATE TABLE IF NOT EXISTS _catalogs(name TEXT PRIMARY KEY, type TEXT NOT NULL,"
    " comment TEXT, owner TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL,"
    " created_ts TIMESTAMP GENERATED ALWAYS AS (_ts(created)));"
    "CREATE TABLE IF NOT EXISTS _schemas(catalog TEXT NOT NULL, name TEXT NOT NULL,"
    " comment TEXT, owner TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL,"
    " id TEXT NOT NULL, created_ts TIMESTAMP GENERATED ALWAYS AS (_ts(created)),"
    " PRIMARY KEY(catalog, name));"
    "CREATE TABLE IF NOT EXISTS _tables(catalog TEXT NOT NULL, schema TEXT NOT NULL,"
    " name TEXT NOT NULL, type TEXT NOT NULL, format TEXT, comment TEXT, owner TEXT NOT NULL,"
    " created INTEGER NOT NULL, updated INTEGER NOT NULL, view_text TEXT, id TEXT NOT NULL,"
    " created_ts TIMESTAMP GENERATED ALWAYS AS (_ts(created)),"
    " updated_ts TIMESTAMP GENERATED ALWAYS AS (_ts(updated)),"
    " PRIMARY KEY(catalog, schema, name));"
    "CREATE TABLE IF NOT EXISTS _columns(catalog TEXT NOT NULL, schema TEXT NOT NULL,"
    " tbl TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,"
    " nullable BOOLEAN NOT NULL, comment TEXT, PRIMARY KEY(catalog, schema, tbl, position));"
    "CREATE VIEW IF NOT EXISTS _is_catalogs AS SELECT name AS catalog_name,"
    " owner AS catalog_owner, comment, created_ts AS created FROM _catalogs;"
    "CREATE VIEW IF NOT EXISTS _is_schemata AS SELECT catalog AS catalog_name,"
    " name AS schema_name, owner AS schema_owner, comment, created_ts AS created"
    " FROM _schemas;"
    "CREATE VIEW IF NOT EXISTS _is_tables AS SELECT catalog AS table_catalog,"
    " schema AS table_schema, name AS table_name, type AS table_type,"
    " CASE WHEN type LIKE '%VIEW' THEN 'NO' ELSE 'YES' END AS is_insertable_into,"
    " owner AS table_owner, comment, created_ts AS created, updated_ts AS last_altered,"
    " format AS data_source_format FROM _tables;"
    "CREATE VIEW IF NOT EXISTS _is_views AS SELECT catalog AS table_catalog,"
    " schema AS table_schema, name AS table_name, view_text AS view_definition"
    " FROM _tables WHERE view_text IS NOT NULL;"
    "CREATE VIEW IF NOT EXISTS _is_columns AS SELECT catalog AS table_catalog,"
    " schema AS table_schema, tbl AS table_name, name AS column_name,"
    " position AS ordinal_position, CASE WHEN nullable THEN 'YES' ELSE 'NO' END AS is_nullable,"
    " lower(type) AS full_data_type,"
    " CASE WHEN instr(type, '(') > 0 THEN substr(type, 1, instr(type, '(') - 1) ELSE type END"
    " AS data_type, comment FROM _columns;";

/* ---- connections ---- */

static struct lake *
lake_of(struct workspace *ws)
{
	static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
	struct lake *lake;

	pthread_mutex_lock(&making);
	if (ws->lake == NULL) {
		ws->lake = xcalloc(1, sizeof(*ws->lake));
		pthread_mutex_init(&ws->lake->lock, NULL);
	}
	lake = ws->lake;
	pthread_mutex_unlock(&making);
	return lake;
}

/* Statements can use only their own tables: no files, no other databases, no pragmas. */
static int
authorize(void *arg, int action, const char *a, const char *b, const char *db, const char *trigger)
{
	(void)arg;
	(void)a;
	(void)b;
	(void)db;
	(void)trigger;
	return action == SQLITE_ATTACH || action == SQLITE_DETACH || action == SQLITE_PRAGMA
		 ? SQLITE_DENY
		 : SQLITE_OK;
}

static struct lake_conn *
conn_open(struct workspace *ws)
{
	static const char setup[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;";
	struct lake_conn *conn = xcalloc(1, sizeof(*conn));
	char *path = ws_path(ws, "lake.db");
	int rc = sqlite3_open_v2(path, &conn->db,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW,
				 NULL);

	free(path);
	conn->ws = ws;
	if (rc == SQLITE_OK) {
		sqlite3_busy_timeout(conn->db, 10000);
		sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
		sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
		sqlite3_limit(conn->db, SQLITE_LIMIT_SQL_LENGTH, 2 * MAX_STATEMENT);
		sqlite3_limit(conn->db, SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES);
		rc = sqlite3_exec(conn->db, setup, NULL, NULL, NULL);
	}
	if (rc != SQLITE_OK) {
		log_line("error", "lake of %s: %s", ws->name, sqlite3_errmsg(conn->db));
		sqlite3_close(conn->db);
		free(conn);
		return NULL;
	}
	functions_register(conn);
	sqlite3_set_authorizer(conn->db, authorize, NULL);
	return conn;
}

struct lake_conn *
lake_take(struct workspace *ws)
{
	struct lake *lake = lake_of(ws);
	struct lake_conn *conn;

	pthread_mutex_lock(&lake->lock);
	conn = lake->idle;
	if (conn != NULL) {
		lake->idle = conn->next;
		lake->idle_count--;
	}
	pthread_mutex_unlock(&lake->lock);
	return conn != NULL ? conn : conn_open(ws);
}

static void
conn_close(struct lake_conn *conn)
{
	sqlite3_close(conn->db);
	free(conn);
}

void
lake_give(struct lake_conn *conn)
{
	struct lake *lake = lake_of(conn->ws);
	bool keep;

	conn->session = NULL;
	conn->bg = NULL;
	pthread_mutex_lock(&lake->lock);
	keep = lake->idle_count < MAX_IDLE && sqlite3_get_autocommit(conn->db) != 0;
	if (keep) {
		conn->next = lake->idle;
		lake->idle = conn;
		lake->idle_count++;
	}
	pthread_mutex_unlock(&lake->lock);
	if (!keep)
		conn_close(conn);
}

void
lake_close(struct workspace *ws)
{
	struct lake_conn *next;

	if (ws->lake == NULL)
		return;
	for (struct lake_conn *conn = ws->lake->idle; conn != NULL; conn = next) {
		next = conn->next;
		conn_close(conn);
	}
	pthread_mutex_destroy(&ws->lake->lock);
	free(ws->lake);
	ws->lake = NULL;
}

/* ---- SQL statements of the sandbox itself ---- */

bool
lake_exec(struct lake_conn *conn, const char *sql)
{
	return sqlite3_exec(conn->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static sqlite3_stmt *
prepare(struct lake_conn *conn, const char *sql, const char *types, va_list *args)
{
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(conn->db, sql, -1, &st, NULL) != SQLITE_OK) {
		log_line("error", "lake: %s, in: %.200s", sqlite3_errmsg(conn->db), sql);
		return NULL;
	}
	for (int i = 0; types[i] != '\0'; i++) {
		if (types[i] == 's')
			sqlite3_bind_text(st, i + 1, va_arg(*args, const char *), -1,
					  SQLITE_TRANSIENT);
		else
			sqlite3_bind_int64(st, i + 1, va_arg(*args, int64_t));
	}
	return st;
}

sqlite3_stmt *
lake_query(struct lake_conn *conn, const char *sql, const char *types, ...)
{
	sqlite3_stmt *st;
	va_list args;

	va_start(args, types);
	st = prepare(conn, sql, types, &args);
	va_end(args);
	return st;
}

bool
lake_next(sqlite3_stmt *st)
{
	if (st != NULL && sqlite3_step(st) == SQLITE_ROW)
		return true;
	sqlite3_finalize(st);
	return false;
}

bool
lake_run(struct lake_conn *conn, const char *sql, const char *types, ...)
{
	sqlite3_stmt *st;
	va_list args;
	int rc;

	va_start(args, types);
	st = prepare(conn, sql, types, &args);
	va_end(args);
	if (st == NULL)
		return false;
	do {
		rc = sqlite3_step(st);
	} while (rc == SQLITE_ROW);
	sqlite3_finalize(st);
	return rc == SQLITE_DONE;
}

const char *
lake_text(sqlite3_stmt *st, int column)
{
	const unsigned char *text = sqlite3_column_text(st, column);

	return text != NULL ? (const char *)text : "";
}

/* ---- names ---- */

static bool
copy_part(const char *part, char *out)
{
	size_t len = strlen(part);

	if (len == 0 || len > MAX_NAME || strpbrk(part, "./ \"") != NULL)
		return false;
	for (size_t i = 0; i <= len; i++)
		out[i] = (char)tolower((unsigned char)part[i]);
	return true;
}

bool
name_resolve(const struct sql_session *session, char *const *parts, size_t n,
	     struct table_name *out)
{
	const char *catalog = session->catalog[0] != '\0' ? session->catalog : "main";
	const char *schema = session->schema[0] != '\0' ? session->schema : "default";

	if (n < 1 || n > 3)
		return false;
	return copy_part(n == 3 ? parts[0] : catalog, out->catalog) &&
	       copy_part(n >= 2 ? parts[n - 2] : schema, out->schema) &&
	       copy_part(parts[n - 1], out->table);
}

char *
name_mangled(const struct table_name *name)
{
	return xprintf("\"%s.%s.%s\"", name->catalog, name->schema, name->table);
}

char *
name_quoted(const struct table_name *name)
{
	return xprintf("`%s`.`%s`.`%s`", name->catalog, name->schema, name->table);
}

bool
lake_has_catalog(struct lake_conn *conn, const char *catalog)
{
	sqlite3_stmt *st =
	    lake_query(conn, "SELECT 1 FROM _catalogs WHERE name = lower(?)", "s", catalog);
	bool found = lake_next(st);

	if (found)
		sqlite3_finalize(st);
	return found;
}

bool
lake_has_schema(struct lake_conn *conn, const char *catalog, const char *schema)
{
	sqlite3_stmt *st = lake_query(conn,
				      "SELECT 1 FROM _schemas WHERE catalog = lower(?)"
				      " AND name = lower(?)",
				      "ss", catalog, schema);
	bool found = lake_next(st);

	if (found)
		sqlite3_finalize(st);
	return found;
}

const char *
lake_table_type(struct lake_conn *conn, const struct table_name *name)
{
	sqlite3_stmt *st = lake_query(conn,
				      "SELECT type FROM _tables WHERE catalog = ?"
				      " AND schema = ? AND name = ?",
				      "sss", name->catalog, name->schema, name->table);
	const char *type = NULL;

	if (!lake_next(st))
		return NULL;
	type = strcmp(lake_text(st, 0), "VIEW") == 0	 ? "VIEW"
	     : strcmp(lake_text(st, 0), "EXTERNAL") == 0 ? "EXTERNAL"
							 : "MANAGED";
	sqlite3_finalize(st);
	return type;
}

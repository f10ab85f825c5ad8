/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the catalog's own tables: catalogs, schemas, tables, columns. */
#include "sql/sql.h"

#include <stdlib.h>
#include <string.h>

static const char *
owner_of(const struct lake_conn *conn)
{
	return conn->session != NULL && conn->session->user[0] != '\0' ? conn->session->user
								       : "ann@example.com";
}

bool
catalog_put_catalog(struct lake_conn *conn, const char *catalog, const char *type,
		    const char *comment)
{
	return lake_run(conn, "INSERT INTO _catalogs VALUES(lower(?1), ?2, ?3, ?4, ?5, ?5)",
			"ssssi", catalog, type, comment, owner_of(conn), clock_ms()) &&
	       catalog_put_schema(conn, catalog, "information_schema",
				  "Information schema (auto-created)");
}

bool
catalog_put_schema(struct lake_conn *conn, const char *catalog, const char *schema,
		   const char *comment)
{
	char id[37];

	id_uuid(id);
	return lake_run(conn,
			"INSERT INTO _schemas VALUES(lower(?1), lower(?2), ?3, ?4, ?5, ?5,"
			" ?6)",
			"ssssis", catalog, schema, comment, owner_of(conn), clock_ms(), id);
}

bool
catalog_put_table(struct lake_conn *conn, const struct table_name *name, const char *type,
		  const char *comment, const char *view_text)
{
	char id[37];

	id_uuid(id);
	return lake_run(conn,
			"INSERT INTO _tables VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9,"
			" ?10)",
			"sssssssiss", name->catalog, name->schema, name->table, type,
			view_text != NULL ? NULL : "DELTA", comment, owner_of(conn), clock_ms(),
			view_text, id);
}

bool
catalog_put_column(struct lake_conn *conn, const struct table_name *name, int64_t position,
		   const char *column, const struct sql_type *type, bool nullable,
		   const char *comment)
{
	return lake_run(conn, "INSERT INTO _columns VALUES(?, ?, ?, ?, ?, ?, ?, ?)", "sssissis",
			name->catalog, name->schema, name->table, position, column, type->text,
			(int64_t)nullable, comment);
}

bool
catalog_drop_table(struct lake_conn *conn, const struct table_name *name)
{
	const char *type = lake_table_type(conn, name);
	char *mangled = name_mangled(name), *sql;
	bool ok;

	sql = xprintf("DROP %s IF EXISTS %s",
		      type != NULL && strcmp(type, "VIEW") == 0 ? "VIEW" : "TABLE", mangled);
	ok = lake_exec(conn, sql) &&
	     lake_run(conn, "DELETE FROM _columns WHERE catalog = ? AND schema = ? AND tbl = ?",
		      "sss", name->catalog, name->schema, name->table) &&
	     lake_run(conn, "DELETE FROM _tables WHERE catalog = ? AND schema = ? AND name = ?",
		      "sss", name->catalog, name->schema, name->table);
	free(sql);
	free(mangled);
	return ok;
}

bool
catalog_drop_schema(struct lake_conn *conn, const char *catalog, const char *schema)
{
	sqlite3_stmt *st = lake_query(conn,
				      "SELECT catalog, schema, name FROM _tables"
				      " WHERE catalog = lower(?) AND schema = lower(?)",
				      "ss", catalog, schema);
	struct table_name *names = NULL;
	size_t count = 0;
	bool ok = true;

	while (lake_next(st)) {
		names = xrealloc(names, (count + 1) * sizeof(*names));
		memset(&names[count], 0, sizeof(*names));
		strncpy(names[count].catalog, lake_text(st, 0), MAX_NAME);
		strncpy(names[count].schema, lake_text(st, 1), MAX_NAME);
		strncpy(names[count].table, lake_text(st, 2), MAX_NAME);
		count++;
	}
	for (size_t i = 0; ok && i < count; i++)
		ok = catalog_drop_table(conn, &names[i]);
	free(names);
	return ok && lake_run(conn,
			      "DELETE FROM _schemas WHERE catalog = lower(?) AND name ="
			      " lower(?)",
			      "ss", catalog, schema);
}

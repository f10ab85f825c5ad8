/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unity Catalog metadata: /api/2.1/unity-catalog catalogs, schemas, tables, table-summaries. The
 * data is the catalog in lake.db, so objects that SQL creates are visible here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sql/sql.h"
#include "catalog/uc.h"

#define UC "/api/2.1/unity-catalog"

static const struct page_rule catalogs_rule = { .key = "catalogs",
						.size_arg = "max_results",
						.token_arg = "page_token",
						.default_size = 100,
						.max_size = 1000,
						.empty_first = true };
static const struct page_rule schemas_rule = { .key = "schemas",
					       .size_arg = "max_results",
					       .token_arg = "page_token",
					       .default_size = 100,
					       .max_size = 1000,
					       .empty_first = true };
static const struct page_rule tables_rule = { .key = "tables",
					      .size_arg = "max_results",
					      .token_arg = "page_token",
					      .default_size = 50,
					      .max_size = 50,
					      .empty_first = true };
static const struct page_rule summaries_rule = { .key = "tables",
						 .size_arg = "max_results",
						 .token_arg = "page_token",
						 .default_size = 1000,
						 .max_size = 10000,
						 .empty_first = true };

struct lake_conn *
uc_open(struct request *req)
{
	struct lake_conn *conn = lake_take(req->ws);

	if (conn == NULL)
		reply_error(req, 500, "INTERNAL_ERROR", "The sandbox cannot open its tables.");
	return conn;
}

static void
add_common(struct json_object *obj, sqlite3_stmt *st, int comment)
{
	/* the columns that begin with `comment`: comment, owner, created, updated */
	if (sqlite3_column_type(st, comment) != SQLITE_NULL)
		json_add_str(obj, "comment", lake_text(st, comment));
	json_add_str(obj, "owner", lake_text(st, comment + 1));
	json_add_int(obj, "created_at", sqlite3_column_int64(st, comment + 2));
	json_add_str(obj, "created_by", lake_text(st, comment + 1));
	json_add_int(obj, "updated_at", sqlite3_column_int64(st, comment + 3));
	json_add_str(obj, "updated_by", lake_text(st, comment + 1));
}

void
uc_no_catalog(struct request *req, const char *name)
{
	reply_error(req, 404, "CATALOG_DOES_NOT_EXIST", "Catalog '%.255s' does not exist.", name);
}

void
uc_no_schema(struct request *req, const char *full_name)
{
	reply_error(req, 404, "SCHEMA_DOES_NOT_EXIST", "Schema '%.511s' does not exist.",
		    full_name);
}

static bool
check_schema(struct request *req, struct lake_conn *conn, const char *catalog, const char *schema)
{
	if (lake_has_schema(conn, catalog, schema))
		return true;
	if (!lake_has_catalog(conn, catalog))
		uc_no_catalog(req, catalog);
	else
		reply_error(req, 404, "SCHEMA_DOES_NOT_EXIST",
			    "Schema '%.255s.%.255s' does not exist.", catalog, schema);
	return false;
}

bool
uc_schema_known(struct request *req, const char *catalog, const char *schema)
{
	struct lake_conn *conn = uc_open(req);
	bool known = conn != NULL && check_schema(req, conn, catalog, schema);

	if (conn != NULL)
		lake_give(conn);
	return known;
}

/* Answers with the row that `select` finds by its name. */
static void
reply_row(struct request *req, const char *select, const char *name,
	  struct json_object *(*to_json)(const struct request *req, sqlite3_stmt *st),
	  void (*missing)(struct request *req, const char *name))
{
	struct lake_conn *conn = uc_open(req);
	sqlite3_stmt *st;

	if (conn == NULL)
		return;
	st = lake_query(conn, select, "s", name);
	if (lake_next(st)) {
		reply_json(req, to_json(req, st));
		sqlite3_finalize(st);
	} else {
		missing(req, name);
	}
	lake_give(conn);
}

/* Gets a connection, which the caller gives back. NULL when the request was refused: the argument
 * catalog_name must name a catalog. */
static struct lake_conn *
open_catalog(struct request *req, const char **catalog)
{
	struct lake_conn *conn;

	*catalog = request_need(req, "catalog_name");
	conn = *catalog != NULL ? uc_open(req) : NULL;
	if (conn == NULL || lake_has_catalog(conn, *catalog))
		return conn;
	lake_give(conn);
	uc_no_catalog(req, *catalog);
	return NULL;
}

/* ---- catalogs ---- */

#define CATALOG "SELECT name, type, comment, owner, created, updated FROM _catalogs "

static struct json_object *
catalog_json(const struct request *req, sqlite3_stmt *st)
{
	struct json_object *obj = json_object_new_object();

	json_add_str(obj, "name", lake_text(st, 0));
	json_add_str(obj, "full_name", lake_text(st, 0));
	json_add_str(obj, "catalog_type", lake_text(st, 1));
	add_common(obj, st, 2);
	json_add_str(obj, "metastore_id", req->ws->metastore_id);
	json_add_str(obj, "isolation_mode", "OPEN");
	json_add_str(obj, "securable_type", "CATALOG");
	json_add_str(obj, "securable_kind", "CATALOG_STANDARD");
	return obj;
}

static void
catalogs_list(struct request *req)
{
	struct lake_conn *conn = uc_open(req);
	struct json_object *all;
	sqlite3_stmt *st;

	if (conn == NULL)
		return;
	all = json_object_new_array();
	st = lake_query(conn, CATALOG "ORDER BY name", "");
	while (lake_next(st))
		json_object_array_add(all, catalog_json(req, st));
	lake_give(conn);
	page_reply(req, &catalogs_rule, "catalogs", all);
}

void
uc_reply_catalog(struct request *req, const char *name)
{
	reply_row(req, CATALOG "WHERE name = lower(?)", name, catalog_json, uc_no_catalog);
}

static void
catalogs_get(struct request *req)
{
	uc_reply_catalog(req, request_var(req, "name"));
}

/* ---- schemas ---- */

#define SCHEMA "SELECT catalog, name, id, comment, owner, created, updated FROM _schemas "

static struct json_object *
schema_json(const struct request *req, sqlite3_stmt *st)
{
	struct json_object *obj = json_object_new_object();
	char *full = xprintf("%s.%s", lake_text(st, 0), lake_text(st, 1));

	json_add_str(obj, "name", lake_text(st, 1));
	json_add_str(obj, "catalog_name", lake_text(st, 0));
	json_add_str(obj, "full_name", full);
	json_add_str(obj, "schema_id", lake_text(st, 2));
	json_add_str(obj, "catalog_type", "MANAGED_CATALOG");
	json_add_str(obj, "metastore_id", req->ws->metastore_id);
	json_add_str(obj, "securable_type", "SCHEMA");
	add_common(obj, st, 3);
	free(full);
	return obj;
}

static void
schemas_list(struct request *req)
{
	const char *catalog;
	struct lake_conn *conn = open_catalog(req, &catalog);
	struct json_object *all;
	sqlite3_stmt *st;

	if (conn == NULL)
		return;
	all = json_object_new_array();
	st = lake_query(conn, SCHEMA "WHERE catalog = lower(?) ORDER BY name", "s", catalog);
	while (lake_next(st))
		json_object_array_add(all, schema_json(req, st));
	lake_give(conn);
	page_reply(req, &schemas_rule, catalog, all);
}

void
uc_reply_schema(struct request *req, const char *full_name)
{
	reply_row(req, SCHEMA "WHERE catalog || '.' || name = lower(?)", full_name, schema_json,
		  uc_no_schema);
}

static void
schemas_get(struct request *req)
{
	uc_reply_schema(req, request_var(req, "name"));
}

/* ---- tables ---- */

#define TABLE                                                                         \
	"SELECT catalog, schema, name, type, format, id, view_text, comment, owner, " \
	"created, updated FROM _tables "

static struct json_object *
column_json(sqlite3_stmt *st)
{
	struct json_object *obj = json_object_new_object();
	bool nullable = sqlite3_column_int(st, 3) != 0;
	struct sql_type type;
	char *lower, *json;

	type_set(&type, lake_text(st, 2));
	lower = type_lower(&type);
	json = type_json(lake_text(st, 1), &type, nullable);
	json_add_str(obj, "name", lake_text(st, 1));
	json_add_str(obj, "type_text", lower);
	json_add_str(obj, "type_name", type.name);
	json_add_str(obj, "type_json", json);
	if (type.precision >= 0)
		json_add_int(obj, "type_precision", type.precision);
	if (type.scale >= 0)
		json_add_int(obj, "type_scale", type.scale);
	json_add_int(obj, "position", sqlite3_column_int64(st, 0));
	json_add_bool(obj, "nullable", nullable);
	if (sqlite3_column_type(st, 4) != SQLITE_NULL)
		json_add_str(obj, "comment", lake_text(st, 4));
	free(lower);
	free(json);
	return obj;
}

static struct json_object *
columns_json(struct lake_conn *conn, sqlite3_stmt *table)
{
	struct json_object *list = json_object_new_array();
	sqlite3_stmt *st =
	    lake_query(conn,
		       "SELECT position, name, type, nullable, comment FROM"
		       " _columns WHERE catalog = ? AND schema = ? AND tbl = ? ORDER"
		       " BY position",
		       "sss", lake_text(table, 0), lake_text(table, 1), lake_text(table, 2));

	while (lake_next(st))
		json_object_array_add(list, column_json(st));
	return list;
}

static struct json_object *
properties_json(void)
{
	struct json_object *properties = json_object_new_object();

	json_add_str(properties, "delta.minReaderVersion", "1");
	json_add_str(properties, "delta.minWriterVersion", "2");
	return properties;
}

static struct json_object *
table_json(const struct request *req, struct lake_conn *conn, sqlite3_stmt *st, bool columns,
	   bool properties)
{
	struct json_object *obj = json_object_new_object();
	char *full = xprintf("%s.%s.%s", lake_text(st, 0), lake_text(st, 1), lake_text(st, 2));
	bool view = strcmp(lake_text(st, 3), "VIEW") == 0;

	json_add_str(obj, "name", lake_text(st, 2));
	json_add_str(obj, "catalog_name", lake_text(st, 0));
	json_add_str(obj, "schema_name", lake_text(st, 1));
	json_add_str(obj, "full_name", full);
	json_add_str(obj, "table_type", lake_text(st, 3));
	if (!view)
		json_add_str(obj, "data_source_format", lake_text(st, 4));
	if (columns)
		json_add(obj, "columns", columns_json(conn, st));
	if (view)
		json_add_str(obj, "view_definition", lake_text(st, 6));
	if (properties && !view)
		json_add(obj, "properties", properties_json());
	json_add_str(obj, "table_id", lake_text(st, 5));
	json_add_str(obj, "metastore_id", req->ws->metastore_id);
	json_add_str(obj, "securable_type", "TABLE");
	add_common(obj, st, 7);
	free(full);
	return obj;
}

static struct json_object *
collect_tables(struct request *req, struct lake_conn *conn, const char *catalog, const char *schema)
{
	struct json_object *all;
	bool omit_columns, omit_properties;
	sqlite3_stmt *st;

	if (!request_bool(req, "omit_columns", false, &omit_columns) ||
	    !request_bool(req, "omit_properties", false, &omit_properties) ||
	    !check_schema(req, conn, catalog, schema))
		return NULL;
	all = json_object_new_array();
	st = lake_query(conn, TABLE "WHERE catalog = lower(?) AND schema = lower(?) ORDER BY name",
			"ss", catalog, schema);
	while (lake_next(st))
		json_object_array_add(all,
				      table_json(req, conn, st, !omit_columns, !omit_properties));
	return all;
}

static void
tables_list(struct request *req)
{
	const char *catalog = request_need(req, "catalog_name");
	const char *schema = catalog != NULL ? request_need(req, "schema_name") : NULL;
	struct lake_conn *conn = schema != NULL ? uc_open(req) : NULL;
	struct json_object *all;
	char *kind;

	if (conn == NULL)
		return;
	all = collect_tables(req, conn, catalog, schema);
	lake_give(conn);
	if (all == NULL)
		return;
	kind = xprintf("tables:%s.%s", catalog, schema);
	page_reply(req, &tables_rule, kind, all);
	free(kind);
}

static sqlite3_stmt *
find_table(struct lake_conn *conn, const char *full)
{
	sqlite3_stmt *st =
	    lake_query(conn, TABLE "WHERE catalog || '.' || schema || '.' || name = lower(?)", "s",
		       full);

	return lake_next(st) ? st : NULL;
}

static void
tables_get(struct request *req)
{
	struct lake_conn *conn = uc_open(req);
	sqlite3_stmt *st;

	if (conn == NULL)
		return;
	st = find_table(conn, request_var(req, "name"));
	if (st != NULL)
		reply_json(req, table_json(req, conn, st, true, true));
	else
		reply_error(req, 404, "TABLE_DOES_NOT_EXIST", "Table '%.767s' does not exist.",
			    request_var(req, "name"));
	sqlite3_finalize(st);
	lake_give(conn);
}

static void
tables_exists(struct request *req)
{
	struct lake_conn *conn = uc_open(req);
	struct json_object *answer;
	sqlite3_stmt *st;

	if (conn == NULL)
		return;
	st = find_table(conn, request_var(req, "name"));
	answer = json_object_new_object();
	json_add_bool(answer, "table_exists", st != NULL);
	reply_json(req, answer);
	sqlite3_finalize(st);
	lake_give(conn);
}

static struct json_object *
summary_json(sqlite3_stmt *st)
{
	struct json_object *obj = json_object_new_object();
	char *full = xprintf("%s.%s.%s", lake_text(st, 0), lake_text(st, 1), lake_text(st, 2));

	json_add_str(obj, "full_name", full);
	json_add_str(obj, "table_type", lake_text(st, 3));
	free(full);
	return obj;
}

static void
summaries(struct request *req)
{
	const char *catalog, *schemas = request_arg(req, "schema_name_pattern");
	const char *tables = request_arg(req, "table_name_pattern");
	struct lake_conn *conn = open_catalog(req, &catalog);
	struct json_object *all;
	char *kind;
	sqlite3_stmt *st;

	if (conn == NULL)
		return;
	schemas = schemas != NULL ? schemas : "%";
	tables = tables != NULL ? tables : "%";
	all = json_object_new_array();
	st = lake_query(conn, TABLE "WHERE catalog = lower(?) ORDER BY schema, name", "s", catalog);
	while (lake_next(st)) {
		if (!text_like(schemas, lake_text(st, 1)) || !text_like(tables, lake_text(st, 2)))
			continue;
		json_object_array_add(all, summary_json(st));
	}
	lake_give(conn);
	kind = xprintf("summaries:%s:%s:%s", catalog, schemas, tables);
	page_reply(req, &summaries_rule, kind, all);
	free(kind);
}

/* ---- the metastore ---- */

static void
metastore_summary(struct request *req)
{
	struct json_object *answer = json_object_new_object();
	char *global = xprintf("aws:us-west-2:%s", req->ws->metastore_id);

	json_add_str(answer, "metastore_id", req->ws->metastore_id);
	json_add_str(answer, "name", "sandbox-metastore");
	json_add_str(answer, "cloud", "aws");
	json_add_str(answer, "region", "us-west-2");
	json_add_str(answer, "global_metastore_id", global);
	json_add_str(answer, "owner", "admins");
	json_add_str(answer, "default_data_access_config_id", req->ws->metastore_id);
	free(global);
	reply_json(req, answer);
}

static void
metastore_assignment(struct request *req)
{
	struct json_object *answer = json_object_new_object();

	json_add_str(answer, "metastore_id", req->ws->metastore_id);
	json_add_int(answer, "workspace_id", req->ws->org_id);
	json_add_str(answer, "default_catalog_name", "main");
	reply_json(req, answer);
}

static const struct route uc_routes[] = {
	{ "GET", UC "/catalogs", catalogs_list, 0 },
	{ "GET", UC "/catalogs/{name}", catalogs_get, 0 },
	{ "GET", UC "/schemas", schemas_list, 0 },
	{ "GET", UC "/schemas/{name}", schemas_get, 0 },
	{ "GET", UC "/tables", tables_list, 0 },
	{ "GET", UC "/tables/{name}", tables_get, 0 },
	{ "GET", UC "/tables/{name}/exists", tables_exists, 0 },
	{ "GET", UC "/table-summaries", summaries, 0 },
	{ "GET", UC "/metastore_summary", metastore_summary, 0 },
	{ "GET", UC "/current-metastore-assignment", metastore_assignment, 0 },
	{ 0 },
};

const struct domain uc_domain = {
	.name = "uc",
	.routes = uc_routes,
	.seed = lake_seed,
	.close = lake_close,
};

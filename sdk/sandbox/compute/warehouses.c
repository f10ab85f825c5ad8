/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQL warehouses: /api/2.0/sql/warehouses. STARTING becomes RUNNING, STOPPING becomes STOPPED; both
 * are computed from their start time. A statement starts a stopped warehouse (warehouse_start).
 */
#include "sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAREHOUSE_START_MS = 2000, WAREHOUSE_STOP_MS = 1000 };

static const char warehouse_tables[] =
    "CREATE TABLE IF NOT EXISTS warehouses(seq INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL,"
    " name TEXT NOT NULL, state TEXT NOT NULL, since INTEGER NOT NULL, size TEXT NOT NULL,"
    " serverless INTEGER NOT NULL, creator TEXT NOT NULL, auto_stop INTEGER NOT NULL);";

static const char WAREHOUSE_COLUMNS[] =
    "SELECT id, name, state, size, serverless, creator, auto_stop FROM warehouses ";

static void
seed(struct workspace *ws)
{
	static const char insert[] =
	    "INSERT INTO warehouses(id, name, state, since, size,"
	    " serverless, creator, auto_stop) VALUES(?, ?, ?, ?, ?, ?, ?, ?)";

	db_run(ws, insert, "sssisisi", "8e1c0a2b3c4d5e6f", "Serverless Starter Warehouse",
	       "RUNNING", clock_ms(), "2X-Small", INT64_C(1), "ann@example.com", INT64_C(10));
	db_run(ws, insert, "sssisisi", "1f2e3d4c5b6a7988", "Reporting Warehouse", "STOPPED",
	       clock_ms(), "Small", INT64_C(0), "bob@example.com", INT64_C(45));
}

static void
warehouse_settle(struct workspace *ws)
{
	int64_t now = clock_ms();

	db_run(ws,
	       "UPDATE warehouses SET state = 'RUNNING', since = since + ?1"
	       " WHERE state = 'STARTING' AND since + ?1 <= ?2",
	       "ii", scaled_ms(WAREHOUSE_START_MS), now);
	db_run(ws,
	       "UPDATE warehouses SET state = 'STOPPED', since = since + ?1"
	       " WHERE state = 'STOPPING' AND since + ?1 <= ?2",
	       "ii", scaled_ms(WAREHOUSE_STOP_MS), now);
}

const char *
warehouse_state(struct workspace *ws, const char *id)
{
	static const char *const states[] = { "STARTING", "RUNNING", "STOPPING", "STOPPED", NULL };
	const char *found = NULL;
	sqlite3_stmt *st;

	ws_lock(ws);
	warehouse_settle(ws);
	st = db_query(ws, "SELECT state FROM warehouses WHERE id = ?", "s", id);
	if (db_next(ws, st)) {
		found = text_among(db_text(st, 0), states);
		if (found == NULL)
			found = "STOPPED";
		db_end(st);
	}
	ws_unlock(ws);
	return found;
}

bool
warehouse_start(struct workspace *ws, const char *id)
{
	bool started;

	ws_lock(ws);
	warehouse_settle(ws);
	started = db_run(ws,
			 "UPDATE warehouses SET state = 'STARTING', since = ?"
			 " WHERE id = ? AND state = 'STOPPED'",
			 "is", clock_ms(), id) == 1;
	ws_unlock(ws);
	return started;
}

static struct json_object *
endpoint(const char *id)
{
	struct json_object *odbc = json_object_new_object();
	char *path = xprintf("/sql/1.0/warehouses/%s", id);

	json_add_str(odbc, "hostname", options.host);
	json_add_str(odbc, "path", path);
	json_add_str(odbc, "protocol", "http");
	json_add_int(odbc, "port", options.port);
	free(path);
	return odbc;
}

/* The settings of a warehouse that have no column. */
static void
add_settings(struct workspace *ws, struct json_object *obj)
{
	static const char *const names[] = {
		"min_num_clusters", "max_num_clusters",	    "tags",   "warehouse_type",
		"enable_photon",    "spot_instance_policy", "channel"
	};
	struct json_object *settings = doc_get(ws, "warehouse", json_str(obj, "id"));

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (json_get(settings, names[i]) != NULL)
			json_add(obj, names[i], json_object_get(json_get(settings, names[i])));
	json_object_put(settings);
}

static struct json_object *
warehouse_json(struct workspace *ws, sqlite3_stmt *st)
{
	struct json_object *obj = json_object_new_object(), *part;
	bool running = strcmp(db_text(st, 2), "RUNNING") == 0;
	char *jdbc;

	json_add_str(obj, "id", db_text(st, 0));
	json_add_str(obj, "name", db_text(st, 1));
	json_add_str(obj, "state", db_text(st, 2));
	json_add_str(obj, "cluster_size", db_text(st, 3));
	json_add_int(obj, "num_clusters", running ? 1 : 0);
	json_add_int(obj, "min_num_clusters", 1);
	json_add_int(obj, "max_num_clusters", 1);
	json_add_int(obj, "num_active_sessions", 0);
	json_add_int(obj, "auto_stop_mins", db_int(st, 6));
	json_add_str(obj, "creator_name", db_text(st, 5));
	json_add_str(obj, "warehouse_type", "PRO");
	json_add_bool(obj, "enable_serverless_compute", db_int(st, 4) != 0);
	json_add_bool(obj, "enable_photon", true);
	json_add_str(obj, "spot_instance_policy", "COST_OPTIMIZED");
	part = json_object_new_object();
	json_add_str(part, "name", "CHANNEL_NAME_CURRENT");
	json_add(obj, "channel", part);
	part = json_object_new_object();
	json_add_str(part, "status", "HEALTHY");
	json_add(obj, "health", part);
	json_add(obj, "odbc_params", endpoint(db_text(st, 0)));
	jdbc = xprintf("jdbc:databricks://%s:%d/default;transportMode=http;httpPath="
		       "/sql/1.0/warehouses/%s",
		       options.host, options.port, db_text(st, 0));
	json_add_str(obj, "jdbc_url", jdbc);
	free(jdbc);
	add_settings(ws, obj);
	return obj;
}

static void
warehouses_list(struct request *req)
{
	static const struct page_rule rule = { .key = "warehouses",
					       .size_arg = "page_size",
					       .token_arg = "page_token",
					       .default_size = 100,
					       .max_size = 100 };
	struct json_object *all = json_object_new_array();
	char *sql = xprintf("%s%s", WAREHOUSE_COLUMNS, "ORDER BY seq");
	sqlite3_stmt *st;

	warehouse_settle(req->ws);
	st = db_query(req->ws, sql, "");
	free(sql);
	while (db_next(req->ws, st))
		json_object_array_add(all, warehouse_json(req->ws, st));
	page_reply(req, &rule, "warehouses", all);
}

static void
no_such_warehouse(struct request *req)
{
	reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST", "SQL warehouse %.100s does not exist.",
		    request_var(req, "id"));
}

/* The id in the path. NULL when the request was refused. */
static const char *
warehouse_named(struct request *req)
{
	const char *id = request_var(req, "id");

	if (warehouse_state(req->ws, id) != NULL)
		return id;
	no_such_warehouse(req);
	return NULL;
}

static void
warehouses_get(struct request *req)
{
	char *sql = xprintf("%s%s", WAREHOUSE_COLUMNS, "WHERE id = ?");
	sqlite3_stmt *st;

	warehouse_settle(req->ws);
	st = db_query(req->ws, sql, "s", request_var(req, "id"));
	free(sql);
	if (!db_next(req->ws, st)) {
		no_such_warehouse(req);
		return;
	}
	reply_json(req, warehouse_json(req->ws, st));
	db_end(st);
}

static void
warehouses_start(struct request *req)
{
	const char *id = warehouse_named(req);

	if (id == NULL)
		return;
	warehouse_start(req->ws, id);
	reply_empty(req);
}

static void
warehouses_stop(struct request *req)
{
	const char *id = warehouse_named(req);

	if (id == NULL)
		return;
	db_run(req->ws,
	       "UPDATE warehouses SET state = 'STOPPING', since = ?"
	       " WHERE id = ? AND state IN ('RUNNING', 'STARTING')",
	       "is", clock_ms(), id);
	reply_empty(req);
}

/* ---- create, change, delete ---- */

static void
warehouses_create(struct request *req)
{
	const char *name = body_need(req, "name");
	const char *size = json_str(req->body, "cluster_size");
	struct json_object *answer;
	char id[17];

	if (name == NULL)
		return;
	if (db_one_int(req->ws, "SELECT count(*) FROM warehouses WHERE name = ?", "s", name) > 0) {
		reply_error(req, 400, "RESOURCE_ALREADY_EXISTS",
			    "SQL warehouse with name `%.200s` already exists.", name);
		return;
	}
	id_hex(id, 16);
	db_run(req->ws,
	       "INSERT INTO warehouses(id, name, state, since, size, serverless, creator,"
	       " auto_stop) VALUES(?, ?, 'STARTING', ?, ?, ?, ?, ?)",
	       "ssisisi", id, name, clock_ms(), size != NULL ? size : "X-Small",
	       (int64_t)json_flag(req->body, "enable_serverless_compute", false), req->user,
	       json_int(req->body, "auto_stop_mins", 120));
	doc_put(req->ws, "warehouse", id, req->body);
	answer = json_object_new_object();
	json_add_str(answer, "id", id);
	reply_json(req, answer);
}

static void
warehouses_edit(struct request *req)
{
	const char *id = warehouse_named(req);

	if (id == NULL)
		return;
	db_run(req->ws,
	       "UPDATE warehouses SET name = coalesce(?, name), size = coalesce(?, size),"
	       " auto_stop = CASE WHEN ?3 < 0 THEN auto_stop ELSE ?3 END WHERE id = ?4",
	       "ssis", json_str(req->body, "name"), json_str(req->body, "cluster_size"),
	       json_int(req->body, "auto_stop_mins", -1), id);
	doc_put(req->ws, "warehouse", id, req->body);
	reply_empty(req);
}

static void
warehouses_delete(struct request *req)
{
	const char *id = request_var(req, "id");

	if (db_run(req->ws, "DELETE FROM warehouses WHERE id = ?", "s", id) != 1) {
		no_such_warehouse(req);
		return;
	}
	doc_delete(req->ws, "warehouse", id);
	reply_empty(req);
}

static const struct route warehouse_routes[] = {
	{ "GET", "/api/2.0/sql/warehouses", warehouses_list, 0 },
	{ "POST", "/api/2.0/sql/warehouses", warehouses_create, 0 },
	{ "GET", "/api/2.0/sql/warehouses/{id}", warehouses_get, 0 },
	{ "DELETE", "/api/2.0/sql/warehouses/{id}", warehouses_delete, 0 },
	{ "POST", "/api/2.0/sql/warehouses/{id}/edit", warehouses_edit, 0 },
	{ "POST", "/api/2.0/sql/warehouses/{id}/start", warehouses_start, 0 },
	{ "POST", "/api/2.0/sql/warehouses/{id}/stop", warehouses_stop, 0 },
	{ 0 },
};

const struct domain warehouses_domain = {
	.name = "warehouses",
	.routes = warehouse_routes,
	.tables = warehouse_tables,
	.seed = seed,
};

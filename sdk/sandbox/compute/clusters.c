/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clusters: /api/2.1/clusters. The row of a cluster holds its state and the start time of the
 * state. Every read first makes the transitions that are due (PENDING and RESTARTING become
 * RUNNING, TERMINATING becomes TERMINATED).
 */
#include "sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compute/clusters.h"

enum { START_MS = 3000, STOP_MS = 1500 };

static const char tables[] =
    "CREATE TABLE IF NOT EXISTS clusters(seq INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL,"
    " name TEXT NOT NULL, state TEXT NOT NULL, since INTEGER NOT NULL, message TEXT NOT NULL,"
    " creator TEXT NOT NULL, source TEXT NOT NULL, pinned INTEGER NOT NULL DEFAULT 0,"
    " start_time INTEGER NOT NULL, terminated_time INTEGER NOT NULL DEFAULT 0,"
    " restarted_time INTEGER NOT NULL DEFAULT 0, reason TEXT, spec TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS cluster_events(seq INTEGER PRIMARY KEY, cluster TEXT NOT NULL,"
    " time INTEGER NOT NULL, type TEXT NOT NULL, details TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS cluster_events_by ON cluster_events(cluster, time);";

static const char COLUMNS[] =
    "SELECT id, name, state, since, message, creator, source, pinned,"
    " start_time, terminated_time, restarted_time, reason, spec FROM clusters ";
enum {
	C_ID,
	C_NAME,
	C_STATE,
	C_SINCE,
	C_MESSAGE,
	C_CREATOR,
	C_SOURCE,
	C_PINNED,
	C_START,
	C_TERMINATED,
	C_RESTARTED,
	C_REASON,
	C_SPEC
};

/* ---- the state machine ---- */

void
cluster_event(struct workspace *ws, const char *id, int64_t time, const char *type,
	      struct json_object *details)
{
	db_run(ws, "INSERT INTO cluster_events(cluster, time, type, details) VALUES(?, ?, ?, ?)",
	       "sisj", id, time, type, details);
	json_object_put(details);
}

static struct json_object *
workers_detail(void)
{
	struct json_object *details = json_object_new_object();

	json_add_int(details, "current_num_workers", 2);
	json_add_int(details, "target_num_workers", 2);
	return details;
}

static struct json_object *
user_detail(const char *user)
{
	struct json_object *details = json_object_new_object();

	json_add_str(details, "user", user);
	return details;
}

struct json_object *
cluster_reason(const char *code, const char *type, const char *user)
{
	struct json_object *reason = json_object_new_object();
	struct json_object *parameters = json_object_new_object();

	json_add_str(reason, "code", code);
	json_add_str(reason, "type", type);
	json_add_str(parameters, "username", user);
	json_add(reason, "parameters", parameters);
	return reason;
}

static void
became_running(struct workspace *ws, const char *id, int64_t when)
{
	db_run(ws, "UPDATE clusters SET state = 'RUNNING', since = ?, message = '' WHERE id = ?",
	       "is", when, id);
	cluster_event(ws, id, when, "RUNNING", workers_detail());
	cluster_event(ws, id, when, "DRIVER_HEALTHY", json_object_new_object());
}

static void
settle(struct workspace *ws)
{
	int64_t now = clock_ms(), start = scaled_ms(START_MS), stop = scaled_ms(STOP_MS);
	sqlite3_stmt *st = db_query(ws,
				    "SELECT id, since, state = 'TERMINATING' FROM clusters"
				    " WHERE (state IN ('PENDING', 'RESTARTING') AND since + ? <= ?)"
				    " OR (state = 'TERMINATING' AND since + ? <= ?)",
				    "iiii", start, now, stop, now);

	while (db_next(ws, st)) {
		int64_t since = db_int(st, 1);

		if (db_int(st, 2) == 0)
			became_running(ws, db_text(st, 0), since + start);
		else
			db_run(ws,
			       "UPDATE clusters SET state = 'TERMINATED', since = ?1,"
			       " terminated_time = ?1 WHERE id = ?2",
			       "is", since + stop, db_text(st, 0));
	}
}

const char *
cluster_state(struct workspace *ws, const char *cluster_id)
{
	static const char *const states[] = { "PENDING",  "RUNNING",	 "RESTARTING",
					      "RESIZING", "TERMINATING", "TERMINATED",
					      "ERROR",	  "UNKNOWN",	 NULL };
	const char *found = NULL;
	sqlite3_stmt *st;

	ws_lock(ws);
	settle(ws);
	st = db_query(ws, "SELECT state FROM clusters WHERE id = ?", "s", cluster_id);
	if (db_next(ws, st)) {
		found = text_among(db_text(st, 0), states);
		if (found == NULL)
			found = "UNKNOWN";
		db_end(st);
	}
	ws_unlock(ws);
	return found;
}

int64_t
cluster_since(struct workspace *ws, const char *cluster_id)
{
	int64_t since;

	ws_lock(ws);
	since = db_one_int(ws, "SELECT max(start_time, restarted_time) FROM clusters WHERE id = ?",
			   "s", cluster_id);
	ws_unlock(ws);
	return since;
}

static bool
start(struct workspace *ws, const char *id, const char *user)
{
	int64_t now = clock_ms();

	if (db_run(ws,
		   "UPDATE clusters SET state = 'PENDING', since = ?1, start_time = ?1,"
		   " terminated_time = 0, reason = NULL, message = 'Starting Spark'"
		   " WHERE id = ?2 AND state = 'TERMINATED'",
		   "is", now, id) != 1)
		return false;
	cluster_event(ws, id, now, "STARTING", user_detail(user));
	return true;
}

bool
cluster_start(struct workspace *ws, const char *cluster_id)
{
	bool started;

	ws_lock(ws);
	settle(ws);
	started = start(ws, cluster_id, "ann@example.com");
	ws_unlock(ws);
	return started;
}

/* ---- one cluster as JSON ---- */

static void
add_nodes(struct json_object *obj, int64_t since)
{
	struct json_object *driver = json_object_new_object();

	json_add_str(driver, "node_id", "5f0c9b1e4d1e4f6c9a0b7d2e3c4f5a6b");
	json_add_str(driver, "private_ip", "10.0.0.10");
	json_add_int(driver, "start_timestamp", since);
	json_add(obj, "driver", driver);
	json_add(obj, "cluster_cores", json_object_new_double(12.0));
	json_add_int(obj, "cluster_memory_mb", 93696);
}

static struct json_object *
default_tags(sqlite3_stmt *st)
{
	struct json_object *tags = json_object_new_object();

	json_add_str(tags, "Vendor", "Databricks");
	json_add_str(tags, "Creator", db_text(st, C_CREATOR));
	json_add_str(tags, "ClusterName", db_text(st, C_NAME));
	json_add_str(tags, "ClusterId", db_text(st, C_ID));
	return tags;
}

static void
add_spec(struct json_object *obj, sqlite3_stmt *st, bool with_spec)
{
	struct json_object *spec = db_tree(st, C_SPEC);
	struct json_object_iterator at = json_object_iter_begin(spec);
	struct json_object_iterator end = json_object_iter_end(spec);

	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
		json_add(obj, json_object_iter_peek_name(&at),
			 json_object_get(json_object_iter_peek_value(&at)));
	if (with_spec) {
		json_add_str(spec, "cluster_name", db_text(st, C_NAME));
		json_add(obj, "spec", json_object_get(spec));
	}
	json_object_put(spec);
}

static struct json_object *
to_json(sqlite3_stmt *st, bool with_spec)
{
	struct json_object *obj = json_object_new_object();
	const char *state = db_text(st, C_STATE);

	json_add_str(obj, "cluster_id", db_text(st, C_ID));
	json_add_str(obj, "cluster_name", db_text(st, C_NAME));
	json_add_str(obj, "state", state);
	json_add_str(obj, "state_message", db_text(st, C_MESSAGE));
	json_add_str(obj, "creator_user_name", db_text(st, C_CREATOR));
	json_add_str(obj, "cluster_source", db_text(st, C_SOURCE));
	add_spec(obj, st, with_spec);
	json_add(obj, "default_tags", default_tags(st));
	json_add_int(obj, "start_time", db_int(st, C_START));
	if (db_int(st, C_TERMINATED) > 0)
		json_add_int(obj, "terminated_time", db_int(st, C_TERMINATED));
	if (db_int(st, C_RESTARTED) > 0)
		json_add_int(obj, "last_restarted_time", db_int(st, C_RESTARTED));
	if (*db_text(st, C_REASON) != '\0')
		json_add(obj, "termination_reason", db_tree(st, C_REASON));
	if (strcmp(state, "RUNNING") == 0 || strcmp(state, "RESIZING") == 0)
		add_nodes(obj, db_int(st, C_SINCE));
	return obj;
}

/* ---- list ---- */

static bool
any_arg_is(const struct request *req, const char *name, const char *value)
{
	const char *given;

	if (request_arg(req, name) == NULL)
		return true;
	for (size_t i = 0; (given = request_arg_at(req, name, i)) != NULL; i++)
		if (strcmp(given, value) == 0)
			return true;
	return false;
}

static bool
wanted(const struct request *req, sqlite3_stmt *st)
{
	const char *pinned = request_arg(req, "filter_by.is_pinned");

	if (pinned != NULL && (strcmp(pinned, "true") == 0) != (db_int(st, C_PINNED) != 0))
		return false;
	if (request_arg(req, "filter_by.policy_id") != NULL)
		return false; /* seeded clusters have no policy */
	return any_arg_is(req, "filter_by.cluster_sources", db_text(st, C_SOURCE)) &&
	       any_arg_is(req, "filter_by.cluster_states", db_text(st, C_STATE));
}

static const char *
list_order(const struct request *req)
{
	const char *field = request_arg(req, "sort_by.field");
	const char *direction = request_arg(req, "sort_by.direction");
	bool desc = direction != NULL && strcmp(direction, "DESC") == 0;

	if (field != NULL && strcmp(field, "CLUSTER_NAME") == 0)
		return desc ? "ORDER BY name COLLATE NOCASE DESC" : "ORDER BY name COLLATE NOCASE";
	return desc ? "ORDER BY pinned, state = 'RUNNING', seq DESC"
		    : "ORDER BY pinned DESC, state = 'RUNNING' DESC, seq";
}

static void
clusters_list(struct request *req)
{
	static const struct page_rule rule = { .key = "clusters",
					       .size_arg = "page_size",
					       .token_arg = "page_token",
					       .default_size = 20,
					       .max_size = 100 };
	struct json_object *all = json_object_new_array();
	char *sql = xprintf("%s%s", COLUMNS, list_order(req));
	sqlite3_stmt *st;

	settle(req->ws);
	st = db_query(req->ws, sql, "");
	while (db_next(req->ws, st))
		if (wanted(req, st))
			json_object_array_add(all, to_json(st, false));
	free(sql);
	page_reply(req, &rule, "clusters", all);
}

/* ---- one ---- */

static void
no_such_cluster(struct request *req, const char *id)
{
	reply_error(req, 400, "INVALID_PARAMETER_VALUE", "Cluster %.100s does not exist", id);
}

static void
clusters_get(struct request *req)
{
	const char *id = request_need(req, "cluster_id");
	char *sql;
	sqlite3_stmt *st;

	if (id == NULL)
		return;
	settle(req->ws);
	sql = xprintf("%s%s", COLUMNS, "WHERE id = ?");
	st = db_query(req->ws, sql, "s", id);
	free(sql);
	if (!db_next(req->ws, st)) {
		no_such_cluster(req, id);
		return;
	}
	reply_json(req, to_json(st, true));
	db_end(st);
}

const char *
cluster_named(struct request *req, const char **state)
{
	const char *id = body_need(req, "cluster_id");

	if (id == NULL)
		return NULL;
	*state = cluster_state(req->ws, id);
	if (*state == NULL) {
		no_such_cluster(req, id);
		return NULL;
	}
	return id;
}

void
cluster_unexpected_state(struct request *req, const char *id, const char *state)
{
	char *shown = text_fold(state);

	shown[0] = state[0];
	reply_error(req, 400, "INVALID_STATE", "Cluster %s is in unexpected state %s.", id, shown);
	free(shown);
}

const char *
cluster_named_running(struct request *req)
{
	const char *state, *id = cluster_named(req, &state);

	if (id == NULL || strcmp(state, "RUNNING") == 0)
		return id;
	cluster_unexpected_state(req, id, state);
	return NULL;
}

static void
clusters_start(struct request *req)
{
	const char *state, *id = cluster_named(req, &state);

	if (id == NULL)
		return;
	if (start(req->ws, id, req->user))
		reply_empty(req);
	else
		cluster_unexpected_state(req, id, state);
}

static void
clusters_delete(struct request *req)
{
	const char *state, *id = cluster_named(req, &state);
	struct json_object *reason, *details;
	int64_t now = clock_ms();

	if (id == NULL)
		return;
	reply_empty(req);
	if (strcmp(state, "TERMINATED") == 0 || strcmp(state, "TERMINATING") == 0)
		return;
	reason = cluster_reason("USER_REQUEST", "SUCCESS", req->user);
	db_run(req->ws,
	       "UPDATE clusters SET state = 'TERMINATING', since = ?, reason = ?,"
	       " message = 'Terminated by user' WHERE id = ?",
	       "ijs", now, reason, id);
	details = json_object_new_object();
	json_add(details, "reason", reason);
	cluster_event(req->ws, id, now, "TERMINATING", details);
}

static void
clusters_restart(struct request *req)
{
	const char *id = cluster_named_running(req);
	int64_t now = clock_ms();

	if (id == NULL)
		return;
	db_run(req->ws,
	       "UPDATE clusters SET state = 'RESTARTING', since = ?1,"
	       " restarted_time = ?1, message = 'Restarting' WHERE id = ?2",
	       "is", now, id);
	cluster_event(req->ws, id, now, "RESTARTING", user_detail(req->user));
	reply_empty(req);
}

static void
clusters_permanent_delete(struct request *req)
{
	const char *state, *id = cluster_named(req, &state);

	if (id == NULL)
		return;
	db_run(req->ws, "DELETE FROM cluster_events WHERE cluster = ?", "s", id);
	db_run(req->ws, "DELETE FROM clusters WHERE id = ?", "s", id);
	reply_empty(req);
}

static void
set_pinned(struct request *req, int64_t pinned)
{
	const char *state, *id = cluster_named(req, &state);

	if (id == NULL)
		return;
	db_run(req->ws, "UPDATE clusters SET pinned = ? WHERE id = ?", "is", pinned, id);
	cluster_event(req->ws, id, clock_ms(), pinned != 0 ? "PINNED" : "UNPINNED",
		      user_detail(req->user));
	reply_empty(req);
}

static void
clusters_pin(struct request *req)
{
	set_pinned(req, 1);
}

static void
clusters_unpin(struct request *req)
{
	set_pinned(req, 0);
}

/* ---- events ---- */

static bool
type_wanted(struct json_object *types, const char *type)
{
	size_t n =
	    json_object_is_type(types, json_type_array) ? json_object_array_length(types) : 0;

	for (size_t i = 0; i < n; i++) {
		const char *want = json_object_get_string(json_object_array_get_idx(types, i));

		if (want != NULL && strcmp(want, type) == 0)
			return true;
	}
	return n == 0;
}

static struct json_object *
collect_events(struct request *req, const char *id)
{
	const char *order = json_str(req->body, "order");
	struct json_object *all = json_object_new_array(), *item;
	bool asc = order != NULL && strcmp(order, "ASC") == 0;
	sqlite3_stmt *st =
	    db_query(req->ws,
		     asc ? "SELECT time, type, details FROM cluster_events WHERE cluster = ?"
			   " AND time BETWEEN ? AND ? ORDER BY time, seq"
			 : "SELECT time, type, details FROM cluster_events WHERE cluster = ?"
			   " AND time BETWEEN ? AND ? ORDER BY time DESC, seq DESC",
		     "sii", id, json_int(req->body, "start_time", 0),
		     json_int(req->body, "end_time", INT64_MAX));

	while (db_next(req->ws, st)) {
		if (!type_wanted(json_get(req->body, "event_types"), db_text(st, 1)))
			continue;
		item = json_object_new_object();
		json_add_str(item, "cluster_id", id);
		json_add_int(item, "timestamp", db_int(st, 0));
		json_add_str(item, "type", db_text(st, 1));
		json_add(item, "details", db_tree(st, 2));
		json_object_array_add(all, item);
	}
	return all;
}

/* next_page is the complete request for the next page. Older clients use it instead of the
 * token. */
static void
add_next_page(struct request *req, struct json_object *answer)
{
	const char *token = json_str(answer, "next_page_token");
	struct json_object *next = NULL;

	if (token == NULL || json_object_deep_copy(req->body, &next, NULL) != 0)
		return;
	json_add_str(next, "page_token", token);
	json_add(answer, "next_page", next);
}

static void
clusters_events(struct request *req)
{
	struct page_rule rule = { .key = "events",
				  .size_arg = "page_size",
				  .token_arg = "page_token",
				  .default_size = 50,
				  .max_size = 500 };
	const char *state, *id = cluster_named(req, &state);
	struct json_object *all, *answer;
	int64_t total;

	if (id == NULL)
		return;
	if (json_get(req->body, "page_size") == NULL)
		rule.size_arg = "limit";
	all = collect_events(req, id);
	total = (int64_t)json_object_array_length(all);
	answer = page_cut(req, &rule, id, all);
	if (answer == NULL)
		return;
	json_add_int(answer, "total_count", total);
	add_next_page(req, answer);
	reply_json(req, answer);
}

static const struct route routes[] = {
	{ "GET", "/api/2.1/clusters/list", clusters_list, 0 },
	{ "GET", "/api/2.1/clusters/get", clusters_get, 0 },
	{ "POST", "/api/2.1/clusters/create", clusters_create, 0 },
	{ "POST", "/api/2.1/clusters/edit", clusters_edit, 0 },
	{ "POST", "/api/2.1/clusters/resize", clusters_resize, 0 },
	{ "POST", "/api/2.1/clusters/start", clusters_start, 0 },
	{ "POST", "/api/2.1/clusters/delete", clusters_delete, 0 },
	{ "POST", "/api/2.1/clusters/restart", clusters_restart, 0 },
	{ "POST", "/api/2.1/clusters/permanent-delete", clusters_permanent_delete, 0 },
	{ "POST", "/api/2.1/clusters/pin", clusters_pin, 0 },
	{ "POST", "/api/2.1/clusters/unpin", clusters_unpin, 0 },
	{ "POST", "/api/2.1/clusters/events", clusters_events, 0 },
	{ "GET", "/api/2.1/clusters/spark-versions", clusters_spark_versions, 0 },
	{ "GET", "/api/2.1/clusters/list-node-types", clusters_node_types, 0 },
	{ 0 },
};

const struct domain clusters_domain = {
	.name = "clusters",
	.routes = routes,
	.tables = tables,
	.seed = clusters_seed,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* The query history, GET /api/2.0/sql/history/queries. A row is written when a statement begins and
 * when it ends. */
#include "statements/statements.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_HISTORY = 10000 };

static const char tables[] =
    "CREATE TABLE IF NOT EXISTS query_history(seq INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL,"
    " text TEXT NOT NULL, user TEXT NOT NULL, warehouse TEXT NOT NULL, status TEXT NOT NULL,"
    " started INTEGER NOT NULL, ended INTEGER NOT NULL DEFAULT 0, rows INTEGER NOT NULL DEFAULT"
    " 0, kind TEXT, error TEXT);";

void
history_begin(const struct statement *s)
{
	struct workspace *ws = s->ws;

	ws_lock(ws);
	db_run(ws,
	       "INSERT INTO query_history(id, text, user, warehouse, status, started)"
	       " VALUES(?, ?, ?, ?, 'RUNNING', ?)",
	       "ssssi", s->id, s->text, s->user, s->warehouse, s->created);
	db_run(ws,
	       "DELETE FROM query_history WHERE seq <= (SELECT max(seq) FROM query_history) "
	       "- ?",
	       "i", (int64_t)MAX_HISTORY);
	ws_unlock(ws);
}

void
history_end(const struct statement *s)
{
	const char *status = s->state == ST_SUCCEEDED ? "FINISHED"
			   : s->state == ST_CANCELED  ? "CANCELED"
						      : "FAILED";

	ws_lock(s->ws);
	db_run(s->ws,
	       "UPDATE query_history SET status = ?, ended = ?, rows = ?, kind = ?, error "
	       "= ?"
	       " WHERE id = ?",
	       "siisss", status, s->ended, s->rows, s->kind, s->error, s->id);
	ws_unlock(s->ws);
}

/* ---- the list ---- */

static bool
any_of(const struct request *req, const char *name, const char *value)
{
	const char *given = request_arg(req, name);

	for (size_t i = 0; given != NULL; i++) {
		const char *candidate = request_arg_at(req, name, i);

		if (candidate == NULL)
			return false;
		if (strcmp(candidate, value) == 0)
			return true;
	}
	return true;
}

static bool
wanted(const struct request *req, sqlite3_stmt *st)
{
	const char *from = request_arg(req, "filter_by.query_start_time_range.start_time_ms");
	const char *to = request_arg(req, "filter_by.query_start_time_range.end_time_ms");
	int64_t started = db_int(st, 5);

	if ((from != NULL && started < strtoll(from, NULL, 10)) ||
	    (to != NULL && started > strtoll(to, NULL, 10)))
		return false;
	return any_of(req, "filter_by.statuses", db_text(st, 4)) &&
	       any_of(req, "filter_by.warehouse_ids", db_text(st, 3)) &&
	       any_of(req, "filter_by.statement_ids", db_text(st, 0));
}

static struct json_object *
to_json(sqlite3_stmt *st, bool metrics)
{
	struct json_object *item = json_object_new_object(), *part;
	int64_t started = db_int(st, 5), ended = db_int(st, 6);

	json_add_str(item, "query_id", db_text(st, 0));
	json_add_str(item, "query_text", db_text(st, 1));
	json_add_str(item, "user_name", db_text(st, 2));
	json_add_str(item, "executed_as_user_name", db_text(st, 2));
	json_add_str(item, "warehouse_id", db_text(st, 3));
	json_add_str(item, "endpoint_id", db_text(st, 3));
	json_add_str(item, "status", db_text(st, 4));
	json_add_int(item, "query_start_time_ms", started);
	json_add_bool(item, "is_final", ended > 0);
	if (ended > 0) {
		json_add_int(item, "execution_end_time_ms", ended);
		json_add_int(item, "query_end_time_ms", ended);
		json_add_int(item, "duration", ended - started);
		json_add_int(item, "rows_produced", db_int(st, 7));
		json_add_str(item, "statement_type", db_text(st, 8));
	}
	if (*db_text(st, 9) != '\0')
		json_add_str(item, "error_message", db_text(st, 9));
	if (metrics && ended > 0) {
		part = json_object_new_object();
		json_add_int(part, "total_time_ms", ended - started);
		json_add_int(part, "execution_time_ms", ended - started);
		json_add_int(part, "rows_produced_count", db_int(st, 7));
		json_add(item, "metrics", part);
	}
	return item;
}

static void
history_list(struct request *req)
{
	static const struct page_rule rule = { .key = "res",
					       .size_arg = "max_results",
					       .token_arg = "page_token",
					       .default_size = 100,
					       .max_size = 1000 };
	struct json_object *all = json_object_new_array(), *answer;
	sqlite3_stmt *st;
	bool metrics;

	if (!request_bool(req, "include_metrics", false, &metrics)) {
		json_object_put(all);
		return;
	}
	st = db_query(req->ws,
		      "SELECT id, text, user, warehouse, status, started, ended, rows, "
		      "kind,"
		      " error FROM query_history ORDER BY seq DESC",
		      "");
	while (db_next(req->ws, st))
		if (wanted(req, st))
			json_object_array_add(all, to_json(st, metrics));
	answer = page_cut(req, &rule, "history", all);
	if (answer == NULL)
		return;
	json_add_bool(answer, "has_next_page", json_get(answer, "next_page_token") != NULL);
	reply_json(req, answer);
}

static const struct route history_routes[] = {
	{ "GET", "/api/2.0/sql/history/queries", history_list, 0 },
	{ 0 },
};

const struct domain history_domain = { .name = "history",
				       .routes = history_routes,
				       .tables = tables };

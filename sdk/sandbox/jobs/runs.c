/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of jobs: /api/2.2/jobs/runs and /api/2.1/jobs/runs.
 * https://docs.databricks.com/api/workspace/jobs/listruns
 */
#include "jobs/runs.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_RUNS_PAGE = 25 };

static void
no_such_run(struct request *req, int64_t id)
{
	reply_error(req, 400, "INVALID_PARAMETER_VALUE", "Run %lld does not exist.", (long long)id);
}

/* ---- list ---- */

static struct json_object *
run_list_item(struct request *req, int64_t id, bool expand)
{
	struct json_object *obj = NULL;
	struct run run;

	if (!run_load(req->ws, id, &run))
		return NULL;
	obj = run_json(req->ws, &run);
	if (expand) {
		json_add(obj, "tasks", tasks_json(req->ws, &run));
		if (elements_cut(obj, 0))
			json_add_bool(obj, "has_more", true);
	}
	run_fini(&run);
	return obj;
}

struct run_filter {
	bool active, completed, expand;
	int64_t job_id, from, to, limit, offset;
	const char *type;
};

static bool
read_filter(struct request *req, struct run_filter *out)
{
	if (!request_bool(req, "active_only", false, &out->active) ||
	    !request_bool(req, "completed_only", false, &out->completed) ||
	    !request_bool(req, "expand_tasks", false, &out->expand) ||
	    !request_int(req, "job_id", 0, 0, INT64_MAX, &out->job_id) ||
	    !request_int(req, "start_time_from", 0, 0, INT64_MAX, &out->from) ||
	    !request_int(req, "start_time_to", INT64_MAX, 0, INT64_MAX, &out->to) ||
	    !request_int(req, "limit", 20, 0, MAX_RUNS_PAGE, &out->limit) ||
	    !request_int(req, "offset", 0, 0, 10000, &out->offset))
		return false;
	out->type = request_arg(req, "run_type");
	if (!out->active || !out->completed)
		return true;
	reply_error(req, 400, "INVALID_PARAMETER_VALUE",
		    "Only one of active_only and completed_only may be true.");
	return false;
}

/* The ids that match, newest first. Only those of the page are loaded. */
static void
runs_list(struct request *req)
{
	struct page_rule rule = { .key = "runs",
				  .size_arg = "limit",
				  .token_arg = "page_token",
				  .default_size = 20,
				  .max_size = MAX_RUNS_PAGE,
				  .has_more = true };
	struct json_object *all, *answer, *ids, *runs;
	struct run_filter filter;
	sqlite3_stmt *st;
	char *kind;

	if (!read_filter(req, &filter))
		return;
	if (filter.limit == 0)
		rule.default_size = MAX_RUNS_PAGE;
	st = db_query(req->ws,
		      "SELECT id FROM runs WHERE (?1 = 0 OR job_id = ?1)"
		      " AND (?2 = 0 OR ended = 0) AND (?3 = 0 OR ended > 0)"
		      " AND max(start, queued) BETWEEN ?4 AND ?5 AND (?6 IS NULL OR type = ?6)"
		      " ORDER BY queued DESC, number DESC LIMIT -1 OFFSET ?7",
		      "iiiiisi", filter.job_id, (int64_t)filter.active, (int64_t)filter.completed,
		      filter.from, filter.to, filter.type, filter.offset);
	all = json_object_new_array();
	while (db_next(req->ws, st))
		json_object_array_add(all, json_object_new_int64(db_int(st, 0)));
	kind = xprintf("runs:%lld:%d:%d:%s", (long long)filter.job_id, filter.active,
		       filter.completed, filter.type != NULL ? filter.type : "");
	answer = page_cut(req, &rule, kind, all);
	free(kind);
	if (answer == NULL)
		return;
	ids = json_get(answer, "runs");
	if (ids != NULL) {
		runs = json_object_new_array();
		for (size_t i = 0; i < json_object_array_length(ids); i++)
			json_object_array_add(runs,
					      run_list_item(req,
							    json_object_get_int64(
								json_object_array_get_idx(ids, i)),
							    filter.expand));
		json_add(answer, "runs", runs);
	}
	reply_json(req, answer);
}

/* ---- get ---- */

/* Finds the run by a run id or the id of a task run. task->id is 0 for the id of a run itself. */
static bool
find(struct workspace *ws, int64_t id, struct run *run, struct task_run *task)
{
	memset(task, 0, sizeof(*task));
	if (run_load(ws, id, run))
		return true;
	if (!task_load(ws, id, task))
		return false;
	if (run_load(ws, task->run_id, run))
		return true;
	task_fini(task);
	return false;
}

static bool
asked_run(struct request *req, struct run *run, struct task_run *task)
{
	int64_t id;

	if (request_need(req, "run_id") == NULL ||
	    !request_int(req, "run_id", 0, 0, INT64_MAX, &id))
		return false;
	if (find(req->ws, id, run, task))
		return true;
	no_such_run(req, id);
	return false;
}

static struct json_object *
repair_history(struct workspace *ws, const struct run *run)
{
	sqlite3_stmt *st = db_query(ws,
				    "SELECT id, start, tasks FROM repairs WHERE run_id = ?"
				    " ORDER BY start, rowid",
				    "i", run->id);
	struct json_object *list = json_object_new_array(), *item;

	item = json_object_new_object();
	json_add_str(item, "type", "ORIGINAL");
	json_add_int(item, "start_time", run->state.start);
	json_object_array_add(list, item);
	while (db_next(ws, st)) {
		item = json_object_new_object();
		json_add_int(item, "id", db_int(st, 0));
		json_add_str(item, "type", "REPAIR");
		json_add_int(item, "start_time", db_int(st, 1));
		json_object_array_add(list, item);
	}
	return list;
}

static void
runs_get(struct request *req)
{
	struct json_object *answer;
	struct task_run task;
	struct run run;
	bool history;

	if (!request_bool(req, "include_history", false, &history) || !asked_run(req, &run, &task))
		return;
	if (task.id != 0) {
		answer = task_as_run(req->ws, &run, &task);
	} else {
		answer = run_json(req->ws, &run);
		json_add(answer, "tasks", tasks_json(req->ws, &run));
		if (history)
			json_add(answer, "repair_history", repair_history(req->ws, &run));
	}
	if (elements_page(req, answer, answer, "run"))
		reply_json(req, answer);
	else
		json_object_put(answer);
	task_fini(&task);
	run_fini(&run);
}

/* ---- get-output and export of runs ---- */

/* The task run whose output is requested: by its own id, or the only task of a run. */
static bool
asked_task(struct request *req, struct run *run, struct task_run *task)
{
	struct json_object *ids;
	bool single;

	if (!asked_run(req, run, task))
		return false;
	if (task->id != 0)
		return true;
	ids = tasks_latest(req->ws, run->id);
	single = json_object_array_length(ids) == 1 &&
		 task_load(req->ws, json_object_get_int64(json_object_array_get_idx(ids, 0)), task);
	json_object_put(ids);
	if (single)
		return true;
	reply_error(req, 400, "INVALID_PARAMETER_VALUE",
		    "Retrieving the output of runs with "
		    "multiple tasks is not supported. Please retrieve the output of each individual"
		    " task run instead.");
	run_fini(run);
	return false;
}

static void
runs_get_output(struct request *req)
{
	struct json_object *answer;
	struct task_run task;
	struct run run;

	if (!asked_task(req, &run, &task))
		return;
	answer = json_object_new_object();
	if (task.output != NULL) {
		struct json_object_iter it;

		json_object_object_foreachC(task.output, it) {
			if (strcmp(it.key, "condition_outcome") != 0)
				json_object_object_add(answer, it.key, json_object_get(it.val));
		}
	}
	json_add(answer, "metadata", task_as_run(req->ws, &run, &task));
	reply_json(req, answer);
	task_fini(&task);
	run_fini(&run);
}

static void
runs_export(struct request *req)
{
	struct json_object *answer, *views, *view;
	struct task_run task;
	struct run run;
	sqlite3_stmt *st;

	if (!asked_task(req, &run, &task))
		return;
	answer = json_object_new_object();
	st = db_query(req->ws, "SELECT html FROM task_runs WHERE id = ? AND html IS NOT NULL", "i",
		      task.id);
	if (db_next(req->ws, st)) {
		views = json_object_new_array();
		view = json_object_new_object();
		json_add_str(view, "content", db_text(st, 0));
		json_add_str(view, "name", task.key);
		json_add_str(view, "type", "NOTEBOOK");
		json_object_array_add(views, view);
		json_add(answer, "views", views);
		db_end(st);
	}
	reply_json(req, answer);
	task_fini(&task);
	run_fini(&run);
}

/* ---- cancel and delete ---- */

/* The run in the body, by its own id or the id of a task run. False when the request was
 * refused. */
static bool
named_run(struct request *req, struct run *run)
{
	struct task_run task;
	int64_t id;

	if (!body_need_int(req, "run_id", &id))
		return false;
	if (find(req->ws, id, run, &task)) {
		task_fini(&task);
		return true;
	}
	no_such_run(req, id);
	return false;
}

static void
runs_cancel(struct request *req)
{
	struct run run;

	if (!named_run(req, &run))
		return;
	if (life_is_active(run.state.life))
		run_cancel(req->ws, run.id);
	reply_empty(req);
	run_fini(&run);
}

static void
runs_cancel_all(struct request *req)
{
	bool queued = json_flag(req->body, "all_queued_runs", false);
	int64_t job_id = json_int(req->body, "job_id", 0);
	struct json_object *ids;
	sqlite3_stmt *st;

	if (job_id == 0 && !queued) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Either job_id or all_queued_runs must be given.");
		return;
	}
	st = db_query(req->ws,
		      "SELECT id FROM runs WHERE ended = 0 AND (?1 = 0 OR job_id = ?1)"
		      " AND (?2 = 0 OR life = 'QUEUED')",
		      "ii", job_id, (int64_t)queued);
	ids = json_object_new_array();
	while (db_next(req->ws, st))
		json_object_array_add(ids, json_object_new_int64(db_int(st, 0)));
	for (size_t i = 0; i < json_object_array_length(ids); i++)
		run_cancel(req->ws, json_object_get_int64(json_object_array_get_idx(ids, i)));
	json_object_put(ids);
	reply_empty(req);
}

static void
runs_delete(struct request *req)
{
	struct run run;

	if (!named_run(req, &run))
		return;
	if (life_is_active(run.state.life)) {
		reply_error(req, 400, "INVALID_STATE", "Run %lld is active and cannot be deleted.",
			    (long long)run.id);
	} else {
		db_run(req->ws, "DELETE FROM task_runs WHERE run_id = ?", "i", run.id);
		db_run(req->ws, "DELETE FROM repairs WHERE run_id = ?", "i", run.id);
		db_run(req->ws, "DELETE FROM run_tokens WHERE run_id = ?", "i", run.id);
		db_run(req->ws, "DELETE FROM runs WHERE id = ?", "i", run.id);
		reply_empty(req);
	}
	run_fini(&run);
}

#define RUN_BOTH(method, path, handler)                        \
	{ method, "/api/2.2/jobs/runs/" path, handler, 0 },    \
	{                                                      \
		method, "/api/2.1/jobs/runs/" path, handler, 0 \
	}

static const struct route runs_routes[] = {
	RUN_BOTH("GET", "list", runs_list),
	RUN_BOTH("GET", "get", runs_get),
	RUN_BOTH("GET", "get-output", runs_get_output),
	RUN_BOTH("GET", "export", runs_export),
	RUN_BOTH("POST", "submit", runs_submit),
	RUN_BOTH("POST", "cancel", runs_cancel),
	RUN_BOTH("POST", "cancel-all", runs_cancel_all),
	RUN_BOTH("POST", "repair", runs_repair),
	RUN_BOTH("POST", "delete", runs_delete),
	{ 0 },
};

const struct domain runs_domain = { .name = "runs", .routes = runs_routes, .tables = runs_tables };

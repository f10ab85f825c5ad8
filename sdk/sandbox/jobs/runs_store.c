/* SPDX-License-Identifier: Apache-2.0 */
/* Stores the rows of runs and task runs, and makes their JSON. See runs.h. */
#include "jobs/runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACTIVE "('QUEUED', 'PENDING', 'BLOCKED', 'RUNNING', 'TERMINATING', 'WAITING_FOR_RETRY')"
#define STATE_COLUMNS                                                              \
	" life TEXT NOT NULL, result TEXT NOT NULL DEFAULT '',"                    \
	" message TEXT NOT NULL DEFAULT '', code TEXT NOT NULL DEFAULT '',"        \
	" term TEXT NOT NULL DEFAULT '', start INTEGER NOT NULL DEFAULT 0,"        \
	" setup INTEGER NOT NULL DEFAULT 0, execution INTEGER NOT NULL DEFAULT 0," \
	" cleanup INTEGER NOT NULL DEFAULT 0, ended INTEGER NOT NULL DEFAULT 0"
#define LOST                                                                        \
	" SET life = 'INTERNAL_ERROR', result = 'FAILED', code = 'INTERNAL_ERROR'," \
	" term = 'INTERNAL_ERROR', message = 'The sandbox was restarted.',"         \
	" ended = strftime('%s', 'now') * 1000 WHERE life IN " ACTIVE

/* clang-format off */
/* The last two statements run at each start: they end the runs of an earlier process, which have no
 * driver any more, except the run that is seeded as running. */
const char runs_tables[] =
	"CREATE TABLE IF NOT EXISTS runs(id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL, number"
	" INTEGER NOT NULL, name TEXT NOT NULL, creator TEXT NOT NULL, type TEXT NOT NULL, trigger"
	" TEXT NOT NULL, queued INTEGER NOT NULL, settings TEXT NOT NULL, job_params TEXT,"
	" overriding TEXT, trusted INTEGER NOT NULL DEFAULT 0, seeded INTEGER NOT NULL DEFAULT 0,"
	STATE_COLUMNS ");"
	"CREATE INDEX IF NOT EXISTS runs_by_time ON runs(queued);"
	"CREATE INDEX IF NOT EXISTS runs_by_job ON runs(job_id, queued);"
	"CREATE TABLE IF NOT EXISTS task_runs(id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL, key"
	" TEXT NOT NULL, attempt INTEGER NOT NULL, sequence INTEGER NOT NULL, cluster TEXT, output"
	" TEXT, html TEXT," STATE_COLUMNS ");"
	"CREATE INDEX IF NOT EXISTS task_runs_of ON task_runs(run_id, sequence, attempt);"
	"CREATE TABLE IF NOT EXISTS repairs(id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL, start"
	" INTEGER NOT NULL, tasks TEXT NOT NULL);"
	"CREATE TABLE IF NOT EXISTS run_tokens(token TEXT NOT NULL, scope TEXT NOT NULL, run_id"
	" INTEGER NOT NULL, PRIMARY KEY(token, scope));"
	"UPDATE task_runs" LOST " AND run_id NOT IN (SELECT id FROM runs WHERE seeded = 1);"
	"UPDATE runs" LOST " AND seeded = 0;";
/* clang-format on */

static const struct {
	const char *life, *result, *code, *term;
} outcomes[] = {
	[OUTCOME_SUCCESS] = { "TERMINATED", "SUCCESS", "SUCCESS", "SUCCESS" },
	[OUTCOME_FAILED] = { "TERMINATED", "FAILED", "RUN_EXECUTION_ERROR", "CLIENT_ERROR" },
	[OUTCOME_RUN_FAILED] = { "INTERNAL_ERROR", "FAILED", "RUN_EXECUTION_ERROR",
				 "CLIENT_ERROR" },
	[OUTCOME_PARTLY] = { "TERMINATED", "SUCCESS_WITH_FAILURES", "SUCCESS_WITH_FAILURES",
			     "CLIENT_ERROR" },
	[OUTCOME_CANCELED] = { "TERMINATED", "CANCELED", "USER_CANCELED", "SUCCESS" },
	[OUTCOME_TIMEDOUT] = { "TERMINATED", "TIMEDOUT", "CANCELED", "CLIENT_ERROR" },
	[OUTCOME_MAX_RUNS] = { "SKIPPED", "MAXIMUM_CONCURRENT_RUNS_REACHED",
			       "MAX_CONCURRENT_RUNS_EXCEEDED", "CLIENT_ERROR" },
	[OUTCOME_UPSTREAM_FAILED] = { "SKIPPED", "UPSTREAM_FAILED", "SKIPPED", "CLIENT_ERROR" },
	[OUTCOME_UPSTREAM_CANCELED] = { "SKIPPED", "UPSTREAM_CANCELED", "SKIPPED", "CLIENT_ERROR" },
	[OUTCOME_EXCLUDED] = { "SKIPPED", "EXCLUDED", "SKIPPED", "SUCCESS" },
	[OUTCOME_NOT_FOUND] = { "INTERNAL_ERROR", "FAILED", "RESOURCE_NOT_FOUND", "CLIENT_ERROR" },
	[OUTCOME_CLUSTER] = { "INTERNAL_ERROR", "FAILED", "CLUSTER_ERROR", "CLIENT_ERROR" },
	[OUTCOME_UNSUPPORTED] = { "INTERNAL_ERROR", "FAILED", "INVALID_RUN_CONFIGURATION",
				  "CLIENT_ERROR" },
};

/* ---- loading ---- */

static struct json_object *
parse_run_column(sqlite3_stmt *st, int column)
{
	const char *text = db_text(st, column);

	return *text != '\0' ? json_parse(text, strlen(text)) : NULL;
}

/* Reads the ten columns of the state, which begin at `first`. */
static void
state_from(sqlite3_stmt *st, int first, struct run_state *out)
{
	snprintf(out->life, sizeof(out->life), "%s", db_text(st, first));
	snprintf(out->result, sizeof(out->result), "%s", db_text(st, first + 1));
	out->message = xstrdup(db_text(st, first + 2));
	snprintf(out->code, sizeof(out->code), "%s", db_text(st, first + 3));
	snprintf(out->term, sizeof(out->term), "%s", db_text(st, first + 4));
	out->start = db_int(st, first + 5);
	out->setup = db_int(st, first + 6);
	out->execution = db_int(st, first + 7);
	out->cleanup = db_int(st, first + 8);
	out->end = db_int(st, first + 9);
}

bool
run_load(struct workspace *ws, int64_t id, struct run *out)
{
	sqlite3_stmt *st = db_query(ws,
				    "SELECT id, job_id, number, queued, name, creator, type,"
				    " trigger, settings, job_params, overriding, trusted, life,"
				    " result, message, code, term, start, setup, execution,"
				    " cleanup, ended FROM runs WHERE id = ?",
				    "i", id);

	memset(out, 0, sizeof(*out));
	if (!db_next(ws, st))
		return false;
	out->id = db_int(st, 0);
	out->job_id = db_int(st, 1);
	out->number = db_int(st, 2);
	out->queued_ms = db_int(st, 3);
	out->name = xstrdup(db_text(st, 4));
	out->creator = xstrdup(db_text(st, 5));
	snprintf(out->type, sizeof(out->type), "%s", db_text(st, 6));
	snprintf(out->trigger, sizeof(out->trigger), "%s", db_text(st, 7));
	out->settings = parse_run_column(st, 8);
	out->job_params = parse_run_column(st, 9);
	out->overriding = parse_run_column(st, 10);
	out->trusted = db_int(st, 11) != 0;
	state_from(st, 12, &out->state);
	db_end(st);
	return true;
}

void
run_fini(struct run *run)
{
	free(run->name);
	free(run->creator);
	free(run->state.message);
	json_object_put(run->settings);
	json_object_put(run->job_params);
	json_object_put(run->overriding);
	memset(run, 0, sizeof(*run));
}

bool
task_load(struct workspace *ws, int64_t id, struct task_run *out)
{
	sqlite3_stmt *st = db_query(ws,
				    "SELECT id, run_id, attempt, key, cluster, output, life,"
				    " result, message, code, term, start, setup, execution,"
				    " cleanup, ended FROM task_runs WHERE id = ?",
				    "i", id);

	memset(out, 0, sizeof(*out));
	if (!db_next(ws, st))
		return false;
	out->id = db_int(st, 0);
	out->run_id = db_int(st, 1);
	out->attempt = db_int(st, 2);
	out->key = xstrdup(db_text(st, 3));
	out->cluster = xstrdup(db_text(st, 4));
	out->output = parse_run_column(st, 5);
	state_from(st, 6, &out->state);
	db_end(st);
	return true;
}

void
task_fini(struct task_run *task)
{
	free(task->key);
	free(task->cluster);
	free(task->state.message);
	json_object_put(task->output);
	memset(task, 0, sizeof(*task));
}

static struct json_object *
collect_ids(struct workspace *ws, sqlite3_stmt *st)
{
	struct json_object *ids = json_object_new_array();

	while (db_next(ws, st))
		json_object_array_add(ids, json_object_new_int64(db_int(st, 0)));
	return ids;
}

struct json_object *
tasks_latest(struct workspace *ws, int64_t run_id)
{
	return collect_ids(ws, db_query(ws,
					"SELECT id FROM task_runs t WHERE run_id = ?1 AND"
					" attempt = (SELECT max(attempt) FROM task_runs WHERE"
					" run_id = ?1 AND key = t.key) ORDER BY sequence",
					"i", run_id));
}

struct json_object *
tasks_all(struct workspace *ws, int64_t run_id)
{
	return collect_ids(ws, db_query(ws,
					"SELECT id FROM task_runs WHERE run_id = ?"
					" ORDER BY sequence, attempt",
					"i", run_id));
}

struct json_object *
task_spec(const struct run *run, const char *key)
{
	struct json_object *tasks = json_get(run->settings, "tasks");
	size_t n = tasks != NULL ? json_object_array_length(tasks) : 0;

	for (size_t i = 0; i < n; i++) {
		struct json_object *task = json_object_array_get_idx(tasks, i);

		if (strcmp(json_str(task, "task_key"), key) == 0)
			return task;
	}
	return NULL;
}

/* ---- changing ---- */

bool
life_is_active(const char *life)
{
	return strcmp(life, "TERMINATED") != 0 && strcmp(life, "SKIPPED") != 0 &&
	       strcmp(life, "INTERNAL_ERROR") != 0;
}

void
state_set(struct workspace *ws, const char *table, int64_t id, const char *life,
	  const char *message)
{
	char *sql = xprintf("UPDATE %s SET life = ?1, message = ?2,"
			    " start = CASE WHEN start = 0 THEN ?3 ELSE start END,"
			    " setup = CASE WHEN ?1 = 'RUNNING' AND start > 0 AND setup = 0"
			    "  THEN ?3 - start ELSE setup END WHERE id = ?4",
			    table);

	db_run(ws, sql, "ssii", life, message, clock_ms(), id);
	free(sql);
}

void
state_end(struct workspace *ws, const char *table, int64_t id, enum outcome outcome,
	  const char *message)
{
	char *sql = xprintf("UPDATE %s SET life = ?1, result = ?2, code = ?3, term = ?4,"
			    " message = ?5, ended = ?6,"
			    " start = CASE WHEN start = 0 THEN ?6 ELSE start END,"
			    " execution = CASE WHEN start = 0 THEN 0"
			    "  ELSE max(0, ?6 - start - setup - cleanup) END"
			    " WHERE id = ?7",
			    table);

	db_run(ws, sql, "sssssii", outcomes[outcome].life, outcomes[outcome].result,
	       outcomes[outcome].code, outcomes[outcome].term, message, clock_ms(), id);
	free(sql);
}

void
task_add(struct workspace *ws, const struct run *run, const char *key, int64_t attempt,
	 int64_t sequence)
{
	struct json_object *spec = task_spec(run, key);
	const char *cluster = json_str(spec, "existing_cluster_id");

	db_run(ws,
	       "INSERT INTO task_runs(id, run_id, key, attempt, sequence, cluster, life)"
	       " VALUES(?, ?, ?, ?, ?, ?, ?)",
	       "iisiiss", id_number(), run->id, key, attempt, sequence, cluster,
	       json_get(spec, "depends_on") != NULL ? "BLOCKED" : "PENDING");
}

void
task_put_output(struct workspace *ws, int64_t id, struct json_object *output, const char *html)
{
	db_run(ws, "UPDATE task_runs SET output = ?, html = ? WHERE id = ?", "jsi", output, html,
	       id);
}

/* ---- as JSON ---- */

static const char *
modern_state(const char *life)
{
	if (!life_is_active(life))
		return "TERMINATED";
	return strcmp(life, "WAITING_FOR_RETRY") == 0 ? "WAITING" : life;
}

static void
add_states(struct json_object *obj, const struct run_state *state)
{
	struct json_object *old = json_object_new_object(), *new = json_object_new_object();
	struct json_object *details;

	json_add_str(old, "life_cycle_state", state->life);
	if (state->result[0] != '\0')
		json_add_str(old, "result_state", state->result);
	json_add_str(old, "state_message", state->message);
	json_add_bool(old, "user_cancelled_or_timedout",
		      strcmp(state->result, "CANCELED") == 0 ||
			  strcmp(state->result, "TIMEDOUT") == 0);
	json_add_str(new, "state", modern_state(state->life));
	if (strcmp(state->life, "QUEUED") == 0) {
		json_add_str(old, "queue_reason", state->message);
		details = json_object_new_object();
		json_add_str(details, "code", "MAX_CONCURRENT_RUNS_REACHED");
		json_add_str(details, "message", state->message);
		json_add(new, "queue_details", details);
	}
	if (!life_is_active(state->life)) {
		details = json_object_new_object();
		json_add_str(details, "code", state->code);
		json_add_str(details, "type", state->term);
		json_add_str(details, "message", state->message);
		json_add(new, "termination_details", details);
	}
	json_add(obj, "state", old);
	json_add(obj, "status", new);
}

static void
add_times(struct json_object *obj, const struct run_state *state)
{
	json_add_int(obj, "start_time", state->start);
	json_add_int(obj, "setup_duration", state->setup);
	json_add_int(obj, "execution_duration", state->execution);
	json_add_int(obj, "cleanup_duration", state->cleanup);
	json_add_int(obj, "end_time", state->end);
}

static void
add_page_url(struct workspace *ws, struct json_object *obj, const struct run *run, int64_t id)
{
	char *url = xprintf("http://%s:%d/?o=%lld#job/%lld/run/%lld", options.host, options.port,
			    (long long)ws->org_id, (long long)run->job_id, (long long)id);

	json_add_str(obj, "run_page_url", url);
	free(url);
}

static void
add_common(struct workspace *ws, struct json_object *obj, const struct run *run, int64_t id)
{
	json_add_int(obj, "job_id", run->job_id);
	json_add_int(obj, "run_id", id);
	json_add_str(obj, "creator_user_name", run->creator);
	json_add_int(obj, "number_in_job", run->number);
	json_add_int(obj, "original_attempt_run_id", id);
	json_add_str(obj, "run_name", run->name);
	json_add_str(obj, "run_type", run->type);
	json_add_str(obj, "trigger", run->trigger);
	json_add_str(obj, "format", "MULTI_TASK");
	add_page_url(ws, obj, run, id);
}

struct json_object *
run_json(struct workspace *ws, const struct run *run)
{
	struct json_object *obj = json_object_new_object();
	struct run_state state = run->state;

	if (state.start == 0)
		state.start = run->queued_ms;
	add_common(ws, obj, run, run->id);
	add_states(obj, &state);
	add_times(obj, &state);
	if (state.end > 0)
		json_add_int(obj, "run_duration", state.end - state.start);
	if (state.start > run->queued_ms)
		json_add_int(obj, "queue_duration", state.start - run->queued_ms);
	if (run->job_params != NULL)
		json_add(obj, "job_parameters", json_object_get(run->job_params));
	if (run->overriding != NULL)
		json_add(obj, "overriding_parameters", json_object_get(run->overriding));
	if (json_get(run->settings, "schedule") != NULL)
		json_add(obj, "schedule", json_object_get(json_get(run->settings, "schedule")));
	if (json_get(run->settings, "job_clusters") != NULL)
		json_add(obj, "job_clusters",
			 json_object_get(json_get(run->settings, "job_clusters")));
	return obj;
}

static void
add_cluster(struct json_object *obj, const struct task_run *task)
{
	struct json_object *instance;

	if (*task->cluster == '\0')
		return;
	instance = json_object_new_object();
	json_add_str(instance, "cluster_id", task->cluster);
	json_add(obj, "cluster_instance", instance);
}

struct json_object *
task_json(struct workspace *ws, const struct run *run, const struct task_run *task)
{
	struct json_object *obj = json_object_new_object(), *spec = task_spec(run, task->key);

	json_add_int(obj, "run_id", task->id);
	if (spec != NULL) {
		struct json_object_iter it;

		json_object_object_foreachC(spec, it) {
			json_object_object_add(obj, it.key, json_object_get(it.val));
		}
	}
	json_add_str(obj, "task_key", task->key);
	add_states(obj, &task->state);
	add_times(obj, &task->state);
	json_add_int(obj, "attempt_number", task->attempt);
	add_cluster(obj, task);
	add_page_url(ws, obj, run, task->id);
	return obj;
}

struct json_object *
tasks_json(struct workspace *ws, const struct run *run)
{
	struct json_object *ids = tasks_all(ws, run->id), *list = json_object_new_array();
	struct task_run task;

	for (size_t i = 0; i < json_object_array_length(ids); i++) {
		int64_t id = json_object_get_int64(json_object_array_get_idx(ids, i));

		if (task_load(ws, id, &task)) {
			json_object_array_add(list, task_json(ws, run, &task));
			task_fini(&task);
		}
	}
	json_object_put(ids);
	return list;
}

struct json_object *
task_as_run(struct workspace *ws, const struct run *run, const struct task_run *task)
{
	struct json_object *obj = json_object_new_object(), *kind = json_object_new_object();
	struct json_object *spec = task_spec(run, task->key);

	add_common(ws, obj, run, task->id);
	json_add_str(obj, "task_key", task->key);
	add_states(obj, &task->state);
	add_times(obj, &task->state);
	json_add_int(obj, "attempt_number", task->attempt);
	add_cluster(obj, task);
	if (spec != NULL) {
		struct json_object_iter it;

		json_object_object_foreachC(spec, it) {
			size_t len = strlen(it.key);

			if (len > 5 && strcmp(it.key + len - 5, "_task") == 0)
				json_object_object_add(kind, it.key, json_object_get(it.val));
		}
	}
	json_add(obj, "task", kind);
	return obj;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Starting runs: jobs/run-now, jobs/runs/submit, jobs/runs/repair. */
#include "jobs/runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- rows ---- */

struct new_run {
	int64_t job_id;
	const char *name, *creator, *type, *trigger, *life, *message;
	struct json_object *settings, *job_params, *overriding; /* borrowed */
	/* keys of the tasks to run; NULL: all tasks */
	struct json_object *only;
	bool trusted;
};

static bool
is_chosen(struct json_object *only, const char *key)
{
	if (only == NULL)
		return true;
	for (size_t i = 0; i < json_object_array_length(only); i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(only, i)), key) == 0)
			return true;
	return false;
}

static void
add_tasks(struct workspace *ws, const struct run *run, struct json_object *only)
{
	struct json_object *tasks = json_get(run->settings, "tasks");

	for (size_t i = 0; i < json_object_array_length(tasks); i++) {
		const char *key = json_str(json_object_array_get_idx(tasks, i), "task_key");

		task_add(ws, run, key, 0, (int64_t)i);
		if (!is_chosen(only, key))
			state_end(ws, "task_runs",
				  db_one_int(ws,
					     "SELECT id FROM task_runs WHERE run_id = ? AND"
					     " key = ?",
					     "is", run->id, key),
				  OUTCOME_EXCLUDED, "The task was not chosen.");
	}
}

/* Creates a run and its tasks. Returns its id. */
static int64_t
insert(struct workspace *ws, const struct new_run *new)
{
	int64_t id = id_number(), now = clock_ms(), number;
	struct run run;

	number =
	    1 + db_one_int(ws, "SELECT max(number) FROM runs WHERE job_id = ?", "i", new->job_id);
	db_run(ws,
	       "INSERT INTO runs(id, job_id, number, name, creator, type, trigger, queued,"
	       " settings, job_params, overriding, trusted, life, message, start)"
	       " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	       "iiissssijjjissi", id, new->job_id, number, new->name, new->creator, new->type,
	       new->trigger, now, new->settings, new->job_params, new->overriding,
	       (int64_t) new->trusted, new->life, new->message,
	       strcmp(new->life, "PENDING") == 0 ? now : (int64_t)0);
	if (run_load(ws, id, &run)) {
		add_tasks(ws, &run, new->only);
		run_fini(&run);
	}
	return id;
}

static void
reply_run(struct request *req, int64_t run_id, bool with_number)
{
	struct json_object *answer = json_object_new_object();

	json_add_int(answer, "run_id", run_id);
	if (with_number)
		json_add_int(answer, "number_in_job",
			     db_one_int(req->ws, "SELECT number FROM runs WHERE id = ?", "i",
					run_id));
	reply_json(req, answer);
}

/* ---- idempotency ---- */

/* The run that an earlier request with this token created (then the request was answered), or 0. -1
 * when the request was refused. */
static int64_t
known_token(struct request *req, const char *scope, bool with_number)
{
	const char *token = json_str(req->body, "idempotency_token");
	int64_t run_id;

	if (token == NULL)
		return 0;
	if (strlen(token) > MAX_TOKEN) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "The idempotency token has more than %d characters.", MAX_TOKEN);
		return -1;
	}
	run_id = db_one_int(req->ws, "SELECT run_id FROM run_tokens WHERE token = ? AND scope = ?",
			    "ss", token, scope);
	if (run_id != 0)
		reply_run(req, run_id, with_number);
	return run_id;
}

static void
keep_token(struct request *req, const char *scope, int64_t run_id)
{
	const char *token = json_str(req->body, "idempotency_token");

	if (token != NULL)
		db_run(req->ws, "INSERT INTO run_tokens VALUES(?, ?, ?)", "ssi", token, scope,
		       run_id);
}

static bool
room_for_run(struct request *req)
{
	if (db_one_int(req->ws, "SELECT count(*) FROM runs WHERE ended = 0", "") < MAX_ACTIVE_RUNS)
		return true;
	reply_error(req, 429, "RESOURCE_EXHAUSTED", "The workspace has %d active runs.",
		    MAX_ACTIVE_RUNS);
	return false;
}

/* ---- parameters ---- */

static const struct {
	const char *name;
	enum json_type type;
} kinds[] = {
	{ "notebook_params", json_type_object },     { "python_params", json_type_array },
	{ "python_named_params", json_type_object }, { "jar_params", json_type_array },
	{ "spark_submit_params", json_type_array },  { "sql_params", json_type_object },
	{ "dbt_commands", json_type_array },	     { "pipeline_params", json_type_object },
};
enum { KINDS = ARRAY_SIZE(kinds) };

/* Collects the parameters in the request that replace others. False when the request was refused.
 * *out is owned; NULL when there are none. */
static bool
take_overriding(struct request *req, struct json_object **out)
{
	*out = NULL;
	for (size_t i = 0; i < KINDS; i++) {
		struct json_object *value = json_get(req->body, kinds[i].name);

		if (value == NULL)
			continue;
		if (!json_object_is_type(value, kinds[i].type)) {
			reply_error(req, 400, "MALFORMED_REQUEST",
				    "Could not parse request object:"
				    " '%s' has the wrong type",
				    kinds[i].name);
		} else if (strlen(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN)) >
			   MAX_PARAMS_JSON) {
			reply_error(req, 400, "INVALID_PARAMETER_VALUE",
				    "The JSON of %s has more "
				    "than %d bytes.",
				    kinds[i].name, MAX_PARAMS_JSON);
		} else {
			if (*out == NULL)
				*out = json_object_new_object();
			json_add(*out, kinds[i].name, json_object_get(value));
			continue;
		}
		json_object_put(*out);
		*out = NULL;
		return false;
	}
	return true;
}

static void
add_param(struct json_object *list, const char *name, const char *absent, const char *value)
{
	struct json_object *item = json_object_new_object();

	json_add_str(item, "name", name);
	json_add_str(item, "default", absent != NULL ? absent : "");
	json_add_str(item, "value", value != NULL ? value : absent);
	json_object_array_add(list, item);
}

/* The job's parameters with the given values, then the parameters that only the caller has. */
static struct json_object *
merge_start_params(struct json_object *settings, struct json_object *given)
{
	struct json_object *defined = json_get(settings, "parameters");
	struct json_object *list = json_object_new_array();
	size_t n = defined != NULL ? json_object_array_length(defined) : 0;

	for (size_t i = 0; i < n; i++) {
		struct json_object *param = json_object_array_get_idx(defined, i);
		struct json_object *value = json_get(given, json_str(param, "name"));

		add_param(list, json_str(param, "name"), json_str(param, "default"),
			  value != NULL ? json_object_get_string(value) : NULL);
	}
	if (json_object_is_type(given, json_type_object)) {
		struct json_object_iter it;

		json_object_object_foreachC(given, it) {
			bool known = false;

			for (size_t i = 0; i < n; i++)
				known =
				    known ||
				    strcmp(it.key, json_str(json_object_array_get_idx(defined, i),
							    "name")) == 0;
			if (!known)
				add_param(list, it.key, NULL, json_object_get_string(it.val));
		}
	}
	if (json_object_array_length(list) > 0)
		return list;
	json_object_put(list);
	return NULL;
}

/* ---- "only": a part of the tasks ---- */

static void
add_key(struct json_object *keys, const char *key)
{
	if (!is_chosen(keys, key))
		json_object_array_add(keys, json_object_new_string(key));
}

/* Adds the tasks on which this one depends (up), or those that depend on it, recursively. */
static void
add_relatives(struct json_object *tasks, struct json_object *keys, const char *key, bool up)
{
	for (size_t i = 0; i < json_object_array_length(tasks); i++) {
		struct json_object *task = json_object_array_get_idx(tasks, i);
		struct json_object *list = json_get(task, "depends_on");
		const char *own = json_str(task, "task_key");

		for (size_t k = 0; list != NULL && k < json_object_array_length(list); k++) {
			const char *upper =
			    json_str(json_object_array_get_idx(list, k), "task_key");
			const char *from = up ? own : upper, *to = up ? upper : own;

			if (strcmp(from, key) == 0 && !is_chosen(keys, to)) {
				add_key(keys, to);
				add_relatives(tasks, keys, to, up);
			}
		}
	}
}

static bool
has_task(struct json_object *tasks, const char *key)
{
	for (size_t i = 0; i < json_object_array_length(tasks); i++)
		if (strcmp(json_str(json_object_array_get_idx(tasks, i), "task_key"), key) == 0)
			return true;
	return false;
}

/* Expands "+k" and "k+" in `only` to a list of keys. NULL: all tasks. *ok is false when the request
 * was refused. */
static struct json_object *
expand_only(struct request *req, struct json_object *settings, bool *ok)
{
	struct json_object *only = json_get(req->body, "only"), *keys;
	struct json_object *tasks = json_get(settings, "tasks");

	*ok = true;
	if (!json_object_is_type(only, json_type_array) || json_object_array_length(only) == 0)
		return NULL;
	keys = json_object_new_array();
	for (size_t i = 0; *ok && i < json_object_array_length(only); i++) {
		const char *given = json_object_get_string(json_object_array_get_idx(only, i));
		bool up = given != NULL && given[0] == '+';
		char *key = xstrdup(given != NULL ? given + up : "");
		size_t len = strlen(key);
		bool down = len > 0 && key[len - 1] == '+';

		if (down)
			key[len - 1] = '\0';
		*ok = has_task(tasks, key);
		if (!*ok)
			reply_error(req, 400, "INVALID_PARAMETER_VALUE",
				    "Task '%.100s' in 'only' is not in the job.", key);
		add_key(keys, key);
		if (up)
			add_relatives(tasks, keys, key, true);
		if (down)
			add_relatives(tasks, keys, key, false);
		free(key);
	}
	return keys;
}

/* ---- run-now ---- */

static int64_t
active_runs(struct workspace *ws, int64_t job_id)
{
	return db_one_int(ws, "SELECT count(*) FROM runs WHERE job_id = ? AND ended = 0", "i",
			  job_id);
}

/* Sets the run to PENDING, QUEUED or SKIPPED, depending on the job's limit of concurrent runs, and
 * starts it. */
static int64_t
start_job_run(struct workspace *ws, struct new_run *new, bool queue)
{
	int64_t most = json_int(new->settings, "max_concurrent_runs", 1), id;
	bool full = active_runs(ws, new->job_id) >= most;

	new->life = full &&queue ? "QUEUED" : "PENDING";
	new->message =
	    full &&queue ? "Queued due to reaching maximum concurrent runs of the job." : "";
	id = insert(ws, new);
	if (full && !queue) {
		db_run(ws, "DELETE FROM task_runs WHERE run_id = ?", "i", id);
		state_end(ws, "runs", id, OUTCOME_MAX_RUNS,
			  "Run was skipped because the job has "
			  "reached its maximum of concurrent runs.");
	} else if (!run_launch(ws, id)) {
		state_end(ws, "runs", id, OUTCOME_CLUSTER, "The sandbox cannot run more now.");
	}
	return id;
}

static bool
wants_queue(struct request *req, struct json_object *settings)
{
	struct json_object *own = json_get(req->body, "queue");

	return json_flag(own != NULL ? own : json_get(settings, "queue"), "enabled", false);
}

static void
run_now(struct request *req, struct json_object *settings, int64_t job_id, const char *scope)
{
	struct new_run new = { .job_id = job_id,
			       .name = json_str(settings, "name"),
			       .creator = req->user,
			       .type = "JOB_RUN",
			       .trigger = "ONE_TIME",
			       .settings = settings,
			       .trusted = req->trusted };
	struct json_object *only, *overriding, *params;
	int64_t id;
	bool ok;

	if (!take_overriding(req, &overriding))
		return;
	only = expand_only(req, settings, &ok);
	params = merge_start_params(settings, json_get(req->body, "job_parameters"));
	new.job_params = params;
	new.overriding = overriding;
	new.only = only;
	if (ok && room_for_run(req)) {
		id = start_job_run(req->ws, &new, wants_queue(req, settings));
		keep_token(req, scope, id);
		reply_run(req, id, true);
	}
	json_object_put(only);
	json_object_put(params);
	json_object_put(overriding);
}

void
runs_run_now(struct request *req)
{
	struct json_object *settings;
	int64_t job_id;
	char scope[32];

	if (!body_need_int(req, "job_id", &job_id))
		return;
	settings = job_settings(req->ws, job_id);
	if (settings == NULL) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE", "Job %lld does not exist.",
			    (long long)job_id);
		return;
	}
	snprintf(scope, sizeof(scope), "job %lld", (long long)job_id);
	if (known_token(req, scope, true) == 0)
		run_now(req, settings, job_id, scope);
	json_object_put(settings);
}

int64_t
run_make_child(struct workspace *ws, const struct run *parent, int64_t job_id,
	       struct json_object *job_params)
{
	struct json_object *settings = job_settings(ws, job_id), *params;
	struct new_run new = { .job_id = job_id,
			       .creator = parent->creator,
			       .type = "JOB_RUN",
			       .trigger = "RUN_JOB_TASK",
			       .settings = settings,
			       .trusted = parent->trusted };
	int64_t id;

	if (settings == NULL)
		return 0;
	json_add_int(settings, "sandbox_depth", json_int(parent->settings, "sandbox_depth", 0) + 1);
	params = merge_start_params(settings, job_params);
	new.name = json_str(settings, "name");
	new.job_params = params;
	id = start_job_run(ws, &new, true);
	json_object_put(params);
	json_object_put(settings);
	return id;
}

/* ---- submit ---- */

void
runs_submit(struct request *req)
{
	const char *name = json_str(req->body, "run_name");
	struct new_run new = { .job_id = id_number(),
			       .name = name != NULL ? name : "Untitled",
			       .creator = req->user,
			       .type = "SUBMIT_RUN",
			       .trigger = "ONE_TIME",
			       .life = "PENDING",
			       .message = "",
			       .settings = req->body,
			       .trusted = req->trusted };
	int64_t id;

	if (known_token(req, "submit", false) != 0)
		return;
	if (!settings_check(req, req->body, true) || !room_for_run(req))
		return;
	id = insert(req->ws, &new);
	if (!run_launch(req->ws, id))
		state_end(req->ws, "runs", id, OUTCOME_CLUSTER, "The sandbox cannot run more now.");
	keep_token(req, "submit", id);
	reply_run(req, id, false);
}

/* ---- repair ---- */

/* The tasks to run again. NULL when the request was refused. */
static struct json_object *
tasks_to_repair(struct request *req, const struct run *run)
{
	struct json_object *given = json_get(req->body, "rerun_tasks");
	bool failed = json_flag(req->body, "rerun_all_failed_tasks", false);
	bool dependents = json_flag(req->body, "rerun_dependent_tasks", false);
	struct json_object *keys = json_object_new_array(), *ids = tasks_latest(req->ws, run->id);
	struct json_object *specs = json_get(run->settings, "tasks");
	struct task_run task;

	for (size_t i = 0; i < json_object_array_length(ids); i++) {
		bool chosen;

		if (!task_load(req->ws, json_object_get_int64(json_object_array_get_idx(ids, i)),
			       &task))
			continue;
		chosen = failed ? strncmp(task.state.result, "SUCCESS", 7) != 0 &&
				      strcmp(task.state.result, "EXCLUDED") != 0
				: given != NULL && is_chosen(given, task.key);
		if (chosen)
			add_key(keys, task.key);
		if (chosen && dependents)
			add_relatives(specs, keys, task.key, false);
		task_fini(&task);
	}
	json_object_put(ids);
	if (json_object_array_length(keys) > 0)
		return keys;
	json_object_put(keys);
	reply_error(req, 400, "INVALID_PARAMETER_VALUE",
		    "rerun_tasks names no task of the run, "
		    "and rerun_all_failed_tasks finds none that failed.");
	return NULL;
}

static bool
repair_allowed(struct request *req, const struct run *run)
{
	int64_t latest = db_one_int(req->ws,
				    "SELECT id FROM repairs WHERE run_id = ?"
				    " ORDER BY start DESC, rowid DESC LIMIT 1",
				    "i", run->id);

	if (life_is_active(run->state.life))
		reply_error(req, 400, "INVALID_STATE", "Run %lld is active and cannot be repaired.",
			    (long long)run->id);
	else if (json_int(req->body, "latest_repair_id", 0) != latest)
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "latest_repair_id must be the id of the latest repair, if any.");
	return !reply_done(req);
}

/* Creates new attempts of the tasks, and sets the run to running again. */
static int64_t
reopen(struct workspace *ws, const struct run *run, struct json_object *keys)
{
	int64_t repair = id_number();
	struct json_object *specs = json_get(run->settings, "tasks");

	for (size_t i = 0; i < json_object_array_length(specs); i++) {
		const char *key = json_str(json_object_array_get_idx(specs, i), "task_key");

		if (is_chosen(keys, key))
			task_add(
			    ws, run, key,
			    1 + db_one_int(ws,
					   "SELECT max(attempt) FROM task_runs WHERE run_id = ?"
					   " AND key = ?",
					   "is", run->id, key),
			    (int64_t)i);
	}
	db_run(ws, "INSERT INTO repairs VALUES(?, ?, ?, ?)", "iiij", repair, run->id, clock_ms(),
	       keys);
	db_run(ws,
	       "UPDATE runs SET life = 'PENDING', result = '', code = '', term = '',"
	       " message = '', ended = 0, seeded = 0 WHERE id = ?",
	       "i", run->id);
	return repair;
}

static void
repair(struct request *req, const struct run *run)
{
	struct json_object *keys, *answer, *overriding;
	int64_t repair_id;

	if (!repair_allowed(req, run) || !take_overriding(req, &overriding))
		return;
	keys = tasks_to_repair(req, run);
	if (keys != NULL) {
		if (overriding != NULL)
			db_run(req->ws, "UPDATE runs SET overriding = ? WHERE id = ?", "ji",
			       overriding, run->id);
		db_run(req->ws, "UPDATE runs SET trusted = ? WHERE id = ?", "ii",
		       (int64_t)req->trusted, run->id);
		repair_id = reopen(req->ws, run, keys);
		if (!run_launch(req->ws, run->id))
			state_end(req->ws, "runs", run->id, OUTCOME_CLUSTER,
				  "The sandbox cannot run more now.");
		answer = json_object_new_object();
		json_add_int(answer, "repair_id", repair_id);
		reply_json(req, answer);
	}
	json_object_put(keys);
	json_object_put(overriding);
}

void
runs_repair(struct request *req)
{
	struct run run;
	int64_t id;

	if (!body_need_int(req, "run_id", &id))
		return;
	if (!run_load(req->ws, id, &run)) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE", "Run %lld does not exist.",
			    (long long)id);
		return;
	}
	repair(req, &run);
	run_fini(&run);
}

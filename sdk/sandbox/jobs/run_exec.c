/* SPDX-License-Identifier: Apache-2.0 */
/* A background task drives a run from QUEUED or PENDING to its end: one task after the other, in
 * the order of their dependencies. The lock is held only while rows are read or changed, never
 * while a task runs. */
#include "jobs/runs.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PENDING_MS = 600, RUNNING_MS = 700, TERMINATING_MS = 200, QUEUE_MS = 50 };

/* ---- the runs that have a driver ---- */

struct live {
	struct workspace *ws;
	int64_t run_id;
	struct bg *bg;
	struct live *next;
};

/* This lock is taken inside ws_lock or alone, never in the other order. */
static pthread_mutex_t live_lock = PTHREAD_MUTEX_INITIALIZER;
static struct live *live;

static void
forget(const struct bg *bg)
{
	struct live *found = NULL;

	pthread_mutex_lock(&live_lock);
	for (struct live **at = &live; *at != NULL; at = &(*at)->next) {
		if ((*at)->bg == bg) {
			found = *at;
			*at = found->next;
			break;
		}
	}
	pthread_mutex_unlock(&live_lock);
	if (found != NULL) {
		bg_unref(found->bg);
		free(found);
	}
}

static void
drive_in_background(struct bg *bg, void *arg)
{
	int64_t *run_id = arg, id = *run_id;

	free(run_id);
	run_drive(bg, bg_workspace(bg), id);
	forget(bg);
}

bool
run_launch(struct workspace *ws, int64_t run_id)
{
	struct live *entry = xcalloc(1, sizeof(*entry));
	int64_t *arg = xcalloc(1, sizeof(*arg));

	*arg = run_id;
	entry->ws = ws;
	entry->run_id = run_id;
	pthread_mutex_lock(&live_lock);
	entry->bg = bg_start(ws, drive_in_background, arg);
	if (entry->bg != NULL) {
		entry->next = live;
		live = entry;
	}
	pthread_mutex_unlock(&live_lock);
	if (entry->bg != NULL)
		return true;
	free(arg);
	free(entry);
	return false;
}

static struct bg *
driver_of(struct workspace *ws, int64_t run_id)
{
	struct bg *bg = NULL;

	pthread_mutex_lock(&live_lock);
	for (struct live *l = live; l != NULL && bg == NULL; l = l->next)
		if (l->ws == ws && l->run_id == run_id)
			bg = bg_ref(l->bg);
	pthread_mutex_unlock(&live_lock);
	return bg;
}

static void
end_tasks(struct workspace *ws, int64_t run_id, enum outcome outcome, const char *message)
{
	struct json_object *ids = tasks_latest(ws, run_id);
	struct task_run task;

	for (size_t i = 0; i < json_object_array_length(ids); i++) {
		int64_t id = json_object_get_int64(json_object_array_get_idx(ids, i));

		if (!task_load(ws, id, &task))
			continue;
		if (life_is_active(task.state.life))
			state_end(ws, "task_runs", id, outcome, message);
		task_fini(&task);
	}
	json_object_put(ids);
}

void
run_cancel(struct workspace *ws, int64_t run_id)
{
	struct bg *bg = driver_of(ws, run_id);

	if (bg == NULL) {
		end_tasks(ws, run_id, OUTCOME_CANCELED, "Run cancelled.");
		state_end(ws, "runs", run_id, OUTCOME_CANCELED, "Run cancelled.");
		return;
	}
	db_run(ws,
	       "UPDATE task_runs SET life = 'TERMINATING' WHERE run_id = ?"
	       " AND life = 'RUNNING'",
	       "i", run_id);
	state_set(ws, "runs", run_id, "TERMINATING", "Cancelling run");
	bg_cancel(bg);
	bg_unref(bg);
}

/* ---- the next task ---- */

struct step {
	int64_t id;
	char *key;
	char life[24], result[40], condition[8];
};

struct plan {
	struct step *steps;
	size_t count;
};

/* Finds the latest attempt of each task. */
static void
plan_load(struct workspace *ws, int64_t run_id, struct plan *plan)
{
	sqlite3_stmt *st = db_query(ws,
				    "SELECT id, key, life, result, json_extract(output,"
				    " '$.condition_outcome') FROM task_runs t WHERE run_id = ?1"
				    " AND attempt = (SELECT max(attempt) FROM task_runs WHERE"
				    " run_id = ?1 AND sequence = t.sequence) ORDER BY sequence",
				    "i", run_id);

	memset(plan, 0, sizeof(*plan));
	while (db_next(ws, st)) {
		struct step *step;

		plan->steps = xrealloc(plan->steps, (plan->count + 1) * sizeof(*plan->steps));
		step = &plan->steps[plan->count++];
		step->id = db_int(st, 0);
		step->key = xstrdup(db_text(st, 1));
		snprintf(step->life, sizeof(step->life), "%s", db_text(st, 2));
		snprintf(step->result, sizeof(step->result), "%s", db_text(st, 3));
		snprintf(step->condition, sizeof(step->condition), "%s", db_text(st, 4));
	}
}

static void
plan_fini(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		free(plan->steps[i].key);
	free(plan->steps);
}

static const struct step *
plan_find(const struct plan *plan, const char *key)
{
	for (size_t i = 0; key != NULL && i < plan->count; i++)
		if (strcmp(plan->steps[i].key, key) == 0)
			return &plan->steps[i];
	return NULL;
}

struct upstream {
	size_t count, succeeded, failed, cancelled, excluded, active;
};

static void
look_upstream(const struct plan *plan, struct json_object *spec, struct upstream *up)
{
	struct json_object *list = json_get(spec, "depends_on");

	memset(up, 0, sizeof(*up));
	up->count = list != NULL ? json_object_array_length(list) : 0;
	for (size_t i = 0; i < up->count; i++) {
		struct json_object *dependency = json_object_array_get_idx(list, i);
		const struct step *step = plan_find(plan, json_str(dependency, "task_key"));
		const char *wanted = json_str(dependency, "outcome");

		if (step == NULL)
			continue;
		if (life_is_active(step->life))
			up->active++;
		else if (strcmp(step->result, "EXCLUDED") == 0 ||
			 (wanted != NULL && strcmp(wanted, step->condition) != 0))
			up->excluded++;
		else if (strncmp(step->result, "SUCCESS", 7) == 0)
			up->succeeded++;
		else if (strstr(step->result, "CANCELED") != NULL)
			up->cancelled++;
		else
			up->failed++;
	}
}

/* Decides by the task's run_if: OUTCOME_SUCCESS means to run the task, any other result means not
 * to run it. */
static enum outcome
judge(struct json_object *spec, const struct upstream *up)
{
	const char *rule = json_str(spec, "run_if");
	size_t bad = up->failed + up->cancelled;

	if (up->count == 0 || (rule != NULL && strcmp(rule, "ALL_DONE") == 0))
		return OUTCOME_SUCCESS;
	if (rule != NULL && strcmp(rule, "NONE_FAILED") == 0 && bad == 0)
		return up->succeeded > 0 ? OUTCOME_SUCCESS : OUTCOME_EXCLUDED;
	if (rule != NULL && strcmp(rule, "AT_LEAST_ONE_SUCCESS") == 0 && up->succeeded > 0)
		return OUTCOME_SUCCESS;
	if (rule != NULL && strcmp(rule, "ALL_FAILED") == 0)
		return bad == up->count ? OUTCOME_SUCCESS : OUTCOME_EXCLUDED;
	if (rule != NULL && strcmp(rule, "AT_LEAST_ONE_FAILED") == 0)
		return bad > 0 ? OUTCOME_SUCCESS : OUTCOME_EXCLUDED;
	if (up->failed > 0)
		return OUTCOME_UPSTREAM_FAILED;
	if (up->cancelled > 0)
		return OUTCOME_UPSTREAM_CANCELED;
	return up->excluded > 0 ? OUTCOME_EXCLUDED : OUTCOME_SUCCESS;
}

/* Ends the tasks that must not run, and finds one that can run. 0 when no task is left. */
static int64_t
next_task(struct workspace *ws, const struct run *run)
{
	struct plan plan;
	struct upstream up;
	int64_t found = 0;
	bool skipped = true;

	while (skipped && found == 0) {
		skipped = false;
		plan_load(ws, run->id, &plan);
		for (size_t i = 0; i < plan.count && found == 0 && !skipped; i++) {
			struct json_object *spec = task_spec(run, plan.steps[i].key);
			enum outcome outcome;

			if (!life_is_active(plan.steps[i].life))
				continue;
			look_upstream(&plan, spec, &up);
			if (up.active > 0)
				continue;
			outcome = judge(spec, &up);
			if (outcome == OUTCOME_SUCCESS)
				found = plan.steps[i].id;
			else
				state_end(ws, "task_runs", plan.steps[i].id, outcome,
					  "The task was skipped because of its upstream tasks.");
			skipped = outcome != OUTCOME_SUCCESS;
		}
		plan_fini(&plan);
	}
	return found;
}

/* ---- one task ---- */

struct drive {
	struct bg *bg;
	struct workspace *ws;
	struct run run;
	struct json_object *values; /* task values */
	int64_t deadline_ms;
	bool timed_out;
};

static void
move(struct drive *drive, int64_t task_id, const char *life, const char *message)
{
	ws_lock(drive->ws);
	state_set(drive->ws, "task_runs", task_id, life, message);
	ws_unlock(drive->ws);
}

static int64_t
task_deadline(const struct drive *drive, struct json_object *spec)
{
	int64_t seconds = json_int(spec, "timeout_seconds", 0);
	int64_t own = seconds > 0 ? clock_ms() + seconds * 1000 : 0;

	if (own == 0 || (drive->deadline_ms > 0 && drive->deadline_ms < own))
		return drive->deadline_ms;
	return own;
}

/* Moves a run from PENDING to TERMINATING; the row does not have the outcome yet. */
static enum outcome
attempt(struct drive *drive, struct task_context *context)
{
	int64_t started;
	enum outcome outcome;

	move(drive, context->task->id, "PENDING", "Waiting for compute");
	outcome = task_prepare(context);
	if (outcome != OUTCOME_SUCCESS)
		return outcome;
	move(drive, context->task->id, "RUNNING", "In run");
	started = clock_ms();
	context->deadline_ms = task_deadline(drive, context->spec);
	outcome = task_perform(context);
	if (!bg_sleep(drive->bg, scaled_ms(RUNNING_MS) - (clock_ms() - started)) &&
	    outcome != OUTCOME_CANCELED) {
		free(context->message);
		context->message = xstrdup("Run cancelled.");
		outcome = OUTCOME_CANCELED;
	}
	move(drive, context->task->id, "TERMINATING", "");
	bg_sleep(drive->bg, scaled_ms(TERMINATING_MS));
	return outcome;
}

/* Adds another attempt if the task allows one. True when it was added. */
static bool
retry(struct drive *drive, const struct task_context *context, enum outcome outcome)
{
	int64_t retries = json_int(context->spec, "max_retries", 0);
	bool timeout_too = json_flag(context->spec, "retry_on_timeout", false);
	struct json_object *ids;
	struct task_run task;

	if ((outcome != OUTCOME_FAILED && !(outcome == OUTCOME_TIMEDOUT && timeout_too)) ||
	    (retries >= 0 && context->task->attempt >= retries) || drive->timed_out)
		return false;
	task_add(drive->ws, &drive->run, context->task->key, context->task->attempt + 1,
		 db_one_int(drive->ws, "SELECT sequence FROM task_runs WHERE id = ?", "i",
			    context->task->id));
	ids = tasks_latest(drive->ws, drive->run.id);
	for (size_t i = 0; i < json_object_array_length(ids); i++) {
		int64_t id = json_object_get_int64(json_object_array_get_idx(ids, i));

		if (task_load(drive->ws, id, &task)) {
			if (strcmp(task.key, context->task->key) == 0)
				state_set(drive->ws, "task_runs", id, "WAITING_FOR_RETRY", "");
			task_fini(&task);
		}
	}
	json_object_put(ids);
	return true;
}

/* Runs one attempt of a task and stores its result. */
static void
run_task(struct drive *drive, int64_t task_id)
{
	struct task_context context = { .ws = drive->ws,
					.run = &drive->run,
					.values = drive->values,
					.bg = drive->bg,
					.html = BUF(0) };
	struct task_run task;
	enum outcome outcome;
	int64_t pause = 0;
	bool found;

	ws_lock(drive->ws);
	found = task_load(drive->ws, task_id, &task);
	ws_unlock(drive->ws);
	if (!found)
		return;
	context.task = &task;
	context.spec = task_spec(&drive->run, task.key);
	context.output = json_object_new_object();
	if (strcmp(task.state.life, "WAITING_FOR_RETRY") == 0)
		pause = json_int(context.spec, "min_retry_interval_millis", 0);
	bg_sleep(drive->bg, scaled_ms(pause));
	outcome = attempt(drive, &context);
	if (outcome == OUTCOME_TIMEDOUT && drive->deadline_ms > 0 &&
	    clock_ms() >= drive->deadline_ms)
		drive->timed_out = true;
	ws_lock(drive->ws);
	task_put_output(drive->ws, task_id, context.output,
			context.html.len > 0 ? context.html.data : NULL);
	state_end(drive->ws, "task_runs", task_id, outcome,
		  context.message != NULL ? context.message : "");
	retry(drive, &context, outcome);
	ws_unlock(drive->ws);
	json_object_put(context.output);
	buf_fini(&context.html);
	free(context.message);
	task_fini(&task);
}

/* ---- the whole run ---- */

/* Does another task depend on this one? */
static bool
has_dependents(const struct run *run, const char *key)
{
	struct json_object *tasks = json_get(run->settings, "tasks");

	for (size_t i = 0; i < json_object_array_length(tasks); i++) {
		struct json_object *list =
		    json_get(json_object_array_get_idx(tasks, i), "depends_on");

		for (size_t k = 0; list != NULL && k < json_object_array_length(list); k++)
			if (strcmp(json_str(json_object_array_get_idx(list, k), "task_key"), key) ==
			    0)
				return true;
	}
	return false;
}

/* Calculates the outcome from the tasks on which no other task depends. *message names the failed
 * task. */
static enum outcome
run_outcome(struct workspace *ws, const struct run *run, char **message)
{
	enum outcome outcome = OUTCOME_SUCCESS;
	struct task_run task;
	struct plan plan;

	plan_load(ws, run->id, &plan);
	for (size_t i = 0; i < plan.count; i++) {
		const char *result = plan.steps[i].result;
		bool fine = strncmp(result, "SUCCESS", 7) == 0 || strcmp(result, "EXCLUDED") == 0;

		if (fine)
			continue;
		if (*message == NULL && strncmp(result, "UPSTREAM", 8) != 0 &&
		    task_load(ws, plan.steps[i].id, &task)) {
			*message = xprintf("Task %s failed with message: %s.", task.key,
					   task.state.message);
			task_fini(&task);
		}
		if (!has_dependents(run, plan.steps[i].key))
			outcome = OUTCOME_RUN_FAILED;
		else if (outcome == OUTCOME_SUCCESS)
			outcome = OUTCOME_PARTLY;
	}
	plan_fini(&plan);
	return outcome;
}

static void
finish(struct drive *drive)
{
	char *message = NULL;
	enum outcome outcome;

	ws_lock(drive->ws);
	if (bg_cancelled(drive->bg)) {
		end_tasks(drive->ws, drive->run.id, OUTCOME_CANCELED, "Run cancelled.");
		state_end(drive->ws, "runs", drive->run.id, OUTCOME_CANCELED, "Run cancelled.");
	} else if (drive->timed_out) {
		end_tasks(drive->ws, drive->run.id, OUTCOME_TIMEDOUT, "Run timed out.");
		state_end(drive->ws, "runs", drive->run.id, OUTCOME_TIMEDOUT, "Run timed out.");
	} else {
		outcome = run_outcome(drive->ws, &drive->run, &message);
		state_end(drive->ws, "runs", drive->run.id, outcome,
			  message != NULL ? message : "");
	}
	ws_unlock(drive->ws);
	free(message);
}

/* The number of runs of this job that began earlier. */
static int64_t
runs_ahead(struct workspace *ws, const struct run *run)
{
	return db_one_int(ws,
			  "SELECT count(*) FROM runs WHERE job_id = ?1 AND id <> ?2 AND"
			  " (life IN ('PENDING', 'RUNNING', 'TERMINATING') OR (life = 'QUEUED' AND"
			  " number < ?3))",
			  "iii", run->job_id, run->id, run->number);
}

/* Waits in QUEUED until the job may run. False when the run was cancelled meanwhile. */
static bool
wait_in_queue(struct drive *drive)
{
	int64_t most = json_int(drive->run.settings, "max_concurrent_runs", 1);
	bool queued = strcmp(drive->run.state.life, "QUEUED") == 0;

	while (queued) {
		ws_lock(drive->ws);
		queued = runs_ahead(drive->ws, &drive->run) >= most;
		if (!queued)
			state_set(drive->ws, "runs", drive->run.id, "PENDING", "");
		ws_unlock(drive->ws);
		if (queued && !bg_sleep(drive->bg, QUEUE_MS))
			return false;
	}
	return bg_sleep(drive->bg, scaled_ms(PENDING_MS));
}

static void
run_tasks(struct drive *drive)
{
	int64_t seconds = json_int(drive->run.settings, "timeout_seconds", 0), task_id = 1;

	if (seconds > 0)
		drive->deadline_ms = clock_ms() + seconds * 1000;
	while (task_id != 0 && !bg_cancelled(drive->bg) && !drive->timed_out) {
		ws_lock(drive->ws);
		state_set(drive->ws, "runs", drive->run.id, "RUNNING", "In run");
		task_id = next_task(drive->ws, &drive->run);
		ws_unlock(drive->ws);
		if (task_id != 0)
			run_task(drive, task_id);
		if (drive->deadline_ms > 0 && clock_ms() > drive->deadline_ms && task_id != 0)
			drive->timed_out = true;
	}
}

void
run_drive(struct bg *bg, struct workspace *ws, int64_t run_id)
{
	struct drive drive = { .bg = bg, .ws = ws };
	bool found;

	ws_lock(ws);
	found = run_load(ws, run_id, &drive.run);
	ws_unlock(ws);
	if (!found)
		return;
	drive.values = json_object_new_object();
	if (life_is_active(drive.run.state.life)) {
		if (wait_in_queue(&drive))
			run_tasks(&drive);
		finish(&drive);
	}
	json_object_put(drive.values);
	run_fini(&drive.run);
}

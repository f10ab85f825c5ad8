/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs one task of a run: notebooks, python files, SQL files, other jobs and conditions are
 * executed. Other kinds of task end with an error that says so.
 */
#include "jobs/runs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files/beneath.h"
#include "compute/exec.h"
#include "workspace/objects.h"
#include "jobs/run_params.h"

enum { WAIT_MS = 50, JOB_CLUSTER_MS = 1500, SERVERLESS_MS = 500, MAX_JOB_DEPTH = 5 };

static enum outcome
fail(struct task_context *context, enum outcome outcome, char *message)
{
	free(context->message);
	context->message = message;
	return outcome;
}

/* ---- compute ---- */

static enum outcome
wait_for_cluster(struct task_context *context, const char *id)
{
	const char *state = cluster_state(context->ws, id);

	if (state != NULL && strcmp(state, "TERMINATED") == 0)
		cluster_start(context->ws, id);
	while ((state = cluster_state(context->ws, id)) != NULL && strcmp(state, "RUNNING") != 0 &&
	       strcmp(state, "RESIZING") != 0 && strcmp(state, "ERROR") != 0) {
		if (strcmp(state, "TERMINATED") == 0)
			cluster_start(context->ws, id);
		if (!bg_sleep(context->bg, WAIT_MS))
			return fail(context, OUTCOME_CANCELED, xstrdup("Run cancelled."));
	}
	if (state == NULL)
		return fail(context, OUTCOME_CLUSTER, xprintf("Cluster '%s' does not exist.", id));
	if (strcmp(state, "ERROR") == 0)
		return fail(context, OUTCOME_CLUSTER,
			    xprintf("Cluster '%s' is in state ERROR.", id));
	return OUTCOME_SUCCESS;
}

static enum outcome
wait_for_warehouse(struct task_context *context, const char *id)
{
	const char *state = warehouse_state(context->ws, id);

	if (state == NULL)
		return fail(context, OUTCOME_CLUSTER,
			    xprintf("SQL warehouse '%s' does not exist.", id));
	if (strcmp(state, "RUNNING") != 0)
		warehouse_start(context->ws, id);
	while ((state = warehouse_state(context->ws, id)) != NULL && strcmp(state, "RUNNING") != 0)
		if (!bg_sleep(context->bg, WAIT_MS))
			return fail(context, OUTCOME_CANCELED, xstrdup("Run cancelled."));
	return OUTCOME_SUCCESS;
}

static const char *
warehouse_of(struct json_object *spec)
{
	const char *id = json_str(json_get(spec, "notebook_task"), "warehouse_id");

	return id != NULL ? id : json_str(json_get(spec, "sql_task"), "warehouse_id");
}

enum outcome
task_prepare(struct task_context *context)
{
	const char *cluster = json_str(context->spec, "existing_cluster_id");
	bool own = json_get(context->spec, "new_cluster") != NULL ||
		   json_get(context->spec, "job_cluster_key") != NULL;

	if (cluster != NULL)
		return wait_for_cluster(context, cluster);
	if (warehouse_of(context->spec) != NULL)
		return wait_for_warehouse(context, warehouse_of(context->spec));
	if (!bg_sleep(context->bg, scaled_ms(own ? JOB_CLUSTER_MS : SERVERLESS_MS)))
		return fail(context, OUTCOME_CANCELED, xstrdup("Run cancelled."));
	return OUTCOME_SUCCESS;
}

static bool
cluster_ended(void *arg)
{
	struct task_context *context = arg;
	const char *id = json_str(context->spec, "existing_cluster_id");
	const char *state = id != NULL ? cluster_state(context->ws, id) : "RUNNING";

	return state == NULL || (strcmp(state, "RUNNING") != 0 && strcmp(state, "RESIZING") != 0);
}

/* ---- code ---- */

static void
begin(struct task_context *context, struct exec *exec)
{
	exec_init(exec, context->ws, context->run->creator, context->run->trusted);
	exec->values = context->values;
	exec->task_key = context->task->key;
	exec->bg = context->bg;
	exec->deadline_ms = context->deadline_ms;
	exec->stop = cluster_ended;
	exec->stop_arg = context;
}

/* Adds at most MAX_OUTPUT bytes of a text, and whether the text was longer. */
static void
add_capped(struct json_object *obj, const char *name, const char *flag, const char *text)
{
	size_t len = strlen(text), kept = len < MAX_OUTPUT ? len : MAX_OUTPUT;

	while (kept < len && kept > 0 && ((unsigned char)text[kept] & 0xc0) == 0x80)
		kept--;
	json_add(obj, name, json_object_new_string_len(text, (int)kept));
	json_add_bool(obj, flag, kept < len);
}

static enum outcome
outcome_of(struct task_context *context, const struct exec_result *result)
{
	char *line;

	switch (result->end) {
	case EXEC_OK:
	case EXEC_EXIT: return OUTCOME_SUCCESS;
	case EXEC_CANCELLED:
		if (!bg_cancelled(context->bg))
			return fail(context, OUTCOME_CLUSTER,
				    xstrdup("The cluster was terminated during the run."));
		return fail(context, OUTCOME_CANCELED, xstrdup("Run cancelled."));
	case EXEC_TIMEDOUT: return fail(context, OUTCOME_TIMEDOUT, xstrdup("Run timed out."));
	case EXEC_ERROR: break;
	}
	line = xprintf("%s: %s", result->ename, result->evalue);
	json_add_str(context->output, "error", line);
	json_add_str(context->output, "error_trace", result->trace);
	if (result->missing)
		return fail(context, OUTCOME_NOT_FOUND, line);
	free(line);
	return fail(context, OUTCOME_FAILED,
		    xstrdup("Workload failed, see run output for details"));
}

static enum outcome
run_notebook(struct task_context *context, struct json_object *task)
{
	struct json_object *output = json_object_new_object();
	const char *path = json_str(task, "notebook_path");
	struct exec_result result = { 0 };
	enum outcome outcome;
	struct exec exec;

	begin(context, &exec);
	exec.params = params_of_notebook(context, task);
	exec_notebook(&exec, path != NULL ? path : "", &context->html, &result);
	if (result.end == EXEC_EXIT)
		add_capped(output, "result", "truncated", result.value);
	else
		json_add_bool(output, "truncated", false);
	json_add(context->output, "notebook_output", output);
	outcome = outcome_of(context, &result);
	exec_result_fini(&result);
	exec_fini(&exec);
	return outcome;
}

/* ---- files ---- */

static char *
read_object(struct workspace *ws, const char *path, size_t *len)
{
	struct object object;
	char *data = NULL;

	ws_lock(ws);
	if (object_find(ws, path, &object)) {
		if (!object_is_folder(&object))
			data = object_read(ws, &object, MAX_EXPORT, len);
		object_fini(&object);
	}
	ws_unlock(ws);
	return data;
}

static char *
read_stored(struct workspace *ws, const char *top, const char *path, size_t *len)
{
	char *below = xprintf("%s%s", top, path), *data = NULL;
	int fd = beneath_open(ws->dir_fd, below, O_RDONLY);

	if (fd >= 0) {
		data = read_full(fd, MAX_EXPORT, len);
		close(fd);
	}
	free(below);
	return data;
}

/* Reads a file of the workspace tree, a volume or DBFS. NULL when it does not exist. */
static char *
read_file(struct workspace *ws, const char *given)
{
	bool dbfs = strncmp(given, "dbfs:", 5) == 0;
	char *path = object_path(dbfs ? given + 5 : given), *data = NULL;
	size_t len = 0;

	if (path == NULL)
		return NULL;
	if (path_within(path, "/Volumes"))
		data = read_stored(ws, "/volumes", path + strlen("/Volumes"), &len);
	else if (dbfs)
		data = read_stored(ws, "/dbfs", path, &len);
	else
		data = read_object(ws, path, &len);
	free(path);
	return data;
}

static enum outcome
no_file(struct task_context *context, const char *path)
{
	char *message = xprintf("Cannot read the file %s", path);

	json_add_str(context->output, "error", message);
	return fail(context, OUTCOME_NOT_FOUND, message);
}

static enum outcome
run_python_file(struct task_context *context, struct json_object *task)
{
	const char *path = json_str(task, "python_file");
	char *code = path != NULL ? read_file(context->ws, path) : NULL;
	struct json_object *argv;
	struct exec_result result;
	enum outcome outcome;
	struct exec exec;

	if (code == NULL)
		return no_file(context, path != NULL ? path : "");
	argv = params_of_python(context, task);
	begin(context, &exec);
	exec_script(&exec, code, path, argv, &result);
	add_capped(context->output, "logs", "logs_truncated", result.text);
	if (result.truncated)
		json_add_bool(context->output, "logs_truncated", true);
	outcome = outcome_of(context, &result);
	exec_result_fini(&result);
	exec_fini(&exec);
	json_object_put(argv);
	free(code);
	return outcome;
}

static enum outcome
run_sql_file(struct task_context *context, struct json_object *task)
{
	const char *path = json_str(json_get(task, "file"), "path");
	char *code = path != NULL ? read_file(context->ws, path) : NULL;
	struct json_object *output, *query;
	struct exec_result result;
	enum outcome outcome;
	struct exec exec;

	if (path == NULL)
		return fail(context, OUTCOME_UNSUPPORTED,
			    xstrdup("The sandbox runs SQL tasks with"
				    " a file only."));
	if (code == NULL)
		return no_file(context, path);
	begin(context, &exec);
	exec.params = params_of_sql(context, task);
	exec_code(&exec, "sql", code, path, &result);
	output = json_object_new_object();
	query = json_object_new_object();
	json_add_str(query, "query_text", code);
	json_add_str(query, "warehouse_id", json_str(task, "warehouse_id"));
	json_add(output, "query_output", query);
	json_add(context->output, "sql_output", output);
	outcome = outcome_of(context, &result);
	exec_result_fini(&result);
	exec_fini(&exec);
	free(code);
	return outcome;
}

/* ---- other jobs ---- */

static enum outcome
wait_for_child(struct task_context *context, int64_t child_id)
{
	enum outcome outcome = OUTCOME_FAILED;
	struct run child;
	bool active = true;

	while (active) {
		bool awake = bg_sleep(context->bg, WAIT_MS);

		ws_lock(context->ws);
		if (!awake)
			run_cancel(context->ws, child_id);
		active = awake && run_load(context->ws, child_id, &child);
		if (active) {
			active = life_is_active(child.state.life);
			if (strncmp(child.state.result, "SUCCESS", 7) == 0)
				outcome = OUTCOME_SUCCESS;
			run_fini(&child);
		}
		ws_unlock(context->ws);
		if (!awake)
			return fail(context, OUTCOME_CANCELED, xstrdup("Run cancelled."));
	}
	if (outcome != OUTCOME_SUCCESS)
		fail(context, outcome, xstrdup("The triggered run did not succeed."));
	return outcome;
}

static enum outcome
run_job(struct task_context *context, struct json_object *task)
{
	int64_t job_id = json_int(task, "job_id", 0), child = 0;
	struct json_object *output = json_object_new_object();

	if (json_int(context->run->settings, "sandbox_depth", 0) < MAX_JOB_DEPTH) {
		ws_lock(context->ws);
		child = run_make_child(context->ws, context->run, job_id,
				       json_get(task, "job_parameters"));
		ws_unlock(context->ws);
	}
	if (child == 0) {
		json_object_put(output);
		return fail(context, OUTCOME_NOT_FOUND,
			    xprintf("Job %lld does not exist, or jobs run each other deeper than"
				    " %d.",
				    (long long)job_id, MAX_JOB_DEPTH));
	}
	json_add_int(output, "run_id", child);
	json_add(context->output, "run_job_output", output);
	return wait_for_child(context, child);
}

/* ---- conditions ---- */

static int
compare(const char *left, const char *right)
{
	char *end_left, *end_right;
	double a = strtod(left, &end_left), b = strtod(right, &end_right);

	if (*left != '\0' && *right != '\0' && *end_left == '\0' && *end_right == '\0')
		return a < b ? -1 : a > b;
	return strcmp(left, right);
}

static enum outcome
check_condition(struct task_context *context, struct json_object *task)
{
	const char *op = json_str(task, "op"), *given_left = json_str(task, "left");
	const char *given_right = json_str(task, "right");
	char *left = params_resolve(context, given_left != NULL ? given_left : "");
	char *right = params_resolve(context, given_right != NULL ? given_right : "");
	int order = compare(left, right);
	bool holds = false, known = true;

	if (op != NULL && strcmp(op, "EQUAL_TO") == 0)
		holds = strcmp(left, right) == 0;
	else if (op != NULL && strcmp(op, "NOT_EQUAL") == 0)
		holds = strcmp(left, right) != 0;
	else if (op != NULL && strcmp(op, "GREATER_THAN") == 0)
		holds = order > 0;
	else if (op != NULL && strcmp(op, "GREATER_THAN_OR_EQUAL") == 0)
		holds = order >= 0;
	else if (op != NULL && strcmp(op, "LESS_THAN") == 0)
		holds = order < 0;
	else if (op != NULL && strcmp(op, "LESS_THAN_OR_EQUAL") == 0)
		holds = order <= 0;
	else
		known = false;
	free(left);
	free(right);
	if (!known)
		return fail(context, OUTCOME_UNSUPPORTED, xstrdup("Unknown condition."));
	json_add_str(context->output, "condition_outcome", holds ? "true" : "false");
	return OUTCOME_SUCCESS;
}

/* ---- all kinds ---- */

enum outcome
task_perform(struct task_context *context)
{
	static const struct {
		const char *name;
		enum outcome (*perform)(struct task_context *context, struct json_object *task);
	} kinds[] = {
		{ "notebook_task", run_notebook },     { "spark_python_task", run_python_file },
		{ "sql_task", run_sql_file },	       { "run_job_task", run_job },
		{ "condition_task", check_condition },
	};
	struct json_object_iter it;
	const char *kind = "task";

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (json_get(context->spec, kinds[i].name) != NULL)
			return kinds[i].perform(context, json_get(context->spec, kinds[i].name));
	json_object_object_foreachC(context->spec, it) {
		if (strlen(it.key) > 5 && strcmp(it.key + strlen(it.key) - 5, "_task") == 0)
			kind = it.key;
	}
	json_add_str(context->output, "error", "The sandbox does not run this kind of task.");
	return fail(context, OUTCOME_UNSUPPORTED, xprintf("The sandbox does not run a %s.", kind));
}

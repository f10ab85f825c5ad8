/* SPDX-License-Identifier: Apache-2.0 */
/* See run_params.h. */
#include "jobs/run_params.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compute/exec.h"

/* ---- references ---- */

static const char *
job_parameter(const struct run *run, const char *name)
{
	size_t n = run->job_params != NULL ? json_object_array_length(run->job_params) : 0;

	for (size_t i = 0; i < n; i++) {
		struct json_object *param = json_object_array_get_idx(run->job_params, i);

		if (strcmp(json_str(param, "name"), name) == 0)
			return json_str(param, "value") != NULL ? json_str(param, "value")
								: json_str(param, "default");
	}
	return NULL;
}

/* "tasks.KEY.values.NAME" */
static bool
task_value(const struct task_context *context, const char *reference, struct buf *out)
{
	const char *key = reference + strlen("tasks."), *middle = strstr(key, ".values.");
	struct json_object *value = NULL;
	char *task;

	if (middle == NULL)
		return false;
	task = xstrndup(key, (size_t)(middle - key));
	value = json_get(json_get(context->values, task), middle + strlen(".values."));
	free(task);
	if (value == NULL)
		return false;
	buf_puts(out, json_object_is_type(value, json_type_string)
			  ? json_object_get_string(value)
			  : json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
	return true;
}

static bool
add_reference(const struct task_context *context, const char *name, struct buf *out)
{
	const struct run *run = context->run;
	const char *text = NULL;
	char when[32];

	if (strcmp(name, "job.id") == 0 || strcmp(name, "job_id") == 0)
		buf_printf(out, "%lld", (long long)run->job_id);
	else if (strcmp(name, "job.run_id") == 0 || strcmp(name, "parent_run_id") == 0)
		buf_printf(out, "%lld", (long long)run->id);
	else if (strcmp(name, "task.run_id") == 0 || strcmp(name, "run_id") == 0)
		buf_printf(out, "%lld", (long long)context->task->id);
	else if (strcmp(name, "job.start_time.iso_date") == 0 || strcmp(name, "start_date") == 0) {
		clock_iso(run->state.start > 0 ? run->state.start : run->queued_ms, when);
		buf_add(out, when, 10);
	} else if (strcmp(name, "job.name") == 0)
		text = run->name;
	else if (strcmp(name, "task.name") == 0 || strcmp(name, "task_key") == 0)
		text = context->task->key;
	else if (strcmp(name, "job.trigger.type") == 0)
		text = run->trigger;
	else if (strncmp(name, "job.parameters.", 15) == 0)
		text = job_parameter(run, name + 15);
	else if (strncmp(name, "tasks.", 6) == 0)
		return task_value(context, name, out);
	else
		return false;
	if (text != NULL)
		buf_puts(out, text);
	return true;
}

char *
params_resolve(const struct task_context *context, const char *text)
{
	struct buf out = BUF(MAX_MADE);
	const char *open, *close;

	while ((open = strstr(text, "{{")) != NULL && (close = strstr(open, "}}")) != NULL) {
		const char *from = open + 2 + strspn(open + 2, " "), *to = close;
		char *name;

		while (to > from && to[-1] == ' ')
			to--;
		name = xstrndup(from, (size_t)(to - from));
		buf_add(&out, text, (size_t)(open - text));
		if (!add_reference(context, name, &out))
			buf_add(&out, open, (size_t)(close + 2 - open));
		free(name);
		text = close + 2;
	}
	buf_puts(&out, text);
	return buf_text(&out);
}

/* ---- sets of parameters ---- */

static void
merge(const struct task_context *context, struct json_object *into, struct json_object *from)
{
	struct json_object_iter it;

	if (!json_object_is_type(from, json_type_object))
		return;
	json_object_object_foreachC(from, it) {
		char *text =
		    params_resolve(context, it.val != NULL ? json_object_get_string(it.val) : "");

		json_object_object_add(into, it.key, json_object_new_string(text));
		free(text);
	}
}

static void
merge_job_params(const struct task_context *context, struct json_object *into)
{
	struct json_object *list = context->run->job_params;

	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		const char *name = json_str(json_object_array_get_idx(list, i), "name");
		char *text = params_resolve(context, job_parameter(context->run, name) != NULL
							 ? job_parameter(context->run, name)
							 : "");

		json_object_object_add(into, name, json_object_new_string(text));
		free(text);
	}
}

struct json_object *
params_of_notebook(const struct task_context *context, struct json_object *task)
{
	struct json_object *params = json_object_new_object();

	merge(context, params, json_get(task, "base_parameters"));
	merge(context, params, json_get(context->run->overriding, "notebook_params"));
	merge_job_params(context, params);
	return params;
}

struct json_object *
params_of_sql(const struct task_context *context, struct json_object *task)
{
	struct json_object *params = json_object_new_object();

	merge(context, params, json_get(task, "parameters"));
	merge(context, params, json_get(context->run->overriding, "sql_params"));
	merge_job_params(context, params);
	return params;
}

struct json_object *
params_of_python(const struct task_context *context, struct json_object *task)
{
	struct json_object *given = json_get(context->run->overriding, "python_params");
	struct json_object *argv = json_object_new_array();

	if (given == NULL)
		given = json_get(task, "parameters");
	for (size_t i = 0; given != NULL && i < json_object_array_length(given); i++) {
		const char *text = json_object_get_string(json_object_array_get_idx(given, i));
		char *resolved = params_resolve(context, text != NULL ? text : "");

		json_object_array_add(argv, json_object_new_string(resolved));
		free(resolved);
	}
	return argv;
}

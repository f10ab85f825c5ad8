/* SPDX-License-Identifier: Apache-2.0 */
/* Texts about a run: its state and the reason, its facts, its tasks and iterations. */
#include "runs.h"

#include <string.h>

/* ---- state ---------------------------------------------------------------------------------- */

static bool
is_one_of(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

/* The text at the first of these paths where there is one. */
static const char *
first_text(struct mcp_call *call, struct json_object *tree, const char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *text = mcp_get_str(call, tree, paths[i], "");

		if (text[0] != '\0')
			return text;
	}
	return "";
}

const char *
dbx_run_state(struct mcp_call *call, struct json_object *run)
{
	/* `state` is the older form of `status`; both have the same content. */
	static const char *const paths[] = { "state.result_state",
					     "status.termination_details.code",
					     "state.life_cycle_state", "status.state" };

	return first_text(call, run, paths, COUNT(paths));
}

const char *
dbx_run_message(struct mcp_call *call, struct json_object *run)
{
	static const char *const paths[] = { "state.state_message",
					     "status.termination_details.message",
					     "state.queue_reason", "status.queue_details.message",
					     "status.queue_details.code" };

	return first_text(call, run, paths, COUNT(paths));
}

bool
dbx_run_ended(struct mcp_call *call, struct json_object *run)
{
	static const char *const ends[] = { "TERMINATED", "SKIPPED", "INTERNAL_ERROR" };

	/* A result without a life cycle state also means that the run has ended. */
	return mcp_get(run, "state.result_state") != NULL ||
	       mcp_get(run, "status.termination_details.code") != NULL ||
	       is_one_of(mcp_get_str(call, run, "state.life_cycle_state",
				     mcp_get_str(call, run, "status.state", "")),
			 ends, COUNT(ends));
}

/* Results that are not a failure of this run or task itself. */
static const char *const no_failures[] = {
	"SUCCESS",	   "SUCCESS_WITH_FAILURES", "EXCLUDED", "DISABLED",	 "SKIPPED",
	"UPSTREAM_FAILED", "UPSTREAM_CANCELED",	    "CANCELED", "USER_CANCELED", "TERMINATED"
};

bool
dbx_run_failed(struct mcp_call *call, struct json_object *run)
{
	return dbx_run_ended(call, run) &&
	       !is_one_of(dbx_run_state(call, run), no_failures, COUNT(no_failures));
}

/* Is there a later attempt of the same task? */
static bool
was_repeated(struct mcp_call *call, struct json_object *tasks, struct json_object *task)
{
	const char *key = mcp_get_str(call, task, "task_key", "");
	int64_t attempt = mcp_get_int(task, "attempt_number", 0);

	for (size_t i = 0; attempt >= 0 && i < json_object_array_length(tasks); i++) {
		struct json_object *other = json_object_array_get_idx(tasks, i);

		if (mcp_get_int(other, "attempt_number", 0) > attempt &&
		    strcmp(mcp_get_str(call, other, "task_key", ""), key) == 0)
			return true;
	}
	return false;
}

/* Is this the last attempt of a task, and did it end in one of these two ways? */
static bool
ended_so(struct mcp_call *call, struct json_object *task, bool cancelled)
{
	static const char *const cancels[] = { "CANCELED", "USER_CANCELED" };

	return cancelled ? is_one_of(dbx_run_state(call, task), cancels, COUNT(cancels))
			 : dbx_run_failed(call, task);
}

static struct json_object *
last_attempts(struct mcp_call *call, struct json_object *run, const char *items, bool cancelled)
{
	struct json_object *tasks = mcp_objects(call, run, items);
	struct json_object *found = mcp_keep(call, json_object_new_array());
	/* all attempts of a task have the same key */
	bool iterations = strcmp(items, "iterations") == 0;

	for (size_t i = 0; i < json_object_array_length(tasks); i++) {
		struct json_object *task = json_object_array_get_idx(tasks, i);

		if (ended_so(call, task, cancelled) &&
		    (iterations || !was_repeated(call, tasks, task)))
			json_object_array_add(found, json_object_get(task));
	}
	return found;
}

struct json_object *
dbx_run_failures(struct mcp_call *call, struct json_object *run, const char *items)
{
	return last_attempts(call, run, items, false);
}

struct json_object *
dbx_run_culprit(struct mcp_call *call, struct json_object *run, const char *items)
{
	struct json_object *failed = last_attempts(call, run, items, false);

	if (json_object_array_length(failed) == 0)
		failed = last_attempts(call, run, items, true);
	return json_object_array_get_idx(failed, 0);
}

/* ---- facts ---------------------------------------------------------------------------------- */

/* Writes more details than the state has, if the workspace sends them: "CLUSTER_ERROR
 * (CLIENT_ERROR)". */
static const char *
end_code(struct mcp_call *call, struct json_object *run)
{
	const char *code = mcp_get_str(call, run, "status.termination_details.code", "");
	const char *type = mcp_get_str(call, run, "status.termination_details.type", "");

	if (strcmp(code, dbx_run_state(call, run)) == 0)
		code = "";
	if (strcmp(type, code) == 0 || strcmp(type, "SUCCESS") == 0)
		type = "";
	return code[0] == '\0' || type[0] == '\0' ? mcp_printf(call, "%s%s", code, type)
						  : mcp_printf(call, "%s (%s)", code, type);
}

const char *
dbx_show_parameters(struct mcp_call *call, struct json_object *value)
{
	struct json_object *map = mcp_keep(call, json_object_new_object());

	for (size_t i = 0;
	     json_object_is_type(value, json_type_array) && i < json_object_array_length(value);
	     i++) {
		struct json_object *item = json_object_array_get_idx(value, i);

		json_object_object_add(map, mcp_get_str(call, item, "name", "?"),
				       json_object_new_string(
					   mcp_get_str(call, item, "value",
						       mcp_get_str(call, item, "default", ""))));
	}
	return mcp_show_list(call, map);
}

static void
add_text(struct json_object *object, const char *key, const char *text)
{
	if (text[0] != '\0')
		json_object_object_add(object, key, json_object_new_string(text));
}

/* A time of 0 means that it has not happened yet. */
static const char *
show_took(struct mcp_call *call, struct json_object *value)
{
	return json_object_get_int64(value) > 0 ? mcp_show_duration(call, value) : "";
}

static const char *
show_attempt(struct mcp_call *call, struct json_object *value)
{
	return json_object_get_int64(value) > 0 ? mcp_value_text(call, value) : "";
}

static const struct mcp_fact repair_facts[] = {
	{ .key = "type", .path = "type" },
	{ .key = "id", .path = "id", .show = mcp_show_id },
	{ .key = "state", .path = "now" },
	{ .key = "reason", .path = "code" },
	{ .key = "message", .path = "why" },
	{ .key = "end_message", .path = "end" },
	{ .key = "queue_reason", .path = "queue" },
	{ .key = "started", .path = "start_time", .show = mcp_show_time },
	{ .key = "ended", .path = "end_time", .show = mcp_show_time },
	{ .key = "task_run_ids", .path = "task_run_ids", .show = mcp_show_list },
};

static const struct mcp_fact cluster_facts[] = {
	{ .key = "job_cluster", .path = "job_cluster_key" },
	{ .key = "compute", .path = "words" },
	{ .key = "serverless", .path = "serverless_compute" },
	{ .key = "serverless_id", .path = "serverless_compute_id" },
};

static const struct mcp_fact run_facts[] = {
	{ .key = "run_id", .path = "run_id", .show = mcp_show_id },
	{ .key = "name", .path = "run_name" },
	{ .key = "job_id", .path = "job_id", .show = mcp_show_id },
	{ .key = "state", .path = "now" },
	{ .key = "reason", .path = "code" },
	{ .key = "message", .path = "why" },
	{ .key = "end_message", .path = "end" },
	{ .key = "queue_reason", .path = "queue" },
	{ .key = "description", .path = "description" },
	{ .key = "started", .path = "start_time", .show = mcp_show_time },
	{ .key = "ended", .path = "end_time", .show = mcp_show_time },
	{ .key = "took", .path = "run_duration", .show = show_took },
	{ .key = "waited",
	  .label = "waited in the queue",
	  .path = "queue_duration",
	  .show = show_took },
	{ .key = "trigger", .path = "trigger" },
	{ .key = "creator", .path = "creator_user_name" },
	{ .key = "attempt", .path = "attempt_number", .show = show_attempt },
	{ .key = "parameters", .path = "job_parameters", .show = dbx_show_parameters },
	{ .key = "overriding_parameters",
	  .label = "parameters of this run",
	  .path = "overriding_parameters" },
	{ .key = "first_attempt",
	  .path = "original_attempt_run_id",
	  .show = mcp_show_id,
	  .detail = MCP_FULL },
	{ .key = "job_run_id", .path = "job_run_id", .show = mcp_show_id, .detail = MCP_FULL },
	{ .key = "run_type", .path = "run_type", .detail = MCP_FULL },
	{ .key = "setup", .path = "setup_duration", .show = show_took, .detail = MCP_FULL },
	{ .key = "execution", .path = "execution_duration", .show = show_took, .detail = MCP_FULL },
	{ .key = "cleanup", .path = "cleanup_duration", .show = show_took, .detail = MCP_FULL },
	{ .key = "duration_target", .path = "duration_target", .detail = MCP_FULL },
	{ .key = "cancelled_or_timed_out",
	  .path = "state.user_cancelled_or_timedout",
	  .detail = MCP_FULL },
	{ .key = "git_source", .path = "git_source", .detail = MCP_FULL },
	{ .key = "cluster_id", .path = "cluster_instance.cluster_id", .detail = MCP_FULL },
	{ .key = "compute", .path = "on", .detail = MCP_FULL },
	{ .key = "libraries", .path = "cluster_spec.libraries", .detail = MCP_FULL },
	{ .key = "job_clusters",
	  .path = "job_clusters",
	  .detail = MCP_FULL,
	  MCP_FACT_COLUMNS(cluster_facts) },
	{ .key = "schedule", .path = "schedule", .detail = MCP_FULL },
	{ .key = "triggered_by", .path = "trigger_info", .detail = MCP_FULL },
	{ .key = "performance", .path = "effective_performance_target", .detail = MCP_FULL },
	{ .key = "usage_policy", .path = "effective_usage_policy_id", .detail = MCP_FULL },
	{ .key = "repairs",
	  .path = "repair_history",
	  .detail = MCP_FULL,
	  MCP_FACT_COLUMNS(repair_facts) },
};

/* Adds members that are calculated to a run or a task. */
static void
shape(struct mcp_call *call, struct json_object *run)
{
	static const char *const queue[] = { "state.queue_reason", "status.queue_details.message",
					     "status.queue_details.code" };
	const char *why = dbx_run_message(call, run);
	const char *end = mcp_get_str(call, run, "status.termination_details.message", "");
	const char *waits = first_text(call, run, queue, COUNT(queue));

	add_text(run, "now", dbx_run_state(call, run));
	add_text(run, "why", why);
	add_text(run, "end", strcmp(end, why) != 0 ? end : "");
	add_text(run, "queue", strcmp(waits, why) != 0 ? waits : "");
	add_text(run, "code", end_code(call, run));
}

static void
shape_all(struct mcp_call *call, struct json_object *items)
{
	for (size_t i = 0; i < json_object_array_length(items); i++)
		shape(call, json_object_array_get_idx(items, i));
}

void
dbx_run_tell(struct mcp_answer *answer, struct json_object *run)
{
	struct mcp_call *call = mcp_answer_call(answer);
	struct json_object *spec = mcp_get(run, "cluster_spec"), *clusters;
	struct json_object *parameters;

	if (!json_object_is_type(run, json_type_object))
		return;
	shape(call, run);
	shape_all(call, mcp_objects(call, run, "repair_history"));
	clusters = mcp_objects(call, run, "job_clusters");
	for (size_t i = 0; i < json_object_array_length(clusters); i++) {
		struct json_object *item = json_object_array_get_idx(clusters, i);

		add_text(item, "words", dbx_cluster_words(call, mcp_get(item, "new_cluster")));
	}
	/* Writes the value without its default. */
	parameters = mcp_objects(call, run, "job_parameters");
	for (size_t i = 0; i < json_object_array_length(parameters); i++) {
		struct json_object *item = json_object_array_get_idx(parameters, i);

		if (mcp_get(item, "value") != NULL)
			json_object_object_del(item, "default");
	}
	if (spec != NULL)
		add_text(run, "on", dbx_task_compute(call, spec));
	mcp_answer_add(answer, run, run_facts, COUNT(run_facts));
	mcp_answer_url(answer, mcp_get_str(call, run, "run_page_url", NULL));
}

/* ---- tasks ---------------------------------------------------------------------------------- */

static const struct mcp_fact task_facts[] = {
	{ .key = "task", .path = "task_key" },
	{ .key = "run_id", .path = "run_id", .show = mcp_show_id },
	{ .key = "attempt", .path = "attempt_number", .show = show_attempt },
	{ .key = "state", .path = "now" },
	{ .key = "reason", .path = "code" },
	{ .key = "took", .path = "took", .show = show_took },
	{ .key = "message", .path = "why" },
	{ .key = "end_message", .path = "end" },
	{ .key = "queue_reason", .path = "queue" },
	{ .key = "does", .path = "does" },
	{ .key = "on", .path = "on" },
	{ .key = "iterations",
	  .path = "for_each_task.stats.task_run_stats",
	  .show = mcp_show_list },
	{ .key = "started", .path = "start_time", .show = mcp_show_time, .detail = MCP_FULL },
	{ .key = "ended", .path = "end_time", .show = mcp_show_time, .detail = MCP_FULL },
	{ .key = "waited", .path = "queue_duration", .show = show_took, .detail = MCP_FULL },
	{ .key = "setup", .path = "setup_duration", .show = show_took, .detail = MCP_FULL },
	{ .key = "execution", .path = "execution_duration", .show = show_took, .detail = MCP_FULL },
	{ .key = "cleanup", .path = "cleanup_duration", .show = show_took, .detail = MCP_FULL },
	{ .key = "cancelled_or_timed_out",
	  .path = "state.user_cancelled_or_timedout",
	  .show = mcp_show_yes,
	  .detail = MCP_FULL },
	{ .key = "after", .path = "after", .detail = MCP_FULL },
	{ .key = "run_if", .path = "run_if", .detail = MCP_FULL },
	{ .key = "disabled", .path = "disabled", .show = mcp_show_yes, .detail = MCP_FULL },
	{ .key = "description", .path = "description", .detail = MCP_FULL },
	{ .key = "settings", .path = "settings", .detail = MCP_FULL },
	{ .key = "each", .path = "each", .detail = MCP_FULL },
	{ .key = "values", .path = "resolved_values", .detail = MCP_FULL },
	{ .key = "errors", .path = "for_each_task.stats.error_message_stats", .detail = MCP_FULL },
	{ .key = "libraries", .path = "libraries", .detail = MCP_FULL },
	{ .key = "max_retries", .path = "max_retries", .detail = MCP_FULL },
	{ .key = "timeout_s", .path = "timeout_seconds", .show = show_attempt, .detail = MCP_FULL },
	{ .key = "performance", .path = "effective_performance_target", .detail = MCP_FULL },
	{ .key = "git_source", .path = "git_source", .detail = MCP_FULL },
	{ .key = "url", .path = "run_page_url", .detail = MCP_FULL },
};

static const struct mcp_fact tasks_fact = { .key = "tasks",
					    .path = "tasks",
					    MCP_FACT_COLUMNS(task_facts) };
static const struct mcp_fact iterations_fact = { .key = "iterations",
						 .path = "iterations",
						 MCP_FACT_COLUMNS(task_facts) };

static struct json_object *
shaped_tasks(struct mcp_call *call, struct json_object *run, const char *path)
{
	struct json_object *tasks = mcp_objects(call, run, path);

	for (size_t i = 0; i < json_object_array_length(tasks); i++) {
		struct json_object *task = json_object_array_get_idx(tasks, i);
		/* only newer replies have run_duration */
		struct json_object *took = mcp_get(task, "run_duration");
		struct json_object *settings = dbx_task_settings(call, task);
		struct json_object *each = dbx_task_each(call, task);

		if (took == NULL)
			took = mcp_get(task, "execution_duration");
		shape(call, task);
		add_text(task, "does", dbx_task_kind(call, task));
		add_text(task, "on", dbx_task_compute(call, task));
		add_text(task, "after", dbx_task_after(call, task));
		if (took != NULL)
			json_object_object_add(task, "took", json_object_get(took));
		if (settings != NULL)
			json_object_object_add(task, "settings", json_object_get(settings));
		if (each != NULL)
			json_object_object_add(task, "each", json_object_get(each));
	}
	return tasks;
}

void
dbx_run_tell_tasks(struct mcp_answer *answer, struct json_object *run,
		   const struct mcp_place *place)
{
	static const struct mcp_place start = { 0, NULL };
	struct mcp_call *call = mcp_answer_call(answer);
	struct json_object *tasks = shaped_tasks(call, run, "tasks");
	struct json_object *iterations = shaped_tasks(call, run, "iterations");
	bool loop = json_object_array_length(iterations) > 0;
	struct mcp_page page = {
		.noun = loop ? "iterations" : "tasks",
		.tool = "get_job_run",
		.limit = "",
		.extra = mcp_printf(call, "run_id=%s", mcp_get_str(call, run, "run_id", "")),
		.next_token = mcp_get_str(call, run, "next_page_token", ""),
		.place = place != NULL ? place : &start,
		.total = -1,
	};

	if (json_object_array_length(tasks) > 0)
		mcp_answer_table(answer, &tasks_fact, tasks, loop ? NULL : &page);
	if (loop)
		mcp_answer_table(answer, &iterations_fact, iterations, &page);
}

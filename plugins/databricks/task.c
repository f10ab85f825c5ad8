/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks of jobs and runs: the work of each task, and its compute. Jobs API 2.2, "tasks". */
#include "runs.h"

#include <string.h>

#define WORDS_MAX 5

enum compute {
	ON_NOTHING, /* a service does the work, or the settings name the compute */
	ON_SPARK,   /* serverless, unless the task names a cluster */
};

/* For each kind of task: its member, and the members of it that describe the work. */
static const struct kind {
	const char *member, *noun;
	enum compute compute;
	const char *words[WORDS_MAX];
} task_kinds[] = {
	{ "notebook_task", "notebook", ON_SPARK, { "notebook_path" } },
	{ "spark_python_task", "python", ON_SPARK, { "python_file" } },
	{ "python_wheel_task", "wheel", ON_SPARK, { "package_name", "entry_point" } },
	{ "python_operator_task", "python operator", ON_SPARK, { "main" } },
	{ "spark_jar_task", "jar", ON_SPARK, { "main_class_name", "jar_uri" } },
	{ "spark_submit_task", "spark-submit", ON_NOTHING, { "parameters" } },
	{ "dbt_task", "dbt", ON_SPARK, { "commands", "project_directory" } },
	{ "dbt_cloud_task",
	  "dbt Cloud job",
	  ON_NOTHING,
	  { "dbt_cloud_job_id", "connection_resource_name" } },
	{ "dbt_platform_task",
	  "dbt platform job",
	  ON_NOTHING,
	  { "dbt_platform_job_id", "connection_resource_name" } },
	{ "sql_task",
	  "sql",
	  ON_NOTHING,
	  { "query.query_id", "file.path", "dashboard.dashboard_id", "alert.alert_id" } },
	{ "pipeline_task", "pipeline", ON_NOTHING, { "pipeline_id" } },
	{ "run_job_task", "run job", ON_NOTHING, { "job_id" } },
	{ "condition_task", "condition", ON_NOTHING, { "left", "op", "right", "outcome" } },
	{ "for_each_task", "for each of", ON_NOTHING, { "inputs" } },
	{ "dashboard_task", "dashboard", ON_NOTHING, { "dashboard_id" } },
	{ "alert_task", "alert", ON_NOTHING, { "alert_id", "workspace_path" } },
	{ "power_bi_task",
	  "Power BI model",
	  ON_NOTHING,
	  { "power_bi_model.workspace_name", "power_bi_model.model_name" } },
	{ "clean_rooms_notebook_task",
	  "clean room notebook",
	  ON_NOTHING,
	  { "clean_room_name", "notebook_name" } },
	{ "gen_ai_compute_task",
	  "GPU training",
	  ON_NOTHING,
	  { "training_script_path", "command", "dl_runtime_image" } },
	{ "ai_runtime_task", "AI runtime", ON_NOTHING, { "experiment", "code_source_path" } },
	{ "ai_function_task",
	  "AI function",
	  ON_NOTHING,
	  { "delta_table.table_name", "volume.volume_path", "output.table" } },
};

static const struct kind *
kind_of(struct json_object *task)
{
	for (size_t i = 0; i < COUNT(task_kinds); i++)
		if (mcp_get(task, task_kinds[i].member) != NULL)
			return &task_kinds[i];
	return NULL;
}

/* The name of an unknown kind is that of its member: "new_thing_task". */
static const char *
unknown_kind(struct mcp_call *call, struct json_object *task)
{
	if (!json_object_is_type(task, json_type_object))
		return "";
	json_object_object_foreach(task, key, body) {
		size_t n = strlen(key);

		if (n > 5 && strcmp(key + n - 5, "_task") == 0 &&
		    json_object_is_type(body, json_type_object))
			return mcp_printf(call, "%s %s", key, mcp_value_text(call, body));
	}
	return "";
}

static const char *
add_word(struct mcp_call *call, const char *text, const char *word)
{
	return word[0] == '\0' ? text : mcp_printf(call, "%s %s", text, word);
}

static const char *
kind_words(struct mcp_call *call, struct json_object *task)
{
	const struct kind *kind = kind_of(task);
	struct json_object *body;
	const char *text;

	if (kind == NULL)
		return unknown_kind(call, task);
	body = mcp_get(task, kind->member);
	text = kind->noun;
	for (size_t i = 0; i < WORDS_MAX && kind->words[i] != NULL; i++)
		text = add_word(call, text, mcp_show_list(call, mcp_get(body, kind->words[i])));
	if (text == kind->noun)
		text = add_word(call, text, mcp_value_text(call, body));
	if (mcp_get_bool(body, "full_refresh", false))
		text = add_word(call, text, "(full refresh)");
	return text;
}

/* The repeated task of a for_each task, or NULL. */
static struct json_object *
inner_task(struct json_object *task)
{
	return mcp_get(task, "for_each_task.task");
}

const char *
dbx_task_kind(struct mcp_call *call, struct json_object *task)
{
	const char *text = kind_words(call, task);
	struct json_object *inner = inner_task(task);
	int64_t at_once = mcp_get_int(task, "for_each_task.concurrency", 0);

	if (at_once > 1)
		text = mcp_printf(call, "%s (%lld at once)", text, (long long)at_once);
	return inner != NULL ? mcp_printf(call, "%s: %s", text, kind_words(call, inner)) : text;
}

/* Appends to a list "a, b". */
static const char *
add_part(struct mcp_call *call, const char *text, const char *part)
{
	return part[0] == '\0'
		 ? text
		 : mcp_printf(call, "%s%s%s", text, text[0] != '\0' ? ", " : "", part);
}

const char *
dbx_cluster_words(struct mcp_call *call, struct json_object *cluster)
{
	const char *text = mcp_get_str(call, cluster, "spark_version", "");
	int64_t workers = mcp_get_int(cluster, "num_workers", -1);

	text = add_part(call, text,
			mcp_get_str(call, cluster, "node_type_id",
				    mcp_get_str(call, cluster, "instance_pool_id", "")));
	if (mcp_get(cluster, "autoscale") != NULL)
		return add_part(call, text,
				mcp_printf(call, "%s-%s workers",
					   mcp_get_str(call, cluster, "autoscale.min_workers", "?"),
					   mcp_get_str(call, cluster, "autoscale.max_workers",
						       "?")));
	return workers < 0 ? text
			   : add_part(call, text,
				      mcp_printf(call, "%lld worker%s", (long long)workers,
						 workers == 1 ? "" : "s"));
}

/* The compute that a task names. "" when it names none. */
static const char *
named_compute(struct mcp_call *call, struct json_object *task, const struct kind *kind)
{
	struct json_object *new_cluster = mcp_get(task, "new_cluster");
	const struct {
		const char *words, *id;
	} named[] = {
		{ "cluster", mcp_get_str(call, task, "existing_cluster_id", "") },
		{ "job cluster", mcp_get_str(call, task, "job_cluster_key", "") },
		{ "new cluster:", dbx_cluster_words(call, new_cluster) },
		{ "SQL warehouse", kind == NULL ? ""
						: mcp_get_str(call, mcp_get(task, kind->member),
							      "warehouse_id", "") },
	};
	const char *environment = mcp_get_str(call, task, "environment_key", "");
	const char *text = "";

	for (size_t i = 0; i < COUNT(named); i++)
		if (named[i].id[0] != '\0')
			text = add_part(call, text,
					mcp_printf(call, "%s %s", named[i].words, named[i].id));
	if (text[0] == '\0' && new_cluster != NULL)
		text = "new cluster";
	if (environment[0] == '\0')
		return text;
	return add_part(call, text[0] != '\0' ? text : "serverless",
			mcp_printf(call, "environment %s", environment));
}

static const char *
with_accelerator(struct mcp_call *call, struct json_object *task, const char *text)
{
	static const struct {
		const char *path, *noun;
	} parts[] = {
		{ "compute.hardware_accelerator", "" },
		{ "gen_ai_compute_task.compute.num_gpus", " GPUs" },
		{ "gen_ai_compute_task.compute.gpu_type", "" },
	};
	struct json_object *deployments = mcp_objects(call, task, "ai_runtime_task.deployments");

	for (size_t i = 0; i < COUNT(parts); i++) {
		const char *word = mcp_get_str(call, task, parts[i].path, "");

		if (word[0] != '\0')
			text = add_part(call, text, mcp_printf(call, "%s%s", word, parts[i].noun));
	}
	for (size_t i = 0; i < json_object_array_length(deployments); i++) {
		struct json_object *compute =
		    mcp_get(json_object_array_get_idx(deployments, i), "compute");

		if (compute != NULL)
			text = add_part(call, text,
					mcp_printf(call, "%s accelerators %s",
						   mcp_get_str(call, compute, "accelerator_count",
							       "?"),
						   mcp_get_str(call, compute, "accelerator_type",
							       "")));
	}
	return text;
}

const char *
dbx_task_compute(struct mcp_call *call, struct json_object *task)
{
	const struct kind *kind = kind_of(task);
	const char *text = named_compute(call, task, kind);
	struct json_object *inner = inner_task(task);
	const char *used = mcp_get_str(call, task, "cluster_instance.cluster_id", "");

	if (text[0] == '\0' && inner != NULL)
		return dbx_task_compute(call, inner);
	if (text[0] == '\0' && kind != NULL && kind->compute == ON_SPARK && used[0] == '\0')
		text = "serverless";
	/* In a run this is the cluster that was made for a job cluster or a new cluster. */
	if (used[0] != '\0' &&
	    strcmp(used, mcp_get_str(call, task, "existing_cluster_id", "")) != 0)
		text = add_part(call, text, mcp_printf(call, "cluster %s", used));
	return with_accelerator(call, task, text);
}

const char *
dbx_task_after(struct mcp_call *call, struct json_object *task)
{
	struct json_object *list = mcp_objects(call, task, "depends_on");
	const char *text = "";

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *before = json_object_array_get_idx(list, i);
		const char *outcome = mcp_get_str(call, before, "outcome", "");

		text = mcp_printf(call, "%s%s%s%s%s%s", text, i > 0 ? ", " : "",
				  mcp_get_str(call, before, "task_key", "?"),
				  outcome[0] != '\0' ? " (" : "", outcome,
				  outcome[0] != '\0' ? ")" : "");
	}
	return text;
}

struct json_object *
dbx_task_settings(struct mcp_call *call, struct json_object *task)
{
	const struct kind *kind = kind_of(task);
	struct json_object *inner = inner_task(task);

	(void)call;
	return inner != NULL ? dbx_task_settings(call, inner)
	     : kind != NULL  ? mcp_get(task, kind->member)
			     : NULL;
}

struct json_object *
dbx_task_each(struct mcp_call *call, struct json_object *task)
{
	struct json_object *inner = inner_task(task);

	return inner == NULL
		 ? NULL
		 : mcp_pick(call, inner, "task_key", "description", "depends_on", "disabled",
			    "run_if", "max_retries", "min_retry_interval_millis",
			    "retry_on_timeout", "timeout_seconds", "libraries",
			    "disable_auto_optimization", "environment_variables_key",
			    "email_notifications", "webhook_notifications", "notification_settings",
			    "health", NULL);
}

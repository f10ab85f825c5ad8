/* SPDX-License-Identifier: Apache-2.0 */
/* Shows one job in full: its settings, its tasks, and their compute. */
#include "jobs.h"

#include <stdlib.h>
#include <string.h>

#define TASK_PAGES_MAX 12 /* most pages, of 100 tasks each; a job has at most 1,000 tasks */

/* ---- trigger -------------------------------------------------------------------------------- */

static const char *
with_paused(struct mcp_call *call, struct json_object *trigger, const char *text)
{
	return strcmp(mcp_get_str(call, trigger, "pause_status", ""), "PAUSED") == 0
		 ? mcp_printf(call, "paused: %s", text)
		 : text;
}

/* "0 0 6 * * ? UTC" */
static const char *
cron_text(struct mcp_call *call, struct json_object *cron)
{
	return mcp_printf(call, "%s %s", mcp_get_str(call, cron, "quartz_cron_expression", ""),
			  mcp_get_str(call, cron, "timezone_id", ""));
}

/* Describes how the job is started: the one kind of trigger that it has. */
static const char *
trigger_text(struct mcp_call *call, struct json_object *trigger)
{
	struct json_object *jobs = mcp_objects(call, trigger, "job_completion.jobs");
	const char *text = "";

	if (mcp_get(trigger, "file_arrival") != NULL)
		return mcp_printf(call, "on files in %s",
				  mcp_get_str(call, trigger, "file_arrival.url", "?"));
	if (mcp_get(trigger, "table_update") != NULL)
		return mcp_printf(call, "on updates of %s (%s)",
				  mcp_show_list(call, mcp_get(trigger, "table_update.table_names")),
				  mcp_get_str(call, trigger, "table_update.condition",
					      "ANY_UPDATED"));
	if (mcp_get(trigger, "model") != NULL)
		return mcp_printf(call, "on %s of model %s",
				  mcp_get_str(call, trigger, "model.condition", "changes"),
				  mcp_get_str(call, trigger, "model.securable_name", "?"));
	if (mcp_get(trigger, "periodic") != NULL)
		return mcp_printf(call, "every %s %s",
				  mcp_get_str(call, trigger, "periodic.interval", "?"),
				  mcp_get_str(call, trigger, "periodic.unit", ""));
	for (size_t i = 0; i < json_object_array_length(jobs); i++)
		text = mcp_printf(call, "%s %s", text,
				  mcp_get_str(call, json_object_array_get_idx(jobs, i), "job_id",
					      "?"));
	if (mcp_get(trigger, "job_completion") != NULL)
		return mcp_printf(call, "after job%s", text);
	if (mcp_get(trigger, "schedule") != NULL)
		return cron_text(call, mcp_get(trigger, "schedule"));
	if (mcp_get(trigger, "continuous") != NULL)
		return "continuous";
	return mcp_get(trigger, "sql_condition") != NULL ? "on an SQL condition" : "triggered";
}

const char *
job_schedule(struct mcp_call *call, struct json_object *settings)
{
	struct json_object *cron = mcp_get(settings, "schedule");
	struct json_object *continuous = mcp_get(settings, "continuous");
	struct json_object *trigger = mcp_get(settings, "trigger");
	struct json_object *several = mcp_objects(call, settings, "triggers");
	const char *text = "";

	if (cron != NULL)
		return with_paused(call, cron, cron_text(call, cron));
	if (continuous != NULL)
		return with_paused(call, continuous, "continuous");
	if (trigger != NULL)
		return with_paused(call, trigger, trigger_text(call, trigger));
	for (size_t i = 0; i < json_object_array_length(several); i++) {
		struct json_object *one = json_object_array_get_idx(several, i);

		text = mcp_printf(call, "%s%s%s", text, i > 0 ? "; " : "",
				  with_paused(call, one, trigger_text(call, one)));
	}
	return text;
}

/* ---- facts of the job ------------------------------------------------------------------------ */

/* 0 means "no limit". */
static const char *
show_seconds(struct mcp_call *call, struct json_object *value)
{
	int64_t seconds = json_object_get_int64(value);

	return seconds <= 0 || seconds > INT64_MAX / 1000 ? "" : mcp_duration(call, 1000 * seconds);
}

static const struct mcp_fact cluster_facts[] = {
	{ .key = "job_cluster", .path = "job_cluster_key" },
	{ .key = "compute", .path = "words" },
	{ .key = "settings", .path = "settings" },
	{ .key = "serverless", .path = "serverless_compute" },
	{ .key = "serverless_id", .path = "serverless_compute_id" },
};

static const struct mcp_fact environment_facts[] = {
	{ .key = "environment", .path = "environment_key" },
	{ .key = "version", .path = "spec.environment_version" },
	{ .key = "client", .path = "spec.client" },
	{ .key = "base", .path = "spec.base_environment" },
	{ .key = "project", .path = "spec.project_environment" },
	{ .key = "dependencies", .path = "spec.dependencies" },
	{ .key = "java_dependencies", .path = "spec.java_dependencies" },
};

static const struct mcp_fact job_facts[] = {
	{ .key = "job", .path = "settings.name", .show = mcp_show_id },
	{ .key = "job_id", .path = "job_id", .show = mcp_show_id },
	{ .key = "description", .path = "settings.description" },
	{ .key = "schedule", .path = "runs_when" },
	{ .key = "parameters", .path = "settings.parameters", .show = dbx_show_parameters },
	{ .key = "runs_as", .label = "runs as", .path = "run_as_user_name" },
	{ .key = "creator", .path = "creator_user_name" },
	{ .key = "created", .path = "created_time", .show = mcp_show_time, .detail = MCP_FULL },
	{ .key = "max_concurrent_runs",
	  .label = "max concurrent runs",
	  .path = "settings.max_concurrent_runs",
	  .detail = MCP_FULL },
	{ .key = "queue", .path = "settings.queue.enabled", .detail = MCP_FULL },
	{ .key = "timeout",
	  .path = "settings.timeout_seconds",
	  .show = show_seconds,
	  .detail = MCP_FULL },
	{ .key = "duration_target", .path = "settings.duration_target", .detail = MCP_FULL },
	{ .key = "tags", .path = "settings.tags", .detail = MCP_FULL },
	{ .key = "run_as", .path = "settings.run_as", .detail = MCP_FULL },
	{ .key = "git_source", .path = "settings.git_source", .detail = MCP_FULL },
	{ .key = "trigger", .path = "settings.trigger", .detail = MCP_FULL },
	{ .key = "triggers", .path = "settings.triggers", .detail = MCP_FULL },
	{ .key = "cron", .path = "settings.schedule", .detail = MCP_FULL },
	{ .key = "continuous", .path = "settings.continuous", .detail = MCP_FULL },
	{ .key = "trigger_state", .path = "trigger_state", .detail = MCP_FULL },
	{ .key = "trigger_details", .path = "trigger_details", .detail = MCP_FULL },
	{ .key = "email_notifications",
	  .path = "settings.email_notifications",
	  .detail = MCP_FULL },
	{ .key = "webhook_notifications",
	  .path = "settings.webhook_notifications",
	  .detail = MCP_FULL },
	{ .key = "notification_settings",
	  .path = "settings.notification_settings",
	  .detail = MCP_FULL },
	{ .key = "health_rules", .path = "settings.health.rules", .detail = MCP_FULL },
	{ .key = "performance", .path = "settings.performance_target", .detail = MCP_FULL },
	{ .key = "usage_policy", .path = "settings.usage_policy_id", .detail = MCP_FULL },
	{ .key = "budget_policy", .path = "settings.budget_policy_id", .detail = MCP_FULL },
	{ .key = "effective_usage_policy",
	  .path = "effective_usage_policy_id",
	  .detail = MCP_FULL },
	{ .key = "effective_budget_policy",
	  .path = "effective_budget_policy_id",
	  .detail = MCP_FULL },
	{ .key = "edit_mode", .path = "settings.edit_mode", .detail = MCP_FULL },
	{ .key = "deployed_by", .path = "settings.deployment.kind", .detail = MCP_FULL },
	{ .key = "deployed_from",
	  .path = "settings.deployment.metadata_file_path",
	  .detail = MCP_FULL },
	{ .key = "folder", .path = "settings.parent_path", .detail = MCP_FULL },
	{ .key = "job_clusters",
	  .path = "settings.job_clusters",
	  .detail = MCP_FULL,
	  MCP_FACT_COLUMNS(cluster_facts) },
	{ .key = "environments",
	  .path = "settings.environments",
	  .detail = MCP_FULL,
	  MCP_FACT_COLUMNS(environment_facts) },
};

static void
add_picked(struct json_object *settings, const char *key, struct json_object *picked)
{
	if (json_object_object_length(picked) > 0)
		json_object_object_add(settings, key, json_object_get(picked));
}

/* The facts of a cluster that the job makes. Environment variables, the password of a registry and
 * the key of a log workspace are not shown, because they may be secret. */
static struct json_object *
cluster_settings(struct mcp_call *call, struct json_object *cluster)
{
	struct json_object *settings =
	    mcp_pick(call, cluster, "spark_version", "node_type_id", "driver_node_type_id",
		     "num_workers", "autoscale", "instance_pool_id", "driver_instance_pool_id",
		     "policy_id", "data_security_mode", "single_user_name", "runtime_engine",
		     "kind", "is_single_node", "use_ml_runtime", "enable_elastic_disk",
		     "spark_conf", "custom_tags", "init_scripts", "cluster_log_conf",
		     "aws_attributes", "gcp_attributes", "dependency_mode",
		     "driver_node_type_flexibility", "worker_node_type_flexibility",
		     "enable_local_disk_encryption", "remote_disk_throughput",
		     "total_initial_remote_disk_size", "workload_type", NULL);

	add_picked(settings, "azure_attributes",
		   mcp_pick(call, mcp_get(cluster, "azure_attributes"), "availability",
			    "capacity_reservation_group", "first_on_demand", "spot_bid_max_price",
			    NULL));
	add_picked(settings, "docker_image",
		   mcp_pick(call, mcp_get(cluster, "docker_image"), "url", NULL));
	return settings;
}

static void
shape_clusters(struct mcp_call *call, struct json_object *job)
{
	struct json_object *list = mcp_objects(call, job, "settings.job_clusters");

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		struct json_object *cluster = mcp_get(item, "new_cluster");

		json_object_object_add(item, "words",
				       json_object_new_string(dbx_cluster_words(call, cluster)));
		json_object_object_add(item, "settings",
				       json_object_get(cluster_settings(call, cluster)));
	}
}

/* ---- tasks ----------------------------------------------------------------------------------- */

static const struct mcp_fact task_facts[] = {
	{ .key = "task", .path = "task_key" },
	{ .key = "does", .path = "does" },
	{ .key = "on", .path = "on" },
	{ .key = "after", .path = "after" },
	{ .key = "disabled", .path = "disabled", .show = mcp_show_yes },
	{ .key = "run_if", .path = "run_if", .detail = MCP_FULL },
	{ .key = "retries", .path = "retries", .detail = MCP_FULL },
	{ .key = "timeout", .path = "timeout_seconds", .show = show_seconds, .detail = MCP_FULL },
	{ .key = "libraries", .path = "libraries", .detail = MCP_FULL },
	{ .key = "settings", .path = "settings", .detail = MCP_FULL },
	{ .key = "each", .path = "each", .detail = MCP_FULL },
	{ .key = "cluster", .path = "cluster", .detail = MCP_FULL },
	{ .key = "description", .path = "description", .detail = MCP_FULL },
	{ .key = "no_auto_optimization",
	  .path = "disable_auto_optimization",
	  .show = mcp_show_yes,
	  .detail = MCP_FULL },
	{ .key = "environment_variables", .path = "environment_variables_key", .detail = MCP_FULL },
	{ .key = "email_notifications", .path = "email_notifications", .detail = MCP_FULL },
	{ .key = "webhook_notifications", .path = "webhook_notifications", .detail = MCP_FULL },
	{ .key = "notification_settings", .path = "notification_settings", .detail = MCP_FULL },
	{ .key = "health_rules", .path = "health.rules", .detail = MCP_FULL },
};

static const struct mcp_fact tasks_fact = { .key = "tasks",
					    .path = "settings.tasks",
					    MCP_FACT_COLUMNS(task_facts) };

/* Writes "3 retries, 1 min 30 s apart, also after a timeout". */
static const char *
retries_text(struct mcp_call *call, struct json_object *task)
{
	int64_t most = mcp_get_int(task, "max_retries", 0);
	int64_t apart = mcp_get_int(task, "min_retry_interval_millis", 0);
	const char *text;

	if (most == 0)
		return "";
	text = most < 0
		 ? "unlimited retries"
		 : mcp_printf(call, "%lld %s", (long long)most, most == 1 ? "retry" : "retries");
	if (apart > 0)
		text = mcp_printf(call, "%s, %s apart", text, mcp_duration(call, apart));
	return mcp_get_bool(task, "retry_on_timeout", false)
		 ? mcp_printf(call, "%s, also after a timeout", text)
		 : text;
}

static void
shape_task(struct mcp_call *call, struct json_object *task)
{
	struct json_object *settings = dbx_task_settings(call, task);
	struct json_object *each = dbx_task_each(call, task);
	struct json_object *cluster =
	    mcp_get(task, each != NULL ? "for_each_task.task.new_cluster" : "new_cluster");
	const struct {
		const char *key, *text;
	} made[] = {
		{ "does", dbx_task_kind(call, task) },
		{ "on", dbx_task_compute(call, task) },
		{ "after", dbx_task_after(call, task) },
		{ "retries", retries_text(call, task) },
	};

	for (size_t i = 0; i < COUNT(made); i++)
		json_object_object_add(task, made[i].key, json_object_new_string(made[i].text));
	if (settings != NULL)
		json_object_object_add(task, "settings", json_object_get(settings));
	if (each != NULL)
		json_object_object_add(task, "each", json_object_get(each));
	if (cluster != NULL)
		json_object_object_add(task, "cluster",
				       json_object_get(cluster_settings(call, cluster)));
}

/* Appends the arrays of a further page of a job to those of the first page. */
static void
merge(struct mcp_call *call, struct json_object *job, struct json_object *more)
{
	static const char *const arrays[] = { "tasks", "job_clusters", "environments",
					      "parameters" };
	struct json_object *settings = mcp_get(job, "settings");

	for (size_t i = 0; json_object_is_type(settings, json_type_object) && i < COUNT(arrays);
	     i++) {
		struct json_object *items = mcp_objects(call, mcp_get(more, "settings"), arrays[i]);
		struct json_object *all = mcp_array(settings, arrays[i]);

		if (all == NULL) {
			all = json_object_new_array();
			json_object_object_add(settings, arrays[i], all);
		}
		for (size_t k = 0; k < json_object_array_length(items); k++)
			json_object_array_add(all,
					      json_object_get(json_object_array_get_idx(items, k)));
	}
}

/* ---- get_job_details ------------------------------------------------------------------------- */

/* A job with more than 100 tasks has several pages. Each step has all pages so far among its
 * replies. */
struct details {
	struct dbx_resolved job;
	size_t pages;
};

static int details_arrived(struct mcp_call *call, const void *state, size_t len);

/* Requests the known pages and the next one. */
static int
details_fetch(struct mcp_call *call, const struct details *asked)
{
	struct mcp_http requests[TASK_PAGES_MAX];
	struct details details = *asked;
	const char *token = NULL;

	for (size_t i = 0; i <= asked->pages; i++) {
		if (!mcp_fetch_request(call, &requests[i], "/api/2.2/jobs/get{?job_id,page_token}",
				       mcp_object(call, "job_id", details.job.id, "page_token",
						  token, NULL)))
			return MCP_E_INPUT;
		requests[i].cache_ms = FRESH_MS;
		if (i < asked->pages)
			token = mcp_get_str(call, mcp_reply_json(call, i), "next_page_token", NULL);
	}
	details.pages++;
	return mcp_suspend(call, requests, details.pages, 0, details_arrived, &details,
			   sizeof(details));
}

static int
details_tell(struct mcp_call *call, const struct details *details, struct json_object *job,
	     bool whole)
{
	struct mcp_answer *answer = mcp_answer_begin(call);
	struct mcp_place place = mcp_place(call);
	struct json_object *tasks = mcp_objects(call, job, "settings.tasks");
	struct mcp_page page = { .noun = "tasks",
				 .tool = "get_job_details",
				 .limit = "",
				 .extra = mcp_printf(call, "job_id=%s",
						     mcp_quoted(call, details->job.asked)),
				 .total = whole ? (int64_t)json_object_array_length(tasks) : -1,
				 .place = &place };

	if (place.token != NULL && dbx_is_number(place.token))
		place.skip = strtoll(place.token, NULL, 10);
	place.token = NULL;
	shape_clusters(call, job);
	json_object_object_add(job, "runs_when",
			       json_object_new_string(
				   job_schedule(call, mcp_get(job, "settings"))));
	mcp_answer_add(answer, job, job_facts, COUNT(job_facts));
	mcp_answer_url(answer, mcp_url(call, "/jobs/%s",
				       mcp_get_str(call, job, "job_id", details->job.id)));
	for (size_t i = 0; i < json_object_array_length(tasks); i++)
		shape_task(call, json_object_array_get_idx(tasks, i));
	mcp_answer_table(answer, &tasks_fact, tasks, &page);
	if (!whole)
		mcp_answer_text(answer, NULL, "incomplete",
				"The workspace gives no valid next page of tasks. There may be "
				"more tasks.");
	return mcp_answer_end(answer);
}

/* The pages that were read are shown, even when a later page fails. */
static bool
page_usable(struct mcp_call *call, size_t i)
{
	struct dbx_error error;

	return dbx_ok(call, mcp_reply(call, i), &error) &&
	       json_object_is_type(mcp_reply_json(call, i), json_type_object);
}

/* Did an earlier page name the same next page? Then the pages form a loop. */
static bool
was_named(struct mcp_call *call, const struct details *details, const char *next)
{
	for (size_t i = 0; next[0] != '\0' && i + 1 < details->pages; i++)
		if (strcmp(mcp_get_str(call, mcp_reply_json(call, i), "next_page_token", ""),
			   next) == 0)
			return true;
	return false;
}

static int
details_arrived(struct mcp_call *call, const void *state, size_t len)
{
	const struct details *details = state;
	struct mcp_words words = job_words(call, details->job.asked, "CAN VIEW on the job");
	struct json_object *job, *page;
	const char *next;
	int status;

	(void)len;
	if (job_missing(call, details->job.asked, &status))
		return status;
	job = dbx_reply(call, 0, &words);
	if (job == NULL)
		return MCP_E_UPSTREAM;
	next = mcp_get_str(call, job, "next_page_token", "");
	for (size_t i = 1; i < details->pages; i++) {
		page = mcp_reply_json(call, i);
		if (!page_usable(call, i))
			return details_tell(call, details, job, false);
		merge(call, job, page);
		next = mcp_get_str(call, page, "next_page_token", "");
	}
	if (was_named(call, details, next))
		return details_tell(call, details, job, false);
	if (next[0] == '\0' || details->pages == TASK_PAGES_MAX)
		return details_tell(call, details, job, next[0] == '\0');
	return details_fetch(call, details);
}

static int
details_resolved(struct mcp_call *call, const void *state, size_t len)
{
	struct details details = { .pages = 0 };

	(void)len;
	memcpy(&details.job, state, sizeof(details.job));
	return details_fetch(call, &details);
}

int
get_job_details(struct mcp_call *call)
{
	struct mcp_place place = mcp_place(call);

	if (place.token != NULL && place.token[0] != '\0' && !dbx_is_number(place.token))
		return mcp_fail(call, MCP_E_INPUT, "page_token is not valid for this tool.", NULL,
				"Use the page_token from the end line of the last answer.");
	return dbx_resolve(call, &dbx_jobs, "job_id", details_resolved);
}

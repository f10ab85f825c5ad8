/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clusters of a new workspace, with some weeks of history, and the two fixed lists (runtime
 * versions, node types).
 */
#include "compute/clusters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct seed {
	const char *id, *name, *state, *creator, *source, *node;
	int workers;		 /* 0 = autoscale 1..4 */
	int age_hours;		 /* time since the cluster was started */
	const char *code, *type; /* why the cluster ended; NULL while it runs */
	const char *message;
	bool pinned;
};

static const struct seed seeds[] = {
	{ "sandbox-running", "sandbox-running", "RUNNING", "ann@example.com", "UI", "i3.xlarge", 2,
	  5, NULL, NULL, "", true },
	{ "sandbox-terminated", "sandbox-terminated", "TERMINATED", "ann@example.com", "UI",
	  "i3.xlarge", 2, 30, "INACTIVITY", "SUCCESS", "Inactivity", false },
	{ "1101-120000-ab12cd34", "analytics-shared", "RUNNING", "bob@example.com", "UI",
	  "m5d.2xlarge", 0, 26, NULL, NULL, "", true },
	{ "1103-081500-kq7wzt2m", "ml-gpu", "TERMINATED", "carol@example.com", "UI", "g5.2xlarge",
	  1, 80, "INACTIVITY", "SUCCESS", "Inactivity", false },
	{ "1104-021000-jb9xh3ap", "job-482911-run-77-etl", "TERMINATED", "etl@example.com", "JOB",
	  "i3.xlarge", 4, 15, "JOB_FINISHED", "SUCCESS", "Job run finished", false },
	{ "1105-021000-jc4rn8vd", "job-482911-run-78-etl", "RUNNING", "etl@example.com", "JOB",
	  "i3.xlarge", 4, 1, NULL, NULL, "", false },
	{ "1105-093000-br0ken11", "broken-init-script", "ERROR", "bob@example.com", "API",
	  "i3.xlarge", 2, 50, "INIT_SCRIPT_FAILURE", "CLIENT_ERROR",
	  "Init script failure: the script exited with status 1", false },
	{ "1106-110000-sp0tl0st", "spot-experiment", "TERMINATED", "carol@example.com", "API",
	  "i3.2xlarge", 8, 120, "SPOT_INSTANCE_TERMINATION", "CLOUD_FAILURE",
	  "Spot instances were reclaimed", false },
	{ "1107-000000-p1pel1ne", "dlt-execution-orders", "TERMINATED", "etl@example.com",
	  "PIPELINE", "m5d.xlarge", 0, 9, "JOB_FINISHED", "SUCCESS", "Pipeline update finished",
	  false },
	{ "1107-003000-ma1nt0nc", "dlt-maintenance-orders", "TERMINATED", "etl@example.com",
	  "PIPELINE_MAINTENANCE", "m5d.xlarge", 1, 8, "JOB_FINISHED", "SUCCESS",
	  "Maintenance finished", false },
	{ "1108-140000-dev0b0b1", "bob-dev", "TERMINATED", "bob@example.com", "UI", "m5d.large", 1,
	  200, "USER_REQUEST", "SUCCESS", "Terminated by user", false },
	{ "1109-100000-grow1ng1", "reporting", "RESIZING", "dave@example.com", "API", "m5d.2xlarge",
	  0, 3, NULL, NULL, "Resizing to 4 workers", false },
};

static struct json_object *
make_spec(const struct seed *seed)
{
	struct json_object *spec = json_object_new_object(), *part;

	json_add_str(spec, "spark_version", "16.4.x-scala2.12");
	json_add_str(spec, "node_type_id", seed->node);
	json_add_str(spec, "driver_node_type_id", seed->node);
	if (seed->workers > 0) {
		json_add_int(spec, "num_workers", seed->workers);
	} else {
		part = json_object_new_object();
		json_add_int(part, "min_workers", 1);
		json_add_int(part, "max_workers", 4);
		json_add(spec, "autoscale", part);
	}
	json_add_int(spec, "autotermination_minutes", strcmp(seed->source, "UI") == 0 ? 60 : 0);
	json_add_str(spec, "data_security_mode", seed->pinned ? "USER_ISOLATION" : "SINGLE_USER");
	if (!seed->pinned)
		json_add_str(spec, "single_user_name", seed->creator);
	part = json_object_new_object();
	json_add_str(part, "spark.databricks.delta.preview.enabled", "true");
	json_add(spec, "spark_conf", part);
	part = json_object_new_object();
	json_add_str(part, "team", strncmp(seed->creator, "carol", 5) == 0 ? "ml" : "data");
	json_add(spec, "custom_tags", part);
	return spec;
}

static struct json_object *
reason_detail(struct json_object *reason)
{
	struct json_object *details = json_object_new_object();

	json_add(details, "reason", json_object_get(reason));
	return details;
}

/* One period of a cluster from its start to its end; the last period has no end. */
static void
seed_life(struct workspace *ws, const struct seed *seed, int64_t start, int64_t end,
	  struct json_object *reason)
{
	struct json_object *details = json_object_new_object();

	json_add_str(details, "user", seed->creator);
	cluster_event(ws, seed->id, start, "STARTING", details);
	cluster_event(ws, seed->id, start + 190000, "RUNNING", json_object_new_object());
	cluster_event(ws, seed->id, start + 191500, "DRIVER_HEALTHY", json_object_new_object());
	if (end > 0)
		cluster_event(ws, seed->id, end, "TERMINATING", reason_detail(reason));
}

static void
seed_one(struct workspace *ws, const struct seed *seed, int64_t now)
{
	struct json_object *spec = make_spec(seed), *details = json_object_new_object();
	struct json_object *reason =
	    seed->code != NULL ? cluster_reason(seed->code, seed->type, seed->creator) : NULL;
	struct json_object *idle = cluster_reason("INACTIVITY", "SUCCESS", "");
	int64_t start = now - seed->age_hours * HOUR_MS;
	int64_t end = reason != NULL ? start + 40 * HOUR_MS / 60 : 0;

	db_run(ws,
	       "INSERT INTO clusters(id, name, state, since, message, creator, source, pinned,"
	       " start_time, terminated_time, reason, spec)"
	       " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	       "sssisssiiijj", seed->id, seed->name, seed->state, end > 0 ? end : start,
	       seed->message, seed->creator, seed->source, (int64_t)seed->pinned, start, end,
	       reason, spec);
	json_add_str(details, "user", seed->creator);
	cluster_event(ws, seed->id, start - 24 * 7 * HOUR_MS, "CREATING", details);
	for (int day = 6; day >= 1; day--)
		seed_life(ws, seed, start - day * 24 * HOUR_MS,
			  start - day * 24 * HOUR_MS + 2 * HOUR_MS, idle);
	seed_life(ws, seed, start, end, reason);
	json_object_put(spec);
	json_object_put(reason);
	json_object_put(idle);
}

void
clusters_seed(struct workspace *ws)
{
	int64_t now = clock_ms();

	for (size_t i = 0; i < ARRAY_SIZE(seeds); i++)
		seed_one(ws, &seeds[i], now);
}

/* ---- fixed lists ---- */

void
clusters_spark_versions(struct request *req)
{
	static const char *const versions[][2] = {
		{ "17.3.x-scala2.13", "17.3 LTS (includes Apache Spark 4.0.0, Scala 2.13)" },
		{ "16.4.x-scala2.12", "16.4 LTS (includes Apache Spark 3.5.2, Scala 2.12)" },
		{ "16.4.x-cpu-ml-scala2.12",
		  "16.4 LTS ML (includes Apache Spark 3.5.2, Scala 2.12)" },
		{ "15.4.x-scala2.12", "15.4 LTS (includes Apache Spark 3.5.0, Scala 2.12)" },
	};
	struct json_object *answer = json_object_new_object(), *list = json_object_new_array();

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct json_object *item = json_object_new_object();

		json_add_str(item, "key", versions[i][0]);
		json_add_str(item, "name", versions[i][1]);
		json_object_array_add(list, item);
	}
	json_add(answer, "versions", list);
	reply_json(req, answer);
}

void
clusters_node_types(struct request *req)
{
	static const struct {
		const char *id, *category;
		int memory_mb, cores, gpus;
	} types[] = {
		{ "m5d.large", "General Purpose", 8192, 2, 0 },
		{ "m5d.xlarge", "General Purpose", 16384, 4, 0 },
		{ "m5d.2xlarge", "General Purpose", 32768, 8, 0 },
		{ "i3.xlarge", "Storage Optimized", 31232, 4, 0 },
		{ "i3.2xlarge", "Storage Optimized", 62464, 8, 0 },
		{ "g5.2xlarge", "GPU Accelerated", 32768, 8, 1 },
	};
	struct json_object *answer = json_object_new_object(), *list = json_object_new_array();

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct json_object *item = json_object_new_object();

		json_add_str(item, "node_type_id", types[i].id);
		json_add_str(item, "instance_type_id", types[i].id);
		json_add_str(item, "description", types[i].id);
		json_add_str(item, "category", types[i].category);
		json_add_int(item, "memory_mb", types[i].memory_mb);
		json_add(item, "num_cores", json_object_new_double(types[i].cores));
		json_add_int(item, "num_gpus", types[i].gpus);
		json_add_bool(item, "is_deprecated", false);
		json_object_array_add(list, item);
	}
	json_add(answer, "node_types", list);
	reply_json(req, answer);
}

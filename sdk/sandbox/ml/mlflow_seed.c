/* SPDX-License-Identifier: Apache-2.0 */
/* The experiments of a new workspace: forty runs, some failed, one running, one killed. */
#include "ml/mlflow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ml/ml_filter.h"

enum { POINTS = 20 };

struct seed {
	const char *id, *name;
	int runs;
	const char *metric; /* the value falls from run to run, or rises */
	double first, change;
	int age_hours;
};

static const struct seed seeds[] = {
	{ "1042000000000001", "/Users/ann@example.com/taxi-fare", 22, "rmse", 4.0, -0.13, 30 },
	{ "1042000000000002", "/Users/ann@example.com/churn", 12, "auc", 0.61, 0.02, 80 },
	{ "1042000000000003", "/Shared/forecast", 6, "mape", 0.31, -0.03, 200 },
	{ "1042000000000004", "/Users/bob@example.com/scratch", 0, NULL, 0, 0, 300 },
};

static void
add_params(struct json_object *run, int i)
{
	static const char *const models[] = { "linear", "tree", "forest", "boosting" };
	char text[32];

	run_set(run, "params", "model", models[i % 4]);
	snprintf(text, sizeof(text), "%d", 2 + i % 7);
	run_set(run, "params", "max_depth", text);
	snprintf(text, sizeof(text), "0.%02d", 1 + i % 9);
	run_set(run, "params", "learning_rate", text);
	run_set(run, "tags", "mlflow.source.name", "/Users/ann@example.com/train");
	run_set(run, "tags", "mlflow.source.type", "NOTEBOOK");
	run_set(run, "tags", "mlflow.databricks.notebookID", "1000100000000042");
	run_set(run, "tags", "team", i % 3 == 0 ? "pricing" : "growth");
}

static void
add_files(struct json_object *run)
{
	run_add_file(run, "model", -1);
	run_add_file(run, "model/MLmodel", 612);
	run_add_file(run, "model/conda.yaml", 187);
	run_add_file(run, "model/model.pkl", 48211);
	run_add_file(run, "plots", -1);
	run_add_file(run, "plots/importance.png", 20414);
	run_add_file(run, "metrics.json", 95);
}

/* Calculates the curve of the loss, and the main metric of the experiment. */
static void
add_metrics(struct workspace *ws, struct json_object *run, const struct seed *seed, int i,
	    int64_t started)
{
	for (int step = 0; step < POINTS; step++)
		run_log(ws, run, "loss", ml_number((10 + i % 5) / (1.0 + step)),
			started + step * 30000, step);
	run_log(ws, run, seed->metric, ml_number(seed->first + seed->change * i),
		started + POINTS * 30000, 0);
	if (i % 11 == 5) /* NaN, the result of a division by zero */
		run_log(ws, run, "r2", json_object_new_string("NaN"), started, 0);
	else
		run_log(ws, run, "r2", ml_number(0.5 + 0.02 * i), started, 0);
}

static void
add_run(struct workspace *ws, const struct seed *seed, int i, int64_t now)
{
	int64_t started = now - (seed->age_hours + 1) * HOUR_MS + i * HOUR_MS;
	char text[64], id[65], name[64];
	const char *status = i % 10 == 3 ? "FAILED" : i % 10 == 7 ? "KILLED" : "FINISHED";
	struct json_object *run, *info;

	snprintf(text, sizeof(text), "run %s %d", seed->id, i);
	sha256_hex(text, strlen(text), id);
	id[32] = '\0';
	snprintf(name, sizeof(name), "%s-%02d", strrchr(seed->name, '/') + 1, i + 1);
	if (i + 1 == seed->runs && seed->age_hours < 48)
		status = "RUNNING";
	run = run_new(id, name, seed->id, i % 2 == 0 ? "ann@example.com" : "bob@example.com",
		      started);
	info = json_get(run, "info");
	json_add_str(info, "status", status);
	if (strcmp(status, "RUNNING") != 0)
		json_add_int(info, "end_time", started + (7 + i) * 60000);
	add_params(run, i);
	if (strcmp(status, "FAILED") != 0)
		add_metrics(ws, run, seed, i, started);
	if (strcmp(status, "FINISHED") == 0)
		add_files(run);
	run_put(ws, run);
	json_object_put(run);
}

void
mlflow_seed(struct workspace *ws)
{
	int64_t now = clock_ms();

	for (size_t e = 0; e < ARRAY_SIZE(seeds); e++) {
		struct json_object *experiment =
		    experiment_new(seeds[e].id, seeds[e].name,
				   now - (seeds[e].age_hours + 100) * HOUR_MS);

		json_add_int(experiment, "last_update_time",
			     now - (seeds[e].age_hours - seeds[e].runs) * HOUR_MS);
		if (seeds[e].runs == 0)
			json_add_str(experiment, "lifecycle_stage", "deleted");
		experiment_put(ws, experiment);
		json_object_put(experiment);
		for (int i = 0; i < seeds[e].runs; i++)
			add_run(ws, &seeds[e], i, now);
	}
}

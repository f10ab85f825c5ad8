/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types and functions that the files of MLflow tracking share: mlflow.c (experiments),
 * mlflow_document.c (runs as documents), mlflow_runs.c (runs, metrics, artifacts), mlflow_seed.c.
 * The caller of these functions holds ws_lock.
 *
 * A run is stored as one document, in the form of runs/get: {info, data{metrics, params, tags},
 * inputs, files}; `files` ([{path, is_dir, file_size}]) is not sent. Each logged value of a metric
 * is also a row of its history. */
#ifndef SANDBOX_MLFLOW_H
#define SANDBOX_MLFLOW_H

#include "sandbox.h"

#define MLFLOW "/api/2.0/mlflow"

/* The run with this id; owned. NULL when there is none. */
struct json_object *experiment_get(struct workspace *ws, const char *id);
void experiment_put(struct workspace *ws, struct json_object *experiment);
struct json_object *experiment_new(const char *id, const char *name, int64_t created);

/* Owned. */
struct json_object *run_new(const char *id, const char *name, const char *experiment,
			    const char *user, int64_t started);
void run_put(struct workspace *ws, struct json_object *run);
/* The array "metrics", "params" or "tags" of the run's data; borrowed. */
struct json_object *run_list(struct json_object *run, const char *list);
/* Adds or replaces {key, value} in data.params or data.tags. */
void run_set(struct json_object *run, const char *list, const char *key, const char *value);
/* Logs a value of a metric (and takes ownership of it), and stores the latest value in the run. */
void run_log(struct workspace *ws, struct json_object *run, const char *key,
	     struct json_object *value, int64_t when, int64_t step);
void run_add_file(struct json_object *run, const char *path, int64_t size); /* -1: a folder */

void mlflow_seed(struct workspace *ws);

#endif

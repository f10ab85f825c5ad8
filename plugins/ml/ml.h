/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers of the ml plugin: MLflow 2.0, Unity Catalog models 2.1, model serving and vector
 * search 2.0: https://docs.databricks.com/api/workspace/experiments and the following chapters */
#ifndef PLUGINS_ML_H
#define PLUGINS_ML_H

#include "databricks.h"
#include "ml.rows.h"

#define MODELS "/api/2.1/unity-catalog/models"
#define MLFLOW "/api/2.0/mlflow"
#define PAGE_MAX 100 /* the prefix of the paths of MLflow and of models */

/* Turns an array of {key, value} into {key: value}. The concise form leaves out the platform's own
 * tags and cuts long values (run.c). */
struct json_object *pairs_object(struct mcp_call *call, struct json_object *item, const char *list);

/* Is this the name of a model in Unity Catalog? Such a name has three parts (version.c). */
bool in_catalog(const char *name);
/* Writes the filter with which the workspace registry finds the versions of one model. */
const char *name_filter(struct mcp_call *call, const char *name);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of a task: its own, the job's and those of run-now, with {{references}}
 * resolved. */
#ifndef SANDBOX_RUN_PARAMS_H
#define SANDBOX_RUN_PARAMS_H

#include "jobs/runs.h"

/* Replaces {{job.id}}, {{job.parameters.x}}, {{tasks.t.values.k}}, ... in a text. Unknown
 * references do not change. The caller frees the result. */
char *params_resolve(const struct task_context *context, const char *text);
/* All results are owned: names to texts for widgets; a list of arguments; names to texts for
 * SQL. */
struct json_object *params_of_notebook(const struct task_context *context,
				       struct json_object *task);
struct json_object *params_of_python(const struct task_context *context, struct json_object *task);
struct json_object *params_of_sql(const struct task_context *context, struct json_object *task);

#endif

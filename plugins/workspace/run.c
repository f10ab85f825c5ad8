/* SPDX-License-Identifier: Apache-2.0 */
/* run_notebook starts a separate run for one notebook. It is submitted once and then polled like
 * the run of a job. */
#include "workspace.h"

#include <string.h>

static int
submitted(struct mcp_call *call, const void *state, size_t len)
{
	const char *path = mcp_arg(call, "notebook_path"), *token = state;
	struct json_object *reply =
	    dbx_reply(call, 0,
		      &(struct mcp_words){
			  .object = mcp_printf(call, "Running notebook \"%s\"", path),
			  .not_found = "Call list_workspace_items to see the notebooks.",
			  .grant = "CAN RUN on the notebook, and CAN ATTACH TO on the cluster",
			  .again = dbx_run_again(call, token) });

	(void)len;
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	return dbx_run_handle(call, mcp_get_str(call, reply, "run_id", ""), false);
}

/* Without a cluster the task names no compute, which means serverless. */
static struct json_object *
task_body(struct mcp_call *call, const char *path, const char *cluster_id)
{
	struct json_object *task = json_object_new_object();
	struct json_object *notebook =
	    json_object_get(mcp_object(call, "notebook_path", path, "source", "WORKSPACE", NULL));
	struct json_object *parameters = mcp_arg_json(call, "parameters");

	if (parameters != NULL)
		json_object_object_add(notebook, "base_parameters", json_object_get(parameters));
	json_object_object_add(task, "task_key", json_object_new_string("notebook"));
	json_object_object_add(task, "notebook_task", notebook);
	if (cluster_id[0] != '\0')
		json_object_object_add(task, "existing_cluster_id",
				       json_object_new_string(cluster_id));
	return task;
}

static int
submit(struct mcp_call *call, const char *path, const char *cluster_id)
{
	struct json_object *tasks = json_object_new_array();
	const char *token = mcp_idempotency_token(call, "idempotency_token");
	struct json_object *body =
	    mcp_object(call, "run_name", mcp_printf(call, "lakehost: %s", path),
		       "idempotency_token", token, NULL);

	json_object_array_add(tasks, task_body(call, path, cluster_id));
	json_object_object_add(body, "tasks", tasks);
	return mcp_send(call, "POST", "/api/2.2/jobs/runs/submit", NULL, body, MCP_RETRY_TOKEN,
			submitted, token, token == NULL ? 0 : strlen(token) + 1);
}

static int
run_looked_at(struct mcp_call *call, const char *path, struct json_object *item, const void *state)
{
	(void)item;
	return submit(call, path, state);
}

/* Submits the run on `cluster_id`; "" means serverless. A path with the extension of a source file
 * is looked up first, because the notebook may be stored without it. */
static int
on_cluster(struct mcp_call *call, const char *cluster_id)
{
	const char *path = mcp_arg(call, "notebook_path");

	return notebook_path(call, path) == NULL ? submit(call, path, cluster_id)
						 : item_look(call, "notebook_path", run_looked_at,
							     cluster_id, strlen(cluster_id) + 1);
}

static int
run_cluster_resolved(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *cluster = state;

	(void)len;
	return on_cluster(call, cluster->id);
}

/* Selects the cluster: the argument, else the operator's choice, else serverless. */
int
run_notebook(struct mcp_call *call)
{
	const char *cluster = mcp_arg(call, "cluster_id"), *option = mcp_option(call, "cluster_id");

	if (mcp_arg(call, "notebook_path")[0] != '/')
		return mcp_fail(call, MCP_E_INPUT, "notebook_path is not a workspace path.",
				"A path must begin with /.", "Call list_workspace_items path=/.");
	if (cluster != NULL && cluster[0] != '\0')
		return dbx_resolve(call, &dbx_clusters, "cluster_id", run_cluster_resolved);
	if (option != NULL && option[0] != '\0')
		return dbx_resolve_text(call, &dbx_clusters, option, run_cluster_resolved);
	return on_cluster(call, "");
}

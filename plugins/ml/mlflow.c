/* SPDX-License-Identifier: Apache-2.0 */
/* MLflow: experiments, and their runs with selected columns. */
#include "ml.h"

#include <stdio.h>
#include <string.h>

#define CHOSEN_MAX 12	  /* most columns that a caller may select */
#define METRICS_DEFAULT 4 /* number of metrics that are shown when no column was selected */

static struct json_object *
list_of(const char *text)
{
	struct json_object *list = json_object_new_array();

	json_object_array_add(list, json_object_new_string(text));
	return list;
}

/* ---- list_mlflow_runs ----------------------------------------------------------------------- */

/* The value of `key` in an array of {key, value}. NULL when the key is not there. */
static const char *
pair_value(struct mcp_call *call, struct json_object *run, const char *list, const char *key)
{
	struct json_object *pairs = mcp_objects(call, run, list);

	for (size_t i = 0; i < json_object_array_length(pairs); i++) {
		struct json_object *pair = json_object_array_get_idx(pairs, i);

		if (strcmp(mcp_get_str(call, pair, "key", ""), key) == 0)
			return mcp_get_str(call, pair, "value", "");
	}
	return NULL;
}

/* The value of "metrics.rmse" in a run, as text. NULL when there is none. A name without a scope is
 * an attribute, metric, param or tag; they are searched in this order. */
static const char *
run_value(struct mcp_call *call, struct json_object *run, const char *column)
{
	static const char *const scopes[] = { "metrics", "params", "tags" };
	const char *info = mcp_get_str(call, run, mcp_printf(call, "info.%s", column), NULL);
	const char *value = NULL;

	if (strcmp(column, "end_time") == 0 || strcmp(column, "start_time") == 0)
		return mcp_time(call, mcp_get_int(run, mcp_printf(call, "info.%s", column), 0));
	for (size_t i = 0; i < COUNT(scopes); i++) {
		size_t len = strlen(scopes[i]);
		const char *list = mcp_printf(call, "data.%s", scopes[i]);

		if (strncmp(column, scopes[i], len) == 0 && column[len] == '.')
			return pair_value(call, run, list, column + len + 1);
		if (value == NULL)
			value = pair_value(call, run, list, column);
	}
	return info != NULL ? info : value;
}

static size_t
add_metric_names(struct mcp_call *call, struct json_object *run, const char **names, size_t n)
{
	struct json_object *metrics = mcp_objects(call, run, "data.metrics");

	for (size_t i = 0; i < json_object_array_length(metrics) && n < METRICS_DEFAULT; i++) {
		const char *name =
		    mcp_printf(call, "metrics.%s",
			       mcp_get_str(call, json_object_array_get_idx(metrics, i), "key",
					   "?"));
		bool known = false;

		for (size_t k = 0; k < n; k++)
			known = known || strcmp(names[k], name) == 0;
		if (!known)
			names[n++] = name;
	}
	return n;
}

/* Selects the requested columns, or the first metrics of the runs. */
static size_t
chosen_columns(struct mcp_call *call, struct json_object *runs, const char **names)
{
	struct json_object *asked = mcp_arg_json(call, "columns");
	size_t n = 0;

	for (size_t i = 0; asked != NULL && i < json_object_array_length(asked) && n < CHOSEN_MAX;
	     i++)
		names[n++] = json_object_get_string(json_object_array_get_idx(asked, i));
	for (size_t r = 0; asked == NULL && r < json_object_array_length(runs); r++)
		n = add_metric_names(call, json_object_array_get_idx(runs, r), names, n);
	return n;
}

/* Adds the value of each selected column to each run, for the table. */
static const char *const slots[CHOSEN_MAX] = { "c0", "c1", "c2", "c3", "c4",  "c5",
					       "c6", "c7", "c8", "c9", "c10", "c11" };

static int
runs_table(struct mcp_call *call, struct json_object *runs, const struct mcp_page *page)
{
	struct mcp_list_column columns[4 + CHOSEN_MAX] = {
		{ .name = "run_id", .path = "info.run_id" },
		{ .name = "name", .path = "info.run_name" },
		{ .name = "status", .path = "info.status" },
		{ .name = "started", .path = "info.start_time", .show = mcp_show_time },
	};
	const char *names[CHOSEN_MAX];
	size_t n = chosen_columns(call, runs, names);

	for (size_t i = 0; i < n; i++)
		columns[4 + i] = (struct mcp_list_column){ .name = names[i], .path = slots[i] };
	for (size_t r = 0; r < json_object_array_length(runs); r++) {
		struct json_object *run = json_object_array_get_idx(runs, r);

		for (size_t i = 0; i < n; i++) {
			const char *value = run_value(call, run, names[i]);

			if (value != NULL)
				json_object_object_add(run, slots[i],
						       json_object_new_string(value));
		}
	}
	return mcp_page_table(call, runs, columns, 4 + n, page);
}

static int
runs_shown(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *experiment = state;
	struct mcp_place place = mcp_place(call);
	struct json_object *reply =
	    dbx_reply(call, 0,
		      &(struct mcp_words){
			  .object = mcp_printf(call, "The search in experiment \"%s\"",
					       experiment->asked),
			  .not_found = "Call list_mlflow_experiments to see all experiments.",
			  .grant = "CAN READ on the experiment" });

	(void)len;
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	return runs_table(call, mcp_objects(call, reply, "runs"),
			  &(struct mcp_page){
			      .noun = "runs",
			      .tool = "list_mlflow_runs",
			      .total = -1,
			      .limit = "max_results",
			      .extra = mcp_repeat(call, (const char *const[]){ "experiment_id",
									       "filter_string",
									       "order_by",
									       "columns", NULL }),
			      .place = &place,
			      .next_token = mcp_get_str(call, reply, "next_page_token", "") });
}

static int
runs_resolved(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *experiment = state;
	struct json_object *body =
	    mcp_object(call, "filter", mcp_arg(call, "filter_string"), "page_token",
		       mcp_place(call).token, "run_view_type", "ACTIVE_ONLY", NULL);
	const char *order = mcp_arg(call, "order_by");

	json_object_object_add(body, "experiment_ids", list_of(experiment->id));
	json_object_object_add(body, "max_results",
			       json_object_new_int64(mcp_limit_of(call, "max_results", PAGE_MAX)));
	if (order != NULL)
		json_object_object_add(body, "order_by", list_of(order));
	return mcp_send(call, "POST", MLFLOW "/runs/search", NULL, body, MCP_RETRY_SAFE, runs_shown,
			state, len);
}

/* MLflow has a request that finds an experiment by its name. */
static int
experiment_found(struct mcp_call *call, const void *state, size_t len)
{
	struct dbx_resolved experiment;
	struct json_object *reply;

	(void)len;
	memcpy(&experiment, state, sizeof(experiment));
	reply = dbx_reply(
	    call, 0,
	    &(struct mcp_words){
		.object = mcp_printf(call, "Experiment \"%s\"", experiment.asked),
		.not_found =
		    "Names are paths like /Users/me/churn. Call list_mlflow_experiments to see "
		    "all experiments.",
		.grant = "CAN READ on the experiment" });
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	snprintf(experiment.id, sizeof(experiment.id), "%s",
		 mcp_get_str(call, reply, "experiment.experiment_id", ""));
	if (experiment.id[0] == '\0')
		return mcp_fail(call, MCP_E_UPSTREAM,
				"The answer of the platform contains no experiment.", NULL,
				"Call list_mlflow_experiments, and use the experiment_id.");
	return runs_resolved(call, &experiment, sizeof(experiment));
}

int
list_mlflow_runs(struct mcp_call *call)
{
	struct dbx_resolved experiment = { .id = "" };
	const char *asked = mcp_arg(call, "experiment_id");

	if (strlen(asked) >= sizeof(experiment.asked))
		return mcp_fail(call, MCP_E_INPUT, "experiment_id is too long.", NULL, NULL);
	strcpy(experiment.asked, asked);
	if (dbx_is_number(asked)) {
		strcpy(experiment.id, asked);
		return runs_resolved(call, &experiment, sizeof(experiment));
	}
	return mcp_fetch(call, MLFLOW "/experiments/get-by-name{?experiment_name}",
			 mcp_object(call, "experiment_name", asked, NULL), experiment_found,
			 &experiment, sizeof(experiment));
}

/* ---- completions ---------------------------------------------------------------------------- */

static int
experiments_offered(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	return mcp_offer(call, "experiments", "experiment_id");
}

int
complete_experiment_id(struct mcp_call *call)
{
	struct json_object *body = mcp_object(call, NULL);

	json_object_object_add(body, "max_results", json_object_new_int(PAGE_MAX));
	return mcp_send(call, "POST", MLFLOW "/experiments/search", NULL, body, MCP_RETRY_SAFE,
			experiments_offered, NULL, 0);
}

static int
runs_offered(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	return mcp_offer(call, "runs", "info.run_id");
}

static int
run_experiments(struct mcp_call *call, const void *state, size_t len)
{
	struct json_object *found = mcp_objects(call, mcp_reply_json(call, 0), "experiments");
	struct json_object *body = mcp_object(call, NULL), *ids = json_object_new_array();

	(void)state;
	(void)len;
	for (size_t i = 0; i < json_object_array_length(found); i++) {
		const char *id =
		    mcp_get_str(call, json_object_array_get_idx(found, i), "experiment_id", NULL);

		if (id != NULL)
			json_object_array_add(ids, json_object_new_string(id));
	}
	if (json_object_array_length(ids) == 0) {
		json_object_put(ids);
		return MCP_OK;
	}
	json_object_object_add(body, "experiment_ids", ids);
	json_object_object_add(body, "max_results", json_object_new_int(PAGE_MAX));
	return mcp_send(call, "POST", MLFLOW "/runs/search", NULL, body, MCP_RETRY_SAFE,
			runs_offered, NULL, 0);
}

int
complete_run_id(struct mcp_call *call)
{
	struct json_object *body = mcp_object(call, NULL);

	json_object_object_add(body, "max_results", json_object_new_int(PAGE_MAX));
	json_object_object_add(body, "order_by", list_of("last_update_time DESC"));
	return mcp_send(call, "POST", MLFLOW "/experiments/search", NULL, body, MCP_RETRY_SAFE,
			run_experiments, NULL, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* MLflow: experiments, their runs with chosen columns, one run in full. */
#include "ml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define API "/api/2.0/mlflow"
#define PAGE_MAX 100
#define CHOSEN_MAX 12	  /* columns that a caller may choose */
#define METRICS_DEFAULT 4 /* shown when none was chosen */
#define ARTIFACTS_MAX 100

/* Limits are called max_results here. */
static int64_t
page_size(struct mcp_call *call)
{
	int64_t rows = mcp_number(call, MCP_NUM_MAX_ROWS);
	int64_t wanted = mcp_arg_int(call, "max_results", rows);

	return wanted < rows ? wanted : rows < PAGE_MAX ? rows : PAGE_MAX;
}

static struct json_object *
list_of(const char *text)
{
	struct json_object *list = json_object_new_array();

	json_object_array_add(list, json_object_new_string(text));
	return list;
}

/* ---- list_mlflow_experiments ---------------------------------------------------------------- */

static int
experiments_shown(struct mcp_call *call, const void *state, size_t len)
{
	static const struct dbx_column columns[] = {
		{ "experiment_id", NULL, "experiment_id", NULL },
		{ "name", NULL, "name", NULL },
		{ "stage", NULL, "lifecycle_stage", NULL },
		{ "changed", NULL, "last_update_time", dbx_show_age },
	};
	struct json_object *reply = dbx_reply(call, 0, &(struct dbx_words){
	    .object = "The list of experiments" });
	const char *filter = mcp_arg(call, "filter_string");

	(void)state;
	(void)len;
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	return dbx_table(call, mcp_get(reply, "experiments"), columns, COUNT(columns),
			 &(struct dbx_page){ .noun = "experiments",
	    .tool = "list_mlflow_experiments", .total = -1, .token = mcp_arg(call, "page_token"),
	    .extra = filter != NULL ? mcp_printf(call, "filter_string=\"%s\"", filter) : NULL,
	    .next_token = mcp_get_str(call, reply, "next_page_token", "") });
}

int
list_mlflow_experiments(struct mcp_call *call)
{
	struct json_object *body = dbx_object(call, "filter", mcp_arg(call, "filter_string"),
	    "page_token", mcp_arg(call, "page_token"), "view_type", "ACTIVE_ONLY", NULL);

	json_object_object_add(body, "max_results", json_object_new_int64(page_size(call)));
	json_object_object_add(body, "order_by", list_of("last_update_time DESC"));
	return dbx_send(call, "POST", API "/experiments/search", NULL, body, MCP_RETRY_SAFE,
			experiments_shown, NULL, 0);
}

/* ---- list_mlflow_runs ----------------------------------------------------------------------- */

/* The value of "metrics.rmse" in a run, as text; "" when it has none. */
static const char *
run_value(struct mcp_call *call, struct json_object *run, const char *column)
{
	const char *dot = strchr(column, '.');
	struct json_object *list;

	if (dot == NULL)
		return mcp_get_str(call, run, mcp_printf(call, "info.%s", column), "");
	list = mcp_get(run, mcp_printf(call, "data.%.*s", (int)(dot - column), column));
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		if (strcmp(mcp_get_str(call, item, "key", ""), dot + 1) == 0)
			return mcp_get_str(call, item, "value", "");
	}
	return "";
}

/* The columns asked for, or the first metrics that any run has. */
static size_t
chosen_columns(struct mcp_call *call, struct json_object *runs, const char **names)
{
	struct json_object *asked = mcp_arg_json(call, "columns");
	size_t n = 0;

	for (size_t i = 0; asked != NULL && i < json_object_array_length(asked)
	     && n < CHOSEN_MAX; i++)
		names[n++] = json_object_get_string(json_object_array_get_idx(asked, i));
	for (size_t r = 0; asked == NULL && runs != NULL && r < json_object_array_length(runs);
	     r++) {
		struct json_object *metrics = mcp_get(json_object_array_get_idx(runs, r),
						      "data.metrics");

		for (size_t i = 0; metrics != NULL && i < json_object_array_length(metrics)
		     && n < METRICS_DEFAULT; i++) {
			const char *name = mcp_printf(call, "metrics.%s", mcp_get_str(call,
			    json_object_array_get_idx(metrics, i), "key", "?"));
			bool known = false;

			for (size_t k = 0; k < n; k++)
				known = known || strcmp(names[k], name) == 0;
			if (!known)
				names[n++] = name;
		}
	}
	return n;
}

#define RUN_COLUMNS 4

static int
runs_table(struct mcp_call *call, struct json_object *runs, const char *const *names, size_t n)
{
	struct mcp_column heads[RUN_COLUMNS + CHOSEN_MAX] = {
		{ "run_id", NULL }, { "name", NULL }, { "status", NULL }, { "started", NULL },
	};
	const char *cells[RUN_COLUMNS + CHOSEN_MAX];
	int status;

	for (size_t i = 0; i < n; i++)
		heads[RUN_COLUMNS + i].name = names[i];
	status = mcp_table(call, heads, RUN_COLUMNS + n);
	for (size_t r = 0; runs != NULL && status == MCP_OK && r < json_object_array_length(runs);
	     r++) {
		struct json_object *run = json_object_array_get_idx(runs, r);

		cells[0] = mcp_get_str(call, run, "info.run_id", "");
		cells[1] = mcp_get_str(call, run, "info.run_name", "");
		cells[2] = mcp_get_str(call, run, "info.status", "");
		cells[3] = dbx_time(call, mcp_get_int(run, "info.start_time", 0));
		for (size_t i = 0; i < n; i++)
			cells[RUN_COLUMNS + i] = run_value(call, run, names[i]);
		status = mcp_table_cells(call, cells, RUN_COLUMNS + n);
	}
	return status == MCP_E_TOO_LARGE ? MCP_OK : status;
}

static int
runs_shown(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *experiment = state;
	struct json_object *reply = dbx_reply(call, 0, &(struct dbx_words){
	    .object = mcp_printf(call, "Experiment \"%s\"", experiment->asked),
	    .not_found = "Call list_mlflow_experiments to see which exist.",
	    .grant = "CAN READ on the experiment" }), *runs;
	const char *names[CHOSEN_MAX], *token;
	size_t count;

	(void)len;
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	runs = mcp_get(reply, "runs");
	count = runs != NULL ? json_object_array_length(runs) : 0;
	token = mcp_get_str(call, reply, "next_page_token", "");
	if (runs_table(call, runs, names, chosen_columns(call, runs, names)) != MCP_OK)
		return MCP_E_INTERNAL;
	return mcp_table_end(call, &(struct mcp_table_end){
	    .size = sizeof(struct mcp_table_end), .noun = "runs",
	    .total = token[0] == '\0' && mcp_arg(call, "page_token") == NULL ? (int64_t)count : -1,
	    .more = token[0] != '\0',
	    .next = token[0] == '\0' ? NULL
		: mcp_printf(call, "list_mlflow_runs experiment_id=%s page_token=%s "
			     "(and the same filter)", experiment->asked, token) });
}

static int
runs_resolved(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *experiment = state;
	struct json_object *body = dbx_object(call, "filter", mcp_arg(call, "filter_string"),
	    "page_token", mcp_arg(call, "page_token"), "run_view_type", "ACTIVE_ONLY", NULL);
	const char *order = mcp_arg(call, "order_by");

	json_object_object_add(body, "experiment_ids", list_of(experiment->id));
	json_object_object_add(body, "max_results", json_object_new_int64(page_size(call)));
	if (order != NULL)
		json_object_object_add(body, "order_by", list_of(order));
	return dbx_send(call, "POST", API "/runs/search", NULL, body, MCP_RETRY_SAFE, runs_shown,
			state, len);
}

/* Experiments have a call that finds them by name. */
static int
experiment_found(struct mcp_call *call, const void *state, size_t len)
{
	struct dbx_resolved experiment;
	struct json_object *reply;

	(void)len;
	memcpy(&experiment, state, sizeof(experiment));
	reply = dbx_reply(call, 0, &(struct dbx_words){
	    .object = mcp_printf(call, "Experiment \"%s\"", experiment.asked),
	    .not_found = "Names are paths, as /Users/me/churn. Call list_mlflow_experiments to "
			 "see which exist.",
	    .grant = "CAN READ on the experiment" });
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	snprintf(experiment.id, sizeof(experiment.id), "%s",
		 mcp_get_str(call, reply, "experiment.experiment_id", ""));
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
	return dbx_get(call, API "/experiments/get-by-name{?experiment_name}",
		       dbx_object(call, "experiment_name", asked, NULL), experiment_found,
		       &experiment, sizeof(experiment));
}

/* ---- get_mlflow_run_details ----------------------------------------------------------------- */

/* "params:" and a line for each; nothing for none. */
static void
say_pairs(struct mcp_call *call, const char *title, struct json_object *list)
{
	const char *text = "";

	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		const char *key = mcp_get_str(call, item, "key", "?");

		/* Tags of the platform's own are noise but for what the run was made by. */
		if (strncmp(key, "mlflow.databricks.", 18) == 0 && !dbx_full(call))
			continue;
		text = mcp_printf(call, "%s\n  %s = %s", text, key,
				  mcp_get_str(call, item, "value", ""));
	}
	if (text[0] != '\0')
		mcp_say_text(call, mcp_printf(call, "%s:%s", title, text),
			     strlen(title) + 1 + strlen(text), false);
}

static void
say_artifacts(struct mcp_call *call, struct json_object *files)
{
	const char *text = "";

	for (size_t i = 0; files != NULL && i < json_object_array_length(files)
	     && i < ARTIFACTS_MAX; i++) {
		struct json_object *file = json_object_array_get_idx(files, i);

		text = mcp_printf(call, "%s\n  %s%s", text, mcp_get_str(call, file, "path", "?"),
				  mcp_get_bool(file, "is_dir", false) ? "/" : "");
	}
	if (text[0] != '\0')
		mcp_say(call, "artifacts:%s", text);
}

static int
details_shown(struct mcp_call *call, const void *state, size_t len)
{
	static const struct dbx_column facts[] = {
		{ "run_id", NULL, "info.run_id", NULL },
		{ "name", NULL, "info.run_name", NULL },
		{ "status", NULL, "info.status", NULL },
		{ "experiment_id", NULL, "info.experiment_id", NULL },
		{ "started", NULL, "info.start_time", dbx_show_time },
		{ "ended", NULL, "info.end_time", dbx_show_time },
		{ "artifact uri", NULL, "info.artifact_uri", NULL },
	};
	struct json_object *reply = dbx_reply(call, 0, &(struct dbx_words){
	    .object = mcp_printf(call, "MLflow run \"%s\"", mcp_arg(call, "run_id")),
	    .not_found = "Call list_mlflow_runs to see the runs of an experiment.",
	    .grant = "CAN READ on the experiment" }), *run;

	(void)state;
	(void)len;
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	run = mcp_get(reply, "run");
	dbx_facts(call, run, facts, COUNT(facts),
		  dbx_url(call, "/ml/experiments/%s/runs/%s",
			  mcp_get_str(call, run, "info.experiment_id", ""),
			  mcp_get_str(call, run, "info.run_id", "")));
	say_pairs(call, "params", mcp_get(run, "data.params"));
	say_pairs(call, "metrics", mcp_get(run, "data.metrics"));
	say_pairs(call, "tags", mcp_get(run, "data.tags"));
	say_artifacts(call, mcp_get(mcp_reply_json(call, 1), "files"));
	return MCP_OK;
}

int
get_mlflow_run_details(struct mcp_call *call)
{
	struct mcp_http request[2];

	if (!dbx_get_request(call, &request[0], API "/runs/get{?run_id}", NULL)
	    || !dbx_get_request(call, &request[1], API "/artifacts/list{?run_id}", NULL))
		return MCP_E_INPUT;
	return mcp_suspend(call, request, 2, 0, details_shown, NULL, 0);
}

/* ---- completions ---------------------------------------------------------------------------- */

static int
experiments_offered(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	return dbx_offer(call, "experiments", "experiment_id");
}

int
complete_experiment(struct mcp_call *call)
{
	struct json_object *body = dbx_object(call, NULL);

	json_object_object_add(body, "max_results", json_object_new_int(PAGE_MAX));
	return dbx_send(call, "POST", API "/experiments/search", NULL, body, MCP_RETRY_SAFE,
			experiments_offered, NULL, 0);
}

static int
runs_offered(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	return dbx_offer(call, "runs", "info.run_id");
}

static int
run_experiments(struct mcp_call *call, const void *state, size_t len)
{
	struct json_object *found = mcp_get(mcp_reply_json(call, 0), "experiments");
	struct json_object *body = dbx_object(call, NULL), *ids = json_object_new_array();

	(void)state;
	(void)len;
	for (size_t i = 0; found != NULL && i < json_object_array_length(found); i++)
		json_object_array_add(ids, json_object_get(mcp_get(
		    json_object_array_get_idx(found, i), "experiment_id")));
	json_object_object_add(body, "experiment_ids", ids);
	json_object_object_add(body, "max_results", json_object_new_int(PAGE_MAX));
	return dbx_send(call, "POST", API "/runs/search", NULL, body, MCP_RETRY_SAFE, runs_offered,
			NULL, 0);
}

int
complete_mlflow_run(struct mcp_call *call)
{
	struct json_object *body = dbx_object(call, NULL);

	json_object_object_add(body, "max_results", json_object_new_int(PAGE_MAX));
	json_object_object_add(body, "order_by", list_of("last_update_time DESC"));
	return dbx_send(call, "POST", API "/experiments/search", NULL, body, MCP_RETRY_SAFE,
			run_experiments, NULL, 0);
}

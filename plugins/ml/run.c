/* SPDX-License-Identifier: Apache-2.0 */
/* Shows one MLflow run: its logged values, inputs and artifacts. */
#include "ml.h"

#include <string.h>

#define ARTIFACTS_CONCISE 100 /* in full detail only the page size of the platform is a limit */
#define VALUE_CONCISE 200     /* most bytes of a param or tag in the concise form */

static const struct mcp_fact info_facts[] = {
	{ .key = "run_id", .path = "info.run_id", .show = mcp_show_id },
	{ .key = "run_name", .label = "name", .path = "info.run_name", .show = mcp_show_id },
	{ .key = "status", .path = "info.status", .show = mcp_show_id },
	{ .key = "experiment_id", .path = "info.experiment_id", .show = mcp_show_id },
	{ .key = "user_id", .label = "user", .path = "info.user_id", .show = mcp_show_id },
	{ .key = "start_time",
	  .label = "started",
	  .path = "info.start_time",
	  .show = mcp_show_time },
	{ .key = "end_time", .label = "ended", .path = "info.end_time", .show = mcp_show_time },
	{ .key = "lifecycle_stage",
	  .label = "stage",
	  .path = "info.lifecycle_stage",
	  .show = mcp_show_id },
	{ .key = "artifact_uri",
	  .label = "artifact uri",
	  .path = "info.artifact_uri",
	  .show = mcp_show_id },
};

static const struct mcp_fact metric_columns[] = {
	{ .key = "key", .label = "metric", .path = "key", .show = mcp_show_id },
	{ .key = "step", .path = "step" },
	{ .key = "timestamp", .label = "logged", .path = "timestamp", .show = mcp_show_time },
	{ .key = "dataset_name", .label = "dataset", .path = "dataset_name" },
	{ .key = "dataset_digest", .label = "digest", .path = "dataset_digest" },
	{ .key = "model_id", .path = "model_id" },
};

static const struct mcp_fact dataset_columns[] = {
	{ .key = "name", .path = "dataset.name" },
	{ .key = "digest", .path = "dataset.digest" },
	{ .key = "tags", .path = "tags" },
	{ .key = "source_type", .label = "source type", .path = "dataset.source_type" },
	{ .key = "source", .path = "dataset.source", .detail = MCP_FULL },
};

static const struct mcp_fact model_columns[] = {
	{ .key = "model_id", .path = "model_id", .show = mcp_show_id },
	{ .key = "step", .path = "step" },
};

static const struct mcp_fact logged_facts[] = {
	{ .key = "metric_steps",
	  .label = "metrics",
	  .path = "data.metrics",
	  .detail = MCP_FULL,
	  MCP_FACT_COLUMNS(metric_columns) },
	{ .key = "datasets", .path = "inputs.dataset_inputs", MCP_FACT_COLUMNS(dataset_columns) },
	{ .key = "model_inputs",
	  .label = "models used",
	  .path = "inputs.model_inputs",
	  .detail = MCP_FULL,
	  MCP_FACT_COLUMNS(model_columns) },
	{ .key = "model_outputs",
	  .label = "models made",
	  .path = "outputs.model_outputs",
	  .detail = MCP_FULL,
	  MCP_FACT_COLUMNS(model_columns) },
};

/* ---- params, metrics, tags ------------------------------------------------------------------- */

/* Tags that the platform writes for its own pages: long and not useful to a reader. */
static bool
is_noise(const char *key)
{
	return strncmp(key, "mlflow.databricks.", 18) == 0 ||
	       strcmp(key, "mlflow.log-model.history") == 0;
}

/* The beginning of a long value, without an incomplete character at its end. */
static const char *
cut_value(struct mcp_call *call, const char *text)
{
	int len = VALUE_CONCISE;

	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return mcp_printf(call, "%.*s... (detail=full shows all)", len, text);
}

struct json_object *
pairs_object(struct mcp_call *call, struct json_object *item, const char *list)
{
	struct json_object *pairs = mcp_objects(call, item, list);
	struct json_object *object = mcp_keep(call, json_object_new_object());

	for (size_t i = 0; i < json_object_array_length(pairs); i++) {
		struct json_object *pair = json_object_array_get_idx(pairs, i);
		struct json_object *value = mcp_get(pair, "value");
		const char *key = mcp_get_str(call, pair, "key", "?");
		const char *text = mcp_value_text(call, value);

		if (!mcp_full(call) && is_noise(key))
			continue;
		if (!mcp_full(call) && strlen(text) > VALUE_CONCISE)
			json_object_object_add(object, key,
					       json_object_new_string(cut_value(call, text)));
		else
			json_object_object_add(object, key, json_object_get(value));
	}
	return object;
}

/* ---- artifacts ------------------------------------------------------------------------------- */

/* Lists the paths on a page of artifacts; folders end with a slash. */
static void
say_artifacts(struct mcp_call *call, struct mcp_answer *answer, struct json_object *reply)
{
	struct json_object *paths = mcp_keep(call, json_object_new_array());
	struct json_object *files = mcp_objects(call, reply, "files");
	size_t n = json_object_array_length(files);
	size_t most = mcp_full(call) ? n : ARTIFACTS_CONCISE;
	const char *token = mcp_get_str(call, reply, "next_page_token", "");
	const char *page = mcp_arg(call, "page_token");

	for (size_t i = 0; i < n && i < most; i++) {
		struct json_object *file = json_object_array_get_idx(files, i);

		json_object_array_add(paths,
				      json_object_new_string(
					  mcp_printf(call, "%s%s",
						     mcp_get_str(call, file, "path", "?"),
						     mcp_get_bool(file, "is_dir", false) ? "/"
											 : "")));
	}
	mcp_answer_list(answer, NULL, "artifacts", paths);
	if (n > most)
		mcp_answer_text(
		    answer, "more artifacts", "more_artifacts",
		    mcp_printf(call,
			       "%zu on this page; get_mlflow_run_details run_id=%s detail=full",
			       n - most, mcp_quoted(call, mcp_arg(call, "run_id"))));
	else if (token[0] != '\0' && (page == NULL || strcmp(token, page) != 0))
		mcp_answer_text(answer, "more artifacts", "more_artifacts",
				mcp_printf(call,
					   "Next: get_mlflow_run_details run_id=%s%s page_token=%s",
					   mcp_quoted(call, mcp_arg(call, "run_id")),
					   mcp_full(call) ? " detail=full" : "",
					   mcp_quoted(call, token)));
}

static void
say_left(struct mcp_call *call, struct mcp_answer *answer)
{
	struct dbx_error error;
	struct json_object *reply = mcp_reply_json(call, 1);

	if (!dbx_ok(call, mcp_reply(call, 1), &error))
		mcp_answer_text(answer, "artifacts", "artifacts_missing",
				mcp_printf(call, "not available: %s", error.message));
	else if (mcp_reply(call, 1)->body.len > 0 && !json_object_is_type(reply, json_type_object))
		mcp_answer_text(answer, "artifacts", "artifacts_missing",
				"not available: the answer is not a list of them");
	else
		say_artifacts(call, answer, reply);
}

/* ---- the run --------------------------------------------------------------------------------- */

/* The purpose of a dataset is in a tag of its input: "mlflow.data.context=training". */
static void
shape_datasets(struct mcp_call *call, struct json_object *run)
{
	struct json_object *inputs = mcp_objects(call, run, "inputs.dataset_inputs");

	for (size_t i = 0; i < json_object_array_length(inputs); i++) {
		struct json_object *input = json_object_array_get_idx(inputs, i);

		json_object_object_add(input, "tags",
				       json_object_get(pairs_object(call, input, "tags")));
	}
}

static void
say_run(struct mcp_call *call, struct mcp_answer *answer, struct json_object *run)
{
	static const char *const parts[] = { "params", "metrics", "tags" };
	int64_t start = mcp_get_int(run, "info.start_time", 0);
	int64_t end = mcp_get_int(run, "info.end_time", 0);

	mcp_answer_add(answer, run, info_facts, COUNT(info_facts));
	if (start > 0 && end >= start)
		mcp_answer_text(answer, "took", "duration", mcp_duration(call, end - start));
	for (size_t i = 0; i < COUNT(parts); i++)
		mcp_answer_list(answer, NULL, parts[i],
				pairs_object(call, run, mcp_printf(call, "data.%s", parts[i])));
	shape_datasets(call, run);
	mcp_answer_add(answer, run, logged_facts, COUNT(logged_facts));
}

static int
details_shown(struct mcp_call *call, const void *state, size_t len)
{
	struct json_object *
	    reply =
	       dbx_reply(call, 0,
			 &(struct mcp_words){
			     .object =
				 mcp_printf(call, "MLflow run \"%s\"", mcp_arg(call, "run_id")),
			     .not_found = "Call list_mlflow_runs to see the runs of an experiment.",
			     .grant = "CAN READ on the experiment" }),
	   *run;
	struct mcp_answer *answer;

	(void)state;
	(void)len;
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	run = mcp_get(reply, "run");
	if (mcp_get_str(call, run, "info.run_id", "")[0] == '\0')
		return mcp_fail(call, MCP_E_UPSTREAM, "The answer of the platform contains no run.",
				NULL, "Repeat the call.");
	answer = mcp_answer_begin(call);
	say_run(call, answer, run);
	say_left(call, answer);
	mcp_answer_url(answer, mcp_url(call, "/ml/experiments/%s/runs/%s",
				       mcp_get_str(call, run, "info.experiment_id", ""),
				       mcp_get_str(call, run, "info.run_id", "")));
	return mcp_answer_end(answer);
}

int
get_mlflow_run_details(struct mcp_call *call)
{
	struct mcp_http request[2];

	if (!mcp_fetch_request(call, &request[0], MLFLOW "/runs/get{?run_id}", NULL) ||
	    !mcp_fetch_request(call, &request[1], MLFLOW "/artifacts/list{?run_id,page_token}",
			       NULL))
		return MCP_E_INPUT;
	return mcp_suspend(call, request, 2, 0, details_shown, NULL, 0);
}

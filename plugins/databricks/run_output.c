/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The output of a task. Each kind of task has its own member in the reply of runs/get-output. The
 * links and headers of dbt's artifacts are credentials and are never shown.
 */
#include "runs.h"

#include <string.h>

#define ROOM_FOR_WORDS 2000 /* bytes of a result that are kept for the other lines */
#define ROOM_LEAST 100	    /* most bytes of each part of an output */

/* The number of bytes that are left for long texts. */
struct room {
	struct mcp_answer *answer;
	int64_t bytes;
	bool said;
};

/* The end of a text, beginning at the start of a line if possible. */
static const char *
tail_of(const char *text, size_t most)
{
	size_t len = strlen(text);
	const char *from = len > most ? text + len - most : text, *line;

	while (from > text && ((unsigned char)*from & 0xc0) == 0x80)
		from++;
	line = from > text ? strchr(from, '\n') : NULL;
	return line != NULL && line[1] != '\0' ? line + 1 : from;
}

static void
tell_text(struct room *room, const char *title, const char *key, const char *text, bool cut)
{
	struct mcp_call *call = mcp_answer_call(room->answer);
	const char *from, *left_out = "";

	if (text[0] == '\0')
		return;
	/* Cuts the beginning of a long text. The host would cut the end, which is the important
	 * part. */
	from = tail_of(text, room->bytes > ROOM_LEAST ? (size_t)room->bytes : ROOM_LEAST);
	if (from > text)
		left_out = mcp_printf(call, "the last %zu of %zu bytes%s", strlen(from),
				      strlen(text), cut ? ", " : "");
	mcp_answer_text(room->answer, mcp_printf(call, "of the %s", title),
			mcp_printf(call, "%s_shown", key),
			mcp_printf(call, "%s%s", left_out,
				   cut ? "the platform kept only a part" : ""));
	mcp_answer_block(room->answer, title, key, from);
	room->bytes -= (int64_t)strlen(from);
	room->said = true;
}

static void
tell_facts(struct room *room, struct json_object *body, const struct mcp_fact *facts, size_t n)
{
	if (body == NULL)
		return;
	mcp_answer_add(room->answer, body, facts, n);
	room->said = true;
}

/* ---- SQL ------------------------------------------------------------------------------------ */

static const struct mcp_fact widget_facts[] = {
	{ .key = "widget", .path = "widget_title" },
	{ .key = "widget_id", .path = "widget_id" },
	{ .key = "status", .path = "status" },
	{ .key = "error", .path = "error.message" },
	{ .key = "started", .path = "start_time", .show = mcp_show_time },
	{ .key = "ended", .path = "end_time", .show = mcp_show_time },
	{ .key = "output_link", .path = "output_link" },
};

static const struct mcp_fact sql_facts[] = {
	{ .key = "sql_alert_state", .label = "alert_state", .path = "alert_output.alert_state" },
	{ .key = "alert_query", .path = "alert_output.query_text" },
	{ .key = "alert_link", .path = "alert_output.output_link" },
	{ .key = "alert_warehouse", .path = "alert_output.warehouse_id" },
	{ .key = "alert_statements", .path = "alert_output.sql_statements" },
	{ .key = "query", .path = "query_output.query_text" },
	{ .key = "query_link", .path = "query_output.output_link" },
	{ .key = "query_warehouse", .path = "query_output.warehouse_id" },
	{ .key = "query_endpoint", .path = "query_output.endpoint_id" },
	{ .key = "query_statements", .path = "query_output.sql_statements" },
	{ .key = "file_query", .path = "file_output.query_text" },
	{ .key = "file_warehouse", .path = "file_output.warehouse_id" },
	{ .key = "file_statements", .path = "file_output.sql_statements" },
	{ .key = "dashboard_warehouse", .path = "dashboard_output.warehouse_id" },
	{ .key = "widgets", .path = "dashboard_output.widgets", MCP_FACT_COLUMNS(widget_facts) },
};

/* Writes {"columns":[{"name"}],"rows":[{"values":[{"string_value"}]}]} as lines of values. */
static void
tell_rows(struct room *room, struct json_object *result)
{
	struct mcp_call *call = mcp_answer_call(room->answer);
	struct json_object *columns = mcp_objects(call, result, "columns");
	struct json_object *rows = mcp_objects(call, result, "rows");
	struct json_object *all = mcp_keep(call, json_object_new_array()), *names;

	if (json_object_array_length(rows) == 0)
		return;
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *values = mcp_objects(call, json_object_array_get_idx(rows, i),
							 "values"),
				   *row;

		row = json_object_new_array();
		for (size_t k = 0; k < json_object_array_length(values); k++)
			json_object_array_add(row,
					      json_object_new_string(
						  mcp_get_str(call,
							      json_object_array_get_idx(values, k),
							      "string_value", "")));
		json_object_array_add(all, row);
	}
	names = mcp_keep(call, json_object_new_array());
	for (size_t i = 0; i < json_object_array_length(columns); i++)
		json_object_array_add(names,
				      json_object_new_string(
					  mcp_get_str(call, json_object_array_get_idx(columns, i),
						      "name", "")));
	mcp_answer_text(room->answer, NULL, "columns", mcp_show_list(call, names));
	tell_text(room, "rows", "rows", mcp_value_text(call, all),
		  mcp_get_bool(result, "truncated", false));
}

/* ---- other kinds ---------------------------------------------------------------------------- */

static const struct mcp_fact page_facts[] = {
	{ .key = "page", .path = "page_display_name" },
	{ .key = "errors", .path = "widget_error_details" },
};

static const struct mcp_fact dashboard_facts[] = {
	{ .key = "pages", .path = "page_snapshots", MCP_FACT_COLUMNS(page_facts) },
};

static const struct mcp_fact ai_function_facts[] = {
	{ .key = "output_table", .path = "output_table" },
	{ .key = "rows_in_all", .path = "total_row_count" },
	{ .key = "rows_done", .path = "succeeded_row_count" },
	{ .key = "rows_failed", .path = "failed_row_count" },
	{ .key = "time_left", .path = "estimated_time_remaining" },
};

static const struct mcp_fact ai_runtime_facts[] = {
	{ .key = "status_message", .path = "status_message" },
	{ .key = "mlflow_experiment_id", .path = "mlflow_experiment_id", .show = mcp_show_id },
	{ .key = "mlflow_run_id", .path = "mlflow_run_id" },
};

static const struct mcp_fact clean_room_facts[] = {
	{ .key = "clean_room_state", .path = "clean_room_job_run_state", .show = mcp_show_list },
	{ .key = "output_schema", .path = "output_schema_info", .show = mcp_show_list },
};

static const struct mcp_fact alert_facts[] = {
	{ .key = "alert_state", .path = "alert_state" },
};

static const struct mcp_fact started_facts[] = {
	{ .key = "started_run", .path = "run_id", .show = mcp_show_id },
};

static const struct {
	const char *member;
	const struct mcp_fact *facts;
	size_t n;
} kinds[] = {
	{ "sql_output", sql_facts, COUNT(sql_facts) },
	{ "run_job_output", started_facts, COUNT(started_facts) },
	{ "dashboard_output", dashboard_facts, COUNT(dashboard_facts) },
	{ "alert_output", alert_facts, COUNT(alert_facts) },
	{ "clean_rooms_notebook_output", clean_room_facts, COUNT(clean_room_facts) },
	{ "ai_function_task_output", ai_function_facts, COUNT(ai_function_facts) },
	{ "ai_runtime_task_output", ai_runtime_facts, COUNT(ai_runtime_facts) },
};

/* Writes a run of dbt Cloud or of the dbt platform. The names of their members differ in this
 * prefix. */
static void
tell_dbt_job(struct room *room, struct json_object *output, const char *prefix)
{
	struct mcp_call *call = mcp_answer_call(room->answer);
	struct json_object *body = mcp_get(output, mcp_printf(call, "%s_output", prefix)), *steps;

	if (body == NULL)
		return;
	mcp_answer_text(room->answer, "dbt run", "dbt_run_id",
			mcp_get_str(call, body, mcp_printf(call, "%s_job_run_id", prefix), ""));
	mcp_answer_text(room->answer, "dbt url", "dbt_url",
			mcp_get_str(call, body, mcp_printf(call, "%s_job_run_url", prefix), ""));
	steps = mcp_objects(call, body, mcp_printf(call, "%s_job_run_output", prefix));
	for (size_t i = 0; i < json_object_array_length(steps); i++) {
		struct json_object *step = json_object_array_get_idx(steps, i);
		const char *key = mcp_printf(call, "step_%zu", i + 1);

		mcp_answer_text(room->answer, NULL, key,
				mcp_printf(call, "%s %s", mcp_get_str(call, step, "name", ""),
					   mcp_get_str(call, step, "status", "")));
		tell_text(room, mcp_printf(call, "logs of step %zu", i + 1),
			  mcp_printf(call, "%s_logs", key), mcp_get_str(call, step, "logs", ""),
			  mcp_get_bool(step, "logs_truncated", false));
	}
	if (mcp_get_bool(body, "steps_truncated", false))
		mcp_answer_text(room->answer, NULL, "steps",
				"the platform kept only a part of "
				"them");
	room->said = true;
}

/* For an unknown kind of output only the name is shown, because the content may have
 * credentials. */
static void
tell_unknown(struct room *room, struct json_object *output)
{
	static const char *const known[] = { "notebook_output", "dbt_output", "dbt_cloud_output",
					     "dbt_platform_output" };

	if (!json_object_is_type(output, json_type_object))
		return;
	json_object_object_foreach(output, key, value) {
		size_t len = strlen(key);
		bool skip = len < 7 || strcmp(key + len - 7, "_output") != 0 || value == NULL;

		for (size_t i = 0; i < COUNT(known); i++)
			skip = skip || strcmp(key, known[i]) == 0;
		for (size_t i = 0; i < COUNT(kinds); i++)
			skip = skip || strcmp(key, kinds[i].member) == 0;
		if (skip)
			continue;
		mcp_answer_text(room->answer, "also", "other_output",
				mcp_printf(mcp_answer_call(room->answer),
					   "%s, which is not shown here; the page of the run "
					   "has it",
					   key));
		room->said = true;
	}
}

bool
dbx_run_output(struct mcp_answer *answer, struct json_object *output, int64_t most)
{
	static const struct {
		const char *path, *title, *key, *cut;
	} texts[] = {
		{ "info", "info", "info", NULL },
		{ "error", "error", "error", NULL },
		{ "error_trace", "trace", "error_trace", NULL },
		{ "notebook_output.result", "result", "result", "notebook_output.truncated" },
		{ "clean_rooms_notebook_output.notebook_output.result", "result",
		  "clean_room_result", "clean_rooms_notebook_output.notebook_output.truncated" },
		{ "logs", "logs", "logs", "logs_truncated" },
		/* not here: the calling function has read it */
		{ "printed", "printed", "printed", NULL },
	};
	struct mcp_call *call = mcp_answer_call(answer);
	int64_t fits = mcp_number(call, MCP_NUM_MAX_TEXT) - ROOM_FOR_WORDS;
	struct room room = { .answer = answer, .bytes = fits < most ? fits : most };

	for (size_t i = 0; i < COUNT(kinds); i++)
		tell_facts(&room, mcp_get(output, kinds[i].member), kinds[i].facts, kinds[i].n);
	for (size_t i = 0; i < COUNT(texts); i++)
		tell_text(&room, texts[i].title, texts[i].key,
			  mcp_get_str(call, output, texts[i].path, ""),
			  texts[i].cut != NULL && mcp_get_bool(output, texts[i].cut, false));
	tell_rows(&room, mcp_get(output, "sql_output.file_output.query_result"));
	tell_dbt_job(&room, output, "dbt_cloud");
	tell_dbt_job(&room, output, "dbt_platform");
	if (mcp_get(output, "dbt_output") != NULL) {
		mcp_answer_text(answer, "dbt artifacts", "dbt_artifacts",
				"kept by the platform behind a signed link, which is not shown");
		room.said = true;
	}
	tell_unknown(&room, output);
	return room.said;
}

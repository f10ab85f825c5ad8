/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a notebook: its source by lines, the list of its cells, or its cells with what they put
 * out. The item is looked at first, because exporting a folder answers an archive.
 */
#include "workspace.h"

#include <stdio.h>
#include <string.h>

#define EXPORT_MAX (12u << 20) /* the API refuses notebooks over 10 MB */
#define OUTPUT_MAX 2000	       /* bytes shown of one cell's output */

static bool
view_is(struct mcp_call *call, const char *view)
{
	return strcmp(mcp_arg(call, "view"), view) == 0;
}

/* How cells are separated in the source of a language. */
static const char *
separator_of(const char *language)
{
	if (strcmp(language, "SQL") == 0)
		return "-- COMMAND ----------";
	return strcmp(language, "SCALA") == 0 ? "// COMMAND ----------" : "# COMMAND ----------";
}

static int64_t
count_lines(const char *text, size_t len)
{
	int64_t lines = len > 0 ? 1 : 0;

	for (size_t i = 0; i + 1 < len; i++)
		lines += text[i] == '\n';
	return lines;
}

/* ---- source --------------------------------------------------------------------------------- */

static int
say_source(struct mcp_call *call, const char *text, size_t len, const char *language)
{
	int64_t total = count_lines(text, len), line = 1;
	int64_t from = mcp_arg_int(call, "start_line", 1);
	int64_t to = mcp_arg_int(call, "end_line", total);
	const char *start = text, *end;

	if (from > total && total > 0)
		return mcp_failf(call, MCP_E_INPUT, "start_line %lld is behind the last of %lld "
				 "lines.", (long long)from, (long long)total);
	for (; line < from && start < text + len; start++)
		line += *start == '\n';
	for (end = start; end < text + len && line <= to; end++)
		line += *end == '\n';
	mcp_say(call, "%s (%s), lines %lld-%lld of %lld", mcp_arg(call, "path"), language,
		(long long)from, (long long)(to < total ? to : total), (long long)total);
	return mcp_say_text(call, start, (size_t)(end - start), true);
}

/* ---- cells ---------------------------------------------------------------------------------- */

static int
cell_row(struct mcp_call *call, int number, const char *text, const char *end, int64_t line)
{
	const char *first = text, *stop;
	const char *cells[4];

	while (first < end && (*first == '\n' || *first == ' '))
		first++;
	stop = memchr(first, '\n', (size_t)(end - first));
	cells[0] = mcp_printf(call, "%d", number);
	cells[1] = mcp_printf(call, "%lld", (long long)line);
	cells[2] = mcp_printf(call, "%lld", (long long)count_lines(text, (size_t)(end - text)));
	cells[3] = mcp_printf(call, "%.*s", (int)((stop != NULL ? stop : end) - first), first);
	return mcp_table_cells(call, cells, COUNT(cells));
}

static int
say_cells(struct mcp_call *call, const char *text, size_t len, const char *language)
{
	static const struct mcp_column columns[] = {
		{ "cell", NULL }, { "line", NULL }, { "lines", NULL }, { "begins", NULL },
	};
	const char *separator = separator_of(language), *end = text + len;
	int number = 0, status;
	int64_t line = 1;

	mcp_say(call, "%s (%s)", mcp_arg(call, "path"), language);
	status = mcp_table(call, columns, COUNT(columns));
	while (text < end) {
		const char *next = strstr(text, separator);
		const char *stop = next != NULL ? next : end;

		number++;
		if (status == MCP_OK)
			status = cell_row(call, number, text, stop, line);
		if (next == NULL)
			break;
		stop += strlen(separator);
		if (stop < end && *stop == '\n')
			stop++;
		line += count_lines(text, (size_t)(stop - text));
		text = stop;
	}
	return mcp_table_end(call, &(struct mcp_table_end){
	    .size = sizeof(struct mcp_table_end), .noun = "cells", .total = number });
}

/* ---- outputs -------------------------------------------------------------------------------- */

/* A text that a notebook stores as one string or as an array of lines. */
static const char *
joined(struct mcp_call *call, struct json_object *text)
{
	const char *all = "";

	if (text == NULL)
		return "";
	if (!json_object_is_type(text, json_type_array))
		return json_object_get_string(text);
	for (size_t i = 0; i < json_object_array_length(text); i++)
		all = mcp_printf(call, "%s%s", all,
				 json_object_get_string(json_object_array_get_idx(text, i)));
	return all;
}

static void
say_output(struct mcp_call *call, struct json_object *output)
{
	const char *type = mcp_get_str(call, output, "output_type", "");
	const char *text;

	if (strcmp(type, "stream") == 0)
		text = joined(call, mcp_get(output, "text"));
	else if (strcmp(type, "error") == 0)
		text = mcp_printf(call, "%s: %s", mcp_get_str(call, output, "ename", "error"),
				  mcp_get_str(call, output, "evalue", ""));
	else if (json_object_object_get_ex(mcp_get(output, "data"), "text/plain", NULL))
		text = joined(call, json_object_object_get(mcp_get(output, "data"), "text/plain"));
	else
		text = "(an output that is not text)";
	text = clean_text(call, text, false);
	if (strlen(text) > OUTPUT_MAX)
		text = mcp_printf(call, "%.*s… (%zu bytes in all)", OUTPUT_MAX, text,
				  strlen(text));
	text = mcp_printf(call, "output: %s", text);
	mcp_say_text(call, text, strlen(text), true);
}

static int
say_outputs(struct mcp_call *call, const char *text, size_t len)
{
	struct json_object *cells = mcp_get(mcp_json(call, text, len), "cells");

	if (cells == NULL)
		return mcp_fail(call, MCP_E_UPSTREAM, "The notebook's export is not a notebook.",
				NULL, "Call get_notebook_content with view=source.");
	for (size_t i = 0; i < json_object_array_length(cells); i++) {
		struct json_object *cell = json_object_array_get_idx(cells, i);
		struct json_object *outputs = mcp_get(cell, "outputs");
		const char *source = joined(call, mcp_get(cell, "source"));

		mcp_say(call, "## cell %zu (%s)", i + 1, mcp_get_str(call, cell, "cell_type", "?"));
		mcp_say_text(call, source, strlen(source), true);
		for (size_t k = 0; outputs != NULL && k < json_object_array_length(outputs); k++)
			say_output(call, json_object_array_get_idx(outputs, k));
	}
	return MCP_OK;
}

/* ---- get_notebook_content ------------------------------------------------------------------- */

static int
exported(struct mcp_call *call, const void *state, size_t len)
{
	const struct mcp_reply *reply = mcp_reply(call, 0);
	struct dbx_words words = path_words(call, mcp_arg(call, "path"));
	const char *language = state;
	struct dbx_error error;

	(void)len;
	if (!dbx_ok(call, reply, &error))
		return dbx_fail(call, reply, &error, &words);
	if (view_is(call, "outputs"))
		return say_outputs(call, reply->body.data, reply->body.len);
	return view_is(call, "cells")
	    ? say_cells(call, reply->body.data, reply->body.len, language)
	    : say_source(call, reply->body.data, reply->body.len, language);
}

static int
looked_at(struct mcp_call *call, const void *state, size_t len)
{
	const char *path = mcp_arg(call, "path"), *type, *language;
	struct dbx_words words = path_words(call, path);
	struct json_object *item = dbx_reply(call, 0, &words);
	struct mcp_http request;

	(void)state;
	(void)len;
	if (item == NULL)
		return MCP_E_UPSTREAM;
	type = mcp_get_str(call, item, "object_type", "");
	if (strcmp(type, "NOTEBOOK") != 0)
		return mcp_fail(call, MCP_E_INPUT, mcp_printf(call, "%s is no notebook.", path),
				mcp_printf(call, "It is a %s.", type),
				strcmp(type, "FILE") == 0 ? "Call read_file for it."
				    : "Call list_workspace_items to see what it holds.");
	language = mcp_get_str(call, item, "language", "PYTHON");
	if (!dbx_get_request(call, &request, view_is(call, "outputs")
		? "/api/2.0/workspace/export?format=JUPYTER&outputs=ALL&direct_download=true"
		  "{&path}"
		: "/api/2.0/workspace/export?format=SOURCE&direct_download=true{&path}", NULL))
		return MCP_E_INPUT;
	request.max_bytes = EXPORT_MAX;
	return mcp_suspend(call, &request, 1, 0, exported, language, strlen(language) + 1);
}

int
get_notebook_content(struct mcp_call *call)
{
	return dbx_get(call, "/api/2.0/workspace/get-status{?path}", NULL, looked_at, NULL, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a notebook: its source by lines, the list of its cells, or its cells with what they put
 * out. The item is looked at first, because exporting a folder answers an archive.
 */
#include "workspace.h"

#include <stdio.h>
#include <string.h>

#define EXPORT_MAX (12u << 20) /* the API refuses notebooks over 10 MB */
#define ROOM_FOR_WORDS 2000    /* of a result, for what is not source */
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

/* Lines `from` to `to`, as far as a result has room for them. */
static int
say_source(struct mcp_call *call, const char *text, size_t len, const char *language)
{
	int64_t total = count_lines(text, len), line = 1;
	int64_t from = mcp_arg_int(call, "start_line", 1);
	int64_t to = mcp_arg_int(call, "end_line", total);
	int64_t room = mcp_number(call, MCP_NUM_MAX_TEXT) - ROOM_FOR_WORDS;
	const char *start = text, *end, *stop = text + len, *next = "", *after;

	if ((from > total && total > 0) || to < from)
		return mcp_failf(call, MCP_E_INPUT, "There are no lines %lld-%lld among %lld.",
				 (long long)from, (long long)to, (long long)total);
	for (; line < from && start < stop; start++)
		line += *start == '\n';
	for (end = start; end < stop && line <= to; end = after, line++) {
		after = memchr(end, '\n', (size_t)(stop - end));
		after = after != NULL ? after + 1 : stop;
		if (after - start > room && end > start)
			break;
	}
	if (to > total)
		to = total;
	if (line <= to)
		next = mcp_printf(call, ". Next: get_notebook_content path=\"%s\" start_line=%lld",
				  mcp_arg(call, "path"), (long long)line);
	mcp_say(call, "%s (%s), lines %lld-%lld of %lld%s", mcp_arg(call, "path"), language,
		(long long)from, (long long)(line - 1), (long long)total, next);
	return mcp_say_text(call, start, (size_t)(end - start), true);
}

/* ---- cells ---------------------------------------------------------------------------------- */

static int
cell_row(struct mcp_call *call, int number, const char *text, const char *end, int64_t line)
{
	static const char head[] = "Databricks notebook source\n";
	const char *first = text, *stop;
	const char *cells[4];

	/* The first line of every notebook is the same comment, which says nothing. */
	if (number == 1) {
		stop = memchr(text, '\n', (size_t)(end - text));
		if (stop != NULL && stop - text < 40
		    && stop - text + 1 >= (ptrdiff_t)sizeof(head) - 1
		    && strncmp(stop - (sizeof(head) - 2), head, sizeof(head) - 1) == 0)
			first = stop + 1;
	}
	while (first < end && (*first == '\n' || *first == ' '))
		first++;
	stop = memchr(first, '\n', (size_t)(end - first));
	cells[0] = mcp_printf(call, "%d", number);
	cells[1] = mcp_printf(call, "%lld", (long long)line);
	cells[2] = mcp_printf(call, "%lld", (long long)count_lines(text, (size_t)(end - text)));
	cells[3] = mcp_printf(call, "%.*s", (int)((stop != NULL ? stop : end) - first), first);
	return dbx_row(call, cells, COUNT(cells));
}

/* Where the next cell begins: the separator stands at the start of a line. */
static const char *
next_separator(const char *text, const char *separator)
{
	const char *at = strstr(text, separator);

	while (at != NULL && at > text && at[-1] != '\n')
		at = strstr(at + 1, separator);
	return at;
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
		const char *next = next_separator(text, separator);
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

/* A text under construction, in the memory of the step. */
struct text {
	char *data;
	size_t len, size;
};

static void
add(struct mcp_call *call, struct text *text, const char *more)
{
	size_t n = strlen(more);

	if (text->len + n + 1 > text->size) {
		char *grown;

		text->size = (text->len + n + 1) * 2;
		grown = mcp_alloc(call, text->size);
		if (text->len > 0)
			memcpy(grown, text->data, text->len);
		text->data = grown;
	}
	memcpy(text->data + text->len, more, n + 1);
	text->len += n;
}

/* A text that a notebook stores as one string or as an array of lines. */
static const char *
joined(struct mcp_call *call, struct json_object *stored)
{
	struct text all = { 0 };

	if (stored == NULL)
		return "";
	if (!json_object_is_type(stored, json_type_array))
		return json_object_get_string(stored);
	add(call, &all, "");
	for (size_t i = 0; i < json_object_array_length(stored); i++) {
		const char *line = json_object_get_string(json_object_array_get_idx(stored, i));

		add(call, &all, line != NULL ? line : "");
	}
	return all.data;
}

static const char *
output_text(struct mcp_call *call, struct json_object *output)
{
	const char *type = mcp_get_str(call, output, "output_type", "");
	struct json_object *data = NULL;

	if (strcmp(type, "stream") == 0)
		return joined(call, mcp_get(output, "text"));
	if (strcmp(type, "error") == 0)
		return mcp_printf(call, "%s: %s", mcp_get_str(call, output, "ename", "error"),
				  mcp_get_str(call, output, "evalue", ""));
	if (json_object_object_get_ex(mcp_get(output, "data"), "text/plain", &data))
		return joined(call, data);
	return "(not text)";
}

static void
add_output(struct mcp_call *call, struct text *all, struct json_object *output)
{
	const char *text = clean_text(call, output_text(call, output), false);
	size_t cut = OUTPUT_MAX;

	add(call, all, "output: ");
	if (strlen(text) > OUTPUT_MAX) {
		while (((unsigned char)text[cut] & 0xc0) == 0x80)
			cut--;
		text = mcp_printf(call, "%.*s… (%zu bytes in all)", (int)cut, text, strlen(text));
	}
	add(call, all, text);
	add(call, all, "\n");
}

static void
add_cell(struct mcp_call *call, struct text *all, size_t number, struct json_object *cell)
{
	struct json_object *outputs = dbx_objects(call, cell, "outputs");

	add(call, all, mcp_printf(call, "## cell %zu (%s)\n", number,
				  mcp_get_str(call, cell, "cell_type", "?")));
	add(call, all, joined(call, mcp_get(cell, "source")));
	add(call, all, "\n");
	for (size_t i = 0; i < json_object_array_length(outputs); i++)
		add_output(call, all, json_object_array_get_idx(outputs, i));
}

static int
say_outputs(struct mcp_call *call, const char *export, size_t len)
{
	struct json_object *tree = mcp_json(call, export, len);
	struct json_object *cells = dbx_objects(call, tree, "cells");
	size_t n = json_object_array_length(cells);
	struct text all = { 0 };

	if (dbx_array(tree, "cells") == NULL)
		return mcp_fail(call, MCP_E_UPSTREAM, "The notebook's export is not a notebook.",
				NULL, "Call get_notebook_content with view=source.");
	add(call, &all, "");
	for (size_t i = 0; i < n; i++)
		add_cell(call, &all, i + 1, json_object_array_get_idx(cells, i));
	mcp_say(call, "%s, %zu %s with outputs", mcp_arg(call, "path"), n,
		n == 1 ? "cell" : "cells");
	return mcp_say_text(call, all.data, all.len, true);
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

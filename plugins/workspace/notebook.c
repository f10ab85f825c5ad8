/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a notebook: its source by lines, the list of its cells, or its cells with their outputs.
 * The item is read first, because exporting a folder returns an archive.
 */
#include "workspace.h"

#include <stdio.h>
#include <string.h>

#define EXPORT_MAX (12u << 20) /* the API rejects notebooks over 10 MB */

/* The result of the lookup, which the next step needs to read the notebook. */
struct found {
	char language[64];
	char path[WORKSPACE_PATH_MAX + 1];
};

_Static_assert(sizeof(struct found) <= MCP_STATE_MAX, "the result must fit");

static bool
view_is(struct mcp_call *call, const char *view)
{
	return strcmp(mcp_arg(call, "view"), view) == 0;
}

/* The text that separates cells, for each language. */
static const char *
separator_of(const char *language)
{
	if (strcmp(language, "SQL") == 0)
		return "-- COMMAND ----------";
	return strcmp(language, "SCALA") == 0 ? "// COMMAND ----------" : "# COMMAND ----------";
}

int64_t
count_lines(const char *text, size_t len)
{
	int64_t lines = len > 0 ? 1 : 0;

	for (size_t i = 0; i + 1 < len; i++)
		lines += text[i] == '\n';
	return lines;
}

/* ---- source --------------------------------------------------------------------------------- */

/* When one line is longer than a result may be, it is cut, and the answer names the call for the
 * rest. */
static const char *
long_line(struct mcp_call *call, const char *text, const char *start, size_t room, const char *path)
{
	const char *end = start + room;

	while (end > start && ((unsigned char)*end & 0xc0) == 0x80)
		end--;
	if (end == start) /* invalid text: no character begins here */
		end = start + room;
	if (view_is(call, "outputs"))
		mcp_say(call, "The line is too long; its first %lld bytes are shown.",
			(long long)(end - start));
	else
		mcp_say(call,
			"The line is too long; its first %lld bytes are shown.\nNext: "
			"read_file path=%s offset=%lld",
			(long long)(end - start), mcp_quoted(call, path), (long long)(end - text));
	return end;
}

int
say_lines(struct mcp_call *call, const char *text, size_t len, const char *path, const char *what)
{
	const char *view = mcp_arg(call, "view"), *given = mcp_arg(call, "end_line");
	int64_t total = count_lines(text, len), line = 1;
	int64_t from = mcp_arg_int(call, "start_line", 1);
	int64_t to = mcp_arg_int(call, "end_line", total);
	size_t room = say_room(call);
	const char *start = text, *end, *stop = text + len, *after;

	if ((from > total && total > 0) || to < from)
		return mcp_fail(call, MCP_E_INPUT, "The range of lines is empty.",
				mcp_printf(call,
					   "start_line is %lld, end_line is %lld, and %s has "
					   "%lld lines.",
					   (long long)from, (long long)to, path, (long long)total),
				"Repeat the call with other numbers, or omit them.");
	for (; line < from && start < stop; start++)
		line += *start == '\n';
	for (end = start; end < stop && line <= to; end = after, line++) {
		after = memchr(end, '\n', (size_t)(stop - end));
		after = after != NULL ? after + 1 : stop;
		if ((size_t)(after - start) > room && end > start)
			break;
	}
	if (to > total)
		to = total;
	mcp_say(call, "%s (%s), lines %lld-%lld of %lld", path, what, (long long)from,
		(long long)(line - 1), (long long)total);
	if ((size_t)(end - start) > room)
		end = long_line(call, text, start, room, path);
	if (line <= to)
		mcp_say(call, "Next: get_notebook_content path=%s view=%s start_line=%lld%s%s",
			mcp_quoted(call, path), view, (long long)line,
			given != NULL ? " end_line=" : "", given != NULL ? given : "");
	return mcp_say_text(call, start, (size_t)(end - start), true);
}

/* ---- cells ---------------------------------------------------------------------------------- */

static int
cell_row(struct mcp_call *call, int number, const char *text, const char *end, int64_t line)
{
	static const char head[] = "Databricks notebook source\n";
	const char *first = text, *stop;
	const char *cells[4];

	/* Skips the first line of a notebook, which is always the same comment. */
	if (number == 1) {
		stop = memchr(text, '\n', (size_t)(end - text));
		if (stop != NULL && stop - text < 40 &&
		    stop - text + 1 >= (ptrdiff_t)sizeof(head) - 1 &&
		    strncmp(stop - (sizeof(head) - 2), head, sizeof(head) - 1) == 0)
			first = stop + 1;
	}
	while (first < end && (*first == '\n' || *first == ' '))
		first++;
	stop = memchr(first, '\n', (size_t)(end - first));
	cells[0] = mcp_printf(call, "%d", number);
	cells[1] = mcp_printf(call, "%lld", (long long)line);
	cells[2] = mcp_printf(call, "%lld", (long long)count_lines(text, (size_t)(end - text)));
	cells[3] = mcp_printf(call, "%.*s", (int)((stop != NULL ? stop : end) - first), first);
	return mcp_page_row(call, cells, COUNT(cells));
}

/* Finds the start of the next cell: the separator must be at the start of a line. */
static const char *
next_separator(const char *text, const char *separator)
{
	const char *at = strstr(text, separator);

	while (at != NULL && at > text && at[-1] != '\n')
		at = strstr(at + 1, separator);
	return at;
}

/* Counts the line at which each cell begins. When the list of cells is cut, the next call begins at
 * the first cell that is not shown. */
struct cells {
	const char *path;
	const int64_t *lines;
	int64_t shown_from; /* index of the first cell that was given to the table */
};

static const char *
next_cells(struct mcp_call *call, const void *data, size_t shown)
{
	const struct cells *cells = data;
	const char *end = mcp_arg(call, "end_line");

	return mcp_printf(call, "get_notebook_content path=%s view=cells start_line=%lld%s%s",
			  mcp_quoted(call, cells->path),
			  (long long)cells->lines[cells->shown_from + (int64_t)shown],
			  end != NULL ? " end_line=" : "", end != NULL ? end : "");
}

/* Lists the cells that begin in the requested lines. */
static int
say_cells(struct mcp_call *call, const char *text, size_t len, const struct found *found)
{
	static const struct mcp_column columns[] = {
		{ "cell", NULL },
		{ "line", NULL },
		{ "lines", NULL },
		{ "begins", NULL },
	};
	const char *separator = separator_of(found->language), *end = text + len;
	int64_t first = mcp_arg_int(call, "start_line", 1), line = 1;
	int64_t last = mcp_arg_int(call, "end_line", INT64_MAX), offered = 0;
	int64_t *lines = mcp_alloc(call, (size_t)(count_lines(text, len) + 1) * sizeof(*lines));
	struct cells cells = { .path = found->path, .lines = lines };
	int number = 0, status;

	mcp_say(call, "%s (%s)", found->path, found->language);
	status = mcp_table(call, columns, COUNT(columns));
	while (text < end) {
		const char *next = next_separator(text, separator);
		const char *stop = next != NULL ? next : end;

		lines[number++] = line;
		if (line >= first && line <= last && offered++ == 0)
			cells.shown_from = number - 1;
		if (line >= first && line <= last && status == MCP_OK)
			status = cell_row(call, number, text, stop, line);
		if (next == NULL)
			break;
		stop += strlen(separator);
		if (stop < end && *stop == '\n')
			stop++;
		line += count_lines(text, (size_t)(stop - text));
		text = stop;
	}
	return mcp_table_end(call, &(struct mcp_table_end){ .size = sizeof(struct mcp_table_end),
							    .noun = "cells",
							    .total = offered,
							    .next_from = next_cells,
							    .next_data = &cells });
}

/* ---- get_notebook_content ------------------------------------------------------------------- */

/* Git keeps the line ends of other systems; in the result a line ends with a line feed. */
static char *
unix_lines(struct mcp_call *call, const char *text, size_t *len)
{
	char *out = mcp_alloc(call, *len + 1), *to = out;

	for (size_t i = 0; i < *len; i++)
		if (text[i] != '\r' || i + 1 == *len || text[i + 1] != '\n')
			*to++ = text[i];
	*to = '\0';
	*len = (size_t)(to - out);
	return out;
}

static int
exported(struct mcp_call *call, const void *state, size_t len)
{
	const struct mcp_reply *reply = mcp_reply(call, 0);
	const struct found *found = state;
	struct mcp_words words = path_words(call, found->path);
	struct dbx_error error;
	const char *text;
	size_t n;

	(void)len;
	if (!dbx_ok(call, reply, &error))
		return dbx_fail(call, reply, &error, &words);
	n = reply->body.len;
	if (view_is(call, "outputs"))
		return say_outputs(call, reply->body.data, n, found->path);
	text = unix_lines(call, reply->body.data, &n);
	return view_is(call, "cells") ? say_cells(call, text, n, found)
				      : say_lines(call, text, n, found->path, found->language);
}

static int
notebook_looked_at(struct mcp_call *call, const char *path, struct json_object *item,
		   const void *state)
{
	const char *type = mcp_get_str(call, item, "object_type", "");
	struct found found;
	struct mcp_http request;

	(void)state;
	if (strcmp(type, "NOTEBOOK") != 0)
		return mcp_fail(call, MCP_E_INPUT, mcp_printf(call, "%s is not a notebook.", path),
				mcp_printf(call, "It is a %s.", mcp_line(call, type)),
				strcmp(type, "FILE") == 0
				    ? mcp_printf(call, "Call read_file path=%s.",
						 mcp_quoted(call, path))
				    : mcp_printf(call,
						 "Call list_workspace_items path=%s to see its "
						 "content.",
						 mcp_quoted(call, path)));
	if (!mcp_fetch_request(
		call, &request,
		view_is(call, "outputs")
		    ? "/api/2.0/workspace/export?format=JUPYTER&outputs=ALL&direct_download=true"
		      "{&path}"
		    : "/api/2.0/workspace/export?format=SOURCE&direct_download=true{&path}",
		mcp_object(call, "path", path, NULL)))
		return MCP_E_INPUT;
	request.max_bytes = EXPORT_MAX;
	mcp_cut_copy(found.language, sizeof(found.language),
		     mcp_get_str(call, item, "language", "language not known"));
	mcp_cut_copy(found.path, sizeof(found.path), path);
	return mcp_suspend(call, &request, 1, 0, exported, &found, sizeof(found));
}

int
get_notebook_content(struct mcp_call *call)
{
	return item_look(call, "path", notebook_looked_at, NULL, 0);
}

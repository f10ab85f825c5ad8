/* SPDX-License-Identifier: Apache-2.0 */
/* The cells of a notebook with their outputs, from its Jupyter export (nbformat 4). Of a long
 * output only its beginning and its end are shown; the whole output can be read by lines. */
#include "workspace.h"

#include <stdio.h>
#include <string.h>

#define OUTPUT_MAX 2000	  /* most bytes of an output that is shown completely */
#define OUTPUT_PART 900	  /* bytes of its beginning, and of its end, when the output is longer */
#define TABLE_ROWS_MAX 50 /* most rows of a table that the notebook stores as data */

/* A text that is being built, in the memory of the step. */
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

/* Reads a text that a notebook stores as one string or as an array of lines. */
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

/* ---- one output ------------------------------------------------------------------------------ */

/* Finds members whose names have dots, like those of "data". */
static struct json_object *
member(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, name, &value);
	return value;
}

/* Reads rows that Databricks stores in addition to the HTML that was made from them. */
static const char *
table_text(struct mcp_call *call, struct json_object *table)
{
	struct json_object *schema = mcp_objects(call, table, "schema");
	struct json_object *rows = mcp_array(table, "data");
	size_t n = rows != NULL ? json_object_array_length(rows) : 0;
	struct text all = { 0 };

	add(call, &all, "");
	for (size_t i = 0; i < json_object_array_length(schema); i++)
		add(call, &all,
		    mcp_printf(call, "%s%s", i > 0 ? "\t" : "",
			       mcp_get_str(call, json_object_array_get_idx(schema, i), "name",
					   "")));
	for (size_t r = 0; r < n && r < TABLE_ROWS_MAX; r++) {
		struct json_object *row = json_object_array_get_idx(rows, r);

		if (!json_object_is_type(row, json_type_array))
			continue;
		add(call, &all, "\n");
		for (size_t i = 0; i < json_object_array_length(row); i++)
			add(call, &all,
			    mcp_printf(call, "%s%s", i > 0 ? "\t" : "",
				       mcp_get_str(call, row, mcp_printf(call, "%zu", i), "NULL")));
	}
	if (n > TABLE_ROWS_MAX)
		add(call, &all, mcp_printf(call, "\n(%d of %zu rows)", TABLE_ROWS_MAX, n));
	return all.data;
}

/* Reads an output in a form that only Databricks uses. NULL when there is none. */
static const char *
own_text(struct mcp_call *call, struct json_object *output)
{
	struct json_object *own =
	    member(mcp_get(output, "metadata"), "application/vnd.databricks.v1+output");
	struct json_object *data = mcp_get(own, "data");
	const char *type = mcp_get_str(call, own, "type", "");

	if (json_object_is_type(data, json_type_array))
		return table_text(call, own);
	if (!json_object_is_type(data, json_type_string))
		return NULL;
	return strncmp(type, "html", 4) == 0 ? html_text(call, json_object_get_string(data))
					     : json_object_get_string(data);
}

static const char *
error_text(struct mcp_call *call, struct json_object *output)
{
	const char *name = mcp_get_str(call, output, "ename", "error"), *trace;
	struct json_object *lines = mcp_array(output, "traceback");
	struct text all = { 0 };

	add(call, &all, "");
	for (size_t i = 0; lines != NULL && i < json_object_array_length(lines); i++) {
		const char *line = json_object_get_string(json_object_array_get_idx(lines, i));

		if (line != NULL)
			add(call, &all, mcp_printf(call, "%s%s", all.len > 0 ? "\n" : "", line));
	}
	trace = clean_text(call, all.data, false);
	/* The last line of a trace is usually the error itself. */
	if (strstr(trace, name) != NULL)
		return trace;
	return mcp_printf(call, "%s: %s%s%s", name, mcp_get_str(call, output, "evalue", ""),
			  trace[0] != '\0' ? "\n" : "", trace);
}

/* The best text of an output: the original data if there are any, otherwise the text that was
 * displayed. */
static const char *
display_text(struct mcp_call *call, struct json_object *output)
{
	static const char *const plain[] = { "text/plain", "text/markdown", "text/latex",
					     "application/json", "text/csv" };
	struct json_object *data = mcp_get(output, "data"), *value;
	const char *own, *kinds = "";

	for (size_t i = 0; i < COUNT(plain); i++)
		if ((value = member(data, plain[i])) != NULL)
			return joined(call, value);
	own = own_text(call, output);
	if (own != NULL && own[0] != '\0')
		return own;
	if ((value = member(data, "text/html")) != NULL)
		return html_text(call, joined(call, value));
	if (!json_object_is_type(data, json_type_object))
		return "(nothing)";
	json_object_object_foreach(data, kind, content) {
		(void)content;
		kinds = mcp_printf(call, "%s%s%s", kinds, kinds[0] != '\0' ? ", " : "", kind);
	}
	return mcp_printf(call, "(not text: %s)", kinds[0] != '\0' ? kinds : "nothing");
}

static const char *
output_text(struct mcp_call *call, struct json_object *output)
{
	const char *type = mcp_get_str(call, output, "output_type", "");

	if (strcmp(type, "stream") == 0)
		return joined(call, mcp_get(output, "text"));
	return strcmp(type, "error") == 0 ? error_text(call, output) : display_text(call, output);
}

/* ---- cells ----------------------------------------------------------------------------------- */

/* The cells are written twice: completely, to be read by lines, and with long outputs cut. */
struct views {
	struct text full, brief;
	int64_t line; /* number of the next line in `full` */
	size_t outputs;
	const char *path;
};

static void
add_both(struct mcp_call *call, struct views *views, const char *text)
{
	add(call, &views->full, text);
	add(call, &views->brief, text);
	for (; *text != '\0'; text++)
		views->line += *text == '\n';
}

/* Writes the beginning and the end, and the call that shows the part between them. */
static void
add_brief(struct mcp_call *call, struct views *views, const char *text, int64_t first)
{
	size_t len = strlen(text), head = OUTPUT_PART, tail = len - OUTPUT_PART;

	while (head > 0 && ((unsigned char)text[head] & 0xc0) == 0x80)
		head--;
	while (((unsigned char)text[tail] & 0xc0) == 0x80)
		tail++;
	add(call, &views->brief,
	    mcp_printf(
		call,
		"%.*s\n… (%zu of %zu bytes left out; "
		"get_notebook_content path=%s view=outputs start_line=%lld end_line=%lld shows "
		"them) …\n",
		(int)head, text, tail - head, len, mcp_quoted(call, views->path), (long long)first,
		(long long)(first + count_lines(text, len) - 1)));
	add(call, &views->brief, text + tail);
}

static void
add_output(struct mcp_call *call, struct views *views, struct json_object *output)
{
	const char *text = clean_text(call, output_text(call, output), false);
	size_t len = strlen(text);
	int64_t first = views->line;

	while (len > 0 && text[len - 1] == '\n')
		len--;
	text = mcp_printf(call, "%.*s", (int)len, text);
	add_both(call, views, "output: ");
	if (len <= OUTPUT_MAX) {
		add_both(call, views, text);
	} else {
		add(call, &views->full, text);
		views->line += count_lines(text, len) - 1;
		add_brief(call, views, text, first);
	}
	add_both(call, views, "\n");
}

static void
add_cell(struct mcp_call *call, struct views *views, size_t number, struct json_object *cell)
{
	struct json_object *outputs = mcp_objects(call, cell, "outputs");

	add_both(call, views,
		 mcp_printf(call, "## cell %zu (%s)\n", number,
			    mcp_get_str(call, cell, "cell_type", "?")));
	add_both(call, views, clean_text(call, joined(call, mcp_get(cell, "source")), false));
	add_both(call, views, "\n");
	views->outputs += json_object_array_length(outputs);
	for (size_t i = 0; i < json_object_array_length(outputs); i++)
		add_output(call, views, json_object_array_get_idx(outputs, i));
}

int
say_outputs(struct mcp_call *call, const char *export, size_t len, const char *path)
{
	struct json_object *tree = mcp_json(call, export, len);
	struct json_object *cells = mcp_objects(call, tree, "cells");
	size_t n = json_object_array_length(cells);
	struct views views = { .line = 1, .path = path };
	const char *what;

	if (mcp_array(tree, "cells") == NULL)
		return mcp_fail(call, MCP_E_UPSTREAM,
				"The notebook's export is not a valid "
				"notebook.",
				NULL,
				mcp_printf(call,
					   "Call get_notebook_content path=%s "
					   "view=source.",
					   mcp_quoted(call, path)));
	add_both(call, &views, "");
	for (size_t i = 0; i < n; i++)
		add_cell(call, &views, i + 1, json_object_array_get_idx(cells, i));
	what = mcp_printf(call, "%zu %s, %s", n, n == 1 ? "cell" : "cells",
			  views.outputs > 0 ? "with outputs" : "none has a stored output");
	/* A text that is too long even with cut outputs is also read by lines. */
	if (mcp_arg(call, "start_line") != NULL || mcp_arg(call, "end_line") != NULL ||
	    views.brief.len > say_room(call))
		return say_lines(call, views.full.data, views.full.len, path, what);
	if (views.brief.len > 0)
		views.brief.len--; /* position of its last line end */
	mcp_say(call, "%s, %s", path, what);
	return mcp_say_text(call, views.brief.data, views.brief.len, true);
}

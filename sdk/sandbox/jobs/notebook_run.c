/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a notebook of the workspace one cell after the other, see exec.h. */
#include "compute/exec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files/beneath.h"
#include "workspace/objects.h"

enum { MAX_HTML = 10 * 1024 * 1024 };

/* ---- loading ---- */

/* The given path, or the path relative to the running notebook. NULL when it is not valid. */
static char *
resolve(const struct exec *exec, const char *given)
{
	char *folder, *joined, *path;

	if (given[0] == '/')
		return object_path(given);
	folder = exec->path != NULL ? path_parent(exec->path) : xprintf("/Users/%s", exec->user);
	while (strncmp(given, "./", 2) == 0 || strncmp(given, "../", 3) == 0) {
		if (given[1] == '.') {
			char *up = path_parent(folder);

			free(folder);
			folder = up;
			given++;
		}
		given += 2;
	}
	joined = xprintf("%s/%s", folder, given);
	path = object_path(joined);
	free(joined);
	free(folder);
	return path;
}

static bool
load(struct workspace *ws, const char *path, struct notebook *out)
{
	struct object object;
	size_t len = 0;
	char *data = NULL;
	bool ok;

	ws_lock(ws);
	ok = object_find(ws, path, &object);
	if (ok && strcmp(object.type, "NOTEBOOK") == 0)
		data = object_read(ws, &object, MAX_EXPORT, &len);
	ws_unlock(ws);
	if (data == NULL)
		ok = false;
	else if (strcmp(object.format, "JUPYTER") == 0)
		ok = notebook_from_jupyter(data, len, out);
	else
		notebook_from_source(data, len, object.language, out);
	free(data);
	object_fini(&object);
	return ok;
}

/* ---- outputs of cells ---- */

static struct json_object *
table_data(struct json_object *table)
{
	struct json_object *data = json_object_new_object(), *columns = json_get(table, "columns");
	struct json_object *rows = json_get(table, "rows");
	struct buf html = BUF(MAX_MADE);

	buf_puts(&html, "<table><thead><tr>");
	for (size_t i = 0; i < json_object_array_length(columns); i++) {
		const char *name = json_str(json_object_array_get_idx(columns, i), "name");

		buf_puts(&html, "<th>");
		html_escape(&html, name, strlen(name));
		buf_puts(&html, "</th>");
	}
	buf_puts(&html, "</tr></thead><tbody>");
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);

		buf_puts(&html, "<tr>");
		for (size_t k = 0; k < json_object_array_length(row); k++) {
			struct json_object *cell = json_object_array_get_idx(row, k);
			const char *text = cell != NULL ? json_object_get_string(cell) : "null";

			buf_puts(&html, "<td>");
			html_escape(&html, text, strlen(text));
			buf_puts(&html, "</td>");
		}
		buf_puts(&html, "</tr>");
	}
	buf_puts(&html, "</tbody></table>");
	json_add_str(data, "text/html", html.data);
	buf_fini(&html);
	return data;
}

static void
add_output(struct json_object *outputs, const char *type, const char *name,
	   struct json_object *value)
{
	struct json_object *output = json_object_new_object();

	json_add_str(output, "output_type", type);
	json_add(output, name, value);
	json_object_array_add(outputs, output);
}

static void
keep_outputs(struct cell *cell, const struct exec_result *result)
{
	struct json_object *outputs = json_object_new_array(), *data;

	if (*result->text != '\0')
		add_output(outputs, "stream", "text", json_object_new_string(result->text));
	if (result->table != NULL)
		add_output(outputs, "display_data", "data", table_data(result->table));
	if (result->html != NULL) {
		data = json_object_new_object();
		json_add_str(data, "text/html", result->html);
		add_output(outputs, "display_data", "data", data);
	}
	if (result->end == EXEC_ERROR) {
		data = json_object_new_object();
		json_add_str(data, "output_type", "error");
		json_add_str(data, "ename", result->ename);
		json_add_str(data, "evalue", result->evalue);
		json_object_array_add(outputs, data);
	}
	json_object_put(cell->outputs);
	cell->outputs = outputs;
}

/* ---- running ---- */

static void run_cells(struct exec *exec, struct notebook *notebook, const char *path,
		      struct exec_result *result);

/* %run: runs the cells of another notebook in the same process. */
static void
include(struct exec *exec, const char *given, struct exec_result *result)
{
	char *name = xstrndup(given, strcspn(given, "\n")), *path, *end;
	struct notebook notebook;

	memset(result, 0, sizeof(*result));
	end = name + strlen(name);
	while (end > name && (end[-1] == ' ' || end[-1] == '"'))
		*--end = '\0';
	path = resolve(exec, name + (*name == '"'));
	if (exec->depth >= MAX_NOTEBOOK_DEPTH) {
		exec_fail(result, "RecursionError", "%%run goes deeper than %d notebooks.",
			  MAX_NOTEBOOK_DEPTH);
	} else if (path == NULL || !load(exec->ws, path, &notebook)) {
		exec_fail(result, "NotebookNotFound", "Notebook not found: %s", name);
	} else {
		exec->depth++;
		run_cells(exec, &notebook, path, result);
		exec->depth--;
		notebook_fini(&notebook);
	}
	free(path);
	free(name);
}

/* Runs cells and stops at the first one that fails. *result is the result of the last cell that
 * ran. */
static void
run_cells(struct exec *exec, struct notebook *notebook, const char *path,
	  struct exec_result *result)
{
	const char *outer = exec->path;

	exec->path = path;
	result->text = xstrdup("");
	for (size_t i = 0; i < notebook->count && result->end == EXEC_OK; i++) {
		char language[16], name[48];
		const char *text;

		cell_language(notebook, &notebook->cells[i], language, &text);
		if (strcmp(language, "md") == 0 || strcmp(language, "md-sandbox") == 0)
			continue;
		exec_result_fini(result);
		if (bg_cancelled(exec->bg)) {
			result->end = EXEC_CANCELLED;
			break;
		}
		snprintf(name, sizeof(name), "<command-%zu>", i + 1);
		if (strcmp(language, "run") == 0)
			include(exec, text, result);
		else
			exec_code(exec, language, text, name, result);
		if (result->text == NULL)
			result->text = xstrdup("");
		keep_outputs(&notebook->cells[i], result);
	}
	exec->path = outer;
}

void
exec_notebook(struct exec *exec, const char *given, struct buf *html, struct exec_result *result)
{
	char *path = resolve(exec, given);
	struct notebook notebook;

	memset(result, 0, sizeof(*result));
	if (exec->depth >= MAX_NOTEBOOK_DEPTH) {
		exec_fail(result, "RecursionError", "Notebooks run each other deeper than %d.",
			  MAX_NOTEBOOK_DEPTH);
	} else if (path == NULL || !load(exec->ws, path, &notebook)) {
		exec_fail(result, "NotebookNotFound",
			  "Unable to access the notebook \"%s\". Either"
			  " it does not exist, or %s lacks the required permissions.",
			  given, exec->user);
		result->missing = true;
	} else {
		run_cells(exec, &notebook, path, result);
		if (html != NULL) {
			buf_init_keeping(html, MAX_HTML);
			notebook_to_html(&notebook, path_name(path), html);
		}
		notebook_fini(&notebook);
	}
	free(path);
}

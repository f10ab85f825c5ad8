/* SPDX-License-Identifier: Apache-2.0 */
/* See notebook.h. */
#include "workspace/notebook.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name, *extension, *comment, *jupyter;
} languages[] = {
	{ "PYTHON", "py", "#", "python" },
	{ "SQL", "sql", "--", "sql" },
	{ "SCALA", "scala", "//", "scala" },
	{ "R", "r", "#", "r" },
};
enum { LANGUAGES = ARRAY_SIZE(languages) };

static const char SOURCE_LINE[] = "Databricks notebook source";

static size_t
language_index(const char *name)
{
	size_t i = 0;

	while (i < LANGUAGES && strcasecmp(languages[i].name, name) != 0)
		i++;
	return i;
}

const char *
language_known(const char *name)
{
	size_t i = name != NULL ? language_index(name) : LANGUAGES;

	return i < LANGUAGES ? languages[i].name : NULL;
}

const char *
language_extension(const char *language)
{
	size_t i = language_index(language);

	return i < LANGUAGES ? languages[i].extension : "py";
}

static const char *
comment_of(const char *language)
{
	size_t i = language_index(language);

	return i < LANGUAGES ? languages[i].comment : "#";
}

/* ---- lines ---- */

struct line {
	const char *text;
	size_t len; /* length of the line without its end */
};

static bool
next_line(const char **at, const char *end, struct line *line)
{
	const char *newline;

	if (*at >= end)
		return false;
	newline = memchr(*at, '\n', (size_t)(end - *at));
	line->text = *at;
	line->len = (size_t)((newline != NULL ? newline : end) - *at);
	*at = newline != NULL ? newline + 1 : end;
	if (line->len > 0 && line->text[line->len - 1] == '\r')
		line->len--;
	return true;
}

/* Recognises "# MAGIC %md" with word "MAGIC": the rest begins at *rest. */
static bool
line_is(const struct line *line, const char *comment, const char *word, size_t *rest)
{
	size_t c = strlen(comment), w = strlen(word);

	if (line->len < c + 1 + w || memcmp(line->text, comment, c) != 0 || line->text[c] != ' ' ||
	    memcmp(line->text + c + 1, word, w) != 0)
		return false;
	*rest = c + 1 + w;
	return *rest == line->len || isspace((unsigned char)line->text[*rest]);
}

static bool
is_separator(const struct line *line, const char *comment)
{
	size_t rest;

	return line_is(line, comment, "COMMAND", &rest) && line->len >= rest + 11 &&
	       strncmp(line->text + rest, " ----------", 11) == 0;
}

const char *
notebook_header(const char *text, size_t len)
{
	const char *at = text;
	struct line line;
	size_t rest;

	if (!next_line(&at, text + len, &line))
		return NULL;
	for (size_t i = 0; i < LANGUAGES; i++)
		if (line_is(&line, languages[i].comment, SOURCE_LINE, &rest) && rest == line.len)
			return languages[i].name;
	return NULL;
}

/* ---- source to cells ---- */

static struct cell *
add_cell(struct notebook *notebook)
{
	notebook->cells =
	    xrealloc(notebook->cells, (notebook->count + 1) * sizeof(*notebook->cells));
	memset(&notebook->cells[notebook->count], 0, sizeof(*notebook->cells));
	return &notebook->cells[notebook->count++];
}

static char *
trim_blank_lines(struct buf *text)
{
	size_t from = 0, to = text->len;

	while (to > 0 && isspace((unsigned char)text->data[to - 1]))
		to--;
	for (size_t i = 0; i < to && isspace((unsigned char)text->data[i]); i++)
		if (text->data[i] == '\n')
			from = i + 1;
	return to > from ? xstrndup(text->data + from, to - from) : xstrdup("");
}

static void
finish_cell(struct notebook *notebook, struct buf *text, char **title)
{
	char *source = trim_blank_lines(text);

	if (*source != '\0' || *title != NULL) {
		struct cell *cell = add_cell(notebook);

		cell->source = source;
		cell->title = *title;
		*title = NULL;
	} else {
		free(source);
	}
	buf_fini(text);
}

static void
take_line(const struct line *line, const char *comment, struct buf *text, char **title)
{
	size_t rest;

	if (line_is(line, comment, "DBTITLE", &rest)) {
		const char *comma = memchr(line->text, ',', line->len);

		if (comma != NULL && *title == NULL)
			*title = xstrndup(comma + 1, line->len - (size_t)(comma + 1 - line->text));
		return;
	}
	if (line_is(line, comment, "MAGIC", &rest)) {
		rest += rest < line->len;
		buf_add(text, line->text + rest, line->len - rest);
	} else {
		buf_add(text, line->text, line->len);
	}
	buf_add(text, "\n", 1);
}

void
notebook_from_source(const char *text, size_t len, const char *language, struct notebook *out)
{
	const char *at = text, *comment = comment_of(language);
	struct buf cell = BUF(MAX_MADE);
	struct line line;
	char *title = NULL;

	memset(out, 0, sizeof(*out));
	out->language = language_known(language);
	if (notebook_header(text, len) != NULL)
		next_line(&at, text + len, &line);
	while (next_line(&at, text + len, &line)) {
		if (is_separator(&line, comment))
			finish_cell(out, &cell, &title);
		else
			take_line(&line, comment, &cell, &title);
	}
	finish_cell(out, &cell, &title);
}

void
notebook_fini(struct notebook *notebook)
{
	for (size_t i = 0; i < notebook->count; i++) {
		free(notebook->cells[i].source);
		free(notebook->cells[i].title);
		json_object_put(notebook->cells[i].outputs);
	}
	free(notebook->cells);
	memset(notebook, 0, sizeof(*notebook));
}

void
cell_language(const struct notebook *notebook, const struct cell *cell, char language[16],
	      const char **text)
{
	const char *s = cell->source + strspn(cell->source, " \t\n");
	size_t len;

	if (*s == '%' && s[1] != '%') {
		len = strcspn(s + 1, " \t\n");
		snprintf(language, 16, "%.*s", (int)(len < 15 ? len : 15), s + 1);
		s += 1 + len;
		s += strspn(s, " \t");
		*text = s + (*s == '\n');
	} else {
		snprintf(language, 16, "%s", notebook->language);
		*text = cell->source;
	}
	for (char *p = language; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
}

/* ---- Jupyter to cells ---- */

/* Reads a string, or an array of strings that are joined. */
static char *
joined(struct json_object *value)
{
	struct buf out = BUF(MAX_MADE);

	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			buf_puts(&out, json_object_get_string(json_object_array_get_idx(value, i)));
	} else if (json_object_is_type(value, json_type_string)) {
		buf_puts(&out, json_object_get_string(value));
	}
	return buf_text(&out);
}

static const char *
jupyter_language(struct json_object *metadata)
{
	struct json_object *ours = json_get(metadata, "application/vnd.databricks.v1+notebook");
	struct json_object *info = json_get(metadata, "language_info");
	struct json_object *kernel = json_get(metadata, "kernelspec");
	const char *found = language_known(json_str(ours, "language"));

	if (found == NULL)
		found = language_known(json_str(info, "name"));
	if (found == NULL)
		found = language_known(json_str(kernel, "language"));
	return found != NULL ? found : "PYTHON";
}

static void
add_jupyter_cell(struct notebook *out, struct json_object *from)
{
	const char *type = json_str(from, "cell_type");
	struct json_object *metadata = json_get(from, "metadata");
	struct json_object *ours = json_get(metadata, "application/vnd.databricks.v1+cell");
	struct json_object *outputs = json_get(from, "outputs");
	struct cell *cell = add_cell(out);
	char *source = joined(json_get(from, "source"));
	const char *title = json_str(ours, "title");

	if (type != NULL && strcmp(type, "markdown") == 0 && strncmp(source, "%md", 3) != 0) {
		cell->source = xprintf("%%md\n%s", source);
		free(source);
	} else {
		cell->source = source;
	}
	if (title != NULL && *title != '\0')
		cell->title = xstrdup(title);
	if (json_object_is_type(outputs, json_type_array) && json_object_array_length(outputs) > 0)
		cell->outputs = json_object_get(outputs);
}

bool
notebook_from_jupyter(const char *text, size_t len, struct notebook *out)
{
	struct json_object *root = json_parse(text, len);
	struct json_object *cells = json_get(root, "cells");

	memset(out, 0, sizeof(*out));
	if (!json_object_is_type(cells, json_type_array)) {
		json_object_put(root);
		return false;
	}
	out->language = jupyter_language(json_get(root, "metadata"));
	for (size_t i = 0; i < json_object_array_length(cells); i++)
		add_jupyter_cell(out, json_object_array_get_idx(cells, i));
	json_object_put(root);
	return true;
}

/* ---- cells to source ---- */

static bool
has_magic(const struct cell *cell)
{
	const char *s = cell->source + strspn(cell->source, " \t\n");

	return *s == '%' && s[1] != '%';
}

void
notebook_to_source(const struct notebook *notebook, struct buf *out)
{
	const char *comment = comment_of(notebook->language);

	buf_printf(out, "%s %s\n", comment, SOURCE_LINE);
	for (size_t i = 0; i < notebook->count; i++) {
		const struct cell *cell = &notebook->cells[i];
		const char *at = cell->source, *end = at + strlen(at);
		struct line line;

		if (i > 0)
			buf_printf(out, "\n%s COMMAND ----------\n\n", comment);
		if (cell->title != NULL)
			buf_printf(out, "%s DBTITLE 1,%s\n", comment, cell->title);
		while (next_line(&at, end, &line)) {
			if (has_magic(cell))
				buf_printf(out, "%s MAGIC%s", comment, line.len > 0 ? " " : "");
			buf_add(out, line.text, line.len);
			buf_add(out, "\n", 1);
		}
	}
}

/* ---- cells to Jupyter ---- */

static struct json_object *
lines_of(const char *text)
{
	struct json_object *list = json_object_new_array();

	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		len += text[len] == '\n';
		json_object_array_add(list, json_object_new_string_len(text, (int)len));
		text += len;
	}
	return list;
}

static struct json_object *
cell_metadata(const struct cell *cell)
{
	struct json_object *metadata = json_object_new_object(), *ours = json_object_new_object();

	json_add_bool(ours, "showTitle", cell->title != NULL);
	json_add_str(ours, "title", cell->title != NULL ? cell->title : "");
	json_add(metadata, "application/vnd.databricks.v1+cell", ours);
	return metadata;
}

static struct json_object *
to_jupyter_cell(const struct notebook *notebook, const struct cell *cell, bool outputs)
{
	struct json_object *obj = json_object_new_object();
	char language[16];
	const char *text;

	cell_language(notebook, cell, language, &text);
	if (strcmp(language, "md") == 0) {
		json_add_str(obj, "cell_type", "markdown");
		json_add(obj, "metadata", cell_metadata(cell));
		json_add(obj, "source", lines_of(text));
		return obj;
	}
	json_add_str(obj, "cell_type", "code");
	json_object_object_add(obj, "execution_count", NULL);
	json_add(obj, "metadata", cell_metadata(cell));
	json_add(obj, "outputs",
		 outputs && cell->outputs != NULL ? json_object_get(cell->outputs)
						  : json_object_new_array());
	json_add(obj, "source", lines_of(cell->source));
	return obj;
}

struct json_object *
notebook_to_jupyter(const struct notebook *notebook, const char *name, bool outputs)
{
	struct json_object *root = json_object_new_object(), *cells = json_object_new_array();
	struct json_object *metadata = json_object_new_object(), *part;
	const char *language = languages[language_index(notebook->language)].jupyter;

	for (size_t i = 0; i < notebook->count; i++)
		json_object_array_add(cells,
				      to_jupyter_cell(notebook, &notebook->cells[i], outputs));
	json_add(root, "cells", cells);
	part = json_object_new_object();
	json_add_str(part, "language", language);
	json_add_str(part, "notebookName", name);
	json_add(metadata, "application/vnd.databricks.v1+notebook", part);
	part = json_object_new_object();
	json_add_str(part, "name", language);
	json_add(metadata, "language_info", part);
	json_add(root, "metadata", metadata);
	json_add_int(root, "nbformat", 4);
	json_add_int(root, "nbformat_minor", 0);
	return root;
}

/* ---- cells to HTML ---- */

void
html_escape(struct buf *out, const char *text, size_t len)
{
	static const struct {
		char c;
		const char *entity;
	} table[] = { { '&', "&amp;" },
		      { '<', "&lt;" },
		      { '>', "&gt;" },
		      { '"', "&quot;" },
		      { '\'', "&#39;" } };
	size_t start = 0;

	for (size_t i = 0; i < len; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(table); k++) {
			if (text[i] != table[k].c)
				continue;
			buf_add(out, text + start, i - start);
			buf_puts(out, table[k].entity);
			start = i + 1;
		}
	}
	buf_add(out, text + start, len - start);
}

static void
pre(struct buf *out, const char *class_name, const char *text)
{
	buf_printf(out, "<pre class=\"%s\">", class_name);
	html_escape(out, text, strlen(text));
	buf_puts(out, "</pre>\n");
}

static void
output_to_html(struct json_object *output, struct buf *out)
{
	struct json_object *data = json_get(output, "data");
	char *html = joined(json_get(data, "text/html"));
	char *text = joined(data != NULL ? json_get(data, "text/plain") : json_get(output, "text"));
	const char *error = json_str(output, "ename");

	if (error != NULL) {
		char *line =
		    xprintf("%s: %s", error,
			    json_str(output, "evalue") != NULL ? json_str(output, "evalue") : "");

		pre(out, "error", line);
		free(line);
	} else if (*html != '\0') {
		buf_printf(out, "<div class=\"output\">%s</div>\n", html);
	} else {
		pre(out, "output", text);
	}
	free(html);
	free(text);
}

void
notebook_to_html(const struct notebook *notebook, const char *name, struct buf *out)
{
	buf_puts(out, "<!DOCTYPE html>\n<html>\n<head><meta charset=\"utf-8\"><title>");
	html_escape(out, name, strlen(name));
	buf_puts(out, "</title></head>\n<body>\n<h1>");
	html_escape(out, name, strlen(name));
	buf_puts(out, "</h1>\n");
	for (size_t i = 0; i < notebook->count; i++) {
		const struct cell *cell = &notebook->cells[i];
		size_t n = cell->outputs != NULL ? json_object_array_length(cell->outputs) : 0;

		if (cell->title != NULL) {
			buf_puts(out, "<h2>");
			html_escape(out, cell->title, strlen(cell->title));
			buf_puts(out, "</h2>\n");
		}
		pre(out, "cell", cell->source);
		for (size_t k = 0; k < n; k++)
			output_to_html(json_object_array_get_idx(cell->outputs, k), out);
	}
	buf_puts(out, "</body>\n</html>\n");
}

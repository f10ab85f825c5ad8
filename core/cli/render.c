/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints results for people. The model gets a table as tab-separated lines under a header. A
 * terminal shows aligned columns, cut to its width. A pipe gets the bytes unchanged.
 */
#define LINE_COLUMNS 400 /* of a message */
#define _XOPEN_SOURCE 700
#include "cli/cli.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/buf.h"
#include "base/json.h"
#include "unit.h"

#define COLUMNS_MAX 64
#define COLUMN_WIDTH_MAX 60
#define BOLD "\033[1m"
#define PLAIN "\033[0m"

int
render_terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}

/* Characters that could control the terminal or reorder the line are shown as "?". Returns the
 * length. */
static size_t
unfit(const char *text, size_t len)
{
	enum unit kind;
	int step;

	if (text[0] == '\t' || unit_special(text, len, &kind) == 0)
		return 0;
	step = utf8_step(text, len);
	return step > 0 ? (size_t)step : 1;
}

/* One character: its bytes and display columns. An invalid byte or a control character counts as
 * one column. */
static size_t
character(const char *text, size_t len, int *columns)
{
	wchar_t wide;
	mbstate_t state = { 0 };
	size_t n = unfit(text, len);

	*columns = 1;
	if (n > 0)
		return n;
	n = mbrtowc(&wide, text, len, &state);
	if (n == 0 || n == (size_t)-1 || n == (size_t)-2)
		return 1;
	*columns = wcwidth(wide);
	if (*columns < 0)
		*columns = 1;
	return n;
}

int
render_width(const char *text, size_t len)
{
	int width = 0, columns;

	while (len > 0) {
		size_t n = character(text, len, &columns);

		width += columns;
		text += n;
		len -= n;
	}
	return width;
}

/* Writes at most `room` columns of a text (room < 0: all) and returns how many were used. */
static int
put_text(FILE *out, const char *text, size_t len, int room)
{
	int used = 0, columns;

	while (len > 0) {
		size_t n = character(text, len, &columns);

		if (room >= 0 && used + columns > room - (len > n ? 1 : 0)) {
			fputs("…", out);
			return used + 1;
		}
		if (unfit(text, len) > 0)
			fputc('?', out);
		else
			fwrite(text, 1, n, out);
		used += columns;
		text += n;
		len -= n;
	}
	return used;
}

static size_t
count_tabs(const char *line, size_t len)
{
	size_t tabs = 0;

	for (size_t i = 0; i < len; i++)
		tabs += line[i] == '\t';
	return tabs;
}

static size_t
line_length(const char *text, size_t len)
{
	const char *end = memchr(text, '\n', len);

	return end != NULL ? (size_t)(end - text) : len;
}

/* Calls fn for each cell of a line. */
static void
each_cell(const char *line, size_t len,
	  void (*fn)(void *data, size_t column, const char *cell, size_t n), void *data)
{
	for (size_t column = 0;; column++) {
		const char *tab = memchr(line, '\t', len);
		size_t n = tab != NULL ? (size_t)(tab - line) : len;

		fn(data, column, line, n);
		if (tab == NULL)
			return;
		len -= n + 1;
		line = tab + 1;
	}
}

struct table {
	FILE *out;
	int width[COLUMNS_MAX];
	size_t columns;
	int left; /* columns of the terminal still free on this line */
};

static void
measure_cell(void *data, size_t column, const char *cell, size_t n)
{
	struct table *table = data;
	int width = render_width(cell, n);

	if (width > COLUMN_WIDTH_MAX)
		width = COLUMN_WIDTH_MAX;
	if (width > table->width[column])
		table->width[column] = width;
}

static void
print_cell(void *data, size_t column, const char *cell, size_t n)
{
	struct table *table = data;
	bool last = column + 1 == table->columns;
	int room = table->width[column] < table->left ? table->width[column] : table->left;
	int used;

	if (room <= 0)
		return;
	used = put_text(table->out, cell, n, room);
	for (; !last && used < room + 2 && used < table->left; used++)
		fputc(' ', table->out);
	table->left -= used;
}

/* Prints the lines of one table; returns how many bytes they took. */
static size_t
render_table(FILE *out, const char *text, size_t len, int width)
{
	struct table table = { .out = out };
	size_t tabs = count_tabs(text, line_length(text, len)), end = 0;

	table.columns = tabs + 1;
	while (end < len) {
		size_t n = line_length(text + end, len - end);

		if (count_tabs(text + end, n) != tabs)
			break;
		each_cell(text + end, n, measure_cell, &table);
		end += n + (end + n < len);
	}
	for (size_t at = 0; at < end;) {
		size_t n = line_length(text + at, end - at);

		table.left = width;
		if (at == 0)
			fputs(BOLD, out);
		each_cell(text + at, n, print_cell, &table);
		fputs(at == 0 ? PLAIN "\n" : "\n", out);
		at += n + 1;
	}
	return end;
}

void
render_text(FILE *out, const char *text, size_t len, int width)
{
	for (size_t at = 0; at < len;) {
		size_t n = line_length(text + at, len - at);
		size_t tabs = count_tabs(text + at, n);

		if (tabs > 0 && tabs < COLUMNS_MAX) {
			at += render_table(out, text + at, len - at, width);
			continue;
		}
		put_text(out, text + at, n, -1);
		fputc('\n', out);
		at += n + 1;
	}
}

void
render_table_text(const char *text, size_t len)
{
	if (render_terminal_width() > 0)
		render_text(stdout, text, len, render_terminal_width());
	else
		fwrite(text, 1, len, stdout);
}

void
render_line(FILE *out, const char *text)
{
	put_text(out, text, strlen(text), LINE_COLUMNS);
}

void
render_plain(FILE *out, const char *text, size_t len)
{
	fwrite(text, 1, len, out);
	if (len == 0 || text[len - 1] != '\n')
		fputc('\n', out);
}

static void
render_block(struct json_object *block, int width)
{
	struct json_object *resource = json_obj(block, "resource");
	const char *type = json_str(block, "type");
	struct json_object *text = json_get(resource != NULL ? resource : block, "text");
	const char *uri = json_str(resource != NULL ? resource : block, "uri");

	if (text != NULL) {
		const char *bytes = json_object_get_string(text);
		size_t len = (size_t)json_object_get_string_len(text);

		if (width > 0)
			render_text(stdout, bytes, len, width);
		else
			render_plain(stdout, bytes, len);
		return;
	}
	printf("[%s%s%s%s%s]\n", type != NULL ? type : "block", uri != NULL ? " " : "",
	       uri != NULL ? uri : "", json_str(block, "mimeType") != NULL ? " " : "",
	       json_str(block, "mimeType") != NULL ? json_str(block, "mimeType") : "");
}

void
render_content(struct json_object *content, int width)
{
	size_t n = content != NULL ? json_object_array_length(content) : 0;

	for (size_t i = 0; i < n; i++)
		render_block(json_object_array_get_idx(content, i), width);
}

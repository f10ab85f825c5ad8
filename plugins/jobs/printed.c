/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text that a notebook run printed. runs/get-output has only the value that the notebook passed
 * to dbutils.notebook.exit(). The printed text is in the page that runs/export returns: a web page
 * that contains the notebook and the results of its cells as JSON, percent-encoded and base64.
 */
#include "jobs.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define PAGE_BYTES_MAX (3u << 20) /* most bytes of an exported page, which is parsed as a whole */
#define PRINTED_MAX (256u << 10)  /* bytes of printed text that are kept, counted from its end */
#define ROWS_MAX 20		  /* most rows of a table that a cell showed */
#define DEPTH_MAX 8		  /* largest depth of results within results */

struct printed {
	struct mcp_call *call;
	char *text;
	size_t len, size;
};

/* ---- text ----------------------------------------------------------------------------------- */

static void
put(struct printed *out, const char *text, size_t len)
{
	if (out->len + len + 2 > out->size) {
		size_t size = 2 * (out->len + len + 2);
		char *grown = mcp_alloc(out->call, size);

		if (out->len > 0)
			memcpy(grown, out->text, out->len);
		out->text = grown;
		out->size = size;
	}
	memcpy(out->text + out->len, text, len);
	out->len += len;
	out->text[out->len] = '\0';
}

static void
puts_line(struct printed *out, const char *text)
{
	size_t len = strlen(text);

	if (len == 0)
		return;
	put(out, text, len);
	if (text[len - 1] != '\n')
		put(out, "\n", 1);
}

/* Extracts the text of a piece of HTML: without tags, with the five common entities decoded. */
static char *
plain(struct mcp_call *call, const char *html, size_t len)
{
	static const struct {
		const char *entity;
		char c;
	} entities[] = { { "&lt;", '<' },
			 { "&gt;", '>' },
			 { "&quot;", '"' },
			 { "&#39;", '\'' },
			 { "&amp;", '&' } };
	char *out = mcp_alloc(call, len + 1);
	size_t at = 0;
	bool tag = false;

	for (size_t i = 0; i < len; i++) {
		char c = html[i];

		if (c == '<' || c == '>') {
			tag = c == '<';
			continue;
		}
		if (tag)
			continue;
		for (size_t k = 0; c == '&' && k < COUNT(entities); k++) {
			size_t n = strlen(entities[k].entity);

			if (i + n <= len && strncmp(html + i, entities[k].entity, n) == 0) {
				c = entities[k].c;
				i += n - 1;
				break;
			}
		}
		out[at++] = c;
	}
	return out;
}

/* ---- results of cells ------------------------------------------------------------------------ */

static void put_result(struct printed *out, struct json_object *result, int depth);

static void
put_table(struct printed *out, struct json_object *result)
{
	struct json_object *rows = mcp_array(result, "data");
	struct json_object *columns = mcp_objects(out->call, result, "schema");
	struct json_object *names = mcp_keep(out->call, json_object_new_array());
	size_t n = rows != NULL ? json_object_array_length(rows) : 0;

	for (size_t i = 0; i < json_object_array_length(columns); i++)
		json_object_array_add(names, json_object_new_string(
						 mcp_get_str(out->call,
							     json_object_array_get_idx(columns, i),
							     "name", "")));
	puts_line(out, mcp_show_list(out->call, names));
	for (size_t i = 0; i < n && i < ROWS_MAX; i++)
		puts_line(out, mcp_show_list(out->call, json_object_array_get_idx(rows, i)));
	if (n > ROWS_MAX)
		puts_line(out, mcp_printf(out->call, "(%d of %zu rows)", ROWS_MAX, n));
}

static void
put_error(struct printed *out, struct json_object *result)
{
	const char *summary = mcp_get_str(out->call, result, "summary", "");
	const char *error =
	    mcp_get_str(out->call, result, "error", mcp_get_str(out->call, result, "cause", ""));

	puts_line(out, plain(out->call, summary, strlen(summary)));
	puts_line(out, plain(out->call, error, strlen(error)));
}

/* Reads one result: {"type":"listResults","data":[…]}, {"type":"ansi","data":"…"}, table, html,
 * mimeBundle, error. */
static void
put_result(struct printed *out, struct json_object *result, int depth)
{
	const char *type = mcp_get_str(out->call, result, "type", "");
	const char *text = mcp_get_str(out->call, result, "data", "");
	struct json_object *parts = mcp_objects(out->call, result, "data");

	if (strcmp(type, "table") == 0) {
		put_table(out, result);
	} else if (strcmp(type, "listResults") == 0) {
		for (size_t i = 0; depth < DEPTH_MAX && i < json_object_array_length(parts); i++)
			put_result(out, json_object_array_get_idx(parts, i), depth + 1);
	} else if (strstr(type, "rror") != NULL) {
		put_error(out, result);
	} else if (strcmp(type, "mimeBundle") == 0) {
		puts_line(out, mcp_get_str(out->call, mcp_get(result, "data"), "text/plain", ""));
	} else if (strncmp(type, "html", 4) == 0) {
		puts_line(out, plain(out->call, text, strlen(text)));
	} else if (strcmp(type, "image") != 0) {
		puts_line(out, text);
	}
}

static int
by_position(const void *a, const void *b)
{
	double x = json_object_get_double(mcp_get(*(struct json_object *const *)a, "position"));
	double y = json_object_get_double(mcp_get(*(struct json_object *const *)b, "position"));

	return x < y ? -1 : x > y;
}

/* ---- the page -------------------------------------------------------------------------------- */

static int
digit64(char c)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* Decodes base64 in place, up to the first invalid character. Returns the length. */
static size_t
base64_in_place(char *text, size_t len)
{
	unsigned bits = 0, held = 0;
	size_t out = 0;

	for (size_t i = 0; i < len && digit64(text[i]) >= 0; i++) {
		bits = bits << 6 | (unsigned)digit64(text[i]);
		held += 6;
		if (held >= 8) {
			held -= 8;
			text[out++] = (char)(bits >> held & 0xff);
		}
	}
	return out;
}

static size_t
percent_in_place(char *text, size_t len)
{
	size_t out = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '%' && i + 2 < len && dbx_hex_digit(text[i + 1]) >= 0 &&
		    dbx_hex_digit(text[i + 2]) >= 0) {
			text[out++] =
			    (char)(dbx_hex_digit(text[i + 1]) * 16 + dbx_hex_digit(text[i + 2]));
			i += 2;
		} else {
			text[out++] = text[i];
		}
	}
	return out;
}

/* The notebook in the page. NULL when the page has none. */
static struct json_object *
notebook_of(struct mcp_call *call, const char *page)
{
	static const char mark[] = "__DATABRICKS_NOTEBOOK_MODEL = '";
	const char *from = strstr(page, mark), *end;
	char *text;
	size_t len;

	if (from == NULL)
		return NULL;
	from += sizeof(mark) - 1;
	end = strchr(from, '\'');
	if (end == NULL)
		return NULL;
	len = (size_t)(end - from);
	text = mcp_alloc(call, len + 1);
	memcpy(text, from, len);
	len = percent_in_place(text, len);
	len = base64_in_place(text, len);
	len = percent_in_place(text, len);
	return mcp_json(call, text, len);
}

static void
put_page(struct printed *out, const char *page)
{
	static const char *const marks[] = { "<pre class=\"output\">", "<pre class=\"error\">" };
	struct json_object *model = notebook_of(out->call, page);
	struct json_object *cells = mcp_objects(out->call, model, "commands");

	json_object_array_sort(cells, by_position);
	for (size_t i = 0; i < json_object_array_length(cells); i++)
		put_result(out, mcp_get(json_object_array_get_idx(cells, i), "results"), 0);
	/* Reads a page without a notebook in JSON: the workspace has rendered the cells as HTML. */
	while (model == NULL) {
		const char *output = strstr(page, marks[0]), *error = strstr(page, marks[1]), *end;
		const char *next =
		    output == NULL || (error != NULL && error < output) ? error : output;

		if (next == NULL)
			return;
		next = strchr(next, '>') + 1;
		end = strstr(next, "</pre>");
		if (end == NULL)
			return;
		puts_line(out, plain(out->call, next, (size_t)(end - next)));
		page = end;
	}
}

const char *
job_printed(struct mcp_call *call, struct json_object *reply)
{
	struct json_object *views = mcp_objects(call, reply, "views");
	struct printed out = { .call = call, .text = mcp_strdup(call, "") };
	const char *end;

	for (size_t i = 0; i < json_object_array_length(views); i++) {
		struct json_object *view = json_object_array_get_idx(views, i);

		if (strcmp(mcp_get_str(call, view, "type", "NOTEBOOK"), "NOTEBOOK") == 0)
			put_page(&out, mcp_get_str(call, view, "content", ""));
	}
	if (out.len <= PRINTED_MAX)
		return out.text;
	for (end = out.text + out.len - PRINTED_MAX; ((unsigned char)*end & 0xc0) == 0x80;)
		end++;
	return end;
}

bool
job_printed_request(struct mcp_call *call, struct mcp_http *request, const char *run_id)
{
	if (!mcp_fetch_request(call, request, "/api/2.2/jobs/runs/export{?run_id,views_to_export}",
			       mcp_object(call, "run_id", run_id, "views_to_export", "CODE", NULL)))
		return false;
	request->max_bytes = PAGE_BYTES_MAX;
	return true;
}

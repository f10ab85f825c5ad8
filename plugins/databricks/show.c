/* SPDX-License-Identifier: Apache-2.0 */
/* How things are shown: times, sizes, tables of items, facts about one item, links for a human. */
#include "databricks.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define COLUMNS_MAX 24

const char *
dbx_time(struct mcp_call *call, int64_t ms)
{
	char text[32];
	time_t seconds = (time_t)(ms / 1000);
	struct tm parts;

	if (ms <= 0 || gmtime_r(&seconds, &parts) == NULL)
		return "";
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%SZ", &parts);
	return mcp_strdup(call, text);
}

const char *
dbx_duration(struct mcp_call *call, int64_t ms)
{
	long long s = (long long)ms / 1000;

	if (ms < 0)
		return "";
	if (ms < 1000)
		return mcp_printf(call, "%lld ms", (long long)ms);
	if (s < 60)
		return mcp_printf(call, "%lld s", s);
	if (s < 3600)
		return mcp_printf(call, "%lld min %lld s", s / 60, s % 60);
	if (s < 172800)
		return mcp_printf(call, "%lld h %lld min", s / 3600, s % 3600 / 60);
	return mcp_printf(call, "%lld d", s / 86400);
}

const char *
dbx_show_time(struct mcp_call *call, struct json_object *value)
{
	return dbx_time(call, json_object_get_int64(value));
}

const char *
dbx_show_age(struct mcp_call *call, struct json_object *value)
{
	int64_t ms = json_object_get_int64(value), age;

	if (ms <= 0)
		return "";
	age = mcp_number(call, MCP_NUM_NOW_MS) - ms;
	/* The workspace's clock may be a little ahead of ours. */
	return age < 1000 ? "now" : mcp_printf(call, "%s ago", dbx_duration(call, age));
}

const char *
dbx_show_duration(struct mcp_call *call, struct json_object *value)
{
	return dbx_duration(call, json_object_get_int64(value));
}

const char *
dbx_show_bytes(struct mcp_call *call, struct json_object *value)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
	double size = (double)json_object_get_int64(value);
	size_t unit = 0;

	/* What would be shown as "1000.0 kB" is 1.0 MB. */
	for (; size >= (unit == 0 ? 1000 : 999.95) && unit + 1 < sizeof(units) / sizeof(units[0]);
	     unit++)
		size /= 1000;
	return mcp_printf(call, unit == 0 ? "%.0f %s" : "%.1f %s", size, units[unit]);
}

const char *
dbx_show_yes(struct mcp_call *call, struct json_object *value)
{
	(void)call;
	return json_object_get_boolean(value) ? "yes" : "";
}

const char *
dbx_url(struct mcp_call *call, const char *format, ...)
{
	char path[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	return mcp_printf(call, "%s%s", mcp_context(call, MCP_CTX_UPSTREAM_URL).data, path);
}

struct json_object *
dbx_pick(struct mcp_call *call, struct json_object *item, ...)
{
	struct json_object *picked = mcp_keep(call, json_object_new_object()), *value;
	const char *key;
	va_list args;

	va_start(args, item);
	while ((key = va_arg(args, const char *)) != NULL)
		if (json_object_object_get_ex(item, key, &value))
			json_object_object_add(picked, key, json_object_get(value));
	va_end(args);
	return picked;
}

bool
dbx_full(struct mcp_call *call)
{
	const char *detail = mcp_arg(call, "detail");

	return detail != NULL && strcmp(detail, "full") == 0;
}

int64_t
dbx_limit(struct mcp_call *call, int64_t most)
{
	int64_t rows = mcp_number(call, MCP_NUM_MAX_ROWS);
	int64_t limit = mcp_arg_int(call, "limit", rows);

	if (limit > rows)
		limit = rows;
	return limit < 1 ? 1 : limit > most ? most : limit;
}

/* ---- tables --------------------------------------------------------------------------------- */

/* The text of one cell; NULL when the item has no such member. */
static const char *
cell_text(struct mcp_call *call, struct json_object *item, const struct dbx_column *column)
{
	struct json_object *value = mcp_get(item, column->path);

	if (value == NULL)
		return NULL;
	return column->show != NULL ? column->show(call, value)
				    : mcp_get_str(call, item, column->path, NULL);
}

/* When the host showed fewer rows than the page had: the same page again, smaller, so that its
 * token leads to the rows that were left out. */
static const char *
smaller_page(struct mcp_call *call, const void *data, size_t shown)
{
	const struct dbx_page *page = data;

	if (page->limit != NULL && page->limit[0] == '\0')
		return mcp_printf(call, "%s with a narrower name_filter", page->tool);
	return mcp_printf(call, "%s%s%s %s=%zu%s%s", page->tool, page->extra ? " " : "",
			  page->extra ? page->extra : "", page->limit ? page->limit : "limit",
			  shown > 0 ? shown : 1,
			  page->token && page->token[0] != '\0' ? " page_token=" : "",
			  page->token ? page->token : "");
}

static int
table_finish(struct mcp_call *call, const struct dbx_page *page, size_t count)
{
	bool more = page->next_token != NULL && page->next_token[0] != '\0';
	bool first = page->token == NULL || page->token[0] == '\0';
	struct mcp_table_end end = {
		.size = sizeof(end),
		.noun = page->noun,
		.more = more,
		.total = page->total >= 0 ? page->total : !more && first ? (int64_t)count : -1,
		.next_from = page->tool != NULL ? smaller_page : NULL,
		.next_data = page,
	};

	if (more && page->tool != NULL)
		end.next = mcp_printf(call, "%s%s%s page_token=%s", page->tool,
				      page->extra ? " " : "", page->extra ? page->extra : "",
				      page->next_token);
	return mcp_table_end(call, &end);
}

int
dbx_row(struct mcp_call *call, const char *const *cells, size_t n)
{
	const char **shown = mcp_alloc(call, (n + 1) * sizeof(*shown));

	/* "-" is shorter than NULL and "", which SQL needs. */
	for (size_t i = 0; i < n; i++)
		shown[i] = cells[i] != NULL && cells[i][0] != '\0' ? cells[i] : "-";
	return mcp_table_cells(call, shown, n);
}

int
dbx_table(struct mcp_call *call, struct json_object *items, const struct dbx_column *columns,
	  size_t n, const struct dbx_page *page)
{
	size_t count = json_object_is_type(items, json_type_array)
	    ? json_object_array_length(items) : 0;
	struct mcp_column heads[COLUMNS_MAX] = { { NULL, NULL } };
	const char *cells[COLUMNS_MAX];
	int status;

	for (size_t i = 0; i < n; i++)
		heads[i] = (struct mcp_column){ columns[i].name, columns[i].type };
	status = mcp_table(call, heads, n);
	for (size_t row = 0; status == MCP_OK && row < count; row++) {
		struct json_object *item = json_object_array_get_idx(items, row);

		for (size_t i = 0; i < n; i++)
			cells[i] = cell_text(call, item, &columns[i]);
		status = dbx_row(call, cells, n);
	}
	if (status != MCP_OK && status != MCP_E_TOO_LARGE)
		return status;
	return table_finish(call, page, count);
}

const char *
dbx_indented(struct mcp_call *call, const char *text)
{
	size_t breaks = 0, at = 0;
	char *out;

	for (const char *c = text; *c != '\0'; c++)
		breaks += *c == '\n';
	if (breaks == 0)
		return text;
	out = mcp_alloc(call, strlen(text) + 2 * breaks + 1);
	for (; *text != '\0'; text++) {
		out[at++] = *text;
		if (*text == '\n') {
			out[at++] = ' ';
			out[at++] = ' ';
		}
	}
	return out;
}

int
dbx_facts(struct mcp_call *call, struct json_object *item, const struct dbx_column *facts,
	  size_t n, const char *url)
{
	const char *text = "";

	for (size_t i = 0; i < n; i++) {
		const char *cell = cell_text(call, item, &facts[i]);

		if (cell != NULL && cell[0] != '\0')
			text = mcp_printf(call, "%s%s: %s\n", text, facts[i].name,
					  dbx_indented(call, cell));
	}
	if (url != NULL)
		text = mcp_printf(call, "%surl: %s", text, mcp_line(call, url));
	return mcp_say_text(call, text, strlen(text), false);
}

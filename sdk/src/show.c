/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that show values: times, sizes, tables of items, facts about one item, links for
 * people. */
#include <lakehost/rest.h>

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAGE_COLUMNS_MAX 24
#define WHOLE_ROWS 10  /* a number of rows that the host never cuts */
#define PLACE_DIGITS 6 /* number of rows of the page that were already shown */

const char *
mcp_time(struct mcp_call *call, int64_t ms)
{
	char text[32];
	time_t seconds = (time_t)(ms / 1000);
	struct tm parts;

	if (ms <= 0 || gmtime_r(&seconds, &parts) == NULL)
		return "";
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	return mcp_strdup(call, text);
}

const char *
mcp_duration(struct mcp_call *call, int64_t ms)
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
mcp_show_time(struct mcp_call *call, struct json_object *value)
{
	return mcp_time(call, json_object_get_int64(value));
}

const char *
mcp_show_duration(struct mcp_call *call, struct json_object *value)
{
	return mcp_duration(call, json_object_get_int64(value));
}

const char *
mcp_show_bytes(struct mcp_call *call, struct json_object *value)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
	double size = (double)json_object_get_int64(value);
	size_t unit = 0;

	/* "1000.0 kB" is rounded to 1.0 MB. */
	for (; size >= (unit == 0 ? 1000 : 999.95) && unit + 1 < sizeof(units) / sizeof(units[0]);
	     unit++)
		size /= 1000;
	return mcp_printf(call, unit == 0 ? "%.0f %s" : "%.1f %s", size, units[unit]);
}

const char *
mcp_show_yes(struct mcp_call *call, struct json_object *value)
{
	(void)call;
	return json_object_get_boolean(value) ? "yes" : "";
}

/* The length of `text` as a part of a URL. The part is written to `out`, unless `out` is NULL. "/"
 * is not encoded, because some values are paths. RFC 3986, "pchar". */
static size_t
encode(char *out, const char *text)
{
	size_t at = 0;

	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		bool plain = isalnum(c) || strchr("-._~/:@", c) != NULL;

		if (out != NULL && plain)
			out[at] = (char)c;
		else if (out != NULL)
			sprintf(out + at, "%%%02X", c);
		at += plain ? 1 : 3;
	}
	return at;
}

const char *
mcp_url_part(struct mcp_call *call, const char *text)
{
	char *part = mcp_alloc(call, encode(NULL, text) + 1);

	encode(part, text);
	return part;
}

const char *
mcp_url(struct mcp_call *call, const char *format, ...)
{
	const char *base = mcp_context(call, MCP_CTX_UPSTREAM_URL).data;
	size_t size = strlen(base) + strlen(format) + 1, at = strlen(base);
	va_list args, again;
	char *url;

	va_start(args, format);
	va_copy(again, args);
	for (const char *c = strstr(format, "%s"); c != NULL; c = strstr(c + 2, "%s"))
		size += encode(NULL, va_arg(args, const char *));
	va_end(args);
	url = mcp_alloc(call, size);
	memcpy(url, base, at);
	for (; *format != '\0'; format++) {
		if (strncmp(format, "%s", 2) != 0) {
			url[at++] = *format;
			continue;
		}
		at += encode(url + at, va_arg(again, const char *));
		format++;
	}
	va_end(again);
	url[at] = '\0';
	return url;
}

struct json_object *
mcp_pick(struct mcp_call *call, struct json_object *item, ...)
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
mcp_full(struct mcp_call *call)
{
	const char *detail = mcp_arg(call, "detail");

	return detail != NULL && strcmp(detail, "full") == 0;
}

int64_t
mcp_limit(struct mcp_call *call, int64_t most)
{
	return mcp_limit_of(call, "limit", most);
}

int64_t
mcp_limit_of(struct mcp_call *call, const char *argument, int64_t most)
{
	int64_t rows = mcp_number(call, MCP_NUM_MAX_ROWS);
	int64_t limit = mcp_arg_int(call, argument, rows);

	if (limit > rows)
		limit = rows;
	return limit < 1 ? 1 : limit > most ? most : limit;
}

/* ---- tables --------------------------------------------------------------------------------- */

/* The text of one cell. NULL when the item has no such member. */
static const char *
cell_text(struct mcp_call *call, struct json_object *item, const struct mcp_list_column *column)
{
	struct json_object *value = mcp_get(item, column->path);

	if (value == NULL)
		return NULL;
	return column->show != NULL ? column->show(call, value) : mcp_value_text(call, value);
}

static const char *
with_word(struct mcp_call *call, const char *text, const char *word)
{
	return word == NULL || word[0] == '\0' ? text : mcp_printf(call, "%s %s", text, word);
}

static const char *
limit_name(const struct mcp_page *page)
{
	return page->limit != NULL ? page->limit : "limit";
}

/* Writes the next call: `token`, and all arguments that affect this answer. */
static const char *
next_call(struct mcp_call *call, const struct mcp_page *page, const char *token)
{
	const char *text = with_word(call, page->tool, page->extra);

	if (limit_name(page)[0] != '\0')
		text = with_word(call, text,
				 mcp_repeat(call, (const char *const[]){ limit_name(page), NULL }));
	text = with_word(call, text, mcp_repeat_shape(call));
	return with_word(call, text, mcp_printf(call, "page_token=%s", mcp_quoted(call, token)));
}

/* Makes the token of a position within a page: the number of rows that were shown, and the token of
 * the page itself. */
static const char *
place_token(struct mcp_call *call, const struct mcp_place *place, size_t shown)
{
	return mcp_printf(call, "%lld~%s", (long long)place->skip + (long long)shown,
			  place->token != NULL ? place->token : "");
}

static bool
is_place(const char *token)
{
	size_t digits = strspn(token, "0123456789");

	return digits > 0 && digits <= PLACE_DIGITS && token[digits] == '~';
}

/* Writes a token of the platform in a form that mcp_place() cannot confuse with a token of this
 * plugin. */
static const char *
plain_token(struct mcp_call *call, const struct mcp_page *page, const char *token)
{
	return page->place != NULL && is_place(token) ? mcp_printf(call, "0~%s", token) : token;
}

/* The call that gets the remaining rows, when the host showed fewer than the plugin offered. */
static const char *
rest_call(struct mcp_call *call, const void *data, size_t shown)
{
	const struct mcp_page *page = data;
	const char *text;

	if (page->place != NULL)
		return next_call(call, page, place_token(call, page->place, shown));
	if (limit_name(page)[0] == '\0')
		return mcp_printf(call, "%s with a narrower name_filter", page->tool);
	/* Writes the call for the same page with fewer rows, so that its token leads to the rows
	 * that were left out. */
	text = with_word(call, with_word(call, page->tool, page->extra),
			 mcp_printf(call, "%s=%zu", limit_name(page), shown > 0 ? shown : 1));
	if (page->token != NULL && page->token[0] != '\0')
		text = with_word(call, text,
				 mcp_printf(call, "page_token=%s", mcp_quoted(call, page->token)));
	return with_word(call, text, mcp_repeat_shape(call));
}

static const char *
token_of(const struct mcp_page *page)
{
	const char *token = page->place != NULL ? page->place->token : page->token;

	return token != NULL ? token : "";
}

/* Writes the call that shows the same rows without cut cells, in smaller pages. NULL: there is
 * none. */
static const char *
whole_call(struct mcp_call *call, const struct mcp_page *page, size_t offered)
{
	const char *text, *token = token_of(page);

	if (page->tool == NULL || limit_name(page)[0] == '\0')
		return NULL;
	if (page->place != NULL && page->place->skip > 0)
		token = place_token(call, page->place, 0);
	text = with_word(call, with_word(call, page->tool, page->extra),
			 mcp_printf(call, "%s=%d", limit_name(page),
				    offered > WHOLE_ROWS ? WHOLE_ROWS : 1));
	text = with_word(call, text, mcp_repeat_shape(call));
	return token[0] == '\0'
		 ? text
		 : with_word(call, text,
			     mcp_printf(call, "page_token=%s", mcp_quoted(call, token)));
}

size_t
mcp_page_from(const struct mcp_page *page, size_t count)
{
	int64_t skip = page->place != NULL ? page->place->skip : 0;

	return skip < (int64_t)count ? (size_t)skip : count;
}

/* Was the page filtered? Then the next page may have no item that matches. */
static bool
is_filtered(struct mcp_call *call)
{
	return mcp_arg(call, "name_filter") != NULL || mcp_arg(call, "filter_string") != NULL ||
	       mcp_arg(call, "status_filter") != NULL;
}

int
mcp_page_end(struct mcp_call *call, const struct mcp_page *page, size_t count, size_t offered)
{
	const char *next = page->next_token != NULL ? page->next_token : "";
	bool again = next[0] != '\0' && strcmp(next, token_of(page)) == 0;
	bool more = next[0] != '\0' && !again;
	bool first = token_of(page)[0] == '\0' && (page->place == NULL || page->place->skip == 0);
	struct mcp_table_end end = {
		.size = sizeof(end),
		.noun = page->noun,
		.more = more || offered < count,
		.at_least = more && offered >= count && page->total < 0 && is_filtered(call),
		.total = page->total >= 0	  ? page->total
		       : next[0] == '\0' && first ? (int64_t)count
						  : -1,
		.next_from = page->tool != NULL ? rest_call : NULL,
		.next_data = page,
		.whole = whole_call(call, page, offered),
	};
	int status;

	if (offered < count && page->place != NULL && page->tool != NULL)
		end.next = next_call(call, page, place_token(call, page->place, offered));
	else if (more && page->tool != NULL)
		end.next = next_call(call, page, plain_token(call, page, next));
	status = mcp_table_end(call, &end);
	if (status == MCP_OK && again)
		mcp_say(call,
			"The workspace gives the same page as the next one. It is not known "
			"whether there are more %s.",
			page->noun);
	return status;
}

struct mcp_place
mcp_place(struct mcp_call *call)
{
	const char *token = mcp_arg(call, "page_token");
	struct mcp_place place = { 0, token };

	if (token != NULL && is_place(token)) {
		place.skip = strtoll(token, NULL, 10);
		place.token = strchr(token, '~') + 1;
	}
	return place;
}

int
mcp_page_row(struct mcp_call *call, const char *const *cells, size_t n)
{
	const char **shown = mcp_alloc(call, (n + 1) * sizeof(*shown));

	/* "-" stands for NULL and "", which rows of SQL must distinguish. */
	for (size_t i = 0; i < n; i++)
		shown[i] = cells[i] != NULL && cells[i][0] != '\0' ? cells[i] : "-";
	return mcp_table_cells(call, shown, n);
}

/* The number of rows, of `count`, that the caller requested. A server may send more than
 * requested. */
static size_t
wanted_rows(struct mcp_call *call, const struct mcp_page *page, size_t count)
{
	int64_t limit;

	if (page->place == NULL || limit_name(page)[0] == '\0')
		return count;
	limit = mcp_arg_int(call, limit_name(page), (int64_t)count);
	return limit < (int64_t)count ? limit < 1 ? 1 : (size_t)limit : count;
}

int
mcp_page_table(struct mcp_call *call, struct json_object *items,
	       const struct mcp_list_column *columns, size_t n, const struct mcp_page *page)
{
	size_t count =
	    json_object_is_type(items, json_type_array) ? json_object_array_length(items) : 0;
	size_t from = mcp_page_from(page, count);
	size_t offered = wanted_rows(call, page, count - from);
	struct mcp_column heads[PAGE_COLUMNS_MAX] = { { NULL, NULL } };
	const char *cells[PAGE_COLUMNS_MAX];
	int status;

	for (size_t i = 0; i < n; i++)
		heads[i] = (struct mcp_column){ columns[i].name, columns[i].type };
	status = mcp_table(call, heads, n);
	for (size_t row = 0; status == MCP_OK && row < offered; row++) {
		struct json_object *item = json_object_array_get_idx(items, from + row);

		for (size_t i = 0; i < n; i++)
			cells[i] = cell_text(call, item, &columns[i]);
		status = mcp_page_row(call, cells, n);
	}
	if (status != MCP_OK && status != MCP_E_TOO_LARGE)
		return status;
	return mcp_page_end(call, page, count - from, offered);
}

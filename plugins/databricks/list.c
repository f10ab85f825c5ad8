/* SPDX-License-Identifier: Apache-2.0 */
/* List tools: one declaration for each, and common code for pages, filters and the end line. */
#include "databricks.h"

#include <string.h>

#define SHAPE_MAX 2	   /* format and detail */
#define EMPTY_PAGES_MAX 20 /* empty pages that one call skips */
#define OFFERED_MAX 100	   /* values of one completion; MCP spec, utilities/completion */

/* State between pages. The declaration is static data of the plugin. */
struct walk {
	const struct dbx_list *list;
	unsigned pages;
	char token[DBX_NAME_MAX];
	int64_t skip;
	size_t len;
	char values[MCP_STATE_MAX - DBX_NAME_MAX - 72]; /* the values for the template, as JSON */
};

_Static_assert(sizeof(struct walk) <= MCP_STATE_MAX, "the state of a list must fit");

static int page_arrived(struct mcp_call *call, const void *state, size_t len);

static int
page_fetch(struct mcp_call *call, const struct walk *walk)
{
	struct json_object *values = mcp_json(call, walk->values, walk->len);

	if (walk->token[0] != '\0')
		json_object_object_add(values,
				       walk->list->token_name != NULL ? walk->list->token_name
								      : "page_token",
				       json_object_new_string(walk->token));
	json_object_object_add(values, walk->list->limit_name,
			       json_object_new_int64(dbx_limit(call, walk->list->most)));
	return dbx_get(call, walk->list->path, values, page_arrived, walk, sizeof(*walk));
}

/* The items that pass the filter of the list. */
static struct json_object *
kept_items(struct mcp_call *call, const struct dbx_list *list, struct json_object *items)
{
	struct json_object *kept = mcp_keep(call, json_object_new_array());

	for (size_t i = 0; i < json_object_array_length(items); i++) {
		struct json_object *item = json_object_array_get_idx(items, i);

		if (list->item == NULL || list->item(call, item))
			json_object_array_add(kept, json_object_get(item));
	}
	return kept;
}

const char *
dbx_quoted(struct mcp_call *call, const char *value)
{
	struct json_object *text;

	if (value[0] != '\0' && strcspn(value, " \t\r\n=\"\\'`;&|<>()[]{}*?!#$") == strlen(value))
		return value;
	/* A JSON string, which `lakehost call` and a model both understand. */
	text = mcp_keep(call, json_object_new_string(value));
	return json_object_to_json_string_ext(text, JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* A list is written as JSON. An object is quoted, because a shell would split it. */
static const char *
argument_text(struct mcp_call *call, struct json_object *value)
{
	const char *text = dbx_text(call, value);

	return json_object_is_type(value, json_type_array) ? text : dbx_quoted(call, text);
}

const char *
dbx_repeat(struct mcp_call *call, const char *const *names)
{
	const char *text = NULL;

	for (; names != NULL && *names != NULL; names++) {
		struct json_object *value = mcp_arg_json(call, *names);

		if (value != NULL)
			text =
			    mcp_printf(call, "%s%s%s=%s", text != NULL ? text : "",
				       text != NULL ? " " : "", *names, argument_text(call, value));
	}
	return text;
}

const char *
dbx_repeat_shape(struct mcp_call *call)
{
	static const struct {
		const char *name, *usual;
	} shape[SHAPE_MAX] = { { "format", "compact" }, { "detail", "concise" } };
	const char *names[SHAPE_MAX + 1] = { NULL };
	size_t n = 0;

	for (size_t i = 0; i < SHAPE_MAX; i++) {
		const char *value = mcp_arg(call, shape[i].name);

		if (value != NULL && strcmp(value, shape[i].usual) != 0)
			names[n++] = shape[i].name;
	}
	return dbx_repeat(call, names);
}

static int
page_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct walk walk;
	struct dbx_words words = { 0 };
	struct json_object *reply, *items, *kept;
	struct dbx_place place;
	const char *next;

	(void)len;
	memcpy(&walk, state, sizeof(walk));
	if (walk.list->words != NULL)
		words = walk.list->words(call);
	reply = dbx_reply(call, 0, &words);
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	next = mcp_get_str(call, reply, "next_page_token", "");
	items = dbx_items(call, reply, walk.list->items, &words);
	if (items == NULL)
		return MCP_E_UPSTREAM;
	if (walk.list->none != NULL && json_object_array_length(items) == 0 && next[0] == '\0' &&
	    walk.token[0] == '\0')
		return walk.list->none(call);
	kept = kept_items(call, walk.list, items);
	if (json_object_array_length(kept) == 0 && next[0] != '\0' &&
	    strcmp(next, walk.token) != 0 && ++walk.pages < EMPTY_PAGES_MAX &&
	    strlen(next) < sizeof(walk.token)) {
		strcpy(walk.token, next);
		walk.skip = 0;
		return page_fetch(call, &walk);
	}
	place = (struct dbx_place){ walk.skip, walk.token };
	return dbx_table(call, kept, walk.list->columns, walk.list->n_columns,
			 &(struct dbx_page){ .noun = walk.list->noun,
					     .tool = walk.list->tool,
					     .extra = dbx_repeat(call, walk.list->repeat),
					     .next_token = next,
					     .place = &place,
					     .total = -1,
					     .limit = walk.list->limit });
}

int
dbx_list(struct mcp_call *call, const struct dbx_list *list, struct json_object *values)
{
	struct dbx_place place = dbx_place(call);
	struct walk walk = { .list = list, .skip = place.skip };
	const char *text = json_object_to_json_string_ext(values != NULL ? values : mcp_args(call),
							  JSON_C_TO_STRING_PLAIN);

	walk.len = strlen(text);
	if (walk.len >= sizeof(walk.values) ||
	    (place.token != NULL && strlen(place.token) >= DBX_NAME_MAX))
		return mcp_fail(call, MCP_E_INPUT, "An argument of the list is too long.", NULL,
				"Repeat the call with a shorter filter.");
	memcpy(walk.values, text, walk.len);
	if (place.token != NULL)
		strcpy(walk.token, place.token);
	return page_fetch(call, &walk);
}

bool
dbx_name_matches(struct mcp_call *call, const char *text)
{
	const char *filter = mcp_arg(call, "name_filter");

	return filter == NULL || strcasestr(text, filter) != NULL;
}

int
dbx_offer(struct mcp_call *call, const char *items, const char *path)
{
	struct json_object *list = dbx_array(mcp_reply_json(call, 0), items);
	const char *start = mcp_arg(call, "value");
	int offered = 0;

	for (size_t i = 0;
	     list != NULL && i < json_object_array_length(list) && offered < OFFERED_MAX; i++) {
		const char *value = mcp_get_str(call, json_object_array_get_idx(list, i), path, "");

		if (value[0] == '\0' ||
		    (start != NULL && strncasecmp(value, start, strlen(start)) != 0))
			continue;
		mcp_complete(call, value);
		offered++;
	}
	return MCP_OK;
}

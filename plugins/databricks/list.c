/* SPDX-License-Identifier: Apache-2.0 */
/* List tools: one declaration each, one way through pages, filters and the end line. */
#include "databricks.h"

#include <string.h>

#define EMPTY_PAGES_MAX 20 /* pages without an item that are walked over in one call */
#define OFFERED_MAX 100	   /* values of one completion; MCP spec, utilities/completion */

/* From page to page. The declaration is static data of the plugin. */
struct walk {
	const struct dbx_list *list;
	unsigned pages;
	char token[DBX_NAME_MAX];
	size_t len;
	char values[MCP_STATE_MAX - DBX_NAME_MAX - 64]; /* the template's values, as JSON */
};

_Static_assert(sizeof(struct walk) <= MCP_STATE_MAX, "the state of a list must fit");

static int page_arrived(struct mcp_call *call, const void *state, size_t len);

static int
page_fetch(struct mcp_call *call, const struct walk *walk)
{
	struct json_object *values = mcp_json(call, walk->values, walk->len);

	if (walk->token[0] != '\0')
		json_object_object_add(values, walk->list->token_name != NULL
		    ? walk->list->token_name : "page_token", json_object_new_string(walk->token));
	json_object_object_add(values, walk->list->limit_name,
			       json_object_new_int64(dbx_limit(call, walk->list->most)));
	return dbx_get(call, walk->list->path, values, page_arrived, walk, sizeof(*walk));
}

/* The items that pass the list's filter. */
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
	char *out, *to;

	if (value[0] != '\0' && value[strcspn(value, " \t=\"\\'")] == '\0')
		return value;
	out = to = mcp_alloc(call, 2 * strlen(value) + 3);
	*to++ = '"';
	for (; *value != '\0'; value++) {
		if (*value == '"' || *value == '\\')
			*to++ = '\\';
		*to++ = *value;
	}
	*to++ = '"';
	return out;
}

const char *
dbx_repeat(struct mcp_call *call, const char *const *names)
{
	const char *text = NULL;

	for (; names != NULL && *names != NULL; names++) {
		const char *value = mcp_arg(call, *names);

		if (value != NULL)
			text = mcp_printf(call, "%s%s%s=%s", text != NULL ? text : "",
					  text != NULL ? " " : "", *names, dbx_quoted(call, value));
	}
	return text;
}

static int
page_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct walk walk;
	struct dbx_words words = { 0 };
	struct json_object *reply, *kept;
	const char *next;

	(void)len;
	memcpy(&walk, state, sizeof(walk));
	if (walk.list->words != NULL)
		words = walk.list->words(call);
	reply = dbx_reply(call, 0, &words);
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	next = mcp_get_str(call, reply, "next_page_token", "");
	kept = kept_items(call, walk.list, dbx_objects(call, reply, walk.list->items));
	if (json_object_array_length(kept) == 0 && next[0] != '\0'
	    && ++walk.pages < EMPTY_PAGES_MAX && strlen(next) < sizeof(walk.token)) {
		strcpy(walk.token, next);
		return page_fetch(call, &walk);
	}
	return dbx_table(call, kept, walk.list->columns, walk.list->n_columns, &(struct dbx_page){
	    .noun = walk.list->noun, .tool = walk.list->tool,
	    .extra = dbx_repeat(call, walk.list->repeat), .next_token = next,
	    .token = walk.token, .total = -1, .limit = walk.list->limit });
}

int
dbx_list(struct mcp_call *call, const struct dbx_list *list, struct json_object *values)
{
	struct walk walk = { .list = list };
	const char *token = mcp_arg(call, "page_token");
	const char *text = json_object_to_json_string_ext(values != NULL ? values : mcp_args(call),
							  JSON_C_TO_STRING_PLAIN);

	walk.len = strlen(text);
	if (walk.len >= sizeof(walk.values) || (token != NULL && strlen(token) >= DBX_NAME_MAX))
		return mcp_fail(call, MCP_E_INPUT, "An argument is too long for a list.", NULL,
				"Repeat the call with a shorter filter.");
	memcpy(walk.values, text, walk.len);
	if (token != NULL)
		strcpy(walk.token, token);
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

	for (size_t i = 0; list != NULL && i < json_object_array_length(list)
	     && offered < OFFERED_MAX; i++) {
		const char *value = mcp_get_str(call, json_object_array_get_idx(list, i), path, "");

		if (value[0] == '\0'
		    || (start != NULL && strncasecmp(value, start, strlen(start)) != 0))
			continue;
		mcp_complete(call, value);
		offered++;
	}
	return MCP_OK;
}

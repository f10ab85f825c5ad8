/* SPDX-License-Identifier: Apache-2.0 */
/* List tools: one declaration for each, and common code for pages, filters and the end line. */
#include <lakehost/rest.h>

#include <string.h>

#define SHAPE_MAX 2    /* format and detail */
#define TOKEN_MAX 1024 /* bytes of a page token, with its NUL */
#define LIST_COLUMNS_MAX 24
#define EMPTY_PAGES_MAX 20 /* most empty pages that one call skips */
#define OFFERED_MAX 100	   /* most values of one completion; MCP, utilities/completion */

/* The state between pages. The declaration is static data of the plugin. */
struct walk {
	const struct mcp_list *list;
	unsigned pages;
	char token[TOKEN_MAX];
	int64_t skip;
	size_t len;
	char values[MCP_STATE_MAX - TOKEN_MAX - 72]; /* the values for the template, as JSON */
};

_Static_assert(sizeof(struct walk) <= MCP_STATE_MAX, "the state of a list must fit");

static int page_arrived(struct mcp_call *call, const void *state, size_t len);

static const char *
token_name(const struct mcp_list *list)
{
	return list->token_name != NULL ? list->token_name : "page_token";
}

/* Makes the body of a POST: each "{x}" becomes the value with that name. */
static struct json_object *
filled_body(struct mcp_call *call, const struct mcp_list *list, struct json_object *values)
{
	struct json_object *body = mcp_json(call, list->body, strlen(list->body));
	struct json_object *filled = mcp_keep(call, json_object_new_object());

	json_object_object_foreach(body, key, value) {
		const char *text = json_object_is_type(value, json_type_string)
				     ? json_object_get_string(value)
				     : "";
		size_t len = strlen(text);

		if (text[0] == '{' && text[len - 1] == '}')
			value = mcp_get(values, mcp_printf(call, "%.*s", (int)len - 2, text + 1));
		if (value != NULL)
			json_object_object_add(filled, key, json_object_get(value));
	}
	return filled;
}

static int
page_fetch(struct mcp_call *call, const struct walk *walk)
{
	const struct mcp_list *list = walk->list;
	struct json_object *values = mcp_json(call, walk->values, walk->len);
	const char *argument =
	    list->limit != NULL && list->limit[0] != '\0' ? list->limit : "limit";

	if (walk->token[0] != '\0')
		json_object_object_add(values, token_name(list),
				       json_object_new_string(walk->token));
	if (list->limit_name != NULL)
		json_object_object_add(values, list->limit_name,
				       json_object_new_int64(
					   mcp_limit_of(call, argument, list->most)));
	if (list->body != NULL)
		return mcp_send(call, "POST", list->path, values, filled_body(call, list, values),
				MCP_RETRY_SAFE, page_arrived, walk, sizeof(*walk));
	return mcp_fetch(call, list->path, values, page_arrived, walk, sizeof(*walk));
}

static bool
passes(struct mcp_call *call, const struct mcp_list *list, struct json_object *item)
{
	if (list->filter != NULL &&
	    !mcp_name_matches(call, mcp_get_str(call, item, list->filter, "")))
		return false;
	return list->item == NULL || list->item(call, item);
}

/* Selects the items that pass the filters of the list. */
static struct json_object *
kept_items(struct mcp_call *call, const struct mcp_list *list, struct json_object *items)
{
	struct json_object *kept = mcp_keep(call, json_object_new_array());

	for (size_t i = 0; i < json_object_array_length(items); i++) {
		struct json_object *item = json_object_array_get_idx(items, i);

		if (passes(call, list, item))
			json_object_array_add(kept, json_object_get(item));
	}
	return kept;
}

static bool
some_has(struct json_object *items, const char *path)
{
	for (size_t i = 0; i < json_object_array_length(items); i++)
		if (mcp_get(json_object_array_get_idx(items, i), path) != NULL)
			return true;
	return false;
}

/* Selects the columns that are shown. Optional columns are shown only when an item has a value for
 * them. */
static size_t
shown_columns(const struct mcp_list *list, struct json_object *items, struct mcp_list_column *shown)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n_columns && n < LIST_COLUMNS_MAX; i++)
		if (!list->columns[i].optional || some_has(items, list->columns[i].path))
			shown[n++] = list->columns[i];
	return n;
}

const char *
mcp_quoted(struct mcp_call *call, const char *value)
{
	struct json_object *text;

	if (value[0] != '\0' && strcspn(value, " \t\r\n=\"\\'`;&|<>()[]{}*?!#$") == strlen(value))
		return value;
	/* Writes a JSON string, which `lakehost call` and a model both understand. */
	text = mcp_keep(call, json_object_new_string(value));
	return json_object_to_json_string_ext(text, JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* Writes a list as JSON. An object is quoted, because a shell would split it. */
static const char *
argument_text(struct mcp_call *call, struct json_object *value)
{
	const char *text = mcp_value_text(call, value);

	return json_object_is_type(value, json_type_array) ? text : mcp_quoted(call, text);
}

const char *
mcp_repeat(struct mcp_call *call, const char *const *names)
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
mcp_repeat_shape(struct mcp_call *call)
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
	return mcp_repeat(call, names);
}

static int
page_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct walk walk;
	struct mcp_list_column columns[LIST_COLUMNS_MAX];
	struct mcp_words words = { 0 };
	struct json_object *reply, *items, *kept;
	struct mcp_place place;
	const char *next;

	(void)len;
	memcpy(&walk, state, sizeof(walk));
	if (walk.list->words != NULL)
		words = walk.list->words(call);
	else if (walk.list->about != NULL)
		words = mcp_words_filled(call, walk.list->about);
	reply = (walk.list->reply != NULL ? walk.list->reply : mcp_reply_object)(call, 0, &words);
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	next = mcp_get_str(call, reply,
			   walk.list->next != NULL ? walk.list->next : "next_page_token", "");
	items = mcp_items(call, reply, walk.list->items, &words);
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
	place = (struct mcp_place){ walk.skip, walk.token };
	return mcp_page_table(call, kept, columns, shown_columns(walk.list, kept, columns),
			      &(struct mcp_page){ .noun = walk.list->noun,
						  .tool = walk.list->tool,
						  .extra = mcp_repeat(call, walk.list->repeat),
						  .next_token = next,
						  .place = &place,
						  .total = -1,
						  .limit = walk.list->limit });
}

/* Makes the values of the template from the call's arguments. The page token comes from the
 * position. */
static struct json_object *
values_of_arguments(struct mcp_call *call, const struct mcp_list *list)
{
	struct json_object *values = mcp_keep(call, json_object_new_object());

	json_object_object_foreach(mcp_args(call), key, value) {
		json_object_object_add(values, key, json_object_get(value));
	}
	for (const char *const *pair = list->renamed; pair != NULL && *pair != NULL; pair += 2) {
		struct json_object *given = mcp_arg_json(call, pair[1]);

		if (given != NULL)
			json_object_object_add(values, pair[0], json_object_get(given));
	}
	json_object_object_del(values, "page_token");
	return values;
}

int
mcp_list(struct mcp_call *call, const struct mcp_list *list, struct json_object *values)
{
	struct mcp_place place = mcp_place(call);
	struct walk walk = { .list = list, .skip = place.skip };
	const char *text =
	    json_object_to_json_string_ext(values != NULL ? values
							  : values_of_arguments(call, list),
					   JSON_C_TO_STRING_PLAIN);

	walk.len = strlen(text);
	if (walk.len >= sizeof(walk.values) ||
	    (place.token != NULL && strlen(place.token) >= TOKEN_MAX))
		return mcp_fail(call, MCP_E_INPUT, "An argument of the list is too long.", NULL,
				"Repeat the call with a shorter filter.");
	memcpy(walk.values, text, walk.len);
	if (place.token != NULL)
		strcpy(walk.token, place.token);
	return page_fetch(call, &walk);
}

bool
mcp_name_matches(struct mcp_call *call, const char *text)
{
	const char *filter = mcp_arg(call, "name_filter");

	return filter == NULL || strcasestr(text, filter) != NULL;
}

int
mcp_offer(struct mcp_call *call, const char *items, const char *path)
{
	struct json_object *list = mcp_array(mcp_reply_json(call, 0), items);
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

struct offer {
	const char *items, *path;
};

static int
offer_arrived(struct mcp_call *call, const void *state, size_t len)
{
	const struct offer *offer = state;

	(void)len;
	return mcp_offer(call, offer->items, offer->path);
}

int
mcp_offer_from(struct mcp_call *call, const char *request, struct json_object *values,
	       const char *items, const char *path)
{
	const struct offer offer = { items, path };

	return mcp_fetch(call, request, values, offer_arrived, &offer, sizeof(offer));
}

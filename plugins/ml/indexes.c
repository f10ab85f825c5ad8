/* SPDX-License-Identifier: Apache-2.0 */
/* Vector search indexes: the list, and the structure of one. */
#include "ml.h"

#include <stdio.h>
#include <string.h>

#include "vector.h"

#define ENDPOINTS_MAX 20 /* most endpoints that are asked when the call names no endpoint */
#define ENDPOINT_NAME_MAX 128
#define DETAILS_MAX 20 /* most indexes that one answer describes, because each needs a request */
#define NAMES_MAX 1500 /* bytes for the names of these indexes */
#define EMPTY_PAGES_MAX 20

/* ---- one index ------------------------------------------------------------------------------- */

struct json_object *
index_spec(struct json_object *index)
{
	struct json_object *spec = mcp_get(index, "delta_sync_index_spec");

	return spec != NULL ? spec : mcp_get(index, "direct_access_index_spec");
}

static void
add_name(struct json_object *names, const char *name)
{
	for (size_t i = 0; i < json_object_array_length(names); i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(names, i)), name) == 0)
			return;
	json_object_array_add(names, json_object_new_string(name));
}

/* Writes the `name` of each object in a list of the specification. */
static void
add_names(struct mcp_call *call, struct json_object *names, struct json_object *spec,
	  const char *list)
{
	struct json_object *items = mcp_objects(call, spec, list);

	for (size_t i = 0; i < json_object_array_length(items); i++) {
		const char *name =
		    mcp_get_str(call, json_object_array_get_idx(items, i), "name", "");

		if (name[0] != '\0')
			add_name(names, name);
	}
}

static void
add_texts(struct mcp_call *call, struct json_object *names, struct json_object *list)
{
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		const char *name = mcp_get_str(call, json_object_array_get_idx(list, i), "", "");

		if (name[0] != '\0')
			add_name(names, name);
	}
}

bool
index_has(struct json_object *names, const char *name)
{
	for (size_t i = 0; i < json_object_array_length(names); i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(names, i)), name) == 0)
			return true;
	return false;
}

struct json_object *
index_columns(struct mcp_call *call, struct json_object *index, bool vectors)
{
	struct json_object *spec = index_spec(index), *schema;
	struct json_object *names = mcp_keep(call, json_object_new_array());
	struct json_object *hidden = mcp_keep(call, json_object_new_array());
	const char *text = mcp_get_str(call, spec, "schema_json", "");
	const char *key = mcp_get_str(call, index, "primary_key", "");

	if (vectors)
		add_names(call, names, spec, "embedding_vector_columns");
	else
		add_names(call, hidden, spec, "embedding_vector_columns");
	if (key[0] != '\0')
		add_name(names, key);
	schema = mcp_json(call, text, strlen(text));
	if (json_object_is_type(schema, json_type_object)) {
		json_object_object_foreach(schema, name, type) {
			(void)type;
			if (!index_has(hidden, name))
				add_name(names, name);
		}
	}
	add_names(call, names, spec, "embedding_source_columns");
	add_texts(call, names, mcp_array(spec, "columns_to_sync"));
	add_texts(call, names, mcp_array(spec, "columns_to_index"));
	return names;
}

int64_t
index_dimension(struct json_object *index)
{
	return mcp_get_int(index_spec(index), "embedding_vector_columns.0.embedding_dimension", -1);
}

const char *
index_model(struct mcp_call *call, struct json_object *index)
{
	return mcp_get_str(call, index_spec(index),
			   "embedding_source_columns.0.embedding_model_endpoint_name", NULL);
}

/* ---- the list -------------------------------------------------------------------------------- */

/* The current page, and the indexes of it that are described. */
struct listing {
	size_t n, count; /* number of indexes that are described, and of all on the page */
	unsigned pages;	 /* number of empty pages so far */
	int64_t skip;
	/* page tokens of this page and of the next page */
	char token[DBX_NAME_MAX], next[DBX_NAME_MAX];
	/* the names; a line break follows each name */
	char names[NAMES_MAX];
};

_Static_assert(sizeof(struct listing) <= MCP_STATE_MAX, "the state of a list must fit");

static const char *
how_next(struct mcp_call *call, const void *data, size_t shown)
{
	const struct listing *listing = data;
	const char *args = mcp_repeat(call, (const char *const[]){ "endpoint_na"
								   "me",
								   "limit", NULL });
	const char *token = listing->next;

	if (listing->skip + (int64_t)shown < (int64_t)listing->count)
		token = mcp_printf(call, "%lld~%s", (long long)listing->skip + (long long)shown,
				   listing->token);
	return mcp_printf(call, "list_vector_indexes%s%s page_token=%s", args != NULL ? " " : "",
			  args != NULL ? args : "", mcp_quoted(call, token));
}

/* The requested name with this number. */
static const char *
asked_name(struct mcp_call *call, const struct listing *listing, size_t i)
{
	const char *at = listing->names;

	for (; i > 0 && strchr(at, '\n') != NULL; i--)
		at = strchr(at, '\n') + 1;
	return mcp_printf(call, "%.*s", (int)strcspn(at, "\n"), at);
}

static const char *
state_of(struct mcp_call *call, struct json_object *index)
{
	const char *message = mcp_get_str(call, index, "status.message", "");

	if (mcp_get(index, "status.ready") == NULL)
		return message;
	return mcp_get_bool(index, "status.ready", false)
		 ? "ready"
		 : mcp_printf(call, "not ready%s%s", message[0] ? ": " : "", message);
}

static int
index_row(struct mcp_call *call, const struct listing *listing, size_t i)
{
	struct json_object *index = mcp_reply_json(call, i);
	struct dbx_error error;
	int64_t dimension = index_dimension(index);
	const char *model = index_model(call, index);
	bool ok = dbx_ok(call, mcp_reply(call, i), &error) &&
		  json_object_is_type(index, json_type_object);
	const char *const cells[] = {
		mcp_get_str(call, ok ? index : NULL, "name", asked_name(call, listing, i)),
		mcp_get_str(call, index, "endpoint_name", NULL),
		mcp_get_str(call, index, "index_type", NULL),
		mcp_get_str(call, index, "primary_key", NULL),
		dimension >= 0 ? mcp_printf(call, "%lld", (long long)dimension) : NULL,
		model != NULL ? mcp_printf(call, "yes, by %s", model) : NULL,
		mcp_show_list(call, index_columns(call, ok ? index : NULL, false)),
		mcp_get_str(call, index_spec(index), "source_table", NULL),
		mcp_get_str(call, index, "status.indexed_row_count", NULL),
		ok ? state_of(call, index) : mcp_printf(call, "not available: %s", error.message),
		mcp_get_str(call, index, "creator", NULL),
	};

	return mcp_page_row(call, cells, COUNT(cells));
}

static int
indexes_described(struct mcp_call *call, const void *state, size_t len)
{
	static const struct mcp_column heads[] = {
		{ "index", NULL },	 { "endpoint", NULL },	   { "type", NULL },
		{ "primary key", NULL }, { "dimension", NULL },	   { "text queries", NULL },
		{ "columns", NULL },	 { "source table", NULL }, { "rows", NULL },
		{ "state", NULL },	 { "creator", NULL },
	};
	const struct listing *listing = state;
	bool more = listing->skip + (int64_t)listing->n < (int64_t)listing->count ||
		    listing->next[0] != '\0';
	bool all = !more && listing->skip == 0 && listing->token[0] == '\0';
	int status = mcp_table(call, heads, COUNT(heads));

	(void)len;
	for (size_t i = 0; status == MCP_OK && i < listing->n; i++)
		status = index_row(call, listing, i);
	if (status != MCP_OK && status != MCP_E_TOO_LARGE)
		return status;
	return mcp_table_end(call, &(struct mcp_table_end){
				       .size = sizeof(struct mcp_table_end),
				       .noun = "indexes",
				       .total = all ? (int64_t)listing->count : -1,
				       .more = more,
				       .next = more ? how_next(call, listing, listing->n) : NULL,
				       .next_from = how_next,
				       .next_data = listing });
}

/* Requests a description of each index that is shown from a page. */
static int
details_fetch(struct mcp_call *call, struct listing *listing, struct json_object *items)
{
	struct mcp_http request[DETAILS_MAX];
	int64_t limit = mcp_limit(call, DETAILS_MAX);
	size_t used = 0;

	listing->count = json_object_array_length(items);
	for (size_t i = (size_t)listing->skip; i < listing->count && listing->n < (size_t)limit;
	     i++) {
		const char *name =
		    mcp_get_str(call, json_object_array_get_idx(items, i), "name", "");

		if (name[0] == '\0' || used + strlen(name) + 2 > sizeof(listing->names))
			break;
		if (!mcp_fetch_request(call, &request[listing->n], VECTOR_API "/indexes/{name}",
				       mcp_object(call, "name", name, NULL)))
			return MCP_E_INPUT;
		used += (size_t)sprintf(listing->names + used, "%s\n", name);
		listing->n++;
	}
	if (listing->n == 0)
		return indexes_described(call, listing, sizeof(*listing));
	return mcp_suspend(call, request, listing->n, 0, indexes_described, listing,
			   sizeof(*listing));
}

/* ---- one endpoint ---------------------------------------------------------------------------- */

static int page_arrived(struct mcp_call *call, const void *state, size_t len);

static int
page_fetch(struct mcp_call *call, const struct listing *listing)
{
	return mcp_fetch(call, VECTOR_API "/indexes{?endpoint_name,page_token}",
			 mcp_object(call, "endpoint_name", mcp_arg(call, "endpoint_name"),
				    "page_token", listing->token[0] != '\0' ? listing->token : NULL,
				    NULL),
			 page_arrived, listing, sizeof(*listing));
}

/* Skips pages that have no index. */
static int
page_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct listing listing;
	struct json_object
	    *reply = dbx_reply(call, 0,
			       &(struct mcp_words){
				   .object = mcp_printf(call, "Vector search endpoint \"%s\"",
							mcp_arg(call, "endpoint_name")),
				   .not_found =
				       "Call list_vector_indexes without endpoint_name to see all.",
				   .grant = "CAN USE on the endpoint" }),
	    *items;
	const char *next;

	(void)len;
	memcpy(&listing, state, sizeof(listing));
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	next = mcp_get_str(call, reply, "next_page_token", "");
	if (strlen(next) >= sizeof(listing.next) || strcmp(next, listing.token) == 0)
		next = "";
	items = mcp_objects(call, reply, "vector_indexes");
	if (json_object_array_length(items) == 0 && next[0] != '\0' &&
	    ++listing.pages < EMPTY_PAGES_MAX) {
		snprintf(listing.token, sizeof(listing.token), "%s", next);
		return page_fetch(call, &listing);
	}
	snprintf(listing.next, sizeof(listing.next), "%s", next);
	return details_fetch(call, &listing, items);
}

/* ---- all endpoints --------------------------------------------------------------------------- */

/* The endpoints that are asked, in the order of the requests. */
struct asked {
	size_t n;
	bool more; /* there are more endpoints than these */
	char names[ENDPOINTS_MAX][ENDPOINT_NAME_MAX];
};

_Static_assert(sizeof(struct asked) <= MCP_STATE_MAX, "the state of the walk must fit");

/* The notes after the table: one line for each endpoint that failed or that has more indexes. */
static void
say_gaps(struct mcp_call *call, const struct asked *asked)
{
	for (size_t i = 0; i < asked->n; i++) {
		struct dbx_error error;
		const char *token;

		if (!dbx_ok(call, mcp_reply(call, i), &error)) {
			mcp_say(call, "Endpoint %s could not be listed: %s", asked->names[i],
				error.message);
			continue;
		}
		token = mcp_get_str(call, mcp_reply_json(call, i), "next_page_token", "");
		if (token[0] != '\0')
			mcp_say(call,
				"Endpoint %s has more: list_vector_indexes endpoint_name=%s "
				"page_token=%s",
				asked->names[i], mcp_quoted(call, asked->names[i]),
				mcp_quoted(call, token));
	}
	if (asked->more)
		mcp_say(call, "There are more than %zu endpoints; name one as endpoint_name.",
			asked->n);
}

/* Shows the first pages of all endpoints as one list. */
static int
all_shown(struct mcp_call *call, const void *state, size_t len)
{
	const struct asked *asked = state;
	struct json_object *all = mcp_keep(call, json_object_new_array());
	struct listing listing = { .skip = mcp_place(call).skip };
	struct dbx_error error;
	size_t failed = 0;

	(void)len;
	for (size_t i = 0; i < asked->n; i++) {
		struct json_object *page;

		if (!dbx_ok(call, mcp_reply(call, i), &error)) {
			failed++;
			continue;
		}
		page = mcp_objects(call, mcp_reply_json(call, i), "vector_indexes");
		for (size_t k = 0; k < json_object_array_length(page); k++)
			json_object_array_add(all,
					      json_object_get(json_object_array_get_idx(page, k)));
	}
	if (failed == asked->n) {
		dbx_reply(call, 0, &(struct mcp_words){ .object = "The list of vector indexes" });
		return MCP_E_UPSTREAM;
	}
	say_gaps(call, asked);
	return details_fetch(call, &listing, all);
}

static int
endpoints_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct json_object *reply =
			       dbx_reply(call, 0,
					 &(struct mcp_words){
					     .object = "The list of vector search endpoints" }),
			   *list;
	struct mcp_http request[ENDPOINTS_MAX];
	struct asked *asked = mcp_alloc(call, sizeof(*asked));

	(void)state;
	(void)len;
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	list = mcp_objects(call, reply, "endpoints");
	asked->more = mcp_get_str(call, reply, "next_page_token", "")[0] != '\0';
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *name =
		    mcp_get_str(call, json_object_array_get_idx(list, i), "name", "");

		if (asked->n == ENDPOINTS_MAX || strlen(name) >= ENDPOINT_NAME_MAX) {
			asked->more = true;
			continue;
		}
		if (!mcp_fetch_request(call, &request[asked->n],
				       VECTOR_API "/indexes{?endpoint_nam"
						  "e}",
				       mcp_object(call, "endpoint_name", name, NULL)))
			return MCP_E_INPUT;
		strcpy(asked->names[asked->n++], name);
	}
	if (asked->n == 0)
		return mcp_say(call, "There is no vector search endpoint, so there is no index.");
	return mcp_suspend(call, request, asked->n, 0, all_shown, asked, sizeof(*asked));
}

int
list_vector_indexes(struct mcp_call *call)
{
	struct mcp_place place = mcp_place(call);
	struct listing listing = { .skip = place.skip };
	const char *token = place.token != NULL ? place.token : "";

	if (mcp_arg(call, "endpoint_name") == NULL)
		return mcp_fetch(call, VECTOR_API "/endpoints", NULL, endpoints_arrived, NULL, 0);
	if (strlen(token) >= sizeof(listing.token))
		return mcp_fail(call, MCP_E_INPUT, "page_token is not valid for this tool.", NULL,
				"Use the page_token from the end line of the last answer.");
	snprintf(listing.token, sizeof(listing.token), "%s", token);
	return page_fetch(call, &listing);
}

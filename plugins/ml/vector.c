/* SPDX-License-Identifier: Apache-2.0 */
/* Vector search: indexes, nearest rows, and rows put in. */
#include "ml.h"

#include <stdio.h>
#include <string.h>

#define API "/api/2.0/vector-search"
#define ENDPOINTS_MAX 20 /* walked over when no endpoint is named */
#define ENDPOINT_NAME_MAX 128
#define COLUMNS_MAX 100
#define KEYS_NAMED 20

static struct dbx_words
index_words(struct mcp_call *call, const char *grant)
{
	return (struct dbx_words){
		.object = mcp_printf(call, "Vector index \"%s\"", mcp_arg(call, "index_name")),
		.not_found = "Call list_vector_indexes to see which exist.",
		.grant = grant,
	};
}

/* ---- list_vector_indexes --------------------------------------------------------------------- */

static const struct dbx_column index_columns[] = {
	{ "index", NULL, "name", NULL },
	{ "endpoint", NULL, "endpoint_name", NULL },
	{ "type", NULL, "index_type", NULL },
	{ "primary key", NULL, "primary_key", NULL },
	{ "creator", NULL, "creator", NULL },
};

static struct dbx_words
endpoint_words(struct mcp_call *call)
{
	return (struct dbx_words){
		.object = mcp_printf(call, "Vector search endpoint \"%s\"",
				     mcp_arg(call, "endpoint_name")),
		.not_found = "Call list_vector_indexes without endpoint_name to see all.",
		.grant = "CAN USE on the endpoint",
	};
}

static const struct dbx_list index_list = {
	.path = API "/indexes{?endpoint_name,page_token}",
	.limit_name = "limit",
	.most = 100,
	.items = "vector_indexes",
	.columns = index_columns,
	.n_columns = COUNT(index_columns),
	.noun = "indexes",
	.tool = "list_vector_indexes",
	.repeat = (const char *const[]){ "endpoint_name", NULL },
	.words = endpoint_words,
};

/* The endpoints that are asked, in the order of the requests. */
struct asked {
	size_t n;
	bool more; /* there are endpoints beyond these */
	char names[ENDPOINTS_MAX][ENDPOINT_NAME_MAX];
};

_Static_assert(sizeof(struct asked) <= MCP_STATE_MAX, "the state of the walk must fit");

/* What the table lacks: one line for each endpoint that failed or has more. */
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
			mcp_say(call, "Endpoint %s has more. Next: list_vector_indexes "
				"endpoint_name=%s page_token=%s", asked->names[i],
				asked->names[i], token);
	}
	if (asked->more)
		mcp_say(call, "There are more endpoints than the %zu that were asked. Next: "
			"list_vector_indexes endpoint_name=NAME", asked->n);
}

/* The first pages of all endpoints in one table. */
static int
all_shown(struct mcp_call *call, const void *state, size_t len)
{
	const struct asked *asked = state;
	struct json_object *all = mcp_keep(call, json_object_new_array());
	struct dbx_error error;
	size_t failed = 0;
	int status;

	(void)len;
	for (size_t i = 0; i < asked->n; i++) {
		struct json_object *page;

		if (!dbx_ok(call, mcp_reply(call, i), &error)) {
			failed++;
			continue;
		}
		page = dbx_objects(call, mcp_reply_json(call, i), "vector_indexes");
		for (size_t k = 0; k < json_object_array_length(page); k++)
			json_object_array_add(all, json_object_get(
			    json_object_array_get_idx(page, k)));
	}
	if (failed == asked->n) {
		dbx_reply(call, 0, &(struct dbx_words){ .object = "The list of vector indexes" });
		return MCP_E_UPSTREAM;
	}
	status = dbx_table(call, all, index_columns, COUNT(index_columns), &(struct dbx_page){
	    .noun = "indexes", .total = -1 });
	if (status == MCP_OK)
		say_gaps(call, asked);
	return status;
}

static int
endpoints_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct json_object *reply = dbx_reply(call, 0, &(struct dbx_words){
	    .object = "The list of vector search endpoints" }), *list;
	struct mcp_http request[ENDPOINTS_MAX];
	struct asked *asked = mcp_alloc(call, sizeof(*asked));

	(void)state;
	(void)len;
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	list = dbx_objects(call, reply, "endpoints");
	asked->more = mcp_get_str(call, reply, "next_page_token", "")[0] != '\0';
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *name = mcp_get_str(call, json_object_array_get_idx(list, i), "name",
					       "");

		if (asked->n == ENDPOINTS_MAX || strlen(name) >= ENDPOINT_NAME_MAX) {
			asked->more = true;
			continue;
		}
		if (!dbx_get_request(call, &request[asked->n], API "/indexes{?endpoint_name}",
				     dbx_object(call, "endpoint_name", name, NULL)))
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
	const char *endpoint = mcp_arg(call, "endpoint_name");

	if (endpoint == NULL)
		return dbx_get(call, API "/endpoints", NULL, endpoints_arrived, NULL, 0);
	return dbx_list(call, &index_list, dbx_object(call, "endpoint_name", endpoint, NULL));
}

/* ---- query_vector_index ---------------------------------------------------------------------- */

static int
hits_table(struct mcp_call *call, struct json_object *reply)
{
	struct json_object *columns = dbx_array(reply, "manifest.columns");
	struct json_object *rows = dbx_array(reply, "result.data_array");
	size_t n = columns != NULL ? json_object_array_length(columns) : 0;
	struct mcp_column heads[COLUMNS_MAX] = { { NULL, NULL } };
	const char *cells[COLUMNS_MAX];
	int status;

	if (n > COLUMNS_MAX)
		return mcp_failf(call, MCP_E_TOO_LARGE, "More than %d columns; choose fewer.",
				 COLUMNS_MAX);
	for (size_t i = 0; i < n; i++)
		heads[i].name = mcp_get_str(call, json_object_array_get_idx(columns, i), "name",
					    "");
	status = mcp_table(call, heads, n);
	for (size_t r = 0; rows != NULL && status == MCP_OK && r < json_object_array_length(rows);
	     r++) {
		struct json_object *row = json_object_array_get_idx(rows, r);

		for (size_t i = 0; i < n; i++)
			cells[i] = mcp_get_str(call, row, mcp_printf(call, "%zu", i), NULL);
		status = mcp_table_cells(call, cells, n);
	}
	return status == MCP_E_TOO_LARGE ? MCP_OK : status;
}

/* There is no way to begin at the row that did not fit, but to leave out what was shown. */
static const char *
fewer_rows(struct mcp_call *call, const void *data, size_t shown)
{
	(void)data;
	return mcp_printf(call, "query_vector_index with a filters_json that leaves these out, or "
			  "num_results=%zu", shown > 0 ? shown : 1);
}

static int
hits_shown(struct mcp_call *call, const void *state, size_t len)
{
	struct dbx_words words = index_words(call, "SELECT on the index");
	struct json_object *reply = dbx_reply(call, 0, &words);
	const char *token;
	int status;

	(void)state;
	(void)len;
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	status = hits_table(call, reply);
	if (status != MCP_OK)
		return status;
	token = mcp_get_str(call, reply, "next_page_token", "");
	return mcp_table_end(call, &(struct mcp_table_end){
	    .size = sizeof(struct mcp_table_end), .noun = "rows",
	    .total = token[0] == '\0' ? mcp_get_int(reply, "result.row_count", 0) : -1,
	    .more = token[0] != '\0', .next_from = fewer_rows,
	    .next = token[0] == '\0' ? NULL
		: mcp_printf(call, "query_vector_index index_name=%s page_token=%s endpoint_name="
			     "(that of the index, and the same columns)",
			     mcp_arg(call, "index_name"), token) });
}

static int
next_page(struct mcp_call *call, const char *token)
{
	const char *endpoint = mcp_arg(call, "endpoint_name");

	if (endpoint == NULL)
		return mcp_fail(call, MCP_E_INPUT, "endpoint_name is missing.",
				"A further page is asked of the index's endpoint.",
				"Give endpoint_name; list_vector_indexes shows it.");
	return dbx_send(call, "POST", API "/indexes/{index_name}/query-next-page", NULL,
			dbx_object(call, "page_token", token, "endpoint_name", endpoint, NULL),
			MCP_RETRY_SAFE, hits_shown, NULL, 0);
}

/* Exactly one of text and vector; filters must be an object in JSON. */
static bool
query_fits(struct mcp_call *call)
{
	const char *filters = mcp_arg(call, "filters_json");
	bool text = mcp_arg(call, "query_text") != NULL;
	bool vector = mcp_arg_json(call, "query_vector") != NULL;
	const char *type = mcp_arg(call, "query_type");

	if (!text && !vector) {
		mcp_fail(call, MCP_E_INPUT, "There is nothing to look for.", NULL,
			 "Give query_text, or query_vector for an index without an embedding "
			 "model.");
		return false;
	}
	if (strcmp(type, "ANN") != 0 && !text) {
		mcp_failf(call, MCP_E_INPUT, "query_type %s needs query_text.", type);
		return false;
	}
	if (filters != NULL
	    && !json_object_is_type(mcp_json(call, filters, strlen(filters)), json_type_object)) {
		mcp_fail(call, MCP_E_INPUT, "filters_json is not a JSON object.", NULL,
			 "Write it like {\"price <\": 10, \"color\": [\"red\", \"blue\"]}.");
		return false;
	}
	return true;
}

int
query_vector_index(struct mcp_call *call)
{
	const char *token = mcp_arg(call, "page_token");
	struct json_object *body = dbx_object(call, "query_text", mcp_arg(call, "query_text"),
	    "filters_json", mcp_arg(call, "filters_json"), "query_type",
	    mcp_arg(call, "query_type"), NULL);
	struct json_object *vector = mcp_arg_json(call, "query_vector");

	if (token != NULL && token[0] != '\0')
		return next_page(call, token);
	if (!query_fits(call))
		return MCP_E_INPUT;
	json_object_object_add(body, "columns", json_object_get(mcp_arg_json(call, "columns")));
	json_object_object_add(body, "num_results", json_object_new_int64(
	    mcp_arg_int(call, "num_results", 10)));
	if (vector != NULL)
		json_object_object_add(body, "query_vector", json_object_get(vector));
	return dbx_send(call, "POST", API "/indexes/{index_name}/query", NULL, body,
			MCP_RETRY_SAFE, hits_shown, NULL, 0);
}

/* ---- add_to_vector_index --------------------------------------------------------------------- */

/* "9, 12 and 3 more" */
static const char *
key_list(struct mcp_call *call, struct json_object *keys)
{
	size_t n = keys != NULL ? json_object_array_length(keys) : 0;
	const char *text = "";

	for (size_t i = 0; i < n && i < KEYS_NAMED; i++)
		text = mcp_printf(call, "%s%s%s", text, i > 0 ? ", " : "",
				  mcp_get_str(call, keys, mcp_printf(call, "%zu", i), "?"));
	return n > KEYS_NAMED ? mcp_printf(call, "%s and %zu more", text, n - KEYS_NAMED) : text;
}

static int
added(struct mcp_call *call, const void *state, size_t len)
{
	struct dbx_words words = index_words(call, "MODIFY on the index");
	struct json_object *reply = dbx_reply(call, 0, &words), *keys;
	const char *status;
	long long done;

	(void)state;
	(void)len;
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	status = mcp_get_str(call, reply, "status", "SUCCESS");
	done = mcp_get_int(reply, "result.success_row_count", 0);
	keys = dbx_array(reply, "result.failed_primary_keys");
	if (strcmp(status, "SUCCESS") == 0)
		return mcp_say(call, "%lld row%s went into %s.", done, done == 1 ? "" : "s",
			       mcp_arg(call, "index_name"));
	return mcp_fail(call, MCP_E_INPUT,
			mcp_printf(call, "Not all rows went into %s: %lld did, %zu did not.",
				   mcp_arg(call, "index_name"), done,
				   keys != NULL ? json_object_array_length(keys) : 0),
			keys != NULL ? mcp_printf(call, "Keys of those that did not: %s. They do "
						  "not fit the columns of the index.",
						  key_list(call, keys)) : status,
			"Correct those rows and add them again.");
}

int
add_to_vector_index(struct mcp_call *call)
{
	struct json_object *rows = mcp_arg_json(call, "documents");
	const char *key = mcp_arg(call, "primary_key");

	for (size_t i = 0; i < json_object_array_length(rows); i++)
		if (!json_object_object_get_ex(json_object_array_get_idx(rows, i), key, NULL))
			return mcp_failf(call, MCP_E_INPUT,
					 "documents[%zu] has no \"%s\", the primary key.", i, key);
	return dbx_send(call, "POST", API "/indexes/{index_name}/upsert-data", NULL,
			dbx_object(call, "inputs_json", json_object_to_json_string_ext(rows,
			    JSON_C_TO_STRING_PLAIN), NULL),
			MCP_RETRY_IDEMPOTENT, added, NULL, 0);
}

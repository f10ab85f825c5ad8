/* SPDX-License-Identifier: Apache-2.0 */
/* Vector search: queries, and adding rows. */
#include "ml.h"

#include <string.h>

#include "vector.h"

#define INDEX VECTOR_API "/indexes/{index_name}"
#define COLUMNS_MAX 100
#define KEYS_NAMED 20
#define VECTOR_WHY_MAX 2000 /* bytes of a message that the next step needs */

/* The argument index_name, without back-ticks. */
static const char *
index_name(struct mcp_call *call)
{
	return dbx_plain_name(call, mcp_arg(call, "index_name"));
}

static struct mcp_words
index_words(struct mcp_call *call, const char *grant)
{
	const char *name = index_name(call), *dot = strchr(name, '.');

	return (struct mcp_words){
		.object = mcp_printf(call, "Vector index \"%s\"", name),
		.not_found = dot == NULL || strchr(dot + 1, '.') == NULL
			       ? "The name of an index must be catalog.schema.index; call "
				 "list_vector_indexes to see all indexes."
			       : "Call list_vector_indexes to see all indexes.",
		.grant = grant,
	};
}

/* ---- query_vector_index ---------------------------------------------------------------------- */

/* The arguments that the path of the request needs. */
static struct json_object *
index_values(struct mcp_call *call)
{
	return mcp_object(call, "index_name", index_name(call), NULL);
}

/* The column names of a reply: those in the reply, else the requested ones. */
static size_t
hit_heads(struct mcp_call *call, struct json_object *reply, struct json_object *asked,
	  struct json_object *rows, struct mcp_column *heads)
{
	struct json_object *columns = mcp_objects(call, reply, "manifest.columns");
	struct json_object *first = rows != NULL ? json_object_array_get_idx(rows, 0) : NULL;
	size_t known = json_object_array_length(columns), n = known;
	size_t names =
	    json_object_is_type(asked, json_type_array) ? json_object_array_length(asked) : 0;

	if (known == 0 && json_object_is_type(first, json_type_array))
		n = json_object_array_length(first);
	for (size_t i = 0; i < n && i < COLUMNS_MAX; i++)
		heads[i].name =
		    i < known ? mcp_get_str(call, json_object_array_get_idx(columns, i), "name", "")
		    : i < names	 ? mcp_get_str(call, json_object_array_get_idx(asked, i), "", "")
		    : i == names ? "score"
				 : mcp_printf(call, "_c%zu", i);
	return n;
}

/* the first `n` names are known */
static int
hits_table(struct mcp_call *call, const struct mcp_column *heads, size_t n,
	   struct json_object *rows)
{
	const char *cells[COLUMNS_MAX];
	size_t count = rows != NULL ? json_object_array_length(rows) : 0;
	int status = mcp_table(call, heads, n);

	for (size_t r = 0; status == MCP_OK && r < count; r++) {
		struct json_object *row = json_object_array_get_idx(rows, r);

		for (size_t i = 0; i < n; i++) {
			struct json_object *cell = json_object_is_type(row, json_type_array) &&
							   i < json_object_array_length(row)
						     ? json_object_array_get_idx(row, i)
						     : NULL;

			cells[i] = cell != NULL ? mcp_value_text(call, cell) : NULL;
		}
		status = mcp_table_cells(call, cells, n);
	}
	return status == MCP_E_TOO_LARGE ? MCP_OK : status;
}

/* Writes the arguments of the query, except columns. */
static const char *
same_query(struct mcp_call *call)
{
	return mcp_repeat(call, (const char *const[]){ "query_text", "query_vector", "query_type",
						       "filters_json", NULL });
}

/* A query cannot begin at the row that did not fit, so the next call requests all rows with only
 * one column. */
static const char *
fewer_columns(struct mcp_call *call, const void *data, size_t shown)
{
	const char *first = data;

	(void)shown;
	return mcp_printf(call, "query_vector_index index_name=%s columns=[%s] num_results=%lld %s",
			  mcp_quoted(call, index_name(call)),
			  json_object_to_json_string_ext(mcp_keep(call,
								  json_object_new_string(first)),
							 JSON_C_TO_STRING_NOSLASHESCAPE),
			  (long long)mcp_arg_int(call, "num_results", 10), same_query(call));
}

/* Did the query fail because of the structure of the index? `state` has the platform's message. */
static int
query_explained(struct mcp_call *call, const void *state, size_t len)
{
	struct json_object *index = mcp_reply_json(call, 0), *asked = mcp_arg_json(call, "columns");
	const char *why = mcp_printf(call, "%.*s", (int)len, (const char *)state);
	struct json_object *known = index_columns(call, index, true);
	struct json_object *missing = mcp_keep(call, json_object_new_array());
	int64_t dimension = index_dimension(index);
	const char *takes = index_model(call, index) != NULL ? "The index needs query_text."
			  : dimension >= 0
			      ? mcp_printf(call, "The index needs a query_vector of %lld numbers.",
					   (long long)dimension)
			      : "";

	for (size_t i = 0;
	     json_object_is_type(asked, json_type_array) && i < json_object_array_length(asked);
	     i++) {
		const char *name = mcp_get_str(call, json_object_array_get_idx(asked, i), "", "");

		if (json_object_array_length(known) > 0 && !index_has(known, name))
			json_object_array_add(missing, json_object_new_string(name));
	}
	if (json_object_array_length(missing) > 0)
		return mcp_fail(call, MCP_E_INPUT,
				mcp_printf(call, "Vector index \"%s\" has no column %s.",
					   index_name(call), mcp_show_list(call, missing)),
				why,
				mcp_printf(call, "Its columns: %s.", mcp_show_list(call, known)));
	return mcp_fail(call, MCP_E_INPUT,
			mcp_printf(call,
				   "Vector index \"%s\" did not accept "
				   "the "
				   "query.",
				   index_name(call)),
			why,
			mcp_printf(call, "Correct the arguments, then repeat the call. %s", takes));
}

/* `state` is the JSON of the requested columns. */
static int
hits_shown(struct mcp_call *call, const void *state, size_t len)
{
	struct mcp_words words = index_words(call, "SELECT on the index");
	struct mcp_column heads[COLUMNS_MAX] = { { NULL, NULL } };
	struct json_object *reply, *rows;
	struct dbx_error error;
	const char *token;
	size_t n;
	int status;

	if (!dbx_ok(call, mcp_reply(call, 0), &error) && error.status == MCP_E_INPUT)
		return mcp_fetch(call, INDEX, index_values(call), query_explained, error.message,
				 strnlen(error.message, VECTOR_WHY_MAX));
	reply = dbx_reply(call, 0, &words);
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	rows = mcp_array(reply, "result.data_array");
	n = hit_heads(call, reply, mcp_json(call, state, len), rows, heads);
	if (n > COLUMNS_MAX)
		return mcp_failf(call, MCP_E_TOO_LARGE,
				 "More than %d columns were requested; "
				 "choose fewer.",
				 COLUMNS_MAX);
	if (n == 0)
		return mcp_say(call, "0 rows.");
	status = hits_table(call, heads, n, rows);
	if (status != MCP_OK)
		return status;
	token = mcp_get_str(call, reply, "next_page_token", "");
	return mcp_table_end(
	    call, &(struct mcp_table_end){
		      .size = sizeof(struct mcp_table_end),
		      .noun = "rows",
		      .total = token[0] == '\0'
				 ? rows != NULL ? (int64_t)json_object_array_length(rows) : 0
				 : -1,
		      .more = token[0] != '\0',
		      .next_from = same_query(call) != NULL ? fewer_columns : NULL,
		      .next_data = heads[0].name,
		      .next = token[0] == '\0'
				? NULL
				: mcp_printf(call, "query_vector_index index_name=%s page_token=%s",
					     mcp_quoted(call, index_name(call)),
					     mcp_quoted(call, token)) });
}

static int
page_send(struct mcp_call *call, const char *endpoint)
{
	return mcp_send(call, "POST", INDEX "/query-next-page", index_values(call),
			mcp_object(call, "page_token", mcp_arg(call, "page_token"), "endpoint_name",
				   endpoint, NULL),
			MCP_RETRY_SAFE, hits_shown, NULL, 0);
}

/* A further page is requested from the endpoint of the index. */
static int
page_endpoint(struct mcp_call *call, const void *state, size_t len)
{
	struct mcp_words words = index_words(call, "SELECT on the index");
	struct json_object *index = dbx_reply(call, 0, &words);
	const char *endpoint = mcp_get_str(call, index, "endpoint_name", NULL);

	(void)state;
	(void)len;
	if (index == NULL)
		return MCP_E_UPSTREAM;
	if (endpoint == NULL)
		return mcp_fail(call, MCP_E_INPUT, "endpoint_name is missing.",
				"The endpoint of the index is needed for a further page, and "
				"the platform does not give it.",
				"Give endpoint_name.");
	return page_send(call, endpoint);
}

/* Checks the arguments: exactly one of text and vector; filters must be a JSON object. */
static bool
query_fits(struct mcp_call *call)
{
	struct json_object *filters = mcp_arg_json(call, "filters_json");
	bool text = mcp_arg(call, "query_text") != NULL;
	bool vector = mcp_arg_json(call, "query_vector") != NULL;
	const char *type = mcp_arg(call, "query_type");

	if (!text && !vector) {
		mcp_fail(call, MCP_E_INPUT, "query_text or query_vector is missing.", NULL,
			 "Give query_text, or query_vector for an index without an embedding "
			 "model.");
		return false;
	}
	if (strcmp(type, "ANN") != 0 && !text) {
		mcp_fail(call, MCP_E_INPUT,
			 mcp_printf(call, "query_type %s needs query_text.", type), NULL,
			 "Give query_text, or use query_type=ANN for a vector alone.");
		return false;
	}
	if (filters != NULL &&
	    !json_object_is_type(json_object_is_type(filters, json_type_object)
				     ? filters
				     : mcp_json(call, mcp_value_text(call, filters),
						strlen(mcp_value_text(call, filters))),
				 json_type_object)) {
		mcp_fail(call, MCP_E_INPUT, "filters_json is not a JSON object.", NULL,
			 "Write it like {\"price <\": 10, \"color\": [\"red\", \"blue\"]}.");
		return false;
	}
	return true;
}

static int
query_send(struct mcp_call *call, struct json_object *columns)
{
	struct json_object *filters = mcp_arg_json(call, "filters_json");
	struct json_object *vector = mcp_arg_json(call, "query_vector");
	struct json_object *body =
	    mcp_object(call, "query_text", mcp_arg(call, "query_text"), "filters_json",
		       filters != NULL ? mcp_value_text(call, filters) : NULL, "query_type",
		       mcp_arg(call, "query_type"), NULL);
	const char *asked = mcp_value_text(call, columns);
	size_t len = strlen(asked);

	json_object_object_add(body, "columns", json_object_get(columns));
	json_object_object_add(body, "num_results",
			       json_object_new_int64(mcp_arg_int(call, "num_results", 10)));
	if (vector != NULL)
		json_object_object_add(body, "query_vector", json_object_get(vector));
	return mcp_send(call, "POST", INDEX "/query", index_values(call), body, MCP_RETRY_SAFE,
			hits_shown, asked, len <= MCP_STATE_MAX ? len : 0);
}

/* Selects all columns except those that contain vectors. */
static int
columns_chosen(struct mcp_call *call, const void *state, size_t len)
{
	struct mcp_words words = index_words(call, "SELECT on the index");
	struct json_object *index = dbx_reply(call, 0, &words), *columns;

	(void)state;
	(void)len;
	if (index == NULL)
		return MCP_E_UPSTREAM;
	columns = index_columns(call, index, false);
	if (json_object_array_length(columns) == 0)
		return mcp_fail(call, MCP_E_INPUT, "columns is missing.",
				"The platform does not give the columns of the index.",
				"Give columns: the names of the columns to return.");
	return query_send(call, columns);
}

int
query_vector_index(struct mcp_call *call)
{
	const char *token = mcp_arg(call, "page_token"), *endpoint = mcp_arg(call, "endpoint_name");
	struct json_object *columns = mcp_arg_json(call, "columns");

	if (token != NULL && token[0] != '\0')
		return endpoint != NULL
			 ? page_send(call, endpoint)
			 : mcp_fetch(call, INDEX, index_values(call), page_endpoint, NULL, 0);
	if (!query_fits(call))
		return MCP_E_INPUT;
	if (columns == NULL || json_object_array_length(columns) == 0)
		return mcp_fetch(call, INDEX, index_values(call), columns_chosen, NULL, 0);
	return query_send(call, columns);
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
	struct mcp_words words = index_words(call, "MODIFY on the index");
	struct json_object *reply = dbx_reply(call, 0, &words), *keys;
	const char *status;
	long long done;

	(void)state;
	(void)len;
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	status = mcp_get_str(call, reply, "status", "SUCCESS");
	done = mcp_get_int(reply, "result.success_row_count", 0);
	keys = mcp_array(reply, "result.failed_primary_keys");
	if (strcmp(status, "SUCCESS") == 0)
		return mcp_say(call, "%lld row%s added to %s.", done, done == 1 ? "" : "s",
			       index_name(call));
	return mcp_fail(call, MCP_E_INPUT,
			mcp_printf(call,
				   "Not all rows were added to %s: %lld were added, %zu "
				   "were not.",
				   index_name(call), done,
				   keys != NULL ? json_object_array_length(keys) : 0),
			keys != NULL ? mcp_printf(call,
						  "Keys of the rejected rows: %s. They do not "
						  "match the columns of the index.",
						  key_list(call, keys))
				     : status,
			"Correct those rows and add them again.");
}

static int
rows_send(struct mcp_call *call, const char *key)
{
	struct json_object *rows = mcp_arg_json(call, "documents");

	for (size_t i = 0; i < json_object_array_length(rows); i++)
		if (mcp_get(json_object_array_get_idx(rows, i), "") == NULL ||
		    !json_object_object_get_ex(json_object_array_get_idx(rows, i), key, NULL))
			return mcp_fail(call, MCP_E_INPUT,
					mcp_printf(call,
						   "documents[%zu] has no \"%s\", the primary "
						   "key.",
						   i, key),
					NULL,
					"Give each document its primary key. No row was added.");
	return mcp_send(call, "POST", INDEX "/upsert-data", index_values(call),
			mcp_object(call, "inputs_json", mcp_value_text(call, rows), NULL),
			MCP_RETRY_IDEMPOTENT, added, NULL, 0);
}

/* The index has the name of the key column. */
static int
key_known(struct mcp_call *call, const void *state, size_t len)
{
	struct mcp_words words = index_words(call, "MODIFY on the index");
	struct json_object *index = dbx_reply(call, 0, &words);
	const char *key = mcp_get_str(call, index, "primary_key", NULL);

	(void)state;
	(void)len;
	if (index == NULL)
		return MCP_E_UPSTREAM;
	if (key == NULL)
		return mcp_fail(call, MCP_E_INPUT, "primary_key is missing.",
				"The platform does not give the key column.", "Give primary_key.");
	return rows_send(call, key);
}

int
add_to_vector_index(struct mcp_call *call)
{
	const char *key = mcp_arg(call, "primary_key");

	return key != NULL ? rows_send(call, key)
			   : mcp_fetch(call, INDEX, index_values(call), key_known, NULL, 0);
}

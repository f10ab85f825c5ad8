/* SPDX-License-Identifier: Apache-2.0 */
/* Vector search: /api/2.0/vector-search endpoints and indexes. */
#include "ml/vectors.h"

#include <stdlib.h>
#include <string.h>

#include "ml/embed.h"

static const char vector_tables[] =
    "CREATE TABLE IF NOT EXISTS vs_rows(idx TEXT NOT NULL, key TEXT NOT NULL,"
    " json TEXT NOT NULL, vector BLOB NOT NULL, PRIMARY KEY(idx, key));";

static const struct page_rule indexes_rule = { .key = "vector_indexes",
					       .size_arg = "page_size",
					       .token_arg = "page_token",
					       .default_size = 100,
					       .max_size = 1000 };
static const struct page_rule endpoints_rule = { .key = "endpoints",
						 .size_arg = "page_size",
						 .token_arg = "page_token",
						 .default_size = 100,
						 .max_size = 1000 };

/* ---- indexes as documents ---- */

void
vindex_create(struct workspace *ws, struct json_object *doc)
{
	doc_put(ws, "vector_index", json_str(doc, "name"), doc);
}

static void
read_spec(struct vindex *out, struct json_object *spec)
{
	struct json_object *columns = json_get(spec, "embedding_source_columns"), *column;

	out->embeds = columns != NULL;
	if (columns == NULL)
		columns = json_get(spec, "embedding_vector_columns");
	column = json_object_array_get_idx(columns, 0);
	out->column = json_str(column, "name");
	out->dimension = out->embeds ? EMBED_DIMENSION : json_int(column, "embedding_dimension", 0);
}

bool
vindex_find(struct workspace *ws, const char *name, struct vindex *out)
{
	struct json_object *doc = doc_get(ws, "vector_index", name);

	*out = (struct vindex){ .doc = doc };
	if (doc == NULL)
		return false;
	out->name = json_str(doc, "name");
	out->key = json_str(doc, "primary_key");
	out->endpoint = json_str(doc, "endpoint_name");
	out->direct = strcmp(json_str(doc, "index_type"), "DIRECT_ACCESS") == 0;
	out->schema = json_get(doc, "schema");
	read_spec(out, json_get(doc, out->direct ? "direct_access_index_spec"
						 : "delta_sync_index_spec"));
	return true;
}

bool
vindex_need(struct request *req, struct vindex *out)
{
	if (vindex_find(req->ws, request_var(req, "index"), out))
		return true;
	reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST", "Vector index %.300s does not exist.",
		    request_var(req, "index"));
	return false;
}

void
vindex_fini(struct vindex *index)
{
	json_object_put(index->doc);
	index->doc = NULL;
}

static int64_t
count_rows(struct workspace *ws, const char *index)
{
	return db_one_int(ws, "SELECT count(*) FROM vs_rows WHERE idx = ?", "s", index);
}

/* ---- routes ---- */

static void
indexes_list(struct request *req)
{
	static const char *const shown[] = { "name", "endpoint_name", "index_type", "primary_key",
					     "creator" };
	const char *endpoint = request_need(req, "endpoint_name");
	struct json_object *all, *kept;

	if (endpoint == NULL)
		return;
	kept = doc_get(req->ws, "vector_endpoint", endpoint);
	if (kept == NULL) {
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST",
			    "Vector search endpoint %.200s not found.", endpoint);
		return;
	}
	json_object_put(kept);
	kept = json_object_new_array();
	all = doc_list(req->ws, "vector_index", NULL);
	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *doc = json_object_array_get_idx(all, i), *item;

		if (strcmp(json_str(doc, "endpoint_name"), endpoint) != 0)
			continue;
		item = json_object_new_object();
		for (size_t k = 0; k < ARRAY_SIZE(shown); k++)
			json_add_str(item, shown[k], json_str(doc, shown[k]));
		json_object_array_add(kept, item);
	}
	json_object_put(all);
	page_reply(req, &indexes_rule, endpoint, kept);
}

static void
indexes_get(struct request *req)
{
	struct json_object *status;
	struct vindex index;
	char *url;

	if (!vindex_need(req, &index))
		return;
	status = json_object_new_object();
	json_add_bool(status, "ready", true);
	json_add_int(status, "indexed_row_count", count_rows(req->ws, index.name));
	json_add_str(status, "message", "Index is ready to be queried");
	url = xprintf("127.0.0.1:%d" VECTORS "/indexes/%s", options.port, index.name);
	json_add_str(status, "index_url", url);
	free(url);
	json_add(index.doc, "status", status);
	json_object_object_del(index.doc, "schema");
	reply_json(req, json_object_get(index.doc));
	vindex_fini(&index);
}

static void
indexes_sync(struct request *req)
{
	struct vindex index;

	if (!vindex_need(req, &index))
		return;
	if (index.direct)
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Index %.300s is a Direct Access Index: it has nothing to sync with.",
			    index.name);
	else if (vindex_sync(req->ws, &index))
		reply_empty(req);
	else
		reply_error(req, 400, "INVALID_STATE",
			    "The source table of %.300s cannot be "
			    "read.",
			    index.name);
	vindex_fini(&index);
}

static void
add_count(struct workspace *ws, struct json_object *endpoint)
{
	json_add_int(
	    endpoint, "num_indexes",
	    db_one_int(ws,
		       "SELECT count(*) FROM docs WHERE"
		       " kind = 'vector_index' AND json_extract(json, '$.endpoint_name') = ?",
		       "s", json_str(endpoint, "name")));
}

static void
vector_endpoints_list(struct request *req)
{
	struct json_object *all = doc_list(req->ws, "vector_endpoint", NULL);

	for (size_t i = 0; i < json_object_array_length(all); i++)
		add_count(req->ws, json_object_array_get_idx(all, i));
	page_reply(req, &endpoints_rule, "vector endpoints", all);
}

static void
vector_endpoints_get(struct request *req)
{
	const char *name = request_var(req, "name");
	struct json_object *endpoint = doc_get(req->ws, "vector_endpoint", name);

	if (endpoint == NULL) {
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST",
			    "Vector search endpoint %.200s not found.", name);
		return;
	}
	add_count(req->ws, endpoint);
	reply_json(req, endpoint);
}

static const struct route vector_routes[] = {
	{ "GET", VECTORS "/endpoints", vector_endpoints_list, 0 },
	{ "GET", VECTORS "/endpoints/{name}", vector_endpoints_get, 0 },
	{ "GET", VECTORS "/indexes", indexes_list, 0 },
	{ "GET", VECTORS "/indexes/{index}", indexes_get, 0 },
	{ "POST", VECTORS "/indexes/{index}/sync", indexes_sync, 0 },
	{ "POST", VECTORS "/indexes/{index}/query", vectors_query, 0 },
	{ "POST", VECTORS "/indexes/{index}/query-next-page", vectors_next_page, 0 },
	{ "POST", VECTORS "/indexes/{index}/upsert-data", vectors_upsert, 0 },
	{ "DELETE", VECTORS "/indexes/{index}/delete-data", vectors_delete, 0 },
	{ NULL, NULL, NULL, 0 },
};

const struct domain vectors_domain = {
	.name = "vectors", .routes = vector_routes, .tables = vector_tables, .seed = vectors_seed
};

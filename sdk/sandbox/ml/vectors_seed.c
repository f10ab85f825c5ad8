/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vector indexes of a new workspace: documents with given vectors and notes that are embedded
 * (both DIRECT_ACCESS), and a copy of main.sales.products (DELTA_SYNC).
 */
#include <stdlib.h>
#include <string.h>

#include "ml/embed.h"
#include "ml/vectors.h"

enum { DOCUMENTS = 1200, NOTES = 8 };

static void
add_endpoint(struct workspace *ws, const char *name, const char *state)
{
	struct json_object *endpoint = json_object_new_object();
	struct json_object *status = json_object_new_object();
	char id[37];

	id_uuid(id);
	json_add_str(endpoint, "name", name);
	json_add_str(endpoint, "id", id);
	json_add_str(endpoint, "endpoint_type", "STANDARD");
	json_add_str(endpoint, "creator", "ann@example.com");
	json_add_int(endpoint, "creation_timestamp", clock_ms());
	json_add_int(endpoint, "last_updated_timestamp", clock_ms());
	json_add_str(status, "state", state);
	json_add(endpoint, "endpoint_status", status);
	doc_put(ws, "vector_endpoint", name, endpoint);
	json_object_put(endpoint);
}

static struct json_object *
column_list(const char *name, bool embeds, int dimension)
{
	struct json_object *column = json_object_new_object(), *list = json_object_new_array();

	json_add_str(column, "name", name);
	if (embeds)
		json_add_str(column, "embedding_model_endpoint_name", EMBEDDER);
	else
		json_add_int(column, "embedding_dimension", dimension);
	json_object_array_add(list, column);
	return list;
}

/* `source` is the table of a DELTA_SYNC index, or NULL. */
static void
add_index(struct workspace *ws, const char *name, const char *key, const char *schema,
	  const char *column, int dimension, const char *source, struct vindex *out)
{
	struct json_object *doc = json_object_new_object(), *spec = json_object_new_object();
	char id[37];

	json_add_str(doc, "name", name);
	json_add_str(doc, "endpoint_name", "sandbox-vectors");
	json_add_str(doc, "index_type", source != NULL ? "DELTA_SYNC" : "DIRECT_ACCESS");
	json_add_str(doc, "primary_key", key);
	json_add_str(doc, "creator", "ann@example.com");
	json_add(spec, dimension == 0 ? "embedding_source_columns" : "embedding_vector_columns",
		 column_list(column, dimension == 0, dimension));
	if (source != NULL) {
		id_uuid(id);
		json_add_str(spec, "source_table", source);
		json_add_str(spec, "pipeline_type", "TRIGGERED");
		json_add_str(spec, "pipeline_id", id);
	} else {
		json_add_str(spec, "schema_json", schema);
	}
	json_add(doc, source != NULL ? "delta_sync_index_spec" : "direct_access_index_spec", spec);
	json_add(doc, "schema", json_parse(schema, strlen(schema)));
	vindex_create(ws, doc);
	json_object_put(doc);
	vindex_find(ws, name, out);
}

static void
put(struct workspace *ws, const struct vindex *index, const char *text)
{
	struct json_object *row = json_parse(text, strlen(text));

	if (!vindex_put(ws, index, row))
		log_line("error", "seeding: a row does not fit %s: %s", index->name, text);
	json_object_put(row);
}

/* Vectors of four numbers, so that they can be written by hand: one axis for each topic. */
static void
add_documents(struct workspace *ws)
{
	static const char *const topics[] = { "billing", "shipping", "returns", "warranty" };
	struct vindex index;

	add_index(ws, "main.default.docs_index", "id",
		  "{\"id\":\"long\",\"title\":\"string\","
		  "\"topic\":\"string\",\"year\":\"int\",\"score_hint\":\"float\",\"vector\":"
		  "\"array<float>\"}",
		  "vector", 4, NULL, &index);
	for (int i = 0; i < DOCUMENTS; i++) {
		int axis = i % 4, near = i / 4 % 10;
		char *text =
		    xprintf("{\"id\":%d,\"title\":\"Document %d about %s\",\"topic\":"
			    "\"%s\",\"year\":%d,\"score_hint\":%s,\"vector\":[%d,%d,%d,%d]}",
			    i + 1, i + 1, topics[axis], topics[axis], 2018 + i % 8,
			    i % 6 == 0 ? "null" : "0.5", axis == 0 ? 10 : near,
			    axis == 1 ? 10 : near / 2, axis == 2 ? 10 : near / 3,
			    axis == 3 ? 10 : i % 3);

		put(ws, &index, text);
		free(text);
	}
	vindex_fini(&index);
}

static void
add_notes(struct workspace *ws)
{
	static const char *const notes[NOTES][2] = {
		{ "refunds", "A refund is paid within five days after the goods came back." },
		{ "refunds", "Refunds above 500 euro need the approval of a manager." },
		{ "delivery", "Orders placed before noon are delivered on the next day." },
		{ "delivery", "Express delivery costs nine euro and takes four hours." },
		{ "privacy", "Customer addresses are deleted two years after the last order." },
		{ "privacy", "Nobody sends card numbers by mail." },
		{ "warranty", "Lamps have a warranty of two years, tables of ten." },
		{ "warranty", "Broken glass is replaced without questions in the first month." },
	};
	struct vindex index;

	add_index(ws, "main.default.notes_index", "note_id",
		  "{\"note_id\":\"string\",\"subject\":"
		  "\"string\",\"text\":\"string\",\"pinned\":\"boolean\"}",
		  "text", 0, NULL, &index);
	for (int i = 0; i < NOTES; i++) {
		char *text =
		    xprintf("{\"note_id\":\"n%d\",\"subject\":\"%s\",\"text\":\"%s\","
			    "\"pinned\":%s}",
			    i + 1, notes[i][0], notes[i][1], i % 4 == 0 ? "true" : "false");

		put(ws, &index, text);
		free(text);
	}
	vindex_fini(&index);
}

void
vectors_seed(struct workspace *ws)
{
	struct vindex index;

	add_endpoint(ws, "sandbox-vectors", "ONLINE");
	add_endpoint(ws, "empty-vectors", "PROVISIONING");
	add_documents(ws);
	add_notes(ws);
	add_index(ws, "main.sales.products_index", "product_id",
		  "{\"product_id\":\"long\","
		  "\"name\":\"string\",\"category\":\"string\",\"price\":\"double\",\"tags\":"
		  "\"array<string>\"}",
		  "name", 0, "main.sales.products", &index);
	if (!vindex_sync(ws, &index))
		log_line("error", "seeding: main.sales.products cannot be copied");
	vindex_fini(&index);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Types and functions that the files of vector search share: vectors.c (endpoints, indexes),
 * vectors_rows.c (adding and deleting rows), vectors_query.c, vectors_filter.c, vectors_seed.c. The
 * caller holds ws_lock. */
#ifndef SANDBOX_VECTORS_H
#define SANDBOX_VECTORS_H

#include "sandbox.h"

#define VECTORS "/api/2.0/vector-search"
#define VECTOR_SCORE "score" /* the name of the last column in every answer */

enum { MAX_DIMENSION = 4096 };

/* The fields of an index document. Strings are valid as long as `doc`. */
struct vindex {
	struct json_object *doc; /* the index in the form of the GET answer, with `schema` */
	const char *name, *key, *endpoint;
	const char *column; /* the column of the vector, or of the text that is embedded */
	bool embeds;	    /* the column has text, which is embedded */
	bool direct;	    /* DIRECT_ACCESS */
	int64_t dimension;
	struct json_object *schema; /* {column: type}; borrowed */
};

bool vindex_find(struct workspace *ws, const char *name, struct vindex *out);
/* Finds the index in the path's {index}. When the result is false, it has answered 404. */
bool vindex_need(struct request *req, struct vindex *out);
void vindex_fini(struct vindex *index);

/* Stores a row; false when it does not match the index. */
bool vindex_put(struct workspace *ws, const struct vindex *index, struct json_object *row);
/* The text of a row's key. NULL when the row has no key. The caller frees it. */
char *row_key(const struct vindex *index, struct json_object *row);
/* Reads the numbers of a JSON array as floats. False unless there are exactly `dimension`
 * numbers. */
bool read_vector(struct json_object *list, int64_t dimension, float *out);
/* Replaces all rows of the index by the rows of the source table. */
bool vindex_sync(struct workspace *ws, const struct vindex *index);

/* filters_json: {"price <": 10, "color": ["red", "blue"], "name NOT": "x", "a OR b": [1, 2]}; a row
 * must match all members. Returns NULL when the filter is valid, else the fault, which the caller
 * frees. */
char *vfilter_check(const struct vindex *index, struct json_object *filter);
bool vfilter_matches(struct json_object *filter, struct json_object *row);

/* Creates an index without rows. */
void vindex_create(struct workspace *ws, struct json_object *doc);
void vectors_seed(struct workspace *ws);
/* The handlers of routes in vectors.c. */
void vectors_upsert(struct request *req);
void vectors_delete(struct request *req);
void vectors_query(struct request *req);
void vectors_next_page(struct request *req);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the files of vector search: vectors.c (endpoints, indexes), vectors_rows.c (adding and
 * deleting rows), vectors_query.c, vectors_filter.c, vectors_seed.c. The caller holds ws_lock.
 */
#ifndef SANDBOX_VECTORS_H
#define SANDBOX_VECTORS_H

#include "sandbox.h"

#define VECTORS "/api/2.0/vector-search"
#define VECTOR_SCORE "score" /* the last column of every answer */

enum { MAX_DIMENSION = 4096 };

/* The fields of an index document. Strings are valid as long as `doc`. */
struct vindex {
	struct json_object *doc; /* in the form of the GET answer, and `schema` */
	const char *name, *key, *endpoint;
	const char *column; /* column of the vector, or of the text to embed */
	bool embeds;	    /* the column holds text */
	bool direct;	    /* DIRECT_ACCESS */
	int64_t dimension;
	struct json_object *schema; /* {column: type}; borrowed */
};

bool vindex_find(struct workspace *ws, const char *name, struct vindex *out);
/* Like vindex_find with the path's {index}, but has answered 404 when it returns false. */
bool vindex_need(struct request *req, struct vindex *out);
void vindex_fini(struct vindex *index);

/* Stores a row; false when it does not match the index. */
bool vindex_put(struct workspace *ws, const struct vindex *index, struct json_object *row);
/* The text of a row's key; NULL when it has none.  Caller frees. */
char *row_key(const struct vindex *index, struct json_object *row);
/* Numbers of a JSON array as floats; false unless there are exactly `dimension` of them. */
bool read_vector(struct json_object *list, int64_t dimension, float *out);
/* Replaces all rows by the rows of the source table. */
bool vindex_sync(struct workspace *ws, const struct vindex *index);

/*
 * filters_json: {"price <": 10, "color": ["red", "blue"], "name NOT": "x", "a OR b": [1, 2]}; a row
 * must match all members. Returns NULL when the filter is valid, else the fault (caller frees).
 */
char *vfilter_check(const struct vindex *index, struct json_object *filter);
bool vfilter_matches(struct json_object *filter, struct json_object *row);

/* Creates an index without rows. */
void vindex_create(struct workspace *ws, struct json_object *doc);
void vectors_seed(struct workspace *ws);
/* Handlers of the routes in vectors.c. */
void vectors_upsert(struct request *req);
void vectors_delete(struct request *req);
void vectors_query(struct request *req);
void vectors_next_page(struct request *req);

#endif

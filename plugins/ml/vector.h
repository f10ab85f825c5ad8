/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a vector search index, from the reply to GET /indexes/NAME (indexes.c). */
#ifndef PLUGINS_ML_VECTOR_H
#define PLUGINS_ML_VECTOR_H

#include "databricks.h"

#define VECTOR_API "/api/2.0/vector-search"

/* The specification of the index, for every type of index. NULL when there is none. */
struct json_object *index_spec(struct json_object *index);
/* The known column names, beginning with the primary key; with or without the columns that contain
 * vectors. */
struct json_object *index_columns(struct mcp_call *call, struct json_object *index, bool vectors);
/* Does the list contain the name? */
bool index_has(struct json_object *names, const char *name);
/* The number of dimensions of a vector; -1: not known. */
int64_t index_dimension(struct json_object *index);
/* The model that makes vectors from texts. NULL: the index accepts only vectors. */
const char *index_model(struct mcp_call *call, struct json_object *index);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Vector search indexes, as the reply to GET /indexes/NAME describes them (indexes.c). */
#ifndef PLUGINS_ML_VECTOR_H
#define PLUGINS_ML_VECTOR_H

#include "databricks.h"

#define VECTOR_API "/api/2.0/vector-search"

/* The specification of the index, of whichever type; NULL when there is none. */
struct json_object *index_spec(struct json_object *index);
/* The names of its columns as far as they are known, the primary key first; with or without those
 * that hold vectors. */
struct json_object *index_columns(struct mcp_call *call, struct json_object *index, bool vectors);
/* Is the name one of a list of names? */
bool index_has(struct json_object *names, const char *name);
/* How many numbers a vector has; -1: not said. */
int64_t index_dimension(struct json_object *index);
/* The model that makes vectors of texts; NULL: it takes vectors only. */
const char *index_model(struct mcp_call *call, struct json_object *index);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that clusters.c (state machine, endpoints), clusters_create.c (creating and changing)
 * and clusters_seed.c (seeds and fixed lists) share. */
#ifndef SANDBOX_CLUSTERS_H
#define SANDBOX_CLUSTERS_H

#include "sandbox.h"

/* Records an event. Takes ownership of details. */
void cluster_event(struct workspace *ws, const char *id, int64_t time, const char *type,
		   struct json_object *details);
/* Makes a termination_reason object; owned by the caller. */
struct json_object *cluster_reason(const char *code, const char *type, const char *user);

/* The cluster_id in the body and the state of that cluster. NULL when the request was refused. */
const char *cluster_named(struct request *req, const char **state);
/* The cluster_id in the body, if that cluster is RUNNING. NULL when the request was refused. */
const char *cluster_named_running(struct request *req);
void cluster_unexpected_state(struct request *req, const char *id, const char *state);

void clusters_create(struct request *req);
void clusters_edit(struct request *req);
void clusters_resize(struct request *req);

void clusters_seed(struct workspace *ws);
void clusters_spark_versions(struct request *req);
void clusters_node_types(struct request *req);

#endif

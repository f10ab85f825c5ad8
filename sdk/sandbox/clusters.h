/* SPDX-License-Identifier: Apache-2.0 */
/* Between clusters.c (state machine, endpoints) and clusters_seed.c (seeds and fixed lists). */
#ifndef SANDBOX_CLUSTERS_H
#define SANDBOX_CLUSTERS_H

#include "sandbox.h"

/* Records an event; takes details. */
void cluster_event(struct workspace *ws, const char *id, int64_t time, const char *type,
		   struct json_object *details);
/* A termination_reason object; owned by the caller. */
struct json_object *cluster_reason(const char *code, const char *type, const char *user);

void clusters_seed(struct workspace *ws);
void clusters_spark_versions(struct request *req);
void clusters_node_types(struct request *req);

#endif

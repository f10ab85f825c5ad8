/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by clusters.c (state machine, endpoints), clusters_change.c (creating and changing) and
 * clusters_seed.c (seeds and fixed lists). */
#ifndef SANDBOX_CLUSTERS_H
#define SANDBOX_CLUSTERS_H

#include "sandbox.h"

/* Records an event; takes ownership of details. */
void cluster_event(struct workspace *ws, const char *id, int64_t time, const char *type,
		   struct json_object *details);
/* A termination_reason object; owned by the caller. */
struct json_object *cluster_reason(const char *code, const char *type, const char *user);

/* The cluster_id in the body and the state of that cluster, or NULL after a refusal. */
const char *cluster_named(struct request *req, const char **state);
/* The body's cluster_id when that one is RUNNING, or NULL after a refusal. */
const char *cluster_named_running(struct request *req);
void cluster_unexpected_state(struct request *req, const char *id, const char *state);

void clusters_create(struct request *req);
void clusters_edit(struct request *req);
void clusters_resize(struct request *req);

void clusters_seed(struct workspace *ws);
void clusters_spark_versions(struct request *req);
void clusters_node_types(struct request *req);

#endif

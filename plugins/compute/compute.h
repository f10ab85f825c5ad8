/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers of the compute plugin. Clusters API 2.1:
 * https://docs.databricks.com/api/workspace/clusters */
#ifndef PLUGINS_COMPUTE_H
#define PLUGINS_COMPUTE_H

#include "compute.rows.h"
#include "databricks.h"

#define RECENT_EVENTS 3 /* number of events that are shown together with a cluster */

/* Makes the request for events. Takes ownership of `body`, an object of the step, and completes
 * it. */
struct mcp_http events_request(struct mcp_call *call, const char *cluster_id,
			       struct json_object *body);
bool event_item(struct mcp_call *call, struct json_object *event);
/* Writes a reason: "INACTIVITY (SUCCESS) inactivity_duration_min=60" */
const char *show_reason(struct mcp_call *call, struct json_object *reason);

/* The texts of a failure about one cluster. */
struct mcp_words cluster_words(struct mcp_call *call, const char *asked, const char *grant);

#endif

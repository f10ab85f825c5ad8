/* SPDX-License-Identifier: Apache-2.0 */
/* The objects that a request to a workspace names; see upstream_kind.objects. Source: the REST API
 * reference of Databricks. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_DATABRICKS_OBJECTS_H
#define CORE_UPSTREAM_DATABRICKS_OBJECTS_H

#include "upstream/upstream.h"

void databricks_objects(const struct upstream_request *request, upstream_object_fn each,
			void *data);

#endif

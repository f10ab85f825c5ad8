/* SPDX-License-Identifier: Apache-2.0 */
/* The clouds of Azure, and the workspaces in them. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_DATABRICKS_AZURE_H
#define CORE_UPSTREAM_DATABRICKS_AZURE_H

#include "upstream/databricks/databricks.h"

struct azure_cloud {
	const char *name;		/* "PUBLIC" */
	const char *login, *management; /* addresses that end with a slash */
	const char *application;	/* the id of Databricks: whom tokens are for */
};

/* The cloud of the workspace; NULL when the workspace is not on Azure. The end of the host decides;
 * for another host (a name of one's own), azure_workspace_resource_id or cloud = "azure". */
const struct azure_cloud *azure_cloud_of(const struct databricks *own);

#endif

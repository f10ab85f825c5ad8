/* SPDX-License-Identifier: Apache-2.0 */
/* A Databricks workspace. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_DATABRICKS_DATABRICKS_H
#define CORE_UPSTREAM_DATABRICKS_DATABRICKS_H

#include "upstream/upstream.h"

extern const struct upstream_kind upstream_databricks;

/* What is in `own`; each text for free(), or NULL. */
struct databricks {
	char *profile, *config_file; /* the profile and file that were read */
	bool token_of_profile;	     /* the secret is that profile's, so it can be read again */
	char *workspace_id;	     /* sent along where one host serves several workspaces */
};

#endif

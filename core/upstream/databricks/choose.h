/* SPDX-License-Identifier: Apache-2.0 */
/* The choice of methods. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_DATABRICKS_CHOOSE_H
#define CORE_UPSTREAM_DATABRICKS_CHOOSE_H

#include "upstream/databricks/resolve.h"

/* For resolve.c: selects the methods of `own`, and says in `found` what was selected and why, or
 * what is missing. `profiles` are the names of all profiles, or NULL. */
void databricks_choose(const struct databricks_source *source, const char *profiles,
		       struct databricks *own, struct databricks_identity *found);

#endif

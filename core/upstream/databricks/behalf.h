/* SPDX-License-Identifier: Apache-2.0 */
/* Requests on behalf of users: upstreams.*.on_behalf_of and its keys. Such a workspace has a host
 * and no credential of its own. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_DATABRICKS_BEHALF_H
#define CORE_UPSTREAM_DATABRICKS_BEHALF_H

#include "upstream/databricks/method.h"
#include "upstream/databricks/resolve.h"

extern const struct login_stage login_forwarded_stages[];

/* Reads the keys into `upstream` and `federation`. A key that needs a credential of the upstream is
 * a fault. */
enum behalf behalf_read(struct config_upstream *upstream, const struct node *group,
			const struct databricks_source *source, struct federation *federation);
/* Is the attribute used where requests are made on behalf of users? */
bool behalf_uses(enum attribute attribute);
/* Selects the method; the counterpart of databricks_choose(). */
void behalf_choose(const struct databricks_source *source, struct databricks *own,
		   struct databricks_identity *found);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The table of kinds of upstreams: one line for each kind. */
#include "upstream/upstream.h"

#include "upstream/databricks/databricks.h"
#include "upstream/generic/generic.h"

const struct upstream_kind *const upstream_kinds[] = {
	&upstream_databricks,
	&upstream_generic,
	NULL,
};

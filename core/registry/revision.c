/* SPDX-License-Identifier: Apache-2.0 */
/* The protocol revisions by name. */
#include <string.h>

#include "registry/registry.h"

static const char *const revision_names[REVISIONS] = { "2024-11-05", "2025-03-26", "2025-06-18",
						       "2025-11-25", "2026-07-28" };

const char *
revision_name(enum revision revision)
{
	return revision_names[revision];
}

bool
revision_parse(const char *name, enum revision *revision)
{
	for (unsigned i = 0; i < REVISIONS; i++) {
		if (strcmp(revision_names[i], name) == 0) {
			*revision = (enum revision)i;
			return true;
		}
	}
	return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/principal.h"

#include <stddef.h>
#include <string.h>

const char *const access_names[] = { "none", "read", "write", "admin", NULL };

const char *
access_name(enum access access)
{
	return access_names[access];
}

bool
principal_in_group(const struct principal *principal, const char *group)
{
	for (unsigned i = 0; i < principal->n_groups; i++)
		if (strcmp(principal->groups[i], group) == 0)
			return true;
	return false;
}

bool
access_parse(const char *name, enum access *access)
{
	for (int i = 0; access_names[i] != NULL; i++)
		if (strcmp(access_names[i], name) == 0) {
			*access = (enum access)i;
			return true;
		}
	return false;
}

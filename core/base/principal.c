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
access_parse(const char *name, enum access *access)
{
	for (int i = 0; access_names[i] != NULL; i++)
		if (strcmp(access_names[i], name) == 0) {
			*access = (enum access)i;
			return true;
		}
	return false;
}

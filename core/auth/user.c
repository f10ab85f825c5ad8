/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/user.h"

#include <string.h>

#include "base/principal.h"

bool
user_name_valid(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len >= PRINCIPAL_NAME_MAX || strcmp(name, PRINCIPAL_LOCAL) == 0)
		return false;
	for (size_t i = 0; i < len; i++)
		if (name[i] < 0x20 || name[i] > 0x7e || name[i] == ',')
			return false;
	return true;
}

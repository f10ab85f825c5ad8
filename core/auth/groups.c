/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/groups.h"

#include <string.h>

#include "config/config.h"

bool
groups_add(const struct config *config, const char *name, size_t len, struct principal *principal)
{
	const char *known = config_group(config, name, len);

	if (known == NULL || principal_in_group(principal, known))
		return true;
	if (principal->n_groups == PRINCIPAL_GROUPS_MAX)
		return false;
	principal->groups[principal->n_groups++] = known;
	return true;
}

bool
groups_add_list(const struct config *config, const char *names, struct principal *principal)
{
	while (*names != '\0') {
		size_t len = strcspn(names, ","), start = strspn(names, " \t"), end = len;

		while (end > start && (names[end - 1] == ' ' || names[end - 1] == '\t'))
			end--;
		if (start < end && !groups_add(config, names + start, end - start, principal))
			return false;
		names += len;
		names += *names == ',';
	}
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/principal.h"

#include <stddef.h>

const char *const access_names[] = { "none", "read", "write", "admin", NULL };

const char *
access_name(enum access access)
{
	return access_names[access];
}

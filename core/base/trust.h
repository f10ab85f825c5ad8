/* SPDX-License-Identifier: Apache-2.0 */
/* Which users can change a file that this process trusts, and how to make folders that no other
 * user can read. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_TRUST_H
#define CORE_BASE_TRUST_H

#include <stdbool.h>
#include <sys/stat.h>

/* Can any user except root and the owner write to it? Looks up the owner and the group. Any
 * thread. */
bool others_write(const struct stat *stat);
/* Makes the folders of the part before the last slash, like mkdir -p, accessible only for this
 * user. False with errno. */
bool make_private_parents(const char *path);

#endif

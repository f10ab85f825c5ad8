/* SPDX-License-Identifier: Apache-2.0 */
/* Who can change a file that this process trusts. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_TRUST_H
#define CORE_BASE_TRUST_H

#include <stdbool.h>
#include <sys/stat.h>

/* May anybody except root and the owner write to it? Looks up the owner and the group. Any
 * thread. */
bool others_write(const struct stat *stat);

#endif

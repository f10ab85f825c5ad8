/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_NEAREST_H
#define CORE_BASE_NEAREST_H

#include <stddef.h>

/* Of `n` names the one that is most similar to `name`, or NULL when none is similar enough. */
const char *nearest_name(const char *name, const char *const *names, size_t n);
/* The number of edits that turn one name into the other; case and separators do not count. */
size_t nearest_edits(const char *a, const char *b);

#endif

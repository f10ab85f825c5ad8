/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns in which `*` is any text, also an empty one. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_GLOB_H
#define CORE_BASE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/* Does the whole of `len` bytes at `text` match? The time is bounded by the product of both
 * lengths. */
bool glob_matches(const char *pattern, const char *text, size_t len);
/* The same, where capital and small ASCII letters are equal. */
bool glob_matches_any_case(const char *pattern, const char *text, size_t len);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Small allocations end the program when there is no memory, because it cannot continue. Memory
 * whose size depends on a peer must use struct buf, which has a cap and reports a failure. */
#ifndef LAKEHOST_SDK_BASE_MEM_H
#define LAKEHOST_SDK_BASE_MEM_H

#include <stddef.h>

#include "memory_gone.h"

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1)));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1, 2)));
void *xrealloc(void *old, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *text, size_t len) __attribute__((malloc, returns_nonnull));
/* A copy of `len` bytes, aligned for any object. */
void *xmemdup(const void *data, size_t len) __attribute__((malloc, returns_nonnull, alloc_size(2)));
char *xprintf(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));
/* Overwrites memory and frees it. NULL is allowed. Use this for everything secret. */
void secret_free(char *text);

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif

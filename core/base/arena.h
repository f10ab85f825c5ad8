/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of one step of a call: single allocations that are freed together. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_ARENA_H
#define CORE_BASE_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);  /* runs the deferred functions, newest first */
void arena_reset(struct arena *arena); /* frees everything; the arena is then ready for the next
				        * step */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull)); /* zeroed */
char *arena_strndup(struct arena *arena, const char *text, size_t len)
    __attribute__((returns_nonnull));
void arena_defer(struct arena *arena, void (*fn)(void *data), void *data);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of one step of a call: chunks that are freed together. Deferred functions run just before
 * that. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

/* With AddressSanitizer every allocation is separate, so that it detects each overflow. */
#if defined(__SANITIZE_ADDRESS__)
#define CHUNK_MIN 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CHUNK_MIN 0
#endif
#endif
#ifndef CHUNK_MIN
#define CHUNK_MIN 2048
#endif
#define CHUNK_MAX 65536

struct chunk {
	struct chunk *next;
	size_t used, room;
	alignas(max_align_t) unsigned char data[];
};

struct deferred {
	struct deferred *next;
	void (*fn)(void *data);
	void *data;
};

struct arena {
	struct chunk *chunks; /* the newest chunk is first; allocations come from it */
	struct deferred *deferred;
	size_t next_room;
	bool ending; /* the deferred functions run */
};

struct arena *
arena_new(void)
{
	struct arena *arena = xcalloc(1, sizeof(*arena));

	arena->next_room = CHUNK_MIN;
	return arena;
}

static void
run_deferred(struct arena *arena)
{
	/* a deferred function must not free memory that the other ones still use */
	CHECK(!arena->ending);
	arena->ending = true;
	while (arena->deferred != NULL) {
		struct deferred *deferred = arena->deferred;

		arena->deferred = deferred->next;
		deferred->fn(deferred->data);
	}
	arena->ending = false;
}

static void
free_chunks(struct arena *arena)
{
	while (arena->chunks != NULL) {
		struct chunk *chunk = arena->chunks;

		arena->chunks = chunk->next;
		free(chunk);
	}
}

void
arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	run_deferred(arena);
	free_chunks(arena);
	free(arena);
}

/* Keeps no chunk: many calls wait between two steps, for hours. */
void
arena_reset(struct arena *arena)
{
	run_deferred(arena);
	free_chunks(arena);
	arena->next_room = CHUNK_MIN;
}

static struct chunk *
add_chunk(struct arena *arena, size_t size)
{
	bool large = size > arena->next_room;
	size_t room = large ? size : arena->next_room;
	struct chunk *chunk = xcalloc(1, sizeof(*chunk) + room);

	chunk->room = room;
	/* an arena that is full from the start: the current chunk stays first */
	if (large && arena->chunks != NULL) {
		chunk->next = arena->chunks->next;
		arena->chunks->next = chunk;
		return chunk;
	}
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	if (!large && arena->next_room < CHUNK_MAX)
		arena->next_room *= 2;
	return chunk;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	struct chunk *chunk = arena->chunks;
	void *memory;

	if (size == 0)
		size = 1;
	if (size > SIZE_MAX / 2)
		memory_gone();
	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (chunk == NULL || size > chunk->room - chunk->used)
		chunk = add_chunk(arena, size);
	CHECK(chunk->used <= chunk->room && size <= chunk->room - chunk->used);
	memory = chunk->data + chunk->used;
	chunk->used += size;
	return memory;
}

char *
arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_alloc(arena, len + 1);

	if (len > 0)
		memcpy(copy, text, len);
	return copy;
}

void
arena_defer(struct arena *arena, void (*fn)(void *data), void *data)
{
	struct deferred *deferred = arena_alloc(arena, sizeof(*deferred));

	*deferred = (struct deferred){ .next = arena->deferred, .fn = fn, .data = data };
	arena->deferred = deferred;
}

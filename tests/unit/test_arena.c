/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of arenas: memory is zeroed and aligned, has any size, and deferred functions run newest
 * first. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#include "child.h"
#include "suite.h"

static char trail[16];

static void
note(void *data)
{
	strcat(trail, data);
}

static bool
all_zero(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != 0)
			return false;
	return true;
}

static void
memory_is_zeroed_and_aligned_in_each_round(void)
{
	struct arena *arena = arena_new();

	for (int round = 0; round < 3; round++) {
		for (size_t size = 0; size < 300000; size = size * 2 + 1) {
			unsigned char *p = arena_alloc(arena, size);

			CU_ASSERT((uintptr_t)p % alignof(max_align_t) == 0);
			CU_ASSERT(all_zero(p, size));
			memset(p, 0xAA, size);
		}
		arena_reset(arena);
	}
	arena_free(arena);
}

static void
allocations_do_not_overlap(void)
{
	struct arena *arena = arena_new();
	unsigned char *list[500];

	for (int i = 0; i < 500; i++) {
		list[i] = arena_alloc(arena, (size_t)i + 1);
		memset(list[i], i & 0xFF, (size_t)i + 1);
	}
	for (int i = 0; i < 500; i++)
		CU_ASSERT(list[i][0] == (i & 0xFF) && list[i][i] == (i & 0xFF));
	arena_free(arena);
}

static void
deferred_run_newest_first(void)
{
	struct arena *arena = arena_new();
	char a[] = "a", b[] = "b", c[] = "c";

	trail[0] = '\0';
	arena_defer(arena, note, a);
	arena_defer(arena, note, b);
	arena_reset(arena);
	ASSERT_STR(trail, "ba");
	arena_defer(arena, note, c);
	arena_free(arena);
	ASSERT_STR(trail, "bac");
	arena_free(NULL);
}

static void
strings_are_copied_whole(void)
{
	struct arena *arena = arena_new();
	char text[1000];

	ASSERT_STR(arena_strndup(arena, "hello", 4), "hell");
	ASSERT_STR(arena_strndup(arena, NULL, 0), "");
	memset(text, 'y', sizeof(text));
	for (size_t len = 250; len < 260; len++)
		ASSERT_INT(strlen(arena_strndup(arena, text, len)), len);
	ASSERT_INT(strlen(arena_strndup(arena, text, sizeof(text))), sizeof(text));
	arena_free(arena);
}

static void
reset_it(void *arena)
{
	arena_reset(arena);
}

static void
reset_within_the_end(void)
{
	struct arena *arena = arena_new();

	arena_defer(arena, reset_it, arena);
	arena_free(arena);
}

static void
an_end_within_the_end_is_a_mistake(void)
{
	CU_ASSERT(child_aborts(reset_within_the_end));
	CU_ASSERT(strstr(child_output(), "core/base/arena.c:") != NULL);
}

static const struct test tests[] = {
	TEST(an_end_within_the_end_is_a_mistake), TEST(memory_is_zeroed_and_aligned_in_each_round),
	TEST(allocations_do_not_overlap),	  TEST(deferred_run_newest_first),
	TEST(strings_are_copied_whole),
};
SUITE(tests)

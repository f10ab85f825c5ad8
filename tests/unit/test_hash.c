/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the hash table: it finds exactly the entries that were added, while it grows and
 * shrinks. */
#include "base/hash.h"

#include <stdlib.h>

#include "child.h"
#include "suite.h"

#define MANY 5000

static struct hash table;
static struct hash_link links[MANY];

static uint64_t
hash_of_number(size_t i)
{
	return hash_of(NULL, &i, sizeof(i));
}

static void
add_number(size_t i)
{
	links[i].owner = &links[i];
	hash_add(&table, &links[i], hash_of_number(i));
}

static bool
has_number(size_t i)
{
	const struct hash_link *link = hash_find(&table, hash_of_number(i));

	while (link != NULL && link != &links[i])
		link = hash_next(link);
	return link != NULL;
}

static void
finds_what_is_there(void)
{
	size_t wrong = 0;

	CU_ASSERT(!has_number(0));
	for (size_t i = 0; i < MANY; i++)
		add_number(i);
	ASSERT_INT(table.count, MANY);
	for (size_t i = 0; i < MANY; i += 2)
		hash_remove(&table, &links[i]);
	for (size_t i = 0; i < MANY; i++)
		wrong += has_number(i) != (i % 2 == 1);
	ASSERT_INT(wrong, 0);
	for (size_t i = 1; i < MANY; i += 2)
		hash_remove(&table, &links[i]);
	ASSERT_INT(table.count, 0);
	CU_ASSERT(table.size <= 16);
	hash_fini(&table);
	CU_ASSERT(table.bucket == NULL && !has_number(1));
}

/* The size of the table depends on the number of its entries, and not on the number of all entries
 * that were ever added. */
static void
keeps_its_size(void)
{
	for (size_t i = 0; i < 100; i++)
		add_number(i);
	for (size_t i = 100; i < MANY; i++) {
		add_number(i);
		hash_remove(&table, &links[i - 100]);
	}
	CU_ASSERT(table.size <= 256);
	for (size_t i = MANY - 100; i < MANY; i++)
		hash_remove(&table, &links[i]);
	hash_fini(&table);
}

/* Of entries with equal hashes the latest comes first, even after the table has grown. */
static void
equal_hashes(void)
{
	const struct hash_link *link;

	for (size_t i = 0; i < 40; i++)
		hash_add(&table, &links[i], i % 2);
	link = hash_find(&table, 1);
	for (size_t i = 39; link != NULL; i -= 2) {
		CU_ASSERT(link == &links[i]);
		link = hash_next(link);
		CU_ASSERT((link == NULL) == (i == 1));
	}
	CU_ASSERT(hash_find(&table, 2) == NULL);
	for (size_t i = 0; i < 40; i++)
		hash_remove(&table, &links[i]);
	hash_fini(&table);
}

static void
keys_and_scopes(void)
{
	const char text[] = "0123456789abcdef";

	for (size_t len = 0; len < sizeof(text); len++)
		CU_ASSERT(hash_of(NULL, text, len) != hash_of(NULL, text, len + 1));
	CU_ASSERT(hash_of(NULL, text, 9) == hash_of(NULL, "012345678", 9));
	CU_ASSERT(hash_of(NULL, "a\0b", 3) != hash_of(NULL, "a\0c", 3));
	CU_ASSERT(hash_of(&table, text, 9) != hash_of(NULL, text, 9));
}

static void
remove_a_stranger(void)
{
	hash_add(&table, &links[0], 1);
	links[1].hash = 1;
	hash_remove(&table, &links[1]);
}

static void
remove_from_nothing(void)
{
	hash_remove(&table, &links[0]);
}

static void
forget_a_link(void)
{
	hash_add(&table, &links[0], 1);
	hash_fini(&table);
}

static void
mistakes_end_the_process(void)
{
	CU_ASSERT(child_aborts(remove_a_stranger));
	CU_ASSERT(child_aborts(remove_from_nothing));
	CU_ASSERT(child_aborts(forget_a_link));
}

static const struct test tests[] = {
	TEST(finds_what_is_there), TEST(keeps_its_size),	   TEST(equal_hashes),
	TEST(keys_and_scopes),	   TEST(mistakes_end_the_process),
};
SUITE(tests)

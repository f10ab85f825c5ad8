/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns, and the allow-lists of objects. */
#include "base/fence.h"
#include "base/glob.h"
#include "base/mem.h"
#include "suite.h"

static bool
glob(const char *pattern, const char *text)
{
	return glob_matches(pattern, text, strlen(text));
}

static void
patterns(void)
{
	CU_ASSERT(glob("", "") && glob("*", "") && glob("*", "abc") && glob("a*", "a"));
	CU_ASSERT(glob("a*c", "abbc") && glob("*b*", "abc") && glob("a**c", "ac"));
	CU_ASSERT(glob("*ab", "aab") && glob("*aab", "aaab") && glob("a*b*c", "axbxbxc"));
	CU_ASSERT(!glob("", "a") && !glob("a", "") && !glob("a*c", "acb") && !glob("ab", "abc"));
	CU_ASSERT(!glob("A", "a") && glob_matches_any_case("A*", "ab", 2));
	CU_ASSERT(!glob_matches("a", "a\0b", 3)); /* all bytes count */
}

/* A pattern of many stars on a long text must not take long: it takes a product, not a power. */
static void
many_stars(void)
{
	static char pattern[401], text[20001];

	for (size_t i = 0; i < 400; i += 2)
		memcpy(pattern + i, "*a", 2);
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 2] = 'b';
	CU_ASSERT(!glob(pattern, text));
}

static bool
allows(enum fence_kind kind, const char *entries, const char *value)
{
	static const char *list[8];
	static char room[512];
	struct fence fence = { .lists = { 0 } };
	size_t n = 0;

	snprintf(room, sizeof(room), "%s", entries);
	for (char *at = strtok(room, " "); at != NULL; at = strtok(NULL, " "))
		list[n++] = at;
	fence.list[kind][0] = (struct fence_list){ list, n, "t.conf:1" };
	fence.lists[kind] = 1;
	return fence_refuses(&fence, kind, value, strlen(value)) == NULL;
}

static void
values(void)
{
	CU_ASSERT(allows(FENCE_CATALOG, "main dev_*", "main"));
	CU_ASSERT(allows(FENCE_CATALOG, "main dev_*", "MAIN"));
	CU_ASSERT(allows(FENCE_CATALOG, "main dev_*", "dev_ann"));
	CU_ASSERT(!allows(FENCE_CATALOG, "main dev_*", "main2"));
	CU_ASSERT(allows(FENCE_SCHEMA, "main.sales", "Main.Sales"));
	CU_ASSERT(!allows(FENCE_SCHEMA, "main.sales", "main.hr"));
	CU_ASSERT(allows(FENCE_SCHEMA, "main.sales", "main")); /* lists its schemas */
	CU_ASSERT(!allows(FENCE_SCHEMA, "main.sales", "other"));
	CU_ASSERT(allows(FENCE_JOB, "12", "12") && !allows(FENCE_JOB, "12", "123"));
	CU_ASSERT(!allows(FENCE_JOB, "1*", "")); /* a new one */
	CU_ASSERT(allows(FENCE_JOB, "*", ""));
	CU_ASSERT(!allows(FENCE_SECRET_SCOPE, "app", "App")); /* secret scopes have a case */
}

static void
paths(void)
{
	static const char list[] = "/Shared/reports /Volumes/main/sales /Users/*/public dbfs:/tmp";

	CU_ASSERT(allows(FENCE_PATH, list, "/Shared/reports"));
	CU_ASSERT(allows(FENCE_PATH, list, "/Shared/reports/"));
	CU_ASSERT(allows(FENCE_PATH, list, "/Shared/reports/a/b"));
	CU_ASSERT(allows(FENCE_PATH, list, "/Workspace/Shared/reports/a"));
	CU_ASSERT(allows(FENCE_PATH, list, "/Users/ann/public/x"));
	CU_ASSERT(allows(FENCE_PATH, list, "/dbfs/tmp/x") && allows(FENCE_PATH, list, "dbfs:/tmp"));
	CU_ASSERT(!allows(FENCE_PATH, list, "/Shared"));
	CU_ASSERT(!allows(FENCE_PATH, list, "/"));
	CU_ASSERT(!allows(FENCE_PATH, list, "/Shared/reports2"));
	CU_ASSERT(!allows(FENCE_PATH, list, "/tmp"));
	CU_ASSERT(!allows(FENCE_PATH, list, "/Shared/reports/../x"));
	CU_ASSERT(!allows(FENCE_PATH, list, "/Shared//reports"));
	CU_ASSERT(!allows(FENCE_PATH, list, "/Shared/reports/./x"));
	CU_ASSERT(!allows(FENCE_PATH, list, "Shared/reports"));
	CU_ASSERT(!allows(FENCE_PATH, list, ""));
	CU_ASSERT(allows(FENCE_PATH, "*", "/anything") && allows(FENCE_PATH, "/", "/any"));
}

/* A path below /Volumes names a catalog and a schema too. */
static void
volumes(void)
{
	static const char *const catalogs[] = { "main" };
	static const char *const schemas[] = { "main.sales" };
	struct fence fence = { .lists = { 0 } };
	enum fence_kind kind;

	CU_ASSERT(fence_refuses_path(&fence, "/Volumes/x/../y", 15, &kind) == NULL); /* no list */
	fence.list[FENCE_CATALOG][0] = (struct fence_list){ catalogs, 1, "t.conf:1" };
	fence.lists[FENCE_CATALOG] = 1;
	CU_ASSERT(fence_refuses_path(&fence, "/Volumes/main/a/b", 17, &kind) == NULL);
	CU_ASSERT(fence_refuses_path(&fence, "/Shared", 7, &kind) == NULL);
	CU_ASSERT(fence_refuses_path(&fence, "/Volumes/other/a", 16, &kind) != NULL);
	ASSERT_INT(kind, FENCE_CATALOG);
	CU_ASSERT(fence_refuses_path(&fence, "dbfs:/Volumes/other/a", 21, &kind) != NULL);
	CU_ASSERT(fence_refuses_path(&fence, "/dbfs/Volumes/other/a", 21, &kind) != NULL);
	CU_ASSERT(fence_refuses_path(&fence, "/Volumes/main/../other", 22, &kind) != NULL);
	fence.list[FENCE_SCHEMA][0] = (struct fence_list){ schemas, 1, "t.conf:2" };
	fence.lists[FENCE_SCHEMA] = 1;
	CU_ASSERT(fence_refuses_path(&fence, "/Volumes/main/sales/v/x", 23, &kind) == NULL);
	CU_ASSERT(fence_refuses_path(&fence, "/Volumes/main", 13, &kind) == NULL);
	CU_ASSERT(fence_refuses_path(&fence, "/Volumes/main/hr/v", 18, &kind) != NULL);
	ASSERT_INT(kind, FENCE_SCHEMA);
}

static const struct test tests[] = { TEST(patterns), TEST(many_stars), TEST(values), TEST(paths),
				     TEST(volumes) };
SUITE(tests)

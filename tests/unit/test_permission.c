/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of lists of permissions, "METHOD /path": which requests they allow, and which lists are
 * valid. */
#include "config/permission.h"

#include "config/text.h"
#include "suite.h"

static bool
allows(const char *permission, const char *method, const char *path)
{
	struct strings list = { .item = (char *[]){ (char *)"GET /elsewhere", (char *)permission },
				.count = 2 };

	return permission_allows(&list, method, path);
}

static void
whole_paths(void)
{
	CU_ASSERT(allows("GET /api/2.1/clusters/list", "GET", "/api/2.1/clusters/list"));
	CU_ASSERT(!allows("GET /api/2.1/clusters/list", "POST", "/api/2.1/clusters/list"));
	CU_ASSERT(!allows("GET /api/2.1/clusters/list", "GET", "/api/2.1/clusters/List"));
	CU_ASSERT(!allows("GET /api/2.1/clusters/list", "GET", "/api/2.1/clusters/list2"));
	CU_ASSERT(!allows("GET /api/2.1/clusters/list", "GET", "/api/2.1/clusters"));
	CU_ASSERT(!allows("GET /api/2.1/clusters/list", "GET", "/api/2.1/clusters/list/x"));
	CU_ASSERT(!allows("GET /api/2.1/clusters/list", "GET", "/api/2.1/clusters/%6cist"));
	CU_ASSERT(!allows("GET /a", "GE", "/a"));
	CU_ASSERT(!allows("GET /a", "GET", ""));
	CU_ASSERT(!allows("GET /a", "GET", "a"));
	CU_ASSERT(!permission_allows(NULL, "GET", "/a"));
	CU_ASSERT(!permission_allows(&(struct strings){ 0 }, "GET", "/a"));
}

static void
stars(void)
{
	CU_ASSERT(allows("GET /api/*", "GET", "/api/x"));
	CU_ASSERT(allows("GET /api/*", "GET", "/api/x/y/z"));
	CU_ASSERT(!allows("GET /api/*", "GET", "/api"));
	CU_ASSERT(!allows("GET /api/*", "GET", "/api/"));
	CU_ASSERT(!allows("GET /api/*", "GET", "/apix/y"));
	CU_ASSERT(allows("GET /a/*/c", "GET", "/a/b/c"));
	CU_ASSERT(!allows("GET /a/*/c", "GET", "/a/b/b/c"));
	CU_ASSERT(!allows("GET /a/*/c", "GET", "/a//c"));
	CU_ASSERT(!allows("GET /a/*/c", "GET", "/a/c"));
	CU_ASSERT(allows("GET /a/*/c/*", "GET", "/a/%2F/c/d/e"));
	CU_ASSERT(allows("GET /*", "GET", "/anything"));
}

/* When a plugin is loaded the paths of request templates are checked before values are filled
 * in. */
static void
templates(void)
{
	CU_ASSERT(allows("GET /a/*/c", "GET", "/a/{id}/c"));
	CU_ASSERT(!allows("GET /a/b/c", "GET", "/a/{id}/c"));
	CU_ASSERT(allows("GET /a/list", "GET", "/a/list{?page,size}"));
	CU_ASSERT(allows("GET /a/list", "GET", "/a/list?x=1{&page}"));
	CU_ASSERT(allows("GET /fs/files/*", "GET", "/fs/files{+path}"));
	CU_ASSERT(!allows("GET /fs/files/*/x", "GET", "/fs/files{+path}/x"));
	CU_ASSERT(!allows("GET /fs/files", "GET", "/fs/files{+path}"));
	CU_ASSERT(allows("GET /fs/*", "GET", "/fs/files{+path}{?o}"));
}

static void
links(void)
{
	struct strings list = { 0 };

	strings_add(&list, "GET /*");
	CU_ASSERT(!permission_allows_link(&list, "GET"));
	strings_add(&list, "GET link");
	CU_ASSERT(permission_allows_link(&list, "GET"));
	CU_ASSERT(!permission_allows_link(&list, "PUT"));
	CU_ASSERT(!permission_allows_link(&list, "GE"));
	CU_ASSERT(!permission_allows_link(NULL, "GET"));
	CU_ASSERT(!permission_allows(&list, "PUT", "/link"));
	strings_fini(&list);
}

static void
well_formed(void)
{
	static const char *const good[] = { "GET /a/b",		 "GET /a",
					    "POST /a/*",	 "DELETE /a/*/b",
					    "HEAD /a-b_c.d/%20", "PATCH /api/2.1/x",
					    "PUT /a/..b",	 "GET link" };
	static const char *const bad[] = { "",		"GET",	      "GET ",	   "GET a",
					   "get /a",	"FETCH /a",   "GET  /a",   "GET /a//b",
					   "GET /a/",	"GET /a/./b", "GET /../b", "GET /a*",
					   "GET /a/**", "GET /a?b",   "GET /a b",  "GET /{x}",
					   "GET /a\\b", "* /a",	      "link",	   "GET links" };

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		ASSERT_STR(permission_check(good[i]), NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (permission_check(bad[i]) == NULL)
			printf("\n    \"%s\" should be refused", bad[i]);
		CU_ASSERT(permission_check(bad[i]) != NULL);
	}
}

static const struct test tests[] = { TEST(whole_paths), TEST(stars), TEST(templates),
				     TEST(well_formed), TEST(links) };
SUITE(tests)

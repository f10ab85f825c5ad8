/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of Git folders on the fake host. */
#include <lakehost/fakehost.h>

#include "suite.h"
#include "test_workspace.h"

/* ---- Git folders ---------------------------------------------------------------------------- */

#define REPOS(prefix) "GET /api/2.0/repos?path_prefix=%2F" prefix
#define TOP "GET /api/2.0/workspace/list?path=%2F"
#define GONE "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\",\"message\":\"gone\"}"

static void
some_repos(struct fakehost *host)
{
	fakehost_reply(host, TOP, 200,
		       "{\"objects\":[{\"object_type\":\"DIRECTORY\",\"path\":"
		       "\"/Users\"},{\"object_type\":\"NOTEBOOK\",\"path\":\"/nb\"},5,"
		       "{\"object_type\":\"DIRECTORY\",\"path\":\"/Repos\"},"
		       "{\"object_type\":\"DIRECTORY\",\"path\":\"/M\xc3\xbcller\"}]}");
	fakehost_reply(host, REPOS("Repos"), 200,
		       "{\"next_page_token\":\"N\",\"repos\":["
		       "{\"id\":1,\"path\":\"/Repos/a/app\",\"branch\":\"main\","
		       "\"head_commit_id\":\"abc\","
		       "\"url\":\"https://g/app\"},{\"id\":2,\"path\":\"/Repos/a/lib\"}]}");
	fakehost_reply(host, REPOS("Repos&next_page_token=N"), 200,
		       "{\"repos\":["
		       "{\"id\":3,\"path\":\"/Repos/b/app\"}]}");
	fakehost_reply(
	    host, REPOS("Users"), 200,
	    "{\"repos\":["
	    "{\"id\":4,\"path\":\"/Users/c/forecast\"},{\"id\":5,\"path\":\"/Users2/x\"}]}");
	fakehost_reply(host, REPOS("M%C3%BCller"), 403, "{\"error_code\":\"PERMISSION_DENIED\"}");
}

static void
repos_are_listed(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	some_repos(host);
	result = fakehost_tool(host, "list_repos", "{}");
	has(result->text, "1\t/Repos/a/app\tmain\tabc\thttps://g/app\n2\t/Repos/a/lib\t-\t-\t-\n"
			  "3\t/Repos/b/app\t-\t-\t-\n4\t/Users/c/forecast\t-\t-\t-\n4 repos.\n"
			  "1 top folder could not be searched");
	lacks(fakehost_tool(host, "list_repos", "{\"name_filter\":\"APP\"}")->text, "/lib");
	/* Rows that do not fit: the next call begins after the rows that were shown. */
	fakehost_results(host, 3, 3000, 200, NULL);
	result = fakehost_tool(host, "list_repos", "{\"path_prefix\":\"/\"}");
	has(result->text, "Next: list_repos path_prefix=/ page_token=3,6,/Repos");
	result = fakehost_tool(host, "list_repos", "{\"page_token\":\"3,6,/Repos\"}");
	has(result->text, "remote\n4\t/Users/c/forecast");
	result = fakehost_tool(host, "list_repos", "{\"page_token\":\"0,6,/ReposN\"}");
	has(result->text, "remote\n3\t/Repos/b/app\t-\t-\t-\n4\t/Users");
	result = fakehost_tool(host, "list_repos", "{\"page_token\":\"0,6,/Users\"}");
	has(result->text, "remote\n4\t/Users/c/forecast");
	ASSERT_INT(fakehost_tool(host, "list_repos",
				 "{\"page_token\":"
				 "\"x\"}")
		       ->status,
		   MCP_E_INPUT);
	ASSERT_INT(fakehost_tool(host, "list_repos", "{\"page_token\":\"1,99,/a\"}")->status,
		   MCP_E_INPUT);
	fakehost_reset(host);
	fakehost_reply(host, REPOS("Repos%2Fz"), 200, "{}");
	has(fakehost_tool(host, "list_repos", "{\"path_prefix\":\"/Repos/z\"}")->text, "0 repos.");
	/* When the top folders cannot be listed, the usual folders are searched for Git folders. */
	fakehost_reply(host, TOP, 403, "{}");
	fakehost_reply(host, REPOS("Repos"), 200, "{}");
	fakehost_reply(host, REPOS("Users"), 200, "{\"repos\":[5,null]}");
	fakehost_reply(host, REPOS("Shared"), 200,
		       "{\"repos\":[{\"id\":9,\"path\":\"/Shared/m\"}],"
		       "\"next_page_token\":\"same\"}");
	fakehost_reply(host, REPOS("Shared&next_page_token=same"), 200,
		       "{\"next_page_token\":\"same\"}");
	has(fakehost_tool(host, "list_repos", "{}")->text, "9\t/Shared/m\t-\t-\t-\n1 repo.");
	fakehost_reply(host, REPOS("Repos%2Fy"), 200, "{\"repos\":\"x\"}");
	ASSERT_INT(fakehost_tool(host, "list_repos", "{\"path_prefix\":\"/Repos/y\"}")->status,
		   MCP_E_UPSTREAM);
	fakehost_free(host);
}

static void
a_repo_is_shown(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	some_repos(host);
	fakehost_reply(host, "GET /api/2.0/workspace/get-status?path=%2FRepos%2Fa%2Fapp", 200,
		       "{\"object_type\":\"REPO\",\"path\":\"/Repos/a/app\",\"object_id\":1}");
	fakehost_reply(host, "GET /api/2.0/workspace/get-status?path=%2FRepos%2Fa", 200,
		       "{\"object_type\":\"DIRECTORY\"}");
	fakehost_reply(host, "GET /api/2.0/workspace/get-status?path=%2FRepos%2Fa%2Fap", 404, GONE);
	fakehost_reply(host, "GET /api/2.0/repos/1", 200,
		       "{\"id\":1,\"path\":\"/Repos/a/app\","
		       "\"branch\":\"main\",\"provider\":\"gitHub\"}");
	fakehost_reply(host, "GET /api/2.0/repos/4", 200,
		       "{\"id\":4,\"path\":"
		       "\"/Users/c/forecast\",\"branch\":5}");
	result = fakehost_tool(host, "get_repo_status", "{\"repo_id\":\"/Repos/a/app\"}");
	ASSERT_STR(result->text, "repo_id: 1\npath: /Repos/a/app\nbranch: main\nprovider: gitHub\n"
				 "url: https://workspace.example.com/#workspace/Repos/a/app");
	has(result->structured, "\"id\":\"1\"");
	has(fakehost_tool(host, "get_repo_status", "{\"repo_id\":\"forecast\"}")->text,
	    "path: /Users/c/forecast");
	has(fakehost_tool(host, "get_repo_status", "{\"repo_id\":\"forecast\"}")->structured,
	    "\"branch\":\"5\"");
	has(fakehost_tool(host, "get_repo_status", "{\"repo_id\":\"a/app\"}")->text, "repo_id: 1");
	result = fakehost_tool(host, "get_repo_status", "{\"repo_id\":\"app\"}");
	ASSERT_STR(result->what, "2 Git folders have the name \"app\".");
	has(result->why, "/Repos/a/app, /Repos/b/app");
	has(fakehost_tool(host, "get_repo_status", "{\"repo_id\":\"/Repos/a\"}")->why,
	    "It is a DIRECTORY.");
	fakehost_reply(host, "GET /api/2.0/repos/9", 404, GONE);
	result = fakehost_tool(host, "get_repo_status", "{\"repo_id\":\"9\"}");
	ASSERT_INT(result->status, MCP_E_NOT_FOUND);
	fakehost_reply(host, "GET /api/2.0/repos/8", 403, "{\"error_code\":\"PERMISSION_DENIED\"}");
	has(fakehost_tool(host, "get_repo_status", "{\"repo_id\":\"8\"}")->next, "Git folder");
	has(fakehost_tool(host, "get_repo_status", "{\"repo_id\":\"/Repos/a/ap\"}")->next,
	    "Did you mean: /Repos/a/app");
	has(fakehost_tool(host, "get_repo_status", "{\"repo_id\":\"forecasts\"}")->next,
	    "Did you mean: forecast?");
	fakehost_reply(host, "GET /api/2.0/repos", 200, "{\"repos\":[{\"id\":1}]}");
	ASSERT_STR(fakehost_complete(host, "databricks://repos/{repo_id} repo_id",
				     "{\"value\":\"1\"}")
		       ->completion,
		   "[\"1\"]");
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(repos_are_listed),
	TEST(a_repo_is_shown),
};
SUITE(tests)

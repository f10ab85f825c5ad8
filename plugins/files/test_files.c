/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the plugin files on the fake host: paths, lists, facts, completion. */
#include "test_files.h"

#define UC "/api/2.1/unity-catalog"

/* ---- paths ----------------------------------------------------------------------------------- */

static void
paths_lead_to_their_store(void)
{
	static const char *const cases[][2] = {
		{ V "/a.csv", "HEAD " FILES "/a.csv" },
		{ "dbfs:" V "/a.csv", "HEAD " FILES "/a.csv" },
		{ "/dbfs" V "/a.csv", "HEAD " FILES "/a.csv" },
		{ "//volumes//main/default/landing///a.csv/", "HEAD " FILES "/a.csv" },
		{ V "/x=a%2Fb", "HEAD " FILES "/x%3Da%252Fb" },
		{ V "/a b?#\\u00e9&", "HEAD " FILES "/a%20b%3F%23%C3%A9%26" },
		{ V "/...", "HEAD " FILES "/..." },
		{ "/Workspace/Users/me/x", "GET " WORKSPACE "/get-status?path=%2FUsers%2Fme%2Fx" },
		{ "/workspace", "GET " WORKSPACE "/get-status?path=%2F" },
		{ "/Users/me", "GET " WORKSPACE "/get-status?path=%2FUsers%2Fme" },
		{ "/Repos/r", "GET " WORKSPACE "/get-status?path=%2FRepos%2Fr" },
		{ "/Shared", "GET " WORKSPACE "/get-status?path=%2FShared" },
		{ "/Userspace", "GET " DBFS "/get-status?path=%2FUserspace" },
		{ "dbfs:/Users/me", "GET " DBFS "/get-status?path=%2FUsers%2Fme" },
		{ "DBFS:/Workspace", "GET " DBFS "/get-status?path=%2FWorkspace" },
		{ "/dbfs/tmp/a", "GET " DBFS "/get-status?path=%2Ftmp%2Fa" },
		{ "/dbfs", "GET " DBFS "/get-status?path=%2F" },
		{ "/", "GET " DBFS "/get-status?path=%2F" },
		{ "/mnt/x?path=/a", "GET " DBFS "/get-status?path=%2Fmnt%2Fx%3Fpath%3D%2Fa" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);
		char arguments[512];

		fakehost_reply(host, "HEAD *", 404, "");
		fakehost_reply(host, "GET *", 404, NOT_FOUND);
		snprintf(arguments, sizeof(arguments), "{\"path\":\"%s\"}", cases[i][0]);
		fakehost_tool(host, "get_file_info", arguments);
		ASSERT_STR(asked(host, 0), cases[i][1]);
		fakehost_free(host);
	}
}

/* With an invalid path no tool sends a request. */
static void
unsafe_paths_are_refused(void)
{
	static const char *const paths[] = {
		"",
		"a",
		"Volumes/main",
		"dbfs:",
		"dbfs:tmp",
		"s3://bucket/a",
		"file:/etc/passwd",
		"/..",
		"/a/../b",
		"/a/./b",
		V "/..",
		V "/../../../../../api/2.0/clusters/list",
		V "/%2e%2e/x",
		V "/.%2E/x",
		V "/%2E",
		V "/a\\u0000/../b",
		V "/a\\nb",
		V "/a\\u007f",
		V "/a%00b",
		"/Users/../x",
		"dbfs:/../x",
	};
	static const char *const tools[] = { "list_files", "get_file_info", "read_file",
					     "write_file", "delete_file",   "create_directory" };
	struct fakehost *host = fakehost_new(&mcp_plugin);

	for (size_t i = 0; i < COUNT(paths); i++) {
		for (size_t k = 0; k < COUNT(tools); k++) {
			const struct fakehost_result *result;
			char arguments[512];

			snprintf(arguments, sizeof(arguments),
				 "{\"path\":\"%s\",\"content\":\"x\",\"recursive\":true}",
				 paths[i]);
			result = fakehost_tool(host, tools[k], arguments);
			ASSERT_INT(result->status, MCP_E_INPUT);
			ASSERT_INT(fakehost_requests(host), 0);
		}
	}
	fakehost_free(host);
}

static void
names_have_a_limit(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const size_t most = 2048 - strlen(V "/"), lengths[] = { most, most + 1, 4096 };
	char arguments[5000] = "{\"path\":\"" V "/";
	size_t start = strlen(arguments);

	fakehost_reply(host, "HEAD *", 404, "");
	for (size_t i = 0; i < COUNT(lengths); i++) {
		memset(arguments + start, 'n', lengths[i]);
		strcpy(arguments + start + lengths[i], "\"}");
		ASSERT_INT(fakehost_tool(host, "get_file_info", arguments)->status,
			   i == 0 ? MCP_E_NOT_FOUND : MCP_E_INPUT);
	}
	fakehost_free(host);
}

static void
above_a_volume_there_are_no_files(void)
{
	static const char *const tools[] = { "get_file_info", "read_file", "write_file",
					     "delete_file", "create_directory" };
	struct fakehost *host = fakehost_new(&mcp_plugin);

	for (size_t i = 0; i < COUNT(tools); i++) {
		const struct fakehost_result *result =
		    fakehost_tool(host, tools[i],
				  "{\"path\":\"/Volumes/main/default\",\"content\":\"\"}");

		ASSERT_INT(result->status, MCP_E_INPUT);
		has(result->next, "list_files path=/Volumes/main/default");
		ASSERT_INT(fakehost_requests(host), 0);
	}
	fakehost_free(host);
}

/* ---- lists ----------------------------------------------------------------------------------- */

static void
volumes_are_listed_by_page(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " DIRECTORIES "?page_size=100", 200,
		       "{\"contents\":[],\"next_page_token\":\"t1\"}");
	fakehost_reply(host, "GET " DIRECTORIES "?page_size=100&page_token=t1", 200,
		       "{\"contents\":[{\"path\":\"" V "/b\",\"name\":\"b\",\"is_directory\":true,"
		       "\"last_modified\":1700000000000},{\"path\":\"" V "/a.csv\","
		       "\"name\":\"a.csv\",\"is_directory\":false,\"file_size\":1234,"
		       "\"last_modified\":1700000000000}],\"next_page_token\":\"t 2\"}");
	result = fakehost_tool(host, "list_files", "{\"path\":\"" V "\"}");
	has(result->text, "type\tname\tsize\tmodified\ndirectory\tb\t-\t2023-11-14T22:13:20Z\n"
			  "file\ta.csv\t1.2 kB\t2023-11-14T22:13:20Z\n");
	has(result->text,
	    "2 entries shown; there are more. Next: list_files path=" V " page_token=\"t 2\"");
	fakehost_reply(host, "GET " DIRECTORIES "?page_size=5&page_token=t%202", 200, "{}");
	result = fakehost_tool(host, "list_files",
			       "{\"path\":\"" V "\",\"limit\":5,\"page_token\":\"t 2\"}");
	has(result->text, "0 entries.");
	fakehost_reset(host);
	fakehost_reply(host, "GET *", 200,
		       "{\"contents\":[{\"name\":\"Readme.md\"},"
		       "{\"name\":\"x\"}]}");
	result = fakehost_tool(host, "list_files", "{\"path\":\"" V "\",\"name_filter\":\"READ\"}");
	has(result->text, "Readme.md");
	has(result->text, "1 entry.");
	fakehost_free(host);
}

static void
catalogs_schemas_and_volumes_are_listed(void)
{
	static const char *const cases[][3] = {
		{ "/Volumes", UC "/catalogs?max_results=100", "catalog" },
		{ "dbfs:/Volumes/main", UC "/schemas?catalog_name=main&max_results=100", "schema" },
		{ "/Volumes/main/default/",
		  UC "/volumes?catalog_name=main&schema_name=default&max_results=100", "volume" },
	};
	struct fakehost *host = fakehost_new(&mcp_plugin);

	for (size_t i = 0; i < COUNT(cases); i++) {
		char request[256], reply[256], arguments[128], row[64];
		const struct fakehost_result *result;

		snprintf(request, sizeof(request), "GET %s", cases[i][1]);
		snprintf(reply, sizeof(reply), "{\"%ss\":[{\"name\":\"one\"}]}", cases[i][2]);
		snprintf(arguments, sizeof(arguments), "{\"path\":\"%s\"}", cases[i][0]);
		snprintf(row, sizeof(row), "%s\tone\t-\t-\n1 %s.", cases[i][2], cases[i][2]);
		fakehost_reply(host, request, 200, reply);
		result = fakehost_tool(host, "list_files", arguments);
		has(result->text, row);
	}
	fakehost_reset(host);
	fakehost_reply(host, "GET *", 404,
		       "{\"error_code\":\"CATALOG_DOES_NOT_EXIST\","
		       "\"message\":\"Catalog 'x' does not exist.\"}");
	has(fakehost_tool(host, "list_files", "{\"path\":\"/Volumes/x\"}")->next,
	    "list_files path=/Volumes to");
	fakehost_free(host);
}

#define DBFS_THREE                                                                        \
	"{\"files\":[{\"path\":\"/tmp/a\",\"is_dir\":true,\"file_size\":0,"               \
	"\"modification_time\":1700000000000},{\"path\":\"/tmp/b.txt\",\"is_dir\":false," \
	"\"file_size\":5,\"modification_time\":0},{\"path\":\"/tmp/c.txt\",\"file_size\":6}]}"

static void
whole_lists_are_cut_into_pages(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " DBFS "/list?path=%2Ftmp", 200, DBFS_THREE);
	result = fakehost_tool(host, "list_files", "{\"path\":\"/tmp\"}");
	has(result->text, "directory\ta\t-\t2023-11-14T22:13:20Z\nfile\tb.txt\t5 B\t-\n"
			  "file\tc.txt\t6 B\t-\n3 entries.");
	result = fakehost_tool(host, "list_files", "{\"path\":\"/tmp\",\"limit\":2}");
	lacks(result->text, "c.txt");
	has(result->text, "2 of 3 entries shown. Next: list_files path=/tmp limit=2 page_token=2");
	result = fakehost_tool(host, "list_files",
			       "{\"path\":\"/tmp\",\"limit\":2,\"page_token\":\"2\"}");
	has(result->text, "file\tc.txt\t6 B\t-\n1 of 3 entries shown.");
	result = fakehost_tool(host, "list_files",
			       "{\"path\":\"/tmp\",\"limit\":1,\"name_filter\":\"TXT\"}");
	has(result->text, "1 of 2 entries shown. Next: list_files path=/tmp name_filter=TXT "
			  "limit=1 page_token=1");
	result = fakehost_tool(host, "list_files", "{\"path\":\"/tmp\",\"page_token\":\"x\"}");
	ASSERT_INT(result->status, MCP_E_INPUT);
	result = fakehost_tool(host, "list_files",
			       "{\"path\":\"/tmp\",\"page_token\":\"9223372036854775807\"}");
	ASSERT_INT(result->status, MCP_E_INPUT);
	fakehost_reply(host, "GET " WORKSPACE "/list?path=%2FUsers", 200,
		       "{\"objects\":[{\"object_type\":\"NOTEBOOK\",\"path\":\"/Users/n\","
		       "\"language\":\"PYTHON\"},{\"object_type\":\"FILE\",\"path\":\"/Users/f\","
		       "\"size\":7,\"modified_at\":1700000000000}]}");
	result = fakehost_tool(host, "list_files", "{\"path\":\"/Users\"}");
	has(result->text, "notebook\tn\t-\t-\nfile\tf\t7 B\t2023-11-14T22:13:20Z\n2 entries.");
	fakehost_reply(host, "GET " WORKSPACE "/list?path=%2FShared", 200, "{}");
	has(fakehost_tool(host, "list_files", "{\"path\":\"/Shared\"}")->text, "0 entries.");
	fakehost_free(host);
}

static void
list_failures_are_reported(void)
{
	static const struct {
		const char *path;
		int status;
		const char *body, *what, *next;
		enum mcp_status expected;
	} cases[] = {
		{ V, 404, NOT_FOUND, "Directory \"" V "\" does not exist.",
		  "list_files path=/Volumes/main/default to", MCP_E_NOT_FOUND },
		{ V, 403, FORBIDDEN, "may not be used", "READ VOLUME", MCP_E_PERMISSION },
		{ "/tmp/x", 404, NOT_FOUND, "\"dbfs:/tmp/x\" does not exist.",
		  "list_files path=dbfs:/tmp to", MCP_E_NOT_FOUND },
		{ "/", 403, FORBIDDEN, "dbfs:/", "access to DBFS", MCP_E_PERMISSION },
		{ "/Users/x", 404, NOT_FOUND, "\"/Workspace/Users/x\" does not exist.",
		  "list_files path=/Workspace/Users to", MCP_E_NOT_FOUND },
		{ "/Users", 404, NOT_FOUND, "", "list_files path=/Workspace to", MCP_E_NOT_FOUND },
		{ "/Users", 429, "{}", "rate-limited", "repeat", MCP_E_THROTTLED },
		{ "/Users", 200, "<html><title>Sign in</title></html>", "no valid answer", "",
		  MCP_E_UPSTREAM },
		{ "/tmp", 200, "{\"files\":[{\"pa", "no valid answer", "", MCP_E_UPSTREAM },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);
		const struct fakehost_result *result;
		char arguments[128];

		fakehost_reply(host, "GET *", cases[i].status, cases[i].body);
		snprintf(arguments, sizeof(arguments), "{\"path\":\"%s\"}", cases[i].path);
		result = fakehost_tool(host, "list_files", arguments);
		ASSERT_INT(result->status, cases[i].expected);
		has(result->what, cases[i].what);
		has(result->next, cases[i].next);
		fakehost_free(host);
	}
}

/* ---- facts ----------------------------------------------------------------------------------- */

static void
facts_of_a_volume(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	volume_has(host, "/a%20b.csv", 'f', "77341");
	result = fakehost_tool(host, "get_file_info", "{\"path\":\"" V "/a b.csv\"}");
	has(result->text,
	    "path: " V "/a b.csv\ntype: file\nbytes: 77341\ncontent type: text/csv\n");
	has(result->text, "/explore/data/volumes/main/default/landing?volumePath="
			  "%2FVolumes%2Fmain%2Fdefault%2Flanding%2Fa%20b.csv");
	has(result->structured, "\"size\":77341");
	volume_has(host, "/d", 'd', NULL);
	result = fakehost_tool(host, "get_file_info", "{\"path\":\"" V "/d\"}");
	has(result->text, "type: directory\nurl: ");
	lacks(result->structured, "size");
	volume_has(host, "/none", ' ', NULL);
	result = fakehost_tool(host, "get_file_info", "{\"path\":\"" V "/none\"}");
	ASSERT_STR(result->what, "\"" V "/none\" does not exist.");
	has(result->next, "list_files path=" V " to");
	fakehost_reply(host, "HEAD " FILES "/secret", 403, "");
	fakehost_reply(host, "HEAD " DIRECTORIES "/secret", 404, "");
	result = fakehost_tool(host, "get_file_info", "{\"path\":\"" V "/secret\"}");
	ASSERT_INT(result->status, MCP_E_PERMISSION);
	has(result->why, "HTTP 403");
	reply_bytes(host, "HEAD " FILES "/dated", 200, "", 0, "Last-Modified",
		    "Tue, 14 Nov 2023 22:13:20 GMT");
	fakehost_reply(host, "HEAD " DIRECTORIES "/dated", 404, "");
	result = fakehost_tool(host, "get_file_info", "{\"path\":\"" V "/dated\"}");
	has(result->text, "modified: 2023-11-14T22:13:20Z");
	lacks(result->text, "bytes:");
	fakehost_free(host);
}

/* Types of workspace objects that are unknown, or too long. */
static void
odd_types(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " WORKSPACE "/get-status?path=%2FUsers%2Fn", 200,
		       "{\"object_type\":\"A\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"
		       "C\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\"}");
	result = fakehost_tool(host, "get_file_info", "{\"path\":\"/Users/n\"}");
	ASSERT_INT(result->status, MCP_OK);
	has(result->structured, "\"type\":\"aäääääääääcäääää\"");
	fakehost_reset(host);
	fakehost_reply(host, "GET " WORKSPACE "/get-status?path=%2FUsers%2Fn", 200,
		       "{\"object_type\":\"\"}");
	result = fakehost_tool(host, "get_file_info", "{\"path\":\"/Users/n\"}");
	ASSERT_INT(result->status, MCP_E_UPSTREAM);
	fakehost_free(host);
}

static void
facts_of_other_stores(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " DBFS "/get-status?path=%2Ftmp%2Fa", 200,
		       "{\"path\":\"/tmp/a\",\"is_dir\":false,\"file_size\":3,"
		       "\"modification_time\":1700000000000}");
	result = fakehost_tool(host, "get_file_info", "{\"path\":\"/tmp/a\"}");
	ASSERT_STR(result->text, "path: dbfs:/tmp/a\ntype: file\nbytes: 3\n"
				 "modified: 2023-11-14T22:13:20Z");
	fakehost_reply(host, "GET " DBFS "/get-status?path=%2Ftmp", 200,
		       "{\"path\":\"/tmp\",\"is_dir\":true}");
	has(fakehost_tool(host, "get_file_info", "{\"path\":\"/tmp\"}")->text, "type: directory");
	fakehost_reply(host, "GET " WORKSPACE "/get-status?path=%2FUsers%2Fn", 200,
		       "{\"object_type\":\"NOTEBOOK\",\"path\":\"/Users/n\",\"object_id\":1}");
	result = fakehost_tool(host, "get_file_info", "{\"path\":\"/Users/n\"}");
	has(result->text, "path: /Workspace/Users/n\ntype: notebook\nurl: ");
	has(result->text, "/#workspace/Users/n");
	fakehost_reply(host, "GET " WORKSPACE "/get-status?path=%2FUsers%2Fh", 200, "<html>");
	result = fakehost_tool(host, "get_file_info", "{\"path\":\"/Users/h\"}");
	ASSERT_INT(result->status, MCP_E_UPSTREAM);
	fakehost_reply(host, "GET " DBFS "/get-status?path=%2Fx", 404, NOT_FOUND);
	ASSERT_INT(fakehost_tool(host, "get_file_info", "{\"path\":\"/x\"}")->status,
		   MCP_E_NOT_FOUND);
	fakehost_no_reply(host, "GET " DBFS "/get-status?path=%2Fy", MCP_E_UNAVAILABLE, "gone");
	result = fakehost_tool(host, "get_file_info", "{\"path\":\"/y\"}");
	ASSERT_INT(result->status, MCP_E_UNAVAILABLE);
	ASSERT_STR(result->why, "gone");
	fakehost_free(host);
}

/* ---- directories ----------------------------------------------------------------------------- */

static void
directories_are_made(void)
{
	static const struct {
		const char *path, *request, *body;
	} cases[] = {
		{ V "/a/b", "PUT " DIRECTORIES "/a/b", "" },
		{ "/tmp/d", "POST " DBFS "/mkdirs", "{\"path\":\"/tmp/d\"}" },
		{ "/Users/me/d", "POST " WORKSPACE "/mkdirs", "{\"path\":\"/Users/me/d\"}" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);
		const struct fakehost_result *result;
		char arguments[128];

		snprintf(arguments, sizeof(arguments), "{\"path\":\"%s\"}", cases[i].path);
		fakehost_reply(host, cases[i].request, 200, "");
		result = fakehost_tool(host, "create_directory", arguments);
		has(result->text, "exists.");
		ASSERT_STR(fakehost_request(host, 0)->body, cases[i].body);
		ASSERT_INT(fakehost_request(host, 0)->retry, MCP_RETRY_IDEMPOTENT);
		fakehost_reset(host);
		fakehost_reply(host, cases[i].request, 409,
			       "{\"error_code\":\"ALREADY_EXISTS\",\"message\":\"A file.\"}");
		result = fakehost_tool(host, "create_directory", arguments);
		ASSERT_INT(result->status, MCP_E_CONFLICT);
		has(result->next, "A file already has this path");
		fakehost_reset(host);
		fakehost_reply(host, cases[i].request, 403, FORBIDDEN);
		result = fakehost_tool(host, "create_directory", arguments);
		ASSERT_INT(result->status, MCP_E_PERMISSION);
		fakehost_free(host);
	}
}

/* ---- completion ------------------------------------------------------------------------------ */

#define COMPLETION "databricks://files{+path} path"

static const char *
completed(struct fakehost *host, const char *typed)
{
	char arguments[3000];

	snprintf(arguments, sizeof(arguments), "{\"value\":\"%s\",\"context\":{}}", typed);
	return fakehost_complete(host, COMPLETION, arguments)->completion;
}

static void
paths_are_completed(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	ASSERT_STR(completed(host, ""), "[\"/Volumes/\",\"/Workspace/\",\"/dbfs/\"]");
	ASSERT_STR(completed(host, "/w"), "[\"/Workspace/\"]");
	ASSERT_STR(completed(host, "/x"), "[]");
	fakehost_reply(host, "GET " UC "/catalogs", 200,
		       "{\"catalogs\":[{\"name\":\"main\"},{\"name\":\"samples\"}]}");
	ASSERT_STR(completed(host, "/Volumes/"), "[\"/Volumes/main/\",\"/Volumes/samples/\"]");
	fakehost_reply(host, "GET " UC "/schemas?catalog_name=main", 200,
		       "{\"schemas\":[{\"name\":\"default\"}]}");
	ASSERT_STR(completed(host, "/Volumes/main/d"), "[\"/Volumes/main/default/\"]");
	fakehost_reply(host, "GET " UC "/volumes?catalog_name=main&schema_name=default", 200,
		       "{\"volumes\":[{\"name\":\"landing\"}]}");
	ASSERT_STR(completed(host, "/Volumes/main/default/"), "[\"" V "/\"]");
	fakehost_reply(host, "GET " DIRECTORIES, 200,
		       "{\"contents\":[{\"name\":\"a.csv\"},"
		       "{\"name\":\"archive\",\"is_directory\":true},{\"name\":\"b\"}]}");
	ASSERT_STR(completed(host, V "/A"), "[\"" V "/a.csv\",\"" V "/archive/\"]");
	fakehost_reply(host, "GET " DBFS "/list?path=%2Ftmp", 200, DBFS_THREE);
	ASSERT_STR(completed(host, "/tmp/"), "[\"/tmp/a/\",\"/tmp/b.txt\",\"/tmp/c.txt\"]");
	fakehost_reply(host, "GET " DBFS "/list?path=%2F", 200,
		       "{\"files\":[{\"path\":\"/tmp\",\"is_dir\":true}]}");
	ASSERT_STR(completed(host, "dbfs:/t"), "[\"dbfs:/tmp/\"]");
	fakehost_reply(host, "GET " WORKSPACE "/list?path=%2FUsers", 200,
		       "{\"objects\":[{\"path\":\"/Users/me\",\"object_type\":\"DIRECTORY\"}]}");
	ASSERT_STR(completed(host, "/Users/m"), "[\"/Users/me/\"]");
	fakehost_reply(host, "GET " DBFS "/list?path=%2Fnone", 404, NOT_FOUND);
	ASSERT_STR(completed(host, "/none/"), "[]");
	fakehost_free(host);
}

static void
unsafe_paths_are_not_completed(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char typed[2600] = "/tmp/";

	completed(host, "/tmp/../x");
	ASSERT_INT(fakehost_requests(host), 0);
	memset(typed + 5, 'x', 2500);
	typed[2505] = '\0';
	completed(host, typed);
	ASSERT_INT(fakehost_requests(host), 0);
	typed[2000] = '/';
	completed(host, typed);
	ASSERT_INT(fakehost_requests(host), 0);
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(paths_lead_to_their_store),
	TEST(unsafe_paths_are_refused),
	TEST(names_have_a_limit),
	TEST(above_a_volume_there_are_no_files),
	TEST(volumes_are_listed_by_page),
	TEST(catalogs_schemas_and_volumes_are_listed),
	TEST(whole_lists_are_cut_into_pages),
	TEST(list_failures_are_reported),
	TEST(facts_of_a_volume),
	TEST(odd_types),
	TEST(facts_of_other_stores),
	TEST(directories_are_made),
	TEST(paths_are_completed),
	TEST(unsafe_paths_are_not_completed),
};

SUITE(tests)

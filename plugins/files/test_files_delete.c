/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the plugin files on the fake host: deleting files, directories, trees. */
#include "test_files.h"

#define DELETE(path, more) "{\"path\":\"" path "\"" more "}"
#define ALL ",\"recursive\":true"
#define NOT_EMPTY                                                                                 \
	"{\"error_code\":\"INVALID_PARAMETER_VALUE\",\"message\":\"It is in use.\",\"details\":[" \
	"{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\","                                \
	"\"reason\":\"FILES_API_DIRECTORY_IS_NOT_EMPTY\"}]}"

static void
files_of_volumes(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	volume_has(host, "/a", 'f', "1");
	fakehost_reply(host, "DELETE " FILES "/a", 204, "");
	result = fakehost_tool(host, "delete_file", DELETE(V "/a", ""));
	ASSERT_STR(result->text, "Deleted the file " V "/a.");
	result = fakehost_tool(host, "delete_file", DELETE(V "/a", ALL));
	ASSERT_STR(result->text, "Deleted the file " V "/a.");
	volume_has(host, "/none", ' ', NULL);
	result = fakehost_tool(host, "delete_file", DELETE(V "/none", ALL));
	ASSERT_INT(result->status, MCP_E_NOT_FOUND);
	ASSERT_INT(fakehost_requests(host), 2);
	fakehost_reset(host);
	volume_has(host, "/a", 'f', "1");
	fakehost_reply(host, "DELETE " FILES "/a", 404, NOT_FOUND); /* by another user */
	has(fakehost_tool(host, "delete_file", DELETE(V "/a", ""))->text, "Deleted");
	fakehost_reset(host);
	volume_has(host, "/a", 'f', "1");
	fakehost_reply(host, "DELETE " FILES "/a", 403, FORBIDDEN);
	result = fakehost_tool(host, "delete_file", DELETE(V "/a", ""));
	has(result->next, "WRITE VOLUME");
	fakehost_free(host);
}

static void
directories_of_volumes(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	volume_has(host, "/d", 'd', NULL);
	fakehost_reply(host, "DELETE " DIRECTORIES "/d", 204, "");
	ASSERT_STR(fakehost_tool(host, "delete_file", DELETE(V "/d", ""))->text,
		   "Deleted the directory " V "/d.");
	fakehost_reset(host);
	volume_has(host, "/d", 'd', NULL);
	fakehost_reply(host, "DELETE " DIRECTORIES "/d", 400, NOT_EMPTY);
	result = fakehost_tool(host, "delete_file", DELETE(V "/d", ""));
	ASSERT_INT(result->status, MCP_E_CONFLICT);
	ASSERT_STR(result->what, "The directory " V "/d is not empty.");
	has(result->next, "recursive=true");
	fakehost_free(host);
}

static void
roots_are_not_deleted(void)
{
	static const char *const paths[] = { V, "/", "/dbfs", "/Workspace", ("dbfs:" V) };
	struct fakehost *host = fakehost_new(&mcp_plugin);

	for (size_t i = 0; i < COUNT(paths); i++) {
		char arguments[128];

		snprintf(arguments, sizeof(arguments), "{\"path\":\"%s\"" ALL "}", paths[i]);
		ASSERT_INT(fakehost_tool(host, "delete_file", arguments)->status, MCP_E_INPUT);
		ASSERT_INT(fakehost_requests(host), 0);
	}
	fakehost_free(host);
}

/* ---- trees ----------------------------------------------------------------------------------- */

#define LIST(below) "GET " DIRECTORIES below "?page_size=32"

static void
trees_go_deepest_first(void)
{
	static const char *const order[] = {
		"GET " DIRECTORIES "/t?page_size=32",
		"DELETE " FILES "/t/f%201",
		"GET " DIRECTORIES "/t?page_size=32",
		"GET " DIRECTORIES "/t/d?page_size=32",
		"DELETE " FILES "/t/d/f2",
		"DELETE " FILES "/t/d/f3",
		"DELETE " DIRECTORIES "/t/d",
		"GET " DIRECTORIES "/t?page_size=32",
		"DELETE " DIRECTORIES "/t",
	};
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	volume_has(host, "/t", 'd', NULL);
	fakehost_reply(host, LIST("/t"), 200,
		       "{\"contents\":[{\"name\":\"d\","
		       "\"is_directory\":true},{\"name\":\"f 1\"}]}");
	fakehost_reply(host, LIST("/t"), 200,
		       "{\"contents\":[{\"name\":\"d\",\"is_directory\":true}]}");
	fakehost_reply(host, LIST("/t/d"), 200,
		       "{\"contents\":[{\"name\":\"f2\"},{\"name\":\"f3\"}]}");
	fakehost_reply(host, LIST("/t"), 200, "{}");
	fakehost_reply(host, "DELETE *", 204, "");
	result = fakehost_tool(host, "delete_file", DELETE(V "/t", ALL));
	ASSERT_STR(result->text, "Deleted the directory " V "/t: 3 files and 2 directories.");
	ASSERT_INT(fakehost_requests(host), 2 + COUNT(order));
	for (size_t i = 0; i < COUNT(order); i++)
		ASSERT_STR(asked(host, 2 + i), order[i]);
	CU_ASSERT(result->progress > 0);
	fakehost_free(host);
}

/* Object stores drop a directory together with its last file. Others may delete or add files
 * meanwhile. */
static void
trees_change_meanwhile(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	volume_has(host, "/t", 'd', NULL);
	fakehost_reply(host, LIST("/t"), 200,
		       "{\"contents\":[{\"name\":\"d\",\"is_directory\":true}]}");
	fakehost_reply(host, LIST("/t/d"), 404, NOT_FOUND);
	fakehost_reply(host, LIST("/t"), 200, "{\"contents\":[{\"name\":\"f\"}]}");
	fakehost_reply(host, "DELETE " FILES "/t/f", 404, NOT_FOUND);
	fakehost_reply(host, "DELETE " DIRECTORIES "/t", 400, NOT_EMPTY);
	fakehost_reply(host, LIST("/t"), 200, "{\"contents\":[{\"name\":\"g\"}]}");
	fakehost_reply(host, "DELETE " FILES "/t/g", 204, "");
	fakehost_reply(host, "DELETE " DIRECTORIES "/t", 404, NOT_FOUND);
	ASSERT_STR(fakehost_tool(host, "delete_file", DELETE(V "/t", ALL))->text,
		   "Deleted the directory " V "/t: 1 file and 0 directories.");
	fakehost_free(host);
}

static void
empty_pages_are_walked_over(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char reply[2048] = "{\"next_page_token\":\"";
	const struct fakehost_result *result;

	volume_has(host, "/t", 'd', NULL);
	fakehost_reply(host, LIST("/t"), 200, "{\"next_page_token\":\"x\"}");
	fakehost_reply(host, LIST("/t") "&page_token=x", 200, "{\"contents\":[]}");
	fakehost_reply(host, "DELETE " DIRECTORIES "/t", 204, "");
	has(fakehost_tool(host, "delete_file", DELETE(V "/t", ALL))->text, "1 directory.");
	memset(reply + strlen(reply), 'x', 1500);
	strcat(reply, "\"}");
	fakehost_reset(host);
	volume_has(host, "/t", 'd', NULL);
	fakehost_reply(host, LIST("/t"), 200, reply);
	result = fakehost_tool(host, "delete_file", DELETE(V "/t", ALL));
	has(result->why, "page token that is too long");
	fakehost_free(host);
}

static void
many_files_go_in_batches(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	char page[2000] = "{\"contents\":[";

	for (int i = 0; i < 32; i++)
		sprintf(page + strlen(page), "%s{\"name\":\"f%d\"}", i > 0 ? "," : "", i);
	strcat(page, "],\"next_page_token\":\"more\"}");
	volume_has(host, "/t", 'd', NULL);
	fakehost_reply(host, LIST("/t"), 200, page);
	fakehost_reply(host, LIST("/t"), 200, "{\"contents\":[{\"name\":\"last\"}]}");
	fakehost_reply(host, "DELETE *", 204, "");
	result = fakehost_tool(host, "delete_file", DELETE(V "/t", ALL));
	has(result->text, "33 files and 1 directory.");
	ASSERT_INT(result->steps, 1 + 1 + 2 + 2 + 1);
	fakehost_free(host);
}

static void
faults_report_what_was_deleted(void)
{
	static const struct {
		const char *request, *body, *why;
		int status;
	} cases[] = {
		{ "DELETE " FILES "/t/d/g", FORBIDDEN, "At " V "/t/d: No.", 403 },
		{ "DELETE " DIRECTORIES "/t/d", "", "At " V "/t/d: the workspace answered HTTP 500",
		  500 },
		{ LIST("/t/d"), FORBIDDEN, "At " V "/t/d: No.", 403 },
		{ LIST("/t/d"), "<html>", "the workspace's reply is not a list", 200 },
		{ LIST("/t/d"), "{\"contents\":[{\"name\":\"../x\"}]}", "\"../x\" cannot be", 200 },
		{ LIST("/t/d"), "{\"contents\":[{\"name\":\"..\"}]}", "\"..\" cannot be", 200 },
		{ LIST("/t/d"), "{\"contents\":[{}]}", "\"\" cannot be", 200 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);
		const struct fakehost_result *result;

		volume_has(host, "/t", 'd', NULL);
		fakehost_reply(host, cases[i].request, cases[i].status, cases[i].body);
		fakehost_reply(host, LIST("/t"), 200,
			       "{\"contents\":[{\"name\":\"f\"},"
			       "{\"name\":\"d\",\"is_directory\":true}]}");
		fakehost_reply(host, LIST("/t"), 200,
			       "{\"contents\":["
			       "{\"name\":\"d\",\"is_directory\":true}]}");
		fakehost_reply(host, LIST("/t/d"), 200, "{\"contents\":[{\"name\":\"g\"}]}");
		fakehost_reply(host, "DELETE *", 204, "");
		result = fakehost_tool(host, "delete_file", DELETE(V "/t", ALL));
		has(result->what, V "/t is deleted: ");
		has(result->why, cases[i].why);
		has(result->next, "delete_file path=" V "/t recursive=true");
		fakehost_free(host);
	}
}

static void
trees_stop_when_cancelled(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_cancel_after(host, 2);
	volume_has(host, "/t", 'd', NULL);
	fakehost_reply(host, LIST("/t"), 200, "{\"contents\":[{\"name\":\"f\"}]}");
	result = fakehost_tool(host, "delete_file", DELETE(V "/t", ALL));
	ASSERT_INT(fakehost_requests(host), 2);
	has(result->what, "is deleted: 0 files and 0 directories");
	fakehost_free(host);
}

/* ---- DBFS and the workspace ------------------------------------------------------------------ */

#define DBFS_DELETE "POST " DBFS "/delete"

static void
dbfs_deletes(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " DBFS "/get-status?path=%2Fd", 200,
		       "{\"path\":\"/d\",\"is_dir\":true}");
	fakehost_reply(host, DBFS_DELETE, 200, "{}");
	has(fakehost_tool(host, "delete_file", DELETE("/d", ALL))->text,
	    "Deleted the directory dbfs:/d.");
	ASSERT_STR(fakehost_request(host, 1)->body, "{\"path\":\"/d\",\"recursive\":true}");
	fakehost_reset(host);
	fakehost_reply(host, "GET *", 200, "{\"path\":\"/d\",\"is_dir\":true}");
	fakehost_reply(host, DBFS_DELETE, 400,
		       "{\"error_code\":\"IO_ERROR\",\"message\":\"Directory not deleted\"}");
	result = fakehost_tool(host, "delete_file", DELETE("/d", ""));
	ASSERT_STR(result->what, "The directory dbfs:/d is not empty.");
	fakehost_reset(host);
	fakehost_reply(host, "GET *", 404, NOT_FOUND);
	ASSERT_INT(fakehost_tool(host, "delete_file", DELETE("/d", ""))->status, MCP_E_NOT_FOUND);
	ASSERT_INT(fakehost_requests(host), 1);
	fakehost_free(host);
}

static void
dbfs_is_asked_again(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET *", 200, "{\"path\":\"/d\",\"is_dir\":true}");
	fakehost_reply(host, DBFS_DELETE, 503, "{}");
	fakehost_reply(host, DBFS_DELETE, 503, "{}");
	fakehost_reply(host, DBFS_DELETE, 200, "{}");
	result = fakehost_tool(host, "delete_file", DELETE("/d", ALL));
	has(result->text, "Deleted the directory");
	ASSERT_INT(fakehost_requests(host), 4);
	ASSERT_INT(result->waited_ms, 2000);
	fakehost_reset(host);
	fakehost_reply(host, "GET *", 200, "{\"path\":\"/d\",\"is_dir\":true}");
	fakehost_reply(host, DBFS_DELETE, 503, "{}");
	result = fakehost_tool(host, "delete_file", DELETE("/d", ALL));
	has(result->text, "dbfs:/d is large, and only a part is deleted so far.\n"
			  "Next: delete_file path=dbfs:/d recursive=true");
	CU_ASSERT(result->waited_ms < 55000);
	fakehost_free(host);
}

static void
the_workspace_deletes(void)
{
	static const char *const messages[] = {
		"{\"error_code\":\"DIRECTORY_NOT_EMPTY\",\"message\":\"Folder (/Users/d)\"}",
		"{\"error_code\":\"BAD_REQUEST\",\"message\":\"Directory is not empty.\"}",
		"{\"error_code\":\"BAD_REQUEST\",\"message\":\"A non-empty directory\"}",
	};
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET *", 200, "{\"object_type\":\"NOTEBOOK\"}");
	fakehost_reply(host, "POST " WORKSPACE "/delete", 200, "{}");
	has(fakehost_tool(host, "delete_file", DELETE("/Users/d", ""))->text,
	    "Deleted the file /Workspace/Users/d.");
	ASSERT_STR(fakehost_request(host, 1)->body, "{\"path\":\"/Users/d\",\"recursive\":false}");
	for (size_t i = 0; i < COUNT(messages); i++) {
		fakehost_reset(host);
		fakehost_reply(host, "GET *", 200, "{\"object_type\":\"DIRECTORY\"}");
		fakehost_reply(host, "POST " WORKSPACE "/delete", 400, messages[i]);
		result = fakehost_tool(host, "delete_file", DELETE("/Users/d", ""));
		ASSERT_STR(result->what, "The directory /Workspace/Users/d is not empty.");
	}
	fakehost_reset(host);
	fakehost_reply(host, "GET *", 200, "{\"object_type\":\"DIRECTORY\"}");
	fakehost_reply(host, "POST " WORKSPACE "/delete", 403, FORBIDDEN);
	has(fakehost_tool(host, "delete_file", DELETE("/Users/d", ALL))->next, "CAN MANAGE");
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(files_of_volumes),		 TEST(directories_of_volumes),
	TEST(roots_are_not_deleted),	 TEST(trees_go_deepest_first),
	TEST(trees_change_meanwhile),	 TEST(empty_pages_are_walked_over),
	TEST(many_files_go_in_batches),	 TEST(faults_report_what_was_deleted),
	TEST(trees_stop_when_cancelled), TEST(dbfs_deletes),
	TEST(dbfs_is_asked_again),	 TEST(the_workspace_deletes),
};

SUITE(tests)

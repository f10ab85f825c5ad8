/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the plugin files on the fake host: reading parts, saving whole files on the host, the
 * resource. */
#include "test_files.h"

#include <unistd.h>

#define READ(more) "{\"path\":\"" V "/a.txt\"" more "}"
#define GET_FILE "GET " FILES "/a.txt"

/* Makes a reply to a request with a range: `data` of a file with `total` bytes. */
static void
part(struct fakehost *host, const char *data, size_t len, size_t from, size_t total)
{
	char range[64];

	snprintf(range, sizeof(range), "bytes %zu-%zu/%zu", from, from + len - 1, total);
	reply_bytes(host, GET_FILE, 206, data, len, "Content-Range", range);
}

static const char *
range_of(const struct fakehost *host, size_t i)
{
	const struct fakehost_request *request = fakehost_request(host, i);

	return request != NULL && request->n_headers == 1 ? request->headers[0].value : "";
}

/* ---- volumes --------------------------------------------------------------------------------- */

static void
text_is_read(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	part(host, "one\ntwo\n", 8, 0, 8);
	result = fakehost_tool(host, "read_file", READ(""));
	has(result->text, V "/a.txt: all 8 bytes\n");
	has(result->text, "\none\ntwo\n\n</untrusted-data>");
	has(result->content, "\"lakehost/untrusted\":true");
	lacks(result->text, "Next:");
	ASSERT_STR(range_of(host, 0), "bytes=0-39629");
	fakehost_reset(host);
	part(host, "two", 3, 4, 8);
	result = fakehost_tool(host, "read_file", READ(",\"offset\":4,\"length\":3"));
	ASSERT_STR(range_of(host, 0), "bytes=4-6");
	has(result->text, ": bytes 4-6 of 8\n");
	has(result->text, "Next: read_file path=" V "/a.txt offset=7");
	fakehost_free(host);
}

static void
the_cap_is_kept(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	char data[2000];

	memset(data, 'x', sizeof(data));
	fakehost_results(host, 0, 2000, 0, NULL);
	part(host, data, 1630, 0, 5000);
	result = fakehost_tool(host, "read_file", READ(",\"length\":99999"));
	ASSERT_STR(range_of(host, 0), "bytes=0-1629");
	has(result->text, "Next: read_file path=" V "/a.txt offset=1630 length=98369");
	lacks(result->text, "bytes of text shown");
	fakehost_results(host, 0, 100, 0, NULL);
	fakehost_reset(host);
	part(host, data, 100, 0, 5000);
	fakehost_tool(host, "read_file", READ(""));
	ASSERT_STR(range_of(host, 0), "bytes=0-99");
	fakehost_free(host);
}

static void
tails_are_read(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	volume_has(host, "/a.txt", 'f', "1000");
	part(host, "the end", 7, 993, 1000);
	result = fakehost_tool(host, "read_file", READ(",\"tail\":7"));
	ASSERT_STR(range_of(host, 2), "bytes=993-999");
	has(result->text, ": bytes 993-999 of 1000\n");
	fakehost_reset(host);
	volume_has(host, "/a.txt", 'f', "3");
	part(host, "all", 3, 0, 3);
	has(fakehost_tool(host, "read_file", READ(",\"tail\":7"))->text, "all 3 bytes");
	result = fakehost_tool(host, "read_file", READ(",\"tail\":7,\"length\":1"));
	ASSERT_INT(result->status, MCP_E_INPUT);
	fakehost_free(host);
}

static void
reads_at_the_end_of_files(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	reply_bytes(host, GET_FILE, 416, "{}", 2, "Content-Range", "bytes */0");
	has(fakehost_tool(host, "read_file", READ(""))->text, V "/a.txt is empty.");
	result = fakehost_tool(host, "read_file", READ(",\"offset\":1"));
	ASSERT_INT(result->status, MCP_E_INPUT);
	has(result->why, "0 bytes");
	result = fakehost_tool(host, "read_file", READ(",\"offset\":9223372036854775807"));
	ASSERT_INT(result->status, MCP_E_INPUT);
	fakehost_reset(host);
	reply_bytes(host, GET_FILE, 200, "whole", 5, NULL, NULL); /* the store ignores the range */
	has(fakehost_tool(host, "read_file", READ(",\"offset\":2"))->text, "bytes 2-4 of 5");
	ASSERT_INT(fakehost_tool(host, "read_file", READ(",\"offset\":5"))->status, MCP_E_INPUT);
	has(fakehost_tool(host, "read_file", READ(""))->text, "all 5 bytes");
	/* only the requested part of the body is used */
	result = fakehost_tool(host, "read_file", READ(",\"length\":2"));
	has(result->text, "bytes 0-1 of 5");
	has(result->text, "\nwh\n");
	has(result->text, "Next: read_file path=" V "/a.txt offset=2");
	result = fakehost_tool(host, "read_file", READ(",\"offset\":2,\"length\":2"));
	has(result->text, "\nol\n");
	fakehost_reset(host);
	reply_bytes(host, GET_FILE, 206, "whol", 4, "Content-Range", "bytes 0-3/5");
	has(fakehost_tool(host, "read_file", READ(",\"offset\":1,\"length\":2"))->text, "\nho\n");
	ASSERT_INT(fakehost_tool(host, "read_file", READ(",\"offset\":6,\"length\":2"))->status,
		   MCP_E_UPSTREAM);
	fakehost_reset(host);
	reply_bytes(host, GET_FILE, 206, "some", 4, "Content-Range", "bytes 0-3/*");
	result = fakehost_tool(host, "read_file", READ(",\"length\":4"));
	has(result->text, "bytes 0-3, total size unknown");
	has(result->text, "Next: read_file path=" V "/a.txt offset=4");
	fakehost_reset(host);
	reply_bytes(host, GET_FILE, 206, "some", 4, NULL, NULL);
	has(fakehost_tool(host, "read_file", READ(""))->text, "all 4 bytes");
	fakehost_reset(host);
	volume_has(host, "/a.txt", 'f', "0");
	has(fakehost_tool(host, "read_file", READ(",\"tail\":5"))->text, "is empty.");
	fakehost_free(host);
}

static void
characters_stay_whole(void)
{
	/* characters are cut at both ends */
	static const char umlauts[] = "\xbc\xc3\xa4\xc3\xb6\xc3";
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	part(host, umlauts, 6, 10, 20);
	result = fakehost_tool(host, "read_file", READ(",\"offset\":10,\"length\":6"));
	has(result->text, ": bytes 11-14 of 20\n");
	has(result->text, "\n\xc3\xa4\xc3\xb6\n</untrusted-data>");
	has(result->text, "offset=15 length=1");
	fakehost_reset(host);
	part(host, umlauts + 1, 5, 15, 20); /* the file itself ends with an incomplete character */
	result = fakehost_tool(host, "read_file", READ(",\"offset\":15,\"length\":5"));
	has(result->text, "not UTF-8 text");
	fakehost_free(host);
}

static void
binary_content_is_described(void)
{
	static const struct {
		const char *data;
		size_t len;
		const char *start, *base64;
	} cases[] = {
		{ "a\0b", 3, "61 00 62", "YQBi" },  { "\xff\xfe", 2, "ff fe", "//4=" },
		{ "\xc0\xaf", 2, "c0 af", "wK8=" }, { "\xe4\xb8x", 3, "e4 b8 78", "5Lh4" },
		{ "\x01\x02", 2, "01 02", "AQI=" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);
		const struct fakehost_result *result;

		part(host, cases[i].data, cases[i].len, 0, cases[i].len);
		result = fakehost_tool(host, "read_file", READ(""));
		has(result->text, "the content is not UTF-8 text (binary).\n");
		has(result->text, cases[i].start);
		lacks(result->text, cases[i].base64);
		has(result->text, "\nNext: read_file path=" V "/a.txt encoding=base64");
		result = fakehost_tool(host, "read_file", READ(",\"encoding\":\"base64\""));
		has(result->text, ", in base64\n");
		has(result->text, cases[i].base64);
		result = fakehost_tool(host, "read_file", READ(",\"encoding\":\"text\""));
		lacks(result->text, "base64");
		lacks(result->text, "Next");
		fakehost_free(host);
	}
}

static void
encodings_are_used(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	char data[1000];

	part(host, "text", 4, 0, 9);
	result = fakehost_tool(host, "read_file", READ(",\"length\":4,\"encoding\":\"base64\""));
	has(result->text, "\ndGV4dA==\n");
	has(result->text, "offset=4 encoding=base64");
	/* In the text each invalid byte takes three bytes. */
	fakehost_results(host, 0, 1000, 0, NULL);
	memset(data, '\xff', sizeof(data));
	memset(data, 'a', 10);
	fakehost_reset(host);
	part(host, data, 1000, 0, 1000);
	result = fakehost_tool(host, "read_file", READ(",\"encoding\":\"text\""));
	has(result->text, ": bytes 0-215 of 1000\n");
	has(result->text, "aaaaaaaaaa\xef\xbf\xbd");
	has(result->text, "offset=216 encoding=text");
	fakehost_reset(host);
	part(host, data, 1000, 0, 1000);
	result = fakehost_tool(host, "read_file", READ(",\"encoding\":\"base64\""));
	has(result->text, ": bytes 0-470 of 1000, in base64\n");
	has(result->text, "offset=471");
	/* another encoding than UTF-8 is still text */
	fakehost_reset(host);
	part(host,
	     "M\xfcller;Stra\xdf"
	     "e;Hamburg;1",
	     23, 0, 23);
	result = fakehost_tool(host, "read_file", READ(",\"length\":23"));
	has(result->text, "may be text in another encoding");
	has(result->text, "Next: read_file path=" V "/a.txt length=23 encoding=text");
	fakehost_free(host);
}

static void
directories_and_nothing_are_not_read(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, GET_FILE, 404, NOT_FOUND);
	volume_has(host, "/a.txt", 'd', NULL);
	result = fakehost_tool(host, "read_file", READ(""));
	ASSERT_STR(result->why, "It is a directory.");
	has(result->next, "list_files path=" V "/a.txt");
	fakehost_reset(host);
	fakehost_reply(host, GET_FILE, 404, NOT_FOUND);
	volume_has(host, "/a.txt", ' ', NULL);
	result = fakehost_tool(host, "read_file", READ(""));
	ASSERT_INT(result->status, MCP_E_NOT_FOUND);
	fakehost_reset(host);
	fakehost_reply(host, GET_FILE, 403, FORBIDDEN);
	has(fakehost_tool(host, "read_file", READ(""))->next, "READ VOLUME");
	fakehost_reset(host);
	fakehost_no_reply(host, GET_FILE, MCP_E_TOO_LARGE, "the reply is larger than 40000 bytes");
	result = fakehost_tool(host, "read_file", READ(""));
	ASSERT_INT(result->status, MCP_E_TOO_LARGE);
	fakehost_free(host);
}

/* ---- DBFS ------------------------------------------------------------------------------------ */

#define DBFS_STAT "GET " DBFS "/get-status?path=%2Ft"

static void
dbfs_is_read(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, DBFS_STAT, 200, "{\"path\":\"/t\",\"file_size\":9}");
	fakehost_reply(host, "GET " DBFS "/read?path=%2Ft&offset=0&length=9", 200,
		       "{\"bytes_read\":9,\"data\":\"c29tZSB0ZXh0\"}");
	has(fakehost_tool(host, "read_file", "{\"path\":\"/t\"}")->text, "dbfs:/t: all 9 bytes\n");
	fakehost_reply(host, "GET " DBFS "/read?path=%2Ft&offset=5&length=4", 200,
		       "{\"bytes_read\":4,\"data\":\"dGV4\\ndA==\"}");
	result = fakehost_tool(host, "read_file", "{\"path\":\"/t\",\"tail\":4}");
	has(result->text, "dbfs:/t: bytes 5-8 of 9\n");
	has(result->text, "\ntext\n");
	result = fakehost_tool(host, "read_file", "{\"path\":\"/t\",\"offset\":9}");
	ASSERT_STR(result->what, "offset 9 is after the end of dbfs:/t.");
	fakehost_reply(host, "GET " DBFS "/read?path=%2Ft&offset=1&length=2", 200,
		       "{\"bytes_read\":2,\"data\":\"!!\"}");
	result = fakehost_tool(host, "read_file", "{\"path\":\"/t\",\"offset\":1,\"length\":2}");
	ASSERT_INT(result->status, MCP_E_UPSTREAM);
	fakehost_reply(host, "GET " DBFS "/read?path=%2Ft&offset=2&length=2", 400,
		       "{\"error_code\":\"MAX_READ_SIZE_EXCEEDED\",\"message\":\"Too much.\"}");
	result = fakehost_tool(host, "read_file", "{\"path\":\"/t\",\"offset\":2,\"length\":2}");
	ASSERT_STR(result->why, "Too much.");
	fakehost_free(host);
}

static void
large_dbfs_contents_come_in_blocks(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, DBFS_STAT, 200, "{\"path\":\"/t\",\"file_size\":2097155}");
	fakehost_reply(host, "GET " DBFS "/read?path=%2Ft&offset=0&length=1048576", 200,
		       "{\"bytes_read\":3,\"data\":\"b25l\"}");
	fakehost_reply(host, "GET " DBFS "/read?path=%2Ft&offset=1048576&length=1048576", 200,
		       "{\"bytes_read\":3,\"data\":\"dHdv\"}");
	fakehost_reply(host, "GET " DBFS "/read?path=%2Ft&offset=2097152&length=3", 200,
		       "{\"bytes_read\":3,\"data\":\"ZW5k\"}");
	result = fakehost_read(host, "files", "databricks://files/t", "{\"path\":\"/t\"}");
	ASSERT_INT(fakehost_requests(host), 4);
	/* The first block is shorter than requested, so it is the last. */
	has(result->content, "\"text\":");
	has(result->text, "one");
	lacks(result->text, "two");
	fakehost_free(host);
}

/* ---- the workspace --------------------------------------------------------------------------- */

#define NOTES "{\"path\":\"/Users/n\""
#define NOTES_STAT "GET " WORKSPACE "/get-status?path=%2FUsers%2Fn"
#define NOTES_EXPORT "GET " WORKSPACE "/export?format=AUTO&direct_download=true&path=%2FUsers%2Fn"

static void
workspace_files_are_exported(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, NOTES_STAT, 200, "{\"object_type\":\"FILE\",\"size\":8}");
	fakehost_reply(host, NOTES_EXPORT, 200, "the text");
	has(fakehost_tool(host, "read_file", NOTES "}")->text, "/Workspace/Users/n: all 8 bytes\n");
	result = fakehost_tool(host, "read_file", NOTES ",\"tail\":4}");
	has(result->text, ": bytes 4-7 of 8\n");
	has(result->text, "\ntext\n");
	has(fakehost_tool(host, "read_file", NOTES ",\"tail\":40}")->text, "all 8 bytes");
	has(fakehost_tool(host, "read_file", NOTES ",\"offset\":4,\"length\":2}")->text,
	    "bytes 4-5 of 8");
	result = fakehost_tool(host, "read_file", NOTES ",\"offset\":8}");
	ASSERT_INT(result->status, MCP_E_INPUT);
	fakehost_reset(host);
	fakehost_reply(host, NOTES_STAT, 200, "{\"object_type\":\"FILE\",\"size\":8}");
	fakehost_reply(host, NOTES_EXPORT, 403, FORBIDDEN);
	has(fakehost_tool(host, "read_file", NOTES "}")->next, "CAN READ");
	fakehost_reset(host);
	fakehost_reply(host, NOTES_STAT, 200, "{\"object_type\":\"REPO\"}");
	result = fakehost_tool(host, "read_file", NOTES "}");
	ASSERT_STR(result->why, "It is a repo.");
	fakehost_free(host);
}

static void
large_workspace_files_come_in_ranges(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, NOTES_STAT, 200, "{\"object_type\":\"FILE\",\"size\":20000000}");
	reply_bytes(host, "GET /api/2.0/workspace-files/Users/n", 206, "end", 3, "Content-Range",
		    "bytes 19999997-19999999/20000000");
	has(fakehost_tool(host, "read_file", NOTES ",\"tail\":3}")->text,
	    ": bytes 19999997-19999999 of 20000000\n");
	ASSERT_STR(range_of(host, 1), "bytes=19999997-19999999");
	fakehost_free(host);
}

/* ---- into the host's files ------------------------------------------------------------------- */

static void
files_are_saved(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	char arguments[256], name[] = "/tmp/lakehost-test-XXXXXX";
	int fd = mkstemp(name);
	char data[8] = "";

	volume_has(host, "/a.txt", 'f', "5");
	reply_bytes(host, GET_FILE, 200, "a\0b\0c", 5, NULL, NULL);
	snprintf(arguments, sizeof(arguments), READ(",\"to_file\":\"%s\""), name);
	result = fakehost_tool(host, "read_file", arguments);
	has(result->text, "Saved all 5 bytes of " V "/a.txt in the host's file /tmp/");
	ASSERT_INT(pread(fd, data, sizeof(data), 0), 5);
	CU_ASSERT(memcmp(data, "a\0b\0c", 5) == 0);
	close(fd);
	unlink(name);
	fakehost_free(host);
}

static void
files_are_not_saved(void)
{
	static const struct {
		const char *arguments, *what;
		enum mcp_status expected;
	} cases[] = {
		{ READ(",\"to_file\":\"f\",\"offset\":1"), "to_file saves the whole file.",
		  MCP_E_INPUT },
		{ READ(",\"to_file\":\"f\",\"tail\":1"), "to_file saves the whole file.",
		  MCP_E_INPUT },
		{ "{\"path\":\"/tmp/a\",\"to_file\":\"f\"}", "Files of DBFS cannot be saved",
		  MCP_E_UNSUPPORTED },
		{ READ(",\"to_file\":\"taken\""), "The host's file taken cannot be written.",
		  MCP_E_CONFLICT },
		{ READ(",\"to_file\":\"f\""), "got no valid answer", MCP_E_UNAVAILABLE },
		{ "{\"path\":\"" V "/d\",\"to_file\":\"f\"}", V "/d is not a file.", MCP_E_INPUT },
		{ "{\"path\":\"" V "/none\",\"to_file\":\"f\"}", "does not exist.",
		  MCP_E_NOT_FOUND },
		{ "{\"path\":\"..\",\"to_file\":\"f\"}", "path is not valid", MCP_E_INPUT },
	};
	struct fakehost *host = fakehost_new(&mcp_plugin);

	volume_has(host, "/a.txt", 'f', "5");
	volume_has(host, "/d", 'd', NULL);
	volume_has(host, "/none", ' ', NULL);
	fakehost_no_reply(host, GET_FILE, MCP_E_CONFLICT, "taken exists already");
	fakehost_no_reply(host, GET_FILE, MCP_E_UNAVAILABLE, "connection lost");
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct fakehost_result *result =
		    fakehost_tool(host, "read_file", cases[i].arguments);

		ASSERT_INT(result->status, cases[i].expected);
		has(result->what, cases[i].what);
	}
	fakehost_free(host);
}

/* ---- the resource ---------------------------------------------------------------------------- */

static void
resources_have_the_file_content(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	volume_has(host, "/a.txt", 'f', "4");
	part(host, "text", 4, 0, 4);
	result = fakehost_read(host, "files", "databricks://files" V "/a.txt", READ(""));
	has(result->content, "\"uri\":\"databricks://files" V "/a.txt\"");
	has(result->content, "\"mimeType\":\"text/plain\"");
	has(result->text, "text");
	fakehost_reset(host);
	volume_has(host, "/a.csv", 'f', "2");
	reply_bytes(host, "GET " FILES "/a.csv", 206, "\xff\x00", 2, "Content-Range",
		    "bytes 0-1/2");
	result = fakehost_read(host, "files", "databricks://files" V "/a.csv",
			       "{\"path\":\"" V "/a.csv\"}");
	has(result->content, "\"mimeType\":\"text/csv\",\"blob\":\"/wA=\"");
	fakehost_reset(host);
	volume_has(host, "/a.txt", 'f', "9000000");
	result = fakehost_read(host, "files", "databricks://files" V "/a.txt", READ(""));
	ASSERT_INT(result->status, MCP_E_TOO_LARGE);
	has(result->next, "read_file path=" V "/a.txt");
	fakehost_reset(host);
	volume_has(host, "/a.txt", ' ', NULL);
	result = fakehost_read(host, "files", "databricks://files" V "/a.txt", READ(""));
	ASSERT_INT(result->status, MCP_E_NOT_FOUND);
	fakehost_free(host);
}

static void
resources_of_directories_are_lists(void)
{
	static const char *const paths[] = { V, "Volumes/main/default/landing",
					     "dbfs:/Volumes/main/default/landing" };
	struct fakehost *host = fakehost_new(&mcp_plugin);

	volume_has(host, "", 'd', NULL);
	fakehost_reply(host, "GET " DIRECTORIES "?page_size=100", 200,
		       "{\"contents\":[{\"name\":\"one\"}]}");
	for (size_t i = 0; i < COUNT(paths); i++) {
		char arguments[128];

		snprintf(arguments, sizeof(arguments), "{\"path\":\"%s\"}", paths[i]);
		has(fakehost_read(host, "files", "databricks:files:list", arguments)->text,
		    "file\tone");
	}
	fakehost_reply(host, "GET /api/2.1/unity-catalog/catalogs?max_results=100", 200,
		       "{\"catalogs\":[{\"name\":\"main\"}]}");
	has(fakehost_read(host, "files", "databricks://files/Volumes", "{\"path\":\"/Volumes\"}")
		->text,
	    "catalog\tmain");
	ASSERT_INT(fakehost_read(host, "files", "databricks://files/x", "{\"path\":\"x/../y\"}")
		       ->status,
		   MCP_E_INPUT);
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(text_is_read),
	TEST(the_cap_is_kept),
	TEST(tails_are_read),
	TEST(reads_at_the_end_of_files),
	TEST(characters_stay_whole),
	TEST(binary_content_is_described),
	TEST(encodings_are_used),
	TEST(directories_and_nothing_are_not_read),
	TEST(dbfs_is_read),
	TEST(large_dbfs_contents_come_in_blocks),
	TEST(workspace_files_are_exported),
	TEST(large_workspace_files_come_in_ranges),
	TEST(files_are_saved),
	TEST(files_are_not_saved),
	TEST(resources_have_the_file_content),
	TEST(resources_of_directories_are_lists),
};

SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the plugin files on the fake host: writing, and what remains after a failed write. */
#include "test_files.h"

#include <unistd.h>

#define PUT "PUT " FILES "/a.txt?overwrite="
#define WRITE(more) "{\"path\":\"" V "/a.txt\"," more "}"
#define IMPORT "POST /api/2.0/workspace-files/import-file/Users%2Fn?overwrite=false"
#define EXISTS "{\"error_code\":\"RESOURCE_ALREADY_EXISTS\",\"message\":\"It exists.\"}"

static const char *
body_of(const struct fakehost *host, size_t i)
{
	const struct fakehost_request *request = fakehost_request(host, i);

	return request != NULL ? request->body : "(no request)";
}

/* ---- content -------------------------------------------------------------------------------- */

static void
content_arguments_are_checked(void)
{
	static const struct {
		const char *arguments, *body;
	} cases[] = {
		{ WRITE("\"content\":\"gr\\u00fcn\""), "gr\xc3\xbcn" },
		{ WRITE("\"content\":\"\""), "" },
		{ WRITE("\"content_base64\":\"Z3LDvG4=\""), "gr\xc3\xbcn" },
		{ WRITE("\"content_base64\":\"Z3LD\\nvG4=\\n\""), "gr\xc3\xbcn" },
		{ WRITE("\"content_base64\":\"\""), "" },
		{ WRITE("\"overwrite\":false"), NULL },
		{ WRITE("\"content\":\"a\",\"content_base64\":\"YQ==\""), NULL },
		{ WRITE("\"content\":\"a\",\"from_file\":\"f\""), NULL },
		{ WRITE("\"content_base64\":\"YQ=\""), NULL },
		{ WRITE("\"content_base64\":\"YQ\""), NULL },
		{ WRITE("\"content_base64\":\"Y Q=!\""), NULL },
		{ WRITE("\"content_base64\":\"YQ==YQ==\""), NULL },
		{ WRITE("\"content_base64\":\"_-8=\""), NULL },
		{ WRITE("\"content_base64\":\"YQ=\\u0000\""), NULL },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);
		const struct fakehost_result *result;

		fakehost_reply(host, PUT "false", 204, "");
		result = fakehost_tool(host, "write_file", cases[i].arguments);
		if (cases[i].body != NULL) {
			has(result->text, "bytes to " V "/a.txt.\nurl: https://");
			ASSERT_STR(body_of(host, 0), cases[i].body);
		} else {
			ASSERT_INT(result->status, MCP_E_INPUT);
			ASSERT_INT(fakehost_requests(host), 0);
		}
		fakehost_free(host);
	}
}

static void
overwriting_is_reported(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, PUT "false", 204, "");
	fakehost_reply(host, PUT "true", 204, "");
	fakehost_tool(host, "write_file", WRITE("\"content\":\"a\""));
	ASSERT_STR(asked(host, 0), PUT "false");
	ASSERT_INT(fakehost_request(host, 0)->retry, MCP_RETRY_NEVER);
	ASSERT_STR(fakehost_request(host, 0)->headers[0].value, "application/octet-stream");
	fakehost_tool(host, "write_file", WRITE("\"content\":\"a\",\"overwrite\":true"));
	ASSERT_STR(asked(host, 0), PUT "true");
	ASSERT_INT(fakehost_request(host, 0)->retry, MCP_RETRY_IDEMPOTENT);
	fakehost_free(host);
}

static void
roots_are_not_written(void)
{
	static const char *const paths[] = { V, "/", "/Workspace", "dbfs:/" };
	struct fakehost *host = fakehost_new(&mcp_plugin);

	for (size_t i = 0; i < COUNT(paths); i++) {
		char arguments[128];

		snprintf(arguments, sizeof(arguments), "{\"path\":\"%s\",\"content\":\"\"}",
			 paths[i]);
		has(fakehost_tool(host, "write_file", arguments)->what, "cannot be written or");
		ASSERT_INT(fakehost_requests(host), 0);
	}
	fakehost_free(host);
}

static void
refusals_are_explained(void)
{
	static const struct {
		const char *arguments, *request;
		int status;
		const char *body, *next;
		enum mcp_status expected;
	} cases[] = {
		{ WRITE("\"content\":\"a\""), PUT "false", 409, EXISTS, "overwrite=true",
		  MCP_E_CONFLICT },
		{ WRITE("\"content\":\"a\",\"overwrite\":true"), PUT "true", 409, EXISTS,
		  "another path", MCP_E_CONFLICT },
		{ WRITE("\"content\":\"a\""), PUT "false", 403, FORBIDDEN, "WRITE VOLUME",
		  MCP_E_PERMISSION },
		{ WRITE("\"content\":\"a\""), PUT "false", 404, NOT_FOUND,
		  "list_files path=/Volumes/main/default to", MCP_E_NOT_FOUND },
		{ "{\"path\":\"/tmp/a\",\"content\":\"a\"}", "POST " DBFS "/put", 400, EXISTS,
		  "overwrite=true", MCP_E_CONFLICT },
		{ "{\"path\":\"/Users/n\",\"content\":\"a\"}", IMPORT, 400,
		  "{\"error_code\":\"BAD_REQUEST\",\"message\":\"Path (/n) already exists.\"}",
		  "overwrite=true", MCP_E_CONFLICT },
		{ "{\"path\":\"/Users/n\",\"content\":\"a\"}", IMPORT, 403, FORBIDDEN, "CAN EDIT",
		  MCP_E_PERMISSION },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);
		const struct fakehost_result *result;

		fakehost_reply(host, cases[i].request, cases[i].status, cases[i].body);
		result = fakehost_tool(host, "write_file", cases[i].arguments);
		ASSERT_INT(result->status, cases[i].expected);
		has(result->next, cases[i].next);
		fakehost_free(host);
	}
}

/* ---- interrupted uploads
 * ---------------------------------------------------------------------- */

static void
broken_uploads_are_checked(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_no_reply(host, PUT "false", MCP_E_UNAVAILABLE, "the connection was lost");
	volume_has(host, "/a.txt", ' ', NULL);
	result = fakehost_tool(host, "write_file", WRITE("\"content\":\"abcdef\""));
	ASSERT_STR(result->what, "Writing " V "/a.txt was not completed.");
	ASSERT_STR(result->why, "the connection was lost");
	ASSERT_STR(result->next, "No file exists. Repeat the call.");
	CU_ASSERT((fakehost_request(host, 1)->flags & MCP_HTTP_CLEANUP) != 0);
	fakehost_reset(host);
	fakehost_reply(host, PUT "false", 502, "<html><title>Bad gateway</title></html>");
	volume_has(host, "/a.txt", 'f', "3");
	result = fakehost_tool(host, "write_file", WRITE("\"content\":\"abcdef\""));
	ASSERT_STR(result->why, "Bad gateway. A file of 3 bytes exists now, last changed at an "
				"unknown time.");
	has(result->next, "overwrite=true");
	fakehost_reset(host);
	fakehost_reply(host, PUT "false", 500, "");
	fakehost_no_reply(host, "HEAD *", MCP_E_UNAVAILABLE, "nobody there");
	result = fakehost_tool(host, "write_file", WRITE("\"content\":\"abcdef\""));
	has(result->next, "get_file_info path=" V "/a.txt");
	fakehost_free(host);
}

static void
cancelled_uploads_are_checked(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_cancel_after(host, 1);
	fakehost_no_reply(host, PUT "false", MCP_E_CANCELLED, "the call was cancelled");
	volume_has(host, "/a.txt", ' ', NULL);
	fakehost_tool(host, "write_file", WRITE("\"content\":\"abcdef\""));
	ASSERT_INT(fakehost_requests(host), 2);
	ASSERT_STR(asked(host, 0), "HEAD " FILES "/a.txt");
	fakehost_free(host);
}

/* ---- the workspace --------------------------------------------------------------------------- */

static void
missing_folders_are_made(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	static const char arguments[] = "{\"path\":\"/Users/n\",\"content\":\"a\"}";

	fakehost_reply(host, IMPORT, 404, NOT_FOUND);
	fakehost_reply(host, IMPORT, 200, "{}");
	fakehost_reply(host, "POST " WORKSPACE "/mkdirs", 200, "{}");
	result = fakehost_tool(host, "write_file", arguments);
	has(result->text, "Wrote 1 byte to /Workspace/Users/n.");
	ASSERT_STR(body_of(host, 1), "{\"path\":\"/Users\"}");
	ASSERT_STR(body_of(host, 2), "a");
	fakehost_reset(host);
	fakehost_reply(host, IMPORT, 404, NOT_FOUND);
	fakehost_reply(host, "POST " WORKSPACE "/mkdirs", 200, "{}");
	ASSERT_INT(fakehost_tool(host, "write_file", arguments)->status, MCP_E_NOT_FOUND);
	ASSERT_INT(fakehost_requests(host), 3);
	fakehost_reset(host);
	fakehost_reply(host, IMPORT, 404, NOT_FOUND);
	fakehost_reply(host, "POST " WORKSPACE "/mkdirs", 403, FORBIDDEN);
	ASSERT_INT(fakehost_tool(host, "write_file", arguments)->status, MCP_E_PERMISSION);
	fakehost_free(host);
}

#define SOURCE "# Databricks notebook source\\nprint(1)\\n"
#define TO_NOTEBOOK(name, content) "{\"path\":\"/Users/" name "\",\"content\":\"" content "\"}"
#define STATUS(name) "GET " WORKSPACE "/get-status?path=%2FUsers%2F" name

/* The workspace keeps the source of a notebook without its extension: the answer gives that
 * path. */
static void
notebooks_are_named(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "POST /api/2.0/workspace-files/import-file/*", 200, "{}");
	fakehost_reply(host, STATUS("%C3%BC%20b.py"), 404, NOT_FOUND);
	fakehost_reply(host, STATUS("%C3%BC%20b"), 200,
		       "{\"object_type\":\"NOTEBOOK\",\"language\":\"PYTHON\"}");
	result = fakehost_tool(host, "write_file", TO_NOTEBOOK("\xc3\xbc b.py", SOURCE));
	has(result->text,
	    "Wrote 38 bytes.\nThe workspace made a notebook from the file. The path of the "
	    "notebook has no "
	    "extension: /Workspace/Users/\xc3\xbc b (PYTHON)\n");
	has(result->text, "\nNext: get_notebook_content path=\"/Workspace/Users/\xc3\xbc b\"");
	/* not a notebook: the object is still a file, or the check failed */
	fakehost_reset(host);
	fakehost_reply(host, "POST /api/2.0/workspace-files/import-file/*", 200, "{}");
	fakehost_reply(host, STATUS("b.sql"), 200, "{\"object_type\":\"FILE\"}");
	fakehost_reply(host, STATUS("b"), 200, "{\"object_type\":\"NOTEBOOK\"}");
	result = fakehost_tool(host, "write_file",
			       TO_NOTEBOOK("b.sql", "-- Databricks notebook source\\n"));
	has(result->text, "Wrote 30 bytes to /Workspace/Users/b.sql.\nurl: ");
	lacks(result->text, "notebook");
	/* there is no check for a file that cannot become a notebook */
	fakehost_tool(host, "write_file", TO_NOTEBOOK("b.py", "print(1)\\n"));
	ASSERT_INT(fakehost_requests(host), 1);
	fakehost_tool(host, "write_file", TO_NOTEBOOK("b.txt", SOURCE));
	ASSERT_INT(fakehost_requests(host), 1);
	fakehost_reset(host);
	fakehost_reply(host, STATUS("b.py"), 404, NOT_FOUND);
	result = fakehost_tool(host, "read_file", "{\"path\":\"/Users/b.py\"}");
	has(result->next, "get_notebook_content path=/Users/b ");
	fakehost_free(host);
}

/* ---- from the host's files ------------------------------------------------------------------- */

static void
files_are_sent(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	char arguments[256], name[] = "/tmp/lakehost-test-XXXXXX";
	int fd = mkstemp(name);

	CU_ASSERT(write(fd, "from disk", 9) == 9);
	close(fd);
	volume_has(host, "/a.txt", ' ', NULL);
	fakehost_reply(host, PUT "false", 204, "");
	snprintf(arguments, sizeof(arguments), WRITE("\"from_file\":\"%s\""), name);
	result = fakehost_tool(host, "write_file", arguments);
	has(result->text, "Wrote the host's file /tmp/");
	ASSERT_STR(body_of(host, 2), "from disk");
	fakehost_reset(host);
	volume_has(host, "/a.txt", 'f', "1");
	result = fakehost_tool(host, "write_file", arguments);
	ASSERT_INT(result->status, MCP_E_CONFLICT);
	ASSERT_INT(fakehost_requests(host), 2);
	unlink(name);
	fakehost_free(host);
}

static void
files_are_not_sent(void)
{
	static const char replace[] = WRITE("\"from_file\":\"f\",\"overwrite\":true");
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	volume_has(host, "/a.txt", 'd', NULL);
	result = fakehost_tool(host, "write_file", replace);
	ASSERT_STR(result->why, "It is a directory.");
	fakehost_reset(host);
	volume_has(host, "/a.txt", 'f', "1");
	fakehost_no_reply(host, PUT "true", MCP_E_PERMISSION,
			  "the operator allows no files (plugins.transfer_dirs)");
	result = fakehost_tool(host, "write_file", replace);
	ASSERT_STR(result->what, "The host's file f cannot be sent.");
	has(result->next, "plugins.transfer_dirs");
	result = fakehost_tool(host, "write_file", "{\"path\":\"/tmp/a\",\"from_file\":\"f\"}");
	ASSERT_INT(result->status, MCP_E_UNSUPPORTED);
	fakehost_free(host);
}

/* ---- DBFS ------------------------------------------------------------------------------------ */

/* Makes arguments that write `len` bytes; for free(). */
static char *
large(const char *more, size_t len)
{
	char *text = malloc(len + 200);
	size_t start = (size_t)sprintf(text, "{\"path\":\"/tmp/a\"%s,\"content\":\"", more);

	memset(text + start, 'x', len);
	strcpy(text + start + len, "\"}");
	return text;
}

#define MIB 1048576u

static void
small_contents_go_at_once(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char *arguments = large("", MIB);

	fakehost_reply(host, "POST " DBFS "/put", 200, "{}");
	has(fakehost_tool(host, "write_file", arguments)->text,
	    "Wrote 1048576 bytes to dbfs:/tmp/a.");
	ASSERT_INT(fakehost_requests(host), 1);
	free(arguments);
	fakehost_tool(host, "write_file", "{\"path\":\"/tmp/a\",\"content\":\"abc\"}");
	ASSERT_STR(body_of(host, 0),
		   "{\"path\":\"/tmp/a\",\"overwrite\":false,\"contents\":\"YWJj\"}");
	fakehost_reset(host);
	fakehost_reply(host, "POST " DBFS "/put", 503, "{}");
	fakehost_reply(host, "GET " DBFS "/get-status?path=%2Ftmp%2Fa", 200,
		       "{\"path\":\"/tmp/a\",\"file_size\":3,\"modification_time\":1700000000000}");
	has(fakehost_tool(host, "write_file", "{\"path\":\"/tmp/a\",\"content\":\"abc\"}")->why,
	    "A file of 3 bytes exists now, last changed 2023-11-14T22:13:20Z.");
	fakehost_free(host);
}

static void
large_contents_go_in_blocks(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	char *arguments = large(",\"overwrite\":true", 2 * MIB + 3);

	fakehost_reply(host, "POST " DBFS "/create", 200, "{\"handle\":1234567890123456789}");
	fakehost_reply(host, "POST " DBFS "/add-block", 200, "{}");
	fakehost_reply(host, "POST " DBFS "/close", 200, "{}");
	result = fakehost_tool(host, "write_file", arguments);
	ASSERT_STR(result->text, "Wrote 2097155 bytes to dbfs:/tmp/a.");
	ASSERT_INT(fakehost_requests(host), 5);
	ASSERT_STR(body_of(host, 0), "{\"path\":\"/tmp/a\",\"overwrite\":true}");
	has(body_of(host, 1), "{\"handle\":1234567890123456789,\"data\":\"eHh4");
	ASSERT_STR(body_of(host, 3), "{\"handle\":1234567890123456789,\"data\":\"eHh4\"}");
	ASSERT_STR(body_of(host, 4), "{\"handle\":1234567890123456789}");
	for (size_t i = 0; i < 5; i++)
		ASSERT_INT(fakehost_request(host, i)->retry, MCP_RETRY_NEVER);
	free(arguments);
	fakehost_free(host);
}

/* Tests which object exists at the path after a fault and the clean-up. */
static void
dbfs_leaves(struct fakehost *host, const char *status)
{
	fakehost_reply(host, "POST " DBFS "/close", 200, "{}");
	fakehost_reply(host, "POST " DBFS "/delete", 200, "{}");
	if (status != NULL)
		fakehost_reply(host, "GET " DBFS "/get-status?path=%2Ftmp%2Fa", 200, status);
	else
		fakehost_reply(host, "GET " DBFS "/get-status?path=%2Ftmp%2Fa", 404, NOT_FOUND);
}

static void
broken_streams_are_cleaned_up(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	char *arguments = large("", 2 * MIB + 3);

	fakehost_reply(host, "POST " DBFS "/create", 200, "{\"handle\":7}");
	fakehost_reply(host, "POST " DBFS "/add-block", 200, "{}");
	fakehost_no_reply(host, "POST " DBFS "/add-block", MCP_E_UNAVAILABLE, "lost");
	dbfs_leaves(host, NULL);
	result = fakehost_tool(host, "write_file", arguments);
	ASSERT_STR(asked(host, 3), "POST " DBFS "/close");
	ASSERT_STR(asked(host, 4), "POST " DBFS "/delete");
	ASSERT_STR(body_of(host, 4), "{\"path\":\"/tmp/a\"}");
	for (size_t i = 3; i < fakehost_requests(host); i++)
		CU_ASSERT((fakehost_request(host, i)->flags & MCP_HTTP_CLEANUP) != 0);
	ASSERT_STR(result->why, "The transfer stopped after 2097152 bytes: lost");
	ASSERT_STR(result->next, "No file exists. Repeat the call.");
	fakehost_reset(host);
	fakehost_reply(host, "POST " DBFS "/create", 200, "{\"handle\":7}");
	fakehost_no_reply(host, "POST " DBFS "/add-block", MCP_E_UNAVAILABLE, "lost");
	dbfs_leaves(host, "{\"path\":\"/tmp/a\",\"file_size\":1048576}");
	result = fakehost_tool(host, "write_file", arguments);
	has(result->why, "A file of 1048576 bytes exists now");
	free(arguments);
	fakehost_free(host);
}

static void
cancelled_streams_are_cleaned_up(void)
{
	char *arguments = large("", 3 * MIB);

	for (unsigned step = 1; step <= 3; step++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);
		size_t n;

		fakehost_cancel_after(host, step);
		fakehost_reply(host, "POST " DBFS "/create", 200, "{\"handle\":7}");
		fakehost_reply(host, "POST " DBFS "/add-block", 200, "{}");
		dbfs_leaves(host, NULL);
		fakehost_tool(host, "write_file", arguments);
		n = fakehost_requests(host);
		if (step > 1) { /* only the first request was sent */
			ASSERT_STR(asked(host, n - 3), "POST " DBFS "/close");
			ASSERT_STR(asked(host, n - 2), "POST " DBFS "/delete");
		}
		has(asked(host, n - 1), "GET " DBFS "/get-status");
		fakehost_free(host);
	}
	free(arguments);
}

static void
streams_that_do_not_begin(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	char *arguments = large("", MIB + 1);

	fakehost_reply(host, "POST " DBFS "/create", 400, EXISTS);
	result = fakehost_tool(host, "write_file", arguments);
	ASSERT_INT(result->status, MCP_E_CONFLICT);
	ASSERT_INT(fakehost_requests(host), 1);
	fakehost_reset(host);
	fakehost_no_reply(host, "POST " DBFS "/create", MCP_E_UNAVAILABLE, "lost");
	dbfs_leaves(host, NULL);
	has(fakehost_tool(host, "write_file", arguments)->next, "No file exists.");
	fakehost_reset(host);
	fakehost_reply(host, "POST " DBFS "/create", 200, "{}");
	dbfs_leaves(host, NULL);
	has(fakehost_tool(host, "write_file", arguments)->why, "contains no handle");
	fakehost_reset(host);
	fakehost_reply(host, "POST " DBFS "/create", 200, "{\"handle\":7}");
	fakehost_reply(host, "POST " DBFS "/add-block", 200, "{}");
	fakehost_no_reply(host, "POST " DBFS "/close", MCP_E_UNAVAILABLE, "lost at the end");
	fakehost_reply(host, "GET " DBFS "/get-status?path=%2Ftmp%2Fa", 200,
		       "{\"path\":\"/tmp/a\",\"file_size\":1048577}");
	result = fakehost_tool(host, "write_file", arguments);
	has(result->why, "lost at the end. A file of 1048577 bytes exists now");
	free(arguments);
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(content_arguments_are_checked),
	TEST(overwriting_is_reported),
	TEST(roots_are_not_written),
	TEST(refusals_are_explained),
	TEST(broken_uploads_are_checked),
	TEST(cancelled_uploads_are_checked),
	TEST(missing_folders_are_made),
	TEST(notebooks_are_named),
	TEST(files_are_sent),
	TEST(files_are_not_sent),
	TEST(small_contents_go_at_once),
	TEST(large_contents_go_in_blocks),
	TEST(broken_streams_are_cleaned_up),
	TEST(cancelled_streams_are_cleaned_up),
	TEST(streams_that_do_not_begin),
};

SUITE(tests)

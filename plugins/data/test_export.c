/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of results that are written to files: what is sent, in which order, and what is said. */
#include "data.h"
#include "test_plugin.h"
#include "test_statement.h"

#define CHUNK(n) "GET /api/2.0/sql/statements/s1/result/chunks/" n
#define TO_FILE "{\"sql_query\":\"SELECT 1\",\"warehouse_id\":\"" WH "\",\"to_file\":\"out.csv\"}"
#define URL(n) "https://store.example.com/" n
#define LINK(n)                                   \
	"\"external_links\":[{\"chunk_index\":" n \
	",\"external_link\":\"" URL(n) "\",\"http_headers\":{\"x-k\":\"v" n "\"}}]"
#define COLUMNS                                                                            \
	"\"schema\":{\"columns\":[{\"name\":\"a\",\"type_name\":\"INT\"},{\"name\":\"a\"," \
	"\"type_name\":\"STRING\"},{\"name\":\"c\",\"type_name\":\"BOOLEAN\"}]}"
#define TWO COLUMNS ",\"total_chunk_count\":2,\"total_row_count\":7"
#define JOIN(n) "FILE JOIN out.csv " n

/* A statement with two chunks behind links. */
static struct fakehost *
linked(const char *manifest)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char reply[800];

	snprintf(reply, sizeof(reply),
		 "{\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{%s},\"result\":{%s}}",
		 manifest, LINK("0"));
	fakehost_reply(host, "FILE LOOK*", 200, "{\"parts\":0,\"bytes\":0}");
	fakehost_reply(host, SUBMIT, 200, "{\"statement_id\":\"s1\"}");
	fakehost_reply(host, STATEMENT, 200, reply);
	fakehost_reply(host, CHUNK("0"), 200, "{" LINK("0") "}");
	fakehost_reply(host, CHUNK("1"), 200, "{" LINK("1") "}");
	return host;
}

static const struct fakehost_request *
sent(struct fakehost *host, const char *method, const char *target)
{
	for (size_t i = 0; i < fakehost_requests(host); i++) {
		const struct fakehost_request *request = fakehost_request(host, i);

		if (strcmp(request->method, method) == 0 && strcmp(request->target, target) == 0)
			return request;
	}
	return NULL;
}

static void
writes_all_chunks(void)
{
	struct fakehost *host = linked(TWO);
	const struct fakehost_request *request;
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " URL("0"), 200, "[]");
	fakehost_reply(host, "GET " URL("1"), 200, "[]");
	fakehost_reply(host, JOIN("0"), 200, "{\"parts\":0,\"bytes\":6}");
	fakehost_reply(host, JOIN("2"), 200, "{\"parts\":2,\"bytes\":100}");
	fakehost_reply(host, "FILE KEEP*", 200, "{\"parts\":2,\"bytes\":100}");
	result = fakehost_tool(host, "execute_sql", TO_FILE);
	CU_ASSERT(!result->failed);
	ASSERT_HAS(result->text, "Wrote 7 rows as csv (100 B) to the host's file out.csv.");
	ASSERT_INT(result->unexpected, 0);
	request = sent(host, "POST", "/api/2.0/sql/statements");
	CU_ASSERT_FATAL(request != NULL);
	ASSERT_HAS(request->body, "\"disposition\":\"EXTERNAL_LINKS\"");
	ASSERT_HAS(request->body, "\"format\":\"JSON_ARRAY\"");
	CU_ASSERT(strstr(request->body, "row_limit") == NULL);
	request = sent(host, "FILE", "JOIN out.csv 0");
	CU_ASSERT_FATAL(request != NULL);
	ASSERT_HAS(request->body, "[\"a\",\"number\"],[\"a\",\"text\"],[\"c\",\"boolean\"]");
	request = sent(host, "GET", URL("1"));
	CU_ASSERT_FATAL(request != NULL && request->n_headers == 1);
	ASSERT_STR(request->headers[0].value, "v1");
	fakehost_free(host);
}

/* What an earlier call has joined is not fetched again; in lines of JSON no name is used twice. */
static void
continues(void)
{
	struct fakehost *host = linked(TWO);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " URL("1"), 200, "[]");
	fakehost_reply(host, "FILE JOIN x.jsonl 0", 200, "{\"parts\":1,\"bytes\":50}");
	fakehost_reply(host, "FILE JOIN x.jsonl 1", 200, "{\"parts\":1,\"bytes\":50}");
	fakehost_reply(host, "FILE JOIN x.jsonl 2", 200, "{\"parts\":2,\"bytes\":100}");
	fakehost_reply(host, "FILE KEEP*", 200, "{\"parts\":2,\"bytes\":100}");
	result = fakehost_tool(host, "get_statement_result",
			       "{\"statement_id\":\"s1\",\"to_file\":\"x.jsonl\"}");
	CU_ASSERT(!result->failed);
	ASSERT_HAS(result->text, "Wrote 7 rows as jsonl");
	CU_ASSERT(sent(host, "GET", URL("0")) == NULL);
	CU_ASSERT(sent(host, "POST", "/api/2.0/sql/statements") == NULL);
	ASSERT_HAS(sent(host, "FILE", "JOIN x.jsonl 0")->body, "[\"a_2\",\"text\"]");
	fakehost_free(host);
}

/* A link that has expired is requested again. */
static void
renews_links(void)
{
	struct fakehost *host = linked(TWO);

	fakehost_reply(host, "GET " URL("0"), 200, "[]");
	fakehost_reply(host, "GET " URL("1"), 403, "<Error>expired</Error>");
	fakehost_reply(host, "GET " URL("1"), 200, "[]");
	fakehost_reply(host, "FILE JOIN*", 200, "{\"parts\":0,\"bytes\":6}");
	fakehost_reply(host, "FILE KEEP*", 200, "{\"parts\":2,\"bytes\":100}");
	CU_ASSERT(!fakehost_tool(host, "execute_sql", TO_FILE)->failed);
	fakehost_free(host);
}

/* The failure says what exists now, and how to continue. */
static void
gives_up(void)
{
	struct fakehost *host = linked(TWO);
	const struct fakehost_result *result;

	fakehost_no_reply(host, "FILE JOIN*", MCP_E_TOO_LARGE, "No space left on device");
	fakehost_reply(host, "FILE DROP*", 200, "{\"parts\":0,\"bytes\":0}");
	result = fakehost_tool(host, "execute_sql", TO_FILE);
	ASSERT_FAILED(result, MCP_E_TOO_LARGE, "out.csv was not completed",
		      "No space left on device. No part of the file exists now.",
		      "get_statement_result statement_id=s1 to_file=out.csv format=csv");
	fakehost_free(host);
	host = linked(TWO);
	fakehost_reply(host, "FILE JOIN*", 200, "{\"parts\":2,\"bytes\":6}");
	fakehost_no_reply(host, "FILE KEEP*", MCP_E_UNAVAILABLE, "Input/output error");
	fakehost_no_reply(host, "FILE DROP*", MCP_E_UNAVAILABLE, "Input/output error");
	result = fakehost_tool(host, "execute_sql", TO_FILE);
	ASSERT_FAILED(result, MCP_E_UNAVAILABLE, "out.csv was not completed",
		      "may be in the folder", "get_statement_result");
	fakehost_free(host);
}

static void
refuses(void)
{
	static const struct {
		const char *arguments, *what;
	} cases[] = {
		{ ",\"to_file\":\"\"", "not a valid name" },
		{ ",\"to_file\":\"a\",\"format\":\"json\"", "cannot have the format json" },
		{ ",\"format\":\"jsonl\"", "only for files" },
	};
	struct fakehost *host = linked(TWO);
	char arguments[300];

	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(arguments, sizeof(arguments), "{\"sql_query\":\"SELECT 1\"%s}",
			 cases[i].arguments);
		ASSERT_FAILED(fakehost_tool(host, "execute_sql", arguments), MCP_E_INPUT,
			      cases[i].what, "", "");
		ASSERT_INT(fakehost_requests(host), 0);
	}
	fakehost_free(host);
}

#define TO_PATH(path) \
	"{\"sql_query\":\"SELECT 1\",\"warehouse_id\":\"" WH "\",\"to_path\":\"" path "\"}"
#define VOLUME_FILE "/Volumes/c/s/v/d/out.csv"

/* A statement whose file may be written to the volume. */
static struct fakehost *
volume(void)
{
	struct fakehost *host = linked(TWO);

	fakehost_reply(host, "HEAD /api/2.0/fs/files" VOLUME_FILE, 404, "");
	fakehost_reply(host, "HEAD /api/2.0/fs/directories/Volumes/c/s/v", 200, "");
	fakehost_reply(host, "GET " URL("0"), 200, "[]");
	fakehost_reply(host, "GET " URL("1"), 200, "[]");
	fakehost_reply(host, "FILE JOIN*", 200, "{\"parts\":2,\"bytes\":100}");
	fakehost_reply(host, "FILE DROP*", 200, "{\"parts\":0,\"bytes\":0}");
	return host;
}

#define PUT "PUT /api/2.0/fs/files" VOLUME_FILE "?overwrite=false"

static void
writes_to_a_volume(void)
{
	struct fakehost *host = volume();

	fakehost_reply(host, PUT, 204, "");
	ASSERT_HAS(fakehost_tool(host, "execute_sql", TO_PATH(VOLUME_FILE))->text,
		   "Wrote 7 rows as csv (100 B) to " VOLUME_FILE ".");
	fakehost_free(host);
}

/* A lost reply is missed, not final; a file of another size is not ours. */
static void
uncertain_volume(void)
{
	static const struct mcp_header length = { "content-length", "100" };
	struct mcp_reply there = { .size = sizeof(there),
				   .status = 200,
				   .why = "",
				   .body = { "", 0 },
				   .headers = &length,
				   .n_headers = 1,
				   .request_id = "",
				   .retry_after_ms = -1 };
	struct fakehost *host = volume();

	fakehost_reply(host, PUT, 409, "{\"error_code\":\"ALREADY_EXISTS\"}");
	fakehost_reply_with(host, "HEAD /api/2.0/fs/files" VOLUME_FILE, &there);
	ASSERT_HAS(fakehost_tool(host, "execute_sql", TO_PATH(VOLUME_FILE))->text, "Wrote 7 rows");
	fakehost_free(host);
	host = volume();
	there.headers = NULL;
	there.n_headers = 0;
	fakehost_reply(host, PUT, 409, "{\"error_code\":\"ALREADY_EXISTS\"}");
	fakehost_reply_with(host, "HEAD /api/2.0/fs/files" VOLUME_FILE, &there);
	ASSERT_FAILED(fakehost_tool(host, "execute_sql", TO_PATH(VOLUME_FILE)), MCP_E_CONFLICT,
		      "was not completed", "exists already", "");
	fakehost_free(host);
}

static void
too_large_for_a_path(void)
{
	struct fakehost *host = linked(TWO ",\"total_byte_count\":6000000000");

	fakehost_reply(host, "HEAD /api/2.0/fs/files" VOLUME_FILE, 404, "");
	fakehost_reply(host, "HEAD /api/2.0/fs/directories/Volumes/c/s/v", 200, "");
	fakehost_reply(host, "FILE JOIN*", 200, "{\"parts\":0,\"bytes\":0}");
	fakehost_reply(host, "FILE DROP*", 200, "{\"parts\":0,\"bytes\":0}");
	ASSERT_FAILED(fakehost_tool(host, "execute_sql", TO_PATH(VOLUME_FILE)), MCP_E_TOO_LARGE,
		      "too large for " VOLUME_FILE, "at most 5368709120", "to_file");
	fakehost_free(host);
}

/* Another form than that of the platform's result, a statement without rows, and a reply without
 * the number of chunks. */
static void
odd_results(void)
{
	struct fakehost *host = linked(TWO ",\"format\":\"ARROW_STREAM\"");

	ASSERT_FAILED(fakehost_tool(host, "execute_sql", TO_FILE), MCP_E_INPUT,
		      "has its result as ARROW_STREAM", "format csv", "execute_sql");
	fakehost_free(host);
	host = linked("\"total_chunk_count\":0");
	ASSERT_HAS(fakehost_tool(host, "execute_sql", TO_FILE)->text, "No file was written");
	fakehost_free(host);
	host = linked(COLUMNS ",\"total_chunk_count\":0,\"total_row_count\":1");
	ASSERT_FAILED(fakehost_tool(host, "execute_sql", TO_FILE), MCP_E_UPSTREAM,
		      "cannot be written", "how many chunks", "get_result_page");
	fakehost_free(host);
	host = linked(COLUMNS);
	ASSERT_FAILED(fakehost_tool(host, "execute_sql", TO_FILE), MCP_E_UPSTREAM,
		      "cannot be written", "how many chunks", "get_result_page");
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(writes_all_chunks),  TEST(continues),	  TEST(renews_links),
	TEST(gives_up),		  TEST(refuses),	  TEST(odd_results),
	TEST(writes_to_a_volume), TEST(uncertain_volume), TEST(too_large_for_a_path),
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the rows of a result: from chunk to chunk, without column names, with long cells; and
 * pages of it. */
#include "data.h"
#include "test_plugin.h"
#include "test_statement.h"

#define CHUNKED                                                                         \
	AB ",\"total_row_count\":4,\"chunks\":[{\"chunk_index\":0,\"row_offset\":0},7," \
	   "{\"chunk_index\":1,\"row_offset\":2}]"
#define CHUNK_1 "GET /api/2.0/sql/statements/s1/result/chunks/1"
#define LINK                                                                            \
	"\"external_links\":[{\"external_link\":\"https://store.example.com/x?sig=1\"," \
	"\"row_offset\":2,\"http_headers\":{\"x-k\":\"v\"}}]"

/* ---- chunks that the manifest does not list -------------------------------------------------- */

#define PAGE(args) "{\"statement_id\":\"s1\"" args "}"
#define CHUNK(n) "GET /api/2.0/sql/statements/s1/result/chunks/" n
#define C "\"schema\":{\"columns\":[{\"name\":\"a\",\"type_text\":\"INT\"}]}"

/* A result of three chunks of two rows. `more` is the part of the manifest about the chunks. */
static struct fakehost *
chained(const char *tool_manifest)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char body[600];

	snprintf(body, sizeof(body),
		 "{\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{%s},"
		 "\"result\":{\"data_array\":[[\"1\"],[\"2\"]],\"next_chunk_index\":1}}",
		 tool_manifest);
	fakehost_reply(host, SUBMIT, 200, "{\"statement_id\":\"s1\"}");
	fakehost_reply(host, STATEMENT, 200, body);
	fakehost_reply(host, CHUNK("1"), 200,
		       "{\"data_array\":[[\"3\"],[\"4\"]],"
		       "\"next_chunk_index\":2}");
	fakehost_reply(host, CHUNK("2"), 200, "{\"data_array\":[[\"5\"],[\"6\"]]}");
	return host;
}

static void
walks_to_the_next_chunk(void)
{
	struct fakehost *host = chained(C);

	ASSERT_HAS(fakehost_tool(host, "execute_sql", ON_WH)->text, "\n6\n6 rows.");
	ASSERT_TEXT(fakehost_tool(host, "get_result_page", PAGE("")),
		    "a:INT\n1\n2\n3\n4\n5\n6\n6 rows.");
	ASSERT_TEXT(fakehost_tool(host, "get_result_page",
				  PAGE(",\"row_limit\":3,"
				       "\"format\":\"json\"")),
		    "a:INT\n1\n2\n3\n3 rows shown; there are more. Next: get_result_page "
		    "statement_id=s1 page_token=3-1-2 row_limit=3 format=json");
	ASSERT_TEXT(fakehost_tool(host, "get_result_page", PAGE(",\"page_token\":\"3-1-2\"")),
		    "a:INT\n4\n5\n6\n3 of 6 rows shown.");
	ASSERT_TEXT(fakehost_tool(host, "get_statement_result", PAGE(",\"page_token\":\"4\"")),
		    "a:INT\n5\n6\n2 of 6 rows shown.");
	ASSERT_TEXT(fakehost_tool(host, "get_statement_result", PAGE(",\"page_token\":\"6\"")),
		    "a:INT\n0 of 6 rows shown.");
	ASSERT_FAILED(fakehost_tool(host, "get_statement_result", PAGE(",\"page_token\":\"7\"")),
		      MCP_E_INPUT, "page_token 7 is after the last of 6 rows", "", "end line");
	for (const char *const *bad = (const char *const[]){ "1-", "1-2", "-1", "1-2-3", "1-1-1x",
							     "1234567890123456789", "x", NULL };
	     *bad != NULL; bad++) {
		char arguments[80];

		snprintf(arguments, sizeof(arguments), PAGE(",\"page_token\":\"%s\""), *bad);
		ASSERT_INT(fakehost_tool(host, "get_result_page", arguments)->status, MCP_E_INPUT);
	}
	fakehost_free(host);
}

/* The number of rows may differ from the manifest's count; the answer still ends. */
static void
counts_what_came(void)
{
	struct fakehost *host = submitted(DONE(C ",\"total_row_count\":4,\"total_chunk_count\":1",
					       "\"data_array\":[[\"1\"],[\"2\"]]"));
	const char *want = "a:INT\n1\n2\n2 rows.\nThe platform counts 4 rows, but sent only 2.";

	ASSERT_TEXT(fakehost_tool(host, "get_statement_result", PAGE("")), want);
	ASSERT_LACKS(fakehost_tool(host, "get_statement_result", PAGE(",\"page_token\":\"2\""))
			 ->text,
		     "page_token");
	fakehost_reset(host);
	fakehost_reply(host, STATEMENT, 200,
		       DONE(C ",\"total_row_count\":4", "\"data_array\":[[\"1\"],[\"2\"]]"));
	fakehost_reply(host, CHUNK("1"), 404, "");
	fakehost_reply(host, CHUNK("1"), 200, "{\"data_array\":[[\"3\"],[\"4\"]]}");
	ASSERT_TEXT(fakehost_tool(host, "get_statement_result", PAGE("")), want);
	ASSERT_TEXT(fakehost_tool(host, "get_statement_result", PAGE("")),
		    "a:INT\n1\n2\n3\n4\n4 rows.");
	/* The manifest lists chunks without their position. */
	fakehost_reset(host);
	fakehost_reply(host, STATEMENT, 200,
		       DONE(C ",\"chunks\":[{\"chunk_index\":0},"
			      "{\"chunk_index\":1}]",
			    "\"data_array\":[[\"1\"],[\"2\"]]"));
	fakehost_reply(host, CHUNK("1"), 200, "{\"data_array\":[[\"3\"]]}");
	ASSERT_TEXT(fakehost_tool(host, "get_statement_result", PAGE("")),
		    "a:INT\n1\n2\n3\n3 rows.");
	ASSERT_TEXT(fakehost_tool(host, "get_statement_result", PAGE(",\"page_token\":\"2\"")),
		    "a:INT\n3\n1 of 3 rows shown.");
	/* A chunk whose next chunk is itself or an earlier one: the reading does not follow it. */
	fakehost_reset(host);
	fakehost_reply(host, STATEMENT, 200,
		       DONE(C, "\"data_array\":[[\"1\"]],"
			       "\"next_chunk_index\":0"));
	ASSERT_TEXT(fakehost_tool(host, "get_statement_result", PAGE("")), "a:INT\n1\n1 row.");
	fakehost_free(host);
}

static void
shows_rows_without_a_head(void)
{
	struct fakehost *host = submitted(DONE("", "\"data_array\":[[\"oak\",12,{\"a\":\"x/y\"}],"
						   "[\"elm\"]]"));

	ASSERT_TEXT(fakehost_tool(host, "get_result_page", PAGE("")),
		    "_c0\t_c1\t_c2\noak\t12\t{\"a\":\"x/y\"}\nelm\tNULL\tNULL\n2 rows.");
	ASSERT_TEXT(fakehost_tool(host, "get_result_page", PAGE(",\"columns\":[\"_c1\"]")),
		    "_c1\n12\nNULL\n2 rows.");
	fakehost_free(host);
}

/* A cell is read in pieces; each answer names the next call. */
static void
reads_long_cells(void)
{
	static char body[10200];
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	size_t len;

	strcpy(body, "{\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{" C "},\"result\":{"
		     "\"data_array\":[[\"");
	len = strlen(body);
	memset(body + len, 'x', 9000);
	strcpy(body + len + 9000, "END\"]]}}");
	fakehost_reply(host, STATEMENT, 200, body);
	ASSERT_HAS(fakehost_tool(host, "get_statement_result", PAGE(""))->text, "xEND\n1 row.");
	fakehost_results(host, 0, 8000, 200, NULL);
	ASSERT_HAS(fakehost_tool(host, "get_statement_result", PAGE(""))->text,
		   "1 row. 1 cell cut at 200 characters; whole: get_result_page statement_id=s1 "
		   "page_token=0 row_limit=1 cell_chars=8000");
	fakehost_results(host, 0, 8000, 8000, NULL);
	result = fakehost_tool(host, "get_result_page", PAGE(",\"cell_chars\":8000"));
	ASSERT_HAS(result->text, "Some cells are longer. Next: get_result_page statement_id=s1 "
				 "page_token=0 row_limit=1 cell_from=3904 cell_chars=8000");
	result =
	    fakehost_tool(host, "get_result_page", PAGE(",\"cell_chars\":8000,\"cell_from\":7808"));
	ASSERT_HAS(result->text, "xEND\n1 row.");
	ASSERT_LACKS(result->text, "go on");
	fakehost_free(host);
}

static void
reports_the_row_cap(void)
{
	struct fakehost *host = chained(C);

	fakehost_results(host, 2, 0, 0, NULL);
	ASSERT_HAS(fakehost_tool(host, "get_result_page", PAGE(",\"row_limit\":9"))->text,
		   "The operator's limit is 2 rows in one answer.");
	ASSERT_LACKS(fakehost_tool(host, "get_result_page", PAGE(",\"row_limit\":2"))->text,
		     "limit is");
	fakehost_free(host);
}

/* ---- get_result_page ------------------------------------------------------------------------- */

static void
pages_through_a_result(void)
{
	struct fakehost *host = submitted(DONE(CHUNKED, "\"data_array\":[[\"1\",\"x\"],[\"2\","
							"\"Yx\"]]"));

	fakehost_reply(host, CHUNK_1, 200, "{" LINK "}");
	fakehost_reply(host, "GET https://store.example.com/x?sig=1", 200,
		       "[[\"3\",null],[\"4\",\"X\"]]");
	ASSERT_TEXT(fakehost_tool(host, "get_result_page", "{\"statement_id\":\"s1\"}"),
		    "a:INT\tb:STRING\n1\tx\n2\tYx\n3\tNULL\n4\tX\n4 rows.");
	ASSERT_TEXT(fakehost_tool(host, "get_result_page",
				  "{\"statement_id\":\"s1\","
				  "\"columns\":[\"B\"],\"grep\":\"x\",\"row_limit\":2}"),
		    "b:STRING\nx\nYx\n2 matching rows shown; there are more. Next: get_result_page "
		    "statement_id=s1 page_token=3 columns=[\"B\"] grep=x row_limit=2");
	ASSERT_TEXT(fakehost_tool(host, "get_result_page",
				  "{\"statement_id\":\"s1\","
				  "\"columns\":[\"b\",\"a\"],\"grep\":\"x\",\"page_token\":\"3\"}"),
		    "b:STRING\ta:INT\nX\t4\n1 matching row.");
	ASSERT_TEXT(fakehost_tool(host, "get_result_page",
				  "{\"statement_id\":\"s1\",\"row_limit\":2}"),
		    "a:INT\tb:STRING\n1\tx\n2\tYx\n2 of 4 rows shown. Next: get_result_page "
		    "statement_id=s1 page_token=2 row_limit=2");
	ASSERT_TEXT(fakehost_tool(host, "get_result_page",
				  "{\"statement_id\":\"s1\",\"grep\":\"nowhere\"}"),
		    "a:INT\tb:STRING\n0 matching rows.");
	fakehost_results(host, 0, 30, 0, NULL);
	ASSERT_HAS(fakehost_tool(host, "get_result_page", "{\"statement_id\":\"s1\"}")->text,
		   "2 of 4 rows shown. Next: get_result_page statement_id=s1 page_token=2");
	fakehost_free(host);
}

static void
refuses_pages_that_are_not_there(void)
{
	struct fakehost *host = submitted(DONE(CHUNKED, ""));

	ASSERT_FAILED(fakehost_tool(host, "get_result_page",
				    "{\"statement_id\":\"s1\",\"columns\":[\"ab\"]}"),
		      MCP_E_INPUT, "no column \"ab\"", "Similar: a, b.", "column names");
	ASSERT_FAILED(fakehost_tool(host, "get_result_page",
				    "{\"statement_id\":\"s1\",\"page_token\":\"5\"}"),
		      MCP_E_INPUT, "after the last of 4", "", "end line");
	ASSERT_INT(fakehost_tool(host, "get_result_page",
				 "{\"statement_id\":\"s1\",\"page_token\":\"x\"}")
		       ->status,
		   MCP_E_INPUT);
	fakehost_reply(host, CHUNK_1, 503, "");
	ASSERT_FAILED(fakehost_tool(host, "get_result_page",
				    "{\"statement_id\":\"s1\",\"page_token\":\"2\"}"),
		      MCP_E_UNAVAILABLE, "The next rows", "503", "get_result_page statement_id=s1");
	fakehost_reset(host);
	fakehost_reply(host, STATEMENT, 200, "{\"status\":{\"state\":\"RUNNING\"}}");
	ASSERT_FAILED(fakehost_tool(host, "get_result_page", "{\"statement_id\":\"s1\"}"),
		      MCP_E_CONFLICT, "no rows yet", "RUNNING", "get_statement_result");
	/* A state of a later version of the platform is not a failure of the statement. */
	fakehost_reset(host);
	fakehost_reply(host, STATEMENT, 200, "{\"status\":{\"state\":\"QUEUED\"}}");
	ASSERT_FAILED(fakehost_tool(host, "get_result_page", "{\"statement_id\":\"s1\"}"),
		      MCP_E_CONFLICT, "no rows yet", "QUEUED", "get_statement_result");
	fakehost_reset(host);
	fakehost_reply(host, STATEMENT, 200, DONE("", ""));
	fakehost_reply(host, STATEMENT, 404, "");
	ASSERT_TEXT(fakehost_tool(host, "get_result_page", "{\"statement_id\":\"s1\"}"),
		    "Statement s1 has no rows.");
	ASSERT_FAILED(fakehost_tool(host, "get_result_page", "{\"statement_id\":\"s1\"}"),
		      MCP_E_NOT_FOUND, "Statement s1", "404", "an hour");
	fakehost_free(host);
}

#define BYTES "GET https://store.example.com/x?sig=1"

/* A page of the rows of a link, which are read from their bytes. */
static void
linked_page(const char *body, const char *args, const char *expected)
{
	struct fakehost *host =
	    submitted(DONE(CHUNKED, "\"data_array\":[[\"1\",\"-\"],[\"2\",null]]"));
	char arguments[200];

	snprintf(arguments, sizeof(arguments), PAGE("%s"), args);
	fakehost_reply(host, CHUNK_1, 200, "{" LINK "}");
	fakehost_reply(host, BYTES, 200, body);
	ASSERT_TEXT(fakehost_tool(host, "get_result_page", arguments), expected);
	fakehost_free(host);
}

static void
reads_rows_from_bytes(void)
{
#define HEAD "a:INT\tb:STRING\n"
	linked_page(" [ [ \"3\" , null ] , [4,{\"x\":[\"]\"]}]\n]\n", ",\"page_token\":\"2\"",
		    HEAD "3\tNULL\n4\t{\"x\":[\"]\"]}\n2 of 4 rows shown.");
	linked_page("[[\"3\"],[\"4\",\"x\",\"more\"],[]]", ",\"page_token\":\"2\"",
		    HEAD "3\tNULL\n4\tx\nNULL\tNULL\n3 of 5 rows shown.");
	linked_page("[[\"\\u0033\",\"\\u20ac\\ud83d\\ude00\\ud83d\\/\\\"\"],[\"4\",\"\"]]",
		    ",\"page_token\":\"2\"", HEAD "3\t€😀\uFFFD/\"\n4\t\"\"\n2 of 4 rows shown.");
	/* text is found in one cell, never across two, and not in the spelling of an escape */
	linked_page("[[\"ab\",\"cd\"],[\"x\",\"\\u0041B, C\"]]", ",\"grep\":\"b, c\"",
		    HEAD "x\tAB, C\n1 matching row.");
	linked_page("[[\"ab\",\"cd\"],[\"x\",\"y\"]]", ",\"grep\":\"b\\\",\\\"c\"",
		    HEAD "0 matching rows.");
	linked_page("[[\"ab\",\"u0041\"],[\"x\",\"\\u0041\"]]", ",\"grep\":\"U0041\"",
		    HEAD "ab\tu0041\n1 matching row.");
	linked_page("[[\"aab\",null],[\"aabaaB\",\"nul\"]]", ",\"grep\":\"abaab\"",
		    HEAD "aabaaB\tnul\n1 matching row.");
	linked_page("[[\"a\",null],[\"b\",\"nul\"]]", ",\"grep\":\"NULL\"",
		    HEAD "0 matching rows.");
#undef HEAD
}

/* Bytes that are not rows are a failure, also when rows stand before them. */
static void
refuses_bytes_that_are_not_rows(void)
{
	static const char *const bodies[] = { "[",
					      "[[\"3\",\"x\"]",
					      "[[\"3\",\"x\"",
					      "[[\"3\",\"x",
					      "[[\"3\",\"x\\",
					      "[[\"3\",\"\\u00g0\"]]",
					      "[[\"3\",\"\\x\"]]",
					      "[[\"3\" \"x\"]]",
					      "[[\"3\",]]",
					      "[[\"3\"],]",
					      "[[\"3\"][\"4\"]]",
					      "[[\"3\"]] x",
					      "[7]" };

	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct fakehost *host = submitted(DONE(CHUNKED, ""));

		fakehost_reply(host, CHUNK_1, 200, "{" LINK "}");
		fakehost_reply(host, BYTES, 200, bodies[i]);
		ASSERT_FAILED(fakehost_tool(host, "get_result_page", PAGE(",\"page_token\":\"2\"")),
			      MCP_E_UPSTREAM, "leads to other content", "array with rows",
			      "Call get_result_page");
		fakehost_free(host);
	}
}

static const struct test tests[] = {
	TEST(reads_rows_from_bytes),
	TEST(refuses_bytes_that_are_not_rows),
	TEST(walks_to_the_next_chunk),
	TEST(counts_what_came),
	TEST(shows_rows_without_a_head),
	TEST(reads_long_cells),
	TEST(reports_the_row_cap),
	TEST(pages_through_a_result),
	TEST(refuses_pages_that_are_not_there),
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of SQL: the warehouse, the requests, rows in chunks and behind links, failures, pages,
 * cancel. */
#include "data.h"
#include "test_plugin.h"
#include "test_statement.h"

/* ---- the warehouse -------------------------------------------------------------------------- */

#define W(id, name, state, more) \
	"{\"id\":\"" id "\",\"name\":\"" name "\",\"state\":\"" state "\"" more "}"

static void
chooses_the_best_warehouse(void)
{
	static const struct {
		const char *options, *argument, *list, *chosen;
	} cases[] = {
		{ "{}", "", W("s", "S", "STOPPED", "") "," W("r", "R", "RUNNING", ""), "r" },
		{ "{}", "", W("s", "S", "STOPPED", "") "," W("b", "B", "STARTING", ""), "b" },
		{ "{}", "",
		  W("s", "S", "STOPPED", "") "," W("l", "L", "STOPPED",
						   ",\"enable_serverless_compute\":true"),
		  "l" },
		{ "{}", "", "7," W("d", "D", "DELETED", "") "," W("g", "G", "STOPPING", ""), "g" },
		{ "{}", ",\"warehouse_id\":\"S\"",
		  W("s", "S", "STOPPED", "") "," W("r", "R", "RUNNING", ""), "s" },
		{ "{}", ",\"warehouse_id\":\"s\"", W("s", "S", "STOPPED", ""), "s" },
		{ "{\"warehouse_id\":\"R\"}", "",
		  W("s", "S", "RUNNING", "") "," W("r", "R", "STOPPED", ""), "r" },
		{ "{\"warehouse_id\":\"\"}", "", W("s", "S", "RUNNING", ""), "s" },
	};
	char arguments[200], list[600], body[100];

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakehost *host = fakehost_new_with(&mcp_plugin, cases[i].options);

		snprintf(arguments, sizeof(arguments), "{\"sql_query\":\"SELECT 1\"%s}",
			 cases[i].argument);
		snprintf(list, sizeof(list), "{\"warehouses\":[%s]}", cases[i].list);
		snprintf(body, sizeof(body), "\"warehouse_id\":\"%s\"", cases[i].chosen);
		fakehost_reply(host, WAREHOUSES, 200, list);
		fakehost_reply(host, SUBMIT, 200, "{\"statement_id\":\"s1\"}");
		fakehost_reply(host, STATEMENT, 200, DONE("", ""));
		CU_ASSERT(!fakehost_tool(host, "execute_sql", arguments)->failed);
		ASSERT_HAS(fakehost_request(host, 1)->body, body);
		fakehost_free(host);
	}
}

static void
says_when_there_is_no_warehouse(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const char *sql = "{\"sql_query\":\"SELECT 1\"}";

	fakehost_reply(host, WAREHOUSES, 200, "{}");
	ASSERT_FAILED(fakehost_tool(host, "execute_sql", sql), MCP_E_NOT_FOUND,
		      "no SQL warehouse for the statement", "empty", "CAN USE");
	fakehost_reset(host);
	fakehost_reply(host, WAREHOUSES, 200,
		       "{\"warehouses\":[" W("s", "Shared",
					     "RUNNIN"
					     "G",
					     "") "]}");
	ASSERT_FAILED(fakehost_tool(host, "execute_sql",
				    "{\"sql_query\":\"SELECT 1\",\"warehouse_id\":\"shard\"}"),
		      MCP_E_NOT_FOUND, "There is no SQL warehouse \"shard\"", "",
		      "Did you mean: Shared?");
	fakehost_reset(host);
	fakehost_reply(host, WAREHOUSES, 403, "");
	ASSERT_FAILED(fakehost_tool(host, "execute_sql", sql), MCP_E_PERMISSION,
		      "The list of SQL warehouses", "403", "CAN USE");
	ASSERT_FAILED(fakehost_tool(host, "execute_sql", "{\"sql_query\":\" ;\\n\"}"), MCP_E_INPUT,
		      "sql_query is empty", "", "one SQL statement");
	fakehost_free(host);
}

static void
sends_what_was_asked(void)
{
	struct fakehost *host = submitted(DONE("", ""));

	ASSERT_TEXT(
	    fakehost_tool(
		host, "execute_sql",
		"{\"sql_query\":\"SELECT :a\",\"warehouse_id\":\"" WH "\",\"catalog\":\"main\","
		"\"schema\":\"s\",\"parameters\":{\"i\":1,\"big\":3000000000,\"d\":1.5,\"t\":true,"
		"\"s\":\"x\",\"n\":null,\"l\":[1]}}"),
	    "Done, without rows. Statement s1 on warehouse " WH ".");
	ASSERT_STR(
	    fakehost_request(host, 0)->body,
	    "{\"statement\":\"SELECT :a\",\"warehouse_id\":\"" WH "\",\"catalog\":\"main\","
	    "\"schema\":\"s\",\"wait_timeout\":\"0s\",\"disposition\":\"INLINE\","
	    "\"format\":\"JSON_ARRAY\",\"row_limit\":10000,\"byte_limit\":8388608,\"parameters\":["
	    "{\"name\":\"i\",\"type\":\"INT\",\"value\":\"1\"},"
	    "{\"name\":\"big\",\"type\":\"BIGINT\",\"value\":\"3000000000\"},"
	    "{\"name\":\"d\",\"type\":\"DOUBLE\",\"value\":\"1.5\"},"
	    "{\"name\":\"t\",\"type\":\"BOOLEAN\",\"value\":\"true\"},"
	    "{\"name\":\"s\",\"type\":\"STRING\",\"value\":\"x\"},"
	    "{\"name\":\"n\",\"type\":\"STRING\"},"
	    "{\"name\":\"l\",\"type\":\"STRING\",\"value\":\"[1]\"}],\"query_tags\":["
	    "{\"key\":\"lakehost_tool\",\"value\":\"execute_sql\"},"
	    "{\"key\":\"lakehost_principal\",\"value\":\"local\"}]}");
	ASSERT_INT(fakehost_request(host, 0)->retry, MCP_RETRY_NEVER);
	fakehost_reset(host);
	fakehost_reply(host, SUBMIT, 200, "{}");
	ASSERT_FAILED(fakehost_tool(host, "execute_sql", ON_WH), MCP_E_UPSTREAM, "not accepted",
		      "no valid statement_id", "");
	fakehost_reset(host);
	fakehost_no_reply(host, SUBMIT, MCP_E_UNAVAILABLE, "connection lost");
	ASSERT_FAILED(fakehost_tool(host, "execute_sql", ON_WH), MCP_E_UNAVAILABLE,
		      "The statement on SQL warehouse", "connection lost",
		      "The statement may have run");
	fakehost_free(host);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void
shows_rows_and_tells_null_from_nothing(void)
{
	struct fakehost *host =
	    submitted(DONE(AB ",\"total_row_count\":3",
			   "\"data_array\":[[\"1\",null],[\"2\",\"\"],[\"3\",\"NULL\"],7]"));

	ASSERT_TEXT(fakehost_tool(host, "execute_sql", ON_WH),
		    "statement_id: s1 (warehouse " WH ")\na:INT\tb:STRING\n1\tNULL\n2\t\"\"\n"
		    "3\t\"NULL\"\nNULL\tNULL\n4 rows.");
	fakehost_reset(host);
	fakehost_reply(host, SUBMIT, 200, "{\"statement_id\":\"s1\"}");
	fakehost_reply(host, STATEMENT, 200, DONE(AB ",\"total_row_count\":0", ""));
	ASSERT_HAS(fakehost_tool(host, "execute_sql", ON_WH)->text, "a:INT\tb:STRING\n0 rows.");
	fakehost_free(host);
}

static void
says_how_to_get_the_rest(void)
{
	struct fakehost *host =
	    submitted(DONE(AB ",\"total_row_count\":3",
			   "\"data_array\":[[\"1\",\"x\"],[\"2\",\"y\"],[\"3\",\"z\"]]"));
	const char *args = "{\"sql_query\":\"S\",\"warehouse_id\":\"" WH "\",\"row_limit\":2}";

	ASSERT_HAS(fakehost_tool(host, "execute_sql", args)->text,
		   "2\ty\n2 of 3 rows shown. "
		   "Next: get_statement_result statement_id=s1 page_token=2");
	ASSERT_TEXT(fakehost_tool(host, "get_statement_result",
				  "{\"statement_id\":\"s1\",\"page_token\":\"2\"}"),
		    "a:INT\tb:STRING\n3\tz\n1 of 3 rows shown.");
	ASSERT_FAILED(fakehost_tool(host, "get_statement_result",
				    "{\"statement_id\":\"s1\",\"page_token\":\"4\"}"),
		      MCP_E_INPUT, "page_token 4 is after the last of 3 rows", "", "end line");
	fakehost_results(host, 1, 0, 0, NULL);
	ASSERT_HAS(fakehost_tool(host, "execute_sql", ON_WH)->text, "page_token=1");
	fakehost_reset(host);
	fakehost_results(host, 0, 0, 0, NULL);
	fakehost_reply(host, STATEMENT, 200,
		       DONE(AB ",\"total_row_count\":1,\"truncated\":true",
			    "\"data_array\":[[\"1\",\"x\"]]"));
	ASSERT_HAS(fakehost_tool(host, "get_statement_result", "{\"statement_id\":\"s1\"}")->text,
		   "1 of 1+ rows shown.\nThe platform kept only a part of the result. Select");
	ASSERT_INT(fakehost_tool(host, "get_statement_result", "{\"statement_id\":\"\"}")->status,
		   MCP_E_NOT_FOUND);
	ASSERT_INT(fakehost_tool(host, "get_statement_result",
				 "{\"statement_id\":\"s1\",\"page_token\":\"x\"}")
		       ->status,
		   MCP_E_INPUT);
	fakehost_free(host);
}

#define CHUNKED                                                                         \
	AB ",\"total_row_count\":4,\"chunks\":[{\"chunk_index\":0,\"row_offset\":0},7," \
	   "{\"chunk_index\":1,\"row_offset\":2}]"
#define CHUNK_1 "GET /api/2.0/sql/statements/s1/result/chunks/1"
#define LINK                                                                            \
	"\"external_links\":[{\"external_link\":\"https://store.example.com/x?sig=1\"," \
	"\"row_offset\":2,\"http_headers\":{\"x-k\":\"v\"}}]"

static void
fetches_chunks_and_links(void)
{
	struct fakehost *host = submitted(DONE(CHUNKED, "\"data_array\":[[\"1\",\"x\"],[\"2\","
							"\"y\"]]"));
	const char *page = "{\"statement_id\":\"s1\",\"page_token\":\"3\"}";
	const char *want = "a:INT\tb:STRING\n4\tw\n1 of 4 rows shown.";

	fakehost_reply(host, CHUNK_1, 200, "{\"data_array\":[[\"3\",\"z\"],[\"4\",\"w\"]]}");
	fakehost_reply(host, CHUNK_1, 200, "{" LINK "}");
	fakehost_reply(host, CHUNK_1, 404, "");
	fakehost_reply(host, "GET https://store.example.com/x?sig=1", 200,
		       "[[\"3\",\"z\"],[\"4\",\"w\"]]");
	ASSERT_TEXT(fakehost_tool(host, "get_statement_result", page), want);
	ASSERT_TEXT(fakehost_tool(host, "get_statement_result", page), want);
	ASSERT_STR(fakehost_request(host, 2)->headers[0].value, "v");
	ASSERT_FAILED(fakehost_tool(host, "get_statement_result", page), MCP_E_NOT_FOUND,
		      "The next rows", "404", "execute_sql");
	fakehost_reset(host);
	fakehost_reply(host, STATEMENT, 200, DONE(AB ",\"total_row_count\":2", LINK));
	fakehost_reply(host, "GET https://store.example.com/x?sig=1", 200, "[[\"1\",\"x\"]]");
	fakehost_reply(host, CHUNK_1, 404, "");
	CU_ASSERT(!fakehost_tool(host, "get_statement_result",
				 "{\"statement_id\":\"s1\""
				 "}")
		       ->failed);
	fakehost_free(host);
}

/* A result with more columns than the state of a step can keep, and more than can be shown. */
static void
shows_wide_results(void)
{
	static char body[200000];
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	size_t at;

	for (int n = 300; n <= 1001; n += 701) {
		at = (size_t)sprintf(body, "{\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{"
					   "\"total_row_count\":2,\"chunks\":[{\"row_offset\":0},"
					   "{\"chunk_index\":1,\"row_offset\":1}],"
					   "\"schema\":{\"columns\":[");
		for (int i = 0; i < n; i++)
			at += (size_t)sprintf(body + at, "%s{\"name\":\"column_%d\"}",
					      i > 0 ? "," : "", i);
		strcpy(body + at, "]}},\"result\":{\"data_array\":[[\"first\"]]}}");
		fakehost_reset(host);
		fakehost_reply(host, STATEMENT, 200, body);
		fakehost_reply(host, CHUNK_1, 200, "{\"data_array\":[[\"second\"]]}");
		result = fakehost_tool(host, "get_statement_result",
				       "{\"statement_id\":\"s1\",\"page_token\":\"1\"}");
		if (n <= 1000) {
			ASSERT_HAS(result->text, "column_299\nsecond\tNULL");
			ASSERT_INT(fakehost_requests(host), 2);
		} else {
			ASSERT_FAILED(result, MCP_E_TOO_LARGE, "1001 columns",
				      "At most "
				      "1000",
				      "Select");
		}
	}
	fakehost_free(host);
}

#define PREVIEW(rows)                                                             \
	"{\"catalog_name\":\"ma`in\",\"schema_name\":\"s\",\"table_name\":\"t\"," \
	"\"warehouse_id\":\"" WH "\",\"row_limit\":" rows "}"

static void
previews_tables(void)
{
	struct fakehost *host =
	    submitted(DONE(AB ",\"total_row_count\":3",
			   "\"data_array\":[[\"1\",\"x\"],[\"2\",\"y\"],[\"3\",\"z\"]]"));

	ASSERT_HAS(fakehost_tool(host, "preview_table", PREVIEW("2"))->text,
		   "2 rows shown; there are more. Next: preview_table catalog_name=");
	ASSERT_HAS(fakehost_request(host, 0)->body, "SELECT * FROM `ma``in`.`s`.`t` LIMIT 3");
	ASSERT_HAS(fakehost_tool(host, "preview_table", PREVIEW("3"))->text, "\n3 rows.");
	ASSERT_HAS(fakehost_tool(host, "preview_table",
				 "{\"catalog_name\":\"main\","
				 "\"schema_name\":\"s\",\"table_name\":\"${env:HOME}\","
				 "\"warehouse_id\":\"" WH "\"}")
		       ->what,
		   "A name must not contain ${ here.");
	fakehost_free(host);
}

static void
previews_go_on(void)
{
	struct fakehost *host =
	    submitted(DONE(AB ",\"total_row_count\":3",
			   "\"data_array\":[[\"5\",\"x\"],[\"6\",\"y\"],[\"7\",\"z\"]]"));

	ASSERT_HAS(fakehost_tool(host, "preview_table", PREVIEW("2,\"page_token\":\"4\""))->text,
		   " row_limit=2 warehouse_id=" WH " page_token=6");
	ASSERT_HAS(fakehost_request(host, 0)->body, "LIMIT 3 OFFSET 4\"");
	ASSERT_FAILED(fakehost_tool(host, "preview_table", PREVIEW("2,\"page_token\":\"-4\"")),
		      MCP_E_INPUT, "page_token", "", "Next line");
	ASSERT_FAILED(fakehost_tool(host, "preview_table",
				    PREVIEW("2,\"page_token\":\"9999999999999999\"")),
		      MCP_E_INPUT, "page_token", "", "Next line");
	fakehost_free(host);
}

/* ---- statements and their parameters --------------------------------------------------------- */

static void
reports_session_changes_that_are_lost(void)
{
	static const struct {
		const char *sql, *says;
	} cases[] = {
		{ "USE CATALOG samples", "arguments catalog and schema" },
		{ "-- a\\n /* b */ use samples.x;", "arguments catalog and schema" },
		{ "SET a = 1", "session of its own" },
		{ "CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 1", "session of its own" },
		{ "DECLARE x INT", "session of its own" },
		{ "CREATE TABLE used (a INT)", NULL },
		{ "UPDATE t SET a = 1", NULL },
		{ "SELECT 'USE x'", NULL },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakehost *host = submitted(DONE("", ""));
		char arguments[200];

		snprintf(arguments, sizeof(arguments),
			 "{\"sql_query\":\"%s\",\"warehouse_id\":\"" WH "\"}", cases[i].sql);
		CU_ASSERT(text_holds(fakehost_tool(host, "execute_sql", arguments)->text,
				     cases[i].says != NULL ? cases[i].says : " ends with ",
				     cases[i].says != NULL, __FILE__, __LINE__));
		fakehost_free(host);
	}
}

/* Numbers keep all digits of the caller. */
static void
keeps_digits_of_parameters(void)
{
	static const struct {
		const char *value, *item;
	} cases[] = {
		{ "2147483647", "\"type\":\"INT\",\"value\":\"2147483647\"" },
		{ "-2147483649", "\"type\":\"BIGINT\",\"value\":\"-2147483649\"" },
		{ "9223372036854775807", "\"type\":\"BIGINT\",\"value\":\"9223372036854775807\"" },
		{ "-9223372036854775808", "\"type\":\"BIGINT\"" },
		{ "9223372036854775808", "\"type\":\"DECIMAL(19,0)\","
					 "\"value\":\"9223372036854775808\"" },
		{ "-99999999999999999999", "\"type\":\"DECIMAL(20,0)\"" },
		{ "0.12345678901234567", "\"type\":\"DECIMAL(18,17)\"" },
		{ "1.5e300", "\"type\":\"DOUBLE\",\"value\":\"1.5e300\"" },
		{ "{\"a/b\":[1]}", "\"value\":\"{\\\"a/b\\\":[1]}\"" },
		{ "\"]},\\\"\"", "\"type\":\"STRING\",\"value\":\"]},\\\"\"" },
	};
	char arguments[300];

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakehost *host = submitted(DONE("", ""));

		snprintf(arguments, sizeof(arguments),
			 "{ \"sql_query\" : \"SELECT :a\", "
			 "\"parameters\" : { \"x\": [\"{\"], \"a\" : %s , \"z\":null } , "
			 "\"warehouse_id\":\"" WH "\" }",
			 cases[i].value);
		CU_ASSERT(!fakehost_tool(host, "execute_sql", arguments)->failed);
		ASSERT_HAS(fakehost_request(host, 0)->body, cases[i].item);
		ASSERT_HAS(fakehost_request(host, 0)->body, "{\"name\":\"z\",\"type\":\"STRING\"}");
		fakehost_free(host);
	}
	snprintf(arguments, sizeof(arguments),
		 "{\"sql_query\":\"SELECT :a\",\"warehouse_id\":\"" WH
		 "\",\"parameters\":{\"a\":%s}}",
		 "111111111122222222223333333333444444444");
	{
		struct fakehost *host = submitted(DONE("", ""));

		ASSERT_FAILED(fakehost_tool(host, "execute_sql", arguments), MCP_E_INPUT,
			      "\"a\" has more digits", "38", "as a string");
		ASSERT_INT(fakehost_requests(host), 0);
		fakehost_free(host);
	}
}

/* ---- failures -------------------------------------------------------------------------------- */

static void
explains_failed_statements(void)
{
	static const struct {
		const char *status;
		enum mcp_status kind;
		const char *what, *why, *next;
	} cases[] = {
		{ "\"FAILED\",\"error\":{\"error_code\":\"BAD_REQUEST\",\"message\":\"[X] m "
		  "SQLSTATE: "
		  "42P01\"}",
		  MCP_E_INPUT, "Statement s1 failed.", "[X] m", "list_tables" },
		{ "\"FAILED\",\"error\":{\"message\":\"m\"},\"sql_state\":\"42703\"", MCP_E_INPUT,
		  "failed", "m", "get_table_schema" },
		{ "\"FAILED\",\"error\":{\"message\":\"m\"},\"sql_state\":\"42501\"",
		  MCP_E_PERMISSION, "failed", "m", "missing privilege" },
		{ "\"FAILED\",\"error\":{\"message\":\"m\"}", MCP_E_INPUT, "failed", "m",
		  "Correct the statement" },
		{ "\"FAILED\",\"error\":{\"error_code\":\"TEMPORARILY_UNAVAILABLE\","
		  "\"message\":\"m\"}",
		  MCP_E_UNAVAILABLE, "failed", "m", "The statement is correct" },
		{ "\"FAILED\"", MCP_E_INPUT, "failed", "", "Correct" },
		{ "null", MCP_E_UPSTREAM, "is not known", "no state", "" },
		{ "\"CANCELED\"", MCP_E_CANCELLED, "was cancelled", "", "Run the statement again" },
		{ "\"CLOSED\"", MCP_E_CANCELLED, "its result was deleted", "",
		  "Run the statement again" },
	};
	char body[400];

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakehost *host;

		snprintf(body, sizeof(body), "{\"status\":{\"state\":%s}}", cases[i].status);
		host = submitted(body);
		ASSERT_FAILED(fakehost_tool(host, "execute_sql", ON_WH), cases[i].kind,
			      cases[i].what, cases[i].why, cases[i].next);
		ASSERT_FAILED(fakehost_tool(host, "get_result_page", "{\"statement_id\":\"s1\"}"),
			      cases[i].kind, cases[i].what, cases[i].why, cases[i].next);
		fakehost_free(host);
	}
}

static void
follows_and_cancels(void)
{
	struct fakehost *host = submitted("{\"status\":{\"state\":\"PENDING\"}}");
	const struct fakehost_result *result;

	fakehost_reply(host, STATEMENT, 200, "{\"status\":{\"state\":\"RUNNING\"}}");
	fakehost_wait(host, 90);
	result = fakehost_tool(host, "execute_sql", ON_WH);
	CU_ASSERT(result->working);
	ASSERT_HAS(result->text, "Next: get_statement_result statement_id=s1 wait_s=30");
	fakehost_reset(host);
	fakehost_reply(host, "POST /api/2.0/sql/statements/s1/cancel", 200, "");
	ASSERT_HAS(fakehost_cancel(host)->text, "Cancelling statement s1 was requested.");
	CU_ASSERT(fakehost_request(host, 0)->flags & MCP_HTTP_CLEANUP);
	ASSERT_HAS(fakehost_tool(host, "cancel_statement", "{\"statement_id\":\"s1\"}")->text,
		   "requested");
	ASSERT_INT(fakehost_tool(host, "cancel_statement", "{\"statement_id\":\"\"}")->status,
		   MCP_E_INPUT);
	fakehost_reset(host);
	fakehost_reply(host, "POST /api/2.0/sql/statements/s1/cancel", 404, "");
	ASSERT_FAILED(fakehost_tool(host, "cancel_statement", "{\"statement_id\":\"s1\"}"),
		      MCP_E_NOT_FOUND, "Statement s1", "404", "ended too long ago");
	fakehost_reset(host);
	fakehost_reply(host, STATEMENT, 503, "");
	ASSERT_FAILED(fakehost_tool(host, "get_statement_result", "{\"statement_id\":\"s1\"}"),
		      MCP_E_UNAVAILABLE, "Statement s1", "503", "The statement may continue");
	fakehost_free(host);
}

static void
bounds_statement_ids(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char id[65], arguments[120];

	fakehost_reply(host, "GET /api/2.0/sql/statements/*", 404, "");
	fakehost_reply(host, "POST /api/2.0/sql/statements/*", 200, "");
	for (size_t len = 63; len <= 64; len++) {
		memset(id, 'x', len);
		id[len] = '\0';
		snprintf(arguments, sizeof(arguments), "{\"statement_id\":\"%s\"}", id);
		ASSERT_INT(fakehost_tool(host, "get_statement_result", arguments)->status,
			   MCP_E_NOT_FOUND);
		ASSERT_INT(fakehost_requests(host), len == 63);
		fakehost_tool(host, "get_result_page", arguments);
		ASSERT_INT(fakehost_requests(host), len == 63);
		fakehost_tool(host, "cancel_statement", arguments);
		ASSERT_INT(fakehost_requests(host), len == 63);
	}
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(chooses_the_best_warehouse),
	TEST(says_when_there_is_no_warehouse),
	TEST(sends_what_was_asked),
	TEST(shows_rows_and_tells_null_from_nothing),
	TEST(says_how_to_get_the_rest),
	TEST(fetches_chunks_and_links),
	TEST(shows_wide_results),
	TEST(previews_tables),
	TEST(previews_go_on),
	TEST(reports_session_changes_that_are_lost),
	TEST(keeps_digits_of_parameters),
	TEST(explains_failed_statements),
	TEST(follows_and_cancels),
	TEST(bounds_statement_ids),
};
SUITE(tests)

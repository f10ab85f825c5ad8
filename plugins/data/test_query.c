/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of queries of a kept result, and of the comparison of its values. */
#include "data.h"
#include "query.h"
#include "test_plugin.h"
#include "test_statement.h"

#define COLUMN(name, type) "{\"name\":\"" name "\",\"type_name\":\"" type "\"}"
#define COUNTS ",\"total_row_count\":6,\"total_chunk_count\":2"
/* clang-format off */
#define TYPED                                                                     \
	"\"schema\":{\"columns\":["                                               \
	COLUMN("id", "LONG") "," COLUMN("amount", "DECIMAL") ","                  \
	COLUMN("the city", "STRING") "," COLUMN("ok", "BOOLEAN") ","              \
	COLUMN("ratio", "DOUBLE") "]}" COUNTS
#define ROWS                                                                      \
	"\"next_chunk_index\":1,\"data_array\":["                                 \
	"[\"9\",\"10.50\",\"Rome\",\"true\",\"0.5\"],"                            \
	"[\"10\",\"9.75\",\"Oslo\",\"false\",\"NaN\"],"                           \
	"[\"9007199254740993\",null,\"Rome\",null,\"-1e3\"]]"
#define MORE                                                                      \
	"[[\"9007199254740992\",\"100.00\",null,\"true\",\"1e3\"],"               \
	"[\"-1\",\"-0.25\",\"Oslo\",\"true\",null],"                              \
	"[null,\"10.50\",\"rome\",\"false\",\"2\"]]"
/* clang-format on */
#define PAGE(args) "{\"statement_id\":\"s1\"," args "}"

static struct fakehost *
typed(void)
{
	struct fakehost *host = submitted(DONE(TYPED, ROWS));

	fakehost_reply(
	    host, "GET /api/2.0/sql/statements/s1/result/chunks/1", 200,
	    "{\"external_links\":[{\"external_link\":\"https://store.example.com/x\"}]}");
	fakehost_reply(host, "GET https://store.example.com/x", 200, MORE);
	return host;
}

static void
answers(const char *arguments, const char *expected)
{
	struct fakehost *host = typed();

	ASSERT_TEXT(fakehost_tool(host, "get_result_page", arguments), expected);
	fakehost_free(host);
}

/* Integers beyond 2^53 and decimals are compared as numbers; NULL is never equal or different. */
static void
filters(void)
{
	answers(PAGE("\"columns\":[\"id\"],\"filter\":[\"id > 9007199254740992\"]"),
		"id\n9007199254740993\n1 row.");
	answers(PAGE("\"columns\":[\"id\"],\"filter\":[\"amount>=10.5\",\"amount != 100\"]"),
		"id\n9\nNULL\n2 rows.");
	answers(PAGE("\"columns\":[\"id\"],\"filter\":[\"The City = Oslo\"]"),
		"id\n10\n-1\n2 rows.");
	answers(PAGE("\"columns\":[\"id\"],\"filter\":[\"the city = 'Oslo'\",\"ok = true\"]"),
		"id\n-1\n1 row.");
	answers(
	    PAGE("\"columns\":[\"id\"],\"filter\":[\"the city contains OM\",\"ok is not null\"]"),
	    "id\n9\nNULL\n2 rows.");
	answers(PAGE("\"columns\":[\"id\"],\"filter\":[\"amount is null\"]"),
		"id\n9007199254740993\n1 row.");
	answers(PAGE("\"columns\":[\"id\"],\"filter\":[\"ratio > 999\"]"),
		"id\n10\n9007199254740992\n2 rows.");
	answers(PAGE("\"columns\":[\"id\"],\"filter\":[\"id = 7\"]"), "id\n0 rows.");
}

static void
orders(void)
{
	answers(PAGE("\"columns\":[\"id\"],\"order_by\":[\"id\"]"),
		"id\nNULL\n-1\n9\n10\n9007199254740992\n9007199254740993\n6 rows.");
	answers(
	    PAGE("\"columns\":[\"id\"],\"order_by\":[\"amount desc\",\"id asc\"],\"row_limit\":3"),
	    "id\n9007199254740992\nNULL\n9\n3 of 6 rows shown. Next: get_result_page "
	    "statement_id=s1 page_token=3 columns=[\"id\"] order_by=[\"amount desc\",\"id asc\"] "
	    "row_limit=3");
	answers(
	    PAGE("\"columns\":[\"id\"],\"order_by\":[\"amount desc\",\"id asc\"],\"row_limit\":3,"
		 "\"page_token\":\"3\""),
	    "id\n10\n-1\n9007199254740993\n3 of 6 rows shown.");
	answers(PAGE("\"columns\":[\"ratio\"],\"order_by\":[\"ratio desc\"],\"row_limit\":2"),
		"ratio\nNaN\n1e3\n2 of 6 rows shown. Next: get_result_page statement_id=s1 "
		"page_token=2 columns=[\"ratio\"] order_by=[\"ratio desc\"] row_limit=2");
}

static void
groups(void)
{
	answers(PAGE("\"group_by\":[\"the city\"]"),
		"the city\tcount:BIGINT\nRome\t2\nOslo\t2\nNULL\t1\nrome\t1\n4 groups.");
	answers(PAGE("\"group_by\":[\"the city\"],\"aggregate\":[\"sum(amount)\",\"count(amount)\","
		     "\"min(id)\"],\"order_by\":[\"sum(amount) desc\"],\"row_limit\":2"),
		"the city\tsum(amount):DECIMAL\tcount(amount):BIGINT\tmin(id)\n"
		"NULL\t100.00\t1\t9007199254740992\n"
		"Rome\t10.50\t1\t9\n2 of 4 groups shown. Next: get_result_page statement_id=s1 "
		"page_token=2 group_by=[\"the city\"] "
		"aggregate=[\"sum(amount)\",\"count(amount)\",\"min(id)\"] "
		"order_by=[\"sum(amount) desc\"] row_limit=2");
	answers(
	    PAGE("\"aggregate\":[\"count\",\"sum(id)\",\"sum(amount)\",\"avg(amount)\",\"max(ok)\","
		 "\"nulls(id)\",\"distinct(the city)\",\"max(ratio)\"]"),
	    "count:BIGINT\tsum(id):DECIMAL\tsum(amount):DECIMAL\t"
	    "avg(amount):DOUBLE\tmax(ok)\tnulls(id):BIGINT\t"
	    "distinct(the city):BIGINT\tmax(ratio)\n"
	    "6\t18014398509482003\t130.50\t26.1\ttrue\t1\t3\tNaN\n1 group.");
	answers(PAGE("\"aggregate\":[\"count\",\"sum(id)\",\"min(id)\"],\"filter\":[\"id = 7\"]"),
		"count:BIGINT\tsum(id):DECIMAL\tmin(id)\n0\tNULL\tNULL\n1 group.");
}

/* 320 bytes: in a cell of many "a", each place is compared nearly to the end */
#define TENTH "baaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LONG TENTH TENTH TENTH TENTH TENTH TENTH TENTH TENTH TENTH TENTH

static void
refuses_queries(void)
{
	static const struct {
		const char *arguments, *what, *next;
	} cases[] = {
		{ PAGE("\"filter\":[\"id\"]"), "cannot be read", "amount >= 10.5" },
		{ PAGE("\"filter\":[\"id ~ 1\"]"), "cannot be read", "amount >= 10.5" },
		{ PAGE("\"filter\":[\"nothing = 1\"]"), "cannot be read", "" },
		{ PAGE("\"filter\":[\"id = x\"]"), "no value of the column's type", "" },
		{ PAGE("\"filter\":[\"ok = 1\"]"), "no value of the column's type", "" },
		{ PAGE("\"filter\":[\"id is null x\"]"), "cannot be read", "" },
		{ PAGE("\"order_by\":[\"idd\"]"), "no column \"idd\"", "column names" },
		{ PAGE("\"group_by\":[\"ok\"],\"order_by\":[\"id\"]"), "no column \"id\"", "" },
		{ PAGE("\"aggregate\":[\"median(id)\"]"), "is not known", "sum(amount)" },
		{ PAGE("\"aggregate\":[\"sum\"]"), "is not known", "" },
		{ PAGE("\"aggregate\":[\"sum(ok)\"]"), "is not known", "" },
		{ PAGE("\"group_by\":[\"ok\"],\"columns\":[\"id\"]"), "columns cannot be used",
		  "" },
		{ PAGE("\"group_by\":[\"ok\"],\"grep\":\"x\""), "grep cannot be used", "" },
		{ PAGE("\"order_by\":[\"ok\"],\"cell_chars\":9"), "cell_chars cannot be used", "" },
		{ PAGE("\"filter\":[\"the city contains " LONG "\"]"), "text in filter is too long",
		  "a part" },
		{ PAGE("\"grep\":\"" LONG "\""), "text in grep is too long", "a part" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakehost *host = typed();

		ASSERT_FAILED(fakehost_tool(host, "get_result_page", cases[i].arguments),
			      MCP_E_INPUT, cases[i].what, "", cases[i].next);
		fakehost_free(host);
	}
}

/* A failure in the middle forgets the query: the next ones have all its memory and places. */
static void
forgets_queries(void)
{
	for (int i = 0; i < 100; i++) {
		struct fakehost *host = submitted(DONE(TYPED, ROWS));

		fakehost_reply(host, "GET /api/2.0/sql/statements/s1/result/chunks/1", 404, "");
		ASSERT_FAILED(fakehost_tool(host, "get_result_page", PAGE("\"group_by\":[\"ok\"]")),
			      MCP_E_NOT_FOUND, "The next rows", "", "");
		fakehost_free(host);
	}
	for (int i = 0; i < 100; i++) {
		struct fakehost *host = typed();

		fakehost_cancel_after(host, 1);
		CU_ASSERT(
		    fakehost_tool(host, "get_result_page", PAGE("\"group_by\":[\"ok\"]"))->failed);
		fakehost_free(host);
	}
	answers(PAGE("\"aggregate\":[\"count\"]"), "count:BIGINT\n6\n1 group.");
}

/* A part of the chunks must not be shown as if it were all. */
static void
too_many_chunks(void)
{
	struct fakehost *host = submitted(DONE(TYPED, "\"next_chunk_index\":1,\"data_array\":[]"));
	char path[80], body[80];

	for (unsigned i = 1; i < QUERY_CHUNKS_MAX; i++) {
		snprintf(path, sizeof(path), "GET /api/2.0/sql/statements/s1/result/chunks/%u", i);
		snprintf(body, sizeof(body), "{\"next_chunk_index\":%u,\"data_array\":[]}", i + 1);
		fakehost_reply(host, path, 200, body);
	}
	ASSERT_FAILED(fakehost_tool(host, "get_result_page", PAGE("\"aggregate\":[\"count\"]")),
		      MCP_E_TOO_LARGE, "more than 5000 chunks", "", "execute_sql");
	fakehost_free(host);
}

static int
compared(enum value_kind kind, const char *a, const char *b)
{
	struct mcp_text left = { a, strlen(a) }, right = { b, strlen(b) };

	return value_compare(kind, left, right);
}

static void
values(void)
{
	CU_ASSERT(compared(VALUE_NUMBER, "10", "9") > 0);
	CU_ASSERT(compared(VALUE_NUMBER, "-10", "-9") < 0);
	CU_ASSERT(compared(VALUE_NUMBER, "1.10", "1.1") == 0);
	CU_ASSERT(compared(VALUE_NUMBER, "-0.00", "0") == 0);
	CU_ASSERT(compared(VALUE_NUMBER, "0.09", "0.1") < 0);
	CU_ASSERT(compared(VALUE_NUMBER, "12345678901234567890123456789012345678",
			   "12345678901234567890123456789012345679") < 0);
	CU_ASSERT(compared(VALUE_FLOAT, "NaN", "Infinity") > 0);
	CU_ASSERT(compared(VALUE_FLOAT, "NaN", "NaN") == 0);
	CU_ASSERT(compared(VALUE_TEXT, "10", "9") < 0);
	CU_ASSERT(compared(VALUE_TEXT, "a", "ab") < 0);
	CU_ASSERT(compared(VALUE_BOOLEAN, "false", "true") < 0);
}

static const struct test tests[] = {
	TEST(filters),	       TEST(orders),	      TEST(groups), TEST(refuses_queries),
	TEST(forgets_queries), TEST(too_many_chunks), TEST(values),
};
SUITE(tests)

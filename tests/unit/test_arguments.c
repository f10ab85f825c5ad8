/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which arguments of a call are corrected, what the notes say, and which arguments are
 * refused. */
#include "registry/registry.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/loop.h"
#include "registry/schema.h"
#include "registry/schema_node.h"
#include "registry_helper.h"
#include "suite.h"

#define SCHEMA(properties, more)                                                                 \
	"\"description\":\"d\",\"inputSchema\":{\"type\":\"object\",\"properties\":{" properties \
	"}" more ",\"additionalProperties\":false}"
#define ONLY_READS "\"annotations\":{\"readOnlyHint\":true},\"lakehost\":{\"access\":\"read\""

/* clang-format off */
static const char tools[] =
    "{\"tools\":["
    "{\"name\":\"execute_sql\"," SCHEMA(
	"\"sql_query\":{\"type\":\"string\",\"description\":\"SQL.\"},"
	"\"row_limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000},"
	"\"ratio\":{\"type\":\"number\"},\"dry\":{\"type\":\"boolean\"},"
	"\"format\":{\"type\":\"string\",\"enum\":[\"compact\",\"csv\"]},"
	"\"kinds\":{\"type\":\"array\",\"items\":{\"type\":\"string\","
	"\"enum\":[\"ANN\",\"Text\"]}},"
	"\"names\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"maxItems\":3},"
	"\"vector\":{\"type\":\"array\",\"items\":{\"type\":\"number\"}},"
	"\"parameters\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}},"
	"\"either\":{\"type\":[\"string\",\"integer\"]},"
	"\"since\":{\"type\":\"string\"},\"port\":{\"type\":\"integer\",\"maximum\":9}",
	",\"required\":[\"sql_query\"]") "," ONLY_READS ",\"times\":[\"since\"]}},"
    "{\"name\":\"list_sql_warehouses\"," SCHEMA("", "") "," ONLY_READS "}},"
    "{\"name\":\"list_clusters\"," SCHEMA("", "") "," ONLY_READS "}},"
    "{\"name\":\"list_cluster_events\"," SCHEMA("", "") "," ONLY_READS "}},"
    "{\"name\":\"get_table_schema\"," SCHEMA("", "") "," ONLY_READS "}},"
    "{\"name\":\"resize_cluster\"," SCHEMA(
	"\"max_workers\":{\"type\":\"integer\",\"maximum\":8},"
	"\"wait_s\":{\"type\":\"integer\",\"maximum\":50}", "") ","
    "\"lakehost\":{\"access\":\"write\"}}]}";
/* clang-format on */

static struct registry *registry;

/* Prepares the arguments of a tool. The three texts must be as expected (NULL: any text). */
static void
taken(const char *tool, const char *arguments, const char *expected, const char *notes,
      const char *why)
{
	const struct row *row = registry_tool(registry, tool, row_view_of(ACCESS_ADMIN));
	struct json_object *tree =
	    json_parse(arguments, strlen(arguments), &json_inbound, NULL, NULL);
	struct buf told, faults, text;
	bool ok;

	CU_ASSERT_FATAL(row != NULL && tree != NULL);
	buf_init(&told, 1000);
	buf_init(&faults, 10000);
	buf_init(&text, 10000);
	ok = row_take_arguments(row, tree, &told, &faults);
	CU_ASSERT(ok == (faults.len == 0));
	buf_json_tree(&text, tree);
	if (expected != NULL)
		ASSERT_STR(text.data, expected);
	if (notes != NULL)
		ASSERT_STR(told.data, notes);
	if (why != NULL)
		ASSERT_STR(faults.data, why);
	buf_fini(&told);
	buf_fini(&faults);
	buf_fini(&text);
	json_object_put(tree);
}

/* Tests one argument in addition to the required one. */
static void
becomes(const char *argument, const char *expected)
{
	char arguments[400], all[400];

	snprintf(arguments, sizeof(arguments), "{\"sql_query\":\"x\",%s}", argument);
	snprintf(all, sizeof(all), "{\"sql_query\":\"x\",%s}", expected);
	taken("execute_sql", arguments, all, "", "");
}

static void
refused(const char *argument, const char *why)
{
	char arguments[400];

	snprintf(arguments, sizeof(arguments), "{\"sql_query\":\"x\",%s}", argument);
	taken("execute_sql", arguments, NULL, "", why);
}

static void
texts_are_converted(void)
{
	becomes("\"row_limit\":\"5\"", "\"row_limit\":5");
	becomes("\"row_limit\":\"5.0\"", "\"row_limit\":5");
	becomes("\"row_limit\":5.0", "\"row_limit\":5");
	becomes("\"row_limit\":1e2", "\"row_limit\":100");
	becomes("\"ratio\":\"-0.5\"", "\"ratio\":-0.5");
	becomes("\"dry\":\"true\"", "\"dry\":true");
	becomes("\"dry\":\"False\"", "\"dry\":false");
	becomes("\"parameters\":\"{\\\"a\\\":1}\"", "\"parameters\":{\"a\":\"1\"}");
	becomes("\"names\":\" [\\\"a\\\",2]\"", "\"names\":[\"a\",\"2\"]");
	becomes("\"vector\":\"[1,\\\"0.5\\\"]\"", "\"vector\":[1,0.5]");
	refused("\"row_limit\":\"5.5\"", "row_limit: \"5.5\" is a string, not integer");
	refused("\"row_limit\":\"five\"", "row_limit: \"five\" is a string, not integer");
	refused("\"row_limit\":\"\"", "row_limit: \"\" is a string, not integer");
	refused("\"row_limit\":\"99999999999999999999\"",
		"row_limit: \"99999999999999999999\" is a string, not integer");
	refused("\"row_limit\":true", "row_limit: true is a boolean, not integer");
	refused("\"dry\":\"yes\"", "dry: \"yes\" is a string, not boolean");
	refused("\"dry\":1", "dry: 1 is an integer, not boolean");
	refused("\"parameters\":\"a=1\"", "parameters: \"a=1\" is a string, not object");
	refused("\"parameters\":\"[1]\"", "parameters: \"[1]\" is a string, not object");
}

static void
numbers_become_texts(void)
{
	becomes("\"format\":\"csv\"", "\"format\":\"csv\"");
	becomes("\"parameters\":{\"year\":2024,\"rate\":1.10,\"name\":\"n\"}",
		"\"parameters\":{\"year\":\"2024\",\"rate\":\"1.10\",\"name\":\"n\"}");
	becomes("\"either\":\"5\"", "\"either\":\"5\"");
	refused("\"parameters\":{\"a\":true}", "parameters.a: true is a boolean, not string");
	taken("execute_sql", "{\"sql_query\":\"[1,2]\"}", "{\"sql_query\":\"[1,2]\"}", "", "");
	taken("execute_sql", "{\"sql_query\":\"5\"}", "{\"sql_query\":\"5\"}", "", "");
}

static void
one_value_becomes_a_list(void)
{
	becomes("\"names\":\"a.b.c\"", "\"names\":[\"a.b.c\"]");
	becomes("\"names\":7", "\"names\":[\"7\"]");
	becomes("\"vector\":0.5", "\"vector\":[0.5]");
	becomes("\"kinds\":\"ann\"", "\"kinds\":[\"ANN\"]");
	refused("\"names\":{\"a\":1}", "names: an object instead of array");
	refused("\"names\":\"[a\"", "names: \"[a\" is a string, not array");
	refused("\"names\":true", "names: true is a boolean, not array");
}

static void
enums_in_any_case(void)
{
	becomes("\"format\":\"CSV\"", "\"format\":\"csv\"");
	becomes("\"kinds\":[\"TEXT\",\"ann\"]", "\"kinds\":[\"Text\",\"ANN\"]");
	refused("\"format\":\"cvs\"",
		"format: \"cvs\" is not one of \"compact\", \"csv\"; did you mean \"csv\"?");
}

static void
nulls_are_absent(void)
{
	taken("execute_sql", "{\"sql_query\":\"x\",\"row_limit\":null,\"parameters\":null}",
	      "{\"sql_query\":\"x\"}", "", "");
	taken("execute_sql", "{\"sql_query\":null}", NULL, "", "sql_query: null instead of string");
}

static void
limits_are_clamped_and_reported(void)
{
	taken("execute_sql", "{\"sql_query\":\"x\",\"row_limit\":\"5000\"}",
	      "{\"sql_query\":\"x\",\"row_limit\":1000}",
	      "row_limit: 5000 is more than the maximum 1000, which was used instead.", "");
	taken("resize_cluster", "{\"wait_s\":300}", "{\"wait_s\":50}",
	      "wait_s: 300 is more than the maximum 50, which was used instead.", "");
	refused("\"row_limit\":0", "row_limit: 0 is less than the minimum 1");
	refused("\"row_limit\":-5", "row_limit: -5 is less than the minimum 1");
	/* other properties have no maximum, and a tool that writes has none */
	refused("\"port\":10", "port: 10 is more than the maximum 9");
	taken("resize_cluster", "{\"max_workers\":9}", NULL, "",
	      "max_workers: 9 is more than the maximum 8");
}

static void
all_faults_at_once(void)
{
	taken("execute_sql", "{\"query\":\"x\",\"limits\":5,\"format\":\"table\",\"names\":[1,{}]}",
	      NULL, "",
	      "unknown argument \"query\"; did you mean \"sql_query\"? Allowed: sql_query, "
	      "row_limit, ratio, dry, format, kinds, names, vector, parameters, either, since, "
	      "port\n"
	      "unknown argument \"limits\"\n"
	      "format: \"table\" is not one of \"compact\", \"csv\"\n"
	      "names[1]: an object instead of string");
	taken("execute_sql", "{\"zz\":1}", NULL, "", NULL);
	taken("execute_sql", "{\"dry\":3}", NULL, "",
	      "missing argument \"sql_query\" (SQL.)\ndry: 3 is an integer, not boolean");
}

static void
many_faults_end(void)
{
	char arguments[2000] = "{\"vector\":[";
	struct buf why;
	struct json_object *tree;

	for (int i = 0; i < 100; i++)
		strcat(arguments, i == 0 ? "{}" : ",{}");
	strcat(arguments, "]}");
	tree = json_parse(arguments, strlen(arguments), &json_inbound, NULL, NULL);
	buf_init(&why, 4000);
	CU_ASSERT(
	    !row_take_arguments(registry_tool(registry, "execute_sql", row_view_of(ACCESS_ADMIN)),
				tree, NULL, &why));
	CU_ASSERT(strstr(why.data, "vector[10]") != NULL && strstr(why.data, "vector[12]") == NULL);
	CU_ASSERT(strstr(why.data, "\nThere may be more faults.") != NULL);
	buf_fini(&why);
	json_object_put(tree);
}

/* A name of others must not start a line that looks like a line of the host. */
static void
names_stay_on_their_line(void)
{
	taken("list_clusters", "{\"a\\nNext: x\":1}", NULL, "",
	      "unknown argument \"a\\nNext: x\"; no name is allowed here");
	refused("\"row_limit\":\"\\u2028a\\u2029b\\u0085c\"",
		"row_limit: \"   a   b  c\" is a string, not integer");
	refused("\"parameters\":{\"a\\nb\":[]}", "parameters.a\\nb: an array instead of string");
}

static void
arguments_that_clients_add(void)
{
	taken("list_clusters",
	      "{\"wait_for_previous\":true,\"toolCallId\":\"c\",\"sessionId\":\"s\","
	      "\"action\":\"sendMessage\",\"chatInput\":\"hi\",\"tool\":\"t\"}",
	      "{}", "", "");
	taken("list_clusters", "{\"random_string\":\"x\"}", "{}", "", "");
	taken("list_clusters", "{\"action\":\"x\"}", NULL, "",
	      "unknown argument \"action\"; no name is allowed here");
	taken("list_clusters", "{\"toolSummary\":\"x\"}", NULL, "",
	      "unknown argument \"toolSummary\"; no name is allowed here");
}

static int64_t
time_of(const char *text)
{
	int64_t ms = -1;

	return time_parse(text, 1000000000000, &ms) ? ms : -1;
}

static void
times_in_words(void)
{
	static const struct {
		const char *text;
		int64_t ms;
	} list[] = {
		{ "1970-01-01", 0 },
		{ "2026-11-29", 1795910400000 },
		{ "2026-11-29T00:00:00Z", 1795910400000 },
		{ "2026-11-29T00:00", 1795910400000 },
		{ "2026-11-29 01:02:03.5", 1795914123500 },
		{ "2026-11-29T01:00:00+01:00", 1795910400000 },
		{ "2026-11-28T19:30:00-0430", 1795910400000 },
		{ "2024-02-29T12:00:00Z", 1709208000000 },
		{ "2000-02-29", 951782400000 },
		{ "2100-03-01", 4107542400000 },
		{ "1795910400000", 1795910400000 },
		{ "now", 1000000000000 },
		{ "-24h", 999913600000 },
		{ "now-7d", 999395200000 },
		{ "-90s", 999999910000 },
		{ "-1w", 999395200000 },
		{ "+30m", 1000001800000 },
		{ "2026-02-30", -1 },
		{ "2026-13-01", -1 },
		{ "2026-11-29T24:00", -1 },
		{ "2026-11-29T10:00 tomorrow", -1 },
		{ "2026-11-29T", -1 },
		{ "yesterday", -1 },
		{ "-24", -1 },
		{ "24h", -1 },
		{ "-h", -1 },
		{ "-99999999999999999999d", -1 },
		{ "", -1 },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		ASSERT_INT(time_of(list[i].text), list[i].ms);
	}
}

static void
times_of_a_tool(void)
{
	becomes("\"since\":\"2026-11-29\"", "\"since\":1795910400000");
	becomes("\"since\":1795910400000", "\"since\":1795910400000");
	becomes("\"since\":1795910400000.0", "\"since\":1795910400000");
	refused(
	    "\"since\":\"soon\"",
	    "since: \"soon\" is not a time: use ISO 8601 such as "
	    "2026-11-22T15:10:02Z, a difference such as -24h or -7d, or milliseconds since 1970");
	refused("\"since\":true", NULL);
}

static void
near(const char *name, const char *expected)
{
	const char *found[REGISTRY_NEAR_MAX];
	char text[200] = "";
	size_t n = registry_near(registry, ROW_TOOL, name, row_view_of(ACCESS_READ), found);

	for (size_t i = 0; i < n; i++) {
		strcat(text, i > 0 ? " " : "");
		strcat(text, found[i]);
	}
	ASSERT_STR(text, expected);
}

static void
unknown_tools(void)
{
	near("executeSql", "execute_sql");
	near("EXECUTE-SQL", "execute_sql");
	near("databricks_execute_sql", "execute_sql");
	near("mcp__lakehost__list_clusters", "list_clusters");
	near("functions.list_clusters", "list_clusters");
	near("list_cluster", "list_clusters");
	near("list_warehouses", "list_sql_warehouses");
	near("clusterList", "list_clusters list_cluster_events");
	near("get_table", "get_table_schema");
	near("make_coffee", "");
	near("", "");
	near("____", "");
	near("resize_clusters", ""); /* the tool is not for this caller */
}

static void
begin(void)
{
	if (registry == NULL)
		registry = registry_of_one(tools);
	ASSERT_STR(refusals, "");
}

static void
end(void)
{
	registry_done(registry);
	registry = NULL;
}

static const struct test tests[] = {
	TEST(begin),
	TEST(texts_are_converted),
	TEST(numbers_become_texts),
	TEST(one_value_becomes_a_list),
	TEST(enums_in_any_case),
	TEST(nulls_are_absent),
	TEST(limits_are_clamped_and_reported),
	TEST(all_faults_at_once),
	TEST(many_faults_end),
	TEST(names_stay_on_their_line),
	TEST(arguments_that_clients_add),
	TEST(times_in_words),
	TEST(times_of_a_tool),
	TEST(unknown_tools),
	TEST(end),
};

SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the plugin prompts on the fake host: embedded data, texts, completions. */
#include <lakehost/fakehost.h>

#include "suite.h"
#include "texts.h"

#define UC "/api/2.1/unity-catalog"
#define JOBS "/api/2.2/jobs"
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define FORBIDDEN "{\"error_code\":\"PERMISSION_DENIED\",\"message\":\"No.\"}"
#define MISSING "{\"error_code\":\"TABLE_DOES_NOT_EXIST\",\"message\":\"It does not exist.\"}"

/* ---- tables ---------------------------------------------------------------------------------- */

#define TABLE "GET " UC "/tables/main.sales.orders"
#define ORDERS                                                                                  \
	"{\"full_name\":\"main.sales.orders\",\"name\":\"orders\",\"table_type\":\"MANAGED\","  \
	"\"data_source_format\":\"DELTA\",\"comment\":\"All\\norders\",\"columns\":["           \
	"{\"name\":\"id\",\"type_text\":\"bigint\",\"nullable\":false},"                        \
	"{\"name\":\"day\",\"type_text\":\"date\",\"partition_index\":0,\"comment\":\"UTC\"}]," \
	"\"table_constraints\":[{\"primary_key_constraint\":{\"child_columns\":[\"id\"]}},"     \
	"{\"foreign_key_constraint\":{\"child_columns\":[\"c\"],\"parent_table\":\"main.x.y\"}}]}"
#define ABOUT(more) "{\"catalog\":\"main\",\"schema\":\"sales\",\"table\":\"orders\"" more "}"

static void
tables_are_analyzed(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, TABLE, 200, ORDERS);
	result = fakehost_prompt(host, "analyze_table", ABOUT(",\"analysis_goal\":\"sum by day\""));
	has(result->content, "\"uri\":\"databricks://tables/main/sales/orders\"");
	has(result->content, "\"lakehost/untrusted\":true");
	has(result->text, "# main.sales.orders (MANAGED, DELTA): All orders\n"
			  "id\tbigint not null\nday\tdate partition\tUTC\nPRIMARY KEY (");
	has(result->text, "REFERENCES main.x.y\n");
	has(result->text, "Analyze the table main.sales.orders;");
	has(result->text, "Goal: sum by day\n");
	has(result->text, "preview_table catalog_name=main schema_name=sales table_name=orders");
	has(result->text, "describe_tables names=[\"main.sales.orders\"] detail=stats");
	has(result->text, "execute_sql");
	has(fakehost_prompt(host, "analyze_table", ABOUT(",\"analysis_goal\":\"\""))->text,
	    "Goal: find out what it contains");
	fakehost_free(host);
}

static void
missing_tables_have_suggestions(void)
{
	static const char *const prompts[] = { "analyze_table", "write_query" };
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, TABLE, 404, MISSING);
	fakehost_reply(host, "GET " UC "/tables?catalog_name=main&schema_name=sales*", 200,
		       "{\"tables\":[{\"name\":\"order\"},{\"name\":\"x\"},"
		       "{\"name\":\"borders\"}]}");
	for (size_t i = 0; i < COUNT(prompts); i++) {
		result = fakehost_prompt(host, prompts[i], ABOUT(",\"question\":\"?\""));
		ASSERT_INT(result->status, MCP_E_NOT_FOUND);
		ASSERT_STR(result->what, "There is no table main.sales.orders.");
		ASSERT_STR(result->next, "Did you mean: borders, order?");
	}
	fakehost_reset(host);
	fakehost_reply(host, TABLE, 404, MISSING);
	fakehost_reply(host, "GET *", 404, MISSING);
	has(fakehost_prompt(host, "analyze_table", ABOUT(""))->next, "that exist");
	fakehost_reset(host);
	fakehost_reply(host, TABLE, 403, FORBIDDEN);
	result = fakehost_prompt(host, "analyze_table", ABOUT(""));
	ASSERT_INT(result->status, MCP_E_PERMISSION);
	has(result->next, "SELECT on main.sales.orders");
	fakehost_reset(host);
	fakehost_reply(host, TABLE, 200, "<html>");
	ASSERT_INT(fakehost_prompt(host, "analyze_table", ABOUT(""))->status, MCP_E_UPSTREAM);
	fakehost_free(host);
}

static void
queries_know_their_table(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, TABLE, 200, ORDERS);
	result = fakehost_prompt(host, "write_query", ABOUT(",\"question\":\"best day\""));
	has(result->text, "answers: best day\nUse the table main.sales.orders;");
	has(result->content, "databricks://tables/main/sales/orders");
	fakehost_free(host);
}

#define TABLES "GET " UC "/tables?catalog_name=main&schema_name=s%20x&max_results=21"
#define QUESTION "{\"catalog\":\"main\",\"schema\":\"s x\",\"table\":\"\",\"question\":\"?\"}"

static void
queries_know_their_schema(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	char many[8192] = "{\"tables\":[";

	fakehost_reply(host, TABLES "&omit_properties=true", 200, "{\"next_page_token\":\"t\"}");
	fakehost_reply(host, TABLES "&page_token=t&omit_properties=true", 200,
		       "{\"tables\":[" ORDERS "]}");
	result = fakehost_prompt(host, "write_query", QUESTION);
	has(result->content, "\"uri\":\"databricks://catalogs/main/schemas/s%20x/tables\"");
	has(result->text, "# main.sales.orders (MANAGED, DELTA)");
	has(result->text, "Use the tables of the schema main.s x;");
	lacks(result->text, "There are more");
	for (int i = 0; i < 21; i++)
		sprintf(many + strlen(many), "%s{\"full_name\":\"t%d\",\"columns\":[]}",
			i > 0 ? "," : "", i);
	strcat(many, "]}");
	fakehost_reset(host);
	fakehost_reply(host, "GET *", 200, many);
	result = fakehost_prompt(host, "write_query", QUESTION);
	has(result->text, "# t19 (TABLE)\n(There are more tables: list_tables shows all.)\n");
	lacks(result->text, "t20");
	fakehost_reset(host);
	fakehost_reply(host, "GET *", 200, "{}");
	has(fakehost_prompt(host, "write_query", QUESTION)->text, "(There are none");
	fakehost_reset(host);
	fakehost_reply(host, "GET *", 404, MISSING);
	ASSERT_INT(fakehost_prompt(host, "write_query", QUESTION)->status, MCP_E_NOT_FOUND);
	fakehost_free(host);
}

/* The instructions are complete, even when the schema is very large. */
static void
large_schemas_leave_room(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	char *table = malloc(100000);
	char comment[400];

	memset(comment, 'c', sizeof(comment) - 1);
	comment[sizeof(comment) - 1] = '\0';
	memcpy(comment + 118, "\xc3\xa4\xc3\xa4", 4);
	sprintf(table, "{\"full_name\":\"main.sales.orders\",\"comment\":\"%s\",\"columns\":[",
		comment);
	for (int i = 0; i < 1000; i++)
		sprintf(table + strlen(table),
			"%s{\"name\":\"a_column_with_number_%d\","
			"\"type_text\":\"string\"}",
			i > 0 ? "," : "", i);
	strcat(table, "]}");
	fakehost_reply(host, TABLE, 200, table);
	result = fakehost_prompt(host, "analyze_table", ABOUT(""));
	has(result->text, "cc\xc3\xa4…\n");
	has(result->text, "more lines were left out: get_table_schema shows all)");
	has(result->text, "Change nothing.");
	lacks(result->text, "bytes of text shown");
	fakehost_results(host, 0, 4000, 0, NULL);
	result = fakehost_prompt(host, "analyze_table", ABOUT(""));
	has(result->text, "more lines were left out");
	has(result->text, "Change nothing.");
	free(table);
	fakehost_free(host);
}

/* ---- the catalog ----------------------------------------------------------------------------- */

static void
catalogs_are_explored(void)
{
	static const struct {
		const char *arguments, *request, *reply, *uri, *row, *said;
	} cases[] = {
		{ "{}", "GET " UC "/catalogs?max_results=200",
		  "{\"catalogs\":[{\"name\":\"main\",\"catalog_type\":\"MANAGED_CATALOG\"}]}",
		  "databricks://catalogs", "main\tMANAGED_CATALOG\n", "Explore the workspace" },
		{ "{\"catalog\":\"main\"}", "GET " UC "/schemas?catalog_name=main&max_results=200",
		  "{\"schemas\":[{\"name\":\"sales\",\"comment\":\"All\",\"catalog_type\":\"X\"}]}",
		  "databricks://catalogs/main/schemas", "sales\tAll\n",
		  "Explore the catalog main" },
		{ "{\"catalog\":\"main\",\"schema\":\"sales\",\"question\":\"churn\"}",
		  "GET " UC "/tables?catalog_name=main&schema_name=sales&max_results=50"
		  "&omit_columns=true&omit_properties=true",
		  "{\"tables\":[{\"name\":\"orders\",\"table_type\":\"VIEW\"}],"
		  "\"next_page_token\":\"t\"}",
		  "databricks://catalogs/main/schemas/sales/tables",
		  "orders\tVIEW\n(There are more: the list tool shows all.)\n",
		  "My question: churn" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);
		const struct fakehost_result *result;

		fakehost_reply(host, cases[i].request, 200, cases[i].reply);
		result = fakehost_prompt(host, "explore_catalog", cases[i].arguments);
		has(result->content, cases[i].uri);
		has(result->text, cases[i].row);
		has(result->text, cases[i].said);
		fakehost_reset(host);
		fakehost_reply(host, cases[i].request, 200, "{}");
		has(fakehost_prompt(host, "explore_catalog", cases[i].arguments)->text,
		    "(There are none");
		fakehost_reset(host);
		fakehost_reply(host, cases[i].request, 403, FORBIDDEN);
		has(fakehost_prompt(host, "explore_catalog", cases[i].arguments)->next, "USE ");
		fakehost_free(host);
	}
}

static void
explore_catalog_has_limits(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	char arguments[4000] = "{\"catalog\":\"";

	result = fakehost_prompt(host, "explore_catalog", "{\"schema\":\"sales\"}");
	ASSERT_INT(result->status, MCP_E_INPUT);
	memset(arguments + strlen(arguments), 'x', 3000);
	strcat(arguments, "\"}");
	result = fakehost_prompt(host, "explore_catalog", arguments);
	ASSERT_INT(result->status, MCP_E_INPUT);
	ASSERT_INT(fakehost_requests(host), 0);
	fakehost_reply(host, "GET *", 200, "{\"next_page_token\":\"again\"}");
	has(fakehost_prompt(host, "explore_catalog", "{}")->text, "There are more");
	ASSERT_INT(fakehost_requests(host), 10);
	fakehost_free(host);
}

/* ---- runs ------------------------------------------------------------------------------------ */

/* clang-format off */
#define RUN "GET " JOBS "/runs/get?run_id="
#define OUTPUT "GET " JOBS "/runs/get-output?run_id="
#define ENDED(result)                                                                             \
	"\"state\":{\"life_cycle_state\":\"TERMINATED\",\"result_state\":\"" result "\"}"
#define FAILED_RUN                                                                                \
	"{\"run_id\":7,\"job_id\":42,\"run_name\":\"etl\",\"trigger\":\"PERIODIC\","              \
	"\"start_time\":1700000000000,\"end_time\":1700000060000," ENDED("FAILED") ",\"tasks\":["  \
	"{\"task_key\":\"load\",\"run_id\":71," ENDED("SUCCESS") "},"                              \
	"{\"task_key\":\"sum\",\"run_id\":72,\"notebook_task\":{\"notebook_path\":\"/Users/n\"},"  \
	"\"cluster_instance\":{\"cluster_id\":\"0712-1-a\"}," ENDED("FAILED") "},"                 \
	"{\"task_key\":\"mail\",\"run_id\":73,\"existing_cluster_id\":\"0712-2-b\","              \
	"\"python_wheel_task\":{\"package_name\":\"mailer\"}," ENDED("UPSTREAM_FAILED") "}]}"
/* clang-format on */

static void
failed_runs_are_shown(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, RUN "7", 200, FAILED_RUN);
	fakehost_reply(host, OUTPUT "72", 200,
		       "{\"error\":\"KeyError: x\",\"error_trace\":\"line 3\\nKeyError\"}");
	result = fakehost_prompt(host, "debug_job_run", "{\"run_id\":\"7\",\"job\":\"ignored\"}");
	has(result->content, "\"uri\":\"databricks://runs/7\"");
	has(result->content, "\"uri\":\"databricks://runs/72\"");
	has(result->text, "job_id: 42\nstate: FAILED\n");
	has(result->text, "started: 2023-11-14T22:13:20Z, ended: 2023-11-14T22:14:20Z\n");
	has(result->text, "task sum\trun_id 72\tFAILED\tnotebook /Users/n\tcluster 0712-1-a\t\n"
			  "task mail\trun_id 73\tUPSTREAM_FAILED\twheel mailer\t"
			  "cluster 0712-2-b\t\n");
	has(result->text, "error of run_id 72:\n  KeyError: x\n  line 3\n  KeyError\n");
	has(result->text, "Run 7 ended as FAILED.");
	has(result->text, "get_run_output run_id=72");
	has(result->text, "list_job_runs job_id=42");
	ASSERT_INT(fakehost_requests(host), 2);
	fakehost_free(host);
}

static void
runs_without_an_error_are_shown_too(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, RUN "8", 200,
		       "{\"run_id\":8,"
		       "\"state\":{\"life_cycle_state\":\"RUNNING\"}}");
	result = fakehost_prompt(host, "debug_job_run", "{\"run_id\":\"8\"}");
	has(result->text, "Run 8 stands as RUNNING.");
	has(result->text, "The run does not belong to a job");
	ASSERT_INT(fakehost_requests(host), 1);
	/* The run itself failed, and its output is not available. */
	fakehost_reply(host, RUN "9", 200,
		       "{\"run_id\":9,\"job_id\":42,\"state\":{"
		       "\"life_cycle_state\":\"INTERNAL_ERROR\",\"state_message\":\"Lost\"}}");
	fakehost_reply(host, OUTPUT "9", 400, "{\"message\":\"Retrieving it is not supported.\"}");
	result = fakehost_prompt(host, "debug_job_run", "{\"run_id\":\"9\"}");
	has(result->text, "message: Lost\n");
	has(result->text, "Run 9 ended as INTERNAL_ERROR.");
	lacks(result->text, "error of run_id");
	fakehost_free(host);
}

static void
long_traces_show_their_end(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	char *output = malloc(20000);

	strcpy(output, "{\"error\":\"E\",\"error_trace\":\"first\\n");
	for (int i = 0; i < 1000; i++)
		strcat(output, "a line\\n");
	strcat(output, "last\"}");
	fakehost_reply(host, RUN "7", 200, FAILED_RUN);
	fakehost_reply(host, OUTPUT "72", 200, output);
	result = fakehost_prompt(host, "debug_job_run", "{\"run_id\":\"7\"}");
	has(result->text, "  (its beginning is left out)\n  a line\n");
	has(result->text, "a line\n  last\n");
	lacks(result->text, "first");
	free(output);
	fakehost_free(host);
}

#define RUNS "GET " JOBS "/runs/list?completed_only=true&limit=25&job_id=42"

static void
jobs_lead_to_their_last_failure(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " JOBS "/list?limit=100", 200,
		       "{\"jobs\":[{\"job_id\":42,\"settings\":{\"name\":\"etl\"}}]}");
	fakehost_reply(host, RUNS, 200,
		       "{\"runs\":[{\"run_id\":5," ENDED(
			   "SUCCESS") "},"
				      "{\"run_id\":6," ENDED("CANCELED") "},{\"run_id\":7," ENDED(
					  "TIMEDOUT") "},"
						      "{\"run_id\":4," ENDED("FAILED") "}]}");
	fakehost_reply(host, RUN "7", 200, FAILED_RUN);
	fakehost_reply(host, OUTPUT "72", 200, "{}");
	has(fakehost_prompt(host, "debug_job_run", "{\"job\":\"etl\"}")->text, "Run 7 ended");
	has(fakehost_prompt(host, "debug_job_run", "{\"job\":\"42\"}")->text, "Run 7 ended");
	fakehost_reset(host);
	fakehost_reply(host, RUNS, 200, "{\"runs\":[{\"run_id\":5," ENDED("SUCCESS") "}]}");
	result = fakehost_prompt(host, "debug_job_run", "{\"job\":\"42\"}");
	ASSERT_INT(result->status, MCP_E_NOT_FOUND);
	ASSERT_STR(result->why, "The last 25 runs of the job did not fail.");
	fakehost_reset(host);
	fakehost_reply(host, RUNS, 403, FORBIDDEN);
	has(fakehost_prompt(host, "debug_job_run", "{\"job\":\"42\"}")->next, "CAN VIEW");
	fakehost_free(host);
}

static void
runs_have_to_be_named(void)
{
	static const char *const cases[] = { "{}", "{\"job\":\"\",\"run_id\":\"\"}",
					     "{\"run_id\":\"7/../8\"}" };
	struct fakehost *host = fakehost_new(&mcp_plugin);

	for (size_t i = 0; i < COUNT(cases); i++) {
		ASSERT_INT(fakehost_prompt(host, "debug_job_run", cases[i])->status, MCP_E_INPUT);
		ASSERT_INT(fakehost_requests(host), 0);
	}
	fakehost_reply(host, RUN "8", 400,
		       "{\"error_code\":\"INVALID_PARAMETER_VALUE\","
		       "\"message\":\"Run 8 does not exist.\"}");
	ASSERT_INT(fakehost_prompt(host, "debug_job_run", "{\"run_id\":\"8\"}")->status,
		   MCP_E_NOT_FOUND);
	fakehost_free(host);
}

/* ---- completion ------------------------------------------------------------------------------ */

static void
arguments_are_completed(void)
{
	static const struct {
		const char *of, *known, *request, *reply, *values;
	} cases[] = {
		{ "analyze_table catalog", "{}", "GET " UC "/catalogs",
		  "{\"catalogs\":[{\"name\":\"main\"},{\"name\":\"samples\"}]}",
		  "[\"main\",\"samples\"]" },
		{ "explore_catalog schema", "{\"catalog\":\"main\"}",
		  "GET " UC "/schemas?catalog_name=main", "{\"schemas\":[{\"name\":\"sales\"}]}",
		  "[\"sales\"]" },
		{ "write_query table", "{\"catalog\":\"main\",\"schema\":\"sales\"}",
		  "GET " UC "/tables?catalog_name=main&schema_name=sales&omit_columns=true"
		  "&omit_properties=true",
		  "{\"tables\":[{\"name\":\"orders\"}]}", "[\"orders\"]" },
		{ "debug_job_run job", "{}", "GET " JOBS "/list?limit=100",
		  "{\"jobs\":[{\"job_id\":1,\"settings\":{\"name\":\"etl\"}}]}", "[\"etl\"]" },
		{ "debug_job_run run_id", "{\"job\":\"42\"}",
		  "GET " JOBS "/runs/list?limit=25&job_id=42",
		  "{\"runs\":[{\"run_id\":5," ENDED("SUCCESS") "},{\"run_id\":6," ENDED(
		      "FAILED") "}]}",
		  "[\"6\",\"5\"]" },
		{ "debug_job_run run_id", "{\"job\":\"etl\"}", "GET " JOBS "/runs/list?limit=25",
		  "{}", "[]" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);
		char arguments[256];

		fakehost_reply(host, cases[i].request, 200, cases[i].reply);
		snprintf(arguments, sizeof(arguments), "{\"value\":\"\",\"context\":%s}",
			 cases[i].known);
		ASSERT_STR(fakehost_complete(host, cases[i].of, arguments)->completion,
			   cases[i].values);
		fakehost_free(host);
	}
}

static void
completion_needs_what_comes_before(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	ASSERT_STR(fakehost_complete(host, "analyze_table schema",
				     "{\"value\":\"\",\"context\":{}}")
		       ->completion,
		   "[]");
	ASSERT_STR(fakehost_complete(host, "analyze_table table",
				     "{\"value\":\"\",\"context\":{\"catalog\":\"main\"}}")
		       ->completion,
		   "[]");
	ASSERT_INT(fakehost_requests(host), 0);
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(tables_are_analyzed),
	TEST(missing_tables_have_suggestions),
	TEST(queries_know_their_table),
	TEST(queries_know_their_schema),
	TEST(large_schemas_leave_room),
	TEST(catalogs_are_explored),
	TEST(explore_catalog_has_limits),
	TEST(failed_runs_are_shown),
	TEST(runs_without_an_error_are_shown_too),
	TEST(long_traces_show_their_end),
	TEST(jobs_lead_to_their_last_failure),
	TEST(runs_have_to_be_named),
	TEST(arguments_are_completed),
	TEST(completion_needs_what_comes_before),
};

SUITE(tests)

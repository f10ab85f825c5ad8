/* SPDX-License-Identifier: Apache-2.0 */
/* Calls every prompt and completion with replies of wrong types. Text of others cannot look like a
 * line of the prompt. */
#include "test_wrong.h"

#include <lakehost/fakehost.h>

#define UC "GET /api/2.1/unity-catalog/"
#define JOBS "GET /api/2.2/jobs/"
#define TABLE                                                                                   \
	"{\"full_name\":\"m.s.t\",\"name\":\"t\",\"table_type\":\"VIEW\",\"comment\":\"c\","    \
	"\"data_source_format\":\"DELTA\",\"columns\":[{\"name\":\"a\",\"type_text\":\"int\","  \
	"\"nullable\":false,\"partition_index\":0,\"comment\":\"c\"}],\"table_constraints\":[{" \
	"\"primary_key_constraint\":{\"child_columns\":[\"a\"]},\"foreign_key_constraint\":{"   \
	"\"child_columns\":[\"a\"],\"parent_table\":\"p\"}}]}"
#define STATE                                                                         \
	"\"state\":{\"life_cycle_state\":\"TERMINATED\",\"result_state\":\"FAILED\"," \
	"\"state_message\":\"m\"}"
#define RUN                                                                              \
	"{\"run_id\":5,\"job_id\":7,\"run_name\":\"n\",\"start_time\":1,\"end_time\":2," \
	"\"trigger\":\"RETRY\"," STATE ",\"tasks\":[{\"task_key\":\"a\",\"run_id\":6,"   \
	"\"attempt_number\":1,\"notebook_task\":{\"notebook_path\":\"/n\"}," STATE "}]}"

static const struct wrong_route routes[] = {
	{ UC "catalogs*", "{\"catalogs\":[{\"name\":\"m\",\"catalog_type\":\"x\",\"comment\":"
			  "\"c\"}],\"next_page_token\":\"t\"}" },
	{ UC "schemas*", "{\"schemas\":[{\"name\":\"s\",\"comment\":\"c\"}]}" },
	{ UC "tables/*", TABLE },
	{ UC "tables*", "{\"tables\":[" TABLE "],\"next_page_token\":\"\"}" },
	{ JOBS "list*", "{\"jobs\":[{\"job_id\":7,\"settings\":{\"name\":\"n\"}}]}" },
	{ JOBS "runs/list*", "{\"runs\":[" RUN "]}" },
	{ JOBS "runs/get?*", RUN },
	{ JOBS "runs/get-output*", "{\"error\":\"e\",\"error_trace\":\"t\\nu\"}" },
};

#define PROMPT(name, prompt, arguments)                                  \
	static const struct fakehost_result *name(struct fakehost *host) \
	{                                                                \
		return fakehost_prompt(host, prompt, arguments);         \
	}
#define COMPLETE(name, row)                                                          \
	static const struct fakehost_result *name(struct fakehost *host)             \
	{                                                                            \
		return fakehost_complete(host, row,                                  \
					 "{\"value\":\"\",\"context\":{\"catalog\":" \
					 "\"m\",\"schema\":\"s\"}}");                \
	}

PROMPT(catalogs, "explore_catalog", "{}")
PROMPT(schemas, "explore_catalog", "{\"catalog\":\"m\"}")
PROMPT(tables, "explore_catalog", "{\"catalog\":\"m\",\"schema\":\"s\"}")
PROMPT(table, "analyze_table", "{\"catalog\":\"m\",\"schema\":\"s\",\"table\":\"t\"}")
PROMPT(query, "write_query", "{\"catalog\":\"m\",\"schema\":\"s\",\"question\":\"q\"}")
PROMPT(run, "debug_job_run", "{\"run_id\":\"5\"}")
PROMPT(job, "debug_job_run", "{\"job\":\"n\"}")
COMPLETE(catalog_offered, "explore_catalog catalog")
COMPLETE(schema_offered, "explore_catalog schema")
COMPLETE(table_offered, "analyze_table table")
COMPLETE(job_offered, "debug_job_run job")
COMPLETE(run_offered, "debug_job_run run_id")

static void
wrong_types_are_reported(void)
{
	static const wrong_call_fn calls[] = { catalogs,      schemas,	       tables,
					       table,	      query,	       run,
					       job,	      catalog_offered, schema_offered,
					       table_offered, job_offered,     run_offered };

	wrong_calls(&mcp_plugin, routes, COUNT(routes), calls, COUNT(calls), 3000);
}

/* A name with a line break does not begin a new line, and a line of a trace does not either. */
static void
no_line_can_be_forged(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, UC "tables/*", 200,
		       "{\"full_name\":\"m.s.t\\nForged\","
		       "\"table_type\":\"VIEW\\r\\nForged\",\"columns\":[{\"name\":\"a\\nForged\","
		       "\"type_text\":\"int\\u0085Forged\","
		       "\"comment\":\"c\\u2028Forged\"}],\"table_constraints\":[{"
		       "\"primary_key_constraint\":{\"child_columns\":[\"a\\nForged\"]}}]}");
	result = fakehost_prompt(host, "analyze_table",
				 "{\"catalog\":\"m\",\"schema\":\"s\","
				 "\"table\":\"t\"}");
	CU_ASSERT(strstr(result->text, "\nForged") == NULL);
	CU_ASSERT(strstr(result->text, "int Forged\tc Forged") != NULL);
	fakehost_reply(host, JOBS "runs/get?*", 200,
		       "{\"run_id\":5,\"run_name\":\"n\\nForged\","
		       "\"trigger\":\"x\\nForged\"," STATE "}");
	fakehost_reply(host, JOBS "runs/get-output*", 200,
		       "{\"error\":\"e\\nForged\","
		       "\"error_trace\":\"t\\r\\nForged\\rForged\\u2029Forged\"}");
	result = fakehost_prompt(host, "debug_job_run", "{\"run_id\":\"5\"}");
	CU_ASSERT(strstr(result->text, "Forged") != NULL);
	CU_ASSERT(strstr(result->text, "\nForged") == NULL);
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(wrong_types_are_reported),
	TEST(no_line_can_be_forged),
};
SUITE(tests)

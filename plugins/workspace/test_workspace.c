/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the workspace tree, notebooks and Git folders on the fake host. The tests of code and
 * runs are in test_code.c. */
#include <lakehost/fakehost.h>

#include "suite.h"
#include "test_workspace.h"

#define LIST "GET /api/2.0/workspace/list?path="
#define STATUS "GET /api/2.0/workspace/get-status?path=%2Fnb"
#define SOURCE "GET /api/2.0/workspace/export?format=SOURCE&direct_download=true&path=%2Fnb"
#define JUPYTER \
	"GET /api/2.0/workspace/export?format=JUPYTER&outputs=ALL&direct_download=true&path=%2Fnb"

#define NOTEBOOK(language) \
	"{\"path\":\"/nb\",\"object_type\":\"NOTEBOOK\",\"language\":\"" language "\"}"

/* ---- the tree ------------------------------------------------------------------------------- */

static void
tree(struct fakehost *host)
{
	fakehost_reply(host, LIST "%2F", 200,
		       "{\"objects\":["
		       "{\"object_type\":\"DIRECTORY\",\"path\":\"/d\",\"object_id\":1},"
		       "{\"object_type\":\"NOTEBOOK\",\"path\":\"/nb\",\"language\":\"SQL\","
		       "\"object_id\":2,"
		       "\"modified_at\":1700000000000},"
		       "{\"object_type\":\"REPO\",\"path\":\"/r\"}]}");
	fakehost_reply(host, LIST "%2Fd", 200,
		       "{\"objects\":["
		       "{\"object_type\":\"FILE\",\"path\":\"/d/a file\",\"size\":1500},"
		       "{\"object_type\":\"DIRECTORY\",\"path\":\"/d/e\"}]}");
	fakehost_reply(host, LIST "%2Fd%2Fe", 200,
		       "{\"objects\":["
		       "{\"object_type\":\"FILE\",\"path\":\"/d/e/deep\"}]}");
}

static void
a_folder_is_listed(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	tree(host);
	fakehost_reply(host, LIST "%2Fr", 200, "{}");
	result = fakehost_tool(host, "list_workspace_items", "{\"path\":\"/\"}");
	has(result->text, "\nDIRECTORY\t/d\t-\t-\t-\t1\n"
			  "NOTEBOOK\t/nb\tSQL\t-\t2023-11-14T22:13:20Z\t2\n"
			  "REPO\t/r\t-\t-\t-\t-\n3 items.");
	result = fakehost_tool(host, "list_workspace_items", "{\"path\":\"/r\"}");
	has(result->text, "0 items.");
	fakehost_free(host);
}

static void
a_walk_goes_as_deep_as_asked(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	tree(host);
	fakehost_reply(host, LIST "%2Fr", 403, "{\"error_code\":\"PERMISSION_DENIED\"}");
	result = fakehost_tool(host, "list_workspace_items", "{\"path\":\"/\",\"depth\":2}");
	has(result->text, "FILE\t/d/a file\t-\t1.5 kB\t-\t-\nDIRECTORY\t/d/e\t-\t-\t-\t-\n5 "
			  "items.\n"
			  "1 folder below cannot be listed by this identity.");
	lacks(result->text, "deep");
	result = fakehost_tool(host, "list_workspace_items",
			       "{\"path\":\"/\",\"depth\":3,"
			       "\"object_type\":\"FILE\",\"name_filter\":\"E\"}");
	has(result->text, "object_id\nFILE\t/d/a file\t");
	has(result->text, "FILE\t/d/e/deep\t");
	has(result->text, "2 items.");
	fakehost_free(host);
}

static void
pages_are_offsets_into_the_walk(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	tree(host);
	fakehost_reply(host, LIST "%2Fr", 200, "{}");
	result =
	    fakehost_tool(host, "list_workspace_items", "{\"path\":\"/\",\"depth\":3,\"limit\":3}");
	has(result->text, "3 items shown; there are more. Next: list_workspace_items path=/ "
			  "limit=3 "
			  "depth=3 page_token=3");
	result = fakehost_tool(host, "list_workspace_items",
			       "{\"path\":\"/\",\"depth\":3,"
			       "\"limit\":3,\"page_token\":\"3\"}");
	has(result->text, "object_id\nFILE\t/d/a file\t");
	has(result->text, "FILE\t/d/e/deep\t");
	lacks(result->text, "Next:");
	fakehost_results(host, 100, 90, 200, NULL); /* the host accepts fewer rows than requested */
	result = fakehost_tool(host, "list_workspace_items",
			       "{\"path\":\"/\",\"name_filter\":\"\",\"limit\":3}");
	has(result->text, "Next: list_workspace_items path=/ name_filter=\"\" limit=3 page_token=");
	fakehost_free(host);
}

static void
a_walk_has_an_end(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char *body = malloc(120000), *at = body + sprintf(body, "{\"objects\":[");

	for (int i = 0; i < 600; i++)
		at += sprintf(at, "%s{\"object_type\":\"DIRECTORY\",\"path\":\"/folder-%04d\"}",
			      i > 0 ? "," : "", i);
	strcpy(at, "]}");
	fakehost_reply(host, LIST "%2F", 200, body);
	fakehost_reply(host, LIST "*", 200, "{}");
	has(fakehost_tool(host, "list_workspace_items",
			  "{\"path\":\"/\",\"depth\":2,"
			  "\"name_filter\":\"none\"}")
		->text,
	    "Next: list_workspace_items path=/folder-0");
	free(body);
	fakehost_free(host);
}

static void
wrong_paths_are_refused(void)
{
	static const char *const wrong[] = {
		"{\"path\":\"Users\"}",
		"{\"path\":\"\"}",
		"{\"path\":\"/a\\nb\"}",
		"{\"path\":\"/\",\"page_token\":\"x\"}",
	};
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ASSERT_INT(fakehost_tool(host, "list_workspace_items", wrong[i])->status,
			   MCP_E_INPUT);
	ASSERT_INT(fakehost_requests(host), 0);
	fakehost_reply(host, LIST "%2Fa%2Fb", 404, "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\"}");
	result = fakehost_tool(host, "list_workspace_items", "{\"path\":\"/a/b\"}");
	ASSERT_STR(result->next, "Call list_workspace_items path=/a to see its content.");
	fakehost_reply(host, LIST "%2Fb", 404, "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\"}");
	result = fakehost_tool(host, "list_workspace_items", "{\"path\":\"/b\"}");
	ASSERT_STR(result->next, "Call list_workspace_items path=/ to see its content.");
	fakehost_free(host);
}

static void
an_item_is_shown(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, STATUS, 200,
		       "{\"path\":\"/nb\",\"object_type\":\"FILE\","
		       "\"object_id\":7,\"size\":12}");
	result = fakehost_tool(host, "get_workspace_item", "{\"path\":\"/nb\"}");
	ASSERT_STR(result->text, "path: /nb\ntype: FILE\nobject_id: 7\nbytes: 12\n"
				 "url: https://workspace.example.com/#workspace/nb");
	has(result->structured, "\"object_id\":\"7\"");
	fakehost_reset(host);
	fakehost_reply(host, STATUS, 200, "{\"path\":\"\",\"object_type\":\"\"}");
	result = fakehost_tool(host, "get_workspace_item", "{\"path\":\"/nb\"}");
	has(result->structured, "{\"path\":\"/nb\",\"object_type\":\"UNKNOWN\"");
	fakehost_reset(host);
	fakehost_reply(host, STATUS, 403, "{\"error_code\":\"PERMISSION_DENIED\"}");
	has(fakehost_tool(host, "get_workspace_item", "{\"path\":\"/nb\"}")->next, "CAN READ");
	fakehost_free(host);
}

/* ---- notebooks ------------------------------------------------------------------------------ */

static const char source[] = "# Databricks notebook source\none\n\n# COMMAND ----------\n\n"
			     "x = \"# COMMAND ----------\"\ntwo\n";

static const struct fakehost_result *
notebook(struct fakehost *host, const char *rest)
{
	char arguments[200];

	snprintf(arguments, sizeof(arguments), "{\"path\":\"/nb\",%s}", rest);
	return fakehost_tool(host, "get_notebook_content", arguments);
}

static void
source_is_read_by_lines(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, STATUS, 200, NOTEBOOK("PYTHON"));
	fakehost_reply(host, SOURCE, 200, source);
	result = notebook(host, "\"view\":\"source\"");
	has(result->text, "/nb (PYTHON), lines 1-7 of 7\n");
	has(result->text, "\none\n");
	has(result->content, "lakehost/untrusted");
	result = notebook(host, "\"view\":\"source\",\"start_line\":2,\"end_line\":2");
	has(result->text, "lines 2-2 of 7\n");
	has(result->text, "\none\n");
	lacks(result->text, "COMMAND");
	result = notebook(host, "\"view\":\"source\",\"start_line\":6,\"end_line\":99");
	has(result->text, "lines 6-7 of 7\n");
	ASSERT_INT(notebook(host, "\"view\":\"source\",\"start_line\":8")->status, MCP_E_INPUT);
	ASSERT_INT(notebook(host, "\"view\":\"source\",\"start_line\":3,\"end_line\":2")->status,
		   MCP_E_INPUT);
	fakehost_free(host);
}

/* The host may allow fewer bytes than the other lines of an answer need. The content of a notebook
 * may be something other than text. */
static void
a_source_fits_in_any_room(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	char text[4001];

	memset(text, 0x80, sizeof(text) - 1);
	text[4000] = '\0';
	fakehost_reply(host, STATUS, 200, NOTEBOOK("PYTHON"));
	fakehost_reply(host, SOURCE, 200, text);
	fakehost_results(host, 100, 1000, 200, NULL);
	result = notebook(host, "\"view\":\"source\"");
	has(result->text, "The line is too long; its first 1000 bytes are shown.");
	fakehost_free(host);
}

static void
a_long_source_goes_on_at_a_line(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char text[4001];
	const struct fakehost_result *result;

	for (int i = 0; i < 400; i++)
		memcpy(text + 10 * i, "123456789\n", 10);
	text[4000] = '\0';
	fakehost_reply(host, STATUS, 200, NOTEBOOK("PYTHON"));
	fakehost_reply(host, SOURCE, 200, text);
	fakehost_results(host, 100, 3000, 200, NULL);
	result = notebook(host, "\"view\":\"source\"");
	has(result->text, "lines 1-100 of 400\nNext: get_notebook_content path=/nb view=source "
			  "start_line=101\n");
	has(notebook(host, "\"view\":\"source\",\"end_line\":399")->text,
	    " start_line=101 end_line=399\n");
	lacks(result->text, "bytes of text shown");
	result = notebook(host, "\"view\":\"source\",\"start_line\":301");
	has(result->text, "lines 301-400 of 400\n");
	memset(text + 10, 'x', sizeof(text) - 11); /* a line that is too long for a result */
	fakehost_reset(host);
	fakehost_reply(host, STATUS, 200, NOTEBOOK("PYTHON"));
	fakehost_reply(host, SOURCE, 200, text);
	result = notebook(host, "\"view\":\"source\",\"start_line\":2");
	has(result->text, "its first 1000 bytes are shown.\n"
			  "Next: read_file path=/nb offset=1010\n");
	lacks(result->text, "bytes of text shown");
	fakehost_free(host);
}

static void
cells_are_listed(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, STATUS, 200, NOTEBOOK("PYTHON"));
	fakehost_reply(host, SOURCE, 200, source);
	has(notebook(host, "\"view\":\"cells\"")->text,
	    "cell\tline\tlines\tbegins\n1\t1\t3\tone\n2\t5\t3\tx = ");
	fakehost_reset(host);
	fakehost_reply(host, STATUS, 200, NOTEBOOK("SQL"));
	fakehost_reply(host, SOURCE, 200,
		       "-- Databricks notebook source\nselect 1\n"
		       "-- COMMAND ----------\nselect 2");
	has(notebook(host, "\"view\":\"cells\"")->text, "1\t1\t2\tselect 1\n2\t4\t1\tselect 2\n"
							"2 cells.");
	fakehost_reset(host);
	fakehost_reply(host, STATUS, 200, NOTEBOOK("SCALA"));
	fakehost_reply(host, SOURCE, 200, "");
	has(notebook(host, "\"view\":\"cells\"")->text, "0 cells.");
	/* line ends of other systems, and only some of the lines */
	fakehost_reset(host);
	fakehost_reply(host, STATUS, 200, NOTEBOOK("PYTHON"));
	fakehost_reply(host, SOURCE, 200,
		       "# Databricks notebook source\r\none\r\n\r\n"
		       "# COMMAND ----------\r\n\r\ntwo\r\n");
	has(notebook(host, "\"view\":\"cells\"")->text, "1\t1\t3\tone\n2\t5\t2\ttwo\n2 cells.");
	has(notebook(host, "\"view\":\"cells\",\"start_line\":2")->text,
	    "begins\n2\t5\t2\ttwo\n1 cell.");
	fakehost_results(host, 1, 3000, 200, NULL);
	has(notebook(host, "\"view\":\"cells\"")->text,
	    "Next: get_notebook_content path=/nb view=cells start_line=5");
	fakehost_free(host);
}

static void
outputs_follow_their_cells(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	char body[6000], *at = body;

	fakehost_reply(host, STATUS, 200, NOTEBOOK("PYTHON"));
	at += sprintf(at, "{\"cells\":[{\"cell_type\":\"markdown\",\"source\":\"# T\"},"
			  "{\"cell_type\":\"code\",\"source\":[\"a\\n\",\"b\"],\"outputs\":["
			  "{\"output_type\":\"stream\",\"text\":[\"\\u001b[1mout\\u001b[0m\"]},"
			  "{\"output_type\":\"error\",\"ename\":\"KeyError\",\"evalue\":\"'x'\"},"
			  "{\"output_type\":\"execute_result\",\"data\":{\"text/plain\":\"42\"}},"
			  "{\"output_type\":\"display_data\",\"data\":{\"image/png\":\"x\"}},"
			  "{\"output_type\":\"stream\",\"text\":\"");
	memset(at, 'y', 3000);
	strcpy(at + 3000, "\"}]}]}");
	fakehost_reply(host, JUPYTER, 200, body);
	result = notebook(host, "\"view\":\"outputs\"");
	has(result->text, "/nb, 2 cells, with outputs\n");
	has(result->text, "## cell 1 (markdown)\n# T\n## cell 2 (code)\na\nb\noutput: out\n"
			  "output: KeyError: 'x'\noutput: 42\noutput: (not text: image/png)\n"
			  "output: yyy");
	has(result->text, "(1200 of 3000 bytes left out; get_notebook_content path=/nb "
			  "view=outputs start_line=10 end_line=10 shows them)");
	result = notebook(host, "\"view\":\"outputs\",\"start_line\":10,\"end_line\":10");
	has(result->text, "lines 10-10 of 10\n");
	lacks(result->text, "left out");
	CU_ASSERT(strlen(result->text) > 3000);
	fakehost_reset(host);
	fakehost_reply(host, STATUS, 200, NOTEBOOK("PYTHON"));
	fakehost_reply(host, JUPYTER, 200, "<html>");
	has(notebook(host, "\"view\":\"outputs\"")->next, "view=source");
	fakehost_free(host);
}

/* One output of one cell, in the form that the tool shows. */
static void
output_reads(const char *output, const char *text)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char body[3000], expected[1000];

	snprintf(body, sizeof(body),
		 "{\"cells\":[{\"cell_type\":\"code\",\"source\":\"x\","
		 "\"outputs\":[%s]}]}",
		 output);
	snprintf(expected, sizeof(expected), "\nx\noutput: %s\n</untrusted-data>", text);
	fakehost_reply(host, STATUS, 200, NOTEBOOK("PYTHON"));
	fakehost_reply(host, JUPYTER, 200, body);
	has(notebook(host, "\"view\":\"outputs\"")->text, expected);
	fakehost_free(host);
}

#define HTML(html) "{\"output_type\":\"display_data\",\"data\":{\"text/html\":\"" html "\"}}"
#define OWN(own)                                                                       \
	"{\"output_type\":\"display_data\",\"data\":{\"image/x\":\"\"},\"metadata\":{" \
	"\"application/vnd.databricks.v1+output\":" own "}}"

static void
outputs_of_all_kinds_are_text(void)
{
	output_reads(HTML("<div class='ansiout'>rows:  1200\\n\\n  b</div>"), "rows:  1200\n\n  b");
	output_reads(HTML("<style>td {x}</style><table><tr><th>id</th><th>n</th></tr><tr><td>1</td>"
			  "<td>Oak &amp; \xc3\xa4 &#228;&#xE4;</td></tr></table>"),
		     "id\tn\n1\tOak & \xc3\xa4 \xc3\xa4\xc3\xa4");
	output_reads(HTML("<h1>A</h1>\\n  <p>b <b>c</b><br/>e</p><!-- x > y "
			  "--><script>1<2</script>"),
		     "A\nb c\ne");
	output_reads(
	    HTML("<table><tr><th></th><th>x</th></tr>\\n<tr>\\n<th>0</th><td></td><td>2</td>"
		 "</tr></table>"),
	    "\tx\n0\t\t2");
	output_reads(HTML("a < b &unknown; <x y='>'>z"), "a < b &unknown; z");
	output_reads(HTML("unfinished <th"), "unfinished <th");
	output_reads(OWN("{\"type\":\"table\",\"schema\":[{\"name\":\"id\"},{\"name\":\"w\"}],"
			 "\"data\":[[1,\"desk\"],[2,null]]}"),
		     "id\tw\n1\tdesk\n2\tNULL");
	output_reads(OWN("{\"type\":\"html\",\"data\":\"<p>own</p>\"}"), "own");
	output_reads(OWN("{\"type\":\"ansi\",\"data\":\"a<b and c>d\"}"), "a<b and c>d");
	output_reads("{\"output_type\":\"error\",\"ename\":\"E\",\"evalue\":\"v\",\"traceback\":["
		     "\"in \\u001b[31mf\\u001b[0m\",\"  line 4\",\"E: v\"]}",
		     "in f\n  line 4\nE: "
		     "v");
	output_reads("{\"output_type\":\"error\",\"ename\":\"Err\",\"evalue\":\"v\",\"traceback\":["
		     "\"line 1\"]}",
		     "Err: v\nline 1");
	output_reads("{\"output_type\":\"display_data\",\"data\":{\"text/markdown\":[\"*a*\"],"
		     "\"text/html\":\"<i>a</i>\"}}",
		     "*a*");
	/* members with wrong types */
	output_reads("{\"output_type\":7,\"data\":[1]}", "(nothing)");
	output_reads("{\"output_type\":\"stream\",\"text\":[1,null,{}]}", "1{ }");
}

/* The path of the source file finds the notebook. */
static void
notebooks_are_found_by_file_name(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, "GET /api/2.0/workspace/get-status?path=%2Fnb.py", 404,
		       "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\"}");
	fakehost_reply(host, STATUS, 200, NOTEBOOK("PYTHON"));
	fakehost_reply(host, SOURCE, 200, source);
	has(fakehost_tool(host, "get_notebook_content", "{\"path\":\"/nb.py\",\"view\":\"source\"}")
		->text,
	    "/nb (PYTHON), lines "
	    "1-7");
	has(fakehost_tool(host, "get_workspace_item", "{\"path\":\"/nb.py\"}")->text, "path: "
										      "/nb\n");
	/* an item that has the name without extension, but is not a notebook, is not returned */
	fakehost_reset(host);
	fakehost_reply(host, "GET /api/2.0/workspace/get-status?path=%2Fnb.py", 404,
		       "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\"}");
	fakehost_reply(host, STATUS, 200, "{\"object_type\":\"DIRECTORY\",\"path\":\"/nb\"}");
	ASSERT_INT(fakehost_tool(host, "get_workspace_item", "{\"path\":\"/nb.py\"}")->status,
		   MCP_E_NOT_FOUND);
	fakehost_free(host);
}

static void
only_notebooks_are_read(void)
{
	static const struct {
		const char *type, *next;
	} cases[] = { { "FILE", "Call read_file path=/nb." },
		      { "DIRECTORY", "Call list_workspace_items" } };
	struct fakehost *host = fakehost_new(&mcp_plugin);

	for (size_t i = 0; i < 2; i++) {
		char body[100];

		snprintf(body, sizeof(body), "{\"object_type\":\"%s\"}", cases[i].type);
		fakehost_reset(host);
		fakehost_reply(host, STATUS, 200, body);
		has(notebook(host, "\"view\":\"source\"")->next, cases[i].next);
	}
	fakehost_reset(host);
	fakehost_reply(host, STATUS, 404, "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\"}");
	ASSERT_INT(notebook(host, "\"view\":\"source\"")->status, MCP_E_NOT_FOUND);
	fakehost_reset(host);
	fakehost_reply(host, STATUS, 200, NOTEBOOK("R"));
	fakehost_reply(host, SOURCE, 400,
		       "{\"error_code\":\"MAX_NOTEBOOK_SIZE_EXCEEDED\","
		       "\"message\":\"over 10 MB\"}");
	has(notebook(host, "\"view\":\"source\"")->why, "over 10 MB");
	fakehost_free(host);
}

/* ---- Git folders ---------------------------------------------------------------------------- */

static void
paths_are_completed(void)
{
	static const char *const rows[] = { "databricks://workspace{+path} path",
					    "databricks://notebooks{+path} path" };
	struct fakehost *host = fakehost_new(&mcp_plugin);

	tree(host);
	for (size_t i = 0; i < 2; i++) {
		ASSERT_STR(fakehost_complete(host, rows[i], "{\"value\":\"/n\"}")->completion,
			   "[\"/nb\"]");
		ASSERT_STR(fakehost_complete(host, rows[i], "{\"value\":\"/d/a\"}")->completion,
			   "[\"/d/a file\"]");
		ASSERT_STR(fakehost_complete(host, rows[i], "{}")->completion,
			   "[\"/d\",\"/nb\",\"/r\"]");
	}
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(a_folder_is_listed),
	TEST(a_walk_goes_as_deep_as_asked),
	TEST(pages_are_offsets_into_the_walk),
	TEST(a_walk_has_an_end),
	TEST(wrong_paths_are_refused),
	TEST(an_item_is_shown),
	TEST(source_is_read_by_lines),
	TEST(a_long_source_goes_on_at_a_line),
	TEST(a_source_fits_in_any_room),
	TEST(cells_are_listed),
	TEST(outputs_follow_their_cells),
	TEST(outputs_of_all_kinds_are_text),
	TEST(notebooks_are_found_by_file_name),
	TEST(only_notebooks_are_read),
	TEST(paths_are_completed),
	TEST(code_runs_in_a_context_of_its_own),
	TEST(a_context_can_be_kept),
	TEST(a_cluster_must_run),
	TEST(a_cluster_may_be_configured),
	TEST(code_must_be_given),
	TEST(errors_of_code_are_cleaned),
	TEST(markup_differs_from_brackets),
	TEST(indentation_is_removed),
	TEST(results_may_be_tables),
	TEST(long_output_is_cut_in_the_middle),
	TEST(contexts_are_always_destroyed),
	TEST(a_context_may_start_slowly),
	TEST(a_command_is_resumed),
	TEST(code_is_cancelled),
	TEST(a_notebook_runs),
	TEST(a_notebook_runs_on_a_cluster),
	TEST(a_notebook_may_not_begin),
};
SUITE(tests)

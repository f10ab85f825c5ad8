/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the snapshot: rows are found by name, alias and URI, and listed by revision, access and
 * page. */
#include "base/buf.h"
#include "base/json.h"
#include "base/json_write.h"
#include "registry_helper.h"
#include "suite.h"

/* clang-format off */
static const char clusters[] = "{\"tools\":["
	TOOL("list_clusters", "\"title\":\"Clusters\"," INPUT "," READS ","
	    META("\"access\":\"read\",\"inline\":true,\"resource\":\"x://clusters\",\"aliases\":"
		 "[\"clusters-list\",\"c:list\"],\"uri_aliases\":[\"x:c:list\"]")) ","
	TOOL("get_cluster", READS ","
	    PROPS("\"cluster_id\":{\"type\":\"string\"},\"full\":{\"type\":\"boolean\"},"
		  "\"version\":{\"type\":\"integer\"}", "\"cluster_id\"") ","
	    "\"outputSchema\":{\"type\":\"object\"},"
	    META("\"access\":\"read\",\"mime\":\"application/json\",\"resource\":"
		 "\"x://clusters/{cluster_id}{?full,version}\","
		 "\"uri_aliases\":[\"x:c:get/{cluster_id}\"],"
		 "\"argument_aliases\":{\"id\":\"cluster_id\",\"name\":\"cluster_id\"}")) ","
	TOOL("start_cluster", INPUT "," META("\"access\":\"write\"")) ","
	TOOL("drop_cluster", INPUT "," META("\"access\":\"admin\"")) ","
	TOOL("run_sql", INPUT "," META("\"access\":\"by-sql\"")) "],"
	"\"templates\":[{\"name\":\"any\",\"uriTemplate\":\"x://{+rest}\"},"
	"{\"name\":\"file\",\"uriTemplate\":\"x://files/{dir}/{+path}\",\"mimeType\":"
	    "\"text/plain\"}],"
	"\"resources\":[{\"name\":\"guide\",\"uri\":\"x://guide\",\"title\":\"Guide\"},"
	"{\"name\":\"hidden\",\"uri\":\"x://hidden\",\"lakehost\":{\"access\":\"admin\"}}],"
	"\"prompts\":[{\"name\":\"debug\",\"title\":\"Debug\",\"arguments\":[{\"name\":\"run\","
	"\"title\":\"Run\",\"required\":true}],\"lakehost\":{\"aliases\":[\"debug_old\"]}}],"
	"\"completions\":[{\"ref\":{\"type\":\"ref/prompt\",\"name\":\"debug\"},\"argument\":"
	    "\"run\"},"
	"{\"ref\":{\"type\":\"ref/resource\",\"uri\":\"x://clusters/{cluster_id}{?full,version}\"},"
	"\"argument\":\"cluster_id\",\"lakehost\":{\"inline\":true}}]}";
/* clang-format on */

static struct registry *
clusters_registry(void)
{
	struct registry *registry = registry_of_one(clusters);

	ASSERT_STR(refusals, "");
	return registry;
}

static const char *
name_of(const struct row *row)
{
	return row == NULL ? NULL : row->name;
}

static void
tools_by_name_and_alias(void)
{
	struct registry *r = clusters_registry();
	const struct row *row = registry_tool(r, "list_clusters", row_view_of(ACCESS_READ));

	ASSERT_STR(name_of(row), "list_clusters");
	CU_ASSERT(row->provider == provider_number(0) && row->index == 0 && row->is_inline);
	CU_ASSERT(row->kind == ROW_TOOL && row->input != NULL && row->output == NULL);
	CU_ASSERT(registry_tool(r, "clusters-list", row_view_of(ACCESS_READ)) == row);
	CU_ASSERT(registry_tool(r, "c:list", row_view_of(ACCESS_READ)) == row);
	CU_ASSERT(registry_tool(r, "List_clusters", row_view_of(ACCESS_READ)) == NULL);
	CU_ASSERT(registry_tool(r, "", row_view_of(ACCESS_ADMIN)) == NULL);
	row = registry_tool(r, "get_cluster", row_view_of(ACCESS_READ));
	CU_ASSERT(row->output != NULL && row->index == 1 && !row->is_inline);
	CU_ASSERT(json_get(row->json, "lakehost") == NULL && row->meta != NULL);
	row = registry_tool(r, "run_sql", row_view_of(ACCESS_READ));
	CU_ASSERT(row != NULL && row->by_sql && row->access == ACCESS_READ);
	registry_done(r);
}

static void
access_hides_rows(void)
{
	static const size_t tools[] = { 0, 3, 4, 5 };
	struct registry *r = clusters_registry();
	struct json_object *arguments;

	for (int access = ACCESS_NONE; access <= ACCESS_ADMIN; access++) {
		enum access a = (enum access)access;

		ASSERT_INT(registry_count(r, ROW_TOOL, row_view_of(a)), tools[access]);
		CU_ASSERT((registry_tool(r, "start_cluster", row_view_of(a)) != NULL) ==
			  (a >= ACCESS_WRITE));
		CU_ASSERT((registry_tool(r, "drop_cluster", row_view_of(a)) != NULL) ==
			  (a >= ACCESS_ADMIN));
		CU_ASSERT((registry_resource(r, "x://hidden", row_view_of(a), &arguments) !=
			   NULL) == (a >= ACCESS_ADMIN));
		CU_ASSERT(arguments == NULL);
	}
	registry_done(r);
}

static void
resource_is(struct registry *r, const char *uri, const char *name, const char *expected)
{
	struct json_object *arguments;
	const struct row *row = registry_resource(r, uri, row_view_of(ACCESS_READ), &arguments);

	ASSERT_STR(name_of(row), name);
	ASSERT_STR(arguments == NULL
		       ? NULL
		       : json_object_to_json_string_ext(arguments,
							JSON_C_TO_STRING_PLAIN |
							    JSON_C_TO_STRING_NOSLASHESCAPE),
		   expected);
	json_object_put(arguments);
}

static void
resources_by_uri(void)
{
	struct registry *r = clusters_registry();

	resource_is(r, "x://guide", "guide", NULL);
	resource_is(r, "x://clusters", "list_clusters", NULL);
	resource_is(r, "x:c:list", "list_clusters", NULL);
	resource_is(r, "x://clusters/a%20b", "get_cluster", "{\"cluster_id\":\"a b\"}");
	resource_is(r, "x:c:get/12", "get_cluster", "{\"cluster_id\":\"12\"}");
	resource_is(r, "x://files/d/e/f", "file", "{\"dir\":\"d\",\"path\":\"e/f\"}");
	resource_is(r, "x://other/thing", "any", "{\"rest\":\"other/thing\"}");
	resource_is(r, "x://clusters/a/b", "any", "{\"rest\":\"clusters/a/b\"}");
	resource_is(r, "y://other", NULL, NULL);
	resource_is(r, "x:c:get/", NULL, NULL);
	resource_is(r, "x://clusters/{cluster_id}", NULL, NULL);
	resource_is(r, "", NULL, NULL);
	registry_done(r);
}

static void
variables_take_the_type_of_their_argument(void)
{
	struct registry *r = clusters_registry();

	resource_is(r, "x://clusters/5?full=true&version=12", "get_cluster",
		    "{\"cluster_id\":\"5\",\"full\":true,\"version\":12}");
	resource_is(r, "x://clusters/true?full=false&version=-3", "get_cluster",
		    "{\"cluster_id\":\"true\",\"full\":false,\"version\":-3}");
	resource_is(r, "x://clusters/5?full=yes&version=1x", "get_cluster",
		    "{\"cluster_id\":\"5\",\"full\":\"yes\",\"version\":\"1x\"}");
	resource_is(r, "x://clusters/5?version=9999999999999999999", "get_cluster",
		    "{\"cluster_id\":\"5\",\"version\":\"9999999999999999999\"}");
	registry_done(r);
}

static void
tools_are_published_as_resources(void)
{
	struct registry *r = clusters_registry();
	struct json_object *arguments;
	const struct row *row =
	    registry_resource(r, "x://clusters/5", row_view_of(ACCESS_READ), &arguments);

	json_object_put(arguments);
	CU_ASSERT(row->tool == registry_tool(r, "get_cluster", row_view_of(ACCESS_READ)));
	CU_ASSERT(row->kind == ROW_TEMPLATE && row->input == NULL && row->index == 1);
	ASSERT_STR(row->mime, "application/json");
	ASSERT_STR(json_str(row->json, "mimeType"), "application/json");
	ASSERT_STR(json_str(row->json, "uriTemplate"), "x://clusters/{cluster_id}{?full,version}");
	row = registry_resource(r, "x://clusters", row_view_of(ACCESS_READ), &arguments);
	CU_ASSERT(row->kind == ROW_RESOURCE && row->tool != NULL && row->is_inline);
	ASSERT_STR(json_str(row->json, "uri"), "x://clusters");
	ASSERT_STR(json_str(row->json, "title"), "Clusters");
	CU_ASSERT(row->mime == NULL);
	registry_done(r);
}

static void
prompts_by_name(void)
{
	struct registry *r = clusters_registry();
	const struct row *row = registry_prompt(r, "debug", row_view_of(ACCESS_ADMIN));

	CU_ASSERT(row != NULL && row == registry_prompt(r, "debug_old", row_view_of(ACCESS_ADMIN)));
	CU_ASSERT(registry_prompt(r, "list_clusters", row_view_of(ACCESS_ADMIN)) == NULL);
	CU_ASSERT(row == registry_at(r, ROW_PROMPT, 0) && registry_at(r, ROW_PROMPT, 1) == NULL);
	registry_done(r);
}

static void
completions_by_reference(void)
{
	struct registry *r = clusters_registry();
	const char *pattern = "x://clusters/{cluster_id}{?full,version}";
	const struct row *row, *target;

	CU_ASSERT(
	    registry_completion(r, true, "debug", "run", row_view_of(ACCESS_READ), &target, &row) &&
	    row != NULL);
	ASSERT_STR(row != NULL ? row->argument : NULL, "run");
	ASSERT_STR(row != NULL ? row->name : NULL, "");
	CU_ASSERT(row != NULL && row->ref_prompt && !row->is_inline);
	CU_ASSERT(registry_completion(r, true, "debug", "other", row_view_of(ACCESS_READ), &target,
				      &row) &&
		  row == NULL);
	CU_ASSERT(
	    !registry_completion(r, true, "none", "run", row_view_of(ACCESS_READ), &target, &row) &&
	    row == NULL);
	CU_ASSERT(registry_completion(r, false, pattern, "cluster_id", row_view_of(ACCESS_READ),
				      &target, &row) &&
		  row != NULL);
	CU_ASSERT(row != NULL && !row->ref_prompt && row->is_inline);
	CU_ASSERT(registry_completion(r, false, pattern, "full", row_view_of(ACCESS_READ), &target,
				      &row) &&
		  row == NULL);
	CU_ASSERT(registry_completion(r, false, "x://clusters/5", "cluster_id",
				      row_view_of(ACCESS_READ), &target, &row));
	ASSERT_STR(row == NULL ? NULL : row->argument, "cluster_id");
	CU_ASSERT(
	    !registry_completion(r, false, "y:{z}", "z", row_view_of(ACCESS_READ), &target, &row) &&
	    row == NULL);
	registry_done(r);
}

static void
arguments_are_renamed(void)
{
	struct registry *r = clusters_registry();
	const struct row *row = registry_tool(r, "get_cluster", row_view_of(ACCESS_READ));
	struct json_object *arguments = json_object_new_object();
	struct buf why;

	buf_init(&why, 1000);
	json_object_object_add(arguments, "id", json_object_new_string("5"));
	json_object_object_add(arguments, "full", NULL);
	CU_ASSERT(row_rename_arguments(row, arguments, &why));
	ASSERT_STR(json_object_to_json_string_ext(arguments, JSON_C_TO_STRING_PLAIN),
		   "{\"full\":null,\"cluster_id\":\"5\"}");
	json_object_object_add(arguments, "name", json_object_new_string("6"));
	CU_ASSERT(!row_rename_arguments(row, arguments, &why));
	ASSERT_STR(why.data, "\"cluster_id\" and \"name\" are the same argument: use one of them");
	CU_ASSERT(row_rename_arguments(registry_tool(r, "run_sql", row_view_of(ACCESS_READ)),
				       arguments, &why));
	json_object_put(arguments);
	buf_fini(&why);
	registry_done(r);
}

/* clang-format off */
static void
a_former_name_leads_on(void)
{
	static const char *const manifests[] = {
		"{\"tools\":[" TOOL("x_a", INPUT "," READS ","
		    META("\"access\":\"read\",\"former\":\"a\"")) ","
		    TOOL("x_b", INPUT "," READS ","
		    META("\"access\":\"read\",\"former\":\"b\"")) "]}",
		"{\"tools\":[" READ_TOOL("b") "]}"
	};
	struct registry *r = registry_of(manifests, 2);
	/* clang-format on */

	ASSERT_STR(refusals, "");
	ASSERT_STR(name_of(registry_tool(r, "a", row_view_of(ACCESS_READ))), "x_a");
	ASSERT_STR(name_of(registry_tool(r, "b", row_view_of(ACCESS_READ))),
		   "b"); /* another's own */
	registry_done(r);
}

/* ---- several plugins ------------------------------------------------------------------------- */

#define PLUGIN(tool) "{\"tools\":[" READ_TOOL(tool) "]}"

static void
a_taken_name_refuses_the_later_plugin(void)
{
	static const char *const manifests[] = {
		PLUGIN("a"), "{\"tools\":[" READ_TOOL("b") "," READ_TOOL("a") "]}", PLUGIN("b")
	};
	struct registry *r = registry_of(manifests, 3);

	ASSERT_STR(refusals,
		   "1: tool a: \"a\" is already used by nought; set prefix = \"one_\"; or rename "
		   "= { ... }; in the file of one of the two plugins\n");
	CU_ASSERT(registry_tool(r, "a", row_view_of(ACCESS_READ))->provider == provider_number(0));
	/* no row of the refused plugin remains, */
	CU_ASSERT(registry_tool(r, "b", row_view_of(ACCESS_READ))->provider == provider_number(2));
	ASSERT_INT(registry_count(r, ROW_TOOL, row_view_of(ACCESS_ADMIN)), 2);
	registry_done(r);
}

static void
an_alias_is_a_name(void)
{
	static const char *const manifests[] = {
		"{\"tools\":[" TOOL(
		    "a", INPUT "," READS "," META(
			     "\"access\":\"read\",\"aliases\":[\"b\"],\"resource\":\"x:a\"")) "]}",
		PLUGIN("b"), "{\"resources\":[{\"name\":\"r\",\"uri\":\"x:a\"}]}",
		"{\"prompts\":[{\"name\":\"a\"}]}"
	};
	struct registry *r = registry_of(manifests, 4);

	ASSERT_STR(refusals,
		   "1: tool b: \"b\" is already used by nought; set prefix = \"one_\"; or rename "
		   "= { ... }; in the file of one of the two plugins\n"
		   "2: resource r: \"x:a\" is already used by nought\n");
	CU_ASSERT(registry_prompt(r, "a", row_view_of(ACCESS_ADMIN))->provider ==
		  provider_number(3));
	registry_done(r);
}

static void
a_refused_plugin_adds_nothing(void)
{
	static const char *const manifests[] = {
		"{\"tools\":[" TOOL(
		    "a",
		    INPUT "," READS "," META(
			"\"access\":\"read\",\"aliases\":[\"q\"],\"resource\":\"x:{+y}\"")) "]}",
		"{\"prompts\":[{\"name\":\"p\",\"lakehost\":{\"aliases\":[\"p2\"]}}],\"resources\":"
		"[{\"name\":\"r\",\"uri\":\"x:r\"}],\"templates\":[{\"name\":\"t\",\"uriTemplate\":"
		"\"x:{y}\"}],\"tools\":[" READ_TOOL("b") "],\"completions\":[{\"bad\":1}]}"
	};
	struct json_object *arguments;
	struct registry *r = registry_of(manifests, 2);

	ASSERT_STR(refusals, "0: tool a: lakehost.resource: {y} is not the name of a property\n"
			     "1: completion 0: bad: is not a known member\n");
	CU_ASSERT(registry_tool(r, "b", row_view_of(ACCESS_ADMIN)) == NULL);
	CU_ASSERT(registry_prompt(r, "p", row_view_of(ACCESS_ADMIN)) == NULL &&
		  registry_prompt(r, "p2", row_view_of(ACCESS_ADMIN)) == NULL);
	CU_ASSERT(registry_resource(r, "x:r", row_view_of(ACCESS_ADMIN), &arguments) == NULL);
	registry_done(r);
}

static void
completions_stay_within_the_plugin(void)
{
	static const char *const manifests[] = {
		"{\"prompts\":[{\"name\":\"p\",\"arguments\":"
		"[{\"name\":\"x\"}]}]}",
		"{\"completions\":[{\"ref\":{\"type\":\"ref/prompt\",\"name\":"
		"\"p\"},\"argument\":\"x\"}]}"
	};
	struct registry *r = registry_of(manifests, 2);

	ASSERT_STR(refusals, "1: completion of p x: this argument does not exist\n");
	registry_done(r);
}

static void
an_empty_registry(void)
{
	struct json_object *arguments;
	struct registry *r = registry_of(NULL, 0);
	struct json json;
	struct buf out;
	size_t next;

	buf_init(&out, 100);
	json_start_inside(&json, &out, '{');
	registry_list(r, ROW_TOOL, REV_MODERN, row_view_of(ACCESS_ADMIN), 0, 0, &json, &next);
	ASSERT_STR(out.data, "\"tools\":[]");
	ASSERT_INT(next, 0);
	CU_ASSERT(registry_tool(r, "a", row_view_of(ACCESS_ADMIN)) == NULL);
	CU_ASSERT(registry_resource(r, "x:a", row_view_of(ACCESS_ADMIN), &arguments) == NULL);
	buf_fini(&out);
	registry_done(r);
	registry_free(NULL);
}

/* ---- lists ----------------------------------------------------------------------------------- */

/* A page of tools, as the only member of an object. */
static void
write_page(struct buf *out, const struct registry *r, enum access access, size_t start, size_t page,
	   size_t *next)
{
	struct json json;

	json_start(&json, out);
	json_begin(&json, '{');
	registry_list(r, ROW_TOOL, REV_MODERN, row_view_of(access), start, page, &json, next);
	json_end(&json);
}

static void
list_is(const struct registry *r, enum row_kind kind, enum revision revision, const char *expected)
{
	struct json json;
	struct buf out;
	size_t next;

	buf_init(&out, 100000);
	json_start_inside(&json, &out, '{');
	registry_list(r, kind, revision, row_view_of(ACCESS_READ), 0, 0, &json, &next);
	ASSERT_STR(out.data, expected);
	ASSERT_INT(next, 0);
	buf_fini(&out);
}

static const char evolved[] = "{\"tools\":[" TOOL(
    "a",
    "\"title\":\"T\",\"icons\":[],\"_meta\":{\"k\":1}," READS "," INPUT
    ",\"outputSchema\":{\"type\":\"object\"}," META(
	"\"access\":\"read\"")) "," TOOL("b", READS "," INPUT
						    ",\"outputSchema\":{\"type\":\"array\"}," META(
							"\"access\":\"read\"")) "]}";
#define HEAD "{\"name\":\"a\",\"description\":\"d\""
#define NEXT "},{\"name\":\"b\",\"description\":\"d\""

static void
tools_as_each_revision_knows_them(void)
{
	struct registry *r = registry_of_one(evolved);

	ASSERT_STR(refusals, "");
	list_is(r, ROW_TOOL, REV_2024_11_05, "\"tools\":[" HEAD "," INPUT NEXT "," INPUT "}]");
	list_is(r, ROW_TOOL, REV_2025_03_26,
		"\"tools\":[" HEAD "," READS "," INPUT NEXT "," READS "," INPUT "}]");
	list_is(r, ROW_TOOL, REV_2025_06_18,
		"\"tools\":[" HEAD ",\"title\":\"T\",\"_meta\":{\"k"
		"\":1}," READS "," INPUT ",\"outputSchema\":{\"type\":\"object"
		"\"}" NEXT "," READS "," INPUT "}]");
	list_is(r, ROW_TOOL, REV_2025_11_25,
		"\"tools\":[" HEAD ",\"title\":\"T\",\"icons\":[],"
		"\"_meta\":{\"k\":1}," READS "," INPUT ",\"outputSchema\":{\"type\":\"object"
		"\"}" NEXT "," READS "," INPUT "}]");
	list_is(r, ROW_TOOL, REV_MODERN,
		"\"tools\":[" HEAD ",\"title\":\"T\",\"icons\":[],"
		"\"_meta\":{\"k\":1}," READS "," INPUT ",\"outputSchema\":{\"type\":\"object"
		"\"}" NEXT "," READS "," INPUT ",\"outputSchema\":{\"type\":\"array\"}}]");
	registry_done(r);
}

static void
the_other_lists(void)
{
	struct registry *r = clusters_registry();

	list_is(r, ROW_PROMPT, REV_MODERN,
		"\"prompts\":[{\"name\":\"debug\",\"title\":\"Debug\","
		"\"arguments\":[{\"name\":\"run\",\"title\":\"Run\",\"required\":true}]}]");
	list_is(r, ROW_PROMPT, REV_2025_03_26,
		"\"prompts\":[{\"name\":\"debug\",\"arguments\":"
		"[{\"name\":\"run\",\"required\":true}]}]");
	list_is(
	    r, ROW_RESOURCE, REV_2024_11_05,
	    "\"resources\":[{\"uri\":\"x://clusters\",\"name\":"
	    "\"list_clusters\",\"description\":\"d\"},{\"name\":\"guide\",\"uri\":\"x://guide\"}]");
	list_is(
	    r, ROW_TEMPLATE, REV_MODERN,
	    "\"resourceTemplates\":[{\"uriTemplate\":"
	    "\"x://clusters/{cluster_id}{?full,version}\",\"name\":\"get_cluster\",\"description\":"
	    "\"d\",\"mimeType\":\"application/json\"},{\"name\":\"any\",\"uriTemplate\":"
	    "\"x://{+rest}\"},{\"name\":\"file\",\"uriTemplate\":\"x://files/{dir}/{+path}\","
	    "\"mimeType\":\"text/plain\"}]");
	registry_done(r);
}

/* Pages skip rows that the caller may not see, and the last page has no cursor. */
static void
pages(void)
{
	static const char *const names[] = { "list_clusters", "get_cluster", "start_cluster",
					     "drop_cluster", "run_sql" };
	struct registry *r = clusters_registry();

	for (int access = ACCESS_READ; access <= ACCESS_ADMIN; access++) {
		for (size_t page = 1; page <= 6; page++) {
			size_t start = 0, seen = 0, row = 0;

			do {
				struct json_object *tree, *list;
				struct buf out;

				buf_init(&out, 100000);
				write_page(&out, r, (enum access)access, start, page, &start);
				tree = json_parse(out.data, out.len, &json_upstream, NULL, NULL);
				list = json_arr(tree, "tools");
				CU_ASSERT(json_object_array_length(list) > 0);
				CU_ASSERT(json_object_array_length(list) <= page);
				for (size_t i = 0; i < json_object_array_length(list); i++) {
					struct json_object *tool =
					    json_object_array_get_idx(list, i);

					while (registry_tool(r, names[row],
							     row_view_of((enum access)access)) ==
					       NULL)
						row++;
					ASSERT_STR(json_str(tool, "name"), names[row++]);
					seen++;
				}
				json_object_put(tree);
				buf_fini(&out);
			} while (start != 0);
			ASSERT_INT(seen,
				   registry_count(r, ROW_TOOL, row_view_of((enum access)access)));
		}
	}
	registry_done(r);
}

static void
a_page_beyond_the_end_is_empty(void)
{
	struct registry *r = clusters_registry();
	struct buf out;
	size_t next = 7;

	buf_init(&out, 1000);
	write_page(&out, r, ACCESS_ADMIN, 5, 2, &next);
	ASSERT_STR(out.data, "{\"tools\":[]}");
	ASSERT_INT(next, 0);
	buf_fini(&out);
	registry_done(r);
}

static void
revisions(void)
{
	enum revision revision;

	for (int i = 0; i < REVISIONS; i++)
		CU_ASSERT(revision_parse(revision_name((enum revision)i), &revision) &&
			  (int)revision == i);
	ASSERT_STR(revision_name(REV_MODERN), "2026-07-28");
	CU_ASSERT(!revision_parse("2025-01-01", &revision) && !revision_parse("", &revision));
}

static const struct test tests[] = {
	TEST(tools_by_name_and_alias),
	TEST(access_hides_rows),
	TEST(resources_by_uri),
	TEST(variables_take_the_type_of_their_argument),
	TEST(tools_are_published_as_resources),
	TEST(prompts_by_name),
	TEST(completions_by_reference),
	TEST(arguments_are_renamed),
	TEST(a_former_name_leads_on),
	TEST(a_taken_name_refuses_the_later_plugin),
	TEST(an_alias_is_a_name),
	TEST(a_refused_plugin_adds_nothing),
	TEST(completions_stay_within_the_plugin),
	TEST(an_empty_registry),
	TEST(tools_as_each_revision_knows_them),
	TEST(the_other_lists),
	TEST(pages),
	TEST(a_page_beyond_the_end_is_empty),
	TEST(revisions),
};
SUITE(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the workspace tree: objects, import and export, workspace files, Git folders. */
#include "test/expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#define WS "/api/2.0/workspace/"
#define ANN "/Users/ann@example.com"
#define INVALID "INVALID_PARAMETER_VALUE"
#define MISSING "RESOURCE_DOES_NOT_EXIST"
#define EXISTS "RESOURCE_ALREADY_EXISTS"

enum { EXPORT_LIMIT = 10 * 1024 * 1024 };

/* Sends POST workspace/import; this function encodes the text. */
static struct answer *
import_text(const char *path, const char *members, const char *text)
{
	char *content = base64(text, strlen(text));
	char *body = text_of("{\"path\": \"%s\", \"content\": \"%s\"%s}", path, content, members);
	struct answer *a = post(WS "import", body);

	free(content);
	free(body);
	return a;
}

static void
expect_import(const char *path, const char *members, const char *text, long status,
	      const char *code)
{
	struct answer *a = import_text(path, members, text);
	bool same =
	    a->status == status && (code == NULL || strcmp(text_at(a, "error_code"), code) == 0);

	if (!same)
		printf("\n    import %s: %ld %.200s", path, a->status, a->text);
	CU_ASSERT(same);
	answer_free(a);
}

/* The exported text; the caller frees it. */
static char *
exported(const char *query)
{
	char *path = text_of(WS "export?%s", query), *text;
	struct answer *a = fetch("GET", path, NULL);

	text = unbase64(text_at(a, "content"));
	answer_free(a);
	free(path);
	return text;
}

static void
test_list(void)
{
	struct answer *a = fetch("GET", WS "list?path=/", NULL);

	CU_ASSERT_EQUAL(count_at(a, "objects"), 3);
	CU_ASSERT_STRING_EQUAL(text_at(a, "objects[0].path"), "/Repos");
	answer_free(a);
	a = fetch("GET", WS "list?path=/Workspace" ANN, NULL);
	CU_ASSERT_EQUAL(count_at(a, "objects"), 9);
	CU_ASSERT_STRING_EQUAL(text_at(a, "objects[0].path"), ANN "/Revenue by country");
	CU_ASSERT_STRING_EQUAL(text_at(a, "objects[0].language"), "PYTHON");
	CU_ASSERT(int_at(a, "objects[0].modified_at") > 0);
	answer_free(a);
	a = fetch("GET", WS "list?path=" ANN "/notes.txt", NULL);
	CU_ASSERT_EQUAL(count_at(a, "objects"), 1);
	CU_ASSERT_EQUAL(int_at(a, "objects[0].size"), 70);
	answer_free(a);
	a = fetch("GET", WS "list?path=" ANN "/empty", NULL);
	CU_ASSERT_STRING_EQUAL(a->text, "{}");
	answer_free(a);
	a = get(WS "list?path=/nowhere");
	CU_ASSERT(is_error(a, 404, MISSING));
	CU_ASSERT_STRING_EQUAL(text_at(a, "message"), "Path (/nowhere) doesn't exist.");
	answer_free(a);
	a = fetch("GET", WS "list?path=" ANN "&notebooks_modified_after=9000000000000", NULL);
	CU_ASSERT_EQUAL(count_at(a, "objects"), 4); /* only files and folders are listed */
	answer_free(a);
}

static void
test_bad_paths(void)
{
	static const char *const bad[] = {
		"relative", "/Users/../Users", "/Users/.", "%2FUsers%2F..%2F..%2Fetc", "/a%0Ab", "",
	};
	char path[128], *deep = calloc(1, 400), *body;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(path, sizeof(path), WS "list?path=%s", bad[i]);
		expect("GET", path, NULL, 400, INVALID);
		snprintf(path, sizeof(path), WS "get-status?path=%s", bad[i]);
		expect("GET", path, NULL, 400, INVALID);
	}
	expect("GET", WS "list?path=/Users%00x", NULL, 400, NULL);
	memset(deep, 'a', 399);
	deep[0] = '/';
	expect("POST", WS "mkdirs", "{\"path\": \"/../x\"}", 400, INVALID);
	body = text_of("{\"path\": \"%.257s\"}", deep); /* a segment of 256 */
	expect("POST", WS "mkdirs", body, 400, INVALID);
	free(body);
	body = text_of("{\"path\": \"" ANN "%.256s\"}", deep);
	expect("POST", WS "mkdirs", body, 200, NULL);
	expect("POST", WS "delete", body, 200, NULL);
	free(body);
	free(deep);
}

static void
test_status(void)
{
	struct answer *a = fetch("GET",
				 WS "get-status?path=/Repos/ann@example.com/lakehouse-app/"
				    "notebooks/report&return_git_info=true&return_export_info=true",
				 NULL);

	CU_ASSERT_STRING_EQUAL(text_at(a, "object_type"), "NOTEBOOK");
	CU_ASSERT_STRING_EQUAL(text_at(a, "git_info.branch"), "main");
	CU_ASSERT_STRING_EQUAL(text_at(a, "git_info.path"), "/Repos/ann@example.com/lakehouse-app");
	CU_ASSERT_STRING_EQUAL(text_at(a, "repos_export_format"), "SOURCE");
	CU_ASSERT(int_at(a, "object_id") > 0);
	answer_free(a);
	expect_text(WS "get-status?path=" ANN "/Revenue%20by%20country&return_export_info=true",
		    "repos_export_format", "JUPYTER");
	a = fetch("GET", WS "get-status?path=/Users", NULL);
	CU_ASSERT_PTR_NULL(at(a->json, "git_info"));
	CU_ASSERT_STRING_EQUAL(text_at(a, "object_type"), "DIRECTORY");
	answer_free(a);
}

static void
test_export(void)
{
	char *text = exported("path=" ANN "/hello");
	struct answer *a;

	CU_ASSERT(strncmp(text, "# Databricks notebook source\n", 29) == 0);
	CU_ASSERT(holds(text, "# MAGIC # Hello\n"));
	free(text);
	text = exported("path=" ANN "/hello&format=JUPYTER");
	CU_ASSERT(holds(text, "\"cell_type\": \"markdown\""));
	CU_ASSERT(holds(text, "\"title\": \"Parameters\""));
	free(text);
	text = exported("path=" ANN "/hello&format=HTML");
	CU_ASSERT(holds(text, "<h2>Parameters</h2>"));
	CU_ASSERT(holds(text, "dbutils.widgets.text(&quot;name&quot;"));
	free(text);
	a = fetch("GET", WS "export?path=" ANN "/notes.txt&format=AUTO&direct_download=true", NULL);
	CU_ASSERT(strncmp(a->text, "Ask Bob", 7) == 0);
	CU_ASSERT(has_header(a, "Content-Disposition", NULL));
	answer_free(a);
	expect_text(WS "export?path=" ANN "/etl/order_stats", "file_type", "scala");
	expect_text(WS "export?path=" ANN "/Revenue%20by%20country&format=AUTO", "file_type",
		    "ipynb");
	expect("GET", WS "export?path=" ANN "/notes.txt&format=SOURCE", NULL, 400, INVALID);
	a = fetch("GET", WS "export?path=" ANN "/notes.txt&direct_download=true", NULL);
	CU_ASSERT(strncmp(a->text, "Ask Bob", 7) == 0);
	answer_free(a);
	expect("GET", WS "export?path=" ANN "/etl", NULL, 400, INVALID);
	expect("GET", WS "export?path=" ANN "/hello&format=DBC", NULL, 400, INVALID);
	expect("GET", WS "export?path=" ANN "/none", NULL, 404, MISSING);
}

static void
test_outputs(void)
{
	char *with = exported("path=" ANN "/Revenue%20by%20country&format=JUPYTER");
	char *without = exported("path=" ANN "/Revenue%20by%20country&format=JUPYTER&outputs=NONE");
	char *source = exported("path=" ANN "/Revenue%20by%20country&format=SOURCE");
	char *html = exported("path=" ANN "/Revenue%20by%20country&format=HTML");

	CU_ASSERT(holds(with, "countries: 3"));
	CU_ASSERT(strstr(without, "countries: 3") == NULL);
	CU_ASSERT(holds(without, "df.count()"));
	CU_ASSERT(holds(source, "# DBTITLE 1,Revenue\n"));
	CU_ASSERT(holds(source, "# MAGIC %sql\n# MAGIC SELECT COUNT(*)"));
	CU_ASSERT(holds(html, "<table>"));
	CU_ASSERT(holds(html, "ValueError: targets for next year are missing"));
	free(with);
	free(without);
	free(source);
	free(html);
}

static void
test_import(void)
{
	static const char SOURCE[] = "# Databricks notebook source\nprint(1)\n";
	char *text;

	expect_import(ANN "/new.py", ", \"format\": \"AUTO\"", SOURCE, 200, NULL);
	expect_text(WS "get-status?path=" ANN "/new", "object_type", "NOTEBOOK");
	text = exported("path=" ANN "/new");
	CU_ASSERT_STRING_EQUAL(text, SOURCE);
	free(text);
	expect_import(ANN "/new.py", ", \"format\": \"AUTO\"", SOURCE, 400, EXISTS);
	expect_import(ANN "/new.py", ", \"format\": \"AUTO\", \"overwrite\": true", SOURCE, 200,
		      NULL);
	expect_import(ANN "/plain.py", ", \"format\": \"AUTO\"", "print(1)\n", 200, NULL);
	expect_text(WS "get-status?path=" ANN "/plain.py", "object_type", "FILE");
	expect_import(ANN "/new", ", \"format\": \"RAW\", \"overwrite\": true", "x", 400, INVALID);
	expect_import(ANN "/no/such/parent", ", \"format\": \"AUTO\"", "x", 404, MISSING);
	expect_import(ANN "/s", "", "select 1", 400, INVALID); /* SOURCE needs a language */
	expect_import(ANN "/s", ", \"language\": \"SQL\"", "select 1", 200, NULL);
	text = exported("path=" ANN "/s");
	CU_ASSERT_STRING_EQUAL(text, "-- Databricks notebook source\nselect 1\n");
	free(text);
	expect_import(ANN "/r.r", ", \"format\": \"AUTO\"", SOURCE, 200, NULL);
	expect_text(WS "get-status?path=" ANN "/r", "language", "R");
	expect_import(ANN "/j.ipynb", ", \"format\": \"AUTO\"", "{}", 400, INVALID);
	expect_import(ANN "/d", ", \"format\": \"DBC\"", "x", 400, INVALID);
	expect_import("/Shared/read-only/x", ", \"format\": \"AUTO\"", "x", 403,
		      "PERMISSION_DENIED");
	expect("POST", WS "import", "{\"path\": \"/Users/x\", \"content\": \"%%\"}", 400,
	       "MALFORMED_REQUEST");
}

static void
test_import_form(void)
{
	static const char *const headers[] = { "Content-Type: multipart/form-data; boundary=xyz",
					       NULL };
	static const char FORM[] =
	    "--xyz\r\nContent-Disposition: form-data; name=\"path\"\r\n\r\n" ANN "/form.txt\r\n"
	    "--xyz\r\nContent-Disposition: form-data; name=\"format\"\r\n\r\nAUTO\r\n"
	    "--xyz\r\nContent-Disposition: form-data; name=\"overwrite\"\r\n\r\ntrue\r\n"
	    "--xyz\r\nContent-Disposition: form-data; name=\"content\"; filename=\"f\"\r\n\r\n"
	    "line\r\n--xy not the end\r\n--xyz--\r\n";
	struct answer *a = call_with("POST", WS "import", FORM, NULL, headers);

	CU_ASSERT_EQUAL(a->status, 200);
	answer_free(a);
	a = fetch("GET", WS "export?path=" ANN "/form.txt&format=AUTO&direct_download=true", NULL);
	CU_ASSERT_STRING_EQUAL(a->text, "line\r\n--xy not the end");
	answer_free(a);
	a = call_with("POST", WS "import", "--abc\r\n", NULL, headers);
	CU_ASSERT(is_error(a, 400, "MALFORMED_REQUEST"));
	answer_free(a);
}

static void
test_round_trip(void)
{
	char *source = exported("path=" ANN "/daily_report"), *again, *members;
	char *jupyter = exported("path=" ANN "/daily_report&format=JUPYTER");

	members = strdup(", \"format\": \"JUPYTER\"");
	expect_import(ANN "/copy", members, jupyter, 200, NULL);
	expect_text(WS "get-status?path=" ANN "/copy", "language", "SQL");
	again = exported("path=" ANN "/copy&format=SOURCE");
	CU_ASSERT_STRING_EQUAL(again, source);
	free(again);
	free(members);
	free(jupyter);
	free(source);
}

static void
test_size_limit(void)
{
	char *text = calloc(1, EXPORT_LIMIT + 2);

	memset(text, 'x', EXPORT_LIMIT);
	expect_import(ANN "/big.txt", ", \"format\": \"AUTO\"", text, 200, NULL);
	expect("GET", WS "export?path=" ANN "/big.txt&format=AUTO", NULL, 200, NULL);
	text[EXPORT_LIMIT] = 'x';
	expect_import(ANN "/bigger.txt", ", \"format\": \"AUTO\"", text, 400,
		      "MAX_NOTEBOOK_SIZE_EXCEEDED");
	expect("GET", WS "get-status?path=" ANN "/bigger.txt", NULL, 404, MISSING);
	/* Workspace files may be larger, but export does not return them. */
	expect("POST", "/api/2.0/workspace-files/import-file/Users%2Fann@example.com%2Fbigger.txt",
	       text, 200, NULL);
	expect("GET", WS "export?path=" ANN "/bigger.txt&format=AUTO", NULL, 400,
	       "MAX_NOTEBOOK_SIZE_EXCEEDED");
	struct answer *a = fetch("GET", "/api/2.0/workspace-files" ANN "/bigger.txt", NULL);

	CU_ASSERT_EQUAL(a->len, EXPORT_LIMIT + 1);
	answer_free(a);
	expect("POST", WS "delete", "{\"path\": \"" ANN "/bigger.txt\"}", 200, NULL);
	expect("POST", WS "delete", "{\"path\": \"" ANN "/big.txt\"}", 200, NULL);
	free(text);
}

static void
test_workspace_files(void)
{
	static const char PUT[] = "/api/2.0/workspace-files/import-file/Users%2Fann@example.com%2F";
	char path[200];

	snprintf(path, sizeof(path), "%sw.bin?overwrite=false", PUT);
	expect("POST", path, "one", 200, NULL);
	expect("POST", path, "two", 409, EXISTS);
	snprintf(path, sizeof(path), "%sw.bin?overwrite=true", PUT);
	expect("POST", path, "three", 200, NULL);
	struct answer *a = fetch("GET", "/api/2.0/workspace-files" ANN "/w.bin", NULL);

	CU_ASSERT_STRING_EQUAL(a->text, "three");
	answer_free(a);
	snprintf(path, sizeof(path), "%shello.py", PUT);
	expect("POST", path, "# Databricks notebook source\n", 400, EXISTS);
	snprintf(path, sizeof(path), "%sno%%2Fw", PUT);
	expect("POST", path, "x", 404, MISSING);
	snprintf(path, sizeof(path), "%s..%%2F..%%2Fx", PUT);
	expect("POST", path, "x", 400, INVALID);
	expect("GET", "/api/2.0/workspace-files/Users", NULL, 400, INVALID);
}

static void
test_mkdirs_delete(void)
{
	expect("POST", WS "mkdirs", "{\"path\": \"" ANN "/a/b/c\"}", 200, NULL);
	expect("POST", WS "mkdirs", "{\"path\": \"" ANN "/a/b/c\"}", 200, NULL);
	expect("POST", WS "mkdirs", "{\"path\": \"" ANN "/hello/x\"}", 400, EXISTS);
	expect_import(ANN "/a/b/f.txt", ", \"format\": \"AUTO\"", "x", 200, NULL);
	expect("POST", WS "delete", "{\"path\": \"" ANN "/a\"}", 400, "DIRECTORY_NOT_EMPTY");
	expect("POST", WS "delete", "{\"path\": \"" ANN "/a\", \"recursive\": true}", 200, NULL);
	expect("GET", WS "get-status?path=" ANN "/a/b/f.txt", NULL, 404, MISSING);
	expect("POST", WS "delete", "{\"path\": \"" ANN "/a\"}", 404, MISSING);
	expect("POST", WS "delete", "{\"path\": \"/Users\", \"recursive\": true}", 400,
	       "BAD_REQUEST");
	expect("POST", WS "delete", "{\"path\": \"" ANN "\", \"recursive\": true}", 400,
	       "BAD_REQUEST");
	expect("POST", WS "delete", "{\"path\": \"/Shared/read-only/policy.md\"}", 403,
	       "PERMISSION_DENIED");
	expect("POST", WS "delete", "{}", 400, INVALID);
	expect("POST", WS "delete", "{\"path\": 7}", 400, "MALFORMED_REQUEST");
}

static void
test_repos(void)
{
	struct answer *a = fetch("GET", "/api/2.0/repos", NULL);
	char body[256], path[64];
	long long id = int_at(a, "repos[0].id");

	CU_ASSERT_EQUAL(count_at(a, "repos"), 2);
	answer_free(a);
	a = fetch("GET", "/api/2.0/repos?path_prefix=/Workspace/Users", NULL);
	CU_ASSERT_EQUAL(count_at(a, "repos"), 1);
	answer_free(a);
	snprintf(path, sizeof(path), "/api/2.0/repos/%lld", id);
	expect_text(path, "provider", "gitHub");
	expect("PATCH", path, "{\"branch\": \"dev\"}", 200, NULL);
	expect_text(path, "branch", "dev");
	expect("PATCH", path, "{\"branch\": \"dev\", \"tag\": \"v1\"}", 400, INVALID);
	expect("GET", "/api/2.0/repos/12", NULL, 404, MISSING);
	expect("GET", "/api/2.0/repos/zz", NULL, 400, INVALID);
	for (int i = 0; i < 19; i++) {
		snprintf(body, sizeof(body),
			 "{\"url\": \"https://git.example.com/x/r%02d.git\","
			 " \"provider\": \"gitHub\"}",
			 i);
		expect("POST", "/api/2.0/repos", body, 200, NULL);
	}
	expect("POST", "/api/2.0/repos", body, 400, EXISTS);
	a = fetch("GET", "/api/2.0/repos", NULL);
	CU_ASSERT_EQUAL(count_at(a, "repos"), 20);
	snprintf(body, sizeof(body), "/api/2.0/repos?next_page_token=%s",
		 text_at(a, "next_page_token"));
	answer_free(a);
	a = fetch("GET", body, NULL);
	CU_ASSERT_EQUAL(count_at(a, "repos"), 1);
	CU_ASSERT_PTR_NULL(at(a->json, "next_page_token"));
	answer_free(a);
	a = fetch("GET", "/api/2.0/repos?path_prefix=/Repos/ann@example.com/r00", NULL);
	snprintf(path, sizeof(path), "/api/2.0/repos/%lld", int_at(a, "repos[0].id"));
	answer_free(a);
	expect("DELETE", path, NULL, 200, NULL);
	expect("GET", path, NULL, 404, MISSING);
	expect("GET", WS "list?path=/Repos/ann@example.com/r00", NULL, 404, MISSING);
}

void
add_tree_suite(void)
{
	CU_pSuite suite = CU_add_suite("tree", NULL, NULL);

	CU_add_test(suite, "list", test_list);
	CU_add_test(suite, "bad paths", test_bad_paths);
	CU_add_test(suite, "status", test_status);
	CU_add_test(suite, "export", test_export);
	CU_add_test(suite, "outputs", test_outputs);
	CU_add_test(suite, "import", test_import);
	CU_add_test(suite, "import as form", test_import_form);
	CU_add_test(suite, "round trip", test_round_trip);
	CU_add_test(suite, "size limit", test_size_limit);
	CU_add_test(suite, "workspace files", test_workspace_files);
	CU_add_test(suite, "mkdirs and delete", test_mkdirs_delete);
	CU_add_test(suite, "repos", test_repos);
}

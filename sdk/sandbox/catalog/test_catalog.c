/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of Unity Catalog metadata and the query history. */
#include "test/client.h"

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#define UC "/api/2.1/unity-catalog"

static size_t
walk(const char *list, const char *key, int *pages)
{
	char path[512];
	size_t total = 0;

	snprintf(path, sizeof(path), "%s", list);
	for (*pages = 0; *pages < 50;) {
		struct answer *a = get(path);
		const char *next = text_at(a, "next_page_token");
		bool more = *next != '\0';

		total += count_at(a, key);
		snprintf(path, sizeof(path), "%s&page_token=%s", list, next);
		answer_free(a);
		(*pages)++;
		if (!more)
			break;
	}
	return total;
}

static void
test_lists(void)
{
	int pages;

	CU_ASSERT_EQUAL(walk(UC "/catalogs?max_results=2", "catalogs", &pages), 3);
	CU_ASSERT_EQUAL(pages, 2);
	CU_ASSERT_EQUAL(walk(UC "/schemas?catalog_name=main&max_results=0", "schemas", &pages), 4);
	CU_ASSERT_EQUAL(pages, 1);
	CU_ASSERT_EQUAL(walk(UC "/tables?catalog_name=main&schema_name=sales&max_results=2",
			     "tables", &pages),
			5);
	CU_ASSERT_EQUAL(pages, 3);
	CU_ASSERT_EQUAL(walk(UC "/table-summaries?catalog_name=samples&schema_name_pattern=tp%25"
				"&max_results=3",
			     "tables", &pages),
			5);
	CU_ASSERT_EQUAL(pages, 2);
}

static void
test_empty_first_page(void)
{
	struct answer *a;
	int pages;

	set_setting("uc_empty_first_page", 1);
	a = get(UC "/catalogs?max_results=0");
	CU_ASSERT_PTR_NULL(at(a->json, "catalogs"));
	CU_ASSERT_NOT_EQUAL(*text_at(a, "next_page_token"), '\0');
	answer_free(a);
	CU_ASSERT_EQUAL(walk(UC "/catalogs?max_results=0", "catalogs", &pages), 3);
	CU_ASSERT_EQUAL(pages, 2);
	set_setting("uc_empty_first_page", 0);
}

static void
test_table(void)
{
	struct answer *a = get(UC "/tables/main.sales.customers");

	CU_ASSERT_STRING_EQUAL(text_at(a, "table_type"), "MANAGED");
	CU_ASSERT_STRING_EQUAL(text_at(a, "comment"), "One row per customer");
	CU_ASSERT_EQUAL(count_at(a, "columns"), 7);
	CU_ASSERT_STRING_EQUAL(text_at(a, "columns[0].type_name"), "LONG");
	CU_ASSERT_STRING_EQUAL(text_at(a, "columns[0].nullable"), "false");
	CU_ASSERT_STRING_EQUAL(text_at(a, "columns[6].type_text"), "decimal(10,2)");
	CU_ASSERT_EQUAL(int_at(a, "columns[6].type_scale"), 2);
	answer_free(a);
	a = get(UC "/tables/main.sales.monthly_revenue");
	CU_ASSERT_STRING_EQUAL(text_at(a, "table_type"), "VIEW");
	CU_ASSERT_STRING_EQUAL(text_at(a, "columns[2].type_text"), "decimal(22,2)");
	CU_ASSERT_PTR_NOT_NULL(strstr(text_at(a, "view_definition"), "date_trunc"));
	answer_free(a);
	a = get(UC "/tables/main%2Esales%2Ecustomers/exists");
	CU_ASSERT_STRING_EQUAL(text_at(a, "table_exists"), "true");
	answer_free(a);
	a = get(UC "/tables/main.sales.nope/exists");
	CU_ASSERT_STRING_EQUAL(text_at(a, "table_exists"), "false");
	answer_free(a);
	a = get(UC "/tables?catalog_name=main&schema_name=hr&omit_columns=true"
		   "&omit_properties=true");
	CU_ASSERT_PTR_NULL(at(a->json, "tables[0].columns"));
	answer_free(a);
}

static void
test_missing(void)
{
	struct answer *a = get(UC "/tables/main.sales.nope");

	CU_ASSERT(is_error(a, 404, "TABLE_DOES_NOT_EXIST"));
	answer_free(a);
	a = get(UC "/schemas?catalog_name=nope");
	CU_ASSERT(is_error(a, 404, "CATALOG_DOES_NOT_EXIST"));
	answer_free(a);
	a = get(UC "/tables?catalog_name=main&schema_name=nope");
	CU_ASSERT(is_error(a, 404, "SCHEMA_DOES_NOT_EXIST"));
	answer_free(a);
	a = get(UC "/tables?catalog_name=main");
	CU_ASSERT(is_error(a, 400, "INVALID_PARAMETER_VALUE"));
	answer_free(a);
	a = get(UC "/catalogs/nope");
	CU_ASSERT(is_error(a, 404, "CATALOG_DOES_NOT_EXIST"));
	answer_free(a);
	a = get(UC "/schemas/main.sales");
	CU_ASSERT_STRING_EQUAL(text_at(a, "full_name"), "main.sales");
	answer_free(a);
}

static void
test_sql_shows_in_catalog(void)
{
	struct answer *a = sql("CREATE SCHEMA main.seen COMMENT 'new'");

	answer_free(a);
	answer_free(sql("CREATE TABLE main.seen.t (`odd name` ARRAY<INT> NOT NULL COMMENT 'c')"));
	a = get(UC "/tables/main.seen.t");
	CU_ASSERT_STRING_EQUAL(text_at(a, "columns[0].name"), "odd name");
	CU_ASSERT_STRING_EQUAL(text_at(a, "columns[0].type_text"), "array<int>");
	CU_ASSERT_STRING_EQUAL(text_at(a, "columns[0].type_name"), "ARRAY");
	answer_free(a);
	answer_free(sql("DROP SCHEMA main.seen CASCADE"));
	a = get(UC "/schemas/main.seen");
	CU_ASSERT_EQUAL(a->status, 404);
	answer_free(a);
}

static void
test_history(void)
{
	struct answer *a = sql("SELECT 'history test'");

	answer_free(a);
	answer_free(sql("SELECT broken FROM main.sales.orders"));
	a = get("/api/2.0/sql/history/queries?max_results=2&include_metrics=true");
	CU_ASSERT_EQUAL(count_at(a, "res"), 2);
	CU_ASSERT_STRING_EQUAL(text_at(a, "res[0].status"), "FAILED");
	CU_ASSERT_PTR_NOT_NULL(strstr(text_at(a, "res[0].error_message"), "UNRESOLVED_COLUMN"));
	CU_ASSERT_STRING_EQUAL(text_at(a, "res[1].query_text"), "SELECT 'history test'");
	CU_ASSERT_EQUAL(int_at(a, "res[1].rows_produced"), 1);
	CU_ASSERT_STRING_EQUAL(text_at(a, "has_next_page"), "true");
	answer_free(a);
	a = get("/api/2.0/sql/history/queries?filter_by.statuses=CANCELED&filter_by.statuses="
		"QUEUED");
	for (size_t i = 0; i < count_at(a, "res"); i++)
		CU_ASSERT_STRING_NOT_EQUAL(text_at(a, "res[0].status"), "FINISHED");
	answer_free(a);
}

void
add_catalog_suite(void)
{
	CU_pSuite suite = CU_add_suite("catalog", NULL, NULL);

	CU_add_test(suite, "lists in pages", test_lists);
	CU_add_test(suite, "an empty first page", test_empty_first_page);
	CU_add_test(suite, "tables", test_table);
	CU_add_test(suite, "what is missing", test_missing);
	CU_add_test(suite, "what SQL made", test_sql_shows_in_catalog);
	CU_add_test(suite, "history", test_history);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests in which clients create and change objects: clusters, warehouses, catalogs, schemas,
 * permissions, grants; and tests of users, groups, and names and comments in every alphabet. */
#include "test/expect.h"

#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#define CLUSTERS "/api/2.1/clusters/"
#define WAREHOUSES "/api/2.0/sql/warehouses"
#define UC "/api/2.1/unity-catalog"
#define JOB "/api/2.0/permissions/jobs/482911"
#define GRANTS UC "/permissions/table/main.sales.orders"
#define SCIM "/api/2.0/preview/scim/v2"
#define INVALID "INVALID_PARAMETER_VALUE"

static void
test_clusters(void)
{
	struct answer *a;
	char *get_it, *body;

	set_setting("delay_ms", 3600000);
	expect("POST", CLUSTERS "create", "{\"spark_version\":\"16.4.x-scala2.12\"}", 400, INVALID);
	expect("POST", CLUSTERS "create", "{\"spark_version\":\"x\",\"node_type_id\":\"i\"}", 400,
	       INVALID);
	a = fetch("POST", CLUSTERS "create",
		  "{\"cluster_name\":\"M\xc3\xbcller \xe6\x97\xa5\","
		  "\"spark_version\":\"16.4.x-scala2.12\",\"node_type_id\":\"i3.xlarge\","
		  "\"autoscale\":{\"min_workers\":1,\"max_workers\":2},\"spark_conf\":{\"a\":"
		  "\"\xc3\xa4\"}}");
	get_it = text_of(CLUSTERS "get?cluster_id=%s", text_at(a, "cluster_id"));
	body = text_of("{\"cluster_id\":\"%s\",\"num_workers\":3}", text_at(a, "cluster_id"));
	answer_free(a);
	a = fetch("GET", get_it, NULL);
	CU_ASSERT_STRING_EQUAL(text_at(a, "cluster_name"), "M\xc3\xbcller \xe6\x97\xa5");
	CU_ASSERT_STRING_EQUAL(text_at(a, "state"), "PENDING");
	CU_ASSERT_STRING_EQUAL(text_at(a, "spark_conf.a"), "\xc3\xa4");
	CU_ASSERT_EQUAL(int_at(a, "autotermination_minutes"), 120);
	answer_free(a);
	expect("POST", CLUSTERS "resize", body, 400, "INVALID_STATE");
	set_setting("delay_ms", 0);
	expect_text(get_it, "state", "RUNNING");
	expect("POST", CLUSTERS "resize", body, 200, NULL);
	a = fetch("GET", get_it, NULL);
	CU_ASSERT_EQUAL(int_at(a, "num_workers"), 3);
	CU_ASSERT_PTR_NULL(at(a->json, "autoscale"));
	free(body);
	body = text_of("{\"cluster_id\":\"%s\",\"spark_version\":\"17.1.x-scala2.13\","
		       "\"node_type_id\":"
		       "\"m5d.large\",\"num_workers\":0}",
		       text_at(a, "cluster_id"));
	answer_free(a);
	expect("POST", CLUSTERS "edit", body, 200, NULL);
	expect_text(get_it, "spark_version", "17.1.x-scala2.13");
	expect_text(get_it, "cluster_name", "M\xc3\xbcller \xe6\x97\xa5");
	expect("POST", CLUSTERS "permanent-delete", body, 200, NULL);
	expect("POST", CLUSTERS "resize", body, 400, INVALID);
	free(body);
	free(get_it);
}

static void
test_warehouses(void)
{
	struct answer *a;
	char *one, *edit;

	expect("POST", WAREHOUSES, "{\"cluster_size\":\"Small\"}", 400, INVALID);
	a = fetch("POST", WAREHOUSES,
		  "{\"name\":\"B\xc3\xbc"
		  "cher\",\"cluster_size\":\"Small\","
		  "\"max_num_clusters\":4,\"warehouse_type\":\"CLASSIC\"}");
	one = text_of(WAREHOUSES "/%s", text_at(a, "id"));
	edit = text_of(WAREHOUSES "/%s/edit", text_at(a, "id"));
	answer_free(a);
	expect("POST", WAREHOUSES,
	       "{\"name\":"
	       "\"B\xc3\xbc"
	       "cher\"}",
	       400, "RESOURCE_ALREADY_EXISTS");
	a = fetch("GET", one, NULL);
	CU_ASSERT_STRING_EQUAL(text_at(a, "name"), "B\xc3\xbc"
						   "cher");
	CU_ASSERT_STRING_EQUAL(text_at(a, "warehouse_type"), "CLASSIC");
	CU_ASSERT_EQUAL(int_at(a, "max_num_clusters"), 4);
	CU_ASSERT_EQUAL(int_at(a, "auto_stop_mins"), 120);
	CU_ASSERT_STRING_EQUAL(text_at(a, "state"), "RUNNING"); /* all delays are zero */
	answer_free(a);
	expect("POST", edit, "{\"cluster_size\":\"Large\",\"auto_stop_mins\":5}", 200, NULL);
	expect_text(one, "cluster_size", "Large");
	expect_text(one, "name",
		    "B\xc3\xbc"
		    "cher");
	expect("DELETE", one, NULL, 200, NULL);
	expect("DELETE", one, NULL, 404, "RESOURCE_DOES_NOT_EXIST");
	expect("POST", edit, "{}", 404, "RESOURCE_DOES_NOT_EXIST");
	free(one);
	free(edit);
}

static void
test_catalogs(void)
{
	struct answer *a = fetch("POST", UC "/catalogs",
				 "{\"name\":\"b\xc3\xbc"
				 "cher\","
				 "\"comment\":"
				 "\"o'brien's \\\\ \xe6\x97\xa5\"}");

	CU_ASSERT_STRING_EQUAL(text_at(a, "name"), "b\xc3\xbc"
						   "cher");
	CU_ASSERT_STRING_EQUAL(text_at(a, "comment"), "o'brien's \\ \xe6\x97\xa5");
	CU_ASSERT_STRING_EQUAL(text_at(a, "owner"), "ann@example.com");
	answer_free(a);
	expect("POST", UC "/catalogs", "{\"name\":\"main\"}", 400, "CATALOG_ALREADY_EXISTS");
	expect("POST", UC "/catalogs", "{}", 400, INVALID);
	expect("POST", UC "/schemas", "{\"name\":\"x\",\"catalog_name\":\"attic\"}", 404,
	       "CATALOG_DOES_NOT_EXIST");
	a = fetch("POST", UC "/schemas",
		  "{\"name\":\"\xc3\xa4\",\"catalog_name\":"
		  "\"b\xc3\xbc"
		  "cher\"}");
	CU_ASSERT_STRING_EQUAL(text_at(a, "full_name"), "b\xc3\xbc"
							"cher.\xc3\xa4");
	answer_free(a);
	expect("POST", UC "/schemas", "{\"name\":\"sales\",\"catalog_name\":\"main\"}", 400,
	       "SCHEMA_ALREADY_EXISTS");
	answer_free(sql("CREATE TABLE `b\xc3\xbc"
			"cher`.`\xc3\xa4`.t (id BIGINT)"));
	expect("DELETE", UC "/schemas/b%C3%BCcher.%C3%A4", NULL, 400, "SCHEMA_NOT_EMPTY");
	expect("DELETE", UC "/schemas/b%C3%BCcher.%C3%A4?force=true", NULL, 200, NULL);
	expect("DELETE", UC "/schemas/b%C3%BCcher.%C3%A4", NULL, 404, "SCHEMA_DOES_NOT_EXIST");
	expect("DELETE", UC "/catalogs/b%C3%BCcher?force=true", NULL, 200, NULL);
	expect("DELETE", UC "/catalogs/b%C3%BCcher", NULL, 404, "CATALOG_DOES_NOT_EXIST");
}

static void
test_permissions(void)
{
	struct answer *a = fetch("GET", JOB, NULL);

	CU_ASSERT_STRING_EQUAL(text_at(a, "object_id"), "/jobs/482911");
	CU_ASSERT_EQUAL(count_at(a, "access_control_list"), 2);
	answer_free(a);
	a = fetch("PATCH", JOB,
		  "{\"access_control_list\":[{\"group_name\":\"M\xc3\xbcnchen\","
		  "\"permission_level\":\"CAN_VIEW\"}]}");
	CU_ASSERT_EQUAL(count_at(a, "access_control_list"), 3);
	CU_ASSERT_STRING_EQUAL(text_at(a, "access_control_list[2].group_name"), "M\xc3\xbcnchen");
	answer_free(a);
	a = fetch("PUT", JOB,
		  "{\"access_control_list\":[{\"user_name\":\"ann@example.com\","
		  "\"permission_level\":\"IS_OWNER\"}]}");
	CU_ASSERT_EQUAL(count_at(a, "access_control_list"), 1);
	answer_free(a);
	expect("PUT", JOB, "{\"access_control_list\":[]}", 400, INVALID);
	expect("PATCH", JOB,
	       "{\"access_control_list\":[{\"user_name\":\"a\",\"permission_level\":"
	       "\"CAN_FLY\"}]}",
	       400, INVALID);
	expect("GET", "/api/2.0/permissions/jobs/1", NULL, 404, "RESOURCE_DOES_NOT_EXIST");
	expect("GET", "/api/2.0/permissions/planes/1", NULL, 400, INVALID);
	a = fetch("GET", JOB "/permissionLevels", NULL);
	CU_ASSERT_EQUAL(count_at(a, "permission_levels"), 4);
	answer_free(a);
}

static void
test_grants(void)
{
	struct answer *a = fetch("PATCH", GRANTS,
				 "{\"changes\":[{\"principal\":"
				 "\"Gr\xc3\xbc\xc3\x9f"
				 "e\","
				 "\"add\":[\"SELECT\",\"MODIFY\",\"SELECT\"]}]}");

	CU_ASSERT_STRING_EQUAL(text_at(a, "privilege_assignments[0]"
					  ".principal"),
			       "Gr\xc3\xbc\xc3\x9f"
			       "e");
	CU_ASSERT_EQUAL(count_at(a, "privilege_assignments[0].privileges"), 2);
	answer_free(a);
	a = fetch("GET", UC "/effective-permissions/TABLE/main.sales.orders", NULL);
	CU_ASSERT_EQUAL(count_at(a, "privilege_assignments[0].privileges"), 2);
	answer_free(a);
	a = fetch("PATCH", GRANTS,
		  "{\"changes\":[{\"principal\":\"Gr\xc3\xbc\xc3\x9f"
		  "e\","
		  "\"remove\":"
		  "[\"MODIFY\",\"SELECT\"]}]}");
	CU_ASSERT_EQUAL(count_at(a, "privilege_assignments"), 0);
	answer_free(a);
	expect("PATCH", GRANTS, "{\"changes\":[{\"add\":[\"SELECT\"]}]}", 400, INVALID);
	expect("GET", UC "/permissions/schema/main.attic", NULL, 404, "RESOURCE_DOES_NOT_EXIST");
}

static void
test_users(void)
{
	struct answer *a =
	    fetch("GET", SCIM "/Users?filter=userName%20eq%20%22ann@example.com%22", NULL);
	char *one = text_of(SCIM "/Users/%s", text_at(a, "Resources[0].id"));

	CU_ASSERT_EQUAL(int_at(a, "totalResults"), 1);
	answer_free(a);
	expect_text(one, "userName", "ann@example.com");
	free(one);
	a = fetch("GET", SCIM "/Users?startIndex=2&count=2", NULL);
	CU_ASSERT_EQUAL(int_at(a, "totalResults"), 5);
	CU_ASSERT_EQUAL(count_at(a, "Resources"), 2);
	answer_free(a);
	expect("GET", SCIM "/Users/1", NULL, 404, "RESOURCE_DOES_NOT_EXIST");
	a = fetch("GET", SCIM "/Groups", NULL);
	CU_ASSERT_EQUAL(count_at(a, "Resources"), 2);
	answer_free(a);
}

void
add_change_suite(void)
{
	CU_pSuite suite = CU_add_suite("changes", NULL, NULL);

	CU_add_test(suite, "clusters", test_clusters);
	CU_add_test(suite, "warehouses", test_warehouses);
	CU_add_test(suite, "catalogs and schemas", test_catalogs);
	CU_add_test(suite, "permissions", test_permissions);
	CU_add_test(suite, "grants", test_grants);
	CU_add_test(suite, "users", test_users);
}

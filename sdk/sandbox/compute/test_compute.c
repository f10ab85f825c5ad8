/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of clusters and warehouses. Delays are endless or zero, so that no test depends on
 * speed. */
#include "test/client.h"

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#define LIST "/api/2.1/clusters/list"
#define CLUSTER "/api/2.1/clusters/get?cluster_id=sandbox-terminated"
#define STOPPED "/api/2.0/sql/warehouses/" STOPPED_WAREHOUSE

static void
test_list_pages(void)
{
	char path[256] = LIST "?page_size=5";
	size_t total = 0;
	int pages = 0;

	for (;;) {
		struct answer *a = get(path);
		const char *next = text_at(a, "next_page_token");
		bool more = *next != '\0';

		CU_ASSERT_EQUAL(a->status, 200);
		total += count_at(a, "clusters");
		snprintf(path, sizeof(path), LIST "?page_size=5&page_token=%s", next);
		answer_free(a);
		pages++;
		if (!more || pages > 20)
			break;
	}
	CU_ASSERT_EQUAL(total, 12);
	CU_ASSERT_EQUAL(pages, 3);
	struct answer *a = get(LIST "?page_token=Zm9yZ2Vk");

	CU_ASSERT(is_error(a, 400, "INVALID_PARAMETER_VALUE"));
	answer_free(a);
}

static void
test_list_filters(void)
{
	struct answer *a = get(LIST "?filter_by.cluster_sources=JOB&filter_by.cluster_sources="
				    "PIPELINE&sort_by.field=CLUSTER_NAME&sort_by.direction=DESC");

	CU_ASSERT_EQUAL(count_at(a, "clusters"), 3);
	CU_ASSERT_STRING_EQUAL(text_at(a, "clusters[2].cluster_name"), "dlt-execution-orders");
	answer_free(a);
	a = get(LIST "?filter_by.is_pinned=true&filter_by.cluster_states=RUNNING");
	CU_ASSERT_EQUAL(count_at(a, "clusters"), 2);
	CU_ASSERT_STRING_EQUAL(text_at(a, "clusters[0].cluster_id"), "sandbox-running");
	CU_ASSERT_PTR_NULL(at(a->json, "clusters[0].spec"));
	answer_free(a);
	a = get(LIST "?filter_by.cluster_states=PENDING");
	CU_ASSERT_STRING_EQUAL(a->text, "{}");
	answer_free(a);
}

static void
test_cluster_life(void)
{
	struct answer *a;

	set_setting("delay_ms", 3600000);
	a = post("/api/2.1/clusters/start", "{\"cluster_id\":\"sandbox-terminated\"}");
	CU_ASSERT_STRING_EQUAL(a->text, "{}");
	answer_free(a);
	a = get(CLUSTER);
	CU_ASSERT_STRING_EQUAL(text_at(a, "state"), "PENDING");
	CU_ASSERT_PTR_NULL(at(a->json, "termination_reason"));
	answer_free(a);
	a = post("/api/2.1/clusters/start", "{\"cluster_id\":\"sandbox-terminated\"}");
	CU_ASSERT(is_error(a, 400, "INVALID_STATE"));
	answer_free(a);
	set_setting("delay_ms", 0);
	a = get(CLUSTER);
	CU_ASSERT_STRING_EQUAL(text_at(a, "state"), "RUNNING");
	answer_free(a);
	set_setting("delay_ms", 3600000);
	a = post("/api/2.1/clusters/delete", "{\"cluster_id\":\"sandbox-terminated\"}");
	CU_ASSERT_EQUAL(a->status, 200);
	answer_free(a);
	a = get(CLUSTER);
	CU_ASSERT_STRING_EQUAL(text_at(a, "state"), "TERMINATING");
	answer_free(a);
	set_setting("delay_ms", 0);
	a = get(CLUSTER);
	CU_ASSERT_STRING_EQUAL(text_at(a, "state"), "TERMINATED");
	CU_ASSERT_STRING_EQUAL(text_at(a, "termination_reason.code"), "USER_REQUEST");
	answer_free(a);
}

static void
test_unknown_cluster(void)
{
	struct answer *a = get("/api/2.1/clusters/get?cluster_id=nope");

	CU_ASSERT(is_error(a, 400, "INVALID_PARAMETER_VALUE"));
	CU_ASSERT_STRING_EQUAL(text_at(a, "message"), "Cluster nope does not exist");
	answer_free(a);
	a = get("/api/2.1/clusters/get");
	CU_ASSERT(is_error(a, 400, "INVALID_PARAMETER_VALUE"));
	answer_free(a);
	a = post("/api/2.1/clusters/restart", "{\"cluster_id\":\"sandbox-terminated\"}");
	CU_ASSERT(is_error(a, 400, "INVALID_STATE"));
	answer_free(a);
}

static void
test_events(void)
{
	struct answer *a = post("/api/2.1/clusters/events", "{\"cluster_id\":\"ml-gpu\"}");
	char body[256];

	CU_ASSERT_EQUAL(a->status, 400);
	answer_free(a);
	a = post("/api/2.1/clusters/events", "{\"cluster_id\":\"sandbox-running\","
					     "\"order\":\"ASC\","
					     "\"page_size\":2}");
	CU_ASSERT_EQUAL(count_at(a, "events"), 2);
	CU_ASSERT_STRING_EQUAL(text_at(a, "events[0].type"), "CREATING");
	CU_ASSERT(int_at(a, "total_count") > 20);
	CU_ASSERT_STRING_EQUAL(text_at(a, "next_page.page_token"), text_at(a, "next_page_token"));
	snprintf(body, sizeof(body),
		 "{\"cluster_id\":\"sandbox-running\",\"order\":\"ASC\","
		 "\"page_size\":2,\"page_token\":\"%s\"}",
		 text_at(a, "next_page_token"));
	answer_free(a);
	a = post("/api/2.1/clusters/events", body);
	CU_ASSERT_STRING_EQUAL(text_at(a, "events[0].type"), "RUNNING");
	answer_free(a);
	a = post("/api/2.1/clusters/events", "{\"cluster_id\":\"sandbox-running\",\"event_types\":"
					     "[\"TERMINATING\"]}");
	CU_ASSERT_EQUAL(count_at(a, "events"), 6);
	CU_ASSERT_STRING_EQUAL(text_at(a, "events[0].details.reason.code"), "INACTIVITY");
	answer_free(a);
}

static void
test_fixed_lists(void)
{
	struct answer *a = get("/api/2.1/clusters/spark-versions");

	CU_ASSERT(count_at(a, "versions") >= 3);
	answer_free(a);
	a = get("/api/2.1/clusters/list-node-types");
	CU_ASSERT(int_at(a, "node_types[0].memory_mb") > 0);
	answer_free(a);
}

static void
test_warehouses(void)
{
	struct answer *a = get("/api/2.0/sql/warehouses");

	CU_ASSERT_EQUAL(count_at(a, "warehouses"), 2);
	CU_ASSERT_STRING_EQUAL(text_at(a, "warehouses[0].health.status"), "HEALTHY");
	answer_free(a);
	set_setting("delay_ms", 3600000);
	a = post(STOPPED "/start", ""); /* an empty body is allowed */
	CU_ASSERT_EQUAL(a->status, 200);
	answer_free(a);
	a = get(STOPPED);
	CU_ASSERT_STRING_EQUAL(text_at(a, "state"), "STARTING");
	answer_free(a);
	set_setting("delay_ms", 0);
	a = get(STOPPED);
	CU_ASSERT_STRING_EQUAL(text_at(a, "state"), "RUNNING");
	answer_free(a);
	answer_free(post(STOPPED "/stop", "{}"));
	a = get(STOPPED);
	CU_ASSERT_STRING_EQUAL(text_at(a, "state"), "STOPPED");
	answer_free(a);
	a = get("/api/2.0/sql/warehouses/ffff");
	CU_ASSERT(is_error(a, 404, "RESOURCE_DOES_NOT_EXIST"));
	answer_free(a);
}

void
add_compute_suite(void)
{
	CU_pSuite suite = CU_add_suite("compute", NULL, NULL);

	CU_add_test(suite, "list in pages", test_list_pages);
	CU_add_test(suite, "list with filters", test_list_filters);
	CU_add_test(suite, "a cluster's life", test_cluster_life);
	CU_add_test(suite, "unknown clusters", test_unknown_cluster);
	CU_add_test(suite, "events", test_events);
	CU_add_test(suite, "fixed lists", test_fixed_lists);
	CU_add_test(suite, "warehouses", test_warehouses);
}

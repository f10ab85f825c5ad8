/* SPDX-License-Identifier: Apache-2.0 */
/* Calls every row of the plugin with replies of wrong types. */
#include <lakehost/fakehost.h>

#include "databricks.h"
#include "test_wrong.h"

#define ID "0712-123456-abc12345"
#define CLUSTER                                                                                   \
	"{\"cluster_id\":\"" ID "\",\"cluster_name\":\"dev\",\"state\":\"PENDING\","              \
	"\"state_message\":"                                                                      \
	"\"m\",\"autoscale\":{\"min_workers\":1,\"max_workers\":2},\"num_workers\":1,"            \
	"\"autotermination_minutes\":5,\"start_time\":1,\"terminated_time\":2,"                   \
	"\"cluster_source\":"                                                                     \
	"\"UI\",\"spark_conf\":{\"a\":\"b\"},\"termination_reason\":{\"code\":\"c\",\"type\":"    \
	"\"t\","                                                                                  \
	"\"parameters\":{\"p\":\"q\"}},\"init_scripts\":[{\"workspace\":{\"destination\":\"/i\"}" \
	"}],"                                                                                     \
	"\"docker_image\":{\"url\":\"u\"},\"aws_attributes\":{\"zone_id\":\"auto\"}}"
#define EVENT                                                                                   \
	"{\"timestamp\":1,\"type\":\"RUNNING\",\"details\":{\"reason\":{\"code\":\"c\","        \
	"\"parameters\":"                                                                       \
	"{\"p\":\"q\"}},\"cause\":\"AUTOSCALE\",\"user\":\"u\",\"current_num_workers\":1,"      \
	"\"driver_state_message\":\"d\",\"init_scripts\":{\"cluster\":[{\"status\":\"FAILED\"," \
	"\"error_message\":\"e\"}]}},\"data_plane_event_details\":{\"executor_failures\":1}}"

static const struct wrong_route routes[] = {
	{ "GET /api/2.1/clusters/list*", "{\"clusters\":[" CLUSTER "],\"next_page_token\":\"\"}" },
	{ "GET /api/2.1/clusters/get*", CLUSTER },
	{ "POST /api/2.1/clusters/events",
	  "{\"events\":[" EVENT "],\"total_count\":3,"
	  "\"next_page_token\":\"t\",\"next_page\":{\"offset\":1,\"end_time\":5}}" },
	{ "POST /api/2.1/clusters/start", "{}" },
	{ "POST /api/2.1/clusters/delete", "{}" },
};

CALL(clusters_listed, "list_clusters", "{}")
CALL(cluster_told, "get_cluster_details", "{\"cluster_id\":\"dev\",\"detail\":\"full\"}")
CALL(events_listed, "list_cluster_events", "{\"cluster_id\":\"" ID "\"}")
CALL(cluster_started, "start_cluster", "{\"cluster_id\":\"" ID "\"}")
CALL(cluster_terminated, "terminate_cluster", "{\"cluster_id\":\"" ID "\"}")

static const struct fakehost_result *
cluster_offered(struct fakehost *host)
{
	return fakehost_complete(host, "databricks://clusters/{cluster_id} cluster_id",
				 "{\"value\":\"\"}");
}

static const wrong_call_fn calls[] = { clusters_listed, cluster_told,	    events_listed,
				       cluster_started, cluster_terminated, cluster_offered };

static void
wrong_types_are_reported(void)
{
	wrong_calls(&mcp_plugin, routes, COUNT(routes), calls, COUNT(calls), 3000);
}

static const struct test tests[] = {
	TEST(wrong_types_are_reported),
};
SUITE(tests)
